/* Who writes a log, and that he has ended. These are processes of their own: what they do is waited
 * for. */
#include "core/clock.h"
#include "core/xalloc.h"
#include "tests/unit/haste.h"
#include "tests/unit/rig.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* A process that writes TEXT into a log, which it keeps open until it is killed. */
static int
trainer(struct rig *r, const char *name, const char *text)
{
	char *path = xstrdup(rig_at(r, name));
	int pid = fork();
	if (pid == 0) {
		int fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
		if (fd < 0 || write(fd, text, strlen(text)) < 0)
			_exit(1);
		for (;;)
			pause();
	}
	assert_true(pid > 0);
	free(path);
	return pid;
}

static void
kill_trainer(int pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void
a_writer_is_known_and_its_end_noticed(void **state)
{
	struct rig *r = *state;
	rig_configure(r, "[alerts]\ntick = 200ms\n");
	rig_begin(r);
	int pid = trainer(r, "metrics.csv", "step,loss\n1,2\n");
	rig_until_logs(r, "offset=14 written");
	/* All that it wrote is read before it is said to have ended. */
	rig_append(r, "metrics.csv", "2,1\n");
	kill_trainer(pid);
	rig_until_logs(r, " ended");
	rig_rows_are(r, "metrics.csv", "step=1 loss=2\nstep=2 loss=1\n");
	/* Another one takes it up. */
	pid = trainer(r, "metrics.csv", "3,1\n");
	rig_until_logs(r, "offset=22 written");
	kill_trainer(pid);
	rig_until_logs(r, "offset=22 ended");
}

/* A shell that writes the log runs programs, which have it open too: each is the writer for a
 * moment, and none of their ends is the end. */
static void
what_the_writer_runs_may_end(void **state)
{
	struct rig *r = *state;
	rig_configure(r, "[alerts]\ntick = 200ms\n");
	rig_begin(r);
	char *script = xasprintf("exec >>'%s'; printf 'step,loss\\n1,2\\n'; sleep 0.2; sleep 0.2; "
				 "printf '2,1\\n'; exec sleep 600",
				 rig_at(r, "metrics.csv"));
	int pid = fork();
	if (pid == 0) {
		execl("/bin/sh", "sh", "-c", script, (char *)NULL);
		_exit(127);
	}
	free(script);
	rig_until_logs(r, "offset=14 written");
	int64_t end = haste_deadline();
	while (!strstr(recorder_logs(r->s), "offset=18") && clock_mono_us() < end) {
		haste_once(r->l, 20000);
		assert_null(strstr(recorder_logs(r->s), " ended"));
	}
	rig_until_logs(r, "offset=18 written");
	kill_trainer(pid);
	rig_until_logs(r, " ended");
}

static void
a_writer_that_ended_while_nobody_watched(void **state)
{
	struct rig *r = *state;
	rig_configure(r, "[alerts]\ntick = 200ms\n");
	rig_begin(r);
	int pid = trainer(r, "metrics.csv", "step,loss\n1,2\n");
	rig_until_logs(r, " written");
	rig_leave(r);
	rig_begin(r);
	assert_non_null(strstr(recorder_logs(r->s), " written"));
	rig_leave(r);
	kill_trainer(pid);
	rig_begin(r);
	rig_until_logs(r, " ended");
}

/* What is kept says how far it should have gone. */
static void
an_early_end_while_nobody_watched_fires(void **state)
{
	struct rig *r = *state;
	rig_configure(r, "[alerts]\ntick = 200ms\n");
	rig_begin(r);
	int pid = trainer(r, "metrics.csv", "step,loss,max_steps\n1,2,100\n2,1,100\n3,1,100\n");
	rig_until_logs(r, " written");
	rig_leave(r);
	assert_null(strstr(str_c(&r->fired), "failed"));
	kill_trainer(pid);
	rig_begin(r);
	rig_until_logs(r, " ended");
	int64_t end = haste_deadline();
	while (!strstr(str_c(&r->fired), "failed") && clock_mono_us() < end)
		haste_once(r->l, 20000);
	assert_non_null(strstr(str_c(&r->fired), "failed"));
}

static void
who_opens_it_for_each_line_is_nobody(void **state)
{
	struct rig *r = *state;
	rig_configure(r, "[alerts]\ntick = 200ms\n");
	rig_begin(r);
	rig_append(r, "metrics.csv", "step,loss\n1,2\n");
	rig_until_rows(r, "metrics.csv", "step=1 loss=2\n");
	for (int i = 0; i < 10; i++)
		haste_once(r->l, 50000);
	assert_null(strstr(recorder_logs(r->s), "written"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_BOTH(a_writer_is_known_and_its_end_noticed),
		RIG(what_the_writer_runs_may_end),
		RIG(a_writer_that_ended_while_nobody_watched),
		RIG(an_early_end_while_nobody_watched_fires),
		RIG(who_opens_it_for_each_line_is_nobody),
	};
	if (getenv("FILTER"))
		cmocka_set_test_filter(getenv("FILTER"));
	return cmocka_run_group_tests_name("ingest_writers", tests, NULL, NULL);
}
