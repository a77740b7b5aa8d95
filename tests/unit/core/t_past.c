/* What an alert went through: noted once each, kept over restarts and failures, bounded. */
#include "core/outbox.h"
#include "core/outbox_read.h"
#include "core/past.h"
#include "core/rule_words.h"

#include "core/xalloc.h"
#include "tests/unit/recorder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SECOND INT64_C(1000000)
#define T0 (INT64_C(1700000000) * SECOND)

static struct sink *sink;
static struct pasts *pasts;
static struct alert a;
static int64_t now;

static int
setup(void **state)
{
	(void)state;
	sink = recorder_new();
	pasts = pasts_new(sink);
	now = T0;
	a = (struct alert){.rule = "nan", .run = "/r/a", .metric = "loss", .message = ""};
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	pasts_free(pasts);
	recorder_free(sink);
	return 0;
}

static void
commit(void)
{
	struct err e;
	assert_int_equal(sink->ops->commit(sink, NULL, &e), 0);
}

static void
becomes(enum alert_state st)
{
	now += SECOND;
	a.state = st;
	a.since_us = now;
	if (st == ALERT_FIRING && !a.fired_us)
		a.fired_us = now;
	pasts_hear(pasts, &a, now);
}

static void
fires(int64_t step)
{
	a.episode++;
	a.fired_us = 0;
	a.acked = false;
	a.step = step;
	becomes(ALERT_FIRING);
}

static int
take(void *ctx, const char *key, const void *p, size_t n)
{
	outbox_read_take(ctx, &a, key, p, n);
	return 0;
}

/* "fired 3 @1, acked @2" as the sink has it; times are seconds behind T0. */
static void
expect(uint64_t episodes, const char *want)
{
	static const char *const word[] = {"fired", "ended", "acked"};
	struct outbox_read o = {.n = 0};
	struct str got = STR_INIT;
	commit();
	sink->ops->outbox_each(sink, take, &o);
	for (int i = 0; o.past && i < o.past->n; i++) {
		const struct past_entry *e = &o.past->entry[i];
		str_addf(&got, "%s%s %lld @%lld", i ? ", " : "", word[e->event], (long long)e->step,
			 (long long)((e->time_us - T0) / SECOND));
	}
	assert_string_equal(str_c(&got), want);
	assert_int_equal(o.past ? o.past->episodes : 0, episodes);
	str_release(&got);
	outbox_read_release(&o);
}

static void
each_change_is_noted_once(void **state)
{
	(void)state;
	fires(10);
	becomes(ALERT_FIRING);
	becomes(ALERT_RECOVERING);
	becomes(ALERT_FIRING);
	a.acked = true;
	becomes(ALERT_FIRING);
	becomes(ALERT_FIRING);
	becomes(ALERT_RESOLVED);
	becomes(ALERT_OK);
	expect(1, "fired 10 @1, acked 10 @5, ended 10 @7");
	fires(20);
	expect(2, "fired 10 @1, acked 10 @5, ended 10 @7, fired 20 @9");
}

static void
what_was_pending_or_from_an_old_log_is_not(void **state)
{
	(void)state;
	becomes(ALERT_PENDING);
	becomes(ALERT_OK);
	a.historic = true;
	fires(3);
	becomes(ALERT_RESOLVED);
	expect(0, "");
}

static void
what_has_no_duration_fires_and_is_not_over(void **state)
{
	(void)state;
	a.episode = 1;
	a.event = true;
	a.fired_us = T0 + 4 * SECOND;
	becomes(ALERT_RESOLVED);
	becomes(ALERT_OK);
	expect(1, "fired 0 @4");
}

static void
a_restart_goes_on_where_it_was(void **state)
{
	(void)state;
	fires(10);
	commit();
	pasts_free(pasts);
	pasts = pasts_new(sink);
	pasts_restore(pasts);
	becomes(ALERT_FIRING); /* told anew by the rules */
	becomes(ALERT_RESOLVED);
	expect(1, "fired 10 @1, ended 10 @3");
}

static void
only_the_newest_are_kept_and_all_are_counted(void **state)
{
	struct outbox_read o = {.n = 0};
	(void)state;
	for (int i = 0; i < 100; i++) {
		fires(i);
		becomes(ALERT_RESOLVED);
	}
	commit();
	sink->ops->outbox_each(sink, take, &o);
	assert_int_equal(o.past->episodes, 100);
	assert_int_equal(o.past->n, PAST_MAX);
	assert_int_equal(o.past->entry[PAST_MAX - 1].step, 99);
	assert_int_equal(o.past->entry[0].step, 100 - PAST_MAX / 2);
	outbox_read_release(&o);
}

static void
each_instance_has_its_own(void **state)
{
	(void)state;
	fires(1);
	a.metric = "acc";
	fires(2);
	expect(1, "fired 2 @2");
	a.metric = "loss";
	expect(1, "fired 1 @1");
}

/* Bytes that are cut, or not of this kind, are no record; nothing is read beyond them. */
static void
a_record_that_is_cut_is_none(void **state)
{
	struct str v = STR_INIT;
	struct past p = {.rule = (char[]){"nan"}, .run = (char[]){"/r"}, .metric = (char[]){""}};
	(void)state;
	p.entry[0] = (struct past_entry){T0, PAST_FIRED, 7, 0.5};
	p.n = 1;
	past_pack(&v, &p);
	for (size_t n = 0; n < v.len; n++) {
		char *cut = xmemdup(v.buf, n + !n);
		assert_null(past_unpack(cut, n));
		free(cut);
	}
	struct past *whole = past_unpack(v.buf, v.len);
	assert_non_null(whole);
	assert_int_equal(whole->entry[0].step, 7);
	past_free(whole);
	char *run = outbox_record_run("h0", v.buf, v.len);
	assert_string_equal(run, "/r"); /* so it is forgotten with its run */
	free(run);
	/* to who doesn't know them they are no notices either */
	assert_null(notice_unpack(0, v.buf, v.len));
	str_release(&v);
}

static void
a_rule_is_what_is_built_in_and_what_is_said_of_it(void **state)
{
	static const char text[] = "[alert loss-spike]\nwhen = z(64) > 9\n[alert mine]\n"
				   "metric = loss\nwhen = value > 2\nfor = 3 points\n";
	struct conf *c;
	struct err e = {0};
	(void)state;
	assert_int_equal(conf_parse("t.conf", text, strlen(text), &c, &e), 0);
	assert_string_equal(rule_word(c, "loss-spike", "when"), "z(64) > 9");
	assert_string_equal(rule_word(c, "loss-spike", "for"), "2 of 3 points");
	assert_string_equal(rule_word(NULL, "loss-spike", "when"), "spike");
	assert_string_equal(rule_word(c, "mine", "for"), "3 points");
	assert_null(rule_word(c, "mine", "keep"));
	assert_null(rule_word(c, "none", "when"));
	conf_free(c);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(each_change_is_noted_once),
		TEST(what_was_pending_or_from_an_old_log_is_not),
		TEST(what_has_no_duration_fires_and_is_not_over),
		TEST(a_restart_goes_on_where_it_was),
		TEST(only_the_newest_are_kept_and_all_are_counted),
		TEST(each_instance_has_its_own),
		TEST(a_record_that_is_cut_is_none),
		TEST(a_rule_is_what_is_built_in_and_what_is_said_of_it),
	};
	return cmocka_run_group_tests_name("past", tests, NULL, NULL);
}
