/* One loop waits for keys, for the ingester's notices, for a signal, for the minute. Whatever
 * happens only marks the screen as out of date; a frame then refreshes the model if its snapshot is
 * old, draws all panes into the grid and shows what differs. The first frame after a pause comes at
 * once, the following ones at most 30 times a second, and a terminal that has not taken the last
 * one gets no further frame: so a burst costs what a person can see of it, and an idle mm does
 * nothing at all.
 *
 * The viewer never reads a log. Its child may be stuck on a hung mount or choke on a hostile file:
 * the screen stays, and says so. */
#include "tui/app_own.h"

#include "core/argv.h"
#include "core/clock.h"
#include "core/courier.h"
#include "core/xalloc.h"
#include "store/store.h"
#include "tui/action.h"
#include "tui/command.h"
#include "tui/conf_watch.h"
#include "tui/keymap.h"
#include "tui/news.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

enum {
	FRAME_US = 33000,
	MINUTE_US = 60000000,
	MESSAGE_US = 30000000,
	CHILD_LEAVES_MS = 5000,
	BELL_US = 10000000,
	STOP_LIMIT_US = 30000000,
	STOP_GRACE_US = 2000000,
};

/* -- frames ------------------------------------------------------------------------------------ */

/* The screen is out of date. */
static void
touch(struct app *a)
{
	a->dirty = true;
	if (!a->term || loop_timer_armed(a->frame))
		return;
	int64_t since = clock_mono_us() - a->frame_us;
	loop_timer_set(a->frame, since >= FRAME_US ? 0 : FRAME_US - since);
}

static void
refresh(struct app *a)
{
	struct err e = {0};
	if (!a->model->stale && a->model->news <= a->model->txn)
		return;
	if (model_refresh(a->model, &e) < 0)
		model_say(a->model, true, "%s", e.text);
}

static void
draw(struct app *a)
{
	grid_clear(&a->grid);
	struct rect last = dash_draw(a->dash, a->model, &a->grid);
	if (prompt_kind(a->prompt))
		prompt_draw(a->prompt, &a->grid, last);
	else
		status_draw(&a->status, a->model, &a->grid, last, clock_mono_us());
}

void
app_draw(struct app *a)
{
	/* A pane may find that what was copied doesn't suit its size: then once more. */
	for (int i = 0; i < 3; i++) {
		refresh(a);
		draw(a);
		if (!a->model->stale)
			break;
	}
}

/* After anything that may have left bytes, half an ESC, or a question behind. */
static void
await_terminal(struct app *a)
{
	loop_fd_events(a->loop, term_fd(a->term), EPOLLIN | (term_blocked(a->term) ? EPOLLOUT : 0));
	int ms = term_pending_ms(a->term);
	loop_timer_set(a->input, ms < 0 ? -1 : (int64_t)ms * 1000);
}

/* A night of alerts is not a night of bells. */
static void
ring(struct app *a)
{
	int64_t now = clock_mono_us();
	if (a->bell && (!a->bell_us || now - a->bell_us >= BELL_US)) {
		term_bell(a->term);
		a->bell_us = now;
	}
	a->bell = false;
	if (a->model->desktop)
		term_notify(a->term, a->model->desktop);
	free(a->model->desktop);
	a->model->desktop = NULL;
}

static void
on_frame(void *ctx)
{
	struct app *a = ctx;
	if (!a->dirty)
		return;
	app_draw(a);
	if (term_show(a->term, &a->grid)) {
		a->dirty = false;
		a->frame_us = clock_mono_us();
		ring(a);
	} /* else: when it can be written to, or has answered */
	await_terminal(a);
}

/* Ages change once a minute, with the clock's minute. */
static void
on_minute(void *ctx)
{
	struct app *a = ctx;
	a->model->stale = true;
	/* Nobody may be there to press a key. */
	if (!a->model->message_bad && clock_mono_us() - a->model->message_us >= MESSAGE_US)
		a->model->message[0] = '\0';
	touch(a);
	loop_timer_set(a->minute, MINUTE_US - clock_wall_us() % MINUTE_US);
}

void
app_resize(struct app *a, int w, int h)
{
	grid_resize(&a->grid, w, h);
	grid_clear(&a->grid);
	touch(a);
}

/* -- the ingester ------------------------------------------------------------------------------ */

