/* Chunks of before have no directory of their blocks: what is drawn of them is the same, and a
 * store may hold both. And the ruler, which tells columns apart for blocks, nodes and points
 * alike, says what span_column() says. */
#include "store/chunk.h"
#include "store/db.h"
#include "store/fill.h"
#include "store/ruler.h"
#include "store/snap.h"
#include "tests/unit/store_kit.h"

#include "core/xalloc.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static uint64_t rng = 88172645463325252u;

static uint64_t
any(uint64_t below)
{
	return kit_rand(&rng, below);
}

/* ---- chunks of before ------------------------------------------------------------------------ */

/* As they were packed in format 2: of whole numbers in consecutive rows, with steps of one
 * stride. */
static void
pack_plain(const struct chunk *c, struct str *out)
{
	enum { DENSE = 4, LINEAR = 16 };
	double *value = xcalloc(c->n, sizeof *value);
	int64_t *whole = xcalloc(c->n, sizeof *whole);
	struct head h = {.first_row = c->first_row,
			 .n = (uint16_t)c->n,
			 .flags = CODEC_DECIMAL | DENSE | LINEAR,
			 .version = 1};

	assert_true(c->dense && c->linear && chunk_read(c, NULL, NULL, NULL, value));
	for (uint32_t i = 0; i < c->n; i++)
		whole[i] = (int64_t)value[i];
	stream_put(out, whole, c->n);
	str_add(out, &c->step0, 8);
	str_add(out, &c->stride, 8);
	head_put(out, &h);
	free(whole);
	free(value);
}

struct rewrite {
	uint32_t series;
	uint32_t chunks;
	size_t larger; /* chunks of more than one block that were rewritten */
};

static int
every_other_as_before(struct txn *t, void *ctx)
{
	struct rewrite *r = ctx;

	r->larger = 0;
	for (uint32_t i = 0; i < r->chunks; i += 2) {
		struct key k = key_pair(KEY_CHUNK, r->series, i);
		struct str out = STR_INIT;
		struct bytes v;
		struct chunk c;
		assert_int_equal(db_get(t, &k, &v), 1);
		assert_true(chunk_open(&c, v.p, v.n));
		r->larger += c.blocks > 1;
		pack_plain(&c, &out);
		db_put(t, &k, out.buf, out.len);
		str_release(&out);
	}
	return 0;
}

static bool
same(double a, double b)
{
	return a == b || (isnan(a) && isnan(b));
}

static void
chunks_of_before_are_drawn_as_they_were(void **state)
{
	enum { ROWS = 1500, CHARTS = 60, MOST = 64 };
	static struct column before[CHARTS][MOST], after[MOST];
	struct span sp[CHARTS];
	struct kit k;
	struct err e;

	(void)state;
	kit_open(&k);
	uint32_t log = kit_log(&k, "/r/a/metrics.csv", "/r/a"), col = kit_column(&k, log, "loss");
	for (int i = 0; i < ROWS; i++) {
		kit_row1(&k, log, i * 3, col, (double)any(1000));
		if (i % 97 == 96)
			kit_commit(&k);
	}
	kit_commit(&k);
	struct snap *sn = kit_snap(&k);
	struct rewrite r = {.series = kit_series(sn, "/r/a", "loss")};
	struct series_rec rec;
	assert_true(snap_series_rec(sn, r.series, &rec));
	r.chunks = rec.chunks;
	for (int i = 0; i < CHARTS; i++) {
		double a = (double)any(ROWS * 3), b = (double)any(ROWS * 3);
		sp[i] = (struct span){.x0 = fmin(a, b),
				      .x1 = fmax(a, b),
				      .columns = 1 + (int)any(MOST),
				      .logx = any(4) == 0};
		assert_int_equal(snap_columns(sn, r.series, &sp[i], before[i], &e), 0);
	}
	snap_end(sn);
	assert_int_equal(db_write(store_db(k.st), every_other_as_before, &r, NULL, &e), 0);
	assert_true(r.larger > 5);
	assert_true(kit_sound(&k));
	sn = kit_snap(&k);
	for (int i = 0; i < CHARTS; i++) {
		assert_int_equal(snap_columns(sn, r.series, &sp[i], after, &e), 0);
		for (int j = 0; j < sp[i].columns; j++) {
			const struct column *x = &before[i][j], *y = &after[j];
			assert_int_equal(x->n, y->n);
			assert_true(same(x->min, y->min) && same(x->max, y->max));
			assert_true(same(x->first, y->first) && same(x->last, y->last));
			assert_true(fabs(x->sum - y->sum) < 1e-6);
			if (x->n) {
				assert_int_equal(x->first_x, y->first_x);
				assert_int_equal(x->last_x, y->last_x);
			}
		}
	}
	snap_end(sn);
	kit_close(&k);
}

/* ---- the ruler ------------------------------------------------------------------------------- */

/* Numbers near which something may happen: small ones, large ones, the ends. */
static int64_t
number(int scale)
{
	int64_t v = (int64_t)any(UINT64_C(1) << scale);

	return any(2) ? v : -v;
}

static double
border(int scale)
{
	double v = (double)number(scale);

	return any(2) ? v : v + (double)any(1000) / 1000;
}

static void
expect_agreement(const struct ruler *r, int64_t x)
{
	int hint = (int)any(80) - 5;

	assert_int_equal(ruler_column(r, x, hint), span_column(&r->sp, (double)x));
}

static void
the_ruler_says_what_the_mapping_says(void **state)
{
	static const int scales[] = {3, 8, 20, 40, 53, 55, 60, 62};
	struct ruler r = {0};

	(void)state;
	for (int round = 0; round < 3000; round++) {
		int scale = scales[any(8)];
		double a = border(scale), b = any(20) ? border(scale) : a;
		struct span sp = {.axis = (enum axis)any(3),
				  .x0 = fmin(a, b),
				  .x1 = fmax(a, b),
				  .logx = any(3) == 0,
				  .columns = 1 + (int)any(any(2) ? 8 : 300)};
		if (any(50) == 0)
			sp.x0 = -1e300;
		if (any(50) == 0)
			sp.x1 = any(2) ? 1e300 : sp.x0 - 1;
		ruler_set(&r, &sp);
		for (int i = 0; i < 30; i++)
			expect_agreement(&r, number(scale));
		for (int i = 0; i < 10 && !r.empty; i++) {
			int64_t x = r.last[any((uint64_t)sp.columns)];
			expect_agreement(&r, x);
			if (x > INT64_MIN)
				expect_agreement(&r, x - 1);
			if (x < INT64_MAX)
				expect_agreement(&r, x + 1);
		}
		expect_agreement(&r, INT64_MIN);
		expect_agreement(&r, INT64_MAX);
	}
	ruler_release(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(chunks_of_before_are_drawn_as_they_were),
		cmocka_unit_test(the_ruler_says_what_the_mapping_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
