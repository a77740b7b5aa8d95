/* memory.h - what is remembered of a series so that rules can be judged: for each thing that some
 * rule asks after, the state of its keeper.
 *
 * A keeper is told every finite value and keeps what it needs in a fixed number of bytes: memory is
 * constant per series, and a pure function of its points. So it need not be stored: after a restart
 * it is told the stored points again, and is what it was. */
#ifndef CORE_MEMORY_H
#define CORE_MEMORY_H

#include "core/role.h"
#include "core/trend.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { KEEPER_ARGS = 4 };

/* A point of a series that is judged, or, TICK, a moment between points: then the value is the
 * newest one's. */
struct sample {
	double value;
	int64_t step, now_us;
	bool tick;
	enum goal goal;            /* of the metric */
	int64_t last_us;           /* of the newest point (NOW_US if this is one); 0: none */
	const struct trend *train; /* of the run's training loss; NULL: it has none */
	/* The newest value of another metric of the run; NaN: none yet. */
	double (*other)(const void *ctx, const char *metric);
	const void *ctx;
};

struct keeper {
	size_t (*size)(const double *arg);
	void (*init)(void *state, const double *arg);
	/* SAMPLE is a point with a finite value. */
	void (*add)(void *state, const double *arg, const struct sample *s);
	/* The step went back: training goes on from an older checkpoint. NULL: the memory begins
	 * anew. */
	void (*back)(void *state, const double *arg);
};

/* What the rows of functions and detectors name. In brackets: bytes of state. */
extern const struct keeper keep_window, /* the last arg[0] values [16 + 16 N] */
	keep_baseline,                  /* likewise, to be held against [64 + 16 N] */
	keep_log_baseline,              /* of the logarithms of what is positive [64 + 16 N] */
	keep_ema,                       /* mean with span arg[0] [24] */
	keep_best,                      /* the best value and how long ago [24] */
	keep_recent;                    /* the last arg[0] seconds in 60 parts [1.5 KiB] */

struct memory;

struct memory *memory_new(void);
void memory_free(struct memory *m);
/* Has K with ARG keep: its number. Asked twice for the same it is kept once. */
int memory_need(struct memory *m, const struct keeper *k, const double *arg);
const void *memory_state(const struct memory *m, int need);
/* A point. What is not finite is left out. */
void memory_add(struct memory *m, const struct sample *s);
/* All is forgotten, what is needed stays. */
void memory_reset(struct memory *m);
/* All of it. */
size_t memory_bytes(const struct memory *m);

/* What the states are, for those who read them. */
struct ema {
	double value;
	uint64_t n;
};

struct best {
	double value;
	uint64_t n, age; /* points; since the best */
};

enum { RECENT_PARTS = 60 };

struct recent {
	struct recent_part {
		int64_t part; /* since 1970, in parts */
		int64_t first_us;
		double first;
		uint32_t n;
	} at[RECENT_PARTS + 1];
	int64_t last_us;
	double last;
};

/* How many points came in the last arg[0] seconds before NOW_US, and how the value changed a second
 * between the first and the last of them (NaN: less than two). */
double recent_count(const struct recent *r, const double *arg, int64_t now_us);
double recent_rate(const struct recent *r, const double *arg, int64_t now_us);

#endif
