/* As it is: there is no magic to be mended, but for the first field. */
#include "tests/fuzz/modelfile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	modelfile_check_as(data, size, "\x08\x08", 2);
	return 0;
}
