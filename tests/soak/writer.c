/* writer DIR RUNS METRICS SECONDS - what many trainers write: a row a second in each of RUNS logs,
 * with METRICS numbers that fall, oscillate, jump and repeat as those of trainings do. Half of the
 * logs are CSV, half JSON Lines. Prints how many rows each log has at the end. */
#include <fcntl.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { SLICES = 50, LINE = 64 << 10 }; /* of a second: the logs don't all grow at once */

struct job {
	const char *dir;
	int runs, metrics, seconds;
	time_t since;
};

static _Noreturn void
fail(const char *what)
{
	perror(what);
	exit(1);
}

static double
noise(uint64_t seed)
{
	seed = (seed ^ seed >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	seed = (seed ^ seed >> 27) * UINT64_C(0x94d049bb133111eb);
	return (double)(seed >> 40) / (1 << 24) - 0.5;
}

static double
value(int run, int metric, int step)
{
	double n = noise((uint64_t)run << 40 | (uint64_t)metric << 32 | (uint32_t)step);

	switch (metric % 5) {
	case 0: /* a loss, as a float */
		return (double)(float)(2.5 / (1 + step / 50.0) + 0.05 * n);
	case 1: /* an accuracy of a thousand samples */
		return floor(1000 * (0.9 - 0.8 / (1 + step / 30.0) + 0.01 * n)) / 1000;
	case 2: /* a learning rate */
		return 3e-4 * (1 + cos(step / 600.0));
	case 3: /* memory, which hardly changes */
		return 8192 + 256 * (step / 40 % 3);
	default: /* a norm with spikes */
		return exp(n * 2) * (n > 0.49 ? 100 : 1);
	}
}

static bool
is_csv(int run)
{
	return run % 2 == 0;
}

static int
open_log(const struct job *j, int run, bool create)
{
	char path[4096];

	snprintf(path, sizeof path, "%s/sweep%02d/run%04d", j->dir, run / 50, run);
	if (create) {
		char up[4096];
		snprintf(up, sizeof up, "%s/sweep%02d", j->dir, run / 50);
		mkdir(j->dir, 0755);
		mkdir(up, 0755);
		mkdir(path, 0755);
	}
	size_t n = strlen(path);
	snprintf(path + n, sizeof path - n, "/metrics.%s", is_csv(run) ? "csv" : "jsonl");
	int fd = open(path, O_WRONLY | O_APPEND | (create ? O_CREAT | O_TRUNC : 0), 0644);
	if (fd < 0)
		fail(path);
	return fd;
}

static int
make_row(const struct job *j, int run, int step, char *out)
{
	bool csv = is_csv(run);
	long long now = (long long)j->since + step;
	int n = snprintf(out, LINE, csv ? "%d,%lld" : "{\"step\": %d, \"time\": %lld", step, now);

	for (int m = 0; m < j->metrics; m++) {
		double v = value(run, m, step);
		if (csv)
			n += snprintf(out + n, LINE - (size_t)n, ",%.6g", v);
		else
			n += snprintf(out + n, LINE - (size_t)n, ", \"m%02d\": %.6g", m, v);
	}
	return n + snprintf(out + n, LINE - (size_t)n, csv ? "\n" : "}\n");
}

static void
append(int fd, const char *text, int n)
{
	if (write(fd, text, (size_t)n) != n)
		fail("write");
	close(fd);
}

static void
make_heads(const struct job *j)
{
	static char line[LINE];

	for (int run = 0; run < j->runs; run++) {
		int n = 0, fd = open_log(j, run, true);
		if (is_csv(run)) {
			n = snprintf(line, sizeof line, "step,time");
			for (int m = 0; m < j->metrics; m++)
				n += snprintf(line + n, sizeof line - (size_t)n, ",m%02d", m);
			n += snprintf(line + n, sizeof line - (size_t)n, "\n");
		}
		append(fd, line, n);
	}
}

int
main(int argc, char **argv)
{
	static char line[LINE];

	if (argc != 5) {
		fprintf(stderr, "usage: writer DIR RUNS METRICS SECONDS\n");
		return 2;
	}
	struct job j = {argv[1], (int)strtol(argv[2], NULL, 10), (int)strtol(argv[3], NULL, 10),
			(int)strtol(argv[4], NULL, 10), time(NULL)};
	make_heads(&j);
	struct timespec next;
	clock_gettime(CLOCK_MONOTONIC, &next);
	for (int step = 0; step < j.seconds; step++) {
		for (int slice = 0; slice < SLICES; slice++) {
			for (int run = slice; run < j.runs; run += SLICES) {
				int n = make_row(&j, run, step, line);
				append(open_log(&j, run, false), line, n);
			}
			next.tv_nsec += 1000000000 / SLICES;
			if (next.tv_nsec >= 1000000000) {
				next.tv_nsec -= 1000000000;
				next.tv_sec++;
			}
			clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
		}
	}
	printf("%d\n", j.seconds);
	return 0;
}
