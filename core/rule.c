/* The rules and all that they watch.
 *
 * Most points concern no rule, and most that do are as they should be: so which rules apply is
 * looked up once per (log, column) and kept under its key, and an instance exists only from its
 * first true verdict on. What a run's instances have in common, its path and attempt, is a
 * subject. */
#include "core/rule.h"

#include "core/glob.h"
#include "core/map.h"
#include "core/str.h"
#include "core/rule_parse.h"
#include "core/rule_state.h"
#include "core/xalloc.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define SECOND INT64_C(1000000)
#define GRACE_US (30 * SECOND)

enum { INSTANCES_MAX = 10000 }; /* of one rule */

struct instance {
	struct alert a; /* strings owned, but for the rule's name and the subject's run */
	struct rule *rule;
	struct subject *subject;
	struct instance *sibling; /* of the same subject */
	int64_t last_us;          /* of the newest verdict */
	int64_t told_us;          /* when it was last emitted */
	bool resumed;             /* kept by an earlier process, no verdict since */
	bool counted;             /* among its rule's instances that are not OK */
};

struct subject {
	char *run;
	uint32_t attempt;
	struct instance *first;
	int64_t tick_us;  /* of the newest rules_run() */
	int64_t awake_us; /* since when ticks come regularly */
};

/* Which rules watch a column. */
struct watch {
	struct subject *subject;
	char *metric;
	int n;
	struct watch_rule {
		struct rule *rule;
		struct instance *in; /* NULL: nothing was ever wrong */
	} of[];
};

struct rules {
	struct rule *rule;
	int n;
	bool by_run; /* some rule watches certain runs only */
	int64_t tick_us;
	uint64_t episode;
	int64_t sweep_us; /* when the next resolved instance is to be forgotten */

	struct slot {
		uint64_t key;
		struct watch *watch; /* NULL: free */
	} * slot;
	size_t nslots, used;

	struct map subjects;  /* by path */
	struct map instances; /* by rule, run and metric, a NUL between them */
	struct str key;       /* of an instance that is looked for */
	char **root;          /* what messages leave out of paths */
	size_t nroots, roots_cap;
};

/* Stands for all columns that no rule watches. */
static struct watch unwatched;

/* -- tables ------------------------------------------------------------------------------------ */

static size_t
slot_of(const struct rules *r, uint64_t key)
{
	uint64_t h = key * UINT64_C(0x9e3779b97f4a7c15);
	size_t i = (h >> 32) & (r->nslots - 1);

	while (r->slot[i].watch && r->slot[i].key != key)
		i = (i + 1) & (r->nslots - 1);
	return i;
}

static void
slots_grow(struct rules *r)
{
	struct slot *old = r->slot;
	size_t n = r->nslots;

	r->nslots = n ? 2 * n : 256;
	r->slot = xcalloc(r->nslots, sizeof *r->slot);
	for (size_t i = 0; i < n; i++)
		if (old[i].watch)
			r->slot[slot_of(r, old[i].key)] = old[i];
	free(old);
}

static struct subject *
subject_get(struct rules *r, const char *run)
{
	size_t n = strlen(run);
	struct subject *s = map_get(&r->subjects, run, n);

	if (!s) {
		s = xcalloc(1, sizeof *s);
		s->run = xstrdup(run);
		map_put(&r->subjects, run, n, s);
	}
	return s;
}

static const struct str *
instance_key(struct rules *r, const struct rule *rule, const char *run, const char *metric)
{
	str_reset(&r->key);
	str_add(&r->key, rule->name, strlen(rule->name) + 1);
	str_add(&r->key, run, strlen(run) + 1);
	str_adds(&r->key, metric);
	return &r->key;
}

static struct instance *
instance_find(struct rules *r, const struct rule *rule, const char *run, const char *metric)
{
	const struct str *key = instance_key(r, rule, run, metric);

	return map_get(&r->instances, key->buf, key->len);
}

static struct instance *
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

/* Who is told in this call. */
struct listener {
	struct rules *r;
	int64_t now_us;
	rules_emit_fn *fn;
	void *ctx;
};

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
set_message(const struct rules *r, struct instance *in, int64_t limit_us)
{
	struct str s = STR_INIT;

	rule_message(in->rule, &in->a, run_name(r, in->a.run), limit_us, &s);
	free((char *)in->a.message);
	in->a.message = str_steal(&s);
}

static void
count(struct instance *in)
{
	bool active = in->a.state != ALERT_OK;

	if (active != in->counted)
		in->rule->instances += active ? 1 : -1;
	in->counted = active;
}

