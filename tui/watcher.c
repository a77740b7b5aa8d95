/* Who holds the ingest lock serves everybody: he reads and commits, answers requests on the control
 * socket, and tells every viewer of each commit after it returned. All on one loop; the only thing
 * that may take long is the disk.
 *
 * SIGTERM and SIGINT end it after a last commit, and so does the end of standard input for a
 * viewer's child. SIGHUP has the configuration read again, unless it says that the terminal is
 * gone. */
#include "tui/watcher.h"

#include "core/clock.h"
#include "core/ctl.h"
#include "core/ingest.h"
#include "core/map.h"
#include "core/utf8.h"
#include "core/xalloc.h"
#include "store/store.h"
#include "tui/autosave.h"
#include "tui/carry.h"
#include "tui/cmd.h"
#include "tui/conf_watch.h"
#include "tui/fmt.h"
#include "tui/keymap.h"
#include "tui/log_server.h"
#include "tui/orders.h"
#include "tui/path.h"
#include "tui/supervisor.h"
#include "tui/text_words.h"
#include "tui/unwanted.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

/* For the words of runs that stand beside their logs, while somebody waits. */
enum { SYNC_WORDS_US = 200000, ONCE_WORDS_US = 2000000 };
enum { SEE_OFF_US = 3 * 1000000, SEE_OFF_ONCE_US = 30 * 1000000 };

struct watcher {
	const struct watcher_opts *o;
	struct loop *loop;
	struct store *store;
	struct sink *sink;
	struct ingest *ingest;
	struct ctl_server *ctl;
	struct log_server *logs;
	struct text_words *words;
	const struct conf *conf;
	struct conf *own; /* one that was loaded again, or NULL */
	struct unwanted *unwanted;
	struct conf_watch *conf_watch;
	struct orders *orders;
	struct supervisor *supervisor;
	struct autosave *autosave;
	char *registry; /* never entered; NULL: there is none */
	char *mode;
	char *trouble; /* why nothing can be kept now, or NULL */
	bool tty;      /* standard error shows progress */
	bool shown;    /* a line of it stands there */
	int code;      /* of the sync that ONCE waits for */
	struct err *e;
};

/* -- what it says ------------------------------------------------------------------------------ */

static void
clear_line(struct watcher *w)
{
	if (w->shown)
		fputs("\r\033[K", stderr);
	w->shown = false;
}

static void
say(struct watcher *w, const char *text)
{
	struct str s = STR_INIT;
	clear_line(w);
	utf8_clean(&s, text, strlen(text), 0);
	if (w->o->log) {
		char stamp[32];
		struct tm tm;
		time_t now = time(NULL);
		strftime(stamp, sizeof stamp, "%Y-%m-%d %H:%M:%S", localtime_r(&now, &tm));
		fprintf(stderr, "%s ", stamp);
	}
	fprintf(stderr, "mm: %s\n", str_c(&s));
	str_release(&s);
}

static void
on_note(void *ctx, const char *text)
{
	say(ctx, text);
}

static void
on_trouble(void *ctx, const char *text)
{
	struct watcher *w = ctx;
	char *line = text ? xasprintf("trouble %s", text) : xstrdup("trouble");
	free(w->trouble);
	w->trouble = text ? xstrdup(text) : NULL;
	say(w, text ? text : "the store can be written again; nothing was lost");
	if (w->ctl)
		ctl_notice(w->ctl, line);
	free(line);
}

/* Says how directories are watched, when it has changed. */
static void
tell_mode(struct watcher *w, const struct ingest_progress *p)
{
	char *mode = p->polled_dirs == 0 ? xstrdup("inotify")
		     : p->polled_dirs >= p->dirs
			     ? xstrdup("poll")
			     : xasprintf("inotify+poll %u", (unsigned)p->polled_dirs);
	if (w->mode && strcmp(w->mode, mode) == 0) {
		free(mode);
		return;
	}
	free(w->mode);
	w->mode = mode;
	if (w->ctl) {
		char *line = xasprintf("mode %s", mode);
		ctl_notice(w->ctl, line);
		free(line);
	}
}

