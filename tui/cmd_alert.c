/* mm alert …, mm alerts, mm status: what fires, for scripts and prompts. */
#include "core/clock.h"
#include "core/ctl.h"
#include "core/json_put.h"
#include "core/raised.h"
#include "core/loop.h"
#include "core/map.h"
#include "core/utf8.h"
#include "core/xalloc.h"
#include "tui/cmd.h"
#include "tui/cmd_alert.h"
#include "tui/cmd_silence.h"
#include "tui/fmt.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

/* An alert copied out of a snapshot. */
struct item {
	struct alert a;
	char *rule, *run, *metric, *message;
	int64_t silent_us; /* until when; 0: it isn't silenced */
};

struct items {
	struct cmd_env *env;
	struct snap *sn;
	struct muting muting;
	int64_t now_us;
	struct item *item;
	size_t n, cap;
};

static int
collect(void *ctx, const struct alert *a)
{
	struct items *it = ctx;
	struct str name = STR_INIT;
	bool listed = a->state == ALERT_PENDING || a->state == ALERT_FIRING ||
		      a->state == ALERT_RECOVERING || a->state == ALERT_RESOLVED;
	if (listed && cmd_run_name(it->env, it->sn, a->run, &name, NULL)) {
		struct item *i = vec_push(it->item, it->n, it->cap);
		i->a = *a;
		i->silent_us = muting_apply(&it->muting, &i->a, it->now_us);
		i->rule = xstrdup(a->rule);
		i->run = str_steal(&name);
		i->metric = xstrdup(a->metric);
		i->message = xstrdup(a->message ? a->message : "");
	}
	str_release(&name);
	return 0;
}

static bool
fires(const struct alert *a)
{
	return a->state == ALERT_FIRING || a->state == ALERT_RECOVERING;
}

/* What needs somebody: the answer of `mm status`. What is only shown does not: a healthy run may
 * have its plateau. */
static bool
counts(const struct item *i)
{
	return i->a.sent && i->a.severity != SEVERITY_INFO && fires(&i->a) && !i->a.acked &&
	       !i->a.historic && !i->silent_us;
}

static int
urgency(const struct item *i)
{
	if (counts(i))
		return 0;
	if (fires(&i->a))
		return 1;
	return i->a.state == ALERT_PENDING ? 2 : 3;
}

static int
by_urgency(const void *x, const void *y)
{
	const struct alert *a = &((const struct item *)x)->a, *b = &((const struct item *)y)->a;
	if (urgency(x) != urgency(y))
		return urgency(x) - urgency(y);
	if (a->severity != b->severity)
		return (int)b->severity - (int)a->severity;
	return (a->since_us < b->since_us) - (a->since_us > b->since_us);
}

static void
items_load(struct items *it)
{
	it->now_us = clock_wall_us();
	muting_init(&it->muting);
	if (it->sn)
		snap_alerts(it->sn, collect, it);
	if (it->n)
		qsort(it->item, it->n, sizeof *it->item, by_urgency);
}

static void
items_release(struct items *it)
{
	for (size_t i = 0; i < it->n; i++) {
		free(it->item[i].rule);
		free(it->item[i].run);
		free(it->item[i].metric);
		free(it->item[i].message);
	}
	free(it->item);
	muting_release(&it->muting);
}

static void
print_json(const struct item *i)
{
	const struct alert *a = &i->a;
	/* A program that raises one tells no value. */
	bool about_run = i->metric[0] == '\0', valued = !about_run && !raised_is(i->rule);
	struct str s = STR_INIT;
	str_adds(&s, "{\"rule\": ");
	json_put_str(&s, i->rule);
	str_adds(&s, ", \"run\": ");
	json_put_str(&s, i->run);
	str_adds(&s, ", \"metric\": ");
	json_put_str(&s, about_run ? NULL : i->metric);
	str_addf(&s, ", \"state\": \"%s\", \"severity\": \"%s\", \"since\": ",
		 alert_state_names[a->state], severity_names[a->severity]);
	json_put_time(&s, a->since_us);
	str_adds(&s, ", \"value\": ");
	if (valued)
		json_put_num(&s, a->value);
	else
		str_adds(&s, "null");
	if (about_run)
		str_adds(&s, ", \"step\": null");
	else
		str_addf(&s, ", \"step\": %lld", (long long)a->step);
	str_adds(&s, ", \"message\": ");
	json_put_str(&s, i->message);
	str_addf(&s, ", \"episode\": %llu, \"historic\": %s, \"acked\": %s, \"silenced\": ",
		 (unsigned long long)a->episode, a->historic ? "true" : "false",
		 a->acked ? "true" : "false");
	json_put_time(&s, i->silent_us);
	str_adds(&s, "}");
	puts(str_c(&s));
	str_release(&s);
}

