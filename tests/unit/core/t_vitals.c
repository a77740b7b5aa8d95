#include "core/vitals.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

static void
row(struct vitals *v, enum step_unit unit, int64_t step, int64_t second)
{
	struct row r = {.unit = unit, .step = step, .wall_us = second * 1000000, .n = 1};
	vitals_row(v, 0, &r);
}

/* Samples of the machine are counted: between them training goes at its own pace. */
static void
counted_rows_do_not_change_the_pace(void **state)
{
	(void)state;
	struct vitals *v = vitals_new("/r");
	for (int64_t i = 0; i < 3; i++)
		row(v, STEP_ROW, 1000 + i, i);
	for (int64_t i = 0; i < 100; i++) {
		row(v, STEP_STEP, 50 * i, 10 + 10 * i);
		row(v, STEP_ROW, 1003 + i, 10 + 10 * i + 5);
	}
	assert_int_equal(v->unit, STEP_STEP);
	assert_int_equal(v->ev.last_step, 50 * 99);
	assert_true(v->ev.step_from_zero);
	assert_int_equal(v->pace->last_step, 50 * 99);
	assert_int_equal(v->pace->stride, 50);
	double rate = pace_rate(vitals_pace(v));
	assert_true(rate > 4.9 && rate < 5.1);
	vitals_free(v);
}

/* After a restart a long silence is as usual as it was before. */
static void
what_is_kept_goes_on(void **state)
{
	(void)state;
	struct run_kept k = {.attempt = 3,
			     .unit = STEP_EPOCH,
			     .ev = {.points = 20, .last_step = 9, .total = 10, .said = "failed"}};
	for (int64_t i = 0; i < 10; i++)
		pace_step(&k.pace, i, 3600000000 * (i + 1));
	struct vitals *v = vitals_new("/r");
	v->ev.writing.by.pid = 7;
	vitals_arrival(v, 36000000000, false);
	vitals_restore(v, &k, 2);
	k.ev.said = NULL;
	assert_int_equal(v->attempt, 3);
	assert_string_equal(v->ev.said, "failed");
	assert_int_equal(v->ev.writing.by.pid, 7);
	assert_int_equal(v->ev.last_arrival_us, 36000000000);
	assert_int_equal(v->loss_rank, 2);
	/* It rests, judged as by all that is kept of its pace. */
	assert_true(vitals_rests(v));
	assert_null(vitals_pace(v));
	int64_t stall = pace_stall_us(&k.pace);
	assert_true(stall > 7200000000);
	assert_int_equal(run_stall_us(&v->ev, vitals_pace(v)), stall);
	vitals_wake(v, &k.pace);
	assert_false(vitals_rests(v));
	assert_int_equal(run_stall_us(&v->ev, vitals_pace(v)), stall);
	vitals_rest(v);
	assert_int_equal(run_stall_us(&v->ev, vitals_pace(v)), stall);
	vitals_wake(v, &k.pace);
	vitals_param(v, "max_epochs", "12");
	row(v, STEP_EPOCH, 10, 39600);
	assert_int_equal(v->ev.last_step, 10);
	assert_int_equal(v->ev.total, 12);
	assert_int_equal(v->ev.points, 21);
	vitals_free(v);
}

static void
a_run_that_moved_is_what_it_was(void **state)
{
	(void)state;
	struct vitals *v = vitals_new("/r"), *w = vitals_new("/s");
	w->nlogs = 1;
	for (int64_t i = 0; i < 5; i++)
		row(v, STEP_STEP, 10 * i, 10 * i);
	vitals_said(v, &(struct last_words){.what = "failed"});
	vitals_become(w, v);
	vitals_free(v);
	assert_string_equal(w->run, "/s");
	assert_int_equal(w->nlogs, 1);
	assert_int_equal(w->ev.last_step, 40);
	assert_string_equal(w->ev.said, "failed");
	row(w, STEP_STEP, 50, 50);
	assert_int_equal(w->pace->stride, 10);
	vitals_free(w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counted_rows_do_not_change_the_pace),
		cmocka_unit_test(what_is_kept_goes_on),
		cmocka_unit_test(a_run_that_moved_is_what_it_was),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
