/* The ingester may be of another version: what is not understood is no error, and numbers are read
 * with care all the same. */
#include "tui/news.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static int
progress(struct model *m, const char *text)
{
	uint64_t done, total;
	uint32_t files;
	if (sscanf(text, "%" SCNu64 " %" SCNu64 " %" SCNu32, &done, &total, &files) != 3 ||
	    done > total)
		return 0;
	m->progress.bytes_done = done;
	m->progress.bytes_total = total;
	m->progress.files = files;
	m->progress.idle = done == total;
	return NEWS_STATUS;
}

int
news_take(struct model *m, const char *line)
{
	uint64_t txn;
	if (sscanf(line, "txn %" SCNu64, &txn) == 1) {
		if (txn <= m->txn || txn == m->news)
			return 0;
		m->news = txn;
		return NEWS_DATA;
	}
	if (strncmp(line, "progress ", 9) == 0)
		return progress(m, line + 9);
	if (strncmp(line, "mode ", 5) == 0) {
		snprintf(m->mode, sizeof m->mode, "%s", line + 5);
		return NEWS_STATUS;
	}
	if (strncmp(line, "trouble", 7) == 0) {
		if (line[7])
			model_say(m, true, "%s", line + 8);
		else
			model_say(m, false, "the store can be written again; nothing was lost");
		return NEWS_STATUS;
	}
	if (strncmp(line, "alert ", 6) == 0)
		return NEWS_BELL;
	if (strcmp(line, "up") == 0) {
		m->up = true;
		m->stale = true; /* the store may have come to exist, or be another one */
		return NEWS_DATA;
	}
	if (strcmp(line, "down") == 0) {
		m->up = false;
		memset(&m->progress, 0, sizeof m->progress);
		return NEWS_STATUS;
	}
	return 0;
}
