/* The verb that goes on: `mm version …` beside the screen. One at a time: the next waits for a
 * person who has seen what became of the last. What can be taken back is kept here in the order in
 * which it was done, as the words for mm that do it. */
#include "tui/versions_own.h"

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
	free(w->subject);
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
	if (!at || sscanf(at, "mm version undo %d", &batch) != 1)
		return;
	w->inverse.arg[0] = xstrdup("version");
	w->inverse.arg[1] = xstrdup("undo");
	w->inverse.arg[2] = xasprintf("%d", batch);
	w->inverse.what = xstrdup(w->what);
}

/* What it said last; of "deploy net@v1 to prod" and "prod: net@v1" the slot once. */
static const char *
news(const struct version_work *w)
{
	const char *said = w->said ? w->said : "done", *word = strrchr(w->what, ' ');
	size_t n = word ? strlen(word + 1) : 0;
	if (n && strncmp(said, word + 1, n) == 0 && strncmp(said + n, ": ", 2) == 0)
		return said + n + 2;
	return said;
}

static void
on_done(void *ctx, int status, const char *last)
{
	struct versions *v = ctx;
	struct version_work *w = &v->work;
	if (status == 0) {
		note_batch(w, last);
		model_say(v->m, false, "%.60s: %.180s", w->what, news(w));
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

/* What would be done is known: whoever began it asks about it, unless another question waits for
 * its answer. */
static void
on_previewed(void *ctx, int status, const char *last)
{
	struct versions *v = ctx;
	struct version_work was = v->work;
	const char *said = was.said ? was.said : "";
	v->work.subject = v->work.said = v->work.what = NULL;
	work_end(&v->work);
	if (status != 0)
		model_say(v->m, true, "%.60s: %.180s", was.what, *last ? last : "it broke off");
	else if (v->m->question.text[0])
		model_say(v->m, false, "%.60s: %.180s", was.what, said);
	else
		was.then(v, was.subject, said);
	v->work.preview = was.preview && status == 0; /* until the cursor moves */
	free(was.subject);
	free(was.said);
	free(was.what);
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

void
version_work_run(struct versions *v, const char *what, const char *const *args)
{
	static const struct job_ops ops = {on_line, on_progress, on_done};
	start(v, what, args, &ops);
}

bool
version_work_preview(struct versions *v, const char *what, const char *const *args,
		     version_previewed_fn then, const char *subject)
{
	static const struct job_ops ops = {on_line, on_progress, on_previewed};
	if (!start(v, what, args, &ops))
		return false;
	v->work.then = then;
	v->work.subject = xstrdup(subject);
	return true;
}

void
version_work_noting(struct versions *v, const char *const *args, const char *what)
{
	struct version_inverse *inv = &v->work.inverse;
	if (!v->work.fresh)
		return;
	for (int i = 0; args[i] && i < VERSION_ARGS - 1; i++)
		inv->arg[i] = xstrdup(args[i]);
	inv->what = xstrdup(what);
}

void
version_work_noting_slot(struct versions *v, const char *slot, const char *now)
{
	if (!v->work.fresh)
		return;
	v->work.inverse.slot = xstrdup(slot);
	v->work.inverse.now = now ? xstrdup(now) : NULL;
}

const char *
version_work_in_slot(const struct versions *v, const char *slot)
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
	version_work_run(v, what, (const char *const *)inv->arg);
	inverse_release(inv);
	v->nundo--;
	free(what);
}

/* What others rely on is only taken back while it is what was deployed from here, and asks. */
static void
undo_deployment(struct versions *v, struct version_inverse *inv)
{
	const char *now = version_work_in_slot(v, inv->slot);
	if ((!now && !inv->now) || (now && inv->now && strcmp(now, inv->now) == 0)) {
		model_ask(v->m, undo_now, v, NULL, "undo %.200s?", inv->what);
		return;
	}
	model_say(v->m, true, "%.60s is not what was done from here any more: %.80s is there",
		  inv->slot, now ? now : "nothing");
	inverse_release(inv);
	v->nundo--;
}

void
version_work_undo(struct versions *v, enum action a, const char *arg)
{
	(void)a, (void)arg;
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
