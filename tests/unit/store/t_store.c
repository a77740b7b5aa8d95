/* What is handed to the sink and committed is what a snapshot gives, now and after the store was
 * closed. */
#include "tests/unit/store_kit.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- rows ------------------------------------------------------------------------------------ */

static void
rows_come_back(void **state)
{
	struct kit *k = *state;
	uint32_t log = kit_log(k, "/r/a/metrics.csv", "/r/a");
	uint32_t loss = kit_column(k, log, "loss");
	size_t n;

	for (int i = 0; i < 100; i++)
		assert_int_equal(kit_row1(k, log, i, loss, 1.0 / (i + 1)), ROW_STORED);
	kit_commit(k);
	for (int round = 0; round < 2; round++) {
		struct snap *sn = kit_snap(k);
		struct point *p = kit_points(sn, kit_series(sn, "/r/a", "loss"), 0, &n);
		assert_int_equal(n, 100);
		for (int i = 0; i < 100; i++) {
			assert_int_equal(p[i].step, i);
			assert_true(p[i].value == 1.0 / (i + 1));
			assert_int_equal(p[i].attempt, 1);
			assert_int_equal(p[i].segment, 0);
		}
		free(p);
		snap_end(sn);
		kit_again(k);
	}
	assert_true(kit_sound(k));
}

static void
nothing_is_kept_before_commit(void **state)
{
	struct kit *k = *state;
	uint32_t log = kit_log(k, "/r/a/metrics.csv", "/r/a");

	kit_row1(k, log, 0, kit_column(k, log, "loss"), 1);
	struct snap *sn = kit_snap(k);
	assert_int_equal(kit_series(sn, "/r/a", "loss"), 0);
	snap_end(sn);
	kit_again(k);
	sn = kit_snap(k);
	assert_int_equal(kit_series(sn, "/r/a", "loss"), 0);
	snap_end(sn);
}

static void
values_keep_their_bits(void **state)
{
	static const double odd[] = {
		NAN, INFINITY, -INFINITY, -0.0, 0.0, 5e-324, 1.7976931348623157e308, 0.1, -1e-300};
	struct kit *k = *state;
	uint32_t log = kit_log(k, "/r/a/m.csv", "/r/a"), c = kit_column(k, log, "x");
	size_t n, count = sizeof odd / sizeof *odd;

	for (size_t i = 0; i < count; i++)
		kit_row1(k, log, (int64_t)i, c, odd[i]);
	kit_commit(k);
	struct snap *sn = kit_snap(k);
	struct point *p = kit_points(sn, kit_series(sn, "/r/a", "x"), 0, &n);
	assert_int_equal(n, count);
	for (size_t i = 0; i < count; i++)
		assert_memory_equal(&p[i].value, &odd[i], sizeof(double));
	free(p);
	snap_end(sn);
}

static void
cursor_comes_with_its_rows(void **state)
{
	struct kit *k = *state;
	uint32_t log = kit_log(k, "/r/a/m.csv", "/r/a");
	struct cursor c = {.dev = 1,
			   .ino = 2,
			   .offset = 30,
			   .size = 31,
			   .mtime_us = 4,
			   .fp = {.head_len = 30, .head_crc = 7},
			   .state = "st",
			   .nstate = 2};
	struct log_info li;

	kit_row1(k, log, 0, kit_column(k, log, "x"), 1);
	k->sink->ops->mark(k->sink, log, &c);
	kit_commit(k);
	kit_again(k);
	assert_true(k->sink->ops->log_find(k->sink, "/r/a/m.csv", &li));
	assert_int_equal(li.id, log);
	assert_int_equal(li.cur.offset, 30);
	assert_int_equal(li.cur.nstate, 2);
	assert_memory_equal(li.cur.state, "st", 2);
	assert_int_equal(li.rows, 1);
	assert_string_equal(li.run, "/r/a");
	assert_false(k->sink->ops->log_find(k->sink, "/r/b/m.csv", &li));
}

/* ---- replay ---------------------------------------------------------------------------------- */

static void
write_rows(struct kit *k, uint32_t log, uint32_t c, int from, int to, double base)
{
	for (int i = from; i < to; i++)
		kit_row1(k, log, i, c, base + i);
}

