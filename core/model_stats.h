/* model_stats.h - what the weights themselves say: read on request, in pieces, with a way out. */
#ifndef CORE_MODEL_STATS_H
#define CORE_MODEL_STATS_H

#include "core/model.h"

enum { MODEL_BINS = 48, MODEL_CANCELLED = 1 };

/* Called after every 65536 elements: how many are done of all; false gives up. */
typedef bool (*model_progress)(void *ctx, uint64_t done, uint64_t total);

struct model_stats {
	uint64_t n;     /* elements */
	uint64_t zeros; /* ±0 */
	uint64_t nan, inf;
	/* over the finite ones; NaN when there are none */
	double min, max, mean, std, rms;
	double median; /* within 0.4 % */
	/* MODEL_BINS equal bins from LO to HI, which leave out at most a thousandth on either side;
	 * BELOW and ABOVE are what lies outside. */
	double lo, hi;
	uint64_t bin[MODEL_BINS], below, above;
};

/* 0, MODEL_CANCELLED, or an error: ERR_FORMAT when the tensor isn't `readable`. PROGRESS may be
 * NULL. */
int model_stats(const struct model *m, const struct model_tensor *t, struct model_stats *out,
		model_progress progress, void *ctx, struct err *e);

/* How far B is from A, element by element; of equal shapes, whatever the types. */
struct model_drift {
	uint64_t n, changed; /* elements; those that are not equal */
	double norm_a, norm_diff;
	double relative; /* ‖b-a‖ / ‖a‖; infinite from zeros, 0 between equal ones */
	double max_abs;
	double cosine;   /* NaN when one has no length */
	uint64_t broken; /* elements of which one side is not finite: left out of the norms */
};
int model_drift(const struct model *a, const struct model_tensor *ta, const struct model *b,
		const struct model_tensor *tb, struct model_drift *out, model_progress progress,
		void *ctx, struct err *e);

#endif
