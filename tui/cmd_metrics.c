/* mm metrics: one line a series, with the sums over all that was ever logged in it. */
#include "core/xalloc.h"
#include "core/json_put.h"
#include "tui/cmd.h"
#include "tui/fmt.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

struct listing {
	struct cmd_env *env;
	const struct cmd_run *run;
	struct cmd_sheet sheet;
	bool all;
};

static void
print_json(const struct cmd_run *r, const struct series_info *s, const struct conf *conf)
{
	static const char *const goals[] = {
		[GOAL_NONE] = "null", [GOAL_MIN] = "\"min\"", [GOAL_MAX] = "\"max\""};
	struct metric_role role;
	const struct series_sum *a = &s->all;
	bool step = a->unit != STEP_NONE;
	struct str out = STR_INIT;
	str_adds(&out, "{\"run\": ");
	json_put_str(&out, r->name);
	str_adds(&out, ", \"metric\": ");
	json_put_str(&out, s->shown);
	str_adds(&out, ", \"format\": ");
	json_put_str(&out, s->format);
	str_addf(&out, ", \"points\": %llu", (unsigned long long)a->points);
	if (step)
		str_addf(&out, ", \"first_step\": %lld, \"last_step\": %lld",
			 (long long)a->first_step, (long long)a->last_step);
	else
		str_adds(&out, ", \"first_step\": null, \"last_step\": null");
	str_adds(&out, ", \"last\": ");
	json_put_num(&out, a->last);
	str_adds(&out, ", \"min\": ");
	if (isnan(a->min))
		str_adds(&out, "null, \"max\": null");
	else {
		json_put_num(&out, a->min);
		str_adds(&out, ", \"max\": ");
		json_put_num(&out, a->max);
	}
	metric_role_told(conf, s->name, s->told, &role);
	str_addf(&out, ", \"goal\": %s", goals[role.goal]);
	str_addf(&out, ", \"nonfinite\": %llu, \"segments\": %u, \"attempts\": %u, \"file\": ",
		 (unsigned long long)a->nonfinite, a->segments, s->attempts);
	json_put_str(&out, s->file);
	str_addc(&out, '}');
	puts(str_c(&out));
	str_release(&out);
}

static int
each_series(void *ctx, const struct series_info *s)
{
	struct listing *l = ctx;
	const struct series_sum *a = &s->all;
	char buf[FMT_N];
	if (a->points == 0 || (!s->primary && !l->all))
		return 0;
	if (l->env->json) {
		print_json(l->run, s, l->env->conf);
		return 0;
	}
	if (l->sheet.n == 0) {
		static const char *const heading[] = {"RUN",   "METRIC", "\tLAST",   "\tMIN",
						      "\tMAX", "\tSTEP", "\tPOINTS", "NONFINITE"};
		for (int i = 0; i < 8; i++)
			cmd_sheet_add(&l->sheet, heading[i]);
	}
	cmd_sheet_add(&l->sheet, l->run->name);
	cmd_sheet_add(&l->sheet, s->shown);
	cmd_sheet_right(&l->sheet, fmt_value(buf, a->last));
	cmd_sheet_right(&l->sheet, isnan(a->min) ? "" : fmt_value(buf, a->min));
	cmd_sheet_right(&l->sheet, isnan(a->max) ? "" : fmt_value(buf, a->max));
	cmd_sheet_right(&l->sheet, a->unit == STEP_NONE ? "" : fmt_step(buf, a->last_step));
	snprintf(buf, sizeof buf, "%llu", (unsigned long long)a->points);
	cmd_sheet_right(&l->sheet, buf);
	snprintf(buf, sizeof buf, "%llu", (unsigned long long)a->nonfinite);
	cmd_sheet_add(&l->sheet, a->nonfinite ? buf : "");
	return 0;
}

int
cmd_metrics(struct cmd_env *env)
{
	struct err e = {0};
	struct store *st;
	struct snap *sn;
	struct cmd_run *run;
	int n;
	if (cmd_begin(env, &st, &sn, &e) < 0)
		return cmd_fail(&e);
	int rc = cmd_runs_load(env, sn, env->arg, env->narg, &run, &n, &e);
	struct listing l = {.env = env,
			    .sheet.columns = 8,
			    .all = cmd_option(env, "--all") != NULL};
	for (int i = 0; i < n && rc == 0; i++) {
		l.run = &run[i];
		rc = snap_series(sn, run[i].info.id, each_series, &l);
		if (rc < 0)
			err_set(&e, rc, "the series of %s cannot be read; mm check says more",
				run[i].name);
	}
	cmd_sheet_print(&l.sheet, env);
	if (rc == 0 && n == 0 && !env->json)
		cmd_say_none(env, sn, 0);
	cmd_runs_free(run, n);
	cmd_end(st, sn);
	return rc < 0 ? cmd_fail(&e) : cmd_finish(EXIT_DONE);
}
