/* Two pipes and a pidfd in the loop: the job is over when the process is and nothing is left in the
 * pipes. A grandchild that holds a pipe open does not keep it alive; but where there are no pidfds
 * the end of both pipes has to do. */
#include "tui/job.h"

#include "core/spawn.h"
#include "core/str.h"
#include "core/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* One of its two outputs. */
struct stream {
	int fd;
	struct str line;
};

struct job {
	struct loop *loop;
	const struct job_ops *ops;
	void *ctx;
	pid_t pid; /* 0: it was waited for */
	int pidfd;
	struct stream out, complaints;
	char *last;
	bool freed, busy; /* freed by a callback: done when that returns */
};

/* -- lines ----------------------------------------------------------------------------------- */

static void
give(struct job *j, struct stream *s)
{
	bool complaint = s == &j->complaints;
	const char *line = str_c(&s->line);
	void (*fn)(void *, const char *) = complaint ? j->ops->complaint : j->ops->line;
	if (complaint && *line) {
		const char *words = strncmp(line, "mm: ", 4) == 0 ? line + 4 : line;
		free(j->last);
		j->last = xstrdup(words);
	}
	if (fn && !j->freed)
		fn(j->ctx, line);
	str_reset(&s->line);
}

static void
take(struct job *j, struct stream *s, const char *p, size_t n)
{
	for (size_t i = 0; i < n && !j->freed; i++) {
		bool over = s == &j->complaints && p[i] == '\r';
		if (p[i] == '\n' || over) {
			if (!over || s->line.len)
				give(j, s);
		} else if (p[i] && s->line.len < JOB_LINE_MAX) {
			str_addc(&s->line, p[i]);
		}
	}
}

static void
stream_close(struct job *j, struct stream *s)
{
	if (s->fd < 0)
		return;
	loop_fd_remove(j->loop, s->fd);
	close(s->fd);
	s->fd = -1;
	if (s->line.len && !j->freed)
		give(j, s);
}

/* What is in the pipe; at most so much at once that keys are not kept waiting. */
static void
drain(struct job *j, struct stream *s, int reads)
{
	char buf[16384];
	while (s->fd >= 0 && reads-- > 0 && !j->freed) {
		ssize_t n = read(s->fd, buf, sizeof buf);
		if (n > 0)
			take(j, s, buf, (size_t)n);
		else if (n == 0 || (errno != EAGAIN && errno != EINTR))
			stream_close(j, s);
		else
			break;
	}
}

/* -- its end --------------------------------------------------------------------------------- */

static void
destroy(struct job *j)
{
	stream_close(j, &j->out);
	stream_close(j, &j->complaints);
	if (j->pidfd >= 0) {
		loop_fd_remove(j->loop, j->pidfd);
		close(j->pidfd);
	}
	if (j->pid) {
		kill(-j->pid, SIGKILL);
		waitpid(j->pid, NULL, 0);
	}
	str_release(&j->out.line);
	str_release(&j->complaints.line);
	free(j->last);
	free(j);
}

/* Callbacks may free the job; then it goes when the last of them has returned. */
static bool
enter(struct job *j)
{
	bool outer = !j->busy;
	j->busy = true;
	return outer;
}

static void
leave(struct job *j, bool outer)
{
	if (!outer)
		return;
	j->busy = false;
	if (j->freed)
		destroy(j);
}

static void
finish(struct job *j, int flags)
{
	int status = 0;
	if (waitpid(j->pid, &status, flags) != j->pid)
		return;
	j->pid = 0;
	if (j->pidfd >= 0) {
		loop_fd_remove(j->loop, j->pidfd);
		close(j->pidfd);
		j->pidfd = -1;
	}
	drain(j, &j->out, 1 << 16);
	drain(j, &j->complaints, 1 << 16);
	stream_close(j, &j->out);
	stream_close(j, &j->complaints);
	if (!j->freed && j->ops->done)
		j->ops->done(j->ctx,
			     WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status),
			     j->last ? j->last : "");
}

static void
on_stream(void *ctx, int fd, uint32_t events)
{
	struct job *j = ctx;
	(void)events;
	bool outer = enter(j);
	drain(j, fd == j->out.fd ? &j->out : &j->complaints, 16);
	if (j->pidfd < 0 && j->pid && j->out.fd < 0 && j->complaints.fd < 0 && !j->freed)
		finish(j, 0);
	leave(j, outer);
}

static void
on_exit_of(void *ctx, int fd, uint32_t events)
{
	struct job *j = ctx;
	(void)fd;
	(void)events;
	bool outer = enter(j);
	finish(j, WNOHANG);
	leave(j, outer);
}

/* -- its beginning --------------------------------------------------------------------------- */

static void
watch(struct job *j, struct stream *s, int fd)
{
	fcntl(fd, F_SETFL, O_NONBLOCK);
	s->fd = fd;
	loop_fd(j->loop, fd, EPOLLIN, on_stream, j);
}

struct job *
job_start(struct loop *l, const char *self, const char *const *argv, const struct job_ops *ops,
	  void *ctx, struct err *e)
{
	int out[2], complaints[2];
	pid_t pid = 0;
	if (pipe2(out, O_CLOEXEC) < 0) {
		err_sys(e, "cannot start mm %s", argv[1]);
		return NULL;
	}
	if (pipe2(complaints, O_CLOEXEC) < 0) {
		err_sys(e, "cannot start mm %s", argv[1]);
		close(out[0]);
		close(out[1]);
		return NULL;
	}
	struct spawn program = {.program = self,
				.argv = argv,
				.in = -1,
				.out = out[1],
				.err = complaints[1],
				.session = true};
	int code = spawn(&program, &pid);
	close(out[1]);
	close(complaints[1]);
	if (code) {
		errno = code;
		err_sys(e, "cannot start mm %s", argv[1]);
		close(out[0]);
		close(complaints[0]);
		return NULL;
	}
	struct job *j = xcalloc(1, sizeof *j);
	*j = (struct job){.loop = l, .ops = ops, .ctx = ctx, .pid = pid};
	j->pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	watch(j, &j->out, out[0]);
	watch(j, &j->complaints, complaints[0]);
	if (j->pidfd >= 0)
		loop_fd(l, j->pidfd, EPOLLIN, on_exit_of, j);
	return j;
}

void
job_cancel(struct job *j)
{
	if (j->pid)
		kill(-j->pid, SIGTERM);
}

void
job_free(struct job *j)
{
	if (!j)
		return;
	j->freed = true;
	if (!j->busy)
		destroy(j);
}
