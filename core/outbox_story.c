/* A story is kept under "s" and a hash of what it is about, which is in the record too. */
#include "core/outbox_own.h"

#include "core/fnv.h"
#include "core/pack.h"
#include "core/xalloc.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { VERSION = 1 };

static const struct str *
story_key(struct outbox *o, const struct alert *a)
{
	str_reset(&o->key);
	str_add(&o->key, a->rule, strlen(a->rule) + 1);
	str_add(&o->key, a->run, strlen(a->run) + 1);
	str_adds(&o->key, a->metric);
	return &o->key;
}

struct story *
story_find(struct outbox *o, const struct alert *a)
{
	const struct str *key = story_key(o, a);
	return map_get(&o->stories, key->buf, key->len);
}

void
story_untold(struct story *s)
{
	for (size_t i = 0; i < s->ntold; i++)
		free(s->told[i].channel);
	free(s->told);
	s->told = NULL;
	s->ntold = 0;
}

static void
alert_release(struct alert *a)
{
	free((char *)(uintptr_t)a->rule);
	free((char *)(uintptr_t)a->run);
	free((char *)(uintptr_t)a->metric);
	free((char *)(uintptr_t)a->message);
}

void
story_free(struct story *s)
{
	story_untold(s);
	alert_release(&s->a);
	free(s->notify);
	free(s);
}

void
story_take(struct story *s, const struct alert *a)
{
	struct alert old = s->a;
	s->a = *a;
	s->a.rule = xstrdup(a->rule);
	s->a.run = xstrdup(a->run);
	s->a.metric = xstrdup(a->metric);
	s->a.message = xstrdup(a->message ? a->message : "");
	s->a.notify = NULL; /* it is the rule's: story_rule() */
	alert_release(&old);
	s->active = a->state == ALERT_FIRING || a->state == ALERT_RECOVERING;
}

void
story_rule(struct story *s, const struct alert *a)
{
	s->sent = a->sent;
	s->repeat_us = a->repeat_us;
	free(s->notify);
	s->notify = a->notify && *a->notify ? xstrdup(a->notify) : NULL;
}

struct story *
story_new(struct outbox *o, const struct alert *a)
{
	struct story *s = xcalloc(1, sizeof *s);
	story_take(s, a);
	story_add(o, s);
	return s;
}

static void
record_key(char buf[40], const struct alert *a)
{
	uint64_t h[2] = {FNV_BASIS, UINT64_C(0x84222325cbf29ce4)};
	for (int i = 0; i < 2; i++)
		h[i] = fnv_text(fnv_text(fnv_text(h[i], a->metric), a->run), a->rule);
	snprintf(buf, 40, "s%016" PRIx64 "%016" PRIx64, h[0], h[1]);
}

static void
pack_z(struct str *out, const char *z)
{
	pack_text(out, z, strlen(z));
}

int
story_fires(const struct story *s, int64_t since_us)
{
	int n = 0;
	for (int i = 0; i < FLAPS; i++)
		n += s->fire_us[i] > since_us;
	return n;
}

bool
story_matters(const struct story *s)
{
	return s->ntold || s->muted || s->flapping || s->fire_us[FLAPS - 1];
}

void
story_save(struct outbox *o, struct story *s)
{
	char key[40];
	struct str v = STR_INIT;

	record_key(key, &s->a);
	if (!story_matters(s)) {
		if (s->recorded)
			outbox_put(o, key, NULL, 0);
		s->recorded = false;
		return;
	}
	pack_u64(&v, VERSION);
	pack_z(&v, s->a.rule);
	pack_z(&v, s->a.run);
	pack_z(&v, s->a.metric);
	pack_z(&v, s->a.message);
	pack_z(&v, s->notify ? s->notify : "");
	pack_i64(&v, s->repeat_us);
	pack_u64(&v, (uint64_t)s->a.severity);
	pack_i64(&v, s->a.fired_us);
	pack_u64(&v, s->episode);
	pack_u64(&v, s->events);
	pack_u64(&v, s->muted | (unsigned)s->flapping << 1 | (unsigned)s->sent << 2);
	for (int i = 0; i < FLAPS; i++)
		pack_i64(&v, s->fire_us[i]);
	pack_u64(&v, s->ntold);
	for (size_t i = 0; i < s->ntold; i++) {
		pack_z(&v, s->told[i].channel);
		pack_i64(&v, s->told[i].last_us);
	}
	outbox_put(o, key, v.buf, v.len);
	s->recorded = true;
	str_release(&v);
}

struct story *
story_unpack(const void *p, size_t size)
{
	struct unpack u;
	struct story *s = xcalloc(1, sizeof *s);

	unpack_init(&u, p, size);
	if (unpack_u64(&u) != VERSION)
		u.bad = true;
	s->a.rule = unpack_string(&u);
	s->a.run = unpack_string(&u);
	s->a.metric = unpack_string(&u);
	s->a.message = unpack_string(&u);
	s->notify = unpack_string(&u);
	s->repeat_us = unpack_i64(&u);
	s->a.severity = (enum severity)unpack_upto(&u, SEVERITY_CRIT);
	s->a.fired_us = unpack_i64(&u);
	s->episode = unpack_u64(&u);
	s->events = (uint32_t)unpack_upto(&u, UINT32_MAX);
	uint64_t flags = unpack_upto(&u, 7);
	s->muted = flags & 1;
	s->flapping = flags & 2;
	s->sent = flags & 4;
	for (int i = 0; i < FLAPS; i++)
		s->fire_us[i] = unpack_i64(&u);
	size_t n = (size_t)unpack_upto(&u, 1000);
	s->told = xcalloc(n + 1, sizeof *s->told);
	for (; s->ntold < n && !u.bad; s->ntold++) {
		s->told[s->ntold].channel = unpack_string(&u);
		s->told[s->ntold].last_us = unpack_i64(&u);
	}
	s->recorded = true;
	if (unpack_whole(&u))
		return s;
	story_free(s);
	return NULL;
}

bool
story_has_told(const struct story *s, const char *channel)
{
	for (size_t i = 0; i < s->ntold; i++)
		if (strcmp(s->told[i].channel, channel) == 0)
			return true;
	return false;
}

void
story_told(struct story *s, const char *channel, int64_t now_us)
{
	for (size_t i = 0; i < s->ntold; i++)
		if (strcmp(s->told[i].channel, channel) == 0) {
			s->told[i].last_us = now_us;
			return;
		}
	s->told = xreallocarray(s->told, s->ntold + 1, sizeof *s->told);
	s->told[s->ntold++] = (struct told){xstrdup(channel), now_us};
}

void
story_add(struct outbox *o, struct story *s)
{
	const struct str *key = story_key(o, &s->a);
	map_put(&o->stories, key->buf, key->len, s);
}

void
story_remove(struct outbox *o, struct story *s)
{
	const struct str *key = story_key(o, &s->a);
	map_remove(&o->stories, key->buf, key->len);
	story_free(s);
}
