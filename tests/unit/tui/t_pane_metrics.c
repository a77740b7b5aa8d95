/* The table of metrics as it is drawn. */
#include "tests/unit/stage.h"

#include "core/xalloc.h"
#include "tui/charts.h"
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
	pane = pane_metrics.new();
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	pane_metrics.free(pane);
	stage_free(m);
	return 0;
}

static void
act(enum action a, const char *arg)
{
	assert_true(pane_metrics.act(pane, m, a, arg));
}

/* Three runs with the metrics of a small training. */
static void
three_runs(void)
{
	static const double acc[] = {0.1, 0.4, 0.6, 0.8, 0.9091, 0.9131};
	static const double loss[] = {2.3, 1.2, 0.6, 0.3, 0.1203, 0.1183};
	static const double lr[] = {1e-3, 5e-4, 3e-4}, bad[] = {1, NAN, 3, 2},
			    gone[] = {1, 2, INFINITY};
	char name[40];
	for (int k = 0; k < 3; k++) {
		snprintf(name, sizeof name, "/r/seed%d", k);
		struct model_run *r = stage_run(m, name, RUN_RUNNING, 2.3, 0.1183, 90 + k);
		stage_series(r, "epoch", acc, 6);
		stage_series(r, "lr", lr, 3);
		for (int i = 0; i < 12; i++) {
			double v[] = {i * 0.1, i == 11 ? NAN : i * 0.2};
			snprintf(name, sizeof name, "layers.%d.grad_norm", i);
			stage_series(r, name, v, 2);
		}
		stage_series(r, "other", bad, 4);
		stage_series(r, "overflow", gone, 3);
		stage_series(r, "train/loss", loss, 6 - k);
		stage_series(r, "val/acc", acc, 6 - k);
	}
	stage_settle(m);
}

static void
in_the_order_of_the_charts_with_folds(void **state)
{
	(void)state;
	three_runs();
	char title[60];
	pane_metrics.title(pane, m, title, sizeof title);
	assert_string_equal(title, "Metrics seed0");
	expect_screen(pane, m, 70, 9,
		      "   metric            last      best        Δ   step              seed1\n"
		      "▌  val/acc ↑       0.9131    0.9131  +0.0040     50 ▁▃▅▇██      0.9091\n"
		      "   train/loss ↓    0.1183    0.1183  -0.0020     50 █▄▂▁▁▁      0.1203\n"
		      "   lr            3.000e-4            -2.0e-4     20 █▃▁       3.000e-4\n"
		      " ▸ layers.{0..11}.grad_norm ×12        1 (0 … 2) 1 of 12 not finite\n"
		      " ! other                2               -1.0     30 ▁█▅              2\n"
		      " ! overflow          +inf                        20 ▁█            +inf\n"
		      "   epoch           0.9131            +0.0040     50 ▁▃▅▇██      0.9131\n"
		      "\n");
}

static void
columns_go_with_the_width(void **state)
{
	(void)state;
	three_runs();
	free(stage_screen(pane, m, 120, 4));
	assert_true(stage_find(0, "seed1") > 0);
	assert_true(stage_find(0, "seed2") > stage_find(0, "seed1"));
	expect_screen(pane, m, 45, 4,
		      "  metric            last      best\n"
		      "▌ val/acc ↑       0.9131    0.9131 ▁▃▅▇██   ▐\n"
		      "  train/loss ↓    0.1183    0.1183 █▄▂▁▁▁\n"
		      "  lr            3.000e-4           █▃▁\n");
	expect_screen(pane, m, 30, 4,
		      "  metric            last\n"
		      "▌ val/acc ↑       0.9131     ▐\n"
		      "  train/loss ↓    0.1183\n"
		      "  lr            3.000e-4\n");
}