static void
print_text(const struct items *it, const struct cmd_env *env)
{
	struct cmd_sheet sheet = {.columns = 6};
	static const char *const heading[] = {"RULE",     "RUN",   "STATE",
					      "SEVERITY", "SINCE", "MESSAGE"};
	int64_t now = clock_wall_us();
	char buf[FMT_N], state[64];
	for (int i = 0; i < 6 && it->n; i++)
		cmd_sheet_add(&sheet, heading[i]);
	for (size_t i = 0; i < it->n; i++) {
		const struct alert *a = &it->item[i].a;
		/* What old logs ended with is no alarm: "firing" is what fires now. */
		snprintf(state, sizeof state, "%s%s%s%s",
			 a->historic && fires(a) ? "not over" : alert_state_names[a->state],
			 a->acked && fires(a) ? ", acknowledged" : "",
			 it->item[i].silent_us ? ", silenced" : "",
			 a->historic ? ", historic" : "");
		cmd_sheet_add(&sheet, it->item[i].rule);
		cmd_sheet_add(&sheet, it->item[i].run);
		cmd_sheet_add(&sheet, state);
		cmd_sheet_add(&sheet, severity_names[a->severity]);
		cmd_sheet_add(&sheet, fmt_clock(buf, a->since_us, now));
		cmd_sheet_add(&sheet, it->item[i].message);
	}
	cmd_sheet_print(&sheet, env);
}

/* -- following --------------------------------------------------------------------------------- */

/* What was printed of one alert. */
struct printed {
	uint64_t episode;
	enum alert_state state;
	bool acked, historic, silent;
};

struct follow {
	struct cmd_env *env;
	struct loop *loop;
	struct map printed; /* by rule, run and metric, a NUL between them */
	struct loop_timer *look;
};

static bool
is_printed(struct follow *f, const struct item *i)
{
	struct str key = STR_INIT;
	struct printed now = {.episode = i->a.episode,
			      .state = i->a.state,
			      .acked = i->a.acked,
			      .historic = i->a.historic,
			      .silent = i->silent_us != 0};
	str_add(&key, i->rule, strlen(i->rule) + 1);
	str_add(&key, i->run, strlen(i->run) + 1);
	str_adds(&key, i->metric);
	struct printed *was = map_get(&f->printed, key.buf, key.len);
	bool same = was && was->episode == now.episode && was->state == now.state &&
		    was->acked == now.acked && was->historic == now.historic &&
		    was->silent == now.silent;
	if (!was)
		map_put(&f->printed, key.buf, key.len, was = xmalloc(sizeof *was));
	*was = now;
	str_release(&key);
	return same;
}

/* A line, unlike the list: what comes later has no columns to fit into. */
static void
print_line(const struct item *i)
{
	const struct alert *a = &i->a;
	struct str s = STR_INIT;
	char clock[FMT_N];
	str_addf(&s, "%s %s%s%s%s %s: %s: %s", fmt_clock(clock, a->since_us, clock_wall_us()),
		 alert_state_names[a->state], a->acked && fires(a) ? ", acknowledged" : "",
		 i->silent_us ? ", silenced" : "", a->historic ? ", historic" : "", i->rule, i->run,
		 i->message);
	cmd_line(&s);
	str_release(&s);
}

static void
follow_look(void *ctx)
{
	struct follow *f = ctx;
	struct err e = {0};
	struct store *st;
	struct items it = {.env = f->env};
	bool as_is = f->env->as_is;
	f->env->as_is = true;
	int code = cmd_begin(f->env, &st, &it.sn, &e);
	f->env->as_is = as_is;
	if (code < 0) {
		/* It is being built anew, say: the next commit brings us back. */
		fprintf(stderr, "mm: %s\n", e.text);
		return;
	}
	items_load(&it);
	for (size_t i = 0; i < it.n; i++) {
		if (is_printed(f, &it.item[i]))
			continue;
		if (f->env->json)
			print_json(&it.item[i]);
		else
			print_line(&it.item[i]);
	}
	items_release(&it);
	cmd_end(st, it.sn);
	if (fflush(stdout) != 0) /* nobody reads any more */
		loop_stop(f->loop);
}

