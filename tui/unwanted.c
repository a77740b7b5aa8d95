/* It is in the journal and not in the store, because a store may be begun anew from the logs at any
 * time, and what was forgotten must not come back with it. */
#include "tui/unwanted.h"

#include "core/clock.h"
#include "core/glob.h"
#include "core/xalloc.h"
#include "store/journal_files.h"

#include <stdlib.h>
#include <string.h>

#define LOOK_US 1000000
#define TAGS "tags/"

struct unwanted {
	struct journal_files *files;
	int64_t looked_us; /* monotonic; 0: never */
};

struct unwanted *
unwanted_new(void)
{
	struct unwanted *u = xcalloc(1, sizeof *u);
	u->files = journal_files_new(NULL);
	return u;
}

void
unwanted_free(struct unwanted *u)
{
	if (!u)
		return;
	journal_files_free(u->files);
	free(u);
}

void
unwanted_look(struct unwanted *u)
{
	/* A journal that cannot be read forbids nothing. */
	struct err unread;
	journal_files_refresh(u->files, &unread);
	u->looked_us = clock_mono_us();
}

static void
look_again(struct unwanted *u)
{
	if (!u->looked_us || clock_mono_us() - u->looked_us >= LOOK_US)
		unwanted_look(u);
}

bool
unwanted_run(void *ctx, const char *run)
{
	struct unwanted *u = ctx;
	struct journal_topic t = {.run = run};
	look_again(u);
	return journal_yes(journal_files_state(u->files), &t, "unwanted");
}

struct journal_files *
unwanted_journal(struct unwanted *u)
{
	return u->files;
}

static int
match_tag(void *ctx, const struct journal_word *w)
{
	return glob_list_match(ctx, w->key + strlen(TAGS));
}

bool
unwanted_tagged(void *ctx, const char *run, const char *globs)
{
	struct unwanted *u = ctx;
	struct journal_topic t = {.run = run};
	look_again(u);
	return journal_each(journal_files_state(u->files), &t, TAGS, match_tag, (void *)globs);
}

int
unwanted_set(struct unwanted *u, const char *run, bool unwanted, struct err *e)
{
	struct journal_topic t = {.run = run};
	struct journal_word w = {"unwanted", unwanted ? JOURNAL_YES : JOURNAL_NONE, NULL};
	return journal_files_append(u->files, &t, &w, 1, e);
}
