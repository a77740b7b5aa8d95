#include "core/pace.h"

#include <math.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

#define SECOND INT64_C(1000000)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define T0 INT64_C(1700000000000000)

static uint32_t seed;

static double
noise(void) /* 0 … 1 */
{
	seed = seed * 1664525 + 1013904223;
	return (double)(seed >> 8) / (1 << 24);
}

static void
nothing_is_known_at_first(void **state)
{
	(void)state;
	struct pace p = {0};

	assert_true(pace_rate(&p) == 0);
	assert_int_equal(pace_usual_gap_us(&p), 0);
	assert_true(pace_eta_s(&p, 0, 100) < 0);
	assert_int_equal(pace_stall_us(&p), 5 * MINUTE);
	pace_step(&p, 0, T0);
	assert_true(pace_rate(&p) == 0);
}

/* Up to a third of the intervals may hold a pause of any length: the rate is that of the rest. */
static void
pauses_do_not_count(void **state)
{
	(void)state;
	static const double rates[] = {0.001, 0.1, 3, 50, 4000};

	seed = 5;
	for (size_t k = 0; k < sizeof rates / sizeof *rates; k++) {
		struct pace p = {0};
		double t = 0;
		int64_t step = 0;
		int64_t stride = rates[k] < 2 ? 1 : (int64_t)(rates[k] * 2);
		for (int i = 0; i < 200; i++) {
			t += (double)stride / rates[k] * (0.9 + 0.2 * noise());
			if (i % 3 == 1)
				t += (double)stride / rates[k] * (5 + 1000 * noise());
			step += stride;
			pace_step(&p, step, T0 + (int64_t)(t * 1e6));
		}
		assert_true(fabs(pace_rate(&p) / rates[k] - 1) < 0.1);
		assert_true(fabs(pace_eta_s(&p, step, step + 1000) * rates[k] / 1000 - 1) < 0.1);
		assert_true(pace_eta_s(&p, step, step) == 0);
		assert_true(pace_eta_s(&p, step, 0) < 0);
	}
}

/* Rows every millisecond, or a thousand at once every ten seconds: what was trained per second is
 * the same. */
static void
how_rows_are_bundled_does_not_matter(void **state)
{
	(void)state;
	struct pace fine = {0}, bundled = {0};

	for (int64_t i = 0; i < 100000; i++) {
		pace_step(&fine, i, T0 + i * 1000);
		pace_step(&bundled, i, T0 + i / 10000 * 10000 * 1000);
	}
	assert_true(fabs(pace_rate(&fine) / 1000 - 1) < 0.02);
	assert_true(fabs(pace_rate(&bundled) / 1000 - 1) < 0.02);
}

/* A log without times that is read for the first time: all rows seem to have come at once. */
static void
a_backlog_is_no_speed(void **state)
{
	(void)state;
	struct pace p = {0};

	for (int64_t i = 0; i < 5000; i++)
		pace_step(&p, i, T0);
	assert_true(pace_rate(&p) == 0);
	for (int64_t i = 0; i < 5; i++) {
		pace_step(&p, 5000 + i, T0 + (i + 1) * 2 * SECOND);
		assert_true(fabs(pace_rate(&p) - 0.5) < 0.05);
	}
}

/* The rate follows: only the newest marks count. */
static void
a_change_of_speed_shows_after_its_marks(void **state)
{
	(void)state;
	struct pace p = {0};
	int64_t t = T0, step = 0;

	for (int i = 0; i < 100; i++)
		pace_step(&p, step += 10, t += SECOND);
	for (int i = 0; i < PACE_N + 1; i++)
		pace_step(&p, step += 10, t += 4 * SECOND);
	assert_true(fabs(pace_rate(&p) - 2.5) < 0.01);
}

static void
going_back_is_no_negative_speed(void **state)
{
	(void)state;
	struct pace p = {0};
	int64_t t = T0;

	for (int i = 0; i < 20; i++)
		pace_step(&p, i * 100, t += 10 * SECOND);
	for (int i = 5; i < 20; i++) /* resumed from a checkpoint */
		pace_step(&p, i * 100, t += 10 * SECOND);
	assert_true(fabs(pace_rate(&p) - 10) < 0.01);
	for (int i = 20; i < 40; i++) /* a clock that was set back */
		pace_step(&p, i * 100, t -= 10 * SECOND);
	assert_true(pace_rate(&p) >= 0);
}

/* Steps and times come from files: nothing overflows (the sanitizer looks), nothing becomes NaN. */
static void
absurd_numbers_do_no_harm(void **state)
{
	(void)state;
	static const int64_t odd[] = {
		0, 1, -1, INT64_MAX, INT64_MIN, T0, INT64_MAX - 1, INT64_MIN + 1, T0 + SECOND, 42};
	struct pace p = {0};

	seed = 9;
	for (int i = 0; i < 20000; i++) {
		pace_step(&p, odd[(int)(noise() * 10)], odd[(int)(noise() * 10)]);
		pace_arrival(&p, odd[(int)(noise() * 10)]);
		assert_true(pace_rate(&p) >= 0);
		assert_true(pace_usual_gap_us(&p) >= 0);
		assert_true(pace_stall_us(&p) >= 5 * MINUTE);
		assert_false(isnan(pace_eta_s(&p, odd[i % 10], odd[i % 7])));
		assert_in_range(p.n, 0, PACE_N);
		assert_in_range(p.head, 0, PACE_N - 1);
	}
}

