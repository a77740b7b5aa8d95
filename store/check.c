/* Every invariant, judged from what is kept alone: checksums; each index against what it leads to;
 * rows without gaps; what series, logs and runs say of themselves against the points. It goes on
 * after the first thing that is wrong, for the second may explain it. */
#include "store/check.h"

#include "store/hists.h"

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

/* ---- everything ------------------------------------------------------------------------------ */

static void
check_run(struct check *c, const struct run_rec *r)
{
	struct key k = key_id(KEY_RUN_ID, r->info.id),
		   prefix = key_pair(KEY_RUN_LOG, r->info.id, 0);
	struct bytes v;
	struct iter it;
	uint64_t points = 0;
	size_t logs = 0;

	if (db_get(c->sn->t, &k, &v) <= 0 || !v.n || strcmp(v.p, r->info.path))
		wrong(c, "run %u is not found by its number", r->info.id);
	prefix.n -= 4;
	iter_init(&it, c->sn->t, &prefix);
	while (iter_next(&it) > 0) {
		struct log_rec log;
		uint32_t id = key_get32(it.key.p, it.key.n, 4);
		logs++;
		if (!snap_log(c->sn, id, &log)) {
			wrong(c, "run %u lists log %u, which does not exist", r->info.id, id);
			continue;
		}
		for (uint32_t i = 0; i < log.nattempts; i++) {
			struct log_attempt a = log_rec_attempt(&log, i);
			if (a.attempt == r->info.attempt)
				points += a.points;
		}
	}
	iter_release(&it);
	if (!logs)
		wrong(c, "run %u (%.200s) has no log", r->info.id, r->info.path);
	if (points != r->info.points)
		wrong(c, "run %u (%.200s): %" PRIu64 " points, its record says %" PRIu64,
		      r->info.id, r->info.path, points, r->info.points);
}

/* A histogram belongs to a row. */
static bool
check_hist(struct check *c, const struct iter *it)
{
	uint32_t id = key_get32(it->key.p, it->key.n, 0),
		 column = key_get32(it->key.p, it->key.n, 4);
	uint64_t row = key_get64(it->key.p, it->key.n, 8);
	struct log_rec log;
	struct hist_info info;
	struct hist h;
	double *buf = NULL;
	uint64_t rows = 0;
	bool ok = hist_unpack(&it->val, &info, &buf, &h);

	free(buf);
	if (snap_log(c->sn, id, &log) && log.nattempts) {
		struct log_attempt last = log_rec_attempt(&log, log.nattempts - 1);
		rows = last.first_row + last.rows;
	}
	if (row >= rows || column >= log.columns)
		wrong(c, "a histogram of row %llu in log %u, which has none such",
		      (unsigned long long)row, id);
	return ok;
}

/* Each key of a type, read or reported. */
static void
check_type(struct check *c, enum key_type type)
{
	struct key prefix = key_type(type);
	struct iter it;

	iter_init(&it, c->sn->t, &prefix);
	while (iter_next(&it) > 0) {
		union {
			struct run_rec run;
			struct log_rec log;
			struct series_rec series;
			struct alert alert;
			struct remark_info remark;
		} r;
		const char *a, *b;
		bool ok = true;
		switch (type) {
		case KEY_RUN:
			ok = run_rec_unpack(&r.run, &it.val);
			if (ok)
				check_run(c, &r.run);
			break;
		case KEY_PAST:
			ok = run_rec_unpack(&r.run, &it.val);
			break;
		case KEY_LOG:
			ok = log_rec_unpack(&r.log, &it.val);
			if (ok)
				check_log(c, &r.log);
			break;
		case KEY_SERIES:
			ok = series_rec_unpack(&r.series, &it.val);
			break;
		case KEY_ALERT:
			ok = alert_unpack(&r.alert, &it.val);
			break;
		case KEY_REMARK:
			ok = remark_unpack(&r.remark, &it.val);
			break;
		case KEY_HIST:
			ok = check_hist(c, &it);
			break;
		case KEY_SKIPPED:
			ok = skipped_unpack(&a, &b, &it.val);
			break;
		default:
			break;
		}
		if (!ok)
			wrong(c, "a record of type %c cannot be read", (char)type);
	}
	iter_release(&it);
}

int
store_check(struct store *st, void (*fn)(void *ctx, const char *wrong), void *ctx, struct err *e)
{
	static const enum key_type types[] = {
		KEY_ALERT, KEY_TAIL, KEY_SERIES,   KEY_PARAMS, KEY_LOG,     KEY_META,
		KEY_PAST,  KEY_RUN,  KEY_STATE,    KEY_NUMBER, KEY_REMARK,  KEY_RUN_LOG,
		KEY_NAME,  KEY_ROOT, KEY_LOG_PATH, KEY_RUN_ID, KEY_SKIPPED, KEY_HIST,
	};
	struct check c = {.fn = fn, .ctx = ctx};
	int rc = snap_begin(st, &c.sn, e);

	if (rc)
		return rc;
	txn_tolerate(c.sn->t, bad_checksum, &c);
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		check_type(&c, types[i]);
	rc = snap_failed(c.sn, e);
	snap_end(c.sn);
	return rc ? rc : c.wrong;
}
