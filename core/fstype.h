/* fstype.h - on which file systems the kernel sees every change. */
#ifndef CORE_FSTYPE_H
#define CORE_FSTYPE_H

#include <stdbool.h>

/* PATH lies where inotify announces every write. False for network and user-space file systems,
 * whose files change on other machines, and for every type that isn't known. */
bool fstype_announces(const char *path);

#endif
