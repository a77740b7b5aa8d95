#include "tui/log_peek.h"

#include "core/ctl.h"
#include "core/name.h"
#include "core/xalloc.h"
#include "tui/fmt.h"
#include "tui/note.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BEFORE = 16, AFTER = 48, GUTTER = 1 };

struct log_peek *
log_peek_new(void)
{
	return xcalloc(1, sizeof(struct log_peek));
}

static void
files_clear(struct log_peek *v)
{
	for (int i = 0; i < v->nfiles; i++)
		free(v->file[i]);
	v->nfiles = 0;
	v->at = 0;
}

void
log_peek_free(struct log_peek *v)
{
	if (!v)
		return;
	files_clear(v);
	free(v->file);
	free(v->run);
	log_window_release(&v->win);
	free(v);
}

bool
log_peek_none(const struct log_peek *v, unsigned serial)
{
	return v->serial == serial && v->want == PEEK_DONE && v->nfiles == 0;
}

const char *
log_peek_file(const struct log_peek *v)
{
	if (v->at >= v->nfiles || !v->win.n)
		return NULL;
	return name_last(v->file[v->at]);
}

/* -- asking ------------------------------------------------------------------------------------ */

static void on_answer(void *ctx, bool ok, const char *text);

static void
send(struct log_peek *v, const char *verb, const char *const *args, int n)
{
	v->asked = true;
	v->asked_gen = v->gen;
	v->m->asking++;
	v->m->ask(v->m->request_ctx, verb, args, n, on_answer, v);
}

static void
send_place(struct log_peek *v)
{
	char unit[16], step[24] = "-", wall[24] = "-";
	snprintf(unit, sizeof unit, "%d", v->where.unit);
	if (v->where.has_step)
		snprintf(step, sizeof step, "%" PRId64, v->where.step);
	if (v->where.wall_us)
		snprintf(wall, sizeof wall, "%" PRId64, v->where.wall_us);
	const char *args[] = {v->run, v->file[v->at], "place", unit, step, wall};
	send(v, "text", args, 6);
}

static void
send_lines(struct log_peek *v, bool back)
{
	char at[24] = "end", count[16];
	if (v->marked)
		snprintf(at, sizeof at, "%" PRIu64, v->mark);
	snprintf(count, sizeof count, "%d", back ? -(v->marked ? BEFORE : AFTER) : AFTER);
	const char *args[] = {v->run, v->file[v->at], "lines", at, count};
	send(v, "text", args, 5);
}

static void
send_next(struct log_peek *v)
{
	const char *last[] = {v->run, v->nfiles ? v->file[v->at] : "", "last", NULL};
	const struct model_run *r = model_run_by_path(v->m, v->run);
	const char *run = v->run;
	switch (v->want) {
	case PEEK_TEXTS:
		send(v, "texts", &run, 1);
		break;
	case PEEK_PLACE:
		send_place(v);
		break;
	case PEEK_LAST:
		last[3] = r ? r->info.said : NULL;
		send(v, "text", last, last[3] ? 4 : 3);
		break;
	case PEEK_BACK:
		send_lines(v, true);
		break;
	case PEEK_FORTH:
		send_lines(v, false);
		break;
	case PEEK_DONE:
		break;
	}
}

static void
begin(struct log_peek *v, unsigned serial, const char *run, const struct model_text *where)
{
	char *copy = xstrdup(run);
	free(v->run);
	v->run = copy;
	v->serial = serial;
	v->where = *where;
	v->where.run = v->where.show = NULL;
	v->gen++;
	v->want = PEEK_TEXTS;
	v->marked = false;
	v->note[0] = '\0';
	files_clear(v);
	log_window_clear(&v->win);
}

void
log_peek_pump(struct log_peek *v, struct model *m, unsigned serial, const char *run,
	      const struct model_text *where)
{
	v->m = m;
	/* An ingester that has come knows what the one before could not say. */
	if (serial != v->serial || (m->up && !v->up && !v->win.n))
		begin(v, serial, run, where);
	v->up = m->up;
	if (!v->asked && m->ask && m->up)
		send_next(v);
}

/* -- answers ----------------------------------------------------------------------------------- */

static void
first_question(struct log_peek *v)
{
	if (!v->nfiles) {
		snprintf(v->note, sizeof v->note, "No text of this run is known.");
		v->want = PEEK_DONE;
	} else if (v->where.last_words) {
		v->want = PEEK_LAST;
	} else {
		v->want = v->where.has_step || v->where.wall_us ? PEEK_PLACE : PEEK_BACK;
	}
}

static void
take_texts(struct log_peek *v, const char *text)
{
	char *copy = xstrdup(text), *save = NULL;
	for (char *w = strtok_r(copy, " ", &save); w; w = strtok_r(NULL, " ", &save)) {
		char *kind = strtok_r(NULL, " ", &save), *why = strtok_r(NULL, " ", &save);
		if (!kind || !why || !ctl_unescape(w))
			break;
		*vec_push(v->file, v->nfiles, v->file_cap) = xstrdup(w);
	}
	free(copy);
	first_question(v);
}

