/* Which range of values deserves the height of a chart.
 *
 * One bad batch must not flatten the rest of a curve: by default a range runs from the 1st to the
 * 99th percentile. The points themselves are not at hand, only what is kept of each column of dots.
 * Of its n points min and max are known exactly. The first, the last and the mean are each likely
 * to be an ordinary value, so the middle one of the three is taken for the centre of the other n -
 * 2, which lie evenly around it as far as min or max allows; as many of them lie at the far end
 * instead as it takes to give the mean. So white noise counts as broad as it is, and a lone spike
 * as lone. And a percentile is only used where cutting gains much: the tails of a normal
 * distribution are not worth a row of marks.
 *
 * A curve that ends in NaN has often passed 1e18 on its way there, and in more than one percent of
 * its points. Of such a curve only that counts which is not far from where it began and from where
 * its middle half lies. A curve that rises late without breaking (a reward, at last) is left
 * alone. */
#include "tui/pool.h"

#include "core/xalloc.h"

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
	double start_lo, start_hi; /* of the first column that has points */
	bool log;
	bool broken; /* there are values that are not finite */
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

/* Where V lies on the scale, no lower than LEAST when that has logarithms. */
static double
place(const struct pool *p, double v, double least)
{
	return p->log ? log(fmax(v, least)) : v;
}

static double
median3(double a, double b, double c)
{
	return fmax(fmin(a, b), fmin(fmax(a, b), c));
}

/* The least value of a column that a scale of logarithms can show. What is not positive can't be
 * told apart from the rest: the least value that is known to be positive stands in. */
static double
least_positive(const struct column *c)
{
	double v = c->max;
	const double known[] = {c->min, c->first, c->last};
	for (int i = 0; i < 3; i++)
		if (known[i] > 0)
			v = fmin(v, known[i]);
	return v;
}

/* The points of one column: see the head of this file. */
static void
pool_column(struct pool *p, const struct column *c)
{
	double n = (double)c->n, min = c->min, max = c->max, least = min;
	if (p->log) {
		if (max <= 0)
			return;
		least = least_positive(c);
	}
	if (p->n == 0) {
		p->start_lo = place(p, least, least);
		p->start_hi = place(p, max, least);
	}
	p->lo = fmin(p->lo, place(p, least, least));
	p->hi = fmax(p->hi, place(p, max, least));
	part_add(p, place(p, min, least), place(p, min, least), 1);
	if (n < 2)
		return;
	part_add(p, place(p, max, least), place(p, max, least), 1);
	if (n < 3)
		return;
	double rest = n - 2, mean = (c->sum - min - max) / rest;
	mean = fmin(fmax(mean, min), max);
	double middle = median3(c->first, c->last, mean);
	double half = fmin(middle - min, max - middle);
	double end = mean > middle ? max : min;
	double away = end != middle ? (mean - middle) / (end - middle) : 0;
	part_add(p, place(p, middle - half, least), place(p, middle + half, least),
		 rest * (1 - away));
	part_add(p, place(p, end, least), place(p, end, least), rest * away);
}

void
pool_add(struct pool *p, const struct column *col, int from, int to)
{
	for (int i = from; i < to; i++) {
		p->broken = p->broken || col[i].nan || col[i].inf;
		if (col[i].n > 0)
			pool_column(p, &col[i]);
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

/* The least value that SHARE of the weight does not exceed. END: the ends of all parts, rising;
 * from one to the next the weight grows evenly. */
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

/* The outermost end of a part on this side of LIMIT: an end of the range is a value, not a
 * limit. */
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

/* The 1st to 99th percentile, where that gains much. */
static void
cut_rare(const struct pool *p, const double *end, double total, double *lo, double *hi)
{
	double p1 = percentile(p, end, 2 * p->n, total, 0.01);
	double p99 = percentile(p, end, 2 * p->n, total, 0.99), range = p99 - p1;
	if (*hi > p99 + range)
		*hi = outermost(p, p99 + range / 10, true, p99);
	if (*lo < p1 - range)
		*lo = outermost(p, p1 - range / 10, false, p1);
}

/* What a curve passed on its way to NaN. */
static void
cut_broken(const struct pool *p, const double *end, double total, double *lo, double *hi)
{
	double low = fmin(p->start_lo, percentile(p, end, 2 * p->n, total, 0.25));
	double high = fmax(p->start_hi, percentile(p, end, 2 * p->n, total, 0.75));
	double range = high - low;
	if (range <= 0)
		return;
	if (*hi > high + 5 * range)
		*hi = outermost(p, high + 5 * range, true, high);
	if (*lo < low - 5 * range)
		*lo = outermost(p, low - 5 * range, false, low);
}

/* The ends of all parts, rising. */
static double *
part_ends(const struct pool *p, double *total)
{
	double *end = xcalloc(2 * p->n + 1, sizeof *end);
	*total = 0;
	for (size_t i = 0; i < p->n; i++) {
		*total += p->part[i].weight;
		end[2 * i] = p->part[i].lo;
		end[2 * i + 1] = p->part[i].hi;
	}
	qsort(end, 2 * p->n, sizeof *end, double_order);
	return end;
}

bool
pool_range(const struct pool *p, enum pool_range how, double *lo, double *hi)
{
	double total;
	if (p->n == 0)
		return false;
	*lo = p->lo;
	*hi = p->hi;
	if (how == POOL_ALL || p->lo == p->hi)
		return true;
	double *end = part_ends(p, &total);
	if (how == POOL_BULK) {
		*lo = percentile(p, end, 2 * p->n, total, 0.1);
		*hi = percentile(p, end, 2 * p->n, total, 0.9);
	} else {
		cut_rare(p, end, total, lo, hi);
		if (p->broken)
			cut_broken(p, end, total, lo, hi);
	}
	free(end);
	return true;
}

void
pool_merge(struct pool *into, const struct pool *p, double lo, double hi)
{
	for (size_t i = 0; i < p->n; i++) {
		struct part q = p->part[i];
		if (q.hi < lo || q.lo > hi)
			continue;
		q.lo = fmax(q.lo, lo);
		q.hi = fmin(q.hi, hi);
		into->lo = fmin(into->lo, q.lo);
		into->hi = fmax(into->hi, q.hi);
		part_add(into, q.lo, q.hi, q.weight);
	}
}
