/* Instances: what was ever wrong, who inhibits whom, and who is told. Most that is watched is as it
 * should be, so an instance exists only from its first true verdict on. */
#include "core/rule_own.h"

#include "core/xalloc.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { INSTANCES_MAX = 10000 }; /* of one rule */

static const struct str *
instance_key(struct rules *r, const struct rule *rule, const char *run, const char *metric)
{
	str_reset(&r->key);
	str_add(&r->key, rule->name, strlen(rule->name) + 1);
	str_add(&r->key, run, strlen(run) + 1);
	str_adds(&r->key, metric);
	return &r->key;
}

struct instance *
instance_find(struct rules *r, const struct rule *rule, const char *run, const char *metric)
{
	const struct str *key = instance_key(r, rule, run, metric);

	return map_get(&r->instances, key->buf, key->len);
}

struct instance *
instance_new(struct rules *r, struct rule *rule, struct subject *s, const char *metric)
{
	struct instance *in = xcalloc(1, sizeof *in);

	in->a.rule = rule->name;
	in->a.run = s->run;
	in->a.metric = xstrdup(metric);
	in->a.message = xstrdup("");
	in->a.severity = rule->severity;
	in->a.rule_hash = rule->hash;
	in->a.attempt = s->attempt;
	in->rule = rule;
	in->subject = s;
	in->sibling = s->first;
	s->first = in;
	const struct str *key = instance_key(r, rule, s->run, metric);
	map_put(&r->instances, key->buf, key->len, in);
	return in;
}

/* -- telling ----------------------------------------------------------------------------------- */

/* RUN below the innermost root that holds it; a root that is a run itself by its last part. */
static const char *
run_name(const struct rules *r, const char *run)
{
	size_t most = 0;

	for (size_t i = 0; i < r->nroots; i++) {
		size_t n = strlen(r->root[i]);
		while (n > 0 && r->root[i][n - 1] == '/')
			n--;
		if (n >= most && strncmp(run, r->root[i], n) == 0 && run[n] == '/')
			most = n + 1;
		else if (n > 0 && strcmp(run, r->root[i]) == 0)
			most = (size_t)(strrchr(run, '/') - run) + 1;
	}
	return run + most;
}

static void
set_message(const struct rules *r, struct instance *in, const struct finding *f)
{
	struct str s = STR_INIT, why = STR_INIT;

	if (f->why)
		str_adds(&why, f->why);
	else if (f->by)
		watch_explain(f->by, f->now, &why);
	struct occurrence o = {
		.run = run_name(r, in->a.run),
		.limit_us = f->limit_us,
		.why = str_c(&why),
		.z = f->by ? watch_z(f->by, f->now) : NAN,
		.host = r->host,
	};
	rule_message(in->rule, &in->a, &o, &s);
	free((char *)in->a.message);
	in->a.message = str_steal(&s);
	str_release(&why);
}

void
instance_count(struct instance *in)
{
	bool active = in->a.state != ALERT_OK;

	if (active != in->counted)
		in->rule->instances += active ? 1 : -1;
	in->counted = active;
}

static bool
is_firing(const struct alert *a)
{
	return a->state == ALERT_FIRING || a->state == ALERT_RECOVERING;
}

/* Does something fire for the run of IN that explains it? */
static bool
is_inhibited(const struct instance *in)
{
	for (const struct instance *o = in->subject->first; o; o = o->sibling)
		if (o != in && is_firing(&o->a) && !o->a.inhibited &&
		    o->a.attempt == in->a.attempt && rule_names(o->rule->inhibits, in->rule->name))
			return true;
	return false;
}

/* IN no longer fires: what it kept from being told is told, if it still fires. */
static void
release_inhibited(struct listener *l, const struct instance *in)
{
	for (struct instance *o = in->subject->first; o; o = o->sibling)
		if (o->a.inhibited && o->a.state == ALERT_FIRING && !is_inhibited(o))
			instance_tell(l, o, CHANGE_STATE);
}

static void
describe(struct alert *a, const struct rule *r)
{
	a->sent = r->sent;
	a->event = r->event;
	a->notify = r->notify;
	a->repeat_us = r->repeat_us;
}

void
instance_tell(struct listener *l, struct instance *in, enum change c)
{
	struct rules *r = l->r;

	if (c == CHANGE_NONE)
		return;
	if (c == CHANGE_CLOCK && in->told_us && l->now_us >= in->told_us &&
	    l->now_us - in->told_us < RULE_SECOND)
		return;
	in->told_us = l->now_us;
	in->a.updated_us = l->now_us;
	in->a.attempt = in->subject->attempt;
	if (in->a.state == ALERT_RESOLVED && in->a.since_us + RULE_RESOLVED_US < r->sweep_us)
		r->sweep_us = in->a.since_us + RULE_RESOLVED_US;
	instance_count(in);
	if (c == CHANGE_FIRED && r->inhibits && is_inhibited(in)) {
		in->a.inhibited = true;
		c = CHANGE_STATE;
	} else if (in->a.inhibited && in->a.state == ALERT_FIRING && !is_inhibited(in)) {
		in->a.inhibited = false;
		c = in->a.historic || in->a.acked ? CHANGE_STATE : CHANGE_FIRED;
	}
	describe(&in->a, in->rule);
	if (l->fn)
		l->fn(l->ctx, &in->a, c == CHANGE_FIRED);
	if (*in->rule->inhibits && !is_firing(&in->a))
		release_inhibited(l, in);
}

