/* model_read.h - the elements of a tensor as doubles, in order, whatever the file does with
 * them. */
#ifndef CORE_MODEL_READ_H
#define CORE_MODEL_READ_H

#include "core/model.h"

enum { MODEL_STREAM = 1 << 16 /* elements at a time: a multiple of every block */ };

struct model_stream;

/* ERR_FORMAT: the tensor isn't `readable`. *S is NULL then. */
int model_stream_open(const struct model *m, const struct model_tensor *t, struct model_stream **s,
		      struct err *e);
/* The next *N elements at V (room for MODEL_STREAM): all but the last piece have MODEL_STREAM.
 * An error when the file has become shorter. */
int model_stream_next(struct model_stream *s, double *v, size_t *n, struct err *e);
void model_stream_close(struct model_stream *s); /* NULL is fine */

#endif
