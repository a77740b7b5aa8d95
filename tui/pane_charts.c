/* The pane of charts: as many as have room, side by side, their titles in the lines between them.
 *
 * The pane decides how many charts there are and how wide each is, and tells so by want_columns;
 * the model asks the store for exactly these. A frame in which the two disagree (after a resize, a
 * page turned) stretches what is there, or leaves it empty, and asks for another refresh. */
#include "tui/pane.h"

#include "core/utf8.h"
#include "core/xalloc.h"
#include "tui/chart_cursor.h"
#include "tui/charts.h"
#include "tui/model.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	MIN_W = 26, /* inside the frame lines: narrower, and there are fewer charts in a row */
	MIN_H = 7,
	MAX_ACROSS = 4,
	MAX_SHOWN = 16,
	TITLE_LEAST = 10,
	LEGEND_W = 50, /* of a chart from which on several runs are named in it */
};

struct charts_pane {
	struct pane pane;
	struct rect one[MAX_SHOWN]; /* inside, as drawn last */
	int shown, across;
	int room; /* for how many there would be room */
};

static struct pane *
charts_pane_new(void)
{
	struct charts_pane *cp = xcalloc(1, sizeof *cp);
	cp->pane.ops = &pane_charts;
	return &cp->pane;
}

static void
charts_pane_free(struct pane *p)
{
	free(p);
}

/* -- arrangement ------------------------------------------------------------------------------- */

/* How many charts of at least MIN cells, with a line between, fit into N; larger screens rather
 * have larger charts than more of them. */
static int
fits(int n, int min, int roomy, int most)
{
	int k = (n + 1) / (min + 1);
	if (k > 2)
		k = (n + 1) / (roomy + 1);
	if (k < 2)
		k = (n + 1) / (min + 1) >= 2 ? 2 : 1;
	return k > most ? most : k;
}

/* Splits R among N charts in rows; the last row has what is left, as wide as it likes. */
static void
arrange(struct charts_pane *cp, struct rect r, int n)
{
	int across = fits(r.w, MIN_W, 44, MAX_ACROSS), down = fits(r.h, MIN_H, 12, MAX_SHOWN / 4);
	cp->room = across * down;
	while (across > 1 && n <= (across - 1) * down)
		across--;
	while (down > 1 && n <= across * (down - 1))
		down--;
	cp->across = across;
	cp->shown = n < across * down ? n : across * down;
	for (int row = 0, k = 0; row < down; row++) {
		int y0 = row * (r.h + 1) / down, y1 = (row + 1) * (r.h + 1) / down;
		int in_row = cp->shown - k < across ? cp->shown - k : across;
		for (int i = 0; i < in_row; i++, k++) {
			int x0 = i * (r.w + 1) / in_row, x1 = (i + 1) * (r.w + 1) / in_row;
			cp->one[k] = (struct rect){r.x + x0, r.y + y0, x1 - x0 - 1, y1 - y0 - 1};
		}
	}
}

/* Keeps what is shown within what there is, and the selected chart within what is shown. */
static void
clamp(struct charts_pane *cp, struct charts *cs)
{
	if (cs->selected >= cs->n)
		cs->selected = cs->n - 1;
	if (cs->selected < 0)
		cs->selected = 0;
	if (cs->single)
		cs->first = cs->selected;
	if (cp->shown > 0 && cs->selected >= cs->first + cp->shown)
		cs->first = cs->selected - cp->shown + 1;
	if (cs->selected < cs->first)
		cs->first = cs->selected;
	if (cs->first < 0)
		cs->first = 0;
}

/* -- drawing ----------------------------------------------------------------------------------- */

/* What is not as usual about a chart, in a few letters. */
static void
marks(const struct charts *cs, const struct model *m, int i, char *buf, size_t size)
{
	static const char *const range[YRANGE_N] = {"", " all", " tail"};
	char smooth[24] = "", zoom[24] = "";
	bool log = charts_logy(cs, m, i);
	if (m->smooth > 0)
		snprintf(smooth, sizeof smooth, " ~%.3g", m->smooth);
	if (m->zoom < 1)
		snprintf(zoom, sizeof zoom, " last 1/%.0f", 1 / m->zoom);
	snprintf(buf, size, "%s%s%s%s%s",
		 !cs->one[i].pinned ? ""
		 : m->ascii         ? " #"
				    : " ◆",
		 log                   ? " log"
		 : cs->one[i].role.log ? " linear"
				       : "",
		 smooth, range[cs->yrange], zoom);
}

