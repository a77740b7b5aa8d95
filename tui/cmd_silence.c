/* A silence is a line in the journal: any host may write one, and no store has to be there. The
 * ingester, if one listens, is told to look. */
#include "tui/cmd_silence.h"

#include "core/clock.h"
#include "core/ctl.h"
#include "core/json_put.h"
#include "core/xalloc.h"
#include "tui/fmt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct cmd_opt cmd_alert_opts[] = {
	{"--rule", "GLOB", "silence: alerts of these rules (default: all)"},
	{"--run", "GLOB", "silence: of these runs; a pattern may begin at any directory"},
	{"--metric", "GLOB", "silence: of these metrics"},
	{"--for", "TIME", "silence: how long, say 30m, 2h, 1d, or until when: 07:00"},
	{"--reason", "TEXT", "silence: why; shown beside it"},
	{"--follow", NULL, "list: go on, and print each change of an alert"},
	{"--json", NULL, "one JSON object a line"},
	{NULL, NULL, NULL},
};

const struct cmd_opt cmd_alerts_opts[] = {
	{"--follow", NULL, "go on, and print each change of an alert"},
	{"--json", NULL, "one JSON object a line"},
	{NULL, NULL, NULL},
};

void
muting_init(struct muting *m)
{
	struct err unread;
	*m = (struct muting){.files = journal_files_new(NULL)};
	/* What can't be read mutes nothing. */
	journal_files_refresh(m->files, &unread);
	silences_read(&m->silences, journal_files_state(m->files), clock_wall_us());
}

void
muting_release(struct muting *m)
{
	silences_release(&m->silences);
	journal_files_free(m->files);
	m->files = NULL;
}

int64_t
muting_apply(const struct muting *m, struct alert *a, int64_t now_us)
{
	bool fires = a->state == ALERT_FIRING || a->state == ALERT_RECOVERING;
	if (!fires)
		return 0;
	if (silence_acked(journal_files_state(m->files), a))
		a->acked = true;
	return silences_until(&m->silences, a, now_us);
}

void
muting_poke(struct cmd_env *env)
{
	struct err e = {0};
	struct str dir = STR_INIT;
	if (store_where(env->store_arg, env->store_arg != NULL, &dir, NULL, &e) == 0)
		ctl_ask(str_c(&dir), "orders", NULL, 0, 2000, NULL, &e);
	str_release(&dir);
}

/* -- listing ----------------------------------------------------------------------------------- */

static void
print_json(const struct silence *s, size_t i)
{
	struct str out = STR_INIT;
	str_addf(&out, "{\"number\": %zu, \"rule\": ", i + 1);
	json_put_str(&out, s->rule);
	str_adds(&out, ", \"run\": ");
	json_put_str(&out, s->run);
	str_adds(&out, ", \"metric\": ");
	json_put_str(&out, s->metric);
	str_adds(&out, ", \"from\": ");
	json_put_time(&out, s->from_us);
	str_adds(&out, ", \"until\": ");
	json_put_time(&out, s->until_us);
	str_adds(&out, ", \"reason\": ");
	json_put_str(&out, *s->reason ? s->reason : NULL);
	str_adds(&out, ", \"host\": ");
	json_put_str(&out, s->host);
	str_adds(&out, "}");
	puts(str_c(&out));
	str_release(&out);
}

static int
list(struct cmd_env *env, const struct muting *m)
{
	static const char *const heading[] = {"",      "RULE", "RUN",   "METRIC",
					      "UNTIL", "HOST", "REASON"};
	struct cmd_sheet sheet = {.columns = 7};
	int64_t now = clock_wall_us();
	char number[24], until[FMT_N];
	for (int i = 0; i < 7 && m->silences.n && !env->json; i++)
		cmd_sheet_add(&sheet, heading[i]);
	for (size_t i = 0; i < m->silences.n; i++) {
		const struct silence *s = &m->silences.at[i];
		if (env->json) {
			print_json(s, i);
			continue;
		}
		snprintf(number, sizeof number, "%zu", i + 1);
		cmd_sheet_add(&sheet, number);
		cmd_sheet_add(&sheet, s->rule);
		cmd_sheet_add(&sheet, s->run);
		cmd_sheet_add(&sheet, s->metric);
		cmd_sheet_add(&sheet, fmt_moment(until, s->until_us, now));
		cmd_sheet_add(&sheet, s->host);
		cmd_sheet_add(&sheet, s->reason);
	}
	if (!env->json)
		cmd_sheet_print(&sheet, env);
	return EXIT_DONE;
}

