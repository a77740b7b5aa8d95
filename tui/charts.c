/* The charts of the dashboard.
 *
 * The list is made from what the model copied out of the store (names, roles, sums), and only when
 * that changes in a way that matters: other runs drawn, a series more, a constant that moved. A run
 * of 10,000 series costs one pass over their names then, and otherwise nothing: columns are asked
 * for only where the pane has said that it shows a chart (want_columns).
 *
 * Charts that are seen together share the window of x as far as they share its unit, so that what
 * happened at one time stands at one place in each of them. */
#include "tui/charts.h"

#include "core/fnv.h"
#include "core/name.h"
#include "tui/chart_cursor.h"
#include "tui/chart_events.h"
#include "core/xalloc.h"
#include "tui/lineup.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* One drawn series, and the name that it goes by. */
struct member {
	int name, run, series;
};

/* The names of all drawn series, each once, while the list is being made. */
struct census {
	struct lineup_name *name;
	size_t n, cap;
	struct member *member;
	size_t nmembers, members_cap;
	int *slot; /* of a hash table: index of a name + 1 */
	size_t nslots;
};

struct charts *
charts_new(void)
{
	return xcalloc(1, sizeof(struct charts));
}

static void
forget_list(struct charts *cs)
{
	for (int i = 0; i < cs->n; i++) {
		struct charts_one *o = &cs->one[i];
		figure_release(&o->fig);
		for (int k = 0; k < o->nmetrics; k++)
			free(o->metric[k]);
		free(o->metric);
		free(o->title);
	}
	free(cs->one);
	cs->one = NULL;
	cs->n = 0;
}

void
charts_free(struct charts *cs)
{
	if (!cs)
		return;
	forget_list(cs);
	for (int i = 0; i < cs->npins; i++)
		free(cs->pin[i]);
	free(cs->pin);
	free(cs->asked);
	free(cs->event);
	free(cs->trip.metric);
	free(cs);
}

bool
charts_pinned(const struct charts *cs, const char *metric)
{
	for (int i = 0; i < cs->npins; i++)
		if (strcmp(cs->pin[i], metric) == 0)
			return true;
	return false;
}

const char *
charts_name(const struct charts_one *o)
{
	return o->folded ? o->title : o->metric[0];
}

int
charts_find(const struct charts *cs, const char *metric)
{
	for (int i = 0; i < cs->n; i++) {
		const struct charts_one *o = &cs->one[i];
		if (strcmp(charts_name(o), metric) == 0)
			return i;
		for (int k = 0; k < o->nmetrics; k++)
			if (strcmp(o->metric[k], metric) == 0)
				return i;
	}
	return -1;
}

static bool
is_asked(const struct charts *cs, const char *metric)
{
	return charts_pinned(cs, metric) || (cs->asked && strcmp(cs->asked, metric) == 0);
}

static bool
is_constant(const struct model_series *s)
{
	return s->sum.points > 1 && s->sum.nonfinite == 0 && s->sum.min == s->sum.max;
}

static bool
is_barren(const struct model_series *s)
{
	return s->sum.nonfinite == s->sum.points;
}

/* May it be drawn at all? What is hidden behind another series of its name (the same from another
 * file format, or another process of a crowd) is when it is asked for. */
static bool
is_charted(const struct charts *cs, const struct model_series *s)
{
	if (s->sum.points == 0 || s->sum.unit == STEP_NONE)
		return false;
	bool unasked = s->role.hidden || s->role.role == ROLE_HOUSEKEEPING || !s->primary;
	return !unasked || is_asked(cs, s->shown);
}

/* The series that says in which epoch each step was, or -1. */
static int
epoch_series(const struct model_run *r)
{
	for (int i = 0; i < r->nseries; i++) {
		const struct model_series *s = &r->series[i];
		const char *last = name_last(s->name);
		if (strcasecmp(last, "epoch") == 0 && s->sum.unit == STEP_STEP && s->sum.points > 1)
			return i;
	}
	return -1;
}

static bool
is_mapped(const struct model_run *r, const struct model_series *s)
{
	return s->sum.unit == STEP_EPOCH && r->info.unit == STEP_STEP && epoch_series(r) >= 0;
}

