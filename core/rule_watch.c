/* What is watched: columns of logs. Most points concern no rule but one that asks whether they are
 * numbers, so which rules apply is looked up once per column and kept under its key.
 *
 * What detectors know of a column is let go while nothing comes of it, and rebuilt from the stored
 * points when it goes on: so ten thousand finished runs cost nothing. */
#include "core/rule_own.h"

#include "core/baseline.h"
#include "core/glob.h"
#include "core/xalloc.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Stands for all columns that no rule watches. */
static struct watch unwatched;

/* -- the table --------------------------------------------------------------------------------- */

static size_t
home_of(const struct rules *r, uint64_t key)
{
	return (key * UINT64_C(0x9e3779b97f4a7c15) >> 32) & (r->nslots - 1);
}

static size_t
slot_of(const struct rules *r, uint64_t key)
{
	size_t i = home_of(r, key);

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

/* Those behind move up, so that no search ends too early. */
static void
slot_remove(struct rules *r, size_t hole)
{
	size_t mask = r->nslots - 1;

	for (size_t i = (hole + 1) & mask; r->slot[i].watch; i = (i + 1) & mask) {
		size_t home = home_of(r, r->slot[i].key);
		if (((i - home) & mask) < ((i - hole) & mask))
			continue;
		r->slot[hole] = r->slot[i];
		hole = i;
	}
	r->slot[hole].watch = NULL;
	r->used--;
}

/* -- watches ----------------------------------------------------------------------------------- */

static int
needs_of(const struct condition *c, struct watch *w, const void **state)
{
	for (int i = 0; i < c->nterms; i++) {
		double keeps[KEEPER_ARGS];
		const struct keeper *k = term_keeper(&c->term[i], keeps);
		if (!k)
			continue;
		if (!w->memory)
			w->memory = memory_new();
		state[i] = memory_state(w->memory, memory_need(w->memory, k, keeps));
	}
	return c->nterms;
}

static void
watch_add(struct rules *r, struct watch *w, struct rule *rule)
{
	struct watch_rule *wr = &w->of[w->n++];
	size_t terms = (size_t)(rule->when.nterms + rule->clear.nterms);

	wr->rule = rule;
	wr->in = instance_find(r, rule, w->subject->run, w->metric);
	wr->state = xcalloc(terms, sizeof *wr->state);
	wr->plain = rule->nodata != NODATA_FIRE;
	wr->number = rule->when.ncode == 1 && rule->when.term[0].detector == &detect_nonfinite;
	w->calm &= !wr->in && wr->number;
	int n = needs_of(&rule->when, w, wr->state);
	needs_of(&rule->clear, w, wr->state + n);
}

static bool
is_wanted(const struct rules *r, const char *metric)
{
	for (int i = 0; i < r->n; i++) {
		const struct condition *both[] = {&r->rule[i].when, &r->rule[i].clear};
		for (int k = 0; k < 2; k++)
			for (int t = 0; t < both[k]->nterms; t++)
				if (both[k]->term[t].metric &&
				    strcmp(both[k]->term[t].metric, metric) == 0)
					return true;
	}
	return false;
}

static struct watch *
watch_new(struct rules *r, const char *run, uint64_t key, const char *metric)
{
	struct metric_role role;
	int n = 0;

	metric_role(r->conf, metric, &role);
	int rank = r->course ? metric_loss_rank(&role, metric) : INT_MAX;
	if (role.role != ROLE_TRAIN_LOSS)
		rank = INT_MAX;
	bool wanted = is_wanted(r, metric);
	for (int i = 0; i < r->n; i++)
		n += rule_watches(&r->rule[i], metric, &role) && rule_applies(&r->rule[i], run);
	if (!n && !r->by_run && !wanted && rank == INT_MAX)
		return &unwatched;
	struct watch *w = xcalloc(1, sizeof *w + (size_t)n * sizeof *w->of);
	w->key = key;
	w->subject = rules_subject(r, run);
	w->metric = xstrdup(metric);
	w->goal = role.goal;
	w->loss_rank = rank;
	w->wanted = wanted;
	w->next = w->subject->watches;
	w->at = &w->subject->watches;
	if (w->next)
		w->next->at = &w->next;
	w->subject->watches = w;
	w->calm = !wanted && rank == INT_MAX;
	for (int i = 0; i < r->n; i++)
		if (rule_watches(&r->rule[i], metric, &role) && rule_applies(&r->rule[i], run))
			watch_add(r, w, &r->rule[i]);
	return w;
}

static void
watch_free(struct watch *w)
{
	if (w == &unwatched || !w)
		return;
	*w->at = w->next;
	if (w->next)
		w->next->at = w->at;
	for (int i = 0; i < w->n; i++)
		free(w->of[i].state);
	memory_free(w->memory);
	free(w->metric);
	free(w);
}

struct watch *
watch_get(struct rules *r, const char *run, uint64_t key, const char *metric)
{
	if (2 * (r->used + 1) > r->nslots)
		slots_grow(r);
	struct slot *s = &r->slot[slot_of(r, key)];
	if (s->watch) {
		/* A log that was moved is another run's now. */
		if (s->watch == &unwatched || strcmp(s->watch->subject->run, run) == 0)
			return s->watch;
		watch_free(s->watch);
	} else {
		r->used++;
		s->key = key;
	}
	return s->watch = watch_new(r, run, key, metric);
}

void
rules_sleep(struct rules *r, uint64_t key)
{
	size_t i = r->nslots ? slot_of(r, key) : 0;

	if (!r->nslots || !r->slot[i].watch)
		return;
	struct watch *w = r->slot[i].watch;
	/* The run's loss speaks no more, for now. */
	if (w->subject && w->subject->course && course_key(w->subject->course) == key) {
		course_free(w->subject->course);
		w->subject->course = NULL;
	}
	watch_free(w);
	slot_remove(r, i);
}

void
watches_release(struct rules *r)
{
	for (size_t i = 0; i < r->nslots; i++)
		watch_free(r->slot[i].watch);
	free(r->slot);
}

void
watches_anew(struct subject *s)
{
	for (struct watch *w = s->watches; w; w = w->next) {
		if (w->memory)
			memory_reset(w->memory);
		w->last_us = 0;
	}
	if (s->course)
		course_anew(s->course);
	for (int i = 0; i < s->nothers; i++)
		s->other[i].value = NAN;
}

size_t
rules_bytes(const struct rules *r)
{
	size_t sum = 0;

	for (size_t i = 0; i < r->nslots; i++)
		if (r->slot[i].watch && r->slot[i].watch->memory)
			sum += memory_bytes(r->slot[i].watch->memory);
	return sum;
}

/* -- points ------------------------------------------------------------------------------------ */

double
subject_other(const void *subject, const char *metric)
{
	const struct subject *s = subject;

	for (int i = 0; i < s->nothers; i++)
		if (strcmp(s->other[i].metric, metric) == 0)
			return s->other[i].value;
	return NAN;
}

static void
other_set(struct subject *s, const char *metric, double value)
{
	int i = 0;

	while (i < s->nothers && strcmp(s->other[i].metric, metric) != 0)
		i++;
	if (i == s->nothers) {
		s->other = xreallocarray(s->other, (size_t)++s->nothers, sizeof *s->other);
		s->other[i].metric = xstrdup(metric);
	}
	s->other[i].value = value;
}

/* What was stored is told again to what forgot it. */
struct recalling {
	struct watch *w;
	bool course;
};

static int
recall_point(void *ctx, const struct point *p)
{
	struct recalling *rc = ctx;
	struct watch *w = rc->w;
	struct sample s = {
		.value = p->value,
		.step = p->step,
		.now_us = p->wall_us,
		.last_us = p->wall_us,
		.goal = w->goal,
	};

	if (w->memory)
		memory_add(w->memory, &s);
	if (rc->course)
		course_take(w->subject->course, w->key, w->loss_rank, &s);
	w->last_us = p->wall_us;
	w->last_step = p->step;
	w->last = p->value;
	return 0;
}

/* Ready to be told of points. True: those of the course too. */
static bool
begin_recall(struct rules *r, struct watch *w)
{
	bool course = false;

	w->recalled = true;
	if (w->loss_rank != INT_MAX && !w->subject->course) {
		w->subject->course = course_new();
		for (int i = 0; i < r->n; i++) {
			const struct rule *rule = &r->rule[i];
			if (rule->about != ABOUT_RUN)
				continue;
			double keeps[KEEPER_ARGS];
			const struct condition *both[] = {&rule->when, &rule->clear};
			for (int k = 0; k < 2; k++)
				for (int t = 0; t < both[k]->nterms; t++) {
					const struct keeper *kp =
						term_keeper(&both[k]->term[t], keeps);
					double rate;
					if (kp)
						memory_need(course_memory(w->subject->course,
									  &rate),
							    kp, keeps);
				}
		}
		course = true;
	}
	return course;
}

static void
recall(struct rules *r, struct watch *w, uint32_t attempt)
{
	struct recalling rc = {.w = w, .course = begin_recall(r, w)};

	if (r->recall && (w->memory || rc.course))
		r->recall(r->recall_ctx, w->key, attempt, recall_point, &rc);
}

void
rules_known(struct rules *r, const char *run, uint64_t key, const char *metric,
	    const struct point *p)
{
	struct watch *w = watch_get(r, run, key, metric);

	if (!w->subject)
		return;
	if (!w->recalled)
		begin_recall(r, w);
	struct recalling rc = {w, w->loss_rank != INT_MAX && w->subject->course};
	if (p)
		recall_point(&rc, p);
}

static void
watch_take(struct rules *r, struct watch *w, uint32_t attempt, struct sample *s)
{
	struct subject *of = w->subject;

	if (!w->recalled)
		recall(r, w, attempt);
	if (w->memory)
		memory_add(w->memory, s);
	if (w->loss_rank != INT_MAX && of->course)
		course_take(of->course, w->key, w->loss_rank, s);
	if (w->wanted)
		other_set(of, w->metric, s->value);
	s->train = of->course ? course_trend(of->course) : NULL;
	w->last_us = s->now_us;
	w->last_step = s->step;
	w->last = s->value;
}

/* -- judging ----------------------------------------------------------------------------------- */

struct judging {
	const void *const *state;
	const struct sample *now;
};

static enum verdict
judge_term(void *ctx, const struct term *t, int i)
{
	const struct judging *j = ctx;

	return term_judge(t, j->state[i], j->now);
}

static enum verdict
judge(const struct condition *c, const void *const *state, const struct sample *now)
{
	const struct detector *d = c->term->detector;
	struct judging j = {state, now};

	if (c->ncode == 1 && d && d->judge)
		return d->judge(*state, c->term->arg, now);
	return condition_judge(c, judge_term, &j);
}

/* Nothing is wrong with W, and no rule says that something is. Else it has to be judged. */
static bool
is_quiet(const struct watch *w, const struct sample *now)
{
	bool number = isfinite(now->value);

	for (const struct watch_rule *wr = w->of, *end = wr + w->n; wr < end; wr++) {
		if (instance_is_active(wr->in) || !wr->plain)
			return false;
		if (!(wr->number && number) &&
		    judge(&wr->rule->when, wr->state, now) == VERDICT_TRUE)
			return false;
	}
	return true;
}

enum judgement
watch_judge(const struct watch_rule *wr, const struct sample *now)
{
	const struct rule *r = wr->rule;
	bool active = instance_is_active(wr->in);

	enum verdict when = judge(&r->when, wr->state, now), clear = VERDICT_UNKNOWN;
	/* What is right again matters only where something was wrong. */
	if (r->clear.nterms && (when != VERDICT_TRUE) && (active || r->nodata == NODATA_FIRE))
		clear = judge(&r->clear, wr->state + r->when.nterms, now);
	return rule_judgement(r, when, clear);
}

void
watch_explain(const struct watch_rule *wr, const struct sample *now, struct str *out)
{
	for (int i = 0; i < wr->rule->when.nterms; i++) {
		const struct term *t = &wr->rule->when.term[i];
		if (!t->detector || !t->detector->explain)
			continue;
		if (out->len)
			str_adds(out, "; ");
		t->detector->explain(wr->state[i], t->arg, now, out);
	}
}

double
watch_z(const struct watch_rule *wr, const struct sample *now)
{
	double keeps[KEEPER_ARGS];

	for (int i = 0; i < wr->rule->when.nterms; i++)
		if (term_keeper(&wr->rule->when.term[i], keeps) == &keep_baseline)
			return isfinite(now->value) ? baseline_z(wr->state[i]) : now->value;
	return NAN;
}

/* -- what comes by ----------------------------------------------------------------------------- */

static void
judge_all(struct listener *l, struct watch *w, const struct rules_row *row,
	  const struct sample *now)
{
	for (int i = 0; i < w->n; i++) {
		struct watch_rule *wr = &w->of[i];
		struct occasion oc = {.judged = watch_judge(wr, now),
				      .now_us = row->now_us,
				      .step = row->step,
				      .value = now->value,
				      .historic = row->historic};
		struct finding f = {.key = w->key, .by = wr, .now = now};
		if (oc.judged == JUDGED_TRUE || instance_is_active(wr->in))
			instance_judge(l, wr->rule, w->subject, w->metric, &wr->in, &oc, &f);
		w->calm &= !wr->in;
	}
}

void
rules_value(struct rules *r, struct rules_row *row, uint64_t key, const char *metric, double value)
{
	struct watch *w = r->nslots ? r->slot[slot_of(r, key)].watch : NULL;

	/* The run of a row's first value is that of the others. */
	if (!w || (w->subject && w->subject != row->subject))
		w = watch_get(r, row->run, key, metric);
	struct subject *s = w->subject;
	if (!s || row->attempt < s->attempt)
		return;
	row->subject = s;
	if (w->calm && row->attempt == s->attempt && isfinite(value))
		return;
	struct listener l = {r, row->now_us, row->fn, row->ctx};
	rules_attempt(&l, s, row->attempt);
	if (row->now_us >= r->sweep_us)
		instances_sweep(&l);
	struct sample now = {.value = value,
			     .step = row->step,
			     .now_us = row->now_us,
			     .goal = w->goal,
			     .last_us = row->now_us,
			     .other = subject_other,
			     .ctx = s};
	watch_take(r, w, row->attempt, &now);
	if (!is_quiet(w, &now))
		judge_all(&l, w, row, &now);
}

void
rules_point(struct rules *r, const char *run, uint32_t attempt, uint64_t key, const char *metric,
	    int64_t step, int64_t now_us, double value, bool historic, rules_emit_fn *fn, void *ctx)
{
	struct rules_row row = {.run = run,
				.attempt = attempt,
				.step = step,
				.now_us = now_us,
				.historic = historic,
				.fn = fn,
				.ctx = ctx};

	rules_value(r, &row, key, metric, value);
}
