#include "core/run.h"

#include <stdio.h>

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

/* -- which run --------------------------------------------------------------------------------- */

static void
check_home(const char *path, const char *run, const char *prefix)
{
	struct str r = STR_INIT, p = STR_INIT;

	run_of_log(path, &r, &p);
	if (strcmp(str_c(&r), run) != 0 || strcmp(str_c(&p), prefix) != 0)
		fail_msg("%s is of %s with '%s', not of %s with '%s'", path, str_c(&r), str_c(&p),
			 run, prefix);
	str_release(&r);
	str_release(&p);
}

static void
names_that_a_framework_fixes_belong_to_their_directory(void **state)
{
	(void)state;
	static const char *const names[] = {
		"results.csv",       "progress.csv",
		"monitor.csv",       "0.monitor.csv",
		"metrics.json",      "metrics.csv",
		"log.csv",           "trainer_state.json",
		"all_results.json",  "summary.csv",
		"trainer_log.jsonl", "logging.jsonl",
		"learn_error.tsv",   "events.out.tfevents.1643925138.host.9951.0",
		"run-g9dvvkua.wandb"};
	char path[200];

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		snprintf(path, sizeof path, "/r/exp1/%s", names[i]);
		check_home(path, "/r/exp1", "");
	}
	check_home("/r/lightning_logs/version_0/metrics.csv", "/r/lightning_logs/version_0", "");
}

static void
generic_stems_belong_to_their_directory(void **state)
{
	(void)state;
	static const char *const stems[] = {"metrics",  "log",     "logs",     "train_log",
					    "training", "history", "progress", "scalars",
					    "stats",    "loss",    "losses",   "output",
					    "stdout",   "stderr",  "console",  "monitor",
					    "Log",      "METRICS"};
	static const char *const suffixes[] = {"", ".csv", ".jsonl", ".txt", ".log", ".json"};
	char path[200];

	for (size_t i = 0; i < sizeof stems / sizeof *stems; i++) {
		for (size_t k = 0; k < sizeof suffixes / sizeof *suffixes; k++) {
			snprintf(path, sizeof path, "/r/exp1/%s%s", stems[i], suffixes[k]);
			check_home(path, "/r/exp1", "");
		}
	}
}

static void
the_files_of_dvclive_are_one_run(void **state)
{
	(void)state;
	check_home("/r/dvclive/plots/metrics/acc.tsv", "/r/dvclive", "");
	check_home("/r/dvclive/plots/metrics/train/loss.tsv", "/r/dvclive", "train/");
	check_home("/r/dvclive/plots/metrics/eval/top/train.tsv", "/r/dvclive", "eval/top/");
	check_home("/r/dvclive/scalars/val/loss.tsv", "/r/dvclive", "val/");
	check_home("/r/dvclive/metrics.json", "/r/dvclive", "");
	check_home("/r/plots/acc.tsv", "/r/plots/acc", "");
	check_home("/r/plots/metrics/acc.csv", "/r/plots/metrics/acc", "");
	check_home("/scalars/acc.tsv", "/scalars/acc", "");
}

static void
the_files_of_catboost_are_one_run(void **state)
{
	(void)state;
	check_home("/r/catboost_info/catboost_training.json", "/r/catboost_info", "");
	check_home("/r/catboost_info/learn_error.tsv", "/r/catboost_info", "learn/");
	check_home("/r/catboost_info/test_error.tsv", "/r/catboost_info", "test/");
	check_home("/r/catboost_info/time_left.tsv", "/r/catboost_info", "");
	check_home("/r/learn_error.tsv", "/r", "");
	check_home("/r/catboost_info/learn/events.out.tfevents", "/r/catboost_info", "learn/");
	check_home("/r/catboost_info/test/events.out.tfevents", "/r/catboost_info", "test/");
	check_home("/r/catboost_info/test1/events.out.tfevents", "/r/catboost_info", "test1/");
	check_home("/r/catboost_info/model/events.out.tfevents", "/r/catboost_info/model", "");
	check_home("/r/info/learn/events.out.tfevents", "/r/info/learn", "");
}

