/* Names first, content only where a name says that a batch system wrote it: its mentions, the words
 * in its beginning that look like paths (log_finder.h). A run is named when one of these is its
 * directory, written from the root of the file system or from any directory that the job may have
 * been started in: the run's ancestors.
 *
 * One component alone ("exp1") is too little: it has to be written as a path, "./exp1" or
 * "exp1/". */
#include "core/log_texts.h"

#include "core/log_finder.h"
#include "core/name.h"
#include "core/run.h"
#include "core/xalloc.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

enum {
	ABOVE = 3,   /* directories above the run's */
	RANKS = 256, /* directories of ranks that are looked at for one run */
	JOBS = 64,   /* files of batch jobs that are read for one run: the nearest in time */
	DIGITS = 4,  /* of a job id, at least */
};

const char *const log_text_kinds[] = {"log", "beside", "console", "job", "attached"};

/* -- names ------------------------------------------------------------------------------------ */

/* The next number of at least DIGITS digits in *P; false: there is none. */
static bool
next_number(const char **p, const char **from, size_t *n)
{
	for (;;) {
		while (**p && !isdigit((unsigned char)**p))
			++*p;
		*from = *p;
		while (isdigit((unsigned char)**p))
			++*p;
		*n = (size_t)(*p - *from);
		if (*n >= DIGITS)
			return true;
		if (*n == 0)
			return false;
	}
}

/* A batch system's file, by its name: slurm-4711.out, train-4711_3.err, 4711_0_log.out. */
static bool
is_job_name(const char *name)
{
	const char *p = name, *from;
	size_t n;
	if (log_name_begins(name, "slurm") && log_name_is_text(name))
		return true;
	return (log_name_ends(name, ".out") || log_name_ends(name, ".err")) &&
	       next_number(&p, &from, &n);
}

bool
log_is_job_key(const char *key)
{
	static const char *const names[] = {"slurm_job_id", "slurm_jobid", "slurm_array_job_id",
					    "job_id", "jobid"};
	const char *last = key;
	for (const char *p = key; *p; p++)
		if (*p == '/' || *p == '.')
			last = p + 1;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (!strcasecmp(last, names[i]))
			return true;
	return false;
}

/* -- the list --------------------------------------------------------------------------------- */

struct find {
	struct log_texts *t;
	struct log_finder *fi;
	const struct log_texts_of *of;
	struct map seen; /* paths */
	char *dir;       /* the run's: itself, or where its log lies */
	bool whole;      /* it is a directory */
	struct job_file {
		char *path;
		uint64_t apart; /* from when the run was written last */
		bool taken;
	} * jobs; /* candidates */
	size_t njobs, jobs_cap;
};

static void
add(struct find *f, const char *path, enum log_text_kind kind, const char *why)
{
	struct log_texts *t = f->t;
	if (map_get(&f->seen, path, strlen(path)))
		return;
	map_put(&f->seen, path, strlen(path), f);
	*vec_push(t->text, t->n, t->cap) = (struct log_text){xstrdup(path), kind, xstrdup(why)};
}

static char *
up(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash && slash > path ? xstrndup(path, (size_t)(slash - path)) : xstrdup("/");
}

/* A file of DIR that stands beside the run's logs. A run that is a log of its own, DIR/STEM, shares
 * its directory with others: only what has its stem is meant. */
static void
add_beside(struct find *f, const char *dir, const char *stem)
{
	const struct log_dir *d = log_dir_read(f->fi, dir);
	for (size_t i = 0; i < d->n; i++) {
		const char *name = d->at[i].name;
		size_t n = stem ? strlen(stem) : 0;
		if (d->at[i].dir || d->at[i].rank || !log_name_is_text(name) ||
		    (stem && (strncmp(name, stem, n) || name[n] != '.')))
			continue;
		char *path = xasprintf("%s/%s", dir, name);
		if (!f->of->foreign(f->of->ctx, path, f->of->run) && log_file_of(f->fi, path)->file)
			add(f, path, LOG_TEXT_BESIDE, "beside its logs");
		free(path);
	}
}

/* The directories of its ranks: what lies in them folds into the run. */
static void
add_ranks(struct find *f)
{
	const struct log_dir *d = log_dir_read(f->fi, f->dir);
	struct str run = STR_INIT, prefix = STR_INIT;
	int n = 0;
	for (size_t i = 0; i < d->n && n < RANKS; i++) {
		if (!d->at[i].rank)
			continue;
		char *sub = xasprintf("%s/%s", f->dir, d->at[i].name);
		char *file = xasprintf("%s/stdout.log", sub);
		run_of_log(file, &run, &prefix);
		if (!strcmp(str_c(&run), f->of->run)) {
			add_beside(f, sub, NULL);
			n++;
		}
		free(file);
		free(sub);
	}
	str_release(&run);
	str_release(&prefix);
}

