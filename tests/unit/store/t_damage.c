/* Damage of one kind at a time, each at the one check that knows it: a value under another's key, a
 * value of false length, a key that seems to end a walk, a bit in a block of values; and a table
 * that readers left full when they died. */
#include "tests/unit/scratch.h"
#include "tests/unit/store_kit.h"

#include "core/xalloc.h"
#include "store/chunk.h"
#include "store/db.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { PAGE = 4096, PAGE_HEAD = 16, NODE_HEAD = 8 };

static char *dir, file[300];

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
open_db(bool write)
{
	struct db *db = NULL;
	struct err e = {0};

	if (db_open(dir, write, 0, &db, &e))
		fail_msg("%s", e.text);
	return db;
}

struct load {
	uint32_t id;
	size_t n;
};

static int
put_load(struct txn *t, void *ctx)
{
	const struct load *l = ctx;
	struct key k = key_id(KEY_LOG, l->id);
	char *p = xmalloc(l->n);

	memset(p, (int)l->id, l->n);
	int rc = db_put(t, &k, p, l->n);
	free(p);
	return rc;
}

static void
put(struct db *db, uint32_t id, size_t n)
{
	struct load l = {id, n};
	struct err e = {0};

	if (db_write(db, put_load, &l, NULL, &e))
		fail_msg("%s", e.text);
}

static int
get_code(struct db *db, uint32_t id)
{
	struct key k = key_id(KEY_LOG, id);
	struct txn *t;
	struct bytes v;

	assert_int_equal(db_read_begin(db, &t, NULL), 0);
	int rc = db_get(t, &k, &v);
	db_read_end(t);
	return rc;
}

static char *
read_file(size_t *n)
{
	struct stat sb;
	int fd = open(file, O_RDONLY);

	assert_int_equal(fstat(fd, &sb), 0);
	char *p = xmalloc((size_t)sb.st_size);
	*n = (size_t)sb.st_size;
	assert_int_equal(read(fd, p, *n), *n);
	close(fd);
	return p;
}

static void
write_file(const char *p, size_t n)
{
	int fd = open(file, O_WRONLY);

	assert_int_equal(write(fd, p, n), n);
	close(fd);
}

/* ---- values ---------------------------------------------------------------------------------- */

/* Both check, each under its own key. */
static void
a_value_under_anothers_key_is_damage(void **state)
{
	struct db *db = open_db(true);
	char *at[2] = {NULL, NULL};
	size_t n;

	(void)state;
	put(db, 'A', 3000);
	put(db, 'B', 3000);
	db_close(db);
	char *p = read_file(&n);
	for (size_t i = 0; i + PAGE <= n; i += PAGE)
		for (int k = 0; k < 2; k++)
			if (p[i + PAGE_HEAD] == 'A' + k && p[i + 1000] == 'A' + k)
				at[k] = p + i + PAGE_HEAD;
	assert_non_null(at[0]);
	assert_non_null(at[1]);
	for (size_t i = 0; i < PAGE - PAGE_HEAD; i++) {
		char c = at[0][i];
		at[0][i] = at[1][i];
		at[1][i] = c;
	}
	write_file(p, n);
	free(p);
	db = open_db(false);
	assert_int_equal(get_code(db, 'A'), ERR_CORRUPT);
	assert_int_equal(get_code(db, 'B'), ERR_CORRUPT);
	db_close(db);
}

/* Every place of the file where record ID's key is: from the head of its node on. */
static int
each_node(char *p, size_t n, uint32_t id, void (*fn)(char *node))
{
	struct key k = key_id(KEY_LOG, id);
	int found = 0;

	for (size_t i = 2 * PAGE + NODE_HEAD; i + k.n <= n; i++)
		if (!memcmp(p + i, k.b, k.n)) {
			fn(p + i - NODE_HEAD);
			found++;
		}
	return found;
}

static void
lengthen(char *node)
{
	node[3] |= 8; /* 128 MB more */
}

static void
a_value_that_ends_beyond_the_file_is_damage_and_not_read(void **state)
{
	struct db *db = open_db(true);
	size_t n;

	(void)state;
	put(db, 'A', 3000);
	put(db, 'B', 3000);
	db_close(db);
	char *p = read_file(&n);
	assert_true(each_node(p, n, 'A', lengthen) > 0);
	write_file(p, n);
	free(p);
	db = open_db(false);
	assert_int_equal(get_code(db, 'A'), ERR_CORRUPT);
	assert_int_equal(get_code(db, 'B'), 1);
	db_close(db);
}

