/* mm alert ack. */
#include "core/clock.h"
#include "core/ctl.h"
#include "core/ingest.h"
#include "core/xalloc.h"
#include "tui/cmd.h"
#include "tui/cmd_silence.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Nobody ingests: for a moment this process does, and it reads nothing. */
static int
ack_here(struct cmd_env *env, const char *dir, char **args, int n, int *acked, struct err *e)
{
	int fd;
	struct store *st;
	int rc = lock_take(dir, &fd, NULL, e);
	if (rc < 0)
		return rc;
	rc = store_open(dir, STORE_WRITE, &st, NULL, e);
	if (rc == 0) {
		struct loop *l = loop_new();
		struct ingest_opts o = {.once = true, .visit = true, .judge = true, .avoid = {dir}};
		struct ingest_events ev = {0};
		struct ingest *in = ingest_new(l, store_sink(st, env->conf), env->conf, &o, &ev, e);
		if (in) {
			*acked = ingest_ack(in, args[0], n > 1 ? args[1] : NULL,
					    n > 2 ? args[2] : NULL);
			rc = ingest_flush(in, e);
			ingest_free(in);
		} else {
			rc = e->code;
		}
		loop_free(l);
		store_close(st);
	}
	lock_release(fd);
	return rc;
}

/* RUN as the store knows it. */
static int
ack_run_path(struct cmd_env *env, char **run, struct err *e)
{
	struct store *st;
	struct snap *sn;
	struct cmd_run *found;
	int n;
	bool as_is = env->as_is;
	env->as_is = env->one_by_one = true;
	int rc = cmd_begin(env, &st, &sn, e);
	env->as_is = as_is;
	if (rc < 0)
		return rc;
	rc = cmd_runs_load(env, sn, run, 1, &found, &n, e);
	if (rc == 0)
		*run = xstrdup(found[0].info.path);
	cmd_runs_free(found, n);
	cmd_end(st, sn);
	return rc;
}

/* What is to be written into the journal. */
struct knowing {
	char *const *args;
	int n;
	struct muting m;
	int written;
	struct err *e;
};

static int
know_one(void *ctx, const struct alert *a)
{
	struct knowing *k = ctx;
	struct silence_words w;
	const char *its[] = {a->rule, a->run, a->metric};
	if (a->state != ALERT_FIRING && a->state != ALERT_RECOVERING)
		return 0;
	for (int i = 0; i < k->n; i++)
		if (strcmp(k->args[i], its[i]) != 0)
			return 0;
	if (silence_acked(journal_files_state(k->m.files), a))
		return 0;
	silence_ack(&w, a, clock_wall_us());
	k->written++;
	return journal_files_append(k->m.files, &w.topic, w.word, 1, k->e);
}

/* Into the journal: so it is known on other hosts, and to a store that is built anew. */
static int
write_acks(struct cmd_env *env, char *const *args, int n, int *written, struct err *e)
{
	struct knowing k = {.args = args, .n = n, .e = e};
	struct store *st;
	struct snap *sn;
	bool as_is = env->as_is;
	env->as_is = true;
	int rc = cmd_begin(env, &st, &sn, e);
	env->as_is = as_is;
	if (rc < 0)
		return rc;
	muting_init(&k.m);
	rc = sn ? snap_alerts(sn, know_one, &k) : 0;
	muting_release(&k.m);
	cmd_end(st, sn);
	*written = k.written;
	return rc;
}

int
cmd_alert_ack(struct cmd_env *env)
{
	struct err e = {0};
	struct str dir = STR_INIT, answer = STR_INIT;
	char *args[3];
	int n = env->narg - 1, acked = 0, written = 0;
	if (n < 1 || n > 3) {
		err_set(&e, ERR_USAGE, "mm alert ack RULE [RUN [METRIC]]");
		return cmd_fail(&e);
	}
	for (int i = 0; i < n; i++)
		args[i] = env->arg[i + 1];
	int rc = store_where(env->store_arg, env->store_arg != NULL, &dir, NULL, &e);
	if (rc == 0 && n > 1)
		rc = ack_run_path(env, &args[1], &e);
	if (rc == 0)
		rc = write_acks(env, args, n, &written, &e);
	if (rc == 0) {
		rc = ctl_ask(str_c(&dir), "ack", (const char *const *)args, n, 5000, &answer, &e);
		if (rc == 0)
			acked = (int)strtol(str_c(&answer), NULL, 10);
		else if (rc == ERR_NOTFOUND)
			rc = ack_here(env, str_c(&dir), args, n, &acked, &e);
		/* Another host, or the ingester by itself, may have been quicker. */
		if (acked < written)
			acked = written;
	}
	if (n > 1 && args[1] != env->arg[2])
		free(args[1]);
	str_release(&dir);
	str_release(&answer);
	if (rc < 0)
		return cmd_fail(&e);
	if (acked == 0) {
		fprintf(stderr, "mm: nothing fires under that name; mm alerts lists what does\n");
		return EXIT_NOT;
	}
	printf("%d acknowledged\n", acked);
	return cmd_finish(EXIT_DONE);
}
