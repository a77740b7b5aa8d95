/* Series as they are written down, and rules that are tried on them. */
#include "core/notation.h"
#include "core/rule_test.h"
#include "core/xalloc.h"

#include <math.h>
#include <stdio.h>

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

static void
series_are_expanded(void **state)
{
	(void)state;
	static const struct {
		const char *text, *values;
	} cases[] = {
		{"1 2 3", "1 2 3"},
		{"1+2x3", "1 3 5 7"},
		{"10-0.5x2", "10 9.5 9"},
		{"-2+4x1", "-2 2"},
		{"5x2", "5 5 5"},
		{"0x2", "0 0 0"},
		{"1 _ 2", "1 _ 2"},
		{"_x3 7", "_ _ _ 7"},
		{"_x0 7", "7"},
		{"stale 1", "_ 1"},
		{"NaN Inf -Inf", "nan inf -inf"},
		{"  1e3\t2E-1\n", "1000 0.2"},
		{"", ""},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct noted *v;
		struct str s = STR_INIT;
		struct err e = {0};
		size_t n;
		if (notation_expand(cases[i].text, &v, &n, &e) < 0)
			fail_msg("%s: %s", cases[i].text, e.text);
		for (size_t k = 0; k < n; k++) {
			if (k)
				str_addc(&s, ' ');
			if (v[k].there)
				str_addf(&s, "%g", v[k].value);
			else
				str_addc(&s, '_');
		}
		assert_string_equal(str_c(&s), cases[i].values);
		str_release(&s);
		free(v);
	}
	static const char *const bad[] = {"x",       "1+2",   "1+x2",
					  "1x",      "1 2,3", "1xx",
					  "_x",      "1+2y",  "1x99999999999999999999",
					  "one",     "1x2x3", "--1",
					  "5x100000"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct noted *v;
		struct err e = {0};
		size_t n;
		if (notation_expand(bad[i], &v, &n, &e) != ERR_USAGE)
			fail_msg("'%s' was taken", bad[i]);
		assert_non_null(strstr(e.text, "column "));
		assert_null(v);
	}
}

/* -- trials ------------------------------------------------------------------------------------ */

struct trial {
	struct str failures, changes;
};

static void
on_failed(void *ctx, int number, int64_t at_us, const char *what)
{
	struct trial *t = ctx;

	str_addf(&t->failures, "%d@%g %s\n", number, (double)at_us / 60e6, what);
}

static void
on_changed(void *ctx, int number, int64_t at_us, const struct alert *a)
{
	struct trial *t = ctx;

	(void)number;
	if (a->updated_us == a->since_us)
		str_addf(&t->changes, "%s@%g ", alert_state_names[a->state], (double)at_us / 60e6);
}

static int
try_out(const char *conf, const char *test, struct trial *t)
{
	struct rule_test_events ev = {t, on_changed, on_failed};
	struct rule_test *rt = NULL;
	struct conf *c;
	struct err e = {0};
	int checked;

	*t = (struct trial){STR_INIT, STR_INIT};
	if (conf_parse("t.conf", conf, strlen(conf), &c, &e) < 0 ||
	    rule_test_parse("t.yml", test, strlen(test), &rt, &e) < 0)
		fail_msg("%s", e.text);
	int n = rule_test_run(rt, c, &ev, &checked, &e);
	rule_test_free(rt);
	conf_free(c);
	return n;
}

static void
trial_end(struct trial *t)
{
	str_release(&t->failures);
	str_release(&t->changes);
}

#define RULE "[alerts]\ndefaults = off\n[alert hot]\nmetric = temp*\nwhen = value > 2\n"

static void
what_is_expected_is_compared(void **state)
{
	(void)state;
	static const char head[] = "tests:\n- input_series:\n"
				   "  - series: 'temp{run=\"a\"}'\n    values: 1 3 3 1\n"
				   "  - series: temp/2{run=b}\n    values: 1 1 3 3\n"
				   "  alert_rule_test:\n";
	static const struct {
		const char *expect, *failures;
	} cases[] = {
		{"  - {eval_time: 0m, alertname: hot}\n", ""},
		{"  - {eval_time: 1m, alertname: hot}\n", "0@1 hot fires for: a, temp\n"},
		{"  - {eval_time: 1m, alertname: other}\n", ""},
		{"  - eval_time: 1m\n    alertname: hot\n"
		 "    exp_alerts: [{exp_labels: {run: a, metric: temp, severity: warn}}]\n",
		 ""},
		{"  - eval_time: 1m\n    alertname: hot\n"
		 "    exp_alerts: [{exp_labels: {run: a, severity: crit}}]\n",
		 "0@1 hot does not fire for: a\n0@1 hot fires for: a, temp\n"},
		{"  - eval_time: 2m\n    alertname: hot\n"
		 "    exp_alerts: [{exp_labels: {run: b}}, {exp_labels: {run: a}}]\n",
		 ""},
		{"  - eval_time: 2m\n    alertname: hot\n"
		 "    exp_alerts: [{exp_labels: {run: b}}]\n",
		 "0@2 hot fires for: a, temp\n"},
		/* between two points, and long after the last */
		{"  - eval_time: 90s\n    alertname: hot\n"
		 "    exp_alerts: [{exp_labels: {run: a}}]\n",
		 ""},
		{"  - eval_time: 1h\n    alertname: hot\n"
		 "    exp_alerts: [{exp_labels: {run: b}}]\n",
		 ""},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char text[1000];
		struct trial t;
		snprintf(text, sizeof text, "%s%s", head, cases[i].expect);
		int n = try_out(RULE, text, &t);
		assert_string_equal(str_c(&t.failures), cases[i].failures);
		assert_int_equal(n > 0, *cases[i].failures != '\0');
		trial_end(&t);
	}
}

