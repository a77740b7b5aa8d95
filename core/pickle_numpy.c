#include "core/pickle_numpy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct named {
	const char *name;
	enum dtype dtype;
};

static enum dtype
find(const struct named *list, size_t n, const char *z, size_t len)
{
	for (size_t i = 0; i < n; i++)
		if (strlen(list[i].name) == len && memcmp(list[i].name, z, len) == 0)
			return list[i].dtype;
	return DTYPE_OTHER;
}

bool
numpy_type_parse(struct numpy_type *t, const char *z, size_t n)
{
	/* The second half: types that packages add, by their names. */
	static const struct named known[] = {
		{"f2", DTYPE_F16},
		{"f4", DTYPE_F32},
		{"f8", DTYPE_F64},
		{"i1", DTYPE_I8},
		{"i2", DTYPE_I16},
		{"i4", DTYPE_I32},
		{"i8", DTYPE_I64},
		{"u1", DTYPE_U8},
		{"u2", DTYPE_U16},
		{"u4", DTYPE_U32},
		{"u8", DTYPE_U64},
		{"b1", DTYPE_BOOL},
		{"c8", DTYPE_C64},
		{"c16", DTYPE_C128},
		{"bfloat16", DTYPE_BF16},
		{"float8_e4m3fn", DTYPE_F8_E4M3},
		{"float8_e5m2", DTYPE_F8_E5M2},
		{"float8_e4m3fnuz", DTYPE_F8_E4M3FNUZ},
		{"float8_e5m2fnuz", DTYPE_F8_E5M2FNUZ},
		{"float8_e8m0fnu", DTYPE_F8_E8M0},
	};
	*t = (struct numpy_type){0};
	if (n && strchr("<>|=", z[0]) && z[0]) {
		t->swapped = z[0] == '>';
		z++;
		n--;
	}
	if (!n || n >= sizeof t->name)
		return false;
	memcpy(t->name, z, n);
	if (z[0] == 'O') {
		t->object = true;
		snprintf(t->name, sizeof t->name, "object");
		return true;
	}
	t->dtype = find(known, sizeof known / sizeof *known, z, n);
	if (t->dtype != DTYPE_OTHER) {
		t->itemsize = dtype_bytes(t->dtype);
		t->swapped &= t->itemsize > 1;
		return true;
	}
	/* Text and raw bytes: "S10", "U7" (four bytes a character), "V16"; dates. */
	char *end;
	if (!strchr("SUVaMm", z[0]))
		return false;
	unsigned long long k = strtoull(t->name + 1, &end, 10);
	if (end == t->name + 1 || k > UINT32_MAX)
		return false;
	t->itemsize = z[0] == 'U' ? 4 * k : k;
	return true;
}

bool
numpy_array_size(struct numpy_array *x)
{
	x->nbytes = x->type.itemsize;
	bool none = x->nbytes == 0, fits = true;
	for (unsigned i = 0; i < x->rank; i++) {
		none |= x->dim[i] == 0;
		fits &= !__builtin_mul_overflow(x->nbytes, x->dim[i] ? x->dim[i] : 1, &x->nbytes);
	}
	if (none)
		x->nbytes = 0;
	return fits || none;
}

static const struct pickle_global *
class_of(const struct pickle *p, pickle_id id)
{
	const struct pickle_node *x = &p->node[id];
	if (x->kind != PICKLE_OBJECT || p->node[x->o->callable].kind != PICKLE_GLOBAL)
		return NULL;
	return p->node[x->o->callable].g;
}

bool
pickle_numpy_type(const struct pickle *p, pickle_id id, struct numpy_type *t)
{
	const struct pickle_global *g = class_of(p, id);
	const pickle_id *arg, *state;
	/* A type itself, such as numpy.float32, may stand for its dtype. */
	if (!g || strncmp(g->module, "numpy", 5) != 0 || strcmp(g->name, "dtype") != 0)
		return false;
	if (!pickle_items(p, p->node[id].o->args, &arg))
		return false;
	const char *z = pickle_text(p, arg[0]);
	if (!z && pickle_kind(p, arg[0]) == PICKLE_GLOBAL)
		z = p->node[arg[0]].g->name;
	if (!z || !numpy_type_parse(t, z, strlen(z)))
		return false;
	if (pickle_items(p, p->node[id].o->state, &state) >= 2) {
		const char *order = pickle_text(p, state[1]);
		t->swapped |= order && order[0] == '>' && t->itemsize > 1;
	}
	return true;
}

static bool
shape(const struct pickle *p, pickle_id id, struct numpy_array *x)
{
	const pickle_id *item;
	int64_t v;
	x->rank = 0;
	if (pickle_int(p, id, &v) && v >= 0) {
		x->dim[x->rank++] = (uint64_t)v;
		return true;
	}
	if (pickle_kind(p, id) != PICKLE_TUPLE)
		return false;
	uint32_t n = pickle_items(p, id, &item);
	if (n > NUMPY_MAX_RANK)
		return false;
	for (uint32_t i = 0; i < n; i++) {
		if (!pickle_int(p, item[i], &v) || v < 0)
			return false;
		x->dim[x->rank++] = (uint64_t)v;
	}
	return true;
}

bool
pickle_numpy_wrapper(const struct pickle *p, pickle_id state, struct numpy_array *x)
{
	*x = (struct numpy_array){0};
	const char *order = pickle_text(p, pickle_value(p, state, "order"));
	x->fortran = order && order[0] == 'F';
	return shape(p, pickle_value(p, state, "shape"), x) &&
	       pickle_numpy_type(p, pickle_value(p, state, "dtype"), &x->type) &&
	       numpy_array_size(x);
}

static void
place(const struct pickle *p, pickle_id id, struct numpy_array *x)
{
	const struct pickle_node *b = &p->node[id];
	if (b->kind == PICKLE_BYTES && b->s->n == x->nbytes) {
		x->placed = true;
		x->at = b->s->at;
	}
}

bool
pickle_numpy_array(const struct pickle *p, pickle_id id, struct numpy_array *x)
{
	const struct pickle_global *g = class_of(p, id);
	const pickle_id *item;
	*x = (struct numpy_array){0};
	if (!g)
		return false;
	const struct pickle_object *o = p->node[id].o;
	if (strncmp(g->module, "numpy", 5) == 0 && strcmp(g->name, "_reconstruct") == 0) {
		/* (version, shape, dtype, is_fortran, data) */
		if (pickle_items(p, o->state, &item) != 5 || !shape(p, item[1], x) ||
		    !pickle_numpy_type(p, item[2], &x->type) || !numpy_array_size(x))
			return false;
		int64_t fortran;
		x->fortran = pickle_int(p, item[3], &fortran) && fortran;
		place(p, item[4], x);
		return true;
	}
	if (strncmp(g->module, "numpy", 5) == 0 && strcmp(g->name, "_frombuffer") == 0) {
		/* (buffer, dtype, shape, order) */
		if (pickle_items(p, o->args, &item) != 4 || !shape(p, item[2], x) ||
		    !pickle_numpy_type(p, item[1], &x->type) || !numpy_array_size(x))
			return false;
		const char *order = pickle_text(p, item[3]);
		x->fortran = order && order[0] == 'F';
		place(p, item[0], x);
		return true;
	}
	if (strcmp(g->module, "joblib.numpy_pickle") == 0 && o->raw_n) {
		if (!pickle_numpy_wrapper(p, o->state, x))
			return false;
		x->placed = true;
		x->at = o->raw_at;
		return true;
	}
	return false;
}
