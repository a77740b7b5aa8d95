/* Numbers as a person reads them.
 *
 * A number that is watched while it changes must stay where it is: so digits are counted in
 * significant ones, zeros at the end stay, and each form has a greatest width. Only whole values
 * drop their decimals, because most of them are counts. The decimal exponent is taken from printf's
 * own rounding ("%.3e"): computing it by log10() goes wrong just below the powers of ten, where
 * 9999.6 must become 10.00k and not 10000. */
#include "tui/fmt.h"

#include "core/conf.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static bool utc, ascii_only;

void
fmt_utc(bool on)
{
	utc = on;
}

void
fmt_ascii(bool on)
{
	ascii_only = on;
}

static char *
unknown(char buf[FMT_N])
{
	snprintf(buf, FMT_N, "%s", ascii_only ? "-" : "–");
	return buf;
}

/* The decimal exponent of V once it is rounded to DIGITS significant digits. */
static int
exponent(double v, int digits)
{
	char e[48];
	snprintf(e, sizeof e, "%.*e", digits - 1, v);
	const char *p = strchr(e, 'e');
	return p ? (int)strtol(p + 1, NULL, 10) : 0;
}

/* |V| in DIGITS significant digits: plain from LOW, SI from 10^HIGH, scientific beyond both. */
static void
magnitude(char *out, size_t size, double v, int digits, int low, int high)
{
	static const char suffix[] = " kMGT";
	int e = v > 0 ? exponent(v, digits) : 0;
	if (e >= low && e < high) {
		int decimals = digits - 1 - e;
		snprintf(out, size, "%.*f", decimals > 0 ? decimals : 0, v);
	} else if (e >= high && e < 15) {
		int decimals = digits - 1 - e % 3;
		snprintf(out, size, "%.*f%c", decimals > 0 ? decimals : 0, v / pow(10, e - e % 3),
			 suffix[e / 3]);
	} else {
		/* a longer exponent costs digits, not columns */
		int decimals = digits - 1 - (abs(e) >= 10) - (abs(e) >= 100);
		char m[48];
		snprintf(m, sizeof m, "%.*e", decimals > 0 ? decimals : 0, v);
		char *p = strchr(m, 'e');
		e = p ? (int)strtol(p + 1, NULL, 10) : 0;
		snprintf(out, size, "%.*se%d", p ? (int)(p - m) : 1, m, e);
	}
}

static bool
not_finite(char buf[FMT_N], double v)
{
	if (isfinite(v))
		return false;
	snprintf(buf, FMT_N, "%s", isnan(v) ? "NaN" : v > 0 ? "+inf" : "-inf");
	return true;
}

char *
fmt_value(char buf[FMT_N], double v)
{
	if (not_finite(buf, v))
		return buf;
	if (fabs(v) < 10000 && v == rint(v)) {
		snprintf(buf, FMT_N, "%d", (int)v);
		return buf;
	}
	bool minus = v < 0;
	buf[0] = '-';
	magnitude(buf + minus, (size_t)(FMT_N - minus), fabs(v), 4, -3, 4);
	return buf;
}

char *
fmt_cell(char buf[FMT_N], double v, bool whole, int w)
{
	if (v == 0) /* exactly, and not something that was rounded */
		whole = true;
	if (whole)
		fmt_value(buf, v);
	for (int digits = 4; digits > 0 && isfinite(v) && (!whole || (int)strlen(buf) > w);
	     digits--) {
		bool minus = v < 0;
		buf[0] = '-';
		magnitude(buf + minus, (size_t)(FMT_N - minus), fabs(v), digits, -3, 4);
		if ((int)strlen(buf) <= w)
			return buf;
	}
	not_finite(buf, v);
	if ((int)strlen(buf) > w) /* rather no number than another one */
		snprintf(buf, FMT_N, "%s", ascii_only ? "#" : "…");
	return buf;
}

char *
fmt_delta(char buf[FMT_N], double d)
{
	if (!isfinite(d))
		return unknown(buf);
	if (d == 0) {
		snprintf(buf, FMT_N, "0");
		return buf;
	}
	buf[0] = d < 0 ? '-' : '+';
	double a = fabs(d);
	if (a >= 9.95 && a < 999.5)
		snprintf(buf + 1, FMT_N - 1, "%.0f", a);
	else
		magnitude(buf + 1, FMT_N - 1, a, 2, -3, 3);
	return buf;
}

char *
fmt_step(char buf[FMT_N], int64_t step)
{
	if (step > -10000 && step < 10000) {
		snprintf(buf, FMT_N, "%d", (int)step);
		return buf;
	}
	bool minus = step < 0;
	buf[0] = '-';
	double v = fabs((double)step);
	magnitude(buf + minus, (size_t)(FMT_N - minus), v, v < 9.995e14 ? 3 : 2, 0, 4);
	return buf;
}

