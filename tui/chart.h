/* chart.h - lines into cells: axes, braille or ASCII dots, what lies outside, NaN. The pane and `mm plot` share it. */
#ifndef TUI_CHART_H
#define TUI_CHART_H

#include "store/store.h"
#include "tui/grid.h"

#include <stdbool.h>
#include <stdint.h>

enum yrange { YRANGE_ROBUST, YRANGE_ALL, YRANGE_TAIL, YRANGE_N }; /* 1st–99th percentile; everything; the last fifth */

struct chart_line {
	const struct column *col; /* CHART.columns of them: one for each dot column */
	int style;                /* STYLE_RUN0 + i */
	bool faint;
	bool top;                 /* drawn last, wins the colour of shared cells */
	bool dots;                /* few points (evaluations): shown as dots on the line */
	const char *name;         /* for the legend; NULL: none */
};

struct chart {
	const char *title;    /* drawn by the caller in the border; here for the plain plot */
	enum axis axis;
	const char *xlabel;   /* "step", "epoch", "time" */
	struct span span;     /* the window; span.columns = 2 × cells of the plot area (1 × in ASCII) */
	enum yrange yrange;
	bool logy;
	bool legend;
	struct chart_line *line;
	int nlines;
	bool cursor;          /* a vertical line at cursor_x */
	double cursor_x;
};

/* Columns of dots that a chart in R will have, for the query (span.columns); 0: too small to draw. */
int chart_columns(struct rect r, const struct grid *g);
void chart_draw(struct grid *g, struct rect r, const struct chart *c);
/* The y range that would be used; false: nothing finite. For tests and readouts. */
bool chart_yrange(const struct chart *c, double *lo, double *hi);
/* Round ticks in [lo, hi]: at most N into OUT, returns how many. */
int chart_ticks(double lo, double hi, bool log, int n, double *out);

#endif
