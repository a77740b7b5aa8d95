/* One alert in detail: what is said of it, where its keys lead, and the lines of its log, which
 * come when an ingester answers, who here is a queue. */
#include "tests/unit/stage.h"

#include "core/xalloc.h"
#include "tests/unit/scratch.h"
#include "tui/charts.h"
#include "tui/grid.h"
#include "tui/incident.h"
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
static char *journal; /* the directory that it stands in */
static struct str requested;

/* -- an ingester ------------------------------------------------------------------------------- */

struct question {
	char *text; /* "text RUN FILE place 0 812 -" */
	void (*fn)(void *ctx, bool ok, const char *text);
	void *ctx;
};
static struct question queue[64];
static int nqueue, nchanged;

static void
on_ask(void *ctx, const char *verb, const char *const *args, int n,
       void (*fn)(void *fn_ctx, bool ok, const char *text), void *fn_ctx)
{
	struct str s = STR_INIT;
	(void)ctx;
	assert_in_range(nqueue, 0, 60);
	str_adds(&s, verb);
	for (int i = 0; i < n; i++)
		str_addf(&s, " %s", args[i]);
	queue[nqueue++] = (struct question){str_steal(&s), fn, fn_ctx};
}

static void
on_changed(void *ctx)
{
	(void)ctx;
	nchanged++;
}

static void
on_request(void *ctx, const char *verb, const char *const *args, int n)
{
	(void)ctx;
	str_addf(&requested, "%s", verb);
	for (int i = 0; i < n; i++)
		str_addf(&requested, " %s", args[i]);
	str_addc(&requested, '\n');
}

/* The oldest question, which has to be WANT. */
static void
answer(const char *want, bool ok, const char *text)
{
	assert_true(nqueue > 0);
	struct question q = queue[0];
	memmove(queue, queue + 1, (size_t)--nqueue * sizeof *queue);
	assert_string_equal(q.text, want);
	free(q.text);
	q.fn(q.ctx, ok, text);
}

/* -- a stage ----------------------------------------------------------------------------------- */

static int
setup(void **state)
{
	(void)state;
	journal = scratch_new();
	setenv("XDG_DATA_HOME", journal, 1);
	m = stage_new(false);
	m->ask = on_ask;
	m->changed = on_changed;
	m->request = on_request;
	m->up = true;
	pane = pane_incident.new();
	nqueue = nchanged = 0;
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	for (int i = 0; i < nqueue; i++)
		free(queue[i].text);
	pane_incident.free(pane);
	stage_free(m);
	scratch_free(journal);
	str_release(&requested);
	return 0;
}

static struct model_alert *
add(const char *rule, const char *run, const char *metric, int64_t step, const char *message,
    int minutes)
{
	struct model_alert *a = stage_alert(m, rule, run, SEVERITY_CRIT, ALERT_FIRING, minutes);
	free((char *)(uintptr_t)a->a.metric);
	free((char *)(uintptr_t)a->a.message);
	a->a.metric = xstrdup(metric);
	a->a.message = xstrdup(message);
	a->a.value = NAN;
	a->a.step = step;
	return a;
}

static void
some(void)
{
	stage_run(m, "/r/seed1", RUN_DIVERGED, 2.3, NAN, 90);
	stage_run(m, "/r/lr=1e-3", RUN_STALLED, 2.3, 1.9, 80);
	add("loss-nonfinite", "/r/seed1", "loss", 812, "loss is NaN at step 812", 5);
	add("stalled", "/r/lr=1e-3", "", 0, "silent for 20 min", 19);
	add("loss-spike", "/r/seed1", "loss", 700, "loss is 9 times what it was", 40)->a.acked =
		true;
	stage_settle(m);
}

static void
draw(int w, int h)
{
	free(stage_screen(pane, m, w, h));
}

static void
shows(int w, int h, const char *text)
{
	char *got = stage_screen(pane, m, w, h);
	if (!strstr(got, text))
		fail_msg("no \"%s\" in\n%s", text, got);
	free(got);
}

static void
act(enum action a, const char *arg)
{
	assert_true(pane_incident.act(pane, m, a, arg));
}

