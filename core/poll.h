/* poll.h - asking again and again: often what changed lately, seldom what hasn't for long, and
 * never too much a second. */
#ifndef CORE_POLL_H
#define CORE_POLL_H

#include "core/loop.h"

#include <stdbool.h>
#include <stdint.h>

/* Embedded in what is asked about. All zero: not asked about. */
struct poll_item {
	struct poll_item *prev, *next;
	int64_t due_us;
	uint8_t ring; /* 1 + which; 0: in none */
};

struct poller;

/* LOOK asks, and returns when the thing changed last (wall clock), or a negative number to ask no
 * more; it may add and remove items. PER_SECOND bounds how often it is called. */
struct poller *poller_new(struct loop *l, int per_second,
			  int64_t (*look)(void *ctx, struct poll_item *it), void *ctx);
/* Its items must be gone or forgotten. */
void poller_free(struct poller *p);
/* Asks first after the interval that suits CHANGED_US (wall clock). Already in: only another
 * interval. */
void poller_add(struct poller *p, struct poll_item *it, int64_t changed_us);
void poller_remove(struct poller *p, struct poll_item *it);
void poller_rate(struct poller *p, int per_second);

#endif
