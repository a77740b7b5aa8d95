/* glob.h - shell patterns over names: * crosses '/', ? is one character, […] a class, \ takes the
 * next literally. */
#ifndef CORE_GLOB_H
#define CORE_GLOB_H

#include <stdbool.h>

/* Classes: [abc], [a-z], [!a-z]; a '[' without its ']' is itself. Cost: at most |pattern| ×
 * |name|. */
bool glob_match(const char *pattern, const char *name);
/* As glob_match, for absolute paths: a pattern that does not begin with '/' may begin at any
 * component, so that "sweep/lr=*" names /home/me/runs/sweep/lr=3e-4. */
bool glob_path_match(const char *pattern, const char *path);
/* Has any of * ? [ unescaped. */
bool glob_is(const char *pattern);
/* A blank-separated list (a blank in a pattern: "\ "); "!pattern" excludes; the first that matches
 * decides; none: false. Empty list or NULL: true. */
bool glob_list_match(const char *list, const char *name);
bool glob_path_list_match(const char *list, const char *path);

#endif
