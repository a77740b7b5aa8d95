/* A directory that is one model. Three things say what is in it:
 *
 * an index (model.safetensors.index.json, pytorch_model.bin.index.json): which tensor is in
 * which shard; a file that names the newest of its subdirectories (DeepSpeed's `latest`,
 * Megatron's latest_checkpointed_iteration.txt): that is read instead; else the files
 * themselves: those that are called model, or N of M, are the model; others beside them
 * (optimizer.pt, rng_state.pth, one for each rank) stand under their own names. */
#include "core/checkpoint.h"
#include "core/json.h"
#include "core/model_own.h"
#include "core/name.h"
#include "core/xalloc.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { MAX_FILES = 4096, MAX_DEPTH = 3, MAX_INDEX = 100 << 20, MAX_STATE = 64 << 20 };

struct listing {
	char **file; /* relative */
	size_t n, cap;
	char *index; /* that there is; NULL */
};

static bool
ends(const char *z, const char *with)
{
	size_t n = strlen(z), k = strlen(with);
	return n >= k && strcmp(z + n - k, with) == 0;
}

/* -- what there is ----------------------------------------------------------------------------- */

static bool
is_model_name(const char *z)
{
	static const char *const suffix[] = {".safetensors", ".pt",   ".pth", ".bin",    ".ckpt",
					     ".gguf",        ".onnx", ".h5",  ".hdf5",   ".keras",
					     ".npz",         ".npy",  ".pkl", ".joblib", ".distcp"};
	for (size_t i = 0; i < sizeof suffix / sizeof *suffix; i++)
		if (ends(z, suffix[i]))
			return true;
	return false;
}

static void
list(struct listing *l, const char *dir, const char *below, unsigned depth)
{
	char *path = xasprintf("%s%s%s", dir, *below ? "/" : "", below);
	DIR *d = opendir(path);
	for (struct dirent *x; d && (x = readdir(d)) && l->n < MAX_FILES;) {
		struct stat st;
		if (x->d_name[0] == '.')
			continue;
		char *name = xasprintf("%s%s%s", below, *below ? "/" : "", x->d_name);
		char *full = xasprintf("%s/%s", dir, name);
		int rc = stat(full, &st);
		free(full);
		if (rc == 0 && S_ISDIR(st.st_mode) && depth < MAX_DEPTH)
			list(l, dir, name, depth + 1);
		if (rc == 0 && S_ISREG(st.st_mode) && is_model_name(name)) {
			*vec_push(l->file, l->n, l->cap) = name;
			continue;
		}
		if (rc == 0 && S_ISREG(st.st_mode) && depth == 0 && ends(name, ".index.json") &&
		    (!l->index || strcmp(name, l->index) < 0)) {
			free(l->index);
			l->index = name;
			continue;
		}
		free(name);
	}
	if (d)
		closedir(d);
	free(path);
}

static int
by_name(const void *pa, const void *pb)
{
	return strcmp(*(char *const *)pa, *(char *const *)pb);
}

static void
listing_free(struct listing *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->file[i]);
	free(l->file);
	free(l->index);
}

/* A small text file; NULL when it isn't there. To be freed. */
static char *
slurp(struct model *m, const char *dir, const char *name, size_t limit, size_t *n)
{
	char *path = xasprintf("%s/%s", dir, name);
	struct model_file f;
	char *text = NULL;
	struct err e;
	size_t parts = m->nparts;
	if (model_open_part(m, path, name, &f, &e) == 0) {
		text = model_slurp(&f.blob, limit, n);
		model_close_part(&f);
	}
	m->nparts = parts; /* no part of the weights */
	free(path);
	return text;
}

/* -- reading files into one model -------------------------------------------------------------- */

static void
read_one(struct model *m, const char *dir, const char *name, const char *prefix, bool several)
{
	char *path = xasprintf("%s/%s", dir, name);
	const char *title = m->title, *version = m->version;
	struct model_file f;
	struct err e = {0};
	if (several)
		m->own->file = arena_str(&m->own->arena, name);
	m->own->prefix = prefix;
	m->own->role = strstr(name_last(name), "optim") && prefix ? MODEL_OPTIMIZER : MODEL_WEIGHT;
	int code = model_open_part(m, path, name, &f, &e);
	if (code == 0) {
		code = model_read_file(&f, &e);
		model_close_part(&f);
	}
	if (code < 0 && m->part[m->nparts - 1].missing)
		model_remark(m, "%s is not there", name);
	else if (code < 0)
		model_remark(m, "%s", e.text);
	if (title || (prefix && m->title)) {
		m->title = title;
		m->version = version;
	}
	m->own->file = m->own->prefix = NULL;
	m->own->role = MODEL_WEIGHT;
	free(path);
}

