/* The last chunk of a series, and of an axis, may have room left. So sealing takes it back, puts
 * the new points behind its own, and packs them all again: as many chunks as get full, and one that
 * is again the last. All but the last have a node in the pyramid. Bulk reading is the same with
 * more points, a slice at a time, so it needs no more memory for more of them. */
#include "store/seal.h"

#include "core/xalloc.h"
#include "store/pyramid.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* So many points are taken at a time; what waits for more is less than a chunk ever takes. */
enum { SLICE = 4 * CHUNK_POINTS };

/* ---- the axis -------------------------------------------------------------------------------- */

struct axis_seal {
	struct txn *t;
	uint32_t log;
	struct axis_rows rows;
	size_t from;    /* those before are packed */
	uint64_t first; /* number of the row at FROM */
	size_t hint;
	struct str buf;
};

static void
axis_pack_one(struct axis_seal *s)
{
	size_t n = axis_pack(&s->rows, s->from, s->first, &s->buf, &s->hint);
	struct key k = key_row(KEY_AXIS, s->log, s->first);

	db_put(s->t, &k, s->buf.buf, s->buf.len);
	s->from += n;
	s->first += n;
}

static void
axis_compact(struct axis_seal *s)
{
	struct axis_rows *a = &s->rows;

	a->n -= s->from;
	memmove(a->step, a->step + s->from, a->n * sizeof *a->step);
	memmove(a->wall, a->wall + s->from, a->n * sizeof *a->wall);
	memmove(a->word, a->word + s->from, a->n * sizeof *a->word);
	s->from = 0;
}

static void
axis_feed(struct axis_seal *s, const struct rows *r)
{
	for (size_t at = 0; at < r->n;) {
		struct axis_rows *a = &s->rows;
		size_t n = r->n - at < SLICE ? r->n - at : SLICE;
		axis_rows_room(a, a->n + n);
		memcpy(a->step + a->n, r->step + at, n * sizeof *a->step);
		memcpy(a->wall + a->n, r->wall + at, n * sizeof *a->wall);
		for (size_t i = 0; i < n; i++)
			a->word[a->n + i] = r->word[at + i];
		a->n += n;
		at += n;
		while (a->n - s->from >= CHUNK_POINTS)
			axis_pack_one(s);
		axis_compact(s);
	}
}

static void
axis_delete_from(struct txn *t, uint32_t log, uint64_t row)
{
	struct key prefix = key_id(KEY_AXIS, log), k = key_row(KEY_AXIS, log, row);
	struct iter it;

	iter_init(&it, t, &prefix);
	for (int rc = iter_seek(&it, &k); rc > 0;)
		rc = iter_del(&it);
	iter_release(&it);
}

static void
seal_axis(struct txn *t, struct reader *r, const struct log *log, uint64_t end,
	  const struct rows *old, const struct rows *new)
{
	struct axis_seal s = {.t = t, .log = log->id};
	uint64_t from, to;

	if (end && (reader_axis_at(r, end - 1, &from, &to) ||
		    reader_axis(r, from, to, WANT_STEP | WANT_WALL | WANT_WORD)))
		return;
	if (end) {
		size_t at = (size_t)(from - r->axis_first), n = (size_t)(end - from);
		axis_rows_room(&s.rows, n);
		memcpy(s.rows.step, r->axis.step + at, n * sizeof *s.rows.step);
		memcpy(s.rows.wall, r->axis.wall + at, n * sizeof *s.rows.wall);
		memcpy(s.rows.word, r->axis.word + at, n * sizeof *s.rows.word);
		s.rows.n = n;
		s.first = from;
	}
	if (log->place.sealed > end)
		axis_delete_from(t, log->id, end);
	axis_feed(&s, old);
	axis_feed(&s, new);
	while (s.from < s.rows.n && !txn_failed(t, NULL))
		axis_pack_one(&s);
	axis_rows_release(&s.rows);
	str_release(&s.buf);
}

/* ---- one column ------------------------------------------------------------------------------ */

struct column_seal {
	struct txn *t;
	uint32_t series, number; /* of the next chunk */
	struct points p;
	size_t from, hint;
	struct node *nodes;
	size_t nnodes, nodecap;
	struct str buf;
};

