/* Prometheus's states (pending, firing, kept firing) with what its users miss: a clear condition of
 * its own, counting in points, and a memory that survives a restart. A step is a pure function of
 * the instance and one verdict, so that replaying points gives what watching them gave.
 *
 * Time is counted by moving SINCE: whatever must not count (unknown verdicts, downtimes, a clock
 * that was set back) moves it along, and the rest is now - since. */
#include "core/rule_state.h"

#include "core/rule_own.h"

#include <string.h>

enum judgement
rule_judgement(const struct rule *r, enum verdict when, enum verdict clear)
{
	enum judgement unknown = r->nodata == NODATA_FIRE ? JUDGED_TRUE
				 : r->nodata == NODATA_OK ? JUDGED_CLEAR
							  : JUDGED_UNKNOWN;

	if (when == VERDICT_TRUE)
		return JUDGED_TRUE;
	if (!r->clear.nterms)
		return when == VERDICT_FALSE ? JUDGED_CLEAR : unknown;
	if (clear == VERDICT_TRUE)
		return JUDGED_CLEAR;
	return when == VERDICT_UNKNOWN || clear == VERDICT_UNKNOWN ? unknown : JUDGED_NEITHER;
}

static void
enter(struct alert *a, enum alert_state state, int64_t now_us)
{
	a->state = state;
	a->since_us = now_us;
	a->n = 1;
}

static enum change
fire(const struct rule *r, struct alert *a, const struct occasion *oc, uint64_t *episode)
{
	enter(a, ALERT_FIRING, oc->now_us);
	a->fired_us = oc->now_us;
	a->episode = ++*episode;
	a->severity = r->severity;
	a->latched = r->latch;
	a->acked = false;
	a->historic = oc->historic;
	a->inhibited = false;
	return oc->historic ? CHANGE_STATE : CHANGE_FIRED;
}

static void
remember(struct alert *a, const struct occasion *oc)
{
	a->step = oc->step;
	a->value = oc->value;
}

/* What passed since the last verdict shall not count. */
static void
pause_clock(struct alert *a, const struct occasion *oc)
{
	if (oc->last_us && oc->now_us > oc->last_us)
		a->since_us += oc->now_us - oc->last_us;
}

static uint32_t
window_mask(const struct hold *h)
{
	return h->of >= 32 ? UINT32_MAX : (UINT32_C(1) << h->of) - 1;
}

static enum change
begin(const struct rule *r, struct alert *a, const struct occasion *oc, uint64_t *episode)
{
	/* What counts points begins at one. */
	if (oc->judged != JUDGED_TRUE || (oc->tick && r->hold.kind == HOLD_POINTS))
		return CHANGE_NONE;
	remember(a, oc);
	if (r->hold.kind == HOLD_NONE || (r->hold.kind == HOLD_POINTS && r->hold.points <= 1))
		return fire(r, a, oc, episode);
	enter(a, ALERT_PENDING, oc->now_us);
	a->severity = r->severity;
	a->historic = oc->historic;
	a->acked = a->latched = false;
	return CHANGE_STATE;
}

static enum change
step_pending(const struct rule *r, struct alert *a, const struct occasion *oc, uint64_t *episode)
{
	const struct hold *h = &r->hold;
	bool done;

	if (oc->tick && h->kind == HOLD_POINTS)
		return CHANGE_NONE;
	if (oc->judged == JUDGED_UNKNOWN) {
		pause_clock(a, oc);
		return CHANGE_CLOCK;
	}
	if (h->kind == HOLD_POINTS && h->of) {
		a->n = ((a->n << 1) | (oc->judged == JUDGED_TRUE)) & window_mask(h);
		if (!a->n)
			goto over;
		done = (uint32_t)__builtin_popcount(a->n) >= h->points;
	} else {
		if (oc->judged != JUDGED_TRUE)
			goto over;
		a->n++;
		done = h->kind == HOLD_TIME ? oc->now_us - a->since_us >= h->time_us
					    : a->n >= h->points;
	}
	if (oc->judged == JUDGED_TRUE)
		remember(a, oc);
	return done ? fire(r, a, oc, episode) : CHANGE_CLOCK;
over:
	enter(a, ALERT_OK, oc->now_us);
	return CHANGE_STATE;
}

