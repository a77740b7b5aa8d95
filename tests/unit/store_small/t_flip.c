/* One bit of the data file flipped, anywhere: either check says so, or everything that can be asked
 * is answered as before. And no answer is ever a wrong one: a query gives what was stored, or says
 * that it cannot. Each bit is tried in a process of its own, for LMDB trusts its pages, and one
 * that lies to it may end the process; check has to look before LMDB does. */
#include "tests/unit/store_kit.h"

#include "core/xalloc.h"
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
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- a store with something of everything ---------------------------------------------------- */

static void
fill_log(struct kit *k, uint64_t *rng, const char *path, const char *run, int rows)
{
	uint32_t log = kit_log(k, path, run), c[4];
	struct cursor cur = {.dev = 3,
			     .ino = 4,
			     .fp = {.head_len = 9, .head_crc = 10, .tail_len = 9, .tail_crc = 11},
			     .state = "a state",
			     .nstate = 7};
	static const char *const names[] = {"loss", "val/acc", "lr", "rare"};

	for (int i = 0; i < 4; i++)
		c[i] = kit_column(k, log, names[i]);
	for (int i = 0; i < rows; i++) {
		double v[4] = {(double)(kit_rand(rng, 10000)) / 1e4,
			       (double)kit_rand(rng, UINT64_C(1) << 50) / 7, 1e-3, NAN};
		struct row r = {.unit = STEP_STEP,
				.step = i < rows / 2 ? i : i - rows / 4,
				.wall_us = 1700000000000000 + i * 1000003,
				.n = i % 20 ? 3 : 4,
				.column = c,
				.value = v};
		k->sink->ops->row(k->sink, log, &r);
		if (i % 29 == 28 || i + 1 == rows) {
			cur.offset = cur.size = 100 + (uint64_t)i;
			k->sink->ops->mark(k->sink, log, &cur);
			kit_commit(k);
		}
	}
	k->sink->ops->param(k->sink, log, "lr", "0.1");
	k->sink->ops->param(k->sink, log, "seed", path);
	k->sink->ops->remark(k->sink, log, REMARK_BAD_RECORD, 17, 3, "no number");
	k->sink->ops->said(k->sink, log, &(struct last_words){.what = "finished"});
	kit_commit(k);
}

static void
fill(struct kit *k)
{
	uint64_t rng = 88172645463325252u;
	struct alert a = {.rule = "loss-nonfinite",
			  .run = "/r/a",
			  .metric = "loss",
			  .message = "loss is NaN",
			  .value = 7};

	fill_log(k, &rng, "/r/a/metrics.csv", "/r/a", 330);
	fill_log(k, &rng, "/r/b/metrics.csv", "/r/b", 75);
	fill_log(k, &rng, "/r/b/other.csv", "/r/b", 11);
	uint32_t log = kit_log(k, "/r/b/metrics.csv", "/r/b"), c = kit_column(k, log, "loss");
	k->sink->ops->replay(k->sink, log);
	for (int i = 0; i < 60; i++) /* an attempt */
		kit_row1(k, log, i, c, 5 - i / 60.0);
	k->sink->ops->alert(k->sink, &a);
	k->sink->ops->root_add(k->sink, "/r");
	k->sink->ops->skipped(k->sink, "/r/train.csv", "no step, epoch or time");
	kit_commit(k);
}

/* ---- everything that can be asked ------------------------------------------------------------ */

/* One answer a line; an answer that is an error is none. */
struct answers {
	struct store *st;
	struct snap *sn;
	struct str text;
	char path[200]; /* of the run that is asked about */
	char series[200];
	int errors;
	size_t asked; /* where the answer to this question begins */
	uint32_t runs[8], ids[64], logs[8];
	size_t nruns, nids, nlogs;
	bool bad;
};

/* What came before the error is no answer yet. A snapshot remembers its first failure: the next
 * question gets another. */
static void
failed(struct answers *a)
{
	struct err e;

	a->errors++;
	a->text.len = a->asked;
	snap_end(a->sn);
	if (snap_begin(a->st, &a->sn, &e))
		_exit(1); /* REPORTED */
}

/* After each question. */
static void
asked(struct answers *a, bool bad)
{
	if (bad)
		failed(a);
	a->asked = a->text.len;
}

