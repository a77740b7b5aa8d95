/* A validation loss is past its best while the training loss still falls: the best is several
 * evaluations and a share of all of them ago, the newest is worse by a share (the generalisation
 * loss of Prechelt: Early Stopping - But When?, 1998), and training goes on getting better. */
#include "core/detect.h"

#include <math.h>

static enum verdict
judge(const void *state, const double *arg, const struct sample *now)
{
	const struct best *b = state;
	double gain, error, before, age = (double)b->age;

	if (!b->n || isnan(now->value))
		return VERDICT_UNKNOWN;
	double worse = now->goal == GOAL_MAX ? b->value - now->value : now->value - b->value;
	bool past = age >= arg[0] && age >= arg[1] * (double)b->n &&
		    worse >= arg[2] * fabs(b->value) && worse > 0;
	if (!past)
		return VERDICT_FALSE;
	if (!now->train || !trend_step(now->train, &gain, &error, &before))
		return VERDICT_UNKNOWN;
	return verdict_of(gain > 0);
}

static void
explain(const void *state, const double *arg, const struct sample *now, struct str *out)
{
	const struct best *b = state;

	(void)arg;
	(void)now;
	str_addf(out, "the best was %.4g, %llu evaluations ago, and training still improves",
		 b->value, (unsigned long long)b->age);
}

const struct detector detect_overfit = {
	.name = "overfit",
	.help = "it is past its best while the training loss still falls",
	.arg = {{"patience", 3, 1, 1e6, "the best is at least so many evaluations ago"},
		{"part", 0.25, 0, 1, "and this share of all of them"},
		{"rel", 0.02, 0, 1000, "and the newest is worse by this share"}},
	.keeper = &keep_best,
	.judge = judge,
	.explain = explain,
};
