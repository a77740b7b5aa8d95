/* A name is taken apart into words, and the words are looked up: `val_categorical_accuracy`, `eval/acc@5`,
 * `metrics/mAP50-95(B)`, `loss/train` say what they are by a word or two, wherever a framework puts
 * them. Words of the last part of the name count; when the last part only says which data or how it was
 * averaged (`loss/train`, `train_loss_epoch`), the part before it does. A loss stays a loss whatever
 * else stands in its name: `iou_loss` gets better downwards. */
#include "core/role.h"

#include "core/conf.h"

#include <ctype.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum kind {
	K_NONE,
	K_SKIP,  /* says nothing of what is measured: how it was averaged or reported */
	K_TRAIN, /* which data */
	K_VAL,
	K_LOSS,
	K_ERROR,  /* gets better downwards, but is no loss: wer, mae */
	K_SCORE,  /* gets better upwards */
	K_REWARD, /* likewise, of an episode */
	K_PPL,
	K_LR,
	K_GRAD,
	K_NORM,
	K_HOUSE,     /* housekeeping, when it is the last word */
	K_HOUSE_ANY, /* likewise wherever it stands */
	K_SPREAD,    /* of a value, not the value: std, var, min */
	K_KNOB,      /* set by somebody, not measured: a loss's weight */
};

/* Sorted by nothing but kind; PREF says which score speaks for a run, the smaller the better. DIGITS: numbers may follow
 * (acc1, map50, rouge1, loss0). PLAIN: known to be a metric even when it is the whole name. */
