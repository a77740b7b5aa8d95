/* Each mark is one fact of the journal, so setting, taking back and undoing are the same thing: a
 * further word about it. Undo writes what held before as a new word, and other viewers and hosts
 * follow it like any other. */
#include "tui/marks.h"

#include "core/utf8.h"
#include "core/xalloc.h"
#include "store/journal_files.h"
#include "tui/filter.h"
#include "tui/log_known.h"
#include "tui/model_own.h"
#include "tui/path.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TAGS "tags/"
#define STOPS "stops/"

/* -- reading ----------------------------------------------------------------------------------- */

void
marks_release(struct marks *m)
{
	for (int i = 0; i < m->ntags; i++)
		free(m->tag[i]);
	free(m->tag);
	for (int i = 0; i < m->nstops; i++)
		free(m->stop[i].what);
	free(m->stop);
	free(m->name);
	free(m->note);
	*m = (struct marks){.ntags = 0};
}

static char *
text_or_null(const struct journal *j, const struct journal_topic *t, const char *key)
{
	const char *text = journal_text(j, t, key);
	return text && *text ? xstrdup(text) : NULL;
}

static int
add_tag(void *ctx, const struct journal_word *w)
{
	struct marks *m = ctx;
	m->tag = xreallocarray(m->tag, (size_t)m->ntags + 1, sizeof *m->tag);
	m->tag[m->ntags++] = xstrdup(w->key + strlen(TAGS));
	return 0;
}

/* "stops/1741964400": "TERM to process 17: python train.py (step 812)" (tui/stop.c). */
static int
add_stop(void *ctx, const struct journal_word *w)
{
	struct marks *m = ctx;
	const char *step = w->type == JOURNAL_TEXT ? strrchr(w->text, '(') : NULL;
	long long seconds, at = -1;
	if (w->type != JOURNAL_TEXT || sscanf(w->key, STOPS "%lld", &seconds) != 1 || seconds < 0 ||
	    seconds > INT64_MAX / 1000000)
		return 0;
	if (step && sscanf(step, "(step %lld)", &at) == 1)
		while (step > w->text && step[-1] == ' ')
			step--;
	else
		step = NULL;
	m->stop = xreallocarray(m->stop, (size_t)m->nstops + 1, sizeof *m->stop);
	m->stop[m->nstops++] = (struct mark_stop){seconds * 1000000, at,
						  step ? xstrndup(w->text, (size_t)(step - w->text))
						       : xstrdup(w->text)};
	return 0;
}

static bool
same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool
same(const struct marks *a, const struct marks *b)
{
	if (a->star != b->star || a->hidden != b->hidden || a->ntags != b->ntags ||
	    a->nstops != b->nstops || !same_text(a->name, b->name) || !same_text(a->note, b->note))
		return false;
	for (int i = 0; i < a->ntags; i++)
		if (strcmp(a->tag[i], b->tag[i]) != 0)
			return false;
	for (int i = 0; i < a->nstops; i++)
		if (a->stop[i].time_us != b->stop[i].time_us ||
		    strcmp(a->stop[i].what, b->stop[i].what) != 0)
			return false;
	return true;
}

bool
marks_read(struct marks *m, const struct journal *j, const char *path)
{
	struct journal_topic t = {.run = path};
	struct marks none = {.ntags = 0};
	if (!journal_knows(j, &t)) {
		bool had = !same(m, &none);
		marks_release(m);
		return had;
	}
	struct marks now = {
		.name = text_or_null(j, &t, "name"),
		.note = text_or_null(j, &t, "note"),
		.star = journal_yes(j, &t, "star"),
		.hidden = journal_yes(j, &t, "hidden"),
	};
	journal_each(j, &t, TAGS, add_tag, &now);
	journal_each(j, &t, STOPS, add_stop, &now);
	bool other = !same(m, &now);
	marks_release(m);
	*m = now;
	return other;
}

bool
marks_match(const struct marks *m, const char *text)
{
	bool hit = false;
	for (int i = 0; i < m->ntags && !hit; i++) {
		char *tag = xasprintf("#%s", m->tag[i]);
		hit = filter_match(text, tag, NULL, NULL);
		free(tag);
	}
	return hit;
}

/* -- writing ----------------------------------------------------------------------------------- */

static bool write_word(struct model *m, const char *path, const struct journal_word *w);

/* OLD: how long the key is and the path, the type's number; behind a bar all three, the text at
 * last. */
static void
undo_word(void *ctx, struct model *m, const char *old)
{
	(void)ctx;
	size_t nkey = 0, len = 0;
	int type = 0, at = 0;
	if (sscanf(old, "%zu %zu %d|%n", &nkey, &len, &type, &at) != 3 || !at)
		return;
	const char *path = old + at + nkey;
	char *key = xstrndup(old + at, nkey), *run = xstrndup(path, len);
	struct journal_word w = {key, (enum journal_type)type, path + len};
	if (write_word(m, run, &w))
		model_say(m, false, "as it was before");
	free(key);
	free(run);
}

static void
note_undo(struct model *m, const struct journal_topic *t, const char *key)
{
	struct journal_word was = {key, JOURNAL_NONE, ""};
	journal_get(journal_files_state(m->own->journal), t, key, &was);
	char *old = xasprintf("%zu %zu %d|%s%s%s", strlen(key), strlen(t->run), (int)was.type, key,
			      t->run, was.text);
	model_undo_push(m, undo_word, NULL, old);
	free(old);
}

