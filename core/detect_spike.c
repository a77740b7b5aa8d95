/* A value far above what is usual: z scales above the median, and by a share of it, since where a
 * series is very even the scale alone means nothing. Two of three points is the rule's business:
 * single ones happen to every training. */
#include "core/detect.h"

#include "core/baseline.h"

#include <math.h>

enum { ENOUGH = 32 };

static enum verdict
judge(const void *state, const double *arg, const struct sample *now)
{
	const struct baseline *b = state;

	if (baseline_n(b) < ENOUGH || isnan(now->value))
		return VERDICT_UNKNOWN;
	if (isinf(now->value))
		return verdict_of(now->value > 0);
	if (baseline_usual(b, arg[1], arg[2]))
		return VERDICT_FALSE;
	double m = baseline_centre(b);
	return verdict_of(now->value > m + arg[2] * fabs(m) && baseline_z(b) > arg[1]);
}

static void
explain(const void *state, const double *arg, const struct sample *now, struct str *out)
{
	const struct baseline *b = state;

	(void)arg;
	(void)now;
	str_addf(out, "%.3g scales above the median %.4g", baseline_z(b), baseline_centre(b));
}

const struct detector detect_spike = {
	.name = "spike",
	.help = "the value is far above what is usual",
	.arg = {{"n", 128, 32, 1024, "how many points before it are what is usual"},
		{"z", 6, 1, 1000,
		 "how many scales (1.4826 times the median absolute deviation) "
		 "above their median"},
		{"rel", 0.1, 0, 1000, "and at least this share of the median above it"}},
	.keeper = &keep_baseline,
	.judge = judge,
	.explain = explain,
};
