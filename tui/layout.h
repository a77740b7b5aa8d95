/* layout.h - where panes go: pure arithmetic from a size to rectangles. */
#ifndef TUI_LAYOUT_H
#define TUI_LAYOUT_H

#include "tui/grid.h"

#include <stdbool.h>

enum slot { SLOT_RUNS, SLOT_CHARTS, SLOT_METRICS, SLOT_ALERTS, SLOT_N };

struct layout_want {
	int w, h; /* of the whole screen; the last line is the status line */
	bool hidden[SLOT_N];
	int zoomed;       /* a slot that fills the screen, or -1 */
	int split_x;      /* columns that the left panes were grown by (negative: shrunk) */
	int split_y;      /* rows that the lower panes were grown by */
	int split_alerts; /* columns, on a large screen rows, that the alerts pane was grown by */
	int alerts;       /* how many there are: with none the pane is small */
	int firing;       /* … that want attention: without room for the pane they get a line */
	int runs;         /* rows of the list: few runs need few rows */
	int metrics;      /* likewise */
};

struct layout {
	/* Outer rectangles, borders included; neighbours share a border line. w == 0: dropped. */
	struct rect slot[SLOT_N];
	/* No room for the alerts pane, and something fires: one line above the status line, which
	 * slot[SLOT_ALERTS] then is (h 1, no border). */
	bool alerts_line;
	struct rect status;
};

/* Drops panes in the declared order when there is no room: Alerts to one line, Metrics, Charts
 * (which has its own way to one chart), at last the list of runs is alone. Works from 40×8; below
 * that slot[SLOT_RUNS] is all there is. Pure: the same wish gives the same layout. */
void layout_make(const struct layout_want *want, struct layout *out);

#endif
