/* Runs that a person doesn't want to be read: their logs are left alone, with the reason, until he
 * does; and an ingester whose sink was changed under it looks at everything anew. */
#include "core/ingest.h"
#include "core/xalloc.h"
#include "tests/unit/recorder.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static struct fixture {
	char *dir, *a, *b; /* runs, with their logs below */
	char *log_a, *log_b;
	const char *unwanted; /* a run, or NULL */
	struct loop *loop;
	struct sink *sink;
	struct conf *conf;
	struct ingest *in;
	int synced;
} f;

static void
put(const char *path, int flags, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | flags, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static bool
unwanted(void *ctx, const char *run)
{
	(void)ctx;
	return f.unwanted && strcmp(run, f.unwanted) == 0;
}

static int
setup(void **state)
{
	const char *tmp = getenv("TMP");
	char *dir = xasprintf("%s/t_unwanted.XXXXXX", tmp ? tmp : "/tmp");
	struct err e;
	(void)state;
	memset(&f, 0, sizeof f);
	assert_non_null(mkdtemp(dir));
	f.dir = realpath(dir, NULL);
	free(dir);
	f.a = xasprintf("%s/a", f.dir);
	f.b = xasprintf("%s/b", f.dir);
	f.log_a = xasprintf("%s/metrics.csv", f.a);
	f.log_b = xasprintf("%s/metrics.csv", f.b);
	mkdir(f.a, 0700);
	mkdir(f.b, 0700);
	put(f.log_a, 0, "step,loss\n1,2\n");
	put(f.log_b, 0, "step,loss\n1,3\n");
	f.loop = loop_new();
	f.sink = recorder_new();
	assert_int_equal(conf_parse("test", "", 0, &f.conf, &e), 0);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	ingest_free(f.in);
	recorder_free(f.sink);
	conf_free(f.conf);
	loop_free(f.loop);
	unlink(f.log_a);
	unlink(f.log_b);
	rmdir(f.a);
	rmdir(f.b);
	rmdir(f.dir);
	free(f.log_a);
	free(f.log_b);
	free(f.a);
	free(f.b);
	free(f.dir);
	return 0;
}

static void
start(void)
{
	struct ingest_opts o = {.judge = true, .unwanted = unwanted};
	struct ingest_events ev = {.ctx = NULL};
	struct err e;
	f.in = ingest_new(f.loop, f.sink, f.conf, &o, &ev, &e);
	assert_non_null(f.in);
	assert_int_equal(ingest_root(f.in, f.dir, &e), 0);
}

static void
on_synced(void *ctx, int code, const char *text)
{
	(void)ctx;
	(void)text;
	assert_int_equal(code, 0);
	f.synced++;
	loop_stop(f.loop);
}

static void
sync_all(void)
{
	ingest_sync(f.in, on_synced, NULL);
	loop_run(f.loop);
}

static void
an_unwanted_run_is_left_alone_with_the_reason(void **state)
{
	(void)state;
	f.unwanted = f.a;
	start();
	sync_all();
	assert_string_equal(recorder_rows(f.sink, f.log_a), "(no log)\n");
	assert_string_equal(recorder_rows(f.sink, f.log_b), "step=1 loss=3\n");
	char *why = xasprintf("%s\t", f.log_a);
	assert_non_null(strstr(recorder_skipped(f.sink), why));
	assert_non_null(strstr(recorder_skipped(f.sink), "forgotten"));
	put(f.log_a, O_APPEND, "2,1\n");
	sync_all();
	assert_string_equal(recorder_rows(f.sink, f.log_a), "(no log)\n");
	free(why);
}

static void
it_is_read_when_it_is_wanted_again(void **state)
{
	(void)state;
	f.unwanted = f.a;
	start();
	sync_all();
	f.unwanted = NULL;
	ingest_reopen(f.in);
	sync_all();
	assert_string_equal(recorder_rows(f.sink, f.log_a), "step=1 loss=2\n");
	assert_string_equal(recorder_rows(f.sink, f.log_b), "step=1 loss=3\n");
	assert_string_equal(recorder_skipped(f.sink), "");
	put(f.log_a, O_APPEND, "2,1\n");
	put(f.log_b, O_APPEND, "2,1\n");
	sync_all();
	assert_string_equal(recorder_rows(f.sink, f.log_a), "step=1 loss=2\nstep=2 loss=1\n");
	assert_string_equal(recorder_rows(f.sink, f.log_b), "step=1 loss=3\nstep=2 loss=1\n");
}

/* What is kept goes on: only forgetting it makes it new. */
static void
a_run_that_is_kept_is_read_on(void **state)
{
	(void)state;
	start();
	sync_all();
	f.unwanted = f.a;
	put(f.log_a, O_APPEND, "2,1\n");
	sync_all();
	assert_string_equal(recorder_rows(f.sink, f.log_a), "step=1 loss=2\nstep=2 loss=1\n");
}

static void
who_waits_for_a_sync_while_all_is_reopened_has_it(void **state)
{
	(void)state;
	start();
	ingest_sync(f.in, on_synced, NULL);
	ingest_reopen(f.in);
	put(f.log_b, O_APPEND, "2,1\n");
	while (!f.synced)
		loop_run(f.loop);
	assert_int_equal(f.synced, 1);
	assert_string_equal(recorder_rows(f.sink, f.log_b), "step=1 loss=3\nstep=2 loss=1\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
		T(an_unwanted_run_is_left_alone_with_the_reason),
		T(it_is_read_when_it_is_wanted_again),
		T(a_run_that_is_kept_is_read_on),
		T(who_waits_for_a_sync_while_all_is_reopened_has_it),
	};

	return cmocka_run_group_tests_name("unwanted", tests, NULL, NULL);
}
