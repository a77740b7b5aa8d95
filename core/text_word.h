/* text_word.h - words by which console logs count how far a training is, and the blanks between. */
#ifndef CORE_TEXT_WORD_H
#define CORE_TEXT_WORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum text_counts { TEXT_COUNTS_STEPS, TEXT_COUNTS_EPOCHS, TEXT_COUNTS_BATCHES };

#define TEXT_RANK_ORPHAN 20 /* of a count without a word */
#define TEXT_RANK_EPISODE 9 /* of the words for episodes, rounds, generations */

struct text_step_word {
	const char *word;
	uint8_t counts; /* enum text_counts */
	uint8_t rank;   /* of words for steps: a smaller one is surer */
	bool assigned;  /* only with ':' or '=' behind it */
};

static inline bool
text_is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static inline const char *
text_skip_blanks(const char *p, const char *end)
{
	while (p < end && text_is_blank(*p))
		p++;
	return p;
}

static inline const char *
text_word_end(const char *p, const char *end)
{
	while (p < end && !text_is_blank(*p))
		p++;
	return p;
}

/* What [P, END) counts, any case; ASSIGNED: ':' or '=' stands behind it. NULL: nothing. */
const struct text_step_word *text_step_word(const char *p, const char *end, bool assigned);
/* In front of a word for steps [P, END) makes it another thing: "max step", "time per epoch". */
bool text_word_disowns_step(const char *p, const char *end);

/* NAME says in another language than English that it is a loss, an accuracy or the like. */
bool text_word_foreign(const char *name);

/* [P, END) is one of N words, any case. */
bool text_word_in(const char *p, const char *end, const char *const *words, size_t n);
#define TEXT_WORD_IN(p, end, words) text_word_in(p, end, words, sizeof(words) / sizeof *(words))

#endif
