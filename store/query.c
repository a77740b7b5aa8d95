/* Lists: runs, logs, what was remarked, skipped, registered, fired. Each is a walk over one type of
 * key. */
#include "store/store.h"

#include "core/xalloc.h"
#include "store/field.h"
#include "store/snap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Calls FN with each value of a type; stops when it returns non-zero, and returns that. */
static int
each(struct snap *sn, const struct key *prefix, int (*fn)(void *ctx, const struct iter *it),
     void *ctx)
{
	struct iter_ahead ahead;
	struct iter it;
	int rc = 0;

	iter_init(&it, sn->t, prefix);
	iter_look_ahead(&it, &ahead);
	while (!rc && iter_next(&it) > 0)
		rc = fn(ctx, &it);
	iter_release(&it);
	int code = snap_failed(sn, NULL);
	return code ? code : rc;
}

/* A record that checks and yet cannot be read was written by another version: it is passed over. */
struct call {
	struct snap *sn;
	void *ctx;
	union {
		int (*run)(void *ctx, const struct run_info *r);
		int (*param)(void *ctx, const char *key, const char *value);
		int (*log)(void *ctx, const struct log_info *li);
		int (*remark)(void *ctx, const struct remark_info *r);
		int (*skipped)(void *ctx, const char *path, const char *reason);
		int (*checkpoint)(void *ctx, const char *path, const struct checkpoint *c);
		int (*alert)(void *ctx, const struct alert *a);
		int (*outbox)(void *ctx, const char *key, const void *p, size_t n);
		int (*root)(void *ctx, const char *path);
	} fn;
};

/* ---- runs ------------------------------------------------------------------------------------ */

static int
on_run(void *ctx, const struct iter *it)
{
	const struct call *c = ctx;
	struct run_info r;

	return run_rec_info(&r, &it->val) ? c->fn.run(c->ctx, &r) : 0;
}

int
snap_runs(struct snap *sn, int (*fn)(void *ctx, const struct run_info *r), void *ctx)
{
	struct call c = {.sn = sn, .ctx = ctx, .fn.run = fn};
	struct key prefix = key_type(KEY_RUN);

	return each(sn, &prefix, on_run, &c);
}

/* Ids are given one after the other, and never twice. */
size_t
snap_runs_most(struct snap *sn)
{
	struct key prefix = key_type(KEY_RUN_ID), last = key_id(KEY_RUN_ID, UINT32_MAX);
	struct iter it;
	size_t n = 0;

	iter_init(&it, sn->t, &prefix);
	if (iter_seek_back(&it, &last) > 0)
		n = (size_t)key_get32(it.key.p, it.key.n, 0) + 1;
	iter_release(&it);
	return n;
}

static bool
get_rec(struct snap *sn, const struct key *k, struct run_rec *out)
{
	struct bytes v;

	return db_get(sn->t, k, &v) > 0 && run_rec_unpack(out, &v);
}

static bool
get_run(struct snap *sn, const struct key *k, struct run_info *out)
{
	struct bytes v;

	return db_get(sn->t, k, &v) > 0 && run_rec_info(out, &v);
}

bool
snap_run_by_path(struct snap *sn, const char *path, struct run_info *out)
{
	struct key k = key_text(KEY_RUN, path);

	return get_run(sn, &k, out);
}

bool
snap_spark(struct snap *sn, const char *path, struct spark *out)
{
	struct key k = key_text(KEY_RUN, path);
	struct run_rec r;

	if (!get_rec(sn, &k, &r))
		return false;
	*out = r.info.loss.name[0] ? r.loss_spark : r.headline_spark;
	return true;
}

bool
snap_pace(struct snap *sn, const char *path, struct pace *out)
{
	struct key k = key_text(KEY_RUN, path);
	struct run_rec r;

	if (!get_rec(sn, &k, &r))
		return false;
	*out = r.pace;
	return true;
}

static const char *
text_of(const struct bytes *v)
{
	return v->n && ((const char *)v->p)[v->n - 1] == '\0' ? v->p : NULL;
}

