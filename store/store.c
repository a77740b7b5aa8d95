/* Opening: what may be there is nothing, ours, ours of another format, somebody else's, or damage.
 * A reader only reports; the writer, who holds the ingest lock, moves damage aside and begins anew,
 * for the logs are the truth and can be read again; what is in no log any more is salvaged. A
 * reader whose store was renamed away under it opens what is there now at the next snapshot. */
#include "store/store.h"

#include "core/clock.h"
#include "core/xalloc.h"
#include "store/batch.h"
#include "store/dir.h"
#include "store/field.h"
#include "store/salvage.h"
#include "store/snap.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct store {
	char *dir;
	bool write;
	struct db *db; /* NULL: a reader lost its file and has not found another yet */
	struct batch *batch;
	struct reader *reader; /* one that nobody uses now, or NULL */
	int snaps;
};

static const char magic[] = "mm store";

/* ---- format ---------------------------------------------------------------------------------- */

/* 0 and *FORMAT (negative: nothing is there yet), or a negative code. */
static int
read_format(struct db *db, const char *dir, int64_t *format, struct err *e)
{
	struct key k = key_text(KEY_META, "format"), all = {0};
	struct txn *t;
	struct bytes v;
	struct iter it;

	int rc = db_read_begin(db, &t, e);
	if (rc)
		return rc;
	*format = -1;
	rc = db_get(t, &k, &v);
	if (rc > 0) {
		if (v.n == sizeof magic + 4 && !memcmp(v.p, magic, sizeof magic))
			*format = load_u32((const char *)v.p + sizeof magic);
		else
			rc = err_set(e, ERR_CORRUPT, "%s: is no store of mm", dir);
	} else if (rc == 0) {
		iter_init(&it, t, &all);
		rc = iter_next(&it);
		iter_release(&it);
		if (rc > 0)
			rc = err_set(e, ERR_CORRUPT, "%s: is no store of mm", dir);
	}
	if (rc < 0 && txn_failed(t, NULL)) {
		txn_failed(t, e);
		rc = err_set(e, ERR_CORRUPT, "%s: is no store of mm, or a damaged one", dir);
	}
	db_read_end(t);
	return rc < 0 ? rc : 0;
}

static int
write_format(struct txn *t, void *ctx)
{
	struct key k = key_text(KEY_META, "format");
	struct str v = STR_INIT;

	(void)ctx;
	str_add(&v, magic, sizeof magic);
	put_u32(&v, STORE_FORMAT);
	int rc = db_put(t, &k, v.buf, v.len);
	str_release(&v);
	return rc;
}

static int
check_format(struct db *db, const char *dir, bool write, struct err *e)
{
	int64_t format;
	int rc = read_format(db, dir, &format, e);

	if (rc)
		return rc;
	if (format == STORE_FORMAT)
		return 0;
	/* All since format 2 reads as it is; what is written to it from now on would not read
	 * there. */
	if (format >= STORE_FORMAT_READ && format < STORE_FORMAT)
		return write ? db_write(db, write_format, NULL, NULL, e) : 0;
	if (format > STORE_FORMAT)
		return err_set(e, ERR_VERSION,
			       "%s: of format %" PRId64 ", this mm knows %d: use the newer mm, or "
			       "another --store",
			       dir, format, STORE_FORMAT);
	/* Format 1 kept rows as they came, in no released version: nothing is lost by reading the
	 * logs again, and what was of deleted ones stays in the file that is moved aside. */
	if (format >= 0)
		return err_set(e, ERR_CORRUPT, "%s: of the older format %" PRId64, dir, format);
	if (!write)
		return err_set(e, ERR_NOTFOUND, "%s: no store there yet", dir);
	return db_write(db, write_format, NULL, NULL, e);
}

/* ---- opening --------------------------------------------------------------------------------- */

