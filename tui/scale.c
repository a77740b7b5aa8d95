/* How an axis chooses its range.
 *
 * The range must hold still while points arrive (a scale that follows each new minimum moves every
 * dot on the screen), so its ends are multiples of a round quantum, a few percent of the range.
 *
 * One bad batch must not flatten the rest of a curve: by default a range runs from the 1st to the
 * 99th percentile. The points themselves are not at hand, only what is kept of each column of dots.
 * Of its n points min and max are known exactly. The first, the last and the mean are each likely to
 * be an ordinary value, so the middle one of the three is taken for the centre of the other n - 2,
 * which lie evenly around it as far as min or max allows; as many of them lie at the far end instead
 * as it takes to give the mean. So white noise counts as broad as it is, and a lone spike as lone.
 * And a percentile is only used where cutting gains much: the tails of a normal distribution are not
 * worth a row of marks. */
#include "tui/scale.h"

#include "core/xalloc.h"
#include "tui/raster.h"

#include <math.h>
#include <stdlib.h>

/* Weight spread evenly over [lo, hi], or all at lo when they are equal. */
struct part {
	double lo, hi, weight;
};

struct pool {
	struct part *part;
	size_t n, cap;
	double lo, hi;
	bool log;
};

struct pool *
pool_new(bool log)
{
	struct pool *p = xcalloc(1, sizeof *p);
	p->log = log;
	p->lo = INFINITY;
	p->hi = -INFINITY;
	return p;
}

void
pool_free(struct pool *p)
{
	if (!p)
		return;
	free(p->part);
	free(p);
}

static void
part_add(struct pool *p, double lo, double hi, double weight)
{
	if (weight > 0)
		*vec_push(p->part, p->n, p->cap) = (struct part){lo, hi, weight};
}

static double
median3(double a, double b, double c)
{
	return fmax(fmin(a, b), fmin(fmax(a, b), c));
}

/* The points of one column: see the head of this file. */
static void
pool_column(struct pool *p, const struct column *c)
{
	double n = (double)c->n, min = c->min, max = c->max;
	p->lo = fmin(p->lo, min);
	p->hi = fmax(p->hi, max);
	part_add(p, min, min, 1);
	if (n < 2)
		return;
	part_add(p, max, max, 1);
	if (n < 3)
		return;
	double rest = n - 2, mean = (c->sum - min - max) / rest;
	mean = fmin(fmax(mean, min), max);
	double middle = median3(c->first, c->last, mean);
	double half = fmin(middle - min, max - middle);
	double end = mean > middle ? max : min;
	double away = end != middle ? (mean - middle) / (end - middle) : 0;
	part_add(p, middle - half, middle + half, rest * (1 - away));
	part_add(p, end, end, rest * away);
}

/* C as it is on a scale of logarithms; false: nothing in it is positive. What is not positive can't
 * be told apart from the rest: the least value that is known to be positive stands in. */
static bool
column_log(const struct column *c, struct column *out)
{
	if (c->max <= 0)
		return false;
	double min = c->min;
	if (min <= 0) {
		min = c->max;
		min = c->first > 0 ? fmin(min, c->first) : min;
		min = c->last > 0 ? fmin(min, c->last) : min;
	}
	*out = *c;
	out->min = log(min);
	out->max = log(c->max);
	out->first = log(fmax(c->first, min));
	out->last = log(fmax(c->last, min));
	out->sum = log(fmin(fmax(c->sum / (double)c->n, min), c->max)) * (double)c->n;
	return true;
}

void
pool_add(struct pool *p, const struct column *col, int from, int to)
{
	for (int i = from; i < to; i++) {
		struct column c = col[i];
		if (c.n > 0 && (!p->log || column_log(&col[i], &c)))
			pool_column(p, &c);
	}
}

