/* Of random bytes no chunk has the right checksum. Inputs whose last byte is odd are summed up anew
 * where their headers lead, so that what the records say is fuzzed as well. */
#include "core/crc32.h"
#include "core/leveldb_log.h"
#include "core/xalloc.h"
#include "tests/fuzz/digest.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

enum { HEADER = 7 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
sum_up(uint8_t *p, size_t size)
{
	for (size_t at = HEADER; at + HEADER <= size;) {
		size_t left = LEVELDB_BLOCK - at % LEVELDB_BLOCK, n = p[at + 4] | p[at + 5] << 8;
		if (left < HEADER) {
			at += left;
			continue;
		}
		if (n > left - HEADER || n > size - at - HEADER)
			return;
		uint32_t crc = crc32_ieee(0, p + at + 6, n + 1);
		for (int i = 0; i < 4; i++)
			p[at + (size_t)i] = (uint8_t)(crc >> 8 * i);
		at += HEADER + n;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint64_t seed = size ? data[size - 1] : 0;
	if (!(seed & 1)) {
		digest_check("wandb", data, size, seed);
		return 0;
	}
	uint8_t *copy = xmemdup(data, size);
	sum_up(copy, size);
	digest_check("wandb", copy, size, seed);
	free(copy);
	return 0;
}
