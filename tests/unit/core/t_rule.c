/* When a rule fires, when it is over, and whom it tells. Cases are those of the reference on
 * alerts, §5.5. */
#include "tests/unit/trial.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* The rule x of KEYS hears STORY. */
static void
check_story(const char *keys, const char *story, const char *want)
{
	struct trial t;
	char text[500];

	snprintf(text, sizeof text, "[alerts]\ndefaults = off\n[alert x]\nmetric = x\n%s", keys);
	trial_open(&t, text);
	trial_story(&t, story);
	const char *got = trial_heard(&t);
	if (strcmp(got, want) != 0)
		fail_msg("%s\n%s\ntold: %s\nnot:  %s", keys, story, got, want);
	trial_close(&t);
}

/* -- firing ------------------------------------------------------------------------------------ */

static void
what_is_true_fires(void **state)
{
	(void)state;
	/* 1 */
	check_story("when = value > 2\n", "0:1 1:3", "FIRING@1");
	check_story("when = value > 2\n", "0:1 1:2", "");
	/* 2: at 30 s, not before */
	check_story("when = value > 2\nfor = 30s\n", "0:3 30:3", "pending@0 FIRING@30");
	check_story("when = value > 2\nfor = 30s\n", "0:3 29.999:3", "pending@0");
	/* 3: the clock starts anew */
	check_story("when = value > 2\nfor = 30s\n", "0:3 20:1 25:3 40:3 55:3",
		    "pending@0 ok@20 pending@25 FIRING@55");
	/* 4 */
	check_story("when = value > 2\nfor = 3 points\n", "0:3 1:3", "pending@0");
	check_story("when = value > 2\nfor = 3 points\n", "0:3 1:3 2:3", "pending@0 FIRING@2");
	check_story("when = value > 2\nfor = 3 points\n", "0:3 1:3 2:1 3:3",
		    "pending@0 ok@2 pending@3");
	check_story("when = value > 2\nfor = 1 point\n", "0:3", "FIRING@0");
	/* 5 */
	check_story("when = value > 2\nfor = 2 of 3 points\n", "0:3 1:1 2:3", "pending@0 FIRING@2");
	check_story("when = value > 2\nfor = 2 of 3 points\n", "0:3 1:1 2:1 3:3", "pending@0");
	check_story("when = value > 2\nfor = 2 of 3 points\n", "0:3 1:1 2:1 3:1", "pending@0 ok@3");
	check_story("when = value > 2\nfor = 2 of 3 points\n", "0:3 1:nan 2:nan 3:1 4:nan 5:3",
		    "pending@0 FIRING@5");
	check_story("when = value > 2\nfor = 32 of 32 points\n", "0:3 1:3 2:3", "pending@0");
}

static void
what_is_unknown_moves_nothing(void **state)
{
	(void)state;
	/* 11 */
	check_story("when = value > 1\n", "0:nan 1:nan", "");
	check_story("when = value > 1\n", "0:2 1:nan 2:nan", "FIRING@0");
	check_story("when = nonfinite\n", "0:nan", "FIRING@0");
	check_story("when = nonfinite\n", "0:inf 1:-inf 2:5", "FIRING@0 resolved@2");
	/* 12, as `keep` says it: in each state */
	check_story("when = value > 1\nfor = 3 points\n", "0:2 1:nan 2:2 3:nan 4:2",
		    "pending@0 FIRING@4");
	check_story("when = value > 1\nkeep = 2 points\n", "0:2 1:0 2:nan 3:0",
		    "FIRING@0 recovering@1 resolved@3");
	/* 13: an hour of nothing does not count towards 30 s */
	check_story("when = value > 1\nfor = 30s\n", "0:2 10:2 3610:nan 3620:2 3629:2 3630:2",
		    "pending@0 FIRING@3630");
	check_story("when = value > 1\nkeep = 30s\n", "0:2 1:0 3601:nan 3620:0 3631:0",
		    "FIRING@0 recovering@1 resolved@3631");
}

/* -- clearing ---------------------------------------------------------------------------------- */

