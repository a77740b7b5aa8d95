/* Forgetting runs, compacting, and what the store says it is made of. */
#include "tests/unit/store_kit.h"

#include "core/rule.h"
#include "core/xalloc.h"
#include "store/db.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* A run with two logs, parameters, remarks, an alert, enough rows to be sealed, and an older
 * attempt. */
static void
fill(struct kit *k, const char *run, int rows)
{
	char *m = xasprintf("%s/m.csv", run), *n = xasprintf("%s/n.csv", run);
	uint32_t a = kit_log(k, m, run), b = kit_log(k, n, run);
	uint32_t x = kit_column(k, a, "x"), y = kit_column(k, b, "y");
	const struct sink_ops *ops = k->sink->ops;
	for (int i = 0; i < rows; i++) {
		kit_row1(k, a, i, x, i / 7.0);
		kit_row1(k, b, i, y, i);
		if (i % 1000 == 999)
			kit_commit(k);
	}
	ops->param(k->sink, a, "lr", "0.1");
	ops->remark(k->sink, a, REMARK_NOTE, 1, 1, "a remark");
	struct alert al = {
		.rule = "stalled", .run = run, .metric = "", .message = "", .state = ALERT_FIRING};
	ops->alert(k->sink, &al);
	struct cursor cur = {.offset = 10, .size = 10, .state = "state", .nstate = 5};
	ops->mark(k->sink, a, &cur);
	kit_commit(k);
	ops->replay(k->sink, b);
	kit_row1(k, b, 0, y, -1); /* other content: a new attempt */
	kit_commit(k);
	free(m);
	free(n);
}

static uint64_t
records_of(struct kit *k, const char *kind)
{
	struct store_stat s;
	struct err e = {0};
	uint64_t n = 0;
	if (store_stat(k->st, &s, &e))
		fail_msg("%s", e.text);
	for (int i = 0; i < s.nkinds; i++)
		if (strcmp(s.kind[i].name, kind) == 0)
			n = s.kind[i].records;
	free(s.reader);
	return n;
}

/* ---- forgetting ------------------------------------------------------------------------------ */

static void
a_forgotten_run_is_gone_and_the_others_are_as_they_were(void **state)
{
	struct kit *k = *state;
	struct err e = {0};
	fill(k, "/r/a", 3000);
	fill(k, "/r/ab", 50); /* its path begins like the other's */
	char *want = kit_digest(k);
	kit_again(k);
	fill(k, "/r/b", 5000);
	uint64_t txn = store_txn(k->st);
	assert_int_equal(store_forget(k->st, "/r/b", &e), 0);
	assert_true(store_txn(k->st) > txn);
	char *got = kit_digest(k);
	assert_string_equal(got, want);
	assert_true(kit_sound(k));
	kit_again(k);
	free(got);
	got = kit_digest(k);
	assert_string_equal(got, want);
	free(got);
	free(want);
}

static void
what_is_forgotten_leaves_no_record(void **state)
{
	struct kit *k = *state;
	struct err e = {0};
	static const char *const left[] = {"chunks", "axes",         "pyramid", "series",
					   "logs",   "runs",         "remarks", "parameters",
					   "alerts", "parser states"};
	fill(k, "/r/a", 6000);
	fill(k, "/r/b", 100);
	for (size_t i = 0; i < sizeof left / sizeof *left; i++)
		if (records_of(k, left[i]) == 0)
			fail_msg("there are no %s to begin with", left[i]);
	assert_int_equal(store_forget(k->st, "/r/a", &e), 0);
	assert_int_equal(store_forget(k->st, "/r/b", &e), 0);
	for (size_t i = 0; i < sizeof left / sizeof *left; i++)
		if (records_of(k, left[i]) != 0)
			fail_msg("%s are left", left[i]);
	assert_true(kit_sound(k));
	assert_int_equal(records_of(k, "tail"), 0);
	fill(k, "/r/c", 6000);
	assert_true(kit_sound(k));
}

