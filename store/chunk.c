/* Packing. Which codec is cheapest, and how many points fit, is told from plans of the streams;
 * then they are packed, and if the directory turned out larger than planned a few points less. */
#include "store/chunk_own.h"

#include "core/crc32c.h"
#include "core/xalloc.h"
#include "store/range.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A series that has less than one in so many rows keeps its own steps and times. */
enum { OWN_RATIO = 4 };

const char *const chunk_codec_names[] = {"bits", "float", "decimal"};

/* ---- arrays ---------------------------------------------------------------------------------- */

void
points_release(struct points *p)
{
	free(p->row);
	free(p->value);
	free(p->step);
	free(p->wall);
	memset(p, 0, sizeof *p);
}

void
points_room(struct points *p, size_t n)
{
	if (n <= p->cap)
		return;
	n += n / 2;
	p->row = xreallocarray(p->row, n, sizeof *p->row);
	p->value = xreallocarray(p->value, n, sizeof *p->value);
	p->step = xreallocarray(p->step, n, sizeof *p->step);
	p->wall = xreallocarray(p->wall, n, sizeof *p->wall);
	p->cap = n;
}

void
points_drop(struct points *p, size_t n)
{
	p->n -= n;
	memmove(p->row, p->row + n, p->n * sizeof *p->row);
	memmove(p->value, p->value + n, p->n * sizeof *p->value);
	memmove(p->step, p->step + n, p->n * sizeof *p->step);
	memmove(p->wall, p->wall + n, p->n * sizeof *p->wall);
}

/* ---- values as whole numbers ----------------------------------------------------------------- */

static int64_t
bits_of(double v)
{
	int64_t bits;

	memcpy(&bits, &v, sizeof bits);
	return bits;
}

static bool
same_bits(double a, double b)
{
	return bits_of(a) == bits_of(b);
}

static bool
as_float(double v, int64_t *out)
{
	/* Beyond its range the conversion is undefined. */
	if (!(fabs(v) <= 3.4028234663852886e38) && isfinite(v))
		return false;
	float f = (float)v;
	int32_t bits;
	if (!same_bits((double)f, v))
		return false;
	memcpy(&bits, &f, sizeof bits);
	*out = ordered32(bits);
	return true;
}

static bool
as_decimal(double v, unsigned digits, int64_t *out)
{
	double scaled = v * power[digits];

	/* Whole numbers below 2^53 are exact; a NaN fails too. */
	if (!(fabs(scaled) < 9e15))
		return false;
	int64_t i = (int64_t)(scaled + (scaled < 0 ? -0.5 : 0.5));
	*out = i;
	return same_bits((double)i / power[digits], v);
}

static bool
as_whole(enum chunk_codec codec, unsigned digits, double v, int64_t *out)
{
	switch (codec) {
	case CODEC_DECIMAL:
		return as_decimal(v, digits, out);
	case CODEC_FLOAT:
		return as_float(v, out);
	default:
		*out = ordered64(bits_of(v));
		return true;
	}
}

/* The digits after the point that most of a sample needs; false: these are no decimals. */
static bool
digits_of(const double *v, size_t n, unsigned *digits)
{
	size_t stride = n / 32 + 1, seen = 0, failed = 0;
	unsigned most = 0;

	for (size_t i = 0; i < n; i += stride) {
		int64_t out;
		unsigned d = most;
		if (!isfinite(v[i]))
			continue;
		seen++;
		while (d <= DIGITS_MOST && !as_decimal(v[i], d, &out))
			d++;
		if (d > DIGITS_MOST)
			failed++;
		else
			most = d;
	}
	*digits = most;
	return seen && failed * 8 <= seen;
}

/* A codec tried on the first N values. */
struct attempt {
	enum chunk_codec codec;
	unsigned digits;
	int64_t *whole;
	struct ints_plan *plan;
	uint16_t *bad; /* places of exceptions */
	size_t nbad;
};

/* An exception stands in the stream as the number before it, which costs least. Non-finite values
 * are exceptions where there are few; where they are many they are left in the stream, where a
 * run of equal ones is nothing. */
