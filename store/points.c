/* Points of one series: a walk over the blocks of its log, of which it reads its own column. */
#include "store/points.h"

#include "core/xalloc.h"
#include "store/lineage.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void
walk_init(struct walk *w, struct snap *sn, const struct series_rec *s, const struct log_rec *log)
{
	struct key prefix = key_id(KEY_TAIL, s->log);

	memset(w, 0, sizeof *w);
	w->column = s->column;
	w->unit = (enum step_unit)s->now.unit;
	w->log = log;
	iter_init(&w->it, sn->t, &prefix);
}

void
walk_release(struct walk *w)
{
	iter_release(&w->it);
}

/* The next block that has cells of the column. */
static int
walk_block(struct walk *w)
{
	for (;;) {
		int rc = iter_next(&w->it);
		if (rc <= 0)
			return rc;
		if (!block_open(&w->block, w->it.val.p, w->it.val.n))
			return txn_fail(w->it.t, ERR_CORRUPT,
					"the store is damaged: a block of rows");
		if (block_find(&w->block, w->column, &w->cells)) {
			w->at = 0;
			return 1;
		}
	}
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
	while (w->at == w->cells.n) {
		int rc = walk_block(w);
		if (rc <= 0)
			return rc;
	}
	uint32_t row = cells_row(&w->cells, w->at);
	uint32_t attempt = attempt_of_row(w, w->block.first + row);
	p->step = block_step(&w->block, row);
	p->wall_us = block_wall(&w->block, row);
	p->value = cells_value(&w->cells, w->at++);
	if (attempt != w->last.attempt)
		p->segment = 0;
	else
		p->segment = w->last.segment + (w->unit != STEP_NONE && p->step < w->last.step);
	p->attempt = attempt;
	w->last = *p;
	w->index++;
	return 1;
}

/* What every query about points begins with. */
static bool
find(struct snap *sn, uint32_t series, struct series_rec *s, struct log_rec *log)
{
	return snap_series_rec(sn, series, s) && snap_log(sn, s->log, log);
}

static int
no_series(struct snap *sn, uint32_t series, struct err *e)
{
	int code = snap_failed(sn, e);

	return code ? code : err_set(e, ERR_NOTFOUND, "there is no series %u", series);
}

int
snap_points(struct snap *sn, uint32_t series, uint32_t attempt, uint64_t first,
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
	walk_init(&w, sn, &s, &log);
	while (!rc && walk_next(&w, &p) > 0)
		if ((!attempt || p.attempt == attempt) && n++ >= first)
			rc = fn(ctx, &p);
	walk_release(&w);
	int code = snap_failed(sn, e);
	return code ? code : rc;
}

/* Blocks from the last one back, until N points are there. */
int
snap_last(struct snap *sn, uint32_t series, int n, struct point *out, struct err *e)
{
	struct series_rec s;
	struct log_rec log;
	int got = 0;

	if (!find(sn, series, &s, &log))
		return no_series(sn, series, e);
	if (n <= 0 || s.attempt != snap_newest(sn, log.run) || !log.nattempts)
		return snap_failed(sn, e);
	struct log_attempt a = log_rec_attempt(&log, log.nattempts - 1);
	uint64_t row = a.first_row + a.rows;
	while (got < n && row > a.first_row) {
		struct block b;
		struct block_cells c;
		if (block_at(sn->t, s.log, row - 1, &b) <= 0)
			break;
		if (block_find(&b, s.column, &c))
			for (uint32_t i = c.n; i-- > 0 && got < n;) {
				uint32_t r = cells_row(&c, i);
				if (b.first + r < a.first_row)
					break;
				out[got++] = (struct point){.step = block_step(&b, r),
							    .wall_us = block_wall(&b, r),
							    .value = cells_value(&c, i),
							    .attempt = s.attempt};
			}
		row = b.first;
	}
	for (int i = 0; i < got / 2; i++) {
		struct point t = out[i];
		out[i] = out[got - 1 - i];
		out[got - 1 - i] = t;
	}
	uint32_t segment = s.now.segments ? s.now.segments - 1 : 0;
	for (int i = got; i-- > 0;) {
		out[i].segment = segment;
		if (i && s.now.unit != STEP_NONE && out[i].step < out[i - 1].step && segment)
			segment--;
	}
	int code = snap_failed(sn, e);
	return code ? code : got;
}

