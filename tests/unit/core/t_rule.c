/* Cases are those of the reference on alerts, §5.5. A story is told as text, one verdict after the
 * other:
 *
 *     "0:3 30:3 60:1"      at 0 s the value is 3, at 30 s too, at 60 s it is 1
 *
 * and what the rule told comes back as text: "pending@0 FIRING@30 resolved@60" (capitals:
 * announced). */
#include "core/rule.h"

#include <math.h>
#include <stdio.h>

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <setjmp.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#define SECOND INT64_C(1000000)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)
#define T0 INT64_C(1700000000000000)

/* One rule of the test's own, and no other. */
#define RULE "[alerts]\ndefaults=off\n[alert x]\n"
#define RULE_X RULE "metric = x\nwhen = value > 2\n"

enum { KEPT_MAX = 64 };

/* Rules, what they told, and what a store would have kept. */
struct bench {
	struct conf *conf;
	struct rules *rules;
	struct str told;
	int announced, heard;
	struct alert kept[KEPT_MAX];
	int nkept;
	enum alert_state last_state[KEPT_MAX]; /* to tell states, not clocks */
};

static struct rules *
rules_of(const char *text, struct conf **conf)
{
	struct rules *r = NULL;
	struct err e = {0};

	if (conf_parse("t.conf", text, strlen(text), conf, &e) < 0 || rules_new(*conf, &r, &e) < 0)
		fail_msg("%s", e.text);
	return r;
}

static void
bench_open(struct bench *b, const char *text)
{
	*b = (struct bench){0};
	b->rules = rules_of(text, &b->conf);
}

static void
forget(struct alert *a)
{
	free((char *)a->rule);
	free((char *)a->run);
	free((char *)a->metric);
	free((char *)a->message);
}

static void
bench_close(struct bench *b)
{
	for (int i = 0; i < b->nkept; i++)
		forget(&b->kept[i]);
	rules_free(b->rules);
	conf_free(b->conf);
	str_release(&b->told);
}

static char *
copy(const char *s)
{
	char *p = malloc(strlen(s) + 1);

	memcpy(p, s, strlen(s) + 1);
	return p;
}

static void
hear(void *ctx, const struct alert *a, bool fired_now)
{
	struct bench *b = ctx;
	int i = 0;

	assert_non_null(a->message);
	assert_true(!fired_now || (a->state == ALERT_FIRING && !a->historic));
	b->announced += fired_now;
	b->heard++;
	while (i < b->nkept &&
	       (strcmp(b->kept[i].rule, a->rule) != 0 || strcmp(b->kept[i].run, a->run) != 0 ||
		strcmp(b->kept[i].metric, a->metric) != 0))
		i++;
	bool news = i == b->nkept || b->last_state[i] != a->state || fired_now;
	if (i < b->nkept) {
		forget(&b->kept[i]);
	} else {
		assert_true(b->nkept < KEPT_MAX);
		b->nkept++;
	}
	b->kept[i] = *a;
	b->kept[i].rule = copy(a->rule);
	b->kept[i].run = copy(a->run);
	b->kept[i].metric = copy(a->metric);
	b->kept[i].message = copy(a->message);
	b->last_state[i] = a->state;
	if (news)
		str_addf(&b->told, "%s%s@%g", b->told.len ? " " : "",
			 fired_now ? "FIRING" : alert_state_names[a->state],
			 (double)(a->updated_us - T0) / 1e6);
	if (a->state == ALERT_OK) {
		forget(&b->kept[i]);
		b->kept[i] = b->kept[--b->nkept];
		b->last_state[i] = b->last_state[b->nkept];
	}
}

static void
point(struct bench *b, double at_s, double value)
{
	rules_point(b->rules, "/r", 1, 7, "x", (int64_t)at_s, T0 + (int64_t)(at_s * 1e6), value,
		    false, hear, b);
}

static void
tell_story(struct bench *b, const char *story)
{
	char *end;

	for (const char *p = story; *p; p = end + (*end == ' ')) {
		double at = strtod(p, &end);
		assert_true(*end == ':');
		point(b, at, strtod(end + 1, &end));
	}
}

static const char *
heard(struct bench *b)
{
	static char text[2000];

	snprintf(text, sizeof text, "%s", str_c(&b->told));
	str_reset(&b->told);
	return text;
}

/* The rule x of KEYS hears STORY. */
static void
check_story(const char *keys, const char *story, const char *want)
{
	struct bench b;
	char text[500];

	snprintf(text, sizeof text, "[alerts]\ndefaults = off\n[alert x]\nmetric = x\n%s", keys);
	bench_open(&b, text);
	tell_story(&b, story);
	const char *got = heard(&b);
	if (strcmp(got, want) != 0)
		fail_msg("%s\n%s\ntold: %s\nnot:  %s", keys, story, got, want);
	bench_close(&b);
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
	struct bench b;

	bench_open(&b, RULE_X "for = 1h\n");
	for (int i = 0; i < 10000; i++)
		point(&b, i / 1000.0, 3);
	assert_in_range(b.heard, 9, 12);
	assert_true(b.kept[0].updated_us >= T0 + 9 * SECOND);
	bench_close(&b);
}

static void
an_episode_began_when_it_fired(void **state)
{
	(void)state;
	struct bench b;

	bench_open(&b, RULE_X "keep = 3 points\n");
	tell_story(&b, "7:3 8:1 9:3");
	assert_int_equal(b.kept[0].state, ALERT_FIRING);
	assert_int_equal(b.kept[0].since_us, T0 + 7 * SECOND);
	assert_int_equal(b.kept[0].fired_us, T0 + 7 * SECOND);
	bench_close(&b);
}

