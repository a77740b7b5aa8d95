/* outbox.h - what is to be told, to whom, and what was told already.
 *
 * It hears every change of every alert, and decides: whether anybody is told, who, now or later.
 * What waits, and what was told of each instance, goes into the sink beside the alert's own state,
 * in the same transaction as the points that it came of; only when that is kept does a parcel
 * leave. So a process killed anywhere tells everything at least once, under the same id, and what
 * it had told it doesn't tell anew.
 *
 * - Told is what fires, and that it is over if its firing was told; of an episode that begins and
 *   ends before its message left, nothing.
 * - Muted by a silence, by another alert that explains it (the rules say: inhibited), or
 *   acknowledged: nothing is told; if it still fires when the mute ends, it is told then.
 * - Five firings of an instance within half an hour: one message that it flaps, then none until
 *   there was at most one for half an hour.
 * - A channel's first message goes at once. A webhook's further ones are gathered for a while; more
 *   than `rate` an hour, or what is older than a day, becomes one digest.
 *
 * No clock, no process, no file in here: time is handed in, deliveries are somebody else's. */
#ifndef CORE_OUTBOX_H
#define CORE_OUTBOX_H

#include "core/channel.h"
#include "core/notice.h"
#include "core/sink.h"

#include <stdbool.h>
#include <stdint.h>

struct outbox;

struct outbox_env {
	struct sink *sink;
	/* Until when A is silenced (wall clock), 0: it isn't. NULL: nothing ever is. */
	int64_t (*silenced)(void *ctx, const struct alert *a, int64_t now_us);
	/* One line of what was given up, for whoever runs it. May be NULL. */
	void (*note)(void *ctx, const char *text);
	void *ctx;
};

/* CHANNELS must outlive it, or be replaced. Nothing is read yet. */
struct outbox *outbox_new(const struct outbox_env *env, const struct channels *channels);
void outbox_free(struct outbox *o);
/* Others. What waits for a channel that is gone is dropped. */
void outbox_channels(struct outbox *o, const struct channels *channels);
/* Takes up what the sink keeps, and forgets all else; parcels on their way stay on their way. */
void outbox_restore(struct outbox *o);

/* An alert was told (rules_emit_fn): FIRED_NOW as there. Dropped ones have state ALERT_OK. */
void outbox_alert(struct outbox *o, const struct alert *a, bool fired_now, int64_t now_us);
/* Is A, which fires, not to be announced now? */
bool outbox_muted(struct outbox *o, const struct alert *a, int64_t now_us);
/* Every alert that fires and is not acknowledged; FN must not call back. */
int outbox_each_firing(const struct outbox *o, int (*fn)(void *ctx, const struct alert *a),
		       void *ctx);
/* What time brings: mutes that ended, repeats, calm. Call when outbox_due() says so, and when
 * silences changed. */
void outbox_look(struct outbox *o, int64_t now_us);
/* Something was handed to the sink that waits for a commit. */
bool outbox_dirty(const struct outbox *o);
void outbox_committed(struct outbox *o);

enum outcome { OUTCOME_DELIVERED, OUTCOME_RETRY, OUTCOME_FAILED };

/* Notices that leave together. */
struct parcel {
	const struct channel *channel;
	struct notice **notice; /* copies */
	size_t n;
	struct parcel *next; /* the outbox's */
};

/* The next parcel that may leave, or NULL. It is on its way until it is handed back. */
struct parcel *outbox_next(struct outbox *o, int64_t now_us);
/* RETRY_US: at least so long until it is tried again (RETRY); 0: as usual. Frees P. */
void outbox_back(struct outbox *o, struct parcel *p, enum outcome how, int64_t retry_us,
		 int64_t now_us);
/* When outbox_next() or outbox_look() may have something to do, if nothing else happens. INT64_MAX:
 * never. */
int64_t outbox_due(const struct outbox *o, int64_t now_us);
/* How many wait, those on their way included. */
size_t outbox_waiting(const struct outbox *o);

/* Of a record in the sink: the run that it is about, "" for none, or NULL: it is no such record.
 * The text is the caller's. */
char *outbox_record_run(const char *key, const void *p, size_t n);

#endif
