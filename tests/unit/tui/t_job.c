/* Work beside the screen: lines come back as they are written, the end comes last and once. */
#include "tui/job.h"

#include "core/str.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct loop *loop;
static struct job *job;
static struct str heard;
static bool free_on_line;

static void
on_line(void *ctx, const char *line)
{
	(void)ctx;
	str_addf(&heard, "[%s]", line);
	if (free_on_line) {
		job_free(job);
		job = NULL;
		loop_stop(loop);
	}
}

static void
on_complaint(void *ctx, const char *line)
{
	(void)ctx;
	str_addf(&heard, "!%s!", line);
}

static void
on_done(void *ctx, int status, const char *last)
{
	(void)ctx;
	str_addf(&heard, "=%d:%s", status, last);
	job_free(job);
	job = NULL;
	loop_stop(loop);
}

static const struct job_ops ops = {on_line, on_complaint, on_done};

static int
setup(void **state)
{
	(void)state;
	loop = loop_new();
	heard = (struct str)STR_INIT;
	free_on_line = false;
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	job_free(job);
	job = NULL;
	loop_free(loop);
	str_release(&heard);
	return 0;
}

static void
start(const char *script)
{
	struct err e = {0};
	const char *argv[] = {"sh", "-c", script, NULL};
	job = job_start(loop, "/bin/sh", argv, &ops, NULL, &e);
	assert_non_null(job);
}

static void
check(const char *script, const char *want)
{
	start(script);
	loop_run(loop);
	assert_string_equal(str_c(&heard), want);
	assert_null(job);
}

static void
lines_then_the_end(void **state)
{
	(void)state;
	check("printf 'a\\n\\nb'; exit 3", "[a][][b]=3:");
}

static void
complaints_are_apart_and_the_last_is_kept(void **state)
{
	(void)state;
	check("printf '10%%\\r20%%\\rmm: no room\\n' >&2; exit 2",
	      "!10%!!20%!!mm: no room!=2:no room");
}

static void
standard_input_is_at_its_end(void **state)
{
	(void)state;
	check("cat; echo done", "[done]=0:");
}

static void
what_was_killed_says_by_what(void **state)
{
	(void)state;
	check("kill -9 $$", "=137:");
}

static void
a_grandchild_does_not_keep_it_alive(void **state)
{
	(void)state;
	int pid = 0, status = -1;
	start("sleep 600 & echo $!");
	loop_run(loop);
	assert_int_equal(sscanf(str_c(&heard), "[%d]=%d:", &pid, &status), 2);
	assert_int_equal(status, 0);
	assert_int_equal(kill(pid, SIGKILL), 0); /* it was still there */
}

static void
cancelled_all_of_it_ends(void **state)
{
	(void)state;
	start("sleep 30; echo never");
	job_cancel(job);
	loop_run(loop);
	assert_string_equal(str_c(&heard), "=143:");
}

static void
may_be_freed_by_what_it_calls(void **state)
{
	(void)state;
	free_on_line = true;
	start("echo a; echo b; sleep 30");
	loop_run(loop);
	assert_string_equal(str_c(&heard), "[a]");
	assert_null(job);
}

static void
what_cannot_be_started_says_so(void **state)
{
	(void)state;
	struct err e = {0};
	const char *argv[] = {"mm", "version", NULL};
	assert_null(job_start(loop, "/nonexistent/mm", argv, &ops, NULL, &e));
	assert_string_equal(e.text, "cannot start mm version: No such file or directory");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(lines_then_the_end),
		TEST(complaints_are_apart_and_the_last_is_kept),
		TEST(standard_input_is_at_its_end),
		TEST(what_was_killed_says_by_what),
		TEST(a_grandchild_does_not_keep_it_alive),
		TEST(cancelled_all_of_it_ends),
		TEST(may_be_freed_by_what_it_calls),
		TEST(what_cannot_be_started_says_so),
	};
	return cmocka_run_group_tests_name("job", tests, NULL, NULL);
}
