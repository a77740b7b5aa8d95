#include "core/hold.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

static void
how_long_is_time_or_points(void **state)
{
	(void)state;
	struct hold h;

	assert_int_equal(hold_parse("0", &h, NULL), 0);
	assert_int_equal(h.kind, HOLD_NONE);
	assert_int_equal(hold_parse("30s", &h, NULL), 0);
	assert_true(h.kind == HOLD_TIME && h.time_us == 30000000);
	assert_int_equal(hold_parse("250ms", &h, NULL), 0);
	assert_true(h.kind == HOLD_TIME && h.time_us == 250000);
	assert_int_equal(hold_parse("5 points", &h, NULL), 0);
	assert_true(h.kind == HOLD_POINTS && h.points == 5 && h.of == 0);
	assert_int_equal(hold_parse("1 point", &h, NULL), 0);
	assert_true(h.kind == HOLD_POINTS && h.points == 1);
	assert_int_equal(hold_parse("2 of 3 points", &h, NULL), 0);
	assert_true(h.kind == HOLD_POINTS && h.points == 2 && h.of == 3);
	assert_int_equal(hold_parse("32 of 32 points", &h, NULL), 0);

	static const char *const bad[] = {"",
					  "x",
					  "-1s",
					  "3 of 2 points",
					  "1 of 33 points",
					  "0 points",
					  "3 of points",
					  "5 pts",
					  "2 of 3",
					  "9999999 points",
					  "5 points more",
					  "1y",
					  "nan",
					  "inf"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct err e = {0};
		if (hold_parse(bad[i], &h, &e) != ERR_USAGE)
			fail_msg("'%s' was taken", bad[i]);
		assert_non_null(strstr(e.text, "column "));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(how_long_is_time_or_points),
	};
	return cmocka_run_group_tests_name("hold", tests, NULL, NULL);
}
