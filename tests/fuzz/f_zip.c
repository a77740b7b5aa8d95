/* As it is, and with its magic mended. */
#include "tests/fuzz/modelfile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	modelfile_check_as(data, size, "PK\3\4", 4);
	return 0;
}