static int
open_db(const char *dir, bool write, struct db **out, struct err *e)
{
	struct db *db;
	int rc = db_open(dir, write, 0, &db, e);

	if (rc)
		return rc;
	rc = check_format(db, dir, write, e);
	if (rc)
		db_close(db);
	else
		*out = db;
	return rc;
}

/* Those of the old file have it open; those to come get a table of their own. */
static void
forget_readers(const char *dir)
{
	char *lock = xasprintf("%s/lock.mdb", dir);

	unlink(lock);
	free(lock);
}

/* What a salvage that was killed had made. */
static void
throw_away(const char *dir)
{
	char *data = xasprintf("%s/data.mdb", dir);

	unlink(data);
	forget_readers(dir);
	free(data);
}

/* NAME gets what it is called now. */
static int
move_aside(const char *dir, const char *why, struct str *name, struct str *note, struct err *e)
{
	time_t now = (time_t)(clock_wall_us() / 1000000);
	struct tm tm;
	char stamp[32];

	strftime(stamp, sizeof stamp, "%Y%m%d-%H%M%S", gmtime_r(&now, &tm));
	char *from = xasprintf("%s/data.mdb", dir), *to = NULL;
	for (int i = 0; !i || (!access(to, F_OK) && i < 100); i++) {
		free(to);
		to = i ? xasprintf("%s.bad-%s.%d", from, stamp, i)
		       : xasprintf("%s.bad-%s", from, stamp);
	}
	str_adds(name, strrchr(to, '/') + 1);
	/* Without room for a word on it nothing can be saved: the logs are read anew, all the
	 * same. */
	struct err unsaved;
	if (salvage_begin(dir, str_c(name), &unsaved))
		str_reset(name);
	int rc = 0;
	if (rename(from, to) && errno != ENOENT) {
		rc = err_sys(e, "%s: cannot be moved aside", from);
	} else {
		forget_readers(dir);
		dir_mended(dir);
		if (note)
			str_addf(note, "%s; kept as %s, reading the logs anew", why, to);
	}
	free(from);
	free(to);
	return rc;
}

/* Only when there is a reason to: a large store has many pages. */
static int
look_first(const char *dir, struct err *e)
{
	int rc = dir_doubted(dir) ? db_look(dir, true, NULL, NULL, e) : 0;

	return rc <= 0 ? rc
		       : err_set(e, ERR_CORRUPT, "%s: the store is damaged: %d wrong in its pages",
				 dir, rc);
}

/* BAD gets the name of the file that is to be salvaged, if there is one. */
static int
open_writer(const char *dir, struct db **out, struct str *bad, struct str *note, struct err *e)
{
	struct err why;
	int rc = dir_make(dir, e);

	if (rc)
		return rc;
	if (salvage_wanted(dir, bad)) {
		throw_away(dir);
		return open_db(dir, true, out, e);
	}
	if (dir_damaged(dir))
		rc = err_set(&why, ERR_CORRUPT, "%s: the store is damaged", dir);
	else
		rc = look_first(dir, &why);
	if (!rc)
		rc = open_db(dir, true, out, &why);
	if (rc == ERR_CORRUPT) {
		rc = move_aside(dir, why.text, bad, note, e);
		if (rc)
			return rc;
		return open_db(dir, true, out, e);
	}
	if (rc && e)
		*e = why;
	return rc;
}

/* Whatever comes of it, the store is open. */
static void
save_from(struct store *st, const char *bad, struct str *note)
{
	struct err why;
	int rc = salvage(st->dir, bad, store_sink(st, NULL), note, &why);

	if (rc && note)
		str_addf(note, "; what is in no log any more could not be saved: %s", why.text);
	salvage_over(st->dir);
}

int
store_open(const char *dir, int flags, struct store **out, struct str *note, struct err *e)
{
	struct str bad = STR_INIT;
	struct db *db;
	bool write = flags & STORE_WRITE;
	int rc = write ? open_writer(dir, &db, &bad, note, e) : open_db(dir, false, &db, e);

	if (!rc) {
		struct store *st = xcalloc(1, sizeof *st);
		st->dir = xstrdup(dir);
		st->write = write;
		st->db = db;
		if (bad.len)
			save_from(st, str_c(&bad), note);
		if (write)
			dir_trust(dir);
		*out = st;
	}
	str_release(&bad);
	return rc;
}

