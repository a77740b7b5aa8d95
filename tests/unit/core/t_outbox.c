/* The outbox: who is told what, when, and how often; with a pinned clock and a sink that can
 * forget. */
#include "core/outbox.h"

#include "core/xalloc.h"
#include "tests/unit/recorder.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SECOND INT64_C(1000000)
#define T0 (INT64_C(1700000000) * SECOND)

struct bench {
	struct sink *sink;
	struct conf *conf;
	struct channels channels;
	struct outbox *o;
	int64_t now;
	int64_t silent_until; /* of rule "a" */
	struct str told;      /* "hook fire a r\n" of what was delivered */
	uint64_t episode;
};

static int64_t
silenced(void *ctx, const struct alert *a, int64_t now_us)
{
	struct bench *b = ctx;
	(void)now_us;
	return strcmp(a->rule, "a") == 0 ? b->silent_until : 0;
}

static void
outbox_begin(struct bench *b)
{
	struct outbox_env env = {.sink = b->sink, .silenced = silenced, .ctx = b};
	b->o = outbox_new(&env, &b->channels);
	outbox_restore(b->o);
	outbox_look(b->o, b->now);
}

static void
bench_conf(struct bench *b, const char *conf)
{
	struct err e = {0};
	assert_int_equal(conf_parse("t.conf", conf, strlen(conf), &b->conf, &e), 0);
	assert_int_equal(channels_read(b->conf, &b->channels, &e), 0);
}

static void
begin(struct bench *b, const char *conf)
{
	*b = (struct bench){.now = T0};
	bench_conf(b, conf);
	b->sink = recorder_new();
	outbox_begin(b);
}

static void
end(struct bench *b)
{
	outbox_free(b->o);
	channels_release(&b->channels);
	conf_free(b->conf);
	recorder_free(b->sink);
	str_release(&b->told);
}

static void
commit(struct bench *b)
{
	struct err e;
	assert_int_equal(b->sink->ops->commit(b->sink, NULL, &e), 0);
	outbox_committed(b->o);
}

static struct alert
alert(const char *rule, const char *run, enum alert_state st)
{
	return (struct alert){.rule = rule,
			      .run = run,
			      .metric = "",
			      .message = "it is bad",
			      .attempt = 1,
			      .state = st,
			      .severity = SEVERITY_WARN,
			      .sent = true};
}

/* As the judge does: the alert into the sink, then the outbox hears of it. */
static void
hear(struct bench *b, struct alert *a, bool fired)
{
	if (a->state == ALERT_OK)
		b->sink->ops->alert_drop(b->sink, a);
	else
		b->sink->ops->alert(b->sink, a);
	outbox_alert(b->o, a, fired, b->now);
}

static void
fire(struct bench *b, const char *rule, const char *run)
{
	struct alert a = alert(rule, run, ALERT_FIRING);
	a.episode = ++b->episode;
	a.fired_us = a.since_us = b->now;
	hear(b, &a, true);
}

static void
resolve(struct bench *b, const char *rule, const char *run)
{
	struct alert a = alert(rule, run, ALERT_RESOLVED);
	a.episode = b->episode;
	hear(b, &a, false);
}

static void
note_told(struct bench *b, const struct parcel *p)
{
	if (p->n > 1)
		str_addf(&b->told, "%s digest %zu\n", p->channel->name, p->n);
	for (size_t i = 0; i < p->n && p->n == 1; i++)
		str_addf(&b->told, "%s %s %s %s\n", p->channel->name,
			 notice_event_names[p->notice[i]->event], p->notice[i]->rule,
			 p->notice[i]->run);
}

/* Whatever may leave now leaves and arrives. */
static void
deliver(struct bench *b)
{
	struct parcel *p;
	commit(b);
	outbox_look(b->o, b->now);
	commit(b);
	while ((p = outbox_next(b->o, b->now))) {
		note_told(b, p);
		outbox_back(b->o, p, OUTCOME_DELIVERED, 0, b->now);
	}
	commit(b);
}

/* Lets time pass, as the loop does: whenever something is due. */
static void
pass(struct bench *b, int64_t us)
{
	int64_t until = b->now + us, due;
	deliver(b);
	while ((due = outbox_due(b->o, b->now)) <= until) {
		b->now = due > b->now ? due : b->now + 1000;
		deliver(b);
	}
	b->now = until;
	deliver(b);
}