static void
what_is_clear_resolves(void **state)
{
	(void)state;
	check_story("when = value > 2\n", "0:3 1:1", "FIRING@0 resolved@1");
	check_story("when = value > 2\n", "0:3 1:1 2:3", "FIRING@0 resolved@1 FIRING@2");
	/* 6: the band between is neither */
	check_story("when = value > 0.9\nclear = value < 0.8\n",
		    "0:0.95 1:0.85 2:0.85 3:0.95 4:0.79", "FIRING@0 resolved@4");
	/* 7: back before the time is over: the same episode, nothing announced */
	check_story("when = value > 2\nkeep = 2m\n", "0:3 1:1 120:3",
		    "FIRING@0 recovering@1 firing@120");
	/* 8 */
	check_story("when = value > 2\nkeep = 2m\n", "0:3 1:1 60:1 121:1 122:1",
		    "FIRING@0 recovering@1 resolved@121");
	check_story("when = value > 2\nkeep = 3 points\n", "0:3 1:1 2:1 3:1",
		    "FIRING@0 recovering@1 resolved@3");
	check_story("when = value > 2\nkeep = 3 points\n", "0:3 1:1 2:1 3:3 4:1 5:1 6:1",
		    "FIRING@0 recovering@1 firing@3 recovering@4 resolved@6");
	/* 9: the band is not clear */
	check_story("when = value > 0.9\nclear = value < 0.8\nkeep = 3 points\n",
		    "0:1 1:0.7 2:0.85 3:0.7", "FIRING@0 recovering@1 firing@2 recovering@3");
	/* 10: true and clear at once is true */
	check_story("when = value > 1\nclear = value < 5\n", "0:3 1:3 2:0", "FIRING@0 resolved@2");
}

/* A store is told of clocks, but not for every point. */
static void
clocks_are_told_of_sparingly(void **state)
{
	(void)state;
	struct trial t;

	trial_open(&t, RULE_X "for = 1h\n");
	for (int i = 0; i < 10000; i++)
		trial_point(&t, i / 1000.0, 3);
	assert_in_range(t.heard, 9, 12);
	assert_true(t.kept[0].updated_us >= T0 + 9 * SECOND);
	trial_close(&t);
}

static void
an_episode_began_when_it_fired(void **state)
{
	(void)state;
	struct trial t;

	trial_open(&t, RULE_X "keep = 3 points\n");
	trial_story(&t, "7:3 8:1 9:3");
	assert_int_equal(t.kept[0].state, ALERT_FIRING);
	assert_int_equal(t.kept[0].since_us, T0 + 7 * SECOND);
	assert_int_equal(t.kept[0].fired_us, T0 + 7 * SECOND);
	trial_close(&t);
}

static void
no_flutter_in_the_band(void **state)
{
	(void)state;
	struct trial t;

	trial_open(&t, RULE "metric = x\nwhen = value > 0.9\nclear = value < 0.8\n");
	for (int i = 0; i < 1000; i++)
		trial_point(&t, i, i % 2 ? 0.85 : 0.95);
	assert_int_equal(t.announced, 1);
	trial_close(&t);
}

/* -- latching and acknowledging ---------------------------------------------------------------- */

static void
a_latched_rule_ends_by_a_person_or_a_new_attempt(void **state)
{
	(void)state;
	struct trial t;
	const char *text = RULE_X "latch = yes\n";

	trial_open(&t, text);
	trial_story(&t, "0:3 1:1 2:1 3:3 4:1");
	assert_string_equal(trial_heard(&t), "FIRING@0");
	assert_true(t.kept[0].latched);
	assert_int_equal(rules_ack(t.rules, "x", "/r", "x", T0 + 5 * SECOND, trial_hear, &t), 1);
	assert_string_equal(trial_heard(&t), "resolved@5");
	assert_int_equal(rules_ack(t.rules, NULL, NULL, NULL, T0 + 6 * SECOND, trial_hear, &t), 0);
	/* while it is still true an acknowledged one goes on, silently, and then ends by itself */
	trial_story(&t, "10:3");
	assert_string_equal(trial_heard(&t), "FIRING@10");
	assert_int_equal(rules_ack(t.rules, NULL, NULL, NULL, T0 + 11 * SECOND, trial_hear, &t), 1);
	assert_true(t.kept[0].acked && !t.kept[0].latched);
	trial_story(&t, "12:3 13:3");
	assert_string_equal(trial_heard(&t), "");
	trial_story(&t, "14:1");
	assert_string_equal(trial_heard(&t), "resolved@14");
	/* and the next time is a new one */
	trial_story(&t, "15:3");
	assert_string_equal(trial_heard(&t), "FIRING@15");
	assert_false(t.kept[0].acked);
	rules_point(t.rules, "/r", 2, 7, "x", 0, T0 + 20 * SECOND, 1, false, trial_hear, &t);
	assert_string_equal(trial_heard(&t), "resolved@20");
	trial_close(&t);
}

