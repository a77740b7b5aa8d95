/* One commit is one function over what is in memory, run in one transaction, changing nothing in
 * memory: it may have to run again from the start. When it has succeeded, memory is told; when it
 * has failed, memory is forgotten, and what is kept is read again. */
#include "store/batch.h"

#include "core/xalloc.h"
#include "store/dir.h"
#include "store/field.h"
#include "store/seal.h"

#include <stdlib.h>
#include <string.h>

/* So many logs are looked for, in so many bytes of the oldest records, when some are to be
 * sealed. */
enum { LAGGARDS = 64, LAGGARDS_BYTES = TAIL_BYTES / 16 };

/* ---- rows ------------------------------------------------------------------------------------ */

/* Which of the log's sections stay as they are, and from which row on the new one begins: those
 * that hold superseded rows go, and when there are many, small ones are taken over. */
static size_t
sections_kept(const struct chain *ch, const struct log *log, uint64_t *from)
{
	size_t keep = ch->n, bytes = rows_size(&log->pend);
	uint64_t end = log->pend.first;

	*from = end;
	while (keep && ch->v[keep - 1].block.first >= end)
		keep--;
	if (keep && ch->v[keep - 1].block.first + ch->v[keep - 1].block.n > end)
		*from = ch->v[--keep].block.first;
	if (keep < TAIL_SECTIONS)
		return keep;
	while (keep && block_size(&ch->v[keep - 1].block) <= 2 * bytes) {
		bytes += block_size(&ch->v[keep - 1].block);
		*from = ch->v[--keep].block.first;
	}
	return keep;
}

static void
append_pending(struct rows *r, const struct rows *pend, struct str *buf)
{
	struct block b;

	if (!pend->n)
		return;
	str_reset(buf);
	rows_pack(pend, 0, pend->n, buf);
	if (block_open(&b, buf->buf, buf->len))
		rows_append(r, &b, b.n);
}

/* ROWS follow what THEN says, in this commit's record. */
static void
add_section(struct batch *b, const struct log *log, struct place *then, const struct rows *rows)
{
	tail_record_add(&b->record, b->next_tail, log->id, then->tail, rows);
	then->tail = b->next_tail;
	if (!then->sections++)
		then->tail_first = b->next_tail;
	then->bytes += rows_size(rows);
}

static void
change_chain(struct batch *b, struct log *log, struct str *buf)
{
	const struct chain *ch = &b->chain;
	struct place *then = &log->place_then;
	struct rows *all = &b->merged;
	uint64_t from;
	size_t keep = sections_kept(ch, log, &from);

	then->sections = keep;
	then->bytes = 0;
	for (size_t i = 0; i < keep; i++)
		then->bytes += block_size(&ch->v[i].block);
	then->tail = keep ? ch->v[keep - 1].number : 0;
	then->tail_first = keep ? ch->v[0].number : 0;
	if (from < log->pend.first) {
		rows_reset(all, from);
		chain_rows(ch, from, log->pend.first, all);
		append_pending(all, &log->pend, buf);
		add_section(b, log, then, all);
		rows_reset(all, 0); /* when they are many, their room is given back */
	} else if (log->pend.n) {
		add_section(b, log, then, &log->pend);
	}
}

static bool
tail_is_full(const struct log *log)
{
	const struct rows *pend = &log->pend;

	/* Sealing costs as much as there are columns, so a row of many is no reason yet. */
	return log->seal || pend->n >= TAIL_BULK ||
	       pend->first + pend->n - log->place.sealed >= TAIL_ROWS ||
	       log->place.bytes + rows_size(pend) >= TAIL_LOG_BYTES + log->ncolumns * 1024;
}

/* Rows go into the tail, or, when those there and these are enough, into chunks. Where sealed rows
 * are superseded, what follows them is sealed at once. */
static void
write_rows(struct txn *t, struct batch *b, struct log *log, struct str *buf)
{
	const struct place *is = &log->place;
	uint64_t end = log->pend.first;
	struct rows old = {0};
	bool cut = log->cut != NOT_CUT, full = tail_is_full(log);

	log->place_then = *is;
	log->sealed_then = false;
	if (!log->pend.n && !cut && !log->seal)
		return;
	if (!cut && !full && is->sections < TAIL_SECTIONS) {
		add_section(b, log, &log->place_then, &log->pend);
		return;
	}
	if (end >= is->sealed) {
		if (chain_open(&b->chain, t, log->id, is->tail, is->sealed, log->kept_rows))
			return;
		if (!full) {
			change_chain(b, log, buf);
			return;
		}
		rows_reset(&old, is->sealed);
		chain_rows(&b->chain, is->sealed, end, &old);
	}
	seal_log(t, &b->reader, log, end < is->sealed ? end : is->sealed, &old, &log->pend);
	log->place_then = (struct place){.sealed = end + log->pend.n};
	log->sealed_then = true;
	rows_release(&old);
}

