/* A walk over bytes that may lie, and may not all be there yet. Whether the end of what is there is
 * the end of the message decides between bad and cut; everything else is one comparison of a length
 * with what is left, never a sum that could overflow.
 *
 * Groups are long deprecated, but a reader has to know where one ends: the numbers of those that
 * are open stand in a small stack. */
#include "core/protobuf.h"

void
pb_init(struct pb *m, const void *p, size_t have, size_t n)
{
	static const unsigned char nothing[1];
	m->p = p ? p : nothing;
	m->end = m->p + have;
	m->missing = n - have;
	m->state = PB_READING;
}

const unsigned char *
pb_varint(const unsigned char *p, const unsigned char *end, uint64_t *value)
{
	uint64_t v = 0;
	for (unsigned shift = 0; shift < 70 && p < end; shift += 7) {
		unsigned char b = *p++;
		/* Of the tenth byte one bit counts; encoders of 32 bits fill the others. */
		v |= (uint64_t)(b & 127) << shift;
		if (b < 128) {
			*value = v;
			return p;
		}
	}
	return NULL;
}

static bool
stop(struct pb *m, enum pb_state why)
{
	m->state = why;
	m->p = m->end;
	return false;
}

/* There are fewer than N bytes. */
static bool
stop_short(struct pb *m, uint64_t n)
{
	return stop(m, n - (size_t)(m->end - m->p) <= m->missing ? PB_CUT : PB_BAD);
}

static bool
take_varint(struct pb *m, uint64_t *value)
{
	if (m->p < m->end && *m->p < 128) {
		*value = *m->p++;
		return true;
	}
	const unsigned char *p = pb_varint(m->p, m->end, value);
	if (!p)
		return stop(m, m->end - m->p < 10 && m->missing ? PB_CUT : PB_BAD);
	m->p = p;
	return true;
}

static bool
take_number(struct pb *m, enum pb_type type, uint64_t *value)
{
	if (type == PB_VARINT)
		return take_varint(m, value);
	size_t n = type == PB_FIXED64 ? 8 : 4;
	if ((size_t)(m->end - m->p) < n)
		return stop_short(m, n);
	*value = n == 8 ? le64(m->p) : le32(m->p);
	m->p += n;
	return true;
}

/* END_GROUP is wire type 4. */
enum { END_GROUP = 4 };

static bool
take_key(struct pb *m, uint32_t *number, unsigned *type)
{
	uint64_t key;
	if (!take_varint(m, &key))
		return false;
	*type = key & 7;
	*number = (uint32_t)(key >> 3);
	return (key >> 32) == 0 && *number ? true : stop(m, PB_BAD);
}

/* What follows a key, but for groups. */
static bool
take_value(struct pb *m, struct pb_field *f, unsigned type)
{
	f->type = (enum pb_type)type;
	f->bytes = NULL;
	f->n = f->have = 0;
	switch (type) {
	case PB_VARINT:
	case PB_FIXED64:
	case PB_FIXED32:
		return take_number(m, f->type, &f->value);
	case PB_BYTES:
		f->value = 0;
		uint64_t n;
		if (!take_varint(m, &n))
			return false;
		size_t there = (size_t)(m->end - m->p);
		if (n > there && n - there > m->missing)
			return stop(m, PB_BAD);
		f->bytes = (const char *)m->p;
		f->n = (size_t)n;
		f->have = n < there ? (size_t)n : there;
		m->p += f->have;
		return true;
	default:
		return stop(m, PB_BAD);
	}
}

/* To the end of the group NUMBER, whose key was read. */
static bool
skip_group(struct pb *m, uint32_t number)
{
	uint32_t open[PB_MAX_GROUPS];
	size_t depth = 0;
	open[depth++] = number;
	while (depth) {
		struct pb_field f;
		unsigned type;
		if (!take_key(m, &number, &type))
			return false;
		if (type == END_GROUP) {
			if (open[--depth] != number)
				return stop(m, PB_BAD);
		} else if (type == PB_GROUP) {
			if (depth == PB_MAX_GROUPS)
				return stop(m, PB_BAD);
			open[depth++] = number;
		} else if (!take_value(m, &f, type)) {
			return false;
		} else if (f.have < f.n) {
			return stop(m, PB_CUT);
		}
	}
	return true;
}

bool
pb_next(struct pb *m, struct pb_field *f)
{
	unsigned type;
	if (m->state != PB_READING)
		return false;
	if (m->p == m->end)
		return stop(m, m->missing ? PB_CUT : PB_END);
	if (!take_key(m, &f->number, &type))
		return false;
	if (type != PB_GROUP)
		return take_value(m, f, type);
	uint32_t number = f->number;
	*f = (struct pb_field){.number = number, .type = PB_GROUP};
	return skip_group(m, number);
}

bool
pb_next_packed(struct pb *m, enum pb_type type, uint64_t *value)
{
	if (m->state != PB_READING)
		return false;
	if (m->p == m->end)
		return stop(m, m->missing ? PB_CUT : PB_END);
	return take_number(m, type, value);
}
