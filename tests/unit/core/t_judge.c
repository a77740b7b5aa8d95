/* The judge between a source and a sink that remembers. */
#include "core/judge.h"

#include "core/clock.h"
#include "tests/unit/recorder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define MINUTE (60 * INT64_C(1000000))

struct bench {
	struct sink *kept;
	struct conf *conf;
	struct judge *judge;
	uint32_t log, loss;
	int fired;
	char message[300];
};

static int
setup(void **state)
{
	static struct bench b;
	struct err e;

	b = (struct bench){.kept = recorder_new()};
	assert_int_equal(conf_parse("mm.conf", "", 0, &b.conf, &e), 0);
	assert_int_equal(judge_new(b.kept, b.conf, true, &b.judge, &e), 0);
	*state = &b;
	return 0;
}

static int
teardown(void **state)
{
	struct bench *b = *state;

	judge_free(b->judge);
	recorder_free(b->kept);
	conf_free(b->conf);
	return 0;
}

static void
open_log(struct bench *b)
{
	struct sink *s = judge_sink(b->judge);
	struct log_desc d = {.path = "/r/a/metrics.csv",
			     .run = "/r/a",
			     .prefix = "",
			     .format = "csv",
			     .rank = 3,
			     .reason = ""};

	b->log = s->ops->log_open(s, &d);
	b->loss = s->ops->column(s, b->log, "loss", 4);
}

static void
row(struct bench *b, int64_t step, int64_t us)
{
	struct sink *s = judge_sink(b->judge);
	double v = 1;

	s->ops->row(s, b->log,
		    &(struct row){.unit = STEP_STEP,
				  .step = step,
				  .wall_us = us,
				  .arrival_us = us,
				  .n = 1,
				  .column = &b->loss,
				  .value = &v});
}

static void
count(void *ctx, const struct alert *a)
{
	struct bench *b = ctx;

	b->fired += !strcmp(a->rule, "stalled");
}

static void
commit(struct bench *b)
{
	struct err e;

	assert_int_equal(b->kept->ops->commit(b->kept, NULL, &e), 0);
	judge_committed(b->judge, count, b);
}

/* Twenty rows, an hour between them, the last a moment ago: there before anybody watched. */
static int64_t
slow_run(struct bench *b)
{
	int64_t now = clock_wall_us();

	open_log(b);
	judge_historic(b->judge, b->log, true);
	for (int64_t i = 0; i < 20; i++)
		row(b, i, now - (19 - i) * 60 * MINUTE);
	commit(b);
	return now;
}

/* How many minutes after FROM it is stalled; 0: not in half a day. */
static int
stalls_after(struct bench *b, int64_t from)
{
	for (int i = 1; i <= 12 * 60; i++) {
		judge_tick(b->judge, from + i * MINUTE);
		commit(b);
		if (b->fired)
			return i;
	}
	return 0;
}

/* Its next line is as late as the others were. */
static void
a_slow_run_that_rested_is_not_stalled(void **state)
{
	struct bench *b = *state;
	struct sink *s = judge_sink(b->judge);
	int64_t now = slow_run(b);

	judge_sleep(b->judge, b->log);
	judge_historic(b->judge, b->log, false);
	row(b, 20, now);
	s->ops->arrival(s, b->log, now);
	commit(b);
	assert_in_range(stalls_after(b, now), 121, 12 * 60);
}

static void
nor_is_one_after_a_restart(void **state)
{
	struct bench *b = *state;
	struct cursor c = {0};
	struct err e;
	int64_t now = slow_run(b);

	c.mtime_us = now;
	b->kept->ops->arrival(b->kept, b->log, now);
	b->kept->ops->mark(b->kept, b->log, &c);
	commit(b);
	judge_free(b->judge);
	assert_int_equal(judge_new(b->kept, b->conf, true, &b->judge, &e), 0);
	judge_restore(b->judge);
	assert_in_range(stalls_after(b, now), 121, 12 * 60);
}

/* -- what logs say ----------------------------------------------------------------------------- */

