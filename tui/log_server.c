/* A viewer may not open a log, so it asks who reads them anyway. He answers for files that are the
 * text of the run that is named, and for no other: which those are is remembered for the last few
 * runs, and looked up anew when a viewer opens one.
 *
 * Who follows a file waits for the answer until it has changed. The wait costs nothing while
 * nothing happens: inotify tells, and where that is blind (or the file is gone for a moment, being
 * rotated) it is looked at once a second, for as long as somebody waits. One peer waits for one
 * file; a further request ends the one before. */
#include "tui/log_server.h"

#include "core/clock.h"
#include "core/log_merge.h"
#include "core/log_serve.h"
#include "core/wandb_text.h"
#include "core/xalloc.h"
#include "store/journal_files.h"
#include "tui/log_known.h"
#include "tui/path.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <unistd.h>

enum {
	RUNS = 8, /* whose texts are remembered */
	LOOK_US = 1000000,
	SOON_US = 20000,       /* a burst of lines is one answer */
	LIST_US = 2000000,     /* between looks for further files of a run that somebody follows, */
	SHARE = 50,            /* and no more than 1/SHARE of the time */
	LONGEST_US = 20000000, /* a peer may have left meanwhile, and nobody says so */
};

struct served {
	char *run;
	struct log_texts texts;
	struct log_merge *all; /* made when it is asked for */
	uint64_t used;
};

struct waiter {
	struct ctl_peer *peer;
	uint64_t seq;
	char *run, *path;
	char *what; /* as the peer knows it */
	int *wd;    /* -1: none */
	size_t nwd;
	int64_t until_us;
};

struct log_server {
	struct loop *loop;
	struct sink *sink;
	struct ctl_server *ctl;
	struct journal_files *journal;
	struct served served[RUNS];
	uint64_t uses;
	uint64_t merges;
	struct wandb_texts made;
	struct log_serve_env env;
	/* for the run that somebody follows */
	struct log_finder finder;
	char *listed;
	int64_t list_us, list_cost_us;
	size_t turn; /* whose run it is next */
	int inotify; /* -1: not needed yet, or not to be had */
	struct waiter *waiter;
	size_t nwaiters, waiters_cap;
	struct loop_timer *look, *soon;
};

/* -- which texts ------------------------------------------------------------------------------ */

struct gather {
	struct log_known known;
	const char *run;
	uint32_t log; /* one of the run's */
	bool any;
	char *root;
};

static int
each_log(void *ctx, const struct log_info *li)
{
	struct gather *g = ctx;
	log_known_add(&g->known, li);
	if (strcmp(li->run, g->run) == 0) {
		g->log = li->id;
		g->any = true;
	}
	return 0;
}

static int
each_param(void *ctx, const char *key, const char *value)
{
	struct gather *g = ctx;
	log_known_param(&g->known, key, value);
	return 0;
}

/* The nearest. */
static int
each_root(void *ctx, const char *root)
{
	struct gather *g = ctx;
	if (path_under(g->run, root) && (!g->root || strlen(root) > strlen(g->root))) {
		free(g->root);
		g->root = xstrdup(root);
	}
	return 0;
}

/* False: there is no such run. */
static bool
find_texts(struct log_server *s, const char *run, struct log_texts *out)
{
	struct gather g = {.run = run};
	struct err unread;
	int64_t begun = clock_mono_us();
	if (s->listed && strcmp(s->listed, run) == 0) {
		log_finder_refresh(&s->finder);
	} else {
		log_finder_release(&s->finder);
		free(s->listed);
		s->listed = xstrdup(run);
	}
	s->sink->ops->log_each(s->sink, each_log, &g);
	if (g.any) {
		s->sink->ops->param_each(s->sink, g.log, each_param, &g);
		s->sink->ops->root_each(s->sink, each_root, &g);
		journal_files_refresh(s->journal, &unread);
		log_known_find(&g.known, &s->finder, run, g.root, journal_files_state(s->journal),
			       out);
	}
	log_known_release(&g.known);
	free(g.root);
	s->list_us = clock_mono_us();
	s->list_cost_us = s->list_us - begun;
	return g.any;
}

