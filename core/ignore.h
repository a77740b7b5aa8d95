/* ignore.h - what is never looked at: by name, by a person's globs, by a directory's own
 * .mmignore. */
#ifndef CORE_IGNORE_H
#define CORE_IGNORE_H

#include <stdbool.h>

#define IGNORE_FILE ".mmignore"

/* A directory that is never entered: hidden ones (but .hydra), installed packages, caches. */
bool ignore_dir_name(const char *name);
/* A file that is never a log: hidden ones, and what editors, browsers and rsync call the unfinished
 * ones. */
bool ignore_file_name(const char *name);
/* Pictures, sounds, films: what data sets are made of, by the million. They are not even opened. */
bool ignore_media_name(const char *name);

/* A directory's .mmignore: empty (but for blanks and # lines), it is about the whole directory;
 * else each line is a glob of names in it. */
struct ignore {
	bool all;
	char **glob;
	int n;
};

/* Reads DIRFD/.mmignore; what isn't there or can't be read ignores nothing. */
void ignore_load(struct ignore *ig, int dirfd);
void ignore_release(struct ignore *ig);
bool ignore_match(const struct ignore *ig, const char *name);

#endif
