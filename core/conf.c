/* A configuration is a list of sections with keys, kept as text and checked whole while it is read: every
 * value that a caller later asks for is known to parse, so asking cannot fail. One mistake refuses the
 * file, because half a configuration is one that nobody wrote. */
#include "core/conf.h"

#include "core/condition.h"
#include "core/glob.h"
#include "core/num.h"
#include "core/rule.h"
#include "core/utf8.h"
#include "core/xalloc.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CONF_MAX_BYTES = 1 << 20, CONF_MAX_NAME = 64 };

struct entry {
	char *key, *value;
	int line;
};

struct section {
	char *name; /* "metric" */
	char *arg;  /* GLOB or NAME; NULL for plain ones */
	int line;
	struct entry *entry;
	size_t n, cap;
};

struct conf {
	char *path; /* NULL: from memory */
	struct section *section;
	size_t n, cap;
};

/* What is known while a file is read. */
struct reader {
	struct conf *conf;
	const char *name;
	int line;
	struct err *e;
};

/* -- words ------------------------------------------------------------------------------------------- */

/* Edits (a character more, less or other, two swapped) from A to B, at most MOST + 1. */
static int
distance(const char *a, const char *b, int most)
{
	enum { MAX = 64 };
	int la = (int)strlen(a), lb = (int)strlen(b), row[3][MAX + 1];

	if (la > MAX || lb > MAX || abs(la - lb) > most)
		return most + 1;
	for (int j = 0; j <= lb; j++)
		row[0][j] = j;
	for (int i = 1; i <= la; i++) {
		int *now = row[i % 3], *up = row[(i + 2) % 3], *up2 = row[(i + 1) % 3];
		now[0] = i;
		for (int j = 1; j <= lb; j++) {
			bool same = tolower((unsigned char)a[i - 1]) ==
				    tolower((unsigned char)b[j - 1]);
			int d = up[j - 1] + !same;
			if (up[j] + 1 < d)
				d = up[j] + 1;
			if (now[j - 1] + 1 < d)
				d = now[j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    up2[j - 2] + 1 < d)
				d = up2[j - 2] + 1;
			now[j] = d;
		}
	}
	return row[la % 3][lb];
}

const char *
conf_nearest(const char *word, const char *const *names, int n)
{
	const char *best = NULL;
	size_t len = strlen(word);
	int most = len < 3 ? 1 : len < 6 ? 2 : 3;

	for (int i = 0; i < n; i++) {
		int d = distance(word, names[i], most);
		if (d <= most) {
			best = names[i];
			most = d - 1;
		}
	}
	return best;
}

bool
conf_parse_duration(const char *s, int64_t *us)
{
	static const struct {
		const char *suffix;
		double us;
	} units[] = {{"", 1e6},   {"ms", 1e3},   {"s", 1e6},    {"sec", 1e6},
		     {"m", 60e6}, {"min", 60e6}, {"h", 3600e6}, {"d", 86400e6}};
	double v;
	const char *end = s + strlen(s);

	while (*s == ' ' || *s == '\t')
		s++;
	while (end > s && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	if (!isdigit((unsigned char)*s) && *s != '.')
		return false;
	const char *p = num_parse(s, end, &v);
	if (!p)
		return false;
	while (p < end && *p == ' ')
		p++;
	for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
		size_t n = strlen(units[i].suffix);
		if ((size_t)(end - p) == n && memcmp(p, units[i].suffix, n) == 0) {
			v *= units[i].us;
			if (!(v >= 0 && v < 9e18))
				return false;
			*us = (int64_t)(v + 0.5);
			return true;
		}
	}
	return false;
}

bool
conf_parse_tz(const char *s, int *offset_s)
{
	int h, m, used;

	if (strcasecmp(s, "local") == 0) {
		*offset_s = INT_MIN;
		return true;
	}
	if (strcasecmp(s, "utc") == 0 || strcmp(s, "Z") == 0) {
		*offset_s = 0;
		return true;
	}
	if (*s != '+' && *s != '-')
		return false;
	for (const char *p = s + 1; *p; p++)
		if (!isdigit((unsigned char)*p) && *p != ':')
			return false;
	if (!((sscanf(s + 1, "%2d:%2d%n", &h, &m, &used) == 2 && s[3] == ':') ||
	      (sscanf(s + 1, "%2d%2d%n", &h, &m, &used) == 2)) ||
	    strlen(s + 1) != (size_t)used || h > 14 || m > 59)
		return false;
	*offset_s = (h * 60 + m) * (*s == '-' ? -60 : 60);
	return true;
}

