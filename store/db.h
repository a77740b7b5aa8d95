/* db.h - one LMDB environment, made safe to use: growth, resizing by others, dead readers,
 * checksums.
 *
 * A transaction remembers its first failure: later calls on it do nothing and return the same code,
 * so a writer puts many and asks once. Each value carries the CRC32C of its key and itself; one
 * that does not check reads as ERR_CORRUPT. */
#ifndef STORE_DB_H
#define STORE_DB_H

#include "core/err.h"
#include "store/key.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct db;
struct txn;

struct bytes {
	const void *p;
	size_t n;
};

/* DIR exists. MAP 0: as much address space as there is, up to 64 GB; readers follow the file.
 * ERR_NOTFOUND: a reader found nothing yet. ERR_CORRUPT: no data file of LMDB, or shorter than it
 * says it is. Opening one data file twice in a process is a bug (POSIX locks). */
int db_open(const char *dir, bool write, size_t map, struct db **out, struct err *e);
/* Walks the pages of the file in DIR before LMDB does, which a damaged one may crash: what is wrong
 * goes to FN (may be NULL). Returns how many things are, or a negative code, as db_open() does. Not
 * while it is open in this process. */
int db_look(const char *dir, bool write, void (*fn)(void *ctx, const char *wrong), void *ctx,
	    struct err *e);
void db_close(struct db *db);
const char *db_dir(const struct db *db);
/* Is the file at its path still the one that is open, and long enough to be read? */
bool db_current(const struct db *db);
uint64_t db_txn_id(const struct db *db); /* of the newest committed transaction */
size_t db_map_size(const struct db *db);
size_t db_file_used(const struct db *db); /* bytes up to the last page in use */

/* Frees reader slots of dead processes. */
void db_reader_check(struct db *db);

int db_read_begin(struct db *db, struct txn **out, struct err *e);
void db_read_end(struct txn *t);

/* Runs FN in a write transaction and commits. FN may be run again from the start (the map was too
 * small), so its input is CTX alone, unchanged. Non-zero from FN, or a failure that the transaction
 * remembers: nothing of it is kept. No read transaction of this process may be open. TXN (may be
 * NULL) gets the id that readers now see. */
int db_write(struct db *db, int (*fn)(struct txn *t, void *ctx), void *ctx, uint64_t *txn,
	     struct err *e);

uint64_t txn_id(const struct txn *t);
/* The first failure, or 0. */
int txn_failed(const struct txn *t, struct err *e);
/* Makes the transaction fail. */
int txn_fail(struct txn *t, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* 1: found, and VAL points into the map until the transaction ends or writes. 0: not there.
 * Negative: failed. */
int db_get(struct txn *t, const struct key *k, struct bytes *val);
/* The same, its checksum unread: for a value of many parts that have their own. */
int db_get_parts(struct txn *t, const struct key *k, struct bytes *val);
/* Reads it, after all: 0 or negative. */
int db_verify(struct txn *t, const struct key *k, const struct bytes *val);
int db_put(struct txn *t, const struct key *k, const void *p, size_t n);
int db_del(struct txn *t, const struct key *k); /* what is not there is no failure */

/* Walks the keys that begin with PREFIX, in order. Between init and release the transaction may be
 * written to only through iter_del(). */
struct iter {
	struct txn *t;
	void *cursor; /* MDB_cursor */
	struct key prefix;
	bool started;
	struct bytes key, val;
	struct iter_ahead *ahead; /* or NULL */
};
void iter_init(struct iter *it, struct txn *t, const struct key *prefix);
/* For a walk over very many, from the first to the last, in a snapshot: pairs are looked up some
 * time before they are read, so that their bytes are on the way from memory meanwhile. A is the
 * iterator's until its release; there is no seeking then, and no deleting. */
struct iter_ahead {
	struct bytes key[16], val[16]; /* as they lie in the map */
	unsigned at, n;
	int end; /* why no more can be looked up: LMDB's code */
};
void iter_look_ahead(struct iter *it, struct iter_ahead *a);
/* Goes to the next key: 1 and KEY, VAL are set; 0: no more; negative: failed. */
int iter_next(struct iter *it);
/* Goes to the first key >= K within the prefix. */
int iter_seek(struct iter *it, const struct key *k);
/* Goes to the last key <= K within the prefix. */
int iter_seek_back(struct iter *it, const struct key *k);
/* Deletes the pair it stands on. */
int iter_del(struct iter *it);
void iter_release(struct iter *it);

/* For check: the bytes of a value that fails its checksum stop an iterator; this makes it report
 * and go on. */
void txn_tolerate(struct txn *t, void (*fn)(void *ctx, const struct bytes *key), void *ctx);
/* For check: what failed is forgotten, so that the rest can be looked at. */
void txn_forgive(struct txn *t);

/* Walks the pages that T sees, without LMDB: see pages.h. */
int txn_check_pages(const struct txn *t, void (*fn)(void *ctx, const char *wrong), void *ctx);

/* In pages of PAGE bytes: the tree, and what is free for it or in use by none but old readers. */
struct db_stat {
	size_t page, pages, entries, free_pages, map;
	size_t file; /* bytes on the disk */
};
int db_stat(struct db *db, struct db_stat *out, struct err *e);

/* A slot in the table of readers. TXN 0: it reads nothing now; else the snapshot that it holds, and
 * whose pages nobody can use again. */
struct db_reader {
	long pid;
	uint64_t txn;
};
int db_readers(struct db *db, void (*fn)(void *ctx, const struct db_reader *r), void *ctx,
	       struct err *e);

/* For the writer, with no transaction open in this process: writes all that is kept into a new
 * file, without what is free, and goes on with that. Others notice (db_current), ids of
 * transactions go on. It needs room for the copy. On failure the old file is as it was. */
int db_compact(struct db *db, struct err *e);

#endif
