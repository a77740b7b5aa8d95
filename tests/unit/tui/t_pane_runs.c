/* The list of runs as it is drawn. */
#include "tests/unit/stage.h"

#include "tui/grid.h"
#include "tui/model_own.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static struct pane *pane;
static struct model *m;

static int
setup(void **state)
{
	(void)state;
	m = stage_new(false);
	pane = pane_runs.new();
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	pane_runs.free(pane);
	stage_free(m);
	return 0;
}

static void
expect_title(const char *want)
{
	char title[100];
	pane_runs.title(pane, m, title, sizeof title);
	assert_string_equal(title, want);
}

static void
act(enum action a, const char *arg)
{
	assert_true(pane_runs.act(pane, m, a, arg));
	stage_settle(m);
}

/* One run of each state. */
static void
one_of_each(void)
{
	struct model_run *r = stage_run(m, "/r/lr=3e-4", RUN_RUNNING, 2.3, 0.1183, 90);
	r->total = 100000;
	r->progress = 0.12;
	r->eta_s = 28200;
	r->rate = 3.1;
	stage_headline(r, "val/acc", 0.9131, 0.9131);
	r = stage_run(m, "/r/lr=1e-3", RUN_STALLED, 2.3, 1.902, 80);
	r->info.last_arrival_us = STAGE_NOW - 21 * STAGE_MINUTE;
	stage_headline(r, "val/acc", 0.41, 0.5131);
	r = stage_run(m, "/r/seed0", RUN_FINISHED, 2.3, 0.092, 300);
	stage_headline(r, "val/acc", 0.95, 0.96);
	r = stage_run(m, "/r/seed1", RUN_DIVERGED, 2.3, NAN, 280);
	stage_headline(r, "val/acc", 0.1, 0.6);
	stage_run(m, "/r/night", RUN_QUIET, 2.3, 0.5, 70);
	r = stage_run(m, "/r/old/lost", RUN_LOST, 2.3, 0.5, 9000);
	r->info.last_arrival_us = STAGE_NOW - 8000 * STAGE_MINUTE;
	r = stage_run(m, "/r/empty", RUN_UNKNOWN, 2.3, 0.5, 9001);
	r->info.loss.name = "";
	free(r->spark);
	r->spark = NULL;
	stage_alert(m, "loss-nonfinite", "/r/seed1", SEVERITY_CRIT, ALERT_FIRING, 57);
	stage_settle(m);
}

static void
each_state_has_its_sign_and_its_word(void **state)
{
	(void)state;
	one_of_each();
	expect_title("Runs 7 · 1 live · 1 quiet · 1 stalled");
	expect_screen(
		pane, m, 80, 9,
		"    run                     loss    acc ↑   step    rate    start\n"
		"▌✖! seed1    █▆▄▃▂▁▁▁▁▁      NaN   0.1000  12.4k         10:20:00 diverged\n"
		" ◌  night    █▆▄▃▂▁▁▁▁▁   0.5000        –  12.4k         13:50:00 quiet 1m\n"
		" ‖  lr=1e-3  █▆▄▃▂▁▁▁▁▁    1.902   0.4100  12.4k         13:40:00 stalled 21m\n"
		" ●  lr=3e-4  █▆▄▃▂▁▁▁▁▁   0.1183   0.9131  12.4k   3.1/s 13:30:00 12% 7h50m left\n"
		" ✔  seed0    █▆▄▃▂▁▁▁▁▁  0.09200   0.9500  12.4k         10:00:00 done in 4h59m\n"
		" ⊘  old/lost █▆▄▃▂▁▁▁▁▁   0.5000        –  12.4k            03-08 lost 5d ago\n"
		" ?  empty                      –           12.4k            03-08 silent 1m\n"
		"\n");
}

/* However long names are: once there is room for a sparkline, more room takes it away no more. */
static void
a_wider_list_keeps_its_sparklines(void **state)
{
	(void)state;
	bool seen = false;
	stage_run(m, "/r/a_run_with_a_name_that_nobody_can_remember/seed0", RUN_RUNNING, 2.3, 0.5,
		  9);
	stage_run(m, "/r/a_run_with_a_name_that_nobody_can_remember/seed1", RUN_RUNNING, 2.3, 0.5,
		  9);
	stage_run(m, "/r/b", RUN_RUNNING, 2.3, 0.5, 9);
	stage_settle(m);
	for (int w = 30; w <= 110; w++) {
		char *got = stage_screen(pane, m, w, 5);
		bool spark = strstr(got, "█") != NULL;
		assert_true(spark || !seen);
		seen |= spark;
		free(got);
	}
	assert_true(seen);
}

