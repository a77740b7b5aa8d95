/* trial.h - rules that hear a story: for tests. A story is told as text, one verdict after the
 * other:
 *
 *     "0:3 30:3 60:1"      at 0 s the value is 3, at 30 s too, at 60 s it is 1
 *
 * and what the rules told comes back as text: "pending@0 FIRING@30 resolved@60" (capitals:
 * announced). */
#ifndef TESTS_UNIT_TRIAL_H
#define TESTS_UNIT_TRIAL_H

#include "core/conf.h"
#include "core/pace.h"
#include "core/rule.h"
#include "core/run.h"
#include "core/str.h"

#include <stdbool.h>
#include <stdint.h>

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
struct trial {
	struct conf *conf;
	struct rules *rules;
	struct str told;
	int announced, heard;
	struct alert kept[KEPT_MAX];
	int nkept;
	enum alert_state last_state[KEPT_MAX]; /* to tell states, not clocks */
};

/* TEXT is an mm.conf's. */
struct rules *trial_rules(const char *text, struct conf **conf);
void trial_open(struct trial *t, const char *text);
void trial_close(struct trial *t);
/* The process ends; the next one takes up what was kept, under TEXT (NULL: the same). Returns how
 * many were dropped. */
int trial_restart(struct trial *t, const char *text);

/* A value of the metric x in the run /r, AT_S seconds after T0. */
void trial_point(struct trial *t, double at_s, double value);
void trial_story(struct trial *t, const char *story);
/* What the rules told since it was asked for last. */
const char *trial_heard(struct trial *t);
/* The listener that the rules are given, with the trial as its context. */
void trial_hear(void *trial, const struct alert *a, bool fired_now);

/* A run that logged every 2 s up to T0, and on whose silence the rules are asked each second. */
struct stall {
	struct trial t;
	struct run_evidence ev;
	struct pace pace;
	double now_s;
};

void stall_open(struct stall *s, const char *text);
void stall_tick(struct stall *s, double until_s);
void stall_row(struct stall *s); /* another row comes now */

#endif