static void
no_flutter_in_the_band(void **state)
{
	(void)state;
	struct bench b;

	bench_open(&b, RULE "metric = x\nwhen = value > 0.9\nclear = value < 0.8\n");
	for (int i = 0; i < 1000; i++)
		point(&b, i, i % 2 ? 0.85 : 0.95);
	assert_int_equal(b.announced, 1);
	bench_close(&b);
}

/* -- latching and acknowledging ---------------------------------------------------------------- */

static void
a_latched_rule_ends_by_a_person_or_a_new_attempt(void **state)
{
	(void)state;
	struct bench b;
	const char *text = RULE_X "latch = yes\n";

	bench_open(&b, text);
	tell_story(&b, "0:3 1:1 2:1 3:3 4:1");
	assert_string_equal(heard(&b), "FIRING@0");
	assert_true(b.kept[0].latched);
	assert_int_equal(rules_ack(b.rules, "x", "/r", "x", T0 + 5 * SECOND, hear, &b), 1);
	assert_string_equal(heard(&b), "resolved@5");
	assert_int_equal(rules_ack(b.rules, NULL, NULL, NULL, T0 + 6 * SECOND, hear, &b), 0);
	/* while it is still true an acknowledged one goes on, silently, and then ends by itself */
	tell_story(&b, "10:3");
	assert_string_equal(heard(&b), "FIRING@10");
	assert_int_equal(rules_ack(b.rules, NULL, NULL, NULL, T0 + 11 * SECOND, hear, &b), 1);
	assert_true(b.kept[0].acked && !b.kept[0].latched);
	tell_story(&b, "12:3 13:3");
	assert_string_equal(heard(&b), "");
	tell_story(&b, "14:1");
	assert_string_equal(heard(&b), "resolved@14");
	/* and the next time is a new one */
	tell_story(&b, "15:3");
	assert_string_equal(heard(&b), "FIRING@15");
	assert_false(b.kept[0].acked);
	rules_point(b.rules, "/r", 2, 7, "x", 0, T0 + 20 * SECOND, 1, false, hear, &b);
	assert_string_equal(heard(&b), "resolved@20");
	bench_close(&b);
}

static void
acknowledging_is_exact(void **state)
{
	(void)state;
	struct bench b;

	bench_open(&b, RULE "metric = *\nwhen = value > 2\n");
	rules_point(b.rules, "/r", 1, 1, "a", 0, T0, 3, false, hear, &b);
	rules_point(b.rules, "/r", 1, 2, "b", 0, T0, 3, false, hear, &b);
	rules_point(b.rules, "/s", 1, 3, "a", 0, T0, 3, false, hear, &b);
	assert_int_equal(rules_ack(b.rules, "y", NULL, NULL, T0, hear, &b), 0);
	assert_int_equal(rules_ack(b.rules, "x", "/q", NULL, T0, hear, &b), 0);
	assert_int_equal(rules_ack(b.rules, "x", "/r", "a", T0, hear, &b), 1);
	assert_int_equal(rules_ack(b.rules, "x", "/r", NULL, T0, hear, &b), 1);
	assert_int_equal(rules_ack(b.rules, NULL, NULL, NULL, T0, hear, &b), 1);
	bench_close(&b);
}

/* -- attempts, runs, instances ----------------------------------------------------------------- */

static void
a_new_attempt_ends_what_the_old_one_left(void **state)
{
	(void)state;
	struct bench b;

	/* 27: pending silently, firing resolved */
	bench_open(&b, RULE_X "[alert y]\nmetric = x\nwhen = value > 2\nfor = 5 points\n");
	tell_story(&b, "0:3");
	assert_string_equal(heard(&b), "FIRING@0 pending@0");
	rules_point(b.rules, "/r", 2, 7, "x", 0, T0 + SECOND, 1, false, hear, &b);
	const char *told = heard(&b);
	assert_true(strcmp(told, "resolved@1 ok@1") == 0 || strcmp(told, "ok@1 resolved@1") == 0);
	/* what still comes of the older one says nothing */
	rules_point(b.rules, "/r", 1, 7, "x", 0, T0 + 2 * SECOND, 3, false, hear, &b);
	assert_string_equal(heard(&b), "");
	rules_point(b.rules, "/r", 2, 7, "x", 0, T0 + 3 * SECOND, 3, false, hear, &b);
	assert_string_equal(heard(&b), "FIRING@3 pending@3");
	assert_int_equal(b.kept[0].attempt, 2);
	bench_close(&b);
}

static void
instances_are_independent(void **state)
{
	(void)state;
	struct bench b;

	/* 26 */
	bench_open(&b, RULE "metric = a b\nwhen = value > 2\n");
	rules_point(b.rules, "/r", 1, 1, "a", 5, T0, 3, false, hear, &b);
	rules_point(b.rules, "/r", 1, 2, "b", 5, T0 + SECOND, 1, false, hear, &b);
	rules_point(b.rules, "/s", 1, 3, "a", 5, T0 + 2 * SECOND, 1, false, hear, &b);
	rules_point(b.rules, "/s", 1, 4, "b", 6, T0 + 3 * SECOND, 9, false, hear, &b);
	rules_point(b.rules, "/s", 1, 5, "c", 6, T0 + 3 * SECOND, 9, false, hear, &b);
	assert_string_equal(heard(&b), "FIRING@0 FIRING@3");
	assert_string_equal(b.kept[1].run, "/s");
	assert_string_equal(b.kept[1].metric, "b");
	assert_true(b.kept[1].value == 9 && b.kept[1].step == 6);
	assert_int_not_equal(b.kept[0].episode, b.kept[1].episode);
	bench_close(&b);
}

