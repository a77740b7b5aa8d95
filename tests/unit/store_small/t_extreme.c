/* Dot for dot at the edges of what numbers can be: steps at both ends of 64 bits and where doubles
 * stop telling whole numbers apart, steps that stand still, clocks that jump, values that no codec
 * likes; series of one point and of nothing but NaN, cells that are mostly missing; charts of one
 * column and of five thousand, with borders on the points and beside them. Built with small
 * constants; tests/unit/store/t_extreme.c is the same with those that ship. */
#include "tests/unit/store_kit.h"

#include "core/xalloc.h"
#include "store/record.h"

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { SERIES = 3, WIDEST = 5000 };

#ifdef MM_SMALL
enum { ROWS = 260, WORLDS = 60 };
#else
enum { ROWS = 9000, WORLDS = 18 };
#endif

struct list {
	struct point *v;
	size_t n, cap;
};

struct world {
	struct kit kit;
	struct list series[SERIES];
	uint32_t log, column[SERIES], attempt;
	uint64_t rng;
	int64_t step, wall;
	int steps, walls, values[SERIES]; /* which shape each has */
	enum step_unit unit;
};

static uint64_t
any(struct world *w, uint64_t below)
{
	return kit_rand(&w->rng, below);
}

static uint64_t
any64(struct world *w)
{
	return any(w, UINT64_C(1) << 32) << 32 | any(w, UINT64_C(1) << 32);
}

/* ---- shapes ---------------------------------------------------------------------------------- */

#define EXACT (INT64_C(1) << 53)

static const int64_t corners[] = {
	INT64_MIN,
	INT64_MIN + 1,
	INT64_MIN + 2,
	INT64_MIN + 1024,
	-9210000000000000000,
	-EXACT - 1,
	-EXACT,
	-EXACT + 1,
	-1,
	0,
	1,
	EXACT - 1,
	EXACT,
	EXACT + 1,
	9210000000000000000,
	INT64_MAX - 1025,
	INT64_MAX - 1,
	INT64_MAX,
};
enum { CORNERS = sizeof corners / sizeof *corners };

enum {
	STEPS_COUNT,
	STEPS_STILL,
	STEPS_ANY,
	STEPS_CORNERS,
	STEPS_END,
	STEPS_EXACT,
	STEPS_DOWN,
	STEPS_FALL,
	STEPS_LEAP,
	STEPS_BACK,
	STEPS_SHAPES
};

/* A sum that stays where the numbers end. */
static int64_t
plus(int64_t a, int64_t b)
{
	int64_t sum;

	if (__builtin_add_overflow(a, b, &sum))
		return b < 0 ? INT64_MIN : INT64_MAX;
	return sum;
}

static int64_t
next_step(struct world *w, bool first)
{
	switch (w->steps) {
	case STEPS_STILL:
		return first ? corners[any(w, CORNERS)] : plus(w->step, any(w, 40) == 0);
	case STEPS_ANY:
		return (int64_t)any64(w);
	case STEPS_CORNERS:
		return corners[any(w, CORNERS)];
	case STEPS_END: /* up to the last number there is, and on in place */
		return first ? INT64_MAX - ROWS / 2 : plus(w->step, 1);
	case STEPS_EXACT: /* through the place where doubles lose the odd ones */
		return first ? (any(w, 2) ? EXACT : -EXACT) - ROWS / 2 : w->step + 1;
	case STEPS_DOWN:
		return first ? -5 : plus(w->step, -(int64_t)any(w, 3));
	case STEPS_FALL: /* in a straight line */
		return first ? ROWS : w->step - 3;
	case STEPS_LEAP: /* all of them in few steps of the same width: linear, and far */
		return first ? INT64_MIN : plus(w->step, INT64_MAX / (ROWS / 2));
	case STEPS_BACK: /* resumed now and then, often at the very step it had come to */
		if (!first && any(w, ROWS / 4) == 0)
			return w->step - (int64_t)any(w, 3) * (int64_t)any(w, ROWS / 3);
		return first ? 0 : w->step + (any(w, 9) ? 1 : 0);
	default:
		return first ? 0 : w->step + 1;
	}
}

