/* The first frame of the dashboard over many runs: from the start of the process to the first
 * write on its terminal, and to the first that shows a run. The viewer alone (--as-is): its
 * ingester is a process of its own. Warm, and with the store's pages dropped from memory; beside
 * the scan of as many records of 1 KB. The processor's time says more on a machine that others
 * use too.
 *
 *     MM=./mm b_store_frame [RUNS]...      10000 and 100000 unless given
 *
 * In $TMP, else /var/tmp: only a real disk can be cold. / */
#include "core/clock.h"
#include "core/xalloc.h"
#include "store/store.h"

#include <fcntl.h>
#include <ftw.h>
#include <lmdb.h>
#include <math.h>
#include <poll.h>
#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ROUNDS = 9, ROUNDS_COLD = 5, WAIT_MS = 20000 };

static char top[200];

static void
must(int rc, const struct err *e)
{
	if (rc)
		die("%s", e->text);
}

static int
remove_one(const char *path, const struct stat *sb, int type, struct FTW *ftw)
{
	(void)sb;
	(void)type;
	(void)ftw;
	return remove(path);
}

static void
make_store(const char *dir, int runs)
{
	struct store *st;
	struct err e;
	int lock;

	must(lock_take(dir, &lock, NULL, &e), &e);
	must(store_open(dir, STORE_WRITE, &st, NULL, &e), &e);
	struct sink *s = store_sink(st, NULL);
	for (int i = 0; i < runs; i++) {
		char path[64], run[64];
		struct log_desc d = {.path = path,
				     .run = run,
				     .prefix = "",
				     .format = "csv",
				     .rank = 3,
				     .reason = "bench"};
		snprintf(path, sizeof path, "/bench/run%06d/metrics.csv", i);
		snprintf(run, sizeof run, "/bench/run%06d", i);
		uint32_t log = s->ops->log_open(s, &d);
		uint32_t col[2] = {s->ops->column(s, log, "loss", 4),
				   s->ops->column(s, log, "val/acc", 7)};
		for (int64_t j = 0; j < 40; j++) {
			double v[2] = {exp(-(double)j / 20) + i % 7, (double)j / 50};
			int64_t at = 1700000000000000 + (i * INT64_C(60) + j * 2) * 1000000;
			struct row r = {.unit = STEP_STEP,
					.step = j,
					.wall_us = at,
					.arrival_us = at,
					.n = 2,
					.column = col,
					.value = v};
			s->ops->row(s, log, &r);
		}
		if (s->ops->pending(s) > 16u << 20)
			must(s->ops->commit(s, NULL, &e), &e);
	}
	s->ops->root_add(s, "/bench");
	must(s->ops->commit(s, NULL, &e), &e);
	store_close(st);
	lock_release(lock);
}

/* ---- one start ------------------------------------------------------------------------------- */

struct start {
	double first, shown, user, sys; /* ms; of the processor until it has left again */
	double faults;                  /* minor ones */
};

static pid_t
spawn(const char *dir, int *fd)
{
	struct winsize ws = {.ws_row = 40, .ws_col = 120};
	pid_t pid = forkpty(fd, NULL, NULL, &ws);

	if (pid < 0)
		die("no terminal");
	if (!pid) {
		const char *mm = getenv("MM");
		setenv("TERM", "xterm-256color", 1);
		setenv("LC_ALL", "C.UTF-8", 1);
		setenv("XDG_DATA_HOME", top, 1);
		setenv("XDG_CONFIG_HOME", top, 1);
		execl(mm, mm, "--store", dir, "--as-is", (char *)NULL);
		_exit(127);
	}
	return pid;
}

static double
ms_since(int64_t us)
{
	return (double)(clock_mono_us() - us) / 1000;
}

/* Reads until TEXT was shown, or the end if it is NULL. */
static void
read_until(int fd, const char *text, int64_t from, struct start *s)
{
	char buf[1 << 16];
	struct str all = STR_INIT;
	struct pollfd p = {.fd = fd, .events = POLLIN};

	while (poll(&p, 1, WAIT_MS) > 0) {
		ssize_t n = read(fd, buf, sizeof buf);
		if (n <= 0)
			break;
		if (!text)
			continue;
		if (!s->first)
			s->first = ms_since(from);
		str_add(&all, buf, (size_t)n);
		if (memmem(all.buf, all.len, text, strlen(text))) {
			s->shown = ms_since(from);
			break;
		}
	}
	str_release(&all);
}

static double
ms_of(const struct timeval *t)
{
	return (double)t->tv_sec * 1e3 + (double)t->tv_usec * 1e-3;
}