bool
snap_run(struct snap *sn, uint32_t id, struct run_info *out)
{
	struct key k = key_id(KEY_RUN_ID, id);
	struct bytes v;

	if (db_get(sn->t, &k, &v) <= 0 || !text_of(&v))
		return false;
	return snap_run_by_path(sn, v.p, out);
}

uint32_t
snap_newest(struct snap *sn, uint32_t run)
{
	struct run_info r;

	return snap_run(sn, run, &r) ? r.attempt : 0;
}

void
run_info_evidence(const struct run_info *r, struct run_evidence *ev)
{
	memset(ev, 0, sizeof *ev);
	ev->first_us = r->first_us;
	ev->last_us = r->last_us;
	ev->last_arrival_us = r->last_arrival_us;
	ev->last_step = r->last_step;
	ev->total = r->total;
	ev->points = r->points;
	ev->step_from_zero = r->first_step == 0;
	ev->loss_bad = r->loss.name[0] && !isfinite(r->loss.last);
	ev->gone = r->gone;
	ev->writing = r->writing;
	ev->said = r->said;
	ev->limits = r->limits;
}

/* An attempt that the run was never seen in (its logs came from another run): what the logs
 * know. */
static bool
attempt_from_logs(struct snap *sn, uint32_t id, uint32_t attempt, struct run_info *out)
{
	struct key prefix = key_pair(KEY_RUN_LOG, id, 0);
	struct iter it;
	bool any = false;

	prefix.n -= 4;
	out->points = 0;
	out->metrics = 0;
	out->first_us = out->last_us = 0;
	out->unit = STEP_NONE;
	out->loss = out->headline = (struct glance){.name = "", .last = NAN, .best = NAN};
	iter_init(&it, sn->t, &prefix);
	while (iter_next(&it) > 0) {
		struct log_rec r;
		if (!snap_log(sn, key_get32(it.key.p, it.key.n, 4), &r))
			continue;
		for (uint32_t i = 0; i < r.nattempts; i++) {
			struct log_attempt a = log_rec_attempt(&r, i);
			if (a.attempt != attempt || !a.rows)
				continue;
			out->points += a.points;
			if (!any || a.unit < out->unit) {
				out->unit = a.unit;
				out->first_step = a.first_step;
				out->last_step = a.last_step;
			}
			if (a.first_us && (!out->first_us || a.first_us < out->first_us))
				out->first_us = a.first_us;
			if (a.last_us > out->last_us)
				out->last_us = a.last_us;
			any = true;
		}
	}
	iter_release(&it);
	out->attempt = attempt;
	return any;
}

bool
snap_run_rec(struct snap *sn, uint32_t id, struct run_rec *out)
{
	struct key k = key_id(KEY_RUN_ID, id);
	struct bytes v;

	if (db_get(sn->t, &k, &v) <= 0 || !text_of(&v))
		return false;
	k = key_text(KEY_RUN, v.p);
	return db_get(sn->t, &k, &v) > 0 && run_rec_unpack(out, &v);
}

static uint32_t
count(struct snap *sn, const struct key *prefix)
{
	struct iter it;
	uint32_t n = 0;

	iter_init(&it, sn->t, prefix);
	while (iter_next(&it) > 0)
		n++;
	iter_release(&it);
	return n;
}

/* One that is missing was never there, or is lost. */
static bool
pasts_complete(struct snap *sn, uint32_t id)
{
	struct key prefix = key_id(KEY_PAST, id);
	struct run_rec r;

	if (!snap_run_rec(sn, id, &r))
		return false;
	return count(sn, &prefix) == r.pasts ||
	       !txn_fail(sn->t, ERR_CORRUPT, "the store is damaged: older attempts of run %u", id);
}