/* Words of the title that name a line have its colour: a legend that takes no room. */
static void
color_words(const struct charts_one *o, struct grid *g, int x, int y)
{
	const char *from = o->title;
	for (int i = 0; i < o->fig.ntraces; i++) {
		const struct trace *t = &o->fig.trace[i];
		const char *at = t->name ? strstr(from, t->name) : NULL;
		if (!at)
			continue;
		char *before = xstrndup(o->title, (size_t)(at - o->title));
		int w = utf8_columns(t->name);
		grid_text(g, x + utf8_columns(before), y, w, t->name,
			  t->style | (t->faint ? STYLE_FAINT : 0));
		free(before);
		from = at + strlen(t->name);
	}
}

/* Lines of many runs have many colours, but those of training are the faint ones in all. */
static void
dim_training(const struct charts_one *o, struct grid *g, int x, int y)
{
	const char *from = strchr(o->title, ':'), *to = NULL;
	for (const char *p = from; p && (p = strstr(p, " ─")); p++)
		to = p + strlen(" ─");
	if (!from || !to)
		return;
	char *part = xstrndup(from + 1, (size_t)(to - from - 1));
	char *before = xstrndup(o->title, (size_t)(from + 1 - o->title));
	grid_text(g, x + utf8_columns(before), y, utf8_columns(part), part, STYLE_DIM);
	free(part);
	free(before);
}

/* "3–6 of 41", or "" when all are there; "3–6/41" when that leaves a title of W columns whole. */
static int
page_text(const struct charts_pane *cp, const struct charts *cs, int room, int w, char *buf,
	  size_t size)
{
	static const char *const of[] = {" of ", "/"};
	buf[0] = '\0';
	if (cs->n <= cp->shown)
		return 0;
	for (int i = 0; i < 2 && (i == 0 || utf8_columns(buf) + w > room); i++)
		if (cp->shown > 1)
			snprintf(buf, size, " %d–%d%s%d ", cs->first + 1, cs->first + cp->shown,
				 of[i], cs->n);
		else
			snprintf(buf, size, " %d%s%d ", cs->first + 1, of[i], cs->n);
	return utf8_columns(buf);
}

static int
title_width(const struct charts *cs, const struct model *m, int i)
{
	char extra[96];
	marks(cs, m, i, extra, sizeof extra);
	return utf8_columns(cs->one[i].title) + utf8_columns(extra) + 2;
}

/* The title of chart I in the line above R, in W columns. */
static void
draw_title(struct charts *cs, const struct model *m, struct grid *g, struct rect r, int w, int i,
	   bool focus, bool alone)
{
	char extra[96];
	const struct charts_one *o = &cs->one[i];
	int style = focus && i == cs->selected ? STYLE_TITLE_FOCUS : STYLE_TITLE;
	marks(cs, m, i, extra, sizeof extra);
	int whole = utf8_columns(o->title), more = utf8_columns(extra), name = whole;
	if (name + more + 2 > w)
		name = w - more - 2;
	if (name < whole && name < 4) {
		name = w - 2;
		more = 0;
	}
	if (name < 1)
		return;
	int x = r.x, y = r.y - 1;
	grid_put(g, x++, y, ' ', style);
	int used = grid_text_middle(g, x, y, name, o->title, style);
	if (alone && used == whole)
		color_words(o, g, x, y);
	else if (o->splits && used == whole)
		dim_training(o, g, x, y);
	x += used;
	x += grid_text(g, x, y, more, extra, STYLE_DIM);
	grid_put(g, x, y, ' ', style);
}

/* Which of the charts has the right end of the upper border above it. */
static int
corner_of(const struct charts_pane *cp)
{
	int corner = 0;
	while (corner + 1 < cp->shown && cp->one[corner + 1].y == cp->one[0].y)
		corner++;
	return corner;
}

