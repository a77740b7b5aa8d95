/* sha256.h - SHA-256 (FIPS 180-4), as sha256sum prints it: the name of an object. */
#ifndef CORE_SHA256_H
#define CORE_SHA256_H

#include <stddef.h>

enum { SHA256_HEX = 65 }; /* 64 digits and the NUL */

struct sha256 {
	void *state;
};

void sha256_init(struct sha256 *h);
void sha256_add(struct sha256 *h, const void *p, size_t n);
/* Writes the digest of all that was added, and begins anew. */
void sha256_hex(struct sha256 *h, char out[SHA256_HEX]);
void sha256_release(struct sha256 *h);

void sha256_of(const void *p, size_t n, char out[SHA256_HEX]);

#endif
