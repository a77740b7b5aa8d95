/* The buckets of a histogram share the fate of their row. */
#include "core/str.h"
#include "tests/unit/store_kit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

/* A row with COUNT in the column, and one bucket from 0 to COUNT if it was stored. */
static enum row_fate
hist_row(struct kit *k, uint32_t log, int64_t step, uint32_t column, double count)
{
	const double edge[] = {0, count};
	const struct hist h = {.n = 1, .edge = edge, .count = &count};
	enum row_fate fate = kit_row1(k, log, step, column, count);

	if (fate == ROW_STORED)
		k->sink->ops->hist(k->sink, log, column, &h);
	return fate;
}

static int
add(void *ctx, const struct hist_info *info, const struct hist *h)
{
	str_addf(ctx, "%u %lld:", info->attempt, (long long)info->step);
	for (size_t i = 0; i < h->n; i++)
		str_addf(ctx, " [%g %g] %g", h->edge[i], h->edge[i + 1], h->count[i]);
	str_addc(ctx, '\n');
	return 0;
}

static void
check(struct kit *k, const char *shown, uint32_t attempt, const char *want)
{
	struct str got = STR_INIT;
	struct snap *sn = kit_snap(k);

	assert_int_equal(snap_hists(sn, kit_series(sn, "/r", shown), attempt, add, &got), 0);
	assert_string_equal(str_c(&got), want);
	snap_end(sn);
	str_release(&got);
	assert_true(kit_sound(k));
}

static void
buckets_come_back_with_their_steps(void **state)
{
	struct kit *k = *state;
	uint32_t log = kit_log(k, "/r/a.csv", "/r");
	uint32_t w = kit_column(k, log, "w@hist.count"), v = kit_column(k, log, "v@hist.count");

	hist_row(k, log, 1, w, 5);
	hist_row(k, log, 2, v, 6);
	kit_commit(k);
	hist_row(k, log, 3, w, 7);
	k->sink->ops->hist(k->sink, log, w, &(struct hist){0});
	kit_commit(k);
	/* The second one at a place replaces the first. */
	check(k, "w@hist.count", 0, "1 1: [0 5] 5\n1 3:\n");
	check(k, "v@hist.count", 0, "1 2: [0 6] 6\n");
	kit_again(k);
	check(k, "v@hist.count", 1, "1 2: [0 6] 6\n");
	check(k, "v@hist.count", 2, "");
}

static void
nothing_is_kept_before_commit(void **state)
{
	struct kit *k = *state;
	uint32_t log = kit_log(k, "/r/a.csv", "/r"), w = kit_column(k, log, "w@hist.count");

	hist_row(k, log, 1, w, 5);
	kit_commit(k);
	hist_row(k, log, 2, w, 6);
	kit_again(k);
	check(k, "w@hist.count", 0, "1 1: [0 5] 5\n");
}

static void
rows_that_are_superseded_take_theirs_along(void **state)
{
	struct kit *k = *state;
	uint32_t log = kit_log(k, "/r/a.csv", "/r"), w = kit_column(k, log, "w@hist.count");

	for (int i = 1; i < 6; i++) {
		hist_row(k, log, i, w, i);
		if (i == 4) /* the fifth is still in memory when it goes */
			kit_commit(k);
	}
	k->sink->ops->replay(k->sink, log);
	assert_int_equal(hist_row(k, log, 1, w, 1), ROW_KNOWN);
	assert_int_equal(hist_row(k, log, 2, w, 2), ROW_KNOWN);
	assert_int_equal(hist_row(k, log, 3, w, 30), ROW_STORED);
	kit_commit(k);
	check(k, "w@hist.count", 0, "1 1: [0 1] 1\n1 2: [0 2] 2\n1 3: [0 30] 30\n");
	/* And when nothing comes in their place. */
	k->sink->ops->replay(k->sink, log);
	assert_int_equal(hist_row(k, log, 1, w, 1), ROW_KNOWN);
	k->sink->ops->replay_end(k->sink, log, true);
	kit_commit(k);
	check(k, "w@hist.count", 0, "1 1: [0 1] 1\n");
}

static void
those_of_an_older_attempt_stay(void **state)
{
	struct kit *k = *state;
	uint32_t log = kit_log(k, "/r/a.csv", "/r"), w = kit_column(k, log, "w@hist.count");

	hist_row(k, log, 1, w, 5);
	kit_commit(k);
	k->sink->ops->replay(k->sink, log);
	hist_row(k, log, 1, w, 6);
	kit_commit(k);
	check(k, "w@hist.count", 0, "1 1: [0 5] 5\n2 1: [0 6] 6\n");
	check(k, "w@hist.count", 2, "2 1: [0 6] 6\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(buckets_come_back_with_their_steps, kit_setup,
						kit_teardown),
		cmocka_unit_test_setup_teardown(nothing_is_kept_before_commit, kit_setup,
						kit_teardown),
		cmocka_unit_test_setup_teardown(rows_that_are_superseded_take_theirs_along,
						kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(those_of_an_older_attempt_stay, kit_setup,
						kit_teardown),
	};
	return cmocka_run_group_tests_name("hists", tests, NULL, NULL);
}
