/* Which files are the text of a run. */
#include "core/log_texts.h"

#include "core/xalloc.h"
#include "tests/unit/scratch.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

static char *root;

static void
put(const char *path, const char *text)
{
	scratch_put(root, path, O_TRUNC, text);
}

static int
setup(void **state)
{
	(void)state;
	root = scratch_new();
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	scratch_free(root);
	return 0;
}

static const char *foreign_path; /* below the root, or NULL */

static bool
is_foreign(void *ctx, const char *path, const char *run)
{
	(void)ctx;
	(void)run;
	return foreign_path && strcmp(path + strlen(root) + 1, foreign_path) == 0;
}

/* The texts of RUN (below the root) as "kind path\n", OWN and JOB being a path and an id or
 * NULL. */
static void
finds(const char *run, const char *own, const char *job, const char *want)
{
	struct log_finder fi = {.dirs = MAP_INIT};
	struct log_texts t;
	struct str got = STR_INIT;
	char *full = xasprintf("%s/%s", root, run), *log = NULL, *id = NULL;
	char *attached = xstrdup("/elsewhere/x.txt");
	if (own)
		log = xasprintf("%s/%s", root, own);
	if (job)
		id = xstrdup(job);
	struct log_texts_of of = {
		.run = full,
		.root = root,
		.own = &log,
		.nown = own != NULL,
		.job = &id,
		.njob = job != NULL,
		.attached = &attached,
		.nattached = 1,
		.foreign = is_foreign,
	};
	log_texts_find(&t, &fi, &of);
	for (size_t i = 0; i < t.n; i++)
		if (t.text[i].kind != LOG_TEXT_ATTACHED)
			str_addf(&got, "%s %s\n", log_text_kinds[t.text[i].kind],
				 t.text[i].path + strlen(root) + 1);
	assert_int_equal(t.text[t.n - 1].kind, LOG_TEXT_ATTACHED);
	assert_string_equal(t.text[t.n - 1].path, attached);
	assert_string_equal(str_c(&got), want);
	log_texts_release(&t);
	log_finder_release(&fi);
	str_release(&got);
	free(full);
	free(log);
	free(id);
	free(attached);
}

static void
both_streams_of_a_job_are_its_runs(void **state)
{
	(void)state;
	put("runs/twin/metrics.csv", "x");
	put("slurm-3001.out", "output_dir=runs/twin\n");
	put("slurm-3001.err", "slurmstepd: error: *** CANCELLED ***\n");
	put("train-3002.x.err", "output_dir=runs/twin\n");
	put("train-3002.x.out", "hello\n");
	/* others */
	put("slurm-30011.err", "x\n");
	put("slurm-3001.gz.err", "x\n");
	put("logs/slurm-3001.err", "x\n");
	put("train-3002.y.out", "x\n");
	finds("runs/twin", NULL, NULL,
	      "job slurm-3001.out\n"
	      "job train-3002.x.out\n"
	      "job slurm-3001.err\n"
	      "job train-3002.x.err\n");
}

static void
what_stands_beside_is_text(void **state)
{
	(void)state;
	put("runs/a/train.log", "x");
	put("runs/a/stdout.rank1", "x");
	put("runs/a/stderr.rank0", "x");
	put("runs/a/stdout.rank0", "x");
	put("runs/a/metrics.csv", "x");
	put("runs/a/README.txt", "x");
	put("runs/a/other.log", "x");
	put("runs/a/files/output.log", "x");
	put("runs/a/.hidden.log", "x");
	put("runs/a/sub/deeper.log", "x");
	foreign_path = "runs/a/other.log";
	finds("runs/a", "runs/a/train.log", NULL,
	      "log runs/a/train.log\n"
	      "beside runs/a/files/output.log\n"
	      "beside runs/a/stdout.rank0\n"
	      "beside runs/a/stderr.rank0\n"
	      "beside runs/a/stdout.rank1\n");
	foreign_path = NULL;
}

static void
a_log_that_is_a_run_has_what_shares_its_stem(void **state)
{
	(void)state;
	put("exp1.jsonl", "x");
	put("exp1.out", "x");
	put("exp1.err", "x");
	put("exp10.out", "x");
	put("exp2.log", "x");
	finds("exp1", NULL, NULL,
	      "beside exp1.out\n"
	      "beside exp1.err\n");
}