static void
retype(char *node)
{
	node[NODE_HEAD] = KEY_META;
}

/* Who lists what begins with L would stop there and believe it has all. */
static void
a_key_that_seems_to_end_a_walk_is_damage(void **state)
{
	struct db *db = open_db(true);
	struct key all = key_type(KEY_LOG);
	struct txn *t;
	struct iter it;
	size_t n;
	int rc;

	(void)state;
	for (uint32_t i = 0; i < 20; i++)
		put(db, 'a' + i, 40);
	db_close(db);
	char *p = read_file(&n);
	assert_true(each_node(p, n, 'k', retype) > 0);
	write_file(p, n);
	free(p);
	db = open_db(false);
	assert_int_equal(db_read_begin(db, &t, NULL), 0);
	iter_init(&it, t, &all);
	while ((rc = iter_next(&it)) > 0)
		;
	assert_int_equal(rc, ERR_CORRUPT);
	iter_release(&it);
	db_read_end(t);
	db_close(db);
}

/* ---- the first pages ------------------------------------------------------------------------- */

/* In a process of its own: 0: as it was; 1: refused, or an error. */
static int
look_at_it(void)
{
	int status;

	fflush(NULL);
	pid_t pid = fork();
	if (!pid) {
		struct db *db;
		struct txn *t;
		struct bytes v = {NULL, 0};
		struct key k = key_id(KEY_LOG, 'B');
		struct err e;
		if (db_look(dir, false, NULL, NULL, &e) || db_open(dir, false, 0, &db, &e) ||
		    db_read_begin(db, &t, &e))
			_exit(1);
		int rc = db_get(t, &k, &v);
		_exit(rc < 0 ? 1 : rc == 1 && v.n == 200 && *(const char *)v.p == 'B' ? 0 : 2);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFSIGNALED(status))
		return 100 + WTERMSIG(status);
	return WEXITSTATUS(status);
}

/* Which of two meta pages is the newer one, and where its tree is, is told by numbers that have no
 * checksum. An older state is no answer either: what was committed last would be missing. */
static void
no_bit_of_the_first_pages_hides_the_newest_state(void **state)
{
	enum { META = PAGE_HEAD + 136, STRIDE = 7 };
	struct db *db = open_db(true);
	int refused = 0, fine = 0;

	(void)state;
	put(db, 'A', 200);
	put(db, 'A', 100);
	put(db, 'B', 200);
	db_close(db);
	int fd = open(file, O_RDWR);
	for (size_t bit = 0; bit < 2 * META * 8; bit += STRIDE) {
		off_t at = (off_t)(bit / 8 < META ? bit / 8 : bit / 8 - META + PAGE);
		char c;
		assert_int_equal(pread(fd, &c, 1, at), 1);
		c ^= (char)(1 << bit % 8);
		assert_int_equal(pwrite(fd, &c, 1, at), 1);
		int is = look_at_it();
		c ^= (char)(1 << bit % 8);
		assert_int_equal(pwrite(fd, &c, 1, at), 1);
		if (is > 1)
			fail_msg("byte %ld, bit %zu: %d", (long)at, bit % 8, is);
		refused += is;
		fine += !is;
	}
	close(fd);
	assert_int_equal(look_at_it(), 0);
	assert_true(refused > fine / 2);
}

/* ---- blocks of a chunk ----------------------------------------------------------------------- */

/* As a chart reads it: the whole has no checksum that was verified. */
static bool
read_in_parts(const char *p, size_t n, uint32_t key, uint32_t want, double *out)
{
	struct chunk c;
	struct chunk_blocks b;

	if (!chunk_open(&c, p, n) || c.n != want || c.blocks < 2 || !chunk_sound(&c, key) ||
	    !chunk_directory(&c, &b))
		return false;
	for (uint32_t i = 0; i < c.blocks; i++)
		if (!chunk_block_read(&c, &b, i, out + (size_t)i * INTS_BLOCK))
			return false;
	return true;
}