static size_t
count_points(struct kit *k, const char *run, const char *name, uint32_t attempt)
{
	struct snap *sn = kit_snap(k);
	size_t n;

	free(kit_points(sn, kit_series(sn, run, name), attempt, &n));
	snap_end(sn);
	return n;
}

static void
replay_of_the_same_adds_nothing(void **state)
{
	struct kit *k = *state;
	uint32_t log = kit_log(k, "/r/a/m.csv", "/r/a"), c = kit_column(k, log, "x");

	write_rows(k, log, c, 0, 10, 0);
	kit_commit(k);
	k->sink->ops->replay(k->sink, log);
	for (int i = 0; i < 10; i++)
		assert_int_equal(kit_row1(k, log, i, c, i), ROW_KNOWN);
	assert_int_equal(kit_row1(k, log, 10, c, 10), ROW_STORED);
	kit_commit(k);
	assert_int_equal(count_points(k, "/r/a", "x", 0), 11);
	assert_true(kit_sound(k));
}

static void
replay_that_differs_supersedes_the_rest(void **state)
{
	struct kit *k = *state;
	uint32_t log = kit_log(k, "/r/a/m.csv", "/r/a"), c = kit_column(k, log, "x");
	size_t n;

	write_rows(k, log, c, 0, 10, 0);
	kit_commit(k);
	k->sink->ops->replay(k->sink, log);
	write_rows(k, log, c, 0, 4, 0);
	assert_int_equal(kit_row1(k, log, 4, c, 100), ROW_STORED);
	kit_commit(k);
	struct snap *sn = kit_snap(k);
	struct point *p = kit_points(sn, kit_series(sn, "/r/a", "x"), 0, &n);
	assert_int_equal(n, 5);
	assert_true(p[4].value == 100);
	assert_int_equal(p[4].attempt, 1);
	free(p);
	struct run_info r;
	struct pace pace;
	assert_true(snap_run_by_path(sn, "/r/a", &r));
	assert_int_equal(r.points, 5);
	assert_int_equal(r.last_step, 4);
	assert_true(snap_pace(sn, "/r/a", &pace));
	assert_int_equal(pace.last_step, 4);
	assert_false(snap_pace(sn, "/r/none", &pace));
	snap_end(sn);
	assert_true(kit_sound(k));
}

static void
replay_that_differs_at_once_is_a_new_attempt(void **state)
{
	struct kit *k = *state;
	uint32_t log = kit_log(k, "/r/a/m.csv", "/r/a"), c = kit_column(k, log, "x");
	struct run_info r;

	write_rows(k, log, c, 0, 10, 0);
	kit_commit(k);
	k->sink->ops->replay(k->sink, log);
	write_rows(k, log, c, 0, 3, 50);
	kit_commit(k);
	assert_int_equal(count_points(k, "/r/a", "x", 0), 13);
	assert_int_equal(count_points(k, "/r/a", "x", 1), 10);
	assert_int_equal(count_points(k, "/r/a", "x", 2), 3);
	struct snap *sn = kit_snap(k);
	assert_true(snap_run_by_path(sn, "/r/a", &r));
	assert_int_equal(r.attempt, 2);
	assert_int_equal(r.attempts, 2);
	assert_int_equal(r.points, 3);
	assert_true(snap_run_attempt(sn, r.id, 1, &r));
	assert_int_equal(r.points, 10);
	assert_int_equal(r.last_step, 9);
	snap_end(sn);
	assert_true(kit_sound(k));
}

static void
replay_cut_supersedes_what_is_no_longer_there(void **state)
{
	struct kit *k = *state;
	uint32_t log = kit_log(k, "/r/a/m.csv", "/r/a"), c = kit_column(k, log, "x");

	write_rows(k, log, c, 0, 10, 0);
	kit_commit(k);
	k->sink->ops->replay(k->sink, log);
	write_rows(k, log, c, 0, 6, 0);
	k->sink->ops->replay_end(k->sink, log, true);
	kit_commit(k);
	assert_int_equal(count_points(k, "/r/a", "x", 0), 6);
	assert_true(kit_sound(k));
}