static void
what_tensorboard_exports_belongs_to_the_run_in_its_name(void **state)
{
	(void)state;
	size_t n;
	check_home("/r/run-.-tag-loss.csv", "/r", "");
	check_home("/r/run-fit_train-tag-epoch_loss.csv", "/r/fit_train", "");
	check_home("/r/run-v1-tag-a-tag-b.json", "/r/v1", "");
	check_home("/r/run-v1-tag-loss.txt", "/r/run-v1-tag-loss", "");
	check_home("/r/run--tag-loss.csv", "/r/run--tag-loss", "");
	const char *tag = run_export_tag("/r/run-v1-tag-a-tag-b.json", &n);
	assert_int_equal(n, 7);
	assert_memory_equal(tag, "a-tag-b", 7);
	assert_null(run_export_tag("/r/run-v1-tag-.csv", &n));
	assert_null(run_export_tag("/run-v1-tag-a.csv/log.csv", &n));
}

static void
other_names_are_runs_of_their_own(void **state)
{
	(void)state;
	check_home("/r/slurm-4711.out", "/r/slurm-4711", "");
	check_home("/r/exp1.jsonl", "/r/exp1", "");
	check_home("/r/exp1.csv", "/r/exp1", "");
	check_home("/r/metrics_lr3.csv", "/r/metrics_lr3", "");
	check_home("/r/my loss.csv", "/r/my loss", "");
	check_home("/r/nohup.out", "/r/nohup", "");
	check_home("/exp1.csv", "/exp1", "");
	/* what follows the last dot of lr=0.001 is no suffix, or two runs would be one */
	check_home("/r/lr=0.001", "/r/lr=0.001", "");
	check_home("/r/lr=0.002.csv", "/r/lr=0.002", "");
	check_home("/r/model-v1.2.jsonl", "/r/model-v1.2", "");
	check_home("/r/.csv", "/r/.csv", "");
	check_home("/r/20240101_120000.log.json", "/r/20240101_120000", "");
	check_home("/r/metrics.log.jsonl", "/r", "");
}

static void
a_split_prefixes_the_metrics_of_a_table(void **state)
{
	(void)state;
	static const char *const splits[] = {"train", "val", "valid", "eval", "test", "dev"};
	char path[100], prefix[20];

	for (size_t i = 0; i < sizeof splits / sizeof *splits; i++) {
		snprintf(prefix, sizeof prefix, "%s/", splits[i]);
		snprintf(path, sizeof path, "/r/a/%s.csv", splits[i]);
		check_home(path, "/r/a", prefix);
		snprintf(path, sizeof path, "/r/a/%s.jsonl", splits[i]);
		check_home(path, "/r/a", prefix);
		snprintf(path, sizeof path, "/r/a/%s.log", splits[i]);
		check_home(path, "/r/a", "");
	}
	check_home("/r/a/Train.csv", "/r/a", "train/");
	check_home("/r/a/train2.csv", "/r/a/train2", "");
}

static void
layouts_of_frameworks_come_first(void **state)
{
	(void)state;
	check_home("/r/out/checkpoint-500/trainer_state.json", "/r/out", "");
	check_home("/r/out/tmp-checkpoint-500/trainer_state.json", "/r/out", "");
	check_home("/r/out/checkpoint-best/trainer_state.json", "/r/out/checkpoint-best", "");
	check_home("/r/wandb/run-20260211_121423-kj3gdsjx/run-kj3gdsjx.wandb",
		   "/r/wandb/run-20260211_121423-kj3gdsjx", "");
	check_home("/r/wandb/offline-run-20210216_154407-g9dvvkua/files/output.log",
		   "/r/wandb/offline-run-20210216_154407-g9dvvkua", "");
	check_home("/r/wandb/run-20260211_121423-kj3gdsjx/logs/debug.log",
		   "/r/wandb/run-20260211_121423-kj3gdsjx", "");
	check_home("/r/elsewhere/run-20260211_121423-x/files/deep/er/exp.jsonl",
		   "/r/elsewhere/run-20260211_121423-x", "");
	check_home("/r/run-3/exp.jsonl", "/r/run-3/exp", "");
	check_home("/r/mlruns/0/cb0096518b0e4c66a94428555f05420b/metrics/val/acc",
		   "/r/mlruns/0/cb0096518b0e4c66a94428555f05420b", "");
	check_home("/r/mlruns/0/named/metrics/loss", "/r/mlruns/0/named", "");
	check_home("/r/x/cb0096518b0e4c66a94428555f05420b/metrics/loss",
		   "/r/x/cb0096518b0e4c66a94428555f05420b", "");
	/* a directory that is called metrics is not yet MLflow's */
	check_home("/r/exp/metrics/run7.csv", "/r/exp/metrics/run7", "");
	check_home("/r/w/20240101_120000/vis_data/20240101_120000.json", "/r/w/20240101_120000",
		   "");
	check_home("/r/w/20240101_120000/vis_data/scalars.json", "/r/w/20240101_120000", "");
	check_home("/r/w/20240101_120000/20240101_120000.log", "/r/w/20240101_120000", "");
}

