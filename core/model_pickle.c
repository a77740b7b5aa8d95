/* A pickle is a graph of anything. Of it are wanted: tensors, under the names of the keys and
 * attributes that lead to them, and the plain values around them (epoch, learning rate,
 * arguments).
 *
 * PyTorch makes a tensor by calling _rebuild_tensor_v2(storage, offset, size, stride, …), the
 * storage being a persistent id ('storage', class, key, location, elements); a parameter by a call
 * around that; a module by its class, with the state {_parameters: …, _buffers: …, _modules: …}
 * (torch/_utils.py, torch/serialization.py). */
#include "core/model_pickle.h"

#include "core/pickle_judge.h"
#include "core/pickle_numpy.h"
#include "core/xalloc.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	MAX_DEPTH = 64,
	MAX_VISITS = 8000000,
	MAX_SCALARS = 2000,
	SCALAR_PARTS = 5, /* values deeper than that are nobody's header */
	LONG_LIST = 16,
};

/* -- evidence ---------------------------------------------------------------------------------- */

void
pickled_judge(struct model *m, const struct pickle *p, const char *where, enum pickle_end end,
	      bool script)
{
	struct str how = STR_INIT, place = STR_INIT;
	char name[600];
	const char *gap = *where ? ", " : "";
	model_judge(m, MODEL_TENSORS_ONLY);
	if (end != PICKLE_STOP)
		model_judge(m, MODEL_UNJUDGED);
	for (size_t i = 0; i < p->nglobals; i++) {
		const struct pickle_global *g = p->global[i];
		const char *why;
		enum model_safety level = pickle_judge(g->module, g->name, &why);
		bool own = strncmp(g->module, "__torch__", 9) == 0 ||
			   strcmp(g->module, "torch.jit._pickle") == 0;
		if (level == MODEL_TENSORS_ONLY || (script && own))
			continue;
		str_reset(&how);
		str_reset(&place);
		str_addf(&place, "%s%sbyte %" PRIu64, where, gap, g->called ? g->called_at : g->at);
		if (g->called) {
			str_adds(&how, "called with ");
			pickle_show(p, g->args, &how, 80);
			str_adds(&how, "; ");
		} else {
			str_adds(&how, "named; ");
		}
		str_adds(&how, why);
		snprintf(name, sizeof name, "%.290s.%.290s", g->module, g->name);
		model_evidence(m, level, name, str_c(&place), str_c(&how));
	}
	for (size_t i = 0; i < p->noddities; i++) {
		str_reset(&place);
		str_addf(&place, "%s%sbyte %" PRIu64, where, gap, p->oddity[i].at);
		model_evidence(m, MODEL_DANGER, p->oddity[i].what, str_c(&place), p->oddity[i].how);
	}
	str_release(&how);
	str_release(&place);
}

void
pickled_say_end(struct model *m, const char *where, const struct pickle *p, enum pickle_end end)
{
	if (end == PICKLE_CUT)
		model_remark(m, "%s ends in the middle", where);
	else if (end == PICKLE_BAD)
		model_damaged(m, "%s is damaged: %s", where, p->why);
	else if (end == PICKLE_FULL)
		model_remark(m, "%s: %s; the rest was not looked at", where, p->why);
}

/* -- paths ------------------------------------------------------------------------------------- */

static size_t
enter(struct pickled *w, const char *name, size_t n)
{
	size_t len = w->path.len;
	w->parts++;
	if (len)
		str_addc(&w->path, w->f->m->separator);
	str_add(&w->path, name, n < 1024 ? n : 1024);
	return len;
}

static void
leave(struct pickled *w, size_t len)
{
	w->parts--;
	w->path.len = len;
	if (w->path.buf)
		w->path.buf[len] = '\0';
}

/* -- tensors ----------------------------------------------------------------------------------- */

struct view {
	const char *key;
	enum dtype dtype;
	const char *type; /* what the storage's class is called */
	uint64_t numel;   /* elements of the storage; of an untyped one: bytes */
	bool untyped, meta, parameter, sparse;
	uint64_t offset;
	unsigned rank;
	uint64_t dim[MODEL_MAX_RANK], stride[MODEL_MAX_RANK];
	unsigned nstrides;
};

