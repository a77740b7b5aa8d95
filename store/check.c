/* Every invariant, judged from what is kept alone: the pages of the file; the checksum of every
 * value; each key against what it belongs to; what series, logs and runs say of themselves against
 * the points. It goes on after the first thing that is wrong, for the second may explain it; only
 * when pages are damaged nothing else is looked at, for LMDB would stumble. */
#include "store/check.h"

#include "core/outbox.h"
#include "core/xalloc.h"
#include "store/field.h"
#include "store/hists.h"
#include "store/pyramid.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
wrong(struct check *c, const char *fmt, ...)
{
	char text[400];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	c->wrong++;
	if (c->fn)
		c->fn(c->ctx, text);
}

bool
check_failed(struct check *c)
{
	struct err e;

	if (!txn_failed(c->sn->t, &e))
		return false;
	wrong(c, "%s", e.text);
	txn_forgive(c->sn->t);
	return true;
}

static void
bad_checksum(void *ctx, const struct bytes *key)
{
	wrong(ctx, "checksum of a record of type %c, %zu bytes of key",
	      key->n ? *(const char *)key->p : '?', key->n);
}

/* ---- what a key belongs to ------------------------------------------------------------------- */

static bool
key_is(const struct iter *it, const struct key *k)
{
	return it->key.n == k->n && !memcmp(it->key.p, k->b, k->n);
}

static uint32_t
number_at(const struct iter *it, size_t at)
{
	return key_get32(it->key.p, it->key.n, at);
}

static bool
run_exists(struct check *c, uint32_t id)
{
	struct run_info run;

	return snap_run(c->sn, id, &run);
}

static bool
log_exists(struct check *c, uint32_t id)
{
	struct log_rec log;

	return snap_log(c->sn, id, &log);
}

/* Chunks come in order of series: each is looked up once. */
static uint32_t
chunks_of(struct check *c, uint32_t series)
{
	struct series_rec r;

	if (series != c->series) {
		c->series = series;
		c->chunks = snap_series_rec(c->sn, series, &r) ? r.chunks : 0;
	}
	return c->chunks;
}

/* ---- types of keys --------------------------------------------------------------------------- */

/* Each returns NULL or what is wrong; longer stories are told at once. */

static const char *
check_alert(struct check *c, const struct iter *it)
{
	struct alert a;

	(void)c;
	if (!alert_unpack(&a, &it->val))
		return "cannot be read";
	struct key k = key_alert(a.rule, a.run, a.metric);
	return key_is(it, &k) ? NULL : "lies under another's key";
}

/* Of logs that were forgotten it may still hold rows, which no chain leads to. */
static const char *
check_tail(struct check *c, const struct iter *it)
{
	(void)c;
	return tail_record_logs(&it->val, key_get64(it->key.p, it->key.n, 0)) < 0 ? "cannot be read"
										  : NULL;
}

static const char *
check_series(struct check *c, const struct iter *it)
{
	struct series_rec r;
	struct log_rec log;

	if (!series_rec_unpack(&r, &it->val))
		return "cannot be read";
	if (!snap_log(c->sn, number_at(it, 0), &log) || number_at(it, 4) >= log.columns)
		return "is of a log that does not have it";
	return r.id < c->next_series ? NULL : "has a number that was not given yet";
}

static const char *
check_of_run(struct check *c, const struct iter *it)
{
	return run_exists(c, number_at(it, 0)) ? NULL : "is of a run that does not exist";
}

static const char *
check_of_log(struct check *c, const struct iter *it)
{
	return log_exists(c, number_at(it, 0)) ? NULL : "is of a log that does not exist";
}

static const char *
check_past(struct check *c, const struct iter *it)
{
	struct run_rec past;
	struct run_info run;

	if (!run_rec_unpack(&past, &it->val))
		return "cannot be read";
	if (!snap_run(c->sn, number_at(it, 0), &run))
		return "is of a run that does not exist";
	if (past.info.id != number_at(it, 0) || past.info.attempt != number_at(it, 4))
		return "lies under another's key";
	return number_at(it, 4) < run.attempt ? NULL : "is of an attempt that is still to come";
}

static uint32_t
count(struct check *c, const struct key *prefix)
{
	struct iter it;
	uint32_t n = 0;

	iter_init(&it, c->sn->t, prefix);
	while (iter_next(&it) > 0)
		n++;
	iter_release(&it);
	return n;
}

