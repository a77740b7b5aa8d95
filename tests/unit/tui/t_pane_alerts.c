/* The alerts as they are drawn, and what a person does with them. */
#include "tests/unit/stage.h"

#include "core/clock.h"
#include "core/xalloc.h"
#include "tests/unit/scratch.h"
#include "tui/alert_rows.h"
#include "tui/grid.h"
#include "tui/incident.h"
#include "tui/model_own.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static struct pane *pane;
static struct model *m;
static char *journal;    /* the directory that it stands in */
static struct str asked; /* what was asked of the ingester, a line each */

static void
request(void *ctx, const char *verb, const char *const *args, int n)
{
	(void)ctx;
	str_adds(&asked, verb);
	for (int i = 0; i < n; i++)
		str_addf(&asked, " %s", args[i]);
	str_addc(&asked, '\n');
}

static int
setup(void **state)
{
	/* A journal of its own for each. */
	(void)state;
	journal = scratch_new();
	setenv("XDG_DATA_HOME", journal, 1);
	m = stage_new(false);
	pane = pane_alerts.new();
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	pane_alerts.free(pane);
	stage_free(m);
	scratch_free(journal);
	str_release(&asked);
	return 0;
}

static void
expect_title(const char *want)
{
	char title[100];
	pane_alerts.title(pane, m, title, sizeof title);
	assert_string_equal(title, want);
}

static void
act(enum action a, const char *arg)
{
	assert_true(pane_alerts.act(pane, m, a, arg));
}

static void
of_metric(struct model_alert *a, const char *metric, double value, int64_t step,
	  const char *message)
{
	free((char *)(uintptr_t)a->a.metric);
	free((char *)(uintptr_t)a->a.message);
	a->a.metric = xstrdup(metric);
	a->a.message = xstrdup(message);
	a->a.value = value;
	a->a.step = step;
}

static void
some_alerts(void)
{
	stage_run(m, "/r/seed1", RUN_DIVERGED, 2.3, NAN, 90);
	stage_run(m, "/r/lr=1e-3", RUN_STALLED, 2.3, 1.9, 80);
	of_metric(stage_alert(m, "loss-nonfinite", "/r/seed1", SEVERITY_CRIT, ALERT_FIRING, 57),
		  "train/loss", NAN, 812, "train/loss is NaN at step 812");
	stage_alert(m, "stalled", "/r/lr=1e-3", SEVERITY_CRIT, ALERT_FIRING, 19);
	stage_alert(m, "known", "/r/lr=1e-3", SEVERITY_WARN, ALERT_FIRING, 5)->a.acked = true;
	stage_alert(m, "before", "/r/seed1", SEVERITY_CRIT, ALERT_FIRING, 5000)->a.historic = true;
	stage_alert(m, "gone", "/r/seed1", SEVERITY_INFO, ALERT_RESOLVED, 300);
	stage_settle(m);
}

static void
news_first_newest_first(void **state)
{
	(void)state;
	some_alerts();
	expect_title("Alerts 2");
	expect_screen(pane, m, 40, 6,
		      "▌✖ stalled        lr=1e-3 14:41:00\n"
		      " ✖ loss-nonfinite seed1   14:03:00\n"
		      " ✖ before         seed1      03-11\n"
		      " ▲ known          lr=1e-3 14:55:00\n"
		      " ─ gone           seed1   10:00:00\n"
		      "\n");
	/* what is known or over is dim */
	assert_int_equal(stage_style(3, 0) & 0xff, STYLE_CRIT);
	assert_int_equal(stage_style(3, 1) & 0xff, STYLE_CRIT);
	for (int y = 2; y < 5; y++)
		assert_int_equal(stage_style(3, y) & 0xff, STYLE_DIM);
}

static void
what_is_worse_comes_first(void **state)
{
	(void)state;
	stage_run(m, "/r/a", RUN_RUNNING, 2, 0.5, 10);
	stage_alert(m, "finished", "/r/a", SEVERITY_INFO, ALERT_FIRING, 1);
	stage_alert(m, "slow", "/r/a", SEVERITY_WARN, ALERT_FIRING, 2);
	stage_alert(m, "nan", "/r/a", SEVERITY_CRIT, ALERT_FIRING, 3);
	stage_settle(m);
	expect_screen(pane, m, 30, 3,
		      "▌✖ nan      a     14:57:00\n"
		      " ▲ slow     a     14:58:00\n"
		      " ℹ finished a     14:59:00\n");
}

