/* The panes know what they show and nothing of each other; this is who knows where they are. An
 * action goes to what lies over the panes if anything does, then to the pane with the keyboard,
 * then to the charts, which can be zoomed and smoothed from anywhere, and at last to the dashboard
 * itself.
 *
 * The room that lists ask for is the most they ever asked for: a pane that grew and shrank with the
 * run under the cursor would make all others jump. */
#include "tui/dash.h"

#include "core/xalloc.h"
#include "tui/incident.h"
#include "tui/keymap.h"
#include "tui/layout.h"
#include "tui/stop.h"
#include "tui/versions.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The part of it that undo puts back; all ints, in the order of state_text(). */
struct arrangement {
	int focus;
	int zoomed; /* 0, 1: the focused pane alone */
	int hidden; /* bits by slot */
	int split_x, split_y, split_alerts;
};

struct dash {
	struct pane *pane[SLOT_N];
	struct pane *details, *help, *log, *incident;
	bool helping;
	struct arrangement now;
	int w, h; /* as drawn last */
	int most_runs, most_metrics;
	struct layout layout;
};

static const struct pane_ops *const slot_ops[SLOT_N] = {
	[SLOT_RUNS] = &pane_runs,
	[SLOT_CHARTS] = &pane_charts,
	[SLOT_METRICS] = &pane_metrics,
	[SLOT_ALERTS] = &pane_alerts,
};

const char *
dash_pane_name(int i)
{
	return i >= 0 && i < SLOT_N ? slot_ops[i]->name : NULL;
}

static struct pane *
pane_make(const struct pane_ops *ops)
{
	struct pane *p = ops->new ();
	p->ops = ops;
	return p;
}

struct dash *
dash_new(void)
{
	struct dash *d = xcalloc(1, sizeof *d);
	for (int s = 0; s < SLOT_N; s++)
		d->pane[s] = pane_make(slot_ops[s]);
	d->details = pane_make(&pane_details);
	d->help = pane_make(&pane_help);
	d->log = pane_make(&pane_log);
	d->incident = pane_make(&pane_incident);
	d->w = 80;
	d->h = 24;
	return d;
}

void
dash_free(struct dash *d)
{
	if (!d)
		return;
	for (int s = 0; s < SLOT_N; s++)
		d->pane[s]->ops->free(d->pane[s]);
	d->details->ops->free(d->details);
	d->help->ops->free(d->help);
	d->log->ops->free(d->log);
	d->incident->ops->free(d->incident);
	free(d);
}

/* -- where everything is ----------------------------------------------------------------------- */

static bool
is_hidden(const struct dash *d, int slot)
{
	return d->now.hidden & 1 << slot;
}

static int
max(int a, int b)
{
	return a > b ? a : b;
}

static void
arrange(struct dash *d, const struct model *m)
{
	const struct model_run *r = model_cursor_run((struct model *)(uintptr_t)m);
	d->most_runs = max(d->most_runs, m->nrows);
	d->most_metrics = max(d->most_metrics, r ? r->nseries : 0);
	struct layout_want want = {
		.w = d->w,
		.h = d->h,
		.zoomed = d->now.zoomed ? d->now.focus : -1,
		.split_x = d->now.split_x,
		.split_y = d->now.split_y,
		.split_alerts = d->now.split_alerts,
		.alerts = m->nalerts,
		.firing = m->nfiring,
		.runs = d->most_runs,
		.metrics = d->most_metrics,
	};
	for (int s = 0; s < SLOT_N; s++)
		want.hidden[s] = is_hidden(d, s);
	layout_make(&want, &d->layout);
}

static bool
is_shown(const struct dash *d, int slot)
{
	return d->layout.slot[slot].w > 0 && !(slot == SLOT_ALERTS && d->layout.alerts_line);
}

/* A pane that was dropped lends the keyboard to the first that is there, and has it again when it
 * returns. */
static int
focused(const struct dash *d)
{
	int s = d->now.focus;
	for (int i = 0; !is_shown(d, s) && i < SLOT_N; i++)
		s = i;
	return s;
}

static struct rect
inside(struct rect r)
{
	return (struct rect){r.x + 1, r.y + 1, max(r.w - 2, 0), max(r.h - 2, 0)};
}

/* -- drawing ----------------------------------------------------------------------------------- */