static void
on_progress(void *ctx, const struct ingest_progress *p)
{
	struct watcher *w = ctx;
	bool done = p->bytes_done == p->bytes_total && !p->scanning;
	tell_mode(w, p);
	if (w->ctl) {
		char *line = xasprintf("progress %llu %llu %u", (unsigned long long)p->bytes_done,
				       (unsigned long long)p->bytes_total, (unsigned)p->files);
		ctl_notice(w->ctl, line);
		free(line);
	}
	if (w->tty && done) {
		clear_line(w);
	} else if (w->tty) {
		char part[FMT_N], total[FMT_N];
		fprintf(stderr, "\rreading: %s of %s, %u files in %u directories \033[K",
			fmt_bytes(part, p->bytes_done), fmt_bytes(total, p->bytes_total),
			(unsigned)p->files, (unsigned)p->dirs);
		w->shown = true;
	}
}

static bool
count_firing(void *ctx, const struct alert *a)
{
	(void)a;
	++*(int *)ctx;
	return false;
}

/* For `systemctl status`. */
static void
tell_supervisor(struct watcher *w)
{
	struct ingest_progress p;
	int firing = 0;
	ingest_progress(w->ingest, &p);
	ingest_ack_those(w->ingest, count_firing, &firing);
	char *text = xasprintf("%u files, %d firing%s%s", (unsigned)p.files, firing,
			       w->trouble ? "; " : "", w->trouble ? w->trouble : "");
	supervisor_status(w->supervisor, text);
	free(text);
}

static void
on_committed(void *ctx, uint64_t txn)
{
	struct watcher *w = ctx;
	if (w->ctl)
		ctl_notice_txn(w->ctl, txn);
	orders_follow(w->orders);
	tell_supervisor(w);
	/* What it is saved with is there for others to read only now. */
	autosave_go(w->autosave);
	if (w->words && !w->o->once)
		text_words_soon(w->words, w->conf);
}

static void
on_checkpoint(void *ctx, const char *path)
{
	struct watcher *w = ctx;
	if (*conf_str(w->conf, "registry.auto"))
		autosave_add(w->autosave, path);
}

struct naming {
	const char *run, *name;
};

static int
name_below(void *ctx, const char *root)
{
	struct naming *n = ctx;
	const char *rest = path_under(n->run, root);
	if (rest && *rest && strlen(rest) < strlen(n->name))
		n->name = rest;
	return 0;
}

/* RUN by what stands behind the root that it lies in. */
static const char *
run_below(struct watcher *w, const char *run)
{
	struct naming n = {run, run};
	w->sink->ops->root_each(w->sink, name_below, &n);
	return n.name;
}

static void
on_fired(void *ctx, const struct alert *a)
{
	struct watcher *w = ctx;
	struct str line = STR_INIT;
	if (!a->sent) /* it is shown, and that is all */
		return;
	str_adds(&line, "alert ");
	ctl_escape(&line, a->rule);
	str_addc(&line, ' ');
	ctl_escape(&line, a->run);
	str_addc(&line, ' ');
	ctl_escape(&line, a->metric);
	str_addf(&line, " %s ", a->sent ? severity_names[a->severity] : "shown");
	ctl_escape(&line, a->message ? a->message : "");
	if (w->ctl)
		ctl_notice(w->ctl, str_c(&line));
	str_reset(&line);
	str_addf(&line, "%s: %s: %s", severity_names[a->severity], a->rule, run_below(w, a->run));
	if (*a->metric)
		str_addf(&line, ": %s", a->metric);
	if (a->message && *a->message)
		str_addf(&line, ": %s", a->message);
	if (!w->o->quiet)
		say(w, str_c(&line));
	str_release(&line);
}

/* -- requests ---------------------------------------------------------------------------------- */

/* The old configuration is in force until the new one is in everywhere. A mistake anywhere in the
 * file refuses it, in what only screens use too. */