static void
acknowledging_is_exact(void **state)
{
	(void)state;
	struct trial t;

	trial_open(&t, RULE "metric = *\nwhen = value > 2\n");
	rules_point(t.rules, "/r", 1, 1, "a", 0, T0, 3, false, trial_hear, &t);
	rules_point(t.rules, "/r", 1, 2, "b", 0, T0, 3, false, trial_hear, &t);
	rules_point(t.rules, "/s", 1, 3, "a", 0, T0, 3, false, trial_hear, &t);
	assert_int_equal(rules_ack(t.rules, "y", NULL, NULL, T0, trial_hear, &t), 0);
	assert_int_equal(rules_ack(t.rules, "x", "/q", NULL, T0, trial_hear, &t), 0);
	assert_int_equal(rules_ack(t.rules, "x", "/r", "a", T0, trial_hear, &t), 1);
	assert_int_equal(rules_ack(t.rules, "x", "/r", NULL, T0, trial_hear, &t), 1);
	assert_int_equal(rules_ack(t.rules, NULL, NULL, NULL, T0, trial_hear, &t), 1);
	trial_close(&t);
}

/* -- attempts, runs, instances ----------------------------------------------------------------- */

static void
a_new_attempt_ends_what_the_old_one_left(void **state)
{
	(void)state;
	struct trial t;

	/* 27: pending silently, firing resolved */
	trial_open(&t, RULE_X "[alert y]\nmetric = x\nwhen = value > 2\nfor = 5 points\n");
	trial_story(&t, "0:3");
	assert_string_equal(trial_heard(&t), "FIRING@0 pending@0");
	rules_point(t.rules, "/r", 2, 7, "x", 0, T0 + SECOND, 1, false, trial_hear, &t);
	const char *told = trial_heard(&t);
	assert_true(strcmp(told, "resolved@1 ok@1") == 0 || strcmp(told, "ok@1 resolved@1") == 0);
	/* what still comes of the older one says nothing */
	rules_point(t.rules, "/r", 1, 7, "x", 0, T0 + 2 * SECOND, 3, false, trial_hear, &t);
	assert_string_equal(trial_heard(&t), "");
	rules_point(t.rules, "/r", 2, 7, "x", 0, T0 + 3 * SECOND, 3, false, trial_hear, &t);
	assert_string_equal(trial_heard(&t), "FIRING@3 pending@3");
	assert_int_equal(t.kept[0].attempt, 2);
	trial_close(&t);
}

static void
instances_are_independent(void **state)
{
	(void)state;
	struct trial t;

	/* 26 */
	trial_open(&t, RULE "metric = a b\nwhen = value > 2\n");
	rules_point(t.rules, "/r", 1, 1, "a", 5, T0, 3, false, trial_hear, &t);
	rules_point(t.rules, "/r", 1, 2, "b", 5, T0 + SECOND, 1, false, trial_hear, &t);
	rules_point(t.rules, "/s", 1, 3, "a", 5, T0 + 2 * SECOND, 1, false, trial_hear, &t);
	rules_point(t.rules, "/s", 1, 4, "b", 6, T0 + 3 * SECOND, 9, false, trial_hear, &t);
	rules_point(t.rules, "/s", 1, 5, "c", 6, T0 + 3 * SECOND, 9, false, trial_hear, &t);
	assert_string_equal(trial_heard(&t), "FIRING@0 FIRING@3");
	assert_string_equal(t.kept[1].run, "/s");
	assert_string_equal(t.kept[1].metric, "b");
	assert_true(t.kept[1].value == 9 && t.kept[1].step == 6);
	assert_int_not_equal(t.kept[0].episode, t.kept[1].episode);
	trial_close(&t);
}