static bool
try_codec(struct attempt *a, const double *v, size_t n, bool patch_nonfinite)
{
	int64_t last = 0, prev = 0;
	size_t most = n / 16 + 1;

	a->nbad = 0;
	for (size_t i = 0; i < n; i++) {
		if ((patch_nonfinite && !isfinite(v[i])) ||
		    !as_whole(a->codec, a->digits, v[i], &a->whole[i])) {
			if (a->nbad == most)
				return false;
			a->bad[a->nbad++] = (uint16_t)i;
			a->whole[i] = last;
		}
		last = a->whole[i];
	}
	/* What stands before the first good value should be near it. */
	size_t i = 0;
	while (i < a->nbad && a->bad[i] == i)
		i++;
	for (size_t j = 0; j < i && i < n; j++)
		a->whole[j] = a->whole[i];
	ints_plan(a->whole, n, &prev, a->plan);
	return true;
}

static size_t
planned(const struct attempt *a, size_t n)
{
	size_t size = a->nbad * PATCH_BYTES;

	for (size_t i = 0; i * INTS_BLOCK < n; i++)
		size += a->plan[i].size;
	return size;
}

/* ---- values ---------------------------------------------------------------------------------- */

/* What the directory says of each block. */
struct summary {
	int64_t size[CHUNK_BLOCKS], least[CHUNK_BLOCKS], spread[CHUNK_BLOCKS], mean[CHUNK_BLOCKS];
};

/* What packing needs beside the points: kept between calls, for it is large. */
struct scratch {
	int64_t whole[CODEC_N][CHUNK_POINTS];
	struct ints_plan plan[CODEC_N][CHUNK_BLOCKS];
	uint16_t bad[CODEC_N][CHUNK_POINTS / 16 + 2];
	struct filler fill;
	int64_t rows[CHUNK_POINTS];
	struct summary sum;
	struct ints_plan sums[DIR_STREAMS];
};

static const struct attempt *
cheapest(struct scratch *s, struct attempt *a, const double *v, size_t n)
{
	const struct attempt *best = NULL;

	for (int c = CODEC_N; c-- > 0;) {
		a[c] = (struct attempt){.codec = (enum chunk_codec)c,
					.whole = s->whole[c],
					.plan = s->plan[c],
					.bad = s->bad[c]};
		if (c == CODEC_DECIMAL && !digits_of(v, n, &a[c].digits))
			continue;
		if (!try_codec(&a[c], v, n, true) && !try_codec(&a[c], v, n, false))
			continue;
		if (!best || planned(&a[c], n) < planned(best, n))
			best = &a[c];
		/* Floats are never cheaper as doubles, nor are decimals of few digits. */
		if (c == CODEC_FLOAT || planned(best, n) < n * 4)
			break;
	}
	return best;
}

static size_t
blocks_of(size_t n)
{
	return (n + INTS_BLOCK - 1) / INTS_BLOCK;
}

static bool
is_linear(const int64_t *v, size_t n)
{
	for (size_t i = 2; i < n; i++)
		if ((uint64_t)v[i] - (uint64_t)v[i - 1] != (uint64_t)v[1] - (uint64_t)v[0])
			return false;
	return true;
}

static bool
is_dense(const int64_t *row, size_t n)
{
	return (size_t)(row[n - 1] - row[0]) == n - 1;
}

static unsigned
shape(const int64_t *row, const int64_t *step, size_t n)
{
	unsigned flags = 0;

	if (is_dense(row, n))
		flags |= F_DENSE;
	if ((uint64_t)(row[n - 1] - row[0]) / OWN_RATIO >= n)
		flags |= F_OWN;
	else if (is_linear(step, n))
		flags |= F_LINEAR;
	return flags;
}

/* A block that holds what is not finite, or an extreme that is an exception, says so by a spread of
 * zero: it has to be read to be known. */