/* Where there are no colours the letter of a line stands apart from the name, and an alert is seen
 * all the same. */
static void
a_letter_is_no_part_of_a_name(void **state)
{
	(void)state;
	stage_run(m, "/r/sweep/one", RUN_RUNNING, 2.3, 0.5, 9);
	stage_run(m, "/r/sweep/two", RUN_RUNNING, 2.3, 0.5, 9);
	stage_alert(m, "loss-spike", "/r/sweep/two", SEVERITY_CRIT, ALERT_FIRING, 57);
	stage_settle(m);
	m->letters = true;
	for (int i = 0; i < m->nruns; i++) {
		m->run[i].drawn = true;
		m->run[i].color = i;
	}
	for (int w = 24; w < 90; w += 7) {
		char *got = stage_screen(pane, m, w, 4);
		assert_non_null(strstr(got, "●a one"));
		assert_non_null(strstr(got, "●b!two"));
		free(got);
	}
}

/* The column that is sorted by says so, and shows what it is sorted by. */
static void
the_order_is_seen(void **state)
{
	(void)state;
	one_of_each();
	act(ACTION_SORT, "metric");
	expect_screen(
		pane, m, 80, 8,
		"    run                           loss ▾acc ↑ best   step    rate\n"
		"▌✔  seed0    █▇▅▄▃▃▂▂▁▁▁▁▁▁▁▁  0.09200      0.9600  12.4k         done in 4h59m\n"
		" ●  lr=3e-4  █▇▅▄▃▃▂▂▁▁▁▁▁▁▁▁   0.1183      0.9131  12.4k   3.1/s 12% 7h50m left\n"
		" ✖! seed1    █▇▅▄▃▃▂▂▁▁▁▁▁▁▁▁      NaN      0.6000  12.4k         diverged\n"
		" ‖  lr=1e-3  █▇▅▄▃▃▂▂▁▁▁▁▁▁▁▁    1.902      0.5131  12.4k         stalled 21m\n"
		" ?  empty                            –              12.4k         silent 1m\n"
		" ◌  night    █▇▅▄▃▃▂▂▁▁▁▁▁▁▁▁   0.5000           –  12.4k         quiet 1m\n"
		" ⊘  old/lost █▇▅▄▃▃▂▂▁▁▁▁▁▁▁▁   0.5000           –  12.4k         lost 5d ago\n");
	act(ACTION_SORT, "loss");
	expect_screen(
		pane, m, 80, 8,
		"    run                    ▾loss    acc ↑   step    rate    start\n"
		"▌✔  seed0    █▆▄▃▂▁▁▁▁▁  0.09200   0.9500  12.4k         10:00:00 done in 4h59m\n"
		" ●  lr=3e-4  █▆▄▃▂▁▁▁▁▁   0.1183   0.9131  12.4k   3.1/s 13:30:00 12% 7h50m left\n"
		" ◌  night    █▆▄▃▂▁▁▁▁▁   0.5000        –  12.4k         13:50:00 quiet 1m\n"
		" ⊘  old/lost █▆▄▃▂▁▁▁▁▁   0.5000        –  12.4k            03-08 lost 5d ago\n"
		" ‖  lr=1e-3  █▆▄▃▂▁▁▁▁▁    1.902   0.4100  12.4k         13:40:00 stalled 21m\n"
		" ?  empty                      –           12.4k            03-08 silent 1m\n"
		" ✖! seed1    █▆▄▃▂▁▁▁▁▁      NaN   0.1000  12.4k         10:20:00 diverged\n");
	act(ACTION_SORT, "start");
	expect_screen(pane, m, 50, 8,
		      "    run                 loss   ▾start\n"
		      "▌◌  night    █▅▂▁▁▁   0.5000 13:50:00 quiet 1m\n"
		      " ‖  lr=1e-3  █▅▂▁▁▁    1.902 13:40:00 stalled 21m\n"
		      " ●  lr=3e-4  █▅▂▁▁▁   0.1183 13:30:00 12% 7h left\n"
		      " ✖! seed1    █▅▂▁▁▁      NaN 10:20:00 diverged\n"
		      " ✔  seed0    █▅▂▁▁▁  0.09200 10:00:00 done in 4h\n"
		      " ⊘  old/lost █▅▂▁▁▁   0.5000    03-08 lost 5d ago\n"
		      " ?  empty                  –    03-08 silent 1m\n");
	act(ACTION_SORT, "name");
	expect_screen(pane, m, 37, 8,
		      "   ▾run                loss\n"
		      "▌? empty                  – silent 1m\n"
		      " ● lr=3e-4  █▅▃▂▁▁▁  0.1183 7h left\n"
		      " ‖ lr=1e-3  █▅▃▂▁▁▁   1.902 stalled\n"
		      " ◌ night    █▅▃▂▁▁▁  0.5000 quiet 1m\n"
		      " ⊘ old/lost █▅▃▂▁▁▁  0.5000 lost\n"
		      " ✔ seed0    █▅▃▂▁▁▁ 0.09200 done\n"
		      " ✖!seed1    █▅▃▂▁▁▁     NaN diverged\n");
}

