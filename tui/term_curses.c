/* curses knows best which bytes turn one screen into another, and that is all it does here. It
 * writes into a file in memory, never to the terminal: doupdate() alone would issue a write for
 * every cursor movement, twenty and more a frame, each of them a packet over ssh and a chance to
 * tear the picture. So a frame is one write(2), between marks that let terminals which know them
 * (mode 2026) show it at once.
 *
 * The device, its modes and the way back are tty.c's; keys are input.c's. curses thus installs no
 * handler that matters, and leaving does not depend on it.
 *
 * A frame ends with a question (DSR) that the terminal answers when it has read that far. With two
 * answers outstanding nothing more is sent, and curses merges what changes meanwhile: over a slow
 * line the screen stays as fresh as the line allows, where it would otherwise lag behind by the
 * megabyte that ssh buffers. A terminal that has not answered within a second is not asked
 * again. */
#include "tui/term.h"

#include "core/clock.h"
#include "core/utf8.h"
#include "core/xalloc.h"
#include "tui/input.h"
#include "tui/theme.h"
#include "tui/tty.h"

#include <curses.h>
#include <langinfo.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#include <wchar.h>

#define term terminfo_entry /* the library's struct has the name of ours */
#include <term.h>
#undef term

enum {
	IN_FLIGHT_MAX = 2,
	ANSWER_MS = 1000,
	ESC_MS = 25,   /* a lone ESC is the key */
	TORN_MS = 250, /* a longer sequence that was cut may be late */
};

struct term {
	struct tty *tty;
	struct input input;
	struct grid shown; /* what curses was last told */
	SCREEN *screen;
	FILE *sheet; /* where curses writes */
	int w, h;
	bool resized, redraw;
	bool utf8;
	bool modern; /* understands the private modes and questions of today's terminals */
	bool mouse, asks;
	int colors;
	unsigned asked; /* questions sent; INPUT.answers counts the answers */
	int64_t asked_us, typed_us;
	short pair[256]; /* colour → curses pair */
	short npairs;
	char *start, *stop_head; /* strings that take and give the terminal */
};

/* -- what kind of terminal --------------------------------------------------------------------- */

static bool
named(const char *term, const char *const *list)
{
	for (; *list; list++)
		if (strncmp(term, *list, strlen(*list)) == 0)
			return true;
	return false;
}

/* Mode 2026, SGR mouse, bracketed paste, DSR: taken or ignored, never printed. */
static bool
is_modern(const char *term)
{
	static const char *const list[] = {"xterm",   "tmux",        "screen", "alacritty",
					   "foot",    "kitty",       "rxvt",   "st-",
					   "wezterm", "konsole",     "vte",    "gnome",
					   "ghostty", "contour",     "iterm",  "mlterm",
					   "mintty",  "ms-terminal", "putty",  "mosh",
					   NULL};
	return named(term, list) || strcmp(term, "st") == 0;
}

/* The fonts of these have no braille, whatever the locale says. */
static bool
is_plain(const char *term)
{
	static const char *const list[] = {"linux", "vt",  "ansi", "dumb",
					   "cons",  "sun", "wy",   NULL};
	return named(term, list) && strncmp(term, "vte", 3) != 0;
}

/* newterm() would find out too, but it then leaks. */
static bool
is_known(int fd)
{
	int what;
	if (setupterm(NULL, fd, &what) == ERR)
		return false;
	del_curterm(set_curterm(NULL));
	return true;
}

static const char *
capability(const char *name)
{
	const char *s = tigetstr(name);
	return s && s != (char *)-1 ? s : "";
}

static void
append(char *buf, size_t size, const char *s)
{
	size_t n = strlen(buf), k = strlen(s);
	/* A padding such as $<5> is for hardware that is gone. */
	for (size_t i = 0; i < k && n + 1 < size; i++) {
		if (s[i] == '$' && s[i + 1] == '<') {
			const char *end = strchr(s + i, '>');
			if (end) {
				i = (size_t)(end - s);
				continue;
			}
		}
		buf[n++] = s[i];
	}
	buf[n] = '\0';
}

static void
make_start(struct term *t)
{
	char buf[TTY_STOP_MAX] = "";
	append(buf, sizeof buf, capability("smcup"));
	append(buf, sizeof buf, capability("smkx"));
	append(buf, sizeof buf, capability("civis"));
	if (t->modern)
		append(buf, sizeof buf, "\033[?2004h");
	if (t->mouse)
		append(buf, sizeof buf, "\033[?1000h\033[?1006h");
	t->start = xstrdup(buf);
}

