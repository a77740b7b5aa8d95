#include "tests/demo/train.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TRAIN_EXAMPLES 1024
#define VAL_EXAMPLES 512

static double *
vector(int n)
{
	double *v = calloc((size_t)n, sizeof(*v));

	if (!v)
		abort();
	return v;
}

static double
dot(const double *a, const double *b, int n)
{
	double sum = 0;

	for (int i = 0; i < n; i++)
		sum += a[i] * b[i];
	return sum;
}

static double
norm(const double *a, int n)
{
	return sqrt(dot(a, a, n));
}

void
train_init(struct train *t, const struct plan *plan, long max_steps, uint64_t seed)
{
	bool classes = plan->task == TASK_SPIRALS;
	struct rng data;

	*t = (struct train){.plan = plan, .max_steps = max_steps};
	/* All runs of a task learn the same data: what differs between their curves is the
	 * training. */
	rng_init(&data, seed);
	data_init(&t->train, plan->task, TRAIN_EXAMPLES, &data);
	data_init(&t->val, plan->task, VAL_EXAMPLES, &data);
	rng_init(&t->rng, seed + 1 + plan->seed);
	net_init(&t->net, classes ? LOSS_CROSS_ENTROPY : LOSS_MSE, t->train.inputs, plan->hidden,
		 t->train.outputs, &t->rng);
	t->grad = vector(t->net.nparams);
	t->before = vector(t->net.nparams);
	t->velocity = vector(t->net.nparams);
	t->order = calloc(TRAIN_EXAMPLES, sizeof(*t->order));
	if (!t->order)
		abort();
	t->next = TRAIN_EXAMPLES;
}

void
train_release(struct train *t)
{
	net_release(&t->net);
	data_release(&t->train);
	data_release(&t->val);
	free(t->grad);
	free(t->before);
	free(t->velocity);
	free(t->order);
}

double
train_lr(const struct plan *plan, long step, long max_steps)
{
	double x = (double)step / (double)max_steps;

	switch (plan->schedule) {
	case SCHEDULE_COSINE:
		return x < 0.05 ? plan->lr * x / 0.05
				: plan->lr * (1 + cos(M_PI * (x - 0.05) / 0.95)) / 2;
	case SCHEDULE_STEPS:
		return plan->lr * (x <= 0.5 ? 1 : x <= 0.75 ? 0.1 : 0.01);
	case SCHEDULE_WARMUP:
		return plan->lr * x;
	}
	abort();
}

/* Each example once an epoch, in an order of its own; what doesn't fill a batch waits for luck. */
static const int *
next_batch(struct train *t)
{
	const int *batch;

	if (t->next + t->plan->batch > t->train.n) {
		rng_shuffle(&t->rng, t->order, t->train.n);
		t->next = 0;
	}
	batch = t->order + t->next;
	t->next += t->plan->batch;
	return batch;
}

void
train_step(struct train *t, struct row *row)
{
	const struct net *n = &t->net;
	double *swap = t->before;

	t->before = t->grad;
	t->grad = swap;
	t->step++;
	*row = (struct row){
		.step = t->step,
		.max_steps = t->max_steps,
		.epoch = (double)t->step * t->plan->batch / t->train.n,
		.lr = train_lr(t->plan, t->step, t->max_steps),
		.classes = t->plan->task == TASK_SPIRALS,
	};
	row->train = net_score(n, &t->train, next_batch(t), t->plan->batch, t->grad);
	for (int i = 0; i < NET_LAYERS; i++)
		row->grad_norm[i] = norm(t->grad + n->layer[i].at, n->layer[i].n);
	row->grad_norm_all = norm(t->grad, n->nparams);
	/* The first gradient has none before it: 0 by 0 would be a NaN that means nothing. */
	if (t->step > 1)
		row->grad_cos = dot(t->grad, t->before, n->nparams) / row->grad_norm_all /
				norm(t->before, n->nparams);
	row->update_ratio = 1 / norm(n->w, n->nparams);
	for (int i = 0; i < n->nparams; i++) {
		t->velocity[i] = t->plan->momentum * t->velocity[i] - row->lr * t->grad[i];
		n->w[i] += t->velocity[i];
	}
	row->update_ratio *= norm(t->velocity, n->nparams);
}

void
train_validate(const struct train *t, struct row *row)
{
	row->val = net_score(&t->net, &t->val, NULL, t->val.n, NULL);
	row->has_val = true;
}
