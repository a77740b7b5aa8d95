/* What loading a version could do. Judging opens its files, which a list of many cannot do each
 * time; so the verdict lies beside the marks, with the judge's own number and the digest of what
 * was judged. It is only a memory: what is torn, of an older judge or of something else is judged
 * again, and where nothing can be written, every time. */
#include "core/reg_impl.h"

#include "core/model.h"
#include "core/xalloc.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const enum model_safety levels[] = {MODEL_SAFE, MODEL_TENSORS_ONLY, MODEL_UNJUDGED,
					   MODEL_CODE, MODEL_DANGER};

static char *
safety_path(const struct registry *r, const struct version *v)
{
	char leaf[16];
	snprintf(leaf, sizeof leaf, "v%d", v->number);
	return reg_join(r, "models", v->model, "safety", leaf, NULL);
}

/* "1 DANGER <digest>"; "none" for what is no model. */
static char *
line_of(const struct version *v, const char *word)
{
	return xasprintf("%d %s %s\n", MODEL_JUDGE, word ? word : "none", v->digest);
}

static bool
remembered(const char *path, const struct version *v, const char **word)
{
	struct str text = STR_INIT;
	struct err ignored;
	bool hit = false;
	*word = NULL;
	if (reg_read(path, &text, &ignored) == 0) {
		for (size_t i = 0; i <= sizeof levels / sizeof *levels && !hit; i++) {
			const char *w = i ? model_safety_name(levels[i - 1]) : NULL;
			char *line = line_of(v, w);
			hit = strcmp(str_c(&text), line) == 0;
			*word = hit ? w : NULL;
			free(line);
		}
	}
	str_release(&text);
	return hit;
}

/* Whole or not at all, but not synced: it can be had again. */
static void
remember(struct registry *r, const char *path, const char *line)
{
	struct err ignored;
	char *dir = xstrdup(path), *tmp = reg_tmp(r);
	size_t n = strlen(line);
	*strrchr(dir, '/') = '\0';
	int fd = reg_mkdirs(dir, &ignored) < 0
			 ? -1
			 : regfs_open(tmp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
	if (fd >= 0) {
		bool whole = regfs_pwrite(fd, line, n, 0) == (ssize_t)n;
		if ((regfs_close(fd) < 0) | !whole || regfs_rename(tmp, path) < 0)
			regfs_unlink(tmp);
	}
	free(dir);
	free(tmp);
}

/* The worst of its files, each by its content alone: what a program loads is not said by names. 1:
 * there is a model; 0: none; negative: not all can be read now. */
static int
judge(struct registry *r, const struct version *v, enum model_safety *worst)
{
	int found = 0;
	*worst = MODEL_SAFE;
	for (size_t i = 0; i < v->nfiles; i++) {
		struct model *m;
		struct err e = {0};
		char *path = registry_file(r, v, i);
		int code = model_open(path, &m, &e);
		free(path);
		if (code < 0 && code != ERR_FORMAT)
			return code;
		if (code < 0)
			continue;
		found = 1;
		*worst = m->safety > *worst ? m->safety : *worst;
		model_close(m);
	}
	return found;
}

const char *
registry_safety(struct registry *r, const struct version *v)
{
	enum model_safety worst;
	const char *word = NULL;
	if (v->broken || !v->digest)
		return NULL;
	char *path = safety_path(r, v);
	if (!remembered(path, v, &word)) {
		char *moved = version_moved(r, v);
		int found = moved ? ERR_NOTFOUND : judge(r, v, &worst);
		free(moved);
		word = found > 0 ? model_safety_name(worst) : NULL;
		if (found >= 0) {
			char *line = line_of(v, word);
			remember(r, path, line);
			free(line);
		}
	}
	free(path);
	return word;
}
