/* journal.h - what a person wrote: names, notes, stars, tags, hidden runs, views, silences.
 *
 * A journal is JSON Lines, only ever appended to. A line says when and where it was written, what
 * it is about, and one or more things about that:
 *
 *     {"time":1741964400.123456,"host":"gpu1","run":"/data/a","name":"baseline","star":true}
 *     {"time":1741964407.5,"host":"gpu1","run":"/data/a","tags/best":true,"name":null}
 *     {"time":1741964411,"host":"login","rule":"stalled","run":"/data/a","silence":1741970000}
 *
 * null and false take back. An object is the same as its members with its key and a '/' before
 * theirs ({"tags":{"best":true}}). A subject or a key that this program doesn't know is kept like
 * any other and asked for by nobody; members that are arrays are passed over.
 *
 * Each thing is settled by the latest time, then by the greater host, then by the greater value: so
 * lines may come in any order, several times, from many files, and the state is the same. That is
 * what makes a shared directory safe without a server. */
#ifndef CORE_JOURNAL_H
#define CORE_JOURNAL_H

#include "core/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JOURNAL_LINE_MAX ((size_t)64 << 10) /* of what is written; what is read may be longer */

/* What it is about: a view, or a rule (with a run, a metric), or a run. NULL: no part of it. */
struct journal_topic {
	const char *view, *rule, *run, *metric;
};

enum journal_type { JOURNAL_NONE, JOURNAL_YES, JOURNAL_NUMBER, JOURNAL_TEXT };

struct journal_word {
	const char *key;
	enum journal_type type;
	const char *text; /* of a number or text; else unused */
};

struct journal;

struct journal *journal_new(void);
void journal_free(struct journal *j);
/* Forgets everything. */
void journal_clear(struct journal *j);

/* Takes the lines of P. HOST: who wrote those that don't say. Returns how many bytes need not be
 * given again: not a last line without its end (it is taken all the same if it is whole), and
 * nothing from the first line with a NUL on, which is a hole that a network file system has yet to
 * fill. */
size_t journal_read(struct journal *j, const char *host, const char *p, size_t n);
/* Lines that nothing could be made of, blank ones aside; each counts once it need not be given
 * again. */
uint64_t journal_bad(const struct journal *j);
/* Changes whenever anything that is known does. */
uint64_t journal_version(const struct journal *j);

/* Was anything ever said about T? The quick answer for most of many. */
bool journal_knows(const struct journal *j, const struct journal_topic *t);
/* What is known of one thing: false when nothing was said, or it was taken back. The text lives
 * until the next read. */
bool journal_get(const struct journal *j, const struct journal_topic *t, const char *key,
		 struct journal_word *out);
/* The text of it, or NULL. */
const char *journal_text(const struct journal *j, const struct journal_topic *t, const char *key);
bool journal_yes(const struct journal *j, const struct journal_topic *t, const char *key);
/* What holds of T under keys that begin with PREFIX, in order of key. Stops at non-zero and returns
 * it. */
int journal_each(const struct journal *j, const struct journal_topic *t, const char *prefix,
		 int (*fn)(void *ctx, const struct journal_word *w), void *ctx);

/* Everything of which KEY holds, in no order: what it is about, since when (µs), and who said so.
 * Stops at non-zero and returns it. */
int journal_each_with(const struct journal *j, const char *key,
		      int (*fn)(void *ctx, const struct journal_topic *t,
				const struct journal_word *w, int64_t time_us, const char *host),
		      void *ctx);

/* One line with its end. KEYs are none of time, host, view, rule, run, metric. */
void journal_line(struct str *out, int64_t time_us, const char *host, const struct journal_topic *t,
		  const struct journal_word *w, int n);
/* The least time that is later than all that is known of these things: who writes with it, or
 * later, is not overruled by what he saw, whatever the clocks of other hosts say. */
int64_t journal_after_us(const struct journal *j, const struct journal_topic *t,
			 const struct journal_word *w, int n);
/* All that is known, what was taken back too, in lines of a fixed order: read anywhere they give
 * the same state. */
void journal_print(const struct journal *j, struct str *out);

#endif
