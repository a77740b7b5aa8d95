#include "core/stamp.h"

#include <inttypes.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#define S INT64_C(1000000)

static bool
parse(const char *z, int32_t tz, int64_t *us)
{
	size_t n = strlen(z);
	char *exact = malloc(n ? n : 1);
	memcpy(exact, z, n);
	bool ok = stamp_parse(exact, exact + n, tz, us);
	free(exact);
	return ok;
}

static void
stamps_are_read_as_logs_write_them(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int64_t us;
	} cases[] = {
		{"1970-01-01", 0},
		{"2023-11-14", 1699920000 * S},
		{"2023-11-14T22:13:20", 1700000000 * S},
		{"2023-11-14 22:13:20", 1700000000 * S},
		{" 2023-11-14  22:13:20\r", 1700000000 * S},
		{"2023/11/14 22:13:20.123", 1700000000 * S + 123000},
		{"2023-11-14 22:13:20,123", 1700000000 * S + 123000},
		{"2023-11-14T22:13:20.1234567Z", 1700000000 * S + 123456},
		{"2023-11-14T22:13:20Z", 1700000000 * S},
		{"2023-11-15T00:13:20+02:00", 1700000000 * S},
		{"2023-11-14T17:13:20-0500", 1700000000 * S},
		{"2023-11-14T17:13:20 -05", 1700000000 * S},
		{"2023-11-14 22:13:20 UTC", 1700000000 * S},
		{"2023-11-14_22:13", 1699999980 * S},
		{"20231114T221320", 1700000000 * S},
		{"20231114_2213", 1699999980 * S},
		{"2000-02-29", 951782400 * S},
		{"1900-03-01", -2203891200 * S},
		{"2016-12-31T23:59:60Z", 1483228800 * S},
		{"1969-12-31T23:59:59.5Z", -S + 500000},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		int64_t us = 0;
		if (!parse(cases[i].text, 0, &us) || us != cases[i].us)
			fail_msg("%s: %" PRId64, cases[i].text, us);
	}
}

static void
what_is_no_stamp_is_refused(void **state)
{
	(void)state;
	static const char *const texts[] = {
		"",
		"x",
		"2023",
		"2023-11",
		"2023-13-01",
		"2023-00-01",
		"2023-01-00",
		"2023-01-32",
		"2023-11/14",
		"2023-1-1",
		"2023-11-14T",
		"2023-11-14T2",
		"2023-11-14T25:00",
		"2023-11-14T22:60",
		"2023-11-14T22:13:61",
		"2023-11-14T22:13:20+",
		"2023-11-14T22:13:20+2",
		"2023-11-14T22:13:20+99:00",
		"2023-11-14T22:13:20 CET",
		"2023-11-14T22:13:20Zx",
		"2023-11-14x22:13",
		"12.5",
		"1700000000",
	};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		int64_t us;
		if (parse(texts[i], 0, &us))
			fail_msg("'%s' is no stamp", texts[i]);
	}
}

static void
every_day_is_the_one_after_the_day_before(void **state)
{
	(void)state;
	static const int length[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	int64_t last = 0;
	char z[40];
	for (int y = 1970; y < 2110; y++) {
		bool leap = y % 4 == 0 && (y % 100 != 0 || y % 400 == 0);
		for (int m = 1; m <= 12; m++) {
			for (int d = 1; d <= length[m - 1] + (m == 2 && leap); d++) {
				int64_t us;
				snprintf(z, sizeof z, "%04d-%02d-%02d", y, m, d);
				assert_true(parse(z, 0, &us));
				if (y > 1970 || m > 1 || d > 1)
					assert_true(us == last + 86400 * S);
				last = us;
			}
		}
	}
}

static void
without_a_zone_the_offset_counts(void **state)
{
	(void)state;
	int64_t us;
	assert_true(parse("2023-11-14T22:13:20", 3600, &us));
	assert_true(us == (1700000000 - 3600) * S);
	assert_true(parse("2023-11-14T22:13:20Z", 3600, &us));
	assert_true(us == 1700000000 * S);
}

static void
local_time_follows_the_rules_of_the_place(void **state)
{
	(void)state;
	int64_t us;
	/* POSIX rules need no zone files: one hour east, summer time from March to October. */
	setenv("TZ", "AAA-1BBB,M3.5.0,M10.5.0/3", 1);
	tzset();
	assert_true(parse("2023-11-14T23:13:20", STAMP_LOCAL, &us));
	assert_true(us == 1700000000 * S);
	assert_true(parse("2023-07-14T12:00:00", STAMP_LOCAL, &us));
	assert_true(us == 1689328800 * S);
	assert_true(parse("2023-11-14T23:13:20.25", STAMP_LOCAL, &us));
	assert_true(us == 1700000000 * S + 250000);
	/* Either side of the change. */
	assert_true(parse("2023-10-29T01:59:59", STAMP_LOCAL, &us));
	assert_true(us == 1698537599 * S);
	assert_true(parse("2023-10-29T03:00:00", STAMP_LOCAL, &us));
	assert_true(us == 1698544800 * S);
	setenv("TZ", "UTC", 1);
	tzset();
}

static void
a_number_is_a_time_when_it_falls_into_our_age(void **state)
{
	(void)state;
	int64_t us;
	assert_true(stamp_of_number(1700000000.25, 1e6, &us));
	assert_true(us == 1700000000 * S + 250000);
	assert_true(stamp_of_number(1700000000250, 1e6, &us));
	assert_true(us == 1700000000 * S + 250000);
	assert_true(stamp_of_number(1700000000250, 1e3, &us));
	assert_true(us == 1700000000 * S + 250000);
	assert_true(stamp_of_number(1.7e15, 1e6, &us));
	assert_true(us == 1700000000 * S);
	assert_true(stamp_of_number(1.7e18, 1e6, &us));
	assert_true(us == 1700000000 * S);
	assert_false(stamp_of_number(0, 1e6, &us));
	assert_false(stamp_of_number(12.5, 1e6, &us));
	assert_false(stamp_of_number(-1700000000, 1e6, &us));
	assert_false(stamp_of_number(NAN, 1e6, &us));
	assert_false(stamp_of_number(INFINITY, 1e6, &us));
	assert_false(stamp_of_number(1e30, 1e6, &us));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stamps_are_read_as_logs_write_them),
		cmocka_unit_test(what_is_no_stamp_is_refused),
		cmocka_unit_test(every_day_is_the_one_after_the_day_before),
		cmocka_unit_test(without_a_zone_the_offset_counts),
		cmocka_unit_test(local_time_follows_the_rules_of_the_place),
		cmocka_unit_test(a_number_is_a_time_when_it_falls_into_our_age),
	};
	return cmocka_run_group_tests_name("stamp", tests, NULL, NULL);
}
