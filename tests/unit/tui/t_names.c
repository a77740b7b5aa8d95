/* What runs are called: short, without what says nothing, and never two alike. */
#include "core/utf8.h"
#include "core/xalloc.h"
#include "tui/model.h"
#include "tui/names.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define MAX 400

/* Names of N paths must be WANT, in order. */
static void
expect(const char *const *path, const char *const *want, int n)
{
	char *name[MAX];
	model_short_names(path, n, name);
	for (int i = 0; i < n; i++) {
		assert_string_equal(name[i], want[i]);
		free(name[i]);
	}
}
#define EXPECT(n, paths, names) expect((const char *const[])paths, (const char *const[])names, n)
#define LIST(...) \
	{ \
		__VA_ARGS__ \
	}

static void
what_all_share_is_left_out(void **state)
{
	(void)state;
	EXPECT(3, LIST("/home/u/runs/a", "/home/u/runs/b", "/home/u/runs/c/d"),
	       LIST("a", "b", "c/d"));
	EXPECT(2, LIST("/r/seed0/out/run", "/r/seed1/out/run"), LIST("seed0", "seed1"));
	/* a part is shared as a whole or not at all */
	EXPECT(2, LIST("/r/seed10", "/r/seed11"), LIST("seed10", "seed11"));
}

static void
a_lone_run_is_called_by_what_says_something(void **state)
{
	(void)state;
	EXPECT(1, LIST("/home/u/exp"), LIST("exp"));
	EXPECT(1, LIST("/home/u/exp/lightning_logs/version_3"), LIST("exp"));
	EXPECT(1, LIST("/home/u/exp/wandb/run-20260211_121423-kj3gdsjx/files"),
	       LIST("run-20260211_121423-kj3gdsjx"));
	EXPECT(1, LIST("/logs"), LIST("logs"));
	EXPECT(1, LIST("/"), LIST("/"));
}

static void
generated_parts_are_left_out(void **state)
{
	(void)state;
	EXPECT(3, LIST("/r/a/tb", "/r/b/csv/logs", "/r/c/lightning_logs/version_0"),
	       LIST("a", "b", "c"));
	/* versions that are several in one directory tell runs apart */
	EXPECT(3,
	       LIST("/r/a/lightning_logs/version_0", "/r/a/lightning_logs/version_1",
		    "/r/b/lightning_logs/version_7"),
	       LIST("a/version_0", "a/version_1", "b"));
}

static void
what_others_share_is_nobodys_name(void **state)
{
	(void)state;
	EXPECT(3,
	       LIST("/home/runs/vit", "/home/runs/tb/exp", "/home/runs/lightning_logs/version_3"),
	       LIST("vit", "exp", "version_3"));
	EXPECT(2, LIST("/home/runs/logs", "/home/runs/a"), LIST("logs", "a"));
}

static void
a_generated_part_comes_back_where_names_would_be_alike(void **state)
{
	(void)state;
	EXPECT(3, LIST("/r/a/tb", "/r/a/csv", "/r/b"), LIST("a/tb", "a/csv", "b"));
}

static void
the_directory_of_all_runs_may_be_one_itself(void **state)
{
	(void)state;
	EXPECT(3, LIST("/home/runs", "/home/runs/a", "/home/runs/b"), LIST("runs", "a", "b"));
	EXPECT(2, LIST("/home/runs", "/home/runs/runs"), LIST("/home/runs", "/home/runs/runs"));
}

static void
given_names_are_taken_and_told_apart(void **state)
{
	const char *path[] = {"/r/x/a", "/r/x/b", "/r/x/c"};
	const char *given[] = {"best", "best", NULL};
	struct named of = {.path = path, .given = given, .n = 3};
	struct arena a = {0};
	char *name[3];
	(void)state;
	names_make(&a, &of, name);
	assert_string_equal(name[0], "best (a)");
	assert_string_equal(name[1], "best (b)");
	assert_string_equal(name[2], "c");
	arena_release(&a);
}

