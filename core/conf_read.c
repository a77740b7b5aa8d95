/* Reads mm.conf line by line, and stops at the first mistake. One mistake refuses the file, because
 * half a configuration is one that nobody wrote; and since every value is checked here, asking for
 * one later cannot fail. */
#include "core/conf_section.h"

#include "core/channel.h"
#include "core/pattern.h"
#include "core/registry.h"
#include "core/rule.h"
#include "core/utf8.h"
#include "core/xalloc.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_MAX_BYTES = 64 };

/* What is known while a file is read. */
struct reader {
	struct conf *conf;
	const char *name;
	int line;
	struct err *e;
};

static int __attribute__((format(printf, 2, 3))) refuse(struct reader *r, const char *fmt, ...)
{
	char text[400];
	struct str clean = STR_INIT;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	/* What was quoted from the file may hold anything. */
	utf8_clean(&clean, text, strlen(text), 0);
	err_set(r->e, ERR_USAGE, "%s:%d: %s", r->name, r->line, str_c(&clean));
	str_release(&clean);
	return ERR_USAGE;
}

static int
unknown_key(struct reader *r, const char *section, const char *key)
{
	const char *names[64] = {NULL};
	int n = 0;

	for (const struct conf_option *o = conf_options; o->section && n < 64; o++)
		if (strcmp(o->section, section) == 0)
			names[n++] = o->key;
	const char *near = conf_nearest(key, names, n);
	if (near)
		return refuse(r, "[%s] has no '%s'; did you mean '%s'?", section, key, near);
	for (const struct conf_option *o = conf_options; o->section; o++)
		if (strcmp(o->key, key) == 0)
			return refuse(r, "[%s] has no '%s'; it belongs into [%s]", section, key,
				      o->section);
	return refuse(r, "[%s] has no '%s'", section, key);
}

static bool
alert_name_ok(const char *s)
{
	if (!*s || strlen(s) > NAME_MAX_BYTES ||
	    !(islower((unsigned char)*s) || isdigit((unsigned char)*s)))
		return false;
	for (; *s; s++)
		if (!islower((unsigned char)*s) && !isdigit((unsigned char)*s) &&
		    !strchr("._-", *s))
			return false;
	return true;
}