/* Undoes all that start and frames do; where there is no second screen the prompt goes below
 * ours. */
static void
make_stop(struct term *t, char *buf, size_t size)
{
	buf[0] = '\0';
	if (t->modern)
		append(buf, size, "\033[?2026l\033[?2004l");
	if (t->mouse)
		append(buf, size, "\033[?1006l\033[?1000l");
	append(buf, size, capability("sgr0"));
	append(buf, size, capability("op"));
	append(buf, size, capability("rmkx"));
	append(buf, size, capability("cnorm"));
	if (*capability("rmcup")) {
		append(buf, size, capability("rmcup"));
	} else if (*capability("cup")) {
		append(buf, size, tiparm(capability("cup"), t->h - 1, 0));
		append(buf, size, "\r\n");
	}
}

static void
set_stop(struct term *t)
{
	char stop[TTY_STOP_MAX];
	make_stop(t, stop, sizeof stop);
	tty_set_stop(t->tty, stop);
}

/* -- bytes ------------------------------------------------------------------------------------- */

static bool
sheet_open(struct term *t, struct err *e)
{
	int fd = memfd_create("mm-screen", MFD_CLOEXEC);
	t->sheet = fd < 0 ? NULL : fdopen(fd, "r+");
	if (!t->sheet) {
		err_sys(e, "memory for the screen");
		if (fd >= 0)
			close(fd);
	}
	return t->sheet != NULL;
}

/* Takes what curses wrote since the last time. */
static void
sheet_take(struct term *t, struct str *out)
{
	int fd = fileno(t->sheet);
	off_t n = lseek(fd, 0, SEEK_CUR);
	char buf[4096];
	for (off_t at = 0; at < n;) {
		ssize_t k = pread(fd, buf, sizeof buf, at);
		if (k <= 0)
			break;
		str_add(out, buf, (size_t)k);
		at += k;
	}
	lseek(fd, 0, SEEK_SET);
	if (ftruncate(fd, 0) < 0)
		return;
}

static unsigned
in_flight(const struct term *t)
{
	return t->asks ? t->asked - t->input.answers : 0;
}

/* No frame goes out before an answer has come. */
static bool
waits(const struct term *t)
{
	return in_flight(t) >= IN_FLIGHT_MAX;
}

/* A terminal that has let its time pass is not asked any more. */
static void
give_up(struct term *t)
{
	if (waits(t) && clock_mono_us() - t->asked_us >= ANSWER_MS * 1000)
		t->asks = false;
}

static void
send_frame(struct term *t)
{
	struct str out = STR_INIT;
	if (t->modern)
		str_adds(&out, "\033[?2026h");
	size_t head = out.len;
	sheet_take(t, &out);
	if (out.len > head) {
		if (t->modern)
			str_adds(&out, "\033[?2026l");
		if (t->asks) {
			str_adds(&out, "\033[5n");
			t->asked++;
			t->asked_us = clock_mono_us();
		}
		tty_write(t->tty, out.buf, out.len);
	}
	str_release(&out);
}

/* -- opening and closing ----------------------------------------------------------------------- */

static void
read_size(struct term *t)
{
	int w = 0, h = 0;
	if (!tty_size(t->tty, &w, &h)) {
		const char *cols = getenv("COLUMNS"), *rows = getenv("LINES");
		w = cols ? (int)strtol(cols, NULL, 10) : 0;
		h = rows ? (int)strtol(rows, NULL, 10) : 0;
		w = w > 0 ? w : tigetnum("cols");
		h = h > 0 ? h : tigetnum("lines");
	}
	t->w = w > 0 ? w : 80;
	t->h = h > 0 ? h : 24;
	if (t->w > 4096)
		t->w = 4096;
	if (t->h > 4096)
		t->h = 4096;
}

static void
bind_keys(struct term *t)
{
	static const struct {
		const char *name;
		int key;
	} caps[] = {
		{"kcuu1", K_UP},     {"kcud1", K_DOWN},   {"kcub1", K_LEFT},   {"kcuf1", K_RIGHT},
		{"khome", K_HOME},   {"kend", K_END},     {"kpp", K_PGUP},     {"knp", K_PGDN},
		{"kcbt", K_BACKTAB}, {"kdch1", K_DELETE}, {"kich1", K_INSERT}, {"kf1", K_F1},
		{"kf2", K_F2},       {"kf3", K_F3},       {"kf4", K_F4},       {"kf5", K_F5},
		{"kf6", K_F6},       {"kf7", K_F7},       {"kf8", K_F8},       {"kf9", K_F9},
		{"kf10", K_F10},     {"kf11", K_F11},     {"kf12", K_F12},
	};
	for (size_t i = 0; i < sizeof caps / sizeof *caps; i++)
		input_bind(&t->input, capability(caps[i].name), caps[i].key);
}

