/* The sink: collects in memory what a commit will write. A cell costs an append to its column's
 * buffer and an update of the column's sum; nothing here touches the tree but the first sight of a
 * log, so a row of twenty cells costs what the twenty cells cost. */
#include "store/batch.h"

#include "core/num.h"
#include "core/pace.h"
#include "core/source.h"
#include "core/xalloc.h"

#include <stdlib.h>
#include <string.h>

static struct batch *
batch_of(struct sink *s)
{
	return (struct batch *)s;
}

int
batch_fail(struct batch *b, const struct err *e)
{
	if (!b->err.code)
		b->err = *e;
	return b->err.code;
}

bool
batch_failed(const struct batch *b)
{
	return b->err.code != 0;
}

void
batch_op(struct batch *b, const struct key *k, const void *value, size_t n)
{
	struct op *op = vec_push(b->ops, b->nops, b->opcap);

	op->key = *k;
	op->value = value ? xmemdup(value, n) : NULL;
	op->n = n;
	b->pending += sizeof *op + n;
}

void
batch_touch_run(struct batch *b, struct run *run)
{
	if (run->dirty)
		return;
	run->dirty = true;
	*vec_push(b->dirty_runs, b->ndirty_runs, b->dirty_runcap) = run;
}

void
batch_touch_log(struct batch *b, struct log *log)
{
	if (!log->dirty) {
		log->dirty = true;
		*vec_push(b->dirty_logs, b->ndirty_logs, b->dirty_logcap) = log;
	}
	batch_touch_run(b, log->run);
}

void
batch_drop(struct batch *b)
{
	for (size_t i = 0; i < b->nruns; i++)
		if (b->runs[i])
			run_forget(b, b->runs[i]);
	for (size_t i = 0; i < b->nops; i++)
		free(b->ops[i].value);
	b->nops = b->ndirty_logs = b->ndirty_runs = 0;
	b->pending = 0;
}

/* ---- what is kept ---------------------------------------------------------------------------- */

static void
info_of_log(const struct log *log, struct log_info *out)
{
	const struct log_attempt *a = &log->attempts[log->nattempts - 1];

	memset(out, 0, sizeof *out);
	out->id = log->id;
	out->path = log->path;
	out->run = log->run->path;
	out->format = log->format;
	out->reason = log->reason;
	out->cur = log->cur;
	out->cur.state = str_c(&log->state);
	out->cur.nstate = log->state.len;
	out->attempt = a->attempt;
	out->rows = a->rows;
	out->points = log->points;
	out->remarks = log->remarks;
	out->columns = (uint32_t)log->ncolumns;
	out->gone = log->gone;
	out->writing = log->writing;
}

/* Without taking it into memory: at start every known log is asked for. */
static bool
info_kept(struct batch *b, struct txn *t, uint32_t id, struct log_info *out)
{
	struct key k = key_id(KEY_LOG, id);
	struct bytes v;
	struct log_rec r;

	if (id < b->nlogs && b->logs[id]) {
		info_of_log(b->logs[id], out);
		return true;
	}
	if (db_get(t, &k, &v) <= 0 || !log_rec_unpack(&r, &v))
		return false;
	memset(out, 0, sizeof *out);
	out->id = id;
	out->path = r.path;
	out->format = r.format;
	out->reason = r.reason;
	out->cur = r.cur;
	if (r.nattempts) {
		struct log_attempt a = log_rec_attempt(&r, r.nattempts - 1);
		out->attempt = a.attempt;
		out->rows = a.rows;
	}
	out->points = r.points;
	out->remarks = r.remarks;
	out->columns = r.columns;
	out->gone = r.gone;
	out->writing = r.writing;
	if (log_rec_state(&r, t, &v) > 0) {
		out->cur.state = v.p;
		out->cur.nstate = v.n;
	}
	k = key_id(KEY_RUN_ID, r.run);
	if (db_get(t, &k, &v) <= 0 || !v.n || ((const char *)v.p)[v.n - 1])
		return false;
	out->run = v.p;
	return true;
}

