/* safetensors: eight bytes of length, a JSON object, and then nothing but numbers, to the last
 * byte (github.com/huggingface/safetensors, "Format").
 *
 * The reference reader insists that the tensors follow one another without holes and that the last
 * one ends where the file does. That is what tells a whole file from half of one, so the same is
 * checked here; but where it refuses, this one goes on and says what is wrong. */
#include "core/json.h"
#include "core/le.h"
#include "core/model_own.h"
#include "core/num.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_HEADER = 100000000 };

struct header {
	struct model_file *f;
	struct json j;
	uint64_t data; /* where the numbers begin */
	struct str text;
};

static bool
whole_number(double d, uint64_t *v)
{
	if (!(d >= 0) || d > 0x1p53 || d != floor(d))
		return false;
	*v = (uint64_t)d;
	return true;
}

/* Past the value whose first token is T; false at the end of what can be read. */
static bool
pass(struct json *j, enum json_type t)
{
	unsigned depth = j->depth;
	if (t == JSON_OBJECT || t == JSON_ARRAY)
		while (j->depth >= depth)
			if ((t = json_next(j)) == JSON_BAD || t == JSON_DEEP || t == JSON_END)
				return false;
	return t != JSON_BAD && t != JSON_DEEP && t != JSON_END;
}

static void
unescape(struct header *h)
{
	str_reset(&h->text);
	json_unescape(&h->text, h->j.text, h->j.ntext);
}

/* "[2, 3]" into at most MAX numbers; *N may become MAX + 1. */
static bool
numbers(struct header *h, uint64_t *v, size_t max, size_t *n, bool *good)
{
	enum json_type t = json_next(&h->j);
	*n = 0;
	if (t != JSON_ARRAY) {
		*good = false;
		return pass(&h->j, t);
	}
	while ((t = json_next(&h->j)) != JSON_CLOSE) {
		uint64_t one = 0;
		if (t != JSON_NUMBER || !whole_number(h->j.number, &one))
			*good = false;
		if (!pass(&h->j, t))
			return false;
		if (*n < max)
			v[*n] = one;
		*n += *n <= max;
	}
	return true;
}

/* The value of a tensor's key, which is in h->text. */
static bool
tensor(struct header *h)
{
	struct model *m = h->f->m;
	struct json *j = &h->j;
	char *name = arena_text(&m->own->arena, str_c(&h->text), h->text.len);
	uint64_t dim[MODEL_MAX_RANK], offset[2] = {0, 0};
	size_t rank = 0, noffsets = 0;
	bool good = true, typed = false;
	enum dtype dtype = DTYPE_OTHER;
	const char *type = "?";
	enum json_type t = json_next(j);
	if (t != JSON_OBJECT) {
		model_damaged(m, "%s is no tensor", name);
		return pass(j, t);
	}
	while ((t = json_next(j)) == JSON_KEY) {
		unescape(h);
		if (strcmp(str_c(&h->text), "shape") == 0) {
			if (!numbers(h, dim, MODEL_MAX_RANK, &rank, &good))
				return false;
		} else if (strcmp(str_c(&h->text), "data_offsets") == 0) {
			if (!numbers(h, offset, 2, &noffsets, &good))
				return false;
		} else if (strcmp(str_c(&h->text), "dtype") == 0) {
			if ((t = json_next(j)) == JSON_STRING) {
				typed = true;
				unescape(h);
				dtype = dtype_by_name(str_c(&h->text), h->text.len);
				type = arena_text(&m->own->arena, str_c(&h->text), h->text.len);
			} else if (!pass(j, t)) {
				return false;
			}
		} else if (!pass(j, json_next(j))) {
			return false;
		}
	}
	if (t != JSON_CLOSE)
		return false;
	struct model_tensor *x = model_add_tensor(h->f, name, strlen(name));
	if (!x)
		return true;
	x->type = type;
	if (!model_set_shape(m, x, dim, rank))
		return true;
	if (!good || !typed || noffsets != 2 || offset[1] < offset[0]) {
		model_damaged(m, "%s: type, shape or place are not as they must be", name);
		return true;
	}
	model_set_type(x, dtype);
	uint64_t said = offset[1] - offset[0];
	uint64_t due = x->nbytes;
	x->nbytes = said;
	model_set_place(h->f, x, h->data + offset[0]);
	if (dtype != DTYPE_OTHER && due != said) {
		model_damaged(m, "%s has %" PRIu64 " bytes where its shape needs %" PRIu64, name,
			      said, due);
		x->readable = false;
	}
	return true;
}

