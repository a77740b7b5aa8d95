/* What is known of one run, as it is drawn. */
#include "tests/unit/stage.h"

#include "core/xalloc.h"
#include "tui/grid.h"

#include <math.h>
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
	pane = pane_details.new();
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	pane_details.free(pane);
	stage_free(m);
	return 0;
}

/* Details as a refresh would have copied them. */
static void
a_run_with_everything(void)
{
	static const double bad[] = {1, NAN, NAN};
	struct model_run *r = stage_run(m, "/home/u/runs/seed1", RUN_CANCELLED, 2.3, 0.118, 90);
	r->info.said = xstrdup("cancelled"); /* evidence that is told in the log's own words */
	r->total = 100000;
	r->progress = 0.12;
	r->eta_s = 28200;
	r->info.attempt = r->info.attempts = 2;
	stage_headline(r, "val/acc", 0.91, 0.93);
	stage_series(r, "overflow", bad, 3);
	stage_run(m, "/home/u/runs/seed2", RUN_RUNNING, 2.3, 0.118, 90);
	stage_alert(m, "slow", "/home/u/runs/seed1", SEVERITY_WARN, ALERT_FIRING, 9);
	stage_alert(m, "slow", "/home/u/runs/seed2", SEVERITY_WARN, ALERT_FIRING, 9);
	stage_settle(m);
	model_open_details(m, "/home/u/runs/seed1");
	struct model_details *d = m->details;
	d->key = xcalloc(2, sizeof *d->key);
	d->value = xcalloc(2, sizeof *d->value);
	d->key[0] = xstrdup("lr");
	d->value[0] = xstrdup("0.001");
	d->key[1] = xstrdup("note");
	d->value[1] = xstrdup("a long text that has to be broken at the end of the line");
	d->nparams = 2;
	d->older = xcalloc(1, sizeof *d->older);
	d->older[0] = (struct run_info){.attempt = 1, .last_step = 700, .points = 70};
	d->older[0].first_us = STAGE_NOW - 3000 * STAGE_MINUTE;
	d->nolder = 1;
	d->log = xcalloc(1, sizeof *d->log);
	d->log[0] = (struct model_log){.path = xstrdup("/home/u/runs/seed1/metrics.csv"),
				       .format = xstrdup("csv"),
				       .bytes = 120000,
				       .size = 140000,
				       .points = 1000,
				       .remarks = 2,
				       .nremarks = 1};
	d->log[0].remark = xcalloc(1, sizeof *d->log[0].remark);
	d->log[0].remark[0] = xstrdup("line 12: 3 cells, the header has 4");
	d->nlogs = 1;
}

static void
all_of_it_in_sections(void **state)
{
	(void)state;
	a_run_with_everything();
	char title[60];
	pane_details.title(pane, m, title, sizeof title);
	assert_string_equal(title, "Run seed1");
	expect_screen(pane, m, 70, 30,
		      " run         seed1\n"
		      " path        /home/u/runs/seed1\n"
		      " state       ■ cancelled\n"
		      " because     its log says: cancelled\n"
		      " started     13:30:00\n"
		      " last row    14:59:00, after 1h29m\n"
		      " last seen   14:59:00 (1m)\n"
		      " step        12.4k of 100k, 12%\n"
		      " time left   7h50m\n"
		      " train/loss  0.1180, best 0.1180\n"
		      " val/acc     0.9100, best 0.9300\n"
		      " metrics     3, 1000 points\n"
		      " not finite  2 values in 1 metric (overflow)\n"
		      "\n"
		      " Alerts\n"
		      " slow        14:51:00\n"
		      "\n"
		      " Parameters\n"
		      " lr          0.001\n"
		      " note        a long text that has to be broken at the end of the line\n"
		      "\n"
		      " Attempts\n"
		      " run#2       this one: 13:30:00, 1000 points\n"
		      " run#1       03-12 13:00, up to step 700, 70 points\n"
		      "\n"
		      " Files\n"
		      " csv         metrics.csv, 120 kB of 140 kB read, 1000 points, 2\n"
		      "             remarks\n"
		      "             line 12: 3 cells, the header has 4\n"
		      "\n");
}

static void
a_narrow_pane_breaks_lines_and_scrolls(void **state)
{
	(void)state;
	a_run_with_everything();
	expect_screen(pane, m, 32, 8,
		      " run         seed1             ▐\n"
		      " path        /home/u/runs/seed1\n"
		      " state       ■ cancelled\n"
		      " because     its log says:\n"
		      "             cancelled\n"
		      " started     13:30:00\n"
		      " last row    14:59:00, after\n"
		      "             1h29m\n");
	for (int i = 0; i < 3; i++)
		assert_true(pane_details.act(pane, m, ACTION_PAGE_DOWN, NULL));
	expect_screen(pane, m, 32, 8,
		      "\n"
		      " Parameters\n"
		      " lr          0.001\n"
		      " note        a long text that\n"
		      "             has to be broken  ▐\n"
		      "             at the end of the\n"
		      "             line\n"
		      "\n");
	pane_details.act(pane, m, ACTION_BOTTOM, NULL);
	char *end = stage_screen(pane, m, 32, 8);
	pane_details.act(pane, m, ACTION_DOWN, NULL); /* not beyond the end */
	char *again = stage_screen(pane, m, 32, 8);
	assert_string_equal(end, again);
	assert_non_null(strstr(end, "line 12"));
	free(end);
	free(again);
}

static void
a_filter_keeps_the_headings_of_what_it_finds(void **state)
{
	(void)state;
	a_run_with_everything();
	assert_true(pane_details.act(pane, m, ACTION_FILTER, "lr"));
	expect_screen(pane, m, 70, 4,
		      " Parameters\n"
		      " lr          0.001\n"
		      "\n"
		      "\n");
}

static void
a_run_that_is_gone_says_so(void **state)
{
	(void)state;
	model_open_details(m, "/home/u/gone");
	expect_screen(pane, m, 50, 3,
		      "       This run is not there any more.\n"
		      " path  /home/u/gone\n"
		      "\n");
}

static void
esc_closes(void **state)
{
	(void)state;
	a_run_with_everything();
	assert_true(pane_details.act(pane, m, ACTION_FILTER, "lr"));
	assert_true(pane_details.act(pane, m, ACTION_BACK, NULL)); /* the filter first */
	assert_non_null(m->details);
	assert_true(pane_details.act(pane, m, ACTION_BACK, NULL));
	assert_null(m->details);
	assert_false(pane_details.act(pane, m, ACTION_BACK, NULL));
	free(stage_screen(pane, m, 50, 5));
}

static void
any_size_can_be_drawn(void **state)
{
	(void)state;
	a_run_with_everything();
	for (int w = 1; w < 100; w += 3)
		for (int h = 1; h < 40; h += 2)
			free(stage_screen(pane, m, w, h));
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(all_of_it_in_sections),
		TEST(a_narrow_pane_breaks_lines_and_scrolls),
		TEST(a_filter_keeps_the_headings_of_what_it_finds),
		TEST(a_run_that_is_gone_says_so),
		TEST(esc_closes),
		TEST(any_size_can_be_drawn),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
