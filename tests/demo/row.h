/* row.h - one row of a log, and the two ways in which trainers write it. */
#ifndef DEMO_ROW_H
#define DEMO_ROW_H

#include "tests/demo/net.h"

#include <stdbool.h>
#include <stdio.h>

/* A CSV cell of what wasn't measured is empty, a JSON key of it isn't there. */
enum format {
	FORMAT_CSV,   /* a heading, then a line a row; the column "train/loss" */
	FORMAT_JSONL, /* an object a line; {"train": {"loss": …}} */
};

struct row {
	long step, max_steps;
	double epoch;
	double time; /* seconds since 1970 */
	double lr;
	struct score train;
	struct score val;
	bool classes; /* the scores have an accuracy */
	bool has_val; /* validation was done at this step */
	double grad_norm[NET_LAYERS];
	double grad_norm_all;
	double grad_cos;     /* between this step's gradient and the one before */
	double update_ratio; /* length of the update by length of the weights */
};

void row_heading(FILE *f, enum format format, const struct row *r);
/* Hands the row to the kernel as a whole line; 0, or -1 and errno. NaN and infinities are
 * written as Python writes them: bare NaN, Infinity in JSON (which isn't JSON), nan, inf in CSV. */
int row_write(FILE *f, enum format format, const struct row *r);

#endif
