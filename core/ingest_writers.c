/* A trainer that is killed writes nothing more, and silence takes minutes to mean something. Its
 * process is gone at once: so the processes that have a growing log open for writing are looked for
 * (writer.h), and their end is waited for with a descriptor each, which costs nothing meanwhile.
 *
 * Looking costs a pass over /proc, so it is done on the tick, for all logs that lack a writer
 * together, and ever more rarely for one that nobody holds open: many loggers open their file for
 * each line. An end is told to the sink only after the log was read to its end.
 *
 * A descriptor is inherited: what a shell or a trainer runs for a moment has its log open too, and
 * was perhaps taken for the trainer. So when somebody older has the file open still, an end is in
 * doubt: who is left is the writer if the log grows, and where it stays silent for longer than
 * usual (it was the trainer, and a shell around it goes on), the end is told after all. */
#include "core/ingest_impl.h"

#include "core/clock.h"
#include "core/xalloc.h"

#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

enum {
	LOOK_FIRST_US = 5 * 1000000, /* after the first look in vain */
	LOOK_MOST_US = 600 * 1000000,
	WATCHED = 256, /* descriptors at most; the end of others is noticed at the next start */
};

struct writer_watch {
	int fd;
	struct writer w;
};

static bool
same(const struct writer *a, const struct writer *b)
{
	return a->pid == b->pid && a->start == b->start && a->boot == b->boot;
}

static void
watch_drop(struct ingest *in, size_t i)
{
	loop_fd_remove(in->loop, in->writers[i].fd);
	close(in->writers[i].fd);
	in->writers[i] = in->writers[--in->nwriters];
}

/* Logs whose writers have ended: each has a turn, and says so after it. One pass over /proc tells
 * who is left, however many they are. */
struct ended {
	struct feed **feed;
	struct writer_file *file;
	size_t n, feed_cap, file_cap;
};

static void
ended_add(struct ended *e, struct feed *f)
{
	size_t n = e->n;
	*vec_push(e->feed, n, e->feed_cap) = f;
	*vec_push(e->file, e->n, e->file_cap) =
		(struct writer_file){.dev = f->tail.cur.dev,
				     .ino = f->tail.cur.ino,
				     .before = f->writer->writing.by};
}

static void
ended_tell(struct ingest *in, struct ended *e)
{
	writer_find(e->file, e->n);
	for (size_t i = 0; i < e->n; i++) {
		struct feed *f = e->feed[i];
		f->writer->left = e->file[i].by;
		f->writer_ended = true;
		if (!f->list)
			ingest_enqueue_live(in, f);
	}
	free(e->feed);
	free(e->file);
}

/* W, if not NULL, writes F as far as is known; else somebody. */
static bool
is_written_by(const struct feed *f, const struct writer *w)
{
	const struct writing *now = f->writer ? &f->writer->writing : NULL;
	return f->state == FEED_LOG && now && now->by.pid && !now->ended_us &&
	       (!w || same(&now->by, w));
}

static void
end_all(struct ingest *in, const struct writer *w)
{
	struct ended e = {0};
	size_t at = 0;
	struct feed *f;
	while ((f = index_next(&in->feeds, &at)))
		if (is_written_by(f, w))
			ended_add(&e, f);
	ended_tell(in, &e);
}

static void
on_end(void *ctx, int fd, uint32_t events)
{
	struct ingest *in = ctx;
	(void)events;
	for (size_t i = 0; i < in->nwriters; i++) {
		if (in->writers[i].fd != fd)
			continue;
		struct writer w = in->writers[i].w;
		watch_drop(in, i);
		end_all(in, &w);
		return;
	}
}

/* False: it has ended already. */
static bool
watch_for(struct ingest *in, const struct writer *w)
{
	for (size_t i = 0; i < in->nwriters; i++)
		if (same(&in->writers[i].w, w))
			return true;
	if (in->nwriters == WATCHED)
		return true;
	int fd = writer_watch(w);
	if (fd < 0)
		return writer_alive(w);
	*vec_push(in->writers, in->nwriters, in->writers_cap) = (struct writer_watch){fd, *w};
	loop_fd(in->loop, fd, EPOLLIN, on_end, in);
	return true;
}

