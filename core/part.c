/* Pieces of paths, looked at where they stand. */
#include "core/part.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

bool
part_is(struct part s, const char *word)
{
	return strlen(word) == s.n && strncasecmp(s.p, word, s.n) == 0;
}

bool
part_in(struct part s, const char *const *words)
{
	for (; *words; words++)
		if (part_is(s, *words))
			return true;
	return false;
}

bool
part_begins(struct part s, const char *with)
{
	size_t n = strlen(with);

	return s.n >= n && strncasecmp(s.p, with, n) == 0;
}

bool
part_ends(struct part s, const char *with)
{
	size_t n = strlen(with);

	return s.n >= n && strncasecmp(s.p + s.n - n, with, n) == 0;
}

bool
part_shaped(struct part s, const char *shape)
{
	size_t i = 0;

	for (; shape[i]; i++) {
		if (shape[i] == '*')
			return true;
		if (i >= s.n)
			return false;
		unsigned char c = (unsigned char)s.p[i];
		if (shape[i] == '#' ? !isdigit(c) : shape[i] == 'x' ? !isxdigit(c) : c != shape[i])
			return false;
	}
	return i == s.n;
}

struct part
part_dir(struct part s, struct part *last)
{
	size_t n = s.n;

	while (n && s.p[n - 1] != '/')
		n--;
	*last = (struct part){s.p + n, s.n - n};
	while (n > 1 && s.p[n - 1] == '/')
		n--;
	return (struct part){s.p, n};
}

struct part
part_last(struct part s)
{
	struct part last;

	part_dir(s, &last);
	return last;
}
