/* What LMDB leaves to its caller: growth, resizing by others, dead and stopped processes,
 * damage. */
#include "tests/unit/store_kit.h"

#include "core/xalloc.h"
#include "store/db.h"
#include "tests/unit/scratch.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define SMALL_MAP ((size_t)1 << 20)

static char *dir, file[220];

static int
setup(void **state)
{
	(void)state;
	dir = scratch_new();
	snprintf(file, sizeof file, "%s/data.mdb", dir);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	scratch_free(dir);
	return 0;
}

static struct db *
open_db(bool write, size_t map)
{
	struct db *db = NULL;
	struct err e = {0};

	if (db_open(dir, write, map, &db, &e))
		fail_msg("%s", e.text);
	return db;
}

struct load {
	uint32_t id;
	size_t n; /* bytes */
	int runs;
};

static int
put_load(struct txn *t, void *ctx)
{
	struct load *l = ctx;
	struct key k = key_id(KEY_LOG, l->id);
	char *p = xcalloc(l->n, 1);

	l->runs++;
	memset(p, (int)l->id, l->n);
	int rc = db_put(t, &k, p, l->n);
	free(p);
	return rc;
}

static void
put(struct db *db, uint32_t id, size_t n)
{
	struct load l = {id, n, 0};
	struct err e = {0};

	if (db_write(db, put_load, &l, NULL, &e))
		fail_msg("%s", e.text);
}

/* Bytes of record ID, or -1. */
static long
size_of(struct db *db, uint32_t id)
{
	struct key k = key_id(KEY_LOG, id);
	struct txn *t;
	struct bytes v;
	struct err e = {0};

	if (db_read_begin(db, &t, &e))
		fail_msg("%s", e.text);
	int rc = db_get(t, &k, &v);
	long n = rc > 0 ? (long)v.n : rc ? rc : -1;
	db_read_end(t);
	return n;
}