static void
names_that_a_terminal_shows_alike_are_numbered(void **state)
{
	(void)state;
	/* control characters all become the same sign */
	EXPECT(3, LIST("/r/a\001", "/r/a\002", "/r/b"),
	       LIST("/r/a\xef\xbf\xbd", "/r/a\xef\xbf\xbd (2)", "b"));
}

static void
the_same_path_twice_is_numbered_too(void **state)
{
	(void)state;
	EXPECT(3, LIST("/r/a", "/r/b", "/r/b"), LIST("a", "/r/b", "/r/b (2)"));
}

static void
in_ascii_too(void **state)
{
	const char *path[] = {"/r/caf\xc3\xa9", "/r/caf\xc3\xa8", "/r/tea"};
	struct named of = {.path = path, .n = 3, .ascii = true};
	struct arena a = {0};
	char *name[3];
	(void)state;
	names_make(&a, &of, name);
	assert_string_equal(name[0], "/r/caf?");
	assert_string_equal(name[1], "/r/caf? (2)");
	assert_string_equal(name[2], "tea");
	arena_release(&a);
}

/* -- any paths at all ------------------------------------------------------------------------ */

static uint32_t seed;

static uint32_t
draw(uint32_t n)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % n;
}

static char *
draw_path(void)
{
	static const char *const part[] = {"runs",
					   "a",
					   "b",
					   "seed1",
					   "seed2",
					   "logs",
					   "version_0",
					   "version_1",
					   "tb",
					   "a ",
					   "\001",
					   "\xc3\xa9",
					   "e\xcc\x81",
					   "e",
					   "wandb",
					   "日本語の実験",
					   "日本語の評価",
					   "exp_with_a_long_name_1_and_more",
					   "exp_with_a_long_name_2_and_more",
					   "\xff",
					   "lightning_logs"};
	struct str s = STR_INIT;
	for (uint32_t i = 1 + draw(5); i > 0; i--)
		str_addf(&s, "/%s", part[draw(sizeof part / sizeof *part)]);
	return str_steal(&s);
}

static int
draw_paths(char **path, int most)
{
	int n = 0;
	for (int i = 0; i < most; i++) {
		char *p = draw_path();
		bool known = false;
		for (int k = 0; k < n; k++)
			known |= strcmp(path[k], p) == 0;
		if (known)
			free(p);
		else
			path[n++] = p;
	}
	return n;
}

/* As the grid shows it: cleaned, without marks that have no column, blanks at the end unseen. */
static char *
seen(const char *z)
{
	struct str clean = STR_INIT, s = STR_INIT;
	utf8_clean(&clean, z, strlen(z), 0);
	for (const char *p = str_c(&clean), *end = p + clean.len, *next; p < end; p = next) {
		uint32_t cp;
		next = utf8_next(p, end, &cp);
		if (utf8_width(cp))
			str_add(&s, p, (size_t)(next - p));
	}
	str_release(&clean);
	while (s.len && s.buf[s.len - 1] == ' ')
		s.buf[--s.len] = '\0';
	return str_steal(&s);
}

static void
assert_all_differ(char *const *name, int n)
{
	char *as[MAX];
	for (int i = 0; i < n; i++)
		as[i] = seen(name[i]);
	for (int i = 0; i < n; i++) {
		assert_true(*as[i]);
		for (int k = 0; k < i; k++)
			assert_string_not_equal(as[i], as[k]);
	}
	for (int i = 0; i < n; i++)
		free(as[i]);
}

static void
no_two_names_look_alike(void **state)
{
	(void)state;
	for (seed = 1; seed < 400; seed++) {
		uint32_t keep = seed;
		char *path[MAX], *name[MAX];
		int n = draw_paths(path, 2 + (int)draw(30));
		model_short_names((const char *const *)path, n, name);
		assert_all_differ(name, n);
		for (int i = 0; i < n; i++) {
			free(path[i]);
			free(name[i]);
		}
		seed = keep;
	}
}

