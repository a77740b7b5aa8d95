/* The child holds nothing of ours but the read end of a pipe: that we are gone, however it
 * happened, is the end of file on it. It has a session of its own, so that neither ^C nor ^Z nor a
 * hangup of our terminal reaches it; a process stopped inside a write transaction would block every
 * other one.
 *
 * What it has to say goes to STORE/log, or to memory while there is no store; its last line
 * explains a death. One that dies of what it read is started again, later each time, so that a log
 * which kills it costs a message a minute and not a processor. */
#include "tui/child.h"

#include "core/spawn.h"
#include "core/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { LOG_MAX = 256 << 10, ARGS_MAX = 12 };

struct child {
	struct app_opts opts;
	long pid;
	int pipe, log;
	int deaths;
	struct loop_timer *again;
	void (*fn)(void *ctx, const char *text);
	void *ctx;
};

/* Append-only and short: it is a place to look, not a record. */
static int
open_log(const char *dir)
{
	char *path = xasprintf("%s/log", dir);
	int flags = O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW;
	int fd = open(path, flags, 0600);
	struct stat st;
	if (fd >= 0 && fstat(fd, &st) == 0 && st.st_size > LOG_MAX && ftruncate(fd, 0) < 0) {
		close(fd);
		fd = -1;
	}
	if (fd < 0)
		fd = memfd_create("mm-log", MFD_CLOEXEC);
	free(path);
	return fd;
}

/* The last line of the log into BUF, "" when there is none. */
static void
last_words(int fd, char *buf, size_t size)
{
	struct stat st;
	buf[0] = '\0';
	if (fd < 0 || fstat(fd, &st) < 0)
		return;
	off_t from = st.st_size > (off_t)size - 1 ? st.st_size - (off_t)size + 1 : 0;
	ssize_t n = pread(fd, buf, size - 1, from);
	buf[n > 0 ? n : 0] = '\0';
	while (n > 0 && buf[n - 1] == '\n')
		buf[--n] = '\0';
	char *line = strrchr(buf, '\n');
	if (line)
		memmove(buf, line + 1, strlen(line));
	if (strncmp(buf, "mm: ", 4) == 0)
		memmove(buf, buf + 4, strlen(buf + 4) + 1);
}

/* Starts `SELF watch --child`, whose output goes to OUT. Returns the pipe's write end. */
static int
spawn_child(const struct app_opts *o, int out, long *pid, struct err *e)
{
	char mm[] = "mm", watch[] = "watch", child[] = "--child", store[] = "--store",
	     conf[] = "--config";
	char poll[] = "--poll";
	char *dir = xstrdup(o->store_dir), *conf_path = o->conf_path ? xstrdup(o->conf_path) : NULL;
	char *argv[ARGS_MAX];
	int n = 0, code = 0, in[2] = {-1, -1};
	argv[n++] = mm;
	argv[n++] = watch;
	argv[n++] = child;
	argv[n++] = store;
	argv[n++] = dir;
	if (conf_path) {
		argv[n++] = conf;
		argv[n++] = conf_path;
	}
	if (o->poll)
		argv[n++] = poll;
	argv[n] = NULL;

	pid_t got = 0;
	if (pipe2(in, O_CLOEXEC) < 0) {
		code = err_sys(e, "cannot start the ingester");
	} else {
		struct spawn program = {.program = o->self,
					.argv = (const char *const *)argv,
					.in = in[0],
					.out = out,
					.err = out,
					.session = true};
		errno = spawn(&program, &got);
		if (errno)
			code = err_sys(e, "cannot start the ingester (%s)", o->self);
		close(in[0]);
		if (code < 0)
			close(in[1]);
	}
	free(dir);
	free(conf_path);
	*pid = got;
	return code < 0 ? -1 : in[1];
}

static void
start(struct child *c)
{
	struct err e = {0};
	if (c->log >= 0)
		close(c->log);
	c->log = open_log(c->opts.store_dir);
	c->pipe = spawn_child(&c->opts, c->log, &c->pid, &e);
	if (c->pipe < 0) {
		c->pid = 0;
		c->fn(c->ctx, e.text);
	}
}

static void
on_again(void *ctx)
{
	start(ctx);
}

/* It left although nobody asked it to. */
static void
died(struct child *c, int status)
{
	static const int wait_s[] = {1, 5, 20, 60};
	char text[400], how[60], words[200];
	int s = wait_s[c->deaths < 3 ? c->deaths : 3];
	c->deaths++;
	close(c->pipe);
	c->pipe = -1;
	c->pid = 0;
	last_words(c->log, words, sizeof words);
	if (WIFSIGNALED(status))
		snprintf(how, sizeof how, "was killed by signal %d", WTERMSIG(status));
	else
		snprintf(how, sizeof how, "left with status %d", WEXITSTATUS(status));
	snprintf(text, sizeof text, "the ingester %s; again in %d s%s%s", how, s,
		 *words ? ": " : "", words);
	c->fn(c->ctx, text);
	loop_timer_set(c->again, (int64_t)s * 1000000);
}

static void
on_sigchld(void *ctx, int signo)
{
	struct child *c = ctx;
	int status;
	(void)signo;
	if (c->pid && waitpid((pid_t)c->pid, &status, WNOHANG) == (pid_t)c->pid)
		died(c, status);
}

struct child *
child_new(const struct app_opts *o, void (*fn)(void *ctx, const char *text), void *ctx)
{
	struct child *c = xcalloc(1, sizeof *c);
	*c = (struct child){.opts = *o, .pipe = -1, .log = -1, .fn = fn, .ctx = ctx};
	start(c);
	return c;
}

void
child_watch(struct child *c, struct loop *l)
{
	c->again = loop_timer_new(l, on_again, c);
	loop_signal(l, SIGCHLD, on_sigchld, c);
	on_sigchld(c, SIGCHLD); /* it may have died before */
}

void
child_free(struct child *c, int wait_ms)
{
	if (!c)
		return;
	loop_timer_free(c->again);
	if (c->pipe >= 0)
		close(c->pipe);
	if (c->log >= 0)
		close(c->log);
	for (int waited = 0; c->pid && waited < wait_ms; waited += 5) {
		if (waitpid((pid_t)c->pid, NULL, WNOHANG) != 0)
			break;
		nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
	}
	free(c);
}

long
child_pid(const struct child *c)
{
	return c ? c->pid : 0;
}
