#include "core/window.h"

#include <math.h>
#include <string.h>

size_t
window_size(uint32_t cap)
{
	return sizeof(struct window) + 2 * (size_t)cap * sizeof(double);
}

void
window_init(struct window *w, uint32_t cap)
{
	w->cap = cap;
	w->n = w->head = 0;
}

/* Where X stands, or has to be put, among the N sorted ones. */
static uint32_t
place(const double *sorted, uint32_t n, double x)
{
	uint32_t lo = 0, hi = n;

	while (lo < hi) {
		uint32_t mid = (lo + hi) / 2;
		if (sorted[mid] < x)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

void
window_add(struct window *w, double v)
{
	double *sorted = w->v + w->cap;
	uint32_t to = place(sorted, w->n, v);

	if (w->n == w->cap) {
		/* What leaves makes room: only what lies between the two places moves. */
		uint32_t from = place(sorted, w->n, w->v[w->head]);
		if (from < to)
			memmove(sorted + from, sorted + from + 1, (--to - from) * sizeof *sorted);
		else
			memmove(sorted + to + 1, sorted + to, (from - to) * sizeof *sorted);
	} else {
		memmove(sorted + to + 1, sorted + to, (w->n++ - to) * sizeof *sorted);
	}
	sorted[to] = v;
	w->v[w->head] = v;
	w->head = (w->head + 1) % w->cap;
}

double
window_back(const struct window *w, uint32_t i)
{
	return w->v[(w->head + w->cap - 1 - i) % w->cap];
}

/* Halved before they are added: two of 1e308 have a middle too. */
static double
middle(double a, double b)
{
	return a / 2 + b / 2;
}

double
window_median(const struct window *w)
{
	const double *sorted = w->v + w->cap;

	if (!w->n)
		return NAN;
	return w->n % 2 ? sorted[w->n / 2] : middle(sorted[w->n / 2 - 1], sorted[w->n / 2]);
}

double
window_min(const struct window *w)
{
	return w->n ? w->v[w->cap] : NAN;
}

double
window_max(const struct window *w)
{
	return w->n ? w->v[w->cap + w->n - 1] : NAN;
}

double
window_mean(const struct window *w)
{
	double sum = 0;

	/* In sorted order: the sum of the same values is the same, however they came. */
	for (uint32_t i = 0; i < w->n; i++)
		sum += w->v[w->cap + i] / w->n;
	return w->n ? sum : NAN;
}

double
window_deviation(const struct window *w, double centre)
{
	const double *sorted = w->v + w->cap;
	uint32_t up = place(sorted, w->n, centre), down = up;
	double last = NAN, before = NAN;

	/* Outwards from the centre the distances come in order: half of them will do. */
	for (uint32_t taken = 0; taken <= w->n / 2; taken++) {
		before = last;
		if (down > 0 && (up == w->n || centre - sorted[down - 1] <= sorted[up] - centre))
			last = centre - sorted[--down];
		else if (up < w->n)
			last = sorted[up++] - centre;
	}
	return w->n % 2 || !w->n ? last : middle(before, last);
}