static void
rules_choose_runs_by_path(void **state)
{
	(void)state;
	struct bench b;

	bench_open(&b, RULE "metric = *\nrun = !hero/old hero/*\nwhen = value > 2\n");
	rules_point(b.rules, "/home/hero/a", 1, 1, "x", 0, T0, 3, false, hear, &b);
	rules_point(b.rules, "/home/hero/old", 1, 2, "x", 0, T0, 3, false, hear, &b);
	rules_point(b.rules, "/home/villain/a", 1, 3, "x", 0, T0, 3, false, hear, &b);
	assert_string_equal(heard(&b), "FIRING@0");
	/* the log with key 3 was moved there */
	rules_point(b.rules, "/home/hero/b", 1, 3, "x", 0, T0 + SECOND, 3, false, hear, &b);
	assert_string_equal(heard(&b), "FIRING@1");
	assert_int_equal(b.nkept, 2);
	bench_close(&b);
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
	r = rules_of(RULE "metric = *\nwhen = value > 2\n", &c);
	struct bench full = {.rules = r, .conf = c};
	for (int i = 0; i < 10000; i++) {
		snprintf(metric, sizeof metric, "m%d", i);
		rules_point(r, "/r", 1, n++, metric, 0, T0, 3, false, NULL, NULL);
	}
	for (int i = 0; i < 5; i++) {
		snprintf(metric, sizeof metric, "n%d", i);
		rules_point(r, "/r", 1, n++, metric, 0, T0, 3, false, hear, &full);
	}
	assert_string_equal(heard(&full), "FIRING@0");
	assert_int_equal(full.nkept, 1);
	assert_string_equal(full.kept[0].run, "");
	assert_non_null(strstr(full.kept[0].message, "10000"));
	/* all is well again, and after a while forgotten: there is room */
	for (uint64_t key = 0; key < 10000; key++) {
		snprintf(metric, sizeof metric, "m%d", (int)key);
		rules_point(r, "/r", 1, key, metric, 0, T0 + SECOND, 1, false, NULL, NULL);
	}
	rules_point(r, "/r", 1, 10000, "n0", 0, T0 + HOUR, 3, false, NULL, NULL);
	rules_point(r, "/r", 1, 10001, "n1", 0, T0 + HOUR, 3, false, hear, &full);
	rules_point(r, "/r", 1, 10001, "n1", 0, T0 + 2 * HOUR, 3, false, hear, &full);
	assert_string_equal(heard(&full), "FIRING@3600 ok@7200");
	bench_close(&full);
}

static void
what_was_resolved_is_forgotten_after_a_while(void **state)
{
	(void)state;
	struct bench b;

	bench_open(&b, RULE "metric = x y\nwhen = value > 2\n");
	tell_story(&b, "0:3 1:1 900:1");
	assert_string_equal(heard(&b), "FIRING@0 resolved@1");
	/* any point of a rule will do */
	rules_point(b.rules, "/r", 1, 8, "y", 0, T0 + 901 * SECOND, 1, false, hear, &b);
	assert_string_equal(heard(&b), "ok@901");
	assert_int_equal(b.nkept, 0);
	tell_story(&b, "1000:3");
	assert_string_equal(heard(&b), "FIRING@1000");
	bench_close(&b);
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
	struct bench b;

	/* 34, for values */
	bench_open(&b, "");
	for (int run = 0; run < 20; run++) {
		char path[20];
		snprintf(path, sizeof path, "/r%d", run);
		for (int i = 0; i < 50; i++)
			rules_point(b.rules, path, 1, (uint64_t)run, "loss", i,
				    T0 - 30 * DAY + i * SECOND, i < 40 ? 1 : NAN, true, hear, &b);
	}
	assert_int_equal(b.announced, 0);
	assert_int_equal(b.nkept, 20);
	for (int i = 0; i < 20; i++) {
		assert_true(b.kept[i].historic && b.kept[i].state == ALERT_FIRING);
		assert_int_equal(b.kept[i].since_us, T0 - 30 * DAY + 40 * SECOND);
	}
	/* the run goes on, and it is still true: now somebody is there to be told, once */
	rules_point(b.rules, "/r3", 1, 3, "loss", 60, T0, NAN, false, hear, &b);
	rules_point(b.rules, "/r3", 1, 3, "loss", 61, T0 + SECOND, NAN, false, hear, &b);
	assert_int_equal(b.announced, 1);
	bench_close(&b);
}

static void
history_that_ended_well_is_forgotten_at_once(void **state)
{
	(void)state;
	struct bench b;

	bench_open(&b, RULE_X);
	for (int i = 0; i < 1000; i++)
		rules_point(b.rules, "/r", 1, 7, "x", i, T0 - DAY + i * SECOND, i % 2 ? 3 : 1, true,
			    hear, &b);
	rules_point(b.rules, "/r", 1, 7, "x", 1000, T0, 1, false, hear, &b);
	rules_point(b.rules, "/r", 1, 7, "x", 1001, T0 + 15 * MINUTE, 1, false, hear, &b);
	assert_int_equal(b.nkept, 0);
	assert_int_equal(b.announced, 0);
	bench_close(&b);
}

/* -- restarts ---------------------------------------------------------------------------------- */

/* The process ends; the next one takes up what was kept, under CONF (NULL: the same). Returns how
 * many were dropped. */
static int
restart(struct bench *b, const char *text)
{
	int dropped = 0;

	rules_free(b->rules);
	if (text) {
		conf_free(b->conf);
		b->rules = rules_of(text, &b->conf);
	} else {
		assert_int_equal(rules_new(b->conf, &b->rules, NULL), 0);
	}
	for (int i = 0; i < b->nkept;) {
		if (rules_restore(b->rules, &b->kept[i])) {
			i++;
			continue;
		}
		dropped++;
		forget(&b->kept[i]);
		b->kept[i] = b->kept[--b->nkept];
		b->last_state[i] = b->last_state[b->nkept];
	}
	return dropped;
}

