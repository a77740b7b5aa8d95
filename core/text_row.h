/* text_row.h - what one line of a console log says: numbers under names, and how far the training
 * is. Filled by the scanners (text_pairs.h, text_shape.h), judged and numbered by src_text.c. */
#ifndef CORE_TEXT_ROW_H
#define CORE_TEXT_ROW_H

#include "core/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Stated limit: numbers of one line; more are left out. */
#define TEXT_MAX_PAIRS 512

struct text_pair {
	uint32_t at, n; /* its name, in NAMES */
	double value;
};

#define TEXT_BAR_KERAS 1   /* draws an epoch */
#define TEXT_BAR_COLUMNS 2 /* ends a row of a table (text_grid.h) */

/* A count: N of TOTAL (0: of how many is not said). */
struct text_count {
	bool is;
	int64_t n, total;
};

struct text_row {
	struct str names;
	struct text_pair *pair;
	size_t n, cap;
	struct str prefix; /* of the names that follow, with its '/' */

	struct text_count step, epoch, batch;
	unsigned step_rank;   /* of the word that named the step: smaller is surer */
	bool step_told;       /* "step: 10", by a word that is used of nothing else */
	int64_t step_rounded; /* "step: 10K": to a thousand; 0: it is not */
	bool batch_named;     /* by a word that counts within an epoch */

	/* How many pairs have a name that a trainer would use; of those, how many are of something
	 * with a better and a worse; and how many have just that, under whatever name. */
	unsigned known, measured, aimed;
	unsigned splits;   /* pairs whose name is a word for a part of the data */
	unsigned leftover; /* words and numbers that are part of nothing */
	double eta_s;      /* time left, as it says; 0: it doesn't; negative: there is none */
	bool bare;         /* it counts, and has nothing else */
	bool counted;      /* rows of this kind are numbered, whatever their names are */
	bool sure;         /* of a shape that nothing else has */
	bool evaluating;   /* counts batches of an evaluation: "Test: [10/97]" */
	bool partial;      /* and it goes on: its last line has the result */
	bool ahead;        /* said before the step that it is of */
	bool bar;          /* a progress bar: the last state of a step counts */
	bool bar_done;     /* and it is full, for good */
	uint64_t bar_key;  /* what kind of bar: one of the following, or of its description */
};

/* Forgets the content, keeps the memory. */
void text_row_reset(struct text_row *r);
void text_row_release(struct text_row *r);
/* Every name from here on gets [P, P + N) and a '/' in front. */
void text_row_prefix(struct text_row *r, const char *p, size_t n);
/* A name that is there already, one that is too long or none is ignored. */
void text_row_add(struct text_row *r, const char *name, size_t n, double v);
const char *text_row_name(const struct text_row *r, const struct text_pair *p);
/* Where hashes of names begin that states keep: what is read on after a restart has the same. */
#define TEXT_BASIS UINT64_C(1469598103934665603)
/* Equal for rows with the same names in the same order. */
uint64_t text_row_key(const struct text_row *r);

/* metric_name_known(), of the last names kept. */
bool text_name_known(const char *p, size_t n);
/* There is a better and a worse of it. */
bool text_name_aimed(const char *p, size_t n);
/* Some word of the name is one for a part of the data. */
bool text_name_splits(const char *p, size_t n);
/* "valid_loss_patience": what was set, not what was reached. */
bool text_name_sets(const char *name);
bool text_row_has(const struct text_row *r, const char *name, size_t n);
/* [P, P + N) is a word for a part of the data: train, valid, Test, … */
bool text_is_split(const char *p, size_t n);
/* The same, or what is done to it: "training". */
bool text_is_part(const char *p, size_t n);

/* "Eval iter: 100": how far an evaluation is, which is no place on the axis. */
bool text_row_is_of_evaluation(const struct text_row *r);
/* "Epoch 3/10", "epoch3: batch20:": counts, and says nothing else. BEGUN: some row was a metric's,
 * so another one may stand alone beside its step. */
bool text_row_is_heading(const struct text_row *r, bool begun);
/* "throughput/total_tokens=2,097,152" below a step: a name that is a path, whatever it means. */
bool text_row_is_path(const struct text_row *r);
/* "Episode 100  Avg: -1000.0  Best: -1000.0  Buffer: 5000": nothing but numbers of an episode,
 * whatever their names are. */
bool text_row_is_of_episode(const struct text_row *r);

#endif
