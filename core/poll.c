/* Three rings, one for each interval. Within a ring everything waits equally long, so it is ordered
 * by being a queue: what is due is at the front, and adding, asking and removing cost the same for
 * ten items as for ten thousand. A bucket of tokens bounds the calls. */
#include "core/poll.h"

#include "core/clock.h"
#include "core/xalloc.h"

#include <stdlib.h>

enum { RINGS = 3, BATCH_US = 50000 }; /* tokens are spent in batches: fewer wake-ups */

static const struct {
	int64_t younger_us, every_us;
} interval[RINGS] = {
	{60LL * 1000000, 500000},
	{3600LL * 1000000, 5000000},
	{INT64_MAX, 60000000},
};

struct poller {
	struct loop_timer *timer;
	int64_t (*look)(void *ctx, struct poll_item *it);
	void *ctx;
	struct poll_item ring[RINGS]; /* heads: next is the first that is due */
	double tokens, per_us;
	int64_t filled_us;
};

/* What is due, or will be. When there is more than the tokens allow, lateness counts in intervals:
 * all of them stretch by the same factor, and a thousand files that rest don't delay the one that
 * grows by minutes. */
static struct poll_item *
first_due(struct poller *p, int64_t now)
{
	struct poll_item *first = NULL;
	double most = 0;
	for (int i = 0; i < RINGS; i++) {
		struct poll_item *it = p->ring[i].next;
		if (it == &p->ring[i])
			continue;
		double late = (double)(now - it->due_us) / (double)interval[i].every_us;
		if (!first || (it->due_us > now ? first->due_us > it->due_us : late > most)) {
			first = it;
			most = late;
		}
	}
	return first;
}

static void
fill(struct poller *p, int64_t now)
{
	double most = p->per_us * 2 * BATCH_US;
	p->tokens += p->per_us * (double)(now - p->filled_us);
	p->filled_us = now;
	if (p->tokens > (most > 1 ? most : 1))
		p->tokens = most > 1 ? most : 1;
}

static void
set_timer(struct poller *p, int64_t now)
{
	struct poll_item *it = first_due(p, now);
	int64_t wait = it ? it->due_us - now : -1;
	if (it && wait < BATCH_US) {
		/* At least a batch, and at least one token. */
		double lack = p->tokens < 1 ? (1 - p->tokens) / p->per_us : 0;
		wait = lack > BATCH_US ? (int64_t)lack + 1 : BATCH_US;
	}
	loop_timer_set(p->timer, wait);
}

static void
unlink_item(struct poll_item *it)
{
	it->prev->next = it->next;
	it->next->prev = it->prev;
	it->ring = 0;
}

static void
link_item(struct poller *p, struct poll_item *it, int64_t changed_us, int64_t now)
{
	int64_t age = clock_wall_us() - changed_us;
	int i = 0;
	while (i < RINGS - 1 && age >= interval[i].younger_us)
		i++;
	struct poll_item *head = &p->ring[i];
	it->ring = (uint8_t)(i + 1);
	it->due_us = now + interval[i].every_us;
	it->prev = head->prev;
	it->next = head;
	it->prev->next = it;
	head->prev = it;
}

static void
on_timer(void *ctx)
{
	struct poller *p = ctx;
	int64_t now = clock_mono_us();
	fill(p, now);
	struct poll_item *it;
	while (p->tokens >= 1 && (it = first_due(p, now)) && it->due_us <= now) {
		p->tokens -= 1;
		unlink_item(it);
		/* Out of the rings while it is asked about: LOOK may free it, and then says so. */
		int64_t changed = p->look(p->ctx, it);
		if (changed >= 0 && !it->ring)
			link_item(p, it, changed, now);
	}
	set_timer(p, now);
}

struct poller *
poller_new(struct loop *l, int per_second, int64_t (*look)(void *ctx, struct poll_item *it),
	   void *ctx)
{
	struct poller *p = xcalloc(1, sizeof *p);
	p->timer = loop_timer_new(l, on_timer, p);
	p->look = look;
	p->ctx = ctx;
	p->filled_us = clock_mono_us();
	for (int i = 0; i < RINGS; i++)
		p->ring[i].prev = p->ring[i].next = &p->ring[i];
	poller_rate(p, per_second);
	return p;
}

void
poller_free(struct poller *p)
{
	if (!p)
		return;
	loop_timer_free(p->timer);
	free(p);
}

void
poller_add(struct poller *p, struct poll_item *it, int64_t changed_us)
{
	int64_t now = clock_mono_us();
	if (it->ring)
		unlink_item(it);
	link_item(p, it, changed_us, now);
	set_timer(p, now);
}

void
poller_remove(struct poller *p, struct poll_item *it)
{
	if (!it->ring)
		return;
	unlink_item(it);
	set_timer(p, clock_mono_us());
}

void
poller_rate(struct poller *p, int per_second)
{
	p->per_us = (per_second > 0 ? per_second : 1) / 1e6;
}
