/* The text only ever grows, as a terminal's would: a piece is appended as it was written, with its
 * carriage returns, and who shows a line shows its last state. Of the states of a bar that came in
 * one piece the last is enough. Where the other stream begins while a line has no end, it gets one.
 *
 * Past MOST bytes the text begins anew: the newest output is what somebody looks for. */
#include "core/wandb_text.h"

#include "core/clock.h"
#include "core/crc32c.h"
#include "core/source.h"
#include "core/stamp.h"
#include "core/tail.h"
#include "core/wandb_impl.h"
#include "core/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
	HEADER = 7,       /* bytes before the first record */
	KEPT = 16,        /* files whose text is kept */
	READ = 256 << 10, /* bytes at once, unless a record has more */
	HEAD = 256,       /* as log_file.c has it */
	LOOK = 2 << 20,   /* bytes in which something printed is looked for */
};

#define MOST (UINT64_C(1) << 30)

struct wandb_text {
	char *path;
	uint64_t used;
	/* the file, and how far it is read */
	uint64_t dev, ino, offset;
	uint32_t head;
	struct leveldb_log log;
	struct tail tail; /* what of it may be a hole: nothing else of this is used */
	char *buf;
	size_t cap;
	/* what is made of it */
	int fd;
	uint64_t size;
	bool begun;    /* a line that has no end yet, of STREAM */
	bool returned; /* and what follows overwrites it */
	size_t stream;
	int32_t tz_offset_s;
	struct str out; /* not written yet */
	bool any;
};

static bool
is_wandb(int fd)
{
	static const char header[HEADER] = ":W&B\xE1\xBE";
	char head[HEADER];
	return pread(fd, head, HEADER, 0) == HEADER && !memcmp(head, header, HEADER - 1);
}

/* -- the text --------------------------------------------------------------------------------- */

static int
spool_open(void)
{
	const char *dir = getenv("TMPDIR");
	const char *const dirs[] = {dir && *dir ? dir : "/var/tmp", "/var/tmp", "/tmp"};
	int fd = -1;
	for (int i = 0; i < 3 && fd < 0; i++) {
		fd = open(dirs[i], O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
		if (fd >= 0)
			break;
		char *name = xasprintf("%s/mm.XXXXXX", dirs[i]);
		fd = mkostemp(name, O_CLOEXEC);
		if (fd >= 0)
			unlink(name);
		free(name);
	}
	return fd;
}

/* False: there is no room for it. */
static bool
flush(struct wandb_text *t)
{
	size_t at = 0;
	while (t->fd >= 0 && at < t->out.len) {
		ssize_t n = pwrite(t->fd, t->out.buf + at, t->out.len - at, (off_t)(t->size + at));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		at += (size_t)n;
	}
	t->size += t->out.len;
	str_reset(&t->out);
	return true;
}

static void
add_time(struct wandb_text *t, int64_t wall_us)
{
	struct tm tm;
	char text[32];
	time_t at = (time_t)(wall_us / 1000000);
	if (!wall_us)
		return;
	if (t->tz_offset_s != STAMP_LOCAL)
		at += t->tz_offset_s;
	if (!(t->tz_offset_s == STAMP_LOCAL ? localtime_r(&at, &tm) : gmtime_r(&at, &tm)))
		return;
	strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &tm);
	str_addf(&t->out, "\033[2m%s\033[0m ", text);
}

/* [P, END) is (a piece of) a line, without what ends it. */
static void
add_line(struct wandb_text *t, const struct wandb_piece *piece, const char *p, const char *end)
{
	const char *last = end;
	while (last > p && last[-1] == '\r')
		last--;
	const char *state = memrchr(p, '\r', (size_t)(last - p));
	bool back = state || *p == '\r';
	if (back && t->begun && !t->returned)
		str_addc(&t->out, '\r');
	if (!t->begun || back || t->returned)
		add_time(t, piece->wall_us);
	p = state ? state + 1 : p;
	str_add(&t->out, p, (size_t)(last - p));
	t->returned = last < end;
	if (t->returned)
		str_addc(&t->out, '\r');
	t->begun = true;
	t->stream = piece->stream;
}

