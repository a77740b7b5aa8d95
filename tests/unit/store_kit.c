#include "tests/unit/store_kit.h"

#include "core/xalloc.h"

#include <ftw.h>
#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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
	const char *tmp = getenv("TMP");

	snprintf(k->dir, sizeof k->dir, "%s/store-XXXXXX", tmp ? tmp : "/tmp");
	assert_non_null(mkdtemp(k->dir));
	open_writer(k);
}

void
kit_again(struct kit *k)
{
	store_close(k->st);
	lock_release(k->lock);
	open_writer(k);
}

static int
remove_one(const char *path, const struct stat *sb, int type, struct FTW *ftw)
{
	(void)sb;
	(void)type;
	(void)ftw;
	return remove(path);
}

void
kit_delete(const char *dir)
{
	nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

void
kit_close(struct kit *k)
{
	store_close(k->st);
	lock_release(k->lock);
	kit_delete(k->dir);
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

uint64_t
kit_rand(uint64_t *state, uint64_t below)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return (*state * UINT64_C(2685821657736338717) >> 16) % below;
}
