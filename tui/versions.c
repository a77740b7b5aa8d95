/* Nothing here waits. The list is fetched by another mm whenever the screen comes to the front or a
 * verb has changed something; until it is there the old one stays. The same holds of the tabs. */
#include "tui/versions_own.h"

#include "core/clock.h"
#include "core/fnv.h"
#include "core/xalloc.h"
#include "tui/filter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SIDE_W 104 /* from so many columns on the halves stand side by side */
#define BELOW_H 18
#define SHIFT 12 /* columns that a wide page moves sideways */
#define SOON_US 3000000
#define MINUTE_US 50000000 /* the screen is drawn once a minute anyway */

struct versions *
versions_new(void)
{
	return xcalloc(1, sizeof(struct versions));
}

void
versions_free(struct versions *v)
{
	if (!v)
		return;
	job_free(v->listing);
	version_work_release(v);
	version_tabs_release(&v->tabs);
	version_rows_release(&v->rows);
	free(v->cursor);
	free(v);
}

bool
versions_busy(const struct versions *v)
{
	return v->listing || v->work.job || v->tabs.job;
}

/* -- the list ---------------------------------------------------------------------------------- */

struct vitem *
versions_cursor(struct versions *v)
{
	return version_rows_at(&v->rows, v->list.cursor);
}

void
versions_keep_cursor(struct versions *v)
{
	const struct vitem *it = versions_cursor(v);
	char *name = it ? xstrdup(it->name) : NULL;
	free(v->cursor);
	v->cursor = name;
}

/* The cursor stays with what it stood on, a checkpoint that was saved too; in a new order, or when
 * that is gone, with its place. */
static void
find_cursor(struct versions *v)
{
	int at = v->cursor ? version_rows_find(&v->rows, v->cursor) : -1;
	if (at < 0 && v->cursor)
		at = version_rows_of_source(&v->rows, v->cursor);
	if (at >= 0)
		v->list.cursor = at;
	list_fit(&v->list, v->rows.nrows, v->list.h);
	versions_keep_cursor(v);
}

static void
on_line(void *ctx, const char *line)
{
	struct versions *v = ctx;
	version_rows_line(&v->rows, line);
	v->coming_hash = fnv_text(v->coming_hash, line);
}

static void
on_listed(void *ctx, int status, const char *last)
{
	struct versions *v = ctx;
	job_free(v->listing);
	v->listing = NULL;
	v->failed = status != 0;
	if (status == 0) {
		version_rows_end(&v->rows);
		v->loaded = true;
		find_cursor(v);
		/* the tabs may read whole files: not for a list that is what it was */
		if (v->coming_hash != v->list_hash)
			version_tabs_stale(v);
		v->list_hash = v->coming_hash;
	} else {
		model_say(v->m, true, "the list of versions: %s", *last ? last : "it broke off");
	}
	if (v->again)
		versions_reload(v);
	v->m->stale = true;
	v->m->changed(v->m->request_ctx);
}

void
versions_reload(struct versions *v)
{
	static const struct job_ops ops = {on_line, NULL, on_listed};
	static const char *const args[] = {"version", "list", "--json", NULL};
	v->again = v->listing != NULL;
	if (v->again)
		return;
	version_rows_begin(&v->rows);
	v->coming_hash = FNV_BASIS;
	v->listed_us = clock_mono_us();
	v->listed_txn = v->m->txn;
	v->listing = v->m->work(v->m->request_ctx, args, &ops, v);
}

void
versions_enter(struct versions *v, struct model *m)
{
	v->m = m;
	v->rows.conf = m->conf;
	versions_reload(v);
}

int
versions_marked(struct versions *v, struct vitem **out, int most)
{
	int n = 0;
	for (size_t i = 0; i < v->rows.n; i++)
		if (v->rows.item[i].marked && n++ < most)
			out[n - 1] = &v->rows.item[i];
	return n;
}

int
versions_refresh(struct versions *v, struct model *m, struct snap *sn, struct err *e)
{
	v->m = m;
	v->rows.conf = m->conf;
	/* Points come all the time, checkpoints and what others deploy now and then. */
	int64_t age = clock_mono_us() - v->listed_us;
	if (age > MINUTE_US || (age > SOON_US && snap_txn(sn) != v->listed_txn))
		versions_reload(v);
	return version_tabs_refresh(v, m, sn, e);
}

/* -- drawing ----------------------------------------------------------------------------------- */

static struct rect
inside(struct rect r)
{
	return (struct rect){r.x + 1, r.y + 1, r.w > 2 ? r.w - 2 : 0, r.h > 2 ? r.h - 2 : 0};
}

