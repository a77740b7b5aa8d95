#include "core/xalloc.h"

#include <malloc.h>
#include <stdbool.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static void (*hook)(void);

void
die_hook(void (*fn)(void))
{
	hook = fn;
}

void
die(const char *fmt, ...)
{
	void (*fn)(void) = hook;
	hook = NULL;
	if (fn)
		fn();
	va_list ap;
	va_start(ap, fmt);
	fputs("mm: ", stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
	exit(2);
}

void *
xmalloc(size_t n)
{
	void *p = malloc(n ? n : 1);
	if (!p)
		die("out of memory (%zu bytes)", n);
	return p;
}

void *
xcalloc(size_t n, size_t size)
{
	void *p = calloc(n ? n : 1, size ? size : 1);
	if (!p)
		die("out of memory (%zu × %zu bytes)", n, size);
	return p;
}

void *
xrealloc(void *p, size_t n)
{
	p = realloc(p, n ? n : 1);
	if (!p)
		die("out of memory (%zu bytes)", n);
	return p;
}

void *
xreallocarray(void *p, size_t n, size_t size)
{
	size_t bytes;
	if (__builtin_mul_overflow(n, size, &bytes))
		die("out of memory (%zu × %zu bytes)", n, size);
	return xrealloc(p, bytes);
}

char *
xstrdup(const char *s)
{
	return xmemdup(s, strlen(s) + 1);
}

char *
xstrndup(const char *s, size_t n)
{
	size_t len = strnlen(s, n);
	char *p = xcalloc(n + 1, 1);
	memcpy(p, s, len);
	return p;
}

void *
xmemdup(const void *p, size_t n)
{
	void *q = xmalloc(n);
	if (n)
		memcpy(q, p, n);
	return q;
}

void
xtrim(void)
{
#ifdef __GLIBC__
	malloc_trim(0);
#endif
}

char *
xasprintf(const char *fmt, ...)
{
	va_list ap;
	char *s;
	va_start(ap, fmt);
	int n = vasprintf(&s, fmt, ap);
	va_end(ap);
	if (n < 0)
		die("out of memory");
	return s;
}

/* Bytes that a first element makes room for: eight numbers, or one of what is large. */
enum { FEW = 64 };

void
xgrow(void *p, size_t *cap, size_t n, size_t size)
{
	if (n <= *cap)
		return;
	size_t want = *cap + *cap / 2;
	if (want < n)
		want = n;
	if (want * size < FEW)
		want = FEW / size;
	void *old;
	memcpy(&old, p, sizeof old);
	old = xreallocarray(old, want, size);
	memcpy(p, &old, sizeof old);
	*cap = want;
}

/* Not below 4 MB: the last page may remain nearly empty. */
#define HUGE ((size_t)2 << 20)
#define HUGE_LEAST (2 * HUGE)

void
xreserve(void *p, size_t *cap, size_t n, size_t size)
{
	size_t bytes;
	void *old;
	if (n <= *cap || __builtin_mul_overflow(n, size, &bytes) || bytes > SIZE_MAX - HUGE)
		return;
	bool huge = bytes >= HUGE_LEAST;
	void *room = huge ? aligned_alloc(HUGE, (bytes + HUGE - 1) / HUGE * HUGE) : malloc(bytes);
	if (!room)
		return;
#ifdef MADV_HUGEPAGE
	if (huge)
		madvise(room, bytes, MADV_HUGEPAGE); /* or else in small ones */
#endif
	memcpy(&old, p, sizeof old);
	if (*cap)
		memcpy(room, old, *cap * size);
	free(old);
	memcpy(p, &room, sizeof room);
	*cap = n;
}
