/* GGUF (github.com/ggml-org/ggml, docs/gguf.md): counts, typed key-value pairs, a table of
 * tensors, and their data, each at a multiple of the alignment.
 *
 * Arrays can be a vocabulary of a hundred thousand words: the first few elements are kept, the
 * rest is passed over. A count is believed as far as the bytes that are left could hold it. */
#include "core/model_own.h"
#include "core/xalloc.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
	VERSION_MIN = 2,
	VERSION_MAX = 3,
	MAX_KEY = 65535,
	SHOWN = 8, /* elements of an array */
	MAX_DIMS = 4,
	ARRAY = 9,
	STRING = 8,
	KINDS = 13,
};

struct gguf {
	struct model_file *f;
	struct scan *s;
	uint64_t alignment;
	struct str key, value;
};

/* Bytes of a value; 0: of no fixed size. */
static const uint8_t width[KINDS] = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};
static const char *const kind_name[KINDS] = {"u8",   "i8",   "u16",   "i16", "u32", "i32", "f32",
					     "bool", "text", "array", "u64", "i64", "f64"};

static const enum dtype types[] = {
	[0] = DTYPE_F32,      [1] = DTYPE_F16,     [2] = DTYPE_Q4_0,     [3] = DTYPE_Q4_1,
	[6] = DTYPE_Q5_0,     [7] = DTYPE_Q5_1,    [8] = DTYPE_Q8_0,     [9] = DTYPE_Q8_1,
	[10] = DTYPE_Q2_K,    [11] = DTYPE_Q3_K,   [12] = DTYPE_Q4_K,    [13] = DTYPE_Q5_K,
	[14] = DTYPE_Q6_K,    [15] = DTYPE_Q8_K,   [16] = DTYPE_IQ2_XXS, [17] = DTYPE_IQ2_XS,
	[18] = DTYPE_IQ3_XXS, [19] = DTYPE_IQ1_S,  [20] = DTYPE_IQ4_NL,  [21] = DTYPE_IQ3_S,
	[22] = DTYPE_IQ2_S,   [23] = DTYPE_IQ4_XS, [24] = DTYPE_I8,      [25] = DTYPE_I16,
	[26] = DTYPE_I32,     [27] = DTYPE_I64,    [28] = DTYPE_F64,     [29] = DTYPE_IQ1_M,
	[30] = DTYPE_BF16,    [34] = DTYPE_TQ1_0,  [35] = DTYPE_TQ2_0,   [39] = DTYPE_MXFP4,
	[40] = DTYPE_NVFP4,   [41] = DTYPE_Q1_0,   [42] = DTYPE_Q2_0,
};

/* Text of which at most KEEP bytes are kept; false: it goes beyond the end. */
static bool
text(struct gguf *g, struct str *out, size_t keep)
{
	uint64_t n = scan_u64(g->s);
	if (g->s->cut || n > scan_left(g->s)) {
		g->s->cut = true;
		return false;
	}
	size_t have = n < keep ? (size_t)n : keep;
	have = have < SCAN_WINDOW ? have : SCAN_WINDOW;
	const unsigned char *p = scan_peek(g->s, have);
	if (!p) {
		g->s->cut = true;
		return false;
	}
	str_add(out, p, have);
	if (have < n)
		str_addf(out, "… (%" PRIu64 " bytes)", n);
	return scan_skip(g->s, n);
}

static bool
scalar(struct gguf *g, uint32_t kind)
{
	struct str *o = &g->value;
	if (kind == STRING)
		return text(g, o, MODEL_MAX_VALUE / 2);
	const unsigned char *p = scan_take(g->s, width[kind]);
	if (!p)
		return false;
	uint64_t v = 0;
	for (unsigned i = 0; i < width[kind]; i++)
		v |= (uint64_t)p[i] << 8 * i;
	uint32_t low = (uint32_t)v;
	float f;
	double d;
	switch (kind) {
	case 1:
		str_addf(o, "%d", (int8_t)v);
		break;
	case 3:
		str_addf(o, "%d", (int16_t)v);
		break;
	case 5:
		str_addf(o, "%d", (int32_t)v);
		break;
	case 6:
		memcpy(&f, &low, sizeof f);
		str_addf(o, "%.8g", (double)f);
		break;
	case 7:
		str_adds(o, v ? "true" : "false");
		break;
	case 11:
		str_addf(o, "%" PRId64, (int64_t)v);
		break;
	case 12:
		memcpy(&d, &v, sizeof d);
		str_addf(o, "%.16g", d);
		break;
	default:
		str_addf(o, "%" PRIu64, v);
	}
	return true;
}