/* -- an index ---------------------------------------------------------------------------------- */

struct shards {
	struct model *m;
	const char *dir;
	struct map number; /* of a shard's part, + 1, by its name */
	struct map home;   /* of a tensor: its shard's name */
	struct arena arena;
	double total;
	size_t missing, n;
};

static bool
is_plain(const char *z)
{
	return *z && !strchr(z, '/') && strcmp(z, "..") != 0;
}

static void
note_shard(struct shards *s, const char *tensor, const char *file)
{
	char *name = arena_str(&s->arena, file);
	map_put(&s->home, tensor, strlen(tensor), name);
	if (map_get(&s->number, name, strlen(name)))
		return;
	if (!is_plain(name) || s->n == MAX_FILES) {
		model_damaged(s->m, "the index names %s, which is no file beside it", name);
		map_put(&s->number, name, strlen(name), (void *)(uintptr_t)1);
		return;
	}
	s->n++;
	size_t before = s->m->nparts;
	read_one(s->m, s->dir, name, NULL, true);
	s->missing += s->m->part[before].missing;
	map_put(&s->number, name, strlen(name), (void *)(uintptr_t)(before + 1));
}

static void
parse_index(struct shards *s, const char *text, size_t n)
{
	struct json j;
	struct str key = STR_INIT, value = STR_INIT, top = STR_INIT;
	enum json_type t;
	json_init(&j, text, n);
	while ((t = json_next(&j)) != JSON_END && t != JSON_BAD && t != JSON_DEEP) {
		if (t == JSON_KEY) {
			str_reset(&key);
			json_unescape(&key, j.text, j.ntext);
			if (j.depth == 1) {
				str_reset(&top);
				str_adds(&top, str_c(&key));
			}
		} else if (t == JSON_STRING && j.depth == 2 &&
			   strcmp(str_c(&top), "weight_map") == 0) {
			str_reset(&value);
			json_unescape(&value, j.text, j.ntext);
			note_shard(s, str_c(&key), str_c(&value));
		} else if (t == JSON_NUMBER && strcmp(str_c(&key), "total_size") == 0) {
			s->total = j.number;
		}
	}
	if (t != JSON_END)
		model_damaged(s->m, "the index is no JSON");
	str_release(&key);
	str_release(&value);
	str_release(&top);
}

/* Each tensor is where the index says, and none is missing. */
static void
check_index(struct shards *s)
{
	struct model *m = s->m;
	uint64_t bytes = 0;
	size_t strange = 0, found = 0;
	for (size_t i = 0; i < m->ntensors; i++) {
		const struct model_tensor *t = &m->tensor[i];
		const char *home = map_get(&s->home, t->name, strlen(t->name));
		found += home != NULL;
		strange += !home || strcmp(m->part[t->part].name, home) != 0;
		bytes += t->nbytes;
	}
	if (strange)
		model_remark(m, "%zu tensors are not where the index says", strange);
	if (s->missing) {
		model_remark(m, "%zu of %zu shards are there", s->n - s->missing, s->n);
		model_cut(m, s->total > (double)bytes ? (uint64_t)s->total - bytes : 1,
			  s->total <= (double)bytes);
	} else if (found < map_count(&s->home)) {
		model_damaged(m, "%zu tensors of the index are in no shard",
			      map_count(&s->home) - found);
	} else if (s->total > 0 && s->total != (double)bytes && m->state == MODEL_WHOLE) {
		model_remark(m, "the index says %.0f bytes, the shards have %" PRIu64, s->total,
			     bytes);
	}
}

static void
read_index(struct model *m, const char *dir, const char *index)
{
	struct shards s = {.m = m, .dir = dir};
	size_t n;
	char *text = slurp(m, dir, index, MAX_INDEX, &n);
	if (text) {
		parse_index(&s, text, n);
		check_index(&s);
	}
	m->format = strstr(index, "safetensors") ? "safetensors-index" : "pytorch-index";
	free(text);
	map_release(&s.number);
	map_release(&s.home);
	arena_release(&s.arena);
}

