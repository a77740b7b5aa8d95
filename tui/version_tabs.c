/* The tabs of screen 3. All but the curve are what a command prints, shown while it prints it; when
 * the cursor moves on, the command is ended and another one begun. So nothing is read twice, and a
 * file that takes long, or harms who reads it, takes a process with it and not the screen. */
#include "tui/versions_own.h"

#include "core/utf8.h"
#include "core/xalloc.h"
#include "tui/chart.h"
#include "tui/fmt.h"
#include "tui/keymap.h"
#include "tui/note.h"
#include "tui/sign.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const tab_names[VTAB_N] = {"about", "curve", "structure", "diff", "history"};

static void
end_job(struct version_tabs *t)
{
	job_free(t->job);
	t->job = NULL;
}

static void
forget_curve(struct version_tabs *t)
{
	figure_release(&t->fig);
	t->fig = (struct figure){0};
	free(t->fig_of);
	t->fig_of = NULL;
}

void
version_tabs_release(struct version_tabs *t)
{
	end_job(t);
	forget_curve(t);
	page_release(&t->page);
	page_release(&t->coming);
	free(t->fig_note);
	free(t->shown);
}

void
version_tabs_stale(struct versions *v)
{
	v->tabs.stale = true;
}

void
version_tabs_show(struct versions *v, enum version_tab tab)
{
	if (v->tabs.tab != tab)
		v->tabs.page.top = v->tabs.page.left = 0;
	v->tabs.tab = tab;
	v->work.preview = v->work.preview && v->work.job;
	v->m->stale = true; /* the curve is made within a refresh */
}

void
version_tabs_turn(struct versions *v, int by)
{
	version_tabs_show(v, (enum version_tab)((v->tabs.tab + VTAB_N + by) % VTAB_N));
}

void
version_tabs_title(const struct versions *v, char *buf, size_t size)
{
	struct str s = STR_INIT;
	for (int i = 0; i < VTAB_N; i++)
		str_addf(&s, i == (int)v->tabs.tab ? "%s[%s]" : "%s%s", i ? " " : "", tab_names[i]);
	snprintf(buf, size, "%s", str_c(&s));
	str_release(&s);
}

/* Where the lines go that come now. */
static struct page *
into(struct version_tabs *t)
{
	return t->again ? &t->coming : &t->page;
}

/* What has come again is all there. */
static void
take_coming(struct version_tabs *t)
{
	struct page *p = &t->page, *c = &t->coming;
	if (!t->again)
		return;
	page_clear(p);
	free(p->line);
	p->line = c->line;
	p->n = c->n;
	p->cap = c->cap;
	*c = (struct page){0};
	t->again = false;
}

/* -- pages ------------------------------------------------------------------------------------- */

/* "step       1200" has its first word as label. */
static void
add_line(struct page *p, const char *line)
{
	size_t word = strcspn(line, " "), gap = strspn(line + word, " ");
	if (*line && *line != ' ' && word <= 10 && gap >= 1 && word + gap == 11) {
		char *label = xstrndup(line, word);
		page_add(p, label, STYLE_DIM, line + word + gap, STYLE_NORMAL);
		free(label);
	} else if (strncmp(line, "           ", 11) == 0) {
		page_add(p, "", STYLE_DIM, line + 11, STYLE_NORMAL);
	} else {
		page_table(p, line, STYLE_NORMAL);
	}
}

static void
on_line(void *ctx, const char *line)
{
	struct versions *v = ctx;
	add_line(into(&v->tabs), line);
	v->m->changed(v->m->request_ctx);
}

static void
on_done(void *ctx, int status, const char *last)
{
	struct versions *v = ctx;
	struct page *p = into(&v->tabs);
	end_job(&v->tabs);
	if (status && *last)
		page_add(p, "", 0, last, STYLE_CRIT);
	else if (p->n <= (v->tabs.tab == VTAB_DIFF))
		page_add(p, "", 0,
			 status                     ? "it broke off"
			 : v->tabs.tab == VTAB_DIFF ? "they are alike"
						    : "nothing",
			 STYLE_DIM);
	take_coming(&v->tabs);
	v->m->changed(v->m->request_ctx);
}

/* Shows what mm says to ARGS. */
static void
fetch(struct versions *v, const char *const *args)
{
	static const struct job_ops ops = {on_line, NULL, on_done};
	v->tabs.job = v->m->work(v->m->request_ctx, args, &ops, v);
}

