/* Records of runs: what is packed is read again, one that is cut is none, and those of before read
 * as they did. */
#include "store/field.h"
#include "store/record.h"

#include "core/model.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct run_rec
some_run(bool with_glances)
{
	struct run_rec r = {.info = {.id = 7,
				     .path = "/r/a",
				     .attempt = 2,
				     .attempts = 3,
				     .unit = STEP_STEP,
				     .first_step = -4,
				     .last_step = 990,
				     .first_us = 1700000000000000,
				     .last_us = 1700000099000000,
				     .last_arrival_us = 1700000100000000,
				     .total = 1000,
				     .points = 400,
				     .metrics = 2,
				     .gone = true,
				     .said = "finished",
				     .title = NULL,
				     .writing = {.by = {12, 34, 56}, .ended_us = 78},
				     .loss = {.name = "", .last = NAN, .best = NAN},
				     .headline = {.name = "", .last = NAN, .best = NAN}},
			    .loss_log = 1,
			    .loss_column = 2,
			    .headline_log = 3,
			    .headline_column = 4,
			    .pasts = 5,
			    .nparams = 6,
			    .nlogs = 7};
	for (int i = 0; i < 50; i++) {
		pace_step(&r.pace, i * 10, 1700000000000000 + i * INT64_C(2000000));
		pace_arrival(&r.pace, 1700000000000000 + i * INT64_C(2000000));
	}
	if (!with_glances)
		return r;
	r.info.loss = (struct glance){"train/loss", 0.5, NAN, 990, GOAL_NONE};
	r.info.headline = (struct glance){"val/acc", INFINITY, 0.75, 980, GOAL_MAX};
	for (int i = 0; i < 45; i++)
		spark_add(&r.loss_spark, 1.0 / (i + 1));
	for (int i = 0; i < 3; i++)
		spark_add(&r.headline_spark, i == 2 ? NAN : i);
	return r;
}

static void
same_glance(const struct glance *a, const struct glance *b)
{
	assert_string_equal(a->name, b->name);
	assert_memory_equal(&a->last, &b->last, sizeof a->last);
	assert_memory_equal(&a->best, &b->best, sizeof a->best);
	assert_int_equal(a->step, b->step);
	assert_int_equal(a->goal, b->goal);
}

static void
same_info(const struct run_info *a, const struct run_info *b)
{
	assert_int_equal(a->id, b->id);
	assert_string_equal(a->path, b->path);
	assert_int_equal(a->attempt, b->attempt);
	assert_int_equal(a->attempts, b->attempts);
	assert_int_equal(a->unit, b->unit);
	assert_int_equal(a->first_step, b->first_step);
	assert_int_equal(a->last_step, b->last_step);
	assert_int_equal(a->first_us, b->first_us);
	assert_int_equal(a->last_us, b->last_us);
	assert_int_equal(a->last_arrival_us, b->last_arrival_us);
	assert_int_equal(a->total, b->total);
	assert_int_equal(a->points, b->points);
	assert_int_equal(a->metrics, b->metrics);
	assert_int_equal(a->gone, b->gone);
	assert_string_equal(a->said, b->said);
	assert_true(!a->title == !b->title);
	assert_memory_equal(&a->writing, &b->writing, sizeof a->writing);
	same_glance(&a->loss, &b->loss);
	same_glance(&a->headline, &b->headline);
}

/* Limits are of the pace, whoever works them out. */
static void
same_rec(const struct run_rec *a, const struct run_rec *b)
{
	struct pace_limits l = pace_limits(&a->pace);

	same_info(&a->info, &b->info);
	assert_memory_equal(&b->info.limits, &l, sizeof l);
	l = pace_limits(&b->pace);
	assert_memory_equal(&b->info.limits, &l, sizeof l);
	assert_true(pace_rate(&a->pace) == pace_rate(&b->pace));
	assert_memory_equal(&a->loss_spark, &b->loss_spark, sizeof a->loss_spark);
	assert_memory_equal(&a->headline_spark, &b->headline_spark, sizeof a->headline_spark);
	assert_int_equal(a->loss_log, b->loss_log);
	assert_int_equal(a->loss_column, b->loss_column);
	assert_int_equal(a->headline_log, b->headline_log);
	assert_int_equal(a->headline_column, b->headline_column);
	assert_int_equal(a->pasts, b->pasts);
	assert_int_equal(a->nparams, b->nparams);
	assert_int_equal(a->nlogs, b->nlogs);
}

static void
what_is_packed_is_read(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		struct run_rec r = some_run(i == 1), back;
		struct run_info info;
		struct str s = STR_INIT;
		r.nparams = 6 * (uint32_t)i;
		run_rec_pack(&s, &r);
		assert_true(run_rec_unpack(&back, &(struct bytes){s.buf, s.len}));
		same_rec(&r, &back);
		assert_true(run_rec_info(&info, &(struct bytes){s.buf, s.len}));
		same_info(&r.info, &info);
		assert_int_equal(info.params, i == 1);
		assert_int_equal(back.info.params, i == 1);
		assert_memory_equal(&info.limits, &back.info.limits, sizeof info.limits);
		str_release(&s);
	}
}