static void
open_colors(struct term *t, int wanted)
{
	if (wanted == 0 || !has_colors() || start_color() == ERR)
		return;
	short background = use_default_colors() == OK ? -1 : COLOR_BLACK;
	t->colors = COLORS >= 256 ? 256 : COLORS >= 16 ? 16 : COLORS >= 8 ? 8 : 0;
	for (int style = 0; style < STYLE_END; style++) {
		int fg = theme_look(style, t->colors).fg;
		if (fg < 0 || t->pair[fg] || t->npairs + 1 >= COLOR_PAIRS)
			continue;
		if (init_pair(++t->npairs, (short)fg, background) == OK)
			t->pair[fg] = t->npairs;
	}
}

int
term_open(const struct term_opts *o, struct term **out, struct err *e)
{
	const char *name = getenv("TERM");
	if (!name || !*name)
		return err_set(e, ERR_USAGE, "TERM is not set: which terminal is this?");
	struct term *t = xcalloc(1, sizeof *t);
	input_init(&t->input);
	if (!sheet_open(t, e) || tty_open(&t->tty, e) < 0)
		goto failed;
	/* newterm() catches signals that have their default: ours are in place by now, and the rest
	 * is put back. */
	struct sigaction tstp, winch;
	sigaction(SIGTSTP, NULL, &tstp);
	sigaction(SIGWINCH, NULL, &winch);
	if (is_known(fileno(t->sheet)))
		t->screen = newterm(NULL, t->sheet, t->sheet);
	sigaction(SIGTSTP, &tstp, NULL);
	sigaction(SIGWINCH, &winch, NULL);
	if (!t->screen) {
		err_set(e, ERR_USAGE,
			"TERM=%.40s is not known here; try TERM=xterm-256color or TERM=vt100",
			name);
		goto failed;
	}
	if (!*capability("cup")) {
		err_set(e, ERR_USAGE,
			"TERM=%.40s cannot place the cursor; mm runs and mm plot need no screen",
			name);
		goto failed;
	}
	t->modern = is_modern(name);
	t->mouse = o->mouse && t->modern;
	t->asks = t->modern;
	t->utf8 = !o->ascii && !is_plain(name) && strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
	read_size(t);
	resizeterm(t->h, t->w);
	open_colors(t, o->colors);
	bind_keys(t);
	make_start(t);
	curs_set(0);
	struct str said = STR_INIT; /* curses' own idea of how to begin */
	sheet_take(t, &said);
	str_release(&said);
	grid_init(&t->shown, t->w, t->h, false);
	t->redraw = true;
	char stop[TTY_STOP_MAX];
	make_stop(t, stop, sizeof stop);
	tty_take(t->tty, t->start, stop);
	*out = t;
	return 0;
failed:
	term_close(t);
	return e ? e->code : ERR_SYS;
}

/* Answers on their way would otherwise be typed into the shell. */
static void
await_answers(struct term *t)
{
	int64_t until = clock_mono_us() + 200000;
	while (in_flight(t) && !tty_gone(t->tty)) {
		int64_t left = until - clock_mono_us();
		struct pollfd pfd = {.fd = tty_fd(t->tty), .events = POLLIN};
		if (left <= 0 || poll(&pfd, 1, (int)(left / 1000) + 1) <= 0)
			break;
		while (term_key(t, &(struct mouse){0}) >= 0)
			;
	}
	if (in_flight(t))
		tty_discard_input(t->tty);
	t->asked = t->input.answers;
}

void
term_close(struct term *t)
{
	if (!t)
		return;
	if (t->tty) {
		if (tty_taken(t->tty))
			await_answers(t);
		tty_free(t->tty);
	}
	if (t->screen)
		delscreen(t->screen);
	if (t->sheet)
		fclose(t->sheet);
	grid_release(&t->shown);
	input_release(&t->input);
	free(t->start);
	free(t);
}

int
term_fd(const struct term *t)
{
	return tty_fd(t->tty);
}

void
term_size(const struct term *t, int *w, int *h)
{
	*w = t->w;
	*h = t->h;
}

int
term_colors(const struct term *t)
{
	return t->colors;
}

bool
term_utf8(const struct term *t)
{
	return t->utf8;
}