/* Two columns never have the same name. */
static void
headings_differ(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		struct model_run *r =
			stage_run(m, i ? "/r/a" : "/r/b", RUN_RUNNING, 2, i ? 1 : 0.5, 100);
		stage_headline(r, "val/loss", 1, 1.25);
		r->goal = GOAL_MIN;
	}
	stage_settle(m);
	expect_screen(
		pane, m, 80, 3,
		"    run                      train/loss val/loss ↓   step    rate\n"
		"▌●  a        █▇▅▄▃▃▂▂▁▁▁▁▁▁▁      1.000      1.000  12.4k         running\n"
		" ●  b        █▇▅▄▃▃▂▂▁▁▁▁▁▁▁     0.5000      1.000  12.4k         running\n");
	expect_screen(pane, m, 60, 3,
		      "    run                   train    val ↓   step\n"
		      "▌●  a        █▆▄▂▂▁▁▁▁    1.000    1.000  12.4k running\n"
		      " ●  b        █▆▄▂▂▁▁▁▁   0.5000    1.000  12.4k running\n");
	expect_screen(pane, m, 52, 3,
		      "    run                  train    val ↓\n"
		      "▌●  a        █▅▃▂▁▁▁▁    1.000    1.000 step 12.4k\n"
		      " ●  b        █▅▃▂▁▁▁▁   0.5000    1.000 step 12.4k\n");
}

/* Runs of which more is better beside such of which less is. */
static void
a_heading_claims_no_goal_that_not_all_have(void **state)
{
	(void)state;
	struct model_run *r = stage_run(m, "/r/a", RUN_RUNNING, 2, 1, 100);
	stage_headline(r, "val/acc", 0.9, 0.9);
	r->goal = GOAL_MAX;
	r = stage_run(m, "/r/b", RUN_RUNNING, 2, 1, 100);
	stage_headline(r, "val/err", 0.1, 0.1);
	r->goal = GOAL_MIN;
	stage_settle(m);
	free(stage_screen(pane, m, 80, 3));
	assert_true(stage_find(0, "metric") > 0);
	assert_true(stage_find(0, "↑") < 0 && stage_find(0, "↓") < 0);
}

