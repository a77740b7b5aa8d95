/* A record is read when the ingester starts and written when something is added to it, so memory
 * holds as many as there are instances that ever fired under somebody's eyes: with a few entries
 * each, far less than what else is known of a run. */
#include "core/past.h"

#include "core/fnv.h"
#include "core/map.h"
#include "core/pack.h"
#include "core/xalloc.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Not that of a notice: who doesn't know these records takes them for none. */
enum { VERSION = 101 };

struct pasts {
	struct sink *sink;
	struct map all;
};

void
past_free(struct past *p)
{
	if (!p)
		return;
	free(p->rule);
	free(p->run);
	free(p->metric);
	free(p);
}

static void
pack_z(struct str *out, const char *z)
{
	pack_text(out, z, strlen(z));
}

void
past_pack(struct str *out, const struct past *p)
{
	pack_u64(out, VERSION);
	pack_z(out, p->rule);
	pack_z(out, p->run);
	pack_z(out, p->metric);
	pack_u64(out, p->episodes);
	pack_u64(out, p->episode);
	pack_u64(out, p->active | (unsigned)p->acked << 1);
	pack_u64(out, (uint64_t)p->n);
	for (int i = 0; i < p->n; i++) {
		pack_i64(out, p->entry[i].time_us);
		pack_u64(out, (uint64_t)p->entry[i].event);
		pack_i64(out, p->entry[i].step);
		pack_f64(out, p->entry[i].value);
	}
}

struct past *
past_unpack(const void *bytes, size_t size)
{
	struct unpack u;
	struct past *p = xcalloc(1, sizeof *p);
	unpack_init(&u, bytes, size);
	if (unpack_u64(&u) != VERSION)
		u.bad = true;
	p->rule = unpack_string(&u);
	p->run = unpack_string(&u);
	p->metric = unpack_string(&u);
	p->episodes = unpack_u64(&u);
	p->episode = unpack_u64(&u);
	uint64_t flags = unpack_upto(&u, 3);
	p->active = flags & 1;
	p->acked = flags & 2;
	p->n = (int)unpack_upto(&u, PAST_MAX);
	for (int i = 0; i < p->n; i++) {
		p->entry[i].time_us = unpack_i64(&u);
		p->entry[i].event = (enum past_event)unpack_upto(&u, PAST_NEVENTS - 1);
		p->entry[i].step = unpack_i64(&u);
		p->entry[i].value = unpack_f64(&u);
	}
	if (unpack_whole(&u))
		return p;
	past_free(p);
	return NULL;
}

/* A NUL between the parts. */
static void
identity(struct str *out, const char *rule, const char *run, const char *metric)
{
	str_add(out, rule, strlen(rule) + 1);
	str_add(out, run, strlen(run) + 1);
	str_adds(out, metric);
}

void
past_key(char buf[40], const struct alert *a)
{
	struct str id = STR_INIT;
	identity(&id, a->rule, a->run, a->metric);
	snprintf(buf, 40, "%c%016" PRIx64 "%016" PRIx64, PAST_PREFIX,
		 fnv_bytes(FNV_BASIS, id.buf, id.len),
		 fnv_bytes(UINT64_C(0x84222325cbf29ce4), id.buf, id.len));
	str_release(&id);
}

bool
past_is_of(const struct past *p, const struct alert *a)
{
	return strcmp(p->rule, a->rule) == 0 && strcmp(p->run, a->run) == 0 &&
	       strcmp(p->metric, a->metric) == 0;
}

/* -- all of them ------------------------------------------------------------------------------- */

static void
forget(struct pasts *ps)
{
	size_t at = 0;
	for (struct past *p; (p = map_next(&ps->all, &at));)
		past_free(p);
	map_release(&ps->all);
	ps->all = (struct map)MAP_INIT;
}

struct pasts *
pasts_new(struct sink *sink)
{
	struct pasts *ps = xcalloc(1, sizeof *ps);
	ps->sink = sink;
	return ps;
}

void
pasts_free(struct pasts *ps)
{
	if (!ps)
		return;
	forget(ps);
	free(ps);
}

static void
keep(struct pasts *ps, struct past *p)
{
	struct str id = STR_INIT;
	identity(&id, p->rule, p->run, p->metric);
	map_put(&ps->all, id.buf, id.len, p);
	str_release(&id);
}

static struct past *
find(const struct pasts *ps, const struct alert *a)
{
	struct str id = STR_INIT;
	identity(&id, a->rule, a->run, a->metric);
	struct past *p = map_get(&ps->all, id.buf, id.len);
	str_release(&id);
	return p;
}

static int
restore_record(void *ctx, const char *key, const void *bytes, size_t size)
{
	struct past *p = key[0] == PAST_PREFIX ? past_unpack(bytes, size) : NULL;
	if (p)
		keep(ctx, p);
	return 0;
}

void
pasts_restore(struct pasts *ps)
{
	forget(ps);
	ps->sink->ops->outbox_each(ps->sink, restore_record, ps);
}

static void
note(struct past *p, const struct past_entry *e)
{
	if (p->n == PAST_MAX)
		memmove(p->entry, p->entry + 1, sizeof *p->entry * (size_t)--p->n);
	p->entry[p->n++] = *e;
}

static bool
take(struct past *p, const struct alert *a, int64_t now_us)
{
	bool fires = a->state == ALERT_FIRING || a->state == ALERT_RECOVERING;
	bool ended = !fires && a->state != ALERT_PENDING;
	bool news = false;
	/* One that has no duration is over as soon as it fires, which is no news. */
	if ((fires || a->state == ALERT_RESOLVED) && a->episode != p->episode) {
		note(p, &(struct past_entry){a->fired_us, PAST_FIRED, a->step, a->value});
		p->episodes++;
		p->episode = a->episode;
		p->active = fires;
		p->acked = false;
		news = true;
	}
	if (fires && a->acked && !p->acked) {
		note(p, &(struct past_entry){now_us, PAST_ACKED, a->step, a->value});
		p->acked = news = true;
	}
	if (ended && p->active) {
		int64_t when = a->state == ALERT_RESOLVED ? a->since_us : now_us;
		note(p, &(struct past_entry){when, PAST_ENDED, a->step, a->value});
		p->active = false;
		news = true;
	}
	return news;
}

void
pasts_hear(struct pasts *ps, const struct alert *a, int64_t now_us)
{
	struct past *p = find(ps, a);
	bool fires = a->state == ALERT_FIRING || a->state == ALERT_RECOVERING;
	if (!p) {
		if (a->historic || (!fires && a->state != ALERT_RESOLVED))
			return;
		p = xcalloc(1, sizeof *p);
		p->rule = xstrdup(a->rule);
		p->run = xstrdup(a->run);
		p->metric = xstrdup(a->metric);
		keep(ps, p);
	} else if (a->historic) {
		return;
	}
	if (!take(p, a, now_us))
		return;
	char key[40];
	struct str v = STR_INIT;
	past_key(key, a);
	past_pack(&v, p);
	ps->sink->ops->outbox_put(ps->sink, key, v.buf, v.len);
	str_release(&v);
}
