/* The record of a run. The list of runs is one scan of these, so what the list asks for comes first
 * and as it lies in memory; behind it is what is asked of few runs, packed: how a run's pace was
 * found (only its upshot is wanted of all), and its curves. */
#include "store/record.h"

#include "core/pack.h"
#include "store/field.h"

#include <math.h>
#include <string.h>

enum { VERSION_BEFORE = 2, VERSION = 3 };

/* What is of one size, as the compiler lays it out. */
struct fixed {
	uint32_t id, attempt, attempts, metrics;
	int64_t first_step, last_step, first_us, last_us, last_arrival_us, total;
	uint64_t points;
	struct writing writing;
	struct pace_limits limits;
	uint8_t unit, gone;
	uint8_t pad[6];
};

static void
fixed_pack(struct str *out, const struct run_rec *r)
{
	const struct run_info *i = &r->info;
	struct fixed f = {.id = i->id,
			  .attempt = i->attempt,
			  .attempts = i->attempts,
			  .metrics = i->metrics,
			  .first_step = i->first_step,
			  .last_step = i->last_step,
			  .first_us = i->first_us,
			  .last_us = i->last_us,
			  .last_arrival_us = i->last_arrival_us,
			  .total = i->total,
			  .points = i->points,
			  .writing = i->writing,
			  .limits = pace_limits(&r->pace),
			  .unit = i->unit,
			  .gone = i->gone};

	str_add(out, &f, sizeof f);
}

static void
fixed_unpack(struct take *u, struct run_info *i)
{
	const void *p = take_bytes(u, sizeof(struct fixed));
	struct fixed f;

	if (!p)
		return;
	memcpy(&f, p, sizeof f);
	i->id = f.id;
	i->attempt = f.attempt;
	i->attempts = f.attempts;
	i->metrics = f.metrics;
	i->first_step = f.first_step;
	i->last_step = f.last_step;
	i->first_us = f.first_us;
	i->last_us = f.last_us;
	i->last_arrival_us = f.last_arrival_us;
	i->total = f.total;
	i->points = f.points;
	i->writing = f.writing;
	i->limits = f.limits;
	i->unit = f.unit;
	i->gone = f.gone;
}

static void
glance_pack(struct str *out, const struct glance *g)
{
	put_text(out, g->name);
	if (!g->name[0])
		return;
	put_f64(out, g->last);
	put_f64(out, g->best);
	put_u64(out, (uint64_t)g->step);
	put_u8(out, g->goal);
}

static void
glance_unpack(struct take *u, struct glance *g)
{
	const char *name = take_text(u);

	*g = (struct glance){.name = name ? name : "", .last = NAN, .best = NAN};
	if (!*g->name)
		return;
	g->last = take_f64(u);
	g->best = take_f64(u);
	g->step = (int64_t)take_u64(u);
	g->goal = take_u8(u);
}

/* Only the slots that are used. */
static void
spark_pack(struct str *out, const struct spark *s)
{
	put_u32(out, s->stride);
	if (!s->stride)
		return;
	put_u32(out, s->part);
	put_u8(out, (uint8_t)s->n);
	put_u8(out, (uint8_t)s->bad);
	put_f64(out, s->sum);
	str_add(out, s->mean, s->n * sizeof *s->mean);
}

static void
spark_unpack(struct take *u, struct spark *s)
{
	*s = (struct spark){.stride = take_u32(u)};
	if (!s->stride)
		return;
	s->part = take_u32(u);
	uint8_t n = take_u8(u);
	s->bad = take_u8(u);
	s->sum = take_f64(u);
	const void *mean = n <= SPARK_N ? take_bytes(u, n * sizeof *s->mean) : NULL;
	if (mean) {
		s->n = n;
		memcpy(s->mean, mean, n * sizeof *s->mean);
	} else {
		u->bad = true;
	}
}

void
run_rec_pack(struct str *out, const struct run_rec *r)
{
	const struct run_info *i = &r->info;

	put_u8(out, VERSION);
	fixed_pack(out, r);
	put_text(out, i->path);
	put_text(out, i->said);
	put_text(out, i->title);
	glance_pack(out, &i->loss);
	glance_pack(out, &i->headline);
	put_u32(out, r->loss_log);
	put_u32(out, r->loss_column);
	put_u32(out, r->headline_log);
	put_u32(out, r->headline_column);
	put_u32(out, r->pasts);
	put_u32(out, r->nparams);
	put_u32(out, r->nlogs);
	spark_pack(out, &r->loss_spark);
	spark_pack(out, &r->headline_spark);
	pace_pack(out, &r->pace);
}

