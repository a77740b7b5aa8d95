/* Verbs whose question needs an answer of mm's first: what would go, what would be free, where a
 * rollback would lead. That is asked of mm beside the screen, as everything is; then the person is
 * asked, default no. */
#include "tui/versions_own.h"

#include "core/json_tree.h"
#include "core/xalloc.h"
#include "tui/fmt.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* -- rollback ---------------------------------------------------------------------------------- */

static const struct vitem *
named(const struct versions *v, const char *name)
{
	for (size_t i = 0; name && i < v->rows.n; i++)
		if (strcmp(v->rows.item[i].name, name) == 0)
			return &v->rows.item[i];
	return NULL;
}

/* "SLOT\nFROM\nTO": FROM is "" for nothing. */
static void
do_rollback(void *ctx, struct model *m, const char *arg)
{
	struct versions *v = ctx;
	char *slot = xstrdup(arg), *from = strchr(slot, '\n'), *to;
	*from++ = '\0';
	to = strchr(from, '\n');
	*to++ = '\0';
	const char *args[] = {"version", "rollback", "--yes", "--", slot, NULL};
	char *what = xasprintf("rollback %s", slot);
	v->m = m;
	version_work_run(v, what, args);
	if (*from) {
		const char *back[] = {"version", "deploy", "--yes", "--reason", "undone",
				      "--",      from,     slot,    NULL};
		version_work_noting(v, back, what);
		version_work_noting_slot(v, slot, to);
	}
	free(what);
	free(slot);
}

/* ", val/acc 0.9 → 0.8", when the list knows of both; else "". To be freed. */
static char *
change_of_metric(const struct versions *v, const char *from, const char *to)
{
	const struct vitem *a = named(v, from), *b = named(v, to);
	double k = v->rows.role.scale != 0 ? v->rows.role.scale : 1;
	char x[FMT_N], y[FMT_N];
	if (!a || !b || !v->rows.metric || isnan(a->value) || isnan(b->value))
		return xstrdup("");
	return xasprintf(", %s %s %s %s", v->rows.metric, fmt_value(x, a->value * k),
			 v->m->ascii ? "->" : "→", fmt_value(y, b->value * k));
}

static void
ask_rollback(struct versions *v, const char *slot, const char *said)
{
	struct json_node *t = json_tree(said, strlen(said));
	const char *from = json_text(t, "from"), *to = json_text(t, "version");
	if (!to) {
		model_say(v->m, true, "rollback: %.200s", said);
	} else {
		char *arg = xasprintf("%s\n%s\n%s", slot, from ? from : "", to);
		char *change = change_of_metric(v, from, to);
		model_ask(v->m, do_rollback, v, arg, "roll %.40s back from %.70s to %.70s%.60s?",
			  slot, from ? from : "nothing", to, change);
		free(change);
		free(arg);
	}
	json_tree_free(t);
}

void
version_ask_rollback(struct versions *v, enum action a, const char *arg)
{
	const struct vitem *it = versions_cursor(v);
	char *slot = arg && *arg ? xstrdup(arg) : version_work_guess_slot(v, it);
	const char *args[] = {"version", "rollback", "--dry-run", "--json", "--", slot, NULL};
	char *what = xasprintf("rollback %s", slot);
	if (!*slot)
		version_work_prompt(v, a, "");
	else
		version_work_preview(v, what, args, ask_rollback, slot);
	free(what);
	free(slot);
}

/* -- prune ------------------------------------------------------------------------------------- */

static void
do_prune(void *ctx, struct model *m, const char *arg)
{
	struct versions *v = ctx;
	const char *args[] = {"version", "prune", "--yes", *arg ? "--" : NULL, arg, NULL};
	v->m = m;
	version_work_run(v, "prune", args); /* how it is taken back, it says when it is done */
}

static void
ask_prune(struct versions *v, const char *model, const char *said)
{
	if (v->tabs.page.n <= 1)
		model_say(v->m, false, "prune: %s", *said ? said : "nothing to remove");
	else
		model_ask(v->m, do_prune, v, model,
			  "%.100s of %.60s: remove them? (u takes it back)", said,
			  *model ? model : "all models");
}

void
version_ask_prune(struct versions *v, enum action a, const char *arg)
{
	const char *args[] = {"version", "prune", "--dry-run", arg ? "--" : NULL, arg, NULL};
	(void)a;
	if (!version_work_preview(v, "prune", args, ask_prune, arg ? arg : ""))
		return;
	v->zoomed = false; /* what is asked about has to be seen */
	version_tabs_preview(v);
	v->work.preview = true;
}

/* -- remove ------------------------------------------------------------------------------------ */

/* "NAME", and "\n" behind it: though something speaks against it. */
static void
do_remove(void *ctx, struct model *m, const char *arg)
{
	struct versions *v = ctx;
	char *name = xstrndup(arg, strcspn(arg, "\n")), *what = xasprintf("remove %s", name);
	bool force = strchr(arg, '\n') != NULL;
	const char *args[] = {"version",
			      "remove",
			      "--yes",
			      force ? "--force" : "--",
			      force ? "--" : name,
			      force ? name : NULL,
			      NULL};
	v->m = m;
	version_work_run(v, what, args);
	free(what);
	free(name);
}

static void
ask_remove(struct versions *v, const char *arg, const char *said)
{
	struct json_node *t = json_tree(said, strlen(said));
	const char *although = json_text(t, "although");
	char bytes[FMT_N];
	model_ask(v->m, do_remove, v, arg, "remove %.80s (%s%s%.60s)? u takes it back",
		  json_text(t, "version") ? json_text(t, "version") : arg,
		  fmt_bytes(bytes, (uint64_t)json_int(t, "bytes", 0)), although ? ", " : "",
		  although ? although : "");
	json_tree_free(t);
}

/* ARG --force: though it is deployed, pinned or has an alias. */
void
version_ask_remove(struct versions *v, enum action a, const char *arg)
{
	bool force = arg && strcmp(arg, "--force") == 0;
	const struct vitem *it = version_work_version(v, a);
	if (!it)
		return;
	if (arg && *arg && !force) {
		model_say(v->m, true,
			  "remove: it is the version under the cursor; --force: "
			  "though it is deployed, pinned or has an alias");
		return;
	}
	const char *args[] = {"version",
			      "remove",
			      "--dry-run",
			      "--json",
			      force ? "--force" : "--",
			      force ? "--" : it->name,
			      force ? it->name : NULL,
			      NULL};
	char *subject = xasprintf("%s%s", it->name, force ? "\n" : "");
	version_work_preview(v, "remove", args, ask_remove, subject);
	free(subject);
}

/* -- gc ---------------------------------------------------------------------------------------- */

static void
do_gc(void *ctx, struct model *m, const char *arg)
{
	struct versions *v = ctx;
	const char *args[] = {"version", "gc", "--yes", NULL};
	(void)arg;
	v->m = m;
	version_work_run(v, "gc", args);
}

static void
ask_gc(struct versions *v, const char *subject, const char *said)
{
	static const char nothing[] = "0 removed versions, 0 objects, 0 leftovers";
	(void)subject;
	if (strncmp(said, nothing, strlen(nothing)) == 0)
		model_say(v->m, false, "gc: nothing that was removed long enough ago");
	else
		model_ask(v->m, do_gc, v, NULL, "delete for good %.150s?", said);
}

void
version_ask_gc(struct versions *v, enum action a, const char *arg)
{
	const char *args[] = {"version", "gc", "--dry-run", NULL};
	(void)a, (void)arg;
	version_work_preview(v, "gc", args, ask_gc, "");
}
