/* blob.h - bytes at an address: a file, a piece of one, or memory. And a walk over them.
 *
 * Read with pread: a file that shrinks under the reader (NFS, a trainer) gives a short read, where
 * a mapping would be the end of the process. */
#ifndef CORE_BLOB_H
#define CORE_BLOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct blob {
	int fd; /* when MEM is NULL; borrowed */
	const unsigned char *mem;
	uint64_t base; /* of the piece in the file */
	uint64_t size;
};

/* All N bytes from AT on; false: they are not all there, or cannot be read. */
bool blob_read(const struct blob *b, uint64_t at, void *to, size_t n);
/* The piece [at, at + n) of B, cut to what there is. */
struct blob blob_piece(const struct blob *b, uint64_t at, uint64_t n);

enum { SCAN_WINDOW = 1 << 16 };

/* Forward through a blob, a window at a time. */
struct scan {
	struct blob b;
	uint64_t at; /* the next byte */
	uint64_t from;
	size_t have; /* the window holds [from, from + have) */
	bool cut;    /* something was wanted beyond the end: for good */
	unsigned char window[SCAN_WINDOW];
};

void scan_init(struct scan *s, const struct blob *b, uint64_t at);
/* The next N (at most SCAN_WINDOW) bytes, passed over; NULL: cut. Until the next call. */
const unsigned char *scan_take(struct scan *s, size_t n);
/* The same without passing over them, and without being cut for good. */
const unsigned char *scan_peek(struct scan *s, size_t n);
/* Up to the next newline, which is passed over and not counted in N; NULL: none within a window. */
const unsigned char *scan_line(struct scan *s, size_t *n);
bool scan_skip(struct scan *s, uint64_t n);
uint64_t scan_left(const struct scan *s);

/* Little-endian numbers; 0 when cut. */
uint8_t scan_u8(struct scan *s);
uint16_t scan_u16(struct scan *s);
uint32_t scan_u32(struct scan *s);
uint64_t scan_u64(struct scan *s);

#endif