static void
told(struct bench *b, const char *want)
{
	assert_string_equal(str_c(&b->told), want);
	str_reset(&b->told);
}

#define HOOK "[notify hook]\ntype = exec\ncommand = /bin/true\n"
#define HOOK_AND_REPEAT HOOK "repeat = 4h\n"
#define WEB "[notify web]\ntype = webhook\nurl = http://127.0.0.1/x\n"

static void
restart(struct bench *b)
{
	outbox_free(b->o);
	outbox_begin(b);
}

/* ---- who is told what ------------------------------------------------------------------------ */

static void
fires_and_is_over(void **state)
{
	struct bench b;
	(void)state;
	begin(&b, HOOK);
	fire(&b, "a", "/r");
	deliver(&b);
	told(&b, "hook fire a /r\n");
	deliver(&b);
	told(&b, "");
	resolve(&b, "a", "/r");
	deliver(&b);
	told(&b, "hook resolve a /r\n");
	assert_int_equal(outbox_waiting(b.o), 0);
	end(&b);
}

static void
nothing_leaves_before_it_is_kept(void **state)
{
	struct bench b;
	(void)state;
	begin(&b, HOOK);
	fire(&b, "a", "/r");
	assert_null(outbox_next(b.o, b.now));
	commit(&b);
	struct parcel *p = outbox_next(b.o, b.now);
	assert_non_null(p);
	outbox_back(b.o, p, OUTCOME_DELIVERED, 0, b.now);
	end(&b);
}

static void
shown_is_not_sent(void **state)
{
	struct bench b;
	(void)state;
	begin(&b, HOOK);
	struct alert a = alert("a", "/r", ALERT_FIRING);
	a.sent = false;
	hear(&b, &a, true);
	struct alert h = alert("b", "/r", ALERT_FIRING);
	h.historic = true;
	hear(&b, &h, true);
	pass(&b, 3600 * SECOND);
	told(&b, "");
	end(&b);
}

static void
severity_and_globs_choose(void **state)
{
	struct bench b;
	(void)state;
	begin(&b, "[notify crits]\ntype = exec\ncommand = x\nmin_severity = crit\n"
		  "[notify some]\ntype = exec\ncommand = x\nrules = st*\nruns = sweep\n");
	fire(&b, "a", "/r");
	fire(&b, "stalled", "/r");
	fire(&b, "stalled", "/r/sweep");
	deliver(&b);
	told(&b, "some fire stalled /r/sweep\n");
	end(&b);
}

/* Test 15. */
static void
what_begins_and_ends_before_it_left_is_not_told(void **state)
{
	struct bench b;
	(void)state;
	begin(&b, WEB);
	fire(&b, "a", "/r1");
	deliver(&b);
	told(&b, "web fire a /r1\n");
	b.now += 5 * SECOND;
	fire(&b, "a", "/r2");
	deliver(&b);
	b.now += 5 * SECOND;
	resolve(&b, "a", "/r2");
	pass(&b, 60 * SECOND);
	told(&b, "");
	assert_int_equal(outbox_waiting(b.o), 0);
	end(&b);
}

static void
the_first_goes_at_once_the_rest_together(void **state)
{
	struct bench b;
	(void)state;
	begin(&b, WEB);
	fire(&b, "a", "/r1");
	deliver(&b);
	told(&b, "web fire a /r1\n");
	for (int i = 0; i < 5; i++) {
		char run[8] = {'/', 's', (char)('0' + i), 0};
		b.now += SECOND;
		fire(&b, "a", run);
		deliver(&b);
	}
	told(&b, "");
	pass(&b, 24 * SECOND);
	told(&b, "");
	pass(&b, 2 * SECOND);
	told(&b, "web digest 5\n");
	/* Idle again: the next one goes at once. */
	pass(&b, 31 * SECOND);
	fire(&b, "b", "/r1");
	deliver(&b);
	told(&b, "web fire b /r1\n");
	end(&b);
}

