/* Each sentence is one function, which says nothing when there is nothing to say. Words follow from
 * numbers by rules that can be read here; there is no guess in them. */
#include "tui/digest.h"

#include "core/rule.h"
#include "core/xalloc.h"
#include "tui/fmt.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const unit_names[] = {"step", "epoch", "row", "row"};

static struct sentence *
say(struct digest *d, const char *about, struct str *text)
{
	struct sentence *s = &d->at[d->n++];

	*s = (struct sentence){.about = about, .text = str_steal(text)};
	return s;
}

static void
note(struct sentence *s, const char *name, double value)
{
	s->number[s->n].name = name;
	s->number[s->n++].value = value;
}

static double
seconds(int64_t us)
{
	return (double)us / 1e6;
}

static void
say_start(struct digest *d, const struct digest_run *r)
{
	const struct run_info *i = r->info;
	char clock[FMT_N], span[FMT_N], step[FMT_N], total[FMT_N], part[FMT_N];
	struct str t = STR_INIT;

	if (!i->points) {
		str_adds(&t, "Nothing was logged yet.");
		note(say(d, "start", &t), "points", 0);
		return;
	}
	bool going = r->state == RUN_RUNNING || r->state == RUN_QUIET || r->state == RUN_STALLED;
	double age = seconds(i->last_us - i->first_us);
	str_addf(&t, "It began at %s", fmt_moment(clock, i->first_us, r->now_us));
	if (age > 0)
		str_addf(&t, " and %s for %s", going ? "has run" : "ran", fmt_duration(span, age));
	if (i->unit != STEP_NONE)
		str_addf(&t, ", to %s %s", unit_names[i->unit & 3], fmt_step(step, i->last_step));
	if (r->total > 0 && i->unit != STEP_NONE)
		str_addf(&t, " of %s (%s)", fmt_step(total, r->total),
			 fmt_percent(part, fmin(1, (double)i->last_step / (double)r->total)));
	str_addc(&t, '.');
	struct sentence *s = say(d, "start", &t);
	note(s, "first_time", seconds(i->first_us));
	note(s, "last_time", seconds(i->last_us));
	note(s, "last_step", (double)i->last_step);
	if (r->total > 0)
		note(s, "total", (double)r->total);
}

/* -- trend ------------------------------------------------------------------------------------- */

/* The series in fiftieths of its steps: a look that costs as much however many points there are. */
enum { PARTS = 50, FIFTH = PARTS / 5 };

struct course {
	double first; /* of its finite values */
	/* By how much the mean of the last fifth is below that of the one before, the standard
	 * error of that, and the latter's mean; KNOWN is false when too little is there. */
	bool known;
	double gain, error, before;
};

/* The mean of COLUMNS' points, and the squared error of it, by how the columns' means spread. */
static int
mean_of(const struct column *c, double *mean, double *error2)
{
	double sum = 0, n = 0, m = 0, m2 = 0;
	int k = 0;

	for (int i = 0; i < FIFTH; i++) {
		if (!c[i].n)
			continue;
		double x = c[i].sum / (double)c[i].n, d = x - m;
		sum += c[i].sum;
		n += (double)c[i].n;
		m += d / ++k;
		m2 += d * (x - m);
	}
	*mean = n > 0 ? sum / n : 0;
	*error2 = k > 1 ? m2 / (k - 1) / k : 0;
	return k;
}

static int
course_of(struct snap *sn, uint32_t series, struct course *c, struct err *e)
{
	struct column column[PARTS];
	struct span sp = {.axis = AXIS_STEP, .columns = PARTS};
	double ea, eb, after;

	*c = (struct course){.first = NAN};
	if (!snap_extent(sn, series, AXIS_STEP, 0, &sp.x0, &sp.x1))
		return 0;
	int code = snap_columns(sn, series, &sp, column, e);
	if (code < 0)
		return code;
	for (int i = 0; i < PARTS && isnan(c->first); i++)
		if (column[i].n)
			c->first = column[i].first;
	int a = mean_of(column + 3 * FIFTH, &c->before, &ea),
	    b = mean_of(column + 4 * FIFTH, &after, &eb);
	c->gain = c->before - after;
	c->error = sqrt(ea + eb);
	c->known = a >= FIFTH / 2 && b >= FIFTH / 2 && isfinite(c->gain);
	return 0;
}

