/* role.h - what a metric is for, judged by its name and by mm.conf: direction, place on the screen,
 * scale. */
#ifndef CORE_ROLE_H
#define CORE_ROLE_H

#include <stdbool.h>

struct conf;

enum goal { GOAL_NONE, GOAL_MIN, GOAL_MAX };

enum role {
	ROLE_HEADLINE, /* validation metric with goal max; for RL the mean episode reward */
	ROLE_VAL_LOSS,
	ROLE_TRAIN_LOSS,
	ROLE_LOSS_PART, /* a component: box_loss, cls_loss, … */
	ROLE_LR,
	ROLE_GRAD_NORM,
	ROLE_OTHER,
	ROLE_HOUSEKEEPING, /* epoch, time, eta, memory, system/…, _…: never charted unasked */
	ROLE_N,
};

struct metric_role {
	enum role role;
	bool said; /* the role is what [metric GLOB] role says: it beats every guess */
	enum goal goal;
	bool log;         /* drawn on a log axis by default: learning rates, norms, perplexity */
	bool hidden;      /* [metric GLOB] hide = yes */
	const char *unit; /* [metric GLOB] unit, or NULL. Lives as long as CONF */
	double scale; /* [metric GLOB] scale, 1 by default: shown value = scale × stored value */
};

/* As mm.conf calls it: "train-loss", … */
const char *role_name(enum role r);
/* CONF may be NULL: the built-in judgement alone. Costs a few hundred ns: callers keep it per
 * series. */
void metric_role(const struct conf *conf, const char *name, struct metric_role *out);
/* The same of one whose framework says that it is to be TOLD; GOAL_NONE: it says nothing. */
void metric_role_told(const struct conf *conf, const char *name, enum goal told,
		      struct metric_role *out);
/* Which of two series of a run speaks for it as its loss (VAL before TRAIN? no: train loss first,
 * then val, then parts) and as its headline: smaller is better; INT_MAX: never. */
int metric_loss_rank(const struct metric_role *r, const char *name);
int metric_headline_rank(const struct metric_role *r, const char *name);
/* True when NAME looks like a metric a trainer would log (loss, acc, lr, …): one of the signs that
 * a table is a log. */
bool metric_name_known(const char *name);
/* True for names that hold a time: time, wall_time, timestamp, …; unit in *SCALE_US (µs per
 * 1.0). */
bool metric_is_time(const char *name, double *scale_us);

#endif