/* On an axis of time units do not matter. */
static uint8_t
axis_unit(const struct model *m, const struct model_run *r, const struct model_series *s)
{
	if (m->axis != AXIS_STEP)
		return STEP_STEP;
	return is_mapped(r, s) ? STEP_STEP : s->sum.unit;
}

/* Changes whenever the list has to be made anew. */
static uint64_t
signature(const struct charts *cs, const struct model *m, const int *drawn, int n)
{
	uint64_t h = fnv_unit(FNV_BASIS, (uint64_t)m->axis);
	h = fnv_unit(h, m->generation);
	for (int i = 0; i < n; i++) {
		const struct model_run *r = &m->run[drawn[i]];
		h = fnv_unit(h, (uint64_t)drawn[i] << 32 | r->info.attempt);
		h = fnv_text(h, r->name); /* legends say what runs are called */
		h = fnv_unit(h, (uint64_t)r->nseries << 8 | (uint64_t)r->color);
		for (int k = 0; k < r->nseries; k++) {
			const struct model_series *s = &r->series[k];
			h = fnv_unit(h, (uint64_t)s->id << 4 | (uint64_t)is_barren(s) << 3 |
						(uint64_t)is_constant(s) << 2 |
						(uint64_t)s->primary << 1 | is_charted(cs, s));
		}
	}
	return h ? h : 1;
}

static size_t
hash_name(const char *name, uint8_t unit)
{
	uint64_t h = fnv_text(fnv_unit(FNV_BASIS, unit), name);
	return (size_t)(h ^ h >> 29);
}

static int
census_name(struct census *c, const struct model_series *s, uint8_t unit)
{
	size_t at = hash_name(s->shown, unit) & (c->nslots - 1);
	for (; c->slot[at]; at = (at + 1) & (c->nslots - 1)) {
		const struct lineup_name *n = &c->name[c->slot[at] - 1];
		if (n->unit == unit && strcmp(n->name, s->shown) == 0)
			return c->slot[at] - 1;
	}
	*vec_push(c->name, c->n, c->cap) = (struct lineup_name){.name = s->shown,
								.unit = unit,
								.role = s->role,
								.constant = true,
								.barren = true,
								.last = true};
	c->slot[at] = (int)c->n;
	return (int)c->n - 1;
}

static void
census_take(struct census *c, const struct charts *cs, const struct model *m, const int *drawn,
	    int n)
{
	size_t most = 1;
	for (int i = 0; i < n; i++)
		most += (size_t)m->run[drawn[i]].nseries;
	for (c->nslots = 16; c->nslots < 2 * most;)
		c->nslots *= 2;
	c->slot = xcalloc(c->nslots, sizeof *c->slot);
	for (int i = 0; i < n; i++) {
		const struct model_run *r = &m->run[drawn[i]];
		for (int k = 0; k < r->nseries; k++) {
			const struct model_series *s = &r->series[k];
			if (!is_charted(cs, s))
				continue;
			int name = census_name(c, s, axis_unit(m, r, s));
			c->name[name].runs++;
			c->name[name].alone = is_asked(cs, s->shown);
			c->name[name].constant = c->name[name].constant && is_constant(s);
			c->name[name].barren = c->name[name].barren && is_barren(s);
			c->name[name].last = c->name[name].last && !s->primary;
			*vec_push(c->member, c->nmembers, c->members_cap) =
				(struct member){name, drawn[i], k};
		}
	}
}

static void
census_release(struct census *c)
{
	free(c->name);
	free(c->member);
	free(c->slot);
}

/* Members in order of name; START[i] is where those of name I begin. */
static struct member *
members_by_name(const struct census *c, size_t **start)
{
	struct member *by = xcalloc(c->nmembers + 1, sizeof *by);
	size_t *at = xcalloc(c->n + 2, sizeof *at);
	for (size_t i = 0; i < c->nmembers; i++)
		at[c->member[i].name + 1]++;
	for (size_t i = 0; i < c->n; i++)
		at[i + 1] += at[i];
	size_t *fill = xmemdup(at, (c->n + 2) * sizeof *at);
	for (size_t i = 0; i < c->nmembers; i++)
		by[fill[c->member[i].name]++] = c->member[i];
	free(fill);
	*start = at;
	return by;
}

