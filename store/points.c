/* Points of one series, one by one: chunk after chunk, then what the tail has. To begin in the
 * middle the pyramid says which chunk holds the nth point. */
#include "store/points.h"

#include "core/xalloc.h"
#include "store/lineage.h"
#include "store/relay.h"

#include <stdlib.h>
#include <string.h>

/* ---- walking --------------------------------------------------------------------------------- */

void
walk_init(struct walk *w, struct snap *sn, const struct series_rec *r, const struct log_rec *log)
{
	memset(w, 0, sizeof *w);
	w->sn = sn;
	w->r = r;
	w->log = log;
	w->reader = snap_reader(sn, log->id);
}

void
walk_release(struct walk *w)
{
	snap_reader_back(w->sn, w->reader);
}

/* The next chunk or section that has points. */
static int
walk_more(struct walk *w)
{
	if (w->chunk < w->r->chunks) {
		int rc = leaf_load(w->reader, w->r->id, w->chunk++,
				   WANT_ROW | WANT_STEP | WANT_WALL, &w->leaf);
		w->at = 0;
		return rc ? rc : 1;
	}
	w->leaf.n = 0;
	const struct chain *ch = snap_chain(w->sn, w->log);
	if (!ch)
		return ERR_CORRUPT;
	while (w->section < ch->n) {
		w->block = &ch->v[w->section++].block;
		w->at = 0;
		if (block_find(w->block, w->r->column, &w->cells))
			return 1;
	}
	w->cells.n = 0;
	return 0;
}

static uint32_t
attempt_of_row(struct walk *w, uint64_t row)
{
	while (w->nattempt < w->log->nattempts) {
		w->current = log_rec_attempt(w->log, w->nattempt);
		if (row < w->current.first_row + w->current.rows)
			return w->current.attempt;
		w->nattempt++;
	}
	return w->current.attempt;
}

int
walk_next(struct walk *w, struct point *p)
{
	uint64_t row;

	while (w->at == (w->leaf.n ? w->leaf.n : w->cells.n)) {
		int rc = walk_more(w);
		if (rc <= 0)
			return rc;
	}
	uint32_t i = w->at++;
	if (w->leaf.n) {
		row = (uint64_t)w->leaf.row[i];
		p->step = w->leaf.step[i];
		p->wall_us = w->leaf.wall[i];
		p->value = w->leaf.value[i];
	} else {
		uint32_t at = cells_row(&w->cells, i);
		row = w->block->first + at;
		p->step = block_step(w->block, at);
		p->wall_us = block_wall(w->block, at);
		p->value = cells_value(&w->cells, i);
	}
	p->attempt = attempt_of_row(w, row);
	p->log = w->log->id;
	p->row = row - w->current.first_row;
	if (w->landed)
		p->segment = w->last.segment;
	else if (p->attempt != w->last.attempt)
		p->segment = 0;
	else
		p->segment =
			w->last.segment + (w->r->now.unit != STEP_NONE && p->step < w->last.step);
	w->landed = false;
	w->last = *p;
	w->index++;
	return 1;
}

/* ---- beginning in the middle ----------------------------------------------------------------- */

int
points_find(struct reader *r, uint32_t series, uint32_t chunks, uint64_t index, uint32_t *number,
	    uint64_t *first)
{
	uint32_t nodes = chunks ? chunks - 1 : 0, at = 0;
	uint64_t before = 0;

	for (unsigned level = pyramid_top(nodes) + 1; nodes && level-- > 0;) {
		struct node_block b;
		int rc = pyramid_block(r->t, series, level, at, &b);
		if (rc <= 0)
			return rc < 0 ? rc
				      : txn_fail(r->t, ERR_CORRUPT,
						 "the store is damaged: nodes of series %u",
						 series);
		uint32_t i = 0;
		struct node nd;
		for (; i < b.n; i++) {
			node_at(&b, i, &nd);
			if (nd.points > index - before)
				break;
			before += nd.points;
		}
		if (i == b.n) { /* beyond all nodes */
			at = nodes;
			break;
		}
		at = at * NODE_FAN + i;
	}
	*number = at;
	*first = before;
	return 0;
}

