/* An axis: round ends, rows, ticks.
 *
 * A range must hold still while points arrive (a scale that follows each new minimum moves every
 * dot on the screen), so its ends are multiples of a round quantum, a few percent of the range. */
#include "tui/scale.h"

#include "tui/raster.h"

#include <math.h>
#include <stdlib.h>

double
scale_nice(double v)
{
	double ten = pow(10, floor(log10(v))), m = v / ten;
	return ten * (m <= 1.0000001 ? 1 : m <= 2.0000001 ? 2 : m <= 5.0000001 ? 5 : 10);
}

/* V to two significant digits, towards 0 or away from it. */
static double
two_digits(double v, bool up)
{
	double ten = pow(10, floor(log10(v) + 1e-9) - 1), m = v / ten;
	return ten * (up ? ceil(m - 1e-9) : floor(m + 1e-9));
}

void
scale_round(double lo, double hi, bool log, struct scale *out)
{
	*out = (struct scale){.lo = lo, .hi = hi, .log = log};
	double size = fmax(fabs(lo), fabs(hi)), range = hi - lo;
	if (!(range > 1e-12 * size)) {
		/* a scale of logarithms has no use for one value */
		double room = size > 0 ? size / 20 : 1;
		*out = (struct scale){lo - room, lo + room, false, true, room};
		return;
	}
	if (!isfinite(range)) {
		/* the two ends of what a double can hold */
		*out = (struct scale){lo / 2, hi / 2, log, false, 0};
		return;
	}
	if (log && hi > 3 * lo) {
		double a = two_digits(lo, false), b = two_digits(hi, true);
		if (a > 0 && isfinite(b)) {
			out->lo = a;
			out->hi = b;
		}
		return;
	}
	double q = scale_nice(range / 40);
	double a = floor(lo / q + 1e-6) * q, b = ceil(hi / q - 1e-6) * q;
	if (q > 0 && isfinite(a) && isfinite(b) && b > a && !(log && a <= 0)) {
		out->lo = a;
		out->hi = b;
		out->quantum = q;
	}
}

int
scale_row(const struct scale *s, double v, int h)
{
	double t;
	if (s->log)
		t = v > 0 ? (log(s->hi) - log(v)) / (log(s->hi) - log(s->lo)) : INFINITY;
	else
		t = (s->hi / 2 - v / 2) / (s->hi / 2 - s->lo / 2);
	double row = floor(t * (h - 1) + 0.5);
	return row > RASTER_FAR ? RASTER_FAR : row < -RASTER_FAR ? -RASTER_FAR : (int)row;
}

static int
even_ticks(double lo, double hi, double gap, int n, double *out)
{
	int k = 0;
	double first = ceil(lo / gap - 1e-9), last = floor(hi / gap + 1e-9);
	if (!(last - first < 1e6))
		return 0;
	for (double i = first; i <= last && k < n; i++)
		out[k++] = i * gap + 0.0; /* no -0 */
	return k;
}

static int
linear_ticks(double lo, double hi, int n, double *out, double *gap)
{
	double g = scale_nice((hi - lo) / n);
	if (!(g > 0) || !isfinite(g))
		return 0;
	while (floor(hi / g + 1e-9) - ceil(lo / g - 1e-9) + 1 > n)
		g = scale_nice(g * 1.5);
	if (gap)
		*gap = g;
	return even_ticks(lo, hi, g, n, out);
}

/* Powers of ten, every few of them; with 2 and 5 between when there is room. */
static int
log_ticks(double lo, double hi, int n, double *out)
{
	int from = (int)ceil(log10(lo) - 1e-9), to = (int)floor(log10(hi) + 1e-9);
	int decades = to - from + 1, k = 0;
	if (decades * 3 <= n) {
		static const double m[3] = {1, 2, 5};
		for (int e = from - 1; e <= to; e++)
			for (int i = 0; i < 3; i++) {
				double v = m[i] * pow(10, e);
				if (v >= lo * (1 - 1e-9) && v <= hi * (1 + 1e-9) && k < n)
					out[k++] = v;
			}
		return k;
	}
	int every = (decades + n - 1) / n;
	for (int e = from; e <= to && k < n; e++)
		if (e % every == 0)
			out[k++] = pow(10, e);
	return k;
}

int
scale_ticks(double lo, double hi, bool log, int n, double *out, double *gap)
{
	if (gap)
		*gap = 0;
	if (n < 1 || !(hi - lo > 1e-10 * fmax(fabs(lo), fabs(hi))) || !isfinite(hi - lo))
		return 0;
	if (log && lo > 0 && hi > 3 * lo)
		return log_ticks(lo, hi, n, out);
	return linear_ticks(lo, hi, n, out, gap);
}

int
scale_time_ticks(double lo, double hi, double offset, int n, double *out)
{
	static const int nice[] = {1,     2,     5,     10,    15,     30,    60,
				   120,   300,   600,   900,   1800,   3600,  7200,
				   10800, 21600, 43200, 86400, 172800, 604800};
	const int nnice = sizeof nice / sizeof *nice;
	if (n < 1 || !(hi - lo > 1e-10 * fmax(fabs(lo), fabs(hi))) || !isfinite(hi - lo))
		return 0;
	if (hi - lo < 2e6)
		return linear_ticks(lo, hi, n, out, NULL);
	double gap = 0;
	for (int i = 0; i < nnice; i++)
		if ((hi - lo) / 1e6 / nice[i] <= n) {
			gap = nice[i] * 1e6;
			break;
		}
	if (gap <= 0)
		gap = scale_nice((hi - lo) / 86400e6 / n) * 86400e6;
	int k = even_ticks(lo + offset, hi + offset, gap, n, out);
	for (int i = 0; i < k; i++)
		out[i] -= offset;
	return k;
}
