/* epochs.h - how many steps an epoch has, from rows that name both: with how many epochs there will
 * be, what a run was told, that is how many steps.
 *
 * Where an epoch ends lies between its last row and the first of the next, so each end that passes
 * bounds the length from both sides. Whether the first epoch is 0 or 1 the bounds tell as well:
 * counted wrongly they soon leave nothing. Epochs in fractions, or of different lengths, tell
 * nothing. */
#ifndef CORE_EPOCHS_H
#define CORE_EPOCHS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All zero: no row yet. */
struct epochs {
	bool any, broken;
	int64_t first, epoch; /* that rows named first, and last */
	int64_t step;         /* of the last row */
	struct epoch_length {
		int64_t least, most; /* most 0: no end has passed */
		bool wrong;
	} from[2]; /* when the first epoch is 0, and 1 */
};

/* NAME is what trainers call the column with the epoch's number. */
bool epochs_is_column(const char *name, size_t n);
/* A row of EPOCH at STEP. */
void epochs_row(struct epochs *e, double epoch, int64_t step);
/* The steps of one, rather one too few than one too many; 0: not known. */
int64_t epochs_steps(const struct epochs *e);

#endif