static uint64_t
tail_points(const struct chain *ch, uint32_t column)
{
	uint64_t n = 0;

	for (size_t i = 0; i < ch->n; i++) {
		struct block_cells c;
		if (block_find(&ch->v[i].block, column, &c))
			n += c.n;
	}
	return n;
}

int
walk_seek(struct walk *w, uint64_t index)
{
	const struct chain *ch = snap_chain(w->sn, w->log);
	struct point p;
	int rc = 1;

	if (!ch)
		return ERR_CORRUPT;
	w->chunk = w->r->chunks;
	w->index = w->r->all.points - tail_points(ch, w->r->column);
	if (index < w->index)
		rc = points_find(w->reader, w->r->id, w->r->chunks, index, &w->chunk, &w->index);
	while (rc >= 0 && w->index < index && (rc = walk_next(w, &p)) > 0)
		;
	if (rc < 0)
		return rc;
	uint32_t attempt = 0;
	for (uint32_t i = 0; i < w->r->nsegments; i++) {
		struct segment s = series_rec_segment(w->r, i);
		if (s.index > index)
			break;
		w->last.segment = s.attempt == attempt ? w->last.segment + 1 : 0;
		attempt = s.attempt;
	}
	w->landed = true;
	return 0;
}

/* ---- asking ---------------------------------------------------------------------------------- */

/* What every query about points begins with. */
static bool
find(struct snap *sn, uint32_t series, struct series_rec *r, struct log_rec *log)
{
	return snap_series_rec(sn, series, r) && snap_log(sn, r->log, log) &&
	       snap_follow(sn, log, r);
}

static int
no_series(struct snap *sn, uint32_t series, struct err *e)
{
	int code = snap_failed(sn, e);

	return code ? code : err_set(e, ERR_NOTFOUND, "there is no series %u", series);
}

/* Where the points of ATTEMPT begin; UINT64_MAX: it has none. */
static uint64_t
attempt_begins(const struct series_rec *r, uint32_t attempt)
{
	for (uint32_t i = 0; i < r->nsegments; i++) {
		struct segment s = series_rec_segment(r, i);
		if (s.attempt == attempt)
			return s.index;
	}
	return UINT64_MAX;
}

/* Every segment is recorded. */
static bool
orderly(const struct series_rec *r)
{
	uint32_t attempt = 0, n = 0;

	for (uint32_t i = 0; i < r->nsegments; i++) {
		uint32_t of = series_rec_segment(r, i).attempt;
		n = of == attempt ? n + 1 : 1;
		attempt = of;
		if (n > SEGMENTS_MAX)
			return false;
	}
	return true;
}

static int
leg_points(struct snap *sn, uint32_t series, uint32_t attempt, uint64_t first,
	   int (*fn)(void *ctx, const struct point *p), void *ctx, struct err *e)
{
	struct series_rec s;
	struct log_rec log;
	struct walk w;
	struct point p;
	uint64_t n = 0;
	int rc = 0;

	if (!find(sn, series, &s, &log))
		return no_series(sn, series, e);
	uint64_t begins = attempt ? attempt_begins(&s, attempt) : 0;
	if (begins == UINT64_MAX)
		return 0;
	walk_init(&w, sn, &s, &log);
	if (begins + first && orderly(&s) && !walk_seek(&w, begins + first))
		n = first;
	while (!rc && walk_next(&w, &p) > 0) {
		if (attempt && p.attempt > attempt)
			break;
		if ((!attempt || p.attempt == attempt) && n++ >= first)
			rc = fn(ctx, &p);
	}
	walk_release(&w);
	int code = snap_failed(sn, e);
	return code ? code : rc;
}

static int
leg_last(struct snap *sn, uint32_t series, int n, struct point *out, struct err *e)
{
	struct series_rec s;
	struct log_rec log;
	struct walk w;
	struct point p;
	int got = 0;

	if (!find(sn, series, &s, &log))
		return no_series(sn, series, e);
	if (n <= 0 || !s.attempts || s.attempt != snap_newest(sn, log.run))
		return snap_failed(sn, e);
	if ((uint64_t)n > s.now.points)
		n = (int)s.now.points;
	walk_init(&w, sn, &s, &log);
	if (walk_seek(&w, s.all.points - (uint64_t)n) == 0)
		while (got < n && walk_next(&w, &p) > 0)
			out[got++] = p;
	walk_release(&w);
	int code = snap_failed(sn, e);
	return code ? code : got;
}