/* Copies the texts of INFO, which point into the map. */
static void
info_own(struct batch *b, struct log_info *i)
{
	size_t at[5], n = 0;
	const char **texts[] = {&i->path, &i->run, &i->format, &i->reason};

	str_reset(&b->scratch);
	for (; n < 4; n++) {
		at[n] = b->scratch.len;
		str_add(&b->scratch, *texts[n], strlen(*texts[n]) + 1);
	}
	at[4] = b->scratch.len;
	str_add(&b->scratch, i->cur.state, i->cur.nstate);
	for (n = 0; n < 4; n++)
		*texts[n] = b->scratch.buf + at[n];
	i->cur.state = b->scratch.buf + at[4];
}

static struct txn *
read_begin(struct batch *b)
{
	struct txn *t;
	struct err e;

	if (batch_failed(b))
		return NULL;
	if (db_read_begin(b->db, &t, &e)) {
		batch_fail(b, &e);
		return NULL;
	}
	return t;
}

static void
read_end(struct batch *b, struct txn *t)
{
	struct err e;

	if (txn_failed(t, &e))
		batch_fail(b, &e);
	db_read_end(t);
}

static bool
sink_log_find(struct sink *s, const char *path, struct log_info *out)
{
	struct batch *b = batch_of(s);
	struct log *log = map_get(&b->log_paths, path, strlen(path));

	if (log) {
		info_of_log(log, out);
		return true;
	}
	struct txn *t = read_begin(b);
	if (!t)
		return false;
	struct key k = key_text(KEY_LOG_PATH, path);
	struct bytes v;
	uint32_t id;
	bool found = false;
	if (db_get(t, &k, &v) > 0 && v.n == sizeof id) {
		memcpy(&id, v.p, sizeof id);
		/* In memory it would have been found by its path: it has another one now. */
		found = !(id < b->nlogs && b->logs[id]) && info_kept(b, t, id, out);
	}
	if (found)
		info_own(b, out);
	read_end(b, t);
	return found;
}

struct entry {
	char *path;
	uint32_t id;
};

static int
by_path(const void *a, const void *b)
{
	return strcmp(((const struct entry *)a)->path, ((const struct entry *)b)->path);
}

/* Kept ones and those of this batch, each once. */
static size_t
list_logs(struct batch *b, struct txn *t, struct entry **out)
{
	struct entry *list = NULL;
	size_t n = 0, cap = 0;
	struct key prefix = key_type(KEY_LOG);
	struct iter it;

	iter_init(&it, t, &prefix);
	while (iter_next(&it) > 0) {
		uint32_t id = key_get32(it.key.p, it.key.n, 0);
		struct log_rec r;
		if ((id < b->nlogs && b->logs[id]) || !log_rec_unpack(&r, &it.val))
			continue;
		*vec_push(list, n, cap) = (struct entry){xstrdup(r.path), id};
	}
	iter_release(&it);
	for (size_t i = 0; i < b->nlogs; i++)
		if (b->logs[i])
			*vec_push(list, n, cap) =
				(struct entry){xstrdup(b->logs[i]->path), (uint32_t)i};
	if (n)
		qsort(list, n, sizeof *list, by_path);
	*out = list;
	return n;
}

static int
sink_log_each(struct sink *s, int (*fn)(void *ctx, const struct log_info *li), void *ctx)
{
	struct batch *b = batch_of(s);
	struct txn *t = read_begin(b);
	struct entry *list;
	int rc = 0;

	if (!t)
		return b->err.code;
	size_t n = list_logs(b, t, &list);
	for (size_t i = 0; i < n && !rc; i++) {
		struct log_info info;
		if (info_kept(b, t, list[i].id, &info))
			rc = fn(ctx, &info);
	}
	for (size_t i = 0; i < n; i++)
		free(list[i].path);
	free(list);
	read_end(b, t);
	return batch_failed(b) ? b->err.code : rc;
}

static int
sink_alert_each(struct sink *s, int (*fn)(void *ctx, const struct alert *a), void *ctx)
{
	struct batch *b = batch_of(s);
	struct txn *t = read_begin(b);
	struct key prefix = key_type(KEY_ALERT);
	struct iter it;
	int rc = 0;

	if (!t)
		return b->err.code;
	iter_init(&it, t, &prefix);
	while (!rc && iter_next(&it) > 0) {
		struct alert a;
		if (alert_unpack(&a, &it.val))
			rc = fn(ctx, &a);
	}
	iter_release(&it);
	read_end(b, t);
	return batch_failed(b) ? b->err.code : rc;
}

