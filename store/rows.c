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

static char *
put32(char *p, uint32_t v)
{
	memcpy(p, &v, sizeof v);
	return p + sizeof v;
}

static char *
put_array(char *p, const void *v, size_t n)
{
	if (n)
		memcpy(p, v, n);
	return p + n;
}

static bool
in_order(const uint32_t *v, size_t n)
{
	for (size_t i = 1; i < n; i++)
		if (v[i] < v[i - 1])
			return false;
	return true;
}

/* A commit of a few rows packs a directory that is longer than its values: so it is written into
 * room that was made once. */
void
rows_pack(const struct rows *r, size_t from, size_t to, struct str *out)
{
	size_t nrows = to - from, most = rows_size(r);
	uint32_t *order = r->touched, *sorted = NULL, ncolumns = 0;

	assert(from <= to && to <= r->n);
	if (!in_order(r->touched, r->ntouched)) {
		order = sorted = xmemdup(r->touched, r->ntouched * sizeof *order);
		qsort(order, r->ntouched, sizeof *order, by_number);
	}
	xgrow(&out->buf, &out->cap, out->len + most + 1, 1);
	char *head = out->buf + out->len, *p = put32(head, (uint32_t)nrows) + sizeof ncolumns;
	uint64_t first = r->first + from;
	p = put_array(p, &first, sizeof first);
	p = put_array(p, r->step + from, nrows * sizeof *r->step);
	p = put_array(p, r->wall + from, nrows * sizeof *r->wall);
	p = put_array(p, r->word + from, nrows * sizeof *r->word);
	for (size_t i = 0; i < r->ntouched; i++) {
		const struct cells *c = &r->cells[order[i]];
		ncolumns += before(c, from) < before(c, to);
	}
	put32(head + sizeof ncolumns, ncolumns);
	char *base = p + (size_t)ncolumns * ENTRY, *values = base;
	for (size_t i = 0; i < r->ntouched; i++) {
		const struct cells *c = &r->cells[order[i]];
		size_t a = before(c, from), b = before(c, to);
		if (a == b)
			continue;
		uint32_t row0 = (c->row ? c->row[a] : c->first + (uint32_t)a) - (uint32_t)from;
		bool sparse = c->row && c->row[b - 1] - c->row[a] != b - 1 - a;
		p = put32(p, order[i]);
		p = put32(p, (uint32_t)(b - a));
		p = put32(p, sparse ? SPARSE : row0);
		p = put32(p, (uint32_t)(values - base));
		values = put_array(values, c->value + a, (b - a) * sizeof *c->value);
		for (size_t j = a; sparse && j < b; j++)
			values = put32(values, c->row[j] - (uint32_t)from);
	}
	out->len = (size_t)(values - out->buf);
	*values = '\0';
	free(sorted);
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

static void
append_axis(struct rows *r, const struct block *b, uint32_t n)
{
	xgrow(&r->wall, &r->wallcap, r->n + n, sizeof *r->wall);
	xgrow(&r->word, &r->wordcap, r->n + n, sizeof *r->word);
	xgrow(&r->step, &r->cap, r->n + n, sizeof *r->step);
	memcpy(r->step + r->n, b->step, n * sizeof *r->step);
	memcpy(r->wall + r->n, b->wall, n * sizeof *r->wall);
	memcpy(r->word + r->n, b->word, n * sizeof *r->word);
	r->n += n;
}

/* The first N of THESE, which begin in row BASE; consecutive ones are taken over as they are. */
static void
append_cells(struct rows *r, const struct block_cells *these, uint32_t n, uint32_t base)
{
	for (uint32_t j = 0; these->row && j < n; j++)
		rows_add_cell(r, these->column, base + cells_row(these, j), cells_value(these, j));
	if (these->row)
		return;
	/* The first one settles where they go. */
	rows_add_cell(r, these->column, base + these->first, cells_value(these, 0));
	struct cells *c = &r->cells[these->column];
	if (c->row) {
		for (uint32_t j = 1; j < n; j++)
			rows_add_cell(r, these->column, base + these->first + j,
				      cells_value(these, j));
		return;
	}
	xgrow(&c->value, &c->cap, c->n + n - 1, sizeof *c->value);
	memcpy(c->value + c->n, these->value + sizeof *c->value, (n - 1) * sizeof *c->value);
	c->n += n - 1;
}

void
rows_append(struct rows *r, const struct block *b, uint32_t n)
{
	uint32_t base = (uint32_t)r->n;

	assert(r->first + r->n == b->first && n <= b->n);
	if (!n)
		return;
	append_axis(r, b, n);
	for (uint32_t i = 0; i < b->ncolumns; i++) {
		struct block_cells c;
		block_cells(b, i, &c);
		uint32_t some = c.row ? cells_before(&c, n) : c.first < n ? n - c.first : 0;
		some = some < c.n ? some : c.n;
		if (some)
			append_cells(r, &c, some, base);
	}
}
