/* net.h - a fully connected network with SiLU units: forward, loss, and the gradient by
 * backpropagation.
 *
 * All is double: the tests compare the gradient with finite differences, and at what a demo
 * computes the difference in speed is nothing. */
#ifndef DEMO_NET_H
#define DEMO_NET_H

#include "tests/demo/rng.h"
#include "tests/demo/task.h"

#define NET_LAYERS 3

enum loss {
	LOSS_CROSS_ENTROPY, /* of the softmax of the outputs */
	LOSS_MSE,           /* mean over examples and outputs */
};

/* One block of parameters: the matrix, a row for each output, then the biases. */
struct layer {
	int in, out;
	int at, n; /* where in net.w, and how many */
};

struct net {
	enum loss loss;
	struct layer layer[NET_LAYERS];
	int nparams;
	double *w;
	double *scratch; /* the units of one example, and what flows back through them */
};

struct score {
	double loss; /* mean over the examples */
	double acc;  /* share whose largest output is the right one; of classes only */
};

/* Weights are drawn with variance 1/fan-in, biases start at 0. */
void net_init(struct net *n, enum loss loss, int inputs, int hidden, int outputs, struct rng *rng);
void net_release(struct net *n);

/* The score on COUNT examples of D: those that ORDER names, or the first ones when it is NULL.
 * GRAD, when not NULL, gets the gradient of the loss by each parameter. A net that has diverged
 * gives NaN, and nothing hides it. */
struct score net_score(const struct net *n, const struct data *d, const int *order, int count,
		       double *grad);

#endif
