/* The elements of a tensor stand in its content, as they would in memory, or in a repeated field
 * that depends on their type; a table says how. */
#include "core/tf_tensor.h"

#include "core/protobuf.h"

#include <math.h>

enum { TENSOR_DTYPE = 1, TENSOR_SHAPE, TENSOR_CONTENT = 4, TENSOR_FLOATS, TENSOR_DOUBLES };
enum { TENSOR_STRINGS = 8 };

static double
half_value(uint64_t bits)
{
	double fraction = (double)(bits & 1023);
	int exponent = (int)(bits >> 10 & 31);
	double v = exponent == 31 ? (fraction != 0 ? (double)NAN : (double)INFINITY)
		   : exponent     ? ldexp(fraction + 1024, exponent - 25)
				  : ldexp(fraction, -24);
	return bits >> 15 & 1 ? -v : v;
}

static double
bfloat_value(uint64_t bits)
{
	return (double)pb_float((bits & 0xFFFF) << 16);
}

static double
float_value(uint64_t bits)
{
	return (double)pb_float(bits);
}

static double
double_value(uint64_t bits)
{
	return pb_double(bits);
}

static double
unsigned_value(uint64_t bits)
{
	return (double)bits;
}

static double
signed_value(uint64_t bits)
{
	return (double)(int64_t)bits;
}

static double
bool_value(uint64_t bits)
{
	return bits != 0;
}

/* How the elements of each type are written: SIZE bytes each in the content, or as a repeated
 * field. */
static const struct dtype {
	uint8_t size;
	bool is_signed;
	uint8_t field;
	enum pb_type type;
	double (*value)(uint64_t bits);
} dtypes[TF_NDTYPES] = {
	[TF_FLOAT] = {4, false, 5, PB_FIXED32, float_value},
	[TF_DOUBLE] = {8, false, 6, PB_FIXED64, double_value},
	[TF_INT32] = {4, true, 7, PB_VARINT, signed_value},
	[TF_UINT8] = {1, false, 7, PB_VARINT, unsigned_value},
	[TF_INT16] = {2, true, 7, PB_VARINT, signed_value},
	[TF_INT8] = {1, true, 7, PB_VARINT, signed_value},
	[TF_INT64] = {8, true, 10, PB_VARINT, signed_value},
	[TF_BOOL] = {1, false, 11, PB_VARINT, bool_value},
	[TF_BFLOAT16] = {2, false, 13, PB_VARINT, bfloat_value},
	[TF_UINT16] = {2, false, 7, PB_VARINT, unsigned_value},
	[TF_HALF] = {2, false, 13, PB_VARINT, half_value},
	[TF_UINT32] = {4, false, 16, PB_VARINT, unsigned_value},
	[TF_UINT64] = {8, false, 17, PB_VARINT, unsigned_value},
};

/* Element I of a tensor's content, sign and all. */
static double
content_value(const struct dtype *d, const char *content, size_t i)
{
	uint64_t bits = 0;
	for (size_t k = 0; k < d->size; k++)
		bits |= (uint64_t)(unsigned char)content[i * d->size + k] << 8 * k;
	if (d->is_signed && d->size < 8 && bits >> (8 * d->size - 1))
		bits |= UINT64_MAX << 8 * d->size;
	return d->value(bits);
}

static bool
shape_read(struct tf_tensor *t, const char *p, size_t n)
{
	enum { SHAPE_DIM = 2, SHAPE_UNKNOWN_RANK = 3, DIM_SIZE = 1 };
	struct pb m, inner;
	struct pb_field f, g;
	t->shaped = true;
	pb_init(&m, p, n, n);
	while (pb_next(&m, &f)) {
		if (pb_is(&f, SHAPE_UNKNOWN_RANK, PB_VARINT) && f.value)
			t->elements = UINT64_MAX;
		if (!pb_is(&f, SHAPE_DIM, PB_BYTES))
			continue;
		uint64_t size = 0;
		pb_init(&inner, f.bytes, f.n, f.n);
		while (pb_next(&inner, &g))
			if (pb_is(&g, DIM_SIZE, PB_VARINT))
				size = g.value;
		if (inner.state != PB_END)
			return false;
		if (t->rank < 2)
			t->dim[t->rank] = size;
		t->rank++;
		if (__builtin_mul_overflow(t->elements, size, &t->elements))
			t->elements = UINT64_MAX;
	}
	return m.state == PB_END;
}

