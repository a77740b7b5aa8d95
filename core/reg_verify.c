/* Is all as it was saved? Nothing is trusted: every number, every object, every original that was
 * adopted, every alias and slot is looked at, and content hashed anew; each finding names what it
 * costs. */
#include "core/reg_impl.h"

#include "core/deploy.h"
#include "core/map.h"
#include "core/xalloc.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct verify {
	struct registry *r;
	void (*fn)(void *ctx, const char *wrong);
	void *ctx;
	bool deep;
	int found;
	bool stopped;
	struct map seen; /* objects that were read, by SHA-256: good or bad */
	struct reg_clock clock;
};

static void __attribute__((format(printf, 2, 3))) wrong(struct verify *s, const char *fmt, ...)
{
	char text[1000];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	s->found++;
	s->fn(s->ctx, text);
}

/* NULL, or what is wrong with the content at PATH, to be freed. */
static char *
content(struct verify *s, const char *path, const struct version_file *f)
{
	struct version_file is = *f;
	struct stat st;
	struct err e = {0};
	if (regfs_stat(path, &st) < 0)
		return errno == ENOENT || errno == ENOTDIR ? xstrdup("is missing")
							   : xstrdup(strerror(errno));
	if ((uint64_t)st.st_size != f->bytes)
		return xasprintf("has %lld bytes and should have %llu", (long long)st.st_size,
				 (unsigned long long)f->bytes);
	if (!s->deep)
		return NULL;
	if (reg_hash(path, &is, &s->clock, &e) < 0) {
		s->stopped = s->stopped || (e.code == ERR_BUSY && strstr(e.text, "stopped"));
		return s->stopped ? NULL : xasprintf("cannot be read (%s)", e.text);
	}
	return strcmp(is.sha256, f->sha256) == 0 ? NULL
						 : xstrdup("has other content than was saved");
}

static void
verify_version(struct verify *s, const struct version *v)
{
	static char good, bad;
	if (v->broken) {
		wrong(s, "%s@v%d: its manifest cannot be read: %s", v->model, v->number, v->broken);
		return;
	}
	for (size_t i = 0; i < v->nfiles && !s->stopped; i++) {
		const struct version_file *f = &v->file[i];
		char *path = registry_file(s->r, v, i);
		const char *known =
			v->kind == VERSION_SAVED ? map_get(&s->seen, f->sha256, 64) : NULL;
		char *why = known == &good ? NULL
			    : known        ? xstrdup("is damaged, as said above")
					   : content(s, path, f);
		if (v->kind == VERSION_SAVED && !known && !s->stopped)
			map_put(&s->seen, f->sha256, 64, why ? &bad : &good);
		if (why)
			wrong(s, "%s@v%d: %s: %s %s", v->model, v->number, f->path, path, why);
		free(why);
		free(path);
	}
}

/* Numbers are dense: one that is neither there nor removed was lost. */
static void
verify_numbers(struct verify *s, const char *model, const struct reg_trash *t)
{
	struct err e = {0};
	int *number, highest = reg_highest(s->r, model, &e);
	size_t n;
	if (highest < 0 || reg_numbers(s->r, model, &number, &n, &e) < 0) {
		wrong(s, "%s", e.text);
		return;
	}
	for (int want = 1; want <= highest; want++) {
		bool there = false;
		for (size_t i = 0; i < n && !there; i++)
			there = number[i] == want;
		for (size_t i = 0; i < t->n && !there; i++)
			there = t->at[i].number == want && strcmp(t->at[i].model, model) == 0;
		if (!there)
			wrong(s, "%s@v%d: its manifest is missing", model, want);
	}
	free(number);
}

static void
verify_aliases(struct verify *s, const char *model, const struct version_list *l)
{
	char **name, *dir = reg_join(s->r, "models", model, "alias", NULL);
	size_t n;
	if (regfs_list(dir, &name, &n) < 0)
		name = NULL, n = 0;
	for (size_t i = 0; i < n; i++) {
		struct err e;
		int number = reg_alias_get(s->r, model, name[i], &e);
		bool there = false;
		for (size_t k = 0; k < l->n && !there; k++)
			/* of one that was removed it waits for being taken back, or for gc */
			there = l->at[k].number == number && strcmp(l->at[k].model, model) == 0;
		if (!there && number > 0)
			wrong(s, "%s@%s means v%d, which is not there", model, name[i], number);
		else if (!there)
			wrong(s, "%s@%s: %s/%s is torn", model, name[i], dir, name[i]);
	}
	regfs_names_free(name, n);
	free(dir);
}

