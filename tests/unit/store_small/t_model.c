/* A store against a model of it: random rows, replays, commits, crashes and reopenings, and after
 * each commit everything that can be asked is compared with what the model computes naively from
 * its list of points. With the constants of MM_SMALL every edge of the layout lies a few points
 * away. */
#include "tests/unit/store_kit.h"

#include "core/xalloc.h"
#include "store/snap.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { LOGS = 3, COLUMNS = 4, ROWS_MOST = 400 };

struct mrow {
	int64_t step, wall;
	uint32_t attempt;
	bool has[COLUMNS];
	double value[COLUMNS];
};

struct mlog {
	struct mrow row[ROWS_MOST];
	size_t n;
	uint32_t attempt; /* of the run; 0: the log has no rows */
	size_t first;     /* row of the attempt's beginning */
	bool anew;
};

/* Logs 0 and 1 are of one run, 2 of another. */
static int
run_of(int log)
{
	return log == 2;
}

struct model {
	struct mlog log[LOGS];
	uint32_t attempt[2]; /* newest of each run */
};

struct world {
	struct kit kit;
	struct model now, kept;
	uint32_t id[LOGS], column[LOGS][COLUMNS];
	uint64_t rng;
	int64_t clock;
};

static const char *const paths[LOGS] = {"/r/a/metrics.csv", "/r/a/other.csv", "/r/b/metrics.csv"};
static const char *const runs[2] = {"/r/a", "/r/b"};

static uint64_t
any(struct world *w, uint64_t below)
{
	return kit_rand(&w->rng, below);
}

static char *
column_name(int log, int column)
{
	/* No name twice in a run: what they are called is another test's. */
	return xasprintf("%c%d", 'a' + log, column);
}

static void
open_logs(struct world *w)
{
	for (int i = 0; i < LOGS; i++) {
		w->id[i] = kit_log(&w->kit, paths[i], runs[run_of(i)]);
		for (int c = 0; c < COLUMNS; c++) {
			char *name = column_name(i, c);
			w->column[i][c] = kit_column(&w->kit, w->id[i], name);
			free(name);
		}
	}
}

/* ---- doing ----------------------------------------------------------------------------------- */

static double
random_value(struct world *w, int column)
{
	switch (any(w, 16)) {
	case 0:
		return NAN;
	case 1:
		return any(w, 2) ? INFINITY : -INFINITY;
	case 2:
		return -0.0;
	case 3:
		return (double)any(w, 1000000) * 1e30; /* a spike */
	}
	switch (column) {
	case 0:
		return (double)any(w, 10000) / 1e4;
	case 1:
		return (double)(float)((double)any(w, 1u << 30) / 3e7);
	case 2:
		return 7;
	default:
		return (double)any(w, UINT64_C(1) << 52) / 3;
	}
}

static struct mrow
random_row(struct world *w, int log)
{
	struct mlog *m = &w->now.log[log];
	int64_t last = m->n > m->first ? m->row[m->n - 1].step : 0;
	struct mrow r = {0};

	w->clock += 1 + (int64_t)any(w, 1000000);
	switch (any(w, 20)) {
	case 0:
		r.step = last - (int64_t)any(w, 30);
		break;
	case 1:
		r.step = last + (int64_t)any(w, 1000);
		break;
	case 2:
		r.step = last;
		break;
	default:
		r.step = last + 1;
	}
	r.wall = w->clock - (any(w, 20) ? 0 : (int64_t)any(w, 5000000));
	for (int c = 0; c < COLUMNS; c++) {
		r.has[c] = c == 0 ? any(w, 50) != 0 : c == 3 ? any(w, 8) == 0 : any(w, 3) != 0;
		if (r.has[c])
			r.value[c] = random_value(w, c);
	}
	return r;
}

static enum row_fate
hand_over(struct world *w, int log, const struct mrow *r)
{
	uint32_t column[COLUMNS];
	double value[COLUMNS];
	struct row row = {.unit = STEP_STEP,
			  .step = r->step,
			  .wall_us = r->wall,
			  .arrival_us = w->clock + 17, /* when it is read is not what it says */
			  .column = column,
			  .value = value};

	for (int c = 0; c < COLUMNS; c++)
		if (r->has[c]) {
			column[row.n] = w->column[log][c];
			value[row.n++] = r->value[c];
		}
	return w->kit.sink->ops->row(w->kit.sink, w->id[log], &row);
}

static void
model_attempt(struct world *w, int log)
{
	struct mlog *m = &w->now.log[log];
	uint32_t *newest = &w->now.attempt[run_of(log)];

	m->attempt = *newest > m->attempt ? *newest : m->attempt + 1;
	if (m->attempt > *newest)
		*newest = m->attempt;
	m->first = m->n;
	m->anew = false;
}

