#include "core/argv.h"

#include "core/str.h"
#include "core/xalloc.h"

#include <stdlib.h>
#include <string.h>

void
argv_free(char **argv)
{
	for (char **p = argv; p && *p; p++)
		free(*p);
	free(argv);
}

/* One word at P; returns behind it, or NULL: its quotes are not closed. */
static const char *
word(const char *p, struct str *out)
{
	char quote = 0;
	for (; *p && (quote || (*p != ' ' && *p != '\t')); p++) {
		if (*p == '\\' && quote != '\'' && p[1])
			str_addc(out, *++p);
		else if (quote && *p == quote)
			quote = 0;
		else if (!quote && (*p == '"' || *p == '\''))
			quote = *p;
		else
			str_addc(out, *p);
	}
	return quote ? NULL : p;
}

int
argv_parse(const char *text, char ***out, struct err *e)
{
	char **argv = xcalloc(1, sizeof *argv);
	size_t n = 0;
	*out = NULL;
	for (const char *p = text;;) {
		struct str s = STR_INIT;
		p += strspn(p, " \t");
		if (!*p)
			break;
		p = word(p, &s);
		if (!p) {
			str_release(&s);
			argv_free(argv);
			return err_set(e, ERR_USAGE, "the quotes are not closed");
		}
		argv = xreallocarray(argv, n + 2, sizeof *argv);
		argv[n++] = s.buf ? str_steal(&s) : xstrdup("");
		argv[n] = NULL;
	}
	if (n == 0 || !*argv[0]) {
		argv_free(argv);
		return err_set(e, ERR_USAGE, "there is no command");
	}
	*out = argv;
	return 0;
}
