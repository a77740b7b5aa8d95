/* Numbers as a person reads them: digits, and above all widths, for whatever is thrown at them. */
#include "tui/fmt.h"

#include "core/utf8.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static char buf[FMT_N];

static uint64_t seed = 1;

static uint64_t
random_u64(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

static double
random_double(void)
{
	uint64_t bits = random_u64();
	double v;
	memcpy(&v, &bits, sizeof v);
	return v;
}

/* Of every size that a metric may have, and now and then of any that a double may. */
static double
random_value(void)
{
	uint64_t r = random_u64();
	double v = ((double)(r >> 11) / 9007199254740992.0 * 2 - 1) * pow(10, (int)(r % 40) - 20);
	return r % 7 ? v : random_double();
}

static void
check(const char *got, const char *want)
{
	assert_string_equal(got, want);
}

static void
test_values_have_four_significant_digits(void **state)
{
	(void)state;
	static const struct {
		double v;
		const char *want;
	} row[] = {
		{0.118349, "0.1183"},      {1.9024, "1.902"},          {12.345678, "12.35"},
		{123.456, "123.5"},        {1234.56, "1235"},          {12345.6, "12.35k"},
		{1234567, "1.235M"},       {9999.6, "10.00k"},         {999960, "1.000M"},
		{0.001183, "0.001183"},    {0.0001183, "1.183e-4"},    {3.1e-7, "3.100e-7"},
		{3.14159e-12, "3.14e-12"}, {0.0009999999, "0.001000"}, {-0.5, "-0.5000"},
		{-12345.6, "-12.35k"},     {2.5e15, "2.50e15"},        {1e300, "1.0e300"},
	};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++)
		check(fmt_value(buf, row[i].v), row[i].want);
}

static void
test_whole_values_are_shown_whole(void **state)
{
	(void)state;
	check(fmt_value(buf, 0), "0");
	check(fmt_value(buf, -0.0), "0");
	check(fmt_value(buf, 17), "17");
	check(fmt_value(buf, -9999), "-9999");
	check(fmt_value(buf, 10000), "10.00k");
}

static void
test_what_is_no_number_says_so(void **state)
{
	(void)state;
	check(fmt_value(buf, (double)NAN), "NaN");
	check(fmt_value(buf, (double)INFINITY), "+inf");
	check(fmt_value(buf, -(double)INFINITY), "-inf");
	check(fmt_delta(buf, (double)NAN), "–");
	check(fmt_percent(buf, (double)NAN), "–");
	check(fmt_duration(buf, (double)NAN), "–");
	check(fmt_duration(buf, (double)INFINITY), "–");
	check(fmt_axis(buf, (double)NAN, 1), "NaN");
}

static void
test_no_text_is_wider_than_stated(void **state)
{
	(void)state;
	for (int i = 0; i < 200000; i++) {
		double v = random_value();
		int64_t s = (int64_t)random_u64() >> (random_u64() % 60);
		assert_in_range(strlen(fmt_value(buf, v)), 1, FMT_VALUE_W);
		if (v >= 0)
			assert_in_range(strlen(fmt_value(buf, v)), 1, FMT_VALUE_W - 1);
		assert_in_range(utf8_columns(fmt_delta(buf, v)), 1, FMT_DELTA_W);
		assert_in_range(strlen(fmt_step(buf, s)), 1, FMT_STEP_W + (s < 0));
		assert_in_range(strlen(fmt_bytes(buf, (uint64_t)s)), 1, FMT_BYTES_W);
		assert_in_range(utf8_columns(fmt_duration(buf, v)), 1, FMT_DURATION_W);
		assert_in_range(strlen(fmt_age(buf, s, (int64_t)random_u64())), 1, FMT_AGE_W);
		assert_in_range(utf8_columns(fmt_percent(buf, v)), 1, FMT_PERCENT_W);
		assert_true(strlen(fmt_axis(buf, v, fabs(random_value()))) < FMT_N);
		assert_true(strlen(fmt_clock(buf, s, -s)) < FMT_N);
		assert_true(strlen(fmt_time_axis(buf, s, (int64_t)random_u64())) < FMT_N);
		assert_true(strlen(fmt_since(buf, v)) < FMT_N);
	}
}

static double
read_back(const char *z)
{
	char *end;
	double v = strtod(z, &end);
	static const char suffix[] = "kMGT";
	const char *si = *end ? strchr(suffix, *end) : NULL;
	return si ? v * pow(1000, (double)(si - suffix) + 1) : v;
}

