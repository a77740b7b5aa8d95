/* leveldb_log.h - records in blocks, as LevelDB's write-ahead log and W&B's files have them
 * (github.com/google/leveldb, doc/log_format.md).
 *
 * Blocks are 32 KiB, counted from the file's first byte. A chunk never crosses a block: a checksum
 * (4 bytes), a length (2), a type (1), both little-endian, then the payload. A record is one chunk
 * of type FULL, or FIRST MIDDLE* LAST. Where fewer than 7 bytes are left in a block they are
 * padding. W&B differs in two things: the checksum is plain CRC-32, over type and payload, and the
 * first 7 bytes of the file are a header of its own, so its first chunk is at 7.
 *
 *     leveldb_log_init(&l);
 *     do
 *             what = leveldb_log_next(&l, buf + at, n - at, offset + at, at_end);
 *             at += l.took;
 *     while (what != LEVELDB_MORE)
 *
 * What comes of the bytes depends on the bytes alone, never on how they were cut. */
#ifndef CORE_LEVELDB_LOG_H
#define CORE_LEVELDB_LOG_H

#include "core/hole.h"
#include "core/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LEVELDB_BLOCK 32768u

enum leveldb_what {
	/* The rest has yet to arrive, or what is there is held back; TOOK may be padding all the
	 * same. */
	LEVELDB_MORE,
	LEVELDB_RECORD, /* RECORD, N; they live until the next call, and while the buffer does */
	LEVELDB_BAD,    /* damaged bytes, or a record without its end, were passed over: see WHY */
	LEVELDB_LONG,   /* a record of more than MAX bytes is passed over */
};

struct leveldb_log {
	size_t max; /* bytes of a record */
	/* What is left of a record that was given up is passed over, up to where the next one
	 * begins. With the offset, all the state there is. */
	bool lost;
	/* Damage waits for what may be a hole. At first nothing does: all is settled. */
	struct hole hole;

	/* of the last call */
	size_t took;
	const char *record;
	size_t n;
	uint64_t at;     /* offset of what was found: of the record, of the damage */
	const char *why; /* a clause */

	/* So that a record which arrives bit by bit is not checked from its start each time: the
	 * chunks of the record at STARTED that were found good. */
	uint64_t started;
	size_t good, payload;
	struct str joined; /* a record of several chunks */
};

void leveldb_log_init(struct leveldb_log *l, size_t max);
void leveldb_log_release(struct leveldb_log *l);
/* BUF is what the file holds from OFFSET on, where a call before ended; with AT_END the file ends
 * with it for good: then all of it is taken before LEVELDB_MORE. */
enum leveldb_what leveldb_log_next(struct leveldb_log *l, const char *buf, size_t len,
				   uint64_t offset, bool at_end);

#endif