static char *
strip(char *s)
{
	char *end = s + strlen(s);

	while (*s == ' ' || *s == '\t')
		s++;
	while (end > s && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	*end = '\0';
	return s;
}

/* P is at a comment, not at a # or ; in the middle of a word. */
static bool
comment_at(const char *line, const char *p)
{
	return (*p == '#' || *p == ';') && (p == line || p[-1] == ' ' || p[-1] == '\t');
}

static void
drop_comment(char *line)
{
	for (char *p = line; *p; p++) {
		if (comment_at(line, p)) {
			*p = '\0';
			return;
		}
	}
}

static int
read_section(struct reader *r, char *line)
{
	static const char *const known[] = {"watch",  "source", "screen", "keys",    "alerts",
					    "metric", "run",    "alert",  "pattern", "registry",
					    "deploy", "notify", "stop"};
	const int nknown = (int)(sizeof known / sizeof *known);

	drop_comment(line);
	line = strip(line);
	size_t n = strlen(line);
	if (line[n - 1] != ']')
		return refuse(r, "the section has no ']' at its end");
	line[n - 1] = '\0';
	char *name = strip(line + 1), *arg = name + strcspn(name, " \t");
	if (*arg)
		*arg++ = '\0';
	arg = strip(arg);
	bool found = false;
	for (int i = 0; i < nknown; i++)
		found |= strcmp(name, known[i]) == 0;
	if (!found) {
		const char *near = conf_nearest(name, known, nknown);
		if (near)
			return refuse(r, "there is no section [%s]; did you mean [%s]?", name,
				      near);
		return refuse(r, "there is no section [%s]", name);
	}
	if (conf_section_takes_arg(name) != (*arg != '\0')) {
		if (*arg)
			return refuse(r, "[%s] takes nothing behind its name", name);
		return refuse(r, "[%s] needs a %s behind its name", name,
			      strcmp(name, "metric") == 0 || strcmp(name, "run") == 0 ? "pattern"
										      : "name");
	}
	if (strcmp(name, "deploy") == 0 && !registry_name_ok(arg))
		return refuse(r, "'%s' is no name: letters, digits and . _ -, at most %d", arg,
			      NAME_MAX_BYTES);
	bool alert = strcmp(name, "alert") == 0;
	if ((alert || strcmp(name, "notify") == 0) && !alert_name_ok(arg))
		return refuse(
			r, "'%s' is no name for a %s: small letters, digits and . _ -, at most %d",
			arg, alert ? "rule" : "channel", NAME_MAX_BYTES);
	for (size_t i = 0; i < r->conf->n; i++) {
		struct conf_section *s = &r->conf->section[i];
		if (strcmp(s->name, name) == 0 && strcmp(s->arg ? s->arg : "", arg) == 0)
			return refuse(r, "[%s%s%s] was there before, in line %d", name,
				      *arg ? " " : "", arg, s->line);
	}
	struct conf_section *s = vec_push(r->conf->section, r->conf->n, r->conf->cap);
	*s = (struct conf_section){.name = xstrdup(name),
				   .arg = *arg ? xstrdup(arg) : NULL,
				   .line = r->line};
	conf_number(r->conf);
	return 0;
}

/* The value as it is meant: quotes off, comment off. */
static int
read_value(struct reader *r, char *p, char **out)
{
	while (*p == ' ' || *p == '\t')
		p++;
	if (*p != '"') {
		/* P[-1] is '=' or a blank: `key =#x` is a value, `key = # x` is none. */
		for (char *q = p; *q; q++) {
			if ((*q == '#' || *q == ';') && (q[-1] == ' ' || q[-1] == '\t')) {
				*q = '\0';
				break;
			}
		}
		*out = strip(p);
		return 0;
	}
	char *to = p, *from = p + 1;
	for (; *from && *from != '"'; from++) {
		if (*from == '\\' && (from[1] == '"' || from[1] == '\\'))
			from++;
		*to++ = *from;
	}
	if (!*from)
		return refuse(r, "the quotes are not closed");
	char *rest = from + 1;
	while (*rest == ' ' || *rest == '\t')
		rest++;
	if (*rest && *rest != '#' && *rest != ';')
		return refuse(r, "text after the closing quotes");
	*to = '\0';
	*out = p;
	return 0;
}

static int
read_key(struct reader *r, char *line)
{
	char *eq = strchr(line, '='), *value = NULL;

	if (!eq)
		return refuse(r, "expected 'key = value' or a '[section]'");
	*eq = '\0';
	char *key = strip(line);
	if (!*key)
		return refuse(r, "there is no key before '='");
	if (!r->conf->n)
		return refuse(r, "'%s' stands before any [section]", key);
	int code = read_value(r, eq + 1, &value);
	if (code < 0)
		return code;
	struct conf_section *s = &r->conf->section[r->conf->n - 1];
	for (size_t i = 0; i < s->n; i++)
		if (strcmp(s->entry[i].key, key) == 0)
			return refuse(r, "%s was set before, in line %d", key, s->entry[i].line);
	if (strcmp(s->name, "keys") != 0) {
		const struct conf_option *o = conf_option_find(s->name, key);
		if (!o)
			return unknown_key(r, s->name, key);
		struct err inner = {0};
		if (conf_check_value(o, value, &inner) < 0)
			return refuse(r, "%s", inner.text);
	}
	struct conf_entry *en = vec_push(s->entry, s->n, s->cap);
	*en = (struct conf_entry){xstrdup(key), xstrdup(value), r->line};
	return 0;
}

static int
read_text(struct reader *r, const char *text, size_t n)
{
	const char *end = text + n;
	int code = 0;

	if (n >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0)
		text += 3;
	while (text < end && code == 0) {
		const char *nl = memchr(text, '\n', (size_t)(end - text));
		const char *stop = nl ? nl : end;
		r->line++;
		if (memchr(text, '\0', (size_t)(stop - text)))
			return refuse(r, "a NUL byte: this is no text");
		char *line = xstrndup(text, (size_t)(stop - text));
		size_t len = strlen(line);
		if (len && line[len - 1] == '\r')
			line[len - 1] = '\0';
		char *s = line;
		while (*s == ' ' || *s == '\t')
			s++;
		if (*s == '[')
			code = read_section(r, s);
		else if (*s && *s != '#' && *s != ';')
			code = read_key(r, s);
		free(line);
		text = nl ? nl + 1 : end;
	}
	return code;
}

/* Compiled once, here: what was checked is what is used. */
static int
compile_patterns(struct reader *r)
{
	struct conf *c = r->conf;

	for (size_t i = 0; i < c->n; i++) {
		const struct conf_section *s = c->section + i;
		const char *regex = NULL, *files = NULL;
		struct err inner = {0};
		if (strcmp(s->name, "pattern") != 0)
			continue;
		for (size_t k = 0; k < s->n; k++)
			*(strcmp(s->entry[k].key, "regex") == 0 ? &regex : &files) =
				s->entry[k].value;
		r->line = s->line;
		if (!regex)
			return refuse(r, "[pattern %s] has no regex", s->arg);
		if (!c->patterns)
			c->patterns = pattern_set_new();
		if (pattern_set_add(c->patterns, s->arg, regex, files, &inner) < 0)
			return refuse(r, "%s", inner.text);
	}
	return 0;
}

int
conf_parse(const char *name, const char *text, size_t n, struct conf **out, struct err *e)
{
	struct conf *c = xcalloc(1, sizeof *c);
	struct reader r = {c, name, 0, e};
	struct rules *rules;
	int code = read_text(&r, text, n);

	if (code == 0)
		code = compile_patterns(&r);
	if (code == 0) {
		/* Whether rules are whole is theirs to say; a broken one must not be found only
		 * later. */
		c->path = xstrdup(name);
		code = rules_new(c, &rules, e);
		if (code == 0)
			rules_free(rules);
	}
	if (code == 0) {
		struct channels channels;
		code = channels_read(c, &channels, e);
		if (code == 0)
			channels_release(&channels);
	}
	if (code < 0) {
		conf_free(c);
		*out = NULL;
		return code;
	}
	*out = c;
	return 0;
}