enum { WALLS_TICK, WALLS_STILL, WALLS_BACK, WALLS_ANY, WALLS_SHAPES };

/* Sources give times between 1970 and the year 9999. */
static int64_t
next_wall(struct world *w)
{
	switch (w->walls) {
	case WALLS_STILL:
		return w->wall;
	case WALLS_BACK:
		return w->wall + (any(w, 30) ? 1000 : -(int64_t)any(w, 100000000));
	case WALLS_ANY:
		return 1 + (int64_t)(any64(w) % UINT64_C(253402300799999999));
	default:
		return w->wall + 1 + (int64_t)any(w, 1000);
	}
}

enum {
	VALUES_DECIMAL,
	VALUES_FLOAT,
	VALUES_DOUBLE,
	VALUES_TINY,
	VALUES_HUGE,
	VALUES_ZERO,
	VALUES_NAN,
	VALUES_PAYLOAD,
	VALUES_INF,
	VALUES_MIXED,
	VALUES_SHAPES
};

static double
of_bits(uint64_t bits)
{
	double v;

	memcpy(&v, &bits, sizeof v);
	return v;
}

/* Any NaN: quiet or signalling, of either sign, with what somebody put into it. */
static double
payload(struct world *w)
{
	return of_bits(UINT64_C(0x7ff0000000000000) | any(w, 2) << 63 | (1 + any(w, EXACT / 4)));
}

static double
value_of(struct world *w, int shape)
{
	switch (shape) {
	case VALUES_DECIMAL:
		return (double)any(w, 100000) / 1e4;
	case VALUES_FLOAT:
		return (double)(float)((double)any(w, UINT64_C(1) << 30) / 3e7);
	case VALUES_DOUBLE:
		return ((double)any(w, EXACT) - 4e15) / 3;
	case VALUES_TINY:
		return (any(w, 2) ? -1 : 1) * of_bits(any(w, UINT64_C(1) << any(w, 53)));
	case VALUES_HUGE:
		return (any(w, 2) ? -1 : 1) * (any(w, 3) ? DBL_MAX : (double)FLT_MAX * (1 + 1e-16));
	case VALUES_ZERO:
		return any(w, 2) ? 0.0 : -0.0;
	case VALUES_NAN:
		return NAN;
	case VALUES_PAYLOAD:
		return any(w, 4) ? (double)any(w, 50) : payload(w);
	case VALUES_INF:
		return any(w, 3) ? 1 : any(w, 2) ? INFINITY : -INFINITY;
	default:
		return value_of(w, (int)any(w, VALUES_MIXED));
	}
}

/* Column 0 has nearly every row, 1 one in a while, 2 one in very many. */
static bool
has(struct world *w, int column, int row)
{
	if (column == 0)
		return any(w, 60) != 0;
	return column == 1 ? any(w, 4) == 0 : any(w, ROWS / 5) == 0 || row == ROWS / 2;
}

static void
keep(struct list *l, struct point p, bool back)
{
	if (l->n && l->v[l->n - 1].attempt == p.attempt)
		p.segment = l->v[l->n - 1].segment + back;
	*vec_push(l->v, l->n, l->cap) = p;
}

static void
add_row(struct world *w, int i, bool first)
{
	uint32_t ids[SERIES];
	double values[SERIES];
	struct row r = {.unit = w->unit, .column = ids, .value = values};

	w->step = next_step(w, first);
	w->wall = next_wall(w);
	if (w->wall < 1)
		w->wall = 1;
	r.step = w->step;
	r.wall_us = w->wall;
	for (int c = 0; c < SERIES; c++) {
		struct list *l = &w->series[c];
		if (!has(w, c, i))
			continue;
		values[r.n] = value_of(w, w->values[c]);
		keep(l,
		     (struct point){.step = r.step,
				    .wall_us = r.wall_us,
				    .attempt = w->attempt,
				    .value = values[r.n]},
		     l->n && r.step < l->v[l->n - 1].step);
		ids[r.n++] = w->column[c];
	}
	w->kit.sink->ops->row(w->kit.sink, w->log, &r);
}

