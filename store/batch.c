/* The sink: collects in memory what a commit will write. A cell costs an append to its column's
 * buffer and an update of the column's sum; nothing here touches the tree but the first sight of a
 * log, so a row of twenty cells costs what the twenty cells cost. */
#include "store/batch.h"

#include "core/num.h"
#include "core/pace.h"
#include "core/source.h"
#include "core/xalloc.h"
#include "store/snap.h"

#include <stdlib.h>
#include <string.h>

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
	run_stir(b, run);
	run->dirty = true;
	b->pending += 2 * sizeof run->rec; /* it is written whole, into pages that are half full */
	*vec_push(b->dirty_runs, b->ndirty_runs, b->dirty_runcap) = run;
}

void
batch_touch_log(struct batch *b, struct log *log)
{
	if (!log->dirty) {
		log->dirty = true;
		b->pending += 2 * sizeof *log;
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

struct txn *
batch_read(struct batch *b)
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

void
batch_read_end(struct batch *b, struct txn *t)
{
	struct err e;

	if (txn_failed(t, &e))
		batch_fail(b, &e);
	db_read_end(t);
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

struct log *
batch_log(struct batch *b, uint32_t id)
{
	if (batch_failed(b))
		return NULL;
	if (id < b->nlogs && b->logs[id])
		return b->logs[id];
	kept_trim(b);
	struct log *log = kept_log(b, id);
	if (!log && !batch_failed(b)) {
		struct err e;
		err_set(&e, ERR_NOTFOUND, "log %u is not open", id);
		batch_fail(b, &e);
	}
	return log;
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
	struct log *log = batch_log(b, id);

	if (!log)
		return;
	remarks_forget(b, log);
	log_say(log, NULL);
	batch_touch_log(b, log);
	replay_begin(log);
}

static void
sink_replay_end(struct sink *s, uint32_t id, bool cut)
{
	struct batch *b = batch_of(s);
	struct log *log = batch_log(b, id);

	if (log && log->replay)
		replay_finish(b, log, cut);
}

static uint32_t
sink_column(struct sink *s, uint32_t id, const char *name, size_t len)
{
	struct batch *b = batch_of(s);
	struct log *log = batch_log(b, id);

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
	b->pending += 2 * sizeof *c;
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
		run->rec.pace.n = run->rec.pace.head = 0; /* it went by coarser steps */
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
	pace_step(&run->rec.pace, r->step, wall);
}

static enum row_fate
sink_row(struct sink *s, uint32_t id, const struct row *r)
{
	struct batch *b = batch_of(s);
	struct log *log = batch_log(b, id);

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
	struct log *log = batch_log(b, id);

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
	struct log *log = batch_log(b, id);

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
sink_goal(struct sink *s, uint32_t id, uint32_t column, enum goal goal)
{
	struct batch *b = batch_of(s);
	struct log *log = batch_log(b, id);
	uint8_t v = (uint8_t)goal;

	if (!log || column >= log->ncolumns || log->columns[column]->told == goal)
		return;
	log->columns[column]->told = goal;
	log->columns[column]->judged = false;
	log->goals = true;
	log->run->repick = true;
	struct key k = key_pair(KEY_GOAL, id, column);
	batch_op(b, &k, &v, sizeof v);
	batch_touch_log(b, log);
}

static void
sink_remark(struct sink *s, uint32_t id, enum remark_kind kind, uint64_t offset, uint64_t line,
	    const char *text)
{
	struct batch *b = batch_of(s);
	struct log *log = batch_log(b, id);

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
sink_said(struct sink *s, uint32_t id, const struct last_words *w)
{
	struct batch *b = batch_of(s);
	struct log *log = batch_log(b, id);

	if (!log)
		return;
	log_say(log, w);
	batch_touch_log(b, log);
}

/* Alerts are kept; what raises them is the judge's. */
static void
sink_raised(struct sink *s, uint32_t id, const struct raised *r)
{
	(void)s;
	(void)id;
	(void)r;
}

static void
sink_judged(struct sink *s, uint32_t id)
{
	struct batch *b = batch_of(s);
	struct log *log = batch_log(b, id);

	if (!log)
		return;
	const struct log_attempt *a = log_now(log);
	if (log->judged == a->first_row + a->rows)
		return;
	log->judged = a->first_row + a->rows;
	batch_touch_log(b, log);
}

static void
sink_title(struct sink *s, uint32_t id, const char *text)
{
	struct batch *b = batch_of(s);
	struct log *log = batch_log(b, id);

	if (!log || !strcmp(log->title ? log->title : "", text))
		return;
	free(log->title);
	log->title = *text ? xstrdup(text) : NULL;
	batch_touch_log(b, log);
}

/* ---- watching -------------------------------------------------------------------------------- */

static void
sink_arrival(struct sink *s, uint32_t id, int64_t now_us)
{
	struct batch *b = batch_of(s);
	struct log *log = batch_log(b, id);

	if (!log)
		return;
	pace_arrival(&log->run->rec.pace, now_us);
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

static void
sink_root_add(struct sink *s, const char *path)
{
	struct batch *b = batch_of(s);
	struct key k = key_text(KEY_ROOT, path);

	if (!batch_failed(b))
		batch_op(b, &k, path, strlen(path) + 1);
}

/* ---- transactions ---------------------------------------------------------------------------- */

static void
sink_rest(struct sink *s)
{
	kept_rest(batch_of(s));
}

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
	.log_find = answer_log_find,
	.log_each = answer_log_each,
	.alert_each = answer_alert_each,
	.point_each = answer_point_each,
	.run_find = answer_run_find,
	.column_name = answer_column_name,
	.param_each = answer_param_each,
	.log_open = origin_log_open,
	.replay = sink_replay,
	.replay_end = sink_replay_end,
	.column = sink_column,
	.row = sink_row,
	.hist = sink_hist,
	.param = sink_param,
	.goal = sink_goal,
	.remark = sink_remark,
	.said = sink_said,
	.raised = sink_raised,
	.title = sink_title,
	.judged = sink_judged,
	.mark = origin_mark,
	.gone = origin_gone,
	.writing = origin_writing,
	.moved = origin_moved,
	.skipped = origin_skipped,
	.checkpoint = origin_checkpoint,
	.checkpoint_each = answer_checkpoint_each,
	.arrival = sink_arrival,
	.alert = sink_alert,
	.alert_drop = sink_alert_drop,
	.outbox_put = sink_outbox_put,
	.outbox_each = answer_outbox_each,
	.root_add = sink_root_add,
	.root_each = answer_root_each,
	.pending = sink_pending,
	.rest = sink_rest,
	.commit = sink_commit,
};

struct batch *
batch_new(struct store *st, const struct conf *conf)
{
	struct batch *b = xcalloc(1, sizeof *b);

	b->sink.ops = &batch_ops;
	b->store = st;
	b->db = store_db(st);
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
	rows_release(&b->merged);
	reader_release(&b->reader);
	free(b);
}
