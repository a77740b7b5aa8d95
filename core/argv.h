/* argv.h - a command as mm.conf writes it, as the words of an argument vector: no shell reads
 * it. */
#ifndef CORE_ARGV_H
#define CORE_ARGV_H

#include "core/err.h"

#include <stddef.h>

/* Words are separated by blanks; within "…" and '…' blanks count, and a backslash (not within '…')
 * takes the next character literally. The first is an absolute path or a name to be looked for in
 * PATH. The vector ends with NULL; freed by argv_free(). */
int argv_parse(const char *text, char ***out, struct err *e);
void argv_free(char **argv);

#endif
