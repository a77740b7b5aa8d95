/* What LMDB leaves to its caller is done here, once: a map that turns out too small is grown and
 * the write run again, a map that another process grew is followed, reader slots of dead processes
 * are freed when they run out, a truncated file (which LMDB opens happily, to die of SIGBUS at the
 * first read) is refused. Reading costs one renew of a kept transaction. No WRITEMAP: a full disk
 * would kill the process; NOMETASYNC: one sync a commit, integrity is never at stake. */
#include "store/db_own.h"

#include "core/xalloc.h"
#include "store/dir.h"
#include "store/pages.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#ifdef MM_SMALL
#define MAP_DEFAULT ((size_t)128 << 10)
#define MAP_LEAST ((size_t)64 << 10)
#else
#define MAP_DEFAULT ((size_t)64 << 30)
#define MAP_LEAST ((size_t)1 << 20)
#endif
enum { READERS_MAX = 510 };

/* ---- words ----------------------------------------------------------------------------------- */

static bool
disk_full(const struct db *db, int rc)
{
	struct statvfs vfs;

	if (rc == ENOSPC || rc == EDQUOT || rc == EFBIG)
		return true;
	/* A short write is EIO in LMDB, whatever the reason. */
	return rc == EIO && !statvfs(db->dir, &vfs) &&
	       (uint64_t)vfs.f_bavail * vfs.f_frsize < MAP_LEAST;
}

int
db_words(const struct db *db, int rc, const char *what, struct err *e)
{
	switch (rc) {
	case MDB_CORRUPTED:
	case MDB_PAGE_NOTFOUND:
	case MDB_INVALID:
	case MDB_VERSION_MISMATCH:
		return err_set(e, ERR_CORRUPT, "%s: the store is damaged: %s: %s", db->dir, what,
			       mdb_strerror(rc));
	case MDB_READERS_FULL:
		return err_set(e, ERR_BUSY, "%s: more than %d readers", db->dir, READERS_MAX);
	case MDB_MAP_FULL:
	case MDB_TXN_FULL:
		return err_set(e, ERR_FULL, "%s: %s: %s", db->dir, what, mdb_strerror(rc));
	default:
		if (disk_full(db, rc))
			return err_set(e, ERR_FULL, "%s: %s: no space left on the disk", db->dir,
				       what);
		return err_set(e, ERR_SYS, "%s: %s: %s", db->dir, what, mdb_strerror(rc));
	}
}

/* ---- opening --------------------------------------------------------------------------------- */

static char *
data_path(const char *dir)
{
	return xasprintf("%s/data.mdb", dir);
}

static int
env_try(struct db *db, size_t map)
{
	unsigned flags = MDB_NOTLS | MDB_NOMETASYNC | (db->write ? 0 : MDB_RDONLY);
	int rc = mdb_env_create(&db->env);

	if (rc)
		return rc;
	mdb_env_set_maxreaders(db->env, READERS_MAX);
	mdb_env_set_mapsize(db->env, map);
	rc = mdb_env_open(db->env, db->dir, flags, dir_file_mode(db->dir));
	if (rc) {
		mdb_env_close(db->env);
		db->env = NULL;
	}
	return rc;
}

/* LMDB would make a new environment of nothing, for a reader too. */
static bool
nothing_there(const struct db *db)
{
	char *path = data_path(db->dir);
	struct stat sb;
	bool nothing = stat(path, &sb) ? errno == ENOENT : sb.st_size == 0;

	free(path);
	return nothing;
}

/* LMDB takes the greater of two numbers for the newer meta page, and believes the rest of it. */
static bool
metas_sound(const struct db *db)
{
	char *path = data_path(db->dir);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool sound = fd < 0 || pages_sound(fd);

	if (fd >= 0)
		close(fd);
	free(path);
	return sound;
}

/* A limit on address space (ulimit -v) is met by asking for less. */
static int
env_open(struct db *db)
{
	size_t map = db->map ? db->map : MAP_DEFAULT;
	int rc;

	if (!db->write && nothing_there(db))
		return ENOENT;
	while ((rc = env_try(db, map)) == ENOMEM && map > MAP_LEAST)
		map /= 2;
	return rc;
}

