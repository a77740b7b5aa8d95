/* log_merge_own.h - the parts of log_merge.h: log_merge.c, the files and the order of their lines;
 * log_merge_time.c, when a line was written and where in a file a time is; log_merge_serve.c,
 * questions and answers. */
#ifndef CORE_LOG_MERGE_OWN_H
#define CORE_LOG_MERGE_OWN_H

#include "core/log_merge.h"

struct merge_file {
	char *path, *who;
	struct log_file f; /* while it is open */
	uint64_t dev, ino;
	uint32_t head;
	bool known;
	/* where the last line ends that is given out; and how long the file was, since when */
	uint64_t end, size;
	int64_t since_us;
	char why[200]; /* it can't be opened; "" else */

	/* No line of it has a time: it is spread out from FROM_US to TO_US at byte TO. */
	bool judged, timeless, begun; /* BEGUN: it was empty when it was looked at first */
	int64_t from_us, to_us;
	uint64_t to;

	/* the line that comes next going forth, or back: while lines are read one after the
	 * other */
	uint64_t next_at, next_start, next_end;
	bool next; /* it is there */
	int64_t next_us;
	/* lines from STAMP_FROM to STAMP_TO were written at STAMP_US */
	uint64_t stamp_from, stamp_to;
	int64_t stamp_us;
};

/* Lines that were given out, in their order: from what cut on, and whose they were. */
struct merge_page {
	uint64_t at, end; /* places in all */
	uint64_t *cut;    /* NFILES bytes in each file, at AT */
	uint16_t *who;
	uint32_t *len;
	size_t n, cap;
	uint64_t used;
};

/* A search that was not over when the time was up. */
struct merge_search {
	bool busy;
	char *text; /* NULL: errors; or what was said in the end */
	bool last;  /* last words */
	bool back;
	uint64_t token; /* to be gone on with from there */
	uint64_t *from; /* its cut */
	uint64_t *at;   /* how far each file is searched */
	bool *done;
	bool *found;
	int64_t *us; /* when what was found was written */
	uint64_t used;
};

/* Nothing is searched. */
void merge_search_clear(struct merge_search *s);

#define MERGE_PAGES 192
#define MERGE_SEARCHES 3

struct log_merge {
	uint64_t id, generation;
	struct merge_file *file;
	size_t n;
	int tz_offset_s;
	int64_t now_us;
	struct merge_page page[MERGE_PAGES];
	struct merge_search search[MERGE_SEARCHES];
	uint64_t uses;
	uint64_t *cut; /* where reading one after the other stands, */
	uint64_t cut_at;
	bool cut_known, cut_back;
	struct str clean;
};

/* When the line that begins at START was written, by what stands there or near; µs since 1970. */
int64_t merge_time(struct log_merge *g, struct merge_file *m, uint64_t start);
/* The first place in [LO, HI], where a line begins or what is searched ends, from which on lines
 * were written after US (with ALSO: then, or after). */
uint64_t merge_seek(struct log_merge *g, struct merge_file *m, uint64_t lo, uint64_t hi, int64_t us,
		    bool also);
/* Which files have any times is looked at once; the others are spread out. */
void merge_judge(struct log_merge *g);

/* The cut at AT: in each file so many bytes lie before it. */
void merge_cut_at(struct log_merge *g, uint64_t at, uint64_t *cut);
/* The line of FILE that begins at START, where it was given out last. False: it was not. */
bool merge_shown(struct log_merge *g, size_t file, uint64_t start, uint64_t *at);
/* A line of FILE, LEN bytes long, begins at CUT: that is remembered. Returns where in all it is. */
uint64_t merge_keep(struct log_merge *g, const uint64_t *cut, size_t file, uint64_t len);

#endif
