/* What is wanted is known at any time from what there is: a list of files, an answer to a jump,
 * lines around the place that is looked at. log_view_pump() compares the two and asks for the first
 * thing that is missing; the answer is taken, and it is called again. So there is no sequence of
 * questions to get lost in when a file is rotated, an ingester leaves or a key comes between. */
#include "tui/log_view_own.h"

#include "core/clock.h"
#include "core/ctl.h"
#include "core/log_serve.h"
#include "core/xalloc.h"
#include "tui/fmt.h"
#include "tui/model.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	SOON_US = 2000000,  /* a wait that ends so soon with an error will end so again */
	BEHIND = 256 << 10, /* bytes: who follows and is further behind leaves lines out */
	MORE = 1000,        /* lines of an answer at most */
};

#define SEARCHING "searching, at "

struct log_view *
log_view_new(void)
{
	return xcalloc(1, sizeof(struct log_view));
}

static void
files_clear(struct log_view *v)
{
	for (int i = 0; i < v->nfiles; i++) {
		free(v->file[i].path);
		free(v->file[i].kind);
		free(v->file[i].why);
	}
	v->nfiles = 0;
	v->more = 0;
}

void
log_view_drop_jump(struct log_view *v)
{
	free(v->jump.text);
	memset(&v->jump, 0, sizeof v->jump);
}

void
log_view_free(struct log_view *v)
{
	files_clear(v);
	log_view_drop_jump(v);
	free(v->file);
	free(v->run);
	free(v->search);
	log_window_release(&v->win);
	free(v);
}

/* What was asked is of no interest any more. */
void
log_view_forget(struct log_view *v)
{
	v->gen++;
	v->failed = v->stuck = v->deaf = false;
}

void
log_view_follow(struct log_view *v)
{
	v->follow = true;
	v->landing = false;
}

/* Another file, or the same anew. */
void
log_view_show(struct log_view *v, int at)
{
	log_window_clear(&v->win);
	v->at = at;
	v->known = v->marked = false;
	v->note[0] = '\0';
	log_view_forget(v);
	log_view_follow(v);
}

void
log_view_land(struct log_view *v, uint64_t at, int above)
{
	v->follow = false;
	v->landing = true;
	v->target = at;
	v->above = above;
	v->stuck = false;
	if (v->win.n && (at < log_window_start(&v->win) || at >= log_window_end(&v->win))) {
		log_window_clear(&v->win);
		log_view_forget(v);
	}
}

/* -- asking ----------------------------------------------------------------------------------- */

static void on_answer(void *ctx, bool ok, const char *text);
static void on_waited(void *ctx, bool ok, const char *text);

static void
ask(struct log_view *v, int what, const char *const *args, int n)
{
	v->asked = true;
	v->asked_gen = v->gen;
	v->what = what;
	v->m->asking++;
	v->m->ask(v->m->request_ctx, what == ASKED_TEXTS ? "texts" : "text", args, n, on_answer, v);
}

static const char *
path_of(const struct log_view *v, int file)
{
	return v->all || !v->nfiles ? LOG_ALL : v->file[file].path;
}

static void
ask_lines(struct log_view *v, int what, uint64_t from, bool end, int n)
{
	char at[24], count[16];
	snprintf(at, sizeof at, "%" PRIu64, from);
	snprintf(count, sizeof count, "%d", what == ASKED_BACK ? -n : n);
	const char *args[] = {v->run, path_of(v, v->at), "lines", end ? "end" : at, count};
	ask(v, what, args, 5);
}

static void
ask_find(struct log_view *v)
{
	char at[24];
	snprintf(at, sizeof at, "%" PRIu64, v->jump.from);
	const char *args[] = {v->run,
			      path_of(v, v->at),
			      "find",
			      v->jump.end ? "end" : at,
			      v->jump.back ? "back" : "forth",
			      v->jump.text};
	ask(v, ASKED_JUMP, args, v->jump.text ? 6 : 5);
}

static void
ask_place(struct log_view *v)
{
	const struct model_text *t = v->m->text;
	char unit[16], step[24] = "-", wall[24] = "-";
	snprintf(unit, sizeof unit, "%d", t->unit);
	if (t->has_step)
		snprintf(step, sizeof step, "%" PRId64, t->step);
	if (t->wall_us)
		snprintf(wall, sizeof wall, "%" PRId64, t->wall_us);
	const char *args[] = {v->run, path_of(v, v->jump.file), "place", unit, step, wall};
	ask(v, ASKED_JUMP, args, 6);
}

static void
ask_last(struct log_view *v)
{
	const struct model_run *r = model_run_by_path(v->m, v->run);
	const char *said = v->jump.exact && r ? r->info.said : NULL;
	const char *args[] = {v->run, path_of(v, v->jump.file), "last", said};
	ask(v, ASKED_JUMP, args, said ? 4 : 3);
}

