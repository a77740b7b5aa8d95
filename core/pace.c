/* Training goes at a steady pace broken by pauses: evaluations, checkpoints, a night in the queue.
 * A mean over all of it is wrong by the pauses, a median alone is coarse; so the median of the time
 * per step says what is usual, and the ratio of steps to time over what is usual is the rate.
 *
 * A stall can only be told from a pause by what the run did before. The histogram gives the typical
 * gap, the leaky maximum the longest one that was still part of a healthy run: counting gaps would
 * forget a yearly pause after a minute of fast logging, so time does the forgetting. */
#include "core/pace.h"

#include "core/pack.h"

#include <math.h>
#include <string.h>

enum { MS = 1000, SECOND = 1000000 };
#define MINUTE (INT64_C(60) * SECOND)
#define HOUR (60 * MINUTE)
/* No silence is usual that is longer: a clock was wrong. */
#define GAP_MAX_US (30 * 24 * HOUR)

enum {
	GAPS_MAX = 1024, /* gaps in the histogram before all counts are halved */
	GAPS_MIN = 4,    /* gaps that were watched before they outweigh the marks */
	LEAK = 200,
};

static const struct pace_mark *
mark_at(const struct pace *p, uint32_t i)
{
	return &p->mark[(p->head + i) % PACE_N];
}

static void
mark_push(struct pace *p, int64_t step, int64_t wall_us)
{
	if (p->n == PACE_N) {
		p->head = (p->head + 1) % PACE_N;
		p->n--;
	}
	p->mark[(p->head + p->n++) % PACE_N] = (struct pace_mark){step, wall_us};
}

/* a - b, or the nearest that fits: steps come from outside. */
static int64_t
minus(int64_t a, int64_t b)
{
	int64_t d;

	if (__builtin_sub_overflow(a, b, &d))
		d = a < b ? INT64_MIN : INT64_MAX;
	return d;
}

void
pace_step(struct pace *p, int64_t step, int64_t wall_us)
{
	if (p->n) {
		int64_t ds = minus(step, p->last_step);

		if (ds > 0)
			p->stride = ds;
	}
	p->last_step = step;
	if (wall_us <= 0)
		return;
	if (p->n) {
		struct pace_mark *last = &p->mark[(p->head + p->n - 1) % PACE_N];
		int64_t dt = minus(wall_us, last->wall_us);

		if (step >= last->step && dt == 0) {
			/* Rows that arrived together: the mark stands for all of them, or the first
			 * row after a backlog would seem to have made the way of the whole. */
			last->step = step;
			return;
		}
		if (step == last->step || (step > last->step && dt > -SECOND && dt < SECOND))
			return;
	}
	mark_push(p, step, wall_us);
}

static int
gap_bucket(int64_t us)
{
	int64_t ms = us / MS;

	if (ms < 1)
		return 0;
	int i = 63 - __builtin_clzll((unsigned long long)ms);
	return i < 31 ? i : 31;
}

void
pace_arrival(struct pace *p, int64_t now_us)
{
	int64_t gap = minus(now_us, p->last_arrival_us);
	bool first = p->last_arrival_us == 0;

	p->last_arrival_us = now_us;
	if (first || gap < 0)
		return;
	if (gap > GAP_MAX_US)
		gap = GAP_MAX_US;
	int64_t left = p->longest_us - gap / LEAK;
	p->longest_us = gap > left ? gap : left;
	uint32_t sum = 1;
	for (int i = 0; i < 32; i++)
		sum += p->gap[i];
	if (sum > GAPS_MAX)
		for (int i = 0; i < 32; i++)
			p->gap[i] /= 2;
	p->gap[gap_bucket(gap)]++;
}

/* Neighbours that went on in both step and time: their seconds per step, or their seconds. */
static int
neighbours(const struct pace *p, bool per_step, double *out)
{
	int n = 0;

	for (uint32_t i = 1; i < p->n && i < PACE_N; i++) {
		const struct pace_mark *a = mark_at(p, i - 1), *b = mark_at(p, i);
		double ds = (double)b->step - (double)a->step;
		double dt = (double)minus(b->wall_us, a->wall_us) / SECOND;

		if (ds > 0 && dt > 0)
			out[n++] = per_step ? dt / ds : dt;
	}
	return n;
}

/* So few, and nearly equal: nothing is quicker than putting each in its place. */
static double
median(double *v, int n)
{
	for (int i = 1; i < n; i++) {
		double x = v[i];
		int k = i;
		for (; k && v[k - 1] > x; k--)
			v[k] = v[k - 1];
		v[k] = x;
	}
	return n % 2 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
}

