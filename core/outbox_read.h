/* outbox_read.h - what the outbox keeps about one alert, for somebody who looks: who was told and
 * when, who waits to be. */
#ifndef CORE_OUTBOX_READ_H
#define CORE_OUTBOX_READ_H

#include "core/notice.h"
#include "core/past.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct outbox_channel {
	char *name;
	int64_t told_us; /* when last, of its newest episode; 0: not yet */
	bool waits;      /* a message is on its way, or waits to leave: */
	enum notice_event event;
	uint32_t tries;  /* that failed */
	int64_t next_us; /* not before */
};

/* All zero before the first record is taken. */
struct outbox_read {
	struct outbox_channel *channel;
	size_t n, cap;
	bool muted;        /* it fires, and nobody was told: silenced, acknowledged, explained */
	bool flapping;     /* it comes and goes: nothing more is told until it is calm */
	struct past *past; /* what it went through, or NULL */
};

void outbox_read_release(struct outbox_read *o);
/* A record of the sink's, or of a snapshot's; what is not about A (rule, run, metric) is passed
 * over. */
void outbox_read_take(struct outbox_read *o, const struct alert *a, const char *key, const void *p,
		      size_t n);

#endif
