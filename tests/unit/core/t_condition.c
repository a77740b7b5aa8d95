#include "core/condition.h"

#include <math.h>

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

static struct condition
parse(const char *text)
{
	struct condition c;
	struct err e = {0};

	if (condition_parse(text, &c, &e) < 0)
		fail_msg("%s: %s", text, e.text);
	return c;
}

static void
comparisons_compare(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		double value;
		enum verdict verdict;
	} cases[] = {
		{"value > 2.5", 2.6, VERDICT_TRUE},
		{"value > 2.5", 2.5, VERDICT_FALSE},
		{"value >= 2.5", 2.5, VERDICT_TRUE},
		{"value < 2.5", 2.5, VERDICT_FALSE},
		{"value <= 2.5", 2.5, VERDICT_TRUE},
		{"value<-1e-3", -0.002, VERDICT_TRUE},
		{" value  >\t.5 ", 0.6, VERDICT_TRUE},
		{"value > 1", INFINITY, VERDICT_TRUE},
		{"value < 1", -INFINITY, VERDICT_TRUE},
		{"value > 80%", 0.81, VERDICT_TRUE},
		{"value > 80%", 0.79, VERDICT_FALSE},
		{"value >= 2k", 2000, VERDICT_TRUE},
		{"value >= 2M", 2e6, VERDICT_TRUE},
		{"value >= 2G", 2e9, VERDICT_TRUE},
		{"value >= 2Ki", 2048, VERDICT_TRUE},
		{"value >= 2Mi", 2097152, VERDICT_TRUE},
		{"value >= 2Gi", 2147483648.0, VERDICT_TRUE},
		{"value >= 2ms", 0.002, VERDICT_TRUE},
		{"value >= 2s", 2, VERDICT_TRUE},
		{"value >= 2m", 120, VERDICT_TRUE},
		{"value >= 2 h", 7200, VERDICT_TRUE},
		{"value >= 2d", 172800, VERDICT_TRUE},
		{"nonfinite", NAN, VERDICT_TRUE},
		{"nonfinite", -INFINITY, VERDICT_TRUE},
		{"nonfinite", 1e308, VERDICT_FALSE},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct condition c = parse(cases[i].text);
		if (condition_of_value(&c, cases[i].value) != cases[i].verdict)
			fail_msg("%s of %g", cases[i].text, cases[i].value);
	}
}

/* NaN is neither above nor below: a rule must not fire by it, nor come to rest. */
static void
nothing_is_known_of_nan(void **state)
{
	(void)state;
	static const char *const all[] = {"value > 0", "value >= 0", "value < 0", "value <= 0"};

	for (int i = 0; i < 4; i++) {
		struct condition c = parse(all[i]);
		assert_int_equal(condition_of_value(&c, NAN), VERDICT_UNKNOWN);
	}
}

static void
what_is_formatted_reads_back(void **state)
{
	(void)state;
	static const char *const all[] = {"value > 0.1", "value <= -3e300", "value < 12%",
					  "nonfinite",   "stalled",         "value >= 0"};

	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		struct condition a = parse(all[i]);
		struct str s = STR_INIT;
		condition_format(&a, &s);
		struct condition b = parse(str_c(&s));
		assert_true(a.kind == b.kind && a.op == b.op && a.limit == b.limit);
		str_release(&s);
	}
}

static void
mistakes_are_placed_and_named(void **state)
{
	(void)state;
	static const struct {
		const char *text, *says;
	} cases[] = {
		{"", "column 1: "},
		{"valeu > 3", "column 1: unknown 'valeu'; did you mean 'value'?"},
		{"  nonfinit", "column 3: unknown 'nonfinit'; did you mean 'nonfinite'?"},
		{"spike(z=8)", "column 1: "},
		{"value", "column 6: expected >"},
		{"value = 3", "column 7: expected >"},
		{"value > ", "column 9: expected a number"},
		{"value > x", "column 9: expected a number"},
		{"value > nan", "column 9: expected a number"},
		{"value > 0x10", "column 9: "},
		{"value > 1e999", "column 9: "},
		{"value > 3 apples", "column 11: "},
		{"value > 3q", "column 10: unknown suffix 'q'"},
		{"value > 3 or value < 1", "column 11: "},
		{"stalled now", "column 9: nothing may follow 'stalled'"},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct condition c;
		struct err e = {0};
		assert_int_equal(condition_parse(cases[i].text, &c, &e), ERR_USAGE);
		if (!strstr(e.text, cases[i].says))
			fail_msg("'%s' says: %s", cases[i].text, e.text);
	}
}

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
		cmocka_unit_test(comparisons_compare),
		cmocka_unit_test(nothing_is_known_of_nan),
		cmocka_unit_test(what_is_formatted_reads_back),
		cmocka_unit_test(mistakes_are_placed_and_named),
		cmocka_unit_test(how_long_is_time_or_points),
	};
	return cmocka_run_group_tests_name("condition", tests, NULL, NULL);
}
