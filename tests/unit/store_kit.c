#include "tests/unit/store_kit.h"

#include "core/rule.h"
#include "core/str.h"
#include "core/xalloc.h"
#include "tests/unit/scratch.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void
must(int rc, const struct err *e)
{
	if (rc)
		fail_msg("%d: %s", rc, e->text);
}

static void
open_writer(struct kit *k)
{
	struct err e = {0};

	must(lock_take(k->dir, &k->lock, NULL, &e), &e);
	must(store_open(k->dir, STORE_WRITE, &k->st, NULL, &e), &e);
	k->sink = store_sink(k->st, NULL);
}

void
kit_open(struct kit *k)
{
	k->dir = scratch_new();
	open_writer(k);
}

void
kit_again(struct kit *k)
{
	store_close(k->st);
	lock_release(k->lock);
	open_writer(k);
}

void
kit_close(struct kit *k)
{
	store_close(k->st);
	lock_release(k->lock);
	scratch_free(k->dir);
}

int
kit_setup(void **state)
{
	static struct kit k;

	kit_open(&k);
	*state = &k;
	return 0;
}

int
kit_teardown(void **state)
{
	kit_close(*state);
	return 0;
}

uint32_t
kit_log_of(struct kit *k, const char *path, const char *run, const char *format, int rank)
{
	struct log_desc d = {.path = path,
			     .run = run,
			     .prefix = "",
			     .format = format,
			     .rank = rank,
			     .reason = "test"};

	return k->sink->ops->log_open(k->sink, &d);
}

uint32_t
kit_log(struct kit *k, const char *path, const char *run)
{
	return kit_log_of(k, path, run, "csv", 3);
}

uint32_t
kit_column(struct kit *k, uint32_t log, const char *name)
{
	return k->sink->ops->column(k->sink, log, name, strlen(name));
}

enum row_fate
kit_row1(struct kit *k, uint32_t log, int64_t step, uint32_t column, double value)
{
	struct row r = {.unit = STEP_STEP,
			.step = step,
			.wall_us = 1700000000000000 + step * 1000000,
			.n = 1,
			.column = &column,
			.value = &value};

	return k->sink->ops->row(k->sink, log, &r);
}

uint64_t
kit_commit(struct kit *k)
{
	struct err e = {0};
	uint64_t txn = 0;

	must(k->sink->ops->commit(k->sink, &txn, &e), &e);
	return txn;
}

static void
print_wrong(void *ctx, const char *wrong)
{
	(void)ctx;
	print_error("check: %s\n", wrong);
}

bool
kit_sound(struct kit *k)
{
	struct err e = {0};
	int rc = store_check(k->st, print_wrong, NULL, &e);

	if (rc < 0)
		print_error("check: %s\n", e.text);
	return rc == 0;
}

struct snap *
kit_snap(struct kit *k)
{
	struct snap *sn = NULL;
	struct err e = {0};

	must(snap_begin(k->st, &sn, &e), &e);
	return sn;
}

uint32_t
kit_series(struct snap *sn, const char *path, const char *shown)
{
	struct run_info run;
	struct series_info s;

	if (!snap_run_by_path(sn, path, &run) || !snap_series_find(sn, run.id, shown, &s))
		return 0;
	return s.id;
}

struct list {
	struct point *v;
	size_t n, cap;
};

static int
keep(void *ctx, const struct point *p)
{
	struct list *l = ctx;

	*vec_push(l->v, l->n, l->cap) = *p;
	return 0;
}

struct point *
kit_points(struct snap *sn, uint32_t series, uint32_t attempt, size_t *n)
{
	struct list l = {0};
	struct err e = {0};

	must(snap_points(sn, series, attempt, 0, keep, &l, &e), &e);
	*n = l.n;
	return l.v ? l.v : xmalloc(1);
}

/* ---- digest ---------------------------------------------------------------------------------- */

struct digest {
	struct snap *sn;
	struct str s;
};

static int
digest_point(void *ctx, const struct point *p)
{
	struct digest *d = ctx;

	str_addf(&d->s, " %lld@%lld=%a", (long long)p->step, (long long)p->wall_us, p->value);
	return 0;
}

static int
digest_series(void *ctx, const struct series_info *s)
{
	struct digest *d = ctx;
	struct err e = {0};

	str_addf(&d->s, "\n series %s %u %llu %a", s->shown, s->attempts,
		 (unsigned long long)s->all.points, s->now.last);
	must(snap_points(d->sn, s->id, 0, 0, digest_point, d, &e), &e);
	return 0;
}

static int
digest_param(void *ctx, const char *key, const char *value)
{
	struct digest *d = ctx;

	str_addf(&d->s, "\n param %s=%s", key, value);
	return 0;
}

static int
digest_run(void *ctx, const struct run_info *r)
{
	struct digest *d = ctx;

	str_addf(&d->s, "\nrun %s %llu %u %u %lld", r->path, (unsigned long long)r->points,
		 r->attempt, r->attempts, (long long)r->last_step);
	snap_params(d->sn, r->id, digest_param, d);
	return snap_series(d->sn, r->id, digest_series, d);
}

static int
digest_remark(void *ctx, const struct remark_info *r)
{
	struct digest *d = ctx;

	str_addf(&d->s, "\n remark %s", r->text);
	return 0;
}

static int
digest_log(void *ctx, const struct log_info *li)
{
	struct digest *d = ctx;

	str_addf(&d->s, "\nlog %s %llu %llu %d", li->path, (unsigned long long)li->cur.offset,
		 (unsigned long long)li->points, li->gone);
	return snap_remarks(d->sn, li->id, digest_remark, d);
}

static int
digest_alert(void *ctx, const struct alert *a)
{
	struct digest *d = ctx;

	str_addf(&d->s, "\nalert %s %s %d", a->rule, a->run, (int)a->state);
	return 0;
}

static int
digest_root(void *ctx, const char *path)
{
	struct digest *d = ctx;

	str_addf(&d->s, "\nroot %s", path);
	return 0;
}

char *
kit_digest(struct kit *k)
{
	struct digest d = {.sn = kit_snap(k)};

	str_adds(&d.s, "store");
	snap_runs(d.sn, digest_run, &d);
	snap_logs(d.sn, digest_log, &d);
	snap_alerts(d.sn, digest_alert, &d);
	snap_roots(d.sn, digest_root, &d);
	snap_end(d.sn);
	return str_steal(&d.s);
}

uint64_t
kit_rand(uint64_t *state, uint64_t below)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return (*state * UINT64_C(2685821657736338717) >> 16) % below;
}
