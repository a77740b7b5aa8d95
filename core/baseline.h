/* baseline.h - what is usual for a series: a robust centre and scale of its last N values, against
 * which the newest is held.
 *
 * Centre m is the median, scale s is 1.4826 times the median absolute deviation (for normal noise
 * the standard deviation) and never less than 0.5 % of |m|, so that equal values have a scale too.
 * The newest value is not part of what it is compared with. What is far above (m + 6 s and 10 %) is
 * kept out for the first N/4 times, lest a spike becomes the usual; after that the level is taken
 * for a new one. At most 460 + 16 N bytes. */
#ifndef CORE_BASELINE_H
#define CORE_BASELINE_H

#include "core/window.h"

#include <stdbool.h>

struct baseline {
	double newest;
	bool any;
	uint32_t kept_out; /* of this episode */
	uint32_t calm;     /* usual values in a row */
	double scale;      /* as it was a few values ago: good enough to keep out by */
	uint32_t stale;    /* how many values ago */
	struct baseline_known {
		double scale;
		uint32_t age; /* values since that was worked out */
		/* What centre and scale will not be below for a few values to come. */
		double least_centre, least_scale;
	} known;
	struct window *w; /* behind this */
};

size_t baseline_size(uint32_t n);
void baseline_init(struct baseline *b, uint32_t n);
/* V is finite, and the newest from now on. */
void baseline_add(struct baseline *b, double v);
/* How many values the newest is compared with. */
uint32_t baseline_n(const struct baseline *b);
double baseline_centre(const struct baseline *b);
double baseline_scale(const struct baseline *b);
/* The newest is no further above m than Z scales, or than a share of REL, both >= 0. True is
 * certain and nearly always cheap; false may be either. */
bool baseline_usual(const struct baseline *b, double z, double rel);
/* m is not below this; -INFINITY if that isn't known. Cheap. */
double baseline_floor(const struct baseline *b);
/* (newest - m) / s; NaN when there is nothing to compare with. Never infinite for m != 0. */
double baseline_z(const struct baseline *b);

#endif
