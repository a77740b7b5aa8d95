/* What elements are, how many, where they stand, and attributes as text. */
#include "core/hdf5_own.h"
#include "core/le.h"
#include "core/xalloc.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { SHOWN = 32, MAX_NAME = 65536, MAX_TYPE_DEPTH = 8 };

bool
hdf5_read_space(struct hdf5 *h, struct bytes *b, struct hdf5_data *d)
{
	unsigned version = (unsigned)bytes_uint(b, 1), rank = (unsigned)bytes_uint(b, 1);
	bytes_uint(b, 1);
	unsigned kind = (unsigned)bytes_uint(b, 1);
	if (version == 1)
		bytes_take(b, 4);
	if (b->cut || version < 1 || version > 2 || rank > HDF5_MAX_RANK)
		return false;
	d->rank = rank;
	d->count = version == 2 && kind == 2 ? 0 : 1; /* a null space has no element */
	bool none = false, fits = true;
	uint64_t count = d->count;
	for (unsigned i = 0; i < rank; i++) {
		d->dim[i] = bytes_uint(b, h->longs);
		none |= d->dim[i] == 0;
		fits &= !__builtin_mul_overflow(count, d->dim[i] ? d->dim[i] : 1, &count);
	}
	d->count = none ? 0 : count;
	return !b->cut && (fits || none);
}

/* A type that several share has a header of its own. */
static void
on_shared(void *ctx, struct hdf5 *h, struct hdf5_message *m)
{
	struct hdf5_type *t = ctx;
	if (m->type == HDF5_TYPE && !(m->flags & 2))
		hdf5_read_type(h, &m->body, false, t);
}

static void
set_number(struct hdf5_type *t, unsigned flags, uint64_t size)
{
	static const enum dtype is[] = {
		[1] = DTYPE_I8, [2] = DTYPE_I16, [4] = DTYPE_I32, [8] = DTYPE_I64};
	static const enum dtype isnt[] = {
		[1] = DTYPE_U8, [2] = DTYPE_U16, [4] = DTYPE_U32, [8] = DTYPE_U64};
	if (size <= 8)
		t->dtype = flags & 8 ? is[size] : isnt[size];
	t->name = "integer";
	t->swapped = flags & 1 && size > 1;
}

static void
set_float(struct hdf5_type *t, unsigned flags, uint64_t size, struct bytes *b)
{
	/* bit offset, precision, place and size of the exponent */
	bytes_take(b, 5);
	unsigned exponent = (unsigned)bytes_uint(b, 1);
	t->name = "float";
	t->swapped = flags & 1;
	if (size == 8 && exponent == 11)
		t->dtype = DTYPE_F64;
	else if (size == 4 && exponent == 8)
		t->dtype = DTYPE_F32;
	else if (size == 2)
		t->dtype = exponent == 8 ? DTYPE_BF16 : exponent == 5 ? DTYPE_F16 : DTYPE_OTHER;
}

bool
hdf5_read_type(struct hdf5 *h, struct bytes *b, bool shared, struct hdf5_type *t)
{
	*t = (struct hdf5_type){.name = "?"};
	if (shared) {
		unsigned version = (unsigned)bytes_uint(b, 1);
		bytes_uint(b, 1);
		if (version == 1)
			bytes_take(b, 6);
		uint64_t at = bytes_uint(b, h->wide);
		return !b->cut && hdf5_messages(h, at, on_shared, t) && t->itemsize;
	}
	unsigned first = (unsigned)bytes_uint(b, 1), flags = (unsigned)bytes_uint(b, 3);
	uint64_t size = bytes_uint(b, 4);
	static const char *const name[] = {"integer",     "float",    "time",     "string",
					   "bits",        "opaque",   "compound", "reference",
					   "enumeration", "variable", "array"};
	unsigned kind = first & 15;
	if (b->cut || kind >= sizeof name / sizeof *name)
		return false;
	t->name = name[kind];
	t->itemsize = size;
	switch (kind) {
	case 0:
		set_number(t, flags, size);
		break;
	case 1:
		set_float(t, flags, size, b);
		break;
	case 3:
		t->text = true;
		break;
	case 8: /* h5py's booleans */
		t->dtype = size == 1 ? DTYPE_BOOL : DTYPE_OTHER;
		break;
	case 9:
		t->vlen = true;
		t->text = (flags & 15) == 1;
		t->name = t->text ? "string" : "variable";
		break;
	}
	return true;
}

bool
hdf5_read_layout(struct hdf5 *h, const struct hdf5_message *m, struct hdf5_data *d)
{
	struct bytes b = m->body;
	unsigned version = (unsigned)bytes_uint(&b, 1);
	if (version == 1 || version == 2) {
		unsigned rank = (unsigned)bytes_uint(&b, 1), kind = (unsigned)bytes_uint(&b, 1);
		bytes_take(&b, 5);
		d->chunked = kind == 2;
		if (kind != 1)
			return !b.cut;
		d->at = bytes_uint(&b, h->wide);
		d->nbytes = 1;
		for (unsigned i = 0; i < rank && i < 64; i++)
			if (__builtin_mul_overflow(d->nbytes, bytes_uint(&b, 4), &d->nbytes))
				return false;
		/* The last one is the size of an element, where writers disagree. */
		d->nbytes = UINT64_MAX;
		d->placed = hdf5_defined(h, d->at);
		d->at += h->base;
		return !b.cut;
	}
	if (version < 3 || version > 4)
		return false;
	unsigned kind = (unsigned)bytes_uint(&b, 1);
	if (kind == 0) {
		d->nbytes = bytes_uint(&b, 2);
		d->at = m->at + b.at;
		d->placed = !b.cut;
	} else if (kind == 1) {
		d->at = bytes_uint(&b, h->wide);
		d->nbytes = bytes_uint(&b, h->longs);
		d->placed = !b.cut && hdf5_defined(h, d->at);
		d->at += h->base;
	} else {
		d->chunked = true;
	}
	return !b.cut;
}

