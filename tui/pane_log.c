/* pane_log.c - the log as text: what the processes of a run printed, as a terminal would show it.
 *
 * Lines are broken at the pane's width, never cut: a traceback's last words are at its right end.
 * The column on the left marks the line that was found, and lines that tell of an error. What is
 * searched for is marked wherever it stands. */
#include "tui/pane.h"

#include "core/name.h"
#include "core/utf8.h"
#include "core/xalloc.h"
#include "tui/fmt.h"
#include "tui/log_view.h"
#include "tui/model.h"
#include "tui/note.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { GUTTER = 1, THUMB = 1, SEARCH_MAX = 128 };

struct log_pane {
	struct pane p;
	struct log_view *view;
};

static struct log_view *
view_of(struct pane *p)
{
	return ((struct log_pane *)p)->view;
}

static struct pane *
log_new(void)
{
	struct log_pane *lp = xcalloc(1, sizeof *lp);
	lp->p.ops = &pane_log;
	lp->view = log_view_new();
	return &lp->p;
}

static void
log_free(struct pane *p)
{
	log_view_free(view_of(p));
	free(p);
}

/* -- title ------------------------------------------------------------------------------------ */

/* A file in the run's directory by what is behind that; else what tells most, its last parts. */
static const char *
short_file(const struct log_view *v, const char *path)
{
	size_t n = strlen(v->run);
	if (strncmp(path, v->run, n) == 0 && path[n] == '/')
		return path + n + 1;
	return name_last(path);
}

static void
log_title(struct pane *p, struct model *m, char *buf, int size)
{
	const struct log_view *v = view_of(p);
	const struct model_run *r = m->text ? model_run_by_path(m, m->text->run) : NULL;
	char of[FMT_N], part[FMT_N], nth[48] = "", more[24] = "", where[80] = "", name[120] = "";
	if (!m->text || !v->run || !v->nfiles || v->serial != m->text->serial) {
		snprintf(buf, (size_t)size, "Log %s", r ? r->name : "");
		return;
	}
	if (v->more)
		snprintf(more, sizeof more, " of %d", v->nfiles + v->more);
	if (v->all)
		snprintf(nth, sizeof nth, " %d%s files", v->nfiles, more);
	else if (v->nfiles > 1)
		snprintf(nth, sizeof nth, " %d/%d%s", v->at + 1, v->nfiles, more);
	if (v->known)
		snprintf(where, sizeof where, " %s of %s%s%s%.40s",
			 fmt_percent(part, log_view_part(v)), fmt_bytes(of, v->size),
			 v->follow ? ", follows" : "", v->search ? " /" : "",
			 v->search ? v->search : "");
	/* The name of the run is what can be left out. */
	const char *file = v->all ? "all" : short_file(v, v->file[v->at].path);
	int room = p->rect.w - 4 - utf8_columns(file) - utf8_columns(nth) - utf8_columns(where);
	if (r && utf8_columns(r->name) + 1 <= room)
		snprintf(name, sizeof name, "%s ", r->name);
	snprintf(buf, (size_t)size, "%s%s%.80s%s%s", room > 12 ? "Log " : "", room > 16 ? name : "",
		 file, nth, where);
}

/* -- drawing ---------------------------------------------------------------------------------- */

static int
style_of(uint8_t attr)
{
	int style = attr & ANSI_COLOR ? STYLE_LOG0 + (attr & ANSI_COLOR) - 1 : STYLE_NORMAL;
	if (attr & ANSI_BOLD)
		style |= STYLE_BOLD;
	if (attr & ANSI_DIM)
		style |= STYLE_FAINT;
	if (attr & ANSI_UNDERLINE)
		style |= STYLE_UNDERLINE;
	return style;
}

static uint32_t
folded(uint32_t ch)
{
	return ch >= 'A' && ch <= 'Z' ? ch | 0x20 : ch;
}

/* What is searched for, as characters. */
struct needle {
	uint32_t ch[SEARCH_MAX];
	int n;
	bool exact;
};

