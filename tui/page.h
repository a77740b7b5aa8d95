/* page.h - text longer than its pane: lines with a label and a style, filtered, scrolled. Details
 * and help are pages. */
#ifndef TUI_PAGE_H
#define TUI_PAGE_H

#include "tui/action.h"
#include "tui/grid.h"

#include <stdbool.h>

struct page_line {
	char *label; /* "" for none; the column of labels is as wide as the widest */
	char *text;
	int label_style, style;
	bool heading; /* LABEL alone, over the whole width, a blank line before it */
	bool table;   /* TEXT alone, over the whole width, cut instead of broken */
};

struct page {
	struct page_line *line;
	int n;
	size_t cap;
	char *filter;
	int top;     /* first line on the screen shown */
	int rows, h; /* screen lines there are, and that fit, as drawn last */
	int left;    /* columns of tables that are moved out at the left */
	int wide, w; /* columns of the widest of them, and that fit, as drawn last */
};

void page_release(struct page *p);
/* Forgets the lines, keeps place and filter. */
void page_clear(struct page *p);
void page_heading(struct page *p, const char *text);
/* TEXT is broken at the pane's width; label and text are copied. */
void page_add(struct page *p, const char *label, int label_style, const char *text, int style);
void page_addf(struct page *p, const char *label, int style, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/* A line that others stand in columns with. */
void page_table(struct page *p, const char *text, int style);
void page_draw(struct page *p, struct grid *g, struct rect r);
/* Scrolling, filter and taking it off; false: another action. */
bool page_act(struct page *p, enum action a, const char *arg);
void page_scroll(struct page *p, int lines);
/* Moves the tables sideways. */
void page_shift(struct page *p, int columns);

#endif
