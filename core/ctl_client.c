/* The viewer's end, which outlives the ingesters it talks to: when the connection is lost it is
 * made again, and what was asked for meanwhile waits. A request that was sent and not answered when
 * the connection broke is answered with false: nobody knows whether it was done. And the end for
 * commands, which ask one thing and wait for it. */
#include "core/ctl.h"

#include "core/clock.h"
#include "core/ctl_wire.h"
#include "core/xalloc.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

enum {
	RETRY_SOON_US = 250000,
	RETRY_US = 1000000,
	SOON_FOR_US = 5000000,
};

struct request {
	struct request *next;
	uint64_t seq;
	char *line; /* NULL: sent */
	ctl_reply_fn *fn;
	void *ctx;
};

struct ctl_client {
	struct loop *loop;
	char *dir;
	int fd; /* -1: down */
	ctl_line_fn *fn;
	void *ctx;
	struct loop_timer *retry;
	int64_t down_us; /* since when */
	uint64_t seq;
	struct request *asked, **asked_end; /* in order */
	struct str in, out;
	bool busy; /* inside a callback: freeing waits */
	bool freed;
};

static void
client_down(struct ctl_client *c)
{
	if (c->fd < 0)
		return;
	loop_fd_remove(c->loop, c->fd);
	close(c->fd);
	c->fd = -1;
	str_reset(&c->in);
	str_reset(&c->out);
	c->down_us = clock_mono_us();
	loop_timer_set(c->retry, RETRY_SOON_US);
}

