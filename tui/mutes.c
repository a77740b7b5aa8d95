/* mutes.c - what a person says about an alert: I know, and be silent until then.
 *
 * Both are lines in the journal, so they hold on every host and in every store, and are shown at
 * once; the ingester, who has to act by them, is told to look. */
#include "tui/model_own.h"

#include "core/clock.h"
#include "core/silence.h"
#include "core/xalloc.h"
#include "tui/fmt.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define USUAL_US (INT64_C(2) * 3600 * 1000000)

static bool
append(struct model *m, const struct silence_words *w, int n)
{
	struct err e = {0};
	if (journal_files_append(m->own->journal, &w->topic, w->word, n, &e) == 0)
		return true;
	model_say(m, true, "%s", e.text);
	return false;
}

/* -- acknowledging ----------------------------------------------------------------------------- */

/* Somebody may have been told by now; the ingester knows no way back. */
static void
undo_ack(void *ctx, struct model *m, const char *old)
{
	(void)ctx;
	model_say(m, false, "an acknowledgement cannot be taken back: %s", old);
}

void
model_ack(struct model *m, int alert)
{
	const char *rule = NULL;
	int asked = 0;
	for (int i = 0; i < m->nalerts; i++) {
		struct alert *a = &m->alert[i].a;
		struct silence_words w;
		if ((alert >= 0 && i != alert) || a->acked)
			continue;
		if (!alert_fires(a))
			continue;
		const char *args[] = {a->rule, a->run, a->metric};
		if (!m->request) {
			model_say(m, true,
				  "nobody is watching who could take note: start `mm watch`");
			return;
		}
		silence_ack(&w, a, clock_wall_us());
		if (!append(m, &w, 1))
			return;
		m->request(m->request_ctx, "ack", args, 3);
		a->acked = true;
		rule = a->rule;
		asked++;
	}
	if (!asked) {
		model_say(m, false, "nothing to acknowledge");
		return;
	}
	char *what = asked == 1 ? xstrdup(rule) : xasprintf("%d alerts", asked);
	model_say(m, false, "acknowledged: %s", what);
	model_undo_push(m, undo_ack, NULL, what);
	free(what);
	bulletin_settle(m);
	m->stale = true;
}

/* -- silencing --------------------------------------------------------------------------------- */

static void
poke(struct model *m)
{
	if (m->request)
		m->request(m->request_ctx, "orders", NULL, 0);
	bulletin_settle(m);
	m->stale = true;
}

/* OLD: rule, run and metric, each behind a line end, as patterns. */
static void
undo_silence(void *ctx, struct model *m, const char *old)
{
	char *copy = xstrdup(old), *run = strchr(copy, '\n'),
	     *metric = run ? strchr(run + 1, '\n') : NULL;
	struct silence_words w;
	(void)ctx;
	if (metric) {
		*run++ = *metric++ = '\0';
		silence_say(&w, copy, run, metric, 0, NULL);
		if (append(m, &w, 2)) {
			model_say(m, false, "no longer silent");
			poke(m);
		}
	}
	free(copy);
}

void
model_silences(const struct model *m, const struct alert *a,
	       int (*fn)(void *ctx, const struct silence *s), void *ctx)
{
	struct silences all = {0};
	silences_read(&all, journal_files_state(m->own->journal), a->fired_us);
	for (size_t i = 0; i < all.n; i++) {
		struct silences one = {&all.at[i], 1, 1};
		if (silences_until(&one, a, all.at[i].from_us) && fn(ctx, &all.at[i]))
			break;
	}
	silences_release(&all);
}

/* Every silence that A falls under ends. */
static void
end_silences(struct model *m, const struct alert *a)
{
	struct silences all = {0};
	int64_t now = clock_wall_us();
	int n = 0;
	silences_read(&all, journal_files_state(m->own->journal), now);
	for (size_t i = 0; i < all.n; i++) {
		struct silences one = {&all.at[i], 1, 1};
		struct silence_words w;
		if (!silences_until(&one, a, now))
			continue;
		silence_say(&w, all.at[i].rule, all.at[i].run, all.at[i].metric, 0, NULL);
		n += append(m, &w, 2);
	}
	if (n)
		model_say(m, false, n == 1 ? "no longer silent" : "%d silences ended", n);
	silences_release(&all);
	poke(m);
}

/* "2h why", "07:00 why", "until 07:00", "why", "": until when, and the reason behind it. False:
 * what begins like a time is none, and must not be silent for another one. */
static bool
take_end(struct model *m, const char **arg, int64_t now_us, int64_t *until_us)
{
	static const char until[] = "until ";
	const char *p = *arg ? *arg : "";
	if (strncmp(p, until, sizeof until - 1) == 0)
		p += sizeof until - 1;
	size_t n = strcspn(p, " ");
	char *word = xstrndup(p, n);
	bool ok = fmt_parse_moment(word, now_us, until_us);
	if (ok) {
		*arg = p + n + strspn(p + n, " ");
	} else if (p != (*arg ? *arg : "") || isdigit((unsigned char)*word)) {
		model_say(m, true, "'%.40s' is no time: say 30m, 2h, 1d or 07:00", word);
	} else {
		*until_us = now_us + USUAL_US;
		ok = true;
	}
	free(word);
	return ok;
}

void
model_silence(struct model *m, int alert, const char *arg)
{
	const struct alert *a = &m->alert[alert].a;
	struct str rule = STR_INIT, run = STR_INIT, metric = STR_INIT;
	struct silence_words w;
	char clock[FMT_N];

	if (m->alert[alert].silent_us && !(arg && *arg)) {
		end_silences(m, a);
		return;
	}
	int64_t until;
	if (!take_end(m, &arg, clock_wall_us(), &until))
		return;
	glob_literal(&rule, a->rule);
	glob_literal(&run, a->run);
	glob_literal(&metric, a->metric);
	silence_say(&w, str_c(&rule), str_c(&run), str_c(&metric), until, arg);
	if (append(m, &w, 2)) {
		char *old = xasprintf("%s\n%s\n%s", str_c(&rule), str_c(&run), str_c(&metric));
		if (!strchr(str_c(&run), '\n') && !strchr(str_c(&metric), '\n'))
			model_undo_push(m, undo_silence, NULL, old);
		free(old);
		model_say(m, false, "silent until %s; u takes it back",
			  fmt_moment(clock, until, m->now_us));
		poke(m);
	}
	str_release(&rule);
	str_release(&run);
	str_release(&metric);
}
