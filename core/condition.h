/* condition.h - what an alert rule asks: `value > 2.5`, `spike(z=8) and not mean(10) < 3`.
 *
 *     CONDITION = and { "or" and }
 *     and       = unit { "and" unit }
 *     unit      = "not" unit | "(" CONDITION ")" | FUNCTION OP NUMBER | DETECTOR
 *     FUNCTION  = name [ "(" COUNT | TIME | METRIC ")" ]                  (function.h)
 *     DETECTOR  = name [ "(" name "=" NUMBER { "," name "=" NUMBER } ")" ]  (detect.h)
 *               | "log" "(" '"' text '"' | "/" regex "/" ")"
 *     OP        = ">" | ">=" | "<" | "<="                   (== and != of exit and attempt)
 *     NUMBER    = decimal [ % k M G Ki Mi Gi ms s m h d ]
 *
 * A comparison with what is not known is itself not known; what that makes of the whole is Kleene's
 * logic (verdict.h). */
#ifndef CORE_CONDITION_H
#define CORE_CONDITION_H

#include "core/err.h"
#include "core/function.h"
#include "core/str.h"

enum condition_op { OP_LT, OP_LE, OP_GT, OP_GE, OP_EQ, OP_NE };

/* A function that is compared, or a detector: one of the two is NULL. */
struct term {
	const struct function *function;
	const struct detector *detector;
	enum condition_op op;
	double limit;            /* suffixes are multiplied in: 80% is 0.8, 2m is 120 */
	double arg[KEEPER_ARGS]; /* of the function or the detector, defaults filled in */
	char *metric;            /* of ratio() */
	char *text;              /* of log() */
	bool regex;              /* that is what TEXT is */
	int wish;                /* its number among what is looked for (log_scan.h) */
};

enum { CONDITION_TERMS = 32 };

struct condition {
	struct term *term;
	int nterms; /* 0: no condition at all */
	/* In the order of evaluation, operands first: the number of a term, or an operator. */
	int8_t *code;
	int ncode;
};

enum { CONDITION_NOT = -1, CONDITION_AND = -2, CONDITION_OR = -3 };

/* All zero is no condition. Errors read "column 7: …", counted from 1 within TEXT, with the nearest
 * valid word. On error OUT is void. */
int condition_parse(const char *text, struct condition *out, struct err *e);
void condition_release(struct condition *c);
/* As condition_parse would read it. */
void condition_format(const struct condition *c, struct str *out);
/* FN judges the I-th term. Every term is judged. */
enum verdict condition_judge(const struct condition *c,
			     enum verdict (*fn)(void *ctx, const struct term *t, int i), void *ctx);
/* Does it change while no point comes? */
bool condition_ages(const struct condition *c);

enum about term_about(const struct term *t);
/* What a term about a series has kept; NULL: nothing. KEEPS gets the keeper's arguments. */
const struct keeper *term_keeper(const struct term *t, double *keeps);
/* A term about a series, whose keeper's state is STATE. */
enum verdict term_judge(const struct term *t, const void *state, const struct sample *now);
/* Compares V with the limit; NaN is not known. */
enum verdict term_compare(const struct term *t, double v);

#endif
