/* The demo trainer: several small networks, trained for real, each in a process of its own.
 *
 * It stands for what people train with, so that mm has something true to show: `make demo` runs
 * it. The launcher forks a process a run and waits for them; one that is to die dies by SIGKILL,
 * alone. */
#include "tests/demo/plan.h"
#include "tests/demo/run.h"

#include <errno.h>
#include <fnmatch.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* At this pace the full-length runs take four and a half minutes. */
#define DEFAULT_PACE 20
#define DEFAULT_STEPS 5400

static const char usage[] =
	"usage: demo --out DIR [--pace STEPS_PER_SECOND] [--steps N] [--seed N] [--only GLOB]\n"
	"\n"
	"Trains small networks on generated data and logs as trainers do.\n"
	"  --out DIR    where the runs' directories are made\n"
	"  --pace N     steps a second of each run, 20 by default; 0: as fast as it goes\n"
	"  --steps N    of the longest runs, 5400 by default\n"
	"  --seed N     other data, other weights; the same seed trains the same, 0 by default\n"
	"  --only GLOB  only the runs whose name matches\n"
	"  --list       the runs' names\n";

static const int ends[] = {SIGTERM, SIGINT, SIGHUP};

static double
number(const char *option, const char *text)
{
	char *end;
	double v = strtod(text, &end);

	if (end == text || *end || !(v >= 0 && v < 1e15)) {
		fprintf(stderr, "demo: --%s: '%s' is no number from 0 on\n", option, text);
		exit(2);
	}
	return v;
}

/* The launcher's children, for the handler. */
static pid_t *pids;

/* Who ends the launcher ends the runs; the launcher then sees them gone before it goes itself. */
static void
end_all(int sig)
{
	for (int i = 0; i < nplans; i++)
		if (pids[i] > 0)
			kill(pids[i], sig);
}

/* Called with the signals blocked, so that no child runs the handler of its parent. When the
 * launcher is killed in a way that it cannot pass on, the kernel tells the runs. */
static pid_t
start(const struct plan *p, const struct run_options *o, const sigset_t *before)
{
	pid_t launcher = getpid(), pid = fork();

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != launcher)
		_exit(1);
	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++)
		signal(ends[i], SIG_DFL);
	sigprocmask(SIG_SETMASK, before, NULL);
	_exit(run(p, o));
}

static int
finish(const char *name, int status)
{
	if (WIFSIGNALED(status)) {
		printf("%-24s killed (%s)\n", name, strsignal(WTERMSIG(status)));
		return WTERMSIG(status) != SIGKILL;
	}
	printf("%-24s %s\n", name, WEXITSTATUS(status) ? "failed" : "done");
	return WEXITSTATUS(status) != 0;
}

static int
launch(const struct run_options *o, const char *only)
{
	sigset_t block, before;
	int status, rc = 0;
	pid_t pid;

	pids = calloc((size_t)nplans, sizeof(*pids));
	if (!pids)
		abort();
	sigemptyset(&block);
	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++) {
		sigaddset(&block, ends[i]);
		sigaction(ends[i],
			  &(struct sigaction){.sa_handler = end_all, .sa_flags = SA_RESTART}, NULL);
	}
	sigprocmask(SIG_BLOCK, &block, &before);
	for (int i = 0; i < nplans; i++) {
		if (only && fnmatch(only, plans[i].name, 0))
			continue;
		pids[i] = start(&plans[i], o, &before);
		if (pids[i] < 0) {
			fprintf(stderr, "demo: fork: %s\n", strerror(errno));
			rc = 1;
		}
	}
	sigprocmask(SIG_SETMASK, &before, NULL);
	while ((pid = wait(&status)) > 0) {
		for (int i = 0; i < nplans; i++) {
			if (pids[i] != pid)
				continue;
			pids[i] = 0;
			rc |= finish(plans[i].name, status);
		}
	}
	return rc;
}

int
main(int argc, char **argv)
{
	static const struct option options[] = {
		{"out", required_argument, NULL, 'o'},   {"pace", required_argument, NULL, 'p'},
		{"steps", required_argument, NULL, 'n'}, {"seed", required_argument, NULL, 's'},
		{"only", required_argument, NULL, 'r'},  {"list", no_argument, NULL, 'l'},
		{"help", no_argument, NULL, 'h'},        {0},
	};
	struct run_options o = {.steps = DEFAULT_STEPS, .pace = DEFAULT_PACE};
	const char *only = NULL;
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (c) {
		case 'o':
			o.out = optarg;
			break;
		case 'p':
			o.pace = number("pace", optarg);
			break;
		case 'n':
			o.steps = (long)number("steps", optarg);
			break;
		case 's':
			o.seed = (uint64_t)number("seed", optarg);
			break;
		case 'r':
			only = optarg;
			break;
		case 'l':
			for (int i = 0; i < nplans; i++)
				puts(plans[i].name);
			return 0;
		case 'h':
			fputs(usage, stdout);
			return 0;
		default:
			fputs(usage, stderr);
			return 2;
		}
	}
	if (!o.out || !o.steps || optind != argc) {
		fputs(usage, stderr);
		return 2;
	}
	/* Out of the viewer's process group: ^C and ^Z there are meant for the viewer. */
	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	return launch(&o, only);
}