static void
the_best_of_the_drawn_runs_is_bold(void **state)
{
	(void)state;
	three_runs();
	free(stage_screen(pane, m, 120, 6));
	int seed1 = stage_find(0, "seed1") + 4, seed2 = stage_find(0, "seed2") + 4;
	assert_true(seed1 > 4 && seed2 > 4);
	/* seed0 has the last word in accuracy: nobody else is bold; of the others each has its
	 * color */
	assert_false(stage_style(seed1, 1) & STYLE_BOLD);
	assert_int_equal(stage_style(seed1, 1) & 0xff, STYLE_RUN0 + m->run[1].color);
	assert_int_equal(stage_style(seed2, 1) & 0xff, STYLE_RUN0 + m->run[2].color);
	m->run[2].series[m->run[2].nseries - 1].sum.last = 0.99;
	free(stage_screen(pane, m, 120, 6));
	assert_true(stage_style(seed2, 1) & STYLE_BOLD);
	assert_false(stage_style(seed1, 1) & STYLE_BOLD);
}

static void
a_fold_opens_and_stays_open_in_other_runs(void **state)
{
	(void)state;
	three_runs();
	act(ACTION_GOTO, "layers");
	act(ACTION_RIGHT, NULL);
	act(ACTION_DOWN, NULL);
	expect_screen(pane, m, 70, 9,
		      "   metric                     last      best        Δ   step\n"
		      "   val/acc ↑                0.9131    0.9131  +0.0040     50 ▁▃▅▇██  ▐\n"
		      "   train/loss ↓             0.1183    0.1183  -0.0020     50 █▄▂▁▁▁  ▐\n"
		      "   lr                     3.000e-4            -2.0e-4     20 █▃▁     ▐\n"
		      " ▾ layers.{0..11}.grad_norm ×12        1 (0 … 2) 1 of 12 not finite\n"
		      "▌    layers.0.grad_norm          0                  0     10 ▄▄\n"
		      "     layers.1.grad_norm     0.2000              +0.10     10 ▁█\n"
		      "     layers.2.grad_norm     0.4000              +0.20     10 ▁█\n"
		      "     layers.3.grad_norm     0.6000              +0.30     10 ▁█\n");
	m->cursor = 1;
	stage_settle(m);
	expect_screen(pane, m, 70, 9,
		      "   metric                     last      best        Δ   step\n"
		      "   val/acc ↑                0.9091    0.9091    +0.11     40 ▁▃▅▇█   ▐\n"
		      "   train/loss ↓             0.1203    0.1203    -0.18     40 █▄▂▁▁   ▐\n"
		      "   lr                     3.000e-4            -2.0e-4     20 █▃▁     ▐\n"
		      " ▾ layers.{0..11}.grad_norm ×12        1 (0 … 2) 1 of 12 not finite\n"
		      "▌    layers.0.grad_norm          0                  0     10 ▄▄\n"
		      "     layers.1.grad_norm     0.2000              +0.10     10 ▁█\n"
		      "     layers.2.grad_norm     0.4000              +0.20     10 ▁█\n"
		      "     layers.3.grad_norm     0.6000              +0.30     10 ▁█\n");
	act(ACTION_LEFT, NULL);
	expect_screen(pane, m, 70, 7,
		      "   metric            last      best        Δ   step\n"
		      "   val/acc ↑       0.9091    0.9091    +0.11     40 ▁▃▅▇█            ▐\n"
		      "   train/loss ↓    0.1203    0.1203    -0.18     40 █▄▂▁▁            ▐\n"
		      "   lr            3.000e-4            -2.0e-4     20 █▃▁              ▐\n"
		      "▌▸ layers.{0..11}.grad_norm ×12        1 (0 … 2) 1 of 12 not finite  ▐\n"
		      " ! other                2               -1.0     30 ▁█▅              ▐\n"
		      " ! overflow          +inf                        20 ▁█\n");
}