static void
rules_choose_runs_by_path(void **state)
{
	(void)state;
	struct trial t;

	trial_open(&t, RULE "metric = *\nrun = !hero/old hero/*\nwhen = value > 2\n");
	rules_point(t.rules, "/home/hero/a", 1, 1, "x", 0, T0, 3, false, trial_hear, &t);
	rules_point(t.rules, "/home/hero/old", 1, 2, "x", 0, T0, 3, false, trial_hear, &t);
	rules_point(t.rules, "/home/villain/a", 1, 3, "x", 0, T0, 3, false, trial_hear, &t);
	assert_string_equal(trial_heard(&t), "FIRING@0");
	/* the log with key 3 was moved there */
	rules_point(t.rules, "/home/hero/b", 1, 3, "x", 0, T0 + SECOND, 3, false, trial_hear, &t);
	assert_string_equal(trial_heard(&t), "FIRING@1");
	assert_int_equal(t.nkept, 2);
	trial_close(&t);
}

static void
a_rule_for_everything_is_bounded(void **state)
{
	(void)state;
	struct rules *r = NULL;
	struct conf *c;
	char metric[20];
	uint64_t n = 0;

	/* 23 */
	r = trial_rules(RULE "metric = *\nwhen = value > 2\n", &c);
	struct trial full = {.rules = r, .conf = c};
	for (int i = 0; i < 10000; i++) {
		snprintf(metric, sizeof metric, "m%d", i);
		rules_point(r, "/r", 1, n++, metric, 0, T0, 3, false, NULL, NULL);
	}
	for (int i = 0; i < 5; i++) {
		snprintf(metric, sizeof metric, "n%d", i);
		rules_point(r, "/r", 1, n++, metric, 0, T0, 3, false, trial_hear, &full);
	}
	assert_string_equal(trial_heard(&full), "FIRING@0");
	assert_int_equal(full.nkept, 1);
	assert_string_equal(full.kept[0].run, "");
	assert_non_null(strstr(full.kept[0].message, "10000"));
	/* all is well again, and after a while forgotten: there is room */
	for (uint64_t key = 0; key < 10000; key++) {
		snprintf(metric, sizeof metric, "m%d", (int)key);
		rules_point(r, "/r", 1, key, metric, 0, T0 + SECOND, 1, false, NULL, NULL);
	}
	rules_point(r, "/r", 1, 10000, "n0", 0, T0 + HOUR, 3, false, NULL, NULL);
	rules_point(r, "/r", 1, 10001, "n1", 0, T0 + HOUR, 3, false, trial_hear, &full);
	rules_point(r, "/r", 1, 10001, "n1", 0, T0 + 2 * HOUR, 3, false, trial_hear, &full);
	assert_string_equal(trial_heard(&full), "FIRING@3600 ok@7200");
	trial_close(&full);
}

static void
what_was_resolved_is_forgotten_after_a_while(void **state)
{
	(void)state;
	struct trial t;

	trial_open(&t, RULE "metric = x y\nwhen = value > 2\n");
	trial_story(&t, "0:3 1:1 900:1");
	assert_string_equal(trial_heard(&t), "FIRING@0 resolved@1");
	/* any point of a rule will do */
	rules_point(t.rules, "/r", 1, 8, "y", 0, T0 + 901 * SECOND, 1, false, trial_hear, &t);
	assert_string_equal(trial_heard(&t), "ok@901");
	assert_int_equal(t.nkept, 0);
	trial_story(&t, "1000:3");
	assert_string_equal(trial_heard(&t), "FIRING@1000");
	trial_close(&t);
}

/* -- clocks ------------------------------------------------------------------------------------ */

static void
a_clock_that_is_set_back_loses_nothing(void **state)
{
	(void)state;
	/* 25 */
	check_story("when = value > 2\nfor = 30s\n", "3600:3 3620:3 20:3 29:3 30:3",
		    "pending@3600 FIRING@30");
	check_story("when = value > 2\nkeep = 30s\n", "3600:3 3601:1 3621:1 21:1 30:1 31:1",
		    "FIRING@3600 recovering@3601 resolved@31");
}

