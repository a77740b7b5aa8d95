/* A log whose content may have changed is read from its start and compared with what is kept, row
 * by row. Rows may be kept in blocks of the store or wait in memory for the next commit; the two
 * follow one another without a gap. At the first difference the comparison is over: the kept rest
 * goes, in memory at once and in the store with the next commit, and every sum is built anew from
 * what is left. */
#include "store/batch.h"

#include "core/xalloc.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct replay {
	uint64_t row, end; /* next row to be compared, and the first that is not kept */
	struct str bytes;  /* a copy of the block that holds ROW */
	struct block block;
	bool open;
};

void
replay_begin(struct log *log)
{
	const struct log_attempt *a = log_now(log);

	replay_free(log->replay);
	log->replay = NULL;
	if (!a->rows)
		return; /* nothing to compare with: what comes is new */
	log->replay = xcalloc(1, sizeof *log->replay);
	log->replay->row = a->first_row;
	log->replay->end = a->first_row + a->rows;
}

void
replay_free(struct replay *r)
{
	if (!r)
		return;
	str_release(&r->bytes);
	free(r);
}

static void
replay_over(struct log *log)
{
	replay_free(log->replay);
	log->replay = NULL;
}

static struct txn *
read_begin(struct batch *b)
{
	struct txn *t;
	struct err e;

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

/* ---- comparing ------------------------------------------------------------------------------- */

static bool
same_value(double a, double b)
{
	return !memcmp(&a, &b, sizeof a) || (isnan(a) && isnan(b));
}

static bool
same_as_pending(const struct rows *kept, uint32_t row, const struct row *r, int64_t step)
{
	if (kept->step[row] != step || kept->ncell[row] != r->n)
		return false;
	for (unsigned i = 0; i < r->n; i++) {
		const double *v = rows_cell(kept, r->column[i], row);
		if (!v || !same_value(*v, r->value[i]))
			return false;
	}
	return true;
}

static bool
same_as_kept(const struct block *kept, uint32_t row, const struct row *r, int64_t step)
{
	if (block_step(kept, row) != step || block_ncell(kept, row) != r->n)
		return false;
	for (unsigned i = 0; i < r->n; i++) {
		struct block_cells c;
		if (!block_find(kept, r->column[i], &c))
			return false;
		uint32_t j = c.row ? cells_before(&c, row) : row - c.first;
		if (j >= c.n || cells_row(&c, j) != row ||
		    !same_value(cells_value(&c, j), r->value[i]))
			return false;
	}
	return true;
}

/* The block that holds the row to be compared, copied: no read transaction outlives the call. */
static bool
open_block(struct batch *b, struct log *log, struct replay *rp)
{
	if (rp->open && rp->row - rp->block.first < rp->block.n)
		return true;
	struct txn *t = read_begin(b);
	struct block view;
	if (!t)
		return false;
	rp->open = block_at(t, log->id, rp->row, &view) > 0 && rp->row - view.first < view.n;
	if (rp->open) {
		str_reset(&rp->bytes);
		block_copy(&view, &rp->bytes);
		rp->open = block_open(&rp->block, rp->bytes.buf, rp->bytes.len);
	}
	if (!rp->open)
		txn_fail(t, ERR_CORRUPT, "the store is damaged: row %llu of log %u is missing",
			 (unsigned long long)rp->row, log->id);
	read_end(b, t);
	return rp->open;
}

/* ---- what is left ---------------------------------------------------------------------------- */

static void
series_clear(struct series *c)
{
	free(c->all);
	c->all = NULL;
	c->attempt = c->attempts = 0;
	c->nseg = c->seg_here = 0;
	series_sum_init(&c->now);
	c->dirty = true;
}

/* An attempt's unit is that of its rows; what is kept per series is the unit of its first point. */
static enum step_unit
unit_of(const enum step_unit *units, uint32_t column)
{
	return units[column];
}

struct rebuild {
	struct log *log;
	enum step_unit *units; /* of each column, from before */
};

static const struct log_attempt *
attempt_at(const struct log *log, uint64_t row)
{
	size_t i = log->nattempts - 1;

	while (i && log->attempts[i].first_row > row)
		i--;
	return &log->attempts[i];
}

static void
rebuild_axis(struct log_attempt *now, uint64_t row, int64_t step, int64_t wall, uint32_t ncell)
{
	if (row < now->first_row)
		return;
	if (row == now->first_row)
		now->first_step = step;
	now->last_step = step;
	now->points += ncell;
	if (wall && (!now->first_us || wall < now->first_us))
		now->first_us = wall;
	if (wall > now->last_us)
		now->last_us = wall;
}

static void
rebuild_block(struct rebuild *rb, const struct block *k, uint32_t n)
{
	struct log *log = rb->log;

	for (uint32_t i = 0; i < n; i++)
		rebuild_axis(log_now(log), k->first + i, block_step(k, i), block_wall(k, i),
			     block_ncell(k, i));
	for (uint32_t i = 0; i < k->ncolumns; i++) {
		struct block_cells c;
		block_cells(k, i, &c);
		if (c.column >= log->ncolumns)
			continue;
		uint32_t end = cells_before(&c, n);
		for (uint32_t j = 0; j < end; j++) {
			uint32_t row = cells_row(&c, j);
			series_add(log->run, log->columns[c.column],
				   attempt_at(log, k->first + row)->attempt,
				   unit_of(rb->units, c.column), block_step(k, row),
				   block_wall(k, row), cells_value(&c, j));
		}
	}
}

static void
rebuild_pending(struct rebuild *rb)
{
	struct str bytes = STR_INIT;
	struct block k;

	if (!rb->log->pend.n)
		return;
	rows_pack(&rb->log->pend, 0, rb->log->pend.n, &bytes);
	if (block_open(&k, bytes.buf, bytes.len))
		rebuild_block(rb, &k, k.n);
	str_release(&bytes);
}

static void
rebuild_kept(struct batch *b, struct rebuild *rb, uint64_t end)
{
	struct key prefix = key_id(KEY_TAIL, rb->log->id);
	struct txn *t = read_begin(b);
	struct iter it;

	if (!t)
		return;
	iter_init(&it, t, &prefix);
	while (iter_next(&it) > 0) {
		struct block k;
		if (!block_open(&k, it.val.p, it.val.n)) {
			txn_fail(t, ERR_CORRUPT, "the store is damaged: a block of rows");
			break;
		}
		if (k.first >= end)
			break;
		rebuild_block(rb, &k, end - k.first < k.n ? (uint32_t)(end - k.first) : k.n);
	}
	iter_release(&it);
	read_end(b, t);
}

/* Rows from ROW on are superseded. They belong to the newest attempt, whose first row stays. */
static void
supersede(struct batch *b, struct log *log, uint64_t row)
{
	struct log_attempt *a = log_now(log);
	struct rebuild rb = {log, xcalloc(log->ncolumns + 1, sizeof *rb.units)};

	hists_cut(&log->hists, row);
	log->points -= a->points;
	a->rows = row - a->first_row;
	a->points = 0;
	a->first_us = a->last_us = 0;
	if (row < log->pend.first) {
		log->cut = row;
		rows_reset(&log->pend, row);
	} else {
		rows_cut(&log->pend, (size_t)(row - log->pend.first));
	}
	for (size_t i = 0; i < log->ncolumns; i++) {
		rb.units[i] = (enum step_unit)log->columns[i]->now.unit;
		series_clear(log->columns[i]);
	}
	rebuild_kept(b, &rb, log->pend.first);
	rebuild_pending(&rb);
	log->points += a->points;
	free(rb.units);
	log->run->repick = true;
	batch_touch_log(b, log);
}

bool
replay_row(struct batch *b, struct log *log, const struct row *r)
{
	struct replay *rp = log->replay;
	int64_t step = r->unit == STEP_NONE ? 0 : r->step;
	bool same;

	if (rp->row == rp->end) { /* all that is kept was there; the rest is new */
		replay_over(log);
		return false;
	}
	if (rp->row >= log->pend.first) {
		same = same_as_pending(&log->pend, (uint32_t)(rp->row - log->pend.first), r, step);
	} else {
		if (!open_block(b, log, rp))
			return false;
		same = same_as_kept(&rp->block, (uint32_t)(rp->row - rp->block.first), r, step);
	}
	if (same) {
		rp->row++;
		log->anew = false;
		return true;
	}
	uint64_t row = rp->row;
	replay_over(log);
	if (row == log_now(log)->first_row)
		log_attempt_begin(b, log);
	else
		supersede(b, log, row);
	return false;
}

void
replay_finish(struct batch *b, struct log *log, bool cut)
{
	uint64_t row = log->replay->row;
	bool left = row < log->replay->end;

	replay_over(log);
	if (!cut || !left)
		return;
	if (row == log_now(log)->first_row) {
		/* Emptied. What was there stays; what comes next is another attempt. */
		log->anew = true;
		batch_touch_log(b, log);
	} else {
		supersede(b, log, row);
	}
}