static int
count_run(void *ctx, const struct run_info *r)
{
	(void)r;
	++*(size_t *)ctx;
	return 0;
}

/* How many runs there are, and at most. */
static size_t
runs_of(struct kit *k, size_t *most)
{
	struct snap *sn;
	struct err e = {0};
	size_t n = 0;
	if (snap_begin(k->st, &sn, &e))
		fail_msg("%s", e.text);
	assert_int_equal(snap_runs(sn, count_run, &n), 0);
	*most = snap_runs_most(sn);
	snap_end(sn);
	return n;
}

static void
there_are_never_more_runs_than_is_said(void **state)
{
	struct kit *k = *state;
	struct err e = {0};
	size_t most;
	assert_int_equal(runs_of(k, &most), 0);
	fill(k, "/r/a", 10);
	fill(k, "/r/b", 10);
	fill(k, "/r/c", 10);
	assert_int_equal(runs_of(k, &most), 3);
	assert_true(most >= 3 && most < 10);
	assert_int_equal(store_forget(k->st, "/r/a", &e), 0);
	assert_int_equal(runs_of(k, &most), 2);
	assert_true(most >= 2 && most < 10);
	fill(k, "/r/d", 10);
	assert_int_equal(runs_of(k, &most), 3);
	assert_true(most >= 3 && most < 10);
}

static bool
file_holds(struct kit *k, const void *what, size_t n)
{
	char *path = xasprintf("%s/data.mdb", k->dir);
	FILE *f = fopen(path, "rb");
	struct stat sb;
	assert_non_null(f);
	assert_int_equal(fstat(fileno(f), &sb), 0);
	char *all = xmalloc((size_t)sb.st_size);
	assert_int_equal(fread(all, 1, (size_t)sb.st_size, f), sb.st_size);
	bool found = memmem(all, (size_t)sb.st_size, what, n) != NULL;
	fclose(f);
	free(all);
	free(path);
	return found;
}

/* One commit's rows of both runs stand in one record. */
static void
no_byte_of_it_is_left_where_it_shared_a_record(void **state)
{
	struct kit *k = *state;
	struct err e = {0};
	uint64_t before, after;
	static const char name[] = "a/metric/of/its/own";
	const double kept = 1.2345678901234567, gone = 7.6543210987654321;
	uint32_t a = kit_log(k, "/r/a/m.csv", "/r/a"), b = kit_log(k, "/r/b/m.csv", "/r/b");
	uint32_t x = kit_column(k, a, "x"), y = kit_column(k, b, name);
	for (int i = 0; i < 5; i++) {
		kit_row1(k, a, i, x, kept);
		kit_row1(k, b, i, y, gone);
		kit_commit(k);
	}
	assert_true(file_holds(k, &gone, sizeof gone) && file_holds(k, name, sizeof name));
	assert_int_equal(store_forget(k->st, "/r/b", &e), 0);
	assert_true(kit_sound(k));
	assert_int_equal(store_compact(k->st, &before, &after, &e), 0);
	assert_false(file_holds(k, &gone, sizeof gone));
	assert_false(file_holds(k, name, sizeof name));
	assert_true(file_holds(k, &kept, sizeof kept));
	/* The other goes on where it was; the forgotten one, read again, has what is read. */
	for (int round = 0; round < 2; round++) {
		kit_again(k);
		assert_true(kit_sound(k));
		a = kit_log(k, "/r/a/m.csv", "/r/a");
		kit_row1(k, a, 5 + round, kit_column(k, a, "x"), kept);
		kit_commit(k);
	}
	b = kit_log(k, "/r/b/m.csv", "/r/b");
	kit_row1(k, b, 9, kit_column(k, b, name), 1);
	kit_commit(k);
	struct snap *sn = kit_snap(k);
	size_t n;
	free(kit_points(sn, kit_series(sn, "/r/a", "x"), 0, &n));
	assert_int_equal(n, 7);
	free(kit_points(sn, kit_series(sn, "/r/b", name), 0, &n));
	assert_int_equal(n, 1);
	snap_end(sn);
	assert_true(kit_sound(k));
}