static void
on_notice(void *ctx, struct ctl_client *c, const char *line)
{
	struct app *a = ctx;
	(void)c;
	int news = news_take(a->model, line);
	/* It is back: what was said about its death is over, unless something else was said. */
	if (a->mourned && strcmp(line, "up") == 0) {
		if (strcmp(a->mourned, a->model->message) == 0)
			a->model->message[0] = '\0';
		free(a->mourned);
		a->mourned = NULL;
	}
	a->status.starting = false;
	status_progress(&a->status, a->model, clock_mono_us());
	if (news & NEWS_BELL)
		a->bell = true;
	if (news)
		touch(a);
}

struct root_asked {
	struct app *app;
	int i; /* in scope.shown */
};

/* The canonical path, which is what paths of runs begin with, replaces the one that was given. */
static void
on_root(void *ctx, bool ok, const char *text)
{
	struct root_asked *asked = ctx;
	struct app *a = asked->app;
	struct model *m = a->model;
	if (ok && *text && asked->i < m->nroots && strcmp(m->root[asked->i], text) != 0) {
		free(m->root[asked->i]);
		m->root[asked->i] = xstrdup(text);
	} else if (!ok && ctl_client_up(a->ctl)) {
		model_say(m, true, "%s", text);
	}
	m->stale = true;
	touch(a);
}

static void
ask_roots(struct app *a)
{
	a->asked = xcalloc((size_t)a->scope.nadd, sizeof *a->asked);
	for (int i = 0; i < a->scope.nadd; i++) {
		struct root_asked *asked = &a->asked[i];
		*asked = (struct root_asked){a, i};
		const char *dir = a->scope.add[i];
		ctl_send(a->ctl, "root", &dir, 1, on_root, asked);
	}
}

static void
on_sync(void *ctx, bool ok, const char *text)
{
	struct app *a = ctx;
	a->sync = ok ? SYNC_DONE : SYNC_LOST;
	a->status.starting = a->status.starting && !ok;
	a->model->up = a->model->up || ok; /* who answers is there */
	a->model->stale = true;
	if (a->term)
		model_say(a->model, !ok,
			  ok ? "all that is there was read" : "not read to the end: %s", text);
	touch(a);
}

void
app_ask_sync(struct app *a)
{
	a->sync = SYNC_ASKED;
	ctl_send(a->ctl, "sync", NULL, 0, on_sync, a);
}

/* What a pane asks for. */
static void
on_request(void *ctx, const char *verb, const char *const *args, int n)
{
	struct app *a = ctx;
	ctl_send(a->ctl, verb, args, n, NULL, NULL);
}

static void
on_ask(void *ctx, const char *verb, const char *const *args, int n,
       void (*fn)(void *fn_ctx, bool ok, const char *text), void *fn_ctx)
{
	struct app *a = ctx;
	ctl_send(a->ctl, verb, args, n, fn, fn_ctx);
}

static void
on_changed(void *ctx)
{
	touch(ctx);
}

/* Verbs on versions are other processes of mm, with our store and registry. */
static struct job *
on_work(void *ctx, const char *const *args, const struct job_ops *ops, void *job_ctx)
{
	struct app *a = ctx;
	const char *argv[32] = {"mm"};
	struct err e = {0};
	int n = 1;
	argv[n++] = args[0];
	if (a->o->registry) {
		argv[n++] = "--registry";
		argv[n++] = a->o->registry;
	}
	if (a->o->conf_path) {
		argv[n++] = "--config";
		argv[n++] = a->o->conf_path;
	}
	argv[n++] = "--store";
	argv[n++] = a->o->store_dir;
	argv[n++] = "--as-is";
	for (int i = 1; args[i] && n < 31; i++)
		argv[n++] = args[i];
	setenv("MM_PROGRESS", "1", 1);
	struct job *j = job_start(a->loop, a->o->self, argv, ops, job_ctx, &e);
	if (!j)
		model_say(a->model, true, "%s", e.text);
	return j;
}

static void
on_death(void *ctx, const char *text)
{
	struct app *a = ctx;
	a->died = true;
	a->status.starting = false;
	model_say(a->model, true, "%s", text);
	free(a->mourned);
	a->mourned = xstrdup(a->model->message);
	touch(a);
}

/* -- the configuration ------------------------------------------------------------------------- */

/* Keys, names, roles and totals; colours and the mouse are as the terminal was opened. With any
 * mistake all stays as it was. */
