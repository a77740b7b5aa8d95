/* list.h - a list longer than its pane: the row under the cursor, the first one shown, and how
 * keys move them. */
#ifndef TUI_LIST_H
#define TUI_LIST_H

#include "tui/action.h"
#include "tui/grid.h"

#include <stdbool.h>

struct list {
	int n;      /* rows there are */
	int h;      /* rows that fit, as drawn last */
	int cursor; /* 0 … n-1; 0 when empty */
	int top;    /* first row shown */
};

/* Takes the sizes and brings the cursor into the list and into view, moving TOP as little as
 * possible. */
void list_fit(struct list *l, int n, int h);
/* Up, down, pages, first, last; false: another action. The cursor stops at the ends. */
bool list_act(struct list *l, enum action a);
/* The row at line Y of the pane, or -1. */
int list_at(const struct list *l, int y);
/* Moves the view by LINES, taking the cursor along only when it would leave it (a mouse wheel). */
void list_scroll(struct list *l, int lines);
/* With more rows than lines: which part is shown, as a thumb in column X from Y on. */
void list_mark(const struct list *l, struct grid *g, int x, int y);

#endif
