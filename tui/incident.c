/* The window of the curve is so many points wide whatever a step or a second is worth in this run:
 * two thirds of it before the moment, for that is what led to it. */
#include "tui/incident.h"

#include "core/xalloc.h"
#include "tui/alert_rows.h"
#include "tui/model_own.h"
#include "tui/sign.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { POINTS = 160 /* in the window at zoom 1 */ };
#define ZOOM_MOST 64.0

static void
seen_release(struct model_alert *a)
{
	free((char *)(uintptr_t)a->a.rule);
	free((char *)(uintptr_t)a->a.run);
	free((char *)(uintptr_t)a->a.metric);
	free((char *)(uintptr_t)a->a.message);
}

static void
see(struct incident *in, const struct model_alert *a)
{
	struct model_alert old = in->seen;
	in->seen = *a;
	in->seen.a.rule = xstrdup(a->a.rule);
	in->seen.a.run = xstrdup(a->a.run);
	in->seen.a.metric = xstrdup(a->a.metric);
	in->seen.a.message = xstrdup(a->a.message ? a->a.message : "");
	in->seen.a.notify = NULL;
	if (!old.a.rule || old.a.step != a->a.step || old.a.fired_us != a->a.fired_us) {
		static unsigned serial;
		in->serial = ++serial;
		in->txn = 0;
	}
	seen_release(&old);
}

void
model_close_alert(struct model *m)
{
	struct incident *in = m->incident;
	if (!in)
		return;
	seen_release(&in->seen);
	outbox_read_release(&in->kept);
	figure_release(&in->fig);
	free(in->metric);
	free(in);
	m->incident = NULL;
}

static int
index_of(const struct model *m)
{
	const struct alert *b = &m->incident->seen.a;
	for (int i = 0; i < m->nalerts; i++) {
		const struct alert *a = &m->alert[i].a;
		if (strcmp(a->rule, b->rule) == 0 && strcmp(a->run, b->run) == 0 &&
		    strcmp(a->metric, b->metric) == 0)
			return i;
	}
	return -1;
}

/* Its place among the N rows of the list as it is shown, which is noted while nobody has
 * acknowledged it. */
static int
place_among(struct model *m, const int *row, int n)
{
	int now = index_of(m), at = -1;
	for (int i = 0; i < n; i++)
		if (row[i] == now)
			at = i;
	if (!m->incident->seen.a.acked)
		m->incident->unacked_at = at;
	return at;
}

int
incident_place(struct model *m, int *n)
{
	int *row = xcalloc((size_t)m->nalerts + 1, sizeof *row);
	*n = alert_rows(m, row);
	int at = place_among(m, row, *n);
	free(row);
	return at;
}

void
model_open_alert(struct model *m, int i)
{
	double zoom = m->incident ? m->incident->zoom : 1;
	int columns = m->incident ? m->incident->want_columns : 0;
	struct incident *in = xcalloc(1, sizeof *in);
	see(in, &m->alert[i]);
	in->listed = true;
	in->unacked_at = -1;
	in->zoom = zoom;
	in->want_columns = columns;
	model_close_alert(m);
	model_close_details(m);
	m->incident = in;
	m->stale = true;
}

int
incident_sync(struct model *m)
{
	int i = index_of(m);
	m->incident->listed = i >= 0;
	if (i >= 0) {
		see(m->incident, &m->alert[i]);
	} else if (m->incident->seen.a.state != ALERT_RESOLVED) {
		m->incident->seen.a.state = ALERT_RESOLVED;
	}
	return i;
}

bool
model_alert_beside(struct model *m, int by)
{
	int *row = xcalloc((size_t)m->nalerts + 1, sizeof *row), n = alert_rows(m, row);
	/* One that is gone from the list has all of it behind it. */
	int now = place_among(m, row, n), was = m->incident->unacked_at, at = now + by;
	/* What came after it has its place now. */
	if (m->incident->seen.a.acked && was >= 0 && now > was)
		at = by > 0 ? was : was - 1;
	bool there = at >= 0 && at < n;
	if (there)
		model_open_alert(m, row[at]);
	free(row);
	return there;
}

void
incident_zoom(struct incident *in, double by)
{
	in->zoom = fmin(fmax(in->zoom * by, 1 / ZOOM_MOST), ZOOM_MOST);
	in->rezoom = true;
}

/* -- the curve --------------------------------------------------------------------------------- */

struct series_search {
	const char *name;
	uint32_t id;
	bool found, primary;
};

static int
match_series(void *ctx, const struct series_info *si)
{
	struct series_search *s = ctx;
	if (strcmp(si->name, s->name) == 0 && (!s->found || (si->primary && !s->primary))) {
		s->id = si->id;
		s->found = true;
		s->primary = si->primary;
	}
	return 0;
}

/* Rules call a metric as it was logged, lists as it is shown. */
static bool
find_series(struct snap *sn, uint32_t run, const char *name, struct series_info *out)
{
	struct series_search s = {.name = name};
	if (snap_series_find(sn, run, name, out))
		return true;
	return snap_series(sn, run, match_series, &s) >= 0 && s.found &&
	       snap_series_get(sn, s.id, out);
}

