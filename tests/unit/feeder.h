/* feeder.h - drives a source over bytes in memory, as the ingester does over a file.
 *
 * What the source does not take is handed in again with what comes behind it; a restart saves its
 * state and goes on with a new one, as after kill -9. The records go to a recorder, under the log
 * FEED_PATH of the run FEED_RUN. */
#ifndef TESTS_UNIT_FEEDER_H
#define TESTS_UNIT_FEEDER_H

#include "core/source.h"
#include "tests/unit/recorder.h"

#include <stdbool.h>
#include <stddef.h>

#define FEED_PATH "/r/log"
#define FEED_RUN "/r"

struct feeder {
	struct sink *sink;
	struct source *source;
	struct source_env env;
	struct str pending;
	uint64_t offset;  /* of the first pending byte */
	uint64_t settled; /* hole.h; at first UINT64_MAX: nothing may be a hole */
};

void feeder_init(struct feeder *f, const char *format, const char *prefix);
/* Before the first byte: the file is called PATH, which the caller keeps. */
void feeder_name(struct feeder *f, const char *path);
void feeder_release(struct feeder *f);
void feeder_bytes(struct feeder *f, const char *p, size_t n);
void feeder_text(struct feeder *f, const char *z);
/* The file ends here for good. */
void feeder_end(struct feeder *f);
void feeder_restart(struct feeder *f);

/* All of TEXT in one piece, to its end; the rows that came of it (see recorder_rows_timed() when
 * TIMED). To be freed. */
char *feed_rows(const char *format, const char *text, bool timed);
char *feed_remarks(const char *format, const char *text);

/* "Cut anywhere, same records": whatever the pieces, with and without restarts between them, the
 * recorder's dump is the same. Fails the test otherwise. */
void check_cuts(const char *format, const char *p, size_t n);
/* The same, in pieces of PIECE bytes alone: for what is too long to be cut everywhere. */
void check_pieces_of(const char *format, const char *p, size_t n, size_t piece);
/* The same for every file of a fuzzer's corpus. */
void check_cuts_of_corpus(const char *format, const char *dir);

/* What comes of TEXT, as rows and as remarks; NULL is not looked at. */
void check_feed_(const char *format, const char *text, const char *rows, const char *remarks,
		 const char *file, int line);
#define check_feed(format, text, rows, remarks) \
	check_feed_(format, text, rows, remarks, __FILE__, __LINE__)

#endif
