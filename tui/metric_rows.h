/* metric_rows.h - the rows of a table of metrics: in the order of the charts, many of a kind
 * folded into one. */
#ifndef TUI_METRIC_ROWS_H
#define TUI_METRIC_ROWS_H

#include "tui/model.h"

#include <stdbool.h>
#include <stdint.h>

/* Many series in one row: names equal but for numbers, or too many under one '/'. */
struct metric_fold {
	char *label; /* "layers.{0..31}.grad_norm ×32" */
	int *series; /* indexes, in order of name */
	int n;
	bool open;
};

struct metric_row {
	int series; /* index, or -1: the row of a fold */
	int fold;   /* the fold that it is, or lies in; -1: neither */
};

struct metric_rows {
	struct metric_row *row; /* as shown */
	int n;
	/* everything, filtered or not */
	struct metric_row *entry;
	int nentries;
	struct metric_fold *fold;
	int nfolds;
	char **open; /* labels of folds that a person opened: they stay so in other runs */
	int nopen;
	uint32_t version;   /* changes when ROW does */
	uint64_t signature; /* of the series that ENTRY was made from */
	bool by_name;
	bool stale; /* rows are to be made anew */
	char *filter;
};

void metric_rows_release(struct metric_rows *t);
/* Rows for S[n]; does nothing when neither the series nor what is asked for changed. */
void metric_rows_make(struct metric_rows *t, const struct model_series *s, int n);
void metric_rows_filter(struct metric_rows *t, const char *text);
void metric_rows_sort(struct metric_rows *t, bool by_name);
void metric_rows_open(struct metric_rows *t, int fold, bool open);

/* What row ROW of R's table is called. */
const char *metric_row_name(const struct metric_rows *t, const struct model_run *r, int row);

/* The newest values of a fold: least, median, greatest of the finite ones (NaN: none), and how
 * many are not. */
struct metric_spread {
	double min, median, max;
	int nonfinite;
};
void metric_spread(const struct model_series *s, const struct metric_fold *f,
		   struct metric_spread *out);

#endif
