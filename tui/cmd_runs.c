/* mm runs: how every run is doing, a line each. */
#include "core/clock.h"
#include "core/json_put.h"
#include "core/xalloc.h"
#include "tui/cmd.h"
#include "tui/fmt.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
add_number(struct str *s, const char *key, double v, bool known)
{
	str_addf(s, ", \"%s\": ", key);
	if (known)
		json_put_num(s, v);
	else
		str_adds(s, "null");
}

struct params {
	struct str *s;
	bool any;
};

static int
add_param(void *ctx, const char *key, const char *value)
{
	struct params *p = ctx;
	if (p->any)
		str_adds(p->s, ", ");
	p->any = true;
	json_put_str(p->s, key);
	str_adds(p->s, ": ");
	json_put_str(p->s, value);
	return 0;
}

static void
glance_json(struct str *s, const char *key, const struct glance *g)
{
	str_addf(s, ", \"%s\": ", key);
	if (!g->name[0]) {
		str_adds(s, "null");
		return;
	}
	str_adds(s, "{\"metric\": ");
	json_put_str(s, g->name);
	str_adds(s, ", \"last\": ");
	json_put_num(s, g->last);
	str_adds(s, ", \"best\": ");
	if (isnan(g->best))
		str_adds(s, "null");
	else
		json_put_num(s, g->best);
	str_addc(s, '}');
}

static void
marks_json(struct str *s, const struct marks *mk, const char *called)
{
	str_adds(s, ", \"name\": ");
	json_put_str(s, called);
	str_adds(s, ", \"note\": ");
	json_put_str(s, mk->note);
	str_addf(s, ", \"star\": %s, \"hidden\": %s, \"tags\": [", mk->star ? "true" : "false",
		 mk->hidden ? "true" : "false");
	for (int i = 0; i < mk->ntags; i++) {
		str_adds(s, i ? ", " : "");
		json_put_str(s, mk->tag[i]);
	}
	str_addc(s, ']');
}

static void
print_json(struct snap *sn, const struct cmd_run *r)
{
	const struct run_info *info = &r->info;
	double rate = pace_rate(&r->pace);
	double eta =
		r->state == RUN_FINISHED ? -1 : pace_eta_s(&r->pace, info->last_step, r->total);
	bool step = info->unit != STEP_NONE && info->points > 0;
	struct str s = STR_INIT;
	str_adds(&s, "{\"run\": ");
	json_put_str(&s, r->name);
	str_adds(&s, ", \"root\": ");
	json_put_str(&s, r->root);
	str_adds(&s, ", \"path\": ");
	json_put_str(&s, info->path);
	str_adds(&s, ", \"state\": ");
	json_put_str(&s, run_state_name(r->state));
	str_adds(&s, ", \"reason\": ");
	json_put_str(&s, r->why);
	str_adds(&s, ", \"first_time\": ");
	json_put_time(&s, info->first_us);
	str_adds(&s, ", \"last_time\": ");
	json_put_time(&s, info->last_us);
	add_number(&s, "last_step", (double)info->last_step, step);
	add_number(&s, "total", (double)r->total, r->total > 0);
	add_number(&s, "rate", rate, rate > 0);
	add_number(&s, "eta", eta, eta >= 0);
	str_addf(&s, ", \"points\": %llu, \"metrics\": %u, \"params\": {",
		 (unsigned long long)info->points, info->metrics);
	struct params p = {.s = &s};
	snap_params(sn, info->id, add_param, &p);
	str_addf(&s, "}, \"attempts\": %u", info->attempts);
	glance_json(&s, "loss", &info->loss);
	glance_json(&s, "headline", &info->headline);
	marks_json(&s, &r->marks, r->called);
	str_addc(&s, '}');
	puts(str_c(&s));
	str_release(&s);
}

static void
add_glance(struct cmd_sheet *sheet, const struct glance *g)
{
	char v[FMT_N];
	char *cell = g->name[0] ? xasprintf("%s %s", g->name, fmt_value(v, g->last)) : xstrdup("");
	cmd_sheet_add(sheet, cell);
	free(cell);
}

/* It is called something that its first column doesn't say. */
static bool
is_renamed(const struct cmd_run *r)
{
	return r->called && strcmp(r->called, r->name) != 0;
}