static void
about_found(struct page *p, const struct vitem *it)
{
	char buf[FMT_N];
	page_add(p, "file", STYLE_DIM, it->name, STYLE_NORMAL);
	if (it->wrong)
		page_add(p, "", 0, it->wrong, STYLE_CRIT);
	if (it->danger)
		page_add(p, "", 0, "DANGER: loading it can run code; structure says which",
			 STYLE_CRIT);
	if (it->run)
		page_add(p, "run", STYLE_DIM, it->run, STYLE_NORMAL);
	if (it->has_step)
		page_addf(p, "step", STYLE_NORMAL, "%s%lld", it->about ? "about " : "",
			  (long long)it->step);
	page_add(p, "size", STYLE_DIM, fmt_bytes(buf, it->bytes), STYLE_NORMAL);
	for (size_t i = 0; i < it->nmetrics; i++)
		page_addf(p, i ? "" : "metrics", STYLE_NORMAL, "%s %s", it->metric[i].name,
			  fmt_value(buf, it->metric[i].value));
	char key[16];
	page_addf(p, "", STYLE_DIM, "not saved: %s keeps it as a version",
		  keymap_first(ACTION_SAVE, key));
}

/* Which two are compared: both that are marked, else the marked one and that under the cursor. */
static bool
choose_pair(struct versions *v, const struct vitem **a, const struct vitem **b)
{
	struct vitem *marked[2];
	int n = versions_marked(v, marked, 2);
	*a = n ? marked[0] : NULL;
	*b = n == 2 ? marked[1] : versions_cursor(v);
	return n == 1 ? *a != *b : n == 2;
}

static void
fetch_diff(struct versions *v)
{
	const struct vitem *a, *b;
	char key[16];
	if (!choose_pair(v, &a, &b) && a) {
		page_add(into(&v->tabs), "", 0, "this is the marked one: move to another",
			 STYLE_DIM);
		return;
	}
	if (!a) {
		page_addf(into(&v->tabs), "", STYLE_DIM,
			  "%s marks a version; then this compares the one under the cursor with it",
			  keymap_first(ACTION_CHOOSE, key));
		return;
	}
	char *title = xasprintf("%s → %s", a->name, b->name);
	page_table(into(&v->tabs), title, STYLE_HEADING);
	free(title);
	bool both = a->kind != VITEM_FOUND && b->kind != VITEM_FOUND;
	const char *versions[] = {"version", "diff", "--weights", "--", a->name, b->name, NULL};
	const char *files[] = {"inspect", "--weights", "--", a->name, b->name, NULL};
	fetch(v, both ? versions : files);
}

static void
fill(struct versions *v, const struct vitem *it)
{
	const char *show[] = {"version", "show", "--", it->name, NULL};
	const char *inspect[] = {"inspect", "--", it->name, NULL};
	char *slot = version_work_guess_slot(v, it);
	const char *history[] = {"version", "history", *slot ? slot : NULL, NULL};
	switch (v->tabs.tab) {
	case VTAB_ABOUT:
		if (it->kind == VITEM_FOUND)
			about_found(into(&v->tabs), it);
		else
			fetch(v, show);
		break;
	case VTAB_STRUCTURE:
		fetch(v, inspect);
		break;
	case VTAB_DIFF:
		fetch_diff(v);
		break;
	case VTAB_HISTORY:
		fetch(v, history);
		break;
	default:
		break;
	}
	free(slot);
}

/* What the page has to be of, for this tab and cursor. */
static char *
key_of(struct versions *v, const struct vitem *it)
{
	const struct vitem *a = NULL, *b = NULL;
	if (v->tabs.tab == VTAB_DIFF && choose_pair(v, &a, &b))
		return xasprintf("%d %s %s", (int)v->tabs.tab, a->name, b->name);
	return xasprintf("%d %s", (int)v->tabs.tab, it->name);
}

static void
bring_up_to_date(struct versions *v)
{
	struct version_tabs *t = &v->tabs;
	const struct vitem *it = versions_cursor(v);
	if (v->work.preview)
		return; /* it shows what is about to be done */
	char *key = it ? key_of(v, it) : xstrdup("");
	bool same = t->shown && strcmp(t->shown, key) == 0;
	if (same && (!t->stale || t->job)) { /* what is on its way comes first */
		free(key);
		return;
	}
	end_job(t);
	t->again = same;
	t->stale = false;
	page_clear(into(t));
	free(t->shown);
	t->shown = key;
	if (it)
		fill(v, it);
	if (!t->job)
		take_coming(t);
}

void
version_tabs_preview(struct versions *v)
{
	end_job(&v->tabs);
	page_clear(&v->tabs.page);
	v->tabs.page.top = v->tabs.page.left = 0;
	v->tabs.again = false;
	free(v->tabs.shown);
	v->tabs.shown = NULL;
	if (v->tabs.tab == VTAB_CURVE)
		v->tabs.tab = VTAB_ABOUT;
}

/* -- the curve --------------------------------------------------------------------------------- */

static void
note(struct version_tabs *t, const char *words, const char *what)
{
	free(t->fig_note);
	t->fig_note = xasprintf("%s%s", words, what);
}

