/* The list of runs: its tree, its order, its cursor, and which runs are drawn. */
#include "tests/unit/stage.h"

#include "core/xalloc.h"
#include "tui/grid.h"
#include "tui/model_own.h"
#include "tui/names.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/* What a row says: a run's short name, or "DIR/ n" with + when folded. */
static const char *
row(const struct model *m, int i)
{
	static char buf[4][200];
	static int next;
	char *b = buf[next++ % 4];
	const struct model_row *r = &m->row[i];
	if (i >= m->nrows)
		return "(none)";
	if (r->run >= 0)
		snprintf(b, sizeof buf[0], "%s", m->run[r->run].name + r->skip);
	else
		snprintf(b, sizeof buf[0], "%s/ %d%s", r->dir->label, r->dir->nruns,
			 r->dir->folded ? "+" : "");
	return b;
}

static void
many(struct model *m, const char *begin, int n)
{
	for (int i = 0; i < n; i++) {
		char path[200];
		snprintf(path, sizeof path, "%s%d", begin, i);
		stage_run(m, path, RUN_FINISHED, 2, 1, 100 + i);
	}
}

static void
firing_before_live_before_the_rest_and_newest_first(void **state)
{
	struct model *m = stage_new(false);
	(void)state;
	stage_run(m, "/r/old", RUN_FINISHED, 2, 1, 300);
	stage_run(m, "/r/live", RUN_RUNNING, 2, 1, 200);
	stage_run(m, "/r/new", RUN_FINISHED, 2, 1, 10);
	stage_run(m, "/r/livenew", RUN_QUIET, 2, 1, 100);
	stage_run(m, "/r/fires", RUN_FINISHED, 2, 1, 400);
	stage_alert(m, "rule", "/r/fires", SEVERITY_WARN, ALERT_FIRING, 5);
	stage_settle(m);
	assert_string_equal(row(m, 0), "fires");
	assert_string_equal(row(m, 1), "livenew");
	assert_string_equal(row(m, 2), "live");
	assert_string_equal(row(m, 3), "new");
	assert_string_equal(row(m, 4), "old");
	stage_free(m);
}

/* A sweep is started within seconds: which of its runs was first by a hair says nothing. */
static void
what_started_together_is_in_order_of_name(void **state)
{
	static const char *const path[] = {"/r/lr=0.1", "/r/lr=0.03", "/r/lr=0.01", "/r/lr=1e-3"};
	struct model *m = stage_new(false);
	(void)state;
	for (int i = 0; i < 4; i++) {
		struct model_run *r = stage_run(m, path[i], RUN_RUNNING, 2, 1, 50);
		r->info.first_us += (i * 7 % 4) * INT64_C(1000000);
	}
	stage_run(m, "/r/later", RUN_RUNNING, 2, 1, 40);
	stage_settle(m);
	assert_string_equal(row(m, 0), "later");
	for (int i = 0; i < 4; i++)
		assert_string_equal(row(m, 1 + i), path[3 - i] + 3);
	stage_free(m);
}

/* In order of their paths, the other way about, in neither, or almost. */
static void
the_newest_is_on_top_however_they_were_started(void **state)
{
	enum { N = 9 };
	static const int age[][N] = {
		{1, 2, 3, 4, 5, 6, 7, 8, 9}, {9, 8, 7, 6, 5, 4, 3, 2, 1},
		{5, 1, 9, 2, 8, 3, 7, 4, 6}, {9, 8, 7, 6, 5, 4, 3, 1, 2},
		{1, 2, 3, 4, 5, 6, 7, 9, 8}, {2, 1, 3, 4, 5, 6, 7, 8, 9},
	};
	(void)state;
	for (size_t k = 0; k < sizeof age / sizeof *age; k++) {
		struct model *m = stage_new(false);
		char want[20];
		for (int i = 0; i < N; i++) {
			snprintf(want, sizeof want, "/r/%d-%d", i, age[k][i]);
			stage_run(m, want, RUN_FINISHED, 2, 1, age[k][i] * 60);
		}
		stage_settle(m);
		for (int a = 1; a <= N; a++) {
			int i = 0;
			while (age[k][i] != a)
				i++;
			snprintf(want, sizeof want, "%d-%d", i, a);
			assert_string_equal(row(m, a - 1), want);
		}
		stage_free(m);
	}
}

