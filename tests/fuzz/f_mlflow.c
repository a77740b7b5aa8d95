#include "tests/fuzz/digest.h"

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	digest_check("mlflow", data, size, size ? data[size - 1] : 0);
	return 0;
}
