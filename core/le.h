/* le.h - whole numbers as files keep them, the lowest byte first, on any machine and at any
 * address. */
#ifndef CORE_LE_H
#define CORE_LE_H

#include <stdint.h>

static inline uint32_t
le32(const void *p)
{
	const unsigned char *b = p;
	return (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

static inline uint64_t
le64(const void *p)
{
	return le32(p) | (uint64_t)le32((const char *)p + 4) << 32;
}

#endif
