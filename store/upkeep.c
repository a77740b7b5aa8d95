/* Making room, and forgetting a run.
 *
 * Which records are a run's is said by the types of their keys: those of the run itself, those of
 * its logs, those of the logs' series. Of the tail those records go that no other log has rows in;
 * one that it shares is written anew without its rows, so that nothing of it is left to be copied
 * when room is made. */
#include "store/store.h"

#include "core/outbox.h"
#include "core/rule.h"
#include "core/xalloc.h"
#include "store/field.h"
#include "store/chain.h"
#include "store/record.h"
#include "store/snap.h"

#include <stdlib.h>
#include <string.h>

int
store_compact(struct store *st, uint64_t *before, uint64_t *after, struct err *e)
{
	struct db *db = store_idle_db(st, e);
	struct db_stat was, is;
	if (!db)
		return e ? e->code : ERR_BUSY;
	int code = db_stat(db, &was, e);
	if (!code)
		code = db_compact(db, e);
	if (!code)
		code = db_stat(db, &is, e);
	if (code)
		return code;
	*before = was.file;
	*after = is.file;
	return 0;
}

/* ---- forgetting ------------------------------------------------------------------------------ */

static const enum key_type of_run[] = {KEY_RUN_ID, KEY_PARAMS, KEY_PAST, KEY_RUN_LOG},
			   of_log[] = {KEY_LOG,    KEY_STATE, KEY_SERIES, KEY_AXIS,
				       KEY_REMARK, KEY_NAME,  KEY_HIST,   KEY_GOAL},
			   of_series[] = {KEY_NUMBER, KEY_CHUNK, KEY_NODE};
#define COUNT(a) (sizeof(a) / sizeof *(a))

/* Every key that begins with a type and ID. */
static void
drop(struct txn *t, const enum key_type *type, size_t n, uint32_t id)
{
	for (size_t i = 0; i < n; i++) {
		struct key prefix = key_id(type[i], id);
		struct iter it;
		iter_init(&it, t, &prefix);
		for (int rc = iter_next(&it); rc > 0;)
			rc = iter_del(&it);
		iter_release(&it);
	}
}

struct ids {
	uint32_t *v;
	size_t n, cap;
};

static void
collect_logs(struct txn *t, uint32_t run, struct ids *out)
{
	struct key prefix = key_id(KEY_RUN_LOG, run);
	struct iter it;
	iter_init(&it, t, &prefix);
	while (iter_next(&it) > 0)
		*vec_push(out->v, out->n, out->cap) = key_get32(it.key.p, it.key.n, 4);
	iter_release(&it);
}

static void
collect_series(struct txn *t, uint32_t log, struct ids *out)
{
	struct key prefix = key_id(KEY_SERIES, log);
	struct series_rec r;
	struct iter it;
	iter_init(&it, t, &prefix);
	while (iter_next(&it) > 0)
		if (series_rec_unpack(&r, &it.val))
			*vec_push(out->v, out->n, out->cap) = r.id;
	iter_release(&it);
}

static void
drop_log(struct txn *t, uint32_t log)
{
	struct key k = key_id(KEY_LOG, log);
	struct ids series = {0};
	struct log_rec r;
	struct bytes v;
	collect_series(t, log, &series);
	for (size_t i = 0; i < series.n; i++)
		drop(t, of_series, COUNT(of_series), series.v[i]);
	if (db_get(t, &k, &v) > 0 && log_rec_unpack(&r, &v)) {
		k = key_text(KEY_LOG_PATH, r.path);
		if (db_get(t, &k, &v) > 0 && v.n == 4 && load_u32(v.p) == log)
			db_del(t, &k);
	}
	drop(t, of_log, COUNT(of_log), log);
	free(series.v);
}

/* Does a chain lead from LOG to record NUMBER? */
static bool
leads_to(struct txn *t, uint32_t log, uint64_t number)
{
	struct key k = key_id(KEY_LOG, log);
	struct log_rec r;
	struct bytes v;
	return db_get(t, &k, &v) > 0 && log_rec_unpack(&r, &v) && r.tail_first &&
	       r.tail_first <= number && number <= r.tail;
}

struct use {
	struct txn *t;
	uint64_t number;
};

static bool
is_unused(void *ctx, uint32_t log)
{
	struct use *u = ctx;
	return !leads_to(u->t, log, u->number);
}

