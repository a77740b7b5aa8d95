/* The whole engine: what it reads, commits and judges. */
#include "core/ingest.h"

#include "core/clock.h"
#include "core/ingest_impl.h"
#include "core/xalloc.h"
#include "tests/unit/haste.h"
#include "tests/unit/rig.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* -- reading ----------------------------------------------------------------------------------- */

static void
logs_are_read_and_others_left(void **state)
{
	struct rig *r = *state;
	rig_append(r, "a/metrics.csv", "step,loss\n0,2\n1,1.5\n");
	rig_append(r, "b/deep/er/run.jsonl", "{\"step\": 3, \"loss\": 0.25, \"acc\": 1}\n");
	rig_append(r, "a/readme.txt", "nothing\n");
	rig_append(r, "data/train.csv", "PassengerId,Survived,Name\n1,0,Braund\n");
	rig_append(r, "empty.csv", "");
	r->o.once = true;
	rig_begin(r);
	rig_rows_are(r, "a/metrics.csv", "step=0 loss=2\nstep=1 loss=1.5\n");
	rig_rows_are(r, "b/deep/er/run.jsonl", "step=3 loss=0.25 acc=1\n");
	assert_non_null(strstr(recorder_skipped(r->s), "data/train.csv\t"));
	assert_null(strstr(recorder_skipped(r->s), "empty"));
	assert_int_equal(recorder_points_kept(r->s), 4);
	char *root = xasprintf("%s\n", r->dir);
	assert_string_equal(recorder_roots(r->s), root);
	free(root);
}

static void
a_visit_registers_nothing(void **state)
{
	struct rig *r = *state;
	rig_append(r, "metrics.csv", "step,loss\n0,2\n");
	r->o.once = r->o.visit = true;
	r->o.judge = false;
	rig_begin(r);
	rig_rows_are(r, "metrics.csv", "step=0 loss=2\n");
	assert_string_equal(recorder_roots(r->s), "");
	struct err e;
	assert_int_equal(ingest_root(r->in, rig_at(r, "nowhere"), &e), ERR_NOTFOUND);
	assert_int_equal(ingest_root(r->in, rig_at(r, "metrics.csv"), &e), ERR_NOTFOUND);
}

static void
lines_are_read_as_they_come(void **state)
{
	struct rig *r = *state;
	rig_append(r, "metrics.csv", "step,loss\n0,2\n");
	rig_begin(r);
	rig_append(r, "metrics.csv", "1,1\n");
	rig_until_rows(r, "metrics.csv", "step=0 loss=2\nstep=1 loss=1\n");
	rig_append(r, "new/run.jsonl", "{\"step\": 0, \"loss\": 5}\n");
	rig_until_rows(r, "new/run.jsonl", "step=0 loss=5\n");
	rig_append(r, "new/run.jsonl", "{\"step\": 1, \"loss\": 4}\n{\"step\": 2, \"los");
	rig_until_rows(r, "new/run.jsonl", "step=0 loss=5\nstep=1 loss=4\n");
	rig_append(r, "new/run.jsonl", "s\": 3}\n");
	rig_until_rows(r, "new/run.jsonl", "step=0 loss=5\nstep=1 loss=4\nstep=2 loss=3\n");
}

/* A file may be cut anywhere while it is written: in the end the rows are the same. */
static void
any_cut_gives_the_same_rows(void **state)
{
	struct rig *r = *state;
	static const char text[] = "step,loss,acc\n0,2.5,\n1,1.25,0.5\n\n2,nan,0.75\n";
	r->o.once = true;
	rig_start(r);
	for (size_t cut = 0; cut < sizeof text; cut++) {
		char *name = xasprintf("r%zu/metrics.csv", cut), *head = xstrndup(text, cut);
		rig_append(r, name, head);
		free(head);
		free(name);
	}
	rig_sync(r);
	for (size_t cut = 0; cut < sizeof text; cut++) {
		char *name = xasprintf("r%zu/metrics.csv", cut);
		rig_append(r, name, text + cut);
		free(name);
	}
	rig_sync(r);
	for (size_t cut = 0; cut < sizeof text; cut++) {
		char *name = xasprintf("r%zu/metrics.csv", cut);
		rig_rows_are(
			r, name,
			"step=0 loss=2.5\nstep=1 loss=1.25 acc=0.5\nstep=2 loss=nan acc=0.75\n");
		free(name);
	}
	assert_int_equal(recorder_superseded(r->s), 0);
}

