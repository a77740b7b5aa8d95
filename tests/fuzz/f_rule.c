/* A configuration, a line "--", then a story: each byte moves the clock and gives a value, a tick,
 * an acknowledgement, a new attempt, a restart. Whatever happens: states follow each other as they
 * may, what is told can be taken up again, nothing historic is announced, and no episode is told of
 * twice. */
#include "core/rule.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { KEPT_MAX = 64, TEXT_MAX = 200, RESTART_EVERY = 4 };

struct kept {
	struct alert a;
	char rule[TEXT_MAX], run[TEXT_MAX], metric[TEXT_MAX], message[TEXT_MAX];
	uint64_t announced; /* episode */
};

struct story {
	struct conf *conf;
	struct rules *rules;
	struct kept kept[KEPT_MAX];
	int n;
};

static void
need(int truth)
{
	if (!truth)
		abort();
}

static const char *
keep(char *to, const char *s)
{
	size_t n = strnlen(s, TEXT_MAX - 1);

	memcpy(to, s, n);
	to[n] = '\0';
	return to;
}

static void
hear(void *ctx, const struct alert *a, bool fired_now)
{
	struct story *s = ctx;
	int i = 0;

	need(a->state <= ALERT_RESOLVED && a->severity <= SEVERITY_CRIT && a->message &&
	     a->rule_hash);
	need(!fired_now || (a->state == ALERT_FIRING && !a->historic && a->episode));
	while (i < s->n &&
	       (strncmp(s->kept[i].rule, a->rule, TEXT_MAX - 1) != 0 ||
		strcmp(s->kept[i].run, a->run) != 0 || strcmp(s->kept[i].metric, a->metric) != 0))
		i++;
	if (i == KEPT_MAX)
		return;
	struct kept *k = &s->kept[i];
	if (i == s->n) {
		memset(k, 0, sizeof *k);
		s->n++;
		need(a->state == ALERT_PENDING || a->state == ALERT_FIRING);
	} else {
		enum alert_state was = k->a.state;
		need(a->state != ALERT_PENDING || was == ALERT_PENDING || was == ALERT_RESOLVED ||
		     was == ALERT_OK);
		need(a->state != ALERT_RECOVERING || was == ALERT_FIRING ||
		     was == ALERT_RECOVERING);
		need(a->state != ALERT_RESOLVED || was == ALERT_FIRING || was == ALERT_RECOVERING);
	}
	if (fired_now) {
		need(k->announced != a->episode);
		k->announced = a->episode;
	}
	k->a = *a;
	k->a.rule = keep(k->rule, a->rule);
	k->a.run = keep(k->run, a->run);
	k->a.metric = keep(k->metric, a->metric);
	k->a.message = keep(k->message, a->message);
	if (a->state == ALERT_OK)
		s->kept[i] = s->kept[--s->n];
	for (int k2 = 0; k2 < s->n; k2++) { /* the texts moved with the slot */
		struct kept *m = &s->kept[k2];
		m->a.rule = m->rule;
		m->a.run = m->run;
		m->a.metric = m->metric;
		m->a.message = m->message;
	}
}

static void
restart(struct story *s)
{
	rules_free(s->rules);
	need(rules_new(s->conf, &s->rules, NULL) == 0);
	for (int i = 0; i < s->n; i++)
		need(rules_restore(s->rules, &s->kept[i].a));
}

static void
play(struct story *s, const uint8_t *p, size_t n)
{
	static const double values[] = {0, 1, 2, 3, NAN, INFINITY, -1e308, 0.85};
	static const char *const metrics[] = {"loss", "x", "val/acc", "grad_norm"};
	struct pace pace = {0};
	struct run_evidence ev = {.points = 1, .last_step = 5};
	int64_t now = INT64_C(1700000000000000);
	uint32_t attempt = 1;

	for (size_t i = 0; i < n; i++) {
		int low = p[i] & 7, mid = p[i] >> 3 & 3;
		now += (int64_t)1000000 << (i % 11);
		switch (p[i] >> 5) {
		default:
			ev.last_arrival_us = now;
			pace_arrival(&pace, now);
			rules_point(s->rules, "/r", attempt, (uint64_t)mid, metrics[mid],
				    (int64_t)i, now, values[low], p[i] >> 5 == 4, hear, s);
			break;
		case 5:
			for (int k = 0; k < low; k++)
				rules_run(s->rules, "/r", attempt, &ev, &pace, now += 40000000,
					  hear, s);
			break;
		case 6:
			rules_ack(s->rules, NULL, NULL, mid ? metrics[mid] : NULL, now, hear, s);
			break;
		case 7:
			if (low == 0)
				attempt++;
			else if (low == 1)
				now -= INT64_C(7200000000);
			else if (low == 2)
				ev.gone = !ev.gone;
			else if (low == 3)
				ev.total = ev.total ? 0 : 5;
			else if (s->n < KEPT_MAX && (i + p[i]) % RESTART_EVERY == 0)
				restart(s); /* a quarter, anywhere: it costs as much as all else */
		}
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct story s = {0};
	const uint8_t *cut = memmem(data, size, "\n--\n", 4);
	size_t n = cut ? (size_t)(cut - data) + 1 : size;

	if (conf_parse("f.conf", (const char *)data, n, &s.conf, NULL) < 0)
		return 0;
	need(rules_new(s.conf, &s.rules, NULL) == 0);
	if (cut)
		play(&s, cut + 4, size - n - 3);
	rules_free(s.rules);
	conf_free(s.conf);
	return 0;
}
