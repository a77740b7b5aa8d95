/* Since * crosses everything, the nearest * before a mismatch is the only place to go back to: no
 * recursion, no exponential patterns, whoever wrote them. */
#include "core/glob.h"

#include "core/utf8.h"

#include <stddef.h>
#include <string.h>

/* One class at P (behind its '[') against CP: returns the byte behind ']', NULL when there is
 * none. */
static const char *
class_match(const char *p, const char *end, uint32_t cp, bool *hit)
{
	bool not = p < end && (*p == '!' || *p == '^'), in = false;

	if (not )
		p++;
	for (bool first = true; p < end; first = false) {
		uint32_t lo, hi;

		if (*p == ']' && !first) {
			*hit = in != not ;
			return p + 1;
		}
		if (*p == '\\' && p + 1 < end)
			p++;
		p = utf8_next(p, end, &lo);
		hi = lo;
		if (p + 1 < end && p[0] == '-' && p[1] != ']') {
			p++;
			if (*p == '\\' && p + 1 < end)
				p++;
			p = utf8_next(p, end, &hi);
		}
		in |= lo <= cp && cp <= hi;
	}
	return NULL;
}

/* One element of the pattern (not *) against one character: where both go on, or false. */
static bool
one_match(const char **pattern, const char *pend, const char **name, const char *nend)
{
	const char *p = *pattern, *n = *name;
	uint32_t cp;

	if (p == pend || n == nend)
		return false;
	if (*p == '?') {
		*name = utf8_next(n, nend, &cp);
		*pattern = p + 1;
		return true;
	}
	if (*p == '[') {
		bool hit;
		const char *after_n = utf8_next(n, nend, &cp);
		const char *after = class_match(p + 1, pend, cp, &hit);
		if (after) {
			*name = after_n;
			*pattern = after;
			return hit;
		}
	}
	if (*p == '\\' && p + 1 < pend)
		p++;
	if (*p != *n)
		return false;
	*pattern = p + 1;
	*name = n + 1;
	return true;
}

static bool
range_match(const char *p, const char *pend, const char *n, const char *nend)
{
	const char *star = NULL, *from = NULL;

	for (;;) {
		if (p < pend && *p == '*') {
			star = ++p;
			from = n;
			continue;
		}
		if (p == pend && n == nend)
			return true;
		if (one_match(&p, pend, &n, nend))
			continue;
		if (!star || from == nend)
			return false;
		uint32_t whole; /* a * eats characters, not bytes, or ? would meet half of one */
		from = utf8_next(from, nend, &whole);
		p = star;
		n = from;
	}
}

static bool
path_match(const char *p, const char *pend, const char *path, const char *end)
{
	if (range_match(p, pend, path, end))
		return true;
	if (p < pend && *p == '/')
		return false;
	for (const char *n = path; n < end; n++)
		if (*n == '/' && range_match(p, pend, n + 1, end))
			return true;
	return false;
}

bool
glob_match(const char *pattern, const char *name)
{
	return range_match(pattern, pattern + strlen(pattern), name, name + strlen(name));
}

bool
glob_path_match(const char *pattern, const char *path)
{
	return path_match(pattern, pattern + strlen(pattern), path, path + strlen(path));
}

bool
glob_is(const char *pattern)
{
	for (const char *p = pattern; *p; p++) {
		if (*p == '*' || *p == '?' || *p == '[')
			return true;
		if (*p == '\\' && p[1])
			p++;
	}
	return false;
}

static bool
list_match(const char *list, const char *name, bool path)
{
	const char *p = list, *nend = name + strlen(name);
	bool any = false;

	while (p && *p) {
		if (*p == ' ' || *p == '\t') {
			p++;
			continue;
		}
		any = true;
		bool not = *p == '!';
		const char *begin = p + not ;
		for (p = begin; *p && *p != ' ' && *p != '\t'; p++)
			if (*p == '\\' && p[1])
				p++;
		if (path ? path_match(begin, p, name, nend) : range_match(begin, p, name, nend))
			return !not ;
	}
	return !any;
}

bool
glob_list_match(const char *list, const char *name)
{
	return list_match(list, name, false);
}

bool
glob_path_list_match(const char *list, const char *path)
{
	return list_match(list, path, true);
}
