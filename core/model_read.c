/* Three ways: one behind the other in the file; within a deflated member; by strides. For the
 * latter the bytes between the first and the last element are walked with a window of the file,
 * for such tensors (transposed, or every second column) are rare and mostly small. */
#include "core/model_read.h"

#include "core/blob.h"
#include "core/xalloc.h"
#include "core/zip.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PAGE = 1 << 16 };

struct model_stream {
	const struct model_tensor *t;
	const char *path;
	struct blob b;
	uint64_t done;
	struct inflater *inflater;
	unsigned char *raw; /* of a piece */
	/* by strides */
	uint64_t *index;
	unsigned char *page;
	uint64_t page_at;
	size_t page_n;
};

static int
too_short(const struct model_stream *s, struct err *e)
{
	return err_set(e, ERR_FORMAT, "%s: %s ends before its last element", s->path, s->t->name);
}

static int
skip(struct model_stream *s, uint64_t n, struct err *e)
{
	while (n) {
		size_t some = n < PAGE ? (size_t)n : PAGE;
		if (inflater_read(s->inflater, s->raw, some) != some)
			return too_short(s, e);
		n -= some;
	}
	return 0;
}

int
model_stream_open(const struct model *m, const struct model_tensor *t, struct model_stream **out,
		  struct err *e)
{
	*out = NULL;
	if (!t->readable && t->count)
		return err_set(e, ERR_FORMAT, "%s: %s", t->name,
			       t->flags & MODEL_ABSENT ? "its numbers are not there"
						       : "numbers of its kind are not decoded");
	struct model_stream *s = xcalloc(1, sizeof *s);
	s->t = t;
	s->path = m->part[t->part].path;
	s->b.fd = open(s->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (s->b.fd < 0) {
		free(s);
		return err_sys(e, "%s", m->part[t->part].path);
	}
	/* By what it was: a file that has changed since gives other numbers, or an error. */
	s->b.size = m->part[t->part].size;
	s->raw = xmalloc((size_t)MODEL_STREAM * 16);
	if (t->stride) {
		s->index = xcalloc(t->rank ? t->rank : 1, sizeof *s->index);
		s->page = xmalloc(PAGE);
	}
	int code = 0;
	if (t->deflated) {
		s->inflater = inflater_new(&s->b, t->offset, t->deflated);
		code = skip(s, t->skip, e);
		/* What is wanted in another order is wanted whole. */
		if (code == 0 && t->stride && t->nbytes <= 1 << 28) {
			s->b.mem = xmalloc((size_t)t->nbytes);
			union {
				const unsigned char *c;
				unsigned char *p;
			} u = {s->b.mem};
			if (inflater_read(s->inflater, u.p, (size_t)t->nbytes) != t->nbytes)
				code = too_short(s, e);
		} else if (code == 0 && t->stride) {
			code = err_set(e, ERR_FULL, "%s: too large to be read", t->name);
		}
	}
	if (code < 0) {
		model_stream_close(s);
		return code;
	}
	*out = s;
	return 0;
}

/* The element at BYTE, by way of a page. */
static bool
fetch(struct model_stream *s, uint64_t byte, unsigned size, unsigned char *to)
{
	if (s->b.mem) {
		if (byte > s->t->nbytes || size > s->t->nbytes - byte)
			return false;
		memcpy(to, s->b.mem + byte, size);
		return true;
	}
	byte += s->t->offset;
	if (!s->page_n || byte < s->page_at || byte + size > s->page_at + s->page_n) {
		uint64_t left = byte < s->b.size ? s->b.size - byte : 0;
		s->page_at = byte;
		s->page_n = left < PAGE ? (size_t)left : PAGE;
		if (s->page_n < size || !blob_read(&s->b, byte, s->page, s->page_n)) {
			s->page_n = 0;
			return false;
		}
	}
	memcpy(to, s->page + (byte - s->page_at), size);
	return true;
}

static int
next_strided(struct model_stream *s, double *v, size_t n, struct err *e)
{
	const struct model_tensor *t = s->t;
	unsigned size = dtype_bytes(t->dtype);
	for (size_t i = 0; i < n; i++) {
		uint64_t at = 0;
		for (unsigned k = 0; k < t->rank; k++)
			at += s->index[k] * t->stride[k];
		if (!fetch(s, at * size, size, s->raw + i * size))
			return too_short(s, e);
		for (unsigned k = t->rank; k-- && ++s->index[k] == t->dim[k];)
			s->index[k] = 0;
	}
	dtype_decode(t->dtype, t->swapped, s->raw, n, v);
	return 0;
}

int
model_stream_next(struct model_stream *s, double *v, size_t *out, struct err *e)
{
	const struct model_tensor *t = s->t;
	uint64_t left = t->count - s->done;
	size_t n = left < MODEL_STREAM ? (size_t)left : MODEL_STREAM;
	unsigned block = dtype_block(t->dtype), size = dtype_bytes(t->dtype);
	*out = 0;
	if (!n)
		return 0;
	if (t->stride) {
		int code = next_strided(s, v, n, e);
		*out = code == 0 ? n : 0;
		s->done += *out;
		return code;
	}
	size_t blocks = (n + block - 1) / block, bytes = blocks * size;
	bool good = t->deflated
			    ? inflater_read(s->inflater, s->raw, bytes) == bytes
			    : blob_read(&s->b, t->offset + s->done / block * size, s->raw, bytes);
	if (!good)
		return too_short(s, e);
	dtype_decode(t->dtype, t->swapped, s->raw, blocks, v);
	s->done += n;
	*out = n;
	return 0;
}

void
model_stream_close(struct model_stream *s)
{
	if (!s)
		return;
	if (s->b.fd >= 0)
		close(s->b.fd);
	union {
		const unsigned char *c;
		unsigned char *p;
	} u = {s->b.mem};
	free(u.p);
	inflater_free(s->inflater);
	free(s->raw);
	free(s->index);
	free(s->page);
	free(s);
}
