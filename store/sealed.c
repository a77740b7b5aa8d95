#include "store/sealed.h"

#include "core/xalloc.h"

#include <stdlib.h>
#include <string.h>

void
reader_begin(struct reader *r, struct txn *t, uint32_t log)
{
	r->t = t;
	r->log = log;
	r->axis_first = 0;
	r->axis.n = 0;
	if (r->row)
		return;
	r->row = xmalloc(CHUNK_POINTS * sizeof *r->row);
	r->step = xmalloc(CHUNK_POINTS * sizeof *r->step);
	r->wall = xmalloc(CHUNK_POINTS * sizeof *r->wall);
	r->value = xmalloc(CHUNK_POINTS * sizeof *r->value);
}

void
reader_release(struct reader *r)
{
	axis_rows_release(&r->axis);
	free(r->row);
	free(r->step);
	free(r->wall);
	free(r->value);
	memset(r, 0, sizeof *r);
}

/* ---- the axis -------------------------------------------------------------------------------- */

static int
axis_damaged(struct reader *r, uint64_t row)
{
	return txn_fail(r->t, ERR_CORRUPT, "the store is damaged: row %llu of log %u is missing",
			(unsigned long long)row, r->log);
}

static int
axis_at(struct reader *r, uint64_t row, struct axis_chunk *c)
{
	struct key prefix = key_id(KEY_AXIS, r->log), k = key_row(KEY_AXIS, r->log, row);
	struct iter it;

	iter_init(&it, r->t, &prefix);
	int rc = iter_seek_back(&it, &k);
	bool ok = rc > 0 && axis_open(c, it.val.p, it.val.n) && c->first_row <= row &&
		  row - c->first_row < c->n && c->first_row == key_get64(it.key.p, it.key.n, 4);
	iter_release(&it);
	if (rc < 0)
		return rc;
	return ok ? 0 : axis_damaged(r, row);
}

int
reader_axis_at(struct reader *r, uint64_t row, uint64_t *from, uint64_t *to)
{
	struct axis_chunk c;
	int rc = axis_at(r, row, &c);

	if (!rc) {
		*from = c.first_row;
		*to = c.first_row + c.n;
	}
	return rc;
}

/* The rows of the chunk that holds ROW are put behind those that are there. */
static int
axis_append(struct reader *r, uint64_t row)
{
	struct axis_rows *a = &r->axis;
	struct axis_chunk c;
	int rc = axis_at(r, row, &c);

	if (rc)
		return rc;
	if (!a->n)
		r->axis_first = c.first_row;
	else if (r->axis_first + a->n != c.first_row)
		return axis_damaged(r, row);
	axis_rows_room(a, a->n + c.n);
	if (!axis_read(&c, r->have & WANT_STEP ? a->step + a->n : NULL,
		       r->have & WANT_WALL ? a->wall + a->n : NULL,
		       r->have & WANT_WORD ? a->word + a->n : NULL))
		return axis_damaged(r, row);
	a->n += c.n;
	return 0;
}

/* What lies before FROM is let go, but only when more has to be read. */
static void
axis_drop(struct reader *r, uint64_t from)
{
	struct axis_rows *a = &r->axis;
	size_t n = (size_t)(from - r->axis_first);

	a->n -= n;
	if (r->have & WANT_STEP)
		memmove(a->step, a->step + n, a->n * sizeof *a->step);
	if (r->have & WANT_WALL)
		memmove(a->wall, a->wall + n, a->n * sizeof *a->wall);
	if (r->have & WANT_WORD)
		memmove(a->word, a->word + n, a->n * sizeof *a->word);
	r->axis_first = from;
}

int
reader_axis(struct reader *r, uint64_t from, uint64_t to, unsigned want)
{
	struct axis_rows *a = &r->axis;

	if (a->n && (want & ~r->have || from < r->axis_first || from >= r->axis_first + a->n))
		a->n = 0;
	if (!a->n)
		r->have = want;
	else if (to > r->axis_first + a->n)
		axis_drop(r, from);
	while (!a->n || r->axis_first + a->n < to) {
		int rc = axis_append(r, a->n ? r->axis_first + a->n : from);
		if (rc)
			return rc;
	}
	return 0;
}