/* In no file: its end is something, too. */
static void
not_here(struct log_peek *v)
{
	char step[FMT_N];
	if (++v->at < v->nfiles)
		return;
	v->at = 0;
	if (v->want == PEEK_PLACE && v->where.has_step)
		snprintf(v->note, sizeof v->note, "no line says step %s; this is the end",
			 fmt_step(step, v->where.step));
	v->want = PEEK_BACK;
}

static void
take_found(struct log_peek *v, const char *p)
{
	if (sscanf(p, " found %" SCNu64, &v->mark) == 1) {
		v->marked = true;
		v->want = PEEK_BACK;
	} else {
		not_here(v); /* "again" too: a look at a corner is not worth a long search */
	}
}

static void
take_lines(struct log_peek *v, const char *p)
{
	bool back = v->want == PEEK_BACK;
	log_window_take(&v->win, p, back);
	v->want = back && v->marked ? PEEK_FORTH : PEEK_DONE;
	if (v->want == PEEK_DONE && !v->win.n)
		snprintf(v->note, sizeof v->note, "The file is empty.");
}

static void
refused(struct log_peek *v, const char *text)
{
	if (v->want == PEEK_PLACE || v->want == PEEK_LAST) {
		not_here(v);
		return;
	}
	v->want = PEEK_DONE;
	snprintf(v->note, sizeof v->note, "%.150s", text);
}

static void
on_answer(void *ctx, bool ok, const char *text)
{
	struct log_peek *v = ctx;
	v->asked = false;
	v->m->asking--;
	if (v->asked_gen == v->gen) {
		/* SIZE DEV INO HEAD stand before what was asked for. */
		const char *p = text;
		int blanks = v->want == PEEK_TEXTS ? 4 : 0;
		while (*p && blanks < 4)
			blanks += *p++ == ' ';
		if (!ok)
			refused(v, text);
		else if (v->want == PEEK_TEXTS)
			take_texts(v, text);
		else if (v->want == PEEK_BACK || v->want == PEEK_FORTH)
			take_lines(v, p);
		else
			take_found(v, p);
	}
	if (v->m->up)
		send_next(v);
	v->m->changed(v->m->request_ctx);
}

/* -- drawing ----------------------------------------------------------------------------------- */

static int
style_of(uint8_t attr)
{
	int style = attr & ANSI_COLOR ? STYLE_LOG0 + (attr & ANSI_COLOR) - 1 : STYLE_NORMAL;
	return style | (attr & ANSI_BOLD ? STYLE_BOLD : 0) | (attr & ANSI_DIM ? STYLE_FAINT : 0) |
	       (attr & ANSI_UNDERLINE ? STYLE_UNDERLINE : 0);
}

static void
draw_line(const struct log_line *l, struct grid *g, int x, int y, int w, int row)
{
	int from = log_line_row(l, w, row), to = log_line_row(l, w, row + 1);
	for (int i = from; i < to; i++)
		if (l->cell[i].ch)
			grid_put(g, x + i - from, y, l->cell[i].ch, style_of(l->cell[i].attr));
}

/* The first line to draw: the marked one has a third above it, an end stands at the bottom. */
static int
first_line(const struct log_peek *v, int w, int h)
{
	int line = v->marked ? log_window_at(&v->win, v->mark) : v->win.n;
	int above = v->marked ? h / 3 : h;
	if (v->marked) {
		/* What is there below it may be less than there is room for. */
		int below = 0;
		for (int i = line; i < v->win.n && below < h; i++)
			below += log_line_rows(&v->win.line[i], w);
		above = below < h - above ? h - below : above;
	}
	for (; line > 0; line--) {
		above -= log_line_rows(&v->win.line[line - 1], w);
		if (above < 0)
			break;
	}
	return line;
}

void
log_peek_draw(struct log_peek *v, const struct model *m, struct grid *g, struct rect r)
{
	int w = r.w - GUTTER;
	if (w < 1 || r.h < 1)
		return;
	if (!v->win.n) {
		const char *why = !m->up     ? "Nobody reads the logs now: mm watch does."
				  : *v->note ? v->note
					     : "asking…";
		note_draw(g, (struct rect){r.x + GUTTER, r.y, w, r.h}, why, STYLE_DIM);
		return;
	}
	int y = 0;
	for (int i = first_line(v, w, r.h); i < v->win.n && y < r.h; i++) {
		const struct log_line *l = &v->win.line[i];
		if (v->marked && l->start == v->mark)
			grid_put(g, r.x, r.y + y, g->ascii ? '>' : 0x258c, STYLE_TITLE_FOCUS);
		else if (l->error)
			grid_put(g, r.x, r.y + y, '!', STYLE_CRIT);
		for (int row = 0; row < log_line_rows(l, w) && y < r.h; row++)
			draw_line(l, g, r.x + GUTTER, r.y + y++, w, row);
	}
}
