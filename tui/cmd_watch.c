/* Who gets the ingest lock watches. Who doesn't hands his directories to the one who does, and
 * leaves; but a viewer's child waits for the lock, to take over when the holder leaves, and ends
 * when its viewer does (end of file on its pipe). */
#include "tui/cmd_watch.h"

#include "core/ctl.h"
#include "core/loop.h"
#include "core/xalloc.h"
#include "tui/path.h"
#include "tui/watcher.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

enum {
	NICE = 5,
	RETRY_US = 1000000,  /* for the lock */
	ANSWER_MS = 30000,   /* a request that needs no reading */
	STOP_TRIES = 600,    /* of 50 ms */
	HANDOVER_TRIES = 40, /* 250 ms apart: who has the lock does not listen yet, or no more */
	HANDOVER_US = 250000,
};

const struct cmd_opt cmd_watch_opts[] = {
	{"--once", NULL, "read what is there, say how much, and leave"},
	{"--daemon", NULL, "go on in the background; messages go to the file `log` in the store"},
	{"--stop", NULL, "have whoever watches this store leave, and wait until he has"},
	{"--poll", NULL, "look at files regularly instead of trusting inotify"},
	{"--nice", "N", "scheduling priority, 0 to 19 (default: 5)"},
	{"--quiet", NULL, "say nothing but errors"},
	{"--json", NULL, "with --once: the summary as a JSON object"},
	{"--child", NULL,
	 "wait for the ingest lock, leave at the end of standard input (for viewers)"},
	{NULL, NULL, NULL},
};

struct command {
	struct cmd_env *env;
	struct watcher_opts o;
	bool daemon;
	struct str store;
	char *conf_path;
	int lock;
	int ready; /* a daemon's parent waits here for its pid, or for words */
};

static int
command_parse(struct command *c, struct err *e)
{
	struct cmd_env *env = c->env;
	int n = NICE;
	c->o.once = cmd_option(env, "--once") != NULL;
	c->o.poll = cmd_option(env, "--poll") != NULL;
	c->o.quiet = cmd_option(env, "--quiet") != NULL;
	c->o.json = cmd_option(env, "--json") != NULL;
	c->o.child = cmd_option(env, "--child") != NULL;
	c->daemon = cmd_option(env, "--daemon") != NULL;
	c->conf_path = env->conf_path ? path_clean(env->conf_path) : NULL;
	c->o.conf_path = c->conf_path;
	c->o.log = c->daemon || c->o.child;
	if (c->o.once + c->daemon + c->o.child > 1)
		return err_set(e, ERR_USAGE, "--once, --daemon and --child exclude each other");
	if (c->o.json && !c->o.once)
		return err_set(e, ERR_USAGE,
			       "--json is what --once says at its end: mm watch --once --json");
	const char *text = cmd_option(env, "--nice");
	if (text) {
		char *end;
		long v = strtol(text, &end, 10);
		if (!*text || *end || v < 0 || v > 19)
			return err_set(e, ERR_USAGE, "--nice %s: a number from 0 to 19", text);
		n = (int)v;
	}
	errno = 0;
	if (nice(n) < 0 && errno)
		errno = 0; /* not allowed to be polite: no reason to stop */
	c->o.dir = xcalloc((size_t)env->narg + 1, sizeof *c->o.dir);
	for (int i = 0; i < env->narg; i++) {
		c->o.dir[i] = path_canonical_dir(env->arg[i], e);
		if (!c->o.dir[i])
			return err_set(e, ERR_NOTFOUND, "%s: no such directory", env->arg[i]);
		c->o.ndirs++;
	}
	return 0;
}

/* -- the lock is taken ------------------------------------------------------------------------- */

static int
ask(struct command *c, const char *verb, const char *arg, int timeout_ms, struct err *e)
{
	int code = ctl_ask(str_c(&c->store), verb, &arg, arg ? 1 : 0, timeout_ms, NULL, e);
	/* Who leaves while he is asked is not there. */
	return code == ERR_SYS ? ERR_NOTFOUND : code;
}

static int
summary_of_other(struct command *c, struct err *e)
{
	struct store *st;
	struct str s = STR_INIT;
	int code = store_open(str_c(&c->store), STORE_READ, &st, NULL, e);
	if (code < 0)
		return code;
	code = watcher_summary(st, c->o.dir, c->o.ndirs, c->o.json, &s, e);
	if (code == 0 && (!c->o.quiet || c->o.json))
		puts(str_c(&s));
	str_release(&s);
	store_close(st);
	return code;
}

static int
hand_over(struct command *c, const struct lock_info *who, struct err *e)
{
	for (int i = 0; i < c->o.ndirs; i++) {
		int code = ask(c, "root", c->o.dir[i], ANSWER_MS, e);
		if (code < 0)
			return code;
		if (!c->o.once && !c->o.quiet)
			printf("mm: pid %ld is already watching; %s was added to it\n", who->pid,
			       c->o.dir[i]);
	}
	if (c->o.once) {
		int code = ask(c, "sync", NULL, -1, e);
		return code < 0 ? code : summary_of_other(c, e);
	}
	if (!c->o.ndirs && !c->o.quiet)
		printf("mm: pid %ld is already watching\n", who->pid);
	return 0;
}

