/* Dot for dot: what a chart is given is what drawing every point gives, with the constants that
 * ship, on series long enough for a pyramid of several levels. Random walks, spikes, irregular and
 * backward steps, values that are none, empty cells, attempts; steps, times, times from the start;
 * windows of any width and place. (t_model.c does the same with small constants, and much else.) */
#include "tests/unit/store_kit.h"

#include "core/xalloc.h"
#include "store/record.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { COLUMNS = 4, DOTS = 200 };

struct list {
	struct point *v;
	size_t n, cap;
};

struct world {
	struct kit kit;
	struct list series[COLUMNS];
	uint32_t log, column[COLUMNS], attempt;
	int64_t step, wall;
	double walk;
	uint64_t rng;
	bool leap; /* steps have gaps */
};

static uint64_t
any(struct world *w, uint64_t below)
{
	return kit_rand(&w->rng, below);
}

/* A walk as floats, decimals with spikes, what is mostly not a number, and a schedule. */
static double
value(struct world *w, int column, int64_t i)
{
	switch (column) {
	case 0:
		w->walk += ((double)any(w, 1000) - 499.5) / 1000;
		return (double)(float)w->walk;
	case 1:
		return any(w, 5000) ? (double)any(w, 10000) / 1e4 : (double)any(w, 1000) * 1e5;
	case 2:
		return any(w, 3) ? NAN : any(w, 2) ? (double)any(w, 100) / 7 : -INFINITY;
	default:
		return 1e-3 * pow(0.1, (double)(i / 20000));
	}
}

static bool
has(struct world *w, int column)
{
	return column == 0 || any(w, column == 1   ? 100
				     : column == 2 ? 3
						   : 50) < (column == 1 ? 99 : 1);
}

static void
add_row(struct world *w, int64_t i)
{
	uint32_t ids[COLUMNS];
	double values[COLUMNS];
	struct row r = {.unit = STEP_STEP, .column = ids, .value = values};

	w->step += w->leap ? 1 + (int64_t)any(w, 9) : 10;
	if (any(w, 20000) == 0)
		w->step -= (int64_t)any(w, 60000); /* resumed from a checkpoint */
	w->wall += 40000 + (int64_t)any(w, 20000);
	r.step = w->step;
	/* A clock that is set back now and then. */
	r.wall_us = w->wall - (any(w, 30000) ? 0 : 3000000000);
	for (int c = 0; c < COLUMNS; c++) {
		if (!has(w, c))
			continue;
		struct list *l = &w->series[c];
		struct point p = {.step = r.step, .wall_us = r.wall_us, .attempt = w->attempt};
		p.value = values[r.n] = value(w, c, i);
		ids[r.n++] = w->column[c];
		if (l->n && l->v[l->n - 1].attempt == p.attempt)
			p.segment = l->v[l->n - 1].segment + (p.step < l->v[l->n - 1].step);
		*vec_push(l->v, l->n, l->cap) = p;
	}
	w->kit.sink->ops->row(w->kit.sink, w->log, &r);
}

static void
begin_attempt(struct world *w)
{
	struct sink *s = w->kit.sink;

	w->attempt++;
	w->step = 0;
	if (w->attempt == 1)
		return;
	s->ops->replay(s, w->log);
	s->ops->replay_end(s, w->log, true); /* emptied */
}

/* Bulk at first, as a log that was there; then a row at a time. */
static void
fill(struct world *w, int64_t rows)
{
	for (int64_t i = 0; i < rows; i++) {
		if (i == 0 || i == rows / 3)
			begin_attempt(w);
		if (i == rows / 2)
			w->leap = true;
		add_row(w, i);
		if (i % 50000 == 49999 || (i > rows - 3000 && any(w, 4) == 0))
			kit_commit(&w->kit);
	}
	kit_commit(&w->kit);
}

/* ---- the naive drawing ----------------------------------------------------------------------- */

static size_t
attempt_begins(const struct list *l, uint32_t attempt)
{
	size_t i = 0;

	while (i < l->n && l->v[i].attempt < attempt)
		i++;
	return i;
}

