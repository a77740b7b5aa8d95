/* term.h - where a grid is shown and keys come from: a terminal (curses), or nothing at all
 * (--script, tests). */
#ifndef TUI_TERM_H
#define TUI_TERM_H

#include "core/err.h"
#include "tui/grid.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Keys: a Unicode character, or one of these. Ctrl-x is 1 … 26 (Tab 9, Enter 13). */
/* clang-format off */
enum key {
	KEYS_BASE = 0x110000,
	K_UP, K_DOWN, K_LEFT, K_RIGHT, K_HOME, K_END, K_PGUP, K_PGDN,
	K_BACKTAB, K_BACKSPACE, K_DELETE, K_INSERT,
	K_F1, K_F2, K_F3, K_F4, K_F5, K_F6, K_F7, K_F8, K_F9, K_F10, K_F11, K_F12,
	K_MOUSE,  /* ask mouse */
	K_RESIZE, /* the size changed: ask term_size() */
	K_PASTED = 0x1000000, /* added to a character that was pasted: text, never a command */
	K_NONE = -1, /* nothing there now */
	K_EOF = -2,  /* the terminal is gone */
};
/* clang-format on */
#define K_ESC 27
#define K_ENTER 13
#define K_TAB 9
#define K_CTRL(c) ((c)&31)

struct mouse {
	int x, y;
	int button; /* 1 … 3; 4, 5: wheel up, down */
	bool press;
};

/* "<Tab>", "<C-l>", "<Up>", "j": the word of a key and back; K_NONE when there is none such. */
const char *key_word(int key, char buf[16]);
int key_parse(const char *word);
/* The word of a key that WORD may have meant, or NULL. */
const char *key_nearest(const char *word);
/* How many bytes of TEXT are its first key ("<Tab>" of "<Tab>jj"), and which; 0: none. */
size_t key_first(const char *text, int *key);

struct term;

struct term_opts {
	bool ascii;
	int colors; /* -1: what the terminal has; 0: none (NO_COLOR, --color never) */
	bool mouse;
};

/* Takes over the terminal; restores it on every exit, crash and signal (tui/tty.h has the how). One
 * at a time. */
int term_open(const struct term_opts *o, struct term **out, struct err *e);
void term_close(struct term *t);
int term_fd(const struct term *t);
void term_size(const struct term *t, int *w, int *h);
/* It can show more than ASCII: a UTF-8 locale, and a terminal whose font has braille and boxes. */
bool term_utf8(const struct term *t);
int term_colors(const struct term *t); /* that are used; 0: none */
/* The next key that is there, or K_NONE. Never waits. */
int term_key(struct term *t, struct mouse *m);
/* Milliseconds after which term_key() and term_show() are to be called again although nothing came
 * (an ESC that stays alone, an answer that stays away); -1: none. */
int term_pending_ms(const struct term *t);
/* SIGWINCH came: reads the size; the next key is K_RESIZE if it changed. */
void term_resized(struct term *t);
/* Shows the grid: only what changed since the last one, in one write(2). False: the terminal has
 * not taken the last frame yet; try again when term_fd() is writable or a reply came. */
bool term_show(struct term *t, const struct grid *g);
/* Bytes are waiting for the terminal: watch term_fd() for writing too, and call term_flush(). */
bool term_blocked(const struct term *t);
void term_flush(struct term *t);
/* Redraws all at the next show (^L, after ^Z). */
void term_redraw(struct term *t);
void term_bell(struct term *t);
/* Has the terminal show a notification (OSC 9), through tmux if need be. What does not know it
 * ignores it; a Linux console, which might print it, is spared. */
void term_notify(struct term *t, const char *text);
/* Hands TEXT to the clipboard (OSC 52); false: this terminal is not known to take it. */
bool term_copy(struct term *t, const char *text);
void term_suspend(struct term *t); /* ^Z: gives the terminal back, stops, takes it again */
/* After a stop that nobody announced (SIGSTOP): takes the terminal again. */
void term_continued(struct term *t);

#endif