static void
fill(struct world *w)
{
	struct sink *s = w->kit.sink;
	int begins = any(w, 2) ? (int)any(w, ROWS) : ROWS; /* the second attempt */

	w->attempt = 1;
	for (int i = 0; i < ROWS; i++) {
		if (i == begins && i) {
			s->ops->replay(s, w->log);
			s->ops->replay_end(s, w->log, true); /* emptied */
			w->attempt = 2;
		}
		add_row(w, i, i == 0 || i == begins);
		if (any(w, ROWS / 6) == 0 || (i > ROWS - 20 && any(w, 3) == 0))
			kit_commit(&w->kit);
	}
	kit_commit(&w->kit);
}

/* ---- the naive drawing ----------------------------------------------------------------------- */

static bool
unordered(const struct list *l, uint32_t attempt)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->v[i].attempt == attempt && l->v[i].segment >= SEGMENTS_MAX)
			return true;
	return false;
}

/* By the definition, from the last point back: one counts below every step at which a later segment
 * begins. */
static bool *
counting(const struct list *l, uint32_t attempt)
{
	bool *counts = xcalloc(l->n + 1, sizeof *counts), bounded = false,
	     all = unordered(l, attempt);
	const struct point *after = NULL;
	int64_t least = 0;

	for (size_t i = l->n; i-- > 0;) {
		const struct point *p = &l->v[i];
		if (p->attempt != attempt)
			continue;
		if (after && p->segment != after->segment) {
			least = bounded && least < after->step ? least : after->step;
			bounded = true;
		}
		counts[i] = all || !bounded || p->step < least;
		after = p;
	}
	return counts;
}

static void
draw(const struct list *l, const struct span *sp, int64_t origin, struct column *out)
{
	bool *counts = counting(l, sp->attempt), step = sp->axis == AXIS_STEP;

	for (int i = 0; i < sp->columns; i++)
		out[i] = (struct column){.min = NAN, .max = NAN, .first = NAN, .last = NAN};
	for (size_t i = 0; i < l->n; i++) {
		const struct point *p = &l->v[i];
		int64_t x = step ? p->step : p->wall_us - origin;
		if (p->attempt != sp->attempt || (step ? counts[i] == sp->orphaned : sp->orphaned))
			continue;
		int at = span_column(sp, (double)x);
		if (at < 0)
			continue;
		struct column *c = &out[at];
		c->nan += isnan(p->value);
		c->inf += isinf(p->value) != 0;
		if (!isfinite(p->value))
			continue;
		if (!c->n++) {
			c->first = c->min = c->max = p->value;
			c->first_x = x;
		}
		c->min = fmin(c->min, p->value);
		c->max = fmax(c->max, p->value);
		c->last = p->value;
		c->last_x = x;
		c->sum += p->value;
	}
	free(counts);
}

static bool
same(double a, double b)
{
	return a == b || (isnan(a) && isnan(b));
}

/* Sums are added up in another order; where they leave what doubles can hold nothing is said. */
static bool
near(const struct column *g, const struct column *w)
{
	double most = fmax(fabs(w->min), fabs(w->max)) * (double)w->n;

	return most > DBL_MAX / 4 || fabs(g->sum - w->sum) <= 1e-9 * most + 1e-300;
}

static void
compare(const struct world *w, const struct span *sp, const struct column *got,
	const struct column *want)
{
	for (int i = 0; i < sp->columns; i++) {
		const struct column *g = &got[i], *t = &want[i];
		bool good = g->n == t->n && g->nan == t->nan && g->inf == t->inf &&
			    same(g->min, t->min) && same(g->max, t->max) &&
			    same(g->first, t->first) && same(g->last, t->last) &&
			    (!t->n ||
			     (g->first_x == t->first_x && g->last_x == t->last_x && near(g, t)));
		if (!good)
			fail_msg(
				"steps %d, times %d: axis %d%s%s, [%.17g, %.17g], column %d of %d: "
				"%lu %u %u %g %g %g %g, not %lu %u %u %g %g %g %g",
				w->steps, w->walls, (int)sp->axis, sp->logx ? " log" : "",
				sp->orphaned ? " orphaned" : "", sp->x0, sp->x1, i, sp->columns,
				(unsigned long)g->n, g->nan, g->inf, g->min, g->max, g->first,
				g->last, (unsigned long)t->n, t->nan, t->inf, t->min, t->max,
				t->first, t->last);
	}
}