/* How line K of N of a chart looks. With one run there are colours to spare. */
static void
line_style(struct trace *t, const struct model *m, const struct model_run *r,
	   const struct lineup_chart *l, int k, int runs, bool top)
{
	t->style = STYLE_RUN0 + r->color;
	t->top = top;
	if (l->kind == LINEUP_SPLITS) {
		/* training is what validation is seen against */
		t->faint = k < l->n - 1;
		t->mark = t->faint ? 0 : CHART_DOT;
		t->top = top && !t->faint;
		t->style |= t->faint ? 0 : STYLE_BOLD;
	} else if (l->kind == LINEUP_PARTS && runs == 1) {
		t->style = STYLE_RUN0 + (r->color + k) % STYLE_NRUNS;
	}
	if (m->letters && runs > 1 && !t->faint)
		t->mark = model_letter(r);
	if (top && runs > 1 && !t->faint)
		t->style |= STYLE_BOLD;
}

static void
trace_of(struct trace *t, const struct model_run *r, const struct model_series *s)
{
	t->attempt = r->info.attempt;
	t->scale = s->role.scale != 0 ? s->role.scale : 1;
	if (is_mapped(r, s)) {
		t->mapped = true;
		t->epochs = r->series[epoch_series(r)].id;
	}
}

struct gathering {
	const struct model *m;
	const struct census *c;
	const struct member *by;
	const size_t *start;
	const int *drawn;
	int ndrawn;
	bool mixed; /* there are metrics of several units: titles say which */
};

/* Lines of one run in a chart: each name its own, or all of them folded into one. */
static void
gather_run(const struct gathering *g, const struct lineup_chart *l, struct figure *f, int at)
{
	const struct model_run *r = &g->m->run[g->drawn[at]];
	bool top = at == g->ndrawn - 1;
	uint32_t *fold = xcalloc((size_t)l->n, sizeof *fold);
	const struct model_series *folded = NULL;
	int n = 0;
	for (int k = 0; k < l->n; k++) {
		size_t i = g->start[l->name[k]], end = g->start[l->name[k] + 1];
		while (i < end && g->by[i].run != g->drawn[at])
			i++;
		if (i == end)
			continue;
		const struct model_series *s = &r->series[g->by[i].series];
		if (l->kind == LINEUP_FOLDED) {
			fold[n++] = s->id;
			folded = s;
			continue;
		}
		const char *label = g->ndrawn == 1 ? l->label[k] : k == l->n - 1 ? r->name : NULL;
		struct trace *t = figure_add(f, &s->id, 1, label);
		trace_of(t, r, s);
		line_style(t, g->m, r, l, k, g->ndrawn, top);
	}
	if (n) {
		struct trace *t = figure_add(f, fold, n, g->ndrawn > 1 ? r->name : NULL);
		trace_of(t, r, folded);
		line_style(t, g->m, r, l, 0, g->ndrawn, top);
	}
	free(fold);
}

static void
make_one(struct charts *cs, const struct gathering *g, const struct lineup_chart *l)
{
	struct charts_one *o = &cs->one[cs->n++];
	const struct lineup_name *lead = &g->c->name[l->lead];
	static const char *const unit[] = {"", " (epoch)", " (row)", ""};
	*o = (struct charts_one){.role = lead->role,
				 .folded = l->kind == LINEUP_FOLDED,
				 .splits = l->kind == LINEUP_SPLITS};
	o->title = xasprintf("%s%s%s%s%s", l->title, lead->role.unit ? " [" : "",
			     lead->role.unit ? lead->role.unit : "", lead->role.unit ? "]" : "",
			     g->mixed ? unit[lead->unit] : "");
	o->metric = xcalloc((size_t)l->n, sizeof *o->metric);
	for (int k = 0; k < l->n; k++) {
		o->metric[o->nmetrics++] = xstrdup(g->c->name[l->name[k]].name);
		o->pinned = o->pinned || charts_pinned(cs, o->metric[k]);
	}
	o->pinned = o->pinned || charts_pinned(cs, charts_name(o));
	o->fig.unit = lead->unit;
	for (int i = 0; i < g->ndrawn; i++)
		gather_run(g, l, &o->fig, i);
}

