/* What no checksum can know: records that check and are not what belongs there. Each record of a
 * small store is deleted, and replaced by another of its type, in turn: check finds it. And no
 * chart is ever drawn with points missing or false: it is right, or refused. */
#include "tests/unit/store_kit.h"

#include "core/rule.h"
#include "core/xalloc.h"
#include "store/db.h"
#include "store/snap.h"

#include <fcntl.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

enum { COLUMNS = 40 };

/* ---- a store with something of everything ---------------------------------------------------- */

static void
fill_log(struct kit *k, const char *path, const char *run, int rows, uint64_t *rng)
{
	static const char *const names[] = {"loss", "acc", "rare"};
	const struct sink_ops *ops = k->sink->ops;
	uint32_t log = kit_log(k, path, run), c[3];

	for (int i = 0; i < 3; i++)
		c[i] = kit_column(k, log, names[i]);
	for (int attempt = 0; attempt < 2; attempt++) {
		for (int i = 0; i < rows; i++) {
			double v[3] = {(double)kit_rand(rng, UINT64_C(1) << 52) / 7,
				       i % 50 ? (double)kit_rand(rng, 1000) / 1e3 : NAN, i};
			struct row r = {.unit = STEP_STEP,
					.step = i < rows / 2 ? i : i - rows / 4,
					.wall_us = 1700000000000000 + i * 1000003,
					.n = i % 40 ? 2 : 3,
					.column = c,
					.value = v};
			ops->row(k->sink, log, &r);
			if (i % 41 == 40)
				kit_commit(k);
		}
		if (!attempt) {
			ops->replay(k->sink, log);
			ops->replay_end(k->sink, log, true);
		}
	}
	struct cursor cur = {.offset = 100, .size = 100, .state = path, .nstate = strlen(path)};
	ops->mark(k->sink, log, &cur);
	ops->remark(k->sink, log, REMARK_NOTE, 1, 1, path);
	ops->param(k->sink, log, "path", path);
	ops->goal(k->sink, log, c[1], GOAL_MAX);
	kit_commit(k);
}

static void
fill(struct kit *k)
{
	uint64_t rng = 88172645463325252u;
	struct alert a = {.rule = "stalled", .run = "/r/a", .metric = "", .message = ""};

	fill_log(k, "/r/a/m.csv", "/r/a", 160, &rng);
	fill_log(k, "/r/a/n.csv", "/r/a", 60, &rng);
	fill_log(k, "/r/b/m.csv", "/r/b", 80, &rng);
	for (int i = 0; i < 3; i++) { /* some that are in no chunk yet */
		uint32_t log = kit_log(k, "/r/b/m.csv", "/r/b");
		kit_row1(k, log, 1000 + i, kit_column(k, log, "loss"), i);
		log = kit_log(k, "/r/a/n.csv", "/r/a");
		kit_row1(k, log, 1000 + i, kit_column(k, log, "loss"), i);
		kit_commit(k);
	}
	k->sink->ops->alert(k->sink, &a);
	a.run = "/r/b";
	k->sink->ops->alert(k->sink, &a);
	k->sink->ops->root_add(k->sink, "/r");
	k->sink->ops->root_add(k->sink, "/s");
	k->sink->ops->skipped(k->sink, "/r/people.csv", "no log");
	k->sink->ops->skipped(k->sink, "/r/towns.csv", "no log");
	kit_commit(k);
}

/* ---- records --------------------------------------------------------------------------------- */

struct record {
	struct key key;
	char *value;
	size_t n;
};

struct records {
	struct record *v;
	size_t n, cap;
};

static struct records
all_records(struct kit *k)
{
	struct records all = {0};
	struct key any = {0};
	struct snap *sn = kit_snap(k);
	struct iter it;

	iter_init(&it, sn->t, &any);
	while (iter_next(&it) > 0) {
		struct record *r = vec_push(all.v, all.n, all.cap);
		r->key.n = (uint16_t)it.key.n;
		memcpy(r->key.b, it.key.p, it.key.n);
		r->value = xmemdup(it.val.p, it.val.n + 1);
		r->n = it.val.n;
	}
	iter_release(&it);
	snap_end(sn);
	return all;
}

static void
release(struct records *all)
{
	for (size_t i = 0; i < all->n; i++)
		free(all->v[i].value);
	free(all->v);
}

struct change {
	const struct record *at;
	const struct record *with; /* NULL: it is deleted */
};

static int
make_change(struct txn *t, void *ctx)
{
	const struct change *c = ctx;

	return c->with ? db_put(t, &c->at->key, c->with->value, c->with->n)
		       : db_del(t, &c->at->key);
}

static void
change(struct kit *k, const struct record *at, const struct record *with)
{
	struct change c = {at, with};
	struct err e = {0};

	if (db_write(store_db(k->st), make_change, &c, NULL, &e))
		fail_msg("%s", e.text);
}

/* Another one of its type, with another value. */
static const struct record *
another(const struct records *all, size_t i)
{
	const struct record *r = &all->v[i];

	for (size_t k = 1; k < all->n; k++) {
		const struct record *o = &all->v[(i + k) % all->n];
		if (o->key.b[0] == r->key.b[0] &&
		    (o->n != r->n || memcmp(o->value, r->value, r->n) != 0))
			return o;
	}
	return NULL;
}

/* ---- what is drawn --------------------------------------------------------------------------- */

struct drawn {
	uint32_t id[16];
	size_t n;
	struct column c[16][3][COLUMNS];
};

