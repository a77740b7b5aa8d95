/* The y range of a chart from those of its lines.
 *
 * Each line is judged by itself first (tui/pool.h), so that 20 evaluations do not drown in 100,000
 * steps; then the lines are compared, so that one run that goes astray does not flatten the others. */
#include "tui/chart.h"

#include "core/xalloc.h"
#include "tui/pool.h"

#include <math.h>
#include <stdlib.h>

static void
line_pool(const struct chart *c, const struct chart_line *l, struct pool *p)
{
	int n = c->span.columns;
	if (c->yrange != YRANGE_TAIL) {
		pool_add(p, l->col, 0, n);
		return;
	}
	/* a line that ended before the last fifth has a last fifth of its own */
	int end = n;
	while (end > 0 && l->col[end - 1].n == 0)
		end--;
	int from = end > n * 4 / 5 ? n * 4 / 5 : end - (n + 4) / 5;
	pool_add(p, l->col, from > 0 ? from : 0, end);
}

static int
double_order(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

/* What at most a third of the lines reach, and that is ten times farther than where the others are,
 * is cut. LO, HI: of each of N lines. */
static void
cut_stray(double *lo, double *hi, int n, double *a, double *b)
{
	int third = n / 3;
	qsort(lo, (size_t)n, sizeof *lo, double_order);
	qsort(hi, (size_t)n, sizeof *hi, double_order);
	double low = lo[third], high = hi[n - 1 - third], range = high - low;
	int first = 0, last = n - 1;
	if (range > 0) {
		while (lo[first] < low - 10 * range)
			first++;
		while (hi[last] > high + 10 * range)
			last--;
	}
	*a = lo[first];
	*b = hi[last];
}

/* Of the lines that count, or with LOOSE of the others. */
static bool
lines_range(const struct chart *c, bool log_, bool loose, double *a, double *b)
{
	double *lo = xcalloc((size_t)c->nlines + 1, sizeof *lo);
	double *hi = xcalloc((size_t)c->nlines + 1, sizeof *hi);
	int n = 0;
	for (int i = 0; i < c->nlines; i++) {
		if (c->line[i].loose != loose)
			continue;
		struct pool *p = pool_new(log_);
		line_pool(c, &c->line[i], p);
		if (pool_range(p, c->yrange == YRANGE_ROBUST, &lo[n], &hi[n])) {
			lo[n] = log_ ? log(lo[n]) : lo[n];
			hi[n] = log_ ? log(hi[n]) : hi[n];
			n++;
		}
		pool_free(p);
	}
	if (n > 0 && c->yrange == YRANGE_ROBUST)
		cut_stray(lo, hi, n, a, b);
	for (int i = 0; i < n && c->yrange != YRANGE_ROBUST; i++) {
		*a = i ? fmin(*a, lo[i]) : lo[i];
		*b = i ? fmax(*b, hi[i]) : hi[i];
	}
	if (n > 0 && log_) {
		*a = exp(*a);
		*b = exp(*b);
	}
	free(lo);
	free(hi);
	return n > 0;
}

bool
chart_scale(const struct chart *c, struct scale *out)
{
	double lo, hi;
	bool log = c->logy;
	/* nothing positive: better a linear axis than none */
	if (!(log &&
	      (lines_range(c, true, false, &lo, &hi) || lines_range(c, true, true, &lo, &hi)))) {
		log = false;
		if (!lines_range(c, false, false, &lo, &hi) &&
		    !lines_range(c, false, true, &lo, &hi))
			return false;
	}
	scale_round(lo, hi, log, out);
	return true;
}