/* For each point of ATTEMPT: what it counts for, by the definition, from the last one back. */
static bool *
counting(const struct list *l, uint32_t attempt)
{
	bool *counts = xcalloc(l->n + 1, sizeof *counts);
	int64_t least = INT64_MAX;
	uint32_t segment = UINT32_MAX;
	int64_t begins = 0;

	for (size_t i = l->n; i-- > 0;) {
		const struct point *p = &l->v[i];
		if (p->attempt != attempt)
			continue;
		if (segment != UINT32_MAX && p->segment != segment && begins < least)
			least = begins; /* a later segment begins here */
		counts[i] = p->step < least;
		segment = p->segment;
		begins = p->step;
	}
	return counts;
}

static void
draw(const struct list *l, const struct span *sp, int64_t origin, const bool *counts,
     struct column *out)
{
	for (int i = 0; i < sp->columns; i++)
		out[i] = (struct column){.min = NAN, .max = NAN, .first = NAN, .last = NAN};
	for (size_t i = attempt_begins(l, sp->attempt); i < l->n; i++) {
		const struct point *p = &l->v[i];
		int64_t x = sp->axis == AXIS_STEP ? p->step : p->wall_us - origin;
		if (p->attempt != sp->attempt)
			break;
		if (sp->axis == AXIS_STEP ? counts[i] == sp->orphaned : sp->orphaned)
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
		c->min = p->value < c->min ? p->value : c->min;
		c->max = p->value > c->max ? p->value : c->max;
		c->last = p->value;
		c->last_x = x;
		c->sum += p->value;
	}
}

static bool
same(double a, double b)
{
	return a == b || (isnan(a) && isnan(b));
}

static void
compare(const struct column *got, const struct column *want, int n)
{
	for (int i = 0; i < n; i++) {
		const struct column *g = &got[i], *w = &want[i];
		assert_int_equal(g->n, w->n);
		assert_int_equal(g->nan, w->nan);
		assert_int_equal(g->inf, w->inf);
		assert_true(same(g->min, w->min) && same(g->max, w->max));
		assert_true(same(g->first, w->first) && same(g->last, w->last));
		if (!w->n)
			continue;
		assert_int_equal(g->first_x, w->first_x);
		assert_int_equal(g->last_x, w->last_x);
		double most = fmax(fabs(w->min), fabs(w->max)) * (double)w->n;
		assert_true(fabs(g->sum - w->sum) <= 1e-9 * (most + 1));
	}
}

static void
compare_windows(struct world *w, struct snap *sn, int c, int rounds)
{
	static struct column got[DOTS], want[DOTS];
	const struct list *l = &w->series[c];
	char name[8];
	struct run_info run, of;
	struct err e;

	snprintf(name, sizeof name, "c%d", c);
	uint32_t id = kit_series(sn, "/r/a", name);
	assert_true(snap_run_by_path(sn, "/r/a", &run));
	assert_int_equal(run.attempt, w->attempt);
	for (int round = 0; round < rounds; round++) {
		struct span sp = {.axis = (enum axis)any(w, 3),
				  .columns = 1 + (int)any(w, DOTS),
				  .logx = any(w, 3) == 0,
				  .orphaned = any(w, 4) == 0,
				  .attempt = 1 + (uint32_t)any(w, run.attempt)};
		assert_true(snap_run_attempt(sn, run.id, sp.attempt, &of));
		int64_t origin = sp.axis == AXIS_RELATIVE ? of.first_us : 0;
		const struct point *p = &l->v[any(w, l->n)], *q = &l->v[any(w, l->n)];
		sp.x0 = (double)(sp.axis == AXIS_STEP ? p->step : p->wall_us - origin);
		sp.x1 = (double)(sp.axis == AXIS_STEP ? q->step : q->wall_us - origin);
		if (sp.x1 < sp.x0) {
			double t = sp.x0;
			sp.x0 = sp.x1;
			sp.x1 = t;
		}
		if (any(w, 3) == 0) { /* all of it */
			sp.x0 = sp.axis == AXIS_WALL ? 1.7e15 - 1e10 : -10;
			sp.x1 = sp.x0 + 2e10;
			if (sp.axis == AXIS_STEP)
				sp.x1 = (double)w->step;
		}
		assert_int_equal(snap_columns(sn, id, &sp, got, &e), 0);
		bool *counts = counting(l, sp.attempt);
		draw(l, &sp, origin, counts, want);
		free(counts);
		compare(got, want, sp.columns);
	}
}