static void
column_pack_one(struct column_seal *s)
{
	struct key k = key_pair(KEY_CHUNK, s->series, s->number++);
	size_t n = chunk_pack(&s->p, s->from, key_checksum(&k), &s->buf, &s->hint);

	db_put(s->t, &k, s->buf.buf, s->buf.len);
	*vec_push(s->nodes, s->nnodes, s->nodecap) =
		node_of(n, s->p.step + s->from, s->p.wall + s->from, s->p.value + s->from);
	s->from += n;
}

static void
column_feed(struct column_seal *s, const struct rows *r, uint32_t column)
{
	if (column >= r->ncolumns)
		return;
	const struct cells *c = &r->cells[column];
	for (size_t at = 0; at < c->n;) {
		struct points *p = &s->p;
		size_t n = c->n - at < SLICE ? c->n - at : SLICE;
		points_room(p, p->n + n);
		memcpy(p->value + p->n, c->value + at, n * sizeof *p->value);
		for (size_t i = 0; i < n; i++) {
			size_t row = c->row ? c->row[at + i] : c->first + at + i;
			p->row[p->n + i] = (int64_t)(r->first + row);
			p->step[p->n + i] = r->step[row];
			p->wall[p->n + i] = r->wall[row];
		}
		p->n += n;
		at += n;
		while (p->n - s->from >= CHUNK_POINTS)
			column_pack_one(s);
		points_drop(p, s->from);
		s->from = 0;
	}
}

/* Chunks that begin at row END or later go. Returns how many are left. */
static uint32_t
column_cut(struct txn *t, struct reader *r, uint32_t series, uint32_t chunks, uint64_t end)
{
	uint32_t left = chunks;
	struct chunk c;

	while (left && !reader_chunk(r, series, left - 1, &c) && c.first_row >= end) {
		struct key k = key_pair(KEY_CHUNK, series, --left);
		db_del(t, &k);
	}
	if (chunks > 1 && left < chunks)
		pyramid_cut(t, series, chunks - 1, left ? left - 1 : 0);
	return left;
}

static bool
has_cells(const struct rows *r, uint32_t column)
{
	return column < r->ncolumns && r->cells[column].n;
}

static void
column_reopen(struct column_seal *s, struct reader *r, uint64_t end)
{
	struct leaf l;

	if (leaf_load(r, s->series, s->number, WANT_STEP | WANT_WALL | WANT_ROW, &l))
		return;
	uint32_t n = l.n;
	while (n && (uint64_t)l.row[n - 1] >= end)
		n--;
	points_room(&s->p, n);
	memcpy(s->p.row, l.row, n * sizeof *l.row);
	memcpy(s->p.step, l.step, n * sizeof *l.step);
	memcpy(s->p.wall, l.wall, n * sizeof *l.wall);
	memcpy(s->p.value, l.value, n * sizeof *l.value);
	s->p.n = n;
}

static void
seal_column(struct column_seal *s, struct reader *r, const struct log *log, uint32_t column,
	    uint64_t end, const struct rows *old, const struct rows *new)
{
	struct series *c = log->columns[column];
	uint32_t chunks = c->chunks;

	c->chunks_then = chunks;
	if (log->place.sealed > end)
		chunks = column_cut(s->t, r, c->id, chunks, end);
	else if (!has_cells(old, column) && !has_cells(new, column))
		return;
	s->series = c->id;
	s->number = chunks ? chunks - 1 : 0;
	s->p.n = s->from = s->nnodes = s->hint = 0;
	uint32_t nodes = s->number;
	if (chunks)
		column_reopen(s, r, end);
	column_feed(s, old, column);
	column_feed(s, new, column);
	while (s->from < s->p.n && !txn_failed(s->t, NULL))
		column_pack_one(s);
	c->chunks_then = s->number;
	if (s->nnodes > 1)
		pyramid_append(s->t, c->id, nodes, s->nodes, s->nnodes - 1);
}

void
seal_log(struct txn *t, struct reader *r, const struct log *log, uint64_t end,
	 const struct rows *old, const struct rows *new)
{
	struct column_seal s = {.t = t};

	reader_begin(r, t, log->id);
	/* Columns first: they are read back with the axis as it was. */
	for (size_t i = 0; i < log->ncolumns && !txn_failed(t, NULL); i++)
		seal_column(&s, r, log, (uint32_t)i, end, old, new);
	points_release(&s.p);
	free(s.nodes);
	str_release(&s.buf);
	seal_axis(t, r, log, end, old, new);
}
