#include "core/clock.h"
#include "core/ctl.h"
#include "core/loop.h"
#include "core/str.h"
#include "core/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <setjmp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <cmocka.h>

/* Both ends on one loop, in a directory of their own. */

struct fixture {
	char dir[600];
	struct loop *l;
	struct ctl_server *s;
	struct str asked; /* "verb arg arg\n" */
	struct str lines; /* what the client was told, "line\n" */
	struct str replies;
	struct ctl_peer *held; /* whose request is not answered yet */
	uint64_t held_seq;
	struct ctl_client *free_me;
};

static void
on_request(void *ctx, struct ctl_peer *peer, uint64_t seq, const char *verb, char **args, int nargs)
{
	struct fixture *f = ctx;
	str_adds(&f->asked, verb);
	for (int i = 0; i < nargs; i++)
		str_addf(&f->asked, " [%s]", args[i]);
	str_addc(&f->asked, '\n');
	if (strcmp(verb, "hold") == 0) {
		f->held = peer;
		f->held_seq = seq;
	} else if (strcmp(verb, "no") == 0) {
		ctl_answer(f->s, peer, seq, false, "will\nnot");
	} else {
		ctl_answer(f->s, peer, seq, true, nargs ? args[0] : "");
	}
}

static void
on_line(void *ctx, struct ctl_client *c, const char *line)
{
	struct fixture *f = ctx;
	str_addf(&f->lines, "%s\n", line);
	if (f->free_me == c) {
		f->free_me = NULL;
		ctl_client_free(c);
	}
}

static void
on_reply(void *ctx, bool ok, const char *text)
{
	struct fixture *f = ctx;
	str_addf(&f->replies, "%s %s\n", ok ? "ok" : "err", text);
}

static int
setup(void **state)
{
	struct fixture *f = xcalloc(1, sizeof *f);
	const char *tmp = getenv("TMP");
	snprintf(f->dir, sizeof f->dir, "%s/t_ctl.XXXXXX", tmp ? tmp : "/tmp");
	assert_non_null(mkdtemp(f->dir));
	f->l = loop_new();
	*state = f;
	return 0;
}

static void
listen_here(struct fixture *f)
{
	struct err e;
	assert_int_equal(ctl_listen(f->l, f->dir, on_request, f, &f->s, &e), 0);
}

static int
teardown(void **state)
{
	struct fixture *f = *state;
	char path[700];
	ctl_server_free(f->s);
	snprintf(path, sizeof path, "%s/ctl", f->dir);
	assert_int_equal(access(path, F_OK), -1); /* it cleans up behind itself */
	loop_free(f->l);
	rmdir(f->dir);
	str_release(&f->asked);
	str_release(&f->lines);
	str_release(&f->replies);
	free(f);
	return 0;
}

/* Runs the loop until TEXT is in S; fails after five seconds. */
static void
until(struct fixture *f, const struct str *s, const char *text)
{
	int64_t end = clock_mono_us() + 5000000;
	while (!strstr(str_c(s), text)) {
		if (clock_mono_us() > end)
			fail_msg("waited for \"%s\" in \"%s\"", text, str_c(s));
		loop_once(f->l, 10000);
	}
}

static void
settle(struct fixture *f)
{
	for (int i = 0; i < 20; i++)
		loop_once(f->l, 1000);
}

static struct sockaddr_un
address(struct fixture *f)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	assert_true((size_t)snprintf(sa.sun_path, sizeof sa.sun_path, "%s/ctl", f->dir) <
		    sizeof sa.sun_path);
	return sa;
}

/* A peer that speaks for itself. */
static int
raw_connect(struct fixture *f)
{
	struct sockaddr_un sa = address(f);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&sa, sizeof sa), 0);
	return fd;
}

/* Everything that has come on FD so far; *END when the other side has closed. */
static char *
raw_read(int fd, bool *end)
{
	static char buf[1 << 20];
	size_t n = 0;
	ssize_t got;
	*end = false;
	while ((got = read(fd, buf + n, sizeof buf - 1 - n)) > 0)
		n += (size_t)got;
	*end = got == 0 || (got < 0 && errno != EAGAIN);
	buf[n] = '\0';
	return buf;
}

static void
any_argument_survives(void **state)
{
	struct fixture *f = *state;
	listen_here(f);
	struct ctl_client *c = ctl_client_new(f->l, f->dir, on_line, f);
	static const char *const args[] = {
		"", "%", "a b", "line\nbreak\ttab", "\x01\x7f ünïcödé %41", "ok"};
	ctl_send(c, "many", args, 6, on_reply, f);
	until(f, &f->replies, "ok ");
	assert_string_equal(str_c(&f->asked),
			    "many [] [%] [a b] [line\nbreak\ttab] [\x01\x7f ünïcödé %41] [ok]\n");
	ctl_client_free(c);
}