/* Asked of all of them, whichever is shown. */
static void
ask_whose(struct log_view *v)
{
	char at[24];
	snprintf(at, sizeof at, "%" PRIu64, v->jump.from);
	const char *args[] = {v->run, LOG_ALL, v->all ? "whose" : "where", at, v->file[v->at].path};
	ask(v, ASKED_JUMP, args, v->all ? 4 : 5);
}

static void
ask_jump(struct log_view *v)
{
	if (v->jump.kind == JUMP_INTO || v->jump.kind == JUMP_OUT)
		ask_whose(v);
	else if (v->jump.kind == JUMP_FIND)
		ask_find(v);
	else if (v->jump.kind == JUMP_PLACE)
		ask_place(v);
	else
		ask_last(v);
}

static void
ask_wait(struct log_view *v)
{
	char size[24], dev[24], ino[24], head[16];
	snprintf(size, sizeof size, "%" PRIu64, v->size);
	snprintf(dev, sizeof dev, "%" PRIu64, v->dev);
	snprintf(ino, sizeof ino, "%" PRIu64, v->ino);
	snprintf(head, sizeof head, "%" PRIu32, v->head);
	const char *args[] = {v->run, path_of(v, v->at), "wait", size, dev, ino, head};
	v->waits++;
	v->wait_gen = v->gen;
	v->wait_us = clock_mono_us();
	v->m->ask(v->m->request_ctx, "text", args, v->known && !v->failed ? 7 : 3, on_waited, v);
}

/* -- what is missing -------------------------------------------------------------------------- */

/* Lines around what is looked at; false: all are there. */
static bool
ask_missing(struct log_view *v)
{
	const struct log_window *w = &v->win;
	int page = v->h > 0 ? v->h : 24, some = 2 * page + 10 < MORE ? 2 * page + 10 : MORE;
	if (!w->n) {
		if (v->known && v->size == 0)
			return false;
		if (v->follow)
			ask_lines(v, ASKED_BACK, 0, true, some);
		else
			ask_lines(v, ASKED_FORTH, v->landing ? v->target : v->top, false, some);
		return true;
	}
	if (v->follow && v->size > log_window_end(w) + BEHIND) {
		log_window_clear(&v->win);
		ask_lines(v, ASKED_BACK, 0, true, some);
		return true;
	}
	int row, line = log_view_first(v, v->w, v->h, &row);
	if (v->size > log_window_end(w) &&
	    (v->follow || log_view_rows_below(v, line, row, 2 * page) < 2 * page)) {
		/* The last line may have had no end yet. */
		ask_lines(v, ASKED_FORTH, w->line[w->n - 1].start, false, v->follow ? MORE : some);
		return true;
	}
	if (log_window_start(w) > 0 && log_view_rows_above(v, line, row, page) < page) {
		ask_lines(v, ASKED_BACK, log_window_start(w), false, some);
		return true;
	}
	return false;
}

static void
take_up(struct log_view *v)
{
	const struct model_text *t = v->m->text;
	bool same = v->run && strcmp(v->run, t->run) == 0;
	v->serial = t->serial;
	log_view_forget(v);
	log_view_drop_jump(v);
	if (!same) {
		free(v->run);
		v->run = xstrdup(t->run);
		free(v->search);
		v->search = NULL;
		files_clear(v);
		v->all = false;
	}
	v->listed = false;
	log_view_show(v, 0);
	if (t->last_words)
		v->jump.kind = JUMP_LAST;
	else if (t->has_step || t->wall_us)
		v->jump.kind = JUMP_PLACE;
	v->jump.exact = true;
}

void
log_view_pump(struct log_view *v, struct model *m)
{
	v->m = m;
	if (!m->text)
		return;
	if (v->serial != m->text->serial)
		take_up(v);
	if (m->text->relist) {
		m->text->relist = v->listed = false;
		log_view_forget(v);
	}
	if (m->up != v->up) {
		v->up = m->up;
		log_view_forget(v);
		v->look = true;
	}
	if (v->asked || !m->ask)
		return;
	if (!v->listed && !v->failed) {
		const char *run = v->run;
		ask(v, ASKED_TEXTS, &run, 1);
	} else if (!v->nfiles) {
		if (!v->deaf && (v->waits == 0 || v->wait_gen != v->gen))
			ask_wait(v);
	} else if (v->jump.kind && !v->failed) {
		ask_jump(v);
	} else if (v->look && !v->failed) {
		v->look = false;
		ask_lines(v, ASKED_LOOK, 0, true, 0);
	} else if (v->failed || v->stuck || !ask_missing(v)) {
		if (!v->deaf && (v->waits == 0 || v->wait_gen != v->gen))
			ask_wait(v);
	}
}

