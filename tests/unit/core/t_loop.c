#include "core/clock.h"
#include "core/loop.h"

#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <setjmp.h>
#include <sys/epoll.h>
#include <unistd.h>
#include <cmocka.h>

struct seen {
	struct loop *l;
	struct loop_timer *t, *other;
	int n, reads, stop_at;
	int fd[2];
	char order[32];
};

static void
note(struct seen *s, char c)
{
	size_t n = strlen(s->order);
	if (n + 1 < sizeof s->order)
		s->order[n] = c;
}

static void
on_read(void *ctx, int fd, uint32_t events)
{
	struct seen *s = ctx;
	char buf[64];
	(void)events;
	s->reads++;
	note(s, 'r');
	if (read(fd, buf, sizeof buf) <= 0)
		loop_fd_remove(s->l, fd);
}

static void
on_read_remove_both(void *ctx, int fd, uint32_t events)
{
	struct seen *s = ctx;
	(void)events, (void)fd;
	s->reads++;
	loop_fd_remove(s->l, s->fd[0]);
	loop_fd_remove(s->l, s->fd[1]);
}

static void
on_timer(void *ctx)
{
	struct seen *s = ctx;
	note(s, 't');
	if (++s->n == s->stop_at)
		loop_stop(s->l);
	else
		loop_timer_set(s->t, 0);
}

static void
on_stop(void *ctx)
{
	struct seen *s = ctx;
	note(s, 's');
	loop_stop(s->l);
}

static void
on_signal(void *ctx, int signo)
{
	struct seen *s = ctx;
	s->n += signo == SIGUSR1;
	loop_stop(s->l);
}

static void
what_is_ready_is_handed_out(void **state)
{
	(void)state;
	struct seen s = {.l = loop_new()};
	assert_int_equal(pipe2(s.fd, O_CLOEXEC | O_NONBLOCK), 0);
	loop_fd(s.l, s.fd[0], EPOLLIN, on_read, &s);
	loop_once(s.l, 0);
	assert_int_equal(s.reads, 0);
	assert_int_equal(write(s.fd[1], "x", 1), 1);
	loop_once(s.l, -1);
	assert_int_equal(s.reads, 1);
	loop_fd_events(s.l, s.fd[0], 0);
	assert_int_equal(write(s.fd[1], "x", 1), 1);
	loop_once(s.l, 0);
	assert_int_equal(s.reads, 1);
	loop_fd_events(s.l, s.fd[0], EPOLLIN);
	loop_once(s.l, 0);
	assert_int_equal(s.reads, 2);
	loop_free(s.l);
	close(s.fd[0]);
	close(s.fd[1]);
}

/* Both are ready in one round, and the first one called removes both: the second is not called. */
static void
a_callback_may_remove_any_descriptor(void **state)
{
	(void)state;
	struct seen s = {.l = loop_new()};
	int a[2], b[2];
	assert_int_equal(pipe2(a, O_CLOEXEC), 0);
	assert_int_equal(pipe2(b, O_CLOEXEC), 0);
	s.fd[0] = a[0];
	s.fd[1] = b[0];
	loop_fd(s.l, a[0], EPOLLIN, on_read_remove_both, &s);
	loop_fd(s.l, b[0], EPOLLIN, on_read_remove_both, &s);
	assert_int_equal(write(a[1], "x", 1), 1);
	assert_int_equal(write(b[1], "x", 1), 1);
	loop_once(s.l, -1);
	assert_int_equal(s.reads, 1);
	loop_once(s.l, 0);
	assert_int_equal(s.reads, 1);
	loop_free(s.l);
	for (int i = 0; i < 2; i++) {
		close(a[i]);
		close(b[i]);
	}
}

/* epoll refuses regular files and /dev/null; here they are always ready, and at their end once. */
static void
a_regular_file_is_always_ready(void **state)
{
	(void)state;
	struct seen s = {.l = loop_new()};
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	loop_fd(s.l, fd, EPOLLIN, on_read, &s);
	loop_once(s.l, -1);
	assert_int_equal(s.reads, 1);
	loop_once(s.l, 0);
	assert_int_equal(s.reads, 1);
	loop_free(s.l);
	close(fd);
}

