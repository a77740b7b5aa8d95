/* verdict.h - Kleene's three truths: what cannot be known is neither true nor false. */
#ifndef CORE_VERDICT_H
#define CORE_VERDICT_H

#include <stdbool.h>

enum verdict { VERDICT_FALSE, VERDICT_TRUE, VERDICT_UNKNOWN };

static inline enum verdict
verdict_of(bool truth)
{
	return truth ? VERDICT_TRUE : VERDICT_FALSE;
}

static inline enum verdict
verdict_not(enum verdict v)
{
	return v == VERDICT_UNKNOWN ? v : verdict_of(v == VERDICT_FALSE);
}

static inline enum verdict
verdict_and(enum verdict a, enum verdict b)
{
	if (a == VERDICT_FALSE || b == VERDICT_FALSE)
		return VERDICT_FALSE;
	return a == VERDICT_UNKNOWN || b == VERDICT_UNKNOWN ? VERDICT_UNKNOWN : VERDICT_TRUE;
}

static inline enum verdict
verdict_or(enum verdict a, enum verdict b)
{
	return verdict_not(verdict_and(verdict_not(a), verdict_not(b)));
}

#endif