/* Killed after each line: nothing lost, nothing doubled. */
static void
a_restart_goes_on_where_the_last_commit_left_it(void **state)
{
	struct rig *r = *state;
	struct str want = STR_INIT;
	rig_begin(r);
	rig_append(r, "metrics.csv", "step,loss\n");
	for (int i = 0; i < 12; i++) {
		char line[32];
		snprintf(line, sizeof line, "%d,%d\n", i, 100 - i);
		rig_append(r, "metrics.csv", line);
		str_addf(&want, "step=%d loss=%d\n", i, 100 - i);
		if (i % 3 == 0)
			haste_once(r->l, 20000);
		if (i % 2)
			rig_restart(r);
	}
	rig_sync(r);
	rig_rows_are(r, "metrics.csv", str_c(&want));
	assert_int_equal(recorder_superseded(r->s), 0);
	str_release(&want);
}

static void
a_partial_last_line_waits(void **state)
{
	struct rig *r = *state;
	rig_append(r, "metrics.csv", "step,loss\n0,2\n1,1.2");
	r->o.once = true;
	rig_begin(r);
	rig_rows_are(r, "metrics.csv", "step=0 loss=2\n");
	rig_restart(r);
	rig_append(r, "metrics.csv", "5\n");
	rig_restart(r);
	rig_rows_are(r, "metrics.csv", "step=0 loss=2\nstep=1 loss=1.25\n");
	assert_int_equal(recorder_superseded(r->s), 0);
}

/* Editors, and programs that write "\n" first, leave a last line without its end. */
static void
a_last_line_that_nobody_ends_is_a_row(void **state)
{
	static const struct {
		const char *name, *text, *rows;
	} logs[] = {
		{"a/metrics.csv", "step,loss\n0,2\n1,1.5", "step=0 loss=2\nstep=1 loss=1.5\n"},
		{"b/metrics.csv", "step,loss\r\n1,1.5", "step=1 loss=1.5\n"},
		{"c/log.jsonl", "{\"step\": 1, \"loss\": 1.5}", "step=1 loss=1.5\n"},
		{"mlruns/0/0123456789abcdef0123456789abcdef/metrics/loss", "1700000000000 1.5 1",
		 "step=1 loss=1.5\n"},
	};
	struct rig *r = *state;
	for (size_t i = 0; i < sizeof logs / sizeof *logs; i++) {
		rig_append(r, logs[i].name, logs[i].text);
		rig_age(r, logs[i].name, 3600);
	}
	r->o.once = true;
	rig_begin(r);
	for (int again = 0; again < 2; again++) {
		for (size_t i = 0; i < sizeof logs / sizeof *logs; i++)
			rig_rows_are(r, logs[i].name, logs[i].rows);
		rig_restart(r);
	}
	/* Its end comes after all, and a line more. */
	rig_append(r, "a/metrics.csv", "\n2,1\n");
	rig_append(r, "b/metrics.csv", "\r\n2,1\r\n");
	rig_append(r, "c/log.jsonl", "\n{\"step\": 2, \"loss\": 1}\n");
	rig_append(r, logs[3].name, "\n1700000000001 1 2\n");
	rig_restart(r);
	rig_rows_are(r, "a/metrics.csv", "step=0 loss=2\nstep=1 loss=1.5\nstep=2 loss=1\n");
	for (size_t i = 1; i < sizeof logs / sizeof *logs; i++)
		rig_rows_are(r, logs[i].name, "step=1 loss=1.5\nstep=2 loss=1\n");
	assert_int_equal(recorder_superseded(r->s), 0);
}

