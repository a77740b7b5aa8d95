/* mm alert check, mm alert test, mm alert replay: rules are tried, and nobody is told. */
#include "tui/cmd_alert.h"

#include "core/channel.h"
#include "core/clock.h"
#include "core/json_put.h"
#include "core/rule_test.h"
#include "core/xalloc.h"
#include "tui/fmt.h"
#include "tui/keymap.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* -- check ------------------------------------------------------------------------------------- */

static void
print_rule(const struct rule_info *i)
{
	struct str s = STR_INIT;

	str_adds(&s, "{\"rule\": ");
	json_put_str(&s, i->name);
	str_addf(&s, ", \"builtin\": %s, \"severity\": \"%s\", \"send\": %s}",
		 i->builtin ? "true" : "false", severity_names[i->severity],
		 i->sent ? "true" : "false");
	puts(str_c(&s));
	str_release(&s);
}

/* Is there something that can be started under NAME, as the ingester will look for it: from the
 * directory / or in $PATH? */
static bool
can_start(const char *name)
{
	const char *dirs = getenv("PATH");
	if (strchr(name, '/'))
		return *name == '/' && access(name, X_OK) == 0;
	while (dirs && *dirs) {
		size_t n = strcspn(dirs, ":");
		char *path = xasprintf("%.*s/%s", (int)n, dirs, name);
		bool ok = n && access(path, X_OK) == 0;
		free(path);
		if (ok)
			return true;
		dirs += n + (dirs[n] == ':');
	}
	return false;
}

/* The file may be right and nobody told all the same. */
static int
check_channels(const struct conf *c)
{
	struct channels all = {0};
	struct err e = {0};
	int wrong = 0;
	if (channels_read(c, &all, &e) < 0)
		return cmd_fail(&e);
	for (size_t i = 0; i < all.n; i++) {
		const struct channel *ch = &all.at[i];
		if (ch->type == CHANNEL_EXEC && !can_start(ch->argv[0])) {
			err_set(&e, ERR_NOTFOUND,
				"%s: [notify %s] command: %s: no such program; "
				"write its whole path, ~ is not expanded",
				conf_path(c), ch->name, ch->argv[0]);
			cmd_fail(&e);
			wrong++;
		}
	}
	channels_release(&all);
	return wrong ? EXIT_NOT : EXIT_DONE;
}

int
cmd_alert_check(struct cmd_env *env)
{
	struct err e = {0};
	struct conf *c = NULL;
	struct rules *r = NULL;
	const char *path = env->narg > 1 ? env->arg[1] : env->conf_path;
	if (conf_load(path, &c, &e) < 0 || keymap_check(c, &e) < 0 || rules_new(c, &r, &e) < 0) {
		conf_free(c);
		cmd_fail(&e);
		return EXIT_USAGE;
	}
	for (int i = 0; i < rules_count(r) && env->json; i++) {
		struct rule_info info;
		rules_info(r, i, &info);
		print_rule(&info);
	}
	int code = check_channels(c);
	if (!env->json && code == EXIT_DONE)
		printf("%s: fine, %d rule%s\n",
		       conf_path(c) ? conf_path(c) : "no configuration file", rules_count(r),
		       rules_count(r) == 1 ? "" : "s");
	rules_free(r);
	conf_free(c);
	return cmd_finish(code);
}

/* -- test -------------------------------------------------------------------------------------- */

struct testing {
	const char *file;
	bool json;
	int failures;
};

static void
json_change(struct str *s, const struct alert *a)
{
	str_adds(s, "\"rule\": ");
	json_put_str(s, a->rule);
	str_adds(s, ", \"metric\": ");
	json_put_str(s, *a->metric ? a->metric : NULL);
	str_addf(s, ", \"state\": \"%s\", \"severity\": \"%s\", \"step\": %lld, \"value\": ",
		 alert_state_names[a->state], severity_names[a->severity], (long long)a->step);
	json_put_num(s, a->value);
	str_adds(s, ", \"message\": ");
	json_put_str(s, a->message);
}

static void
on_changed(void *ctx, int number, int64_t at_us, const struct alert *a)
{
	const struct testing *t = ctx;
	struct str s = STR_INIT;

	if (!t->json)
		return;
	str_addf(&s, "{\"test\": %d, \"time\": ", number + 1);
	json_put_num(&s, (double)at_us / 1e6);
	str_adds(&s, ", \"run\": ");
	json_put_str(&s, a->run);
	str_adds(&s, ", ");
	json_change(&s, a);
	str_addc(&s, '}');
	puts(str_c(&s));
	str_release(&s);
}

static void
on_failed(void *ctx, int number, int64_t at_us, const char *what)
{
	struct testing *t = ctx;
	char at[FMT_N];

	fprintf(stderr, "%s: test %d, after %s: %s\n", t->file, number + 1,
		fmt_duration(at, (double)at_us / 1e6), what);
}