/* ---- records --------------------------------------------------------------------------------- */

/* A series that has no sealed points, whatever it has beyond. */
static void
nothing_sealed(struct series_rec *r)
{
	r->chunks = r->attempt = r->attempts = r->nsegments = 0;
	series_sum_init(&r->now);
}

static void
write_column(struct txn *t, const struct log *log, uint32_t i, struct str *buf)
{
	const struct series *c = log->columns[i];
	struct key k = key_pair(KEY_SERIES, log->id, i);
	struct series_rec r = {
		.id = c->id,
		.log = log->id,
		.column = i,
		.chunks = c->chunks_then,
		.attempt = c->attempt,
		.attempts = c->attempts,
		.name = c->name,
		.now = c->now,
		.segments = c->seg,
		.nsegments = (uint32_t)c->nseg,
	};

	if (c->all)
		r.all = *c->all;
	if (!log->sealed_then)
		nothing_sealed(&r);
	str_reset(buf);
	series_rec_pack(buf, &r);
	db_put(t, &k, buf->buf, buf->len);
	if (!c->fresh)
		return;
	k = key_name(log->id, c->name, strlen(c->name), i);
	db_put(t, &k, "", 0);
	str_reset(buf);
	put_u32(buf, log->id);
	put_u32(buf, i);
	k = key_id(KEY_NUMBER, c->id);
	db_put(t, &k, buf->buf, buf->len);
}

static void
write_log(struct txn *t, struct batch *b, struct log *log, struct str *buf)
{
	struct key k = key_id(KEY_LOG, log->id);

	write_rows(t, b, log, buf);

	struct log_rec r = {
		.id = log->id,
		.run = log->run->id,
		.rank = log->rank,
		.path = log->path,
		.format = log->format,
		.prefix = log->prefix,
		.reason = log->reason,
		.said = log->said,
		.title = log->title,
		.cur = log->cur,
		.attempts = log->attempts,
		.nattempts = (uint32_t)log->nattempts,
		.remarks = log->remarks,
		.points = log->points,
		.nstate = (uint32_t)log->state.len,
		.sealed = log->place_then.sealed,
		.tail = log->place_then.tail,
		.tail_first = log->place_then.tail_first,
		.columns = (uint32_t)log->ncolumns,
		.gone = log->gone,
		.writing = log->writing,
		.anew = log->anew,
		.judged = log->judged,
		.goals = log->goals,
	};

	hists_write(t, log->id, (uint32_t)log->ncolumns, &log->hists);
	str_reset(buf);
	log_rec_pack(buf, &r);
	db_put(t, &k, buf->buf, buf->len);
	if (log->state_dirty) {
		k = key_id(KEY_STATE, log->id);
		db_put(t, &k, log->state.buf, log->state.len);
	}
	if (log->path_dirty) {
		str_reset(buf);
		put_u32(buf, log->id);
		k = key_text(KEY_LOG_PATH, log->path);
		db_put(t, &k, buf->buf, buf->len);
		k = key_pair(KEY_RUN_LOG, log->run->id, log->id);
		db_put(t, &k, "", 0);
	}
	for (size_t i = 0; i < log->ncolumns; i++)
		if (log->columns[i]->fresh || (log->sealed_then && log->columns[i]->dirty))
			write_column(t, log, (uint32_t)i, buf);
}

/* A run whose last log moved elsewhere is no more. */
static void
delete_run(struct txn *t, const struct run *run)
{
	struct key k = key_text(KEY_RUN, run->path), prefix = key_id(KEY_PAST, run->id);
	struct iter it;

	db_del(t, &k);
	k = key_id(KEY_RUN_ID, run->id);
	db_del(t, &k);
	k = key_id(KEY_PARAMS, run->id);
	db_del(t, &k);
	iter_init(&it, t, &prefix);
	for (int rc = iter_next(&it); rc > 0;)
		rc = iter_del(&it);
	iter_release(&it);
}

