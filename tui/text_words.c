/* The words are given to one of the run's own logs, so that they are kept, judged and compared like
 * any others. What they must not do is end a run that goes on, or one that they are not about:
 *
 *     a run whose rows are newer        the words are of a job before
 *     a run with a living process       they are of something else
 *     a job's file that names several   they are of the run that it trained last
 *     words long before the file's end  the program went on after them
 *
 * One process may write several runs at a time, Hugging Face's Trainer an output directory and
 * event files below it: what one of them says of the end is said of all, and how far the one is to
 * go the other is. Of runs that it wrote one after the other that is not so.
 *
 * Files are read again only when they have changed, and of each no more than its end. A look ends
 * after a moment: the newest runs come first, the others next time. */
#include "tui/text_words.h"

#include "core/clock.h"
#include "core/log_find.h"
#include "core/map.h"
#include "core/name.h"
#include "core/xalloc.h"
#include "store/journal_files.h"
#include "tui/log_known.h"
#include "tui/path.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define SECOND_US INT64_C(1000000)
#define SILENT_US (60 * SECOND_US)        /* until a run is looked at */
#define AGAIN_US (20 * SECOND_US)         /* between looks at a silent run */
#define RECENT_US (2 * 86400 * SECOND_US) /* silent for longer: looked at once */
#define SOON_US (2 * SECOND_US)           /* from a commit to the look: well before run_settles() */
#define SOON_MOST_US (3 * SECOND_US)      /* likewise, where looks are slow */
#define BUDGET_US (30 * SECOND_US / 1000) /* of a look on the way */
#define PEER_US (120 * SECOND_US)         /* between the ends of what one process wrote */
#define SHARE 100                         /* a look takes no more than 1/SHARE of the time */

/* A file, as it was when it was read. */
struct text_file {
	int64_t mtime_us;
	off_t size;
	struct last_words said; /* its text is owned */
	char *owner;            /* the run that a job trained last, or NULL */
	int64_t owner_us;
};

/* A run that was looked at. */
struct looked {
	int64_t last_us; /* when it was last heard of, then */
	int64_t at_us;   /* monotonic */
};

struct text_words {
	struct loop *loop;
	struct sink *sink;
	struct ingest *in;
	const struct conf *conf;
	struct journal_files *journal;
	struct loop_timer *timer;
	struct map files; /* path → struct text_file */
	struct map runs;  /* path → struct looked */
	int64_t cost_us;  /* of the last look */
	int64_t due_us;   /* monotonic: when the timer will have it look */
	char **root;      /* that are in no store */
	size_t nroots, roots_cap;
	/* A command's: logs with higher ids are new. UINT32_MAX: it is no command's. */
	uint32_t last_known;
};

/* -- what is known of runs -------------------------------------------------------------------- */

struct silent {
	char *run;
	int64_t last_us, stepped_us;
	uint32_t attempt;
	uint32_t log;    /* of the newest attempt, that said nothing if there is such a one */
	uint32_t newest; /* the highest id of its logs */
	bool free, there, alive, ended;
	bool trainer;           /* it has a trainer_state.json */
	bool looked;            /* now */
	struct writer by;       /* who wrote its logs last */
	struct silent *peer;    /* another one that he wrote */
	struct last_words said; /* its text is owned */
};

struct gather {
	struct log_known known;
	struct map at;      /* path → struct silent */
	struct map writers; /* pid, start, boot → the first struct silent of his */
	struct silent **list;
	size_t n, cap;
	uint32_t *outlived;
	size_t noutlived, outlived_cap;
};

static bool
is_end(const struct last_words *w)
{
	return w->what && run_said_state(w->what) != RUN_UNKNOWN;
}

static void
words_set(struct last_words *to, const struct last_words *w)
{
	char *what = w->what ? xstrdup(w->what) : NULL;
	free((char *)(uintptr_t)to->what);
	*to = *w;
	to->what = what;
}