static void
summarise(struct summary *s, const struct attempt *a, const double *v, size_t n, size_t i)
{
	struct range r = range_of(v, n);
	int64_t least, most;

	if (r.n == n && as_whole(a->codec, a->digits, r.min, &least) &&
	    as_whole(a->codec, a->digits, r.max, &most)) {
		s->least[i] = least;
		s->spread[i] = (int64_t)((uint64_t)most - (uint64_t)least + 1);
		s->mean[i] = ordered64(bits_of(r.sum / (double)n));
	} else {
		s->least[i] = a->whole[i * INTS_BLOCK];
		s->spread[i] = 0;
		s->mean[i] = i ? s->mean[i - 1] : 0;
	}
}

static void
plan_streams(struct filler *f, const struct points *p, size_t from, size_t n,
	     const struct attempt *a, unsigned flags, int64_t *rows)
{
	f->nstreams = 0;
	f->n = n;
	f->fixed = HEAD + LINEAR_BYTES;
	f->bad = a->bad;
	f->nbad = a->nbad;
	for (size_t i = 0; i < n; i++)
		rows[i] = p->row[from + i] - p->row[from];
	if (!(flags & F_DENSE))
		fill_add(f, rows);
	if (flags & F_OWN) {
		fill_add(f, p->step + from);
		fill_add(f, p->wall + from);
	}
	memcpy(f->plan[f->nstreams++], a->plan, blocks_of(n) * sizeof *a->plan);
}

/* The sizes of blocks are not known yet; what the last says of itself changes with where it
 * ends. */
static void
plan_directory(struct scratch *s, const struct attempt *a, const double *v, size_t n)
{
	struct filler *f = &s->fill;
	size_t blocks = blocks_of(n);
	int64_t prev;

	f->nsums = 0;
	f->block_bytes = 0;
	if (blocks < 2)
		return;
	for (size_t i = 0; i < blocks; i++) {
		size_t at = i * INTS_BLOCK, left = n - at;
		summarise(&s->sum, a, v + at, left < INTS_BLOCK ? left : INTS_BLOCK, i);
	}
	const int64_t *const streams[] = {s->sum.least, s->sum.spread, s->sum.mean};
	for (size_t i = 0; i < 3; i++) {
		prev = 0;
		ints_plan(streams[i], blocks, &prev, &s->sums[i]);
	}
	for (size_t i = 0; i < blocks; i++)
		ints_plan_alone(&f->plan[f->nstreams - 1][i]);
	f->sums = s->sums;
	f->nsums = 3;
	f->block_bytes = 1 + sizeof(uint32_t);
	f->fixed += DIR_TAIL;
}

static void
put_patches(struct str *out, const double *v, const uint16_t *bad, size_t n)
{
	str_add(out, bad, n * sizeof *bad);
	for (size_t i = 0; i < n; i++)
		str_add(out, &v[bad[i]], sizeof *v);
}

static void
put_blocks(struct str *out, struct summary *sum, const int64_t *whole, size_t n, uint32_t *crc)
{
	for (size_t i = 0; i * INTS_BLOCK < n; i++) {
		size_t at = i * INTS_BLOCK, k = n - at < INTS_BLOCK ? n - at : INTS_BLOCK;
		unsigned char *p = fill_room(out, ints_most(k));
		size_t size = ints_pack_block(whole + at, k, sum->least[i], p);
		crc[i] = crc32c(0, p, size);
		sum->size[i] = (int64_t)size;
		out->len += size;
	}
}

static void
put_directory(struct str *out, const struct summary *sum, size_t blocks, const uint32_t *crc)
{
	const int64_t *const streams[DIR_STREAMS] = {sum->size, sum->least, sum->spread, sum->mean};

	for (size_t i = 0; i < DIR_STREAMS; i++)
		stream_put(out, streams[i], blocks);
	if (crc)
		str_add(out, crc, blocks * sizeof *crc);
}

uint32_t
chunk_checksum(uint32_t key, const unsigned char *p, size_t n, size_t from, size_t to)
{
	uint32_t crc = crc32c(crc32c(key, p, from), p + to, n - HEAD - 4 - to);

	return crc32c(crc, p + n - HEAD, HEAD);
}