static void
a_job_that_names_the_directory(void **state)
{
	(void)state;
	put("runs/lr=0.1,bs=32/metrics.csv", "x");
	char *full = xasprintf("loading\nsaving to %s/runs/lr=0.1,bs=32\n", root);
	put("slurm-1001.out", full);
	free(full);
	put("slurm-1002.out", "output_dir=runs/lr=0.1,bs=32.\n");
	put("slurm-1003.out", "Writing 'runs/lr=0.1,bs=32/model.pt'\n");
	put("logs/slurm-1004.out", "dir: ./runs/lr=0.1,bs=32\n");
	put("runs/slurm/train-1005.err", "in ./lr=0.1,bs=32\n");
	/* others */
	put("slurm-2001.out", "saving to runs/lr=0.1,bs=320\n");
	put("slurm-2002.out", "saving to runs/lr=0.1\n");
	put("slurm-2003.out", "saving to other-runs/lr=0.1,bs=32\n");
	put("slurm-2004.out", "lr=0.1,bs=32 was best\n");
	put("slurm-2005.txt", "runs/lr=0.1,bs=32\n");
	put("notes.out", "runs/lr=0.1,bs=32\n");
	finds("runs/lr=0.1,bs=32", NULL, NULL,
	      "job logs/slurm-1004.out\n"
	      "job slurm-1001.out\n"
	      "job slurm-1002.out\n"
	      "job slurm-1003.out\n"
	      "job runs/slurm/train-1005.err\n");
}

static void
a_job_that_shares_its_number(void **state)
{
	(void)state;
	put("runs/b/metrics.csv", "x");
	put("runs/job-471199/metrics.csv", "x");
	put("runs/c/train-33445.log", "x");
	put("slurm-471199.out", "hello\n");
	put("slurm-33445.out", "hello\n");
	put("slurm-55667_3.out", "hello\n");
	put("slurm-999.out", "hello\n");
	finds("runs/b", NULL, NULL, "");
	finds("runs/job-471199", NULL, NULL, "job slurm-471199.out\n");
	finds("runs/c", "runs/c/train-33445.log", NULL,
	      "log runs/c/train-33445.log\n"
	      "job slurm-33445.out\n");
	finds("runs/b", NULL, "55667", "job slurm-55667_3.out\n");
}

static void
which_parameters_are_job_ids(void **state)
{
	(void)state;
	assert_true(log_is_job_key("SLURM_JOB_ID"));
	assert_true(log_is_job_key("env/SLURM_JOBID"));
	assert_true(log_is_job_key("cluster.job_id"));
	assert_false(log_is_job_key("job"));
	assert_false(log_is_job_key("job_id/x"));
}

/* The texts of RUN, as FI remembers it; WANT: what is found besides NULL. */
static void
remembered(struct log_finder *fi, const char *run, const char *log, int64_t when_s,
	   const char *want)
{
	struct log_texts t;
	struct str got = STR_INIT;
	char *full = xasprintf("%s/%s", root, run), *its = NULL;
	if (log)
		its = xasprintf("%s/%s", root, log);
	struct log_texts_of of = {
		.run = full,
		.root = root,
		.log = its,
		.when_s = when_s,
		.foreign = is_foreign,
	};
	log_texts_find(&t, fi, &of);
	for (size_t i = 0; i < t.n; i++)
		str_addf(&got, "%s %s\n", log_text_kinds[t.text[i].kind],
			 t.text[i].path + strlen(root) + 1);
	assert_string_equal(str_c(&got), want);
	log_texts_release(&t);
	str_release(&got);
	free(full);
	free(its);
}

static void
of_many_jobs_those_nearest_in_time(void **state)
{
	(void)state;
	put("runs/e/metrics.csv", "x");
	for (int i = 0; i < 200; i++) {
		char name[64];
		snprintf(name, sizeof name, "slurm-%d.out", 5000 + i);
		put(name, i == 100 ? "in runs/e/\n" : "in runs/f/\n");
		char *full = xasprintf("%s/%s", root, name);
		struct timespec t[2] = {{1700000000 + 3600 * i, 0}, {1700000000 + 3600 * i, 0}};
		assert_int_equal(utimensat(AT_FDCWD, full, t, 0), 0);
		free(full);
	}
	struct log_finder fi = {.dirs = MAP_INIT};
	int64_t when = 1700000000 + 3600 * 100 - 20;
	remembered(&fi, "runs/e", NULL, when, "job slurm-5100.out\n");
	log_finder_release(&fi);
}

static void
a_job_that_names_the_log_of_a_run(void **state)
{
	struct log_finder fi = {.dirs = MAP_INIT};
	(void)state;
	put("out/exp1.csv", "x");
	put("slurm-1001.out", "writing out/exp1.csv\n");
	put("slurm-1002.out", "writing out/exp1\n");
	put("slurm-2001.out", "writing out/exp10.csv\n");
	put("slurm-2002.out", "writing out/exp1.csv.bak\n");
	remembered(&fi, "out/exp1", "out/exp1.csv", 0, "job slurm-1001.out\njob slurm-1002.out\n");
	log_finder_release(&fi);
}