static const struct word {
	const char *text;
	enum kind kind;
	unsigned char pref;
	bool digits, plain;
} words[] = {
	{"epoch", K_SKIP, 0, false, false},
	{"step", K_SKIP, 0, false, false},
	{"avg", K_SKIP, 0, false, false},
	{"average", K_SKIP, 0, false, false},
	{"mean", K_SKIP, 0, false, false},
	{"total", K_SKIP, 0, false, false},
	{"overall", K_SKIP, 0, false, false},
	{"running", K_SKIP, 0, false, false},
	{"smooth", K_SKIP, 0, false, false},
	{"smoothed", K_SKIP, 0, false, false},
	{"ema", K_SKIP, 0, false, false},
	{"current", K_SKIP, 0, false, false},
	{"final", K_SKIP, 0, false, false},
	{"last", K_SKIP, 0, false, false},
	{"global", K_SKIP, 0, false, false},
	{"metrics", K_SKIP, 0, false, false},
	{"metric", K_SKIP, 0, false, false},
	{"losses", K_LOSS, 0, false, true},
	{"train", K_TRAIN, 0, false, false},
	{"training", K_TRAIN, 0, false, false},
	{"tr", K_TRAIN, 0, false, false},
	{"rollout", K_TRAIN, 0, false, false},
	{"val", K_VAL, 0, true, false},
	{"valid", K_VAL, 0, true, false},
	{"validation", K_VAL, 0, true, false},
	{"eval", K_VAL, 0, true, false},
	{"evaluation", K_VAL, 0, true, false},
	{"dev", K_VAL, 1, true, false},
	{"test", K_VAL, 2, true, false},
	{"testing", K_VAL, 2, true, false},
	{"holdout", K_VAL, 2, false, false},
	{"loss", K_LOSS, 0, true, true},
	{"nll", K_LOSS, 1, true, true},
	{"xent", K_LOSS, 1, false, true},
	{"crossentropy", K_LOSS, 1, false, true},
	{"logloss", K_LOSS, 1, false, true},
	{"bpb", K_LOSS, 3, false, true},
	{"bpc", K_LOSS, 3, false, true},
	{"elbo", K_SCORE, 60, false, true},
	{"error", K_ERROR, 5, false, false},
	{"err", K_ERROR, 5, true, false},
	{"errors", K_ERROR, 5, false, false},
	{"mse", K_ERROR, 1, false, true},
	{"rmse", K_ERROR, 1, false, true},
	{"mae", K_ERROR, 2, false, true},
	{"mape", K_ERROR, 2, false, true},
	{"smape", K_ERROR, 2, false, true},
	{"msle", K_ERROR, 2, false, true},
	{"rmsle", K_ERROR, 2, false, true},
	{"wer", K_ERROR, 3, false, true},
	{"cer", K_ERROR, 3, false, true},
	{"eer", K_ERROR, 3, false, true},
	{"ter", K_ERROR, 3, false, true},
	{"fid", K_ERROR, 3, false, true},
	{"kid", K_ERROR, 3, false, false},
	{"lpips", K_ERROR, 3, false, true},
	{"brier", K_ERROR, 3, false, true},
	{"ppl", K_PPL, 0, false, true},
	{"perplexity", K_PPL, 0, false, true},
	{"acc", K_SCORE, 15, true, true},
	{"accuracy", K_SCORE, 15, true, true},
	{"top", K_SCORE, 16, true, false},
	{"f1", K_SCORE, 20, false, true},
	{"fscore", K_SCORE, 20, false, true},
	{"fbeta", K_SCORE, 21, false, true},
	{"f", K_SCORE, 21, true, false},
	{"auc", K_SCORE, 25, false, true},
	{"auroc", K_SCORE, 25, false, true},
	{"rocauc", K_SCORE, 25, false, true},
	{"prauc", K_SCORE, 26, false, true},
	{"auprc", K_SCORE, 26, false, true},
	{"map", K_SCORE, 10, true, false},
	{"ap", K_SCORE, 11, true, false},
	{"aps", K_SCORE, 13, false, false},
	{"apm", K_SCORE, 13, false, false},
	{"apl", K_SCORE, 13, false, false},
	{"ar", K_SCORE, 45, true, false},
	{"precision", K_SCORE, 40, true, true},
	{"recall", K_SCORE, 42, true, true},
	{"sensitivity", K_SCORE, 42, false, true},
	{"specificity", K_SCORE, 43, false, true},
	{"hits", K_SCORE, 30, true, false},
	{"mrr", K_SCORE, 28, true, true},
	{"ndcg", K_SCORE, 28, true, true},
	{"iou", K_SCORE, 22, true, true},
	{"miou", K_SCORE, 21, true, true},
	{"jaccard", K_SCORE, 22, false, true},
	{"dice", K_SCORE, 22, true, true},
	{"bleu", K_SCORE, 28, true, true},
	{"sacrebleu", K_SCORE, 28, false, true},
	{"chrf", K_SCORE, 29, false, true},
	{"meteor", K_SCORE, 29, false, true},
	{"cider", K_SCORE, 29, false, true},
	{"rouge", K_SCORE, 28, true, true},
	{"rougel", K_SCORE, 28, false, true},
	{"rougelsum", K_SCORE, 28, false, true},
	{"em", K_SCORE, 30, false, false},
	{"mcc", K_SCORE, 24, false, true},
	{"kappa", K_SCORE, 24, false, true},
	{"pearson", K_SCORE, 30, false, true},
	{"pearsonr", K_SCORE, 30, false, true},
	{"spearman", K_SCORE, 30, false, true},
	{"spearmanr", K_SCORE, 30, false, true},
	{"r2", K_SCORE, 30, false, true},
	{"psnr", K_SCORE, 30, false, true},
	{"ssim", K_SCORE, 32, false, true},
	{"success", K_SCORE, 8, false, false},
	{"winrate", K_SCORE, 8, false, false},
	{"fitness", K_SCORE, 9, false, false},
	{"reward", K_REWARD, 5, false, false},
	{"rewards", K_REWARD, 5, false, false},
	{"rew", K_REWARD, 5, false, false},
	{"return", K_REWARD, 5, false, false},
	{"returns", K_REWARD, 5, false, false},
	{"lr", K_LR, 0, true, true},
	{"lrs", K_LR, 0, false, true},
	{"learningrate", K_LR, 0, false, true},
	{"grad", K_GRAD, 0, false, false},
	{"grads", K_GRAD, 0, false, false},
	{"gradient", K_GRAD, 0, false, false},
	{"gradients", K_GRAD, 0, false, false},
	{"gnorm", K_GRAD, 1, false, true},
	{"gradnorm", K_GRAD, 1, false, true},
	{"norm", K_NORM, 0, false, false},
	{"norms", K_NORM, 0, false, false},
	{"l2norm", K_NORM, 0, false, false},
	{"std", K_SPREAD, 0, false, false},
	{"stddev", K_SPREAD, 0, false, false},
	{"stderr", K_SPREAD, 0, false, false},
	{"var", K_SPREAD, 0, false, false},
	{"variance", K_SPREAD, 0, false, false},
	{"scale", K_KNOB, 0, false, false},
	{"scaler", K_KNOB, 0, false, false},
	{"weight", K_KNOB, 0, false, false},
	{"weights", K_KNOB, 0, false, false},
	{"coef", K_KNOB, 0, false, false},
	{"coeff", K_KNOB, 0, false, false},
	{"lambda", K_KNOB, 0, false, false},
	{"count", K_KNOB, 0, false, false},
	{"time", K_HOUSE_ANY, 0, false, false},
	{"times", K_HOUSE_ANY, 0, false, false},
	{"walltime", K_HOUSE_ANY, 0, false, false},
	{"runtime", K_HOUSE_ANY, 0, false, false},
	{"timestamp", K_HOUSE_ANY, 0, false, false},
	{"elapsed", K_HOUSE_ANY, 0, false, false},
	{"duration", K_HOUSE_ANY, 0, false, false},
	{"eta", K_HOUSE, 0, false, false},
	{"memory", K_HOUSE_ANY, 0, false, false},
	{"mem", K_HOUSE_ANY, 0, false, false},
	{"vram", K_HOUSE_ANY, 0, false, false},
	{"flos", K_HOUSE_ANY, 0, false, false},
	{"flops", K_HOUSE_ANY, 0, false, false},
	{"fps", K_HOUSE_ANY, 0, false, false},
	{"iteration", K_HOUSE, 0, false, false},
	{"iterations", K_HOUSE, 0, false, false},
	{"iter", K_HOUSE, 0, false, false},
	{"epochs", K_HOUSE, 0, false, false},
	{"steps", K_HOUSE, 0, false, false},
	{"timesteps", K_HOUSE, 0, false, false},
	{"second", K_HOUSE, 0, false, false},
	{"seconds", K_HOUSE, 0, false, false},
	{"seen", K_HOUSE, 0, false, false},
	{"updates", K_HOUSE, 0, false, false},
	{"rank", K_HOUSE, 0, false, false},
	{"seed", K_HOUSE, 0, false, false},
	{"hour", K_HOUSE, 0, false, false},
	{"date", K_HOUSE, 0, false, false},
};

