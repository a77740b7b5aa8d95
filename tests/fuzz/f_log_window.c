/* What an ingester answers about lines, taken by a viewer: lines, a line feed between answers, of
 * which the first letter says where they go. Whatever they are, the window is one stretch of a file
 * without gaps, within its bounds. */
#include "tui/log_window.h"

#include "core/xalloc.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(const struct log_window *w)
{
	size_t cells = 0;
	for (int i = 0; i < w->n; i++) {
		const struct log_line *l = &w->line[i];
		cells += (size_t)l->n;
		if (l->end < l->start || (i && l->start != w->line[i - 1].end))
			abort();
		if (memchr(l->who, '\0', sizeof l->who) == NULL)
			abort();
		int rows = log_line_rows(l, 7);
		if (rows < 1 || log_line_row(l, 7, rows) != l->n)
			abort();
	}
	if (cells != w->cells || w->n > LOG_WINDOW_LINES ||
	    (w->n > 1 && w->cells > LOG_WINDOW_CELLS + ANSI_COLUMNS))
		abort();
	for (int i = 0; i < w->n; i++)
		if (w->line[i].end > w->line[i].start && log_window_at(w, w->line[i].start) != i)
			abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct log_window w = {0};
	char *copy = xstrndup((const char *)data, size), *save = NULL;
	for (char *p = strtok_r(copy, "\n", &save); p; p = strtok_r(NULL, "\n", &save)) {
		log_window_take(&w, p + 1, *p == 'b');
		check(&w);
	}
	log_window_release(&w);
	free(copy);
	return 0;
}
