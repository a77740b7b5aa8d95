/* What is looked for is looked for in each file by itself, as fast as in one alone (log_find.h), a
 * little in each in turn. Which of what was found comes first is told by the times; a file that is
 * searched beyond that has nothing nearer. Then the place is where every other file is cut at that
 * time. */
#include "core/log_merge_own.h"

#include "core/clock.h"
#include "core/ctl.h"
#include "core/log_find.h"
#include "core/log_place.h"
#include "core/xalloc.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	FIND_US = 15000, /* of a request */
	TURN_US = 1000,  /* of one file, in turn */
	PLACES = 8,      /* files in which a step is looked for: the lowest ranks */
};

static bool
number(const char *text, int64_t *n)
{
	char *end;
	errno = 0;
	*n = strtoll(text, &end, 10);
	return *text && *end == '\0' && errno == 0;
}

/* Where in all the line of FILE is that begins at START: between the cuts LO and HI. */
static uint64_t
place_of(struct log_merge *g, size_t file, uint64_t start, const uint64_t *lo, const uint64_t *hi)
{
	uint64_t at;
	if (merge_shown(g, file, start, &at))
		return at;
	uint64_t *cut = xcalloc(g->n + 1, sizeof *cut);
	int64_t us = merge_time(g, &g->file[file], start);
	for (size_t i = 0; i < g->n; i++) {
		struct merge_file *m = &g->file[i];
		uint64_t to = hi ? hi[i] : m->end, from = lo ? lo[i] : 0;
		if (i == file)
			cut[i] = start;
		else if (m->f.fd >= 0 && to > from)
			cut[i] = merge_seek(g, m, from, to, us, i > file);
		else
			cut[i] = from;
	}
	uint64_t end = log_file_end(&g->file[file].f, start);
	at = merge_keep(g, cut, file, end - start);
	free(cut);
	return at;
}

static void
say(struct str *out, bool found, uint64_t at)
{
	if (found)
		str_addf(out, " found %llu", (unsigned long long)at);
	else
		str_adds(out, " none");
}

/* -- lines ------------------------------------------------------------------------------------ */

static int
serve_lines(struct log_merge *g, char *const *args, int nargs, struct str *out, struct err *e)
{
	int64_t from = 0, n = 0, until = clock_mono_us() + LOG_LINES_US;
	struct log_pen pen = {.word = STR_INIT};
	struct log_merged l;
	if (nargs != 2 || !number(args[1], &n) || n == INT64_MIN ||
	    (strcmp(args[0], "end") != 0 && (!number(args[0], &from) || from < 0)))
		return err_set(e, ERR_USAGE, "lines FROM N");
	bool back = n < 0;
	uint64_t size = log_merge_size(g);
	uint64_t at = strcmp(args[0], "end") == 0 ? size : (uint64_t)from;
	n = back ? -n : n;
	for (int64_t i = 0; i < n && i < LOG_LINES && out->len < LOG_ANSWER; i++) {
		if (!(back ? log_merge_back(g, at, &l) : log_merge_forth(g, at, &l)))
			break;
		log_pen_line(&pen, out, l.f, l.start, l.end, l.who, l.at);
		at = back ? l.at : l.at + (l.end - l.start);
		if (clock_mono_us() >= until)
			break;
	}
	log_pen_release(&pen);
	return 0;
}

/* -- searches --------------------------------------------------------------------------------- */

static void
search_begin(struct log_merge *g, struct merge_search *s, uint64_t from, const char *text,
	     bool back, bool last)
{
	merge_search_clear(s);
	*s = (struct merge_search){
		.busy = true,
		.text = text ? xstrdup(text) : NULL,
		.last = last,
		.back = back,
		.from = xcalloc(g->n + 1, sizeof *s->from),
		.at = xcalloc(g->n + 1, sizeof *s->at),
		.done = xcalloc(g->n + 1, sizeof *s->done),
		.found = xcalloc(g->n + 1, sizeof *s->found),
		.us = xcalloc(g->n + 1, sizeof *s->us),
	};
	merge_cut_at(g, from, s->from);
	memcpy(s->at, s->from, g->n * sizeof *s->at);
}

/* One that can be gone on with, or one that is begun. */
static struct merge_search *
search_of(struct log_merge *g, uint64_t from, const char *text, bool back, bool last)
{
	struct merge_search *s = &g->search[0];
	for (int i = 0; i < MERGE_SEARCHES; i++) {
		struct merge_search *k = &g->search[i];
		bool same = k->busy && k->last == last && k->back == back &&
			    (last || k->token == from) && !k->text == !text &&
			    (!text || !strcmp(k->text, text));
		if (same) {
			k->used = ++g->uses;
			return k;
		}
		if (k->used < s->used)
			s = k;
	}
	search_begin(g, s, from, text, back, last);
	s->used = ++g->uses;
	return s;
}