char *
fmt_bytes(char buf[FMT_N], uint64_t n)
{
	static const char *const unit[] = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};
	double v = (double)n;
	int u = 0;
	while (v >= 999.5) {
		v /= 1000;
		u++;
	}
	snprintf(buf, FMT_N, "%.*f %s", u > 0 && v < 9.95, v, unit[u]);
	return buf;
}

char *
fmt_duration(char buf[FMT_N], double seconds)
{
	if (!(seconds >= 0) || seconds > 1e11)
		return unknown(buf);
	int64_t s = (int64_t)seconds;
	int days = (int)(s / 86400), hours = (int)(s / 3600 % 24), minutes = (int)(s / 60 % 60);
	if (s < 60)
		snprintf(buf, FMT_N, "%ds", (int)s);
	else if (s < 3600)
		snprintf(buf, FMT_N, "%dm", minutes);
	else if (days == 0)
		snprintf(buf, FMT_N, "%dh%02dm", hours, minutes);
	else if (days < 100)
		snprintf(buf, FMT_N, "%dd%02dh", days, hours);
	else if (days < 3650)
		snprintf(buf, FMT_N, "%dd", days);
	else
		snprintf(buf, FMT_N, "%dy", days / 365);
	return buf;
}

char *
fmt_age(char buf[FMT_N], int64_t then_us, int64_t now_us)
{
	/* a log may claim any time: unsigned, so that nothing overflows */
	uint64_t us = now_us > then_us ? (uint64_t)now_us - (uint64_t)then_us : 0;
	int64_t minutes = (int64_t)(us / 60000000);
	if (minutes < 1)
		snprintf(buf, FMT_N, "now");
	else if (minutes < 60)
		snprintf(buf, FMT_N, "%dm", (int)minutes);
	else if (minutes < 48 * 60)
		snprintf(buf, FMT_N, "%dh", (int)(minutes / 60));
	else if (minutes < 365 * 1440)
		snprintf(buf, FMT_N, "%dd", (int)(minutes / 1440));
	else
		snprintf(buf, FMT_N, "%dy", (int)fmin(999, (double)minutes / (365 * 1440)));
	return buf;
}

static void
broken_down(int64_t us, struct tm *tm)
{
	int64_t s = us / 1000000 - (us % 1000000 < 0);
	time_t t = (time_t)s;
	memset(tm, 0, sizeof *tm);
	if (utc)
		gmtime_r(&t, tm);
	else
		localtime_r(&t, tm);
}

long
fmt_zone_s(int64_t us)
{
	struct tm tm;
	broken_down(us, &tm);
	return tm.tm_gmtoff;
}

char *
fmt_clock(char buf[FMT_N], int64_t us, int64_t now_us)
{
	struct tm then, now;
	if (us == 0)
		return unknown(buf);
	broken_down(us, &then);
	broken_down(now_us, &now);
	size_t n = then.tm_year != now.tm_year   ? strftime(buf, FMT_N, "%Y-%m-%d", &then)
		   : then.tm_yday != now.tm_yday ? strftime(buf, FMT_N, "%m-%d", &then)
						 : strftime(buf, FMT_N, "%H:%M:%S", &then);
	return n ? buf : unknown(buf);
}

bool
fmt_same_day(int64_t a_us, int64_t b_us)
{
	struct tm a, b;
	broken_down(a_us, &a);
	broken_down(b_us, &b);
	return a.tm_year == b.tm_year && a.tm_yday == b.tm_yday;
}

char *
fmt_moment(char buf[FMT_N], int64_t us, int64_t now_us)
{
	struct tm then, now;
	if (us == 0 || fmt_same_day(us, now_us))
		return fmt_clock(buf, us, now_us);
	broken_down(us, &then);
	broken_down(now_us, &now);
	size_t n = strftime(buf, FMT_N,
			    then.tm_year != now.tm_year ? "%Y-%m-%d %H:%M" : "%m-%d %H:%M", &then);
	return n ? buf : unknown(buf);
}

bool
fmt_parse_moment(const char *word, int64_t now_us, int64_t *us)
{
	int64_t length, second = 1000000;
	int hour, minute, end = 0;
	struct tm tm;
	if (!word[strspn(word, "0123456789.")])
		return false; /* seven seconds, or seven o'clock? */
	if (conf_parse_duration(word, &length))
		return length >= second && !__builtin_add_overflow(now_us, length, us);
	if (sscanf(word, "%2d:%2d%n", &hour, &minute, &end) != 2 || word[end] ||
	    strspn(word, "0123456789:") != (size_t)end || hour > 23 || minute > 59)
		return false;
	broken_down(now_us, &tm);
	tm.tm_hour = hour;
	tm.tm_min = minute;
	tm.tm_sec = 0;
	for (int day = 0; day < 2; day++, tm.tm_mday++) {
		struct tm copy = tm;
		copy.tm_isdst = -1;
		*us = (int64_t)(utc ? timegm(&copy) : mktime(&copy)) * second;
		if (*us > now_us)
			return true;
	}
	return false;
}

