/* Rules about runs and about places, judged on the tick. Silence is weighed by run_judge(), which
 * knows a run's habits; here is decided when that may be said. */
#include "core/rule_own.h"

#include "core/xalloc.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define GRACE_US (30 * RULE_SECOND)
#define FATAL_US (120 * RULE_SECOND)
#define HOUR_US (3600 * RULE_SECOND)

/* -- signs of a run ---------------------------------------------------------------------------- */

/* What a run shows, worked out once a tick. */
struct signs {
	struct subject *s;
	enum run_state state;
	bool process_ended;
	bool stopped_early; /* and that is no failure */
	bool was_at_work;   /* before this tick */
	bool saying;        /* asked because of a line, between two ticks */
	int64_t quiet_us;   /* how long its silences usually are */
	double exit;        /* code of its process; NaN: not known */
	struct sample now;
	struct memory *memory;
};

static enum verdict
silence(const struct signs *g)
{
	switch (g->state) {
	case RUN_STALLED:
		/* Just started or just woken up: what was written meanwhile may not have been
		 * read. */
		return g->now.now_us - g->s->awake_us >= GRACE_US ? VERDICT_TRUE : VERDICT_UNKNOWN;
	case RUN_UNKNOWN:
		return VERDICT_UNKNOWN;
	case RUN_LOST:
		/* Still silent, only longer: neither news nor an end. */
		return g->process_ended ? VERDICT_FALSE : VERDICT_UNKNOWN;
	default:
		return VERDICT_FALSE;
	}
}

/* Something that trainings die of was said, and since then there was none: for longer than the run
 * is usually silent, as others catch an exception and go on. Who has ended is `failed`, or not. */
static enum verdict
fatality(const struct signs *g, const struct said *f)
{
	int64_t wait = g->quiet_us > FATAL_US ? g->quiet_us : FATAL_US;

	if (g->state == RUN_FAILED || g->state == RUN_LOST)
		return VERDICT_UNKNOWN;
	if (!f || f->hit.historic || g->state == RUN_FINISHED || g->state == RUN_CANCELLED)
		return VERDICT_FALSE;
	return g->now.now_us - f->hit.arrival_us >= wait ? VERDICT_TRUE : VERDICT_UNKNOWN;
}

static enum verdict
sign_verdict(const struct signs *g, const struct term *t)
{
	enum sign sign = t->detector->sign;

	if (sign == SIGN_LOG)
		return verdict_of(subject_said(g->s, t->wish) != NULL);
	if (g->saying) /* the others are asked on the tick */
		return VERDICT_UNKNOWN;
	switch (sign) {
	case SIGN_FATAL:
		return fatality(g, subject_said(g->s, t->wish));
	case SIGN_STALLED:
		return silence(g);
	case SIGN_FAILED:
		if (g->state == RUN_UNKNOWN)
			return VERDICT_UNKNOWN;
		return verdict_of(g->state == RUN_FAILED ||
				  (g->state == RUN_LOST && g->process_ended && !g->stopped_early));
	case SIGN_FINISHED:
		return verdict_of(g->state == RUN_FINISHED && g->was_at_work);
	case SIGN_LOG:
	case SIGN_NONE:
		break;
	}
	return VERDICT_UNKNOWN;
}

static double
run_gauge(const struct signs *g, enum gauge which)
{
	switch (which) {
	case GAUGE_CKPT_ROOM:
		return g->s->room;
	case GAUGE_EXIT:
		return g->exit;
	case GAUGE_ATTEMPT:
		return g->s->attempt;
	default:
		return NAN;
	}
}

static enum verdict
judge_term(void *ctx, const struct term *t, int i)
{
	struct signs *g = ctx;
	double keeps[KEEPER_ARGS];
	const struct keeper *k = term_keeper(t, keeps);

	(void)i;
	if (t->detector && t->detector->sign != SIGN_NONE)
		return sign_verdict(g, t);
	if (t->function && t->function->gauge != GAUGE_NONE)
		return term_compare(t, run_gauge(g, t->function->gauge));
	if (!k)
		return term_judge(t, NULL, &g->now);
	if (!g->memory)
		return VERDICT_UNKNOWN;
	return term_judge(t, memory_state(g->memory, memory_need(g->memory, k, keeps)), &g->now);
}

/* -- runs -------------------------------------------------------------------------------------- */

static void
keep_time(struct rules *r, struct subject *s, int64_t now_us)
{
	int64_t most = 10 * r->tick_us > 60 * RULE_SECOND ? 10 * r->tick_us : 60 * RULE_SECOND;

	if (!s->tick_us || now_us < s->tick_us || now_us - s->tick_us > most)
		s->awake_us = now_us;
	s->tick_us = now_us;
}

