/* Charts. The pyramid is walked from its top: a node whose points all count and all fall into one
 * column is merged into that column, one of which nothing counts is passed over, any other is
 * opened; at the bottom that is a chunk, whose points are shared out. So only what a border between
 * columns goes through is opened, O(columns), and what comes out is dot for dot what drawing every
 * point would give: it is merged from the same points in the same order. (M4: Jugel et al.,
 * VLDB 2014.)
 *
 * Which points count, on the axis of steps, is a matter of lineage: in each segment those below a
 * step. A node that lies in several segments counts whole if its greatest step is below the least
 * of theirs. */
#include "store/points.h"

#include "core/xalloc.h"
#include "store/lineage.h"
#include "store/relay.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct view {
	struct snap *sn;
	struct series_rec s;
	struct log_rec log;
	struct lineage line;
	struct reader *reader;
	enum axis axis;
	bool orphaned;
	int64_t origin; /* of relative time */
	size_t hint;
	uint64_t index; /* of the next point, over all attempts */

	/* One of the two is asked for. */
	const struct span *sp;
	struct column *out;
	int64_t lo, hi;
	bool any;
	/* x in [known_lo, known_hi] lies in column KNOWN. */
	int known;
	int64_t known_lo, known_hi;
};

static int
no_series(struct snap *sn, uint32_t series, struct err *e)
{
	int code = snap_failed(sn, e);

	return code ? code : err_set(e, ERR_NOTFOUND, "there is no series %u", series);
}

static bool
view_init(struct view *v, struct snap *sn, uint32_t series, enum axis axis, uint32_t attempt,
	  bool orphaned)
{
	struct run_info run;

	memset(v, 0, sizeof *v);
	if (!snap_series_rec(sn, series, &v->s) || !snap_log(sn, v->s.log, &v->log) ||
	    !snap_follow(sn, &v->log, &v->s))
		return false;
	if ((!attempt || axis == AXIS_RELATIVE) && !snap_run(sn, v->log.run, &run))
		return false;
	if (!attempt)
		attempt = run.attempt;
	v->sn = sn;
	v->known = -1;
	v->known_lo = INT64_MAX;
	v->known_hi = INT64_MIN;
	v->axis = axis;
	v->orphaned = orphaned;
	if (axis == AXIS_RELATIVE && snap_run_attempt(sn, v->log.run, attempt, &run))
		v->origin = run.first_us;
	lineage_init(&v->line, &v->s, attempt);
	v->reader = snap_reader(sn, v->log.id);
	return true;
}

static void
view_release(struct view *v)
{
	lineage_release(&v->line);
	snap_reader_back(v->sn, v->reader);
}

/* Nothing of this view is shown at all. */
static bool
view_empty(const struct view *v)
{
	return !v->line.n || (v->orphaned && v->axis != AXIS_STEP);
}

static uint64_t
view_begin(const struct view *v)
{
	return v->line.part[0].index;
}

/* ---- sharing points out ---------------------------------------------------------------------- */

static void
column_init(struct column *c)
{
	memset(c, 0, sizeof *c);
	c->min = c->max = c->first = c->last = NAN;
}

static uint32_t
add_saturated(uint32_t a, uint64_t b)
{
	return b > UINT32_MAX - a ? UINT32_MAX : a + (uint32_t)b;
}

static void
column_add_range(struct column *c, const int64_t *x, const double *v, size_t n, int64_t origin)
{
	struct range r = range_of(v, n);

	c->nan = add_saturated(c->nan, n - r.n - r.inf);
	c->inf = add_saturated(c->inf, r.inf);
	if (!r.n)
		return;
	if (!c->n) {
		c->min = r.min;
		c->max = r.max;
		c->first = v[r.first];
		c->first_x = x[r.first] - origin;
	}
	c->n += r.n;
	c->min = r.min < c->min ? r.min : c->min;
	c->max = r.max > c->max ? r.max : c->max;
	c->last = v[r.last];
	c->last_x = x[r.last] - origin;
	c->sum += r.sum;
}

static void
column_add(struct column *c, int64_t x, double v)
{
	if (!isfinite(v)) {
		if (isnan(v))
			c->nan = add_saturated(c->nan, 1);
		else
			c->inf = add_saturated(c->inf, 1);
		return;
	}
	if (!c->n++) {
		c->min = c->max = c->first = v;
		c->first_x = x;
	}
	c->min = v < c->min ? v : c->min;
	c->max = v > c->max ? v : c->max;
	c->last = v;
	c->last_x = x;
	c->sum += v;
}