static int
read_file(const char *path, struct str *out, struct err *e)
{
	FILE *f = fopen(path, "r");
	char buf[4096];
	size_t n;

	if (!f)
		return errno == ENOENT ? err_set(e, ERR_NOTFOUND, "%s: there is no such file", path)
				       : err_sys(e, "%s", path);
	while ((n = fread(buf, 1, sizeof buf, f)) > 0)
		str_add(out, buf, n);
	int bad = ferror(f);
	fclose(f);
	return bad ? err_sys(e, "%s", path) : 0;
}

/* The rule file that FILE names beside itself, or the configuration in use. */
static int
load_rules(struct cmd_env *env, const char *file, const struct rule_test *t, struct conf **c,
	   struct err *e)
{
	const char *named = rule_test_file(t, 0), *slash = strrchr(file, '/');

	if (!named)
		return conf_load(env->conf_path, c, e);
	if (rule_test_file(t, 1))
		return err_set(e, ERR_USAGE, "%s: rule_files: one file, like mm.conf", file);
	char *path = *named == '/' || !slash
			     ? xstrdup(named)
			     : xasprintf("%.*s/%s", (int)(slash - file), file, named);
	int code = conf_load(path, c, e);
	free(path);
	return code;
}

int
cmd_alert_test(struct cmd_env *env)
{
	struct testing ts = {.file = env->arg[1], .json = env->json};
	struct rule_test_events ev = {&ts, on_changed, on_failed};
	struct err e = {0};
	struct str text = STR_INIT;
	struct rule_test *t = NULL;
	struct conf *c = NULL;
	int checked = 0;

	int code = read_file(ts.file, &text, &e);
	if (code == 0)
		code = rule_test_parse(ts.file, str_c(&text), text.len, &t, &e);
	if (code == 0)
		code = load_rules(env, ts.file, t, &c, &e);
	if (code == 0)
		code = rule_test_run(t, c, &ev, &checked, &e);
	str_release(&text);
	rule_test_free(t);
	conf_free(c);
	if (code < 0)
		return cmd_fail(&e);
	if (!env->json)
		printf("%s: %d of %d expectations failed\n", ts.file, code, checked);
	return cmd_finish(code ? EXIT_NOT : EXIT_DONE);
}

/* -- replay ------------------------------------------------------------------------------------ */

struct moment {
	int64_t wall_us, step;
	double value;
	uint32_t segment, series;
};

struct replay {
	struct cmd_env *env;
	struct rules *rules;
	struct moment *at;
	size_t n, cap;
	char **name; /* of series */
	uint32_t nseries;
	size_t series_cap;
	uint32_t series; /* that is being read */
	uint32_t *id;
	struct cmd_sheet sheet;
	int64_t now_us;
	int fired;
};

static int
take_point(void *ctx, const struct point *p)
{
	struct replay *r = ctx;

	*vec_push(r->at, r->n, r->cap) =
		(struct moment){p->wall_us, p->step, p->value, p->segment, r->series};
	return 0;
}

static int
take_series(void *ctx, const struct series_info *s)
{
	struct replay *r = ctx;
	size_t n = r->nseries, cap = r->series_cap;

	if (!s->primary || !s->now.points)
		return 0;
	*vec_push(r->name, n, cap) = xstrdup(s->name);
	r->id = xreallocarray(r->id, cap, sizeof *r->id);
	r->id[r->nseries++] = s->id;
	r->series_cap = cap;
	return 0;
}

static int
by_time(const void *x, const void *y)
{
	const struct moment *a = x, *b = y;

	if (a->wall_us != b->wall_us)
		return a->wall_us < b->wall_us ? -1 : 1;
	if (a->segment != b->segment)
		return a->segment < b->segment ? -1 : 1;
	if (a->step != b->step)
		return a->step < b->step ? -1 : 1;
	return a->series < b->series ? -1 : a->series > b->series;
}

static void
on_replayed(void *ctx, const struct alert *a, bool fired_now)
{
	static const char *const heading[] = {"TIME",  "RULE",     "METRIC",
					      "STATE", "SEVERITY", "MESSAGE"};
	struct replay *r = ctx;
	char buf[FMT_N];

	(void)fired_now;
	/* Clocks that move, and what never came to anything, are no news. */
	bool fires = a->state == ALERT_FIRING && a->since_us == a->updated_us;
	bool ends = a->state == ALERT_RESOLVED && a->since_us == a->updated_us;
	if (!fires && !ends)
		return;
	r->fired += fires;
	if (r->env->json) {
		struct str s = STR_INIT;
		str_adds(&s, "{\"time\": ");
		json_put_time(&s, a->since_us);
		str_adds(&s, ", ");
		json_change(&s, a);
		str_addf(&s, ", \"send\": %s}", a->sent && !a->inhibited ? "true" : "false");
		puts(str_c(&s));
		str_release(&s);
		return;
	}
	for (size_t i = 0, first = r->sheet.n; i < 6 && !first; i++)
		cmd_sheet_add(&r->sheet, heading[i]);
	cmd_sheet_add(&r->sheet, fmt_clock(buf, a->since_us, r->now_us));
	cmd_sheet_add(&r->sheet, a->rule);
	cmd_sheet_add(&r->sheet, a->metric);
	cmd_sheet_add(&r->sheet, alert_state_names[a->state]);
	cmd_sheet_add(&r->sheet, severity_names[a->severity]);
	cmd_sheet_add(&r->sheet, fires ? a->message : "");
}

