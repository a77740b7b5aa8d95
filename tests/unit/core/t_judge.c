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

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
		T(a_slow_run_that_rested_is_not_stalled),
		T(nor_is_one_after_a_restart),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
