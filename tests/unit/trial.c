#include "tests/unit/trial.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct rules *
trial_rules(const char *text, struct conf **conf)
{
	struct rules *r = NULL;
	struct err e = {0};

	if (conf_parse("t.conf", text, strlen(text), conf, &e) < 0 || rules_new(*conf, &r, &e) < 0)
		fail_msg("%s", e.text);
	return r;
}

void
trial_open(struct trial *t, const char *text)
{
	*t = (struct trial){0};
	t->rules = trial_rules(text, &t->conf);
}

static void
forget(struct alert *a)
{
	free((char *)a->rule);
	free((char *)a->run);
	free((char *)a->metric);
	free((char *)a->message);
}

void
trial_close(struct trial *t)
{
	for (int i = 0; i < t->nkept; i++)
		forget(&t->kept[i]);
	rules_free(t->rules);
	conf_free(t->conf);
	str_release(&t->told);
}

static char *
copy(const char *s)
{
	char *p = malloc(strlen(s) + 1);

	memcpy(p, s, strlen(s) + 1);
	return p;
}

void
trial_hear(void *trial, const struct alert *a, bool fired_now)
{
	struct trial *t = trial;
	int i = 0;

	assert_non_null(a->message);
	assert_true(!fired_now || (a->state == ALERT_FIRING && !a->historic));
	t->announced += fired_now;
	t->heard++;
	while (i < t->nkept &&
	       (strcmp(t->kept[i].rule, a->rule) != 0 || strcmp(t->kept[i].run, a->run) != 0 ||
		strcmp(t->kept[i].metric, a->metric) != 0))
		i++;
	bool news = i == t->nkept || t->last_state[i] != a->state || fired_now;
	if (i < t->nkept) {
		forget(&t->kept[i]);
	} else {
		assert_true(t->nkept < KEPT_MAX);
		t->nkept++;
	}
	t->kept[i] = *a;
	t->kept[i].rule = copy(a->rule);
	t->kept[i].run = copy(a->run);
	t->kept[i].metric = copy(a->metric);
	t->kept[i].message = copy(a->message);
	t->last_state[i] = a->state;
	if (news)
		str_addf(&t->told, "%s%s@%g", t->told.len ? " " : "",
			 fired_now ? "FIRING" : alert_state_names[a->state],
			 (double)(a->updated_us - T0) / 1e6);
	if (a->state == ALERT_OK) {
		forget(&t->kept[i]);
		t->kept[i] = t->kept[--t->nkept];
		t->last_state[i] = t->last_state[t->nkept];
	}
}

void
trial_point(struct trial *t, double at_s, double value)
{
	rules_point(t->rules, "/r", 1, 7, "x", (int64_t)at_s, T0 + (int64_t)(at_s * 1e6), value,
		    false, trial_hear, t);
}

void
trial_story(struct trial *t, const char *story)
{
	char *end;

	for (const char *p = story; *p; p = end + (*end == ' ')) {
		double at = strtod(p, &end);
		assert_true(*end == ':');
		trial_point(t, at, strtod(end + 1, &end));
	}
}

const char *
trial_heard(struct trial *t)
{
	static char text[2000];

	snprintf(text, sizeof text, "%s", str_c(&t->told));
	str_reset(&t->told);
	return text;
}

int
trial_restart(struct trial *t, const char *text)
{
	int dropped = 0;

	rules_free(t->rules);
	if (text) {
		conf_free(t->conf);
		t->rules = trial_rules(text, &t->conf);
	} else {
		assert_int_equal(rules_new(t->conf, &t->rules, NULL), 0);
	}
	for (int i = 0; i < t->nkept;) {
		if (rules_restore(t->rules, &t->kept[i])) {
			i++;
			continue;
		}
		dropped++;
		forget(&t->kept[i]);
		t->kept[i] = t->kept[--t->nkept];
		t->last_state[i] = t->last_state[t->nkept];
	}
	return dropped;
}

void
stall_open(struct stall *s, const char *text)
{
	*s = (struct stall){
		.ev = {.first_us = T0 - HOUR, .last_us = T0, .last_step = 500, .points = 500}};
	trial_open(&s->t, text);
	for (int64_t i = 500; i >= 0; i--)
		pace_arrival(&s->pace, T0 - i * 2 * SECOND);
	s->ev.last_arrival_us = T0;
}

void
stall_tick(struct stall *s, double until_s)
{
	for (; s->now_s < until_s; s->now_s++)
		rules_run(s->t.rules, "/r", 1, &s->ev, &s->pace, T0 + (int64_t)(s->now_s * 1e6),
			  trial_hear, &s->t);
}

void
stall_row(struct stall *s)
{
	int64_t now = T0 + (int64_t)(s->now_s * 1e6);

	s->ev.last_step++;
	s->ev.last_us = s->ev.last_arrival_us = now;
	pace_arrival(&s->pace, now);
}