static void
compare_lists(struct world *w, struct snap *sn, int c)
{
	const struct list *l = &w->series[c];
	char name[8];
	size_t n;
	struct point last[50];
	struct err e;

	snprintf(name, sizeof name, "c%d", c);
	uint32_t id = kit_series(sn, "/r/a", name);
	struct point *p = kit_points(sn, id, 0, &n);
	assert_int_equal(n, l->n);
	for (size_t i = 0; i < n; i++)
		if (p[i].step != l->v[i].step || p[i].wall_us != l->v[i].wall_us ||
		    memcmp(&p[i].value, &l->v[i].value, sizeof(double)) != 0 ||
		    p[i].segment != l->v[i].segment || p[i].attempt != l->v[i].attempt)
			fail_msg("point %zu of %s", i, name);
	free(p);
	int got = snap_last(sn, id, 50, last, &e);
	assert_int_equal(got, 50);
	for (int i = 0; i < got; i++) {
		assert_int_equal(last[i].step, l->v[l->n - 50 + (size_t)i].step);
		assert_int_equal(last[i].segment, l->v[l->n - 50 + (size_t)i].segment);
	}
}

struct nth {
	const struct point *want;
	int left;
};

static int
on_nth(void *ctx, const struct point *p)
{
	struct nth *t = ctx;

	assert_int_equal(p->step, t->want->step);
	assert_int_equal(p->wall_us, t->want->wall_us);
	assert_int_equal(p->segment, t->want->segment);
	assert_int_equal(p->attempt, t->want->attempt);
	t->want++;
	return --t->left == 0;
}

/* From any point on, of any attempt. */
static void
compare_starts(struct world *w, struct snap *sn, int c, int rounds)
{
	const struct list *l = &w->series[c];
	char name[8];
	struct err e;

	snprintf(name, sizeof name, "c%d", c);
	uint32_t id = kit_series(sn, "/r/a", name);
	for (int i = 0; i < rounds; i++) {
		uint32_t attempt = (uint32_t)any(w, w->attempt + 1);
		size_t from = attempt ? attempt_begins(l, attempt) : 0,
		       to = attempt ? attempt_begins(l, attempt + 1) : l->n;
		size_t first = any(w, to - from);
		size_t left = to - from - first;
		struct nth t = {&l->v[from + first], left < 20 ? (int)left : 20};
		assert_int_equal(snap_points(sn, id, attempt, first, on_nth, &t, &e), 1);
		assert_int_equal(t.left, 0);
	}
}

static void
charts_are_dot_for_dot_what_every_point_draws(void **state)
{
	static struct world w;

	(void)state;
	memset(&w, 0, sizeof w);
	w.rng = 88172645463325252u;
	w.wall = 1700000000000000;
	kit_open(&w.kit);
	w.log = kit_log(&w.kit, "/r/a/metrics.csv", "/r/a");
	for (int c = 0; c < COLUMNS; c++) {
		char name[16];
		snprintf(name, sizeof name, "c%d", c);
		w.column[c] = kit_column(&w.kit, w.log, name);
	}
	fill(&w, 250000);
	struct snap *sn = kit_snap(&w.kit);
	for (int c = 0; c < COLUMNS; c++) {
		compare_lists(&w, sn, c);
		compare_starts(&w, sn, c, 200);
		compare_windows(&w, sn, c, c ? 60 : 100);
	}
	snap_end(sn);
	assert_true(kit_sound(&w.kit));
	for (int c = 0; c < COLUMNS; c++)
		free(w.series[c].v);
	kit_close(&w.kit);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(charts_are_dot_for_dot_what_every_point_draws)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
