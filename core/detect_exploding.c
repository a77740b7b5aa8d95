/* A norm of gradients is many times what is usual, or far outside of how it usually spreads. Norms
 * are multiplicative: both are judged on logarithms. */
#include "core/detect.h"

#include "core/baseline.h"

#include <math.h>

enum { ENOUGH = 32 };
/* A spread below 5 % is taken for one. */
#define LEAST_SCALE 0.05

static double
log_z(const struct baseline *b, double above)
{
	double s = 1.4826 * window_deviation(b->w, baseline_centre(b));

	return above / fmax(s, LEAST_SCALE);
}

static enum verdict
judge(const void *state, const double *arg, const struct sample *now)
{
	const struct baseline *b = state;

	if (baseline_n(b) < ENOUGH || isnan(now->value))
		return VERDICT_UNKNOWN;
	if (now->value <= 0)
		return VERDICT_FALSE;
	double above = log(now->value) - baseline_centre(b);
	return verdict_of(above > log(arg[1]) ||
			  (above > log(arg[1]) / 2 && log_z(b, above) > arg[2]));
}

static void
explain(const void *state, const double *arg, const struct sample *now, struct str *out)
{
	double usual = exp(baseline_centre(state));

	(void)arg;
	str_addf(out, "%.3g times the usual %.4g", now->value / usual, usual);
}

const struct detector detect_exploding = {
	.name = "exploding",
	.help = "a norm is many times what is usual, or far outside of its usual spread",
	.arg = {{"n", 128, 32, 1024, "how many points before it are what is usual"},
		{"k", 10, 1, 1e9, "times their median; or the root of that and"},
		{"z", 8, 1, 1000, "scales of the logarithm above it"}},
	.keeper = &keep_log_baseline,
	.judge = judge,
	.explain = explain,
};
