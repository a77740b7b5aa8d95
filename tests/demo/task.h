/* task.h - what there is to learn: data that is generated, with noise, so that no loss reaches
 * zero. */
#ifndef DEMO_TASK_H
#define DEMO_TASK_H

#include "tests/demo/rng.h"

enum task {
	TASK_SPIRALS, /* which of three arms of a spiral does a point of the plane lie on? */
	TASK_WAVES,   /* a smooth function of the plane, to be regressed */
};

struct data {
	int n, inputs, outputs;
	double *x; /* n × inputs, about -1 … 1 */
	double *y; /* n × outputs; of classes: 1 at the right one, else 0 */
};

/* N examples; the caller owns them. Two calls with the same RNG in sequence are two independent
 * draws. */
void data_init(struct data *d, enum task task, int n, struct rng *rng);
void data_release(struct data *d);

#endif
