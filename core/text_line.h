/* text_line.h - one line of a console log, made readable: what terminals were told is cut out, and
 * what a logging library put in front is taken off.
 *
 *     2024-01-01 12:00:00,123 - mmengine - INFO - Epoch(train) …
 *     [rank3]: Traceback (most recent call last):
 *     [2021-08-11 06:03:02,114][train_inner][INFO] - {"epoch": 1, …
 *     0: step 10 loss 3.2 */
#ifndef CORE_TEXT_LINE_H
#define CORE_TEXT_LINE_H

#include "core/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text_line {
	const char *p, *end; /* what was said; blanks around it stripped */
	/* Who said it: the last word that a logging library put in front; NLOGGER 0: none did. */
	const char *logger;
	size_t nlogger;
	/* The part of the data that an evaluation before it was of: " * Acc@1 70.0" is of that too.
	 * Set by the reader; NPART 0: there was none. */
	const char *part;
	size_t npart;
	int64_t wall_us; /* 0: no date in front */
	int rank;        /* of the process that said it, or -1 */
	/* "3: " in front may be a rank, a number in a list, or the step itself. -1: there is none;
	 * BARE is the line behind it. */
	int maybe_rank;
	const char *bare;
};

/* Appends [P, END) to OUT without escape sequences (ECMA-48: CSI, OSC, two-byte ones) and other
 * controls; a tab stays, a NUL becomes a blank. */
void text_clean(struct str *out, const char *p, const char *end);
/* The wide colon, comma and bar of Chinese text become those of ASCII, in place: for reading
 * numbers, not for showing. */
void text_narrow(struct str *s);

/* Reads the line [P, END), which is clean and outlives L. NOW_US settles the year of stamps that
 * have none: the last such day that is not later. */
void text_line_read(struct text_line *l, const char *p, const char *end, int32_t tz_offset_s,
		    int64_t now_us);

#endif
