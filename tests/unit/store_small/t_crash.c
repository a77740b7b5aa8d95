/* A power failure at any moment of a commit: the store is what it was before, or what it is after,
 * and sound.
 *
 * What LMDB writes to the data file goes through the functions below, which are found before those
 * of libc, and is noted. Then the file is built again as far as the disk might have got, opened,
 * and asked for all that it holds. Two kinds of disk: one that keeps the order of what it is given,
 * and may stop anywhere, within a write too; and one that has on it what was there at the last
 * sync, and of what came after it any part. On the second the last commit may be lost, no more:
 * that is what one sync a commit (NOMETASYNC) promises.
 *
 * With the constants shrunk: a commit of a few hundred rows seals chunks and builds a pyramid. */
#include "tests/unit/scratch.h"
#include "tests/unit/store_kit.h"

#include "core/rule.h"
#include "core/xalloc.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cmocka.h>

enum { PAGE = 4096, SECTOR = 512 };

/* ---- what is written ------------------------------------------------------------------------- */

enum op_kind { OP_WRITE, OP_SIZE, OP_SYNC };

struct op {
	enum op_kind kind;
	off_t at; /* the new size of OP_SIZE */
	char *data;
	size_t n;
};

static struct tape {
	ino_t ino; /* of the data file; 0: nothing is noted */
	struct op *op;
	size_t n, cap;
} tape;

static bool
noted(int fd)
{
	struct stat sb;

	return tape.ino && fstat(fd, &sb) == 0 && sb.st_ino == tape.ino;
}

static void
note(enum op_kind kind, off_t at, const void *data, size_t n)
{
	struct op *op = vec_push(tape.op, tape.n, tape.cap);

	*op = (struct op){kind, at, n ? xmemdup(data, n) : NULL, n};
}

ssize_t
pwrite(int fd, const void *buf, size_t n, off_t at)
{
	ssize_t rc = syscall(SYS_pwrite64, fd, buf, n, at);

	if (rc > 0 && noted(fd))
		note(OP_WRITE, at, buf, (size_t)rc);
	return rc;
}

ssize_t
write(int fd, const void *buf, size_t n)
{
	bool note_it = noted(fd);
	off_t at = note_it ? lseek(fd, 0, SEEK_CUR) : 0;
	ssize_t rc = syscall(SYS_write, fd, buf, n);

	if (rc > 0 && note_it)
		note(OP_WRITE, at, buf, (size_t)rc);
	return rc;
}

ssize_t
writev(int fd, const struct iovec *iov, int n)
{
	bool note_it = noted(fd);
	off_t at = note_it ? lseek(fd, 0, SEEK_CUR) : 0;
	ssize_t rc = syscall(SYS_writev, fd, iov, n);

	for (ssize_t left = rc; note_it && left > 0; iov++) {
		size_t part = (size_t)left < iov->iov_len ? (size_t)left : iov->iov_len;
		note(OP_WRITE, at, iov->iov_base, part);
		at += (off_t)part;
		left -= (ssize_t)part;
	}
	return rc;
}

int
ftruncate(int fd, off_t size)
{
	int rc = (int)syscall(SYS_ftruncate, fd, size);

	if (rc == 0 && noted(fd))
		note(OP_SIZE, size, NULL, 0);
	return rc;
}

int
fdatasync(int fd)
{
	if (noted(fd))
		note(OP_SYNC, 0, NULL, 0);
	return (int)syscall(SYS_fdatasync, fd);
}

int
fsync(int fd)
{
	if (noted(fd))
		note(OP_SYNC, 0, NULL, 0);
	return (int)syscall(SYS_fsync, fd);
}

/* ---- a file as the disk has it --------------------------------------------------------------- */

struct image {
	char *p;
	size_t n, cap;
};

static void
image_size(struct image *im, size_t n)
{
	xgrow(&im->p, &im->cap, n, 1);
	if (n > im->n)
		memset(im->p + im->n, 0, n - im->n);
	im->n = n;
}

/* The first N bytes of OP from FROM on. */
static void
image_apply(struct image *im, const struct op *op, size_t from, size_t n)
{
	if (op->kind == OP_SIZE && n)
		image_size(im, (size_t)op->at);
	if (op->kind != OP_WRITE || !n)
		return;
	size_t at = (size_t)op->at + from;
	if (at + n > im->n)
		image_size(im, at + n);
	memcpy(im->p + at, op->data + from, n);
}

static size_t
op_weight(const struct op *op)
{
	return op->kind == OP_WRITE ? op->n : 1;
}

static struct image
image_copy(const struct image *im)
{
	return (struct image){xmemdup(im->p, im->n), im->n, im->n};
}

/* ---- work ------------------------------------------------------------------------------------ */

enum { COMMITS = 14 };

static struct {
	size_t op[COMMITS + 1];    /* how much of the tape there was after commit I */
	char *digest[COMMITS + 1]; /* what the store held then; 0: before the first */
} seen;
static struct image base;

