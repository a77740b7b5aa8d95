/* As it is, and with the length of the header mended, so that mutations reach the JSON. Of a
 * whole file no part is whole. */
#include "tests/fuzz/modelfile.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Behind the last brace. */
static size_t
end_of_header(const uint8_t *data, size_t size)
{
	while (size > 8 && data[size - 1] != '}')
		size--;
	return size;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char length[8] = {0};
	size_t n = size > 8 ? end_of_header(data, size) - 8 : 0;
	for (int i = 0; i < 8; i++)
		length[i] = (char)(n >> 8 * i);
	if (modelfile_check(data, size) == MODEL_WHOLE && size > 9) {
		int part = modelfile_check(data, 9 + data[size / 2] % (size - 9));
		if (part == MODEL_WHOLE)
			abort();
	}
	modelfile_check_as(data, size, length, 8);
	return 0;
}