/* Pinned ones to the front, in the order in which they were pinned. */
static void
pins_first(struct charts *cs)
{
	int front = 0;
	for (int p = 0; p < cs->npins; p++) {
		int i = charts_find(cs, cs->pin[p]);
		if (i < front)
			continue;
		struct charts_one o = cs->one[i];
		memmove(&cs->one[front + 1], &cs->one[front],
			(size_t)(i - front) * sizeof *cs->one);
		cs->one[front++] = o;
	}
}

static void
make_list(struct charts *cs, const struct model *m, const int *drawn, int n)
{
	struct census c = {0};
	census_take(&c, cs, m, drawn, n);
	struct lineup_chart *line;
	int nlines = lineup_make(c.name, (int)c.n, &line);
	struct gathering g = {.m = m, .c = &c, .drawn = drawn, .ndrawn = n};
	size_t *start;
	struct member *by = members_by_name(&c, &start);
	g.by = by;
	g.start = start;
	for (size_t i = 0; i < c.n; i++)
		g.mixed = g.mixed || c.name[i].unit != c.name[0].unit;

	/* what was shown stays in place, if it is still there */
	char *first = cs->first < cs->n ? xstrdup(charts_name(&cs->one[cs->first])) : NULL;
	char *selected = cs->selected < cs->n ? xstrdup(charts_name(&cs->one[cs->selected])) : NULL;
	bool at_start = cs->first == 0;
	forget_list(cs);
	cs->one = xcalloc((size_t)nlines + 1, sizeof *cs->one);
	for (int i = 0; i < nlines; i++)
		make_one(cs, &g, &line[i]);
	pins_first(cs);
	int f = first && !at_start ? charts_find(cs, first) : 0;
	int s = selected ? charts_find(cs, selected) : 0;
	cs->first = f < 0 ? 0 : f;
	cs->selected = s < 0 ? cs->first : s;

	free(first);
	free(selected);
	free(by);
	free(start);
	lineup_free(line, nlines);
	census_release(&c);
}

/* The list, if it has to be made anew: needs nothing of the store. */
static void
update_list(struct charts *cs, struct model *m)
{
	int drawn[STYLE_NRUNS];
	int n = model_drawn(m, drawn);
	uint64_t now = signature(cs, m, drawn, n);
	if (now == cs->signature)
		return;
	/* as many charts as were on the screen will be again */
	int *want = xcalloc((size_t)cs->n + 1, sizeof *want), nwant = 0;
	for (int i = cs->first; i < cs->n && cs->one[i].want_columns > 0; i++)
		want[nwant++] = cs->one[i].want_columns;
	make_list(cs, m, drawn, n);
	cs->signature = now;
	for (int i = 0; i < nwant && cs->first + i < cs->n; i++)
		cs->one[cs->first + i].want_columns = want[i];
	free(want);
}

/* Where the points of the charts on the screen lie, by unit; false: nowhere. */
static bool
common_extent(struct charts *cs, const struct model *m, struct snap *sn, uint8_t unit, double *x0,
	      double *x1)
{
	bool any = false;
	*x0 = INFINITY;
	*x1 = -INFINITY;
	for (int i = 0; i < cs->n; i++) {
		struct charts_one *o = &cs->one[i];
		if (o->want_columns > 0 && (m->axis != AXIS_STEP || o->fig.unit == unit) &&
		    figure_extent(&o->fig, sn, x0, x1))
			any = true;
	}
	/* charts that are not on the screen do not count, but the run they belong to does: turning
	 * pages must not move the axis */
	int drawn[STYLE_NRUNS], n = model_drawn(m, drawn);
	for (int i = 0; i < n && any && m->axis == AXIS_STEP; i++) {
		const struct run_info *r = &m->run[drawn[i]].info;
		if (r->unit == unit && r->last_step >= r->first_step) {
			*x0 = fmin(*x0, (double)r->first_step);
			*x1 = fmax(*x1, (double)r->last_step);
		}
	}
	return any;
}