bool
tf_tensor_read(struct tf_tensor *t, const char *p, size_t n)
{
	struct pb m;
	struct pb_field f;
	*t = (struct tf_tensor){.p = p, .n = n, .elements = 1};
	pb_init(&m, p, n, n);
	while (pb_next(&m, &f)) {
		if (pb_is(&f, TENSOR_DTYPE, PB_VARINT)) {
			t->dtype = f.value;
		} else if (pb_is(&f, TENSOR_SHAPE, PB_BYTES)) {
			if (!shape_read(t, f.bytes, f.n))
				return false;
		} else if (pb_is(&f, TENSOR_CONTENT, PB_BYTES)) {
			t->content = f.bytes;
			t->ncontent = f.n;
		} else if (f.number == TENSOR_FLOATS || f.number == TENSOR_DOUBLES) {
			t->nfixed++;
			t->fixed = f.type == PB_BYTES
					   ? f.bytes
					   : (const char *)m.p - (f.type == PB_FIXED64 ? 8 : 4);
		} else if (pb_is(&f, TENSOR_STRINGS, PB_BYTES) && !t->string) {
			t->string = f.bytes;
			t->nstring = f.n;
		}
	}
	return m.state == PB_END;
}

static const struct dtype *
tensor_dtype(const struct tf_tensor *t)
{
	return t->dtype < TF_NDTYPES && dtypes[t->dtype].size ? &dtypes[t->dtype] : NULL;
}

bool
tf_tensor_each(const struct tf_tensor *t, void (*fn)(void *ctx, double v), void *ctx)
{
	const struct dtype *d = tensor_dtype(t);
	struct pb m, array;
	struct pb_field f;
	uint64_t bits;
	if (!d)
		return false;
	if (t->ncontent) {
		for (size_t i = 0; i < t->ncontent / d->size; i++)
			fn(ctx, content_value(d, t->content, i));
		return t->ncontent % d->size == 0;
	}
	pb_init(&m, t->p, t->n, t->n);
	while (pb_next(&m, &f)) {
		if (f.number != d->field)
			continue;
		if (f.type == d->type)
			fn(ctx, d->value(f.value));
		if (f.type != PB_BYTES)
			continue;
		pb_init(&array, f.bytes, f.n, f.n);
		while (pb_next_packed(&array, d->type, &bits))
			fn(ctx, d->value(bits));
		if (array.state != PB_END)
			return false;
	}
	return m.state == PB_END;
}

struct first {
	size_t n;
	double value;
};

static void
keep_first(void *ctx, double v)
{
	struct first *first = ctx;
	if (!first->n++)
		first->value = v;
}

bool
tf_tensor_number(const struct tf_tensor *t, double *out)
{
	struct first first = {0};
	const struct dtype *d = tensor_dtype(t);
	if (!d || t->elements != 1 || (t->ncontent && t->ncontent != d->size) ||
	    !tf_tensor_each(t, keep_first, &first))
		return false;
	if (first.n > 1 || (!first.n && !t->shaped))
		return false;
	*out = first.value;
	return true;
}

const char *
tf_tensor_place(const struct tf_tensor *t)
{
	if (t->ncontent)
		return t->content;
	bool fixed = t->dtype == TF_FLOAT || t->dtype == TF_DOUBLE;
	return fixed && t->nfixed == 1 ? t->fixed : NULL;
}

size_t
tf_dtype_size(uint64_t dtype)
{
	return dtype < TF_NDTYPES ? dtypes[dtype].size : 0;
}

double
tf_dtype_value(uint64_t dtype, const char *p)
{
	return content_value(&dtypes[dtype], p, 0);
}