static void
what_has_changed_is_looked_at_again(void **state)
{
	struct log_finder fi = {.dirs = MAP_INIT};
	(void)state;
	put("runs/g/metrics.csv", "x");
	put("runs/g/stdout.rank0", "x");
	put("slurm-1001.out", "nothing yet\n");
	remembered(&fi, "runs/g", NULL, 0, "beside runs/g/stdout.rank0\n");
	put("runs/g/stdout.rank1", "x");
	put("slurm-1001.out", "in the meantime: runs/g/\n");
	remembered(&fi, "runs/g", NULL, 0, "beside runs/g/stdout.rank0\n");
	log_finder_refresh(&fi);
	remembered(&fi, "runs/g", NULL, 0,
		   "beside runs/g/stdout.rank0\nbeside runs/g/stdout.rank1\njob slurm-1001.out\n");
	log_finder_release(&fi);
}

/* A crowd of files costs no more than its bounds. */
static void
crowds_are_bounded(void **state)
{
	(void)state;
	put("runs/d/metrics.csv", "x");
	for (int i = 0; i < 400; i++) {
		char name[64];
		snprintf(name, sizeof name, "runs/d/stdout.rank%d", i);
		put(name, "x");
	}
	struct log_finder fi = {.dirs = MAP_INIT};
	struct log_texts t;
	char *full = xasprintf("%s/runs/d", root);
	char notes[] = "/elsewhere/notes.txt", *attached = notes;
	struct log_texts_of of = {.run = full,
				  .root = root,
				  .attached = &attached,
				  .nattached = 1,
				  .foreign = is_foreign};
	put("slurm-7.out", "writes to runs/d/\n");
	log_texts_find(&t, &fi, &of);
	assert_int_equal(t.n, LOG_TEXTS_MAX);
	assert_int_equal(t.left_out, 400 + 2 - LOG_TEXTS_MAX);
	/* those of the first ranks, whatever order the directory has, and what is no rank's */
	for (int i = 0; i < LOG_TEXTS_MAX - 2; i++) {
		char name[64];
		snprintf(name, sizeof name, "stdout.rank%d", i);
		assert_string_equal(strrchr(t.text[i].path, '/') + 1, name);
	}
	assert_string_equal(strrchr(t.text[LOG_TEXTS_MAX - 2].path, '/') + 1, "slurm-7.out");
	assert_string_equal(t.text[LOG_TEXTS_MAX - 1].path, "/elsewhere/notes.txt");
	log_texts_release(&t);
	of.most = SIZE_MAX;
	log_texts_find(&t, &fi, &of);
	assert_int_equal(t.n, 402);
	assert_int_equal(t.left_out, 0);
	log_texts_release(&t);
	log_finder_release(&fi);
	free(full);
}

/* A rank that reports nothing has no log, and may still say why it died. */
static void
what_stands_in_the_directories_of_ranks_is_text(void **state)
{
	(void)state;
	put("ddp/logs/none_x/attempt_0/0/stdout.log", "x");
	put("ddp/logs/none_x/attempt_0/0/stderr.log", "x");
	put("ddp/logs/none_x/attempt_0/1/stdout.log", "x");
	put("ddp/logs/none_x/attempt_0/1/stderr.log", "x");
	put("ddp/logs/none_x/attempt_0/checkpoint-5/stderr.log", "x");
	finds("ddp/logs/none_x/attempt_0", "ddp/logs/none_x/attempt_0/0/stdout.log", NULL,
	      "log ddp/logs/none_x/attempt_0/0/stdout.log\n"
	      "beside ddp/logs/none_x/attempt_0/0/stderr.log\n"
	      "beside ddp/logs/none_x/attempt_0/1/stdout.log\n"
	      "beside ddp/logs/none_x/attempt_0/1/stderr.log\n");
	put("exp/rank_0/train.log", "x");
	put("exp/rank_1/stderr.txt", "x");
	put("exp/5/stderr.txt", "x");
	finds("exp", "exp/rank_0/train.log", NULL,
	      "log exp/rank_0/train.log\nbeside exp/rank_1/stderr.txt\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(both_streams_of_a_job_are_its_runs, setup,
						teardown),
		cmocka_unit_test_setup_teardown(what_stands_beside_is_text, setup, teardown),
		cmocka_unit_test_setup_teardown(a_log_that_is_a_run_has_what_shares_its_stem, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_job_that_names_the_directory, setup, teardown),
		cmocka_unit_test_setup_teardown(a_job_that_shares_its_number, setup, teardown),
		cmocka_unit_test_setup_teardown(of_many_jobs_those_nearest_in_time, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_job_that_names_the_log_of_a_run, setup, teardown),
		cmocka_unit_test_setup_teardown(what_has_changed_is_looked_at_again, setup,
						teardown),
		cmocka_unit_test(which_parameters_are_job_ids),
		cmocka_unit_test_setup_teardown(crowds_are_bounded, setup, teardown),
		cmocka_unit_test_setup_teardown(what_stands_in_the_directories_of_ranks_is_text,
						setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
