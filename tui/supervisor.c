/* A supervisor that doesn't read is not waited for: a datagram that does not fit is lost, and what
 * matters is said again (the watchdog, the status). */
#include "tui/supervisor.h"

#include "core/clock.h"
#include "core/str.h"
#include "core/utf8.h"
#include "core/xalloc.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

struct supervisor {
	struct sockaddr_un to;
	socklen_t len; /* 0: there is none */
	int fd;
	struct loop_timer *watchdog;
	int64_t every_us; /* 0: no watchdog */
	char *status;
};

/* A path, or with '@' in front an abstract name, which begins with a NUL instead. */
static void
take_address(struct supervisor *s, const char *name)
{
	size_t n = name ? strlen(name) : 0;
	if (n < 2 || n >= sizeof s->to.sun_path || (name[0] != '/' && name[0] != '@'))
		return;
	s->to.sun_family = AF_UNIX;
	memcpy(s->to.sun_path, name, n);
	if (name[0] == '@')
		s->to.sun_path[0] = '\0';
	s->len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n + (name[0] == '/'));
	s->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (s->fd < 0)
		s->len = 0;
}

bool
supervisor_say(struct supervisor *s, const char *lines)
{
	if (!s || !s->len)
		return false;
	size_t n = strlen(lines);
	return sendto(s->fd, lines, n, MSG_NOSIGNAL, (const struct sockaddr *)&s->to, s->len) ==
	       (ssize_t)n;
}

static void
on_watchdog(void *ctx)
{
	struct supervisor *s = ctx;
	supervisor_say(s, "WATCHDOG=1");
	loop_timer_set(s->watchdog, s->every_us);
}

/* It is for us only if it names us, or nobody. */
static int64_t
watchdog_us(void)
{
	const char *us = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
	if (!us || (pid && strtol(pid, NULL, 10) != (long)getpid()))
		return 0;
	long long v = strtoll(us, NULL, 10);
	return v > 0 ? v / 2 : 0;
}

struct supervisor *
supervisor_new(struct loop *l)
{
	struct supervisor *s = xcalloc(1, sizeof *s);
	s->fd = -1;
	take_address(s, getenv("NOTIFY_SOCKET"));
	if (s->len)
		s->every_us = watchdog_us();
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
	s->watchdog = loop_timer_new(l, on_watchdog, s);
	if (s->every_us)
		on_watchdog(s);
	return s;
}

void
supervisor_free(struct supervisor *s)
{
	if (!s)
		return;
	loop_timer_free(s->watchdog);
	if (s->fd >= 0)
		close(s->fd);
	free(s->status);
	free(s);
}

void
supervisor_status(struct supervisor *s, const char *text)
{
	struct str line = STR_INIT;
	if (!s || !s->len || (s->status && strcmp(s->status, text) == 0))
		return;
	str_adds(&line, "STATUS=");
	utf8_clean(&line, text, strlen(text), 0);
	if (supervisor_say(s, str_c(&line))) {
		free(s->status);
		s->status = xstrdup(text);
	}
	str_release(&line);
}
