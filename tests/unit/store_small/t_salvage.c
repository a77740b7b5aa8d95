/* A damaged store is begun anew, and what stands in no log any more is not lost with it: points of
 * deleted logs, and of attempts whose log was overwritten. With small constants there are many
 * chunks to lose; tests/unit/store/t_salvage.c is the same with those that ship. */
#include "tests/unit/store_kit.h"

#include "core/xalloc.h"
#include "store/dir.h"
#include "store/salvage.h"
#include "store/snap.h"

#include <fcntl.h>
#include <math.h>
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

#ifdef MM_SMALL
enum { ROWS = 700 };
#else
enum { ROWS = 20000 };
#endif

static char *
path_of(struct kit *k, const char *name)
{
	return xasprintf("%s/%s", k->dir, name);
}

/* ---- what is kept ---------------------------------------------------------------------------- */

/* What stands at a step is known from the step, and which attempt it is. */
static double
loss_at(int64_t step, uint32_t attempt)
{
	return (double)(step * 7919 % 1000003) / 8 + attempt * 1e6;
}

static void
row(struct kit *k, uint32_t log, const uint32_t *column, int64_t step, uint32_t attempt)
{
	double v[2] = {loss_at(step, attempt), step % 3 ? NAN : (double)step / 7};
	struct row r = {.unit = STEP_STEP,
			.step = step,
			.wall_us = 1700000000000000 + step * 1000003,
			.n = step % 9 ? 1 : 2,
			.column = column,
			.value = v};

	k->sink->ops->row(k->sink, log, &r);
}

static void
rows(struct kit *k, uint32_t log, int64_t from, int64_t to, uint32_t attempt)
{
	uint32_t column[2] = {kit_column(k, log, "loss"), kit_column(k, log, "val/acc")};

	for (int64_t i = from; i < to; i++) {
		row(k, log, column, i, attempt);
		if (i % (ROWS / 7) == 0)
			kit_commit(k);
	}
}

static void
another_attempt(struct kit *k, uint32_t log)
{
	k->sink->ops->replay(k->sink, log);
	k->sink->ops->replay_end(k->sink, log, true);
}

static void
mark(struct kit *k, uint32_t log, uint64_t offset)
{
	struct cursor cur = {.dev = 3,
			     .ino = 4,
			     .offset = offset,
			     .size = offset,
			     .fp = {.head_len = 9, .head_crc = 10, .tail_len = 9, .tail_crc = 11},
			     .state = "a state",
			     .nstate = 7};

	k->sink->ops->mark(k->sink, log, &cur);
}

/* A run of two logs, both deleted: in two attempts, the second resumed; with all that is known of a
 * run but its points. And another one, by another trainer. */
static void
fill(struct kit *k)
{
	const struct sink_ops *ops = k->sink->ops;
	uint32_t a = kit_log(k, "/gone/a/m.csv", "/gone/a"),
		 b = kit_log(k, "/gone/a/n.csv", "/gone/a");
	uint32_t c = kit_log_of(k, "/gone/b/log.jsonl", "/gone/b", "jsonl", 2);

	rows(k, a, 0, ROWS, 1);
	rows(k, b, 0, ROWS / 5, 1);
	another_attempt(k, a);
	rows(k, a, 0, ROWS / 2, 2);
	rows(k, a, ROWS / 3, ROWS, 2);
	another_attempt(k, b);
	rows(k, b, 0, 20, 2);
	rows(k, c, 0, 40, 1);
	ops->param(k->sink, a, "lr", "0.1");
	ops->param(k->sink, a, "seed", "7");
	ops->remark(k->sink, a, REMARK_BAD_RECORD, 17, 3, "no number");
	ops->said(k->sink, a, &(struct last_words){.what = "finished"});
	ops->title(k->sink, c, "brave-lake-7");
	ops->goal(k->sink, a, kit_column(k, a, "val/acc"), GOAL_MAX);
	ops->root_add(k->sink, "/gone");
	mark(k, a, 1000);
	mark(k, b, 2000);
	mark(k, c, 3000);
	ops->gone(k->sink, a, true);
	ops->gone(k->sink, b, true);
	ops->gone(k->sink, c, true);
	kit_commit(k);
}