enum change
rule_resolve(struct alert *a, int64_t now_us)
{
	if (a->state == ALERT_OK || a->state == ALERT_RESOLVED)
		return CHANGE_NONE;
	enter(a, a->state == ALERT_PENDING ? ALERT_OK : ALERT_RESOLVED, now_us);
	a->latched = false;
	return CHANGE_STATE;
}

static enum change
step_firing(const struct rule *r, struct alert *a, const struct occasion *oc)
{
	switch (oc->judged) {
	case JUDGED_TRUE:
		a->n = 1;
		if (!a->historic || oc->historic)
			return CHANGE_NONE;
		/* It was like this before anybody watched, and now somebody sees it. */
		a->historic = false;
		return a->acked ? CHANGE_STATE : CHANGE_FIRED;
	case JUDGED_CLEAR:
		if (a->latched) {
			enum change c = a->n ? CHANGE_STATE : CHANGE_NONE;
			a->n = 0;
			return c;
		}
		if (r->keep.kind == HOLD_NONE ||
		    (r->keep.kind == HOLD_POINTS && r->keep.points <= 1))
			return rule_resolve(a, oc->now_us);
		enter(a, ALERT_RECOVERING, oc->now_us);
		if (oc->tick && r->keep.kind == HOLD_POINTS)
			a->n = 0;
		return CHANGE_STATE;
	default:
		return CHANGE_NONE;
	}
}

static void
fire_on(struct alert *a)
{
	enter(a, ALERT_FIRING, a->fired_us);
}

static enum change
step_recovering(const struct rule *r, struct alert *a, const struct occasion *oc)
{
	const struct hold *k = &r->keep;

	switch (oc->judged) {
	case JUDGED_TRUE:
	case JUDGED_NEITHER:
		fire_on(a);
		return CHANGE_STATE;
	case JUDGED_UNKNOWN:
		pause_clock(a, oc);
		return CHANGE_CLOCK;
	default:
		if (oc->tick && k->kind == HOLD_POINTS)
			return CHANGE_NONE;
		a->n++;
		if (k->kind == HOLD_TIME ? oc->now_us - a->since_us >= k->time_us
					 : a->n >= k->points)
			return rule_resolve(a, oc->now_us);
		return CHANGE_CLOCK;
	}
}

enum change
rule_step(const struct rule *r, struct alert *a, const struct occasion *oc, uint64_t *episode)
{
	/* A clock that was set back: what had passed before has passed. */
	if (oc->last_us && oc->now_us < oc->last_us &&
	    (a->state == ALERT_PENDING || a->state == ALERT_RECOVERING))
		a->since_us -= oc->last_us - oc->now_us;
	switch (a->state) {
	case ALERT_PENDING:
		return step_pending(r, a, oc, episode);
	case ALERT_FIRING:
		return step_firing(r, a, oc);
	case ALERT_RECOVERING:
		return step_recovering(r, a, oc);
	default:
		return begin(r, a, oc, episode);
	}
}

enum change
rule_resume(const struct rule *r, struct alert *a, int64_t now_us)
{
	int64_t down = now_us - a->updated_us;
	bool pending = a->state == ALERT_PENDING, recovering = a->state == ALERT_RECOVERING;

	if ((!pending && !recovering) || down <= 0)
		return CHANGE_NONE;
	const struct hold *h = pending ? &r->hold : &r->keep;
	if (down <= RULE_DOWNTIME_US) {
		a->since_us += down;
		return CHANGE_CLOCK;
	}
	if (recovering) {
		fire_on(a);
		return CHANGE_STATE;
	}
	if (h->kind != HOLD_TIME) /* points are counted whenever they come */
		return CHANGE_NONE;
	enter(a, ALERT_OK, now_us);
	return CHANGE_STATE;
}