static void
columns_go_with_the_width(void **state)
{
	(void)state;
	one_of_each();
	static const char *const all[] = {"run", "loss", "acc", "step", "rate", "start"};
	free(stage_screen(pane, m, 120, 8));
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		assert_true(stage_find(0, all[i]) >= 0);
	free(stage_screen(pane, m, 60, 8));
	assert_true(stage_find(0, "rate") < 0);
	expect_screen(pane, m, 60, 7,
		      "▌✖! seed1    █▆▄▂▂▁▁▁▁      NaN   0.1000  12.4k diverged\n"
		      " ◌  night    █▆▄▂▂▁▁▁▁   0.5000        –  12.4k quiet 1m\n"
		      " ‖  lr=1e-3  █▆▄▂▂▁▁▁▁    1.902   0.4100  12.4k stalled 21m\n"
		      " ●  lr=3e-4  █▆▄▂▂▁▁▁▁   0.1183   0.9131  12.4k 12% 7h left\n"
		      " ✔  seed0    █▆▄▂▂▁▁▁▁  0.09200   0.9500  12.4k done in 4h\n"
		      " ⊘  old/lost █▆▄▂▂▁▁▁▁   0.5000        –  12.4k lost 5d ago\n"
		      " ?  empty                     –           12.4k silent 1m\n");
	expect_screen(pane, m, 37, 7,
		      "▌✖!seed1    █▅▃▂▁▁▁     NaN diverged\n"
		      " ◌ night    █▅▃▂▁▁▁  0.5000 quiet 1m\n"
		      " ‖ lr=1e-3  █▅▃▂▁▁▁   1.902 stalled\n"
		      " ● lr=3e-4  █▅▃▂▁▁▁  0.1183 7h left\n"
		      " ✔ seed0    █▅▃▂▁▁▁ 0.09200 done\n"
		      " ⊘ old/lost █▅▃▂▁▁▁  0.5000 lost\n"
		      " ? empty                  – silent 1m\n");
	expect_screen(pane, m, 30, 7,
		      "▌✖!seed1        NaN diverged\n"
		      " ◌ night     0.5000 quiet 1m\n"
		      " ‖ lr=1e-3    1.902 stalled\n"
		      " ● lr=3e-4   0.1183 7h left\n"
		      " ✔ seed0    0.09200 done\n"
		      " ⊘ old/lost  0.5000 lost\n"
		      " ? empty          – silent\n");
	expect_screen(pane, m, 20, 7,
		      "▌✖!seed1        NaN\n"
		      " ◌ night     0.5000\n"
		      " ‖ lr=1e-3    1.902\n"
		      " ● lr=3e-4   0.1183\n"
		      " ✔ seed0    0.09200\n"
		      " ⊘ old/lost  0.5000\n"
		      " ? empty          –\n");
}

static void
ascii_has_signs_of_its_own(void **state)
{
	(void)state;
	stage_free(m);
	m = stage_new(true);
	one_of_each();
	drawn_pin(m, &m->run[0], true, false);
	stage_settle(m);
	expect_screen(pane, m, 70, 7,
		      ">x! seed1    #*=..____      NaN   0.1000  12.4k         diverged\n"
		      " .  night    #*=..____   0.5000        -  12.4k         quiet 1m\n"
		      " !  lr=1e-3  #*=..____    1.902   0.4100  12.4k         stalled 21m\n"
		      " *# lr=3e-4  #*=..____   0.1183   0.9131  12.4k   3.1/s 12% 7h50m left\n"
		      " +  seed0    #*=..____  0.09200   0.9500  12.4k         done in 4h59m\n"
		      " /  old/lost #*=..____   0.5000        -  12.4k         lost 5d ago\n"
		      " ?  empty                     -           12.4k         silent 1m\n");
}

static void
a_run_that_ended_early_says_where(void **state)
{
	(void)state;
	stage_run(m, "/r/a", RUN_FINISHED, 2, 0.5, 10)->progress = 0.81;
	stage_run(m, "/r/b", RUN_FINISHED, 2, 0.5, 10)->progress = 0.99;
	stage_settle(m);
	expect_screen(pane, m, 60, 3,
		      "    run                   loss   step    rate\n"
		      "▌✔  a        █▅▃▂▁▁▁▁   0.5000  12.4k         done at 81%\n"
		      " ✔  b        █▅▃▂▁▁▁▁   0.5000  12.4k         done in 9m\n");
}

