/* xalloc.h - memory that is there, or the program ends with the terminal restored. */
#ifndef CORE_XALLOC_H
#define CORE_XALLOC_H

#include <stddef.h>

void *xmalloc(size_t n);
void *xcalloc(size_t n, size_t size);
void *xrealloc(void *p, size_t n);
/* n * size, checked for overflow. */
void *xreallocarray(void *p, size_t n, size_t size);
char *xstrdup(const char *s);
/* N + 1 bytes with zeros behind the text: N stays a bound where S, from a file, ends earlier. */
char *xstrndup(const char *s, size_t n);
void *xmemdup(const void *p, size_t n);
char *xasprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Gives back to the system what is free: worth a millisecond when much was in use for a while. */
void xtrim(void);

/* What die() calls first; the screen sets it to restore the terminal. NULL: nothing. */
void die_hook(void (*fn)(void));
/* Prints "mm: …" to stderr and exits with 2. For what cannot go on; never for bad input. */
_Noreturn void die(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Makes room for at least N elements in *P (of *CAP, each SIZE bytes), growing by half. */
void xgrow(void *p, size_t *cap, size_t n, size_t size);
/* Makes room for N elements at once, for what is going to be filled: where that is much it lies in
 * huge pages if the system has them, for a fault for each small one costs more than to fill it.
 * Room that there isn't is left to be made later. */
void xreserve(void *p, size_t *cap, size_t n, size_t size);
/* vec_push(v, n, cap): a slot at the end of the array V of N elements, N counted up. */
#define vec_push(v, n, cap) (xgrow(&(v), &(cap), (n) + 1, sizeof *(v)), &(v)[(n)++])

#endif