static void
a_forgotten_run_can_come_back(void **state)
{
	struct kit *k = *state;
	struct err e = {0};
	fill(k, "/r/a", 100);
	char *want = kit_digest(k);
	assert_int_equal(store_forget(k->st, "/r/a", &e), 0);
	fill(k, "/r/a", 100);
	char *got = kit_digest(k);
	assert_string_equal(got, want);
	assert_true(kit_sound(k));
	free(got);
	free(want);
}

static void
what_is_not_there_or_in_use_is_said(void **state)
{
	struct kit *k = *state;
	struct err e = {0};
	uint64_t before, after;
	fill(k, "/r/a", 10);
	assert_int_equal(store_forget(k->st, "/r/x", &e), ERR_NOTFOUND);
	struct snap *sn = kit_snap(k);
	assert_int_equal(store_forget(k->st, "/r/a", &e), ERR_BUSY);
	assert_int_equal(store_compact(k->st, &before, &after, &e), ERR_BUSY);
	snap_end(sn);
	kit_row1(k, kit_log(k, "/r/a/m.csv", "/r/a"), 100, 0, 1); /* waits for its commit */
	assert_int_equal(store_forget(k->st, "/r/a", &e), ERR_BUSY);
	kit_commit(k);
	assert_int_equal(store_forget(k->st, "/r/a", &e), 0);
}

static int
count_root(void *ctx, const char *path)
{
	(void)path;
	++*(int *)ctx;
	return 0;
}

static void
a_root_goes_and_what_was_read_of_it_stays(void **state)
{
	struct kit *k = *state;
	struct err e = {0};
	int n = 0;
	fill(k, "/r/a", 10);
	k->sink->ops->root_add(k->sink, "/r");
	k->sink->ops->root_add(k->sink, "/s");
	assert_int_equal(store_unroot(k->st, "/r", &e), ERR_BUSY); /* waits for its commit */
	kit_commit(k);
	assert_int_equal(store_unroot(k->st, "/q", &e), ERR_NOTFOUND);
	assert_int_equal(store_unroot(k->st, "/r", &e), 0);
	k->sink->ops->root_each(k->sink, count_root, &n);
	assert_int_equal(n, 1);
	assert_int_equal(store_forget(k->st, "/r/a", &e), 0);
	assert_true(kit_sound(k));
}

/* ---- compacting ------------------------------------------------------------------------------ */

static void
compacting_keeps_everything_and_gives_room_back(void **state)
{
	struct kit *k = *state;
	struct err e = {0};
	uint64_t before, after, txn;
	struct stat sb;
	fill(k, "/r/a", 500);
	fill(k, "/r/b", 60000);
	assert_int_equal(store_forget(k->st, "/r/b", &e), 0);
	char *want = kit_digest(k), *path = xasprintf("%s/data.mdb", k->dir);
	txn = store_txn(k->st);
	assert_int_equal(store_compact(k->st, &before, &after, &e), 0);
	assert_true(after * 2 < before);
	assert_int_equal(stat(path, &sb), 0);
	assert_int_equal(sb.st_size, after);
	assert_int_equal(sb.st_mode & 0777, 0600);
	assert_true(store_txn(k->st) > txn);
	char *got = kit_digest(k);
	assert_string_equal(got, want);
	assert_true(kit_sound(k));
	/* It goes on, and once more. */
	txn = store_txn(k->st);
	fill(k, "/r/c", 3000);
	assert_true(store_txn(k->st) > txn);
	txn = store_txn(k->st);
	assert_int_equal(store_compact(k->st, &before, &after, &e), 0);
	assert_true(store_txn(k->st) > txn);
	txn = store_txn(k->st);
	kit_again(k);
	assert_int_equal(store_txn(k->st), txn);
	assert_true(kit_sound(k));
	free(got);
	free(want);
	free(path);
}

