/* pane_metrics.c - the numbers of the run under the cursor, a line a metric.
 *
 * Only rows in view are formatted, so that ten thousand series cost no more than twenty. In a
 * wide pane every other drawn run gets a column with its newest value, under its name and in its
 * colour: the best of a line is bold, which answers "is this one better" without a look at the
 * charts. */
#include "tui/pane.h"

#include "core/utf8.h"
#include "core/xalloc.h"
#include "tui/charts.h"
#include "tui/cols.h"
#include "tui/filter.h"
#include "tui/fmt.h"
#include "tui/list.h"
#include "tui/metric_rows.h"
#include "tui/model.h"
#include "tui/names.h"
#include "tui/note.h"
#include "tui/sign.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INDENT 3 /* bar, mark, blank; a narrow pane has no blank */
#define NARROW 50
#define FIT_MAX 3000
#define SPREAD_W 8 /* a value of a fold */
#define OTHER_W 9  /* a value of another run */
#define NAME_MIN 12
#define NAME_WISH 18
#define NAME_MAX 40

enum { C_NAME, C_LAST, C_BEST, C_DELTA, C_STEP, C_SPARK, C_OTHER, C_N = C_OTHER + STYLE_NRUNS };

struct metrics_pane {
	struct pane p;
	struct list list;
	struct metric_rows rows;
	int head, indent;
	char *cursor; /* name in the row under the cursor: it stays there when rows come and go */
	uint32_t run; /* id of the run whose rows these are */
	/* shortened names by row, as long as neither rows nor width change; NULL: too many to
	 * compare */
	char **fit;
	int nfit, fit_w;
	uint32_t fit_version;
};

static void
forget_fit(struct metrics_pane *mp)
{
	for (int i = 0; i < mp->nfit; i++)
		free(mp->fit[i]);
	free(mp->fit);
	mp->fit = NULL;
	mp->nfit = 0;
}

static struct pane *
metrics_new(void)
{
	struct metrics_pane *mp = xcalloc(1, sizeof *mp);
	mp->p.ops = &pane_metrics;
	return &mp->p;
}

static void
metrics_free(struct pane *p)
{
	struct metrics_pane *mp = (struct metrics_pane *)p;
	forget_fit(mp);
	metric_rows_release(&mp->rows);
	free(mp->cursor);
	free(mp);
}

/* The run that the table is about: the one under the cursor, else the one on top of the charts. */
static struct model_run *
subject(struct model *m)
{
	int drawn[STYLE_NRUNS], n;
	struct model_run *r = model_cursor_run(m);
	if (r)
		return r;
	n = model_drawn(m, drawn);
	return n ? &m->run[drawn[n - 1]] : NULL;
}

static void
metrics_title(struct pane *p, struct model *m, char *buf, int size)
{
	struct metrics_pane *mp = (struct metrics_pane *)p;
	const struct model_run *r = subject(m);
	if (mp->rows.filter)
		snprintf(buf, (size_t)size, "Metrics %d /%s", mp->rows.n, mp->rows.filter);
	else if (r && r->series)
		snprintf(buf, (size_t)size, "Metrics %s", r->name);
	else
		snprintf(buf, (size_t)size, "Metrics");
}

/* -- rows ------------------------------------------------------------------------------------ */

static const char *
row_name(const struct metrics_pane *mp, const struct model_run *r, int row)
{
	const struct metric_row *mr = &mp->rows.row[row];
	return mr->series >= 0 ? r->series[mr->series].shown : mp->rows.fold[mr->fold].label;
}

static void
keep_cursor(struct metrics_pane *mp, const struct model_run *r)
{
	free(mp->cursor);
	mp->cursor =
		mp->list.cursor < mp->rows.n ? xstrdup(row_name(mp, r, mp->list.cursor)) : NULL;
}

