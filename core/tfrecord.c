/* A record is given when all of it is there and both checksums hold. What goes wrong stays local:
 * with a good length the next record is known, whatever became of the data; with a bad one it has
 * to be looked for, byte by byte, and a length whose checksum fits is one by all odds: 33 of its
 * bits must be zero and 32 must match.
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

void
tfrecord_lose(struct tfrecord *r)
{
	*r = (struct tfrecord){.lost = true};
}

/* True: a record begins at *AT. What can't be the beginning of one is taken. Zeros with nothing
 * behind them stay: they may be a hole in which one begins. */
static bool
look_for(const char *buf, size_t len, size_t *at)
{
	uint64_t length;
	while (len > *at && buf[len - 1] == 0)
		len--;
	for (; len > *at && len - *at >= TFRECORD_FRAME; ++*at) {
		const char *p = buf + *at;
		if (p[7] || p[6] || p[5] || p[4])
			continue; /* no length, or of more than 2 GiB */
		if (tfrecord_begins(p, TFRECORD_FRAME, &length))
			return true;
	}
	return false;
}

/* On through a record that is passed over. MORE, BAD, or DATA: its end was reached. */
static enum tfrecord_is
pass_on(struct tfrecord *r, const char *buf, size_t len, size_t *at, struct tfrecord_view *v)
{
	size_t n = len - *at < r->left ? len - *at : (size_t)r->left;
	r->crc = crc32c(r->crc, buf + *at, n);
	r->left -= n;
	*at += n;
	if (r->left || len - *at < 4)
		return TFRECORD_MORE;
	bool good = tfrecord_masked(r->crc) == le32(buf + *at);
	*v = (struct tfrecord_view){.offset = r->begin};
	*at += 4;
	*r = (struct tfrecord){0};
	return good ? TFRECORD_DATA : TFRECORD_BAD;
}

/* The record that begins at *AT, of which V knows the length. */
static enum tfrecord_is
take(const char *buf, size_t len, size_t *at, struct tfrecord_view *v)
{
	if (len - *at < TFRECORD_FRAME + 4 + v->n)
		return TFRECORD_MORE;
	*at += TFRECORD_FRAME + 4 + v->n;
	v->have = v->n;
	return checks(v->p, v->n, buf + *at - 4) ? TFRECORD_DATA : TFRECORD_BAD;
}

static bool
is_zero(const char *p)
{
	static const char zeros[TFRECORD_FRAME];
	return !memcmp(p, zeros, sizeof zeros);
}

enum tfrecord_is
tfrecord_next(struct tfrecord *r, const char *buf, size_t len, uint64_t offset, size_t *at,
	      struct tfrecord_view *v)
{
	uint64_t length;
	while (r->passing) {
		enum tfrecord_is is = pass_on(r, buf, len, at, v);
		if (is != TFRECORD_DATA)
			return is;
	}
	if (r->lost && !look_for(buf, len, at))
		return TFRECORD_MORE;
	r->lost = false;
	if (len - *at < TFRECORD_FRAME)
		return TFRECORD_MORE;
	v->offset = offset + *at;
	if (!tfrecord_begins(buf + *at, TFRECORD_FRAME, &length)) {
		if (is_zero(buf + *at))
			return TFRECORD_HOLE;
		tfrecord_lose(r);
		++*at;
		return TFRECORD_LOST;
	}
	v->p = buf + *at + TFRECORD_FRAME;
	v->n = (size_t)length;
	if (length <= TFRECORD_LONG)
		return take(buf, len, at, v);
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
tfrecord_hold(const char *buf, size_t len, size_t *at, struct tfrecord_view *v)
{
	return take(buf, len, at, v);
}

void
tfrecord_save(const struct tfrecord *r, struct str *out)
{
	pack_u64(out, r->lost);
	pack_u64(out, r->passing);
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
	r->passing = unpack_upto(u, !r->lost);
	if (!r->passing)
		return;
	r->begin = unpack_u64(u);
	r->left = unpack_upto(u, TFRECORD_MAX);
	r->crc = (uint32_t)unpack_upto(u, UINT32_MAX);
}
