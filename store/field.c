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
take_init(struct take *u, const void *p, size_t n)
{
	u->p = p;
	u->end = u->p + n;
	u->bad = false;
}

const void *
take_bytes(struct take *u, size_t n)
{
	const void *p = u->p;

	if (u->bad || (size_t)(u->end - u->p) < n) {
		u->bad = true;
		return NULL;
	}
	u->p += n;
	return p;
}

static void
take_n(struct take *u, void *out, size_t n)
{
	const void *p = take_bytes(u, n);

	if (p)
		memcpy(out, p, n);
	else
		memset(out, 0, n);
}

uint8_t
take_u8(struct take *u)
{
	uint8_t v;

	take_n(u, &v, sizeof v);
	return v;
}

uint32_t
take_u32(struct take *u)
{
	uint32_t v;

	take_n(u, &v, sizeof v);
	return v;
}

uint64_t
take_u64(struct take *u)
{
	uint64_t v;

	take_n(u, &v, sizeof v);
	return v;
}

double
take_f64(struct take *u)
{
	double v;

	take_n(u, &v, sizeof v);
	return v;
}

const char *
take_text(struct take *u)
{
	uint32_t n = take_u32(u);

	if (u->bad || n == UINT32_MAX)
		return NULL;
	const char *z = take_bytes(u, n);
	if (!z || !n || z[n - 1] != '\0') {
		u->bad = true;
		return NULL;
	}
	return z;
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

bool
take_more(const struct take *u)
{
	return !u->bad && u->p < u->end;
}
