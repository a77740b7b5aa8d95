/* LMDB must not be asked about a damaged file. So its tree is walked without it, and whatever
 * records check are put into a file beside the store, in which nothing is wrong but that records
 * are missing; that can be read like a store. It is deleted when its logs have been handed on.
 *
 * All this takes a while, in which a process may be killed: a file says that it was begun, and the
 * next one throws away what is there and begins again. */
#include "store/salvage.h"

#include "core/crc32c.h"
#include "core/xalloc.h"
#include "store/dir.h"
#include "store/field.h"
#include "store/pages.h"
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CRC_SIZE = 4, SLICE_BYTES = 8 << 20, TRIES = 3 };

/* ---- that it was begun ----------------------------------------------------------------------- */

static char *
own_dir(const char *dir)
{
	return xasprintf("%s/salvage", dir);
}

static char *
note_path(const char *dir)
{
	return xasprintf("%s/salvage/of", dir);
}

int
salvage_begin(const char *dir, const char *name, struct err *e)
{
	char *own = own_dir(dir), *path = note_path(dir);
	mode_t mode = dir_file_mode(dir) == 0660 ? 0770 : 0700;
	size_t n = strlen(name);
	int code = 0, fd = -1;

	salvage_over(dir);
	if (mkdir(own, mode) || chmod(own, mode) ||
	    (fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, dir_file_mode(dir))) < 0 ||
	    write(fd, name, n) != (ssize_t)n || write(fd, "\n", 1) != 1 || fsync(fd))
		code = err_sys(e, "%s", path);
	if (fd >= 0)
		close(fd);
	free(own);
	free(path);
	return code;
}

/* A mark for each time that it was tried. */
static bool
tried_too_often(const char *path, size_t marks)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
	bool marked = fd >= 0 && write(fd, ".", 1) == 1;

	if (fd >= 0)
		close(fd);
	return marks >= TRIES || !marked;
}

bool
salvage_wanted(const char *dir, struct str *out)
{
	char *path = note_path(dir), text[300];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
	bool wanted = false;

	if (fd >= 0)
		close(fd);
	if (n > 0) {
		text[n] = '\0';
		size_t len = strcspn(text, "\n");
		char *bad = xasprintf("%s/%.*s", dir, (int)len, text);
		wanted = text[len] == '\n' && !strchr(text, '/') && !access(bad, F_OK) &&
			 !tried_too_often(path, strlen(text + len + 1));
		if (wanted)
			str_add(out, text, len);
		else
			salvage_over(dir);
		free(bad);
	}
	free(path);
	return wanted;
}

void
salvage_over(const char *dir)
{
	static const char *const names[] = {"data.mdb", "lock.mdb", "of"};
	char *own = own_dir(dir);

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		char *path = xasprintf("%s/%s", own, names[i]);
		unlink(path);
		free(path);
	}
	rmdir(own);
	free(own);
}

/* ---- the records that check ------------------------------------------------------------------ */

struct record {
	struct key key;
	void *value;
	size_t n;
};

struct heap {
	struct db *db;
	struct record *v;
	size_t n, cap, bytes;
	struct err *e;
};

static int
put_records(struct txn *t, void *ctx)
{
	struct heap *h = ctx;

	for (size_t i = 0; i < h->n; i++)
		db_put(t, &h->v[i].key, h->v[i].value, h->v[i].n);
	return 0;
}

static int
heap_flush(struct heap *h)
{
	int code = h->n ? db_write(h->db, put_records, h, NULL, h->e) : 0;

	for (size_t i = 0; i < h->n; i++)
		free(h->v[i].value);
	h->n = h->bytes = 0;
	return code;
}

/* What is asked for later: not what is told from it, and not what belongs to alerts. */
static bool
is_wanted(unsigned char type)
{
	static const char types[] = {KEY_TAIL, KEY_SERIES, KEY_GOAL,  KEY_HIST,  KEY_PARAMS,
				     KEY_LOG,  KEY_RUN,    KEY_AXIS,  KEY_CHUNK, KEY_STATE,
				     KEY_ROOT, KEY_REMARK, KEY_RUN_ID};

	return memchr(types, type, sizeof types) != NULL;
}

