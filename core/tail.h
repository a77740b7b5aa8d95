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

#define TAIL_HEAD 4096        /* bytes at the beginning and */
#define TAIL_LAST 64          /* bytes before the offset by which a file is known again */
#define TAIL_JUDGE_US 2000000 /* how long a file that only shrank is left alone */

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
	int64_t hole_us; /* since when zeros have stood at HOLE; 0: none */
	uint64_t hole;
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

/* Reads at the offset. HOLE zeros in a row end what is given (0: they never do): a hole that a
 * network file system has yet to fill, or the blocks that a crash left. Zeros with other bytes
 * behind them are given after TAIL_JUDGE_US all the same: then they are what the file says. Returns
 * bytes (0: nothing yet) or -1 with errno. */
ssize_t tail_read(struct tail *t, int fd, char *buf, size_t n, unsigned hole, int64_t now_us);
/* Of a binary format: its reader stands before a record's length of zeros with other bytes behind
 * them. True: they have stood there for TAIL_JUDGE_US, or the file has not changed for as long. */
bool tail_is_no_hole(struct tail *t, int64_t now_us, int64_t age_us);
/* It stands before no zeros. */
void tail_no_zeros(struct tail *t);
/* The first N of the bytes that tail_read() gave became records: moves the offset and the
 * fingerprint. */
void tail_took(struct tail *t, const char *buf, size_t n);

#endif