/* Test 16. */
static void
repeats_until_somebody_knows(void **state)
{
	struct bench b;
	(void)state;
	begin(&b, HOOK_AND_REPEAT);
	fire(&b, "a", "/r");
	deliver(&b);
	told(&b, "hook fire a /r\n");
	pass(&b, (4 * 3600 - 1) * SECOND);
	told(&b, "");
	pass(&b, 1 * SECOND);
	told(&b, "hook repeat a /r\n");
	restart(&b);
	pass(&b, (4 * 3600 - 1) * SECOND);
	told(&b, "");
	pass(&b, 1 * SECOND);
	told(&b, "hook repeat a /r\n");
	struct alert a = alert("a", "/r", ALERT_FIRING);
	a.episode = b.episode;
	a.acked = true;
	hear(&b, &a, false);
	pass(&b, 24 * 3600 * SECOND);
	told(&b, "");
	end(&b);
}

/* Test 17. */
static void
silences(void **state)
{
	struct bench b;
	(void)state;
	begin(&b, HOOK);
	/* Begins after it fired: that it is over is told. */
	fire(&b, "a", "/r");
	deliver(&b);
	b.silent_until = b.now + 3600 * SECOND;
	resolve(&b, "a", "/r");
	deliver(&b);
	told(&b, "hook fire a /r\nhook resolve a /r\n");
	/* Covers the firing and ends while it fires: told then, after a restart too. */
	fire(&b, "a", "/r");
	fire(&b, "b", "/r");
	deliver(&b);
	told(&b, "hook fire b /r\n");
	restart(&b);
	pass(&b, 3599 * SECOND);
	told(&b, "");
	pass(&b, 2 * SECOND);
	told(&b, "hook fire a /r\n");
	resolve(&b, "a", "/r");
	deliver(&b);
	told(&b, "hook resolve a /r\n");
	/* Over under a silence: nothing. */
	b.silent_until = b.now + 3600 * SECOND;
	fire(&b, "a", "/q");
	deliver(&b);
	resolve(&b, "a", "/q");
	pass(&b, 7200 * SECOND);
	told(&b, "");
	end(&b);
}

/* Test 18; which alert explains which is the rules' to know. */
static void
what_is_explained_is_told_later_or_never(void **state)
{
	struct bench b;
	(void)state;
	begin(&b, HOOK_AND_REPEAT);
	struct alert a = alert("loss-spike", "/r", ALERT_FIRING);
	a.episode = ++b.episode;
	a.inhibited = true;
	hear(&b, &a, false);
	pass(&b, 24 * 3600 * SECOND);
	told(&b, "");
	/* It ends first: nothing was told, nothing is over. */
	resolve(&b, "loss-spike", "/r");
	pass(&b, 60 * SECOND);
	told(&b, "");
	/* What explains it ends first. */
	a.episode = ++b.episode;
	hear(&b, &a, false);
	pass(&b, 60 * SECOND);
	a.inhibited = false;
	hear(&b, &a, true);
	deliver(&b);
	told(&b, "hook fire loss-spike /r\n");
	end(&b);
}

/* A run that has finished: told once, and not that it is over. */
static void
an_event_has_no_end(void **state)
{
	struct bench b;
	(void)state;
	begin(&b, HOOK WEB);
	for (int i = 0; i < 2; i++) {
		struct alert a = alert("finished", i ? "/s" : "/r", ALERT_FIRING);
		a.episode = ++b.episode;
		a.event = true;
		hear(&b, &a, true);
		a.state = ALERT_RESOLVED;
		hear(&b, &a, false);
		pass(&b, 60 * SECOND);
		restart(&b);
	}
	told(&b, "hook fire finished /r\nweb fire finished /r\n"
		 "hook fire finished /s\nweb fire finished /s\n");
	end(&b);
}

/* A rule that names its channels is told by them, and by no other; and as often as it says. */
static void
a_rule_may_choose(void **state)
{
	struct bench b;
	(void)state;
	begin(&b, "[notify one]\ntype = exec\ncommand = x\nmin_severity = crit\n"
		  "[notify two]\ntype = exec\ncommand = x\nrepeat = 1h\n"
		  "[notify three]\ntype = exec\ncommand = x\n");
	struct alert a = alert("a", "/r", ALERT_FIRING);
	a.notify = "one, two";
	a.repeat_us = 3 * 3600 * SECOND;
	a.episode = ++b.episode;
	hear(&b, &a, true);
	deliver(&b);
	told(&b, "one fire a /r\ntwo fire a /r\n");
	restart(&b); /* the rule has not spoken again */
	pass(&b, (3 * 3600 - 1) * SECOND);
	told(&b, "");
	pass(&b, SECOND);
	told(&b, "one repeat a /r\ntwo repeat a /r\n");
	end(&b);
}

