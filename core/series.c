/* Everything here is a running value: adding a point never looks back further than the one before,
 * so a series of any length costs the same, and the sum after a restart is the sum without one. */
#include "core/series.h"

#include <math.h>
#include <string.h>

void
series_sum_init(struct series_sum *s)
{
	memset(s, 0, sizeof *s);
	s->last = s->prev = s->min = s->max = NAN;
}

bool
series_sum_add(struct series_sum *s, enum step_unit unit, int64_t step, int64_t wall_us, double v)
{
	bool back;

	if (!s->points) {
		series_sum_init(s);
		s->first_step = step;
		s->first_wall = wall_us;
		s->segments = 1;
		s->unit = (uint8_t)unit;
		back = false;
	} else {
		back = s->unit != STEP_NONE && step < s->last_step;
		s->segments += back;
		s->prev = s->last;
	}
	s->points++;
	s->last_step = step;
	s->last_wall = wall_us;
	s->last = v;
	if (!isfinite(v)) {
		s->nonfinite++;
	} else {
		/* The first of equal values is the one that counts: "best at step" must not
		 * drift. */
		if (!(s->min <= v)) {
			s->min = v;
			s->min_step = step;
		}
		if (!(s->max >= v)) {
			s->max = v;
			s->max_step = step;
		}
	}
	spark_add(&s->spark, v);
	return back;
}

void
series_sum_append(struct series_sum *s, const struct series_sum *next)
{
	struct series_sum all = *next;
	if (!next->points)
		return;
	if (!s->points) {
		*s = *next;
		return;
	}
	all.points += s->points;
	all.nonfinite += s->nonfinite;
	all.unit = s->unit;
	all.first_step = s->first_step;
	all.first_wall = s->first_wall;
	if (next->points == 1)
		all.prev = s->last;
	if (!(next->min < s->min) && !isnan(s->min)) {
		all.min = s->min;
		all.min_step = s->min_step;
	}
	if (!(next->max > s->max) && !isnan(s->max)) {
		all.max = s->max;
		all.max_step = s->max_step;
	}
	bool back = s->unit != STEP_NONE && next->first_step < s->last_step;
	all.segments += s->segments - !back;
	all.spark = s->spark;
	spark_append(&all.spark, &next->spark);
	*s = all;
}
