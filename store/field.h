/* field.h - bytes of a record: little-endian, bounds-checked when read.
 *
 * Writing appends to a struct str. Reading goes through a struct take, which remembers that it ran
 * out: read everything, ask once. Texts are stored with their NUL, so a pointer into the store is a
 * C string. */
#ifndef STORE_FIELD_H
#define STORE_FIELD_H

#include "core/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

void put_u8(struct str *s, uint8_t v);
void put_u32(struct str *s, uint32_t v);
void put_u64(struct str *s, uint64_t v);
void put_f64(struct str *s, double v);
void put_text(struct str *s, const char *z); /* NULL is kept as NULL */
/* A plain value as the compiler lays it out: for structs of other modules that are kept as they
 * are. Reading one of another size gives zeros: it was written by another version. */
void put_raw(struct str *s, const void *p, size_t n);

/* Loads from any address. */
static inline double
load_f64(const void *p)
{
	double v;
	memcpy(&v, p, sizeof v);
	return v;
}

static inline int64_t
load_i64(const void *p)
{
	int64_t v;
	memcpy(&v, p, sizeof v);
	return v;
}

static inline uint32_t
load_u32(const void *p)
{
	uint32_t v;
	memcpy(&v, p, sizeof v);
	return v;
}

struct take {
	const unsigned char *p, *end;
	bool bad; /* something was missing; every later read gives 0 */
};

/* The small ones are of what lists of very many records are read with. */
static inline void
take_init(struct take *u, const void *p, size_t n)
{
	u->p = p;
	u->end = u->p + n;
	u->bad = false;
}

/* N bytes in place, or NULL. */
static inline const void *
take_bytes(struct take *u, size_t n)
{
	const void *p = u->p;

	if (u->bad || (size_t)(u->end - u->p) < n) {
		u->bad = true;
		return NULL;
	}
	u->p += n;
	return p;
}

static inline uint8_t
take_u8(struct take *u)
{
	const uint8_t *p = take_bytes(u, 1);

	return p ? *p : 0;
}

static inline uint32_t
take_u32(struct take *u)
{
	const void *p = take_bytes(u, 4);

	return p ? load_u32(p) : 0;
}

static inline uint64_t
take_u64(struct take *u)
{
	const void *p = take_bytes(u, 8);

	return p ? (uint64_t)load_i64(p) : 0;
}

static inline double
take_f64(struct take *u)
{
	const void *p = take_bytes(u, 8);

	return p ? load_f64(p) : 0;
}

/* Points into the record. */
static inline const char *
take_text(struct take *u)
{
	uint32_t n = take_u32(u);

	if (u->bad || n == UINT32_MAX)
		return NULL;
	const char *z = take_bytes(u, n);
	if (!z || !n || z[n - 1] != '\0') {
		u->bad = true;
		return NULL;
	}
	return z;
}

void take_raw(struct take *u, void *p, size_t n);
/* Something is left: fields at a record's end that older records do not have. */
static inline bool
take_more(const struct take *u)
{
	return !u->bad && u->p < u->end;
}

#endif