static bool
array(struct gguf *g)
{
	uint32_t kind = scan_u32(g->s);
	uint64_t n = scan_u64(g->s);
	if (g->s->cut)
		return false;
	if (kind >= KINDS || kind == ARRAY) {
		model_damaged(g->f->m, "%s: an array of kind %u", str_c(&g->key), (unsigned)kind);
		return false;
	}
	uint64_t least = kind == STRING ? 8 : width[kind];
	if (n > scan_left(g->s) / least) {
		g->s->cut = true;
		return false;
	}
	if (n > SHOWN)
		str_addf(&g->value, "%" PRIu64 " × %s: ", n, kind_name[kind]);
	str_addc(&g->value, '[');
	struct str dropped = STR_INIT;
	bool good = true;
	for (uint64_t i = 0; i < n && good; i++) {
		if (i < SHOWN) {
			str_adds(&g->value, i ? ", " : "");
			good = scalar(g, kind);
		} else if (kind == STRING) {
			str_reset(&dropped);
			good = text(g, &dropped, 0);
		} else {
			good = scan_skip(g->s, (n - i) * width[kind]);
			break;
		}
	}
	str_adds(&g->value, n > SHOWN ? ", …]" : "]");
	str_release(&dropped);
	return good;
}

static bool
pair(struct gguf *g)
{
	str_reset(&g->key);
	str_reset(&g->value);
	if (!text(g, &g->key, 1000))
		return false;
	uint32_t kind = scan_u32(g->s);
	if (g->s->cut)
		return false;
	if (kind >= KINDS) {
		model_damaged(g->f->m, "%s: a value of kind %u", str_c(&g->key), (unsigned)kind);
		return false;
	}
	if (kind == ARRAY ? !array(g) : !scalar(g, kind))
		return false;
	model_add_meta(g->f->m, str_c(&g->key), g->key.len, str_c(&g->value), g->value.len);
	if (strcmp(str_c(&g->key), "general.alignment") == 0 && kind == 4) {
		uint64_t a = strtoull(str_c(&g->value), NULL, 10);
		if (a && (a & (a - 1)) == 0)
			g->alignment = a;
		else
			model_damaged(g->f->m, "an alignment of %" PRIu64, a);
	}
	return true;
}

static bool
tensor(struct gguf *g)
{
	struct model *m = g->f->m;
	uint64_t ne[MAX_DIMS], dim[MAX_DIMS];
	str_reset(&g->key);
	if (!text(g, &g->key, 1000))
		return false;
	uint32_t rank = scan_u32(g->s);
	if (!g->s->cut && rank > MAX_DIMS) {
		model_damaged(m, "%s has %u dimensions", str_c(&g->key), (unsigned)rank);
		return false;
	}
	for (uint32_t i = 0; i < rank && !g->s->cut; i++)
		ne[i] = scan_u64(g->s);
	uint32_t type = scan_u32(g->s);
	uint64_t offset = scan_u64(g->s);
	if (g->s->cut)
		return false;
	/* The first of theirs varies fastest. */
	for (uint32_t i = 0; i < rank; i++)
		dim[rank - 1 - i] = ne[i];
	struct model_tensor *t = model_add_tensor(g->f, str_c(&g->key), g->key.len);
	if (!t)
		return true;
	t->offset = offset;
	if (!model_set_shape(m, t, dim, rank))
		return true;
	if (type >= sizeof types / sizeof *types || types[type] == DTYPE_OTHER) {
		t->type = arena_printf(&m->own->arena, "type %u", (unsigned)type);
		return true;
	}
	/* A row is whole blocks; the rest of the last one would belong to nothing. */
	model_set_type(t, types[type]);
	if (rank && ne[0] % dtype_block(t->dtype))
		model_damaged(m, "%s: rows of %" PRIu64 " in blocks of %u", t->name, ne[0],
			      dtype_block(t->dtype));
	return true;
}

