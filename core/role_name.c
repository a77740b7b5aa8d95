/* A name is taken apart into words, and the words are looked up: `val_categorical_accuracy`, `eval/acc@5`,
 * `metrics/mAP50-95(B)`, `loss/train` say what they are by a word or two, wherever a framework puts
 * them. Words of the last part of the name count; when the last part only says which data it is or how
 * it was averaged (`loss/train`), the part before it does. */
#include "core/role_name.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { WORDS_MAX = 24, WORD_MAX_BYTES = 32 };

/* The words of a piece of a name. */
struct words {
	int n;
	int unknown, numbers;
	const struct word *known[WORDS_MAX]; /* NULL: unknown, or a number */
};

/* P begins a word within letters: valLoss, F1Score; not mIoU, mAP, rougeL. */
static bool
capital_begins(const char *begin, const char *p, const char *end)
{
	return p > begin + 1 && isupper((unsigned char)*p) && !isupper((unsigned char)p[-1]) &&
	       p + 1 < end && islower((unsigned char)p[1]);
}

/* The next word of [*P, END) in small letters, cut to what can be in the table; false: there is none. */
static bool
word_next(const char **p, const char *end, char *text)
{
	const char *begin;
	size_t n = 0;

	while (*p < end && !isalnum((unsigned char)**p))
		(*p)++;
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

static void
words_of(struct words *w, const char *p, const char *end)
{
	char text[WORD_MAX_BYTES], before[WORD_MAX_BYTES] = "", both[2 * WORD_MAX_BYTES];

	*w = (struct words){0};
	while (w->n < WORDS_MAX && word_next(&p, end, text)) {
		const struct word *k = word_find(text, strlen(text)), *joined = NULL;
		/* learning_rate, cross entropy, roc_auc: one word in two */
		if (!k && w->n && !w->known[w->n - 1] && !is_number(text)) {
			snprintf(both, sizeof both, "%s%s", before, text);
			joined = word_find(both, strlen(both));
		}
		if (joined) {
			w->known[w->n - 1] = joined;
			w->unknown--;
		} else {
			w->known[w->n++] = k;
			w->numbers += is_qualified(text, k);
			w->unknown += !k && !is_number(text);
		}
		memcpy(before, text, sizeof text);
	}
}

static const struct word *
has(const struct words *w, enum word_kind kind)
{
	for (int i = w->n; i-- > 0;) /* the last one is what the others qualify */
		if (w->known[i] && w->known[i]->kind == kind)
			return w->known[i];
	return NULL;
}

/* Anything but which data it is and how it was averaged. */
static bool
measures(const struct words *w)
{
	for (int i = 0; i < w->n; i++) {
		enum word_kind k = w->known[i] ? w->known[i]->kind : WORD_NONE;
		if (k != WORD_SKIP && k != WORD_TRAIN && k != WORD_VAL)
			return true;
	}
	return false;
}

static const char *
part_begin(const char *name, const char *end)
{
	while (end > name && end[-1] != '/')
		end--;
	return end;
}

/* lr/pg0, lr-AdamW/group1: the group of parameters stands last. */
static const struct word *
rate_of_group(const char *name, const char *part, const struct words *w)
{
	struct words up;

	if (part == name || w->n > 2)
		return NULL;
	words_of(&up, part_begin(name, part - 1), part - 1);
	return up.n && up.known[0] && up.known[0]->kind == WORD_LR ? up.known[0] : NULL;
}

/* A name that ends so counts something, unless it measures: train_loss_epoch, accuracy_vs_iterations. */
static bool
is_counter(const struct words *w)
{
	static const char *const counters[] = {"epoch", "step", "batch", "episode"};
	const struct word *last = w->n ? w->known[w->n - 1] : NULL;

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

void
name_read(const char *name, struct reading *r)
{
	const char *end = name + strlen(name), *stop = end, *part = part_begin(name, end);
	struct words w, all, last;

	*r = (struct reading){0};
	words_of(&all, name, end);
	words_of(&last, part, end);
	for (w = last; !measures(&w) && part > name;) {
		stop = part - 1;
		part = part_begin(name, stop);
		words_of(&w, part, stop);
	}
	for (const char *p = name; *p; p++)
		r->depth += *p == '/';
	r->val = has(&all, WORD_VAL);
	r->train = has(&all, WORD_TRAIN);
	r->grad = has(&all, WORD_GRAD) != NULL;
	r->loss = has(&w, WORD_LOSS);
	r->ppl = has(&w, WORD_PPL);
	r->error = has(&w, WORD_ERROR);
	r->score = has(&w, WORD_SCORE);
	if (!r->score)
		r->score = has(&w, WORD_REWARD);
	r->norm = has(&all, WORD_NORM);
	r->grad |= r->norm && r->norm->pref;
	r->lr = has(&w, WORD_LR);
	if (!r->lr && !r->loss)
		r->lr = rate_of_group(name, part, &w);
	r->derived = has(&w, WORD_KNOB) || has(&w, WORD_SPREAD);
	r->house = is_housekeeping(name, &last, r);
	/* A score within a loss says which loss it is: dice_loss. */
	r->extra = w.unknown + (r->loss && (r->score || r->error));
	r->numbers = w.numbers;
	r->told = r->depth || r->val || r->train || has(&all, WORD_SKIP);
	for (int i = 0; i < all.n; i++)
		r->plain |= all.known[i] && (all.known[i]->flags & WORD_PLAIN);
}