static void
what_nobody_announces_does_not_come_first(void **state)
{
	struct model *m = stage_new(false);
	(void)state;
	stage_run(m, "/r/a", RUN_FINISHED, 2, 1, 300);
	stage_run(m, "/r/b", RUN_FINISHED, 2, 1, 200);
	stage_alert(m, "x", "/r/a", SEVERITY_CRIT, ALERT_FIRING, 5)->a.acked = true;
	stage_alert(m, "y", "/r/a", SEVERITY_CRIT, ALERT_FIRING, 5)->a.historic = true;
	stage_alert(m, "z", "/r/a", SEVERITY_CRIT, ALERT_RESOLVED, 5);
	stage_settle(m);
	assert_int_equal(m->nfiring, 0);
	assert_string_equal(row(m, 0), "b");
	stage_free(m);
}

static void
a_directory_of_more_than_ten_is_folded(void **state)
{
	struct model *m = stage_new(false);
	(void)state;
	many(m, "/r/ten/", 10);
	many(m, "/r/eleven/logs/", 11);
	m->run[15].live = true;
	stage_settle(m);
	assert_int_equal(m->nrows, 11);
	assert_string_equal(row(m, 0), "eleven/ 11+");
	assert_int_equal(m->row[0].dir->nlive, 1);
	assert_string_equal(row(m, 1), "ten/0");
	model_toggle_fold(m, 0);
	assert_int_equal(m->nrows, 22);
	assert_string_equal(row(m, 0), "eleven/ 11");
	assert_string_equal(row(m, 1), "5"); /* live; the directory's name isn't said again */
	assert_string_equal(row(m, 2), "0");
	model_undo(m);
	assert_int_equal(m->nrows, 11);
	stage_free(m);
}

static void
the_directory_that_holds_all_is_never_folded(void **state)
{
	struct model *m = stage_new(false);
	(void)state;
	many(m, "/home/u/runs/sweep/", 50);
	stage_settle(m);
	assert_int_equal(m->nrows, 50);
	stage_run(m, "/home/u/runs/sweep", RUN_FINISHED, 2, 1, 1);
	stage_settle(m);
	assert_int_equal(m->nrows, 51);
	stage_free(m);
}

static void
a_fold_says_the_best_of_its_runs(void **state)
{
	struct model *m = stage_new(false);
	(void)state;
	many(m, "/r/dir/", 11);
	stage_run(m, "/r/other", RUN_FINISHED, 2, 1, 900);
	for (int i = 0; i < 11; i++)
		stage_headline(&m->run[i], "val/acc", 0.5, i == 7 ? NAN : 0.5 + i / 100.0);
	stage_settle(m);
	assert_true(fabs((double)m->row[0].dir->best - 0.6) < 1e-6);
	stage_free(m);
}

static void
nested_directories_fold_within_each_other(void **state)
{
	struct model *m = stage_new(false);
	(void)state;
	many(m, "/r/a/x/", 12);
	many(m, "/r/a/y/", 12);
	many(m, "/r/b", 2);
	stage_settle(m);
	assert_int_equal(m->nrows, 3);
	assert_true(model_goto_run(m, "/r/a/y/3"));
	assert_string_equal(row(m, m->cursor), "3");
	assert_int_equal(m->row[m->cursor].depth, 2);
	assert_int_equal(m->nrows, 3 + 2 + 12);
	stage_free(m);
}