/* -- beginning and ending ---------------------------------------------------------------------- */

static int
begin(struct cmd_env *env, struct muting *m, struct err *e)
{
	const char *length = cmd_option(env, "--for");
	struct silence_words w;
	int64_t now = clock_wall_us(), end;
	char until[FMT_N];
	if (!length)
		return err_set(e, ERR_USAGE,
			       "mm alert silence --for 2h [--rule GLOB] [--run GLOB] "
			       "[--metric GLOB] [--reason TEXT]: for how long?");
	if (!fmt_parse_moment(length, now, &end))
		return err_set(e, ERR_USAGE, "--for %s: a time like 30m, 2h, 1d, or 07:00", length);
	silence_say(&w, cmd_option(env, "--rule"), cmd_option(env, "--run"),
		    cmd_option(env, "--metric"), end, cmd_option(env, "--reason"));
	int code = journal_files_append(m->files, &w.topic, w.word, 2, e);
	if (code < 0)
		return code;
	muting_poke(env);
	printf("silent until %s\n", fmt_moment(until, end, now));
	return 0;
}

static int
end_one(struct muting *m, const struct silence *s, struct err *e)
{
	struct silence_words w;
	silence_say(&w, s->rule, s->run, s->metric, 0, NULL);
	return journal_files_append(m->files, &w.topic, w.word, 2, e);
}

static bool
is_meant(const struct silence *s, const char *rule, const char *run, const char *metric)
{
	return (rule || run || metric) && (!rule || strcmp(rule, s->rule) == 0) &&
	       (!run || strcmp(run, s->run) == 0) && (!metric || strcmp(metric, s->metric) == 0);
}

/* By number, as listed; or all with these patterns. */
static int
end(struct cmd_env *env, struct muting *m, struct err *e)
{
	const char *rule = cmd_option(env, "--rule"), *run = cmd_option(env, "--run"),
		   *metric = cmd_option(env, "--metric");
	int ended = 0, code = 0;
	if (env->narg < 3 && !rule && !run && !metric)
		return err_set(e, ERR_USAGE,
			       "mm alert silence end N…: by number, as mm alert "
			       "silence list says; or with --rule, --run, --metric");
	for (int i = 2; i < env->narg && code == 0; i++) {
		char *rest;
		unsigned long n = strtoul(env->arg[i], &rest, 10);
		if (*rest || !n || n > m->silences.n)
			return err_set(e, ERR_NOTFOUND, "there is no silence %s", env->arg[i]);
		code = end_one(m, &m->silences.at[n - 1], e);
		ended++;
	}
	for (size_t i = 0; i < m->silences.n && code == 0; i++)
		if (is_meant(&m->silences.at[i], rule, run, metric)) {
			code = end_one(m, &m->silences.at[i], e);
			ended++;
		}
	if (code < 0)
		return code;
	if (!ended)
		return err_set(e, ERR_NOTFOUND, "there is no such silence; mm alert silence list");
	muting_poke(env);
	printf("%d ended\n", ended);
	return 0;
}

int
cmd_alert_silence(struct cmd_env *env)
{
	bool any = cmd_option(env, "--for") || cmd_option(env, "--rule") ||
		   cmd_option(env, "--run") || cmd_option(env, "--metric");
	const char *verb = env->narg > 1 ? env->arg[1] : any ? "" : "list";
	struct muting m;
	struct err e = {0};
	int code = 0;
	muting_init(&m);
	if (strcmp(verb, "list") == 0 && env->narg <= 2 && !any)
		list(env, &m);
	else if (strcmp(verb, "end") == 0)
		code = end(env, &m, &e);
	else if (!*verb || env->narg == 1)
		code = begin(env, &m, &e);
	else
		code = err_set(&e, ERR_USAGE,
			       "mm alert silence %s: it is list, end N…, or --for TIME", verb);
	muting_release(&m);
	return code < 0 ? cmd_fail(&e) : cmd_finish(EXIT_DONE);
}
