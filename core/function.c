/* A function of fewer points than it asks for is not known, and so is one of a value that is no
 * number, unless it speaks of what came before it. */
#include "core/function.h"

#include "core/baseline.h"

#include <math.h>
#include <string.h>

static double
value(const void *state, const double *arg, const struct sample *now)
{
	(void)state;
	(void)arg;
	return now->value;
}

static bool
is_full(const struct window *w)
{
	return w->n == w->cap;
}

static double
least(const void *state, const double *arg, const struct sample *now)
{
	(void)arg;
	(void)now;
	return is_full(state) ? window_min(state) : NAN;
}

static double
greatest(const void *state, const double *arg, const struct sample *now)
{
	(void)arg;
	(void)now;
	return is_full(state) ? window_max(state) : NAN;
}

static double
mean(const void *state, const double *arg, const struct sample *now)
{
	(void)arg;
	(void)now;
	return is_full(state) ? window_mean(state) : NAN;
}

static double
median(const void *state, const double *arg, const struct sample *now)
{
	(void)arg;
	(void)now;
	return is_full(state) ? window_median(state) : NAN;
}

static double
ema(const void *state, const double *arg, const struct sample *now)
{
	const struct ema *e = state;

	(void)now;
	return (double)e->n >= arg[0] ? e->value : NAN;
}

static double
delta(const void *state, const double *arg, const struct sample *now)
{
	(void)arg;
	if (!is_full(state) || !isfinite(now->value))
		return NAN;
	return window_back(state, 0) - window_back(state, (uint32_t)arg[0]);
}

static double
pct(const void *state, const double *arg, const struct sample *now)
{
	double d = delta(state, arg, now);

	return isnan(d) ? d : d / fabs(window_back(state, (uint32_t)arg[0]));
}

static double
rate(const void *state, const double *arg, const struct sample *now)
{
	return recent_rate(state, arg, now->now_us);
}

static double
count(const void *state, const double *arg, const struct sample *now)
{
	return recent_count(state, arg, now->now_us);
}

static double
age(const void *state, const double *arg, const struct sample *now)
{
	(void)state;
	(void)arg;
	if (!now->last_us)
		return NAN;
	return now->now_us > now->last_us ? (double)(now->now_us - now->last_us) / 1e6 : 0;
}

static double
best(const void *state, const double *arg, const struct sample *now)
{
	const struct best *b = state;

	(void)arg;
	(void)now;
	return b->n ? b->value : NAN;
}

static double
best_age(const void *state, const double *arg, const struct sample *now)
{
	const struct best *b = state;

	(void)arg;
	(void)now;
	return b->n ? (double)b->age : NAN;
}

static double
z(const void *state, const double *arg, const struct sample *now)
{
	const struct baseline *b = state;

	if (baseline_n(b) < (uint32_t)arg[0] || isnan(now->value))
		return NAN;
	return isinf(now->value) ? now->value : baseline_z(b);
}

static double
rel(const void *state, const double *arg, const struct sample *now)
{
	const struct baseline *b = state;

	if (baseline_n(b) < (uint32_t)arg[0])
		return NAN;
	return now->value / baseline_centre(b);
}

static double
rel_most(const void *state, const double *arg, const struct sample *now)
{
	const struct baseline *b = state;
	double floor = baseline_floor(b);

	if (baseline_n(b) < (uint32_t)arg[0] || !(floor > 0 && now->value >= 0))
		return NAN;
	return now->value / floor;
}

const struct function functions[] = {
	{"value", "the newest value", .read = value},
	{"min", "the least of the last N", TAKES_COUNT, .keeper = &keep_window, .read = least},
	{"max", "the greatest of the last N", TAKES_COUNT, .keeper = &keep_window,
	 .read = greatest},
	{"mean", "of the last N", TAKES_COUNT, .keeper = &keep_window, .read = mean},
	{"median", "of the last N", TAKES_COUNT, .keeper = &keep_window, .read = median},
	{"ema", "the exponential mean with span N", TAKES_COUNT, .keeper = &keep_ema, .read = ema},
	{"delta", "the change since N points ago", TAKES_COUNT, .keeper = &keep_window, .more = 1,
	 .read = delta},
	{"pct", "that change as a share of the older value", TAKES_COUNT, .keeper = &keep_window,
	 .more = 1, .read = pct},
	{"rate", "the change a second over the last TIME", TAKES_SPAN, .keeper = &keep_recent,
	 .read = rate},
	{"count", "how many points came in the last TIME", TAKES_SPAN, .keeper = &keep_recent,
	 .read = count},
	{"age", "seconds since the newest point (of a run: since bytes came)",
	 .about = ABOUT_EITHER, .read = age},
	{"best", "the best value by the metric's goal", .keeper = &keep_best, .read = best},
	{"best_age", "how many points ago that was", .keeper = &keep_best, .read = best_age},
	{"z", "how many scales above the median of the N before it", TAKES_COUNT,
	 .keeper = &keep_baseline, .read = z},
	{"rel", "the newest value by the median of the N before it", TAKES_COUNT,
	 .keeper = &keep_baseline, .read = rel, .most = rel_most},
	{"ratio", "the newest value by that of another metric of the run", TAKES_METRIC,
	 .read = NULL},
	{"disk_free", "what is free of a file system, as a share", .about = ABOUT_PLACE,
	 .gauge = GAUGE_DISK_FREE},
	{"inode_free", "likewise of its inodes", .about = ABOUT_PLACE, .gauge = GAUGE_INODE_FREE},
	{"disk_eta", "seconds until it is full, at the pace of the last hour", .about = ABOUT_PLACE,
	 .gauge = GAUGE_DISK_ETA},
	{"ckpt_room", "how many checkpoints as large as the run's newest there is room for",
	 .about = ABOUT_RUN, .gauge = GAUGE_CKPT_ROOM},
	{"exit", "what the run's process exited with, where its log says so", .about = ABOUT_RUN,
	 .gauge = GAUGE_EXIT, .exact = true},
	{"attempt", "which attempt of the run this is, from 1", .about = ABOUT_RUN,
	 .gauge = GAUGE_ATTEMPT, .exact = true},
	{NULL, NULL, TAKES_NOTHING, ABOUT_SERIES, NULL, 0, NULL, GAUGE_NONE, false, NULL},
};

const struct function *
function_find(const char *name, size_t n)
{
	for (const struct function *f = functions; f->name; f++)
		if (strlen(f->name) == n && memcmp(f->name, name, n) == 0)
			return f;
	return NULL;
}

void
function_keeps(const struct function *f, const double *arg, double *keeps)
{
	for (int i = 0; i < KEEPER_ARGS; i++)
		keeps[i] = arg[i];
	keeps[0] += f->more;
}
