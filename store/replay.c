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

/* ---- comparing ------------------------------------------------------------------------------- */

static bool
same_value(double a, double b)
{
	return !memcmp(&a, &b, sizeof a) || (isnan(a) && isnan(b));
}

/* Steps and values may be those of yesterday's training (a seed makes them so): the log's own time
 * tells. One that came from the arrival says nothing. */
static bool
same_time(int64_t kept, const struct row *r)
{
	return !r->wall_us || kept == r->wall_us;
}

static bool
same_as_pending(const struct rows *kept, uint32_t row, const struct row *r, int64_t step)
{
	if (kept->step[row] != step || !same_time(kept->wall[row], r) ||
	    word_ncell(kept->word[row]) != r->n)
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
	if (block_step(kept, row) != step || !same_time(block_wall(kept, row), r) ||
	    word_ncell(block_word(kept, row)) != r->n)
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
	struct txn *t = batch_read(b);
	if (!t)
		return false;
	rp->open = !kept_rows_at(b, t, log, rp->row, &rp->bytes, &rp->block);
	batch_read_end(b, t);
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

static void
rebuild_block(struct log *log, const struct block *k, uint32_t n)
{
	struct log_attempt *now = log_now(log);

	for (uint32_t i = 0; i < n; i++) {
		uint32_t word = block_word(k, i);
		if (k->first + i >= now->first_row)
			attempt_row(now, k->first + i == now->first_row, word_unit(word),
				    block_step(k, i), block_wall(k, i), word_ncell(word));
	}
	log_take(log, k, n);
}

static void
rebuild_pending(struct log *log)
{
	struct str bytes = STR_INIT;
	struct block k;

	if (!log->pend.n)
		return;
	rows_pack(&log->pend, 0, log->pend.n, &bytes);
	if (block_open(&k, bytes.buf, bytes.len))
		rebuild_block(log, &k, k.n);
	str_release(&bytes);
}

static void
rebuild_kept(struct batch *b, struct log *log, uint64_t end)
{
	struct txn *t = batch_read(b);
	struct str bytes = STR_INIT;
	struct block k;

	if (!t)
		return;
	for (uint64_t row = 0; row < end; row = k.first + k.n) {
		if (kept_rows_at(b, t, log, row, &bytes, &k))
			break;
		rebuild_block(log, &k, end - k.first < k.n ? (uint32_t)(end - k.first) : k.n);
	}
	str_release(&bytes);
	batch_read_end(b, t);
}

/* Rows from ROW on are superseded. They belong to the newest attempt, whose first row stays. */
static void
supersede(struct batch *b, struct log *log, uint64_t row)
{
	struct log_attempt *a = log_now(log);

	hists_cut(&log->hists, row);
	log->points -= a->points;
	a->rows = row - a->first_row;
	a->points = 0;
	a->unit = STEP_NONE;
	a->first_us = a->last_us = 0;
	if (row < log->pend.first) {
		log->cut = row;
		rows_reset(&log->pend, row);
	} else {
		rows_cut(&log->pend, (size_t)(row - log->pend.first));
	}
	for (size_t i = 0; i < log->ncolumns; i++)
		series_clear(log->columns[i]);
	rebuild_kept(b, log, log->pend.first);
	rebuild_pending(log);
	log->points += a->points;
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
	if (row == log_now(log)->first_row && log_now(log)->unit != STEP_NONE)
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
