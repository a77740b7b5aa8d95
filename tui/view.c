/* view.c - what a person changes about the view, and how it is taken back.
 *
 * Each change notes a function and the old value as text; undo calls it. The functions are the
 * same that make the change, with noting turned off, so that there is one way in. While a filter
 * is typed every letter is a change: those that only lengthen or shorten the text by a letter
 * count as one. */
#include "tui/model_own.h"

#include "core/xalloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHANGES (int)(sizeof((struct model_own *)0)->change / sizeof(struct view_change))

void
model_undo_push(struct model *m, void (*fn)(void *ctx, struct model *m, const char *old), void *ctx,
		const char *old)
{
	struct model_own *o = m->own;
	if (o->undoing)
		return;
	if (o->nchanges == CHANGES) {
		free(o->change[0].old);
		memmove(o->change, o->change + 1, sizeof *o->change * (size_t)(CHANGES - 1));
		o->nchanges--;
	}
	o->change[o->nchanges++] = (struct view_change){fn, ctx, old ? xstrdup(old) : NULL};
}

void
model_undo(struct model *m)
{
	struct model_own *o = m->own;
	if (!o->nchanges) {
		model_say(m, false, "nothing to undo");
		return;
	}
	struct view_change c = o->change[--o->nchanges];
	o->undoing = true;
	c.fn(c.ctx, m, c.old);
	o->undoing = false;
	free(c.old);
	m->stale = true;
}

/* -- filter ---------------------------------------------------------------------------------- */

static void
undo_filter(void *ctx, struct model *m, const char *old)
{
	(void)ctx;
	model_set_filter(m, old);
}

static bool
one_letter_apart(const char *a, const char *b)
{
	size_t la = strlen(a), lb = strlen(b), less = la < lb ? la : lb;
	return strncmp(a, b, less) == 0 &&
	       la - less + lb - less <= 4; /* a letter has up to 4 bytes */
}

void
model_set_filter(struct model *m, const char *text)
{
	struct model_own *o = m->own;
	const char *was = m->filter ? m->filter : "", *now = text ? text : "";
	if (strcmp(was, now) == 0)
		return;
	bool typing = o->nchanges && o->change[o->nchanges - 1].fn == undo_filter &&
		      one_letter_apart(was, now) && *was && *now;
	if (!typing)
		model_undo_push(m, undo_filter, NULL, was);
	order_note_cursor(m);
	char *copy = *now ? xstrdup(now) : NULL;
	free(m->filter);
	m->filter = copy;
	order_rows(m);
	m->naming++;
	m->stale = true;
}

/* -- order ----------------------------------------------------------------------------------- */

static void
undo_sort(void *ctx, struct model *m, const char *old)
{
	(void)ctx;
	for (int i = 0; i < SORT_NSORT; i++)
		if (strcmp(run_sort_names[i], old) == 0)
			model_set_sort(m, (enum run_sort)i);
}

void
model_set_sort(struct model *m, enum run_sort s)
{
	if (s == m->sort || s < 0 || s >= SORT_NSORT)
		return;
	model_undo_push(m, undo_sort, NULL, run_sort_names[m->sort]);
	order_note_cursor(m);
	m->sort = s;
	order_rows(m);
	m->cursor = 0; /* who asks for an order wants to see who is first */
	m->stale = true;
}

/* -- folds ----------------------------------------------------------------------------------- */

static void
set_unfolded(struct model *m, const char *dir, bool unfolded)
{
	order_note_cursor(m);
	order_set_unfolded(m, dir, unfolded);
	order_rows(m);
	m->naming++;
	m->stale = true;
}

static void
undo_fold(void *ctx, struct model *m, const char *old)
{
	(void)ctx;
	set_unfolded(m, old, !order_is_unfolded(m, old));
}

void
model_toggle_fold(struct model *m, int row)
{
	if (row < 0 || row >= m->nrows || m->row[row].run >= 0)
		return;
	char *dir = xstrdup(m->row[row].dir->path);
	model_undo_push(m, undo_fold, NULL, dir);
	set_unfolded(m, dir, m->row[row].dir->folded);
	free(dir);
}

/* Everything above the run is opened; it stays so. */
static void
unfold_to(struct model *m, const char *path)
{
	char *dir = xstrdup(path);
	bool any = true;
	while (any) {
		any = false;
		for (int i = 0; i < m->nrows && !any; i++) {
			const struct model_row *row = &m->row[i];
			if (row->run >= 0 || !row->dir->folded)
				continue;
			if (strncmp(dir, row->dir->path, strlen(row->dir->path)) == 0) {
				char *open = xstrdup(row->dir->path);
				order_set_unfolded(m, open, true);
				free(open);
				order_rows(m);
				any = true;
			}
		}
	}
	free(dir);
	m->naming++;
}

bool
model_goto_run(struct model *m, const char *path)
{
	if (!model_run_by_path(m, path))
		return false;
	order_note_cursor(m);
	int at = order_find(m, path);
	if (at < 0 && m->filter) {
		model_set_filter(m, NULL);
		at = order_find(m, path);
	}
	if (at < 0) {
		unfold_to(m, path);
		at = order_find(m, path);
	}
	if (at < 0)
		return false;
	m->cursor = at;
	m->own->touched = true;
	m->stale = true;
	return true;
}

/* -- pins ------------------------------------------------------------------------------------ */

/* OLD: "p" or "u" or "-", then the path. */
static void
undo_pin(void *ctx, struct model *m, const char *old)
{
	(void)ctx;
	struct model_run *r = model_run_by_path(m, old + 1);
	if (r)
		drawn_pin(m, r, *old == 'p', *old == 'u');
}

void
model_toggle_pin(struct model *m, int row)
{
	if (row < 0 || row >= m->nrows || m->row[row].run < 0)
		return;
	struct model_run *r = &m->run[m->row[row].run];
	char *old = xasprintf("%c%s", r->pinned ? 'p' : r->unpinned ? 'u' : '-', r->info.path);
	model_undo_push(m, undo_pin, NULL, old);
	free(old);
	/* Off when it is drawn for more than being under the cursor; else on. */
	if (r->pinned || (r->live && !r->unpinned)) {
		drawn_pin(m, r, false, r->live);
		model_say(m, false, "%.200s %s", r->name,
			  r->live ? "is taken off the charts" : "is not pinned any more");
	} else {
		drawn_pin(m, r, !r->unpinned || !r->live, false);
		model_say(m, false, "%.200s %s", r->name,
			  r->pinned ? "is pinned: it stays in the charts" : "is drawn again");
	}
	m->stale = true;
}
