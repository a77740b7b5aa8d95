/* scale.h - one axis of a chart: what range of values it shows, where a value lies on it, which of
 * them are labelled. */
#ifndef TUI_SCALE_H
#define TUI_SCALE_H

#include <stdbool.h>

struct scale {
	double lo, hi;  /* lo < hi */
	bool log;       /* lo > 0 */
	bool constant;  /* everything is one value, in the middle of lo and hi */
	double quantum; /* lo and hi are multiples of it; 0 with log: they have few digits */
};

/* Round ends around [LO, HI] so that the axis neither jumps nor shows odd digits while points come.
 * Equal values get room on both sides. */
void scale_round(double lo, double hi, bool log, struct scale *out);
/* The row of V among H dots, 0 on top; ±RASTER_FAR at most. With log, V <= 0 lies far below. */
int scale_row(const struct scale *s, double v, int h);

/* Round values in [LO, HI]: at most N into OUT, rising; returns how many. GAP (may be NULL) gets
 * the distance between them, 0 when they are not evenly spaced. */
int scale_ticks(double lo, double hi, bool log, int n, double *out, double *gap);
/* The same in µs: whole seconds, minutes, hours, days of a clock that is OFFSET µs ahead. */
int scale_time_ticks(double lo, double hi, double offset, int n, double *out);
/* The round number (1, 2 or 5 times a power of ten) that is at least V > 0. */
double scale_nice(double v);

#endif