/* Where a window may end: on a point, right beside one, at the ends, beyond them. */
static double
border(struct world *w, const struct list *l, const struct span *sp, int64_t origin)
{
	const struct point *p = &l->v[any(w, l->n)];
	double x = (double)(sp->axis == AXIS_STEP ? p->step : p->wall_us - origin);

	switch (any(w, 9)) {
	case 0:
		return nextafter(x, -INFINITY);
	case 1:
		return nextafter(x, INFINITY);
	case 2:
		return x + ((double)any(w, 1000) - 500) / 7;
	case 3:
		return (double)corners[any(w, CORNERS)];
	case 4:
		return any(w, 2) ? 1e300 : -1e300;
	default:
		return x;
	}
}

static int
width(struct world *w)
{
	static const int widths[] = {1, 2, 3, 7, 64, 200, 1000, WIDEST};

	return any(w, 2) ? widths[any(w, 8)] : 1 + (int)any(w, 300);
}

static void
compare_window(struct world *w, struct snap *sn, uint32_t id, const struct list *l,
	       const struct run_info *run)
{
	static struct column got[WIDEST], want[WIDEST];
	struct span sp = {.axis = (enum axis)any(w, 3),
			  .columns = width(w),
			  .logx = any(w, 3) == 0,
			  .orphaned = any(w, 4) == 0,
			  .attempt = 1 + (uint32_t)any(w, run->attempt)};
	struct run_info of;
	struct err e = {0};
	int64_t origin = 0;

	assert_true(snap_run_attempt(sn, run->id, sp.attempt, &of));
	if (sp.axis == AXIS_RELATIVE)
		origin = of.first_us;
	double a = border(w, l, &sp, origin), b = border(w, l, &sp, origin);
	sp.x0 = any(w, 40) ? fmin(a, b) : a;
	sp.x1 = any(w, 40) ? fmax(a, b) : b;
	if (any(w, 5) == 0) { /* all of it, as the screen asks */
		double x0, x1;
		if (snap_extent(sn, id, sp.axis, sp.attempt, &x0, &x1)) {
			sp.x0 = x0;
			sp.x1 = x1;
		}
	}
	assert_int_equal(snap_columns(sn, id, &sp, got, &e), 0);
	draw(l, &sp, origin, want);
	compare(w, &sp, got, want);
}

/* What the screen takes for the ends of the axis. */
static void
compare_extent(struct snap *sn, uint32_t id, const struct list *l, uint32_t attempt)
{
	bool *counts = counting(l, attempt), found = false;
	double lo = 0, hi = 0, x0, x1;

	for (size_t i = 0; i < l->n; i++) {
		double x = (double)l->v[i].step;
		if (l->v[i].attempt != attempt || !counts[i])
			continue;
		lo = !found || x < lo ? x : lo;
		hi = !found || x > hi ? x : hi;
		found = true;
	}
	free(counts);
	assert_int_equal(snap_extent(sn, id, AXIS_STEP, attempt, &x0, &x1), found);
	if (found)
		assert_true(x0 == lo && x1 == hi);
}

static void
compare_points(struct snap *sn, uint32_t id, const struct list *l)
{
	size_t n;
	struct point *p = kit_points(sn, id, 0, &n);

	assert_int_equal(n, l->n);
	for (size_t i = 0; i < n; i++) {
		const struct point *q = &l->v[i];
		if (p[i].step != q->step || p[i].wall_us != q->wall_us ||
		    memcmp(&p[i].value, &q->value, sizeof q->value) != 0 ||
		    p[i].attempt != q->attempt || p[i].segment != q->segment)
			fail_msg("point %zu of %zu: step %ld, not %ld; segment %u, not %u", i, n,
				 (long)p[i].step, (long)q->step, p[i].segment, q->segment);
	}
	free(p);
}