static void
names_depend_on_the_set_of_paths_not_on_their_order(void **state)
{
	(void)state;
	for (seed = 1; seed < 100; seed++) {
		uint32_t keep = seed;
		char *path[MAX], *back[MAX], *name[MAX], *other[MAX];
		int n = draw_paths(path, 12);
		for (int i = 0; i < n; i++)
			back[i] = path[n - 1 - i];
		model_short_names((const char *const *)path, n, name);
		model_short_names((const char *const *)back, n, other);
		for (int i = 0; i < n; i++)
			if (!strstr(name[i], " (") && !strstr(other[n - 1 - i], " ("))
				assert_string_equal(name[i], other[n - 1 - i]);
		for (int i = 0; i < n; i++) {
			free(path[i]);
			free(name[i]);
			free(other[i]);
		}
		seed = keep;
	}
}

static int
by_bytes(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* What is only looked at in a few of them then holds of all. */
static void
names_are_the_same_when_the_order_of_paths_is_known(void **state)
{
	(void)state;
	for (seed = 1; seed < 400; seed++) {
		uint32_t keep = seed;
		char *path[MAX + 1], *name[MAX], *known[MAX];
		int n = draw_paths(path, 1 + (int)draw(seed % 2 ? 4 : 20));
		if (draw(3) == 0) /* all others lie below one */
			for (int i = 1; i < n; i++) {
				char *below = xasprintf("%s%s", path[0], path[i]);
				free(path[i]);
				path[i] = below;
			}
		qsort(path, (size_t)n, sizeof *path, by_bytes);
		struct named of = {.path = (const char *const *)path, .n = n};
		struct arena a = {0};
		names_make(&a, &of, name);
		of.ascending = true;
		names_make(&a, &of, known);
		for (int i = 0; i < n; i++) {
			assert_string_equal(name[i], known[i]);
			free(path[i]);
		}
		arena_release(&a);
		seed = keep;
	}
}

/* -- in a narrow column ---------------------------------------------------------------------- */

static void
fit(const char *const *name, int n, int w, bool ascii, char **shown)
{
	names_fit(name, n, w, ascii, shown);
	for (int i = 0; i < n; i++)
		if (!shown[i])
			shown[i] = xstrdup(name[i]);
}

static void
shortened_names_fit_and_stay_different(void **state)
{
	(void)state;
	for (seed = 1; seed < 250; seed++) {
		uint32_t keep = seed;
		char *path[MAX], *name[MAX], *shown[MAX];
		int n = draw_paths(path, 2 + (int)draw(40)), w = 8 + (int)draw(30);
		bool ascii = draw(2);
		model_short_names((const char *const *)path, n, name);
		fit((const char *const *)name, n, w, ascii, shown);
		assert_all_differ(shown, n);
		for (int i = 0; i < n; i++) {
			assert_true(utf8_columns(shown[i]) <= w);
			if (utf8_columns(name[i]) <= w)
				assert_string_equal(shown[i], name[i]);
			free(path[i]);
			free(name[i]);
			free(shown[i]);
		}
		seed = keep;
	}
}

static void
a_sweep_stays_different_at_any_width(void **state)
{
	char *name[MAX], *shown[MAX];
	int n = 0;
	(void)state;
	for (int lr = 0; lr < 5; lr++)
		for (int wd = 0; wd < 5; wd++)
			for (int s = 0; s < 10; s++)
				name[n++] = xasprintf(
					"resnet50_lr=%de-4_wd=%d_bs=256_seed%d_imagenet_final", lr,
					wd, s);
	for (int w = 8; w <= 50; w++) {
		fit((const char *const *)name, n, w, false, shown);
		assert_all_differ(shown, n);
		for (int i = 0; i < n; i++) {
			assert_true(utf8_columns(shown[i]) <= w);
			free(shown[i]);
		}
	}
	for (int i = 0; i < n; i++)
		free(name[i]);
}

static void
the_middle_goes_and_what_differs_stays(void **state)
{
	char *shown[2];
	(void)state;
	const char *middle[] = {"a_very_long_experiment_seed3_with_a_long_tail",
				"a_very_long_experiment_seed4_with_a_long_tail"};
	fit(middle, 2, 20, false, shown);
	assert_string_equal(shown[0], "a_very_long_e…seed3…");
	assert_string_equal(shown[1], "a_very_long_e…seed4…");
	free(shown[0]);
	free(shown[1]);
	const char *lone[] = {"an_experiment_that_stands_alone_in_the_list"};
	fit(lone, 1, 15, true, shown);
	assert_string_equal(shown[0], "an_exp~the_list");
	free(shown[0]);
}

static void
several_differences_stay_whole_at_the_end(void **state)
{
	char *shown[4];
	(void)state;
	const char *grid[] = {"sweep/lr=0.001/seed0", "sweep/lr=0.001/seed1", "sweep/lr=0.01/seed0",
			      "vit"};
	fit(grid, 4, 17, false, shown);
	assert_string_equal(shown[0], "…lr=0.001/seed0");
	assert_string_equal(shown[1], "…lr=0.001/seed1");
	assert_string_equal(shown[2], "…lr=0.01/seed0");
	assert_string_equal(shown[3], "vit");
	for (int i = 0; i < 4; i++)
		free(shown[i]);
}

static void
parameters_behind_a_name_go_first(void **state)
{
	char *shown[3];
	(void)state;
	const char *runs[] = {"version_0 lr=0.001 batch_size=64 model=resnet18",
			      "version_1 lr=0.0003 batch_size=64 model=resnet18",
			      "version_3 lr=0.001 batch_size=32"};
	fit(runs, 3, 20, false, shown);
	assert_string_equal(shown[0], "version_0 lr=0.001…");
	assert_string_equal(shown[1], "version_1 lr=0.0003…");
	assert_string_equal(shown[2], "version_3 lr=0.001…");
	for (int i = 0; i < 3; i++)
		free(shown[i]);
}

static void
names_are_in_the_order_of_people(void **state)
{
	(void)state;
	static const char *const order[][5] = {
		{"lr=1e-4", "lr=0.01", "lr=0.03", "lr=0.1", "lr=1"},
		{"version_1", "version_2", "version_10", "version_10b", "version_x"},
		{"1.2.9", "1.2.10", "1.10.1", "2.0.0", NULL},
		{"run-2024", "run-20240101000000000000001", "run-20240101000000000000002", NULL},
		{"a", "a1", "a1b", "b", NULL},
		{"lr=3e-4 seed=2", "lr=3e-4 seed=10", "lr=1e-3 seed=1", NULL},
		{"0x9", "0x10", NULL},
		{"seed1", "seed01", "seed2", NULL},
	};
	for (size_t k = 0; k < sizeof order / sizeof *order; k++)
		for (int i = 0; i < 5 && order[k][i]; i++)
			for (int j = 0; j < 5 && order[k][j]; j++) {
				int c = names_order(order[k][i], order[k][j]);
				assert_int_equal((c > 0) - (c < 0), (i > j) - (i < j));
			}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_in_the_order_of_people),
		cmocka_unit_test(several_differences_stay_whole_at_the_end),
		cmocka_unit_test(parameters_behind_a_name_go_first),
		cmocka_unit_test(what_all_share_is_left_out),
		cmocka_unit_test(a_lone_run_is_called_by_what_says_something),
		cmocka_unit_test(generated_parts_are_left_out),
		cmocka_unit_test(what_others_share_is_nobodys_name),
		cmocka_unit_test(a_generated_part_comes_back_where_names_would_be_alike),
		cmocka_unit_test(the_directory_of_all_runs_may_be_one_itself),
		cmocka_unit_test(given_names_are_taken_and_told_apart),
		cmocka_unit_test(names_that_a_terminal_shows_alike_are_numbered),
		cmocka_unit_test(the_same_path_twice_is_numbered_too),
		cmocka_unit_test(in_ascii_too),
		cmocka_unit_test(no_two_names_look_alike),
		cmocka_unit_test(names_are_the_same_when_the_order_of_paths_is_known),
		cmocka_unit_test(names_depend_on_the_set_of_paths_not_on_their_order),
		cmocka_unit_test(shortened_names_fit_and_stay_different),
		cmocka_unit_test(a_sweep_stays_different_at_any_width),
		cmocka_unit_test(the_middle_goes_and_what_differs_stays),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