static void
take_conf(struct app *a)
{
	struct err e = {0};
	struct conf *c;
	int code = conf_load(a->o->conf_path, &c, &e);
	if (code == 0 && (code = keymap_set(c, &e)) < 0)
		conf_free(c);
	if (code < 0) {
		model_say(a->model, true, "%s", e.text);
	} else {
		model_set_conf(a->model, c);
		conf_free(a->own);
		a->own = c;
		model_say(a->model, false, "%s",
			  conf_path(c) ? "mm.conf read again" : "no mm.conf: as without one");
	}
	touch(a);
}

static void
on_conf(void *ctx)
{
	take_conf(ctx);
}

static void
on_reloaded(void *ctx, bool ok, const char *text)
{
	struct app *a = ctx;
	if (ok || !ctl_client_up(a->ctl) || a->model->message_bad)
		return;
	model_say(a->model, true, "the ingester: %s", text);
	touch(a);
}

/* Also the ingester, whoever it is: it watches its file, but perhaps where no news of it comes. */
static void
reload(struct app *a)
{
	take_conf(a);
	if (ctl_client_up(a->ctl))
		ctl_send(a->ctl, "reload", NULL, 0, on_reloaded, a);
}

/* -- actions ----------------------------------------------------------------------------------- */

static void
on_stop_end(void *ctx, const struct courier_end *end)
{
	struct app *a = ctx;
	size_t n = strcspn(end->said, "\n");
	a->stopper = NULL;
	if (end->status == 0)
		model_say(a->model, false, "the command that stops it is done%s%.*s", n ? ": " : "",
			  (int)(n < 150 ? n : 150), end->said);
	else
		model_say(a->model, true, "the command that stops it %s (%d)%s%.*s",
			  end->late ? "took too long" : "failed", end->status, n ? ": " : "",
			  (int)(n < 150 ? n : 150), end->said);
	touch(a);
}

/* What a person answered yes to. */
static void
start_stop(struct app *a)
{
	extern char **environ;
	char **argv = a->model->stop_argv;
	struct err e = {0};
	a->model->stop_argv = NULL;
	if (!argv)
		return;
	struct courier_job job = {.program = argv[0],
				  .argv = argv,
				  .env = environ,
				  .in = "",
				  .limit_us = STOP_LIMIT_US,
				  .grace_us = STOP_GRACE_US};
	if (a->stopper)
		model_say(a->model, true, "the one before is not done yet");
	else if (!(a->stopper = courier_start(a->loop, &job, on_stop_end, a, &e)))
		model_say(a->model, true, "%s", e.text);
	argv_free(argv);
}

static void
send_copy(struct app *a)
{
	struct model *m = a->model;
	if (!m->copy)
		return;
	if (!a->term || !term_copy(a->term, m->copy))
		model_say(m, false, "this terminal takes no clipboard: %.200s", m->copy);
	else
		model_say(m, false, "copied %.200s", m->copy);
	free(m->copy);
	m->copy = NULL;
}

/* What a pane has begun to type for the person. */
static void
open_line(struct app *a)
{
	if (!a->model->line)
		return;
	prompt_open(a->prompt, ':', a->model->line, command_words, a->model);
	free(a->model->line);
	a->model->line = NULL;
}

static bool
act_here(struct app *a, enum action act, const char *arg)
{
	switch (act) {
	case ACTION_QUIT:
		a->leave = true;
		loop_stop(a->loop);
		return true;
	case ACTION_PROMPT:
		prompt_open(a->prompt, ':', "", command_words, a->model);
		return true;
	case ACTION_FILTER:
		if (arg)
			return false;
		prompt_open(a->prompt, '/', "", NULL, NULL);
		return true;
	case ACTION_RELOAD:
		reload(a);
		return true;
	case ACTION_REDRAW:
		if (a->term)
			term_redraw(a->term);
		return true;
	case ACTION_SUSPEND:
		if (a->term)
			term_suspend(a->term);
		a->model->stale = true;
		return true;
	default:
		return false;
	}
}

static void
act(struct app *a, enum action act, const char *arg)
{
	if (!act_here(a, act, arg) && !app_script_action(a, act, arg) &&
	    !dash_act(a->dash, a->model, act, arg))
		model_say(a->model, false, "nothing to %s here", action_table[act].name);
	send_copy(a);
	open_line(a);
	touch(a);
}

void
app_command(struct app *a, const char *line)
{
	struct err e = {0};
	enum action which;
	const char *arg;
	if (command_parse(line, &which, &arg, &e) < 0) {
		model_say(a->model, true, "%s", e.text);
		touch(a);
		return;
	}
	/* ":filter" alone shows all, the key opens the line. */
	act(a, which, which == ACTION_FILTER && !arg ? "" : arg);
}

