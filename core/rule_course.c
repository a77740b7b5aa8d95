/* How a run goes as a whole: whether its training loss still falls, and how many steps it makes a
 * second. Both are told by one column of one log, the one that speaks for the run's loss best, so
 * that they can be rebuilt from its points. */
#include "core/rule_own.h"

#include "core/xalloc.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>

#define RATE_EVERY_US RULE_SECOND

struct course {
	uint64_t key;
	int rank;
	struct trend trend; /* of the loss, finite values */
	struct memory *memory;
	double rate;
	int64_t step, mark_step, mark_us;
};

struct course *
course_new(void)
{
	struct course *c = xcalloc(1, sizeof *c);

	c->memory = memory_new();
	course_anew(c);
	return c;
}

void
course_free(struct course *c)
{
	if (!c)
		return;
	memory_free(c->memory);
	free(c);
}

void
course_anew(struct course *c)
{
	c->key = 0;
	c->rank = INT_MAX;
	c->rate = NAN;
	c->step = c->mark_us = 0;
	trend_init(&c->trend);
	memory_reset(c->memory);
}

/* Rows that came within a second are one sample: many logs have times in whole seconds. */
static void
take_rate(struct course *c, const struct sample *s)
{
	if (!c->mark_us || s->step < c->mark_step || s->now_us < c->mark_us) {
		c->mark_step = s->step;
		c->mark_us = s->now_us;
		return;
	}
	int64_t us = s->now_us - c->mark_us;
	if (us < RATE_EVERY_US || s->step == c->mark_step)
		return;
	struct sample rate = {
		.value = (double)(s->step - c->mark_step) / ((double)us / 1e6),
		.step = s->step,
		.now_us = s->now_us,
		.last_us = s->now_us,
	};
	c->rate = rate.value;
	c->mark_step = s->step;
	c->mark_us = s->now_us;
	memory_add(c->memory, &rate);
}

void
course_take(struct course *c, uint64_t key, int rank, const struct sample *s)
{
	if (rank > c->rank)
		return;
	if (key != c->key) {
		/* Another log of the same metric goes on where the older one ended, or it repeats
		 * what that one says. */
		if (rank == c->rank && s->step <= c->step)
			return;
		if (rank < c->rank)
			course_anew(c);
		c->key = key;
		c->rank = rank;
	}
	c->step = s->step;
	if (isfinite(s->value))
		trend_add(&c->trend, s->value);
	take_rate(c, s);
}

uint64_t
course_key(const struct course *c)
{
	return c->key;
}

const struct trend *
course_trend(const struct course *c)
{
	return &c->trend;
}

struct memory *
course_memory(struct course *c, double *rate)
{
	*rate = c->rate;
	return c->memory;
}
