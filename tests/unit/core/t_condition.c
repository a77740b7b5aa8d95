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

/* About one value, with nothing remembered. */
struct about_value {
	double value;
};

static enum verdict
judge_term(void *ctx, const struct term *t, int i)
{
	struct sample now = {.value = ((struct about_value *)ctx)->value};

	(void)i;
	return term_judge(t, NULL, &now);
}

static enum verdict
judge(const struct condition *c, double value)
{
	struct about_value v = {value};

	return condition_judge(c, judge_term, &v);
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
		if (judge(&c, cases[i].value) != cases[i].verdict)
			fail_msg("%s of %g", cases[i].text, cases[i].value);
		condition_release(&c);
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
		assert_int_equal(judge(&c, NAN), VERDICT_UNKNOWN);
		condition_release(&c);
	}
}

/* 24: three truths under each operator. */
static void
unknown_follows_kleene(void **state)
{
	(void)state;
	static const enum verdict truth[] = {VERDICT_TRUE, VERDICT_FALSE, VERDICT_UNKNOWN};
	/* What comes of A (row) and B (column). */
	static const char *const both[] = {"TFU", "FFF", "UFU"}, *const any[] = {"TTT", "TFU",
										 "TUU"};
	static const char negated[] = "FTU";
	static const char letter[] = {
		[VERDICT_TRUE] = 'T', [VERDICT_FALSE] = 'F', [VERDICT_UNKNOWN] = 'U'};

	for (int a = 0; a < 3; a++) {
		assert_int_equal(letter[verdict_not(truth[a])], negated[a]);
		for (int b = 0; b < 3; b++) {
			assert_int_equal(letter[verdict_and(truth[a], truth[b])], both[a][b]);
			assert_int_equal(letter[verdict_or(truth[a], truth[b])], any[a][b]);
		}
	}
}

/* T true, F false, U unknown, as the conditions of three terms would be. */
static enum verdict
by_limit(void *ctx, const struct term *t, int i)
{
	(void)ctx;
	(void)i;
	return t->limit == 1 ? VERDICT_TRUE : t->limit == 2 ? VERDICT_UNKNOWN : VERDICT_FALSE;
}

static void
brackets_and_words_bind_as_they_should(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		enum verdict verdict;
	} cases[] = {
		{"T or F and F", VERDICT_TRUE},        {"(T or F) and F", VERDICT_FALSE},
		{"F and F or T", VERDICT_TRUE},        {"F and (F or T)", VERDICT_FALSE},
		{"not F and F", VERDICT_FALSE},        {"not (F and F)", VERDICT_TRUE},
		{"not not T", VERDICT_TRUE},           {"U or T", VERDICT_TRUE},
		{"U and T", VERDICT_UNKNOWN},          {"U and F", VERDICT_FALSE},
		{"not U or F", VERDICT_UNKNOWN},       {"not (U and F) and T", VERDICT_TRUE},
		{"((((T))))", VERDICT_TRUE},           {"T and T and T and F", VERDICT_FALSE},
		{"F or F or F or U", VERDICT_UNKNOWN}, {"not F or F and F", VERDICT_TRUE},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct str s = STR_INIT, again = STR_INIT;
		for (const char *p = cases[i].text; *p; p++)
			if (*p == 'T' || *p == 'F' || *p == 'U')
				str_addf(&s, "value > %d", *p == 'T' ? 1 : *p == 'U' ? 2 : 3);
			else
				str_addc(&s, *p);
		struct condition c = parse(str_c(&s));
		if (condition_judge(&c, by_limit, NULL) != cases[i].verdict)
			fail_msg("%s", cases[i].text);
		/* What is formatted means the same. */
		condition_format(&c, &again);
		struct condition d = parse(str_c(&again));
		if (condition_judge(&d, by_limit, NULL) != cases[i].verdict)
			fail_msg("%s, formatted %s", cases[i].text, str_c(&again));
		condition_release(&c);
		condition_release(&d);
		str_release(&s);
		str_release(&again);
	}
}

static void
detectors_have_their_defaults(void **state)
{
	(void)state;
	struct condition c = parse("spike(z=8, rel=25%) or slow and diverging(k = 4)");

	assert_int_equal(c.nterms, 3);
	assert_true(c.term[0].arg[0] == 128 && c.term[0].arg[1] == 8 && c.term[0].arg[2] == 0.25);
	assert_true(c.term[1].arg[0] == 0.3);
	assert_true(c.term[2].arg[0] == 0.2 && c.term[2].arg[1] == 4);
	condition_release(&c);
	/* Every default is within its own range. */
	for (const struct detector *const *d = detectors; *d; d++)
		for (int i = 0; i < DETECTOR_ARGS && (*d)->arg[i].name; i++)
			assert_true((*d)->arg[i].def >= (*d)->arg[i].min &&
				    (*d)->arg[i].def <= (*d)->arg[i].max);
}

