/* The shortest name that tells a file from the others: the number of its rank, its own name, its
 * own name and its directory's; where nothing does, its number. */
#include "core/log_merge.h"

#include "core/name.h"
#include "core/utf8.h"
#include "core/xalloc.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* What a file's name has behind what it is called. */
static size_t
stem(const char *name)
{
	static const char *const ends[] = {".log", ".out", ".txt", ".wandb"};
	size_t n = strlen(name);
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
		size_t k = strlen(ends[i]);
		if (n > k && !strcmp(name + n - k, ends[i]))
			return n - k;
	}
	return n;
}

static bool
is_errors(const char *name)
{
	return !strncasecmp(name, "stderr", 6) || strstr(name, ".err") || strstr(name, ".stderr");
}

/* "r3", "r3e"; NULL: no rank in its name or that of its directory. */
static char *
by_rank(const char *path)
{
	static const char *const words[] = {"rank", "worker", "proc", "node"};
	const char *name = name_last(path), *from = name > path + 1 ? name - 2 : name;
	while (from > path && from[-1] != '/')
		from--;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		for (const char *p = from; (p = strcasestr(p, words[i])); p++) {
			const char *q = p + strlen(words[i]);
			q += *q == '_' || *q == '-' || *q == '.' || *q == '=' || *q == ':';
			size_t n = strspn(q, "0123456789");
			if (n && n < 6)
				return xasprintf("%c%.*s%s", tolower((unsigned char)*p), (int)n, q,
						 is_errors(name) ? "e" : "");
		}
	}
	return NULL;
}

/* The last PARTS parts of the path, without what says that it is a text. */
static char *
by_parts(const char *path, int parts)
{
	const char *p = name_last(path), *name = p;
	while (--parts > 0 && p > path + 1)
		for (p--; p > path && p[-1] != '/';)
			p--;
	return xasprintf("%.*s%.*s", (int)(name - p), p, (int)stem(name), name);
}

/* Of a long name its beginning and its end. */
static char *
clipped(const char *path)
{
	char *name = by_parts(path, 1);
	size_t n = strlen(name), tail = WHO_COLUMNS - 6;
	for (const char *p = name; *p; p++)
		if (*p <= ' ' || *p > '~')
			n = 0; /* where it may be cut is not known */
	char *clip = n > WHO_COLUMNS ? xasprintf("%.5s~%s", name, name + n - tail) : NULL;
	free(name);
	return clip;
}

static bool
is_shown(const char *name)
{
	const char *end = name + strlen(name);
	for (const char *p = name; p < end;) {
		uint32_t ch;
		p = utf8_next(p, end, &ch);
		if (ch == UTF8_BAD || ch <= ' ')
			return false;
	}
	return utf8_columns(name) <= WHO_COLUMNS;
}

static char *
name_of(const char *path, size_t i, int how)
{
	char *name = how == 0   ? by_rank(path)
		     : how == 1 ? by_parts(path, 1)
		     : how == 2 ? xstrdup(name_last(path))
		     : how == 3 ? by_parts(path, 2)
		     : how == 4 ? clipped(path)
				: xasprintf("%zu", i + 1);
	if (name && how < 5 && !is_shown(name)) {
		free(name);
		name = NULL;
	}
	return name;
}

void
log_who(char *const *paths, size_t n, char **out)
{
	enum { WAYS = 6 };
	for (size_t i = 0; i < n; i++)
		out[i] = NULL;
	for (int how = 0; how < WAYS; how++) {
		char **name = xcalloc(n + 1, sizeof *name);
		for (size_t i = 0; i < n; i++)
			name[i] = name_of(paths[i], i, how);
		for (size_t i = 0; i < n; i++) {
			bool alone = name[i] && !out[i];
			for (size_t k = 0; k < n && alone; k++)
				alone = k == i || ((!name[k] || strcmp(name[i], name[k]) != 0) &&
						   (!out[k] || strcmp(name[i], out[k]) != 0));
			if (alone)
				out[i] = xstrdup(name[i]);
		}
		for (size_t i = 0; i < n; i++)
			free(name[i]);
		free(name);
	}
	for (size_t i = 0; i < n; i++)
		if (!out[i])
			out[i] = xasprintf("#%zu", i + 1);
}
