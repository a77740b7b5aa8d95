/* The files that make a version: one, or all below a directory but those that were excluded. Links
 * to files are followed, for what they point to is what is meant (Hugging Face's snapshots are
 * nothing but links); so are links to directories, as deep as a tree may be. */
#include "core/reg_impl.h"

#include "core/clock.h"
#include "core/glob.h"
#include "core/name.h"
#include "core/utf8.h"
#include "core/xalloc.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTH_MAX = 24, FILES_MAX = 200000 };

struct walk {
	struct reg_source *s;
	char *exclude; /* globs separated by blanks; NULL: none */
	struct err *e;
};

static bool
is_utf8(const char *z)
{
	const char *end = z + strlen(z);
	while (z < end) {
		uint32_t cp;
		const char *next = utf8_next(z, end, &cp);
		if (cp == UTF8_BAD && memcmp(z, "\xEF\xBF\xBD", (size_t)(next - z)) != 0)
			return false;
		z = next;
	}
	return true;
}

static void
exclude(struct walk *w, const char *rel, uint64_t bytes)
{
	w->s->excluded_bytes += bytes;
	str_addf(&w->s->excluded, "%s%s", w->s->excluded.len ? " " : "", rel);
}

static int
add_file(struct walk *w, const char *path, const char *rel, const struct stat *st)
{
	if (!is_utf8(rel))
		return err_set(w->e, ERR_USAGE, "%s: a name that is no UTF-8 cannot be kept", path);
	if (w->exclude &&
	    (glob_list_match(w->exclude, name_last(rel)) || glob_list_match(w->exclude, rel))) {
		exclude(w, rel, (uint64_t)st->st_size);
		return 0;
	}
	if (w->s->n == FILES_MAX)
		return err_set(w->e, ERR_FULL, "%s holds more than %d files", w->s->root,
			       FILES_MAX);
	*vec_push(w->s->file, w->s->n, w->s->cap) = (struct version_file){
		.path = xstrdup(rel),
		.bytes = (uint64_t)st->st_size,
		.mtime_us = clock_of(st->st_mtim),
		.mode = st->st_mode & 0111 ? 0755 : 0644,
	};
	w->s->bytes += (uint64_t)st->st_size;
	return 0;
}

static int
walk_dir(struct walk *w, const char *dir, const char *rel, int depth)
{
	char **name;
	size_t n;
	int code = 0;
	if (depth == DEPTH_MAX)
		return err_set(w->e, ERR_USAGE, "%s is nested too deeply: a loop of links?", dir);
	if (regfs_list(dir, &name, &n) < 0)
		return err_sys(w->e, "%s", dir);
	for (size_t i = 0; i < n && code == 0; i++) {
		struct stat st;
		char *path = xasprintf("%s/%s", dir, name[i]);
		char *below = *rel ? xasprintf("%s/%s", rel, name[i]) : xstrdup(name[i]);
		if (regfs_stat(path, &st) < 0)
			code = err_sys(w->e, "%s", path);
		else if (S_ISDIR(st.st_mode))
			code = walk_dir(w, path, below, depth + 1);
		else if (S_ISREG(st.st_mode))
			code = add_file(w, path, below, &st);
		else
			code = err_set(w->e, ERR_USAGE, "%s is neither a file nor a directory",
				       path);
		free(path);
		free(below);
	}
	regfs_names_free(name, n);
	return code;
}

static int
by_path(const void *a, const void *b)
{
	return strcmp(((const struct version_file *)a)->path,
		      ((const struct version_file *)b)->path);
}

int
reg_source_read(const char *path, const char *globs, struct reg_source *out, struct err *e)
{
	struct stat st;
	*out = (struct reg_source){.root = regfs_canonical(path)};
	if (!out->root)
		return errno == ENOENT ? err_set(e, ERR_NOTFOUND, "%s does not exist", path)
				       : err_sys(e, "%s", path);
	struct walk w = {.s = out, .e = e};
	if (globs && *globs) {
		w.exclude = xstrdup(globs);
		for (char *p = w.exclude; (p = strchr(p, ','));)
			*p = ' ';
	}
	int code = 0;
	if (regfs_stat(out->root, &st) < 0)
		code = err_sys(e, "%s", out->root);
	else if (S_ISDIR(st.st_mode))
		code = walk_dir(&w, out->root, "", 0);
	else if (S_ISREG(st.st_mode)) {
		free(w.exclude);
		w.exclude = NULL; /* it was named */
		code = add_file(&w, out->root, name_last(path), &st);
	} else
		code = err_set(e, ERR_USAGE, "%s is neither a file nor a directory", path);
	out->tree = S_ISDIR(st.st_mode);
	if (code == 0 && out->n == 0)
		code = err_set(e, ERR_USAGE, "%s: there is no file in it", path);
	if (out->n)
		qsort(out->file, out->n, sizeof *out->file, by_path);
	free(w.exclude);
	if (code < 0)
		reg_source_release(out);
	return code;
}

void
reg_source_release(struct reg_source *s)
{
	for (size_t i = 0; i < s->n; i++)
		free(s->file[i].path);
	free(s->file);
	free(s->root);
	str_release(&s->excluded);
	*s = (struct reg_source){0};
}

char *
reg_source_path(const char *root, bool tree, const char *path)
{
	return tree ? xasprintf("%s/%s", root, path) : xstrdup(root);
}
