/* arena.h - memory that is given piece by piece and taken back at once: for what is read from a
 * file and lives as long as what was read. */
#ifndef CORE_ARENA_H
#define CORE_ARENA_H

#include <stddef.h>

struct arena_chunk;

/* All zero is empty. */
struct arena {
	struct arena_chunk *chunk;
	size_t used, size;
	size_t total; /* bytes handed out, for callers that keep to a limit */
};

void arena_release(struct arena *a);
/* Aligned for anything, all zero. */
void *arena_alloc(struct arena *a, size_t n);
void *arena_array(struct arena *a, size_t n, size_t size); /* checked for overflow */
char *arena_str(struct arena *a, const char *z);
/* N bytes as a C string: each NUL becomes U+FFFD. */
char *arena_text(struct arena *a, const char *p, size_t n);
char *arena_printf(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
