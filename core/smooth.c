/* A moving average that has no start-up error: it is a weighted mean of what was seen, always. */
#include "core/smooth.h"

#include <math.h>

double
ema_add(struct ema *m, double y)
{
	if (!isfinite(y))
		return y;
	/* by difference: equal values stay exactly equal, whatever the rounding */
	m->norm = m->weight * m->norm + (1 - m->weight);
	m->sum += (1 - m->weight) / m->norm * (y - m->sum);
	return m->sum;
}
