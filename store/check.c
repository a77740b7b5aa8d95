/* Every invariant, judged from what is kept alone: checksums; each index against what it leads to;
 * rows without gaps; what series, logs and runs say of themselves against the points. It goes on
 * after the first thing that is wrong, for the second may explain it. */
#include "store/store.h"

#include "core/xalloc.h"
#include "store/field.h"
#include "store/hists.h"
#include "store/rows.h"
#include "store/snap.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct check {
	struct snap *sn;
	void (*fn)(void *ctx, const char *wrong);
	void *ctx;
	int wrong;
};

static void __attribute__((format(printf, 2, 3))) wrong(struct check *c, const char *fmt, ...)
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

static void
bad_checksum(void *ctx, const struct bytes *key)
{
	wrong(ctx, "checksum of a record of type %c, %zu bytes of key",
	      key->n ? *(const char *)key->p : '?', key->n);
}

/* ---- one log --------------------------------------------------------------------------------- */

struct tally {
	struct check *c;
	struct log_rec log;
	struct series_sum *now, *all; /* by column, from the points */
	uint32_t *attempt, *attempts;
	enum step_unit *unit;
	uint64_t rows, points;
};

static void
tally_cell(struct tally *t, uint32_t column, uint32_t attempt, int64_t step, int64_t wall, double v)
{
	if (t->attempt[column] != attempt) {
		t->attempt[column] = attempt;
		t->attempts[column]++;
		series_sum_init(&t->now[column]);
	}
	series_sum_add(&t->now[column], t->unit[column], step, wall, v);
	series_sum_add(&t->all[column], t->unit[column], step, wall, v);
	t->points++;
}

static uint32_t
attempt_of(const struct log_rec *log, uint64_t row)
{
	for (uint32_t i = log->nattempts; i-- > 0;) {
		struct log_attempt a = log_rec_attempt(log, i);
		if (row >= a.first_row)
			return a.attempt;
	}
	return 0;
}

static void
tally_block(struct tally *t, const struct block *b)
{
	uint64_t cells = 0, said = 0;

	if (b->first != t->rows)
		wrong(t->c, "log %u: rows %" PRIu64 " … %" PRIu64 " are missing", t->log.id,
		      t->rows, b->first);
	t->rows = b->first + b->n;
	for (uint32_t i = 0; i < b->n; i++)
		said += block_ncell(b, i);
	for (uint32_t i = 0; i < b->ncolumns; i++) {
		struct block_cells c;
		block_cells(b, i, &c);
		cells += c.n;
		if (c.column >= t->log.columns) {
			wrong(t->c, "log %u: points of column %u, which it does not have",
			      t->log.id, c.column);
			continue;
		}
		for (uint32_t j = 0; j < c.n; j++) {
			uint32_t row = cells_row(&c, j);
			tally_cell(t, c.column, attempt_of(&t->log, b->first + row),
				   block_step(b, row), block_wall(b, row), cells_value(&c, j));
		}
	}
	if (cells != said)
		wrong(t->c, "log %u, row %" PRIu64 ": %" PRIu64 " cells, the rows say %" PRIu64,
		      t->log.id, b->first, cells, said);
}

static bool
same(double a, double b)
{
	return a == b || (isnan(a) && isnan(b));
}

static bool
sums_agree(const struct series_sum *a, const struct series_sum *b)
{
	return a->points == b->points && a->nonfinite == b->nonfinite &&
	       (!a->points || (a->first_step == b->first_step && a->last_step == b->last_step &&
			       a->first_wall == b->first_wall && a->last_wall == b->last_wall &&
			       a->segments == b->segments && same(a->last, b->last) &&
			       same(a->min, b->min) && same(a->max, b->max)));
}

static void
check_series(struct tally *t, uint32_t column, const struct series_rec *r)
{
	struct check *c = t->c;
	struct key k = key_id(KEY_NUMBER, r->id),
		   n = key_name(t->log.id, r->name, strlen(r->name), column);
	struct bytes v;

	if (r->log != t->log.id || r->column != column)
		wrong(c, "series %u says it is column %u of log %u", r->id, r->column, r->log);
	if (db_get(c->sn->t, &k, &v) <= 0 || v.n != 8 || load_u32(v.p) != t->log.id ||
	    load_u32((const char *)v.p + 4) != column)
		wrong(c, "series %u is not found by its number", r->id);
	if (db_get(c->sn->t, &n, &v) <= 0)
		wrong(c, "series %u (%.100s) is not found by its name", r->id, r->name);
	if (r->attempts != t->attempts[column] || (r->attempts && r->attempt != t->attempt[column]))
		wrong(c, "series %u (%.100s): attempts", r->id, r->name);
	else if (!sums_agree(&r->now, &t->now[column]) || !sums_agree(&r->all, &t->all[column]))
		wrong(c, "series %u (%.100s): %" PRIu64 " points, of which it sums up %" PRIu64,
		      r->id, r->name, t->all[column].points, r->all.points);
	uint64_t last = 0;
	for (uint32_t i = 0; i < r->nsegments; i++) {
		struct segment s = series_rec_segment(r, i);
		if (s.index >= r->all.points || (i ? s.index <= last : s.index != 0))
			wrong(c, "series %u (%.100s): segment %u begins at point %" PRIu64, r->id,
			      r->name, i, s.index);
		last = s.index;
	}
}