/* -- the files themselves ---------------------------------------------------------------------- */

/* "model-00001-of-00004.safetensors" */
static bool
is_shard(const char *name)
{
	const char *of = strstr(name, "-of-");
	return of && of > name && of[-1] >= '0' && of[-1] <= '9' && of[4] >= '0' && of[4] <= '9';
}

static bool
is_main(const char *name)
{
	static const char *const main[] = {"model.",         "pytorch_model.",
					   "adapter_model.", "diffusion_pytorch_model.",
					   "consolidated.",  "weights.",
					   "saved_model."};
	if (strchr(name, '/'))
		return false;
	for (size_t i = 0; i < sizeof main / sizeof *main; i++)
		if (strncmp(name, main[i], strlen(main[i])) == 0)
			return true;
	return is_shard(name);
}

/* Its path without the suffix: what its tensors stand under. */
static const char *
prefix_of(struct model *m, const char *name)
{
	const char *dot = strrchr(name_last(name), '.');
	char *z = arena_text(&m->own->arena, name, dot ? (size_t)(dot - name) : strlen(name));
	for (char *p = z; *p; p++)
		*p = *p == '/' ? '.' : *p;
	return z;
}

static const char *
kind_of(const struct listing *l)
{
	for (size_t i = 0; i < l->n; i++) {
		const char *z = name_last(l->file[i]);
		if (strstr(z, "_model_states.pt") || strncmp(z, "zero_pp_rank_", 13) == 0)
			return "deepspeed";
		if (strcmp(z, "model_optim_rng.pt") == 0 || strcmp(z, "distrib_optim.pt") == 0)
			return "megatron";
	}
	return "directory";
}

static void
read_files(struct model *m, const char *dir, const struct listing *l)
{
	bool single = l->n == 1;
	const char *format = "?";
	for (size_t i = 0; i < l->n; i++) {
		const char *name = l->file[i];
		read_one(m, dir, name, single || is_main(name) ? NULL : prefix_of(m, name),
			 !single);
		format = single ? m->format : "?";
	}
	m->format = single ? format : kind_of(l);
}

/* -- several ----------------------------------------------------------------------------------- */

/* Names that tell checkpoints apart as a step does. */
static bool
is_choice(const char *name)
{
	static const char *const word[] = {"best", "last", "latest", "final"};
	for (size_t i = 0; i < sizeof word / sizeof *word; i++)
		if (strncmp(name, word[i], strlen(word[i])) == 0)
			return true;
	return false;
}

/* One of several files that are a checkpoint together, whatever numbers it has. */
static bool
is_piece(const char *base)
{
	return is_shard(base) || strstr(base, "_model_states.pt") || strstr(base, "optim") ||
	       strncmp(base, "zero_pp_rank_", 13) == 0 || strncmp(base, "rng_state", 9) == 0;
}

struct several {
	char **name;
	size_t n, cap;
	int64_t step; /* of the first that has one */
	bool any, differ;
};

static void
note_checkpoint(struct several *s, const char *name)
{
	int64_t step;
	enum step_unit unit;
	bool stepped = checkpoint_step_of_name(name, &step, &unit);
	if (s->n && strcmp(s->name[s->n - 1], name) == 0)
		return;
	if (!stepped && !is_choice(name_last(name)))
		return;
	s->differ = s->differ || (s->n && (!stepped || !s->any || step != s->step));
	if (stepped && !s->any) {
		s->any = true;
		s->step = step;
	}
	*vec_push(s->name, s->n, s->cap) = xstrdup(name);
}

static int64_t
step_of(const char *name)
{
	int64_t step;
	enum step_unit unit;
	return checkpoint_step_of_name(name, &step, &unit) ? step : INT64_MAX;
}

/* The newest last, but for those that are called so. */
static int
by_step(const void *pa, const void *pb)
{
	int64_t a = step_of(*(char *const *)pa), b = step_of(*(char *const *)pb);
	return a != b ? (a > b) - (a < b) : by_name(pa, pb);
}