static bool
sink_series_get(struct sink *s, uint32_t id, uint32_t column, struct series_sum *out)
{
	struct batch *b = batch_of(s);
	struct log *log = batch_failed(b) ? NULL : kept_log(b, id);

	if (!log || column >= log->ncolumns)
		return false;
	const struct series *c = log->columns[column];
	if (!c->now.points || c->attempt != log_now(log)->attempt)
		return false;
	*out = c->now;
	return true;
}

static const char *
sink_column_name(struct sink *s, uint32_t id, uint32_t column)
{
	struct batch *b = batch_of(s);
	struct log *log = batch_failed(b) ? NULL : kept_log(b, id);

	return log && column < log->ncolumns ? log->columns[column]->name : NULL;
}

/* ---- records --------------------------------------------------------------------------------- */

struct log_attempt *
log_now(struct log *log)
{
	return &log->attempts[log->nattempts - 1];
}

void
log_attempt_begin(struct batch *b, struct log *log)
{
	const struct log_attempt *old = log_now(log);
	uint32_t newest = log->run->rec.info.attempt;
	struct log_attempt a = {
		/* A run whose other log began anew already is joined there. */
		.attempt = newest > old->attempt ? newest : old->attempt + 1,
		.unit = STEP_NONE,
		.first_row = old->first_row + old->rows,
	};

	if (a.attempt > newest)
		run_attempt_begin(b, log->run, a.attempt);
	*vec_push(log->attempts, log->nattempts, log->attemptcap) = a;
	log->anew = false;
	log->run->repick = true;
}

static char *
replaced(char *old, const char *new)
{
	if (!strcmp(old, new))
		return old;
	free(old);
	return xstrdup(new);
}

/* LOG belongs to the run at PATH from now on. A run that has no other log keeps its identity and is
 * renamed. */
static void
log_set_run(struct batch *b, struct log *log, const char *path)
{
	struct run *old = log->run, *run;

	if (!strcmp(old->path, path))
		return;
	run = kept_run_by_path(b, path);
	if (batch_failed(b))
		return;
	if (!run && old->nlogs == 1) {
		struct key k = key_text(KEY_RUN, old->path);
		batch_op(b, &k, NULL, 0);
		map_remove(&b->run_paths, old->path, strlen(old->path));
		free(old->path);
		old->path = xstrdup(path);
		old->rec.info.path = old->path;
		map_put(&b->run_paths, old->path, strlen(old->path), old);
		old->fresh = true;
		batch_touch_log(b, log);
		return;
	}
	if (!run) {
		/* The first of several that will all move: what is known of the run goes along. */
		run = run_new(b, path);
		run->rec.info.pace = old->rec.info.pace;
		run->rec.info.last_arrival_us = old->rec.info.last_arrival_us;
		for (size_t i = 0; i < old->nparams; i++)
			run_param(run, old->params[i].key, old->params[i].value);
		run_totals(run);
	}
	run_adopt(b, run, log);
}

static void
log_describe(struct batch *b, struct log *log, const struct log_desc *d)
{
	const char *reason = d->reason ? d->reason : "";
	bool same = !strcmp(log->format, d->format) && !strcmp(log->reason, reason) &&
		    !strcmp(log->prefix, d->prefix) && log->rank == d->rank;

	if (!same) {
		log->format = replaced(log->format, d->format);
		log->prefix = replaced(log->prefix, d->prefix);
		log->reason = replaced(log->reason, reason);
		log->rank = d->rank;
		log->run->repick = true;
		batch_touch_log(b, log);
	}
	log_set_run(b, log, d->run);
}

static uint32_t
sink_log_open(struct sink *s, const struct log_desc *d)
{
	struct batch *b = batch_of(s);

	if (batch_failed(b))
		return 0;
	struct log *log = kept_log_by_path(b, d->path);
	if (log) {
		log_describe(b, log, d);
		return log->id;
	}
	if (batch_failed(b))
		return 0;
	struct run *run = kept_run_by_path(b, d->run);
	if (batch_failed(b))
		return 0;
	if (!run)
		run = run_new(b, d->run);
	return log_new(b, d, run)->id;
}

/* The log, or a failed batch: an id that this sink never gave, or gave before a commit that
 * failed. */
