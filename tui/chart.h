/* chart.h - lines into cells: axes, braille or ASCII dots, what lies outside, NaN. The pane and
 * `mm plot` share it. */
#ifndef TUI_CHART_H
#define TUI_CHART_H

#include "store/store.h"
#include "tui/grid.h"
#include "tui/scale.h"

#include <stdbool.h>
#include <stdint.h>

/* 1st to 99th percentile; everything; the last fifth of x. */
enum yrange { YRANGE_ROBUST, YRANGE_ALL, YRANGE_TAIL, YRANGE_N };
extern const char *const yrange_names[YRANGE_N]; /* "robust", "all", "tail" */

#define CHART_DOT 0x2022 /* • */

struct chart_line {
	const struct column *col; /* CHART.span.columns of them: one for each column of dots */
	int style;                /* STYLE_RUN0 + i */
	bool faint;               /* drawn before the others, gives way to them */
	bool top;                 /* drawn last, wins the colour of shared cells */
	bool dots;                /* few points (evaluations): shown as dots on the line */
	uint32_t mark;            /* now and then on it, tells it from its like; 0: none */
	bool loose;               /* doesn't stretch the y range and leaves no marks outside it */
	const char *name;         /* for the legend; NULL: none */
};

/* Something that happened: a line from top to bottom behind the curves, and a sign on top. */
struct chart_event {
	double x; /* on the chart's axis */
	uint32_t sign;
	int style;
};

#define CHART_STOP 0x25a0 /* ■ a person stopped the run */

struct chart {
	const char *title; /* drawn by the caller in the border; here for the plain plot */
	enum axis axis;
	const char *xlabel; /* "step", "epoch", "time" */
	struct span span; /* the window; columns as chart_columns() gave, or the chart stretches */
	enum yrange yrange;
	bool logy;
	bool legend; /* names of the lines in a free corner, when there is one */
	struct chart_line *line;
	int nlines;
	bool cursor; /* a vertical line at cursor_x */
	double cursor_x;
	const struct chart_event *event;
	int nevents;
	const char *empty; /* what to say when there is nothing to draw; NULL: "no points yet" */
};

/* Columns of dots that a chart in R will have, for the query (span.columns); 0: too small. */
int chart_columns(struct rect r, const struct grid *g);
/* Where in R the dots are: the rest is labels. */
struct rect chart_plot(struct rect r);
void chart_draw(struct grid *g, struct rect r, const struct chart *c);
/* The y axis that would be used; false: nothing finite. For tests and readouts. */
bool chart_scale(const struct chart *c, struct scale *out);
/* One line onto a raster: what chart_draw() does with each of them. */
struct raster;
void chart_line_dots(struct raster *ra, const struct chart *c, const struct scale *s,
		     const struct chart_line *line);

#endif