static const struct {
	const char *name;
	enum dtype dtype;
} torch_types[] = {
	{"FloatStorage", DTYPE_F32},
	{"DoubleStorage", DTYPE_F64},
	{"HalfStorage", DTYPE_F16},
	{"BFloat16Storage", DTYPE_BF16},
	{"LongStorage", DTYPE_I64},
	{"IntStorage", DTYPE_I32},
	{"ShortStorage", DTYPE_I16},
	{"CharStorage", DTYPE_I8},
	{"ByteStorage", DTYPE_U8},
	{"BoolStorage", DTYPE_BOOL},
	{"ComplexFloatStorage", DTYPE_C64},
	{"ComplexDoubleStorage", DTYPE_C128},
	{"QInt8Storage", DTYPE_I8},
	{"QUInt8Storage", DTYPE_U8},
	{"QInt32Storage", DTYPE_I32},
	{"QUInt4x2Storage", DTYPE_U4},
	{"QUInt2x4Storage", DTYPE_U2},
	{"float32", DTYPE_F32},
	{"float", DTYPE_F32},
	{"float64", DTYPE_F64},
	{"double", DTYPE_F64},
	{"float16", DTYPE_F16},
	{"half", DTYPE_F16},
	{"bfloat16", DTYPE_BF16},
	{"int64", DTYPE_I64},
	{"long", DTYPE_I64},
	{"int32", DTYPE_I32},
	{"int", DTYPE_I32},
	{"int16", DTYPE_I16},
	{"short", DTYPE_I16},
	{"int8", DTYPE_I8},
	{"uint8", DTYPE_U8},
	{"uint16", DTYPE_U16},
	{"uint32", DTYPE_U32},
	{"uint64", DTYPE_U64},
	{"bool", DTYPE_BOOL},
	{"complex64", DTYPE_C64},
	{"complex128", DTYPE_C128},
	{"float8_e4m3fn", DTYPE_F8_E4M3},
	{"float8_e5m2", DTYPE_F8_E5M2},
	{"float8_e4m3fnuz", DTYPE_F8_E4M3FNUZ},
	{"float8_e5m2fnuz", DTYPE_F8_E5M2FNUZ},
	{"float8_e8m0fnu", DTYPE_F8_E8M0},
	{"float4_e2m1fn_x2", DTYPE_F4},
	{"qint8", DTYPE_I8},
	{"quint8", DTYPE_U8},
	{"qint32", DTYPE_I32},
};

static void
torch_type(struct view *v, const char *name)
{
	v->type = name;
	v->dtype = DTYPE_OTHER;
	for (size_t i = 0; i < sizeof torch_types / sizeof *torch_types; i++)
		if (strcmp(torch_types[i].name, name) == 0)
			v->dtype = torch_types[i].dtype;
}

static bool
sizes(const struct pickle *p, pickle_id id, uint64_t *v, unsigned *n)
{
	const pickle_id *item;
	int64_t i;
	/* torch.Size((2, 3)) */
	if (pickle_kind(p, id) == PICKLE_OBJECT) {
		if (!pickle_items(p, p->node[id].o->args, &item))
			return false;
		id = item[0];
	}
	if (pickle_kind(p, id) != PICKLE_TUPLE && pickle_kind(p, id) != PICKLE_LIST)
		return false;
	uint32_t count = pickle_items(p, id, &item);
	if (count > MODEL_MAX_RANK)
		return false;
	for (uint32_t k = 0; k < count; k++) {
		if (!pickle_int(p, item[k], &i) || i < 0)
			return false;
		v[k] = (uint64_t)i;
	}
	*n = count;
	return true;
}

