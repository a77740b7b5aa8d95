/* Names first, content only where a name says that a batch system wrote it. Of such a file the
 * beginning is read once, and what is kept of it are its mentions: the words in it that look like
 * paths. A run is named when one of these is its directory, written from the root of the file
 * system or from any directory that the job may have been started in: the run's ancestors.
 *
 * One component alone ("exp1") is too little: it has to be written as a path, "./exp1" or
 * "exp1/". */
#include "core/log_texts.h"

#include "core/name.h"
#include "core/run.h"
#include "core/wandb_text.h"
#include "core/xalloc.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
	ENTRIES = 20000,  /* of one directory that are looked at */
	ABOVE = 3,        /* directories above the run's */
	RANKS = 256,      /* directories of ranks that are looked at for one run */
	JOBS = 64,        /* files of batch jobs that are read for one run: the nearest in time */
	HEAD = 128 << 10, /* bytes of each */
	MENTIONS = 16384, /* bytes of its mentions that are kept */
	MENTION = 1024,   /* bytes of one */
	ALL = 16 << 20,   /* bytes of all mentions that are remembered */
	SETTLED_S = 2,    /* a directory that changed so lately may change again unseen */
	DIGITS = 4,       /* of a job id, at least */
};

const char *const log_text_kinds[] = {"log", "beside", "console", "job", "attached"};

struct log_name {
	char *name;
	bool dir;  /* may hold jobs' files, or what W&B kept */
	bool rank; /* a directory that may be a rank's */
};

struct log_dir {
	char *path;
	struct log_name *at;
	size_t n, cap;
	struct timespec changed; /* zero: it is to be read again */
};

struct log_mentions {
	char *path;
	int64_t mtime;
	bool file;   /* there is one */
	int console; /* of a `.wandb`: has it output of a console? 0: not known, -1: no */
	/* one a line, '\n' before the first and behind each; NULL: not read yet */
	char *text;
	size_t read; /* bytes that were there of the beginning */
};

/* -- names ------------------------------------------------------------------------------------ */

static bool
ends(const char *name, const char *with)
{
	size_t n = strlen(name), k = strlen(with);
	return n > k && !strcmp(name + n - k, with);
}

static bool
begins(const char *name, const char *with)
{
	return !strncasecmp(name, with, strlen(with));
}

static bool
is_stream(const char *name)
{
	return begins(name, "stdout") || begins(name, "stderr") || begins(name, "console") ||
	       !strcmp(name, "output.log");
}

/* May hold what a program printed. */
static bool
is_text_name(const char *name)
{
	return is_stream(name) || ends(name, ".out") || ends(name, ".err") || ends(name, ".log") ||
	       ends(name, ".stdout") || ends(name, ".stderr");
}

/* "3", "rank_3"; checkpoints have numbers, too, and are many. */
static bool
may_be_rank(const char *name)
{
	return isdigit((unsigned char)name[strlen(name) - 1]) && !begins(name, "checkpoint");
}

