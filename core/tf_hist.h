/* tf_hist.h - the two ways in which event files hold histograms: a HistogramProto
 * (tensorflow/core/framework/histogram.proto), or a tensor with a row of left, right, count for
 * each bucket (tensorboard/plugins/histogram). */
#ifndef CORE_TF_HIST_H
#define CORE_TF_HIST_H

#include "core/sink.h"
#include "core/tf_event.h"

#include <stdbool.h>
#include <stddef.h>

#define TF_MAX_BUCKETS 65536 /* one of more is not read */

struct tf_hist {
	double count;
	/* Of what was counted; void when COUNT is 0. L2 is the root of the sum of squares. A tensor
	 * doesn't say the sums: they are those of its buckets' middles. */
	double min, max, mean, l2;
	struct hist buckets; /* none at either end is empty; points at EDGE, BUCKET */
	double *edge, *bucket;
	size_t nedge, nbucket, edges, room; /* of them: how many, and room for how many */
};

/* All zero to begin; used again and again. False: V, of kind TF_HISTOGRAM or TF_BUCKETS, is no
 * histogram. */
bool tf_hist_read(struct tf_hist *h, const struct tf_value *v);
void tf_hist_release(struct tf_hist *h);

#endif
