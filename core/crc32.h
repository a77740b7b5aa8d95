/* crc32.h - the checksum of W&B's files: CRC-32 as in zip and Ethernet (ISO 3309, ITU-T V.42). Not
 * CRC-32C: another polynomial, and no processor instruction on x86. */
#ifndef CORE_CRC32_H
#define CORE_CRC32_H

#include <stddef.h>
#include <stdint.h>

/* Begins with SEED 0; crc32_ieee(crc32_ieee(0, a), b) is the checksum of a followed by b. */
uint32_t crc32_ieee(uint32_t seed, const void *p, size_t n);

#endif
