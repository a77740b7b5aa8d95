/* protobuf.h - the wire format of Protocol Buffers, read in place: a message is a row of fields
 * (protobuf.dev/programming-guides/encoding).
 *
 *     pb_init(&m, buf, n, n);
 *     while (pb_next(&m, &f))
 *             switch (f.number) { … pb_init(&inner, f.bytes, f.have, f.n) … }
 *     if (m.state == PB_BAD) …
 *
 * Nothing is read outside of [buf, buf + have), whatever the bytes claim, and nothing is allocated.
 * The meaning of a field, and whether its type fits, is the caller's to judge: what it doesn't know
 * it passes over. */
#ifndef CORE_PROTOBUF_H
#define CORE_PROTOBUF_H

#include "core/le.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define PB_MAX_GROUPS 32 /* how deep groups may nest; a message with deeper ones is bad */

enum pb_type {
	PB_VARINT = 0,
	PB_FIXED64 = 1,
	PB_BYTES = 2, /* text, bytes, a message, a packed array */
	PB_GROUP = 3, /* skipped, with all that it holds */
	PB_FIXED32 = 5,
};

enum pb_state {
	PB_READING,
	PB_END, /* every field was given */
	PB_BAD, /* what follows is no field; those before it were good */
	PB_CUT, /* the rest has yet to arrive */
};

struct pb {
	const unsigned char *p, *end; /* what is left of the bytes that are there */
	size_t missing;               /* bytes of the message beyond END */
	enum pb_state state;
};

struct pb_field {
	uint32_t number; /* 1 … 2^29 - 1 */
	enum pb_type type;
	uint64_t value;    /* of a number: its bits, not widened */
	const char *bytes; /* PB_BYTES: points into the message */
	size_t n;          /* their length by what the message says, */
	size_t have;       /* and how many of them are there: less only in the last field of a
	                      message that is cut */
};

/* A message of N bytes of which the first HAVE are at P. */
void pb_init(struct pb *m, const void *p, size_t have, size_t n);
/* The next field; false: m->state says why there is none. */
bool pb_next(struct pb *m, struct pb_field *f);
/* Of a packed array: the next element, which is a number of TYPE. */
bool pb_next_packed(struct pb *m, enum pb_type type, uint64_t *value);
/* A field of another type than the message's is one that a later version added. */
static inline bool
pb_is(const struct pb_field *f, uint32_t number, enum pb_type type)
{
	return f->number == number && f->type == type;
}

/* At most 10 bytes from P, before END. NULL: it is longer, or END comes first. */
const unsigned char *pb_varint(const unsigned char *p, const unsigned char *end, uint64_t *value);

static inline float
pb_float(uint64_t bits)
{
	uint32_t b = (uint32_t)bits;
	float f;
	memcpy(&f, &b, sizeof f);
	return f;
}

static inline double
pb_double(uint64_t bits)
{
	double d;
	memcpy(&d, &bits, sizeof d);
	return d;
}

/* sint32, sint64: small on either side of 0. */
static inline int64_t
pb_zigzag(uint64_t v)
{
	return (int64_t)(v >> 1 ^ (0 - (v & 1)));
}

#endif
