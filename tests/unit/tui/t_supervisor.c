/* The notify protocol, against a socket of our own: a path, and an abstract name (test 59). */
#include "tui/supervisor.h"

#include "core/clock.h"
#include "core/xalloc.h"

#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

static int
listen_at(const char *name)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	size_t n = strlen(name);
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	memcpy(a.sun_path, name, n);
	if (name[0] == '@')
		a.sun_path[0] = '\0';
	socklen_t len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n + (name[0] == '/'));
	assert_int_equal(bind(fd, (struct sockaddr *)&a, len), 0);
	return fd;
}

static void
hears(int fd, const char *want)
{
	char buf[500];
	struct pollfd p = {.fd = fd, .events = POLLIN};
	assert_int_equal(poll(&p, 1, 10000), 1);
	ssize_t n = recv(fd, buf, sizeof buf - 1, 0);
	assert_true(n >= 0);
	buf[n] = '\0';
	assert_string_equal(buf, want);
}

static void
quiet(int fd)
{
	char buf[8];
	assert_int_equal(recv(fd, buf, sizeof buf, MSG_DONTWAIT), -1);
}

static void
talk(const char *name)
{
	struct loop *l = loop_new();
	int fd = listen_at(name);
	setenv("NOTIFY_SOCKET", name, 1);
	struct supervisor *s = supervisor_new(l);
	assert_null(getenv("NOTIFY_SOCKET")); /* a hook is not supervised */
	assert_true(supervisor_say(s, "READY=1"));
	hears(fd, "READY=1");
	supervisor_status(s, "2 runs, 1 firing");
	hears(fd, "STATUS=2 runs, 1 firing");
	supervisor_status(s, "2 runs, 1 firing");
	quiet(fd);
	supervisor_status(s, "a\nREADY=0");
	hears(fd, "STATUS=a\xef\xbf\xbdREADY=0");
	supervisor_free(s);
	close(fd);
	loop_free(l);
}

static void
by_path_and_by_abstract_name(void **state)
{
	(void)state;
	char *path = xasprintf("%s/notify", getenv("TMP") ? getenv("TMP") : "/tmp");
	unlink(path);
	talk(path);
	unlink(path);
	free(path);
	char *name = xasprintf("@mm-test-%ld", (long)getpid());
	talk(name);
	free(name);
}

static void
the_watchdog_is_fed_by_the_loop(void **state)
{
	(void)state;
	char *name = xasprintf("@mm-test-dog-%ld", (long)getpid()), pid[24];
	struct loop *l = loop_new();
	int fd = listen_at(name);
	setenv("NOTIFY_SOCKET", name, 1);
	setenv("WATCHDOG_USEC", "40000", 1);
	snprintf(pid, sizeof pid, "%ld", (long)getpid());
	setenv("WATCHDOG_PID", pid, 1);
	struct supervisor *s = supervisor_new(l);
	hears(fd, "WATCHDOG=1");
	quiet(fd);
	int64_t end = clock_mono_us() + 10 * 1000000;
	char buf[20];
	while (recv(fd, buf, sizeof buf, MSG_DONTWAIT) < 0 && clock_mono_us() < end)
		loop_once(l, 100000);
	assert_true(clock_mono_us() < end);
	supervisor_free(s);
	/* Somebody else's is not. */
	setenv("NOTIFY_SOCKET", name, 1);
	setenv("WATCHDOG_USEC", "40000", 1);
	setenv("WATCHDOG_PID", "1", 1);
	s = supervisor_new(l);
	quiet(fd);
	supervisor_free(s);
	close(fd);
	loop_free(l);
	free(name);
}

static void
without_one_nothing_happens(void **state)
{
	(void)state;
	struct loop *l = loop_new();
	static const char *const bad[] = {"", "relative", "@", "/nonexistent/socket"};
	for (int i = 0; i < 5; i++) {
		if (i < 4)
			setenv("NOTIFY_SOCKET", bad[i], 1);
		struct supervisor *s = supervisor_new(l);
		assert_false(supervisor_say(s, "READY=1"));
		supervisor_status(s, "x");
		supervisor_free(s);
	}
	loop_free(l);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_path_and_by_abstract_name),
		cmocka_unit_test(the_watchdog_is_fed_by_the_loop),
		cmocka_unit_test(without_one_nothing_happens),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
