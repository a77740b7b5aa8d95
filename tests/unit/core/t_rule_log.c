/* Rules about what logs say, and how they and `failed` tell of one death once. A story is heard as
 * text: "FIRING log-fatal@121" (capitals: announced; seconds since the beginning). */
#include "core/log_scan.h"
#include "core/rule.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define SECOND INT64_C(1000000)
#define T0 INT64_C(1700000000000000)

#define PATIENCE "[alerts]\ndefaults = off\n[alert x]\nwhen = log(\"out of patience\")\n"

struct bench {
	struct conf *conf;
	struct rules *rules;
	struct run_evidence ev;
	struct pace pace;
	uint32_t attempt;
	struct str told, message;
	struct alert last; /* its strings are void */
	int64_t now_s;
};

static void
begin(struct bench *b, const char *conf)
{
	struct err e = {0};
	*b = (struct bench){.attempt = 1};
	if (conf_parse("t.conf", conf, strlen(conf), &b->conf, &e) < 0 ||
	    rules_new(b->conf, &b->rules, &e) < 0)
		fail_msg("%s", e.text);
	b->ev = (struct run_evidence){.first_us = T0 - 1000 * SECOND,
				      .last_us = T0,
				      .last_step = 500,
				      .points = 500};
	for (int64_t i = 500; i >= 0; i--)
		pace_arrival(&b->pace, T0 - i * 2 * SECOND);
	b->ev.last_arrival_us = T0;
}

static void
end(struct bench *b)
{
	rules_free(b->rules);
	conf_free(b->conf);
	str_release(&b->told);
	str_release(&b->message);
}

static void
hear(void *ctx, const struct alert *a, bool fired_now)
{
	struct bench *b = ctx;
	if (!fired_now && a->since_us != a->updated_us && !a->inhibited)
		return;
	str_addf(&b->told, "%s%s%s %s@%g", b->told.len ? ", " : "",
		 fired_now ? "FIRING" : alert_state_names[a->state], a->inhibited ? " muted" : "",
		 a->rule, (double)(a->updated_us - T0) / 1e6);
	str_reset(&b->message);
	str_adds(&b->message, a->message);
	b->last = *a;
}

static const char *
heard(struct bench *b)
{
	static char buf[2000];
	snprintf(buf, sizeof buf, "%s", str_c(&b->told));
	str_reset(&b->told);
	return buf;
}

static void
tick(struct bench *b, int64_t until_s)
{
	for (; b->now_s < until_s; b->now_s++)
		rules_run(b->rules, "/r", b->attempt, &b->ev, &b->pace, T0 + b->now_s * SECOND,
			  hear, b);
}

/* A row. */
static void
train(struct bench *b)
{
	int64_t now = T0 + b->now_s * SECOND;
	b->ev.last_step++;
	b->ev.last_us = b->ev.last_arrival_us = now;
	pace_arrival(&b->pace, now);
	rules_went_on(b->rules, "/r", now);
}

static bool
say(struct bench *b, const char *wish, const char *line, int64_t wall_s, bool historic)
{
	struct log_hit h = {
		.wish = log_wanted_find(rules_wanted(b->rules), wish),
		.wall_us = wall_s < 0 ? 0 : T0 + wall_s * SECOND,
		.arrival_us = T0 + b->now_s * SECOND,
		.historic = historic,
		.line = line,
	};
	assert_true(h.wish >= 0);
	return rules_said(b->rules, "/r", b->attempt, &h, b->ev.last_step, h.arrival_us, hear, b);
}