static void
a_restart_announces_nothing_twice(void **state)
{
	(void)state;
	struct bench b;
	const char *text = RULE_X "for = 5m\n";

	/* 30: Prometheus would be pending again */
	bench_open(&b, text);
	tell_story(&b, "0:3 300:3");
	assert_string_equal(heard(&b), "pending@0 FIRING@300");
	uint64_t episode = b.kept[0].episode;
	assert_int_equal(restart(&b, NULL), 0);
	tell_story(&b, "310:3 320:3");
	assert_string_equal(heard(&b), "");
	tell_story(&b, "330:1");
	assert_string_equal(heard(&b), "resolved@330");
	assert_int_equal(b.kept[0].episode, episode);
	tell_story(&b, "400:3 700:3");
	assert_true(b.kept[0].episode > episode);
	/* an episode's number comes only once, even if the next process begins with a clock that
	 * was set back */
	episode = b.kept[0].episode;
	restart(&b, NULL);
	tell_story(&b, "-9000:1 -8000:3 -7000:3");
	assert_true(b.kept[0].episode > episode);
	bench_close(&b);
}

static void
downtime_does_not_count(void **state)
{
	(void)state;
	struct bench b;
	const char *text = RULE_X "for = 60s\nkeep = 60s\n";

	/* 32: 40 s are over, 20 s are left, whatever lay between */
	bench_open(&b, text);
	tell_story(&b, "0:3 40:3");
	restart(&b, NULL);
	tell_story(&b, "3580:3 3599:3 3600:3");
	assert_string_equal(heard(&b), "pending@0 FIRING@3600");
	/* 31: likewise while it recovers */
	tell_story(&b, "3700:1 3730:1");
	restart(&b, NULL);
	tell_story(&b, "5000:1 5029:1 5030:1");
	assert_string_equal(heard(&b), "recovering@3700 resolved@5030");
	bench_close(&b);
	/* after more than an hour what was pending is void … */
	bench_open(&b, text);
	tell_story(&b, "0:3 40:3");
	restart(&b, NULL);
	tell_story(&b, "3660:3 3719:3 3720:3");
	assert_string_equal(heard(&b), "pending@0 ok@3660 pending@3660 FIRING@3720");
	/* … and what recovered fires */
	tell_story(&b, "3800:1");
	restart(&b, NULL);
	tell_story(&b, "8000:1 8060:1");
	assert_string_equal(heard(&b), "recovering@3800 firing@8000 recovering@8000 resolved@8060");
	bench_close(&b);
}

static void
points_are_counted_across_a_restart(void **state)
{
	(void)state;
	struct bench b;

	/* 33: what was written meanwhile is judged in order */
	bench_open(&b, RULE_X "for = 3 points\n");
	tell_story(&b, "0:3 1:3");
	restart(&b, NULL);
	tell_story(&b, "90000:3");
	assert_string_equal(heard(&b), "pending@0 FIRING@90000");
	bench_close(&b);
	bench_open(&b, RULE_X "for = 2 of 3 points\n");
	tell_story(&b, "0:3 1:1");
	restart(&b, NULL);
	tell_story(&b, "90000:3");
	assert_string_equal(heard(&b), "pending@0 FIRING@90000");
	bench_close(&b);
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
			struct bench b;
			uint32_t seed = 77;
			bench_open(&b, text);
			for (int i = 0; i < N; i++) {
				seed = seed * 1664525 + 1013904223;
				unsigned dice = seed >> 28;
				point(&b, i, dice < 6 ? 3 : dice < 8 ? NAN : dice < 10 ? 1.5 : 0);
				/* the process is gone for less than the next point takes to come */
				if (i == cut)
					restart(&b, NULL);
			}
			str_addf(&b.told, " %d", b.announced);
			if (cut < 0)
				snprintf(whole, sizeof whole, "%s", str_c(&b.told));
			else if (strstr(keys[k], " s\n"))
				assert_true(b.told.len >
					    0); /* that second is downtime: it does not count */
			else
				assert_string_equal(str_c(&b.told), whole);
			bench_close(&b);
		}
	}
}

static void
a_changed_rule_begins_anew(void **state)
{
	(void)state;
	struct bench b;
	const char *text = RULE_X "message = old\n";

	/* 35, 21 */
	bench_open(&b, text);
	tell_story(&b, "0:3");
	assert_int_equal(restart(&b, RULE_X "message = new\n"
					    "severity = crit\n"),
			 0);
	tell_story(&b, "1:1");
	assert_string_equal(heard(&b), "FIRING@0 resolved@1");
	tell_story(&b, "2:3");
	assert_string_equal(b.kept[0].message, "new");
	assert_int_equal(b.kept[0].severity, SEVERITY_CRIT);
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
		struct rules *r = rules_of(other[i], &c);
		assert_false(rules_restore(r, &b.kept[0]));
		rules_free(r);
		conf_free(c);
	}
	bench_close(&b);
}

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
		struct bench b;
		bench_open(&b, "");
		rules_point(b.rules, "/r", 1, ++key, watched[i], 40, T0, 0.5, false, hear, &b);
		rules_point(b.rules, "/r", 1, key, watched[i], 41, T0, NAN, false, hear, &b);
		rules_point(b.rules, "/r", 1, key, watched[i], 42, T0 + SECOND, 0.5, false, hear,
			    &b);
		assert_string_equal(heard(&b), "FIRING@0");
		assert_int_equal(b.nkept, 1);
		assert_string_equal(b.kept[0].rule, "loss-nonfinite");
		assert_int_equal(b.kept[0].severity, SEVERITY_CRIT);
		char want[100];
		snprintf(want, sizeof want, "%s is NaN at step 41", watched[i]);
		assert_string_equal(b.kept[0].message, want);
		bench_close(&b);
	}
	struct bench b;
	bench_open(&b, "");
	for (size_t i = 0; i < sizeof not_watched / sizeof *not_watched; i++)
		rules_point(b.rules, "/r", 1, ++key, not_watched[i], 41, T0, NAN, false, hear, &b);
	/* Others may wait for more of it. */
	for (int i = 0; i < b.nkept; i++)
		assert_string_not_equal(b.kept[i].rule, "loss-nonfinite");
	assert_int_equal(b.announced, 0);
	bench_close(&b);
}