static void
a_last_line_that_goes_on_after_all_is_corrected(void **state)
{
	static const char *const names[] = {
		"a/metrics.csv", "b/log.jsonl",
		"mlruns/0/0123456789abcdef0123456789abcdef/metrics/loss"};
	static const char *const texts[][2] = {
		{"step,loss\n0,2\n1,1.2", "5\n2,1\n"},
		{"{\"step\": 0, \"loss\": 2}\n{\"step\": 1, \"lo",
		 "ss\": 1.25}\n{\"step\": 2, \"loss\": 1}\n"},
		{"1700000000000 2 0\n1700000000001 1.25", " 1\n1700000000001 1 2\n"},
	};
	struct rig *r = *state;
	for (int i = 0; i < 3; i++) {
		rig_append(r, names[i], texts[i][0]);
		rig_age(r, names[i], 3600);
	}
	r->o.once = true;
	rig_begin(r);
	rig_rows_are(r, names[0], "step=0 loss=2\nstep=1 loss=1.2\n");
	for (int i = 0; i < 3; i++)
		rig_append(r, names[i], texts[i][1]);
	rig_restart(r);
	for (int i = 0; i < 3; i++)
		rig_rows_are(r, names[i], "step=0 loss=2\nstep=1 loss=1.25\nstep=2 loss=1\n");
	assert_int_equal(recorder_superseded(r->s), 2);
}

static void
a_record_longer_than_the_buffer_is_read(void **state)
{
	struct rig *r = *state;
	struct str s = STR_INIT;
	str_adds(&s, "{\"step\": 0, \"loss\": 1, \"note\": \"");
	for (int i = 0; i < 700000; i++)
		str_addc(&s, 'x');
	str_adds(&s, "\"}\n{\"step\": 1, \"loss\": 2}\n");
	rig_append(r, "run.jsonl", "{\"step\": -1, \"loss\": 0}\n");
	rig_append(r, "run.jsonl", str_c(&s));
	str_release(&s);
	r->o.once = true;
	rig_begin(r);
	rig_rows_are(r, "run.jsonl", "step=-1 loss=0\nstep=0 loss=1\nstep=1 loss=2\n");
}

static void
a_file_is_asked_again_until_it_is_known(void **state)
{
	struct rig *r = *state;
	rig_append(r, "metrics.csv", "");
	rig_begin(r);
	rig_append(r, "metrics.csv", "st");
	rig_sync(r);
	rig_append(r, "metrics.csv", "ep,loss\n");
	rig_append(r, "metrics.csv", "0,1\n");
	rig_until_rows(r, "metrics.csv", "step=0 loss=1\n");
}

/* -- commits ----------------------------------------------------------------------------------- */

static void
a_failed_commit_is_tried_again(void **state)
{
	struct rig *r = *state;
	rig_append(r, "a/metrics.csv", "step,loss\n0,2\n");
	rig_begin(r);
	recorder_fail_commit(r->s, ERR_FULL, "no space left");
	rig_append(r, "a/metrics.csv", "1,1\n");
	rig_append(r, "b/metrics.csv", "step,loss\n0,3\n");
	rig_until_rows(r, "a/metrics.csv", "step=0 loss=2\nstep=1 loss=1\n");
	rig_until_rows(r, "b/metrics.csv", "step=0 loss=3\n");
	rig_sync(r);
	if (r->sync_code < 0)
		rig_sync(r);
	assert_int_equal(r->sync_code, 0);
	assert_string_equal(str_c(&r->notes), "no space left\nover\n");
	recorder_crash(r->s);
	rig_rows_are(r, "a/metrics.csv", "step=0 loss=2\nstep=1 loss=1\n");
	assert_int_equal(recorder_points_kept(r->s), 3);
	char *root = xasprintf("%s\n", r->dir);
	assert_string_equal(recorder_roots(r->s), root);
	free(root);
}

static void
the_first_commit_may_fail(void **state)
{
	struct rig *r = *state;
	rig_append(r, "a/metrics.csv", "step,loss\n0,nan\n");
	recorder_fail_commit(r->s, ERR_SYS, "disk error");
	rig_start(r);
	rig_until_rows(r, "a/metrics.csv", "step=0 loss=nan\n");
	rig_sync(r);
	recorder_crash(r->s);
	rig_rows_are(r, "a/metrics.csv", "step=0 loss=nan\n");
	/* The rules were put back too: the verdict was given once. */
	assert_non_null(strstr(recorder_alerts(r->s), "loss-nonfinite"));
}

/* Test 37: the point, the state that came of it and what was to be told of it go back together, and
 * come again together; that nothing could be kept for a while is an alert of its own. */