static void
test_a_value_read_back_is_the_value(void **state)
{
	(void)state;
	for (int i = 0; i < 100000; i++) {
		double v = random_value();
		if (!isfinite(v) || v == 0 || fabs(v) < 1e-300)
			continue;
		/* longer exponents cost digits */
		double part = fabs(v) >= 1e-9 && fabs(v) < 1e15   ? 0.00051
			      : fabs(v) > 1e-99 && fabs(v) < 1e99 ? 0.0051
								  : 0.051;
		double back = read_back(fmt_value(buf, v));
		if (fabs(back - v) > fabs(v) * part)
			fail_msg("%.17g is shown as %s", v, buf);
	}
}

static void
test_rising_steps_never_fall_on_the_screen(void **state)
{
	(void)state;
	double last = 0;
	for (int64_t s = 0; s < 3000000; s += 1 + s / 997) {
		double now = read_back(fmt_step(buf, s));
		assert_true(now >= last);
		last = now;
	}
	check(fmt_step(buf, 812), "812");
	check(fmt_step(buf, 12400), "12.4k");
	check(fmt_step(buf, 9999), "9999");
	check(fmt_step(buf, 10000), "10.0k");
	check(fmt_step(buf, 999600), "1.00M");
	check(fmt_step(buf, INT64_MAX), "9e18");
	check(fmt_step(buf, -12400), "-12.4k");
}

static void
test_bytes_durations_and_deltas(void **state)
{
	(void)state;
	check(fmt_bytes(buf, 0), "0 B");
	check(fmt_bytes(buf, 812), "812 B");
	check(fmt_bytes(buf, 4100000), "4.1 MB");
	check(fmt_bytes(buf, 41000000), "41 MB");
	check(fmt_bytes(buf, 999999), "1.0 MB");
	check(fmt_duration(buf, 42.9), "42s");
	check(fmt_duration(buf, 7 * 60 + 59), "7m");
	check(fmt_duration(buf, 3 * 3600 + 12 * 60), "3h12m");
	check(fmt_duration(buf, 3 * 3600), "3h00m");
	check(fmt_duration(buf, 2 * 86400 + 4 * 3600), "2d04h");
	check(fmt_duration(buf, 400 * 86400), "400d");
	check(fmt_duration(buf, -1), "–");
	check(fmt_delta(buf, 0.00412), "+0.0041");
	check(fmt_delta(buf, -0.002), "-0.0020");
	check(fmt_delta(buf, 0), "0");
	check(fmt_delta(buf, -12.4), "-12");
	check(fmt_delta(buf, 123.4), "+123");
	check(fmt_delta(buf, 1.26), "+1.3");
	check(fmt_delta(buf, 9.96), "+10");
	check(fmt_delta(buf, -4.1e-5), "-4.1e-5");
	check(fmt_delta(buf, 12345), "+12k");
}

static void
test_a_hundred_percent_is_all(void **state)
{
	(void)state;
	check(fmt_percent(buf, 0), "0%");
	check(fmt_percent(buf, 0.12), "12%");
	check(fmt_percent(buf, 0.29), "29%");
	check(fmt_percent(buf, 0.9999), "99%");
	check(fmt_percent(buf, 1), "100%");
	check(fmt_percent(buf, -0.1), "–");
}

static void
test_an_age_changes_at_most_once_a_minute(void **state)
{
	(void)state;
	const int64_t then = 1700000012345678, minute = 60000000;
	char last[FMT_N] = "";
	int64_t changed = then - minute;
	for (int64_t now = then; now < then + 3 * 86400 * (int64_t)1000000; now += 7 * 1000003) {
		fmt_age(buf, then, now);
		if (strcmp(buf, last) != 0) {
			assert_true(now - changed >= minute - 7 * 1000003);
			memcpy(last, buf, sizeof last);
			changed = now;
		}
	}
	check(fmt_age(buf, then, then + 59 * 1000000), "now");
	check(fmt_age(buf, then, then - 5 * minute), "now");
	check(fmt_age(buf, then, then + 3 * minute), "3m");
	check(fmt_age(buf, then, then + 119 * minute), "1h");
	check(fmt_age(buf, then, then + 5 * 1440 * minute), "5d");
	check(fmt_age(buf, then, then + 800 * 1440 * minute), "2y");
}

