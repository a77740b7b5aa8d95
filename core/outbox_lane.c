/* What waits is kept under "n" and its number, and stays there until somebody has it. A lane is
 * what is known of a channel apart from its section: what it may still send, and what is on its
 * way. What it may send is kept under "c" and its name: a restart in the middle of a flood, or
 * while messages are gathered, changes nothing of what is told when. */
#include "core/outbox_own.h"

#include "core/pack.h"
#include "core/xalloc.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STALE_US (24 * 3600 * OUTBOX_SECOND)
#define GIVE_UP_US (48 * 3600 * OUTBOX_SECOND)
#define BACKOFF_MAX_US (300 * OUTBOX_SECOND)

enum {
	LANE_VERSION = 1,
	FLYING_MAX = 4,     /* of one exec channel at a time */
	WAITING_MAX = 5000, /* for one channel */
};

static void
notice_key(char buf[40], uint64_t seq)
{
	snprintf(buf, 40, "n%016" PRIx64, seq);
}

static void
notice_save(struct outbox *o, const struct notice *n)
{
	char key[40];
	struct str v = STR_INIT;
	notice_key(key, n->seq);
	notice_pack(&v, n);
	outbox_put(o, key, v.buf, v.len);
	str_release(&v);
}

void
queue_remove(struct outbox *o, size_t i)
{
	char key[40];
	notice_key(key, o->queue[i]->seq);
	outbox_put(o, key, NULL, 0);
	notice_free(o->queue[i]);
	o->n--;
	memmove(o->queue + i, o->queue + i + 1, (o->n - i) * sizeof *o->queue);
}

/* So many wait for C that no other may. */
static bool
is_full(const struct outbox *o, const struct channel *c)
{
	size_t n = 0;
	for (size_t i = 0; o->n >= WAITING_MAX && i < o->n; i++)
		n += strcmp(o->queue[i]->channel, c->name) == 0;
	return n >= WAITING_MAX;
}

bool
lanes_have_room(const struct outbox *o)
{
	for (size_t i = 0; i < o->nlanes; i++)
		if (o->lane[i].full && !is_full(o, &o->channels->at[i]))
			return true;
	return false;
}

void
lanes_admit(struct outbox *o)
{
	for (size_t i = 0; i < o->nlanes; i++)
		o->lane[i].full &= is_full(o, &o->channels->at[i]);
}

bool
queue_post(struct outbox *o, struct story *s, const struct channel *c, enum notice_event event,
	   int64_t now_us)
{
	struct lane *l = lane_of(o, c);
	if (!l->full && is_full(o, c)) {
		l->full = true;
		outbox_note(o, xasprintf("%s: %d messages wait: what else fires is told when there "
					 "is room, if it still does",
					 c->name, WAITING_MAX));
	}
	if (l->full)
		return false;
	struct notice *n = xcalloc(1, sizeof *n);
	*n = (struct notice){
		.seq = o->next_seq++,
		.channel = xstrdup(c->name),
		.id = xasprintf("%" PRIu64 "/%s/%" PRIu32, s->episode, notice_event_names[event],
				s->events),
		.event = event,
		.rule = xstrdup(s->a.rule),
		.run = xstrdup(s->a.run),
		.metric = xstrdup(s->a.metric),
		.message = xstrdup(s->a.message),
		.severity = s->a.severity,
		.attempt = s->a.attempt,
		.value = s->a.value,
		.step = s->a.step,
		.time_us = now_us,
		.fired_us = s->a.fired_us,
		.firing = s->active || event == NOTICE_FIRE,
	};
	*vec_push(o->queue, o->n, o->cap) = n;
	notice_save(o, n);
	return true;
}

static bool
same_instance(const struct notice *a, const struct notice *b)
{
	return strcmp(a->channel, b->channel) == 0 && strcmp(a->rule, b->rule) == 0 &&
	       strcmp(a->run, b->run) == 0 && strcmp(a->metric, b->metric) == 0;
}

