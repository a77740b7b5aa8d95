/* The journal on disk: several processes and hosts at once, torn lines, files that a person
 * changed. */
#include "tests/unit/store_kit.h"

#include "core/clock.h"
#include "core/xalloc.h"
#include "store/journal_files.h"
#include "tests/unit/scratch.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static char *top, dir[220];
static const struct journal_topic run_a = {.run = "/r/a"};

static int
setup(void **state)
{
	(void)state;
	top = scratch_new();
	snprintf(dir, sizeof dir, "%s/made/here", top);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	clock_pin(-1);
	scratch_free(top);
	return 0;
}

static int
say(struct journal_files *f, const char *key, const char *text, struct err *e)
{
	struct journal_word w = {key, text ? JOURNAL_TEXT : JOURNAL_NONE, text};

	return journal_files_append(f, &run_a, &w, 1, e);
}

static void
says(struct journal_files *f, const char *key, const char *text)
{
	struct err e = {0};

	if (say(f, key, text, &e))
		fail_msg("%s", e.text);
}

static const char *
known(struct journal_files *f, const char *key)
{
	struct err e = {0};

	if (journal_files_refresh(f, &e))
		fail_msg("%s", e.text);
	return journal_text(journal_files_state(f), &run_a, key);
}

/* The one file of this host. */
static char *
own_file(void)
{
	DIR *d = opendir(dir);
	char *path = NULL;

	assert_non_null(d);
	for (struct dirent *de; (de = readdir(d));)
		if (strstr(de->d_name, ".jsonl") && strncmp(de->d_name, "other", 5) != 0) {
			assert_null(path);
			path = xasprintf("%s/%s", dir, de->d_name);
		}
	closedir(d);
	assert_non_null(path);
	return path;
}

