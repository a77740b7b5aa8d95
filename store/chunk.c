/* A chunk ends in its head: reading packed bits loads whole words, and what it loads beyond the
 * last bit is the head and no page of somebody else's.
 *
 *     values: rows (if not consecutive) · steps, times (if its own) · values · exceptions · head
 *     axis:   steps · times · words · head */
#include "store/chunk.h"

#include "core/xalloc.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { VERSION = 1, HEAD = 16, LINEAR_BYTES = 16, PATCH_BYTES = 10, DIGITS_MOST = 17 };
enum { F_DENSE = 4, F_OWN = 8, F_LINEAR = 16 };
/* A series that has less than one in so many rows keeps its own steps and times. */
enum { OWN_RATIO = 4 };

const char *const chunk_codec_names[] = {"bits", "float", "decimal"};

static const double power[DIGITS_MOST + 1] = {1e0, 1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,
					      1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17};

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

/* ---- values as whole numbers ----------------------------------------------------------------- */

/* Bits in the order of the numbers: those of a negative one are turned over. Its own inverse. */
static int64_t
ordered64(int64_t bits)
{
	return bits ^ (bits >> 63 & INT64_MAX);
}

static int32_t
ordered32(int32_t bits)
{
	return bits ^ (bits >> 31 & INT32_MAX);
}

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

/* ---- filling a page -------------------------------------------------------------------------- */

enum { STREAMS_MOST = 4, BLOCKS_MOST = (CHUNK_POINTS + INTS_BLOCK - 1) / INTS_BLOCK };

struct stream {
	const int64_t *v;
	struct ints_plan plan[BLOCKS_MOST];
};

struct filler {
	struct stream s[STREAMS_MOST];
	size_t nstreams, n, fixed;
	const uint16_t *bad;
	size_t nbad;
};

static void
add_stream(struct filler *f, const int64_t *v)
{
	struct stream *s = &f->s[f->nstreams++];
	int64_t prev = 0;

	s->v = v;
	ints_plan(v, f->n, &prev, s->plan);
}

static size_t
bad_before(const struct filler *f, size_t n)
{
	size_t k = 0;

	while (k < f->nbad && f->bad[k] < n)
		k++;
	return k;
}

/* An upper bound of the bytes that the first N numbers of every stream take. */
static size_t
size_of(const struct filler *f, size_t n)
{
	size_t size = f->fixed + bad_before(f, n) * PATCH_BYTES, full = n / INTS_BLOCK;

	for (size_t i = 0; i < f->nstreams; i++) {
		for (size_t b = 0; b < full; b++)
			size += f->s[i].plan[b].size;
		if (n % INTS_BLOCK)
			size += ints_plan_part(&f->s[i].plan[full], n % INTS_BLOCK);
	}
	return size;
}

static size_t
fitting(const struct filler *f)
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

struct head {
	uint64_t first_row;
	uint16_t n, exceptions;
	uint8_t flags, digits, version, pad;
};

static void
put_head(struct str *out, const struct head *h)
{
	str_add(out, &h->first_row, 8);
	str_add(out, &h->n, 2);
	str_add(out, &h->exceptions, 2);
	str_add(out, &h->flags, 1);
	str_add(out, &h->digits, 1);
	str_add(out, &h->version, 1);
	str_add(out, &h->pad, 1);
}

static void
get_head(const unsigned char *p, struct head *h)
{
	memcpy(&h->first_row, p, 8);
	memcpy(&h->n, p + 8, 2);
	memcpy(&h->exceptions, p + 10, 2);
	h->flags = p[12];
	h->digits = p[13];
	h->version = p[14];
	h->pad = p[15];
}

static void
put_stream(struct str *out, const int64_t *v, size_t n)
{
	size_t most = ints_most(n);

	xgrow(&out->buf, &out->cap, out->len + most + 1, 1);
	out->len += ints_pack(v, n, (unsigned char *)out->buf + out->len);
	out->buf[out->len] = '\0';
}

/* ---- values ---------------------------------------------------------------------------------- */

/* What packing needs beside the points: kept between calls, for it is large. */
struct scratch {
	int64_t whole[CODEC_N][CHUNK_POINTS];
	struct ints_plan plan[CODEC_N][BLOCKS_MOST];
	uint16_t bad[CODEC_N][CHUNK_POINTS / 16 + 2];
	struct filler fill;
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
		add_stream(f, rows);
	if (flags & F_OWN) {
		add_stream(f, p->step + from);
		add_stream(f, p->wall + from);
	}
	struct stream *s = &f->s[f->nstreams++];
	s->v = a->whole;
	memcpy(s->plan, a->plan, (n + INTS_BLOCK - 1) / INTS_BLOCK * sizeof *s->plan);
}

static void
put_patches(struct str *out, const double *v, const uint16_t *bad, size_t n)
{
	str_add(out, bad, n * sizeof *bad);
	for (size_t i = 0; i < n; i++)
		str_add(out, &v[bad[i]], sizeof *v);
}

