/* The process is waited for through its pidfd: what it left running in the background may keep the
 * pipe open for as long as it likes. Within the limit that is its right; what outlives the limit is
 * killed with it, grandchildren included, as they are in its group. */
#include "core/courier.h"

#include "core/clock.h"
#include "core/spawn.h"
#include "core/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LOOK_US = 50000 }; /* where there are no pidfds */

struct courier {
	struct loop *loop;
	struct loop_timer *limit, *look;
	pid_t pid;
	int pidfd, out; /* or -1 */
	int64_t limit_us, grace_us;
	struct courier_end end;
	void (*fn)(void *ctx, const struct courier_end *end);
	void *ctx;
};

static void
close_fd(struct courier *c, int *fd)
{
	if (*fd < 0)
		return;
	loop_fd_remove(c->loop, *fd);
	close(*fd);
	*fd = -1;
}

static void
release(struct courier *c)
{
	close_fd(c, &c->pidfd);
	close_fd(c, &c->out);
	loop_timer_free(c->limit);
	loop_timer_free(c->look);
	free(c);
}

/* What it says is taken as far as there is room; the rest is read and forgotten, lest it blocks. */
static void
listen(struct courier *c)
{
	char rest[4096];
	for (int i = 0; i < 64; i++) {
		size_t room = COURIER_SAID - c->end.nsaid;
		char *to = room ? c->end.said + c->end.nsaid : rest;
		ssize_t n = read(c->out, to, room ? room : sizeof rest);
		if (n > 0 && room)
			c->end.nsaid += (size_t)n;
		if (n > 0 || (n < 0 && errno == EINTR))
			continue;
		if (n == 0 || errno != EAGAIN)
			close_fd(c, &c->out);
		return;
	}
}

static void
on_output(void *ctx, int fd, uint32_t events)
{
	(void)fd;
	(void)events;
	listen(ctx);
}

/* Has it ended? Then it is gone, and C too. */
static bool
look(struct courier *c)
{
	int status;
	if (waitpid(c->pid, &status, WNOHANG) != c->pid) {
		if (c->look)
			loop_timer_set(c->look, LOOK_US);
		return false;
	}
	if (c->out >= 0)
		listen(c);
	/* What it started and we wanted dead must not live on because it was quicker to go. */
	if (c->end.late)
		kill(-c->pid, SIGKILL);
	struct courier_end end = c->end;
	end.status = WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
	end.said[end.nsaid] = '\0';
	void (*fn)(void *, const struct courier_end *) = c->fn;
	void *fn_ctx = c->ctx;
	release(c);
	fn(fn_ctx, &end);
	return true;
}

static void
on_exit_of_it(void *ctx, int fd, uint32_t events)
{
	(void)fd;
	(void)events;
	look(ctx);
}

static void
on_look(void *ctx)
{
	look(ctx);
}

static void
on_limit(void *ctx)
{
	struct courier *c = ctx;
	kill(-c->pid, c->end.late ? SIGKILL : SIGTERM);
	c->end.late = true;
	loop_timer_set(c->limit, c->grace_us);
}

/* -- starting ---------------------------------------------------------------------------------- */

static int
input_file(const struct courier_job *job, struct err *e)
{
	int fd = memfd_create("mm-message", MFD_CLOEXEC);
	const char *p = job->in;
	size_t left = job->nin;
	while (fd >= 0 && left) {
		ssize_t n = write(fd, p, left);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			close(fd);
			fd = -1;
			break;
		}
		p += n;
		left -= (size_t)n;
	}
	if (fd < 0)
		return err_sys(e, "a message in memory");
	lseek(fd, 0, SEEK_SET);
	return fd;
}

/* What it writes is for its owner alone. */
static int
start(const struct courier_job *job, int in, int out, pid_t *pid)
{
	struct spawn s = {.program = job->program,
			  .argv = (const char *const *)job->argv,
			  .env = (const char *const *)job->env,
			  .in = in,
			  .out = out,
			  .err = out,
			  .dir = "/"};
	mode_t mask = umask(077);
	int code = spawn(&s, pid);
	umask(mask);
	return code;
}

struct courier *
courier_start(struct loop *l, const struct courier_job *job,
	      void (*fn)(void *ctx, const struct courier_end *end), void *ctx, struct err *e)
{
	int p[2] = {-1, -1}, in = input_file(job, e);
	pid_t pid = 0;
	if (in < 0)
		return NULL;
	if (pipe2(p, O_CLOEXEC) < 0) {
		err_sys(e, "a pipe");
		close(in);
		return NULL;
	}
	errno = start(job, in, p[1], &pid);
	bool bad = errno != 0;
	if (bad) {
		err_sys(e, "%s", job->program);
		close(p[0]);
	}
	close(in);
	close(p[1]);
	if (bad)
		return NULL;
	fcntl(p[0], F_SETFL, O_NONBLOCK);
	struct courier *c = xcalloc(1, sizeof *c);
	*c = (struct courier){.loop = l,
			      .pid = pid,
			      .out = p[0],
			      .limit_us = job->limit_us,
			      .grace_us = job->grace_us,
			      .fn = fn,
			      .ctx = ctx};
	c->limit = loop_timer_new(l, on_limit, c);
	loop_timer_set(c->limit, job->limit_us);
	loop_fd(l, c->out, EPOLLIN, on_output, c);
	c->pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (c->pidfd >= 0) {
		fcntl(c->pidfd, F_SETFD, FD_CLOEXEC);
		loop_fd(l, c->pidfd, EPOLLIN, on_exit_of_it, c);
	} else {
		c->look = loop_timer_new(l, on_look, c);
		loop_timer_set(c->look, LOOK_US);
	}
	return c;
}

void
courier_finish(struct courier *c)
{
	int64_t due = clock_mono_us() + c->limit_us;
	while (!look(c)) {
		/* Where one of them is closed, poll passes over it. */
		struct pollfd p[] = {{.fd = c->out, .events = POLLIN},
				     {.fd = c->pidfd, .events = POLLIN}};
		poll(p, 2, LOOK_US / 1000);
		if (c->out >= 0)
			listen(c);
		if (clock_mono_us() >= due) {
			on_limit(c);
			due = clock_mono_us() + c->grace_us;
		}
	}
}

void
courier_cancel(struct courier *c)
{
	if (!c)
		return;
	kill(-c->pid, SIGKILL);
	waitpid(c->pid, NULL, 0);
	release(c);
}