static void
draw_frames(const struct charts_pane *cp, struct grid *g, struct rect r, bool focus)
{
	int style = focus ? STYLE_BORDER_FOCUS : STYLE_BORDER;
	grid_hline(g, r.x - 1, r.y - 1, r.w + 2, style);
	for (int k = 0; k < cp->shown; k++) {
		struct rect o = cp->one[k];
		if (o.x > r.x)
			grid_vline(g, o.x - 1, o.y - 1, o.h + 2, style);
		if (o.y > r.y && o.x == r.x)
			grid_hline(g, r.x - 1, o.y - 1, r.w + 2, style);
	}
}

static void
draw_message(struct grid *g, struct rect r, const char *z)
{
	int w = utf8_columns(z);
	grid_text(g, r.x + (w < r.w ? (r.w - w) / 2 : 0), r.y + (r.h - 1) / 2, r.w, z, STYLE_DIM);
}

static void
charts_pane_draw(struct pane *p, struct model *m, struct grid *g, struct rect r, bool focus)
{
	struct charts_pane *cp = (struct charts_pane *)p;
	struct charts *cs = m->charts;
	int drawn[STYLE_NRUNS], nruns = model_drawn(m, drawn);
	p->rect = r;
	cs->drawn = true;
	if (cs->behind)
		m->stale = true;
	clamp(cp, cs);
	arrange(cp, r, cs->single ? 1 : cs->n - cs->first);
	clamp(cp, cs);
	draw_frames(cp, g, r, focus);
	for (int i = 0; i < cs->n; i++)
		if (i < cs->first || i >= cs->first + cp->shown)
			cs->one[i].want_columns = 0;
	/* Where one is in the list stands behind the title in the corner, which gives way. */
	char page[64];
	int corner = corner_of(cp), page_w = 0;
	if (cp->shown > 0)
		page_w = page_text(cp, cs, cp->one[corner].w,
				   title_width(cs, m, cs->first + corner), page, sizeof page);
	if (cp->shown > 0 && cp->one[corner].w < page_w + TITLE_LEAST)
		page_w = 0;
	for (int k = 0; k < cp->shown; k++) {
		int i = cs->first + k;
		struct charts_one *o = &cs->one[i];
		struct rect c = cp->one[k];
		o->want_columns = chart_columns(c, g);
		if (o->want_columns > 0 && o->want_columns != o->fig.answered.columns)
			m->stale = true;
		draw_title(cs, m, g, c, c.w - (k == corner ? page_w : 0), i, focus, nruns == 1);
		struct chart chart;
		charts_chart(cs, m, i, &chart);
		chart.legend = chart.legend && (nruns == 1 ? !o->splits : c.w >= LEGEND_W);
		chart_draw(g, c, &chart);
	}
	if (page_w)
		grid_text(g, r.x + r.w - page_w, r.y - 1, page_w, page, STYLE_DIM);
	if (cs->n == 0)
		draw_message(g, r, nruns ? "no metric to chart yet" : "no run is drawn");
}

static void
charts_pane_title(struct pane *p, struct model *m, char *buf, int size)
{
	/* each chart writes its own title into the border when it is drawn */
	(void)p;
	(void)m;
	snprintf(buf, (size_t)size, "%s", "");
}

/* -- settings ---------------------------------------------------------------------------------- */

static void
undo_setting(void *ctx, struct model *m, const char *old)
{
	(void)ctx;
	int axis, logx, logy, yrange;
	double smooth, zoom;
	if (!old ||
	    sscanf(old, "%d %d %d %d %lf %lf", &axis, &logx, &logy, &yrange, &smooth, &zoom) != 6)
		return;
	m->axis = (enum axis)axis;
	m->logx = logx;
	m->logy = logy;
	m->charts->yrange = (enum yrange)yrange;
	m->smooth = smooth;
	m->zoom = zoom;
	m->stale = true;
}

/* Before a setting is changed. */
static void
remember(struct model *m)
{
	char *old = xasprintf("%d %d %d %d %.17g %.17g", (int)m->axis, m->logx, m->logy,
			      (int)m->charts->yrange, m->smooth, m->zoom);
	model_undo_push(m, undo_setting, NULL, old);
	free(old);
	m->stale = true;
}

/* The index of what ARG begins, or that after NOW without ARG; -1: no such word. */
static int
choice(const char *arg, const char *const *words, int n, int now)
{
	if (!arg || !*arg)
		return (now + 1) % n;
	for (int i = 0; i < n; i++)
		if (strncmp(words[i], arg, strlen(arg)) == 0)
			return i;
	return -1;
}

