/* A name is taken apart into words, and the words are looked up: `val_categorical_accuracy`, `eval/acc@5`,
 * `metrics/mAP50-95(B)`, `loss/train` say what they are by a word or two, wherever a framework puts
 * them. Words of the last part of the name count; when the last part only says which data or how it was
 * averaged (`loss/train`, `train_loss_epoch`), the part before it does. A loss stays a loss whatever
 * else stands in its name: `iou_loss` gets better downwards. */
#include "core/role.h"

#include "core/conf.h"
#include "core/role_word.h"

#include <ctype.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { WORDS_MAX = 24, NAME_MAX_BYTES = 256 };

/* The words of one part of a name, lower case. */
struct words {
	int n, unknown; /* UNKNOWN ones: what a part of a loss is called */
	const struct word *known[WORDS_MAX];
};

/* A word ends at whatever is no letter and no digit, and where a capital follows a small letter (valLoss), unless it is
 * alone before (mAP). */
static void
words_of(struct words *w, const char *p, const char *end)
{
	char text[NAME_MAX_BYTES];

	*w = (struct words){0};
	while (p < end && w->n < WORDS_MAX) {
		size_t n = 0;
		if (!isalnum((unsigned char)*p)) {
			p++;
			continue;
		}
		while (p < end && isalnum((unsigned char)*p) && n < sizeof text) {
			if (n > 1 && isupper((unsigned char)*p) && islower((unsigned char)p[-1]))
				break;
			text[n++] = (char)tolower((unsigned char)*p++);
		}
		const struct word *k = word_find(text, n);
		w->known[w->n++] = k;
		bool number = true;
		for (size_t i = 0; i < n; i++)
			number &= isdigit((unsigned char)text[i]) != 0;
		w->unknown += !k && !number;
	}
}

static const struct word *
has(const struct words *w, enum word_kind kind)
{
	for (int i = 0; i < w->n; i++)
		if (w->known[i] && w->known[i]->kind == kind)
			return w->known[i];
	return NULL;
}

/* What a name says, summed up. */
struct reading {
	const struct word *loss, *error, *score, *ppl, *lr, *val, *train;
	bool grad_norm, norm, house, knob, spread;
	int extra; /* unknown words beside what decides */
	int parts;
};

static bool
says_something(const struct words *w)
{
	for (int i = 0; i < w->n; i++)
		if (!w->known[i] ||
		    (w->known[i]->kind != WORD_SKIP && w->known[i]->kind != WORD_TRAIN &&
		     w->known[i]->kind != WORD_VAL))
			return true;
	return false;
}

/* Two words that mean one only together. */
static bool
pair_at(const char *name, const char *a, const char *b)
{
	size_t na = strlen(a), nb = strlen(b);

	for (const char *p = name; *p; p++) {
		if (strncasecmp(p, a, na) != 0)
			continue;
		const char *q = p + na;
		if (*q && !isalnum((unsigned char)*q))
			q++;
		if (strncasecmp(q, b, nb) == 0)
			return true;
	}
	return false;
}

/* A name that ends so counts something, unless it measures something else: train_loss_epoch, accuracy_vs_iterations. */
static bool
is_counter(const struct word *w)
{
	return w->kind == WORD_HOUSE || strcmp(w->text, "epoch") == 0 ||
	       strcmp(w->text, "step") == 0 || strcmp(w->text, "batch") == 0 ||
	       strcmp(w->text, "episode") == 0;
}

static void
read_name(const char *name, struct reading *r)
{
	const char *end = name + strlen(name), *part = end;
	struct words w, all;

	*r = (struct reading){0};
	words_of(&all, name, end);
	r->val = has(&all, WORD_VAL);
	r->train = has(&all, WORD_TRAIN);
	/* The last part that says what is measured: loss/train is about loss. */
	const char *stop = end;
	for (;;) {
		part = stop;
		while (part > name && part[-1] != '/')
			part--;
		words_of(&w, part, stop);
		if (says_something(&w) || part == name)
			break;
		stop = part - 1;
	}
	for (const char *p = name; *p; p++)
		r->parts += *p == '/';
	r->loss = has(&w, WORD_LOSS);
	if (!r->loss && pair_at(part, "cross", "entropy"))
		r->loss = word_find("crossentropy", 12);
	r->ppl = has(&w, WORD_PPL);
	r->lr = has(&w, WORD_LR);
	if (!r->lr && (pair_at(part, "learning", "rate")))
		r->lr = word_find("learningrate", 12);
	/* lr/pg0, lr-AdamW/group1: the group stands last. */
	if (!r->lr && !r->loss && w.n <= 2) {
		struct words before;
		const char *up = part > name ? part - 1 : name;
		const char *b = up;
		while (b > name && b[-1] != '/')
			b--;
		words_of(&before, b, up);
		if (before.n && before.known[0] && before.known[0]->kind == WORD_LR)
			r->lr = before.known[0];
	}
	for (int i = w.n; i-- > 0;) {
		const struct word *k = w.known[i];
		if (k && !r->error && !r->score) {
			if (k->kind == WORD_ERROR)
				r->error = k;
			else if (k->kind == WORD_SCORE || k->kind == WORD_REWARD)
				r->score = k;
		}
	}
	const struct word *grad = has(&all, WORD_GRAD);
	r->norm = has(&w, WORD_NORM) != NULL || (grad && grad->pref);
	r->grad_norm = (grad && (grad->pref || r->norm)) || (grad && has(&all, WORD_NORM));
	r->knob = has(&w, WORD_KNOB) != NULL;
	r->spread = has(&w, WORD_SPREAD) != NULL;
	const struct word *tail = w.n ? w.known[w.n - 1] : NULL;
	bool measures = r->loss || r->error || r->score || r->ppl;
	r->house = *name == '_' || strncasecmp(name, "system/", 7) == 0 ||
		   strncasecmp(name, "system.", 7) == 0 || strncasecmp(name, "time/", 5) == 0 ||
		   has(&w, WORD_HOUSE_ANY) || (!measures && tail && is_counter(tail));
	r->extra = w.unknown;
}