/* N points as a chunk. */
static void
put_chunk(struct str *out, struct scratch *s, const struct points *p, size_t from, size_t n,
	  const struct attempt *a, unsigned flags, uint32_t key)
{
	size_t blocks = blocks_of(n);
	uint32_t crc[CHUNK_BLOCKS];
	struct head h = {.first_row = (uint64_t)p->row[from],
			 .n = (uint16_t)n,
			 .exceptions = (uint16_t)fill_bad(&s->fill, n),
			 .flags = (uint8_t)(flags | a->codec),
			 .digits = (uint8_t)a->digits,
			 .version = blocks > 1 ? V_BLOCKS : V_PLAIN};

	str_reset(out);
	if (!(flags & F_DENSE))
		stream_put(out, s->rows, n);
	if (flags & F_OWN) {
		stream_put(out, p->step + from, n);
		stream_put(out, p->wall + from, n);
	}
	size_t at = out->len;
	if (blocks > 1) {
		size_t last = (blocks - 1) * INTS_BLOCK;
		summarise(&s->sum, a, p->value + from + last, n - last, blocks - 1);
		put_blocks(out, &s->sum, a->whole, n, crc);
	} else {
		stream_put(out, a->whole, n);
	}
	size_t end = out->len;
	put_patches(out, p->value + from, a->bad, h.exceptions);
	if (flags & F_LINEAR) {
		const int64_t *step = p->step + from;
		int64_t stride = n > 1 ? (int64_t)((uint64_t)step[1] - (uint64_t)step[0]) : 0;
		str_add(out, step, 8);
		str_add(out, &stride, 8);
	}
	if (blocks < 2) {
		head_put(out, &h);
		return;
	}
	if (end - at >= BLOCKS_CHECKED)
		h.flags |= F_CHECKED;
	size_t dir = out->len;
	put_directory(out, &s->sum, blocks, h.flags & F_CHECKED ? crc : NULL);
	uint16_t places[2] = {(uint16_t)at, (uint16_t)(out->len - dir)};
	str_add(out, places, sizeof places);
	size_t sum_at = out->len;
	uint32_t sum = 0;
	str_add(out, &sum, sizeof sum);
	head_put(out, &h);
	sum = chunk_checksum(key, (unsigned char *)out->buf, out->len,
			     h.flags & F_CHECKED ? at : end, end);
	memcpy(out->buf + sum_at, &sum, sizeof sum);
}

size_t
chunk_pack(const struct points *p, size_t from, uint32_t key, struct str *out, size_t *hint)
{
	static struct scratch s; /* one thread writes */
	struct attempt a[CODEC_N];
	size_t avail = p->n - from < CHUNK_POINTS ? p->n - from : CHUNK_POINTS;
	size_t n = hint && *hint ? *hint + *hint / 4 + INTS_BLOCK : avail, fit;
	const struct attempt *best;
	unsigned flags;

	assert(avail);
	for (;; n *= 2) {
		n = n < avail ? n : avail;
		best = cheapest(&s, a, p->value + from, n);
		flags = shape(p->row + from, p->step + from, n);
		plan_streams(&s.fill, p, from, n, best, flags, s.rows);
		plan_directory(&s, best, p->value + from, n);
		fit = fill_fitting(&s.fill);
		if (fit < n || n == avail)
			break;
	}
	/* Fewer rows may be simpler ones, never the other way round; but for a series that gets
	 * denser, which may lose its own axis. */
	if (fit < n) {
		unsigned fewer = shape(p->row + from, p->step + from, fit);
		if (!(flags & F_OWN) && (fewer & F_OWN))
			fewer = flags;
		flags = fewer;
	}
	/* The directory was planned for another end. */
	for (;;) {
		put_chunk(out, &s, p, from, fit, best, flags, key);
		if (out->len <= CHUNK_BYTES)
			break;
		fit -= (out->len - CHUNK_BYTES) * fit / out->len + 1;
	}
	if (hint)
		*hint = fit;
	return fit;
}