static void
expect_open(const char *rule, const char *title)
{
	char buf[80];
	assert_non_null(m->incident);
	assert_string_equal(m->incident->seen.a.rule, rule);
	pane_incident.title(pane, m, buf, sizeof buf);
	assert_string_equal(buf, title);
}

/* -- what is said ------------------------------------------------------------------------------ */

static void
what_it_is_comes_first(void **state)
{
	(void)state;
	some();
	model_open_alert(m, 0);
	expect_screen(pane, m, 60, 14,
		      " ✖ seed1: loss is NaN at step 812\n"
		      "   fires since 14:55:00, 5m; not acknowledged\n"
		      " value    NaN at step 812                                  ▐\n"
		      " rule     loss-nonfinite (crit): nonfinite; until it is    ▐\n"
		      "          acknowledged\n"
		      " run      ✖ diverged: the newest loss is not a finite\n"
		      "          number\n"
		      "─ log ──────────────────────────────────────────────────────\n"
		      " asking…\n"
		      "\n\n\n\n"
		      " a acknowledge  M silence 2h  L log  <Enter> chart  n next\n");
	assert_int_equal(stage_style(3, 0) & 0xff, STYLE_CRIT);
	/* however small the screen is */
	expect_screen(pane, m, 34, 2,
		      " ✖ seed1: loss is NaN at step 812\n"
		      "   since 14:55:00, 5m; not acknow\n");
	/* a message of one's own that names the run is not made to name it twice */
	free((char *)(uintptr_t)m->alert[0].a.message);
	m->alert[0].a.message = xstrdup("seed1 went wrong");
	shows(60, 14, " ✖ seed1 went wrong\n");
}

static void
how_it_stands_follows_the_alert(void **state)
{
	(void)state;
	some();
	model_open_alert(m, 0);
	m->alert[0].a.state = ALERT_RECOVERING;
	shows(70, 14, "recovers; it fires since 14:55:00, 5m; not acknowledged");
	m->alert[0].a.acked = true;
	shows(70, 14, "; acknowledged");
	m->alert[0].a.historic = true;
	shows(90, 14, "; from the old log, nobody was told\n");
	m->alert[0].a.state = ALERT_RESOLVED;
	m->alert[0].a.since_us = STAGE_NOW - STAGE_MINUTE;
	shows(80, 14,
	      " ─ seed1: loss is NaN at step 812\n   over since 14:59:00; it fired at 14:55:00");
	/* what is over can't be acknowledged: the key is not named */
	shows(60, 14, "\n L log  <Enter> chart  <Esc> back");
	/* of another day: with the hour */
	m->alert[0].a.since_us -= 1440 * STAGE_MINUTE;
	shows(80, 14, "over since 03-13 14:59;");
}

static void
who_was_told_and_what_happened_before(void **state)
{
	(void)state;
	some();
	m->alert[0].a.sent = true;
	model_open_alert(m, 0);
	struct incident *in = m->incident;
	incident_sync(m);
	shows(100, 40, " told     nobody: mm.conf has no [notify NAME]");
	in->kept.channel = xcalloc(3, sizeof *in->kept.channel);
	in->kept.n = in->kept.cap = 3;
	in->kept.channel[0] = (struct outbox_channel){.name = xstrdup("mail"),
						      .told_us = STAGE_NOW - STAGE_MINUTE};
	in->kept.channel[1] = (struct outbox_channel){.name = xstrdup("phone"),
						      .told_us = STAGE_NOW - STAGE_MINUTE,
						      .waits = true,
						      .event = NOTICE_FIRE,
						      .tries = 2,
						      .next_us = STAGE_NOW + STAGE_MINUTE};
	in->kept.channel[2] = (struct outbox_channel){.name = xstrdup("slack"),
						      .told_us = STAGE_NOW - STAGE_MINUTE,
						      .waits = true,
						      .event = NOTICE_RESOLVE};
	shows(120, 40, " to mail   told 14:59:00\n");
	shows(120, 40, " to phone  not told yet, 2 tries failed,");
	shows(120, 40, " to slack  told 14:59:00; resolve waits");
	in->kept.past = xcalloc(1, sizeof *in->kept.past);
	*in->kept.past =
		(struct past){.rule = xstrdup("loss-nonfinite"),
			      .run = xstrdup("/r/seed1"),
			      .metric = xstrdup("loss"),
			      .episodes = 30,
			      .entry = {{STAGE_NOW - 3 * 1440 * STAGE_MINUTE, PAST_FIRED, 400, NAN},
					{STAGE_NOW - 3 * 1439 * STAGE_MINUTE, PAST_ENDED, 400, NAN},
					{STAGE_NOW - 5 * STAGE_MINUTE, PAST_FIRED, 812, INFINITY},
					{STAGE_NOW - 4 * STAGE_MINUTE, PAST_ACKED, 812, INFINITY}},
			      .n = 4};
	shows(140, 50, "It fired 30 times");
	shows(140, 50, " 14:56:00     was acknowledged");
	shows(140, 50, " 14:55:00     fired, with +inf at 812");
	shows(140, 50, " 03-11 15:03  was over");
	shows(140, 50, " 03-11 15:00  fired, with NaN at 400");
}