static void
points_and_states_go_back_together(void **state)
{
	struct rig *r = *state;
	rig_append(r, "a/metrics.csv", "step,loss\n0,2\n");
	rig_begin(r);
	rig_sync(r);
	recorder_fail_commit(r->s, ERR_FULL, "no room in the map");
	rig_append(r, "a/metrics.csv", "1,nan\n");
	rig_sync(r);
	assert_int_equal(r->sync_code, ERR_FULL);
	recorder_crash(r->s);
	rig_rows_are(r, "a/metrics.csv", "step=0 loss=2\n");
	assert_string_equal(recorder_alerts(r->s), "");
	rig_sync(r);
	assert_int_equal(r->sync_code, 0);
	rig_sync(r);
	recorder_crash(r->s);
	rig_rows_are(r, "a/metrics.csv", "step=0 loss=2\nstep=1 loss=nan\n");
	const char *alerts = recorder_alerts(r->s), *nan = strstr(alerts, "loss-nonfinite");
	assert_non_null(nan);
	assert_null(strstr(nan + 1, "loss-nonfinite"));
	assert_non_null(strstr(alerts, "mm-self   firing"));
}

static void
a_sync_that_cannot_commit_says_so(void **state)
{
	struct rig *r = *state;
	rig_begin(r);
	rig_append(r, "a/metrics.csv", "step,loss\n0,2\n");
	recorder_fail_commit(r->s, ERR_FULL, "no space left");
	rig_sync(r);
	assert_int_equal(r->sync_code, ERR_FULL);
	rig_sync(r);
	assert_int_equal(r->sync_code, 0);
	rig_rows_are(r, "a/metrics.csv", "step=0 loss=2\n");
}

static void
a_sync_sees_what_was_there_when_it_was_asked(void **state)
{
	struct rig *r = *state;
	rig_begin(r);
	for (int i = 0; i < 20; i++) {
		char *name = xasprintf("d%d/metrics.csv", i);
		rig_append(r, name, i % 2 ? "step,loss\n0,1\n" : "step,loss\n0,1\n1,2\n");
		rig_sync(r);
		rig_rows_are(r, name, i % 2 ? "step=0 loss=1\n" : "step=0 loss=1\nstep=1 loss=2\n");
		rig_append(r, name, "2,2\n");
		rig_sync(r);
		rig_rows_are(r, name,
			     i % 2 ? "step=0 loss=1\nstep=2 loss=2\n"
				   : "step=0 loss=1\nstep=1 loss=2\nstep=2 loss=2\n");
		free(name);
	}
	/* Each of several that ask at once has an answer. */
	r->synced = 0;
	ingest_sync(r->in, rig_on_synced, r);
	ingest_sync(r->in, rig_on_synced, r);
	haste_once(r->l, 0);
	ingest_sync(r->in, rig_on_synced, r);
	int64_t end = haste_deadline();
	while (r->synced < 3 && clock_mono_us() < end)
		haste_once(r->l, 10000);
	assert_int_equal(r->synced, 3);
}

/* While a writer never stops, a sync comes to an end all the same. */
static void
a_sync_ends_while_somebody_writes(void **state)
{
	struct rig *r = *state;
	rig_append(r, "metrics.csv", "step,loss\n");
	rig_begin(r);
	int pid = fork();
	if (pid == 0) {
		int fd = open(rig_at(r, "metrics.csv"), O_WRONLY | O_APPEND);
		for (int i = 0; i < 1000000; i++) {
			char line[32];
			int n = snprintf(line, sizeof line, "%d,1\n", i);
			if (write(fd, line, (size_t)n) != n)
				break;
		}
		_exit(0);
	}
	for (int i = 0; i < 5; i++)
		rig_sync(r);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	assert_int_equal(r->sync_code, 0);
}

static void
nothing_to_do_is_nothing_armed(void **state)
{
	struct rig *r = *state;
	rig_append(r, "a/metrics.csv", "step,loss\n0,2\n");
	rig_age(r, "a/metrics.csv", 86400 * 30);
	rig_begin(r);
	for (int i = 0; i < 5; i++)
		haste_once(r->l, 1000);
	struct ingest_progress p;
	ingest_progress(r->in, &p);
	assert_true(p.idle);
	/* A wait that nothing ends but its limit, though all that was to happen soon is due. */
	clock_skip(1500000);
	int64_t from = clock_mono_us();
	loop_once(r->l, 50000);
	assert_true(clock_mono_us() - from >= 50000);
}

