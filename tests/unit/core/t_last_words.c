/* Whose last words count. */
#include "core/last_words.h"
#include "core/null_sink.h"
#include "core/run.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <setjmp.h>
#include <cmocka.h>

#define SECOND INT64_C(1000000)
#define T0 (INT64_C(1700000000) * SECOND)

static const struct last_words none = {0}, resumed = {"resumed", T0 - SECOND, T0 - SECOND};

/* A comes first, whichever way they are asked for. */
static void
check_first(struct last_words a, struct last_words b)
{
	assert_true(last_words_before(&a, &b));
	assert_false(last_words_before(&b, &a));
	assert_true(last_words_before(&a, &none) && !last_words_before(&none, &a));
	assert_true(last_words_before(&a, &resumed) && !last_words_before(&resumed, &a));
}

static void
the_first_in_time_counts(void **state)
{
	(void)state;
	const char *oom = "failed: CUDA out of memory", *nccl = "failed: NCCL timeout";
	/* by the logs' own times, however they arrived */
	check_first((struct last_words){oom, T0, T0 + 9}, (struct last_words){nccl, T0 + 1, T0});
	check_first((struct last_words){nccl, T0, T0 + 9}, (struct last_words){oom, T0 + 1, T0});
	/* by arrival where one has no time */
	check_first((struct last_words){oom, 0, T0}, (struct last_words){nccl, T0 - 5, T0 + 1});
	check_first((struct last_words){"finished", 0, T0}, (struct last_words){oom, 0, T0 + 1});
	/* and at the same time what follows from something else comes last */
	check_first((struct last_words){oom, 0, T0}, (struct last_words){nccl, 0, T0});
	check_first((struct last_words){oom, T0, 5},
		    (struct last_words){"cancelled by Slurm", T0, 5});
	/* of two that are alike neither does */
	struct last_words a = {oom, T0, T0};
	assert_false(last_words_before(&a, &a));
	assert_false(last_words_before(&none, &none));
	assert_false(last_words_before(&resumed, &none));
}

static void
another_job_outlives_the_words_of_the_first(void **state)
{
	(void)state;
	struct last_words w = {"preempted by Slurm", T0 - 3600 * SECOND, T0};
	/* what was under way when one rank died */
	assert_false(last_words_outlived(&w, T0 - SECOND));
	assert_false(last_words_outlived(&w, T0 + 60 * SECOND));
	assert_true(last_words_outlived(&w, T0 + 300 * SECOND));
	/* an evaluation behind the end */
	w.what = "finished";
	assert_false(last_words_outlived(&w, T0 + 300 * SECOND));
	assert_false(last_words_outlived(&none, T0 + 300 * SECOND));
	assert_false(last_words_outlived(&resumed, T0 + 300 * SECOND));
	/* nobody knows when it was said */
	w = (struct last_words){"preempted", 0, 0};
	assert_false(last_words_outlived(&w, T0));
	assert_false(last_words_over(&w, T0));
	/* in a file that is no log, "finished" is of one job of several */
	w = (struct last_words){"finished", 0, T0};
	assert_false(last_words_over(&w, T0 + 60 * SECOND));
	assert_true(last_words_over(&w, T0 + 300 * SECOND));
}

static void
a_sink_that_keeps_nothing_lacks_nothing(void **state)
{
	(void)state;
	const unsigned char *p = (const void *)&null_sink_ops;
	void (*zero)(void) = NULL;
	for (size_t i = 0; i < sizeof null_sink_ops; i += sizeof zero)
		assert_memory_not_equal(p + i, &zero, sizeof zero);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_in_time_counts),
		cmocka_unit_test(another_job_outlives_the_words_of_the_first),
		cmocka_unit_test(a_sink_that_keeps_nothing_lacks_nothing),
	};
	return cmocka_run_group_tests_name("last_words", tests, NULL, NULL);
}
