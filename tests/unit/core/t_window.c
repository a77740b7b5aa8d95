/* A window, a baseline and a trend, each against the plain way of working it out. */
#include "core/baseline.h"
#include "core/trend.h"
#include "core/window.h"

#include <float.h>
#include <math.h>

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

static uint64_t seed;

static double
dice(void)
{
	seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (double)(seed >> 11) / 9007199254740992.0;
}

static int
by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double
middle_of(double *v, int n)
{
	qsort(v, (size_t)n, sizeof *v, by_value);
	return n % 2 ? v[n / 2] : v[n / 2 - 1] / 2 + v[n / 2] / 2;
}

/* 40: bit for bit, with equal values, both zeros, denormals and huge ones among them. */
static void
a_window_is_what_sorting_gives(void **state)
{
	(void)state;
	static const double odd[] = {0, -0.0, 5e-324, -5e-324, 1e308, -1e308, 1, 1, 2};
	static const uint32_t caps[] = {1, 2, 3, 8, 33, 128};

	for (size_t c = 0; c < sizeof caps / sizeof *caps; c++) {
		uint32_t cap = caps[c], n = 0;
		struct window *w = calloc(1, window_size(cap));
		double *all = calloc(3000, sizeof *all), some[128], away[128];
		window_init(w, cap);
		assert_true(isnan(window_median(w)) && isnan(window_mean(w)));
		seed = cap;
		for (int i = 0; i < 3000; i++) {
			double v = dice() < 0.2 ? odd[(int)(dice() * 9)] : dice() * 10 - 5;
			all[i] = v;
			window_add(w, v);
			n = i + 1 < (int)cap ? (uint32_t)i + 1 : cap;
			/* asked for after one value, a few, or more than the ring has to spare */
			if (dice() < (i / 500 % 2 ? 0.02 : 0.5))
				continue;
			memcpy(some, all + i + 1 - n, n * sizeof *some);
			double m = middle_of(some, (int)n);
			double floor = window_floor(w);
			assert_true(floor <= m);
			assert_true(window_median(w) == m);
			assert_true(window_min(w) == some[0] && window_max(w) == some[n - 1]);
			for (uint32_t k = 0; k < n; k++)
				away[k] = fabs(some[k] - m);
			assert_true(window_deviation(w, m) == middle_of(away, (int)n));
			for (uint32_t k = 0; k < n; k++)
				assert_true(window_distance(w, m, k) == away[k] &&
					    window_at(w, k) == some[k]);
			assert_true(window_back(w, 0) == v &&
				    window_back(w, n - 1) == all[i + 1 - n]);
		}
		free(all);
		free(w);
	}
}

/* 41: equal values have a scale all the same. */
static void
a_constant_has_a_floor_under_its_scale(void **state)
{
	(void)state;
	struct baseline *b = calloc(1, baseline_size(128));

	baseline_init(b, 128);
	for (int i = 0; i < 300; i++)
		baseline_add(b, 2);
	assert_true(baseline_scale(b) == 0.01 && baseline_z(b) == 0);
	baseline_add(b, 3);
	assert_true(fabs(baseline_z(b) - 100) < 1e-9);
	baseline_init(b, 128);
	for (int i = 0; i < 300; i++)
		baseline_add(b, 0);
	baseline_add(b, 1);
	assert_true(isfinite(baseline_z(b)) && baseline_z(b) > 1e300);
	free(b);
}

/* A baseline that works out everything for every value, as the plain words say. */
struct plain {
	double v[64], newest, scale;
	int n, calm, kept_out, stale;
};

static double
plain_scale(const struct plain *p, double *m)
{
	double some[64], away[64];

	memcpy(some, p->v, (size_t)p->n * sizeof *some);
	*m = middle_of(some, p->n);
	for (int i = 0; i < p->n; i++)
		away[i] = fabs(some[i] - *m);
	return fmax(1.4826 * middle_of(away, p->n), fmax(0.005 * fabs(*m), DBL_MIN));
}

static void
plain_add(struct plain *p, double v)
{
	double m, s, old = p->newest;
	bool out = false;

	p->newest = v;
	if (isnan(old))
		return;
	if (p->n >= 32) {
		s = plain_scale(p, &m);
		if (old > m + 0.1 * fabs(m)) {
			if (p->stale >= 8) {
				p->scale = s;
				p->stale = 0;
			}
			out = old > m + 6 * p->scale;
		}
	}
	if (out) {
		p->calm = 0;
		if (++p->kept_out <= 16)
			return;
	} else if (++p->calm >= 16) {
		p->kept_out = 0;
	}
	p->stale++;
	if (p->n == 64)
		memmove(p->v, p->v + 1, 63 * sizeof *p->v);
	else
		p->n++;
	p->v[p->n - 1] = old;
}