static void
a_line_fires_at_once_and_once_an_attempt(void **state)
{
	struct bench b;
	(void)state;
	begin(&b, PATIENCE);
	tick(&b, 5);
	assert_string_equal(heard(&b), "");
	assert_true(say(&b, "\"out of patience\"", "I am out of patience", -1, false));
	assert_string_equal(heard(&b), "FIRING x@5");
	assert_string_equal(str_c(&b.message), "its log says: I am out of patience");
	assert_int_equal(b.last.step, 500);
	b.now_s = 7;
	assert_false(say(&b, "\"out of patience\"", "again out of patience", -1, false));
	tick(&b, 100);
	assert_string_equal(heard(&b), "");
	assert_int_equal(rules_ack(b.rules, "x", NULL, NULL, T0 + 100 * SECOND, hear, &b), 1);
	heard(&b);
	assert_false(say(&b, "\"out of patience\"", "again out of patience", -1, false));
	tick(&b, 120);
	assert_string_equal(heard(&b), "");
	/* The next attempt may say it again. */
	b.attempt = 2;
	tick(&b, 121);
	assert_string_equal(heard(&b), "resolved x@120");
	assert_true(say(&b, "\"out of patience\"", "out of patience", -1, false));
	assert_string_equal(heard(&b), "FIRING x@121");
	end(&b);
}

/* Of several ranks the first in time is shown, and nobody is told twice. */
static void
the_first_in_time_is_shown(void **state)
{
	struct bench b;
	(void)state;
	begin(&b, PATIENCE);
	b.now_s = 10;
	say(&b, "\"out of patience\"", "rank 0: out of patience", 9, false);
	assert_string_equal(heard(&b), "FIRING x@10");
	assert_false(say(&b, "\"out of patience\"", "rank 1: out of patience", 9, false));
	assert_true(say(&b, "\"out of patience\"", "rank 2: out of patience", 7, false));
	assert_string_equal(heard(&b), "");
	tick(&b, 20);
	assert_string_equal(heard(&b), "");
	end(&b);
}

/* What was there before anybody watched is shown, and stays so while the run goes on. */
static void
history_is_not_announced(void **state)
{
	struct bench b;
	(void)state;
	begin(&b, PATIENCE);
	say(&b, "\"out of patience\"", "out of patience", -1, true);
	assert_string_equal(heard(&b), "firing x@0");
	assert_true(b.last.historic);
	tick(&b, 100);
	assert_string_equal(heard(&b), "");
	end(&b);
}

/* Other terms are asked on the tick. */
static void
a_line_is_one_term_of_many(void **state)
{
	struct bench b;
	(void)state;
	begin(&b, "[alerts]\ndefaults = off\n[alert x]\n"
		  "when = log(/out of p.*e/) and age > 30\n");
	b.now_s = 1;
	say(&b, "/out of p.*e/", "out of patience", -1, false);
	tick(&b, 31);
	assert_string_equal(heard(&b), "");
	tick(&b, 40);
	assert_string_equal(heard(&b), "FIRING x@31");
	end(&b);
}

/* The end of the run does not end it, and does not tell it anew. */
static void
the_end_of_the_run_is_not_its_end(void **state)
{
	struct bench b;
	(void)state;
	begin(&b, PATIENCE);
	say(&b, "\"out of patience\"", "out of patience", -1, false);
	b.ev.said = "finished";
	tick(&b, 10);
	assert_string_equal(heard(&b), "FIRING x@0");
	end(&b);
}

/* -- one death --------------------------------------------------------------------------------- */

/* It says what it died of: that is `failed`, at once, and nothing else ever. */
static void
who_dies_has_failed(void **state)
{
	struct bench b;
	(void)state;
	begin(&b, "");
	b.now_s = 10;
	say(&b, "fatal", "RuntimeError: CUDA out of memory.", -1, false);
	b.ev.said = "failed: CUDA out of memory";
	tick(&b, 4000);
	assert_string_equal(heard(&b), "FIRING failed@10");
	end(&b);
}