/* Counts runs that are in rows or in a folded directory. */
static void
assert_each_run_once(const struct model *m)
{
	int *seen = xcalloc((size_t)m->nruns + 1, sizeof *seen);
	for (int i = 0; i < m->nrows; i++) {
		const struct model_row *r = &m->row[i];
		if (r->run >= 0)
			seen[r->run]++;
		else if (r->dir->folded)
			for (int k = 0; k < m->nruns; k++)
				seen[k] += strncmp(m->run[k].info.path, r->dir->path,
						   strlen(r->dir->path)) == 0;
	}
	for (int k = 0; k < m->nruns; k++)
		assert_int_equal(seen[k], 1);
	free(seen);
}

static void
every_run_is_in_the_list_once(void **state)
{
	(void)state;
	srand(1);
	for (int round = 0; round < 60; round++) {
		struct model *m = stage_new(false);
		char path[200];
		for (int i = 0; i < 80; i++) {
			snprintf(path, sizeof path, "/r/%c", 'a' + rand() % 3);
			for (int d = rand() % 3; d > 0; d--)
				snprintf(path + strlen(path), 20, "/%c", 'a' + rand() % 3);
			snprintf(path + strlen(path), 20, "%s%d", rand() % 2 ? "/" : "-", i);
			if (rand() % 10 == 0) /* a run that others lie below */
				*strrchr(path, '/') = '\0';
			stage_settle(m); /* so that the next line can ask */
			if (!model_run_by_path(m, path))
				stage_run(m, path, rand() % 2 ? RUN_RUNNING : RUN_LOST, 1, 2,
					  rand() % 9);
		}
		m->sort = (enum run_sort)(rand() % SORT_NSORT);
		stage_settle(m);
		assert_each_run_once(m);
		for (int i = 0; i < m->nrows; i++)
			if (m->row[i].run < 0 && rand() % 2)
				model_toggle_fold(m, i);
		assert_each_run_once(m);
		stage_free(m);
	}
}

static void
the_cursor_stays_with_its_run(void **state)
{
	struct model *m = stage_new(false);
	(void)state;
	many(m, "/r/", 5);
	stage_settle(m);
	m->cursor = 3;
	assert_string_equal(row(m, 3), "3");
	stage_run(m, "/r/new", RUN_RUNNING, 2, 1, 1);
	stage_settle(m);
	assert_string_equal(row(m, m->cursor), "3");
	/* and goes home when what hid it is gone */
	model_set_filter(m, "new");
	assert_string_equal(row(m, m->cursor), "new");
	model_set_filter(m, NULL);
	assert_string_equal(row(m, m->cursor), "3");
	stage_free(m);
}

static void
a_row_moves_only_when_its_state_changes(void **state)
{
	struct model *m = stage_new(false);
	(void)state;
	many(m, "/r/", 6);
	stage_settle(m);
	for (int i = 0; i < 6; i++) {
		m->run[i].info.loss.last = 6 - i;
		m->run[i].info.last_step += 100 * i;
		m->run[i].info.last_us += i * STAGE_MINUTE;
		m->run[i].info.last_arrival_us += (5 - i) * STAGE_MINUTE;
	}
	stage_settle(m);
	for (int i = 0; i < 6; i++)
		assert_int_equal(m->row[i].run, i);
	m->run[4].state = RUN_RUNNING;
	m->run[4].live = true;
	stage_settle(m);
	assert_int_equal(m->row[0].run, 4);
	assert_int_equal(m->row[1].run, 0);
	stage_free(m);
}

