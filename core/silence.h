/* silence.h - what a person said about alerts, in the journal: be silent about these until then; I
 * know about that one.
 *
 *     {"time":…,"host":…,"rule":"stalled","run":"sweep","silence":1741970000,"reason":"copying"}
 *     {"time":…,"host":…,"rule":"stalled","run":"/data/a","metric":"","ack":1741964411.5}
 *
 * A silence's rule, run and metric are patterns (a run's may begin at any directory, what is not
 * there is "*"); it ends at the time it says, or when it is taken back. An acknowledgement is of
 * one instance, and of what it fired until the time it says: so it holds on other hosts, and in a
 * store that was built anew, where episodes have other numbers. */
#ifndef CORE_SILENCE_H
#define CORE_SILENCE_H

#include "core/journal.h"
#include "core/rule.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct silence {
	char *rule, *run, *metric; /* patterns */
	char *reason, *host;       /* who said so; reason may be "" */
	int64_t from_us, until_us;
};

struct silences {
	struct silence *at;
	size_t n, cap;
};

/* Those that have not ended at NOW, the one that ends first first. */
void silences_read(struct silences *s, const struct journal *j, int64_t now_us);
void silences_release(struct silences *s);
/* The latest end of those that A falls under, 0: under none. */
int64_t silences_until(const struct silences *s, const struct alert *a, int64_t now_us);

/* What is written into the journal, with journal_files_append() or the like. A word's text lives as
 * long as the struct. */
struct silence_words {
	struct journal_topic topic;
	struct journal_word word[2];
	char number[40];
};
/* NULL or "" is "*"; UNTIL 0 takes it back. */
void silence_say(struct silence_words *w, const char *rule, const char *run, const char *metric,
		 int64_t until_us, const char *reason);
/* A, and whatever it fired until NOW. */
void silence_ack(struct silence_words *w, const struct alert *a, int64_t now_us);
/* Did somebody acknowledge A, as it fires now? */
bool silence_acked(const struct journal *j, const struct alert *a);

/* Appends TEXT as a pattern that matches it alone. */
void glob_literal(struct str *out, const char *text);

#endif
