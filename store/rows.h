/* rows.h - consecutive rows of one log: collected in memory by column, or a block of bytes as it is
 * kept.
 *
 * A row has a step, a time and some cells. A column's cells that sit in consecutive rows need no
 * list of rows. */
#ifndef STORE_ROWS_H
#define STORE_ROWS_H

#include "core/series.h"
#include "core/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The cells of one column, in order of row. */
struct cells {
	size_t n, cap, rowcap;
	uint32_t first; /* row of the first cell, relative to the first row here */
	uint32_t *row;  /* relative rows once they are not consecutive, else NULL */
	double *value;
};

struct rows {
	uint64_t first; /* number of the first row */
	size_t n, cap, wallcap, wordcap;
	int64_t *step, *wall;
	uint32_t *word;      /* row_word() */
	struct cells *cells; /* by column */
	size_t ncolumns, columncap;
	uint32_t *touched; /* columns with cells, in order of first use */
	size_t ntouched, touchedcap;
};

/* How many cells a row has, and what its step counts. */
static inline uint32_t
row_word(unsigned ncell, enum step_unit unit)
{
	return (uint32_t)ncell << 2 | (uint32_t)unit;
}
static inline uint32_t
word_ncell(uint32_t word)
{
	return word >> 2;
}
static inline enum step_unit
word_unit(uint32_t word)
{
	return (enum step_unit)(word & 3);
}

void rows_release(struct rows *r);
/* Forgets the rows; the next will be number FIRST. */
void rows_reset(struct rows *r, uint64_t first);
/* Returns about how many bytes it took. */
size_t rows_add(struct rows *r, enum step_unit unit, int64_t step, int64_t wall, unsigned n,
		const uint32_t *column, const double *value);
/* The same in two halves: a row, then its cells, each column's in order of row. */
void rows_add_axis(struct rows *r, int64_t step, int64_t wall, uint32_t word);
void rows_add_cell(struct rows *r, uint32_t column, uint32_t row, double value);
/* Keeps the first N rows. */
void rows_cut(struct rows *r, size_t n);
/* The value of COLUMN in relative row ROW, or NULL. */
const double *rows_cell(const struct rows *r, uint32_t column, uint32_t row);
/* Bytes that a block of all rows would take. */
size_t rows_size(const struct rows *r);

/* Rows [from, to) as a block, appended to OUT. */
void rows_pack(const struct rows *r, size_t from, size_t to, struct str *out);

/* A view of a kept block. Loads through field.h: nothing in it is aligned. */
struct block {
	uint64_t first;
	uint32_t n, ncolumns;
	const char *step, *wall, *word; /* arrays of N */
	const char *directory;          /* of columns, in order */
	const char *base;
	const char *begin;
	size_t size;
};
struct block_cells {
	uint32_t column, n, first;
	const char *row; /* uint32_t each, or NULL: consecutive from FIRST */
	const char *value;
};

bool block_open(struct block *b, const void *p, size_t n); /* false: not a block */
size_t block_size(const struct block *b);                  /* bytes */
void block_cells(const struct block *b, uint32_t i, struct block_cells *out);
bool block_find(const struct block *b, uint32_t column, struct block_cells *out);
int64_t block_step(const struct block *b, uint32_t row);
int64_t block_wall(const struct block *b, uint32_t row);
uint32_t block_word(const struct block *b, uint32_t row);
uint32_t cells_row(const struct block_cells *c, uint32_t i);
double cells_value(const struct block_cells *c, uint32_t i);
/* How many cells lie in relative rows before ROW. */
uint32_t cells_before(const struct block_cells *c, uint32_t row);

/* Appends rows [0, N) of B, which must follow. */
void rows_append(struct rows *r, const struct block *b, uint32_t n);

#endif