static bool
parse_bool(const char *s, bool *out)
{
	static const char *const yes[] = {"yes", "on", "true", "1"}, *const no[] = {"no", "off",
										    "false", "0"};

	for (int i = 0; i < 4; i++) {
		if (strcasecmp(s, yes[i]) == 0 || strcasecmp(s, no[i]) == 0) {
			*out = strcasecmp(s, yes[i]) == 0;
			return true;
		}
	}
	return false;
}

/* -- errors ------------------------------------------------------------------------------------------ */

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

/* -- values ------------------------------------------------------------------------------------------ */

/* "a|b|c" into at most MAX words of BUF. */
static int
split_choices(const char *choices, char *buf, size_t nbuf, const char **word, int max)
{
	int n = 0;

	snprintf(buf, nbuf, "%s", choices);
	for (char *p = buf; p && n < max;) {
		word[n++] = p;
		p = strchr(p, '|');
		if (p)
			*p++ = '\0';
	}
	return n;
}

static int
check_choice(struct reader *r, const struct conf_option *o, const char *v)
{
	char buf[200];
	const char *word[16];
	int n = split_choices(o->choices, buf, sizeof buf, word, 16);

	for (int i = 0; i < n; i++)
		if (strcmp(v, word[i]) == 0)
			return 0;
	const char *near = conf_nearest(v, word, n);
	if (near)
		return refuse(r, "%s = '%s': did you mean '%s'?", o->key, v, near);
	struct str list = STR_INIT;
	for (int i = 0; i < n; i++)
		str_addf(&list, "%s%s", i == 0 ? "" : i == n - 1 ? " or " : ", ", word[i]);
	refuse(r, "%s = '%s': expected %s", o->key, v, str_c(&list));
	str_release(&list);
	return ERR_USAGE;
}

static int
check_number(struct reader *r, const struct conf_option *o, const char *v)
{
	double x, lo, hi;

	if (!num_parse_all(v, v + strlen(v), &x) || !isfinite(x) ||
	    (o->type == OPT_INT && x != nearbyint(x)))
		return refuse(r, "%s = '%s': expected a %s", o->key, v,
			      o->type == OPT_INT ? "whole number" : "number");
	if (o->choices && sscanf(o->choices, "%lf..%lf", &lo, &hi) == 2 && !(lo <= x && x <= hi))
		return refuse(r, "%s = '%s': must be within %s", o->key, v, o->choices);
	return 0;
}

static int
check_value(struct reader *r, const struct conf_option *o, const char *v)
{
	struct err inner = {0};
	struct condition c;
	struct hold h;
	int64_t us;
	bool b;
	int tz;

	switch (o->type) {
	case OPT_BOOL:
		return parse_bool(v, &b) ? 0
					 : refuse(r, "%s = '%s': expected yes or no", o->key, v);
	case OPT_INT:
	case OPT_NUMBER:
		return check_number(r, o, v);
	case OPT_DURATION:
		if (!conf_parse_duration(v, &us) || us <= 0)
			return refuse(r,
				      "%s = '%s': expected a duration like 500ms, 30s, 5m, 2h, 1d",
				      o->key, v);
		return 0;
	case OPT_CHOICE:
		return check_choice(r, o, v);
	case OPT_TZ:
		if (!conf_parse_tz(v, &tz))
			return refuse(r, "%s = '%s': expected local, utc or an offset like +02:00",
				      o->key, v);
		return 0;
	case OPT_CONDITION:
		return condition_parse(v, &c, &inner) < 0
			       ? refuse(r, "%s = %s: %s", o->key, v, inner.text)
			       : 0;
	case OPT_FOR:
		return hold_parse(v, &h, &inner) < 0
			       ? refuse(r, "%s = %s: %s", o->key, v, inner.text)
			       : 0;
	case OPT_STRING:
	case OPT_GLOBS:
		return *v ? 0 : refuse(r, "%s has no value", o->key);
	}
	return 0;
}

/* -- lines ------------------------------------------------------------------------------------------- */

