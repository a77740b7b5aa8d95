/* Three kinds of records, beside those of log_kept.h and past.h. A story is what was told of one
 * instance: it begins when that fires and ends when nothing of it matters any more. A notice is one
 * thing that waits for one channel. A lane is what a channel may send. They are kept under texts:
 * "s" and a hash, "n" and a number, "c" and a name. */
#include "core/outbox_own.h"

#include "core/log_kept.h"
#include "core/past.h"
#include "core/xalloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
outbox_put(struct outbox *o, const char *key, const void *p, size_t n)
{
	o->env.sink->ops->outbox_put(o->env.sink, key, p, n);
	o->dirty = true;
}

void
outbox_note(struct outbox *o, char *text)
{
	if (o->env.note)
		o->env.note(o->env.ctx, text);
	free(text);
}

/* -- muting ------------------------------------------------------------------------------------ */

static int64_t
silenced(const struct outbox *o, const struct alert *a, int64_t now_us)
{
	return o->env.silenced ? o->env.silenced(o->env.ctx, a, now_us) : 0;
}

bool
outbox_muted(struct outbox *o, const struct alert *a, int64_t now_us)
{
	return a->acked || a->inhibited || silenced(o, a, now_us) > now_us;
}

/* To everybody who wants it. */
static void
post(struct outbox *o, struct story *s, enum notice_event event, int64_t now_us)
{
	s->events++;
	for (size_t i = 0; i < o->channels->n; i++) {
		const struct channel *c = &o->channels->at[i];
		if (channel_wants(c, &s->a, s->notify) && queue_post(o, s, c, event, now_us))
			story_told(s, c->name, now_us);
	}
}

/* That it fires, to those who have not heard. Those for whom too much waits hear of it later; has
 * anything changed? */
static bool
post_fire(struct outbox *o, struct story *s, int64_t now_us)
{
	bool was_muted = s->muted, posted = false;
	s->muted = false;
	s->events++;
	for (size_t i = 0; i < o->channels->n; i++) {
		const struct channel *c = &o->channels->at[i];
		if (!channel_wants(c, &s->a, s->notify) || story_has_told(s, c->name))
			continue;
		if (queue_post(o, s, c, NOTICE_FIRE, now_us)) {
			story_told(s, c->name, now_us);
			posted = true;
		} else {
			s->muted = true;
		}
	}
	s->events -= !posted;
	return posted || s->muted != was_muted;
}

/* -- hearing ----------------------------------------------------------------------------------- */

static void
on_fire(struct outbox *o, struct story *s, int64_t now_us)
{
	if (s->episode != s->a.episode) {
		s->episode = s->a.episode;
		s->events = 0;
		story_untold(s);
	}
	s->muted = false;
	if (!s->sent)
		return;
	memmove(s->fire_us, s->fire_us + 1, (FLAPS - 1) * sizeof *s->fire_us);
	s->fire_us[FLAPS - 1] = now_us;
	if (s->flapping) {
		; /* that was told */
	} else if (story_fires(s, now_us - FLAP_WINDOW_US) >= FLAPS) {
		s->flapping = true;
		if (!outbox_muted(o, &s->a, now_us))
			post(o, s, NOTICE_FLAP, now_us);
	} else if (outbox_muted(o, &s->a, now_us)) {
		s->muted = true;
	} else {
		story_untold(s);
		post_fire(o, s, now_us);
	}
	story_save(o, s);
}

static void
on_over(struct outbox *o, struct story *s, int64_t now_us)
{
	bool counted = false;
	if (s->muted) {
		s->muted = false;
		story_save(o, s);
	}
	if (s->flapping || !s->ntold)
		return;
	/* What has no duration is not over: it was. */
	for (size_t i = 0; !s->a.event && i < s->ntold; i++) {
		const struct channel *c = channel_find(o->channels, s->told[i].channel);
		if (queue_take_back(o, s, s->told[i].channel) || !c || !c->resolved)
			continue;
		s->events += !counted;
		counted = true;
		queue_post(o, s, c, NOTICE_RESOLVE, now_us);
	}
	story_untold(s);
	story_save(o, s);
}

void
outbox_alert(struct outbox *o, const struct alert *a, bool fired_now, int64_t now_us)
{
	bool active = a->state == ALERT_FIRING || a->state == ALERT_RECOVERING;
	struct story *s = story_find(o, a);

	if (!s && !active)
		return;
	if (!s)
		s = story_new(o, a);
	bool was = s->active;
	story_take(s, a);
	if (active)
		story_rule(s, a);
	if (fired_now && !a->historic)
		on_fire(o, s, now_us);
	else if (was && !s->active)
		on_over(o, s, now_us);
}

