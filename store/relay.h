/* relay.h - one series that several files hold, one after the other.
 *
 * A logger that is restarted begins another file beside the one before (source_ops.continues). Each
 * file is a log of its own, with its own rows and cursor; that their series go on one from the
 * other is settled when it is asked, like names. Private to the queries. */
#ifndef STORE_RELAY_H
#define STORE_RELAY_H

#include "store/snap.h"

#include <stddef.h>
#include <stdint.h>

struct leg {
	uint32_t series;
	uint32_t attempt;      /* newest in which it has points; 0: not known, there is no other */
	struct series_sum now; /* in that attempt */
};

struct relay {
	struct leg *leg; /* in order */
	size_t n, cap;
};

/* Of any of its series. False: there is no such series. At least one leg. */
bool relay_init(struct relay *r, struct snap *sn, uint32_t series);
void relay_release(struct relay *r);

#endif
