/* Reading never goes beyond the page, whatever stands in it. */
#include "store/chunk_own.h"

#include "core/crc32c.h"
#include "store/range.h"

#include <string.h>

/* ---- opening --------------------------------------------------------------------------------- */

/* The directory stands before END, which becomes where it begins. */
static bool
open_directory(struct chunk *c, const unsigned char **end)
{
	const unsigned char *p = *end;
	uint16_t at, n;

	c->blocks = (c->n + INTS_BLOCK - 1) / INTS_BLOCK;
	size_t sums = c->checked ? c->blocks * sizeof(uint32_t) : 0;
	if (c->blocks < 2 || (size_t)(p - c->begin) < DIR_TAIL)
		return false;
	p -= DIR_TAIL;
	memcpy(&at, p, sizeof at);
	memcpy(&n, p + sizeof at, sizeof n);
	if (n < sums || (size_t)(p - c->begin) < n)
		return false;
	c->directory = p - n;
	c->directory_end = p - sums;
	c->values = c->begin + at;
	*end = c->directory;
	return true;
}

bool
chunk_open(struct chunk *c, const void *p, size_t n)
{
	struct head h;

	memset(c, 0, sizeof *c);
	if (n < HEAD)
		return false;
	c->begin = p;
	c->size = n;
	const unsigned char *end = c->begin + n - HEAD;
	head_get(end, &h);
	c->n = h.n;
	c->first_row = h.first_row;
	c->codec = (enum chunk_codec)(h.flags & 3);
	c->dense = h.flags & F_DENSE;
	c->own = h.flags & F_OWN;
	c->linear = h.flags & F_LINEAR;
	c->checked = h.flags & F_CHECKED;
	c->exponent = h.digits;
	c->exceptions = h.exceptions;
	c->blocks = 1;
	if ((h.version != V_PLAIN && h.version != V_BLOCKS) || !h.n || h.n > CHUNK_POINTS ||
	    c->codec >= CODEC_N || h.digits > DIGITS_MOST || h.exceptions > h.n)
		return false;
	if (h.version == V_BLOCKS && !open_directory(c, &end))
		return false;
	size_t tail = (size_t)h.exceptions * PATCH_BYTES + (c->linear ? LINEAR_BYTES : 0);
	if ((size_t)(end - c->begin) < tail)
		return false;
	if (c->linear) {
		end -= LINEAR_BYTES;
		memcpy(&c->step0, end, 8);
		memcpy(&c->stride, end + 8, 8);
	}
	c->patch = end - (size_t)h.exceptions * PATCH_BYTES;
	return c->blocks < 2 || c->values <= c->patch;
}

/* ---- values ---------------------------------------------------------------------------------- */

/* Eight at a time: so many that the compiler does them side by side. */
enum { LANES = 8 };

static void
float_values(int64_t *w, size_t n)
{
	size_t i = 0;

	for (; i + LANES <= n; i += LANES) {
		int32_t bits[LANES];
		float f[LANES];
		double v[LANES];
		for (size_t k = 0; k < LANES; k++)
			bits[k] = ordered32((int32_t)w[i + k]);
		memcpy(f, bits, sizeof f);
		for (size_t k = 0; k < LANES; k++)
			v[k] = (double)f[k];
		memcpy(w + i, v, sizeof v);
	}
	for (; i < n; i++) {
		int32_t bits = ordered32((int32_t)w[i]);
		float f;
		memcpy(&f, &bits, sizeof f);
		double v = (double)f;
		memcpy(&w[i], &v, sizeof v);
	}
}

static void
whole_to_values(const struct chunk *c, double *out, size_t n)
{
	/* In place: a double is as long as the whole number it is made of. */
	int64_t *w = (int64_t *)(void *)out;

	switch (c->codec) {
	case CODEC_DECIMAL:
		for (size_t i = 0; i < n; i++) {
			double v = (double)w[i] / power[c->exponent];
			memcpy(&w[i], &v, sizeof v);
		}
		break;
	case CODEC_FLOAT:
		float_values(w, n);
		break;
	default:
		for (size_t i = 0; i < n; i++)
			w[i] = ordered64(w[i]);
	}
}

/* Those of the N points from FROM on, in OUT. They stand in order. */
static bool
patch_values(const struct chunk *c, size_t from, size_t n, double *out)
{
	const unsigned char *values = c->patch + (size_t)c->exceptions * 2;

	for (unsigned i = 0; i < c->exceptions; i++) {
		uint16_t at;
		memcpy(&at, c->patch + (size_t)i * 2, sizeof at);
		if (at >= c->n)
			return false;
		if (at >= from && at - from < n)
			memcpy(&out[at - from], values + (size_t)i * 8, 8);
	}
	return true;
}

/* ---- in parts -------------------------------------------------------------------------------- */

bool
chunk_sound(const struct chunk *c, uint32_t key)
{
	size_t end = (size_t)(c->patch - c->begin);
	uint32_t want;

	memcpy(&want, c->begin + c->size - HEAD - 4, sizeof want);
	return chunk_checksum(key, c->begin, c->size,
			      c->checked ? (size_t)(c->values - c->begin) : end, end) == want;
}