static struct start
start_once(const char *dir)
{
	struct start s = {0};
	struct rusage ru;
	int fd, status;
	int64_t from = clock_mono_us();
	pid_t pid = spawn(dir, &fd);

	read_until(fd, "run0", from, &s);
	if (!s.shown)
		die("no run was shown");
	if (write(fd, "q", 1) != 1)
		die("the terminal is gone");
	read_until(fd, NULL, from, &s);
	wait4(pid, &status, 0, &ru);
	close(fd);
	s.user = ms_of(&ru.ru_utime);
	s.sys = ms_of(&ru.ru_stime);
	s.faults = (double)ru.ru_minflt;
	return s;
}

/* No process maps it now, so the kernel lets go of its pages. */
static void
drop(const char *dir)
{
	char *path = xasprintf("%s/data.mdb", dir);
	int fd = open(path, O_RDONLY);

	if (fd < 0 || fdatasync(fd) || posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED))
		die("%s", path);
	close(fd);
	free(path);
}

static int
by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* V is sorted. */
static double
median(double *v, int n)
{
	qsort(v, (size_t)n, sizeof *v, by_value);
	return v[n / 2];
}

static void
time_starts(const char *dir, const char *what, int rounds, bool cold, int aim_ms)
{
	double first[ROUNDS], shown[ROUNDS], user[ROUNDS], sys[ROUNDS], faults[ROUNDS];

	for (int i = 0; i < rounds; i++) {
		if (cold)
			drop(dir);
		struct start s = start_once(dir);
		first[i] = s.first;
		shown[i] = s.shown;
		user[i] = s.user;
		sys[i] = s.sys;
		faults[i] = s.faults;
	}
	double middle = median(shown, rounds);
	printf("       %s: first write %.1f ms, first run shown best %.1f, median %.1f ms; the aim "
	       "is %d\n             of the processor, to its end: %.1f ms, and %.1f in the kernel, "
	       "%.0f faults\n",
	       what, median(first, rounds), shown[0], middle, aim_ms, median(user, rounds),
	       median(sys, rounds), median(faults, rounds));
}

/* ---- the limit ------------------------------------------------------------------------------- */

static double
limit_ms(int n)
{
	static char value[1000];
	MDB_env *env;
	MDB_txn *txn;
	MDB_dbi dbi;
	MDB_cursor *cur;
	MDB_val k, v;
	char dir[240];
	unsigned sum = 0;

	snprintf(dir, sizeof dir, "%s/table", top);
	mkdir(dir, 0700);
	mdb_env_create(&env);
	mdb_env_set_mapsize(env, (size_t)8 << 30);
	if (mdb_env_open(env, dir, MDB_NOSYNC, 0600))
		die("lmdb");
	mdb_txn_begin(env, NULL, 0, &txn);
	mdb_dbi_open(txn, NULL, 0, &dbi);
	for (int i = 0; i < n; i++) {
		uint32_t key = __builtin_bswap32((uint32_t)i);
		k = (MDB_val){sizeof key, &key};
		v = (MDB_val){sizeof value, value};
		mdb_put(txn, dbi, &k, &v, MDB_APPEND);
	}
	mdb_txn_commit(txn);
	mdb_env_close(env);
	int64_t from = clock_mono_us();
	mdb_env_create(&env);
	mdb_env_set_mapsize(env, (size_t)8 << 30);
	if (mdb_env_open(env, dir, MDB_RDONLY, 0600))
		die("lmdb");
	mdb_txn_begin(env, NULL, MDB_RDONLY, &txn);
	mdb_dbi_open(txn, NULL, 0, &dbi);
	mdb_cursor_open(txn, dbi, &cur);
	while (!mdb_cursor_get(cur, &k, &v, MDB_NEXT))
		for (size_t i = 0; i < v.mv_size; i += 64)
			sum += ((unsigned char *)v.mv_data)[i];
	mdb_cursor_close(cur);
	mdb_txn_abort(txn);
	double ms = ms_since(from);
	mdb_env_close(env);
	nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	return sum ? 0 : ms;
}

static void
bench(int runs)
{
	char dir[240];

	snprintf(dir, sizeof dir, "%s/store", top);
	make_store(dir, runs);
	printf("frame  over %d runs; limit: a store opened and as many records of 1 KB scanned: "
	       "%.1f ms\n",
	       runs, limit_ms(runs));
	time_starts(dir, "warm", ROUNDS, false, runs > 10000 ? 150 : 40);
	time_starts(dir, "cold", ROUNDS_COLD, true, runs > 10000 ? 400 : 120);
	nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

int
main(int argc, char **argv)
{
	const char *tmp = getenv("TMP");

	if (!getenv("MM"))
		die("MM is not set: which mm is to be started?");
	snprintf(top, sizeof top, "%s/b_store_frame-XXXXXX", tmp ? tmp : "/var/tmp");
	if (!mkdtemp(top))
		die("%s", top);
	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("in %s\n", top);
	if (argc < 2) {
		bench(10000);
		bench(100000);
	}
	for (int i = 1; i < argc; i++)
		bench((int)strtol(argv[i], NULL, 10));
	nftw(top, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	return 0;
}