static bool
long_enough(const struct db *db)
{
	MDB_envinfo info;
	struct stat sb;
	int fd;

	if (mdb_env_info(db->env, &info) || mdb_env_get_fd(db->env, &fd) || fstat(fd, &sb))
		return false;
	return (uint64_t)sb.st_size >= ((uint64_t)info.me_last_pgno + 1) * db->page ||
	       pages_complete(fd, db->page);
}

/* Page size, identity and the one table: what has to be known before the first real transaction. */
static int
env_learn(struct db *db, struct err *e)
{
	MDB_stat ms;
	MDB_txn *txn;
	struct stat sb;
	int fd, rc;

	mdb_env_stat(db->env, &ms);
	db->page = ms.ms_psize;
	if (mdb_env_get_fd(db->env, &fd) || fstat(fd, &sb))
		return err_sys(e, "%s/data.mdb", db->dir);
	db->dev = sb.st_dev;
	db->ino = sb.st_ino;
	if (!long_enough(db))
		return err_set(e, ERR_CORRUPT, "%s/data.mdb: shorter than it says it is", db->dir);
	mdb_reader_check(db->env, NULL);
	rc = mdb_txn_begin(db->env, NULL, MDB_RDONLY, &txn);
	if (!rc) {
		rc = mdb_dbi_open(txn, NULL, 0, &db->dbi);
		mdb_txn_abort(txn);
	}
	return rc ? db_words(db, rc, "cannot be read", e) : 0;
}

static int
open_failed(struct db *db, int rc, struct err *e)
{
	switch (rc) {
	case ENOENT:
		return err_set(e, ERR_NOTFOUND, "%s: no store there yet", db->dir);
	case EACCES:
	case EROFS:
	case EPERM:
		return err_set(e, ERR_SYS,
			       "%s: %s: its lock file has to be writable, for reading too", db->dir,
			       mdb_strerror(rc));
	case EIO: /* shorter than its first page */
		return err_set(e, ERR_CORRUPT, "%s/data.mdb: truncated", db->dir);
	default:
		return db_words(db, rc, "cannot be opened", e);
	}
}

/* A compacted file counts its transactions anew; who compares ids must not notice. */
static void
learn_past(struct db *db)
{
	struct key k = key_text(KEY_META, "past");
	struct txn *t;
	struct bytes v;
	struct err e;

	db->past = 0;
	if (db_read_begin(db, &t, &e))
		return;
	if (db_get(t, &k, &v) > 0 && v.n == sizeof db->past)
		memcpy(&db->past, v.p, sizeof db->past);
	db_read_end(t);
}

int
db_open_env(const char *dir, bool write, size_t map, struct db **out, struct err *e)
{
	struct db *db = xcalloc(1, sizeof *db);
	int code = 0;

	db->dir = xstrdup(dir);
	db->write = write;
	db->map = map;
	if (!nothing_there(db) && !metas_sound(db)) {
		code = err_set(e, ERR_CORRUPT, "%s/data.mdb: its first pages are damaged", dir);
	} else {
		int rc = env_open(db);
		code = rc ? open_failed(db, rc, e) : env_learn(db, e);
	}
	if (code)
		db_close(db);
	else
		*out = db;
	return code;
}

int
db_open(const char *dir, bool write, size_t map, struct db **out, struct err *e)
{
	int code = db_open_env(dir, write, map, out, e);

	if (!code)
		learn_past(*out);
	return code;
}

static void
read_free(struct txn *t)
{
	for (int i = 0; i < TYPES; i++)
		if (t->near[i])
			mdb_cursor_close(t->near[i]);
	mdb_txn_abort(t->txn);
	free(t);
}

void
db_idle_drop(struct db *db)
{
	db->base = NULL; /* the map may move */
	if (!db->idle)
		return;
	read_free(db->idle);
	db->idle = NULL;
}

void
db_close(struct db *db)
{
	if (!db)
		return;
	if (db->env) {
		db_idle_drop(db);
		mdb_env_close(db->env);
	}
	free(db->dir);
	free(db);
}

const char *
db_dir(const struct db *db)
{
	return db->dir;
}