/* -- answers ---------------------------------------------------------------------------------- */

static void
take_texts(struct log_view *v, const char *text)
{
	char *copy = xstrdup(text), *save = NULL;
	char *was = v->nfiles ? xstrdup(v->file[v->at].path) : NULL;
	int before = v->nfiles;
	files_clear(v);
	for (char *w = strtok_r(copy, " ", &save); w; w = strtok_r(NULL, " ", &save)) {
		char *kind = strtok_r(NULL, " ", &save), *why = strtok_r(NULL, " ", &save);
		if (!kind)
			v->more = (int)strtol(w, NULL, 10);
		if (!kind || !why || !ctl_unescape(w) || !ctl_unescape(why))
			break;
		*vec_push(v->file, v->nfiles, v->file_cap) =
			(struct log_view_file){xstrdup(w), xstrdup(kind), xstrdup(why)};
	}
	v->listed = true;
	int at = 0;
	const char *want = v->m->text->show ? v->m->text->show : was;
	for (int i = 0; want && i < v->nfiles; i++)
		if (strcmp(v->file[i].path, want) == 0)
			at = i;
	if (v->m->text->show || v->nfiles < 2)
		v->all = false;
	bool stays = was && v->nfiles && strcmp(v->file[at].path, was) == 0;
	if (stays || v->all)
		v->at = at;
	else
		log_view_show(v, at);
	v->note[0] = '\0';
	if (v->again && v->nfiles > before && before)
		model_say(v->m, false, "another file of this run: %d by now", v->nfiles);
	v->again = false;
	free(v->m->text->show);
	v->m->text->show = NULL;
	if (!v->nfiles)
		snprintf(v->note, sizeof v->note,
			 "No text of this run is known: no console log, no stdout or stderr beside "
			 "its logs, no batch job's file. :attach FILE adds one.");
	free(copy);
	free(was);
}

/* Takes SIZE DEV INO HEAD off *P. False: it is another file than before, or one that was cut; what
 * was known of it is forgotten. */
static bool
take_what(struct log_view *v, const char **p)
{
	uint64_t size, dev, ino;
	uint32_t head;
	int n = 0;
	if (sscanf(*p, "%" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu32 "%n", &size, &dev, &ino,
		   &head, &n) != 4)
		return true;
	*p += n;
	bool another = v->known && (dev != v->dev || ino != v->ino);
	bool anew = v->known &&
		    (size < log_window_end(&v->win) || (head && v->head && head != v->head));
	uint64_t dev_before = v->dev;
	v->stuck = v->stuck && v->known && size == v->size;
	v->size = size;
	v->dev = dev;
	v->ino = ino;
	v->head = head;
	v->known = true;
	v->failed = false;
	if (v->nfiles)
		v->note[0] = '\0';
	if (!another && !anew)
		return true;
	/* Of all files it may be that somebody else answers now: that is no news. */
	if (!v->all || dev == dev_before)
		model_say(v->m, false,
			  v->all    ? "one of its files began anew"
			  : another ? "another file has taken its place"
				    : "the file began anew");
	log_window_clear(&v->win);
	v->marked = false;
	if (!v->follow) {
		v->top = 0;
		v->row = 0;
		v->landing = false;
	}
	return false;
}

static void
found(struct log_view *v, uint64_t at)
{
	bool moved = v->jump.kind != JUMP_FIND && v->jump.file != v->at && !v->all;
	if (v->jump.kind == JUMP_FIND && v->jump.wrapped)
		model_say(v->m, false, "from the %s again", v->jump.back ? "end" : "beginning");
	else if (strncmp(v->m->message, SEARCHING, strlen(SEARCHING)) == 0)
		v->m->message[0] = '\0';
	if (moved)
		log_view_show(v, v->jump.file);
	log_view_drop_jump(v);
	v->marked = true;
	v->mark = at;
	log_view_land(v, at, v->h / 3);
}

static void
say_nothing_found(struct log_view *v)
{
	const struct model_text *t = v->m->text;
	char step[FMT_N];
	if (v->jump.kind == JUMP_PLACE && t->has_step)
		model_say(v->m, false, "no line of it says step %s; this is its end",
			  fmt_step(step, t->step));
	else if (v->jump.kind == JUMP_PLACE)
		model_say(v->m, false, "its lines have no times; this is its end");
	else if (v->jump.kind == JUMP_FIND && v->jump.text)
		model_say(v->m, false, "nothing has %.80s in it", v->jump.text);
	else if (v->jump.kind == JUMP_FIND)
		model_say(v->m, false, "no line tells of an error");
}