static void
on_notice(void *ctx, struct ctl_client *c, const char *line)
{
	struct follow *f = ctx;
	(void)c;
	if (strncmp(line, "txn ", 4) == 0 || strcmp(line, "up") == 0)
		loop_timer_set(f->look, 0);
}

static void
on_quit(void *ctx, int signo)
{
	struct follow *f = ctx;
	(void)signo;
	loop_stop(f->loop);
}

static void
on_reader_gone(void *ctx, int fd, uint32_t events)
{
	struct follow *f = ctx;
	(void)fd;
	if (events & (EPOLLERR | EPOLLHUP))
		loop_stop(f->loop);
}

static int
follow(struct cmd_env *env)
{
	struct follow f = {.env = env, .loop = loop_new()};
	struct str dir = STR_INIT;
	struct err e = {0};
	struct printed *p;
	size_t at = 0;
	if (store_where(env->store_arg, env->store_arg != NULL, &dir, NULL, &e) < 0)
		return cmd_fail(&e);
	signal(SIGPIPE, SIG_IGN);
	loop_signal(f.loop, SIGTERM, on_quit, &f);
	loop_signal(f.loop, SIGINT, on_quit, &f);
	/* That a pipe has no reader is known before anything is written to it. */
	loop_fd(f.loop, STDOUT_FILENO, 0, on_reader_gone, &f);
	f.look = loop_timer_new(f.loop, follow_look, &f);
	struct ctl_client *ctl = ctl_client_new(f.loop, str_c(&dir), on_notice, &f);
	follow_look(&f);
	loop_run(f.loop);
	ctl_client_free(ctl);
	while ((p = map_next(&f.printed, &at)))
		free(p);
	map_release(&f.printed);
	loop_timer_free(f.look);
	loop_free(f.loop);
	str_release(&dir);
	return EXIT_DONE;
}

int
cmd_alerts(struct cmd_env *env)
{
	if (cmd_option(env, "--follow"))
		return follow(env);
	struct err e = {0};
	struct store *st;
	struct items it = {.env = env};
	if (cmd_begin(env, &st, &it.sn, &e) < 0)
		return cmd_fail(&e);
	items_load(&it);
	for (size_t i = 0; i < it.n && env->json; i++)
		print_json(&it.item[i]);
	if (!env->json)
		print_text(&it, env);
	items_release(&it);
	cmd_end(st, it.sn);
	return cmd_finish(EXIT_DONE);
}

int
cmd_alert(struct cmd_env *env)
{
	const char *verb = env->narg ? env->arg[0] : "list";
	if (strcmp(verb, "list") == 0 && env->narg <= 1)
		return cmd_alerts(env);
	if (strcmp(verb, "check") == 0 && env->narg <= 2)
		return cmd_alert_check(env);
	if (strcmp(verb, "test") == 0 && env->narg == 2)
		return cmd_alert_test(env);
	if (strcmp(verb, "replay") == 0 && env->narg == 2)
		return cmd_alert_replay(env);
	if (strcmp(verb, "ack") == 0)
		return cmd_alert_ack(env);
	if (strcmp(verb, "silence") == 0)
		return cmd_alert_silence(env);
	struct err e;
	err_set(&e, ERR_USAGE,
		"mm alert %s: it is list, check [FILE], test FILE, replay RUN, ack RULE [RUN "
		"[METRIC]] or silence",
		verb);
	return cmd_fail(&e);
}

/* -- status ------------------------------------------------------------------------------------ */

static void
count_states(struct str *line, const struct cmd_run *run, int n)
{
	int count[RUN_NSTATES] = {0};
	for (int i = 0; i < n; i++)
		count[run[i].state]++;
	str_addf(line, "%d run%s", n, n == 1 ? "" : "s");
	const char *gap = ": ";
	for (int s = 0; s < RUN_NSTATES; s++)
		if (count[s]) {
			str_addf(line, "%s%d %s", gap, count[s], run_state_name((enum run_state)s));
			gap = ", ";
		}
}