static void
write_run(struct txn *t, const struct run *run, struct str *buf)
{
	struct key k = key_text(KEY_RUN, run->path);

	if (!run->nlogs) {
		delete_run(t, run);
		return;
	}
	struct run_rec rec = run->rec;
	rec.nparams = (uint32_t)run->nparams;
	rec.nlogs = (uint32_t)run->nlogs;
	str_reset(buf);
	run_rec_pack(buf, &rec);
	db_put(t, &k, buf->buf, buf->len);
	if (run->fresh) {
		k = key_id(KEY_RUN_ID, run->id);
		db_put(t, &k, run->path, strlen(run->path) + 1);
	}
	for (size_t i = 0; i < run->npast; i++) {
		const struct past *p = &run->past[i];
		if (!p->dirty)
			continue;
		str_reset(buf);
		run_rec_pack(buf, &p->rec);
		k = key_pair(KEY_PAST, run->id, p->rec.info.attempt);
		db_put(t, &k, buf->buf, buf->len);
	}
	if (run->params_dirty) {
		str_reset(buf);
		put_u32(buf, (uint32_t)run->nparams);
		for (size_t i = 0; i < run->nparams; i++) {
			put_text(buf, run->params[i].key);
			put_text(buf, run->params[i].value);
		}
		k = key_id(KEY_PARAMS, run->id);
		db_put(t, &k, buf->buf, buf->len);
	}
}

static void
write_ids(struct txn *t, const struct batch *b, struct str *buf)
{
	struct key k = key_text(KEY_META, "ids");

	str_reset(buf);
	put_u32(buf, b->next_log);
	put_u32(buf, b->next_run);
	put_u32(buf, b->next_series);
	db_put(t, &k, buf->buf, buf->len);
}

/* Does the chain of a log lead to record NUMBER, now or after this commit? */
static bool
leads_to(struct txn *t, const struct batch *b, uint32_t id, uint64_t number, bool then)
{
	struct key k = key_id(KEY_LOG, id);
	struct bytes v;
	struct log_rec r;

	if (id < b->nlogs && b->logs[id]) {
		const struct log *log = b->logs[id];
		uint64_t first = (then && log->dirty ? &log->place_then : &log->place)->tail_first;
		return first && first <= number;
	}
	if (db_get(t, &k, &v) <= 0 || !log_rec_unpack(&r, &v))
		return false;
	return r.tail_first && r.tail_first <= number;
}

static bool
record_used(struct txn *t, const struct batch *b, uint64_t number, const struct bytes *v)
{
	int n = tail_record_logs(v, number);

	for (int i = 0; i < n; i++)
		if (leads_to(t, b, tail_record_log(v, i), number, true))
			return true;
	return false;
}

static void
drop_records(struct txn *t, struct batch *b)
{
	struct key prefix = key_type(KEY_TAIL);
	struct iter it;

	iter_init(&it, t, &prefix);
	for (int rc = iter_next(&it); rc > 0; rc = iter_del(&it)) {
		if (record_used(t, b, key_get64(it.key.p, it.key.n, 0), &it.val))
			break;
		b->tail_bytes_then -= it.val.n;
	}
	iter_release(&it);
}

static void
write_tail(struct txn *t, struct batch *b, struct str *buf)
{
	bool sealed = false;

	b->tail_bytes_then = b->tail_bytes + tail_record_put(&b->record, t, b->next_tail, buf);
	for (size_t i = 0; i < b->ndirty_logs && !sealed; i++)
		sealed = b->dirty_logs[i]->sealed_then;
	if (sealed || b->tail_bytes_then > TAIL_BYTES / 4)
		drop_records(t, b);
}

static int
write_all(struct txn *t, void *ctx)
{
	struct batch *b = ctx; /* of which only what is called then changes */
	struct str buf = STR_INIT;

	tail_record_reset(&b->record);

	for (size_t i = 0; i < b->nops; i++) {
		const struct op *op = &b->ops[i];
		if (op->value)
			db_put(t, &op->key, op->value, op->n);
		else
			db_del(t, &op->key);
	}
	for (size_t i = 0; i < b->ndirty_logs; i++)
		write_log(t, b, b->dirty_logs[i], &buf);
	write_tail(t, b, &buf);
	for (size_t i = 0; i < b->ndirty_runs; i++)
		write_run(t, b->dirty_runs[i], &buf);
	if (b->ids_dirty)
		write_ids(t, b, &buf);
	str_release(&buf);
	return 0;
}

/* ---- afterwards ------------------------------------------------------------------------------ */

static void
log_clean(struct log *log)
{
	const struct log_attempt *a = log_now(log);

	log->dirty = log->fresh = log->state_dirty = log->path_dirty = log->seal = false;
	log->place = log->place_then;
	log->kept_rows = a->first_row + a->rows;
	log->cut = NOT_CUT;
	rows_reset(&log->pend, log->kept_rows);
	hists_clear(&log->hists);
	for (size_t i = 0; i < log->ncolumns; i++) {
		struct series *c = log->columns[i];
		c->fresh = false;
		if (!log->sealed_then)
			continue;
		c->dirty = false;
		c->chunks = c->chunks_then;
	}
}