static struct log *
log_given(struct batch *b, uint32_t id)
{
	if (batch_failed(b))
		return NULL;
	struct log *log = kept_log(b, id);
	if (!log && !batch_failed(b)) {
		struct err e;
		err_set(&e, ERR_NOTFOUND, "log %u is not open", id);
		batch_fail(b, &e);
	}
	return log;
}

static int
sink_param_each(struct sink *s, uint32_t id,
		int (*fn)(void *ctx, const char *key, const char *value), void *ctx)
{
	struct batch *b = batch_of(s);
	struct log *log = batch_failed(b) ? NULL : kept_log(b, id);
	int rc = 0;

	for (size_t i = 0; log && i < log->run->nparams && rc == 0; i++)
		rc = fn(ctx, log->run->params[i].key, log->run->params[i].value);
	return rc;
}

static void
remarks_forget(struct batch *b, struct log *log)
{
	for (uint32_t i = 0; i < REMARKS_KEPT && i < log->remarks; i++) {
		struct key k = key_pair(KEY_REMARK, log->id, i);
		batch_op(b, &k, NULL, 0);
	}
	log->remarks = 0;
}

/* Remarks and last words are made again from the content. */
static void
sink_replay(struct sink *s, uint32_t id)
{
	struct batch *b = batch_of(s);
	struct log *log = log_given(b, id);

	if (!log)
		return;
	remarks_forget(b, log);
	free(log->said);
	log->said = NULL;
	batch_touch_log(b, log);
	replay_begin(log);
}

static void
sink_replay_end(struct sink *s, uint32_t id, bool cut)
{
	struct batch *b = batch_of(s);
	struct log *log = log_given(b, id);

	if (log && log->replay)
		replay_finish(b, log, cut);
}

static uint32_t
sink_column(struct sink *s, uint32_t id, const char *name, size_t len)
{
	struct batch *b = batch_of(s);
	struct log *log = log_given(b, id);

	if (!log)
		return 0;
	len = strnlen(name, len);
	uintptr_t known = (uintptr_t)map_get(&log->names, name, len);
	if (known)
		return (uint32_t)known - 1;
	struct series *c = xcalloc(1, sizeof *c);
	c->name = xstrndup(name, len);
	c->id = b->next_series++;
	b->ids_dirty = true;
	series_sum_init(&c->now);
	c->fresh = c->dirty = true;
	*vec_push(log->columns, log->ncolumns, log->columncap) = c;
	map_put(&log->names, c->name, strlen(c->name), (void *)(uintptr_t)log->ncolumns);
	b->loaded++;
	b->pending += sizeof *c;
	batch_touch_log(b, log);
	return (uint32_t)log->ncolumns - 1;
}

/* One more than there is room for says that there were more. */
static void
segment_add(struct series *c, int64_t step, bool first)
{
	uint64_t points = c->all ? c->all->points : c->now.points;

	if (first)
		c->seg_here = 0;
	if (c->seg_here > SEGMENTS_MAX)
		return;
	c->seg_here++;
	*vec_push(c->seg, c->nseg, c->segcap) =
		(struct segment){.index = points - 1, .step = step, .attempt = c->attempt};
}

void
series_add(struct run *run, struct series *c, uint32_t attempt, enum step_unit unit, int64_t step,
	   int64_t wall, double v)
{
	bool first = c->attempt != attempt || !c->now.points;

	if (first) {
		if (c->attempts && c->attempt != attempt) {
			if (!c->all)
				c->all = xmemdup(&c->now, sizeof c->now);
			series_sum_init(&c->now);
		}
		c->attempt = attempt;
		c->attempts++;
		run->repick = true;
	}
	bool back = series_sum_add(&c->now, unit, step, wall, v);
	if (c->all)
		series_sum_add(c->all, unit, step, wall, v);
	if (first || back)
		segment_add(c, step, first);
	c->dirty = true;
}