/* -- what was there before --------------------------------------------------------------------- */

static void
what_was_there_before_is_shown_not_told(void **state)
{
	(void)state;
	struct trial t;

	/* 34, for values */
	trial_open(&t, "");
	for (int run = 0; run < 20; run++) {
		char path[20];
		snprintf(path, sizeof path, "/r%d", run);
		for (int i = 0; i < 50; i++)
			rules_point(t.rules, path, 1, (uint64_t)run, "loss", i,
				    T0 - 30 * DAY + i * SECOND, i < 40 ? 1 : NAN, true, trial_hear,
				    &t);
	}
	assert_int_equal(t.announced, 0);
	assert_int_equal(t.nkept, 20);
	for (int i = 0; i < 20; i++) {
		assert_true(t.kept[i].historic && t.kept[i].state == ALERT_FIRING);
		assert_int_equal(t.kept[i].since_us, T0 - 30 * DAY + 40 * SECOND);
	}
	/* the run goes on, and it is still true: now somebody is there to be told, once */
	rules_point(t.rules, "/r3", 1, 3, "loss", 60, T0, NAN, false, trial_hear, &t);
	rules_point(t.rules, "/r3", 1, 3, "loss", 61, T0 + SECOND, NAN, false, trial_hear, &t);
	assert_int_equal(t.announced, 1);
	trial_close(&t);
}

static void
history_that_ended_well_is_forgotten_at_once(void **state)
{
	(void)state;
	struct trial t;

	trial_open(&t, RULE_X);
	for (int i = 0; i < 1000; i++)
		rules_point(t.rules, "/r", 1, 7, "x", i, T0 - DAY + i * SECOND, i % 2 ? 3 : 1, true,
			    trial_hear, &t);
	rules_point(t.rules, "/r", 1, 7, "x", 1000, T0, 1, false, trial_hear, &t);
	rules_point(t.rules, "/r", 1, 7, "x", 1001, T0 + 15 * MINUTE, 1, false, trial_hear, &t);
	assert_int_equal(t.nkept, 0);
	assert_int_equal(t.announced, 0);
	trial_close(&t);
}

/* -- what is not known, ticks, who inhibits whom ----------------------------------------------- */

/* 12: in each state, what each policy makes of a value that is NaN. The story leads into the state,
 * then two unknown ones come; with `for` and `keep` of two points each step shows. */
static void
what_is_unknown_is_what_nodata_says(void **state)
{
	(void)state;
	static const struct {
		const char *nodata, *lead, *want;
	} cases[] = {
		/* OK */
		{"keep", "", ""},
		{"ok", "", ""},
		{"fire", "", "pending@10 FIRING@11"},
		/* PENDING */
		{"keep", "0:3 ", "pending@0"},
		{"ok", "0:3 ", "pending@0 ok@10"},
		{"fire", "0:3 ", "pending@0 FIRING@10"},
		/* FIRING */
		{"keep", "0:3 1:3 ", "pending@0 FIRING@1"},
		{"ok", "0:3 1:3 ", "pending@0 FIRING@1 recovering@10 resolved@11"},
		{"fire", "0:3 1:3 ", "pending@0 FIRING@1"},
		/* RECOVERING */
		{"keep", "0:3 1:3 2:1 ", "pending@0 FIRING@1 recovering@2"},
		{"ok", "0:3 1:3 2:1 ", "pending@0 FIRING@1 recovering@2 resolved@10"},
		{"fire", "0:3 1:3 2:1 ", "pending@0 FIRING@1 recovering@2 firing@10"},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char keys[200], story[100];
		snprintf(keys, sizeof keys,
			 "when = value > 2\nfor = 2 points\nkeep = 2 points\nnodata = %s\n",
			 cases[i].nodata);
		snprintf(story, sizeof story, "%s10:nan 11:nan", cases[i].lead);
		check_story(keys, story, cases[i].want);
	}
}

