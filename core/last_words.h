/* last_words.h - what a log says of the end of its training, and which log of a run is believed.
 *
 * Each rank of a training dies of something: one of them first, the others of that. The first in
 * time is the reason; an NCCL timeout half an hour later, or Slurm's cancelling of what was left,
 * is its consequence. Within one log its source keeps the first (text_end.h). */
#ifndef CORE_LAST_WORDS_H
#define CORE_LAST_WORDS_H

#include <stdbool.h>
#include <stdint.h>

struct last_words {
	/* "finished", "failed: …", "resumed", RUN_BEGUN; NULL: nothing was said */
	const char *what;
	int64_t wall_us;    /* when, by the log's own time; 0: it has none */
	int64_t arrival_us; /* when those bytes arrived, or the file was last changed */
};

/* A, of one log of a run, comes before B, of another. Nothing, and words that are no end, come
 * last. By the logs' own times where both have one, else by arrival; of two at one time what can
 * only be a consequence comes last. */
bool last_words_before(const struct last_words *a, const struct last_words *b);

/* A log of the same run, another one than said W, has a row with a step that was written at ROW_US:
 * so the training went on, under another job, and W is of one that is over. What says that it
 * finished stays: evaluations come behind it. */
bool last_words_outlived(const struct last_words *w, int64_t row_us);
/* The same of words that stand in no log: whatever they say, they are of a job before that row. */
bool last_words_over(const struct last_words *w, int64_t row_us);

#endif