/* A job is over a moment after its run: one that was over before has little to do with it. */
static uint64_t
apart(int64_t run_s, int64_t job_s)
{
	enum { BEFORE = 60 };
	if (!run_s)
		return (uint64_t)(INT64_MAX - job_s); /* the newest first */
	return job_s + BEFORE >= run_s ? (uint64_t)(job_s + BEFORE - run_s)
				       : (uint64_t)(run_s - job_s) * 2;
}

static void
note_jobs(struct find *f, const char *dir)
{
	const struct log_dir *d = log_dir_read(f->fi, dir);
	for (size_t i = 0; i < d->n; i++) {
		if (d->at[i].dir || d->at[i].rank || !is_job_name(d->at[i].name))
			continue;
		char *path = xasprintf("%s/%s", dir, d->at[i].name);
		const struct log_mentions *m = log_file_of(f->fi, path);
		if (m->file)
			*vec_push(f->jobs, f->njobs, f->jobs_cap) =
				(struct job_file){path, apart(f->of->when_s, m->mtime), false};
		else
			free(path);
	}
}

static bool
under(const char *path, const char *root)
{
	size_t n = strlen(root);
	return !strncmp(path, root, n) && (path[n] == '\0' || path[n] == '/');
}

/* The run's directory and those above it, with what is named like a directory of job files. */
static void
note_all_jobs(struct find *f)
{
	char *dir = xstrdup(f->dir);
	for (int i = 0; i <= ABOVE && f->of->root && under(dir, f->of->root); i++) {
		note_jobs(f, dir);
		const struct log_dir *d = log_dir_read(f->fi, dir);
		for (size_t k = 0; k < d->n; k++)
			if (d->at[k].dir) {
				char *sub = xasprintf("%s/%s", dir, d->at[k].name);
				note_jobs(f, sub);
				free(sub);
			}
		char *next = up(dir);
		free(dir);
		dir = next;
	}
	free(dir);
}

/* -- whose job -------------------------------------------------------------------------------- */

/* The name of PATH has the number [P, P + N). */
static bool
has_number(const char *name, const char *p, size_t n)
{
	const char *from;
	size_t k;
	while (next_number(&name, &from, &k))
		if (k == n && !memcmp(from, p, n))
			return true;
	return false;
}

/* JOB, a file's name, has a number that is the run's: in its name or that of its directory, in
 * that of one of its logs, in a parameter. */
static bool
shares_id(const struct find *f, const char *job, size_t own)
{
	const char *from, *p = name_last(job);
	size_t n;
	char *above = up(f->of->run);
	bool shared = false;
	while (!shared && next_number(&p, &from, &n)) {
		shared = has_number(name_last(f->of->run), from, n) ||
			 (f->of->root && under(above, f->of->root) &&
			  strcmp(above, f->of->root) != 0 && has_number(name_last(above), from, n));
		for (size_t i = 0; i < own && !shared; i++)
			shared = has_number(name_last(f->t->text[i].path), from, n);
		for (size_t i = 0; i < f->of->njob && !shared; i++)
			shared = has_number(f->of->job[i], from, n);
	}
	free(above);
	return shared;
}

/* SUFFIX, a path or the end of one, stands in TEXT as a path of its own or as the beginning of
 * one. */
static bool
is_mentioned(const char *text, const char *suffix, bool alone)
{
	size_t n = strlen(suffix);
	for (const char *p = text; (p = strstr(p, suffix)); p++) {
		char before = p[-1], behind = p[n];
		bool dot = p - text > 2 && before == '/' && p[-2] == '.' &&
			   (p[-3] == '\n' || p[-3] == '=' || p[-3] == ':');
		bool start = before == '\n' || before == '=' || before == ':' || dot;
		bool stop = behind == '\n' || behind == '/' || behind == ':' || behind == ',' ||
			    (behind == '.' && p[n + 1] == '\n');
		if (start && stop && (!alone || dot || behind == '/'))
			return true;
	}
	return false;
}

/* PATH, from each directory that it may have been written from, the nearest first. */
static bool
is_mentioned_from(const char *text, const char *path)
{
	if (is_mentioned(text, path, false))
		return true;
	for (const char *p = name_last(path); p > path + 1;) {
		bool alone = !strchr(p, '/');
		if (is_mentioned(text, p, alone))
			return true;
		for (p -= 2; p > path && *p != '/'; p--)
			;
		p++;
	}
	return false;
}

/* A run that is one file is named by that as well. */
static bool
names_run(const struct find *f, const char *job)
{
	const char *text = log_mentions_of(f->fi, log_file_of(f->fi, job));
	return is_mentioned_from(text, f->of->run) ||
	       (!f->whole && f->of->log && is_mentioned_from(text, f->of->log));
}

static int
nearest_first(const void *a, const void *b)
{
	const struct job_file *x = a, *y = b;
	if (x->apart != y->apart)
		return x->apart < y->apart ? -1 : 1;
	return strcmp(x->path, y->path);
}

