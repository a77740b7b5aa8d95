/* zip.h - what is in a zip file (PKWARE APPNOTE 6.3.10), with 64-bit sizes; stored and deflated.
 *
 * Checksums, encryption flags and names in local headers are not looked at: the loaders of models
 * don't either, and who is stricter than they sees less than they load. */
#ifndef CORE_ZIP_H
#define CORE_ZIP_H

#include "core/arena.h"
#include "core/blob.h"
#include "core/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ZIP_STORED = 0, ZIP_DEFLATED = 8 };

struct zip_entry {
	const char *name;
	uint64_t header;       /* where its local header is */
	uint64_t packed, size; /* bytes in the file, and after inflating */
	uint16_t method, flags;
};

struct zip {
	struct zip_entry *entry; /* in the arena */
	size_t n;
	bool cut;       /* without its directory: found by their local headers, as far as they go */
	uint64_t lead;  /* bytes in front of the first record */
	uint64_t tail;  /* bytes behind the directory's end */
	bool twofold;   /* one directory where the end record says, another right before it: loaders
	                  differ in which they take, this takes the former */
	uint64_t wrong; /* entries of which the directory is no directory */
};

/* ERR_FORMAT: no zip. Nothing of B is kept. */
int zip_read(struct zip *z, const struct blob *b, struct arena *a, struct err *e);
/* Where the content of an entry begins; false: beyond the end. */
bool zip_place(const struct blob *b, const struct zip_entry *x, uint64_t *at);
/* The first entry of that name; NULL. */
const struct zip_entry *zip_find(const struct zip *z, const char *name);

/* The content of an entry in memory, to be freed; at most LIMIT bytes, and no more of them than its
 * size says. *WHOLE: not cut, not damaged. NULL: none at all, or another method. */
unsigned char *zip_content(const struct blob *b, const struct zip_entry *x, size_t limit, size_t *n,
			   bool *whole);

/* What N deflated bytes at AT become, piece by piece. */
struct inflater;
struct inflater *inflater_new(const struct blob *b, uint64_t at, uint64_t n);
/* The same of a stream with zlib's or gzip's header. */
struct inflater *inflater_new_framed(const struct blob *b, uint64_t at, uint64_t n);
void inflater_free(struct inflater *f);
/* Up to N bytes; less: the end, or damage. */
size_t inflater_read(struct inflater *f, void *to, size_t n);

#endif
