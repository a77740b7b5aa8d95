#include "tui/script.h"

#include "core/str.h"
#include "core/xalloc.h"
#include "tui/command.h"
#include "tui/term.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int
add_command(struct script *s, int line, const char *text, struct err *e)
{
	struct err why;
	enum action a;
	const char *arg;
	if (command_parse(text, &a, &arg, &why) < 0)
		return err_set(e, ERR_USAGE, "%s:%d: %s", s->name, line, why.text);
	*vec_push(s->step, s->n, s->cap) =
		(struct script_step){.line = line, .command = xstrdup(text)};
	return 0;
}

/* Keys need no blanks between them: j, jj<Enter>, <Tab> <Tab>. */
static int
add_keys(struct script *s, int line, const char *text, struct err *e)
{
	while (*(text += strspn(text, " \t"))) {
		int key;
		size_t n = key_first(text, &key);
		if (n == 0)
			return err_set(e, ERR_USAGE,
				       "%s:%d: %.*s is no key: they are written j, <Tab>, <C-l>, "
				       "and commands :quit",
				       s->name, line, (int)strcspn(text, " \t"), text);
		*vec_push(s->step, s->n, s->cap) = (struct script_step){.line = line, .key = key};
		text += n;
	}
	return 0;
}

int
script_parse(const char *name, const char *text, struct script *out, struct err *e)
{
	*out = (struct script){.name = xstrdup(name)};
	int code = 0;
	for (int line = 1; *text && code == 0; line++) {
		size_t n = strcspn(text, "\n");
		char *copy = xstrndup(text, n);
		if (n && copy[n - 1] == '\r')
			copy[n - 1] = '\0';
		char *begin = copy + strspn(copy, " \t");
		if (begin[0] == ':' && begin[1] != '\0' && begin[1] != ' ')
			code = add_command(out, line, begin + 1, e);
		else if (*begin != '#')
			code = add_keys(out, line, begin, e);
		free(copy);
		text += n + (text[n] == '\n');
	}
	if (code < 0)
		script_release(out);
	return code;
}

int
script_read(const char *path, struct script *out, struct err *e)
{
	bool in = strcmp(path, "-") == 0;
	FILE *f = in ? stdin : fopen(path, "re");
	if (!f)
		return err_set(e, ERR_USAGE, "%s: %s", path, strerror(errno));
	struct str text = STR_INIT;
	char buf[4096];
	size_t n;
	while ((n = fread(buf, 1, sizeof buf, f)) > 0)
		str_add(&text, buf, n);
	int code = 0;
	if (ferror(f))
		code = err_set(e, ERR_USAGE, "%s: %s", path, strerror(errno));
	if (!in)
		fclose(f);
	if (code == 0)
		code = script_parse(in ? "standard input" : path, str_c(&text), out, e);
	str_release(&text);
	return code;
}

void
script_release(struct script *s)
{
	for (size_t i = 0; i < s->n; i++)
		free(s->step[i].command);
	free(s->step);
	free(s->name);
	*s = (struct script){0};
}
