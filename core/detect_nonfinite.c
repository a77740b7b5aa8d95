/* The newest value is no number. No threshold ever notices: NaN is neither above nor below. */
#include "core/detect.h"

#include <math.h>

static enum verdict
judge(const void *state, const double *arg, const struct sample *now)
{
	(void)state;
	(void)arg;
	return verdict_of(!isfinite(now->value));
}

const struct detector detect_nonfinite = {
	.name = "nonfinite",
	.help = "the value is NaN or infinite",
	.judge = judge,
};
