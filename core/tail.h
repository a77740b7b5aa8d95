/* tail.h - one file that grows: where reading stands, and whether what was read is still what the
 * file holds.
 *
 * A tail has no descriptor of its own and knows no path: it is asked about an open file. It reads
 * with pread alone: a mapped log that is truncated would kill the program. */
#ifndef CORE_TAIL_H
#define CORE_TAIL_H

#include "core/sink.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#define TAIL_HEAD 4096 /* bytes at the beginning and */
#define TAIL_LAST 64   /* bytes before the offset by which a file is known again */
/* how long a file that only shrank is left alone, and zeros that may be a hole */
#define TAIL_JUDGE_US 2000000
/* what was not written to for so long has none; clocks of file servers are no further off */
#define TAIL_OLD_US 60000000

enum tail_verdict {
	TAIL_SAME, /* nothing to read; an empty file too, whatever was there before */
	TAIL_MORE, /* bytes beyond the offset, and what lies before it is what was read */
	/* other content: tail_rewind(), then read from byte 0 and compare with what is kept */
	TAIL_ANEW,
	TAIL_WAIT, /* it shrank a moment ago: ask again after TAIL_JUDGE_US, or when it grows */
};

/* What is known of the end of a file while it is read. */
struct tail_end {
	unsigned char last[TAIL_LAST]; /* the bytes of fp.tail */
	/* monotonic; when it was first seen shorter than the offset; 0: it isn't */
	int64_t shrunk_us;
	uint64_t shrunk_to;
	/* What may be a hole (hole.h): where it begins, and since when it has stood there with
	 * something behind it (monotonic; 0: there is none); where then ended what is no zero. */
	uint64_t hole, hole_end;
	int64_t hole_us;
	uint64_t settled; /* bytes before this are there to stay */
};

struct tail {
	struct cursor cur;    /* state stays NULL */
	struct tail_end *end; /* NULL: it rests, and the bytes are read again when needed */
};

/* Offset 0, nothing known. */
void tail_init(struct tail *t);
void tail_release(struct tail *t);
/* As it was kept. T was initialised. */
void tail_restore(struct tail *t, const struct cursor *c);
/* Nothing will come for a while: a third of it is needed no more, unless a judgement is due. */
void tail_rest(struct tail *t);
/* What became of the file, now open as FD and described by ST. Remembers its inode, size and mtime.
 * TOLD: somebody said that it was modified, so it is compared even if size and mtime are as they
 * were (a clock tick is 4 ms). Negative: errno of a read that failed. NOW_US is monotonic. */
int tail_look(struct tail *t, int fd, const struct stat *st, bool told, int64_t now_us,
	      enum tail_verdict *verdict);
/* When to look again though nothing happens, because a judgement is due then; 0: never. */
int64_t tail_due_us(const struct tail *t, int64_t now_us);
/* The file (FD, ST) holds what was read up to C: what makes another path a moved log. */
bool tail_is(const struct cursor *c, int fd, const struct stat *st);
void tail_rewind(struct tail *t);

/* Reads at the offset. Returns bytes (0: there are none) or -1 with errno. */
ssize_t tail_read(struct tail *t, int fd, char *buf, size_t n);
/* Where the first byte of a file of SIZE at or behind AT stands that is not in a hole of the file
 * itself; where the file system doesn't know of any, AT. */
uint64_t tail_data_from(int fd, uint64_t at, uint64_t size);
/* Bytes of the file before this are there to stay, zeros too. */
uint64_t tail_settled(const struct tail *t);
/* The last byte that was taken is a zero. */
bool tail_stands_in_zeros(const struct tail *t);
/* With how many zeros that are there to stay the N bytes begin that tail_read() gave. */
size_t tail_zeros(const struct tail *t, const char *buf, size_t n);
/* Nothing but zeros was taken: goes over more of them as far as the file itself has a hole there,
 * by whole blocks. */
void tail_skip(struct tail *t, int fd);
/* How many of the N bytes of a text that tail_read() gave stand before a hole. */
size_t tail_before_hole(const struct tail *t, const char *buf, size_t n);
/* The reader stopped for what may be a hole: zeros from byte AT of the file on. BUF is what
 * tail_read() gave, N bytes; AGE_US: for how long the file was not written to. True: they are there
 * to stay, for they have stood there for TAIL_JUDGE_US with something behind them, or for
 * TAIL_OLD_US nobody wrote, and SETTLED is behind them. False: they may be filled, which
 * tail_due_us() waits for if something stands behind them; or there is nothing to wait for. */
bool tail_settles(struct tail *t, int fd, const char *buf, size_t n, uint64_t at, int64_t now_us,
		  int64_t age_us);
/* Something stands behind a hole that was met. */
bool tail_waits(const struct tail *t);
/* It did not stop. */
void tail_no_hole(struct tail *t);
/* The first N of the bytes that tail_read() gave became records: moves the offset and the
 * fingerprint. */
void tail_took(struct tail *t, const char *buf, size_t n);

#endif