bool
queue_take_back(struct outbox *o, const struct story *s, const char *channel)
{
	bool taken = false;
	for (size_t i = 0; i < o->n;) {
		const struct notice *n = o->queue[i];
		if (strcmp(n->channel, channel) == 0 && n->event == NOTICE_FIRE && !n->busy &&
		    n->tries == 0 && strcmp(n->rule, s->a.rule) == 0 &&
		    strcmp(n->run, s->a.run) == 0 && strcmp(n->metric, s->a.metric) == 0) {
			queue_remove(o, i);
			taken = true;
		} else {
			i++;
		}
	}
	return taken;
}

void
queue_drop_orphans(struct outbox *o)
{
	for (size_t i = 0; i < o->n;) {
		if (channel_find(o->channels, o->queue[i]->channel))
			i++;
		else
			queue_remove(o, i);
	}
}

/* -- parcels ----------------------------------------------------------------------------------- */

bool
is_flying(const struct outbox *o, uint64_t seq)
{
	for (const struct parcel *p = o->flying; p; p = p->next)
		for (size_t i = 0; i < p->n; i++)
			if (p->notice[i]->seq == seq)
				return true;
	return false;
}

struct lane *
lane_of(const struct outbox *o, const struct channel *c)
{
	return &o->lane[c - o->channels->at];
}

static void
lane_save(struct outbox *o, const struct lane *l)
{
	struct str v = STR_INIT;
	char *key = xasprintf("c%s", l->name);
	pack_u64(&v, LANE_VERSION);
	pack_f64(&v, l->tokens);
	pack_i64(&v, l->refill_us);
	pack_i64(&v, l->last_us);
	pack_u64(&v, l->limited);
	outbox_put(o, key, v.buf, v.len);
	str_release(&v);
	free(key);
}

bool
lane_restore(struct outbox *o, const char *name, const void *p, size_t size)
{
	struct unpack u;
	struct lane l = {0};
	unpack_init(&u, p, size);
	if (unpack_u64(&u) != LANE_VERSION)
		return false;
	l.tokens = unpack_f64(&u);
	l.refill_us = unpack_i64(&u);
	l.last_us = unpack_i64(&u);
	l.limited = unpack_upto(&u, 1);
	const struct channel *c = o ? channel_find(o->channels, name) : NULL;
	/* Written so that NaN is refused too. */
	if (!unpack_whole(&u) || !(l.tokens >= 0 && l.tokens <= 1e9))
		return false;
	if (c) {
		struct lane *to = lane_of(o, c);
		l.name = to->name;
		l.flying = to->flying;
		*to = l;
	}
	return true;
}

static double
tokens_at(const struct channel *c, const struct lane *l, int64_t now_us)
{
	double t = l->tokens;
	if (now_us > l->refill_us)
		t += (double)(now_us - l->refill_us) * c->rate / 3600e6;
	return t < c->rate ? t : c->rate;
}

/* May it leave, as far as it alone goes? */
static bool
ready(const struct notice *n, const struct channel *c, int64_t now_us)
{
	return n->kept && !n->busy && n->next_us <= now_us && strcmp(n->channel, c->name) == 0;
}

/* What came before it about the same instance has not left yet: it waits for its turn. */
static bool
overtakes(const struct outbox *o, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (same_instance(o->queue[k], o->queue[i]))
			return true;
	return false;
}

static struct notice *
notice_copy(const struct notice *n)
{
	struct notice *c = xmemdup(n, sizeof *n);
	c->channel = xstrdup(n->channel);
	c->id = xstrdup(n->id);
	c->rule = xstrdup(n->rule);
	c->run = xstrdup(n->run);
	c->metric = xstrdup(n->metric);
	c->message = xstrdup(n->message);
	return c;
}

static void
parcel_add(struct parcel *p, struct notice *n)
{
	p->notice = xreallocarray(p->notice, p->n + 1, sizeof *p->notice);
	p->notice[p->n++] = notice_copy(n);
	n->busy = true;
}