/* What is judged while no point comes. */
static void
silence_passes_too(void **state)
{
	(void)state;
	struct trial t;

	try_out("[alerts]\ndefaults = off\n[alert old]\nmetric = x\nwhen = age > 5m\n",
		"evaluation_interval: 30s\ntests:\n- input_series:\n"
		"  - {series: x, values: 1 1 _x9 1 _x2}\n",
		&t);
	assert_string_equal(str_c(&t.changes), "firing@6.5 resolved@11 ");
	trial_end(&t);
	try_out("[alerts]\ndefaults = off\n[alert quiet]\nwhen = stalled\n",
		"tests:\n- input_series:\n  - {series: x, values: 1x30 _x120 1}\n", &t);
	assert_non_null(strstr(str_c(&t.changes), "firing@"));
	assert_non_null(strstr(str_c(&t.changes), "resolved@151"));
	trial_end(&t);
	try_out("[alerts]\ndefaults = off\n[alert few]\nmetric = x\nwhen = count(5m) < 3\n",
		"tests:\n- input_series:\n  - {series: x, values: 1x5 _x6 1x5}\n", &t);
	assert_string_equal(str_c(&t.changes), "firing@0 resolved@2 firing@8 resolved@14 ");
	trial_end(&t);
}

static void
mistakes_are_named(void **state)
{
	(void)state;
	static const struct {
		const char *text, *says;
	} cases[] = {
		{"", "t.yml: tests: there are none"},
		{"tests: [", "t.yml:"},
		{"test: []\n", "t.yml: tests: there are none"},
		{"testz: [1]\n", "t.yml: testz/0: expected rule_files"},
		{"tests: [{intervall: 1m}]\n", "tests/0/intervall: expected interval"},
		{"tests: [{interval: soon}]\n", "tests/0/interval: expected a duration"},
		{"tests: [{interval: 0}]\n", "tests/0/interval: expected a duration"},
		{"tests: [{input_series: [{series: x}]}]\n", "needs series and values"},
		{"tests: [{input_series: [{series: 'x{job=\"a\"}', values: 1}]}]\n",
		 "expected METRIC{run=\"RUN\"}"},
		{"tests: [{input_series: [{series: x, values: 1x}]}]\n",
		 "tests/0/input_series/0/values: column 3: expected how many times"},
		{"tests: [{alert_rule_test: [{eval_time: 1m}]}]\n",
		 "needs eval_time and alertname"},
		{"tests: [{alert_rule_test: [{eval_time: 1m, alertname: x, exp_alerts: "
		 "[{exp_labels: {host: a}}]}]}]\n",
		 "labels are run, metric and severity"},
		{"tests: [{interval: 1m}]\nevaluation_interval: 0\n", "evaluation_interval"},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct rule_test *t;
		struct err e = {0};
		if (rule_test_parse("t.yml", cases[i].text, strlen(cases[i].text), &t, &e) == 0)
			fail_msg("taken: %s", cases[i].text);
		assert_null(t);
		if (!strstr(e.text, cases[i].says))
			fail_msg("%s\nsays: %s", cases[i].text, e.text);
	}
	/* Half a test is none. */
	struct str s = STR_INIT;
	struct rule_test *t;
	struct err e = {0};
	str_adds(&s, "tests:\n- input_series:\n");
	for (int i = 0; i < 3000; i++)
		str_addf(&s, "  - {series: x%d, values: 1}\n", i);
	assert_int_equal(rule_test_parse("t.yml", str_c(&s), s.len, &t, &e), ERR_USAGE);
	assert_non_null(strstr(e.text, "too long"));
	str_release(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(series_are_expanded),
		cmocka_unit_test(what_is_expected_is_compared),
		cmocka_unit_test(silence_passes_too),
		cmocka_unit_test(mistakes_are_named),
	};
	return cmocka_run_group_tests_name("rule_test", tests, NULL, NULL);
}