static void
judge(const struct reading *r, struct metric_role *out)
{
	out->role = ROLE_OTHER;
	out->goal = GOAL_NONE;
	if (r->house) {
		out->role = ROLE_HOUSEKEEPING;
	} else if (r->lr) {
		out->role = ROLE_LR;
		out->log = true;
	} else if (r->grad_norm) {
		out->role = ROLE_GRAD_NORM;
		out->log = true;
	} else if (r->knob || r->spread) {
		;
	} else if (r->loss) {
		out->goal = GOAL_MIN;
		out->role = r->extra ? ROLE_LOSS_PART : r->val ? ROLE_VAL_LOSS : ROLE_TRAIN_LOSS;
	} else if (r->ppl || r->error) {
		out->goal = GOAL_MIN;
		out->log = r->ppl != NULL;
	} else if (r->score) {
		out->goal = GOAL_MAX;
		/* Detection metrics and rewards are measured by evaluating, whether the name says so or not. */
		bool evaluated =
			r->val ||
			(!r->train && r->score->pref <= 14 && r->score->kind == WORD_SCORE) ||
			r->score->kind == WORD_REWARD;
		if (evaluated)
			out->role = ROLE_HEADLINE;
	} else {
		out->log = r->norm;
	}
}

static const char *const role_words[ROLE_N] = {"headline",  "val-loss",    "train-loss",
					       "loss-part", "lr",          "grad-norm",
					       "other",     "housekeeping"};

static bool
is_yes(const char *s)
{
	return strcasecmp(s, "yes") == 0 || strcasecmp(s, "on") == 0 ||
	       strcasecmp(s, "true") == 0 || strcmp(s, "1") == 0;
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
			if (strcmp(v, role_words[i]) == 0)
				out->role = (enum role)i;
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
metric_role(const struct conf *conf, const char *name, struct metric_role *out)
{
	struct reading r;

	*out = (struct metric_role){.scale = 1};
	read_name(name, &r);
	judge(&r, out);
	if (conf)
		override(conf, name, out);
}

/* Simpler names speak for a run before longer ones. */
static int
simple(const struct reading *r)
{
	int n = 4 * r->extra + r->parts;

	return n < 30 ? n : 30;
}

int
metric_loss_rank(const struct metric_role *m, const char *name)
{
	struct reading r;

	if (m->hidden)
		return INT_MAX;
	read_name(name, &r);
	switch (m->role) {
	case ROLE_TRAIN_LOSS:
		return 0 + simple(&r) + (r.loss ? 2 * r.loss->pref : 0);
	case ROLE_VAL_LOSS:
		return 100 + simple(&r) + (r.val ? 8 * r.val->pref : 0);
	case ROLE_LOSS_PART:
		return 200 + simple(&r) + (r.val ? 32 : 0);
	case ROLE_OTHER:
		if (m->goal == GOAL_MIN && (r.error || r.ppl))
			return 300 + simple(&r) + (r.val ? 32 : 0) +
			       (r.error ? 4 * r.error->pref : 0);
		return INT_MAX;
	default:
		return INT_MAX;
	}
}

int
metric_headline_rank(const struct metric_role *m, const char *name)
{
	struct reading r;

	if (m->hidden || m->role == ROLE_HOUSEKEEPING)
		return INT_MAX;
	read_name(name, &r);
	int score = r.score ? r.score->pref : 50;
	int data = r.val ? 2 * r.val->pref : 1;
	/* mAP50-95 is what detection is judged by, though it has more in its name than mAP50. */
	if (score <= 14 && strstr(name, "95"))
		score -= 5;
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
	struct metric_role m;
	struct reading r;
	struct words w;

	metric_role(NULL, name, &m);
	if (m.role == ROLE_HOUSEKEEPING)
		return false;
	if (m.role != ROLE_OTHER && m.role != ROLE_HEADLINE)
		return true;
	read_name(name, &r);
	words_of(&w, name, name + strlen(name));
	bool told = r.parts || r.val || r.train || has(&w, WORD_SKIP) != NULL;
	for (int i = 0; i < w.n; i++)
		if (w.known[i] && (w.known[i]->flags & WORD_PLAIN))
			return true;
	/* "map", "error", "return" are columns of many tables that are no logs; val/map, mean_reward are not. */
	return (r.score || r.error) && told;
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
