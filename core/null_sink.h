/* null_sink.h - a sink that keeps nothing and knows nothing: what a probe or a benchmark listens
 * with, after putting its own operations in the place of a few.
 *
 *     struct sink_ops ops = null_sink_ops;
 *     ops.row = count_row; */
#ifndef CORE_NULL_SINK_H
#define CORE_NULL_SINK_H

#include "core/sink.h"

extern const struct sink_ops null_sink_ops;

#endif
