/* PyTorch's zip files (since 1.6): everything below one directory; data.pkl says what there is,
 * each data/KEY is a storage as it was in memory, `byteorder` which way round. With constants.pkl
 * and code/ it is TorchScript: a program, not only weights.
 *
 * Like PyTorch, this takes data.pkl to be the member that ends in /data.pkl, and looks at no
 * checksum. A file that was cut is read as far as it goes: data.pkl stands in front. */
#include "core/model_pickle.h"
#include "core/xalloc.h"
#include "core/zip.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct archive {
	struct model_file *f;
	const struct zip *zip;
	const char *top; /* "archive/" */
	size_t ntop;
	struct map storages; /* by key */
	struct arena arena;
};

/* In any case: PyTorch's own reader does not tell them apart. */
static bool
ends(const char *z, const char *with)
{
	size_t n = strlen(z), k = strlen(with);
	return n >= k && strcasecmp(z + n - k, with) == 0;
}

/* A member's bytes: where they are, or, deflated, in memory (to be freed). */
static bool
member(struct model_file *f, const struct zip_entry *x, struct blob *b, unsigned char **mem,
       bool *cut, uint64_t *at)
{
	*mem = NULL;
	*at = 0;
	if (!model_may(f->m, x->method == ZIP_STORED ? x->packed : x->size))
		return false;
	if (x->method == ZIP_STORED && zip_place(&f->blob, x, at)) {
		*b = blob_piece(&f->blob, *at, x->packed);
		*cut = b->size < x->packed;
		return true;
	}
	size_t n;
	bool whole;
	*mem = zip_content(&f->blob, x, MODEL_MAX_INFLATED, &n, &whole);
	if (!*mem)
		return false;
	*b = (struct blob){.fd = -1, .mem = *mem, .size = n};
	*cut = !whole;
	return true;
}

void
model_scan_member(struct model_file *f, const struct zip_entry *x, bool script)
{
	struct blob b;
	unsigned char *mem;
	bool cut;
	uint64_t at;
	if (!member(f, x, &b, &mem, &cut, &at)) {
		model_judge(f->m, MODEL_UNJUDGED);
		return;
	}
	struct pickle p;
	struct scan *s = xmalloc(sizeof *s);
	pickle_id root;
	pickle_init(&p);
	scan_init(s, &b, 0);
	enum pickle_end end = pickle_run(&p, s, &root);
	pickled_judge(f->m, &p, x->name, end, script);
	pickled_say_end(f->m, x->name, &p, end);
	pickle_release(&p);
	free(s);
	free(mem);
}

static struct storage *
find_storage(void *ctx, const char *key)
{
	struct archive *a = ctx;
	return map_get(&a->storages, key, strlen(key));
}

static void
collect_storages(struct archive *a)
{
	for (size_t i = 0; i < a->zip->n; i++) {
		const struct zip_entry *x = &a->zip->entry[i];
		if (strncmp(x->name, a->top, a->ntop) != 0 ||
		    strncmp(x->name + a->ntop, "data/", 5) != 0)
			continue;
		const char *key = x->name + a->ntop + 5;
		struct storage *s = arena_alloc(&a->arena, sizeof *s);
		uint64_t left = 0;
		s->there = zip_place(&a->f->blob, x, &s->at);
		if (s->there)
			left = a->f->blob.size - s->at;
		uint64_t packed = x->packed < left ? x->packed : left;
		s->bytes = x->method == ZIP_STORED ? packed : x->size;
		s->deflated = x->method == ZIP_STORED ? 0 : packed;
		s->there &= x->method == ZIP_STORED || x->method == ZIP_DEFLATED;
		if (x->packed > left)
			s->there &= x->method == ZIP_STORED;
		map_put(&a->storages, key, strlen(key), s);
	}
}

/* What members there are beside data.pkl and the storages. */
struct found {
	size_t pickles, code, outside;
	uint64_t code_bytes;
	bool constants;
	const char *first_code;
};