static uint64_t
aligned(uint64_t n, uint64_t to)
{
	uint64_t up;
	return __builtin_add_overflow(n, to - 1, &up) ? UINT64_MAX : up / to * to;
}

static int
by_offset(const void *pa, const void *pb)
{
	const struct model_tensor *a = *(struct model_tensor *const *)pa;
	const struct model_tensor *b = *(struct model_tensor *const *)pb;
	return a->offset < b->offset ? -1 : a->offset > b->offset;
}

/* From offsets in the data to places in the file. Each begins where the one before ends. */
static void
place_all(struct gguf *g, size_t first, uint64_t data)
{
	struct model *m = g->f->m;
	size_t n = m->ntensors - first;
	struct model_tensor **order = xcalloc(n, sizeof(struct model_tensor *));
	for (size_t i = 0; i < n; i++)
		order[i] = &m->tensor[first + i];
	qsort(order, n, sizeof(struct model_tensor *), by_offset);
	uint64_t due = 0, end = data;
	bool told = false;
	for (size_t i = 0; i < n; i++) {
		struct model_tensor *t = order[i];
		uint64_t at, last;
		if (t->dtype == DTYPE_OTHER) {
			uint64_t next = i + 1 < n ? order[i + 1]->offset : t->offset;
			t->nbytes = next > t->offset ? next - t->offset : 0;
		}
		if (__builtin_add_overflow(data, t->offset, &at) ||
		    __builtin_add_overflow(at, t->nbytes, &last)) {
			model_damaged(m, "%s lies beyond everything", t->name);
			t->offset = UINT64_MAX;
			t->flags |= MODEL_ABSENT;
			continue;
		}
		if (t->offset != due && !told) {
			model_damaged(m,
				      "%s begins at %" PRIu64 " of the data where %" PRIu64
				      " is due",
				      t->name, t->offset, due);
			told = true;
		}
		due = aligned(t->offset + t->nbytes, g->alignment);
		end = last > end ? last : end;
		model_set_place(g->f, t, at);
	}
	free(order);
	uint64_t size = g->f->blob.size;
	if (end > size) {
		model_cut(m, end - size, false);
	} else if (aligned(end, g->alignment) < size) {
		m->extra += size - end;
		model_remark(m, "%" PRIu64 " bytes stand behind the last tensor", size - end);
	}
}

static void
read_all(struct gguf *g)
{
	struct model *m = g->f->m;
	size_t first = m->ntensors;
	scan_skip(g->s, 4);
	uint32_t version = scan_u32(g->s);
	if (!g->s->cut && (version & 0xFFFF) == 0 && version) {
		model_remark(m, "written by a big-endian machine: not read");
		m->state = MODEL_UNSURE;
		return;
	}
	if (!g->s->cut && (version < VERSION_MIN || version > VERSION_MAX)) {
		model_remark(m, "version %u: not read", (unsigned)version);
		m->state = MODEL_UNSURE;
		return;
	}
	uint64_t ntensors = scan_u64(g->s), npairs = scan_u64(g->s);
	if (!g->s->cut)
		m->version = arena_printf(&m->own->arena, "%u", (unsigned)version);
	bool good = !g->s->cut;
	for (uint64_t i = 0; i < npairs && good; i++)
		good = pair(g);
	for (uint64_t i = 0; i < ntensors && good; i++)
		good = tensor(g);
	const char *name = model_meta(m, "general.name");
	m->title = model_meta(m, "general.architecture");
	if (name && m->title)
		m->title = arena_printf(&m->own->arena, "%s, %s", name, m->title);
	if (good) {
		place_all(g, first, aligned(g->s->at, g->alignment));
		return;
	}
	for (size_t i = first; i < m->ntensors; i++)
		m->tensor[i].flags |= MODEL_ABSENT;
	if (g->s->cut) {
		model_remark(m, "ends within its header");
		model_cut(m, 1, true);
	}
}

int
model_read_gguf(struct model_file *f, struct err *e)
{
	struct gguf g = {.f = f, .alignment = 32};
	(void)e;
	f->m->format = "gguf";
	model_judge(f->m, MODEL_SAFE);
	g.s = xmalloc(sizeof *g.s);
	scan_init(g.s, &f->blob, 0);
	read_all(&g);
	str_release(&g.key);
	str_release(&g.value);
	free(g.s);
	return 0;
}