static int
say_trend(struct digest *d, struct snap *sn, const struct digest_run *r, struct err *e)
{
	const struct glance *g = &r->info->loss;
	struct series_info si;
	struct course c;
	char first[FMT_N], last[FMT_N];
	struct str t = STR_INIT;

	if (!*g->name || !snap_series_find(sn, r->info->id, g->name, &si) || !si.now.points)
		return 0;
	int code = course_of(sn, si.id, &c, e);
	if (code < 0)
		return code;
	/* What it last was says more than how it went. */
	bool known = c.known && isfinite(si.now.last);
	if (si.now.points == si.now.nonfinite)
		str_addf(&t, "%s was never a finite number", g->name);
	else if (isnan(c.first))
		str_addf(&t, "%s is %s", g->name, fmt_value(last, si.now.last));
	else
		str_addf(&t, "%s began at %s and is %s", g->name, fmt_value(first, c.first),
			 fmt_value(last, si.now.last));
	if (known && fabs(c.gain) > 2 * c.error)
		str_addf(&t, "; over the last fifth of its steps it %s by %.2g %%",
			 c.gain > 0 ? "fell" : "rose", 100 * fabs(c.gain / c.before));
	else if (known)
		str_adds(&t, "; over the last fifth of its steps it was level");
	if (si.now.nonfinite && si.now.nonfinite < si.now.points)
		str_addf(&t, "; %llu of its values are no numbers",
			 (unsigned long long)si.now.nonfinite);
	str_addc(&t, '.');
	struct sentence *s = say(d, "trend", &t);
	if (!isnan(c.first))
		note(s, "first", c.first);
	note(s, "last", si.now.last);
	note(s, "points", (double)si.now.points);
	note(s, "nonfinite", (double)si.now.nonfinite);
	if (known) {
		note(s, "gain", c.gain);
		note(s, "error", c.error);
		note(s, "before", c.before);
	}
	return 0;
}

/* -- best -------------------------------------------------------------------------------------- */

static void
say_best(struct digest *d, struct snap *sn, const struct digest_run *r)
{
	const struct glance *g = *r->info->headline.name ? &r->info->headline : &r->info->loss;
	struct series_info si;
	char best[FMT_N], step[FMT_N];
	struct str t = STR_INIT;

	if (!*g->name || !isfinite(g->best) || !snap_series_find(sn, r->info->id, g->name, &si) ||
	    !si.now.points)
		return;
	bool least = g->best == si.now.min;
	int64_t at = least ? si.now.min_step : si.now.max_step;
	str_addf(&t, "%s was best, %s", g->name, fmt_value(best, g->best));
	if (si.now.unit != STEP_NONE)
		str_addf(&t, ", at %s %s", unit_names[si.now.unit & 3], fmt_step(step, at));
	if (at == si.now.last_step)
		str_adds(&t, ", its last");
	str_addc(&t, '.');
	struct sentence *s = say(d, "best", &t);
	note(s, "best", g->best);
	note(s, "step", (double)at);
	note(s, "last_step", (double)si.now.last_step);
}

static int
count_back(void *ctx, const struct series_info *si)
{
	uint32_t *segments = ctx;

	if (si->now.points && si->now.segments > *segments)
		*segments = si->now.segments;
	return 0;
}

static void
say_restarts(struct digest *d, struct snap *sn, const struct digest_run *r)
{
	uint32_t segments = 1;
	struct str t = STR_INIT;

	snap_series(sn, r->info->id, count_back, &segments);
	if (segments <= 1 && r->info->attempt <= 1)
		return;
	if (r->info->attempt > 1)
		str_addf(&t, "It began anew %u time%s", r->info->attempt - 1,
			 r->info->attempt == 2 ? "" : "s");
	if (segments > 1)
		str_addf(&t, "%s step went back %u time%s", t.len ? "; since then its" : "Its",
			 segments - 1, segments == 2 ? "" : "s");
	str_addc(&t, '.');
	struct sentence *s = say(d, "restarts", &t);
	note(s, "attempt", r->info->attempt);
	note(s, "segments", segments);
}