/* The rows of R as they are now, the cursor on the metric where it was, also in another run. */
static void
make_rows(struct metrics_pane *mp, const struct model_run *r, int h)
{
	metric_rows_make(&mp->rows, r->series, r->nseries);
	struct list *l = &mp->list;
	bool there = mp->cursor && l->cursor < mp->rows.n &&
		     strcmp(row_name(mp, r, l->cursor), mp->cursor) == 0;
	for (int i = 0; mp->cursor && !there && i < mp->rows.n; i++)
		if (strcmp(row_name(mp, r, i), mp->cursor) == 0) {
			l->cursor = i;
			there = true;
		}
	list_fit(l, mp->rows.n, h);
	if (!mp->cursor || (!there && mp->run == r->info.id))
		keep_cursor(mp, r);
	mp->run = r->info.id;
}

/* -- columns --------------------------------------------------------------------------------- */

struct others {
	int run[STYLE_NRUNS];
	char *head[STYLE_NRUNS];
	int n;
};

static void
find_others(struct model *m, const struct model_run *r, struct others *o)
{
	int drawn[STYLE_NRUNS], n = model_drawn(m, drawn);
	const char *name[STYLE_NRUNS];
	o->n = 0;
	for (int i = 0; i < n; i++)
		if (&m->run[drawn[i]] != r) {
			name[o->n] = m->run[drawn[i]].name;
			o->run[o->n++] = drawn[i];
		}
	names_fit(name, o->n, OTHER_W, m->ascii, o->head);
	for (int i = 0; i < o->n; i++)
		if (!o->head[i])
			o->head[i] = xstrdup(name[i]);
}

static void
place_columns(const struct metrics_pane *mp, const struct model_run *r, const struct others *o,
	      bool ascii, int width, struct col col[C_N])
{
	int widest = NAME_MIN;
	for (int i = 0; i < mp->rows.n && i < 500 && widest < NAME_MAX; i++) {
		const struct metric_row *row = &mp->rows.row[i];
		if (row->series < 0) /* the label of a fold may go beyond its column */
			continue;
		int w = utf8_columns(row_name(mp, r, i)) + 2 + (row->fold >= 0 ? 2 : 0);
		widest = w > widest ? w : widest;
	}
	memset(col, 0, sizeof *col * C_N);
	col[C_NAME] = (struct col){.head = "metric",
				   .min = widest < NAME_WISH ? widest : NAME_WISH,
				   .max = widest};
	col[C_LAST] = (struct col){.head = "last", .min = FMT_VALUE_W, .right = true};
	col[C_BEST] = (struct col){.head = "best", .min = FMT_VALUE_W, .rank = 1, .right = true};
	col[C_DELTA] = (struct col){.head = ascii ? "diff" : "Δ",
				    .min = FMT_DELTA_W,
				    .rank = 5,
				    .right = true};
	col[C_STEP] = (struct col){.head = "step", .min = 6, .rank = 4, .right = true};
	col[C_SPARK] = (struct col){.head = "", .min = 8, .max = 24, .rank = 2};
	for (int i = 0; i < o->n; i++)
		col[C_OTHER + i] = (struct col){.head = o->head[i],
						.min = OTHER_W,
						.rank = 10 + i,
						.right = true};
	cols_fit(col, C_N, width);
}

/* As runs, metrics never look alike; the sign of the goal stands behind the name. */
static void
fit_names(struct metrics_pane *mp, const struct model_run *r, int w, bool ascii)
{
	if (mp->fit && mp->fit_w == w && mp->fit_version == mp->rows.version)
		return;
	forget_fit(mp);
	if (mp->rows.n > FIT_MAX)
		return;
	const char **name = xcalloc((size_t)mp->rows.n + 1, sizeof *name);
	mp->fit = xcalloc((size_t)mp->rows.n + 1, sizeof *mp->fit);
	mp->nfit = mp->rows.n;
	mp->fit_w = w;
	mp->fit_version = mp->rows.version;
	int beside = 0; /* columns that the indentation or the goal takes */
	for (int i = 0; i < mp->rows.n; i++) {
		const struct metric_row *row = &mp->rows.row[i];
		name[i] = row->series >= 0 ? row_name(mp, r, i) : "";
		if (row->series < 0)
			continue;
		int goal = r->series[row->series].role.goal != GOAL_NONE ? 2 : 0;
		int takes = goal + (row->fold >= 0 ? 2 : 0);
		beside = takes > beside ? takes : beside;
	}
	names_fit(name, mp->rows.n, w - beside, ascii, mp->fit);
	free(name);
}