static void
every_byte_is_escaped_and_back(void **state)
{
	(void)state;
	for (int i = 1; i < 256; i++)
		for (int j = 1; j < 256; j += 7) {
			struct str s = STR_INIT;
			char arg[3] = {(char)i, (char)j, 0}, back[16];
			ctl_escape(&s, arg);
			assert_int_equal(strcspn(str_c(&s), " \n"), s.len);
			assert_true(s.len < sizeof back);
			memcpy(back, s.buf, s.len + 1);
			assert_true(ctl_unescape(back));
			assert_string_equal(back, arg);
			str_release(&s);
		}
	static const char *const bad[] = {"%%", "%4", "%zz", "%00", "a%", "%4x"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		char copy[8];
		memcpy(copy, bad[i], strlen(bad[i]) + 1);
		assert_false(ctl_unescape(copy));
	}
}

static void
answers_may_come_late_and_out_of_order(void **state)
{
	struct fixture *f = *state;
	listen_here(f);
	struct ctl_client *c = ctl_client_new(f->l, f->dir, on_line, f);
	ctl_send(c, "hold", NULL, 0, on_reply, f);
	const char *one[] = {"1"};
	ctl_send(c, "echo", one, 1, on_reply, f);
	ctl_send(c, "no", NULL, 0, on_reply, f);
	until(f, &f->replies, "err");
	assert_string_equal(str_c(&f->replies), "ok 1\nerr will not\n");
	ctl_answer(f->s, f->held, f->held_seq, true, "at last");
	until(f, &f->replies, "at last");
	ctl_client_free(c);
}

static void
what_is_asked_before_anybody_listens_waits(void **state)
{
	struct fixture *f = *state;
	struct ctl_client *c = ctl_client_new(f->l, f->dir, on_line, f);
	const char *dir[] = {"/runs"};
	ctl_send(c, "root", dir, 1, on_reply, f);
	settle(f);
	assert_false(ctl_client_up(c));
	listen_here(f);
	until(f, &f->replies, "ok /runs\n");
	assert_string_equal(str_c(&f->lines), "up\n");
	ctl_client_free(c);
}

/* The ingester leaves and another one comes: what was not answered is answered with false, the
 * connection is made again. */
static void
a_client_outlives_its_server(void **state)
{
	struct fixture *f = *state;
	listen_here(f);
	struct ctl_client *c = ctl_client_new(f->l, f->dir, on_line, f);
	ctl_send(c, "hold", NULL, 0, on_reply, f);
	until(f, &f->asked, "hold");
	ctl_server_free(f->s);
	f->s = NULL;
	until(f, &f->lines, "down");
	assert_true(strncmp(str_c(&f->replies), "err ", 4) == 0);
	listen_here(f);
	until(f, &f->lines, "up\ndown\nup\n");
	assert_true(ctl_client_up(c));
	str_reset(&f->replies);
	ctl_send(c, "ping", NULL, 0, on_reply, f);
	until(f, &f->replies, "ok");
	ctl_client_free(c);
}

static void
a_client_may_be_freed_by_its_own_callback(void **state)
{
	struct fixture *f = *state;
	listen_here(f);
	f->free_me = ctl_client_new(f->l, f->dir, on_line, f);
	until(f, &f->lines, "up");
	settle(f);
	f->free_me = ctl_client_new(f->l, f->dir, NULL, f);
	ctl_client_free(f->free_me);
	settle(f);
}

/* Who asked and left is owed no answer, and answering him harms nobody, least of all who came
 * next. */
static void
an_answer_to_who_has_left_goes_nowhere(void **state)
{
	struct fixture *f = *state;
	listen_here(f);
	int fd = raw_connect(f);
	assert_int_equal(write(fd, "7 hold\n", 7), 7);
	until(f, &f->asked, "hold");
	close(fd);
	settle(f);
	fd = raw_connect(f);
	settle(f);
	ctl_answer(f->s, f->held, f->held_seq, true, "too late");
	settle(f);
	bool end;
	assert_string_equal(raw_read(fd, &end), "");
	assert_false(end);
	close(fd);
}

static void
a_burst_of_commits_is_told_by_its_last(void **state)
{
	struct fixture *f = *state;
	listen_here(f);
	struct ctl_client *c = ctl_client_new(f->l, f->dir, on_line, f);
	until(f, &f->lines, "up");
	int64_t from = clock_mono_us();
	for (uint64_t i = 1; i <= 500; i++)
		ctl_notice_txn(f->s, i);
	until(f, &f->lines, "txn 500\n");
	int n = 0;
	for (const char *p = str_c(&f->lines); (p = strstr(p, "txn ")); p++)
		n++;
	/* 60 a second, and the first at once. */
	assert_true(n <= 2 + (clock_mono_us() - from) / 16000);
	ctl_client_free(c);
}