bool
db_current(const struct db *db)
{
	char *path = data_path(db->dir);
	struct stat sb;
	bool same = !stat(path, &sb) && sb.st_dev == db->dev && sb.st_ino == db->ino;

	free(path);
	return same && long_enough(db);
}

uint64_t
db_txn_id(const struct db *db)
{
	MDB_envinfo info;

	return mdb_env_info(db->env, &info) ? 0 : db->past + info.me_last_txnid;
}

size_t
db_map_size(const struct db *db)
{
	MDB_envinfo info;

	return mdb_env_info(db->env, &info) ? 0 : info.me_mapsize;
}

size_t
db_file_used(const struct db *db)
{
	MDB_envinfo info;

	return mdb_env_info(db->env, &info) ? 0 : (info.me_last_pgno + 1) * db->page;
}

void
db_reader_check(struct db *db)
{
	mdb_reader_check(db->env, NULL);
}

/* Another process grew the map: follow. Under a limit on address space take no more than is
 * used. */
static int
map_follow(struct db *db)
{
	if (db->open_txns)
		return MDB_MAP_RESIZED;
	db_idle_drop(db);
	int rc = mdb_env_set_mapsize(db->env, 0);
	if (rc == ENOMEM)
		rc = mdb_env_set_mapsize(db->env, db_file_used(db));
	return rc;
}

/* ---- transactions ---------------------------------------------------------------------------- */

int
db_begin(struct db *db, unsigned flags, MDB_txn **out)
{
	bool checked = false, followed = false;

	for (;;) {
		int rc = mdb_txn_begin(db->env, NULL, flags, out);
		if (rc == MDB_READERS_FULL && !checked) {
			checked = true;
			mdb_reader_check(db->env, NULL);
		} else if (rc == MDB_MAP_RESIZED && !followed) {
			followed = true;
			rc = map_follow(db);
			if (rc)
				return rc;
		} else {
			return rc;
		}
	}
}

/* Where the map lies is not said by LMDB; but a key lies in a page, and that knows its number. */
static void
learn_base(struct db *db, MDB_txn *txn)
{
	MDB_cursor *c;
	MDB_val k, v;
	uint64_t number;

	if (mdb_cursor_open(txn, db->dbi, &c))
		return;
	if (!mdb_cursor_get(c, &k, &v, MDB_FIRST)) {
		const char *page =
			(const char *)((uintptr_t)k.mv_data & ~(uintptr_t)(db->page - 1));
		memcpy(&number, page, sizeof number);
		db->base = (const char *)((uintptr_t)page - (uintptr_t)(number * db->page));
	}
	mdb_cursor_close(c);
}

/* After a failure while metas were written LMDB refuses everything; a fresh start is its way on. */
int
db_again(struct db *db, struct err *e)
{
	db_idle_drop(db);
	mdb_env_close(db->env);
	db->env = NULL;
	int rc = env_open(db);
	int code = rc ? open_failed(db, rc, e) : env_learn(db, e);
	if (!code)
		learn_past(db);
	return code;
}

/* The environment, if it was lost, is opened again. */
static int
revive(struct db *db, struct err *e)
{
	return db->env ? 0 : db_again(db, e);
}

/* A new read transaction. */
static int
read_new(struct db *db, MDB_txn **out, struct err *e)
{
	int code = revive(db, e), rc = code ? 0 : db_begin(db, MDB_RDONLY, out);

	if (rc == MDB_PANIC && !db->open_txns) { /* the last commit failed at its end */
		code = db_again(db, e);
		rc = code ? 0 : db_begin(db, MDB_RDONLY, out);
	}
	if (rc == MDB_MAP_RESIZED)
		return err_set(e, ERR_BUSY, "%s: the map grew while it was in use", db->dir);
	return rc ? db_words(db, rc, "cannot be read", e) : code;
}