/* -- rules ------------------------------------------------------------------------------------- */

static void
what_happens_under_our_eyes_is_announced(void **state)
{
	struct rig *r = *state;
	rig_append(r, "metrics.csv", "step,loss\n0,2\n");
	rig_begin(r);
	rig_append(r, "metrics.csv", "1,nan\n");
	rig_until_rows(r, "metrics.csv", "step=0 loss=2\nstep=1 loss=nan\n");
	rig_sync(r);
	assert_string_equal(str_c(&r->fired), "loss-nonfinite loss\n");
	assert_non_null(strstr(recorder_alerts(r->s), "loss-nonfinite"));
	/* A restart says nothing again. */
	rig_restart(r);
	assert_string_equal(str_c(&r->fired), "loss-nonfinite loss\n");
	assert_non_null(strstr(recorder_alerts(r->s), "firing"));
}

static void
what_was_there_before_is_shown_and_not_announced(void **state)
{
	struct rig *r = *state;
	rig_append(r, "metrics.csv", "step,loss\n0,nan\n");
	rig_age(r, "metrics.csv", 3600);
	rig_begin(r);
	assert_non_null(strstr(recorder_alerts(r->s), "loss-nonfinite"));
	assert_string_equal(str_c(&r->fired), "");
	/* An old run that is copied here has its past behind it too. */
	rig_append(r, "x/.copy", "step,loss\n0,nan\n");
	rig_age(r, "x/.copy", 3600);
	rig_sh(r, "mkdir y; mv x/.copy y/metrics.csv");
	rig_until_rows(r, "y/metrics.csv", "step=0 loss=nan\n");
	assert_string_equal(str_c(&r->fired), "");
	/* What was written to a known run while nobody watched is news. */
	rig_leave(r);
	rig_append(r, "z/metrics.csv", "step,loss\n0,1\n");
	rig_begin(r);
	rig_leave(r);
	rig_append(r, "z/metrics.csv", "1,nan\n");
	rig_begin(r);
	assert_string_equal(str_c(&r->fired), "loss-nonfinite loss\n");
}

static void
a_visitor_judges_nothing(void **state)
{
	struct rig *r = *state;
	rig_append(r, "metrics.csv", "step,loss\n0,nan\n");
	r->o.once = r->o.visit = true;
	r->o.judge = false;
	rig_begin(r);
	assert_string_equal(recorder_alerts(r->s), "");
	assert_string_equal(str_c(&r->fired), "");
	assert_int_equal(recorder_arrivals(r->s), 0);
}

/* Rows that a replay only sees again were judged when they were new. */
static void
a_replay_announces_nothing_again(void **state)
{
	struct rig *r = *state;
	rig_configure(r, "[alert high]\nmetric = loss\nwhen = value > 10\nfor = 3 points\n");
	rig_append(r, "metrics.csv", "step,loss\n0,1\n");
	rig_begin(r);
	rig_append(r, "metrics.csv", "1,20\n2,30\n");
	rig_until_rows(r, "metrics.csv", "step=0 loss=1\nstep=1 loss=20\nstep=2 loss=30\n");
	for (int i = 0; i < 5; i++) {
		rig_rewrite(r, "metrics.csv",
			    i % 2 ? "step,loss\n0,1\n1,20\n2,30\n"
				  : "step,loss\n0,1\n1,20.0\n2,30\n");
		rig_sync(r);
	}
	assert_string_equal(str_c(&r->fired), "");
	rig_rewrite(r, "metrics.csv", "step,loss\n0,1\n1,20\n2,30\n3,40\n");
	rig_sync(r);
	assert_string_equal(str_c(&r->fired), "high loss\n");
}