static void
rows(struct kit *k, const char *run, int64_t from, int n, int columns)
{
	char *path = xasprintf("%s/m.csv", run), name[16];
	uint32_t log = kit_log(k, path, run), id[8];
	uint64_t rng = (uint64_t)from * 7 + 1;
	double v[8];

	for (int c = 0; c < columns; c++) {
		snprintf(name, sizeof name, "m%d", c);
		id[c] = kit_column(k, log, name);
	}
	for (int i = 0; i < n; i++) {
		for (int c = 0; c < columns; c++)
			v[c] = (double)kit_rand(&rng, 1u << 30) / 977;
		struct row r = {.unit = STEP_STEP,
				.step = from + i,
				.wall_us = 1700000000000000 + (from + i) * 1000003,
				.n = (unsigned)columns,
				.column = id,
				.value = v};
		k->sink->ops->row(k->sink, log, &r);
	}
	struct cursor cur = {.offset = (uint64_t)(from + n), .size = (uint64_t)(from + n)};
	k->sink->ops->mark(k->sink, log, &cur);
	free(path);
}

/* One of everything that a commit may do: rows into the tail, tails into chunks, chunks cut, runs
 * that come and go. */
static void
work(struct kit *k, int i)
{
	const struct sink_ops *ops = k->sink->ops;
	struct err e = {0};
	static char text[15000];
	struct alert al = {.rule = "r", .run = "/r/a", .metric = "", .message = "m"};

	switch (i) {
	case 0:
		rows(k, "/r/a", 0, 5, 3);
		ops->root_add(k->sink, "/r");
		break;
	case 1:
		rows(k, "/r/a", 5, 1, 3);
		break;
	case 2:
		rows(k, "/r/b", 0, 500, 2);
		break;
	case 3:
		memset(text, 'x', sizeof text - 1); /* some pages for itself */
		ops->param(k->sink, kit_log(k, "/r/a/m.csv", "/r/a"), "lr", text);
		ops->remark(k->sink, kit_log(k, "/r/a/m.csv", "/r/a"), REMARK_NOTE, 1, 1, "text");
		ops->skipped(k->sink, "/r/people.csv", "no log");
		break;
	case 4:
		rows(k, "/r/a", 6, 300, 3);
		al.state = ALERT_FIRING;
		ops->alert(k->sink, &al);
		break;
	case 5:
		rows(k, "/r/b", 500, 10, 2);
		rows(k, "/r/c", 0, 10, 8);
		break;
	case 6: /* other content: a new attempt */
		ops->replay(k->sink, kit_log(k, "/r/c/m.csv", "/r/c"));
		rows(k, "/r/c", 3, 20, 8);
		break;
	case 7: /* the same beginning, then another */
		ops->replay(k->sink, kit_log(k, "/r/b/m.csv", "/r/b"));
		rows(k, "/r/b", 0, 500, 2);
		rows(k, "/r/b", 700, 4, 2);
		break;
	case 8:
		assert_int_equal(store_forget(k->st, "/r/a", &e), 0);
		return;
	case 9: /* where there is room now */
		rows(k, "/r/d", 0, 400, 3);
		break;
	case 10:
		ops->gone(k->sink, kit_log(k, "/r/b/m.csv", "/r/b"), true);
		break;
	default:
		rows(k, "/r/d", 400 + (i - 11) * 30, 30, 3);
	}
	kit_commit(k);
}

static void
read_base(const char *path)
{
	struct stat sb;
	int fd = open(path, O_RDONLY);

	assert_int_equal(fstat(fd, &sb), 0);
	image_size(&base, (size_t)sb.st_size);
	assert_int_equal(read(fd, base.p, base.n), base.n);
	tape.ino = sb.st_ino;
	close(fd);
}

static int
record(void **state)
{
	struct kit k;
	size_t writes = 0, syncs = 0;

	(void)state;
	kit_open(&k);
	char *path = xasprintf("%s/data.mdb", k.dir);
	read_base(path);
	seen.digest[0] = kit_digest(&k);
	for (int i = 0; i < COMMITS; i++) {
		work(&k, i);
		seen.op[i + 1] = tape.n;
		seen.digest[i + 1] = kit_digest(&k);
		assert_string_not_equal(seen.digest[i + 1], seen.digest[i]);
	}
	tape.ino = 0;
	free(path);
	kit_close(&k);
	/* If these weren't all, the test would be none. */
	for (size_t i = 0; i < tape.n; i++) {
		const struct op *op = &tape.op[i];
		writes += op->kind == OP_WRITE;
		syncs += op->kind == OP_SYNC;
		if (op->kind == OP_WRITE && op->n % PAGE)
			assert_int_equal(op->at / SECTOR, (op->at + (off_t)op->n - 1) / SECTOR);
	}
	assert_true(syncs >= COMMITS);
	assert_true(writes > 4 * COMMITS);
	return 0;
}

static int
forget(void **state)
{
	(void)state;
	for (size_t i = 0; i < tape.n; i++)
		free(tape.op[i].data);
	free(tape.op);
	for (int i = 0; i <= COMMITS; i++)
		free(seen.digest[i]);
	free(base.p);
	return 0;
}

/* ---- after the failure ----------------------------------------------------------------------- */

static struct kit again;
static unsigned opened;