/* Record U->number, less what no chain leads to. */
static void
drop_sections(struct use *u, struct tail_record *left, struct str *buf)
{
	struct key k = key_tail(u->number);
	struct bytes v;
	if (db_get(u->t, &k, &v) <= 0 ||
	    tail_record_without(&v, u->number, is_unused, u, left) <= 0)
		return;
	if (left->n)
		tail_record_put(left, u->t, u->number, buf);
	else
		db_del(u->t, &k);
}

static void
drop_tail(struct txn *t)
{
	struct key prefix = key_type(KEY_TAIL);
	struct tail_record left = {0};
	struct str buf = STR_INIT;
	uint64_t *numbers = NULL;
	size_t n = 0, cap = 0;
	struct iter it;
	iter_init(&it, t, &prefix);
	while (iter_next(&it) > 0)
		*vec_push(numbers, n, cap) = key_get64(it.key.p, it.key.n, 0);
	iter_release(&it);
	for (size_t i = 0; i < n && !txn_failed(t, NULL); i++)
		drop_sections(&(struct use){t, numbers[i]}, &left, &buf);
	free(numbers);
	tail_record_release(&left);
	str_release(&buf);
}

static void
drop_alerts(struct txn *t, const char *run)
{
	struct key prefix = key_type(KEY_ALERT);
	struct alert a;
	struct iter it;
	iter_init(&it, t, &prefix);
	for (int rc = iter_next(&it); rc > 0;)
		rc = alert_unpack(&a, &it.val) && strcmp(a.run, run) == 0 ? iter_del(&it)
									  : iter_next(&it);
	iter_release(&it);
}

/* What nobody was told of it yet is of no interest any more. */
static void
drop_outbox(struct txn *t, const char *run)
{
	struct key prefix = key_type(KEY_OUTBOX);
	struct iter it;
	iter_init(&it, t, &prefix);
	for (int rc = iter_next(&it); rc > 0;) {
		char *key = xstrndup((const char *)it.key.p + 1, it.key.n - 1);
		char *its = outbox_record_run(key, it.val.p, it.val.n);
		rc = its && strcmp(its, run) == 0 ? iter_del(&it) : iter_next(&it);
		free(its);
		free(key);
	}
	iter_release(&it);
}

static int
drop_run(struct txn *t, void *ctx)
{
	const char *path = ctx;
	struct key k = key_text(KEY_RUN, path);
	struct ids logs = {0};
	struct run_rec r;
	struct bytes v;
	int rc = db_get(t, &k, &v);
	if (rc == 0)
		return txn_fail(t, ERR_NOTFOUND, "there is no run %s", path);
	if (rc < 0)
		return rc;
	if (!run_rec_unpack(&r, &v))
		return txn_fail(t, ERR_CORRUPT, "the store is damaged: a record of a run");
	uint32_t id = r.info.id;
	collect_logs(t, id, &logs);
	for (size_t i = 0; i < logs.n; i++)
		drop_log(t, logs.v[i]);
	drop_alerts(t, path);
	drop_outbox(t, path);
	drop_tail(t);
	drop(t, of_run, COUNT(of_run), id);
	db_del(t, &k);
	free(logs.v);
	return 0;
}

/* Deletes what FN finds under PATH, when nothing else goes on. */
static int delete (struct store *st, int (*fn)(struct txn *t, void *ctx), const char *path,
		   struct err *e)
{
	struct db *db = store_idle_db(st, e);
	if (!db)
		return e ? e->code : ERR_BUSY;
	int code = db_write(db, fn, (void *)(uintptr_t)path, NULL, e);
	store_forget_memory(st);
	return code;
}

int
store_forget(struct store *st, const char *path, struct err *e)
{
	return delete (st, drop_run, path, e);
}

static int
drop_root(struct txn *t, void *ctx)
{
	const char *dir = ctx;
	struct key k = key_text(KEY_ROOT, dir);
	struct bytes v;
	int rc = db_get(t, &k, &v);
	if (rc == 0)
		return txn_fail(t, ERR_NOTFOUND, "%s is not watched", dir);
	if (rc > 0)
		db_del(t, &k);
	return rc < 0 ? rc : 0;
}

int
store_unroot(struct store *st, const char *dir, struct err *e)
{
	return delete (st, drop_root, dir, e);
}