static void
model_add(struct world *w, int log, const struct mrow *r)
{
	struct mlog *m = &w->now.log[log];

	if (m->anew || !m->attempt) {
		if (!m->attempt) {
			if (!w->now.attempt[run_of(log)])
				w->now.attempt[run_of(log)] = 1;
			m->attempt = w->now.attempt[run_of(log)];
		} else {
			model_attempt(w, log);
		}
	}
	m->row[m->n] = *r;
	m->row[m->n++].attempt = m->attempt;
}

static void
append(struct world *w, int log, size_t n)
{
	for (size_t i = 0; i < n && w->now.log[log].n < ROWS_MOST; i++) {
		struct mrow r = random_row(w, log);
		assert_int_equal(hand_over(w, log, &r), ROW_STORED);
		model_add(w, log, &r);
	}
}

static bool
rows_equal(const struct mrow *a, const struct mrow *b)
{
	if (a->step != b->step || a->wall != b->wall)
		return false;
	for (int c = 0; c < COLUMNS; c++)
		if (a->has[c] != b->has[c] ||
		    (a->has[c] && memcmp(&a->value[c], &b->value[c], sizeof(double)) &&
		     !(isnan(a->value[c]) && isnan(b->value[c]))))
			return false;
	return true;
}

/* The file as it is now has SAME of the rows it had, then others. */
static void
replay(struct world *w, int log, size_t same, size_t others, bool cut)
{
	struct mlog *m = &w->now.log[log];
	size_t had = m->n - m->first;
	struct sink *s = w->kit.sink;

	s->ops->replay(s, w->id[log]);
	for (size_t i = 0; i < same; i++) {
		assert_int_equal(hand_over(w, log, &m->row[m->first + i]), ROW_KNOWN);
	}
	if (same)
		m->anew = false;
	for (size_t i = 0; i < others && m->n < ROWS_MOST; i++) {
		struct mrow r = random_row(w, log);
		if (i == 0 && same < had) {
			while (rows_equal(&r, &m->row[m->first + same]))
				r.step++;
			if (same)
				m->n = m->first + same;
			else
				model_attempt(w, log);
		}
		assert_int_equal(hand_over(w, log, &r), ROW_STORED);
		model_add(w, log, &r);
	}
	s->ops->replay_end(s, w->id[log], cut);
	if (!others && cut && same < had) {
		if (same)
			m->n = m->first + same;
		else
			m->anew = true;
	}
}

/* ---- judging --------------------------------------------------------------------------------- */

struct flat {
	struct point *v;
	size_t n;
};

static struct flat
flatten(const struct mlog *m, int column)
{
	struct flat f = {xcalloc(ROWS_MOST, sizeof *f.v), 0};

	for (size_t i = 0; i < m->n; i++) {
		const struct mrow *r = &m->row[i];
		if (!r->has[column])
			continue;
		struct point p = {.step = r->step,
				  .wall_us = r->wall,
				  .value = r->value[column],
				  .attempt = r->attempt};
		if (f.n && f.v[f.n - 1].attempt == p.attempt)
			p.segment = f.v[f.n - 1].segment + (p.step < f.v[f.n - 1].step);
		f.v[f.n++] = p;
	}
	return f;
}

static void
compare_points(const struct point *got, size_t n, const struct point *want, size_t nwant)
{
	assert_int_equal(n, nwant);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(got[i].step, want[i].step);
		assert_int_equal(got[i].wall_us, want[i].wall_us);
		assert_memory_equal(&got[i].value, &want[i].value, sizeof(double));
		assert_int_equal(got[i].attempt, want[i].attempt);
		assert_int_equal(got[i].segment, want[i].segment);
	}
}

static bool
same(double a, double b)
{
	return a == b || (isnan(a) && isnan(b));
}

static void
compare_sums(const struct series_sum *a, const struct series_sum *b)
{
	assert_int_equal(a->points, b->points);
	if (!a->points)
		return;
	assert_int_equal(a->nonfinite, b->nonfinite);
	assert_int_equal(a->first_step, b->first_step);
	assert_int_equal(a->last_step, b->last_step);
	assert_int_equal(a->segments, b->segments);
	assert_true(same(a->last, b->last) && same(a->prev, b->prev));
	assert_true(same(a->min, b->min) && same(a->max, b->max));
	assert_memory_equal(&a->spark, &b->spark, sizeof a->spark);
}