/* ('storage', class, key, location, elements, …) */
static bool
storage_of(const struct pickle *p, pickle_id id, struct view *v)
{
	const pickle_id *item;
	int64_t numel;
	if (pickle_kind(p, id) != PICKLE_PERSID)
		return false;
	uint32_t n = pickle_items(p, p->node[id].item[0], &item);
	const char *what = n >= 5 ? pickle_text(p, item[0]) : NULL;
	if (!what || strcmp(what, "storage") != 0 || pickle_kind(p, item[1]) != PICKLE_GLOBAL ||
	    !pickle_int(p, item[4], &numel) || numel < 0)
		return false;
	v->key = pickle_text(p, item[2]);
	v->numel = (uint64_t)numel;
	const char *name = p->node[item[1]].g->name;
	v->untyped = strcmp(name, "UntypedStorage") == 0;
	torch_type(v, name);
	return v->key != NULL;
}

void
pickled_storages(const struct pickle *p,
		 void (*fn)(void *ctx, const char *key, unsigned size, uint64_t numel), void *ctx)
{
	for (size_t i = 0; i < p->n; i++) {
		struct view v = {0};
		if (!storage_of(p, (pickle_id)i, &v))
			continue;
		unsigned size = dtype_block(v.dtype) == 1 ? dtype_bytes(v.dtype) : 1;
		fn(ctx, v.key, v.untyped ? 1 : size, v.numel);
	}
}

/* The call that makes a tensor: how its arguments are to be read. */
struct maker {
	const char *name;
	int storage, offset, size, stride, dtype; /* which argument; -1: none */
};

static const struct maker makers[] = {
	{"_rebuild_tensor", 0, 1, 2, 3, -1},
	{"_rebuild_tensor_v2", 0, 1, 2, 3, -1},
	{"_rebuild_tensor_v3", 0, 1, 2, 3, 6},
	{"_rebuild_qtensor", 0, 1, 2, 3, -1},
	{"_rebuild_meta_tensor_no_storage", -1, -1, 1, 2, 0},
	{"_rebuild_wrapper_subclass", -1, -1, 2, 3, 1},
};

static bool
made(const struct pickle *p, const struct maker *k, const pickle_id *arg, uint32_t n,
     struct view *v)
{
	int64_t offset = 0;
	int64_t most = k->stride > k->dtype ? k->stride : k->dtype;
	if (most >= (int64_t)n || !sizes(p, arg[k->size], v->dim, &v->rank))
		return false;
	/* A storage that is made by a call: pickled by itself, within this. */
	v->meta = k->storage < 0 || pickle_kind(p, arg[k->storage]) == PICKLE_OBJECT;
	if (!v->meta && (!storage_of(p, arg[k->storage], v) ||
			 !pickle_int(p, arg[k->offset], &offset) || offset < 0))
		return false;
	v->offset = (uint64_t)offset;
	if (!sizes(p, arg[k->stride], v->stride, &v->nstrides))
		v->nstrides = 0;
	if (k->dtype >= 0 && pickle_kind(p, arg[k->dtype]) == PICKLE_GLOBAL)
		torch_type(v, p->node[arg[k->dtype]].g->name);
	return true;
}

/* Is ID a tensor, perhaps wrapped in a parameter or a subclass? */
static bool
view_of(const struct pickle *p, pickle_id id, struct view *v)
{
	*v = (struct view){.type = "?"};
	pickle_id callable = PICKLE_NIL, args = PICKLE_NIL;
	for (int depth = 0; depth < 8; depth++) {
		if (depth == 0 || pickle_kind(p, id) == PICKLE_OBJECT) {
			if (pickle_kind(p, id) != PICKLE_OBJECT)
				return false;
			callable = p->node[id].o->callable;
			args = p->node[id].o->args;
		}
		const pickle_id *arg;
		uint32_t n = pickle_items(p, args, &arg);
		if (!n || pickle_kind(p, callable) != PICKLE_GLOBAL)
			return false;
		const char *name = p->node[callable].g->name;
		const char *module = p->node[callable].g->module;
		if (strncmp(module, "torch", 5) != 0 || (module[5] && module[5] != '.'))
			return false;
		for (size_t i = 0; i < sizeof makers / sizeof *makers; i++)
			if (strcmp(makers[i].name, name) == 0)
				return made(p, &makers[i], arg, n, v);
		if (strncmp(name, "_rebuild_parameter", 18) == 0 ||
		    strcmp(name, "Parameter") == 0) {
			v->parameter = true;
			id = arg[0];
		} else if (strcmp(name, "_rebuild_from_type_v2") == 0 && n >= 3) {
			/* (function, type, arguments, state) */
			callable = arg[0];
			args = arg[2];
			id = PICKLE_NIL;
		} else {
			return false;
		}
	}
	return false;
}