/* The next writer finds it damaged. */
static void
damage(struct kit *k)
{
	char *path = path_of(k, "damaged");
	int fd = open(path, O_WRONLY | O_CREAT, 0600);

	assert_true(fd >= 0);
	close(fd);
	free(path);
}

static void
close_store(struct kit *k)
{
	store_close(k->st);
	k->st = NULL;
}

static void
reopen(struct kit *k, struct str *note)
{
	struct err e = {0};

	if (store_open(k->dir, STORE_WRITE, &k->st, note, &e))
		fail_msg("%s", e.text);
	k->sink = store_sink(k->st, NULL);
}

/* Everything in order, and nothing of the work left lying about. */
static void
expect_settled(struct kit *k)
{
	char *own = path_of(k, "salvage");

	assert_true(kit_sound(k));
	assert_int_equal(access(own, F_OK), -1);
	free(own);
}

/* ---- all of it is there ---------------------------------------------------------------------- */

static void
nothing_is_lost_of_deleted_logs_whose_records_check(void **state)
{
	struct kit *k = *state;
	struct str note = STR_INIT;

	fill(k);
	char *want = kit_digest(k);
	close_store(k);
	damage(k);
	reopen(k, &note);
	assert_non_null(strstr(str_c(&note), "of 3 logs that cannot be read again"));
	assert_null(strstr(str_c(&note), "were not"));
	char *got = kit_digest(k);
	assert_string_equal(got, want);
	expect_settled(k);
	/* What it is called, how its best is told, and what it said of its end. */
	struct snap *sn = kit_snap(k);
	struct run_info r;
	struct series_info s;
	assert_true(snap_run_by_path(sn, "/gone/b", &r));
	assert_string_equal(r.title, "brave-lake-7");
	assert_true(snap_run_by_path(sn, "/gone/a", &r));
	assert_string_equal(r.said, "finished");
	assert_true(snap_series_get(sn, kit_series(sn, "/gone/a", "val/acc@m.csv"), &s) ||
		    snap_series_get(sn, kit_series(sn, "/gone/a", "val/acc"), &s));
	assert_int_equal(s.told, GOAL_MAX);
	snap_end(sn);
	/* And it stays. */
	kit_again(k);
	free(got);
	got = kit_digest(k);
	assert_string_equal(got, want);
	free(got);
	free(want);
	str_release(&note);
}

static void
make_log(const char *path)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs("step,loss\n", f);
	fclose(f);
}

/* Its newest attempt is in the log, which is read again from its beginning. */
static void
of_a_log_that_is_there_only_older_attempts_are_saved(void **state)
{
	struct kit *k = *state;
	struct log_info li;
	size_t n;
	char *path = path_of(k, "here.csv");

	make_log(path);
	uint32_t log = kit_log(k, path, k->dir);
	rows(k, log, 0, 60, 1);
	another_attempt(k, log);
	rows(k, log, 0, ROWS, 2);
	another_attempt(k, log);
	rows(k, log, 0, 50, 3);
	mark(k, log, 500);
	kit_commit(k);
	close_store(k);
	damage(k);
	reopen(k, NULL);
	expect_settled(k);
	struct snap *sn = kit_snap(k);
	uint32_t series = kit_series(sn, k->dir, "loss");
	struct point *p = kit_points(sn, series, 0, &n);
	assert_int_equal(n, 60 + ROWS);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(p[i].attempt, i < 60 ? 1 : 2);
		assert_true(p[i].value == loss_at(p[i].step, p[i].attempt));
	}
	free(p);
	snap_end(sn);
	/* As the ingester finds it: nothing can be at that place. */
	assert_true(k->sink->ops->log_find(k->sink, path, &li));
	assert_int_equal(li.cur.ino, 0);
	assert_int_equal(li.cur.nstate, 0);
	assert_false(li.gone);
	/* It reads all of it, compares, and finds the third attempt. */
	log = kit_log(k, path, k->dir);
	k->sink->ops->replay(k->sink, log);
	rows(k, log, 0, 50, 3);
	k->sink->ops->replay_end(k->sink, log, true);
	mark(k, log, 500);
	kit_commit(k);
	sn = kit_snap(k);
	p = kit_points(sn, kit_series(sn, k->dir, "loss"), 0, &n);
	assert_int_equal(n, 60 + ROWS + 50);
	assert_int_equal(p[n - 1].attempt, 3);
	free(p);
	snap_end(sn);
	expect_settled(k);
	free(path);
}

