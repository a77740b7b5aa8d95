/* Judges what a name says (role_name.h). In doubt there is no direction: a best value that is
 * guessed wrong is worse than none. A loss stays a loss whatever else stands in its name:
 * `iou_loss` gets better downwards. */
#include "core/role.h"

#include "core/conf_section.h"
#include "core/role_name.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Detection metrics and rewards are measured by evaluating, whether their name says so or not. */
static bool
is_evaluation(const struct reading *r)
{
	return r->val || r->score->kind == WORD_REWARD ||
	       (r->score->pref <= WORD_PREF_EVALUATED && !r->train);
}

static void
judge(const struct reading *r, struct metric_role *out)
{
	bool grad_norm = r->grad && r->norm;

	out->role = ROLE_OTHER;
	out->goal = GOAL_NONE;
	out->log = (r->lr || r->ppl || r->norm) && !r->house && !r->loss;
	if (r->house) {
		out->role = ROLE_HOUSEKEEPING;
	} else if (r->lr) {
		out->role = ROLE_LR;
	} else if (grad_norm) {
		out->role = ROLE_GRAD_NORM;
	} else if (r->derived) {
		;
	} else if (r->loss) {
		out->goal = GOAL_MIN;
		out->role = r->extra ? ROLE_LOSS_PART : r->val ? ROLE_VAL_LOSS : ROLE_TRAIN_LOSS;
	} else if (r->ppl || r->error) {
		out->goal = GOAL_MIN;
	} else if (r->score) {
		out->goal = GOAL_MAX;
		if (is_evaluation(r))
			out->role = ROLE_HEADLINE;
	}
}

static const char *const role_words[ROLE_N] = {"headline",  "val-loss",    "train-loss",
					       "loss-part", "lr",          "grad-norm",
					       "other",     "housekeeping"};

const char *
role_name(enum role r)
{
	return role_words[r];
}

/* conf has checked it. */
static bool
is_yes(const char *s)
{
	bool yes = false;

	conf_parse_bool(s, &yes);
	return yes;
}

static void
override(const struct conf *conf, const char *name, struct metric_role *out)
{
	const char *v;

	if ((v = conf_metric(conf, name, "goal")))
		out->goal = strcmp(v, "min") == 0   ? GOAL_MIN
			    : strcmp(v, "max") == 0 ? GOAL_MAX
						    : GOAL_NONE;
	if ((v = conf_metric(conf, name, "role")))
		for (int i = 0; i < ROLE_N; i++)
			if (strcmp(v, role_words[i]) == 0) {
				out->role = (enum role)i;
				out->said = true;
			}
	if ((v = conf_metric(conf, name, "log")))
		out->log = is_yes(v);
	if ((v = conf_metric(conf, name, "hide")))
		out->hidden = is_yes(v);
	if ((v = conf_metric(conf, name, "unit")))
		out->unit = v;
	if ((v = conf_metric(conf, name, "scale")))
		out->scale = strtod(v, NULL);
}

void
metric_role_told(const struct conf *conf, const char *name, enum goal told, struct metric_role *out)
{
	struct reading r;

	*out = (struct metric_role){.scale = 1};
	name_read(name, &r);
	judge(&r, out);
	if (told != GOAL_NONE) {
		out->goal = told;
		if (told == GOAL_MAX && out->role == ROLE_OTHER && r.val)
			out->role = ROLE_HEADLINE;
		else if (told == GOAL_MIN && out->role == ROLE_HEADLINE)
			out->role = ROLE_OTHER;
	}
	if (conf)
		override(conf, name, out);
}

void
metric_role(const struct conf *conf, const char *name, struct metric_role *out)
{
	metric_role_told(conf, name, GOAL_NONE, out);
}

/* What a person named comes before whatever could be guessed. */
enum { SAID_RANK = -1000 };

/* Simpler names speak for a run before longer ones. */
static int
simple(const struct reading *r)
{
	int n = 4 * r->extra + r->depth + r->numbers;

	return n < 30 ? n : 30;
}

int
metric_loss_rank(const struct metric_role *m, const char *name)
{
	struct reading r;

	if (m->hidden)
		return INT_MAX;
	name_read(name, &r);
	if (m->role == ROLE_TRAIN_LOSS && m->said)
		return SAID_RANK + simple(&r);
	int data = r.val ? 32 + 8 * r.val->pref : 0;
	switch (m->role) {
	case ROLE_TRAIN_LOSS:
		return simple(&r) + (r.loss ? 2 * r.loss->pref : 0);
	case ROLE_VAL_LOSS:
		return 100 + simple(&r) + data;
	case ROLE_LOSS_PART:
		return 200 + simple(&r) + data;
	case ROLE_OTHER:
		if (m->goal == GOAL_MIN && (r.error || r.ppl))
			return 300 + simple(&r) + data + (r.error ? 4 * r.error->pref : 0);
		return INT_MAX;
	default:
		return INT_MAX;
	}
}

int
metric_headline_rank(const struct metric_role *m, const char *name)
{
	struct reading r;

	if (m->hidden || m->role == ROLE_HOUSEKEEPING || m->role == ROLE_LOSS_PART)
		return INT_MAX;
	name_read(name, &r);
	int score = r.score ? r.score->pref : 50;
	int data = r.val ? 2 * r.val->pref : 1;
	/* mAP50-95 is what detection is judged by, though it has more in its name than mAP50. */
	if (score <= WORD_PREF_EVALUATED && strstr(name, "95"))
		score -= 5;
	if (m->role == ROLE_HEADLINE && m->said)
		return SAID_RANK + simple(&r);
	if (m->role == ROLE_HEADLINE)
		return 4 * score + 2 * simple(&r) + data;
	if (m->role == ROLE_VAL_LOSS)
		return 1000 + simple(&r) + 8 * data;
	if (m->goal == GOAL_MIN && r.val && m->role == ROLE_OTHER)
		return 2000 + simple(&r) + data;
	if (m->goal == GOAL_MAX)
		return 3000 + 4 * score + simple(&r);
	return INT_MAX;
}

bool
metric_name_known(const char *name)
{
	struct metric_role m = {.role = ROLE_OTHER};
	struct reading r;

	name_read(name, &r);
	judge(&r, &m);
	if (m.role == ROLE_HOUSEKEEPING)
		return false;
	if (m.role != ROLE_OTHER && m.role != ROLE_HEADLINE)
		return true;
	/* "map", "error", "return" are columns of many tables that are no logs; val/map,
	 * mean_reward are not. */
	return r.plain || ((r.score || r.error) && r.told);
}

bool
metric_is_time(const char *name, double *scale_us)
{
	static const char *const names[] = {"time",      "wall_time",  "walltime",   "wall time",
					    "timestamp", "time_stamp", "ts",         "unix_time",
					    "unixtime",  "wall",       "created_at", "datetime",
					    "date_time", "logged_at",  "@timestamp"};
	static const struct {
		const char *suffix;
		double us;
	} units[] = {{"_ms", 1e3}, {"_us", 1}, {"_ns", 1e-3}, {"_s", 1e6}, {"_sec", 1e6}};
	const char *last = name;

	for (const char *p = name; *p; p++)
		if (*p == '/')
			last = p + 1;
	if (*last == '_')
		last++;
	size_t n = strlen(last);
	*scale_us = 1e6;
	for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
		size_t k = strlen(units[i].suffix);
		if (n > k && strcasecmp(last + n - k, units[i].suffix) == 0) {
			n -= k;
			*scale_us = units[i].us;
			break;
		}
	}
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strlen(names[i]) == n && strncasecmp(last, names[i], n) == 0)
			return true;
	return false;
}