/* -- waiting for it ---------------------------------------------------------------------------- */

struct wait {
	struct command *c;
	struct loop *loop;
	struct loop_timer *timer;
	bool ended;
	int code;
	struct err *e;
};

static void
on_retry(void *ctx)
{
	struct wait *w = ctx;
	w->code = lock_take(str_c(&w->c->store), &w->c->lock, NULL, w->e);
	if (w->code == ERR_BUSY)
		loop_timer_set(w->timer, RETRY_US);
	else
		loop_stop(w->loop);
}

static void
on_wait_signal(void *ctx, int signo)
{
	struct wait *w = ctx;
	(void)signo;
	w->ended = true;
	loop_stop(w->loop);
}

static void
on_wait_stdin(void *ctx, int fd, uint32_t events)
{
	char buf[256];
	ssize_t n = read(fd, buf, sizeof buf);
	(void)events;
	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
		on_wait_signal(ctx, 0);
}

/* 0: the lock is mine; 1: its viewer left first. */
static int
wait_for_lock(struct command *c, struct err *e)
{
	struct wait w = {.c = c, .loop = loop_new(), .e = e};
	w.timer = loop_timer_new(w.loop, on_retry, &w);
	loop_fd(w.loop, STDIN_FILENO, EPOLLIN, on_wait_stdin, &w);
	loop_signal(w.loop, SIGTERM, on_wait_signal, &w);
	loop_signal(w.loop, SIGINT, on_wait_signal, &w);
	loop_timer_set(w.timer, 0);
	loop_run(w.loop);
	loop_free(w.loop);
	return w.ended ? 1 : w.code;
}

/* -- in the background ------------------------------------------------------------------------- */

static void
on_ready(void *ctx)
{
	struct command *c = ctx;
	if (c->ready >= 0) {
		dprintf(c->ready, "%ld", (long)getpid());
		close(c->ready);
		c->ready = -1;
		/* It keeps no file system busy; all its paths are absolute. */
		if (chdir("/") < 0)
			fprintf(stderr, "mm: /: %s\n", strerror(errno));
	} else if (!c->o.quiet && !c->o.once && !c->o.child) {
		fprintf(stderr, "mm: watching as pid %ld; the store is %s\n", (long)getpid(),
			str_c(&c->store));
	}
}

/* Standard output and error go to STORE/log, begun anew when it has grown large. */
static int
open_log(const char *store, struct err *e)
{
	char *path = xasprintf("%s/log", store);
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	int code = fd < 0 || null < 0 ? err_sys(e, "%s", path) : 0;
	if (code == 0 && lseek(fd, 0, SEEK_END) > 1 << 20 && ftruncate(fd, 0) < 0)
		code = err_sys(e, "%s", path);
	if (code == 0) {
		dup2(null, STDIN_FILENO);
		dup2(fd, STDOUT_FILENO);
		dup2(fd, STDERR_FILENO);
	}
	if (fd >= 0)
		close(fd);
	if (null >= 0)
		close(null);
	free(path);
	return code;
}

/* In the parent: waits for the daemon to be ready and says its pid. */
static int
await_daemon(int fd)
{
	char text[600];
	size_t n = 0;
	ssize_t got;
	while (n < sizeof text - 1 && (got = read(fd, text + n, sizeof text - 1 - n)) != 0) {
		if (got > 0)
			n += (size_t)got;
		else if (errno != EINTR)
			break;
	}
	text[n] = '\0';
	char *end;
	long pid = strtol(text, &end, 10);
	if (n && !*end && pid > 0) {
		printf("mm: watching as pid %ld\n", pid);
		return EXIT_DONE;
	}
	fprintf(stderr, "mm: %s\n",
		n ? text : "the daemon died; its last words are in the store's log");
	return EXIT_USAGE;
}

/* -1: this is the daemon; else the parent's exit status. Two forks: it leads no session and can't
 * get a terminal. */
static int
go_background(struct command *c)
{
	int p[2];
	if (pipe2(p, O_CLOEXEC) < 0)
		die("pipe: %s", strerror(errno));
	fflush(NULL);
	pid_t pid = fork();
	if (pid < 0)
		die("fork: %s", strerror(errno));
	if (pid > 0) {
		close(p[1]);
		int status = await_daemon(p[0]);
		close(p[0]);
		return status;
	}
	close(p[0]);
	setsid();
	pid = fork();
	if (pid != 0)
		_exit(pid < 0 ? 2 : 0);
	c->ready = p[1];
	return -1;
}

/* -- the command ------------------------------------------------------------------------------- */

