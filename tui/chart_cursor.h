/* chart_cursor.h - a place on the x axis of the charts, that a person moves: what the value was
 * there, and what the log says of it. */
#ifndef TUI_CHART_CURSOR_H
#define TUI_CHART_CURSOR_H

#include <stdbool.h>

struct chart;
struct charts;
struct model;

/* By so many cells of the selected chart; the first time it is put at its end. Says what is
 * there. */
void chart_cursor_move(struct charts *cs, struct model *m, int cells);
/* To the chart of TO->metric (copied) and that place in it, as soon as the next refresh has made
 * the charts of the run that is then under the list's cursor. */
struct charts_trip;
void chart_cursor_go(struct charts *cs, struct model *m, const struct charts_trip *to);
/* Within that refresh, the list of charts being made. */
void chart_cursor_arrive(struct charts *cs, struct model *m);
/* False: there was none. */
bool chart_cursor_off(struct charts *cs);
/* Puts it into a chart that has the same axis. */
void chart_cursor_put(const struct charts *cs, const struct model *m, struct chart *c);
/* Opens the text of the run under the list's cursor at that place. False: there is no place. */
bool chart_cursor_text(const struct charts *cs, struct model *m);

#endif