static void
pace_row(struct run *run, struct log *log, const struct row *r, int64_t wall)
{
	if (r->unit > run->rec.info.unit || r->unit == STEP_NONE)
		return;
	if (r->unit < run->rec.info.unit) {
		run->rec.info.unit = (uint8_t)r->unit;
		run->rec.info.pace.n = run->rec.info.pace.head = 0; /* it went by coarser steps */
		run->lead = log;
	} else if (log != run->lead) {
		/* The log that is ahead sets the pace, others repeat steps that were made before;
		 * but a file that goes on from another takes its place, wherever it begins. */
		const struct log *lead = run->lead;
		if (lead && source_follows(log->format, log->path, lead->path))
			return;
		if (lead && r->step <= run->lead_step &&
		    !source_follows(log->format, lead->path, log->path))
			return;
		run->lead = log;
	}
	run->lead_step = r->step;
	pace_step(&run->rec.info.pace, r->step, wall);
}

static enum row_fate
sink_row(struct sink *s, uint32_t id, const struct row *r)
{
	struct batch *b = batch_of(s);
	struct log *log = log_given(b, id);

	if (!log)
		return ROW_STORED;
	struct run *run = log->run;
	if (r->arrival_us > run->rec.info.last_arrival_us)
		run->rec.info.last_arrival_us = r->arrival_us;
	if (log->replay && replay_row(b, log, r))
		return ROW_KNOWN;
	if (batch_failed(b))
		return ROW_STORED;
	if (log->anew)
		log_attempt_begin(b, log);

	struct log_attempt *a = log_now(log);
	int64_t wall = r->wall_us ? r->wall_us : r->arrival_us;
	int64_t step = r->unit == STEP_NONE ? 0 : r->step;
	if (!a->rows && log->nattempts == 1 && run->rec.info.attempt > a->attempt)
		a->attempt = run->rec.info.attempt; /* its first row: it joins the newest */
	attempt_row(a, !a->rows++, r->unit, step, wall, r->n);
	for (unsigned i = 0; i < r->n; i++)
		series_add(run, log->columns[r->column[i]], a->attempt, r->unit, step, wall,
			   r->value[i]);
	log->points += r->n;
	b->pending += rows_add(&log->pend, r->unit, step, wall, r->n, r->column, r->value);
	if (a->attempt == run->rec.info.attempt)
		pace_row(run, log, r, wall);
	batch_touch_log(b, log);
	return ROW_STORED;
}

static void
sink_hist(struct sink *s, uint32_t id, uint32_t column, const struct hist *h)
{
	struct batch *b = batch_of(s);
	struct log *log = log_given(b, id);

	if (!log || !log->pend.n)
		return;
	const struct log_attempt *a = log_now(log);
	size_t last = log->pend.n - 1;
	b->pending += hists_add(&log->hists, log->pend.first + last, column, a->attempt,
				log->pend.step[last], log->pend.wall[last], h);
}

static void
sink_param(struct sink *s, uint32_t id, const char *key, const char *value)
{
	struct batch *b = batch_of(s);
	struct log *log = log_given(b, id);

	if (!log)
		return;
	run_param(log->run, key, value);
	if (!log->run->params_dirty)
		return;
	run_totals(log->run);
	b->pending += strlen(key) + strlen(value);
	batch_touch_run(b, log->run);
}

static void
sink_remark(struct sink *s, uint32_t id, enum remark_kind kind, uint64_t offset, uint64_t line,
	    const char *text)
{
	struct batch *b = batch_of(s);
	struct log *log = log_given(b, id);

	if (!log)
		return;
	if (log->remarks < REMARKS_KEPT) {
		struct str v = STR_INIT;
		struct key k = key_pair(KEY_REMARK, id, (uint32_t)log->remarks);
		remark_pack(&v, kind, offset, line, text);
		batch_op(b, &k, v.buf, v.len);
		str_release(&v);
	}
	log->remarks++;
	batch_touch_log(b, log);
}

static void
sink_said(struct sink *s, uint32_t id, const char *what)
{
	struct batch *b = batch_of(s);
	struct log *log = log_given(b, id);

	if (!log)
		return;
	free(log->said);
	log->said = what ? xstrdup(what) : NULL;
	batch_touch_log(b, log);
}

static void
sink_title(struct sink *s, uint32_t id, const char *text)
{
	struct batch *b = batch_of(s);
	struct log *log = log_given(b, id);

	if (!log || !strcmp(log->title ? log->title : "", text))
		return;
	free(log->title);
	log->title = *text ? xstrdup(text) : NULL;
	batch_touch_log(b, log);
}

/* ---- files ----------------------------------------------------------------------------------- */