static void
a_filter_finds_what_is_folded(void **state)
{
	(void)state;
	three_runs();
	act(ACTION_FILTER, "grad_norm");
	char title[60];
	free(stage_screen(pane, m, 70, 4));
	pane_metrics.title(pane, m, title, sizeof title);
	assert_string_equal(title, "Metrics 12 /grad_norm");
	expect_screen(pane, m, 70, 4,
		      "   metric                     last      best        Δ   step\n"
		      "▌  layers.0.grad_norm            0                  0     10 ▄▄      ▐\n"
		      "   layers.1.grad_norm       0.2000              +0.10     10 ▁█\n"
		      "   layers.2.grad_norm       0.4000              +0.20     10 ▁█\n");
	assert_int_equal(stage_style(12, 1) & 0xff, STYLE_MATCH);
	act(ACTION_FILTER, "nothing");
	expect_screen(pane, m, 70, 2,
		      " no metric matches \"nothing\"\n"
		      "\n");
	act(ACTION_BACK, NULL);
	model_undo(m); /* the filter again */
	expect_screen(pane, m, 70, 2,
		      " no metric matches \"nothing\"\n"
		      "\n");
	act(ACTION_BACK, NULL);
	assert_false(pane_metrics.act(pane, m, ACTION_BACK, NULL));
	act(ACTION_FILTER, "l");
	act(ACTION_FILTER, "lo");
	model_undo(m); /* typed at once, undone at once */
	assert_false(pane_metrics.act(pane, m, ACTION_BACK, NULL));
}

static void
the_hidden_one_of_two_formats_is_called_by_its_suffix(void **state)
{
	static const double v[] = {1, 2};
	(void)state;
	struct model_run *r = stage_run(m, "/r/a", RUN_FINISHED, 2, 1, 9);
	stage_series(r, "loss", v, 2);
	struct model_series *s = stage_series(r, "loss", v, 2);
	free(s->shown);
	s->shown = xstrdup("loss@csv");
	s->primary = false;
	stage_settle(m);
	expect_screen(pane, m, 60, 3,
		      "   metric            last      best        Δ   step\n"
		      "▌  loss ↓               2         1     +1.0     10 ▁█\n"
		      "\n");
	act(ACTION_FILTER, "@");
	expect_screen(pane, m, 60, 3,
		      "   metric            last      best        Δ   step\n"
		      "▌  loss@csv ↓           2         1     +1.0     10 ▁█\n"
		      "\n");
}

static void
ascii_too(void **state)
{
	(void)state;
	stage_free(m);
	m = stage_new(true);
	three_runs();
	expect_screen(pane, m, 70, 9,
		      "   metric            last      best     diff   step              seed1\n"
		      ">  val/acc ^       0.9131    0.9131  +0.0040     50 _-+%##      0.9091\n"
		      "   train/loss v    0.1183    0.1183  -0.0020     50 #=.___      0.1203\n"
		      "   lr            3.000e-4            -2.0e-4     20 #-_       3.000e-4\n"
		      " + layers.{0..11}.grad_norm x12        1 (0 .. 2) 1 of 12 not finite\n"
		      " ! other                2               -1.0     30 _#+              2\n"
		      " ! overflow          +inf                        20 _#            +inf\n"
		      "   epoch           0.9131            +0.0040     50 _-+%##      0.9131\n"
		      "\n");
}

static void
an_empty_table_says_why(void **state)
{
	(void)state;
	expect_screen(pane, m, 40, 2,
		      "\n"
		      "\n");
	stage_run(m, "/r/a", RUN_UNKNOWN, 2, 1, 9);
	stage_settle(m);
	expect_screen(pane, m, 40, 2,
		      " no metrics yet\n"
		      "\n");
}

static void
the_cursor_stays_on_its_metric(void **state)
{
	static const double v[] = {1, 2};
	(void)state;
	three_runs();
	act(ACTION_GOTO, "overflow");
	stage_series(&m->run[0], "aaa/new", v, 2);
	stage_series(&m->run[0], "another_new", v, 2);
	act(ACTION_COPY, NULL);
	assert_string_equal(m->copy, "overflow");
	m->cursor = 2; /* another run that has it too */
	stage_settle(m);
	act(ACTION_COPY, NULL);
	assert_string_equal(m->copy, "overflow");
}

