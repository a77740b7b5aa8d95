#include "core/yaml_flat.h"

#include "core/str.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

static void
add(void *ctx, const char *key, const char *value)
{
	str_addf(ctx, "%s=%s\n", key, value);
}

static void
check_yaml(const char *text, const char *want, size_t line)
{
	struct str got = STR_INIT;
	assert_int_equal(yaml_flat(text, strlen(text), add, &got), line);
	assert_string_equal(str_c(&got), want);
	str_release(&got);
}

static void
keys_are_joined_and_lists_are_counted(void **state)
{
	(void)state;
	check_yaml("lr: 1e-3\nmodel:\n  layers: [64, 32]\n  act: relu\nlast: 'it''s'\n",
		   "lr=1e-3\nmodel/layers/0=64\nmodel/layers/1=32\nmodel/act=relu\nlast=it's\n", 0);
	check_yaml("a:\n- b: 1\n  c: 2\n- [3]\n", "a/0/b=1\na/0/c=2\na/1/0=3\n", 0);
	check_yaml("text: >-\n  two\n  lines\n", "text=two lines\n", 0);
	check_yaml("[1, {a: 2}]\n", "0=1\n1/a=2\n", 0);
}

static void
nothing_is_nothing(void **state)
{
	(void)state;
	check_yaml("", "", 0);
	check_yaml("just a text\n", "", 0);
	check_yaml("a:\nb: ~\nc: null\nd: NULL\ne: \"\"\nf: 'null'\n", "e=\nf=null\n", 0);
	check_yaml("--- {a: 1}\n--- {b: 2}\n", "a=1\n", 0);
}

static void
aliases_are_not_followed(void **state)
{
	(void)state;
	check_yaml("a: &a [x, y]\nb: *a\nc: 1\n", "a/0=x\na/1=y\nc=1\n", 0);
	check_yaml("a: &a k\n*a : 2\nc: 1\n", "a=k\n=2\nc=1\n", 0);
	struct str laughs = STR_INIT, got = STR_INIT;
	str_adds(&laughs, "a0: &a0 [ha, ha]\n");
	for (int i = 1; i < 60; i++)
		str_addf(&laughs, "a%d: &a%d [*a%d, *a%d]\n", i, i, i - 1, i - 1);
	assert_int_equal(yaml_flat(laughs.buf, laughs.len, add, &got), 0);
	assert_string_equal(str_c(&got), "a0/0=ha\na0/1=ha\n");
	str_release(&laughs);
	str_release(&got);
}

static void
what_would_have_to_be_constructed_is_left_out(void **state)
{
	(void)state;
	/* An object's attributes are a map; what would make one is left out. */
	check_yaml("!!python/object:argparse.Namespace\nlr: 0.5\nopt: !!python/object:a.B {x: 1}\n"
		   "m: !!python/object/new:a.C {y: 2}\nn: !!python/object:a.D [3]\n",
		   "lr=0.5\nopt/x=1\n", 0);
	check_yaml("a: !!python/object/apply:os.system [\"rm\"]\nb: !!python/tuple [1, 2]\n"
		   "c: !!int \"3\"\nd: !mine {x: {y: 1}}\ne: !!python/name:os.path x\nf: ! text\n",
		   "b/0=1\nb/1=2\nc=3\nf=text\n", 0);
}

static void
nesting_and_length_have_limits(void **state)
{
	(void)state;
	struct str text = STR_INIT, got = STR_INIT;
	str_adds(&text, "deep: ");
	for (int i = 0; i < 500; i++)
		str_adds(&text, "[");
	for (int i = 0; i < 500; i++)
		str_adds(&text, "]");
	str_adds(&text, "\nlast: 1\n");
	assert_int_equal(yaml_flat(text.buf, text.len, add, &got), 0);
	assert_string_equal(str_c(&got), "last=1\n");
	str_reset(&text);
	str_reset(&got);
	for (int i = 0; i < YAML_FLAT_LEAVES + 10; i++)
		str_addf(&text, "k%d: 1\n", i);
	assert_int_equal(yaml_flat(text.buf, text.len, add, &got), 0);
	size_t lines = 0;
	for (const char *p = str_c(&got); *p; p++)
		lines += *p == '\n';
	assert_int_equal(lines, YAML_FLAT_LEAVES);
	str_release(&text);
	str_release(&got);
}

/* Nobody waits for libyaml, to which one more costs as much as all that are open. */
static void
nesting_without_end_ends_it(void **state)
{
	(void)state;
	struct str s = STR_INIT;
	str_adds(&s, "a: 1\nb:\n  ");
	for (int i = 0; i < 4000; i++)
		str_addc(&s, i < 2000 ? '[' : ']');
	str_adds(&s, "\nc: 1\n");
	check_yaml(str_c(&s), "a=1\n", 3);
	str_release(&s);
}

static void
what_is_no_yaml_ends_it_and_says_where(void **state)
{
	(void)state;
	check_yaml("a: 1\nb: [2, 3\nc: 4\n", "a=1\nb/0=2\nb/1=3 c\n", 3);
	check_yaml("a: 1\n\tb: 2\n", "", 2);
	check_yaml("a: 1\nb: \x01\n", "", 2);
}

static void
a_value_with_a_nul_is_left_out(void **state)
{
	(void)state;
	check_yaml("a: \"x\\0y\"\n\"k\\0\": 1\nb: 2\n", "=1\nb=2\n", 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_are_joined_and_lists_are_counted),
		cmocka_unit_test(nothing_is_nothing),
		cmocka_unit_test(aliases_are_not_followed),
		cmocka_unit_test(what_would_have_to_be_constructed_is_left_out),
		cmocka_unit_test(nesting_and_length_have_limits),
		cmocka_unit_test(nesting_without_end_ends_it),
		cmocka_unit_test(what_is_no_yaml_ends_it_and_says_where),
		cmocka_unit_test(a_value_with_a_nul_is_left_out),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
