/* past.h - what an alert instance went through: when it fired, when it was over, when somebody
 * acknowledged it.
 *
 * The alert itself knows its newest episode, and is dropped a while after that is over; who is
 * woken by the fourth one wants to know of the other three. So each change that a person would call
 * one is noted, the newest PAST_MAX of an instance, in records beside the outbox's, in the
 * transaction of the change itself. What was judged from old logs is not noted: nobody lived
 * through it. */
#ifndef CORE_PAST_H
#define CORE_PAST_H

#include "core/rule.h"
#include "core/sink.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum past_event { PAST_FIRED, PAST_ENDED, PAST_ACKED, PAST_NEVENTS };
enum { PAST_MAX = 24 };
#define PAST_PREFIX 'h' /* of the keys of its records */

struct past_entry {
	int64_t time_us;
	enum past_event event;
	int64_t step; /* of the point that fired it */
	double value;
};

struct past {
	char *rule, *run, *metric;
	uint64_t episodes; /* that were ever noted */
	/* as it was heard last */
	uint64_t episode;
	bool active, acked;
	struct past_entry entry[PAST_MAX]; /* oldest first */
	int n;
};

void past_free(struct past *p);
void past_pack(struct str *out, const struct past *p);
/* NULL: these bytes are none. */
struct past *past_unpack(const void *p, size_t size);
/* The key of the record about an instance; only the identity of A is looked at. */
void past_key(char buf[40], const struct alert *a);
/* Is P about that instance? */
bool past_is_of(const struct past *p, const struct alert *a);

/* All of them, as the ingester keeps them. */
struct pasts;
struct pasts *pasts_new(struct sink *sink);
void pasts_free(struct pasts *ps);
/* Takes up what the sink keeps, and forgets all else. */
void pasts_restore(struct pasts *ps);
/* An alert was told (rules_emit_fn); what is new about it goes into the sink. */
void pasts_hear(struct pasts *ps, const struct alert *a, int64_t now_us);

#endif
