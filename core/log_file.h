/* log_file.h - a text file by lines, from any place in it, however long it or they are.
 *
 * A line ends behind its line feed. One that is longer than a block is several: it is also cut at a
 * multiple of the block's size when the block before that has no line feed in it. So where lines
 * begin can be told from any place by looking at two blocks, going forth or back; a line is shorter
 * than two blocks. */
#ifndef CORE_LOG_FILE_H
#define CORE_LOG_FILE_H

#include "core/err.h"
#include "core/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LOG_BLOCK (1u << 20)
#define LOG_CHUNK (128u << 10) /* bytes that are read at once */

struct log_chunk {
	uint64_t at; /* its number, from 1; 0: none */
	size_t len;
	char *buf;
};

struct log_file {
	int fd;         /* -1: closed */
	uint64_t size;  /* when it was opened: what comes later is not looked at */
	uint64_t block; /* LOG_BLOCK; tests have smaller ones */
	uint32_t unit;  /* LOG_CHUNK; less where many files are read from, before any is */
	uint64_t dev, ino;
	/* of the first bytes, once there are enough: another file, or one that began anew, has
	 * another; 0: too few */
	uint32_t head;
	bool wide; /* it is UTF-16, by its first two bytes; BIG: the high byte first */
	bool big;
	bool more;   /* it is made from another file, of which there is more to come at once */
	bool failed; /* something could not be read, and was taken for the end */
	struct log_chunk chunk[2];
	struct str line, text;
};

/* For reading, and only when it is a regular file. ERR_NOTFOUND: there is none. */
int log_file_open(struct log_file *f, const char *path, struct err *e);
void log_file_close(struct log_file *f);

/* Where the line begins that holds byte AT (0 … SIZE; SIZE: the one that has yet to end). */
uint64_t log_file_start(struct log_file *f, uint64_t at);
/* Where the line that begins at START ends, its line feed included; START when there is none. */
uint64_t log_file_end(struct log_file *f, uint64_t start);
/* The bytes [FROM, TO), at most two blocks; *P lives until the next call. Fewer at the end. */
size_t log_file_bytes(struct log_file *f, uint64_t from, uint64_t to, const char **p);
/* What is at hand around AT without copying: bytes from there on, or before it; at most
 * LOG_CHUNK. */
size_t log_file_from(struct log_file *f, uint64_t at, const char **p);
size_t log_file_before(struct log_file *f, uint64_t at, const char **p);
/* The line [START, END) without what ends it, as UTF-8 where the file is UTF-16; of one that is overwritten again and again no more
 * than its last states. */
size_t log_file_line(struct log_file *f, uint64_t start, uint64_t end, const char **p);

#endif
