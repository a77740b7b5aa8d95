#include "store/range.h"

#include <math.h>

/* One after the other, whatever they are. */
static struct range
range_slow(const double *v, size_t n)
{
	struct range r = {0};

	for (size_t i = 0; i < n; i++) {
		if (!isfinite(v[i])) {
			r.inf += isinf(v[i]) != 0;
			continue;
		}
		if (!r.n++) {
			r.first = i;
			r.min = r.max = v[i];
		}
		r.last = i;
		r.min = v[i] < r.min ? v[i] : r.min;
		r.max = v[i] > r.max ? v[i] : r.max;
		r.sum += v[i];
	}
	return r;
}

/* In lanes, so that one number need not wait for the one before it. The order of additions is the
 * same everywhere, for sums are kept and compared. */
enum { LANES = 8 };
struct lanes {
	double min[LANES], max[LANES], sum[LANES];
};

#ifdef __SSE2__

#include <emmintrin.h>

static void
lanes_of(const double *v, size_t n, struct lanes *out)
{
	enum { PAIRS = LANES / 2 };
	__m128d min[PAIRS], max[PAIRS], sum[PAIRS];

	for (int k = 0; k < PAIRS; k++)
		min[k] = max[k] = sum[k] = _mm_loadu_pd(v + 2 * k);
	for (size_t i = LANES; i < n; i += LANES) {
#pragma GCC unroll 4
		for (int k = 0; k < PAIRS; k++) {
			__m128d x = _mm_loadu_pd(v + i + 2 * (size_t)k);
			min[k] = _mm_min_pd(min[k], x);
			max[k] = _mm_max_pd(max[k], x);
			sum[k] = _mm_add_pd(sum[k], x);
		}
	}
	for (int k = 0; k < PAIRS; k++) {
		_mm_storeu_pd(out->min + 2 * k, min[k]);
		_mm_storeu_pd(out->max + 2 * k, max[k]);
		_mm_storeu_pd(out->sum + 2 * k, sum[k]);
	}
}

#else

static void
lanes_of(const double *v, size_t n, struct lanes *out)
{
	for (int k = 0; k < LANES; k++)
		out->min[k] = out->max[k] = out->sum[k] = v[k];
	for (size_t i = LANES; i < n; i += LANES)
		for (int k = 0; k < LANES; k++) {
			double x = v[i + (size_t)k];
			out->min[k] = x < out->min[k] ? x : out->min[k];
			out->max[k] = x > out->max[k] ? x : out->max[k];
			out->sum[k] += x;
		}
}

#endif

struct range
range_of(const double *v, size_t n)
{
	size_t most = n - n % LANES;
	struct lanes l;

	if (n < 2 * LANES)
		return range_slow(v, n);
	lanes_of(v, most, &l);
	struct range r = {.n = n, .last = n - 1, .min = v[0], .max = v[0]};
	for (size_t i = most; i < n; i++) {
		r.min = v[i] < r.min ? v[i] : r.min;
		r.max = v[i] > r.max ? v[i] : r.max;
		r.sum += v[i];
	}
	for (int k = 0; k < LANES; k++) {
		r.min = l.min[k] < r.min ? l.min[k] : r.min;
		r.max = l.max[k] > r.max ? l.max[k] : r.max;
		r.sum += l.sum[k];
	}
	/* What is not finite leaves a sum that is not. */
	return isfinite(r.sum) ? r : range_slow(v, n);
}
