/* metric_line.h - a line of the table of metrics: its columns, and what stands in them. */
#ifndef TUI_METRIC_LINE_H
#define TUI_METRIC_LINE_H

#include "tui/cols.h"
#include "tui/grid.h"
#include "tui/metric_rows.h"
#include "tui/model.h"

#include <stdbool.h>

#define METRIC_COLS (6 + STYLE_NRUNS)

struct metric_cols {
	struct col col[METRIC_COLS];
	int run[STYLE_NRUNS]; /* the other drawn runs, each with a column where there is room */
	char *head[STYLE_NRUNS];
	int n;
	int width, indent; /* of the line; columns before the name */
};

/* The columns of a table of R's ROWS in WIDTH columns; to be released. */
void metric_cols_place(struct metric_cols *mc, struct model *m, const struct model_run *r,
		       const struct metric_rows *rows, int width);
void metric_cols_release(struct metric_cols *mc);
int metric_line_name_w(const struct metric_cols *mc);
void metric_line_heads(const struct metric_cols *mc, const struct model *m, struct grid *g, int x,
		       int y);
/* All but the cursor's bar. NAME: of the row, shortened; NULL: as it is. */
void metric_line_draw(const struct metric_cols *mc, const struct model *m,
		      const struct model_run *r, const struct metric_rows *rows, int row,
		      const char *name, struct grid *g, int x, int y, bool cursor);

#endif
