#include "store/range.h"

#include <math.h>

enum { LANES = 8 };

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

/* In lanes, so that one number need not wait for the one before it; what is not finite makes its
 * product with zero a NaN, and then all of it is done again. */
struct range
range_of(const double *v, size_t n)
{
	double min[LANES], max[LANES], sum[LANES], zero[LANES];
	size_t i = LANES;

	if (n < 2 * LANES)
		return range_slow(v, n);
	for (int k = 0; k < LANES; k++) {
		min[k] = max[k] = sum[k] = v[k];
		zero[k] = v[k] * 0;
	}
	for (; i + LANES <= n; i += LANES)
		for (int k = 0; k < LANES; k++) {
			double x = v[i + (size_t)k];
			min[k] = x < min[k] ? x : min[k];
			max[k] = x > max[k] ? x : max[k];
			sum[k] += x;
			zero[k] += x * 0;
		}
	struct range r = range_slow(v + i, n - i);
	double bad = 0;
	for (int k = 0; k < LANES; k++)
		bad += zero[k];
	if (bad != 0 || r.n != n - i)
		return range_slow(v, n);
	for (int k = 0; k < LANES; k++) {
		r.min = (!k && !r.n) || min[k] < r.min ? min[k] : r.min;
		r.max = (!k && !r.n) || max[k] > r.max ? max[k] : r.max;
		r.sum += sum[k];
	}
	r.n = n;
	r.first = 0;
	r.last = n - 1;
	return r;
}
