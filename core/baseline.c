/* The newest value waits beside the window until the next one comes, so whoever asks sees it
 * compared with what was there before. The scale is worked out only when somebody asks, or when the
 * value is far enough above the median to be kept out. */
#include "core/baseline.h"

#include <float.h>
#include <math.h>

enum {
	ENOUGH = 32,  /* values before anything is unusual */
	CALM = 16,    /* usual values that end an episode */
	FRESH = 8,    /* values for which a scale is good enough to keep out by */
	OUTLIER_Z = 6 /* scales above the centre */
};
#define OUTLIER_REL 0.1

size_t
baseline_size(uint32_t n)
{
	return sizeof(struct baseline) + window_size(n);
}

void
baseline_init(struct baseline *b, uint32_t n)
{
	b->any = false;
	b->kept_out = b->calm = 0;
	b->stale = FRESH;
	b->w = (struct window *)(b + 1);
	window_init(b->w, n);
}

static bool
is_outlier(struct baseline *b, double v)
{
	if (b->w->n < ENOUGH && b->w->n < b->w->cap)
		return false;
	double m = window_median(b->w);
	if (v <= m + OUTLIER_REL * fabs(m))
		return false;
	if (b->stale >= FRESH) {
		b->scale = baseline_scale(b);
		b->stale = 0;
	}
	return v > m + OUTLIER_Z * b->scale;
}

static void
take(struct baseline *b, double v)
{
	if (is_outlier(b, v)) {
		b->calm = 0;
		if (++b->kept_out <= b->w->cap / 4)
			return;
	} else if (++b->calm >= CALM) {
		b->kept_out = 0;
	}
	b->stale++;
	window_add(b->w, v);
}

void
baseline_add(struct baseline *b, double v)
{
	if (b->any)
		take(b, b->newest);
	b->newest = v;
	b->any = true;
}

uint32_t
baseline_n(const struct baseline *b)
{
	return b->w->n;
}

double
baseline_centre(const struct baseline *b)
{
	return window_median(b->w);
}

double
baseline_scale(const struct baseline *b)
{
	double m = window_median(b->w), s = 1.4826 * window_deviation(b->w, m);
	double least = fmax(0.005 * fabs(m), DBL_MIN);

	return s > least ? s : least;
}

double
baseline_z(const struct baseline *b)
{
	if (!b->any || !b->w->n)
		return NAN;
	double z = (b->newest - window_median(b->w)) / baseline_scale(b);
	return fmax(-DBL_MAX, fmin(DBL_MAX, z));
}
