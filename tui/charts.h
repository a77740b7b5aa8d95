/* charts.h - which charts there are for the drawn runs, in what order, and their columns.
 *
 * The order is DESIGN §1 "Which charts come first" (tui/lineup.h). A chart is one metric (or train
 * and validation loss together, or the components of a loss, or a fold of numbered names) over all
 * drawn runs. Only the charts on the screen are queried. */
#ifndef TUI_CHARTS_H
#define TUI_CHARTS_H

#include "tui/figure.h"
#include "tui/model.h"

#include <stdbool.h>

struct charts_one {
	char *title;   /* "loss: train ─ val • ↓" */
	char **metric; /* what the metrics in it are called */
	int nmetrics;
	struct metric_role role; /* of the one that speaks for it */
	bool pinned;
	bool folded; /* many names, as least, median and greatest */
	bool splits; /* one measure on several data: the title is the legend */
	struct figure fig;
	int want_columns; /* set by the pane when it draws; 0: not on the screen */
};

struct charts {
	struct charts_one *one;
	int n;
	int first;    /* the first one shown */
	int selected; /* the one under the cursor of the pane */
	bool single;  /* that one alone fills the pane */
	enum yrange yrange;
	char **pin; /* metrics that a person pinned: they come first */
	int npins;
	char *asked; /* a metric that was asked for and would not be charted unasked, or NULL */
	uint64_t signature; /* of the runs and series that the list was made from */
	/* a place on the x axis that is looked at (tui/chart_cursor.h) */
	bool cursor;
	double cursor_x;
	enum axis cursor_axis;
	char cursor_unit[16];
	struct chart_event *event; /* of the chart that was asked for last */
	size_t event_cap;
	/* where the cursor is to be put as soon as there is a chart of METRIC; NULL: nowhere */
	struct charts_trip {
		char *metric;
		bool has_step;
		uint8_t unit; /* enum step_unit of STEP */
		int64_t step;
		int64_t wall_us;  /* 0: not known */
		int64_t start_us; /* of its run */
	} trip;
	bool drawn;  /* the pane has drawn since the last refresh: somebody looks */
	bool behind; /* it had not, and so nothing was asked for */
};

struct charts *charts_new(void);
void charts_free(struct charts *cs);
/* Within model_refresh(), the snapshot open: the list anew when the drawn runs or their series
 * changed, and the columns of the charts that are on the screen. */
int charts_refresh(struct charts *cs, struct model *m, struct snap *sn, struct err *e);
/* What a chart is pinned and found by: its first metric; its title when it is a fold. */
const char *charts_name(const struct charts_one *o);
/* Pins METRIC (or the chart of that charts_name()) as the first chart, or unpins it. */
void charts_toggle_pin(struct charts *cs, struct model *m, const char *metric);
bool charts_pinned(const struct charts *cs, const char *metric);
/* Brings the chart of METRIC to the front of what is shown, without pinning; one that is folded or
 * not charted unasked gets a chart of its own. False: no drawn run has it. */
bool charts_goto(struct charts *cs, struct model *m, const char *metric);
/* What chart I draws now, by the settings of the model. OUT borrows from it, until the next
 * refresh. */
void charts_chart(struct charts *cs, const struct model *m, int i, struct chart *out);
/* Is the y axis of chart I logarithmic? By its metric, or because a person wants it for all; then
 * not where values would have no place on it. */
bool charts_logy(const struct charts *cs, const struct model *m, int i);
/* The index of the chart that METRIC is in, or -1. */
int charts_find(const struct charts *cs, const char *metric);

#endif
