/* Who writes to a file: children of the test that hold files open, and die. */
#include "core/writer.h"

#include "tests/unit/scratch.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <setjmp.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

static char *dir;

static int
setup(void **state)
{
	(void)state;
	dir = scratch_new();
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	scratch_free(dir);
	return 0;
}

static struct writer_file
file_at(const char *name)
{
	char path[300];
	struct stat st;
	snprintf(path, sizeof path, "%s/%s", dir, name);
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(stat(path, &st), 0);
	return (struct writer_file){.dev = st.st_dev, .ino = st.st_ino};
}

/* A process that has NAME open with FLAGS until it is killed; it has, when this returns. */
static pid_t
holder(const char *name, int flags)
{
	char path[300], c;
	int ready[2];
	snprintf(path, sizeof path, "%s/%s", dir, name);
	assert_int_equal(pipe(ready), 0);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		int fd = open(path, flags | O_CREAT, 0600);
		if (fd < 0 || write(ready[1], "x", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &c, 1), 1);
	close(ready[0]);
	return pid;
}

static void
end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* An event file's name says who writes it, also when that is another user's. */
static void
an_event_files_name_tells(void **state)
{
	(void)state;
	static const struct {
		const char *rest;
		int64_t later; /* than now, in seconds */
		bool here, is;
	} cases[] = {
		{".0", 0, true, true},      {"", 0, true, true},     {".12.v2", 60, true, true},
		{".0", -9000, true, false}, {".0", 0, false, false}, {"x", 0, true, false},
	};
	char host[300], path[700];
	struct writer w;
	pid_t pid = fork();
	if (pid == 0)
		for (;;)
			pause();
	assert_int_equal(gethostname(host, sizeof host), 0);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		snprintf(path, sizeof path, "/tfevents.1.x.2/events.out.tfevents.%lld.%s%s.%d%s",
			 (long long)(time(NULL) + cases[i].later), host, cases[i].here ? "" : "x",
			 (int)pid, cases[i].rest);
		assert_int_equal(writer_named(path, &w), cases[i].is);
		assert_true(!cases[i].is || w.pid == pid);
	}
	end(pid);
	snprintf(path, sizeof path, "events.out.tfevents.%lld.%s.%d", (long long)time(NULL), host,
		 (int)pid);
	assert_false(writer_named(path, &w));
	assert_false(writer_named("/r/events.out.tfevents.1700000000", &w));
	assert_false(writer_named("/r/metrics.csv", &w));
}

static void
who_writes_is_found(void **state)
{
	(void)state;
	struct writer_file f[3] = {file_at("a b.csv"), file_at("read.csv"), file_at("nobody.csv")};
	pid_t writes = holder("a b.csv", O_WRONLY | O_APPEND), reads = holder("read.csv", O_RDONLY);
	assert_int_equal(writer_find(f, 3), 1);
	assert_int_equal(f[0].by.pid, writes);
	assert_int_equal(f[1].by.pid, 0);
	assert_int_equal(f[2].by.pid, 0);
	assert_true(writer_alive(&f[0].by));
	end(writes);
	end(reads);
	assert_false(writer_alive(&f[0].by));
	assert_int_equal(writer_find(f, 3), 0);
	assert_int_equal(f[0].by.pid, 0);
}

static void
reading_and_writing_is_writing(void **state)
{
	(void)state;
	struct writer_file f = file_at("both.csv");
	pid_t pid = holder("both.csv", O_RDWR);
	assert_int_equal(writer_find(&f, 1), 1);
	assert_int_equal(f.by.pid, pid);
	end(pid);
}

