/* function.h - the numbers that rules compare: one row each. */
#ifndef CORE_FUNCTION_H
#define CORE_FUNCTION_H

#include "core/detect.h"

enum function_takes { TAKES_NOTHING, TAKES_COUNT, TAKES_SPAN, TAKES_METRIC };

enum { FUNCTION_COUNT_MAX = 1024 };

/* What is measured of a place or of a run that is no series. */
enum gauge {
	GAUGE_NONE,
	GAUGE_DISK_FREE,
	GAUGE_INODE_FREE,
	GAUGE_DISK_ETA,
	GAUGE_CKPT_ROOM,
	GAUGE_EXIT,
	GAUGE_ATTEMPT
};

struct function {
	const char *name, *help;
	enum function_takes takes; /* in brackets: arg[0] */
	enum about about;
	const struct keeper *keeper;
	int more; /* the keeper's arg[0] is the function's and so many more */
	/* NaN: not known. */
	double (*read)(const void *state, const double *arg, const struct sample *now);
	enum gauge gauge;
	bool exact; /* whole numbers: may be compared by == */
	/* What read() would not exceed, for less work; NaN: not known. NULL: always. */
	double (*most)(const void *state, const double *arg, const struct sample *now);
};

extern const struct function functions[]; /* ends with name NULL */
const struct function *function_find(const char *name, size_t n);
/* What the keeper of F with ARG is asked for. */
void function_keeps(const struct function *f, const double *arg, double *keeps);

#endif
