/* What a person may change about a version. An alias is a file of its own, so that moving one is a
 * rename and two hosts that move two of them don't meet; note, tags and pin of a version are one
 * small file, changed under the edit lock. */
#include "core/reg_impl.h"

#include "core/json_put.h"
#include "core/xalloc.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* -- reading ----------------------------------------------------------------------------------- */

int
reg_alias_get(struct registry *r, const char *model, const char *alias, struct err *e)
{
	struct str text = STR_INIT;
	char *path = reg_join(r, "models", model, "alias", alias, NULL);
	int number = reg_read(path, &text, e);
	if (number == 0 && text.len && text.buf[text.len - 1] == '\n') {
		text.buf[text.len - 1] = '\0';
		number = reg_number(text.buf);
	}
	str_release(&text);
	free(path);
	return number == ERR_NOTFOUND ? 0 : number;
}

static int
load_aliases(struct registry *r, struct version *v, struct err *e)
{
	char **name, *dir = reg_join(r, "models", v->model, "alias", NULL);
	size_t n;
	int code = regfs_list(dir, &name, &n) == 0 || errno == ENOENT ? 0 : err_sys(e, "%s", dir);
	for (size_t i = 0; i < n && code >= 0; i++) {
		code = registry_name_ok(name[i]) ? reg_alias_get(r, v->model, name[i], e) : 0;
		if (code != v->number)
			continue;
		v->alias = xreallocarray(v->alias, v->naliases + 1, sizeof *v->alias);
		v->alias[v->naliases++] = xstrdup(name[i]);
	}
	regfs_names_free(name, n);
	free(dir);
	return code < 0 ? code : 0;
}

static char *
mark_path(const struct registry *r, const char *model, int number)
{
	char leaf[16];
	snprintf(leaf, sizeof leaf, "v%d", number);
	return reg_join(r, "models", model, "mark", leaf, NULL);
}

/* Negative: there are some, and they can't be read. */
static int
load_marks(struct registry *r, struct version *v, struct err *e)
{
	struct str text = STR_INIT;
	char *path = mark_path(r, v->model, v->number);
	int code = reg_read(path, &text, e);
	if (code == 0) {
		struct json_node *t = json_tree(str_c(&text), text.len);
		const struct json_node *tags = json_get(t, "tags");
		const char *note = json_text(t, "note");
		if (!t)
			code = err_set(e, ERR_CORRUPT, "%s is torn", path);
		free(v->note);
		while (v->ntags) {
			free(v->tag[--v->ntags].key);
			free(v->tag[v->ntags].value);
		}
		v->note = note && *note ? xstrdup(note) : NULL;
		v->pinned = json_yes(t, "pinned");
		for (const struct json_node *c = tags ? tags->child : NULL; c; c = c->next) {
			if (!c->key || c->type != JSON_STRING)
				continue;
			v->tag = xreallocarray(v->tag, v->ntags + 1, sizeof *v->tag);
			v->tag[v->ntags++] =
				(struct version_pair){xstrdup(c->key), xstrdup(c->text)};
		}
		json_tree_free(t);
	}
	str_release(&text);
	free(path);
	return code == ERR_NOTFOUND ? 0 : code;
}

int
reg_mark_load(struct registry *r, struct version *v, struct err *e)
{
	int code = load_aliases(r, v, e);
	if (code == 0)
		code = load_marks(r, v, e);
	if (code != ERR_CORRUPT)
		return code;
	v->pinned = true;
	free(v->note);
	v->note = xstrdup("its note and tags cannot be read");
	return 0;
}

/* -- changing ---------------------------------------------------------------------------------- */

/* The edit lock, and the version is there and no trash. */
static int
begin(struct registry *r, const char *model, int number, struct err *e)
{
	struct version_list l;
	bool there = false;
	int code = registry_name_ok(model)
			   ? reg_lock(r, REG_EDIT, e)
			   : err_set(e, ERR_NOTFOUND, "there is no model %s", model);
	if (code < 0)
		return code;
	int fd = code;
	code = registry_list(r, model, false, &l, e);
	for (size_t i = 0; code == 0 && i < l.n; i++)
		there = there || l.at[i].number == number;
	if (code == 0)
		version_list_release(&l);
	if (code == 0 && !there)
		code = err_set(e, ERR_NOTFOUND, "%s has no version v%d", model, number);
	if (code == 0)
		return fd;
	reg_unlock(fd);
	return code;
}

/* Writes PATH in a directory that may have to be made. */
static int
put(struct registry *r, const char *path, const char *text, size_t n, struct err *e)
{
	char *dir = xstrdup(path);
	*strrchr(dir, '/') = '\0';
	int code = reg_mkdirs(dir, e);
	if (code == 0)
		code = reg_write(r, path, text, n, true, e);
	free(dir);
	return code;
}

