/* Whatever goes in, what comes out is text that a terminal cannot obey, and stays as it is when it
 * goes through once more. */
#include "core/utf8.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	struct str clean = STR_INIT, twice = STR_INIT, ascii = STR_INIT, json = STR_INIT;
	utf8_clean(&clean, text, size, 0);
	utf8_clean(&twice, str_c(&clean), clean.len, 0);
	utf8_clean(&ascii, text, size, 1);
	utf8_json(&json, text, size);
	if (clean.len != twice.len || memcmp(str_c(&clean), str_c(&twice), clean.len))
		abort();
	const char *p = str_c(&clean), *end = p + clean.len;
	while (p < end) {
		uint32_t cp;
		p = utf8_next(p, end, &cp);
		if (utf8_safe(cp) != cp)
			abort();
	}
	for (size_t i = 0; i < ascii.len; i++)
		if (ascii.buf[i] < 0x20 || ascii.buf[i] > 0x7E)
			abort();
	if (utf8_columns(str_c(&clean)) != (int)ascii.len)
		abort();
	p = str_c(&json), end = p + json.len;
	while (p < end) {
		uint32_t cp;
		p = utf8_next(p, end, &cp);
		if (utf8_safe(cp) != cp)
			abort();
	}
	str_release(&clean);
	str_release(&twice);
	str_release(&ascii);
	str_release(&json);
	return 0;
}