static void
space_pins_the_chart_of_a_metric(void **state)
{
	(void)state;
	three_runs();
	act(ACTION_GOTO, "lr");
	act(ACTION_CHOOSE, NULL);
	assert_true(charts_pinned(m->charts, "lr"));
	act(ACTION_CHOOSE, NULL);
	assert_false(charts_pinned(m->charts, "lr"));
	act(ACTION_GOTO, "layers");
	act(ACTION_CHOOSE, NULL); /* all of a fold */
	assert_true(charts_pinned(m->charts, "layers.{0..11}.grad_norm ×12"));
	assert_non_null(strstr(m->message, "pinned layers"));
	act(ACTION_CHOOSE, NULL);
	assert_false(charts_pinned(m->charts, "layers.{0..11}.grad_norm ×12"));
	assert_non_null(strstr(m->message, "unpinned layers"));
}

static void
ten_thousand_series_cost_the_rows_that_are_shown(void **state)
{
	static const double v[] = {1, 2};
	char name[60];
	(void)state;
	struct model_run *r = stage_run(m, "/r/a", RUN_RUNNING, 2, 1, 9);
	r->series = xcalloc(10000, sizeof *r->series);
	for (int i = 0; i < 10000; i++) {
		struct model_series *s = &r->series[r->nseries++];
		snprintf(name, sizeof name, "layers.%d.block.%c.%s", i / 20, 'a' + i % 20,
			 i % 2 ? "w" : "b");
		s->id = (uint32_t)i;
		s->name = xstrdup(name);
		s->shown = xstrdup(name);
		s->primary = true;
		metric_role(NULL, name, &s->role);
		series_sum_init(&s->sum);
		series_sum_add(&s->sum, STEP_STEP, 1, STAGE_NOW, v[0] * i);
	}
	stage_settle(m);
	expect_screen(pane, m, 70, 4,
		      "   metric            last      best        Δ   step\n"
		      "▌▸ layers.{0..499}.block.a.b ×500       4990 (0 … 9980)              ▐\n"
		      " ▸ layers.{0..499}.block.b.w ×500       4991 (1 … 9981)\n"
		      " ▸ layers.{0..499}.block.c.b ×500       4992 (2 … 9982)\n");
	for (int i = 0; i < 5; i++)
		act(ACTION_RIGHT, NULL); /* unfolds, then there is nothing more to unfold */
	act(ACTION_BOTTOM, NULL);
	expect_screen(pane, m, 70, 4,
		      "   metric                     last      best        Δ   step\n"
		      " ▸ layers.{0..499}.block.r.w ×500       5007 (17 … 9997)\n"
		      " ▸ layers.{0..499}.block.s.b ×500       5008 (18 … 9998)\n"
		      "▌▸ layers.{0..499}.block.t.w ×500       5009 (19 … 9999)             ▐\n");
}

static void
any_size_can_be_drawn(void **state)
{
	(void)state;
	three_runs();
	for (int w = 1; w < 130; w += 3)
		for (int h = 1; h < 12; h++)
			free(stage_screen(pane, m, w, h));
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(in_the_order_of_the_charts_with_folds),
		TEST(columns_go_with_the_width),
		TEST(the_best_of_the_drawn_runs_is_bold),
		TEST(a_fold_opens_and_stays_open_in_other_runs),
		TEST(a_filter_finds_what_is_folded),
		TEST(the_hidden_one_of_two_formats_is_called_by_its_suffix),
		TEST(ascii_too),
		TEST(an_empty_table_says_why),
		TEST(the_cursor_stays_on_its_metric),
		TEST(space_pins_the_chart_of_a_metric),
		TEST(ten_thousand_series_cost_the_rows_that_are_shown),
		TEST(any_size_can_be_drawn),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