static void
look_around(struct archive *a, const struct zip_entry *pkl, struct found *is)
{
	struct model *m = a->f->m;
	char text[64];
	for (size_t i = 0; i < a->zip->n; i++) {
		const struct zip_entry *x = &a->zip->entry[i];
		if (strncmp(x->name, a->top, a->ntop) != 0) {
			is->outside++;
			continue;
		}
		const char *name = x->name + a->ntop;
		is->constants |= strcmp(name, "constants.pkl") == 0;
		if (strncmp(name, "code/", 5) == 0 && ends(name, ".py")) {
			is->first_code = is->code++ ? is->first_code : x->name;
			is->code_bytes += x->size;
		}
		bool version = strcmp(name, "version") == 0 || strcmp(name, ".data/version") == 0;
		bool order = strcmp(name, "byteorder") == 0;
		if ((version || order) && x->size < sizeof text) {
			size_t n;
			bool whole;
			unsigned char *z = zip_content(&a->f->blob, x, sizeof text - 1, &n, &whole);
			if (!z)
				continue;
			n = strcspn((char *)z, "\r\n");
			if (version)
				m->version = arena_text(&m->own->arena, (char *)z, n);
			else
				model_add_meta(m, "byteorder", 9, (char *)z, n);
			free(z);
		}
	}
	for (size_t i = 0; i < a->zip->n; i++) {
		const struct zip_entry *x = &a->zip->entry[i];
		const char *name = strncmp(x->name, a->top, a->ntop) ? x->name : x->name + a->ntop;
		unsigned char head[2] = {0};
		uint64_t at;
		if (x == pkl || strncmp(name, "data/", 5) == 0)
			continue;
		/* By name, or because it looks like one: whatever else would be loaded. */
		bool sniffs = x->method == ZIP_STORED && x->packed > 4 &&
			      zip_place(&a->f->blob, x, &at) &&
			      blob_read(&a->f->blob, at, head, 2) && head[0] == 0x80 &&
			      head[1] <= 5;
		if (!ends(name, ".pkl") && !ends(name, ".pickle") && !ends(name, ".debug_pkl") &&
		    !sniffs)
			continue;
		is->pickles += ends(name, "data.pkl");
		model_scan_member(a->f, x, is->constants || is->code);
	}
}

static void
say_around(struct archive *a, const struct found *is)
{
	struct model *m = a->f->m;
	if (is->pickles)
		model_remark(m,
			     "there is more than one data.pkl: which one is loaded is not certain");
	if (is->outside)
		model_remark(m, "%zu members stand outside of %s", is->outside, a->top);
	if (a->zip->lead)
		model_remark(m, "%" PRIu64 " bytes stand in front of the archive", a->zip->lead);
	if (a->zip->tail) {
		m->extra += a->zip->tail;
		model_remark(m, "%" PRIu64 " bytes stand behind the archive", a->zip->tail);
	}
	if (a->zip->wrong)
		model_damaged(m, "the directory lacks %" PRIu64 " of its entries", a->zip->wrong);
	if (a->zip->twofold)
		model_evidence(m, MODEL_DANGER, "two directories", "the end of the archive",
			       "which of them counts, loaders disagree: one hides from the other");
	if (is->code) {
		struct str how = STR_INIT;
		str_addf(&how, "%zu files of code, %" PRIu64 " bytes, that run when the model does",
			 is->code, is->code_bytes);
		model_evidence(m, MODEL_CODE, "TorchScript", is->first_code, str_c(&how));
		str_release(&how);
		model_add_metaf(m, "code files", "%zu", is->code);
	}
}

int
model_read_torch_zip(struct model_file *f, const struct zip *z, const struct zip_entry *pkl,
		     struct err *e)
{
	struct model *m = f->m;
	struct archive a = {.f = f, .zip = z, .top = pkl->name};
	struct found is = {0};
	struct pickle p;
	struct blob b;
	unsigned char *mem;
	bool cut;
	pickle_id root;
	uint64_t at;
	m->format = "pytorch";
	a.ntop = strlen(pkl->name) - strlen("data.pkl");
	a.top = arena_text(&a.arena, pkl->name, a.ntop);
	look_around(&a, pkl, &is);
	if (is.constants || is.code)
		m->format = "torchscript";
	if (!member(f, pkl, &b, &mem, &cut, &at)) {
		arena_release(&a.arena);
		model_judge(m, MODEL_UNJUDGED);
		model_damaged(m, "%s cannot be read", pkl->name);
		if (z->cut)
			model_cut(m, 1, true);
		return 0;
	}
	(void)e;
	collect_storages(&a);
	struct scan *s = xmalloc(sizeof *s);
	scan_init(s, &b, 0);
	pickle_init(&p);
	enum pickle_end end = pickle_run(&p, s, &root);
	pickled_judge(m, &p, pkl->name, end, is.constants || is.code);
	pickled_say_end(m, pkl->name, &p, end);
	say_around(&a, &is);
	const char *order = model_meta(m, "byteorder");
	struct pickled w = {.f = f,
			    .p = &p,
			    .find = find_storage,
			    .ctx = &a,
			    .swapped = order && strcmp(order, "big") == 0,
			    .placed = !mem,
			    .base = at};
	if (end == PICKLE_STOP)
		pickled_walk(&w, root);
	if (z->cut)
		model_cut(m, w.missing ? w.missing : 1, true);
	else if (w.missing)
		model_damaged(m, "%" PRIu64 " bytes of storages are not in the archive", w.missing);
	pickled_release(&w);
	pickle_release(&p);
	map_release(&a.storages);
	arena_release(&a.arena);
	free(s);
	free(mem);
	return 0;
}
