/* Which points count, on the axis of steps, is a matter of lineage: in each segment those below
 * a step. A node that lies in several segments counts whole if its greatest step is below the
 * least of theirs. */
#include "store/view.h"

#include <math.h>
#include <string.h>

bool
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
	v->axis = axis;
	v->orphaned = orphaned;
	if (axis == AXIS_RELATIVE && snap_run_attempt(sn, v->log.run, attempt, &run))
		v->origin = run.first_us;
	lineage_init(&v->line, &v->s, attempt);
	v->reader = snap_reader(sn, v->log.id);
	return true;
}

void
view_release(struct view *v)
{
	lineage_release(&v->line);
	snap_reader_back(v->sn, v->reader);
}

bool
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

void
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

void
column_merge_range(struct column *c, const struct range *r)
{
	if (!c->n) {
		c->min = r->min;
		c->max = r->max;
	}
	c->n += r->n;
	c->min = r->min < c->min ? r->min : c->min;
	c->max = r->max > c->max ? r->max : c->max;
	c->sum += r->sum;
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
		c->first = v[r.first];
		c->first_x = x[r.first] - origin;
	}
	column_merge_range(c, &r);
	c->last = v[r.last];
	c->last_x = x[r.last] - origin;
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
	struct range r = {.n = nd->n, .min = nd->min, .max = nd->max, .sum = nd->sum};

	c->nan = add_saturated(c->nan, nd->points - nd->n - nd->inf);
	c->inf = add_saturated(c->inf, nd->inf);
	if (!nd->n)
		return;
	if (!c->n) {
		c->first = nd->first;
		c->first_x = axis == AXIS_STEP ? nd->first_step : nd->first_wall - origin;
	}
	column_merge_range(c, &r);
	c->last = nd->last;
	c->last_x = axis == AXIS_STEP ? nd->last_step : nd->last_wall - origin;
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

/* How many of N ascending x are at most LAST: the first is. Most often the column ends soon. */
static size_t
up_to(const int64_t *x, size_t n, int64_t last)
{
	size_t lo = 0, hi = n, reach = 1;

	while (lo + reach < n && x[lo + reach] <= last) {
		lo += reach;
		reach *= 2;
	}
	hi = lo + reach < n ? lo + reach : n;
	while (hi - lo > 1) {
		size_t mid = lo + (hi - lo) / 2;
		if (x[mid] <= last)
			lo = mid;
		else
			hi = mid;
	}
	return hi;
}

/* X of a column as x is kept; a window may reach beyond all numbers. */
static int64_t
kept_x(int64_t x, int64_t origin)
{
	int64_t sum;

	return __builtin_add_overflow(x, origin, &sum) ? INT64_MAX : sum;
}

static void
share_sorted(struct view *v, const int64_t *x, const double *value, size_t n)
{
	const struct ruler *r = v->ruler;
	int64_t o = v->origin;
	size_t skip = x[0] - o < r->from ? up_to(x, n, kept_x(r->from - 1, o)) : 0;

	while (skip < n) {
		x += skip;
		value += skip;
		n -= skip;
		int c = ruler_column(r, x[0] - o, v->near);
		if (c < 0)
			return;
		skip = up_to(x, n, kept_x(r->last[c], o));
		column_add_range(&v->out[c], x, value, skip, o);
		v->near = c;
	}
}

static void
share(struct view *v, const int64_t *x, const double *value, size_t n)
{
	if (v->ruler->empty || !n)
		return;
	if (is_sorted(v, x, n)) {
		share_sorted(v, x, value, n);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		int c = ruler_column(v->ruler, x[i] - v->origin, v->near);
		if (c < 0)
			continue;
		column_add(&v->out[c], x[i] - v->origin, value[i]);
		v->near = c;
	}
}