static void
directories_are_rows(void **state)
{
	(void)state;
	char path[60];
	for (int i = 0; i < 12; i++) {
		snprintf(path, sizeof path, "/r/sweep/lr%d/logs", i);
		stage_run(m, path, i ? RUN_FINISHED : RUN_RUNNING, 2, 1.0 / (i + 1), 100 + i);
	}
	stage_run(m, "/r/alone", RUN_FINISHED, 2, 0.5, 10);
	stage_alert(m, "rule", "/r/sweep/lr3/logs", SEVERITY_WARN, ALERT_FIRING, 5);
	stage_settle(m);
	expect_screen(pane, m, 60, 5,
		      "    run                   loss   step    rate\n"
		      "▌▸! sweep  12 runs  1 alert  1 live  best 0.08333\n"
		      " ✔  alone    █▅▃▂▁▁▁▁   0.5000  12.4k         done in 9m\n"
		      "\n"
		      "\n");
	act(ACTION_RIGHT, NULL);
	act(ACTION_BOTTOM, NULL);
	act(ACTION_UP, NULL);
	expect_screen(pane, m, 60, 5,
		      " ✔    lr8    █▇▅▄▃▃▂▂▁▁▁▁▁▁▁   0.1111  12.4k done in 1h47m\n"
		      " ✔    lr9    █▇▅▄▃▃▂▂▁▁▁▁▁▁▁   0.1000  12.4k done in 1h48m\n"
		      " ✔    lr10   █▇▅▄▃▃▂▂▁▁▁▁▁▁▁  0.09091  12.4k done in 1h49m\n"
		      "▌✔    lr11   █▇▅▄▃▃▂▂▁▁▁▁▁▁▁  0.08333  12.4k done in 1h50m\n"
		      " ✔  alone    █▇▅▄▃▃▂▂▁▁▁▁▁▁▁   0.5000  12.4k done in 9m    ▐\n");
	act(ACTION_LEFT, NULL); /* to the directory's row */
	expect_screen(pane, m, 60, 5,
		      "▌▾! sweep  12 runs  1 alert  1 live  best 0.08333          ▐\n"
		      " ✔!   lr3    █▇▅▄▃▃▂▂▁▁▁▁▁▁▁   0.2500  12.4k done in 1h42m\n"
		      " ●    lr0    █▇▅▄▃▃▂▂▁▁▁▁▁▁▁    1.000  12.4k running\n"
		      " ✔    lr1    █▇▅▄▃▃▂▂▁▁▁▁▁▁▁   0.5000  12.4k done in 1h40m\n"
		      " ✔    lr2    █▇▅▄▃▃▂▂▁▁▁▁▁▁▁   0.3333  12.4k done in 1h41m\n");
	act(ACTION_LEFT, NULL); /* and folded */
	expect_screen(pane, m, 60, 5,
		      "    run                   loss   step    rate\n"
		      "▌▸! sweep  12 runs  1 alert  1 live  best 0.08333\n"
		      " ✔  alone    █▅▃▂▁▁▁▁   0.5000  12.4k         done in 9m\n"
		      "\n"
		      "\n");
}

static void
what_a_filter_matches_is_marked(void **state)
{
	(void)state;
	one_of_each();
	act(ACTION_FILTER, "seed");
	expect_title("Runs 2 of 7 /seed");
	expect_screen(pane, m, 60, 3,
		      "    run                    loss    acc ↑   step\n"
		      "▌✖! seed1    █▆▄▂▂▁▁▁▁      NaN   0.1000  12.4k diverged\n"
		      " ✔  seed0    █▆▄▂▂▁▁▁▁  0.09200   0.9500  12.4k done in 4h\n");
	assert_int_equal(stage_style(4, 1), STYLE_MATCH);
	assert_int_equal(stage_style(7, 1), STYLE_MATCH);
	assert_int_not_equal(stage_style(8, 1), STYLE_MATCH);
	act(ACTION_FILTER, "nothing like it");
	expect_screen(pane, m, 60, 3,
		      " no run matches \"nothing like it\"\n"
		      " Esc shows all 7\n"
		      "\n");
	act(ACTION_BACK, NULL);
	assert_null(m->filter);
}

static void
a_drawn_run_has_the_color_of_its_line(void **state)
{
	(void)state;
	one_of_each();
	expect_title("Runs 7 · 1 live · 1 quiet · 1 stalled");
	free(stage_screen(pane, m, 60, 9));
	for (int i = 0; i < m->nrows; i++) {
		const struct model_run *r = &m->run[m->row[i].run];
		int style = stage_style(4, i + 1) & 0xff;
		assert_int_equal(style, r->drawn ? STYLE_RUN0 + r->color : STYLE_NORMAL);
	}
}

