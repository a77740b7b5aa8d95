/* What there is: manifests that are in their places and not in the trash, with what may change. */
#include "core/reg_impl.h"

#include "core/deploy.h"
#include "core/xalloc.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* -- numbers ----------------------------------------------------------------------------------- */

int
reg_models(struct registry *r, char ***name, size_t *n, struct err *e)
{
	char *dir = reg_join(r, "models", NULL);
	int code = regfs_list(dir, name, n) == 0 || errno == ENOENT ? 0 : err_sys(e, "%s", dir);
	size_t to = 0;
	for (size_t i = 0; code == 0 && i < *n; i++) {
		if (registry_name_ok((*name)[i]))
			(*name)[to++] = (*name)[i];
		else
			free((*name)[i]);
	}
	*n = code == 0 ? to : 0;
	free(dir);
	return code;
}

static int
by_int(const void *a, const void *b)
{
	int x = *(const int *)a, y = *(const int *)b;
	return (x > y) - (x < y);
}

int
reg_numbers(struct registry *r, const char *model, int **out, size_t *n, struct err *e)
{
	char **name, *dir = reg_join(r, "models", model, NULL);
	size_t nnames, cap = 0;
	int code =
		regfs_list(dir, &name, &nnames) == 0 || errno == ENOENT ? 0 : err_sys(e, "%s", dir);
	*out = NULL;
	*n = 0;
	for (size_t i = 0; i < nnames; i++)
		if (reg_number(name[i]))
			*vec_push(*out, *n, cap) = reg_number(name[i]);
	if (*n)
		qsort(*out, *n, sizeof **out, by_int);
	regfs_names_free(name, nnames);
	free(dir);
	return code;
}

/* -- the trash --------------------------------------------------------------------------------- */

void
reg_trash_release(struct reg_trash *t)
{
	for (size_t i = 0; i < t->n; i++)
		free(t->at[i].model);
	free(t->at);
	free(t->broken);
	*t = (struct reg_trash){0};
}

/* "net@v7" apart; the number, or 0. */
static int
split_name(const char *z, char **model)
{
	const char *at = z ? strrchr(z, '@') : NULL;
	int number = at ? reg_number(at + 1) : 0;
	if (number)
		*model = xstrndup(z, (size_t)(at - z));
	return number;
}

static int
load_batch(const char *path, int batch, bool purged, bool undone, struct reg_trash *out,
	   struct err *e)
{
	struct str text = STR_INIT;
	struct json_node *t = NULL;
	struct err why = {0};
	int code = reg_read(path, &text, &why);
	if (code == 0)
		code = reg_unseal(str_c(&text), text.len, &t, &why);
	/* What it removed is there again, for its own manifest is whole; gc and verify complain. */
	if (code < 0 && code != ERR_SYS && !out->broken)
		out->broken = xasprintf("%s: %s", path, why.text);
	code = code == ERR_SYS ? err_set(e, code, "%s: %s", path, why.text) : 0;
	const struct json_node *list = json_get(t, "versions");
	for (const struct json_node *c = list ? list->child : NULL; c; c = c->next) {
		struct reg_trashed x = {.batch = batch, .purged = purged, .undone = undone};
		x.number = split_name(json_text(c, "version"), &x.model);
		x.time_us = json_time_us(t, "time");
		if (x.number)
			*vec_push(out->at, out->n, out->cap) = x;
	}
	json_tree_free(t);
	str_release(&text);
	return code;
}

/* A batch is a file N; N.undone, N.purged when that is what became of it. */
int
reg_trash_load(struct registry *r, struct reg_trash *out, struct err *e)
{
	char **name, *dir = reg_join(r, "trash", NULL);
	size_t n;
	int code = regfs_list(dir, &name, &n) == 0 || errno == ENOENT ? 0 : err_sys(e, "%s", dir);
	*out = (struct reg_trash){0};
	for (size_t i = 0; i < n && code == 0; i++) {
		char *dot = strchr(name[i], '.'), *path = xasprintf("%s/%s", dir, name[i]);
		if (dot)
			*dot = '\0';
		int batch = reg_digits(name[i]);
		bool undone = dot && strcmp(dot + 1, "undone") == 0;
		bool purged = dot && strcmp(dot + 1, "purged") == 0;
		if (batch > out->newest)
			out->newest = batch;
		if (batch && (!dot || undone || purged))
			code = load_batch(path, batch, purged, undone, out, e);
		free(path);
	}
	regfs_names_free(name, n);
	free(dir);
	if (code < 0)
		reg_trash_release(out);
	return code;
}

