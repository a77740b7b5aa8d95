/* A refresh: what is in the store is on the screen, and only what changed is looked at. */
#include "core/clock.h"
#include "core/conf.h"
#include "core/xalloc.h"
#include "store/store.h"
#include "tests/unit/scratch.h"
#include "tui/charts.h"
#include "tui/grid.h"
#include "tui/model.h"
#include "tui/model_own.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define NOW INT64_C(1741964400000000)

static char *dir;
static int lock;
static struct conf *conf;
static struct sink *sink;
static struct model *m;

static void
open_all(const char *conf_text, char *const *root, int nroots)
{
	struct err e = {0};
	struct store *st;
	clock_pin(NOW);
	dir = scratch_new();
	assert_int_equal(conf_parse("test", conf_text, strlen(conf_text), &conf, &e), 0);
	assert_int_equal(lock_take(dir, &lock, NULL, &e), 0);
	assert_int_equal(store_open(dir, STORE_WRITE, &st, NULL, &e), 0);
	sink = store_sink(st, conf);
	m = model_new(dir, conf, root, nroots, false);
	m->store = st; /* a directory is opened once in a process */
}

static void
close_all(void)
{
	model_free(m);
	lock_release(lock);
	conf_free(conf);
	scratch_free(dir);
}

static uint32_t
open_log(const char *run)
{
	char *path = xasprintf("%s/metrics.csv", run);
	struct log_desc d = {
		.path = path, .run = run, .prefix = "", .format = "csv", .rank = 3, .reason = ""};
	uint32_t log = sink->ops->log_open(sink, &d);
	free(path);
	return log;
}

static void
add_row(uint32_t log, int64_t step, const char *name, double v)
{
	uint32_t col = sink->ops->column(sink, log, name, strlen(name));
	struct row r = {.unit = STEP_STEP,
			.step = step,
			.wall_us = NOW - 100000000 + step * 1000000,
			.arrival_us = NOW,
			.n = 1,
			.column = &col,
			.value = &v};
	sink->ops->row(sink, log, &r);
}

/* A run with N rows of train/loss from step FIRST on. */
static uint32_t
add_run(const char *run, int64_t first, int n)
{
	uint32_t log = open_log(run);
	for (int i = 0; i < n; i++)
		add_row(log, first + i, "train/loss", 1.0 / (double)(first + i + 1));
	return log;
}

static void
commit(void)
{
	struct err e = {0};
	uint64_t txn = 0;
	assert_int_equal(sink->ops->commit(sink, &txn, &e), 0);
	assert_int_equal(model_refresh(m, &e), 0);
	assert_true(m->txn >= txn);
}

static void
without_a_store_there_is_nothing_and_no_failure(void **state)
{
	struct err e = {0};
	(void)state;
	struct model *none = model_new("/tmp/mm-no-such-store", NULL, NULL, 0, false);
	assert_int_equal(model_refresh(none, &e), 0);
	assert_int_equal(none->nrows, 0);
	assert_null(model_cursor_run(none));
	model_set_filter(none, "x");
	model_toggle_pin(none, 0);
	model_toggle_fold(none, 0);
	model_ack(none, -1);
	assert_false(model_goto_run(none, "/r/a"));
	model_free(none);
}

static void
runs_appear_and_grow(void **state)
{
	(void)state;
	open_all("", NULL, 0);
	uint32_t a = add_run("/r/a", 0, 5);
	commit();
	assert_int_equal(m->nrows, 1);
	add_run("/r/b", 0, 3);
	commit();
	assert_int_equal(m->nrows, 2);
	add_row(a, 5, "train/loss", 0.05);
	add_row(a, 6, "val/acc", 0.9);
	commit();
	struct model_run *r = model_run_by_path(m, "/r/a");
	assert_int_equal(r->info.points, 7);
	assert_string_equal(r->info.loss.name, "train/loss");
	assert_true(r->info.loss.last == 0.05);
	assert_string_equal(r->info.headline.name, "val/acc");
	assert_int_equal(r->goal, GOAL_MAX);
	close_all();
}