static void
test_moments_that_a_person_means(void **state)
{
	(void)state;
	const int64_t s = 1000000, noon = 1742040000 * s;
	static const struct {
		const char *word;
		int64_t after; /* noon, in seconds; 0: it is no time */
	} cases[] = {
		{"8h", 8 * 3600},
		{"90s", 90},
		{"07:00", 19 * 3600},
		{"7:05", 19 * 3600 + 300},
		{"12:00", 24 * 3600},
		{"12:01", 60},
		{"0:00", 12 * 3600},
		{"24:00", 0},
		{"12:60", 0},
		{"12:1x", 0},
		{"-1:30", 0},
		{"7", 0},
		{"", 0},
		{"tomorrow", 0},
		{"0s", 0},
		{"12:001", 0},
		{" 7:00", 0},
	};
	fmt_utc(true);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		int64_t us = 0;
		bool is = fmt_parse_moment(cases[i].word, noon, &us);
		assert_int_equal(is, cases[i].after != 0);
		assert_true(!is || us == noon + cases[i].after * s);
	}
	/* The night in which clocks went forward is an hour shorter. */
	int64_t us;
	fmt_utc(false);
	setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
	tzset();
	assert_true(fmt_parse_moment("07:00", 1743285600 * s, &us)); /* 2025-03-29 23:00 */
	assert_true(us == (1743285600 + 7 * 3600) * s);
	unsetenv("TZ");
	tzset();
}

static void
test_clock_times(void **state)
{
	(void)state;
	const int64_t s = 1000000, noon = 1742040000 * s; /* 2025-03-15 12:00:00 UTC */
	fmt_utc(true);
	check(fmt_clock(buf, noon + 7402 * s, noon), "14:03:22");
	check(fmt_clock(buf, noon - 86400 * s, noon), "03-14");
	check(fmt_clock(buf, noon - 366 * 86400 * s, noon), "2024-03-14");
	check(fmt_clock(buf, 0, noon), "–");
	check(fmt_time_axis(buf, noon, 300 * s), "12:00:00");
	check(fmt_time_axis(buf, noon, 7200 * s), "12:00");
	check(fmt_time_axis(buf, noon, 3 * 86400 * s), "03-15 12:00");
	check(fmt_time_axis(buf, noon, 30 * 86400 * s), "03-15");
	check(fmt_time_axis(buf, noon, 900 * 86400 * s), "2025-03");
	check(fmt_time_axis(buf, -1, 300 * s), "23:59:59");
	assert_int_equal(fmt_zone_s(noon), 0);
	setenv("TZ", "XYZ-2", 1); /* two hours east */
	tzset();
	fmt_utc(false);
	check(fmt_clock(buf, noon, noon), "14:00:00");
	assert_int_equal(fmt_zone_s(noon), 7200);
	setenv("TZ", "UTC", 1);
	tzset();
}

static void
test_labels_of_an_axis_tell_its_ticks_apart(void **state)
{
	(void)state;
	check(fmt_axis(buf, 0.5, 0.1), "0.5");
	check(fmt_axis(buf, 2, 0.5), "2");
	check(fmt_axis(buf, 0.25, 0.25), "0.25");
	check(fmt_axis(buf, 1e-17, 0.1), "0");
	check(fmt_axis(buf, -0.5, 0.1), "-0.5");
	check(fmt_axis(buf, 12000, 1000), "12k");
	check(fmt_axis(buf, 12500, 500), "12.5k");
	check(fmt_axis(buf, 1003, 1), "1003");
	check(fmt_axis(buf, 100.002, 0.001), "100.002");
	check(fmt_axis(buf, 3e-4, 1e-4), "3e-4");
	check(fmt_axis(buf, 12345, 0), "12.3k");
	check(fmt_axis(buf, 10000, 0), "10k");
	check(fmt_axis(buf, 100, 0), "100");
	check(fmt_since(buf, 0), "0");
	check(fmt_since(buf, 450), "7m30s");
	check(fmt_since(buf, 420), "7m");
	check(fmt_since(buf, 11520), "3h12m");
	check(fmt_since(buf, 10800), "3h");
	check(fmt_since(buf, 2 * 86400), "2d");
	check(fmt_since(buf, 2 * 86400 + 3600), "2d01h");
	for (int e = -6; e < 9; e++)
		for (int i = -40; i < 40; i++) {
			double gap = pow(10, e);
			char next[FMT_N];
			fmt_axis(buf, i * gap, gap);
			fmt_axis(next, (i + 1) * gap, gap);
			if (strcmp(buf, next) == 0)
				fail_msg("%d and %d of %g are both %s", i, i + 1, gap, buf);
		}
}