static void
columns_go_with_the_width(void **state)
{
	(void)state;
	some_alerts();
	expect_screen(pane, m, 30, 5,
		      "▌✖ stalled        lr=1e-3\n"
		      " ✖ loss-nonfinite seed1\n"
		      " ✖ before         seed1\n"
		      " ▲ known          lr=1e-3\n"
		      " ─ gone           seed1\n");
	expect_screen(pane, m, 70, 6,
		      "   rule           run     metric         value  step state       since\n"
		      "▌✖ stalled        lr=1e-3                            fires    14:41:00\n"
		      " ✖ loss-nonfinite seed1   train/loss       NaN   812 fires    14:03:00\n"
		      " ✖ before         seed1                              old log     03-11\n"
		      " ▲ known          lr=1e-3                            acked    14:55:00\n"
		      " ─ gone           seed1                              over     10:00:00\n");
	free(stage_screen(pane, m, 130, 6));
	assert_true(stage_find(2, "train/loss is NaN at step 812") > 0);
}

static void
in_ascii(void **state)
{
	(void)state;
	stage_free(m);
	m = stage_new(true);
	some_alerts();
	expect_screen(pane, m, 40, 5,
		      ">X stalled        lr=1e-3 14:41:00\n"
		      " X loss-nonfinite seed1   14:03:00\n"
		      " X before         seed1      03-11\n"
		      " ! known          lr=1e-3 14:55:00\n"
		      " - gone           seed1   10:00:00\n");
}

static void
none_says_so(void **state)
{
	(void)state;
	expect_title("Alerts");
	expect_screen(pane, m, 40, 2,
		      " no alerts\n"
		      "\n");
}

static void
an_acknowledgement_is_asked_for_and_shown_at_once(void **state)
{
	(void)state;
	some_alerts();
	act(ACTION_ACK, NULL); /* nobody to ask: says so */
	assert_int_equal(m->nfiring, 2);
	assert_true(m->message_bad);
	m->request = request;
	act(ACTION_ACK, NULL);
	assert_string_equal(str_c(&asked), "ack stalled /r/lr=1e-3 \n");
	assert_int_equal(m->nfiring, 1);
	assert_int_equal(model_run_by_path(m, "/r/lr=1e-3")->firing, 0);
	str_reset(&asked);
	act(ACTION_ACK_ALL, NULL);
	assert_non_null(strstr(str_c(&asked), "ack loss-nonfinite /r/seed1 train/loss\n"));
	assert_null(strstr(str_c(&asked), "gone"));
	assert_int_equal(m->nfiring, 0);
	str_reset(&asked);
	act(ACTION_ACK_ALL, NULL);
	assert_string_equal(str_c(&asked), "");
}

static void
a_silence_ends_by_itself_or_by_the_same_key(void **state)
{
	(void)state;
	some_alerts();
	m->request = request;
	act(ACTION_SILENCE, "3h a test of the disk");
	assert_string_equal(str_c(&asked), "orders\n");
	assert_int_equal(m->nfiring, 1);
	free(stage_screen(pane, m, 80, 7));
	assert_true(stage_find(3, "stalled") > 0 && stage_find(3, "silenced") > 0);
	assert_int_equal(stage_style(4, 3) & 0xff, STYLE_DIM);
	for (int i = 0; i < 2; i++)
		act(ACTION_DOWN, NULL);
	act(ACTION_SILENCE, NULL);
	assert_int_equal(m->nfiring, 2);
	act(ACTION_TOP, NULL);
	act(ACTION_SILENCE, NULL);
	assert_int_equal(m->nfiring, 1);
	m->now_us = clock_wall_us() + INT64_C(3) * 3600 * 1000000;
	bulletin_settle(m);
	assert_int_equal(m->nfiring, 2);
	model_undo(m);
	m->now_us = clock_wall_us();
	bulletin_settle(m);
	assert_int_equal(m->nfiring, 2);
}

static void
enter_opens_it(void **state)
{
	(void)state;
	some_alerts();
	act(ACTION_DOWN, NULL);
	act(ACTION_OPEN, NULL);
	assert_non_null(m->incident);
	assert_string_equal(m->incident->seen.a.rule, "loss-nonfinite");
	assert_string_equal(m->incident->seen.a.run, "/r/seed1");
}

/* What the list shows with a filter: the rules in order, a blank behind each. */
static void
expect_rows(const char *filter, const char *want)
{
	struct str got = STR_INIT;
	int row[16];
	free(m->alert_filter);
	m->alert_filter = filter ? xstrdup(filter) : NULL;
	int n = alert_rows(m, row);
	for (int i = 0; i < n; i++)
		str_addf(&got, "%s ", m->alert[row[i]].a.rule);
	assert_string_equal(str_c(&got), want);
	str_release(&got);
}

static void
words_of_a_filter_all_have_to_be_there(void **state)
{
	(void)state;
	some_alerts();
	expect_rows(NULL, "stalled loss-nonfinite before known gone ");
	expect_rows("seed1", "loss-nonfinite before gone ");
	expect_rows("nan is", "loss-nonfinite "); /* the message */
	expect_rows("is:fires", "stalled loss-nonfinite ");
	expect_rows("is:over", "gone ");
	expect_rows("is:crit run:seed1", "loss-nonfinite before ");
	expect_rows("run:lr -is:acked", "stalled ");
	expect_rows("rule:seed1", "");
	expect_rows("metric:loss", "loss-nonfinite ");
	expect_rows("/r/", ""); /* what nobody sees is not looked at */
	expect_rows("run:/r/seed1", "loss-nonfinite before gone "); /* unless it is asked for */
	expect_rows("  ", "stalled loss-nonfinite before known gone ");
}