static void
curves_are_there_for_the_rows_about_the_cursor(void **state)
{
	enum { MANY = 600, FAR = 590 };
	(void)state;
	open_all("", NULL, 0);
	uint32_t log[MANY];
	for (int i = 0; i < MANY; i++) {
		char run[32];
		snprintf(run, sizeof run, "/r/%03d", i);
		log[i] = add_run(run, 0, 2);
	}
	model_set_sort(m, SORT_NAME);
	commit();
	assert_int_equal(m->nrows, MANY);
	struct err e = {0};
	const struct model_run *near = &m->run[m->row[0].run], *far = &m->run[m->row[FAR].run];
	assert_non_null(near->spark);
	assert_null(far->spark);
	m->cursor = FAR;
	m->stale = true;
	assert_int_equal(model_refresh(m, &e), 0);
	assert_non_null(far->spark);
	float v[SPARK_N + 1];
	assert_int_equal(spark_values(far->spark, v), 2);
	add_row(log[FAR], 2, "train/loss", 0.125);
	commit();
	assert_int_equal(spark_values(far->spark, v), 3);
	close_all();
}

static void
series_are_there_for_drawn_runs_only_and_follow_the_store(void **state)
{
	(void)state;
	open_all("", NULL, 0);
	uint32_t a = add_run("/r/a", 0, 5);
	for (int i = 0; i < 20; i++) {
		char run[20];
		snprintf(run, sizeof run, "/r/x%d", i);
		sink->ops->said(sink, add_run(run, 0, 2), &(struct last_words){.what = "finished"});
	}
	commit();
	assert_true(model_goto_run(m, "/r/a"));
	commit();
	struct model_run *r = model_run_by_path(m, "/r/a");
	assert_int_equal(r->nseries, 1);
	assert_int_equal(r->series[0].sum.points, 5);
	int loaded = 0;
	for (int i = 0; i < m->nruns; i++) {
		loaded += m->run[i].series != NULL;
		assert_true(m->run[i].drawn || !m->run[i].series);
	}
	assert_true(loaded <= 8);
	add_row(a, 5, "train/loss", 0.5);
	add_row(a, 6, "lr", 0.01);
	commit();
	r = model_run_by_path(m, "/r/a");
	assert_int_equal(r->nseries, 2);
	assert_string_equal(r->series[0].name, "lr");
	assert_int_equal(r->series[0].role.role, ROLE_LR);
	assert_int_equal(r->series[1].sum.points, 6);
	close_all();
}

static void
only_runs_below_the_roots_are_shown(void **state)
{
	char shown[] = "/r/mine", *root[] = {shown};
	(void)state;
	open_all("", root, 1);
	add_run("/r/mine/a", 0, 2);
	add_run("/r/mine", 0, 2);
	add_run("/r/mine2", 0, 2);
	add_run("/r/others/b", 0, 2);
	commit();
	assert_int_equal(m->nruns, 2);
	assert_non_null(model_run_by_path(m, "/r/mine"));
	assert_non_null(model_run_by_path(m, "/r/mine/a"));
	close_all();
}

static void
other_roots_show_other_runs(void **state)
{
	struct err e = {0};
	char shown[] = "/link", *root[] = {shown};
	(void)state;
	open_all("", root, 1);
	add_run("/r/a", 0, 2);
	commit();
	assert_int_equal(m->nruns, 0);
	/* the ingester says what it is in truth */
	free(m->root[0]);
	m->root[0] = xstrdup("/r");
	assert_int_equal(model_refresh(m, &e), 0);
	assert_int_equal(m->nruns, 1);
	close_all();
}

