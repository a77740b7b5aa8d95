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

#include "core/xalloc.h"

#include <stdlib.h>
#include <string.h>

#define MUCH_OLDER_US (60 * INT64_C(1000000))

const char *
feed_where(const struct feed *f)
{
	return f->nfile ? f->file[f->at].path : f->path;
}

void
feed_files_release(struct feed *f)
{
	for (size_t i = 0; i < f->nfile; i++)
		free(f->file[i].path);
	free(f->file);
	f->file = NULL;
	f->nfile = f->file_cap = f->at = 0;
}

size_t
feed_file_add(struct feed *f, const char *path, int64_t order, bool waits, bool live)
{
	size_t i = 0;
	while (i < f->nfile && strcmp(f->file[i].path, path) != 0)
		i++;
	if (i == f->nfile)
		*vec_push(f->file, f->nfile, f->file_cap) =
			(struct feed_file){.path = xstrdup(path), .order = order};
	f->file[i].waits |= waits;
	f->file[i].live |= live;
	return i;
}

static void
drop(struct feed *f, size_t i)
{
	free(f->file[i].path);
	memmove(f->file + i, f->file + i + 1, (f->nfile - 1 - i) * sizeof *f->file);
	f->nfile--;
	if (f->at > i || f->at == f->nfile)
		f->at -= f->at > 0;
}

static int64_t
changed_us(const struct feed_file *m)
{
	struct stat st;
	if (stat(m->path, &st) < 0)
		return INT64_MIN;
	return (int64_t)st.st_mtim.tv_sec * 1000000 + st.st_mtim.tv_nsec / 1000;
}

/* The newest of its files; NFILE: none is there. */
static size_t
newest(const struct feed *f, int64_t *us)
{
	size_t best = f->nfile;
	*us = INT64_MIN;
	for (size_t i = 0; i < f->nfile; i++) {
		int64_t t = changed_us(f->file + i);
		if (t > *us || (best < f->nfile && t == *us && t != INT64_MIN &&
				f->file[i].order > f->file[best].order)) {
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
	for (size_t i = f->nfile; i-- > 0;) {
		if (strcmp(f->file[i].path, path) != 0)
			continue;
		current = i == f->at;
		drop(f, i);
	}
	if (!f->nfile)
		return false;
	if (!current)
		return true;
	size_t i = newest(f, &us);
	f->at = i < f->nfile ? i : 0;
	f->reopen = true;
	f->busy = false;
	return i < f->nfile;
}

bool
feed_file_waits(const struct feed *f)
{
	for (size_t i = 0; i < f->nfile; i++)
		if (f->file[i].waits)
			return true;
	return false;
}

/* The oldest of those that wait and are worth reading; NFILE: none. */
static size_t
oldest_waiting(struct feed *f, int64_t *us)
{
	int64_t newest_us;
	size_t best = f->nfile, top = newest(f, &newest_us);
	*us = INT64_MAX;
	for (size_t i = 0; i < f->nfile; i++) {
		struct feed_file *m = f->file + i;
		int64_t t = m->waits ? changed_us(m) : INT64_MIN;
		if (t == INT64_MIN) {
			m->waits = false;
			continue;
		}
		if (!m->live && t < newest_us - MUCH_OLDER_US && m->order <= f->file[top].order) {
			m->waits = false;
			continue;
		}
		if (t < *us || (t == *us && m->order < f->file[best].order)) {
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
	if (f->busy || !feed_file_waits(f))
		return false;
	size_t i = oldest_waiting(f, &us);
	if (i == f->nfile)
		return false;
	bool read = f->tail.cur.offset > 0;
	if (i != f->at && read && us < f->tail.cur.mtime_us && !f->file[i].live)
		f->file[f->at].waits = true; /* again, behind the older one */
	f->first = f->first || !f->file[i].live;
	f->told = true;
	f->reopen = f->reopen || i != f->at;
	f->at = i;
	f->busy = true;
	f->file[i].waits = f->file[i].live = false;
	return true;
}
