/* Whatever the text: keys are C strings within the limits, and there are no more of them than
 * stated. */
#include "core/source.h"
#include "core/yaml_flat.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
see(void *ctx, const char *key, const char *value)
{
	size_t *n = ctx, len = strlen(key);
	if (len > SOURCE_MAX_NAME || !value || ++*n > YAML_FLAT_LEAVES)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *exact = malloc(size ? size : 1);
	size_t n = 0, again = 0;
	if (!exact)
		abort();
	memcpy(exact, data, size);
	size_t line = yaml_flat(exact, size, see, &n);
	if (line > size + 1)
		abort();
	if (yaml_flat(exact, size, see, &again) != line || n != again)
		abort();
	free(exact);
	return 0;
}