/* Whose find is the first (going BACK: the last) by time; N: none yet. */
static size_t
nearest(const struct log_merge *g, const struct merge_search *s)
{
	size_t best = g->n;
	for (size_t i = 0; i < g->n; i++)
		if (s->found[i] &&
		    (best == g->n || (s->back ? s->us[i] >= s->us[best] : s->us[i] < s->us[best])))
			best = i;
	return best;
}

/* A little further in file I. BEST: whose find is the nearest so far. */
static void
search_turn(struct log_merge *g, struct merge_search *s, size_t i, size_t best)
{
	struct merge_file *m = &g->file[i];
	s->done[i] = true;
	if (m->f.fd < 0)
		return;
	if (s->last) {
		s->found[i] = log_find_end(&m->f, s->text, &s->at[i]);
		s->us[i] = s->found[i] ? merge_time(g, m, s->at[i]) : 0;
		return;
	}
	enum log_found is = log_find(&m->f, s->text, s->back, &s->at[i], clock_mono_us() + TURN_US);
	if (is == LOG_NONE)
		return;
	bool inside = s->at[i] < m->end;
	int64_t us = inside ? merge_time(g, m, s->at[i]) : 0;
	s->found[i] = is == LOG_FOUND;
	s->us[i] = us;
	/* Behind what another has nothing is looked for. */
	bool beyond = best < g->n && inside && (s->back ? us < s->us[best] : us > s->us[best]);
	s->done[i] = is == LOG_FOUND || beyond;
}

/* False: the time is up. */
static bool
search_run(struct log_merge *g, struct merge_search *s)
{
	int64_t until = clock_mono_us() + FIND_US;
	bool busy = true;
	while (busy) {
		busy = false;
		for (size_t i = 0; i < g->n; i++) {
			if (s->done[i])
				continue;
			if (clock_mono_us() >= until)
				return false;
			search_turn(g, s, i, nearest(g, s));
			busy |= !s->done[i];
		}
	}
	return true;
}

static void
search_answer(struct log_merge *g, struct merge_search *s, struct str *out)
{
	if (!search_run(g, s)) {
		s->token = 0;
		for (size_t i = 0; i < g->n; i++)
			s->token += s->at[i];
		str_addf(out, " again %llu", (unsigned long long)s->token);
		return;
	}
	size_t best = nearest(g, s);
	s->busy = false;
	if (best == g->n)
		say(out, false, 0);
	else
		say(out, true,
		    place_of(g, best, s->at[best], s->last || s->back ? NULL : s->from,
			     s->last || !s->back ? NULL : s->from));
}

static int
serve_find(struct log_merge *g, char *const *args, int nargs, struct str *out, struct err *e)
{
	int64_t from = 0;
	bool back = nargs >= 2 && strcmp(args[1], "back") == 0;
	if (nargs < 2 || nargs > 3 || (!back && strcmp(args[1], "forth") != 0) ||
	    (strcmp(args[0], "end") != 0 && (!number(args[0], &from) || from < 0)))
		return err_set(e, ERR_USAGE, "find FROM forth|back [TEXT]");
	uint64_t at = strcmp(args[0], "end") == 0 ? log_merge_size(g) : (uint64_t)from;
	search_answer(g, search_of(g, at, nargs > 2 ? args[2] : NULL, back, false), out);
	return 0;
}

/* -- places ----------------------------------------------------------------------------------- */

static void
answer_time(struct log_merge *g, int64_t us, struct str *out)
{
	size_t first = g->n;
	uint64_t start = 0;
	for (size_t i = 0; i < g->n; i++) {
		struct merge_file *m = &g->file[i];
		if (m->f.fd < 0 || m->timeless || !m->end)
			continue;
		uint64_t at = merge_seek(g, m, 0, m->end, us, true);
		if (at < m->end && (first == g->n ||
				    merge_time(g, m, at) < merge_time(g, &g->file[first], start))) {
			first = i;
			start = at;
		}
	}
	say(out, first < g->n, first < g->n ? place_of(g, first, start, NULL, NULL) : 0);
}