/* ---- charts ---------------------------------------------------------------------------------- */

struct view {
	struct series_rec s;
	struct log_rec log;
	struct lineage line;
	enum axis axis;
	bool orphaned;
	int64_t origin; /* of relative time */
};

static bool
view_init(struct view *v, struct snap *sn, uint32_t series, enum axis axis, uint32_t attempt,
	  bool orphaned)
{
	struct run_info run;

	memset(v, 0, sizeof *v);
	if (!find(sn, series, &v->s, &v->log) || !snap_run(sn, v->log.run, &run))
		return false;
	if (!attempt)
		attempt = run.attempt;
	v->axis = axis;
	v->orphaned = orphaned;
	if (axis == AXIS_RELATIVE && snap_run_attempt(sn, v->log.run, attempt, &run))
		v->origin = run.first_us;
	lineage_init(&v->line, &v->s, attempt);
	return true;
}

/* Does the INDEXth point count in this view, and at which x? */
static bool
view_shows(const struct view *v, const struct point *p, uint64_t index, size_t *hint, int64_t *x)
{
	if (p->attempt != v->line.attempt || !v->line.n)
		return false;
	*x = v->axis == AXIS_STEP ? p->step : p->wall_us - v->origin;
	if (v->axis != AXIS_STEP)
		return !v->orphaned;
	const struct stretch *part = &v->line.part[lineage_part(&v->line, index, hint)];
	bool counts = part->whole || p->step < part->before;
	return counts != v->orphaned;
}

static void
column_init(struct column *c)
{
	memset(c, 0, sizeof *c);
	c->min = c->max = c->first = c->last = NAN;
}

static void
column_add(struct column *c, int64_t x, double v)
{
	if (isnan(v)) {
		c->nan += c->nan < UINT32_MAX;
		return;
	}
	if (isinf(v)) {
		c->inf += c->inf < UINT32_MAX;
		return;
	}
	if (!c->n++) {
		c->min = c->max = c->first = v;
		c->first_x = x;
	}
	if (v < c->min)
		c->min = v;
	if (v > c->max)
		c->max = v;
	c->last = v;
	c->last_x = x;
	c->sum += v;
}

int
snap_columns(struct snap *sn, uint32_t series, const struct span *sp, struct column *out,
	     struct err *e)
{
	struct view v;
	struct walk w;
	struct point p;
	size_t hint = 0;

	for (int i = 0; i < sp->columns; i++)
		column_init(&out[i]);
	if (!view_init(&v, sn, series, sp->axis, sp->attempt, sp->orphaned))
		return no_series(sn, series, e);
	walk_init(&w, sn, &v.s, &v.log);
	while (walk_next(&w, &p) > 0) {
		int64_t x;
		if (!view_shows(&v, &p, w.index - 1, &hint, &x))
			continue;
		int c = span_column(sp, (double)x);
		if (c >= 0)
			column_add(&out[c], x, p.value);
	}
	walk_release(&w);
	lineage_release(&v.line);
	return snap_failed(sn, e);
}

bool
snap_extent(struct snap *sn, uint32_t series, enum axis axis, uint32_t attempt, double *x0,
	    double *x1)
{
	struct view v;
	struct walk w;
	struct point p;
	size_t hint = 0;
	bool any = false;

	if (!view_init(&v, sn, series, axis, attempt, false))
		return false;
	walk_init(&w, sn, &v.s, &v.log);
	while (walk_next(&w, &p) > 0) {
		int64_t x;
		if (!view_shows(&v, &p, w.index - 1, &hint, &x))
			continue;
		if (!any || (double)x < *x0)
			*x0 = (double)x;
		if (!any || (double)x > *x1)
			*x1 = (double)x;
		any = true;
	}
	walk_release(&w);
	lineage_release(&v.line);
	return any;
}
