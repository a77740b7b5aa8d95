/* run.h - a run of the demo from its first step to its end, as the process of its own that it
 * is. */
#ifndef DEMO_RUN_H
#define DEMO_RUN_H

#include "tests/demo/train.h"

struct run_options {
	const char *out;
	long steps;  /* of a run of full length */
	double pace; /* steps a second; 0: flat out */
	uint64_t seed;
};

/* Trains, and writes OUT/NAME/config.json, metrics.csv or .jsonl, and checkpoints/. Returns 0,
 * or 1 after it has said on stderr what it could not write. A plan that is killed doesn't
 * return. */
int run(const struct plan *plan, const struct run_options *o);

#endif