int
outbox_each_firing(const struct outbox *o, int (*fn)(void *ctx, const struct alert *a), void *ctx)
{
	size_t at = 0;
	int rc = 0;
	for (const struct story *s; rc == 0 && (s = map_next(&o->stories, &at));)
		if (s->active && !s->a.acked)
			rc = fn(ctx, &s->a);
	return rc;
}

/* -- what time brings -------------------------------------------------------------------------- */

/* A rule's own word counts for more than its channel's. */
static int64_t
repeat_of(const struct story *s, const struct channel *c)
{
	return s->repeat_us ? s->repeat_us : c->repeat_us;
}

static void
story_repeat(struct outbox *o, struct story *s, int64_t now_us)
{
	bool counted = false;
	if (!s->active || s->flapping || s->a.acked)
		return;
	for (size_t i = 0; i < s->ntold; i++) {
		const struct channel *c = channel_find(o->channels, s->told[i].channel);
		int64_t repeat = c ? repeat_of(s, c) : 0;
		if (!repeat || now_us - s->told[i].last_us < repeat)
			continue;
		if (outbox_muted(o, &s->a, now_us))
			return;
		s->events += !counted;
		counted = true;
		queue_post(o, s, c, NOTICE_REPEAT, now_us);
		s->told[i].last_us = now_us;
	}
	if (counted)
		story_save(o, s);
}

static void
story_look(struct outbox *o, struct story *s, int64_t now_us)
{
	if (s->flapping && story_fires(s, now_us - FLAP_WINDOW_US) <= 1) {
		s->flapping = false;
		post(o, s, NOTICE_CALM, now_us);
		if (!s->active)
			story_untold(s);
		story_save(o, s);
	}
	if (s->muted && s->active && !s->a.acked && !outbox_muted(o, &s->a, now_us)) {
		if (post_fire(o, s, now_us))
			story_save(o, s);
	}
	story_repeat(o, s, now_us);
	if (!s->active && s->fire_us[FLAPS - 1] && !s->flapping &&
	    story_fires(s, now_us - FLAP_WINDOW_US) == 0) {
		memset(s->fire_us, 0, sizeof s->fire_us);
		story_save(o, s);
	}
}

void
outbox_look(struct outbox *o, int64_t now_us)
{
	size_t at = 0;
	o->look = false;
	lanes_admit(o);
	for (struct story *s; (s = map_next(&o->stories, &at));) {
		story_look(o, s, now_us);
		if (s->active || story_matters(s))
			continue;
		story_remove(o, s);
	}
}

static int64_t
story_due(const struct outbox *o, const struct story *s, int64_t now_us)
{
	int64_t due = INT64_MAX;
	if (s->flapping) /* when but one firing is left in the window */
		due = earlier(due, s->fire_us[FLAPS - 2] + FLAP_WINDOW_US);
	else if (!s->active && s->fire_us[FLAPS - 1])
		due = earlier(due, s->fire_us[FLAPS - 1] + FLAP_WINDOW_US);
	if (s->muted && s->active && !s->a.acked) {
		int64_t until = silenced(o, &s->a, now_us);
		if (until > now_us)
			due = earlier(due, until);
	}
	for (size_t i = 0; i < s->ntold && s->active && !s->flapping && !s->a.acked; i++) {
		const struct channel *c = channel_find(o->channels, s->told[i].channel);
		int64_t until;
		int64_t repeat = c ? repeat_of(s, c) : 0;
		if (!repeat)
			continue;
		int64_t at = s->told[i].last_us + repeat;
		if (at <= now_us && (until = silenced(o, &s->a, now_us)) > now_us)
			at = until;
		else if (at <= now_us && s->a.inhibited)
			continue; /* until that is over */
		due = earlier(due, at);
	}
	return due;
}

int64_t
outbox_due(const struct outbox *o, int64_t now_us)
{
	int64_t due =
		earlier(o->look || lanes_have_room(o) ? now_us : INT64_MAX, lanes_due(o, now_us));
	size_t at = 0;
	for (const struct story *s; (s = map_next(&o->stories, &at));)
		due = earlier(due, story_due(o, s, now_us));
	return due;
}

size_t
outbox_waiting(const struct outbox *o)
{
	return o->n;
}

int64_t
outbox_oldest_us(const struct outbox *o)
{
	int64_t oldest = 0;
	for (size_t i = 0; i < o->n; i++)
		if (!oldest || o->queue[i]->time_us < oldest)
			oldest = o->queue[i]->time_us;
	return oldest;
}