static const struct reg_trashed *
trashed(const struct reg_trash *t, const char *model, int number)
{
	for (size_t i = 0; i < t->n; i++)
		if (!t->at[i].undone && t->at[i].number == number &&
		    strcmp(t->at[i].model, model) == 0)
			return &t->at[i];
	return NULL;
}

int
reg_highest(struct registry *r, const char *model, struct err *e)
{
	struct reg_trash t;
	int *number, highest = 0;
	size_t n;
	if (reg_trash_load(r, &t, e) < 0)
		return e->code;
	for (size_t i = 0; i < t.n; i++)
		if (t.at[i].number > highest && strcmp(t.at[i].model, model) == 0)
			highest = t.at[i].number;
	reg_trash_release(&t);
	int code = reg_numbers(r, model, &number, &n, e);
	if (n && number[n - 1] > highest)
		highest = number[n - 1];
	free(number);
	return code < 0 ? code : highest;
}

/* -- versions ---------------------------------------------------------------------------------- */

int
reg_load(struct registry *r, const char *model, int number, struct version *out, struct err *e)
{
	struct str text = STR_INIT;
	struct err why = {0};
	char leaf[16];
	snprintf(leaf, sizeof leaf, "v%d", number);
	char *path = reg_join(r, "models", model, leaf, NULL);
	*out = (struct version){.model = xstrdup(model), .number = number};
	int code = reg_read(path, &text, &why);
	if (code == 0)
		code = reg_manifest_get(out, str_c(&text), text.len, &why);
	if (code < 0) {
		version_release(out);
		out->model = xstrdup(model);
		out->number = number;
		out->broken = xstrdup(why.text);
		err_set(e, code, "%s@v%d: its manifest cannot be read: %s", model, number,
			why.text);
	}
	str_release(&text);
	free(path);
	return code;
}

void
version_list_release(struct version_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		version_release(&l->at[i]);
	free(l->at);
	*l = (struct version_list){0};
}

static int
list_model(struct registry *r, const char *model, const struct reg_trash *t, bool trash,
	   struct version_list *out, struct err *e)
{
	int *number;
	size_t n;
	int code = reg_numbers(r, model, &number, &n, e);
	struct version *newest = NULL;
	for (size_t i = 0; i < n && code == 0; i++) {
		const struct reg_trashed *gone = trashed(t, model, number[i]);
		if (gone && (!trash || gone->purged))
			continue;
		struct err why = {0};
		struct version *v = vec_push(out->at, out->n, out->cap);
		code = reg_load(r, model, number[i], v, &why);
		int got = code;
		if (code == ERR_SYS) {
			err_set(e, code, "%s", why.text);
			break;
		}
		code = 0;
		if (got == ERR_NOTFOUND) { /* gc was faster */
			version_release(v);
			out->n--;
			continue;
		}
		v->trashed = gone != NULL;
		v->trashed_us = gone ? gone->time_us : 0;
		code = reg_mark_load(r, v, e);
	}
	for (size_t i = out->n; i-- > 0 && !newest && strcmp(out->at[i].model, model) == 0;)
		if (!out->at[i].trashed)
			newest = &out->at[i];
	if (newest) {
		newest->alias =
			xreallocarray(newest->alias, newest->naliases + 1, sizeof *newest->alias);
		newest->alias[newest->naliases++] = xstrdup("latest");
	}
	free(number);
	return code;
}

