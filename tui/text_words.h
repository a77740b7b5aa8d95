/* text_words.h - the last words of runs that stand in no log of theirs: in what a batch system, or
 * the program, wrote beside them (core/log_texts.h).
 *
 * Such a file gives no points, so nobody follows it. It is looked at when the run that it is a text
 * of is silent, and again when it has grown. */
#ifndef TUI_TEXT_WORDS_H
#define TUI_TEXT_WORDS_H

#include "core/conf.h"
#include "core/ingest.h"
#include "core/loop.h"
#include "core/sink.h"

struct text_words;

/* SINK is asked, IN is told. Both must outlive it. */
struct text_words *text_words_new(struct loop *l, struct sink *sink, struct ingest *in);
void text_words_free(struct text_words *t);
/* A root that is visited and not kept: files of batch jobs are looked for up to it. */
void text_words_root(struct text_words *t, const char *root);
/* Something was read: it is looked soon. CONF is the one that is in force. */
void text_words_soon(struct text_words *t, const struct conf *conf);
/* Looks now, for about as long as it is given, the newest runs first; the words that it finds wait
 * for the next commit. */
void text_words_look(struct text_words *t, const struct conf *conf, int64_t budget_us);
/* The same for a command, each of which begins without knowing what was looked at before: at runs
 * that have a log whose id is above LAST_KNOWN, and at those that were written lately and said
 * nothing of their end. */
void text_words_look_briefly(struct text_words *t, const struct conf *conf, uint32_t last_known,
			     int64_t budget_us);

#endif
