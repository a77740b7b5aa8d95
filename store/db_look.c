/* The file as such: its pages, looked at without LMDB, and how many there are of what kind. */
#include "store/db_own.h"
#include "store/pages.h"

#include <string.h>
#include <sys/stat.h>

int
txn_check_pages(const struct txn *t, void (*fn)(void *ctx, const char *wrong), void *ctx)
{
	int fd;

	if (mdb_env_get_fd(t->db->env, &fd))
		return -1;
	return pages_check(fd, t->db->page, mdb_txn_id(t->txn), fn, ctx);
}

int
db_look(const char *dir, bool write, void (*fn)(void *ctx, const char *wrong), void *ctx,
	struct err *e)
{
	struct db *db;
	int code = db_open_env(dir, write, 0, &db, e), fd, wrong = -1;

	if (code)
		return code;
	mdb_env_get_fd(db->env, &fd);
	/* A writer beside us may have replaced the meta page of our snapshot: then another. */
	for (int i = 0; wrong < 0 && i < 100; i++) {
		MDB_txn *txn;
		int rc = db_begin(db, MDB_RDONLY, &txn);
		if (rc) {
			code = db_words(db, rc, "cannot be read", e);
			break;
		}
		wrong = pages_check(fd, db->page, mdb_txn_id(txn), fn, ctx);
		mdb_txn_abort(txn);
	}
	db_close(db);
	return code ? code : wrong > 0 ? wrong : 0;
}

int
db_stat(struct db *db, struct db_stat *out, struct err *e)
{
	struct txn *t;
	MDB_stat ms;
	MDB_envinfo info;
	struct stat sb;
	int fd;

	int rc = db_read_begin(db, &t, e);
	if (rc)
		return rc;
	memset(out, 0, sizeof *out);
	rc = mdb_stat(t->txn, db->dbi, &ms);
	if (!rc)
		rc = mdb_env_info(db->env, &info);
	db_read_end(t);
	if (rc)
		return db_words(db, rc, "cannot be read", e);
	out->page = ms.ms_psize;
	out->entries = ms.ms_entries;
	out->pages = ms.ms_branch_pages + ms.ms_leaf_pages + ms.ms_overflow_pages;
	out->map = info.me_mapsize;
	out->free_pages = info.me_last_pgno + 1 - out->pages;
	if (!mdb_env_get_fd(db->env, &fd) && !fstat(fd, &sb))
		out->file = (size_t)sb.st_size;
	return 0;
}