static bool
write_word(struct model *m, const char *path, const struct journal_word *w)
{
	struct journal_topic t = {.run = path};
	struct err e = {0};
	note_undo(m, &t, w->key);
	if (journal_files_append(m->own->journal, &t, w, 1, &e) < 0) {
		model_say(m, true, "%s", e.text);
		return false;
	}
	m->stale = true;
	if (m->text)
		m->text->relist = true; /* it may have been about its files */
	return true;
}

/* What the keyboard can't type back is not kept in a name. */
static char *
typed(const char *arg)
{
	struct str s = STR_INIT;
	utf8_clean(&s, arg, strlen(arg), 0);
	return str_steal(&s);
}

/* Without an argument it is taken back. */
static void
set_text(struct model *m, const struct model_run *r, const char *key, const char *arg)
{
	char *text = arg && *arg ? typed(arg) : NULL;
	struct journal_word w = {key, text ? JOURNAL_TEXT : JOURNAL_NONE, text};
	bool name = strcmp(key, "name") == 0;
	if (!text && !(name ? r->marks.name : r->marks.note))
		model_say(m, false, "it has no %s", key);
	else if (!write_word(m, r->info.path, &w))
		; /* it said why */
	else if (!text)
		model_say(m, false, name ? "called by its path again" : "the note is gone");
	else
		model_say(m, false, name ? "called %.100s; u takes it back" : "noted: %.100s",
			  text);
	free(text);
}

static void
toggle(struct model *m, const struct model_run *r, const char *key, bool was, const char *on,
       const char *off)
{
	struct journal_word w = {key, was ? JOURNAL_NONE : JOURNAL_YES, NULL};
	char *name = xstrdup(r->name);
	if (write_word(m, r->info.path, &w))
		model_say(m, false, "%.100s %s", name, was ? off : on);
	free(name);
}

static void
set_tags(struct model *m, const struct model_run *r, const char *arg)
{
	char *path = xstrdup(r->info.path);
	bool good = true;
	int n = 0;
	for (const char *p = arg; *(p += strspn(p, " ")) && good; p += strcspn(p, " ")) {
		bool off = *p == '-';
		const char *word = p + off + (p[off] == '#');
		char *tag = xstrndup(word, strcspn(word, " ")), *clean = typed(tag);
		char *key = xasprintf(TAGS "%s", clean);
		struct journal_word w = {key, off ? JOURNAL_NONE : JOURNAL_YES, NULL};
		if (*clean) {
			good = write_word(m, path, &w);
			n++;
		}
		free(key);
		free(clean);
		free(tag);
	}
	if (good)
		model_say(m, false, n == 1 ? "tagged; /# finds it" : "%d tags; /# finds them", n);
	free(path);
}

/* The ingester looks for the file when the text is asked for; this program doesn't open it. */
static void
attach(struct model *m, const struct model_run *r, const char *arg)
{
	bool off = *arg == '-';
	const char *home = getenv("HOME"), *named = arg + off;
	char *full = named[0] == '~' && named[1] == '/' && home ? xasprintf("%s%s", home, named + 1)
								: xstrdup(named);
	char *path = path_clean(full), *key = xasprintf(LOG_ATTACH "%s", path);
	struct journal_word w = {key, off ? JOURNAL_NONE : JOURNAL_YES, NULL};
	char *name = xstrdup(r->name);
	if (write_word(m, r->info.path, &w)) {
		model_say(m, false,
			  off ? "%.120s is no text of %.80s now" : "%.120s is text of %.80s", path,
			  name);
		if (m->text) {
			free(m->text->show);
			m->text->show = off ? NULL : xstrdup(path);
		}
	}
	free(name);
	free(key);
	free(path);
	free(full);
}

/* -- actions ----------------------------------------------------------------------------------- */

bool
marks_action(enum action a)
{
	return a == ACTION_NAME || a == ACTION_NOTE || a == ACTION_STAR || a == ACTION_TAG ||
	       a == ACTION_HIDE_RUN || a == ACTION_HIDDEN || a == ACTION_ATTACH;
}

static void
show_hidden(struct model *m)
{
	m->hidden_too = !m->hidden_too;
	m->own->scanned = false;
	m->stale = true;
	model_say(m, false, m->hidden_too ? "hidden runs are shown too" : "hidden runs are hidden");
}

static void
undo_hidden(void *ctx, struct model *m, const char *old)
{
	(void)ctx;
	(void)old;
	show_hidden(m);
}

bool
marks_act(struct model *m, enum action a, const char *arg)
{
	if (!marks_action(a))
		return false;
	if (a == ACTION_HIDDEN) {
		model_undo_push(m, undo_hidden, NULL, NULL);
		show_hidden(m);
		return true;
	}
	const struct model_run *r = model_run_at(m);
	if (!r) {
		model_say(m, false, "no run is under the cursor");
		return true;
	}
	switch (a) {
	case ACTION_NAME:
		set_text(m, r, "name", arg);
		break;
	case ACTION_NOTE:
		set_text(m, r, "note", arg);
		break;
	case ACTION_STAR:
		toggle(m, r, "star", r->marks.star, "has a star", "has no star now");
		break;
	case ACTION_HIDE_RUN:
		toggle(m, r, "hidden", r->marks.hidden,
		       "is hidden; :hidden shows it, u takes it back", "is not hidden any more");
		break;
	case ACTION_ATTACH:
		attach(m, r, arg ? arg : "");
		break;
	default:
		set_tags(m, r, arg ? arg : "");
	}
	return true;
}
