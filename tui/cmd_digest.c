/* mm digest: a run in a few sentences; with --json each with the numbers that it says. */
#include "core/clock.h"
#include "core/json_put.h"
#include "tui/cmd.h"
#include "tui/digest.h"

#include <stdio.h>

/* The run that wrote last. */
static int
newest(const struct cmd_run *run, int n)
{
	int at = 0;

	for (int i = 1; i < n; i++)
		if (run[i].info.last_arrival_us > run[at].info.last_arrival_us)
			at = i;
	return at;
}

static void
print_sentence(const struct cmd_env *env, const char *run, const struct sentence *s)
{
	struct str line = STR_INIT;

	if (!env->json) {
		str_adds(&line, s->text);
		cmd_line(&line);
		return;
	}
	str_adds(&line, "{\"run\": ");
	json_put_str(&line, run);
	str_addf(&line, ", \"about\": \"%s\", \"sentence\": ", s->about);
	json_put_str(&line, s->text);
	for (int i = 0; i < s->n; i++) {
		str_addf(&line, "%s\"%s\": ", i ? ", " : ", \"numbers\": {", s->number[i].name);
		json_put_num(&line, s->number[i].value);
	}
	str_adds(&line, s->n ? "}}" : ", \"numbers\": {}}");
	puts(str_c(&line));
	str_release(&line);
}

static int
print_digest(struct cmd_env *env, struct snap *sn, const struct cmd_run *run, struct err *e)
{
	struct digest d;
	struct digest_run r = {
		.info = &run->info,
		.rate = pace_rate(&run->pace),
		.state = run->state,
		.total = run->total,
		.why = run->why,
		.now_us = clock_wall_us(),
	};
	int code = digest_make(&d, sn, &r, e);
	if (!env->json) {
		struct str line = STR_INIT;
		str_addf(&line, "%s:", run->name);
		cmd_line(&line);
	}
	for (int i = 0; i < d.n && code == 0; i++)
		print_sentence(env, run->name, &d.at[i]);
	digest_release(&d);
	return code;
}

int
cmd_digest(struct cmd_env *env)
{
	struct err e = {0};
	struct store *st;
	struct snap *sn;
	struct cmd_run *run = NULL;
	int n = 0;

	if (cmd_begin(env, &st, &sn, &e) < 0)
		return cmd_fail(&e);
	int code = cmd_runs_load(env, sn, env->arg, env->narg, &run, &n, &e);
	int from = env->narg || n == 0 ? 0 : newest(run, n),
	    to = env->narg || n == 0 ? n : from + 1;
	for (int i = from; i < to && code == 0; i++)
		code = print_digest(env, sn, &run[i], &e);
	cmd_runs_free(run, n);
	cmd_end(st, sn);
	if (code < 0)
		return cmd_fail(&e);
	return cmd_finish(EXIT_DONE);
}