/* What a log says it has beside rows. */
static void
check_log_parts(struct check *c, const struct log_rec *log)
{
	struct key remarks = key_id(KEY_REMARK, log->id), goals = key_id(KEY_GOAL, log->id);
	struct bytes v;

	if (log_rec_state(log, c->sn->t, &v) < 0)
		check_failed(c);
	if (count(c, &remarks) != (log->remarks < REMARKS_KEPT ? log->remarks : REMARKS_KEPT))
		wrong(c, "log %u (%.200s): its remarks", log->id, log->path);
	if (log->goals && !count(c, &goals))
		wrong(c, "log %u (%.200s): the directions of its series", log->id, log->path);
}

static const char *
check_log_key(struct check *c, const struct iter *it)
{
	struct log_rec log;

	if (!log_rec_unpack(&log, &it->val))
		return "cannot be read";
	if (log.id != number_at(it, 0))
		return "lies under another's key";
	check_log(c, &log);
	check_log_parts(c, &log);
	return log.id < c->next_log ? NULL : "has a number that was not given yet";
}

/* What a run says it has beside points. */
static void
check_run_parts(struct check *c, const struct run_rec *r)
{
	uint32_t id = r->info.id;
	struct key params = key_id(KEY_PARAMS, id), pasts = key_id(KEY_PAST, id),
		   logs = key_id(KEY_RUN_LOG, id);
	struct bytes v;

	if (r->nparams &&
	    (db_get(c->sn->t, &params, &v) <= 0 || v.n < 4 || load_u32(v.p) != r->nparams))
		wrong(c, "run %u (%.200s): its parameters", id, r->info.path);
	if (count(c, &pasts) != r->pasts)
		wrong(c, "run %u (%.200s): its older attempts", id, r->info.path);
	if (count(c, &logs) != r->nlogs)
		wrong(c, "run %u (%.200s): its logs", id, r->info.path);
}

static void
check_run_points(struct check *c, const struct run_info *run)
{
	struct key prefix = key_pair(KEY_RUN_LOG, run->id, 0);
	struct iter it;
	uint64_t points = 0;
	size_t logs = 0;

	prefix.n -= 4;
	iter_init(&it, c->sn->t, &prefix);
	while (iter_next(&it) > 0) {
		struct log_rec log;
		logs++;
		if (!snap_log(c->sn, number_at(&it, 4), &log))
			continue;
		for (uint32_t i = 0; i < log.nattempts; i++) {
			struct log_attempt a = log_rec_attempt(&log, i);
			if (a.attempt == run->attempt)
				points += a.points;
		}
	}
	iter_release(&it);
	if (!logs)
		wrong(c, "run %u (%.200s) has no log", run->id, run->path);
	if (points != run->points)
		wrong(c, "run %u (%.200s): %" PRIu64 " points, its record says %" PRIu64, run->id,
		      run->path, points, run->points);
}

static const char *
check_run(struct check *c, const struct iter *it)
{
	struct run_rec r;
	struct bytes v;

	if (!run_rec_unpack(&r, &it->val))
		return "cannot be read";
	struct key k = key_text(KEY_RUN, r.info.path), id = key_id(KEY_RUN_ID, r.info.id);
	if (!key_is(it, &k))
		return "lies under another's key";
	if (db_get(c->sn->t, &id, &v) <= 0 || v.n != strlen(r.info.path) + 1 ||
	    memcmp(v.p, r.info.path, v.n) != 0)
		wrong(c, "run %u is not found by its number", r.info.id);
	check_run_points(c, &r.info);
	check_run_parts(c, &r);
	return r.info.id < c->next_run ? NULL : "has a number that was not given yet";
}

static const char *
check_chunk(struct check *c, const struct iter *it)
{
	return number_at(it, 4) < chunks_of(c, number_at(it, 0)) ? NULL : "belongs to no series";
}

static const char *
check_node(struct check *c, const struct iter *it)
{
	uint32_t chunks = chunks_of(c, number_at(it, 0)), n = chunks ? chunks - 1 : 0;
	unsigned level = it->key.n == 10 ? ((const unsigned char *)it->key.p)[5] : UINT8_MAX;

	if (!n || level > pyramid_top(n))
		return "belongs to no series";
	for (unsigned i = 0; i < level; i++)
		n = (n + NODE_FAN - 1) / NODE_FAN;
	return number_at(it, 5) < (n + NODE_FAN - 1) / NODE_FAN ? NULL : "belongs to no series";
}

