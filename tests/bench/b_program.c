/* The whole program, as a person runs it: reading large logs into a store, and the first screen
 * over many runs.
 *
 * Every figure stands beside a limit measured in the same run on the same bytes: reading the file
 * and finding its lines. Files are larger than any cache of a processor; a run of mm is a process
 * of its own, timed from outside. BENCH_MB sets the size of each log (256), BENCH_RUNS the number
 * of runs (10000). */
#include "core/clock.h"
#include "core/str.h"
#include "core/xalloc.h"

#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char dir[] = "/tmp/mm-bench.XXXXXX";

struct took {
	double wall, cpu; /* seconds */
	long peak_kb;
};

static uint64_t seed = 88172645463325252u;

static double
noise(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (double)(seed >> 11) / 9007199254740992.0;
}

/* Runs mm with ARGS (ends with NULL), its output thrown away. */
static struct took
run_mm(const char *const *args)
{
	const char *argv[16] = {getenv("MM")};
	for (int i = 0; args[i]; i++)
		argv[i + 1] = args[i];
	int64_t from = clock_mono_us();
	pid_t pid = fork();
	if (pid == 0) {
		int null = open("/dev/null", O_RDWR);
		dup2(null, 0);
		dup2(null, 1);
		execv(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	struct rusage ru;
	int status;
	wait4(pid, &status, 0, &ru);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		die("%s %s failed (%d)", argv[0], argv[1], status);
	double cpu = (double)(ru.ru_utime.tv_sec + ru.ru_stime.tv_sec) +
		     (double)(ru.ru_utime.tv_usec + ru.ru_stime.tv_usec) * 1e-6;
	return (struct took){(double)(clock_mono_us() - from) * 1e-6, cpu, ru.ru_maxrss};
}

/* The limit: every byte read, every line found. */
static double
scan_s(const char *path)
{
	static char buf[1 << 20];
	int fd = open(path, O_RDONLY);
	int64_t from = clock_mono_us();
	uint64_t lines = 0;
	for (ssize_t n; (n = read(fd, buf, sizeof buf)) > 0;)
		for (const char *p = buf; (p = memchr(p, '\n', (size_t)(buf + n - p))); p++)
			lines++;
	close(fd);
	return lines ? (double)(clock_mono_us() - from) * 1e-6 : 0;
}

static double
size_mb(const char *path)
{
	struct stat st;
	return stat(path, &st) == 0 ? (double)st.st_size / 1e6 : 0;
}

static double
blocks_mb(const char *path)
{
	struct stat st;
	return stat(path, &st) == 0 ? (double)st.st_blocks * 512 / 1e6 : 0;
}

static uint64_t
write_csv(const char *path, double mb)
{
	FILE *f = fopen(path, "w");
	uint64_t rows = 0, bytes = 0;
	fputs("step", f);
	for (int c = 0; c < 20; c++)
		fprintf(f, ",m%02d/loss", c);
	fputc('\n', f);
	for (; (double)bytes < mb * 1e6; rows++) {
		int n = fprintf(f, "%llu", (unsigned long long)rows);
		for (int c = 0; c < 20; c++)
			n += fprintf(f, ",%.4f", 4 * exp(-(double)rows * 1e-6) + 0.1 * noise());
		bytes += (uint64_t)n + 1;
		fputc('\n', f);
	}
	fclose(f);
	return rows * 20;
}

static uint64_t
write_jsonl(const char *path, double mb)
{
	FILE *f = fopen(path, "w");
	uint64_t rows = 0, bytes = 0;
	for (; (double)bytes < mb * 1e6; rows++) {
		int n = fprintf(f, "{\"step\": %llu", (unsigned long long)rows);
		for (int c = 0; c < 10; c++) {
			/* what json.dumps makes of a float that came from a tensor */
			float v = (float)(4 * exp(-(double)rows * 1e-6) + 0.1 * noise());
			n += fprintf(f, ", \"train/metric_%d\": %.17g", c, (double)v);
		}
		bytes += (uint64_t)n + 2;
		fputs("}\n", f);
	}
	fclose(f);
	return rows * 10;
}

static void
bench_log(const char *name, uint64_t (*make)(const char *, double), double mb)
{
	char *logs = xasprintf("%s/%s", dir, name), *file = xasprintf("%s/metrics.%s", logs, name);
	char *store = xasprintf("%s/store-%s", dir, name), *data = xasprintf("%s/data.mdb", store);
	mkdir(logs, 0700);
	uint64_t points = make(file, mb);
	double size = size_mb(file), limit = scan_s(file);
	struct took t = run_mm((const char *[]){"watch", "--once", "--store", store, logs, NULL});
	printf("%-6s %5.0f MB in %6.2f s (%6.2f s cpu): %4.0f MB/s, %5.1f M points/s, %4.2f "
	       "B/point on disk, peak %ld MB; "
	       "limit (read, find lines) %5.0f MB/s, ratio %.3f\n",
	       name, size, t.wall, t.cpu, size / t.wall, (double)points / t.wall * 1e-6,
	       blocks_mb(data) * 1e6 / (double)points, t.peak_kb / 1024, size / limit,
	       limit / t.wall);
	fflush(stdout);
	unlink(file);
	free(logs);
	free(file);
	free(store);
	free(data);
}

static void
bench_runs(int runs)
{
	char *logs = xasprintf("%s/sweep", dir), *store = xasprintf("%s/store-sweep", dir);
	char *script = xasprintf("%s/script", dir);
	mkdir(logs, 0700);
	for (int i = 0; i < runs; i++) {
		char *sub = xasprintf("%s/group%02d/run%05d", logs, i % 100, i);
		char *group = xasprintf("%s/group%02d", logs, i % 100);
		char *file = xasprintf("%s/metrics.csv", sub);
		mkdir(group, 0700);
		mkdir(sub, 0700);
		FILE *f = fopen(file, "w");
		fputs("step,loss,val/acc\n", f);
		for (int s = 0; s < 20; s++)
			fprintf(f, "%d,%.4f,%.4f\n", s, 1 / (s + 1.0) + 0.1 * noise(),
				1 - 1 / (s + 2.0));
		fclose(f);
		free(sub);
		free(group);
		free(file);
	}
	struct took t = run_mm((const char *[]){"watch", "--once", "--store", store, logs, NULL});
	printf("%d runs found and read in %.2f s (%.2f s cpu), peak %ld MB\n", runs, t.wall, t.cpu,
	       t.peak_kb / 1024);
	FILE *f = fopen(script, "w");
	fputs(":screen\n", f);
	fclose(f);
	struct took empty = run_mm((const char *[]){"--version", NULL});
	double best = 1e9;
	for (int i = 0; i < 5; i++) {
		t = run_mm((const char *[]){"--script", script, "--as-is", "--size", "120x40",
					    "--store", store, "--root", logs, NULL});
		best = t.wall < best ? t.wall : best;
	}
	printf("first screen over %d runs, warm: %.1f ms for the whole process (starting one: %.1f "
	       "ms), peak %ld MB\n",
	       runs, best * 1e3, empty.wall * 1e3, t.peak_kb / 1024);
	free(logs);
	free(store);
	free(script);
}

static double
setting(const char *name, double otherwise)
{
	const char *z = getenv(name);
	return z && *z ? strtod(z, NULL) : otherwise;
}

int
main(void)
{
	if (!getenv("MM") || !mkdtemp(dir))
		die("MM must name the program, and /tmp be writable");
	double mb = setting("BENCH_MB", 256);
	bench_log("csv", write_csv, mb);
	bench_log("jsonl", write_jsonl, mb);
	bench_runs((int)setting("BENCH_RUNS", 10000));
	if (fork() == 0)
		execlp("rm", "rm", "-rf", dir, (char *)NULL);
	wait(NULL);
	return 0;
}