bool
snap_run_attempt(struct snap *sn, uint32_t id, uint32_t attempt, struct run_info *out)
{
	struct key k = key_pair(KEY_PAST, id, attempt);
	struct run_info newest;

	if (!snap_run(sn, id, &newest))
		return false;
	if (attempt == newest.attempt) {
		*out = newest;
		return true;
	}
	if (get_run(sn, &k, out)) {
		out->path = newest.path; /* it may have moved since */
		out->attempts = newest.attempts;
		return true;
	}
	if (!pasts_complete(sn, id))
		return false;
	*out = newest;
	return attempt_from_logs(sn, id, attempt, out);
}

struct told {
	int (*fn)(void *ctx, const char *key, const char *value);
	void *ctx;
};

static int
only_told(void *ctx, const char *key, const char *value)
{
	const struct told *t = ctx;
	return *key == RUN_CONCLUDED ? 0 : t->fn(t->ctx, key, value);
}

int
snap_params(struct snap *sn, uint32_t run, int (*fn)(void *ctx, const char *key, const char *value),
	    void *ctx)
{
	struct key k = key_id(KEY_PARAMS, run);
	struct run_rec r;
	struct bytes v;

	if (!snap_run_rec(sn, run, &r) || !r.nparams)
		return snap_failed(sn, NULL);
	if (db_get(sn->t, &k, &v) <= 0)
		return txn_fail(sn->t, ERR_CORRUPT, "the store is damaged: parameters of run %u",
				run);
	struct told told = {fn, ctx};
	return params_each(&v, only_told, &told);
}

/* ---- logs ------------------------------------------------------------------------------------ */

bool
snap_log(struct snap *sn, uint32_t log, struct log_rec *out)
{
	struct key k = key_id(KEY_LOG, log);
	struct bytes v;

	return db_get(sn->t, &k, &v) > 0 && log_rec_unpack(out, &v);
}

enum goal
snap_goal(struct snap *sn, const struct log_rec *log, uint32_t column)
{
	struct key k = key_pair(KEY_GOAL, log->id, column);
	struct bytes v;

	if (!log->goals || db_get(sn->t, &k, &v) <= 0 || v.n != 1)
		return GOAL_NONE;
	uint8_t goal = *(const uint8_t *)v.p;
	return goal <= GOAL_MAX ? (enum goal)goal : GOAL_NONE;
}

static int
on_log_path(void *ctx, const struct iter *it)
{
	const struct call *c = ctx;
	struct log_rec r;
	struct bytes v;
	struct log_info li = {0};
	int rc;

	if (it->val.n != 4 || !snap_log(c->sn, load_u32(it->val.p), &r))
		return 0;
	struct key k = key_id(KEY_RUN_ID, r.run);
	if (db_get(c->sn->t, &k, &v) <= 0 || !text_of(&v))
		return 0;
	li.id = r.id;
	li.path = r.path;
	li.run = v.p;
	li.format = r.format;
	li.reason = r.reason;
	li.cur = r.cur;
	if (r.nattempts) {
		struct log_attempt a = log_rec_attempt(&r, r.nattempts - 1);
		li.attempt = a.attempt;
		li.rows = a.rows;
		li.stepped_us = attempt_stepped_us(&a, r.cur.mtime_us);
	}
	li.points = r.points;
	li.remarks = r.remarks;
	li.columns = r.columns;
	li.gone = r.gone;
	li.writing = r.writing;
	li.said = r.said;
	rc = log_rec_state(&r, c->sn->t, &v);
	if (rc < 0)
		return rc;
	if (rc) {
		li.cur.state = v.p;
		li.cur.nstate = v.n;
	}
	return c->fn.log(c->ctx, &li);
}

int
snap_logs(struct snap *sn, int (*fn)(void *ctx, const struct log_info *li), void *ctx)
{
	struct call c = {.sn = sn, .ctx = ctx, .fn.log = fn};
	struct key prefix = key_type(KEY_LOG_PATH);

	return each(sn, &prefix, on_log_path, &c);
}

static int
on_remark(void *ctx, const struct iter *it)
{
	const struct call *c = ctx;
	struct remark_info r;

	return remark_unpack(&r, &it->val) ? c->fn.remark(c->ctx, &r) : 0;
}

