/* Verbs of the registry from the keyboard. Each is `mm version …` beside the screen, so that what a
 * person does here he can do from a script, and what a script may not do he may not either. One at
 * a time: the next waits for a person who has seen what became of the last.
 *
 * A verb that wants an argument begins its command in the prompt, with what can be guessed; one
 * that changes what others rely on asks; one that can be taken back notes how. */
#include "tui/versions_own.h"

#include "core/utf8.h"
#include "core/xalloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
inverse_release(struct version_inverse *inv)
{
	for (int i = 0; i < VERSION_ARGS; i++)
		free(inv->arg[i]);
	free(inv->what);
	free(inv->slot);
	free(inv->now);
	*inv = (struct version_inverse){0};
}

static void
work_end(struct version_work *w)
{
	job_free(w->job);
	free(w->what);
	free(w->progress);
	free(w->said);
	inverse_release(&w->inverse);
	*w = (struct version_work){0};
}

void
version_work_release(struct versions *v)
{
	work_end(&v->work);
	for (size_t i = 0; i < v->nundo; i++)
		inverse_release(&v->undo[i]);
	free(v->undo);
}

void
version_work_cancel(struct versions *v)
{
	if (!v->work.job)
		return;
	job_cancel(v->work.job);
	model_say(v->m, false, "%s: asked to stop", v->work.what);
}

/* -- running a verb ---------------------------------------------------------------------------- */

static void
replace(char **to, const char *text)
{
	char *now = xstrdup(text);
	free(*to);
	*to = now;
}

static void
on_line(void *ctx, const char *line)
{
	struct versions *v = ctx;
	if (v->work.preview)
		page_table(&v->tabs.page, line, STYLE_NORMAL);
	if (*line)
		replace(&v->work.said, line);
	v->m->changed(v->m->request_ctx);
}

static void
on_progress(void *ctx, const char *line)
{
	struct versions *v = ctx;
	replace(&v->work.progress, line);
	v->m->changed(v->m->request_ctx);
}

/* What was removed is taken back by the number of its batch, not as the newest: somebody else may
 * have removed something meanwhile. */
static void
note_batch(struct version_work *w, const char *last)
{
	const char *at = strstr(last, "mm version undo ");
	int batch;
	if (strcmp(w->what, "prune") != 0 || !at || sscanf(at, "mm version undo %d", &batch) != 1)
		return;
	w->inverse.arg[0] = xstrdup("version");
	w->inverse.arg[1] = xstrdup("undo");
	w->inverse.arg[2] = xasprintf("%d", batch);
	w->inverse.what = xstrdup("prune");
}

static void
on_done(void *ctx, int status, const char *last)
{
	struct versions *v = ctx;
	struct version_work *w = &v->work;
	if (status == 0) {
		note_batch(w, last);
		model_say(v->m, false, "%.60s: %.180s", w->what, w->said ? w->said : "done");
		if (w->inverse.what) {
			*vec_push(v->undo, v->nundo, v->undo_cap) = w->inverse;
			w->inverse = (struct version_inverse){0};
		}
	} else {
		/* The words of what failed begin with what it was about. */
		if (*last)
			model_say(v->m, true, "%.240s", last);
		else
			model_say(v->m, true, "%.60s: %.180s", w->what,
				  w->said ? w->said : "it broke off");
	}
	work_end(w);
	version_tabs_stale(v);
	versions_reload(v);
	v->m->changed(v->m->request_ctx);
}

static bool
start(struct versions *v, const char *what, const char *const *args, const struct job_ops *ops)
{
	struct version_work *w = &v->work;
	if (w->job) {
		w->fresh = false;
		model_say(v->m, true, "%s goes on; Esc stops it", w->what);
		return false;
	}
	work_end(w);
	w->what = xstrdup(what);
	w->job = v->m->work(v->m->request_ctx, args, ops, v);
	w->fresh = w->job != NULL;
	return w->fresh;
}

static void
run(struct versions *v, const char *what, const char *const *args)
{
	static const struct job_ops ops = {on_line, on_progress, on_done};
	start(v, what, args, &ops);
}

/* What has been started is taken back by mm version ARGS. */
static void
noting(struct versions *v, const char *const *args, const char *what)
{
	struct version_inverse *inv = &v->work.inverse;
	if (!v->work.fresh)
		return;
	for (int i = 0; args[i] && i < VERSION_ARGS - 1; i++)
		inv->arg[i] = xstrdup(args[i]);
	inv->what = xstrdup(what);
}

/* … while NOW is in SLOT. */
static void
noting_slot(struct versions *v, const char *slot, const char *now)
{
	if (!v->work.fresh)
		return;
	v->work.inverse.slot = xstrdup(slot);
	v->work.inverse.now = now ? xstrdup(now) : NULL;
}

