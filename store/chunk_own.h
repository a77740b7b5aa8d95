/* chunk_own.h - how a chunk lies in its page. Private to the files that pack and read it.
 *
 *     rows (if not consecutive) · steps, times (if its own) · values · exceptions
 *     · first step, stride (if linear) · directory · head
 *
 * The directory, of a chunk of more than one block: four numbers a block (its bytes, its least
 * as a whole number, how far its greatest lies above that and one more, the bits of its mean),
 * in streams of their own; a checksum a block, if the values take BLOCKS_CHECKED bytes; then
 * where the values begin, how long the streams are, and a checksum of everything but the blocks
 * that have one. Its blocks are told from their least, so each can be read without the others. */
#ifndef STORE_CHUNK_OWN_H
#define STORE_CHUNK_OWN_H

#include "store/chunk.h"
#include "store/fill.h"

enum {
	V_PLAIN = 1, /* one run of values */
	V_BLOCKS = 2,
	LINEAR_BYTES = 16,
	DIGITS_MOST = 17,
	DIR_TAIL = 8,
	DIR_STREAMS = 4,
};
enum { F_DENSE = 4, F_OWN = 8, F_LINEAR = 16, F_CHECKED = 32 };
#ifdef MM_SMALL
enum { BLOCKS_CHECKED = 40 };
#else
enum { BLOCKS_CHECKED = 512 };
#endif

/* Of the page's bytes up to its head, but for those from FROM to TO and the checksum itself. */
uint32_t chunk_checksum(uint32_t key, const unsigned char *p, size_t n, size_t from, size_t to);

static const double power[DIGITS_MOST + 1] = {1e0, 1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,
					      1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17};

/* Bits in the order of the numbers: those of a negative one are turned over. Its own inverse. */
static inline int64_t
ordered64(int64_t bits)
{
	return bits ^ (bits >> 63 & INT64_MAX);
}

static inline int32_t
ordered32(int32_t bits)
{
	return bits ^ (bits >> 31 & INT32_MAX);
}

#endif
