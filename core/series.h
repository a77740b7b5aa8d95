/* series.h - what one series is, summed up: all that a table row needs without a look at its
 * points. */
#ifndef CORE_SERIES_H
#define CORE_SERIES_H

#include "core/spark.h"

#include <stdbool.h>
#include <stdint.h>

enum step_unit {
	STEP_STEP,  /* steps, iterations, time steps */
	STEP_EPOCH, /* epochs */
	STEP_ROW,   /* the log has no step: rows counted from 0 */
	STEP_NONE,  /* one document: there is no step at all */
};

/* One value of one series, as it was logged. */
struct point {
	int64_t step;     /* void when the series' unit is STEP_NONE */
	int64_t wall_us;  /* when it was logged; else when its bytes arrived. µs since 1970 */
	double value;     /* NaN and infinities are values */
	uint32_t segment; /* 0, 1, …: +1 each time the step went back within the attempt */
	uint32_t attempt; /* 1, 2, …: of the run */
	uint32_t log;     /* whose row it stands in, and which, counted in that attempt: filled */
	uint64_t row;     /* in where points are read from a store */
};

/* Counts over every point in file order; min, max over the finite ones. A plain value, stored byte
 * for byte; all zero is as good as series_sum_init() to add to (but its NaNs are zeros until
 * then). */
struct series_sum {
	uint64_t points, nonfinite;
	int64_t first_step, last_step; /* of the first and last point in file order */
	int64_t first_wall, last_wall;
	double last, prev; /* newest value and the one before it (NaN when points < 2) */
	double min, max;   /* NaN when there is no finite point */
	int64_t min_step, max_step;
	uint32_t segments; /* 1 + how often the step went back; 0 when empty */
	uint8_t unit;      /* enum step_unit, of the first point */
	uint8_t pad[3];
	struct spark spark;
};

void series_sum_init(struct series_sum *s);
/* Returns true when the point began a new segment. */
bool series_sum_add(struct series_sum *s, enum step_unit unit, int64_t step, int64_t wall_us,
		    double v);

/* NEXT's points follow S's: the sum over both. */
void series_sum_append(struct series_sum *s, const struct series_sum *next);

#endif