static int
setup(void **state)
{
	(void)state;
	again.dir = scratch_new();
	opened = 0;
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	scratch_free(again.dir);
	return 0;
}

static void
put_image(const struct image *im)
{
	char *data = xasprintf("%s/data.mdb", again.dir),
	     *lock = xasprintf("%s/lock.mdb", again.dir);
	int fd = open(data, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_int_equal(write(fd, im->p, im->n), im->n);
	close(fd);
	unlink(lock); /* the machine was started anew */
	free(data);
	free(lock);
}

/* Opens what the disk has. It is one of the states FROM … TO; returns which. */
static int
expect(const struct image *im, int from, int to, const char *what, size_t op, size_t byte)
{
	struct err e = {0};
	struct str note = STR_INIT;
	int is = -1;

	put_image(im);
	/* A reader judges more strictly than a writer, who may mend: each has a turn. */
	bool write_too = opened++ % 4 == 0;
	if (store_open(again.dir, write_too ? STORE_WRITE : STORE_READ, &again.st, &note, &e))
		fail_msg("%s, op %zu, byte %zu: %s", what, op, byte, e.text);
	if (note.len)
		fail_msg("%s, op %zu, byte %zu: %s", what, op, byte, str_c(&note));
	char *digest = kit_digest(&again);
	for (int i = to; i >= from && is < 0; i--)
		if (strcmp(digest, seen.digest[i]) == 0)
			is = i;
	if (is < 0)
		fail_msg("%s, op %zu, byte %zu: neither state %d nor %d", what, op, byte, from, to);
	if (!kit_sound(&again))
		fail_msg("%s, op %zu, byte %zu: not sound", what, op, byte);
	if (write_too && opened % 32 == 1) {
		/* And it can go on. */
		again.sink = store_sink(again.st, NULL);
		rows(&again, "/r/after", 0, 40, 2);
		kit_commit(&again);
		assert_true(kit_sound(&again));
	}
	free(digest);
	str_release(&note);
	store_close(again.st);
	again.st = NULL;
	return is;
}

static int
commit_of(size_t op)
{
	int c = 1;

	while (c < COMMITS && op >= seen.op[c])
		c++;
	return c;
}

/* Where a write may tear: between pages. What LMDB writes of a meta page lies in one sector, which
 * a disk writes whole or not at all. */
static size_t
tear(const struct op *op)
{
	return op->kind == OP_WRITE ? PAGE : 1;
}

static void
a_disk_that_keeps_the_order_has_the_old_state_or_the_new(void **state)
{
	struct image im = image_copy(&base);
	int reached[COMMITS + 1] = {0};

	(void)state;
	for (size_t i = 0; i < tape.n; i++) {
		const struct op *op = &tape.op[i];
		int c = commit_of(i);
		if (op->kind == OP_SYNC)
			continue;
		for (size_t at = 0; at < op_weight(op); at += tear(op)) {
			size_t n = op_weight(op) - at < tear(op) ? op_weight(op) - at : tear(op);
			image_apply(&im, op, at, n);
			reached[expect(&im, c - 1, c, "in order", i, at + n)]++;
		}
	}
	/* All of it: the last state, and each state was seen. */
	for (int c = 1; c <= COMMITS; c++)
		assert_true(reached[c] > 0);
	assert_int_equal(expect(&im, COMMITS, COMMITS, "all", tape.n, 0), COMMITS);
	free(im.p);
}

static void
a_disk_that_keeps_only_what_was_synced_loses_at_most_the_last_commit(void **state)
{
	uint64_t rng = 88172645463325252u;
	struct image synced = image_copy(&base);
	size_t from = 0; /* SYNCED has all before this */

	(void)state;
	for (size_t i = 0; i < tape.n; i++) {
		bool sync = tape.op[i].kind == OP_SYNC;
		bool turn = kit_rand(&rng, tape.n) < 300 || sync;
		for (int round = 0; turn && round < (sync ? 4 : 1); round++) {
			struct image im = image_copy(&synced);
			/* All, half, few or none of what came since. */
			uint64_t odds = round == 1 ? 0 : 1 + kit_rand(&rng, 3);
			for (size_t k = from; k < i; k++) {
				const struct op *op = &tape.op[k];
				for (size_t at = 0; at < op_weight(op); at += PAGE) {
					size_t n = op_weight(op) - at;
					if (kit_rand(&rng, 4) < odds)
						image_apply(&im, op, at, n < PAGE ? n : PAGE);
				}
			}
			int c = commit_of(i ? i - 1 : 0);
			expect(&im, c > 2 ? c - 2 : 0, c, "out of order", i, (size_t)round);
			free(im.p);
		}
		if (!sync)
			continue;
		for (; from < i; from++)
			image_apply(&synced, &tape.op[from], 0, op_weight(&tape.op[from]));
	}
	free(synced.p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
		T(a_disk_that_keeps_the_order_has_the_old_state_or_the_new),
		T(a_disk_that_keeps_only_what_was_synced_loses_at_most_the_last_commit),
	};

	return cmocka_run_group_tests_name("crash", tests, record, forget);
}