/* The metric of the list over the run that the version came from. */
static int
make_curve(struct versions *v, struct model *m, struct snap *sn, const struct vitem *it,
	   struct err *e)
{
	struct version_tabs *t = &v->tabs;
	struct run_info run;
	struct series_info s;
	double x0 = INFINITY, x1 = -INFINITY;
	free(t->fig_note);
	t->fig_note = NULL;
	figure_clear(&t->fig);
	if (!it->run)
		note(t, "it is of no run that is known", "");
	else if (!v->rows.metric)
		note(t, "no metric is known of it", "");
	else if (!snap_run_by_path(sn, it->run, &run))
		note(t, "its run is not known here: ", it->run);
	else if (!snap_series_find(sn, run.id, v->rows.metric, &s) || s.all.unit == STEP_NONE)
		note(t, "its run has no ", v->rows.metric);
	if (t->fig_note)
		return 0;
	const struct model_run *r = model_run_by_path(m, it->run);
	struct trace *tr = figure_add(&t->fig, &s.id, 1, NULL);
	tr->style = STYLE_RUN0 + (r && r->color >= 0 ? r->color : 0);
	tr->scale = v->rows.role.scale != 0 ? v->rows.role.scale : 1;
	tr->attempt = s.attempt;
	tr->top = true;
	t->fig.axis = AXIS_STEP;
	t->fig.unit = s.all.unit;
	t->fig.yrange = YRANGE_ROBUST;
	t->fig.logy = v->rows.role.log;
	if (!figure_extent(&t->fig, sn, &x0, &x1))
		return 0;
	if (it->has_step) {
		x0 = fmin(x0, (double)it->step);
		x1 = fmax(x1, (double)it->step);
	}
	figure_window(&t->fig, x0, x1, false, 1);
	return figure_query(&t->fig, sn, t->fig_columns, e);
}

int
version_tabs_refresh(struct versions *v, struct model *m, struct snap *sn, struct err *e)
{
	struct version_tabs *t = &v->tabs;
	const struct vitem *it = versions_cursor(v);
	if (t->tab != VTAB_CURVE || !it || t->fig_columns <= 0)
		return 0;
	char *key = xasprintf("%s %s %d %llu", it->name, v->rows.metric ? v->rows.metric : "",
			      t->fig_columns, (unsigned long long)snap_txn(sn));
	int code = 0;
	if (!t->fig_of || strcmp(t->fig_of, key) != 0) {
		forget_curve(t);
		t->fig_of = key;
		key = NULL;
		code = make_curve(v, m, sn, it, e);
	}
	free(key);
	return code;
}

/* The step of each version of this run is a line; that of the one under the cursor is named. */
static void
draw_curve(struct versions *v, struct model *m, struct grid *g, struct rect r)
{
	struct version_tabs *t = &v->tabs;
	const struct vitem *it = versions_cursor(v);
	char text[200], step[FMT_N];
	if (!it || r.h < 4)
		return;
	struct rect plot = {r.x, r.y + 1, r.w, r.h - 1};
	int columns = chart_columns(plot, g);
	char *want =
		xasprintf("%s %s %d ", it->name, v->rows.metric ? v->rows.metric : "", columns);
	if (!t->fig_of || strncmp(t->fig_of, want, strlen(want)) != 0) {
		t->fig_columns = columns;
		m->stale = true; /* once more, with this width */
	}
	free(want);
	if (t->fig_note) {
		note_draw(g, (struct rect){r.x + 1, r.y, r.w - 2, r.h}, t->fig_note, STYLE_DIM);
		return;
	}
	char *name = versions_short(m, it);
	snprintf(text, sizeof text, "%.100s%s  %.60s at %s", v->rows.metric ? v->rows.metric : "",
		 sign_of_goal(v->rows.role.goal, g->ascii), name,
		 it->has_step ? fmt_step(step, it->step) : "an unknown step");
	free(name);
	grid_text_middle(g, r.x + 1, r.y, r.w - 2, text, STYLE_HEADING);
	if (!t->fig.ntraces)
		return;
	struct chart c;
	figure_chart(&t->fig, &c);
	c.cursor = it->has_step;
	c.cursor_x = (double)it->step;
	chart_draw(g, plot, &c);
}

void
version_tabs_draw(struct versions *v, struct model *m, struct grid *g, struct rect r)
{
	if (v->tabs.tab == VTAB_CURVE && !v->work.preview) {
		draw_curve(v, m, g, r);
		return;
	}
	bring_up_to_date(v);
	page_draw(&v->tabs.page, g, r);
	if (!v->tabs.page.n && v->tabs.job)
		note_draw(g, (struct rect){r.x + 1, r.y, r.w - 2, r.h}, "reading…", STYLE_DIM);
}