static void
served_clear(struct served *v)
{
	free(v->run);
	log_texts_release(&v->texts);
	log_merge_free(v->all);
	*v = (struct served){.run = NULL};
}

static bool
same_texts(const struct log_texts *a, const struct log_texts *b)
{
	bool same = a->n == b->n;
	for (size_t i = 0; i < a->n && same; i++)
		same = strcmp(a->text[i].path, b->text[i].path) == 0;
	return same;
}

/* FRESH: looked up now; else as it was, if it is remembered. NULL: no such run. */
static struct served *
served_run(struct log_server *s, const char *run, bool fresh)
{
	struct served *oldest = &s->served[0], *at = NULL;
	for (int i = 0; i < RUNS; i++) {
		if (s->served[i].run && strcmp(s->served[i].run, run) == 0)
			at = &s->served[i];
		if (s->served[i].used < oldest->used)
			oldest = &s->served[i];
	}
	if (!at || fresh) {
		struct log_texts t = {0};
		if (!find_texts(s, run, &t))
			return NULL;
		at = at ? at : oldest;
		struct log_merge *all =
			at->run && strcmp(at->run, run) == 0 && same_texts(&at->texts, &t) ? at->all
											   : NULL;
		at->all = all ? NULL : at->all;
		served_clear(at);
		at->run = xstrdup(run);
		at->texts = t;
		at->all = all;
	}
	at->used = ++s->uses;
	return at;
}

/* All texts of a run as one. */
static struct log_merge *
merged(struct log_server *s, struct served *v)
{
	char **path = xcalloc(v->texts.n + 1, sizeof *path);
	for (size_t i = 0; i < v->texts.n; i++)
		path[i] = v->texts.text[i].path;
	if (!v->all)
		v->all = log_merge_new(path, v->texts.n,
				       (uint64_t)clock_wall_us() / 1000 * 1000 + ++s->merges);
	free(path);
	return v->all;
}

static bool
is_text_of(const struct served *v, const char *path)
{
	if (strcmp(path, LOG_ALL) == 0)
		return true;
	for (size_t i = 0; i < v->texts.n; i++)
		if (strcmp(v->texts.text[i].path, path) == 0)
			return true;
	return false;
}

static void
answer_texts(struct log_server *s, struct ctl_peer *peer, uint64_t seq, const char *run)
{
	struct served *v = served_run(s, run, true);
	struct str out = STR_INIT;
	if (!v) {
		ctl_answer(s->ctl, peer, seq, false, "there is no such run");
		return;
	}
	size_t i = 0;
	for (; i < v->texts.n && out.len < (48u << 10); i++) {
		const struct log_text *t = &v->texts.text[i];
		str_adds(&out, i ? " " : "");
		ctl_escape(&out, t->path);
		str_addf(&out, " %s ", log_text_kinds[t->kind]);
		ctl_escape(&out, t->why);
	}
	if (v->texts.n - i + v->texts.left_out)
		str_addf(&out, " %zu", v->texts.n - i + v->texts.left_out);
	ctl_answer(s->ctl, peer, seq, true, str_c(&out));
	str_release(&out);
}

/* -- who waits -------------------------------------------------------------------------------- */

static void
waiter_free(struct waiter *w)
{
	free(w->run);
	free(w->path);
	free(w->what);
	free(w->wd);
}

