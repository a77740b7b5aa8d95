#include "tests/unit/leveldb_write.h"

#include "core/crc32.h"
#include "core/leveldb_log.h"

#include <stdint.h>

void
leveldb_write_header(struct str *file)
{
	str_add(file, ":W&B\xE1\xBE\0", 7);
}

void
leveldb_write_chunk(struct str *file, unsigned type, const void *p, size_t n)
{
	unsigned char t = (unsigned char)type;
	uint32_t crc = crc32_ieee(crc32_ieee(0, &t, 1), p, n);
	for (int i = 0; i < 32; i += 8)
		str_addc(file, (char)(crc >> i));
	str_addc(file, (char)n);
	str_addc(file, (char)(n >> 8));
	str_addc(file, (char)type);
	str_add(file, p, n);
}

void
leveldb_write(struct str *file, const void *p, size_t n)
{
	const char *rest = p;
	for (unsigned first = 1;; first = 0) {
		size_t left = LEVELDB_BLOCK - file->len % LEVELDB_BLOCK;
		for (; left && left < 7; left--)
			str_addc(file, 0);
		if (!left)
			left = LEVELDB_BLOCK;
		size_t now = n < left - 7 ? n : left - 7;
		unsigned last = now == n;
		leveldb_write_chunk(file, first ? (last ? 1 : 2) : (last ? 4 : 3), rest, now);
		rest += now;
		n -= now;
		if (last)
			return;
	}
}