/* The checkpoints below DIR, when they are of different steps; else none. */
static void
find_several(const char *dir, const struct listing *l, struct several *s)
{
	size_t n = strlen(dir);
	for (size_t i = 0; i < l->n; i++) {
		struct str where = STR_INIT;
		char *path = xasprintf("%s/%s", dir, l->file[i]);
		bool is = checkpoint_of_path(path, &where), within = is && where.len > n + 1;
		bool file = within && strcmp(str_c(&where), path) == 0;
		if (within && !(file && is_piece(name_last(path))))
			note_checkpoint(s, str_c(&where) + n + 1);
		str_release(&where);
		free(path);
		if (is && !within) { /* DIR lies in one, or is one */
			s->differ = false;
			break;
		}
	}
	if (!s->differ) {
		model_names_free(s->name, s->n);
		*s = (struct several){0};
	} else {
		qsort(s->name, s->n, sizeof *s->name, by_step);
	}
}

void
model_names_free(char **name, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(name[i]);
	free(name);
}

size_t
model_several(const char *path, char ***name)
{
	struct listing l = {0};
	struct several s = {0};
	char *dir = realpath(path, NULL);
	if (dir)
		list(&l, dir, "", 0);
	if (l.n)
		qsort(l.file, l.n, sizeof *l.file, by_name);
	if (dir && !l.index)
		find_several(dir, &l, &s);
	listing_free(&l);
	free(dir);
	*name = s.name;
	return s.n;
}

/* Hugging Face's trainer beside its weights. */
static void
read_trainer_state(struct model *m, const char *dir)
{
	struct json j;
	struct str key = STR_INIT;
	enum json_type t;
	size_t n;
	char *text = slurp(m, dir, "trainer_state.json", MAX_STATE, &n);
	if (!text)
		return;
	json_init(&j, text, n);
	while ((t = json_next(&j)) != JSON_END && t != JSON_BAD && t != JSON_DEEP) {
		if (t == JSON_KEY && j.depth == 1) {
			str_reset(&key);
			json_unescape(&key, j.text, j.ntext);
		} else if (t == JSON_NUMBER && j.depth == 1) {
			model_note_progress(m, str_c(&key), j.number);
		}
	}
	str_release(&key);
	free(text);
}

/* The subdirectory that a one-line file names; NULL. To be freed. */
static char *
newest(struct model *m, const char *dir)
{
	static const char *const says[] = {"latest", "latest_checkpointed_iteration.txt"};
	for (size_t i = 0; i < 2; i++) {
		size_t n;
		struct stat st;
		char *text = slurp(m, dir, says[i], 200, &n), number[32];
		if (!text)
			continue;
		text[strcspn(text, " \r\n")] = '\0';
		const char *z = text;
		if (i == 1) {
			snprintf(number, sizeof number, "%07ld", strtol(text, NULL, 10));
			z = number;
		}
		char *path = is_plain(text) && text[0] != '.'
				     ? xasprintf("%s/%s%s", dir, i ? "iter_" : "", z)
				     : NULL;
		free(text);
		if (path && stat(path, &st) == 0 && S_ISDIR(st.st_mode))
			return path;
		free(path);
	}
	return NULL;
}

int
model_read_dir(struct model *m, const char *path, struct err *e)
{
	struct listing l = {0};
	char *below = newest(m, path);
	const char *dir = below ? below : path;
	int code = 0;
	list(&l, dir, "", 0);
	if (l.n)
		qsort(l.file, l.n, sizeof *l.file, by_name);
	char **several;
	size_t nseveral = l.index ? 0 : model_several(dir, &several);
	if (nseveral) {
		code = err_set(e, ERR_FORMAT, "%s: %zu checkpoints are in it: name one, like %s/%s",
			       path, nseveral, path, several[nseveral - 1]);
		model_names_free(several, nseveral);
	} else if (l.index)
		read_index(m, dir, l.index);
	else if (l.n)
		read_files(m, dir, &l);
	else
		code = err_set(e, ERR_FORMAT, "%s: no model in this directory", path);
	if (code == 0 && !m->nparts)
		code = err_set(e, ERR_FORMAT, "%s: no model in this directory", path);
	if (code == 0 && !m->own->judged)
		code = err_set(e, ERR_FORMAT, "%s: none of its files is a model", path);
	if (code == 0)
		read_trainer_state(m, dir);
	listing_free(&l);
	free(below);
	return code;
}
