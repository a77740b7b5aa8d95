/* A name is taken apart into words, and the words are looked up: `val_categorical_accuracy`,
 * `eval/acc@5`, `metrics/mAP50-95(B)`, `loss/train` say what they are by a word or two, wherever a
 * framework puts them. Words of the last part of the name count; when the last part only says which
 * data it is or how it was averaged (`loss/train`), the part before it does. */
#include "core/role_name.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { WORDS_MAX = 24, WORD_MAX_BYTES = 32 };

/* The words of a name, or of a part of it. */
struct words {
	int n;
	const struct spelled {
		const struct word *known; /* NULL: unknown, or a number */
		bool number;
		bool qualified; /* by a number that says more than the word: acc5, mAP50 */
		int part;
	} * at;
};

/* P begins a word within letters: valLoss, F1Score, MSELoss, mIoU; not mAP, rougeL, APs. */
static bool
capital_begins(const char *begin, const char *p, const char *end)
{
	if (p == begin || !isupper((unsigned char)*p) || p + 1 >= end ||
	    !islower((unsigned char)p[1]))
		return false;
	return !isupper((unsigned char)p[-1]) || (p + 2 < end && islower((unsigned char)p[2]));
}

/* The next word of [*P, END) in small letters, cut to what can be in the table; PART counts the '/'
 * before it. False: there is none. */
static bool
word_next(const char **p, const char *end, char *text, int *part)
{
	const char *begin;
	size_t n = 0;

	for (; *p < end && !isalnum((unsigned char)**p); (*p)++)
		*part += **p == '/';
	begin = *p;
	while (*p < end && isalnum((unsigned char)**p) && !capital_begins(begin, *p, end)) {
		if (n + 1 < WORD_MAX_BYTES)
			text[n++] = (char)tolower((unsigned char)**p);
		(*p)++;
	}
	text[n] = '\0';
	return n > 0;
}

static bool
is_number(const char *text)
{
	return text[strspn(text, "0123456789")] == '\0';
}

/* Acc@1 says no more than acc, acc5 and mAP50 do. */
static bool
is_qualified(const char *text, const struct word *k)
{
	const char *digits = text;

	if (!k && !is_number(text))
		return false;
	if (k)
		digits += strlen(k->text);
	return *digits && strcmp(digits, "1") != 0;
}

/* Reads at most WORDS_MAX words of NAME. */
static int
spell(const char *name, struct spelled *out)
{
	char text[WORD_MAX_BYTES], before[WORD_MAX_BYTES] = "", both[2 * WORD_MAX_BYTES];
	const char *p = name, *end = name + strlen(name);
	int n = 0, part = 0;

	while (n < WORDS_MAX && word_next(&p, end, text, &part)) {
		bool number = is_number(text);
		const struct word *k = number ? NULL : word_find(text, strlen(text)),
				  *joined = NULL;
		struct spelled *last = n ? &out[n - 1] : NULL;
		/* learning_rate, cross entropy, roc_auc: one word in two */
		if (!k && !number && last && last->part == part && !last->known && !last->number) {
			snprintf(both, sizeof both, "%s%s", before, text);
			joined = word_find(both, strlen(both));
		}
		if (joined)
			last->known = joined;
		else
			out[n++] = (struct spelled){k, number, is_qualified(text, k), part};
		memcpy(before, text, sizeof text);
	}
	return n;
}

/* The words of the part before that of W's first word; of the last part when W is empty and at the
 * end. */
static struct words
part_before(const struct words *all, int end)
{
	int begin = end;

	while (begin > 0 && all->at[begin - 1].part == all->at[end - 1].part)
		begin--;
	return (struct words){end - begin, all->at + begin};
}

static const struct word *
has(const struct words *w, enum word_kind kind)
{
	for (int i = w->n; i-- > 0;) /* the last one is what the others qualify */
		if (w->at[i].known && w->at[i].known->kind == kind)
			return w->at[i].known;
	return NULL;
}

/* Anything but which data it is and how it was averaged. */
static bool
measures(const struct words *w)
{
	for (int i = 0; i < w->n; i++) {
		enum word_kind k = w->at[i].known ? w->at[i].known->kind : WORD_NONE;
		if (k != WORD_SKIP && k != WORD_TRAIN && k != WORD_VAL)
			return true;
	}
	return false;
}

/* lr/pg0, lr-AdamW/group1: the group of parameters stands last. */
static const struct word *
rate_of_group(const struct words *all, const struct words *w)
{
	struct words up = part_before(all, (int)(w->at - all->at));

	return up.n && w->n <= 2 && up.at[0].known && up.at[0].known->kind == WORD_LR
		       ? up.at[0].known
		       : NULL;
}

/* A name that ends so counts something, unless it measures: train_loss_epoch,
 * accuracy_vs_iterations. */
static bool
is_counter(const struct words *w)
{
	static const char *const counters[] = {"epoch", "step", "batch", "episode"};
	const struct word *last = w->n ? w->at[w->n - 1].known : NULL;

	if (!last)
		return false;
	for (int i = 0; i < 4; i++)
		if (strcmp(last->text, counters[i]) == 0)
			return true;
	return last->kind == WORD_HOUSE;
}

static bool
is_housekeeping(const char *name, const struct words *last, const struct reading *r)
{
	if (*name == '_' || strncasecmp(name, "system/", 7) == 0 ||
	    strncasecmp(name, "system.", 7) == 0 || strncasecmp(name, "time/", 5) == 0 ||
	    has(last, WORD_HOUSE_ANY))
		return true;
	return is_counter(last) && !r->loss && !r->error && !r->score && !r->ppl;
}

/* What stands beside the words that say what W measures. */
static void
count_rest(const struct words *w, struct reading *r)
{
	for (int i = 0; i < w->n; i++) {
		r->extra += !w->at[i].known && !w->at[i].number;
		r->numbers += w->at[i].qualified;
	}
	/* A score within a loss says which loss it is: dice_loss. */
	r->extra += r->loss && (r->score || r->error);
}

void
name_read(const char *name, struct reading *r)
{
	struct spelled spelled[WORDS_MAX];
	struct words all = {spell(name, spelled), spelled};
	struct words last = part_before(&all, all.n), w = last;

	while (!measures(&w) && w.at > all.at)
		w = part_before(&all, (int)(w.at - all.at));
	*r = (struct reading){
		.loss = has(&w, WORD_LOSS),
		.ppl = has(&w, WORD_PPL),
		.error = has(&w, WORD_ERROR),
		.score = has(&w, WORD_SCORE),
		.lr = has(&w, WORD_LR),
		.norm = has(&all, WORD_NORM),
		.val = has(&all, WORD_VAL),
		.train = has(&all, WORD_TRAIN),
		.derived = has(&w, WORD_KNOB) || has(&w, WORD_SPREAD),
	};
	if (!r->score)
		r->score = has(&w, WORD_REWARD);
	if (!r->lr && !r->loss)
		r->lr = rate_of_group(&all, &w);
	r->grad = has(&all, WORD_GRAD) || (r->norm && r->norm->pref);
	r->house = is_housekeeping(name, &last, r);
	count_rest(&w, r);
	for (const char *p = name; *p; p++)
		r->depth += *p == '/';
	r->told = r->depth || r->val || r->train || has(&all, WORD_SKIP);
	for (int i = 0; i < all.n; i++)
		r->plain |= all.at[i].known && (all.at[i].known->flags & WORD_PLAIN);
}
