/* Verbs of the registry from the keyboard. Each is `mm version …` beside the screen, so that what a
 * person does here he can do from a script, and what a script may not do he may not either.
 *
 * A verb that wants an argument begins its command in the prompt, with what can be guessed; one
 * that changes what others rely on asks; one that can be taken back notes how. Those whose question
 * needs mm's own answer first are in version_ask.c. */
#include "tui/versions_own.h"

#include "core/utf8.h"
#include "core/xalloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* -- arguments --------------------------------------------------------------------------------- */

void
version_work_prompt(struct versions *v, enum action a, const char *guess)
{
	free(v->m->line);
	v->m->line = xasprintf("%s %s", action_table[a].name, guess ? guess : "");
}

const struct vitem *
version_work_version(struct versions *v, enum action a)
{
	const struct vitem *it = versions_cursor(v);
	char text[80];
	if (it && it->kind != VITEM_FOUND)
		return it;
	snprintf(text, sizeof text, it ? "%s: it is not saved yet" : "%s: no version is here",
		 action_table[a].name);
	model_say(v->m, true, "%s", text);
	return NULL;
}

/* What a checkpoint's model is called most likely: as another of its run, else as the only model
 * there is, else as its run. */
static char *
guess_model(struct versions *v, const struct vitem *it)
{
	const struct version_rows *rows = &v->rows;
	const char *of_run = NULL, *only = NULL;
	for (size_t i = 0; i < rows->n; i++) {
		const struct vitem *other = &rows->item[i];
		if (other->kind == VITEM_FOUND)
			continue;
		if (it->run && other->run && strcmp(it->run, other->run) == 0)
			of_run = other->model;
		only = other->model;
	}
	if (of_run || (only && rows->nmodels == 1))
		return xstrdup(of_run ? of_run : only);
	const struct model_run *r = it->run ? model_run_by_path(v->m, it->run) : NULL;
	struct str s = STR_INIT;
	for (const char *p = r ? r->name : ""; *p && s.len < 64; p++)
		if ((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') ||
		    (*p >= '0' && *p <= '9') || (s.len && strchr("._-", *p)))
			str_addc(&s, *p);
		else if (s.len && s.buf[s.len - 1] != '-')
			str_addc(&s, '-');
	return s.buf ? str_steal(&s) : xstrdup("model");
}

char *
version_work_guess_slot(struct versions *v, const struct vitem *it)
{
	if (it && *it->slots)
		return xstrndup(it->slots, strcspn(it->slots, " "));
	if (conf_deploys(v->m->conf) == 1)
		return xstrdup(conf_deploy_name(v->m->conf, 0));
	for (size_t i = 0; i < v->rows.n; i++)
		if (*v->rows.item[i].slots)
			return xstrndup(v->rows.item[i].slots, strcspn(v->rows.item[i].slots, " "));
	return xstrdup("");
}

/* -- verbs ------------------------------------------------------------------------------------- */

static void
keep(struct versions *v, enum action a, const char *arg)
{
	const struct vitem *it = versions_cursor(v);
	const char *verb = action_table[a].name;
	if (!it) {
		model_say(v->m, true, "%s: no checkpoint is here", verb);
		return;
	}
	if (it->kind != VITEM_FOUND) {
		model_say(v->m, false, "%s is a version already", it->name);
		return;
	}
	if (!arg || !*arg) {
		char *model = guess_model(v, it);
		version_work_prompt(v, a, model);
		free(model);
		return;
	}
	const char *args[] = {"version", verb, "--", arg, it->name, NULL};
	char *what = xasprintf("%s %s", verb, arg);
	version_work_run(v, what, args);
	free(what);
}

/* ARG of a question about VERB: "VERSION\nSLOT". */
static void
do_deploy(void *ctx, struct model *m, const char *arg)
{
	struct versions *v = ctx;
	char *name = xstrndup(arg, strcspn(arg, "\n"));
	const char *slot = arg + strlen(name) + 1;
	const char *args[] = {"version", "deploy", "--yes", "--", name, slot, NULL};
	char *what = xasprintf("deploy %s to %s", name, slot);
	const char *was = version_work_in_slot(v, slot);
	bool same = was && strcmp(was, name) == 0, was_there = was != NULL;
	v->m = m;
	version_work_run(v, what, args);
	const char *back[] = {"version", "rollback", "--yes", "--reason",
			      "undone",  "--",       slot,    NULL};
	const char *away[] = {"version", "undeploy", "--yes", "--reason",
			      "undone",  "--",       slot,    NULL};
	if (!same) {
		version_work_noting(v, was_there ? back : away, what);
		version_work_noting_slot(v, slot, name);
	}
	free(what);
	free(name);
}

static void
deploy(struct versions *v, enum action a, const char *arg)
{
	const struct vitem *it = version_work_version(v, a);
	if (!it)
		return;
	if (!arg || !*arg) {
		char *slot = version_work_guess_slot(v, NULL);
		version_work_prompt(v, a, slot);
		free(slot);
		return;
	}
	const char *now = version_work_in_slot(v, arg);
	char *both = xasprintf("%s\n%s", it->name, arg);
	model_ask(v->m, do_deploy, v, both, "%sdeploy %.80s to %.40s, where %.80s is now?",
		  it->danger ? "DANGER, loading it runs code: " : "", it->name, arg,
		  now ? now : "nothing");
	free(both);
}

static void
do_undeploy(void *ctx, struct model *m, const char *slot)
{
	struct versions *v = ctx;
	const char *was = version_work_in_slot(v, slot);
	const char *args[] = {"version", "undeploy", "--yes", "--", slot, NULL};
	char *name = was ? xstrdup(was) : NULL, *what = xasprintf("undeploy %s", slot);
	v->m = m;
	version_work_run(v, what, args);
	if (name) {
		const char *back[] = {"version", "deploy", "--yes", "--", name, slot, NULL};
		version_work_noting(v, back, what);
		version_work_noting_slot(v, slot, NULL);
	}
	free(what);
	free(name);
}

/* It is about a slot: the one that is named, or where this version is. */
static void
undeploy(struct versions *v, enum action a, const char *arg)
{
	const struct vitem *it = versions_cursor(v);
	char *slot = arg && *arg ? xstrdup(arg) : version_work_guess_slot(v, it);
	const char *now = *slot ? version_work_in_slot(v, slot) : NULL;
	if (!*slot)
		version_work_prompt(v, a, "");
	else
		model_ask(v->m, do_undeploy, v, slot, "take %.80s away from %.40s?",
			  now ? now : "what is there", slot);
	free(slot);
}

static void
restore(struct versions *v, enum action a, const char *arg)
{
	const struct vitem *it = version_work_version(v, a);
	if (!it)
		return;
	if (!arg || !*arg) {
		char *dir = xasprintf("./%s-v%d", it->model, it->number);
		version_work_prompt(v, a, dir);
		free(dir);
		return;
	}
	const char *args[] = {"version", "restore", "--", it->name, arg, NULL};
	char *what = xasprintf("restore %s", it->name);
	version_work_run(v, what, args);
	free(what);
}

static const struct vitem *
alias_of(const struct versions *v, const char *model, const char *alias)
{
	size_t n = strlen(alias);
	for (size_t i = 0; i < v->rows.n; i++) {
		const struct vitem *it = &v->rows.item[i];
		for (const char *p = it->alias; strcmp(it->model, model) == 0 && *p;
		     p += strcspn(p, " "), p += strspn(p, " "))
			if (strcspn(p, " ") == n && strncmp(p, alias, n) == 0)
				return it;
	}
	return NULL;
}

static void
alias(struct versions *v, enum action a, const char *arg)
{
	const struct vitem *it = version_work_version(v, a);
	if (!it)
		return;
	if (!arg || !*arg) {
		version_work_prompt(v, a, "");
		return;
	}
	const struct vitem *was = alias_of(v, it->model, arg);
	char *old = was ? xstrdup(was->name) : NULL, *model = xstrdup(it->model);
	const char *args[] = {"version", "alias", "--", it->name, arg, NULL};
	char *what = xasprintf("alias %s of %s", arg, it->name);
	version_work_run(v, what, args);
	const char *move_back[] = {"version", "alias", "--", old, arg, NULL};
	const char *take_back[] = {"version", "alias", "--remove", "--", model, arg, NULL};
	version_work_noting(v, old ? move_back : take_back, what);
	free(what);
	free(model);
	free(old);
}

static void
pin(struct versions *v, enum action a, const char *arg)
{
	const struct vitem *it = version_work_version(v, a);
	(void)arg;
	if (!it)
		return;
	const char *verb = it->pinned ? "unpin" : "pin", *other = it->pinned ? "pin" : "unpin";
	const char *args[] = {"version", verb, "--", it->name, NULL};
	const char *back[] = {"version", other, "--", it->name, NULL};
	char *what = xasprintf("%s %s", verb, it->name);
	version_work_run(v, what, args);
	version_work_noting(v, back, what);
	free(what);
}

/* Has it a tag with the key of KEY=VALUE already? */
static bool
has_tag(const struct vitem *it, const char *pair)
{
	size_t n = strcspn(pair, "=") + 1;
	for (const char *p = it->tags; *p; p += strcspn(p, " "), p += strspn(p, " "))
		if (strncmp(p, pair, n) == 0)
			return true;
	return false;
}

/* Notes and tags of a version, by the actions that write those of a run. */
static void
annotate(struct versions *v, enum action a, const char *arg)
{
	const struct vitem *it = version_work_version(v, a);
	if (!it)
		return;
	const char *verb = action_table[a].name;
	if (a == ACTION_TAG && (!arg || !strchr(arg, '='))) {
		model_say(v->m, true, "tag: a version's tag is KEY=VALUE; KEY= takes it back");
		return;
	}
	const char *args[] = {"version", verb, "--", it->name, arg ? arg : "", NULL};
	char *what = xasprintf("%s %s", verb, it->name);
	version_work_run(v, what, args);
	if (a == ACTION_NOTE) {
		const char *back[] = {"version", "note", "--", it->name, it->note ? it->note : "",
				      NULL};
		version_work_noting(v, back, what);
	} else if (!has_tag(it, arg)) {
		char *wipe = xasprintf("%.*s=", (int)strcspn(arg, "="), arg);
		const char *back[] = {"version", "tag", "--", it->name, wipe, NULL};
		version_work_noting(v, back, what);
		free(wipe);
	}
	free(what);
}

static void
verify(struct versions *v, enum action a, const char *arg)
{
	const struct vitem *it = versions_cursor(v);
	(void)a, (void)arg;
	bool one = it && it->kind != VITEM_FOUND;
	const char *args[] = {"version", "verify", one ? "--" : NULL, one ? it->name : NULL, NULL};
	char *what = xasprintf("verify %s", one ? it->name : "all");
	version_work_run(v, what, args);
	free(what);
}

/* A version as a tar file, and back. */
static void
tar_out(struct versions *v, enum action a, const char *arg)
{
	const struct vitem *it = version_work_version(v, a);
	if (!it)
		return;
	if (!arg || !*arg) {
		char *file = xasprintf("./%s-v%d.tar", it->model, it->number);
		version_work_prompt(v, a, file);
		free(file);
		return;
	}
	const char *args[] = {"version", "export", "--", it->name, arg, NULL};
	char *what = xasprintf("export %s", it->name);
	version_work_run(v, what, args);
	free(what);
}

static void
tar_in(struct versions *v, enum action a, const char *arg)
{
	if (!arg || !*arg) {
		version_work_prompt(v, a, "");
		return;
	}
	const char *args[] = {"version", "import", "--", arg, NULL};
	version_work_run(v, "import", args);
}

bool
version_work_act(struct versions *v, enum action a, const char *arg)
{
	static const struct {
		enum action action;
		void (*act)(struct versions *v, enum action a, const char *arg);
	} verb[] = {
		{ACTION_SAVE, keep},
		{ACTION_ADOPT, keep},
		{ACTION_DEPLOY, deploy},
		{ACTION_UNDEPLOY, undeploy},
		{ACTION_RESTORE, restore},
		{ACTION_ALIAS, alias},
		{ACTION_PIN, pin},
		{ACTION_NOTE, annotate},
		{ACTION_TAG, annotate},
		{ACTION_EXPORT, tar_out},
		{ACTION_IMPORT, tar_in},
		{ACTION_VERIFY, verify},
		{ACTION_ROLLBACK, version_ask_rollback},
		{ACTION_PRUNE, version_ask_prune},
		{ACTION_REMOVE, version_ask_remove},
		{ACTION_GC, version_ask_gc},
		{ACTION_UNDO, version_work_undo},
	};
	for (size_t i = 0; i < sizeof verb / sizeof *verb; i++)
		if (verb[i].action == a) {
			verb[i].act(v, a, arg);
			return true;
		}
	return false;
}