/* Logging every few seconds with an evaluation now and then: known after the first, and never
 * alarming. */
static void
usual_pauses_are_known(void **state)
{
	(void)state;
	struct pace p = {0};
	int64_t t = T0;

	seed = 3;
	for (int i = 0; i < 20000; i++) {
		int64_t gap = (int64_t)((2 + 2 * noise()) * 1e6);
		if (i % 500 == 499)
			gap += 60 * SECOND;
		if (i % 5000 == 4999)
			gap += 200 * SECOND;
		if (i > 5000)
			assert_true(gap < pace_stall_us(&p));
		if (i > 1000 && i % 500 != 499)
			assert_true(gap < pace_usual_gap_us(&p));
		pace_arrival(&p, t += gap);
	}
	assert_true(pace_usual_gap_us(&p) < 10 * MINUTE);
}

/* Seldom, but regularly: a run that logs every hour is not stalled after five minutes, one that
 * logs every second is. */
static void
what_is_alarming_depends_on_the_run(void **state)
{
	(void)state;
	struct pace fast = {0}, slow = {0}, slower = {0};

	for (int64_t i = 0; i < 40; i++) {
		pace_arrival(&fast, T0 + i * SECOND);
		pace_arrival(&slow, T0 + i * HOUR);
		pace_arrival(&slower, T0 + i * 10 * HOUR);
	}
	/* regular to the second, every two minutes: ten of them, not three and a bit */
	struct pace regular = {0}, pausing = {0};
	for (int64_t i = 0; i < 5000; i++) {
		pace_arrival(&regular, T0 + i * 2 * MINUTE);
		assert_true(i < 6 || pace_stall_us(&regular) >= 15 * MINUTE);
	}
	assert_true(pace_stall_us(&regular) < HOUR);
	/* every second, but ten minutes of evaluation once */
	for (int64_t i = 0; i < 40; i++)
		pace_arrival(&pausing, T0 + i * SECOND + (i > 30 ? 10 * MINUTE : 0));
	assert_true(pace_stall_us(&pausing) > 29 * MINUTE && pace_stall_us(&pausing) < 31 * MINUTE);
	assert_int_equal(pace_stall_us(&fast), 5 * MINUTE);
	assert_true(pace_stall_us(&slow) >= 3 * HOUR && pace_stall_us(&slow) <= 6 * HOUR);
	assert_true(pace_stall_us(&slower) > 10 * HOUR && pace_stall_us(&slower) <= 15 * HOUR);
}

/* A pause once is not a licence for ever. */
static void
long_silences_are_forgotten(void **state)
{
	(void)state;
	struct pace p = {0};
	int64_t t = T0;

	pace_arrival(&p, t);
	pace_arrival(&p, t += HOUR);
	assert_int_equal(pace_usual_gap_us(&p), HOUR);
	for (int64_t i = 0; i < 50 * 3600; i++)
		pace_arrival(&p, t += SECOND);
	assert_true(pace_usual_gap_us(&p) > 40 * MINUTE);
	for (int64_t i = 0; i < 200 * 3600; i++)
		pace_arrival(&p, t += SECOND);
	assert_int_equal(pace_usual_gap_us(&p), SECOND);
	assert_int_equal(pace_stall_us(&p), 5 * MINUTE);
}

/* Nobody watched, but the log has times: they say how often it speaks. */
static void
marks_stand_in_for_arrivals(void **state)
{
	(void)state;
	struct pace p = {0};

	for (int64_t i = 0; i < 10; i++)
		pace_step(&p, i, T0 + i * 20 * MINUTE);
	assert_int_equal(pace_usual_gap_us(&p), 40 * MINUTE);
	assert_true(pace_stall_us(&p) >= 2 * HOUR);
}

static void
the_stride_is_that_of_the_rows(void **state)
{
	(void)state;
	struct pace p = {0};

	for (int64_t i = 0; i <= 50; i++) {
		pace_step(&p, i * 10, T0 + i * 1000);
		pace_step(&p, i * 10, T0 + i * 1000); /* another log of the run */
	}
	assert_int_equal(p.stride, 10);
	assert_int_equal(p.last_step, 500);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_known_at_first),
		cmocka_unit_test(pauses_do_not_count),
		cmocka_unit_test(how_rows_are_bundled_does_not_matter),
		cmocka_unit_test(a_backlog_is_no_speed),
		cmocka_unit_test(a_change_of_speed_shows_after_its_marks),
		cmocka_unit_test(going_back_is_no_negative_speed),
		cmocka_unit_test(absurd_numbers_do_no_harm),
		cmocka_unit_test(usual_pauses_are_known),
		cmocka_unit_test(what_is_alarming_depends_on_the_run),
		cmocka_unit_test(long_silences_are_forgotten),
		cmocka_unit_test(marks_stand_in_for_arrivals),
		cmocka_unit_test(the_stride_is_that_of_the_rows),
	};
	return cmocka_run_group_tests_name("pace", tests, NULL, NULL);
}
