/* axis.h - many rows of one log's axis in one page: steps and times of consecutive rows, shared
 * by all series of the log. Filled like a chunk (chunk.h). */
#ifndef STORE_AXIS_H
#define STORE_AXIS_H

#include "core/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct axis_rows {
	size_t n, cap;
	int64_t *step, *wall;
	int64_t *word; /* cells of the row, and its unit: axis_word() */
};

void axis_rows_release(struct axis_rows *a);
void axis_rows_room(struct axis_rows *a, size_t n);

size_t axis_pack(const struct axis_rows *a, size_t from, uint64_t first_row, struct str *out,
		 size_t *hint);

struct axis_chunk {
	uint32_t n;
	uint64_t first_row;
	const unsigned char *p, *end;
};

bool axis_open(struct axis_chunk *c, const void *p, size_t n);
bool axis_read(const struct axis_chunk *c, int64_t *step, int64_t *wall, int64_t *word);

#endif