static void
info_unpack(struct take *u, struct run_info *i)
{
	fixed_unpack(u, i);
	i->path = take_text(u);
	i->said = take_text(u);
	i->title = take_text(u);
	glance_unpack(u, &i->loss);
	glance_unpack(u, &i->headline);
}

/* ---- as formats before the fourth had it ----------------------------------------------------- */

static void
before_glance(struct take *u, struct glance *g, struct spark *spark)
{
	const char *name = take_text(u);

	*g = (struct glance){.name = name ? name : "", .last = NAN, .best = NAN};
	*spark = (struct spark){0};
	if (!*g->name)
		return;
	g->last = take_f64(u);
	g->best = take_f64(u);
	g->step = (int64_t)take_u64(u);
	take_raw(u, spark, sizeof *spark);
}

static bool
before_unpack(struct run_rec *r, struct take *u)
{
	struct run_info *i = &r->info;

	i->path = take_text(u);
	i->said = take_text(u);
	i->id = take_u32(u);
	i->attempt = take_u32(u);
	i->attempts = take_u32(u);
	i->unit = take_u8(u);
	i->gone = take_u8(u);
	i->writing.by.pid = (int64_t)take_u64(u);
	i->writing.by.start = take_u64(u);
	i->writing.by.boot = take_u64(u);
	i->writing.ended_us = (int64_t)take_u64(u);
	i->first_step = (int64_t)take_u64(u);
	i->last_step = (int64_t)take_u64(u);
	i->first_us = (int64_t)take_u64(u);
	i->last_us = (int64_t)take_u64(u);
	i->last_arrival_us = (int64_t)take_u64(u);
	i->total = (int64_t)take_u64(u);
	i->points = take_u64(u);
	i->metrics = take_u32(u);
	r->loss_log = take_u32(u);
	r->loss_column = take_u32(u);
	r->headline_log = take_u32(u);
	r->headline_column = take_u32(u);
	r->pasts = take_u32(u);
	r->nparams = take_u32(u);
	r->nlogs = take_u32(u);
	take_raw(u, &r->pace, sizeof r->pace);
	before_glance(u, &i->loss, &r->loss_spark);
	before_glance(u, &i->headline, &r->headline_spark);
	i->title = take_more(u) ? take_text(u) : NULL;
	i->headline.goal = take_more(u) ? take_u8(u) : GOAL_NONE;
	i->limits = pace_limits(&r->pace);
	i->params = r->nparams > 0;
	return !u->bad && i->path;
}

/* ---- reading --------------------------------------------------------------------------------- */

bool
run_rec_unpack(struct run_rec *r, const struct bytes *b)
{
	struct take u;

	take_init(&u, b->p, b->n);
	uint8_t version = take_u8(&u);
	if (version == VERSION_BEFORE)
		return before_unpack(r, &u);
	if (version != VERSION)
		return false;
	info_unpack(&u, &r->info);
	r->loss_log = take_u32(&u);
	r->loss_column = take_u32(&u);
	r->headline_log = take_u32(&u);
	r->headline_column = take_u32(&u);
	r->pasts = take_u32(&u);
	r->nparams = take_u32(&u);
	r->nlogs = take_u32(&u);
	r->info.params = r->nparams > 0;
	spark_unpack(&u, &r->loss_spark);
	spark_unpack(&u, &r->headline_spark);
	return !u.bad && r->info.path && pace_unpack(&r->pace, u.p, (size_t)(u.end - u.p));
}

bool
run_rec_info(struct run_info *i, const struct bytes *b)
{
	struct take u;

	take_init(&u, b->p, b->n);
	uint8_t version = take_u8(&u);
	if (version == VERSION) {
		info_unpack(&u, i);
		take_bytes(&u, 5 * sizeof(uint32_t)); /* which series speak for it, pasts */
		i->params = take_u32(&u) > 0;
		return !u.bad && i->path;
	}
	struct run_rec r;
	if (version != VERSION_BEFORE || !before_unpack(&r, &u))
		return false;
	*i = r.info;
	return true;
}