/* Test 19. */
static void
flapping_is_damped(void **state)
{
	struct bench b;
	(void)state;
	begin(&b, HOOK);
	for (int i = 0; i < 20; i++) {
		fire(&b, "a", "/r");
		pass(&b, 30 * SECOND);
		resolve(&b, "a", "/r");
		pass(&b, 30 * SECOND);
	}
	told(&b, "hook fire a /r\nhook resolve a /r\n"
		 "hook fire a /r\nhook resolve a /r\n"
		 "hook fire a /r\nhook resolve a /r\n"
		 "hook fire a /r\nhook resolve a /r\n"
		 "hook flap a /r\n");
	restart(&b);
	pass(&b, 27 * 60 * SECOND);
	told(&b, "");
	pass(&b, 3 * 60 * SECOND);
	told(&b, "hook calm a /r\n");
	/* And it begins anew. */
	pass(&b, 3600 * SECOND);
	fire(&b, "a", "/r");
	deliver(&b);
	told(&b, "hook fire a /r\n");
	end(&b);
}

static int
lines(const struct str *s)
{
	int n = 0;
	for (const char *p = str_c(s); (p = strchr(p, '\n')); p++)
		n++;
	return n;
}

/* Test 20. */
static void
more_than_the_rate_is_a_digest(void **state)
{
	struct bench b;
	char run[16];
	(void)state;
	begin(&b, HOOK);
	for (int i = 0; i < 40; i++) {
		snprintf(run, sizeof run, "/r%d", i);
		fire(&b, "a", run);
	}
	deliver(&b);
	assert_int_equal(lines(&b.told), 30);
	str_reset(&b.told);
	pass(&b, 119 * SECOND);
	told(&b, "");
	pass(&b, 2 * SECOND);
	told(&b, "hook digest 10\n");
	assert_int_equal(outbox_waiting(b.o), 0);
	end(&b);
}

/* There is an end to what waits, but what still fires is told when there is room; of what is over
 * by then, nothing. */
static void
who_finds_no_room_is_told_later(void **state)
{
	struct bench b;
	char run[16];
	(void)state;
	begin(&b, HOOK);
	for (int i = 0; i < 5100; i++) {
		snprintf(run, sizeof run, "/r%d", i);
		fire(&b, "a", run);
	}
	assert_int_equal(outbox_waiting(b.o), 5000);
	resolve(&b, "a", "/r5050");
	deliver(&b);
	assert_int_equal(lines(&b.told), 30);
	str_reset(&b.told);
	restart(&b);
	deliver(&b);
	pass(&b, 600 * SECOND);
	/* Those that waited, and then those who found no room, less the one that is over. */
	told(&b, "hook digest 5000\nhook digest 69\n");
	assert_int_equal(outbox_waiting(b.o), 0);
	resolve(&b, "a", "/r5099");
	pass(&b, 600 * SECOND);
	told(&b, "hook resolve a /r5099\n");
	end(&b);
}

/* A restart in the middle of the hour gives a channel no second helping, and loses nothing. */
static void
a_restart_does_not_renew_the_rate(void **state)
{
	struct bench b;
	char run[16];
	(void)state;
	begin(&b, HOOK);
	for (int i = 0; i < 40; i++) {
		snprintf(run, sizeof run, "/r%d", i);
		fire(&b, "a", run);
	}
	deliver(&b);
	assert_int_equal(lines(&b.told), 30);
	str_reset(&b.told);
	restart(&b);
	deliver(&b);
	told(&b, "");
	pass(&b, 119 * SECOND);
	restart(&b);
	told(&b, "");
	pass(&b, 2 * SECOND);
	told(&b, "hook digest 10\n");
	pass(&b, 7200 * SECOND);
	told(&b, "");
	end(&b);
}

/* A clock that was wrong and is set back by a year holds neither what waits for its turn nor what
 * waits to be tried again. */