static const char patience[] = "[alerts]\ndefaults = off\n[alert x]\nwhen = log(\"patience\")\n"
			       "[alert y]\nwhen = fatal\n";

static void
configure(struct bench *b, const char *text)
{
	struct err e = {0};

	judge_free(b->judge);
	conf_free(b->conf);
	assert_int_equal(conf_parse("mm.conf", text, strlen(text), &b->conf, &e), 0);
	assert_int_equal(judge_new(b->kept, b->conf, true, &b->judge, &e), 0);
}

/* As another process; RULES: one that judges. */
static void
again(struct bench *b, bool rules)
{
	struct err e = {0};

	judge_free(b->judge);
	assert_int_equal(judge_new(b->kept, b->conf, rules, &b->judge, &e), 0);
	judge_restore(b->judge);
}

static uint32_t
open_text(struct bench *b, const char *path)
{
	struct sink *s = judge_sink(b->judge);
	struct log_desc d = {.path = path,
			     .run = "/r/a",
			     .prefix = "",
			     .format = "text",
			     .rank = 5,
			     .reason = ""};

	b->log = s->ops->log_open(s, &d);
	b->loss = s->ops->column(s, b->log, "loss", 4);
	return b->log;
}

static void
say(struct bench *b, uint32_t log, const char *text)
{
	judge_text(b->judge, log, text, strlen(text), false, clock_wall_us());
}

static void
on_any(void *ctx, const struct alert *a)
{
	struct bench *b = ctx;

	(void)a;
	b->fired++;
}

/* As the ingester commits: how many were announced. */
static int
settle(struct bench *b)
{
	struct err e;

	b->fired = 0;
	judge_settle(b->judge);
	assert_int_equal(b->kept->ops->commit(b->kept, NULL, &e), 0);
	judge_committed(b->judge, on_any, b);
	return b->fired;
}

static void
alerts_have(struct bench *b, const char *words)
{
	const char *all = recorder_alerts(b->kept);

	if (!strstr(all, words))
		fail_msg("'%s' is not in\n%s", words, all);
}

static void
a_line_is_told_once_over_restarts(void **state)
{
	struct bench *b = *state;

	configure(b, patience);
	uint32_t log = open_text(b, "/r/a/train.log");
	say(b, log, "step 1\nout of pat");
	assert_int_equal(settle(b), 0);
	say(b, log, "ience\n");
	assert_int_equal(settle(b), 1);
	alerts_have(b, "x /r/a  firing");
	for (int i = 0; i < 3; i++) {
		again(b, true);
		log = open_text(b, "/r/a/train.log");
		judge_tick(b->judge, clock_wall_us() + i * MINUTE);
		say(b, log, "no patience any more\n");
		assert_int_equal(settle(b), 0);
		alerts_have(b, "x /r/a  firing");
	}
}

/* Its line and the position behind it are kept together or not at all. */
static void
a_commit_that_fails_has_said_nothing(void **state)
{
	struct bench *b = *state;
	struct err e;

	configure(b, patience);
	say(b, open_text(b, "/r/a/train.log"), "out of patience\n");
	judge_settle(b->judge);
	recorder_fail_commit(b->kept, ERR_FULL, "no room");
	assert_int_equal(b->kept->ops->commit(b->kept, NULL, &e), ERR_FULL);
	judge_rolled_back(b->judge);
	judge_restore(b->judge);
	assert_string_equal(recorder_alerts(b->kept), "");
	/* The bytes come by again. */
	say(b, open_text(b, "/r/a/train.log"), "out of patience\n");
	assert_int_equal(settle(b), 1);
}

static int
copy_message(void *ctx, const struct alert *a)
{
	struct bench *b = ctx;

	snprintf(b->message, sizeof b->message, "%s", a->message);
	return 0;
}

