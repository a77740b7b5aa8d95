/* chunk.h - many points of one series, or many rows of one log's axis, in one page.
 *
 * A chunk is filled until the next point would not fit into CHUNK_BYTES, which is what one page
 * of LMDB holds: so a page is wasted neither by a record that ends in its middle nor by one that
 * runs a byte over. Values are kept as the cheapest of three kinds of whole number (as decimals,
 * as the bits of a float, as the bits of a double), rows not at all while they are consecutive,
 * and x, shared by all series of the log, in the axis; unless the series has so few of the log's
 * rows that reading its x there would cost more than keeping it here. Bits come back as they went
 * in, NaN's too. */
#ifndef STORE_CHUNK_H
#define STORE_CHUNK_H

#include "core/str.h"
#include "store/ints.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef MM_SMALL
enum { CHUNK_BYTES = 160, CHUNK_POINTS = 24 };
#else
/* 4096 - 16 for the page's head - 4 for the checksum. */
enum { CHUNK_BYTES = 4076, CHUNK_POINTS = 4096 };
#endif

enum chunk_codec { CODEC_BITS, CODEC_FLOAT, CODEC_DECIMAL, CODEC_N };
extern const char *const chunk_codec_names[];

/* Points to be kept, or read back: parallel arrays. */
struct points {
	size_t n, cap;
	int64_t *row;
	double *value;
	/* When packing: always. When read: only if the chunk has its own. */
	int64_t *step, *wall;
};

void points_release(struct points *p);
void points_room(struct points *p, size_t n);
void points_drop(struct points *p, size_t n); /* the first N */

/* Packs as many of P's points from FROM on as fit, at least one, into OUT (emptied first). HINT
 * (may be NULL) is how many fitted last time, and is set. Returns how many. */
size_t chunk_pack(const struct points *p, size_t from, struct str *out, size_t *hint);

struct chunk {
	uint32_t n;
	uint64_t first_row;
	enum chunk_codec codec;
	bool dense;  /* rows are consecutive */
	bool own;    /* has its own steps and times */
	bool linear; /* its steps are step0 + i * stride, for the first step_n at least */
	int64_t step0, stride;
	unsigned exponent, exceptions;
	const unsigned char *p, *end; /* streams */
	const unsigned char *patch;   /* exceptions */
};

/* False: not a chunk. Reading never goes beyond the N bytes, whatever they are. */
bool chunk_open(struct chunk *c, const void *p, size_t n);
/* Rows and values, and steps and times when it has its own, into arrays with room for C->n. Any may
 * be NULL: not wanted. False: damaged. */
bool chunk_read(const struct chunk *c, int64_t *row, int64_t *step, int64_t *wall, double *value);

/* ---- the axis: steps and times of consecutive rows */

struct axis_rows {
	size_t n, cap;
	int64_t *step, *wall;
	int64_t *word; /* cells of the row, and its unit: axis_word() */
};

void axis_rows_release(struct axis_rows *a);
void axis_rows_room(struct axis_rows *a, size_t n);

size_t axis_pack(const struct axis_rows *a, size_t from, uint64_t first_row, struct str *out,
		 size_t *hint);

struct axis_chunk {
	uint32_t n;
	uint64_t first_row;
	const unsigned char *p, *end;
};

bool axis_open(struct axis_chunk *c, const void *p, size_t n);
bool axis_read(const struct axis_chunk *c, int64_t *step, int64_t *wall, int64_t *word);

#endif