/* ---- values ---------------------------------------------------------------------------------- */

static int
chunk_damaged(struct reader *r, uint32_t series, uint32_t number)
{
	return txn_fail(r->t, ERR_CORRUPT, "the store is damaged: chunk %u of series %u", number,
			series);
}

int
reader_chunk(struct reader *r, uint32_t series, uint32_t number, struct chunk *c)
{
	struct key k = key_pair(KEY_CHUNK, series, number);
	struct bytes v;
	int rc = db_get(r->t, &k, &v);

	if (rc < 0)
		return rc;
	return rc && chunk_open(c, v.p, v.n) ? 0 : chunk_damaged(r, series, number);
}

/* Where the axis has the X of each row. */
static void
gather(const struct reader *r, const struct leaf *l, const int64_t *x, int64_t *out)
{
	for (uint32_t i = 0; i < l->n; i++)
		out[i] = x[(uint64_t)l->row[i] - r->axis_first];
}

static int
axis_for(struct reader *r, struct leaf *l, unsigned want)
{
	uint64_t last = l->dense ? l->first_row + l->n - 1 : (uint64_t)l->row[l->n - 1];
	int rc = reader_axis(r, l->first_row, last + 1, want);

	if (rc)
		return rc;
	size_t at = (size_t)(l->first_row - r->axis_first);
	if (l->dense) {
		if (want & WANT_STEP)
			l->step = r->axis.step + at;
		if (want & WANT_WALL)
			l->wall = r->axis.wall + at;
		return 0;
	}
	if (want & WANT_STEP) {
		gather(r, l, r->axis.step, r->step);
		l->step = r->step;
	}
	if (want & WANT_WALL) {
		gather(r, l, r->axis.wall, r->wall);
		l->wall = r->wall;
	}
	return 0;
}

/* They are what the axis is looked up with. */
static bool
rows_ascend(const struct leaf *l)
{
	if (l->row[0] < 0 || (uint64_t)l->row[0] != l->first_row)
		return false;
	for (uint32_t i = 1; i < l->n; i++)
		if (l->row[i] <= l->row[i - 1])
			return false;
	return true;
}

/* Where the leaf's x are: with those that stand in the axis of the log. */
static int
leaf_axis(struct reader *r, struct leaf *l, unsigned want, bool linear)
{
	const struct chunk *c = &l->chunk;
	unsigned from_axis = c->own ? 0 : want & (linear ? WANT_WALL : WANT_WALL | WANT_STEP);

	return from_axis ? axis_for(r, l, from_axis) : 0;
}

static void
leaf_init(const struct reader *r, struct leaf *l, uint32_t series, uint32_t number)
{
	struct key k = key_pair(KEY_CHUNK, series, number);
	const struct chunk *c = &l->chunk;

	l->series = series;
	l->number = number;
	l->key = key_checksum(&k);
	l->n = c->n;
	l->first_row = c->first_row;
	l->codec = c->codec;
	l->dense = c->dense;
	l->own = c->own;
	l->linear = c->linear;
	l->row = r->row;
	l->step = r->step;
	l->wall = r->wall;
	l->value = r->value;
}

/* Rows, and what of x stands in the chunk. */
static bool
leaf_read(struct reader *r, const struct leaf *l, unsigned want, double *value)
{
	const struct chunk *c = &l->chunk;
	bool axis = !c->own && (want & WANT_WALL || (want & WANT_STEP && !c->linear));
	bool rows = want & WANT_ROW || (axis && !c->dense);

	return chunk_read(c, rows ? r->row : NULL, want & WANT_STEP ? r->step : NULL,
			  want & WANT_WALL && c->own ? r->wall : NULL, value) &&
	       (!rows || rows_ascend(l));
}

int
leaf_load(struct reader *r, uint32_t series, uint32_t number, unsigned want, struct leaf *out)
{
	int rc = reader_chunk(r, series, number, &out->chunk);

	if (rc)
		return rc;
	leaf_init(r, out, series, number);
	if (!leaf_read(r, out, want, r->value))
		return chunk_damaged(r, series, number);
	return leaf_axis(r, out, want, out->linear);
}

