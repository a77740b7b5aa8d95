/* pane_incident.c - one alert for somebody who was woken by it: first what it is, since when, and
 * whether anybody has it in hand; then the curve around the moment and what the log said there; the
 * rest (how the rule reads, who was told, what happened before) can be scrolled to.
 *
 *     ✖ seed1: train/loss is NaN at step 812        what, in the rule's own words
 *     fires since 03:12:44, 5m; nobody has …        how it stands
 *     facts                 │ the curve
 *     what the log said at that place
 *     a acknowledge  M silence 2h …                 what can be done
 *
 * On a narrow screen facts, curve and log stand below each other, and what finds no room is left
 * out, the curve first. */
#include "tui/pane.h"

#include "core/utf8.h"
#include "core/xalloc.h"
#include "tui/chart_cursor.h"
#include "tui/charts.h"
#include "tui/fmt.h"
#include "tui/incident.h"
#include "tui/incident_facts.h"
#include "tui/keymap.h"
#include "tui/log_peek.h"
#include "tui/model.h"
#include "tui/note.h"
#include "tui/page.h"
#include "tui/sign.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	NARROW = 44, /* what is said of how it stands is shorter */
	WIDE = 96,   /* facts and curve side by side */
	CHART_H = 7, /* the least, with the line of its title */
	LOG_H = 4,   /* likewise */
	NO_LOG_H = 3,
	FACTS_H = 4, /* when there is more than facts */
};

struct incident_pane {
	struct pane p;
	struct page page;
	struct log_peek *peek;
	unsigned serial; /* that PAGE shows */
};

static struct pane *
incident_new(void)
{
	struct incident_pane *ip = xcalloc(1, sizeof *ip);
	ip->p.ops = &pane_incident;
	ip->peek = log_peek_new();
	return &ip->p;
}

static void
incident_pane_free(struct pane *p)
{
	struct incident_pane *ip = (struct incident_pane *)p;
	page_release(&ip->page);
	log_peek_free(ip->peek);
	free(ip);
}

static void
incident_title(struct pane *p, struct model *m, char *buf, int size)
{
	(void)p;
	int n = 0, at = m->incident ? incident_place(m, &n) : -1;
	if (at >= 0 && n > 1)
		snprintf(buf, (size_t)size, "Alert %d of %d", at + 1, n);
	else
		snprintf(buf, (size_t)size, "Alert");
}

/* -- how it stands ----------------------------------------------------------------------------- */

static const char *
run_name(struct model *m, const struct alert *a)
{
	const struct model_run *r = model_run_by_path(m, a->run);
	return r ? r->name : a->run;
}

static void
head_text(struct model *m, const struct alert *a, struct str *out)
{
	const char *name = run_name(m, a);
	const char *what = a->message && *a->message ? a->message : a->rule;
	/* Messages of one's own may begin with the run. */
	if (strncmp(what, name, strlen(name)) != 0)
		str_addf(out, "%s: ", name);
	str_adds(out, what);
}

static void
standing_text(const struct model *m, const struct incident *in, bool narrow, struct str *out)
{
	const struct alert *a = &in->seen.a;
	char clock[FMT_N], age[FMT_N], until[FMT_N];
	if (a->state == ALERT_RESOLVED) {
		str_addf(out, "over since %s; it fired at ",
			 fmt_moment(clock, a->since_us, m->now_us));
		str_adds(out, fmt_moment(clock, a->fired_us, m->now_us));
	} else {
		str_addf(out, "%ssince %s",
			 a->state == ALERT_RECOVERING ? "recovers; it fires "
			 : narrow                     ? ""
						      : "fires ",
			 fmt_moment(clock, a->fired_us, m->now_us));
		if (m->now_us - a->fired_us >= INT64_C(60000000))
			str_addf(out, ", %s", fmt_age(age, a->fired_us, m->now_us));
		if (in->seen.silent_us)
			str_addf(out, "; silent until %s",
				 fmt_moment(until, in->seen.silent_us, m->now_us));
		if (a->acked)
			str_adds(out, "; acknowledged");
		else if (!in->seen.silent_us && !a->historic)
			str_adds(out, "; not acknowledged");
	}
	if (a->historic)
		str_adds(out, "; from the old log, nobody was told");
	if (a->inhibited)
		str_adds(out, "; another alert explains it");
}