/* -- keys -------------------------------------------------------------------------------------- */

static void
prompt_done(struct app *a, int kind)
{
	char *text = xstrdup(prompt_text(a->prompt));
	prompt_remember(a->prompt, kind, text);
	prompt_close(a->prompt);
	if (kind == ':' && text[strspn(text, " ")])
		app_command(a, text);
	free(text);
}

static void
key_to_prompt(struct app *a, int key)
{
	int kind = prompt_kind(a->prompt);
	switch (prompt_key(a->prompt, key)) {
	case PROMPT_DONE:
		prompt_done(a, kind);
		break;
	case PROMPT_DROPPED:
		if (kind == '/')
			act(a, ACTION_FILTER, "");
		prompt_close(a->prompt);
		break;
	case PROMPT_CHANGED:
		if (kind == '/')
			act(a, ACTION_FILTER, prompt_text(a->prompt));
		break;
	default:
		break;
	}
}

static void
no_such_key(struct app *a, int key)
{
	char word[16], help[16];
	if (*key_word(key, word))
		model_say(a->model, false, "no key %s; %s for help", word,
			  keymap_first(ACTION_HELP, help));
}

void
app_key(struct app *a, int key)
{
	touch(a);
	if (prompt_kind(a->prompt)) {
		key_to_prompt(a, key);
		return;
	}
	if (key & K_PASTED)
		return;
	a->model->message[0] = '\0';
	if (model_answer(a->model, key == 'y' || key == 'Y')) {
		start_stop(a);
		return;
	}
	/* q closes what lies over the panes, as in a pager; ^C leaves from anywhere. */
	enum action which = keymap_action(key);
	bool close = which == ACTION_QUIT && key != K_CTRL('c') && dash_covered(a->dash, a->model);
	if (close)
		act(a, ACTION_BACK, "all");
	else if (which != ACTION_NONE)
		act(a, which, NULL);
	else
		no_such_key(a, key);
}

static void
read_keys(struct app *a)
{
	struct mouse mo;
	int key;
	while (!a->leave && (key = term_key(a->term, &mo)) != K_NONE) {
		if (key == K_EOF) {
			a->leave = true;
			loop_stop(a->loop);
			return;
		}
		if (key == K_RESIZE) {
			int w, h;
			term_size(a->term, &w, &h);
			app_resize(a, w, h);
		} else if (key == K_MOUSE) {
			a->model->message[0] = '\0';
			dash_mouse(a->dash, a->model, &mo);
			send_copy(a);
			touch(a);
		} else {
			app_key(a, key);
		}
	}
	await_terminal(a);
}

static void
on_terminal(void *ctx, int fd, uint32_t events)
{
	struct app *a = ctx;
	(void)fd;
	if (events & EPOLLOUT)
		term_flush(a->term);
	read_keys(a);
	if (a->dirty) /* what could not be shown perhaps can now */
		touch(a);
}

static void
on_input(void *ctx)
{
	on_terminal(ctx, -1, 0);
}

static void
on_signal(void *ctx, int signo)
{
	struct app *a = ctx;
	if (signo == SIGWINCH)
		term_resized(a->term);
	else if (signo == SIGTSTP)
		term_suspend(a->term);
	else
		term_continued(a->term);
	if (signo != SIGWINCH)
		a->model->stale = true;
	touch(a);
	read_keys(a);
}

/* -- beginning and end ------------------------------------------------------------------------- */

static int
open_terminal(struct app *a, struct err *e)
{
	const struct app_opts *o = a->o;
	struct term_opts to = {
		.ascii = o->ascii,
		.colors = o->colors,
		.mouse = conf_bool(o->conf, "screen.mouse"),
	};
	int w, h;
	int code = term_open(&to, &a->term, e);
	if (code < 0)
		return code;
	term_size(a->term, &w, &h);
	grid_init(&a->grid, w, h, !term_utf8(a->term));
	a->frame = loop_timer_new(a->loop, on_frame, a);
	a->minute = loop_timer_new(a->loop, on_minute, a);
	a->input = loop_timer_new(a->loop, on_input, a);
	loop_fd(a->loop, term_fd(a->term), EPOLLIN, on_terminal, a);
	loop_signal(a->loop, SIGWINCH, on_signal, a);
	loop_signal(a->loop, SIGTSTP, on_signal, a);
	loop_signal(a->loop, SIGCONT, on_signal, a);
	a->conf_watch = conf_watch_new(a->loop, o->conf_path, on_conf, a);
	return 0;
}

