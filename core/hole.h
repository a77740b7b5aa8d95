/* hole.h - zeros that a network file system has yet to fill.
 *
 * A file grows as soon as one of its new pages is there, whichever that is; the others read as
 * zeros until they follow. So zeros up to the end of a page, or up to the end of what is there, may
 * be a hole, and what is read of it now is not what the file will say.
 *
 * In a text every NUL is one, and the caller hands in nothing from there on. In a binary format
 * zeros are data, and a reader that waited at each page that ends in some would never be up to
 * date; but there the records have checksums. So what is good is taken, whatever zeros are in it.
 * What is damaged, and might be so because of a hole, is held back: the reader takes nothing of it,
 * and says where the hole begins. Then either the bytes change, and it is read again, or they don't
 * (tail_settle()): they are there to stay, SETTLED is moved past them, and what is damaged is
 * remarked and passed over as ever. */
#ifndef CORE_HOLE_H
#define CORE_HOLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What is written over a network are pages; where they are larger they are multiples of this. */
#ifdef MM_SMALL
#define HOLE_PAGE 64
#else
#define HOLE_PAGE 4096
#endif

struct hole {
	uint64_t settled; /* bytes of the file before this are there to stay: told to the reader */
	bool holds;       /* something is held back: told by the reader, for a hole which begins */
	uint64_t at;      /* at this byte of the file */
	bool lost;        /* no record is under way: zeros that follow are passed over */
};

/* The first byte in BUF[FROM, TO) that may belong to a hole and isn't settled; TO: there is none.
 * BUF is LEN bytes of the file, from OFFSET on. One byte in a page is looked at. */
size_t hole_find(const struct hole *h, const char *buf, size_t len, uint64_t offset, size_t from,
		 size_t to);
/* What stands in BUF[FROM, TO) is damaged. True: perhaps by a hole, so it is held back. */
bool hole_holds(struct hole *h, const char *buf, size_t len, uint64_t offset, size_t from,
		size_t to);
/* The same where zeros can be nothing else, wherever they end: AT is their first byte in the
 * file. */
bool hole_holds_zeros(struct hole *h, uint64_t at);

#endif
