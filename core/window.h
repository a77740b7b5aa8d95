/* window.h - the last N values of a series, and their median at any moment.
 *
 * A ring in order of arrival beside the same values sorted. Nearly always it is enough to know that
 * the median is not below something, and that is found by counting; so values are sorted in when
 * somebody asks for more than that, all that have come since at once. At most 360 + 16 N bytes. */
#ifndef CORE_WINDOW_H
#define CORE_WINDOW_H

#include <stddef.h>
#include <stdint.h>

struct window {
	uint32_t cap, n;
	uint32_t ring, head;   /* so many places in order of arrival; where the next one goes */
	uint32_t sorted, late; /* how many are in order, and how many came since */
	int32_t above;         /* so many of the N, or more, are FLOOR or above it */
	double floor;
	double v[]; /* RING in order of arrival, then CAP sorted */
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
/* What the median is not below: in the usual course of things the lower quartile of some while ago,
 * and next to no work. -INFINITY: that is not known. */
double window_floor(const struct window *w);
/* The I-th in order, from 0; I < n. */
double window_at(const struct window *w, uint32_t i);
/* The median of the distances from CENTRE, which lies between the least and the greatest value. */
double window_deviation(const struct window *w, double centre);
/* The I-th of those distances in order, from 0; I < n. */
double window_distance(const struct window *w, double centre, uint32_t i);

#endif