static void
an_end_is_told(void **state)
{
	(void)state;
	struct writer_file f = file_at("c.csv");
	pid_t pid = holder("c.csv", O_WRONLY);
	assert_int_equal(writer_find(&f, 1), 1);
	int fd = writer_watch(&f.by);
	if (fd < 0)
		skip(); /* an old kernel */
	struct pollfd p = {.fd = fd, .events = POLLIN};
	assert_int_equal(poll(&p, 1, 0), 0);
	kill(pid, SIGKILL);
	assert_int_equal(poll(&p, 1, 10000), 1);
	/* Nobody has waited for it yet: a zombie does not live. */
	assert_false(writer_alive(&f.by));
	close(fd);
	waitpid(pid, NULL, 0);
	assert_int_equal(writer_watch(&f.by), -1);
}

/* A shell, what it runs (another program, started later), and who is left when that has ended. */
static void
of_several_the_last_and_then_who_is_left(void **state)
{
	(void)state;
	struct writer_file f = file_at("sh.log");
	char script[600];
	int said[2];
	char line[64];
	assert_int_equal(pipe(said), 0);
	snprintf(script, sizeof script,
		 "exec >>'%s/sh.log'; sleep 0.1; sleep 600 & echo $! >&%d; wait", dir, said[1]);
	pid_t shell = fork();
	if (shell == 0) {
		execl("/bin/sh", "sh", "-c", script, (char *)NULL);
		_exit(127);
	}
	ssize_t n = read(said[0], line, sizeof line - 1);
	assert_true(n > 0);
	line[n] = '\0';
	pid_t child = (pid_t)strtol(line, NULL, 10);
	/* Between fork and exec it is a shell like its parent. */
	for (int i = 0; i < 1000 && !(writer_find(&f, 1) && f.by.pid == child); i++)
		usleep(10000);
	assert_int_equal(f.by.pid, child);
	f.before = f.by;
	assert_int_equal(writer_find(&f, 1), 1);
	assert_int_equal(f.by.pid, shell);
	f.before = f.by;
	assert_int_equal(writer_find(&f, 1), 0);
	kill(child, SIGKILL);
	end(shell);
	close(said[0]);
	close(said[1]);
}

/* What a trainer forks has its log open too, and is not the trainer. */
static void
a_worker_of_the_same_program_is_not_it(void **state)
{
	(void)state;
	struct writer_file f = file_at("workers.csv");
	char path[300], c;
	int ready[2];
	snprintf(path, sizeof path, "%s/workers.csv", dir);
	assert_int_equal(pipe(ready), 0);
	pid_t trainer = fork();
	if (trainer == 0) {
		int fd = open(path, O_WRONLY);
		pid_t worker = fork();
		if (worker == 0)
			prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (fd < 0 || worker < 0 || (worker == 0 && write(ready[1], "x", 1) != 1))
			_exit(1);
		for (;;)
			pause();
	}
	assert_int_equal(read(ready[0], &c, 1), 1);
	assert_int_equal(writer_find(&f, 1), 1);
	assert_int_equal(f.by.pid, trainer);
	end(trainer);
	close(ready[0]);
	close(ready[1]);
}

static void
a_number_alone_is_no_process(void **state)
{
	(void)state;
	struct writer w, other;
	assert_true(writer_of_pid(getpid(), &w));
	assert_true(writer_alive(&w));
	other = w;
	other.start++;
	assert_false(writer_alive(&other));
	assert_int_equal(writer_watch(&other), -1);
	other = w;
	other.boot++;
	assert_false(writer_alive(&other));
	assert_false(writer_of_pid(0, &other));
	assert_false(writer_of_pid(-1, &other));
	assert_int_equal(writer_find(NULL, 0), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_event_files_name_tells),
		cmocka_unit_test(who_writes_is_found),
		cmocka_unit_test(reading_and_writing_is_writing),
		cmocka_unit_test(an_end_is_told),
		cmocka_unit_test(of_several_the_last_and_then_who_is_left),
		cmocka_unit_test(a_worker_of_the_same_program_is_not_it),
		cmocka_unit_test(a_number_alone_is_no_process),
	};
	return cmocka_run_group_tests_name("writer", tests, setup, teardown);
}
