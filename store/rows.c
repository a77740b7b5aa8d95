/* Column by column: a chart reads one column of twenty, and a codec wants like beside like. */
#include "store/rows.h"

#include "core/xalloc.h"
#include "store/field.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
	HEAD = 16,      /* rows, columns, first row */
	ENTRY = 16,     /* column, cells, first row or SPARSE, offset */
	ROW_BYTES = 20, /* step, time, number of cells */
};
#define SPARSE UINT32_MAX

void
rows_release(struct rows *r)
{
	for (size_t i = 0; i < r->ncolumns; i++) {
		free(r->cells[i].row);
		free(r->cells[i].value);
	}
	free(r->cells);
	free(r->step);
	free(r->wall);
	free(r->word);
	free(r->touched);
	memset(r, 0, sizeof *r);
}

/* So many come to a commit from a log that is being written. */
enum { LIVE_ROWS = 8 };

/* Memory that a backlog needed is given back; what a live log needs is kept. */
void
rows_reset(struct rows *r, uint64_t first)
{
	if (r->n > LIVE_ROWS) {
		rows_release(r);
	} else {
		for (size_t i = 0; i < r->ntouched; i++) {
			struct cells *c = &r->cells[r->touched[i]];
			free(c->row);
			c->row = NULL;
			c->n = c->rowcap = 0;
		}
	}
	r->n = r->ntouched = 0;
	r->first = first;
}

static struct cells *
cells_of(struct rows *r, uint32_t column)
{
	if (column >= r->ncolumns) {
		size_t n = r->ncolumns;
		xgrow(&r->cells, &r->columncap, (size_t)column + 1, sizeof *r->cells);
		memset(r->cells + n, 0, (column + 1 - n) * sizeof *r->cells);
		r->ncolumns = (size_t)column + 1;
	}
	struct cells *c = &r->cells[column];
	if (!c->n)
		*vec_push(r->touched, r->ntouched, r->touchedcap) = column;
	return c;
}

void
rows_add_cell(struct rows *r, uint32_t column, uint32_t row, double value)
{
	struct cells *c = cells_of(r, column);

	if (!c->n) {
		c->first = row;
	} else if (!c->row && row != c->first + c->n) {
		xgrow(&c->row, &c->rowcap, c->n + 1, sizeof *c->row);
		for (size_t i = 0; i < c->n; i++)
			c->row[i] = c->first + (uint32_t)i;
	}
	if (c->row) {
		xgrow(&c->row, &c->rowcap, c->n + 1, sizeof *c->row);
		c->row[c->n] = row;
	}
	*vec_push(c->value, c->n, c->cap) = value;
}

void
rows_add_axis(struct rows *r, int64_t step, int64_t wall, uint32_t word)
{
	xgrow(&r->wall, &r->wallcap, r->n + 1, sizeof *r->wall);
	xgrow(&r->word, &r->wordcap, r->n + 1, sizeof *r->word);
	r->wall[r->n] = wall;
	r->word[r->n] = word;
	*vec_push(r->step, r->n, r->cap) = step;
}

size_t
rows_add(struct rows *r, enum step_unit unit, int64_t step, int64_t wall, unsigned n,
	 const uint32_t *column, const double *value)
{
	uint32_t row = (uint32_t)r->n;

	rows_add_axis(r, step, wall, row_word(n, unit));
	for (unsigned i = 0; i < n; i++)
		rows_add_cell(r, column[i], row, value[i]);
	return ROW_BYTES + n * sizeof *value;
}