/* -- alerts ------------------------------------------------------------------------------------ */

struct alarms {
	const char *run;
	uint32_t attempt;
	int firing, over;
	char worst[100];
	enum severity severity;
};

static int
count_alert(void *ctx, const struct alert *a)
{
	struct alarms *c = ctx;
	bool fires = a->state == ALERT_FIRING || a->state == ALERT_RECOVERING;

	if (strcmp(a->run, c->run) != 0 || a->attempt != c->attempt || a->event)
		return 0;
	c->over += a->state == ALERT_RESOLVED;
	if (!fires)
		return 0;
	if (!c->firing++ || a->severity > c->severity) {
		c->severity = a->severity;
		snprintf(c->worst, sizeof c->worst, "%s%s%.60s", a->rule, *a->metric ? " of " : "",
			 a->metric);
	}
	return 0;
}

static void
say_alerts(struct digest *d, struct snap *sn, const struct digest_run *r)
{
	struct alarms c = {.run = r->info->path, .attempt = r->info->attempt};
	struct str t = STR_INIT;

	snap_alerts(sn, count_alert, &c);
	if (!c.firing)
		str_adds(&t, "No alert is open");
	else
		str_addf(&t, "%d alert%s open, %s%s", c.firing, c.firing == 1 ? " is" : "s are",
			 c.firing == 1 ? "" : "the worst of them ", c.worst);
	if (c.over)
		str_addf(&t, "; %d ended lately", c.over);
	str_addc(&t, '.');
	struct sentence *s = say(d, "alerts", &t);
	note(s, "open", c.firing);
	note(s, "ended", c.over);
}

static void
say_rate(struct digest *d, const struct digest_run *r)
{
	double rate = r->rate;
	bool going = r->state == RUN_RUNNING || r->state == RUN_QUIET;
	char buf[FMT_N];
	struct str t = STR_INIT;

	if (!(rate > 0))
		return;
	if (rate >= 1)
		str_addf(&t, "It %s %s %ss a second.", going ? "makes" : "made",
			 fmt_value(buf, rate), unit_names[r->info->unit & 3]);
	else
		str_addf(&t, "It %s one %s in %s.", going ? "makes" : "made",
			 unit_names[r->info->unit & 3], fmt_duration(buf, 1 / rate));
	note(say(d, "rate", &t), "rate", rate);
}

static void
say_end(struct digest *d, const struct digest_run *r)
{
	bool going = r->state == RUN_RUNNING || r->state == RUN_QUIET;
	double eta = going ? pace_left_s(r->rate, r->info->last_step, r->total) : -1;
	char buf[FMT_N];
	struct str t = STR_INIT;

	if (eta >= 0)
		str_addf(&t, "At that pace %s are left.", fmt_duration(buf, eta));
	else
		str_addf(&t, "It is %s%s%s.", run_state_name(r->state), *r->why ? ": " : "",
			 r->why);
	struct sentence *s = say(d, "end", &t);
	if (eta >= 0)
		note(s, "eta", eta);
	if (r->info->last_arrival_us)
		note(s, "last_arrival", seconds(r->info->last_arrival_us));
}

int
digest_make(struct digest *d, struct snap *sn, const struct digest_run *r, struct err *e)
{
	*d = (struct digest){.n = 0};
	say_start(d, r);
	if (!r->info->points)
		return 0;
	int code = say_trend(d, sn, r, e);
	if (code < 0)
		return code;
	say_best(d, sn, r);
	say_restarts(d, sn, r);
	say_alerts(d, sn, r);
	say_rate(d, r);
	say_end(d, r);
	return 0;
}

void
digest_release(struct digest *d)
{
	for (int i = 0; i < d->n; i++)
		free(d->at[i].text);
	d->n = 0;
}
