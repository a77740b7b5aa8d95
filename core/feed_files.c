/* Hugging Face's Trainer writes the whole history of a training into each checkpoint and, at its
 * end, into the output directory; old checkpoints are deleted. So these files are one log, called
 * DIR/trainer_state.json whether there is such a file or not, and it is at one time in this file
 * and at another in that.
 *
 * A file that is new is read from its beginning and compared with what is kept, like any log whose
 * content changed. Three things can come of it. It says less (an older state, or a training that
 * was resumed and has just saved): nothing changes, and what is kept stays. It says more: the rest
 * is new. It says something else from some row on: a training that was resumed from an earlier
 * checkpoint has gone another way, and what it replaces is superseded. So nothing is doubled, and
 * nothing is lost when checkpoints are deleted.
 *
 * For the last case the order matters: files are read from the oldest to the newest, by the time of
 * their last change. In a copied tree these times say nothing, but then one file says more than the
 * other and the order is of no matter. If an older file turns up after a newer one was read, the
 * newer is read again behind it. One that is much older and by its number an earlier state is not
 * read at all. */
#include "core/feed.h"

#include "core/clock.h"
#include "core/xalloc.h"

#include <stdlib.h>
#include <string.h>

#define MUCH_OLDER_US (60 * INT64_C(1000000))

const char *
feed_where(const struct feed *f)
{
	return f->files ? f->files->file[f->files->at].path : f->path;
}

void
feed_files_release(struct feed *f)
{
	struct feed_files *fs = f->files;
	for (size_t i = 0; fs && i < fs->n; i++)
		free(fs->file[i].path);
	if (fs)
		free(fs->file);
	free(fs);
	f->files = NULL;
}

size_t
feed_file_add(struct feed *f, const char *path, int64_t order, bool waits, bool live)
{
	size_t i = 0;
	if (!f->files)
		f->files = xcalloc(1, sizeof *f->files);
	struct feed_files *fs = f->files;
	while (i < fs->n && strcmp(fs->file[i].path, path) != 0)
		i++;
	if (i == fs->n)
		*vec_push(fs->file, fs->n, fs->cap) =
			(struct feed_file){.path = xstrdup(path), .order = order};
	fs->file[i].waits |= waits;
	fs->file[i].live |= live;
	return i;
}

static void
drop(struct feed_files *fs, size_t i)
{
	free(fs->file[i].path);
	memmove(fs->file + i, fs->file + i + 1, (fs->n - 1 - i) * sizeof *fs->file);
	fs->n--;
	if (fs->at > i || fs->at == fs->n)
		fs->at -= fs->at > 0;
}

static int64_t
changed_us(const struct feed_file *m)
{
	struct stat st;
	if (stat(m->path, &st) < 0)
		return INT64_MIN;
	return clock_of(st.st_mtim);
}

/* The newest of them; N: none is there. */
static size_t
newest(const struct feed_files *fs, int64_t *us)
{
	size_t best = fs->n;
	*us = INT64_MIN;
	for (size_t i = 0; i < fs->n; i++) {
		int64_t t = changed_us(fs->file + i);
		if (t > *us || (best < fs->n && t == *us && t != INT64_MIN &&
				fs->file[i].order > fs->file[best].order)) {
			best = i;
			*us = t;
		}
	}
	return best;
}

bool
feed_file_gone(struct feed *f, const char *path)
{
	int64_t us;
	bool current = false;
	struct feed_files *fs = f->files;
	for (size_t i = fs ? fs->n : 0; i-- > 0;) {
		if (strcmp(fs->file[i].path, path) != 0)
			continue;
		current = i == fs->at;
		drop(fs, i);
	}
	if (fs && !fs->n)
		feed_files_release(f);
	if (!f->files)
		return false;
	if (!current)
		return true;
	size_t i = newest(fs, &us);
	fs->at = i < fs->n ? i : 0;
	f->reopen = true;
	f->busy = false;
	return i < fs->n;
}

bool
feed_file_waits(const struct feed *f)
{
	const struct feed_files *fs = f->files;
	for (size_t i = 0; fs && i < fs->n; i++)
		if (fs->file[i].waits)
			return true;
	return false;
}

/* The oldest of those that wait and are worth reading; N: none. */
static size_t
oldest_waiting(struct feed_files *fs, int64_t *us)
{
	int64_t newest_us;
	size_t best = fs->n, top = newest(fs, &newest_us);
	*us = INT64_MAX;
	for (size_t i = 0; i < fs->n; i++) {
		struct feed_file *m = fs->file + i;
		int64_t t = m->waits ? changed_us(m) : INT64_MIN;
		if (t == INT64_MIN) {
			m->waits = false;
			continue;
		}
		if (!m->live && t < newest_us - MUCH_OLDER_US && m->order <= fs->file[top].order) {
			m->waits = false;
			continue;
		}
		if (t < *us || (t == *us && m->order < fs->file[best].order)) {
			best = i;
			*us = t;
		}
	}
	return best;
}

bool
feed_file_next(struct feed *f)
{
	int64_t us;
	struct feed_files *fs = f->files;
	if (f->busy || !feed_file_waits(f))
		return false;
	size_t i = oldest_waiting(fs, &us);
	if (i == fs->n)
		return false;
	bool read = f->tail.cur.offset > 0;
	if (i != fs->at && read && us < f->tail.cur.mtime_us && !fs->file[i].live)
		fs->file[fs->at].waits = true; /* again, behind the older one */
	f->first = f->first || !fs->file[i].live;
	f->told = true;
	f->reopen = f->reopen || i != fs->at;
	fs->at = i;
	f->busy = true;
	fs->file[i].waits = fs->file[i].live = false;
	return true;
}