static void
put_file(const char *name, const char *text, int flags)
{
	char *path = name[0] == '/' ? xstrdup(name) : xasprintf("%s/%s", dir, name);
	int fd = open(path, O_WRONLY | O_CREAT | flags, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	free(path);
}

/* ---- one process ----------------------------------------------------------------------------- */

static void
what_is_written_is_there_at_once_and_for_whoever_comes(void **state)
{
	(void)state;
	struct journal_files *f = journal_files_new(dir), *g = journal_files_new(dir);
	struct stat sb;
	assert_null(known(f, "name"));
	says(f, "name", "first");
	assert_string_equal(journal_text(journal_files_state(f), &run_a, "name"), "first");
	assert_string_equal(known(g, "name"), "first");
	says(g, "name", NULL);
	assert_null(known(f, "name"));
	assert_int_equal(stat(dir, &sb), 0);
	assert_int_equal(sb.st_mode & 0777, 0700);
	char *path = own_file();
	assert_int_equal(stat(path, &sb), 0);
	assert_int_equal(sb.st_mode & 0777, 0600);
	free(path);
	journal_files_free(f);
	journal_files_free(g);
}

static void
the_last_word_of_a_process_wins_with_a_clock_that_stands_still_or_goes_back(void **state)
{
	(void)state;
	struct journal_files *f = journal_files_new(dir);
	clock_pin(INT64_C(1700000000000000));
	says(f, "name", "zebra");
	says(f, "name", "ant");
	assert_string_equal(known(f, "name"), "ant");
	clock_pin(INT64_C(1600000000000000));
	says(f, "name", "aardvark");
	assert_string_equal(known(f, "name"), "aardvark");
	journal_files_free(f);
}

static void
where_it_is(void **state)
{
	(void)state;
	char *path = xasprintf("%s/mm/journal", top);
	struct err e = {0};
	setenv("XDG_DATA_HOME", top, 1);
	struct journal_files *f = journal_files_new(NULL);
	says(f, "name", "x");
	assert_int_equal(access(path, F_OK), 0);
	journal_files_free(f);

	setenv("XDG_DATA_HOME", "not/absolute", 1);
	setenv("HOME", top, 1);
	f = journal_files_new(NULL);
	says(f, "name", "x");
	free(path);
	path = xasprintf("%s/.local/share/mm/journal", top);
	assert_int_equal(access(path, F_OK), 0);
	journal_files_free(f);

	unsetenv("XDG_DATA_HOME");
	unsetenv("HOME");
	f = journal_files_new(NULL);
	assert_null(known(f, "name"));
	assert_int_equal(say(f, "name", "x", &e), ERR_USAGE);
	journal_files_free(f);
	free(path);
}

static void
a_note_without_end_is_refused(void **state)
{
	(void)state;
	struct journal_files *f = journal_files_new(dir);
	char *text = xmalloc(JOURNAL_LINE_MAX + 1);
	struct err e = {0};
	memset(text, 'x', JOURNAL_LINE_MAX);
	text[JOURNAL_LINE_MAX] = '\0';
	assert_int_equal(say(f, "note", text, &e), ERR_FULL);
	assert_null(known(f, "note"));
	free(text);
	journal_files_free(f);
}

/* ---- torn, foreign, replaced ----------------------------------------------------------------- */

static void
a_torn_line_is_ended_by_the_next_one_and_counts_as_one_bad_line(void **state)
{
	(void)state;
	struct journal_files *f = journal_files_new(dir);
	says(f, "name", "before");
	char *path = own_file();
	put_file(path, "{\"time\":99999999999,\"run\":\"/r/a\",\"na", O_APPEND);
	assert_string_equal(known(f, "name"), "before");
	says(f, "note", "after");
	struct journal_files *g = journal_files_new(dir);
	assert_string_equal(known(g, "name"), "before");
	assert_string_equal(known(g, "note"), "after");
	assert_int_equal(journal_bad(journal_files_state(g)), 1);
	assert_int_equal(journal_bad(journal_files_state(f)), 1);
	free(path);
	journal_files_free(f);
	journal_files_free(g);
}

static void
a_whole_line_that_lacks_only_its_end_counts_before_and_after(void **state)
{
	(void)state;
	struct journal_files *f = journal_files_new(dir);
	says(f, "name", "x");
	char *path = own_file();
	put_file(path, "{\"time\":5,\"run\":\"/r/a\",\"note\":\"by hand\"}", O_APPEND);
	assert_string_equal(known(f, "note"), "by hand");
	says(f, "mood", "good");
	struct journal_files *g = journal_files_new(dir);
	assert_string_equal(known(g, "note"), "by hand");
	assert_string_equal(known(g, "mood"), "good");
	assert_int_equal(journal_bad(journal_files_state(g)), 0);
	free(path);
	journal_files_free(f);
	journal_files_free(g);
}

static void
other_hosts_are_read_and_other_files_are_not(void **state)
{
	(void)state;
	struct journal_files *f = journal_files_new(dir);
	says(f, "name", "mine");
	put_file("other.jsonl", "{\"time\":4000000000,\"run\":\"/r/a\",\"note\":\"theirs\"}\n", 0);
	put_file("other.jsonl~", "{\"time\":4000000001,\"run\":\"/r/a\",\"note\":\"backup\"}\n", 0);
	put_file(".other.jsonl", "{\"time\":4000000001,\"run\":\"/r/a\",\"note\":\"hidden\"}\n", 0);
	assert_string_equal(known(f, "note"), "theirs");
	assert_string_equal(known(f, "name"), "mine");
	/* A pipe in the way must not stop anybody. */
	char *path = xasprintf("%s/other-pipe.jsonl", dir);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_string_equal(known(f, "name"), "mine");
	free(path);
	journal_files_free(f);
}

static void
what_a_person_removes_from_a_file_is_gone(void **state)
{
	(void)state;
	static const char two[] = "{\"time\":5,\"run\":\"/r/a\",\"note\":\"1\"}\n"
				  "{\"time\":6,\"run\":\"/r/a\",\"mood\":\"2\"}\n",
			  one[] = "{\"time\":5,\"run\":\"/r/a\",\"note\":\"1\"}\n";
	struct journal_files *f = journal_files_new(dir);
	says(f, "name", "mine");
	put_file("other.jsonl", two, 0);
	assert_string_equal(known(f, "mood"), "2");
	put_file("other.jsonl", one, O_TRUNC);
	assert_null(known(f, "mood"));
	assert_string_equal(known(f, "note"), "1");
	char *path = xasprintf("%s/other.jsonl", dir), *new = xasprintf("%s/new", dir);
	put_file("new", two, 0); /* as editors save */
	assert_int_equal(rename(new, path), 0);
	assert_string_equal(known(f, "mood"), "2");
	assert_int_equal(unlink(path), 0);
	assert_null(known(f, "note"));
	assert_string_equal(known(f, "name"), "mine");
	scratch_remove(dir);
	assert_null(known(f, "name"));
	free(path);
	free(new);
	journal_files_free(f);
}

static void
a_file_that_cannot_be_read_is_said_and_the_others_are_read(void **state)
{
	(void)state;
	fflush(NULL);
	pid_t pid = fork();
	if (!pid) {
		/* Root reads everything. */
		if (geteuid() == 0 && (chmod(top, 0777) || chdir(top) || setuid(65534)))
			_exit(77);
		if (geteuid() == 65534) /* what leads there is root's alone */
			snprintf(dir, sizeof dir, "made/here");
		struct journal_files *f = journal_files_new(dir);
		struct err e = {0};
		if (say(f, "name", "mine", &e))
			_exit(2);
		put_file("other.jsonl", "{\"time\":5,\"run\":\"/r/a\",\"note\":\"x\"}\n", 0);
		char *path = xasprintf("%s/other.jsonl", dir);
		chmod(path, 0);
		int rc = journal_files_refresh(f, &e);
		if (rc != ERR_SYS || !strstr(e.text, "other.jsonl"))
			_exit(3);
		if (strcmp(journal_text(journal_files_state(f), &run_a, "name"), "mine") != 0)
			_exit(4);
		chmod(path, 0600);
		_exit(strcmp(known(f, "note"), "x") != 0 ? 5 : 0);
	}
	int status;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WEXITSTATUS(status) == 77)
		skip();
	assert_int_equal(status, 0);
}

