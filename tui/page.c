/* page.c - lines of label and text.
 *
 * Lines are broken when they are drawn, because only then is the width known; what is shown of
 * them is counted in screen lines. With a filter a heading is shown when something under it
 * is. */
#include "tui/page.h"

#include "core/utf8.h"
#include "core/xalloc.h"
#include "tui/filter.h"
#include "tui/list.h"
#include "tui/note.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LABEL_MAX 28
#define TEXT_MIN 16

void
page_clear(struct page *p)
{
	for (int i = 0; i < p->n; i++) {
		free(p->line[i].label);
		free(p->line[i].text);
	}
	p->n = 0;
}

void
page_release(struct page *p)
{
	page_clear(p);
	free(p->line);
	free(p->filter);
	*p = (struct page){0};
}

void
page_heading(struct page *p, const char *text)
{
	struct page_line *l = vec_push(p->line, p->n, p->cap);
	*l = (struct page_line){xstrdup(text), xstrdup(""), STYLE_TITLE, STYLE_NORMAL, true, false};
}

void
page_add(struct page *p, const char *label, int label_style, const char *text, int style)
{
	struct page_line *l = vec_push(p->line, p->n, p->cap);
	*l = (struct page_line){xstrdup(label), xstrdup(text), label_style, style, false, false};
}

void
page_table(struct page *p, const char *text, int style)
{
	struct page_line *l = vec_push(p->line, p->n, p->cap);
	*l = (struct page_line){xstrdup(""), xstrdup(text), STYLE_NORMAL, style, false, true};
}

void
page_addf(struct page *p, const char *label, int style, const char *fmt, ...)
{
	char *text;
	va_list ap;
	va_start(ap, fmt);
	int n = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (n < 0)
		die("out of memory");
	page_add(p, label, STYLE_DIM, text, style);
	free(text);
}

/* -- what is shown --------------------------------------------------------------------------- */

static bool
passes(const struct page *p, int i)
{
	const struct page_line *l = &p->line[i];
	if (!p->filter)
		return true;
	if (!l->heading)
		return filter_match(p->filter, l->label, NULL, NULL) ||
		       filter_match(p->filter, l->text, NULL, NULL);
	for (int k = i + 1; k < p->n && !p->line[k].heading; k++)
		if (passes(p, k))
			return true;
	return false;
}

static int
label_width(const struct page *p, int width)
{
	int w = 0;
	for (int i = 0; i < p->n; i++) {
		int cols = p->line[i].heading ? 0 : utf8_columns(p->line[i].label);
		w = cols > w ? cols : w;
	}
	w = w < LABEL_MAX ? w : LABEL_MAX;
	return w > width - TEXT_MIN ? (width > TEXT_MIN ? width - TEXT_MIN : 0) : w;
}

static int
lines_of(const struct page *p, int i, int text_w, bool first)
{
	const struct page_line *l = &p->line[i];
	if (l->heading)
		return first ? 1 : 2;
	if (l->table)
		return 1;
	int n = note_lines(l->text, text_w);
	return n ? n : 1;
}

/* Z without its first COLUMNS columns. */
static const char *
behind(const char *z, int columns)
{
	const char *end = z + strlen(z);
	while (z < end && columns > 0) {
		uint32_t cp;
		z = utf8_next(z, end, &cp);
		columns -= utf8_width(utf8_safe(cp));
	}
	return z;
}

/* A line of a table; what goes on at either side says so. */
static void
draw_table(const struct page *p, const struct page_line *l, struct grid *g, int x, int y, int w)
{
	const char *z = behind(l->text, p->left);
	uint32_t more = g->ascii ? '~' : 0x2026 /* … */;
	filter_text(g, x, y, w, z, p->filter, l->style);
	if (w > 1 && p->left && *l->text)
		grid_put(g, x, y, more, STYLE_DIM);
	if (w > 1 && utf8_columns(z) > w)
		grid_put(g, x + w - 1, y, more, STYLE_DIM);
}