static void
tally_init(struct tally *t, struct check *c, const struct log_rec *log)
{
	size_t n = log->columns;

	memset(t, 0, sizeof *t);
	t->c = c;
	t->log = *log;
	t->now = xcalloc(n, sizeof *t->now);
	t->all = xcalloc(n, sizeof *t->all);
	t->attempt = xcalloc(n, sizeof *t->attempt);
	t->attempts = xcalloc(n, sizeof *t->attempts);
	t->unit = xcalloc(n, sizeof *t->unit);
	for (size_t i = 0; i < n; i++) {
		struct key k = key_pair(KEY_SERIES, log->id, (uint32_t)i);
		struct series_rec r;
		struct bytes v;
		if (db_get(c->sn->t, &k, &v) > 0 && series_rec_unpack(&r, &v))
			t->unit[i] = (enum step_unit)r.now.unit;
		else
			wrong(c, "log %u has no column %zu", log->id, i);
		series_sum_init(&t->now[i]);
		series_sum_init(&t->all[i]);
	}
}

static void
tally_release(struct tally *t)
{
	free(t->now);
	free(t->all);
	free(t->attempt);
	free(t->attempts);
	free(t->unit);
}

static void
check_attempts(struct tally *t)
{
	const struct log_rec *log = &t->log;
	uint64_t row = 0, points = 0;

	for (uint32_t i = 0; i < log->nattempts; i++) {
		struct log_attempt a = log_rec_attempt(log, i);
		if (a.first_row != row)
			wrong(t->c, "log %u: attempt %u begins at row %" PRIu64 ", not %" PRIu64,
			      log->id, a.attempt, a.first_row, row);
		row = a.first_row + a.rows;
		points += a.points;
	}
	if (row != t->rows)
		wrong(t->c, "log %u: %" PRIu64 " rows are kept of %" PRIu64, log->id, t->rows, row);
	if (points != t->points || log->points != t->points)
		wrong(t->c, "log %u: %" PRIu64 " points are kept of %" PRIu64, log->id, t->points,
		      log->points);
}

static void
check_log(struct check *c, const struct log_rec *log)
{
	struct tally t;
	struct key prefix = key_id(KEY_TAIL, log->id), k = key_text(KEY_LOG_PATH, log->path);
	struct bytes v;
	struct iter it;
	struct run_info run;

	if (db_get(c->sn->t, &k, &v) <= 0 || v.n != 4 || load_u32(v.p) != log->id)
		wrong(c, "log %u is not found by its path %.200s", log->id, log->path);
	if (!snap_run(c->sn, log->run, &run))
		wrong(c, "log %u is of run %u, which does not exist", log->id, log->run);
	k = key_pair(KEY_RUN_LOG, log->run, log->id);
	if (db_get(c->sn->t, &k, &v) <= 0)
		wrong(c, "run %u does not list its log %u", log->run, log->id);
	if (log->cur.fp.head_len > log->cur.offset || log->cur.fp.tail_len > log->cur.offset)
		wrong(c, "log %u: its fingerprint is of more bytes than were read", log->id);

	tally_init(&t, c, log);
	iter_init(&it, c->sn->t, &prefix);
	while (iter_next(&it) > 0) {
		struct block b;
		if (!block_open(&b, it.val.p, it.val.n))
			wrong(c, "log %u: a block of rows cannot be read", log->id);
		else if (b.first != key_get64(it.key.p, it.key.n, 4))
			wrong(c, "log %u: a block of rows lies under another's key", log->id);
		else
			tally_block(&t, &b);
	}
	iter_release(&it);
	check_attempts(&t);
	for (uint32_t i = 0; i < log->columns; i++) {
		struct series_rec r;
		k = key_pair(KEY_SERIES, log->id, i);
		if (db_get(c->sn->t, &k, &v) > 0 && series_rec_unpack(&r, &v))
			check_series(&t, i, &r);
	}
	tally_release(&t);
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