static int
list_slots(struct registry *r, struct version_list *l, struct err *e)
{
	struct deploy_state *s;
	size_t n;
	int code = deploy_states(r, &s, &n, e);
	for (size_t i = 0; i < n; i++) {
		char *model = NULL;
		int number = split_name(s[i].version, &model);
		for (size_t k = 0; number && k < l->n; k++) {
			struct version *v = &l->at[k];
			if (v->number != number || strcmp(v->model, model) != 0)
				continue;
			v->slot = xreallocarray(v->slot, v->nslots + 1, sizeof *v->slot);
			v->slot[v->nslots++] = xstrdup(s[i].slot);
		}
		free(model);
	}
	deploy_states_free(s, n);
	return code;
}

int
registry_list(struct registry *r, const char *model, bool trash, struct version_list *out,
	      struct err *e)
{
	struct reg_trash t;
	char **name;
	size_t n;
	*out = (struct version_list){0};
	int code = reg_trash_load(r, &t, e);
	if (code < 0)
		return code;
	code = reg_models(r, &name, &n, e);
	for (size_t i = 0; i < n && code == 0; i++)
		if (!model || strcmp(model, name[i]) == 0)
			code = list_model(r, name[i], &t, trash, out, e);
	regfs_names_free(name, n);
	reg_trash_release(&t);
	if (code == 0)
		code = list_slots(r, out, e);
	if (code < 0)
		version_list_release(out);
	return code;
}

static void
take_version(struct version_list *l, size_t i, struct version *out)
{
	*out = l->at[i];
	l->at[i] = (struct version){0};
}

int
registry_find(struct registry *r, const char *name, struct version *out, struct err *e)
{
	struct version_list l;
	const char *at = strchr(name, '@'), *which = at ? at + 1 : "latest";
	char *model = xstrndup(name, at ? (size_t)(at - name) : strlen(name));
	int code = registry_name_ok(model)
			   ? registry_list(r, model, false, &l, e)
			   : err_set(e, ERR_NOTFOUND, "there is no model %s", model);
	if (code < 0) {
		free(model);
		return code;
	}
	int number = reg_number(which);
	size_t hit = l.n;
	for (size_t i = 0; i < l.n; i++)
		for (size_t k = 0; k <= l.at[i].naliases; k++)
			if (k < l.at[i].naliases ? strcmp(l.at[i].alias[k], which) == 0
						 : l.at[i].number == number)
				hit = i;
	if (!l.n)
		code = err_set(e, ERR_NOTFOUND, "there is no model %s", model);
	else if (hit == l.n && number)
		code = err_set(e, ERR_NOTFOUND, "%s has no version v%d", model, number);
	else if (hit == l.n)
		code = err_set(e, ERR_NOTFOUND, "%s has no alias %s", model, which);
	else if (l.at[hit].broken)
		code = err_set(e, ERR_CORRUPT, "%s@v%d: its manifest cannot be read: %s", model,
			       l.at[hit].number, l.at[hit].broken);
	else
		take_version(&l, hit, out);
	version_list_release(&l);
	free(model);
	return code;
}

/* -- of many ----------------------------------------------------------------------------------- */

static bool
has_object(const struct version *v, const char *sha256)
{
	for (size_t i = 0; v->kind == VERSION_SAVED && i < v->nfiles; i++)
		if (strcmp(v->file[i].sha256, sha256) == 0)
			return true;
	return false;
}

uint64_t
registry_exclusive(const struct version_list *all, const struct version *v)
{
	uint64_t sum = 0;
	for (size_t i = 0; v->kind == VERSION_SAVED && i < v->nfiles; i++) {
		bool shared = false;
		for (size_t k = 0; k < i && !shared; k++)
			shared = strcmp(v->file[k].sha256, v->file[i].sha256) == 0;
		for (size_t k = 0; k < all->n && !shared; k++)
			shared = (all->at[k].number != v->number ||
				  strcmp(all->at[k].model, v->model) != 0) &&
				 has_object(&all->at[k], v->file[i].sha256);
		sum += shared ? 0 : v->file[i].bytes;
	}
	return sum;
}
