/* metric_line.c - a metric in a line, and many of a kind in one.
 *
 * In a wide table every other drawn run gets a column with its newest value, under its name and in
 * its colour: the best of a line is bold, which answers "is this one better" without a look at the
 * charts. */
#include "tui/metric_line.h"

#include "core/utf8.h"
#include "core/xalloc.h"
#include "tui/charts.h"
#include "tui/filter.h"
#include "tui/fmt.h"
#include "tui/names.h"
#include "tui/sign.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INDENT 3 /* bar, mark, blank; a narrow pane has no blank */
#define NARROW 50
#define SPREAD_W 8 /* a value of a fold */
#define OTHER_W 9  /* a value of another run */
#define NAME_MIN 12
#define NAME_WISH 18
#define NAME_MAX 40

enum { C_NAME, C_LAST, C_BEST, C_DELTA, C_STEP, C_SPARK, C_OTHER };

_Static_assert(C_OTHER + STYLE_NRUNS == METRIC_COLS, "one place for each column");

/* -- columns --------------------------------------------------------------------------------- */

static void
find_others(struct metric_cols *o, struct model *m, const struct model_run *r)
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

void
metric_cols_release(struct metric_cols *mc)
{
	for (int i = 0; i < mc->n; i++)
		free(mc->head[i]);
	mc->n = 0;
}

