/* A trainer that is killed writes nothing more, and silence takes minutes to mean something. Its
 * process is gone at once: so the processes that have a growing log open for writing are looked for
 * (writer.h), and their end is waited for with a descriptor each, which costs nothing meanwhile.
 *
 * Looking costs a pass over /proc, so it is done on the tick, for all logs that lack a writer
 * together, and ever more rarely for one that nobody holds open: many loggers open their file for
 * each line. An end is told to the sink only after the log was read to its end. */
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

/* Every log that W wrote has a turn, and says so after it. */
static void
end_all(struct ingest *in, const struct writer *w)
{
	size_t at = 0;
	struct feed *f;
	while ((f = map_next(&in->feeds, &at))) {
		if (f->state != FEED_LOG || f->writing.ended_us || !same(&f->writing.by, w))
			continue;
		f->writer_ended = true;
		if (!f->list)
			ingest_enqueue_live(in, f);
	}
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

void
ingest_writer_ended(struct ingest *in, struct feed *f)
{
	struct writing w = f->writing;
	f->writer_ended = false;
	w.ended_us = clock_wall_us();
	feed_writing(&in->env, f, &w);
	f->look_us = f->look_gap_us = 0;
	ingest_touch(in, true);
}

static void
found(struct ingest *in, struct feed *f, const struct writer *by)
{
	struct writing w = {.by = *by};
	feed_writing(&in->env, f, &w);
	ingest_touch(in, true);
	if (!watch_for(in, by)) {
		f->writer_ended = true;
		ingest_enqueue_live(in, f);
	}
}

static bool
lacks_writer(const struct feed *f, int64_t now_us)
{
	return f->state == FEED_LOG && f->opened && now_us >= f->look_us &&
	       (!f->writing.by.pid || f->writing.ended_us);
}

void
ingest_find_writers(struct ingest *in, int64_t now_us)
{
	struct writer_file file[INGEST_HELD];
	struct feed *of[INGEST_HELD];
	size_t n = 0;
	for (size_t i = 0; i < in->nheld; i++) {
		struct feed *f = in->held[i];
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
		f->look_gap_us = f->look_gap_us ? f->look_gap_us * 2 : LOOK_FIRST_US;
		if (f->look_gap_us > LOOK_MOST_US)
			f->look_gap_us = LOOK_MOST_US;
		f->look_us = now_us + f->look_gap_us;
		if (file[i].by.pid || writer_named(feed_where(f), &file[i].by))
			found(in, f, &file[i].by);
	}
}

void
ingest_restore_writers(struct ingest *in)
{
	size_t at = 0;
	struct feed *f;
	if (!in->o.judge)
		return; /* a command that reads for itself: it is gone before they are */
	while ((f = map_next(&in->feeds, &at))) {
		if (f->state != FEED_LOG || !f->writing.by.pid || f->writing.ended_us ||
		    f->writer_ended || watch_for(in, &f->writing.by))
			continue;
		f->writer_ended = true;
		if (!f->list)
			ingest_enqueue_live(in, f);
	}
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