static void
take(struct view *v, const int64_t *x, const double *value, size_t n)
{
	int64_t o = v->origin;

	if (v->ruler) {
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

void
view_take(struct view *v, const int64_t *x, const double *value, size_t n)
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

/* ---- sums of points -------------------------------------------------------------------------- */

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

enum fate
view_fate(struct view *v, const struct extent *x, int *column)
{
	int64_t lo = x->lo - v->origin, hi = x->hi - v->origin;

	if (v->ruler && ruler_beside(v->ruler, lo, hi))
		return PASS;
	if (!v->ruler && v->any && lo >= v->lo && hi <= v->hi)
		return PASS;
	enum fate f = fate_of(v, v->index, v->index + x->points, x->step_min, x->step_max);
	if (f != MERGE || !v->ruler)
		return f;
	int c = ruler_column(v->ruler, lo, v->near);
	if (c < 0 || hi > v->ruler->last[c])
		return OPEN;
	*column = v->near = c;
	return MERGE;
}

void
view_merge_extent(struct view *v, const struct extent *x)
{
	int64_t lo = x->lo - v->origin, hi = x->hi - v->origin;

	v->lo = !v->any || lo < v->lo ? lo : v->lo;
	v->hi = !v->any || hi > v->hi ? hi : v->hi;
	v->any = true;
}

void
view_merge_node(struct view *v, const struct node *nd, int column)
{
	column_merge(&v->out[column], nd, v->axis, v->origin);
}

/* Up to which index all points from the next one on count, whatever their steps are. */
static uint64_t
all_count(struct view *v)
{
	const struct lineage *l = &v->line;

	if (v->index < view_begin(v) || v->index >= l->end)
		return v->index;
	if (v->axis != AXIS_STEP)
		return l->end;
	size_t k = lineage_part(l, v->index, &v->hint);
	if (v->orphaned || !l->part[k].whole)
		return v->index;
	return k + 1 < l->n && l->part[k + 1].index < l->end ? l->part[k + 1].index : l->end;
}

static uint64_t
field_at(const char *node, size_t at)
{
	uint64_t v;

	memcpy(&v, node + at, sizeof v);
	return v;
}

static double
value_at(const char *node, size_t at)
{
	double v;

	memcpy(&v, node + at, sizeof v);
	return v;
}

/* The first and last value of the nodes [A, END), those that have any. */
static void
run_ends(struct view *v, struct column *c, const struct node_block *b, uint32_t a, uint32_t end,
	 bool first)
{
	bool step = v->axis == AXIS_STEP;
	struct node nd;

	for (; first && a < end; a++) {
		node_at(b, a, &nd);
		if (!nd.n)
			continue;
		c->first = nd.first;
		c->first_x = step ? nd.first_step : nd.first_wall - v->origin;
		break;
	}
	while (a < end) {
		node_at(b, --end, &nd);
		if (!nd.n)
			continue;
		c->last = nd.last;
		c->last_x = step ? nd.last_step : nd.last_wall - v->origin;
		break;
	}
}

/* They are read where they are: of most of them half the fields are all that is asked for. */
uint32_t
view_merge_run(struct view *v, const struct node_block *b, uint32_t from)
{
	bool step = v->axis == AXIS_STEP;
	size_t lo_at = step ? offsetof(struct node, step_min) : offsetof(struct node, wall_min);
	size_t hi_at = step ? offsetof(struct node, step_max) : offsetof(struct node, wall_max);
	const struct ruler *r = v->ruler;
	const char *p = b->p + (size_t)from * NODE_BYTES;
	uint64_t index = v->index, stop = all_count(v), nan = 0, inf = 0, n = 0;
	int64_t o = v->origin, lo = (int64_t)field_at(p, lo_at) - o;
	double min = INFINITY, max = -INFINITY;
	uint32_t i = from;

	int column = stop > index && lo > INT64_MIN ? ruler_column(r, lo, v->near) : -1;
	if (column < 0)
		return 0;
	int64_t begin = column ? r->last[column - 1] + 1 : r->from, last = r->last[column];
	struct column *c = &v->out[column];
	double sum = c->sum;
	for (; i < b->n; i++, p += NODE_BYTES) {
		uint64_t points = field_at(p, offsetof(struct node, points));
		uint64_t finite = field_at(p, offsetof(struct node, n));
		if ((int64_t)field_at(p, lo_at) - o < begin ||
		    (int64_t)field_at(p, hi_at) - o > last || points > stop - index)
			break;
		index += points;
		if (finite != points) {
			uint32_t infinite;
			memcpy(&infinite, p + offsetof(struct node, inf), sizeof infinite);
			nan += points - finite - infinite;
			inf += infinite;
			if (!finite)
				continue;
		}
		double least = value_at(p, offsetof(struct node, min));
		double most = value_at(p, offsetof(struct node, max));
		min = least < min ? least : min;
		max = most > max ? most : max;
		sum += value_at(p, offsetof(struct node, sum));
		n += finite;
	}
	c->nan = add_saturated(c->nan, nan);
	c->inf = add_saturated(c->inf, inf);
	if (n) {
		run_ends(v, c, b, from, i, !c->n);
		c->min = !c->n || min < c->min ? min : c->min;
		c->max = !c->n || max > c->max ? max : c->max;
		c->n += n;
		c->sum = sum;
	}
	v->near = column;
	v->index = index;
	return i - from;
}
