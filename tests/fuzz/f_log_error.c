/* Which lines tell of an error: the fast way past most of a log overlooks none of them, and going
 * forth and back through a file finds the same ones as looking at each line. */
#include "core/log_find.h"

#include "core/clock.h"
#include "core/xalloc.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool
is_error(struct log_file *f, uint64_t start, uint64_t end, struct str *scratch)
{
	const char *p;
	size_t n = log_file_line(f, start, end, &p);
	return log_error_is(p, p + n, scratch);
}

static void
check_forth(struct log_file *f, struct str *scratch)
{
	uint64_t at = 0, found = 0;
	for (uint64_t start = 0, end; start < f->size; start = end) {
		end = log_file_end(f, start);
		if (!is_error(f, start, end, scratch))
			continue;
		if (log_find(f, NULL, false, &at, INT64_MAX) != LOG_FOUND || at != start)
			abort();
		at = end;
		found++;
	}
	if (log_find(f, NULL, false, &at, INT64_MAX) != LOG_NONE)
		abort();
	at = f->size;
	for (; found; found--)
		if (log_find(f, NULL, true, &at, INT64_MAX) != LOG_FOUND)
			abort();
	if (log_find(f, NULL, true, &at, INT64_MAX) != LOG_NONE)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str scratch = STR_INIT, said = STR_INIT;
	struct log_file f;
	struct err e;
	int64_t wall_us;
	uint64_t at;
	char path[32];
	int fd = memfd_create("log", MFD_CLOEXEC);
	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	if (log_file_open(&f, path, &e) < 0)
		abort();
	f.block = size && data[size - 1] % 2 ? 64 : LOG_BLOCK;
	check_forth(&f, &scratch);
	if (log_find_words(&f, 0, &said, &wall_us) && !said.len)
		abort();
	if (log_find_end(&f, NULL, &at) && at >= f.size)
		abort();
	log_file_close(&f);
	close(fd);
	str_release(&scratch);
	str_release(&said);
	return 0;
}
