/* fmt.h - numbers, times and names as a person reads them; the same on the screen and in commands. */
#ifndef TUI_FMT_H
#define TUI_FMT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FMT_N 32
/* Each writes at most FMT_N bytes and returns BUF. */
char *fmt_value(char buf[FMT_N], double v);          /* 4 significant digits: 0.1183, 1.902, 12.4k, 3.1e-7, NaN, +inf */
char *fmt_step(char buf[FMT_N], int64_t step);       /* SI: 812, 12.4k, 1.2M */
char *fmt_bytes(char buf[FMT_N], uint64_t n);        /* 4.1 MB */
char *fmt_duration(char buf[FMT_N], double seconds); /* 42s, 7m, 3h12m, 2d4h; "–" when negative */
char *fmt_age(char buf[FMT_N], int64_t then_us, int64_t now_us); /* changes at most once a minute: "now", 3m, 2h, 5d */
char *fmt_clock(char buf[FMT_N], int64_t us, int64_t now_us);    /* 14:03:22 today; else 03-14 or 2025-03-14 */
char *fmt_percent(char buf[FMT_N], double part);     /* 12% */
char *fmt_delta(char buf[FMT_N], double d);          /* +0.004 */
void fmt_utc(bool on);                               /* --utc */

/* A sparkline of N values in W columns (eighth blocks, or ASCII); NUL-terminated UTF-8. NaN shows as a mark. */
void fmt_spark(char *out, size_t size, const float *v, int n, int w, bool ascii);

#endif
