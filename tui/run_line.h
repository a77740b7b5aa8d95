/* run_line.h - a line of the list of runs: its columns, and what stands in them. */
#ifndef TUI_RUN_LINE_H
#define TUI_RUN_LINE_H

#include "tui/cols.h"
#include "tui/grid.h"
#include "tui/model.h"

#include <stdbool.h>

#define RUN_COLS 8

/* What the values in one column have in common. */
struct run_common {
	const char *name;       /* of the first of them; NULL: no run has a value there */
	bool whole_differs;     /* others have another name */
	bool last_differs;      /* … with another last part */
	bool fractions;         /* some value has decimals */
	bool any, goals_differ; /* of their goals */
	enum goal goal;
};

/* What is said of all runs and all rows. All zero: nothing yet. */
struct run_sums {
	uint32_t edition; /* of the model that they are of */
	struct run_common value, metric;
	int state[RUN_NSTATES]; /* runs in each */
	int listed;             /* runs that rows or folded directories stand for */
	int widest;             /* columns of a label and its depth, up to a limit */
	int longest, deepest;   /* bytes of a run's label; its depth */
};
/* Takes them anew if the model is another than they are of. */
void run_sums_take(struct run_sums *s, const struct model *m);

struct run_cols {
	struct col col[RUN_COLS];
	char value[64], metric[64], sorted[80]; /* headings that depend on the runs */
	bool value_whole, metric_whole;         /* all values of the column are counts */
	int width, indent;                      /* of the line; columns before the name */
};

/* What the name of a row's run is, without what the rows above say. */
const char *run_line_label(const struct model *m, const struct model_row *row);
/* The columns for lines of WIDTH columns. They depend on names and width, never on values. RC must
 * stay where it is: the headings point into it. */
void run_cols_place(struct run_cols *rc, const struct model *m, const struct run_sums *s,
		    int width);
int run_line_name_w(const struct run_cols *rc);
void run_line_heads(const struct run_cols *rc, struct grid *g, int x, int y);
/* All but the cursor's bar. NAME: the label, shortened; NULL: it fits. */
void run_line_draw(const struct run_cols *rc, const struct model *m, const struct model_row *row,
		   const char *name, struct grid *g, int x, int y, bool cursor);

#endif