static void
an_emptied_log_begins_another_attempt(void **state)
{
	struct kit *k = *state;
	uint32_t log = kit_log(k, "/r/a/m.csv", "/r/a"), c = kit_column(k, log, "x");

	write_rows(k, log, c, 0, 10, 0);
	kit_commit(k);
	k->sink->ops->replay(k->sink, log);
	k->sink->ops->replay_end(k->sink, log, true);
	kit_commit(k);
	assert_int_equal(count_points(k, "/r/a", "x", 0), 10);
	kit_again(k);
	log = kit_log(k, "/r/a/m.csv", "/r/a");
	c = kit_column(k, log, "x");
	write_rows(k, log, c, 0, 2, 5);
	kit_commit(k);
	assert_int_equal(count_points(k, "/r/a", "x", 1), 10);
	assert_int_equal(count_points(k, "/r/a", "x", 2), 2);
	assert_true(kit_sound(k));
}

/* ---- runs ------------------------------------------------------------------------------------ */

static void
a_run_says_what_its_logs_have(void **state)
{
	struct kit *k = *state;
	uint32_t a = kit_log(k, "/r/a/metrics.csv", "/r/a"), b = kit_log(k, "/r/a/val.csv", "/r/a");
	uint32_t loss = kit_column(k, a, "train/loss"), acc = kit_column(k, b, "val/acc");
	struct run_info r;

	for (int i = 0; i < 20; i++)
		kit_row1(k, a, i, loss, 20 - i);
	kit_row1(k, b, 10, acc, 0.5);
	kit_row1(k, b, 19, acc, 0.25);
	k->sink->ops->param(k->sink, a, "max_steps", "1000");
	kit_commit(k);
	struct snap *sn = kit_snap(k);
	assert_true(snap_run_by_path(sn, "/r/a", &r));
	assert_int_equal(r.points, 22);
	assert_int_equal(r.metrics, 2);
	assert_int_equal(r.last_step, 19);
	assert_int_equal(r.total, 1000);
	assert_string_equal(r.loss.name, "train/loss");
	assert_true(r.loss.last == 1 && r.loss.best == 1);
	assert_string_equal(r.headline.name, "val/acc");
	assert_true(r.headline.last == 0.25 && r.headline.best == 0.5);
	snap_end(sn);
	assert_true(kit_sound(k));
}

/* Asked before anything was committed, in this process and in the next. */
static void
a_run_is_found_with_its_evidence(void **state)
{
	struct kit *k = *state;
	uint32_t log = kit_log(k, "/r/a/metrics.csv", "/r/a"), loss = kit_column(k, log, "loss");
	struct run_kept r;

	for (int i = 0; i < 50; i++)
		kit_row1(k, log, i * 10, loss, i < 49 ? 1 : NAN);
	k->sink->ops->param(k->sink, log, "max_steps", "1000");
	k->sink->ops->said(k->sink, log, &(struct last_words){.what = "failed"});
	for (int round = 0; round < 3; round++) {
		assert_true(k->sink->ops->run_find(k->sink, "/r/a", &r));
		assert_int_equal(r.attempt, 1);
		assert_int_equal(r.unit, STEP_STEP);
		assert_int_equal(r.ev.points, 50);
		assert_int_equal(r.ev.last_step, 490);
		assert_int_equal(r.ev.total, 1000);
		assert_true(r.ev.step_from_zero);
		assert_true(r.ev.loss_bad);
		assert_string_equal(r.loss, "loss");
		assert_string_equal(r.ev.said, "failed");
		assert_int_equal(r.pace.stride, 10);
		assert_true(pace_rate(&r.pace) > 0.9 && pace_rate(&r.pace) < 1.1);
		assert_false(k->sink->ops->run_find(k->sink, "/r/b", &r));
		kit_commit(k);
		if (round)
			kit_again(k);
	}
}

/* System samples are counted among rows that have a step. */
static void
row_counted(struct kit *k, uint32_t log, int64_t n, uint32_t column, double value)
{
	k->sink->ops->row(k->sink, log,
			  &(struct row){.unit = STEP_ROW,
					.step = n,
					.arrival_us = 1000000 * n,
					.n = 1,
					.column = &column,
					.value = &value});
}

static void
rows_of_two_units(struct kit *k, uint32_t log, int64_t steps, double value)
{
	uint32_t cpu = kit_column(k, log, "system/cpu"), loss = kit_column(k, log, "loss");
	int64_t counted = 0;

	row_counted(k, log, counted++, cpu, 50);
	for (int64_t i = 3; i < steps; i++) {
		kit_row1(k, log, i * 100, loss, i < 8 ? 1.0 : value);
		row_counted(k, log, counted++, cpu, 50);
	}
}