static void
built_in_rules_are_changed_key_by_key(void **state)
{
	(void)state;
	struct bench b;

	bench_open(&b, "[alert loss-nonfinite]\nfor = 2 points\n"
		       "message = {rule} {run} {metric} {value} {step} {threshold}\n"
		       "[alert stalled]\nenabled = no\n");
	for (int i = 0; i < rules_count(b.rules); i++) {
		struct rule_info info;
		rules_info(b.rules, i, &info);
		assert_string_not_equal(info.name, "stalled");
	}
	rules_point(b.rules, "/r", 1, 1, "loss", 1, T0, -INFINITY, false, hear, &b);
	rules_point(b.rules, "/r", 1, 1, "loss", 2, T0 + SECOND, -INFINITY, false, hear, &b);
	assert_string_equal(heard(&b), "pending@0 FIRING@1");
	assert_true(b.kept[0].latched && b.kept[0].severity == SEVERITY_CRIT);
	assert_string_equal(b.kept[0].message, "loss-nonfinite /r loss -Infinity 2 finite");
	bench_close(&b);
	bench_open(&b, "[alerts]\ndefaults = off\n");
	assert_int_equal(rules_count(b.rules), 0);
	bench_close(&b);
	bench_open(&b, "[alerts]\ndefaults = off\n[alert stalled]\nseverity = crit\n");
	assert_int_equal(rules_count(b.rules), 1);
	bench_close(&b);
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
		struct bench b;
		bench_open(&b, RULE_X "message = {run}\n");
		rules_root(b.rules, "/data/runs");
		rules_root(b.rules, "/data/runs/sweep");
		rules_point(b.rules, cases[i].run, 1, 1, "x", 1, T0, 3, false, hear, &b);
		assert_string_equal(b.kept[0].message, cases[i].name);
		bench_close(&b);
	}
}

/* Names are put into messages as they are, and not looked at again. */
static void
messages_hold_names_whatever_they_are(void **state)
{
	(void)state;
	struct bench b;

	setenv("TZ", "UTC", 1);
	bench_open(&b, RULE
		   "metric = *\nwhen = value > 2k\n"
		   "message = {run}: {metric} {value} of {threshold} since {since} { not} { } {\n");
	rules_point(b.rules, "/r/{value}%s%n", 1, 1, "{run}\x1b[2J", 1, T0, 123456, false, hear,
		    &b);
	assert_string_equal(
		b.kept[0].message,
		"/r/{value}%s%n: {run}\x1b[2J 1.235e+05 of 2000 since 2023-11-14 22:13:20 "
		"{ not} { } {");
	bench_close(&b);
}

/* {z} is what the rule goes by, {host} where it was judged. */
static void
messages_say_how_far_and_where(void **state)
{
	(void)state;
	struct bench b;
	char host[80] = "", want[160];

	bench_open(&b, RULE "metric = x\nwhen = z(4) > 6\nmessage = {z} on {host}\n");
	for (int i = 0; i < 5; i++)
		point(&b, i, i % 2 ? 9 : 11);
	point(&b, 5, 100);
	gethostname(host, sizeof host - 1);
	/* The median of 11 9 11 9 11 is 11 or 9, or of four of them 10: deviations are 1. */
	snprintf(want, sizeof want, "%.4g on %s", (100 - 10) / 1.4826, host);
	assert_string_equal(b.kept[0].message, want);
	bench_close(&b);
}

/* -- stalled ----------------------------------------------------------------------------------- */

/* A run that logged every 2 s up to T0, ticked every second until UNTIL; rows arrive at each of
 * ROWS (ended by -1). */
struct stall {
	struct bench b;
	struct run_evidence ev;
	struct pace pace;
	double now_s;
};

static void
stall_open(struct stall *s, const char *text)
{
	*s = (struct stall){
		.ev = {.first_us = T0 - HOUR, .last_us = T0, .last_step = 500, .points = 500}};
	bench_open(&s->b, text);
	for (int64_t i = 500; i >= 0; i--)
		pace_arrival(&s->pace, T0 - i * 2 * SECOND);
	s->ev.last_arrival_us = T0;
}

static void
stall_tick(struct stall *s, double until_s)
{
	for (; s->now_s < until_s; s->now_s++)
		rules_run(s->b.rules, "/r", 1, &s->ev, &s->pace, T0 + (int64_t)(s->now_s * 1e6),
			  hear, &s->b);
}

static void
stall_row(struct stall *s)
{
	int64_t now = T0 + (int64_t)(s->now_s * 1e6);

	s->ev.last_step++;
	s->ev.last_us = s->ev.last_arrival_us = now;
	pace_arrival(&s->pace, now);
}

static void
silence_fires_once_and_bytes_end_it(void **state)
{
	(void)state;
	struct stall s;

	stall_open(&s, "");
	stall_tick(&s, 300);
	assert_string_equal(heard(&s.b), "");
	stall_tick(&s, 3600);
	assert_string_equal(heard(&s.b), "FIRING@301");
	assert_string_equal(s.b.kept[0].rule, "stalled");
	assert_string_equal(s.b.kept[0].metric, "");
	assert_string_equal(s.b.kept[0].message, "nothing new for 5 min, stalled after 5 min");
	assert_true(s.b.kept[0].value == 301);
	stall_row(&s);
	stall_tick(&s, 3700);
	assert_string_equal(heard(&s.b), "resolved@3600");
	/* such a silence is known now: the next one has to be longer */
	stall_tick(&s, 3600 + 2 * 3600);
	assert_string_equal(heard(&s.b), "ok@4500");
	bench_close(&s.b);
}

