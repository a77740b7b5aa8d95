/* name.h - names whose parts slashes separate: paths, runs, series. */
#ifndef CORE_NAME_H
#define CORE_NAME_H

/* What stands behind the last slash: "c" of "a/b/c". NAME itself where nothing does ("a", "a/"),
 * so it is empty for an empty name only. */
const char *name_last(const char *name);

#endif
