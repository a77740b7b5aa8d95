/* What single words mean: durations, zones, yes and no, and which known word somebody may have
 * meant. */
#include "core/conf_section.h"

#include "core/num.h"

#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Edits (a character more, less or other, two swapped) from A to B, at most MOST + 1. */
static int
distance(const char *a, const char *b, int most)
{
	enum { MAX = 64 };
	int la = (int)strlen(a), lb = (int)strlen(b), row[3][MAX + 1];

	if (la > MAX || lb > MAX || abs(la - lb) > most)
		return most + 1;
	for (int j = 0; j <= lb; j++)
		row[0][j] = j;
	for (int i = 1; i <= la; i++) {
		int *now = row[i % 3], *up = row[(i + 2) % 3], *up2 = row[(i + 1) % 3];
		now[0] = i;
		for (int j = 1; j <= lb; j++) {
			bool same = tolower((unsigned char)a[i - 1]) ==
				    tolower((unsigned char)b[j - 1]);
			int d = up[j - 1] + !same;
			if (up[j] + 1 < d)
				d = up[j] + 1;
			if (now[j - 1] + 1 < d)
				d = now[j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    up2[j - 2] + 1 < d)
				d = up2[j - 2] + 1;
			now[j] = d;
		}
	}
	return row[la % 3][lb];
}

const char *
conf_nearest(const char *word, const char *const *names, int n)
{
	const char *best = NULL;
	size_t len = strlen(word);
	int most = len < 6 ? 1 : len < 9 ? 2 : 3; /* more would be another word */

	for (int i = 0; i < n; i++) {
		int d = distance(word, names[i], most);
		if (d <= most) {
			best = names[i];
			most = d - 1;
		}
	}
	return best;
}

bool
conf_parse_duration(const char *s, int64_t *us)
{
	static const struct {
		const char *suffix;
		double us;
	} units[] = {{"", 1e6},   {"ms", 1e3},   {"s", 1e6},    {"sec", 1e6},
		     {"m", 60e6}, {"min", 60e6}, {"h", 3600e6}, {"d", 86400e6}};
	double v;
	const char *end = s + strlen(s);

	while (*s == ' ' || *s == '\t')
		s++;
	while (end > s && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	if (!isdigit((unsigned char)*s) && *s != '.')
		return false;
	const char *p = num_parse(s, end, &v);
	if (!p)
		return false;
	while (p < end && *p == ' ')
		p++;
	for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
		size_t n = strlen(units[i].suffix);
		if ((size_t)(end - p) == n && memcmp(p, units[i].suffix, n) == 0) {
			v *= units[i].us;
			if (!(v >= 0 && v < 9e18))
				return false;
			*us = (int64_t)(v + 0.5);
			return true;
		}
	}
	return false;
}

bool
conf_parse_tz(const char *s, int *offset_s)
{
	int h, m, used;

	if (strcasecmp(s, "local") == 0) {
		*offset_s = INT_MIN;
		return true;
	}
	if (strcasecmp(s, "utc") == 0 || strcmp(s, "Z") == 0) {
		*offset_s = 0;
		return true;
	}
	if (*s != '+' && *s != '-')
		return false;
	for (const char *p = s + 1; *p; p++)
		if (!isdigit((unsigned char)*p) && *p != ':')
			return false;
	if (!((sscanf(s + 1, "%2d:%2d%n", &h, &m, &used) == 2 && s[3] == ':') ||
	      (sscanf(s + 1, "%2d%2d%n", &h, &m, &used) == 2)) ||
	    strlen(s + 1) != (size_t)used || h > 14 || m > 59)
		return false;
	*offset_s = (h * 60 + m) * (*s == '-' ? -60 : 60);
	return true;
}

bool
conf_parse_bool(const char *s, bool *out)
{
	static const char *const yes[] = {"yes", "on", "true", "1"}, *const no[] = {"no", "off",
										    "false", "0"};

	for (int i = 0; i < 4; i++) {
		if (strcasecmp(s, yes[i]) == 0 || strcasecmp(s, no[i]) == 0) {
			*out = strcasecmp(s, yes[i]) == 0;
			return true;
		}
	}
	return false;
}