static void
ranks_fold_into_one_run(void **state)
{
	(void)state;
	static const struct {
		const char *path, *run; /* %: the rank */
	} cases[] = {
		{"/r/exp/rank%.jsonl", "/r/exp"},
		{"/r/exp/rank_%/metrics.jsonl", "/r/exp"},
		{"/r/exp/rank_%/train.log", "/r/exp"},
		{"/r/exp/worker-%.out", "/r/exp"},
		{"/r/exp/log_rank%.txt", "/r/exp"},
		{"/r/exp/stdout.rank%", "/r/exp"},
		{"/r/exp/node%/rank0/log.txt", "/r/exp"},
		{"/r/none_x1y2/attempt_0/%/stdout.log", "/r/none_x1y2/attempt_0"},
		{"/r/exp/node_%/proc_1/logs/train.log", "/r/exp/logs"},
		{"/r/exp1_rank%.csv", "/r/exp1"},
		{"/r/slurm-47_rank%.out", "/r/slurm-47"},
		{"/r/results_rank%.csv", "/r"},
		{"/r/rank%-exp.csv", "/r/exp"},
		{"/r/exp_node%_rank3.csv", "/r/exp"},
		{"/r/exp-rank%/metrics.csv", "/r/exp"},
	};
	char path[200];

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		for (int rank = 0; rank < 12; rank += 11) {
			const char *at = strchr(cases[i].path, '%');
			snprintf(path, sizeof path, "%.*s%d%s", (int)(at - cases[i].path),
				 cases[i].path, rank, at + 1);
			check_home(path, cases[i].run, "");
		}
	}
	check_home("/r/exp/train_rank0.csv", "/r/exp", "train/");
}