/* A rule that asks both after values and after time: ticks count no points. */
static void
points_are_counted_when_points_come(void **state)
{
	(void)state;
	struct stall s;

	stall_open(&s, RULE "metric = x\nwhen = value > 2 and age < 1h\nfor = 3 points\n");
	rules_point(s.t.rules, "/r", 1, 1, "x", 1, T0, 3, false, trial_hear, &s.t);
	stall_tick(&s, 100);
	rules_point(s.t.rules, "/r", 1, 1, "x", 2, T0 + 100 * SECOND, 3, false, trial_hear, &s.t);
	stall_tick(&s, 200);
	assert_string_equal(trial_heard(&s.t), "pending@0");
	rules_point(s.t.rules, "/r", 1, 1, "x", 3, T0 + 200 * SECOND, 3, false, trial_hear, &s.t);
	assert_string_equal(trial_heard(&s.t), "FIRING@200");
	/* and time alone can end it */
	stall_tick(&s, 200 + 3700);
	assert_string_equal(trial_heard(&s.t), "resolved@3800");
	trial_close(&s.t);
}

/* 18 */
static void
a_cause_keeps_its_consequences_from_being_told(void **state)
{
	(void)state;
	struct trial t;
	const char *text = "[alerts]\ndefaults = off\n"
			   "[alert cause]\nmetric = a\nwhen = value > 2\ninhibits = effect\n"
			   "[alert effect]\nmetric = b\nwhen = value > 2\n";
#define A(at, v) \
	rules_point(t.rules, "/r", 1, 1, "a", at, T0 + (at)*SECOND, v, false, trial_hear, &t)
#define B(at, v) \
	rules_point(t.rules, "/r", 1, 2, "b", at, T0 + (at)*SECOND, v, false, trial_hear, &t)
	/* the cause ends first: the effect still fires, and is told now */
	trial_open(&t, text);
	A(0, 3);
	B(1, 3);
	assert_string_equal(trial_heard(&t), "FIRING@0 firing@1");
	assert_true(t.kept[1].inhibited && !t.kept[0].inhibited);
	A(2, 1);
	assert_string_equal(trial_heard(&t), "resolved@2 FIRING@2");
	assert_false(t.kept[1].inhibited);
	B(3, 1);
	assert_string_equal(trial_heard(&t), "resolved@3");
	trial_close(&t);
	/* the effect ends first: nobody ever heard of it */
	trial_open(&t, text);
	A(0, 3);
	B(1, 3);
	B(2, 1);
	A(3, 1);
	assert_string_equal(trial_heard(&t), "FIRING@0 firing@1 resolved@2 resolved@3");
	assert_int_equal(t.announced, 1);
	assert_true(t.kept[1].inhibited);
	trial_close(&t);
	/* what was told before its cause stays told, and ends by itself */
	trial_open(&t, text);
	B(0, 3);
	A(1, 3);
	B(2, 1);
	assert_string_equal(trial_heard(&t), "FIRING@0 FIRING@1 resolved@2");
	trial_close(&t);
	/* another run is another matter */
	trial_open(&t, text);
	A(0, 3);
	rules_point(t.rules, "/s", 1, 3, "b", 0, T0, 3, false, trial_hear, &t);
	assert_string_equal(trial_heard(&t), "FIRING@0 FIRING@0");
	trial_close(&t);
	/* a restart in between forgets nothing of it */
	trial_open(&t, text);
	A(0, 3);
	B(1, 3);
	trial_restart(&t, NULL);
	A(2, 3);
	B(3, 3);
	assert_int_equal(t.announced, 1);
	A(4, 1);
	assert_int_equal(t.announced, 2);
	trial_close(&t);
#undef A
#undef B
}

/* Two logs of a run that say the same: a step counts once. */
static void
a_step_that_two_logs_show_counts_once(void **state)
{
	(void)state;
	struct trial t;

	trial_open(&t, RULE_X "for = 2 points\n");
	for (uint64_t key = 1; key <= 2; key++)
		rules_point(t.rules, "/r", 1, key, "x", 5, T0, 3, false, trial_hear, &t);
	assert_string_equal(trial_heard(&t), "pending@0");
	for (uint64_t key = 1; key <= 2; key++)
		rules_point(t.rules, "/r", 1, key, "x", 6, T0 + SECOND, 3, false, trial_hear, &t);
	assert_string_equal(trial_heard(&t), "FIRING@1");
	trial_close(&t);
}

