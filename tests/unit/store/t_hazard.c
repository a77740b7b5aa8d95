/* What happens to a store in the wild: other versions, other files, full disks, killed writers,
 * renaming. */
#include "tests/unit/scratch.h"
#include "tests/unit/store_kit.h"

#include "core/xalloc.h"
#include "store/db.h"
#include "store/field.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static void
fill(struct kit *k, int rows)
{
	uint32_t log = kit_log(k, "/r/a/m.csv", "/r/a"), c = kit_column(k, log, "x");

	for (int i = 0; i < rows; i++)
		kit_row1(k, log, i, c, i);
	kit_commit(k);
}

static size_t
points(struct kit *k)
{
	struct snap *sn = kit_snap(k);
	uint32_t series = kit_series(sn, "/r/a", "x");
	size_t n = 0;

	if (series)
		free(kit_points(sn, series, 0, &n));
	snap_end(sn);
	return n;
}

/* Leaves the store, keeps the lock. */
static void
close_store(struct kit *k)
{
	store_close(k->st);
	k->st = NULL;
}

static int
reopen(struct kit *k, int flags, struct str *note, struct err *e)
{
	int rc = store_open(k->dir, flags, &k->st, note, e);

	if (!rc && flags == STORE_WRITE)
		k->sink = store_sink(k->st, NULL);
	return rc;
}

static char *
path_of(struct kit *k, const char *name)
{
	return xasprintf("%s/%s", k->dir, name);
}

static char *
whole_file(struct kit *k, size_t *n)
{
	char *path = path_of(k, "data.mdb");
	struct stat sb;
	int fd = open(path, O_RDONLY);

	assert_int_equal(fstat(fd, &sb), 0);
	char *buf = xmalloc((size_t)sb.st_size);
	*n = (size_t)sb.st_size;
	assert_int_equal(read(fd, buf, *n), *n);
	close(fd);
	free(path);
	return buf;
}

/* ---- other versions, other files ------------------------------------------------------------- */

static int
put_format(struct txn *t, void *ctx)
{
	struct key k = key_text(KEY_META, "format");
	struct str v = STR_INIT;

	str_add(&v, "mm store", 9);
	put_u32(&v, *(uint32_t *)ctx);
	int rc = db_put(t, &k, v.buf, v.len);
	str_release(&v);
	return rc;
}

static void
make_format(struct kit *k, uint32_t format)
{
	struct db *db;
	struct err e;

	fill(k, 10);
	close_store(k);
	assert_int_equal(db_open(k->dir, true, 0, &db, &e), 0);
	assert_int_equal(db_write(db, put_format, &format, NULL, &e), 0);
	db_close(db);
}

static uint32_t
format_of(struct kit *k)
{
	struct key key = key_text(KEY_META, "format");
	struct bytes v;
	struct txn *t;
	struct db *db;
	struct err e;

	assert_int_equal(db_open(k->dir, false, 0, &db, &e), 0);
	assert_int_equal(db_read_begin(db, &t, &e), 0);
	assert_int_equal(db_get(t, &key, &v), 1);
	uint32_t format = load_u32((const char *)v.p + 9);
	db_read_end(t);
	db_close(db);
	return format;
}

static void
a_newer_format_is_refused_and_not_touched(void **state)
{
	struct kit *k = *state;
	struct err e;
	size_t n, m;

	make_format(k, STORE_FORMAT + 1);
	char *before = whole_file(k, &n);
	assert_int_equal(reopen(k, STORE_READ, NULL, &e), ERR_VERSION);
	assert_int_equal(reopen(k, STORE_WRITE, NULL, &e), ERR_VERSION);
	char *after = whole_file(k, &m);
	assert_int_equal(n, m);
	assert_memory_equal(before, after, n);
	free(before);
	free(after);
}

