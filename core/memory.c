#include "core/memory.h"

#include "core/baseline.h"
#include "core/xalloc.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* -- keepers ----------------------------------------------------------------------------------- */

static size_t
size_of_window(const double *arg)
{
	return window_size((uint32_t)arg[0]);
}

static void
init_window(void *state, const double *arg)
{
	window_init(state, (uint32_t)arg[0]);
}

static void
add_window(void *state, const double *arg, const struct sample *s)
{
	(void)arg;
	window_add(state, s->value);
}

const struct keeper keep_window = {size_of_window, init_window, add_window, NULL};

static size_t
size_of_baseline(const double *arg)
{
	return baseline_size((uint32_t)arg[0]);
}

static void
init_baseline(void *state, const double *arg)
{
	baseline_init(state, (uint32_t)arg[0]);
}

static void
add_baseline(void *state, const double *arg, const struct sample *s)
{
	(void)arg;
	baseline_add(state, s->value);
}

const struct keeper keep_baseline = {size_of_baseline, init_baseline, add_baseline, NULL};

static void
add_log_baseline(void *state, const double *arg, const struct sample *s)
{
	(void)arg;
	if (s->value > 0)
		baseline_add(state, log(s->value));
}

const struct keeper keep_log_baseline = {size_of_baseline, init_baseline, add_log_baseline, NULL};

static size_t
size_of_ema(const double *arg)
{
	(void)arg;
	return sizeof(struct ema);
}

static void
init_ema(void *state, const double *arg)
{
	(void)arg;
	*(struct ema *)state = (struct ema){0};
}

/* The plain mean until there are as many as the span asks for. */
static void
add_ema(void *state, const double *arg, const struct sample *s)
{
	struct ema *e = state;

	e->n++;
	double weight = fmax(1 / (double)e->n, 2 / (arg[0] + 1));
	e->value += weight * (s->value - e->value);
}

const struct keeper keep_ema = {size_of_ema, init_ema, add_ema, NULL};

static size_t
size_of_best(const double *arg)
{
	(void)arg;
	return sizeof(struct best);
}

static void
init_best(void *state, const double *arg)
{
	(void)arg;
	*(struct best *)state = (struct best){0};
}

/* Better is better by 1/10000, as PyTorch's ReduceLROnPlateau has it. */
static void
add_best(void *state, const double *arg, const struct sample *s)
{
	struct best *b = state;
	double least = 1e-4 * fabs(b->value);

	(void)arg;
	if (!b->n++ ||
	    (s->goal == GOAL_MAX ? s->value > b->value + least : s->value < b->value - least)) {
		b->value = s->value;
		b->age = 0;
	} else {
		b->age++;
	}
}

static void
back_best(void *state, const double *arg)
{
	(void)state;
	(void)arg;
}

const struct keeper keep_best = {size_of_best, init_best, add_best, back_best};

static size_t
size_of_recent(const double *arg)
{
	(void)arg;
	return sizeof(struct recent);
}

static void
init_recent(void *state, const double *arg)
{
	(void)arg;
	*(struct recent *)state = (struct recent){0};
}

static int64_t
part_us(const double *arg)
{
	int64_t us = (int64_t)(arg[0] * 1e6 / RECENT_PARTS);

	return us > 0 ? us : 1;
}

static void
add_recent(void *state, const double *arg, const struct sample *s)
{
	struct recent *r = state;
	int64_t part = s->now_us / part_us(arg);
	struct recent_part *p = &r->at[(uint64_t)part % (RECENT_PARTS + 1)];

	if (p->part != part || !p->n)
		*p = (struct recent_part){part, s->now_us, s->value, 0};
	p->n++;
	r->last_us = s->now_us;
	r->last = s->value;
}

const struct keeper keep_recent = {size_of_recent, init_recent, add_recent, back_best};

static bool
is_recent(const struct recent_part *p, const double *arg, int64_t now_us)
{
	int64_t part = now_us / part_us(arg);

	return p->n && p->part <= part && p->part > part - RECENT_PARTS;
}

double
recent_count(const struct recent *r, const double *arg, int64_t now_us)
{
	double n = 0;

	for (int i = 0; i <= RECENT_PARTS; i++)
		if (is_recent(&r->at[i], arg, now_us))
			n += r->at[i].n;
	return n;
}

double
recent_rate(const struct recent *r, const double *arg, int64_t now_us)
{
	const struct recent_part *first = NULL;

	for (int i = 0; i <= RECENT_PARTS; i++)
		if (is_recent(&r->at[i], arg, now_us) && (!first || r->at[i].part < first->part))
			first = &r->at[i];
	if (!first || r->last_us <= first->first_us)
		return NAN;
	return (r->last - first->first) / ((double)(r->last_us - first->first_us) / 1e6);
}

/* -- the whole --------------------------------------------------------------------------------- */

struct memory {
	struct need {
		const struct keeper *keeper;
		double arg[KEEPER_ARGS];
		void *state;
	} * need;
	size_t n, cap;
	int64_t step; /* of the newest point */
	bool any;
};

struct memory *
memory_new(void)
{
	return xcalloc(1, sizeof(struct memory));
}

void
memory_free(struct memory *m)
{
	if (!m)
		return;
	for (size_t i = 0; i < m->n; i++)
		free(m->need[i].state);
	free(m->need);
	free(m);
}

int
memory_need(struct memory *m, const struct keeper *k, const double *arg)
{
	for (size_t i = 0; i < m->n; i++)
		if (m->need[i].keeper == k && memcmp(m->need[i].arg, arg, sizeof m->need->arg) == 0)
			return (int)i;
	struct need *n = vec_push(m->need, m->n, m->cap);
	n->keeper = k;
	memcpy(n->arg, arg, sizeof n->arg);
	n->state = xcalloc(1, k->size(arg));
	k->init(n->state, n->arg);
	return (int)m->n - 1;
}

const void *
memory_state(const struct memory *m, int need)
{
	return m->need[need].state;
}

static void
memory_back(struct memory *m)
{
	for (size_t i = 0; i < m->n; i++) {
		struct need *n = &m->need[i];
		if (n->keeper->back)
			n->keeper->back(n->state, n->arg);
		else
			n->keeper->init(n->state, n->arg);
	}
}

void
memory_add(struct memory *m, const struct sample *s)
{
	if (m->any && s->step < m->step)
		memory_back(m);
	m->any = true;
	m->step = s->step;
	if (!isfinite(s->value))
		return;
	for (struct need *n = m->need, *end = n + m->n; n < end; n++)
		n->keeper->add(n->state, n->arg, s);
}

void
memory_reset(struct memory *m)
{
	m->any = false;
	for (size_t i = 0; i < m->n; i++)
		m->need[i].keeper->init(m->need[i].state, m->need[i].arg);
}

size_t
memory_bytes(const struct memory *m)
{
	size_t sum = sizeof *m + m->cap * sizeof *m->need;

	for (size_t i = 0; i < m->n; i++)
		sum += m->need[i].keeper->size(m->need[i].arg);
	return sum;
}
