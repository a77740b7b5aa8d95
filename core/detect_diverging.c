/* The smoothed value has left its best by more than noise explains.
 *
 * A mean of weight α over noise of scale s has itself a scale of s √(α / (2 - α)); it has to be k
 * times that above its best, and a share of the best. A share alone called every third training
 * with tiny batches divergent. The noise is measured by differences of neighbours, which a slow
 * climb does not raise; one difference counts at most as four usual ones. */
#include "core/detect.h"

#include <math.h>

enum { SPAN = 64, NOISE_SPAN = 128, ENOUGH = 200, TOO_GOOD = 6 };

struct diverging {
	double ema, best, noise, last;
	uint64_t n;
	uint32_t back; /* points since the step went back, up to SPAN */
};

static size_t
size(const double *arg)
{
	(void)arg;
	return sizeof(struct diverging);
}

static void
init(void *state, const double *arg)
{
	(void)arg;
	*(struct diverging *)state = (struct diverging){.back = SPAN};
}

/* The best outlives a rollback, the mean begins anew. */
static void
back(void *state, const double *arg)
{
	(void)arg;
	((struct diverging *)state)->back = 0;
}

static void
add(void *state, const double *arg, const struct sample *s)
{
	struct diverging *d = state;
	double v = s->goal == GOAL_MAX ? -s->value : s->value;
	uint64_t n = d->back < SPAN ? ++d->back : d->n + 1;

	(void)arg;
	d->n++;
	if (n > 1) {
		/* For normal noise the mean distance of neighbours is 2 s / √π. */
		double step = fabs(v - d->last) / 1.128, most = 4 * d->noise;
		if (d->n > SPAN && step > most)
			step = most;
		d->noise += (d->n <= NOISE_SPAN ? 1 / (double)(d->n - 1) : 1.0 / NOISE_SPAN) *
			    (step - d->noise);
	}
	d->last = v;
	/* One value that is far too good would make a best that nothing comes up to again. */
	if (d->n > SPAN && n > 1 && v < d->ema - TOO_GOOD * d->noise)
		v = d->ema - TOO_GOOD * d->noise;
	if (n == 1)
		d->ema = v;
	else
		d->ema += (n <= SPAN / 2 ? 1 / (double)n : 2.0 / (SPAN + 1)) * (v - d->ema);
	if (d->n <= SPAN || (n >= SPAN && d->ema < d->best))
		d->best = d->ema;
}

static const struct keeper keeper = {size, init, add, back};

static double
margin(const struct diverging *d, const double *arg)
{
	const double alpha = 2.0 / (SPAN + 1);

	double share = arg[0] * fabs(d->best),
	       noise = arg[1] * d->noise * sqrt(alpha / (2 - alpha));

	return noise > share || isnan(share) ? noise : share;
}

static enum verdict
judge(const void *state, const double *arg, const struct sample *now)
{
	const struct diverging *d = state;

	(void)now;
	if (d->n < ENOUGH || d->back < SPAN)
		return VERDICT_UNKNOWN;
	return verdict_of(d->ema > d->best + margin(d, arg));
}

static void
explain(const void *state, const double *arg, const struct sample *now, struct str *out)
{
	const struct diverging *d = state;
	double sign = now->goal == GOAL_MAX ? -1 : 1;

	str_addf(out, "smoothed %.4g, its best was %.4g and noise explains %.4g", sign * d->ema,
		 sign * d->best, margin(d, arg));
}

const struct detector detect_diverging = {
	.name = "diverging",
	.help = "the smoothed value has left its best by more than noise explains",
	.arg = {{"rel", 0.2, 0, 1000, "by this share of the best"},
		{"k", 8, 0, 1000, "and by so many scales of the smoothed noise"}},
	.keeper = &keeper,
	.judge = judge,
	.explain = explain,
};