static int
each_log(void *ctx, const struct log_info *li)
{
	struct gather *g = ctx;
	struct silent *s = map_get(&g->at, li->run, strlen(li->run));
	log_known_add(&g->known, li);
	if (!s) {
		s = xcalloc(1, sizeof *s);
		s->run = xstrdup(li->run);
		map_put(&g->at, li->run, strlen(li->run), s);
		*vec_push(g->list, g->n, g->cap) = s;
	}
	/* Words that were given to a log which went on. A console log sees that for itself. */
	bool outlived = strcmp(li->format, "text") != 0 && is_end(&li->said) &&
			last_words_outlived(&li->said, li->stepped_us);
	if (outlived)
		*vec_push(g->outlived, g->noutlived, g->outlived_cap) = li->id;
	if (li->id > s->newest)
		s->newest = li->id;
	if (li->cur.mtime_us > s->last_us)
		s->last_us = li->cur.mtime_us;
	s->there |= !li->gone;
	s->alive |= li->writing.by.pid && !li->writing.ended_us;
	s->ended |= li->writing.ended_us != 0;
	s->trainer |= !strcmp(name_last(li->path), "trainer_state.json");
	if (li->writing.by.pid)
		s->by = li->writing.by;
	if (li->attempt < s->attempt)
		return 0;
	if (li->attempt > s->attempt) {
		words_set(&s->said, &(struct last_words){0});
		s->free = false;
		s->log = li->id;
		s->stepped_us = 0;
		s->attempt = li->attempt;
	}
	if (li->stepped_us > s->stepped_us)
		s->stepped_us = li->stepped_us;
	if (!li->said.what || outlived) {
		s->log = s->free ? s->log : li->id;
		s->free = true;
	} else if (!s->said.what || last_words_before(&li->said, &s->said)) {
		words_set(&s->said, &li->said);
		s->log = s->free ? s->log : li->id;
	}
	return 0;
}

static void
gather_release(struct gather *g)
{
	for (size_t i = 0; i < g->n; i++) {
		free((char *)(uintptr_t)g->list[i]->said.what);
		free(g->list[i]->run);
		free(g->list[i]);
	}
	free(g->list);
	free(g->outlived);
	map_release(&g->at);
	map_release(&g->writers);
	log_known_release(&g->known);
}

struct writer_key {
	uint64_t part[3];
};

static struct writer_key
key_of(const struct writer *w)
{
	return (struct writer_key){{(uint64_t)w->pid, w->start, w->boot}};
}

/* Runs of one process, in a chain: thousands of runs are not to be compared with each other. */
static void
gather_peers(struct gather *g)
{
	for (size_t i = 0; i < g->n; i++) {
		struct silent *s = g->list[i];
		struct writer_key k = key_of(&s->by);
		if (!s->by.pid)
			continue;
		s->peer = map_get(&g->writers, &k, sizeof k);
		map_put(&g->writers, &k, sizeof k, s);
	}
}

static int
each_param(void *ctx, const char *key, const char *value)
{
	log_known_param(ctx, key, value);
	return 0;
}

struct nearest {
	const char *run;
	char *root;
};

static int
each_root(void *ctx, const char *root)
{
	struct nearest *n = ctx;
	if (path_under(n->run, root) && (!n->root || strlen(root) > strlen(n->root))) {
		free(n->root);
		n->root = xstrdup(root);
	}
	return 0;
}

/* -- one run ---------------------------------------------------------------------------------- */

static struct text_file *
read_file(struct text_words *t, const char *path)
{
	struct text_file *f = map_get(&t->files, path, strlen(path));
	struct log_file file;
	struct stat st;
	struct err e;
	if (stat(path, &st) < 0 || !S_ISREG(st.st_mode))
		return NULL;
	int64_t mtime_us = clock_of(st.st_mtim);
	if (f && f->mtime_us == mtime_us && f->size == st.st_size)
		return f;
	if (log_file_open(&file, path, &e) < 0)
		return NULL;
	if (!f) {
		f = xcalloc(1, sizeof *f);
		map_put(&t->files, path, strlen(path), f);
	}
	f->mtime_us = mtime_us;
	f->size = st.st_size;
	struct str what = STR_INIT;
	int32_t tz = INT_MIN;
	struct last_words w = {.arrival_us = mtime_us};
	conf_parse_tz(conf_str(t->conf, "source.tz"), &tz);
	if (log_find_words(&file, tz, &what, &w.wall_us))
		w.what = str_c(&what);
	words_set(&f->said, &w);
	str_release(&what);
	log_file_close(&file);
	return f;
}

/* A job that trains one run after the other dies of its last. */
static bool
is_job_of(struct text_file *f, const struct silent *s)
{
	if (f->owner && strcmp(f->owner, s->run) != 0 && f->owner_us >= s->last_us)
		return false;
	free(f->owner);
	f->owner = xstrdup(s->run);
	f->owner_us = s->last_us;
	return true;
}

/* Its source has read them already. */
static bool
is_words_of_log(enum log_text_kind kind)
{
	return kind == LOG_TEXT_OWN || kind == LOG_TEXT_CONSOLE;
}

static bool
same_process(const struct silent *a, const struct silent *b)
{
	return a->by.pid && a->by.pid == b->by.pid && a->by.start == b->by.start &&
	       a->by.boot == b->by.boot;
}