static void
needle_make(struct needle *nd, const char *text)
{
	const char *end = text ? text + strlen(text) : NULL;
	*nd = (struct needle){.n = 0};
	while (text && text < end && nd->n < SEARCH_MAX) {
		text = utf8_next(text, end, &nd->ch[nd->n]);
		nd->exact |= nd->ch[nd->n] >= 'A' && nd->ch[nd->n] <= 'Z';
		nd->n++;
	}
}

/* The cell behind the match that begins at cell AT; AT: there is none. */
static int
match_end(const struct needle *nd, const struct log_line *l, int at)
{
	int i = at;
	for (int k = 0; k < nd->n; k++, i++) {
		while (i < l->n && l->cell[i].ch == 0)
			i++;
		if (i >= l->n)
			return at;
		uint32_t ch = l->cell[i].ch;
		if (nd->exact ? ch != nd->ch[k] : folded(ch) != nd->ch[k])
			return at;
	}
	return i;
}

/* Draws row ROW of a line; *MATCHED is where the match ends that goes on from the row before. */
static void
draw_row(const struct log_line *l, const struct needle *nd, struct grid *g, int x, int y, int w,
	 int row)
{
	int from = log_line_row(l, w, row), to = log_line_row(l, w, row + 1), matched = 0;
	if (from >= l->n && row > 0) {
		grid_textf(g, x, y, w, STYLE_DIM, g->ascii ? "... %zu more" : "… %zu more",
			   l->beyond);
		return;
	}
	/* One may have begun in the row above. */
	int back = from - nd->n < 0 ? 0 : from - nd->n;
	for (int i = nd->n ? back : from; i < to; i++) {
		if (nd->n && i >= matched && l->cell[i].ch)
			matched = match_end(nd, l, i) > i ? match_end(nd, l, i) : matched;
		if (i < from || !l->cell[i].ch)
			continue;
		int style = i < matched ? STYLE_MATCH | STYLE_REVERSE : style_of(l->cell[i].attr);
		grid_put(g, x + i - from, y, l->cell[i].ch, style);
	}
}

static void
draw_gutter(const struct log_view *v, const struct log_line *l, struct grid *g, int x, int y)
{
	if (v->marked && l->start == v->mark)
		grid_put(g, x, y, g->ascii ? '>' : 0x258c, STYLE_TITLE_FOCUS);
	else if (l->error)
		grid_put(g, x, y, '!', STYLE_CRIT);
}

static int
style_of_who(const char *who)
{
	unsigned sum = 0;
	while (*who)
		sum = sum * 31 + (unsigned char)*who++;
	return STYLE_LOG0 + ANSI_GREEN - 1 + (int)(sum % (ANSI_CYAN - ANSI_GREEN + 1));
}

static int
text_columns(const struct log_view *v, int width)
{
	return width - GUTTER - THUMB - (v->win.who ? v->win.who + 1 : 0);
}

/* Where in the file the screen is, for it has no known number of lines. */
static void
draw_thumb(const struct log_view *v, struct grid *g, struct rect r)
{
	double end = log_view_part(v);
	if (end < 0 || v->size == 0 || r.h < 2 || (v->follow && v->top == 0 && v->row == 0))
		return;
	int y = (int)((double)v->top / (double)v->size * r.h);
	int h = (int)(end * r.h) - y;
	h = h < 1 ? 1 : h;
	y = v->follow || y + h > r.h ? r.h - h : y;
	for (int i = 0; i < h; i++)
		grid_put(g, r.x + r.w - 1, r.y + y + i, g->ascii ? '#' : 0x2590, STYLE_DIM);
}

static const char *
nothing(const struct log_view *v, const struct model *m)
{
	if (!m->up)
		return "Nobody reads the logs now, and this program does not open them itself: mm "
		       "watch does, or mm without --as-is.";
	if (v->note[0])
		return v->note;
	if (v->known && v->size == 0)
		return "The file is empty.";
	return "asking…";
}

