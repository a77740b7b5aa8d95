/* filter.h - does a name have in it what a person typed? One rule for every pane. */
#ifndef TUI_FILTER_H
#define TUI_FILTER_H

#include "tui/grid.h"

#include <stdbool.h>

/* TEXT is a substring of NAME; upper and lower case are the same unless TEXT has capitals. NULL
 * and "" match everything. *AT, *LEN (may be NULL): the first match, in bytes; untouched when
 * TEXT is empty. */
bool filter_match(const char *text, const char *name, int *at, int *len);
/* Draws Z in at most W columns, cut at the end, with what TEXT matches marked; returns the
 * columns used. */
int filter_text(struct grid *g, int x, int y, int w, const char *z, const char *text, int style);

#endif
