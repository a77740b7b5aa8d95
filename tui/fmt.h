/* fmt.h - numbers and times as a person reads them; the same on the screen and in commands.
 *
 * Columns never jump: each kind of text has a greatest width, whatever the number (FMT_*_W, in
 * columns), keeps its trailing zeros, and is meant to be right-aligned in it. */
#ifndef TUI_FMT_H
#define TUI_FMT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FMT_N 32

enum {
	FMT_VALUE_W = 9,    /* "-1.183e-4"; 8 when nothing is negative */
	FMT_DELTA_W = 8,    /* "-1.2e-11" */
	FMT_STEP_W = 5,     /* "12.4k"; 6 when negative */
	FMT_BYTES_W = 6,    /* "4.1 MB" */
	FMT_DURATION_W = 6, /* "23h59m" */
	FMT_AGE_W = 4,      /* "364d" */
	FMT_CLOCK_W = 8,    /* "14:03:22", "03-14"; 10 for another year */
	FMT_PERCENT_W = 4,  /* "100%" */
};

/* Each writes at most FMT_N bytes and returns BUF. */
char *fmt_value(
	char buf[FMT_N],
	double v); /* 4 significant digits: 0.1183, 1.902, 12.35k, 3.100e-7, NaN, +inf; 17 */
/* SI, 3 significant digits: 812, 12.4k, 1.23M. */
char *fmt_step(char buf[FMT_N], int64_t step);
/* 812 B, 4.1 MB (powers of 1000). */
char *fmt_bytes(char buf[FMT_N], uint64_t n);
/* 42s, 7m, 3h12m, 2d04h; "–" when negative or unknown. */
char *fmt_duration(char buf[FMT_N], double seconds);
/* Changes at most once a minute: "now", 3m, 2h, 5d. */
char *fmt_age(char buf[FMT_N], int64_t then_us, int64_t now_us);
/* 14:03:22 today; else 03-14, or 2025-03-14 in another year; "–" for 0. */
char *fmt_clock(char buf[FMT_N], int64_t us, int64_t now_us);
/* The same with the time of another day: 03-14 06:05. */
char *fmt_moment(char buf[FMT_N], int64_t us, int64_t now_us);
/* The other way: the moment after NOW that a person means by WORD, "2h" from then or "07:00", the
 * next time that clocks show it. A bare number is neither. */
bool fmt_parse_moment(const char *word, int64_t now_us, int64_t *us);
/* 12%; 100% only when it is all; "–" when negative or unknown. */
char *fmt_percent(char buf[FMT_N], double part);
/* +0.0041, -12, 0; "–" when unknown. */
/* The same in at most W columns, with fewer digits where it must be. WHOLE: of a count; else whole
 * values have decimals like those beside them. */
char *fmt_cell(char buf[FMT_N], double v, bool whole, int w);
char *fmt_delta(char buf[FMT_N], double d);

/* V as a label on an axis whose ticks are GAP apart: no more digits than tell them apart, no zeros
 * at the end. GAP 0: 3 significant digits. */
char *fmt_axis(char buf[FMT_N], double v, double gap);
/* Seconds since the start as a label on an axis: 0, 42s, 7m30s, 3h12m, 2d04h. */
char *fmt_since(char buf[FMT_N], double seconds);
/* A date and time on an axis that spans SPAN_US: 14:03:22, 14:03, 03-14 14:03, 03-14, 2025-03. */
char *fmt_time_axis(char buf[FMT_N], int64_t us, int64_t span_us);
/* Are these on the same day, where times are shown? */
bool fmt_same_day(int64_t a_us, int64_t b_us);

/* Seconds that the clock on the screen is ahead of UTC at that time. */
long fmt_zone_s(int64_t us);

void fmt_utc(bool on);   /* --utc */
void fmt_ascii(bool on); /* --ascii: "-" for "–" */

/* A sparkline of N values in W columns (eighth blocks, or ASCII), blanks behind it up to W;
 * NUL-terminated UTF-8, SIZE at least 3 * W + 1. More values than columns: means of neighbours. NaN
 * and infinities show as a mark. */
void fmt_spark(char *out, size_t size, const float *v, int n, int w, bool ascii);

#endif
