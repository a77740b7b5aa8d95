/* The machine's own order is little-endian wherever mm runs; a store is not carried to another
 * kind. */
#include "store/field.h"

void
put_u8(struct str *s, uint8_t v)
{
	str_add(s, &v, 1);
}

void
put_u32(struct str *s, uint32_t v)
{
	str_add(s, &v, sizeof v);
}

void
put_u64(struct str *s, uint64_t v)
{
	str_add(s, &v, sizeof v);
}

void
put_f64(struct str *s, double v)
{
	str_add(s, &v, sizeof v);
}

void
put_text(struct str *s, const char *z)
{
	if (!z) {
		put_u32(s, UINT32_MAX);
		return;
	}
	size_t n = strlen(z) + 1;
	put_u32(s, (uint32_t)n);
	str_add(s, z, n);
}

void
put_raw(struct str *s, const void *p, size_t n)
{
	put_u32(s, (uint32_t)n);
	str_add(s, p, n);
}

void
take_raw(struct take *u, void *p, size_t n)
{
	uint32_t kept = take_u32(u);
	const void *bytes = take_bytes(u, kept);

	if (bytes && kept == n)
		memcpy(p, bytes, n);
	else
		memset(p, 0, n);
}