static void
a_run_that_is_done_does_not_stall(void **state)
{
	(void)state;
	struct stall s;

	stall_open(&s, "");
	s.ev.total = 500;
	stall_tick(&s, 4000);
	assert_string_equal(heard(&s.b), "");
	bench_close(&s.b);
	/* one that says so late ends the alarm */
	stall_open(&s, "");
	stall_tick(&s, 1000);
	s.ev.said = "finished";
	stall_tick(&s, 1001);
	assert_string_equal(heard(&s.b), "FIRING@301 resolved@1000 FIRING@1000 resolved@1000");
	bench_close(&s.b);
	/* 28: so does one that is deleted */
	stall_open(&s, "");
	stall_tick(&s, 1000);
	s.ev.gone = true;
	stall_tick(&s, 1001);
	assert_string_equal(heard(&s.b), "FIRING@301 resolved@1000");
	bench_close(&s.b);
}

static void
a_process_that_ends_early_fires_at_once(void **state)
{
	(void)state;
	struct stall s;

	stall_open(&s, "");
	stall_tick(&s, 100);
	s.ev.total = 1000;
	s.ev.writing = (struct writing){.by.pid = 4711, .ended_us = T0 + 100 * SECOND};
	stall_tick(&s, 9000);
	assert_string_equal(heard(&s.b), "FIRING@100");
	assert_string_equal(s.b.kept[0].rule, "failed");
	assert_string_equal(s.b.kept[0].message, "its process (4711) ended at step 500 of 1000");
	/* Taken up again by another one, it is still somebody's to know. */
	stall_row(&s);
	stall_tick(&s, 9100);
	assert_string_equal(heard(&s.b), "");
	assert_int_equal(rules_ack(s.b.rules, "failed", NULL, NULL, T0 + 9100 * SECOND, hear, &s.b),
			 1);
	assert_string_equal(heard(&s.b), "resolved@9100");
	bench_close(&s.b);
	/* A short life is no excuse. */
	stall_open(&s, "");
	s.ev.total = 1000;
	stall_tick(&s, 2);
	s.ev.writing = (struct writing){.by.pid = 4711, .ended_us = T0 + 2 * SECOND};
	stall_tick(&s, 3);
	assert_string_equal(heard(&s.b), "FIRING@2");
	bench_close(&s.b);
	/* One that may have finished is no alarm. */
	stall_open(&s, "");
	stall_tick(&s, 100);
	s.ev.writing = (struct writing){.by.pid = 4711, .ended_us = T0 + 100 * SECOND};
	stall_tick(&s, 9000);
	assert_string_equal(heard(&s.b), "FIRING@100 resolved@100 ok@1000");
	assert_true(s.b.announced == 1 && s.b.nkept == 0);
	bench_close(&s.b);
}

static void
a_run_that_is_lost_goes_on_firing(void **state)
{
	(void)state;
	struct stall s;

	stall_open(&s, "");
	stall_tick(&s, 400);
	for (s.now_s = 400; s.now_s < 3 * 86400; s.now_s += 50)
		rules_run(s.b.rules, "/r", 1, &s.ev, &s.pace, T0 + (int64_t)(s.now_s * 1e6), hear,
			  &s.b);
	assert_string_equal(heard(&s.b), "FIRING@301");
	assert_int_equal(rules_ack(s.b.rules, "stalled", "/r", "", T0 + 3 * DAY, hear, &s.b), 1);
	assert_true(s.b.kept[0].acked);
	bench_close(&s.b);
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
	assert_string_equal(heard(&s.b), "");
	bench_close(&s.b);
	/* but one that stays silent afterwards did stall */
	stall_open(&s, "");
	stall_tick(&s, 60);
	s.now_s += 8 * 3600;
	stall_tick(&s, s.now_s + 40);
	assert_string_equal(heard(&s.b), "FIRING@28890");
	bench_close(&s.b);
}

/* 34: two hundred runs that ended before anybody watched: not one word. */
static void
old_runs_are_no_news(void **state)
{
	(void)state;
	struct bench b;
	struct pace never = {0};

	bench_open(&b, "");
	for (int i = 0; i < 200; i++) {
		struct run_evidence ev = {.first_us = T0 - 9 * DAY,
					  .last_us = T0 - 8 * DAY + i * HOUR,
					  .last_arrival_us = T0 - 8 * DAY + i * HOUR,
					  .last_step = 100,
					  .points = 100,
					  .total = i % 2 ? 1000 : 0};
		char path[20];
		snprintf(path, sizeof path, "/r%d", i);
		for (int t = 0; t < 100; t++)
			rules_run(b.rules, path, 1, &ev, &never, T0 + t * SECOND, hear, &b);
	}
	assert_string_equal(heard(&b), "");
	bench_close(&b);
}

static void
a_stall_survives_a_restart(void **state)
{
	(void)state;
	struct stall s;

	stall_open(&s, "");
	stall_tick(&s, 400);
	assert_string_equal(heard(&s.b), "FIRING@301");
	restart(&s.b, NULL);
	s.now_s = 4000;
	stall_tick(&s, 4100);
	assert_string_equal(heard(&s.b), "");
	stall_row(&s);
	stall_tick(&s, 4101);
	assert_string_equal(heard(&s.b), "resolved@4100");
	bench_close(&s.b);
}