static void
orders_by_value_put_the_best_first_and_the_unknown_last(void **state)
{
	struct model *m = stage_new(false);
	(void)state;
	many(m, "/r/", 4);
	m->run[0].info.loss.last = 3;
	m->run[1].info.loss.last = NAN;
	m->run[2].info.loss.last = 1;
	m->run[3].info.loss.last = 2;
	stage_headline(&m->run[1], "acc", 0.5, 0.9);
	stage_headline(&m->run[3], "acc", 0.7, 0.8);
	stage_settle(m);
	model_set_sort(m, SORT_LOSS);
	assert_int_equal(m->row[0].run, 2);
	assert_int_equal(m->row[3].run, 1);
	model_set_sort(m, SORT_METRIC);
	assert_int_equal(m->row[0].run, 1);
	assert_int_equal(m->row[1].run, 3);
	model_set_sort(m, SORT_NAME);
	for (int i = 0; i < 4; i++)
		assert_int_equal(m->row[i].run, i);
	stage_free(m);
}

/* What comes first of two runs, told the long way. */
static int
naive_order(const struct model *m, const struct model_run *a, const struct model_run *b)
{
	double x = m->sort == SORT_LOSS ? a->info.loss.last : -(double)a->info.last_step;
	double y = m->sort == SORT_LOSS ? b->info.loss.last : -(double)b->info.last_step;
	int64_t s = a->info.first_us / 60000000, t = b->info.first_us / 60000000;
	bool values = m->sort == SORT_LOSS || m->sort == SORT_STEP;
	if (values && (isnan(x) || isnan(y)) && isnan(x) != isnan(y))
		return isnan(x) ? 1 : -1;
	if (values && x != y && !isnan(x))
		return x < y ? -1 : 1;
	if (m->sort == SORT_STATE && a->live != b->live)
		return a->live ? -1 : 1;
	if ((m->sort == SORT_STATE || m->sort == SORT_START) && s != t)
		return s > t ? -1 : 1;
	int c = names_order(a->name, b->name);
	return c ? c : strcmp(a->info.path, b->info.path);
}

/* So many that few are told apart by what they are sorted by, and in no order at first. */
static void
very_many_are_in_every_order(void **state)
{
	static const double loss[] = {-INFINITY, -2, -0.0, 0, 1e-9, 3, NAN, INFINITY};
	static const enum run_sort sort[] = {SORT_NAME, SORT_LOSS, SORT_START, SORT_STEP,
					     SORT_STATE};
	struct model *m = stage_new(false);
	char path[200];
	(void)state;
	srand(7);
	for (int i = 0; i < 900; i++) {
		snprintf(path, sizeof path, "/r/%s%d_%de-%d", rand() % 2 ? "a" : "b",
			 (i * 7919) % 900, 1 + rand() % 9, rand() % 3);
		struct model_run *r = stage_run(m, path, RUN_FINISHED, 2, 1, 1 + rand() % 9);
		r->live = rand() % 3 == 0;
		r->info.loss.last = loss[rand() % 8];
		r->info.last_step = rand() % 4 * 10 - 10;
	}
	stage_settle(m);
	assert_int_equal(m->nrows, 900);
	for (size_t k = 0; k < sizeof sort / sizeof *sort; k++) {
		model_set_sort(m, sort[k]);
		assert_int_equal(m->nrows, 900);
		for (int i = 1; i < m->nrows; i++)
			assert_true(naive_order(m, &m->run[m->row[i - 1].run],
						&m->run[m->row[i].run]) < 0);
		assert_each_run_once(m);
	}
	/* another name, another place */
	m->run[m->row[450].run].given = xstrdup("a");
	m->sort = SORT_NAME;
	stage_settle(m);
	assert_string_equal(row(m, 0), "a");
	stage_free(m);
}

static void
names_are_sorted_as_people_do(void **state)
{
	struct model *m = stage_new(false);
	(void)state;
	stage_run(m, "/r/seed10", RUN_FINISHED, 2, 1, 1);
	stage_run(m, "/r/seed9", RUN_FINISHED, 2, 1, 2);
	stage_run(m, "/r/seed1", RUN_FINISHED, 2, 1, 3);
	stage_settle(m);
	model_set_sort(m, SORT_NAME);
	assert_string_equal(row(m, 0), "seed1");
	assert_string_equal(row(m, 1), "seed9");
	assert_string_equal(row(m, 2), "seed10");
	stage_free(m);
}

