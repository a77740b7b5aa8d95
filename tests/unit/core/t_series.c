#include "core/series.h"

#include <math.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

static bool
same(double a, double b)
{
	return a == b || (isnan(a) && isnan(b));
}

/* What the store does with a sum is copy its bytes: cut anywhere, copied and continued, it is the
 * whole. */
static void
a_copied_sum_goes_on_as_the_whole(void **state)
{
	(void)state;
	enum { N = 200 };
	struct series_sum whole;
	static const double odd[] = {NAN, INFINITY, -INFINITY, -0.0, 1e308, 5e-324};

	series_sum_init(&whole);
	struct series_sum copy = {0}; /* all zero is as good as initialised */
	for (int i = 0; i < N; i++) {
		double v = i % 7 == 3 ? odd[i / 7 % 6] : 100.0 / (i + 1);
		int64_t step = i < 120 ? i : i - 40;
		char bytes[sizeof copy];
		bool a = series_sum_add(&whole, STEP_STEP, step, i * 1000, v);
		memcpy(bytes, &copy, sizeof copy);
		memcpy(&copy, bytes, sizeof copy);
		bool b = series_sum_add(&copy, STEP_STEP, step, i * 1000, v);
		assert_int_equal(a, b);
		assert_int_equal(a, i == 120);
	}
	assert_memory_equal(&whole, &copy, sizeof whole);
	assert_int_equal(whole.points, N);
	assert_int_equal(whole.segments, 2);
}

static void
counts_and_extremes_are_those_of_the_points(void **state)
{
	(void)state;
	struct series_sum s;
	uint32_t seed = 7;
	double v[500], min = INFINITY, max = -INFINITY;
	int bad = 0, min_at = 0, max_at = 0;

	series_sum_init(&s);
	assert_int_equal(s.segments, 0);
	assert_true(isnan(s.last) && isnan(s.prev) && isnan(s.min) && isnan(s.max));
	for (int i = 0; i < 500; i++) {
		seed = seed * 1664525 + 1013904223;
		v[i] = seed % 11 == 0 ? (seed % 2 ? NAN : -INFINITY) : (double)(seed >> 20);
		series_sum_add(&s, STEP_EPOCH, 10 * i, i, v[i]);
		if (!isfinite(v[i])) {
			bad++;
			continue;
		}
		if (v[i] < min) {
			min = v[i];
			min_at = 10 * i;
		}
		if (v[i] > max) {
			max = v[i];
			max_at = 10 * i;
		}
	}
	assert_int_equal(s.points, 500);
	assert_int_equal(s.nonfinite, bad);
	assert_true(s.min == min && s.max == max);
	assert_int_equal(s.min_step, min_at);
	assert_int_equal(s.max_step, max_at);
	assert_true(same(s.last, v[499]) && same(s.prev, v[498]));
	assert_int_equal(s.first_step, 0);
	assert_int_equal(s.last_step, 4990);
	assert_int_equal(s.unit, STEP_EPOCH);
	assert_int_equal(s.segments, 1);
}

static void
one_point_has_no_point_before_it(void **state)
{
	(void)state;
	struct series_sum s;

	series_sum_init(&s);
	assert_false(series_sum_add(&s, STEP_STEP, -5, 1, 0.25));
	assert_true(s.last == 0.25 && isnan(s.prev));
	assert_int_equal(s.first_step, -5);
}

/* "Best at step 7" must not wander off while the value stays what it is. */
static void
the_first_of_equal_extremes_counts(void **state)
{
	(void)state;
	struct series_sum s;

	series_sum_init(&s);
	series_sum_add(&s, STEP_STEP, 7, 0, 0.5);
	series_sum_add(&s, STEP_STEP, 8, 0, 0.5);
	assert_int_equal(s.min_step, 7);
	assert_int_equal(s.max_step, 7);
}

/* Equal steps go on, and a document without steps has no segments to begin. */
static void
only_a_step_back_begins_a_segment(void **state)
{
	(void)state;
	struct series_sum s;

	series_sum_init(&s);
	assert_false(series_sum_add(&s, STEP_STEP, 3, 0, 1));
	assert_false(series_sum_add(&s, STEP_STEP, 3, 0, 1));
	assert_true(series_sum_add(&s, STEP_STEP, 2, 0, 1));
	assert_false(series_sum_add(&s, STEP_STEP, 2, 0, 1));
	series_sum_init(&s);
	assert_false(series_sum_add(&s, STEP_NONE, 9, 0, 1));
	assert_false(series_sum_add(&s, STEP_NONE, 0, 0, 1));
	assert_int_equal(s.segments, 1);
}

/* Points that come in several sums are as if they had come in one; but for their sparks. */
static void
appended_sums_are_the_whole(void **state)
{
	(void)state;
	enum { N = 60 };
	uint32_t seed = 3;

	for (int round = 0; round < 500; round++) {
		struct series_sum whole = {0}, all = {0}, part = {0};
		for (int i = 0; i < N; i++) {
			seed = seed * 1664525 + 1013904223;
			double v = seed >> 28 ? (double)(seed >> 27) : seed & 1 ? NAN : INFINITY;
			int64_t step = (seed >> 8) % 20 ? i : i - (int)(seed >> 30);
			if ((seed >> 12) % 9 == 0) {
				series_sum_append(&all, &part);
				part = (struct series_sum){0};
			}
			series_sum_add(&whole, STEP_STEP, step, i, v);
			series_sum_add(&part, STEP_STEP, step, i, v);
		}
		series_sum_append(&all, &part);
		assert_int_equal(all.points, whole.points);
		assert_int_equal(all.nonfinite, whole.nonfinite);
		assert_int_equal(all.first_step, whole.first_step);
		assert_int_equal(all.last_step, whole.last_step);
		assert_int_equal(all.first_wall, whole.first_wall);
		assert_int_equal(all.last_wall, whole.last_wall);
		assert_true(same(all.last, whole.last) && same(all.prev, whole.prev));
		assert_true(same(all.min, whole.min) && same(all.max, whole.max));
		assert_int_equal(all.min_step, whole.min_step);
		assert_int_equal(all.max_step, whole.max_step);
		assert_int_equal(all.segments, whole.segments);
		assert_int_equal(all.spark.bad, whole.spark.bad);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_copied_sum_goes_on_as_the_whole),
		cmocka_unit_test(counts_and_extremes_are_those_of_the_points),
		cmocka_unit_test(one_point_has_no_point_before_it),
		cmocka_unit_test(the_first_of_equal_extremes_counts),
		cmocka_unit_test(appended_sums_are_the_whole),
		cmocka_unit_test(only_a_step_back_begins_a_segment),
	};
	return cmocka_run_group_tests_name("series", tests, NULL, NULL);
}