static bool
is_marked(const struct cmd_run *r)
{
	return is_renamed(r) || r->marks.star || r->marks.note || r->marks.ntags;
}

/* "*", what it is called, the tags, the note: whatever there is. */
static void
add_marks(struct cmd_sheet *sheet, const struct cmd_run *r)
{
	const struct marks *mk = &r->marks;
	struct str s = STR_INIT;
	if (mk->star)
		str_addc(&s, '*');
	if (is_renamed(r))
		str_addf(&s, "%s%s", s.len ? " " : "", r->called);
	for (int i = 0; i < mk->ntags; i++)
		str_addf(&s, "%s#%s", s.len ? " " : "", mk->tag[i]);
	if (mk->note)
		str_addf(&s, "%s%s", s.len ? ": " : "", mk->note);
	cmd_sheet_add(sheet, str_c(&s));
	str_release(&s);
}

static void
add_row(struct cmd_sheet *sheet, const struct cmd_run *r, int64_t now_us)
{
	const struct run_info *info = &r->info;
	char buf[FMT_N], cell[2 * FMT_N];
	double rate = pace_rate(&r->pace);
	bool going = r->state == RUN_RUNNING || r->state == RUN_QUIET || r->state == RUN_DIVERGED;
	double eta = going ? pace_eta_s(&r->pace, info->last_step, r->total) : -1;
	static const char *const units[] = {"", "ep ", "row ", ""};
	cmd_sheet_add(sheet, r->name);
	cmd_sheet_add(sheet, run_state_name(r->state));
	snprintf(cell, sizeof cell, "%s%s", units[info->unit & 3], fmt_step(buf, info->last_step));
	cmd_sheet_right(sheet, info->unit == STEP_NONE || info->points == 0 ? "" : cell);
	cmd_sheet_right(sheet, r->total > 0 ? fmt_percent(buf, fmin(1, (double)info->last_step /
									       (double)r->total))
					    : "");
	snprintf(cell, sizeof cell, "%s/s", fmt_value(buf, rate));
	cmd_sheet_right(sheet, going && rate > 0 ? cell : "");
	cmd_sheet_right(sheet, eta >= 0 ? fmt_duration(buf, eta) : "");
	add_glance(sheet, &info->loss);
	add_glance(sheet, &info->headline);
	cmd_sheet_right(sheet,
			info->last_arrival_us ? fmt_age(buf, info->last_arrival_us, now_us) : "");
	if (sheet->columns > 9)
		add_marks(sheet, r);
}

/* Those that a person doesn't want to see, unless he names them or asks for all. */
static bool
left_out(const struct cmd_env *env, const struct cmd_run *r)
{
	return r->marks.hidden && !env->json && !env->narg && !cmd_option(env, "--all");
}

int
cmd_runs(struct cmd_env *env)
{
	struct err e = {0};
	struct store *st;
	struct snap *sn;
	struct cmd_run *run;
	int n;
	if (cmd_begin(env, &st, &sn, &e) < 0)
		return cmd_fail(&e);
	int rc = cmd_runs_load(env, sn, env->arg, env->narg, &run, &n, &e);
	static const char *const heading[] = {"RUN",    "STATE", "\tSTEP",   "\tDONE", "\tRATE",
					      "\tLEFT", "LOSS",  "HEADLINE", "\tLAST", "MARKS"};
	bool any = false, marked = false;
	int hidden = 0;
	for (int i = 0; i < n; i++) {
		any = any || !left_out(env, &run[i]);
		hidden += left_out(env, &run[i]);
		marked = marked || is_marked(&run[i]);
	}
	struct cmd_sheet sheet = {.columns = marked ? 10 : 9};
	for (int i = 0; i < sheet.columns && any && !env->json; i++)
		cmd_sheet_add(&sheet, heading[i]);
	for (int i = 0; i < n; i++)
		if (env->json)
			print_json(sn, &run[i]);
		else if (!left_out(env, &run[i]))
			add_row(&sheet, &run[i], clock_wall_us());
	cmd_sheet_print(&sheet, env);
	if (rc == 0 && !any && !env->json)
		cmd_say_none(env, sn, hidden);
	cmd_runs_free(run, n);
	cmd_end(st, sn);
	return rc < 0 ? cmd_fail(&e) : cmd_finish(EXIT_DONE);
}
