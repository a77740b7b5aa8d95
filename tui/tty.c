/* A program that leaves a terminal in raw mode, on the alternate screen, with the mouse reporting,
 * has taken the shell away from its user. So the way back never depends on the program being well:
 * it is a string and a struct termios, ready before the terminal is touched, and the handler of a
 * fatal signal calls nothing but write, tcsetattr, tcflush and sigaction, on a stack of its own.
 *
 * The handler puts back the disposition that it found (a sanitizer's, perhaps) and raises the
 * signal again: it is delivered when the handler returns, so the parent sees the true cause of
 * death.
 *
 * A terminal that hangs up answers EIO or end of file. From then on nothing is tried any more. */
#include "tui/tty.h"

#include "core/str.h"
#include "core/xalloc.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

struct tty {
	int fd;
	bool gone;
	struct str out; /* not yet written: from DONE on */
	size_t done;
};

static const int fatal[] = {SIGTERM, SIGHUP,  SIGINT, SIGQUIT, SIGSEGV,
			    SIGBUS,  SIGABRT, SIGILL, SIGFPE};
#define NFATAL (sizeof fatal / sizeof *fatal)

/* What the handler needs, and nothing else. Two strings, so that one is whole at any moment. */
static struct {
	volatile sig_atomic_t taken;
	volatile sig_atomic_t
		torn; /* a frame is written in part: its escape sequence has to be ended */
	volatile sig_atomic_t which;
	int fd;
	struct termios saved, raw;
	struct {
		char text[TTY_STOP_MAX + 1];
		size_t n;
	} stop[2];
	struct sigaction before[NFATAL];
	bool installed, at_exit;
	void *stack;
} way_back = {.fd = -1};

/* Writes all or gives up: a terminal that takes nothing for a while will not be waited for. */
static void
write_patiently(int fd, const char *p, size_t n)
{
	int patience = 20;
	while (n > 0) {
		ssize_t k = write(fd, p, n);
		if (k > 0) {
			p += k;
			n -= (size_t)k;
		} else if (k < 0 && errno == EAGAIN && patience-- > 0) {
			struct pollfd pfd = {.fd = fd, .events = POLLOUT};
			poll(&pfd, 1, 25);
		} else if (k >= 0 || errno != EINTR) {
			return;
		}
	}
}

/* Safe in a handler. */
static void
give_back(void)
{
	if (!way_back.taken)
		return;
	way_back.taken = 0;
	int saved_errno = errno;
	/* In the background tcsetattr would stop us. */
	sigset_t ttou, old;
	sigemptyset(&ttou);
	sigaddset(&ttou, SIGTTOU);
	sigprocmask(SIG_BLOCK, &ttou, &old);
	if (way_back.torn)
		write_patiently(way_back.fd, "\030",
				1); /* CAN: ends a sequence wherever it was cut */
	int i = way_back.which;
	write_patiently(way_back.fd, way_back.stop[i].text, way_back.stop[i].n);
	tcsetattr(way_back.fd, TCSANOW, &way_back.saved);
	sigprocmask(SIG_SETMASK, &old, NULL);
	errno = saved_errno;
}

static void
on_fatal(int signo)
{
	bool taken = way_back.taken;
	give_back();
	if (taken)
		tcflush(way_back.fd, TCIFLUSH);
	for (size_t i = 0; i < NFATAL; i++)
		if (fatal[i] == signo)
			sigaction(signo, &way_back.before[i], NULL);
	raise(signo);
}

static void
install(void)
{
	static const size_t stack_size = 64 << 10;
	if (!way_back.at_exit)
		atexit(give_back);
	way_back.at_exit = true;
	die_hook(give_back);
	way_back.stack = xmalloc(stack_size);
	stack_t alt = {.ss_sp = way_back.stack, .ss_size = stack_size};
	sigaltstack(&alt, NULL);
	struct sigaction sa = {.sa_handler = on_fatal, .sa_flags = SA_ONSTACK};
	sigfillset(&sa.sa_mask);
	for (size_t i = 0; i < NFATAL; i++) {
		sigaction(fatal[i], NULL, &way_back.before[i]);
		/* What was ignored (nohup) stays so. */
		if (way_back.before[i].sa_handler != SIG_IGN)
			sigaction(fatal[i], &sa, NULL);
	}
	way_back.installed = true;
}

static void
uninstall(void)
{
	if (!way_back.installed)
		return;
	for (size_t i = 0; i < NFATAL; i++)
		sigaction(fatal[i], &way_back.before[i], NULL);
	stack_t none = {.ss_flags = SS_DISABLE};
	sigaltstack(&none, NULL);
	free(way_back.stack);
	way_back.stack = NULL;
	die_hook(NULL);
	way_back.installed = false;
}

/* A description of our own. Not every terminal can be opened anew (after su it belongs to somebody
 * else): then the shared one has to do, and writes block. */
