/* A series that several files hold one after the other is the same series as in one file: whatever
 * is asked, the answers are equal. */
#include "tests/unit/store_kit.h"

#include "core/str.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { POINTS = 300, FILES = 5, COLUMNS = 13 };

struct made {
	int64_t step;
	double value;
};

/* Steps go back now and then, seldom enough for every segment to be recorded. */
static void
make(struct made *m, uint64_t *rng)
{
	int64_t step = 0;
	int backs = 0;

	for (int i = 0; i < POINTS; i++) {
		if (backs < 6 && kit_rand(rng, POINTS / 6) == 0) {
			step -= (int64_t)kit_rand(rng, 60);
			backs++;
		}
		m[i].step = step;
		m[i].value = kit_rand(rng, 20) ? (double)kit_rand(rng, 1000) / 8 : NAN;
		step += (int64_t)kit_rand(rng, 4);
	}
}

static void
fill(struct kit *k, const char *run, const struct made *m, const int *end, int files, uint64_t *rng)
{
	for (int f = 0, i = 0; f < files; f++) {
		char path[200];
		snprintf(path, sizeof path, "%s/events.out.tfevents.%d", run, f);
		uint32_t log = kit_log_of(k, path, run, "tfevents", 1);
		uint32_t loss = kit_column(k, log, "loss"), lr = kit_column(k, log, "lr");
		for (; i < end[f]; i++) {
			kit_row1(k, log, m[i].step, loss, m[i].value);
			if (kit_rand(rng, 3) == 0)
				kit_row1(k, log, m[i].step, lr, 1);
			if (kit_rand(rng, 30) == 0)
				kit_commit(k);
		}
	}
	kit_commit(k);
}

static int
add_point(void *ctx, const struct point *p)
{
	str_addf(ctx, "%lld %lld %g %u %u\n", (long long)p->step, (long long)p->wall_us, p->value,
		 p->segment, p->attempt);
	return 0;
}

static void
add_columns(struct str *out, struct snap *sn, uint32_t series, const struct span *sp)
{
	struct column c[COLUMNS];

	assert_int_equal(snap_columns(sn, series, sp, c, NULL), 0);
	for (int i = 0; i < COLUMNS; i++) {
		str_addf(out, "%llu %u %u", (unsigned long long)c[i].n, c[i].nan, c[i].inf);
		if (c[i].n)
			str_addf(out, " %g %g %g %g %g %lld %lld", c[i].min, c[i].max, c[i].first,
				 c[i].last, c[i].sum, (long long)c[i].first_x,
				 (long long)c[i].last_x);
		str_addc(out, '\n');
	}
}

/* All that can be asked of the series. */
static char *
told(struct kit *k, const char *run)
{
	struct str out = STR_INIT;
	struct snap *sn = kit_snap(k);
	struct series_info si;
	struct run_info ri;
	uint32_t series = kit_series(sn, run, "loss");

	assert_int_not_equal(series, 0);
	assert_true(snap_series_get(sn, series, &si));
	assert_string_equal(si.shown, "loss");
	assert_true(si.primary);
	const struct series_sum *s = &si.now;
	str_addf(&out, "%llu %llu %lld %lld %lld %lld %g %g %g %g %lld %lld %u %u\n",
		 (unsigned long long)s->points, (unsigned long long)s->nonfinite,
		 (long long)s->first_step, (long long)s->last_step, (long long)s->first_wall,
		 (long long)s->last_wall, s->last, s->prev, s->min, s->max, (long long)s->min_step,
		 (long long)s->max_step, s->segments, s->unit);
	for (uint64_t first = 0; first < POINTS; first += 37) {
		assert_int_equal(snap_points(sn, series, 0, first, add_point, &out, NULL), 0);
		assert_int_equal(snap_points(sn, series, 1, first, add_point, &out, NULL), 0);
	}
	for (int n = 1; n < POINTS + 50; n += 41) {
		struct point last[POINTS + 50];
		int got = snap_last(sn, series, n, last, NULL);
		for (int i = 0; i < got; i++)
			add_point(&out, &last[i]);
		str_addf(&out, "%d of %d\n", got, n);
	}
	for (enum axis axis = AXIS_STEP; axis <= AXIS_RELATIVE; axis++) {
		struct span sp = {.axis = axis, .columns = COLUMNS};
		assert_true(snap_extent(sn, series, axis, 0, &sp.x0, &sp.x1));
		str_addf(&out, "from %g to %g\n", sp.x0, sp.x1);
		add_columns(&out, sn, series, &sp);
		sp.x0 += (sp.x1 - sp.x0) / 3;
		add_columns(&out, sn, series, &sp);
		sp.orphaned = true;
		add_columns(&out, sn, series, &sp);
	}
	assert_true(snap_run_by_path(sn, run, &ri));
	str_addf(&out, "%lld %lld %s %g %g %lld\n", (long long)ri.first_step,
		 (long long)ri.last_step, ri.loss.name, ri.loss.last, ri.loss.best,
		 (long long)ri.loss.step);
	snap_end(sn);
	return str_steal(&out);
}