static void
no_bit_of_a_chunk_that_is_read_in_parts_goes_unnoticed(void **state)
{
	static double got[CHUNK_POINTS];
	struct points p = {0};
	struct str out = STR_INIT;
	struct key k = key_pair(KEY_CHUNK, 7, 3);
	uint32_t key = key_checksum(&k);
	uint64_t rng = 88172645463325252u;

	(void)state;
	points_room(&p, 1200);
	for (p.n = 0; p.n < 1200; p.n++) {
		p.row[p.n] = p.step[p.n] = (int64_t)p.n;
		p.wall[p.n] = 1700000000000000 + (int64_t)p.n * 1000;
		p.value[p.n] = p.n % 97 ? (double)kit_rand(&rng, 1000000) / 1e4 : 1e300;
	}
	size_t n = chunk_pack(&p, 0, key, &out, NULL);
	assert_true(read_in_parts(out.buf, out.len, key, (uint32_t)n, got));
	assert_memory_equal(got, p.value, n * sizeof *got);
	/* Under another's key it is not this chunk. */
	assert_false(read_in_parts(out.buf, out.len, key ^ 1, (uint32_t)n, got));
	for (size_t bit = 0; bit < out.len * 8; bit++) {
		out.buf[bit / 8] ^= (char)(1 << bit % 8);
		if (read_in_parts(out.buf, out.len, key, (uint32_t)n, got))
			fail_msg("bit %zu of byte %zu of %zu", bit % 8, bit / 8, out.len);
		out.buf[bit / 8] ^= (char)(1 << bit % 8);
	}
	str_release(&out);
	points_release(&p);
}

/* ---- a disk that refuses --------------------------------------------------------------------- */

static bool refuse_metas;

/* Found before libc's. LMDB writes meta pages by it, each in parts or whole. */
ssize_t
pwrite(int fd, const void *buf, size_t n, off_t at)
{
	if (refuse_metas && at < 2 * PAGE) {
		errno = EIO;
		return -1;
	}
	return syscall(SYS_pwrite64, fd, buf, n, at);
}

/* LMDB refuses everything from then on, until it is opened anew. */
static void
a_commit_whose_last_write_fails_is_not_the_end_of_all_commits(void **state)
{
	struct db *db = open_db(true);
	struct load l = {'B', 100};
	struct err e = {0};

	(void)state;
	put(db, 'A', 100);
	refuse_metas = true;
	assert_true(db_write(db, put_load, &l, NULL, &e) < 0);
	assert_int_equal(get_code(db, 'A'), 1);
	assert_int_equal(get_code(db, 'B'), 0);
	refuse_metas = false;
	put(db, 'C', 100);
	assert_int_equal(get_code(db, 'A'), 1);
	assert_int_equal(get_code(db, 'B'), 0);
	assert_int_equal(get_code(db, 'C'), 1);
	db_close(db);
}

/* ---- readers --------------------------------------------------------------------------------- */

/* As many snapshots as there are slots, and death. */
static void
fill_the_table(int go, int ready)
{
	struct txn *t;
	struct err e;
	char c;

	if (read(go, &c, 1) != 1)
		_exit(1);
	struct db *db = open_db(false);
	while (!db_read_begin(db, &t, &e))
		;
	if (write(ready, "x", 1) != 1)
		_exit(1);
	pause();
}

static void
slots_of_dead_readers_are_freed_when_there_are_no_others(void **state)
{
	int go[2], ready[2];
	char c;

	(void)state;
	assert_int_equal(pipe(go) | pipe(ready), 0);
	fflush(NULL);
	pid_t pid = fork();
	if (!pid) {
		alarm(60);
		fill_the_table(go[0], ready[1]);
	}
	/* Open while they live: nobody looks for dead ones before the table is full. */
	struct db *db = open_db(true);
	put(db, 1, 10);
	assert_int_equal(write(go[1], "x", 1), 1);
	assert_int_equal(read(ready[0], &c, 1), 1);
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	/* The slot that was had already is the first one's: the second needs another. */
	struct txn *first;
	assert_int_equal(db_read_begin(db, &first, NULL), 0);
	assert_int_equal(get_code(db, 1), 1);
	db_read_end(first);
	put(db, 2, 10);
	assert_int_equal(get_code(db, 2), 1);
	db_close(db);
	for (int i = 0; i < 2; i++) {
		close(go[i]);
		close(ready[i]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
		T(a_value_under_anothers_key_is_damage),
		T(a_value_that_ends_beyond_the_file_is_damage_and_not_read),
		T(a_key_that_seems_to_end_a_walk_is_damage),
		T(no_bit_of_the_first_pages_hides_the_newest_state),
		T(no_bit_of_a_chunk_that_is_read_in_parts_goes_unnoticed),
		T(a_commit_whose_last_write_fails_is_not_the_end_of_all_commits),
		T(slots_of_dead_readers_are_freed_when_there_are_no_others),
	};

	return cmocka_run_group_tests_name("damage", tests, NULL, NULL);
}