static void
client_flush(struct ctl_client *c)
{
	size_t sent = 0;
	while (sent < c->out.len) {
		ssize_t n = send(c->fd, c->out.buf + sent, c->out.len - sent, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			break; /* a broken connection shows when it is read */
		sent += (size_t)n;
	}
	if (sent) {
		memmove(c->out.buf, c->out.buf + sent, c->out.len - sent + 1);
		c->out.len -= sent;
	}
	loop_fd_events(c->loop, c->fd, c->out.len ? EPOLLIN | EPOLLOUT : EPOLLIN);
}

/* Hands what waits to the connection. */
static void
client_push(struct ctl_client *c)
{
	for (struct request *r = c->asked; r; r = r->next)
		if (r->line) {
			str_adds(&c->out, r->line);
			free(r->line);
			r->line = NULL;
		}
	client_flush(c);
}

static struct request *
request_unlink(struct ctl_client *c, struct request **at)
{
	struct request *r = *at;
	*at = r->next;
	if (c->asked_end == &r->next)
		c->asked_end = at;
	return r;
}

static void
request_end(struct request *r, bool ok, const char *text)
{
	if (r->fn)
		r->fn(r->ctx, ok, text);
	free(r->line);
	free(r);
}

static bool
on_line(void *ctx, char *line)
{
	struct ctl_client *c = ctx;
	if (strncmp(line, "* ", 2) == 0) {
		if (c->fn)
			c->fn(c->ctx, c, line + 2);
		return !c->freed;
	}
	uint64_t seq;
	bool ok;
	const char *text;
	if (!ctl_parse_reply(line, &seq, &ok, &text))
		return false;
	for (struct request **at = &c->asked; *at; at = &(*at)->next)
		if ((*at)->seq == seq && !(*at)->line) {
			request_end(request_unlink(c, at), ok, text);
			break;
		}
	return !c->freed;
}

static void
client_release(struct ctl_client *c)
{
	loop_timer_free(c->retry);
	while (c->asked) {
		struct request *r = request_unlink(c, &c->asked);
		free(r->line);
		free(r);
	}
	str_release(&c->in);
	str_release(&c->out);
	free(c->dir);
	free(c);
}

/* The connection broke: what was sent will have no answer. */
static void
client_lost(struct ctl_client *c)
{
	client_down(c);
	struct request **at = &c->asked;
	while (*at && !c->freed) {
		if ((*at)->line) {
			at = &(*at)->next;
			continue;
		}
		request_end(request_unlink(c, at), false, "the ingester left");
		at = &c->asked; /* the list may have grown */
	}
	if (c->fn && !c->freed)
		c->fn(c->ctx, c, "down");
}

static void
on_server(void *ctx, int fd, uint32_t events)
{
	struct ctl_client *c = ctx;
	c->busy = true;
	if (events & EPOLLOUT)
		client_flush(c);
	if (events & (EPOLLIN | EPOLLHUP | EPOLLERR) &&
	    ctl_read_lines(fd, &c->in, on_line, c) != CTL_GOT && !c->freed)
		client_lost(c);
	c->busy = false;
	if (c->freed)
		client_release(c);
}

static void
client_try(struct ctl_client *c)
{
	c->fd = ctl_connect(c->dir);
	if (c->fd < 0) {
		bool soon = clock_mono_us() - c->down_us < SOON_FOR_US;
		loop_timer_set(c->retry, soon ? RETRY_SOON_US : RETRY_US);
		return;
	}
	loop_fd(c->loop, c->fd, EPOLLIN, on_server, c);
	client_push(c);
	if (c->fn)
		c->fn(c->ctx, c, "up");
}

static void
on_retry(void *ctx)
{
	struct ctl_client *c = ctx;
	c->busy = true;
	client_try(c);
	c->busy = false;
	if (c->freed)
		client_release(c);
}

struct ctl_client *
ctl_client_new(struct loop *l, const char *dir, ctl_line_fn *fn, void *ctx)
{
	struct ctl_client *c = xcalloc(1, sizeof *c);
	*c = (struct ctl_client){.loop = l, .dir = xstrdup(dir), .fd = -1, .fn = fn, .ctx = ctx};
	c->asked_end = &c->asked;
	c->down_us = clock_mono_us();
	c->retry = loop_timer_new(l, on_retry, c);
	loop_timer_set(c->retry, 0); /* so that "up" never comes before the caller has C */
	return c;
}

void
ctl_client_free(struct ctl_client *c)
{
	if (!c || c->freed)
		return;
	c->freed = true;
	loop_timer_set(c->retry, -1);
	if (c->fd >= 0) {
		loop_fd_remove(c->loop, c->fd);
		close(c->fd);
		c->fd = -1;
	}
	if (!c->busy)
		client_release(c);
}

bool
ctl_client_up(const struct ctl_client *c)
{
	return c->fd >= 0;
}

void
ctl_send(struct ctl_client *c, const char *verb, const char *const *args, int nargs,
	 ctl_reply_fn *fn, void *ctx)
{
	struct str line = STR_INIT;
	struct request *r = xcalloc(1, sizeof *r);
	*r = (struct request){.seq = ++c->seq, .fn = fn, .ctx = ctx};
	ctl_request_line(&line, r->seq, verb, args, nargs);
	r->line = str_steal(&line);
	*c->asked_end = r;
	c->asked_end = &r->next;
	if (c->fd >= 0)
		client_push(c);
}

/* -- without a loop ---------------------------------------------------------------------------- */

struct ask {
	struct str *answer;
	struct err *e;
	bool done;
	int code;
};

static bool
on_ask_line(void *ctx, char *line)
{
	struct ask *a = ctx;
	uint64_t seq;
	bool ok;
	const char *text;
	if (strncmp(line, "* ", 2) == 0)
		return true;
	if (!ctl_parse_reply(line, &seq, &ok, &text) || seq != 1)
		return false;
	a->done = true;
	a->code = ok ? 0 : err_set(a->e, ERR_USAGE, "%s", text);
	if (ok && a->answer)
		str_adds(a->answer, text);
	return false;
}

/* Waits until FD is ready for EVENTS; false: the time is up. */
static bool
wait_for(int fd, short events, int64_t until_us)
{
	for (;;) {
		int ms = -1;
		if (until_us >= 0) {
			int64_t left = until_us - clock_mono_us();
			if (left < 0)
				return false;
			ms = (int)(left / 1000) + 1;
		}
		struct pollfd p = {.fd = fd, .events = events};
		int n = poll(&p, 1, ms);
		if (n > 0)
			return true;
		if (n == 0 || errno != EINTR)
			return false;
	}
}

static int
ask_on(int fd, const char *line, struct ask *a, int64_t until_us)
{
	struct str in = STR_INIT;
	size_t len = strlen(line), sent = 0;
	int code = 0;
	while (!code && !a->done) {
		if (!wait_for(fd, sent < len ? POLLIN | POLLOUT : POLLIN, until_us)) {
			code = err_set(a->e, ERR_BUSY, "the ingester does not answer");
			break;
		}
		if (sent < len) {
			ssize_t n = send(fd, line + sent, len - sent, MSG_NOSIGNAL);
			if (n > 0)
				sent += (size_t)n;
		}
		if (ctl_read_lines(fd, &in, on_ask_line, a) != CTL_GOT && !a->done)
			code = err_set(a->e, ERR_SYS, "the ingester left without an answer");
	}
	str_release(&in);
	return a->done ? a->code : code;
}

int
ctl_ask(const char *dir, const char *verb, const char *const *args, int nargs, int timeout_ms,
	struct str *answer, struct err *e)
{
	int64_t until = timeout_ms < 0 ? -1 : clock_mono_us() + (int64_t)timeout_ms * 1000;
	int fd = ctl_connect(dir);
	if (fd < 0 && (errno == ENOENT || errno == ECONNREFUSED || errno == ENOTDIR))
		return err_set(e, ERR_NOTFOUND, "%s: nobody ingests", dir);
	if (fd < 0)
		return err_sys(e, "%s/ctl", dir);
	struct str line = STR_INIT;
	struct ask a = {.answer = answer, .e = e};
	ctl_request_line(&line, 1, verb, args, nargs);
	int code = ask_on(fd, str_c(&line), &a, until);
	str_release(&line);
	close(fd);
	return code;
}
