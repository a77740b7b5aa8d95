/* chunk.h - many points of one series, or many rows of one log's axis, in one page.
 *
 * A chunk is filled until the next point would not fit into CHUNK_BYTES, which is what one page
 * of LMDB holds: so a page is wasted neither by a record that ends in its middle nor by one that
 * runs a byte over. Values are kept as the cheapest of three kinds of whole number (as decimals,
 * as the bits of a float, as the bits of a double), rows not at all while they are consecutive,
 * and x, shared by all series of the log, in the axis; unless the series has so few of the log's
 * rows that reading its x there would cost more than keeping it here. Bits come back as they
 * went in, NaN's too.
 *
 * Values lie in blocks of INTS_BLOCK. Of each block a directory at the end of the chunk says
 * where it is, its least and greatest value and its mean; it has a checksum of its own, and so
 * has the rest. So a chart whose columns end within a chunk takes most blocks for what they are
 * worth, and reads and verifies but those that a border goes through: some hundred bytes of the
 * page's four thousand. (What that costs: 0.1 bytes a point.) Chunks of before have no directory
 * and are read whole. */
#ifndef STORE_CHUNK_H
#define STORE_CHUNK_H

#include "core/str.h"
#include "store/ints.h"
#include "store/range.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef MM_SMALL
enum { CHUNK_BYTES = 160, CHUNK_POINTS = 24 };
#else
/* 4096 - 16 for the page's head - 4 for the checksum. */
enum { CHUNK_BYTES = 4076, CHUNK_POINTS = 4096 };
#endif

enum { CHUNK_BLOCKS = (CHUNK_POINTS + INTS_BLOCK - 1) / INTS_BLOCK };

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

/* Packs as many of P's points from FROM on as fit, at least one, into OUT (emptied first). KEY
 * is the checksum of what it will be kept under (key_checksum()). HINT (may be NULL) is how many
 * fitted last time, and is set. Returns how many. */
size_t chunk_pack(const struct points *p, size_t from, uint32_t key, struct str *out, size_t *hint);

struct chunk {
	uint32_t n;
	uint64_t first_row;
	enum chunk_codec codec;
	bool dense;  /* rows are consecutive */
	bool own;    /* has its own steps and times */
	bool linear; /* its steps are step0 + i * stride, for the first step_n at least */
	int64_t step0, stride;
	unsigned exponent, exceptions;
	uint32_t blocks; /* of values, that can be read one by one; 1: it is too small */
	bool checked;    /* and have checksums of their own */
	const unsigned char *begin;
	size_t size;
	const unsigned char *values; /* where the first block begins; NULL: there is but one */
	const unsigned char *patch;  /* exceptions */
	const unsigned char *directory, *directory_end; /* streams, and then checksums */
};

/* False: not a chunk. Reading never goes beyond the N bytes, whatever they are. */
bool chunk_open(struct chunk *c, const void *p, size_t n);
/* Rows and values, and steps and times when it has its own, into arrays with room for C->n. Any may
 * be NULL: not wanted. False: damaged. */
bool chunk_read(const struct chunk *c, int64_t *row, int64_t *step, int64_t *wall, double *value);

/* ---- in parts: for who verified no checksum of the whole, and wants little of it */

struct chunk_blocks {
	uint16_t at[CHUNK_BLOCKS + 1]; /* where each begins, counted from the first */
	int64_t least[CHUNK_BLOCKS], spread[CHUNK_BLOCKS];
	double mean[CHUNK_BLOCKS];
};

/* Of a chunk of more than one block: is everything but the values of checked blocks as it was
 * packed for KEY? */
bool chunk_sound(const struct chunk *c, uint32_t key);
/* False: damaged. */
bool chunk_directory(const struct chunk *c, struct chunk_blocks *out);
static inline size_t
chunk_block_points(const struct chunk *c, uint32_t i)
{
	return i + 1 < c->blocks ? INTS_BLOCK : c->n - (size_t)i * INTS_BLOCK;
}
/* What the values of block I are, all of them finite; false: they have to be read to be known. */
bool chunk_block_range(const struct chunk *c, const struct chunk_blocks *b, uint32_t i,
		       struct range *out);
/* For check: is the chunk sound in parts too, and do they agree with VALUE, all its values? */
bool chunk_agrees(const struct chunk *c, uint32_t key, const double *value);
/* The values of block I; false: damaged. */
bool chunk_block_read(const struct chunk *c, const struct chunk_blocks *b, uint32_t i, double *out);

#endif