static void
a_run_is_at_the_step_of_its_finest_unit(void **state)
{
	struct kit *k = *state;
	uint32_t log = kit_log(k, "/r/a/m.csv", "/r/a");
	struct run_info r;

	rows_of_two_units(k, log, 10, 1);
	kit_commit(k);
	for (int round = 0; round < 3; round++) {
		struct snap *sn = kit_snap(k);
		assert_true(snap_run_by_path(sn, "/r/a", &r));
		assert_int_equal(r.unit, STEP_STEP);
		assert_int_equal(r.first_step, 300);
		assert_int_equal(r.last_step, round < 2 ? 900 : 800);
		snap_end(sn);
		assert_true(kit_sound(k));
		kit_again(k);
		/* Rebuilt from what is kept: other values from step 800 on, then fewer rows. */
		log = kit_log(k, "/r/a/m.csv", "/r/a");
		k->sink->ops->replay(k->sink, log);
		rows_of_two_units(k, log, 10 - round, 2);
		k->sink->ops->replay_end(k->sink, log, true);
		kit_commit(k);
	}
}

static void
what_a_framework_calls_a_run(void **state)
{
	struct kit *k = *state;
	uint32_t csv = kit_log_of(k, "/r/a/m.csv", "/r/a", "csv", 3);
	uint32_t wandb = kit_log_of(k, "/r/a/run-1.wandb", "/r/a", "wandb", 0);
	static const char *const titles[] = {"by CSV", "by CSV", "by W&B", "by CSV", "by CSV"};
	struct run_info r;

	kit_row1(k, csv, 0, kit_column(k, csv, "x"), 1);
	k->sink->ops->title(k->sink, csv, "by CSV");
	for (int round = 0; round < 5; round++) {
		kit_commit(k);
		struct snap *sn = kit_snap(k);
		assert_true(snap_run_by_path(sn, "/r/a", &r));
		assert_string_equal(r.title, titles[round]);
		snap_end(sn);
		kit_again(k);
		csv = kit_log_of(k, "/r/a/m.csv", "/r/a", "csv", 3);
		wandb = kit_log_of(k, "/r/a/run-1.wandb", "/r/a", "wandb", 0);
		if (round == 1)
			k->sink->ops->title(k->sink, wandb, "by W&B");
		if (round == 2)
			k->sink->ops->title(k->sink, wandb, "");
		kit_row1(k, csv, round + 1, kit_column(k, csv, "x"), 1);
	}
	assert_true(kit_sound(k));
}

/* A framework's own word on a metric's direction: kept, and more than its name suggests. */
static void
a_direction_that_was_told(void **state)
{
	struct kit *k = *state;
	struct run_info r;
	struct series_info s;
	for (int round = 0; round < 4; round++) {
		uint32_t log = kit_log(k, "/r/a/m.csv", "/r/a");
		uint32_t c = kit_column(k, log, "val/acc"), x = kit_column(k, log, "x");
		kit_row1(k, log, 2 * round, c, round + 0.5);
		kit_row1(k, log, 2 * round + 1, x, 1);
		if (round == 1)
			k->sink->ops->goal(k->sink, log, c, GOAL_MIN);
		kit_commit(k);
		struct snap *sn = kit_snap(k);
		assert_true(snap_run_by_path(sn, "/r/a", &r));
		assert_true(snap_series_find(sn, r.id, "val/acc", &s));
		assert_int_equal(s.told, round ? GOAL_MIN : GOAL_NONE);
		if (round == 0) {
			assert_string_equal(r.headline.name, "val/acc");
			assert_true(r.headline.best == 0.5);
		}
		if (round && r.headline.name[0])
			assert_true(r.headline.best == 0.5 && r.headline.goal == GOAL_MIN);
		assert_true(snap_series_find(sn, r.id, "x", &s));
		assert_int_equal(s.told, GOAL_NONE);
		snap_end(sn);
		assert_true(kit_sound(k));
		kit_again(k);
	}
}

