/* mm export: every point, in file order, as CSV or JSON Lines. */
#include "core/xalloc.h"
#include "core/json_put.h"
#include "tui/cmd.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct target {
	char *run, *metric;
	uint32_t series, attempt; /* ATTEMPT 0: all */
	uint8_t unit;
};

struct export
{
	struct cmd_env *env;
	struct target *target;
	size_t n, cap;
	const struct target *at;
	struct str line;
};

static int
collect(void *ctx, const struct cmd_target *t)
{
	struct export *x = ctx;
	for (size_t i = 0; i < x->n; i++)
		if (x->target[i].series == t->series.id && x->target[i].attempt == t->attempt)
			return 0;
	*vec_push(x->target, x->n, x->cap) = (struct target){
		.run = xstrdup(t->run_name),
		.metric = xstrdup(t->series.shown),
		.series = t->series.id,
		.attempt = t->attempt,
		.unit = t->series.all.unit,
	};
	return 0;
}

/* RFC 4180: quoted when it has to be. */
static void
csv_field(struct str *s, const char *z)
{
	if (!strpbrk(z, ",\"\r\n")) {
		str_adds(s, z);
		return;
	}
	str_addc(s, '"');
	for (; *z; z++) {
		if (*z == '"')
			str_addc(s, '"');
		str_addc(s, *z);
	}
	str_addc(s, '"');
}

static void
csv_number(struct str *s, double v)
{
	if (isnan(v))
		str_adds(s, "nan");
	else if (isinf(v))
		str_adds(s, v > 0 ? "inf" : "-inf");
	else
		json_put_num(s, v);
}

static void
csv_point(struct str *s, const struct target *t, const struct point *p)
{
	csv_field(s, t->run);
	str_addc(s, ',');
	csv_field(s, t->metric);
	str_addc(s, ',');
	if (t->unit != STEP_NONE)
		str_addf(s, "%lld", (long long)p->step);
	str_addf(s, ",%lld.%06lld,", (long long)(p->wall_us / 1000000),
		 (long long)(p->wall_us % 1000000));
	csv_number(s, p->value);
	str_addf(s, ",%u,%u", p->segment, p->attempt);
}

static void
json_point(struct str *s, const struct target *t, const struct point *p)
{
	str_adds(s, "{\"run\": ");
	json_put_str(s, t->run);
	str_adds(s, ", \"metric\": ");
	json_put_str(s, t->metric);
	if (t->unit != STEP_NONE)
		str_addf(s, ", \"step\": %lld, \"time\": ", (long long)p->step);
	else
		str_adds(s, ", \"step\": null, \"time\": ");
	json_put_time(s, p->wall_us);
	str_adds(s, ", \"value\": ");
	json_put_num(s, p->value);
	str_addf(s, ", \"segment\": %u, \"attempt\": %u}", p->segment, p->attempt);
}

static int
print_point(void *ctx, const struct point *p)
{
	struct export *x = ctx;
	str_reset(&x->line);
	if (x->env->json)
		json_point(&x->line, x->at, p);
	else
		csv_point(&x->line, x->at, p);
	str_addc(&x->line, '\n');
	/* A reader that left (head) ends the export. */
	return fwrite(x->line.buf, 1, x->line.len, stdout) == x->line.len ? 0 : 1;
}

static int
find_targets(struct export *x, struct snap *sn, struct err *e)
{
	struct cmd_env *env = x->env;
	int rc = 0;
	if (cmd_option(env, "--run"))
		rc = cmd_targets(env, sn, NULL, collect, x, e);
	for (int i = 0; i < env->narg && rc >= 0; i++)
		rc = cmd_targets(env, sn, env->arg[i], collect, x, e);
	return rc;
}

int
cmd_export(struct cmd_env *env)
{
	struct err e = {0};
	struct store *st;
	struct snap *sn;
	struct export x = {.env = env};
	if (env->json && cmd_option(env, "--csv")) {
		err_set(&e, ERR_USAGE, "--csv or --json, not both");
		return cmd_fail(&e);
	}
	if (env->narg == 0 && !cmd_option(env, "--run")) {
		err_set(&e, ERR_USAGE,
			"name what to export: mm export RUN[:METRIC]…; mm runs lists the runs");
		return cmd_fail(&e);
	}
	if (cmd_begin(env, &st, &sn, &e) < 0)
		return cmd_fail(&e);
	int rc = find_targets(&x, sn, &e);
	if (rc >= 0 && !env->json)
		puts("run,metric,step,time,value,segment,attempt");
	for (size_t i = 0; i < x.n && rc == 0; i++) {
		x.at = &x.target[i];
		rc = snap_points(sn, x.at->series, x.at->attempt, 0, print_point, &x, &e);
	}
	for (size_t i = 0; i < x.n; i++) {
		free(x.target[i].run);
		free(x.target[i].metric);
	}
	free(x.target);
	str_release(&x.line);
	cmd_end(st, sn);
	return rc < 0 ? cmd_fail(&e) : cmd_finish(EXIT_DONE);
}
