/* What trainers call things. Found in the logs of many frameworks; a word that means something else
 * as often as not is left out, since a wrong direction is worse than none. */
#include "core/role_word.h"

#include <ctype.h>
#include <string.h>

enum { DIGITS = WORD_DIGITS, PLAIN = WORD_PLAIN };

/* Sorted, for the binary search. */
static const struct word words[] = {
	{"acc", WORD_SCORE, 15, DIGITS | PLAIN},
	{"accu", WORD_SCORE, 15, DIGITS | PLAIN},
	{"accuracy", WORD_SCORE, 15, DIGITS | PLAIN},
	{"ap", WORD_SCORE, 11, DIGITS},
	{"apl", WORD_SCORE, 13, 0},
	{"apm", WORD_SCORE, 13, 0},
	{"aps", WORD_SCORE, 13, 0},
	{"ar", WORD_SCORE, 45, DIGITS},
	{"auc", WORD_SCORE, 25, PLAIN},
	{"auprc", WORD_SCORE, 26, PLAIN},
	{"auroc", WORD_SCORE, 25, PLAIN},
	{"average", WORD_SKIP, 0, 0},
	{"avg", WORD_SKIP, 0, 0},
	{"batch", WORD_SKIP, 0, 0},
	{"binary", WORD_SKIP, 0, 0},
	{"bleu", WORD_SCORE, 28, DIGITS | PLAIN},
	{"bpb", WORD_LOSS, 3, PLAIN},
	{"bpc", WORD_LOSS, 3, PLAIN},
	{"brier", WORD_ERROR, 3, PLAIN},
	{"categorical", WORD_SKIP, 0, 0},
	{"cer", WORD_ERROR, 3, PLAIN},
	{"chrf", WORD_SCORE, 29, PLAIN},
	{"cider", WORD_SCORE, 29, PLAIN},
	{"coef", WORD_KNOB, 0, 0},
	{"coeff", WORD_KNOB, 0, 0},
	{"count", WORD_KNOB, 0, 0},
	{"crossentropy", WORD_LOSS, 1, PLAIN},
	{"current", WORD_SKIP, 0, 0},
	{"date", WORD_HOUSE, 0, 0},
	{"dev", WORD_VAL, 1, DIGITS},
	{"dice", WORD_SCORE, 22, DIGITS | PLAIN},
	{"duration", WORD_HOUSE_ANY, 0, 0},
	{"eer", WORD_ERROR, 3, PLAIN},
	{"elapsed", WORD_HOUSE_ANY, 0, 0},
	{"elbo", WORD_SCORE, 60, PLAIN},
	{"em", WORD_SCORE, 30, 0},
	{"ema", WORD_SKIP, 0, 0},
	{"ep", WORD_SKIP, 0, 0},
	{"episode", WORD_SKIP, 0, 0},
	{"episodic", WORD_SKIP, 0, 0},
	{"epoch", WORD_SKIP, 0, 0},
	{"epochs", WORD_HOUSE, 0, 0},
	{"err", WORD_ERROR, 5, DIGITS},
	{"error", WORD_ERROR, 5, 0},
	{"errors", WORD_ERROR, 5, 0},
	{"eta", WORD_HOUSE, 0, 0},
	{"eval", WORD_VAL, 0, DIGITS},
	{"evaluation", WORD_VAL, 0, DIGITS},
	{"f", WORD_SCORE, 21, DIGITS},
	{"f1", WORD_SCORE, 20, PLAIN},
	{"fbeta", WORD_SCORE, 21, PLAIN},
	{"fid", WORD_ERROR, 3, PLAIN},
	{"final", WORD_SKIP, 0, 0},
	{"fitness", WORD_SCORE, 9, 0},
	{"flops", WORD_HOUSE_ANY, 0, 0},
	{"flos", WORD_HOUSE_ANY, 0, 0},
	{"fps", WORD_HOUSE_ANY, 0, 0},
	{"fscore", WORD_SCORE, 20, PLAIN},
	{"global", WORD_SKIP, 0, 0},
	{"globalnorm", WORD_NORM, 0, 0},
	{"gnorm", WORD_NORM, 1, PLAIN},
	{"grad", WORD_GRAD, 0, 0},
	{"gradient", WORD_GRAD, 0, 0},
	{"gradients", WORD_GRAD, 0, 0},
	{"gradnorm", WORD_NORM, 1, PLAIN},
	{"grads", WORD_GRAD, 0, 0},
	{"hits", WORD_SCORE, 30, DIGITS},
	{"hmean", WORD_SCORE, 21, PLAIN},
	{"holdout", WORD_VAL, 2, 0},
	{"hour", WORD_HOUSE, 0, 0},
	{"iou", WORD_SCORE, 22, DIGITS | PLAIN},
	{"iter", WORD_HOUSE, 0, 0},
	{"iteration", WORD_HOUSE, 0, 0},
	{"iterations", WORD_HOUSE, 0, 0},
	{"jaccard", WORD_SCORE, 22, PLAIN},
	{"kappa", WORD_SCORE, 24, PLAIN},
	{"kid", WORD_ERROR, 3, 0},
	{"l1", WORD_ERROR, 3, PLAIN},
	{"l2norm", WORD_NORM, 0, 0},
	{"lambda", WORD_KNOB, 0, 0},
	{"last", WORD_SKIP, 0, 0},
	{"learningrate", WORD_LR, 0, PLAIN},
	{"logloss", WORD_LOSS, 1, PLAIN},
	{"loss", WORD_LOSS, 0, DIGITS | PLAIN},
	{"losses", WORD_LOSS, 0, PLAIN},
	{"lpips", WORD_ERROR, 3, PLAIN},
	{"lr", WORD_LR, 0, DIGITS | PLAIN},
	{"lrs", WORD_LR, 0, PLAIN},
	{"macro", WORD_SKIP, 0, 0},
	{"mae", WORD_ERROR, 2, PLAIN},
	{"map", WORD_SCORE, 10, DIGITS},
	{"mape", WORD_ERROR, 2, PLAIN},
	{"mcc", WORD_SCORE, 24, PLAIN},
	{"mean", WORD_SKIP, 0, 0},
	{"mem", WORD_HOUSE_ANY, 0, 0},
	{"memory", WORD_HOUSE_ANY, 0, 0},
	{"meteor", WORD_SCORE, 29, PLAIN},
	{"metric", WORD_SKIP, 0, 0},
	{"metrics", WORD_SKIP, 0, 0},
	{"micro", WORD_SKIP, 0, 0},
	{"miou", WORD_SCORE, 21, DIGITS | PLAIN},
	{"mrr", WORD_SCORE, 28, DIGITS | PLAIN},
	{"mse", WORD_ERROR, 1, PLAIN},
	{"msle", WORD_ERROR, 2, PLAIN},
	{"ndcg", WORD_SCORE, 28, DIGITS | PLAIN},
	{"nll", WORD_LOSS, 1, DIGITS | PLAIN},
	{"norm", WORD_NORM, 0, 0},
	{"norms", WORD_NORM, 0, 0},
	{"overall", WORD_SKIP, 0, 0},
	{"pearson", WORD_SCORE, 30, PLAIN},
	{"pearsonr", WORD_SCORE, 30, PLAIN},
	{"perplexity", WORD_PPL, 0, PLAIN},
	{"ppl", WORD_PPL, 0, PLAIN},
	{"prauc", WORD_SCORE, 26, PLAIN},
	{"precision", WORD_SCORE, 40, DIGITS | PLAIN},
	{"psnr", WORD_SCORE, 30, PLAIN},
	{"r2", WORD_SCORE, 30, PLAIN},
	{"rank", WORD_HOUSE, 0, 0},
	{"recall", WORD_SCORE, 42, DIGITS | PLAIN},
	{"return", WORD_REWARD, 5, 0},
	{"returns", WORD_REWARD, 5, 0},
	{"rew", WORD_REWARD, 5, 0},
	{"reward", WORD_REWARD, 5, 0},
	{"rewards", WORD_REWARD, 5, 0},
	{"rmse", WORD_ERROR, 1, PLAIN},
	{"rmsle", WORD_ERROR, 2, PLAIN},
	{"rocauc", WORD_SCORE, 25, PLAIN},
	{"rollout", WORD_TRAIN, 0, 0},
	{"rouge", WORD_SCORE, 28, DIGITS | PLAIN},
	{"rougel", WORD_SCORE, 28, PLAIN},
	{"rougelsum", WORD_SCORE, 28, PLAIN},
	{"running", WORD_SKIP, 0, 0},
	{"runtime", WORD_HOUSE_ANY, 0, 0},
	{"sacrebleu", WORD_SCORE, 28, PLAIN},
	{"scale", WORD_KNOB, 0, 0},
	{"scaler", WORD_KNOB, 0, 0},
	{"second", WORD_HOUSE, 0, 0},
	{"seconds", WORD_HOUSE, 0, 0},
	{"seed", WORD_HOUSE, 0, 0},
	{"seen", WORD_HOUSE, 0, 0},
	{"sensitivity", WORD_SCORE, 42, PLAIN},
	{"smape", WORD_ERROR, 2, PLAIN},
	{"smooth", WORD_SKIP, 0, 0},
	{"smoothed", WORD_SKIP, 0, 0},
	{"sparse", WORD_SKIP, 0, 0},
	{"spearman", WORD_SCORE, 30, PLAIN},
	{"spearmanr", WORD_SCORE, 30, PLAIN},
	{"specificity", WORD_SCORE, 43, PLAIN},
	{"ssim", WORD_SCORE, 32, PLAIN},
	{"std", WORD_SPREAD, 0, 0},
	{"stddev", WORD_SPREAD, 0, 0},
	{"stderr", WORD_SPREAD, 0, 0},
	{"step", WORD_SKIP, 0, 0},
	{"steps", WORD_HOUSE, 0, 0},
	{"success", WORD_SCORE, 8, 0},
	{"ter", WORD_ERROR, 3, PLAIN},
	{"test", WORD_VAL, 2, DIGITS},
	{"testing", WORD_VAL, 2, DIGITS},
	{"time", WORD_HOUSE_ANY, 0, 0},
	{"times", WORD_HOUSE_ANY, 0, 0},
	{"timestamp", WORD_HOUSE_ANY, 0, 0},
	{"timesteps", WORD_HOUSE, 0, 0},
	{"top", WORD_SCORE, 16, DIGITS},
	{"top1", WORD_SCORE, 15, 0},
	{"total", WORD_SKIP, 0, 0},
	{"tr", WORD_TRAIN, 0, 0},
	{"train", WORD_TRAIN, 0, 0},
	{"training", WORD_TRAIN, 0, 0},
	{"updates", WORD_HOUSE, 0, 0},
	{"val", WORD_VAL, 0, DIGITS},
	{"valid", WORD_VAL, 0, DIGITS},
	{"validation", WORD_VAL, 0, DIGITS},
	{"var", WORD_SPREAD, 0, 0},
	{"variance", WORD_SPREAD, 0, 0},
	{"vram", WORD_HOUSE_ANY, 0, 0},
	{"vs", WORD_SKIP, 0, 0},
	{"walltime", WORD_HOUSE_ANY, 0, 0},
	{"weight", WORD_KNOB, 0, 0},
	{"weighted", WORD_SKIP, 0, 0},
	{"weights", WORD_KNOB, 0, 0},
	{"wer", WORD_ERROR, 3, PLAIN},
	{"winrate", WORD_SCORE, 8, 0},
	{"xent", WORD_LOSS, 1, PLAIN},
};

static const struct word *
look_up(const char *p, size_t n)
{
	size_t lo = 0, hi = sizeof words / sizeof *words;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		const char *text = words[mid].text;
		/* Most are told apart by their first letter. */
		int c = (unsigned char)*p - (unsigned char)*text;
		if (c == 0)
			c = strncmp(p, text, n);
		if (c == 0 && !text[n])
			return &words[mid];
		if (c <= 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return NULL;
}

const struct word *
word_find(const char *p, size_t n)
{
	const struct word *w = n ? look_up(p, n) : NULL;
	size_t letters = n;

	if (w)
		return w;
	while (letters && isdigit((unsigned char)p[letters - 1]))
		letters--;
	if (letters == n || !letters)
		return NULL;
	w = look_up(p, letters);
	return w && (w->flags & DIGITS) ? w : NULL;
}

const struct word *
word_table(size_t *n)
{
	*n = sizeof words / sizeof *words;
	return words;
}
