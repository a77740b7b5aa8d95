/* The newest value waits beside the window until the next one comes, so whoever asks sees it
 * compared with what was there before. The scale is worked out only when somebody asks, or when the
 * value is far enough above the median to be kept out.
 *
 * Nearly all values are nowhere near of being unusual, and to say so neither the median nor the
 * scale has to be known: only what they are not below. For the median the window counts; and after
 * so few new values both can have moved by no more ranks than that. */
#include "core/baseline.h"

#include <float.h>
#include <math.h>

enum {
	ENOUGH = 32,  /* values before anything is unusual */
	CALM = 16,    /* usual values that end an episode */
	FRESH = 8,    /* values for which a scale is good enough to keep out by */
	AGED = 9,     /* values since a scale was worked out, or more */
	OUTLIER_Z = 6 /* scales above the centre */
};
#define OUTLIER_REL 0.1
#define LEAST_REL 0.005
#define FROM_DEVIATION 1.4826
/* Much more than what rounding does to a difference of two values. */
#define ROUNDING 1e-12

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
	b->known.age = AGED;
	b->w = (struct window *)(b + 1);
	window_init(b->w, n);
}

/* V is not above M by a share of REL, if M is not below FLOOR. */
static bool
is_near(double v, double floor, double rel)
{
	/* Below zero a share of the median is the less the greater that is. */
	return v <= floor || (floor >= 0 && v <= floor + rel * floor);
}

static bool
is_outlier(struct baseline *b, double v)
{
	if (b->w->n < ENOUGH && b->w->n < b->w->cap)
		return false;
	double floor = window_floor(b->w);
	if (is_near(v, floor, OUTLIER_REL) ||
	    (b->stale < FRESH && v <= floor + OUTLIER_Z * b->scale))
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
	b->stale += b->stale < FRESH;
	b->known.age += b->known.age < AGED;
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
baseline_floor(const struct baseline *b)
{
	return window_floor(b->w);
}

/* Of the values that come only FRESH can be among those that are nearest to the centre, and as many
 * can leave: ranks move by no more. */
static void
foresee(struct baseline_known *k, const struct window *w, double m)
{
	uint32_t middle = (w->n - 1) / 2, up = w->n / 2 + FRESH;

	k->least_centre = -INFINITY;
	k->least_scale = 0;
	if (middle < FRESH || up >= w->n)
		return;
	double from = window_at(w, middle - FRESH), to = window_at(w, up);
	double moved = fmax(m - from, to - m);
	double near = window_distance(w, m, middle - FRESH);
	double spread = near * (1 - ROUNDING) - moved * (1 + ROUNDING);
	double level = from > 0 ? from : to < 0 ? -to : 0;
	if (!isfinite(near) || !isfinite(moved))
		return;
	k->least_centre = from;
	k->least_scale = fmax(FROM_DEVIATION * spread, LEAST_REL * level) * (1 - ROUNDING);
}

double
baseline_scale(const struct baseline *reader)
{
	struct baseline *b = (struct baseline *)(uintptr_t)reader;

	if (b->known.age == 0)
		return b->known.scale;
	double m = window_median(b->w), s = FROM_DEVIATION * window_deviation(b->w, m);
	double least = fmax(LEAST_REL * fabs(m), DBL_MIN);
	b->known.scale = s > least ? s : least;
	if (b->w->n) {
		b->known.age = 0;
		foresee(&b->known, b->w, m);
	}
	return b->known.scale;
}

bool
baseline_usual(const struct baseline *b, double z, double rel)
{
	const struct baseline_known *k = &b->known;

	return is_near(b->newest, window_floor(b->w), rel) ||
	       (k->age <= FRESH &&
		b->newest - k->least_centre <= z * (1 - ROUNDING) * k->least_scale);
}

double
baseline_z(const struct baseline *b)
{
	if (!b->any || !b->w->n)
		return NAN;
	double z = (b->newest - window_median(b->w)) / baseline_scale(b);
	return fmax(-DBL_MAX, fmin(DBL_MAX, z));
}
