/* Rules about mm itself: who watches must not fail in silence. They are about no run. */
#include "core/rule_own.h"

#include <math.h>

static double
self_gauge(const struct self_state *s, enum gauge g)
{
	switch (g) {
	case GAUGE_MM_STORE:
		return s->store_s;
	case GAUGE_MM_OUTBOX:
		return s->outbox_s;
	case GAUGE_MM_LOST:
		return s->lost;
	case GAUGE_MM_UNWATCHED:
		return s->unwatched;
	default:
		return NAN;
	}
}

static enum verdict
judge_term(void *ctx, const struct term *t, int i)
{
	(void)i;
	return t->function ? term_compare(t, self_gauge(ctx, t->function->gauge)) : VERDICT_UNKNOWN;
}

static void
explain_gauge(const struct self_state *s, enum gauge g, struct str *out)
{
	switch (g) {
	case GAUGE_MM_STORE:
		str_addf(out, "for %.0f s what was read could not be kept", s->store_s);
		break;
	case GAUGE_MM_OUTBOX:
		str_addf(out, "a message has waited for %.0f min to be told", s->outbox_s / 60);
		break;
	case GAUGE_MM_LOST:
		str_addf(out, "inotify lost events %.0f times within ten minutes", s->lost);
		break;
	case GAUGE_MM_UNWATCHED:
		str_addf(out, "%.0f directories are polled: the inotify watches are used up",
			 s->unwatched);
		break;
	default:
		break;
	}
}

/* Those of its terms that are true. */
static void
explain(const struct rule *rule, struct self_state *s, struct str *out)
{
	for (int i = 0; i < rule->when.nterms; i++) {
		const struct term *t = &rule->when.term[i];
		if (!t->function || judge_term(s, t, i) != VERDICT_TRUE)
			continue;
		if (out->len)
			str_adds(out, "; ");
		explain_gauge(s, t->function->gauge, out);
	}
}

void
rules_self(struct rules *r, const struct self_state *state, int64_t now_us, rules_emit_fn *fn,
	   void *ctx)
{
	struct listener l = {r, now_us, fn, ctx};
	struct self_state now = *state;

	instances_sweep(&l);
	for (int i = 0; i < r->n; i++) {
		struct rule *rule = &r->rule[i];
		if (rule->about != ABOUT_SELF)
			continue;
		struct subject *s = rules_subject(r, "");
		struct instance *in = instance_find(r, rule, "", "");
		enum verdict when = condition_judge(&rule->when, judge_term, &now),
			     clear = condition_judge(&rule->clear, judge_term, &now);
		struct occasion oc = {.judged = rule_judgement(rule, when, clear),
				      .now_us = now_us,
				      .value = NAN,
				      .tick = true};
		struct str why = STR_INIT;
		explain(rule, &now, &why);
		struct finding f = {.why = str_c(&why)};
		instance_judge(&l, rule, s, "", &in, &oc, &f);
		str_release(&why);
	}
}