static void
a_clock_set_back_holds_nothing(void **state)
{
	struct bench b;
	char run[16];
	struct parcel *p;
	(void)state;
	begin(&b, HOOK);
	for (int i = 0; i < 31; i++) {
		snprintf(run, sizeof run, "/r%d", i);
		fire(&b, "a", run);
	}
	deliver(&b);
	assert_int_equal(lines(&b.told), 30);
	str_reset(&b.told);
	b.now -= 365 * 86400 * SECOND;
	restart(&b);
	pass(&b, 121 * SECOND);
	told(&b, "hook fire a /r30\n");
	end(&b);

	begin(&b, HOOK);
	fire(&b, "a", "/r");
	commit(&b);
	assert_non_null(p = outbox_next(b.o, b.now));
	outbox_back(b.o, p, OUTCOME_RETRY, 0, b.now);
	b.now -= 365 * 86400 * SECOND;
	pass(&b, 2 * SECOND);
	told(&b, "hook fire a /r\n");
	end(&b);
}

/* Nor does one while messages are gathered make them leave one by one, or twice. */
static void
a_restart_does_not_end_the_gathering(void **state)
{
	struct bench b;
	(void)state;
	begin(&b, WEB);
	fire(&b, "a", "/r1");
	deliver(&b);
	told(&b, "web fire a /r1\n");
	for (int i = 0; i < 5; i++) {
		char run[8] = {'/', 's', (char)('0' + i), 0};
		b.now += SECOND;
		fire(&b, "a", run);
		deliver(&b);
		restart(&b);
		deliver(&b);
	}
	told(&b, "");
	pass(&b, 24 * SECOND);
	told(&b, "");
	pass(&b, 2 * SECOND);
	told(&b, "web digest 5\n");
	pass(&b, 7200 * SECOND);
	told(&b, "");
	end(&b);
}

/* What left and was killed on its way does not wait for the others. */
static void
a_message_that_did_not_arrive_leaves_at_once(void **state)
{
	struct bench b;
	(void)state;
	begin(&b, WEB);
	fire(&b, "a", "/r1");
	commit(&b);
	assert_non_null(outbox_next(b.o, b.now));
	commit(&b);
	recorder_crash(b.sink);
	b.now += SECOND;
	restart(&b);
	deliver(&b);
	told(&b, "web fire a /r1\n");
	end(&b);
}

/* Tests 21, 22, 35: the judge drops what a changed rule left. */
static void
a_rule_that_changed_ends_what_was_told(void **state)
{
	struct bench b;
	(void)state;
	begin(&b, HOOK);
	fire(&b, "a", "/r");
	deliver(&b);
	restart(&b);
	struct alert a = alert("a", "/r", ALERT_OK);
	hear(&b, &a, false);
	deliver(&b);
	told(&b, "hook fire a /r\nhook resolve a /r\n");
	end(&b);
}

static void
other_channels_are_taken_over(void **state)
{
	struct bench b;
	(void)state;
	begin(&b, HOOK WEB);
	fire(&b, "a", "/r");
	commit(&b);
	struct parcel *p = outbox_next(b.o, b.now); /* the hook's */
	assert_string_equal(p->channel->name, "hook");
	struct channels old = b.channels;
	struct conf *old_conf = b.conf;
	bench_conf(&b, WEB "group_wait = 1s\n");
	outbox_channels(b.o, &b.channels);
	channels_release(&old);
	conf_free(old_conf);
	outbox_back(b.o, p, OUTCOME_RETRY, 0, b.now);
	pass(&b, 60 * SECOND);
	told(&b, "web fire a /r\n");
	assert_int_equal(outbox_waiting(b.o), 0);
	end(&b);
}

/* ---- retries --------------------------------------------------------------------------------- */