int
db_read_begin(struct db *db, struct txn **out, struct err *e)
{
	struct txn *t = db->idle;

	db->idle = NULL;
	if (t && mdb_txn_renew(t->txn)) {
		read_free(t);
		t = NULL;
	}
	if (!t) {
		MDB_txn *txn;
		int code = read_new(db, &txn, e);
		if (code)
			return code;
		t = xcalloc(1, sizeof *t);
		t->txn = txn;
		t->db = db;
		t->reading = true;
	}
	t->near_set = 0;
	t->fail = t->rc = 0;
	t->tolerate = NULL;
	if (!db->base && db->dbi)
		learn_base(db, t->txn);
	t->base = db->base;
	t->end = db->base ? (const char *)((uintptr_t)db->base + db_file_used(db)) : NULL;
	db->open_txns++;
	*out = t;
	return 0;
}

void
db_read_end(struct txn *t)
{
	struct db *db = t->db;

	db->open_txns--;
	if (db->idle) {
		read_free(t);
		return;
	}
	mdb_txn_reset(t->txn);
	db->idle = t;
}

/* Doubles the map, or by what address space is left. */
static int
map_grow(struct db *db)
{
	size_t now = db_map_size(db);
	int rc = ENOMEM;

	db_idle_drop(db);
	for (size_t more = now; rc == ENOMEM && more >= now / 64; more /= 2)
		rc = mdb_env_set_mapsize(db->env, now + more);
	return rc;
}

/* A page that was taken at the end of the file and given up in the same transaction is never
 * written, and the file then ends before the last page that LMDB counts. It is made as long as it
 * says it is, so that being shorter means that something is lost. */
static void
file_extend(struct db *db)
{
	struct stat sb;
	int fd;

	if (mdb_env_get_fd(db->env, &fd) || fstat(fd, &sb))
		return;
	off_t size = (off_t)db_file_used(db);
	if (sb.st_size < size && ftruncate(fd, size)) {
		/* No harm done but to the next who opens it: it walks the tree to tell. */
	}
}

static int
write_once(struct db *db, int (*fn)(struct txn *t, void *ctx), void *ctx, struct txn *t)
{
	int rc = db_begin(db, 0, &t->txn);

	if (rc) {
		t->rc = rc;
		return db_words(db, rc, "cannot be written", &t->err);
	}
	t->db = db;
	db->open_txns++;
	int code = fn(t, ctx);
	if (!t->fail && code)
		txn_fail(t, code, "%s: the write was given up", db->dir);
	db->open_txns--;
	if (t->fail) {
		mdb_txn_abort(t->txn);
		return t->fail;
	}
	rc = mdb_txn_commit(t->txn);
	if (!rc) {
		file_extend(db);
		return 0;
	}
	t->rc = rc;
	return db_words(db, rc, "cannot be written", &t->err);
}

int
db_write(struct db *db, int (*fn)(struct txn *t, void *ctx), void *ctx, uint64_t *txn,
	 struct err *e)
{
	bool again = false;
	int lost = revive(db, e);

	if (lost)
		return lost;
	for (;;) {
		struct txn t = {0};
		int code = write_once(db, fn, ctx, &t);

		if (!code) {
			if (txn)
				*txn = db_txn_id(db);
			return 0;
		}
		if (t.rc == MDB_MAP_FULL && map_grow(db) == 0)
			continue;
		if (t.rc == MDB_PANIC && !again && !db->open_txns) {
			again = true;
			code = db_again(db, e);
			if (!code)
				continue;
			return code;
		}
		if (e)
			*e = t.err;
		return code;
	}
}

uint64_t
txn_id(const struct txn *t)
{
	return t->db->past + mdb_txn_id(t->txn);
}

int
txn_failed(const struct txn *t, struct err *e)
{
	if (t->fail && e)
		*e = t->err;
	return t->fail;
}

int
txn_fail(struct txn *t, int code, const char *fmt, ...)
{
	if (t->fail)
		return t->fail;
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(t->err.text, sizeof t->err.text, fmt, ap);
	va_end(ap);
	t->err.code = code;
	return t->fail = code;
}

int
txn_failed_with(struct txn *t, int rc, const char *what)
{
	t->rc = rc;
	return t->fail = db_words(t->db, rc, what, &t->err);
}

void
txn_tolerate(struct txn *t, void (*fn)(void *ctx, const struct bytes *key), void *ctx)
{
	t->tolerate = fn;
	t->tolerate_ctx = ctx;
}

void
txn_forgive(struct txn *t)
{
	t->fail = t->rc = 0;
}
