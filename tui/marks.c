/* Each mark is one fact of the journal, so setting, taking back and undoing are the same thing: a
 * further word about it. Undo writes what held before as a new word, and other viewers and hosts
 * follow it like any other. */
#include "tui/marks.h"

#include "core/utf8.h"
#include "core/xalloc.h"
#include "store/journal_files.h"
#include "tui/filter.h"
#include "tui/model_own.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TAGS "tags/"

/* -- reading ----------------------------------------------------------------------------------- */

void
marks_release(struct marks *m)
{
	for (int i = 0; i < m->ntags; i++)
		free(m->tag[i]);
	free(m->tag);
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

static bool
same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool
same(const struct marks *a, const struct marks *b)
{
	if (a->star != b->star || a->hidden != b->hidden || a->ntags != b->ntags ||
	    !same_text(a->name, b->name) || !same_text(a->note, b->note))
		return false;
	for (int i = 0; i < a->ntags; i++)
		if (strcmp(a->tag[i], b->tag[i]) != 0)
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

/* OLD: the key, a blank, how long the path is, a blank, the type's number, the path, the text. */
static void
undo_word(void *ctx, struct model *m, const char *old)
{
	(void)ctx;
	size_t len = 0;
	int type = 0, at = 0;
	const char *blank = strchr(old, ' ');
	if (!blank || sscanf(blank, " %zu %d%n", &len, &type, &at) != 2)
		return;
	const char *path = blank + at;
	char *key = xstrndup(old, (size_t)(blank - old)), *run = xstrndup(path, len);
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
	char *old =
		xasprintf("%s %zu %d%s%s", key, strlen(t->run), (int)was.type, t->run, was.text);
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

/* -- actions ----------------------------------------------------------------------------------- */

bool
marks_action(enum action a)
{
	return a == ACTION_NAME || a == ACTION_NOTE || a == ACTION_STAR || a == ACTION_TAG ||
	       a == ACTION_HIDE_RUN || a == ACTION_HIDDEN;
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
	const struct model_run *r =
		m->details ? model_run_by_path(m, m->details->path) : model_cursor_run(m);
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
	default:
		set_tags(m, r, arg ? arg : "");
	}
	return true;
}
