/* What a restart may not change: nothing is told twice, nothing is forgotten. */
#include "tests/unit/trial.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* -- restarts ---------------------------------------------------------------------------------- */

static void
a_restart_announces_nothing_twice(void **state)
{
	(void)state;
	struct trial t;
	const char *text = RULE_X "for = 5m\n";

	/* 30: Prometheus would be pending again */
	trial_open(&t, text);
	trial_story(&t, "0:3 300:3");
	assert_string_equal(trial_heard(&t), "pending@0 FIRING@300");
	uint64_t episode = t.kept[0].episode;
	assert_int_equal(trial_restart(&t, NULL), 0);
	trial_story(&t, "310:3 320:3");
	assert_string_equal(trial_heard(&t), "");
	trial_story(&t, "330:1");
	assert_string_equal(trial_heard(&t), "resolved@330");
	assert_int_equal(t.kept[0].episode, episode);
	trial_story(&t, "400:3 700:3");
	assert_true(t.kept[0].episode > episode);
	/* an episode's number comes only once, even if the next process begins with a clock that
	 * was set back */
	episode = t.kept[0].episode;
	trial_restart(&t, NULL);
	trial_story(&t, "-9000:1 -8000:3 -7000:3");
	assert_true(t.kept[0].episode > episode);
	trial_close(&t);
}

static void
downtime_does_not_count(void **state)
{
	(void)state;
	struct trial t;
	const char *text = RULE_X "for = 60s\nkeep = 60s\n";

	/* 32: 40 s are over, 20 s are left, whatever lay between */
	trial_open(&t, text);
	trial_story(&t, "0:3 40:3");
	trial_restart(&t, NULL);
	trial_story(&t, "3580:3 3599:3 3600:3");
	assert_string_equal(trial_heard(&t), "pending@0 FIRING@3600");
	/* 31: likewise while it recovers */
	trial_story(&t, "3700:1 3730:1");
	trial_restart(&t, NULL);
	trial_story(&t, "5000:1 5029:1 5030:1");
	assert_string_equal(trial_heard(&t), "recovering@3700 resolved@5030");
	trial_close(&t);
	/* after more than an hour what was pending is void … */
	trial_open(&t, text);
	trial_story(&t, "0:3 40:3");
	trial_restart(&t, NULL);
	trial_story(&t, "3660:3 3719:3 3720:3");
	assert_string_equal(trial_heard(&t), "pending@0 ok@3660 pending@3660 FIRING@3720");
	/* … and what recovered fires */
	trial_story(&t, "3800:1");
	trial_restart(&t, NULL);
	trial_story(&t, "8000:1 8060:1");
	assert_string_equal(trial_heard(&t),
			    "recovering@3800 firing@8000 recovering@8000 resolved@8060");
	trial_close(&t);
}

static void
points_are_counted_across_a_restart(void **state)
{
	(void)state;
	struct trial t;

	/* 33: what was written meanwhile is judged in order */
	trial_open(&t, RULE_X "for = 3 points\n");
	trial_story(&t, "0:3 1:3");
	trial_restart(&t, NULL);
	trial_story(&t, "90000:3");
	assert_string_equal(trial_heard(&t), "pending@0 FIRING@90000");
	trial_close(&t);
	trial_open(&t, RULE_X "for = 2 of 3 points\n");
	trial_story(&t, "0:3 1:1");
	trial_restart(&t, NULL);
	trial_story(&t, "90000:3");
	assert_string_equal(trial_heard(&t), "pending@0 FIRING@90000");
	trial_close(&t);
}

/* Replayed in one go, or cut by a restart after any point: the same is told. */
static void
a_restart_anywhere_changes_nothing(void **state)
{
	(void)state;
	static const char *const keys[] = {"",
					   "for = 3 points\n",
					   "for = 2 of 4 points\n",
					   "keep = 3 points\n",
					   "clear = value < 1\nkeep = 2 points\n",
					   "latch = yes\n",
					   "for = 3 s\nkeep = 4 s\n",
					   "clear = value < 1\nfor = 2 points\nkeep = 5 s\n"};
	enum { N = 60 };

	for (size_t k = 0; k < sizeof keys / sizeof *keys; k++) {
		char text[300], whole[4000];
		snprintf(text, sizeof text, RULE_X "%s", keys[k]);
		for (int cut = -1; cut < N; cut++) {
			struct trial t;
			uint32_t seed = 77;
			trial_open(&t, text);
			for (int i = 0; i < N; i++) {
				seed = seed * 1664525 + 1013904223;
				unsigned dice = seed >> 28;
				trial_point(&t, i,
					    dice < 6    ? 3
					    : dice < 8  ? NAN
					    : dice < 10 ? 1.5
							: 0);
				/* the process is gone for less than the next point takes to come */
				if (i == cut)
					trial_restart(&t, NULL);
			}
			str_addf(&t.told, " %d", t.announced);
			if (cut < 0)
				snprintf(whole, sizeof whole, "%s", str_c(&t.told));
			else if (strstr(keys[k], " s\n"))
				assert_true(t.told.len >
					    0); /* that second is downtime: it does not count */
			else
				assert_string_equal(str_c(&t.told), whole);
			trial_close(&t);
		}
	}
}

static void
a_changed_rule_begins_anew(void **state)
{
	(void)state;
	struct trial t;
	const char *text = RULE_X "message = old\n";

	/* 35, 21 */
	trial_open(&t, text);
	trial_story(&t, "0:3");
	assert_int_equal(trial_restart(&t, RULE_X "message = new\n"
						  "severity = crit\n"),
			 0);
	trial_story(&t, "1:1");
	assert_string_equal(trial_heard(&t), "FIRING@0 resolved@1");
	trial_story(&t, "2:3");
	assert_string_equal(t.kept[0].message, "new");
	assert_int_equal(t.kept[0].severity, SEVERITY_CRIT);
	static const char *const other[] = {
		"[alert x]\nmetric = x\nwhen = value > 2.1\n",
		"[alert x]\nmetric = x y\nwhen = value > 2\n",
		"[alert x]\nmetric = x\nwhen = value > 2\nfor = 2 points\n",
		"[alert x]\nmetric = x\nwhen = value > 2\nlatch = yes\n",
		"[alert x]\nmetric = x\nwhen = value > 2\nclear = value < 1\n",
		"[alert x]\nmetric = x\nwhen = value > 2\nkeep = 1s\n",
		"[alert x]\nmetric = x\nrun = a\nwhen = value > 2\n",
		"[alert x]\nmetric = x\nwhen = value > 2\nenabled = no\n",
		"[alert y]\nmetric = x\nwhen = value > 2\n",
		/* 22 */ ""};
	for (size_t i = 0; i < sizeof other / sizeof *other; i++) {
		struct conf *c;
		struct rules *r = trial_rules(other[i], &c);
		assert_false(rules_restore(r, &t.kept[0]));
		rules_free(r);
		conf_free(c);
	}
	trial_close(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_restart_announces_nothing_twice),
		cmocka_unit_test(downtime_does_not_count),
		cmocka_unit_test(points_are_counted_across_a_restart),
		cmocka_unit_test(a_restart_anywhere_changes_nothing),
		cmocka_unit_test(a_changed_rule_begins_anew),
	};
	return cmocka_run_group_tests_name("rule_restart", tests, NULL, NULL);
}