static void
what_a_killed_compaction_left_is_swept(void **state)
{
	struct kit *k = *state;
	struct err e = {0};
	uint64_t before, after;
	fill(k, "/r/a", 10);
	char *dir = xasprintf("%s/compact", k->dir), *file = xasprintf("%s/data.mdb", dir);
	assert_int_equal(mkdir(dir, 0700), 0);
	FILE *f = fopen(file, "w");
	fputs("half of it", f);
	fclose(f);
	assert_int_equal(store_compact(k->st, &before, &after, &e), 0);
	assert_int_equal(access(dir, F_OK), -1);
	free(dir);
	free(file);
}

/* Between the two renames the old data has the new table of readers: that must do, too. */
static void
compactions_that_are_killed_lose_nothing(void **state)
{
	struct kit *k = *state;
	struct err e = {0};
	uint64_t rng = 7, txn = 0;
	fill(k, "/r/a", 6000);
	char *want = kit_digest(k);
	uint64_t first = store_txn(k->st);
	for (int round = 0; round < 20; round++) {
		int status, fds[2];
		char c;
		assert_int_equal(pipe(fds), 0);
		store_close(k->st);
		k->st = NULL;
		fflush(NULL);
		pid_t pid = fork();
		if (!pid) {
			uint64_t before, after;
			if (store_open(k->dir, STORE_WRITE, &k->st, NULL, &e))
				_exit(1);
			while (!store_compact(k->st, &before, &after, &e))
				if (write(fds[1], "x", 1) != 1)
					break;
			_exit(2);
		}
		/* One comes to its end, the next doesn't. */
		assert_int_equal(read(fds[0], &c, 1), 1);
		usleep((useconds_t)kit_rand(&rng, 15000));
		kill(pid, SIGKILL);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status));
		close(fds[0]);
		close(fds[1]);
		struct str note = STR_INIT;
		assert_int_equal(store_open(k->dir, STORE_WRITE, &k->st, &note, &e), 0);
		assert_int_equal(note.len, 0);
		k->sink = store_sink(k->st, NULL);
		assert_true(store_txn(k->st) >= txn);
		txn = store_txn(k->st);
		char *got = kit_digest(k);
		assert_string_equal(got, want);
		free(got);
	}
	assert_true(kit_sound(k));
	assert_true(txn > first + 20); /* some came to their end */
	free(want);
}

/* Another process reads all the while: each snapshot is whole, ids never go back, and in the end it
 * sees what the writer wrote last. */
static void
read_along(const char *dir, int ready, int over)
{
	struct kit k = {.st = NULL};
	struct err e;
	uint64_t txn = 0, last = 0;
	char c;
	if (store_open(dir, STORE_READ, &k.st, NULL, &e) || write(ready, "x", 1) != 1)
		_exit(1);
	for (bool end = false; !end;) {
		end = read(over, &c, 1) == 1;
		struct snap *sn;
		struct run_info r;
		if (snap_begin(k.st, &sn, &e))
			_exit(2);
		if (snap_txn(sn) < txn)
			_exit(3);
		txn = snap_txn(sn);
		if (!snap_run_by_path(sn, "/r/a", &r) || r.points < last)
			_exit(4);
		last = r.points;
		uint32_t id = kit_series(sn, "/r/a", "x");
		struct err bad;
		struct point p[8];
		if (!id || snap_last(sn, id, 8, p, &bad) != 8 || p[7].value != p[7].step / 7.0)
			_exit(5);
		snap_end(sn);
	}
	_exit(last == 1050 && store_txn(k.st) == txn ? 0 : 6);
}

