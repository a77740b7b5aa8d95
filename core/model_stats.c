/* One pass. Sums are of doubles; the variance is Welford's, block by block (Chan et al. 1979),
 * for the weights of a layer norm are all 1 and a sum of squares would lose them.
 *
 * The histogram needs a range before the range is known. So first each value is counted under
 * the upper 16 bits of it as a float: sign, exponent and 7 bits of fraction, which is 65536
 * counters and knows any quantile within 1/256 of its value. The bins that are shown are made of
 * those. */
#include "core/model_stats.h"

#include "core/model_own.h"
#include "core/model_read.h"
#include "core/xalloc.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { KEYS = 65536, SIGN = 32768 };

static const double outside = 0.001; /* of all, that may lie outside of the bins on either side */

struct tally {
	struct model_stats *s;
	double mean, m2, sum2;
	uint64_t finite;
	uint64_t *key; /* in order of value: see key_of() */
};

/* Keys are in the order of the values: negative ones, the largest first, then the others. */
static unsigned
key_of(double v)
{
	float f = (float)v;
	uint32_t bits;
	memcpy(&bits, &f, sizeof bits);
	unsigned top = bits >> 16;
	return top & SIGN ? KEYS - 1 - top : top + SIGN;
}

/* The values under KEY are [low, high] in order. */
static double
edge_of(unsigned key, bool upper)
{
	bool minus = key < SIGN;
	uint32_t top = minus ? KEYS - 1 - key : key - SIGN;
	/* away from zero is up for positive ones, down for the others */
	uint32_t bits = top << 16 | (upper != minus ? 0xFFFFu : 0);
	float f;
	memcpy(&f, &bits, sizeof f);
	return isfinite(f) ? (double)f : upper ? HUGE_VAL : -HUGE_VAL;
}

static bool
take(void *ctx, const double *v, size_t n)
{
	struct tally *t = ctx;
	struct model_stats *s = t->s;
	double sum = 0, sum2 = 0, min = s->min, max = s->max;
	uint64_t finite = 0;
	for (size_t i = 0; i < n; i++) {
		double x = v[i];
		if (!isfinite(x)) {
			s->nan += isnan(x) != 0;
			s->inf += isinf(x) != 0;
			continue;
		}
		finite++;
		s->zeros += x == 0;
		sum += x;
		sum2 += x * x;
		min = x < min ? x : min;
		max = x > max ? x : max;
		t->key[key_of(x)]++;
	}
	s->n += n;
	if (!finite)
		return true;
	s->min = min;
	s->max = max;
	double mean = sum / (double)finite, m2 = 0;
	for (size_t i = 0; i < n; i++)
		if (isfinite(v[i]))
			m2 += (v[i] - mean) * (v[i] - mean);
	double all = (double)(t->finite + finite), d = mean - t->mean;
	t->m2 += m2 + d * d * (double)t->finite * (double)finite / all;
	t->mean += d * (double)finite / all;
	t->sum2 += sum2;
	t->finite += finite;
	return true;
}

/* The value that PART of all finite ones lie below. */
static double
quantile(const struct tally *t, double part)
{
	double want = part * (double)t->finite, seen = 0;
	for (unsigned k = 0; k < KEYS; k++) {
		double here = (double)t->key[k];
		if (here > 0 && seen + here >= want) {
			double a = edge_of(k, false), b = edge_of(k, true);
			double in = (want - seen) / here;
			double v = a + (b - a) * (in > 0 ? in : 0);
			return v < t->s->min ? t->s->min : v > t->s->max ? t->s->max : v;
		}
		seen += here;
	}
	return t->s->max;
}

/* What is under each key is spread over the bins that it covers; what is lost by rounding is
 * carried to the next. */
static void
spread(const struct tally *t)
{
	struct model_stats *s = t->s;
	double bin[MODEL_BINS] = {0}, below = 0, above = 0;
	double width = (s->hi - s->lo) / MODEL_BINS;
	for (unsigned k = 0; k < KEYS; k++) {
		if (!t->key[k])
			continue;
		double a = edge_of(k, false), b = edge_of(k, true), n = (double)t->key[k];
		a = a < s->min ? s->min : a;
		b = b > s->max ? s->max : b;
		double len = b - a;
		if (b < s->lo || a > s->hi) {
			*(b < s->lo ? &below : &above) += n;
			continue;
		}
		if (!(len > 0) || !(width > 0)) {
			int i = width > 0 ? (int)((a - s->lo) / width) : 0;
			bin[i < 0 ? 0 : i >= MODEL_BINS ? MODEL_BINS - 1 : i] += n;
			continue;
		}
		below += a < s->lo ? n * (s->lo - a) / len : 0;
		above += b > s->hi ? n * (b - s->hi) / len : 0;
		for (int i = 0; i < MODEL_BINS; i++) {
			double from = s->lo + width * i, to = from + width;
			double lo = a > from ? a : from, hi = b < to ? b : to;
			bin[i] += hi > lo ? n * (hi - lo) / len : 0;
		}
	}
	double carry = 0;
	uint64_t given = 0;
	s->below = (uint64_t)below;
	carry = below - (double)s->below;
	given = s->below;
	for (int i = 0; i < MODEL_BINS; i++) {
		double v = bin[i] + carry;
		s->bin[i] = v > 0 ? (uint64_t)(v + 1e-9) : 0;
		carry = v - (double)s->bin[i];
		given += s->bin[i];
	}
	s->above = t->finite > given ? t->finite - given : 0;
	/* What rounding alone has left over. */
	if (above < 0.5 && s->above) {
		s->bin[MODEL_BINS - 1] += s->above;
		s->above = 0;
	}
}

