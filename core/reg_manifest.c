/* A manifest is one line of JSON, so that any tool reads it, and a second line with the SHA-256 of
 * the first, so that a torn or altered one is never taken for whole. */
#include "core/reg_impl.h"

#include "core/json_put.h"
#include "core/num.h"
#include "core/xalloc.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const kind_name[] = {"saved", "adopted"};
static const char *const step_name[] = {"none", "file", "name", "time", "given"};

/* -- writing ----------------------------------------------------------------------------------- */

static void
put_text(struct str *s, const char *key, const char *value)
{
	str_addf(s, ", \"%s\": ", key);
	json_put_str(s, value);
}

void
reg_seal(struct str *s)
{
	char hex[SHA256_HEX];
	str_addc(s, '\n');
	sha256_of(s->buf, s->len, hex);
	str_addf(s, "{\"sha256\": \"%s\"}\n", hex);
}

static void
put_files(struct str *s, const struct version *v)
{
	str_adds(s, ", \"files\": [");
	for (size_t i = 0; i < v->nfiles; i++) {
		const struct version_file *f = &v->file[i];
		str_addf(s, "%s{\"path\": ", i ? ", " : "");
		json_put_str(s, f->path);
		str_addf(s, ", \"bytes\": %llu, \"mode\": %u, \"mtime\": ",
			 (unsigned long long)f->bytes, f->mode);
		json_put_time(s, f->mtime_us);
		str_addf(s, ", \"sha256\": \"%s\"}", f->sha256);
	}
	str_addc(s, ']');
}

static void
put_pairs(struct str *s, const char *name, const struct version_pair *p, size_t n)
{
	str_addf(s, ", \"%s\": [", name);
	for (size_t i = 0; i < n; i++) {
		str_addf(s, "%s{\"key\": ", i ? ", " : "");
		json_put_str(s, p[i].key);
		str_adds(s, ", \"value\": ");
		json_put_str(s, p[i].value);
		str_addc(s, '}');
	}
	str_addc(s, ']');
}

void
reg_manifest_put(struct str *s, const struct version *v)
{
	str_adds(s, "{\"format\": 1");
	put_text(s, "model", v->model);
	str_addf(s, ", \"version\": %d", v->number);
	put_text(s, "kind", kind_name[v->kind]);
	str_addf(s, ", \"automatic\": %s, \"time\": ", v->automatic ? "true" : "false");
	json_put_time(s, v->time_us);
	put_text(s, "by", v->by);
	put_text(s, "host", v->host);
	put_text(s, "source", v->source);
	str_addf(s, ", \"tree\": %s", v->tree ? "true" : "false");
	put_text(s, "run", v->run);
	if (v->step_from == VERSION_STEP_NONE)
		str_adds(s, ", \"step\": null");
	else
		str_addf(s, ", \"step\": %lld", (long long)v->step);
	put_text(s, "step_from", step_name[v->step_from]);
	put_text(s, "git", v->git);
	put_text(s, "note", v->note);
	put_pairs(s, "tags", v->tag, v->ntags);
	str_addf(s, ", \"parent\": %d, \"bytes\": %llu", v->parent, (unsigned long long)v->bytes);
	put_text(s, "digest", v->digest);
	put_text(s, "excluded", v->excluded);
	str_addf(s, ", \"excluded_bytes\": %llu, \"metrics\": [",
		 (unsigned long long)v->excluded_bytes);
	for (size_t i = 0; i < v->nmetrics; i++) {
		str_addf(s, "%s{\"name\": ", i ? ", " : "");
		json_put_str(s, v->metric[i].name);
		str_adds(s, ", \"value\": ");
		json_put_num(s, v->metric[i].value);
		if (v->metric[i].step != INT64_MIN)
			str_addf(s, ", \"step\": %lld", (long long)v->metric[i].step);
		str_addc(s, '}');
	}
	str_addc(s, ']');
	put_pairs(s, "params", v->param, v->nparams);
	put_files(s, v);
	str_addc(s, '}');
	reg_seal(s);
}

/* -- reading ----------------------------------------------------------------------------------- */