static void
tell(struct listener *l, struct instance *in, enum change c)
{
	struct rules *r = l->r;

	if (c == CHANGE_NONE)
		return;
	if (c == CHANGE_CLOCK && in->told_us && l->now_us >= in->told_us &&
	    l->now_us - in->told_us < SECOND)
		return;
	in->told_us = l->now_us;
	in->a.updated_us = l->now_us;
	in->a.attempt = in->subject->attempt;
	in->a.sent = in->rule->sent;
	if (in->a.state == ALERT_RESOLVED && in->a.since_us + RULE_RESOLVED_US < r->sweep_us)
		r->sweep_us = in->a.since_us + RULE_RESOLVED_US;
	count(in);
	if (l->fn)
		l->fn(l->ctx, &in->a, c == CHANGE_FIRED);
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
		in = instance_new(l->r, rule, subject_get(l->r, ""), "");
	in->a.state = ALERT_FIRING;
	in->a.severity = SEVERITY_WARN;
	in->a.fired_us = in->a.since_us = l->now_us;
	in->a.episode = ++l->r->episode;
	free((char *)in->a.message);
	in->a.message = xasprintf("more than %d instances: what else it matches is not watched",
				  INSTANCES_MAX);
	tell(l, in, CHANGE_FIRED);
}

/* There is room again. */
static void
tell_room(struct listener *l, struct rule *rule)
{
	struct instance *in = instance_find(l->r, rule, "", "");

	if (in && rule->instances < INSTANCES_MAX / 2)
		tell(l, in, rule_resolve(&in->a, l->now_us));
}

/* Forgets what was resolved long enough ago. */
static void
sweep(struct listener *l)
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
			tell(l, in, CHANGE_STATE);
		} else if (end < r->sweep_us) {
			r->sweep_us = end;
		}
	}
	for (int i = 0; i < r->n; i++)
		tell_room(l, &r->rule[i]);
}

/* One verdict for (RULE, S, METRIC), whose instance is *IN if there is one. */
static void
evaluate(struct listener *l, struct rule *rule, struct subject *s, const char *metric,
	 struct instance **in, struct occasion *oc, int64_t limit_us)
{
	struct rules *r = l->r;

	if (!*in && oc->judged != JUDGED_TRUE)
		return;
	if (!*in)
		*in = instance_find(r, rule, s->run, metric);
	if (oc->judged == JUDGED_TRUE && (!*in || (*in)->a.state == ALERT_OK) &&
	    rule->instances >= INSTANCES_MAX) {
		tell_full(l, rule);
		return;
	}
	if (!*in)
		*in = instance_new(r, rule, s, metric);
	struct instance *i = *in;
	if (i->resumed) {
		i->resumed = false;
		tell(l, i, rule_resume(rule, &i->a, oc->now_us));
	}
	oc->last_us = i->last_us;
	i->last_us = oc->now_us;
	uint64_t before = i->a.episode;
	/* Unique across restarts that forgot what came before: never less than the time. */
	if (oc->judged == JUDGED_TRUE && (uint64_t)oc->now_us > r->episode)
		r->episode = (uint64_t)oc->now_us;
	enum change c = rule_step(rule, &i->a, oc, &r->episode);
	if (i->a.episode != before)
		set_message(r, i, limit_us);
	tell(l, i, c);
}

static void
attempt_set(struct listener *l, struct subject *s, uint32_t attempt)
{
	bool first = s->attempt == 0;

	s->attempt = attempt;
	if (first)
		return;
	for (struct instance *in = s->first; in; in = in->sibling)
		tell(l, in, rule_resolve(&in->a, l->now_us));
}

/* -- points ------------------------------------------------------------------------------------ */

static struct watch *
watch_new(struct rules *r, const char *run, const char *metric)
{
	int n = 0;

	for (int i = 0; i < r->n; i++)
		n += r->rule[i].metric && glob_list_match(r->rule[i].metric, metric) &&
		     glob_path_list_match(r->rule[i].run, run);
	if (!n && !r->by_run)
		return &unwatched;
	struct watch *w = xcalloc(1, sizeof *w + (size_t)n * sizeof *w->of);
	w->subject = subject_get(r, run);
	w->metric = xstrdup(metric);
	for (int i = 0; i < r->n; i++) {
		struct rule *rule = &r->rule[i];
		if (!rule->metric || !glob_list_match(rule->metric, metric) ||
		    !glob_path_list_match(rule->run, run))
			continue;
		w->of[w->n++] = (struct watch_rule){rule, instance_find(r, rule, run, metric)};
	}
	return w;
}

static void
watch_free(struct watch *w)
{
	if (w == &unwatched || !w)
		return;
	free(w->metric);
	free(w);
}

static struct watch *
watch_get(struct rules *r, const char *run, uint64_t key, const char *metric)
{
	if (2 * (r->used + 1) > r->nslots)
		slots_grow(r);
	struct slot *s = &r->slot[slot_of(r, key)];
	if (s->watch) {
		/* A log that was moved is another run's now. */
		if (s->watch == &unwatched || (strcmp(s->watch->subject->run, run) == 0 &&
					       strcmp(s->watch->metric, metric) == 0))
			return s->watch;
		watch_free(s->watch);
	} else {
		r->used++;
		s->key = key;
	}
	return s->watch = watch_new(r, run, metric);
}

