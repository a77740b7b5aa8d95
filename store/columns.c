/* Charts. The pyramid is walked from its top: a node whose points all count and all fall into
 * one column is merged into that column, one of which nothing counts is passed over, any other
 * is opened; at the bottom that is a chunk, whose blocks are looked at in the same way, and of
 * which those points are read and shared out that lie in one that has to be. So only what a
 * border between columns goes through is opened, O(columns), and what comes out is dot for dot
 * what drawing every point would give: it is merged from the same points in the same order. (M4:
 * Jugel et al., VLDB 2014.) */
#include "store/points.h"

#include "core/xalloc.h"
#include "store/relay.h"
#include "store/view.h"

#include <stdlib.h>
#include <string.h>

static int
no_series(struct snap *sn, uint32_t series, struct err *e)
{
	int code = snap_failed(sn, e);

	return code ? code : err_set(e, ERR_NOTFOUND, "there is no series %u", series);
}

/* ---- a chunk in blocks ----------------------------------------------------------------------- */

/* What is known of blocks that were merged into a column is their range. The column's first value
 * was there already; its last is that of the last of them, read when nothing came after it. */
struct pending {
	bool any;
	int column;
	uint32_t block;
	uint64_t n; /* finite points of the column, those included */
	int64_t x;
};

static int
settle(struct view *v, const struct leaf *l, const struct node *nd, struct pending *p)
{
	struct column *c = p->any ? &v->out[p->column] : NULL;

	p->any = false;
	if (!c || c->n != p->n)
		return 0;
	if (nd && p->block + 1 == l->chunk.blocks) {
		c->last = nd->last;
	} else {
		const double *value = leaf_block(v->reader, l, p->block);
		if (!value)
			return ERR_CORRUPT;
		c->last = value[chunk_block_points(&l->chunk, p->block) - 1];
	}
	c->last_x = p->x - v->origin;
	return 0;
}

/* Block I is merged; false: its points are needed. */
static bool
merge_block(struct view *v, const struct leaf *l, const struct node *nd, uint32_t i, int column,
	    int64_t first, int64_t last, struct pending *p)
{
	struct column *c = &v->out[column];
	struct range r;

	if ((!c->n && (i || !nd)) || !leaf_block_range(v->reader, l, i, &r))
		return false;
	if (!c->n) {
		c->first = nd->first;
		c->first_x = first - v->origin;
	}
	column_merge_range(c, &r);
	*p = (struct pending){true, column, i, c->n, last};
	return true;
}

/* X of the N points of block I: as they are, or made in ROOM. */
static const int64_t *
block_x(const struct leaf *l, const int64_t *x, uint32_t i, size_t n, int64_t *room)
{
	if (x)
		return x + (size_t)i * INTS_BLOCK;
	for (size_t j = 0; j < n; j++)
		room[j] = l->chunk.step0 + (int64_t)(i * INTS_BLOCK + j) * l->chunk.stride;
	return room;
}

static void
block_extent(const struct leaf *l, const int64_t *x, uint32_t i, size_t n, struct extent *out)
{
	int64_t a, b;

	if (x) {
		x += (size_t)i * INTS_BLOCK;
		a = b = x[0];
		for (size_t j = 1; j < n; j++) {
			a = x[j] < a ? x[j] : a;
			b = x[j] > b ? x[j] : b;
		}
	} else {
		a = l->chunk.step0 + (int64_t)(i * INTS_BLOCK) * l->chunk.stride;
		b = a + (int64_t)(n - 1) * l->chunk.stride;
	}
	out->points = n;
	out->lo = out->step_min = a < b ? a : b;
	out->hi = out->step_max = a < b ? b : a;
}

