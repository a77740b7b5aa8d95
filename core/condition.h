/* condition.h - what an alert rule asks of a value, and for how long: `value > 2.5`, `nonfinite`,
 * `2 of 3 points`.
 *
 * Grammar: reference alerts.md §5.1, of which comparisons with `value`, `nonfinite` and `stalled`
 * exist so far. */
#ifndef CORE_CONDITION_H
#define CORE_CONDITION_H

#include "core/err.h"
#include "core/str.h"

#include <stdbool.h>
#include <stdint.h>

/* Kleene's three values: what cannot be known is neither true nor false. */
enum verdict { VERDICT_FALSE, VERDICT_TRUE, VERDICT_UNKNOWN };

enum condition_kind { CONDITION_NONE, CONDITION_VALUE, CONDITION_NONFINITE, CONDITION_STALLED };
enum condition_op { OP_LT, OP_LE, OP_GT, OP_GE };

struct condition {
	enum condition_kind kind;
	enum condition_op op; /* of CONDITION_VALUE */
	double limit;         /* likewise; suffixes are multiplied in: 80% is 0.8, 2m is 120 */
};

/* Errors read "column 7: …", counted from 1 within TEXT, with the nearest valid word. */
int condition_parse(const char *text, struct condition *out, struct err *e);
/* About a value; a comparison with NaN is unknown. Not for CONDITION_STALLED. */
enum verdict condition_of_value(const struct condition *c, double v);
/* As condition_parse would read it. */
void condition_format(const struct condition *c, struct str *out);

/* How long a condition has to be true. */
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
