/* fnv.h - FNV-1a of 64 bits (Fowler, Noll and Vo; draft-eastlake-fnv §2): for what has to have the
 * same hash for ever and everywhere, such as the names of records, and for telling whether
 * something changed. A table whose keys strangers choose is an index (core/index.h): seeded. */
#ifndef CORE_FNV_H
#define CORE_FNV_H

#include <stddef.h>
#include <stdint.h>

#define FNV_BASIS UINT64_C(0xcbf29ce484222325)

/* A number of up to 64 bits as one unit, which plain FNV does not have. */
static inline uint64_t
fnv_unit(uint64_t h, uint64_t v)
{
	return (h ^ v) * UINT64_C(0x100000001b3);
}

static inline uint64_t
fnv_bytes(uint64_t h, const void *p, size_t n)
{
	const unsigned char *b = p;
	for (size_t i = 0; i < n; i++)
		h = fnv_unit(h, b[i]);
	return h;
}

/* The NUL included: "a" "bc" is not "ab" "c". */
static inline uint64_t
fnv_text(uint64_t h, const char *z)
{
	do
		h = fnv_unit(h, (unsigned char)*z);
	while (*z++);
	return h;
}

#endif