static void
expect_moved_aside(struct kit *k)
{
	struct str note = STR_INIT;
	struct err e = {0};

	assert_int_equal(reopen(k, STORE_READ, NULL, &e), ERR_CORRUPT);
	assert_int_equal(reopen(k, STORE_WRITE, &note, &e), 0);
	const char *name = strstr(str_c(&note), "data.mdb.bad-");
	assert_non_null(name);
	char *copy = xstrndup(name, strcspn(name, ";, "));
	char *path = path_of(k, copy);
	assert_int_equal(access(path, F_OK), 0);
	free(path);
	free(copy);
	str_release(&note);
	assert_int_equal(points(k), 0);
	fill(k, 5);
	assert_int_equal(points(k), 5);
	assert_true(kit_sound(k));
}

static void
an_older_format_is_moved_aside_and_begun_anew(void **state)
{
	make_format(*state, 0);
	expect_moved_aside(*state);
}

/* Only the writer says that it has been to a newer one's hands. */
static void
the_format_before_is_read_and_written_on(void **state)
{
	struct kit *k = *state;
	struct err e;

	make_format(k, STORE_FORMAT_READ);
	assert_int_equal(reopen(k, STORE_READ, NULL, &e), 0);
	assert_int_equal(points(k), 10);
	store_close(k->st);
	k->st = NULL;
	assert_int_equal(format_of(k), STORE_FORMAT_READ);
	assert_int_equal(reopen(k, STORE_WRITE, NULL, &e), 0);
	assert_int_equal(points(k), 10);
	assert_true(kit_sound(k));
	close_store(k);
	assert_int_equal(format_of(k), STORE_FORMAT);
	assert_int_equal(reopen(k, STORE_WRITE, NULL, &e), 0);
}

static void
a_truncated_store_is_moved_aside_and_begun_anew(void **state)
{
	struct kit *k = *state;

	fill(k, 50000);
	close_store(k);
	char *path = path_of(k, "data.mdb");
	assert_int_equal(truncate(path, 20000), 0);
	free(path);
	expect_moved_aside(k);
}

static void
garbage_is_moved_aside_and_begun_anew(void **state)
{
	struct kit *k = *state;

	close_store(k);
	char *path = path_of(k, "data.mdb");
	int fd = open(path, O_WRONLY | O_TRUNC);
	for (int i = 0; i < 5000; i++)
		assert_int_equal(write(fd, "garbage\n", 8), 8);
	close(fd);
	free(path);
	expect_moved_aside(k);
}

/* Flips a bit in the one place of the data file where BYTES are. */
static void
flip(struct kit *k, const void *bytes, size_t n)
{
	char *path = path_of(k, "data.mdb");
	size_t size;
	char *all = whole_file(k, &size);
	int fd = open(path, O_WRONLY), found = 0;

	for (size_t i = 0; i + n < size; i++)
		if (!memcmp(all + i, bytes, n)) {
			char c = all[i + n / 2] ^ 1;
			assert_int_equal(pwrite(fd, &c, 1, (off_t)(i + n / 2)), 1);
			found++;
		}
	assert_true(found > 0);
	close(fd);
	free(all);
	free(path);
}

static int
wrongs(struct kit *k)
{
	struct err e;

	return store_check(k->st, NULL, NULL, &e);
}

static void
a_flipped_bit_is_found_never_drawn_and_begun_anew_by_the_next_writer(void **state)
{
	struct kit *k = *state;
	double v[40];
	struct err e;
	struct column out[4];

	uint32_t log = kit_log(k, "/r/a/m.csv", "/r/a"), c = kit_column(k, log, "x");
	for (int i = 0; i < 40; i++)
		kit_row1(k, log, i, c, v[i] = i * 0.123456789);
	kit_commit(k);
	close_store(k);
	flip(k, &v[20], sizeof v[20]);
	assert_int_equal(reopen(k, STORE_WRITE, NULL, &e), 0);
	struct snap *sn = kit_snap(k);
	struct span sp = {.axis = AXIS_STEP, .x1 = 40, .columns = 4};
	assert_int_equal(snap_columns(sn, kit_series(sn, "/r/a", "x"), &sp, out, &e), ERR_CORRUPT);
	snap_end(sn);
	assert_true(wrongs(k) > 0);
	log = kit_log(k, "/r/a/m.csv", "/r/a");
	kit_row1(k, log, 40, kit_column(k, log, "x"), 1);
	assert_int_equal(k->sink->ops->commit(k->sink, NULL, &e), ERR_CORRUPT);
	close_store(k);
	struct str note = STR_INIT;
	assert_int_equal(reopen(k, STORE_WRITE, &note, &e), 0);
	assert_non_null(strstr(str_c(&note), "damaged"));
	str_release(&note);
	assert_int_equal(points(k), 0);
	close_store(k);
	assert_int_equal(reopen(k, STORE_WRITE, NULL, &e), 0);
}

