/* What is not sealed yet stays little, whoever lags: one log that gets a row an hour does not keep
 * the rows of all others. */
#include "tests/unit/store_kit.h"

#include "store/chain.h"
#include "store/snap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { LOGS = 40 };

static uint32_t
nth_log(struct kit *k, int i)
{
	char path[64], run[64];

	snprintf(path, sizeof path, "/r/%02d/m.csv", i);
	snprintf(run, sizeof run, "/r/%02d", i);
	return kit_log(k, path, run);
}

static size_t
nth_points(struct kit *k, int i)
{
	char run[64];
	size_t n;
	struct snap *sn = kit_snap(k);

	snprintf(run, sizeof run, "/r/%02d", i);
	struct point *p = kit_points(sn, kit_series(sn, run, "x"), 0, &n);
	for (size_t j = 0; j < n; j++)
		assert_true(p[j].step == (int64_t)j && p[j].value == (double)j / 7);
	free(p);
	snap_end(sn);
	return n;
}

/* Records of the tail, and their bytes. */
static size_t
tail_size(struct kit *k, size_t *records)
{
	struct snap *sn = kit_snap(k);
	struct key prefix = key_type(KEY_TAIL);
	struct iter it;
	size_t bytes = 0;

	*records = 0;
	iter_init(&it, sn->t, &prefix);
	while (iter_next(&it) > 0) {
		bytes += it.val.n;
		++*records;
	}
	iter_release(&it);
	snap_end(sn);
	return bytes;
}

static void
laggards_do_not_keep_the_tail(void **state)
{
	struct kit *k = *state;
	size_t most = 0, records;
	int rows[LOGS] = {0};

	for (int i = 0; i < LOGS; i++) {
		uint32_t log = nth_log(k, i);
		kit_row1(k, log, rows[i], kit_column(k, log, "x"), rows[i] / 7.0);
		rows[i]++;
	}
	kit_commit(k);
	for (int round = 0; round < 600; round++) {
		/* Three busy logs, and now and then another. */
		int i = round % 50 == 49 ? 3 + round / 50 : round % 3;
		uint32_t log = nth_log(k, i);
		for (int j = 0; j < 3; j++, rows[i]++)
			kit_row1(k, log, rows[i], kit_column(k, log, "x"), rows[i] / 7.0);
		kit_commit(k);
		size_t bytes = tail_size(k, &records);
		most = bytes > most ? bytes : most;
		if (round % 100 == 37)
			kit_again(k);
	}
	assert_true(most < TAIL_BYTES + TAIL_BYTES / 2);
	assert_true(most > TAIL_BYTES / 2); /* or this shows nothing */
	for (int i = 0; i < LOGS; i++)
		assert_int_equal(nth_points(k, i), rows[i]);
	assert_true(kit_sound(k));
}

/* A row a commit: the chain that a reader has to follow stays short. */
static void
a_chain_stays_short(void **state)
{
	struct kit *k = *state;
	uint32_t log = nth_log(k, 0), c = kit_column(k, log, "x");

	for (int i = 0; i < TAIL_ROWS - 1; i++) {
		kit_row1(k, log, i, c, i / 7.0);
		kit_commit(k);
		struct snap *sn = kit_snap(k);
		struct log_rec r;
		assert_true(snap_log(sn, log, &r));
		assert_int_equal(r.sealed, 0);
		const struct chain *ch = snap_chain(sn, &r);
		assert_non_null(ch);
		assert_true(ch->n <= TAIL_SECTIONS + 3);
		snap_end(sn);
	}
	assert_int_equal(nth_points(k, 0), TAIL_ROWS - 1);
	kit_row1(k, log, TAIL_ROWS - 1, c, (TAIL_ROWS - 1) / 7.0);
	kit_commit(k);
	size_t records;
	assert_int_equal(tail_size(k, &records), 0); /* all of it is in chunks now */
	assert_int_equal(nth_points(k, 0), TAIL_ROWS);
	assert_true(kit_sound(k));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(laggards_do_not_keep_the_tail, kit_setup,
						kit_teardown),
		cmocka_unit_test_setup_teardown(a_chain_stays_short, kit_setup, kit_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