/* In order of which is shown: the lowest first. */
static void
the_rank_of_a_log_is_in_its_path(void **state)
{
	(void)state;
	static const struct {
		const char *path;
		unsigned rank;
	} cases[] = {
		{"/r/exp/metrics.csv", 0},
		{"/r/exp/metrics_rank0.csv", 0},
		{"/r/exp/rank_7/metrics.csv", 7},
		{"/r/exp/stdout.rank3", 3},
		{"/r/exp/worker-12.out", 12},
		{"/r/exp/node0/rank3/log.txt", 3},
		{"/r/exp/node1/rank0/log.txt", 256},
		{"/r/none_x/attempt_1/3/stderr.log", 3},
		{"/r/none_x/attempt_1/99999/stderr.log", RUN_RANKS - 1},
		{"/r/none_x/attempt/3/stderr.log", 0},
		{"/r/exp_node1_rank2.csv", 258},
		{"/home/node5/a/b/c/exp/log.txt", 0},
		{"/r/lowrank8.csv", 0},
		{"/r/rank99999999999999999999.csv", RUN_RANKS - 1},
		{"/", 0},
		{"/rank1", 1},
		{"/r/none_x1y2/attempt_0/3/stdout.log", 3},
		{"/r/node1/attempt_12/3/stdout.log", 259},
		{"/r/attempts_0/3/stdout.log", 0},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		if (run_rank_of_log(cases[i].path) != cases[i].rank)
			fail_msg("%s: %u", cases[i].path, run_rank_of_log(cases[i].path));
}

static void
what_only_looks_like_a_rank_is_none(void **state)
{
	(void)state;
	check_home("/r/node2vec.csv", "/r/node2vec", "");
	check_home("/r/lowrank8.csv", "/r/lowrank8", "");
	check_home("/r/rank.csv", "/r/rank", "");
	check_home("/r/attempts/3/metrics.csv", "/r/attempts/3", "");
	check_home("/r/attempt_0/a3/metrics.csv", "/r/attempt_0/a3", "");
	check_home("/r/fold_0/3/metrics.csv", "/r/fold_0/3", "");
	check_home("/r/processor3.csv", "/r/processor3", "");
	check_home("/data/node3/home/me/runs/exp1/metrics.csv", "/data/node3/home/me/runs/exp1",
		   "");
}

/* Whatever the path, the run lies on it: it is absolute, without a trailing '/', and its
 * directories are the log's. */
static void
a_run_is_a_place_on_the_way_to_its_log(void **state)
{
	(void)state;
	static const char *const parts[] = {"a",
					    "rank3",
					    "metrics",
					    "checkpoint-7",
					    "wandb",
					    "mlruns",
					    "train",
					    "vis_data",
					    "run-20260211_121423-x",
					    "é",
					    ".",
					    "x.csv",
					    "log.txt",
					    "exp.rank2",
					    "0123456789abcdef0123456789abcdef"};
	const size_t n = sizeof parts / sizeof *parts;
	struct str r = STR_INIT, p = STR_INIT;
	char path[300];
	uint32_t seed = 1;

	for (int i = 0; i < 20000; i++) {
		size_t len = 0;
		int depth = 1 + i % 5;
		for (int k = 0; k < depth; k++) {
			seed = seed * 1664525 + 1013904223;
			len += (size_t)snprintf(path + len, sizeof path - len, "/%s",
						parts[(seed >> 16) % n]);
		}
		run_of_log(path, &r, &p);
		assert_true(r.len >= 1 && r.buf[0] == '/');
		assert_true(r.len == 1 || r.buf[r.len - 1] != '/');
		assert_null(strstr(r.buf, "//"));
		assert_true(r.len <= strlen(path));
		/* and asking again, or for what else lies there, changes nothing */
		struct str r2 = STR_INIT, p2 = STR_INIT;
		run_of_log(path, &r2, &p2);
		assert_string_equal(str_c(&r), str_c(&r2));
		assert_string_equal(str_c(&p), str_c(&p2));
		str_release(&r2);
		str_release(&p2);
	}
	str_release(&r);
	str_release(&p);
}

/* -- what state -------------------------------------------------------------------------------- */

#define SECOND INT64_C(1000000)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)
#define T0 INT64_C(1700000000000000)

/* A run that logged every 2 s until T0, from step 1 to 500, of 1000. */
static struct run_evidence
training(void)
{
	return (struct run_evidence){.first_us = T0 - 1000 * SECOND,
				     .last_us = T0,
				     .last_arrival_us = T0,
				     .last_step = 500,
				     .total = 1000,
				     .points = 500};
}

static struct pace
watched(void)
{
	struct pace p = {0};

	for (int64_t i = 500; i >= 0; i--) {
		pace_step(&p, 500 - i, T0 - i * 2 * SECOND);
		pace_arrival(&p, T0 - i * 2 * SECOND);
	}
	return p;
}

static void
check_state(const struct run_evidence *ev, const struct pace *p, int64_t now_us,
	    enum run_state want)
{
	struct str why = STR_INIT;
	enum run_state s = run_judge(ev, p, now_us, &why);

	if (s != want)
		fail_msg("%s, not %s: %s", run_state_name(s), run_state_name(want), str_c(&why));
	assert_true(why.len > 0);
	assert_int_equal(run_judge(ev, p, now_us, NULL), want);
	/* What is known of its pace in short decides the same, in the same words. */
	static const struct pace none;
	struct run_evidence brief = *ev;
	struct str same = STR_INIT;
	brief.limits = pace_limits(p ? p : &none);
	assert_int_equal(run_judge(&brief, NULL, now_us, &same), want);
	assert_string_equal(str_c(&same), str_c(&why));
	assert_int_equal(run_is_live(want, &brief, NULL, now_us), run_is_live(want, ev, p, now_us));
	assert_int_equal(run_process_ended(&brief, NULL), run_process_ended(ev, p));
	str_release(&same);
	str_release(&why);
}

static void
silence_goes_from_running_to_lost(void **state)
{
	(void)state;
	struct run_evidence ev = training();
	struct pace p = watched();

	check_state(&ev, &p, T0, RUN_RUNNING);
	check_state(&ev, &p, T0 + 10 * SECOND, RUN_RUNNING);
	check_state(&ev, &p, T0 + 60 * SECOND, RUN_QUIET);
	check_state(&ev, &p, T0 + 5 * MINUTE, RUN_QUIET);
	check_state(&ev, &p, T0 + 5 * MINUTE + 1, RUN_STALLED);
	check_state(&ev, &p, T0 + DAY, RUN_STALLED);
	check_state(&ev, &p, T0 + DAY + 1, RUN_LOST);
	/* a clock that was set back is no silence */
	check_state(&ev, &p, T0 - HOUR, RUN_RUNNING);
}

/* States follow each other in this order only, whatever the run's habits. */
static void
silence_never_makes_a_state_better(void **state)
{
	(void)state;
	static const enum run_state order[] = {RUN_RUNNING, RUN_QUIET, RUN_STALLED, RUN_LOST};

	for (int64_t gap = SECOND; gap < 2 * DAY; gap *= 3) {
		struct pace p = {0};
		struct run_evidence ev = training();
		for (int64_t i = 20; i >= 0; i--)
			pace_arrival(&p, T0 - i * gap);
		int rank = 0;
		for (int64_t t = 0; t < 20 * DAY; t += t / 10 + SECOND) {
			enum run_state s = run_judge(&ev, &p, T0 + t, NULL);
			int at = 0;
			while (at < 4 && order[at] != s)
				at++;
			assert_in_range(at, rank, 3);
			rank = at;
			if (t <= gap)
				assert_int_equal(s, RUN_RUNNING);
		}
		assert_int_equal(rank, 3);
	}
}

static void
a_run_that_reached_its_total_is_finished(void **state)
{
	(void)state;
	struct run_evidence ev = training();
	struct pace p = watched();

	ev.last_step = 1000;
	check_state(&ev, &p, T0 + 3 * DAY, RUN_FINISHED);
	check_state(&ev, &p, T0, RUN_FINISHED);
	ev.gone = true;
	check_state(&ev, &p, T0 + HOUR, RUN_FINISHED);
	ev.gone = false;
	ev.last_step = 999;
	check_state(&ev, &p, T0, RUN_RUNNING);
	ev.step_from_zero = true;
	check_state(&ev, &p, T0, RUN_FINISHED);
}

/* Every 100 steps from 0 to 900 of 1000: nothing more will come. From 0 to 800 it will. */
static void
the_last_row_may_come_before_the_last_step(void **state)
{
	(void)state;
	struct run_evidence ev = training();
	struct pace p = {0};

	ev.step_from_zero = true;
	for (int64_t i = 0; i <= 8; i++)
		pace_step(&p, i * 100, T0 - (9 - i) * 10 * SECOND);
	ev.last_step = 800;
	check_state(&ev, &p, T0 + 2 * HOUR, RUN_LOST);
	pace_step(&p, 900, T0);
	ev.last_step = 900;
	check_state(&ev, &p, T0 + 2 * HOUR, RUN_FINISHED);
	check_state(&ev, &p, T0 + 10 * SECOND, RUN_RUNNING);
	check_state(&ev, &p, T0 + 40 * SECOND, RUN_QUIET);
	/* counted from 1 it would have come to 1000 */
	ev.step_from_zero = false;
	check_state(&ev, &p, T0 + 2 * HOUR, RUN_LOST);
}

static void
a_loss_that_is_no_number_outweighs_all(void **state)
{
	(void)state;
	struct run_evidence ev = training();
	struct pace p = watched();

	ev.loss_bad = true;
	check_state(&ev, &p, T0, RUN_DIVERGED);
	assert_true(run_is_live(RUN_DIVERGED, &ev, &p, T0));
	assert_false(run_is_live(RUN_DIVERGED, &ev, &p, T0 + DAY));
	ev.gone = true;
	assert_false(run_is_live(RUN_DIVERGED, &ev, &p, T0));
	ev.gone = false;
	ev.said = "finished";
	ev.last_step = 1000;
	check_state(&ev, &p, T0 + 10 * DAY, RUN_DIVERGED);
	assert_false(run_is_live(RUN_DIVERGED, &ev, &p, T0));
}

static void
what_the_log_says_is_believed(void **state)
{
	(void)state;
	static const struct {
		const char *said;
		enum run_state state;
	} cases[] = {{"finished", RUN_FINISHED},   {"Completed", RUN_FINISHED},
		     {"failed", RUN_FAILED},       {"crashed", RUN_FAILED},
		     {"cancelled", RUN_CANCELLED}, {"killed", RUN_CANCELLED},
		     {"preempted", RUN_CANCELLED}, {"hello", RUN_RUNNING}};
	struct pace p = watched();

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct run_evidence ev = training();
		ev.said = cases[i].said;
		check_state(&ev, &p, T0, cases[i].state);
	}
}

