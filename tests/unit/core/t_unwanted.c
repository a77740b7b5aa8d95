/* Runs that a person doesn't want to be read: their logs are left alone, with the reason, until he
 * does; and an ingester whose sink was changed under it looks at everything anew. */
#include "core/clock.h"
#include "core/xalloc.h"
#include "tests/unit/haste.h"
#include "tests/unit/rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char *left_alone; /* a run's name in the rig, or NULL */

static bool
unwanted(void *rig, const char *run)
{
	return left_alone && strcmp(run, rig_at(rig, left_alone)) == 0;
}

/* Two runs, a and b, with a log each. */
static int
setup(void **state)
{
	rig_setup(state);
	struct rig *r = *state;
	left_alone = NULL;
	r->o.unwanted = unwanted;
	r->o.unwanted_ctx = r;
	rig_append(r, "a/metrics.csv", "step,loss\n1,2\n");
	rig_append(r, "b/metrics.csv", "step,loss\n1,3\n");
	return 0;
}

static void
an_unwanted_run_is_left_alone_with_the_reason(void **state)
{
	struct rig *r = *state;
	left_alone = "a";
	rig_begin(r);
	rig_rows_are(r, "a/metrics.csv", "(no log)\n");
	rig_rows_are(r, "b/metrics.csv", "step=1 loss=3\n");
	char *why = xasprintf("%s\t", rig_at(r, "a/metrics.csv"));
	assert_non_null(strstr(recorder_skipped(r->s), why));
	assert_non_null(strstr(recorder_skipped(r->s), "forgotten"));
	rig_append(r, "a/metrics.csv", "2,1\n");
	rig_sync(r);
	rig_rows_are(r, "a/metrics.csv", "(no log)\n");
	free(why);
}

static void
it_is_read_when_it_is_wanted_again(void **state)
{
	struct rig *r = *state;
	left_alone = "a";
	rig_begin(r);
	left_alone = NULL;
	ingest_reopen(r->in);
	rig_sync(r);
	rig_rows_are(r, "a/metrics.csv", "step=1 loss=2\n");
	rig_rows_are(r, "b/metrics.csv", "step=1 loss=3\n");
	assert_string_equal(recorder_skipped(r->s), "");
	rig_append(r, "a/metrics.csv", "2,1\n");
	rig_append(r, "b/metrics.csv", "2,1\n");
	rig_sync(r);
	rig_rows_are(r, "a/metrics.csv", "step=1 loss=2\nstep=2 loss=1\n");
	rig_rows_are(r, "b/metrics.csv", "step=1 loss=3\nstep=2 loss=1\n");
}

/* What is kept goes on: only forgetting it makes it new. */
static void
a_run_that_is_kept_is_read_on(void **state)
{
	struct rig *r = *state;
	rig_begin(r);
	left_alone = "a";
	rig_append(r, "a/metrics.csv", "2,1\n");
	rig_sync(r);
	rig_rows_are(r, "a/metrics.csv", "step=1 loss=2\nstep=2 loss=1\n");
}

static void
who_waits_for_a_sync_while_all_is_reopened_has_it(void **state)
{
	struct rig *r = *state;
	rig_start(r);
	ingest_sync(r->in, rig_on_synced, r);
	ingest_reopen(r->in);
	rig_append(r, "b/metrics.csv", "2,1\n");
	int64_t end = haste_deadline();
	while (!r->synced && clock_mono_us() < end)
		haste_once(r->l, 50000);
	assert_int_equal(r->synced, 1);
	rig_rows_are(r, "b/metrics.csv", "step=1 loss=3\nstep=2 loss=1\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, setup, rig_teardown)
		T(an_unwanted_run_is_left_alone_with_the_reason),
		T(it_is_read_when_it_is_wanted_again),
		T(a_run_that_is_kept_is_read_on),
		T(who_waits_for_a_sync_while_all_is_reopened_has_it),
	};

	return cmocka_run_group_tests_name("unwanted", tests, NULL, NULL);
}