static const char *
check_hist(struct check *c, const struct iter *it)
{
	uint64_t row = key_get64(it->key.p, it->key.n, 8), rows = 0;
	struct log_rec log;
	struct hist_info info;
	struct hist h;
	double *buf = NULL;
	bool ok = hist_unpack(&it->val, &info, &buf, &h);

	free(buf);
	if (!ok)
		return "cannot be read";
	if (!snap_log(c->sn, number_at(it, 0), &log) || number_at(it, 4) >= log.columns)
		return "belongs to no series";
	if (log.nattempts) {
		struct log_attempt last = log_rec_attempt(&log, log.nattempts - 1);
		rows = last.first_row + last.rows;
	}
	return row < rows ? NULL : "belongs to no row";
}

static const char *
check_number(struct check *c, const struct iter *it)
{
	struct series_rec r;

	if (!snap_series_rec(c->sn, number_at(it, 0), &r))
		return "leads to no series";
	return r.id == number_at(it, 0) ? NULL : "leads to another series";
}

static const char *
check_remark(struct check *c, const struct iter *it)
{
	struct remark_info r;
	struct log_rec log;

	if (!remark_unpack(&r, &it->val))
		return "cannot be read";
	if (!snap_log(c->sn, number_at(it, 0), &log))
		return "is of a log that does not exist";
	return number_at(it, 4) < log.remarks ? NULL : "is one more than its log has";
}

static const char *
check_goal(struct check *c, const struct iter *it)
{
	struct log_rec log;

	if (it->val.n != 1 || *(const uint8_t *)it->val.p > GOAL_MAX)
		return "cannot be read";
	if (!snap_log(c->sn, number_at(it, 0), &log))
		return "is of a log that does not exist";
	return log.goals && number_at(it, 4) < log.columns ? NULL : "is of no series";
}

static const char *
check_run_log(struct check *c, const struct iter *it)
{
	struct log_rec log;

	if (!run_exists(c, number_at(it, 0)))
		return "is of a run that does not exist";
	if (!snap_log(c->sn, number_at(it, 4), &log))
		return "leads to a log that does not exist";
	return log.run == number_at(it, 0) ? NULL : "leads to a log of another run";
}

static const char *
check_name(struct check *c, const struct iter *it)
{
	struct key k = key_pair(KEY_SERIES, number_at(it, 0), number_at(it, 12)), name;
	struct series_rec r;
	struct bytes v;

	if (db_get(c->sn->t, &k, &v) <= 0 || !series_rec_unpack(&r, &v))
		return "leads to no series";
	name = key_name(r.log, r.name, strlen(r.name), r.column);
	return key_is(it, &name) ? NULL : "leads to a series of another name";
}

static const char *
text_of(const struct iter *it)
{
	const char *p = it->val.p;

	return it->val.n && strnlen(p, it->val.n) == it->val.n - 1 ? p : NULL;
}

static const char *
check_root(struct check *c, const struct iter *it)
{
	const char *path = text_of(it);

	(void)c;
	if (!path)
		return "cannot be read";
	struct key k = key_text(KEY_ROOT, path);
	return key_is(it, &k) ? NULL : "lies under another's key";
}

static const char *
check_log_path(struct check *c, const struct iter *it)
{
	struct log_rec log;

	if (it->val.n != 4 || !snap_log(c->sn, load_u32(it->val.p), &log))
		return "leads to no log";
	struct key k = key_text(KEY_LOG_PATH, log.path);
	return key_is(it, &k) ? NULL : "leads to a log of another path";
}

static const char *
check_run_id(struct check *c, const struct iter *it)
{
	const char *path = text_of(it);
	struct run_info run;

	if (!path || !snap_run_by_path(c->sn, path, &run))
		return "leads to no run";
	return run.id == number_at(it, 0) ? NULL : "leads to another run";
}

static const char *
check_skipped(struct check *c, const struct iter *it)
{
	const char *path, *reason;

	(void)c;
	if (!skipped_unpack(&path, &reason, &it->val))
		return "cannot be read";
	struct key k = key_text(KEY_SKIPPED, path);
	return key_is(it, &k) ? NULL : "lies under another's key";
}

static const char *
check_outbox(struct check *c, const struct iter *it)
{
	char *key = xstrndup((const char *)it->key.p + 1, it->key.n - 1);
	char *run = outbox_record_run(key, it->val.p, it->val.n);
	const char *wrong = run ? NULL : "cannot be read";

	(void)c;
	free(run);
	free(key);
	return wrong;
}

