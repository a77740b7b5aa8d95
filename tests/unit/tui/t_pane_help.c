/* The help: nothing that can be done is missing from it. */
#include "tests/unit/stage.h"

#include "tui/action.h"
#include "tui/grid.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static struct pane *pane;
static struct model *m;

static int
setup(void **state)
{
	(void)state;
	m = stage_new(false);
	pane = pane_help.new();
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	pane_help.free(pane);
	stage_free(m);
	return 0;
}

static void
every_action_is_there_once_with_its_keys(void **state)
{
	char line[200];
	(void)state;
	char *all = stage_screen(pane, m, 140, 120);
	for (int a = ACTION_NONE + 1; a < ACTION_N; a++) {
		snprintf(line, sizeof line, ":%s ", action_table[a].name);
		const char *at = strstr(all, line);
		assert_non_null(at);
		assert_null(strstr(at + 1, line));
		assert_non_null(strstr(at, action_table[a].help));
		/* the keys stand before the name, in its line */
		const char *begin = at;
		while (begin > all && begin[-1] != '\n')
			begin--;
		snprintf(line, sizeof line, "%.*s", (int)(at - begin), begin);
		assert_non_null(strstr(line, action_table[a].keys));
	}
	free(all);
}

static void
it_begins_with_how_to_move(void **state)
{
	(void)state;
	expect_screen(pane, m, 60, 6,
		      " Moving                                                    ▐\n"
		      " k <Up>             :up            up\n"
		      " j <Down>           :down          down\n"
		      " h <Left>           :left          left; fold\n"
		      " l <Right>          :right         right; unfold\n"
		      " <PageUp> <C-b>     :page-up       a page up\n");
}

static void
it_can_be_searched(void **state)
{
	(void)state;
	assert_true(pane_help.act(pane, m, ACTION_FILTER, "smooth"));
	expect_screen(pane, m, 70, 3,
		      " Charts                                                              ▐\n"
		      " e                  :smooth        smoothing: off, 0.6, 0.9, 0.99\n"
		      "                    [WEIGHT]\n");
	assert_true(pane_help.act(pane, m, ACTION_FILTER, "no such thing"));
	expect_screen(pane, m, 70, 1, " nothing matches\n");
	assert_true(pane_help.act(pane, m, ACTION_BACK, NULL));
	assert_false(pane_help.act(pane, m, ACTION_BACK, NULL));
}

static void
any_size_can_be_drawn(void **state)
{
	(void)state;
	for (int w = 1; w < 100; w += 3)
		for (int h = 1; h < 90; h += 5)
			free(stage_screen(pane, m, w, h));
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(every_action_is_there_once_with_its_keys),
		TEST(it_begins_with_how_to_move),
		TEST(it_can_be_searched),
		TEST(any_size_can_be_drawn),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