static void
failures_back_off(void **state)
{
	struct bench b;
	int64_t last = 0, gap = 0;
	(void)state;
	begin(&b, HOOK);
	fire(&b, "a", "/r");
	commit(&b);
	for (int i = 0; i < 14; i++) {
		struct parcel *p = outbox_next(b.o, b.now);
		assert_non_null(p);
		outbox_back(b.o, p, OUTCOME_RETRY, 0, b.now);
		commit(&b);
		assert_null(outbox_next(b.o, b.now));
		int64_t due = outbox_due(b.o, b.now);
		last = gap;
		gap = due - b.now;
		if (i == 0)
			assert_in_range(gap, SECOND, 2 * SECOND);
		assert_true(gap <= 375 * SECOND);
		assert_true(gap > last || gap >= 300 * SECOND);
		/* A restart changes nothing about it. */
		restart(&b);
		assert_null(outbox_next(b.o, b.now));
		b.now = due;
	}
	struct parcel *p = outbox_next(b.o, b.now);
	outbox_back(b.o, p, OUTCOME_RETRY, 1800 * SECOND, b.now);
	commit(&b);
	assert_true(outbox_due(b.o, b.now) - b.now >= 1800 * SECOND);
	b.now += 1800 * SECOND;
	p = outbox_next(b.o, b.now);
	outbox_back(b.o, p, OUTCOME_FAILED, 0, b.now);
	assert_int_equal(outbox_waiting(b.o), 0);
	end(&b);
}

static void
what_is_older_than_a_day_is_one_digest(void **state)
{
	struct bench b;
	char run[16];
	(void)state;
	begin(&b, HOOK);
	for (int i = 0; i < 7; i++) {
		snprintf(run, sizeof run, "/r%d", i);
		fire(&b, "a", run);
	}
	commit(&b);
	outbox_free(b.o); /* nobody is there for a day */
	b.now += 25 * 3600 * SECOND;
	outbox_begin(&b);
	fire(&b, "a", "/new");
	deliver(&b);
	told(&b, "hook digest 7\nhook fire a /new\n");
	end(&b);
}

static void
after_two_days_it_is_given_up(void **state)
{
	struct bench b;
	(void)state;
	begin(&b, HOOK);
	fire(&b, "a", "/r");
	commit(&b);
	for (int i = 0; i < 3000 && outbox_waiting(b.o); i++) {
		struct parcel *p = outbox_next(b.o, b.now);
		if (p)
			outbox_back(b.o, p, OUTCOME_RETRY, 0, b.now);
		commit(&b);
		b.now += 300 * SECOND;
	}
	assert_int_equal(outbox_waiting(b.o), 0);
	assert_in_range((b.now - T0) / (3600 * SECOND), 48, 49);
	end(&b);
}

/* ---- killed anywhere: test 29 ---------------------------------------------------------------- */

struct life {
	struct str got; /* ids in the order of their arrival, what a receiver saw */
	int step, die;  /* the step after which it is killed */
	bool known;     /* points and alert were committed: they don't come again */
};

static bool
dies(struct life *l)
{
	return l->step++ == l->die;
}

/* From a point that is read to a hook that is done. True: it was killed on the way. */
static bool
live(struct bench *b, struct life *l, bool over)
{
	struct err e;
	struct parcel *p;
	if (!l->known && !over) {
		fire(b, "a", "/r");
		b->episode--; /* read again it is the same */
	} else if (!l->known) {
		struct alert a = alert("a", "/r", ALERT_RESOLVED);
		a.episode = 1;
		hear(b, &a, false);
	}
	if (dies(l))
		return true;
	assert_int_equal(b->sink->ops->commit(b->sink, NULL, &e), 0);
	l->known = true;
	if (dies(l))
		return true;
	outbox_committed(b->o);
	if (dies(l))
		return true;
	outbox_look(b->o, b->now);
	p = outbox_next(b->o, b->now);
	if (!p)
		return false;
	if (dies(l))
		return true; /* it was started, and did nothing yet */
	str_addf(&l->got, "%s\n", p->notice[0]->id);
	if (dies(l))
		return true;
	outbox_back(b->o, p, OUTCOME_DELIVERED, 0, b->now);
	if (dies(l))
		return true;
	assert_int_equal(b->sink->ops->commit(b->sink, NULL, &e), 0);
	outbox_committed(b->o);
	return dies(l);
}

static void
kill_at_every_step(void **state)
{
	(void)state;
	int most = 0;
	for (int die = 0; die < 16; die++) {
		struct bench b;
		struct life l = {.die = die};
		begin(&b, HOOK);
		for (int over = 0; over < 2; over++) {
			l.known = false;
			while (live(&b, &l, over)) {
				recorder_crash(b.sink);
				b.now += SECOND;
				restart(&b);
			}
		}
		/* Each at least once, in order, and nothing under another name. */
		const char *fired = "1/fire/1\n", *resolved = "1/resolve/2\n";
		const char *p = str_c(&l.got);
		int n = 0;
		for (; strncmp(p, fired, strlen(fired)) == 0; n++)
			p += strlen(fired);
		assert_in_range(n, 1, 2);
		for (n = 0; strncmp(p, resolved, strlen(resolved)) == 0; n++)
			p += strlen(resolved);
		assert_in_range(n, 1, 2);
		assert_string_equal(p, "");
		assert_int_equal(outbox_waiting(b.o), 0);
		most = l.step > most ? l.step : most;
		str_release(&l.got);
		end(&b);
	}
	assert_true(most >= 14); /* all of them were reached */
}

