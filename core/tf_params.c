/* There is one way that was made for parameters, the hparams plugin, and two that are older and
 * more usual: the arguments as JSON (transformers), or as a Markdown table (CleanRL), under the tag
 * of a text. Texts are also samples of what a model generates, so only a tag that is called like a
 * configuration is read. */
#include "core/tf_params.h"

#include "core/json.h"
#include "core/num.h"
#include "core/source.h"

#include <string.h>
#include <strings.h>

/* -- google.protobuf.Value --------------------------------------------------------------------- */

enum { VALUE_NULL = 1, VALUE_NUMBER, VALUE_STRING, VALUE_BOOL, VALUE_STRUCT, VALUE_LIST };
enum { MAX_DEPTH = 8, MAX_TEXT = 512 };

static void
add_number(struct str *out, double v)
{
	size_t at = out->len;
	for (int digits = 15; digits <= 17; digits++) {
		double back;
		out->len = at;
		str_addf(out, "%.*g", digits, v);
		if (num_parse_all(str_c(out) + at, str_c(out) + out->len, &back) && back == v)
			break;
	}
}

static bool value_text(struct str *out, const char *p, size_t n, int depth);

/* A ListValue {values = 1} as "[1, 2]"; a Struct {fields = 1, of key = 1, value = 2} as "{a:
 * 1}". */
static bool
members_text(struct str *out, const char *p, size_t n, bool list, int depth)
{
	struct pb m, entry;
	struct pb_field f, g;
	bool any = false;
	str_addc(out, list ? '[' : '{');
	pb_init(&m, p, n, n);
	while (out->len <= MAX_TEXT && pb_next(&m, &f)) {
		if (!pb_is(&f, 1, PB_BYTES))
			continue;
		str_adds(out, any ? ", " : "");
		any = true;
		if (list && !value_text(out, f.bytes, f.n, depth))
			return false;
		if (list)
			continue;
		pb_init(&entry, f.bytes, f.n, f.n);
		while (pb_next(&entry, &g)) {
			if (pb_is(&g, 1, PB_BYTES)) {
				str_add(out, g.bytes, g.n);
				str_adds(out, ": ");
			} else if (pb_is(&g, 2, PB_BYTES) &&
				   !value_text(out, g.bytes, g.n, depth)) {
				return false;
			}
		}
		if (entry.state != PB_END)
			return false;
	}
	str_addc(out, list ? ']' : '}');
	return m.state != PB_BAD;
}

static bool
value_text(struct str *out, const char *p, size_t n, int depth)
{
	struct pb m;
	struct pb_field f;
	bool good = depth < MAX_DEPTH;
	pb_init(&m, p, n, n);
	while (good && out->len <= MAX_TEXT && pb_next(&m, &f)) {
		if (pb_is(&f, VALUE_NULL, PB_VARINT))
			str_adds(out, "null");
		else if (pb_is(&f, VALUE_NUMBER, PB_FIXED64))
			add_number(out, pb_double(f.value));
		else if (pb_is(&f, VALUE_STRING, PB_BYTES))
			str_add(out, f.bytes, f.n);
		else if (pb_is(&f, VALUE_BOOL, PB_VARINT))
			str_adds(out, f.value ? "true" : "false");
		else if (pb_is(&f, VALUE_STRUCT, PB_BYTES) || pb_is(&f, VALUE_LIST, PB_BYTES))
			good = members_text(out, f.bytes, f.n, f.number == VALUE_LIST, depth + 1);
	}
	return good && m.state != PB_BAD;
}

/* -- the plugin -------------------------------------------------------------------------------- */

/* An entry of map<string, Value>. */
static bool
give_entry(struct table *t, const char *p, size_t n)
{
	struct pb m;
	struct pb_field f, key = {.bytes = ""}, value = {.bytes = ""};
	struct str text = STR_INIT;
	pb_init(&m, p, n, n);
	while (pb_next(&m, &f)) {
		if (pb_is(&f, 1, PB_BYTES))
			key = f;
		else if (pb_is(&f, 2, PB_BYTES))
			value = f;
	}
	bool good = m.state == PB_END && value_text(&text, value.bytes, value.n, 0);
	if (good)
		table_param(t, key.bytes, key.n, str_c(&text), text.len);
	str_release(&text);
	return good;
}

static bool
read_start(struct table *t, const char *p, size_t n)
{
	enum { START_HPARAMS = 1 };
	struct pb m;
	struct pb_field f;
	pb_init(&m, p, n, n);
	while (pb_next(&m, &f))
		if (pb_is(&f, START_HPARAMS, PB_BYTES) && !give_entry(t, f.bytes, f.n))
			return false;
	return m.state == PB_END;
}

static bool
read_end(const char *p, size_t n, enum tf_session *session)
{
	enum { END_STATUS = 1, SUCCESS = 1, FAILURE = 2 };
	struct pb m;
	struct pb_field f;
	pb_init(&m, p, n, n);
	while (pb_next(&m, &f)) {
		if (!pb_is(&f, END_STATUS, PB_VARINT))
			continue;
		*session = f.value == SUCCESS   ? TF_SESSION_SUCCESS
			   : f.value == FAILURE ? TF_SESSION_FAILURE
						: TF_SESSION_NONE;
	}
	return m.state == PB_END;
}

