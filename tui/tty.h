/* tty.h - the terminal as a device: taken over, written without blocking, given back whatever
 * happens.
 *
 * One in a process: handlers of signals have to find it. What gives the terminal back is prepared
 * in advance, a string and the saved modes; on every exit, die() and fatal signal (TERM, HUP, INT,
 * QUIT, SEGV, BUS, ABRT, ILL, FPE) both go to a descriptor of our own, then the signal is raised
 * again. */
#ifndef TUI_TTY_H
#define TUI_TTY_H

#include "core/err.h"

#include <stdbool.h>
#include <stddef.h>

struct tty;

/* Opens the terminal of standard output anew, so that O_NONBLOCK stays ours: the shell shares the
 * description behind descriptors 0, 1 and 2. Installs the handlers; the terminal is untouched until
 * tty_take(). */
int tty_open(struct tty **out, struct err *e);
/* Gives back and frees. */
void tty_free(struct tty *t);

/* Raw mode, then START is written; tty_give() (also by itself, see above) writes STOP and restores
 * the modes. Both strings are copied; STOP of more than TTY_STOP_MAX bytes is refused by an
 * assertion. */
enum { TTY_STOP_MAX = 500 };
void tty_take(struct tty *t, const char *start, const char *stop);
void tty_give(struct tty *t);
bool tty_taken(const struct tty *t);
/* Another STOP (its last line depends on the size). */
void tty_set_stop(struct tty *t, const char *stop);

int tty_fd(const struct tty *t);
/* False when the terminal doesn't say. */
bool tty_size(const struct tty *t, int *w, int *h);
/* It hung up: nothing is read or written any more. */
bool tty_gone(const struct tty *t);

/* Writes what it can at once, keeps the rest. */
void tty_write(struct tty *t, const void *p, size_t n);
/* Goes on writing; true when nothing is left. */
bool tty_flush(struct tty *t);
/* Waits until all is written, at most TIMEOUT_MS. */
void tty_drain(struct tty *t, int timeout_ms);
/* What is there, at most N; 0: nothing now. A hung up terminal sets tty_gone(). */
size_t tty_read(struct tty *t, void *p, size_t n);
/* The end of input that nobody will want: answers still on their way. */
void tty_discard_input(struct tty *t);

#endif
