/* herald.h - tells the channels: an outbox, and for each parcel a process that delivers it.
 *
 * A hook is such a process by itself. A webhook is posted by one too, this program as `mm --post`:
 * looking up a name, reading a bundle of certificates, a TLS library and a server that answers a
 * byte a minute then cost that process its time, and never the ingester's. */
#ifndef CORE_HERALD_H
#define CORE_HERALD_H

#include "core/conf.h"
#include "core/err.h"
#include "core/loop.h"
#include "core/rule.h"
#include "core/sink.h"

#include <stdbool.h>
#include <stdint.h>

struct herald;

struct herald_opts {
	const char *self; /* the program that posts; NULL: nothing is delivered, and nobody told */
	/* As in struct outbox_env. */
	int64_t (*silenced)(void *ctx, const struct alert *a, int64_t now_us);
	void *ctx;
};

struct herald_events {
	void (*note)(void *ctx, const char *text);
	/* Something was handed to the sink that waits for a commit. */
	void (*wake)(void *ctx);
	void *ctx;
};

struct herald *herald_new(struct loop *l, struct sink *sink, const struct conf *c,
			  const struct herald_opts *o, const struct herald_events *ev,
			  struct err *e);
void herald_free(struct herald *h);
int herald_reconf(struct herald *h, const struct conf *c, struct err *e);

/* rules_emit_fn: CTX is the herald. */
void herald_hear(void *ctx, const struct alert *a, bool fired_now);
bool herald_muted(struct herald *h, const struct alert *a);
int herald_each_firing(const struct herald *h, int (*fn)(void *ctx, const struct alert *a),
		       void *ctx);
/* Silences or acknowledgements changed. */
void herald_look(struct herald *h);
/* Since when the oldest message waits (wall clock); 0: none does. */
int64_t herald_oldest_us(const struct herald *h);
bool herald_dirty(const struct herald *h);
void herald_committed(struct herald *h);
void herald_rolled_back(struct herald *h);
/* Nothing is on its way, and nothing could leave now. */
bool herald_idle(struct herald *h);

#endif
