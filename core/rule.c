/* The rules, and what comes by: points, ticks, acknowledgements. */
#include "core/rule_own.h"

#include "core/glob.h"
#include "core/log_scan.h"
#include "core/xalloc.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool
subject_is(const void *item, const void *run, size_t n)
{
	const struct subject *s = item;
	return strlen(s->run) == n && memcmp(s->run, run, n) == 0;
}

struct subject *
rules_subject(struct rules *r, const char *run)
{
	size_t n = strlen(run);
	struct subject *s = index_get(&r->subjects, run, n);

	if (!s) {
		s = xcalloc(1, sizeof *s);
		s->run = xstrdup(run);
		s->room = NAN;
		index_put(&r->subjects, run, n, s);
	}
	return s;
}

static void
subject_free(struct subject *s)
{
	subject_release_said(s);
	course_free(s->course);
	for (int i = 0; i < s->nothers; i++)
		free(s->other[i].metric);
	free(s->other);
	free(s->usage);
	free(s->run);
	free(s);
}

void
rules_rest(struct rules *r, const char *run)
{
	struct subject *s = index_get(&r->subjects, run, strlen(run));

	if (!s || s->watches || s->first || s->said || s->usage || s->nothers || s->at_work)
		return;
	index_remove(&r->subjects, run, strlen(run));
	subject_free(s);
}

bool
rule_applies(const struct rule *rule, const char *run)
{
	return glob_path_list_match(rule->run, run);
}

void
rules_attempt(struct listener *l, struct subject *s, uint32_t attempt)
{
	bool first = s->attempt == 0;

	if (attempt <= s->attempt)
		return;
	s->attempt = attempt;
	if (first)
		return;
	for (struct instance *in = s->first; in; in = in->sibling)
		instance_end(l, in);
	watches_anew(s);
}

/* -- the whole --------------------------------------------------------------------------------- */

static bool
asks(const struct condition *c, bool (*of)(const struct term *t))
{
	for (int i = 0; i < c->nterms; i++)
		if (of(&c->term[i]))
			return true;
	return false;
}

static bool
asks_course(const struct term *t)
{
	return t->detector == &detect_overfit || t->detector == &detect_slow;
}

static void
take_wish(struct rules *r, struct condition *c)
{
	for (int i = 0; i < c->nterms; i++) {
		struct term *t = &c->term[i];
		/* What is no regex was refused when it was parsed. */
		if (t->text)
			t->wish = log_wanted_add(r->wanted, t->text, t->regex, NULL);
		else if (t->detector == &detect_fatal)
			t->wish = r->fatal = log_wanted_add_fatal(r->wanted);
	}
}

static bool
asks_room(const struct term *t)
{
	return t->function && t->function->gauge == GAUGE_CKPT_ROOM;
}

/* What is worth the effort, because some rule asks for it. */
static void
take_wishes(struct rules *r, struct rule *rule)
{
	take_wish(r, &rule->when);
	take_wish(r, &rule->clear);
	r->by_run |= strcmp(rule->run, "*") != 0;
	r->course |= asks(&rule->when, asks_course) || asks(&rule->clear, asks_course);
	r->room |= asks(&rule->when, asks_room) || asks(&rule->clear, asks_room);
	r->places |= rule->about == ABOUT_PLACE;
	r->inhibits |= *rule->inhibits;
}

int
rules_new(const struct conf *c, struct rules **out, struct err *e)
{
	struct rules *r = xcalloc(1, sizeof *r);
	int code = rule_read_all(c, &r->rule, &r->n, e);

	if (code < 0) {
		free(r);
		*out = NULL;
		return code;
	}
	r->conf = c;
	r->subjects.is = subject_is;
	r->wanted = log_wanted_new();
	r->fatal = -1;
	for (int i = 0; i < r->n; i++)
		take_wishes(r, &r->rule[i]);
	r->tick_us = conf_duration_us(c, "alerts.tick");
	r->sweep_us = INT64_MAX;
	if (gethostname(r->host, sizeof r->host - 1) < 0)
		r->host[0] = '\0';
	*out = r;
	return 0;
}

