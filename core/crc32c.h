/* crc32c.h - the checksum of chunks, fingerprints and event files: CRC-32C (Castagnoli, RFC 3720
 * appendix B.4). */
#ifndef CORE_CRC32C_H
#define CORE_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/* Begins with SEED 0; crc32c(crc32c(0, a), b) is the checksum of a followed by b. */
uint32_t crc32c(uint32_t seed, const void *p, size_t n);
/* The same in one way, for the tests: on any machine, with the instruction that x86-64 has for it
 * (the processor has to have "sse4.2"), with products of polynomials too ("vpclmulqdq"). */
uint32_t crc32c_portable(uint32_t seed, const void *p, size_t n);
#if defined(__x86_64__)
uint32_t crc32c_lanes(uint32_t seed, const void *p, size_t n);
uint32_t crc32c_folded(uint32_t seed, const void *p, size_t n);
#endif

#endif
