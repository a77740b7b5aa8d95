/* Of a directory the names are kept that may matter; of a file its mentions: the words in its
 * beginning that look like paths. What has changed is looked at again when somebody asks. */
#include "core/log_finder.h"

#include "core/wandb_text.h"
#include "core/xalloc.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	ENTRIES = 20000,  /* of one directory that are looked at */
	HEAD = 128 << 10, /* bytes of a file that are read */
	MENTIONS = 16384, /* bytes of its mentions that are kept */
	MENTION = 1024,   /* bytes of one */
	ALL = 16 << 20,   /* bytes of all mentions that are remembered */
	SETTLED_S = 2,    /* a directory that changed so lately may change again unseen */
};

bool
log_name_ends(const char *name, const char *with)
{
	size_t n = strlen(name), k = strlen(with);
	return n > k && !strcmp(name + n - k, with);
}

bool
log_name_begins(const char *name, const char *with)
{
	return !strncasecmp(name, with, strlen(with));
}

static bool
is_stream(const char *name)
{
	return log_name_begins(name, "stdout") || log_name_begins(name, "stderr") ||
	       log_name_begins(name, "console") || !strcmp(name, "output.log");
}

bool
log_name_is_text(const char *name)
{
	return is_stream(name) || log_name_ends(name, ".out") || log_name_ends(name, ".err") ||
	       log_name_ends(name, ".log") || log_name_ends(name, ".stdout") ||
	       log_name_ends(name, ".stderr");
}

/* "3", "rank_3"; checkpoints have numbers, too, and are many. */
static bool
may_be_rank(const char *name)
{
	return isdigit((unsigned char)name[strlen(name) - 1]) &&
	       !log_name_begins(name, "checkpoint");
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

const struct log_dir *
log_dir_read(struct log_finder *fi, const char *path)
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
		    (log_name_is_text(de->d_name) && de->d_name[0] != '.'))
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

struct log_mentions *
log_file_of(struct log_finder *fi, const char *path)
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

bool
log_has_console(struct log_finder *fi, const char *path)
{
	struct log_mentions *m = log_file_of(fi, path);
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

const char *
log_mentions_of(struct log_finder *fi, struct log_mentions *m)
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
