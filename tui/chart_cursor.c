/* The place is kept in the units of the axis, so it stays where it is when the chart grows or is
 * drawn in another width; on another axis, or in a chart that counts something else (epochs beside
 * steps), it has no meaning and is not drawn. */
#include "tui/chart_cursor.h"

#include "core/xalloc.h"
#include "tui/charts.h"
#include "tui/fmt.h"
#include "tui/model.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DOTS = 2 /* columns of dots in a cell */ };

/* "step, ep 3" goes on to be of steps when epoch 4 has come. */
static bool
same_unit(const char *a, const char *b)
{
	size_t n = strcspn(a, ",");
	return n == strcspn(b, ",") && strncmp(a, b, n) == 0;
}

static bool
holds(const struct charts *cs, const struct model *m, const struct chart *c)
{
	return cs->cursor && cs->cursor_axis == m->axis && c->xlabel &&
	       same_unit(cs->cursor_unit, c->xlabel);
}

void
chart_cursor_put(const struct charts *cs, const struct model *m, struct chart *c)
{
	c->cursor = holds(cs, m, c);
	c->cursor_x = cs->cursor_x;
}

bool
chart_cursor_off(struct charts *cs)
{
	bool was = cs->cursor;
	cs->cursor = false;
	return was;
}

void
chart_cursor_go(struct charts *cs, struct model *m, const struct charts_trip *to)
{
	char *metric = xstrdup(to->metric);
	free(cs->trip.metric);
	cs->trip = *to;
	cs->trip.metric = metric;
	cs->cursor = false;
	m->stale = true;
}

void
chart_cursor_arrive(struct charts *cs, struct model *m)
{
	struct charts_trip to = cs->trip;
	if (!to.metric)
		return;
	cs->trip.metric = NULL;
	if (!charts_goto(cs, m, to.metric)) {
		model_say(m, true, "no chart of \"%s\"", to.metric);
	} else {
		const struct figure *f = &cs->one[cs->selected].fig;
		double wall = (double)to.wall_us, start = (double)to.start_us;
		cs->cursor =
			m->axis == AXIS_STEP ? to.has_step && f->unit == to.unit : to.wall_us > 0;
		cs->cursor_axis = m->axis;
		cs->cursor_x = m->axis == AXIS_STEP   ? (double)to.step
			       : m->axis == AXIS_WALL ? wall
						      : wall - start;
		snprintf(cs->cursor_unit, sizeof cs->cursor_unit, "%s",
			 figure_axis_name(m->axis, f->unit));
	}
	free(to.metric);
}

/* X moved by CELLS on the chart's axis. */
static double
moved(const struct chart *c, double x, int cells)
{
	const struct span *sp = &c->span;
	double part = (double)cells * DOTS / (sp->columns > DOTS ? sp->columns - 1 : 1);
	if (sp->logx && sp->x0 > 0)
		x = exp(log(x) + part * (log(sp->x1) - log(sp->x0)));
	else
		x += part * (sp->x1 - sp->x0);
	return x < sp->x0 ? sp->x0 : x > sp->x1 ? sp->x1 : x;
}

/* The column nearest to COL that has a value; NULL: none has. */
static const struct column *
nearest(const struct chart *c, const struct chart_line *l, int col)
{
	for (int off = 0; off < c->span.columns; off++)
		for (int side = -1; side <= 1; side += 2) {
			int at = col + side * off;
			if (at >= 0 && at < c->span.columns && l->col[at].n)
				return &l->col[at];
		}
	return NULL;
}

/* The one on top, which is of the run under the list's cursor; where that has none that stands out,
 * the last. */
static const struct chart_line *
top_line(const struct chart *c)
{
	const struct chart_line *top = c->nlines ? &c->line[c->nlines - 1] : NULL;
	for (int i = 0; i < c->nlines; i++)
		if (c->line[i].top)
			top = &c->line[i];
	return top;
}

/* Puts the cursor onto the nearest point of the line on top, for that has a value and a line in the
 * log; NULL: there is none. */
