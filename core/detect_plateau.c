/* The last fifth of the history is no better than the one before, and noise does not hide that it
 * is: gain + 2 errors < 0.5 % of the mean. Looked at every 50 points, true after three such looks:
 * "the best is long ago" calls every noisy training a plateau. */
#include "core/detect.h"

#include <math.h>

enum { EVERY = 50, ENOUGH = 500, LOOKS = 3 };

struct plateau {
	struct trend trend;
	uint32_t looks; /* in a row that found it */
};

static size_t
size(const double *arg)
{
	(void)arg;
	return sizeof(struct plateau);
}

static void
init(void *state, const double *arg)
{
	struct plateau *p = state;

	(void)arg;
	trend_init(&p->trend);
	p->looks = 0;
}

static void
add(void *state, const double *arg, const struct sample *s)
{
	struct plateau *p = state;
	double gain, error, before;

	trend_add(&p->trend, s->goal == GOAL_MAX ? -s->value : s->value);
	if (p->trend.n < ENOUGH || p->trend.n % EVERY)
		return;
	if (trend_step(&p->trend, &gain, &error, &before) &&
	    gain + 2 * error < arg[0] * fabs(before))
		p->looks++;
	else
		p->looks = 0;
}

static const struct keeper keeper = {size, init, add, NULL};

static enum verdict
judge(const void *state, const double *arg, const struct sample *now)
{
	const struct plateau *p = state;

	(void)arg;
	(void)now;
	if (p->trend.n < ENOUGH)
		return VERDICT_UNKNOWN;
	return verdict_of(p->looks >= LOOKS);
}

static void
explain(const void *state, const double *arg, const struct sample *now, struct str *out)
{
	const struct plateau *p = state;
	double gain = 0, error = 0, before = 0;

	(void)now;
	trend_step(&p->trend, &gain, &error, &before);
	str_addf(out, "better by %.2g ± %.2g over the last fifth of %llu points, less than %g %%",
		 gain, error, (unsigned long long)p->trend.n, 100 * arg[0]);
}

const struct detector detect_plateau = {
	.name = "plateau",
	.help = "it no longer gets better, and noise does not hide that it does",
	.arg = {{"rel", 0.005, 0, 1, "what would count as better, as a share"}},
	.keeper = &keeper,
	.judge = judge,
	.explain = explain,
};
