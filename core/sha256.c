/* OpenSSL's, which picks the processor's own instructions where there are any: a model of many
 * gigabytes is hashed while it is copied, and must not be what the copy waits for. */
#include "core/sha256.h"

#include "core/xalloc.h"

#include <openssl/evp.h>

void
sha256_init(struct sha256 *h)
{
	h->state = EVP_MD_CTX_new();
	if (!h->state || !EVP_DigestInit_ex(h->state, EVP_sha256(), NULL))
		die("SHA-256 is not to be had from OpenSSL");
}

void
sha256_add(struct sha256 *h, const void *p, size_t n)
{
	EVP_DigestUpdate(h->state, p, n);
}

void
sha256_hex(struct sha256 *h, char out[SHA256_HEX])
{
	static const char digit[] = "0123456789abcdef";
	unsigned char md[EVP_MAX_MD_SIZE];
	EVP_DigestFinal_ex(h->state, md, NULL);
	for (int i = 0; i < 32; i++) {
		out[2 * i] = digit[md[i] >> 4];
		out[2 * i + 1] = digit[md[i] & 15];
	}
	out[64] = '\0';
	EVP_DigestInit_ex(h->state, EVP_sha256(), NULL);
}

void
sha256_release(struct sha256 *h)
{
	EVP_MD_CTX_free(h->state);
	h->state = NULL;
}

void
sha256_of(const void *p, size_t n, char out[SHA256_HEX])
{
	struct sha256 h;
	sha256_init(&h);
	sha256_add(&h, p, n);
	sha256_hex(&h, out);
	sha256_release(&h);
}
