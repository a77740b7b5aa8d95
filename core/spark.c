/* A slot holds a power of two of points, so when the slots are used up, merging neighbours keeps
 * every slot exact: it is the mean of the points it stands for, whatever came before. Values beyond
 * a float are drawn at its edge, which also keeps the sum of a slot finite. */
#include "core/spark.h"

#include <float.h>
#include <math.h>

static void
halve(struct spark *s)
{
	for (int i = 0; i < SPARK_N / 2; i++)
		s->mean[i] = s->mean[2 * i] / 2 + s->mean[2 * i + 1] / 2;
	for (int i = SPARK_N / 2; i < SPARK_N; i++)
		s->mean[i] = 0;
	s->n = SPARK_N / 2;
	s->stride *= 2;
}

void
spark_add(struct spark *s, double v)
{
	s->bad = !isfinite(v);
	if (s->bad)
		return;
	if (!s->stride)
		s->stride = 1;
	if (s->part == s->stride) {
		/* Only after 2^36 points: the picture stops moving rather than lying about time. */
		return;
	}
	s->sum += v > FLT_MAX ? FLT_MAX : v < -FLT_MAX ? -FLT_MAX : v;
	if (++s->part < s->stride)
		return;
	if (s->n == SPARK_N) {
		if (s->stride == UINT32_C(1) << 31)
			return;
		halve(s);
		return; /* what is being filled is half of the wider slot */
	}
	s->mean[s->n++] = (float)(s->sum / s->part);
	s->part = 0;
	s->sum = 0;
}

/* POINTS of MEAN come next; slots are S's stride wide, and there is room. */
static void
fill(struct spark *s, double mean, uint64_t points)
{
	while (points) {
		uint32_t take = s->stride - s->part;
		if (take > points)
			take = (uint32_t)points;
		s->sum += mean * take;
		s->part += take;
		points -= take;
		if (s->part == s->stride && s->n < SPARK_N) {
			s->mean[s->n++] = (float)(s->sum / s->part);
			s->part = 0;
			s->sum = 0;
		} else if (s->part == s->stride) {
			return;
		}
	}
}

static void
fill_from(struct spark *s, const struct spark *from)
{
	for (int i = 0; i < from->n; i++)
		fill(s, (double)from->mean[i], from->stride);
	if (from->part)
		fill(s, from->sum / from->part, from->part);
}

void
spark_append(struct spark *s, const struct spark *next)
{
	struct spark all = {.stride = s->stride > next->stride ? s->stride : next->stride};
	uint64_t points = (uint64_t)s->n * s->stride + s->part + (uint64_t)next->n * next->stride +
			  next->part;
	while (all.stride && points / all.stride > SPARK_N && all.stride < UINT32_C(1) << 31)
		all.stride *= 2;
	fill_from(&all, s);
	fill_from(&all, next);
	all.bad = next->bad;
	*s = all;
}

int
spark_values(const struct spark *s, float *out)
{
	int n = s->n;

	for (int i = 0; i < n; i++)
		out[i] = s->mean[i];
	if (s->part)
		out[n++] = (float)(s->sum / s->part);
	return n;
}