/* ---- some of it is not ----------------------------------------------------------------------- */

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

static void
put_file(struct kit *k, const char *p, size_t n)
{
	char *path = path_of(k, "data.mdb");
	int fd = open(path, O_WRONLY | O_TRUNC | O_CREAT, 0600);

	assert_int_equal(write(fd, p, n), n);
	close(fd);
	free(path);
}

/* Flips a bit of chunk NUMBER of a series, wherever the file has it: pages that are free may have
 * it too. */
static void
flip_chunk(struct kit *k, char *file, size_t size, uint32_t series, uint32_t number)
{
	struct snap *sn = kit_snap(k);
	struct key key = key_pair(KEY_CHUNK, series, number);
	struct bytes v;
	int flipped = 0;

	assert_int_equal(db_get(sn->t, &key, &v), 1);
	char *chunk = xmemdup(v.p, v.n), *at = file;
	size_t n = v.n;
	snap_end(sn);
	while ((at = memmem(at, size - (size_t)(at - file), chunk, n))) {
		at[n / 2] ^= 16;
		flipped++;
	}
	assert_true(flipped > 0);
	free(chunk);
}

static void
a_damaged_chunk_costs_its_own_points_and_no_others(void **state)
{
	struct kit *k = *state;
	struct str note = STR_INIT;
	struct log_info li;
	size_t size, n, m;

	fill(k);
	struct snap *sn = kit_snap(k);
	uint32_t series = kit_series(sn, "/gone/a", "loss@m.csv");
	assert_int_not_equal(series, 0);
	struct point *want = kit_points(sn, series, 0, &n);
	struct leaf l;
	struct reader *r = snap_reader(sn, 1);
	assert_int_equal(leaf_load(r, series, 1, WANT_ROW, &l), 0);
	size_t lost = l.n;
	snap_reader_back(sn, r);
	snap_end(sn);
	char *file = whole_file(k, &size);
	flip_chunk(k, file, size, series, 1);
	close_store(k);
	put_file(k, file, size);
	damage(k);
	reopen(k, &note);
	char *words = xasprintf(", %zu were not", lost);
	assert_non_null(strstr(str_c(&note), words));
	free(words);
	expect_settled(k);
	sn = kit_snap(k);
	struct point *got = kit_points(sn, kit_series(sn, "/gone/a", "loss@m.csv"), 0, &m);
	assert_int_equal(m, n - lost);
	for (size_t i = 0, j = 0; i < m; i++, j++) {
		while (j < n && (want[j].step != got[i].step || want[j].attempt != got[i].attempt))
			j++;
		assert_true(j < n);
		assert_memory_equal(&got[i].value, &want[j].value, sizeof got[i].value);
		assert_int_equal(got[i].segment, want[j].segment);
		assert_int_equal(got[i].wall_us, want[j].wall_us);
	}
	snap_end(sn);
	/* Should the log come back it is read again; the others go on where they were. */
	assert_true(k->sink->ops->log_find(k->sink, "/gone/a/m.csv", &li));
	assert_int_equal(li.cur.ino, 0);
	assert_true(k->sink->ops->log_find(k->sink, "/gone/b/log.jsonl", &li));
	assert_int_equal(li.cur.offset, 3000);
	assert_int_equal(li.cur.nstate, 7);
	free(got);
	free(want);
	free(file);
	str_release(&note);
}