static int
open_anew(void)
{
	int flags = O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK;
	int fd = open("/proc/self/fd/1", flags);
	if (fd < 0) {
		char name[256];
		if (ttyname_r(STDOUT_FILENO, name, sizeof name) == 0)
			fd = open(name, flags);
	}
	if (fd < 0)
		fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
	return fd;
}

int
tty_open(struct tty **out, struct err *e)
{
	assert(way_back.fd < 0);
	if (!isatty(STDOUT_FILENO))
		return err_set(e, ERR_USAGE, "standard output is no terminal");
	int fd = open_anew();
	if (fd < 0)
		return err_sys(e, "cannot open the terminal");
	if (tcgetattr(fd, &way_back.saved) < 0) {
		err_sys(e, "the terminal");
		close(fd);
		return ERR_SYS;
	}
	way_back.raw = way_back.saved;
	cfmakeraw(&way_back.raw);
	way_back.raw.c_cc[VMIN] = 0; /* a blocking description must not block reading either */
	way_back.raw.c_cc[VTIME] = 0;
	way_back.fd = fd;
	install();
	struct tty *t = xcalloc(1, sizeof *t);
	t->fd = fd;
	*out = t;
	return 0;
}

void
tty_free(struct tty *t)
{
	if (!t)
		return;
	tty_give(t);
	uninstall();
	close(t->fd);
	way_back.fd = -1;
	str_release(&t->out);
	free(t);
}

void
tty_set_stop(struct tty *t, const char *stop)
{
	(void)t;
	size_t n = strlen(stop);
	assert(n <= TTY_STOP_MAX);
	int other = !way_back.which;
	memcpy(way_back.stop[other].text, stop, n);
	way_back.stop[other].n = n;
	way_back.which = other;
}

void
tty_take(struct tty *t, const char *start, const char *stop)
{
	tty_set_stop(t, stop);
	way_back.taken = 1;
	if (tcsetattr(t->fd, TCSADRAIN, &way_back.raw) < 0 && errno == EIO)
		t->gone = true;
	tty_write(t, start, strlen(start));
}

void
tty_give(struct tty *t)
{
	if (!way_back.taken)
		return;
	tty_drain(t, 300);
	give_back();
	way_back.torn = 0;
	str_reset(&t->out);
	t->done = 0;
}

bool
tty_taken(const struct tty *t)
{
	(void)t;
	return way_back.taken;
}

int
tty_fd(const struct tty *t)
{
	return t->fd;
}

bool
tty_size(const struct tty *t, int *w, int *h)
{
	struct winsize ws;
	if (ioctl(t->fd, TIOCGWINSZ, &ws) < 0 || !ws.ws_col || !ws.ws_row)
		return false;
	*w = ws.ws_col;
	*h = ws.ws_row;
	return true;
}

bool
tty_gone(const struct tty *t)
{
	return t->gone;
}

bool
tty_flush(struct tty *t)
{
	while (t->done < t->out.len && !t->gone) {
		ssize_t k = write(t->fd, t->out.buf + t->done, t->out.len - t->done);
		if (k > 0) {
			t->done += (size_t)k;
			way_back.torn = t->done < t->out.len;
		} else if (k < 0 && errno == EAGAIN) {
			return false;
		} else if (k < 0 && errno != EINTR) {
			t->gone = true;
		}
	}
	way_back.torn = 0;
	str_reset(&t->out);
	t->done = 0;
	return true;
}

void
tty_write(struct tty *t, const void *p, size_t n)
{
	str_add(&t->out, p, n);
	tty_flush(t);
}

static int64_t
now_ms(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

void
tty_drain(struct tty *t, int timeout_ms)
{
	int64_t until = now_ms() + timeout_ms;
	while (!tty_flush(t)) {
		int64_t left = until - now_ms();
		if (left <= 0)
			return;
		struct pollfd pfd = {.fd = t->fd, .events = POLLOUT};
		poll(&pfd, 1, (int)left);
	}
}

size_t
tty_read(struct tty *t, void *p, size_t n)
{
	for (;;) {
		ssize_t k = t->gone ? 0 : read(t->fd, p, n);
		if (k > 0)
			return (size_t)k;
		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0 && errno == EAGAIN)
			return 0;
		if (k < 0) {
			t->gone = true;
			return 0;
		}
		/* With VMIN 0 an empty terminal reads as 0 too; one that hung up says so to
		 * poll. */
		struct pollfd pfd = {.fd = t->fd, .events = POLLIN};
		if (!t->gone && poll(&pfd, 1, 0) > 0 &&
		    (pfd.revents & (POLLHUP | POLLERR | POLLNVAL)))
			t->gone = true;
		return 0;
	}
}

void
tty_discard_input(struct tty *t)
{
	tcflush(t->fd, TCIFLUSH);
}