static const struct word *
word_find(const char *p, size_t n)
{
	size_t letters = n;

	while (letters && isdigit((unsigned char)p[letters - 1]))
		letters--;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		const char *t = words[i].text;
		size_t len = strlen(t);
		if ((len == n || (words[i].digits && len == letters)) && memcmp(t, p, len) == 0)
			return &words[i];
	}
	return NULL;
}

enum { WORDS_MAX = 24, NAME_MAX_BYTES = 256 };

/* The words of one part of a name, lower case. */
struct words {
	int n, unknown; /* UNKNOWN ones: what a part of a loss is called */
	const struct word *known[WORDS_MAX];
	bool first_unknown;
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
has(const struct words *w, enum kind kind)
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
		if (!w->known[i] || (w->known[i]->kind != K_SKIP && w->known[i]->kind != K_TRAIN &&
				     w->known[i]->kind != K_VAL))
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

static void
read_name(const char *name, struct reading *r)
{
	const char *end = name + strlen(name), *part = end;
	struct words w, all;

	*r = (struct reading){0};
	words_of(&all, name, end);
	r->val = has(&all, K_VAL);
	r->train = has(&all, K_TRAIN);
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
	r->loss = has(&w, K_LOSS);
	if (!r->loss && pair_at(part, "cross", "entropy"))
		r->loss = word_find("crossentropy", 12);
	r->ppl = has(&w, K_PPL);
	r->lr = has(&w, K_LR);
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
		if (before.n && before.known[0] && before.known[0]->kind == K_LR)
			r->lr = before.known[0];
	}
	for (int i = w.n; i-- > 0;) {
		const struct word *k = w.known[i];
		if (k && !r->error && !r->score) {
			if (k->kind == K_ERROR)
				r->error = k;
			else if (k->kind == K_SCORE || k->kind == K_REWARD)
				r->score = k;
		}
	}
	const struct word *grad = has(&all, K_GRAD);
	r->norm = has(&w, K_NORM) != NULL || (grad && grad->pref);
	r->grad_norm = (grad && (grad->pref || r->norm)) || (grad && has(&all, K_NORM));
	r->knob = has(&w, K_KNOB) != NULL;
	r->spread = has(&w, K_SPREAD) != NULL;
	const struct word *tail = w.n ? w.known[w.n - 1] : NULL;
	r->house = *name == '_' || strncasecmp(name, "system/", 7) == 0 ||
		   strncasecmp(name, "system.", 7) == 0 || strncasecmp(name, "time/", 5) == 0 ||
		   has(&w, K_HOUSE_ANY) || (tail && tail->kind == K_HOUSE) ||
		   (!r->loss && !r->error && !r->score && tail && tail->kind == K_SKIP &&
		    (strcmp(tail->text, "epoch") == 0 || strcmp(tail->text, "step") == 0));
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
		bool evaluated = r->val ||
				 (!r->train && r->score->pref <= 14 && r->score->kind == K_SCORE) ||
				 r->score->kind == K_REWARD;
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
	for (int i = 0; i < w.n; i++)
		if (w.known[i] && w.known[i]->plain)
			return true;
	/* "map", "error", "return" are columns of many tables that are no logs, "val/map" is not. */
	return (r.score || r.error) && (r.val || r.train);
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