/* Elements from the first to the last one touched. Also says whether they simply follow one
 * another. */
static bool
span_of(const struct view *v, uint64_t *span, bool *contiguous)
{
	uint64_t due = 1, last = 0, step;
	*contiguous = true;
	*span = 0;
	for (unsigned i = 0; i < v->rank; i++)
		if (v->dim[i] == 0)
			return true;
	for (unsigned i = v->rank; i--;) {
		if (v->dim[i] != 1 && v->stride[i] != due)
			*contiguous = false;
		if (__builtin_mul_overflow(v->dim[i] - 1, v->stride[i], &step) ||
		    __builtin_add_overflow(last, step, &last) ||
		    __builtin_mul_overflow(due, v->dim[i], &due))
			return false;
	}
	return !__builtin_add_overflow(last, 1, span);
}

static void
note_storage(struct pickled *w, const struct view *v, const struct storage *s, uint64_t bytes)
{
	struct str key = STR_INIT;
	str_addf(&key, "s:%s", v->key);
	if (!map_get(&w->seen, str_c(&key), key.len)) {
		map_put(&w->seen, str_c(&key), key.len, w);
		uint64_t have = s && s->there ? s->bytes : 0;
		if (have < bytes && !(s && s->deflated))
			w->missing += bytes - have;
	}
	str_release(&key);
}

static bool
is_tied(struct pickled *w, const struct model_tensor *t, const struct view *v)
{
	struct str key = STR_INIT;
	str_addf(&key, "t:%s:%" PRIu64 ":%" PRIu64, v->key, v->offset, t->count);
	bool tied = map_get(&w->seen, str_c(&key), key.len) != NULL;
	map_put(&w->seen, str_c(&key), key.len, w);
	str_release(&key);
	return tied && t->count;
}

static void
add_view(struct pickled *w, const struct view *v)
{
	struct model *m = w->f->m;
	const char *name = w->path.len ? str_c(&w->path) : "tensor";
	struct model_tensor *t = model_add_tensor(w->f, name, strlen(name));
	if (!t || !model_set_shape(m, t, v->dim, v->rank))
		return;
	model_set_type(t, v->dtype);
	if (v->dtype == DTYPE_OTHER)
		t->type = arena_str(&m->own->arena, v->type);
	t->swapped = w->swapped;
	t->flags |= v->parameter ? MODEL_PARAMETER : 0;
	if (v->meta) {
		t->nbytes = 0;
		t->flags |= MODEL_ABSENT;
		return;
	}
	unsigned size = dtype_block(v->dtype) == 1 ? dtype_bytes(v->dtype) : 1;
	uint64_t span, begin, bytes;
	bool contiguous = true;
	if (v->nstrides != v->rank || !span_of(v, &span, &contiguous) ||
	    __builtin_mul_overflow(v->offset, size, &begin) ||
	    __builtin_mul_overflow(span, size, &bytes)) {
		model_damaged(m, "%s: shape and strides make no sense", name);
		return;
	}
	if (!contiguous) {
		uint64_t *stride = arena_array(&m->own->arena, v->rank, sizeof *stride);
		memcpy(stride, v->stride, v->rank * sizeof *stride);
		t->stride = stride;
		t->nbytes = bytes;
	}
	if (is_tied(w, t, v))
		t->flags |= MODEL_TIED;
	uint64_t unit = v->untyped ? 1 : size, stored, end;
	if (__builtin_mul_overflow(v->numel, unit, &stored) ||
	    __builtin_add_overflow(begin, t->nbytes, &end)) {
		model_damaged(m, "%s: its storage has an impossible size", name);
		return;
	}
	struct storage *s = w->find ? w->find(w->ctx, v->key) : NULL;
	note_storage(w, v, s, stored);
	if (end > stored && dtype_block(v->dtype) == 1)
		model_damaged(m, "%s needs %" PRIu64 " bytes of a storage of %" PRIu64, name, end,
			      stored);
	if (!s || !s->there || end > s->bytes) {
		t->flags |= MODEL_ABSENT;
	} else if (s->deflated) {
		t->offset = s->at;
		t->deflated = s->deflated;
		t->skip = begin;
		t->readable = true;
	} else {
		t->readable = true;
		t->offset = s->at + begin;
	}
}

