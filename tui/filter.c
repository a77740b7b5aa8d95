/* filter.c - substrings, as vi's smartcase has it. */
#include "tui/filter.h"

#include "core/utf8.h"
#include "core/xalloc.h"

#include <stdlib.h>
#include <string.h>

static unsigned char
lower(char c)
{
	return (unsigned char)(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
}

/* TEXT is in lower case, and not empty. (strcasestr(3) asks the locale for each byte.) */
static const char *
find_any_case(const char *name, const char *text)
{
	unsigned char first = (unsigned char)*text;
	for (; *name; name++) {
		if (lower(*name) != first)
			continue;
		size_t i = 1;
		while (text[i] && lower(name[i]) == (unsigned char)text[i])
			i++;
		if (!text[i])
			return name;
	}
	return NULL;
}

bool
filter_match(const char *text, const char *name, int *at, int *len)
{
	if (!text || !*text)
		return true;
	bool exact = false;
	for (const char *p = text; *p; p++)
		exact |= *p >= 'A' && *p <= 'Z';
	const char *found = exact ? strstr(name, text) : find_any_case(name, text);
	if (found && at)
		*at = (int)(found - name);
	if (found && len)
		*len = (int)strlen(text);
	return found;
}

int
filter_text(struct grid *g, int x, int y, int w, const char *z, const char *text, int style)
{
	int at = 0, len = 0, used = grid_text(g, x, y, w, z, style);
	if (!text || !filter_match(text, z, &at, &len) || !len)
		return used;
	char *before = xstrndup(z, (size_t)at), *match = xstrndup(z + at, (size_t)len);
	int skip = utf8_columns(before);
	if (skip < w)
		grid_text(g, x + skip, y, w - skip, match, STYLE_MATCH);
	free(before);
	free(match);
	return used;
}
