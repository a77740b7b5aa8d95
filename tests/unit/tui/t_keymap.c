/* [keys]: what a line does to the table, and what is refused with its place. */
#include "core/conf.h"
#include "tui/keymap.h"
#include "tui/term.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int
set(const char *lines, struct err *e)
{
	struct conf *c;
	char text[600];
	snprintf(text, sizeof text, "[keys]\n%s", lines);
	assert_int_equal(conf_parse("m.conf", text, strlen(text), &c, e), 0);
	int check = keymap_check(c, e), code = keymap_set(c, e);
	assert_int_equal(check, code);
	conf_free(c);
	return code;
}

static int
reset(void **state)
{
	struct err e;
	(void)state;
	return keymap_set(NULL, &e);
}

static void
without_lines_the_table_holds(void **state)
{
	struct err e;
	(void)state;
	assert_int_equal(set("", &e), 0);
	for (int a = ACTION_NONE + 1; a < ACTION_N; a++)
		assert_string_equal(keymap_words((enum action)a), action_table[a].keys);
}

static void
a_line_says_all_keys_of_its_action(void **state)
{
	struct err e;
	(void)state;
	assert_int_equal(set("sort = <F5> <F6>\nhide =\n", &e), 0);
	assert_int_equal(keymap_action(K_F5), ACTION_SORT);
	assert_int_equal(keymap_action(K_F6), ACTION_SORT);
	assert_int_equal(keymap_action('s'), ACTION_NONE);
	assert_int_equal(keymap_action('x'), ACTION_NONE);
	assert_string_equal(keymap_words(ACTION_SORT), "<F5> <F6>");
	assert_string_equal(keymap_words(ACTION_HIDE), "");
	char key[16];
	assert_string_equal(keymap_first(ACTION_SORT, key), "<F5>");
	assert_string_equal(keymap_first(ACTION_HIDE, key), ":hide");
	assert_int_equal(keymap_action('j'), ACTION_DOWN);
}

/* Whatever the order of the lines. */
static void
a_default_key_goes_to_who_asks_for_it(void **state)
{
	static const char *const both[] = {"sort = r\nyrange = s\n", "yrange = s\nsort = r\n"};
	struct err e;
	(void)state;
	for (int i = 0; i < 2; i++) {
		assert_int_equal(set(both[i], &e), 0);
		assert_int_equal(keymap_action('r'), ACTION_SORT);
		assert_int_equal(keymap_action('s'), ACTION_YRANGE);
	}
	assert_int_equal(set("sort = n\n", &e), 0);
	assert_int_equal(keymap_action('n'), ACTION_SORT);
	assert_string_equal(keymap_words(ACTION_NEXT_CHART), "]");
	assert_int_equal(set("sort = t\n", &e), 0);
	assert_string_equal(keymap_words(ACTION_XAXIS), "");
	assert_int_equal(set("sort = q\nquit =\n", &e), 0);
	assert_int_equal(keymap_action('q'), ACTION_SORT);
	assert_int_equal(set("quit = q q <C-c>\n", &e), 0);
	assert_string_equal(keymap_words(ACTION_QUIT), "q <C-c>");
}

static void
mistakes_are_refused_with_their_place_and_change_nothing(void **state)
{
	static const struct {
		const char *lines, *says;
	} wrong[] = {
		{"srot = s\n", "m.conf:2: no action is called 'srot'; did you mean 'sort'?"},
		{"sort = s\nxyzzyxyzzy = x\n", "m.conf:3: no action is called 'xyzzyxyzzy'; ?"},
		{"so = s\n", "m.conf:2: no action is called 'so'"},
		{"sort = <Tabb>\n", "m.conf:2: '<Tabb>' is no key; did you mean <Tab>?"},
		{"sort = Space\n", "m.conf:2: 'Space' is no key; did you mean <Space>?"},
		{"sort = s,t\n", "m.conf:2: 's,t' is no key"},
		{"sort = t\n\nhide = t\n", "m.conf:4: t is the key of sort already, line 2"},
		{"command =\n", "m.conf:2: no key is left for 'command'"},
		{"sort = s\nhide = :\n", "m.conf:3: no key is left for 'command'"},
		{"hide = x\nsort = q\n", "m.conf:3: q is a key of quit; if sort is to have it"},
		{"sort = ?\nhide = x\n", "m.conf:2: ? is a key of help; if sort is to have it"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		struct err e = {0};
		assert_int_equal(set("sort = <F5>\n", &e), 0);
		assert_int_equal(set(wrong[i].lines, &e), ERR_USAGE);
		assert_non_null(strstr(e.text, wrong[i].says));
		assert_int_equal(keymap_action(K_F5), ACTION_SORT);
		assert_int_equal(keymap_action('s'), ACTION_NONE);
	}
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, reset, reset)
	const struct CMUnitTest tests[] = {
		TEST(without_lines_the_table_holds),
		TEST(a_line_says_all_keys_of_its_action),
		TEST(a_default_key_goes_to_who_asks_for_it),
		TEST(mistakes_are_refused_with_their_place_and_change_nothing),
	};
	return cmocka_run_group_tests_name("keymap", tests, NULL, NULL);
}
