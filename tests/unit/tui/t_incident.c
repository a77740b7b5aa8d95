/* What is copied of one alert: the window of the curve around its moment, the newest value, what
 * the store keeps of it. */
#include "tui/incident.h"

#include "core/clock.h"
#include "core/past.h"
#include "core/xalloc.h"
#include "tests/unit/store_kit.h"
#include "tui/model_own.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define T0 INT64_C(1700000000000000)
#define SECOND INT64_C(1000000)

static struct kit k;
static struct conf *conf;
static struct model *m;

static void
refresh(void)
{
	struct err e = {0};
	m->stale = true;
	if (model_refresh(m, &e) < 0)
		fail_msg("%s", e.text);
}

/* N rows of "loss" at every EVERY-th step, a second apart. */
static void
rows(int n, int every)
{
	uint32_t log = kit_log(&k, "/r/a/a.csv", "/r/a"), column = kit_column(&k, log, "loss");
	for (int i = 0; i < n; i++) {
		double v = i;
		struct row r = {.unit = STEP_STEP,
				.step = (int64_t)i * every,
				.wall_us = T0 + i * SECOND,
				.n = 1,
				.column = &column,
				.value = &v};
		k.sink->ops->row(k.sink, log, &r);
	}
	kit_commit(&k);
}

static struct alert
alert(const char *metric, int64_t step, int64_t fired_s)
{
	return (struct alert){.rule = "bad",
			      .run = "/r/a",
			      .metric = metric,
			      .message = "",
			      .attempt = 1,
			      .state = ALERT_FIRING,
			      .severity = SEVERITY_CRIT,
			      .episode = 1,
			      .fired_us = T0 + fired_s * SECOND,
			      .since_us = T0 + fired_s * SECOND,
			      .step = step,
			      .notify = ""};
}

/* One that fires, opened, with a chart of 100 columns of dots. */
static void
open_one(const char *metric, int64_t step, int64_t fired_s)
{
	struct alert a = alert(metric, step, fired_s);
	k.sink->ops->alert(k.sink, &a);
	kit_commit(&k);
	refresh();
	assert_int_equal(m->nalerts, 1);
	model_open_alert(m, 0);
	m->incident->want_columns = 100;
	refresh();
}

static int
setup(void **state)
{
	struct err e = {0};
	(void)state;
	kit_open(&k);
	assert_int_equal(conf_parse("test", "", 0, &conf, &e), 0);
	clock_pin(T0 + 86400 * SECOND);
	m = model_new(k.dir, conf, NULL, 0, false);
	m->store = k.st;
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	m->store = NULL;
	model_free(m);
	conf_free(conf);
	kit_close(&k);
	return 0;
}

/* On the axis of steps: the window, and how many points are in it. */
static void
expect_window(double x0, double x1, uint64_t points)
{
	const struct figure *f = &m->incident->fig;
	uint64_t n = 0;
	assert_int_equal(f->answered.columns, 100);
	for (int i = 0; i < 100; i++)
		n += f->trace[0].col[i].n;
	assert_float_equal(f->answered.x0, x0, 0);
	assert_float_equal(f->answered.x1, x1, 0);
	assert_int_equal(n, points);
}

static void
the_window_is_so_many_points_wide_whatever_a_step_is_worth(void **state)
{
	(void)state;
	rows(10000, 50);
	open_one("loss", 250000, 5000);
	assert_string_equal(m->incident->metric, "loss");
	/* 160 points, two thirds of them before */
	expect_window(250000 - 5334, 250000 + 2667, 160);
	struct chart c;
	incident_chart(m->incident, false, &c);
	assert_int_equal(c.nevents, 1);
	assert_float_equal(c.event[0].x, 250000, 0);
	/* the newest value beside the one that fired it */
	assert_true(m->incident->has_now);
	assert_float_equal(m->incident->now, 9999, 0);
	assert_int_equal(m->incident->now_step, 499950);
}

static void
at_the_ends_it_keeps_its_width(void **state)
{
	(void)state;
	rows(1001, 1);
	open_one("loss", 1000, 1000);
	expect_window(840, 1000, 161);
	m->alert[0].a.step = 3;
	m->alert[0].a.fired_us++;
	incident_sync(m);
	assert_int_equal(m->incident->seen.a.step, 3);
}