static void
set_yrange(struct model *m, const char *arg)
{
	int i = choice(arg, yrange_names, YRANGE_N, m->charts->yrange);
	if (i < 0) {
		model_say(m, true, "no such y range: %s (robust, all, tail)", arg);
		return;
	}
	remember(m);
	m->charts->yrange = (enum yrange)i;
	static const char *const words[] = {"1st to 99th percentile", "all values",
					    "that of the last fifth"};
	model_say(m, false, "y range: %s", words[i]);
}

static void
set_xaxis(struct model *m, const char *arg)
{
	static const char *const words[] = {"step", "wall", "relative"};
	int i = choice(arg, words, 3, (int)m->axis);
	if (i < 0) {
		model_say(m, true, "no such x axis: %s (step, wall, relative)", arg);
		return;
	}
	remember(m);
	m->axis = (enum axis)i;
	static const char *const said[] = {"step", "clock time", "time since the start"};
	model_say(m, false, "x axis: %s", said[i]);
}

static void
set_smooth(struct model *m, const char *arg)
{
	static const double cycle[] = {0, 0.6, 0.9, 0.99};
	double w = 0;
	if (arg && *arg) {
		char *end;
		w = strcmp(arg, "off") == 0 ? 0 : strtod(arg, &end);
		if (strcmp(arg, "off") != 0 && (*end || !(w >= 0 && w < 1))) {
			model_say(m, true, "a weight of smoothing is between 0 and 1: %s", arg);
			return;
		}
	} else {
		for (int i = 0; i < 4; i++)
			if (cycle[i] > m->smooth) {
				w = cycle[i];
				break;
			}
	}
	remember(m);
	m->smooth = w;
	if (w > 0)
		model_say(m, false, "smoothing: %.3g", w);
	else
		model_say(m, false, "no smoothing");
}

static void
set_zoom(struct model *m, double zoom)
{
	if (zoom > 1)
		zoom = 1;
	if (zoom < 1.0 / 4096)
		zoom = 1.0 / 4096;
	if (zoom == m->zoom)
		return;
	remember(m);
	m->zoom = zoom;
	if (zoom < 1)
		model_say(m, false, "the last 1/%.0f of x", 1 / zoom);
	else
		model_say(m, false, "all of x");
}

/* A logarithmic axis for all charts where the selected one has none, or the other way; then back to
 * what suits each. */
static void
toggle_logy(struct model *m)
{
	struct charts *cs = m->charts;
	if (cs->n == 0)
		return;
	remember(m);
	const struct charts_one *o = &cs->one[cs->selected];
	m->logy = m->logy < 0 ? !charts_logy(cs, m, cs->selected) : -1;
	if (m->logy == 1 && !charts_logy(cs, m, cs->selected))
		model_say(m, false,
			  "y axes: logarithmic, but that of %s: it has values of 0 or less",
			  o->metric[0]);
	else
		model_say(m, false, "y axes: %s",
			  m->logy < 0 ? "as suits each metric"
			  : m->logy   ? "logarithmic"
				      : "linear");
}

static bool
act_setting(struct model *m, enum action a, const char *arg)
{
	switch (a) {
	case ACTION_YRANGE:
		set_yrange(m, arg);
		return true;
	case ACTION_LOGY:
		toggle_logy(m);
		return true;
	case ACTION_LOGX:
		remember(m);
		m->logx = !m->logx;
		model_say(m, false, "x axis: %s", m->logx ? "logarithmic" : "linear");
		return true;
	case ACTION_XAXIS:
		set_xaxis(m, arg);
		return true;
	case ACTION_SMOOTH:
		set_smooth(m, arg);
		return true;
	case ACTION_ZOOM_IN:
		set_zoom(m, m->zoom / 2);
		return true;
	case ACTION_ZOOM_OUT:
		set_zoom(m, m->zoom * 2);
		return true;
	default:
		return false;
	}
}

/* -- moving ------------------------------------------------------------------------------------ */

