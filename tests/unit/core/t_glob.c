#include "core/glob.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

static void
patterns_mean_what_they_mean_in_a_shell(void **state)
{
	(void)state;
	static const struct {
		const char *pattern, *name;
		bool match;
	} cases[] = {
		{"", "", true},
		{"", "a", false},
		{"a", "a", true},
		{"a", "ab", false},
		{"*", "", true},
		{"*", "a/b/c", true},
		{"a*", "b", false},
		{"*loss*", "train/loss_epoch", true},
		{"*loss*", "train/los", false},
		{"a*b*c", "aXbXbXc", true},
		{"a*b*c", "aXbXbX", false},
		{"**a**", "bab", true},
		{"?", "a", true},
		{"?", "", false},
		{"?", "ab", false},
		{"?", "/", true},
		{"?", "é", true},
		{"??", "é", false},
		{"*?", "é", true},
		{"*??", "é", false},
		{"*\xa9", "é", false},
		{"???", "aéb", true},
		{"[abc]", "b", true},
		{"[abc]", "d", false},
		{"[!abc]", "d", true},
		{"[^abc]", "a", false},
		{"[a-c]x", "bx", true},
		{"[a-c]x", "dx", false},
		{"[]]", "]", true},
		{"[!]]", "]", false},
		{"[a-]", "-", true},
		{"[\\]]", "]", true},
		{"[é-ü]", "ö", true},
		{"[é-ü]", "o", false},
		{"[", "[", true},
		{"[ab", "[ab", true},
		{"a[", "a[", true},
		{"\\*", "*", true},
		{"\\*", "a", false},
		{"\\?x", "?x", true},
		{"a\\", "a\\", true},
		{"layer[0-9]*", "layer12.norm", true},
		{"A", "a", false},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		if (glob_match(cases[i].pattern, cases[i].name) != cases[i].match)
			fail_msg("%s on %s", cases[i].pattern, cases[i].name);
	}
}

/* The plainest definition there is, for patterns of a * ? and names of a b. */
static bool
naive(const char *p, const char *n)
{
	if (!*p)
		return !*n;
	if (*p == '*')
		return naive(p + 1, n) || (*n && naive(p, n + 1));
	return *n && (*p == '?' || *p == *n) && naive(p + 1, n + 1);
}

static void
every_short_pattern_agrees_with_the_definition(void **state)
{
	(void)state;
	char p[6], n[6];

	for (int i = 0; i < 1024; i++) {
		int k = 0;
		for (int x = i; k < i % 6; x /= 3)
			p[k++] = "a*?"[x % 3];
		p[k] = '\0';
		for (int j = 0; j < 64; j++) {
			int m = 0;
			for (int x = j; m < j % 6; x /= 2)
				n[m++] = "ab"[x % 2];
			n[m] = '\0';
			assert_int_equal(glob_match(p, n), naive(p, n));
		}
	}
}

/* With backtracking into every star this would outlive the universe. */
static void
no_pattern_is_slow(void **state)
{
	(void)state;
	static char name[20001], pattern[2001];

	memset(name, 'a', sizeof name - 1);
	for (int i = 0; i < 1000; i++)
		memcpy(pattern + 2 * i, "*a", 2);
	assert_true(glob_match(pattern, name));
	pattern[1999] = 'b';
	assert_false(glob_match(pattern, name));
}

static void
a_name_that_is_no_pattern_matches_itself(void **state)
{
	(void)state;
	static const char *const names[] = {"train/loss", "mAP50-95(B)", "läyer.0",
					    "a b",        "\xff\x80",    "x!y"};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		assert_false(glob_is(names[i]));
		assert_true(glob_match(names[i], names[i]));
	}
	assert_true(glob_is("a*"));
	assert_true(glob_is("a?"));
	assert_true(glob_is("[a]"));
	assert_false(glob_is("a\\*"));
	assert_true(glob_is("\\**"));
	assert_false(glob_is(""));
}

static void
the_first_of_a_list_that_matches_decides(void **state)
{
	(void)state;
	const char *list = "!*scale* *loss*\t*ppl*";

	assert_true(glob_list_match(list, "train/loss"));
	assert_true(glob_list_match(list, "ppl"));
	assert_false(glob_list_match(list, "loss_scale"));
	assert_false(glob_list_match(list, "acc"));
	assert_true(glob_list_match("*loss* !*scale*", "loss_scale"));
	assert_true(glob_list_match("", "anything"));
	assert_true(glob_list_match("  ", "anything"));
	assert_true(glob_list_match(NULL, "anything"));
	assert_false(glob_list_match("!*", "anything"));
	assert_true(glob_list_match("lm\\ loss", "lm loss"));
	assert_false(glob_list_match("lm\\ loss", "lm"));
	assert_true(glob_list_match("a lm\\ loss*", "lm loss validation"));
}

static void
a_relative_pattern_begins_at_any_directory(void **state)
{
	(void)state;
	const char *path = "/home/me/runs/sweep/lr=0.1/seed3";

	assert_true(glob_path_match("seed3", path));
	assert_true(glob_path_match("sweep/*", path));
	assert_true(glob_path_match("lr=*", path));
	assert_true(glob_path_match("*", path));
	assert_true(glob_path_match("*seed3", path));
	assert_true(glob_path_match("/home/*", path));
	assert_false(glob_path_match("/sweep/*", path));
	assert_false(glob_path_match("weep/*", path));
	assert_false(glob_path_match("sweep", path));
	assert_false(glob_path_match("seed", path));
	assert_true(glob_path_list_match("!seed3 *", "/r/seed4"));
	assert_false(glob_path_list_match("!seed3 *", "/r/seed3"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(patterns_mean_what_they_mean_in_a_shell),
		cmocka_unit_test(every_short_pattern_agrees_with_the_definition),
		cmocka_unit_test(no_pattern_is_slow),
		cmocka_unit_test(a_name_that_is_no_pattern_matches_itself),
		cmocka_unit_test(the_first_of_a_list_that_matches_decides),
		cmocka_unit_test(a_relative_pattern_begins_at_any_directory),
	};
	return cmocka_run_group_tests_name("glob", tests, NULL, NULL);
}