static void
verify_marks(struct verify *s, const char *model)
{
	char **name, *dir = reg_join(s->r, "models", model, "mark", NULL);
	size_t n;
	if (regfs_list(dir, &name, &n) < 0)
		name = NULL, n = 0;
	for (size_t i = 0; i < n; i++) {
		struct str text = STR_INIT;
		struct err e = {0};
		char *path = xasprintf("%s/%s", dir, name[i]);
		struct json_node *t = NULL;
		if (reg_read(path, &text, &e) < 0)
			wrong(s, "%s@%s: %s", model, name[i], e.text);
		else if (!(t = json_tree(str_c(&text), text.len)))
			wrong(s, "%s@%s: its note and tags cannot be read: %s is torn", model,
			      name[i], path);
		json_tree_free(t);
		str_release(&text);
		free(path);
	}
	regfs_names_free(name, n);
	free(dir);
}

static void
verify_release(struct verify *s, const struct deploy_state *d, const struct version_list *l)
{
	for (size_t i = 0; i < l->n; i++) {
		const struct version *v = &l->at[i];
		char *name = xasprintf("%s@v%d", v->model, v->number);
		bool it = strcmp(name, d->version) == 0;
		free(name);
		for (size_t k = 0; it && k < v->nfiles && !s->stopped; k++) {
			char *path = xasprintf("%s/%s", d->path, v->file[k].path);
			char *why = content(s, path, &v->file[k]);
			if (why)
				wrong(s, "slot %s: %s: %s %s", d->slot, d->version, path, why);
			free(path);
			free(why);
		}
	}
}

static void
verify_slots(struct verify *s, const struct version_list *l)
{
	struct deploy_state *d;
	struct err e = {0};
	size_t n;
	if (deploy_states(s->r, &d, &n, &e) < 0) {
		wrong(s, "%s", e.text);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		struct deploy_history h;
		if (deploy_history(s->r, d[i].slot, &h, &e) < 0)
			wrong(s, "slot %s: %s", d[i].slot, e.text);
		for (size_t k = 0; k < h.n; k++)
			if (h.at[k].broken)
				wrong(s, "slot %s: %s", d[i].slot, h.at[k].broken);
		deploy_history_release(&h);
		if (d[i].version)
			verify_release(s, &d[i], l);
	}
	deploy_states_free(d, n);
}

static uint64_t
bytes_of(const struct version_list *l)
{
	uint64_t sum = 0;
	for (size_t i = 0; i < l->n; i++)
		sum += l->at[i].bytes;
	return sum;
}

static int
verify_all(struct verify *s, registry_progress_fn progress, void *ctx, struct err *e)
{
	struct version_list l;
	struct reg_trash t;
	char **model;
	size_t n;
	int code = registry_list(s->r, NULL, true, &l, e);
	if (code < 0)
		return code;
	code = reg_trash_load(s->r, &t, e);
	if (code == 0)
		code = reg_models(s->r, &model, &n, e);
	if (code == 0) {
		reg_clock_init(&s->clock, bytes_of(&l), progress, ctx);
		if (t.broken)
			wrong(s, "%s", t.broken);
		for (size_t i = 0; i < n; i++) {
			verify_numbers(s, model[i], &t);
			verify_aliases(s, model[i], &l);
			verify_marks(s, model[i]);
		}
		for (size_t i = 0; i < l.n && !s->stopped; i++)
			verify_version(s, &l.at[i]);
		verify_slots(s, &l);
		regfs_names_free(model, n);
	}
	reg_trash_release(&t);
	version_list_release(&l);
	return code;
}

int
registry_verify(struct registry *r, const struct version *v, bool deep,
		void (*fn)(void *ctx, const char *wrong), registry_progress_fn progress, void *ctx,
		struct err *e)
{
	struct verify s = {.r = r, .fn = fn, .ctx = ctx, .deep = deep};
	int code = 0;
	if (v) {
		reg_clock_init(&s.clock, v->bytes, progress, ctx);
		verify_version(&s, v);
	} else {
		code = verify_all(&s, progress, ctx, e);
	}
	map_release(&s.seen);
	if (code == 0 && s.stopped)
		code = err_set(e, ERR_BUSY, "stopped before all was read");
	return code < 0 ? code : s.found;
}