/* -- keys -------------------------------------------------------------------------------------- */

static int
esc_ms(const struct term *t)
{
	return t->input.n == 1 ? ESC_MS : TORN_MS;
}

int
term_key(struct term *t, struct mouse *m)
{
	if (t->resized) {
		t->resized = false;
		return K_RESIZE;
	}
	give_up(t);
	bool late = input_pending(&t->input) && clock_mono_us() - t->typed_us >= esc_ms(t) * 1000;
	int key = input_key(&t->input, m, false);
	while (key == K_NONE) {
		unsigned char buf[256];
		size_t room = INPUT_MAX - t->input.n;
		size_t n = tty_read(t->tty, buf, room < sizeof buf ? room : sizeof buf);
		if (n == 0)
			break;
		late = false;
		t->typed_us = clock_mono_us();
		input_feed(&t->input, buf, n);
		key = input_key(&t->input, m, false);
	}
	if (key == K_NONE && late)
		key = input_key(&t->input, m, true);
	if (key == K_NONE && tty_gone(t->tty))
		return K_EOF;
	return key;
}

int
term_pending_ms(const struct term *t)
{
	int64_t now = clock_mono_us(), due = INT64_MAX;
	if (input_pending(&t->input))
		due = t->typed_us + esc_ms(t) * 1000;
	if (waits(t) && t->asked_us + ANSWER_MS * 1000 < due)
		due = t->asked_us + ANSWER_MS * 1000;
	if (due == INT64_MAX)
		return -1;
	return due <= now ? 0 : (int)((due - now) / 1000) + 1;
}

/* -- showing ----------------------------------------------------------------------------------- */

static void
cell_cchar(const struct term *t, const struct cell *c, cchar_t *out)
{
	struct look l = theme_look(c->style, t->colors);
	attr_t attr = A_NORMAL;
	if (l.attr & LOOK_BOLD)
		attr |= A_BOLD;
	if (l.attr & LOOK_DIM)
		attr |= A_DIM;
	if (l.attr & LOOK_REVERSE)
		attr |= A_REVERSE;
	if (l.attr & LOOK_UNDERLINE)
		attr |= A_UNDERLINE;
	wchar_t text[2] = {(wchar_t)c->ch, L'\0'};
	setcchar(out, text, attr, l.fg >= 0 && l.fg < 256 ? t->pair[l.fg] : 0, NULL);
}

/* This C library may think otherwise of a character's width than core/utf8.h; the cursor would be
 * lost. */
static struct cell
agreed(struct cell c, bool wide)
{
	if (c.ch >= 0x80 && wcwidth((wchar_t)c.ch) != (wide ? 2 : 1))
		c.ch = '?';
	return c;
}

/* Tells curses about one row, from the first cell that differs to the last. */
static void
show_row(struct term *t, const struct grid *g, int y)
{
	const struct cell *new = &g->cell[(size_t)y * (size_t)g->w];
	struct cell *old = &t->shown.cell[(size_t)y * (size_t)t->shown.w];
	int from = 0, to = g->w;
	while (from < to && memcmp(&new[from], &old[from], sizeof *new) == 0)
		from++;
	while (to > from && memcmp(&new[to - 1], &old[to - 1], sizeof *new) == 0)
		to--;
	if (from == to)
		return;
	if (from > 0 && (new[from].ch == 0 || old[from].ch == 0))
		from--; /* a wide character is told whole */
	wmove(stdscr, y, from);
	for (int x = from; x < to; x++) {
		bool wide = x + 1 < g->w && new[x + 1].ch == 0;
		struct cell c = agreed(new[x], wide);
		cchar_t cc;
		if (c.ch ==
		    0) /* the right half of what was told, unless that became one column wide */
			continue;
		cell_cchar(t, &c, &cc);
		wadd_wch(stdscr, &cc);
		if (wide && c.ch != new[x].ch)
			wadd_wch(stdscr, &cc);
	}
	memcpy(&old[from], &new[from], (size_t)(to - from) * sizeof *new);
}

/* Curses has to hear all of it again after a new size or a redraw. */
static void
forget_shown(struct term *t, int w, int h)
{
	grid_resize(&t->shown, w, h);
	memset(t->shown.cell, 0xff,
	       (size_t)t->shown.w * (size_t)t->shown.h * sizeof *t->shown.cell);
}

