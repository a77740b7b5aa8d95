#include "tests/demo/net.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The units of one example: act[0] is the input, act[NET_LAYERS] the outputs; pre[i] is what
 * layer i computed before its nonlinearity, delta the derivative of the loss by it. */
struct pass {
	const double *act[NET_LAYERS + 1];
	double *pre[NET_LAYERS], *delta[NET_LAYERS];
};

void
net_init(struct net *n, enum loss loss, int inputs, int hidden, int outputs, struct rng *rng)
{
	int units = 0;

	*n = (struct net){.loss = loss};
	for (int i = 0; i < NET_LAYERS; i++) {
		struct layer *l = &n->layer[i];

		l->in = i ? hidden : inputs;
		l->out = i < NET_LAYERS - 1 ? hidden : outputs;
		l->at = n->nparams;
		l->n = (l->in + 1) * l->out;
		n->nparams += l->n;
		units += l->out;
	}
	n->w = calloc((size_t)n->nparams, sizeof(*n->w));
	n->scratch = calloc((size_t)units * 3, sizeof(*n->scratch));
	if (!n->w || !n->scratch)
		abort();
	for (int i = 0; i < NET_LAYERS; i++) {
		const struct layer *l = &n->layer[i];

		for (int k = 0; k < l->in * l->out; k++)
			n->w[l->at + k] = rng_normal(rng) / sqrt(l->in);
	}
}

void
net_release(struct net *n)
{
	free(n->w);
	free(n->scratch);
}

static double
sigmoid(double x)
{
	return 1 / (1 + exp(-x));
}

/* SiLU, x·σ(x) (Elfwing, Uchibe, Doya 2017). It is smooth, which finite differences need, and not
 * bounded, so that a learning rate that is too large really diverges; tanh would only saturate. */
static double
silu(double x)
{
	return x * sigmoid(x);
}

static double
silu_slope(double x)
{
	double s = sigmoid(x);

	return s * (1 + x * (1 - s));
}

static void
forward(const struct net *n, struct pass *p, const double *input)
{
	double *at = n->scratch;

	p->act[0] = input;
	for (int i = 0; i < NET_LAYERS; i++) {
		const struct layer *l = &n->layer[i];
		const double *w = n->w + l->at, *bias = w + l->in * l->out;
		double *act = at;

		p->pre[i] = at + l->out;
		p->delta[i] = at + 2 * l->out;
		at += 3 * l->out;
		for (int o = 0; o < l->out; o++) {
			double sum = bias[o];

			for (int k = 0; k < l->in; k++)
				sum += w[o * l->in + k] * p->act[i][k];
			p->pre[i][o] = sum;
			act[o] = i < NET_LAYERS - 1 ? silu(sum) : sum;
		}
		p->act[i + 1] = act;
	}
}

/* The loss of one example, and into DELTA its derivative by the outputs. With the softmax the
 * two belong together: the logarithm of the sum is taken after subtracting the largest output,
 * or exp overflows long before the loss does. */
static double
loss_of(enum loss loss, const double *out, const double *y, int n, double *delta)
{
	double top = out[0], sum = 0, total = 0;

	if (loss == LOSS_MSE) {
		for (int k = 0; k < n; k++) {
			total += (out[k] - y[k]) * (out[k] - y[k]) / n;
			delta[k] = 2 * (out[k] - y[k]) / n;
		}
		return total;
	}
	for (int k = 1; k < n; k++)
		top = out[k] > top ? out[k] : top;
	for (int k = 0; k < n; k++)
		sum += exp(out[k] - top);
	for (int k = 0; k < n; k++) {
		double log_p = out[k] - top - log(sum);

		/* 0 · -inf is NaN, but an impossible class that isn't the right one costs
		 * nothing. */
		if (y[k] != 0)
			total -= y[k] * log_p;
		delta[k] = exp(log_p) - y[k];
	}
	return total;
}

static void
backward(const struct net *n, struct pass *p, double *grad, double share)
{
	for (int i = NET_LAYERS - 1; i >= 0; i--) {
		const struct layer *l = &n->layer[i];
		const double *w = n->w + l->at, *delta = p->delta[i];
		double *g = grad + l->at;

		for (int o = 0; o < l->out; o++) {
			for (int k = 0; k < l->in; k++)
				g[o * l->in + k] += share * delta[o] * p->act[i][k];
			g[l->in * l->out + o] += share * delta[o];
		}
		for (int k = 0; i && k < l->in; k++) {
			double sum = 0;

			for (int o = 0; o < l->out; o++)
				sum += w[o * l->in + k] * delta[o];
			p->delta[i - 1][k] = sum * silu_slope(p->pre[i - 1][k]);
		}
	}
}

static int
largest(const double *v, int n)
{
	int top = 0;

	for (int k = 1; k < n; k++)
		if (v[k] > v[top])
			top = k;
	return top;
}

struct score
net_score(const struct net *n, const struct data *d, const int *order, int count, double *grad)
{
	struct score s = {0};
	double share = 1.0 / count;

	if (grad)
		memset(grad, 0, (size_t)n->nparams * sizeof(*grad));
	for (int i = 0; i < count; i++) {
		int row = order ? order[i] : i;
		const double *y = d->y + row * d->outputs;
		struct pass p;

		forward(n, &p, d->x + row * d->inputs);
		s.loss += share * loss_of(n->loss, p.act[NET_LAYERS], y, d->outputs,
					  p.delta[NET_LAYERS - 1]);
		s.acc += largest(p.act[NET_LAYERS], d->outputs) == largest(y, d->outputs);
		if (grad)
			backward(n, &p, grad, share);
	}
	s.acc *= share;
	return s;
}
