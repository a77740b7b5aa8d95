#include "tui/log_window.h"

#include "core/ctl.h"
#include "core/log_find.h"
#include "core/utf8.h"
#include "core/xalloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
line_release(struct log_window *w, struct log_line *l)
{
	w->cells -= (size_t)l->n;
	free(l->cell);
}

static void
cut_end(struct log_window *w, int n)
{
	while (w->n > n)
		line_release(w, &w->line[--w->n]);
	w->who = w->n ? w->who : 0;
}

static void
cut_start(struct log_window *w, int k)
{
	for (int i = 0; i < k; i++)
		line_release(w, &w->line[i]);
	memmove(w->line, w->line + k, (size_t)(w->n - k) * sizeof *w->line);
	w->n -= k;
}

void
log_window_clear(struct log_window *w)
{
	cut_end(w, 0);
}

void
log_window_release(struct log_window *w)
{
	log_window_clear(w);
	free(w->line);
	*w = (struct log_window){0};
}

uint64_t
log_window_start(const struct log_window *w)
{
	return w->n ? w->line[0].start : 0;
}

uint64_t
log_window_end(const struct log_window *w)
{
	return w->n ? w->line[w->n - 1].end : 0;
}

int
log_window_at(const struct log_window *w, uint64_t at)
{
	int lo = 0, hi = w->n - 1;
	while (lo < hi) {
		int mid = (lo + hi + 1) / 2;
		if (w->line[mid].start <= at)
			lo = mid;
		else
			hi = mid - 1;
	}
	return w->n ? lo : -1;
}

/* -- taking ----------------------------------------------------------------------------------- */

/* The next word of *P, NUL put behind it; NULL: no more. */
static char *
word(char **p)
{
	char *w = *p;
	while (*w == ' ')
		w++;
	if (!*w)
		return NULL;
	*p = w + strcspn(w, " ");
	if (**p)
		*(*p)++ = '\0';
	return w;
}

static bool
number(char **p, uint64_t *n)
{
	char *w = word(p), *end;
	if (!w || *w < '0' || *w > '9')
		return false;
	*n = strtoull(w, &end, 10);
	return *end == '\0';
}

static void
line_make(struct log_line *l, uint64_t start, uint64_t end, uint64_t beyond, char *text)
{
	struct ansi_line a = {0};
	struct str shown = STR_INIT, scratch = STR_INIT;
	*l = (struct log_line){.start = start, .end = end, .beyond = (size_t)beyond};
	char *who = strchr(text, LOG_WHO);
	if (who) {
		*who = '\0';
		snprintf(l->who, sizeof l->who, "%.*s", (int)sizeof l->who - 1, text);
		text = who + 1;
	}
	ansi_read(&a, text, text + strlen(text));
	ansi_text(&a, &shown);
	l->n = (int)a.n;
	l->cell = a.n ? xmemdup(a.cell, a.n * sizeof *a.cell) : NULL;
	l->error = log_error_is(str_c(&shown), str_c(&shown) + shown.len, &scratch);
	ansi_release(&a);
	str_release(&shown);
	str_release(&scratch);
}

static void
put_behind(struct log_window *w, const struct log_line *l)
{
	if (w->n && l->start < log_window_end(w)) {
		int at = log_window_at(w, l->start);
		cut_end(w, w->line[at].start == l->start ? at : 0);
	}
	if (w->n && l->start != log_window_end(w))
		log_window_clear(w);
	*vec_push(w->line, w->n, w->cap) = *l;
	w->cells += (size_t)l->n;
	int k = 0;
	size_t cells = w->cells;
	while (k < w->n - 1 && (w->n - k > LOG_WINDOW_LINES || cells > LOG_WINDOW_CELLS))
		cells -= (size_t)w->line[k++].n;
	if (k)
		cut_start(w, k);
}

static void
put_before(struct log_window *w, const struct log_line *l)
{
	if (w->n && l->end != log_window_start(w))
		log_window_clear(w);
	xgrow(&w->line, &w->cap, (size_t)w->n + 1, sizeof *w->line);
	memmove(w->line + 1, w->line, (size_t)w->n * sizeof *w->line);
	w->line[0] = *l;
	w->n++;
	w->cells += (size_t)l->n;
	while (w->n > 1 && (w->n > LOG_WINDOW_LINES || w->cells > LOG_WINDOW_CELLS))
		cut_end(w, w->n - 1);
}

int
log_window_take(struct log_window *w, const char *records, bool back)
{
	char *copy = xstrdup(records), *p = copy;
	int taken = 0;
	while (*(p += strspn(p, " "))) {
		uint64_t start, end, beyond;
		char *text;
		if (!number(&p, &start) || !number(&p, &end) || !number(&p, &beyond) ||
		    !(text = word(&p)) || !ctl_unescape(text) || end < start) {
			taken = -1;
			break;
		}
		struct log_line l;
		line_make(&l, start, end, beyond, text);
		int who = utf8_columns(l.who);
		if (back)
			put_before(w, &l);
		else
			put_behind(w, &l);
		w->who = who > w->who ? who : w->who;
		taken++;
	}
	free(copy);
	return taken;
}

/* -- rows ------------------------------------------------------------------------------------- */

/* Behind the row that begins at cell AT: a wide character is not split. */
static int
row_end(const struct log_line *l, int width, int at)
{
	int end = at + width;
	if (end >= l->n)
		return l->n;
	return l->cell[end].ch == 0 && end - 1 > at ? end - 1 : end;
}

int
log_line_rows(const struct log_line *l, int width)
{
	int rows = 0, at = 0;
	if (width < 1)
		return 1;
	do {
		at = row_end(l, width, at);
		rows++;
	} while (at < l->n);
	return rows + (l->beyond > 0);
}

int
log_line_row(const struct log_line *l, int width, int row)
{
	int at = 0;
	while (row-- > 0 && at < l->n)
		at = row_end(l, width, at);
	return at;
}