static const struct column *
snap(struct charts *cs, const struct chart *c)
{
	const struct chart_line *top = top_line(c);
	int col = span_column(&c->span, cs->cursor_x);
	const struct column *at = top && col >= 0 ? nearest(c, top, col) : NULL;
	if (at)
		cs->cursor_x = (double)at->last_x;
	return at;
}

static const struct trace *
trace_of_line(const struct figure *f, const struct chart_line *l)
{
	for (int i = 0; i < f->ntraces; i++)
		if (l->col && (f->trace[i].col == l->col || f->trace[i].smooth == l->col))
			return &f->trace[i];
	return NULL;
}

/* What the line on top is of: with one run the word that tells it from others, else the run and its
 * own name for the metric, for frameworks differ in those. */
static void
top_name(const struct charts_one *o, const struct model *m, const struct chart *c, struct str *out)
{
	const struct chart_line *top = top_line(c);
	const struct trace *t = top ? trace_of_line(&o->fig, top) : NULL;
	int drawn[STYLE_NRUNS], n = model_drawn(m, drawn);
	for (int i = 0; i < n && n > 1 && t && t->nseries == 1; i++) {
		const struct model_run *r = &m->run[drawn[i]];
		for (int k = 0; k < r->nseries; k++)
			if (r->series[k].id == t->series[0]) {
				str_addf(out, "%s %s", r->name, r->series[k].shown);
				return;
			}
	}
	str_adds(out, o->nmetrics > 1 && top && top->name && n == 1 ? top->name
								    : o->metric[o->nmetrics - 1]);
}

static void
say(const struct charts *cs, struct model *m, const struct chart *c, const struct column *at)
{
	char x[FMT_N], value[FMT_N];
	struct str name = STR_INIT;
	if (at)
		top_name(&cs->one[cs->selected], m, c, &name);
	if (m->axis == AXIS_STEP)
		snprintf(x, sizeof x, "%.0f", cs->cursor_x);
	else if (m->axis == AXIS_WALL)
		fmt_clock(x, (int64_t)cs->cursor_x, m->now_us);
	else
		fmt_since(x, cs->cursor_x / 1e6);
	model_say(m, false, "%s %s%s%s%s%s", c->xlabel, x, at ? ": " : "", str_c(&name),
		  at ? " " : "", at ? fmt_value(value, at->last) : "");
	str_release(&name);
}

void
chart_cursor_move(struct charts *cs, struct model *m, int cells)
{
	struct chart c;
	if (cs->n == 0)
		return;
	charts_chart(cs, m, cs->selected, &c);
	if (!c.nlines || !c.xlabel || c.span.columns < 1 || !(c.span.x1 >= c.span.x0)) {
		model_say(m, false, "nothing is drawn there");
		return;
	}
	bool goes_on = holds(cs, m, &c);
	double before = cs->cursor_x;
	cs->cursor = true;
	cs->cursor_axis = m->axis;
	snprintf(cs->cursor_unit, sizeof cs->cursor_unit, "%s", c.xlabel);
	const struct column *at = NULL;
	if (!goes_on) {
		cs->cursor_x = c.span.x1;
		at = snap(cs, &c);
	}
	/* Where points are further apart than cells, on to the next one. */
	for (int n = 1; goes_on && n <= c.span.columns; n++) {
		cs->cursor_x = moved(&c, before, n * cells);
		at = snap(cs, &c);
		if (cells < 0 ? cs->cursor_x < before : cs->cursor_x > before)
			break;
	}
	say(cs, m, &c, at);
}

bool
chart_cursor_text(const struct charts *cs, struct model *m)
{
	const struct model_run *r = model_cursor_run(m);
	struct model_text where = {.unit = r ? r->info.unit : 0};
	if (!cs->cursor || cs->cursor_axis != m->axis || !r)
		return false;
	if (m->axis == AXIS_STEP) {
		where.has_step = true;
		where.step = (int64_t)cs->cursor_x;
		where.unit = same_unit(cs->cursor_unit, "epoch") ? STEP_EPOCH : r->info.unit;
	} else {
		where.wall_us =
			(int64_t)cs->cursor_x + (m->axis == AXIS_RELATIVE ? r->info.first_us : 0);
	}
	model_open_text(m, r->info.path, &where);
	return true;
}