static void
who_comes_late_is_told_how_things_stand(void **state)
{
	struct fixture *f = *state;
	listen_here(f);
	ctl_notice(f->s, "mode inotify");
	ctl_notice(f->s, "mode poll");
	ctl_notice(f->s, "progress 5 10 2");
	ctl_notice_txn(f->s, 41);
	struct ctl_client *c = ctl_client_new(f->l, f->dir, on_line, f);
	until(f, &f->lines, "progress");
	assert_string_equal(str_c(&f->lines), "up\ntxn 41\nmode poll\nprogress 5 10 2\n");
	ctl_client_free(c);
}

static void
garbage_is_hung_up_on(void **state)
{
	struct fixture *f = *state;
	listen_here(f);
	static const char *const bad[] = {
		"\n",
		"hello\n",
		"GET / HTTP/1.1\r\n",
		"1\n",
		"1 \n",
		"-1 ping\n",
		"99999999999999999999999 ping\n",
		"1 root %zz\n",
		"1x ping\n",
		" 1 ping\n",
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		bool end;
		int fd = raw_connect(f);
		assert_true(write(fd, bad[i], strlen(bad[i])) > 0);
		settle(f);
		assert_string_equal(raw_read(fd, &end), "");
		if (!end)
			fail_msg("\"%s\" is taken for a request", bad[i]);
		close(fd);
	}
	assert_string_equal(str_c(&f->asked), "");
	/* A NUL in a line, and a line that doesn't end. */
	bool end;
	int fd = raw_connect(f);
	assert_int_equal(write(fd, "1 pi\0ng\n", 8), 8);
	settle(f);
	raw_read(fd, &end);
	assert_true(end);
	close(fd);
	fd = raw_connect(f);
	static char long_line[100000];
	memset(long_line, '1', sizeof long_line);
	for (int i = 0; i < 5; i++) {
		if (send(fd, long_line, sizeof long_line, MSG_NOSIGNAL) < 0)
			break;
		settle(f);
	}
	raw_read(fd, &end);
	assert_true(end);
	close(fd);
	/* The rest is served as before. */
	fd = raw_connect(f);
	assert_int_equal(write(fd, "3 ping\n4 echo a%20b\n", 20), 20);
	until(f, &f->asked, "echo");
	assert_string_equal(raw_read(fd, &end), "3 ok\n4 ok a b\n");
	close(fd);
}

static void
a_request_may_come_byte_by_byte(void **state)
{
	struct fixture *f = *state;
	listen_here(f);
	int fd = raw_connect(f);
	for (const char *p = "12 echo x\n"; *p; p++) {
		assert_int_equal(write(fd, p, 1), 1);
		loop_once(f->l, 1000);
	}
	until(f, &f->asked, "echo [x]\n");
	bool end;
	assert_string_equal(raw_read(fd, &end), "12 ok x\n");
	close(fd);
}

/* A peer that doesn't read is dropped and never waited for; the others hear everything. */
static void
who_does_not_read_is_dropped(void **state)
{
	struct fixture *f = *state;
	listen_here(f);
	int deaf = raw_connect(f);
	struct ctl_client *c = ctl_client_new(f->l, f->dir, on_line, f);
	until(f, &f->lines, "up");
	char line[1000];
	memset(line, 'x', sizeof line - 1);
	line[sizeof line - 1] = '\0';
	for (int i = 0; i < 2000; i++) {
		ctl_notice(f->s, line);
		loop_once(f->l, 0);
	}
	ctl_notice(f->s, "the last");
	until(f, &f->lines, "the last");
	bool end;
	raw_read(deaf, &end);
	assert_true(end);
	close(deaf);
	ctl_client_free(c);
}

static void
too_many_unanswered_requests_are_refused(void **state)
{
	struct fixture *f = *state;
	listen_here(f);
	int fd = raw_connect(f);
	struct str s = STR_INIT;
	/* Nobody answers these before the server goes: it must not mind. */
	for (int i = 0; i < 100; i++)
		str_addf(&s, "%d hold\n", i);
	assert_int_equal(write(fd, s.buf, s.len), s.len);
	settle(f);
	bool end;
	assert_non_null(strstr(raw_read(fd, &end), "99 err "));
	assert_false(end);
	close(fd);
	str_release(&s);
}