void
metric_cols_place(struct metric_cols *mc, struct model *m, const struct model_run *r,
		  const struct metric_rows *rows, int width)
{
	struct col *col = mc->col;
	mc->width = width;
	mc->indent = width < NARROW ? INDENT - 1 : INDENT;
	find_others(mc, m, r);
	int widest = NAME_MIN;
	for (int i = 0; i < rows->n && i < 500 && widest < NAME_MAX; i++) {
		const struct metric_row *row = &rows->row[i];
		if (row->series < 0) /* the label of a fold may go beyond its column */
			continue;
		int w = utf8_columns(metric_row_name(rows, r, i)) + 2 + (row->fold >= 0 ? 2 : 0);
		widest = w > widest ? w : widest;
	}
	memset(col, 0, sizeof mc->col);
	col[C_NAME] = (struct col){.head = "metric",
				   .min = widest < NAME_WISH ? widest : NAME_WISH,
				   .max = widest};
	col[C_LAST] = (struct col){.head = "last", .min = FMT_VALUE_W, .right = true};
	col[C_BEST] = (struct col){.head = "best", .min = FMT_VALUE_W, .rank = 1, .right = true};
	col[C_DELTA] = (struct col){.head = m->ascii ? "diff" : "Δ",
				    .min = FMT_DELTA_W,
				    .rank = 5,
				    .right = true};
	col[C_STEP] = (struct col){.head = "step", .min = 6, .rank = 4, .right = true};
	col[C_SPARK] = (struct col){.head = "", .min = 8, .max = 24, .rank = 2};
	for (int i = 0; i < mc->n; i++)
		col[C_OTHER + i] = (struct col){.head = mc->head[i],
						.min = OTHER_W,
						.rank = 10 + i,
						.right = true};
	cols_fit(col, METRIC_COLS, width - mc->indent);
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

/* Of a count: one value with decimals, and all of the metric have them. */
static bool
is_whole(const struct model_series *s)
{
	const double v[] = {s->sum.last, s->sum.prev, s->sum.min, s->sum.max};
	for (int i = 0; i < 4; i++) {
		double shown = v[i] * s->role.scale;
		if (isfinite(shown) && shown != rint(shown))
			return false;
	}
	return true;
}

static void
number(const struct col *c, struct grid *g, int x, int y, double v, bool whole, int style)
{
	char buf[FMT_N];
	if (c->w)
		col_text(c, g, x, y, fmt_cell(buf, v, whole, c->w),
			 isfinite(v) ? style : STYLE_CRIT);
}

static void
draw_others(const struct metric_cols *o, const struct model *m, const struct model_series *s,
	    struct grid *g, int x, int y)
{
	const struct col *col = o->col;
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
		number(&col[C_OTHER + i], g, x, y, at[i]->sum.last * at[i]->role.scale,
		       is_whole(s) && is_whole(at[i]), style);
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
draw_series(const struct metric_cols *mc, const struct model *m, const struct model_run *r,
	    const struct metric_row *mr, const char *name, const char *filter, struct grid *g,
	    int x, int y, bool cursor)
{
	const struct col *col = mc->col;
	const struct model_series *s = &r->series[mr->series];
	bool house = s->role.role == ROLE_HOUSEKEEPING;
	int style = (house ? STYLE_DIM : STYLE_NORMAL) | (cursor ? STYLE_BOLD : 0);
	char buf[256];
	if (charts_pinned(m->charts, s->shown))
		grid_put(g, x + 1, y, g->ascii ? '#' : 0x25c6, STYLE_TITLE); /* ◆ */
	else if (s->sum.nonfinite)
		grid_put(g, x + 1, y, '!', isfinite(s->sum.last) ? STYLE_WARN : STYLE_CRIT);
	x += mc->indent;
	const char *goal = sign_of_goal(s->role.goal, g->ascii);
	int indent = mr->fold >= 0 ? 2 : 0, w = col[C_NAME].w - indent, gw = utf8_columns(goal),
	    used;
	if (name)
		used = grid_text(g, x + indent, y, w - gw, name, style);
	else if (utf8_columns(s->shown) <= w - gw)
		used = filter_text(g, x + indent, y, w - gw, s->shown, filter, style);
	else
		used = grid_text_middle(g, x + indent, y, w - gw, s->shown, style);
	grid_text(g, x + indent + used, y, gw, goal, STYLE_DIM);
	/* half of a unit is another one */
	if (s->role.unit && used + gw + 1 + utf8_columns(s->role.unit) <= w)
		grid_text(g, x + indent + used + gw + 1, y, w - used - gw - 1, s->role.unit,
			  STYLE_DIM);
	number(&col[C_LAST], g, x, y, s->sum.last * s->role.scale, is_whole(s), style);
	if (!isnan(best_of(s)))
		number(&col[C_BEST], g, x, y, best_of(s) * s->role.scale, is_whole(s), style);
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
	draw_others(mc, m, s, g, x, y);
}

/* Where the medians of folds end: behind the longest label, at least where the newest values do. */
static int
fold_end(const struct metric_cols *mc, const struct metric_rows *rows, int width)
{
	const struct col *col = mc->col;
	int end = col[C_LAST].x + col[C_LAST].w;
	for (int i = 0; i < rows->nfolds && i < 500; i++) {
		int w = utf8_columns(rows->fold[i].label) + 1 + SPREAD_W;
		end = w > end ? w : end;
	}
	return end < width ? end : width;
}

static void
draw_fold(const struct metric_cols *mc, const struct model *m, const struct model_run *r,
	  const struct metric_rows *rows, const struct metric_fold *f, struct grid *g, int x, int y,
	  bool cursor)
{
	int width = mc->width - mc->indent;
	struct metric_spread sp;
	char lo[FMT_N], mid[FMT_N], hi[FMT_N];
	int style = STYLE_NORMAL | (cursor ? STYLE_BOLD : 0);
	uint32_t sign = g->ascii ? (f->open ? '-' : '+') : f->open ? 0x25be : 0x25b8; /* ▾ ▸ */
	grid_put(g, x + 1, y, sign, STYLE_TITLE);
	if (charts_pinned(m->charts, f->label))
		grid_put(g, x + 1, y, g->ascii ? '#' : 0x25c6, STYLE_TITLE);
	metric_spread(r->series, f, &sp);
	x += mc->indent;
	/* The whole label, then the median, of all folds in one column: that of the newest values
	 * when it can be. */
	int end = fold_end(mc, rows, width);
	grid_text_middle(g, x, y, end - SPREAD_W - 1, f->label, style);
	grid_text_right(g, x + end - SPREAD_W, y, SPREAD_W, fmt_value(mid, sp.median),
			isnan(sp.median) ? STYLE_CRIT : style);
	/* Behind it the extremes, and how many have none; each whole or not at all. */
	char part[80];
	int at = end + 1;
	snprintf(part, sizeof part, "(%s %s %s)", fmt_value(lo, sp.min), g->ascii ? ".." : "…",
		 fmt_value(hi, sp.max));
	if (!isnan(sp.median) && at + utf8_columns(part) <= width)
		at += grid_text(g, x + at, y, width - at, part, STYLE_DIM) + 1;
	if (sp.nonfinite == f->n)
		snprintf(part, sizeof part, "none finite");
	else
		snprintf(part, sizeof part, "%d of %d not finite", sp.nonfinite, f->n);
	if (sp.nonfinite && at + utf8_columns(part) <= width)
		grid_text(g, x + at, y, width - at, part, STYLE_CRIT);
}

void
metric_line_heads(const struct metric_cols *mc, const struct model *m, struct grid *g, int x, int y)
{
	cols_heads(mc->col, C_OTHER, g, x + mc->indent, y);
	for (int i = 0; i < mc->n; i++)
		col_text(&mc->col[C_OTHER + i], g, x + mc->indent, y, mc->head[i],
			 STYLE_RUN0 + m->run[mc->run[i]].color);
}

int
metric_line_name_w(const struct metric_cols *mc)
{
	return mc->col[C_NAME].w;
}

void
metric_line_draw(const struct metric_cols *mc, const struct model *m, const struct model_run *r,
		 const struct metric_rows *rows, int row, const char *name, struct grid *g, int x,
		 int y, bool cursor)
{
	const struct metric_row *mr = &rows->row[row];
	if (mr->series >= 0)
		draw_series(mc, m, r, mr, name, rows->filter, g, x, y, cursor);
	else
		draw_fold(mc, m, r, rows, &rows->fold[mr->fold], g, x, y, cursor);
}
