/* What torch.save() wrote before 1.6 (and still does when asked): five pickles, one behind the
 * other (a magic number, a version, the machine, the object, the keys of the storages), then
 * each storage as a count and its numbers (torch/serialization.py, _legacy_save). */
#include "core/le.h"
#include "core/model_pickle.h"
#include "core/xalloc.h"

#include <string.h>

struct stream {
	struct map storages; /* by key */
	struct arena arena;
};

bool
model_is_torch_legacy(const struct blob *b)
{
	static const char magic[] = "\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19";
	char buf[12];
	return blob_read(b, 2, buf, sizeof buf) && memcmp(buf, magic, sizeof buf) == 0;
}

/* Until its place is known, BYTES is the size of an element. */
static void
note_size(void *ctx, const char *key, unsigned size, uint64_t numel)
{
	struct stream *t = ctx;
	(void)numel;
	if (map_get(&t->storages, key, strlen(key)))
		return;
	struct storage *s = arena_alloc(&t->arena, sizeof *s);
	s->bytes = size;
	map_put(&t->storages, key, strlen(key), s);
}

static struct storage *
find_storage(void *ctx, const char *key)
{
	struct stream *t = ctx;
	return map_get(&t->storages, key, strlen(key));
}

/* The numbers stand in the order of the keys. */
static void
place_storages(struct model_file *f, struct stream *t, const struct pickle *p, pickle_id keys,
	       struct scan *s)
{
	const pickle_id *key;
	uint32_t n = pickle_items(p, keys, &key);
	for (uint32_t i = 0; i < n; i++) {
		const char *z = pickle_text(p, key[i]);
		struct storage *x = z ? find_storage(t, z) : NULL;
		uint64_t count = scan_u64(s), bytes;
		if (s->cut) {
			model_cut(f->m, 1, true);
			return;
		}
		if (!x || x->there || __builtin_mul_overflow(count, x->bytes, &bytes)) {
			model_damaged(f->m, "storage %u is named by nothing", (unsigned)i);
			return;
		}
		uint64_t left = scan_left(s);
		x->there = true;
		x->at = s->at;
		x->bytes = bytes < left ? bytes : left;
		if (!scan_skip(s, bytes)) {
			model_cut(f->m, bytes - left, i + 1 < n);
			return;
		}
	}
	if (scan_left(s)) {
		f->m->extra += scan_left(s);
		model_remark(f->m, "%llu bytes stand behind the last storage",
			     (unsigned long long)scan_left(s));
	}
}

/* What was not reached is not there. */
static void
drop_unplaced(struct stream *t)
{
	size_t at = 0;
	for (struct storage *x; (x = map_next(&t->storages, &at));)
		if (!x->there)
			x->bytes = 0;
}

int
model_read_torch_legacy(struct model_file *f, struct scan *s)
{
	static const char *const name[] = {"the magic number", "the version", "the machine",
					   "the object", "the list of storages"};
	struct model *m = f->m;
	struct pickle p;
	struct stream t = {0};
	pickle_id part[5] = {0};
	enum pickle_end end = PICKLE_STOP;
	int n = 0;
	m->format = "pytorch-legacy";
	pickle_init(&p);
	while (n < 5 && (end = pickle_run(&p, s, &part[n])) == PICKLE_STOP)
		n++;
	pickled_judge(m, &p, "", end, false);
	if (n < 5) {
		pickled_say_end(m, name[n], &p, end);
		if (end == PICKLE_CUT)
			model_cut(m, 1, true);
	}
	struct pickled w = {.f = f, .p = &p, .find = find_storage, .ctx = &t, .placed = true};
	pickle_id little = pickle_value(&p, part[2], "little_endian");
	w.swapped = little == PICKLE_FALSE;
	pickled_storages(&p, note_size, &t);
	if (n == 5)
		place_storages(f, &t, &p, part[4], s);
	drop_unplaced(&t);
	if (n >= 4)
		pickled_walk(&w, part[3]);
	pickled_release(&w);
	pickle_release(&p);
	map_release(&t.storages);
	arena_release(&t.arena);
	return 0;
}
