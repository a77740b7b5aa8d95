/* The table of action.h, looked up by key and by name. Which key does what is worked out once, from
 * the words in the table, so that help and manual cannot tell another story than the keyboard. */
#include "tui/action.h"

#include "tui/term.h"

#include <stdio.h>
#include <string.h>

const struct action_row action_table[ACTION_N] = {[ACTION_NONE] = {"", "", "", ""},
#define X(id, name, keys, arg, help) [ACTION_##id] = {name, keys, arg, help},
						  ACTION_LIST(X)
#undef X
};

#define BINDINGS_MAX 160

static struct binding {
	int key;
	enum action action;
} bindings[BINDINGS_MAX];
static int nbindings;

static void
bindings_fill(void)
{
	for (int a = ACTION_NONE + 1; a < ACTION_N; a++) {
		const char *p = action_table[a].keys;
		while (*(p += strspn(p, " "))) {
			char word[16];
			size_t n = strcspn(p, " ");
			snprintf(word, sizeof word, "%.*s", (int)n, p);
			int key = key_parse(word);
			if (key >= 0 && nbindings < BINDINGS_MAX)
				bindings[nbindings++] = (struct binding){key, (enum action)a};
			p += n;
		}
	}
}

enum action
action_of_key(int key)
{
	if (!nbindings)
		bindings_fill();
	for (int i = 0; i < nbindings; i++)
		if (bindings[i].key == key)
			return bindings[i].action;
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
		if (its[n] == '\0')
			return (enum action)a;
		if (found != ACTION_NONE && ambiguous)
			*ambiguous = true;
		found = found == ACTION_NONE ? (enum action)a : ACTION_N;
	}
	return found == ACTION_N ? ACTION_NONE : found;
}
