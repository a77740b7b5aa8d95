/* The store keeps the same evidence for its readers. Here it is kept again, because rules about
 * silence are judged each second and a judgement must not cost a look into the store. */
#include "core/vitals.h"

#include "core/num.h"
#include "core/xalloc.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct vitals *
vitals_new(const char *run)
{
	struct vitals *v = xcalloc(1, sizeof *v);
	v->run = xstrdup(run);
	v->attempt = 1;
	v->unit = STEP_NONE;
	v->lead = UINT32_MAX;
	v->loss_rank = INT_MAX;
	return v;
}

bool
vitals_is(const void *vitals, const void *run, size_t n)
{
	const struct vitals *v = vitals;
	return strlen(v->run) == n && memcmp(v->run, run, n) == 0;
}

void
vitals_free(struct vitals *v)
{
	if (!v)
		return;
	free(v->run);
	free((char *)(uintptr_t)v->said.what);
	free(v->pace);
	free(v);
}

static struct pace *
pace_of(struct vitals *v)
{
	if (!v->pace) {
		v->pace = xcalloc(1, sizeof *v->pace);
		v->ev.limits = (struct pace_limits){0};
	}
	return v->pace;
}

const struct pace *
vitals_pace(const struct vitals *v)
{
	return v->pace;
}

/* How fast it goes is measured anew. */
static void
pace_anew(struct vitals *v)
{
	if (v->pace)
		v->pace->n = v->pace->head = 0;
}

void
vitals_become(struct vitals *v, const struct vitals *was)
{
	char *run = v->run;
	int nlogs = v->nlogs, ngone = v->ngone;
	free((char *)(uintptr_t)v->said.what);
	free(v->pace);
	*v = *was;
	v->run = run;
	v->nlogs = nlogs;
	v->ngone = ngone;
	v->said.what = v->ev.said = NULL;
	vitals_said(v, &was->said);
	v->pace = was->pace ? xmemdup(was->pace, sizeof *was->pace) : NULL;
}

void
vitals_rest(struct vitals *v)
{
	if (v->pace)
		v->ev.limits = pace_limits(v->pace);
	free(v->pace);
	v->pace = NULL;
}

bool
vitals_rests(const struct vitals *v)
{
	return !v->pace && v->ev.limits.stall_us;
}

void
vitals_wake(struct vitals *v, const struct pace *pace)
{
	*pace_of(v) = *pace;
}

void
vitals_anew(struct vitals *v, uint32_t attempt)
{
	struct run_evidence old = v->ev;
	v->attempt = attempt;
	v->ev = (struct run_evidence){.last_arrival_us = old.last_arrival_us,
				      .gone = old.gone,
				      .limits = old.limits,
				      .writing = old.writing};
	pace_anew(v); /* how long it is usually silent outlives an attempt */
	v->unit = STEP_NONE;
	v->any = false;
	v->lead = UINT32_MAX;
	v->loss_rank = INT_MAX;
	vitals_said(v, &(struct last_words){0});
}

/* A total is one of the unit in which the run's steps are counted. */
static void
take_total(struct vitals *v)
{
	v->ev.total = v->total ? v->total : v->totals[v->unit];
	v->ev.epoch_steps = 0;
	if (!v->ev.total && v->unit == STEP_STEP) {
		v->ev.total = run_total_of_epochs(v->totals[STEP_EPOCH], v->epoch_steps);
		v->ev.epoch_steps = v->ev.total ? v->epoch_steps : 0;
	}
}

/* A run's step is in the finest unit that any of its logs has. */
static void
take_step(struct vitals *v, enum step_unit unit, int64_t step)
{
	if (unit < v->unit || !v->any)
		v->ev.step_from_zero = step == 0;
	if (unit < v->unit)
		pace_anew(v); /* it went by coarser steps */
	if (v->unit != unit) {
		v->unit = unit;
		take_total(v);
	}
	v->ev.last_step = step;
}

void
vitals_row(struct vitals *v, uint32_t log, const struct row *r)
{
	int64_t wall = r->wall_us ? r->wall_us : r->arrival_us;
	struct pace *pace = pace_of(v);
	if (r->unit < v->unit || (r->unit == v->unit && v->lead == UINT32_MAX))
		v->lead = r->unit == STEP_NONE ? UINT32_MAX : log;
	if (r->unit != STEP_NONE && r->unit <= v->unit &&
	    (log == v->lead || r->step > v->ev.last_step))
		take_step(v, r->unit, r->step);
	if (log == v->lead && r->unit == v->unit)
		pace_step(pace, r->step, wall);
	if (!v->ev.first_us)
		v->ev.first_us = wall;
	v->ev.last_us = wall;
	v->ev.points += r->n;
	v->any = true;
}

void
vitals_arrival(struct vitals *v, int64_t us, bool live)
{
	if (live) {
		pace_arrival(pace_of(v), us);
		v->alive = true;
	}
	if (us > v->ev.last_arrival_us)
		v->ev.last_arrival_us = us;
}

void
vitals_loss(struct vitals *v, int rank, double value)
{
	if (rank > v->loss_rank)
		return;
	v->loss_rank = rank;
	v->ev.loss_bad = !isfinite(value);
}

static bool
read_total(const char *value, int64_t *n)
{
	double v;
	return num_parse_all(value, value + strlen(value), &v) && num_to_step(v, n) && *n > 0;
}

void
vitals_total(struct vitals *v, const char *value)
{
	if (read_total(value, &v->total))
		v->ev.total = v->total;
	else
		v->total = 0;
}

void
vitals_param(struct vitals *v, const char *key, const char *value)
{
	enum step_unit unit;
	unsigned depth = run_param_depth(key);
	int64_t n;
	if (!strcmp(key, RUN_EPOCH_STEPS)) {
		v->epoch_steps = read_total(value, &n) ? n : 0;
		take_total(v);
		return;
	}
	if (!run_total_param(key, &unit) || !read_total(value, &n) ||
	    (v->totals[unit] && v->depths[unit] < depth))
		return;
	v->totals[unit] = n;
	v->depths[unit] = (uint16_t)(depth < UINT16_MAX ? depth : UINT16_MAX);
	take_total(v);
}

void
vitals_writing(struct vitals *v, const struct writing *w)
{
	v->ev.writing = *w;
}

void
vitals_said(struct vitals *v, const struct last_words *w)
{
	char *what = w->what ? xstrdup(w->what) : NULL;
	free((char *)(uintptr_t)v->said.what);
	v->said = *w;
	v->said.what = v->ev.said = what;
}

void
vitals_restore(struct vitals *v, const struct run_kept *k, int rank)
{
	struct run_evidence old = v->ev;
	v->attempt = k->attempt;
	v->ev = k->ev;
	v->ev.writing = old.writing;
	v->ev.gone = old.gone;
	v->ev.said = v->said.what;
	if (k->ev.said && !v->said.what)
		vitals_said(v, &(struct last_words){.what = k->ev.said});
	if (old.last_arrival_us > v->ev.last_arrival_us)
		v->ev.last_arrival_us = old.last_arrival_us;
	v->unit = k->unit;
	v->loss_rank = rank;
	v->any = k->ev.points > 0;
	vitals_wake(v, &k->pace);
	vitals_rest(v);
	if (v->total)
		v->ev.total = v->total;
}