static void
add_piece(struct wandb_text *t, const struct wandb_piece *piece, bool whole_lines)
{
	const char *p = piece->text, *end = p + piece->n;
	if (t->begun && t->stream != piece->stream && p < end) {
		str_addc(&t->out, '\n');
		t->begun = t->returned = false;
	}
	while (p < end) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		if (nl != p)
			add_line(t, piece, p, nl ? nl : end);
		else if (!t->begun)
			add_time(t, piece->wall_us);
		if (!nl)
			break;
		str_addc(&t->out, '\n');
		t->begun = t->returned = false;
		p = nl + 1;
	}
	if (whole_lines && t->begun) {
		str_addc(&t->out, '\n');
		t->begun = t->returned = false;
	}
	t->any |= piece->n > 0;
}

/* -- the records ------------------------------------------------------------------------------ */

static void
read_record(struct wandb_text *t, const char *p, size_t n)
{
	struct pb m, inner;
	struct pb_field f;
	struct wandb_piece piece;
	pb_init(&m, p, n, n);
	while (pb_next(&m, &f)) {
		if (f.type != PB_BYTES ||
		    (f.number != WANDB_OUTPUT && f.number != WANDB_OUTPUT_RAW))
			continue;
		pb_init(&inner, f.bytes, f.n, f.n);
		if (wandb_piece_read(&inner, &piece))
			add_piece(t, &piece, f.number == WANDB_OUTPUT);
	}
}

/* The N bytes at REST, up to where they were read, were left for what may be a hole (hole.h). True:
 * it is none. */
static bool
no_hole(struct wandb_text *t, int fd, const char *rest, size_t n)
{
	struct stat st;
	if (fstat(fd, &st) < 0)
		return false;
	int64_t written_us = clock_of(st.st_mtim);
	t->tail.cur.offset = t->offset;
	t->tail.cur.size = (uint64_t)st.st_size;
	return tail_settles(&t->tail, fd, rest, n, t->log.hole.at, clock_mono_us(),
			    clock_wall_us() - written_us);
}

/* One portion of FD; false: nothing more is there now. */
static bool
read_portion(struct wandb_text *t, int fd)
{
	if (!t->buf)
		t->buf = xmalloc(t->cap = READ);
	ssize_t n = pread(fd, t->buf, t->cap, (off_t)t->offset);
	if (n <= 0)
		return false;
	size_t at = 0;
	enum leveldb_what what;
	t->log.hole = (struct hole){.settled = tail_settled(&t->tail)};
	do {
		what = leveldb_log_next(&t->log, t->buf + at, (size_t)n - at, t->offset + at,
					false);
		at += t->log.took;
		if (what == LEVELDB_RECORD)
			read_record(t, t->log.record, t->log.n);
	} while (what != LEVELDB_MORE);
	t->offset += at;
	if (t->log.hole.holds)
		return no_hole(t, fd, t->buf + at, (size_t)n - at);
	if (at == 0 && (size_t)n < t->cap)
		return false;
	/* A record that is longer than all that was read. */
	if (at == 0 && t->cap < 2 * (size_t)SOURCE_MAX_RECORD)
		t->buf = xrealloc(t->buf, t->cap *= 2);
	return at > 0 || (size_t)n == t->cap / 2;
}

static void
begin(struct wandb_text *t)
{
	leveldb_log_release(&t->log);
	leveldb_log_init(&t->log, SOURCE_MAX_RECORD);
	tail_release(&t->tail);
	tail_init(&t->tail);
	t->offset = HEADER;
	t->size = 0;
	t->begun = t->returned = false;
	str_reset(&t->out);
	if (t->fd >= 0 && ftruncate(t->fd, 0) < 0) {
		close(t->fd);
		t->fd = -1;
	}
}