static void
judge(struct world *w)
{
	struct snap *sn = kit_snap(&w->kit);
	struct run_info run;

	assert_true(snap_run_by_path(sn, "/r/a", &run));
	for (int c = 0; c < SERIES; c++) {
		const struct list *l = &w->series[c];
		char name[16];
		if (!l->n)
			continue;
		snprintf(name, sizeof name, "c%d", c);
		uint32_t id = kit_series(sn, "/r/a", name);
		compare_points(sn, id, l);
		for (uint32_t a = 1; a <= w->attempt; a++)
			compare_extent(sn, id, l, a);
		for (int i = 0; i < 60; i++)
			compare_window(w, sn, id, l, &run);
	}
	snap_end(sn);
	assert_true(kit_sound(&w->kit));
}

static void
begin(struct world *w, uint64_t seed)
{
	memset(w, 0, sizeof *w);
	w->rng = seed * UINT64_C(0x9e3779b97f4a7c15) | 1;
	w->steps = (int)(seed % STEPS_SHAPES);
	w->walls = (int)any(w, WALLS_SHAPES);
	w->wall = 1700000000000000;
	w->unit = any(w, 5) ? STEP_STEP : STEP_EPOCH;
	kit_open(&w->kit);
	w->log = kit_log(&w->kit, "/r/a/metrics.csv", "/r/a");
	for (int c = 0; c < SERIES; c++) {
		char name[16];
		snprintf(name, sizeof name, "c%d", c);
		w->column[c] = kit_column(&w->kit, w->log, name);
		w->values[c] = (int)any(w, VALUES_SHAPES);
	}
}

static void
end(struct world *w)
{
	for (int c = 0; c < SERIES; c++)
		free(w->series[c].v);
	kit_close(&w->kit);
}

static void
charts_are_dot_for_dot_at_the_edges_of_numbers(void **state)
{
	uint64_t from = getenv("MM_SEED") ? strtoull(getenv("MM_SEED"), NULL, 10) : 0;
	uint64_t seeds = getenv("MM_SEEDS") ? strtoull(getenv("MM_SEEDS"), NULL, 10) : WORLDS;

	(void)state;
	for (uint64_t seed = from; seed < from + seeds; seed++) {
		static struct world w;
		begin(&w, seed);
		if (getenv("MM_SEED"))
			print_message("# seed %lu\n", (unsigned long)seed);
		fill(&w);
		judge(&w);
		end(&w);
	}
}

/* One point, at each corner, with each kind of value: in the tail, and in a chunk. */
static void
one_point_is_drawn_where_it_is(void **state)
{
	static struct world w;
	static struct column got[WIDEST], want[WIDEST];
	struct err e;

	(void)state;
	for (int i = 0; i < CORNERS; i++) {
		begin(&w, (uint64_t)i);
		w.attempt = 1;
		w.unit = STEP_STEP;
		struct point p = {.step = corners[i],
				  .wall_us = w.wall,
				  .value = value_of(&w, i % VALUES_SHAPES),
				  .attempt = 1};
		struct row r = {.step = p.step,
				.wall_us = p.wall_us,
				.n = 1,
				.column = &w.column[0],
				.value = &p.value};
		w.kit.sink->ops->row(w.kit.sink, w.log, &r);
		keep(&w.series[0], p, false);
		kit_commit(&w.kit);
		struct snap *sn = kit_snap(&w.kit);
		uint32_t id = kit_series(sn, "/r/a", "c0");
		struct span sp = {.attempt = 1, .columns = i % 2 ? 1 : WIDEST};
		assert_true(snap_extent(sn, id, AXIS_STEP, 0, &sp.x0, &sp.x1));
		assert_true(sp.x0 == (double)corners[i] && sp.x1 == sp.x0);
		assert_int_equal(snap_columns(sn, id, &sp, got, &e), 0);
		draw(&w.series[0], &sp, 0, want);
		compare(&w, &sp, got, want);
		assert_int_equal(got[0].n + got[0].nan + got[0].inf, 1);
		compare_points(sn, id, &w.series[0]);
		snap_end(sn);
		assert_true(kit_sound(&w.kit));
		end(&w);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_point_is_drawn_where_it_is),
		cmocka_unit_test(charts_are_dot_for_dot_at_the_edges_of_numbers),
	};

	return cmocka_run_group_tests_name("extreme", tests, NULL, NULL);
}