static void
column_merge(struct column *c, const struct node *nd, enum axis axis, int64_t origin)
{
	c->nan = add_saturated(c->nan, nd->points - nd->n - nd->inf);
	c->inf = add_saturated(c->inf, nd->inf);
	if (!nd->n)
		return;
	if (!c->n) {
		c->min = nd->min;
		c->max = nd->max;
		c->first = nd->first;
		c->first_x = axis == AXIS_STEP ? nd->first_step : nd->first_wall - origin;
	}
	c->n += nd->n;
	c->min = nd->min < c->min ? nd->min : c->min;
	c->max = nd->max > c->max ? nd->max : c->max;
	c->last = nd->last;
	c->last_x = axis == AXIS_STEP ? nd->last_step : nd->last_wall - origin;
	c->sum += nd->sum;
}

/* Points whose x never goes back: as long as the first and the last share a column, so do all. */
static void
share_sorted(struct view *v, const int64_t *x, const double *value, size_t n, int from, int to)
{
	int64_t o = v->axis == AXIS_STEP ? 0 : v->origin;

	if (from == to) {
		if (from >= 0)
			column_add_range(&v->out[from], x, value, n, o);
		return;
	}
	if (n == 2) {
		share_sorted(v, x, value, 1, from, from);
		share_sorted(v, x + 1, value + 1, 1, to, to);
		return;
	}
	size_t half = n / 2;
	int a = span_column(v->sp, (double)(x[half - 1] - o));
	int b = span_column(v->sp, (double)(x[half] - o));
	share_sorted(v, x, value, half, from, a);
	share_sorted(v, x + half, value + half, n - half, b, to);
}

/* Steps are, within a segment, if all segments are known. */
static bool
is_sorted(const struct view *v, const int64_t *x, size_t n)
{
	bool sorted = true;

	if (v->axis == AXIS_STEP && !v->line.unordered && v->s.now.unit != STEP_NONE)
		return true;
	for (size_t i = 1; i < n; i++)
		sorted &= x[i] >= x[i - 1];
	return sorted;
}

/* Beside a window on both sides a chunk is in no column at its ends, and yet in some between. */
static void
share(struct view *v, const int64_t *x, const double *value, size_t n)
{
	int64_t o = v->axis == AXIS_STEP ? 0 : v->origin;

	if (!is_sorted(v, x, n)) {
		for (size_t i = 0; i < n; i++) {
			int c = span_column(v->sp, (double)(x[i] - o));
			if (c >= 0)
				column_add(&v->out[c], x[i] - o, value[i]);
		}
		return;
	}
	while (n && span_column(v->sp, (double)(x[0] - o)) < 0)
		x++, value++, n--;
	while (n && span_column(v->sp, (double)(x[n - 1] - o)) < 0)
		n--;
	if (n)
		share_sorted(v, x, value, n, span_column(v->sp, (double)(x[0] - o)),
			     span_column(v->sp, (double)(x[n - 1] - o)));
}

static void
take(struct view *v, const int64_t *x, const double *value, size_t n)
{
	int64_t o = v->axis == AXIS_STEP ? 0 : v->origin;

	if (v->sp) {
		share(v, x, value, n);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		int64_t at = x[i] - o;
		v->lo = !v->any || at < v->lo ? at : v->lo;
		v->hi = !v->any || at > v->hi ? at : v->hi;
		v->any = true;
	}
}

