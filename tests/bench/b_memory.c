/* Private memory, the ingester's and the viewer's, over many runs.
 *
 * The runs are young, as of a sweep that was just started, so none may be taken for finished; each
 * has a directory, a log and two metrics. Measured are an ingester that has read them all, one that
 * was started again on what is kept, and a viewer that shows them. RssFile is mostly the map of the
 * store: pages that the kernel takes back when it needs them. The limit is nobody's but ours; what
 * stands beside it is what the runs take as text. BENCH_RUNS sets how many (10000 and 100000). In
 * $TMP, else /tmp. */
#include "core/clock.h"
#include "core/str.h"
#include "core/xalloc.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char *dir;

struct process {
	pid_t pid;
	int in, out;
};

/* mm with ARGS (ends with NULL) between two pipes. */
static struct process
spawn(const char *const *args)
{
	const char *argv[16] = {getenv("MM")};
	int in[2], out[2];

	for (int i = 0; args[i]; i++)
		argv[i + 1] = args[i];
	if (pipe2(in, O_CLOEXEC) || pipe2(out, O_CLOEXEC))
		die("pipe");
	pid_t pid = fork();
	if (pid == 0) {
		dup2(in[0], 0);
		dup2(out[1], 1);
		execv(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	close(in[0]);
	close(out[1]);
	return (struct process){pid, in[1], out[0]};
}

static int
end(struct process *p, int sig)
{
	int status;

	close(p->in);
	if (sig)
		kill(p->pid, sig);
	for (char buf[4096]; read(p->out, buf, sizeof buf) > 0;)
		;
	close(p->out);
	waitpid(p->pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static double
status_mb(pid_t pid, const char *what)
{
	char *path = xasprintf("/proc/%d/status", (int)pid), line[200];
	double kb = 0;
	FILE *f = fopen(path, "r");

	while (f && fgets(line, sizeof line, f))
		if (!strncmp(line, what, strlen(what)))
			kb = strtod(line + strlen(what), NULL);
	if (f)
		fclose(f);
	free(path);
	return kb / 1024;
}

static void
say(const char *who, const struct process *p)
{
	printf("       %-26s RssAnon %6.1f MB, RssFile %6.1f MB\n", who,
	       status_mb(p->pid, "RssAnon:"), status_mb(p->pid, "RssFile:"));
	fflush(stdout);
}

static double
make_runs(const char *logs, int runs)
{
	double bytes = 0;

	mkdir(logs, 0700);
	for (int i = 0; i < runs; i++) {
		char *group = xasprintf("%s/group%03d", logs, i % (runs / 100));
		char *run = xasprintf("%s/run%06d", group, i);
		char *file = xasprintf("%s/metrics.csv", run);
		mkdir(group, 0700);
		mkdir(run, 0700);
		FILE *f = fopen(file, "w");
		if (!f)
			die("%s", file);
		bytes += fprintf(f, "step,loss,val/acc\n");
		for (int s = 0; s < 20; s++)
			bytes += fprintf(f, "%d,%.4f,%.4f\n", s, 1 / (s + 1.0) + i * 1e-6,
					 1 - 1 / (s + 2.0));
		fclose(f);
		free(group);
		free(run);
		free(file);
	}
	return bytes / 1e6;
}

/* An ingester that has read everything that is there. */
static struct process
ingester(const char *store, const char *logs)
{
	char *ctl = xasprintf("%s/ctl", store);
	struct process p = spawn((const char *[]){"watch", "--store", store, logs, NULL});

	for (int i = 0; access(ctl, F_OK) && i < 6000; i++)
		usleep(10000);
	free(ctl);
	struct process sync =
		spawn((const char *[]){"watch", "--once", "--quiet", "--store", store, logs, NULL});
	if (end(&sync, 0))
		die("the ingester does not answer");
	usleep(500000); /* it answers before it has put its things in order */
	return p;
}

/* A dashboard on a terminal of its own, when it has said all that it has to say. */
static struct process
viewer(const char *store, const char *logs)
{
	int pty = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	struct winsize size = {.ws_row = 40, .ws_col = 120};
	struct pollfd pf = {.fd = pty, .events = POLLIN};
	char buf[4096], *name;

	if (pty < 0 || grantpt(pty) || unlockpt(pty) || !(name = ptsname(pty)))
		die("no terminal");
	ioctl(pty, TIOCSWINSZ, &size);
	pid_t pid = fork();
	if (pid == 0) {
		setsid();
		int fd = open(name, O_RDWR);
		for (int i = 0; i < 3; i++)
			dup2(fd, i);
		setenv("TERM", "xterm-256color", 1);
		execl(getenv("MM"), "mm", "--store", store, "--root", logs, logs, (char *)NULL);
		_exit(127);
	}
	size_t said = 0;
	while (poll(&pf, 1, 3000) > 0) {
		ssize_t n = read(pty, buf, sizeof buf);
		if (n <= 0)
			break;
		said += (size_t)n;
	}
	if (said < 1000)
		die("the viewer shows nothing");
	return (struct process){pid, dup(pty), pty};
}

static void
bench(int runs)
{
	char *logs = xasprintf("%s/logs", dir), *store = xasprintf("%s/store", dir);
	double mb = make_runs(logs, runs);
	int64_t from = clock_mono_us();

	printf("memory %d runs of 20 rows, two metrics (%.0f MB of text)\n", runs, mb);
	struct process p = ingester(store, logs);
	printf("       read in %.1f s\n", (double)(clock_mono_us() - from) * 1e-6);
	say("the ingester, all read", &p);
	end(&p, SIGTERM);
	p = ingester(store, logs);
	say("the ingester, started again", &p);

	struct process v = viewer(store, logs);
	say("a viewer", &v);
	end(&v, SIGTERM);
	end(&p, SIGTERM);

	pid_t rm = fork();
	if (rm == 0) {
		execlp("rm", "rm", "-rf", logs, store, (char *)NULL);
		_exit(127);
	}
	waitpid(rm, NULL, 0);
	free(logs);
	free(store);
}

int
main(void)
{
	const char *z = getenv("BENCH_RUNS"), *tmp = getenv("TMP");

	dir = xasprintf("%s/mm-bench.XXXXXX", tmp && *tmp ? tmp : "/tmp");
	if (!getenv("MM") || !mkdtemp(dir))
		die("MM must name the program, and %s be a directory to write in", dir);
	signal(SIGPIPE, SIG_IGN);
	if (z && *z) {
		bench((int)strtol(z, NULL, 10));
	} else {
		bench(10000);
		bench(100000);
	}
	rmdir(dir);
	free(dir);
	return 0;
}