bool
term_show(struct term *t, const struct grid *g)
{
	if (tty_gone(t->tty))
		return true;
	if (!tty_flush(t->tty))
		return false;
	give_up(t);
	if (waits(t))
		return false;
	if (t->redraw || g->w != t->shown.w || g->h != t->shown.h) {
		forget_shown(t, g->w, g->h);
		werase(stdscr);
		clearok(curscr, TRUE);
		t->redraw = false;
	}
	int h = g->h < t->h ? g->h : t->h;
	for (int y = 0; y < h; y++)
		show_row(t, g, y);
	bool cursor = g->cursor_x >= 0 && g->cursor_x < t->w && g->cursor_y >= 0 && g->cursor_y < h;
	curs_set(cursor);
	leaveok(stdscr, !cursor); /* a hidden one may stay where it is */
	if (cursor)
		wmove(stdscr, g->cursor_y, g->cursor_x);
	wnoutrefresh(stdscr);
	doupdate();
	send_frame(t);
	return true;
}

bool
term_blocked(const struct term *t)
{
	return !tty_gone(t->tty) && !tty_flush(t->tty);
}

void
term_flush(struct term *t)
{
	tty_flush(t->tty);
}

void
term_redraw(struct term *t)
{
	t->redraw = true;
}

void
term_bell(struct term *t)
{
	tty_write(t->tty, "\a", 1);
}

void
term_notify(struct term *t, const char *text)
{
	enum { TEXT_MOST = 240 };
	struct str clean = STR_INIT, osc = STR_INIT;
	const char *name = getenv("TERM"), *tmux = getenv("TMUX");
	if (!name || strncmp(name, "linux", 5) == 0)
		return;
	utf8_clean(&clean, text, strlen(text), 0);
	size_t n = clean.len < TEXT_MOST ? clean.len : TEXT_MOST;
	while (n && n < clean.len && (clean.buf[n] & 0xC0) == 0x80)
		n--;
	/* A text that begins with "4;" would be a progress bar: it begins with our name. */
	const char *esc = tmux ? "\033\033" : "\033";
	str_addf(&osc, "%s%s]9;mm: %.*s\a%s", tmux ? "\033Ptmux;" : "", esc, (int)n, str_c(&clean),
		 tmux ? "\033\\" : "");
	tty_write(t->tty, osc.buf, osc.len);
	str_release(&clean);
	str_release(&osc);
}

bool
term_copy(struct term *t, const char *text)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	if (!t->modern)
		return false;
	struct str out = STR_INIT;
	size_t n = strlen(text);
	str_adds(&out, "\033]52;c;");
	for (size_t i = 0; i < n; i += 3) {
		unsigned v = 0;
		for (size_t k = 0; k < 3; k++)
			v = v << 8 | (i + k < n ? (unsigned char)text[i + k] : 0);
		for (size_t k = 0; k < 4; k++)
			str_addc(&out, i + k <= n ? digits[v >> (18 - 6 * k) & 63] : '=');
	}
	str_adds(&out, "\033\\");
	tty_write(t->tty, out.buf, out.len);
	str_release(&out);
	return true;
}

/* -- size, stop, continue ---------------------------------------------------------------------- */

void
term_resized(struct term *t)
{
	int w = t->w, h = t->h;
	read_size(t);
	if (w == t->w && h == t->h)
		return;
	resizeterm(t->h, t->w);
	set_stop(t);
	t->resized = t->redraw = true;
}

void
term_continued(struct term *t)
{
	char stop[TTY_STOP_MAX];
	make_stop(t, stop, sizeof stop);
	tty_take(t->tty, t->start, stop);
	curs_set(0); /* as START has it */
	t->redraw = true;
	term_resized(t);
}

void
term_suspend(struct term *t)
{
	await_answers(t);
	tty_give(t->tty);
	/* The whole job stops, as the terminal's own ^Z would have it: mm may run under make or a
	 * script. */
	sigset_t tstp, old;
	sigemptyset(&tstp);
	sigaddset(&tstp, SIGTSTP);
	struct sigaction dfl = {.sa_handler = SIG_DFL}, before;
	sigaction(SIGTSTP, &dfl, &before);
	kill(0, SIGTSTP);
	sigprocmask(SIG_UNBLOCK, &tstp, &old);
	sigprocmask(SIG_SETMASK, &old, NULL);
	sigaction(SIGTSTP, &before, NULL);
	/* The loop, which keeps SIGCONT blocked, need not hear of what is done here. */
	sigset_t cont;
	sigemptyset(&cont);
	sigaddset(&cont, SIGCONT);
	if (sigismember(&old, SIGCONT) == 1)
		sigtimedwait(&cont, NULL, &(struct timespec){0, 0});
	term_continued(t);
}