/* ND: the chunk's node, or NULL. */
static int
open_chunk(struct view *v, uint32_t number, const struct node *nd)
{
	bool step = v->axis == AXIS_STEP;
	struct pending p = {0};
	int64_t room[INTS_BLOCK];
	struct leaf l;
	int rc = leaf_open(v->reader, v->s.id, number, step ? WANT_STEP : WANT_WALL, &l);

	if (rc)
		return rc;
	const int64_t *all = step ? l.step : l.wall;
	for (uint32_t i = 0; i < l.chunk.blocks; i++) {
		size_t n = chunk_block_points(&l.chunk, i);
		const double *value = NULL;
		struct extent x;
		int column = 0;
		block_extent(&l, all, i, n, &x);
		enum fate f = view_fate(v, &x, &column);
		if (f == MERGE && v->ruler) {
			if (p.any && p.column != column && (rc = settle(v, &l, nd, &p)))
				return rc;
			const int64_t *at = all ? all + (size_t)i * INTS_BLOCK : NULL;
			int64_t a = at ? at[0] : l.chunk.stride < 0 ? x.hi : x.lo;
			int64_t b = at ? at[n - 1] : l.chunk.stride < 0 ? x.lo : x.hi;
			if (!merge_block(v, &l, nd, i, column, a, b, &p))
				f = OPEN;
		} else if (f == MERGE) {
			view_merge_extent(v, &x);
		}
		if (f != OPEN) {
			v->index += n;
			continue;
		}
		if (v->ruler && !(value = leaf_block(v->reader, &l, i)))
			return ERR_CORRUPT;
		view_take(v, block_x(&l, all, i, n, room), value, n);
		if ((rc = settle(v, &l, nd, &p)))
			return rc;
	}
	return settle(v, &l, nd, &p);
}

/* ---- walking down ---------------------------------------------------------------------------- */

static struct extent
extent_of(const struct view *v, const struct node *nd)
{
	bool step = v->axis == AXIS_STEP;

	return (struct extent){.points = nd->points,
			       .step_min = nd->step_min,
			       .step_max = nd->step_max,
			       .lo = step ? nd->step_min : nd->wall_min,
			       .hi = step ? nd->step_max : nd->wall_max};
}

static int
walk_down(struct view *v, unsigned level, uint32_t number)
{
	struct node_block b;
	int rc = pyramid_block(v->reader->t, v->s.id, level, number, &b);

	if (rc == 0)
		rc = txn_fail(v->reader->t, ERR_CORRUPT, "the store is damaged: nodes of series %u",
			      v->s.id);
	if (rc < 0)
		return rc;
	for (uint32_t i = 0; i < b.n; i++) {
		struct node nd;
		if (v->ruler && (i += view_merge_run(v, &b, i)) == b.n)
			break;
		node_at(&b, i, &nd);
		struct extent x = extent_of(v, &nd);
		uint64_t after = v->index + nd.points;
		int column = 0;
		switch (view_fate(v, &x, &column)) {
		case MERGE:
			if (v->ruler)
				view_merge_node(v, &nd, column);
			else
				view_merge_extent(v, &x);
			break;
		case OPEN:
			rc = level ? walk_down(v, level - 1, number * NODE_FAN + i)
				   : open_chunk(v, number * NODE_FAN + i, &nd);
			if (rc < 0)
				return rc;
			if (v->index != after)
				return txn_fail(v->reader->t, ERR_CORRUPT,
						"the store is damaged: a node of series %u",
						v->s.id);
			break;
		case PASS:
			break;
		}
		v->index = after;
	}
	return 0;
}

/* What is in no chunk yet. */
static int
walk_tail(struct view *v)
{
	const struct chain *ch = snap_chain(v->sn, &v->log);
	struct points p = {0};

	if (!ch)
		return ERR_CORRUPT;
	for (size_t i = 0; i < ch->n; i++) {
		const struct block *b = &ch->v[i].block;
		struct block_cells c;
		if (!block_find(b, v->s.column, &c))
			continue;
		points_room(&p, c.n);
		for (uint32_t j = 0; j < c.n; j++) {
			uint32_t row = cells_row(&c, j);
			p.step[j] = v->axis == AXIS_STEP ? block_step(b, row) : block_wall(b, row);
			p.value[j] = cells_value(&c, j);
		}
		view_take(v, p.step, p.value, c.n);
	}
	points_release(&p);
	return 0;
}

static int
walk_all(struct view *v)
{
	uint32_t chunks = v->s.chunks;
	int rc = 0;

	if (view_empty(v))
		return 0;
	if (chunks > 1)
		rc = walk_down(v, pyramid_top(chunks - 1), 0);
	if (!rc && chunks)
		rc = open_chunk(v, chunks - 1, NULL);
	if (!rc)
		rc = walk_tail(v);
	if (!rc && v->index != v->s.all.points)
		rc = txn_fail(v->sn->t, ERR_CORRUPT,
			      "the store is damaged: points of series %u are missing", v->s.id);
	return rc;
}