static void
a_deleted_log_is_a_lost_run(void **state)
{
	(void)state;
	struct run_evidence ev = training();
	struct pace p = watched();

	ev.gone = true;
	check_state(&ev, &p, T0, RUN_LOST);
}

/* Of a format whose writer tells how it ended, unless it was killed. */
static void
what_was_begun_and_says_no_end_is_lost(void **state)
{
	(void)state;
	struct run_evidence ev = training();
	struct pace p = watched();

	ev.total = 0;
	ev.writing.by.pid = 4711;
	ev.writing.ended_us = T0 + SECOND;
	check_state(&ev, &p, T0 + 2 * SECOND, RUN_FINISHED);
	ev.said = RUN_BEGUN;
	check_state(&ev, &p, T0 + 2 * SECOND, RUN_LOST);
	ev.said = "finished (exit code 0)";
	check_state(&ev, &p, T0 + 2 * SECOND, RUN_FINISHED);
	ev.said = RUN_BEGUN;
	ev.writing.ended_us = 0;
	check_state(&ev, &p, T0 + SECOND, RUN_RUNNING);

	/* Nobody watched. */
	ev.writing.by.pid = 0;
	check_state(&ev, NULL, T0 + 9 * DAY, RUN_LOST);
	ev.said = NULL;
	check_state(&ev, NULL, T0 + 9 * DAY, RUN_UNKNOWN);
}