static void
all_clean(struct batch *b)
{
	for (size_t i = 0; i < b->nops; i++)
		free(b->ops[i].value);
	b->nops = 0;
	for (size_t i = 0; i < b->ndirty_logs; i++)
		log_clean(b->dirty_logs[i]);
	b->ndirty_logs = 0;
	for (size_t i = 0; i < b->ndirty_runs; i++) {
		struct run *run = b->dirty_runs[i];
		run->dirty = run->fresh = run->params_dirty = false;
		for (size_t j = 0; j < run->npast; j++)
			run->past[j].dirty = false;
		if (run->nlogs)
			run_settle(b, run);
		else
			run_forget(b, run);
	}
	b->ndirty_runs = 0;
	b->ids_dirty = false;
	b->pending = 0;
	b->next_tail += b->record.n > 0;
	b->tail_bytes = b->tail_bytes_then;
	kept_trim(b);
}

static size_t
bytes_added(const struct batch *b)
{
	size_t n = 0;

	for (size_t i = 0; i < b->ndirty_logs; i++)
		n += rows_size(&b->dirty_logs[i]->pend);
	return n;
}

/* The logs that the oldest records hold, in that order: some; all that stand in the way when the
 * tail is beyond its bounds. To be freed. */
static uint32_t *
laggards(struct batch *b, size_t *n)
{
	struct key prefix = key_type(KEY_TAIL);
	struct txn *t;
	struct err e;
	struct iter it;
	uint32_t *ids = NULL;
	size_t cap = 0, bytes = b->tail_bytes, seen = 0;

	*n = 0;
	if (db_read_begin(b->db, &t, &e)) {
		batch_fail(b, &e);
		return NULL;
	}
	iter_init(&it, t, &prefix);
	while (((*n < LAGGARDS && seen < LAGGARDS_BYTES) || bytes > TAIL_BYTES) &&
	       iter_next(&it) > 0) {
		uint64_t number = key_get64(it.key.p, it.key.n, 0);
		bytes -= it.val.n;
		seen += it.val.n;
		int logs = tail_record_logs(&it.val, number);
		for (int i = 0; i < logs; i++)
			if (leads_to(t, b, tail_record_log(&it.val, i), number, false))
				*vec_push(ids, *n, cap) = tail_record_log(&it.val, i);
	}
	iter_release(&it);
	if (txn_failed(t, &e))
		batch_fail(b, &e);
	db_read_end(t);
	return ids;
}

/* Each commit seals as many bytes of the oldest rows as it adds, fewer while the tail is short,
 * more when it is long: so the logs of a thousand runs that began together are not sealed
 * together, which would leave as much room free as all of them take. */
static void
seal_laggards(struct batch *b)
{
	size_t n, got = 0, tail = b->tail_bytes;
	size_t want = bytes_added(b) * (tail >> 10) / (TAIL_BYTES >> 11);

	if (tail <= TAIL_BYTES / 4)
		return;
	uint32_t *ids = laggards(b, &n);
	for (size_t i = 0; i < n && !batch_failed(b) && (got < want || tail > TAIL_BYTES); i++) {
		struct log *log = kept_log(b, ids[i]);
		if (!log || log->seal)
			continue;
		log->seal = true;
		got += log->place.bytes;
		batch_touch_log(b, log);
	}
	free(ids);
}

int
batch_commit(struct batch *b, uint64_t *txn, struct err *e)
{
	if (!batch_failed(b))
		seal_laggards(b);
	if (!batch_failed(b))
		for (size_t i = 0; i < b->ndirty_runs; i++)
			if (b->dirty_runs[i]->nlogs)
				run_summarise(b, b->dirty_runs[i]);
	if (!batch_failed(b) && !b->nops && !b->ndirty_logs && !b->ndirty_runs) {
		if (txn)
			*txn = db_txn_id(b->db);
		return 0;
	}
	struct err why;
	int code = b->err.code;
	if (code)
		why = b->err;
	else
		code = db_write(b->db, write_all, b, txn, &why);
	if (!code) {
		all_clean(b);
		return 0;
	}
	if (e)
		*e = why;
	if (code == ERR_CORRUPT)
		dir_mark_damaged(db_dir(b->db));
	batch_drop(b);
	memset(&b->err, 0, sizeof b->err);
	/* If not even that can be read, the next commit says so. */
	kept_ids(b);
	return code;
}