/* Test 37: a commit that failed leaves no message. */
static void
a_commit_that_failed_tells_nobody(void **state)
{
	struct bench b;
	struct err e;
	(void)state;
	begin(&b, HOOK);
	recorder_fail_commit(b.sink, ERR_FULL, "no room");
	fire(&b, "a", "/r");
	assert_int_equal(b.sink->ops->commit(b.sink, NULL, &e), ERR_FULL);
	outbox_restore(b.o);
	assert_null(outbox_next(b.o, b.now));
	assert_int_equal(outbox_waiting(b.o), 0);
	b.episode--;
	fire(&b, "a", "/r");
	deliver(&b);
	told(&b, "hook fire a /r\n");
	end(&b);
}

/* What is on its way when everything is taken up anew is not sent a second time. */
static void
parcels_fly_on_through_a_restore(void **state)
{
	struct bench b;
	(void)state;
	begin(&b, HOOK);
	fire(&b, "a", "/r");
	commit(&b);
	struct parcel *p = outbox_next(b.o, b.now);
	outbox_restore(b.o);
	assert_null(outbox_next(b.o, b.now));
	outbox_back(b.o, p, OUTCOME_DELIVERED, 0, b.now);
	assert_int_equal(outbox_waiting(b.o), 0);
	end(&b);
}

static void
damaged_records_are_none(void **state)
{
	struct bench b;
	(void)state;
	begin(&b, HOOK);
	b.sink->ops->outbox_put(b.sink, "s00", "rubbish", 7);
	b.sink->ops->outbox_put(b.sink, "n01", "\1\2\3", 3);
	b.sink->ops->outbox_put(b.sink, "chook", "\1\2\3", 3);
	fire(&b, "a", "/r");
	commit(&b);
	restart(&b);
	deliver(&b);
	told(&b, "hook fire a /r\n");
	assert_null(outbox_record_run("n01", "\1\2\3", 3));
	assert_null(outbox_record_run("chook", "\1\2\3", 3));
	end(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fires_and_is_over),
		cmocka_unit_test(nothing_leaves_before_it_is_kept),
		cmocka_unit_test(shown_is_not_sent),
		cmocka_unit_test(severity_and_globs_choose),
		cmocka_unit_test(what_begins_and_ends_before_it_left_is_not_told),
		cmocka_unit_test(the_first_goes_at_once_the_rest_together),
		cmocka_unit_test(repeats_until_somebody_knows),
		cmocka_unit_test(silences),
		cmocka_unit_test(what_is_explained_is_told_later_or_never),
		cmocka_unit_test(an_event_has_no_end),
		cmocka_unit_test(a_rule_may_choose),
		cmocka_unit_test(flapping_is_damped),
		cmocka_unit_test(more_than_the_rate_is_a_digest),
		cmocka_unit_test(who_finds_no_room_is_told_later),
		cmocka_unit_test(a_restart_does_not_renew_the_rate),
		cmocka_unit_test(a_clock_set_back_holds_nothing),
		cmocka_unit_test(a_restart_does_not_end_the_gathering),
		cmocka_unit_test(a_message_that_did_not_arrive_leaves_at_once),
		cmocka_unit_test(a_rule_that_changed_ends_what_was_told),
		cmocka_unit_test(other_channels_are_taken_over),
		cmocka_unit_test(failures_back_off),
		cmocka_unit_test(what_is_older_than_a_day_is_one_digest),
		cmocka_unit_test(after_two_days_it_is_given_up),
		cmocka_unit_test(kill_at_every_step),
		cmocka_unit_test(a_commit_that_failed_tells_nobody),
		cmocka_unit_test(parcels_fly_on_through_a_restore),
		cmocka_unit_test(damaged_records_are_none),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