static void
the_end_of_its_process_tells(void **state)
{
	(void)state;
	struct run_evidence ev = training();
	struct pace p = watched();
	struct str why = STR_INIT;

	/* While it lives, silence is a stall, however long. */
	ev.writing.by.pid = 4711;
	check_state(&ev, &p, T0, RUN_RUNNING);
	check_state(&ev, &p, T0 + 9 * DAY, RUN_STALLED);
	/* It ended before its total: nobody waits for more. */
	ev.writing.ended_us = T0 + SECOND;
	assert_int_equal(run_judge(&ev, &p, T0 + 2 * SECOND, &why), RUN_LOST);
	assert_non_null(strstr(str_c(&why), "its process (4711) ended at step"));
	assert_false(run_is_live(RUN_LOST, &ev, &p, T0 + 2 * SECOND));
	/* Another one goes on with the log, or has: the end is old news. */
	p.last_arrival_us = T0 + 2 * SECOND;
	check_state(&ev, &p, T0 + 2 * SECOND, RUN_RUNNING);
	p.last_arrival_us = T0;
	/* The last step that is logged may come before the last step. */
	p.last_step = ev.last_step = ev.total - 1;
	p.stride = 10;
	check_state(&ev, &p, T0 + 2 * SECOND, RUN_FINISHED);
	/* How far it should go is not known: it has most likely finished. */
	ev.total = 0;
	check_state(&ev, &p, T0 + 2 * SECOND, RUN_FINISHED);
	/* What the log says is stronger. */
	ev.said = "failed";
	check_state(&ev, &p, T0 + 2 * SECOND, RUN_FAILED);
	str_release(&why);
}

/* Forty runs of last month, or of this morning, that nobody watched: none is stalled, and none is
 * live. */
static void
nobody_saw_old_runs_stall(void **state)
{
	(void)state;
	static const int64_t ages[] = {20 * MINUTE, 3 * HOUR, DAY, 30 * DAY};
	struct pace marks = {0};

	for (int64_t i = 0; i < 100; i++)
		pace_step(&marks, i, T0 - (100 - i) * 2 * SECOND);
	for (size_t i = 0; i < sizeof ages / sizeof *ages; i++) {
		struct run_evidence ev = training();
		check_state(&ev, &marks, T0 + ages[i], RUN_LOST);
		check_state(&ev, NULL, T0 + ages[i], RUN_LOST);
		ev.total = 0;
		check_state(&ev, &marks, T0 + ages[i], RUN_UNKNOWN);
		check_state(&ev, NULL, T0 + ages[i], RUN_UNKNOWN);
		assert_false(run_is_live(RUN_UNKNOWN, &ev, &marks, T0 + ages[i]));
	}
}