static void
the_configuration_names_hides_and_totals(void **state)
{
	char shown[] = "/r", *root[] = {shown};
	(void)state;
	open_all("[run a]\nname = the best one\ntotal = 100\n"
		 "[run /r/b*]\nhide = yes\n"
		 "[metric train/loss]\nscale = 100\n",
		 root, 1);
	add_run("/r/a", 0, 50);
	add_run("/r/b1", 0, 2);
	add_run("/r/c", 0, 2);
	commit();
	assert_int_equal(m->nruns, 2);
	assert_null(model_run_by_path(m, "/r/b1"));
	const struct model_run *r = model_run_by_path(m, "/r/a");
	assert_string_equal(r->name, "the best one");
	assert_int_equal(r->total, 100);
	assert_true(fabs(r->progress - 0.5) < 0.02);
	assert_true(r->loss_scale == 100);
	/* A framework's name is good where there is no other. */
	uint32_t log = add_run("/r/a", 50, 60);
	sink->ops->title(sink, log, "as W&B has it");
	log = add_run("/r/c", 2, 4);
	sink->ops->title(sink, log, "C");
	commit();
	assert_string_equal(model_run_by_path(m, "/r/a")->name, "the best one");
	assert_string_equal(model_run_by_path(m, "/r/c")->name, "C");
	sink->ops->title(sink, log, "another");
	commit();
	assert_string_equal(model_run_by_path(m, "/r/c")->name, "another");
	/* another configuration: all of it is judged anew */
	struct conf *other;
	assert_int_equal(conf_parse("test", "", 0, &other, NULL), 0);
	model_set_conf(m, other);
	commit();
	assert_int_equal(m->nruns, 3);
	r = model_run_by_path(m, "/r/a");
	assert_string_equal(r->name, "as W&B has it");
	assert_int_equal(r->total, 0);
	m->conf = conf;
	close_all();
	conf_free(other);
}

static struct alert
alert_of(const char *rule, const char *run, uint32_t attempt)
{
	return (struct alert){.rule = rule,
			      .run = run,
			      .metric = "train/loss",
			      .message = "",
			      .attempt = attempt,
			      .state = ALERT_FIRING,
			      .severity = SEVERITY_CRIT,
			      .fired_us = NOW,
			      .value = NAN};
}

static void
alerts_of_shown_runs_in_their_newest_attempt(void **state)
{
	(void)state;
	open_all("[run /r/hidden]\nhide = yes\n", NULL, 0);
	add_run("/r/a", 0, 3);
	add_run("/r/hidden", 0, 3);
	uint32_t again = add_run("/r/again", 0, 3);
	commit();
	/* other content from the first row on: a new attempt */
	sink->ops->replay(sink, again);
	add_row(again, 0, "train/loss", 77);
	sink->ops->replay_end(sink, again, true);
	commit();
	assert_int_equal(model_run_by_path(m, "/r/again")->info.attempt, 2);
	struct alert a = alert_of("one", "/r/a", 1), b = alert_of("two", "/r/hidden", 1),
		     c = alert_of("old", "/r/again", 1), d = alert_of("new", "/r/again", 2);
	sink->ops->alert(sink, &a);
	sink->ops->alert(sink, &b);
	sink->ops->alert(sink, &c);
	sink->ops->alert(sink, &d);
	commit();
	assert_int_equal(m->nalerts, 2);
	assert_int_equal(m->nfiring, 2);
	assert_int_equal(model_run_by_path(m, "/r/a")->firing, 1);
	assert_int_equal(model_run_by_path(m, "/r/again")->firing, 1);
	close_all();
}

static void
a_loss_that_is_no_number_is_known_at_once(void **state)
{
	(void)state;
	open_all("", NULL, 0);
	uint32_t a = add_run("/r/a", 0, 5);
	commit();
	assert_false(m->run[0].bad);
	add_row(a, 6, "train/loss", NAN);
	commit();
	assert_true(m->run[0].bad);
	assert_int_equal(m->run[0].state, RUN_DIVERGED);
	struct str why = STR_INIT;
	model_why(m, &m->run[0], &why);
	assert_true(why.len > 0);
	str_release(&why);
	close_all();
}

static void
states_change_when_only_time_goes_by(void **state)
{
	struct err e = {0};
	(void)state;
	open_all("", NULL, 0);
	add_run("/r/a", 0, 50);
	commit();
	enum run_state now = m->run[0].state;
	double rate = m->run[0].rate;
	assert_true(m->run[0].live && rate > 0);
	clock_pin(NOW + INT64_C(40) * 86400 * 1000000);
	assert_int_equal(model_refresh(m, &e), 0);
	assert_int_not_equal(m->run[0].state, now);
	assert_false(m->run[0].live);
	assert_true(m->run[0].rate == 0);
	/* What was over is live again where the clock was wrong. */
	clock_pin(NOW);
	assert_int_equal(model_refresh(m, &e), 0);
	assert_int_equal(m->run[0].state, now);
	assert_true(m->run[0].live && m->run[0].rate == rate);
	close_all();
}