/* A chunk that is linear, and cannot overflow. */
static bool
is_simple(const struct chunk *c)
{
	const int64_t far = INT64_C(1) << 61, wide = far / CHUNK_POINTS;

	return c->linear && c->step0 > -far && c->step0 < far && c->stride > -wide &&
	       c->stride < wide;
}

int
leaf_open(struct reader *r, uint32_t series, uint32_t number, unsigned want, struct leaf *out)
{
	struct key k = key_pair(KEY_CHUNK, series, number);
	struct bytes v;
	int rc = db_get_parts(r->t, &k, &v);

	if (rc < 0)
		return rc;
	if (!rc || !chunk_open(&out->chunk, v.p, v.n))
		return chunk_damaged(r, series, number);
	leaf_init(r, out, series, number);
	struct chunk *c = &out->chunk;
	bool whole = c->blocks < 2;
	if (whole && (rc = db_verify(r->t, &k, &v)))
		return rc;
	if (!whole && (!chunk_sound(c, out->key) || !chunk_directory(c, &r->blocks)))
		return chunk_damaged(r, series, number);
	if (!whole && is_simple(c) && want == WANT_STEP) {
		want = 0;
		out->step = NULL;
	}
	if (!whole)
		out->value = NULL;
	if (!leaf_read(r, out, want, whole ? r->value : NULL))
		return chunk_damaged(r, series, number);
	return leaf_axis(r, out, want, out->linear);
}

const double *
leaf_block(struct reader *r, const struct leaf *l, uint32_t i)
{
	if (l->value)
		return l->value;
	if (chunk_block_read(&l->chunk, &r->blocks, i, r->value))
		return r->value;
	chunk_damaged(r, l->series, l->number);
	return NULL;
}

bool
leaf_block_range(struct reader *r, const struct leaf *l, uint32_t i, struct range *out)
{
	return !l->value && chunk_block_range(&l->chunk, &r->blocks, i, out);
}

int
reader_find(struct reader *r, uint32_t series, uint32_t chunks, uint64_t row, uint32_t *number)
{
	uint32_t lo = 0, hi = chunks;

	while (hi - lo > 1) {
		uint32_t mid = lo + (hi - lo) / 2;
		struct chunk c;
		int rc = reader_chunk(r, series, mid, &c);
		if (rc)
			return rc;
		if (c.first_row <= row)
			lo = mid;
		else
			hi = mid;
	}
	*number = lo;
	return 0;
}

/* ---- rows ------------------------------------------------------------------------------------ */

static int
column_rows(struct reader *r, uint32_t column, const struct column_ref *ref, uint64_t from,
	    uint64_t to, struct rows *out)
{
	uint32_t number;
	int rc = ref->chunks ? reader_find(r, ref->series, ref->chunks, from, &number) : 0;

	for (; !rc && ref->chunks && number < ref->chunks; number++) {
		struct leaf l;
		rc = leaf_load(r, ref->series, number, WANT_ROW, &l);
		if (rc || l.first_row >= to)
			break;
		for (uint32_t i = 0; i < l.n; i++) {
			uint64_t row = (uint64_t)l.row[i];
			if (row >= from && row < to)
				rows_add_cell(out, column, (uint32_t)(row - from), l.value[i]);
		}
	}
	return rc;
}

int
sealed_rows(struct reader *r, const struct column_ref *columns, size_t ncolumns, uint64_t row,
	    struct rows *out)
{
	uint64_t from, to;
	int rc = reader_axis_at(r, row, &from, &to);

	if (!rc)
		rc = reader_axis(r, from, to, WANT_STEP | WANT_WALL | WANT_WORD);
	if (rc)
		return rc;
	rows_reset(out, from);
	for (uint64_t i = from; i < to; i++) {
		size_t at = (size_t)(i - r->axis_first);
		rows_add_axis(out, r->axis.step[at], r->axis.wall[at], (uint32_t)r->axis.word[at]);
	}
	for (size_t i = 0; !rc && i < ncolumns; i++)
		rc = column_rows(r, (uint32_t)i, &columns[i], from, to, out);
	return rc;
}
