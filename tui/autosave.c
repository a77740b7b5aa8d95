/* One process at a time copies and hashes, so that the ingester never waits for a disk; which
 * versions the rules keep is for that process to say. */
#include "tui/autosave.h"

#include "core/xalloc.h"
#include "tui/job.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct autosave {
	struct loop *loop;
	const char *store, *conf_path;
	void (*say)(void *ctx, const char *text);
	void *ctx;
	char **path;
	size_t n, cap;
	struct job *job;
};

struct autosave *
autosave_new(struct loop *l, const char *store, const char *conf_path,
	     void (*say)(void *ctx, const char *text), void *ctx)
{
	struct autosave *a = xcalloc(1, sizeof *a);
	*a = (struct autosave){
		.loop = l, .store = store, .conf_path = conf_path, .say = say, .ctx = ctx};
	return a;
}

void
autosave_free(struct autosave *a)
{
	if (!a)
		return;
	if (a->job)
		job_free(a->job);
	for (size_t i = 0; i < a->n; i++)
		free(a->path[i]);
	free(a->path);
	free(a);
}

void
autosave_add(struct autosave *a, const char *path)
{
	for (size_t i = 0; i < a->n; i++)
		if (strcmp(a->path[i], path) == 0)
			return;
	*vec_push(a->path, a->n, a->cap) = xstrdup(path);
}

static void
on_done(void *ctx, int status, const char *last)
{
	struct autosave *a = ctx;
	job_free(a->job);
	a->job = NULL;
	if (status) {
		char *text = xasprintf("a checkpoint was not kept: %s",
				       *last ? last : "mm version auto failed");
		a->say(a->ctx, text);
		free(text);
	}
	autosave_go(a);
}

void
autosave_go(struct autosave *a)
{
	static const struct job_ops ops = {.done = on_done};
	const char *argv[12] = {"mm", "version", "auto", "--as-is", "--store"};
	struct err e = {0};
	int n = 5;
	if (!a || a->job || !a->n)
		return;
	char *path = a->path[0];
	memmove(a->path, a->path + 1, --a->n * sizeof *a->path);
	argv[n++] = a->store;
	if (a->conf_path) {
		argv[n++] = "--config";
		argv[n++] = a->conf_path;
	}
	argv[n++] = "--";
	argv[n++] = path;
	a->job = job_start(a->loop, "/proc/self/exe", argv, &ops, a, &e);
	if (!a->job)
		a->say(a->ctx, e.text);
	free(path);
}