static void
details_have_parameters_and_files(void **state)
{
	(void)state;
	open_all("", NULL, 0);
	uint32_t a = add_run("/r/a", 0, 5);
	add_run("/r/b", 0, 5);
	sink->ops->param(sink, a, "lr", "0.1");
	sink->ops->remark(sink, a, REMARK_BAD_RECORD, 120, 7, "too few cells");
	struct cursor c = {.offset = 120, .size = 200};
	sink->ops->mark(sink, a, &c);
	model_open_details(m, "/r/a");
	commit();
	const struct model_details *d = m->details;
	assert_true(d->found);
	assert_int_equal(d->nparams, 1);
	assert_string_equal(d->key[0], "lr");
	assert_string_equal(d->value[0], "0.1");
	assert_int_equal(d->nlogs, 1);
	assert_string_equal(d->log[0].path, "/r/a/metrics.csv");
	assert_int_equal(d->log[0].bytes, 120);
	assert_int_equal(d->log[0].remarks, 1);
	assert_string_equal(d->log[0].remark[0], "line 7: too few cells");
	model_open_details(m, "/r/none");
	commit();
	assert_false(m->details->found);
	close_all();
}

static void
older_attempts_are_listed(void **state)
{
	(void)state;
	open_all("", NULL, 0);
	uint32_t a = add_run("/r/a", 0, 5);
	commit();
	for (int k = 1; k <= 2; k++) {
		sink->ops->replay(sink, a);
		for (int i = 0; i < 3; i++)
			add_row(a, i, "train/loss", 100 * k + i);
		sink->ops->replay_end(sink, a, true);
		commit();
	}
	model_open_details(m, "/r/a");
	commit();
	assert_int_equal(m->run[0].info.attempt, 3);
	assert_int_equal(m->run[0].info.points, 3);
	assert_int_equal(m->details->nolder, 2);
	assert_int_equal(m->details->older[0].attempt, 2);
	assert_int_equal(m->details->older[1].attempt, 1);
	assert_int_equal(m->details->older[1].points, 5);
	close_all();
}

/* Of very many in one directory only so much is known, and those behind them are as ever. */
static void
very_many_with_a_counter_keep_it(void **state)
{
	char path[60];
	(void)state;
	open_all("", NULL, 0);
	for (int i = 0; i < 230; i++) {
		snprintf(path, sizeof path, "/r/a/run_%d%s", i, i == 205 ? "/below/run_1" : "");
		sink->ops->param(sink, add_run(path, 0, 1), "lr", i % 2 ? "0.1" : "0.2");
	}
	for (int i = 0; i < 2; i++) {
		snprintf(path, sizeof path, "/r/b/run_%d", i);
		sink->ops->param(sink, add_run(path, 0, 1), "lr", i % 2 ? "0.1" : "0.2");
	}
	commit();
	assert_string_equal(model_run_by_path(m, "/r/a/run_0")->name, "a/run_0");
	assert_string_equal(model_run_by_path(m, "/r/a/run_229")->name, "a/run_229");
	assert_string_equal(model_run_by_path(m, "/r/b/run_0")->name, "b/run_0 lr=0.2");
	assert_string_equal(model_run_by_path(m, "/r/b/run_1")->name, "b/run_1 lr=0.1");
	close_all();
}

static void
runs_that_a_counter_tells_apart_show_their_parameters(void **state)
{
	(void)state;
	open_all("", NULL, 0);
	char path[60];
	for (int i = 0; i < 3; i++) {
		snprintf(path, sizeof path, "/r/exp/lightning_logs/version_%d", i);
		uint32_t log = add_run(path, 0, 2);
		sink->ops->param(sink, log, "model.lr", i == 0 ? "0.1" : "0.01");
		sink->ops->param(sink, log, "data", "a/long/path");
		sink->ops->param(sink, log, "epochs", "10");
	}
	sink->ops->param(sink, add_run("/r/exp/seed1", 0, 2), "model.lr", "7");
	commit();
	assert_string_equal(model_run_by_path(m, "/r/exp/lightning_logs/version_0")->name,
			    "version_0 lr=0.1");
	assert_string_equal(model_run_by_path(m, "/r/exp/lightning_logs/version_2")->name,
			    "version_2 lr=0.01");
	assert_string_equal(model_run_by_path(m, "/r/exp/seed1")->name, "seed1");
	close_all();
}

