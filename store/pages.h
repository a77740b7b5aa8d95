/* pages.h - the pages of the data file, looked at without LMDB.
 *
 * LMDB trusts its pages: a damaged one may crash it, or send a search astray so that what is there
 * is not found. So check walks the trees itself first: every header, every offset, every key
 * against its neighbours and its parent's, every page in use once, what is counted against what the
 * meta page says. (The layout is that of LMDB 0.9: MDB_page, MDB_node, MDB_meta in its mdb.c.) */
#ifndef STORE_PAGES_H
#define STORE_PAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Walks the trees of transaction TXN (0: the newest) in the file FD, which must not be reused
 * meanwhile: a read transaction of it is open, or no writer is. FN (may be NULL) gets what is
 * wrong. Returns how many things are; -1: the file has no such transaction (any more). */
int pages_check(int fd, size_t page, uint64_t txn, void (*fn)(void *ctx, const char *wrong),
		void *ctx);
/* Can the meta pages be trusted, as far as they can tell by themselves? */
bool pages_sound(int fd);
/* Do all pages in use lie within the file? It may be shorter than LMDB says and still be whole:
 * pages at its end that were given up in the transaction that took them are never written. */
bool pages_complete(int fd, size_t page);

/* Of a damaged file, which LMDB must not be asked: hands FN the records that the newest tree whose
 * root can be read still leads to, mostly in order of key. Nothing is known of them but that they
 * look like records; their checksums are for FN to judge. Stops when FN returns non-zero, and
 * returns that; -1: there is no such tree. */
typedef int pages_fn(void *ctx, const void *key, size_t nkey, const void *value, size_t n);
int pages_records(int fd, pages_fn *fn, void *ctx);

#endif
