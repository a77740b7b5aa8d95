/* outbox_own.h - the books of the outbox, for its own files.
 *
 *     outbox.c        what is heard, who is told, what time brings
 *     outbox_story.c  what was told of each instance, as it is kept
 *     outbox_lane.c   what waits, and how it leaves
 */
#ifndef CORE_OUTBOX_OWN_H
#define CORE_OUTBOX_OWN_H

#include "core/map.h"
#include "core/outbox.h"

#define OUTBOX_SECOND INT64_C(1000000)
/* In which firings are counted. */
#define FLAP_WINDOW_US (30 * 60 * OUTBOX_SECOND)

enum { FLAPS = 5 }; /* firings within the window */

/* Who was told of an episode, and when last. */
struct told {
	char *channel;
	int64_t last_us;
};

struct story {
	struct alert a; /* as it was heard last; strings owned */
	bool active;    /* firing or recovering */

	/* what its rule says, as it was heard last: */
	bool sent;         /* its alerts are told */
	char *notify;      /* by these channels; NULL or "": whose severity it is */
	int64_t repeat_us; /* how often; 0: as the channel says */

	/* what is kept: */
	uint64_t episode; /* that the rest is about */
	uint32_t events;  /* of it that were told: the last part of an id */
	bool muted;       /* it fires, and nobody was told yet */
	bool flapping;
	int64_t fire_us[FLAPS]; /* the newest last */
	struct told *told;
	size_t ntold;
	bool recorded;
};

/* What is known of a channel apart from its section. */
struct lane {
	char *name; /* the channel's */
	double tokens;
	int64_t refill_us, last_us;
	int flying;
	bool limited;
	bool full; /* somebody was turned away; not kept */
};

struct outbox {
	struct outbox_env env;
	const struct channels *channels;
	struct lane *lane; /* one for each channel */
	size_t nlanes;
	struct map stories;
	struct str key;
	struct notice **queue; /* in order of number */
	size_t n, cap;
	uint64_t next_seq;
	struct parcel *flying;
	bool dirty;
	bool look; /* for the first time, or anew */
};

static inline int64_t
earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* -- outbox.c */
/* Handed to the sink, for the next commit. */
void outbox_put(struct outbox *o, const char *key, const void *p, size_t n);
void outbox_note(struct outbox *o, char *text); /* frees TEXT */

/* -- outbox_story.c */
struct story *story_find(struct outbox *o, const struct alert *a);
struct story *story_new(struct outbox *o, const struct alert *a);
void story_add(struct outbox *o, struct story *s);
/* Out of the table, and out of memory. */
void story_remove(struct outbox *o, struct story *s);
void story_free(struct story *s);
void story_take(struct story *s, const struct alert *a);
/* Takes what A says of its rule. */
void story_rule(struct story *s, const struct alert *a);
/* Its firings after SINCE, as far as they are known. */
int story_fires(const struct story *s, int64_t since_us);
bool story_matters(const struct story *s);
void story_save(struct outbox *o, struct story *s);
struct story *story_unpack(const void *p, size_t size);
void story_told(struct story *s, const char *channel, int64_t now_us);
bool story_has_told(const struct story *s, const char *channel);
void story_untold(struct story *s);

/* -- outbox_lane.c */
/* S is told to C: waits to leave. False: too many wait already. */
bool queue_post(struct outbox *o, struct story *s, const struct channel *c, enum notice_event event,
		int64_t now_us);
/* The message that S fires never left for CHANNEL: then it never will. */
bool queue_take_back(struct outbox *o, const struct story *s, const char *channel);
void queue_remove(struct outbox *o, size_t i);
/* Who waits for a channel that is no more waits in vain. */
void queue_drop_orphans(struct outbox *o);
bool is_flying(const struct outbox *o, uint64_t seq);
void parcel_free(struct parcel *p);
/* One for each channel; what is known of those that were there before stays, but nothing flies. */
void lanes_make(struct outbox *o);
void lanes_release(struct outbox *o);
/* What is kept of the channel NAME, which there need not be any more. False: these bytes are none.
 * O NULL: only that is asked. */
bool lane_restore(struct outbox *o, const char *name, const void *p, size_t size);
struct lane *lane_of(const struct outbox *o, const struct channel *c);
/* May those that were turned away come again? */
bool lanes_have_room(const struct outbox *o);
void lanes_admit(struct outbox *o);
/* When something may leave. */
int64_t lanes_due(const struct outbox *o, int64_t now_us);

#endif
