/* steps · times · words · head */
#include "store/axis.h"

#include "core/xalloc.h"
#include "store/fill.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { VERSION = 1 };

void
axis_rows_release(struct axis_rows *a)
{
	free(a->step);
	free(a->wall);
	free(a->word);
	memset(a, 0, sizeof *a);
}

void
axis_rows_room(struct axis_rows *a, size_t n)
{
	if (n <= a->cap)
		return;
	n += n / 2;
	a->step = xreallocarray(a->step, n, sizeof *a->step);
	a->wall = xreallocarray(a->wall, n, sizeof *a->wall);
	a->word = xreallocarray(a->word, n, sizeof *a->word);
	a->cap = n;
}

size_t
axis_pack(const struct axis_rows *a, size_t from, uint64_t first_row, struct str *out, size_t *hint)
{
	static struct filler f;
	size_t avail = a->n - from < CHUNK_POINTS ? a->n - from : CHUNK_POINTS;
	size_t n = hint && *hint ? *hint + *hint / 4 + INTS_BLOCK : avail, fit;

	assert(avail);
	for (;; n *= 2) {
		n = n < avail ? n : avail;
		f = (struct filler){.n = n, .fixed = HEAD};
		fill_add(&f, a->step + from);
		fill_add(&f, a->wall + from);
		fill_add(&f, a->word + from);
		fit = fill_fitting(&f);
		if (fit < n || n == avail)
			break;
	}
	if (hint)
		*hint = fit;
	struct head h = {.first_row = first_row, .n = (uint16_t)fit, .version = VERSION};
	str_reset(out);
	stream_put(out, a->step + from, fit);
	stream_put(out, a->wall + from, fit);
	stream_put(out, a->word + from, fit);
	head_put(out, &h);
	return fit;
}

bool
axis_open(struct axis_chunk *c, const void *p, size_t n)
{
	struct head h;

	memset(c, 0, sizeof *c);
	if (n < HEAD)
		return false;
	c->p = p;
	c->end = c->p + n - HEAD;
	head_get(c->end, &h);
	c->n = h.n;
	c->first_row = h.first_row;
	return h.version == VERSION && h.n && h.n <= CHUNK_POINTS;
}

bool
axis_read(const struct axis_chunk *c, int64_t *step, int64_t *wall, int64_t *word)
{
	const unsigned char *p = c->p, *end = c->end + INTS_SLACK;

	p = stream_get(p, end, c->n, step);
	if (!wall && !word)
		return p != NULL;
	p = stream_get(p, end, c->n, wall);
	if (!word)
		return p != NULL;
	return stream_get(p, end, c->n, word) != NULL;
}