static void
draw_title(struct pane *p, struct model *m, struct grid *g, struct rect r, bool focus)
{
	char title[160] = "", padded[168];
	if (r.w < 6)
		return;
	p->ops->title(p, m, title, sizeof title);
	if (!title[0])
		return;
	snprintf(padded, sizeof padded, " %s ", title);
	grid_text_middle(g, r.x + 1, r.y, r.w - 2, padded, focus ? STYLE_TITLE_FOCUS : STYLE_TITLE);
}

static void
draw_pane(struct pane *p, struct model *m, struct grid *g, struct rect r, bool focus)
{
	p->rect = inside(r); /* what a title says depends on its room */
	draw_title(p, m, g, r, focus);
	if (p->rect.w > 0 && p->rect.h > 0)
		p->ops->draw(p, m, g, p->rect, focus);
}

static void
draw_over(struct pane *p, struct model *m, struct grid *g, struct rect r)
{
	grid_box(g, r, STYLE_BORDER_FOCUS);
	draw_pane(p, m, g, r, true);
}

struct rect
dash_draw(struct dash *d, struct model *m, struct grid *g)
{
	d->w = g->w;
	d->h = g->h;
	arrange(d, m);
	struct rect all = {0, 0, g->w, d->layout.status.h ? d->layout.status.y : g->h};
	if (d->helping) {
		draw_over(d->help, m, g, all);
		return d->layout.status;
	}
	if (m->text) {
		draw_over(d->log, m, g, all);
		return d->layout.status;
	}
	if (m->incident) {
		draw_over(d->incident, m, g, all);
		return d->layout.status;
	}
	if (m->details) {
		draw_over(d->details, m, g, all);
		return d->layout.status;
	}
	if (m->screen == 3) {
		versions_draw(m->versions, m, g, all);
		return d->layout.status;
	}
	int focus = focused(d);
	for (int s = 0; s < SLOT_N; s++)
		if (is_shown(d, s) && s != focus)
			grid_box(g, d->layout.slot[s], STYLE_BORDER);
	grid_box(g, d->layout.slot[focus], STYLE_BORDER_FOCUS);
	for (int s = 0; s < SLOT_N; s++)
		if (is_shown(d, s))
			draw_pane(d->pane[s], m, g, d->layout.slot[s], s == focus);
	if (d->layout.alerts_line)
		alerts_line(m, g, d->layout.slot[SLOT_ALERTS]);
	return d->layout.status;
}

/* -- changing the arrangement, and back -------------------------------------------------------- */

static void
arrangement_undo(void *ctx, struct model *m, const char *old)
{
	struct dash *d = ctx;
	struct arrangement a;
	(void)m;
	if (sscanf(old, "%d %d %d %d %d %d", &a.focus, &a.zoomed, &a.hidden, &a.split_x, &a.split_y,
		   &a.split_alerts) == 6)
		d->now = a;
}

static void
arrangement_note(struct dash *d, struct model *m, const struct arrangement *a)
{
	char text[100];
	snprintf(text, sizeof text, "%d %d %d %d %d %d", a->focus, a->zoomed, a->hidden, a->split_x,
		 a->split_y, a->split_alerts);
	model_undo_push(m, arrangement_undo, d, text);
}

/* With one pane alone the others are still there, one at a time. */
static void
move_focus(struct dash *d, int by)
{
	int s = focused(d);
	for (int i = 0; i < SLOT_N; i++) {
		s = (s + by + SLOT_N) % SLOT_N;
		if (d->now.zoomed ? !is_hidden(d, s) : is_shown(d, s))
			break;
	}
	d->now.focus = s;
}

static void
zoom(struct dash *d, struct model *m)
{
	arrangement_note(d, m, &d->now);
	d->now.focus = focused(d);
	d->now.zoomed = !d->now.zoomed;
}

/* BY is 1 or -1. What changes nothing on the screen is not kept: it would have to be undone
 * blindly. */
static void
grow(struct dash *d, struct model *m, int by)
{
	struct arrangement before = d->now;
	struct layout old = d->layout;
	switch (focused(d)) {
	case SLOT_RUNS:
		d->now.split_x += 2 * by;
		break;
	case SLOT_CHARTS:
		d->now.split_x -= 2 * by;
		break;
	case SLOT_METRICS:
		d->now.split_y += by;
		break;
	default:
		d->now.split_alerts += by;
		break;
	}
	arrange(d, m);
	if (memcmp(&old, &d->layout, sizeof old) == 0) {
		d->now = before;
		model_say(m, false, by > 0 ? "no room to grow" : "it needs what it has");
		return;
	}
	arrangement_note(d, m, &before);
}

/* The slot of the pane with this name or a beginning of it; the focused one without a name; -1:
 * none. */