static void
expect_only_truth(struct snap *sn, const char *run, const char *name)
{
	uint32_t series = kit_series(sn, run, name);
	size_t n = 0;
	struct point *p = series ? kit_points(sn, series, 0, &n) : NULL;

	for (size_t i = 0; i < n; i++) {
		bool known = false;
		for (uint32_t a = 1; a <= 2; a++)
			known |= p[i].value == loss_at(p[i].step, a);
		if (!known || p[i].wall_us != 1700000000000000 + p[i].step * 1000003)
			fail_msg("%s: step %ld has %g", name, (long)p[i].step, p[i].value);
	}
	free(p);
}

static void
wreck(char *file, size_t n, uint64_t *rng)
{
	switch (kit_rand(rng, 3)) {
	case 0: /* bits */
		for (uint64_t i = 1 + kit_rand(rng, 40); i; i--)
			file[kit_rand(rng, n)] ^= (char)(1 << kit_rand(rng, 8));
		break;
	case 1: /* a page is another page */
		for (uint64_t i = 1 + kit_rand(rng, 6); i; i--)
			memmove(file + kit_rand(rng, n / 4096) * 4096,
				file + kit_rand(rng, n / 4096) * 4096, 4096);
		break;
	default: /* garbage, or a hole */
		for (uint64_t i = 1 + kit_rand(rng, 6); i; i--) {
			char *page = file + kit_rand(rng, n / 4096) * 4096;
			uint64_t from = kit_rand(rng, 4096), fill = kit_rand(rng, 2);
			for (; from < 4096; from++)
				page[from] = fill ? (char)kit_rand(rng, 256) : 0;
		}
	}
}

static void
whatever_is_broken_nothing_false_is_saved(void **state)
{
	struct kit *k = *state;
	uint64_t rng = 88172645463325252u;
	size_t n;
	const char *wanted = getenv("MM_ROUNDS");
	long rounds = wanted ? strtol(wanted, NULL, 10) : 40;
	int some = 0;

	fill(k);
	close_store(k);
	char *file = whole_file(k, &n);
	for (int i = 0; i < rounds; i++) {
		char *bad = xmemdup(file, n);
		wreck(bad, n, &rng);
		put_file(k, bad, kit_rand(&rng, 4) ? n : kit_rand(&rng, n));
		free(bad);
		damage(k);
		struct str note = STR_INIT;
		reopen(k, &note);
		some += strstr(str_c(&note), "were saved") != NULL;
		str_release(&note);
		struct snap *sn = kit_snap(k);
		expect_only_truth(sn, "/gone/a", "loss@m.csv");
		expect_only_truth(sn, "/gone/a", "loss@n.csv");
		expect_only_truth(sn, "/gone/b", "loss");
		snap_end(sn);
		expect_settled(k);
		close_store(k);
	}
	assert_true(some * 2 > rounds); /* or this shows little */
	put_file(k, file, n);
	free(file);
	reopen(k, NULL);
}

/* ---- it is cut short ------------------------------------------------------------------------- */

/* What a process that was killed in its middle leaves: the old file aside, a part of it in the new
 * one. */
static void
a_salvage_that_was_killed_is_done_again(void **state)
{
	struct kit *k = *state;
	struct err e = {0};

	fill(k);
	char *want = kit_digest(k), *data = path_of(k, "data.mdb"),
	     *bad = path_of(k, "data.mdb.bad");
	close_store(k);
	assert_int_equal(salvage_begin(k->dir, "data.mdb.bad", &e), 0);
	assert_int_equal(rename(data, bad), 0);
	/* Who did it got no further than this. */
	char *half = xstrdup("half of a new file, so it looks like damage");
	put_file(k, half, strlen(half));
	free(half);
	reopen(k, NULL);
	char *got = kit_digest(k);
	assert_string_equal(got, want);
	expect_settled(k);
	free(got);
	free(want);
	free(data);
	free(bad);
}