/* The window on the figure's axis, within what there is. */
static void
set_window(struct incident *in, struct snap *sn, const struct series_info *si)
{
	struct figure *f = &in->fig;
	double x0 = INFINITY, x1 = -INFINITY, unit = f->axis == AXIS_STEP ? 1 : 1e6;
	if (!figure_extent(f, sn, &x0, &x1))
		x0 = x1 = in->x;
	x0 = fmin(x0, in->x);
	x1 = fmax(x1, in->x);
	double points = (double)(si->now.points > 1 ? si->now.points - 1 : 1);
	double width = fmin((x1 - x0) / points * POINTS / in->zoom, x1 - x0);
	double lo = in->x - width * 2 / 3;
	lo = fmax(fmin(lo, x1 - width), x0);
	double hi = lo + width;
	lo = floor(lo / unit) * unit;
	hi = ceil(hi / unit) * unit;
	if (!(hi > lo)) {
		lo -= unit;
		hi += unit;
	}
	f->span = (struct span){.axis = f->axis, .x0 = lo, .x1 = hi};
}

/* Which series, on which axis. */
static void
make_figure(struct incident *in, const struct model *m, const struct model_run *r,
	    const struct series_info *si)
{
	const struct alert *a = &in->seen.a;
	struct metric_role role;
	metric_role_told(m->conf, si->name, si->told, &role);
	figure_clear(&in->fig);
	struct trace *t = figure_add(&in->fig, &si->id, 1, NULL);
	t->attempt = r->info.attempt;
	t->scale = role.scale != 0 ? role.scale : 1;
	t->style = STYLE_RUN0 + (r->color >= 0 ? r->color : 0);
	t->top = true;
	in->logy = role.log;
	in->fig.yrange = YRANGE_ALL; /* what leaves the usual range is the point of it */
	in->fig.unit = si->now.unit;
	/* What is about a run has no step. If nothing came after it, it was at the last one, and a
	 * curve by steps says more than one by when lines happened to be written. */
	bool at_end = a->historic || a->fired_us >= r->info.last_us;
	if (si->now.unit != STEP_NONE && (a->metric[0] || at_end)) {
		in->fig.axis = AXIS_STEP;
		in->x = (double)(a->metric[0] ? a->step : si->now.last_step);
	} else {
		in->fig.axis = AXIS_WALL;
		in->x = (double)a->fired_us;
	}
}

static int
refresh_chart(struct incident *in, struct model *m, struct snap *sn, const struct model_run *r,
	      struct err *e)
{
	const char *name = in->seen.a.metric[0] ? in->seen.a.metric : r->info.loss.name;
	struct series_info si;
	free(in->metric);
	in->metric = NULL;
	in->has_now = false;
	if (!*name || !find_series(sn, r->info.id, name, &si) || !si.now.points)
		return 0;
	in->metric = xstrdup(si.shown);
	struct point last;
	if (in->seen.a.metric[0] && snap_last(sn, si.id, 1, &last, e) == 1) {
		in->has_now = true;
		in->now = last.value;
		in->now_step = last.step;
	}
	make_figure(in, m, r, &si);
	set_window(in, sn, &si);
	return in->want_columns > 0 ? figure_query(&in->fig, sn, in->want_columns, e) : 0;
}

static int
take_record(void *ctx, const char *key, const void *p, size_t n)
{
	struct incident *in = ctx;
	outbox_read_take(&in->kept, &in->seen.a, key, p, n);
	return 0;
}

int
incident_refresh(struct model *m, struct snap *sn, struct err *e)
{
	struct incident *in = m->incident;
	incident_sync(m);
	if (in->txn == snap_txn(sn) && !in->rezoom && in->want_columns == in->fig.answered.columns)
		return 0;
	in->rezoom = false;
	in->txn = snap_txn(sn);
	outbox_read_release(&in->kept);
	int code = snap_outbox(sn, take_record, in);
	const struct model_run *r = model_run_by_path(m, in->seen.a.run);
	if (code >= 0 && r)
		code = refresh_chart(in, m, sn, r, e);
	return code < 0 ? code : 0;
}

void
incident_chart(struct incident *in, bool ascii, struct chart *out)
{
	const struct alert *a = &in->seen.a;
	in->fig.logy = in->logy && figure_positive(&in->fig);
	figure_chart(&in->fig, out);
	out->legend = false;
	out->title = in->metric;
	in->moment = (struct chart_event){in->x, sign_of_severity(a->severity, ascii),
					  sign_severity_style(a->severity)};
	out->event = &in->moment;
	out->nevents = 1;
}

/* -- its place in the text --------------------------------------------------------------------- */

void
alert_where(struct model *m, const struct alert *a, struct model_text *out)
{
	const struct model_run *r = model_run_by_path(m, a->run);
	bool ended = r && (r->state == RUN_FAILED || r->state == RUN_CANCELLED);
	*out = (struct model_text){
		.last_words = !a->metric[0] && ended && r->info.said,
		.has_step = a->metric[0] != '\0',
		.unit = r ? r->info.unit : STEP_STEP,
		.step = a->step,
		/* What was read from old logs fired when it was read. */
		.wall_us = a->historic ? 0 : a->fired_us,
	};
}
