/* fill.h - filling a page with streams: how many numbers of each fit, and the head that ends it.
 * Private to chunks and axes.
 *
 * A page ends in its head: reading packed bits loads whole words, and what it loads beyond the last
 * bit is the head and no page of somebody else's. */
#ifndef STORE_FILL_H
#define STORE_FILL_H

#include "store/chunk.h"
#include "store/ints.h"

enum { HEAD = 16, PATCH_BYTES = 10, STREAMS_MOST = 4 };

struct filler {
	struct ints_plan plan[STREAMS_MOST][CHUNK_BLOCKS];
	size_t nstreams, n;
	size_t fixed;        /* bytes that are there however many numbers */
	const uint16_t *bad; /* places of numbers that take PATCH_BYTES more */
	size_t nbad;
	/* What is kept of each block: a number in each of these. They change with where the last
	 * one ends, so what fits is not certain then. */
	const struct ints_plan *sums;
	size_t nsums, block_bytes; /* and so many bytes beside */
};

/* Another stream of F->n numbers. */
void fill_add(struct filler *f, const int64_t *v);
/* How many numbers of every stream fit into CHUNK_BYTES: at least one. */
size_t fill_fitting(const struct filler *f);
/* How many of the first N numbers are bad ones. */
size_t fill_bad(const struct filler *f, size_t n);

struct head {
	uint64_t first_row;
	uint16_t n, exceptions;
	uint8_t flags, digits, version, pad;
};
void head_put(struct str *out, const struct head *h);
void head_get(const unsigned char *p, struct head *h);

/* Room for N bytes more. */
unsigned char *fill_room(struct str *out, size_t n);
void stream_put(struct str *out, const int64_t *v, size_t n);
/* Reads N numbers, or passes them over if OUT is NULL; what comes after, or NULL. */
const unsigned char *stream_get(const unsigned char *p, const unsigned char *end, size_t n,
				int64_t *out);

#endif
