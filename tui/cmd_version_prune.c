/* mm version prune, remove, undo, gc, verify: what goes, what comes back, what is broken. */
#include "core/clock.h"
#include "core/json_put.h"
#include "core/retention.h"
#include "core/xalloc.h"
#include "tui/cmd_version.h"
#include "tui/fmt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Files that nobody refers to may be just being written, where locks don't work. */
#define ORPHAN_US (3600 * (int64_t)1000000)

/* -- prune ------------------------------------------------------------------------------------- */

struct prune {
	struct verb_env *ve;
	struct version_list l;
	char **keep; /* a reason for each, or NULL: it goes */
	size_t going, of;
	uint64_t bytes;
};

static bool
in_scope(const struct prune *p, size_t i)
{
	return !p->ve->narg || strcmp(p->l.at[i].model, p->ve->arg[0]) == 0;
}

static bool
goes(const struct prune *p, size_t i)
{
	return in_scope(p, i) && !p->keep[i];
}

/* What would be free if all of L that GOES were gone. */
static uint64_t
bytes_going(const struct version_list *l, const bool *goes)
{
	struct version_list stay = {.at = xcalloc(l->n + 1, sizeof *stay.at)};
	uint64_t sum = 0;
	/* Counted one after the other, each against those that stay and those already counted. */
	for (size_t i = 0; i < l->n; i++)
		if (!goes[i])
			stay.at[stay.n++] = l->at[i];
	for (size_t i = 0; i < l->n; i++)
		if (goes[i]) {
			sum += registry_exclusive(&stay, &l->at[i]);
			stay.at[stay.n++] = l->at[i];
		}
	free(stay.at);
	return sum;
}

static void
print_row(struct prune *p, struct cmd_sheet *sheet, size_t i)
{
	const struct version *v = &p->l.at[i];
	char *name = version_name(v), buf[FMT_N];
	struct str s = STR_INIT;
	if (p->ve->env->json) {
		str_adds(&s, "{\"version\": ");
		json_put_str(&s, name);
		str_addf(&s, ", \"keep\": %s, \"reason\": ", p->keep[i] ? "true" : "false");
		json_put_str(&s, p->keep[i] ? p->keep[i] : "no rule keeps it");
		str_addf(&s, ", \"bytes\": %llu}", (unsigned long long)v->bytes);
		puts(str_c(&s));
	} else {
		cmd_sheet_add(sheet, p->keep[i] ? "keep" : "remove");
		cmd_sheet_add(sheet, name);
		str_addf(&s, "\t%s", fmt_bytes(buf, v->bytes));
		cmd_sheet_add(sheet, str_c(&s));
		cmd_sheet_add(sheet, p->keep[i] ? p->keep[i] : "no rule keeps it");
	}
	str_release(&s);
	free(name);
}

static void
preview(struct prune *p)
{
	struct cmd_sheet sheet = {.columns = 4};
	for (size_t i = 0; i < p->l.n; i++)
		if (in_scope(p, i))
			print_row(p, &sheet, i);
	cmd_sheet_print(&sheet, p->ve->env);
}

static int
trash(struct verb_env *ve, const struct version *const *v, size_t n, unsigned even,
      const char *const *why)
{
	int batch, code = registry_trash(ve->reg, v, n, even, why, &batch, ve->e);
	if (code == 0)
		fprintf(stderr,
			"mm: %zu version%s removed; mm version undo %d takes that back "
			"within %s\n",
			n, n == 1 ? "" : "s", batch, conf_str(ve->env->conf, "registry.grace"));
	return code;
}

static int
remove_them(struct prune *p)
{
	const struct version **v = xcalloc(p->going, sizeof *v);
	const char **why = xcalloc(p->going, sizeof *why);
	size_t n = 0;
	for (size_t i = 0; i < p->l.n; i++)
		if (goes(p, i)) {
			v[n] = &p->l.at[i];
			why[n++] = "no rule keeps it";
		}
	int code = trash(p->ve, v, n, 0, why);
	free(v);
	free(why);
	return code;
}

static int
decide(struct prune *p)
{
	char question[128], bytes[FMT_N];
	bool dry = cmd_option(p->ve->env, "--dry-run") != NULL;
	preview(p);
	bool *going = xcalloc(p->l.n + 1, sizeof *going);
	for (size_t i = 0; i < p->l.n; i++) {
		p->of += in_scope(p, i);
		p->going += going[i] = goes(p, i);
	}
	fmt_bytes(bytes, bytes_going(&p->l, going));
	free(going);
	if (p->going == 0) {
		if (!p->ve->env->json)
			puts("nothing to remove");
		return EXIT_DONE;
	}
	if (!p->ve->env->json)
		printf("%zu of %zu versions, %s\n", p->going, p->of, bytes);
	if (dry)
		return EXIT_DONE;
	snprintf(question, sizeof question, "Remove %zu version%s?", p->going,
		 p->going == 1 ? "" : "s");
	int code = verb_consent(p->ve, question);
	return code <= 0 ? code : remove_them(p);
}