static void
log_draw(struct pane *p, struct model *m, struct grid *g, struct rect r, bool focus)
{
	struct log_view *v = view_of(p);
	struct needle nd;
	int row;
	(void)focus;
	p->rect = r;
	if (!m->text)
		return;
	log_view_first(v, text_columns(v, r.w), r.h, &row);
	log_view_pump(v, m);
	int w = text_columns(v, r.w);
	int line = log_view_first(v, w, r.h, &row);
	if (line < 0 || w < 1) {
		note_draw(g, (struct rect){r.x + 1, r.y, r.w - 2, r.h}, nothing(v, m), STYLE_DIM);
		return;
	}
	needle_make(&nd, v->search);
	for (int y = 0; y < r.h && line < v->win.n; y++) {
		const struct log_line *l = &v->win.line[line];
		if (row == 0 || y == 0) {
			draw_gutter(v, l, g, r.x, r.y + y);
			grid_text(g, r.x + GUTTER, r.y + y, v->win.who, l->who,
				  style_of_who(l->who));
		}
		draw_row(l, &nd, g, r.x + r.w - THUMB - w, r.y + y, w, row);
		if (++row >= log_line_rows(l, w)) {
			row = 0;
			line++;
		}
	}
	draw_thumb(v, g, r);
}

/* -- actions ---------------------------------------------------------------------------------- */

static bool
log_act(struct pane *p, struct model *m, enum action a, const char *arg)
{
	struct log_view *v = view_of(p);
	int page = v->h > 2 ? v->h - 1 : 1;
	if (!m->text)
		return false;
	if (v->serial != m->text->serial)
		log_view_pump(v, m); /* the key came before the first frame */
	switch (action_in_log(a)) {
	case ACTION_UP:
		log_view_scroll(v, -1);
		return true;
	case ACTION_DOWN:
		log_view_scroll(v, 1);
		return true;
	case ACTION_PAGE_UP:
		log_view_scroll(v, -page);
		return true;
	case ACTION_PAGE_DOWN:
	case ACTION_CHOOSE:
		log_view_scroll(v, page);
		return true;
	case ACTION_TOP:
		log_view_begin(v);
		return true;
	case ACTION_BOTTOM:
		log_view_end(v);
		return true;
	case ACTION_LEFT:
	case ACTION_PANE_PREV:
		log_view_file(v, -1);
		return true;
	case ACTION_RIGHT:
	case ACTION_PANE_NEXT:
		log_view_file(v, 1);
		return true;
	case ACTION_FILTER:
		log_view_search(v, arg);
		return true;
	case ACTION_NEXT_MATCH:
		log_view_next(v, false, false);
		return true;
	case ACTION_PREV_MATCH:
		log_view_next(v, true, false);
		return true;
	case ACTION_NEXT_ERROR:
		log_view_next(v, false, true);
		return true;
	case ACTION_PREV_ERROR:
		log_view_next(v, true, true);
		return true;
	case ACTION_MERGE:
		log_view_merge(v);
		return true;
	case ACTION_COPY:
		free(m->copy);
		m->copy = xstrdup(v->nfiles ? v->file[v->at].path : m->text->run);
		return true;
	case ACTION_BACK:
		/* With an argument, it is q that closes. */
		if (log_view_cancel(v) && !arg)
			return true;
		if (v->search && !arg)
			log_view_search(v, NULL);
		else
			model_close_text(m);
		return true;
	case ACTION_LOG:
		if (arg)
			return false;
		model_close_text(m);
		return true;
	default:
		return false;
	}
}

static void
log_click(struct pane *p, struct model *m, struct rect r, const struct mouse *mo)
{
	(void)m;
	(void)r;
	if (mo->press && (mo->button == 4 || mo->button == 5))
		log_view_scroll(view_of(p), mo->button == 4 ? -3 : 3);
}

const struct pane_ops pane_log = {
	.name = "log",
	.new = log_new,
	.free = log_free,
	.title = log_title,
	.draw = log_draw,
	.act = log_act,
	.click = log_click,
};