/* mm is started while a run goes on: its file was written just now. */
static void
a_fresh_file_is_a_running_run(void **state)
{
	(void)state;
	struct run_evidence ev = training();
	struct pace none = {0};

	check_state(&ev, &none, T0 + 5 * SECOND, RUN_RUNNING);
	check_state(&ev, &none, T0 + 2 * MINUTE, RUN_QUIET);
	assert_true(run_is_live(RUN_RUNNING, &ev, &none, T0));
	assert_true(run_is_live(RUN_QUIET, &ev, &none, T0));
	assert_true(run_is_live(RUN_STALLED, &ev, &none, T0));
	assert_false(run_is_live(RUN_FINISHED, &ev, &none, T0));
	assert_false(run_is_live(RUN_LOST, &ev, &none, T0));
}

static void
without_evidence_nothing_is_known(void **state)
{
	(void)state;
	struct run_evidence ev = {0};
	struct pace p = {0};

	check_state(&ev, &p, T0, RUN_UNKNOWN);
	ev.writing.by.pid = 4711; /* but somebody writes, for as long as it can be seen */
	ev.last_arrival_us = T0;
	check_state(&ev, &p, T0 + SECOND, RUN_RUNNING);
	check_state(&ev, &p, T0 + DAY, RUN_UNKNOWN);
	ev.writing.ended_us = T0;
	check_state(&ev, &p, T0 + SECOND, RUN_UNKNOWN);
	ev = (struct run_evidence){.points = 3};
	check_state(&ev, &p, T0, RUN_UNKNOWN);
	ev.total = INT64_MIN; /* nonsense from a file */
	ev.last_step = INT64_MAX;
	check_state(&ev, &p, INT64_MAX, RUN_UNKNOWN);
	ev.total = INT64_MAX;
	ev.last_step = INT64_MAX - 1;
	p.stride = INT64_MAX;
	p.last_step = ev.last_step;
	ev.last_arrival_us = 1;
	check_state(&ev, &p, INT64_MAX, RUN_LOST);
}

static void
every_state_has_its_word(void **state)
{
	(void)state;
	static const char *const words[RUN_NSTATES] = {"unknown",  "running",   "quiet",
						       "stalled",  "finished",  "failed",
						       "diverged", "cancelled", "lost"};

	for (int i = 0; i < RUN_NSTATES; i++)
		assert_string_equal(run_state_name((enum run_state)i), words[i]);
}

static void
totals_are_known_by_their_name(void **state)
{
	(void)state;
	enum step_unit u;
	static const char *const steps[] = {"max_steps",      "trainer/max_steps",
					    "total_steps",    "num_train_steps",
					    "max_iters",      "total_timesteps",
					    "args.max-steps", "MAX_STEPS"};
	static const char *const epochs[] = {"max_epochs", "epochs", "num_epochs",
					     "num_train_epochs", "train_opts/epochs"};
	static const char *const none[] = {
		"steps_per_epoch", "epoch",       "step",        "max", "",
		"max_steps_x",     "max_steps/x", "warmup_steps"};

	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
		assert_true(run_total_param(steps[i], &u) && u == STEP_STEP);
	for (size_t i = 0; i < sizeof epochs / sizeof *epochs; i++)
		assert_true(run_total_param(epochs[i], &u) && u == STEP_EPOCH);
	for (size_t i = 0; i < sizeof none / sizeof *none; i++)
		assert_false(run_total_param(none[i], &u));
}

/* What the log only lets one guess gives way to what the run was told, however deep that lies. */
static void
what_was_concluded_counts_least(void **state)
{
	(void)state;
	enum step_unit u;
	assert_true(run_total_param(RUN_STEPS_GUESS, &u) && u == STEP_STEP);
	assert_true(run_total_param("SOLVER/MAX_ITER", &u) && u == STEP_STEP);
	assert_true(run_param_depth("a/b/c/d/max_steps") < run_param_depth(RUN_STEPS_GUESS));
	assert_false(run_total_param(RUN_EPOCH_STEPS, &u));
	assert_int_equal(run_total_of_epochs(5, 20), 100);
	assert_int_equal(run_total_of_epochs(0, 20), 0);
	assert_int_equal(run_total_of_epochs(5, 0), 0);
	assert_int_equal(run_total_of_epochs(INT64_MAX, 2), 0);
}