/* What is asked about for no event, and is always ready, keeps nobody from waiting. */
static void
what_nothing_is_wanted_of_lets_us_wait(void **state)
{
	(void)state;
	struct seen s = {.l = loop_new()};
	int fd = open("/dev/null", O_WRONLY | O_CLOEXEC), rounds = 0;
	struct loop_timer *t = loop_timer_new(s.l, on_timer, &s);
	for (int wanted = 0; wanted < 2; wanted++) {
		loop_fd(s.l, fd, wanted ? EPOLLIN : 0, on_read, &s);
		if (wanted)
			loop_fd_events(s.l, fd, 0);
		s.stop_at = wanted + 1;
		loop_timer_set(t, 100000);
		for (rounds = 0; loop_timer_armed(t); rounds++)
			loop_once(s.l, 1000000);
		assert_in_range(rounds, 1, 5);
		assert_int_equal(s.reads, 0);
		loop_fd_remove(s.l, fd);
	}
	/* and when something is, it is called all the same */
	loop_fd(s.l, fd, 0, on_read, &s);
	loop_fd_events(s.l, fd, EPOLLIN);
	loop_once(s.l, -1);
	assert_int_equal(s.reads, 1);
	loop_free(s.l);
	close(fd);
}

/* A timer that arms itself with 0 does a slice a round; descriptors have their turn between two
 * slices. */
static void
slices_leave_room_for_descriptors(void **state)
{
	(void)state;
	struct seen s = {.l = loop_new(), .stop_at = 4};
	assert_int_equal(pipe2(s.fd, O_CLOEXEC | O_NONBLOCK), 0);
	loop_fd(s.l, s.fd[0], EPOLLIN, on_read, &s);
	s.t = loop_timer_new(s.l, on_timer, &s);
	loop_timer_set(s.t, 0);
	loop_once(s.l, -1);
	assert_int_equal(s.n, 1);
	assert_int_equal(write(s.fd[1], "x", 1), 1);
	loop_run(s.l);
	assert_string_equal(s.order, "trttt");
	loop_free(s.l);
	close(s.fd[0]);
	close(s.fd[1]);
}

static void
timers_come_in_order_and_once(void **state)
{
	(void)state;
	struct seen s = {.l = loop_new(), .stop_at = 1000};
	struct loop_timer *late = loop_timer_new(s.l, on_stop, &s);
	s.t = loop_timer_new(s.l, on_timer, &s);
	s.other = loop_timer_new(s.l, on_timer, &s);
	loop_timer_set(late, 20000);
	loop_timer_set(s.other, 5000);
	assert_true(loop_timer_armed(s.other));
	loop_timer_set(s.other, -1);
	assert_false(loop_timer_armed(s.other));
	int64_t from = clock_mono_us();
	loop_run(s.l);
	assert_string_equal(s.order, "s");
	assert_true(clock_mono_us() - from >= 20000);
	assert_false(loop_timer_armed(late));
	loop_timer_free(late);
	loop_free(s.l); /* frees the others */
}

static void
a_stop_before_the_run_ends_it_at_once(void **state)
{
	(void)state;
	struct seen s = {.l = loop_new()};
	loop_stop(s.l);
	loop_run(s.l);
	loop_free(s.l);
}

static void
signals_arrive_inside_the_loop(void **state)
{
	(void)state;
	sigset_t before, after;
	sigprocmask(SIG_BLOCK, NULL, &before);
	struct seen s = {.l = loop_new()};
	loop_signal(s.l, SIGUSR1, on_signal, &s);
	loop_signal(s.l, SIGUSR2, on_signal, &s);
	raise(SIGUSR1);
	assert_int_equal(s.n, 0);
	loop_run(s.l);
	assert_int_equal(s.n, 1);
	loop_free(s.l);
	sigprocmask(SIG_BLOCK, NULL, &after);
	assert_int_equal(sigismember(&before, SIGUSR1), sigismember(&after, SIGUSR1));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_ready_is_handed_out),
		cmocka_unit_test(a_callback_may_remove_any_descriptor),
		cmocka_unit_test(a_regular_file_is_always_ready),
		cmocka_unit_test(what_nothing_is_wanted_of_lets_us_wait),
		cmocka_unit_test(slices_leave_room_for_descriptors),
		cmocka_unit_test(timers_come_in_order_and_once),
		cmocka_unit_test(a_stop_before_the_run_ends_it_at_once),
		cmocka_unit_test(signals_arrive_inside_the_loop),
	};
	return cmocka_run_group_tests_name("loop", tests, NULL, NULL);
}
