/* PATTERN, a newline, NAME: any bytes. A list of one pattern decides as the pattern, and no pattern
 * takes long. */
#include "core/glob.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *nl = memchr(data, '\n', size);
	size_t n = nl ? (size_t)(nl - data) : size;
	char *pattern = calloc(1, n + 2), *name = calloc(1, size + 1);

	if (!pattern || !name)
		abort();
	memcpy(pattern, data, n);
	if (nl)
		memcpy(name, nl + 1, size - n - 1);
	bool hit = glob_match(pattern, name);
	if (!glob_is(pattern) && !strchr(pattern, '\\') && hit != (strcmp(pattern, name) == 0))
		abort();
	if (*pattern && *pattern != '!' && !strpbrk(pattern, " \t\\") &&
	    glob_list_match(pattern, name) != hit)
		abort();
	if (hit && !glob_path_match(pattern, name))
		abort();
	glob_path_list_match(pattern, name);
	size_t end = strlen(pattern);
	memcpy(pattern + end, "*", 2); /* there may be more behind a NUL */
	if (hit && !strchr(pattern, '[') && !strchr(pattern, '\\') && !glob_match(pattern, name))
		abort();
	free(pattern);
	free(name);
	return 0;
}
