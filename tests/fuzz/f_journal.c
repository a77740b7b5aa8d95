/* A journal from anybody, torn anywhere: the state is a maximum. Cut anywhere and gone on with,
 * read twice, or its halves in the other order: the same; and what is printed of it is it. */
#include "core/journal.h"

#include "core/str.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
same(const struct journal *j, const struct str *want)
{
	struct str s = STR_INIT;
	journal_print(j, &s);
	if (s.len != want->len || memcmp(str_c(&s), str_c(want), s.len) != 0)
		abort();
	str_release(&s);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *p = (const char *)data;
	size_t cut = size ? data[size - 1] * size / 256 : 0;
	struct str want = STR_INIT;
	struct journal *j = journal_new();
	size_t took = journal_read(j, "h", p, size);
	if (took > size || (took && p[took - 1] != '\n'))
		abort();
	journal_print(j, &want);
	uint64_t version = journal_version(j);
	journal_read(j, "h", p, size);
	if (journal_version(j) != version)
		abort();
	journal_free(j);

	/* Nothing that lacks only its end may be known before it is whole: the rest tells. */
	j = journal_new();
	took = journal_read(j, "h", p, cut);
	journal_read(j, "h", p + took, size - took);
	same(j, &want);
	journal_free(j);

	const char *nl = memchr(p + cut, '\n', size - cut);
	size_t half = nl ? (size_t)(nl + 1 - p) : size;
	j = journal_new();
	journal_read(j, "h", p + half, size - half);
	journal_read(j, "h", p, half);
	same(j, &want);
	journal_free(j);

	j = journal_new();
	if (journal_read(j, "other", str_c(&want), want.len) != want.len || journal_bad(j))
		abort();
	same(j, &want);
	journal_free(j);
	str_release(&want);
	return 0;
}
