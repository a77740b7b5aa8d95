/* mm.conf is noticed however it is changed, and although its directory comes later. */
#include "tui/conf_watch.h"

#include "core/clock.h"
#include "core/xalloc.h"
#include "tests/unit/scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char *dir, *above, *sub, *path, *beside;
static struct loop *loop;
static struct conf_watch *watch;
static int heard;

static void
on_change(void *ctx)
{
	(void)ctx;
	heard++;
}

static int
setup(void **state)
{
	(void)state;
	dir = scratch_new();
	above = xasprintf("%s/config", dir);
	sub = xasprintf("%s/mm", above);
	path = xasprintf("%s/mm.conf", sub);
	beside = xasprintf("%s/mm.conf.new", sub);
	loop = loop_new();
	watch = conf_watch_new(loop, path, on_change, NULL);
	heard = 0;
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	conf_watch_free(watch);
	loop_free(loop);
	scratch_free(dir);
	free(above);
	free(sub);
	free(path);
	free(beside);
	return 0;
}

static void
write_file(const char *name)
{
	FILE *f = fopen(name, "w");
	assert_non_null(f);
	fputs("x", f);
	fclose(f);
}

/* Waits for news, at most 5 s; without any that are expected, as long as those would take. */
static void
expect(bool news)
{
	int64_t until = clock_mono_us() + (news ? 5000000 : 300000);
	for (int64_t left; !heard && (left = until - clock_mono_us()) > 0;)
		loop_once(loop, left);
	assert_int_equal(heard > 0, news);
	heard = 0;
}

static void
a_directory_that_comes_later_is_waited_for(void **state)
{
	(void)state;
	assert_int_equal(mkdir(above, 0700), 0);
	expect(true);
	assert_int_equal(mkdir(sub, 0700), 0);
	expect(true);
	write_file(path);
	expect(true);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(sub), 0);
	expect(true);
	assert_int_equal(mkdir(sub, 0700), 0);
	write_file(path);
	expect(true);
}

static void
written_renamed_and_removed(void **state)
{
	(void)state;
	/* as mkdir -p does it */
	assert_int_equal(mkdir(above, 0700) + mkdir(sub, 0700), 0);
	expect(true);
	write_file(beside);
	expect(false);
	assert_int_equal(rename(beside, path), 0);
	expect(true);
	write_file(path);
	expect(true);
	assert_int_equal(unlink(path), 0);
	expect(true);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_directory_that_comes_later_is_waited_for),
		TEST(written_renamed_and_removed),
	};
	return cmocka_run_group_tests_name("conf_watch", tests, NULL, NULL);
}