static void
add_array(struct pickled *w, const struct numpy_array *x)
{
	struct model *m = w->f->m;
	const char *name = w->path.len ? str_c(&w->path) : "array";
	struct model_tensor *t = model_add_tensor(w->f, name, strlen(name));
	if (!t || !model_set_shape(m, t, x->dim, x->rank))
		return;
	model_set_type(t, x->type.dtype);
	if (x->type.dtype == DTYPE_OTHER)
		t->type = arena_str(&m->own->arena, x->type.name);
	t->nbytes = x->nbytes;
	t->swapped = x->type.swapped;
	if (x->fortran && x->rank > 1) {
		uint64_t *stride = arena_array(&m->own->arena, x->rank, sizeof *stride), due = 1;
		for (unsigned i = 0; i < x->rank; i++) {
			stride[i] = due;
			due *= x->dim[i];
		}
		t->stride = stride;
	}
	if (x->placed && w->placed)
		model_set_place(w->f, t, w->base + x->at);
}

/* -- everything else --------------------------------------------------------------------------- */

static bool
is_scalar(const struct pickle *p, pickle_id id)
{
	return pickle_kind(p, id) <= PICKLE_STR;
}

static const char *
last_part(struct pickled *w)
{
	const char *z = strrchr(str_c(&w->path), w->f->m->separator);
	return z ? z + 1 : str_c(&w->path);
}

static void
add_scalar(struct pickled *w, pickle_id id)
{
	struct model *m = w->f->m;
	double v;
	if (!w->path.len || w->parts > SCALAR_PARTS || w->scalars++ >= MAX_SCALARS)
		return;
	if (w->parts <= 2 && pickle_number(w->p, id, &v) && pickle_kind(w->p, id) != PICKLE_BOOL)
		model_note_progress(m, last_part(w), v);
	const char *text = pickle_text(w->p, id);
	struct str s = STR_INIT;
	if (text)
		str_adds(&s, text);
	else
		pickle_show(w->p, id, &s, 200);
	model_add_meta(m, str_c(&w->path), w->path.len, str_c(&s), s.len);
	str_release(&s);
}

static void walk(struct pickled *w, pickle_id id, unsigned depth);

/* What PyTorch's modules keep their parts in says nothing. */
static bool
is_wrapping(const char *key)
{
	return strcmp(key, "_parameters") == 0 || strcmp(key, "_buffers") == 0 ||
	       strcmp(key, "_modules") == 0;
}

static void
walk_pairs(struct pickled *w, const pickle_id *pair, uint32_t n, bool module, unsigned depth)
{
	for (uint32_t i = 0; i < n && !w->told; i++) {
		const char *key = pickle_text(w->p, pair[2 * i]);
		pickle_id value = pair[2 * i + 1];
		char buf[40];
		int64_t number;
		/* Of a module only its parts: its attributes are as many as it has bells and
		 * whistles. */
		if (module && (!key || (is_scalar(w->p, value) && !is_wrapping(key))))
			continue;
		if (module && key && is_wrapping(key)) {
			walk(w, value, depth + 1);
			continue;
		}
		if (!key && pickle_int(w->p, pair[2 * i], &number)) {
			snprintf(buf, sizeof buf, "%lld", (long long)number);
			key = buf;
		}
		struct str shown = STR_INIT;
		if (!key) {
			pickle_show(w->p, pair[2 * i], &shown, 60);
			key = str_c(&shown);
		}
		size_t len = enter(w, key, strlen(key));
		walk(w, value, depth + 1);
		leave(w, len);
		str_release(&shown);
	}
}

