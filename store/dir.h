/* dir.h - the directory a store lives in. */
#ifndef STORE_DIR_H
#define STORE_DIR_H

#include "core/err.h"

#include <stdbool.h>
#include <sys/types.h>

/* Makes DIR (0700) and what is missing above it. A directory that is there is left as it is. */
int dir_make(const char *dir, struct err *e);
/* Mode of new files in DIR: its group's if the group has the directory, else the owner's alone. */
mode_t dir_file_mode(const char *dir);
/* The name of the file system at DIR, or at what will hold it, if memory-mapped files cannot be
 * trusted there; else NULL. */
const char *dir_refused(const char *dir);
/* DIR is a directory (no link), mine, and nobody else may enter. Missing: made so. */
int dir_private(const char *dir, struct err *e);

/* Leaves or asks for a mark that the store was found damaged while it was open: its next writer
 * begins anew. */
void dir_mark_damaged(const char *dir);
bool dir_damaged(const char *dir);
void dir_mended(const char *dir);
/* Likewise that the last writer came to no good end: LMDB is asked nothing of the file before its
 * pages have been looked at, or one that crashes it would do so for ever. */
void dir_doubt(const char *dir);
bool dir_doubted(const char *dir);
void dir_trust(const char *dir);

#endif