static const struct conf_option *
option_find(const char *section, const char *key)
{
	for (const struct conf_option *o = conf_options; o->section; o++)
		if (strcmp(o->section, section) == 0 && strcmp(o->key, key) == 0)
			return o;
	return NULL;
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
takes_arg(const char *section)
{
	return strcmp(section, "metric") == 0 || strcmp(section, "run") == 0 ||
	       strcmp(section, "alert") == 0;
}

static bool
alert_name_ok(const char *s)
{
	if (!*s || strlen(s) > CONF_MAX_NAME ||
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
	static const char *const known[] = {"watch",  "source", "screen", "keys",
					    "alerts", "metric", "run",    "alert"};
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
	if (takes_arg(name) != (*arg != '\0')) {
		if (*arg)
			return refuse(r, "[%s] takes nothing behind its name", name);
		return refuse(r, "[%s] needs a %s behind its name", name,
			      strcmp(name, "alert") == 0 ? "name" : "pattern");
	}
	if (strcmp(name, "alert") == 0 && !alert_name_ok(arg))
		return refuse(
			r,
			"'%s' is no name for a rule: small letters, digits and . _ -, at most %d",
			arg, CONF_MAX_NAME);
	for (size_t i = 0; i < r->conf->n; i++) {
		struct section *s = &r->conf->section[i];
		if (strcmp(s->name, name) == 0 && strcmp(s->arg ? s->arg : "", arg) == 0)
			return refuse(r, "[%s%s%s] was there before, in line %d", name,
				      *arg ? " " : "", arg, s->line);
	}
	struct section *s = vec_push(r->conf->section, r->conf->n, r->conf->cap);
	*s = (struct section){.name = xstrdup(name),
			      .arg = *arg ? xstrdup(arg) : NULL,
			      .line = r->line};
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
	struct section *s = &r->conf->section[r->conf->n - 1];
	for (size_t i = 0; i < s->n; i++)
		if (strcmp(s->entry[i].key, key) == 0)
			return refuse(r, "%s was set before, in line %d", key, s->entry[i].line);
	if (strcmp(s->name, "keys") != 0) {
		const struct conf_option *o = option_find(s->name, key);
		if (!o)
			return unknown_key(r, s->name, key);
		if ((code = check_value(r, o, value)) < 0)
			return code;
	}
	struct entry *en = vec_push(s->entry, s->n, s->cap);
	*en = (struct entry){xstrdup(key), xstrdup(value), r->line};
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

int
conf_parse(const char *name, const char *text, size_t n, struct conf **out, struct err *e)
{
	struct conf *c = xcalloc(1, sizeof *c);
	struct reader r = {c, name, 0, e};
	struct rules *rules;
	int code = read_text(&r, text, n);

	if (code == 0) {
		/* Whether rules are whole is theirs to say; a broken one must not be found only later. */
		c->path = xstrdup(name);
		code = rules_new(c, &rules, e);
		if (code == 0)
			rules_free(rules);
	}
	if (code < 0) {
		conf_free(c);
		*out = NULL;
		return code;
	}
	*out = c;
	return 0;
}

/* -- files ------------------------------------------------------------------------------------------- */

static int
check_owner(const char *path, const struct stat *st, struct err *e)
{
	if (!S_ISREG(st->st_mode))
		return err_set(e, ERR_USAGE, "%s: is no regular file", path);
	if (st->st_uid != 0 && st->st_uid != geteuid())
		return err_set(
			e, ERR_USAGE,
			"%s: belongs to somebody else; a configuration must be yours or root's",
			path);
	if (st->st_mode & (S_IWGRP | S_IWOTH))
		return err_set(e, ERR_USAGE, "%s: can be written by others; chmod go-w %s", path,
			       path);
	if (st->st_size > CONF_MAX_BYTES)
		return err_set(e, ERR_USAGE, "%s: is larger than a configuration can be (1 MB)",
			       path);
	return 0;
}

/* 1: there is no such file. */
static int
load_file(const char *path, struct conf **out, struct err *e)
{
	struct stat st;
	struct str text = STR_INIT;
	char buf[8192];
	ssize_t n;
	/* Not blocking: somebody may have put a FIFO there. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR ? 1 : err_sys(e, "%s", path);
	int code = fstat(fd, &st) < 0 ? err_sys(e, "%s", path) : check_owner(path, &st, e);
	while (code == 0 && (n = read(fd, buf, sizeof buf)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			code = err_sys(e, "%s", path);
		else if (text.len + (size_t)n > CONF_MAX_BYTES)
			code = err_set(e, ERR_USAGE,
				       "%s: is larger than a configuration can be (1 MB)", path);
		else
			str_add(&text, buf, (size_t)n);
	}
	close(fd);
	if (code == 0)
		code = conf_parse(path, str_c(&text), text.len, out, e);
	str_release(&text);
	return code;
}

int
conf_load(const char *path, struct conf **out, struct err *e)
{
	const char *xdg = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
	char *mine = NULL;
	int code = 1;

	*out = NULL;
	if (path) {
		code = load_file(path, out, e);
		return code == 1 ? err_set(e, ERR_USAGE, "%s: there is no such file", path) : code;
	}
	/* The XDG specification wants relative paths ignored. */
	if (xdg && *xdg == '/')
		mine = xasprintf("%s/mm/mm.conf", xdg);
	else if (home && *home == '/')
		mine = xasprintf("%s/.config/mm/mm.conf", home);
	if (mine)
		code = load_file(mine, out, e);
	free(mine);
	if (code == 1)
		code = load_file("/etc/mm/mm.conf", out, e);
	if (code == 1) {
		code = conf_parse("defaults", "", 0, out, e);
		if (code == 0) {
			free((*out)->path);
			(*out)->path = NULL;
		}
	}
	return code;
}

void
conf_free(struct conf *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->n; i++) {
		struct section *s = &c->section[i];
		for (size_t k = 0; k < s->n; k++) {
			free(s->entry[k].key);
			free(s->entry[k].value);
		}
		free(s->entry);
		free(s->name);
		free(s->arg);
	}
	free(c->section);
	free(c->path);
	free(c);
}

/* -- questions --------------------------------------------------------------------------------------- */

const char *
conf_path(const struct conf *c)
{
	return c->path;
}

static const struct entry *
section_get(const struct section *s, const char *key)
{
	for (size_t i = 0; i < s->n; i++)
		if (strcmp(s->entry[i].key, key) == 0)
			return &s->entry[i];
	return NULL;
}

const char *
conf_str(const struct conf *c, const char *name)
{
	const char *dot = strchr(name, '.');
	const struct conf_option *o;
	char section[32];

	assert(dot && (size_t)(dot - name) < sizeof section);
	snprintf(section, sizeof section, "%.*s", (int)(dot - name), name);
	o = option_find(section, dot + 1);
	assert(o && !takes_arg(section));
	for (size_t i = 0; i < c->n; i++) {
		if (strcmp(c->section[i].name, section) == 0) {
			const struct entry *en = section_get(&c->section[i], dot + 1);
			if (en)
				return en->value;
		}
	}
	return o->def;
}

bool
conf_bool(const struct conf *c, const char *name)
{
	bool b = false;

	parse_bool(conf_str(c, name), &b);
	return b;
}

int64_t
conf_int(const struct conf *c, const char *name)
{
	return strtoll(conf_str(c, name), NULL, 10);
}

int64_t
conf_duration_us(const struct conf *c, const char *name)
{
	int64_t us = 0;

	conf_parse_duration(conf_str(c, name), &us);
	return us;
}

static const char *
get_matching(const struct conf *c, const char *section, const char *name, const char *key,
	     bool (*match)(const char *, const char *))
{
	for (size_t i = c->n; i-- > 0;) {
		const struct section *s = &c->section[i];
		if (strcmp(s->name, section) != 0 || !match(s->arg, name))
			continue;
		const struct entry *en = section_get(s, key);
		if (en)
			return en->value;
	}
	return NULL;
}

const char *
conf_metric(const struct conf *c, const char *name, const char *key)
{
	return get_matching(c, "metric", name, key, glob_match);
}

const char *
conf_run(const struct conf *c, const char *run, const char *key)
{
	return get_matching(c, "run", run, key, glob_path_match);
}

/* The I-th section of a kind; NULL behind the last. */
static const struct section *
nth(const struct conf *c, const char *name, int i)
{
	for (size_t k = 0; k < c->n; k++)
		if (strcmp(c->section[k].name, name) == 0 && i-- == 0)
			return &c->section[k];
	return NULL;
}

int
conf_alerts(const struct conf *c)
{
	int n = 0;

	while (nth(c, "alert", n))
		n++;
	return n;
}

const char *
conf_alert_name(const struct conf *c, int i, int *line)
{
	const struct section *s = nth(c, "alert", i);

	assert(s);
	if (line)
		*line = s->line;
	return s->arg;
}

const char *
conf_alert_key(const struct conf *c, int i, const char *key, int *line)
{
	const struct section *s = nth(c, "alert", i);

	assert(s);
	const struct entry *en = section_get(s, key);
	if (en && line)
		*line = en->line;
	return en ? en->value : NULL;
}

int
conf_keys(const struct conf *c)
{
	const struct section *s = nth(c, "keys", 0);

	return s ? (int)s->n : 0;
}

const char *
conf_key(const struct conf *c, int i, const char **keys, int *line)
{
	const struct section *s = nth(c, "keys", 0);

	assert(s && i >= 0 && (size_t)i < s->n);
	if (keys)
		*keys = s->entry[i].value;
	if (line)
		*line = s->entry[i].line;
	return s->entry[i].key;
}