int
snap_remarks(struct snap *sn, uint32_t log, int (*fn)(void *ctx, const struct remark_info *r),
	     void *ctx)
{
	struct call c = {.sn = sn, .ctx = ctx, .fn.remark = fn};
	struct key prefix = key_id(KEY_REMARK, log);
	struct log_rec r;

	if (!snap_log(sn, log, &r))
		return snap_failed(sn, NULL);
	if (count(sn, &prefix) < (r.remarks < REMARKS_KEPT ? r.remarks : REMARKS_KEPT))
		return txn_fail(sn->t, ERR_CORRUPT, "the store is damaged: remarks of log %u", log);
	return each(sn, &prefix, on_remark, &c);
}

/* ---- the rest -------------------------------------------------------------------------------- */

static int
on_skipped(void *ctx, const struct iter *it)
{
	const struct call *c = ctx;
	const char *path, *reason;

	return skipped_unpack(&path, &reason, &it->val) ? c->fn.skipped(c->ctx, path, reason) : 0;
}

int
snap_skipped(struct snap *sn, int (*fn)(void *ctx, const char *path, const char *reason), void *ctx)
{
	struct call c = {.sn = sn, .ctx = ctx, .fn.skipped = fn};
	struct key prefix = key_type(KEY_SKIPPED);

	return each(sn, &prefix, on_skipped, &c);
}

static int
on_checkpoint(void *ctx, const struct iter *it)
{
	const struct call *c = ctx;
	struct checkpoint ck;
	const char *path;

	return checkpoint_unpack(&path, &ck, &it->val) ? c->fn.checkpoint(c->ctx, path, &ck) : 0;
}

int
snap_checkpoints(struct snap *sn,
		 int (*fn)(void *ctx, const char *path, const struct checkpoint *c), void *ctx)
{
	struct call c = {.sn = sn, .ctx = ctx, .fn.checkpoint = fn};
	struct key prefix = key_type(KEY_CHECKPOINT);

	return each(sn, &prefix, on_checkpoint, &c);
}

static int
on_alert(void *ctx, const struct iter *it)
{
	const struct call *c = ctx;
	struct alert a;

	return alert_unpack(&a, &it->val) ? c->fn.alert(c->ctx, &a) : 0;
}

int
snap_alerts(struct snap *sn, int (*fn)(void *ctx, const struct alert *a), void *ctx)
{
	struct call c = {.sn = sn, .ctx = ctx, .fn.alert = fn};
	struct key prefix = key_type(KEY_ALERT);

	return each(sn, &prefix, on_alert, &c);
}

static int
count_notice(void *ctx, const struct iter *it)
{
	*(uint64_t *)ctx += it->key.n > 1 && ((const char *)it->key.p)[1] == 'n';
	return 0;
}

uint64_t
snap_waiting(struct snap *sn)
{
	struct key prefix = key_type(KEY_OUTBOX);
	uint64_t n = 0;

	each(sn, &prefix, count_notice, &n);
	return n;
}

static int
on_outbox(void *ctx, const struct iter *it)
{
	const struct call *c = ctx;
	char *key = xstrndup((const char *)it->key.p + 1, it->key.n - 1);
	int rc = c->fn.outbox(c->ctx, key, it->val.p, it->val.n);

	free(key);
	return rc;
}

int
snap_outbox(struct snap *sn, int (*fn)(void *ctx, const char *key, const void *p, size_t n),
	    void *ctx)
{
	struct call c = {.sn = sn, .ctx = ctx, .fn.outbox = fn};
	struct key prefix = key_type(KEY_OUTBOX);

	return each(sn, &prefix, on_outbox, &c);
}

static int
on_root(void *ctx, const struct iter *it)
{
	const struct call *c = ctx;

	return text_of(&it->val) ? c->fn.root(c->ctx, it->val.p) : 0;
}

int
snap_roots(struct snap *sn, int (*fn)(void *ctx, const char *path), void *ctx)
{
	struct call c = {.sn = sn, .ctx = ctx, .fn.root = fn};
	struct key prefix = key_type(KEY_ROOT);

	return each(sn, &prefix, on_root, &c);
}