static void
a_filter_finds_what_is_folded_too(void **state)
{
	struct model *m = stage_new(false);
	(void)state;
	many(m, "/r/big/", 20);
	stage_run(m, "/r/Small", RUN_FINISHED, 2, 1, 1);
	stage_settle(m);
	model_set_filter(m, "big/1");
	assert_int_equal(m->nrows, 11);
	model_set_filter(m, "small"); /* without capitals either case matches */
	assert_int_equal(m->nrows, 1);
	model_set_filter(m, "SMALL");
	assert_int_equal(m->nrows, 0);
	assert_null(model_cursor_run(m));
	model_set_filter(m, "");
	assert_int_equal(m->nrows, 2);
	stage_free(m);
}

static void
undo_takes_back_a_typed_filter_at_once(void **state)
{
	struct model *m = stage_new(false);
	(void)state;
	many(m, "/r/run", 12);
	stage_settle(m);
	model_set_sort(m, SORT_NAME);
	model_set_filter(m, "r");
	model_set_filter(m, "ru");
	model_set_filter(m, "run");
	model_set_filter(m, "run1");
	assert_int_equal(m->nrows, 3);
	model_undo(m);
	assert_null(m->filter);
	assert_int_equal(m->sort, SORT_NAME);
	model_undo(m);
	assert_int_equal(m->sort, SORT_STATE);
	model_undo(m);
	assert_non_null(strstr(m->message, "nothing"));
	stage_free(m);
}

static void
many_changes_can_be_undone_but_not_without_end(void **state)
{
	struct model *m = stage_new(false);
	(void)state;
	stage_run(m, "/r/a", RUN_FINISHED, 2, 1, 1);
	stage_settle(m);
	for (int i = 0; i < 1000; i++)
		model_toggle_pin(m, 0);
	for (int i = 0; i < 1000; i++)
		model_undo(m);
	assert_non_null(strstr(m->message, "nothing"));
	assert_false(m->run[0].pinned);
	stage_free(m);
}

/* -- drawn ----------------------------------------------------------------------------------- */

static void
the_cursor_is_on_top_and_at_most_eight_are_drawn(void **state)
{
	struct model *m = stage_new(false);
	int drawn[STYLE_NRUNS], n;
	unsigned colors = 0;
	(void)state;
	for (int i = 0; i < 12; i++) {
		char path[20];
		snprintf(path, sizeof path, "/r/%02d", i);
		stage_run(m, path, i < 3 ? RUN_FINISHED : RUN_RUNNING, 2, 1, i);
	}
	stage_settle(m);
	drawn_pin(m, &m->run[0], true, false);
	m->cursor = m->nrows - 1;
	stage_settle(m);
	n = model_drawn(m, drawn);
	assert_int_equal(n, STYLE_NRUNS);
	assert_int_equal(drawn[n - 1], m->row[m->cursor].run);
	assert_true(m->run[0].drawn);
	for (int i = 0; i < n; i++) {
		assert_true(m->run[drawn[i]].drawn);
		colors |= 1u << m->run[drawn[i]].color;
	}
	assert_int_equal(colors, (1u << STYLE_NRUNS) - 1);
	stage_free(m);
}

static void
a_folded_directory_stands_for_its_newest_runs(void **state)
{
	struct model *m = stage_new(false);
	int drawn[STYLE_NRUNS];
	(void)state;
	many(m, "/r/a/", 20);
	many(m, "/r/b/", 20);
	m->run[15].live = true;
	m->run[35].live = true;
	stage_settle(m);
	m->cursor = order_find(m, "/r/a/");
	stage_settle(m);
	/* 15 is live, 0 the newest; live ones elsewhere would come after them */
	assert_int_equal(model_drawn(m, drawn), STYLE_NRUNS);
	assert_int_equal(drawn[0], 15);
	for (int i = 1; i < STYLE_NRUNS; i++)
		assert_int_equal(drawn[i], i - 1);
	model_toggle_fold(m, m->cursor);
	stage_settle(m);
	assert_int_equal(model_drawn(m, drawn), 2);
	assert_int_equal(drawn[0], 15);
	assert_int_equal(drawn[1], 35);
	stage_free(m);
}

