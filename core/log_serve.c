/* Each question opens the file anew: so what is answered is what stands under that name now, and
 * nothing is held open for somebody who may have left. */
#include "core/log_serve.h"

#include "core/clock.h"
#include "core/ctl.h"
#include "core/log_file.h"
#include "core/log_find.h"
#include "core/log_place.h"
#include "core/wandb_text.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum {
	LINE = 20 << 10, /* bytes of one line: with more, its colours are left out */
	FIND_US = 5000,
	MAKE_US = 10000, /* for making a text of what is none */
};

static void
add_what(struct str *out, const struct log_file *f)
{
	str_addf(out, "%llu %llu %llu %u", (unsigned long long)f->size, (unsigned long long)f->dev,
		 (unsigned long long)f->ino, (unsigned)f->head);
}

static bool
number(const char *text, int64_t *n)
{
	char *end;
	errno = 0;
	*n = strtoll(text, &end, 10);
	return *text && *end == '\0' && errno == 0;
}

/* -- lines ------------------------------------------------------------------------------------ */

struct pen {
	struct log_file *f;
	struct str *out;
	struct log_pen line;
};

static void
begin_text(struct log_pen *w, const char *who)
{
	str_reset(&w->text);
	str_reset(&w->word);
	if (who)
		str_addf(&w->text, "%s%c", who, LOG_WHO);
}

void
log_pen_line(struct log_pen *w, struct str *out, struct log_file *f, uint64_t start, uint64_t end,
	     const char *who, uint64_t as)
{
	const char *p;
	size_t n = log_file_line(f, start, end, &p);
	ansi_read(&w->ansi, p, p + n);
	begin_text(w, who);
	ansi_write(&w->ansi, &w->text);
	ctl_escape(&w->word, str_c(&w->text));
	if (w->word.len > LINE) {
		begin_text(w, who);
		ansi_text(&w->ansi, &w->text);
		ctl_escape(&w->word, str_c(&w->text));
	}
	str_addf(out, " %llu %llu %zu %s", (unsigned long long)as,
		 (unsigned long long)(as + end - start), w->ansi.beyond, str_c(&w->word));
}

void
log_pen_release(struct log_pen *w)
{
	ansi_release(&w->ansi);
	str_release(&w->text);
	str_release(&w->word);
}

static void
write_lines(struct pen *w, uint64_t from, int64_t n)
{
	struct log_file *f = w->f;
	int64_t until = clock_mono_us() + LOG_LINES_US;
	bool back = n < 0;
	uint64_t at = back && from >= f->size ? f->size : log_file_start(f, from);
	n = back ? -n : n;
	for (int64_t i = 0; i < n && i < LOG_LINES && w->out->len < LOG_ANSWER; i++) {
		if (back ? at == 0 : at >= f->size)
			break;
		uint64_t start = back ? log_file_start(f, at - 1) : at;
		uint64_t end = back ? at : log_file_end(f, at);
		log_pen_line(&w->line, w->out, f, start, end, NULL, start);
		at = back ? start : end;
		if (clock_mono_us() >= until)
			break;
	}
}

static int
serve_lines(struct log_file *f, char *const *args, int nargs, struct str *out, struct err *e)
{
	int64_t from, n;
	if (nargs != 2 || !number(args[1], &n) || n == INT64_MIN)
		return err_set(e, ERR_USAGE, "lines FROM N");
	if (strcmp(args[0], "end") == 0)
		from = INT64_MAX;
	else if (!number(args[0], &from) || from < 0)
		return err_set(e, ERR_USAGE, "lines FROM N");
	struct pen w = {.f = f, .out = out};
	write_lines(&w, (uint64_t)from, n);
	log_pen_release(&w.line);
	return 0;
}

/* -- places ----------------------------------------------------------------------------------- */