/* By the definition: point P counts if no later segment begins at or below its step. */
static bool
counts(const struct flat *f, size_t i, bool unordered)
{
	if (unordered)
		return true;
	for (size_t j = i + 1; j < f->n && f->v[j].attempt == f->v[i].attempt; j++)
		if (f->v[j].segment != f->v[j - 1].segment && f->v[j].step <= f->v[i].step)
			return false;
	return true;
}

static bool
is_unordered(const struct flat *f, uint32_t attempt)
{
	for (size_t i = 0; i < f->n; i++)
		if (f->v[i].attempt == attempt && f->v[i].segment >= SEGMENTS_MAX)
			return true;
	return false;
}

static void
naive_columns(const struct flat *f, const struct span *sp, int64_t origin, struct column *out)
{
	bool unordered = is_unordered(f, sp->attempt);

	for (int i = 0; i < sp->columns; i++)
		out[i] = (struct column){.min = NAN, .max = NAN, .first = NAN, .last = NAN};
	for (size_t i = 0; i < f->n; i++) {
		const struct point *p = &f->v[i];
		int64_t x = sp->axis == AXIS_STEP ? p->step : p->wall_us - origin;
		if (p->attempt != sp->attempt)
			continue;
		if (sp->axis != AXIS_STEP ? sp->orphaned : counts(f, i, unordered) == sp->orphaned)
			continue;
		int at = span_column(sp, (double)x);
		if (at < 0)
			continue;
		struct column *c = &out[at];
		if (isnan(p->value)) {
			c->nan++;
		} else if (isinf(p->value)) {
			c->inf++;
		} else {
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
	}
}

static void
compare_columns(struct world *w, struct snap *sn, uint32_t series, const struct flat *f,
		const struct run_info *run)
{
	struct column got[64], want[64];
	struct span sp = {.axis = (enum axis)any(w, 3),
			  .columns = 1 + (int)any(w, 64),
			  .logx = any(w, 4) == 0,
			  .orphaned = any(w, 4) == 0,
			  .attempt = 1 + (uint32_t)any(w, run->attempt)};
	struct run_info of;
	struct err e;
	int64_t origin = 0;

	if (sp.axis == AXIS_RELATIVE && snap_run_attempt(sn, run->id, sp.attempt, &of))
		origin = of.first_us;
	double lo = INFINITY, hi = -INFINITY;
	for (size_t i = 0; i < f->n; i++) {
		double x = sp.axis == AXIS_STEP ? (double)f->v[i].step
						: (double)(f->v[i].wall_us - origin);
		lo = fmin(lo, x);
		hi = fmax(hi, x);
	}
	if (!f->n)
		lo = hi = 0;
	sp.x0 = lo - 2;
	sp.x1 = hi + 2;
	if (any(w, 2)) {
		sp.x0 = lo + (hi - lo) * (double)any(w, 1000) / 1000;
		sp.x1 = sp.x0 + (hi - sp.x0) * (double)any(w, 1000) / 1000;
	}
	assert_int_equal(snap_columns(sn, series, &sp, got, &e), 0);
	naive_columns(f, &sp, origin, want);
	for (int i = 0; i < sp.columns; i++) {
		assert_int_equal(got[i].n, want[i].n);
		assert_int_equal(got[i].nan, want[i].nan);
		assert_int_equal(got[i].inf, want[i].inf);
		assert_true(same(got[i].min, want[i].min) && same(got[i].max, want[i].max));
		assert_true(same(got[i].first, want[i].first) && same(got[i].last, want[i].last));
		assert_true(fabs(got[i].sum - want[i].sum) <= 1e-9 * (1 + fabs(want[i].max) * 400 +
								      fabs(want[i].min) * 400) ||
			    !want[i].n);
		if (want[i].n) {
			assert_int_equal(got[i].first_x, want[i].first_x);
			assert_int_equal(got[i].last_x, want[i].last_x);
		}
	}
}

static void
compare_extent(struct snap *sn, uint32_t series, const struct flat *f, uint32_t attempt)
{
	bool unordered = is_unordered(f, attempt), found = false;
	double lo = INFINITY, hi = -INFINITY, x0, x1;

	for (size_t i = 0; i < f->n; i++)
		if (f->v[i].attempt == attempt && counts(f, i, unordered)) {
			found = true;
			lo = fmin(lo, (double)f->v[i].step);
			hi = fmax(hi, (double)f->v[i].step);
		}
	assert_int_equal(snap_extent(sn, series, AXIS_STEP, attempt, &x0, &x1), found);
	if (found)
		assert_true(x0 == lo && x1 == hi);
}

static void
judge_series(struct world *w, struct snap *sn, const struct run_info *run, int log, int column)
{
	struct flat f = flatten(&w->kept.log[log], column);
	char *name = column_name(log, column);
	struct series_info s;
	struct point last[10];
	struct err e;

	if (!f.n) {
		assert_false(snap_series_find(sn, run->id, name, &s));
	} else {
		assert_true(snap_series_find(sn, run->id, name, &s));
		size_t n;
		struct point *p = kit_points(sn, s.id, 0, &n);
		compare_points(p, n, f.v, f.n);
		free(p);

		struct series_sum now, all;
		size_t newest = 0;
		series_sum_init(&now);
		series_sum_init(&all);
		for (size_t i = 0; i < f.n; i++) {
			const struct point *q = &f.v[i];
			series_sum_add(&all, STEP_STEP, q->step, q->wall_us, q->value);
			if (q->attempt != run->attempt)
				continue;
			newest++;
			series_sum_add(&now, STEP_STEP, q->step, q->wall_us, q->value);
		}
		compare_sums(&s.now, &now);
		compare_sums(&s.all, &all);
		int want = newest < 10 ? (int)newest : 10;
		assert_int_equal(snap_last(sn, s.id, 10, last, &e), want);
		compare_points(last, (size_t)want, f.v + f.n - want, (size_t)want);
		for (int i = 0; i < 4; i++)
			compare_columns(w, sn, s.id, &f, run);
		compare_extent(sn, s.id, &f, 1 + (uint32_t)any(w, run->attempt));
	}
	free(name);
	free(f.v);
}

static void
judge(struct world *w)
{
	struct snap *sn = kit_snap(&w->kit);

	for (int i = 0; i < LOGS; i++) {
		struct run_info run;
		uint64_t points = 0;
		if (!w->kept.attempt[run_of(i)])
			continue;
		bool found = snap_run_by_path(sn, runs[run_of(i)], &run);
		struct err why = {0};
		if (!found)
			fail_msg("run %s: %d %s", runs[run_of(i)], snap_failed(sn, &why), why.text);
		assert_int_equal(run.attempt, w->kept.attempt[run_of(i)]);
		for (int c = 0; c < COLUMNS; c++)
			judge_series(w, sn, &run, i, c);
		for (int j = 0; j < LOGS; j++)
			for (size_t k = 0; run_of(j) == run_of(i) && k < w->kept.log[j].n; k++)
				for (int c = 0; c < COLUMNS; c++)
					points += w->kept.log[j].row[k].has[c] &&
						  w->kept.log[j].row[k].attempt == run.attempt;
		assert_int_equal(run.points, points);
	}
	snap_end(sn);
	assert_true(kit_sound(&w->kit));
}

/* ---- the walk -------------------------------------------------------------------------------- */

static void
step(struct world *w)
{
	int log = (int)any(w, LOGS);
	struct mlog *m = &w->now.log[log];
	size_t had = m->n - m->first;

	switch (any(w, 12)) {
	case 0:
		if (had)
			replay(w, log, any(w, had + 1), any(w, 8), any(w, 2));
		break;
	case 1:
		if (any(w, 2)) { /* what is in memory gives way, as far as it is kept */
			w->kit.sink->ops->rest(w->kit.sink);
			break;
		} /* killed */
		kit_again(&w->kit);
		w->now = w->kept;
		open_logs(w);
		break;
	case 2:
	case 3:
	case 4:
		kit_commit(&w->kit);
		w->kept = w->now;
		if (any(w, 6) == 0) {
			kit_again(&w->kit);
			open_logs(w);
		}
		judge(w);
		break;
	default:
		append(w, log, any(w, 3) ? 1 + any(w, 3) : any(w, 40));
	}
}

static void
a_store_is_what_was_handed_to_it(void **state)
{
	uint64_t seeds = getenv("MM_SEEDS") ? strtoull(getenv("MM_SEEDS"), NULL, 10) : 12;

	(void)state;
	uint64_t from = getenv("MM_SEED") ? strtoull(getenv("MM_SEED"), NULL, 10) : 1;
	for (uint64_t seed = from; seed < from + seeds; seed++) {
		static struct world w;
		memset(&w, 0, sizeof w);
		w.rng = seed * UINT64_C(0x9e3779b97f4a7c15) | 1;
		w.clock = 1700000000000000;
		if (from != 1 || seeds > 12)
			print_message("# seed %d\n", (int)seed);
		kit_open(&w.kit);
		open_logs(&w);
		for (int i = 0; i < 150; i++)
			step(&w);
		kit_close(&w.kit);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(a_store_is_what_was_handed_to_it)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