/* One that ends the process each time must not do so for ever. */
static void
what_fails_again_and_again_is_given_up(void **state)
{
	struct kit *k = *state;
	struct str name = STR_INIT;
	struct err e = {0};
	char *bad = path_of(k, "data.mdb.bad");

	make_log(bad);
	assert_int_equal(salvage_begin(k->dir, "data.mdb.bad", &e), 0);
	for (int i = 0; i < 3; i++) {
		str_reset(&name);
		assert_true(salvage_wanted(k->dir, &name));
		assert_string_equal(str_c(&name), "data.mdb.bad");
	}
	assert_false(salvage_wanted(k->dir, &name));
	assert_false(salvage_wanted(k->dir, &name));
	/* Killed before the file was renamed: there is nothing to save from. */
	assert_int_equal(salvage_begin(k->dir, "data.mdb.bad-2", &e), 0);
	assert_false(salvage_wanted(k->dir, &name));
	str_release(&name);
	free(bad);
}

/* ---- pages that crash who trusts them -------------------------------------------------------- */

/* Every branch leads far beyond the end of the file. */
static void
lead_astray(char *file, size_t n)
{
	enum { HEAD = 16, BRANCH = 1 };
	int branches = 0;

	for (size_t page = 2 * 4096; page + 4096 <= n; page += 4096) {
		uint16_t flags, lower, at;
		memcpy(&flags, file + page + 10, 2);
		memcpy(&lower, file + page + 12, 2);
		if (flags != BRANCH || lower > 4096)
			continue;
		for (size_t i = HEAD; i < lower; i += 2) {
			memcpy(&at, file + page + i, 2);
			if (at + 4u <= 4096)
				memset(file + page + at, 0x3f, 3);
		}
		branches++;
	}
	assert_true(branches > 0);
}

/* Opens it as the next ingester does, and leaves without a word when END is set; how it ended. */
static int
a_life(struct kit *k, bool end)
{
	int status;

	fflush(NULL);
	pid_t pid = fork();
	if (!pid) {
		struct rlimit no = {0, 0};
		struct err e;
		int lock = -1;
		setrlimit(RLIMIT_CORE, &no);
		signal(SIGBUS, SIG_DFL);
		signal(SIGSEGV, SIG_DFL);
		if (lock_take(k->dir, &lock, NULL, &e))
			_exit(1);
		if (store_open(k->dir, STORE_WRITE, &k->st, NULL, &e))
			_exit(2);
		store_close(k->st);
		if (!end)
			lock_release(lock);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void
what_is_in_doubt_is_looked_at_before_it_is_read(void **state)
{
	struct kit *k = *state;
	struct str note = STR_INIT;
	struct err e = {0};
	size_t n;

	fill(k);
	close_store(k);
	assert_int_equal(store_look(k->dir, NULL, NULL, &e), 0);
	char *file = whole_file(k, &n);
	lead_astray(file, n);
	put_file(k, file, n);
	free(file);
	assert_true(store_look(k->dir, NULL, NULL, &e) > 0);
	dir_doubt(k->dir);
	reopen(k, &note);
	assert_non_null(strstr(str_c(&note), "wrong in its pages"));
	str_release(&note);
	expect_settled(k);
	fill(k);
	expect_settled(k);
}

static void
only_who_left_without_a_word_is_doubted(void **state)
{
	struct kit *k = *state;
	struct err e = {0};

	fill(k);
	close_store(k);
	lock_release(k->lock);
	assert_int_equal(a_life(k, false), 0);
	assert_int_equal(lock_take(k->dir, &k->lock, NULL, &e), 0);
	assert_false(dir_doubted(k->dir));
	lock_release(k->lock);
	assert_int_equal(a_life(k, true), 0);
	assert_int_equal(lock_take(k->dir, &k->lock, NULL, &e), 0);
	assert_true(dir_doubted(k->dir));
	reopen(k, NULL);
	assert_false(dir_doubted(k->dir));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, kit_setup, kit_teardown)
		T(nothing_is_lost_of_deleted_logs_whose_records_check),
		T(of_a_log_that_is_there_only_older_attempts_are_saved),
		T(a_damaged_chunk_costs_its_own_points_and_no_others),
		T(whatever_is_broken_nothing_false_is_saved),
		T(a_salvage_that_was_killed_is_done_again),
		T(what_fails_again_and_again_is_given_up),
		T(what_is_in_doubt_is_looked_at_before_it_is_read),
		T(only_who_left_without_a_word_is_doubted),
	};

	return cmocka_run_group_tests_name("salvage", tests, NULL, NULL);
}