static void
waiter_remove(struct log_server *s, size_t i)
{
	struct waiter *w = &s->waiter[i];
	for (size_t j = 0; j < w->nwd; j++) {
		bool shared = false;
		for (size_t k = 0; k < s->nwaiters; k++)
			for (size_t n = 0; n < s->waiter[k].nwd; n++)
				shared |= k != i && s->waiter[k].wd[n] == w->wd[j];
		if (w->wd[j] >= 0 && !shared)
			inotify_rm_watch(s->inotify, w->wd[j]);
	}
	waiter_free(w);
	*w = s->waiter[--s->nwaiters];
}

static void
waiter_answer(struct log_server *s, size_t i, bool ok, const char *text)
{
	struct ctl_peer *peer = s->waiter[i].peer;
	uint64_t seq = s->waiter[i].seq;
	waiter_remove(s, i);
	ctl_answer(s->ctl, peer, seq, ok, text);
}

/* What a peer is told of the file that it waits for; false: it is not there. */
static bool
what_of(struct log_server *s, const struct waiter *w, struct str *what, struct err *e)
{
	struct served *v = strcmp(w->path, LOG_ALL) == 0 ? served_run(s, w->run, false) : NULL;
	if (!v)
		return log_serve_what(w->path, &s->env, what, e) == 0;
	log_merge_what(merged(s, v), &s->env, what);
	return true;
}

/* Has the run that somebody waits for other files by now? Then he is told, to ask for them. */
static void
look_for_files(struct log_server *s)
{
	struct log_texts t;
	int64_t gap = SHARE * s->list_cost_us > LIST_US ? SHARE * s->list_cost_us : LIST_US;
	if (!s->nwaiters || clock_mono_us() - s->list_us < gap)
		return;
	struct served *v = served_run(s, s->waiter[s->turn++ % s->nwaiters].run, false);
	if (!v || !find_texts(s, v->run, &t))
		return;
	bool same = same_texts(&v->texts, &t);
	log_texts_release(&t);
	for (size_t i = s->nwaiters; i-- > 0 && !same;)
		if (strcmp(s->waiter[i].run, v->run) == 0)
			waiter_answer(s, i, true, "texts");
}

/* Answers those whose file is another than they know, or who waited for too long. */
static void
look(struct log_server *s)
{
	int64_t now = clock_mono_us();
	look_for_files(s);
	for (size_t i = s->nwaiters; i-- > 0;) {
		struct waiter *w = &s->waiter[i];
		struct str what = STR_INIT;
		struct err e;
		bool there = what_of(s, w, &what, &e);
		/* Gone is no news: it may be back in a moment. */
		if ((there && strcmp(str_c(&what), w->what) != 0) || now >= w->until_us)
			waiter_answer(s, i, there, there ? str_c(&what) : e.text);
		str_release(&what);
	}
}

static void
on_look(void *ctx)
{
	struct log_server *s = ctx;
	look(s);
	if (s->nwaiters)
		loop_timer_set(s->look, LOOK_US);
}

static void
on_soon(void *ctx)
{
	look(ctx);
}

static void
on_inotify(void *ctx, int fd, uint32_t events)
{
	struct log_server *s = ctx;
	char buf[4096];
	(void)events;
	while (read(fd, buf, sizeof buf) > 0)
		;
	if (s->nwaiters && !loop_timer_armed(s->soon))
		loop_timer_set(s->soon, SOON_US);
}

static int
watch_file(struct log_server *s, const char *path)
{
	if (s->inotify < 0) {
		s->inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
		if (s->inotify < 0)
			return -1;
		loop_fd(s->loop, s->inotify, EPOLLIN, on_inotify, s);
	}
	return inotify_add_watch(s->inotify, path,
				 IN_MODIFY | IN_ATTRIB | IN_MOVE_SELF | IN_DELETE_SELF);
}