static void
finish(struct tally *t)
{
	struct model_stats *s = t->s;
	if (!t->finite) {
		s->min = s->max = s->mean = s->std = s->rms = s->median = (double)NAN;
		s->lo = s->hi = 0;
		return;
	}
	s->mean = t->mean;
	s->std = sqrt(t->m2 / (double)t->finite);
	s->rms = sqrt(t->sum2 / (double)t->finite);
	s->median = quantile(t, 0.5);
	s->lo = s->min;
	s->hi = s->max;
	/* A few far out must not push all others into one bin. */
	double lo = quantile(t, outside), hi = quantile(t, 1 - outside), wide = hi - lo;
	if (wide > 0 && s->hi - s->lo > 4 * wide) {
		s->lo = s->lo < lo - wide / 4 ? lo - wide / 4 : s->lo;
		s->hi = s->hi > hi + wide / 4 ? hi + wide / 4 : s->hi;
	}
	spread(t);
}

int
model_stats(const struct model *m, const struct model_tensor *t, struct model_stats *out,
	    model_progress progress, void *ctx, struct err *e)
{
	*out = (struct model_stats){.min = HUGE_VAL, .max = -HUGE_VAL};
	struct tally y = {.s = out, .key = xcalloc(KEYS, sizeof *y.key)};
	struct model_stream *s;
	int code = model_stream_open(m, t, &s, e);
	double *v = xreallocarray(NULL, MODEL_STREAM, sizeof *v);
	uint64_t done = 0;
	size_t n;
	while (code == 0 && done < t->count) {
		code = model_stream_next(s, v, &n, e);
		if (code < 0)
			break;
		take(&y, v, n);
		done += n;
		if (progress && !progress(ctx, done, t->count))
			code = MODEL_CANCELLED;
	}
	if (code == 0)
		finish(&y);
	model_stream_close(s);
	free(y.key);
	free(v);
	return code;
}

/* -- drift ------------------------------------------------------------------------------------- */

struct pairing {
	struct model_drift *d;
	double aa, bb, ab, dd;
};

static void
compare(struct pairing *p, const double *a, const double *b, size_t n)
{
	struct model_drift *d = p->d;
	for (size_t i = 0; i < n; i++) {
		double x = a[i], y = b[i];
		if (!isfinite(x) || !isfinite(y)) {
			d->broken++;
			d->changed += !(x == y || (isnan(x) && isnan(y)));
			continue;
		}
		double diff = y - x;
		d->changed += x != y;
		d->max_abs = fabs(diff) > d->max_abs ? fabs(diff) : d->max_abs;
		p->aa += x * x;
		p->bb += y * y;
		p->ab += x * y;
		p->dd += diff * diff;
	}
	d->n += n;
}

static bool
same_shape(const struct model_tensor *a, const struct model_tensor *b)
{
	return a->rank == b->rank && memcmp(a->dim, b->dim, a->rank * sizeof *a->dim) == 0;
}

int
model_drift(const struct model *a, const struct model_tensor *ta, const struct model *b,
	    const struct model_tensor *tb, struct model_drift *out, model_progress progress,
	    void *ctx, struct err *e)
{
	struct pairing p = {.d = out};
	struct model_stream *sa = NULL, *sb = NULL;
	*out = (struct model_drift){0};
	if (!same_shape(ta, tb))
		return err_set(e, ERR_FORMAT, "%s: of different shapes", ta->name);
	int code = model_stream_open(a, ta, &sa, e);
	if (code == 0)
		code = model_stream_open(b, tb, &sb, e);
	double *va = xreallocarray(NULL, MODEL_STREAM, sizeof *va);
	double *vb = xreallocarray(NULL, MODEL_STREAM, sizeof *vb);
	uint64_t done = 0;
	while (code == 0 && done < ta->count) {
		size_t na = 0, nb = 0;
		code = model_stream_next(sa, va, &na, e);
		if (code == 0)
			code = model_stream_next(sb, vb, &nb, e);
		if (code < 0)
			break;
		/* Streams give as many as each other: MODEL_STREAM, but for the last piece. */
		size_t n = na < nb ? na : nb;
		compare(&p, va, vb, n);
		done += n;
		if (progress && !progress(ctx, done, ta->count))
			code = MODEL_CANCELLED;
	}
	out->norm_a = sqrt(p.aa);
	out->norm_diff = sqrt(p.dd);
	out->relative = p.dd == 0 ? 0 : p.aa == 0 ? HUGE_VAL : sqrt(p.dd / p.aa);
	out->cosine = p.aa > 0 && p.bb > 0 ? p.ab / sqrt(p.aa) / sqrt(p.bb) : (double)NAN;
	model_stream_close(sa);
	model_stream_close(sb);
	free(va);
	free(vb);
	return code;
}
