/* str.h - bytes that grow, always ended by a NUL that LEN does not count. */
#ifndef CORE_STR_H
#define CORE_STR_H

#include <stddef.h>

struct str {
	char *buf; /* never NULL once something was added; str_c() is never NULL */
	size_t len, cap;
};

#define STR_INIT \
	{ \
		NULL, 0, 0 \
	}

void str_release(struct str *s);
/* Forgets the content, keeps the memory. */
void str_reset(struct str *s);
void str_add(struct str *s, const void *p, size_t n);
void str_adds(struct str *s, const char *z);
void str_addc(struct str *s, char c);
void str_addf(struct str *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
const char *str_c(const struct str *s);
/* Hands the buffer over (to be freed) and starts empty. */
char *str_steal(struct str *s);

#endif
