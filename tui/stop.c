/* What is asked about is found anew when the answer comes: between the two the process may have
 * ended, and another have its number. The first yes is TERM; asked about the same process again it
 * is KILL. What was done is in the journal. */
#include "tui/stop.h"

#include "core/argv.h"
#include "core/clock.h"
#include "core/log_texts.h"
#include "core/stopper.h"
#include "core/xalloc.h"
#include "tui/fmt.h"
#include "tui/model_own.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool
same_process(const struct writer *a, const struct writer *b)
{
	return a->pid == b->pid && a->start == b->start && a->boot == b->boot;
}

/* Kept with the run: "TERM to process 17 on gpu1: python train.py". */
static void
log_stop(struct model *m, const struct model_run *r, const char *what)
{
	char *key = xasprintf("stops/%" PRId64, clock_wall_us() / 1000000);
	struct journal_topic t = {.run = r->info.path};
	char *text = xasprintf("%s (step %" PRId64 ")", what, r->info.last_step);
	struct journal_word w = {key, JOURNAL_TEXT, text};
	struct err e = {0};
	if (journal_files_append(m->own->journal, &t, &w, 1, &e) < 0)
		model_say(m, true, "%s; and it could not be noted: %s", what, e.text);
	free(text);
	free(key);
	m->stale = true;
}

/* -- a process --------------------------------------------------------------------------------- */

static void
send_signal(void *ctx, struct model *m, const char *path)
{
	const struct model_run *r = model_run_by_path(m, path);
	struct process_info info;
	struct err e = {0};
	(void)ctx;
	if (!r)
		return;
	struct writer w = r->info.writing.by;
	bool again = same_process(&w, &m->own->stopped);
	int signo = again ? SIGKILL : SIGTERM;
	if (!same_process(&w, &m->own->asked) || !process_info_read(&w, &info)) {
		model_say(m, true, "process %lld has ended meanwhile", (long long)w.pid);
		return;
	}
	char *what = xasprintf("%s to process %lld: %s", again ? "KILL" : "TERM", (long long)w.pid,
			       info.command);
	process_info_release(&info);
	if (process_signal(&w, signo, &e) < 0) {
		model_say(m, true, "%s", e.text);
	} else {
		m->own->stopped = w;
		model_say(m, false, "%.150s%s", what, again ? "" : "; K again: KILL");
		log_stop(m, r, what);
	}
	free(what);
}

/* -- a command --------------------------------------------------------------------------------- */

struct job_search {
	struct str id;
};

static int
param_job(void *ctx, const char *key, const char *value)
{
	struct job_search *s = ctx;
	if (!log_is_job_key(key) || !*value)
		return 0;
	str_reset(&s->id);
	str_adds(&s->id, value);
	return 1;
}

struct log_search {
	const char *run;
	struct str id;
};

static int
path_job(void *ctx, const struct log_info *li)
{
	struct log_search *s = ctx;
	return strcmp(li->run, s->run) == 0 && job_of_path(li->path, &s->id);
}

/* The batch job of a run: its parameters say, or the name of one of its logs; or NULL. */
static char *
job_of(struct model *m, const struct model_run *r)
{
	struct job_search params = {STR_INIT};
	struct log_search logs = {r->info.path, STR_INIT};
	struct snap *sn;
	struct err e = {0};
	if (!m->store || snap_begin(m->store, &sn, &e) < 0)
		return NULL;
	if (!snap_params(sn, r->info.id, param_job, &params))
		snap_logs(sn, path_job, &logs);
	snap_end(sn);
	char *id = params.id.len ? xstrdup(str_c(&params.id))
		   : logs.id.len ? xstrdup(str_c(&logs.id))
				 : NULL;
	str_release(&params.id);
	str_release(&logs.id);
	return id;
}

/* The command for R, or NULL with the reason in E. */
static char **
command_for(struct model *m, const struct model_run *r, struct err *e)
{
	const char *command = conf_str(m->conf, "stop.command");
	char **argv = NULL, host[256] = "";
	if (!*command) {
		err_set(e, ERR_NOTFOUND,
			"no process of it is known here, and [stop] command in "
			"mm.conf says no other way");
		return NULL;
	}
	char *job = job_of(m, r);
	bool here = gethostname(host, sizeof host - 1) == 0 && host[0];
	struct stop_words w = {.job = job,
			       .run = r->info.path,
			       .host = here ? host : NULL,
			       .pid = (long)r->info.writing.by.pid};
	if (stop_argv(command, &w, &argv, e) < 0)
		argv = NULL;
	free(job);
	return argv;
}

static char *
joined(char *const *argv)
{
	struct str s = STR_INIT;
	for (; *argv; argv++)
		str_addf(&s, "%s%s", s.len ? " " : "", *argv);
	return str_steal(&s);
}

static void
run_command(void *ctx, struct model *m, const char *path)
{
	const struct model_run *r = model_run_by_path(m, path);
	struct err e = {0};
	(void)ctx;
	if (!r)
		return;
	argv_free(m->stop_argv);
	m->stop_argv = command_for(m, r, &e);
	if (!m->stop_argv) {
		model_say(m, true, "%s", e.text);
		return;
	}
	char *text = joined(m->stop_argv);
	model_say(m, false, "%.200s …", text);
	log_stop(m, r, text);
	free(text);
}

/* -- asking ------------------------------------------------------------------------------------ */

void
stop_run(struct model *m)
{
	const struct model_run *r = model_run_at(m);
	struct process_info info;
	struct err e = {0};
	char host[65] = "";
	if (!r) {
		model_say(m, false, "no run is under the cursor");
		return;
	}
	const struct writing *w = &r->info.writing;
	if (w->by.pid > 0 && process_info_read(&w->by, &info)) {
		bool again = same_process(&w->by, &m->own->stopped);
		if (gethostname(host, sizeof host - 1) < 0)
			host[0] = '\0';
		m->own->asked = w->by;
		model_ask(m, send_signal, NULL, r->info.path,
			  "%s %.40s? pid %lld on %s%s%s: %.100s  (y: %s)", again ? "KILL" : "stop",
			  r->name, (long long)w->by.pid, host, info.job ? ", job " : "",
			  info.job ? info.job : "", info.command, again ? "KILL" : "TERM");
		process_info_release(&info);
		return;
	}
	char **argv = command_for(m, r, &e);
	if (!argv) {
		model_say(m, true, "cannot stop %.60s: %s", r->name, e.text);
		return;
	}
	char *text = joined(argv);
	model_ask(m, run_command, NULL, r->info.path, "stop %.60s? %.150s  (y: run it)", r->name,
		  text);
	free(text);
	argv_free(argv);
}
