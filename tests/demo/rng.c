/* SplitMix64 (Steele, Lea, Flood 2014): one word of state, any seed is a good one. */
#include "tests/demo/rng.h"

#include <math.h>

void
rng_init(struct rng *r, uint64_t seed)
{
	r->state = seed;
	r->state = rng_next(r);
}

uint64_t
rng_next(struct rng *r)
{
	uint64_t z = r->state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

double
rng_unit(struct rng *r)
{
	return (double)(rng_next(r) >> 11) * 0x1p-53;
}

/* Box and Muller's transform; its second number is thrown away, which keeps the state one word. */
double
rng_normal(struct rng *r)
{
	double radius = sqrt(-2 * log(1 - rng_unit(r)));

	return radius * cos(2 * M_PI * rng_unit(r));
}

void
rng_shuffle(struct rng *r, int *order, int n)
{
	for (int i = 0; i < n; i++) {
		int j = (int)(rng_unit(r) * (i + 1));

		order[i] = order[j];
		order[j] = i;
	}
}