/* Of the logs of a run the first in time is believed, until another one goes on. */
static void
the_first_last_words_count(void **state)
{
	struct kit *k = *state;
	enum { S = 1000000 };
	const int64_t begin = INT64_C(1700000000) * S; /* of kit_row1() */
	static const struct {
		const char *what;
		int64_t arrival_s;
		const char *then;
	} words[] = {
		{"failed: NCCL timeout", 100, "failed: NCCL timeout"},
		{"failed: CUDA out of memory", 90, "failed: CUDA out of memory"},
		{"cancelled: terminated", 200, "failed: CUDA out of memory"},
	};
	struct run_info r;
	char path[30];
	for (int i = 0; i < 3; i++) {
		snprintf(path, sizeof path, "/r/a/log%d.csv", i);
		uint32_t log = kit_log(k, path, "/r/a");
		struct last_words w = {words[i].what, 0, begin + words[i].arrival_s * S};
		kit_row1(k, log, 1, kit_column(k, log, "x"), 1);
		k->sink->ops->said(k->sink, log, &w);
		kit_commit(k);
		kit_again(k); /* and a restart changes nothing */
		struct snap *sn = kit_snap(k);
		assert_true(snap_run_by_path(sn, "/r/a", &r));
		assert_string_equal(r.said, words[i].then);
		snap_end(sn);
	}
	uint32_t log = kit_log(k, "/r/a/next.csv", "/r/a"), c = kit_column(k, log, "x");
	struct row row = {.unit = STEP_STEP,
			  .step = 1,
			  .wall_us = begin + INT64_C(9000) * S,
			  .arrival_us = begin + INT64_C(9000) * S,
			  .n = 1,
			  .column = &c,
			  .value = (double[]){1}};
	k->sink->ops->row(k->sink, log, &row);
	kit_commit(k);
	struct snap *sn = kit_snap(k);
	assert_true(snap_run_by_path(sn, "/r/a", &r));
	assert_null(r.said);
	snap_end(sn);
	assert_true(kit_sound(k));
}

static void
a_run_moves_with_its_log(void **state)
{
	struct kit *k = *state;
	uint32_t log = kit_log(k, "/r/a/m.csv", "/r/a");
	struct log_desc d = {.path = "/r/b/m.csv",
			     .run = "/r/b",
			     .prefix = "",
			     .format = "csv",
			     .rank = 3,
			     .reason = "test"};
	struct run_info r, was;
	struct log_info li;

	kit_row1(k, log, 0, kit_column(k, log, "x"), 1);
	kit_commit(k);
	struct snap *sn = kit_snap(k);
	assert_true(snap_run_by_path(sn, "/r/a", &was));
	snap_end(sn);
	k->sink->ops->moved(k->sink, log, &d);
	kit_commit(k);
	sn = kit_snap(k);
	assert_false(snap_run_by_path(sn, "/r/a", &r));
	assert_true(snap_run_by_path(sn, "/r/b", &r));
	assert_int_equal(r.id, was.id);
	assert_int_equal(r.points, 1);
	snap_end(sn);
	assert_false(k->sink->ops->log_find(k->sink, "/r/a/m.csv", &li));
	kit_again(k);
	assert_true(k->sink->ops->log_find(k->sink, "/r/b/m.csv", &li));
	assert_int_equal(li.id, log);
	assert_true(kit_sound(k));
}

static void
a_run_of_two_logs_moves_one_by_one(void **state)
{
	struct kit *k = *state;
	uint32_t a = kit_log(k, "/r/a/m.csv", "/r/a"), b = kit_log(k, "/r/a/n.csv", "/r/a");
	struct log_desc d = {.path = "/r/b/m.csv",
			     .run = "/r/b",
			     .prefix = "",
			     .format = "csv",
			     .rank = 3,
			     .reason = "test"};
	struct run_info r;

	kit_row1(k, a, 0, kit_column(k, a, "x"), 1);
	kit_row1(k, b, 0, kit_column(k, b, "y"), 1);
	k->sink->ops->param(k->sink, a, "lr", "0.1");
	kit_commit(k);
	k->sink->ops->moved(k->sink, a, &d);
	d.path = "/r/b/n.csv";
	kit_commit(k);
	k->sink->ops->moved(k->sink, b, &d);
	kit_commit(k);
	struct snap *sn = kit_snap(k);
	assert_false(snap_run_by_path(sn, "/r/a", &r));
	assert_true(snap_run_by_path(sn, "/r/b", &r));
	assert_int_equal(r.points, 2);
	assert_int_equal(r.metrics, 2);
	snap_end(sn);
	assert_true(kit_sound(k));
}