char *
fmt_time_axis(char buf[FMT_N], int64_t us, int64_t span_us)
{
	const int64_t minute = 60 * (int64_t)1000000, day = 1440 * minute;
	struct tm tm;
	broken_down(us, &tm);
	size_t n = span_us < 10 * minute ? strftime(buf, FMT_N, "%H:%M:%S", &tm)
		   : span_us < day       ? strftime(buf, FMT_N, "%H:%M", &tm)
		   : span_us < 10 * day  ? strftime(buf, FMT_N, "%m-%d %H:%M", &tm)
		   : span_us < 300 * day ? strftime(buf, FMT_N, "%m-%d", &tm)
					 : strftime(buf, FMT_N, "%Y-%m", &tm);
	return n ? buf : unknown(buf);
}

char *
fmt_percent(char buf[FMT_N], double part)
{
	if (!(part >= 0))
		return unknown(buf);
	/* the hair that 0.29 is below 29 % must not show */
	double p = floor(part * 100 + 1e-9);
	snprintf(buf, FMT_N, "%d%%", p > 999 ? 999 : (int)p);
	return buf;
}

/* Takes zeros after a decimal point off the number in BUF, whatever follows it. */
static void
strip_zeros(char *buf)
{
	char *dot = strchr(buf, '.');
	if (!dot)
		return;
	char *end = dot + 1 + strspn(dot + 1, "0123456789");
	char *p = end;
	while (p > dot + 1 && p[-1] == '0')
		p--;
	if (p == dot + 1)
		p = dot;
	memmove(p, end, strlen(end) + 1);
}

char *
fmt_axis(char buf[FMT_N], double v, double gap)
{
	if (not_finite(buf, v))
		return buf;
	double a = fabs(v);
	int digits = 3;
	if (gap > 0 && a > 0) {
		digits = exponent(a, 6) - exponent(gap, 6) + 1;
		/* a gap such as 0.25 has a second digit of its own */
		double g = gap / pow(10, exponent(gap, 6));
		digits += fabs(g - rint(g)) > 1e-6;
		digits = digits < 1 ? 1 : digits > 12 ? 12 : digits;
	}
	if (gap > 0 && a < gap / 1000)
		a = 0;
	bool minus = v < 0 && a > 0;
	buf[0] = '-';
	if (a == 0)
		snprintf(buf, FMT_N, "0");
	else
		magnitude(buf + minus, (size_t)(FMT_N - minus), a, digits, -3, 4);
	strip_zeros(buf + minus);
	return buf;
}

char *
fmt_since(char buf[FMT_N], double seconds)
{
	int64_t s = seconds >= 0 && seconds < 1e11 ? (int64_t)llrint(seconds) : 0;
	if (s == 0)
		snprintf(buf, FMT_N, "0");
	else if (s >= 60 && s < 3600 && s % 60)
		snprintf(buf, FMT_N, "%dm%02ds", (int)(s / 60), (int)(s % 60));
	else if (s >= 3600 && s < 86400 && s % 3600 < 60)
		snprintf(buf, FMT_N, "%dh", (int)(s / 3600));
	else if (s >= 86400 && s < 100 * 86400 && s % 86400 < 3600)
		snprintf(buf, FMT_N, "%dd", (int)(s / 86400));
	else
		fmt_duration(buf, (double)s);
	return buf;
}

static const char *const spark_block[8] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
static const char *const spark_ascii[8] = {"_", ".", "-", "=", "+", "*", "%", "#"};

/* Column I of W over N values: the mean of the finite ones, NaN when there is none. A value lies in
 * one column only. */
static double
spark_column(const float *v, int n, int w, int i)
{
	int from = (int)((int64_t)i * n / w), to = (int)((int64_t)(i + 1) * n / w);
	double sum = 0;
	int k = 0;
	for (int j = from; j < to; j++)
		if (isfinite(v[j])) {
			sum += v[j];
			k++;
		}
	return k ? sum / k : (double)NAN;
}

void
fmt_spark(char *out, size_t size, const float *v, int n, int w, bool ascii)
{
	const char *const *glyph = ascii ? spark_ascii : spark_block;
	int used = n < w ? n : w;
	double lo = INFINITY, hi = -INFINITY;
	for (int i = 0; i < used; i++) {
		double y = spark_column(v, n, used, i);
		lo = fmin(lo, y);
		hi = fmax(hi, y);
	}
	size_t at = 0;
	for (int i = 0; i < w; i++) {
		const char *z = " ";
		if (i < used) {
			double y = spark_column(v, n, used, i);
			if (isnan(y))
				z = ascii ? "x" : "×";
			else if (!(hi > lo))
				z = glyph[3];
			else
				z = glyph[(int)fmin(7, (y - lo) / (hi - lo) * 8)];
		}
		size_t k = strlen(z);
		if (at + k + 1 > size)
			break;
		memcpy(out + at, z, k);
		at += k;
	}
	if (size)
		out[at] = '\0';
}