static void
name_alerts(struct str *line, const struct items *it)
{
	int shown = 0, firing = 0, old = 0, less = 0;
	for (size_t i = 0; i < it->n; i++) {
		firing += counts(&it->item[i]);
		old += fires(&it->item[i].a) && it->item[i].a.historic;
		less += fires(&it->item[i].a) && !it->item[i].a.historic && !counts(&it->item[i]);
	}
	if (firing == 0)
		str_adds(line, "; nothing fires");
	if (firing == 0 && old)
		str_addf(line, " (%d historic)", old);
	else if (firing == 0 && less)
		str_addf(line, " that you would be told of (%d shown)", less);
	for (size_t i = 0; i < it->n && shown < 5; i++) {
		const struct item *item = &it->item[i];
		if (!counts(item))
			continue;
		/* Two of one rule and run differ in the metric. */
		str_addf(line, "%s%s (%s%s%s)", shown++ ? ", " : "; firing: ", item->rule,
			 item->run, *item->metric ? " " : "", item->metric);
	}
	if (firing > shown)
		str_addf(line, " and %d more", firing - shown);
}

static void
status_json(const struct items *it, const struct cmd_run *run, int nruns, bool watched,
	    const char *trouble)
{
	uint64_t waiting = it->sn ? snap_waiting(it->sn) : 0;
	int firing = 0, count[RUN_NSTATES] = {0};
	struct str s = STR_INIT;
	for (size_t i = 0; i < it->n; i++)
		firing += counts(&it->item[i]);
	for (int i = 0; i < nruns; i++)
		count[run[i].state]++;
	str_addf(&s,
		 "{\"runs\": %d, \"firing\": %d, \"waiting\": %llu, \"watched\": %s, "
		 "\"trouble\": ",
		 nruns, firing, (unsigned long long)waiting, watched ? "true" : "false");
	json_put_str(&s, trouble && *trouble ? trouble : NULL);
	str_adds(&s, ", \"states\": {");
	for (int i = 0; i < RUN_NSTATES; i++)
		str_addf(&s, "%s\"%s\": %d", i ? ", " : "", run_state_name((enum run_state)i),
			 count[i]);
	str_adds(&s, "}}");
	puts(str_c(&s));
	str_release(&s);
}

/* What keeps the ingester from its work: he says so, or doesn't answer. NULL: nothing. */
static char *
trouble_of(const char *store, const struct lock_info *who)
{
	enum { ANSWER_MS = 1000 };
	struct str text = STR_INIT;
	struct err e = {0};
	int code = ctl_ask(store, "trouble", NULL, 0, ANSWER_MS, &text, &e);
	if (code == ERR_BUSY)
		str_addf(&text, "the ingester (pid %ld) does not answer", who->pid);
	return code == 0 || code == ERR_BUSY ? str_steal(&text) : (str_release(&text), NULL);
}

int
cmd_status(struct cmd_env *env)
{
	struct err e = {0};
	struct store *st;
	struct items it = {.env = env};
	struct cmd_run *run;
	int n, status = EXIT_DONE;
	if (cmd_begin(env, &st, &it.sn, &e) < 0 ||
	    cmd_runs_load(env, it.sn, NULL, 0, &run, &n, &e) < 0) {
		cmd_fail(&e);
		return EXIT_USAGE;
	}
	items_load(&it);
	for (size_t i = 0; i < it.n; i++)
		if (counts(&it.item[i]))
			status = EXIT_NOT;
	struct lock_info who = {0};
	bool watched = st && lock_held(store_dir(st), &who);
	char *trouble = watched ? trouble_of(store_dir(st), &who) : NULL;
	if (trouble && *trouble)
		status = EXIT_USAGE;
	if (env->json) {
		status_json(&it, run, n, watched, trouble);
	} else {
		struct str line = STR_INIT, clean = STR_INIT;
		count_states(&line, run, n);
		name_alerts(&line, &it);
		if (!watched)
			str_adds(&line, "; nobody watches");
		if (trouble && *trouble)
			str_addf(&line, "; %s", trouble);
		utf8_clean(&clean, str_c(&line), line.len, 0);
		puts(str_c(&clean));
		str_release(&line);
		str_release(&clean);
	}
	free(trouble);
	items_release(&it);
	cmd_runs_free(run, n);
	cmd_end(st, it.sn);
	return cmd_finish(status);
}
