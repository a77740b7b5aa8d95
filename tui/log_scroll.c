/* Places are bytes of the file, not numbers of lines: a file of 10 GB has lines that nobody has
 * counted. What a screen shows begins at a row of a line that is in the window; when that is not
 * there yet, it is where the window has something nearest. */
#include "tui/log_view_own.h"

#include "core/xalloc.h"

#include <stdlib.h>
#include <string.h>

enum { BEHIND = 256 << 10 /* bytes: from so far away the end is asked for anew */ };

int
log_view_rows_below(const struct log_view *v, int line, int row, int enough)
{
	int rows = -row;
	for (int i = line; i < v->win.n && rows < enough; i++)
		rows += log_line_rows(&v->win.line[i], v->w);
	return rows;
}

int
log_view_rows_above(const struct log_view *v, int line, int row, int enough)
{
	int rows = row;
	for (int i = line; i-- > 0 && rows < enough;)
		rows += log_line_rows(&v->win.line[i], v->w);
	return rows;
}

/* -- where ------------------------------------------------------------------------------------ */

/* Moves (*LINE, *ROW) by ROWS, as far as there are lines; returns how far it came. */
static int
move(const struct log_view *v, int *line, int *row, int rows)
{
	int left = rows;
	while (left > 0) {
		int of = log_line_rows(&v->win.line[*line], v->w);
		if (*row + 1 < of) {
			++*row;
		} else if (*line + 1 < v->win.n) {
			++*line;
			*row = 0;
		} else {
			break;
		}
		left--;
	}
	while (left < 0) {
		if (*row > 0) {
			--*row;
		} else if (*line > 0) {
			--*line;
			*row = log_line_rows(&v->win.line[*line], v->w) - 1;
		} else {
			break;
		}
		left++;
	}
	return rows - left;
}

/* The first row of the last page of what is there. */
static void
last_page(const struct log_view *v, int *line, int *row)
{
	*line = v->win.n - 1;
	*row = log_line_rows(&v->win.line[*line], v->w) - 1;
	move(v, line, row, 1 - v->h);
}

int
log_view_first(struct log_view *v, int w, int h, int *row)
{
	if (v->win.n && w == v->w && h != v->h && v->follow)
		v->row = 0;
	if (w != v->w)
		v->row = 0; /* rows are others; the line stays */
	v->w = w > 0 ? w : 1;
	v->h = h > 0 ? h : 1;
	*row = 0;
	if (!v->win.n)
		return -1;
	int line = log_window_at(&v->win, v->landing ? v->target : v->top), end, end_row;
	*row = v->landing ? 0 : v->row;
	if (v->landing) {
		move(v, &line, row, -v->above);
		/* More may come before it. */
		v->landing = log_view_rows_above(v, log_window_at(&v->win, v->target), 0,
						 v->above) < v->above &&
			     log_window_start(&v->win) > 0;
	}
	last_page(v, &end, &end_row);
	bool beyond = line > end || (line == end && *row >= end_row);
	if (v->follow || (beyond && log_window_end(&v->win) >= v->size && !v->landing)) {
		line = end;
		*row = end_row;
	}
	v->top = v->win.line[line].start;
	v->row = *row;
	return line;
}

void
log_view_scroll(struct log_view *v, int rows)
{
	int row, end, end_row, line = log_view_first(v, v->w, v->h, &row);
	if (line < 0)
		return;
	v->landing = false;
	v->follow = false;
	move(v, &line, &row, rows);
	v->top = v->win.line[line].start;
	v->row = row;
	v->stuck = false;
	last_page(v, &end, &end_row);
	/* Down to the end: from here on with it. */
	if (rows > 0 && log_window_end(&v->win) >= v->size &&
	    (line > end || (line == end && row >= end_row)))
		v->follow = true;
}

void
log_view_end(struct log_view *v)
{
	if (v->win.n && v->size > log_window_end(&v->win) + BEHIND)
		log_window_clear(&v->win);
	log_view_forget(v);
	v->look = true;
	log_view_follow(v);
}

void
log_view_begin(struct log_view *v)
{
	v->row = 0;
	v->top = 0;
	log_view_land(v, 0, 0);
}

void
log_view_file(struct log_view *v, int by)
{
	if (v->nfiles < 2)
		return;
	log_view_drop_jump(v);
	/* From all of them to the one that was shown. */
	int at = v->all ? v->at : (v->at + by + v->nfiles) % v->nfiles;
	v->all = false;
	log_view_show(v, at);
}

double
log_view_part(const struct log_view *v)
{
	if (!v->known || !v->win.n)
		return -1;
	int line = log_window_at(&v->win, v->top), row = v->row;
	move(v, &line, &row, v->h - 1);
	uint64_t end = v->win.line[line].end;
	return v->size ? (double)(end < v->size ? end : v->size) / (double)v->size : 1;
}

/* -- looking for something -------------------------------------------------------------------- */

static void
jump_find(struct log_view *v, uint64_t from, bool back, const char *text)
{
	log_view_drop_jump(v);
	log_view_forget(v);
	v->jump.kind = JUMP_FIND;
	v->jump.from = from;
	v->jump.whole = !back && from == 0;
	v->jump.back = back;
	v->jump.text = text ? xstrdup(text) : NULL;
}

void
log_view_search(struct log_view *v, const char *text)
{
	bool more = text && v->search && *text &&
		    (strncmp(text, v->search, strlen(v->search)) == 0 ||
		     strncmp(v->search, text, strlen(text)) == 0);
	if (!more)
		v->anchor = v->top;
	free(v->search);
	v->search = text && *text ? xstrdup(text) : NULL;
	if (v->search)
		jump_find(v, v->anchor, false, v->search);
	else
		log_view_cancel(v);
}

/* Does the line that was found stand on the screen? Else it is looked from there. */
static bool
mark_is_shown(const struct log_view *v)
{
	int line = log_window_at(&v->win, v->top), row = v->row;
	if (!v->marked || line < 0 || v->mark < v->top)
		return false;
	move(v, &line, &row, v->h - 1);
	return v->mark <= v->win.line[line].start;
}

void
log_view_merge(struct log_view *v)
{
	if (!v->listed)
		v->all = !v->all; /* there is nothing to see of it yet */
	if (!v->listed || v->nfiles < 2)
		return;
	bool follow = v->follow || !v->win.n;
	uint64_t at = mark_is_shown(v) ? v->mark : v->top;
	log_view_drop_jump(v);
	log_view_forget(v);
	if (!follow) {
		v->jump.kind = v->all ? JUMP_OUT : JUMP_INTO;
		v->jump.from = at;
		v->jump.file = v->at;
		return;
	}
	v->all = !v->all;
	log_view_show(v, v->at);
}

void
log_view_next(struct log_view *v, bool back, bool errors)
{
	if (!v->win.n)
		return;
	uint64_t from = v->top;
	if (mark_is_shown(v)) {
		int line = log_window_at(&v->win, v->mark);
		from = back ? v->mark : v->win.line[line].end;
	} else if (v->follow) {
		from = v->size;
	}
	jump_find(v, from, back, errors ? NULL : v->search);
	if (v->follow && back && !mark_is_shown(v))
		v->jump.end = v->jump.whole = true;
}

bool
log_view_cancel(struct log_view *v)
{
	bool busy = v->jump.kind != JUMP_NONE;
	log_view_drop_jump(v);
	if (busy)
		log_view_forget(v);
	return busy;
}