static void
a_silence_is_said_with_its_end_and_reason(void **state)
{
	(void)state;
	some();
	model_open_alert(m, 0);
	act(ACTION_SILENCE, "8h copying data");
	shows(100, 40, "; silent until 23:00:00");
	shows(120, 40, " until 23:00:00, on ");
	shows(120, 40, "copying data");
	shows(100, 40, " M end silence ");
	act(ACTION_SILENCE, NULL);
	shows(100, 40, "; not acknowledged");
	shows(100, 40, " M silence 2h ");
	/* What was meant for a time must not become a reason. */
	static const char *const no_times[] = {"7",     "8 h",           "1x why",
					       "until", "until morning", "25:00"};
	for (size_t i = 0; i < sizeof no_times / sizeof *no_times; i++) {
		act(ACTION_SILENCE, no_times[i]);
		shows(100, 40,
		      strcmp(no_times[i], "until") ? "; not acknowledged" : "silent until");
		if (!strcmp(no_times[i], "until"))
			act(ACTION_SILENCE, NULL);
	}
	act(ACTION_SILENCE, "until 23:30 it can wait");
	shows(100, 40, "; silent until 23:30:00");
	shows(120, 40, "it can wait");
}

/* -- keys -------------------------------------------------------------------------------------- */

static void
neighbours_are_those_of_the_list_as_it_is_shown(void **state)
{
	(void)state;
	some();
	model_open_alert(m, 0);
	expect_open("loss-nonfinite", "Alert 1 of 3");
	act(ACTION_NEXT_CHART, NULL);
	expect_open("stalled", "Alert 2 of 3");
	act(ACTION_RIGHT, NULL);
	expect_open("loss-spike", "Alert 3 of 3");
	act(ACTION_NEXT_CHART, NULL);
	expect_open("loss-spike", "Alert 3 of 3");
	assert_string_equal(m->message, "this is the last alert");
	m->alert_filter = xstrdup("run:seed1");
	expect_open("loss-spike", "Alert 2 of 2");
	act(ACTION_PREV_CHART, NULL);
	expect_open("loss-nonfinite", "Alert 1 of 2");
	act(ACTION_PREV_CHART, NULL);
	assert_string_equal(m->message, "this is the first alert");
	act(ACTION_BACK, NULL);
	assert_null(m->incident);
	assert_false(pane_incident.act(pane, m, ACTION_BACK, NULL));
}

static void
who_acknowledged_one_goes_on_from_where_it_was(void **state)
{
	(void)state;
	for (int by = -1; by <= 1; by += 2) {
		some();
		model_open_alert(m, 1);
		expect_open("stalled", "Alert 2 of 3");
		/* It is the last one now. */
		m->alert[1].a.acked = true;
		struct model_alert last = m->alert[2];
		m->alert[2] = m->alert[1];
		m->alert[1] = last;
		incident_sync(m);
		expect_open("stalled", "Alert 3 of 3");
		act(by > 0 ? ACTION_NEXT_CHART : ACTION_PREV_CHART, NULL);
		expect_open(by > 0 ? "loss-spike" : "loss-nonfinite",
			    by > 0 ? "Alert 2 of 3" : "Alert 1 of 3");
		teardown(NULL);
		setup(NULL);
	}
}

