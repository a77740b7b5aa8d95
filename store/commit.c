/* One commit is one function over what is in memory, run in one transaction, changing nothing in
 * memory: it may have to run again from the start. When it has succeeded, memory is told; when it
 * has failed, memory is forgotten, and what is kept is read again. */
#include "store/batch.h"

#include "core/xalloc.h"
#include "store/dir.h"
#include "store/field.h"

#include <stdlib.h>
#include <string.h>

/* A kept block smaller than this takes the rows that follow it, so that a live log does not leave a
 * block a commit; a larger piece is cut, so that reading one row does not cost a megabyte. */
#ifdef MM_SMALL
enum { BLOCK_MERGE = 512, BLOCK_MOST = 1024 };
#else
enum { BLOCK_MERGE = 32 << 10, BLOCK_MOST = 256 << 10 };
#endif

/* ---- rows ------------------------------------------------------------------------------------ */

static void
put_block(struct txn *t, const struct log *log, const struct rows *r, size_t from, size_t to,
	  struct str *buf)
{
	struct key k = key_row(KEY_TAIL, log->id, r->first + from);

	str_reset(buf);
	rows_pack(r, from, to, buf);
	db_put(t, &k, buf->buf, buf->len);
}

static void
put_rows(struct txn *t, const struct log *log, const struct rows *r, struct str *buf)
{
	size_t size = rows_size(r);
	size_t pieces = size / BLOCK_MOST + 1;
	size_t step = (r->n + pieces - 1) / pieces;

	for (size_t from = 0; from < r->n; from += step)
		put_block(t, log, r, from, from + step < r->n ? from + step : r->n, buf);
}

/* Deletes the blocks from the one that begins at ROW on. */
static void
drop_blocks(struct txn *t, const struct log *log, uint64_t row)
{
	struct key prefix = key_id(KEY_TAIL, log->id), k = key_row(KEY_TAIL, log->id, row);
	struct iter it;

	iter_init(&it, t, &prefix);
	for (int rc = iter_seek(&it, &k); rc > 0;)
		rc = iter_del(&it);
	iter_release(&it);
}

/* The last kept block goes into memory, in front of the new rows, when rows of it are superseded or
 * it is small. */
static void
write_rows(struct txn *t, const struct log *log, struct str *buf)
{
	struct rows all = {0};
	struct block last;
	bool cut = log->cut != NOT_CUT;

	if (!cut && !log->pend.n)
		return;
	uint64_t end = log->pend.first;
	int rc = end ? block_at(t, log->id, end - 1, &last) : 0;
	if (rc < 0)
		return;
	if (end && (!rc || end - 1 - last.first >= last.n)) {
		txn_fail(t, ERR_CORRUPT, "the store is damaged: row %llu of log %u is missing",
			 (unsigned long long)end - 1, log->id);
		return;
	}
	uint32_t keep = rc ? (uint32_t)(end - last.first) : 0;
	bool straddles = rc && keep < last.n;
	if (rc && (straddles || block_size(&last) < BLOCK_MERGE)) {
		rows_reset(&all, last.first);
		rows_append(&all, &last, keep);
		drop_blocks(t, log, last.first);
	} else if (cut) {
		drop_blocks(t, log, end);
	}
	if (!all.n) {
		put_rows(t, log, &log->pend, buf);
		return;
	}
	if (log->pend.n) {
		struct block pend;
		str_reset(buf);
		rows_pack(&log->pend, 0, log->pend.n, buf);
		if (block_open(&pend, buf->buf, buf->len))
			rows_append(&all, &pend, pend.n);
	}
	put_rows(t, log, &all, buf);
	rows_release(&all);
}

/* ---- records --------------------------------------------------------------------------------- */

static void
write_column(struct txn *t, const struct log *log, uint32_t i, struct str *buf)
{
	const struct series *c = log->columns[i];
	struct key k = key_pair(KEY_SERIES, log->id, i);
	struct series_rec r = {
		.id = c->id,
		.log = log->id,
		.column = i,
		.attempt = c->attempt,
		.attempts = c->attempts,
		.name = c->name,
		.now = c->now,
		.segments = c->seg,
		.nsegments = (uint32_t)c->nseg,
	};

	if (c->all)
		r.all = *c->all;
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
write_log(struct txn *t, const struct log *log, struct str *buf)
{
	struct key k = key_id(KEY_LOG, log->id);
	struct log_rec r = {
		.id = log->id,
		.run = log->run->id,
		.rank = log->rank,
		.path = log->path,
		.format = log->format,
		.prefix = log->prefix,
		.reason = log->reason,
		.said = log->said,
		.cur = log->cur,
		.attempts = log->attempts,
		.nattempts = (uint32_t)log->nattempts,
		.remarks = log->remarks,
		.points = log->points,
		.columns = (uint32_t)log->ncolumns,
		.gone = log->gone,
		.anew = log->anew,
	};

	write_rows(t, log, buf);
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
		if (log->columns[i]->dirty)
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
	str_reset(buf);
	run_rec_pack(buf, &run->rec);
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

static int
write_all(struct txn *t, void *ctx)
{
	const struct batch *b = ctx;
	struct str buf = STR_INIT;

	for (size_t i = 0; i < b->nops; i++) {
		const struct op *op = &b->ops[i];
		if (op->value)
			db_put(t, &op->key, op->value, op->n);
		else
			db_del(t, &op->key);
	}
	for (size_t i = 0; i < b->ndirty_logs; i++)
		write_log(t, b->dirty_logs[i], &buf);
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

	log->dirty = log->fresh = log->state_dirty = log->path_dirty = false;
	log->kept_rows = a->first_row + a->rows;
	log->cut = NOT_CUT;
	rows_reset(&log->pend, log->kept_rows);
	hists_clear(&log->hists);
	for (size_t i = 0; i < log->ncolumns; i++)
		log->columns[i]->dirty = log->columns[i]->fresh = false;
}

static void
all_clean(struct batch *b)
{
	b->commits++;
	for (size_t i = 0; i < b->nops; i++)
		free(b->ops[i].value);
	b->nops = 0;
	for (size_t i = 0; i < b->ndirty_logs; i++)
		log_clean(b->dirty_logs[i]);
	b->ndirty_logs = 0;
	for (size_t i = 0; i < b->ndirty_runs; i++) {
		struct run *run = b->dirty_runs[i];
		run->dirty = run->fresh = run->params_dirty = false;
		run->used = b->commits;
		for (size_t j = 0; j < run->npast; j++)
			run->past[j].dirty = false;
		if (!run->nlogs)
			run_forget(b, run);
	}
	b->ndirty_runs = 0;
	b->ids_dirty = false;
	b->pending = 0;
	kept_trim(b);
}

int
batch_commit(struct batch *b, uint64_t *txn, struct err *e)
{
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