int
charts_refresh(struct charts *cs, struct model *m, struct snap *sn, struct err *e)
{
	bool live = false, known[STEP_NONE + 1] = {false};
	double x0[STEP_NONE + 1], x1[STEP_NONE + 1];
	int drawn[STYLE_NRUNS], n = model_drawn(m, drawn), rc = 0;
	for (int i = 0; i < n; i++)
		live = live || m->run[drawn[i]].live;
	update_list(cs, m);
	chart_cursor_arrive(cs, m);
	cs->behind = !cs->drawn;
	cs->drawn = false;
	if (cs->behind)
		return 0;
	for (int i = 0; i < cs->n; i++) /* extents are of an axis */
		cs->one[i].fig.axis = m->axis;
	for (uint8_t u = 0; u < STEP_NONE; u++)
		known[u] = common_extent(cs, m, sn, u, &x0[u], &x1[u]);
	for (int i = 0; i < cs->n && rc >= 0; i++) {
		struct charts_one *o = &cs->one[i];
		if (o->want_columns <= 0)
			continue;
		o->fig.logx = m->logx;
		o->fig.smooth = m->smooth;
		if (!known[o->fig.unit])
			x0[o->fig.unit] = x1[o->fig.unit] = 0;
		figure_window(&o->fig, x0[o->fig.unit], x1[o->fig.unit], live, m->zoom);
		rc = figure_query(&o->fig, sn, o->want_columns, e);
	}
	return rc;
}

/* Changes what is asked for, and brings it to the screen at once. */
static void
list_changed(struct charts *cs, struct model *m)
{
	cs->signature = 0;
	update_list(cs, m);
	m->stale = true;
}

void
charts_toggle_pin(struct charts *cs, struct model *m, const char *metric)
{
	int i = 0;
	while (i < cs->npins && strcmp(cs->pin[i], metric) != 0)
		i++;
	if (i < cs->npins) {
		free(cs->pin[i]);
		memmove(&cs->pin[i], &cs->pin[i + 1],
			(size_t)(cs->npins - i - 1) * sizeof *cs->pin);
		cs->npins--;
		model_say(m, false, "unpinned %.200s", metric);
	} else {
		cs->pin = xreallocarray(cs->pin, (size_t)cs->npins + 1, sizeof *cs->pin);
		memmove(&cs->pin[1], cs->pin, (size_t)cs->npins * sizeof *cs->pin);
		cs->pin[0] = xstrdup(metric);
		cs->npins++;
		cs->first = cs->selected = 0;
		model_say(m, false, "pinned %.200s: its chart comes first", metric);
	}
	list_changed(cs, m);
}

bool
charts_goto(struct charts *cs, struct model *m, const char *metric)
{
	int i = charts_find(cs, metric);
	/* not there, or only as one of many */
	if (i < 0 || (cs->one[i].folded && strcmp(charts_name(&cs->one[i]), metric) != 0)) {
		free(cs->asked);
		cs->asked = xstrdup(metric);
		list_changed(cs, m);
		i = charts_find(cs, metric);
	}
	if (i < 0)
		return false;
	cs->first = cs->selected = i;
	m->stale = true;
	return true;
}

bool
charts_logy(const struct charts *cs, const struct model *m, int i)
{
	const struct charts_one *o = &cs->one[i];
	return m->logy < 0 ? o->role.log : m->logy && (o->role.log || figure_positive(&o->fig));
}

void
charts_chart(struct charts *cs, const struct model *m, int i, struct chart *out)
{
	struct figure *f = &cs->one[i].fig;
	f->yrange = cs->yrange;
	f->logy = charts_logy(cs, m, i);
	figure_chart(f, out);
	out->title = cs->one[i].title;
	out->nevents = chart_events(cs, m, f);
	out->event = cs->event;
	chart_cursor_put(cs, m, out);
}
