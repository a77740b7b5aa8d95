/* listing.h - what is in a directory, sorted by name, by kind; without what is ignored. */
#ifndef CORE_LISTING_H
#define CORE_LISTING_H

#include "core/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

struct listing_entry {
	char *name;
	uint64_t ino;
};

struct listing_kind {
	struct listing_entry *at;
	size_t n, cap;
};

struct listing {
	struct stat st; /* of the directory */
	struct listing_kind files, dirs, links;
	size_t media;     /* pictures and the like, which are only counted */
	bool all_ignored; /* says its .mmignore */
};

/* Reads directory PATH. Special files are left out. Negative: -errno. */
int listing_read(struct listing *li, const char *path);
void listing_release(struct listing *li);

/* Picks at most MAX files of a crowd so that each kind of name (by its extension) is among them,
 * and puts their indices into OUT; returns how many. One results.csv among a million images has to
 * be found. */
size_t listing_sample(const struct listing *li, size_t *out, size_t max);
/* What kind of file NAME says it is: what follows its last dot; "" when there is none or it is a
 * number. */
const char *listing_extension(const char *name);

#endif