/* Not there: elsewhere, or nowhere. */
static void
not_found(struct log_view *v)
{
	if (v->jump.kind == JUMP_FIND) {
		if (!v->jump.wrapped && !v->jump.whole) {
			v->jump.wrapped = true;
			v->jump.end = v->jump.back;
			v->jump.from = 0;
			return;
		}
	} else if (v->jump.file + 1 < v->nfiles && !v->all) {
		v->jump.file++;
		return;
	} else if (v->jump.kind == JUMP_LAST && v->jump.exact) {
		v->jump.exact = false;
		v->jump.file = 0;
		return;
	}
	say_nothing_found(v);
	log_view_drop_jump(v);
}

/* The same line, in all files or in its own. */
static void
take_whose(struct log_view *v, const char *p)
{
	char path[PATH_MAX * 3 + 1];
	uint64_t at;
	bool into = v->jump.kind == JUMP_INTO;
	path[0] = '\0';
	int n = sscanf(p, "%*u %*u %*u %*u found %" SCNu64 " %12288s", &at, path);
	int file = v->at;
	bool whole = ctl_unescape(path);
	for (int i = 0; i < v->nfiles && whole; i++)
		if (strcmp(v->file[i].path, path) == 0)
			file = i;
	log_view_drop_jump(v);
	v->all = into;
	log_view_show(v, file);
	if (n < 1)
		return;
	v->marked = true;
	v->mark = at;
	log_view_land(v, at, v->h / 3);
}

static void
take_jump(struct log_view *v, const char *p)
{
	uint64_t at;
	if (sscanf(p, " found %" SCNu64, &at) == 1) {
		found(v, at);
	} else if (sscanf(p, " again %" SCNu64, &at) == 1) {
		v->jump.from = at;
		v->jump.end = false;
		if (v->size)
			model_say(v->m, false, SEARCHING "%d%%",
				  (int)(100 * (double)at / (double)v->size));
	} else {
		not_found(v);
	}
}

static void
take_lines(struct log_view *v, const char *p)
{
	uint64_t start = log_window_start(&v->win), end = log_window_end(&v->win);
	int n = v->win.n;
	int taken = log_window_take(&v->win, p, v->what == ASKED_BACK);
	/* Nothing new: asking again would bring as little. */
	v->stuck = taken <= 0 || (n == v->win.n && start == log_window_start(&v->win) &&
				  end == log_window_end(&v->win));
}

static void
refused(struct log_view *v, const char *text)
{
	v->failed = true;
	if (v->what == ASKED_TEXTS || !v->win.n)
		snprintf(v->note, sizeof v->note, "%.190s", text);
	if (v->what == ASKED_JUMP)
		log_view_drop_jump(v);
}

static void
on_answer(void *ctx, bool ok, const char *text)
{
	struct log_view *v = ctx;
	bool mine = v->asked_gen == v->gen && v->m->text && v->serial == v->m->text->serial;
	v->asked = false;
	v->m->asking--;
	if (!mine) {
		;
	} else if (!ok) {
		/* Of a jump through many files one may be gone. */
		if (v->what == ASKED_JUMP &&
		    (v->jump.kind == JUMP_PLACE || v->jump.kind == JUMP_LAST))
			not_found(v);
		else
			refused(v, text);
	} else if (v->what == ASKED_TEXTS) {
		take_texts(v, text);
	} else if (v->what == ASKED_JUMP &&
		   (v->jump.kind == JUMP_INTO || v->jump.kind == JUMP_OUT)) {
		take_whose(v, text);
	} else if (v->what == ASKED_JUMP && v->jump.file != v->at && !v->all &&
		   v->jump.kind != JUMP_FIND) {
		int blanks = 0;
		while (*text && blanks < 4)
			blanks += *text++ == ' ';
		take_jump(v, text - (blanks == 4));
	} else if (take_what(v, &text)) {
		if (v->what == ASKED_JUMP)
			take_jump(v, text);
		else if (v->what != ASKED_LOOK)
			take_lines(v, text);
	}
	log_view_pump(v, v->m);
	v->m->changed(v->m->request_ctx);
}

static void
on_waited(void *ctx, bool ok, const char *text)
{
	struct log_view *v = ctx;
	/* An older one ends when the next is asked for. */
	if (--v->waits > 0 || v->wait_gen != v->gen || !v->m->text)
		return;
	if (ok && strcmp(text, "texts") == 0) {
		v->listed = false;
		v->again = true;
	} else if (ok) {
		take_what(v, &text);
	} else {
		v->deaf = clock_mono_us() - v->wait_us < SOON_US;
	}
	log_view_pump(v, v->m);
	v->m->changed(v->m->request_ctx);
}
