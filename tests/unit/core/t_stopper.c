/* Stopping: the process that is meant and no other, and commands that no name can bend. */
#include "core/stopper.h"

#include "core/argv.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static pid_t
sleeper(struct writer *w)
{
	static char sh[] = "sh", c[] = "-c", script[] = "read x # \x1b]0;a\a",
		    job[] = "SLURM_JOB_ID=47";
	static char *argv[] = {sh, c, script, NULL}, *env[] = {job, NULL};
	int p[2];
	assert_int_equal(pipe(p), 0);
	pid_t pid = fork();
	if (pid == 0) {
		dup2(p[0], 0);
		close(p[1]);
		execve("/bin/sh", argv, env);
		_exit(1);
	}
	close(p[0]); /* the other end stays open: it waits for ever */
	for (int i = 0; i < 1000; i++) {
		struct process_info info;
		assert_true(writer_of_pid(pid, w));
		if (process_info_read(w, &info)) {
			bool is = strncmp(info.command, "sh -c", 5) == 0;
			process_info_release(&info);
			if (is)
				return pid;
		}
		usleep(10000);
	}
	fail_msg("it does not start");
	return 0;
}

static void
a_process_is_described_and_stopped(void **state)
{
	(void)state;
	struct writer w;
	struct process_info info;
	struct err e;
	int status;
	pid_t pid = sleeper(&w);
	assert_true(process_info_read(&w, &info));
	assert_string_equal(info.job, "47");
	assert_null(strchr(info.command, '\x1b'));
	assert_non_null(strstr(info.command, "sh -c read x"));
	process_info_release(&info);
	assert_int_equal(process_signal(&w, SIGTERM, &e), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
	assert_false(process_info_read(&w, &info));
	assert_int_equal(process_signal(&w, SIGTERM, &e), ERR_NOTFOUND);
}

/* The number alone is no process: test 52. */
static void
another_process_of_that_number_is_left_alone(void **state)
{
	(void)state;
	struct writer w, other;
	struct process_info info;
	struct err e;
	pid_t pid = sleeper(&w);
	other = w;
	other.start++;
	assert_int_equal(process_signal(&other, SIGKILL, &e), ERR_NOTFOUND);
	assert_false(process_info_read(&other, &info));
	other = w;
	other.boot++;
	assert_int_equal(process_signal(&other, SIGKILL, &e), ERR_NOTFOUND);
	assert_int_equal(waitpid(pid, NULL, WNOHANG), 0); /* it lives */
	assert_int_equal(process_signal(&w, SIGKILL, &e), 0);
	waitpid(pid, NULL, 0);
}

static void
jobs_are_known_by_their_files(void **state)
{
	(void)state;
	static const struct {
		const char *path, *job;
	} cases[] = {{"/a/slurm-4711.out", "4711"}, {"/a/slurm-4711_3.out", "4711_3"},
		     {"slurm-1-a.out", "1"},        {"/a/slurm-.out", NULL},
		     {"/a/slurm-12x.out", NULL},    {"/a/other-12.out", NULL},
		     {"/slurm-1/x.out", NULL},      {"/a/slurm-12", NULL}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct str s = STR_INIT;
		assert_int_equal(job_of_path(cases[i].path, &s), cases[i].job != NULL);
		assert_string_equal(str_c(&s), cases[i].job ? cases[i].job : "");
		str_release(&s);
	}
}

static void
argv_is(const char *command, const struct stop_words *w, const char *want)
{
	char **argv;
	struct err e = {0};
	struct str s = STR_INIT;
	if (stop_argv(command, w, &argv, &e) < 0)
		fail_msg("%s", e.text);
	for (char **p = argv; *p; p++)
		str_addf(&s, "[%s]", *p);
	assert_string_equal(str_c(&s), want);
	str_release(&s);
	argv_free(argv);
}

static void
names_are_words_and_never_options(void **state)
{
	(void)state;
	struct stop_words w = {.job = "47; rm -rf /", .run = "/a/$(b) c", .host = "h", .pid = 12};
	char **argv;
	struct err e;
	argv_is("scancel {job}", &w, "[scancel][47; rm -rf /]");
	argv_is("ssh {host} kill {pid}", &w, "[ssh][h][kill][12]");
	argv_is("x '{run}' {run}", &w, "[x][/a/$(b) c][/a/$(b) c]");
	/* Not as part of a word, and what was put in is not looked at again. */
	argv_is("x --job={job} {nothing}", &w, "[x][--job={job}][{nothing}]");
	w.job = "{pid}";
	argv_is("x {job}", &w, "[x][{pid}]");
	w.job = "-f";
	assert_int_equal(stop_argv("scancel {job}", &w, &argv, &e), ERR_NOTFOUND);
	assert_non_null(strstr(e.text, "option"));
	w.job = NULL;
	assert_int_equal(stop_argv("scancel {job}", &w, &argv, &e), ERR_NOTFOUND);
	assert_string_equal(e.text, "its job is not known");
	w.pid = 0;
	assert_int_equal(stop_argv("kill {pid}", &w, &argv, &e), ERR_NOTFOUND);
	assert_int_equal(stop_argv("'", &w, &argv, &e), ERR_USAGE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_process_is_described_and_stopped),
		cmocka_unit_test(another_process_of_that_number_is_left_alone),
		cmocka_unit_test(jobs_are_known_by_their_files),
		cmocka_unit_test(names_are_words_and_never_options),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