static void
an_acknowledgement_is_kept(void **state)
{
	struct rig *r = *state;
	rig_append(r, "metrics.csv", "step,loss\n0,1\n");
	rig_begin(r);
	rig_append(r, "metrics.csv", "1,nan\n");
	rig_sync(r);
	assert_int_equal(ingest_ack(r->in, "loss-nonfinite", r->dir, "loss"), 1);
	assert_int_equal(ingest_ack(r->in, "loss-nonfinite", r->dir, "loss"), 0);
	assert_int_equal(ingest_ack(r->in, "no-such-rule", NULL, NULL), 0);
	struct err e;
	assert_int_equal(ingest_flush(r->in, &e), 0);
	rig_restart(r);
	assert_int_equal(ingest_ack(r->in, "loss-nonfinite", r->dir, "loss"), 0);
}

static void
another_configuration_takes_effect(void **state)
{
	struct rig *r = *state;
	rig_append(r, "metrics.csv", "step,loss\n0,1\n");
	rig_append(r, "x/metrics.csv", "step,loss\n0,1\n");
	rig_begin(r);
	struct conf *old = r->c;
	r->c = NULL;
	rig_configure(r, "[watch]\nignore = x\n[alert high]\nmetric = loss\nwhen = value > 10\n");
	struct err e;
	assert_int_equal(ingest_reconf(r->in, r->c, &e), 0);
	conf_free(old);
	rig_append(r, "x/metrics.csv", "1,20\n");
	rig_append(r, "metrics.csv", "1,11\n");
	rig_sync(r);
	assert_string_equal(str_c(&r->fired), "high loss\n");
	rig_rows_are(r, "x/metrics.csv", "step=0 loss=1\n");
}

static void
include_and_exclude_decide(void **state)
{
	struct rig *r = *state;
	rig_configure(r, "[source]\ninclude = odd.csv\nexclude = secret/*\n");
	rig_append(r, "odd.csv", "alpha,beta\n1,2\n");
	rig_append(r, "other.csv", "alpha,beta\n1,2\n");
	rig_append(r, "secret/metrics.csv", "step,loss\n0,1\n");
	rig_begin(r);
	rig_rows_are(r, "odd.csv", "row=0 alpha=1 beta=2\n");
	rig_rows_are(r, "other.csv", "(no log)\n");
	rig_rows_are(r, "secret/metrics.csv", "(no log)\n");
	assert_non_null(strstr(recorder_skipped(r->s), "secret/metrics.csv\t[source] exclude\n"));
}

/* -- many -------------------------------------------------------------------------------------- */

static void
hundreds_of_files_at_once(void **state)
{
	struct rig *r = *state;
	enum { N = 200 };
	rig_begin(r);
	for (int k = 0; k < 3; k++)
		for (int i = 0; i < N; i++) {
			char *name = xasprintf("r%d/metrics.csv", i),
			     *text = xasprintf("%d,%d\n", k, i);
			if (k == 0)
				rig_append(r, name, "step,loss\n");
			rig_append(r, name, text);
			free(name);
			free(text);
			if (i % 50 == 0)
				haste_once(r->l, 0);
		}
	rig_sync(r);
	assert_int_equal(recorder_points_kept(r->s), 3 * N);
	for (int i = 0; i < N; i++) {
		char *name = xasprintf("r%d/metrics.csv", i);
		char *want = xasprintf("step=0 loss=%d\nstep=1 loss=%d\nstep=2 loss=%d\n", i, i, i);
		rig_rows_are(r, name, want);
		free(name);
		free(want);
	}
}

/* Those of which nothing is to be read and nothing to be committed need no parser: of a backlog,
 * however it was cut into turns, only the last few that are held keep theirs. */
static void
whoever_is_done_sleeps(void **state)
{
	struct rig *r = *state;
	enum { N = 800 };
	struct str text = STR_INIT;
	str_adds(&text, "step,loss\n");
	for (int k = 0; k < 40; k++)
		str_addf(&text, "%d,%d\n", k, 40 - k);
	for (int i = 0; i < N; i++) {
		char *name = xasprintf("r%d/metrics.csv", i);
		rig_append(r, name, str_c(&text));
		free(name);
	}
	rig_begin(r);
	assert_int_equal(recorder_points_kept(r->s), 40 * N);
	int awake = 0;
	const struct feed *f;
	for (size_t at = 0; (f = index_next(&r->in->feeds, &at));)
		awake += f->src && !f->held;
	assert_int_equal(awake, 0);
	str_release(&text);
}