/* ---- all files that hold the series ---------------------------------------------------------- */

/* Where a leg begins and ends. */
struct reach {
	bool any;
	int64_t first, last; /* steps of its first and last point, */
	int64_t least;       /* and the least at which it goes back */
};

static struct reach
reach_of(struct snap *sn, const struct leg *leg, uint32_t attempt)
{
	struct reach r = {.least = INT64_MAX};
	struct view v;

	if (!view_init(&v, sn, leg->series, AXIS_STEP, attempt, false))
		return r;
	r.any = v.line.n > 0;
	if (r.any) {
		r.first = v.line.part[0].step;
		r.least = lineage_least(&v.line);
		r.last = v.s.now.last_step;
	}
	/* Of an older attempt no series says its last step; the log does. */
	for (uint32_t i = 0; v.s.attempt != v.line.attempt && i < v.log.nattempts; i++) {
		struct log_attempt a = log_rec_attempt(&v.log, i);
		if (a.attempt == v.line.attempt)
			r.last = a.last_step;
	}
	view_release(&v);
	return r;
}

/* What counts of each leg ends where a later segment begins: BEFORE[i], INT64_MAX: nowhere. A leg
 * that does not go back begins none: it is more of the last one. */
static int64_t *
bounds_of(struct snap *sn, const struct relay *r, uint32_t attempt)
{
	int64_t *before = xreallocarray(NULL, r->n, sizeof *before), least = INT64_MAX;
	struct reach *reach = xcalloc(r->n, sizeof *reach), *last = NULL;
	bool *back = xcalloc(r->n, sizeof *back);

	for (size_t i = 0; i < r->n && r->n > 1; i++) {
		reach[i] = reach_of(sn, &r->leg[i], attempt);
		back[i] = reach[i].any && last && reach[i].first < last->last;
		if (reach[i].any)
			last = &reach[i];
	}
	for (size_t i = r->n; i-- > 0;) {
		before[i] = least;
		if (reach[i].any && reach[i].least < least)
			least = reach[i].least;
		if (back[i] && reach[i].first < least)
			least = reach[i].first;
	}
	free(reach);
	free(back);
	return before;
}

/* Walks over the legs, in order, with what V says of it. */
static int
walk_legs(struct view *v, struct snap *sn, const struct relay *r, enum axis axis, uint32_t attempt,
	  bool orphaned)
{
	int64_t *before = bounds_of(sn, r, attempt);
	bool found = false;

	for (size_t i = 0; i < r->n; i++) {
		struct view leg;
		if (!view_init(&leg, sn, r->leg[i].series, axis, attempt, orphaned))
			continue;
		found = true;
		leg.ruler = v->ruler;
		leg.out = v->out;
		leg.lo = v->lo;
		leg.hi = v->hi;
		leg.any = v->any;
		if (before[i] != INT64_MAX)
			lineage_bound(&leg.line, before[i]);
		walk_all(&leg);
		v->lo = leg.lo;
		v->hi = leg.hi;
		v->any = leg.any;
		view_release(&leg);
	}
	free(before);
	return found ? 0 : ERR_NOTFOUND;
}

int
snap_columns(struct snap *sn, uint32_t series, const struct span *sp, struct column *out,
	     struct err *e)
{
	struct view v = {.ruler = &sn->ruler, .out = out};
	struct relay r;

	ruler_set(&sn->ruler, sp);
	for (int i = 0; i < sp->columns; i++)
		column_init(&out[i]);
	if (!relay_init(&r, sn, series))
		return no_series(sn, series, e);
	int code = walk_legs(&v, sn, &r, sp->axis, sp->attempt, sp->orphaned);
	relay_release(&r);
	return code ? no_series(sn, series, e) : snap_failed(sn, e);
}

bool
snap_extent(struct snap *sn, uint32_t series, enum axis axis, uint32_t attempt, double *x0,
	    double *x1)
{
	struct view v = {0};
	struct relay r;

	if (!relay_init(&r, sn, series))
		return false;
	walk_legs(&v, sn, &r, axis, attempt, false);
	relay_release(&r);
	*x0 = (double)v.lo;
	*x1 = (double)v.hi;
	return v.any && !snap_failed(sn, NULL);
}