static void
walk_items(struct pickled *w, pickle_id id, const pickle_id *item, uint32_t n, unsigned depth)
{
	bool scalars = true;
	for (uint32_t i = 0; i < n && scalars; i++)
		scalars = is_scalar(w->p, item[i]);
	if (scalars) {
		struct model *m = w->f->m;
		if (!n || !w->path.len || w->parts > SCALAR_PARTS || w->scalars++ >= MAX_SCALARS)
			return;
		struct str s = STR_INIT;
		pickle_show(w->p, id, &s, 120);
		if (n > LONG_LIST)
			str_addf(&s, " (%u items)", (unsigned)n);
		model_add_meta(m, str_c(&w->path), w->path.len, str_c(&s), s.len);
		str_release(&s);
		return;
	}
	for (uint32_t i = 0; i < n && !w->told; i++) {
		char buf[24];
		int k = snprintf(buf, sizeof buf, "%u", (unsigned)i);
		size_t len = enter(w, buf, (size_t)k);
		walk(w, item[i], depth + 1);
		leave(w, len);
	}
}

static void
walk_object(struct pickled *w, pickle_id id, unsigned depth)
{
	const struct pickle *p = w->p;
	const struct pickle_object *o = p->node[id].o;
	const struct pickle_node *c = &p->node[o->callable];
	const pickle_id *pair, *part;
	if (!w->path.len && c->kind == PICKLE_GLOBAL && !w->f->m->title &&
	    strcmp(c->g->module, "collections") != 0)
		w->f->m->title =
			arena_printf(&w->f->m->own->arena, "%s.%s", c->g->module, c->g->name);
	walk_pairs(w, o->dict, o->ndict / 2, false, depth);
	if (o->nitems)
		walk_items(w, id, o->item, o->nitems, depth);
	/* OrderedDict carries versions of modules there. */
	bool ordered = c->kind == PICKLE_GLOBAL && strcmp(c->g->module, "collections") == 0;
	if (o->state == PICKLE_NIL || ordered)
		return;
	pickle_id state = o->state;
	uint32_t n = pickle_pairs(p, state, &pair);
	if (n) {
		bool module = pickle_value(p, state, "_modules") != PICKLE_NIL &&
			      pickle_value(p, state, "_parameters") != PICKLE_NIL;
		walk_pairs(w, pair, n, module, depth);
		return;
	}
	/* (attributes, slots) */
	n = pickle_items(p, state, &part);
	for (uint32_t i = 0; i < n && i < 8; i++)
		if (pickle_kind(p, part[i]) == PICKLE_DICT)
			walk(w, part[i], depth + 1);
	if (pickle_kind(p, state) == PICKLE_OBJECT)
		walk(w, state, depth + 1);
}

static void
walk(struct pickled *w, pickle_id id, unsigned depth)
{
	const pickle_id *item;
	struct view v;
	struct numpy_array x;
	if (w->told)
		return;
	if (++w->visits > MAX_VISITS || w->path.len > 4096) {
		model_remark(w->f->m, "too much in it: not all of it was looked at");
		w->told = true;
		return;
	}
	if (depth > MAX_DEPTH)
		return;
	switch (pickle_kind(w->p, id)) {
	case PICKLE_OBJECT:
		if (view_of(w->p, id, &v))
			add_view(w, &v);
		else if (pickle_numpy_array(w->p, id, &x))
			add_array(w, &x);
		else
			walk_object(w, id, depth);
		break;
	case PICKLE_DICT:
		walk_pairs(w, w->p->node[id].item, w->p->node[id].n / 2, false, depth);
		break;
	case PICKLE_TUPLE:
	case PICKLE_LIST:
		walk_items(w, id, w->p->node[id].item, pickle_items(w->p, id, &item), depth);
		break;
	case PICKLE_NONE:
	case PICKLE_BOOL:
	case PICKLE_INT:
	case PICKLE_BIG:
	case PICKLE_FLOAT:
	case PICKLE_STR:
		add_scalar(w, id);
		break;
	default:
		break;
	}
}

void
pickled_walk(struct pickled *w, pickle_id root)
{
	walk(w, root, 0);
}

void
pickled_release(struct pickled *w)
{
	str_release(&w->path);
	map_release(&w->seen);
}
