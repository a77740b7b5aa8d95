/* figure.h - series on one x axis: from names to the columns that a chart draws. The charts pane
 * and `mm plot` share it.
 *
 *     figure_add(f, …)           what to draw
 *     figure_extent(f, sn, …)    where its points lie; several figures may share a window
 *     figure_window(f, …)        the window
 *     figure_query(f, sn, …)     the columns, within a snapshot
 *     figure_chart(f, &chart)    to be drawn, any time after */
#ifndef TUI_FIGURE_H
#define TUI_FIGURE_H

#include "core/err.h"
#include "store/store.h"
#include "tui/chart.h"

#include <stdbool.h>
#include <stdint.h>

#define FIGURE_MEMBERS 32 /* of a fold, at most so many are looked at, evenly spread */

/* One line: a series; or a fold of several, drawn as their least, median and greatest. */
struct trace {
	uint32_t *series;
	int nseries;
	uint32_t epochs;  /* MAPPED: the series that says in which epoch a step was */
	bool mapped;      /* its steps are epochs, drawn where they ended on an axis of steps */
	uint32_t attempt; /* 0: the newest */
	double scale;     /* shown value = scale × stored value */
	int style;
	bool faint, top;
	uint32_t mark; /* as in struct chart_line */
	char *name;    /* for the legend; NULL: none */
	/* where its points lie, as last looked up */
	struct {
		uint64_t points; /* that there were then */
		enum axis axis;
		bool known, any;
		double x0, x1;
	} extent;
	/* answered */
	struct column *col, *low, *high; /* low, high: of a fold */
	struct column *smooth, *orphan;  /* NULL: none */
	int64_t last_epoch;              /* MAPPED: the newest one drawn */
	uint64_t points; /* that there were then: what has as many need not be asked again */
};

struct figure {
	struct trace *trace;
	int ntraces;
	enum axis axis;
	uint8_t unit; /* enum step_unit of the x axis with AXIS_STEP */
	bool logx, logy;
	enum yrange yrange;
	double smooth;    /* weight of the moving average over column means; 0: none */
	struct span span; /* asked for; columns 0: not answered yet */
	bool part;        /* that is less than all of x */
	struct span answered;
	struct chart_line *line; /* of the last figure_chart() */
	char xlabel[48];
};

void figure_release(struct figure *f);
/* Forgets the traces. */
void figure_clear(struct figure *f);
/* The new trace, to be filled in further; it has a copy of SERIES and NAME. */
struct trace *figure_add(struct figure *f, const uint32_t *series, int n, const char *name);
/* Widens [*X0, *X1] to hold every point; false: there is none. */
bool figure_extent(struct figure *f, struct snap *sn, double *x0, double *x1);
/* The window: the last ZOOM (0 … 1] of [X0, X1], ends made round; LIVE: with room for what comes,
 * so that the picture stands still between the jumps. */
void figure_window(struct figure *f, double x0, double x1, bool live, double zoom);
/* Columns of dots for what is new. */
int figure_query(struct figure *f, struct snap *sn, int columns, struct err *e);
/* Are all values that would be drawn above 0? */
bool figure_positive(const struct figure *f);
/* What x is: "step", "time", … */
const char *figure_axis_name(enum axis axis, uint8_t unit);
/* OUT borrows from F, until it changes. */
void figure_chart(struct figure *f, struct chart *out);

#endif
