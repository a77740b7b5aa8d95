#include "core/notation.h"

#include "core/num.h"
#include "core/xalloc.h"

#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct expansion {
	const char *text, *p;
	struct noted *v;
	size_t n, cap;
	struct err *e;
};

static int
fail(struct expansion *x, const char *what)
{
	return err_set(x->e, ERR_USAGE, "column %d: %s", (int)(x->p - x->text) + 1, what);
}

static int
repeat(struct expansion *x, struct noted first, double by, uint64_t times)
{
	if (times > NOTATION_MAX - x->n)
		return fail(x, "too many values");
	for (uint64_t i = 0; i < times; i++) {
		*vec_push(x->v, x->n, x->cap) = first;
		first.value += by;
	}
	return 0;
}

/* xN at the cursor; 0 where there is none. */
static int
take_times(struct expansion *x, uint64_t *times)
{
	*times = 0;
	if (*x->p != 'x')
		return 0;
	x->p++;
	if (!isdigit((unsigned char)*x->p))
		return fail(x, "expected how many times");
	while (isdigit((unsigned char)*x->p) && *times <= NOTATION_MAX)
		*times = *times * 10 + (uint64_t)(*x->p++ - '0');
	return 0;
}

/* Digits alone: "1+2" is no number's exponent. */
static int
take_number(struct expansion *x, double *v)
{
	const char *end = num_parse(x->p, x->p + strlen(x->p), v);

	if (!end)
		return fail(x, "expected a number, NaN, Inf, _ or stale");
	x->p = end;
	return 0;
}

static int
take_item(struct expansion *x)
{
	struct noted first = {0, false};
	uint64_t times;
	double by = 0;

	if (*x->p == '_' || strncmp(x->p, "stale", 5) == 0) {
		x->p += *x->p == '_' ? 1 : 5;
		if (take_times(x, &times) < 0)
			return ERR_USAGE;
		return repeat(x, first, 0, x->p[-1] == '_' || x->p[-1] == 'e' ? 1 : times);
	}
	first.there = true;
	if (take_number(x, &first.value) < 0)
		return ERR_USAGE;
	bool steps = *x->p == '+' || *x->p == '-';
	if (steps) {
		double sign = *x->p++ == '-' ? -1 : 1;
		if (take_number(x, &by) < 0)
			return ERR_USAGE;
		by *= sign;
		if (*x->p != 'x')
			return fail(x, "expected x and how many times");
	}
	if (take_times(x, &times) < 0)
		return ERR_USAGE;
	return repeat(x, first, by, times + 1);
}

int
notation_expand(const char *text, struct noted **out, size_t *n, struct err *e)
{
	struct expansion x = {.text = text, .p = text, .e = e};
	int code = 0;

	while (code == 0) {
		while (isspace((unsigned char)*x.p))
			x.p++;
		if (!*x.p)
			break;
		code = take_item(&x);
		if (code == 0 && *x.p && !isspace((unsigned char)*x.p))
			code = fail(&x, "expected a blank");
	}
	if (code < 0) {
		free(x.v);
		x.v = NULL;
		x.n = 0;
	}
	*out = x.v;
	*n = x.n;
	return code;
}
