/* scratch.h - a directory of a test's own, and files in it. A file is named by its path within. */
#ifndef TESTS_UNIT_SCRATCH_H
#define TESTS_UNIT_SCRATCH_H

/* A new directory below $TMP, else /tmp; its canonical path. */
char *scratch_new(void);
/* Removes it with all that is in it, unreadable directories too, and frees the path. */
void scratch_free(char *dir);
void scratch_remove(const char *dir); /* all but the path */

/* DIR/NAME, until the next call. */
const char *scratch_at(const char *dir, const char *name);
/* Writes TEXT to a file, which is made with the directories above it; FLAGS are open()'s, such as
 * O_APPEND or O_TRUNC. A name that ends in a slash is a directory. */
void scratch_put(const char *dir, const char *name, int flags, const char *text);
/* What the shell is to do in DIR, without a mistake. */
void scratch_sh(const char *dir, const char *command);

#endif
