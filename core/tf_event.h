/* tf_event.h - what the messages in an event file say: Event and Summary.Value
 * (tensorflow/core/util/event.proto, tensorflow/core/framework/summary.proto; the same in
 * tensorboard/compat/proto).
 *
 * Everything is read in place; what is given points into the message. */
#ifndef CORE_TF_EVENT_H
#define CORE_TF_EVENT_H

#include "core/protobuf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tf_event {
	int64_t wall_us; /* 0: it says none, or nothing that is a time */
	int64_t step;
	bool has_wall, has_summary, has_session;
	const char *version; /* of the file; NULL */
	size_t nversion;
};

/* All but the summaries, which tf_event_next_summary() gives. False: it is no Event. */
bool tf_event_read(struct tf_event *ev, const char *p, size_t n);

/* What loggers write most: an Event with one value. False: it is another, or written in another
 * way. */
struct tf_single {
	double wall_s;
	int64_t step;
	const char *tag;
	size_t ntag;
	const char *value; /* the Summary.Value, which begins with its tag */
	size_t nvalue;
};
bool tf_single_read(struct tf_single *s, const char *p, size_t n);
/* Its value is a plain number. */
bool tf_single_number(const struct tf_single *s, double *out);

enum tf_kind {
	TF_NOTHING, /* not what this program reads: an image, a sound, a graph, a larger tensor */
	TF_NUMBER,
	TF_HISTOGRAM, /* a HistogramProto at P */
	TF_BUCKETS,   /* a tensor at P with rows of left, right, count */
	TF_TEXT,      /* at P */
	TF_HPARAMS,   /* the plugin's message at P */
};

struct tf_value {
	const char *tag; /* "" when it has none */
	size_t ntag;
	enum tf_kind kind;
	bool named; /* by its plugin; else KIND is what it looks like */
	double number;
	uint64_t dtype; /* of a number in a tensor */
	/* Of a number: where it stands, in its own length, or NULL. */
	const char *p;
	size_t n;
};

/* False: it is no Summary.Value. */
bool tf_value_read(struct tf_value *v, const char *p, size_t n);

/* A value that held a number is remembered by all its other bytes: a logger writes them again and
 * again. */
struct tf_shape {
	char *bytes; /* NULL: none */
	uint16_t n, at, size;
	uint16_t dtype;
};

/* V was read from the N bytes at P. */
void tf_shape_take(struct tf_shape *s, const struct tf_value *v, const char *p, size_t n);
/* The bytes at P differ from it in the number alone, if in anything. */
bool tf_shape_fits(const struct tf_shape *s, const char *p, size_t n, double *out);
void tf_shape_release(struct tf_shape *s);

/* Does all that is in the first HAVE bytes of an Event of N, and all that is likely to follow, mean
 * nothing to this program? */
bool tf_event_is_blob(const char *p, size_t have, size_t n);

/* µs since 1970; 0: no time between then and the year 9999. */
int64_t tf_wall_us(double seconds);

#endif
