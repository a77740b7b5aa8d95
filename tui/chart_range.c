/* The y range of a chart from those of its lines.
 *
 * It is that of all points together, but for three things. A line that goes astray must not flatten
 * the others: it counts as far as it is with them. Twenty evaluations must not drown in 100,000
 * steps: of each line four fifths of the points are seen, whatever the rest says. And what is drawn
 * only as a background does not count at all. */
#include "tui/chart.h"

#include "core/xalloc.h"
#include "tui/pool.h"

#include <math.h>
#include <stdlib.h>

struct range {
	double lo, hi;
};

static struct pool *
line_pool(const struct chart *c, const struct chart_line *l, bool log)
{
	struct pool *p = pool_new(log);
	int n = c->span.columns;
	if (c->yrange != YRANGE_TAIL) {
		pool_add(p, l->col, 0, n);
		return p;
	}
	/* a line that ended before the last fifth has a last fifth of its own */
	int end = n;
	while (end > 0 && l->col[end - 1].n == 0)
		end--;
	int from = end > n * 4 / 5 ? n * 4 / 5 : end - (n + 4) / 5;
	pool_add(p, l->col, from > 0 ? from : 0, end);
	return p;
}

static int
double_order(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

/* The farthest that any line may reach: what at most a third of the N lines do, and that is ten
 * times farther than where the others are, is astray. */
static struct range
stray_limits(const struct range *of, int n)
{
	double *lo = xcalloc((size_t)n, sizeof *lo), *hi = xcalloc((size_t)n, sizeof *hi);
	for (int i = 0; i < n; i++) {
		lo[i] = of[i].lo;
		hi[i] = of[i].hi;
	}
	qsort(lo, (size_t)n, sizeof *lo, double_order);
	qsort(hi, (size_t)n, sizeof *hi, double_order);
	struct range most = {lo[n / 3], hi[n - 1 - n / 3]};
	double room = 10 * (most.hi - most.lo);
	struct range limit = {lo[0], hi[n - 1]};
	if (room > 0 && limit.lo < most.lo - room)
		limit.lo = most.lo;
	if (room > 0 && limit.hi > most.hi + room)
		limit.hi = most.hi;
	free(lo);
	free(hi);
	return limit;
}

static void
widen(struct range *r, double lo, double hi)
{
	r->lo = fmin(r->lo, lo);
	r->hi = fmax(r->hi, hi);
}

static struct range
robust_range(struct pool *const *pool, int n, bool log)
{
	struct range *own = xcalloc((size_t)n, sizeof *own), r = {INFINITY, -INFINITY};
	for (int i = 0; i < n; i++)
		pool_range(pool[i], POOL_ROBUST, &own[i].lo, &own[i].hi);
	struct range limit = stray_limits(own, n);
	struct pool *together = pool_new(log);
	for (int i = 0; i < n; i++) {
		double lo, hi;
		pool_merge(together, pool[i], fmax(own[i].lo, limit.lo), fmin(own[i].hi, limit.hi));
		pool_range(pool[i], POOL_BULK, &lo, &hi);
		if (lo <= limit.hi && hi >= limit.lo)
			widen(&r, fmax(lo, limit.lo), fmin(hi, limit.hi));
	}
	double lo, hi;
	if (pool_range(together, POOL_ROBUST, &lo, &hi))
		widen(&r, lo, hi);
	pool_free(together);
	free(own);
	return r;
}

/* Of the lines that count, or with LOOSE of the others; false: nothing there. */
static bool
lines_range(const struct chart *c, bool log, bool loose, struct range *out)
{
	struct pool **pool = xcalloc((size_t)c->nlines + 1, sizeof *pool);
	struct range r = {INFINITY, -INFINITY};
	int n = 0;
	for (int i = 0; i < c->nlines; i++) {
		double lo, hi;
		if (c->line[i].loose != loose)
			continue;
		struct pool *p = line_pool(c, &c->line[i], log);
		if (!pool_range(p, POOL_ALL, &lo, &hi)) {
			pool_free(p);
			continue;
		}
		widen(&r, lo, hi);
		pool[n++] = p;
	}
	if (n > 0 && c->yrange == YRANGE_ROBUST)
		r = robust_range(pool, n, log);
	for (int i = 0; i < n; i++)
		pool_free(pool[i]);
	free(pool);
	*out = log ? (struct range){exp(r.lo), exp(r.hi)} : r;
	return n > 0;
}

bool
chart_scale(const struct chart *c, struct scale *out)
{
	struct range r;
	bool log = c->logy;
	/* nothing positive: better a linear axis than none */
	if (!(log && (lines_range(c, true, false, &r) || lines_range(c, true, true, &r)))) {
		log = false;
		if (!lines_range(c, false, false, &r) && !lines_range(c, false, true, &r))
			return false;
	}
	scale_round(r.lo, r.hi, log, out);
	return true;
}
