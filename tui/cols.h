/* cols.h - which columns of a table have room, and how much: pure arithmetic. */
#ifndef TUI_COLS_H
#define TUI_COLS_H

#include "tui/grid.h"

#include <stdbool.h>

struct col {
	const char *head; /* "" for none */
	int min, max;     /* columns; what is between takes spare room, the first column first */
	int rank;         /* 0: never dropped; else the highest goes first */
	bool right;       /* aligned to the right */
	int x, w;         /* answered by cols_fit; w 0: dropped */
};

/* Places COL[n] in WIDTH columns from x = 0 on, one blank between neighbours. A column with MIN 0
 * is left out. The widths depend on WIDTH and the columns alone, never on the rows, so that
 * nothing jumps while values change. */
void cols_fit(struct col *col, int n, int width);
/* The line of headings at Y, X0 being where the table begins. */
void cols_heads(const struct col *col, int n, struct grid *g, int x0, int y);
/* A cell's text, aligned; one that is too long ends with "…". */
void col_text(const struct col *c, struct grid *g, int x0, int y, const char *text, int style);

#endif
