/* pack.h - a parser's state as bytes: numbers of variable length and texts, read back within
 * bounds. */
#ifndef CORE_PACK_H
#define CORE_PACK_H

#include "core/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void pack_u64(struct str *out, uint64_t v); /* LEB128: 7 bits a byte, the least first */
void pack_i64(struct str *out, int64_t v);  /* zigzag: small either side of 0 */
void pack_f64(struct str *out, double v);
void pack_text(struct str *out, const char *p, size_t n);

/* After the first read that doesn't fit, BAD stays set and everything read is 0 or "". */
struct unpack {
	const unsigned char *p, *end;
	bool bad;
};

void unpack_init(struct unpack *u, const void *p, size_t n);
uint64_t unpack_u64(struct unpack *u);
int64_t unpack_i64(struct unpack *u);
double unpack_f64(struct unpack *u);
/* Points into the packed bytes. */
const char *unpack_text(struct unpack *u, size_t *n);
/* A copy of its own. */
char *unpack_string(struct unpack *u);
/* At most MAX, else BAD. */
uint64_t unpack_upto(struct unpack *u, uint64_t max);
/* Nothing was bad and nothing is left. */
bool unpack_whole(const struct unpack *u);

#endif