/* The run is over: what is not latched has nobody left to be told. */
static void
the_end_of_a_run_ends_what_fires(void **state)
{
	(void)state;
	struct stall s;

	stall_open(&s, "[alert x]\nmetric = x\nwhen = value > 2\n");
	rules_point(s.b.rules, "/r", 1, 1, "x", 1, T0, 3, false, hear, &s.b);
	rules_point(s.b.rules, "/r", 1, 2, "loss", 1, T0, NAN, false, hear, &s.b);
	heard(&s.b);
	s.ev.total = 500;
	stall_tick(&s, 1);
	assert_string_equal(heard(&s.b), "resolved@0");
	assert_int_equal(s.b.nkept, 2);
	bench_close(&s.b);
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
	rules_point(s.b.rules, "/r", 1, 1, "x", 1, T0, 3, false, hear, &s.b);
	stall_tick(&s, 100);
	rules_point(s.b.rules, "/r", 1, 1, "x", 2, T0 + 100 * SECOND, 3, false, hear, &s.b);
	stall_tick(&s, 200);
	assert_string_equal(heard(&s.b), "pending@0");
	rules_point(s.b.rules, "/r", 1, 1, "x", 3, T0 + 200 * SECOND, 3, false, hear, &s.b);
	assert_string_equal(heard(&s.b), "FIRING@200");
	/* and time alone can end it */
	stall_tick(&s, 200 + 3700);
	assert_string_equal(heard(&s.b), "resolved@3800");
	bench_close(&s.b);
}

/* 18 */
static void
a_cause_keeps_its_consequences_from_being_told(void **state)
{
	(void)state;
	struct bench b;
	const char *text = "[alerts]\ndefaults = off\n"
			   "[alert cause]\nmetric = a\nwhen = value > 2\ninhibits = effect\n"
			   "[alert effect]\nmetric = b\nwhen = value > 2\n";
#define A(t, v) rules_point(b.rules, "/r", 1, 1, "a", t, T0 + (t)*SECOND, v, false, hear, &b)
#define B(t, v) rules_point(b.rules, "/r", 1, 2, "b", t, T0 + (t)*SECOND, v, false, hear, &b)
	/* the cause ends first: the effect still fires, and is told now */
	bench_open(&b, text);
	A(0, 3);
	B(1, 3);
	assert_string_equal(heard(&b), "FIRING@0 firing@1");
	assert_true(b.kept[1].inhibited && !b.kept[0].inhibited);
	A(2, 1);
	assert_string_equal(heard(&b), "resolved@2 FIRING@2");
	assert_false(b.kept[1].inhibited);
	B(3, 1);
	assert_string_equal(heard(&b), "resolved@3");
	bench_close(&b);
	/* the effect ends first: nobody ever heard of it */
	bench_open(&b, text);
	A(0, 3);
	B(1, 3);
	B(2, 1);
	A(3, 1);
	assert_string_equal(heard(&b), "FIRING@0 firing@1 resolved@2 resolved@3");
	assert_int_equal(b.announced, 1);
	assert_true(b.kept[1].inhibited);
	bench_close(&b);
	/* what was told before its cause stays told, and ends by itself */
	bench_open(&b, text);
	B(0, 3);
	A(1, 3);
	B(2, 1);
	assert_string_equal(heard(&b), "FIRING@0 FIRING@1 resolved@2");
	bench_close(&b);
	/* another run is another matter */
	bench_open(&b, text);
	A(0, 3);
	rules_point(b.rules, "/s", 1, 3, "b", 0, T0, 3, false, hear, &b);
	assert_string_equal(heard(&b), "FIRING@0 FIRING@0");
	bench_close(&b);
	/* a restart in between forgets nothing of it */
	bench_open(&b, text);
	A(0, 3);
	B(1, 3);
	restart(&b, NULL);
	A(2, 3);
	B(3, 3);
	assert_int_equal(b.announced, 1);
	A(4, 1);
	assert_int_equal(b.announced, 2);
	bench_close(&b);
#undef A
#undef B
}

/* Two logs of a run that say the same: a step counts once. */
static void
a_step_that_two_logs_show_counts_once(void **state)
{
	(void)state;
	struct bench b;

	bench_open(&b, RULE_X "for = 2 points\n");
	for (uint64_t key = 1; key <= 2; key++)
		rules_point(b.rules, "/r", 1, key, "x", 5, T0, 3, false, hear, &b);
	assert_string_equal(heard(&b), "pending@0");
	for (uint64_t key = 1; key <= 2; key++)
		rules_point(b.rules, "/r", 1, key, "x", 6, T0 + SECOND, 3, false, hear, &b);
	assert_string_equal(heard(&b), "FIRING@1");
	bench_close(&b);
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
	struct bench b;

	bench_open(&b, RULE_X "tag = hero\n");
	rules_point(b.rules, "/a", 1, 1, "x", 0, T0, 3, false, hear, &b);
	assert_string_equal(heard(&b), "");
	bench_close(&b);
	bench_open(&b, RULE_X "tag = hero\n");
	rules_tagged(b.rules, tagged, NULL);
	rules_point(b.rules, "/a", 1, 1, "x", 0, T0, 3, false, hear, &b);
	rules_point(b.rules, "/b", 1, 2, "x", 0, T0, 3, false, hear, &b);
	assert_string_equal(heard(&b), "FIRING@0");
	assert_string_equal(b.kept[0].run, "/a");
	bench_close(&b);
}