static bool
is_news(const struct incident *in)
{
	return alert_is_news(&in->seen);
}

/* Returns the lines it took. */
static int
draw_head(struct model *m, struct grid *g, struct rect r)
{
	const struct incident *in = m->incident;
	const struct alert *a = &in->seen.a;
	struct str s = STR_INIT;
	bool over = a->state == ALERT_RESOLVED;
	int style = is_news(in) ? sign_severity_style(a->severity) | STYLE_BOLD : STYLE_NORMAL;
	grid_put(g, r.x + 1, r.y,
		 over ? (g->ascii ? '-' : 0x2500) : sign_of_severity(a->severity, g->ascii), style);
	head_text(m, a, &s);
	int most = r.h >= 10 ? 2 : 1;
	int y = note_draw(g, (struct rect){r.x + 3, r.y, r.w - 4, most}, str_c(&s), style);
	y = y < 1 ? 1 : y;
	str_reset(&s);
	standing_text(m, in, r.w < NARROW, &s);
	if (y < r.h)
		grid_text(g, r.x + 3, r.y + y, r.w - 4, str_c(&s),
			  is_news(in) ? STYLE_NORMAL : STYLE_DIM);
	str_release(&s);
	return y + 1;
}

static void
fill(struct incident_pane *ip, struct model *m)
{
	const struct incident *in = m->incident;
	struct page *p = &ip->page;
	page_clear(p);
	if (ip->serial != in->serial) {
		ip->serial = in->serial;
		p->top = 0;
	}
	incident_facts(p, m);
}

/* -- keys -------------------------------------------------------------------------------------- */

/* What can be done, the most useful first; what finds no room is left out whole. */
static void
draw_keys(struct model *m, struct grid *g, struct rect r)
{
	const struct model_alert *a = &m->incident->seen;
	bool fires = alert_fires(&a->a);
	const struct {
		enum action key;
		const char *text;
		bool shown;
	} can[] = {
		{ACTION_ACK, "acknowledge", fires && !a->a.acked},
		{ACTION_SILENCE, a->silent_us ? "end silence" : "silence 2h", fires},
		{ACTION_LOG, "log", true},
		{ACTION_OPEN, "chart", true},
		{ACTION_BACK, "back", true},
		{ACTION_NEXT_CHART, "next", m->nalerts > 1},
		{ACTION_STOP, "stop run", fires},
		{ACTION_PREV_CHART, "previous", m->nalerts > 1},
	};
	int x = 1;
	for (size_t i = 0; i < sizeof can / sizeof *can; i++) {
		char key[16];
		keymap_first(can[i].key, key);
		int w = utf8_columns(key) + 1 + utf8_columns(can[i].text);
		if (!can[i].shown || x + w >= r.w)
			continue;
		x += grid_text(g, r.x + x, r.y, r.w - x, key, STYLE_KEY) + 1;
		x += grid_text(g, r.x + x, r.y, r.w - x, can[i].text, STYLE_DIM) + 2;
	}
}

/* -- the picture ------------------------------------------------------------------------------- */

/* A line across with what stands below it. */
static void
draw_rule(struct grid *g, struct rect r, const char *text)
{
	grid_hline(g, r.x - 1, r.y, r.w + 2, STYLE_BORDER_FOCUS);
	char *padded = xasprintf(" %s ", text);
	grid_text_middle(g, r.x + 1, r.y, r.w - 2, padded, STYLE_TITLE);
	free(padded);
}