static int
double_order(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

/* How much weight lies below V, and AT it, too. */
static double
weight_below(const struct pool *p, double v, bool at)
{
	double w = 0;
	for (size_t i = 0; i < p->n; i++) {
		const struct part *q = &p->part[i];
		if (q->hi < v || (at && q->hi == v))
			w += q->weight;
		else if (q->lo < v)
			w += q->weight * (v - q->lo) / (q->hi - q->lo);
	}
	return w;
}

/* The least value that SHARE of the weight does not exceed. END: the ends of all parts, rising; from
 * one to the next the weight grows evenly. */
static double
percentile(const struct pool *p, const double *end, size_t nends, double total, double share)
{
	double want = total * share * (1 - 1e-12);
	size_t a = 0, b = nends - 1;
	while (a < b) {
		size_t m = (a + b) / 2;
		if (weight_below(p, end[m], true) >= want)
			b = m;
		else
			a = m + 1;
	}
	if (b == 0)
		return end[0];
	double from = weight_below(p, end[b - 1], true), to = weight_below(p, end[b], false);
	if (!(to > from))
		return end[b];
	return fmin(end[b], end[b - 1] + (end[b] - end[b - 1]) * (want - from) / (to - from));
}

/* The outermost end of a part on this side of LIMIT: an end of the range is a value, not a limit. */
static double
outermost(const struct pool *p, double limit, bool upper, double otherwise)
{
	double best = otherwise;
	for (size_t i = 0; i < p->n; i++) {
		double lo = p->part[i].lo, hi = p->part[i].hi;
		if (upper) {
			best = hi <= limit ? fmax(best, hi) : lo <= limit ? fmax(best, lo) : best;
		} else {
			best = lo >= limit ? fmin(best, lo) : hi >= limit ? fmin(best, hi) : best;
		}
	}
	return best;
}

bool
pool_range(struct pool *p, bool robust, double *lo, double *hi)
{
	if (p->n == 0)
		return false;
	double a = p->lo, b = p->hi;
	if (robust && b > a) {
		double total = 0, *end = xcalloc(2 * p->n, sizeof *end);
		for (size_t i = 0; i < p->n; i++) {
			total += p->part[i].weight;
			end[2 * i] = p->part[i].lo;
			end[2 * i + 1] = p->part[i].hi;
		}
		qsort(end, 2 * p->n, sizeof *end, double_order);
		double p1 = percentile(p, end, 2 * p->n, total, 0.01);
		double p99 = percentile(p, end, 2 * p->n, total, 0.99);
		double range = p99 - p1;
		if (b > p99 + range)
			b = outermost(p, p99 + range / 10, true, p99);
		if (a < p1 - range)
			a = outermost(p, p1 - range / 10, false, p1);
		free(end);
	}
	*lo = p->log ? exp(a) : a;
	*hi = p->log ? exp(b) : b;
	return true;
}

double
scale_nice(double v)
{
	double ten = pow(10, floor(log10(v))), m = v / ten;
	return ten * (m <= 1.0000001 ? 1 : m <= 2.0000001 ? 2 : m <= 5.0000001 ? 5 : 10);
}

/* V to two significant digits, towards 0 or away from it. */
static double
two_digits(double v, bool up)
{
	double ten = pow(10, floor(log10(v) + 1e-9) - 1), m = v / ten;
	return ten * (up ? ceil(m - 1e-9) : floor(m + 1e-9));
}

void
scale_round(double lo, double hi, bool log, struct scale *out)
{
	*out = (struct scale){.lo = lo, .hi = hi, .log = log};
	double size = fmax(fabs(lo), fabs(hi)), range = hi - lo;
	if (!(range > 1e-12 * size)) {
		/* a scale of logarithms has no use for one value */
		double room = size > 0 ? size / 20 : 1;
		*out = (struct scale){lo - room, lo + room, false, true, room};
		return;
	}
	if (!isfinite(range)) {
		/* the two ends of what a double can hold */
		*out = (struct scale){lo / 2, hi / 2, log, false, 0};
		return;
	}
	if (log && hi > 3 * lo) {
		double a = two_digits(lo, false), b = two_digits(hi, true);
		if (a > 0 && isfinite(b)) {
			out->lo = a;
			out->hi = b;
		}
		return;
	}
	double q = scale_nice(range / 40);
	double a = floor(lo / q + 1e-6) * q, b = ceil(hi / q - 1e-6) * q;
	if (q > 0 && isfinite(a) && isfinite(b) && b > a && !(log && a <= 0)) {
		out->lo = a;
		out->hi = b;
		out->quantum = q;
	}
}

int
scale_row(const struct scale *s, double v, int h)
{
	double t;
	if (s->log)
		t = v > 0 ? (log(s->hi) - log(v)) / (log(s->hi) - log(s->lo)) : INFINITY;
	else
		t = (s->hi / 2 - v / 2) / (s->hi / 2 - s->lo / 2);
	double row = floor(t * (h - 1) + 0.5);
	return row > RASTER_FAR ? RASTER_FAR : row < -RASTER_FAR ? -RASTER_FAR : (int)row;
}

static int
even_ticks(double lo, double hi, double gap, int n, double *out)
{
	int k = 0;
	double first = ceil(lo / gap - 1e-9), last = floor(hi / gap + 1e-9);
	if (!(last - first < 1e6))
		return 0;
	for (double i = first; i <= last && k < n; i++)
		out[k++] = i * gap + 0.0; /* no -0 */
	return k;
}

static int
linear_ticks(double lo, double hi, int n, double *out, double *gap)
{
	double g = scale_nice((hi - lo) / n);
	if (!(g > 0) || !isfinite(g))
		return 0;
	while (floor(hi / g + 1e-9) - ceil(lo / g - 1e-9) + 1 > n)
		g = scale_nice(g * 1.5);
	if (gap)
		*gap = g;
	return even_ticks(lo, hi, g, n, out);
}

/* Powers of ten, every few of them; with 2 and 5 between when there is room. */
static int
log_ticks(double lo, double hi, int n, double *out)
{
	int from = (int)ceil(log10(lo) - 1e-9), to = (int)floor(log10(hi) + 1e-9);
	int decades = to - from + 1, k = 0;
	if (decades * 3 <= n) {
		static const double m[3] = {1, 2, 5};
		for (int e = from - 1; e <= to; e++)
			for (int i = 0; i < 3; i++) {
				double v = m[i] * pow(10, e);
				if (v >= lo * (1 - 1e-9) && v <= hi * (1 + 1e-9) && k < n)
					out[k++] = v;
			}
		return k;
	}
	int every = (decades + n - 1) / n;
	for (int e = from; e <= to && k < n; e++)
		if (e % every == 0)
			out[k++] = pow(10, e);
	return k;
}

int
scale_ticks(double lo, double hi, bool log, int n, double *out, double *gap)
{
	if (gap)
		*gap = 0;
	if (n < 1 || !(hi - lo > 1e-10 * fmax(fabs(lo), fabs(hi))) || !isfinite(hi - lo))
		return 0;
	if (log && lo > 0 && hi > 3 * lo)
		return log_ticks(lo, hi, n, out);
	return linear_ticks(lo, hi, n, out, gap);
}

int
scale_time_ticks(double lo, double hi, double offset, int n, double *out)
{
	static const int nice[] = {1,     2,     5,     10,    15,     30,    60,
				   120,   300,   600,   900,   1800,   3600,  7200,
				   10800, 21600, 43200, 86400, 172800, 604800};
	const int nnice = sizeof nice / sizeof *nice;
	if (n < 1 || !(hi - lo > 1e-10 * fmax(fabs(lo), fabs(hi))) || !isfinite(hi - lo))
		return 0;
	if (hi - lo < 2e6)
		return linear_ticks(lo, hi, n, out, NULL);
	double gap = 0;
	for (int i = 0; i < nnice; i++)
		if ((hi - lo) / 1e6 / nice[i] <= n) {
			gap = nice[i] * 1e6;
			break;
		}
	if (gap <= 0)
		gap = scale_nice((hi - lo) / 86400e6 / n) * 86400e6;
	int k = even_ticks(lo + offset, hi + offset, gap, n, out);
	for (int i = 0; i < k; i++)
		out[i] -= offset;
	return k;
}