static bool
any_has(const struct version_list *l, const char *metric)
{
	bool any = l->n == 0;
	for (size_t i = 0; i < l->n && !any; i++)
		any = version_metric(&l->at[i], metric) != NULL;
	return any;
}

int
version_prune(struct verb_env *ve)
{
	struct prune p = {.ve = ve};
	struct retention rules;
	struct metric_role role = {.goal = GOAL_NONE};
	const char *text = cmd_option(ve->env, "--keep");
	if (!text)
		text = conf_str(ve->env->conf, "registry.keep");
	if (!*text) {
		fprintf(stderr,
			"mm: nothing is removed without rules: [registry] keep in mm.conf, or "
			"--keep 'best 3 val/loss, last 5'\n");
		return EXIT_DONE;
	}
	int code = retention_parse(text, &rules, ve->e);
	if (code < 0)
		return code;
	if (rules.best_metric)
		metric_role(ve->env->conf, rules.best_metric, &role);
	code = registry_list(ve->reg, NULL, false, &p.l, ve->e);
	if (code == 0 && rules.best_metric && !any_has(&p.l, rules.best_metric)) {
		code = err_set(ve->e, ERR_NOTFOUND,
			       "no version has a metric %s: nothing is removed by a rule that "
			       "keeps nothing",
			       rules.best_metric);
		version_list_release(&p.l);
	} else if (code == 0) {
		p.keep = xcalloc(p.l.n + 1, sizeof *p.keep);
		retention_judge(&rules, &p.l, role.goal, clock_wall_us(), p.keep);
		code = decide(&p);
		for (size_t i = 0; i < p.l.n; i++)
			free(p.keep[i]);
		free(p.keep);
		version_list_release(&p.l);
	}
	retention_release(&rules);
	return code;
}

/* -- remove ------------------------------------------------------------------------------------ */

/* What speaks against it, though it was said that it goes all the same; "" for nothing. */
static char *
objections(const struct version *v)
{
	struct str s = STR_INIT;
	for (size_t i = 0; i < v->nslots; i++)
		str_addf(&s, "%sdeployed in %s", s.len ? ", " : "", v->slot[i]);
	if (v->pinned)
		str_addf(&s, "%spinned", s.len ? ", " : "");
	for (size_t i = 0; i < v->naliases; i++)
		if (strcmp(v->alias[i], "latest") != 0)
			str_addf(&s, "%salias %s", s.len ? ", " : "", v->alias[i]);
	return s.buf ? str_steal(&s) : xstrdup("");
}

static void
print_going(struct verb_env *ve, struct cmd_sheet *sheet, const struct version *v)
{
	char buf[FMT_N], *name = version_name(v), *but = objections(v);
	struct str s = STR_INIT;
	if (ve->env->json) {
		str_adds(&s, "{\"version\": ");
		json_put_str(&s, name);
		str_addf(&s, ", \"bytes\": %llu, \"although\": ", (unsigned long long)v->bytes);
		json_put_str(&s, *but ? but : NULL);
		str_addc(&s, '}');
		puts(str_c(&s));
	} else {
		cmd_sheet_add(sheet, "remove");
		cmd_sheet_add(sheet, name);
		sheet_cell(sheet, "\t", fmt_bytes(buf, v->bytes));
		cmd_sheet_add(sheet, but);
	}
	str_release(&s);
	free(name);
	free(but);
}

/* Marks what is named in GOING, and says what it is. */
static int
choose(struct verb_env *ve, const struct version_list *l, unsigned even, bool *going)
{
	for (int i = 0; i < ve->narg; i++) {
		struct version v;
		int code = registry_find(ve->reg, ve->arg[i], &v, ve->e);
		if (code < 0)
			return code;
		code = registry_may_go(l, &v, even, ve->e);
		for (size_t k = 0; k < l->n && code == 0; k++)
			if (l->at[k].number == v.number && strcmp(l->at[k].model, v.model) == 0)
				going[k] = true;
		version_release(&v);
		if (code == ERR_USAGE) {
			struct err why = *ve->e;
			return err_set(ve->e, code, "%s; --force removes it all the same",
				       why.text);
		}
		if (code < 0)
			return code;
	}
	return 0;
}

