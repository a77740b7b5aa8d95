/* detect.h - what can be wrong with a run that no single value shows, under the names that rules
 * use: one row each, one file each (detect_*.c).
 *
 * Where a metric's goal is max, what is said of rising holds for falling. Bytes are of state per
 * series. */
#ifndef CORE_DETECT_H
#define CORE_DETECT_H

#include "core/memory.h"
#include "core/str.h"
#include "core/verdict.h"

enum { DETECTOR_ARGS = KEEPER_ARGS };

/* What a term of a rule is about: the series that the rule watches, its run, a place where runs
 * lie; or the series if the rule names a metric, else the run. */
enum about { ABOUT_SERIES, ABOUT_RUN, ABOUT_PLACE, ABOUT_EITHER };

struct detector_arg {
	const char *name;
	double def, min, max;
	const char *help;
};

struct detector {
	const char *name;
	enum about about;
	const char *help; /* one sentence: when it is true */
	struct detector_arg arg[DETECTOR_ARGS];
	/* About a series: what is kept, and what it says of NOW. The words go behind the value:
	 * "27 scales above 2.31". */
	const struct keeper *keeper;
	enum verdict (*judge)(const void *state, const double *arg, const struct sample *now);
	void (*explain)(const void *state, const double *arg, const struct sample *now,
			struct str *out);
	/* About a run: see rule_run.c. */
	enum sign {
		SIGN_NONE,
		SIGN_STALLED,
		SIGN_FAILED,
		SIGN_FINISHED,
		SIGN_LOG,
		SIGN_FATAL,
	} sign;
	bool says; /* takes a "text" or a /regex/ in brackets */
};

extern const struct detector detect_nonfinite, /* 0 bytes */
	detect_spike,                          /* keep_baseline: 2.1 KiB at n=128 */
	detect_diverging,                      /* 56 bytes */
	detect_plateau,                        /* 1.6 KiB */
	detect_overfit,                        /* 24 bytes, and 1.5 KiB for the training loss */
	detect_exploding,                      /* keep_log_baseline: 2.1 KiB at n=128 */
	detect_vanishing,                      /* 1 KiB */
	detect_slow,                           /* 8.7 KiB */
	detect_stalled, detect_failed, detect_finished, detect_log, detect_fatal;

/* Ends with NULL. */
extern const struct detector *const detectors[];
const struct detector *detector_find(const char *name, size_t n);

#endif