/* "__metadata__": strings by strings. */
static bool
metadata(struct header *h)
{
	struct model *m = h->f->m;
	enum json_type t = json_next(&h->j);
	if (t != JSON_OBJECT) {
		if (t != JSON_NULL)
			model_damaged(m, "__metadata__ is no object");
		return pass(&h->j, t);
	}
	while ((t = json_next(&h->j)) == JSON_KEY) {
		unescape(h);
		struct str key = h->text;
		h->text = (struct str)STR_INIT;
		t = json_next(&h->j);
		if (t == JSON_STRING) {
			unescape(h);
			if (!model_meta(m, str_c(&key)))
				model_add_meta(m, str_c(&key), key.len, str_c(&h->text),
					       h->text.len);
			double v;
			const char *z = str_c(&h->text);
			if (num_parse_all(z, z + h->text.len, &v))
				model_note_progress(m, str_c(&key), v);
		} else {
			model_damaged(m, "__metadata__: a value is no string");
		}
		str_release(&key);
		if (!pass(&h->j, t))
			return false;
	}
	return t == JSON_CLOSE;
}

static bool
object(struct header *h)
{
	enum json_type t = json_next(&h->j);
	if (t != JSON_OBJECT)
		return false;
	while ((t = json_next(&h->j)) == JSON_KEY) {
		unescape(h);
		if (strcmp(str_c(&h->text), "__metadata__") == 0 ? !metadata(h) : !tensor(h))
			return false;
	}
	return t == JSON_CLOSE && json_next(&h->j) == JSON_END;
}

static int
by_offset(const void *pa, const void *pb)
{
	const struct model_tensor *a = *(const struct model_tensor *const *)pa;
	const struct model_tensor *b = *(const struct model_tensor *const *)pb;
	if (a->offset != b->offset)
		return a->offset < b->offset ? -1 : 1;
	return a->nbytes < b->nbytes ? -1 : a->nbytes > b->nbytes;
}

/* Each begins where the one before ends, the first where the header does. Returns where the last
 * one ends. */
static uint64_t
check_places(struct header *h, size_t first)
{
	struct model *m = h->f->m;
	size_t n = m->ntensors - first;
	const struct model_tensor **order =
		arena_array(&m->own->arena, n ? n : 1, sizeof(const struct model_tensor *));
	for (size_t i = 0; i < n; i++)
		order[i] = &m->tensor[first + i];
	qsort(order, n, sizeof(const struct model_tensor *), by_offset);
	uint64_t at = h->data;
	bool told = false;
	for (size_t i = 0; i < n; i++) {
		if (order[i]->offset != at && !told && order[i]->readable) {
			model_damaged(m, "%s begins at byte %" PRIu64 " where %" PRIu64 " is due",
				      order[i]->name, order[i]->offset, at);
			told = true;
		}
		uint64_t end = order[i]->offset + order[i]->nbytes;
		at = end > at ? end : at;
	}
	return at;
}

int
model_read_safetensors(struct model_file *f, struct err *e)
{
	struct model *m = f->m;
	unsigned char head[8];
	if (!blob_read(&f->blob, 0, head, sizeof head))
		return err_set(e, ERR_FORMAT, "%s: not safetensors", m->path);
	uint64_t n = le64(head), there = f->blob.size - 8;
	if (n > MAX_HEADER)
		return err_set(e, ERR_FORMAT, "%s: not safetensors", m->path);
	m->format = "safetensors";
	model_judge(m, MODEL_SAFE);
	struct header h = {.f = f, .data = 8 + n};
	struct blob piece = blob_piece(&f->blob, 8, n);
	size_t have = 0, first = m->ntensors;
	char *text = model_slurp(&piece, MAX_HEADER, &have);
	if (!text)
		return err_set(e, ERR_SYS, "%s: cannot be read", m->path);
	while (have == n && have && text[have - 1] == '\0')
		have--;
	json_init(&h.j, text, have);
	bool good = object(&h);
	if (n > there)
		model_cut(m, n - there, true);
	else if (!good)
		model_damaged(m, "the header is no JSON behind byte %zu",
			      8 + (size_t)(h.j.p - text));
	uint64_t end = check_places(&h, first);
	if (n <= there && end > f->blob.size)
		model_cut(m, end - f->blob.size, false);
	else if (n <= there && end < f->blob.size) {
		m->extra += f->blob.size - end;
		model_damaged(m, "%" PRIu64 " bytes stand behind the last tensor",
			      f->blob.size - end);
	}
	str_release(&h.text);
	free(text);
	return 0;
}