/* -- one row --------------------------------------------------------------------------------- */

static double
best_of(const struct model_series *s)
{
	return s->role.goal == GOAL_MIN ? s->sum.min : s->role.goal == GOAL_MAX ? s->sum.max : NAN;
}

/* Series are in order of name; of several of one name the first one is shown. */
static const struct model_series *
find_series(const struct model_run *r, const char *shown)
{
	int lo = 0, hi = r->nseries;
	while (lo < hi) {
		int mid = lo + (hi - lo) / 2;
		if (strcmp(r->series[mid].name, shown) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (; lo < r->nseries && strcmp(r->series[lo].name, shown) == 0; lo++)
		if (r->series[lo].primary)
			return &r->series[lo];
	for (int i = 0; i < r->nseries; i++) /* called by its suffix */
		if (strcmp(r->series[i].shown, shown) == 0)
			return &r->series[i];
	return NULL;
}

static void
number(const struct col *c, struct grid *g, int x, int y, double v, int style)
{
	char buf[FMT_N];
	col_text(c, g, x, y, fmt_value(buf, v), isfinite(v) ? style : STYLE_CRIT);
}

static void
draw_others(const struct model *m, const struct model_series *s, const struct others *o,
	    const struct col *col, struct grid *g, int x, int y)
{
	const struct model_series *at[STYLE_NRUNS];
	double best = s->sum.last;
	for (int i = 0; i < o->n; i++) {
		at[i] = col[C_OTHER + i].w ? find_series(&m->run[o->run[i]], s->shown) : NULL;
		double v = at[i] ? at[i]->sum.last : NAN;
		if (!isnan(v) && (isnan(best) || (s->role.goal == GOAL_MAX ? v > best : v < best)))
			best = v;
	}
	for (int i = 0; i < o->n; i++) {
		if (!at[i])
			continue;
		int color = m->run[o->run[i]].color;
		int style = color >= 0 ? STYLE_RUN0 + color : STYLE_NORMAL;
		if (s->role.goal != GOAL_NONE && at[i]->sum.last == best)
			style |= STYLE_BOLD;
		number(&col[C_OTHER + i], g, x, y, at[i]->sum.last * at[i]->role.scale, style);
	}
}

static void
step_text(const struct model_run *r, const struct model_series *s, char *buf, size_t size)
{
	char n[FMT_N];
	if (s->sum.unit == STEP_NONE)
		buf[0] = '\0';
	else if (s->sum.unit == STEP_EPOCH && r->info.unit != STEP_EPOCH)
		snprintf(buf, size, "ep %s", fmt_step(n, s->sum.last_step));
	else
		snprintf(buf, size, "%s", fmt_step(n, s->sum.last_step));
}

static void
draw_series(const struct metrics_pane *mp, const struct model *m, const struct model_run *r,
	    int row, const struct others *o, const struct col *col, struct grid *g, int x, int y,
	    bool cursor)
{
	const struct metric_row *mr = &mp->rows.row[row];
	const struct model_series *s = &r->series[mr->series];
	bool house = s->role.role == ROLE_HOUSEKEEPING;
	int style = (house ? STYLE_DIM : STYLE_NORMAL) | (cursor ? STYLE_BOLD : 0);
	char buf[256];
	if (charts_pinned(m->charts, s->shown))
		grid_put(g, x + 1, y, g->ascii ? '#' : 0x25c6, STYLE_TITLE); /* ◆ */
	else if (s->sum.nonfinite)
		grid_put(g, x + 1, y, '!', isfinite(s->sum.last) ? STYLE_WARN : STYLE_CRIT);
	x += mp->indent;
	const char *goal = sign_of_goal(s->role.goal, g->ascii);
	int indent = mr->fold >= 0 ? 2 : 0, w = col[C_NAME].w - indent, gw = utf8_columns(goal),
	    used;
	if (mp->fit && mp->fit[row])
		used = grid_text(g, x + indent, y, w - gw, mp->fit[row], style);
	else if (utf8_columns(s->shown) <= w - gw)
		used = filter_text(g, x + indent, y, w - gw, s->shown, mp->rows.filter, style);
	else
		used = grid_text_middle(g, x + indent, y, w - gw, s->shown, style);
	grid_text(g, x + indent + used, y, gw, goal, STYLE_DIM);
	if (s->role.unit && used + gw + 2 < w)
		grid_text(g, x + indent + used + gw + 1, y, w - used - gw - 1, s->role.unit,
			  STYLE_DIM);
	number(&col[C_LAST], g, x, y, s->sum.last * s->role.scale, style);
	if (!isnan(best_of(s)))
		number(&col[C_BEST], g, x, y, best_of(s) * s->role.scale, style);
	double delta = (s->sum.last - s->sum.prev) * s->role.scale;
	if (isfinite(delta))
		col_text(&col[C_DELTA], g, x, y, fmt_delta(buf, delta), STYLE_DIM);
	step_text(r, s, buf, sizeof buf);
	col_text(&col[C_STEP], g, x, y, buf, STYLE_DIM);
	if (col[C_SPARK].w) {
		float v[SPARK_N + 1];
		int n = spark_values(&s->sum.spark, v);
		fmt_spark(buf, sizeof buf, v, n, col[C_SPARK].w, g->ascii);
		grid_text(g, x + col[C_SPARK].x, y, col[C_SPARK].w, buf,
			  r->drawn && r->color >= 0 ? STYLE_RUN0 + r->color : STYLE_DIM);
	}
	draw_others(m, s, o, col, g, x, y);
}

/* Where the medians of folds end: behind the longest label, at least where the newest values do. */
static int
fold_end(const struct metrics_pane *mp, const struct col *col, int width)
{
	int end = col[C_LAST].x + col[C_LAST].w;
	for (int i = 0; i < mp->rows.nfolds && i < 500; i++) {
		int w = utf8_columns(mp->rows.fold[i].label) + 1 + SPREAD_W;
		end = w > end ? w : end;
	}
	return end < width ? end : width;
}

static void
draw_fold(const struct metrics_pane *mp, const struct model *m, const struct model_run *r, int row,
	  const struct col *col, struct grid *g, int x, int y, int width, bool cursor)
{
	const struct metric_fold *f = &mp->rows.fold[mp->rows.row[row].fold];
	struct metric_spread sp;
	char lo[FMT_N], mid[FMT_N], hi[FMT_N];
	int style = STYLE_NORMAL | (cursor ? STYLE_BOLD : 0);
	uint32_t sign = g->ascii ? (f->open ? '-' : '+') : f->open ? 0x25be : 0x25b8; /* ▾ ▸ */
	grid_put(g, x + 1, y, sign, STYLE_TITLE);
	if (charts_pinned(m->charts, f->label))
		grid_put(g, x + 1, y, g->ascii ? '#' : 0x25c6, STYLE_TITLE);
	metric_spread(r->series, f, &sp);
	x += mp->indent;
	width -= mp->indent;
	/* The whole label, then the median, of all folds in one column: that of the newest values
	 * when it can be. */
	int end = fold_end(mp, col, width);
	grid_text_middle(g, x, y, end - SPREAD_W - 1, f->label, style);
	grid_text_right(g, x + end - SPREAD_W, y, SPREAD_W, fmt_value(mid, sp.median),
			isnan(sp.median) ? STYLE_CRIT : style);
	int at = end + 1;
	if (!isnan(sp.median) && at + 2 * SPREAD_W + 5 <= width)
		at += grid_textf(g, x + at, y, width - at, STYLE_DIM, "(%s %s %s)",
				 fmt_value(lo, sp.min), g->ascii ? ".." : "…",
				 fmt_value(hi, sp.max)) +
		      1;
	if (sp.nonfinite)
		grid_textf(g, x + at, y, width - at, STYLE_CRIT, "%d NaN", sp.nonfinite);
}

static void
draw_nothing(struct model *m, const struct metrics_pane *mp, const struct model_run *r,
	     struct grid *g, struct rect rect)
{
	struct str s = STR_INIT;
	if (mp->rows.filter && r && r->nseries)
		str_addf(&s, "no metric matches \"%s\"", mp->rows.filter);
	else if (m->nrows && !r)
		str_adds(&s, m->ascii ? "open the directory to see its runs"
				      : "→ opens the directory under the cursor");
	else if (r)
		str_adds(&s, "no metrics yet");
	note_draw(g, (struct rect){rect.x + 1, rect.y, rect.w - 1, rect.h}, str_c(&s), STYLE_DIM);
	str_release(&s);
}

static void
metrics_draw(struct pane *p, struct model *m, struct grid *g, struct rect r, bool focus)
{
	struct metrics_pane *mp = (struct metrics_pane *)p;
	struct model_run *run = subject(m);
	p->rect = r;
	mp->head = r.h >= 3;
	mp->indent = r.w < NARROW ? INDENT - 1 : INDENT;
	if (run && run->series)
		make_rows(mp, run, r.h - mp->head);
	if (!run || !run->series || !mp->rows.n) {
		list_fit(&mp->list, 0, r.h);
		draw_nothing(m, mp, run, g, r);
		return;
	}
	struct col col[C_N];
	struct others o;
	int width = r.w - (mp->list.n > mp->list.h);
	find_others(m, run, &o);
	place_columns(mp, run, &o, g->ascii, width - mp->indent, col);
	fit_names(mp, run, col[C_NAME].w, g->ascii);
	if (mp->head) {
		cols_heads(col, C_OTHER, g, r.x + mp->indent, r.y);
		for (int i = 0; i < o.n; i++)
			col_text(&col[C_OTHER + i], g, r.x + mp->indent, r.y, o.head[i],
				 STYLE_RUN0 + m->run[o.run[i]].color);
	}
	for (int i = 0; i < mp->list.h; i++) {
		int at = list_at(&mp->list, i), y = r.y + mp->head + i;
		if (at < 0)
			break;
		bool cursor = at == mp->list.cursor;
		if (mp->rows.row[at].series >= 0)
			draw_series(mp, m, run, at, &o, col, g, r.x, y, cursor && focus);
		else
			draw_fold(mp, m, run, at, col, g, r.x, y, width, cursor && focus);
		if (cursor)
			grid_put(g, r.x, y, g->ascii ? '>' : 0x258c,
				 focus ? STYLE_TITLE_FOCUS : STYLE_DIM);
	}
	list_mark(&mp->list, g, r.x + r.w - 1, r.y + mp->head);
	for (int i = 0; i < o.n; i++)
		free(o.head[i]);
}

/* -- actions --------------------------------------------------------------------------------- */

static void
undo_filter(void *ctx, struct model *m, const char *old)
{
	struct metrics_pane *mp = ctx;
	(void)m;
	metric_rows_filter(&mp->rows, old);
}

static void
set_filter(struct metrics_pane *mp, struct model *m, const char *text)
{
	if (strcmp(mp->rows.filter ? mp->rows.filter : "", text ? text : "") == 0)
		return;
	/* Each letter is a change: the first, and taking it off, are what undo is for. */
	if (!mp->rows.filter || !text || !*text)
		model_undo_push(m, undo_filter, mp, mp->rows.filter);
	metric_rows_filter(&mp->rows, text);
}

static bool
set_open(struct metrics_pane *mp, const struct model_run *r, bool open)
{
	const struct metric_row *row = &mp->rows.row[mp->list.cursor];
	if (row->fold < 0)
		return false;
	if (open && row->series >= 0)
		return false;
	metric_rows_open(&mp->rows, row->fold, open);
	if (row->series >= 0) { /* closed from within: the cursor goes to the fold's row */
		free(mp->cursor);
		mp->cursor = xstrdup(mp->rows.fold[row->fold].label);
	} else {
		keep_cursor(mp, r);
	}
	return true;
}

static void
choose(struct metrics_pane *mp, struct model *m, const struct model_run *r)
{
	const struct metric_row *row = &mp->rows.row[mp->list.cursor];
	if (row->series < 0)
		model_say(m, false, "open the fold first: the chart of one metric is pinned");
	else
		charts_toggle_pin(m->charts, m, r->series[row->series].shown);
}

static void
open_row(struct metrics_pane *mp, struct model *m, const struct model_run *r)
{
	const struct metric_row *row = &mp->rows.row[mp->list.cursor];
	if (row->series < 0)
		set_open(mp, r, !mp->rows.fold[row->fold].open);
	else if (charts_goto(m->charts, m, r->series[row->series].shown))
		m->focus = "charts";
	else
		model_say(m, false, "%s has no chart of its own: Space makes one",
			  r->series[row->series].shown);
}

static void
go(struct metrics_pane *mp, struct model *m, const struct model_run *r, const char *text)
{
	for (int i = 0; i < mp->rows.n; i++)
		if (filter_match(text, row_name(mp, r, i), NULL, NULL)) {
			mp->list.cursor = i;
			keep_cursor(mp, r);
			return;
		}
	model_say(m, true, "no metric with \"%s\"", text);
}

static bool
metrics_act(struct pane *p, struct model *m, enum action a, const char *arg)
{
	struct metrics_pane *mp = (struct metrics_pane *)p;
	struct model_run *r = subject(m);
	switch (a) {
	case ACTION_FILTER:
		set_filter(mp, m, arg);
		return true;
	case ACTION_BACK:
		if (!mp->rows.filter)
			return false;
		set_filter(mp, m, NULL);
		return true;
	case ACTION_SORT:
		metric_rows_sort(&mp->rows,
				 arg && *arg ? strcmp(arg, "name") == 0 : !mp->rows.by_name);
		model_say(m, false, "metrics %s",
			  mp->rows.by_name ? "by name" : "in the order of the charts");
		return true;
	default:
		break;
	}
	if (!r || !r->series)
		return false;
	make_rows(mp, r, mp->list.h);
	if (!mp->rows.n)
		return false;
	if (list_act(&mp->list, a)) {
		keep_cursor(mp, r);
		return true;
	}
	switch (a) {
	case ACTION_LEFT:
		return set_open(mp, r, false);
	case ACTION_RIGHT:
		return set_open(mp, r, true);
	case ACTION_CHOOSE:
		choose(mp, m, r);
		return true;
	case ACTION_OPEN:
		open_row(mp, m, r);
		return true;
	case ACTION_COPY:
		free(m->copy);
		m->copy = xstrdup(row_name(mp, r, mp->list.cursor));
		return true;
	case ACTION_GOTO:
		if (arg && *arg)
			go(mp, m, r, arg);
		return true;
	default:
		return false;
	}
}

static void
metrics_click(struct pane *p, struct model *m, struct rect r, const struct mouse *mo)
{
	struct metrics_pane *mp = (struct metrics_pane *)p;
	struct model_run *run = subject(m);
	(void)r;
	if (!mo->press || !run || !run->series || !mp->rows.n)
		return;
	make_rows(mp, run, mp->list.h);
	if (mo->button == 4 || mo->button == 5) {
		list_scroll(&mp->list, mo->button == 4 ? -3 : 3);
		keep_cursor(mp, run);
		return;
	}
	int at = list_at(&mp->list, mo->y - mp->head);
	if (at < 0)
		return;
	bool again = at == mp->list.cursor;
	mp->list.cursor = at;
	keep_cursor(mp, run);
	if (again)
		open_row(mp, m, run);
}

const struct pane_ops pane_metrics = {
	.name = "metrics",
	.new = metrics_new,
	.free = metrics_free,
	.title = metrics_title,
	.draw = metrics_draw,
	.act = metrics_act,
	.click = metrics_click,
};
