/* window.h - the last N values of a series, and their median at any moment.
 *
 * A ring in order of arrival beside the same values sorted: adding costs one binary search and one
 * memmove of at most N values, reading the median nothing. 16 + 16 N bytes. */
#ifndef CORE_WINDOW_H
#define CORE_WINDOW_H

#include <stddef.h>
#include <stdint.h>

struct window {
	uint32_t cap, n, head; /* HEAD: where the next one goes */
	double v[];            /* CAP in order of arrival, then N sorted */
};

size_t window_size(uint32_t cap);
/* At memory of window_size(CAP) bytes. */
void window_init(struct window *w, uint32_t cap);
/* V is finite. */
void window_add(struct window *w, double v);
/* The value that was added I before the newest; I < n. */
double window_back(const struct window *w, uint32_t i);
/* Of those that are there; NaN when there is none. */
double window_median(const struct window *w);
double window_min(const struct window *w);
double window_max(const struct window *w);
double window_mean(const struct window *w);
/* The median of the distances from CENTRE, which lies between the least and the greatest value. */
double window_deviation(const struct window *w, double centre);

#endif
