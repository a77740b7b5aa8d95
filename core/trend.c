#include "core/trend.h"

#include <math.h>
#include <string.h>

enum { FEWEST_SPANS = 20 };

void
trend_init(struct trend *t)
{
	t->n = 0;
	t->each = 1;
	t->used = 0;
}

/* Chan, Golub, LeVeque: Updating formulae and a pairwise algorithm for computing sample variances,
 * 1979. */
static struct trend_span
merged(const struct trend_span *a, const struct trend_span *b)
{
	uint64_t n = a->n + b->n;

	if (!n)
		return (struct trend_span){0};
	double part = (double)b->n / (double)n, d = b->mean - a->mean;
	return (struct trend_span){
		.n = n,
		.mean = a->mean + d * part,
		.m2 = a->m2 + b->m2 + d * d * (double)a->n * part,
	};
}

static void
halve(struct trend *t)
{
	for (uint32_t i = 0; i < TREND_SPANS / 2; i++)
		t->span[i] = merged(&t->span[2 * i], &t->span[2 * i + 1]);
	t->used = TREND_SPANS / 2;
	t->each *= 2;
}

void
trend_add(struct trend *t, double v)
{
	if (!t->used || t->span[t->used - 1].n == t->each) {
		if (t->used == TREND_SPANS)
			halve(t);
		t->span[t->used++] = (struct trend_span){0};
	}
	/* merged() with a span of one value, which has no spread */
	struct trend_span *s = &t->span[t->used - 1];
	double d = v - s->mean, part = 1 / (double)(s->n + 1);
	s->mean += d * part;
	s->m2 += d * d * (double)s->n * part;
	s->n++;
	t->n++;
}

/* The spans FROM … TO-1 as one, and the squared standard error of its mean. */
static struct trend_span
over(const struct trend *t, uint32_t from, uint32_t to, double *error2)
{
	struct trend_span all = {0}, means = {0};

	for (uint32_t i = from; i < to; i++) {
		struct trend_span mean = {.n = 1, .mean = t->span[i].mean};
		all = merged(&all, &t->span[i]);
		means = merged(&means, &mean);
	}
	double n = (double)all.n, k = (double)means.n;
	double points = n > 1 ? all.m2 / (n - 1) / n : 0;
	double spans = k > 1 ? means.m2 / (k - 1) / k : 0;
	*error2 = fmax(points, spans);
	return all;
}

bool
trend_step(const struct trend *t, double *gain, double *error, double *before)
{
	/* The last span may have just begun: then it says nothing yet. */
	uint32_t k = t->used && t->span[t->used - 1].n < t->each ? t->used - 1 : t->used;
	double ea, eb;

	if (k < FEWEST_SPANS)
		return false;
	struct trend_span a = over(t, k * 3 / 5, k * 4 / 5, &ea), b = over(t, k * 4 / 5, k, &eb);
	*gain = a.mean - b.mean;
	*error = sqrt(ea + eb);
	*before = a.mean;
	return true;
}