int
reg_unseal(const char *p, size_t n, struct json_node **out, struct err *e)
{
	char hex[SHA256_HEX];
	const char *nl = memchr(p, '\n', n);
	*out = NULL;
	if (!nl)
		return err_set(e, ERR_CORRUPT, "it is torn");
	size_t first = (size_t)(nl - p) + 1;
	struct json_node *seal = json_tree(p + first, n - first);
	const char *want = json_text(seal, "sha256");
	sha256_of(p, first, hex);
	int code = !want                    ? err_set(e, ERR_CORRUPT, "it is torn")
		   : strcmp(want, hex) != 0 ? err_set(e, ERR_CORRUPT, "it was altered")
					    : 0;
	json_tree_free(seal);
	if (code == 0 && !(*out = json_tree(p, first)))
		code = err_set(e, ERR_CORRUPT, "it is no JSON");
	return code;
}

static char *
take_text(const struct json_node *t, const char *key)
{
	const char *z = json_text(t, key);
	return z ? xstrdup(z) : NULL;
}

static int
word_index(const char *const *word, int n, const char *z)
{
	for (int i = 0; z && i < n; i++)
		if (strcmp(word[i], z) == 0)
			return i;
	return -1;
}

static size_t
count(const struct json_node *list)
{
	size_t n = 0;
	for (const struct json_node *c = list ? list->child : NULL; c; c = c->next)
		n++;
	return n;
}

static bool
hash_ok(const char *z)
{
	return z && strlen(z) == 64 && strspn(z, "0123456789abcdef") == 64;
}

/* Within the version, and nowhere else: a manifest may come from anybody's tar file. */
static bool
path_ok(const char *z)
{
	if (!z || !*z || *z == '/' || strlen(z) > 4000)
		return false;
	for (const char *p = z; p; p = strchr(p, '/')) {
		p += *p == '/';
		size_t n = strcspn(p, "/");
		if (n == 0 || (n == 1 && p[0] == '.') || (n == 2 && p[0] == '.' && p[1] == '.'))
			return false;
	}
	return true;
}

static bool
get_files(struct version *v, const struct json_node *list)
{
	v->file = xcalloc(count(list) + 1, sizeof *v->file);
	for (const struct json_node *c = list ? list->child : NULL; c; c = c->next) {
		struct version_file *f = &v->file[v->nfiles];
		const char *path = json_text(c, "path"), *hash = json_text(c, "sha256");
		int64_t bytes = json_int(c, "bytes", -1);
		if (!path_ok(path) || !hash_ok(hash) || bytes < 0 ||
		    (v->nfiles && strcmp(f[-1].path, path) >= 0))
			return false;
		f->path = xstrdup(path);
		f->bytes = (uint64_t)bytes;
		f->mode = (uint32_t)json_int(c, "mode", 0644) & 0777;
		f->mtime_us = json_time_us(c, "mtime");
		memcpy(f->sha256, hash, SHA256_HEX);
		v->nfiles++;
	}
	return v->nfiles > 0;
}

static int
by_path(const void *a, const void *b)
{
	return strcmp(((const struct version_file *)a)->path,
		      ((const struct version_file *)b)->path);
}

/* A file that another one would have to lie in: both cannot be written anywhere. NULL: there is
 * none. */
static const char *
file_above(const struct version *v)
{
	for (size_t i = 0; i < v->nfiles; i++) {
		char *above = xstrdup(v->file[i].path), *slash;
		const struct version_file *hit = NULL;
		while (!hit && (slash = strrchr(above, '/'))) {
			*slash = '\0';
			const struct version_file key = {.path = above};
			hit = bsearch(&key, v->file, v->nfiles, sizeof key, by_path);
		}
		free(above);
		if (hit)
			return hit->path;
	}
	return NULL;
}

static bool
get_metrics(struct version *v, const struct json_node *list)
{
	v->metric = xcalloc(count(list) + 1, sizeof *v->metric);
	for (const struct json_node *c = list ? list->child : NULL; c; c = c->next) {
		struct version_metric *m = &v->metric[v->nmetrics];
		if (!json_text(c, "name") || !json_num(json_get(c, "value"), &m->value))
			return false;
		m->name = xstrdup(json_text(c, "name"));
		m->step = json_int(c, "step", INT64_MIN);
		v->nmetrics++;
	}
	return true;
}

static bool
get_pairs(struct version_pair **out, size_t *n, const struct json_node *list)
{
	*out = xcalloc(count(list) + 1, sizeof **out);
	for (const struct json_node *c = list ? list->child : NULL; c; c = c->next) {
		if (!json_text(c, "key") || !json_text(c, "value"))
			return false;
		(*out)[(*n)++] = (struct version_pair){take_text(c, "key"), take_text(c, "value")};
	}
	return true;
}

