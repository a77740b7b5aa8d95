/* One epoll set, a short list of timers, one signalfd. A round is: wait until something is ready or
 * a timer is due; hand out the descriptors; then the timers that were due when the round began. So
 * a timer that arms itself with 0 does a slice of work a round, and every descriptor is asked
 * between two slices.
 *
 * What is removed while events are handed out stays allocated until the round's end, marked dead:
 * the kernel's list of the round may still point at it. Descriptors that epoll refuses (regular
 * files, /dev/null: always ready) are kept beside it. */
#include "core/loop.h"

#include "core/clock.h"
#include "core/xalloc.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

struct watch_fd {
	struct watch_fd *next;
	int fd;
	uint32_t events;
	bool ready; /* always: epoll refused it */
	bool dead;
	void (*fn)(void *ctx, int fd, uint32_t events);
	void *ctx;
};

struct watch_signal {
	void (*fn)(void *ctx, int signo);
	void *ctx;
};

struct loop_timer {
	struct loop *loop;
	struct loop_timer *next;
	int64_t due_us; /* -1: not armed */
	uint64_t round; /* when it was armed: not before the next one it fires */
	void (*fn)(void *ctx);
	void *ctx;
};

struct loop {
	int epoll;
	int signals;         /* signalfd, or -1 */
	sigset_t mask, kept; /* of ours; what was blocked before us */
	struct watch_signal signal[NSIG];
	struct watch_fd *fds;
	int nready; /* how many of them are always ready, and wanted */
	bool dead;  /* some of them are */
	struct loop_timer *timers;
	uint64_t round;
	bool stop;
};

static void
on_signal(void *ctx, int fd, uint32_t events)
{
	struct loop *l = ctx;
	struct signalfd_siginfo si;
	(void)events;
	while (read(fd, &si, sizeof si) == (ssize_t)sizeof si)
		if (si.ssi_signo < NSIG && l->signal[si.ssi_signo].fn)
			l->signal[si.ssi_signo].fn(l->signal[si.ssi_signo].ctx, (int)si.ssi_signo);
}

static struct watch_fd *
fd_find(struct loop *l, int fd)
{
	for (struct watch_fd *w = l->fds; w; w = w->next)
		if (w->fd == fd && !w->dead)
			return w;
	return NULL;
}

static void
fds_bury(struct loop *l)
{
	struct watch_fd **at = &l->fds;
	while (*at) {
		struct watch_fd *w = *at;
		if (w->dead) {
			*at = w->next;
			free(w);
		} else {
			at = &w->next;
		}
	}
	l->dead = false;
}

/* Until the next timer, at most LIMIT_US (negative: no limit). */
static int64_t
wait_us(const struct loop *l, int64_t limit_us)
{
	if (l->nready)
		return 0;
	int64_t now = 0, wait = limit_us;
	for (const struct loop_timer *t = l->timers; t; t = t->next) {
		if (t->due_us < 0)
			continue;
		if (!now)
			now = clock_mono_us();
		int64_t left = t->due_us > now ? t->due_us - now : 0;
		if (wait < 0 || left < wait)
			wait = left;
	}
	return wait;
}

static void
timers_run(struct loop *l)
{
	int64_t now = clock_mono_us();
	for (;;) {
		/* The earliest first; the list may change under each call. */
		struct loop_timer *due = NULL;
		for (struct loop_timer *t = l->timers; t; t = t->next)
			if (t->due_us >= 0 && t->due_us <= now && t->round < l->round &&
			    (!due || t->due_us < due->due_us))
				due = t;
		if (!due)
			return;
		due->due_us = -1;
		due->fn(due->ctx);
	}
}

static void
fds_run(struct loop *l, int64_t wait)
{
	struct epoll_event ev[64];
	int ms = wait < 0                         ? -1
		 : wait > (int64_t)INT_MAX * 1000 ? INT_MAX
						  : (int)((wait + 999) / 1000);
	int n = epoll_wait(l->epoll, ev, 64, ms);
	if (n < 0 && errno != EINTR)
		die("epoll_wait: %s", strerror(errno));
	for (int i = 0; i < n; i++) {
		struct watch_fd *w = ev[i].data.ptr;
		if (!w->dead)
			w->fn(w->ctx, w->fd, ev[i].events);
	}
	if (l->nready)
		for (struct watch_fd *w = l->fds; w; w = w->next)
			if (w->ready && !w->dead && w->events)
				w->fn(w->ctx, w->fd, w->events & (EPOLLIN | EPOLLOUT));
	if (l->dead)
		fds_bury(l);
}

