/* pane_alerts.c - what fires, what fired.
 *
 * The order is the model's (bulletin.c). A line says how bad, which rule, which run, and when it
 * fired; a wide pane adds the metric, the value and the step that made it fire, and the message.
 * What somebody has acknowledged, what is over and what was read from old logs is dim: it is
 * information, the rest is news. */
#include "tui/pane.h"

#include "core/utf8.h"
#include "core/xalloc.h"
#include "tui/alert_rows.h"
#include "tui/cols.h"
#include "tui/filter.h"
#include "tui/fmt.h"
#include "tui/incident.h"
#include "tui/list.h"
#include "tui/model.h"
#include "tui/note.h"
#include "tui/sign.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INDENT 3 /* bar, sign, blank */

enum { C_RULE, C_RUN, C_METRIC, C_VALUE, C_STEP, C_STATE, C_TIME, C_MESSAGE, C_N };

struct alerts_pane {
	struct pane p;
	struct list list;
	int head;
	int *row; /* indexes of alerts that pass the filter */
	int nrows;
	uint64_t episode; /* of the alert under the cursor */
	char *rule, *run; /* likewise */
};

static struct pane *
alerts_new(void)
{
	struct alerts_pane *ap = xcalloc(1, sizeof *ap);
	ap->p.ops = &pane_alerts;
	return &ap->p;
}

static void
alerts_free(struct pane *p)
{
	struct alerts_pane *ap = (struct alerts_pane *)p;
	free(ap->row);
	free(ap->rule);
	free(ap->run);
	free(ap);
}

static void
alerts_title(struct pane *p, struct model *m, char *buf, int size)
{
	(void)p;
	int n = snprintf(buf, (size_t)size, m->nfiring ? "Alerts %d" : "Alerts", m->nfiring);
	if (m->alert_sort && n < size)
		n += snprintf(buf + n, (size_t)(size - n), " by %s",
			      alert_sort_names[m->alert_sort]);
	if (m->alert_filter && n < size)
		snprintf(buf + n, (size_t)(size - n), " /%s", m->alert_filter);
}

static bool
is_over(const struct alert *a)
{
	return a->state == ALERT_RESOLVED;
}

/* -- rows ------------------------------------------------------------------------------------ */

static bool
is_under_cursor(const struct alerts_pane *ap, const struct alert *a)
{
	return ap->rule && a->episode == ap->episode && strcmp(a->rule, ap->rule) == 0 &&
	       strcmp(a->run, ap->run) == 0;
}

static void
keep_cursor(struct alerts_pane *ap, const struct model *m)
{
	free(ap->rule);
	free(ap->run);
	ap->rule = ap->run = NULL;
	if (ap->list.cursor >= ap->nrows)
		return;
	const struct alert *a = &m->alert[ap->row[ap->list.cursor]].a;
	ap->rule = xstrdup(a->rule);
	ap->run = xstrdup(a->run);
	ap->episode = a->episode;
}

static void
make_rows(struct alerts_pane *ap, const struct model *m, int h)
{
	ap->row = xreallocarray(ap->row, (size_t)m->nalerts + 1, sizeof *ap->row);
	ap->nrows = alert_rows(m, ap->row);
	/* On the first row the cursor stays there: what fires anew comes under it. */
	for (int i = 0; i < ap->nrows && ap->list.cursor > 0; i++)
		if (is_under_cursor(ap, &m->alert[ap->row[i]].a)) {
			ap->list.cursor = i;
			break;
		}
	list_fit(&ap->list, ap->nrows, h);
	keep_cursor(ap, m);
}

static void
place_columns(const struct alerts_pane *ap, const struct model *m, int width, struct col col[C_N])
{
	int rule = 7, run = 5, metric = 5, message = 0;
	for (int i = 0; i < ap->nrows && i < 200; i++) {
		const struct model_alert *a = &m->alert[ap->row[i]];
		int w = utf8_columns(a->a.rule);
		rule = w > rule ? w : rule;
		w = utf8_columns(alert_run_name(m, a));
		run = w > run ? w : run;
		w = utf8_columns(a->a.metric);
		metric = w > metric ? w : metric;
		w = utf8_columns(a->a.message);
		message = w > message ? w : message;
	}
	/* Rows that would look alike are told apart before anything else is said of them. */
	bool twins = false;
	for (int i = 1; i < ap->nrows && i < 200 && !twins; i++)
		for (int k = 0; k < i && !twins; k++) {
			const struct alert *a = &m->alert[ap->row[i]].a,
					   *b = &m->alert[ap->row[k]].a;
			twins = strcmp(a->rule, b->rule) == 0 && strcmp(a->run, b->run) == 0;
		}
	memset(col, 0, sizeof *col * C_N);
	col[C_RULE] = (struct col){.head = "rule",
				   .min = rule < 14 ? rule : 14,
				   .max = rule < 24 ? rule : 24,
				   .rank = 1};
	col[C_RUN] =
		(struct col){.head = "run", .min = run < 11 ? run : 11, .max = run < 32 ? run : 32};
	col[C_METRIC] = (struct col){.head = "metric",
				     .min = 8,
				     .max = metric < 24 ? metric : 24,
				     .rank = twins ? 2 : 5};
	col[C_VALUE] = (struct col){.head = "value", .min = FMT_VALUE_W, .rank = 6, .right = true};
	col[C_STEP] = (struct col){.head = "step", .min = FMT_STEP_W, .rank = 7, .right = true};
	col[C_STATE] = (struct col){.head = "state", .min = 8, .rank = 4};
	col[C_TIME] = (struct col){.head = "since", .min = FMT_CLOCK_W, .rank = 3, .right = true};
	col[C_MESSAGE] = (struct col){.head = "", .min = 24, .max = message, .rank = 8};
	cols_fit(col, C_N, width);
}