static void
readers_follow_a_compaction(void **state)
{
	struct kit *k = *state;
	struct err e = {0};
	int ready[2], over[2], status;
	uint64_t before, after;
	char c;
	uint32_t log = kit_log(k, "/r/a/m.csv", "/r/a"), x = kit_column(k, log, "x");
	for (int i = 0; i < 50; i++)
		kit_row1(k, log, i, x, i / 7.0);
	kit_commit(k);
	assert_int_equal(pipe(ready) | pipe2(over, O_NONBLOCK), 0);
	store_close(k->st); /* no environment goes through a fork */
	k->st = NULL;
	fflush(NULL);
	pid_t pid = fork();
	if (!pid)
		read_along(k->dir, ready[1], over[0]);
	assert_int_equal(read(ready[0], &c, 1), 1);
	assert_int_equal(store_open(k->dir, STORE_WRITE, &k->st, NULL, &e), 0);
	k->sink = store_sink(k->st, NULL);
	for (int round = 0; round < 20; round++) {
		log = kit_log(k, "/r/a/m.csv", "/r/a");
		x = kit_column(k, log, "x");
		for (int i = 0; i < 50; i++) {
			int step = 50 + round * 50 + i;
			kit_row1(k, log, step, x, step / 7.0);
			if (i % 10 == 9)
				kit_commit(k);
		}
		assert_int_equal(store_compact(k->st, &before, &after, &e), 0);
	}
	assert_int_equal(write(over[1], "x", 1), 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_true(kit_sound(k));
	for (int i = 0; i < 2; i++) {
		close(ready[i]);
		close(over[i]);
	}
}

/* ---- what it says ---------------------------------------------------------------------------- */

static void
stat_counts_what_there_is(void **state)
{
	struct kit *k = *state;
	struct err e = {0};
	struct store_stat s;
	fill(k, "/r/a", 9000);
	fill(k, "/r/b", 9000);
	k->sink->ops->skipped(k->sink, "/r/people.csv", "no log");
	k->sink->ops->root_add(k->sink, "/r");
	kit_commit(k);
	assert_int_equal(store_stat(k->st, &s, &e), 0);
	assert_int_equal(s.runs, 2);
	assert_int_equal(s.logs, 4);
	assert_int_equal(s.series, 4);
	assert_int_equal(s.points, 2 * (9000 + 9000 + 1));
	assert_true(s.file >= s.pages * s.page);
	assert_true(s.map >= s.file);
	uint64_t bytes = 0, sealed = 0, chunks = 0;
	for (int i = 0; i < s.nkinds; i++) {
		/* Who adds a type of key gives it a name. */
		assert_string_not_equal(s.kind[i].name, "other");
		assert_true(i == 0 || s.kind[i - 1].bytes >= s.kind[i].bytes);
		bytes += s.kind[i].bytes;
		if (strcmp(s.kind[i].name, "chunks") == 0)
			chunks = s.kind[i].records;
	}
	assert_true(bytes < s.pages * s.page);
	for (int i = 0; i < s.ncodecs; i++) {
		sealed += s.codec[i].points;
		chunks -= s.codec[i].records;
	}
	assert_int_equal(chunks, 0);
	assert_true(sealed <= s.points && sealed * 2 > s.points);
	assert_int_equal(s.nreaders, 1);
	assert_int_equal(s.reader[0].pid, getpid());
	free(s.reader);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, kit_setup, kit_teardown)
		T(a_forgotten_run_is_gone_and_the_others_are_as_they_were),
		T(what_is_forgotten_leaves_no_record),
		T(there_are_never_more_runs_than_is_said),
		T(no_byte_of_it_is_left_where_it_shared_a_record),
		T(a_forgotten_run_can_come_back),
		T(what_is_not_there_or_in_use_is_said),
		T(a_root_goes_and_what_was_read_of_it_stays),
		T(compacting_keeps_everything_and_gives_room_back),
		T(what_a_killed_compaction_left_is_swept),
		T(compactions_that_are_killed_lose_nothing),
		T(readers_follow_a_compaction),
		T(stat_counts_what_there_is),
	};

	return cmocka_run_group_tests_name("upkeep", tests, NULL, NULL);
}
