/* What an action takes stands in its row as a person would write it: "" nothing, "TEXT" something,
 * "[TEXT]" perhaps something, "[a|b|c]" perhaps one of these. Checking and completion both read
 * it. */
#include "tui/command.h"

#include "core/conf.h"
#include "core/map.h"
#include "core/xalloc.h"
#include "tui/dash.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *
skip_blanks(const char *p)
{
	return p + strspn(p, " \t");
}

/* The I-th of the words that an argument may be, into BUF; false: no more, or any word may stand
 * there. */
static bool
choice(const char *spec, int i, char buf[32])
{
	if (!strchr(spec, '|'))
		return false;
	const char *p = spec + strspn(spec, "[");
	while (i-- > 0) {
		p += strcspn(p, "|]");
		if (*p++ != '|')
			return false;
	}
	snprintf(buf, 32, "%.*s", (int)strcspn(p, "|]"), p);
	return true;
}

static bool
is_choice(const char *spec, const char *arg)
{
	char word[32];
	if (!strchr(spec, '|'))
		return true;
	for (int i = 0; choice(spec, i, word); i++)
		if (strcmp(word, arg) == 0)
			return true;
	return false;
}

/* Numbers are checked here, so that a script with a slip in its last line is refused before its
 * first. */
static bool
is_number(const char *spec, const char *arg)
{
	char end;
	double seconds;
	int cols, rows;
	if (strstr(spec, "SECONDS") || strstr(spec, "WEIGHT"))
		return sscanf(arg, "%lf%c", &seconds, &end) == 1 && seconds >= 0 && seconds < 1e12;
	if (strstr(spec, "COLSxROWS"))
		return sscanf(arg, "%5dx%5d%c", &cols, &rows, &end) == 2 && cols > 0 &&
		       cols <= 1000 && rows > 0 && rows <= 1000;
	return true;
}

static int
unknown(const char *name, bool ambiguous, struct err *e)
{
	const char *names[ACTION_N];
	int n = 0;
	char could[120] = "";
	for (int a = ACTION_NONE + 1; a < ACTION_N; a++) {
		names[n++] = action_table[a].name;
		size_t used = strlen(could);
		if (ambiguous && strncmp(action_table[a].name, name, strlen(name)) == 0)
			snprintf(could + used, sizeof could - used, "%s%s", used ? ", " : "",
				 action_table[a].name);
	}
	if (ambiguous)
		return err_set(e, ERR_USAGE, "%.40s could be %s", name, could);
	const char *near = conf_nearest(name, names, n);
	if (near)
		return err_set(e, ERR_USAGE, "no command is called %.40s; did you mean %s?", name,
			       near);
	return err_set(e, ERR_USAGE, "no command is called %.40s", name);
}

int
command_parse(const char *line, enum action *a, const char **arg, struct err *e)
{
	char name[64];
	line = skip_blanks(line);
	size_t n = strcspn(line, " \t");
	snprintf(name, sizeof name, "%.*s", (int)n, line);
	bool ambiguous;
	*a = action_by_name(name, &ambiguous);
	*arg = NULL;
	if (*a == ACTION_NONE)
		return unknown(name, ambiguous, e);
	const struct action_row *row = &action_table[*a];
	const char *rest = skip_blanks(line + n);
	if (*rest)
		*arg = rest;
	if (*arg && !row->arg[0])
		return err_set(e, ERR_USAGE, "%s takes no argument", row->name);
	if (!*arg && row->arg[0] && row->arg[0] != '[')
		return err_set(e, ERR_USAGE, "%s needs %s", row->name, row->arg);
	if (*arg && !is_choice(row->arg, *arg))
		return err_set(e, ERR_USAGE, "%s %.40s: it is one of %s", row->name, *arg,
			       row->arg);
	if (*arg && !is_number(row->arg, *arg))
		return err_set(e, ERR_USAGE, "%s %.40s: that is no %s", row->name, *arg, row->arg);
	return 0;
}

static void
offer(const char *candidate, const char *word, prompt_add_fn *add, void *to)
{
	if (strncmp(candidate, word, strlen(word)) == 0)
		add(to, candidate);
}

/* Every tag there is, once; with '-' before it behind one. */
static void
tag_words(const struct model *m, const char *word, prompt_add_fn *add, void *to)
{
	struct map seen = MAP_INIT;
	for (int i = 0; i < m->nruns; i++)
		for (int k = 0; k < m->run[i].marks.ntags; k++) {
			char *off = xasprintf("-%s", m->run[i].marks.tag[k]);
			if (!map_get(&seen, off, strlen(off)))
				offer(off + (*word != '-'), word, add, to);
			map_put(&seen, off, strlen(off), &seen);
			free(off);
		}
	map_release(&seen);
}

static void
argument_words(const struct model *m, const char *spec, const char *word, prompt_add_fn *add,
	       void *to)
{
	char buf[32];
	for (int i = 0; choice(spec, i, buf); i++)
		offer(buf, word, add, to);
	if (strstr(spec, "PANE"))
		for (int i = 0; dash_pane_name(i); i++)
			offer(dash_pane_name(i), word, add, to);
	if (strstr(spec, "COLUMN"))
		for (int i = 0; i < SORT_NSORT; i++)
			offer(run_sort_names[i], word, add, to);
	if (strstr(spec, "TAG"))
		tag_words(m, word, add, to);
	if (strstr(spec, "TEXT"))
		for (int i = 0; i < m->nrows && i < 1000; i++)
			if (m->row[i].run >= 0 && !strchr(m->run[m->row[i].run].name, ' '))
				offer(m->run[m->row[i].run].name, word, add, to);
}

void
command_words(void *ctx, const char *line, const char *word, prompt_add_fn *add, void *to)
{
	const char *begin = skip_blanks(line);
	if (begin >= word) {
		for (int a = ACTION_NONE + 1; a < ACTION_N; a++)
			offer(action_table[a].name, word, add, to);
		return;
	}
	char name[64];
	snprintf(name, sizeof name, "%.*s", (int)strcspn(begin, " \t"), begin);
	enum action a = action_by_name(name, NULL);
	if (a != ACTION_NONE)
		argument_words(ctx, action_table[a].arg, word, add, to);
}
