#include "tests/demo/task.h"

#include <math.h>
#include <stdlib.h>

#define ARMS 3

/* Each arm makes most of a turn while it leaves the centre; the noise lets neighbours overlap,
 * so that even the best possible classifier is sometimes wrong. */
static void
spiral(double *x, double *y, struct rng *rng)
{
	int arm = (int)(rng_unit(rng) * ARMS);
	double radius = 0.1 + 0.9 * rng_unit(rng);
	double angle = 6 * radius + 2 * M_PI * arm / ARMS + 0.5 * rng_normal(rng);

	x[0] = radius * cos(angle);
	x[1] = radius * sin(angle);
	for (int k = 0; k < ARMS; k++)
		y[k] = k == arm;
}

static void
wave(double *x, double *y, struct rng *rng)
{
	x[0] = 2 * rng_unit(rng) - 1;
	x[1] = 2 * rng_unit(rng) - 1;
	y[0] = sin(4 * x[0]) * cos(3 * x[1]) + 0.5 * x[0] + 0.1 * rng_normal(rng);
}

void
data_init(struct data *d, enum task task, int n, struct rng *rng)
{
	d->n = n;
	d->inputs = 2;
	d->outputs = task == TASK_SPIRALS ? ARMS : 1;
	d->x = calloc((size_t)(n * d->inputs), sizeof(*d->x));
	d->y = calloc((size_t)(n * d->outputs), sizeof(*d->y));
	if (!d->x || !d->y)
		abort();
	for (int i = 0; i < n; i++) {
		double *x = d->x + i * d->inputs, *y = d->y + i * d->outputs;

		if (task == TASK_SPIRALS)
			spiral(x, y, rng);
		else
			wave(x, y, rng);
	}
}

void
data_release(struct data *d)
{
	free(d->x);
	free(d->y);
}
