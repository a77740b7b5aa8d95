#include "core/json_tree.h"

#include "core/num.h"
#include "core/utf8.h"
#include "core/xalloc.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
json_tree_free(struct json_node *t)
{
	while (t) {
		struct json_node *next = t->next;
		json_tree_free(t->child);
		free(t->key);
		free(t->text);
		free(t);
		t = next;
	}
}

static char *
token_text(const struct json *j)
{
	struct str s = STR_INIT;
	if (!j->escaped)
		return xstrndup(j->text, j->ntext);
	json_unescape(&s, j->text, j->ntext);
	return s.buf ? str_steal(&s) : xstrdup("");
}

/* The value whose token is TYPE; NULL: it is not whole. */
static struct json_node *
node_read(struct json *j, enum json_type type)
{
	struct json_node *t = xcalloc(1, sizeof *t), **last = &t->child;
	t->type = type;
	t->number = j->number;
	if (type == JSON_STRING)
		t->text = token_text(j);
	else if (type == JSON_NUMBER)
		t->text = xstrndup(j->start, (size_t)(j->p - j->start));
	else if (type < JSON_OBJECT || type == JSON_CLOSE || type == JSON_KEY)
		goto bad;
	if (type != JSON_OBJECT && type != JSON_ARRAY)
		return t;
	for (;;) {
		char *key = NULL;
		enum json_type it = json_next(j);
		if (it == JSON_CLOSE)
			return t;
		if (it == JSON_KEY) {
			key = token_text(j);
			it = json_next(j);
		}
		*last = node_read(j, it);
		if (!*last) {
			free(key);
			goto bad;
		}
		(*last)->key = key;
		last = &(*last)->next;
	}
bad:
	json_tree_free(t);
	return NULL;
}

struct json_node *
json_tree(const char *p, size_t n)
{
	struct json j;
	json_init(&j, p, n);
	struct json_node *t = node_read(&j, json_next(&j));
	if (t && json_next(&j) != JSON_END) {
		json_tree_free(t);
		return NULL;
	}
	return t;
}

const struct json_node *
json_get(const struct json_node *t, const char *key)
{
	if (!t || t->type != JSON_OBJECT)
		return NULL;
	for (const struct json_node *c = t->child; c; c = c->next)
		if (strcmp(c->key, key) == 0)
			return c;
	return NULL;
}

const char *
json_text(const struct json_node *t, const char *key)
{
	const struct json_node *c = json_get(t, key);
	return c && c->type == JSON_STRING ? c->text : NULL;
}

int64_t
json_int(const struct json_node *t, const char *key, int64_t fallback)
{
	const struct json_node *c = json_get(t, key);
	char *end;
	if (!c || c->type != JSON_NUMBER)
		return fallback;
	long long v = strtoll(c->text, &end, 10);
	return *end ? fallback : v;
}

bool
json_yes(const struct json_node *t, const char *key)
{
	const struct json_node *c = json_get(t, key);
	return c && c->type == JSON_TRUE;
}

bool
json_num(const struct json_node *t, double *out)
{
	if (!t || (t->type != JSON_NUMBER && t->type != JSON_STRING))
		return false;
	return num_parse_all(t->text, t->text + strlen(t->text), out);
}

int64_t
json_time_us(const struct json_node *t, const char *key)
{
	const struct json_node *c = json_get(t, key);
	return c && c->type == JSON_NUMBER && fabs(c->number) < 9e12 ? llround(c->number * 1e6) : 0;
}