static void
draw_title(struct grid *g, struct rect r, const char *title, bool focus)
{
	char padded[200];
	snprintf(padded, sizeof padded, " %.190s ", title);
	if (r.w > 6)
		grid_text_middle(g, r.x + 1, r.y, r.w - 2, padded,
				 focus ? STYLE_TITLE_FOCUS : STYLE_TITLE);
}

/* The halves: side by side, one above the other, or only the one with the keyboard. */
static void
arrange(const struct versions *v, struct rect r, struct rect *list, struct rect *tabs)
{
	*list = *tabs = (struct rect){0, 0, 0, 0};
	bool one = v->zoomed || (r.w < SIDE_W && r.h < BELOW_H);
	if (one) {
		*(v->on_tabs ? tabs : list) = r;
	} else if (r.w >= SIDE_W) {
		int left = r.w * 11 / 20;
		*list = (struct rect){r.x, r.y, left, r.h};
		*tabs = (struct rect){r.x + left - 1, r.y, r.w - left + 1, r.h};
	} else {
		int above = r.h / 2;
		*list = (struct rect){r.x, r.y, r.w, above};
		*tabs = (struct rect){r.x, r.y + above - 1, r.w, r.h - above + 1};
	}
}

void
versions_draw(struct versions *v, struct model *m, struct grid *g, struct rect r)
{
	struct rect list, tabs;
	char title[200];
	v->m = m;
	arrange(v, r, &list, &tabs);
	/* the frame of the half with the keyboard lies over the other's */
	if (list.w && tabs.w)
		grid_box(g, v->on_tabs ? list : tabs, STYLE_BORDER);
	grid_box(g, v->on_tabs ? tabs : list, STYLE_BORDER_FOCUS);
	v->list_rect = v->tabs_rect = (struct rect){0, 0, 0, 0};
	if (list.w) {
		version_list_title(v, title, sizeof title);
		draw_title(g, list, title, !v->on_tabs);
		struct rect in = inside(list);
		if (in.w > 3 && in.h > 0)
			version_list_draw(v, m, g, in, !v->on_tabs);
	}
	if (tabs.w) {
		version_tabs_title(v, title, sizeof title);
		draw_title(g, tabs, title, v->on_tabs);
		v->tabs_rect = inside(tabs);
		if (v->tabs_rect.w > 0 && v->tabs_rect.h > 0)
			version_tabs_draw(v, m, g, v->tabs_rect);
	}
}

/* -- actions ----------------------------------------------------------------------------------- */

static void
set_filter(struct versions *v, const char *text)
{
	char *now = text && *text ? xstrdup(text) : NULL;
	free(v->rows.filter);
	v->rows.filter = now;
	version_rows_order(&v->rows);
	find_cursor(v);
}

static bool
sort_rows(struct versions *v, const char *arg)
{
	int s = arg ? -1 : (int)(v->rows.sort + 1) % VSORT_N;
	for (int i = 0; i < VSORT_N && arg; i++)
		if (strncmp(vsort_names[i], arg, strlen(arg)) == 0)
			s = i;
	if (s < 0) {
		model_say(v->m, true,
			  "no order %.40s: there are version, metric, step, size, age, "
			  "alias, deployed, run",
			  arg);
		return true;
	}
	v->rows.sort = (enum vsort)s;
	version_rows_order(&v->rows);
	v->list.cursor = 0; /* who asks for an order wants to see who is first */
	versions_keep_cursor(v);
	return true;
}

static void
choose_metric(struct versions *v, const char *arg)
{
	if (arg && *arg) {
		free(v->rows.wanted);
		v->rows.wanted = xstrdup(arg);
		version_rows_order(&v->rows);
		if (!v->rows.metric || strcmp(v->rows.metric, arg) != 0)
			model_say(v->m, true, "none of these has a metric %.100s", arg);
	} else if (!version_rows_next_metric(&v->rows)) {
		model_say(v->m, false,
			  v->rows.metric ? "there is no other metric"
					 : "none of these has metrics");
	}
	find_cursor(v);
}

static void
mark(struct versions *v)
{
	struct vitem *it = versions_cursor(v);
	if (!it)
		return;
	it->marked = !it->marked;
	version_tabs_stale(v);
	list_act(&v->list, ACTION_DOWN);
	versions_keep_cursor(v);
}

static void
goto_row(struct versions *v, const char *text)
{
	for (int i = 0; i < v->rows.nrows; i++)
		if (filter_match(text, version_rows_at(&v->rows, i)->name, NULL, NULL)) {
			v->list.cursor = i;
			versions_keep_cursor(v);
			return;
		}
	model_say(v->m, true, "no row with %.100s", text);
}

