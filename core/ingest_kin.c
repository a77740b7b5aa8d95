/* Files that are of no use alone: those that hold one log in turn (feed_files.c), and companions,
 * which wait until their run has a log. */
#include "core/ingest_impl.h"

#include "core/clock.h"
#include "core/run.h"

#include <string.h>
#include <sys/stat.h>

bool
ingest_another_file(struct ingest *in, struct feed *f, const char *path, int64_t order,
		    enum watch_hint hint)
{
	struct stat st;
	bool here = !strcmp(feed_where(f), path);
	if (hint == WATCH_GONE) {
		if (!here)
			feed_file_gone(f, path);
		return !here;
	}
	bool found = hint == WATCH_FOUND, there = stat(path, &st) == 0;
	const struct cursor *c = &f->tail.cur;
	bool same = there && c->ino == st.st_ino && c->dev == st.st_dev;
	bool read = f->kept && found && there && clock_of(st.st_mtim) <= c->mtime_us;
	bool first = !f->files;
	size_t at = feed_file_add(f, path, order, !here && !read && !(same && found), !found);
	if (first || (same && !f->busy)) {
		/* The only one so far, or the one it was read from, perhaps under another name. */
		f->files->at = at;
		f->files->file[at].waits = !same && !read;
		f->reopen = true;
		return read && !same;
	}
	watch_follow(in->watch, path, there ? clock_of(st.st_mtim) : 0);
	if (here || !feed_file_waits(f) || f->list == &in->backlog || f->list == &in->fresh)
		return !here;
	if (f->state == FEED_LOG && !in->initial)
		ingest_enqueue_live(in, f);
	else
		ingest_enqueue_fresh(in, f);
	return true;
}

void
ingest_run_seen(struct ingest *in, const struct feed *f)
{
	struct str run = STR_INIT, path = STR_INIT;
	if (f->state != FEED_LOG || f->ops->companion)
		return;
	feed_run(f, &run);
	bool news = !judge_logged(in->judge, str_c(&run));
	judge_set_logged(in->judge, str_c(&run));
	for (int i = 0; news && run_companions[i]; i++) {
		str_reset(&path);
		str_add(&path, str_c(&run), run.len);
		str_addc(&path, '/');
		str_adds(&path, run_companions[i]);
		struct feed *c = index_get(&in->feeds, str_c(&path), path.len);
		if (c && c->state == FEED_WAITS)
			ingest_enqueue_fresh(in, c);
	}
	str_release(&path);
	str_release(&run);
}

bool
ingest_run_has_log(struct ingest *in, const struct feed *f)
{
	struct str run = STR_INIT;
	feed_run(f, &run);
	bool has = judge_logged(in->judge, str_c(&run));
	str_release(&run);
	return has;
}
