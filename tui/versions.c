/* Nothing here waits. The list is fetched by another mm whenever the screen comes to the front or a
 * verb has changed something; until it is there the old one stays. The same holds of the tabs. */
#include "tui/versions_own.h"

#include "core/clock.h"
#include "core/utf8.h"
#include "core/xalloc.h"
#include "tui/cols.h"
#include "tui/filter.h"
#include "tui/fmt.h"
#include "tui/keymap.h"
#include "tui/names.h"
#include "tui/note.h"
#include "tui/sign.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { C_NAME, C_ALIAS, C_STEP, C_VALUE, C_SIZE, C_TIME, C_WORDS, C_RUN, C_N };

#define INDENT 3   /* bar, mark, blank */
#define SIDE_W 104 /* from so many columns on the halves stand side by side */
#define BELOW_H 18
#define LONG_ENDING ".safetensors"
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

static void
keep_cursor(struct versions *v)
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
	keep_cursor(v);
}

static void
on_line(void *ctx, const char *line)
{
	struct versions *v = ctx;
	version_rows_line(&v->rows, line);
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
		version_tabs_stale(v);
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

/* -- drawing the list -------------------------------------------------------------------------- */

/* A version's name; of a checkpoint its path, below its run's name. */
char *
versions_short(struct model *m, const struct vitem *it)
{
	const char *path = it->name;
	if (it->kind != VITEM_FOUND)
		return xstrdup(path);
	const struct model_run *r = it->run ? model_run_by_path(m, it->run) : NULL;
	size_t n = r ? strlen(it->run) : 0;
	size_t len = strlen(path), ending = strlen(LONG_ENDING);
	if (len > ending && strcmp(path + len - ending, LONG_ENDING) == 0)
		len -= ending; /* what it is, its structure says */
	if (r && strncmp(path, it->run, n) == 0 && path[n] == '/')
		return xasprintf("%s%.*s", r->name, (int)(len - n), path + n);
	for (int i = 0; i < m->nroots; i++) {
		n = strlen(m->root[i]);
		if (strncmp(path, m->root[i], n) == 0 && path[n] == '/')
			return xstrndup(path + n + 1, len - n - 1);
	}
	return xstrndup(path, len);
}

static const char *
run_name(struct model *m, const struct vitem *it)
{
	const struct model_run *r = it->run ? model_run_by_path(m, it->run) : NULL;
	return r ? r->name : it->run ? it->run : "";
}

/* What is special about it, the worst first. */
static void
words_of(const struct vitem *it, struct str *s)
{
	const char *const word[] = {it->wrong,
				    it->kind == VITEM_FOUND && !it->wrong ? "unsaved" : NULL,
				    *it->slots ? it->slots : NULL,
				    it->kind == VITEM_ADOPTED && !it->wrong ? "adopted" : NULL,
				    it->pinned ? "pinned" : NULL,
				    *it->tags ? it->tags : NULL,
				    it->note};
	for (size_t i = 0; i < sizeof word / sizeof *word; i++)
		if (word[i])
			str_addf(s, "%s%s%s", s->len ? ", " : "", word[i] == it->slots ? "in " : "",
				 word[i]);
}

static void
widen(int *w, const char *z)
{
	int n = utf8_columns(z);
	*w = n > *w ? n : *w;
}

static void
place_columns(struct versions *v, struct model *m, int width, char *head, size_t nhead,
	      struct col col[C_N])
{
	int name = 8, alias = 0, words = 0, run = 0;
	for (int i = 0; i < v->rows.nrows && i < 500; i++) {
		const struct vitem *it = version_rows_at(&v->rows, i);
		struct str s = STR_INIT;
		char *z = versions_short(m, it);
		widen(&name, z);
		free(z);
		widen(&alias, it->alias);
		words_of(it, &s);
		widen(&words, str_c(&s));
		widen(&run, run_name(m, it));
		str_release(&s);
	}
	*head = '\0';
	if (v->rows.metric)
		snprintf(head, nhead, "%s%s", v->rows.metric,
			 sign_of_goal(v->rows.role.goal, m->ascii));
	int value = utf8_columns(head);
	value = value < FMT_VALUE_W + 2 ? FMT_VALUE_W + 2 : value > 16 ? 16 : value;
	memset(col, 0, sizeof *col * C_N);
	col[C_NAME] = (struct col){.head = "version",
				   .min = name < 14 ? name : 14,
				   .max = name < 36 ? name : 36};
	if (alias)
		col[C_ALIAS] = (struct col){.head = "alias",
					    .min = alias < 6 ? alias : 6,
					    .max = alias < 18 ? alias : 18,
					    .rank = 4};
	col[C_STEP] = (struct col){.head = "step", .min = FMT_STEP_W + 1, .rank = 3, .right = true};
	if (v->rows.metric)
		col[C_VALUE] = (struct col){.head = head, .min = value, .rank = 1, .right = true};
	col[C_SIZE] = (struct col){.head = "size", .min = 6, .rank = 5, .right = true};
	col[C_TIME] = (struct col){.head = "when", .min = FMT_CLOCK_W, .rank = 6, .right = true};
	if (words)
		col[C_WORDS] = (struct col){.head = "", .min = 8, .max = words, .rank = 2};
	if (run)
		col[C_RUN] = (struct col){.head = "run",
					  .min = 8,
					  .max = run < 28 ? run : 28,
					  .rank = 7};
	cols_fit(col, C_N, width);
}

static int
words_style(const struct vitem *it)
{
	return it->wrong ? STYLE_CRIT : *it->slots ? STYLE_OK : STYLE_DIM;
}

static void
draw_item(struct versions *v, struct model *m, const struct vitem *it, const char *name,
	  const struct vitem *above, const struct col *col, struct grid *g, int x, int y,
	  bool cursor)
{
	char buf[FMT_N + 8];
	int bold = cursor ? STYLE_BOLD : 0;
	int style = (it->kind == VITEM_FOUND ? STYLE_DIM : STYLE_NORMAL) | bold;
	struct str s = STR_INIT;
	if (it->marked)
		grid_put(g, x + 1, y, g->ascii ? '#' : 0x25c6 /* ◆ */, STYLE_TITLE);
	x += INDENT;
	filter_text(g, x + col[C_NAME].x, y, col[C_NAME].w, name, v->rows.filter, style);
	/* of the rows of a model the first says its name, the others their number */
	if (above && it->kind != VITEM_FOUND && strcmp(above->model, it->model) == 0 && !cursor)
		grid_text(g, x + col[C_NAME].x, y,
			  (int)strlen(it->model) + 1 < col[C_NAME].w ? (int)strlen(it->model) + 1
								     : 0,
			  it->name, STYLE_DIM);
	col_text(&col[C_ALIAS], g, x, y, it->alias, STYLE_TITLE | bold);
	if (it->has_step) {
		char step[FMT_N];
		snprintf(buf, sizeof buf, "%s%s",
			 !it->about ? ""
			 : g->ascii ? "~"
				    : "≈",
			 fmt_step(step, it->step));
		col_text(&col[C_STEP], g, x, y, buf, style);
	}
	if (!isnan(it->value) || it->kind == VITEM_FOUND) {
		char value[FMT_N];
		double k = v->rows.role.scale != 0 ? v->rows.role.scale : 1;
		snprintf(buf, sizeof buf, "%s%s",
			 !it->best  ? ""
			 : g->ascii ? "* "
				    : "★ ",
			 isnan(it->value) ? "" : fmt_value(value, it->value * k));
		col_text(&col[C_VALUE], g, x, y, buf, it->best ? STYLE_OK | bold : style);
	}
	if (it->bytes)
		col_text(&col[C_SIZE], g, x, y, fmt_bytes(buf, it->bytes), style);
	if (it->time_us)
		col_text(&col[C_TIME], g, x, y, fmt_clock(buf, it->time_us, m->now_us), style);
	words_of(it, &s);
	col_text(&col[C_WORDS], g, x, y, str_c(&s), words_style(it));
	const struct model_run *r = it->run ? model_run_by_path(m, it->run) : NULL;
	col_text(&col[C_RUN], g, x, y, run_name(m, it),
		 r && r->drawn && r->color >= 0 ? STYLE_RUN0 + r->color : STYLE_DIM);
	str_release(&s);
}

static const char *
nothing_yet(const struct versions *v, const struct model *m, char *buf, size_t size)
{
	char key[16];
	if (!v->loaded)
		return v->failed ? "the registry can't be read" : "reading the registry…";
	if (v->rows.n)
		return "nothing matches";
	(void)m;
	snprintf(buf, size,
		 "no versions yet, and no checkpoint in the runs that are watched.\n\n"
		 "A checkpoint that a run writes appears here by itself; %s keeps it as a "
		 "version. From a shell: mm version save MODEL PATH",
		 keymap_first(ACTION_SAVE, key));
	return buf;
}

/* The last line is the work's that goes on. */
static void
draw_work(const struct versions *v, struct grid *g, struct rect r)
{
	const struct version_work *w = &v->work;
	struct str s = STR_INIT;
	str_addf(&s, "%s: %s", w->what, w->progress ? w->progress : "working…");
	grid_fill(g, r, ' ', STYLE_NORMAL);
	grid_text_middle(g, r.x + 1, r.y, r.w - 2, str_c(&s), STYLE_INFO);
	str_release(&s);
}

/* What the shown rows are called in W columns; each to be freed. */
static char **
fit_names(struct versions *v, struct model *m, int w)
{
	int n = 0;
	char **name = xcalloc((size_t)v->list.h + 1, sizeof *name);
	char **fit = xcalloc((size_t)v->list.h + 1, sizeof *fit);
	for (; n < v->list.h && version_rows_at(&v->rows, list_at(&v->list, n)); n++)
		name[n] = versions_short(m, version_rows_at(&v->rows, list_at(&v->list, n)));
	names_fit((const char *const *)name, n, w, m->ascii, fit);
	for (int i = 0; i < n; i++)
		if (fit[i]) {
			free(name[i]);
			name[i] = fit[i];
		}
	free(fit);
	return name;
}

static void
draw_list(struct versions *v, struct model *m, struct grid *g, struct rect r, bool focus)
{
	char head[64], text[400];
	struct col col[C_N];
	if (v->work.job && r.h > 2) {
		draw_work(v, g, (struct rect){r.x, r.y + r.h - 1, r.w, 1});
		r.h--;
	}
	v->list_rect = r;
	v->head = r.h >= 4;
	list_fit(&v->list, v->rows.nrows, r.h - v->head);
	keep_cursor(v);
	if (!v->rows.nrows) {
		note_draw(g, (struct rect){r.x + 1, r.y, r.w - 2, r.h},
			  nothing_yet(v, m, text, sizeof text), STYLE_DIM);
		return;
	}
	int width = r.w - INDENT - (v->list.n > v->list.h);
	place_columns(v, m, width, head, sizeof head, col);
	if (v->head)
		cols_heads(col, C_N, g, r.x + INDENT, r.y);
	char **name = fit_names(v, m, col[C_NAME].w);
	const struct vitem *above = NULL;
	for (int i = 0; i < v->list.h; i++) {
		int at = list_at(&v->list, i), y = r.y + v->head + i;
		const struct vitem *it = version_rows_at(&v->rows, at);
		if (!it)
			break;
		bool cursor = at == v->list.cursor;
		draw_item(v, m, it, name[i], above, col, g, r.x, y, cursor && focus);
		if (cursor)
			grid_put(g, r.x, y, g->ascii ? '>' : 0x258c /* ▌ */,
				 focus ? STYLE_TITLE_FOCUS : STYLE_DIM);
		above = it;
	}
	for (int i = 0; i < v->list.h; i++)
		free(name[i]);
	free(name);
	list_mark(&v->list, g, r.x + r.w - 1, r.y + v->head);
}

static void
list_title(const struct versions *v, char *buf, size_t size)
{
	const struct version_rows *rows = &v->rows;
	struct str s = STR_INIT;
	str_adds(&s, "Versions");
	if (rows->nversions)
		str_addf(&s, " %zu of %zu model%s", rows->nversions, rows->nmodels,
			 rows->nmodels == 1 ? "" : "s");
	if (rows->nfound)
		str_addf(&s, ", %zu not saved", rows->nfound);
	if (rows->sort != VSORT_VERSION)
		str_addf(&s, " by %s", vsort_names[rows->sort]);
	if (rows->filter)
		str_addf(&s, " /%s", rows->filter);
	snprintf(buf, size, "%s", str_c(&s));
	str_release(&s);
}

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
		list_title(v, title, sizeof title);
		draw_title(g, list, title, !v->on_tabs);
		struct rect in = inside(list);
		if (in.w > INDENT && in.h > 0)
			draw_list(v, m, g, in, !v->on_tabs);
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
	keep_cursor(v);
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
	keep_cursor(v);
}

static void
goto_row(struct versions *v, const char *text)
{
	for (int i = 0; i < v->rows.nrows; i++)
		if (filter_match(text, version_rows_at(&v->rows, i)->name, NULL, NULL)) {
			v->list.cursor = i;
			keep_cursor(v);
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
		keep_cursor(v);
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
		keep_cursor(v);
	}
}
