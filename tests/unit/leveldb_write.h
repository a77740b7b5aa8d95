/* leveldb_write.h - writes records in blocks as W&B does, for the tests of what reads them. */
#ifndef TESTS_UNIT_LEVELDB_WRITE_H
#define TESTS_UNIT_LEVELDB_WRITE_H

#include "core/str.h"

#include <stddef.h>

/* W&B's seven bytes at the beginning of a file. */
void leveldb_write_header(struct str *file);
/* FILE is all of the file so far. */
void leveldb_write(struct str *file, const void *p, size_t n);
/* One chunk as it is told, without a look at the block. */
void leveldb_write_chunk(struct str *file, unsigned type, const void *p, size_t n);

#endif
