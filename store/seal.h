/* seal.h - rows into chunks. Private to the files of the sink. */
#ifndef STORE_SEAL_H
#define STORE_SEAL_H

#include "store/batch.h"

/* Of LOG's sealed rows those from END on are dropped; then the rows of OLD and of NEW (either may
 * be empty), which begin at END and follow one another, are sealed. Sets chunks_then of every
 * column. Failures are remembered by the transaction. */
void seal_log(struct txn *t, struct reader *r, const struct log *log, uint64_t end,
	      const struct rows *old, const struct rows *new);

#endif