static int
reload(struct watcher *w, struct err *e)
{
	struct conf *c;
	int code = conf_load(w->o->conf_path, &c, e);
	if (code < 0)
		return code;
	code = keymap_check(c, e);
	if (code == 0)
		code = ingest_reconf(w->ingest, c, e);
	if (code < 0) {
		conf_free(c);
		return code;
	}
	store_sink(w->store, c);
	conf_free(w->own);
	w->conf = w->own = c;
	return 0;
}

struct waiting {
	struct watcher *w;
	struct ctl_peer *peer;
	uint64_t seq;
};

static void
on_synced(void *ctx, int code, const char *text)
{
	struct waiting *a = ctx;
	struct err e = {0};
	if (code == 0) {
		text_words_look(a->w->words, a->w->conf, SYNC_WORDS_US);
		code = ingest_flush(a->w->ingest, &e);
		text = code < 0 ? e.text : text;
	}
	ctl_answer(a->w->ctl, a->peer, a->seq, code == 0, text);
	free(a);
}

static void
answer_root(struct watcher *w, struct ctl_peer *peer, uint64_t seq, const char *dir)
{
	struct err e = {0};
	char *path = realpath(dir, NULL);
	if (ingest_root(w->ingest, path ? path : dir, &e) < 0)
		ctl_answer(w->ctl, peer, seq, false, e.text);
	else
		ctl_answer(w->ctl, peer, seq, true, path);
	free(path);
}

static void
answer_status(struct watcher *w, struct ctl_peer *peer, uint64_t seq)
{
	struct ingest_progress p;
	struct str s = STR_INIT;
	ingest_progress(w->ingest, &p);
	tell_mode(w, &p);
	str_addf(&s, "pid %ld, %s, %u file%s in %u director%s, ", (long)getpid(), w->mode,
		 (unsigned)p.files, p.files == 1 ? "" : "s", (unsigned)p.dirs,
		 p.dirs == 1 ? "y" : "ies");
	if (w->trouble)
		str_adds(&s, w->trouble);
	else if (p.idle)
		str_adds(&s, "idle");
	else
		str_addf(&s, "reading %llu of %llu bytes", (unsigned long long)p.bytes_done,
			 (unsigned long long)p.bytes_total);
	ctl_answer(w->ctl, peer, seq, true, str_c(&s));
	str_release(&s);
}

/* The ingester is the only one who may write to the store, so he is asked. */
static int
compact(struct watcher *w, struct str *answer, struct err *e)
{
	uint64_t before, after;
	int code = ingest_flush(w->ingest, e);
	if (code == 0)
		code = store_compact(w->store, &before, &after, e);
	if (code < 0)
		return code;
	str_addf(answer, "%llu %llu", (unsigned long long)before, (unsigned long long)after);
	on_committed(w, store_txn(w->store));
	return 0;
}

/* RUNs are deleted; with none what a person wants to be read is only looked at again. */
static int
forget(struct watcher *w, char *const *run, int n, struct err *e)
{
	int code = ingest_flush(w->ingest, e), i = 0;
	while (i < n && code == 0)
		code = store_forget(w->store, run[i++], e);
	unwanted_look(w->unwanted);
	ingest_reopen(w->ingest);
	if (code == 0 || i > 1)
		on_committed(w, store_txn(w->store));
	return code;
}

static int
unroot(struct watcher *w, const char *dir, struct err *e)
{
	int code = ingest_flush(w->ingest, e);
	if (code == 0)
		code = store_unroot(w->store, dir, e);
	if (code == 0) {
		ingest_unroot(w->ingest, dir);
		on_committed(w, store_txn(w->store));
	}
	return code;
}

