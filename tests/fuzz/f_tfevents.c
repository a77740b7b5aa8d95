/* As it is, where hardly any checksum holds; and with the checksums made to hold, so that mutations
 * reach what lies within the records. A checksum that is all ones stays wrong. */
#include "tests/fuzz/digest.h"

#include "core/crc32c.h"
#include "core/protobuf.h"
#include "core/tfrecord.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
mend(uint8_t *checksum, const uint8_t *p, size_t n)
{
	uint32_t crc = tfrecord_masked(crc32c(0, p, n));
	if (le32(checksum) == UINT32_MAX)
		return;
	for (int i = 0; i < 4; i++)
		checksum[i] = (uint8_t)(crc >> 8 * i);
}

static void
mend_all(uint8_t *data, size_t size)
{
	for (size_t at = 0; size - at >= TFRECORD_FRAME + 4;) {
		uint64_t length = le64(data + at);
		mend(data + at + 8, data + at, 8);
		if (length > size - at - TFRECORD_FRAME - 4)
			return;
		mend(data + at + TFRECORD_FRAME + length, data + at + TFRECORD_FRAME, length);
		at += TFRECORD_FRAME + 4 + (size_t)length;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint64_t seed = size ? data[size - 1] : 0;
	uint8_t *mended = malloc(size ? size : 1);
	if (!mended)
		abort();
	memcpy(mended, data, size);
	mend_all(mended, size);
	digest_check("tfevents", data, size, seed);
	digest_check("tfevents", mended, size, seed);
	free(mended);
	return 0;
}
