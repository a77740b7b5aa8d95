#include "tests/unit/pbwrite.h"

#include <string.h>

static void
little_endian(struct str *out, uint64_t v, int bytes)
{
	for (int i = 0; i < bytes; i++)
		str_addc(out, (char)(v >> 8 * i));
}

void
pbw_raw_varint(struct str *out, uint64_t v)
{
	for (; v > 127; v >>= 7)
		str_addc(out, (char)(v | 128));
	str_addc(out, (char)v);
}

void
pbw_raw_f32(struct str *out, float v)
{
	uint32_t bits;
	memcpy(&bits, &v, sizeof bits);
	little_endian(out, bits, 4);
}

void
pbw_raw_f64(struct str *out, double v)
{
	uint64_t bits;
	memcpy(&bits, &v, sizeof bits);
	little_endian(out, bits, 8);
}

void
pbw_key(struct str *out, uint32_t number, unsigned type)
{
	pbw_raw_varint(out, (uint64_t)number << 3 | type);
}

void
pbw_varint(struct str *out, uint32_t number, uint64_t v)
{
	pbw_key(out, number, PB_VARINT);
	pbw_raw_varint(out, v);
}

void
pbw_f32(struct str *out, uint32_t number, float v)
{
	pbw_key(out, number, PB_FIXED32);
	pbw_raw_f32(out, v);
}

void
pbw_f64(struct str *out, uint32_t number, double v)
{
	pbw_key(out, number, PB_FIXED64);
	pbw_raw_f64(out, v);
}

void
pbw_bytes(struct str *out, uint32_t number, const void *p, size_t n)
{
	pbw_key(out, number, PB_BYTES);
	pbw_raw_varint(out, n);
	str_add(out, p, n);
}

void
pbw_text(struct str *out, uint32_t number, const char *z)
{
	pbw_bytes(out, number, z, strlen(z));
}

void
pbw_message(struct str *out, uint32_t number, struct str *inner)
{
	pbw_bytes(out, number, str_c(inner), inner->len);
	str_release(inner);
}