static void
on_request(void *ctx, struct ctl_peer *peer, uint64_t seq, const char *verb, char **args, int nargs)
{
	struct watcher *w = ctx;
	struct err e = {0};
	struct str text = STR_INIT;
	if (strcmp(verb, "sync") == 0 && nargs == 0) {
		struct waiting *a = xcalloc(1, sizeof *a);
		*a = (struct waiting){w, peer, seq};
		ingest_sync(w->ingest, on_synced, a);
	} else if (strcmp(verb, "root") == 0 && nargs == 1) {
		answer_root(w, peer, seq, args[0]);
	} else if (strcmp(verb, "ack") == 0 && nargs >= 1 && nargs <= 3) {
		str_addf(&text, "%d",
			 ingest_ack(w->ingest, args[0], nargs > 1 ? args[1] : NULL,
				    nargs > 2 ? args[2] : NULL));
		ctl_answer(w->ctl, peer, seq, true, str_c(&text));
	} else if (strcmp(verb, "reload") == 0 && nargs == 0) {
		int code = reload(w, &e);
		ctl_answer(w->ctl, peer, seq, code == 0, e.text);
	} else if (strcmp(verb, "compact") == 0 && nargs == 0) {
		int code = compact(w, &text, &e);
		ctl_answer(w->ctl, peer, seq, code == 0, code == 0 ? str_c(&text) : e.text);
	} else if (strcmp(verb, "forget") == 0) {
		int code = forget(w, args, nargs, &e);
		ctl_answer(w->ctl, peer, seq, code == 0, e.text);
	} else if (strcmp(verb, "unroot") == 0 && nargs == 1) {
		int code = unroot(w, args[0], &e);
		ctl_answer(w->ctl, peer, seq, code == 0, e.text);
	} else if (strcmp(verb, "status") == 0 && nargs == 0) {
		answer_status(w, peer, seq);
	} else if (strcmp(verb, "trouble") == 0 && nargs == 0) {
		ctl_answer(w->ctl, peer, seq, true, w->trouble ? w->trouble : "");
	} else if (strcmp(verb, "orders") == 0 && nargs == 0) {
		orders_look(w->orders);
		ctl_answer(w->ctl, peer, seq, true, "");
	} else if (strcmp(verb, "ping") == 0 && nargs == 0) {
		ctl_answer(w->ctl, peer, seq, true, "");
	} else if (!log_server_request(w->logs, w->ctl, w->conf, peer, seq, verb, args, nargs)) {
		ctl_answer(w->ctl, peer, seq, false, "no such request");
	}
	str_release(&text);
}

static long long
monotonic_us(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}

static void
reload_aloud(void *ctx)
{
	struct watcher *w = ctx;
	struct err e = {0};
	char *reloading = xasprintf("RELOADING=1\nMONOTONIC_USEC=%lld", monotonic_us());
	supervisor_say(w->supervisor, reloading);
	free(reloading);
	int code = reload(w, &e);
	supervisor_say(w->supervisor, "READY=1");
	if (code < 0) {
		char *text = xasprintf("%s; what was read before stays in force", e.text);
		say(w, text);
		free(text);
	} else if (!w->o->quiet) {
		say(w, "configuration read again");
	}
}

/* -- ends -------------------------------------------------------------------------------------- */

static void
on_stop(void *ctx, int signo)
{
	struct watcher *w = ctx;
	(void)signo;
	loop_stop(w->loop);
}

static void
on_hangup(void *ctx, int signo)
{
	struct watcher *w = ctx;
	struct termios t;
	if (w->tty && tcgetattr(STDERR_FILENO, &t) < 0)
		on_stop(ctx, signo);
	else
		reload_aloud(w);
}

static void
on_stdin(void *ctx, int fd, uint32_t events)
{
	struct watcher *w = ctx;
	char buf[256];
	ssize_t n = read(fd, buf, sizeof buf);
	(void)events;
	if (n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR)))
		return;
	loop_fd_remove(w->loop, fd);
	loop_stop(w->loop);
}

static void
on_read(void *ctx, int code, const char *text)
{
	struct watcher *w = ctx;
	w->code = code < 0 ? err_set(w->e, code, "%s", text) : 0;
	if (code == 0)
		text_words_look(w->words, w->conf, ONCE_WORDS_US);
	loop_stop(w->loop);
}

/* -- its life ---------------------------------------------------------------------------------- */

static int
count_root(void *ctx, const char *path)
{
	(void)path;
	++*(int *)ctx;
	return 0;
}

/* The directories that were named; with none, and none known from before, the current one. Never
 * somebody's whole home unasked. */
