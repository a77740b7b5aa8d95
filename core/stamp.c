/* ISO 8601 as it is met in logs, not as it is written down: Python's logging puts a comma before
 * the milliseconds, nvidia-smi slashes into the date, str(datetime) a blank between date and time.
 *
 * A stamp without a zone is local time. mktime() knows the rules but looks at the zone file on each
 * call; its answer changes at most each quarter of an hour, so it is kept for that long. */
#include "core/stamp.h"

#include <time.h>

#define US 1000000

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool
is_digit(char c)
{
	return (unsigned char)(c - '0') < 10;
}

/* Exactly N digits. */
static bool
take_digits(const char **p, const char *end, int n, int *out)
{
	if (end - *p < n)
		return false;
	int v = 0;
	for (int i = 0; i < n; i++) {
		if (!is_digit((*p)[i]))
			return false;
		v = v * 10 + ((*p)[i] - '0');
	}
	*p += n;
	*out = v;
	return true;
}

static bool
take(const char **p, const char *end, char c)
{
	if (*p == end || **p != c)
		return false;
	++*p;
	return true;
}

/* Days from 1970-01-01 to a date of the Gregorian calendar: years begin in March, so that the leap
 * day is the last of its year. */
static int64_t
days_of_date(int year, int month, int day)
{
	int64_t y = year - (month <= 2);
	int64_t days_before_month = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5;
	return 365 * y + y / 4 - y / 100 + y / 400 + days_before_month + day - 1 - 719468;
}

static bool
take_date(const char **p, const char *end, int64_t *days)
{
	static const uint8_t length[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	int year, month, day;
	if (!take_digits(p, end, 4, &year))
		return false;
	char mark = *p < end && (**p == '-' || **p == '/' || **p == '.') ? *(*p)++ : '\0';
	if (!take_digits(p, end, 2, &month) || (mark && !take(p, end, mark)) ||
	    !take_digits(p, end, 2, &day))
		return false;
	if (month < 1 || month > 12 || day < 1 || day > length[month - 1])
		return false;
	*days = days_of_date(year, month, day);
	return true;
}

static bool
take_time(const char **p, const char *end, int64_t *us)
{
	int hour, minute, second = 0;
	int64_t fraction = 0;
	if (!take_digits(p, end, 2, &hour))
		return false;
	bool colon = take(p, end, ':');
	if (!take_digits(p, end, 2, &minute))
		return false;
	if (colon ? take(p, end, ':') : *p < end && is_digit(**p)) {
		if (!take_digits(p, end, 2, &second))
			return false;
		if (*p < end && (**p == '.' || **p == ',')) {
			int64_t unit = US / 10;
			for (++*p; *p < end && is_digit(**p); ++*p, unit /= 10)
				fraction += (**p - '0') * unit;
		}
	}
	if (hour > 23 || minute > 59 || second > 60)
		return false;
	*us = ((int64_t)hour * 3600 + minute * 60 + second) * US + fraction;
	return true;
}

/* False: what stands there is no zone. *FOUND: there was one. */
static bool
take_zone(const char **p, const char *end, bool *found, int *offset_s)
{
	*found = true;
	*offset_s = 0;
	while (*p < end && is_blank(**p))
		++*p;
	if (*p == end) {
		*found = false;
		return true;
	}
	if (take(p, end, 'Z') || take(p, end, 'z'))
		return true;
	if (end - *p == 3 && (((*p)[0] == 'U' && (*p)[1] == 'T' && (*p)[2] == 'C') ||
			      ((*p)[0] == 'G' && (*p)[1] == 'M' && (*p)[2] == 'T'))) {
		*p += 3;
		return true;
	}
	bool west = **p == '-';
	int hour, minute = 0;
	if (!west && **p != '+')
		return false;
	++*p;
	if (!take_digits(p, end, 2, &hour))
		return false;
	if ((take(p, end, ':') || *p < end) && !take_digits(p, end, 2, &minute))
		return false;
	if (hour > 23 || minute > 59)
		return false;
	*offset_s = (hour * 3600 + minute * 60) * (west ? -1 : 1);
	return true;
}

/* Seconds east of UTC at a local time given as if it were UTC. */
static int64_t
local_offset(int64_t local_s)
{
	static int64_t known_slot, known_offset;
	static bool known;
	int64_t slot = local_s / 900;
	if (known && slot == known_slot)
		return known_offset;
	struct tm tm;
	time_t as_utc = (time_t)local_s;
	if (!gmtime_r(&as_utc, &tm))
		return 0;
	tm.tm_isdst = -1;
	time_t t = mktime(&tm);
	known_slot = slot;
	known_offset = t == (time_t)-1 ? 0 : local_s - (int64_t)t;
	known = true;
	return known_offset;
}

bool
stamp_parse(const char *p, const char *end, int32_t tz_offset_s, int64_t *us)
{
	while (p < end && is_blank(*p))
		p++;
	while (p < end && is_blank(end[-1]))
		end--;
	int64_t days, time_us = 0;
	int zone_s = 0;
	bool zone = false;
	if (!take_date(&p, end, &days))
		return false;
	if (p < end) {
		const char *mark = p;
		while (p < end && (is_blank(*p) || *p == 'T' || *p == 't' || *p == '_'))
			p++;
		if (p == mark || !take_time(&p, end, &time_us) ||
		    !take_zone(&p, end, &zone, &zone_s))
			return false;
	}
	if (p != end)
		return false;
	int64_t s = days * 86400 + time_us / US;
	int64_t offset = zone ? zone_s : tz_offset_s == STAMP_LOCAL ? local_offset(s) : tz_offset_s;
	*us = (s - offset) * US + time_us % US;
	return true;
}

bool
stamp_of_number(double v, double scale_us, int64_t *us)
{
	const double first = 631152000e6, last = 4102444800e6; /* 1990, 2100 */
	const double scale[] = {scale_us, 1e6, 1e3, 1, 1e-3};
	for (size_t i = 0; i < sizeof scale / sizeof *scale; i++) {
		double t = v * scale[i];
		if (t >= first && t < last) {
			*us = (int64_t)t;
			return true;
		}
	}
	return false;
}