bool
tf_params_of_plugin(struct table *t, const char *p, size_t n, enum tf_session *session)
{
	enum { PLUGIN_START = 3, PLUGIN_END = 4 };
	struct pb m;
	struct pb_field f;
	*session = TF_SESSION_NONE;
	pb_init(&m, p, n, n);
	while (pb_next(&m, &f)) {
		if (pb_is(&f, PLUGIN_START, PB_BYTES)) {
			*session = TF_SESSION_START;
			if (!read_start(t, f.bytes, f.n))
				return false;
		} else if (pb_is(&f, PLUGIN_END, PB_BYTES) && !read_end(f.bytes, f.n, session)) {
			return false;
		}
	}
	return m.state == PB_END;
}

/* -- texts ------------------------------------------------------------------------------------- */

/* What the last part of such a tag is called; FIRM: its names need no prefix. */
static const struct config_tag {
	const char *word;
	bool firm;
} config_tags[] = {
	{"args", true},
	{"arguments", true},
	{"config", true},
	{"configuration", true},
	{"hparams", true},
	{"hparam", true},
	{"hyperparameters", true},
	{"hyper_parameters", true},
	{"hyperparams", true},
	{"params", true},
	{"parameters", true},
	{"training_args", true},
	{"model_config", false},
	{"peft_config", false},
};

static const struct config_tag *
config_tag(const struct tf_value *v)
{
	static const char suffix[] = "/text_summary";
	size_t n = v->ntag, skip = sizeof suffix - 1;
	if (n > skip && !memcmp(v->tag + n - skip, suffix, skip))
		n -= skip;
	size_t from = n;
	while (from && v->tag[from - 1] != '/')
		from--;
	for (size_t i = 0; i < sizeof config_tags / sizeof *config_tags; i++)
		if (strlen(config_tags[i].word) == n - from &&
		    !strncasecmp(v->tag + from, config_tags[i].word, n - from))
			return &config_tags[i];
	return NULL;
}

static void
give_scalar(struct table *t, const struct str *path, const struct json *j, enum json_type type)
{
	struct str text = STR_INIT;
	switch (type) {
	case JSON_NUMBER:
		table_param_number(t, str_c(path), path->len, j->number);
		break;
	case JSON_TRUE:
		table_param(t, str_c(path), path->len, "true", 4);
		break;
	case JSON_FALSE:
		table_param(t, str_c(path), path->len, "false", 5);
		break;
	case JSON_STRING:
		json_unescape(&text, j->text, j->ntext);
		table_param(t, str_c(path), path->len, str_c(&text), text.len);
		break;
	default:
		break;
	}
	str_release(&text);
}

/* Scalars under the paths of their keys; what stands in an array is left out. */
static void
give_json(struct table *t, const char *p, size_t n, struct str *path)
{
	size_t end[SOURCE_MAX_DEPTH + 1] = {0}; /* of the name of each level */
	unsigned array = 0;                     /* depth of the outermost open one */
	struct json j;
	json_init(&j, p, n);
	for (;;) {
		enum json_type type = json_next(&j);
		switch (type) {
		case JSON_END:
		case JSON_BAD:
		case JSON_DEEP:
			return;
		case JSON_KEY:
			if (array)
				break;
			path->len = end[j.depth];
			/* Longer names are dropped anyway. */
			if (path->len > SOURCE_MAX_NAME)
				break;
			if (path->len && path->buf[path->len - 1] != '/')
				str_addc(path, '/');
			json_unescape(path, j.text, j.ntext);
			break;
		case JSON_ARRAY:
			if (!array)
				array = j.depth;
			break;
		case JSON_OBJECT:
			if (!array)
				end[j.depth] = path->len;
			break;
		case JSON_CLOSE:
			if (j.depth < array)
				array = 0;
			break;
		default:
			if (!array)
				give_scalar(t, path, &j, type);
			break;
		}
	}
}

static void
trim(const char **p, const char **end)
{
	while (*p < *end && (**p == ' ' || **p == '\t' || **p == '|' || **p == '`'))
		++*p;
	while (*end > *p && strchr(" \t\r|`", (*end)[-1]))
		--*end;
}

/* "|name|value|" in each line. The first names the columns, the second draws a line. */
static void
give_table(struct table *t, const char *p, size_t n, struct str *path)
{
	const char *end = p + n;
	size_t base = path->len;
	for (size_t line = 0; p < end; line++) {
		const char *newline = memchr(p, '\n', (size_t)(end - p));
		const char *from = p, *to = newline ? newline : end;
		p = newline ? newline + 1 : end;
		trim(&from, &to);
		const char *bar = memchr(from, '|', (size_t)(to - from));
		if (line < 2 || !bar)
			continue;
		const char *key_end = bar, *value = bar;
		trim(&from, &key_end);
		trim(&value, &to);
		path->len = base;
		str_add(path, from, (size_t)(key_end - from));
		table_param(t, str_c(path), path->len, value, (size_t)(to - value));
	}
}

void
tf_params_of_text(struct table *t, const struct tf_value *v)
{
	const struct config_tag *tag = config_tag(v);
	const char *p = v->p, *end = v->p + v->n;
	struct str path = STR_INIT;
	if (!tag)
		return;
	while (p < end && strchr(" \t\r\n", *p))
		p++;
	if (!tag->firm)
		str_addf(&path, "%s/", tag->word);
	if (p < end && *p == '{')
		give_json(t, p, (size_t)(end - p), &path);
	else if (p < end && *p == '|')
		give_table(t, p, (size_t)(end - p), &path);
	str_release(&path);
}
