/* The list of screen 3: what is taken of the lines, in which order it stands, what is best. */
#include "tui/version_rows.h"

#include "core/str.h"
#include "core/xalloc.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct version_rows v;

static int
setup(void **state)
{
	(void)state;
	v = (struct version_rows){0};
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	version_rows_release(&v);
	return 0;
}

static void
take(const char *const *line)
{
	version_rows_begin(&v);
	for (; *line; line++)
		version_rows_line(&v, *line);
	version_rows_end(&v);
}

/* The names in order, the best ones with a star, marked ones with a sign. */
static void
check(const char *want)
{
	struct str s = STR_INIT;
	for (int i = 0; i < v.nrows; i++) {
		const struct vitem *it = version_rows_at(&v, i);
		str_addf(&s, "%s%s%s%s", i ? " " : "", it->marked ? "#" : "", it->name,
			 it->best ? "*" : "");
	}
	assert_string_equal(str_c(&s), want);
	str_release(&s);
}

static const char *const some[] = {
	"{\"version\":\"net@v1\",\"model\":\"net\",\"number\":1,\"kind\":\"saved\",\"step\":100,"
	"\"bytes\":30,\"time\":10.5,\"aliases\":[\"a\",\"b\"],\"tags\":{\"k\":\"v\"},"
	"\"metrics\":{\"loss\":0.5,\"acc\":0.9}}",
	"{\"version\":\"net@v2\",\"model\":\"net\",\"number\":2,\"kind\":\"adopted\",\"step\":300,"
	"\"bytes\":10,\"time\":30,\"pinned\":true,\"metrics\":{\"loss\":0.3,\"acc\":0.8}}",
	"{\"version\":\"net@v10\",\"model\":\"net\",\"number\":10,\"kind\":\"saved\",\"step\":200,"
	"\"bytes\":20,\"time\":20,\"metrics\":{\"loss\":\"NaN\",\"acc\":0.95}}",
	"{\"version\":\"aaa@v1\",\"model\":\"aaa\",\"number\":1,\"metrics\":{}}",
	"{\"version\":null,\"path\":\"/r/x/ckpt-7.pt\",\"state\":\"growing\",\"run\":\"/r/x\","
	"\"step\":7,"
	"\"step_from\":\"time\",\"bytes\":5,\"metrics\":{\"acc\":0.5}}",
	"{\"version\":\"net@v3\",\"model\":\"net\",\"number\":3,\"removed\":true}",
	"this is no JSON",
	NULL,
};

static void
versions_stand_by_model_the_newest_first_and_what_is_not_saved_last(void **state)
{
	(void)state;
	take(some);
	check("aaa@v1 net@v10* net@v2 net@v1 /r/x/ckpt-7.pt");
	assert_string_equal(v.metric, "acc");
	assert_true(v.nversions == 4 && v.nmodels == 2 && v.nfound == 1);
	const struct vitem *it = version_rows_at(&v, 3);
	assert_string_equal(it->alias, "a b");
	assert_string_equal(it->tags, "k=v");
	assert_true(it->has_step && it->step == 100 && it->time_us == 10500000);
	assert_true(version_rows_at(&v, 2)->kind == VITEM_ADOPTED);
	assert_true(version_rows_at(&v, 4)->kind == VITEM_FOUND && version_rows_at(&v, 4)->about);
	assert_string_equal(version_rows_at(&v, 4)->wrong, "being written");
	assert_false(version_rows_at(&v, 0)->has_step);
	assert_null(version_rows_at(&v, 5));
}

static void
any_order_keeps_models_together(void **state)
{
	(void)state;
	take(some);
	static const struct {
		enum vsort sort;
		const char *want;
	} orders[] = {
		{VSORT_METRIC, "aaa@v1 net@v10* net@v1 net@v2 /r/x/ckpt-7.pt"},
		{VSORT_STEP, "aaa@v1 net@v2 net@v10* net@v1 /r/x/ckpt-7.pt"},
		{VSORT_SIZE, "aaa@v1 net@v1 net@v10* net@v2 /r/x/ckpt-7.pt"},
		{VSORT_AGE, "aaa@v1 net@v2 net@v10* net@v1 /r/x/ckpt-7.pt"},
		{VSORT_ALIAS, "aaa@v1 net@v1 net@v10* net@v2 /r/x/ckpt-7.pt"},
		{VSORT_DEPLOYED, "aaa@v1 net@v10* net@v2 net@v1 /r/x/ckpt-7.pt"},
	};
	for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
		v.sort = orders[i].sort;
		version_rows_order(&v);
		check(orders[i].want);
	}
}

static void
another_metric_has_another_best_and_nan_is_never_it(void **state)
{
	(void)state;
	take(some);
	assert_true(version_rows_next_metric(&v));
	assert_string_equal(v.metric, "loss");
	v.sort = VSORT_METRIC;
	version_rows_order(&v);
	check("aaa@v1 net@v2* net@v1 net@v10 /r/x/ckpt-7.pt");
	assert_true(version_rows_next_metric(&v)); /* and round again */
	assert_string_equal(v.metric, "acc");
	free(v.wanted);
	v.wanted = xstrdup("gone");
	version_rows_order(&v);
	assert_string_equal(v.metric, "acc");
}

static void
a_filter_looks_at_all_that_is_shown(void **state)
{
	(void)state;
	take(some);
	v.filter = xstrdup("k=v");
	version_rows_order(&v);
	check("net@v1");
	assert_int_equal(version_rows_find(&v, "net@v1"), 0);
	assert_int_equal(version_rows_find(&v, "net@v2"), -1);
}

static void
a_new_list_keeps_marks_and_one_that_broke_off_changes_nothing(void **state)
{
	(void)state;
	take(some);
	version_rows_at(&v, 2)->marked = true;
	version_rows_begin(&v);
	version_rows_line(&v, some[0]);
	check("aaa@v1 net@v10* #net@v2 net@v1 /r/x/ckpt-7.pt");
	take(some + 1);
	check("aaa@v1 net@v10* #net@v2 /r/x/ckpt-7.pt");
}

static void
one_alone_is_not_the_best_of_anything(void **state)
{
	(void)state;
	static const char *const one[] = {
		"{\"version\":\"net@v1\",\"model\":\"net\",\"number\":1,\"metrics\":{\"acc\":1}}",
		NULL};
	take(one);
	check("net@v1");
	static const char *const none[] = {NULL};
	take(none);
	check("");
	assert_null(v.metric);
	assert_false(version_rows_next_metric(&v));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(versions_stand_by_model_the_newest_first_and_what_is_not_saved_last),
		TEST(any_order_keeps_models_together),
		TEST(another_metric_has_another_best_and_nan_is_never_it),
		TEST(a_filter_looks_at_all_that_is_shown),
		TEST(a_new_list_keeps_marks_and_one_that_broke_off_changes_nothing),
		TEST(one_alone_is_not_the_best_of_anything),
	};
	return cmocka_run_group_tests_name("version_rows", tests, NULL, NULL);
}