static int
read_run(struct replay *r, struct snap *sn, const struct cmd_run *run, struct err *e)
{
	int code = snap_series(sn, run->info.id, take_series, r);

	for (r->series = 0; code == 0 && r->series < r->nseries; r->series++)
		code = snap_points(sn, r->id[r->series], run->info.attempt, 0, take_point, r, e);
	if (code == 0 && r->n)
		qsort(r->at, r->n, sizeof *r->at, by_time);
	return code;
}

/* -- the run, as it was then ------------------------------------------------------------------- */

#define MINUTE (60 * INT64_C(1000000))
#define DAY (1440 * MINUTE)

/* Rules about runs are asked once a minute of the time that the log tells. */
struct reliving {
	struct replay *r;
	const char *run;
	struct run_evidence ev; /* up to now */
	struct pace pace;
	int64_t tick_us;
};

static void
tick(struct reliving *v, int64_t us)
{
	v->tick_us = us;
	rules_run(v->r->rules, v->run, 1, &v->ev, &v->pace, us, on_replayed, v->r);
}

static void
tick_until(struct reliving *v, int64_t us)
{
	/* Who is silent for more than a day says nothing new. */
	int64_t end = us - v->tick_us > DAY ? v->tick_us + DAY : us;
	while (v->tick_us && v->tick_us + MINUTE <= end)
		tick(v, v->tick_us + MINUTE);
	if (v->tick_us && us > v->tick_us + MINUTE)
		v->tick_us = us;
}

static void
relive_moment(struct reliving *v, const struct moment *m)
{
	struct run_evidence *ev = &v->ev;
	if (!ev->first_us || m->wall_us > ev->last_us) {
		tick_until(v, m->wall_us);
		pace_arrival(&v->pace, m->wall_us);
	}
	if (!ev->first_us) {
		ev->first_us = v->tick_us = m->wall_us;
		ev->step_from_zero = m->step == 0;
	}
	ev->last_us = ev->last_arrival_us = m->wall_us;
	if (m->step > ev->last_step)
		ev->last_step = m->step;
	ev->points++;
}

/* How it ended, if it did, or how long it is silent. */
static void
relive_end(struct reliving *v, const struct cmd_run *run)
{
	struct run_evidence last;
	run_info_evidence(&run->info, &last);
	int64_t ended = last.writing.ended_us;
	if (!last.said && !ended) {
		tick_until(v, v->r->now_us);
		return;
	}
	if (ended > v->ev.last_us)
		tick_until(v, ended);
	if (!v->ev.first_us)
		return;
	tick(v, v->tick_us + 1);
	v->ev.said = last.said;
	v->ev.writing = last.writing;
	tick(v, v->tick_us + 1);
}

int
cmd_alert_replay(struct cmd_env *env)
{
	struct replay r = {.env = env, .sheet = {.columns = 6}, .now_us = clock_wall_us()};
	struct err e = {0};
	struct store *st;
	struct snap *sn;
	struct cmd_run *run = NULL;
	int n = 0;

	if (cmd_begin(env, &st, &sn, &e) < 0)
		return cmd_fail(&e);
	int code = cmd_runs_load(env, sn, &env->arg[1], 1, &run, &n, &e);
	if (code == 0 && n != 1)
		code = err_set(&e, ERR_USAGE, "%s: that is %d runs, and one is replayed at a time",
			       env->arg[1], n);
	if (code == 0)
		code = rules_new(env->conf, &r.rules, &e);
	if (code == 0)
		code = read_run(&r, sn, &run[0], &e);
	struct reliving v = {.r = &r};
	if (code == 0) {
		v.run = run[0].info.path;
		v.ev.total = run[0].total;
	}
	for (size_t i = 0; i < r.n && code == 0; i++) {
		const struct moment *m = &r.at[i];
		relive_moment(&v, m);
		rules_point(r.rules, run[0].info.path, 1, (uint64_t)m->series + 1,
			    r.name[m->series], m->step, m->wall_us, m->value, true, on_replayed,
			    &r);
	}
	if (code == 0)
		relive_end(&v, &run[0]);
	if (!env->json)
		cmd_sheet_print(&r.sheet, env);
	if (code == 0 && !env->json)
		printf("%d would have fired over %zu points; what logs say (log, fatal), disks and "
		       "mm itself are not stored, and not replayed\n",
		       r.fired, r.n);
	for (uint32_t i = 0; i < r.nseries; i++)
		free(r.name[i]);
	free(r.name);
	free(r.id);
	free(r.at);
	rules_free(r.rules);
	cmd_runs_free(run, n);
	cmd_end(st, sn);
	if (code < 0)
		return cmd_fail(&e);
	return cmd_finish(EXIT_DONE);
}