static bool
is_jobs_dir(const char *name)
{
	static const char *const names[] = {"logs",       "log",        "slurm",
					    "slurm_logs", "slurm-logs", "slurm_out",
					    "jobs",       "submitit",   ".submitit"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (!strcmp(name, names[i]))
			return true;
	return false;
}

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
	if (begins(name, "slurm") && is_text_name(name))
		return true;
	return (ends(name, ".out") || ends(name, ".err")) && next_number(&p, &from, &n);
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

/* -- directories and files, looked at once ---------------------------------------------------- */

static const struct log_dir *
dir_read(struct log_finder *fi, const char *path)
{
	struct log_dir *d = map_get(&fi->dirs, path, strlen(path));
	if (d)
		return d;
	d = xcalloc(1, sizeof *d);
	d->path = xstrdup(path);
	map_put(&fi->dirs, path, strlen(path), d);
	DIR *dir = opendir(path);
	struct stat st;
	if (dir && fstat(dirfd(dir), &st) == 0 && time(NULL) - st.st_mtim.tv_sec > SETTLED_S)
		d->changed = st.st_mtim;
	struct dirent *de;
	for (int seen = 0; dir && seen < ENTRIES && (de = readdir(dir)); seen++) {
		bool sub = is_jobs_dir(de->d_name) || !strcmp(de->d_name, "files");
		bool rank = may_be_rank(de->d_name) && de->d_type == DT_DIR;
		if ((sub && (de->d_type == DT_DIR || de->d_type == DT_UNKNOWN)) || rank ||
		    (is_text_name(de->d_name) && de->d_name[0] != '.'))
			*vec_push(d->at, d->n, d->cap) =
				(struct log_name){xstrdup(de->d_name), sub && !rank, rank};
	}
	if (dir)
		closedir(dir);
	return d;
}

static bool
is_file(struct log_mentions *m)
{
	struct stat st;
	bool file = stat(m->path, &st) == 0 && S_ISREG(st.st_mode);
	m->mtime = file ? (int64_t)st.st_mtime : 0;
	return file;
}

static struct log_mentions *
file_of(struct log_finder *fi, const char *path)
{
	struct log_mentions *m = map_get(&fi->files, path, strlen(path));
	if (m)
		return m;
	m = xcalloc(1, sizeof *m);
	m->path = xstrdup(path);
	map_put(&fi->files, path, strlen(path), m);
	m->file = is_file(m);
	return m;
}

static bool
has_console(struct log_finder *fi, const char *path)
{
	struct log_mentions *m = file_of(fi, path);
	if (m->file && !m->console)
		m->console = wandb_text_has(path) ? 1 : -1;
	return m->console > 0;
}

static bool
is_path_char(char c)
{
	return isalnum((unsigned char)c) || (unsigned char)c >= 0x80 ||
	       (c && strchr("_.=,+@~%#:/-", c));
}

/* Keeps what may be paths in the first bytes of the file. */
static void
read_mentions(struct log_mentions *m, const char *path)
{
	struct str s = STR_INIT;
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	char *buf = xmalloc(HEAD);
	ssize_t n = fd < 0 ? -1 : pread(fd, buf, HEAD, 0);
	const char *p = buf, *end = buf + (n > 0 ? n : 0);
	str_addc(&s, '\n');
	while (p < end && s.len < MENTIONS) {
		const char *from = p;
		bool slash = false;
		for (; p < end && is_path_char(*p); p++)
			slash |= *p == '/';
		if (slash && p - from > 2 && p - from < MENTION) {
			str_add(&s, from, (size_t)(p - from));
			str_addc(&s, '\n');
		}
		p += p < end;
	}
	if (fd >= 0)
		close(fd);
	free(buf);
	m->read = n > 0 ? (size_t)n : 0;
	m->text = str_steal(&s);
}

static void
dir_free(struct log_dir *d)
{
	for (size_t i = 0; i < d->n; i++)
		free(d->at[i].name);
	free(d->at);
	free(d->path);
	free(d);
}

static void
mentions_free(struct log_mentions *m)
{
	free(m->text);
	free(m->path);
	free(m);
}

static void
mentions_forget(struct log_finder *fi, struct log_mentions *m)
{
	fi->nbytes -= m->text ? strlen(m->text) : 0;
	free(m->text);
	m->text = NULL;
}

static bool
dir_changed(const struct log_dir *d)
{
	struct stat st;
	return !d->changed.tv_sec || stat(d->path, &st) < 0 ||
	       st.st_mtim.tv_sec != d->changed.tv_sec || st.st_mtim.tv_nsec != d->changed.tv_nsec;
}

/* One that was not there, has no output yet, or has grown within what is read of it. */
static bool
file_changed(const struct log_mentions *m)
{
	struct stat st;
	if (!m->file || m->console)
		return true;
	return m->text && m->read < HEAD &&
	       (stat(m->path, &st) < 0 || (uint64_t)st.st_size != m->read);
}

void
log_finder_refresh(struct log_finder *fi)
{
	struct log_dir *d;
	struct log_mentions *m;
	for (size_t at = 0; (d = map_next(&fi->dirs, &at));)
		if (dir_changed(d)) {
			map_remove(&fi->dirs, d->path, strlen(d->path));
			dir_free(d);
		}
	for (size_t at = 0; (m = map_next(&fi->files, &at));)
		if (file_changed(m)) {
			m->file = is_file(m);
			m->console = 0;
			mentions_forget(fi, m);
		}
}

/* What is kept of all files is bounded: then it is read again. */
static const char *
mentions_of(struct log_finder *fi, struct log_mentions *m)
{
	struct log_mentions *other;
	if (m->text)
		return m->text;
	for (size_t at = 0; fi->nbytes > ALL && (other = map_next(&fi->files, &at));)
		mentions_forget(fi, other);
	read_mentions(m, m->path);
	fi->nbytes += strlen(m->text);
	return m->text;
}

void
log_finder_release(struct log_finder *fi)
{
	struct log_dir *d;
	struct log_mentions *m;
	for (size_t at = 0; (d = map_next(&fi->dirs, &at));)
		dir_free(d);
	for (size_t at = 0; (m = map_next(&fi->files, &at));)
		mentions_free(m);
	map_release(&fi->dirs);
	map_release(&fi->files);
	fi->nbytes = 0;
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
	const struct log_dir *d = dir_read(f->fi, dir);
	for (size_t i = 0; i < d->n; i++) {
		const char *name = d->at[i].name;
		size_t n = stem ? strlen(stem) : 0;
		if (d->at[i].dir || d->at[i].rank || !is_text_name(name) ||
		    (stem && (strncmp(name, stem, n) || name[n] != '.')))
			continue;
		char *path = xasprintf("%s/%s", dir, name);
		if (!f->of->foreign(f->of->ctx, path, f->of->run) && file_of(f->fi, path)->file)
			add(f, path, LOG_TEXT_BESIDE, "beside its logs");
		free(path);
	}
}

/* The directories of its ranks: what lies in them folds into the run. */
static void
add_ranks(struct find *f)
{
	const struct log_dir *d = dir_read(f->fi, f->dir);
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
	const struct log_dir *d = dir_read(f->fi, dir);
	for (size_t i = 0; i < d->n; i++) {
		if (d->at[i].dir || d->at[i].rank || !is_job_name(d->at[i].name))
			continue;
		char *path = xasprintf("%s/%s", dir, d->at[i].name);
		const struct log_mentions *m = file_of(f->fi, path);
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
		const struct log_dir *d = dir_read(f->fi, dir);
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
	const char *text = mentions_of(f->fi, file_of(f->fi, job));
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
	return begins(name, "stderr") || strstr(name, ".err") || strstr(name, ".stderr");
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
		if (has_console(fi, of->console[i]))
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