/* Long texts: where they begin to differ. */
static void
same(const char *got, const char *want)
{
	size_t i = 0, line = 0;

	while (got[i] && got[i] == want[i]) {
		i++;
		if (got[i - 1] == '\n')
			line = i;
	}
	if (got[i] != want[i])
		fail_msg("'%.*s', not '%.*s'", (int)strcspn(got + line, "\n"), got + line,
			 (int)strcspn(want + line, "\n"), want + line);
}

static void
files_that_go_on_are_as_one(void **state)
{
	struct kit *k = *state;
	uint64_t rng = 7;

	for (int round = 0; round < 12; round++) {
		struct made m[POINTS];
		char one[40], many[40];
		int end[FILES];
		make(m, &rng);
		for (int f = 0; f < FILES; f++)
			end[f] = (int)kit_rand(&rng, POINTS);
		for (int f = 1; f < FILES; f++)
			end[f] = end[f] < end[f - 1] ? end[f - 1] : end[f];
		end[FILES - 1] = POINTS;
		snprintf(one, sizeof one, "/r/one%d", round);
		snprintf(many, sizeof many, "/r/many%d", round);
		fill(k, one, m, (int[]){POINTS}, 1, &rng);
		fill(k, many, m, end, FILES, &rng);
		char *want = told(k, one), *got = told(k, many);
		same(got, want);
		free(want);
		free(got);
	}
	assert_true(kit_sound(k));
}

static int
add_name(void *ctx, const struct series_info *s)
{
	str_addf(ctx, "%s%s %llu\n", s->shown, s->primary ? "" : " (not shown)",
		 (unsigned long long)s->all.points);
	return 0;
}

static void
names_are(struct kit *k, const char *run, const char *want)
{
	struct str got = STR_INIT;
	struct snap *sn = kit_snap(k);
	struct run_info r;

	assert_true(snap_run_by_path(sn, run, &r));
	snap_series(sn, r.id, add_name, &got);
	assert_string_equal(str_c(&got), want);
	str_release(&got);
	snap_end(sn);
}

/* Only files of one directory go on from each other, and only of such a format. */
static void
others_keep_their_suffix(void **state)
{
	struct kit *k = *state;
	static const struct {
		const char *path, *format;
		int rank;
	} logs[] = {{"/r/rank0/tfevents.1", "tfevents", 1},
		    {"/r/rank0/tfevents.2", "tfevents", 1},
		    {"/r/rank1/tfevents.1", "tfevents", 1},
		    {"/r/a.csv", "csv", 3},
		    {"/r/b.csv", "csv", 3}};

	for (size_t i = 0; i < sizeof logs / sizeof *logs; i++) {
		uint32_t log = kit_log_of(k, logs[i].path, "/r", logs[i].format, logs[i].rank);
		kit_row1(k, log, 1, kit_column(k, log, "loss"), 1);
		kit_commit(k);
	}
	names_are(k, "/r",
		  "loss@rank0/tfevents.1 2\nloss@rank1/tfevents.1 1\nloss@a.csv (not shown) 1\n"
		  "loss@b.csv (not shown) 1\n");
}

/* A number that was given out stays good for the whole, when another file begins. */
static void
any_of_its_numbers_means_all_of_it(void **state)
{
	struct kit *k = *state;
	uint32_t a = kit_log_of(k, "/r/tfevents.1", "/r", "tfevents", 1);
	uint32_t b = kit_log_of(k, "/r/tfevents.2", "/r", "tfevents", 1);

	kit_row1(k, b, 2, kit_column(k, b, "loss"), 1);
	kit_commit(k);
	struct snap *sn = kit_snap(k);
	uint32_t series = kit_series(sn, "/r", "loss");
	snap_end(sn);
	kit_row1(k, a, 1, kit_column(k, a, "loss"), 1);
	kit_commit(k);
	sn = kit_snap(k);
	struct series_info s;
	struct str got = STR_INIT;
	assert_true(snap_series_get(sn, series, &s));
	assert_int_equal(s.now.points, 2);
	assert_int_equal(snap_points(sn, series, 0, 0, add_point, &got, NULL), 0);
	assert_string_equal(str_c(&got), "1 1700000001000000 1 0 1\n2 1700000002000000 1 0 1\n");
	str_release(&got);
	snap_end(sn);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(files_that_go_on_are_as_one, kit_setup,
						kit_teardown),
		cmocka_unit_test_setup_teardown(others_keep_their_suffix, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(any_of_its_numbers_means_all_of_it, kit_setup,
						kit_teardown),
	};
	return cmocka_run_group_tests_name("relay", tests, NULL, NULL);
}
