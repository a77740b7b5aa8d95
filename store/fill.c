#include "store/fill.h"

#include "core/xalloc.h"

#include <string.h>

void
fill_add(struct filler *f, const int64_t *v)
{
	int64_t prev = 0;

	ints_plan(v, f->n, &prev, f->plan[f->nstreams++]);
}

size_t
fill_bad(const struct filler *f, size_t n)
{
	size_t k = 0;

	while (k < f->nbad && f->bad[k] < n)
		k++;
	return k;
}

/* The bytes that the first N numbers of every stream take: an upper bound, unless sums go with
 * them. */
static size_t
size_of(const struct filler *f, size_t n)
{
	size_t size = f->fixed + fill_bad(f, n) * PATCH_BYTES, full = n / INTS_BLOCK;
	size_t blocks = (n + INTS_BLOCK - 1) / INTS_BLOCK;

	for (size_t i = 0; i < f->nstreams; i++) {
		for (size_t b = 0; b < full; b++)
			size += f->plan[i][b].size;
		if (n % INTS_BLOCK)
			size += f->nsums ? ints_plan_about(&f->plan[i][full], n % INTS_BLOCK)
					 : ints_plan_part(&f->plan[i][full], n % INTS_BLOCK);
	}
	for (size_t i = 0; i < f->nsums; i++)
		size += ints_plan_about(&f->sums[i], blocks);
	return size + blocks * f->block_bytes;
}

size_t
fill_fitting(const struct filler *f)
{
	size_t lo = 1, hi = f->n;

	if (size_of(f, hi) <= CHUNK_BYTES)
		return hi;
	while (lo < hi) {
		size_t mid = (lo + hi + 1) / 2;
		if (size_of(f, mid) <= CHUNK_BYTES)
			lo = mid;
		else
			hi = mid - 1;
	}
	return lo;
}

void
head_put(struct str *out, const struct head *h)
{
	str_add(out, &h->first_row, 8);
	str_add(out, &h->n, 2);
	str_add(out, &h->exceptions, 2);
	str_add(out, &h->flags, 1);
	str_add(out, &h->digits, 1);
	str_add(out, &h->version, 1);
	str_add(out, &h->pad, 1);
}

void
head_get(const unsigned char *p, struct head *h)
{
	memcpy(&h->first_row, p, 8);
	memcpy(&h->n, p + 8, 2);
	memcpy(&h->exceptions, p + 10, 2);
	h->flags = p[12];
	h->digits = p[13];
	h->version = p[14];
	h->pad = p[15];
}

unsigned char *
fill_room(struct str *out, size_t n)
{
	xgrow(&out->buf, &out->cap, out->len + n + 1, 1);
	return (unsigned char *)out->buf + out->len;
}

void
stream_put(struct str *out, const int64_t *v, size_t n)
{
	out->len += ints_pack(v, n, fill_room(out, ints_most(n)));
	out->buf[out->len] = '\0';
}

const unsigned char *
stream_get(const unsigned char *p, const unsigned char *end, size_t n, int64_t *out)
{
	if (!p)
		return NULL;
	return out ? ints_unpack(p, end, n, out) : ints_skip(p, end, n);
}