static void
sink_mark(struct sink *s, uint32_t id, const struct cursor *c)
{
	struct batch *b = batch_of(s);
	struct log *log = log_given(b, id);

	if (!log)
		return;
	if (c->nstate != log->state.len ||
	    (c->nstate && memcmp(c->state, log->state.buf, c->nstate))) {
		str_reset(&log->state);
		str_add(&log->state, c->state, c->nstate);
		log->state_dirty = true;
	}
	log->cur = *c;
	log->cur.state = NULL;
	batch_touch_log(b, log);
}

static void
sink_gone(struct sink *s, uint32_t id, bool gone)
{
	struct batch *b = batch_of(s);
	struct log *log = log_given(b, id);

	if (!log || log->gone == gone)
		return;
	log->gone = gone;
	batch_touch_log(b, log);
}

static void
sink_writing(struct sink *s, uint32_t id, const struct writing *w)
{
	struct batch *b = batch_of(s);
	struct log *log = log_given(b, id);

	if (!log)
		return;
	log->writing = *w;
	batch_touch_log(b, log);
}

static void
sink_moved(struct sink *s, uint32_t id, const struct log_desc *d)
{
	struct batch *b = batch_of(s);
	struct log *log = log_given(b, id);

	if (!log)
		return;
	if (strcmp(log->path, d->path)) {
		struct log *there = kept_log_by_path(b, d->path);
		if (batch_failed(b))
			return;
		struct key k = key_text(KEY_LOG_PATH, log->path);
		batch_op(b, &k, NULL, 0);
		map_remove(&b->log_paths, log->path, strlen(log->path));
		if (there && there != log)
			log_displace(b, there);
		free(log->path);
		log->path = xstrdup(d->path);
		map_put(&b->log_paths, log->path, strlen(log->path), log);
		log->path_dirty = true;
	}
	log->gone = false;
	batch_touch_log(b, log);
	log_describe(b, log, d);
}

static void
sink_skipped(struct sink *s, const char *path, const char *reason)
{
	struct batch *b = batch_of(s);
	struct txn *t = read_begin(b);
	struct key k = key_text(KEY_SKIPPED, path);
	struct bytes v;
	struct str now = STR_INIT;

	if (!t)
		return;
	if (reason)
		skipped_pack(&now, path, reason);
	/* Every scan says it again; only news are written. */
	int found = db_get(t, &k, &v);
	bool same = found > 0 ? reason && v.n == now.len && !memcmp(v.p, now.buf, v.n) : !reason;
	read_end(b, t);
	if (!same || b->nops)
		batch_op(b, &k, reason ? now.buf : NULL, now.len);
	str_release(&now);
}

/* ---- watching -------------------------------------------------------------------------------- */

static void
sink_arrival(struct sink *s, uint32_t id, int64_t now_us)
{
	struct batch *b = batch_of(s);
	struct log *log = log_given(b, id);

	if (!log)
		return;
	pace_arrival(&log->run->rec.info.pace, now_us);
	if (now_us > log->run->rec.info.last_arrival_us)
		log->run->rec.info.last_arrival_us = now_us;
	batch_touch_run(b, log->run);
}

static void
sink_alert(struct sink *s, const struct alert *a)
{
	struct batch *b = batch_of(s);
	struct key k = key_alert(a->rule, a->run, a->metric);
	struct str v = STR_INIT;

	if (batch_failed(b))
		return;
	alert_pack(&v, a);
	batch_op(b, &k, v.buf, v.len);
	str_release(&v);
}

static void
sink_alert_drop(struct sink *s, const struct alert *a)
{
	struct batch *b = batch_of(s);
	struct key k = key_alert(a->rule, a->run, a->metric);

	if (!batch_failed(b))
		batch_op(b, &k, NULL, 0);
}

static void
sink_outbox_put(struct sink *s, const char *key, const void *p, size_t n)
{
	struct batch *b = batch_of(s);
	struct key k = key_text(KEY_OUTBOX, key);

	if (!batch_failed(b))
		batch_op(b, &k, p, n);
}