static void
draw_chart(struct model *m, struct grid *g, struct rect r)
{
	struct incident *in = m->incident;
	struct rect body = {r.x, r.y + 1, r.w, r.h - 1};
	in->want_columns = chart_columns(body, g);
	draw_rule(g, r, in->metric);
	if (in->want_columns > 0 && in->want_columns != in->fig.answered.columns)
		m->stale = true;
	struct chart c;
	incident_chart(in, g->ascii, &c);
	chart_draw(g, body, &c);
}

static void
draw_log(struct incident_pane *ip, struct model *m, struct grid *g, struct rect r)
{
	const char *file = log_peek_file(ip->peek);
	const char *note = ip->peek->win.n && ip->peek->note[0] ? ip->peek->note : NULL;
	char *title = file ? xasprintf("log %s%s%s", file, note ? ": " : "", note ? note : "")
			   : xstrdup("log");
	draw_rule(g, r, title);
	free(title);
	log_peek_draw(ip->peek, m, g, (struct rect){r.x, r.y + 1, r.w, r.h - 1});
}

static int
clamp(int v, int lo, int hi)
{
	return v > hi ? hi : v < lo ? lo : v;
}

/* The rooms of facts, curve and log in R; h 0: none. Where there is no TEXT, a line says so. */
static void
share(const struct rect *r, int facts_lines, bool curve, bool text, struct rect *facts,
      struct rect *chart, struct rect *log)
{
	*facts = *r;
	*chart = *log = (struct rect){r->x, r->y, r->w, 0};
	if (r->h < FACTS_H + LOG_H)
		return;
	if (curve && r->w >= WIDE && r->h >= CHART_H + LOG_H) {
		int top = text ? clamp(r->h * 3 / 5, CHART_H, r->h - LOG_H) : r->h - NO_LOG_H;
		int left = clamp(r->w * 2 / 5, 40, 72);
		*facts = (struct rect){r->x, r->y + 1, left, top - 1};
		*chart = (struct rect){r->x + left + 1, r->y, r->w - left - 1, top};
		*log = (struct rect){r->x, r->y + top, r->w, r->h - top};
		return;
	}
	curve = curve && r->h >= FACTS_H + CHART_H + LOG_H;
	int least = LOG_H + (curve ? CHART_H : 0);
	facts->h =
		clamp(facts_lines, FACTS_H, clamp(r->h / (curve ? 3 : 2), FACTS_H, r->h - least));
	int rest = r->h - facts->h;
	if (curve) {
		chart->y = r->y + facts->h;
		chart->h = text ? clamp(rest * 3 / 5, CHART_H, rest - LOG_H) : rest - NO_LOG_H;
	}
	log->y = r->y + facts->h + chart->h;
	log->h = rest - chart->h;
}

static void
incident_draw(struct pane *p, struct model *m, struct grid *g, struct rect r, bool focus)
{
	struct incident_pane *ip = (struct incident_pane *)p;
	struct rect facts, chart, log;
	(void)focus;
	p->rect = r;
	if (!m->incident)
		return;
	struct incident *in = m->incident;
	incident_sync(m);
	fill(ip, m);
	int used = draw_head(m, g, r);
	int keys = r.h >= 5;
	struct rect body = {r.x, r.y + used, r.w, r.h - used - keys};
	if (keys)
		draw_keys(m, g, (struct rect){r.x, r.y + r.h - 1, r.w, 1});
	if (body.h < 1)
		return;
	share(&body, ip->page.n + 2, in->metric, !log_peek_none(ip->peek, in->serial), &facts,
	      &chart, &log);
	page_draw(&ip->page, g, facts);
	in->want_columns = 0;
	if (chart.h) {
		if (chart.x > facts.x) {
			grid_hline(g, r.x - 1, chart.y, r.w + 2, STYLE_BORDER_FOCUS);
			grid_vline(g, chart.x - 1, chart.y, chart.h + (log.h > 0),
				   STYLE_BORDER_FOCUS);
		}
		draw_chart(m, g, chart);
	}
	if (log.h) {
		struct model_text where;
		alert_where(m, &in->seen.a, &where);
		log_peek_pump(ip->peek, m, in->serial, in->seen.a.run, &where);
		draw_log(ip, m, g, log);
	}
}

