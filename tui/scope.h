/* scope.h - which runs a viewer shows: those under DIR arguments, under --root, or under a root
 * that is known. */
#ifndef TUI_SCOPE_H
#define TUI_SCOPE_H

#include "tui/app.h"

struct scope {
	char **shown; /* only runs under these; none: all */
	int nshown;
	char **add; /* to be registered with the ingester: shown[I] is what it answers for add[I] */
	int nadd;
	char *note; /* NULL, or a sentence for the person */
};

/* Looks into the store (opened for that alone, and closed), never at a directory. */
void scope_choose(const struct app_opts *o, struct scope *out);
void scope_release(struct scope *s);
/* Is PATH the directory ROOT or below it? */
bool scope_below(const char *root, const char *path);

#endif