static int
put_foreign(struct txn *t, void *ctx)
{
	struct key k = key_text(KEY_META, "somebody else's");

	(void)ctx;
	return db_put(t, &k, "x", 1);
}

static void
somebody_elses_database_is_moved_aside(void **state)
{
	struct kit *k = *state;
	struct db *db;
	struct err e;

	close_store(k);
	scratch_remove(k->dir);
	assert_int_equal(mkdir(k->dir, 0700), 0);
	assert_int_equal(db_open(k->dir, true, 0, &db, &e), 0);
	assert_int_equal(db_write(db, put_foreign, NULL, NULL, &e), 0);
	db_close(db);
	expect_moved_aside(k);
}

/* ---- rolling back ---------------------------------------------------------------------------- */

/* Root can fill a small disk of its own. */
static bool
small_disk(struct kit *k)
{
	close_store(k);
	return geteuid() == 0 && !mount("tmpfs", k->dir, "tmpfs", 0, "size=1m");
}

static void
a_full_disk_fails_the_commit_and_nothing_else(void **state)
{
	struct kit *k = *state;
	struct err e = {0};
	uint64_t rng = 1;
	int rows = 0, rc = 0;

	if (!small_disk(k)) {
		assert_int_equal(reopen(k, STORE_WRITE, NULL, &e), 0);
		skip();
	}
	assert_int_equal(reopen(k, STORE_WRITE, NULL, &e), 0);
	for (int i = 0; i < 10000 && !rc; i++) {
		uint32_t log = kit_log(k, "/r/a/m.csv", "/r/a"), c = kit_column(k, log, "x");
		for (int j = 0; j < 1000; j++)
			kit_row1(k, log, rows + j, c, (double)kit_rand(&rng, UINT64_C(1) << 52));
		rc = k->sink->ops->commit(k->sink, NULL, &e);
		if (!rc)
			rows += 1000;
	}
	assert_int_equal(rc, ERR_FULL);
	assert_int_equal(points(k), rows);
	assert_true(kit_sound(k));
	/* Somebody makes room. */
	assert_int_equal(mount("tmpfs", k->dir, "tmpfs", MS_REMOUNT, "size=64m"), 0);
	uint32_t log = kit_log(k, "/r/a/m.csv", "/r/a"), c = kit_column(k, log, "x");
	for (int j = 0; j < 5000; j++)
		kit_row1(k, log, rows + j, c, 1);
	kit_commit(k);
	assert_int_equal(points(k), rows + 5000);
	assert_true(kit_sound(k));
	close_store(k);
	umount2(k->dir, MNT_DETACH);
	assert_int_equal(reopen(k, STORE_WRITE, NULL, &e), 0);
}

static void
without_room_for_the_copy_compacting_changes_nothing(void **state)
{
	struct kit *k = *state;
	struct err e = {0};
	uint64_t before, after, rng = 1;
	int n = 0;

	if (!small_disk(k)) {
		assert_int_equal(reopen(k, STORE_WRITE, NULL, &e), 0);
		skip();
	}
	assert_int_equal(reopen(k, STORE_WRITE, NULL, &e), 0);
	for (size_t size = 0; size < (700 << 10); n += 5000) {
		uint32_t log = kit_log(k, "/r/a/m.csv", "/r/a"), c = kit_column(k, log, "x");
		for (int i = 0; i < 5000; i++)
			kit_row1(k, log, n + i, c, (double)kit_rand(&rng, UINT64_C(1) << 52));
		kit_commit(k);
		free(whole_file(k, &size));
	}
	uint64_t txn = store_txn(k->st);
	assert_int_equal(store_compact(k->st, &before, &after, &e), ERR_FULL);
	assert_int_equal(points(k), n);
	assert_int_equal(store_txn(k->st), txn);
	char *dir = path_of(k, "compact");
	assert_int_equal(access(dir, F_OK), -1);
	free(dir);
	fill(k, 10); /* it goes on */
	assert_true(kit_sound(k));
	assert_int_equal(mount("tmpfs", k->dir, "tmpfs", MS_REMOUNT, "size=64m"), 0);
	assert_int_equal(store_compact(k->st, &before, &after, &e), 0);
	assert_int_equal(points(k), n + 10);
	assert_true(kit_sound(k));
	close_store(k);
	umount2(k->dir, MNT_DETACH);
	assert_int_equal(reopen(k, STORE_WRITE, NULL, &e), 0);
}

