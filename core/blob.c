#include "core/blob.h"

#include "core/le.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

bool
blob_read(const struct blob *b, uint64_t at, void *to, size_t n)
{
	if (at > b->size || n > b->size - at)
		return false;
	if (b->mem) {
		memcpy(to, b->mem + at, n);
		return true;
	}
	char *p = to;
	while (n) {
		ssize_t got = pread(b->fd, p, n, (off_t)(b->base + at));
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		p += got;
		at += (uint64_t)got;
		n -= (size_t)got;
	}
	return true;
}

struct blob
blob_piece(const struct blob *b, uint64_t at, uint64_t n)
{
	struct blob piece = *b;
	at = at < b->size ? at : b->size;
	piece.size = n < b->size - at ? n : b->size - at;
	if (b->mem)
		piece.mem = b->mem + at;
	else
		piece.base = b->base + at;
	return piece;
}

void
scan_init(struct scan *s, const struct blob *b, uint64_t at)
{
	s->b = *b;
	s->at = at < b->size ? at : b->size;
	s->from = s->at;
	s->have = 0;
	s->cut = at > b->size;
}

uint64_t
scan_left(const struct scan *s)
{
	return s->b.size - s->at;
}

const unsigned char *
scan_peek(struct scan *s, size_t n)
{
	if (s->cut || n > SCAN_WINDOW || n > scan_left(s))
		return NULL;
	if (s->at < s->from || s->at - s->from > s->have || n > s->have - (s->at - s->from)) {
		uint64_t left = scan_left(s);
		s->from = s->at;
		s->have = left < SCAN_WINDOW ? (size_t)left : SCAN_WINDOW;
		if (!blob_read(&s->b, s->from, s->window, s->have)) {
			s->have = 0;
			return NULL;
		}
	}
	return s->window + (s->at - s->from);
}

const unsigned char *
scan_take(struct scan *s, size_t n)
{
	const unsigned char *p = scan_peek(s, n);
	if (p)
		s->at += n;
	else
		s->cut = true;
	return p;
}

const unsigned char *
scan_line(struct scan *s, size_t *n)
{
	for (int again = 0; again < 2 && !s->cut; again++) {
		bool within = s->at >= s->from && s->at - s->from < s->have;
		size_t have = within ? s->have - (size_t)(s->at - s->from) : 0;
		const unsigned char *p = within ? s->window + (s->at - s->from) : s->window;
		const unsigned char *end = have ? memchr(p, '\n', have) : NULL;
		if (end) {
			*n = (size_t)(end - p);
			s->at += *n + 1;
			return p;
		}
		uint64_t left = scan_left(s);
		size_t want = left < SCAN_WINDOW ? (size_t)left : SCAN_WINDOW;
		if (again || want <= have || !scan_peek(s, want))
			break;
	}
	s->cut = true;
	return NULL;
}

bool
scan_skip(struct scan *s, uint64_t n)
{
	if (s->cut || n > scan_left(s)) {
		s->cut = true;
		return false;
	}
	s->at += n;
	return true;
}

uint8_t
scan_u8(struct scan *s)
{
	const unsigned char *p = scan_take(s, 1);
	return p ? *p : 0;
}

uint16_t
scan_u16(struct scan *s)
{
	const unsigned char *p = scan_take(s, 2);
	return p ? (uint16_t)(p[0] | p[1] << 8) : 0;
}

uint32_t
scan_u32(struct scan *s)
{
	const unsigned char *p = scan_take(s, 4);
	return p ? le32(p) : 0;
}

uint64_t
scan_u64(struct scan *s)
{
	const unsigned char *p = scan_take(s, 8);
	return p ? le64(p) : 0;
}