static void
tell_end(struct ingest *in, struct feed *f, const struct writing *w)
{
	feed_writing(&in->env, f, w);
	f->writer->doubt = (struct writing){0};
	f->writer->look_us = f->writer->look_gap_us = 0;
	ingest_touch(in, true);
}

/* W was left when the one before him ended; if he has ended meanwhile, somebody older. */
static bool
somebody_left(struct ingest *in, const struct feed *f, struct writer *w)
{
	struct writer_file file = {.dev = f->tail.cur.dev, .ino = f->tail.cur.ino};
	while (w->pid && !watch_for(in, w)) {
		file.before = *w;
		writer_find(&file, 1);
		*w = file.by;
	}
	return w->pid != 0;
}

void
ingest_writer_ended(struct ingest *in, struct feed *f)
{
	struct writing w = f->writer->writing, left = {.by = f->writer->left};
	f->writer_ended = false;
	f->writer->ended_at = f->tail.cur.offset;
	w.ended_us = clock_wall_us();
	if (somebody_left(in, f, &left.by)) {
		tell_end(in, f, &left);
		f->writer->doubt = w;
	} else {
		tell_end(in, f, &w);
	}
}

/* Did it end, of which others are left? */
static void
settle(struct ingest *in, struct feed *f)
{
	struct feed_writer *fw = f->writer;
	struct str run = STR_INIT;
	feed_run(f, &run);
	if (f->tail.cur.offset != fw->ended_at) {
		fw->doubt = (struct writing){0};
	} else if (clock_wall_us() - fw->doubt.ended_us >= judge_quiet_us(in->judge, str_c(&run))) {
		struct writing w = fw->doubt;
		tell_end(in, f, &w);
	}
	str_release(&run);
}

static void
found(struct ingest *in, struct feed *f, const struct writer *by)
{
	struct writing w = {.by = *by};
	feed_writing(&in->env, f, &w);
	ingest_touch(in, true);
	if (!watch_for(in, by)) {
		struct ended e = {0};
		ended_add(&e, f);
		ended_tell(in, &e);
	}
}

static bool
lacks_writer(const struct feed *f, int64_t now_us)
{
	const struct feed_writer *fw = f->writer;
	if (f->state != FEED_LOG || !f->opened)
		return false;
	if (!fw)
		return true;
	/* After an end somebody else writes it only if it has grown. */
	return now_us >= fw->look_us &&
	       (!fw->writing.by.pid ||
		(fw->writing.ended_us && f->tail.cur.offset != fw->ended_at));
}

void
ingest_find_writers(struct ingest *in, int64_t now_us)
{
	struct writer_file file[INGEST_HELD];
	struct feed *of[INGEST_HELD];
	size_t n = 0;
	for (size_t i = 0; i < in->nheld; i++) {
		struct feed *f = in->held[i];
		if (f->writer && f->writer->doubt.by.pid)
			settle(in, f);
		if (!lacks_writer(f, now_us))
			continue;
		file[n] = (struct writer_file){.dev = f->tail.cur.dev, .ino = f->tail.cur.ino};
		of[n++] = f;
	}
	if (!n)
		return;
	writer_find(file, n);
	for (size_t i = 0; i < n; i++) {
		struct feed *f = of[i];
		struct feed_writer *fw = feed_writer(f);
		fw->look_gap_us = fw->look_gap_us ? fw->look_gap_us * 2 : LOOK_FIRST_US;
		if (fw->look_gap_us > LOOK_MOST_US)
			fw->look_gap_us = LOOK_MOST_US;
		fw->look_us = now_us + fw->look_gap_us;
		if (file[i].by.pid || writer_named(feed_where(f), &file[i].by))
			found(in, f, &file[i].by);
	}
}

void
ingest_restore_writers(struct ingest *in)
{
	struct ended e = {0};
	size_t at = 0;
	struct feed *f;
	if (!in->o.judge)
		return; /* a command that reads for itself: it is gone before they are */
	while ((f = index_next(&in->feeds, &at)))
		if (is_written_by(f, NULL) && !f->writer_ended &&
		    !watch_for(in, &f->writer->writing.by))
			ended_add(&e, f);
	ended_tell(in, &e);
}

void
ingest_forget_writers(struct ingest *in)
{
	while (in->nwriters)
		watch_drop(in, 0);
	free(in->writers);
	in->writers = NULL;
	in->writers_cap = 0;
}