/* Nobody can write there, so no table of readers is needed. */
static void
a_disk_that_became_read_only_is_read_and_not_written(void **state)
{
	struct kit *k = *state;
	struct err e = {0}, words = {0};

	if (!small_disk(k)) {
		assert_int_equal(reopen(k, STORE_WRITE, NULL, &e), 0);
		skip();
	}
	assert_int_equal(reopen(k, STORE_WRITE, NULL, &e), 0);
	fill(k, 10);
	close_store(k);
	assert_int_equal(mount("tmpfs", k->dir, "tmpfs", MS_REMOUNT | MS_RDONLY, "size=1m"), 0);
	int rc = reopen(k, STORE_WRITE, NULL, &words);
	size_t n = 0;
	if (!reopen(k, STORE_READ, NULL, &e)) {
		n = points(k);
		close_store(k);
	}
	/* Before anything is judged, or a failure would leave it behind. */
	assert_int_equal(mount("tmpfs", k->dir, "tmpfs", MS_REMOUNT, "size=1m"), 0);
	assert_int_equal(reopen(k, STORE_WRITE, NULL, &e), 0);
	assert_int_equal(points(k), 10);
	close_store(k);
	umount2(k->dir, MNT_DETACH);
	assert_int_equal(reopen(k, STORE_WRITE, NULL, &e), 0);
	assert_int_equal(rc, ERR_SYS);
	assert_non_null(strstr(words.text, k->dir));
	assert_non_null(strstr(words.text, "Read-only"));
	assert_int_equal(n, 10);
}

static void
an_id_from_before_a_failed_commit_fails_and_does_not_crash(void **state)
{
	struct kit *k = *state;
	struct err e = {0};

	fill(k, 3);
	double v = 1;
	uint32_t column = 0;
	struct row r = {.unit = STEP_STEP, .n = 1, .column = &column, .value = &v};
	k->sink->ops->row(k->sink, 4711, &r);
	assert_int_equal(k->sink->ops->commit(k->sink, NULL, &e), ERR_NOTFOUND);
	assert_int_equal(points(k), 3);
	fill(k, 2); /* the sink is usable again */
	assert_int_equal(points(k), 5);
}

/* ---- two processes --------------------------------------------------------------------------- */

static void
readers_see_whole_commits(void **state)
{
	struct kit *k = *state;
	int fds[2];
	char c;

	fill(k, 10);
	close_store(k);
	assert_int_equal(pipe(fds), 0);
	fflush(NULL);
	pid_t pid = fork();
	if (!pid) {
		struct err e;
		close(fds[0]);
		if (reopen(k, STORE_WRITE, NULL, &e))
			_exit(1);
		uint32_t a = kit_log(k, "/r/a/m.csv", "/r/a"), b = kit_log(k, "/r/a/n.csv", "/r/a");
		uint32_t x = kit_column(k, a, "x"), y = kit_column(k, b, "y");
		for (int i = 10; i < 400; i++) {
			kit_row1(k, a, i, x, i);
			if (i % 7 == 0)
				kit_row1(k, b, i, y, i);
			kit_commit(k);
		}
		_exit(write(fds[1], "x", 1) != 1);
	}
	close(fds[1]);
	fcntl(fds[0], F_SETFL, O_NONBLOCK);
	struct err e;
	assert_int_equal(reopen(k, STORE_READ, NULL, &e), 0);
	uint64_t txn = 0;
	bool over = false;
	while (!over) {
		over = read(fds[0], &c, 1) == 1;
		struct snap *sn = kit_snap(k);
		struct run_info r;
		size_t n, m = 0;
		assert_true(snap_txn(sn) >= txn);
		txn = snap_txn(sn);
		free(kit_points(sn, kit_series(sn, "/r/a", "x"), 0, &n));
		if (kit_series(sn, "/r/a", "y"))
			free(kit_points(sn, kit_series(sn, "/r/a", "y"), 0, &m));
		assert_true(snap_run_by_path(sn, "/r/a", &r));
		assert_int_equal(r.points, n + m);
		snap_end(sn);
	}
	close(fds[0]);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_equal(points(k), 400);
	assert_int_equal(store_txn(k->st), txn);
	assert_true(kit_sound(k));
}