void
rules_point(struct rules *r, const char *run, uint32_t attempt, uint64_t key, const char *metric,
	    int64_t step, int64_t now_us, double value, bool historic, rules_emit_fn *fn, void *ctx)
{
	struct watch *w = watch_get(r, run, key, metric);

	if (w->n == 0)
		return;
	struct listener l = {r, now_us, fn, ctx};
	if (attempt < w->subject->attempt)
		return;
	if (attempt > w->subject->attempt)
		attempt_set(&l, w->subject, attempt);
	sweep(&l);
	for (int i = 0; i < w->n; i++) {
		struct occasion oc = {.judged = rule_judge_value(w->of[i].rule, value),
				      .now_us = now_us,
				      .step = step,
				      .value = value,
				      .historic = historic};
		if (w->of[i].in || oc.judged == JUDGED_TRUE)
			evaluate(&l, w->of[i].rule, w->subject, metric, &w->of[i].in, &oc, 0);
	}
}

/* -- runs -------------------------------------------------------------------------------------- */

static enum judgement
judge_silence(const struct subject *s, enum run_state state, bool ended, int64_t now_us)
{
	switch (state) {
	case RUN_STALLED:
		/* Just started or just woken up: what was written meanwhile may not have been
		 * read. */
		return now_us - s->awake_us >= GRACE_US ? JUDGED_TRUE : JUDGED_UNKNOWN;
	case RUN_UNKNOWN:
		return JUDGED_UNKNOWN;
	case RUN_LOST:
		/* Silent for good, which was seen (and nothing is unread: no grace); or still
		 * silent, only longer. */
		return ended ? JUDGED_TRUE : JUDGED_NEITHER;
	default:
		return JUDGED_CLEAR;
	}
}

static void
keep_time(struct rules *r, struct subject *s, int64_t now_us)
{
	int64_t most = 10 * r->tick_us > 60 * SECOND ? 10 * r->tick_us : 60 * SECOND;

	if (!s->tick_us || now_us < s->tick_us || now_us - s->tick_us > most)
		s->awake_us = now_us;
	s->tick_us = now_us;
}

void
rules_run(struct rules *r, const char *run, uint32_t attempt, const struct run_evidence *ev,
	  const struct pace *pace, int64_t now_us, rules_emit_fn *fn, void *ctx)
{
	struct listener l = {r, now_us, fn, ctx};
	struct subject *s = subject_get(r, run);
	enum run_state state = run_judge(ev, pace, now_us, NULL);

	if (attempt > s->attempt)
		attempt_set(&l, s, attempt);
	keep_time(r, s, now_us);
	sweep(&l);
	bool ended =
		ev->gone || state == RUN_FINISHED || state == RUN_FAILED || state == RUN_CANCELLED;
	if (ended)
		for (struct instance *in = s->first; in; in = in->sibling)
			if (!in->a.latched)
				tell(&l, in, rule_resolve(&in->a, now_us));
	/* An end is no matter of waiting: no limit was passed. */
	bool process_ended = run_process_ended(ev, pace);
	int64_t limit_us = process_ended || !pace ? 0 : pace_stall_us(pace);
	int64_t last = ev->last_arrival_us;
	if (pace && pace->last_arrival_us > last)
		last = pace->last_arrival_us;
	for (int i = 0; i < r->n; i++) {
		struct rule *rule = &r->rule[i];
		if (rule->when.kind != CONDITION_STALLED || !glob_path_list_match(rule->run, run))
			continue;
		struct instance *in = instance_find(r, rule, run, "");
		struct occasion oc = {.judged = judge_silence(s, state, process_ended, now_us),
				      .now_us = now_us,
				      .step = ev->last_step,
				      .value = (double)(now_us - last) / 1e6};
		evaluate(&l, rule, s, "", &in, &oc, limit_us);
	}
}

/* -- the whole --------------------------------------------------------------------------------- */

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
	for (int i = 0; i < r->n; i++)
		r->by_run |= strcmp(r->rule[i].run, "*") != 0;
	r->tick_us = conf_duration_us(c, "alerts.tick");
	r->sweep_us = INT64_MAX;
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
	for (size_t i = 0; i < r->nslots; i++)
		watch_free(r->slot[i].watch);
	free(r->slot);
	for (size_t at = 0; (in = map_next(&r->instances, &at));) {
		free((char *)in->a.metric);
		free((char *)in->a.message);
		free(in);
	}
	map_release(&r->instances);
	for (size_t at = 0; (s = map_next(&r->subjects, &at));) {
		free(s->run);
		free(s);
	}
	map_release(&r->subjects);
	str_release(&r->key);
	for (size_t i = 0; i < r->nroots; i++)
		free(r->root[i]);
	free(r->root);
	for (int i = 0; i < r->n; i++)
		rule_clear(&r->rule[i]);
	free(r->rule);
	free(r);
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
	struct subject *s = subject_get(r, a->run);
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
	count(in);
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
		tell(&l, in, over ? rule_resolve(a, now_us) : CHANGE_STATE);
	}
	return n;
}