double
pace_rate(const struct pace *p)
{
	double v[PACE_N];
	int n = neighbours(p, true, v);

	if (!n)
		return 0;
	double usual = median(v, n), steps = 0, seconds = 0;
	for (uint32_t i = 1; i < p->n && i < PACE_N; i++) {
		const struct pace_mark *a = mark_at(p, i - 1), *b = mark_at(p, i);
		double ds = (double)b->step - (double)a->step;
		double dt = (double)minus(b->wall_us, a->wall_us) / SECOND;

		if (ds <= 0 || dt <= 0 || dt > 4 * usual * ds || dt < usual / 4 * ds)
			continue;
		steps += ds;
		seconds += dt;
	}
	return seconds > 0 ? steps / seconds : 0;
}

static uint32_t
gaps_seen(const struct pace *p)
{
	uint32_t n = 0;

	for (int i = 0; i < 32; i++)
		n += p->gap[i];
	return n;
}

/* The upper edge of the median's bucket. */
static int64_t
median_gap_us(const struct pace *p)
{
	uint32_t n = gaps_seen(p), below = 0;

	if (n < GAPS_MIN) {
		double v[PACE_N];
		int k = neighbours(p, false, v);
		return k ? (int64_t)(fmin(median(v, k) * SECOND, GAP_MAX_US)) : 0;
	}
	for (int i = 0; i < 32; i++) {
		below += p->gap[i];
		if (2 * below >= n)
			return (INT64_C(2) << i) * MS;
	}
	return 0;
}

struct pace_limits
pace_limits(const struct pace *p)
{
	int64_t usual = p->longest_us, typical = median_gap_us(p);

	if (gaps_seen(p) < GAPS_MIN && 2 * typical > usual)
		usual = 2 * typical;
	if (usual > 0 && usual < SECOND)
		usual = SECOND;
	int64_t most = usual + usual / 2 > 6 * HOUR ? usual + usual / 2 : 6 * HOUR;
	int64_t stall = 5 * MINUTE;

	if (3 * usual > stall)
		stall = 3 * usual;
	if (10 * typical > stall)
		stall = 10 * typical;
	return (struct pace_limits){.usual_us = usual,
				    .stall_us = stall < most ? stall : most,
				    .last_arrival_us = p->last_arrival_us,
				    .last_step = p->last_step,
				    .stride = p->stride};
}

int64_t
pace_usual_gap_us(const struct pace *p)
{
	return pace_limits(p).usual_us;
}

int64_t
pace_stall_us(const struct pace *p)
{
	return pace_limits(p).stall_us;
}

double
pace_left_s(double rate, int64_t last_step, int64_t total)
{
	if (rate <= 0 || total <= 0)
		return -1;
	return last_step >= total ? 0 : ((double)total - (double)last_step) / rate;
}

double
pace_eta_s(const struct pace *p, int64_t last_step, int64_t total)
{
	return pace_left_s(pace_rate(p), last_step, total);
}

/* Marks as the way from one to the next: mostly the same steps, and a time that is near. */
void
pace_pack(struct str *out, const struct pace *p)
{
	struct pace_mark before = {0};
	int gaps = 32;

	pack_u64(out, p->n);
	for (uint32_t i = 0; i < p->n; i++) {
		struct pace_mark m = *mark_at(p, i);
		pack_i64(out, (int64_t)((uint64_t)m.step - (uint64_t)before.step));
		pack_i64(out, (int64_t)((uint64_t)m.wall_us - (uint64_t)before.wall_us));
		before = m;
	}
	while (gaps && !p->gap[gaps - 1])
		gaps--;
	pack_u64(out, (uint64_t)gaps);
	for (int i = 0; i < gaps; i++)
		pack_u64(out, p->gap[i]);
	pack_i64(out, p->last_arrival_us);
	pack_i64(out, p->longest_us);
	pack_i64(out, p->last_step);
	pack_i64(out, p->stride);
}

bool
pace_unpack(struct pace *p, const void *bytes, size_t n)
{
	struct unpack u;
	struct pace_mark m = {0};

	memset(p, 0, sizeof *p);
	unpack_init(&u, bytes, n);
	p->n = (uint32_t)unpack_upto(&u, PACE_N);
	for (uint32_t i = 0; i < p->n; i++) {
		m.step = (int64_t)((uint64_t)m.step + (uint64_t)unpack_i64(&u));
		m.wall_us = (int64_t)((uint64_t)m.wall_us + (uint64_t)unpack_i64(&u));
		p->mark[i] = m;
	}
	uint64_t gaps = unpack_upto(&u, 32);
	for (uint64_t i = 0; i < gaps; i++)
		p->gap[i] = (uint16_t)unpack_upto(&u, UINT16_MAX);
	p->last_arrival_us = unpack_i64(&u);
	p->longest_us = unpack_i64(&u);
	p->last_step = unpack_i64(&u);
	p->stride = unpack_i64(&u);
	if (unpack_whole(&u))
		return true;
	memset(p, 0, sizeof *p);
	return false;
}