static void
draw_alert(const struct alerts_pane *ap, const struct model *m, int at, const struct col *col,
	   struct grid *g, int x, int y, bool cursor)
{
	const struct model_alert *ma = &m->alert[ap->row[at]];
	const struct alert *a = &ma->a;
	char buf[FMT_N];
	bool news = alert_is_news(ma);
	int style = (news ? STYLE_NORMAL : STYLE_DIM) | (cursor ? STYLE_BOLD : 0);
	int sign = news ? sign_severity_style(a->severity) : STYLE_DIM;
	grid_put(g, x + 1, y,
		 is_over(a) ? (g->ascii ? '-' : 0x2500) : sign_of_severity(a->severity, g->ascii),
		 sign);
	x += INDENT;
	const char *run = alert_run_name(m, ma);
	int color =
		ma->run >= 0 && m->run[ma->run].drawn ? STYLE_RUN0 + m->run[ma->run].color : style;
	if (col[C_RULE].w)
		filter_text(g, x + col[C_RULE].x, y, col[C_RULE].w, a->rule, m->alert_filter,
			    news ? sign | (cursor ? STYLE_BOLD : 0) : style);
	if (utf8_columns(run) <= col[C_RUN].w)
		filter_text(g, x + col[C_RUN].x, y, col[C_RUN].w, run, m->alert_filter,
			    news ? color : style);
	else
		grid_text_middle(g, x + col[C_RUN].x, y, col[C_RUN].w, run, news ? color : style);
	if (col[C_METRIC].w)
		grid_text_middle(g, x + col[C_METRIC].x, y, col[C_METRIC].w, a->metric, style);
	if (a->metric[0]) {
		col_text(&col[C_VALUE], g, x, y, fmt_value(buf, a->value), style);
		col_text(&col[C_STEP], g, x, y, fmt_step(buf, a->step), style);
	}
	col_text(&col[C_STATE], g, x, y, alert_standing(ma), style);
	int64_t when = is_over(a) ? a->since_us : a->fired_us;
	if (when > 0)
		col_text(&col[C_TIME], g, x, y, fmt_clock(buf, when, m->now_us), style);
	col_text(&col[C_MESSAGE], g, x, y, a->message, STYLE_DIM);
}

static void
alerts_draw(struct pane *p, struct model *m, struct grid *g, struct rect r, bool focus)
{
	struct alerts_pane *ap = (struct alerts_pane *)p;
	p->rect = r;
	ap->head = r.h >= 6 && r.w >= 60;
	make_rows(ap, m, r.h - ap->head);
	if (!ap->nrows) {
		note_draw(g, (struct rect){r.x + 1, r.y, r.w - 1, r.h},
			  m->nalerts ? "no alert matches" : "no alerts", STYLE_DIM);
		return;
	}
	struct col col[C_N];
	int width = r.w - (ap->list.n > ap->list.h);
	place_columns(ap, m, width - INDENT, col);
	if (ap->head)
		cols_heads(col, C_N, g, r.x + INDENT, r.y);
	for (int i = 0; i < ap->list.h; i++) {
		int at = list_at(&ap->list, i), y = r.y + ap->head + i;
		if (at < 0)
			break;
		bool cursor = at == ap->list.cursor;
		draw_alert(ap, m, at, col, g, r.x, y, cursor && focus);
		if (cursor)
			grid_put(g, r.x, y, g->ascii ? '>' : 0x258c,
				 focus ? STYLE_TITLE_FOCUS : STYLE_DIM);
	}
	list_mark(&ap->list, g, r.x + r.w - 1, r.y + ap->head);
}

