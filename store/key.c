/* Keys are built on the stack and handed by pointer. A path may be longer than a key: it keeps its
 * first bytes, which order it, and a 64-bit hash of all of it, which tells it apart. A cut key is
 * longer than any that was not cut, so the two kinds never meet.
 */
#include "store/key.h"

#include "core/crc32c.h"
#include "core/fnv.h"

#include <assert.h>
#include <string.h>

enum { TEXT_MAX = 480 };

static void
put(struct key *k, const void *p, size_t n)
{
	assert(k->n + n <= KEY_MAX);
	memcpy(k->b + k->n, p, n);
	k->n += (uint16_t)n;
}

static void
put32(struct key *k, uint32_t v)
{
	unsigned char b[4] = {(unsigned char)(v >> 24), (unsigned char)(v >> 16),
			      (unsigned char)(v >> 8), (unsigned char)v};
	put(k, b, sizeof b);
}

static void
put64(struct key *k, uint64_t v)
{
	put32(k, (uint32_t)(v >> 32));
	put32(k, (uint32_t)v);
}

uint64_t
hash_bytes(const void *p, size_t n, uint64_t seed)
{
	uint64_t h = fnv_bytes(seed ^ FNV_BASIS, p, n);
	h ^= h >> 32;
	h *= UINT64_C(0xd6e8feb86659fd93);
	return h ^ h >> 32;
}

struct key
key_type(enum key_type t)
{
	struct key k;

	k.n = 1;
	k.b[0] = (unsigned char)t;
	return k;
}

struct key
key_id(enum key_type t, uint32_t id)
{
	struct key k = key_type(t);

	put32(&k, id);
	return k;
}

struct key
key_pair(enum key_type t, uint32_t a, uint32_t b)
{
	struct key k = key_id(t, a);

	put32(&k, b);
	return k;
}

struct key
key_tail(uint64_t number)
{
	struct key k = key_type(KEY_TAIL);

	put64(&k, number);
	return k;
}

struct key
key_row(enum key_type t, uint32_t a, uint64_t row)
{
	struct key k = key_id(t, a);

	put64(&k, row);
	return k;
}

struct key
key_node(uint32_t series, uint8_t level, uint32_t block)
{
	struct key k = key_id(KEY_NODE, series);

	put(&k, &level, 1);
	put32(&k, block);
	return k;
}

struct key
key_name_prefix(uint32_t log, const char *name, size_t len)
{
	struct key k = key_id(KEY_NAME, log);

	put64(&k, hash_bytes(name, len, 0));
	return k;
}

struct key
key_name(uint32_t log, const char *name, size_t len, uint32_t column)
{
	struct key k = key_name_prefix(log, name, len);

	put32(&k, column);
	return k;
}

struct key
key_text(enum key_type t, const char *text)
{
	struct key k = key_type(t);
	size_t n = strlen(text);

	if (n <= TEXT_MAX) {
		put(&k, text, n);
	} else {
		put(&k, text, TEXT_MAX);
		put64(&k, hash_bytes(text, n, 0));
	}
	return k;
}

struct key
key_alert(const char *rule, const char *run, const char *metric)
{
	struct key k = key_type(KEY_ALERT);

	for (uint64_t seed = 0; seed < 2; seed++) {
		uint64_t h = hash_bytes(rule, strlen(rule) + 1, seed);
		h = hash_bytes(run, strlen(run) + 1, h);
		put64(&k, hash_bytes(metric, strlen(metric) + 1, h));
	}
	return k;
}

uint32_t
key_get32(const void *key, size_t n, size_t at)
{
	const unsigned char *b = (const unsigned char *)key + 1 + at;

	if (n < 1 + at + 4)
		return 0;
	return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

uint64_t
key_get64(const void *key, size_t n, size_t at)
{
	return (uint64_t)key_get32(key, n, at) << 32 | key_get32(key, n, at + 4);
}

uint32_t
key_checksum(const struct key *k)
{
	return crc32c(0, k->b, k->n);
}
