/* log_place.h - where in a console log a step or a time is.
 *
 * Nothing is kept for it: a log goes on in time and, but for restarts, in steps, so the place is
 * found by halving, and what is read on the way is read by the rules by which its points were
 * (src_text.c). A few dozen reads of some hundred KB, whatever the size. */
#ifndef CORE_LOG_PLACE_H
#define CORE_LOG_PLACE_H

#include "core/log_file.h"
#include "core/series.h"

#include <stdbool.h>
#include <stdint.h>

struct pattern_set;

struct log_place {
	bool has_step;
	enum step_unit unit; /* rows are counted from the beginning: they can't be looked for */
	int64_t step;
	int64_t wall_us; /* 0: not known */
	/* how its lines are to be read */
	const char *path;
	int tz_offset_s;
	int64_t now_us;
	struct pattern_set *patterns; /* may be NULL */
};

/* *AT is where the line begins that is nearest: by time where lines have one, made exact by the
 * step; else by the step alone. False: lines say neither. */
bool log_place_find(struct log_file *f, const struct log_place *w, uint64_t *at);

#endif