static double
curve(int kind, int i)
{
	double even = dice() + dice() + dice() - 1.5;

	switch (kind) {
	case 0: /* an even one, with spikes */
		return 2 + 0.05 * even + (i % 400 < 3 ? 2 : 0);
	case 1: /* one that spreads */
		return exp(even);
	case 2: /* around zero */
		return even;
	case 3: /* falling below it */
		return 5 - i * 0.01 + 0.3 * even;
	case 4: /* few different values, and one zero after all */
		return (int)(3 * dice()) * (dice() < 0.5 ? -0.0 : 1);
	default: /* what no sum survives */
		return (dice() < 0.5 ? 1e308 : 5e-324) * (dice() < 0.5 ? -1 : 1);
	}
}

/* 40: what is cheap is what is thorough: the same centre, scale and verdict at any moment. */
static void
a_baseline_is_what_the_plain_one_says(void **state)
{
	(void)state;
	int usual = 0, all = 0;

	for (int kind = 0; kind < 6; kind++)
		for (int asked = 0; asked < 3; asked++) {
			struct baseline *b = calloc(1, baseline_size(64));
			struct plain p = {.newest = NAN, .stale = 8};
			baseline_init(b, 64);
			seed = (uint64_t)(kind + 1);
			for (int i = 0; i < 3000; i++) {
				double v = curve(kind, i), m, s;
				baseline_add(b, v);
				plain_add(&p, v);
				/* always, now and then, and hardly ever */
				if (p.n < 32 || i % (asked == 0 ? 1 : asked == 1 ? 7 : 211))
					continue;
				assert_int_equal(baseline_n(b), p.n);
				s = plain_scale(&p, &m);
				assert_true(baseline_floor(b) <= m);
				for (double z = 1; z < 20; z += 1.5) {
					bool sure = baseline_usual(b, z, 0.1);
					all++;
					usual += sure;
					assert_true(!sure || v <= m + 0.1 * fabs(m) ||
						    !((v - m) / s > z));
				}
				if (asked == 1 && i % 2)
					continue; /* what is known may also be old */
				assert_true(baseline_centre(b) == m);
				assert_true(baseline_scale(b) == s);
			}
			free(b);
		}
	assert_in_range(usual, all / 2, all); /* or it is no help */
}

/* What is far above is kept out a quarter of the window long, and then it is the level. */
static void
a_spike_does_not_become_the_usual(void **state)
{
	(void)state;
	struct baseline *b = calloc(1, baseline_size(128));
	int above = 0;

	baseline_init(b, 128);
	seed = 3;
	for (int i = 0; i < 500; i++)
		baseline_add(b, 1 + 0.02 * dice());
	for (int i = 0; i < 400; i++) {
		baseline_add(b, 2 + 0.02 * dice());
		above += baseline_z(b) > 6;
	}
	assert_in_range(above, 32 + 60, 32 + 70);
	free(b);
}

static void
a_trend_is_what_the_fifths_say(void **state)
{
	(void)state;
	static const int lengths[] = {25, 64, 65, 1000, 20000};

	for (size_t k = 0; k < sizeof lengths / sizeof *lengths; k++) {
		int n = lengths[k];
		struct trend t;
		double gain = 0, error = 0, before = 0;
		trend_init(&t);
		for (int i = 0; i < n; i++)
			trend_add(&t, 100 - (double)i / n);
		assert_int_equal(t.n, n);
		assert_true(trend_step(&t, &gain, &error, &before));
		/* A line falls by a fifth from fifth to fifth; spans are a few percent wide. */
		assert_true(fabs(gain - 0.2) < 0.02);
		assert_true(fabs(before - 99.3) < 0.04);
	}
	struct trend t;
	double gain, error, before;
	trend_init(&t);
	for (int i = 0; i < 19; i++)
		trend_add(&t, i);
	assert_false(trend_step(&t, &gain, &error, &before));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_window_is_what_sorting_gives),
		cmocka_unit_test(a_constant_has_a_floor_under_its_scale),
		cmocka_unit_test(a_baseline_is_what_the_plain_one_says),
		cmocka_unit_test(a_spike_does_not_become_the_usual),
		cmocka_unit_test(a_trend_is_what_the_fifths_say),
	};
	return cmocka_run_group_tests_name("window", tests, NULL, NULL);
}
