/* action.h - all that can be done: one row each. Keys, the `:` prompt, help, manual and completion
 * come from it. */
#ifndef TUI_ACTION_H
#define TUI_ACTION_H

#include <stdbool.h>

/* X(ID, name, default keys (blank-separated words of key_parse), argument ("" none), help) */
#define ACTION_LIST(X) \
	X(QUIT, "quit", "q <C-c>", "", "leave") \
	X(HELP, "help", "? <F1>", "", "keys and commands") \
	X(PROMPT, "command", ":", "", "type a command by name") \
	X(SCREEN_1, "dashboard", "1", "", "screen 1: the dashboard") \
	X(SCREEN_3, "versions", "3", "", "screen 3: versions of models, and checkpoints") \
	X(PANE_NEXT, "pane-next", "<Tab>", "", "next pane") \
	X(PANE_PREV, "pane-prev", "<BackTab>", "", "previous pane") \
	X(UP, "up", "k <Up>", "", "up") \
	X(DOWN, "down", "j <Down>", "", "down") \
	X(LEFT, "left", "h <Left>", "", "left; fold") \
	X(RIGHT, "right", "l <Right>", "", "right; unfold") \
	X(PAGE_UP, "page-up", "<PageUp> <C-b>", "", "a page up") \
	X(PAGE_DOWN, "page-down", "<PageDown> <C-f>", "", "a page down") \
	X(TOP, "top", "g <Home>", "", "first row") \
	X(BOTTOM, "bottom", "G <End>", "", "last row") \
	X(FILTER, "filter", "/", "[TEXT]", \
	  "show only rows with TEXT; without TEXT: all; in a log: search") \
	X(CHOOSE, "choose", "<Space>", "", \
	  "draw or don't draw this run; pin or unpin this metric") \
	X(OPEN, "open", "<Enter>", "", "open: details of a run or an alert, a metric's chart") \
	X(BACK, "back", "<Esc> <Backspace>", "", "close what was opened; clear the filter") \
	X(ZOOM, "zoom", "z", "", "this pane alone, and back") \
	X(GROW, "grow", "+ =", "", "this pane larger") \
	X(SHRINK, "shrink", "-", "", "this pane smaller") \
	X(HIDE, "hide", "x", "[PANE]", "hide this pane") \
	X(SHOW, "show", "X", "[PANE]", "show PANE, or every hidden pane") \
	X(SORT, "sort", "s", "[COLUMN]", "next order of the rows") \
	X(YRANGE, "yrange", "r", "[robust|all|tail]", "y range: robust, all, last fifth") \
	X(LOGY, "logy", "o", "", "logarithmic y axis, and back") \
	X(LOGX, "logx", "O", "", "logarithmic x axis, and back") \
	X(XAXIS, "xaxis", "t", "[step|wall|relative]", \
	  "x axis: step, clock time, time since start") \
	X(SMOOTH, "smooth", "e", "[WEIGHT]", "smoothing: off, 0.6, 0.9, 0.99") \
	X(ZOOM_IN, "zoom-in", ">", "", "half the x window, at its end") \
	X(ZOOM_OUT, "zoom-out", "<", "", "twice the x window") \
	X(NEXT_CHART, "next-charts", "n ]", "", "the next charts") \
	X(PREV_CHART, "prev-charts", "p [", "", "the charts before") \
	X(CURSOR_LEFT, "cursor-left", ",", "", \
	  "a cursor in the charts, and to the left; versions: a wide page to the left") \
	X(CURSOR_RIGHT, "cursor-right", ".", "", \
	  "the cursor to the right; L opens the log there; versions: a wide page to the right") \
	X(ALERT, "alert", "!", "", "the alert that matters most, in detail") \
	X(ACK, "ack", "a", "", "acknowledge the alert that is open or under the cursor") \
	X(ACK_ALL, "ack-all", "A", "", "acknowledge all alerts") \
	X(STOP, "stop", "K", "", \
	  "stop this run: says its process and asks; again: kill it; or [stop] command") \
	X(SILENCE, "silence", "M", "[TIME] [REASON]", \
	  "be silent about the alert under the cursor for TIME (2h), and back") \
	X(UNDO, "undo", "u", "", "undo the last change of what is shown, or of a mark") \
	X(LOG, "log", "L", "[STEP]", \
	  "the log as text: at its end, at its last words, at this alert, at STEP; and back") \
	X(NEXT_MATCH, "next-match", "", "", "in a log: next match; without a search next error") \
	X(PREV_MATCH, "prev-match", "N", "", "in a log: match or error before") \
	X(NEXT_ERROR, "next-error", "", "", "in a log: next error, whatever is searched for") \
	X(PREV_ERROR, "prev-error", "E", "", "in a log: error before") \
	X(MERGE, "merge", "", "", \
	  "in a log: the lines of all its files in order of time, and back") \
	X(ATTACH, "attach", "", "FILE", "FILE is text of this run too; -FILE is not") \
	X(NAME, "name", "", "[NAME]", "call this run NAME; without NAME: by its path again") \
	X(NOTE, "note", "", "[NOTE]", "write a note on this run; without NOTE: wipe it") \
	X(STAR, "star", "*", "", "star this run, and back") \
	X(TAG, "tag", "", "TAG…", "put tags on this run; -TAG takes one off; /#TAG finds them") \
	X(HIDE_RUN, "hide-run", "H", "", "leave this run out of all lists, and back") \
	X(HIDDEN, "hidden", "", "", "show hidden runs too, and back") \
	X(METRIC, "metric", "m", "[METRIC]", "versions: the next metric in the list") \
	X(DIFF, "diff", "d", "", "versions: compare with the marked one") \
	X(ORIGIN, "origin", "f", "", "versions: the run that it came from") \
	X(SAVE, "save", "S", "[MODEL]", "keep a copy of this checkpoint as MODEL's next version") \
	X(ADOPT, "adopt", "w", "[MODEL]", "the same without a copy: by path and hash") \
	X(DEPLOY, "deploy", "D", "[SLOT]", "put this version where [deploy SLOT] says") \
	X(UNDEPLOY, "undeploy", "U", "[SLOT]", "take away what is deployed there") \
	X(ROLLBACK, "rollback", "R", "[SLOT]", "back to what was deployed and healthy before") \
	X(RESTORE, "restore", "T", "[DIR]", "write this version's files below DIR") \
	X(ALIAS, "alias", "@", "[NAME]", "let MODEL@NAME mean this version") \
	X(PIN, "pin", "P", "", "never prune this version, and back") \
	X(PRUNE, "prune", "C", "[MODEL]", \
	  "remove what [registry] keep does not keep; shown first") \
	X(REMOVE, "remove", "Z <Delete>", "[--force]", \
	  "remove this version; --force: though it is deployed, pinned or has an alias") \
	X(GC, "gc", "F", "", "free the room of what was removed long ago; shown first") \
	X(EXPORT, "export", "W", "[FILE]", "write this version as one tar file") \
	X(IMPORT, "import", "I", "[FILE]", "take a version up from one") \
	X(VERIFY, "verify", "V", "", "read this version again and compare its hashes") \
	X(COPY, "copy", "y", "", "copy the name under the cursor (OSC 52)") \
	X(RELOAD, "reload", "", "", "read mm.conf again, here and in the ingester") \
	X(REDRAW, "redraw", "<C-l>", "", "draw the screen anew") \
	X(SUSPEND, "suspend", "<C-z>", "", "stop, back to the shell") \
	X(GOTO, "goto", "", "TEXT", "move the cursor to the first row with TEXT") \
	X(WAIT, "wait", "", "[SECONDS]", "wait until all that is there was read") \
	X(SCREEN, "screen", "", "[FILE]", "write the screen as text (--script: to stdout)") \
	X(RESIZE, "resize", "", "COLSxROWS", "another size (--script)") \
	X(NOW, "now", "", "SECONDS", "pin the clock (--script)")

enum action {
	ACTION_NONE,
#define X(id, name, keys, arg, help) ACTION_##id,
	ACTION_LIST(X)
#undef X
		ACTION_N,
};

struct action_row {
	const char *name, *keys, *arg, *help;
};
extern const struct action_row action_table[ACTION_N]; /* [ACTION_NONE] is empty */

/* What the keys of A do where a log is open as text, when they do something else there; else A. */
enum action action_in_log(enum action a);
/* By its whole name, or ACTION_NONE. Which key does it: tui/keymap.h. */
enum action action_exactly(const char *name);
/* By name or a unique beginning of it; ACTION_NONE, with *AMBIGUOUS set when several begin so. */
enum action action_by_name(const char *name, bool *ambiguous);

#endif
