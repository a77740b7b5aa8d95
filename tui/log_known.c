#include "tui/log_known.h"

#include "core/xalloc.h"
#include "store/store.h"

#include <stdlib.h>
#include <string.h>

struct log_paths {
	char **at;
	size_t n, cap;
};

/* What is kept of a run: its console logs, and those that keep a console's output besides. */
struct log_own {
	struct log_paths text, console;
	char *log; /* any of its logs */
	int64_t when_us;
};

static void
paths_release(struct log_paths *p)
{
	for (size_t i = 0; i < p->n; i++)
		free(p->at[i]);
	free(p->at);
	*p = (struct log_paths){0};
}

static void
forget_jobs(struct log_known *k)
{
	for (size_t i = 0; i < k->njob; i++)
		free(k->job[i]);
	k->njob = 0;
}

void
log_known_release(struct log_known *k)
{
	char *run;
	struct log_own *own;
	for (size_t at = 0; (run = map_next(&k->logs, &at));)
		free(run);
	for (size_t at = 0; (own = map_next(&k->own, &at));) {
		paths_release(&own->text);
		paths_release(&own->console);
		free(own->log);
		free(own);
	}
	map_release(&k->logs);
	map_release(&k->own);
	forget_jobs(k);
	free(k->job);
	*k = (struct log_known){.njob = 0};
}

void
log_known_add(struct log_known *k, const struct log_info *li)
{
	const char *path = li->path, *run = li->run;
	free(map_remove(&k->logs, path, strlen(path)));
	map_put(&k->logs, path, strlen(path), xstrdup(run));
	struct log_own *own = map_get(&k->own, run, strlen(run));
	if (!own) {
		own = xcalloc(1, sizeof *own);
		own->log = xstrdup(path);
		map_put(&k->own, run, strlen(run), own);
	}
	if (li->cur.mtime_us > own->when_us)
		own->when_us = li->cur.mtime_us;
	struct log_paths *p = !strcmp(li->format, "text")    ? &own->text
			      : !strcmp(li->format, "wandb") ? &own->console
							     : NULL;
	if (p)
		*vec_push(p->at, p->n, p->cap) = xstrdup(path);
}

void
log_known_param(struct log_known *k, const char *key, const char *value)
{
	if (log_is_job_key(key))
		*vec_push(k->job, k->njob, k->job_cap) = xstrdup(value);
}

static int
add_attached(void *ctx, const struct journal_word *w)
{
	struct log_paths *p = ctx;
	*vec_push(p->at, p->n, p->cap) = xstrdup(w->key + strlen(LOG_ATTACH));
	return 0;
}

/* A table beside the text is no text, whoever's it is. */
static bool
is_foreign(void *ctx, const char *path, const char *run)
{
	const struct log_known *k = ctx;
	(void)run;
	return map_get(&k->logs, path, strlen(path)) != NULL;
}

void
log_known_find(struct log_known *k, struct log_finder *fi, const char *run, const char *root,
	       const struct journal *j, struct log_texts *out)
{
	struct log_paths attached = {0};
	const struct log_own *own = map_get(&k->own, run, strlen(run));
	struct journal_topic t = {.run = run};
	if (j)
		journal_each(j, &t, LOG_ATTACH, add_attached, &attached);
	struct log_texts_of of = {
		.run = run,
		.root = root,
		.log = own ? own->log : NULL,
		.when_s = own ? own->when_us / 1000000 : 0,
		.own = own ? own->text.at : NULL,
		.nown = own ? own->text.n : 0,
		.console = own ? own->console.at : NULL,
		.nconsole = own ? own->console.n : 0,
		.attached = attached.at,
		.nattached = attached.n,
		.job = k->job,
		.njob = k->njob,
		.most = k->most,
		.foreign = is_foreign,
		.ctx = k,
	};
	log_texts_find(out, fi, &of);
	paths_release(&attached);
	forget_jobs(k);
}

static int
each_log(void *ctx, const struct log_info *li)
{
	log_known_add(ctx, li);
	return 0;
}

void
log_known_load(struct log_known *k, struct snap *sn)
{
	snap_logs(sn, each_log, k);
}

static int
each_param(void *ctx, const char *key, const char *value)
{
	log_known_param(ctx, key, value);
	return 0;
}

void
log_known_snap(struct log_known *k, struct snap *sn, uint32_t id, const char *run, const char *root,
	       struct log_finder *fi, const struct journal *j, struct log_texts *out)
{
	snap_params(sn, id, each_param, k);
	log_known_find(k, fi, run, root, j, out);
}