static void
add_sum(struct str *s, const struct series_sum *m)
{
	str_addf(s, " %lu %lu %ld %ld %ld %ld %a %a %a %a %u", m->points, m->nonfinite,
		 m->first_step, m->last_step, m->first_wall, m->last_wall, m->last, m->prev, m->min,
		 m->max, m->segments);
	for (int i = 0; i < SPARK_N; i++)
		str_addf(s, " %a", (double)m->spark.mean[i]);
}

static int
on_series(void *ctx, const struct series_info *i)
{
	struct answers *a = ctx;

	str_addf(&a->text, "series %s %u %u %s %s %s %s %d %u %u", a->path, i->id, i->log, i->name,
		 i->shown, i->format, i->file, i->primary, i->attempt, i->attempts);
	add_sum(&a->text, &i->now);
	add_sum(&a->text, &i->all);
	str_addc(&a->text, '\n');
	if (a->nids < 64)
		a->ids[a->nids++] = i->id;
	return 0;
}

static int
on_param(void *ctx, const char *key, const char *value)
{
	struct answers *a = ctx;

	str_addf(&a->text, "param %s %s %s\n", a->path, key, value);
	return 0;
}

static int
on_run(void *ctx, const struct run_info *r)
{
	struct answers *a = ctx;

	str_addf(&a->text,
		 "run %u %s %u %u %u %ld %ld %ld %ld %ld %ld %lu %u %d %s %s %a %a %s %a\n", r->id,
		 r->path, r->attempt, r->attempts, r->unit, r->first_step, r->last_step,
		 r->first_us, r->last_us, r->last_arrival_us, r->total, r->points, r->metrics,
		 r->gone, r->said ? r->said : "-", r->loss.name, r->loss.last, r->loss.best,
		 r->headline.name, r->headline.last);
	if (a->nruns < 8)
		a->runs[a->nruns++] = r->id;
	return 0;
}

static int
on_point(void *ctx, const struct point *p)
{
	struct answers *a = ctx;

	str_addf(&a->text, "point %s %ld %ld %a %u %u\n", a->series, p->step, p->wall_us, p->value,
		 p->segment, p->attempt);
	return 0;
}

static int
on_remark(void *ctx, const struct remark_info *r)
{
	struct answers *a = ctx;

	str_addf(&a->text, "remark %d %lu %lu %s\n", (int)r->kind, r->offset, r->line, r->text);
	return 0;
}

static int
on_log(void *ctx, const struct log_info *l)
{
	struct answers *a = ctx;

	str_addf(&a->text, "log %u %s %s %s %s %lu %lu %u %u %u %lu %lu %lu %.*s\n", l->id, l->path,
		 l->run, l->format, l->reason, l->cur.offset, l->cur.size, l->cur.fp.head_crc,
		 l->cur.fp.tail_crc, l->attempt, l->rows, l->points, l->remarks, (int)l->cur.nstate,
		 l->cur.state ? (const char *)l->cur.state : "");
	if (a->nlogs < 8)
		a->logs[a->nlogs++] = l->id;
	return 0;
}

static int
on_alert(void *ctx, const struct alert *l)
{
	struct answers *a = ctx;

	str_addf(&a->text, "alert %s %s %s %s %a\n", l->rule, l->run, l->metric, l->message,
		 l->value);
	return 0;
}

static int
on_text(void *ctx, const char *path)
{
	struct answers *a = ctx;

	str_addf(&a->text, "root %s\n", path);
	return 0;
}

static int
on_skipped(void *ctx, const char *path, const char *reason)
{
	struct answers *a = ctx;

	str_addf(&a->text, "skipped %s %s\n", path, reason);
	return 0;
}

static void
ask_chart(struct answers *a, uint32_t series, enum axis axis, int columns, bool orphaned)
{
	struct column out[32];
	struct span sp = {.axis = axis,
			  .x0 = axis == AXIS_WALL ? 1.7e15 : 0,
			  .x1 = (axis == AXIS_WALL ? 1.7e15 : 0) + (axis ? 3.5e8 : 350),
			  .columns = columns,
			  .orphaned = orphaned};
	struct err e;

	if (snap_columns(a->sn, series, &sp, out, &e)) {
		failed(a);
		return;
	}
	str_addf(&a->text, "chart %u %d %d %d", series, (int)axis, columns, orphaned);
	for (int i = 0; i < columns; i++)
		str_addf(&a->text, " %lu %u %u %a %a %a %a %ld %ld", out[i].n, out[i].nan,
			 out[i].inf, out[i].min, out[i].max, out[i].first, out[i].last,
			 out[i].first_x, out[i].last_x);
	str_addc(&a->text, '\n');
	asked(a, false);
}

