/* hists.h - the buckets of histograms, kept beside the rows that they belong to.
 *
 * A record each, by log, column and row, that says all that drawing it needs. Private to the files
 * of the sink; snap_hists() reads them. */
#ifndef STORE_HISTS_H
#define STORE_HISTS_H

#include "core/sink.h"
#include "core/str.h"
#include "store/db.h"
#include "store/store.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hist_put {
	uint64_t row;
	uint32_t column;
	struct str bytes;
};

/* What the next commit does to those of one log. All zero: nothing. */
struct hists {
	struct hist_put *put; /* in order of row */
	size_t n, cap;
	bool cut;
	uint64_t cut_row; /* kept ones from this row on are superseded */
};

/* Returns the bytes that it took. */
size_t hists_add(struct hists *h, uint64_t row, uint32_t column, uint32_t attempt, int64_t step,
		 int64_t wall, const struct hist *hist);
/* Rows from ROW on are superseded. */
void hists_cut(struct hists *h, uint64_t row);
/* Changes nothing in memory. */
void hists_write(struct txn *t, uint32_t log, uint32_t columns, const struct hists *h);
void hists_clear(struct hists *h);
void hists_release(struct hists *h);

/* False: the record can't be read. EDGE and COUNT of OUT are in BUF, of room for 2 * n + 1. */
bool hist_unpack(const struct bytes *b, struct hist_info *info, double **buf, struct hist *out);

#endif
