/* filter.c - substrings, as vi's smartcase has it. */
#include "tui/filter.h"

#include <string.h>

bool
filter_match(const char *text, const char *name, int *at, int *len)
{
	if (!text || !*text)
		return true;
	bool exact = false;
	for (const char *p = text; *p; p++)
		exact |= *p >= 'A' && *p <= 'Z';
	const char *found = exact ? strstr(name, text) : strcasestr(name, text);
	if (found && at)
		*at = (int)(found - name);
	if (found && len)
		*len = (int)strlen(text);
	return found;
}
