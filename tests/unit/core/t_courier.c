/* Programs that deliver: how they end, what they get, and that nothing of them outlives its
 * limit. */
#include "core/courier.h"

#include "core/clock.h"
#include "core/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define SECOND INT64_C(1000000)

struct watch {
	struct courier_end end;
	int n;
};

static void
on_end(void *ctx, const struct courier_end *end)
{
	struct watch *w = ctx;
	w->end = *end;
	w->n++;
}

static char path_env[] = "PATH=/usr/bin:/bin", own_env[] = "MM_RUN=$(touch /tmp/x) \x1b]0;a";
static char *const env[] = {path_env, own_env, NULL};

static struct courier_job
shell(char *script, char **argv)
{
	static char sh[] = "sh", c[] = "-c";
	argv[0] = sh;
	argv[1] = c;
	argv[2] = script;
	argv[3] = NULL;
	return (struct courier_job){.program = "/bin/sh",
				    .argv = argv,
				    .env = env,
				    .limit_us = 60 * SECOND,
				    .grace_us = 60 * SECOND};
}

static struct watch
finish(struct loop *l, const struct courier_job *job)
{
	struct watch w = {.n = 0};
	struct err e = {0};
	int64_t end = clock_mono_us() + 60 * SECOND;
	if (!courier_start(l, job, on_end, &w, &e))
		fail_msg("%s", e.text);
	while (!w.n && clock_mono_us() < end)
		loop_once(l, 100000);
	assert_int_equal(w.n, 1);
	return w;
}

static void
says(const char *script, int status, const char *said)
{
	struct loop *l = loop_new();
	char *argv[4], *text = xstrdup(script);
	struct courier_job job = shell(text, argv);
	struct watch w;
	job.in = "{\"v\":1}\n";
	job.nin = 8;
	w = finish(l, &job);
	assert_int_equal(w.end.status, status);
	assert_false(w.end.late);
	assert_string_equal(w.end.said, said);
	loop_free(l);
	free(text);
}

static void
ends_are_told_apart(void **state)
{
	(void)state;
	says("exit 0", 0, "");
	says("exit 1", 1, "");
	says("exit 75", 75, "");
	says("kill -9 $$", -SIGKILL, "");
	says("echo out; echo err >&2; exit 3", 3, "out\nerr\n");
}

static void
it_gets_what_it_is_given_and_nothing_else(void **state)
{
	(void)state;
	int leak = open("/", O_RDONLY); /* not close-on-exec: somebody forgot */
	setenv("SECRET", "1", 1);
	says("cat", 0, "{\"v\":1}\n");
	says("cat /dev/stdin", 0, "{\"v\":1}\n");
	says("pwd; umask; echo \"$SECRET\"", 0, "/\n0077\n\n");
	says("printf '%s' \"$MM_RUN\"", 0, "$(touch /tmp/x) \x1b]0;a");
	says("for i in 0 1 2 3 4 5 6 7 8 9 10 11 12; do [ ! -e /proc/$$/fd/$i ] || echo $i; done",
	     0, "0\n1\n2\n");
	/* A group of its own: not ours. */
	char *script = xasprintf("set -- $(cat /proc/$$/stat); [ \"$5\" = $$ ] && [ $5 != %d ]",
				 (int)getpgrp());
	says(script, 0, "");
	free(script);
	/* Signals as a program expects them. */
	signal(SIGPIPE, SIG_IGN);
	says("exec sed -n 's/^Sig\\(Blk\\|Ign\\):.*\\(.......\\)$/\\1 \\2/p' /proc/self/status", 0,
	     "Blk 0000000\nIgn 0000000\n");
	signal(SIGPIPE, SIG_DFL);
	close(leak);
}

static void
much_output_is_cut_and_does_not_block(void **state)
{
	(void)state;
	struct loop *l = loop_new();
	char *argv[4], script[] = "head -c 1000000 /dev/zero | tr '\\0' x";
	struct courier_job job = shell(script, argv);
	struct watch w = finish(l, &job);
	assert_int_equal(w.end.status, 0);
	assert_int_equal(w.end.nsaid, COURIER_SAID);
	assert_int_equal(strlen(w.end.said), COURIER_SAID);
	loop_free(l);
}

static void
big_input_does_not_block(void **state)
{
	(void)state;
	struct loop *l = loop_new();
	char *argv[4], script[] = "sleep 0.1; exit 0", *big = xcalloc(1, 1 << 20);
	struct courier_job job = shell(script, argv);
	job.in = big;
	job.nin = 1 << 20;
	struct watch w = finish(l, &job);
	assert_int_equal(w.end.status, 0);
	loop_free(l);
	free(big);
}