/* Its records are ours to read. */
static bool
is_known(const char *key, size_t nkey, const char *value, size_t n)
{
	static const char name[] = "format", magic[] = "mm store";

	if (nkey != sizeof name || key[0] != KEY_META || memcmp(key + 1, name, nkey - 1) != 0)
		return true;
	uint32_t format = n == sizeof magic + 4 ? load_u32(value + sizeof magic) : 0;
	return format >= STORE_FORMAT_READ && format <= STORE_FORMAT;
}

static int
on_record(void *ctx, const void *key, size_t nkey, const void *value, size_t n)
{
	struct heap *h = ctx;
	uint32_t crc;

	if (!nkey || nkey > KEY_MAX || n < CRC_SIZE)
		return 0;
	n -= CRC_SIZE;
	memcpy(&crc, (const char *)value + n, CRC_SIZE);
	if (crc != crc32c(crc32c(0, key, nkey), value, n))
		return 0;
	if (!is_known(key, nkey, value, n))
		return 1;
	if (!is_wanted(*(const unsigned char *)key))
		return 0;
	struct record *r = vec_push(h->v, h->n, h->cap);
	r->key.n = (uint16_t)nkey;
	memcpy(r->key.b, key, nkey);
	r->value = xmemdup(value, n);
	r->n = n;
	h->bytes += n;
	return h->bytes > SLICE_BYTES ? heap_flush(h) : 0;
}

static int
gather(const char *dir, const char *name, struct db *db, struct err *e)
{
	char *path = xasprintf("%s/%s", dir, name);
	int fd = open(path, O_RDONLY | O_CLOEXEC), code = 0;
	struct heap h = {.db = db, .e = e};

	if (fd >= 0) {
		code = pages_records(fd, on_record, &h);
		int rest = heap_flush(&h);
		code = code ? code : rest;
		close(fd);
	}
	free(h.v);
	free(path);
	return code;
}

/* ---- handing them on ------------------------------------------------------------------------- */

static void
add_roots(struct txn *t, struct sink *sink)
{
	struct key prefix = key_type(KEY_ROOT);
	struct iter it;

	iter_init(&it, t, &prefix);
	while (iter_next(&it) > 0) {
		const char *path = it.val.p;
		if (it.val.n && !path[it.val.n - 1])
			sink->ops->root_add(sink, path);
	}
	iter_release(&it);
}

static void
say(struct str *note, const struct salvaged *sum)
{
	if (!note || !sum->points)
		return;
	str_addf(note, "; of %u %s that cannot be read again %" PRIu64 " points were saved",
		 sum->logs, sum->logs == 1 ? "log" : "logs", sum->points);
	if (sum->lost)
		str_addf(note, ", %" PRIu64 " were not", sum->lost);
}

static int
hand_on(struct db *db, struct sink *sink, struct salvaged *sum, struct err *e)
{
	struct txn *t;
	int code = db_read_begin(db, &t, e);

	if (code)
		return 0; /* there is nothing that could be read */
	add_roots(t, sink);
	code = salvage_runs(t, sink, sum, e);
	db_read_end(t);
	return code ? code : sink->ops->commit(sink, NULL, e);
}

int
salvage(const char *dir, const char *name, struct sink *sink, struct str *note, struct err *e)
{
	char *own = own_dir(dir);
	struct salvaged sum = {0};
	struct db *db;
	struct err why;
	int code = 0;

	if (!db_open(own, true, 0, &db, &why)) {
		if (!gather(dir, name, db, &why))
			code = hand_on(db, sink, &sum, e);
		db_close(db);
	}
	if (!code)
		say(note, &sum);
	free(own);
	return code;
}
