#include "store/ruler.h"

#include "core/xalloc.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int
column(const struct ruler *r, int64_t x)
{
	return span_column(&r->sp, (double)x);
}

/* As a whole number; what lies beyond them all is the nearest one. */
static int64_t
whole(double x)
{
	if (!(x > -0x1p63))
		return INT64_MIN;
	return x < 0x1p63 ? (int64_t)x : INT64_MAX;
}

/* The last x in [LO, HI] that lies in column C or before; LO does. GUESS may be anything. */
static int64_t
last_of(const struct ruler *r, int c, int64_t lo, int64_t hi, double guess)
{
	int64_t at = whole(guess);
	uint64_t reach = 1;

	if (column(r, hi) <= c)
		return hi;
	/* LO does, HI does not: closer and closer around the guess, then by halves. */
	while (at > lo && at < hi && reach < UINT64_C(1) << 40) {
		if (column(r, at) <= c) {
			lo = at;
			at = (uint64_t)hi - (uint64_t)at > reach ? at + (int64_t)reach : hi;
		} else {
			hi = at;
			at = (uint64_t)at - (uint64_t)lo > reach ? at - (int64_t)reach : lo;
		}
		reach *= 2;
		if ((uint64_t)hi - (uint64_t)lo == 1)
			return lo;
	}
	while ((uint64_t)hi - (uint64_t)lo > 1) {
		int64_t mid = (int64_t)((uint64_t)lo + ((uint64_t)hi - (uint64_t)lo) / 2);
		if (column(r, mid) <= c)
			lo = mid;
		else
			hi = mid;
	}
	return lo;
}

/* The least and the greatest whole x that lie in a column; false: none does. */
static bool
ends(struct ruler *r, int64_t *from, int64_t *to)
{
	double x0 = r->sp.x0, x1 = r->sp.x1;

	if (!(x1 >= x0) || r->sp.columns <= 0)
		return false;
	if (r->sp.logx && !(x0 > 0))
		x0 = r->sp.axis == AXIS_STEP ? fmin(1, x1) : fmin(1e6, x1);
	int64_t lo = whole(ceil(x0)), hi = whole(floor(x1));
	/* Beyond 2^53 a neighbour may be the same number. */
	while (lo > INT64_MIN && column(r, lo - 1) >= 0)
		lo--;
	while (lo < hi && column(r, lo) < 0)
		lo++;
	while (hi < INT64_MAX && column(r, hi + 1) >= 0)
		hi++;
	while (hi > lo && column(r, hi) < 0)
		hi--;
	*from = lo;
	*to = hi;
	return lo <= hi && column(r, lo) >= 0 && column(r, hi) >= 0;
}

static bool
same_span(const struct span *a, const struct span *b)
{
	return a->axis == b->axis && a->x0 == b->x0 && a->x1 == b->x1 && a->logx == b->logx &&
	       a->columns == b->columns;
}

void
ruler_set(struct ruler *r, const struct span *sp)
{
	int64_t to, at;

	if (r->cap && same_span(&r->sp, sp))
		return;
	r->sp = *sp;
	size_t n = sp->columns > 0 ? (size_t)sp->columns : 1;
	xgrow(&r->last, &r->cap, n, sizeof *r->last);
	r->empty = !ends(r, &r->from, &to);
	if (r->empty)
		return;
	double x0 = sp->x0, x1 = sp->x1, from = sp->logx ? log((double)r->from) : x0;
	double width = (sp->logx ? log(x1) : x1) - from;
	at = r->from;
	int first = column(r, at);
	for (int c = 0; c < sp->columns; c++) {
		double guess = from + width * (c + 1) / sp->columns;
		if (c < first) /* nothing yet */
			r->last[c] = at > INT64_MIN ? at - 1 : at;
		else
			r->last[c] = at = last_of(r, c, at, to, sp->logx ? exp(guess) : guess);
	}
}

void
ruler_release(struct ruler *r)
{
	free(r->last);
	memset(r, 0, sizeof *r);
}

int
ruler_column(const struct ruler *r, int64_t x, int hint)
{
	int lo = 0, hi = r->sp.columns - 1;

	if (r->empty || x < r->from || x > r->last[hi])
		return -1;
	/* There is no last one before it: a column that ends before could not say so. */
	if (x == INT64_MIN)
		return column(r, x);
	for (int c = hint; c >= 0 && c <= hi && c <= hint + 1; c++)
		if (x <= r->last[c] && (!c || x > r->last[c - 1]))
			return c;
	while (lo < hi) {
		int mid = lo + (hi - lo) / 2;
		if (x <= r->last[mid])
			hi = mid;
		else
			lo = mid + 1;
	}
	return lo;
}
