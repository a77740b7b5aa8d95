/* text_scan.h - a line while it is read for numbers under names. Private to text_pairs.c,
 * text_name.c, text_value.c and text_count.c. */
#ifndef CORE_TEXT_SCAN_H
#define CORE_TEXT_SCAN_H

#include "core/text_row.h"
#include "core/text_word.h"

#include <ctype.h>

struct text_scan {
	struct text_row *r;
	const char *p, *end;
	/* the name that is being collected */
	const char *from, *to;
	const char *last;   /* its last word */
	const char *before; /* the word before that */
	unsigned words;
	bool fresh;  /* it began at a separator, the line's start or a number */
	bool listed; /* a separator stood in front */
	char assign; /* ':' or '=', or 0 */
	bool tight;  /* nothing stands behind ASSIGN */
	bool text;   /* it may be the value of a name: "device: cuda" */
	/* "Train Loss: 0.5 Acc: 0.9": the part of the data that a name began with; AT HAND: the
	 * piece goes on */
	const char *split;
	size_t nsplit;
	bool at_hand;
	bool over; /* the rest of the line says no more numbers */
	/* what was read last */
	bool after_epoch;     /* an epoch's number: a batch may follow */
	const char *epoch_at; /* the word that named the epoch */
	size_t epoch_n;
	const char *step_at; /* and the one that named the step */
	size_t step_n;
};

static inline bool
text_is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_' || (unsigned char)c >= 0x80;
}

/* -- text_name.c ------------------------------------------------------------------------------- */

/* No name is collected any more; LISTED: a separator stood in front of what comes. */
void text_begin_name(struct text_scan *s, bool listed);
void text_add_word(struct text_scan *s, const char *p, const char *end);
/* The collected words are no name of a number. */
void text_drop_name(struct text_scan *s);
/* "Class 0 Accuracy: 80.5": behind the number, which is part of the name; or NULL. */
const char *text_take_index(struct text_scan *s, double v, const char *p);
/* "Accuracy on the": what was measured is still to come. */
bool text_ends_over(const struct text_scan *s);
/* "Epoch 3 - Save Best Score: 0.8 Model" tells what a program does. */
bool text_tells_deed(const char *p, const char *end);
/* "Epoch 3 finished. Loss: 0.5": the word ends a sentence, and is no short form. */
bool text_tells_end(const char *p, const char *end);

static inline bool
text_scan_known(const char *p, const char *end)
{
	return text_name_known(p, (size_t)(end - p));
}

/* -- text_value.c ------------------------------------------------------------------------------ */

/* The number V, which ends at P, under the collected name: behind it. */
const char *text_take_value(struct text_scan *s, double v, const char *p);
/* "Training average loss at step 100: 0.5", "Cost after epoch 3: 0.5": behind it; or NULL. */
const char *text_take_value_at(struct text_scan *s, const struct text_step_word *word, double count,
			       const char *p);

/* -- text_count.c ------------------------------------------------------------------------------ */

/* What the collected name counts, by its last word; or NULL. */
const struct text_step_word *text_name_counts(const struct text_scan *s);
/* V is a whole number from 0 on. */
bool text_is_count(double v, int64_t *out);
/* "/ 1000", " of 1000" behind a count; P: there is none. */
const char *text_take_total(const char *p, const char *end, int64_t *total);
/* "(12%)" behind a count; P: there is none. */
const char *text_skip_percent(const char *p, const char *end);
/* "[100/1252]" behind an epoch; P: there is none. */
const char *text_take_batch(struct text_scan *s, const char *p);
/* The number V, [FROM, P), under a word that counts; NULL: it is none of its kind. */
const char *text_take_count(struct text_scan *s, const struct text_step_word *word, double v,
			    const char *from, const char *p);
/* "After 1000 training step(s), loss is 0.5", "epoch 1-599"; behind it, or NULL. */
const char *text_take_after(struct text_scan *s, double v, const char *p);
const char *text_take_epoch_and_batch(struct text_scan *s, const char *p);
/* "第 3 轮", the third epoch. */
const char *text_take_ordinal(struct text_scan *s, const char *p);
const char *text_take_pair_of_counts(struct text_scan *s, const char *p);
/* A number without a name: "[100/1000] loss 0.5", "epoch 001:   100 / 1000 loss=6.1". FIRST: the
 * line said nothing before it. */
const char *text_take_orphan(struct text_scan *s, double v, const char *p, bool first);

#endif