static void
a_color_stays_with_its_run(void **state)
{
	struct model *m = stage_new(false);
	(void)state;
	for (int i = 0; i < 30; i++) {
		char path[20];
		snprintf(path, sizeof path, "/r/%02d", i);
		stage_run(m, path, RUN_FINISHED, 2, 1, i);
	}
	stage_settle(m);
	drawn_pin(m, &m->run[5], true, false);
	drawn_pin(m, &m->run[6], true, false);
	stage_settle(m);
	int five = m->run[5].color, six = m->run[6].color;
	assert_int_not_equal(five, six);
	for (int i = 0; i < 30; i++) { /* the cursor passes over everything */
		m->cursor = i;
		stage_settle(m);
		assert_int_equal(m->run[5].color, five);
		assert_int_equal(m->run[6].color, six);
	}
	drawn_pin(m, &m->run[5], false, false);
	m->cursor = 0;
	stage_settle(m);
	assert_false(m->run[5].drawn);
	drawn_pin(m, &m->run[5], true, false);
	stage_settle(m);
	assert_int_equal(m->run[5].color, five);
	stage_free(m);
}

static void
space_draws_and_takes_off(void **state)
{
	struct model *m = stage_new(false);
	(void)state;
	stage_run(m, "/r/cursor", RUN_RUNNING, 2, 1, 1);
	stage_run(m, "/r/live", RUN_RUNNING, 2, 1, 2);
	stage_run(m, "/r/done", RUN_FINISHED, 2, 1, 3);
	stage_settle(m);
	assert_true(m->run[1].drawn);
	assert_false(m->run[2].drawn);
	model_toggle_pin(m, 1); /* a live one is drawn of itself: off */
	model_toggle_pin(m, 2); /* a finished one: on */
	stage_settle(m);
	assert_false(m->run[1].drawn);
	assert_true(m->run[2].drawn);
	model_undo(m);
	model_undo(m);
	stage_settle(m);
	assert_true(m->run[1].drawn);
	assert_false(m->run[2].drawn);
	stage_free(m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(firing_before_live_before_the_rest_and_newest_first),
		cmocka_unit_test(what_started_together_is_in_order_of_name),
		cmocka_unit_test(the_newest_is_on_top_however_they_were_started),
		cmocka_unit_test(what_nobody_announces_does_not_come_first),
		cmocka_unit_test(a_directory_of_more_than_ten_is_folded),
		cmocka_unit_test(the_directory_that_holds_all_is_never_folded),
		cmocka_unit_test(a_fold_says_the_best_of_its_runs),
		cmocka_unit_test(nested_directories_fold_within_each_other),
		cmocka_unit_test(every_run_is_in_the_list_once),
		cmocka_unit_test(the_cursor_stays_with_its_run),
		cmocka_unit_test(a_row_moves_only_when_its_state_changes),
		cmocka_unit_test(orders_by_value_put_the_best_first_and_the_unknown_last),
		cmocka_unit_test(very_many_are_in_every_order),
		cmocka_unit_test(names_are_sorted_as_people_do),
		cmocka_unit_test(a_filter_finds_what_is_folded_too),
		cmocka_unit_test(undo_takes_back_a_typed_filter_at_once),
		cmocka_unit_test(many_changes_can_be_undone_but_not_without_end),
		cmocka_unit_test(the_cursor_is_on_top_and_at_most_eight_are_drawn),
		cmocka_unit_test(a_folded_directory_stands_for_its_newest_runs),
		cmocka_unit_test(a_color_stays_with_its_run),
		cmocka_unit_test(space_draws_and_takes_off),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
