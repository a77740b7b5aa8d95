/* glob.h - shell patterns over names: * crosses '/', ? is one character, […] a class, \ takes the next literally. */
#ifndef CORE_GLOB_H
#define CORE_GLOB_H

#include <stdbool.h>

bool glob_match(const char *pattern, const char *name);
/* Has any of * ? [ unescaped. */
bool glob_is(const char *pattern);
/* A blank-separated list; "!pattern" excludes; the first that matches decides; none: false. Empty list or NULL: true. */
bool glob_list_match(const char *list, const char *name);

#endif