static void
what_is_formatted_reads_back(void **state)
{
	(void)state;
	static const char *const all[] = {
		"value > 0.1",
		"value <= -3e300",
		"value < 12%",
		"nonfinite",
		"stalled",
		"value >= 0",
		"mean(10) > 88 and not spike(z=8) or count(5m) > 5",
		"not (rate(1h) < 0 or ratio(train/loss) > 1.5)",
		"z(128) < 3 and rel(32) > 2 and delta(1) > 0 and pct(7) < 5%",
		"disk_free < 5% or inode_free < 5% or disk_eta < 6h",
		"log(\"say \\\"x\\\" \\\\ (y)\") or not log(/a\\/b\\\\ [0-9]+/) and age > 3",
		"exit == 3 or exit != -1 and attempt >= 2",
	};

	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		struct condition a = parse(all[i]);
		struct str s = STR_INIT, t = STR_INIT;
		condition_format(&a, &s);
		struct condition b = parse(str_c(&s));
		condition_format(&b, &t);
		assert_string_equal(str_c(&s), str_c(&t));
		assert_int_equal(a.nterms, b.nterms);
		for (int k = 0; k < a.nterms; k++)
			assert_true(a.term[k].limit == b.term[k].limit &&
				    a.term[k].function == b.term[k].function &&
				    a.term[k].detector == b.term[k].detector &&
				    a.term[k].regex == b.term[k].regex);
		condition_release(&a);
		condition_release(&b);
		str_release(&s);
		str_release(&t);
	}
}

static void
mistakes_are_placed_and_named(void **state)
{
	(void)state;
	static const struct {
		const char *text, *says;
	} cases[] = {
		{"", "column 1: expected a comparison or a detector"},
		{"valeu > 3", "column 1: unknown 'valeu'; did you mean 'value'?"},
		{"  nonfinit", "column 3: unknown 'nonfinit'; did you mean 'nonfinite'?"},
		{"spike(x=8)", "column 7: "},
		{"spike(zz=8)", "column 7: unknown 'zz'; did you mean 'z'?"},
		{"spike(z=0)", "column 9: z must be within 1 and 1000"},
		{"spike(z 8)", "column 9: expected '='"},
		{"spike(z=8", "column 10: expected ')'"},
		{"nonfinite(z=8)", "column 11: nonfinite takes nothing in brackets"},
		{"mean > 3", "column 6: mean needs (N)"},
		{"mean(0) > 3", "column 6: expected a whole number from 1 to 1024"},
		{"mean(2.5) > 3", "column 6: expected a whole number"},
		{"mean(2000) > 3", "column 6: expected a whole number"},
		{"rate(0) > 3", "column 6: expected a time"},
		{"ratio() > 3", "column 7: expected the name of a metric"},
		{"maen(3) > 3", "column 1: unknown 'maen'; did you mean 'mean'?"},
		{"value > 3 and", "column 14: expected a comparison or a detector"},
		{"not", "column 4: expected a comparison or a detector"},
		{"mean(5m) > 3",
		 "column 6: mean counts points, it takes no time: expected a whole"},
		{"delta(10s) > 3", "column 7: delta counts points"},
		{"z(50%) > 3", "column 3: z counts points"},
		{"log", "column 4: log needs (\"a text\") or (/a regex/) behind it"},
		{"log(x)", "column 5: log needs"},
		{"log(\"x)", "column 5: what begins here has no end; a value that holds # or ;"},
		{"log(\"\")", "column 5: expected 1 to 200 characters"},
		{"log(\"x\"", "column 8: expected ')'"},
		{"log(/a(b/)", "column 5: regex, at its character 4: "},
		{"value == 3", "column 7: expected >"},
		{"exit = 3", "column 6: expected >"},
		{"(value > 3", "column 11: expected ')'"},
		{"value > 3)", "column 10: "},
		{"not", "column 4: "},
		{"((((((((((((((((((value > 1))))))))))))))))))", "too deep"},
		{"value", "column 6: expected >"},
		{"value = 3", "column 7: expected >"},
		{"value > ", "column 9: expected a number"},
		{"value > x", "column 9: expected a number"},
		{"value > nan", "column 9: expected a number"},
		{"value > 0x10", "column 9: "},
		{"value > 1e999", "column 9: "},
		{"value > 3 apples", "column 11: "},
		{"value > 3q", "column 10: unknown suffix 'q'"},
		{"value > 3 xor value < 1", "column 11: "},
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(comparisons_compare),
		cmocka_unit_test(nothing_is_known_of_nan),
		cmocka_unit_test(what_is_formatted_reads_back),
		cmocka_unit_test(mistakes_are_placed_and_named),
		cmocka_unit_test(unknown_follows_kleene),
		cmocka_unit_test(brackets_and_words_bind_as_they_should),
		cmocka_unit_test(detectors_have_their_defaults),
	};
	return cmocka_run_group_tests_name("condition", tests, NULL, NULL);
}