static bool
is_over(const struct run_evidence *ev, enum run_state state, bool process_ended)
{
	return ev->gone || state == RUN_FINISHED || state == RUN_FAILED || state == RUN_CANCELLED ||
	       (state == RUN_LOST && process_ended);
}

static bool
is_said(const struct term *t)
{
	return t->detector && (t->detector->sign == SIGN_LOG || t->detector->sign == SIGN_FATAL);
}

static void
explain_said(const struct signs *g, const struct term *t, struct str *out)
{
	const struct said *f = subject_said(g->s, t->wish);

	if (!f)
		return;
	str_addf(out, "its log says: %s", f->hit.line);
	if (t->detector->sign == SIGN_FATAL)
		str_addf(out, "; and nothing was trained for %.0f min",
			 (double)(g->now.now_us - f->hit.arrival_us) / 60e6);
}

/* It rests on what was there before anybody watched. */
static bool
rests_on_history(const struct rule *rule, const struct subject *s)
{
	for (int i = 0; i < rule->when.nterms; i++) {
		const struct term *t = &rule->when.term[i];
		const struct said *f = is_said(t) ? subject_said(s, t->wish) : NULL;
		if (f && f->hit.historic)
			return true;
	}
	return false;
}

static void
explain_term(const struct term *t, const struct signs *g, const struct str *evidence,
	     struct str *out)
{
	double keeps[KEEPER_ARGS];
	const struct keeper *k = term_keeper(t, keeps);
	enum gauge gauge = t->function ? t->function->gauge : GAUGE_NONE;

	if (is_said(t))
		explain_said(g, t, out);
	else if (t->detector && t->detector->sign != SIGN_NONE)
		str_adds(out, str_c(evidence));
	else if (t->detector && k && g->memory)
		t->detector->explain(memory_state(g->memory, memory_need(g->memory, k, keeps)),
				     t->arg, &g->now, out);
	else if (gauge == GAUGE_CKPT_ROOM)
		str_addf(out, "room for %.1f more checkpoints", g->s->room);
	else if (gauge == GAUGE_EXIT && !isnan(g->exit))
		str_addf(out, "exit code %.0f", g->exit);
	else if (gauge == GAUGE_ATTEMPT)
		str_addf(out, "attempt %u", g->s->attempt);
}

/* What a rule says of a run when it fires. */
static void
explain(const struct rule *rule, const struct signs *g, const struct str *evidence, struct str *out)
{
	struct str one = STR_INIT;

	for (int i = 0; i < rule->when.nterms; i++) {
		str_reset(&one);
		explain_term(&rule->when.term[i], g, evidence, &one);
		if (one.len && out->len)
			str_adds(out, "; ");
		str_adds(out, str_c(&one));
	}
	str_release(&one);
}

static void
judge_run(struct listener *l, struct rule *rule, struct signs *g, const struct finding *f,
	  const struct str *evidence)
{
	struct instance *in = instance_find(l->r, rule, g->s->run, "");
	enum verdict when = condition_judge(&rule->when, judge_term, g),
		     clear = rule->clear.nterms ? condition_judge(&rule->clear, judge_term, g)
						: VERDICT_UNKNOWN;
	struct occasion oc = {
		.judged = rule_judgement(rule, when, clear),
		.now_us = l->now_us,
		.step = g->now.step,
		.value = g->now.value,
		.historic = rests_on_history(rule, g->s),
		.tick = true,
	};
	struct finding mine = *f;
	struct str why = STR_INIT;

	if (oc.judged == JUDGED_TRUE && (!in || in->a.state != ALERT_FIRING)) {
		explain(rule, g, evidence, &why);
		mine.why = str_c(&why);
	}
	instance_judge(l, rule, g->s, "", &in, &oc, &mine);
	str_release(&why);
}

/* Rules about series that change while nothing comes. */
static void
judge_ages(struct listener *l, struct subject *s)
{
	for (struct watch *w = s->watches; w; w = w->next) {
		struct sample now = {
			.value = w->last,
			.step = w->last_step,
			.now_us = l->now_us,
			.tick = true,
			.goal = w->goal,
			.last_us = w->last_us,
			.train = s->course ? course_trend(s->course) : NULL,
			.other = subject_other,
			.ctx = s,
		};
		for (int i = 0; i < w->n && w->last_us; i++) {
			struct watch_rule *wr = &w->of[i];
			if (!wr->rule->ages)
				continue;
			struct occasion oc = {.judged = watch_judge(wr, &now),
					      .now_us = l->now_us,
					      .step = w->last_step,
					      .value = w->last,
					      .tick = true};
			struct finding f = {.by = wr, .now = &now};
			instance_judge(l, wr->rule, s, w->metric, &wr->in, &oc, &f);
		}
	}
}