/* ---- names ----------------------------------------------------------------------------------- */

static int
print_name(void *ctx, const struct series_info *s)
{
	str_addf(ctx, "%s%s ", s->shown, s->primary ? "" : "-");
	return 0;
}

static char *
names(struct kit *k, const char *run)
{
	struct snap *sn = kit_snap(k);
	struct run_info r;
	struct str s = STR_INIT;

	assert_true(snap_run_by_path(sn, run, &r));
	assert_int_equal(snap_series(sn, r.id, print_name, &s), 0);
	snap_end(sn);
	return str_steal(&s);
}

static void
expect_names(struct kit *k, const char *run, const char *want)
{
	char *got = names(k, run);

	assert_string_equal(got, want);
	free(got);
}

static void
two_files_of_one_format_name_their_files(void **state)
{
	struct kit *k = *state;
	uint32_t a = kit_log(k, "/r/a/m.csv", "/r/a"), b = kit_log(k, "/r/a/n.csv", "/r/a");

	kit_row1(k, a, 0, kit_column(k, a, "x"), 1);
	kit_row1(k, b, 0, kit_column(k, b, "x"), 1);
	kit_row1(k, b, 0, kit_column(k, b, "y"), 1);
	kit_commit(k);
	expect_names(k, "/r/a", "x@m.csv x@n.csv y ");
}

static void
of_two_formats_one_is_shown(void **state)
{
	struct kit *k = *state;
	uint32_t a = kit_log_of(k, "/r/a/m.csv", "/r/a", "csv", 3);
	uint32_t b = kit_log_of(k, "/r/a/m.jsonl", "/r/a", "jsonl", 2);

	kit_row1(k, a, 0, kit_column(k, a, "x"), 1);
	kit_row1(k, b, 0, kit_column(k, b, "x"), 2);
	kit_commit(k);
	expect_names(k, "/r/a", "x x@csv- ");
}

/* Processes that wrote one format have ranks of their own (core/run.h). */
static void
of_several_processes_the_lowest_is_shown(void **state)
{
	struct kit *k = *state;
	uint32_t a = kit_log_of(k, "/r/a/out.rank1", "/r/a", "text", 501);
	uint32_t b = kit_log_of(k, "/r/a/out.rank0", "/r/a", "text", 500);

	kit_row1(k, a, 0, kit_column(k, a, "x"), 1);
	kit_row1(k, b, 0, kit_column(k, b, "x"), 2);
	kit_commit(k);
	expect_names(k, "/r/a", "x x@out.rank1- ");
	/* beside a better format that one speaks for the others */
	uint32_t c = kit_log_of(k, "/r/a/m.csv", "/r/a", "csv", 3);
	kit_row1(k, c, 0, kit_column(k, c, "x"), 3);
	kit_commit(k);
	expect_names(k, "/r/a", "x x@text- x@out.rank1- ");
}

/* Listed, looked up by name and by number, and without a name: the same. */
static void
a_crowd_of_processes(void **state)
{
	enum { CROWD = 40 };
	struct kit *k = *state;
	struct str want = STR_INIT;
	struct series_info s, other;
	struct run_info r;

	for (int i = 0; i < CROWD; i++) {
		char path[64];
		snprintf(path, sizeof path, "/r/a/%02d/out.log", i);
		uint32_t log = kit_log_of(k, path, "/r/a", "text", 500 + i);
		kit_row1(k, log, i, kit_column(k, log, "x"), i);
		if (i == 7)
			kit_row1(k, log, i, kit_column(k, log, "x@09/out.log"), 1);
		if (i == 0)
			str_adds(&want, "x ");
		else
			str_addf(&want, "x@%s%02d/out.log- ", i == 9 ? "a/" : "", i);
	}
	str_adds(&want, "x@09/out.log ");
	kit_commit(k);
	expect_names(k, "/r/a", str_c(&want));
	struct snap *sn = kit_snap(k);
	assert_true(snap_run_by_path(sn, "/r/a", &r));
	for (int i = 0; i < CROWD; i++) {
		char name[64] = "x";
		if (i)
			snprintf(name, sizeof name, "x@%s%02d/out.log", i == 9 ? "a/" : "", i);
		assert_true(snap_series_find(sn, r.id, name, &s));
		assert_int_equal(s.now.last_step, i);
		assert_true(snap_series_get(sn, s.id, &other));
		assert_string_equal(other.shown, name);
		assert_true(snap_series_sums(sn, s.id, &other));
		assert_memory_equal(&other.now, &s.now, sizeof s.now);
		assert_memory_equal(&other.all, &s.all, sizeof s.all);
		assert_int_equal(other.attempt, s.attempt);
	}
	snap_end(sn);
	str_release(&want);
}