/* P was begun before S was written last. */
static bool
overlaps(struct text_words *t, const struct silent *p, const struct silent *s)
{
	struct run_kept k;
	return t->sink->ops->run_find(t->sink, p->run, &k) && k.ev.first_us &&
	       k.ev.first_us < s->last_us;
}

/* What the process of S said of its end beside the logs of another run, or in them. */
static void
ask_peers(struct text_words *t, const struct gather *g, const struct silent *s)
{
	const struct last_words *best = NULL;
	struct writer_key k = key_of(&s->by);
	const struct silent *p = s->by.pid ? map_get(&g->writers, &k, sizeof k) : NULL;
	for (; p; p = p->peer) {
		if (p == s || !is_end(&p->said) || p->said.arrival_us - s->last_us > PEER_US ||
		    s->last_us - p->said.arrival_us > PEER_US || !overlaps(t, p, s))
			continue;
		if (!best || last_words_before(&p->said, best))
			best = &p->said;
	}
	if (best)
		ingest_said(t->in, s->log, best);
}

/* The run that S lies below, and whose training it is of: by its process, or by the Trainer's
 * layout, DIR/runs/DATE_HOST. */
static const struct silent *
run_above(const struct gather *g, const struct silent *s)
{
	size_t n = strlen(s->run);
	for (int up = 0; up < 3 && n > 1; up++) {
		bool runs = up == 1 && n > 5 && !strncmp(s->run + n - 5, "/runs", 5);
		while (n > 1 && s->run[n - 1] != '/')
			n--;
		n--;
		const struct silent *b = map_get(&g->at, s->run, n);
		if (b && (same_process(b, s) || (runs && b->trainer)))
			return b;
	}
	return NULL;
}

static void
share_total(struct text_words *t, const struct gather *g, const struct silent *s)
{
	const struct silent *b = run_above(g, s);
	struct run_kept k;
	int64_t total;
	char text[24];
	if (!b || !t->sink->ops->run_find(t->sink, b->run, &k) || k.unit != STEP_STEP ||
	    k.ev.total <= 0)
		return;
	total = k.ev.total;
	if (!t->sink->ops->run_find(t->sink, s->run, &k) || k.unit != STEP_STEP || k.ev.total > 0)
		return;
	snprintf(text, sizeof text, "%" PRId64, total);
	ingest_param(t->in, s->log, RUN_STEPS_GUESS, text);
}

static void
look_at(struct text_words *t, struct gather *g, struct log_finder *fi, struct silent *s)
{
	struct nearest n = {.run = s->run};
	struct log_texts texts = {0};
	struct last_words best = {0};
	t->sink->ops->param_each(t->sink, s->log, each_param, &g->known);
	t->sink->ops->root_each(t->sink, each_root, &n);
	for (size_t i = 0; i < t->nroots; i++)
		each_root(&n, t->root[i]);
	log_known_find(&g->known, fi, s->run, n.root, journal_files_state(t->journal), &texts);
	for (size_t i = 0; i < texts.n; i++) {
		const struct log_text *x = &texts.text[i];
		struct text_file *f = is_words_of_log(x->kind) ? NULL : read_file(t, x->path);
		if (!f || (x->kind == LOG_TEXT_JOB && !is_job_of(f, s)) || !is_end(&f->said) ||
		    last_words_over(&f->said, s->stepped_us))
			continue;
		if (!best.what || last_words_before(&f->said, &best))
			best = f->said;
	}
	if (best.what && last_words_before(&best, &s->said)) {
		ingest_said(t->in, s->log, &best);
		words_set(&s->said, &best);
	}
	s->looked = true;
	log_texts_release(&texts);
	free(n.root);
}

/* -- a look ----------------------------------------------------------------------------------- */

static int
newest_first(const void *a, const void *b)
{
	const struct silent *x = *(struct silent *const *)a, *y = *(struct silent *const *)b;
	if (x->last_us != y->last_us)
		return x->last_us < y->last_us ? 1 : -1;
	return strcmp(x->run, y->run);
}

/* Until what its process said last is there, too. */
static int64_t
silent_us(const struct silent *s)
{
	return s->ended ? SOON_US / 2 : SILENT_US;
}

static bool
is_due(const struct text_words *t, const struct silent *s, int64_t wall, int64_t now, bool all)
{
	const struct looked *k = map_get(&t->runs, s->run, strlen(s->run));
	if (!s->there || s->alive || !s->last_us || wall - s->last_us < silent_us(s))
		return false;
	/* A command remembers nothing of the one before it. */
	if (t->last_known != UINT32_MAX && s->newest <= t->last_known)
		return wall - s->last_us < RECENT_US && !is_end(&s->said);
	if (!k || k->last_us != s->last_us || all)
		return true;
	return wall - s->last_us < RECENT_US && now - k->at_us >= AGAIN_US;
}