static void
text_free(struct wandb_text *t)
{
	leveldb_log_release(&t->log);
	tail_release(&t->tail);
	if (t->fd >= 0)
		close(t->fd);
	str_release(&t->out);
	free(t->buf);
	free(t->path);
	free(t);
}

void
wandb_texts_release(struct wandb_texts *ts)
{
	struct wandb_text *t;
	for (size_t at = 0; (t = map_next(&ts->at, &at));)
		text_free(t);
	map_release(&ts->at);
	*ts = (struct wandb_texts){.uses = 0};
}

static struct wandb_text *
text_of(struct wandb_texts *ts, const char *path)
{
	struct wandb_text *t = map_get(&ts->at, path, strlen(path)), *other, *oldest = NULL;
	size_t n = 0;
	if (!t) {
		for (size_t at = 0; (other = map_next(&ts->at, &at)); n++)
			if (!oldest || other->used < oldest->used)
				oldest = other;
		if (n >= KEPT) {
			map_remove(&ts->at, oldest->path, strlen(oldest->path));
			text_free(oldest);
		}
		t = xcalloc(1, sizeof *t);
		t->path = xstrdup(path);
		t->fd = -1;
		map_put(&ts->at, path, strlen(path), t);
	}
	t->used = ++ts->uses;
	return t;
}

/* Reads on; false: there was no more. */
static bool
go_on(struct wandb_text *t, int fd, int64_t until_us)
{
	bool more;
	do {
		more = read_portion(t, fd);
		if (t->size + t->out.len > MOST) {
			struct str kept = t->out;
			t->out = (struct str)STR_INIT;
			t->size = 0;
			if (ftruncate(t->fd, 0) == 0)
				str_adds(&t->out, "(what was printed before is left out)\n");
			str_add(&t->out, kept.buf, kept.len);
			str_release(&kept);
		}
		if (!flush(t))
			return false;
	} while (more && clock_mono_us() < until_us);
	return more;
}

static void
take_size(struct log_file *f, const struct wandb_text *t)
{
	char head[HEAD];
	f->size = t->size;
	f->head = 0;
	if (f->size >= HEAD && pread(f->fd, head, HEAD, 0) == HEAD)
		f->head = crc32c(0, head, HEAD) | 1;
}

int
wandb_texts_open(struct wandb_texts *ts, struct log_file *f, const char *path, int32_t tz_offset_s,
		 int64_t until_us, struct err *e)
{
	int code = log_file_open(f, path, e);
	if (code < 0 || !is_wandb(f->fd))
		return code;
	struct wandb_text *t = text_of(ts, path);
	bool same = t->fd >= 0 && t->dev == f->dev && t->ino == f->ino && f->size >= t->offset &&
		    (!t->head || t->head == f->head) && t->tz_offset_s == tz_offset_s;
	if (!same) {
		begin(t);
		t->tz_offset_s = tz_offset_s;
	}
	if (t->fd < 0)
		t->fd = spool_open();
	t->dev = f->dev;
	t->ino = f->ino;
	t->head = f->head;
	bool more = t->fd >= 0 && go_on(t, f->fd, until_us);
	int fd = t->fd < 0 ? -1 : fcntl(t->fd, F_DUPFD_CLOEXEC, 0);
	if (fd < 0 || t->out.len) {
		if (fd >= 0)
			close(fd);
		log_file_close(f);
		return err_set(e, ERR_SYS,
			       "%s: what was printed can't be kept in $TMPDIR or /var/tmp", path);
	}
	close(f->fd);
	f->fd = fd;
	f->more = more;
	take_size(f, t);
	return 0;
}

bool
wandb_text_has(const char *path)
{
	struct wandb_text *t = xcalloc(1, sizeof *t);
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	t->fd = -1;
	if (fd >= 0 && is_wandb(fd)) {
		begin(t);
		while (!t->any && t->offset < LOOK && read_portion(t, fd))
			str_reset(&t->out);
	}
	if (fd >= 0)
		close(fd);
	bool any = t->any;
	text_free(t);
	return any;
}