/* A writer that hands over rows 0, 1, 2 … and marks how far it came is killed at any moment; the
 * next goes on at the mark. */
static void
killing_a_writer_loses_nothing_and_doubles_nothing(void **state)
{
	struct kit *k = *state;
	int rounds = getenv("MM_KILLS") ? (int)strtol(getenv("MM_KILLS"), NULL, 10) : 40;
	uint64_t rng = 88172645463325252u, reached = 0;

	close_store(k);
	for (int round = 0; round < rounds; round++) {
		fflush(NULL);
		pid_t pid = fork();
		if (!pid) {
			struct err e;
			struct log_info li;
			if (reopen(k, STORE_WRITE, NULL, &e))
				_exit(1);
			uint32_t log = kit_log(k, "/r/a/m.csv", "/r/a");
			uint32_t c = kit_column(k, log, "x");
			uint64_t at = 0, s = (uint64_t)round * 77 + 1;
			if (k->sink->ops->log_find(k->sink, "/r/a/m.csv", &li))
				at = li.cur.offset;
			for (;;) {
				for (uint64_t n = kit_rand(&s, 2000); n; n--, at++)
					kit_row1(k, log, (int64_t)at, c, (double)at / 7);
				struct cursor cur = {.offset = at, .size = at};
				k->sink->ops->mark(k->sink, log, &cur);
				if (k->sink->ops->commit(k->sink, NULL, &e))
					_exit(1);
			}
		}
		struct timespec ts = {0, (long)kit_rand(&rng, 30) * 1000000};
		nanosleep(&ts, NULL);
		kill(pid, SIGKILL);
		int status;
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status));

		struct err e;
		struct log_info li;
		assert_int_equal(reopen(k, STORE_WRITE, NULL, &e), 0);
		if (k->sink->ops->log_find(k->sink, "/r/a/m.csv", &li)) {
			assert_true(li.cur.offset >= reached);
			reached = li.cur.offset;
			assert_int_equal(li.rows, reached);
		}
		if (round % 8 == 7 || round == rounds - 1) {
			struct snap *sn = kit_snap(k);
			size_t n = 0;
			uint32_t series = kit_series(sn, "/r/a", "x");
			struct point *p = series ? kit_points(sn, series, 0, &n) : NULL;
			assert_int_equal(n, reached);
			for (size_t i = 0; i < n; i++)
				if (p[i].step != (int64_t)i || p[i].value != (double)i / 7)
					fail_msg("point %zu", i);
			free(p);
			snap_end(sn);
			assert_true(kit_sound(k));
		}
		close_store(k);
	}
	assert_true(reached > 0);
	struct err e;
	assert_int_equal(reopen(k, STORE_WRITE, NULL, &e), 0);
}

static void
a_reader_follows_a_store_that_was_renamed_away(void **state)
{
	struct kit *k = *state;
	struct snap *sn;
	struct err e;

	fill(k, 10);
	close_store(k);
	assert_int_equal(reopen(k, STORE_READ, NULL, &e), 0);
	assert_int_equal(points(k), 10);
	char *path = path_of(k, "data.mdb"), *bad = path_of(k, "data.mdb.bad"),
	     *lock = path_of(k, "lock.mdb");
	assert_int_equal(rename(path, bad), 0);
	unlink(lock);
	assert_int_equal(snap_begin(k->st, &sn, &e), ERR_NOTFOUND);
	assert_int_equal(store_txn(k->st), 0);
	fflush(NULL);
	pid_t pid = fork();
	if (!pid) {
		struct kit w = *k;
		if (store_open(w.dir, STORE_WRITE, &w.st, NULL, &e))
			_exit(1);
		w.sink = store_sink(w.st, NULL);
		fill(&w, 7);
		_exit(0);
	}
	int status;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(points(k), 7);
	free(path);
	free(bad);
	free(lock);
}