static void
orders_are_stable_and_undone(void **state)
{
	(void)state;
	some_alerts();
	act(ACTION_SORT, NULL);
	expect_title("Alerts 2 by time");
	expect_rows(NULL, "known stalled loss-nonfinite gone before ");
	act(ACTION_SORT, "run");
	/* of one run in the order of weight */
	expect_rows(NULL, "stalled known loss-nonfinite before gone ");
	act(ACTION_SORT, "rule");
	expect_rows(NULL, "before gone known loss-nonfinite stalled ");
	model_undo(m);
	expect_title("Alerts 2 by run");
	act(ACTION_SORT, "size");
	assert_true(m->message_bad);
	expect_title("Alerts 2 by run");
}

static void
the_cursor_stays_with_its_alert(void **state)
{
	(void)state;
	some_alerts();
	free(stage_screen(pane, m, 40, 6));
	act(ACTION_DOWN, NULL);
	act(ACTION_COPY, NULL);
	assert_string_equal(m->copy, "/r/seed1");
	stage_alert(m, "new", "/r/lr=1e-3", SEVERITY_CRIT, ALERT_FIRING, 1);
	stage_settle(m);
	free(stage_screen(pane, m, 40, 6));
	act(ACTION_COPY, NULL);
	assert_string_equal(m->copy, "/r/seed1");
}

static void
a_filter_looks_at_rule_run_and_metric(void **state)
{
	(void)state;
	some_alerts();
	act(ACTION_FILTER, "train/");
	expect_title("Alerts 2 /train/");
	expect_screen(pane, m, 40, 2,
		      "▌✖ loss-nonfinite seed1 14:03:00\n"
		      "\n");
	act(ACTION_FILTER, "nothing");
	expect_screen(pane, m, 40, 2,
		      " no alert matches\n"
		      "\n");
	act(ACTION_BACK, NULL);
	assert_false(pane_alerts.act(pane, m, ACTION_BACK, NULL));
}

static char *
line(int w)
{
	struct grid g;
	struct str s = STR_INIT;
	grid_init(&g, w, 1, m->ascii);
	int used = alerts_line(m, &g, (struct rect){0, 0, w, 1});
	grid_dump(&g, &s);
	grid_release(&g);
	assert_in_range(used, 1, w);
	return str_steal(&s);
}

static void
one_line_for_small_screens(void **state)
{
	static const struct {
		int w;
		const char *want;
	} at[] = {
		{60, "✖ stalled lr=1e-3  ✖ loss-nonfinite seed1\n"},
		{40, "✖ stalled lr=1e-3  +1\n"},
		{12, "✖ stalled lr\n"},
	};
	(void)state;
	char *got = line(40);
	assert_string_equal(got, "no alerts\n");
	free(got);
	some_alerts();
	for (size_t i = 0; i < sizeof at / sizeof *at; i++) {
		got = line(at[i].w);
		assert_string_equal(got, at[i].want);
		free(got);
	}
}

static void
any_size_can_be_drawn(void **state)
{
	(void)state;
	some_alerts();
	for (int w = 1; w < 130; w += 3)
		for (int h = 1; h < 8; h++)
			free(stage_screen(pane, m, w, h));
}

/* One rule, one run, two metrics: the rows must not look alike. */
static void
what_differs_is_shown_first(void **state)
{
	(void)state;
	stage_run(m, "/r/a", RUN_RUNNING, 2, 1, 10);
	of_metric(stage_alert(m, "loss-nonfinite", "/r/a", SEVERITY_CRIT, ALERT_FIRING, 5),
		  "train/loss", NAN, 3, "");
	of_metric(stage_alert(m, "loss-nonfinite", "/r/a", SEVERITY_CRIT, ALERT_FIRING, 5),
		  "val/loss", NAN, 3, "");
	stage_settle(m);
	expect_screen(pane, m, 36, 2,
		      "▌✖ loss-nonfinite a     train/loss\n"
		      " ✖ loss-nonfinite a     val/loss\n");
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(what_differs_is_shown_first),
		TEST(news_first_newest_first),
		TEST(what_is_worse_comes_first),
		TEST(columns_go_with_the_width),
		TEST(in_ascii),
		TEST(none_says_so),
		TEST(an_acknowledgement_is_asked_for_and_shown_at_once),
		TEST(a_silence_ends_by_itself_or_by_the_same_key),
		TEST(enter_opens_it),
		TEST(words_of_a_filter_all_have_to_be_there),
		TEST(orders_are_stable_and_undone),
		TEST(the_cursor_stays_with_its_alert),
		TEST(a_filter_looks_at_rule_run_and_metric),
		TEST(one_line_for_small_screens),
		TEST(any_size_can_be_drawn),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