/* ---- all files that hold the series ---------------------------------------------------------- */

struct passing {
	int (*fn)(void *ctx, const struct point *p);
	void *ctx;
	uint64_t skip;     /* points that nobody wants to see */
	uint32_t segments; /* in the legs before, of this attempt */
	struct point last;
	bool any, leg; /* there was a point; one of this leg */
};

/* A leg of the attempt begins with a point at STEP. */
static void
pass_leg(struct passing *w, uint32_t attempt, int64_t step)
{
	if (!w->any || w->last.attempt != attempt)
		w->segments = 0;
	else
		w->segments = w->last.segment + (step < w->last.step);
	w->leg = w->any = true;
}

static int
pass_point(void *ctx, const struct point *p)
{
	struct passing *w = ctx;

	if (!w->leg)
		pass_leg(w, p->attempt, p->step);
	w->last = *p;
	w->last.segment += w->segments;
	if (w->skip) {
		w->skip--;
		return 0;
	}
	return w->fn(w->ctx, &w->last);
}

static int
pass_attempt(struct passing *w, struct snap *sn, const struct relay *r, uint32_t attempt,
	     struct err *e)
{
	int rc = 0;

	for (size_t i = 0; i < r->n && !rc; i++) {
		const struct leg *l = &r->leg[i];
		w->leg = false;
		if (l->attempt != attempt || !w->skip || l->now.points > w->skip) {
			rc = leg_points(sn, l->series, attempt, 0, pass_point, w, e);
			continue;
		}
		/* Its sums say all that is needed of it. */
		pass_leg(w, attempt, l->now.first_step);
		w->last = (struct point){
			.step = l->now.last_step,
			.segment = w->segments + l->now.segments - 1,
			.attempt = attempt,
		};
		w->skip -= l->now.points;
	}
	return rc;
}

int
snap_points(struct snap *sn, uint32_t series, uint32_t attempt, uint64_t first,
	    int (*fn)(void *ctx, const struct point *p), void *ctx, struct err *e)
{
	struct passing w = {.fn = fn, .ctx = ctx, .skip = first};
	struct relay r;
	uint32_t newest = attempt;
	int rc = 0;

	if (!relay_init(&r, sn, series))
		return no_series(sn, series, e);
	for (size_t i = 0; i < r.n && !attempt; i++)
		newest = r.leg[i].attempt > newest ? r.leg[i].attempt : newest;
	if (r.n == 1)
		rc = leg_points(sn, series, attempt, first, fn, ctx, e);
	else
		for (uint32_t a = attempt ? attempt : 1; a <= newest && !rc; a++)
			rc = pass_attempt(&w, sn, &r, a, e);
	relay_release(&r);
	return rc;
}

int
snap_last(struct snap *sn, uint32_t series, int n, struct point *out, struct err *e)
{
	struct series_info info;
	struct relay r;
	int got = 0, code = 0;

	if (!relay_init(&r, sn, series))
		return no_series(sn, series, e);
	if (!snap_series_sums(sn, series, &info)) /* it has no points */
		n = 0;
	for (size_t i = r.n; i-- > 0 && got < n && code >= 0;) {
		struct point *some = xreallocarray(NULL, (size_t)(n - got), sizeof *some);
		code = leg_last(sn, r.leg[i].series, n - got, some, e);
		if (code > 0) {
			memmove(out + code, out, (size_t)got * sizeof *out);
			memcpy(out, some, (size_t)code * sizeof *out);
			got += code;
		}
		free(some);
	}
	relay_release(&r);
	if (code < 0)
		return code;
	/* Counted back from the newest: not all of them are recorded in every series. */
	uint32_t segment = info.now.segments ? info.now.segments - 1 : 0;
	for (int i = got; i-- > 0;) {
		out[i].segment = segment;
		if (i && info.now.unit != STEP_NONE && out[i].step < out[i - 1].step && segment)
			segment--;
	}
	return got;
}