static int
slot_named(const struct dash *d, const char *name)
{
	if (!name || !*name)
		return focused(d);
	for (int s = 0; s < SLOT_N; s++)
		if (strncmp(slot_ops[s]->name, name, strlen(name)) == 0)
			return s;
	return -1;
}

static void
no_such_pane(struct model *m, const char *name)
{
	model_say(m, true, "no pane is called %.40s: there are runs, charts, metrics, alerts",
		  name);
}

static void
hide(struct dash *d, struct model *m, const char *name)
{
	int s = slot_named(d, name);
	if (s < 0) {
		no_such_pane(m, name);
		return;
	}
	int hidden = d->now.hidden | 1 << s;
	if (hidden == (1 << SLOT_N) - 1) {
		model_say(m, false, "the last pane stays");
		return;
	}
	if (hidden == d->now.hidden)
		return;
	arrangement_note(d, m, &d->now);
	d->now.hidden = hidden;
	d->now.zoomed = 0;
	arrange(d, m);
	d->now.focus = focused(d);
	char key[16];
	model_say(m, false, "%s hidden; %s shows it again", slot_ops[s]->name,
		  keymap_first(ACTION_SHOW, key));
}

static void
show(struct dash *d, struct model *m, const char *name)
{
	int s = name && *name ? slot_named(d, name) : -1;
	if (name && *name && s < 0) {
		no_such_pane(m, name);
		return;
	}
	int hidden = s < 0 ? 0 : d->now.hidden & ~(1 << s);
	if (hidden == d->now.hidden)
		return;
	arrangement_note(d, m, &d->now);
	d->now.hidden = hidden;
}

/* -- actions ----------------------------------------------------------------------------------- */

bool
dash_covered(const struct dash *d, const struct model *m)
{
	return d->helping || m->text || m->incident || m->details;
}

static bool
back(struct dash *d, struct model *m)
{
	if (d->helping)
		d->helping = false;
	else if (m->text)
		model_close_text(m);
	else if (m->incident)
		model_close_alert(m);
	else if (m->details)
		model_close_details(m);
	else if (m->filter)
		model_set_filter(m, NULL);
	else if (d->now.zoomed)
		zoom(d, m);
	return true;
}

/* The text of the run that is looked at, at step ARG. */
static bool
open_text(struct model *m, const char *arg)
{
	const struct model_run *r = model_run_at(m);
	if (!r) {
		model_say(m, false, "no run is under the cursor");
		return true;
	}
	if (!arg) {
		model_open_run_text(m, r);
		return true;
	}
	char *end;
	struct model_text where = {
		.has_step = true,
		.unit = r->info.unit,
		.step = strtoll(arg, &end, 10),
	};
	if (*end)
		model_say(m, true, "log %.40s: that is no step", arg);
	else
		model_open_text(m, r->info.path, &where);
	return true;
}

/* What panes leave to the dashboard. */
static bool
act_here(struct dash *d, struct model *m, enum action a, const char *arg)
{
	const struct model_run *r;
	switch (a) {
	case ACTION_PANE_NEXT:
		move_focus(d, 1);
		return true;
	case ACTION_PANE_PREV:
		move_focus(d, -1);
		return true;
	case ACTION_ZOOM:
		zoom(d, m);
		return true;
	case ACTION_GROW:
		grow(d, m, 1);
		return true;
	case ACTION_SHRINK:
		grow(d, m, -1);
		return true;
	case ACTION_HIDE:
		hide(d, m, arg);
		return true;
	case ACTION_SHOW:
		show(d, m, arg);
		return true;
	case ACTION_BACK:
		return back(d, m);
	case ACTION_UNDO:
		model_undo(m);
		return true;
	case ACTION_SCREEN_1:
	case ACTION_SCREEN_3:
		d->helping = false;
		model_close_text(m);
		model_close_details(m);
		model_close_alert(m);
		m->screen = a == ACTION_SCREEN_1 ? 1 : 3;
		if (m->screen == 3)
			versions_enter(m->versions, m);
		m->stale = true;
		return true;
	case ACTION_HELP:
		d->helping = !d->helping;
		return true;
	case ACTION_FILTER:
		model_set_filter(m, arg);
		return true;
	case ACTION_ACK_ALL:
		model_ack(m, -1);
		return true;
	case ACTION_ALERT:
		d->helping = false;
		model_close_text(m);
		if (m->nalerts)
			model_open_alert(m, 0);
		else
			model_say(m, false, "no alerts");
		return true;
	case ACTION_LOG:
		return open_text(m, arg);
	case ACTION_STOP:
		stop_run(m);
		return true;
	case ACTION_OPEN:
		r = model_cursor_run(m);
		if (r)
			model_open_details(m, r->info.path);
		return true;
	default:
		return marks_act(m, a, arg);
	}
}

