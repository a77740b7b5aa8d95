/* The journal knows runs by path, so when a run is found under another one the ingester writes down
 * there what a person wrote of it, and takes it back here: another run may begin where it was.
 * Lines that say so survive the store like any other. What is said of the new path already stands;
 * said twice, because the store did not get to keep the move, nothing changes. A run of several
 * logs moves one by one: until the last has gone both have the marks. */
#include "tui/carry.h"

#include "core/xalloc.h"
#include "store/journal_files.h"

#include <stdlib.h>
#include <string.h>

struct words {
	struct journal_word *at; /* texts are owned */
	size_t n, cap;
	const struct journal *journal;
	const char *to; /* what is known of this run is left out; NULL: nothing is */
};

static int
take(void *ctx, const struct journal_word *w)
{
	struct words *ws = ctx;
	struct journal_topic t = {.run = ws->to};
	struct journal_word known;

	/* A run that is unwanted is so where its logs were. */
	if (!strcmp(w->key, "unwanted") || (ws->to && journal_get(ws->journal, &t, w->key, &known)))
		return 0;
	*vec_push(ws->at, ws->n, ws->cap) = (struct journal_word){
		xstrdup(w->key),
		ws->to ? w->type : JOURNAL_NONE,
		xstrdup(w->text ? w->text : ""),
	};
	return 0;
}

/* Takes FROM's words, less what TO has; or all of them, taken back. */
static int
write_words(struct journal_files *files, const char *from, const char *to, struct err *e)
{
	struct words ws = {.journal = journal_files_state(files), .to = to};
	struct journal_topic of = {.run = from}, t = {.run = to ? to : from};
	int code = 0;

	journal_each(ws.journal, &of, "", take, &ws);
	if (ws.n)
		code = journal_files_append(files, &t, ws.at, (int)ws.n, e);
	for (size_t i = 0; i < ws.n; i++) {
		free((char *)(uintptr_t)ws.at[i].key);
		free((char *)(uintptr_t)ws.at[i].text);
	}
	free(ws.at);
	return code;
}

int
carry_marks(void *ctx, const char *from, const char *to, bool whole, struct err *e)
{
	struct journal_files *files = ctx;
	struct err unread;

	journal_files_refresh(files, &unread); /* what can't be read can't be carried */
	int code = write_words(files, from, to, e);
	if (!code && whole)
		code = write_words(files, from, NULL, e);
	return code;
}