size_t
chunk_pack(const struct points *p, size_t from, struct str *out, size_t *hint)
{
	static struct scratch s; /* one thread writes */
	static int64_t rows[CHUNK_POINTS];
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
		plan_streams(&s.fill, p, from, n, best, flags, rows);
		fit = fitting(&s.fill);
		if (fit < n || n == avail)
			break;
	}
	if (hint)
		*hint = fit;
	/* Fewer rows may be simpler ones, never the other way round; but for a series that gets
	 * denser, which may lose its own axis. */
	if (fit < n) {
		unsigned fewer = shape(p->row + from, p->step + from, fit);
		if (!(flags & F_OWN) && (fewer & F_OWN))
			fewer = flags;
		flags = fewer;
	}
	struct head h = {.first_row = (uint64_t)p->row[from],
			 .n = (uint16_t)fit,
			 .exceptions = (uint16_t)bad_before(&s.fill, fit),
			 .flags = (uint8_t)(flags | best->codec),
			 .digits = (uint8_t)best->digits,
			 .version = VERSION};
	str_reset(out);
	if (!(flags & F_DENSE))
		put_stream(out, rows, fit);
	if (flags & F_OWN) {
		put_stream(out, p->step + from, fit);
		put_stream(out, p->wall + from, fit);
	}
	put_stream(out, best->whole, fit);
	put_patches(out, p->value + from, best->bad, h.exceptions);
	if (flags & F_LINEAR) {
		int64_t stride =
			fit > 1 ? (int64_t)((uint64_t)p->step[from + 1] - (uint64_t)p->step[from])
				: 0;
		str_add(out, &p->step[from], 8);
		str_add(out, &stride, 8);
	}
	put_head(out, &h);
	return fit;
}

bool
chunk_open(struct chunk *c, const void *p, size_t n)
{
	struct head h;

	memset(c, 0, sizeof *c);
	if (n < HEAD)
		return false;
	c->p = p;
	c->end = c->p + n - HEAD;
	get_head(c->end, &h);
	c->n = h.n;
	c->first_row = h.first_row;
	c->codec = (enum chunk_codec)(h.flags & 3);
	c->dense = h.flags & F_DENSE;
	c->own = h.flags & F_OWN;
	c->linear = h.flags & F_LINEAR;
	c->exponent = h.digits;
	c->exceptions = h.exceptions;
	if (h.version != VERSION || !h.n || h.n > CHUNK_POINTS || c->codec >= CODEC_N ||
	    h.digits > DIGITS_MOST || h.exceptions > h.n)
		return false;
	size_t tail = (size_t)h.exceptions * PATCH_BYTES + (c->linear ? LINEAR_BYTES : 0);
	if ((size_t)(c->end - c->p) < tail)
		return false;
	if (c->linear) {
		c->end -= LINEAR_BYTES;
		memcpy(&c->step0, c->end, 8);
		memcpy(&c->stride, c->end + 8, 8);
	}
	c->patch = c->end -= (size_t)h.exceptions * PATCH_BYTES;
	return true;
}

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
whole_to_values(const struct chunk *c, double *out)
{
	/* In place: a double is as long as the whole number it is made of. */
	int64_t *w = (int64_t *)(void *)out;

	switch (c->codec) {
	case CODEC_DECIMAL:
		for (uint32_t i = 0; i < c->n; i++) {
			double v = (double)w[i] / power[c->exponent];
			memcpy(&w[i], &v, sizeof v);
		}
		break;
	case CODEC_FLOAT:
		float_values(w, c->n);
		break;
	default:
		for (uint32_t i = 0; i < c->n; i++)
			w[i] = ordered64(w[i]);
	}
}

static bool
patch_values(const struct chunk *c, double *out)
{
	const unsigned char *values = c->patch + (size_t)c->exceptions * 2;

	for (unsigned i = 0; i < c->exceptions; i++) {
		uint16_t at;
		memcpy(&at, c->patch + (size_t)i * 2, sizeof at);
		if (at >= c->n)
			return false;
		memcpy(&out[at], values + (size_t)i * 8, 8);
	}
	return true;
}

static const unsigned char *
stream(const unsigned char *p, const unsigned char *end, size_t n, int64_t *out)
{
	if (!p)
		return NULL;
	return out ? ints_unpack(p, end, n, out) : ints_skip(p, end, n);
}

bool
chunk_read(const struct chunk *c, int64_t *row, int64_t *step, int64_t *wall, double *value)
{
	const unsigned char *p = c->p, *end = c->end + INTS_SLACK;

	if (!c->dense)
		p = stream(p, end, c->n, row);
	for (uint32_t i = 0; row && p && i < c->n; i++)
		row[i] = (int64_t)(c->first_row + (c->dense ? i : (uint64_t)row[i]));
	if (c->own) {
		p = stream(p, end, c->n, step);
		p = stream(p, end, c->n, wall);
	} else if (c->linear && step) {
		uint64_t x = (uint64_t)c->step0;
		for (uint32_t i = 0; i < c->n; i++, x += (uint64_t)c->stride)
			step[i] = (int64_t)x;
	}
	if (!p)
		return false;
	if (!value)
		return true;
	if (!ints_unpack(p, end, c->n, (int64_t *)(void *)value))
		return false;
	whole_to_values(c, value);
	return patch_values(c, value);
}

/* ---- the axis -------------------------------------------------------------------------------- */

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
		add_stream(&f, a->step + from);
		add_stream(&f, a->wall + from);
		add_stream(&f, a->word + from);
		fit = fitting(&f);
		if (fit < n || n == avail)
			break;
	}
	if (hint)
		*hint = fit;
	struct head h = {.first_row = first_row, .n = (uint16_t)fit, .version = VERSION};
	str_reset(out);
	put_stream(out, a->step + from, fit);
	put_stream(out, a->wall + from, fit);
	put_stream(out, a->word + from, fit);
	put_head(out, &h);
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
	get_head(c->end, &h);
	c->n = h.n;
	c->first_row = h.first_row;
	return h.version == VERSION && h.n && h.n <= CHUNK_POINTS;
}

bool
axis_read(const struct axis_chunk *c, int64_t *step, int64_t *wall, int64_t *word)
{
	const unsigned char *p = c->p, *end = c->end + INTS_SLACK;

	p = stream(p, end, c->n, step);
	if (!wall && !word)
		return p != NULL;
	p = stream(p, end, c->n, wall);
	if (!word)
		return p != NULL;
	return stream(p, end, c->n, word) != NULL;
}