static void
note_look(struct text_words *t, const struct silent *s, int64_t now)
{
	struct looked *k = map_get(&t->runs, s->run, strlen(s->run));
	if (!k) {
		k = xcalloc(1, sizeof *k);
		map_put(&t->runs, s->run, strlen(s->run), k);
	}
	*k = (struct looked){s->last_us, now};
}

/* When to look again, from now: some runs are silent only since a while, or are left over; or 0.
 * ALL: also runs that nobody expects anything of any more. */
static int64_t
look(struct text_words *t, int64_t budget_us, bool all)
{
	struct gather g = {.n = 0};
	struct log_finder fi = {.dirs = MAP_INIT};
	struct err unread;
	int64_t begun = clock_mono_us(), wall = clock_wall_us();
	int64_t again = 0;
	t->sink->ops->log_each(t->sink, each_log, &g);
	for (size_t i = 0; i < g.noutlived; i++)
		ingest_said(t->in, g.outlived[i], &(struct last_words){0});
	journal_files_refresh(t->journal, &unread);
	if (g.n)
		qsort(g.list, g.n, sizeof(struct silent *), newest_first);
	gather_peers(&g);
	for (size_t i = 0; i < g.n; i++) {
		struct silent *s = g.list[i];
		int64_t now = clock_mono_us();
		share_total(t, &g, s);
		if (s->there && !s->alive && s->ended && wall - s->last_us < silent_us(s))
			again = SOON_US;
		else if (!again && s->there && wall - s->last_us < RECENT_US)
			again = AGAIN_US;
		if (!is_due(t, s, wall, now, all))
			continue;
		if (now - begun >= budget_us) {
			again = again ? again : AGAIN_US;
			break;
		}
		look_at(t, &g, &fi, s);
		note_look(t, s, now);
	}
	for (size_t i = 0; i < g.n; i++)
		if (g.list[i]->looked && !is_end(&g.list[i]->said))
			ask_peers(t, &g, g.list[i]);
	log_finder_release(&fi);
	gather_release(&g);
	t->cost_us = clock_mono_us() - begun;
	return again;
}

static void
arm(struct text_words *t, int64_t us)
{
	int64_t share = SHARE * t->cost_us;
	/* Who waits for the words of a process that has ended (run_settles) waits no longer. */
	if (us == SOON_US && share > SOON_MOST_US)
		share = SOON_MOST_US;
	int64_t wait = us > share ? us : share;
	int64_t due = clock_mono_us() + wait;
	if (loop_timer_armed(t->timer) && t->due_us <= due)
		return;
	t->due_us = due;
	loop_timer_set(t->timer, wait);
}

static void
on_timer(void *ctx)
{
	struct text_words *t = ctx;
	int64_t again = look(t, BUDGET_US, false);
	if (again)
		arm(t, again);
}

void
text_words_soon(struct text_words *t, const struct conf *conf)
{
	t->conf = conf;
	arm(t, SOON_US);
}

void
text_words_look(struct text_words *t, const struct conf *conf, int64_t budget_us)
{
	t->conf = conf;
	look(t, budget_us, true);
}

void
text_words_look_briefly(struct text_words *t, const struct conf *conf, uint32_t last_known,
			int64_t budget_us)
{
	t->last_known = last_known;
	text_words_look(t, conf, budget_us);
}

struct text_words *
text_words_new(struct loop *l, struct sink *sink, struct ingest *in)
{
	struct text_words *t = xcalloc(1, sizeof *t);
	*t = (struct text_words){.loop = l, .sink = sink, .in = in, .last_known = UINT32_MAX};
	t->journal = journal_files_new(NULL);
	t->timer = loop_timer_new(l, on_timer, t);
	return t;
}

void
text_words_root(struct text_words *t, const char *root)
{
	*vec_push(t->root, t->nroots, t->roots_cap) = xstrdup(root);
}

void
text_words_free(struct text_words *t)
{
	struct text_file *f;
	struct looked *k;
	if (!t)
		return;
	for (size_t at = 0; (f = map_next(&t->files, &at));) {
		free((char *)(uintptr_t)f->said.what);
		free(f->owner);
		free(f);
	}
	for (size_t at = 0; (k = map_next(&t->runs, &at));)
		free(k);
	for (size_t i = 0; i < t->nroots; i++)
		free(t->root[i]);
	free(t->root);
	map_release(&t->files);
	map_release(&t->runs);
	loop_timer_free(t->timer);
	journal_files_free(t->journal);
	free(t);
}
