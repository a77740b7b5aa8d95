/* hold.h - how long something has to be true: a time, points in a row, K of N points. */
#ifndef CORE_HOLD_H
#define CORE_HOLD_H

#include "core/err.h"

#include <stdint.h>

enum hold_kind { HOLD_NONE, HOLD_TIME, HOLD_POINTS };

#define HOLD_MAX_POINTS 32 /* of "K of N": they are kept as bits */

struct hold {
	enum hold_kind kind;
	int64_t time_us; /* HOLD_TIME */
	uint32_t points; /* HOLD_POINTS: this many … */
	uint32_t of;     /* … of the last OF, at most HOLD_MAX_POINTS; 0: in a row */
};

/* "0", "30s", "5 points", "2 of 3 points". */
int hold_parse(const char *text, struct hold *out, struct err *e);

#endif