/* Does it tell of how a run ends, or of what was said on the way? Then its end is no reason that
 * it is over; of any other it is, and the run is not judged by it any more. */
static bool
outlives_run(const struct rule *rule)
{
	for (int i = 0; i < rule->when.nterms; i++) {
		const struct term *t = &rule->when.term[i];
		if (t->detector ? t->detector->sign == SIGN_FAILED ||
					  t->detector->sign == SIGN_FINISHED || is_said(t)
				: t->function->exact)
			return true;
	}
	return false;
}

/* A failure is somebody's to know, even when another process has taken the run up again; but not
 * one that came to its end after all. */
static void
let_failures_go(struct subject *s)
{
	for (struct instance *in = s->first; in; in = in->sibling)
		for (int i = 0; i < in->rule->when.nterms; i++) {
			const struct detector *d = in->rule->when.term[i].detector;
			if (d && d->sign == SIGN_FAILED)
				in->a.latched = false;
		}
}

bool
rule_asks(const struct rule *rule, int wish)
{
	const struct condition *both[] = {&rule->when, &rule->clear};

	for (int k = 0; k < 2; k++)
		for (int i = 0; i < both[k]->nterms; i++)
			if (is_said(&both[k]->term[i]) && both[k]->term[i].wish == wish)
				return true;
	return false;
}

void
run_judge_said(struct listener *l, struct subject *s, int wish, int64_t step)
{
	struct str evidence = STR_INIT;
	struct signs g = {
		.s = s,
		.state = RUN_UNKNOWN,
		.saying = true,
		.exit = NAN,
		.now = {.step = step, .now_us = l->now_us, .tick = true, .last_us = l->now_us}};

	for (int i = 0; i < l->r->n; i++) {
		struct rule *rule = &l->r->rule[i];
		if (rule->about != ABOUT_RUN || !rule_asks(rule, wish) ||
		    !rule_applies(rule, s->run))
			continue;
		judge_run(l, rule, &g, &(struct finding){0}, &evidence);
	}
	str_release(&evidence);
}

void
rules_run(struct rules *r, const char *run, uint32_t attempt, const struct run_evidence *ev,
	  const struct pace *pace, int64_t now_us, rules_emit_fn *fn, void *ctx)
{
	struct listener l = {r, now_us, fn, ctx};
	struct subject *s = rules_subject(r, run);
	struct str evidence = STR_INIT;
	int code;
	struct signs g = {
		.s = s,
		.state = run_judge(ev, pace, now_us, &evidence),
		.process_ended = run_process_ended(ev, pace),
		.stopped_early = run_stopped_early(ev),
		.was_at_work = s->at_work,
		.exit = run_said_exit(ev->said, &code) ? code : NAN,
		.quiet_us = run_quiet_us(ev, pace),
	};

	rules_attempt(&l, s, attempt);
	keep_time(r, s, now_us);
	instances_sweep(&l);
	if (run_settles(ev, pace, now_us)) {
		str_release(&evidence);
		return;
	}
	bool over = is_over(ev, g.state, g.process_ended);
	for (struct instance *in = s->first; in && over; in = in->sibling)
		if (!in->a.latched && (ev->gone || !outlives_run(in->rule)))
			instance_end(&l, in);
	if (g.state == RUN_FINISHED)
		let_failures_go(s);
	if (g.state == RUN_RUNNING || g.state == RUN_QUIET || g.state == RUN_STALLED)
		s->at_work = true;
	else if (over)
		s->at_work = false;
	int64_t last = run_last_arrival_us(ev, pace);
	g.now = (struct sample){
		.value = (double)(now_us - last) / 1e6,
		.step = ev->last_step,
		.now_us = now_us,
		.tick = true,
		.last_us = last,
	};
	double rate;
	g.memory = s->course ? course_memory(s->course, &rate) : NULL;
	struct finding f = {.limit_us = run_stall_us(ev, pace)};
	for (int i = 0; i < r->n; i++)
		if (r->rule[i].about == ABOUT_RUN && rule_applies(&r->rule[i], run) &&
		    !(over && (ev->gone ? !r->rule[i].latch : !outlives_run(&r->rule[i]))))
			judge_run(&l, &r->rule[i], &g, &f, &evidence);
	judge_ages(&l, s);
	str_release(&evidence);
}

void
rules_room(struct rules *r, const char *run, double checkpoints)
{
	rules_subject(r, run)->room = checkpoints;
}

