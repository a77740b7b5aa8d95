/* The gradient is right, the losses are what their formulas say: if this trainer were wrong, mm
 * would be shown to people on curves that mean nothing. */
#include "tests/demo/net.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#define EXAMPLES 7

static void
gradient_agrees(enum task task, enum loss loss)
{
	struct rng rng;
	struct data d;
	struct net n;
	double *grad;

	rng_init(&rng, 3);
	data_init(&d, task, EXAMPLES, &rng);
	net_init(&n, loss, d.inputs, 6, d.outputs, &rng);
	grad = calloc((size_t)n.nparams, sizeof(*grad));
	assert_non_null(grad);
	/* Biases too: at 0 a mistake with them could hide. */
	for (int i = 0; i < n.nparams; i++)
		n.w[i] += 0.3 * rng_normal(&rng);
	net_score(&n, &d, NULL, EXAMPLES, grad);
	for (int i = 0; i < n.nparams; i++) {
		/* Central differences err by O(h²) of the function and by ε/h of rounding. */
		double h = 1e-5, was = n.w[i], up, down;

		n.w[i] = was + h;
		up = net_score(&n, &d, NULL, EXAMPLES, NULL).loss;
		n.w[i] = was - h;
		down = net_score(&n, &d, NULL, EXAMPLES, NULL).loss;
		n.w[i] = was;
		if (!(fabs((up - down) / (2 * h) - grad[i]) < 1e-8 * (1 + fabs(grad[i]))))
			fail_msg("parameter %d: %.12g by differences, %.12g by backpropagation", i,
				 (up - down) / (2 * h), grad[i]);
	}
	free(grad);
	net_release(&n);
	data_release(&d);
}

static void
gradient_of_cross_entropy_agrees_with_finite_differences(void **state)
{
	(void)state;
	gradient_agrees(TASK_SPIRALS, LOSS_CROSS_ENTROPY);
}

static void
gradient_of_mse_agrees_with_finite_differences(void **state)
{
	(void)state;
	gradient_agrees(TASK_WAVES, LOSS_MSE);
	gradient_agrees(TASK_SPIRALS, LOSS_MSE);
}

/* A net whose weights are 0 gives its last biases, whatever the input. */
static void
constant_net(struct net *n, const struct data *d, enum loss loss, const double *out)
{
	const struct layer *last = &n->layer[NET_LAYERS - 1];
	struct rng rng;

	rng_init(&rng, 1);
	net_init(n, loss, d->inputs, 4, d->outputs, &rng);
	for (int i = 0; i < n->nparams; i++)
		n->w[i] = 0;
	for (int k = 0; k < last->out; k++)
		n->w[last->at + last->in * last->out + k] = out[k];
}

static void
losses_are_those_of_their_formulas(void **state)
{
	double x[] = {0.5, -0.5}, y[] = {0, 1, 0}, out[] = {1, 2, 4};
	struct data d = {.n = 1, .inputs = 2, .outputs = 3, .x = x, .y = y};
	struct net n;

	(void)state;
	constant_net(&n, &d, LOSS_CROSS_ENTROPY, out);
	assert_true(fabs(net_score(&n, &d, NULL, 1, NULL).loss -
			 log((exp(1) + exp(2) + exp(4)) / exp(2))) < 1e-12);
	net_release(&n);
	constant_net(&n, &d, LOSS_MSE, out);
	assert_true(fabs(net_score(&n, &d, NULL, 1, NULL).loss - (1 + 1 + 16) / 3.0) < 1e-12);
	net_release(&n);
}

static void
cross_entropy_of_huge_outputs_is_finite_and_of_nan_is_nan(void **state)
{
	double x[] = {0, 0}, y[] = {0, 1, 0}, huge[] = {1e4, 0, -1e4}, broken[] = {0, NAN, 0};
	struct data d = {.n = 1, .inputs = 2, .outputs = 3, .x = x, .y = y};
	struct net n;

	(void)state;
	constant_net(&n, &d, LOSS_CROSS_ENTROPY, huge);
	assert_true(fabs(net_score(&n, &d, NULL, 1, NULL).loss - 1e4) < 1e-6);
	net_release(&n);
	constant_net(&n, &d, LOSS_CROSS_ENTROPY, broken);
	assert_true(isnan(net_score(&n, &d, NULL, 1, NULL).loss));
	net_release(&n);
}

static void
accuracy_counts_examples_whose_largest_output_is_right(void **state)
{
	double x[8] = {0}, y[] = {0, 1, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1}, out[] = {1, 2, 0};
	struct data d = {.n = 4, .inputs = 2, .outputs = 3, .x = x, .y = y};
	int order[] = {0, 2};
	struct net n;

	(void)state;
	constant_net(&n, &d, LOSS_CROSS_ENTROPY, out);
	assert_true(net_score(&n, &d, NULL, 4, NULL).acc == 0.5);
	assert_true(net_score(&n, &d, order, 2, NULL).acc == 1);
	net_release(&n);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gradient_of_cross_entropy_agrees_with_finite_differences),
		cmocka_unit_test(gradient_of_mse_agrees_with_finite_differences),
		cmocka_unit_test(losses_are_those_of_their_formulas),
		cmocka_unit_test(cross_entropy_of_huge_outputs_is_finite_and_of_nan_is_nan),
		cmocka_unit_test(accuracy_counts_examples_whose_largest_output_is_right),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
