/* The list of screen 3 as it is drawn. The columns have the room that their widest cells ask for,
 * so nothing moves while the cursor does. */
#include "tui/versions_own.h"

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

#define INDENT 3 /* bar, mark, blank */
enum { NAME_MIN = 26, WORDS_MIN = 22, RUN_MIN = 12 };
#define LONG_ENDING ".safetensors"

/* How long the first directory of PATH is, with its '/', when it says no more than that checkpoints
 * are in it; else 0. */
static size_t
usual_directory(const char *path)
{
	static const char *const usual[] = {"checkpoint/", "checkpoints/", "weights/", "models/"};
	for (size_t i = 0; i < sizeof usual / sizeof *usual; i++)
		if (strncmp(path, usual[i], strlen(usual[i])) == 0)
			return strlen(usual[i]);
	return 0;
}

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
	if (r && strncmp(path, it->run, n) == 0 && path[n] == '/') {
		size_t skip = usual_directory(path + n + 1);
		if (skip)
			return xasprintf("%s/%s/%.*s", r->name, m->ascii ? "~" : "…",
					 (int)(len - n - 1 - skip), path + n + 1 + skip);
		return xasprintf("%s%.*s", r->name, (int)(len - n), path + n);
	}
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
	bool found = it->kind == VITEM_FOUND;
	const char *const word[] = {it->danger ? "DANGER" : NULL,
				    it->wrong,
				    found && !it->wrong && !it->danger ? "unsaved" : NULL,
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
				   .min = name < NAME_MIN ? name : NAME_MIN,
				   .max = name < 36 ? name : 36};
	if (alias)
		col[C_ALIAS] = (struct col){.head = "alias",
					    .min = alias < 10 ? alias : 10,
					    .max = alias < 18 ? alias : 18,
					    .rank = 4};
	col[C_STEP] = (struct col){.head = "step", .min = FMT_STEP_W + 1, .rank = 3, .right = true};
	if (v->rows.metric)
		col[C_VALUE] = (struct col){.head = head, .min = value, .rank = 1, .right = true};
	col[C_SIZE] = (struct col){.head = "size", .min = 6, .rank = 5, .right = true};
	col[C_TIME] = (struct col){.head = "when", .min = FMT_CLOCK_W, .rank = 6, .right = true};
	/* What is said of it is worth more than its size, age and run: those go before it is
	 * cut. */
	if (words)
		col[C_WORDS] = (struct col){.head = "",
					    .min = words < WORDS_MIN ? words : WORDS_MIN,
					    .max = words,
					    .rank = 2};
	if (run)
		col[C_RUN] = (struct col){.head = "run",
					  .min = run < 3         ? 3
						 : run < RUN_MIN ? run
								 : RUN_MIN,
					  .max = run < 28 ? run : 28,
					  .rank = 7};
	cols_fit(col, C_N, width);
}

static int
words_style(const struct vitem *it)
{
	return it->wrong || it->danger ? STYLE_CRIT : *it->slots ? STYLE_OK : STYLE_DIM;
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

void
version_list_draw(struct versions *v, struct model *m, struct grid *g, struct rect r, bool focus)
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
	versions_keep_cursor(v);
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

void
version_list_title(const struct versions *v, char *buf, size_t size)
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
		str_addf(&s, ", by %s", vsort_names[rows->sort]);
	if (rows->filter)
		str_addf(&s, " /%s", rows->filter);
	snprintf(buf, size, "%s", str_c(&s));
	str_release(&s);
}
