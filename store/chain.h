/* chain.h - rows that are in no chunk yet.
 *
 * A commit writes one record for all logs that got rows: a section for each of them, a block of
 * rows. A section names the record that holds the log's section before it, so the rows of a log are
 * read by following a chain from the newest, which its own record names, back to where its sealed
 * rows end; nothing has to be searched. Now and then a commit takes small sections over into its
 * own, so a chain stays short; a log whose chain holds many rows is sealed. A record that no chain
 * leads to any more is deleted, oldest first. */
#ifndef STORE_CHAIN_H
#define STORE_CHAIN_H

#include "store/db.h"
#include "store/record.h"
#include "store/rows.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A chain as long as TAIL_SECTIONS is shortened by the next commit. A log is sealed when its tail
 * has TAIL_ROWS rows or TAIL_LOG_BYTES, or at once when it gets TAIL_BULK rows in one commit; when
 * all records take more than TAIL_BYTES, those logs are sealed that hold the oldest. */
#ifdef MM_SMALL
enum {
	TAIL_SECTIONS = 4,
	TAIL_ROWS = 40,
	TAIL_BULK = 30,
	TAIL_LOG_BYTES = 2048,
	TAIL_BYTES = 8192
};
#else
enum {
	TAIL_SECTIONS = 32,
	TAIL_ROWS = 2048,
	TAIL_BULK = 512,
	TAIL_LOG_BYTES = 256 << 10,
	TAIL_BYTES = 16 << 20
};
#endif

/* ---- reading */

struct section {
	uint64_t number; /* of its record */
	struct block block;
};

/* The sections of a log, oldest first; they follow one another without a gap. Views that live as
 * long as the transaction, and until it writes. */
struct chain {
	struct section *v;
	size_t n, cap;
	size_t bytes;
};

/* ROWS: how many rows the log has in all. Negative: damaged. */
int chain_open(struct chain *ch, struct txn *t, uint32_t log, uint64_t newest, uint64_t sealed,
	       uint64_t rows);
void chain_release(struct chain *ch);
/* The section that holds ROW, or NULL. */
const struct block *chain_at(const struct chain *ch, uint64_t row);
/* Rows from FROM on, appended to R, which ends there. */
void chain_rows(const struct chain *ch, uint64_t from, uint64_t to, struct rows *r);

/* ---- writing */

struct tail_record {
	struct str dir, blocks;
	uint32_t n;
};

void tail_record_release(struct tail_record *r);
void tail_record_reset(struct tail_record *r);
/* Adds ROWS as the next section of LOG; NUMBER is to be the record's, BEFORE is that of the section
 * before it, or 0. */
void tail_record_add(struct tail_record *r, uint64_t number, uint32_t log, uint64_t before,
		     const struct rows *rows);
/* Writes it; nothing if it is empty. Returns its size. */
size_t tail_record_put(const struct tail_record *r, struct txn *t, uint64_t number,
		       struct str *buf);

/* The logs that have a section in record NUMBER: how many, or -1: it is damaged. */
int tail_record_logs(const struct bytes *v, uint64_t number);
uint32_t tail_record_log(const struct bytes *v, int i);
/* Record NUMBER as V has it, but for the sections of logs that GOES says so of: to be written in
 * its place. Returns how many went; -1: it is damaged. */
int tail_record_without(const struct bytes *v, uint64_t number,
			bool (*goes)(void *ctx, uint32_t log), void *ctx, struct tail_record *out);

#endif