static void
round_run(struct loop *l, int64_t limit_us)
{
	int64_t wait = wait_us(l, limit_us);
	l->round++;
	fds_run(l, wait);
	timers_run(l);
}

struct loop *
loop_new(void)
{
	struct loop *l = xcalloc(1, sizeof *l);
	l->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (l->epoll < 0)
		die("epoll_create1: %s", strerror(errno));
	l->signals = -1;
	sigemptyset(&l->mask);
	sigprocmask(SIG_BLOCK, NULL, &l->kept);
	return l;
}

void
loop_free(struct loop *l)
{
	if (!l)
		return;
	for (struct watch_fd *w = l->fds; w; w = w->next)
		w->dead = true;
	fds_bury(l);
	while (l->timers)
		loop_timer_free(l->timers);
	if (l->signals >= 0) {
		close(l->signals);
		sigprocmask(SIG_SETMASK, &l->kept, NULL);
	}
	close(l->epoll);
	free(l);
}

void
loop_fd(struct loop *l, int fd, uint32_t events, void (*fn)(void *ctx, int fd, uint32_t events),
	void *ctx)
{
	struct watch_fd *w = xcalloc(1, sizeof *w);
	*w = (struct watch_fd){.next = l->fds, .fd = fd, .events = events, .fn = fn, .ctx = ctx};
	l->fds = w;
	struct epoll_event ev = {.events = events, .data.ptr = w};
	if (epoll_ctl(l->epoll, EPOLL_CTL_ADD, fd, &ev) == 0)
		return;
	if (errno != EPERM)
		die("epoll_ctl: %s", strerror(errno));
	w->ready = true;
	l->nready += events != 0;
}

void
loop_fd_events(struct loop *l, int fd, uint32_t events)
{
	struct watch_fd *w = fd_find(l, fd);
	if (!w || w->events == events)
		return;
	if (w->ready)
		l->nready += (events != 0) - (w->events != 0);
	w->events = events;
	struct epoll_event ev = {.events = events, .data.ptr = w};
	if (!w->ready)
		epoll_ctl(l->epoll, EPOLL_CTL_MOD, fd, &ev);
}

void
loop_fd_remove(struct loop *l, int fd)
{
	struct watch_fd *w = fd_find(l, fd);
	if (!w)
		return;
	if (w->ready)
		l->nready -= w->events != 0;
	else
		epoll_ctl(l->epoll, EPOLL_CTL_DEL, fd, NULL);
	w->dead = true;
	l->dead = true;
}

struct loop_timer *
loop_timer_new(struct loop *l, void (*fn)(void *ctx), void *ctx)
{
	struct loop_timer *t = xcalloc(1, sizeof *t);
	*t = (struct loop_timer){.loop = l, .next = l->timers, .due_us = -1, .fn = fn, .ctx = ctx};
	l->timers = t;
	return t;
}

void
loop_timer_set(struct loop_timer *t, int64_t in_us)
{
	t->due_us = in_us < 0 ? -1 : clock_mono_us() + in_us;
	t->round = t->loop->round;
}

bool
loop_timer_armed(const struct loop_timer *t)
{
	return t->due_us >= 0;
}

void
loop_timer_free(struct loop_timer *t)
{
	if (!t)
		return;
	struct loop_timer **at = &t->loop->timers;
	while (*at != t)
		at = &(*at)->next;
	*at = t->next;
	free(t);
}

void
loop_signal(struct loop *l, int signo, void (*fn)(void *ctx, int signo), void *ctx)
{
	l->signal[signo] = (struct watch_signal){fn, ctx};
	sigaddset(&l->mask, signo);
	sigset_t only;
	sigemptyset(&only);
	sigaddset(&only, signo);
	sigprocmask(SIG_BLOCK, &only, NULL);
	int fd = signalfd(l->signals, &l->mask, SFD_NONBLOCK | SFD_CLOEXEC);
	if (fd < 0)
		die("signalfd: %s", strerror(errno));
	if (l->signals < 0)
		loop_fd(l, fd, EPOLLIN, on_signal, l);
	l->signals = fd;
}

void
loop_run(struct loop *l)
{
	while (!l->stop)
		round_run(l, -1);
	l->stop = false;
}

void
loop_once(struct loop *l, int64_t timeout_us)
{
	round_run(l, timeout_us);
}

void
loop_stop(struct loop *l)
{
	l->stop = true;
}