/* Of all ranks that were read the first in time is shown. */
static void
the_first_in_time_over_ranks(void **state)
{
	struct bench *b = *state;

	configure(b, patience);
	uint32_t one = open_text(b, "/r/a/rank1.log"), two = open_text(b, "/r/a/rank2.log");
	say(b, one, "2026-01-01 10:00:09 INFO rank 1 has no patience\n");
	say(b, two, "2026-01-01 10:00:07 INFO rank 2 has no patience\n");
	assert_int_equal(settle(b), 1);
	b->kept->ops->alert_each(b->kept, copy_message, b);
	assert_non_null(strstr(b->message, "rank 2"));
}

/* What a command has read past is judged by the next who watches. */
static void
a_command_swallows_no_line(void **state)
{
	struct bench *b = *state;

	configure(b, patience);
	open_text(b, "/r/a/train.log");
	assert_int_equal(settle(b), 0);
	again(b, false);
	say(b, open_text(b, "/r/a/train.log"), "out of patience\n");
	assert_int_equal(settle(b), 0);
	say(b, b->log, "out of patience\n");
	assert_int_equal(settle(b), 0);
	assert_string_equal(recorder_alerts(b->kept), "");
	again(b, true);
	assert_int_equal(settle(b), 1);
	alerts_have(b, "x /r/a  firing");
	/* And nobody after that. */
	again(b, true);
	assert_int_equal(settle(b), 0);
}

/* A log that is read again from its beginning says nothing new, until it is another one. */
static void
a_log_that_is_compared_waits(void **state)
{
	struct bench *b = *state;
	struct sink *s;

	configure(b, patience);
	uint32_t log = open_text(b, "/r/a/train.log");
	s = judge_sink(b->judge);
	row(b, 1, clock_wall_us());
	row(b, 2, clock_wall_us());
	assert_int_equal(settle(b), 0);
	/* The same rows: a line that appeared behind them is of this attempt. */
	s->ops->replay(s, log);
	say(b, log, "out of patience\n");
	assert_int_equal(settle(b), 0);
	row(b, 1, clock_wall_us());
	row(b, 2, clock_wall_us());
	s->ops->replay_end(s, log, false);
	assert_int_equal(settle(b), 1);
	alerts_have(b, "x /r/a  firing");
	/* Again, and nobody hears of it. */
	s->ops->replay(s, log);
	say(b, log, "out of patience\n");
	s->ops->replay_end(s, log, false);
	assert_int_equal(settle(b), 0);
	/* Another training under the same name may say it again. */
	s->ops->replay(s, log);
	say(b, log, "out of patience\n");
	row(b, 77, clock_wall_us());
	assert_int_equal(settle(b), 1);
}

/* A reload: what was said stays said, for the rule that asks for it now too. */
static void
other_rules_know_what_was_said(void **state)
{
	struct bench *b = *state;
	struct conf *other;
	struct err e;
	static const char more[] = "[alerts]\ndefaults = off\n[alert x]\nwhen = log(\"patience\")\n"
				   "[alert z]\nwhen = log(\"patience\") and age > 30\n";

	configure(b, patience);
	uint32_t log = open_text(b, "/r/a/train.log");
	row(b, 1, clock_wall_us());
	say(b, log, "out of patience\n");
	assert_int_equal(settle(b), 1);
	assert_int_equal(conf_parse("mm.conf", more, strlen(more), &other, &e), 0);
	assert_int_equal(judge_reconf(b->judge, other, &e), 0);
	conf_free(b->conf);
	b->conf = other;
	struct sink *s = judge_sink(b->judge);
	s->ops->arrival(s, log, clock_wall_us());
	judge_tick(b->judge, clock_wall_us() + MINUTE);
	assert_int_equal(settle(b), 1);
	alerts_have(b, "z /r/a  firing");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
		T(a_slow_run_that_rested_is_not_stalled), T(nor_is_one_after_a_restart),
		T(a_line_is_told_once_over_restarts),     T(a_commit_that_fails_has_said_nothing),
		T(the_first_in_time_over_ranks),          T(a_command_swallows_no_line),
		T(a_log_that_is_compared_waits),          T(other_rules_know_what_was_said),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