/* Within a segment steps do not go back: what counts of it is what comes first. */
static size_t
below(const int64_t *step, size_t n, int64_t before)
{
	size_t lo = 0, hi = n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (step[mid] < before)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* N points in file order, the first the INDEXth of the series. */
static void
take_run(struct view *v, const int64_t *x, const double *value, size_t n)
{
	const struct lineage *l = &v->line;
	uint64_t index = v->index, end = index + n;

	v->index = end;
	if (index < view_begin(v)) {
		uint64_t skip = view_begin(v) - index;
		if (skip >= n)
			return;
		x += skip;
		value += skip;
		index += skip;
	}
	if (end > l->end)
		end = l->end;
	while (index < end) {
		size_t k = lineage_part(l, index, &v->hint);
		const struct stretch *part = &l->part[k];
		uint64_t stop =
			k + 1 < l->n && l->part[k + 1].index < end ? l->part[k + 1].index : end;
		size_t m = (size_t)(stop - index), from = 0, to = m;
		if (v->axis == AXIS_STEP) {
			size_t counts = part->whole ? m : below(x, m, part->before);
			if (v->orphaned)
				from = counts;
			else
				to = counts;
		}
		if (from < to)
			take(v, x + from, value + from, to - from);
		x += m;
		value += m;
		index = stop;
	}
}

/* ---- walking down ---------------------------------------------------------------------------- */

enum fate { PASS, MERGE, OPEN };

/* Do the points [from, to) count whose steps lie in [least, most]? */
static enum fate
fate_of(struct view *v, uint64_t from, uint64_t to, int64_t least, int64_t most)
{
	const struct lineage *l = &v->line;
	bool all = true, none = true;

	if (to <= view_begin(v) || from >= l->end)
		return PASS;
	if (from < view_begin(v) || to > l->end)
		return OPEN;
	if (v->axis != AXIS_STEP)
		return MERGE;
	for (size_t k = lineage_part(l, from, &v->hint); k < l->n && l->part[k].index < to; k++) {
		const struct stretch *part = &l->part[k];
		all &= part->whole || most < part->before;
		none &= !part->whole && least >= part->before;
	}
	if (v->orphaned ? all : none)
		return PASS;
	return (v->orphaned ? none : all) ? MERGE : OPEN;
}

static bool
outside(const struct span *sp, double lo, double hi)
{
	return hi < sp->x0 || lo > sp->x1 || (sp->logx && !(hi > 0));
}

static enum fate
node_fate(struct view *v, const struct node *nd, int *column)
{
	int64_t lo = v->axis == AXIS_STEP ? nd->step_min : nd->wall_min - v->origin;
	int64_t hi = v->axis == AXIS_STEP ? nd->step_max : nd->wall_max - v->origin;

	if (v->sp && outside(v->sp, (double)lo, (double)hi))
		return PASS;
	if (!v->sp && v->any && lo >= v->lo && hi <= v->hi)
		return PASS;
	enum fate f = fate_of(v, v->index, v->index + nd->points, nd->step_min, nd->step_max);
	if (f != MERGE || !v->sp)
		return f;
	if (lo >= v->known_lo && hi <= v->known_hi) {
		*column = v->known;
		return MERGE;
	}
	int a = span_column(v->sp, (double)lo), b = span_column(v->sp, (double)hi);
	if (a < 0 || a != b)
		return OPEN;
	if (a != v->known || lo > v->known_hi || hi < v->known_lo) {
		v->known = a;
		v->known_lo = lo;
		v->known_hi = hi;
	}
	v->known_lo = lo < v->known_lo ? lo : v->known_lo;
	v->known_hi = hi > v->known_hi ? hi : v->known_hi;
	*column = a;
	return MERGE;
}

static void
node_take(struct view *v, const struct node *nd, int column)
{
	if (v->sp) {
		column_merge(&v->out[column], nd, v->axis, v->axis == AXIS_STEP ? 0 : v->origin);
		return;
	}
	int64_t lo = v->axis == AXIS_STEP ? nd->step_min : nd->wall_min - v->origin;
	int64_t hi = v->axis == AXIS_STEP ? nd->step_max : nd->wall_max - v->origin;
	v->lo = !v->any || lo < v->lo ? lo : v->lo;
	v->hi = !v->any || hi > v->hi ? hi : v->hi;
	v->any = true;
}

static int
open_chunk(struct view *v, uint32_t number)
{
	struct leaf l;
	bool step = v->axis == AXIS_STEP;
	int rc = leaf_load(v->reader, v->s.id, number, step ? WANT_STEP : WANT_WALL, &l);

	if (!rc)
		take_run(v, step ? l.step : l.wall, l.value, l.n);
	return rc;
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
		struct node nd = node_at(&b, i);
		uint64_t after = v->index + nd.points;
		int column = 0;
		switch (node_fate(v, &nd, &column)) {
		case MERGE:
			node_take(v, &nd, column);
			break;
		case OPEN:
			rc = level ? walk_down(v, level - 1, number * NODE_FAN + i)
				   : open_chunk(v, number * NODE_FAN + i);
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
		take_run(v, p.step, p.value, c.n);
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
		rc = open_chunk(v, chunks - 1);
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
		leg.sp = v->sp;
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
	struct view v = {.sp = sp, .out = out};
	struct relay r;

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