/* ---- several processes ----------------------------------------------------------------------- */

enum { PROCESSES = 6, LINES = 60 };

static void
write_many(int id)
{
	struct journal_files *f = journal_files_new(dir);
	struct err e;
	char key[32], text[3000];

	for (int i = 0; i < LINES; i++) {
		snprintf(key, sizeof key, "k%d-%d", id, i);
		/* Lines of every length up to a few pages. */
		memset(text, 'a' + id, sizeof text);
		text[(id * 997 + i * 131) % (int)sizeof text] = '\0';
		text[sizeof text - 1] = '\0';
		if (say(f, key, text, &e) || say(f, "shared", key, &e))
			_exit(1);
	}
	_exit(0);
}

static void
several_processes_lose_nothing_and_tear_nothing(void **state)
{
	(void)state;
	pid_t pid[PROCESSES];
	struct journal_files *f = journal_files_new(dir);
	fflush(NULL);
	for (int i = 0; i < PROCESSES; i++)
		if (!(pid[i] = fork()))
			write_many(i);
	/* Somebody reads along; whatever he sees is whole. */
	for (int i = 0; i < 200; i++) {
		known(f, "shared");
		assert_int_equal(journal_bad(journal_files_state(f)), 0);
	}
	for (int i = 0; i < PROCESSES; i++) {
		int status;
		assert_int_equal(waitpid(pid[i], &status, 0), pid[i]);
		assert_int_equal(status, 0);
	}
	for (int i = 0; i < PROCESSES; i++)
		for (int k = 0; k < LINES; k++) {
			char key[32];
			snprintf(key, sizeof key, "k%d-%d", i, k);
			const char *text = known(f, key);
			assert_non_null(text);
			assert_int_equal(strlen(text), (i * 997 + k * 131) % 3000);
			assert_int_equal(strspn(text, (char[]){(char)('a' + i), 0}), strlen(text));
		}
	assert_int_equal(journal_bad(journal_files_state(f)), 0);
	/* Each wrote to "shared" after it had seen the others': the last line of the file wins. */
	char *path = own_file(), last[64];
	snprintf(last, sizeof last, "\"shared\":\"%s\"}\n", known(f, "shared"));
	FILE *in = fopen(path, "r");
	char line[8192], keep[8192] = "";
	while (fgets(line, sizeof line, in))
		if (strstr(line, "\"shared\""))
			memcpy(keep, line, sizeof keep);
	fclose(in);
	assert_non_null(strstr(keep, last));
	free(path);
	journal_files_free(f);
}

static void
killed_writers_tear_at_most_their_own_line(void **state)
{
	(void)state;
	struct journal_files *f = journal_files_new(dir);
	for (int round = 0; round < 20; round++) {
		fflush(NULL);
		pid_t pid = fork();
		if (!pid)
			for (;;)
				write_many(0);
		usleep((useconds_t)(1000 + round * 700));
		kill(pid, SIGKILL);
		assert_int_equal(waitpid(pid, NULL, 0), pid);
		char text[32];
		snprintf(text, sizeof text, "round %d", round);
		says(f, "name", text);
		assert_string_equal(known(f, "name"), text);
	}
	assert_true(journal_bad(journal_files_state(f)) <= 20);
	journal_files_free(f);
}

static void
who_holds_the_lock_for_ever_is_not_waited_for_for_ever(void **state)
{
	(void)state;
	struct journal_files *f = journal_files_new(dir);
	struct err e = {0};
	says(f, "name", "x");
	char *path = own_file();
	int fd = open(path, O_RDWR);
	struct flock fl = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	assert_int_equal(fcntl(fd, F_OFD_SETLK, &fl), 0);
	assert_int_equal(say(f, "name", "y", &e), ERR_BUSY);
	assert_string_equal(known(f, "name"), "x"); /* reading needs no lock */
	close(fd);
	says(f, "name", "y");
	free(path);
	journal_files_free(f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
		T(what_is_written_is_there_at_once_and_for_whoever_comes),
		T(the_last_word_of_a_process_wins_with_a_clock_that_stands_still_or_goes_back),
		T(where_it_is),
		T(a_note_without_end_is_refused),
		T(a_torn_line_is_ended_by_the_next_one_and_counts_as_one_bad_line),
		T(a_whole_line_that_lacks_only_its_end_counts_before_and_after),
		T(other_hosts_are_read_and_other_files_are_not),
		T(what_a_person_removes_from_a_file_is_gone),
		T(a_file_that_cannot_be_read_is_said_and_the_others_are_read),
		T(several_processes_lose_nothing_and_tear_nothing),
		T(killed_writers_tear_at_most_their_own_line),
		T(who_holds_the_lock_for_ever_is_not_waited_for_for_ever),
	};

	return cmocka_run_group_tests_name("journal files", tests, NULL, NULL);
}