static int
serve_place(struct log_merge *g, const struct log_serve_env *env, char *const *args, int nargs,
	    struct str *out, struct err *e)
{
	int64_t unit = STEP_NONE, step = 0, wall = 0;
	if (nargs != 3 || (strcmp(args[0], "-") != 0 && !number(args[0], &unit)) ||
	    (strcmp(args[1], "-") != 0 && !number(args[1], &step)) ||
	    (strcmp(args[2], "-") != 0 && !number(args[2], &wall)))
		return err_set(e, ERR_USAGE, "place UNIT STEP WALL_US");
	bool has_step = strcmp(args[1], "-") != 0;
	size_t looked = 0;
	for (size_t i = 0; i < g->n && has_step && looked < PLACES; i++) {
		struct merge_file *m = &g->file[i];
		struct log_place w = {
			.has_step = true,
			.unit = unit >= STEP_STEP && unit <= STEP_NONE ? (enum step_unit)unit
								       : STEP_NONE,
			.step = step,
			.wall_us = wall,
			.path = m->path,
			.tz_offset_s = env->tz_offset_s,
			.now_us = g->now_us,
			.patterns = env->patterns,
		};
		uint64_t at;
		if (m->f.fd < 0 || !m->end)
			continue;
		looked++;
		if (log_place_find(&m->f, &w, &at) && at < m->end) {
			say(out, true, place_of(g, i, at, NULL, NULL));
			return 0;
		}
	}
	if (wall)
		answer_time(g, wall, out);
	else
		say(out, false, 0);
	return 0;
}

static int
serve_where(struct log_merge *g, const char *text, const char *path, struct str *out, struct err *e)
{
	int64_t start;
	if (!number(text, &start) || start < 0)
		return err_set(e, ERR_USAGE, "where START PATH");
	for (size_t i = 0; i < g->n; i++) {
		struct merge_file *m = &g->file[i];
		if (strcmp(m->path, path) != 0 || m->f.fd < 0 || (uint64_t)start >= m->end)
			continue;
		uint64_t at = log_file_start(&m->f, (uint64_t)start);
		say(out, true, place_of(g, i, at, NULL, NULL));
		return 0;
	}
	say(out, false, 0);
	return 0;
}

static int
serve_whose(struct log_merge *g, const char *text, struct str *out, struct err *e)
{
	int64_t at;
	struct log_merged l;
	if (!number(text, &at) || at < 0)
		return err_set(e, ERR_USAGE, "whose AT");
	bool found = log_merge_forth(g, (uint64_t)at, &l);
	say(out, found, found ? l.start : 0);
	if (found) {
		str_addc(out, ' ');
		ctl_escape(out, g->file[l.file].path);
	}
	return 0;
}

/* -- questions -------------------------------------------------------------------------------- */

static void
add_what(const struct log_merge *g, struct str *out)
{
	str_addf(out, "%llu %llu %llu 0", (unsigned long long)log_merge_size(g),
		 (unsigned long long)g->id, (unsigned long long)g->generation);
}

static int
answer(struct log_merge *g, const struct log_serve_env *env, char *const *args, int nargs,
       struct str *out, struct err *e)
{
	const char *what = nargs ? args[0] : "";
	if (strcmp(what, "lines") == 0)
		return serve_lines(g, args + 1, nargs - 1, out, e);
	if (strcmp(what, "find") == 0)
		return serve_find(g, args + 1, nargs - 1, out, e);
	if (strcmp(what, "place") == 0)
		return serve_place(g, env, args + 1, nargs - 1, out, e);
	if (strcmp(what, "where") == 0 && nargs == 3)
		return serve_where(g, args[1], args[2], out, e);
	if (strcmp(what, "whose") == 0 && nargs == 2)
		return serve_whose(g, args[1], out, e);
	if (strcmp(what, "last") == 0 && nargs <= 2) {
		search_answer(g, search_of(g, 0, nargs > 1 ? args[1] : NULL, false, true), out);
		return 0;
	}
	return err_set(e, ERR_USAGE, "lines, find, place, last, where or whose");
}

int
log_merge_serve(struct log_merge *g, const struct log_serve_env *env, char *const *args, int nargs,
		struct str *out, struct err *e)
{
	log_merge_begin(g, env);
	int code = log_merge_failed(g, e) ? ERR_SYS : 0;
	add_what(g, out);
	if (code == 0)
		code = answer(g, env, args, nargs, out, e);
	log_merge_end(g);
	return code;
}

void
log_merge_what(struct log_merge *g, const struct log_serve_env *env, struct str *out)
{
	log_merge_begin(g, env);
	add_what(g, out);
	log_merge_end(g);
}