static int
serve_find(struct log_file *f, char *const *args, int nargs, struct str *out, struct err *e)
{
	static const char *const words[] = {
		[LOG_FOUND] = "found", [LOG_NONE] = "none", [LOG_AGAIN] = "again"};
	int64_t from;
	if (nargs < 2 || nargs > 3)
		return err_set(e, ERR_USAGE, "find FROM forth|back [TEXT]");
	bool back = strcmp(args[1], "back") == 0;
	if (strcmp(args[0], "end") == 0)
		from = INT64_MAX;
	else if (!number(args[0], &from) || from < 0 || (!back && strcmp(args[1], "forth") != 0))
		return err_set(e, ERR_USAGE, "find FROM forth|back [TEXT]");
	uint64_t at = (uint64_t)from;
	enum log_found found = LOG_AGAIN;
	/* Of a text that is still made the end is not known, and nothing is said to be missing. */
	if (!f->more || !back || at < f->size) {
		found = log_find(f, nargs > 2 ? args[2] : NULL, back, &at,
				 clock_mono_us() + FIND_US);
		found = found == LOG_NONE && f->more && !back ? LOG_AGAIN : found;
	}
	str_addf(out, " %s", words[found]);
	if (found != LOG_NONE)
		str_addf(out, " %llu", (unsigned long long)at);
	return 0;
}

static void
add_place(struct str *out, const struct log_file *f, bool found, uint64_t at)
{
	if (f->more)
		str_adds(out, " again 0");
	else if (found)
		str_addf(out, " found %llu", (unsigned long long)at);
	else
		str_adds(out, " none");
}

static int
serve_place(struct log_file *f, const struct log_serve_env *env, const char *path,
	    char *const *args, int nargs, struct str *out, struct err *e)
{
	struct log_place w = {
		.path = path,
		.tz_offset_s = env->tz_offset_s,
		.patterns = env->patterns,
		.now_us = clock_wall_us(),
	};
	int64_t unit = 0, step = 0, wall = 0;
	if (nargs != 3 || (strcmp(args[0], "-") != 0 && !number(args[0], &unit)) ||
	    (strcmp(args[1], "-") != 0 && !number(args[1], &step)) ||
	    (strcmp(args[2], "-") != 0 && !number(args[2], &wall)))
		return err_set(e, ERR_USAGE, "place UNIT STEP WALL_US");
	w.has_step = strcmp(args[1], "-") != 0;
	w.unit = unit >= STEP_STEP && unit <= STEP_NONE ? (enum step_unit)unit : STEP_NONE;
	w.step = step;
	w.wall_us = wall;
	uint64_t at = 0;
	bool found = log_place_find(f, &w, &at);
	add_place(out, f, found, at);
	return 0;
}

static int
answer(struct log_file *f, const struct log_serve_env *env, const char *path, char *const *args,
       int nargs, struct str *out, struct err *e)
{
	const char *what = nargs ? args[0] : "";
	if (strcmp(what, "lines") == 0)
		return serve_lines(f, args + 1, nargs - 1, out, e);
	if (strcmp(what, "find") == 0)
		return serve_find(f, args + 1, nargs - 1, out, e);
	if (strcmp(what, "place") == 0)
		return serve_place(f, env, path, args + 1, nargs - 1, out, e);
	if (strcmp(what, "last") == 0 && nargs <= 2) {
		uint64_t at = 0;
		bool found = log_find_end(f, nargs > 1 ? args[1] : NULL, &at);
		add_place(out, f, found, at);
		return 0;
	}
	return err_set(e, ERR_USAGE, "lines, find, place or last");
}

static int
open_text(struct log_file *f, const char *path, const struct log_serve_env *env, struct err *e)
{
	return wandb_texts_open(env->texts, f, path, env->tz_offset_s, clock_mono_us() + MAKE_US,
				e);
}

int
log_serve(const char *path, const struct log_serve_env *env, char *const *args, int nargs,
	  struct str *out, struct err *e)
{
	struct log_file f;
	int code = open_text(&f, path, env, e);
	if (code < 0)
		return code;
	add_what(out, &f);
	code = answer(&f, env, path, args, nargs, out, e);
	if (code == 0 && f.failed)
		code = err_set(e, ERR_SYS, "%s: it can't be read", path);
	log_file_close(&f);
	return code;
}

int
log_serve_what(const char *path, const struct log_serve_env *env, struct str *out, struct err *e)
{
	struct log_file f;
	int code = open_text(&f, path, env, e);
	if (code < 0)
		return code;
	add_what(out, &f);
	log_file_close(&f);
	return 0;
}
