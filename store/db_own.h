/* db_own.h - an environment and a transaction from within: for db.c, db_compact.c, db_look.c and
 * db_value.c alone. */
#ifndef STORE_DB_OWN_H
#define STORE_DB_OWN_H

#include "store/db.h"

#include <lmdb.h>
#include <sys/types.h>

struct db {
	MDB_env *env;
	MDB_dbi dbi;
	char *dir;
	size_t page;
	size_t map;       /* as asked for */
	struct txn *idle; /* a read transaction that was reset, to be renewed */
	int open_txns;
	dev_t dev;
	ino_t ino;
	const char *base; /* of the map; NULL: not known */
	uint64_t past;    /* transactions of the files that this one took the place of */
	bool write;
};

/* Types of keys are letters. */
enum { TYPES_FIRST = 'A', TYPES = 64 };

struct txn {
	MDB_txn *txn;
	struct db *db;
	const char *base, *end; /* of what may be read of the map; NULL: not known, or writing */
	int fail;
	int rc; /* LMDB's code behind it */
	struct err err;
	void (*tolerate)(void *ctx, const struct bytes *key);
	void *tolerate_ctx;
	/* When reading: a cursor for each type of key, where its last one was found. What lies near
	 * that is found without going down the tree. Those whose bit is not set are of a snapshot
	 * before. */
	MDB_cursor *near[TYPES];
	uint64_t near_set;
	bool reading;
};

/* Opens the environment: no page but the first two has been looked at. */
int db_open_env(const char *dir, bool write, size_t map, struct db **out, struct err *e);
/* Begins a transaction, whatever other processes did meanwhile: 0 or LMDB's code. */
int db_begin(struct db *db, unsigned flags, MDB_txn **out);
/* Makes the transaction fail by LMDB's code RC. */
int txn_failed_with(struct txn *t, int rc, const char *what);
/* The words for LMDB's code RC. */
int db_words(const struct db *db, int rc, const char *what, struct err *e);
/* Aborts the kept read transaction. */
void db_idle_drop(struct db *db);
/* Closes the environment and opens the file that is there now. */
int db_again(struct db *db, struct err *e);

#endif