/* The output and the errors of one job: slurm-4711.out and slurm-4711.err. */
static bool
is_twin(const char *a, const char *b)
{
	const char *dot = strrchr(name_last(a), '.');
	size_t n = dot ? (size_t)(dot - a) + 1 : 0;
	return dot && !strncmp(a, b, n) && !strpbrk(b + n, "/.");
}

static void
take_job(struct find *f, struct job_file *j, const char *why)
{
	add(f, j->path, LOG_TEXT_JOB, why);
	j->taken = true;
}

/* Of two streams one may say nothing of whose they are. */
static void
add_twins(struct find *f)
{
	for (size_t i = 0; i < f->njobs; i++)
		for (size_t k = 0; k < f->njobs && f->jobs[i].taken; k++) {
			struct job_file *j = &f->jobs[k];
			if (j->taken || !is_twin(f->jobs[i].path, j->path))
				continue;
			char *why = xasprintf("is of one job with %s", name_last(f->jobs[i].path));
			take_job(f, j, why);
			free(why);
		}
}

static void
add_jobs(struct find *f)
{
	size_t own = f->t->n;
	note_all_jobs(f);
	if (f->njobs)
		qsort(f->jobs, f->njobs, sizeof *f->jobs, nearest_first);
	for (size_t i = 0; i < f->njobs; i++) {
		struct job_file *j = &f->jobs[i];
		if (shares_id(f, j->path, own))
			take_job(f, j, "has the number of its job");
		else if (i < JOBS && names_run(f, j->path))
			take_job(f, j, "names its directory");
	}
	add_twins(f);
	for (size_t i = 0; i < f->njobs; i++)
		free(f->jobs[i].path);
	free(f->jobs);
}

/* -- order ------------------------------------------------------------------------------------ */

static bool
is_errors(const char *path)
{
	const char *name = name_last(path);
	return log_name_begins(name, "stderr") || strstr(name, ".err") || strstr(name, ".stderr");
}

static int
by_rank(const void *a, const void *b)
{
	const struct log_text *x = a, *y = b;
	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	unsigned rx = run_rank_of_log(x->path), ry = run_rank_of_log(y->path);
	if (rx != ry)
		return rx < ry ? -1 : 1;
	bool ex = is_errors(x->path), ey = is_errors(y->path);
	if (ex != ey)
		return ex ? 1 : -1;
	return strverscmp(x->path, y->path);
}

static void
text_free(struct log_text *text)
{
	free(text->path);
	free(text->why);
}

/* Down to MOST: they are in order. A crowd of ranks, or of jobs, leaves room for what a person
 * attached. */
static void
leave_out(struct log_texts *t, size_t most)
{
	size_t keep[LOG_TEXT_ATTACHED + 1] = {0}, n = 0;
	if (t->n <= most)
		return;
	t->left_out = t->n - most;
	for (size_t i = 0; i < t->n; i++)
		keep[t->text[i].kind]++;
	for (size_t over = t->left_out; over; over--) {
		size_t *crowd = keep;
		for (size_t *k = keep; k < keep + sizeof keep / sizeof *keep; k++)
			crowd = *k > *crowd ? k : crowd;
		--*crowd;
	}
	for (size_t i = 0; i < t->n; i++)
		if (keep[t->text[i].kind]) {
			keep[t->text[i].kind]--;
			t->text[n++] = t->text[i];
		} else {
			text_free(&t->text[i]);
		}
	t->n = n;
}

void
log_texts_find(struct log_texts *t, struct log_finder *fi, const struct log_texts_of *of)
{
	struct find f = {.t = t, .fi = fi, .of = of};
	struct stat st;
	bool whole = stat(of->run, &st) == 0 && S_ISDIR(st.st_mode);
	*t = (struct log_texts){0};
	f.whole = whole;
	f.dir = whole ? xstrdup(of->run) : up(of->run);
	for (size_t i = 0; i < of->nown; i++)
		add(&f, of->own[i], LOG_TEXT_OWN, "its log");
	add_beside(&f, f.dir, whole ? NULL : name_last(of->run));
	if (whole) {
		char *files = xasprintf("%s/files", of->run); /* W&B's */
		add_beside(&f, files, NULL);
		free(files);
		add_ranks(&f);
	}
	for (size_t i = 0; i < of->nconsole; i++)
		if (log_has_console(fi, of->console[i]))
			add(&f, of->console[i], LOG_TEXT_CONSOLE,
			    "W&B kept the console's output in it");
	add_jobs(&f);
	for (size_t i = 0; i < of->nattached; i++)
		add(&f, of->attached[i], LOG_TEXT_ATTACHED, "attached");
	if (t->n)
		qsort(t->text, t->n, sizeof *t->text, by_rank);
	leave_out(t, of->most ? of->most : LOG_TEXTS_MAX);
	map_release(&f.seen);
	free(f.dir);
}

void
log_texts_release(struct log_texts *t)
{
	for (size_t i = 0; i < t->n; i++)
		text_free(&t->text[i]);
	free(t->text);
	*t = (struct log_texts){0};
}