static int
sink_outbox_each(struct sink *s, int (*fn)(void *ctx, const char *key, const void *p, size_t n),
		 void *ctx)
{
	struct batch *b = batch_of(s);
	struct txn *t = read_begin(b);
	struct key prefix = key_type(KEY_OUTBOX);
	struct iter it;
	int rc = 0;

	if (!t)
		return b->err.code;
	iter_init(&it, t, &prefix);
	while (!rc && iter_next(&it) > 0) {
		char *key = xstrndup((const char *)it.key.p + 1, it.key.n - 1);
		rc = fn(ctx, key, it.val.p, it.val.n);
		free(key);
	}
	iter_release(&it);
	read_end(b, t);
	return batch_failed(b) ? b->err.code : rc;
}

static void
sink_root_add(struct sink *s, const char *path)
{
	struct batch *b = batch_of(s);
	struct key k = key_text(KEY_ROOT, path);

	if (!batch_failed(b))
		batch_op(b, &k, path, strlen(path) + 1);
}

static int
sink_root_each(struct sink *s, int (*fn)(void *ctx, const char *path), void *ctx)
{
	struct batch *b = batch_of(s);
	struct txn *t = read_begin(b);
	struct key prefix = key_type(KEY_ROOT);
	struct iter it;
	int rc = 0;

	if (!t)
		return b->err.code;
	iter_init(&it, t, &prefix);
	while (!rc && iter_next(&it) > 0)
		rc = fn(ctx, it.val.p);
	iter_release(&it);
	/* Those of this batch that are not kept yet. */
	for (size_t i = 0; i < b->nops && !rc; i++) {
		struct bytes v;
		if (b->ops[i].key.b[0] == KEY_ROOT && b->ops[i].value &&
		    db_get(t, &b->ops[i].key, &v) == 0)
			rc = fn(ctx, b->ops[i].value);
	}
	read_end(b, t);
	return batch_failed(b) ? b->err.code : rc;
}

/* ---- transactions ---------------------------------------------------------------------------- */

static size_t
sink_pending(struct sink *s)
{
	return batch_of(s)->pending;
}

static int
sink_commit(struct sink *s, uint64_t *txn, struct err *e)
{
	return batch_commit(batch_of(s), txn, e);
}

static const struct sink_ops batch_ops = {
	.log_find = sink_log_find,
	.log_each = sink_log_each,
	.alert_each = sink_alert_each,
	.series_get = sink_series_get,
	.column_name = sink_column_name,
	.param_each = sink_param_each,
	.log_open = sink_log_open,
	.replay = sink_replay,
	.replay_end = sink_replay_end,
	.column = sink_column,
	.row = sink_row,
	.hist = sink_hist,
	.param = sink_param,
	.remark = sink_remark,
	.said = sink_said,
	.title = sink_title,
	.mark = sink_mark,
	.gone = sink_gone,
	.writing = sink_writing,
	.moved = sink_moved,
	.skipped = sink_skipped,
	.arrival = sink_arrival,
	.alert = sink_alert,
	.alert_drop = sink_alert_drop,
	.outbox_put = sink_outbox_put,
	.outbox_each = sink_outbox_each,
	.root_add = sink_root_add,
	.root_each = sink_root_each,
	.pending = sink_pending,
	.commit = sink_commit,
};

struct batch *
batch_new(struct db *db, const struct conf *conf)
{
	struct batch *b = xcalloc(1, sizeof *b);

	b->sink.ops = &batch_ops;
	b->db = db;
	b->conf = conf;
	kept_ids(b);
	return b;
}

void
batch_conf(struct batch *b, const struct conf *conf)
{
	b->conf = conf;
	for (size_t i = 0; i < b->nruns; i++) {
		struct run *run = b->runs[i];
		if (!run)
			continue;
		for (size_t j = 0; j < run->nlogs; j++)
			for (size_t k = 0; k < run->logs[j]->ncolumns; k++)
				run->logs[j]->columns[k]->judged = false;
		run->repick = true;
		batch_touch_run(b, run);
	}
}

void
batch_free(struct batch *b)
{
	if (!b)
		return;
	batch_drop(b);
	free(b->logs);
	free(b->runs);
	free(b->dirty_logs);
	free(b->dirty_runs);
	free(b->ops);
	map_release(&b->log_paths);
	map_release(&b->run_paths);
	str_release(&b->scratch);
	tail_record_release(&b->record);
	chain_release(&b->chain);
	reader_release(&b->reader);
	free(b);
}