static void
begin_anew(struct kit *k, int rows)
{
	struct kit w = *k;
	struct err e;
	struct str note = STR_INIT;

	if (store_open(w.dir, STORE_WRITE, &w.st, &note, &e) || !note.len)
		_exit(1);
	w.sink = store_sink(w.st, NULL);
	fill(&w, rows);
	_exit(0);
}

/* A mapped file that shrinks is SIGBUS to who reads on. */
static void
a_file_truncated_under_a_reader_is_damage_and_then_another_file(void **state)
{
	struct kit *k = *state;
	struct snap *sn;
	struct err e = {0};
	int status;

	uint32_t log = kit_log(k, "/r/a/m.csv", "/r/a"), c = kit_column(k, log, "x");
	uint64_t rng = 1;
	for (int i = 0; i < 20000; i++)
		kit_row1(k, log, i, c, (double)kit_rand(&rng, UINT64_C(1) << 52));
	kit_commit(k);
	close_store(k);
	assert_int_equal(reopen(k, STORE_READ, NULL, &e), 0);
	assert_int_equal(points(k), 20000);
	char *path = path_of(k, "data.mdb");
	assert_int_equal(truncate(path, 16 << 10), 0);
	free(path);
	assert_int_equal(snap_begin(k->st, &sn, &e), ERR_CORRUPT);
	assert_int_equal(snap_begin(k->st, &sn, &e), ERR_CORRUPT); /* and again */
	fflush(NULL);
	pid_t pid = fork();
	if (!pid)
		begin_anew(k, 7);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(points(k), 7);
}

static void
what_cannot_be_written_is_refused_in_words(void **state)
{
	struct kit *k = *state;
	struct err e = {0};

	fill(k, 3);
	close_store(k);
	fflush(NULL);
	pid_t pid = fork();
	if (!pid) {
		char *lock = path_of(k, "lock.mdb"), *data = path_of(k, "data.mdb");
		if (chmod(k->dir, 0755) || chmod(lock, 0644) || chmod(data, 0644) ||
		    (geteuid() == 0 && setuid(65534)))
			_exit(2);
		if (geteuid() != 65534)
			_exit(77);
		int rc = store_open(k->dir, STORE_READ, &k->st, NULL, &e);
		_exit(rc == ERR_SYS && strstr(e.text, "lock file") ? 0 : 1);
	}
	int status;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(reopen(k, STORE_WRITE, NULL, &e), 0);
	if (WEXITSTATUS(status) == 77)
		skip();
	assert_int_equal(status, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, kit_setup, kit_teardown)
		T(a_newer_format_is_refused_and_not_touched),
		T(an_older_format_is_moved_aside_and_begun_anew),
		T(the_format_before_is_read_and_written_on),
		T(a_truncated_store_is_moved_aside_and_begun_anew),
		T(garbage_is_moved_aside_and_begun_anew),
		T(a_flipped_bit_is_found_never_drawn_and_begun_anew_by_the_next_writer),
		T(somebody_elses_database_is_moved_aside),
		T(a_full_disk_fails_the_commit_and_nothing_else),
		T(without_room_for_the_copy_compacting_changes_nothing),
		T(a_disk_that_became_read_only_is_read_and_not_written),
		T(an_id_from_before_a_failed_commit_fails_and_does_not_crash),
		T(readers_see_whole_commits),
		T(killing_a_writer_loses_nothing_and_doubles_nothing),
		T(a_reader_follows_a_store_that_was_renamed_away),
		T(a_file_truncated_under_a_reader_is_damage_and_then_another_file),
		T(what_cannot_be_written_is_refused_in_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