static void
ratios_are_of_one_run(void **state)
{
	(void)state;
	struct bench b;

	bench_open(&b, RULE "metric = val/loss\nwhen = ratio(train/loss) > 2\n");
	rules_point(b.rules, "/r", 1, 1, "val/loss", 0, T0, 9, false, hear, &b);
	rules_point(b.rules, "/s", 1, 9, "train/loss", 0, T0, 1, false, hear, &b);
	rules_point(b.rules, "/r", 1, 1, "val/loss", 1, T0 + SECOND, 9, false, hear, &b);
	assert_string_equal(heard(&b), "");
	rules_point(b.rules, "/r", 1, 2, "train/loss", 2, T0 + 2 * SECOND, 4, false, hear, &b);
	rules_point(b.rules, "/r", 1, 1, "val/loss", 2, T0 + 2 * SECOND, 9, false, hear, &b);
	assert_string_equal(heard(&b), "FIRING@2");
	rules_point(b.rules, "/r", 1, 2, "train/loss", 3, T0 + 3 * SECOND, 5, false, hear, &b);
	rules_point(b.rules, "/r", 1, 1, "val/loss", 3, T0 + 3 * SECOND, 9, false, hear, &b);
	assert_string_equal(heard(&b), "resolved@3");
	bench_close(&b);
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
	assert_string_equal(heard(&s.b), "FIRING@10 resolved@10");
	assert_string_equal(s.b.kept[0].rule, "finished");
	assert_true(s.b.kept[0].event && s.b.kept[0].sent);
	/* the next process finds it done */
	restart(&s.b, NULL);
	stall_tick(&s, 400);
	assert_string_equal(heard(&s.b), "");
	bench_close(&s.b);
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
	assert_string_equal(heard(&s.b), "FIRING@10");
	assert_string_equal(s.b.kept[0].message, "its log says: failed");
	restart(&s.b, NULL);
	stall_tick(&s, 4100);
	assert_string_equal(heard(&s.b), "");
	bench_close(&s.b);
}

/* -- disks ------------------------------------------------------------------------------------- */

static void
look_at_disk(struct bench *b, double from_s, double to_s, double free_from, double free_to)
{
	for (double t = from_s; t < to_s; t += 30)
		rules_place(b->rules, "/data",
			    free_from + (free_to - free_from) * (t - from_s) / (to_s - from_s), 1,
			    T0 + (int64_t)(t * 1e6), hear, b);
}

static void
a_disk_that_fills_up_is_told_of(void **state)
{
	(void)state;
	struct bench b;

	/* little is left */
	bench_open(&b, "");
	look_at_disk(&b, 0, 600, 0.04, 0.04);
	assert_string_equal(heard(&b), "pending@0 FIRING@60");
	assert_string_equal(b.kept[0].run, "/data");
	assert_non_null(strstr(b.kept[0].message, "4.0 % of the file system is free"));
	look_at_disk(&b, 600, 1200, 0.06, 0.06);
	assert_string_equal(heard(&b), "");
	/* whether it fills up again is known after half an hour */
	look_at_disk(&b, 1200, 2200, 0.2, 0.2);
	assert_string_equal(heard(&b), "recovering@1800 resolved@2100");
	bench_close(&b);
	/* much is left, but not for long: ten percent an hour */
	bench_open(&b, "");
	look_at_disk(&b, 0, 3600, 0.5, 0.4);
	const char *told = heard(&b);
	assert_true(strncmp(told, "pending@", 8) == 0 && strstr(told, "FIRING@"));
	bench_close(&b);
	/* 54: checkpoints come and go */
	bench_open(&b, "");
	for (int i = 0; i < 12; i++)
		look_at_disk(&b, i * 600, i * 600 + 600, 0.5, 0.45);
	assert_string_equal(heard(&b), "");
	bench_close(&b);
}

static void
a_checkpoint_needs_room(void **state)
{
	(void)state;
	struct stall s;

	stall_open(&s, "");
	rules_room(s.b.rules, "/r", 2.5);
	stall_tick(&s, 10);
	rules_room(s.b.rules, "/r", 1.5);
	stall_tick(&s, 20);
	assert_string_equal(heard(&s.b), "FIRING@10");
	assert_string_equal(s.b.kept[0].rule, "ckpt-space");
	assert_string_equal(s.b.kept[0].message, "room for 1.5 more checkpoints");
	rules_room(s.b.rules, "/r", 2.5);
	stall_tick(&s, 30);
	rules_room(s.b.rules, "/r", NAN);
	stall_tick(&s, 40);
	rules_room(s.b.rules, "/r", 4);
	stall_tick(&s, 50);
	assert_string_equal(heard(&s.b), "resolved@40");
	bench_close(&s.b);
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
		cmocka_unit_test(a_restart_announces_nothing_twice),
		cmocka_unit_test(downtime_does_not_count),
		cmocka_unit_test(points_are_counted_across_a_restart),
		cmocka_unit_test(a_restart_anywhere_changes_nothing),
		cmocka_unit_test(a_changed_rule_begins_anew),
		cmocka_unit_test(a_loss_that_is_no_number_fires_until_acknowledged),
		cmocka_unit_test(built_in_rules_are_changed_key_by_key),
		cmocka_unit_test(messages_say_how_far_and_where),
		cmocka_unit_test(messages_hold_names_whatever_they_are),
		cmocka_unit_test(messages_call_runs_by_what_stands_behind_their_root),
		cmocka_unit_test(silence_fires_once_and_bytes_end_it),
		cmocka_unit_test(a_run_that_is_done_does_not_stall),
		cmocka_unit_test(a_process_that_ends_early_fires_at_once),
		cmocka_unit_test(a_run_that_is_lost_goes_on_firing),
		cmocka_unit_test(sleep_is_no_silence),
		cmocka_unit_test(old_runs_are_no_news),
		cmocka_unit_test(a_stall_survives_a_restart),
		cmocka_unit_test(the_end_of_a_run_ends_what_fires),
		cmocka_unit_test(what_is_unknown_is_what_nodata_says),
		cmocka_unit_test(points_are_counted_when_points_come),
		cmocka_unit_test(a_cause_keeps_its_consequences_from_being_told),
		cmocka_unit_test(a_step_that_two_logs_show_counts_once),
		cmocka_unit_test(rules_choose_runs_by_tag),
		cmocka_unit_test(ratios_are_of_one_run),
		cmocka_unit_test(a_run_that_finishes_is_told_once),
		cmocka_unit_test(a_failure_is_all_that_is_told_of_a_run),
		cmocka_unit_test(a_disk_that_fills_up_is_told_of),
		cmocka_unit_test(a_checkpoint_needs_room),
	};
	return cmocka_run_group_tests_name("rule", tests, NULL, NULL);
}
