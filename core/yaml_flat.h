/* yaml_flat.h - the scalars of a YAML document, each under the path of its keys: {a: {b: [1]}} is
 * a/b/0. The home of libyaml. */
#ifndef CORE_YAML_FLAT_H
#define CORE_YAML_FLAT_H

#include <stddef.h>

enum {
	YAML_FLAT_DEPTH = 32,    /* deeper ones are left out */
	YAML_FLAT_LEAVES = 4096, /* what comes behind so many is left out */
};

/* Calls FN for each scalar of the first document at P that is not null, in order; a later one of
 * the same key is given again. Aliases are not followed (so a document cannot be larger than its
 * text), and what has a tag of another kind than YAML's own is left out with all below it, for
 * nothing is ever constructed. 0; or the line (from 1) where it is no YAML, or is nested without
 * end, after FN was called for what comes before. */
size_t yaml_flat(const char *p, size_t n, void (*fn)(void *ctx, const char *key, const char *value),
		 void *ctx);

#endif