static void
wait_for(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* A child that has said that it is where it should be. */
static pid_t
child(void (*fn)(int ready))
{
	int fds[2];
	char c;

	fflush(NULL);
	assert_int_equal(pipe(fds), 0);
	pid_t pid = fork();
	if (!pid) {
		close(fds[0]);
		fn(fds[1]);
		_exit(0);
	}
	close(fds[1]);
	assert_int_equal(read(fds[0], &c, 1), 1);
	close(fds[0]);
	return pid;
}

static void
say(int fd)
{
	if (write(fd, "x", 1) != 1)
		_exit(1);
}

/* ---- the map --------------------------------------------------------------------------------- */

static void
a_map_that_is_full_grows_and_the_write_runs_again(void **state)
{
	struct db *db = open_db(true, SMALL_MAP);
	struct load l = {1, 5 << 20, 0};
	struct err e;

	(void)state;
	assert_int_equal(db_write(db, put_load, &l, NULL, &e), 0);
	assert_true(l.runs > 1);
	assert_int_equal(size_of(db, 1), 5 << 20);
	db_close(db);
}

static void
grow_elsewhere(int ready)
{
	struct db *db = open_db(true, SMALL_MAP);

	put(db, 2, 9 << 20);
	say(ready);
	db_close(db);
}

static void
a_map_that_another_process_grew_is_followed(void **state)
{
	struct db *writer = open_db(true, SMALL_MAP);

	(void)state;
	put(writer, 1, 100);
	db_close(writer);
	struct db *reader = open_db(false, SMALL_MAP);
	assert_int_equal(size_of(reader, 1), 100);
	wait_for(child(grow_elsewhere));
	assert_int_equal(size_of(reader, 2), 9 << 20);
	db_close(reader);

	writer = open_db(true, SMALL_MAP);
	db_close(writer);
}

static void
a_writer_follows_too(void **state)
{
	struct db *db = open_db(true, SMALL_MAP);

	(void)state;
	put(db, 1, 100);
	wait_for(child(grow_elsewhere));
	put(db, 3, 100);
	assert_int_equal(size_of(db, 2), 9 << 20);
	assert_int_equal(size_of(db, 3), 100);
	db_close(db);
}

/* A sanitizer takes more address space than the limit for itself. */
#ifndef __SANITIZE_ADDRESS__
static void
open_under_a_limit(int ready)
{
	struct rlimit rl = {(rlim_t)2 << 30, (rlim_t)2 << 30};

	setrlimit(RLIMIT_AS, &rl);
	struct db *db = open_db(true, 0);
	put(db, 1, 1 << 20);
	if (size_of(db, 1) != 1 << 20)
		_exit(1);
	say(ready);
	db_close(db);
}

static void
a_limit_on_address_space_gives_a_smaller_map(void **state)
{
	(void)state;
	wait_for(child(open_under_a_limit));
}
#endif

/* ---- other processes ------------------------------------------------------------------------- */

static void
read_and_stay(int ready)
{
	struct db *db = open_db(false, 0);
	struct txn *t;
	struct err e;

	if (db_read_begin(db, &t, &e))
		_exit(1);
	say(ready);
	pause();
}

static void
kill_and_wait(pid_t pid)
{
	int status;

	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
}

static void
a_dead_reader_does_not_keep_pages_for_ever(void **state)
{
	struct db *db = open_db(true, 0);

	(void)state;
	put(db, 1, 100000);
	kill_and_wait(child(read_and_stay));
	db_reader_check(db);
	for (int i = 0; i < 5; i++)
		put(db, 1, 100000);
	size_t used = db_file_used(db);
	for (int i = 0; i < 50; i++)
		put(db, 1, 100000);
	assert_int_equal(db_file_used(db), used);
	db_close(db);
}

static int write_ready;

static int
put_and_stay(struct txn *t, void *ctx)
{
	struct key k = key_id(KEY_LOG, 7);

	(void)ctx;
	db_put(t, &k, "x", 1);
	say(write_ready);
	pause();
	return 0;
}

static void
write_and_stay(int ready)
{
	struct db *db = open_db(true, 0);

	write_ready = ready;
	db_write(db, put_and_stay, NULL, NULL, NULL);
}

static void
a_writer_killed_inside_its_transaction_leaves_nothing_and_blocks_nobody(void **state)
{
	(void)state;
	struct db *db = open_db(true, 0);
	put(db, 1, 10);
	db_close(db);
	kill_and_wait(child(write_and_stay));
	db = open_db(true, 0);
	assert_int_equal(size_of(db, 7), -1);
	put(db, 2, 20);
	assert_int_equal(size_of(db, 2), 20);
	db_close(db);
}

static void
a_stopped_writer_does_not_stop_readers(void **state)
{
	(void)state;
	struct db *db = open_db(true, 0);
	put(db, 1, 10);
	db_close(db);
	pid_t pid = child(write_and_stay);
	kill(pid, SIGSTOP);
	db = open_db(false, 0);
	assert_int_equal(size_of(db, 1), 10);
	assert_int_equal(size_of(db, 7), -1);
	db_close(db);
	kill_and_wait(pid);
}

static void
more_readers_than_slots_is_an_error_that_passes(void **state)
{
	enum { MANY = 520 };
	static struct txn *t[MANY];
	struct db *db = open_db(true, 0);
	struct err e = {0};
	int n = 0, rc = 0;

	(void)state;
	put(db, 1, 10);
	while (n < MANY && !(rc = db_read_begin(db, &t[n], &e)))
		n++;
	assert_int_equal(rc, ERR_BUSY);
	assert_true(n > 100);
	while (n)
		db_read_end(t[--n]);
	assert_int_equal(size_of(db, 1), 10);
	db_close(db);
}

/* ---- damage ---------------------------------------------------------------------------------- */

static int
open_code(bool write)
{
	struct db *db;
	struct err e;
	int rc = db_open(dir, write, 0, &db, &e);

	if (!rc)
		db_close(db);
	return rc;
}

static void
a_truncated_file_is_refused(void **state)
{
	struct db *db = open_db(true, 0);
	struct stat sb;

	(void)state;
	put(db, 1, 1 << 20);
	db_close(db);
	assert_int_equal(stat(file, &sb), 0);
	for (off_t size = sb.st_size - 4096; size >= 0; size -= 64 << 10) {
		assert_int_equal(truncate(file, size), 0);
		assert_int_equal(open_code(false), ERR_CORRUPT);
	}
	assert_int_equal(truncate(file, 0), 0);
	assert_int_equal(open_code(false), ERR_NOTFOUND);
}

static void
a_file_truncated_while_it_is_read_is_noticed(void **state)
{
	struct db *db = open_db(true, 0);

	(void)state;
	put(db, 1, 1 << 20);
	assert_true(db_current(db));
	assert_int_equal(truncate(file, 64 << 10), 0);
	assert_false(db_current(db));
	db_close(db);
}

static void
garbage_is_refused(void **state)
{
	char page[8192];
	int fd = open(file, O_WRONLY | O_CREAT, 0600);

	(void)state;
	memset(page, 0x5a, sizeof page);
	assert_int_equal(write(fd, page, sizeof page), sizeof page);
	close(fd);
	assert_int_equal(open_code(false), ERR_CORRUPT);
	assert_int_equal(open_code(true), ERR_CORRUPT);
}

/* In the value of record HURT, which is the last of those that are looked up together. */
enum { HURT = 63 };

static void
flip_a_bit(void)
{
	static char buf[1 << 20];
	int flipped = 0;
	int fd = open(file, O_RDWR);
	ssize_t n = read(fd, buf, sizeof buf);
	/* Wherever it lies: a page that was split has what it gave away still. */
	for (ssize_t i = 0; i + 100 < n; i++)
		if (!memcmp(buf + i, "????????????????", 16)) {
			char c = buf[i + 8] ^ 4;
			assert_int_equal(pwrite(fd, &c, 1, i + 8), 1);
			flipped = 1;
			i += 16;
		}
	close(fd);
	assert_true(flipped);
}

static void
a_bit_that_flips_in_a_value_is_found_by_reading(void **state)
{
	struct db *db = open_db(true, 0);

	(void)state;
	put(db, HURT, 3000);
	db_close(db);
	flip_a_bit();
	db = open_db(false, 0);
	assert_int_equal(size_of(db, HURT), ERR_CORRUPT);
	db_close(db);
}

/* ---- transactions ---------------------------------------------------------------------------- */

static int
put_then_fail(struct txn *t, void *ctx)
{
	put_load(t, ctx);
	return ERR_FORMAT;
}

static void
a_write_that_fails_leaves_nothing(void **state)
{
	struct db *db = open_db(true, 0);
	struct load l = {5, 10, 0};
	struct err e = {0};

	(void)state;
	assert_int_equal(db_write(db, put_then_fail, &l, NULL, &e), ERR_FORMAT);
	assert_int_equal(size_of(db, 5), -1);
	put(db, 6, 10);
	assert_int_equal(size_of(db, 6), 10);
	db_close(db);
}

static void
iterators_stay_within_their_prefix(void **state)
{
	struct db *db = open_db(true, 0);
	struct key all = key_type(KEY_LOG), k = key_id(KEY_LOG, 25);
	struct txn *t;
	struct iter it;
	struct err e;
	int n = 0;

	(void)state;
	for (uint32_t i = 0; i < 10; i++)
		put(db, i * 10, 4);
	assert_int_equal(db_read_begin(db, &t, &e), 0);
	iter_init(&it, t, &all);
	while (iter_next(&it) > 0)
		assert_int_equal(key_get32(it.key.p, it.key.n, 0), 10 * n++);
	assert_int_equal(n, 10);
	assert_int_equal(iter_seek(&it, &k), 1);
	assert_int_equal(key_get32(it.key.p, it.key.n, 0), 30);
	assert_int_equal(iter_seek_back(&it, &k), 1);
	assert_int_equal(key_get32(it.key.p, it.key.n, 0), 20);
	k = key_id(KEY_LOG, 1000);
	assert_int_equal(iter_seek(&it, &k), 0);
	assert_int_equal(iter_seek_back(&it, &k), 1);
	assert_int_equal(key_get32(it.key.p, it.key.n, 0), 90);
	iter_release(&it);
	all = key_type(KEY_SERIES);
	iter_init(&it, t, &all);
	assert_int_equal(iter_next(&it), 0);
	k = key_id(KEY_SERIES, 3);
	assert_int_equal(iter_seek_back(&it, &k), 0);
	iter_release(&it);
	db_read_end(t);
	db_close(db);
}

static int
put_records(struct txn *t, void *ctx)
{
	struct key other = key_text(KEY_META, "other");

	for (uint32_t i = 0; i < *(uint32_t *)ctx; i++) {
		struct load l = {i, 20 + i % 7 * 100, 0};
		put_load(t, &l);
	}
	return db_put(t, &other, "x", 1);
}

/* Records 0 … N-1 of a type, and one of another behind them. */
static void
put_many(uint32_t n)
{
	struct db *db = open_db(true, 0);

	assert_int_equal(db_write(db, put_records, &n, NULL, NULL), 0);
	db_close(db);
}

static void
a_walk_that_looks_ahead_meets_the_same_pairs(void **state)
{
	static const uint32_t some[] = {0, 1, 15, 16, 17, 32, 100};
	struct key all = key_type(KEY_LOG);
	struct iter_ahead ahead;
	struct iter it;
	struct txn *t;
	struct err e;

	for (size_t i = 0; i < sizeof some / sizeof *some; i++) {
		put_many(some[i]);
		struct db *db = open_db(false, 0);
		assert_int_equal(db_read_begin(db, &t, &e), 0);
		iter_init(&it, t, &all);
		iter_look_ahead(&it, &ahead);
		for (uint32_t k = 0; k < some[i]; k++) {
			assert_int_equal(iter_next(&it), 1);
			assert_int_equal(key_get32(it.key.p, it.key.n, 0), k);
			assert_int_equal(it.val.n, 20 + k % 7 * 100);
			assert_int_equal(*(const unsigned char *)it.val.p, k & 255);
		}
		assert_int_equal(iter_next(&it), 0);
		iter_release(&it);
		db_read_end(t);
		db_close(db);
		teardown(state);
		setup(state);
	}
}

static void
count_bad(void *ctx, const struct bytes *key)
{
	++*(int *)ctx;
	assert_int_equal(key_get32(key->p, key->n, 0), HURT);
}

/* From before it, past it: damage is met in its place, and may be passed over. */
static void
a_walk_that_looks_ahead_meets_damage_in_its_place(void **state)
{
	struct key all = key_type(KEY_LOG);
	struct iter_ahead ahead;
	struct iter it;
	struct txn *t;
	struct err e;
	int bad = 0, met = 0;

	(void)state;
	put_many(100);
	flip_a_bit();
	struct db *db = open_db(false, 0);
	assert_int_equal(db_read_begin(db, &t, &e), 0);
	iter_init(&it, t, &all);
	iter_look_ahead(&it, &ahead);
	for (uint32_t k = 0; k < HURT; k++)
		assert_int_equal(iter_next(&it), 1);
	assert_int_equal(iter_next(&it), ERR_CORRUPT);
	assert_int_equal(iter_next(&it), ERR_CORRUPT);
	iter_release(&it);
	txn_forgive(t);
	txn_tolerate(t, count_bad, &bad);
	iter_init(&it, t, &all);
	iter_look_ahead(&it, &ahead);
	while (iter_next(&it) > 0)
		met++;
	assert_int_equal(met, 99);
	assert_int_equal(bad, 1);
	iter_release(&it);
	db_read_end(t);
	db_close(db);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
		T(a_map_that_is_full_grows_and_the_write_runs_again),
		T(a_map_that_another_process_grew_is_followed),
		T(a_writer_follows_too),
#ifndef __SANITIZE_ADDRESS__
		T(a_limit_on_address_space_gives_a_smaller_map),
#endif
		T(a_dead_reader_does_not_keep_pages_for_ever),
		T(a_writer_killed_inside_its_transaction_leaves_nothing_and_blocks_nobody),
		T(a_stopped_writer_does_not_stop_readers),
		T(more_readers_than_slots_is_an_error_that_passes),
		T(a_truncated_file_is_refused),
		T(a_file_truncated_while_it_is_read_is_noticed),
		T(garbage_is_refused),
		T(a_bit_that_flips_in_a_value_is_found_by_reading),
		T(a_write_that_fails_leaves_nothing),
		T(iterators_stay_within_their_prefix),
		T(a_walk_that_looks_ahead_meets_the_same_pairs),
		T(a_walk_that_looks_ahead_meets_damage_in_its_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