static int
add_roots(struct watcher *w, struct err *e)
{
	int known = 0, code = 0;
	for (int i = 0; i < w->o->ndirs && code == 0; i++)
		code = ingest_root(w->ingest, w->o->dir[i], e);
	w->sink->ops->root_each(w->sink, count_root, &known);
	if (code < 0 || known || w->o->ndirs || w->o->child)
		return code;
	char *cwd = getcwd(NULL, 0);
	char *home = getenv("HOME") ? realpath(getenv("HOME"), NULL) : NULL;
	if (!cwd || strcmp(cwd, "/") == 0 || (home && strcmp(cwd, home) == 0))
		code = err_set(
			e, ERR_USAGE,
			"nothing is watched yet, and %s is too much to watch unasked: name a "
			"directory, mm watch DIR",
			cwd ? cwd : "this");
	else
		code = ingest_root(w->ingest, cwd, e);
	free(cwd);
	free(home);
	return code;
}

static int
start(struct watcher *w, struct err *e)
{
	const struct watcher_opts *o = w->o;
	w->registry = cmd_registry_dir(NULL, w->conf);
	struct ingest_opts io = {.poll = o->poll,
				 .once = o->once,
				 .judge = true,
				 .avoid = {o->store, w->registry},
				 .herald = {.self = "/proc/self/exe",
					    .silenced = orders_silenced,
					    .ctx = w->orders},
				 .unwanted = unwanted_run,
				 .unwanted_ctx = w->unwanted,
				 .moved = carry_marks,
				 .moved_ctx = unwanted_journal(w->unwanted),
				 .tagged = unwanted_tagged,
				 .tagged_ctx = w->unwanted};
	struct ingest_events ev = {
		.ctx = w,
		.committed = on_committed,
		.progress = on_progress,
		.fired = on_fired,
		.checkpoint = on_checkpoint,
		.trouble = on_trouble,
		.note = on_note,
	};
	w->sink = store_sink(w->store, w->conf);
	w->ingest = ingest_new(w->loop, w->sink, w->conf, &io, &ev, e);
	if (!w->ingest)
		return e->code;
	orders_give(w->orders, w->ingest);
	w->logs = log_server_new(w->loop, w->sink);
	w->words = text_words_new(w->loop, w->sink, w->ingest);
	int code = ctl_listen(w->loop, o->store, on_request, w, &w->ctl, e);
	if (code == 0)
		code = add_roots(w, e);
	if (code < 0)
		return code;
	loop_signal(w->loop, SIGTERM, on_stop, w);
	loop_signal(w->loop, SIGINT, on_stop, w);
	loop_signal(w->loop, SIGHUP, on_hangup, w);
	if (o->child)
		loop_fd(w->loop, STDIN_FILENO, EPOLLIN, on_stdin, w);
	if (!o->once)
		w->conf_watch = conf_watch_new(w->loop, o->conf_path, reload_aloud, w);
	if (o->once)
		ingest_sync(w->ingest, on_read, w);
	supervisor_say(w->supervisor, "READY=1");
	if (o->ready)
		o->ready(o->ctx);
	return 0;
}

/* Messages that are leaving have a moment to arrive: who is cut off is told again by the next
 * ingester. A hook that takes longer has no claim on us. */
static int
see_off(struct watcher *w, struct err *e)
{
	int64_t limit = w->o->once ? SEE_OFF_ONCE_US : SEE_OFF_US;
	int64_t end = clock_mono_us() + limit;
	while (!ingest_told(w->ingest) && clock_mono_us() < end)
		loop_once(w->loop, 50000);
	return ingest_flush(w->ingest, e);
}