static int
on_series(void *ctx, const struct series_info *s)
{
	struct drawn *d = ctx;

	assert_true(d->n < 16);
	d->id[d->n++] = s->id;
	return 0;
}

static const struct span charts[3] = {
	{.axis = AXIS_STEP, .x0 = 0, .x1 = 600, .columns = COLUMNS, .attempt = 2},
	{.axis = AXIS_RELATIVE, .x0 = 0, .x1 = 7e8, .columns = 7, .attempt = 1},
	{.axis = AXIS_STEP, .x0 = 100, .x1 = 1100, .columns = 3, .attempt = 2, .orphaned = true},
};

static void
draw_all(struct kit *k, struct drawn *d)
{
	struct snap *sn = kit_snap(k);
	struct run_info run;
	struct err e;

	d->n = 0;
	for (int i = 0; i < 2; i++) {
		assert_true(snap_run_by_path(sn, i ? "/r/b" : "/r/a", &run));
		snap_series(sn, run.id, on_series, d);
	}
	for (size_t i = 0; i < d->n; i++)
		for (int c = 0; c < 3; c++)
			assert_int_equal(snap_columns(sn, d->id[i], &charts[c], d->c[i][c], &e), 0);
	snap_end(sn);
}

static bool
same(double a, double b)
{
	return a == b || (isnan(a) && isnan(b));
}

static bool
same_column(const struct column *a, const struct column *b)
{
	return a->n == b->n && a->nan == b->nan && a->inf == b->inf && same(a->min, b->min) &&
	       same(a->max, b->max) && same(a->first, b->first) && same(a->last, b->last) &&
	       (!a->n || (a->first_x == b->first_x && a->last_x == b->last_x));
}

/* Of points that a later attempt or file says nothing of. A record of another series, or of the
 * same one earlier, may itself be sound: only missing ones are known to a chart by themselves. */
static void
expect_whole_or_refused(struct kit *k, const struct drawn *want, const struct record *gone)
{
	struct column got[COLUMNS];

	for (size_t i = 0; i < want->n; i++)
		for (int c = 0; c < 3; c++) {
			struct snap *sn = kit_snap(k);
			struct err e;
			bool good = true;
			if (!snap_columns(sn, want->id[i], &charts[c], got, &e))
				for (int j = 0; j < charts[c].columns; j++)
					good &= same_column(&got[j], &want->c[i][c][j]);
			snap_end(sn);
			if (!good)
				fail_msg("without a record of type %c: series %u, chart %d",
					 gone->key.b[0], want->id[i], c);
		}
}

/* ---- the tests ------------------------------------------------------------------------------- */

static int
wrongs(struct kit *k)
{
	struct err e = {0};
	int rc = store_check(k->st, NULL, NULL, &e);

	if (rc < 0)
		fail_msg("%s", e.text);
	return rc;
}

/* A thing by itself, to which nothing else leads, leaves no trace; what stands here, and no type
 * of points. */
static bool
is_alone(const struct record *r)
{
	return strchr((const char[]){KEY_ALERT, KEY_META, KEY_ROOT, KEY_SKIPPED, KEY_OUTBOX,
				     KEY_CHECKPOINT, KEY_HIST, 0},
		      r->key.b[0]) != NULL;
}

static void
a_record_that_is_missing_is_found_and_nothing_is_drawn_without_it(void **state)
{
	static struct drawn want;
	struct kit k;
	int tried = 0, unnoticed = 0;

	(void)state;
	kit_open(&k);
	fill(&k);
	assert_true(kit_sound(&k));
	draw_all(&k, &want);
	struct records all = all_records(&k);
	for (size_t i = 0; i < all.n; i++) {
		const struct record *r = &all.v[i];
		if (is_alone(r))
			continue;
		change(&k, r, NULL);
		if (!wrongs(&k)) {
			print_error("record %zu, of type %c, is missing: not found\n", i,
				    r->key.b[0]);
			unnoticed++;
		}
		expect_whole_or_refused(&k, &want, r);
		change(&k, r, r);
		tried++;
	}
	assert_int_equal(unnoticed, 0);
	assert_true(tried > 100);
	assert_true(kit_sound(&k));
	release(&all);
	kit_close(&k);
}

static void
a_record_in_the_place_of_another_is_found(void **state)
{
	struct kit k;
	int tried = 0, unnoticed = 0;

	(void)state;
	kit_open(&k);
	fill(&k);
	struct records all = all_records(&k);
	for (size_t i = 0; i < all.n; i++) {
		const struct record *r = &all.v[i], *with = another(&all, i);
		/* The state of a parser is its source's to judge, a goal one of three. */
		if (!with ||
		    strchr((const char[]){KEY_META, KEY_STATE, KEY_PARAMS, KEY_GOAL, KEY_REMARK, 0},
			   r->key.b[0]))
			continue;
		change(&k, r, with);
		if (!wrongs(&k)) {
			print_error("record %zu, of type %c, is another's: not found\n", i,
				    r->key.b[0]);
			unnoticed++;
		}
		change(&k, r, r);
		tried++;
	}
	assert_int_equal(unnoticed, 0);
	assert_true(tried > 100);
	assert_true(kit_sound(&k));
	release(&all);
	kit_close(&k);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_record_that_is_missing_is_found_and_nothing_is_drawn_without_it),
		cmocka_unit_test(a_record_in_the_place_of_another_is_found),
	};

	return cmocka_run_group_tests_name("invariants", tests, NULL, NULL);
}
