/* pane_metrics.c - the numbers of the run under the cursor, a line a metric (metric_line.h).
 *
 * Only rows in view are formatted, so that ten thousand series cost no more than twenty. The cursor
 * belongs to a metric, not to a row: it stays with its name when rows come, and in other runs. */
#include "tui/pane.h"

#include "core/xalloc.h"
#include "tui/charts.h"
#include "tui/filter.h"
#include "tui/list.h"
#include "tui/metric_line.h"
#include "tui/metric_rows.h"
#include "tui/model.h"
#include "tui/names.h"
#include "tui/note.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIT_MAX 3000 /* rows; more are not compared with each other */

struct metrics_pane {
	struct pane p;
	struct list list;
	struct metric_rows rows;
	int head;
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

static void
keep_cursor(struct metrics_pane *mp, const struct model_run *r)
{
	free(mp->cursor);
	mp->cursor = mp->list.cursor < mp->rows.n
			     ? xstrdup(metric_row_name(&mp->rows, r, mp->list.cursor))
			     : NULL;
}

/* The rows of R as they are now, the cursor on the metric where it was, also in another run. */
static void
make_rows(struct metrics_pane *mp, const struct model_run *r, int h)
{
	metric_rows_make(&mp->rows, r->series, r->nseries);
	struct list *l = &mp->list;
	bool there = mp->cursor && l->cursor < mp->rows.n &&
		     strcmp(metric_row_name(&mp->rows, r, l->cursor), mp->cursor) == 0;
	for (int i = 0; mp->cursor && !there && i < mp->rows.n; i++)
		if (strcmp(metric_row_name(&mp->rows, r, i), mp->cursor) == 0) {
			l->cursor = i;
			there = true;
		}
	list_fit(l, mp->rows.n, h);
	if (!mp->cursor || (!there && mp->run == r->info.id))
		keep_cursor(mp, r);
	mp->run = r->info.id;
}

/* -- names in their column ------------------------------------------------------------------- */

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
		name[i] = row->series >= 0 ? metric_row_name(&mp->rows, r, i) : "";
		if (row->series < 0)
			continue;
		int goal = r->series[row->series].role.goal != GOAL_NONE ? 2 : 0;
		int takes = goal + (row->fold >= 0 ? 2 : 0);
		beside = takes > beside ? takes : beside;
	}
	names_fit(name, mp->rows.n, w - beside, ascii, mp->fit);
	free(name);
}

/* -- the table -------------------------------------------------------------------------------- */

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
	if (run && run->series)
		make_rows(mp, run, r.h - mp->head);
	if (!run || !run->series || !mp->rows.n) {
		list_fit(&mp->list, 0, r.h);
		draw_nothing(m, mp, run, g, r);
		return;
	}
	struct metric_cols mc;
	metric_cols_place(&mc, m, run, &mp->rows, r.w - (mp->list.n > mp->list.h));
	fit_names(mp, run, metric_line_name_w(&mc), g->ascii);
	if (mp->head)
		metric_line_heads(&mc, m, g, r.x, r.y);
	for (int i = 0; i < mp->list.h; i++) {
		int at = list_at(&mp->list, i), y = r.y + mp->head + i;
		if (at < 0)
			break;
		bool cursor = at == mp->list.cursor;
		metric_line_draw(&mc, m, run, &mp->rows, at, mp->fit ? mp->fit[at] : NULL, g, r.x,
				 y, cursor && focus);
		if (cursor)
			grid_put(g, r.x, y, g->ascii ? '>' : 0x258c,
				 focus ? STYLE_TITLE_FOCUS : STYLE_DIM);
	}
	list_mark(&mp->list, g, r.x + r.w - 1, r.y + mp->head);
	metric_cols_release(&mc);
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
	const char *name =
		row->series < 0 ? mp->rows.fold[row->fold].label : r->series[row->series].shown;
	charts_toggle_pin(m->charts, m, name);
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
		if (filter_match(text, metric_row_name(&mp->rows, r, i), NULL, NULL)) {
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
		m->copy = xstrdup(metric_row_name(&mp->rows, r, mp->list.cursor));
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
