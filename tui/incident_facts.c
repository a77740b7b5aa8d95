/* The order is that of the questions: how bad is it now, what does the rule ask, how is the run, who
 * knows; then what identifies it, and at last its history, the newest first. */
#include "tui/incident_facts.h"

#include "core/clock.h"
#include "core/rule_words.h"
#include "core/silence.h"
#include "core/utf8.h"
#include "core/xalloc.h"
#include "tui/fmt.h"
#include "tui/incident.h"
#include "tui/sign.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *
unit_name(uint8_t unit)
{
	return unit == STEP_EPOCH ? "epoch" : unit == STEP_ROW ? "row" : "step";
}

static void
add_value(struct page *p, struct model *m, const struct incident *in)
{
	const struct alert *a = &in->seen.a;
	const struct model_run *r = model_run_by_path(m, a->run);
	char was[FMT_N], now[FMT_N], s0[FMT_N], s1[FMT_N];
	const char *unit = unit_name(r ? r->info.unit : STEP_STEP);
	if (!a->metric[0])
		return;
	if (in->has_now && in->now_step != a->step)
		page_addf(p, "value", STYLE_NORMAL, "%s at %s %s; now %s at %s",
			  fmt_value(was, a->value), unit, fmt_step(s0, a->step),
			  fmt_value(now, in->now), fmt_step(s1, in->now_step));
	else
		page_addf(p, "value", STYLE_NORMAL, "%s at %s %s", fmt_value(was, a->value), unit,
			  fmt_step(s0, a->step));
}

static void
add_rule(struct page *p, const struct model *m, const struct alert *a)
{
	static const struct {
		const char *key, *before;
	} more[] = {{"for", ", for "}, {"clear", "; clear: "}, {"keep", ", for "}};
	const char *when = rule_word(m->conf, a->rule, "when");
	const char *latch = rule_word(m->conf, a->rule, "latch");
	struct str s = STR_INIT;
	bool yes = false;
	str_addf(&s, "%s (%s): ", a->rule, severity_names[a->severity]);
	str_adds(&s, when                             ? when
		     : strcmp(a->rule, "raised") == 0 ? "the program says so"
						      : "no rule has this name any more");
	for (size_t i = 0; i < sizeof more / sizeof *more; i++) {
		const char *text = rule_word(m->conf, a->rule, more[i].key);
		if (!text || !*text || strcmp(text, "0") == 0)
			continue;
		/* `keep` without `clear` is of the condition's own end. */
		bool bare = i == 2 && !rule_word(m->conf, a->rule, "clear");
		str_addf(&s, "%s%s", bare ? "; clear for " : more[i].before, text);
	}
	if (latch && conf_parse_bool(latch, &yes) && yes)
		str_adds(&s, "; until it is acknowledged");
	page_add(p, "rule", STYLE_DIM, str_c(&s), STYLE_NORMAL);
	str_release(&s);
}

/* What is seldom asked for, below all else but the history. */
static void
add_rest(struct page *p, const struct model *m, const struct alert *a)
{
	const char *metric = rule_word(m->conf, a->rule, "metric");
	if (a->metric[0])
		page_add(p, "metric", STYLE_DIM, a->metric, STYLE_NORMAL);
	if (metric && strcmp(metric, a->metric) != 0)
		page_add(p, "watches", STYLE_DIM, metric, STYLE_DIM);
	page_add(p, "path", STYLE_DIM, a->run, STYLE_DIM);
}

static void
add_run(struct page *p, struct model *m, const struct alert *a)
{
	const struct model_run *r = model_run_by_path(m, a->run);
	struct str why = STR_INIT;
	char sign[5] = "";
	if (!r) {
		page_add(p, "run", STYLE_DIM, a->run, STYLE_NORMAL);
		return;
	}
	sign[utf8_put(sign_of_state(r->state, m->ascii), sign)] = '\0';
	model_why(m, r, &why);
	page_addf(p, "run", sign_state_style(r->state), "%s %s%s%s", sign, run_state_name(r->state),
		  why.len ? ": " : "", str_c(&why));
	str_release(&why);
}

static void
add_told(struct page *p, const struct model *m, const struct incident *in)
{
	const struct outbox_read *o = &in->kept;
	char when[FMT_N];
	for (size_t i = 0; i < o->n; i++) {
		const struct outbox_channel *c = &o->channel[i];
		struct str s = STR_INIT;
		/* That it fires is said only when that no longer waits. */
		bool told = c->told_us && !(c->waits && c->event == NOTICE_FIRE);
		if (told)
			str_addf(&s, "told %s", fmt_moment(when, c->told_us, m->now_us));
		else
			str_adds(&s, "not told yet");
		if (c->waits && told)
			str_addf(&s, "; %s waits", notice_event_names[c->event]);
		if (c->waits && c->tries)
			str_addf(&s, ", %u %s failed, next at %s", c->tries,
				 c->tries == 1 ? "try" : "tries",
				 fmt_moment(when, c->next_us, m->now_us));
		char *label = xasprintf("to %s", c->name);
		page_add(p, label, STYLE_DIM, str_c(&s),
			 c->waits && c->tries ? STYLE_WARN : STYLE_NORMAL);
		free(label);
		str_release(&s);
	}
	if (!o->n)
		page_add(p, "told", STYLE_DIM,
			 o->muted           ? "nobody yet: it is muted"
			 : !in->seen.a.sent ? "nobody: this rule is only shown"
			 : m->conf && conf_notifies(m->conf)
				 ? "nobody"
				 : "nobody: mm.conf has no [notify NAME]",
			 STYLE_NORMAL);
	if (o->flapping)
		page_add(p, "", STYLE_DIM,
			 "it comes and goes: nothing more is told until it is calm", STYLE_WARN);
}

/* By whom it is silenced now, and since when. */
static int
add_silence(void *ctx, const struct silence *s)
{
	struct page *p = ctx;
	char when[FMT_N], until[FMT_N];
	int64_t now = clock_wall_us();
	page_addf(p, "silenced", STYLE_NORMAL, "%s, until %s, on %s%s%s",
		  fmt_moment(when, s->from_us, now), fmt_moment(until, s->until_us, now), s->host,
		  *s->reason ? ": " : "", s->reason);
	return 0;
}

static void
add_history(struct page *p, const struct model *m, const struct incident *in)
{
	static const char *const word[PAST_NEVENTS] = {"fired", "was over", "was acknowledged"};
	const struct past *past = in->kept.past;
	char when[FMT_N], value[FMT_N], step[FMT_N], head[64];
	if (!past || !past->n)
		return;
	snprintf(head, sizeof head, "It fired %llu time%s", (unsigned long long)past->episodes,
		 past->episodes == 1 ? "" : "s");
	page_heading(p, head);
	for (int i = past->n; i-- > 0;) {
		const struct past_entry *e = &past->entry[i];
		const char *clock = fmt_moment(when, e->time_us, m->now_us);
		if (e->event == PAST_FIRED && in->seen.a.metric[0])
			page_addf(p, clock, STYLE_NORMAL, "fired, with %s at %s",
				  fmt_value(value, e->value), fmt_step(step, e->step));
		else
			page_add(p, clock, STYLE_DIM, word[e->event], STYLE_NORMAL);
	}
}

void
incident_facts(struct page *p, struct model *m)
{
	const struct incident *in = m->incident;
	const struct alert *a = &in->seen.a;
	add_value(p, m, in);
	add_rule(p, m, a);
	add_run(p, m, a);
	add_told(p, m, in);
	model_silences(m, a, add_silence, p);
	add_rest(p, m, a);
	add_history(p, m, in);
}