static int
get_members(struct version *v, const struct json_node *t, struct err *e)
{
	const char *model = json_text(t, "model");
	int kind = word_index(kind_name, 2, json_text(t, "kind"));
	int from = word_index(step_name, 5, json_text(t, "step_from"));
	if (json_int(t, "format", 0) > 1)
		return err_set(e, ERR_VERSION, "it was written by a newer mm");
	if (!model || strcmp(model, v->model) != 0 || json_int(t, "version", 0) != v->number)
		return err_set(e, ERR_CORRUPT, "it is that of another version");
	if (kind < 0 || from < 0 || !json_text(t, "source") || !hash_ok(json_text(t, "digest")))
		return err_set(e, ERR_CORRUPT, "it lacks something");
	v->kind = (enum version_kind)kind;
	v->step_from = (enum version_step)from;
	v->step = json_int(t, "step", 0);
	v->automatic = json_yes(t, "automatic");
	v->time_us = json_time_us(t, "time");
	v->by = take_text(t, "by");
	v->host = take_text(t, "host");
	v->source = take_text(t, "source");
	v->tree = json_yes(t, "tree");
	v->run = take_text(t, "run");
	v->git = take_text(t, "git");
	v->note = take_text(t, "note");
	v->parent = (int)json_int(t, "parent", 0);
	v->bytes = (uint64_t)json_int(t, "bytes", 0);
	v->digest = take_text(t, "digest");
	v->excluded = take_text(t, "excluded");
	v->excluded_bytes = (uint64_t)json_int(t, "excluded_bytes", 0);
	if (!get_files(v, json_get(t, "files")) || !get_metrics(v, json_get(t, "metrics")) ||
	    !get_pairs(&v->param, &v->nparams, json_get(t, "params")) ||
	    !get_pairs(&v->tag, &v->ntags, json_get(t, "tags")) || (!v->tree && v->nfiles != 1))
		return err_set(e, ERR_CORRUPT, "it lacks something");
	const char *above = file_above(v);
	if (above)
		return err_set(e, ERR_CORRUPT,
			       "%s is a file in it and a directory with files as well", above);
	return 0;
}

int
reg_manifest_get(struct version *v, const char *p, size_t n, struct err *e)
{
	struct json_node *t;
	int code = reg_unseal(p, n, &t, e);
	if (code == 0)
		code = get_members(v, t, e);
	json_tree_free(t);
	return code;
}

/* -- values ------------------------------------------------------------------------------------ */

/* Of what a version is, whatever it is called and wherever it came from. */
void
reg_digest(struct version *v)
{
	struct str s = STR_INIT;
	char hex[SHA256_HEX];
	v->bytes = 0;
	for (size_t i = 0; i < v->nfiles; i++) {
		str_add(&s, v->file[i].path, strlen(v->file[i].path) + 1);
		str_addf(&s, "%s\n", v->file[i].sha256);
		v->bytes += v->file[i].bytes;
	}
	sha256_of(str_c(&s), s.len, hex);
	str_release(&s);
	free(v->digest);
	v->digest = xstrdup(hex);
}

static void
pairs_free(struct version_pair *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free(p[i].key);
		free(p[i].value);
	}
	free(p);
}

void
version_release(struct version *v)
{
	for (size_t i = 0; i < v->nfiles; i++)
		free(v->file[i].path);
	for (size_t i = 0; i < v->nmetrics; i++)
		free(v->metric[i].name);
	for (size_t i = 0; i < v->naliases; i++)
		free(v->alias[i]);
	for (size_t i = 0; i < v->nslots; i++)
		free(v->slot[i]);
	pairs_free(v->param, v->nparams);
	pairs_free(v->tag, v->ntags);
	free(v->file);
	free(v->metric);
	free(v->alias);
	free(v->slot);
	free(v->model);
	free(v->broken);
	free(v->by);
	free(v->host);
	free(v->source);
	free(v->run);
	free(v->git);
	free(v->digest);
	free(v->excluded);
	free(v->note);
	*v = (struct version){0};
}

const struct version_metric *
version_metric(const struct version *v, const char *name)
{
	for (size_t i = 0; i < v->nmetrics; i++)
		if (strcmp(v->metric[i].name, name) == 0)
			return &v->metric[i];
	return NULL;
}
