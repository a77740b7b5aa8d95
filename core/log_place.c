/* The parser that made the points begins at some line and is given one after the other, until it
 * gives a row: of that the step is known. Where a program has said nothing of its steps for long
 * (a traceback, a table of layers) it reads on for a while, then the place counts as unknown and
 * the half before it is searched.
 *
 * In the end a stretch is left that is read from a little before its beginning, so that the parser
 * is sure of its kinds of lines, and each row is compared. */
#include "core/log_place.h"

#include "core/null_sink.h"
#include "core/source.h"
#include "core/text_console.h"
#include "core/text_line.h"

#include <stdlib.h>

enum {
	NEAR = 16 << 10, /* bytes between the ends when halving is over */
	FAR = 256 << 10, /* bytes that are read for one row or stamp */
	LEAD = 16 << 10, /* bytes before a stretch by which the parser warms up */
	LONG = 64 << 10,
};

/* -- rows by the parser ----------------------------------------------------------------------- */

/* A sink that only looks at where rows stand. */
struct watcher {
	struct sink sink;
	struct source *src;
	uint32_t columns;
	const struct log_place *w;
	bool any; /* a row of the wanted unit */
	int64_t step;
	/* the nearest so far */
	bool nearest;
	uint64_t off, at; /* |step - wanted|, and where */
	uint64_t from;    /* rows before it are only to warm up */
};

static uint32_t
any_column(struct sink *s, uint32_t log, const char *name, size_t len)
{
	(void)log;
	(void)name;
	(void)len;
	return ((struct watcher *)s)->columns++;
}

static enum row_fate
see_row(struct sink *s, uint32_t log, const struct row *r)
{
	struct watcher *v = (struct watcher *)s;
	uint64_t where = ((struct console *)v->src)->t.offset;
	(void)log;
	if (r->unit != v->w->unit || r->unit == STEP_ROW || r->unit == STEP_NONE)
		return ROW_STORED;
	uint64_t off = r->step > v->w->step ? (uint64_t)r->step - (uint64_t)v->w->step
					    : (uint64_t)v->w->step - (uint64_t)r->step;
	v->any = true;
	v->step = r->step;
	if (where >= v->from && (!v->nearest || off <= v->off)) {
		v->nearest = true;
		v->off = off;
		v->at = where;
	}
	return ROW_STORED;
}

/* Feeds lines from START (where one begins) to TO; with FIRST until there is a row. */
static void
read_rows(struct log_file *f, struct watcher *v, uint64_t start, uint64_t to, bool first)
{
	const struct source_ops *ops = source_by_name("text");
	struct source_env env = {
		.sink = &v->sink,
		.path = v->w->path,
		.prefix = "",
		.tz_offset_s = v->w->tz_offset_s,
		.patterns = v->w->patterns,
	};
	struct sink_ops ops_of_rows = null_sink_ops;
	ops_of_rows.column = any_column;
	ops_of_rows.row = see_row;
	v->sink.ops = &ops_of_rows;
	v->src = ops->new (&env);
	for (uint64_t end; start < to && !(first && v->any); start = end) {
		const char *p;
		end = log_file_end(f, start);
		if (end == start)
			break;
		size_t n = log_file_bytes(f, start, end, &p);
		ops->feed(v->src, p, n, start, true, v->w->now_us);
	}
	ops->free(v->src);
	v->src = NULL;
	v->sink.ops = NULL;
}

static uint64_t
within(const struct log_file *f, uint64_t at)
{
	return at < f->size ? at : f->size;
}

/* Is what stands at the line that begins at START before what is wanted? 0: nothing stands there
 * that tells. */
typedef int probe_fn(struct log_file *f, const struct log_place *w, uint64_t start);

static int
step_before(struct log_file *f, const struct log_place *w, uint64_t start)
{
	struct watcher v = {.w = w, .from = UINT64_MAX};
	read_rows(f, &v, start, within(f, start + FAR), true);
	return !v.any ? 0 : v.step < w->step ? 1 : -1;
}

