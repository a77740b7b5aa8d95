/* The journal keeps one fact for each thing that was said; here they get their meaning. Nothing is
 * stored: a silence that has ended is simply not read. */
#include "core/silence.h"

#include "core/glob.h"
#include "core/xalloc.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int64_t
number_us(const struct journal_word *w)
{
	double s = w->type == JOURNAL_NUMBER ? strtod(w->text, NULL) : 0;
	return s > 0 && s < 9e12 ? llround(s * 1e6) : 0;
}

struct reading {
	struct silences *s;
	const struct journal *j;
	int64_t now_us;
};

static int
read_one(void *ctx, const struct journal_topic *t, const struct journal_word *w, int64_t time_us,
	 const char *host)
{
	struct reading *r = ctx;
	int64_t until = number_us(w);
	if (until <= r->now_us || t->view)
		return 0;
	const char *reason = journal_text(r->j, t, "reason");
	*vec_push(r->s->at, r->s->n, r->s->cap) = (struct silence){
		.rule = xstrdup(t->rule ? t->rule : "*"),
		.run = xstrdup(t->run ? t->run : "*"),
		.metric = xstrdup(t->metric ? t->metric : "*"),
		.reason = xstrdup(reason ? reason : ""),
		.host = xstrdup(host),
		.from_us = time_us,
		.until_us = until,
	};
	return 0;
}

/* Two that end together go by what they are about, lest a list of them jumps. */
static int
in_order(const void *pa, const void *pb)
{
	const struct silence *a = pa, *b = pb;
	if (a->until_us != b->until_us)
		return a->until_us < b->until_us ? -1 : 1;
	int c = strcmp(a->rule, b->rule);
	if (!c)
		c = strcmp(a->run, b->run);
	return c ? c : strcmp(a->metric, b->metric);
}

void
silences_read(struct silences *s, const struct journal *j, int64_t now_us)
{
	struct reading r = {s, j, now_us};
	silences_release(s);
	journal_each_with(j, "silence", read_one, &r);
	if (s->n)
		qsort(s->at, s->n, sizeof *s->at, in_order);
}

void
silences_release(struct silences *s)
{
	for (size_t i = 0; i < s->n; i++) {
		free(s->at[i].rule);
		free(s->at[i].run);
		free(s->at[i].metric);
		free(s->at[i].reason);
		free(s->at[i].host);
	}
	free(s->at);
	*s = (struct silences){NULL, 0, 0};
}

int64_t
silences_until(const struct silences *s, const struct alert *a, int64_t now_us)
{
	int64_t until = 0;
	for (size_t i = 0; i < s->n; i++) {
		const struct silence *q = &s->at[i];
		if (q->until_us > now_us && q->until_us > until && glob_match(q->rule, a->rule) &&
		    glob_path_match(q->run, a->run) && glob_match(q->metric, a->metric))
			until = q->until_us;
	}
	return until;
}

static void
add_seconds(char buf[40], int64_t us)
{
	snprintf(buf, 40, "%" PRId64 ".%06d", us / 1000000, (int)(us % 1000000));
}

static const char *
or_all(const char *pattern)
{
	return pattern && *pattern ? pattern : "*";
}

void
silence_say(struct silence_words *w, const char *rule, const char *run, const char *metric,
	    int64_t until_us, const char *reason)
{
	bool over = until_us <= 0;
	*w = (struct silence_words){.topic = {.rule = or_all(rule), .run = or_all(run)}};
	if (metric && *metric && strcmp(metric, "*") != 0)
		w->topic.metric = metric;
	if (!over)
		add_seconds(w->number, until_us);
	w->word[0] =
		(struct journal_word){"silence", over ? JOURNAL_NONE : JOURNAL_NUMBER, w->number};
	w->word[1] = (struct journal_word){"reason",
					   !over && reason && *reason ? JOURNAL_TEXT : JOURNAL_NONE,
					   reason};
}

void
silence_ack(struct silence_words *w, const struct alert *a, int64_t now_us)
{
	*w = (struct silence_words){.topic = {.rule = a->rule, .run = a->run, .metric = a->metric}};
	add_seconds(w->number, now_us > a->fired_us ? now_us : a->fired_us);
	w->word[0] = (struct journal_word){"ack", JOURNAL_NUMBER, w->number};
}

bool
silence_acked(const struct journal *j, const struct alert *a)
{
	struct journal_topic t = {.rule = a->rule, .run = a->run, .metric = a->metric};
	struct journal_word w;
	return journal_get(j, &t, "ack", &w) && number_us(&w) >= a->fired_us;
}

void
glob_literal(struct str *out, const char *text)
{
	for (; *text; text++) {
		if (strchr("*?[\\", *text))
			str_addc(out, '\\');
		str_addc(out, *text);
	}
}
