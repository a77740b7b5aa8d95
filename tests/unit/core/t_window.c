/* A window, a baseline and a trend, each against the plain way of working it out. */
#include "core/baseline.h"
#include "core/trend.h"
#include "core/window.h"

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
			memcpy(some, all + i + 1 - n, n * sizeof *some);
			double m = middle_of(some, (int)n);
			assert_true(window_median(w) == m);
			assert_true(window_min(w) == some[0] && window_max(w) == some[n - 1]);
			for (uint32_t k = 0; k < n; k++)
				away[k] = fabs(some[k] - m);
			assert_true(window_deviation(w, m) == middle_of(away, (int)n));
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
		cmocka_unit_test(a_spike_does_not_become_the_usual),
		cmocka_unit_test(a_trend_is_what_the_fifths_say),
	};
	return cmocka_run_group_tests_name("window", tests, NULL, NULL);
}
