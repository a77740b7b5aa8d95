#include "core/arena.h"

#include "core/xalloc.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST = 4096, LARGEST = 1 << 20 };

struct arena_chunk {
	struct arena_chunk *next;
	alignas(max_align_t) char bytes[];
};

void
arena_release(struct arena *a)
{
	for (struct arena_chunk *c = a->chunk, *next; c; c = next) {
		next = c->next;
		free(c);
	}
	*a = (struct arena){0};
}

void *
arena_alloc(struct arena *a, size_t n)
{
	size_t align = alignof(max_align_t);
	if (n > SIZE_MAX / 2)
		die("out of memory (%zu bytes)", n);
	n = (n + align - 1) / align * align;
	if (!a->chunk || a->size - a->used < n) {
		size_t size = a->size < FIRST / 2 ? FIRST : a->size * 2;
		size = size > LARGEST ? LARGEST : size;
		size = size < n ? n : size;
		struct arena_chunk *c = xmalloc(sizeof *c + size);
		c->next = a->chunk;
		a->chunk = c;
		a->size = size;
		a->used = 0;
	}
	char *p = a->chunk->bytes + a->used;
	a->used += n;
	a->total += n;
	return memset(p, 0, n);
}

void *
arena_array(struct arena *a, size_t n, size_t size)
{
	size_t bytes;
	if (__builtin_mul_overflow(n, size, &bytes))
		die("out of memory (%zu × %zu bytes)", n, size);
	return arena_alloc(a, bytes);
}

char *
arena_str(struct arena *a, const char *z)
{
	size_t n = strlen(z) + 1;
	return memcpy(arena_alloc(a, n), z, n);
}

char *
arena_text(struct arena *a, const char *p, size_t n)
{
	static const char stand_in[] = "\xEF\xBF\xBD";
	size_t nuls = 0;
	for (size_t i = 0; i < n; i++)
		nuls += p[i] == '\0';
	char *z = arena_alloc(a, n + 2 * nuls + 1), *to = z;
	for (size_t i = 0; i < n; i++) {
		if (p[i]) {
			*to++ = p[i];
		} else {
			memcpy(to, stand_in, 3);
			to += 3;
		}
	}
	return z;
}

char *
arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap, again;
	va_start(ap, fmt);
	va_copy(again, ap);
	int n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	char *z = arena_alloc(a, (size_t)(n > 0 ? n : 0) + 1);
	vsnprintf(z, (size_t)(n > 0 ? n : 0) + 1, fmt, again);
	va_end(again);
	return z;
}