static void
near_the_beginning_it_begins_there(void **state)
{
	(void)state;
	rows(1001, 1);
	open_one("loss", 10, 10);
	expect_window(0, 160, 161);
}

static void
few_points_are_all_shown_and_one_too(void **state)
{
	(void)state;
	rows(1, 1);
	open_one("loss", 0, 0);
	expect_window(-1, 1, 1);
}

static void
it_is_zoomed_around_the_moment(void **state)
{
	(void)state;
	rows(10001, 1);
	open_one("loss", 6000, 6000);
	incident_zoom(m->incident, 2);
	refresh();
	expect_window(5946, 6027, 82); /* 80 points, the ends made whole */
	incident_zoom(m->incident, 1e-9);
	refresh();
	expect_window(0, 10000, 10001);
}

/* What has no metric of its own has its run's loss: by the clock, if the run went on. */
static void
a_rule_about_a_run_shows_its_loss(void **state)
{
	(void)state;
	rows(1000, 1);
	open_one("", 0, 500);
	assert_string_equal(m->incident->metric, "loss");
	assert_false(m->incident->has_now);
	const struct figure *f = &m->incident->fig;
	assert_int_equal(f->answered.axis, AXIS_WALL);
	assert_true(m->incident->x == (double)(T0 + 500 * SECOND));
	assert_true(f->answered.x0 < m->incident->x && f->answered.x1 > m->incident->x);
	assert_true(f->answered.x1 - f->answered.x0 < 163e6);
	uint64_t n = 0;
	for (int i = 0; i < 100; i++)
		n += f->trace[0].col[i].n;
	assert_in_range(n, 158, 163);
}

static void
at_the_end_of_a_run_it_is_at_its_last_step(void **state)
{
	(void)state;
	rows(1000, 10);
	open_one("", 0, 3600);
	assert_float_equal(m->incident->x, 9990, 0);
	expect_window(8390, 9990, 161);
}

static void
a_metric_that_is_not_there_has_no_curve(void **state)
{
	(void)state;
	rows(10, 1);
	open_one("gone", 5, 5);
	assert_null(m->incident->metric);
}

static void
what_the_store_keeps_of_it_is_read(void **state)
{
	(void)state;
	rows(10, 1);
	struct pasts *ps = pasts_new(k.sink);
	struct alert a = alert("loss", 5, 5), other = alert("acc", 5, 5);
	pasts_hear(ps, &a, T0);
	pasts_hear(ps, &other, T0);
	open_one("loss", 5, 5);
	assert_int_equal(m->incident->kept.past->episodes, 1);
	assert_string_equal(m->incident->kept.past->metric, "loss");
	a.acked = true;
	pasts_hear(ps, &a, T0 + 9 * SECOND);
	k.sink->ops->alert(k.sink, &a);
	kit_commit(&k);
	refresh();
	assert_int_equal(m->incident->kept.past->n, 2);
	assert_true(m->incident->seen.a.acked);
	pasts_free(ps);
}

/* Dropped by the ingester, or its run forgotten: what was seen last stays, as over. */
static void
it_outlives_its_alert(void **state)
{
	(void)state;
	rows(10, 1);
	open_one("loss", 5, 5);
	struct alert a = alert("loss", 5, 5);
	k.sink->ops->alert_drop(k.sink, &a);
	kit_commit(&k);
	refresh();
	assert_int_equal(m->nalerts, 0);
	assert_non_null(m->incident);
	assert_false(m->incident->listed);
	assert_int_equal(m->incident->seen.a.state, ALERT_RESOLVED);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(the_window_is_so_many_points_wide_whatever_a_step_is_worth),
		TEST(at_the_ends_it_keeps_its_width),
		TEST(near_the_beginning_it_begins_there),
		TEST(few_points_are_all_shown_and_one_too),
		TEST(it_is_zoomed_around_the_moment),
		TEST(a_rule_about_a_run_shows_its_loss),
		TEST(at_the_end_of_a_run_it_is_at_its_last_step),
		TEST(a_metric_that_is_not_there_has_no_curve),
		TEST(what_the_store_keeps_of_it_is_read),
		TEST(it_outlives_its_alert),
	};
	return cmocka_run_group_tests_name("incident", tests, NULL, NULL);
}
