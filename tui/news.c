/* The ingester may be of another version: what is not understood is no error, and numbers are read
 * with care all the same. */
#include "tui/news.h"

#include "core/ctl.h"
#include "core/xalloc.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
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

/* Is an alert of SEVERITY what the option asks for? */
static bool
wanted(const struct model *m, const char *option, int severity)
{
	const char *least = conf_str(m->conf, option);
	for (int i = SEVERITY_INFO; i <= SEVERITY_CRIT; i++)
		if (strcmp(least, severity_names[i]) == 0)
			return severity >= i;
	return false;
}

/* "RULE RUN METRIC SEVERITY MESSAGE", each escaped; an ingester of before says the first three. */
static int
alert(struct model *m, const char *text)
{
	char *copy = xstrdup(text), *rest = copy, *part[5] = {NULL};
	int severity = SEVERITY_CRIT, news = NEWS_STATUS | (m->conf ? 0 : NEWS_BELL);
	for (int i = 0; i < 5; i++)
		part[i] = strsep(&rest, " ");
	for (int i = 0; part[3] && i <= SEVERITY_CRIT; i++)
		if (strcmp(part[3], severity_names[i]) == 0)
			severity = i;
	if (part[3] && strcmp(part[3], "shown") == 0)
		severity = -1;
	if (m->conf && wanted(m, "screen.bell", severity))
		news |= NEWS_BELL;
	if (m->conf && part[4] && wanted(m, "screen.desktop", severity) && ctl_unescape(part[0]) &&
	    ctl_unescape(part[1]) && ctl_unescape(part[4])) {
		const struct model_run *r = model_run_by_path(m, part[1]);
		free(m->desktop);
		m->desktop = xasprintf("%s: %s: %s", part[0], r ? r->name : part[1], part[4]);
	}
	free(copy);
	return news;
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
		return alert(m, line + 6);
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
