/* details.c - all that is known of one run, copied while its details are open.
 *
 * Looking for the logs of a run means a look at every log of the store, so it is done when the
 * details open and when the run changed, never for a run that merely lies under the cursor. */
#include "tui/model_own.h"

#include "core/xalloc.h"
#include "tui/digest.h"
#include "tui/incident.h"

#include <stdlib.h>
#include <string.h>

#define OLDER_MAX 20
#define REMARKS_MAX 5

struct scan {
	struct model *m;
	struct model_details *d;
	struct snap *sn;
	size_t key_cap, value_cap, log_cap, remark_cap;
	uint32_t *id; /* of the logs */
	size_t id_cap;
	int nids;
	struct model_log *log;
};

static void
details_clear(struct model_details *d)
{
	for (int i = 0; i < d->nparams; i++) {
		free(d->key[i]);
		free(d->value[i]);
	}
	for (int i = 0; i < d->nlogs; i++) {
		free(d->log[i].path);
		free(d->log[i].format);
		for (int k = 0; k < d->log[i].nremarks; k++)
			free(d->log[i].remark[k]);
		free(d->log[i].remark);
	}
	for (int i = 0; i < d->nsentences; i++)
		free(d->sentence[i]);
	free(d->sentence);
	free(d->older);
	free(d->key);
	free(d->value);
	free(d->log);
	*d = (struct model_details){.path = d->path};
}

void
details_free(struct model_details *d)
{
	if (!d)
		return;
	details_clear(d);
	free(d->path);
	free(d);
}

static int
scan_param(void *ctx, const char *key, const char *value)
{
	struct scan *sc = ctx;
	struct model_details *d = sc->d;
	int n = d->nparams;
	*vec_push(d->key, n, sc->key_cap) = xstrdup(key);
	*vec_push(d->value, d->nparams, sc->value_cap) = xstrdup(value);
	return 0;
}

static int
scan_remark(void *ctx, const struct remark_info *ri)
{
	struct scan *sc = ctx;
	struct model_log *log = sc->log;
	char *text = ri->line
			     ? xasprintf("line %llu: %s", (unsigned long long)ri->line, ri->text)
			     : xasprintf("byte %llu: %s", (unsigned long long)ri->offset, ri->text);
	if (log->nremarks == REMARKS_MAX) { /* the newest stay */
		free(log->remark[0]);
		memmove(log->remark, log->remark + 1, sizeof *log->remark * (REMARKS_MAX - 1));
		log->remark[REMARKS_MAX - 1] = text;
		return 0;
	}
	*vec_push(log->remark, log->nremarks, sc->remark_cap) = text;
	return 0;
}

static int
scan_log(void *ctx, const struct log_info *li)
{
	struct scan *sc = ctx;
	if (strcmp(li->run, sc->d->path) != 0)
		return 0;
	struct model_log *log = vec_push(sc->d->log, sc->d->nlogs, sc->log_cap);
	*vec_push(sc->id, sc->nids, sc->id_cap) = li->id;
	*log = (struct model_log){
		.path = xstrdup(li->path),
		.format = xstrdup(li->format),
		.bytes = li->cur.offset,
		.size = li->cur.size,
		.points = li->points,
		.remarks = li->remarks,
		.gone = li->gone,
	};
	return 0;
}

static int
take_digest(struct model *m, struct snap *sn, const struct model_run *r, struct model_details *d,
	    struct err *e)
{
	struct str why = STR_INIT;
	struct digest digest;

	model_why(m, r, &why);
	struct digest_run run = {
		.info = &r->info,
		.rate = d->rate,
		.state = r->state,
		.total = r->total,
		.why = str_c(&why),
		.now_us = m->now_us,
	};
	int code = digest_make(&digest, sn, &run, e);
	d->sentence = xcalloc(DIGEST_MAX, sizeof *d->sentence);
	for (int i = 0; i < digest.n; i++)
		d->sentence[d->nsentences++] = xstrdup(digest.at[i].text);
	digest_release(&digest);
	str_release(&why);
	return code;
}

int
details_refresh(struct model *m, struct snap *sn, struct err *e)
{
	struct model_details *d = m->details;
	struct model_run *r = model_run_by_path(m, d->path);
	if (d->txn == snap_txn(sn))
		return 0;
	details_clear(d);
	d->txn = snap_txn(sn);
	d->found = r != NULL;
	if (!r)
		return 0;
	struct pace pace;
	d->rate = snap_pace(sn, d->path, &pace) ? pace_rate(&pace) : 0;
	struct scan sc = {.m = m, .d = d, .sn = sn};
	int code = snap_params(sn, r->info.id, scan_param, &sc);
	if (code >= 0)
		code = snap_logs(sn, scan_log, &sc);
	for (int i = 0; i < d->nlogs && code >= 0; i++) {
		sc.log = &d->log[i];
		sc.remark_cap = 0;
		if (sc.log->remarks)
			code = snap_remarks(sn, sc.id[i], scan_remark, &sc);
	}
	free(sc.id);
	for (uint32_t a = r->info.attempt; a > 1 && d->nolder < OLDER_MAX; a--) {
		struct run_info old;
		if (!snap_run_attempt(sn, r->info.id, a - 1, &old))
			continue;
		d->older = xreallocarray(d->older, (size_t)d->nolder + 1, sizeof *d->older);
		d->older[d->nolder] = old;
		d->older[d->nolder].path = d->older[d->nolder].said = NULL;
		d->older[d->nolder].title = NULL;
		d->older[d->nolder].loss.name = d->older[d->nolder].headline.name = "";
		d->nolder++;
	}
	if (code >= 0)
		code = take_digest(m, sn, r, d, e);
	return code < 0 ? code : 0;
}

void
model_open_details(struct model *m, const char *path)
{
	model_close_details(m);
	model_close_alert(m);
	m->details = xcalloc(1, sizeof *m->details);
	m->details->path = xstrdup(path);
	m->stale = true;
}

void
model_close_details(struct model *m)
{
	details_free(m->details);
	m->details = NULL;
}
