/* libyaml tells events, and a stack of levels turns them into paths. Nothing is built: a document
 * of nested anchors costs what its text costs. */
#include "core/yaml_flat.h"

#include "core/source.h"
#include "core/str.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>
#include <yaml.h>

/* libyaml looks at every open bracket for each token: 64 KB of them take it a minute. */
enum { DEEPEST = 1000 };

struct level {
	size_t npath;
	unsigned index;
	bool map, value; /* VALUE: the key was seen */
};

struct flat {
	void (*fn)(void *ctx, const char *key, const char *value);
	void *ctx;
	struct level level[YAML_FLAT_DEPTH];
	size_t depth;  /* of what is told */
	size_t hidden; /* brackets within what is left out */
	size_t leaves;
	struct str path;
};

/* Tags that say what any reader would have seen by itself. */
static bool
is_plain_tag(const yaml_char_t *tag)
{
	static const char own[] = "tag:yaml.org,2002:";
	static const char *const names[] = {"str", "int", "float",        "bool",          "null",
					    "seq", "map", "python/tuple", "python/unicode"};
	const char *t = (const char *)tag;
	if (!t || !strcmp(t, "!"))
		return true;
	if (strncmp(t, own, sizeof own - 1) != 0)
		return false;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (!strcmp(t + sizeof own - 1, names[i]))
			return true;
	return false;
}

/* What Python kept of an object: its attributes, as a map. Nothing is made of them but that. */
static bool
is_object(const yaml_char_t *tag)
{
	static const char object[] = "tag:yaml.org,2002:python/object:";
	return tag && !strncmp((const char *)tag, object, sizeof object - 1);
}

static struct level *
top(struct flat *f)
{
	return f->depth ? &f->level[f->depth - 1] : NULL;
}

static void
path_add(struct flat *f, const char *p, size_t n)
{
	f->path.len = top(f)->npath;
	if (f->path.len)
		str_addc(&f->path, '/');
	str_add(&f->path, p, n);
}

/* A value begins: an element of a list gets its index as its name. */
static void
name_value(struct flat *f)
{
	struct level *l = top(f);
	char index[16];
	size_t n = 0;
	if (!l)
		return;
	if (l->map) {
		l->value = false;
		return;
	}
	for (unsigned v = l->index++; v || !n; v /= 10)
		index[sizeof index - ++n] = (char)('0' + v % 10);
	path_add(f, index + sizeof index - n, n);
}

static bool
expects_key(struct flat *f)
{
	struct level *l = top(f);
	return l && l->map && !l->value;
}

static bool
is_null(const yaml_event_t *e)
{
	const char *v = (const char *)e->data.scalar.value;
	return e->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
	       (!*v || !strcmp(v, "~") || !strcasecmp(v, "null"));
}

static void
on_scalar(struct flat *f, const yaml_event_t *e)
{
	const char *text = (const char *)e->data.scalar.value;
	size_t n = e->data.scalar.length;
	bool is_text = !memchr(text, 0, n);
	if (expects_key(f)) {
		path_add(f, is_text ? text : "", is_text ? n : 0);
		top(f)->value = true;
		return;
	}
	name_value(f);
	if (!f->depth || f->leaves >= YAML_FLAT_LEAVES || !is_text || is_null(e) ||
	    !is_plain_tag(e->data.scalar.tag) || f->path.len > SOURCE_MAX_NAME)
		return;
	f->leaves++;
	f->fn(f->ctx, str_c(&f->path), text);
}

static void
on_open(struct flat *f, const yaml_char_t *tag, bool map)
{
	if (expects_key(f)) { /* a list or map as a key: no name */
		path_add(f, "", 0);
		top(f)->value = true;
		f->hidden = 1;
		return;
	}
	name_value(f);
	if (!(is_plain_tag(tag) || (map && is_object(tag))) || f->depth == YAML_FLAT_DEPTH ||
	    f->path.len > SOURCE_MAX_NAME) {
		f->hidden = 1;
		return;
	}
	f->level[f->depth++] = (struct level){.npath = f->path.len, .map = map};
}

static void
on_alias(struct flat *f)
{
	if (!expects_key(f)) {
		name_value(f);
		return;
	}
	path_add(f, "", 0);
	top(f)->value = true;
}

static void
on_event(struct flat *f, const yaml_event_t *e)
{
	bool opens = e->type == YAML_SEQUENCE_START_EVENT || e->type == YAML_MAPPING_START_EVENT;
	bool closes = e->type == YAML_SEQUENCE_END_EVENT || e->type == YAML_MAPPING_END_EVENT;
	if (f->hidden) {
		f->hidden += opens;
		f->hidden -= closes;
	} else if (e->type == YAML_SCALAR_EVENT) {
		on_scalar(f, e);
	} else if (e->type == YAML_ALIAS_EVENT) {
		on_alias(f);
	} else if (opens) {
		bool map = e->type == YAML_MAPPING_START_EVENT;
		on_open(f, map ? e->data.mapping_start.tag : e->data.sequence_start.tag, map);
	} else if (closes && f->depth) {
		f->path.len = top(f)->npath;
		f->depth--;
	}
}

/* From 1. What is no text has no mark, but an offset. */
static size_t
line_of_problem(const yaml_parser_t *parser, const char *p, size_t n)
{
	size_t line = 1;
	if (parser->error != YAML_READER_ERROR)
		return parser->problem_mark.line + 1;
	for (size_t i = 0; i < n && i < parser->problem_offset; i++)
		line += p[i] == '\n';
	return line;
}

size_t
yaml_flat(const char *p, size_t n, void (*fn)(void *ctx, const char *key, const char *value),
	  void *ctx)
{
	struct flat f = {.fn = fn, .ctx = ctx};
	yaml_parser_t parser;
	yaml_event_t e;
	size_t bad = 0;
	bool over = false;
	if (!yaml_parser_initialize(&parser))
		return 1;
	str_add(&f.path, "", 0);
	yaml_parser_set_input_string(&parser, (const unsigned char *)p, n);
	while (!over && !bad) {
		if (!yaml_parser_parse(&parser, &e)) {
			bad = line_of_problem(&parser, p, n);
			break;
		}
		over = e.type == YAML_DOCUMENT_END_EVENT || e.type == YAML_STREAM_END_EVENT;
		on_event(&f, &e);
		if (f.hidden > DEEPEST)
			bad = e.start_mark.line + 1;
		yaml_event_delete(&e);
	}
	yaml_parser_delete(&parser);
	str_release(&f.path);
	return bad;
}
