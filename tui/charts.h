/* charts.h - which charts there are for the drawn runs, in what order, and their columns.
 *
 * The order is DESIGN §1 "Which charts come first". A chart is one metric (or train and validation loss together, or the
 * components of a loss, or a fold of numbered names) over all drawn runs. Only the charts on the screen are queried. */
#ifndef TUI_CHARTS_H
#define TUI_CHARTS_H

#include "tui/chart.h"
#include "tui/model.h"

#include <stdbool.h>

struct charts_line {
	int run;             /* index into model.run */
	uint32_t series;
	const char *metric;
	struct column *col;
	int ncol;
	bool dots;
};

struct charts_one {
	char *title;         /* "loss: train val ↓" */
	char **metric;       /* names in it */
	int nmetrics;
	struct metric_role role;
	bool pinned;
	struct charts_line *line;
	int nlines;
	struct span span;    /* asked for and answered; span.columns 0: not on the screen */
	int want_columns;    /* set by the pane when it draws; differs from span.columns: the model is stale */
};

struct charts {
	struct charts_one *one;
	int n;
	int first;           /* the first one shown */
	enum yrange yrange;
	char **pin;          /* metrics that a person pinned: they come first */
	int npins;
};

struct charts *charts_new(void);
void charts_free(struct charts *cs);
/* Within model_refresh(), the snapshot open: the list anew when the drawn runs or their series changed, and the columns of
 * the charts that are on the screen. */
int charts_refresh(struct charts *cs, struct model *m, struct snap *sn, struct err *e);
/* Pins METRIC as the first chart, or unpins it. */
void charts_toggle_pin(struct charts *cs, struct model *m, const char *metric);
/* Brings the chart of METRIC to the front of what is shown (without pinning); false: there is none. */
bool charts_goto(struct charts *cs, struct model *m, const char *metric);

#endif
