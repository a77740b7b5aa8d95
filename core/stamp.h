/* stamp.h - points in time as logs write them. */
#ifndef CORE_STAMP_H
#define CORE_STAMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Local time, by the rules of the place where we run: for TZ_OFFSET_S. */
#define STAMP_LOCAL INT32_MIN

/* Reads all of [p, end), blanks around it stripped: a date (2024-01-31, 2024/01/31, 20240131T…),
 * and perhaps, behind 'T', '_' or blanks, a time (hh:mm, hh:mm:ss, decimals behind '.' or ','), and
 * perhaps a zone (Z, UTC, GMT, +hh, +hhmm, +hh:mm). Without a zone it is TZ_OFFSET_S seconds east
 * of UTC. *US gets µs since 1970. */
bool stamp_parse(const char *p, const char *end, int32_t tz_offset_s, int64_t *us);
/* V in units of SCALE_US µs since 1970, when that is a year between 1990 and 2100; else the same
 * with V in seconds, ms, µs or ns. False: no point in time (a duration, a counter). */
bool stamp_of_number(double v, double scale_us, int64_t *us);

#endif
