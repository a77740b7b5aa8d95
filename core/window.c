/* Of a value that leaves, its place among the sorted ones has to be found too: the ring keeps some
 * more than the window has, so that what left while nobody asked is still known. After more than
 * that everything is sorted anew.
 *
 * Sorting is no change that anybody could see: functions that only read do it. */
#include "core/window.h"

#include <float.h>
#include <math.h>
#include <string.h>

enum { SPARE = 32 };

static uint32_t
ring_of(uint32_t cap)
{
	return cap + (cap / 4 < SPARE ? cap / 4 : SPARE);
}

size_t
window_size(uint32_t cap)
{
	return sizeof(struct window) + ((size_t)cap + ring_of(cap)) * sizeof(double);
}

void
window_init(struct window *w, uint32_t cap)
{
	*w = (struct window){.cap = cap, .ring = ring_of(cap), .floor = INFINITY};
}

void
window_add(struct window *w, double v)
{
	if (w->n == w->cap)
		w->above -= window_back(w, w->n - 1) >= w->floor;
	else
		w->n++;
	w->above += v >= w->floor;
	w->late += w->late <= w->ring - w->cap; /* beyond that more means the same */
	w->v[w->head] = v + 0.0;                /* there is one zero */
	w->head = w->head + 1 == w->ring ? 0 : w->head + 1;
}

double
window_back(const struct window *w, uint32_t i)
{
	return w->v[w->head > i ? w->head - 1 - i : w->head + w->ring - 1 - i];
}

/* -- in order ---------------------------------------------------------------------------------- */

/* Where X stands, or has to be put, among the N sorted ones. Which way each step goes is a toss-up,
 * so there is nothing in it to be guessed. */
static uint32_t
place(const double *sorted, uint32_t n, double x)
{
	const double *at = sorted;

	while (n > 1) {
		uint32_t half = n / 2;
		at += half * (uint32_t)(at[half - 1] < x);
		n -= half;
	}
	return (uint32_t)(at - sorted) + (n == 1 && *at < x);
}

/* OLD goes, V comes: only what lies between the two places moves. */
static void
replace(double *sorted, uint32_t n, double old, double v)
{
	uint32_t from = place(sorted, n, old), to = place(sorted, n, v);

	if (from < to)
		memmove(sorted + from, sorted + from + 1, (--to - from) * sizeof *sorted);
	else
		memmove(sorted + to + 1, sorted + to, (from - to) * sizeof *sorted);
	sorted[to] = v;
}

static void
insert(double *sorted, uint32_t n, double v)
{
	uint32_t to = place(sorted, n, v);

	memmove(sorted + to + 1, sorted + to, (n - to) * sizeof *sorted);
	sorted[to] = v;
}

static const double *
sorted(const struct window *reader)
{
	struct window *w = (struct window *)(uintptr_t)reader;
	double *s = w->v + w->ring;

	if (!w->late)
		return s;
	if (w->late > w->ring - w->cap) {
		w->sorted = 0;
		w->late = w->n;
	}
	for (; w->late; w->late--) {
		double v = window_back(w, w->late - 1);
		if (w->sorted < w->cap)
			insert(s, w->sorted++, v);
		else
			replace(s, w->cap, window_back(w, w->late - 1 + w->cap), v);
	}
	w->floor = s[w->n / 4];
	w->above = (int32_t)(w->n - w->n / 4);
	return s;
}

double
window_floor(const struct window *w)
{
	if (!w->n)
		return -INFINITY;
	if (w->above < (int32_t)(w->n / 2 + 1))
		sorted(w);
	/* Next to zero the halves of a middle are rounded. */
	return w->floor != 0 && fabs(w->floor) < 2 * DBL_MIN ? -INFINITY : w->floor;
}

/* Halved before they are added: two of 1e308 have a middle too. */
static double
middle(double a, double b)
{
	return a / 2 + b / 2;
}

double
window_at(const struct window *w, uint32_t i)
{
	return sorted(w)[i];
}

double
window_median(const struct window *w)
{
	const double *s = sorted(w);

	if (!w->n)
		return NAN;
	return w->n % 2 ? s[w->n / 2] : middle(s[w->n / 2 - 1], s[w->n / 2]);
}

double
window_min(const struct window *w)
{
	return w->n ? sorted(w)[0] : NAN;
}

double
window_max(const struct window *w)
{
	return w->n ? sorted(w)[w->n - 1] : NAN;
}

double
window_mean(const struct window *w)
{
	const double *s = sorted(w);
	double sum = 0;

	/* In sorted order: the sum of the same values is the same, however they came. */
	for (uint32_t i = 0; i < w->n; i++)
		sum += s[i] / w->n;
	return w->n ? sum : NAN;
}

/* -- distances --------------------------------------------------------------------------------- */

/* Those of what lies below the centre and of what does not, each in order from the centre
 * outwards. */
struct sides {
	const double *s;
	double centre;
	uint32_t below, n;
};

static double
below(const struct sides *d, uint32_t i)
{
	return d->centre - d->s[d->below - 1 - i];
}

static double
above(const struct sides *d, uint32_t i)
{
	return d->s[d->below + i] - d->centre;
}

/* How many of the first K distances lie below. */
static uint32_t
share(const struct sides *d, uint32_t k)
{
	uint32_t up = d->n - d->below, lo = k > up ? k - up : 0, hi = k < d->below ? k : d->below;

	while (lo < hi) {
		uint32_t mid = (lo + hi) / 2;
		if (below(d, mid) < above(d, k - mid - 1))
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

double
window_distance(const struct window *w, double centre, uint32_t i)
{
	const double *s = sorted(w);
	struct sides d = {s, centre, place(s, w->n, centre), w->n};
	uint32_t down = share(&d, i + 1), up = i + 1 - down;

	return fmax(down ? below(&d, down - 1) : 0, up ? above(&d, up - 1) : 0);
}

double
window_deviation(const struct window *w, double centre)
{
	if (!w->n)
		return NAN;
	double last = window_distance(w, centre, w->n / 2);
	return w->n % 2 ? last : middle(window_distance(w, centre, w->n / 2 - 1), last);
}