/* How many cells of C lie in rows before ROW. */
static size_t
before(const struct cells *c, size_t row)
{
	if (!c->row) {
		if (row <= c->first)
			return 0;
		return row - c->first < c->n ? row - c->first : c->n;
	}
	size_t lo = 0, hi = c->n;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (c->row[mid] < row)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

void
rows_cut(struct rows *r, size_t n)
{
	size_t kept = 0;

	if (n >= r->n)
		return;
	for (size_t i = 0; i < r->ntouched; i++) {
		struct cells *c = &r->cells[r->touched[i]];
		c->n = before(c, n);
		if (c->n) {
			r->touched[kept++] = r->touched[i];
		} else {
			free(c->row);
			c->row = NULL;
			c->rowcap = 0;
		}
	}
	r->ntouched = kept;
	r->n = n;
}

const double *
rows_cell(const struct rows *r, uint32_t column, uint32_t row)
{
	if (column >= r->ncolumns)
		return NULL;
	const struct cells *c = &r->cells[column];
	size_t i = before(c, row);
	if (i >= c->n || (c->row ? c->row[i] : c->first + i) != row)
		return NULL;
	return &c->value[i];
}

size_t
rows_size(const struct rows *r)
{
	size_t n = HEAD + r->n * ROW_BYTES;

	for (size_t i = 0; i < r->ntouched; i++) {
		const struct cells *c = &r->cells[r->touched[i]];
		n += ENTRY + c->n * (sizeof *c->value + (c->row ? sizeof *c->row : 0));
	}
	return n;
}

static int
by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

void
rows_pack(const struct rows *r, size_t from, size_t to, struct str *out)
{
	size_t base = out->len, nrows = to - from, ncolumns = 0;
	uint32_t *order = xmemdup(r->touched, r->ntouched * sizeof *order);
	struct str values = STR_INIT;

	assert(from <= to && to <= r->n);
	qsort(order, r->ntouched, sizeof *order, by_number);
	put_u32(out, (uint32_t)nrows);
	put_u32(out, 0);
	put_u64(out, r->first + from);
	str_add(out, r->step + from, nrows * sizeof *r->step);
	str_add(out, r->wall + from, nrows * sizeof *r->wall);
	str_add(out, r->word + from, nrows * sizeof *r->word);
	for (size_t i = 0; i < r->ntouched; i++) {
		const struct cells *c = &r->cells[order[i]];
		size_t a = before(c, from), b = before(c, to);
		if (a == b)
			continue;
		uint32_t row0 = (c->row ? c->row[a] : c->first + (uint32_t)a) - (uint32_t)from;
		bool sparse = c->row && c->row[b - 1] - c->row[a] != b - 1 - a;
		put_u32(out, order[i]);
		put_u32(out, (uint32_t)(b - a));
		put_u32(out, sparse ? SPARSE : row0);
		put_u32(out, (uint32_t)values.len);
		str_add(&values, c->value + a, (b - a) * sizeof *c->value);
		for (size_t j = a; sparse && j < b; j++)
			put_u32(&values, c->row[j] - (uint32_t)from);
		ncolumns++;
	}
	uint32_t n = (uint32_t)ncolumns;
	memcpy(out->buf + base + 4, &n, sizeof n);
	str_add(out, values.buf, values.len);
	str_release(&values);
	free(order);
}

/* ---- reading --------------------------------------------------------------------------------- */

bool
block_open(struct block *b, const void *p, size_t n)
{
	struct take u;

	b->begin = p;
	b->size = n;
	take_init(&u, p, n);
	b->n = take_u32(&u);
	b->ncolumns = take_u32(&u);
	b->first = take_u64(&u);
	b->step = take_bytes(&u, (size_t)b->n * 8);
	b->wall = take_bytes(&u, (size_t)b->n * 8);
	b->word = take_bytes(&u, (size_t)b->n * 4);
	b->directory = take_bytes(&u, (size_t)b->ncolumns * ENTRY);
	b->base = (const char *)u.p;
	if (u.bad)
		return false;
	size_t room = (size_t)(u.end - u.p);
	for (uint32_t i = 0; i < b->ncolumns; i++) {
		struct block_cells c;
		block_cells(b, i, &c);
		size_t at = (size_t)(c.value - b->base);
		size_t size = (size_t)c.n * (c.row ? 12 : 8);
		if (!c.n || at > room || room - at < size ||
		    (!c.row && (uint64_t)c.first + c.n > b->n))
			return false;
		for (uint32_t j = 0; c.row && j < c.n; j++)
			if (cells_row(&c, j) >= b->n ||
			    (j && cells_row(&c, j) <= cells_row(&c, j - 1)))
				return false;
	}
	return true;
}

size_t
block_size(const struct block *b)
{
	return b->size;
}

void
block_cells(const struct block *b, uint32_t i, struct block_cells *out)
{
	const char *e = b->directory + (size_t)i * ENTRY;

	out->column = load_u32(e);
	out->n = load_u32(e + 4);
	out->first = load_u32(e + 8);
	out->value = b->base + load_u32(e + 12);
	out->row = out->first == SPARSE ? out->value + (size_t)out->n * 8 : NULL;
}

bool
block_find(const struct block *b, uint32_t column, struct block_cells *out)
{
	uint32_t lo = 0, hi = b->ncolumns;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;
		if (load_u32(b->directory + (size_t)mid * ENTRY) < column)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo == b->ncolumns || load_u32(b->directory + (size_t)lo * ENTRY) != column)
		return false;
	block_cells(b, lo, out);
	return true;
}

int64_t
block_step(const struct block *b, uint32_t row)
{
	return load_i64(b->step + (size_t)row * 8);
}

int64_t
block_wall(const struct block *b, uint32_t row)
{
	return load_i64(b->wall + (size_t)row * 8);
}

uint32_t
block_word(const struct block *b, uint32_t row)
{
	return load_u32(b->word + (size_t)row * 4);
}

uint32_t
cells_row(const struct block_cells *c, uint32_t i)
{
	return c->row ? load_u32(c->row + (size_t)i * 4) : c->first + i;
}

double
cells_value(const struct block_cells *c, uint32_t i)
{
	return load_f64(c->value + (size_t)i * 8);
}

uint32_t
cells_before(const struct block_cells *c, uint32_t row)
{
	uint32_t lo = 0, hi = c->n;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;
		if (cells_row(c, mid) < row)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

void
rows_append(struct rows *r, const struct block *b, uint32_t n)
{
	uint32_t base = (uint32_t)r->n;

	assert(r->first + r->n == b->first && n <= b->n);
	for (uint32_t i = 0; i < n; i++)
		rows_add_axis(r, block_step(b, i), block_wall(b, i), block_word(b, i));
	for (uint32_t i = 0; i < b->ncolumns; i++) {
		struct block_cells c;
		block_cells(b, i, &c);
		uint32_t end = cells_before(&c, n);
		for (uint32_t j = 0; j < end; j++)
			rows_add_cell(r, c.column, base + cells_row(&c, j), cells_value(&c, j));
	}
}
