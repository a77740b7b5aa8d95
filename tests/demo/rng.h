/* rng.h - random numbers that are the same on every machine for the same seed. */
#ifndef DEMO_RNG_H
#define DEMO_RNG_H

#include <stdint.h>

struct rng {
	uint64_t state;
};

/* Streams of different seeds have nothing to do with each other, even of seeds 0 and 1. */
void rng_init(struct rng *r, uint64_t seed);
uint64_t rng_next(struct rng *r);
/* Even over [0, 1). */
double rng_unit(struct rng *r);
/* Mean 0, variance 1. */
double rng_normal(struct rng *r);
/* Puts the numbers 0 … n - 1 into ORDER, each ordering as likely as any other. */
void rng_shuffle(struct rng *r, int *order, int n);

#endif
