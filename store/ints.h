/* ints.h - whole numbers as few bits: what every column of a chunk is in the end.
 *
 * A stream is cut into blocks of INTS_BLOCK numbers. Each block is kept the cheapest of three ways:
 * as offsets from its least (FOR), as differences from one to the next (DELTA; none at all for a
 * regular stride), or as indexes of a few distinct ones (DICT; what a schedule in steps needs).
 * Arithmetic is modulo 2^64 throughout, so any 64-bit pattern can be kept. */
#ifndef STORE_INTS_H
#define STORE_INTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef MM_SMALL
#define INTS_BLOCK 8
#else
#define INTS_BLOCK 128
#endif

/* Reading loads whole words: a stream must be followed by as many readable bytes. */
#define INTS_SLACK 8

/* How one block would be kept. */
struct ints_plan {
	uint8_t mode, width; /* bits a number */
	uint16_t n;          /* numbers */
	uint16_t head;       /* bytes before the packed bits */
	uint16_t size;       /* bytes in all */
};

/* Plans for V[0 … N), one a block. PREV is the base of the block before (0 at first), and becomes
 * that of the last. */
void ints_plan(const int64_t *v, size_t n, int64_t *prev, struct ints_plan *out);
/* Bytes of the first N numbers of a planned block: never less than ints_pack() makes of them. */
size_t ints_plan_part(const struct ints_plan *p, size_t n);
/* About as many as it will take: its own base may need a byte or two more. */
size_t ints_plan_about(const struct ints_plan *p, size_t n);
/* The block's base will be told from its least number. */
void ints_plan_alone(struct ints_plan *p);

/* Packs V[0 … N) into OUT, which has room for what the plans say and INTS_SLACK more; returns
 * bytes. */
size_t ints_pack(const int64_t *v, size_t n, unsigned char *out);
/* One block of at most INTS_BLOCK numbers by itself, its base told from PREV: what lies in the
 * middle of a stream can be read only if it was packed so. */
size_t ints_pack_block(const int64_t *v, size_t n, int64_t prev, unsigned char *out);
/* The greatest number of bytes that N numbers may take. */
size_t ints_most(size_t n);

/* Reads N numbers from [P, END), of which the last INTS_SLACK bytes may hold anything; returns what
 * comes after, or NULL when it is no such stream. */
const unsigned char *ints_unpack(const unsigned char *p, const unsigned char *end, size_t n,
				 int64_t *out);
const unsigned char *ints_unpack_block(const unsigned char *p, const unsigned char *end, size_t n,
				       int64_t prev, int64_t *out);
/* The same without the numbers. */
const unsigned char *ints_skip(const unsigned char *p, const unsigned char *end, size_t n);

#endif