/* What is kept of few runs, lest all are looked at in each frame, is what all would say. */
static void
assert_books(void)
{
	int drawn[STYLE_NRUNS], ndrawn = model_drawn(m, drawn), n, nlive = 0, npinned = 0;
	int remember[STYLE_NRUNS] = {0};
	const int *unsettled = roster_unsettled(m, &n);
	for (int i = 0; i < m->nruns; i++) {
		const struct model_run *r = &m->run[i];
		bool is_drawn = false, listed = false;
		for (int k = 0; k < ndrawn; k++)
			is_drawn = is_drawn || drawn[k] == i;
		for (int k = 0; k < n; k++)
			listed = listed || unsettled[k] == i;
		assert_int_equal(r->drawn, is_drawn);
		assert_int_equal(r->series != NULL, is_drawn || r == model_cursor_run(m));
		assert_true(r->settled || listed);
		nlive += r->live;
		npinned += r->pinned;
		if (r->color >= 0)
			remember[r->color]++;
	}
	assert_true(n >= nlive);
	assert_int_equal(m->own->npinned, npinned);
	assert_memory_equal(m->own->remember, remember, sizeof remember);
}

static void
what_is_kept_of_few_runs_is_what_all_would_say(void **state)
{
	struct err e = {0};
	char path[40];
	(void)state;
	open_all("", NULL, 0);
	srand(3);
	for (int i = 0; i < 120; i++) {
		snprintf(path, sizeof path, "/r/%c%d", 'a' + rand() % 26, rand() % 40);
		switch (rand() % 6) {
		case 0:
			if (m->nruns) {
				snprintf(path, sizeof path, "%s",
					 m->run[rand() % m->nruns].info.path);
				assert_int_equal(store_forget(m->store, path, &e), 0);
			}
			break;
		case 1:
			clock_pin(NOW + i * INT64_C(60000000)); /* some go quiet */
			m->stale = true;
			break;
		case 2:
			if (m->nrows)
				model_toggle_pin(m, rand() % m->nrows);
			break;
		default:
			add_run(path, 0, 3);
			break;
		}
		m->cursor = m->nrows ? rand() % m->nrows : 0;
		commit();
		assert_books();
	}
	assert_true(m->nruns > 10);
	close_all();
}

static void
while_much_is_read_the_cursor_stays_on_top(void **state)
{
	(void)state;
	open_all("", NULL, 0);
	m->up = true;
	add_run("/r/a", 0, 2);
	commit();
	add_run("/r/b", 200, 2); /* newer: above */
	commit();
	assert_string_equal(model_cursor_run(m)->name, "b");
	m->progress.idle = true;
	add_run("/r/c", 400, 2);
	commit();
	assert_string_equal(model_cursor_run(m)->name, "b");
	/* whoever has moved it keeps it, whatever is read */
	m->progress.idle = false;
	m->cursor = 2;
	commit();
	const char *mine = xstrdup(model_cursor_run(m)->name);
	add_run("/r/d", 600, 2);
	commit();
	assert_string_equal(model_cursor_run(m)->name, mine);
	free((char *)(uintptr_t)mine);
	close_all();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_a_store_there_is_nothing_and_no_failure),
		cmocka_unit_test(runs_appear_and_grow),
		cmocka_unit_test(curves_are_there_for_the_rows_about_the_cursor),
		cmocka_unit_test(series_are_there_for_drawn_runs_only_and_follow_the_store),
		cmocka_unit_test(only_runs_below_the_roots_are_shown),
		cmocka_unit_test(other_roots_show_other_runs),
		cmocka_unit_test(the_configuration_names_hides_and_totals),
		cmocka_unit_test(alerts_of_shown_runs_in_their_newest_attempt),
		cmocka_unit_test(a_loss_that_is_no_number_is_known_at_once),
		cmocka_unit_test(states_change_when_only_time_goes_by),
		cmocka_unit_test(details_have_parameters_and_files),
		cmocka_unit_test(older_attempts_are_listed),
		cmocka_unit_test(runs_that_a_counter_tells_apart_show_their_parameters),
		cmocka_unit_test(very_many_with_a_counter_keep_it),
		cmocka_unit_test(what_is_kept_of_few_runs_is_what_all_would_say),
		cmocka_unit_test(while_much_is_read_the_cursor_stays_on_top),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
