/* role_word.h - the words that metric names are made of, and what each says. Private to role*.c. */
#ifndef CORE_ROLE_WORD_H
#define CORE_ROLE_WORD_H

#include <stdbool.h>
#include <stddef.h>

enum word_kind {
	WORD_NONE,
	WORD_SKIP,  /* says nothing of what is measured: how it was averaged or reported */
	WORD_TRAIN, /* which data */
	WORD_VAL,
	WORD_LOSS,
	WORD_ERROR,  /* gets better downwards, but is no loss: wer, mae */
	WORD_SCORE,  /* gets better upwards */
	WORD_REWARD, /* likewise, of an episode */
	WORD_PPL,
	WORD_LR,
	WORD_GRAD,
	WORD_NORM,      /* PREF 1: of the gradient, whatever else the name says */
	WORD_HOUSE,     /* housekeeping, when it is the last word */
	WORD_HOUSE_ANY, /* likewise wherever it stands */
	WORD_SPREAD,    /* of a value, not the value: std, var, min */
	WORD_KNOB,      /* set by somebody, not measured: a loss's weight */
};

struct word {
	const char *text;
	enum word_kind kind;
	unsigned char pref; /* which of a kind speaks for a run: the smaller the better */
	unsigned char flags;
};

enum {
	WORD_DIGITS = 1, /* numbers may follow: acc1, map50, rouge1, loss0 */
	WORD_PLAIN = 2,  /* says "metric" even when it is the whole name */
};

/* Scores up to this preference are measured by evaluating, whether the name says so or not: mAP. */
#define WORD_PREF_EVALUATED 14

/* [P, P + N) in small letters, or NULL. */
const struct word *word_find(const char *p, size_t n);
/* All of them, in order of text. */
const struct word *word_table(size_t *n);

#endif