int
watcher_run(const struct watcher_opts *o, struct str *summary, struct err *e)
{
	struct watcher w = {.o = o, .conf = o->conf, .e = e};
	struct str note = STR_INIT;
	w.tty = isatty(STDERR_FILENO) && !o->quiet && !o->log;
	w.unwanted = unwanted_new();
	int code = store_open(o->store, STORE_WRITE, &w.store, &note, e);
	if (note.len)
		say(&w, str_c(&note));
	str_release(&note);
	if (code < 0) {
		unwanted_free(w.unwanted);
		return code;
	}
	w.loop = loop_new();
	w.orders = orders_new(w.loop);
	w.supervisor = supervisor_new(w.loop);
	w.autosave = autosave_new(w.loop, o->store, o->conf_path, on_note, &w);
	code = start(&w, e);
	if (code == 0) {
		loop_run(w.loop);
		code = w.code;
	}
	clear_line(&w);
	supervisor_say(w.supervisor, "STOPPING=1");
	/* The last commit is told too: who reads along sees it. */
	if (w.ingest && code == 0)
		code = ingest_flush(w.ingest, e);
	if (w.ingest && code == 0)
		code = see_off(&w, e);
	conf_watch_free(w.conf_watch);
	autosave_free(w.autosave);
	w.autosave = NULL;
	log_server_free(w.logs);
	text_words_free(w.words);
	w.words = NULL;
	ctl_server_free(w.ctl);
	ingest_free(w.ingest);
	orders_free(w.orders);
	supervisor_free(w.supervisor);
	if (code == 0 && summary)
		code = watcher_summary(w.store, o->dir, o->ndirs, o->json, summary, e);
	store_close(w.store);
	loop_free(w.loop);
	conf_free(w.own);
	unwanted_free(w.unwanted);
	free(w.registry);
	free(w.mode);
	free(w.trouble);
	return code;
}

/* -- summaries --------------------------------------------------------------------------------- */

struct sums {
	char *const *dir;
	int ndirs;
	struct map runs;
	uint64_t files, series, points, remarks, skipped;
};

static bool
below(const struct sums *s, const char *path)
{
	for (int i = 0; i < s->ndirs; i++)
		if (path_under(path, s->dir[i]))
			return true;
	return s->ndirs == 0;
}

static int
sum_log(void *ctx, const struct log_info *li)
{
	struct sums *s = ctx;
	if (!below(s, li->path))
		return 0;
	s->files++;
	s->series += li->columns;
	s->points += li->points;
	s->remarks += li->remarks;
	map_put(&s->runs, li->run, strlen(li->run), s);
	return 0;
}

static int
sum_skipped(void *ctx, const char *path, const char *reason)
{
	struct sums *s = ctx;
	(void)reason;
	s->skipped += below(s, path);
	return 0;
}

/* 1,204,331 */
static void
add_count(struct str *out, uint64_t n, const char *what)
{
	char digits[24];
	int len = snprintf(digits, sizeof digits, "%llu", (unsigned long long)n);
	for (int i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0)
			str_addc(out, ',');
		str_addc(out, digits[i]);
	}
	str_addf(out, " %s%s", what, n == 1 || strcmp(what, "series") == 0 ? "" : "s");
}

int
watcher_summary(struct store *st, char *const *dir, int n, bool json, struct str *out,
		struct err *e)
{
	struct snap *sn;
	struct sums s = {.dir = dir, .ndirs = n};
	int code = snap_begin(st, &sn, e);
	if (code < 0)
		return code;
	snap_logs(sn, sum_log, &s);
	snap_skipped(sn, sum_skipped, &s);
	snap_end(sn);
	if (json) {
		str_addf(out,
			 "{\"runs\": %zu, \"series\": %llu, \"points\": %llu, \"files\": %llu, "
			 "\"skipped\": %llu, \"remarks\": %llu}",
			 map_count(&s.runs), (unsigned long long)s.series,
			 (unsigned long long)s.points, (unsigned long long)s.files,
			 (unsigned long long)s.skipped, (unsigned long long)s.remarks);
	} else {
		add_count(out, map_count(&s.runs), "run");
		str_adds(out, ", ");
		add_count(out, s.series, "series");
		str_adds(out, ", ");
		add_count(out, s.points, "point");
		str_adds(out, " from ");
		add_count(out, s.files, "file");
		if (s.skipped)
			str_addf(out, " (%llu skipped)", (unsigned long long)s.skipped);
		if (s.remarks) {
			str_adds(out, ", ");
			add_count(out, s.remarks, "remark");
		}
	}
	map_release(&s.runs);
	return 0;
}
