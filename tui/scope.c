/* DESIGN §2, Roots: a viewer given directories shows those only; without, the known root that holds
 * the current directory, else all known ones, else the current directory, which then becomes known.
 * Home and / never become so unasked: mm would read through all that somebody owns. */
#include "tui/scope.h"

#include "core/xalloc.h"
#include "store/store.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void
push(char ***list, int *n, const char *z)
{
	*list = xreallocarray(*list, (size_t)*n + 1, sizeof **list);
	(*list)[(*n)++] = xstrdup(z);
}

bool
scope_below(const char *root, const char *path)
{
	size_t n = strlen(root);
	while (n > 0 && root[n - 1] == '/')
		n--;
	return strncmp(path, root, n) == 0 && (path[n] == '/' || path[n] == '\0');
}

struct known {
	const char *cwd;
	char *best; /* the innermost that holds CWD */
	int n;
};

static int
see_root(void *ctx, const char *path)
{
	struct known *k = ctx;
	k->n++;
	if (k->cwd && scope_below(path, k->cwd) && (!k->best || strlen(path) > strlen(k->best))) {
		free(k->best);
		k->best = xstrdup(path);
	}
	return 0;
}

static void
see_roots(const char *dir, struct known *k)
{
	struct store *st;
	struct snap *sn;
	struct err e;
	if (store_open(dir, STORE_READ, &st, NULL, &e) < 0)
		return;
	if (snap_begin(st, &sn, &e) == 0) {
		snap_roots(sn, see_root, k);
		snap_end(sn);
	}
	store_close(st);
}

static bool
is_too_much(const char *dir)
{
	const char *home = getenv("HOME");
	return strcmp(dir, "/") == 0 || (home && strcmp(dir, home) == 0);
}

void
scope_choose(const struct app_opts *o, struct scope *out)
{
	*out = (struct scope){0};
	for (int i = 0; i < o->ndirs; i++) {
		push(&out->shown, &out->nshown, o->dir[i]);
		push(&out->add, &out->nadd, o->dir[i]);
	}
	for (int i = 0; i < o->nroots; i++)
		push(&out->shown, &out->nshown, o->root[i]);
	if (out->nshown)
		return;

	char *cwd = getcwd(NULL, 0);
	struct known k = {.cwd = cwd};
	see_roots(o->store_dir, &k);
	if (k.best) {
		push(&out->shown, &out->nshown, k.best);
	} else if (k.n == 0 && cwd && !o->as_is) {
		if (is_too_much(cwd)) {
			out->note = xasprintf("nothing is watched yet: name a directory, mm DIR");
		} else {
			push(&out->shown, &out->nshown, cwd);
			push(&out->add, &out->nadd, cwd);
		}
	}
	free(k.best);
	free(cwd);
}

void
scope_release(struct scope *s)
{
	for (int i = 0; i < s->nshown; i++)
		free(s->shown[i]);
	for (int i = 0; i < s->nadd; i++)
		free(s->add[i]);
	free(s->shown);
	free(s->add);
	free(s->note);
	*s = (struct scope){0};
}
