/* A norm of gradients is next to nothing, or a small part of what it was when training began: the
 * median of the last 32 points against that of the first 512, which is kept as a histogram over
 * half octaves (so it is known within a factor of 1.2, and a thousandth is asked for). */
#include "core/detect.h"

#include "core/window.h"

#include <math.h>
#include <string.h>

enum { RECENT = 32, FIRST = 512, BINS = 256, BIN_OF_ONE = 160 };

struct vanishing {
	uint16_t bin[BINS]; /* of 2^((i - BIN_OF_ONE) / 2) … */
	uint32_t n;
	struct window *recent; /* of RECENT, behind this */
};

static size_t
size(const double *arg)
{
	(void)arg;
	return sizeof(struct vanishing) + window_size(RECENT);
}

static void
init(void *state, const double *arg)
{
	struct vanishing *v = state;

	(void)arg;
	memset(v->bin, 0, sizeof v->bin);
	v->n = 0;
	v->recent = (struct window *)(v + 1);
	window_init(v->recent, RECENT);
}

/* How it was at the beginning is known for good. */
static void
back(void *state, const double *arg)
{
	(void)arg;
	window_init(((struct vanishing *)state)->recent, RECENT);
}

static void
add(void *state, const double *arg, const struct sample *s)
{
	struct vanishing *v = state;
	double x = fabs(s->value);

	(void)arg;
	window_add(v->recent, x);
	if (v->n == FIRST)
		return;
	double i = x > 0 ? floor(2 * log2(x)) + BIN_OF_ONE : 0;
	v->bin[(int)fmax(0, fmin(BINS - 1, i))]++;
	v->n++;
}

static const struct keeper keeper = {size, init, add, back};

static double
usual(const struct vanishing *v)
{
	uint32_t below = 0;
	int i = 0;

	while (2 * (below += v->bin[i]) < v->n)
		i++;
	return exp2((i + 0.5 - BIN_OF_ONE) / 2);
}

static enum verdict
judge(const void *state, const double *arg, const struct sample *now)
{
	const struct vanishing *v = state;

	if (v->recent->n < RECENT || isnan(now->value))
		return VERDICT_UNKNOWN;
	double m = window_median(v->recent);
	return verdict_of(m < arg[1] || (v->n == FIRST && m < arg[0] * usual(v)));
}

static void
explain(const void *state, const double *arg, const struct sample *now, struct str *out)
{
	const struct vanishing *v = state;

	(void)arg;
	(void)now;
	str_addf(out, "median %.3g, at the beginning it was about %.2g", window_median(v->recent),
		 usual(v));
}

const struct detector detect_vanishing = {
	.name = "vanishing",
	.help = "a norm is next to nothing, or a small part of what it was at the beginning",
	.arg = {{"rel", 1e-3, 0, 1, "of the median of the first 512 points"},
		{"floor", 1e-8, 0, 1e300, "or below this, whatever it was"}},
	.keeper = &keeper,
	.judge = judge,
	.explain = explain,
};
