/* log_window.h - a stretch of a text file, line after line, as the ingester handed it over. */
#ifndef TUI_LOG_WINDOW_H
#define TUI_LOG_WINDOW_H

#include "core/ansi.h"
#include "core/log_merge.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bounds; beyond them lines are forgotten at the other end. */
#define LOG_WINDOW_LINES 4000
#define LOG_WINDOW_CELLS (512u << 10)

struct log_line {
	uint64_t start, end; /* bytes in the file */
	size_t beyond;       /* characters that were left out behind the last */
	struct ansi_cell *cell;
	int n;
	bool error;                    /* it tells of one */
	char who[4 * WHO_COLUMNS + 1]; /* of several files: which; "" else */
};

/* Each line begins where the one before it ends. All zero is empty. */
struct log_window {
	struct log_line *line;
	int n;
	size_t cap, cells;
	int who; /* columns of the longest name in front; 0: there are none */
};

void log_window_clear(struct log_window *w);
void log_window_release(struct log_window *w);
/* Takes the records of an answer, "START END BEYOND TEXT …" (core/log_serve.h), in reading order at
 * the end, or BACK, nearest first, before the beginning. One that begins where a line here does
 * takes its place and that of all behind it; one that doesn't fit on begins the window anew.
 * Returns how many were taken, or -1 when the answer makes no sense. */
int log_window_take(struct log_window *w, const char *records, bool back);
/* Bytes of the file that are in it. */
uint64_t log_window_start(const struct log_window *w);
uint64_t log_window_end(const struct log_window *w);
/* The line that holds byte AT, or the nearest one; -1: it is empty. */
int log_window_at(const struct log_window *w, uint64_t at);
/* Rows of WIDTH columns that a line takes. */
int log_line_rows(const struct log_line *l, int width);
/* The first cell of its row ROW; the number of cells when there is no such row. */
int log_line_row(const struct log_line *l, int width, int row);

#endif