static int
watch(struct command *c, struct err *e)
{
	struct str summary = STR_INIT;
	if (c->daemon && open_log(str_c(&c->store), e) < 0)
		return e->code;
	c->o.store = str_c(&c->store);
	c->o.ready = on_ready;
	c->o.ctx = c;
	int code = watcher_run(&c->o, c->o.once ? &summary : NULL, e);
	if (code == 0 && c->o.once && (!c->o.quiet || c->o.json))
		puts(str_c(&summary));
	str_release(&summary);
	return code;
}

/* The lock, or the way around it. 0: the lock is mine; 1: nothing is left to do. Who holds it may
 * be just beginning, and does not listen yet; or he is just leaving, and soon it is free. A program
 * that he started holds both it and the socket until it has closed what it inherited, whatever
 * became of him. */
static int
take_lock(struct command *c, struct err *e)
{
	for (int i = 0;; i++) {
		struct lock_info who = {0};
		int code = lock_take(str_c(&c->store), &c->lock, &who, e);
		if (code != ERR_BUSY)
			return code;
		if (c->o.child)
			return wait_for_lock(c, e);
		code = hand_over(c, &who, e);
		if (code != ERR_NOTFOUND || i == HANDOVER_TRIES)
			return code < 0 ? code : 1;
		usleep(HANDOVER_US);
	}
}

static int
run(struct command *c, struct err *e)
{
	struct cmd_env *env = c->env;
	struct str note = STR_INIT;
	int code = store_where(env->store_arg, env->store_arg != NULL, &c->store, &note, e);
	if (code == 0 && note.len && !c->o.quiet)
		fprintf(stderr, "mm: %s\n", str_c(&note));
	str_release(&note);
	char *absolute = path_clean(str_c(&c->store));
	str_reset(&c->store);
	str_adds(&c->store, absolute);
	free(absolute);
	if (code == 0)
		code = take_lock(c, e);
	if (code != 0)
		return code < 0 ? code : 0;
	code = watch(c, e);
	lock_release(c->lock);
	return code;
}

/* Who holds the lock is who is meant, whatever he was started as; his viewer's next child would
 * take over, and does. */
static int
stop(struct cmd_env *env)
{
	struct err e = {0};
	struct str where = STR_INIT;
	struct lock_info who;
	int status = EXIT_DONE;
	if (env->narg || cmd_option(env, "--once") || cmd_option(env, "--daemon") ||
	    cmd_option(env, "--child")) {
		err_set(&e, ERR_USAGE, "mm watch --stop takes nothing else");
		return cmd_fail(&e);
	}
	if (store_where(env->store_arg, env->store_arg != NULL, &where, NULL, &e) < 0) {
		status = cmd_fail(&e);
	} else if (!lock_held(str_c(&where), &who) || who.pid <= 1) {
		fprintf(stderr, "mm: nobody watches %s\n", str_c(&where));
		status = EXIT_NOT;
	} else if (kill((pid_t)who.pid, SIGTERM) < 0) {
		err_sys(&e, "process %ld", who.pid);
		status = cmd_fail(&e);
	} else {
		struct lock_info now = who;
		for (int i = 0; i < STOP_TRIES && now.pid == who.pid; i++) {
			if (i)
				usleep(50000);
			if (!lock_held(str_c(&where), &now))
				now.pid = 0;
		}
		if (now.pid == who.pid) {
			fprintf(stderr, "mm: process %ld was asked to leave and has not yet\n",
				who.pid);
			status = EXIT_NOT;
		} else if (!cmd_option(env, "--quiet")) {
			printf("mm: process %ld has left\n", who.pid);
		}
	}
	str_release(&where);
	return cmd_finish(status);
}

int
cmd_watch(struct cmd_env *env)
{
	if (cmd_option(env, "--stop"))
		return stop(env);
	struct err e = {0};
	struct command c = {.env = env, .lock = -1, .ready = -1};
	c.o.conf = env->conf;
	int status = EXIT_DONE, code = command_parse(&c, &e);
	if (code == 0 && c.daemon) {
		/* Who is already watching is found out while there is somebody to tell. */
		struct lock_info who;
		struct str where = STR_INIT;
		bool busy = store_where(env->store_arg, env->store_arg != NULL, &where, NULL, &e) ==
				    0 &&
			    lock_held(str_c(&where), &who);
		str_release(&where);
		status = busy ? -1 : go_background(&c);
		if (status >= 0)
			goto out;
		c.daemon = !busy;
	}
	status = EXIT_DONE;
	if (code == 0)
		code = run(&c, &e);
	if (code < 0 && c.ready >= 0)
		dprintf(c.ready, "%s", e.text);
	if (code < 0)
		status = cmd_fail(&e);
	if (c.daemon)
		exit(status);
out:
	for (int i = 0; i < c.o.ndirs; i++)
		free(c.o.dir[i]);
	free(c.o.dir);
	free(c.conf_path);
	str_release(&c.store);
	return status == EXIT_DONE ? cmd_finish(status) : status;
}