static void
an_acknowledgement_is_of_this_one_wherever_it_moves(void **state)
{
	(void)state;
	some();
	model_open_alert(m, 1);
	act(ACTION_ACK, NULL);
	assert_string_equal(str_c(&requested), "ack stalled /r/lr=1e-3 \n");
	/* it has moved in the list, and is open still */
	expect_open("stalled", "Alert 2 of 3");
	shows(100, 20, "; acknowledged");
	act(ACTION_ACK, NULL);
	assert_string_equal(m->message, "nothing to acknowledge");
}

static void
one_that_was_dropped_is_still_to_be_read(void **state)
{
	(void)state;
	some();
	model_open_alert(m, 0);
	bulletin_release(m);
	bulletin_settle(m);
	shows(80, 20, " ─ seed1: loss is NaN at step 812\n   over since 14:55:00");
	act(ACTION_ACK, NULL);
	assert_string_equal(m->message, "it is over, and was dropped");
	expect_open("loss-nonfinite", "Alert");
}

static void
enter_leads_to_the_chart_at_the_step(void **state)
{
	(void)state;
	some();
	model_open_alert(m, 0);
	m->incident->metric = xstrdup("loss"); /* as a refresh finds it */
	m->incident->x = 812;
	act(ACTION_OPEN, NULL);
	assert_null(m->incident);
	assert_string_equal(model_cursor_run(m)->info.path, "/r/seed1");
	assert_string_equal(m->focus, "charts");
	assert_string_equal(m->charts->trip.metric, "loss");
	assert_true(m->charts->trip.has_step);
	assert_int_equal(m->charts->trip.step, 812);
}

static void
the_log_opens_where_it_was(void **state)
{
	(void)state;
	some();
	model_open_alert(m, 0);
	act(ACTION_LOG, NULL);
	assert_string_equal(m->text->run, "/r/seed1");
	assert_true(m->text->has_step);
	assert_int_equal(m->text->step, 812);
	assert_int_equal(m->text->wall_us, STAGE_NOW - 5 * STAGE_MINUTE);
	/* of an old log the time is that of the reading; of a rule about a run there is no step */
	m->alert[1].a.historic = true;
	model_close_text(m);
	model_open_alert(m, 1);
	act(ACTION_LOG, NULL);
	assert_false(m->text->has_step);
	assert_int_equal(m->text->wall_us, 0);
	assert_non_null(m->incident); /* it lies below */
}

/* -- the log ----------------------------------------------------------------------------------- */

#define WHERE "0 812 1741964100000000"

static void
lines_come_when_the_ingester_answers(void **state)
{
	(void)state;
	some();
	model_open_alert(m, 0);
	shows(60, 20, "asking…");
	assert_int_equal(nqueue, 1);
	draw(60, 20); /* drawn again, it asks nothing twice */
	assert_int_equal(nqueue, 1);
	assert_int_equal(m->asking, 1);
	answer("texts /r/seed1", true, "/r/seed1/err log its%20err /r/seed1/out log its%20log");
	answer("text /r/seed1 /r/seed1/err place " WHERE, true, "9 1 2 3 none");
	answer("text /r/seed1 /r/seed1/out place " WHERE, true, "99 1 2 3 found 20");
	answer("text /r/seed1 /r/seed1/out lines 20 -16", true,
	       "99 1 2 3 10 20 0 before 0 10 0 one");
	answer("text /r/seed1 /r/seed1/out lines 20 48", true,
	       "99 1 2 3 20 30 0 here 30 40 0 after");
	assert_int_equal(nqueue, 0);
	assert_int_equal(m->asking, 0);
	assert_int_equal(nchanged, 5);
	shows(60, 14, "─ log out ");
	shows(60, 20, "\n one\n before\n▌here\n after\n");
	assert_int_equal(nqueue, 0);
}