static void
ask_series(struct answers *a, uint32_t series)
{
	struct err e;
	double x0 = 0, x1 = 0;
	struct point last[5];

	snprintf(a->series, sizeof a->series, "%u", series);
	asked(a, snap_points(a->sn, series, 0, 0, on_point, a, &e));
	int n = snap_last(a->sn, series, 5, last, &e);
	asked(a, n < 0);
	for (int i = 0; i < n; i++)
		on_point(a, &last[i]);
	for (int axis = 0; axis < 3; axis++) {
		ask_chart(a, series, (enum axis)axis, 7, false);
		ask_chart(a, series, (enum axis)axis, 32, false);
		if (snap_extent(a->sn, series, (enum axis)axis, 0, &x0, &x1))
			str_addf(&a->text, "extent %u %d %a %a\n", series, axis, x0, x1);
		asked(a, snap_failed(a->sn, NULL));
	}
	ask_chart(a, series, AXIS_STEP, 9, true);
}

static void
ask(struct answers *a)
{
	asked(a, snap_runs(a->sn, on_run, a) < 0);
	for (size_t i = 0, n = a->nruns; i < n; i++) {
		struct run_info r, of;
		if (!snap_run(a->sn, a->runs[i], &r)) {
			failed(a);
			continue;
		}
		snprintf(a->path, sizeof a->path, "%s", r.path);
		for (uint32_t k = 1; k <= r.attempt; k++)
			if (snap_run_attempt(a->sn, r.id, k, &of))
				on_run(a, &of);
		asked(a, snap_failed(a->sn, NULL));
		asked(a, snap_params(a->sn, r.id, on_param, a) < 0);
		asked(a, snap_series(a->sn, r.id, on_series, a) < 0);
	}
	for (size_t i = 0; i < a->nids; i++)
		ask_series(a, a->ids[i]);
	asked(a, snap_logs(a->sn, on_log, a) < 0);
	for (size_t i = 0; i < a->nlogs; i++)
		asked(a, snap_remarks(a->sn, a->logs[i], on_remark, a) < 0);
	asked(a, snap_alerts(a->sn, on_alert, a) < 0);
	asked(a, snap_roots(a->sn, on_text, a) < 0);
	asked(a, snap_skipped(a->sn, on_skipped, a) < 0);
}

/* ---- judging --------------------------------------------------------------------------------- */

struct truth {
	char *text;
	char **lines; /* sorted */
	size_t n;
};

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static size_t
split(char *text, char ***out)
{
	char **v = NULL;
	size_t n = 0, cap = 0;

	for (char *p = text; *p; p++) {
		*vec_push(v, n, cap) = p;
		p += strcspn(p, "\n");
		*p = '\0';
	}
	*out = v;
	return n;
}

enum { FINE, REPORTED, WRONG, SILENT, STALE, OUTCOMES };

/* In the child. Check first: then it has nobody's errors to learn from. */
static int
outcome(const char *dir, const struct truth *truth)
{
	struct answers a = {0};
	struct store *st = NULL;
	struct err e;
	char **lines;
	bool wrong_line = false;

	if (store_open(dir, STORE_READ, &st, NULL, &e))
		return REPORTED;
	int wrongs = store_check(st, NULL, NULL, &e);
	if (snap_begin(st, &a.sn, &e))
		return REPORTED;
	if (write(3, wrongs ? "w" : "f", 1) != 1) /* what is known before queries may die of it */
		return WRONG;
	a.st = st;
	ask(&a);
	char *text = xstrdup(str_c(&a.text));
	size_t n = split(text, &lines);
	for (size_t i = 0; i < n; i++)
		if (!bsearch(&lines[i], truth->lines, truth->n, sizeof *lines, by_text)) {
			if (getenv("MM_SHOW"))
				fprintf(stderr, "wrong: %.300s\n", lines[i]);
			wrong_line = true;
		}
	if (wrong_line)
		return WRONG;
	if (!wrongs)
		return n == truth->n && !a.errors ? FINE : SILENT;
	return n < truth->n && !a.errors ? STALE : REPORTED;
}

