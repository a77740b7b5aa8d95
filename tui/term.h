/* term.h - where a grid is shown and keys come from: a terminal (curses), or nothing at all (--script, tests). */
#ifndef TUI_TERM_H
#define TUI_TERM_H

#include "core/err.h"
#include "tui/grid.h"

#include <stdbool.h>
#include <stdint.h>

/* Keys: a Unicode character, or one of these. Ctrl-x is 1 … 26 (Tab 9, Enter 13). */
enum key {
	KEYS_BASE = 0x110000,
	K_UP,
	K_DOWN,
	K_LEFT,
	K_RIGHT,
	K_HOME,
	K_END,
	K_PGUP,
	K_PGDN,
	K_BACKTAB,
	K_BACKSPACE,
	K_DELETE,
	K_INSERT,
	K_F1,
	K_F2,
	K_F3,
	K_F4,
	K_F5,
	K_F6,
	K_F7,
	K_F8,
	K_F9,
	K_F10,
	K_F11,
	K_F12,
	K_MOUSE,     /* ask mouse */
	K_RESIZE,    /* the size changed: ask w, h */
	K_NONE = -1, /* nothing there now */
	K_EOF = -2,  /* the terminal is gone */
};
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
const char *key_name(int key, char buf[16]);
int key_parse(const char *word);

struct term;

struct term_opts {
	bool ascii;
	int colors; /* -1: what the terminal has; 0: none (NO_COLOR, --color never) */
	bool mouse;
};

/* Takes over the terminal; restores it on every exit, crash and signal (term.c has the how). */
int term_open(const struct term_opts *o, struct term **out, struct err *e);
void term_close(struct term *t);
int term_fd(const struct term *t);
void term_size(const struct term *t, int *w, int *h);
bool term_utf8(const struct term *t);
/* The next key that is there, or K_NONE. Never waits. */
int term_key(struct term *t, struct mouse *m);
/* Shows the grid: only what changed since the last one, in one write(2). False: the terminal has not taken the last frame
 * yet; try again when term_fd() is writable or a reply came. */
bool term_show(struct term *t, const struct grid *g);
/* Redraws all at the next show (^L, after ^Z). */
void term_redraw(struct term *t);
void term_bell(struct term *t);
void term_suspend(struct term *t); /* ^Z: gives the terminal back, stops, takes it again */

#endif