static const char *
check_checkpoint(struct check *c, const struct iter *it)
{
	struct checkpoint ck;
	const char *path;

	(void)c;
	if (!checkpoint_unpack(&path, &ck, &it->val))
		return "cannot be read";
	struct key k = key_text(KEY_CHECKPOINT, path);
	return key_is(it, &k) ? NULL : "lies under another's key";
}

static const char *
check_nothing(struct check *c, const struct iter *it)
{
	(void)c;
	(void)it;
	return NULL;
}

static const struct type {
	enum key_type key;
	size_t n; /* bytes of a key; 0: any */
	const char *what;
	const char *(*check)(struct check *c, const struct iter *it);
} types[] = {
	{KEY_ALERT, 17, "an alert", check_alert},
	{KEY_TAIL, 9, "a record of the tail", check_tail},
	{KEY_SERIES, 9, "a series", check_series},
	{KEY_PARAMS, 5, "a set of parameters", check_of_run},
	{KEY_LOG, 5, "a log", check_log_key},
	{KEY_META, 0, "a word about the store", check_nothing},
	{KEY_PAST, 9, "an older attempt", check_past},
	{KEY_RUN, 0, "a run", check_run},
	{KEY_AXIS, 13, "an axis chunk", check_of_log},
	{KEY_CHUNK, 9, "a chunk", check_chunk},
	{KEY_NODE, 10, "a block of nodes", check_node},
	{KEY_HIST, 17, "a histogram", check_hist},
	{KEY_GOAL, 9, "the direction of a series", check_goal},
	{KEY_STATE, 5, "the state of a parser", check_of_log},
	{KEY_NUMBER, 5, "the number of a series", check_number},
	{KEY_REMARK, 9, "a remark", check_remark},
	{KEY_RUN_LOG, 9, "a log of a run", check_run_log},
	{KEY_NAME, 17, "the name of a series", check_name},
	{KEY_OUTBOX, 0, "a record of the outbox", check_outbox},
	{KEY_ROOT, 0, "a root", check_root},
	{KEY_LOG_PATH, 0, "the path of a log", check_log_path},
	{KEY_RUN_ID, 5, "the number of a run", check_run_id},
	{KEY_SKIPPED, 0, "a file left alone", check_skipped},
	{KEY_CHECKPOINT, 0, "a checkpoint", check_checkpoint},
};

static const struct type *
type_of(const struct iter *it)
{
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (it->key.n && *(const unsigned char *)it->key.p == types[i].key &&
		    (!types[i].n || it->key.n == types[i].n))
			return &types[i];
	return NULL;
}

/* ---- everything ------------------------------------------------------------------------------ */

static void
check_keys(struct check *c)
{
	struct key all = {0};
	struct iter it;

	iter_init(&it, c->sn->t, &all);
	while (iter_next(&it) > 0) {
		const struct type *t = type_of(&it);
		if (!t) {
			wrong(c, "a key of no known type, of %zu bytes", it.key.n);
			continue;
		}
		const char *said = t->check(c, &it);
		if (said)
			wrong(c, "%s (%u, %u) %s", t->what, number_at(&it, 0), number_at(&it, 4),
			      said);
		check_failed(c);
	}
	iter_release(&it);
}

static void
load_ids(struct check *c)
{
	struct key k = key_text(KEY_META, "ids");
	struct bytes v;
	struct take u;

	if (db_get(c->sn->t, &k, &v) <= 0)
		return;
	take_init(&u, v.p, v.n);
	c->next_log = take_u32(&u);
	c->next_run = take_u32(&u);
	c->next_series = take_u32(&u);
}

static void
bad_page(void *ctx, const char *text)
{
	wrong(ctx, "%s", text);
}

/* A snapshot whose meta page is still there, so that its pages can be walked. */
static int
begin(struct check *c, struct store *st, struct err *e)
{
	for (int i = 0;; i++) {
		int rc = snap_begin(st, &c->sn, e);
		if (rc)
			return rc;
		if (txn_check_pages(c->sn->t, bad_page, c) >= 0 || i == 100)
			return 0;
		snap_end(c->sn);
	}
}

int
store_check(struct store *st, void (*fn)(void *ctx, const char *wrong), void *ctx, struct err *e)
{
	struct check c = {.fn = fn, .ctx = ctx};
	int rc = begin(&c, st, e);

	if (rc)
		return rc;
	if (!c.wrong) {
		txn_tolerate(c.sn->t, bad_checksum, &c);
		load_ids(&c);
		check_keys(&c);
		rc = snap_failed(c.sn, e);
	}
	snap_end(c.sn);
	return rc ? rc : c.wrong;
}
