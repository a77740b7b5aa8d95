/* What is read back was written by us, but perhaps by another version, perhaps by a disk that lies:
 * a reader that runs off the end says so once, at the end, instead of at every step. */
#include "core/pack.h"

#include "core/xalloc.h"

#include <string.h>

void
pack_u64(struct str *out, uint64_t v)
{
	char buf[10];
	size_t n = 0;
	for (; v >= 0x80; v >>= 7)
		buf[n++] = (char)(v | 0x80);
	buf[n++] = (char)v;
	str_add(out, buf, n);
}

void
pack_i64(struct str *out, int64_t v)
{
	pack_u64(out, (uint64_t)v << 1 ^ (v < 0 ? UINT64_MAX : 0));
}

void
pack_f64(struct str *out, double v)
{
	str_add(out, &v, sizeof v);
}

void
pack_text(struct str *out, const char *p, size_t n)
{
	pack_u64(out, n);
	str_add(out, p, n);
}

void
unpack_init(struct unpack *u, const void *p, size_t n)
{
	u->p = p;
	u->end = n ? u->p + n : u->p;
	u->bad = false;
}

uint64_t
unpack_u64(struct unpack *u)
{
	uint64_t v = 0;
	for (int shift = 0; shift < 64 && !u->bad; shift += 7) {
		if (u->p == u->end)
			break;
		unsigned char b = *u->p++;
		v |= (uint64_t)(b & 0x7F) << shift;
		if (!(b & 0x80))
			return v;
	}
	u->bad = true;
	return 0;
}

int64_t
unpack_i64(struct unpack *u)
{
	uint64_t v = unpack_u64(u);
	return (int64_t)(v >> 1 ^ (v & 1 ? UINT64_MAX : 0));
}

double
unpack_f64(struct unpack *u)
{
	double v = 0;
	if (u->bad || u->end - u->p < (ptrdiff_t)sizeof v) {
		u->bad = true;
		return 0;
	}
	memcpy(&v, u->p, sizeof v);
	u->p += sizeof v;
	return v;
}

const char *
unpack_text(struct unpack *u, size_t *n)
{
	uint64_t len = unpack_u64(u);
	if (u->bad || len > (uint64_t)(u->end - u->p)) {
		u->bad = true;
		*n = 0;
		return "";
	}
	const char *p = (const char *)u->p;
	u->p += len;
	*n = (size_t)len;
	return p;
}

char *
unpack_string(struct unpack *u)
{
	size_t n;
	const char *p = unpack_text(u, &n);
	return xstrndup(p, n);
}

uint64_t
unpack_upto(struct unpack *u, uint64_t max)
{
	uint64_t v = unpack_u64(u);
	if (v <= max)
		return v;
	u->bad = true;
	return 0;
}

bool
unpack_whole(const struct unpack *u)
{
	return !u->bad && u->p == u->end;
}