/* A random life of a few logs, with crashes; whatever was announced or not, a sync at the end knows
 * all. */
static void
any_life_ends_in_the_truth(void **state)
{
	struct rig *r = *state;
	enum { LOGS = 4, TURNS = 150 };
	struct str want[LOGS] = {STR_INIT, STR_INIT, STR_INIT, STR_INIT};
	struct str text[LOGS] = {STR_INIT, STR_INIT, STR_INIT, STR_INIT};
	uint32_t x = 2463534242u;
	int step[LOGS] = {0};
	rig_begin(r);
	for (int i = 0; i < LOGS; i++)
		str_adds(&text[i], "step,loss\n");
	for (int t = 0; t < TURNS; t++) {
		x ^= x << 13, x ^= x >> 17, x ^= x << 5;
		int i = (int)(x >> 8) % LOGS;
		char name[32], line[32];
		snprintf(name, sizeof name, "l%d/metrics.csv", i);
		size_t had = text[i].len;
		snprintf(line, sizeof line, "%d,%u\n", step[i], x % 1000);
		str_adds(&text[i], line);
		str_addf(&want[i], "step=%d loss=%u\n", step[i]++, x % 1000);
		switch (x % 7) {
		case 0:
			rig_rewrite(r, name, str_c(&text[i]));
			break;
		case 1:
			rig_replace(r, name, str_c(&text[i]));
			break;
		default:
			if (access(rig_at(r, name), F_OK) < 0)
				had = 0;
			rig_append(r, name, str_c(&text[i]) + had);
		}
		if (x % 5 == 0)
			haste_once(r->l, (int64_t)(x % 3) * 10000);
		if (x % 17 == 0)
			rig_restart(r);
		if (x % 23 == 0)
			recorder_fail_commit(r->s, ERR_SYS, "bad luck");
	}
	recorder_fail_commit(r->s, 0, "");
	for (int k = 0; k < 20; k++) {
		rig_sync(r);
		if (r->sync_code == 0)
			break;
	}
	for (int i = 0; i < LOGS; i++) {
		char name[32];
		snprintf(name, sizeof name, "l%d/metrics.csv", i);
		rig_rows_are(r, name, str_c(&want[i]));
		str_release(&want[i]);
		str_release(&text[i]);
	}
	assert_null(strstr(recorder_logs(r->s), "attempt=2"));
	assert_int_equal(recorder_superseded(r->s), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		RIG(logs_are_read_and_others_left),
		RIG(a_visit_registers_nothing),
		RIG_BOTH(lines_are_read_as_they_come),
		RIG(any_cut_gives_the_same_rows),
		RIG(a_restart_goes_on_where_the_last_commit_left_it),
		RIG(a_partial_last_line_waits),
		RIG(a_last_line_that_nobody_ends_is_a_row),
		RIG(a_last_line_that_goes_on_after_all_is_corrected),
		RIG(a_record_longer_than_the_buffer_is_read),
		RIG(a_file_is_asked_again_until_it_is_known),
		RIG(a_failed_commit_is_tried_again),
		RIG(the_first_commit_may_fail),
		RIG(points_and_states_go_back_together),
		RIG(a_sync_that_cannot_commit_says_so),
		RIG(a_sync_sees_what_was_there_when_it_was_asked),
		RIG(a_sync_ends_while_somebody_writes),
		RIG(nothing_to_do_is_nothing_armed),
		RIG(what_happens_under_our_eyes_is_announced),
		RIG(what_was_there_before_is_shown_and_not_announced),
		RIG(a_visitor_judges_nothing),
		RIG(a_replay_announces_nothing_again),
		RIG(an_acknowledgement_is_kept),
		RIG(another_configuration_takes_effect),
		RIG(include_and_exclude_decide),
		RIG(hundreds_of_files_at_once),
		RIG(whoever_is_done_sleeps),
		RIG_BOTH(any_life_ends_in_the_truth),
	};
	if (getenv("FILTER"))
		cmocka_set_test_filter(getenv("FILTER"));
	return cmocka_run_group_tests_name("ingest", tests, NULL, NULL);
}