static void
a_literal_name_wins_over_a_suffix(void **state)
{
	struct kit *k = *state;
	uint32_t a = kit_log_of(k, "/r/a/m.csv", "/r/a", "csv", 3);
	uint32_t b = kit_log_of(k, "/r/a/m.jsonl", "/r/a", "jsonl", 2);
	struct series_info s;
	struct run_info r;

	kit_row1(k, a, 0, kit_column(k, a, "x"), 1);
	kit_row1(k, b, 0, kit_column(k, b, "x"), 2);
	kit_row1(k, b, 1, kit_column(k, b, "x@csv"), 3);
	kit_commit(k);
	expect_names(k, "/r/a", "x x@m.csv- x@csv ");
	struct snap *sn = kit_snap(k);
	assert_true(snap_run_by_path(sn, "/r/a", &r));
	assert_true(snap_series_find(sn, r.id, "x@csv", &s));
	assert_string_equal(s.name, "x@csv");
	assert_true(snap_series_find(sn, r.id, "x@m.csv", &s));
	assert_string_equal(s.format, "csv");
	assert_false(snap_series_find(sn, r.id, "x@n.csv", &s));
	snap_end(sn);
}

/* ---- opening --------------------------------------------------------------------------------- */

static void
reading_what_is_not_there_is_not_found(void **state)
{
	struct kit *k = *state;
	struct store *st;
	struct err e;
	char dir[300];

	snprintf(dir, sizeof dir, "%s/none", k->dir);
	assert_int_equal(store_open(dir, STORE_READ, &st, NULL, &e), ERR_NOTFOUND);
	assert_int_equal(access(dir, F_OK), -1);
	assert_int_equal(mkdir(dir, 0700), 0);
	assert_int_equal(store_open(dir, STORE_READ, &st, NULL, &e), ERR_NOTFOUND);
}

static void
two_holders_of_the_lock_exclude_each_other(void **state)
{
	struct kit *k = *state;
	struct lock_info who = {0};
	struct err e;
	int fd;

	assert_int_equal(lock_take(k->dir, &fd, &who, &e), ERR_BUSY);
	assert_int_equal(who.pid, getpid());
	assert_true(lock_held(k->dir, &who));
	lock_release(k->lock);
	assert_false(lock_held(k->dir, NULL));
	assert_int_equal(lock_take(k->dir, &k->lock, NULL, &e), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, kit_setup, kit_teardown)
		T(rows_come_back),
		T(nothing_is_kept_before_commit),
		T(values_keep_their_bits),
		T(cursor_comes_with_its_rows),
		T(replay_of_the_same_adds_nothing),
		T(replay_that_differs_supersedes_the_rest),
		T(replay_that_differs_at_once_is_a_new_attempt),
		T(replay_cut_supersedes_what_is_no_longer_there),
		T(an_emptied_log_begins_another_attempt),
		T(a_run_says_what_its_logs_have),
		T(a_run_is_found_with_its_evidence),
		T(a_run_is_at_the_step_of_its_finest_unit),
		T(what_a_framework_calls_a_run),
		T(a_direction_that_was_told),
		T(the_first_last_words_count),
		T(a_run_moves_with_its_log),
		T(a_run_of_two_logs_moves_one_by_one),
		T(two_files_of_one_format_name_their_files),
		T(of_two_formats_one_is_shown),
		T(of_several_processes_the_lowest_is_shown),
		T(a_crowd_of_processes),
		T(a_literal_name_wins_over_a_suffix),
		T(reading_what_is_not_there_is_not_found),
		T(two_holders_of_the_lock_exclude_each_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