static void
draw_line(const struct page *p, int i, struct grid *g, struct rect r, int label_w, int text_w,
	  int y, bool first)
{
	const struct page_line *l = &p->line[i];
	if (l->heading) {
		y += first ? 0 : 1;
		if (y >= 0 && y < r.h)
			grid_text(g, r.x + 1, r.y + y, r.w - 1, l->label, l->label_style);
		return;
	}
	if (l->table) {
		if (y >= 0 && y < r.h)
			draw_table(p, l, g, r.x + 1, r.y + y, r.w - 2);
		return;
	}
	if (y >= 0 && y < r.h)
		filter_text(g, r.x + 1, r.y + y, label_w, l->label, p->filter, l->label_style);
	int x = r.x + 1 + label_w + (label_w ? 2 : 0), skip = y < 0 ? -y : 0;
	if (note_lines(l->text, text_w) <= 1) {
		if (!skip && y < r.h)
			filter_text(g, x, r.y + y, text_w, l->text, p->filter, l->style);
		return;
	}
	note_draw_from(g, (struct rect){x, r.y + (y < 0 ? 0 : y), text_w, r.h - (y < 0 ? 0 : y)},
		       l->text, skip, l->style);
}

void
page_draw(struct page *p, struct grid *g, struct rect r)
{
	int label_w = label_width(p, r.w - 2), y = 0;
	int text_w = r.w - 2 - label_w - (label_w ? 2 : 0);
	bool first = true;
	p->rows = p->wide = 0;
	p->h = r.h;
	p->w = r.w - 2;
	for (int i = 0; i < p->n; i++)
		if (passes(p, i)) {
			int w = p->line[i].table ? utf8_columns(p->line[i].text) : 0;
			p->wide = w > p->wide ? w : p->wide;
			p->rows += lines_of(p, i, text_w, first);
			first = false;
		}
	page_scroll(p, 0);
	page_shift(p, 0);
	first = true;
	for (int i = 0; i < p->n && y - p->top < r.h; i++) {
		if (!passes(p, i))
			continue;
		int n = lines_of(p, i, text_w, first);
		if (y + n > p->top)
			draw_line(p, i, g, r, label_w, text_w, y - p->top, first);
		y += n;
		first = false;
	}
	if (p->n && first)
		note_draw(g, (struct rect){r.x + 1, r.y, r.w - 1, r.h}, "nothing matches",
			  STYLE_DIM);
	struct list l = {.n = p->rows, .h = r.h, .top = p->top};
	list_mark(&l, g, r.x + r.w - 1, r.y);
}

void
page_scroll(struct page *p, int lines)
{
	p->top += lines;
	if (p->top > p->rows - p->h)
		p->top = p->rows - p->h;
	if (p->top < 0)
		p->top = 0;
}

void
page_shift(struct page *p, int columns)
{
	p->left += columns;
	if (p->left > p->wide - p->w)
		p->left = p->wide - p->w;
	if (p->left < 0)
		p->left = 0;
}

bool
page_act(struct page *p, enum action a, const char *arg)
{
	int page = p->h > 2 ? p->h - 1 : 1;
	switch (a) {
	case ACTION_UP:
		page_scroll(p, -1);
		return true;
	case ACTION_DOWN:
		page_scroll(p, 1);
		return true;
	case ACTION_PAGE_UP:
		page_scroll(p, -page);
		return true;
	case ACTION_PAGE_DOWN:
		page_scroll(p, page);
		return true;
	case ACTION_TOP:
		page_scroll(p, -p->rows);
		return true;
	case ACTION_BOTTOM:
		page_scroll(p, p->rows);
		return true;
	case ACTION_BACK:
		if (!p->filter)
			return false;
		arg = NULL;
		/* fall through */
	case ACTION_FILTER: {
		char *copy = arg && *arg ? xstrdup(arg) : NULL;
		free(p->filter);
		p->filter = copy;
		p->top = 0;
		return true;
	}
	default:
		return false;
	}
}