/* Somebody else who ingests goes on after we left. */
static bool
others_ingest(const struct app *a)
{
	struct lock_info who;
	return lock_held(a->o->store_dir, &who) && who.pid != child_pid(a->child);
}

/* A command that somebody said yes to is not killed for a quick 'q'. */
static void
finish_stop(struct app *a)
{
	if (!a->stopper)
		return;
	term_close(a->term);
	a->term = NULL;
	fprintf(stderr, "mm: waiting for the command that stops a run …\n");
	courier_finish(a->stopper);
	fprintf(stderr, "mm: %s\n", a->model->message);
}

static int
count_live(const struct model *m)
{
	int n = 0;
	for (int i = 0; i < m->nruns; i++)
		n += m->run[i].live;
	return n;
}

static void
app_release(struct app *a)
{
	conf_watch_free(a->conf_watch);
	courier_cancel(a->stopper);
	ctl_client_free(a->ctl);
	free(a->asked);
	free(a->mourned);
	term_close(a->term);
	child_free(a->child, a->o->script || a->o->plain ? CHILD_LEAVES_MS : 0);
	dash_free(a->dash);
	model_free(a->model);
	conf_free(a->own);
	prompt_free(a->prompt);
	loop_timer_free(a->frame);
	loop_timer_free(a->minute);
	loop_timer_free(a->input);
	loop_free(a->loop);
	grid_release(&a->grid);
	scope_release(&a->scope);
}

/* Of a screen without a terminal: as was asked, as a shell says, as terminals once were. */
static int
wanted_size(int asked, const char *name, int usual)
{
	const char *env = getenv(name);
	long said = env ? strtol(env, NULL, 10) : 0;
	return asked > 0 ? asked : said > 0 && said <= 1000 ? (int)said : usual;
}

static int
app_open(struct app *a, struct err *e)
{
	const struct app_opts *o = a->o;
	a->prompt = prompt_new();
	/* Before the store is opened. */
	if (!o->as_is)
		a->child = child_new(o, on_death, a);
	a->status.starting = a->child && child_pid(a->child);
	scope_choose(o, &a->scope);
	a->loop = loop_new();
	a->model = model_new(o->store_dir, o->conf, a->scope.shown, a->scope.nshown, o->ascii);
	a->model->request = on_request;
	a->model->work = on_work;
	a->model->ask = on_ask;
	a->model->changed = on_changed;
	a->model->request_ctx = a;
	a->dash = dash_new();
	bool screen = !o->script && !o->plain;
	if (screen && open_terminal(a, e) < 0)
		return e->code;
	if (!screen)
		grid_init(&a->grid, wanted_size(o->cols, "COLUMNS", 80),
			  wanted_size(o->rows, "LINES", 24), o->ascii);
	a->model->ascii = a->grid.ascii;
	a->model->letters = o->colors == 0 || (a->term && term_colors(a->term) == 0);
	if (a->scope.note)
		model_say(a->model, false, "%s", a->scope.note);
	a->ctl = ctl_client_new(a->loop, o->store_dir, on_notice, a);
	if (!o->as_is)
		ask_roots(a);
	if (a->child)
		child_watch(a->child, a->loop);
	return 0;
}

int
app_run(const struct app_opts *o)
{
	struct app a = {.o = o};
	struct err e = {0};
	signal(SIGPIPE, SIG_IGN);
	if (app_open(&a, &e) < 0) {
		app_release(&a);
		fprintf(stderr, "mm: %s\n", e.text);
		return 2;
	}
	if (o->script) {
		app_run_script(&a);
	} else if (o->plain) {
		app_run_plain(&a);
	} else {
		on_minute(&a);
		loop_run(a.loop);
	}
	int live = a.term && !o->as_is && !others_ingest(&a) ? count_live(a.model) : 0;
	finish_stop(&a);
	char *dir = a.scope.nshown ? xstrdup(a.scope.shown[0]) : NULL;
	app_release(&a);
	if (live)
		fprintf(stderr,
			"mm: nobody watches %d live run%s now; "
			"to go on without a screen: mm watch --daemon%s%s\n",
			live, live == 1 ? "" : "s", dir ? " " : "", dir ? dir : "");
	free(dir);
	return a.status_code;
}
