/* The ingester's end. Nothing here waits: what a peer does not take at once is queued for it, and a
 * peer whose queue grows past a bound is dropped, for it costs every other one memory. A peer is
 * freed when it is gone and nobody owes it an answer, so whoever holds a request may always answer
 * it.
 *
 * The socket's file has an owner: the holder of the ingest lock. Whatever lies there when it begins
 * to listen is left over from one that was killed. */
#include "core/ctl.h"

#include "core/clock.h"
#include "core/ctl_wire.h"
#include "core/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	PEERS_MAX = 256,
	ASKED_MAX = 64,       /* unanswered requests of one peer */
	OUT_MAX = 256 << 10,  /* bytes that wait for one peer */
	TXN_EVERY_US = 16667, /* 60 a second */
	ACCEPT_AGAIN_US = 1000000,
};

struct ctl_peer {
	struct ctl_server *server;
	struct ctl_peer *next;
	int fd; /* -1: gone */
	int asked;
	struct str in, out;
};

struct ctl_server {
	struct loop *loop;
	char *dir;
	int fd;
	dev_t dev; /* of the socket's file: another one is not ours to remove */
	ino_t ino;
	ctl_request_fn *fn;
	void *ctx;
	struct ctl_peer *peers;
	int npeers;
	struct loop_timer *again; /* accept failed: no descriptors */
	struct loop_timer *late;  /* a transaction that is still to be told */
	uint64_t txn, txn_told;
	int64_t txn_us;                  /* when one was told */
	char *mode, *progress, *trouble; /* the newest, for who comes later */
};

static void
peer_free_if_done(struct ctl_peer *p)
{
	if (p->fd >= 0 || p->asked)
		return;
	struct ctl_peer **at = &p->server->peers;
	while (*at != p)
		at = &(*at)->next;
	*at = p->next;
	str_release(&p->in);
	str_release(&p->out);
	free(p);
}

/* Leaves the struct to the caller: it may be in use further up. */
static void
peer_close(struct ctl_peer *p)
{
	if (p->fd < 0)
		return;
	loop_fd_remove(p->server->loop, p->fd);
	close(p->fd);
	p->fd = -1;
	p->server->npeers--;
	str_release(&p->out);
}

static void
peer_flush(struct ctl_peer *p)
{
	size_t sent = 0;
	while (p->fd >= 0 && sent < p->out.len) {
		ssize_t n = send(p->fd, p->out.buf + sent, p->out.len - sent, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno != EAGAIN) {
			peer_close(p);
			return;
		}
		if (n < 0)
			break;
		sent += (size_t)n;
	}
	if (p->fd < 0)
		return;
	if (sent) {
		memmove(p->out.buf, p->out.buf + sent, p->out.len - sent + 1);
		p->out.len -= sent;
	}
	if (p->out.len > OUT_MAX)
		peer_close(p);
	else
		loop_fd_events(p->server->loop, p->fd, p->out.len ? EPOLLIN | EPOLLOUT : EPOLLIN);
}

static void
peer_notice(struct ctl_peer *p, const char *line)
{
	if (p->fd < 0 || !line)
		return;
	str_adds(&p->out, "* ");
	ctl_add_text(&p->out, line);
	str_addc(&p->out, '\n');
	peer_flush(p);
}

static void
peer_answer(struct ctl_peer *p, uint64_t seq, bool ok, const char *text)
{
	if (p->fd < 0)
		return;
	str_addf(&p->out, "%llu %s", (unsigned long long)seq, ok ? "ok" : "err");
	if (text && *text) {
		str_addc(&p->out, ' ');
		ctl_add_text(&p->out, text);
	}
	str_addc(&p->out, '\n');
	peer_flush(p);
}

/* False: this peer speaks another language. */
static bool
on_line(void *ctx, char *line)
{
	struct ctl_peer *p = ctx;
	struct ctl_server *s = p->server;
	const char *rest = line;
	uint64_t seq;
	if (!ctl_take_number(&rest, &seq) || !*rest)
		return false;
	char *verb = line + (rest - line), *args[CTL_ARGS];
	int n = 0;
	for (char *q = strchr(verb, ' '); q; q = strchr(q, ' ')) {
		*q++ = '\0';
		if (n == CTL_ARGS) {
			peer_answer(p, seq, false, "too many words");
			return p->fd >= 0;
		}
		args[n++] = q;
	}
	for (int i = 0; i < n; i++)
		if (!ctl_unescape(args[i]))
			return false;
	if (p->asked >= ASKED_MAX) {
		peer_answer(p, seq, false, "too many unanswered requests");
		return p->fd >= 0;
	}
	p->asked++;
	s->fn(s->ctx, p, seq, verb, args, n);
	return p->fd >= 0;
}

static void
on_peer(void *ctx, int fd, uint32_t events)
{
	struct ctl_peer *p = ctx;
	p->asked++; /* stays while it is being served */
	if (events & EPOLLOUT)
		peer_flush(p);
	if (p->fd >= 0 && events & (EPOLLIN | EPOLLHUP | EPOLLERR) &&
	    ctl_read_lines(fd, &p->in, on_line, p) != CTL_GOT)
		peer_close(p);
	p->asked--;
	peer_free_if_done(p);
}

static bool
peer_allowed(int fd)
{
	struct ucred cred;
	socklen_t n = sizeof cred;
	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &n) == 0 &&
	       (cred.uid == geteuid() || cred.uid == 0);
}

