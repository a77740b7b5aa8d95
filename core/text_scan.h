/* text_scan.h - a line while it is read for numbers under names. Private to text_pairs.c and
 * text_count.c. */
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

/* What the collected name counts, by its last word; or NULL. */
const struct text_step_word *text_name_counts(const struct text_scan *s);
/* V is a whole number from 0 on. */
bool text_is_count(double v, int64_t *out);
/* "/ 1000", " of 1000" behind a count; P: there is none. */
const char *text_take_total(const char *p, const char *end, int64_t *total);
/* "[100/1252]" behind an epoch; P: there is none. */
const char *text_take_batch(struct text_scan *s, const char *p);
/* The number V, which ends at P, under a word that counts; NULL: it is none of its kind. */
const char *text_take_count(struct text_scan *s, const struct text_step_word *word, double v,
			    const char *p);
/* A number without a name: "[100/1000] loss 0.5", "epoch 001:   100 / 1000 loss=6.1". FIRST: the
 * line said nothing before it. */
const char *text_take_orphan(struct text_scan *s, double v, const char *p, bool first);

#endif