static const char *
deployed_in(const struct versions *v, const char *slot)
{
	for (size_t i = 0; i < v->rows.n; i++) {
		const char *p = v->rows.item[i].slots;
		size_t n = strlen(slot);
		for (; *p; p += strcspn(p, " "), p += strspn(p, " "))
			if (strcspn(p, " ") == n && strncmp(p, slot, n) == 0)
				return v->rows.item[i].name;
	}
	return NULL;
}

/* The newest verb that can be taken back is. */
static void
undo_now(void *ctx, struct model *m, const char *arg)
{
	struct versions *v = ctx;
	struct version_inverse *inv = &v->undo[v->nundo - 1];
	(void)arg;
	v->m = m;
	char *what = xasprintf("undo %s", inv->what);
	run(v, what, (const char *const *)inv->arg);
	inverse_release(inv);
	v->nundo--;
	free(what);
}

/* What others rely on is only taken back while it is what was deployed from here, and asks. */
static void
undo_deployment(struct versions *v, struct version_inverse *inv)
{
	const char *now = deployed_in(v, inv->slot);
	if ((!now && !inv->now) || (now && inv->now && strcmp(now, inv->now) == 0)) {
		model_ask(v->m, undo_now, v, NULL, "undo %.200s?", inv->what);
		return;
	}
	model_say(v->m, true, "%.60s is not what was done from here any more: %.80s is there",
		  inv->slot, now ? now : "nothing");
	inverse_release(inv);
	v->nundo--;
}

static void
undo(struct versions *v)
{
	if (!v->nundo) {
		model_say(v->m, false, "nothing to undo here");
		return;
	}
	struct version_inverse *inv = &v->undo[v->nundo - 1];
	if (v->work.job) {
		model_say(v->m, true, "%s goes on; Esc stops it", v->work.what);
		return;
	}
	if (inv->slot)
		undo_deployment(v, inv);
	else
		undo_now(v, v->m, NULL);
}

/* -- arguments --------------------------------------------------------------------------------- */

/* Opens the prompt with ":VERB GUESS". */
static void
begin_line(struct versions *v, enum action a, const char *guess)
{
	free(v->m->line);
	v->m->line = xasprintf("%s %s", action_table[a].name, guess ? guess : "");
}

/* A version under the cursor, or words that there is none. */
static const struct vitem *
a_version(struct versions *v, enum action a)
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

/* The one that mm.conf names, if it names one alone. */
static char *
guess_slot(struct versions *v, const struct vitem *it)
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
		begin_line(v, a, model);
		free(model);
		return;
	}
	const char *args[] = {"version", verb, "--", arg, it->name, NULL};
	char *what = xasprintf("%s %s", verb, arg);
	run(v, what, args);
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
	const char *was = deployed_in(v, slot);
	bool same = was && strcmp(was, name) == 0, was_there = was != NULL;
	v->m = m;
	run(v, what, args);
	const char *back[] = {"version", "rollback", "--yes", "--reason",
			      "undone",  "--",       slot,    NULL};
	const char *away[] = {"version", "undeploy", "--yes", "--reason",
			      "undone",  "--",       slot,    NULL};
	if (!same) {
		noting(v, was_there ? back : away, what);
		noting_slot(v, slot, name);
	}
	free(what);
	free(name);
}

static void
deploy(struct versions *v, const char *arg)
{
	const struct vitem *it = a_version(v, ACTION_DEPLOY);
	if (!it)
		return;
	if (!arg || !*arg) {
		char *slot = guess_slot(v, NULL);
		begin_line(v, ACTION_DEPLOY, slot);
		free(slot);
		return;
	}
	const char *now = deployed_in(v, arg);
	char *both = xasprintf("%s\n%s", it->name, arg);
	model_ask(v->m, do_deploy, v, both, "deploy %.80s to %.40s, where %.80s is now?", it->name,
		  arg, now ? now : "nothing");
	free(both);
}

static void
do_rollback(void *ctx, struct model *m, const char *slot)
{
	struct versions *v = ctx;
	const char *args[] = {"version", "rollback", "--yes", "--", slot, NULL};
	char *what = xasprintf("rollback %s", slot);
	v->m = m;
	run(v, what, args);
	free(what);
}

static void
do_undeploy(void *ctx, struct model *m, const char *slot)
{
	struct versions *v = ctx;
	const char *was = deployed_in(v, slot);
	const char *args[] = {"version", "undeploy", "--yes", "--", slot, NULL};
	char *name = was ? xstrdup(was) : NULL, *what = xasprintf("undeploy %s", slot);
	v->m = m;
	run(v, what, args);
	if (name) {
		const char *back[] = {"version", "deploy", "--yes", "--", name, slot, NULL};
		noting(v, back, what);
		noting_slot(v, slot, NULL);
	}
	free(what);
	free(name);
}

