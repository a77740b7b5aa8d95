/* Records are those of outbox_story.c, outbox_lane.c (notice.h) and past.h. */
#include "core/outbox_read.h"

#include "core/outbox_own.h"
#include "core/xalloc.h"

#include <stdlib.h>
#include <string.h>

void
outbox_read_release(struct outbox_read *o)
{
	for (size_t i = 0; i < o->n; i++)
		free(o->channel[i].name);
	free(o->channel);
	past_free(o->past);
	*o = (struct outbox_read){.n = 0};
}

static bool
same(const struct alert *a, const char *rule, const char *run, const char *metric)
{
	return strcmp(a->rule, rule) == 0 && strcmp(a->run, run) == 0 &&
	       strcmp(a->metric, metric) == 0;
}

static struct outbox_channel *
channel_of(struct outbox_read *o, const char *name)
{
	for (size_t i = 0; i < o->n; i++)
		if (strcmp(o->channel[i].name, name) == 0)
			return &o->channel[i];
	struct outbox_channel *c = vec_push(o->channel, o->n, o->cap);
	*c = (struct outbox_channel){.name = xstrdup(name)};
	return c;
}

static void
take_story(struct outbox_read *o, const struct alert *a, const void *p, size_t size)
{
	struct story *s = story_unpack(p, size);
	if (!s)
		return;
	if (same(a, s->a.rule, s->a.run, s->a.metric)) {
		o->muted = s->muted;
		o->flapping = s->flapping;
		for (size_t i = 0; i < s->ntold; i++)
			channel_of(o, s->told[i].channel)->told_us = s->told[i].last_us;
	}
	story_free(s);
}

static void
take_notice(struct outbox_read *o, const struct alert *a, const void *p, size_t size)
{
	struct notice *n = notice_unpack(0, p, size);
	if (n && same(a, n->rule, n->run, n->metric)) {
		struct outbox_channel *c = channel_of(o, n->channel);
		c->waits = true;
		c->event = n->event;
		c->tries = n->tries;
		c->next_us = n->next_us;
	}
	notice_free(n);
}

void
outbox_read_take(struct outbox_read *o, const struct alert *a, const char *key, const void *p,
		 size_t n)
{
	if (key[0] == 's') {
		take_story(o, a, p, n);
	} else if (key[0] == PAST_PREFIX) {
		struct past *past = past_unpack(p, n);
		if (past && past_is_of(past, a)) {
			past_free(o->past);
			o->past = past;
		} else {
			past_free(past);
		}
	} else if (key[0] == 'n') {
		take_notice(o, a, p, n);
	}
}
