/* A rate has dropped: the median of the last 32 against that of the last 512. Medians, because
 * evaluations and checkpoints make some of the rates small. */
#include "core/detect.h"

#include "core/window.h"

#include <math.h>

enum { RECENT = 32, USUAL = 512, ENOUGH = 64 };

static struct window *
usual_of(const void *state)
{
	return (struct window *)((char *)state + window_size(RECENT));
}

static size_t
size(const double *arg)
{
	(void)arg;
	return window_size(RECENT) + window_size(USUAL);
}

static void
init(void *state, const double *arg)
{
	(void)arg;
	window_init(state, RECENT);
	window_init(usual_of(state), USUAL);
}

static void
add(void *state, const double *arg, const struct sample *s)
{
	(void)arg;
	window_add(state, s->value);
	window_add(usual_of(state), s->value);
}

/* How fast it goes has nothing to do with which step it is at. */
static void
back(void *state, const double *arg)
{
	(void)state;
	(void)arg;
}

static const struct keeper keeper = {size, init, add, back};

static enum verdict
judge(const void *state, const double *arg, const struct sample *now)
{
	const struct window *usual = usual_of(state);

	(void)now;
	if (usual->n < ENOUGH)
		return VERDICT_UNKNOWN;
	return verdict_of(window_median(state) < (1 - arg[0]) * window_median(usual));
}

static void
explain(const void *state, const double *arg, const struct sample *now, struct str *out)
{
	(void)arg;
	(void)now;
	str_addf(out, "%.3g, usually %.3g", window_median(state), window_median(usual_of(state)));
}

const struct detector detect_slow = {
	.name = "slow",
	.about = ABOUT_EITHER,
	.help = "the metric (or the run's steps per second) has dropped",
	.arg = {{"drop", 0.3, 0.01, 1, "by this share of what it usually is"}},
	.keeper = &keeper,
	.judge = judge,
	.explain = explain,
};