void
rules_root(struct rules *r, const char *dir)
{
	for (size_t i = 0; i < r->nroots; i++)
		if (strcmp(r->root[i], dir) == 0)
			return;
	*vec_push(r->root, r->nroots, r->roots_cap) = xstrdup(dir);
}

void
rules_free(struct rules *r)
{
	struct instance *in;
	struct subject *s;

	if (!r)
		return;
	watches_release(r);
	for (size_t at = 0; (in = map_next(&r->instances, &at));) {
		free((char *)in->a.metric);
		free((char *)in->a.message);
		free(in);
	}
	map_release(&r->instances);
	for (size_t at = 0; (s = index_next(&r->subjects, &at));)
		subject_free(s);
	index_release(&r->subjects);
	str_release(&r->key);
	for (size_t i = 0; i < r->nroots; i++)
		free(r->root[i]);
	free(r->root);
	log_wanted_free(r->wanted);
	for (int i = 0; i < r->n; i++)
		rule_clear(&r->rule[i]);
	free(r->rule);
	free(r);
}

void
rules_info(const struct rules *r, int i, struct rule_info *out)
{
	const struct rule *rule = &r->rule[i];

	*out = (struct rule_info){rule->name, rule->builtin, rule->sent, rule->severity};
}

void
rules_recall(struct rules *r, rules_recall_fn *fn, void *ctx)
{
	r->recall = fn;
	r->recall_ctx = ctx;
}

void
rules_tagged(struct rules *r, bool (*fn)(void *ctx, const char *run, const char *globs), void *ctx)
{
	r->tagged = fn;
	r->tagged_ctx = ctx;
}

bool
rules_want_places(const struct rules *r)
{
	return r->places;
}

bool
rules_uneasy(const struct rules *r)
{
	for (int i = 0; i < r->n; i++)
		if ((r->rule[i].about == ABOUT_PLACE || r->rule[i].about == ABOUT_SELF) &&
		    r->rule[i].instances)
			return true;
	return false;
}

bool
rules_want_room(const struct rules *r)
{
	return r->room;
}

int
rules_count(const struct rules *r)
{
	return r->n;
}

bool
rules_restore(struct rules *r, const struct alert *a)
{
	struct rule *rule = NULL;

	for (int i = 0; i < r->n; i++)
		if (strcmp(r->rule[i].name, a->rule) == 0)
			rule = &r->rule[i];
	if (!rule || rule->hash != a->rule_hash || a->state == ALERT_OK ||
	    instance_find(r, rule, a->run, a->metric))
		return false;
	struct subject *s = rules_subject(r, a->run);
	if (a->attempt > s->attempt)
		s->attempt = a->attempt;
	struct instance *in = instance_new(r, rule, s, a->metric);
	struct alert mine = in->a;
	in->a = *a;
	in->a.rule = mine.rule;
	in->a.run = mine.run;
	in->a.metric = mine.metric;
	in->a.severity = rule->severity;
	free((char *)mine.message);
	in->a.message = xstrdup(a->message ? a->message : "");
	in->resumed = true;
	instance_count(in);
	if (a->episode > r->episode)
		r->episode = a->episode;
	if (a->state == ALERT_RESOLVED && a->since_us + RULE_RESOLVED_US < r->sweep_us)
		r->sweep_us = a->since_us + RULE_RESOLVED_US;
	return true;
}

int
rules_ack(struct rules *r, const char *rule, const char *run, const char *metric, int64_t now_us,
	  rules_emit_fn *fn, void *ctx)
{
	struct listener l = {r, now_us, fn, ctx};
	struct instance *in;
	int n = 0;

	for (size_t at = 0; (in = map_next(&r->instances, &at));) {
		struct alert *a = &in->a;
		if ((a->state != ALERT_FIRING && a->state != ALERT_RECOVERING) || a->acked)
			continue;
		if ((rule && strcmp(rule, a->rule) != 0) || (run && strcmp(run, a->run) != 0) ||
		    (metric && strcmp(metric, a->metric) != 0))
			continue;
		bool over = a->latched && a->state == ALERT_FIRING && a->n == 0;
		a->acked = true;
		a->latched = false;
		n++;
		instance_tell(&l, in, over ? rule_resolve(a, now_us) : CHANGE_STATE);
	}
	return n;
}
