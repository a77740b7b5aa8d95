/* The store's speed, each figure beside a limit measured in the same run: rows in, bytes a point,
 * charts and lists out. Times are by the clock and, in brackets, of the processor alone, which says
 * more on a machine that others use too.
 *
 *     b_store [POINTS [PART]...]   the largest series queried, 10^8 unless given; some parts only
 *
 * In $TMP (a memory disk shows the work, a real one adds its syncs).
 */
#include "core/xalloc.h"
#include "store/chunk.h"
#include "store/pyramid.h"
#include "store/store.h"

#include <fcntl.h>
#include <ftw.h>
#include <lmdb.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static char top[200];

static double
now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + 1e-9 * (double)ts.tv_nsec;
}

/* Of the processor alone: what it takes, whoever else is there. */
static double
now_cpu(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec + 1e-9 * (double)ts.tv_nsec;
}

/* Private memory in MB: pages of the map are not counted, they are the kernel's to take back. */
static double
memory(void)
{
	char line[200];
	double kb = 0;
	FILE *f = fopen("/proc/self/status", "r");

	while (f && fgets(line, sizeof line, f))
		if (!strncmp(line, "RssAnon:", 8))
			kb = strtod(line + 8, NULL);
	if (f)
		fclose(f);
	return kb / 1024;
}

static double memory_most;

static void
memory_look(void)
{
	double m = memory();

	memory_most = m > memory_most ? m : memory_most;
}

static uint64_t rng = 88172645463325252u;

static double
uniform(void)
{
	rng ^= rng << 13;
	rng ^= rng >> 7;
	rng ^= rng << 17;
	return (double)(rng >> 11) / 9007199254740992.0;
}

static double
gauss(void)
{
	return sqrt(-2 * log(uniform() + 1e-300)) * cos(6.283185307179586 * uniform());
}

static int
remove_one(const char *path, const struct stat *sb, int type, struct FTW *ftw)
{
	(void)sb;
	(void)type;
	(void)ftw;
	return remove(path);
}

/* ---- a store --------------------------------------------------------------------------------- */

struct bench {
	char dir[220];
	int lock;
	struct store *st;
	struct sink *s;
	int64_t last_wall; /* of the points, if make_long made them */
};

static void
must(int rc, const struct err *e)
{
	if (rc)
		die("%s", e->text);
}

static void
begin_in(struct bench *b, const char *name)
{
	struct err e;

	snprintf(b->dir, sizeof b->dir, "%s/%s", top, name);
	must(lock_take(b->dir, &b->lock, NULL, &e), &e);
	must(store_open(b->dir, STORE_WRITE, &b->st, NULL, &e), &e);
	b->s = store_sink(b->st, NULL);
}

static void
begin(struct bench *b)
{
	begin_in(b, "store");
}

