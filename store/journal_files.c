/* Why this is safe where a database is not, on a home directory that many machines mount:
 *
 * - Each host writes a file of its own, so two clients of a network file system never extend the
 *   same file, whatever their caches believe. (Two hosts of one name are back to the next point.)
 * - Within a host a line is one write() to a descriptor with O_APPEND, under an fcntl lock on the
 *   whole file. The lock orders processes, and on NFS it also makes a client forget what it has
 *   cached, so that the end of the file is where it says. Where locks don't work (NFS mounted
 *   nolock) the single write with O_APPEND still keeps lines of one machine whole.
 * - Nobody trusts the end of a file. A line counts when it is whole; who appends and finds a torn
 *   line before him ends it first: it is then one bad line, and nobody's problem.
 * - Reading takes no lock. What was read half, or will be read twice, doesn't matter: the state is
 *   a maximum (core/journal.h).
 *
 * A file that is another one than last time, or shorter, was put there by a person: everything is
 * read anew, so that what he removed is gone. */
#include "store/journal_files.h"

#include "core/clock.h"
#include "core/xalloc.h"
#include "store/dir.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define SUFFIX ".jsonl"
#define FILE_MAX ((off_t)256 << 20) /* no person writes that much */

enum { LOCK_TRIES = 500, LOCK_PAUSE_MS = 2, HOST_MAX = 64 };

struct file {
	char *name, *host;
	uint64_t dev, ino;
	off_t size, offset; /* when it was looked at last; what need not be read again */
	bool seen;
};

struct journal_files {
	char *dir; /* NULL: there is no place for it */
	char *host;
	struct journal *state;
	struct file *file;
	size_t n, cap;
};

/* ---- names ----------------------------------------------------------------------------------- */

static char *
default_dir(void)
{
	const char *data = getenv("XDG_DATA_HOME"), *home = getenv("HOME");

	if (data && data[0] == '/')
		return xasprintf("%s/mm/journal", data);
	if (home && home[0] == '/')
		return xasprintf("%s/.local/share/mm/journal", home);
	return NULL;
}

/* As a name of a file: what a host is called is up to its owner. */
static char *
this_host(void)
{
	char host[HOST_MAX + 1] = "";

	if (gethostname(host, sizeof host - 1) || !host[0] || host[0] == '.')
		return xstrdup("host");
	for (char *p = host; *p; p++)
		if (!isalnum((unsigned char)*p) && !strchr("-_.", *p))
			*p = '_';
	return xstrdup(host);
}

struct journal_files *
journal_files_new(const char *dir)
{
	struct journal_files *f = xcalloc(1, sizeof *f);

	f->dir = dir ? xstrdup(dir) : default_dir();
	f->host = this_host();
	f->state = journal_new();
	return f;
}

static void
forget_files(struct journal_files *f)
{
	for (size_t i = 0; i < f->n; i++) {
		free(f->file[i].name);
		free(f->file[i].host);
	}
	f->n = 0;
}

void
journal_files_free(struct journal_files *f)
{
	if (!f)
		return;
	forget_files(f);
	free(f->file);
	journal_free(f->state);
	free(f->dir);
	free(f->host);
	free(f);
}

const struct journal *
journal_files_state(const struct journal_files *f)
{
	return f->state;
}

/* ---- reading --------------------------------------------------------------------------------- */

static struct file *
file_named(struct journal_files *f, const char *name)
{
	for (size_t i = 0; i < f->n; i++)
		if (strcmp(f->file[i].name, name) == 0)
			return &f->file[i];
	struct file *file = vec_push(f->file, f->n, f->cap);
	*file = (struct file){.name = xstrdup(name),
			      .host = xstrndup(name, strlen(name) - strlen(SUFFIX))};
	return file;
}

static int
open_file(const struct journal_files *f, const char *name, int flags)
{
	char *path = xasprintf("%s/%s", f->dir, name);
	int fd = open(path, flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
	int why = errno;

	free(path);
	errno = why;
	return fd;
}

/* What FD holds from the offset on goes into the state. Negative: errno. */
static int
read_on(struct journal_files *f, struct file *file, int fd, off_t size)
{
	size_t n = (size_t)(size - file->offset), got = 0;
	char *buf = xmalloc(n + 1);

	while (got < n) {
		ssize_t r = pread(fd, buf + got, n - got, file->offset + (off_t)got);
		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0) {
			free(buf);
			return -1;
		}
		if (r == 0) /* it shrank: next time */
			break;
		got += (size_t)r;
	}
	file->offset += (off_t)journal_read(f->state, file->host, buf, got);
	file->size = size;
	free(buf);
	return 0;
}

/* 0, 1 when what was read of it before is void, or a negative code. */
static int
look(struct journal_files *f, const char *name, struct err *e)
{
	struct file *file = file_named(f, name);
	struct stat sb;
	int fd = open_file(f, name, O_RDONLY), rc = 0;

	file->seen = true;
	if (fd < 0)
		return errno == ENOENT || errno == ELOOP
			       ? 0
			       : err_sys(e, "%s/%s: cannot be read", f->dir, name);
	if (fstat(fd, &sb)) {
		rc = err_sys(e, "%s/%s: cannot be read", f->dir, name);
	} else if (!S_ISREG(sb.st_mode)) {
		rc = 0;
	} else if (file->ino &&
		   (file->ino != sb.st_ino || file->dev != sb.st_dev || sb.st_size < file->size)) {
		rc = 1;
	} else if (sb.st_size > FILE_MAX) {
		rc = err_set(e, ERR_FULL, "%s/%s: too large for a journal", f->dir, name);
	} else {
		file->dev = sb.st_dev;
		file->ino = sb.st_ino;
		/* Also what was torn, or a hole, the last time. */
		if (sb.st_size > file->offset && read_on(f, file, fd, sb.st_size))
			rc = err_sys(e, "%s/%s: cannot be read", f->dir, name);
	}
	close(fd);
	return rc;
}