/* It hangs: two minutes later that is told, and neither its silence nor its end are. */
static void
who_hangs_is_told_of_once(void **state)
{
	struct bench b;
	(void)state;
	begin(&b, "");
	b.now_s = 10;
	say(&b, "fatal", "NCCL error: remote process exited", -1, false);
	tick(&b, 2000);
	assert_string_equal(heard(&b), "FIRING log-fatal@130, firing muted stalled@301");
	b.ev.said = "failed: killed";
	tick(&b, 2010);
	assert_string_equal(heard(&b), "resolved muted stalled@2000, firing muted failed@2000");
	end(&b);
}

/* It caught the exception: no alarm, however it ends. */
static void
who_trains_on_is_well(void **state)
{
	struct bench b;
	(void)state;
	begin(&b, "");
	b.now_s = 10;
	say(&b, "fatal", "CUDA out of memory: trying half the batch", -1, false);
	for (int i = 0; i < 20; i++) {
		tick(&b, b.now_s + 30);
		train(&b);
	}
	tick(&b, b.now_s + 100);
	assert_string_equal(heard(&b), "");
	/* The next one counts again. */
	say(&b, "fatal", "CUDA out of memory", -1, false);
	tick(&b, b.now_s + 125);
	assert_string_equal(heard(&b), "FIRING log-fatal@830");
	train(&b);
	tick(&b, b.now_s + 2);
	assert_string_equal(heard(&b), "resolved log-fatal@835");
	end(&b);
}

/* A death after a hang that was over is another death. */
static void
the_next_death_is_told(void **state)
{
	struct bench b;
	(void)state;
	begin(&b, "");
	say(&b, "fatal", "NCCL error", -1, false);
	tick(&b, 130);
	assert_string_equal(heard(&b), "FIRING log-fatal@120");
	for (int i = 0; i < 5; i++) {
		train(&b);
		tick(&b, b.now_s + 2);
	}
	b.ev.said = "failed: killed";
	tick(&b, b.now_s + 2);
	assert_string_equal(heard(&b), "resolved log-fatal@130, FIRING failed@140");
	end(&b);
}

/* -- how it ended ------------------------------------------------------------------------------ */

static void
exit_codes_are_values(void **state)
{
	static const struct {
		const char *when, *said, *heard;
	} cases[] = {
		{"exit != 0", "failed: ValueError: no (exit code 3)", "FIRING x@0"},
		{"exit == 3", "failed: ValueError: no (exit code 3)", "FIRING x@0"},
		{"exit >= 1", "failed (exit code 1)", "FIRING x@0"},
		{"exit != 0", "finished (exit code 0)", ""},
		{"exit == 0", "finished (exit code 0)", "FIRING x@0"},
		{"exit == 4", "failed (exit code 3)", ""},
		/* Not known is neither. */
		{"exit != 0", "failed: killed", ""},
		{"not exit == 0", "finished", ""},
		{"exit < 1", NULL, ""},
		{"exit != 0", "failed: it says (exit code 3) and more", ""},
		{"attempt == 1", NULL, "FIRING x@0"},
		{"attempt > 1", NULL, ""},
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct bench b;
		char conf[200];
		snprintf(conf, sizeof conf, "[alerts]\ndefaults = off\n[alert x]\nwhen = %s\n",
			 cases[i].when);
		begin(&b, conf);
		b.ev.said = cases[i].said;
		tick(&b, 3);
		assert_string_equal(heard(&b), cases[i].heard);
		if (i == 0)
			assert_string_equal(str_c(&b.message), "exit code 3");
		end(&b);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_fires_at_once_and_once_an_attempt),
		cmocka_unit_test(the_first_in_time_is_shown),
		cmocka_unit_test(history_is_not_announced),
		cmocka_unit_test(a_line_is_one_term_of_many),
		cmocka_unit_test(the_end_of_the_run_is_not_its_end),
		cmocka_unit_test(who_dies_has_failed),
		cmocka_unit_test(who_hangs_is_told_of_once),
		cmocka_unit_test(who_trains_on_is_well),
		cmocka_unit_test(the_next_death_is_told),
		cmocka_unit_test(exit_codes_are_values),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
