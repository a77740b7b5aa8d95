/* text_course.h - how far a training is, line by line: the step of a row, from whatever the line
 * counts and from what was counted before.
 *
 * A line that counts steps has its step. One that counts batches of an epoch has it too, if it says
 * how many there are; if not, rows are numbered. A line that counts epochs has an epoch. A line
 * that counts nothing belongs to the last one that did. */
#ifndef CORE_TEXT_COURSE_H
#define CORE_TEXT_COURSE_H

#include "core/pack.h"
#include "core/series.h"
#include "core/text_row.h"

#include <stdbool.h>
#include <stdint.h>

/* A place on the axis. */
struct text_place {
	enum step_unit unit;
	int64_t step;
};

struct text_course {
	bool placed; /* some line had a step */
	struct text_place now;
	uint64_t line;  /* where that was said */
	int64_t first;  /* the first step of all */
	int64_t stride; /* between the last two */
	int64_t base;   /* what the epochs begin with: 0 or 1; -1: not known yet */
	int64_t epoch;  /* the last that was counted, -1: none */
	bool heading;   /* it stood in a line of its own, and no steps were counted since */
	bool closed;    /* its progress bar was full */
	/* steps beside an epoch: 1 begin anew with each, 2 go on, 0 not known yet */
	uint8_t restart;
	int64_t within_epoch, within; /* the last step beside an epoch */
	int64_t before;               /* steps of the epochs before that, when each counts anew */
	struct bar_course {
		uint64_t key;
		int64_t base, n, total;
	} bar[4]; /* the last used first */
	/* of steps, whatever epoch they are of: the last one, how far apart they are (0: not
	 * known), and of those that are rounded the last as it was said, with its row's key */
	int64_t last, pace, rounded;
	uint64_t rounded_key;
	bool last_rounded;
	int64_t rows;          /* numbered so far */
	int64_t epochs, steps; /* how many there will be; 0: nobody said */
};

void text_course_init(struct text_course *c);
/* A line that counts and says nothing else: "Epoch 3/10". */
void text_course_head(struct text_course *c, const struct text_row *r, uint64_t line);
/* The place of a row, by its own counts; false: it has none. Once a row, in order. */
bool text_course_place(struct text_course *c, const struct text_row *r, struct text_place *at);
/* A row was placed there for good: lines that count nothing follow it. */
void text_course_move(struct text_course *c, struct text_place at, uint64_t line);
/* The place of what is said before each step, when STRIDE more are done. */
struct text_place text_course_next(const struct text_course *c);

void text_course_save(const struct text_course *c, struct str *out);
void text_course_load(struct text_course *c, struct unpack *u);

#endif