/* The time of a line, 0 when it has none. */
static int64_t
line_time(struct log_file *f, const struct log_place *w, uint64_t start, uint64_t end,
	  struct str *clean)
{
	const char *p;
	struct text_line l;
	size_t n = log_file_line(f, start, end, &p);
	str_reset(clean);
	text_clean(clean, p, p + (n < LONG ? n : LONG));
	text_line_read(&l, str_c(clean), str_c(clean) + clean->len, w->tz_offset_s, w->now_us);
	return l.wall_us;
}

static int
time_before(struct log_file *f, const struct log_place *w, uint64_t start)
{
	struct str clean = STR_INIT;
	uint64_t to = within(f, start + FAR);
	int64_t us = 0;
	for (uint64_t end; start < to && us == 0; start = end) {
		end = log_file_end(f, start);
		us = line_time(f, w, start, end, &clean);
	}
	str_release(&clean);
	return us == 0 ? 0 : us < w->wall_us ? 1 : -1;
}

/* Narrows [*LO, *HI) to what is near; false: nothing told anything. */
static bool
halve(struct log_file *f, const struct log_place *w, probe_fn *before, uint64_t *lo, uint64_t *hi)
{
	bool told = false;
	*lo = 0;
	*hi = f->size;
	while (*hi - *lo > NEAR) {
		uint64_t mid = log_file_start(f, *lo + (*hi - *lo) / 2);
		if (mid <= *lo)
			break;
		int is = before(f, w, mid);
		told |= is != 0;
		*(is > 0 ? lo : hi) = mid;
	}
	return told || before(f, w, *lo) != 0;
}

/* -- what is nearest -------------------------------------------------------------------------- */

/* The row that is nearest to the step in [LO, HI) and a little around; *OFF is how far it is. */
static bool
nearest_step(struct log_file *f, const struct log_place *w, uint64_t lo, uint64_t hi, uint64_t *at,
	     uint64_t *off)
{
	struct watcher v = {.w = w, .from = lo};
	uint64_t from = log_file_start(f, lo > LEAD ? lo - LEAD : 0);
	read_rows(f, &v, from, within(f, hi + NEAR), false);
	if (!v.nearest)
		return false;
	*at = log_file_start(f, v.at);
	*off = v.off;
	return true;
}

/* The last line of [LO, HI) and a little behind it whose time is not later. */
static bool
nearest_time(struct log_file *f, const struct log_place *w, uint64_t lo, uint64_t hi, uint64_t *at)
{
	struct str clean = STR_INIT;
	bool found = false;
	uint64_t start = log_file_start(f, lo), to = within(f, hi + NEAR);
	for (uint64_t end; start < to; start = end) {
		end = log_file_end(f, start);
		int64_t us = line_time(f, w, start, end, &clean);
		if (us == 0)
			continue;
		if (!found || us <= w->wall_us)
			*at = start;
		found = true;
		if (us > w->wall_us)
			break;
	}
	str_release(&clean);
	return found;
}

bool
log_place_find(struct log_file *f, const struct log_place *w, uint64_t *at)
{
	uint64_t lo, hi, off = UINT64_MAX, by_time = 0, by_step = 0;
	bool timed = w->wall_us && halve(f, w, time_before, &lo, &hi) &&
		     nearest_time(f, w, lo, hi, &by_time);
	if (!w->has_step) {
		*at = by_time;
		return timed;
	}
	/* After a restart a step is there twice: the one at that time is meant. */
	if (timed && nearest_step(f, w, lo, hi, &by_step, &off) && off == 0) {
		*at = by_step;
		return true;
	}
	if (halve(f, w, step_before, &lo, &hi) && nearest_step(f, w, lo, hi, &by_step, &off) &&
	    (!timed || off == 0)) {
		*at = by_step;
		return true;
	}
	*at = by_time;
	return timed;
}