/* The first pane that takes it; in a fixed order, so that an action by name works whatever has the
 * keyboard. */
static bool
offer(struct dash *d, struct model *m, enum action a, const char *arg)
{
	if (d->helping)
		return d->help->ops->act(d->help, m, a, arg);
	if (m->text)
		return d->log->ops->act(d->log, m, a, arg);
	if (m->incident)
		return d->incident->ops->act(d->incident, m, a, arg);
	if (m->details)
		return d->details->ops->act(d->details, m, a, arg);
	if (m->screen == 3)
		return versions_act(m->versions, m, a, arg);
	struct pane *p = d->pane[focused(d)];
	if (p->ops->act(p, m, a, arg))
		return true;
	struct pane *charts = d->pane[SLOT_CHARTS], *runs = d->pane[SLOT_RUNS],
		    *alerts = d->pane[SLOT_ALERTS];
	switch (a) {
	case ACTION_YRANGE:
	case ACTION_LOGY:
	case ACTION_LOGX:
	case ACTION_XAXIS:
	case ACTION_SMOOTH:
	case ACTION_ZOOM_IN:
	case ACTION_ZOOM_OUT:
	case ACTION_NEXT_CHART:
	case ACTION_PREV_CHART:
	case ACTION_CURSOR_LEFT:
	case ACTION_CURSOR_RIGHT:
		return p != charts && charts->ops->act(charts, m, a, arg);
	case ACTION_SORT:
	case ACTION_GOTO:
	case ACTION_CHOOSE:
		return p != runs && runs->ops->act(runs, m, a, arg);
	case ACTION_ACK:
		return p != alerts && alerts->ops->act(alerts, m, a, arg);
	default:
		return false;
	}
}

static void
give_keyboard(struct dash *d, struct model *m)
{
	if (!m->focus)
		return;
	m->screen = 1;
	for (int s = 0; s < SLOT_N; s++)
		if (strcmp(slot_ops[s]->name, m->focus) == 0 && !is_hidden(d, s))
			d->now.focus = s;
	m->focus = NULL;
}

bool
dash_act(struct dash *d, struct model *m, enum action a, const char *arg)
{
	arrange(d, m); /* a key may come before the first frame */
	/* These are the dashboard's whatever lies over it. */
	bool versions = m->screen == 3 && !dash_covered(d, m);
	bool own = a == ACTION_HELP || a == ACTION_ALERT || a == ACTION_SCREEN_1 ||
		   a == ACTION_SCREEN_3 || (a == ACTION_UNDO && !versions) ||
		   ((marks_action(a) || a == ACTION_STOP) && !d->helping && !versions) ||
		   /* from details; in a log to another step of it */
		   (a == ACTION_LOG && !d->helping && (arg || (m->details && !m->text)));
	bool done = !own && offer(d, m, a, arg);
	bool over = dash_covered(d, m) || versions;
	if (!done && (!over || own || a == ACTION_BACK))
		done = act_here(d, m, a, arg);
	give_keyboard(d, m);
	return done || over;
}

static bool
within(struct rect r, int x, int y)
{
	return x >= r.x && x < r.x + r.w && y >= r.y && y < r.y + r.h;
}

static void
pass_mouse(struct pane *p, struct model *m, const struct mouse *mo)
{
	struct mouse rel = *mo;
	rel.x -= p->rect.x;
	rel.y -= p->rect.y;
	if (p->ops->click && within(p->rect, mo->x, mo->y))
		p->ops->click(p, m, p->rect, &rel);
}

void
dash_mouse(struct dash *d, struct model *m, const struct mouse *mo)
{
	if (!mo->press)
		return;
	if (dash_covered(d, m)) {
		pass_mouse(d->helping    ? d->help
			   : m->text     ? d->log
			   : m->incident ? d->incident
					 : d->details,
			   m, mo);
		return;
	}
	if (m->screen == 3) {
		versions_mouse(m->versions, m, mo);
		return;
	}
	for (int s = 0; s < SLOT_N; s++) {
		if (!is_shown(d, s) || !within(d->layout.slot[s], mo->x, mo->y))
			continue;
		if (mo->button <= 3)
			d->now.focus = s;
		pass_mouse(d->pane[s], m, mo);
		break;
	}
	give_keyboard(d, m);
}
