#include "core/str.h"

#include "core/xalloc.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
str_release(struct str *s)
{
	free(s->buf);
	*s = (struct str)STR_INIT;
}

void
str_reset(struct str *s)
{
	s->len = 0;
	if (s->buf)
		s->buf[0] = '\0';
}

void
str_add(struct str *s, const void *p, size_t n)
{
	if (s->cap <= s->len + n)
		xgrow(&s->buf, &s->cap, s->len + n + 1, 1);
	if (n)
		memcpy(s->buf + s->len, p, n);
	s->len += n;
	s->buf[s->len] = '\0';
}

void
str_adds(struct str *s, const char *z)
{
	str_add(s, z, strlen(z));
}

void
str_addc(struct str *s, char c)
{
	str_add(s, &c, 1);
}

void
str_addf(struct str *s, const char *fmt, ...)
{
	va_list ap, again;
	va_start(ap, fmt);
	va_copy(again, ap);
	int n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n > 0) {
		xgrow(&s->buf, &s->cap, s->len + (size_t)n + 1, 1);
		vsnprintf(s->buf + s->len, (size_t)n + 1, fmt, again);
		s->len += (size_t)n;
	}
	va_end(again);
}

const char *
str_c(const struct str *s)
{
	return s->buf ? s->buf : "";
}

char *
str_steal(struct str *s)
{
	char *p = s->buf ? s->buf : xstrdup("");
	*s = (struct str)STR_INIT;
	return p;
}