static void
peer_new(struct ctl_server *s, int fd)
{
	struct ctl_peer *p = xcalloc(1, sizeof *p);
	*p = (struct ctl_peer){.server = s, .next = s->peers, .fd = fd};
	s->peers = p;
	s->npeers++;
	loop_fd(s->loop, fd, EPOLLIN, on_peer, p);
	p->asked++;
	if (s->txn_told) {
		char line[32];
		snprintf(line, sizeof line, "txn %llu", (unsigned long long)s->txn_told);
		peer_notice(p, line);
	}
	peer_notice(p, s->mode);
	peer_notice(p, s->progress);
	peer_notice(p, s->trouble);
	p->asked--;
	peer_free_if_done(p);
}

static void
on_accept(void *ctx, int listener, uint32_t events)
{
	struct ctl_server *s = ctx;
	(void)events;
	for (;;) {
		int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd < 0 &&
		    (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS)) {
			/* The connection stays in the queue and would wake us for ever. */
			loop_fd_events(s->loop, listener, 0);
			loop_timer_set(s->again, ACCEPT_AGAIN_US);
			return;
		}
		if (fd < 0 && (errno == EINTR || errno == ECONNABORTED))
			continue;
		if (fd < 0)
			return;
		if (s->npeers >= PEERS_MAX || !peer_allowed(fd))
			close(fd);
		else
			peer_new(s, fd);
	}
}

static void
on_again(void *ctx)
{
	struct ctl_server *s = ctx;
	loop_fd_events(s->loop, s->fd, EPOLLIN);
}

static void
tell_txn(struct ctl_server *s)
{
	char line[32];
	snprintf(line, sizeof line, "txn %llu", (unsigned long long)s->txn);
	s->txn_told = s->txn;
	s->txn_us = clock_mono_us();
	ctl_notice(s, line);
}

static void
on_late(void *ctx)
{
	struct ctl_server *s = ctx;
	if (s->txn != s->txn_told)
		tell_txn(s);
}

/* Binds in DIR. The mode is set by umask: a chmod after the bind would leave a moment. */
static int
server_bind(struct ctl_server *s, struct err *e)
{
	struct sockaddr_un sa;
	int dirfd;
	struct stat st;
	if (ctl_address(s->dir, &sa, &dirfd) < 0)
		return err_sys(e, "%s", s->dir);
	int code = 0;
	if (lstat(sa.sun_path, &st) == 0 && !S_ISSOCK(st.st_mode)) {
		code = err_set(e, ERR_FORMAT, "%s/ctl is no socket; move it away", s->dir);
	} else {
		unlink(sa.sun_path);
		mode_t old = umask(0177);
		if (bind(s->fd, (struct sockaddr *)&sa, sizeof sa) < 0 || listen(s->fd, 64) < 0 ||
		    lstat(sa.sun_path, &st) < 0)
			code = err_sys(e, "%s/ctl", s->dir);
		umask(old);
		s->dev = st.st_dev;
		s->ino = st.st_ino;
	}
	if (dirfd >= 0)
		close(dirfd);
	return code;
}

int
ctl_listen(struct loop *l, const char *dir, ctl_request_fn *fn, void *ctx, struct ctl_server **out,
	   struct err *e)
{
	struct ctl_server *s = xcalloc(1, sizeof *s);
	*s = (struct ctl_server){.loop = l, .dir = xstrdup(dir), .fn = fn, .ctx = ctx};
	*out = NULL;
	s->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int code = s->fd < 0 ? err_sys(e, "socket") : server_bind(s, e);
	if (code < 0) {
		if (s->fd >= 0)
			close(s->fd);
		free(s->dir);
		free(s);
		return code;
	}
	s->again = loop_timer_new(l, on_again, s);
	s->late = loop_timer_new(l, on_late, s);
	loop_fd(l, s->fd, EPOLLIN, on_accept, s);
	*out = s;
	return 0;
}

static void
server_unlink(struct ctl_server *s)
{
	struct sockaddr_un sa;
	int dirfd;
	struct stat st;
	if (ctl_address(s->dir, &sa, &dirfd) < 0)
		return;
	if (lstat(sa.sun_path, &st) == 0 && st.st_dev == s->dev && st.st_ino == s->ino)
		unlink(sa.sun_path);
	if (dirfd >= 0)
		close(dirfd);
}

void
ctl_server_free(struct ctl_server *s)
{
	if (!s)
		return;
	server_unlink(s);
	while (s->peers) {
		peer_close(s->peers);
		s->peers->asked = 0;
		peer_free_if_done(s->peers);
	}
	loop_fd_remove(s->loop, s->fd);
	close(s->fd);
	loop_timer_free(s->again);
	loop_timer_free(s->late);
	free(s->mode);
	free(s->progress);
	free(s->trouble);
	free(s->dir);
	free(s);
}

void
ctl_answer(struct ctl_server *s, struct ctl_peer *peer, uint64_t seq, bool ok, const char *text)
{
	(void)s;
	peer_answer(peer, seq, ok, text);
	peer->asked--;
	peer_free_if_done(peer);
}

static void
remember(char **slot, const char *line)
{
	free(*slot);
	*slot = line ? xstrdup(line) : NULL;
}

void
ctl_notice(struct ctl_server *s, const char *line)
{
	if (strncmp(line, "mode ", 5) == 0)
		remember(&s->mode, line);
	else if (strncmp(line, "progress ", 9) == 0)
		remember(&s->progress, line);
	else if (strncmp(line, "trouble", 7) == 0)
		remember(&s->trouble, line[7] ? line : NULL);
	for (struct ctl_peer *p = s->peers, *next; p; p = next) {
		next = p->next;
		peer_notice(p, line);
		peer_free_if_done(p);
	}
}

void
ctl_notice_txn(struct ctl_server *s, uint64_t txn)
{
	s->txn = txn;
	if (loop_timer_armed(s->late))
		return;
	int64_t since = clock_mono_us() - s->txn_us;
	if (since >= TXN_EVERY_US)
		tell_txn(s);
	else
		loop_timer_set(s->late, TXN_EVERY_US - since);
}