static void
check_shared(const char *path, const char *log, int64_t order)
{
	struct str got = STR_INIT;
	int64_t n = -1;
	assert_true(run_log_shared(path, &got, &n));
	assert_string_equal(str_c(&got), log);
	assert_int_equal(n, order);
	str_release(&got);
}

static void
the_states_of_a_trainers_checkpoints_are_one_log(void **state)
{
	(void)state;
	struct str log = STR_INIT;
	int64_t n;
	check_shared("/r/out/checkpoint-500/trainer_state.json", "/r/out/trainer_state.json", 500);
	check_shared("/r/out/tmp-checkpoint-7/trainer_state.json", "/r/out/trainer_state.json", 7);
	check_shared("/r/out/last-checkpoint/trainer_state.json", "/r/out/trainer_state.json",
		     INT64_MAX - 1);
	check_shared("/r/out/trainer_state.json", "/r/out/trainer_state.json", INT64_MAX);
	check_shared("/r/checkpoint-best/trainer_state.json",
		     "/r/checkpoint-best/trainer_state.json", INT64_MAX);
	check_shared("/checkpoint-1/trainer_state.json", "/checkpoint-1/trainer_state.json",
		     INT64_MAX);
	check_shared("/trainer_state.json", "/trainer_state.json", INT64_MAX);
	assert_false(run_log_shared("/r/out/checkpoint-500/metrics.json", &log, &n));
	str_release(&log);
}

static void
some_logs_repeat_what_another_says(void **state)
{
	(void)state;
	assert_int_equal(run_log_echo("/r/trainer_state.json"), 0);
	assert_int_equal(run_log_echo("/r/metrics.json"), 1);
	assert_int_equal(run_log_echo("/r/all_results.json"), 1);
	assert_int_equal(run_log_echo("/r/eval_results.json"), 2);
	assert_int_equal(run_log_echo("/r/20240101_101010/vis_data/scalars.json"), 1);
	assert_int_equal(run_log_echo("/r/20240101_101010/vis_data/20240101_101010.json"), 0);
	assert_int_equal(run_log_echo("/r/vis_data/scalars.json"), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_that_a_framework_fixes_belong_to_their_directory),
		cmocka_unit_test(generic_stems_belong_to_their_directory),
		cmocka_unit_test(the_files_of_dvclive_are_one_run),
		cmocka_unit_test(the_files_of_catboost_are_one_run),
		cmocka_unit_test(what_tensorboard_exports_belongs_to_the_run_in_its_name),
		cmocka_unit_test(other_names_are_runs_of_their_own),
		cmocka_unit_test(a_split_prefixes_the_metrics_of_a_table),
		cmocka_unit_test(layouts_of_frameworks_come_first),
		cmocka_unit_test(ranks_fold_into_one_run),
		cmocka_unit_test(the_rank_of_a_log_is_in_its_path),
		cmocka_unit_test(what_only_looks_like_a_rank_is_none),
		cmocka_unit_test(a_run_is_a_place_on_the_way_to_its_log),
		cmocka_unit_test(silence_goes_from_running_to_lost),
		cmocka_unit_test(silence_never_makes_a_state_better),
		cmocka_unit_test(a_run_that_reached_its_total_is_finished),
		cmocka_unit_test(the_last_row_may_come_before_the_last_step),
		cmocka_unit_test(a_loss_that_is_no_number_outweighs_all),
		cmocka_unit_test(what_the_log_says_is_believed),
		cmocka_unit_test(a_deleted_log_is_a_lost_run),
		cmocka_unit_test(what_was_begun_and_says_no_end_is_lost),
		cmocka_unit_test(the_end_of_its_process_tells),
		cmocka_unit_test(nobody_saw_old_runs_stall),
		cmocka_unit_test(a_fresh_file_is_a_running_run),
		cmocka_unit_test(without_evidence_nothing_is_known),
		cmocka_unit_test(every_state_has_its_word),
		cmocka_unit_test(totals_are_known_by_their_name),
		cmocka_unit_test(the_states_of_a_trainers_checkpoints_are_one_log),
		cmocka_unit_test(some_logs_repeat_what_another_says),
		cmocka_unit_test(what_was_concluded_counts_least),
	};
	return cmocka_run_group_tests_name("run", tests, NULL, NULL);
}