static int
remove_named(struct verb_env *ve, const struct version_list *l, unsigned even, const bool *going)
{
	const struct version **v = xcalloc(l->n + 1, sizeof *v);
	const char **why = xcalloc(l->n + 1, sizeof *why);
	struct cmd_sheet sheet = {.columns = 4};
	char bytes[FMT_N], question[80];
	size_t n = 0;
	for (size_t i = 0; i < l->n; i++)
		if (going[i]) {
			print_going(ve, &sheet, &l->at[i]);
			v[n] = &l->at[i];
			why[n++] = "a person named it";
		}
	cmd_sheet_print(&sheet, ve->env);
	fmt_bytes(bytes, bytes_going(l, going));
	if (!ve->env->json)
		printf("%zu version%s, %s of %s own\n", n, n == 1 ? "" : "s", bytes,
		       n == 1 ? "its" : "their");
	int code = EXIT_DONE;
	if (!cmd_option(ve->env, "--dry-run")) {
		snprintf(question, sizeof question, "Remove %zu version%s?", n, n == 1 ? "" : "s");
		code = verb_consent(ve, question);
		code = code <= 0 ? code : trash(ve, v, n, even, why);
	}
	free(v);
	free(why);
	return code;
}

int
version_remove(struct verb_env *ve)
{
	struct version_list l;
	bool force = cmd_option(ve->env, "--force") != NULL;
	/* Who names the newest means it. */
	unsigned even = REGISTRY_EVEN_NEWEST | (force ? REGISTRY_EVEN_KEPT : 0);
	int code = registry_list(ve->reg, NULL, false, &l, ve->e);
	if (code < 0)
		return code;
	bool *going = xcalloc(l.n + 1, sizeof *going);
	code = choose(ve, &l, even, going);
	if (code == 0)
		code = remove_named(ve, &l, even, going);
	free(going);
	version_list_release(&l);
	return code;
}

int
version_undo(struct verb_env *ve)
{
	int n, batch = 0;
	if (ve->narg) {
		char *end;
		batch = (int)strtol(ve->arg[0], &end, 10);
		if (*end || batch < 1)
			return err_set(ve->e, ERR_USAGE, "mm version undo [N]: N is a number");
	}
	int code = registry_undo(ve->reg, batch, &n, ve->e);
	if (code < 0)
		return code;
	if (ve->env->json)
		printf("{\"versions\": %d}\n", n);
	else
		printf("%d version%s there again\n", n, n == 1 ? " is" : "s are");
	return EXIT_DONE;
}

/* -- gc ---------------------------------------------------------------------------------------- */

static void
print_gc(struct verb_env *ve, const struct registry_gc *gc, const char *verb)
{
	char bytes[FMT_N];
	if (ve->env->json)
		printf("{\"versions\": %zu, \"objects\": %zu, \"leftovers\": %zu, \"bytes\": %llu, "
		       "\"dry\": %s}\n",
		       gc->versions, gc->objects, gc->leftovers, (unsigned long long)gc->bytes,
		       gc->dry ? "true" : "false");
	else
		printf("%s%zu removed version%s, %zu object%s, %zu leftover%s: %s\n", verb,
		       gc->versions, gc->versions == 1 ? "" : "s", gc->objects,
		       gc->objects == 1 ? "" : "s", gc->leftovers, gc->leftovers == 1 ? "" : "s",
		       fmt_bytes(bytes, gc->bytes));
}

int
version_gc(struct verb_env *ve)
{
	bool all = cmd_option(ve->env, "--all") != NULL;
	struct registry_gc gc = {
		.grace_us = all ? 0 : conf_duration_us(ve->env->conf, "registry.grace"),
		.orphan_us = all ? 0 : ORPHAN_US,
		.dry = true,
	};
	int code = registry_gc(ve->reg, &gc, ve->e);
	if (code < 0)
		return code;
	bool nothing = !gc.versions && !gc.objects && !gc.leftovers;
	if (nothing || cmd_option(ve->env, "--dry-run")) {
		print_gc(ve, &gc, "");
		return EXIT_DONE;
	}
	if (!ve->env->json && !cmd_option(ve->env, "--yes"))
		print_gc(ve, &gc, "");
	code = verb_consent(ve, "Delete them for good?");
	if (code <= 0)
		return code;
	gc.dry = false;
	code = registry_gc(ve->reg, &gc, ve->e);
	if (code == 0)
		print_gc(ve, &gc, "deleted ");
	return code;
}

/* -- verify ------------------------------------------------------------------------------------ */

static void
print_wrong(void *ctx, const char *wrong)
{
	struct verb_env *ve = ctx;
	struct str s = STR_INIT;
	verb_progress_end(ve);
	if (ve->env->json) {
		str_adds(&s, "{\"wrong\": ");
		json_put_str(&s, wrong);
		str_addc(&s, '}');
	} else {
		str_adds(&s, wrong);
	}
	cmd_line(&s);
}

int
version_verify(struct verb_env *ve)
{
	struct version v = {0};
	int code = ve->narg ? registry_find(ve->reg, ve->arg[0], &v, ve->e) : 0;
	if (code < 0)
		return code;
	code = registry_verify(ve->reg, ve->narg ? &v : NULL, true, print_wrong, verb_progress, ve,
			       ve->e);
	verb_progress_end(ve);
	version_release(&v);
	if (code == 0 && !ve->env->json)
		puts("all is as it was saved");
	return code < 0 ? code : code > 0 ? EXIT_NOT : EXIT_DONE;
}