static void
names_do_not_change_while_one_scrolls(void **state)
{
	char path[100];
	(void)state;
	for (int i = 0; i < 100; i++) {
		snprintf(path, sizeof path, "/r/experiment_%d_with_a_long_name_and_seed_%d_in_it",
			 i % 7, i);
		stage_run(m, path, RUN_FINISHED, 2, 1, i);
	}
	stage_settle(m);
	expect_screen(pane, m, 37, 5,
		      "▌✔ …0_with_…seed_0…       1 done    ▐\n"
		      " ✔ …1_with_…seed_1…       1 done\n"
		      " ✔ …2_with_…seed_2…       1 done\n"
		      " ✔ …3_with_…seed_3…       1 done\n"
		      " ✔ …4_with_…seed_4…       1 done\n");
	act(ACTION_PAGE_DOWN, NULL);
	act(ACTION_UP, NULL);
	expect_screen(pane, m, 37, 5,
		      "▌✔ …3_with_…seed_3…       1 done    ▐\n"
		      " ✔ …4_with_…seed_4…       1 done\n"
		      " ✔ …5_with_…seed_5…       1 done\n"
		      " ✔ …6_with_…seed_6…       1 done\n"
		      " ✔ …0_with_…seed_7…       1 done\n");
	act(ACTION_BOTTOM, NULL);
	expect_screen(pane, m, 37, 5,
		      " ✔ …4_with…seed_95…       1 done\n"
		      " ✔ …5_with…seed_96…       1 done\n"
		      " ✔ …6_with…seed_97…       1 done\n"
		      " ✔ …0_with…seed_98…       1 done\n"
		      "▌✔ …1_with…seed_99…       1 done    ▐\n");
}

static void
an_empty_list_says_why(void **state)
{
	(void)state;
	expect_screen(pane, m, 50, 3,
		      " nothing was read yet, and nobody is watching\n"
		      "\n"
		      "\n");
	m->up = true;
	expect_screen(pane, m, 50, 3,
		      " looking for training logs …\n"
		      "\n"
		      "\n");
	m->progress.bytes_total = 40000000;
	m->progress.bytes_done = 1000000;
	expect_screen(pane, m, 50, 3,
		      " reading 1.0 MB of 40 MB …\n"
		      "\n"
		      "\n");
	m->progress.idle = true;
	m->store = (struct store *)m; /* there is one */
	expect_screen(pane, m, 50, 3,
		      " no training log found\n"
		      " `mm sources --all` says what was skipped, and why\n"
		      "\n");
	m->store = NULL;
}

static void
keys_do_what_they_say(void **state)
{
	(void)state;
	one_of_each();
	act(ACTION_BOTTOM, NULL);
	assert_int_equal(m->cursor, m->nrows - 1);
	act(ACTION_DOWN, NULL); /* stops at the end */
	assert_int_equal(m->cursor, m->nrows - 1);
	act(ACTION_CHOOSE, NULL);
	assert_true(model_cursor_run(m)->pinned);
	act(ACTION_COPY, NULL);
	assert_string_equal(m->copy, model_cursor_run(m)->info.path);
	act(ACTION_OPEN, NULL);
	assert_string_equal(m->details->path, model_cursor_run(m)->info.path);
	act(ACTION_GOTO, "night");
	assert_string_equal(model_cursor_run(m)->name, "night");
	act(ACTION_GOTO, "no such run");
	assert_string_equal(model_cursor_run(m)->name, "night");
	assert_true(m->message_bad);
	act(ACTION_SORT, NULL);
	assert_int_equal(m->sort, SORT_NAME);
	act(ACTION_SORT, "loss");
	assert_int_equal(m->sort, SORT_LOSS);
	assert_int_equal(m->cursor, 0); /* the first of the order is what one wants to see */
	act(ACTION_SORT, "beauty");
	assert_true(m->message_bad);
	assert_int_equal(m->sort, SORT_LOSS);
}

static void
any_size_can_be_drawn(void **state)
{
	(void)state;
	one_of_each();
	for (int w = 1; w < 100; w += 3)
		for (int h = 1; h < 12; h++)
			free(stage_screen(pane, m, w, h));
	assert_int_equal(m->cursor, 0);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(each_state_has_its_sign_and_its_word),
		TEST(a_wider_list_keeps_its_sparklines),
		TEST(a_letter_is_no_part_of_a_name),
		TEST(the_order_is_seen),
		TEST(headings_differ),
		TEST(a_heading_claims_no_goal_that_not_all_have),
		TEST(columns_go_with_the_width),
		TEST(ascii_has_signs_of_its_own),
		TEST(a_run_that_ended_early_says_where),
		TEST(directories_are_rows),
		TEST(what_a_filter_matches_is_marked),
		TEST(a_drawn_run_has_the_color_of_its_line),
		TEST(names_do_not_change_while_one_scrolls),
		TEST(an_empty_list_says_why),
		TEST(keys_do_what_they_say),
		TEST(any_size_can_be_drawn),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