static size_t
padded(size_t n)
{
	return (n + 7) / 8 * 8;
}

char *
hdf5_read_attribute(struct hdf5 *h, const struct hdf5_message *m, struct hdf5_data *d)
{
	struct bytes b = m->body;
	*d = (struct hdf5_data){0};
	unsigned version = (unsigned)bytes_uint(&b, 1), flags = (unsigned)bytes_uint(&b, 1);
	size_t size[3];
	for (int i = 0; i < 3; i++)
		size[i] = (size_t)bytes_uint(&b, 2);
	if (version == 3)
		bytes_take(&b, 1);
	if (b.cut || version < 1 || version > 3)
		return NULL;
	const unsigned char *part[3];
	for (int i = 0; i < 3; i++)
		part[i] = bytes_take(&b, version == 1 ? padded(size[i]) : size[i]);
	if (b.cut || !size[0])
		return NULL;
	struct bytes type = {.p = part[1], .n = size[1]}, space = {.p = part[2], .n = size[2]};
	bool shared = version > 1 && flags & 1;
	if (!hdf5_read_type(h, &type, shared, &d->type) || !hdf5_read_space(h, &space, d))
		return NULL;
	d->at = m->at + b.at;
	d->nbytes = m->body.n - b.at;
	d->placed = true;
	return xstrndup((const char *)part[0], size[0]);
}

/* -- as text ----------------------------------------------------------------------------------- */

/* Appends object INDEX of the global heap at ADDRESS, at most LIMIT bytes of the N that it is
 * said to have. */
static bool
heap_object(struct hdf5 *h, uint64_t address, unsigned index, uint64_t n, struct str *out,
	    size_t limit)
{
	unsigned char *p = hdf5_load(h, address, 8 + h->longs);
	if (!p || memcmp(p, "GCOL", 4) != 0) {
		free(p);
		return false;
	}
	struct bytes b = {.p = p, .n = 8 + h->longs, .at = 8};
	uint64_t size = bytes_uint(&b, h->longs), at = 8 + h->longs;
	bool found = false;
	free(p);
	for (int i = 0; i < MAX_NAME && at < size && !found; i++) {
		uint64_t where;
		if (__builtin_add_overflow(address, at, &where))
			break;
		p = hdf5_load(h, where, 8 + h->longs);
		if (!p)
			break;
		unsigned this = p[0] | (unsigned)p[1] << 8;
		uint64_t len = h->longs == 8 ? le64(p + 8) : le32(p + 8);
		free(p);
		if (!this || len > size)
			break;
		if (this == index) {
			n = n < len ? n : len;
			n = n < limit ? n : limit;
			p = hdf5_load(h, where + 8 + h->longs, n);
			if (p)
				str_add(out, p, (size_t)n);
			found = p != NULL;
			free(p);
		}
		at += 8 + h->longs + (len + 7) / 8 * 8;
	}
	return found;
}

static void
element(struct hdf5 *h, const struct hdf5_data *d, const unsigned char *p, struct str *out,
	size_t limit)
{
	size_t n = (size_t)d->type.itemsize;
	if (d->type.vlen && d->type.text && n == 8u + h->wide) {
		struct bytes b = {.p = p, .n = n};
		uint64_t len = bytes_uint(&b, 4), at = bytes_uint(&b, h->wide);
		unsigned index = (unsigned)bytes_uint(&b, 4);
		if (len)
			heap_object(h, at, index, len, out, limit);
	} else if (d->type.text && !d->type.vlen) {
		size_t len = strnlen((const char *)p, n);
		str_add(out, p, len < limit ? len : limit);
	} else if (dtype_decodes(d->type.dtype) && dtype_bytes(d->type.dtype) == n) {
		double v;
		dtype_decode(d->type.dtype, d->type.swapped, p, 1, &v);
		str_addf(out, "%.10g", v);
	} else {
		str_addf(out, "<%s>", d->type.name);
	}
}

void
hdf5_text(struct hdf5 *h, const struct hdf5_data *d, struct str *out, size_t limit)
{
	uint64_t shown = d->count < SHOWN ? d->count : SHOWN, n;
	if (!d->placed || !d->type.itemsize ||
	    __builtin_mul_overflow(shown, d->type.itemsize, &n) || n > d->nbytes || d->at < h->base)
		return;
	unsigned char *p = hdf5_load(h, d->at - h->base, n);
	if (!p)
		return;
	if (d->rank)
		str_addc(out, '[');
	for (uint64_t i = 0; i < shown && out->len < limit; i++) {
		str_adds(out, i ? ", " : "");
		element(h, d, p + i * d->type.itemsize, out, limit - out->len);
	}
	if (d->rank)
		str_adds(out, d->count > shown ? ", …]" : "]");
	free(p);
}