static int
remove_alias(struct registry *r, const char *model, const char *alias, struct err *e)
{
	int fd = reg_lock(r, REG_EDIT, e);
	if (fd < 0)
		return fd;
	char *path = reg_join(r, "models", model, "alias", alias, NULL);
	char *dir = reg_join(r, "models", model, "alias", NULL);
	int code = 0;
	if (regfs_unlink(path) < 0)
		code = errno == ENOENT
			       ? err_set(e, ERR_NOTFOUND, "%s has no alias %s", model, alias)
			       : err_sys(e, "%s", path);
	else if (regfs_sync_dir(dir) < 0)
		code = err_sys(e, "%s", dir);
	free(path);
	free(dir);
	reg_unlock(fd);
	return code;
}

int
registry_alias(struct registry *r, const char *model, int number, const char *alias, struct err *e)
{
	if (!registry_name_ok(alias) || reg_number(alias) || strcmp(alias, "latest") == 0)
		return err_set(e, ERR_USAGE,
			       "%s is no alias: letters, digits and . _ -, at most 64, neither "
			       "latest nor v and a number",
			       alias);
	if (!registry_name_ok(model))
		return err_set(e, ERR_NOTFOUND, "there is no model %s", model);
	if (number == 0)
		return remove_alias(r, model, alias, e);
	int fd = begin(r, model, number, e);
	if (fd < 0)
		return fd;
	char text[16], *path = reg_join(r, "models", model, "alias", alias, NULL);
	int n = snprintf(text, sizeof text, "v%d\n", number);
	int code = put(r, path, text, (size_t)n, e);
	free(path);
	reg_unlock(fd);
	return code;
}

static int
save_marks(struct registry *r, const struct version *v, struct err *e)
{
	struct str s = STR_INIT;
	char *path = mark_path(r, v->model, v->number);
	str_adds(&s, "{\"note\": ");
	json_put_str(&s, v->note);
	str_addf(&s, ", \"pinned\": %s, \"tags\": {", v->pinned ? "true" : "false");
	for (size_t i = 0; i < v->ntags; i++) {
		str_adds(&s, i ? ", " : "");
		json_put_str(&s, v->tag[i].key);
		str_adds(&s, ": ");
		json_put_str(&s, v->tag[i].value);
	}
	str_adds(&s, "}}\n");
	int code = put(r, path, s.buf, s.len, e);
	str_release(&s);
	free(path);
	return code;
}

static void
set_tag(struct version *v, const char *key, const char *value)
{
	size_t i = 0;
	while (i < v->ntags && strcmp(v->tag[i].key, key) < 0)
		i++;
	bool there = i < v->ntags && strcmp(v->tag[i].key, key) == 0;
	if (there) {
		free(v->tag[i].value);
		v->tag[i].value = NULL;
	}
	if (there && !value) {
		free(v->tag[i].key);
		memmove(&v->tag[i], &v->tag[i + 1], (--v->ntags - i) * sizeof *v->tag);
	}
	if (!there && value) {
		v->tag = xreallocarray(v->tag, v->ntags + 1, sizeof *v->tag);
		memmove(&v->tag[i + 1], &v->tag[i], (v->ntags++ - i) * sizeof *v->tag);
		v->tag[i].key = xstrdup(key);
	}
	if (value)
		v->tag[i].value = xstrdup(value);
}

enum what { TAG, NOTE, PIN };

static int
change(struct registry *r, const char *model, int number, enum what what, const char *key,
       const char *value, bool yes, struct err *e)
{
	int fd = begin(r, model, number, e);
	if (fd < 0)
		return fd;
	struct version v;
	struct err ignored;
	reg_load(r, model, number, &v, &ignored); /* for its first note */
	int code = load_marks(r, &v, e);
	if (code < 0)
		goto out;
	if (what == TAG)
		set_tag(&v, key, value);
	else if (what == PIN)
		v.pinned = yes;
	else {
		free(v.note);
		v.note = value && *value ? xstrdup(value) : NULL;
	}
	code = save_marks(r, &v, e);
out:
	version_release(&v);
	reg_unlock(fd);
	return code;
}

int
registry_tag(struct registry *r, const char *model, int number, const char *key, const char *value,
	     struct err *e)
{
	if (!*key || strlen(key) > 200 || (value && strlen(value) > 4000))
		return err_set(e, ERR_USAGE, "a tag is KEY=VALUE, of at most 200 and 4000 bytes");
	return change(r, model, number, TAG, key, value, false, e);
}

int
registry_note(struct registry *r, const char *model, int number, const char *note, struct err *e)
{
	if (note && strlen(note) > 64000)
		return err_set(e, ERR_USAGE, "a note is at most 64000 bytes");
	return change(r, model, number, NOTE, NULL, note, false, e);
}

int
registry_pin(struct registry *r, const char *model, int number, bool pinned, struct err *e)
{
	return change(r, model, number, PIN, NULL, NULL, pinned, e);
}