static bool
tagged(void *ctx, const char *run, const char *globs)
{
	(void)ctx;
	assert_string_equal(globs, "hero");
	return strcmp(run, "/a") == 0;
}

static void
rules_choose_runs_by_tag(void **state)
{
	(void)state;
	struct trial t;

	trial_open(&t, RULE_X "tag = hero\n");
	rules_point(t.rules, "/a", 1, 1, "x", 0, T0, 3, false, trial_hear, &t);
	assert_string_equal(trial_heard(&t), "");
	trial_close(&t);
	trial_open(&t, RULE_X "tag = hero\n");
	rules_tagged(t.rules, tagged, NULL);
	rules_point(t.rules, "/a", 1, 1, "x", 0, T0, 3, false, trial_hear, &t);
	rules_point(t.rules, "/b", 1, 2, "x", 0, T0, 3, false, trial_hear, &t);
	assert_string_equal(trial_heard(&t), "FIRING@0");
	assert_string_equal(t.kept[0].run, "/a");
	trial_close(&t);
}

static void
ratios_are_of_one_run(void **state)
{
	(void)state;
	struct trial t;

	trial_open(&t, RULE "metric = val/loss\nwhen = ratio(train/loss) > 2\n");
	rules_point(t.rules, "/r", 1, 1, "val/loss", 0, T0, 9, false, trial_hear, &t);
	rules_point(t.rules, "/s", 1, 9, "train/loss", 0, T0, 1, false, trial_hear, &t);
	rules_point(t.rules, "/r", 1, 1, "val/loss", 1, T0 + SECOND, 9, false, trial_hear, &t);
	assert_string_equal(trial_heard(&t), "");
	rules_point(t.rules, "/r", 1, 2, "train/loss", 2, T0 + 2 * SECOND, 4, false, trial_hear,
		    &t);
	rules_point(t.rules, "/r", 1, 1, "val/loss", 2, T0 + 2 * SECOND, 9, false, trial_hear, &t);
	assert_string_equal(trial_heard(&t), "FIRING@2");
	rules_point(t.rules, "/r", 1, 2, "train/loss", 3, T0 + 3 * SECOND, 5, false, trial_hear,
		    &t);
	rules_point(t.rules, "/r", 1, 1, "val/loss", 3, T0 + 3 * SECOND, 9, false, trial_hear, &t);
	assert_string_equal(trial_heard(&t), "resolved@3");
	trial_close(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_true_fires),
		cmocka_unit_test(what_is_unknown_moves_nothing),
		cmocka_unit_test(what_is_clear_resolves),
		cmocka_unit_test(clocks_are_told_of_sparingly),
		cmocka_unit_test(an_episode_began_when_it_fired),
		cmocka_unit_test(no_flutter_in_the_band),
		cmocka_unit_test(a_latched_rule_ends_by_a_person_or_a_new_attempt),
		cmocka_unit_test(acknowledging_is_exact),
		cmocka_unit_test(a_new_attempt_ends_what_the_old_one_left),
		cmocka_unit_test(instances_are_independent),
		cmocka_unit_test(rules_choose_runs_by_path),
		cmocka_unit_test(a_rule_for_everything_is_bounded),
		cmocka_unit_test(what_was_resolved_is_forgotten_after_a_while),
		cmocka_unit_test(a_clock_that_is_set_back_loses_nothing),
		cmocka_unit_test(what_was_there_before_is_shown_not_told),
		cmocka_unit_test(history_that_ended_well_is_forgotten_at_once),
		cmocka_unit_test(what_is_unknown_is_what_nodata_says),
		cmocka_unit_test(points_are_counted_when_points_come),
		cmocka_unit_test(a_cause_keeps_its_consequences_from_being_told),
		cmocka_unit_test(a_step_that_two_logs_show_counts_once),
		cmocka_unit_test(rules_choose_runs_by_tag),
		cmocka_unit_test(ratios_are_of_one_run),
	};
	return cmocka_run_group_tests_name("rule", tests, NULL, NULL);
}