static void
wait_for(struct log_server *s, struct ctl_peer *peer, uint64_t seq, struct served *v,
	 const char *path, char *const *args, int nargs)
{
	struct str what = STR_INIT;
	bool all = strcmp(path, LOG_ALL) == 0;
	size_t n = all ? v->texts.n : 1;
	int *wd = xcalloc(n + 1, sizeof *wd);
	for (int i = 0; i < nargs; i++)
		str_addf(&what, "%s%s", i ? " " : "", args[i]);
	for (size_t i = s->nwaiters; i-- > 0;)
		if (s->waiter[i].peer == peer)
			waiter_answer(s, i, false, "asked for something else");
	for (size_t i = 0; i < n; i++)
		wd[i] = watch_file(s, all ? v->texts.text[i].path : path);
	*vec_push(s->waiter, s->nwaiters, s->waiters_cap) = (struct waiter){
		.peer = peer,
		.seq = seq,
		.run = xstrdup(v->run),
		.path = xstrdup(path),
		.what = what.buf ? str_steal(&what) : xstrdup(""),
		.wd = wd,
		.nwd = n,
		.until_us = clock_mono_us() + LONGEST_US,
	};
	if (!loop_timer_armed(s->look))
		loop_timer_set(s->look, LOOK_US);
	look(s); /* it may have changed before it was watched */
}

/* -- requests --------------------------------------------------------------------------------- */

static void
answer_text(struct log_server *s, const struct conf *conf, struct ctl_peer *peer, uint64_t seq,
	    char **args, int nargs)
{
	struct served *v = served_run(s, args[0], false);
	struct err e = {0};
	if (!v || !is_text_of(v, args[1])) {
		ctl_answer(s->ctl, peer, seq, false, "that is no text of this run");
		return;
	}
	s->env = (struct log_serve_env){
		.tz_offset_s = INT_MIN,
		.patterns = conf_patterns(conf),
		.texts = &s->made,
	};
	conf_parse_tz(conf_str(conf, "source.tz"), &s->env.tz_offset_s);
	if (strcmp(args[2], "wait") == 0) {
		wait_for(s, peer, seq, v, args[1], args + 3, nargs - 3);
		return;
	}
	struct str out = STR_INIT;
	int code = strcmp(args[1], LOG_ALL) == 0
			   ? log_merge_serve(merged(s, v), &s->env, args + 2, nargs - 2, &out, &e)
			   : log_serve(args[1], &s->env, args + 2, nargs - 2, &out, &e);
	ctl_answer(s->ctl, peer, seq, code == 0, code == 0 ? str_c(&out) : e.text);
	str_release(&out);
}

bool
log_server_request(struct log_server *s, struct ctl_server *ctl, const struct conf *conf,
		   struct ctl_peer *peer, uint64_t seq, const char *verb, char **args, int nargs)
{
	s->ctl = ctl;
	if (strcmp(verb, "texts") == 0 && nargs == 1)
		answer_texts(s, peer, seq, args[0]);
	else if (strcmp(verb, "text") == 0 && nargs >= 3)
		answer_text(s, conf, peer, seq, args, nargs);
	else
		return false;
	return true;
}

/* -- its life --------------------------------------------------------------------------------- */

struct log_server *
log_server_new(struct loop *l, struct sink *sink)
{
	struct log_server *s = xcalloc(1, sizeof *s);
	*s = (struct log_server){.loop = l, .sink = sink, .inotify = -1};
	s->journal = journal_files_new(NULL);
	s->look = loop_timer_new(l, on_look, s);
	s->soon = loop_timer_new(l, on_soon, s);
	return s;
}

void
log_server_free(struct log_server *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->nwaiters; i++)
		waiter_free(&s->waiter[i]);
	free(s->waiter);
	for (int i = 0; i < RUNS; i++)
		served_clear(&s->served[i]);
	wandb_texts_release(&s->made);
	log_finder_release(&s->finder);
	free(s->listed);
	if (s->inotify >= 0) {
		loop_fd_remove(s->loop, s->inotify);
		close(s->inotify);
	}
	loop_timer_free(s->look);
	loop_timer_free(s->soon);
	journal_files_free(s->journal);
	free(s);
}