/* -- places ------------------------------------------------------------------------------------ */

/* What was free of a file system over the last hour, looked at every other minute; half an hour of
 * it is enough to tell a trend from a checkpoint that is written. */
enum { USAGE_N = 31, USAGE_ENOUGH = 16 };
#define USAGE_EVERY_US (120 * RULE_SECOND)

struct usage {
	struct {
		int64_t us;
		double free;
	} at[USAGE_N];
	uint32_t n, head;
	double free, inodes, eta_s;
};

/* Theil and Sen's slope, the median over all pairs: a checkpoint that is written and an older one
 * that is deleted do not make a trend. Seconds until nothing is left; infinite when it does not get
 * less, NaN before there is enough to tell. */
static double
usage_eta(const struct usage *u)
{
	double slope[USAGE_N * (USAGE_N - 1) / 2];
	size_t n = 0;

	if (u->n < USAGE_ENOUGH)
		return NAN;
	for (uint32_t i = 0; i < u->n; i++)
		for (uint32_t k = 0; k < i; k++)
			if (u->at[i].us != u->at[k].us)
				slope[n++] = (u->at[i].free - u->at[k].free) /
					     ((double)(u->at[i].us - u->at[k].us) / 1e6);
	if (!n)
		return NAN;
	for (size_t i = 1; i < n; i++)
		for (size_t k = i; k > 0 && slope[k - 1] > slope[k]; k--) {
			double t = slope[k];
			slope[k] = slope[k - 1];
			slope[k - 1] = t;
		}
	double middle = slope[n / 2];
	return middle < 0 ? u->free / -middle : INFINITY;
}

static void
usage_take(struct usage *u, double free, double inodes, int64_t now_us)
{
	u->free = free;
	u->inodes = inodes;
	const int64_t newest = u->n ? u->at[(u->head + USAGE_N - 1) % USAGE_N].us : 0;
	if (!isfinite(free) || (u->n && now_us >= newest && now_us - newest < USAGE_EVERY_US))
		return;
	/* After a pause, or a clock that was set, what was before says nothing. */
	if (u->n && (now_us < newest || now_us - newest > HOUR_US))
		u->n = u->head = 0;
	u->at[u->head].us = now_us;
	u->at[u->head].free = free;
	u->head = (u->head + 1) % USAGE_N;
	u->n += u->n < USAGE_N;
	u->eta_s = usage_eta(u);
}

static double
gauge_of(const struct usage *u, enum gauge g)
{
	switch (g) {
	case GAUGE_DISK_FREE:
		return u->free;
	case GAUGE_INODE_FREE:
		return u->inodes;
	case GAUGE_DISK_ETA:
		return u->eta_s;
	default:
		return NAN;
	}
}

static enum verdict
judge_gauge(void *ctx, const struct term *t, int i)
{
	(void)i;
	return term_compare(t, gauge_of(ctx, t->function->gauge));
}

static void
explain_place(const struct usage *u, struct str *out)
{
	str_addf(out, "%.1f %% of the file system is free", 100 * u->free);
	if (isfinite(u->inodes))
		str_addf(out, ", %.1f %% of its inodes", 100 * u->inodes);
	if (isfinite(u->eta_s))
		str_addf(out, "; full in %.1f h", u->eta_s / 3600);
}

void
rules_place(struct rules *r, const char *dir, double disk_free, double inode_free, int64_t now_us,
	    rules_emit_fn *fn, void *ctx)
{
	struct listener l = {r, now_us, fn, ctx};
	struct subject *s = rules_subject(r, dir);
	struct str why = STR_INIT;

	if (!s->usage) {
		s->usage = xcalloc(1, sizeof *s->usage);
		s->usage->eta_s = NAN;
	}
	usage_take(s->usage, disk_free, inode_free, now_us);
	explain_place(s->usage, &why);
	instances_sweep(&l);
	for (int i = 0; i < r->n; i++) {
		struct rule *rule = &r->rule[i];
		if (rule->about != ABOUT_PLACE || !rule_applies(rule, dir))
			continue;
		struct instance *in = instance_find(r, rule, dir, "");
		enum verdict when = condition_judge(&rule->when, judge_gauge, s->usage),
			     clear = condition_judge(&rule->clear, judge_gauge, s->usage);
		struct occasion oc = {.judged = rule_judgement(rule, when, clear),
				      .now_us = now_us,
				      .value = disk_free,
				      .tick = true};
		struct finding f = {.why = str_c(&why)};
		instance_judge(&l, rule, s, "", &in, &oc, &f);
	}
	str_release(&why);
}