bool
outbox_dirty(const struct outbox *o)
{
	return o->dirty;
}

void
outbox_committed(struct outbox *o)
{
	o->dirty = false;
	for (size_t i = 0; i < o->n; i++)
		o->queue[i]->kept = true;
}

/* -- beginning and end ------------------------------------------------------------------------- */

struct outbox *
outbox_new(const struct outbox_env *env, const struct channels *channels)
{
	struct outbox *o = xcalloc(1, sizeof *o);
	o->env = *env;
	o->channels = channels;
	o->next_seq = 1;
	lanes_make(o);
	return o;
}

static void
forget(struct outbox *o)
{
	size_t at = 0;
	for (struct story *s; (s = map_next(&o->stories, &at));)
		story_free(s);
	map_release(&o->stories);
	o->stories = (struct map)MAP_INIT;
	for (size_t i = 0; i < o->n; i++)
		notice_free(o->queue[i]);
	o->n = 0;
	o->dirty = false;
}

void
outbox_free(struct outbox *o)
{
	if (!o)
		return;
	forget(o);
	while (o->flying) {
		struct parcel *p = o->flying;
		o->flying = p->next;
		parcel_free(p);
	}
	str_release(&o->key);
	free(o->queue);
	lanes_release(o);
	free(o);
}

void
outbox_channels(struct outbox *o, const struct channels *channels)
{
	for (struct parcel *p = o->flying; p; p = p->next)
		p->channel = p->channel ? channel_find(channels, p->channel->name) : NULL;
	o->channels = channels;
	lanes_make(o);
	for (struct parcel *p = o->flying; p; p = p->next)
		if (p->channel)
			lane_of(o, p->channel)->flying++;
	queue_drop_orphans(o);
}

static int
restore_alert(void *ctx, const struct alert *a)
{
	struct outbox *o = ctx;
	if (a->state != ALERT_FIRING && a->state != ALERT_RECOVERING)
		return 0;
	struct story *s = story_find(o, a);
	if (s)
		story_take(s, a);
	else
		story_new(o, a);
	return 0;
}

static int
restore_record(void *ctx, const char *key, const void *p, size_t size)
{
	struct outbox *o = ctx;
	if (key[0] == PAST_PREFIX)
		return 0; /* core/past.h */
	if (key[0] == 's') {
		struct story *s = story_unpack(p, size);
		if (s)
			story_add(o, s);
		return 0;
	}
	if (log_kept_is(key))
		return 0;
	if (key[0] == 'c') {
		lane_restore(o, key + 1, p, size);
		return 0;
	}
	uint64_t seq = strtoull(key + 1, NULL, 16);
	struct notice *n = notice_unpack(seq, p, size);
	if (!n)
		return 0;
	n->busy = is_flying(o, seq);
	if (seq >= o->next_seq)
		o->next_seq = seq + 1;
	*vec_push(o->queue, o->n, o->cap) = n;
	return 0;
}

static int
by_seq(const void *pa, const void *pb)
{
	const struct notice *a = *(struct notice *const *)pa, *b = *(struct notice *const *)pb;
	return (a->seq > b->seq) - (a->seq < b->seq);
}

void
outbox_restore(struct outbox *o)
{
	struct sink *sink = o->env.sink;
	forget(o);
	sink->ops->outbox_each(sink, restore_record, o);
	if (o->n)
		qsort(o->queue, o->n, sizeof *o->queue, by_seq);
	sink->ops->alert_each(sink, restore_alert, o);
	queue_drop_orphans(o);
	o->look = true;
}

char *
outbox_record_run(const char *key, const void *p, size_t n)
{
	char *run = NULL;
	if (key[0] == PAST_PREFIX) {
		struct past *past = past_unpack(p, n);
		run = past ? xstrdup(past->run) : NULL;
		past_free(past);
	} else if (key[0] == 's') {
		struct story *s = story_unpack(p, n);
		run = s ? xstrdup(s->a.run) : NULL;
		if (s)
			story_free(s);
	} else if (log_kept_is(key)) {
		struct log_kept k;
		run = log_kept_unpack(&k, p, n) ? xstrdup(k.run) : NULL;
		log_kept_release(&k);
	} else if (key[0] == 'c') {
		run = lane_restore(NULL, key + 1, p, n) ? xstrdup("") : NULL;
	} else {
		struct notice *w = notice_unpack(0, p, n);
		run = w ? xstrdup(w->run) : NULL;
		notice_free(w);
	}
	return run;
}