void
store_close(struct store *st)
{
	if (!st)
		return;
	batch_free(st->batch);
	db_close(st->db);
	if (st->reader) {
		reader_release(st->reader);
		free(st->reader);
	}
	free(st->dir);
	free(st);
}

int
store_look(const char *dir, void (*fn)(void *ctx, const char *wrong), void *ctx, struct err *e)
{
	return db_look(dir, false, fn, ctx, e);
}

const char *
store_dir(const struct store *st)
{
	return st->dir;
}

uint64_t
store_txn(struct store *st)
{
	return st->db ? db_txn_id(st->db) : 0;
}

struct sink *
store_sink(struct store *st, const struct conf *c)
{
	if (st->batch)
		batch_conf(st->batch, c);
	else
		st->batch = batch_new(st, c);
	return &st->batch->sink;
}

struct db *
store_db(struct store *st)
{
	return st->db;
}

struct db *
store_idle_db(struct store *st, struct err *e)
{
	if (st->write && !st->snaps && (!st->batch || !st->batch->pending))
		return st->db;
	err_set(e, ERR_BUSY, "%s: in use", st->dir);
	return NULL;
}

void
store_forget_memory(struct store *st)
{
	if (!st->batch)
		return;
	batch_drop(st->batch);
	kept_ids(st->batch);
}

/* ---- snapshots ------------------------------------------------------------------------------- */

int
snap_begin(struct store *st, struct snap **out, struct err *e)
{
	struct txn *t;
	int rc;

	if (!st->write && !st->snaps && (!st->db || !db_current(st->db))) {
		db_close(st->db);
		st->db = NULL;
		rc = open_db(st->dir, false, &st->db, e);
		if (rc)
			return rc;
	}
	rc = db_read_begin(st->db, &t, e);
	if (rc)
		return rc;
	struct snap *sn = xcalloc(1, sizeof *sn);
	sn->st = st;
	sn->t = t;
	st->snaps++;
	*out = sn;
	return 0;
}

void
snap_end(struct snap *sn)
{
	for (size_t i = 0; i < sn->ntexts; i++) {
		str_release(sn->texts[i]);
		free(sn->texts[i]);
	}
	free(sn->texts);
	chain_release(&sn->chain);
	ruler_release(&sn->ruler);
	sn->st->snaps--;
	db_read_end(sn->t);
	free(sn);
}

uint64_t
snap_txn(const struct snap *sn)
{
	return txn_id(sn->t);
}

/* Small texts share a buffer, which never grows once something points into it. */
const char *
snap_text(struct snap *sn, const char *s, size_t n)
{
	struct str *last = sn->ntexts ? sn->texts[sn->ntexts - 1] : NULL;

	if (!last || last->len + n + 2 > last->cap) {
		last = xcalloc(1, sizeof *last);
		xgrow(&last->buf, &last->cap, n + 2 > 4096 ? n + 2 : 4096, 1);
		*vec_push(sn->texts, sn->ntexts, sn->textcap) = last;
	}
	char *p = last->buf + last->len;
	memcpy(p, s, n);
	p[n] = '\0';
	last->len += n + 1;
	return p;
}

struct reader *
snap_reader(struct snap *sn, uint32_t log)
{
	struct reader *r = sn->st->reader;

	sn->st->reader = NULL;
	if (!r)
		r = xcalloc(1, sizeof *r);
	reader_begin(r, sn->t, log);
	return r;
}

void
snap_reader_back(struct snap *sn, struct reader *r)
{
	if (!sn->st->reader) {
		sn->st->reader = r;
		return;
	}
	reader_release(r);
	free(r);
}

int
snap_failed(struct snap *sn, struct err *e)
{
	return txn_failed(sn->t, e);
}