bool
chunk_directory(const struct chunk *c, struct chunk_blocks *out)
{
	int64_t size[CHUNK_BLOCKS], mean[CHUNK_BLOCKS];
	int64_t *const streams[DIR_STREAMS] = {size, out->least, out->spread, mean};
	const unsigned char *p = c->directory, *end = c->directory_end + INTS_SLACK;
	size_t at = 0, room = (size_t)(c->patch - c->values);

	for (size_t i = 0; i < DIR_STREAMS && p; i++)
		p = ints_unpack_block(p, end, c->blocks, 0, streams[i]);
	if (!p)
		return false;
	for (uint32_t i = 0; i < c->blocks; i++) {
		out->at[i] = (uint16_t)at;
		if (size[i] < 0 || (uint64_t)size[i] > room - at)
			return false;
		at += (size_t)size[i];
		int64_t bits = ordered64(mean[i]);
		memcpy(&out->mean[i], &bits, sizeof bits);
	}
	out->at[c->blocks] = (uint16_t)at;
	return at == room;
}

static double
to_value(const struct chunk *c, int64_t whole)
{
	double v;

	memcpy(&v, &whole, sizeof v);
	whole_to_values(c, &v, 1);
	return v;
}

bool
chunk_block_range(const struct chunk *c, const struct chunk_blocks *b, uint32_t i,
		  struct range *out)
{
	if (!b->spread[i])
		return false;
	out->n = chunk_block_points(c, i);
	out->min = to_value(c, b->least[i]);
	out->max = to_value(c, (int64_t)((uint64_t)b->least[i] + (uint64_t)b->spread[i] - 1));
	out->sum = b->mean[i] * (double)out->n;
	out->inf = out->first = 0;
	out->last = out->n - 1;
	return true;
}

static bool
read_block(const struct chunk *c, const struct chunk_blocks *b, uint32_t i, double *out)
{
	const unsigned char *p = c->values + b->at[i], *end = c->values + b->at[i + 1];
	size_t n = chunk_block_points(c, i);

	if (ints_unpack_block(p, end + INTS_SLACK, n, b->least[i], (int64_t *)(void *)out) != end)
		return false;
	whole_to_values(c, out, n);
	return true;
}

bool
chunk_block_read(const struct chunk *c, const struct chunk_blocks *b, uint32_t i, double *out)
{
	if (c->checked) {
		uint32_t want;
		memcpy(&want, c->directory_end + (size_t)i * sizeof want, sizeof want);
		if (crc32c(0, c->values + b->at[i], (size_t)(b->at[i + 1] - b->at[i])) != want)
			return false;
	}
	return read_block(c, b, i, out) &&
	       patch_values(c, (size_t)i * INTS_BLOCK, chunk_block_points(c, i), out);
}

bool
chunk_agrees(const struct chunk *c, uint32_t key, const double *value)
{
	struct chunk_blocks b;
	double got[INTS_BLOCK];

	if (c->blocks < 2)
		return true;
	if (!chunk_sound(c, key) || !chunk_directory(c, &b))
		return false;
	for (uint32_t i = 0; i < c->blocks; i++) {
		const double *want = value + (size_t)i * INTS_BLOCK;
		size_t n = chunk_block_points(c, i);
		struct range r, of = range_of(want, n);
		if (!chunk_block_read(c, &b, i, got) || memcmp(got, want, n * sizeof *got) != 0)
			return false;
		double mean = of.sum / (double)n;
		/* Of the very small and the very large a mean times N is not the sum. */
		if (chunk_block_range(c, &b, i, &r) &&
		    (of.n != n || r.min != of.min || r.max != of.max ||
		     memcmp(&b.mean[i], &mean, sizeof mean) != 0))
			return false;
	}
	return true;
}

/* ---- all of it ------------------------------------------------------------------------------- */

static bool
read_values(const struct chunk *c, const unsigned char *p, double *value)
{
	struct chunk_blocks b;

	if (c->blocks < 2) {
		if (!ints_unpack(p, c->patch + INTS_SLACK, c->n, (int64_t *)(void *)value))
			return false;
		whole_to_values(c, value, c->n);
		return patch_values(c, 0, c->n, value);
	}
	if (p != c->values || !chunk_directory(c, &b))
		return false;
	for (uint32_t i = 0; i < c->blocks; i++)
		if (!read_block(c, &b, i, value + (size_t)i * INTS_BLOCK))
			return false;
	return patch_values(c, 0, c->n, value);
}

bool
chunk_read(const struct chunk *c, int64_t *row, int64_t *step, int64_t *wall, double *value)
{
	const unsigned char *p = c->begin, *end = c->patch + INTS_SLACK;

	if (!c->dense)
		p = stream_get(p, end, c->n, row);
	for (uint32_t i = 0; row && p && i < c->n; i++)
		row[i] = (int64_t)(c->first_row + (c->dense ? i : (uint64_t)row[i]));
	if (c->own) {
		p = stream_get(p, end, c->n, step);
		p = stream_get(p, end, c->n, wall);
	} else if (c->linear && step) {
		uint64_t x = (uint64_t)c->step0;
		for (uint32_t i = 0; i < c->n; i++, x += (uint64_t)c->stride)
			step[i] = (int64_t)x;
	}
	return p && (!value || read_values(c, p, value));
}
