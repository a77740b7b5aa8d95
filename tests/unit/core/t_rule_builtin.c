/* The rules that are built in: what they say of losses, of silence, of the end of a run, of
 * disks. */
#include "tests/unit/trial.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* -- the built-in rules ------------------------------------------------------------------------ */

static void
a_loss_that_is_no_number_fires_until_acknowledged(void **state)
{
	(void)state;
	static const char *const watched[] = {
		"loss", "train/loss",      "val_loss", "Loss/train", "valLoss",
		"ppl",  "eval_perplexity", "nll",      "LOSS"};
	static const char *const not_watched[] = {"loss_scale", "lossScale", "acc",
						  "lr",         "grad_norm", "scaler/loss_scale"};
	uint64_t key = 0;

	for (size_t i = 0; i < sizeof watched / sizeof *watched; i++) {
		struct trial t;
		trial_open(&t, "");
		rules_point(t.rules, "/r", 1, ++key, watched[i], 40, T0, 0.5, false, trial_hear,
			    &t);
		rules_point(t.rules, "/r", 1, key, watched[i], 41, T0, NAN, false, trial_hear, &t);
		rules_point(t.rules, "/r", 1, key, watched[i], 42, T0 + SECOND, 0.5, false,
			    trial_hear, &t);
		assert_string_equal(trial_heard(&t), "FIRING@0");
		assert_int_equal(t.nkept, 1);
		assert_string_equal(t.kept[0].rule, "loss-nonfinite");
		assert_int_equal(t.kept[0].severity, SEVERITY_CRIT);
		char want[100];
		snprintf(want, sizeof want, "%s is NaN at step 41", watched[i]);
		assert_string_equal(t.kept[0].message, want);
		trial_close(&t);
	}
	struct trial t;
	trial_open(&t, "");
	for (size_t i = 0; i < sizeof not_watched / sizeof *not_watched; i++)
		rules_point(t.rules, "/r", 1, ++key, not_watched[i], 41, T0, NAN, false, trial_hear,
			    &t);
	/* Others may wait for more of it. */
	for (int i = 0; i < t.nkept; i++)
		assert_string_not_equal(t.kept[i].rule, "loss-nonfinite");
	assert_int_equal(t.announced, 0);
	trial_close(&t);
}

static void
built_in_rules_are_changed_key_by_key(void **state)
{
	(void)state;
	struct trial t;

	trial_open(&t, "[alert loss-nonfinite]\nfor = 2 points\n"
		       "message = {rule} {run} {metric} {value} {step} {threshold}\n"
		       "[alert stalled]\nenabled = no\n");
	for (int i = 0; i < rules_count(t.rules); i++) {
		struct rule_info info;
		rules_info(t.rules, i, &info);
		assert_string_not_equal(info.name, "stalled");
	}
	rules_point(t.rules, "/r", 1, 1, "loss", 1, T0, -INFINITY, false, trial_hear, &t);
	rules_point(t.rules, "/r", 1, 1, "loss", 2, T0 + SECOND, -INFINITY, false, trial_hear, &t);
	assert_string_equal(trial_heard(&t), "pending@0 FIRING@1");
	assert_true(t.kept[0].latched && t.kept[0].severity == SEVERITY_CRIT);
	assert_string_equal(t.kept[0].message, "loss-nonfinite /r loss -Infinity 2 finite");
	trial_close(&t);
	trial_open(&t, "[alerts]\ndefaults = off\n");
	assert_int_equal(rules_count(t.rules), 0);
	trial_close(&t);
	trial_open(&t, "[alerts]\ndefaults = off\n[alert stalled]\nseverity = crit\n");
	assert_int_equal(rules_count(t.rules), 1);
	trial_close(&t);
}

