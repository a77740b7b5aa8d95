#include "core/json.h"

#include "core/xalloc.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/* The tokens of a text, one character or value each: `{k:"a"1}$` for {"k": "a", …}. */
static char *
tokens(const char *text, size_t n)
{
	struct str out = STR_INIT;
	struct json j;
	char *exact = xmemdup(text, n);
	json_init(&j, exact, n);
	for (;;) {
		enum json_type type = json_next(&j);
		switch (type) {
		case JSON_END:
		case JSON_BAD:
		case JSON_DEEP:
			assert_int_equal(json_next(&j), type);
			str_addc(&out, "$!#"[type]);
			free(exact);
			return str_steal(&out);
		case JSON_OBJECT:
			str_addc(&out, '{');
			break;
		case JSON_ARRAY:
			str_addc(&out, '[');
			break;
		case JSON_CLOSE:
			str_addc(&out, ')');
			break;
		case JSON_KEY:
			json_unescape(&out, j.text, j.ntext);
			str_addc(&out, ':');
			break;
		case JSON_STRING:
			str_addc(&out, '"');
			json_unescape(&out, j.text, j.ntext);
			str_addc(&out, '"');
			break;
		case JSON_NUMBER:
			str_addf(&out, "%g ", j.number);
			break;
		case JSON_TRUE:
			str_addc(&out, 'T');
			break;
		case JSON_FALSE:
			str_addc(&out, 'F');
			break;
		case JSON_NULL:
			str_addc(&out, 'N');
			break;
		}
	}
}

static void
check(const char *text, const char *want)
{
	char *got = tokens(text, strlen(text));
	if (strcmp(got, want))
		fail_msg("%s: %s, should be %s", text, got, want);
	free(got);
}

static void
whole_values_are_read_token_by_token(void **state)
{
	(void)state;
	check("{}", "{)$");
	check(" [ ] ", "[)$");
	check("1", "1 $");
	check("\"a\"", "\"a\"$");
	check("{\"a\":1,\"b\":[true,false,null]}", "{a:1 b:[TFN))$");
	check("{ \"a\" : -1.5e3 , \"b\" : { \"c\" : \"x\" } }\r\n", "{a:-1500 b:{c:\"x\"))$");
	check("[[[]],{}]", "[[[)){))$");
	check("{\"\":0}", "{:0 )$");
}

static void
the_numbers_that_python_writes_are_numbers(void **state)
{
	(void)state;
	check("[NaN,Infinity,-Infinity]", "[nan inf -inf )$");
	check("[nan,-inf]", "[nan -inf )$");
}

static void
what_is_no_json_is_bad_where_it_goes_wrong(void **state)
{
	(void)state;
	static const struct {
		const char *text, *tokens;
	} cases[] = {
		{"", "!"},
		{"{", "{!"},
		{"{\"a", "{!"},
		{"{\"a\"", "{!"},
		{"{\"a\":", "{a:!"},
		{"{\"a\":1", "{a:1 !"},
		{"{\"a\":1,", "{a:1 !"},
		{"{\"a\":1,}", "{a:1 !"},
		{"{a:1}", "{!"},
		{"[1,]", "[1 !"},
		{"[1 2]", "[1 !"},
		{"{}{}", "{)!"},
		{"{} x", "{)!"},
		{"{\"a\" 1}", "{!"},
		{"[}", "[!"},
		{"{]", "{!"},
		{"[1}", "[1 !"},
		{"tru", "!"},
		{"[nul]", "[!"},
		{"{\"a\":1,,}", "{a:1 !"},
		{"{,}", "{!"},
		{"\"\\", "!"},
		{"[1,\"a]", "[1 !"},
		{"<<<<<<< HEAD", "!"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		check(cases[i].text, cases[i].tokens);
}

static void
every_beginning_of_a_value_is_bad_and_nothing_is_read_behind_it(void **state)
{
	(void)state;
	const char *whole = "{\"a\\u00e9\": [1.5, -Infinity, \"x\\\"y\"], \"b\": {\"c\": null}}";
	for (size_t n = 0; n < strlen(whole); n++) {
		char *got = tokens(whole, n);
		if (got[strlen(got) - 1] != '!')
			fail_msg("%.*s: %s", (int)n, whole, got);
		free(got);
	}
}

static void
nesting_is_limited(void **state)
{
	(void)state;
	char text[200], want[200];
	memset(text, '[', 64);
	memset(text + 64, ']', 64);
	text[128] = '\0';
	memset(want, '[', 64);
	memset(want + 64, ')', 64);
	strncpy(want + 128, "$", 2);
	check(text, want);
	memset(text, '[', 65);
	memset(text + 65, ']', 65);
	text[130] = '\0';
	want[64] = '#';
	want[65] = '\0';
	check(text, want);
}

static void
escapes_become_utf8(void **state)
{
	(void)state;
	static const struct {
		const char *text, *utf8;
	} cases[] = {
		{"", ""},
		{"plain", "plain"},
		{"\\\"\\\\\\/\\b\\f\\n\\r\\t", "\"\\/\b\f\n\r\t"},
		{"\\u0041\\u00e9\\u65E5", "Aé日"},
		{"\\ud83d\\ude00", "😀"},
		{"\\ud83d", "\uFFFD"},
		{"\\ud83d\\u0041", "\uFFFDA"},
		{"\\ude00x", "\uFFFDx"},
		{"\\u12", "\uFFFD12"},
		{"\\x", "\uFFFD"},
		{"\\", "\uFFFD"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct str out = STR_INIT;
		char *exact = xmemdup(cases[i].text, strlen(cases[i].text));
		json_unescape(&out, exact, strlen(cases[i].text));
		assert_string_equal(str_c(&out), cases[i].utf8);
		str_release(&out);
		free(exact);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_values_are_read_token_by_token),
		cmocka_unit_test(the_numbers_that_python_writes_are_numbers),
		cmocka_unit_test(what_is_no_json_is_bad_where_it_goes_wrong),
		cmocka_unit_test(every_beginning_of_a_value_is_bad_and_nothing_is_read_behind_it),
		cmocka_unit_test(nesting_is_limited),
		cmocka_unit_test(escapes_become_utf8),
	};
	return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