/* One, or with ALL what else is ready; with STALE only what is old. */
static struct parcel *
pack_parcel(struct outbox *o, const struct channel *c, bool all, bool stale, int64_t now_us)
{
	struct parcel *p = xcalloc(1, sizeof *p);
	p->channel = c;
	for (size_t i = 0; i < o->n; i++) {
		struct notice *n = o->queue[i];
		if (!ready(n, c, now_us) || (stale && now_us - n->time_us < STALE_US) ||
		    (!all && overtakes(o, i)))
			continue;
		parcel_add(p, n);
		if (!all)
			break;
	}
	if (p->n)
		return p;
	free(p);
	return NULL;
}

struct count {
	size_t ready, stale;
};

static struct count
count_ready(struct outbox *o, const struct channel *c, int64_t now_us)
{
	struct count k = {0};
	for (size_t i = 0; i < o->n; i++)
		if (ready(o->queue[i], c, now_us)) {
			k.ready++;
			k.stale += now_us - o->queue[i]->time_us >= STALE_US;
		}
	return k;
}

static struct parcel *
lane_next(struct outbox *o, const struct channel *c, int64_t now_us)
{
	struct lane *l = lane_of(o, c);
	bool exec = c->type == CHANNEL_EXEC;
	struct count k = count_ready(o, c, now_us);

	if (!k.ready || l->flying >= (exec ? FLYING_MAX : 1))
		return NULL;
	/* A clock that was set back must not hold anything. */
	if (!exec && l->last_us && now_us >= l->last_us && now_us - l->last_us < c->group_us)
		return NULL;
	double tokens = tokens_at(c, l, now_us);
	if (tokens < 1) {
		l->limited = true;
		return NULL;
	}
	struct parcel *p = k.stale > 1 ? pack_parcel(o, c, true, true, now_us)
				       : pack_parcel(o, c, !exec || l->limited, false, now_us);
	if (!p)
		return NULL;
	if (k.stale <= 1)
		l->limited = false;
	l->tokens = tokens - 1;
	l->refill_us = l->last_us = now_us;
	l->flying++;
	return p;
}

/* What nobody could be told for two days. */
static void
give_up(struct outbox *o, int64_t now_us)
{
	for (size_t i = 0; i < o->n;) {
		const struct notice *n = o->queue[i];
		if (n->busy || !n->tries || now_us - n->time_us < GIVE_UP_US) {
			i++;
			continue;
		}
		outbox_note(o, xasprintf("%s could not be told for two days, given up: %s: %s",
					 n->channel, n->rule, n->message));
		queue_remove(o, i);
	}
}

/* A clock that was set back must not hold anything: what was counted from a time that has yet to
 * come is counted from now. */
static void
clock_back(struct outbox *o, int64_t now_us)
{
	for (size_t i = 0; i < o->nlanes; i++)
		o->lane[i].refill_us = earlier(o->lane[i].refill_us, now_us);
	for (size_t i = 0; i < o->n; i++) {
		struct notice *n = o->queue[i];
		if (n->time_us > now_us) {
			n->next_us = earlier(n->next_us, now_us);
			n->time_us = now_us;
		}
	}
}

struct parcel *
outbox_next(struct outbox *o, int64_t now_us)
{
	clock_back(o, now_us);
	give_up(o, now_us);
	for (size_t i = 0; i < o->channels->n; i++) {
		struct parcel *p = lane_next(o, &o->channels->at[i], now_us);
		if (p) {
			p->next = o->flying;
			o->flying = p;
			return p;
		}
	}
	return NULL;
}

/* 1 s, 2 s, 4 s … 5 min, and up to a quarter more, so that many don't come back together. */
static int64_t
backoff(const struct notice *n)
{
	int64_t us = n->tries > 9 ? BACKOFF_MAX_US : OUTBOX_SECOND << (n->tries - 1);
	if (us > BACKOFF_MAX_US)
		us = BACKOFF_MAX_US;
	uint64_t h = (n->seq << 8 | n->tries) * UINT64_C(0x9e3779b97f4a7c15);
	return us + (int64_t)(h >> 33) % (us / 4);
}

