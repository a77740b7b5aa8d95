/* What the built-in rules cost: a point of each role through the rules alone, and a log read by the
 * whole program with them and without them, in turns.
 *
 * Times are of the processor, for others use it too; the best of some rounds. BENCH_ROWS sets the
 * length of the log (300000 rows of five metrics). */
#include "core/rule.h"
#include "core/xalloc.h"

#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ROUNDS = 30, PROGRAM_ROUNDS = 9, POINTS = 30000 };

static uint64_t seed = 88172645463325252u;

static double
uniform(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return ((double)(seed >> 11) + 0.5) / 9007199254740992.0;
}

static double
normal(void)
{
	return sqrt(-2 * log(uniform())) * cos(6.283185307179586 * uniform());
}

static double
falling(int i)
{
	return 1.5 + 9 * pow(i + 1, -0.3);
}

static double
even(int i)
{
	return falling(i) * (1 + 0.02 * normal());
}

/* Tiny batches. */
static double
rough(int i)
{
	return falling(i) * exp(0.25 * normal());
}

static double
norm(int i)
{
	(void)i;
	return exp(0.3 * normal());
}

static double
around_zero(int i)
{
	(void)i;
	return 0.1 * normal();
}

static double
rate(int i)
{
	return 3e-4 * (1 - i / 1e7);
}

static double
cpu_s(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec + 1e-9 * (double)ts.tv_nsec;
}

/* -- the rules alone --------------------------------------------------------------------------- */

static void
bench_role(const char *what, const char *metric, double (*value)(int i))
{
	double *v = xcalloc(POINTS, sizeof *v), best = 1e9;
	struct conf *c;
	struct err e = {0};
	for (int i = 0; i < POINTS; i++)
		v[i] = value(i);
	if (conf_parse("bench", "", 0, &c, &e) < 0)
		die("%s", e.text);
	for (int round = 0; round < ROUNDS; round++) {
		struct rules *r;
		if (rules_new(c, &r, &e) < 0)
			die("%s", e.text);
		double from = cpu_s();
		for (int i = 0; i < POINTS; i++)
			rules_point(r, "/home/user/runs/run", 1, 1, metric, i,
				    INT64_C(1700000000000000) + i * INT64_C(10000), v[i], true,
				    NULL, NULL);
		best = fmin(best, cpu_s() - from);
		rules_free(r);
	}
	printf("%-34s %-12s %6.1f ns a point\n", what, metric, 1e9 * best / POINTS);
	conf_free(c);
	free(v);
}

/* -- the whole program ------------------------------------------------------------------------- */

static void
write_log(const char *path, int rows)
{
	FILE *f = fopen(path, "w");
	if (!f)
		die("%s cannot be written", path);
	for (int i = 0; i < rows; i++)
		fprintf(f,
			"{\"step\": %d, \"train/loss\": %.6f, \"val/loss\": %.6f, "
			"\"grad_norm\": %.5f, \"lr\": %.8f, \"acc\": %.5f}\n",
			i, even(i), even(i), norm(i), rate(i), uniform());
	fclose(f);
}

static double
ingest_s(const char *dir, const char *conf)
{
	char *store = xasprintf("%s/store", dir), *logs = xasprintf("%s/logs", dir);
	pid_t pid = fork();
	if (pid == 0) {
		int null = open("/dev/null", O_RDWR);
		dup2(null, 1);
		execl(getenv("MM"), "mm", "watch", "--once", "--quiet", "--store", store,
		      "--config", conf, logs, (char *)NULL);
		_exit(127);
	}
	struct rusage ru;
	int status;
	wait4(pid, &status, 0, &ru);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		die("mm watch failed (%d)", status);
	pid = fork();
	if (pid == 0) {
		execlp("rm", "rm", "-rf", store, (char *)NULL);
		_exit(127);
	}
	waitpid(pid, NULL, 0);
	free(store);
	free(logs);
	return (double)(ru.ru_utime.tv_sec + ru.ru_stime.tv_sec) +
	       (double)(ru.ru_utime.tv_usec + ru.ru_stime.tv_usec) * 1e-6;
}

static void
put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		die("%s cannot be written", path);
	close(fd);
}

static void
bench_program(int rows)
{
	char dir[] = "/tmp/mm-bench.XXXXXX";
	if (!getenv("MM") || !mkdtemp(dir))
		die("MM must name the program, and /tmp be writable");
	char *on = xasprintf("%s/on.conf", dir), *off = xasprintf("%s/off.conf", dir),
	     *logs = xasprintf("%s/logs", dir), *log = xasprintf("%s/logs/metrics.jsonl", dir);
	mkdir(logs, 0700);
	put(on, "");
	put(off, "[alerts]\ndefaults = off\n");
	write_log(log, rows);
	double with = 1e9, without = 1e9;
	for (int i = 0; i < PROGRAM_ROUNDS; i++) {
		without = fmin(without, ingest_s(dir, off));
		with = fmin(with, ingest_s(dir, on));
	}
	printf("%d rows of five metrics (two losses, a norm): %.3f s with the built-in rules, "
	       "%.3f without: %.0f %% more\n",
	       rows, with, without, 100 * (with / without - 1));
	if (fork() == 0)
		execlp("rm", "rm", "-rf", dir, (char *)NULL);
	wait(NULL);
	free(on);
	free(off);
	free(logs);
	free(log);
}

int
main(void)
{
	const char *rows = getenv("BENCH_ROWS");
	bench_role("a training loss, 2 % noise", "train/loss", even);
	bench_role("a training loss of tiny batches", "train/loss", rough);
	bench_role("a training loss around zero", "train/loss", around_zero);
	bench_role("a validation loss", "val/loss", even);
	bench_role("a norm of gradients", "grad_norm", norm);
	bench_role("what is only to be a number", "lr", rate);
	bench_program(rows && *rows ? (int)strtol(rows, NULL, 10) : 300000);
	return 0;
}