static void
page(struct charts_pane *cp, struct charts *cs, int by)
{
	int k = cs->single ? 1 : cp->room, first = cs->first + by * k;
	if (first >= cs->n)
		return;
	if (first < 0)
		first = 0;
	cs->selected += first - cs->first;
	cs->first = first;
	if (cs->selected >= cs->n)
		cs->selected = cs->n - 1;
}

/* To the first chart whose metric has TEXT in its name. */
static void
go(struct charts *cs, struct model *m, const char *text)
{
	if (charts_goto(cs, m, text))
		return;
	for (int i = 0; i < cs->n; i++)
		for (int k = 0; k < cs->one[i].nmetrics; k++)
			if (strcasestr(cs->one[i].metric[k], text)) {
				cs->first = cs->selected = i;
				return;
			}
	model_say(m, true, "no chart of \"%s\"", text);
}

static bool
act_move(struct charts_pane *cp, struct charts *cs, enum action a)
{
	int step = cs->single ? 1 : cp->across;
	switch (a) {
	case ACTION_LEFT:
		cs->selected--;
		return true;
	case ACTION_RIGHT:
		cs->selected++;
		return true;
	case ACTION_UP:
		cs->selected -= cs->selected >= step ? step : 0;
		return true;
	case ACTION_DOWN:
		cs->selected += cs->selected + step < cs->n ? step : 0;
		return true;
	case ACTION_NEXT_CHART:
	case ACTION_PAGE_DOWN:
		page(cp, cs, 1);
		return true;
	case ACTION_PREV_CHART:
	case ACTION_PAGE_UP:
		page(cp, cs, -1);
		return true;
	case ACTION_TOP:
		cs->selected = 0;
		return true;
	case ACTION_BOTTOM:
		cs->selected = cs->n - 1;
		return true;
	default:
		return false;
	}
}

static bool
charts_pane_act(struct pane *p, struct model *m, enum action a, const char *arg)
{
	struct charts_pane *cp = (struct charts_pane *)p;
	struct charts *cs = m->charts;
	if (act_setting(m, a, arg))
		return true;
	if (a == ACTION_GOTO && arg && *arg) {
		cs->single = false;
		go(cs, m, arg);
		return true;
	}
	if (cs->n == 0)
		return false;
	if (act_move(cp, cs, a)) {
		clamp(cp, cs);
		if (cs->single)
			cs->first = cs->selected;
		return true;
	}
	switch (a) {
	case ACTION_CURSOR_LEFT:
		chart_cursor_move(cs, m, -1);
		return true;
	case ACTION_CURSOR_RIGHT:
		chart_cursor_move(cs, m, 1);
		return true;
	case ACTION_LOG:
		return !arg && chart_cursor_text(cs, m);
	case ACTION_OPEN:
		cs->single = !cs->single;
		return true;
	case ACTION_BACK:
		if (chart_cursor_off(cs))
			return true;
		if (!cs->single)
			return false;
		cs->single = false;
		return true;
	case ACTION_CHOOSE:
		charts_toggle_pin(cs, m, charts_name(&cs->one[cs->selected]));
		return true;
	case ACTION_COPY:
		free(m->copy);
		m->copy = xstrdup(cs->one[cs->selected].metric[0]);
		return true;
	default:
		return false;
	}
}

static void
charts_pane_click(struct pane *p, struct model *m, struct rect r, const struct mouse *mo)
{
	struct charts_pane *cp = (struct charts_pane *)p;
	struct charts *cs = m->charts;
	if (!mo->press)
		return;
	if (mo->button == 4 || mo->button == 5) {
		page(cp, cs, mo->button == 4 ? -1 : 1);
		clamp(cp, cs);
		return;
	}
	for (int k = 0; k < cp->shown; k++) {
		struct rect o = cp->one[k];
		int x = mo->x + r.x, y = mo->y + r.y;
		if (x < o.x || x >= o.x + o.w || y < o.y || y >= o.y + o.h)
			continue;
		if (cs->selected == cs->first + k)
			cs->single = !cs->single;
		cs->selected = cs->first + k;
		return;
	}
}

const struct pane_ops pane_charts = {
	.name = "charts",
	.new = charts_pane_new,
	.free = charts_pane_free,
	.title = charts_pane_title,
	.draw = charts_pane_draw,
	.act = charts_pane_act,
	.click = charts_pane_click,
};