void
instance_end(struct listener *l, struct instance *in)
{
	instance_tell(l, in, rule_resolve(&in->a, l->now_us));
}

/* A rule that matches everything must not eat the store; that it doesn't watch all is an alert of
 * its own, about no run. */
static void
tell_full(struct listener *l, struct rule *rule)
{
	struct instance *in = instance_find(l->r, rule, "", "");

	if (in && in->a.state != ALERT_OK)
		return;
	if (!in)
		in = instance_new(l->r, rule, rules_subject(l->r, ""), "");
	in->a.state = ALERT_FIRING;
	in->a.severity = SEVERITY_WARN;
	in->a.fired_us = in->a.since_us = l->now_us;
	in->a.episode = ++l->r->episode;
	free((char *)in->a.message);
	in->a.message = xasprintf("more than %d instances: what else it matches is not watched",
				  INSTANCES_MAX);
	instance_tell(l, in, CHANGE_FIRED);
}

/* There is room again. */
static void
tell_room(struct listener *l, struct rule *rule)
{
	struct instance *in = instance_find(l->r, rule, "", "");

	if (in && rule->instances < INSTANCES_MAX / 2)
		instance_tell(l, in, rule_resolve(&in->a, l->now_us));
}

/* Forgets what was resolved long enough ago. */
void
instances_sweep(struct listener *l)
{
	struct rules *r = l->r;
	struct instance *in;

	if (l->now_us < r->sweep_us)
		return;
	r->sweep_us = INT64_MAX;
	for (size_t at = 0; (in = map_next(&r->instances, &at));) {
		if (in->a.state != ALERT_RESOLVED)
			continue;
		int64_t end = in->a.since_us + RULE_RESOLVED_US;
		if (l->now_us >= end) {
			in->a.state = ALERT_OK;
			instance_tell(l, in, CHANGE_STATE);
		} else if (end < r->sweep_us) {
			r->sweep_us = end;
		}
	}
	for (int i = 0; i < r->n; i++)
		tell_room(l, &r->rule[i]);
}

/* Two logs of a run may hold one metric (a table beside event files): a step that one of them has
 * shown is not judged twice. */
static bool
is_repeated(struct instance *in, uint64_t key, const struct occasion *oc)
{
	if (oc->tick || !key)
		return false;
	if (instance_is_active(in) && in->key && in->key != key && oc->step <= in->last_step)
		return true;
	in->key = key;
	in->last_step = oc->step;
	return false;
}

void
instance_judge(struct listener *l, struct rule *rule, struct subject *s, const char *metric,
	       struct instance **in, struct occasion *oc, const struct finding *f)
{
	struct rules *r = l->r;

	if (!*in && oc->judged != JUDGED_TRUE)
		return;
	if (!*in)
		*in = instance_find(r, rule, s->run, metric);
	/* Tags come and go: they are asked for when something is wrong. */
	bool begins = oc->judged == JUDGED_TRUE && !instance_is_active(*in);
	if (begins && *rule->tag && !(r->tagged && r->tagged(r->tagged_ctx, s->run, rule->tag)))
		return;
	if (oc->judged == JUDGED_TRUE && (!*in || (*in)->a.state == ALERT_OK) &&
	    rule->instances >= INSTANCES_MAX) {
		tell_full(l, rule);
		return;
	}
	if (!*in)
		*in = instance_new(r, rule, s, metric);
	struct instance *i = *in;
	if (is_repeated(i, f->key, oc))
		return;
	if (i->resumed) {
		i->resumed = false;
		instance_tell(l, i, rule_resume(rule, &i->a, oc->now_us));
	}
	oc->last_us = i->last_us;
	i->last_us = oc->now_us;
	uint64_t before = i->a.episode;
	/* Unique across restarts that forgot what came before: never less than the time. */
	if (oc->judged == JUDGED_TRUE && (uint64_t)oc->now_us > r->episode)
		r->episode = (uint64_t)oc->now_us;
	enum change c = rule_step(rule, &i->a, oc, &r->episode);
	if (i->a.episode != before)
		set_message(r, i, f);
	instance_tell(l, i, c);
	if (rule->event && i->a.state == ALERT_FIRING)
		instance_end(l, i);
}