static int
try_flip(const char *dir, const struct truth *truth, bool *died)
{
	int fds[2], status;
	char c = 0;

	assert_int_equal(pipe(fds), 0);
	fflush(NULL);
	pid_t pid = fork();
	if (!pid) {
		struct rlimit no = {0, 0};
		setrlimit(RLIMIT_CORE, &no);
		for (int sig = 1; sig < 32; sig++)
			signal(sig, SIG_DFL);
		dup2(fds[1], 3);
		if (!getenv("MM_SHOW"))
			dup2(open("/dev/null", O_WRONLY), 2);
		alarm(20);
		_exit(outcome(dir, truth));
	}
	close(fds[1]);
	if (read(fds[0], &c, 1) != 1)
		c = 0;
	close(fds[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	*died = WIFSIGNALED(status) || WEXITSTATUS(status) >= OUTCOMES;
	if (!*died)
		return WEXITSTATUS(status);
	/* Of a query, after check had said that there is something wrong; or of check itself. */
	return c == 'w' ? REPORTED : SILENT;
}

static void
learn(struct kit *k, struct truth *t)
{
	struct answers a = {.st = k->st, .sn = kit_snap(k)};

	ask(&a);
	snap_end(a.sn);
	assert_int_equal(a.errors, 0);
	t->text = str_steal(&a.text);
	t->n = split(t->text, &t->lines);
	qsort(t->lines, t->n, sizeof *t->lines, by_text);
}

static void
no_flipped_bit_goes_unnoticed_or_is_drawn(void **state)
{
	struct kit k;
	struct truth truth;
	struct stat sb;
	size_t tried[OUTCOMES] = {0}, deaths = 0;
	uint64_t before, after;
	struct err e;

	(void)state;
	kit_open(&k);
	fill(&k);
	/* No pages that nobody uses. */
	assert_int_equal(store_compact(k.st, &before, &after, &e), 0);
	assert_true(kit_sound(&k));
	learn(&k, &truth);
	store_close(k.st);

	char path[300];
	snprintf(path, sizeof path, "%s/data.mdb", k.dir);
	int fd = open(path, O_RDWR);
	assert_int_equal(fstat(fd, &sb), 0);
	unsigned char *file = mmap(NULL, (size_t)sb.st_size, PROT_READ, MAP_SHARED, fd, 0);
	/* A stride that falls on every bit of a byte, and on every place of a page. */
	const char *flips = getenv("MM_FLIPS"), *only = getenv("MM_BIT");
	size_t bits = (size_t)sb.st_size * 8, wanted = flips ? strtoul(flips, NULL, 10) : 500;
	size_t stride = bits / wanted | 1, from = only ? strtoul(only, NULL, 10) : 0;
	for (size_t bit = from; bit < bits; bit += stride) {
		unsigned char c = file[bit / 8] ^ (unsigned char)(1u << bit % 8);
		bool died;
		assert_int_equal(pwrite(fd, &c, 1, (off_t)(bit / 8)), 1);
		int is = try_flip(k.dir, &truth, &died);
		c ^= (unsigned char)(1u << bit % 8);
		assert_int_equal(pwrite(fd, &c, 1, (off_t)(bit / 8)), 1);
		tried[is]++;
		deaths += died;
		if (is == WRONG || is == SILENT || (getenv("MM_SHOW") && (is == STALE || died)))
			print_error("bit %zu (page %zu, byte %zu): %s%s\n", bit, bit / 8 / 4096,
				    bit / 8 % 4096,
				    is == WRONG   ? "a wrong answer"
				    : is == STALE ? "an answer is missing"
						  : "not noticed",
				    died ? ", died" : "");
		if (only)
			break;
	}
	print_message("# of %zu bits: %zu unused, %zu reported, %zu left an answer out, %zu died\n",
		      bits / stride, tried[FINE], tried[REPORTED], tried[STALE], deaths);
	assert_int_equal(tried[WRONG] + tried[SILENT], 0);
	assert_true(tried[REPORTED] > tried[FINE] / 8);
	close(fd);
	free(truth.lines);
	free(truth.text);
	assert_int_equal(store_open(k.dir, STORE_WRITE, &k.st, NULL, NULL), 0);
	assert_true(kit_sound(&k));
	kit_close(&k);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_flipped_bit_goes_unnoticed_or_is_drawn)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