int
alerts_line(struct model *m, struct grid *g, struct rect r)
{
	int x = r.x, end = r.x + r.w;
	if (!m->nfiring)
		return grid_text(g, x, r.y, r.w, "no alerts", STYLE_DIM);
	int drawn = 0;
	for (int i = 0; i < m->nalerts && alert_is_news(&m->alert[i]) && x < end; i++) {
		const struct alert *a = &m->alert[i].a;
		int left = m->nfiring - drawn,
		    need = utf8_columns(a->rule) + utf8_columns(alert_run_name(m, &m->alert[i]));
		if (drawn && end - x < need + 12)
			return x - r.x + grid_textf(g, x, r.y, end - x, STYLE_DIM, "+%d", left);
		int style = sign_severity_style(a->severity);
		grid_put(g, x, r.y, sign_of_severity(a->severity, g->ascii), style);
		x += 2;
		x += grid_text(g, x, r.y, end - x, a->rule, style) + 1;
		x += grid_text(g, x, r.y, end - x, alert_run_name(m, &m->alert[i]), STYLE_NORMAL) +
		     2;
		drawn++;
	}
	return (x > end ? end : x) - r.x;
}

/* -- actions --------------------------------------------------------------------------------- */

static void
set_filter(struct model *m, const char *text)
{
	char *copy = text && *text ? xstrdup(text) : NULL;
	free(m->alert_filter);
	m->alert_filter = copy;
}

static void
undo_sort(void *ctx, struct model *m, const char *old)
{
	(void)ctx;
	m->alert_sort = (int)strtol(old, NULL, 10);
}

static void
set_sort(struct model *m, const char *arg)
{
	static const char *const said[ALERTS_NSORT] = {"what matters most first", "newest first",
						       "by run", "by rule"};
	int now = m->alert_sort, i = arg ? 0 : (now + 1) % ALERTS_NSORT;
	while (arg && i < ALERTS_NSORT && strncmp(alert_sort_names[i], arg, strlen(arg)) != 0)
		i++;
	if (i == ALERTS_NSORT) {
		model_say(m, true, "no such order: %.40s (weight, time, run, rule)", arg);
		return;
	}
	char *old = xasprintf("%d", now);
	model_undo_push(m, undo_sort, NULL, old);
	free(old);
	m->alert_sort = i;
	model_say(m, false, "alerts: %s", said[i]);
}

/* Its run's text, where it was. */
static void
open_text(const struct alerts_pane *ap, struct model *m)
{
	const struct alert *a = &m->alert[ap->row[ap->list.cursor]].a;
	struct model_text where;
	alert_where(m, a, &where);
	model_open_text(m, a->run, &where);
}

static bool
alerts_act(struct pane *p, struct model *m, enum action a, const char *arg)
{
	struct alerts_pane *ap = (struct alerts_pane *)p;
	make_rows(ap, m, ap->list.h);
	switch (a) {
	case ACTION_FILTER:
		set_filter(m, arg);
		return true;
	case ACTION_BACK:
		if (!m->alert_filter)
			return false;
		set_filter(m, NULL);
		return true;
	case ACTION_ACK_ALL:
		model_ack(m, -1);
		return true;
	case ACTION_SORT:
		set_sort(m, arg);
		return true;
	default:
		break;
	}
	if (!ap->nrows)
		return false;
	if (list_act(&ap->list, a)) {
		keep_cursor(ap, m);
		return true;
	}
	switch (a) {
	case ACTION_ACK:
		model_ack(m, ap->row[ap->list.cursor]);
		return true;
	case ACTION_SILENCE:
		model_silence(m, ap->row[ap->list.cursor], arg);
		return true;
	case ACTION_OPEN:
		model_open_alert(m, ap->row[ap->list.cursor]);
		return true;
	case ACTION_LOG:
		if (arg)
			return false;
		open_text(ap, m);
		return true;
	case ACTION_COPY:
		free(m->copy);
		m->copy = xstrdup(m->alert[ap->row[ap->list.cursor]].a.run);
		return true;
	default:
		return false;
	}
}

static void
alerts_click(struct pane *p, struct model *m, struct rect r, const struct mouse *mo)
{
	struct alerts_pane *ap = (struct alerts_pane *)p;
	(void)r;
	if (!mo->press || !ap->nrows)
		return;
	make_rows(ap, m, ap->list.h);
	if (mo->button == 4 || mo->button == 5) {
		list_scroll(&ap->list, mo->button == 4 ? -3 : 3);
	} else {
		int at = list_at(&ap->list, mo->y - ap->head);
		if (at < 0)
			return;
		bool again = at == ap->list.cursor;
		ap->list.cursor = at;
		if (again)
			model_open_alert(m, ap->row[at]);
	}
	keep_cursor(ap, m);
}

const struct pane_ops pane_alerts = {
	.name = "alerts",
	.new = alerts_new,
	.free = alerts_free,
	.title = alerts_title,
	.draw = alerts_draw,
	.act = alerts_act,
	.click = alerts_click,
};
