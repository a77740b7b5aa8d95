/* A record is given when all of it is there and both checksums hold. What goes wrong stays local:
 * the next record is looked for, byte by byte, and a length whose checksum fits is one by all odds:
 * 33 of its bits must be zero and 32 must match. With a good length and bad data that begins right
 * behind the length, not behind the data: bytes may be missing, of a writer that was killed in the
 * middle of a record before another one went on, and then the next one stands among them.
 *
 * Long records are mostly graphs and images. They are judged by their first bytes, always the same
 * number of them, so that the judgement does not depend on how much has arrived; what nobody wants
 * is passed over piece by piece, with its checksum computed on the way. */
#include "core/tfrecord.h"

#include "core/crc32c.h"
#include "core/protobuf.h"

#include <string.h>

uint32_t
tfrecord_masked(uint32_t crc)
{
	return (crc >> 15 | crc << 17) + 0xA282EAD8u;
}

static bool
checks(const void *p, size_t n, const void *checksum)
{
	return tfrecord_masked(crc32c(0, p, n)) == le32(checksum);
}

bool
tfrecord_begins(const void *p, size_t n, uint64_t *length)
{
	if (n < TFRECORD_FRAME)
		return false;
	*length = le64(p);
	return *length <= TFRECORD_MAX && checks(p, 8, (const char *)p + 8);
}

/* True: a record begins at *AT. What can't be the beginning of one is taken, but nothing that
 * reaches into what may be a hole: one may begin there. */
static bool
look_for(struct hole *h, const char *buf, size_t len, uint64_t offset, size_t *at)
{
	uint64_t length;
	size_t hole = hole_find(h, buf, len, offset, *at, len);
	for (; len - *at >= TFRECORD_FRAME; ++*at) {
		const char *p = buf + *at;
		bool may = !(p[7] || p[6] || p[5] || p[4]); /* else none, or one of 4 GiB */
		if (may && tfrecord_begins(p, TFRECORD_FRAME, &length))
			return true;
		if (hole - *at < TFRECORD_FRAME && hole < len) {
			hole_holds(h, buf, len, offset, hole, len);
			return false;
		}
	}
	return false;
}

/* On through a record that is passed over. MORE, BAD, or DATA: its end was reached. */
static enum tfrecord_is
pass_on(struct tfrecord *r, struct hole *h, const char *buf, size_t len, uint64_t offset,
	size_t *at, struct tfrecord_view *v)
{
	size_t n = len - *at < r->left ? len - *at : (size_t)r->left;
	r->holed |= hole_find(h, buf, len, offset, *at, *at + n) < *at + n;
	r->crc = crc32c(r->crc, buf + *at, n);
	r->left -= n;
	*at += n;
	if (r->left || len - *at < 4)
		return TFRECORD_MORE;
	bool good = tfrecord_masked(r->crc) == le32(buf + *at);
	if (!good && !r->holed && hole_holds(h, buf, len, offset, *at, *at + 4))
		return TFRECORD_MORE;
	good |= r->holed;
	*v = (struct tfrecord_view){.offset = r->begin};
	*at += 4;
	*r = (struct tfrecord){0};
	return good ? TFRECORD_DATA : TFRECORD_BAD;
}

/* The record that begins at *AT, of which V knows the length. */
static enum tfrecord_is
take(struct tfrecord *r, struct hole *h, const char *buf, size_t len, size_t *at,
     struct tfrecord_view *v)
{
	size_t end = *at + TFRECORD_FRAME + v->n + 4;
	if (len < end)
		return TFRECORD_MORE;
	bool good = checks(v->p, v->n, buf + end - 4);
	if (!good && hole_holds(h, buf, len, v->offset - *at, *at, end))
		return TFRECORD_MORE;
	r->lost = !good;
	*at = good ? end : *at + TFRECORD_FRAME;
	v->have = v->n;
	return good ? TFRECORD_DATA : TFRECORD_BAD;
}

/* There is none at *AT. */
static enum tfrecord_is
lose(struct tfrecord *r, struct hole *h, const char *buf, size_t len, uint64_t offset, size_t *at)
{
	static const char zeros[TFRECORD_FRAME];
	bool zero = !memcmp(buf + *at, zeros, sizeof zeros);
	if (zero ? hole_holds_zeros(h, offset + *at)
		 : hole_holds(h, buf, len, offset, *at, *at + TFRECORD_FRAME))
		return TFRECORD_MORE;
	*r = (struct tfrecord){.lost = true};
	++*at;
	return zero ? TFRECORD_ZEROS : TFRECORD_LOST;
}

enum tfrecord_is
tfrecord_next(struct tfrecord *r, struct hole *h, const char *buf, size_t len, uint64_t offset,
	      size_t *at, struct tfrecord_view *v)
{
	uint64_t length;
	while (r->passing) {
		enum tfrecord_is is = pass_on(r, h, buf, len, offset, at, v);
		if (is != TFRECORD_DATA)
			return is;
	}
	if (r->lost && !look_for(h, buf, len, offset, at))
		return TFRECORD_MORE;
	r->lost = false;
	if (len - *at < TFRECORD_FRAME)
		return TFRECORD_MORE;
	v->offset = offset + *at;
	if (!tfrecord_begins(buf + *at, TFRECORD_FRAME, &length))
		return lose(r, h, buf, len, offset, at);
	v->p = buf + *at + TFRECORD_FRAME;
	v->n = (size_t)length;
	if (length <= TFRECORD_LONG)
		return take(r, h, buf, len, at, v);
	v->have = TFRECORD_LONG;
	return len - *at - TFRECORD_FRAME < TFRECORD_LONG ? TFRECORD_MORE : TFRECORD_HEAD;
}

void
tfrecord_pass(struct tfrecord *r, const struct tfrecord_view *v, size_t *at)
{
	*r = (struct tfrecord){.passing = true, .begin = v->offset, .left = v->n};
	*at += TFRECORD_FRAME;
}

enum tfrecord_is
tfrecord_hold(struct tfrecord *r, struct hole *h, const char *buf, size_t len, size_t *at,
	      struct tfrecord_view *v)
{
	return take(r, h, buf, len, at, v);
}

void
tfrecord_save(const struct tfrecord *r, struct str *out)
{
	pack_u64(out, r->lost);
	pack_u64(out, r->passing + r->holed);
	if (!r->passing)
		return;
	pack_u64(out, r->begin);
	pack_u64(out, r->left);
	pack_u64(out, r->crc);
}

void
tfrecord_load(struct tfrecord *r, struct unpack *u)
{
	*r = (struct tfrecord){0};
	r->lost = unpack_upto(u, 1);
	uint64_t passing = unpack_upto(u, r->lost ? 0 : 2);
	r->passing = passing > 0;
	r->holed = passing > 1;
	if (!r->passing)
		return;
	r->begin = unpack_u64(u);
	r->left = unpack_upto(u, TFRECORD_MAX);
	r->crc = (uint32_t)unpack_upto(u, UINT32_MAX);
}
