/* A file of LMDB never shrinks: what was deleted leaves pages that wait to be used again.
 * Compacting writes a copy without them, in a directory of its own below the store's, opens it
 * there, and then gives both of its files, the data and the table of readers, the names of the old
 * ones.
 *
 * Who comes in the middle must not get files that don't belong together. The table is renamed
 * first: a reader then finds the old data with the new table, and may be told to read a snapshot
 * that is one transaction old; but nobody writes to the old data any more, so whatever it reads
 * stays as it is, and the next snapshot finds the new file. The other way round it would be
 * registered where the writer doesn't look, and its pages would be overwritten under it. */
#include "store/db_own.h"

#include "core/xalloc.h"
#include "store/dir.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const names[] = {"lock.mdb", "data.mdb"}; /* in this order */
enum { NAMES = 2 };

static char *
name_in(const char *dir, int i)
{
	return xasprintf("%s/%s", dir, names[i]);
}

/* What a compaction left that was killed. */
static void
sweep(const char *dir)
{
	for (int i = 0; i < NAMES; i++) {
		char *path = name_in(dir, i);
		unlink(path);
		free(path);
	}
	rmdir(dir);
}

static int
put_past(struct txn *t, void *ctx)
{
	struct key k = key_text(KEY_META, "past");

	return db_put(t, &k, ctx, sizeof(uint64_t));
}

/* The copy, open as a writer, with all of it on the disk. */
static int
make_copy(struct db *db, const char *dir, uint64_t past, struct db **out, struct err *e)
{
	mode_t mode = dir_file_mode(db->dir) == 0660 ? 0770 : 0700;

	if (mkdir(dir, mode) || chmod(dir, mode))
		return err_sys(e, "%s", dir);
	int rc = mdb_env_copy2(db->env, dir, MDB_CP_COMPACT);
	if (rc)
		return db_words(db, rc, "cannot be copied", e);
	char *data = name_in(dir, 1);
	rc = chmod(data, dir_file_mode(db->dir));
	free(data);
	if (rc)
		return err_sys(e, "%s", dir);
	int code = db_open(dir, true, db->map, out, e);
	if (code)
		return code;
	/* This makes its second meta page too: whichever one a reader takes, all is there. */
	code = db_write(*out, put_past, &past, NULL, e);
	if (!code && (rc = mdb_env_sync((*out)->env, 1)))
		code = db_words(db, rc, "cannot be copied", e);
	if (!code)
		return 0;
	db_close(*out);
	return code;
}

static int
sync_dir(const char *dir, struct err *e)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc = fd < 0 || fsync(fd) ? err_sys(e, "%s", dir) : 0;

	if (fd >= 0)
		close(fd);
	return rc;
}

static int
take_place(const char *from, const char *to, struct err *e)
{
	int code = 0;

	for (int i = 0; i < NAMES && !code; i++) {
		char *old = name_in(to, i), *new = name_in(from, i);
		if (rename(new, old))
			code = err_sys(e, "%s", old);
		free(old);
		free(new);
	}
	return code ? code : sync_dir(to, e);
}

int
db_compact(struct db *db, struct err *e)
{
	if (!db->write || db->open_txns)
		return err_set(e, ERR_BUSY, "%s: in use", db->dir);
	char *dir = xasprintf("%s/compact", db->dir);
	struct db *copy = NULL;
	uint64_t past = db_txn_id(db);
	sweep(dir);
	int code = make_copy(db, dir, past, &copy, e);
	if (!code) {
		code = take_place(dir, db->dir, e);
		if (code) {
			/* Perhaps the old data has a new table already: both are opened again. */
			struct err again;
			db_close(copy);
			if (db_again(db, &again) && e)
				*e = again;
		}
	}
	if (!code) {
		db_idle_drop(db);
		db_idle_drop(copy);
		mdb_env_close(db->env);
		db->env = copy->env;
		db->dbi = copy->dbi;
		db->page = copy->page;
		db->dev = copy->dev;
		db->ino = copy->ino;
		copy->env = NULL;
		db->past = past;
		db_close(copy);
	}
	sweep(dir);
	free(dir);
	return code;
}

/* ---- readers --------------------------------------------------------------------------------- */

struct listing {
	struct db *db;
	void (*fn)(void *ctx, const struct db_reader *r);
	void *ctx;
};

/* LMDB has it only as lines of text: pid, thread, transaction or "-". */
static int
on_line(const char *line, void *ctx)
{
	struct listing *l = ctx;
	struct db_reader r = {0};
	char txn[32];

	if (sscanf(line, "%ld %*s %31s", &r.pid, txn) != 2 || r.pid <= 0)
		return 0;
	r.txn = strtoull(txn, NULL, 10);
	r.txn += r.txn ? l->db->past : 0;
	l->fn(l->ctx, &r);
	return 0;
}

int
db_readers(struct db *db, void (*fn)(void *ctx, const struct db_reader *r), void *ctx,
	   struct err *e)
{
	struct listing l = {db, fn, ctx};

	mdb_reader_check(db->env, NULL);
	int rc = mdb_reader_list(db->env, on_line, &l);
	return rc < 0 ? db_words(db, EIO, "its readers cannot be listed", e) : 0;
}