static void
an_answer_to_an_older_question_is_none(void **state)
{
	(void)state;
	some();
	model_open_alert(m, 0);
	draw(60, 20);
	act(ACTION_NEXT_CHART, NULL);
	draw(60, 20);
	answer("texts /r/seed1", true, "/r/seed1/out log its%20log");
	answer("texts /r/lr=1e-3", true, "");
	assert_int_equal(nqueue, 0);
	shows(60, 20, "No text of this run is known.");
	/* the same alert, fired anew at another step: another place */
	act(ACTION_PREV_CHART, NULL);
	draw(60, 20);
	answer("texts /r/seed1", true, "/r/seed1/out log its%20log");
	m->alert[0].a.step = 900;
	draw(60, 20);
	answer("text /r/seed1 /r/seed1/out place " WHERE, true, "99 1 2 3 found 20");
	answer("texts /r/seed1", true, "/r/seed1/out log its%20log");
	answer("text /r/seed1 /r/seed1/out place 0 900 1741964100000000", true, "9 1 2 3 found 0");
	answer("text /r/seed1 /r/seed1/out lines 0 -16", true, "9 1 2 3");
	answer("text /r/seed1 /r/seed1/out lines 0 48", true, "9 1 2 3 0 5 0 nine 5 9 0 ten");
	shows(60, 20, "\n▌nine\n ten\n");
}

static void
what_has_no_such_line_shows_its_end(void **state)
{
	(void)state;
	some();
	model_open_alert(m, 0);
	draw(60, 20);
	answer("texts /r/seed1", true, "/r/seed1/out log its%20log");
	answer("text /r/seed1 /r/seed1/out place " WHERE, true, "99 1 2 3 none");
	answer("text /r/seed1 /r/seed1/out lines end -48", true,
	       "99 1 2 3 50 99 0 last 0 50 0 first");
	shows(60, 20, "no line says step 812; this is the end");
	shows(60, 20, "\n first\n last\n");
}

static void
what_cannot_be_read_says_so(void **state)
{
	(void)state;
	some();
	model_open_alert(m, 0);
	draw(60, 20);
	answer("texts /r/seed1", false, "there is no such run");
	shows(60, 20, "there is no such run");
	m->up = false;
	/* another alert, and nobody to ask */
	act(ACTION_NEXT_CHART, NULL);
	shows(60, 20, "Nobody reads the logs now");
	assert_int_equal(nqueue, 0);
	m->up = true;
	draw(60, 20);
	answer("texts /r/lr=1e-3", true, "/r/a log x");
	answer("text /r/lr=1e-3 /r/a place 0 - 1741963260000000", false, "gone");
	answer("text /r/lr=1e-3 /r/a lines end -48", true, "0 1 2 3");
	shows(60, 20, "The file is empty.");
}

static void
any_size_can_be_drawn(void **state)
{
	(void)state;
	some();
	model_open_alert(m, 0);
	m->incident->metric = xstrdup("loss");
	for (int w = 1; w < 130; w += w < 50 ? 1 : 7)
		for (int h = 1; h < 50; h += h < 26 ? 1 : 5)
			draw(w, h);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(what_it_is_comes_first),
		TEST(how_it_stands_follows_the_alert),
		TEST(who_was_told_and_what_happened_before),
		TEST(a_silence_is_said_with_its_end_and_reason),
		TEST(neighbours_are_those_of_the_list_as_it_is_shown),
		TEST(who_acknowledged_one_goes_on_from_where_it_was),
		TEST(an_acknowledgement_is_of_this_one_wherever_it_moves),
		TEST(one_that_was_dropped_is_still_to_be_read),
		TEST(enter_leads_to_the_chart_at_the_step),
		TEST(the_log_opens_where_it_was),
		TEST(lines_come_when_the_ingester_answers),
		TEST(an_answer_to_an_older_question_is_none),
		TEST(what_has_no_such_line_shows_its_end),
		TEST(what_cannot_be_read_says_so),
		TEST(any_size_can_be_drawn),
	};
	return cmocka_run_group_tests_name("pane_incident", tests, NULL, NULL);
}