static void
one_that_is_cut_is_none(void **state)
{
	(void)state;
	struct run_rec r = some_run(true), back;
	struct str s = STR_INIT;

	run_rec_pack(&s, &r);
	assert_true(s.len < 700);
	for (size_t n = 0; n < s.len; n++) {
		char *cut = malloc(n + 1); /* so that a reader beyond its end is seen */
		struct run_info info;
		memcpy(cut, s.buf, n);
		assert_false(run_rec_unpack(&back, &(struct bytes){cut, n}));
		run_rec_info(&info, &(struct bytes){cut, n});
		free(cut);
	}
	str_addc(&s, 'x');
	assert_false(run_rec_unpack(&back, &(struct bytes){s.buf, s.len}));
	s.buf[0] = 9;
	assert_false(run_rec_unpack(&back, &(struct bytes){s.buf, s.len}));
	str_release(&s);
}

static void
pack_before_glance(struct str *s, const struct glance *g, const struct spark *spark)
{
	put_text(s, g->name);
	if (!*g->name)
		return;
	put_f64(s, g->last);
	put_f64(s, g->best);
	put_u64(s, (uint64_t)g->step);
	put_raw(s, spark, sizeof *spark);
}

/* As formats 2 and 3 had it. */
static void
pack_before(struct str *s, const struct run_rec *r)
{
	const struct run_info *i = &r->info;
	const int64_t numbers[] = {i->first_step,      i->last_step, i->first_us,       i->last_us,
				   i->last_arrival_us, i->total,     (int64_t)i->points};

	put_u8(s, 2);
	put_text(s, i->path);
	put_text(s, i->said);
	put_u32(s, i->id);
	put_u32(s, i->attempt);
	put_u32(s, i->attempts);
	put_u8(s, i->unit);
	put_u8(s, i->gone);
	put_u64(s, (uint64_t)i->writing.by.pid);
	put_u64(s, i->writing.by.start);
	put_u64(s, i->writing.by.boot);
	put_u64(s, (uint64_t)i->writing.ended_us);
	for (size_t k = 0; k < sizeof numbers / sizeof *numbers; k++)
		put_u64(s, (uint64_t)numbers[k]);
	put_u32(s, i->metrics);
	put_u32(s, r->loss_log);
	put_u32(s, r->loss_column);
	put_u32(s, r->headline_log);
	put_u32(s, r->headline_column);
	put_u32(s, r->pasts);
	put_u32(s, r->nparams);
	put_u32(s, r->nlogs);
	put_raw(s, &r->pace, sizeof r->pace);
	pack_before_glance(s, &i->loss, &r->loss_spark);
	pack_before_glance(s, &i->headline, &r->headline_spark);
	put_text(s, i->title);
	put_u8(s, i->headline.goal);
}

static void
those_of_before_read_as_they_did(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		struct run_rec r = some_run(i == 1), back;
		struct run_info info;
		struct str s = STR_INIT;
		pack_before(&s, &r);
		assert_true(run_rec_unpack(&back, &(struct bytes){s.buf, s.len}));
		same_rec(&r, &back);
		assert_true(run_rec_info(&info, &(struct bytes){s.buf, s.len}));
		same_info(&r.info, &info);
		s.len -= 20;
		assert_false(run_rec_unpack(&back, &(struct bytes){s.buf, s.len}));
		str_release(&s);
	}
}

static void
what_an_older_judge_said_of_a_checkpoint_is_not_believed(void **state)
{
	(void)state;
	const struct checkpoint c = {.bytes = 10,
				     .mtime_us = 20,
				     .step = 30,
				     .safety = 1 + MODEL_DANGER,
				     .state = CHECKPOINT_WHOLE};
	struct checkpoint back;
	struct str s = STR_INIT;
	const char *path;
	checkpoint_pack(&s, "/a/b.pt", &c);
	assert_true(checkpoint_unpack(&path, &back, &(struct bytes){s.buf, s.len}));
	assert_string_equal(path, "/a/b.pt");
	assert_string_equal(checkpoint_safety(&back), "DANGER");
	assert_int_equal(back.step, 30);
	s.buf[s.len - 1]++; /* the judge's number */
	assert_true(checkpoint_unpack(&path, &back, &(struct bytes){s.buf, s.len}));
	assert_int_equal(back.safety, CHECKPOINT_UNJUDGED);
	assert_null(checkpoint_safety(&back));
	/* and before there was a judge */
	assert_true(checkpoint_unpack(&path, &back, &(struct bytes){s.buf, s.len - 2}));
	assert_int_equal(back.safety, CHECKPOINT_UNJUDGED);
	assert_int_equal(back.state, CHECKPOINT_WHOLE);
	assert_false(checkpoint_unpack(&path, &back, &(struct bytes){s.buf, s.len - 3}));
	str_release(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_packed_is_read),
		cmocka_unit_test(one_that_is_cut_is_none),
		cmocka_unit_test(those_of_before_read_as_they_did),
		cmocka_unit_test(what_an_older_judge_said_of_a_checkpoint_is_not_believed),
	};
	return cmocka_run_group_tests_name("record", tests, NULL, NULL);
}