static void
end(struct bench *b)
{
	store_close(b->st);
	lock_release(b->lock);
	nftw(b->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void
commit(struct bench *b)
{
	struct err e;

	must(b->s->ops->commit(b->s, NULL, &e), &e);
}

static uint32_t
open_log(struct bench *b, int i)
{
	char path[64], run[64];
	struct log_desc d = {.path = path,
			     .run = run,
			     .prefix = "",
			     .format = "csv",
			     .rank = 3,
			     .reason = "bench"};

	snprintf(path, sizeof path, "/bench/run%06d/metrics.csv", i);
	snprintf(run, sizeof run, "/bench/run%06d", i);
	return b->s->ops->log_open(b->s, &d);
}

static uint32_t
open_column(struct bench *b, uint32_t log, int i)
{
	char name[32];
	int n = snprintf(name, sizeof name, "metric_%04d", i);

	return b->s->ops->column(b->s, log, name, (size_t)n);
}

static size_t
file_size(struct bench *b)
{
	char path[240];
	struct stat sb;

	snprintf(path, sizeof path, "%s/data.mdb", b->dir);
	return stat(path, &sb) ? 0 : (size_t)sb.st_size;
}

/* ---- rows in --------------------------------------------------------------------------------- */

static double
fake_loss(int64_t i)
{
	return 2.5 * exp(-(double)i / 3e4) + 0.1 + 0.03 * gauss();
}

struct rate {
	double wall, cpu; /* seconds */
	double points;
};

static double
by_clock(const struct rate *r)
{
	return r->points / r->wall / 1e6;
}

static double
by_cpu(const struct rate *r)
{
	return r->points / r->cpu / 1e6;
}

/* One point a key, as a naive store would have it. */
static struct rate
limit_keys(int series, int per_commit, int commits, unsigned flags)
{
	MDB_env *env;
	MDB_txn *txn;
	MDB_dbi dbi;
	char dir[240];
	int64_t at = 0;

	snprintf(dir, sizeof dir, "%s/keys", top);
	mkdir(dir, 0700);
	mdb_env_create(&env);
	mdb_env_set_mapsize(env, (size_t)8 << 30);
	if (mdb_env_open(env, dir, flags, 0600))
		die("lmdb");
	struct rate r = {now(), now_cpu(), (double)per_commit * commits};
	for (int i = 0; i < commits; i++) {
		mdb_txn_begin(env, NULL, 0, &txn);
		mdb_dbi_open(txn, NULL, 0, &dbi);
		for (int j = 0; j < per_commit; j++, at++) {
			uint64_t key[2] = {__builtin_bswap64((uint64_t)(at % series)),
					   __builtin_bswap64((uint64_t)(at / series))};
			double v[2] = {(double)at, 1};
			MDB_val k = {sizeof key, key}, d = {sizeof v, v};
			mdb_put(txn, dbi, &k, &d, 0);
		}
		if (mdb_txn_commit(txn))
			die("lmdb");
	}
	r.wall = now() - r.wall;
	r.cpu = now_cpu() - r.cpu;
	mdb_env_close(env);
	nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	return r;
}

/* LOGS logs of COLUMNS columns; a commit takes rows of as many logs, in turn, as make PER_COMMIT
 * points. */
static void
bench_live(int logs, int columns, int per_commit, int commits)
{
	struct bench b;
	uint32_t *id = xcalloc((size_t)logs, sizeof *id),
		 *col = xcalloc((size_t)columns, sizeof *col);
	double *value = xcalloc((size_t)columns, sizeof *value);
	int64_t at = 0;

	begin(&b);
	for (int i = 0; i < logs; i++) {
		id[i] = open_log(&b, i);
		for (int j = 0; j < columns; j++)
			col[j] = open_column(&b, id[i], j);
	}
	commit(&b);
	/* What is handed over is made before. */
	enum { LOSSES = 4096 };
	static double loss[LOSSES];
	for (int i = 0; i < LOSSES; i++)
		loss[i] = (double)(float)fake_loss(i);
	struct rate rate = {now(), now_cpu(), (double)per_commit * commits};
	double worst = 0;
	for (int i = 0; i < commits; i++) {
		double t1 = now();
		for (int n = 0; n < per_commit; n += columns, at++) {
			struct row r = {.unit = STEP_STEP,
					.step = at / logs,
					.wall_us = 1700000000000000 + at * 1000,
					.arrival_us = 1700000000000000 + at * 1000,
					.n = (unsigned)columns,
					.column = col,
					.value = value};
			for (int j = 0; j < columns; j++)
				value[j] = loss[(at + j * 7) % LOSSES];
			b.s->ops->row(b.s, id[at % logs], &r);
		}
		struct cursor c = {.offset = (uint64_t)i * 100, .size = (uint64_t)i * 100};
		b.s->ops->mark(b.s, id[(at - 1) % logs], &c);
		commit(&b);
		t1 = now() - t1;
		worst = t1 > worst ? t1 : worst;
	}
	rate.wall = now() - rate.wall;
	rate.cpu = now_cpu() - rate.cpu;
	printf("live   %4d logs x %4d columns, %5d points a commit: %7.3f (%.3f) M points/s, worst "
	       "commit %.1f ms, %.1f B/point\n",
	       logs, columns, per_commit, by_clock(&rate), by_cpu(&rate), worst * 1e3,
	       (double)file_size(&b) / rate.points);
	end(&b);
	struct rate same = limit_keys(logs * columns, per_commit, commits / 4 + 1, MDB_NOMETASYNC),
		    free_run = limit_keys(logs * columns, per_commit, commits / 4 + 1, MDB_NOSYNC);
	printf("       limit: a key a point %.3f (%.3f), without any sync %.3f (%.3f) M/s: %.1f "
	       "(%.1f) times as many\n",
	       by_clock(&same), by_cpu(&same), by_clock(&free_run), by_cpu(&free_run),
	       by_clock(&rate) / by_clock(&same), by_cpu(&rate) / by_cpu(&same));
	free(id);
	free(col);
	free(value);
}

/* As the ingester does it. */
#define BULK ((size_t)4 << 20)

enum kind { K_4DIGITS, K_6DIGITS, K_FLOAT, K_DOUBLE, K_ACCURACY, K_CONSTANT, K_N };
static const char *const kind_names[] = {"%.4f", "%.6g", "float", "double", "k/1000", "constant"};

static double
value_of(enum kind k, int64_t i)
{
	char text[40];
	double v = fake_loss(i);

	switch (k) {
	case K_4DIGITS:
		return nearbyint(v * 1e4) / 1e4;
	case K_6DIGITS:
		snprintf(text, sizeof text, "%.6g", v);
		return strtod(text, NULL);
	case K_FLOAT:
		return (double)(float)v;
	case K_ACCURACY:
		return nearbyint(1000 * (0.9 - 0.8 * exp(-(double)i / 1e5) + 0.01 * gauss())) /
		       1000;
	case K_CONSTANT:
		return 1e-3;
	default:
		return v;
	}
}

/* Bytes of one kind, as pages where its records fill them. */
static double
kind_bytes(const struct store_stat *st, const char *name)
{
	for (int i = 0; i < st->nkinds; i++)
		if (!strcmp(st->kind[i].name, name))
			return (double)st->kind[i].bytes;
	return 0;
}

static void
bench_bulk(enum kind kind, int64_t rows)
{
	enum { COLUMNS = 20 };
	struct bench b;
	struct store_stat st;
	struct err e;
	uint32_t col[COLUMNS];
	double *values = xcalloc((size_t)rows, sizeof *values), v[COLUMNS];
	int64_t *walls = xcalloc((size_t)rows, sizeof *walls), wall = 1700000000000000;

	for (int64_t i = 0; i < rows; i++) {
		values[i] = value_of(kind, i);
		walls[i] = wall += 50000 + (int64_t)(uniform() * 5000);
	}
	begin(&b);
	uint32_t log = open_log(&b, 0);
	for (int j = 0; j < COLUMNS; j++)
		col[j] = open_column(&b, log, j);
	commit(&b);
	double empty = (double)file_size(&b), before = memory();
	struct rate rate = {now(), now_cpu(), (double)rows * COLUMNS};
	memory_most = before;
	for (int64_t i = 0; i < rows; i++) {
		struct row r = {.unit = STEP_STEP,
				.step = i,
				.wall_us = walls[i],
				.arrival_us = walls[i],
				.n = COLUMNS,
				.column = col,
				.value = v};
		for (int j = 0; j < COLUMNS; j++)
			v[j] = values[(i + j * 977) % rows];
		b.s->ops->row(b.s, log, &r);
		if (b.s->ops->pending(b.s) > BULK) {
			memory_look();
			commit(&b);
			memory_look();
		}
	}
	commit(&b);
	rate.wall = now() - rate.wall;
	rate.cpu = now_cpu() - rate.cpu;
	must(store_stat(b.st, &st, &e), &e);
	free(st.reader);
	double axes = kind_bytes(&st, "axes");
	printf("bulk   %-8s %6.2f (%.2f) M points/s, %6.3f B/point without its axis (%.2f B/row), "
	       "%.3f with all, private memory +%.1f MB\n",
	       kind_names[kind], by_clock(&rate), by_cpu(&rate),
	       ((double)file_size(&b) - empty - axes) / rate.points, axes / (double)rows,
	       ((double)file_size(&b) - empty) / rate.points, memory_most - before);
	end(&b);
	free(values);
	free(walls);
}

/* ---- charts out ------------------------------------------------------------------------------ */

static double
limit_scan(int64_t n)
{
	double *v = xmalloc((size_t)n * sizeof *v), lo = INFINITY, hi = -INFINITY, best = INFINITY;

	for (int64_t i = 0; i < n; i++)
		v[i] = (double)(i % 977);
	for (int round = 0; round < 5; round++) {
		double t = now();
		for (int64_t i = 0; i < n; i++) {
			lo = v[i] < lo ? v[i] : lo;
			hi = v[i] > hi ? v[i] : hi;
		}
		t = now() - t;
		best = t < best ? t : best;
	}
	free(v);
	return lo < hi ? best : 0;
}

static int
by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* N values of SIZE bytes under (KIND, number). */
static void
put_values(MDB_env *env, uint32_t kind, uint32_t n, size_t size)
{
	MDB_txn *txn = NULL;
	MDB_dbi dbi;

	for (uint32_t i = 0; i < n; i++) {
		uint32_t key[2] = {__builtin_bswap32(kind), __builtin_bswap32(i)};
		MDB_val k = {sizeof key, key}, v = {size, NULL};
		if (!txn && (mdb_txn_begin(env, NULL, 0, &txn) || mdb_dbi_open(txn, NULL, 0, &dbi)))
			die("lmdb");
		if (mdb_put(txn, dbi, &k, &v, MDB_RESERVE | MDB_APPEND))
			die("lmdb");
		memset(v.mv_data, (int)i, size);
		if (i + 1 == n || i % 8192 == 8191) {
			if (mdb_txn_commit(txn))
				die("lmdb");
			txn = NULL;
		}
	}
}

static uint64_t
read_value(MDB_txn *txn, MDB_dbi dbi, uint32_t kind, uint32_t i, size_t from, size_t n)
{
	uint32_t key[2] = {__builtin_bswap32(kind), __builtin_bswap32(i)};
	MDB_val k = {sizeof key, key}, v;
	uint64_t sum = 0, word;

	if (mdb_get(txn, dbi, &k, &v) || v.mv_size < from + n)
		die("lmdb");
	for (size_t at = from; at + 8 <= from + n; at += 8) {
		memcpy(&word, (const char *)v.mv_data + at, sizeof word);
		sum += word;
	}
	return sum;
}

/* What no tree of chunks and nodes as the store has them gets around: to find, for each border
 * between columns, the block of nodes and the chunk that it goes through, and to read the nodes,
 * the chunk's directory and one block of its values. Nothing is checked, decoded or summed up. */
static double
limit_borders(int64_t points, uint32_t columns)
{
	enum { CHUNK_HOLDS = 1100, DIRECTORY = 512, BLOCK = 384, ROUNDS = 201 };
	static double t[ROUNDS];
	uint32_t chunks = (uint32_t)(points / CHUNK_HOLDS), blocks = chunks / NODE_FAN + 1;
	MDB_env *env;
	MDB_txn *txn;
	MDB_dbi dbi;
	char dir[240];
	uint64_t sum = 0;

	snprintf(dir, sizeof dir, "%s/borders", top);
	mkdir(dir, 0700);
	mdb_env_create(&env);
	mdb_env_set_mapsize(env, (size_t)8 << 30);
	if (mdb_env_open(env, dir, MDB_NOSYNC, 0600))
		die("lmdb");
	put_values(env, 0, chunks, CHUNK_BYTES + 4);
	put_values(env, 1, blocks, (size_t)NODE_FAN * NODE_BYTES + 4);
	for (int round = 0; round < ROUNDS; round++) {
		uint32_t seen = UINT32_MAX, opened = UINT32_MAX;
		double begun = now_cpu();
		if (mdb_txn_begin(env, NULL, MDB_RDONLY, &txn) || mdb_dbi_open(txn, NULL, 0, &dbi))
			die("lmdb");
		for (uint32_t i = 1; i < columns; i++) {
			uint32_t c = (uint32_t)((uint64_t)chunks * i / columns);
			if (c / NODE_FAN != opened)
				sum += read_value(txn, dbi, 1, opened = c / NODE_FAN, 0,
						  (size_t)NODE_FAN * NODE_BYTES);
			if (c != seen)
				sum += read_value(txn, dbi, 0, seen = c, CHUNK_BYTES - DIRECTORY,
						  DIRECTORY);
			sum += read_value(txn, dbi, 0, c, i % 8 * BLOCK, BLOCK);
		}
		mdb_txn_abort(txn);
		t[round] = now_cpu() - begun;
	}
	mdb_env_close(env);
	nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	qsort(t, ROUNDS, sizeof *t, by_value);
	return sum ? t[ROUNDS / 2] : 0;
}

/* Seconds of the processor for one chart of all points. */
static double
time_whole(const struct bench *b, uint32_t series, int64_t n)
{
	static struct column out[200];
	struct span sp = {.x1 = (double)n, .columns = 200};
	struct snap *sn;
	struct err e;
	double begun = now_cpu();

	must(snap_begin(b->st, &sn, &e), &e);
	must(snap_columns(sn, series, &sp, out, &e), &e);
	snap_end(sn);
	return now_cpu() - begun;
}

/* How much longer a chart of N points takes than one of FEW, asked in turn, so that both have the
 * same minute of the machine: the median of the pairs. */
static double
ratio_of_charts(const struct bench *b, uint32_t series, int64_t n, const struct bench *less,
		uint32_t of_less, int64_t few)
{
	enum { ROUNDS = 501 };
	static double ratio[ROUNDS];

	for (int i = 0; i < ROUNDS; i++) {
		double t[2];
		/* The first of each is for the caches. */
		for (int k = 0; k < 2; k++)
			t[0] = time_whole(less, of_less, few);
		for (int k = 0; k < 2; k++)
			t[1] = time_whole(b, series, n);
		ratio[i] = t[1] / t[0];
	}
	qsort(ratio, ROUNDS, sizeof *ratio, by_value);
	return ratio[ROUNDS / 2];
}

static void
time_query(struct bench *b, uint32_t series, const char *what, struct span sp)
{
	enum { ROUNDS = 201 };
	static double t[ROUNDS], cpu[ROUNDS];
	static struct column out[1000];
	struct err e;

	for (int i = 0; i < ROUNDS; i++) {
		struct snap *sn;
		double begun = now_cpu();
		t[i] = now();
		must(snap_begin(b->st, &sn, &e), &e);
		must(snap_columns(sn, series, &sp, out, &e), &e);
		snap_end(sn);
		t[i] = now() - t[i];
		cpu[i] = now_cpu() - begun;
		if (i == 0)
			printf("       %-18s first %7.3f ms", what, t[0] * 1e3);
	}
	qsort(t, ROUNDS, sizeof *t, by_value);
	qsort(cpu, ROUNDS, sizeof *cpu, by_value);
	printf(", p50 %.3f, p99 %.3f ms (of the processor least %.3f, p50 %.3f, p99 %.3f)\n",
	       t[ROUNDS / 2] * 1e3, t[ROUNDS * 99 / 100] * 1e3, cpu[0] * 1e3, cpu[ROUNDS / 2] * 1e3,
	       cpu[ROUNDS * 99 / 100] * 1e3);
}

/* A store of one series of N points; returns the series. */
static uint32_t
make_long(struct bench *b, const char *name, int64_t n)
{
	struct err e;
	struct run_info run;
	struct series_info s;
	struct snap *sn;
	int64_t wall = 1700000000000000;

	begin_in(b, name);
	uint32_t log = open_log(b, 0), col = open_column(b, log, 0);
	for (int64_t i = 0; i < n; i++) {
		double v = (double)(float)(i % 64 ? fake_loss(i) : uniform());
		wall += 50000 + (int64_t)(rng % 5000);
		struct row r = {.unit = STEP_STEP,
				.step = i,
				.wall_us = wall,
				.arrival_us = wall,
				.n = 1,
				.column = &col,
				.value = &v};
		b->s->ops->row(b->s, log, &r);
		if (b->s->ops->pending(b->s) > BULK)
			commit(b);
	}
	commit(b);
	must(snap_begin(b->st, &sn, &e), &e);
	if (!snap_run_by_path(sn, "/bench/run000000", &run) ||
	    !snap_series_find(sn, run.id, "metric_0000", &s))
		die("no series");
	snap_end(sn);
	b->last_wall = wall;
	return s.id;
}

static void
bench_query(int64_t n, const struct bench *less, uint32_t of_less, int64_t few)
{
	struct bench b;
	double t = now();
	uint32_t s = make_long(&b, "store", n);

	printf("chart  of %.0e points (written at %.1f M/s, %.2f B/point with its axis)\n",
	       (double)n, (double)n / (now() - t) / 1e6, (double)file_size(&b) / (double)n);
	time_query(&b, s, "all, 200 columns", (struct span){.x1 = (double)n, .columns = 200});
	time_query(&b, s, "all, 400 columns", (struct span){.x1 = (double)n, .columns = 400});
	time_query(&b, s, "all, by time",
		   (struct span){.axis = AXIS_WALL,
				 .x0 = 1.7e15,
				 .x1 = (double)b.last_wall,
				 .columns = 200});
	time_query(&b, s, "all, log x",
		   (struct span){.x1 = (double)n, .columns = 200, .logx = true});
	time_query(&b, s, "a hundredth",
		   (struct span){.x0 = (double)n / 3, .x1 = (double)n / 3 * 1.03, .columns = 200});
	printf("       all, 200 columns: %.2f times as long as of %.0e points, asked in turn\n",
	       ratio_of_charts(&b, s, n, less, of_less, few), (double)few);
	printf("       limit: a scan of as many doubles in memory: %.3f ms; what the borders of "
	       "200 columns lie in, found and read: %.3f ms\n",
	       limit_scan(n) * 1e3, limit_borders(n, 200) * 1e3);
	end(&b);
}

/* RUNS runs of N points each, all drawn over one another. */
static void
bench_overlay(int runs, int n)
{
	struct bench b;
	struct err e;
	struct snap *sn;
	static struct column out[200];
	struct span sp = {.x1 = n, .columns = 200};

	begin(&b);
	for (int i = 0; i < runs; i++) {
		uint32_t log = open_log(&b, i), col = open_column(&b, log, 0);
		for (int64_t j = 0; j < n; j++) {
			double v = (double)(float)fake_loss(j);
			struct row r = {.unit = STEP_STEP,
					.step = j,
					.wall_us = 1700000000000000 + j * 50000,
					.n = 1,
					.column = &col,
					.value = &v};
			b.s->ops->row(b.s, log, &r);
		}
		if (b.s->ops->pending(b.s) > 16u << 20)
			commit(&b);
	}
	commit(&b);
	double best = INFINITY, cpu = INFINITY;
	for (int round = 0; round < 5; round++) {
		double t = now(), c = now_cpu();
		must(snap_begin(b.st, &sn, &e), &e);
		for (int i = 0; i < runs; i++)
			must(snap_columns(sn, (uint32_t)i + 1, &sp, out, &e), &e);
		snap_end(sn);
		t = now() - t;
		c = now_cpu() - c;
		best = t < best ? t : best;
		cpu = c < cpu ? c : cpu;
	}
	printf("chart  %d runs of %d points over one another, 200 columns: %.1f (%.1f) ms\n", runs,
	       n, best * 1e3, cpu * 1e3);
	end(&b);
}

/* ---- lists out ------------------------------------------------------------------------------- */

static int
count_run(void *ctx, const struct run_info *r)
{
	*(uint64_t *)ctx += r->points;
	return 0;
}

static double
limit_table(int n, size_t size)
{
	MDB_env *env;
	MDB_txn *txn;
	MDB_dbi dbi;
	MDB_cursor *cur;
	MDB_val k, v;
	char dir[240];
	double best = INFINITY;
	unsigned sum = 0;

	snprintf(dir, sizeof dir, "%s/table", top);
	mkdir(dir, 0700);
	mdb_env_create(&env);
	mdb_env_set_mapsize(env, (size_t)8 << 30);
	if (mdb_env_open(env, dir, MDB_NOSYNC, 0600))
		die("lmdb");
	mdb_txn_begin(env, NULL, 0, &txn);
	mdb_dbi_open(txn, NULL, 0, &dbi);
	char *value = xcalloc(1, size);
	for (int i = 0; i < n; i++) {
		uint32_t key = __builtin_bswap32((uint32_t)i);
		k = (MDB_val){sizeof key, &key};
		v = (MDB_val){size, value};
		mdb_put(txn, dbi, &k, &v, 0);
	}
	mdb_txn_commit(txn);
	for (int round = 0; round < 5; round++) {
		double t = now();
		mdb_txn_begin(env, NULL, MDB_RDONLY, &txn);
		mdb_cursor_open(txn, dbi, &cur);
		while (!mdb_cursor_get(cur, &k, &v, MDB_NEXT))
			for (size_t i = 0; i < v.mv_size; i += 64)
				sum += ((unsigned char *)v.mv_data)[i];
		mdb_cursor_close(cur);
		mdb_txn_abort(txn);
		t = now() - t;
		best = t < best ? t : best;
	}
	mdb_env_close(env);
	free(value);
	nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	return sum == 1 ? 0 : best;
}

static void
bench_runs(int n)
{
	struct bench b;
	struct err e;
	struct snap *sn;
	uint64_t points = 0;
	double best = INFINITY, cpu = INFINITY, first = 0;

	begin(&b);
	for (int i = 0; i < n; i++) {
		uint32_t log = open_log(&b, i), col[2] = {open_column(&b, log, 0), 0};
		col[1] = b.s->ops->column(b.s, log, "loss", 4);
		for (int64_t j = 0; j < 40; j++) {
			double v[2] = {fake_loss(j), fake_loss(j)};
			struct row r = {.unit = STEP_STEP,
					.step = j,
					.wall_us = 1700000000000000 + j * 2000000,
					.n = 2,
					.column = col,
					.value = v};
			b.s->ops->row(b.s, log, &r);
		}
		if (b.s->ops->pending(b.s) > 16u << 20)
			commit(&b);
	}
	commit(&b);
	store_close(b.st);
	double t = now();
	must(store_open(b.dir, STORE_READ, &b.st, NULL, &e), &e);
	double open = now() - t;
	for (int round = 0; round < 7; round++) {
		double c = now_cpu();
		t = now();
		must(snap_begin(b.st, &sn, &e), &e);
		snap_runs(sn, count_run, &points);
		snap_end(sn);
		t = now() - t;
		c = now_cpu() - c;
		if (round == 0)
			first = t;
		best = t < best ? t : best;
		cpu = c < cpu ? c : cpu;
	}
	printf("runs   %d: open %.2f ms, list first %.2f ms, then %.2f (%.2f) ms; limit: a scan "
	       "of 1 KB records %.2f ms\n",
	       n, open * 1e3, first * 1e3, best * 1e3, cpu * 1e3, limit_table(n, 1000) * 1e3);
	end(&b);
}

static int
count_series(void *ctx, const struct series_info *s)
{
	*(uint64_t *)ctx += s->now.points;
	return 0;
}

static void
bench_series(int n)
{
	struct bench b;
	struct err e;
	struct snap *sn;
	struct run_info run;
	uint32_t *col = xcalloc((size_t)n, sizeof *col);
	double *v = xcalloc((size_t)n, sizeof *v);
	uint64_t points = 0;

	begin(&b);
	uint32_t log = open_log(&b, 0);
	double t = now();
	for (int i = 0; i < n; i++)
		col[i] = open_column(&b, log, i);
	struct row r = {.unit = STEP_STEP, .n = (unsigned)n, .column = col, .value = v};
	b.s->ops->row(b.s, log, &r);
	commit(&b);
	double made = now() - t, worst = 0, sum = 0;
	for (int i = 1; i < 200; i++) {
		t = now();
		r.step = i;
		b.s->ops->row(b.s, log, &r);
		commit(&b);
		t = now() - t;
		sum += t;
		worst = t > worst ? t : worst;
	}
	t = now();
	must(snap_begin(b.st, &sn, &e), &e);
	snap_run_by_path(sn, "/bench/run000000", &run);
	snap_series(sn, run.id, count_series, &points);
	snap_end(sn);
	t = now() - t;
	printf("wide   a run of %d series: made in %.1f ms, a row and its commit %.2f ms (worst "
	       "%.1f), listed in %.1f ms\n",
	       n, made * 1e3, sum / 199 * 1e3, worst * 1e3, t * 1e3);
	end(&b);
	free(col);
	free(v);
}

static double most = 1e8;

static void
part_live(void)
{
	bench_live(1, 100, 100, 10000);
	bench_live(1, 1000, 1000, 2000);
	bench_live(50, 20, 100, 10000);
	bench_live(50, 20, 10000, 300);
	bench_live(1000, 20, 600, 1000);
}

static void
part_bulk(void)
{
	for (int k = 0; k < K_N; k++)
		bench_bulk((enum kind)k, 1000000);
}

static void
part_chart(void)
{
	const int64_t few = 100000;
	struct bench less;
	uint32_t series = make_long(&less, "less", few);

	for (int64_t n = few; n <= (int64_t)most; n *= 10)
		bench_query(n, &less, series, few);
	end(&less);
}

static void
part_overlay(void)
{
	bench_overlay(1000, 1000);
	if (most >= 1e8)
		bench_overlay(1000, 100000);
}

static void
part_runs(void)
{
	bench_runs(10000);
	bench_runs(100000);
}

static void
part_wide(void)
{
	bench_series(2000);
	bench_series(10000);
}

static const struct part {
	const char *name;
	void (*run)(void);
} parts[] = {{"live", part_live},       {"bulk", part_bulk}, {"chart", part_chart},
	     {"overlay", part_overlay}, {"runs", part_runs}, {"wide", part_wide}};

static bool
wanted(const char *name, int argc, char **argv)
{
	for (int i = 2; i < argc; i++)
		if (!strcmp(name, argv[i]))
			return true;
	return argc <= 2;
}

int
main(int argc, char **argv)
{
	const char *tmp = getenv("TMP");

	if (argc > 1)
		most = strtod(argv[1], NULL);
	snprintf(top, sizeof top, "%s/b_store-XXXXXX", tmp ? tmp : "/dev/shm");
	if (!mkdtemp(top))
		die("%s", top);
	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("in %s\n", top);
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
		if (wanted(parts[i].name, argc, argv))
			parts[i].run();
	nftw(top, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	return 0;
}