static bool
is_journal(const char *name)
{
	size_t n = strlen(name), suffix = strlen(SUFFIX);

	return name[0] != '.' && n > suffix && strcmp(name + n - suffix, SUFFIX) == 0;
}

/* 0, 1 when the state is to be made anew, or a negative code after everything else was read. */
static int
look_at_all(struct journal_files *f, DIR *d, struct err *e)
{
	int code = 0;
	bool anew = false;

	for (size_t i = 0; i < f->n; i++)
		f->file[i].seen = false;
	for (struct dirent *de; (de = readdir(d));) {
		int rc = is_journal(de->d_name) ? look(f, de->d_name, e) : 0;
		anew = anew || rc > 0;
		code = rc < 0 ? rc : code;
	}
	for (size_t i = 0; i < f->n; i++)
		anew = anew || !f->file[i].seen;
	return anew ? 1 : code;
}

int
journal_files_refresh(struct journal_files *f, struct err *e)
{
	int code = 1;

	if (!f->dir)
		return 0;
	/* Twice at most: a file that changes all the time is no journal. */
	for (int i = 0; i < 2 && code > 0; i++) {
		DIR *d = opendir(f->dir);
		if (!d && errno != ENOENT && errno != ENOTDIR)
			return err_sys(e, "%s: cannot be read", f->dir);
		code = d ? look_at_all(f, d, e) : f->n > 0;
		if (d)
			closedir(d);
		if (code > 0) {
			forget_files(f);
			journal_clear(f->state);
		}
	}
	return code < 0 ? code : 0;
}

/* ---- writing --------------------------------------------------------------------------------- */

/* A process that was stopped while it wrote must not stop everybody. */
static int
lock(int fd, const char *path, struct err *e)
{
	const struct timespec pause = {0, LOCK_PAUSE_MS * 1000000};

	for (int i = 0; i < LOCK_TRIES; i++) {
		struct flock fl = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
		if (!fcntl(fd, F_OFD_SETLK, &fl))
			return 0;
		if (errno != EAGAIN && errno != EACCES && errno != EINTR)
			return 0; /* no locks here: see above */
		nanosleep(&pause, NULL);
	}
	return err_set(e, ERR_BUSY, "%s: somebody else has it locked", path);
}

static void
unlock(int fd)
{
	struct flock fl = {.l_type = F_UNLCK, .l_whence = SEEK_SET};

	fcntl(fd, F_OFD_SETLK, &fl);
}

/* Does the file end in the middle of a line? */
static bool
torn(int fd)
{
	struct stat sb;
	char last;

	return !fstat(fd, &sb) && sb.st_size > 0 && pread(fd, &last, 1, sb.st_size - 1) == 1 &&
	       last != '\n';
}

static int
write_line(int fd, const struct str *line, const char *path, struct err *e)
{
	ssize_t n;

	do
		n = write(fd, line->buf, line->len);
	while (n < 0 && errno == EINTR);
	if (n >= 0 && (size_t)n < line->len) {
		errno = ENOSPC; /* what was written is a torn line, which the next one ends */
		n = -1;
	}
	return n < 0 ? err_sys(e, "%s: cannot be written", path) : 0;
}

static int
append_locked(struct journal_files *f, int fd, const char *path, const struct journal_topic *t,
	      const struct journal_word *w, int n, struct err *e)
{
	struct err unread;
	struct str line = STR_INIT;

	/* What others wrote last is what a person takes his words to come after. */
	journal_files_refresh(f, &unread);
	int64_t now = clock_wall_us(), after = journal_after_us(f->state, t, w, n);
	if (torn(fd))
		str_addc(&line, '\n');
	journal_line(&line, now > after ? now : after, f->host, t, w, n);
	int code = line.len > JOURNAL_LINE_MAX
			   ? err_set(e, ERR_FULL, "more than %zu KiB cannot be kept as one note",
				     JOURNAL_LINE_MAX >> 10)
			   : write_line(fd, &line, path, e);
	str_release(&line);
	return code;
}

int
journal_files_append(struct journal_files *f, const struct journal_topic *t,
		     const struct journal_word *w, int n, struct err *e)
{
	if (!f->dir)
		return err_set(e, ERR_USAGE,
			       "no HOME: there is no place to keep what you write; set "
			       "XDG_DATA_HOME");
	int code = dir_make(f->dir, e);
	if (code)
		return code;
	char *name = xasprintf("%s" SUFFIX, f->host);
	char *path = xasprintf("%s/%s", f->dir, name);
	int fd = open_file(f, name, O_RDWR | O_APPEND | O_CREAT);
	if (fd < 0)
		code = err_sys(e, "%s: cannot be written", path);
	if (!code)
		code = lock(fd, path, e);
	if (!code) {
		code = append_locked(f, fd, path, t, w, n, e);
		unlock(fd);
	}
	/* The disk takes its time: nobody has to wait for it with us. */
	if (!code && fdatasync(fd))
		code = err_sys(e, "%s: cannot be written", path);
	if (fd >= 0)
		close(fd);
	struct err unread;
	if (!code)
		journal_files_refresh(f, &unread);
	free(path);
	free(name);
	return code;
}
