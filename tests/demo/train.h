/* train.h - training a network by stochastic gradient descent, a step at a time. */
#ifndef DEMO_TRAIN_H
#define DEMO_TRAIN_H

#include "tests/demo/net.h"
#include "tests/demo/rng.h"
#include "tests/demo/row.h"
#include "tests/demo/task.h"

#include <stdint.h>

enum schedule {
	SCHEDULE_COSINE, /* a short warm-up, then half a cosine down to nothing */
	SCHEDULE_STEPS,  /* a tenth of it after half the steps, a hundredth after three quarters */
	SCHEDULE_WARMUP, /* rises all the way to lr: how large a one still works? */
};

struct plan {
	const char *name; /* its directory below --out */
	enum task task;
	enum format format;
	enum schedule schedule;
	double lr;
	double momentum;
	int batch, hidden;
	uint64_t seed;    /* added to --seed */
	double length;    /* share of --steps that it is planned for */
	double killed_at; /* share of its steps after which it kills itself; 0: it lives */
};

struct train {
	const struct plan *plan;
	long step, max_steps;
	struct net net;
	struct data train, val;
	struct rng rng;
	int *order; /* of the examples, in this epoch */
	int next;   /* where in it the next batch starts */
	double *grad, *before, *velocity;
};

/* PLAN is borrowed. The same plan, steps and seed train to the same weights, bit by bit. */
void train_init(struct train *t, const struct plan *plan, long max_steps, uint64_t seed);
void train_release(struct train *t);
/* The learning rate of step 1 … MAX_STEPS. */
double train_lr(const struct plan *plan, long step, long max_steps);
/* One step, and what there is to log of it in ROW: all but time and validation. */
void train_step(struct train *t, struct row *row);
/* Adds the validation to ROW. */
void train_validate(const struct train *t, struct row *row);

#endif