static void
a_left_over_socket_is_replaced(void **state)
{
	struct fixture *f = *state;
	struct sockaddr_un sa = address(f);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&sa, sizeof sa), 0);
	close(fd); /* killed */
	struct err e;
	assert_int_equal(ctl_ask(f->dir, "ping", NULL, 0, 1000, NULL, &e), ERR_NOTFOUND);
	listen_here(f);
	struct stat st;
	assert_int_equal(lstat(sa.sun_path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	fd = raw_connect(f);
	close(fd);
	/* One that isn't a socket is somebody's file. */
	ctl_server_free(f->s);
	f->s = NULL;
	fd = open(sa.sun_path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	close(fd);
	assert_int_equal(ctl_listen(f->l, f->dir, on_request, f, &f->s, &e), ERR_FORMAT);
	unlink(sa.sun_path);
}

/* Freed late, it must not take away the socket of who came after. */
static void
a_server_removes_only_its_own_socket(void **state)
{
	struct fixture *f = *state;
	listen_here(f);
	struct ctl_server *old = f->s;
	listen_here(f);
	ctl_server_free(old);
	int fd = raw_connect(f);
	close(fd);
}

static void
long_directory_names_work(void **state)
{
	struct fixture *f = *state;
	size_t n = strlen(f->dir), short_n = n;
	while (n < 300) {
		n += (size_t)snprintf(f->dir + n, sizeof f->dir - n, "/%s",
				      "a-directory-with-a-long-name");
		assert_int_equal(mkdir(f->dir, 0700), 0);
	}
	listen_here(f);
	struct ctl_client *c = ctl_client_new(f->l, f->dir, on_line, f);
	ctl_send(c, "ping", NULL, 0, on_reply, f);
	until(f, &f->replies, "ok");
	ctl_client_free(c);
	ctl_server_free(f->s);
	f->s = NULL;
	while (strlen(f->dir) > short_n) {
		assert_int_equal(rmdir(f->dir), 0);
		*strrchr(f->dir, '/') = '\0';
	}
}

struct asking {
	char dir[600];
	int code, timeout_ms;
	const char *verb;
	struct str answer;
	struct err e;
	int done; /* pipe */
};

static void *
ask_in_thread(void *ctx)
{
	struct asking *a = ctx;
	const char *arg[] = {"a b"};
	a->code = ctl_ask(a->dir, a->verb, arg, 1, a->timeout_ms, &a->answer, &a->e);
	close(a->done);
	return NULL;
}

static void
ask(struct fixture *f, struct asking *a)
{
	int p[2];
	pthread_t t;
	assert_int_equal(pipe2(p, O_CLOEXEC), 0);
	memcpy(a->dir, f->dir, sizeof a->dir);
	a->done = p[1];
	pthread_create(&t, NULL, ask_in_thread, a);
	struct pollfd pf = {.fd = p[0]};
	while (poll(&pf, 1, 0) == 0) {
		loop_once(f->l, 1000);
		ctl_notice(f->s, "noise");
	}
	pthread_join(t, NULL);
	close(p[0]);
}

static void
a_command_asks_without_a_loop(void **state)
{
	struct fixture *f = *state;
	listen_here(f);
	struct asking a = {.verb = "echo", .timeout_ms = 5000};
	ask(f, &a);
	assert_int_equal(a.code, 0);
	assert_string_equal(str_c(&a.answer), "a b");
	str_release(&a.answer);
	a = (struct asking){.verb = "no", .timeout_ms = -1};
	ask(f, &a);
	assert_int_equal(a.code, ERR_USAGE);
	assert_string_equal(a.e.text, "will not");
	a = (struct asking){.verb = "hold", .timeout_ms = 50};
	ask(f, &a);
	assert_int_equal(a.code, ERR_BUSY);
	ctl_answer(f->s, f->held, f->held_seq, true, "");
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(any_argument_survives),
		cmocka_unit_test(every_byte_is_escaped_and_back),
		T(answers_may_come_late_and_out_of_order),
		T(what_is_asked_before_anybody_listens_waits),
		T(a_client_outlives_its_server),
		T(a_client_may_be_freed_by_its_own_callback),
		T(an_answer_to_who_has_left_goes_nowhere),
		T(a_burst_of_commits_is_told_by_its_last),
		T(who_comes_late_is_told_how_things_stand),
		T(garbage_is_hung_up_on),
		T(a_request_may_come_byte_by_byte),
		T(who_does_not_read_is_dropped),
		T(too_many_unanswered_requests_are_refused),
		T(a_left_over_socket_is_replaced),
		T(a_server_removes_only_its_own_socket),
		T(long_directory_names_work),
		T(a_command_asks_without_a_loop),
	};
	return cmocka_run_group_tests_name("ctl", tests, NULL, NULL);
}