/* -- actions ----------------------------------------------------------------------------------- */

static void
open_text(struct model *m)
{
	const struct alert *a = &m->incident->seen.a;
	struct model_text where;
	alert_where(m, a, &where);
	model_open_text(m, a->run, &where);
}

/* The dashboard's chart of it, its run under the cursor of the list, a cursor at the moment. */
static void
open_chart(struct model *m)
{
	const struct incident *in = m->incident;
	const struct alert *a = &in->seen.a;
	const struct model_run *r = model_run_by_path(m, a->run);
	if (!r || !model_goto_run(m, a->run)) {
		model_say(m, true, "%.100s is not among the shown runs", a->run);
		return;
	}
	if (in->metric) {
		struct charts_trip to = {
			.metric = in->metric,
			.has_step = in->fig.axis == AXIS_STEP,
			.unit = in->fig.unit,
			.step = (int64_t)in->x,
			.wall_us = a->historic ? 0 : a->fired_us,
			.start_us = r->info.first_us,
		};
		chart_cursor_go(m->charts, m, &to);
	}
	m->focus = in->metric ? "charts" : "runs";
	model_close_alert(m);
}

static void
beside(struct model *m, int by)
{
	if (!model_alert_beside(m, by))
		model_say(m, false, by > 0 ? "this is the last alert" : "this is the first alert");
}

/* What is said of an alert is said by its index; one that is gone has none. */
static bool
on_listed(struct model *m, enum action a, const char *arg)
{
	int i = incident_sync(m);
	if (i < 0)
		model_say(m, false, "it is over, and was dropped");
	else if (a == ACTION_ACK)
		model_ack(m, i);
	else
		model_silence(m, i, arg);
	return true;
}

static bool
incident_act(struct pane *p, struct model *m, enum action a, const char *arg)
{
	struct incident_pane *ip = (struct incident_pane *)p;
	if (!m->incident)
		return false;
	if (page_act(&ip->page, a, arg))
		return true;
	switch (a) {
	case ACTION_ACK:
	case ACTION_SILENCE:
		return on_listed(m, a, arg);
	case ACTION_ACK_ALL:
		model_ack(m, -1);
		return true;
	case ACTION_NEXT_CHART:
	case ACTION_PANE_NEXT:
	case ACTION_RIGHT:
		beside(m, 1);
		return true;
	case ACTION_PREV_CHART:
	case ACTION_PANE_PREV:
	case ACTION_LEFT:
		beside(m, -1);
		return true;
	case ACTION_LOG:
		if (arg)
			return false;
		open_text(m);
		return true;
	case ACTION_OPEN:
	case ACTION_LOGY: /* o */
		open_chart(m);
		return true;
	case ACTION_ZOOM_IN:
		incident_zoom(m->incident, 2);
		m->stale = true;
		return true;
	case ACTION_ZOOM_OUT:
		incident_zoom(m->incident, 0.5);
		m->stale = true;
		return true;
	case ACTION_COPY:
		free(m->copy);
		m->copy = xstrdup(m->incident->seen.a.run);
		return true;
	case ACTION_BACK:
		model_close_alert(m);
		return true;
	default:
		return false;
	}
}

static void
incident_click(struct pane *p, struct model *m, struct rect r, const struct mouse *mo)
{
	struct incident_pane *ip = (struct incident_pane *)p;
	(void)m;
	(void)r;
	if (mo->press && (mo->button == 4 || mo->button == 5))
		page_scroll(&ip->page, mo->button == 4 ? -3 : 3);
}

const struct pane_ops pane_incident = {
	.name = "alert",
	.new = incident_new,
	.free = incident_pane_free,
	.title = incident_title,
	.draw = incident_draw,
	.act = incident_act,
	.click = incident_click,
};