static void
spark(const float *v, int n, int w, bool ascii, const char *want)
{
	char out[200];
	fmt_spark(out, sizeof out, v, n, w, ascii);
	check(out, want);
}

static void
test_sparklines(void **state)
{
	(void)state;
	const float rise[8] = {0, 1, 2, 3, 4, 5, 6, 7}, flat[3] = {5, 5, 5};
	const float bad[4] = {1, NAN, 2, INFINITY}, nan[2] = {NAN, NAN};
	spark(rise, 8, 8, false, "▁▂▃▄▅▆▇█");
	spark(rise, 8, 8, true, "_.-=+*%#");
	spark(rise, 8, 4, false, "▁▃▆█");
	spark(rise, 3, 5, false, "▁▅█  ");
	spark(flat, 3, 4, false, "▄▄▄ ");
	spark(bad, 4, 4, false, "▁×█×");
	spark(bad, 4, 4, true, "_x#x");
	spark(nan, 2, 2, false, "××");
	spark(rise, 0, 3, false, "   ");
	spark(rise, 8, 0, false, "");
}

static void
test_a_sparkline_always_fills_its_columns(void **state)
{
	(void)state;
	for (int i = 0; i < 20000; i++) {
		float v[40];
		char out[200];
		int n = (int)(random_u64() % 40), w = (int)(random_u64() % 60);
		for (int k = 0; k < n; k++)
			v[k] = (float)random_value();
		fmt_spark(out, sizeof out, v, n, w, i & 1);
		assert_int_equal(utf8_columns(out), w);
		fmt_spark(out, 5, v, n, w, i & 1);
		assert_true(strlen(out) < 5);
	}
}

static void
test_ascii_has_no_dash_of_its_own(void **state)
{
	(void)state;
	fmt_ascii(true);
	check(fmt_duration(buf, -1), "-");
	fmt_ascii(false);
}

/* Never more than W columns, and what is shown is the value to the digits that are shown. */
static void
a_cell_is_never_cut(void **state)
{
	(void)state;
	static const double values[] = {0,     1,      -1,     0.9131, 12345.678, -5e301, 1e-320,
					-1e-9, 9999.6, 123456, -0.001, 1e15,      4};
	for (size_t i = 0; i < sizeof values / sizeof *values; i++)
		for (int w = 1; w <= 12; w++)
			for (int whole = 0; whole < 2; whole++) {
				fmt_cell(buf, values[i], whole, w);
				assert_true(utf8_columns(buf) <= w);
				if (strcmp(buf, "\xe2\x80\xa6") == 0 || strpbrk(buf, "kMGT"))
					continue;
				double v = strtod(buf, NULL);
				assert_true(fabs(v - values[i]) <= 0.6 * fabs(values[i]));
			}
	assert_string_equal(fmt_cell(buf, 1, false, 8), "1.000");
	assert_string_equal(fmt_cell(buf, 1, true, 8), "1");
	assert_string_equal(fmt_cell(buf, 0, false, 8), "0");
	assert_string_equal(fmt_cell(buf, -5e301, false, 6), "-5e301");
	assert_string_equal(fmt_cell(buf, -5e301, false, 5), "\xe2\x80\xa6");
	assert_string_equal(fmt_cell(buf, NAN, false, 8), "NaN");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_cell_is_never_cut),
		cmocka_unit_test(test_values_have_four_significant_digits),
		cmocka_unit_test(test_whole_values_are_shown_whole),
		cmocka_unit_test(test_what_is_no_number_says_so),
		cmocka_unit_test(test_no_text_is_wider_than_stated),
		cmocka_unit_test(test_a_value_read_back_is_the_value),
		cmocka_unit_test(test_rising_steps_never_fall_on_the_screen),
		cmocka_unit_test(test_bytes_durations_and_deltas),
		cmocka_unit_test(test_a_hundred_percent_is_all),
		cmocka_unit_test(test_an_age_changes_at_most_once_a_minute),
		cmocka_unit_test(test_clock_times),
		cmocka_unit_test(test_moments_that_a_person_means),
		cmocka_unit_test(test_labels_of_an_axis_tell_its_ticks_apart),
		cmocka_unit_test(test_sparklines),
		cmocka_unit_test(test_a_sparkline_always_fills_its_columns),
		cmocka_unit_test(test_ascii_has_no_dash_of_its_own),
	};
	return cmocka_run_group_tests_name("fmt", tests, NULL, NULL);
}
