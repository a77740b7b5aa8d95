/* text_end.h - last words: what a console log says of how its training ended. */
#ifndef CORE_TEXT_END_H
#define CORE_TEXT_END_H

#include "core/str.h"

#include <stdbool.h>
#include <stddef.h>

struct text_end {
	bool tracing; /* within a Python traceback: its last line is the reason */
	bool chained; /* another exception followed: what was said is not the last word */
};

/* Where the head of a Python traceback stands at the end of the line, perhaps behind something
 * else; NULL: it does not. */
const char *text_end_trace(const char *p, const char *end);
/* Reads the line [P, END), which is clean and without what logging put in front. True: it says how
 * the run ended, and WHAT is that in a few words which begin with one of run_judge()'s ("failed:
 * ValueError: …", "timed out: …", "finished"). */
bool text_end_read(struct text_end *e, const char *p, const char *end, struct str *what);
/* Can [P, END), not empty and without digits, matter? For a fast way past lines that cannot. */
bool text_end_begins(const struct text_end *e, const char *p, const char *end);

/* What stands in each line that tells of a bad end, a traceback's aside: the I'th such phrase, of
 * four letters or more; NULL behind the last. */
const char *text_end_bad(size_t i);

#endif
