/* notation.h - series as promtool's rule tests write them: `1+2x3 _x2 NaN 5-1x2`.
 *
 *     a      a value: a number, NaN, Inf        a+bxn   a, a+b, …, a+n·b
 *     axn    n+1 times a                        a-bxn   a, a-b, …, a-n·b
 *     _      no value                           _xn     n times no value
 *     stale  no value
 *
 * (prometheus.io: Unit testing for rules.) */
#ifndef CORE_NOTATION_H
#define CORE_NOTATION_H

#include "core/err.h"

#include <stdbool.h>
#include <stddef.h>

enum { NOTATION_MAX = 100000 }; /* values of one series */

struct noted {
	double value;
	bool there;
};

/* OUT (to be freed) gets N values. Errors read "column 7: …". */
int notation_expand(const char *text, struct noted **out, size_t *n, struct err *e);

#endif