/* Without the loop: what ends by itself, and what has to be ended. */
static void
can_be_waited_for(void **state)
{
	(void)state;
	struct loop *l = loop_new();
	struct watch w = {0};
	struct err e;
	char *argv[4], quick[] = "sleep 0.1; echo done", never[] = "trap '' TERM; sleep 1000";
	struct courier_job job = shell(quick, argv);
	courier_finish(courier_start(l, &job, on_end, &w, &e));
	assert_int_equal(w.end.status, 0);
	assert_string_equal(w.end.said, "done\n");
	job = shell(never, argv);
	job.limit_us = job.grace_us = 50000;
	courier_finish(courier_start(l, &job, on_end, &w, &e));
	assert_true(w.end.late);
	assert_int_equal(w.end.status, -SIGKILL);
	loop_free(l);
}

static bool
gone(pid_t pid)
{
	char *path = xasprintf("/proc/%d/stat", (int)pid);
	FILE *f = fopen(path, "r");
	char state = 'Z';
	if (f) {
		if (fscanf(f, "%*d %*s %c", &state) != 1)
			state = 'Z';
		fclose(f);
	}
	free(path);
	return state == 'Z' || state == 'X';
}

/* Past its limit it is killed, and so is what it started, even if that ignores TERM. */
static void
the_limit_kills_the_whole_group(void **state)
{
	(void)state;
	struct loop *l = loop_new();
	char *argv[4];
	char script[] =
		"trap '' TERM; sh -c 'trap \"\" TERM; echo $$; while :; do sleep 1; done' & "
		"while :; do sleep 1; done";
	struct courier_job job = shell(script, argv);
	job.limit_us = SECOND / 2;
	job.grace_us = SECOND / 5;
	struct watch w = finish(l, &job);
	assert_true(w.end.late);
	assert_int_equal(w.end.status, -SIGKILL);
	pid_t child = (pid_t)strtol(w.end.said, NULL, 10);
	assert_true(child > 1);
	int64_t end = clock_mono_us() + 20 * SECOND;
	while (!gone(child) && clock_mono_us() < end)
		usleep(10000);
	assert_true(gone(child));
	loop_free(l);
}

/* One that obeys TERM while its child does not: the child is not forgotten. */
static void
who_goes_quietly_takes_its_children_along(void **state)
{
	(void)state;
	struct loop *l = loop_new();
	char *argv[4];
	char script[] = "sh -c 'trap \"\" TERM; echo $$; while :; do sleep 1; done' & "
			"trap 'exit 0' TERM; while :; do sleep 0.05; done";
	struct courier_job job = shell(script, argv);
	job.limit_us = SECOND / 2;
	struct watch w = finish(l, &job);
	assert_true(w.end.late);
	pid_t child = (pid_t)strtol(w.end.said, NULL, 10);
	assert_true(child > 1);
	int64_t end = clock_mono_us() + 20 * SECOND;
	while (!gone(child) && clock_mono_us() < end)
		usleep(10000);
	assert_true(gone(child));
	loop_free(l);
}

/* What stays in the background holds nobody up. */
static void
the_background_is_not_waited_for(void **state)
{
	(void)state;
	struct loop *l = loop_new();
	char *argv[4], script[] = "sleep 30 & echo $!; exit 0";
	struct courier_job job = shell(script, argv);
	int64_t begun = clock_mono_us();
	struct watch w = finish(l, &job);
	assert_int_equal(w.end.status, 0);
	assert_true(clock_mono_us() - begun < 25 * SECOND);
	pid_t child = (pid_t)strtol(w.end.said, NULL, 10);
	assert_false(gone(child));
	kill(child, SIGKILL);
	loop_free(l);
}

static void
what_is_not_there_is_said(void **state)
{
	(void)state;
	struct loop *l = loop_new();
	struct err e = {0};
	struct watch w = {.n = 0};
	char name[] = "/nonexistent/hook", *argv[] = {name, NULL};
	struct courier_job job = {
		.program = name, .argv = argv, .env = env, .limit_us = SECOND, .grace_us = SECOND};
	assert_null(courier_start(l, &job, on_end, &w, &e));
	assert_non_null(strstr(e.text, "/nonexistent/hook"));
	assert_int_equal(w.n, 0);
	loop_free(l);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ends_are_told_apart),
		cmocka_unit_test(it_gets_what_it_is_given_and_nothing_else),
		cmocka_unit_test(much_output_is_cut_and_does_not_block),
		cmocka_unit_test(big_input_does_not_block),
		cmocka_unit_test(can_be_waited_for),
		cmocka_unit_test(the_limit_kills_the_whole_group),
		cmocka_unit_test(who_goes_quietly_takes_its_children_along),
		cmocka_unit_test(the_background_is_not_waited_for),
		cmocka_unit_test(what_is_not_there_is_said),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
