/* trend.h - whether a series still gets better, told from all of its points in constant memory.
 *
 * The history is cut into at most 64 spans of equally many points (a power of two; two are merged
 * when there is no room), each with its count, mean and spread. The last fifth is compared with the
 * fifth before. 1.5 KiB. */
#ifndef CORE_TREND_H
#define CORE_TREND_H

#include <stdbool.h>
#include <stdint.h>

enum { TREND_SPANS = 64 };

struct trend {
	uint64_t n;    /* points */
	uint64_t each; /* of a span */
	uint32_t used; /* spans begun */
	struct trend_span {
		uint64_t n;
		double mean, m2;
	} span[TREND_SPANS];
};

void trend_init(struct trend *t);
/* V is finite. */
void trend_add(struct trend *t, double v);
/* By how much the mean of the last fifth is below that of the one before, the standard error of
 * that, and the latter's mean. The error is the larger one of two: as if points were independent,
 * and by how the means of spans spread, which is right when they are not. False: too few points. */
bool trend_step(const struct trend *t, double *gain, double *error, double *before);

#endif