static void
messages_call_runs_by_what_stands_behind_their_root(void **state)
{
	(void)state;
	static const struct {
		const char *run, *name;
	} cases[] = {
		{"/data/runs/a", "a"},         {"/data/runs/sweep/lr=1", "lr=1"},
		{"/data/runs/sweep", "sweep"}, {"/data/runs2/a", "/data/runs2/a"},
		{"/data/runs", "runs"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct trial t;
		trial_open(&t, RULE_X "message = {run}\n");
		rules_root(t.rules, "/data/runs");
		rules_root(t.rules, "/data/runs/sweep");
		rules_point(t.rules, cases[i].run, 1, 1, "x", 1, T0, 3, false, trial_hear, &t);
		assert_string_equal(t.kept[0].message, cases[i].name);
		trial_close(&t);
	}
}

/* Names are put into messages as they are, and not looked at again. */
static void
messages_hold_names_whatever_they_are(void **state)
{
	(void)state;
	struct trial t;

	setenv("TZ", "UTC", 1);
	trial_open(&t, RULE
		   "metric = *\nwhen = value > 2k\n"
		   "message = {run}: {metric} {value} of {threshold} since {since} { not} { } {\n");
	rules_point(t.rules, "/r/{value}%s%n", 1, 1, "{run}\x1b[2J", 1, T0, 123456, false,
		    trial_hear, &t);
	assert_string_equal(
		t.kept[0].message,
		"/r/{value}%s%n: {run}\x1b[2J 1.235e+05 of 2000 since 2023-11-14 22:13:20 "
		"{ not} { } {");
	trial_close(&t);
}

/* {z} is what the rule goes by, {host} where it was judged. */
static void
messages_say_how_far_and_where(void **state)
{
	(void)state;
	struct trial t;
	char host[80] = "", want[160];

	trial_open(&t, RULE "metric = x\nwhen = z(4) > 6\nmessage = {z} on {host}\n");
	for (int i = 0; i < 5; i++)
		trial_point(&t, i, i % 2 ? 9 : 11);
	trial_point(&t, 5, 100);
	gethostname(host, sizeof host - 1);
	/* The median of 11 9 11 9 11 is 11 or 9, or of four of them 10: deviations are 1. */
	snprintf(want, sizeof want, "%.4g on %s", (100 - 10) / 1.4826, host);
	assert_string_equal(t.kept[0].message, want);
	trial_close(&t);
}

/* -- stalled ----------------------------------------------------------------------------------- */

static void
silence_fires_once_and_bytes_end_it(void **state)
{
	(void)state;
	struct stall s;

	stall_open(&s, "");
	stall_tick(&s, 300);
	assert_string_equal(trial_heard(&s.t), "");
	stall_tick(&s, 3600);
	assert_string_equal(trial_heard(&s.t), "FIRING@301");
	assert_string_equal(s.t.kept[0].rule, "stalled");
	assert_string_equal(s.t.kept[0].metric, "");
	assert_string_equal(s.t.kept[0].message, "nothing new for 5 min, stalled after 5 min");
	assert_true(s.t.kept[0].value == 301);
	stall_row(&s);
	stall_tick(&s, 3700);
	assert_string_equal(trial_heard(&s.t), "resolved@3600");
	/* such a silence is known now: the next one has to be longer */
	stall_tick(&s, 3600 + 2 * 3600);
	assert_string_equal(trial_heard(&s.t), "ok@4500");
	trial_close(&s.t);
}

static void
a_run_that_is_done_does_not_stall(void **state)
{
	(void)state;
	struct stall s;

	stall_open(&s, "");
	s.ev.total = 500;
	stall_tick(&s, 4000);
	assert_string_equal(trial_heard(&s.t), "");
	trial_close(&s.t);
	/* one that says so late ends the alarm */
	stall_open(&s, "");
	stall_tick(&s, 1000);
	s.ev.said = "finished";
	stall_tick(&s, 1001);
	assert_string_equal(trial_heard(&s.t),
			    "FIRING@301 resolved@1000 FIRING@1000 resolved@1000");
	trial_close(&s.t);
	/* 28: so does one that is deleted */
	stall_open(&s, "");
	stall_tick(&s, 1000);
	s.ev.gone = true;
	stall_tick(&s, 1001);
	assert_string_equal(trial_heard(&s.t), "FIRING@301 resolved@1000");
	trial_close(&s.t);
}

static void
a_process_that_ends_early_fires_when_it_has_settled(void **state)
{
	(void)state;
	struct stall s;

	stall_open(&s, "");
	stall_tick(&s, 100);
	s.ev.total = 1000;
	s.ev.writing = (struct writing){.by.pid = 4711, .ended_us = T0 + 100 * SECOND};
	stall_tick(&s, 9000);
	assert_string_equal(trial_heard(&s.t), "FIRING@106");
	assert_string_equal(s.t.kept[0].rule, "failed");
	assert_string_equal(s.t.kept[0].message, "its process (4711) ended at step 500 of 1000");
	/* Taken up again by another one, it is still somebody's to know. */
	stall_row(&s);
	stall_tick(&s, 9100);
	assert_string_equal(trial_heard(&s.t), "");
	assert_int_equal(rules_ack(s.t.rules, "failed", NULL, NULL, T0 + 9100 * SECOND, trial_hear,
				   &s.t),
			 1);
	assert_string_equal(trial_heard(&s.t), "resolved@9100");
	trial_close(&s.t);
	/* But not when that one has brought it to its end. */
	stall_open(&s, "");
	stall_tick(&s, 100);
	s.ev.total = 1000;
	s.ev.writing = (struct writing){.by.pid = 4711, .ended_us = T0 + 100 * SECOND};
	stall_tick(&s, 9000);
	trial_heard(&s.t);
	stall_row(&s);
	s.ev.last_step = 1000;
	stall_tick(&s, 9100);
	assert_string_equal(trial_heard(&s.t), "resolved@9000");
	trial_close(&s.t);
	/* A short life is no excuse. */
	stall_open(&s, "");
	s.ev.total = 1000;
	stall_tick(&s, 2);
	s.ev.writing = (struct writing){.by.pid = 4711, .ended_us = T0 + 2 * SECOND};
	stall_tick(&s, 3);
	assert_string_equal(trial_heard(&s.t), "");
	stall_tick(&s, 9);
	assert_string_equal(trial_heard(&s.t), "FIRING@8");
	trial_close(&s.t);
	/* What stood beside its log was read meanwhile: that is what is told. */
	stall_open(&s, "");
	s.ev.total = 1000;
	stall_tick(&s, 100);
	s.ev.writing = (struct writing){.by.pid = 4711, .ended_us = T0 + 100 * SECOND};
	stall_tick(&s, 105);
	s.ev.said = "failed: ValueError: bad shape";
	stall_tick(&s, 9000);
	assert_string_equal(trial_heard(&s.t), "FIRING@105");
	assert_string_equal(s.t.kept[0].message, "its log says: failed: ValueError: bad shape");
	trial_close(&s.t);
	/* Nor is one that stops early, with an epoch. */
	for (int64_t steps = 100; steps <= 101; steps++) {
		stall_open(&s, "");
		stall_tick(&s, 100);
		s.ev.total = 10 * steps;
		s.ev.epoch_steps = steps;
		s.ev.writing = (struct writing){.by.pid = 4711, .ended_us = T0 + 100 * SECOND};
		stall_tick(&s, 9000);
		assert_string_equal(trial_heard(&s.t), steps == 100 ? "" : "FIRING@106");
		trial_close(&s.t);
	}
	/* One that may have finished is no alarm. */
	stall_open(&s, "");
	stall_tick(&s, 100);
	s.ev.writing = (struct writing){.by.pid = 4711, .ended_us = T0 + 100 * SECOND};
	stall_tick(&s, 9000);
	assert_string_equal(trial_heard(&s.t), "FIRING@106 resolved@106 ok@1006");
	assert_true(s.t.announced == 1 && s.t.nkept == 0);
	trial_close(&s.t);
}

static void
a_run_that_is_lost_goes_on_firing(void **state)
{
	(void)state;
	struct stall s;

	stall_open(&s, "");
	stall_tick(&s, 400);
	for (s.now_s = 400; s.now_s < 3 * 86400; s.now_s += 50)
		rules_run(s.t.rules, "/r", 1, &s.ev, &s.pace, T0 + (int64_t)(s.now_s * 1e6),
			  trial_hear, &s.t);
	assert_string_equal(trial_heard(&s.t), "FIRING@301");
	assert_int_equal(rules_ack(s.t.rules, "stalled", "/r", "", T0 + 3 * DAY, trial_hear, &s.t),
			 1);
	assert_true(s.t.kept[0].acked);
	trial_close(&s.t);
}

/* 25: the machine slept for eight hours. Nothing could be written, and for a moment nothing was
 * read. */
static void
sleep_is_no_silence(void **state)
{
	(void)state;
	struct stall s;

	stall_open(&s, "");
	stall_tick(&s, 60);
	s.now_s += 8 * 3600;
	stall_tick(&s, s.now_s + 20);
	stall_row(&s);
	stall_tick(&s, s.now_s + 200);
	assert_string_equal(trial_heard(&s.t), "");
	trial_close(&s.t);
	/* but one that stays silent afterwards did stall */
	stall_open(&s, "");
	stall_tick(&s, 60);
	s.now_s += 8 * 3600;
	stall_tick(&s, s.now_s + 40);
	assert_string_equal(trial_heard(&s.t), "FIRING@28890");
	trial_close(&s.t);
}

/* 34: two hundred runs that ended before anybody watched: not one word. */
static void
old_runs_are_no_news(void **state)
{
	(void)state;
	struct trial t;
	struct pace never = {0};

	trial_open(&t, "");
	for (int i = 0; i < 200; i++) {
		struct run_evidence ev = {.first_us = T0 - 9 * DAY,
					  .last_us = T0 - 8 * DAY + i * HOUR,
					  .last_arrival_us = T0 - 8 * DAY + i * HOUR,
					  .last_step = 100,
					  .points = 100,
					  .total = i % 2 ? 1000 : 0};
		char path[20];
		snprintf(path, sizeof path, "/r%d", i);
		for (int at = 0; at < 100; at++)
			rules_run(t.rules, path, 1, &ev, &never, T0 + at * SECOND, trial_hear, &t);
	}
	assert_string_equal(trial_heard(&t), "");
	trial_close(&t);
}

static void
a_stall_survives_a_restart(void **state)
{
	(void)state;
	struct stall s;

	stall_open(&s, "");
	stall_tick(&s, 400);
	assert_string_equal(trial_heard(&s.t), "FIRING@301");
	trial_restart(&s.t, NULL);
	s.now_s = 4000;
	stall_tick(&s, 4100);
	assert_string_equal(trial_heard(&s.t), "");
	stall_row(&s);
	stall_tick(&s, 4101);
	assert_string_equal(trial_heard(&s.t), "resolved@4100");
	trial_close(&s.t);
}

/* The run is over: what is not latched has nobody left to be told. */
static void
the_end_of_a_run_ends_what_fires(void **state)
{
	(void)state;
	struct stall s;

	stall_open(&s, "[alert x]\nmetric = x\nwhen = value > 2\n");
	rules_point(s.t.rules, "/r", 1, 1, "x", 1, T0, 3, false, trial_hear, &s.t);
	rules_point(s.t.rules, "/r", 1, 2, "loss", 1, T0, NAN, false, trial_hear, &s.t);
	trial_heard(&s.t);
	s.ev.total = 500;
	stall_tick(&s, 1);
	assert_string_equal(trial_heard(&s.t), "resolved@0");
	assert_int_equal(s.t.nkept, 2);
	trial_close(&s.t);
}

/* -- the end of a run -------------------------------------------------------------------------- */

/* It was seen at work: that it is done is said once, and is no state. */
static void
a_run_that_finishes_is_told_once(void **state)
{
	(void)state;
	struct stall s;

	stall_open(&s, "");
	stall_tick(&s, 10);
	s.ev.total = 500;
	stall_tick(&s, 200);
	assert_string_equal(trial_heard(&s.t), "FIRING@10 resolved@10");
	assert_string_equal(s.t.kept[0].rule, "finished");
	assert_true(s.t.kept[0].event && s.t.kept[0].sent);
	/* the next process finds it done */
	trial_restart(&s.t, NULL);
	stall_tick(&s, 400);
	assert_string_equal(trial_heard(&s.t), "");
	trial_close(&s.t);
}

/* A failure explains silence and slowness. */
static void
a_failure_is_all_that_is_told_of_a_run(void **state)
{
	(void)state;
	struct stall s;

	stall_open(&s, "");
	s.ev.total = 1000;
	stall_tick(&s, 10);
	s.ev.said = "failed";
	stall_tick(&s, 4000);
	assert_string_equal(trial_heard(&s.t), "FIRING@10");
	assert_string_equal(s.t.kept[0].message, "its log says: failed");
	trial_restart(&s.t, NULL);
	stall_tick(&s, 4100);
	assert_string_equal(trial_heard(&s.t), "");
	trial_close(&s.t);
}

/* -- disks ------------------------------------------------------------------------------------- */

static void
look_at_disk(struct trial *t, double from_s, double to_s, double free_from, double free_to)
{
	for (double at = from_s; at < to_s; at += 30)
		rules_place(t->rules, "/data",
			    free_from + (free_to - free_from) * (at - from_s) / (to_s - from_s), 1,
			    T0 + (int64_t)(at * 1e6), trial_hear, t);
}

static void
a_disk_that_fills_up_is_told_of(void **state)
{
	(void)state;
	struct trial t;

	/* little is left */
	trial_open(&t, "");
	look_at_disk(&t, 0, 600, 0.04, 0.04);
	assert_string_equal(trial_heard(&t), "pending@0 FIRING@60");
	assert_string_equal(t.kept[0].run, "/data");
	assert_non_null(strstr(t.kept[0].message, "4.0 % of the file system is free"));
	look_at_disk(&t, 600, 1200, 0.06, 0.06);
	assert_string_equal(trial_heard(&t), "");
	/* whether it fills up again is known after half an hour */
	look_at_disk(&t, 1200, 2200, 0.2, 0.2);
	assert_string_equal(trial_heard(&t), "recovering@1800 resolved@2100");
	trial_close(&t);
	/* much is left, but not for long: ten percent an hour */
	trial_open(&t, "");
	look_at_disk(&t, 0, 3600, 0.5, 0.4);
	const char *told = trial_heard(&t);
	assert_true(strncmp(told, "pending@", 8) == 0 && strstr(told, "FIRING@"));
	trial_close(&t);
	/* 54: checkpoints come and go */
	trial_open(&t, "");
	for (int i = 0; i < 12; i++)
		look_at_disk(&t, i * 600, i * 600 + 600, 0.5, 0.45);
	assert_string_equal(trial_heard(&t), "");
	trial_close(&t);
}

static void
a_checkpoint_needs_room(void **state)
{
	(void)state;
	struct stall s;

	stall_open(&s, "");
	rules_room(s.t.rules, "/r", 2.5);
	stall_tick(&s, 10);
	rules_room(s.t.rules, "/r", 1.5);
	stall_tick(&s, 20);
	assert_string_equal(trial_heard(&s.t), "FIRING@10");
	assert_string_equal(s.t.kept[0].rule, "ckpt-space");
	assert_string_equal(s.t.kept[0].message, "room for 1.5 more checkpoints");
	rules_room(s.t.rules, "/r", 2.5);
	stall_tick(&s, 30);
	rules_room(s.t.rules, "/r", NAN);
	stall_tick(&s, 40);
	rules_room(s.t.rules, "/r", 4);
	stall_tick(&s, 50);
	assert_string_equal(trial_heard(&s.t), "resolved@40");
	trial_close(&s.t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_loss_that_is_no_number_fires_until_acknowledged),
		cmocka_unit_test(built_in_rules_are_changed_key_by_key),
		cmocka_unit_test(messages_say_how_far_and_where),
		cmocka_unit_test(messages_hold_names_whatever_they_are),
		cmocka_unit_test(messages_call_runs_by_what_stands_behind_their_root),
		cmocka_unit_test(silence_fires_once_and_bytes_end_it),
		cmocka_unit_test(a_run_that_is_done_does_not_stall),
		cmocka_unit_test(a_process_that_ends_early_fires_when_it_has_settled),
		cmocka_unit_test(a_run_that_is_lost_goes_on_firing),
		cmocka_unit_test(sleep_is_no_silence),
		cmocka_unit_test(old_runs_are_no_news),
		cmocka_unit_test(a_stall_survives_a_restart),
		cmocka_unit_test(the_end_of_a_run_ends_what_fires),
		cmocka_unit_test(a_run_that_finishes_is_told_once),
		cmocka_unit_test(a_failure_is_all_that_is_told_of_a_run),
		cmocka_unit_test(a_disk_that_fills_up_is_told_of),
		cmocka_unit_test(a_checkpoint_needs_room),
	};
	return cmocka_run_group_tests_name("rule_builtin", tests, NULL, NULL);
}