/* To the run it came from, on the dashboard. */
static void
open_run(struct versions *v)
{
	const struct vitem *it = versions_cursor(v);
	if (!it || !it->run)
		model_say(v->m, false, "it is of no run that is known");
	else if (!model_goto_run(v->m, it->run))
		model_say(v->m, true, "%s is not among the shown runs", it->run);
	else
		v->m->focus = "runs";
}

static bool
back(struct versions *v)
{
	if (v->zoomed)
		v->zoomed = false;
	else if (v->on_tabs)
		v->on_tabs = false;
	else if (v->rows.filter)
		set_filter(v, NULL);
	else
		version_work_cancel(v);
	return true;
}

static bool
act_list(struct versions *v, enum action a, const char *arg)
{
	if (list_act(&v->list, a)) {
		versions_keep_cursor(v);
		return true;
	}
	switch (a) {
	case ACTION_CHOOSE:
		mark(v);
		return true;
	case ACTION_OPEN:
	case ACTION_RIGHT:
		v->on_tabs = true;
		return true;
	default:
		(void)arg;
		return false;
	}
}

static bool
act_tabs(struct versions *v, enum action a, const char *arg)
{
	if (a == ACTION_RIGHT)
		version_tabs_turn(v, 1);
	else if (a == ACTION_LEFT && v->tabs.tab == VTAB_ABOUT)
		v->on_tabs = false;
	else if (a == ACTION_LEFT)
		version_tabs_turn(v, -1);
	else if (a == ACTION_BACK && !v->tabs.page.filter)
		return false;
	else
		return page_act(&v->tabs.page, a, arg);
	return true;
}

bool
versions_act(struct versions *v, struct model *m, enum action a, const char *arg)
{
	v->m = m;
	if (clock_mono_us() - v->listed_us > SOON_US)
		versions_reload(v); /* somebody looks: what others did meanwhile counts */
	/* what was shown before it was asked about goes with the next key */
	if (v->work.preview && !v->work.job && !v->on_tabs)
		v->work.preview = false;
	if (v->on_tabs ? act_tabs(v, a, arg) : act_list(v, a, arg))
		return true;
	switch (a) {
	case ACTION_BACK:
		return back(v);
	case ACTION_ZOOM:
		v->zoomed = !v->zoomed;
		return true;
	case ACTION_PANE_NEXT:
	case ACTION_PANE_PREV:
		v->on_tabs = !v->on_tabs;
		return true;
	case ACTION_NEXT_CHART:
		version_tabs_turn(v, 1);
		return true;
	case ACTION_PREV_CHART:
		version_tabs_turn(v, -1);
		return true;
	case ACTION_CURSOR_LEFT:
	case ACTION_CURSOR_RIGHT:
		page_shift(&v->tabs.page, a == ACTION_CURSOR_LEFT ? -SHIFT : SHIFT);
		return true;
	case ACTION_FILTER:
		set_filter(v, arg);
		return true;
	case ACTION_SORT:
		return sort_rows(v, arg);
	case ACTION_METRIC:
		choose_metric(v, arg);
		return true;
	case ACTION_GOTO:
		goto_row(v, arg);
		return true;
	case ACTION_DIFF:
		version_tabs_show(v, VTAB_DIFF);
		return true;
	case ACTION_ORIGIN:
		open_run(v);
		return true;
	case ACTION_COPY:
		if (versions_cursor(v)) {
			free(m->copy);
			m->copy = xstrdup(versions_cursor(v)->name);
		}
		return true;
	case ACTION_REDRAW:
		versions_reload(v);
		return false;
	default:
		return version_work_act(v, a, arg);
	}
}

static bool
within(struct rect r, int x, int y)
{
	return x >= r.x && x < r.x + r.w && y >= r.y && y < r.y + r.h;
}

void
versions_mouse(struct versions *v, struct model *m, const struct mouse *mo)
{
	v->m = m;
	bool wheel = mo->button == 4 || mo->button == 5;
	int by = mo->button == 4 ? -3 : 3;
	if (!mo->press)
		return;
	if (within(v->tabs_rect, mo->x, mo->y)) {
		if (wheel)
			page_scroll(&v->tabs.page, by);
		else
			v->on_tabs = true;
	} else if (within(v->list_rect, mo->x, mo->y)) {
		if (wheel) {
			list_scroll(&v->list, by);
		} else {
			int at = list_at(&v->list, mo->y - v->list_rect.y - v->head);
			v->on_tabs = false;
			if (at >= 0)
				v->list.cursor = at;
		}
		versions_keep_cursor(v);
	}
}