/* Rollback and undeploy are about a slot: the one that is named, or where this version is. */
static void
about_slot(struct versions *v, enum action a, const char *arg)
{
	const struct vitem *it = versions_cursor(v);
	char *slot = arg && *arg ? xstrdup(arg) : guess_slot(v, it);
	const char *now = *slot ? deployed_in(v, slot) : NULL;
	if (!*slot)
		begin_line(v, a, "");
	else if (a == ACTION_ROLLBACK)
		model_ask(v->m, do_rollback, v, slot,
			  "roll %.40s back from %.80s to the one that was healthy before?", slot,
			  now ? now : "nothing");
	else
		model_ask(v->m, do_undeploy, v, slot, "take %.80s away from %.40s?",
			  now ? now : "what is there", slot);
	free(slot);
}

static void
restore(struct versions *v, const char *arg)
{
	const struct vitem *it = a_version(v, ACTION_RESTORE);
	if (!it)
		return;
	if (!arg || !*arg) {
		char *dir = xasprintf("./%s-v%d", it->model, it->number);
		begin_line(v, ACTION_RESTORE, dir);
		free(dir);
		return;
	}
	const char *args[] = {"version", "restore", "--", it->name, arg, NULL};
	char *what = xasprintf("restore %s", it->name);
	run(v, what, args);
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
alias(struct versions *v, const char *arg)
{
	const struct vitem *it = a_version(v, ACTION_ALIAS);
	if (!it)
		return;
	if (!arg || !*arg) {
		begin_line(v, ACTION_ALIAS, "");
		return;
	}
	const struct vitem *was = alias_of(v, it->model, arg);
	char *old = was ? xstrdup(was->name) : NULL, *model = xstrdup(it->model);
	const char *args[] = {"version", "alias", "--", it->name, arg, NULL};
	char *what = xasprintf("alias %s of %s", arg, it->name);
	run(v, what, args);
	const char *move_back[] = {"version", "alias", "--", old, arg, NULL};
	const char *take_back[] = {"version", "alias", "--remove", "--", model, arg, NULL};
	noting(v, old ? move_back : take_back, what);
	free(what);
	free(model);
	free(old);
}

static void
pin(struct versions *v)
{
	const struct vitem *it = a_version(v, ACTION_PIN);
	if (!it)
		return;
	const char *verb = it->pinned ? "unpin" : "pin", *other = it->pinned ? "pin" : "unpin";
	const char *args[] = {"version", verb, "--", it->name, NULL};
	const char *back[] = {"version", other, "--", it->name, NULL};
	char *what = xasprintf("%s %s", verb, it->name);
	run(v, what, args);
	noting(v, back, what);
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
	const struct vitem *it = a_version(v, a);
	if (!it)
		return;
	const char *verb = action_table[a].name;
	if (a == ACTION_TAG && (!arg || !strchr(arg, '='))) {
		model_say(v->m, true, "tag: a version's tag is KEY=VALUE; KEY= takes it back");
		return;
	}
	const char *args[] = {"version", verb, "--", it->name, arg ? arg : "", NULL};
	char *what = xasprintf("%s %s", verb, it->name);
	run(v, what, args);
	if (a == ACTION_NOTE) {
		const char *back[] = {"version", "note", "--", it->name, it->note ? it->note : "",
				      NULL};
		noting(v, back, what);
	} else if (!has_tag(it, arg)) {
		char *wipe = xasprintf("%.*s=", (int)strcspn(arg, "="), arg);
		const char *back[] = {"version", "tag", "--", it->name, wipe, NULL};
		noting(v, back, what);
		free(wipe);
	}
	free(what);
}

static void
verify(struct versions *v)
{
	const struct vitem *it = versions_cursor(v);
	bool one = it && it->kind != VITEM_FOUND;
	const char *args[] = {"version", "verify", one ? "--" : NULL, one ? it->name : NULL, NULL};
	char *what = xasprintf("verify %s", one ? it->name : "all");
	run(v, what, args);
	free(what);
}

/* A version as a tar file, and back. */
static void
tar_out(struct versions *v, const char *arg)
{
	const struct vitem *it = a_version(v, ACTION_EXPORT);
	if (!it)
		return;
	if (!arg || !*arg) {
		char *file = xasprintf("./%s-v%d.tar", it->model, it->number);
		begin_line(v, ACTION_EXPORT, file);
		free(file);
		return;
	}
	const char *args[] = {"version", "export", "--", it->name, arg, NULL};
	char *what = xasprintf("export %s", it->name);
	run(v, what, args);
	free(what);
}

static void
tar_in(struct versions *v, const char *arg)
{
	if (!arg || !*arg) {
		begin_line(v, ACTION_IMPORT, "");
		return;
	}
	const char *args[] = {"version", "import", "--", arg, NULL};
	run(v, "import", args);
}

/* -- prune: shown first ------------------------------------------------------------------------ */

static void
do_prune(void *ctx, struct model *m, const char *arg)
{
	struct versions *v = ctx;
	const char *args[] = {"version", "prune", "--yes", *arg ? "--" : NULL, arg, NULL};
	v->m = m;
	run(v, "prune", args); /* how it is taken back, it says when it is done */
}

static void
do_gc(void *ctx, struct model *m, const char *arg)
{
	struct versions *v = ctx;
	const char *args[] = {"version", "gc", "--yes", NULL};
	(void)arg;
	v->m = m;
	run(v, "gc", args);
}

static void
on_gc_previewed(void *ctx, int status, const char *last)
{
	struct versions *v = ctx;
	char *said = xstrdup(v->work.said ? v->work.said : "");
	bool nothing = strstr(said, "0 removed versions, 0 objects, 0 leftovers") == said;
	work_end(&v->work);
	if (status != 0)
		model_say(v->m, true, "gc: %s", *last ? last : "it broke off");
	else if (nothing)
		model_say(v->m, false, "gc: nothing that was removed long enough ago");
	else if (v->m->question.text[0]) /* another question waits for its answer */
		model_say(v->m, false, "gc: %.200s", said);
	else
		model_ask(v->m, do_gc, v, NULL, "delete for good %.150s?", said);
	free(said);
	v->m->changed(v->m->request_ctx);
}

static void
gc(struct versions *v)
{
	static const struct job_ops ops = {on_line, on_progress, on_gc_previewed};
	const char *args[] = {"version", "gc", "--dry-run", NULL};
	start(v, "gc", args, &ops);
}

static void
on_previewed(void *ctx, int status, const char *last)
{
	struct versions *v = ctx;
	char *what = xstrdup(v->work.what), *said = xstrdup(v->work.said ? v->work.said : "");
	bool nothing = v->tabs.page.n <= 1;
	work_end(&v->work);
	if (status != 0)
		model_say(v->m, true, "prune: %s", *last ? last : "it broke off");
	else if (nothing)
		model_say(v->m, false, "prune: %s", *said ? said : "nothing to remove");
	else if (v->m->question.text[0])
		model_say(v->m, false, "prune: %.200s", said);
	else
		model_ask(v->m, do_prune, v, what + strlen("prune "),
			  "%.100s of %.60s: remove them? (u takes it back)", said,
			  what[strlen("prune ")] ? what + strlen("prune ") : "all models");
	v->work.preview = status == 0; /* until the cursor moves */
	free(what);
	free(said);
	v->m->changed(v->m->request_ctx);
}

static void
prune(struct versions *v, const char *arg)
{
	static const struct job_ops ops = {on_line, on_progress, on_previewed};
	const char *args[] = {"version", "prune", "--dry-run", arg ? "--" : NULL, arg, NULL};
	char *what = xasprintf("prune %s", arg ? arg : "");
	if (start(v, what, args, &ops)) {
		v->zoomed = false; /* what is asked about has to be seen */
		version_tabs_preview(v);
		v->work.preview = true;
	}
	free(what);
}

bool
version_work_act(struct versions *v, enum action a, const char *arg)
{
	switch (a) {
	case ACTION_SAVE:
	case ACTION_ADOPT:
		keep(v, a, arg);
		return true;
	case ACTION_DEPLOY:
		deploy(v, arg);
		return true;
	case ACTION_ROLLBACK:
	case ACTION_UNDEPLOY:
		about_slot(v, a, arg);
		return true;
	case ACTION_RESTORE:
		restore(v, arg);
		return true;
	case ACTION_ALIAS:
		alias(v, arg);
		return true;
	case ACTION_PIN:
		pin(v);
		return true;
	case ACTION_NOTE:
	case ACTION_TAG:
		annotate(v, a, arg);
		return true;
	case ACTION_PRUNE:
		prune(v, arg);
		return true;
	case ACTION_GC:
		gc(v);
		return true;
	case ACTION_EXPORT:
		tar_out(v, arg);
		return true;
	case ACTION_IMPORT:
		tar_in(v, arg);
		return true;
	case ACTION_VERIFY:
		verify(v);
		return true;
	case ACTION_UNDO:
		undo(v);
		return true;
	default:
		return false;
	}
}
