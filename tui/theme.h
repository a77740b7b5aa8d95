/* theme.h - what a style looks like, by how many colours there are. */
#ifndef TUI_THEME_H
#define TUI_THEME_H

#include <stdint.h>

enum { LOOK_BOLD = 1, LOOK_DIM = 2, LOOK_REVERSE = 4, LOOK_UNDERLINE = 8 };

struct look {
	int16_t fg;   /* 0 … 255; -1: the terminal's own */
	uint8_t attr; /* LOOK_… */
};

/* STYLE with its attributes (tui/grid.h) on a terminal of COLORS colours (0, 8, 16, 256). The
 * background is always the terminal's own. */
struct look theme_look(int style, int colors);

#endif
