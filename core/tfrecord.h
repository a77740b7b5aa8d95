/* tfrecord.h - the frame around each record of an event file, read from pieces of the file.
 *
 *     u64 length | u32 checksum of the length | data | u32 checksum of the data
 *
 * All little-endian; the checksums are CRC-32C, "masked": rotated right by 15 bits, plus a
 * constant (TensorFlow, tensorflow/core/lib/io/record_writer.h). There is no magic number and no
 * end. */
#ifndef CORE_TFRECORD_H
#define CORE_TFRECORD_H

#include "core/hole.h"
#include "core/pack.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TFRECORD_FRAME 12             /* bytes before the data; 4 come behind them */
#define TFRECORD_LONG (64u << 10)     /* records longer than this are judged by so much of them */
#define TFRECORD_MAX (INT32_MAX - 16) /* no message is longer than 2 GiB: no length says more */

enum tfrecord_is {
	TFRECORD_MORE, /* what is there is no whole record, or is held back (hole.h) */
	TFRECORD_DATA, /* one, both checksums good */
	/* The beginning of a long one: tfrecord_pass() it, or tfrecord_hold(). */
	TFRECORD_HEAD,
	TFRECORD_BAD,   /* one whose data have another checksum: the next one is looked for */
	TFRECORD_LOST,  /* none begins here: the next one is looked for from the next byte on */
	TFRECORD_ZEROS, /* the same, and there are zeros */
};

/* State between calls, and all of it. All zero: at the beginning of a record. */
struct tfrecord {
	bool lost;      /* looking for a record */
	bool passing;   /* over the rest of a record, of which */
	uint64_t begin; /* is where it begins, */
	uint64_t left;  /* its data that are still to come, */
	uint32_t crc;   /* and the checksum of those that came; */
	bool holed;     /* they had what may be a hole in them: it says nothing */
};

struct tfrecord_view {
	uint64_t offset; /* of the record in the file */
	const char *p;   /* its data, */
	size_t n;        /* their length */
	size_t have;     /* N; with TFRECORD_HEAD, TFRECORD_LONG */
};

/* The next record in BUF, looked for from *AT, which then is behind what was taken. OFFSET: of BUF
 * in the file. The view dies with BUF. */
enum tfrecord_is tfrecord_next(struct tfrecord *r, struct hole *h, const char *buf, size_t len,
			       uint64_t offset, size_t *at, struct tfrecord_view *v);
/* After TFRECORD_HEAD: the record is passed over, and BAD or nothing comes of it. */
void tfrecord_pass(struct tfrecord *r, const struct tfrecord_view *v, size_t *at);
/* After TFRECORD_HEAD: DATA or BAD; MORE when it is not all there: then HEAD comes again. */
enum tfrecord_is tfrecord_hold(struct tfrecord *r, struct hole *h, const char *buf, size_t len,
			       size_t *at, struct tfrecord_view *v);

/* Does a record begin at P, of whose bytes there are N? False too when there are too few to
 * tell. */
bool tfrecord_begins(const void *p, size_t n, uint64_t *length);
uint32_t tfrecord_masked(uint32_t crc);

void tfrecord_save(const struct tfrecord *r, struct str *out);
void tfrecord_load(struct tfrecord *r, struct unpack *u);

#endif
