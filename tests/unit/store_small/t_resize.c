/* The map is 128 KB here, so it is soon too small: the commit runs again, and readers follow. */
#include "tests/unit/store_kit.h"

#include "core/xalloc.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { ROWS = 6000 };

static void
rows(struct kit *k, int from, int to)
{
	uint32_t log = kit_log(k, "/r/a/m.csv", "/r/a"), c = kit_column(k, log, "x");

	for (int i = from; i < to; i++) {
		/* What no codec makes small. */
		uint64_t rng = (uint64_t)i * 1099511628211u + 1;
		kit_row1(k, log, i, c, (double)kit_rand(&rng, UINT64_C(1) << 53));
	}
	struct cursor cur = {.offset = (uint64_t)to, .size = (uint64_t)to};
	k->sink->ops->mark(k->sink, log, &cur);
	kit_commit(k);
}

static uint64_t
map_of(struct kit *k)
{
	struct store_stat s;
	struct err e = {0};

	assert_int_equal(store_stat(k->st, &s, &e), 0);
	free(s.reader);
	return s.map;
}

static bool
exactly(struct kit *k, size_t want)
{
	struct snap *sn = kit_snap(k);
	size_t n;
	struct point *p = kit_points(sn, kit_series(sn, "/r/a", "x"), 0, &n);
	bool good = n == want;

	for (size_t i = 0; i < n && good; i++) {
		uint64_t rng = i * 1099511628211u + 1;
		good = p[i].step == (int64_t)i &&
		       p[i].value == (double)kit_rand(&rng, UINT64_C(1) << 53);
	}
	free(p);
	snap_end(sn);
	return good;
}

static void
a_commit_that_does_not_fit_runs_again_and_doubles_nothing(void **state)
{
	struct kit *k = *state;
	uint64_t map = map_of(k);

	rows(k, 0, 10);
	assert_int_equal(map_of(k), map);
	rows(k, 10, ROWS); /* one commit larger than the map */
	assert_true(map_of(k) > map);
	assert_true(exactly(k, ROWS));
	assert_true(kit_sound(k));
	map = map_of(k);
	for (int i = 0; i < 40; i++)
		rows(k, ROWS + i * 100, ROWS + (i + 1) * 100);
	assert_true(exactly(k, ROWS + 4000));
	assert_true(kit_sound(k));
	kit_again(k);
	assert_true(exactly(k, ROWS + 4000));
}

/* Reads as many points as the writer says that there are, again and again. */
static void
read_along(const char *dir, int told, int answer)
{
	struct kit k = {.lock = -1};
	struct err e;
	int n;

	if (store_open(dir, STORE_READ, &k.st, NULL, &e))
		_exit(1);
	while (read(told, &n, sizeof n) == sizeof n) {
		if (n && !exactly(&k, (size_t)n))
			_exit(2);
		if (write(answer, "x", 1) != 1)
			_exit(3);
	}
	_exit(map_of(&k) > 128 << 10 ? 0 : 4);
}

static void
tell(int fd, int answer, int n)
{
	char c;

	assert_int_equal(write(fd, &n, sizeof n), sizeof n);
	assert_int_equal(read(answer, &c, 1), 1);
}

static void
a_reader_follows_a_map_that_the_writer_grew(void **state)
{
	struct kit *k = *state;
	struct err e = {0};
	int told[2], answer[2], status;

	rows(k, 0, 10);
	store_close(k->st); /* no environment goes through a fork */
	k->st = NULL;
	assert_int_equal(pipe(told) | pipe(answer), 0);
	fflush(NULL);
	pid_t pid = fork();
	if (!pid) {
		close(told[1]);
		read_along(k->dir, told[0], answer[1]);
	}
	close(answer[1]);
	tell(told[1], answer[0], 10);
	assert_int_equal(store_open(k->dir, STORE_WRITE, &k->st, NULL, &e), 0);
	k->sink = store_sink(k->st, NULL);
	for (int n = 10; n < ROWS; n += 599) {
		rows(k, n, n + 599);
		tell(told[1], answer[0], n + 599);
	}
	close(told[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	close(told[0]);
	close(answer[0]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, kit_setup, kit_teardown)
		T(a_commit_that_does_not_fit_runs_again_and_doubles_nothing),
		T(a_reader_follows_a_map_that_the_writer_grew),
	};

	return cmocka_run_group_tests_name("resize", tests, NULL, NULL);
}