void
parcel_free(struct parcel *p)
{
	for (size_t i = 0; i < p->n; i++)
		notice_free(p->notice[i]);
	free(p->notice);
	free(p);
}

static void
notice_back(struct outbox *o, uint64_t seq, enum outcome how, int64_t retry_us, int64_t now_us)
{
	for (size_t i = 0; i < o->n; i++) {
		struct notice *n = o->queue[i];
		if (n->seq != seq)
			continue;
		n->busy = false;
		if (how != OUTCOME_RETRY) {
			queue_remove(o, i);
			return;
		}
		n->tries++;
		int64_t wait = backoff(n);
		n->next_us = now_us + (retry_us > wait ? retry_us : wait);
		notice_save(o, n);
		return;
	}
}

void
outbox_back(struct outbox *o, struct parcel *p, enum outcome how, int64_t retry_us, int64_t now_us)
{
	struct parcel **at = &o->flying;
	while (*at && *at != p)
		at = &(*at)->next;
	if (*at)
		*at = p->next;
	if (p->channel) { /* it may be gone */
		struct lane *l = lane_of(o, p->channel);
		l->flying--;
		lane_save(o, l); /* with what came of it: else it leaves again, at once */
	}
	for (size_t i = 0; i < p->n; i++)
		notice_back(o, p->notice[i]->seq, how, retry_us, now_us);
	parcel_free(p);
}

static int64_t
lane_due(const struct outbox *o, const struct channel *c, int64_t now_us)
{
	const struct lane *l = lane_of(o, c);
	bool exec = c->type == CHANNEL_EXEC;
	int64_t due = INT64_MAX;

	if (l->flying >= (exec ? FLYING_MAX : 1))
		return due; /* one that comes back is an event */
	for (size_t i = 0; i < o->n; i++) {
		const struct notice *n = o->queue[i];
		/* Whom it overtakes is asked last, of the few that would leave earlier. */
		if (n->next_us < due && n->kept && !n->busy && strcmp(n->channel, c->name) == 0 &&
		    !(exec && overtakes(o, i)))
			due = n->next_us;
	}
	if (due == INT64_MAX)
		return due;
	if (!exec && l->last_us && now_us >= l->last_us && due < l->last_us + c->group_us)
		due = l->last_us + c->group_us;
	double tokens = tokens_at(c, l, now_us);
	int64_t token =
		tokens >= 1 ? 0 : now_us + (int64_t)((1 - tokens) * 3600e6 / c->rate) + 1000;
	return due > token ? due : token;
}

int64_t
lanes_due(const struct outbox *o, int64_t now_us)
{
	int64_t due = INT64_MAX;
	for (size_t i = 0; i < o->channels->n; i++)
		due = earlier(due, lane_due(o, &o->channels->at[i], now_us));
	return due;
}

static void
lanes_free(struct lane *l, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(l[i].name);
	free(l);
}

void
lanes_release(struct outbox *o)
{
	lanes_free(o->lane, o->nlanes);
}

void
lanes_make(struct outbox *o)
{
	struct lane *old = o->lane;
	size_t nold = o->nlanes;
	o->nlanes = o->channels->n;
	o->lane = xcalloc(o->nlanes + 1, sizeof *o->lane);
	for (size_t i = 0; i < o->nlanes; i++) {
		const struct channel *c = &o->channels->at[i];
		struct lane *l = &o->lane[i];
		l->tokens = c->rate;
		for (size_t k = 0; k < nold; k++)
			if (!strcmp(old[k].name, c->name))
				*l = old[k];
		l->name = xstrdup(c->name);
		l->flying = 0;
	}
	lanes_free(old, nold);
}
