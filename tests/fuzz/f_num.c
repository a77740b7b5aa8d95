/* The same value, bit for bit, and the same end as strtod in the C locale. */
#include "core/num.h"
#include "core/stamp.h"

#include <ctype.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
compare(const char *text, size_t size)
{
	double got = 0, all;
	int64_t us;
	const char *end = num_parse(text, text + size, &got);
	char *z = malloc(size + 1), *want_end;
	memcpy(z, text, size);
	z[size] = '\0';
	stamp_parse(text, text + size, 0, &us);
	if (num_parse_all(text, text + size, &all) && !end && !isspace((unsigned char)*text))
		abort();
	/* What strtod also reads: blanks in front, hexadecimal, nan(…). */
	const char *digits = z + (*z == '-' || *z == '+');
	bool hex = digits[0] == '0' && (digits[1] | 0x20) == 'x';
	if (!isspace((unsigned char)*z) && !hex && !strchr(z, '(')) {
		double want = strtod(z, &want_end);
		if (want_end == z ? end != NULL : end != text + (want_end - z))
			abort();
		if (end && memcmp(&got, &want, sizeof got))
			abort();
	}
	free(z);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	compare((const char *)data, size);
	return 0;
}
