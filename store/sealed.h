/* sealed.h - reading what is kept in chunks: of one series, or of all of a log.
 *
 * A reader has room for one chunk of values and for the rows of the axis that belong to it, and
 * keeps both as long as they serve: reading forwards decodes each axis chunk once. */
#ifndef STORE_SEALED_H
#define STORE_SEALED_H

#include "store/axis.h"
#include "store/chunk.h"
#include "store/db.h"
#include "store/rows.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What is asked of leaf_load() beside the values. */
enum { WANT_STEP = 1, WANT_WALL = 2, WANT_ROW = 4, WANT_WORD = 8 };

/* One chunk of a series; arrays live until the reader is used again. */
struct leaf {
	uint32_t n;
	uint64_t first_row;
	enum chunk_codec codec;
	bool dense, own, linear;
	const int64_t *row, *step, *wall;
	const double *value;
	struct chunk chunk;
	uint32_t series, number, key; /* checksum of its key */
};

struct reader {
	struct txn *t;
	uint32_t log;
	/* Rows [axis_first, axis_first + axis.n) of the log. */
	uint64_t axis_first;
	struct axis_rows axis;
	unsigned have; /* which of its columns were decoded */
	int64_t *row, *step, *wall;
	double *value;
	struct chunk_blocks blocks; /* of what leaf_open() opened */
};

/* A zeroed reader is ready to begin. Between transactions it keeps its memory, nothing else. */
void reader_begin(struct reader *r, struct txn *t, uint32_t log);
void reader_release(struct reader *r);

/* Makes rows [FROM, TO) be in R->axis; 0 or negative. */
int reader_axis(struct reader *r, uint64_t from, uint64_t to, unsigned want);
/* Chunk NUMBER of SERIES, opened and not read: 0 or negative. */
int reader_chunk(struct reader *r, uint32_t series, uint32_t number, struct chunk *c);
int leaf_load(struct reader *r, uint32_t series, uint32_t number, unsigned want, struct leaf *out);
/* The same, for who wants few of its values: they are read block by block. Steps that are linear
 * are left to be told from STEP0 and STRIDE of the chunk (they do not overflow): STEP is NULL. */
int leaf_open(struct reader *r, uint32_t series, uint32_t number, unsigned want, struct leaf *out);
/* The values of block I of it, until the reader is used again; NULL: damaged. */
const double *leaf_block(struct reader *r, const struct leaf *l, uint32_t i);
/* See chunk_block_range(). */
bool leaf_block_range(struct reader *r, const struct leaf *l, uint32_t i, struct range *out);
/* The last of CHUNKS chunks whose first row is at most ROW; 0 if there is none. */
int reader_find(struct reader *r, uint32_t series, uint32_t chunks, uint64_t row, uint32_t *number);

/* The first row of the axis chunk that holds ROW, and the first one after it. */
int reader_axis_at(struct reader *r, uint64_t row, uint64_t *from, uint64_t *to);

/* Which chunks a column of a log has. */
struct column_ref {
	uint32_t series, chunks;
};

/* All cells of the rows of one axis chunk, that of ROW, as rows again. */
int sealed_rows(struct reader *r, const struct column_ref *columns, size_t ncolumns, uint64_t row,
		struct rows *out);

#endif
