/* A command that a person wrote into mm.conf, run as it stands: an argument vector, no shell; what
 * it should know is in its environment and on its standard input, never in its words. It has a
 * process group of its own, so that its time limit ends what it started as well. */
#include "core/deploy_impl.h"

#include "core/argv.h"
#include "core/clock.h"
#include "core/spawn.h"
#include "core/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TURN_MS = 20, GRACE_US = 2000000, TAIL = 2000 };

extern char **environ;

static char **
make_env(const struct deploy_var *vars, size_t nvars)
{
	size_t n = 0, to = 0;
	while (environ[n])
		n++;
	char **env = xcalloc(n + nvars + 1, sizeof *env);
	for (size_t i = 0; i < n; i++) {
		bool mine = false;
		for (size_t k = 0; k < nvars; k++) {
			size_t len = strlen(vars[k].name);
			mine = mine || (strncmp(environ[i], vars[k].name, len) == 0 &&
					environ[i][len] == '=');
		}
		if (!mine)
			env[to++] = xstrdup(environ[i]);
	}
	for (size_t k = 0; k < nvars; k++)
		env[to++] = xasprintf("%s=%s", vars[k].name, vars[k].value ? vars[k].value : "");
	return env;
}

/* INPUT as a file that is read from its start; negative: errno. */
static int
input_fd(const char *input)
{
	int fd = memfd_create("mm", MFD_CLOEXEC);
	size_t n = strlen(input);
	if (fd >= 0 && write(fd, input, n) != (ssize_t)n) {
		close(fd);
		return -1;
	}
	if (fd >= 0)
		lseek(fd, 0, SEEK_SET);
	return fd;
}

/* What it printed last. */
static void
keep_tail(struct str *said, const char *p, size_t n)
{
	str_add(said, p, n);
	if (said->len > 2 * TAIL) {
		memmove(said->buf, said->buf + said->len - TAIL, TAIL);
		said->len = TAIL;
		said->buf[TAIL] = '\0';
	}
}

static void
drain(int fd, struct str *said)
{
	char buf[4096];
	ssize_t n;
	while ((n = read(fd, buf, sizeof buf)) > 0)
		keep_tail(said, buf, (size_t)n);
}

/* Waits for PID; *LATE: it was ended. Its children may live on: a service that it started. */
static int
await(pid_t pid, int out, int64_t timeout_us, struct str *said, bool *late)
{
	int status = 0;
	int64_t end = clock_mono_us() + timeout_us, kill_us = INT64_MAX;
	for (;;) {
		struct pollfd pf = {.fd = out, .events = POLLIN};
		pid_t got = waitpid(pid, &status, WNOHANG);
		drain(out, said);
		if (got == pid || (got < 0 && errno != EINTR))
			return status;
		int64_t now = clock_mono_us();
		if (now >= end && !*late) {
			*late = true;
			kill(-pid, SIGTERM);
			kill_us = now + GRACE_US;
		}
		if (now >= kill_us)
			kill(-pid, SIGKILL);
		/* When the pipe is closed poll() comes back at once. */
		if (poll(&pf, 1, TURN_MS) > 0 && !(pf.revents & POLLIN))
			usleep(TURN_MS * 1000);
	}
}

/* "its last line (how it ended)": what it said tells more, and is what is read where there is
 * little room. */
static void
explain(struct str *why, struct str *said, const char *how)
{
	while (said->len && (said->buf[said->len - 1] == '\n' || said->buf[said->len - 1] == '\r'))
		said->buf[--said->len] = '\0';
	const char *nl = said->len ? strrchr(said->buf, '\n') : NULL;
	const char *line = nl ? nl + 1 : str_c(said);
	if (*line)
		str_addf(why, "%.300s (%s)", line, how);
	else
		str_adds(why, how);
}

int
deploy_hook(const char *command, const struct deploy_var *vars, size_t nvars, const char *input,
	    int64_t timeout_us, struct str *why)
{
	struct err e = {0};
	struct str said = STR_INIT;
	char **argv, **env = NULL;
	int in = -1, out[2] = {-1, -1}, code = -1;
	bool late = false;
	pid_t pid;
	if (argv_parse(command, &argv, &e) < 0) {
		str_addf(why, "%s: %s", command, e.text);
		return -1;
	}
	env = make_env(vars, nvars);
	in = input_fd(input);
	if (in < 0 || pipe2(out, O_CLOEXEC) < 0) {
		str_addf(why, "%s: %s", argv[0], strerror(errno));
		goto done;
	}
	fcntl(out[0], F_SETFL, O_NONBLOCK);
	struct spawn hook = {.program = argv[0],
			     .argv = (const char *const *)argv,
			     .env = (const char *const *)env,
			     .in = in,
			     .out = out[1],
			     .err = out[1]};
	int bad = spawn(&hook, &pid);
	if (bad) {
		str_addf(why, "%s: %s", argv[0], strerror(bad));
		goto done;
	}
	close(out[1]);
	out[1] = -1;
	int status = await(pid, out[0], timeout_us, &said, &late);
	code = !late && WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -1;
	if (code < 0) {
		char *how = late                  ? xasprintf("%s took longer than %g s", argv[0],
							      (double)timeout_us / 1e6)
			    : WIFSIGNALED(status) ? xasprintf("%s was ended by signal %d", argv[0],
							      WTERMSIG(status))
						  : xasprintf("%s ended with status %d", argv[0],
							      WEXITSTATUS(status));
		explain(why, &said, how);
		free(how);
	}
done:
	for (char **p = env; p && *p; p++)
		free(*p);
	free(env);
	argv_free(argv);
	str_release(&said);
	if (in >= 0)
		close(in);
	if (out[0] >= 0)
		close(out[0]);
	if (out[1] >= 0)
		close(out[1]);
	return code;
}
