/* path.h - directories as a person names them, made canonical without hanging on a dead mount. */
#ifndef TUI_PATH_H
#define TUI_PATH_H

#include "core/err.h"

/* The canonical path of directory DIR (malloc'd), or NULL with words in E (ERR_NOTFOUND: there is
 * none). A process of its own asks the file system; when it has no answer within two seconds (a
 * hung network mount) the path is only made absolute and cleaned of "." and "..". To be called
 * before a store is opened: it forks. */
char *path_canonical_dir(const char *dir, struct err *e);
/* Absolute, without ".", ".." and doubled slashes, by its letters alone (malloc'd). */
char *path_clean(const char *path);
/* PATH is DIR or lies under it; then the rest behind "DIR/" ("" when equal), else NULL. */
const char *path_under(const char *path, const char *dir);

#endif
