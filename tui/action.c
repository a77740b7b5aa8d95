/* The table of action.h, looked up by name. */
#include "tui/action.h"

#include <string.h>

const struct action_row action_table[ACTION_N] = {[ACTION_NONE] = {"", "", "", ""},
#define X(id, name, keys, arg, help) [ACTION_##id] = {name, keys, arg, help},
						  ACTION_LIST(X)
#undef X
};

enum action
action_in_log(enum action a)
{
	switch (a) {
	case ACTION_NEXT_CHART:
		return ACTION_NEXT_MATCH;
	case ACTION_PREV_CHART:
		return ACTION_PREV_MATCH;
	case ACTION_SMOOTH:
		return ACTION_NEXT_ERROR;
	case ACTION_METRIC:
		return ACTION_MERGE;
	default:
		return a;
	}
}

enum action
action_exactly(const char *name)
{
	for (int a = ACTION_NONE + 1; a < ACTION_N; a++)
		if (strcmp(action_table[a].name, name) == 0)
			return (enum action)a;
	return ACTION_NONE;
}

enum action
action_by_name(const char *name, bool *ambiguous)
{
	enum action found = ACTION_NONE;
	size_t n = strlen(name);
	if (ambiguous)
		*ambiguous = false;
	if (n == 0)
		return ACTION_NONE;
	for (int a = ACTION_NONE + 1; a < ACTION_N; a++) {
		const char *its = action_table[a].name;
		if (strncmp(its, name, n) != 0)
			continue;
		if (its[n] == '\0') {
			if (ambiguous)
				*ambiguous = false;
			return (enum action)a;
		}
		if (found != ACTION_NONE && ambiguous)
			*ambiguous = true;
		found = found == ACTION_NONE ? (enum action)a : ACTION_N;
	}
	return found == ACTION_N ? ACTION_NONE : found;
}
