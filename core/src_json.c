/* JSON that is one value: an array of rows, a trainer's state, a document of results.
 *
 *     [ {"step": 1, "loss": …}, … ]                       rows
 *     { …, "log_history": [ rows ], "max_steps": … }       Hugging Face's trainer_state.json
 *     { "meta": …, "iterations": [ rows ] }                catboost_training.json
 *     { …, "history": [ rows ], … }                        many a script's
 *     { "NAME": {"values": {"1": …, …}, …}, … }            Megatron's golden values
 *     { "loss": [ …, … ], "val_loss": [ …, … ] }           columns (json_columns.h)
 *     { "epoch_1": {"loss": …}, "epoch_2": … }             rows by number (json_keyed.h)
 *     [ [WALL, STEP, VALUE], … ]                           what TensorBoard's page exports
 *     { "eval_loss": …, … }                                any other document: numbers without step
 *
 * Rows are taken one by one, so a file may be larger than memory, and one that is being written is
 * read as far as it goes. What stands around them is taken a member at a time: a trainer's state
 * names what the run was told. A document is a record of its own; until its end it could turn out
 * to be any of the above. What stands behind the end is left out; when that is a further object,
 * the file may be JSON Lines of which only the first was there, and is to be recognised anew.
 *
 * These files are rewritten as a whole, mostly in place. That is the tail's and the sink's affair:
 * other content is read from the beginning and compared with what is kept. */
#include "core/json_log.h"
#include "core/probe.h"
#include "core/run.h"
#include "core/source.h"
#include "core/xalloc.h"

#include <stdlib.h>
#include <string.h>

enum { STATE_VERSION = 2, BEFORE = 1 /* which knew nothing of steps with fractions */ };

/* -- the outer value --------------------------------------------------------------------------- */

static const char *
blanks(const char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t' || *p == ','))
		p++;
	return p;
}

struct member {
	const char *key; /* between its quotes */
	size_t nkey;
	const char *value;
};

enum found { FOUND_MORE, FOUND_IT, FOUND_NOT };

/* The key at P, up to the first byte of its value. */
static enum found
find_member(const char *p, const char *end, struct member *m)
{
	struct json_skim s = {0};
	if (*p != '"')
		return FOUND_NOT;
	const char *q = json_skim(&s, p, end);
	if (!q)
		return FOUND_MORE;
	m->key = p + 1;
	m->nkey = (size_t)(q - p) - 2;
	while (q < end && (*q == ' ' || *q == '\n' || *q == '\r' || *q == '\t'))
		q++;
	if (q == end)
		return FOUND_MORE;
	if (*q != ':')
		return FOUND_NOT;
	m->value = blanks(q + 1, end);
	return m->value == end ? FOUND_MORE : FOUND_IT;
}

static bool
member_is(const struct member *m, const char *key)
{
	return strlen(key) == m->nkey && !memcmp(m->key, key, m->nkey);
}

/* Does M hold the rows of layout K? */
static enum found
holds_rows(const struct member *m, enum kind k, const char *end)
{
	if (*m->value != '[' || !json_log_names_rows(k, m->key, m->nkey))
		return FOUND_NOT;
	const char *q = blanks(m->value + 1, end);
	if (q == end)
		return FOUND_MORE;
	return *q == '{' || *q == ']' ? FOUND_IT : FOUND_NOT;
}

/* Which kind of object begins at P: none yet; a document, whole in N bytes; or one with rows. */
static enum found
find_kind(const char *p, const char *end, enum kind *kind, size_t *n)
{
	bool meta = false;
	for (const char *q = p + 1;;) {
		struct json_skim s = {0};
		struct member m;
		q = blanks(q, end);
		if (q == end || q - p > SOURCE_MAX_RECORD)
			return FOUND_MORE;
		if (*q == '}') {
			*kind = KIND_DOCUMENT;
			*n = (size_t)(q + 1 - p);
			return FOUND_IT;
		}
		enum found f = find_member(q, end, &m);
		if (f != FOUND_IT)
			return f;
		meta = meta || member_is(&m, "meta");
		static const enum kind kinds[] = {KIND_TRAINER, KIND_CATBOOST, KIND_HISTORY};
		for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
			enum kind k = kinds[i];
			if (k == KIND_CATBOOST && !meta)
				continue;
			f = holds_rows(&m, k, end);
			*kind = k;
			if (f != FOUND_NOT)
				return f;
		}
		if (strchr(",]}:", *m.value))
			return FOUND_NOT;
		q = json_skim(&s, m.value, end);
		if (!q)
			return FOUND_MORE;
	}
}

/* -- taking it --------------------------------------------------------------------------------- */

static void
give_up(struct src_json *j, uint64_t offset, const char *why)
{
	json_log_begin(j, offset);
	table_remark(&j->t, REMARK_BAD_RECORD, "%s", why);
	j->place = AT_REST;
}

/* N bytes are there of a value whose end isn't: wait, or pass over what is too long. */
static size_t
wait_or_skip(struct src_json *j, size_t n, uint64_t offset, enum place back)
{
	if (n <= SOURCE_MAX_RECORD)
		return 0;
	json_log_begin(j, offset);
	table_remark(&j->t, REMARK_LIMIT, "skipped: a value of more than %u bytes",
		     SOURCE_MAX_RECORD);
	j->skim = (struct json_skim){0};
	j->place = IN_LONG;
	j->back = back;
	return 0;
}

static size_t
take_start(struct src_json *j, const char *p, size_t len, uint64_t offset)
{
	size_t n = 0;
	if (*p == '[') {
		j->kind = KIND_ARRAY;
		j->place = AT_ROW;
		return 1;
	}
	if (*p != '{') {
		give_up(j, offset, "no JSON object or array");
		return 0;
	}
	enum found f = find_kind(p, p + len, &j->kind, &n);
	if (f == FOUND_MORE) {
		j->kind = KIND_NONE;
		return wait_or_skip(j, len, offset, AT_END);
	}
	if (f == FOUND_NOT) {
		give_up(j, offset, "no JSON object");
		return 0;
	}
	if (j->kind != KIND_DOCUMENT) {
		j->place = AT_MEMBER;
		return 1;
	}
	if (n > SOURCE_MAX_RECORD)
		return wait_or_skip(j, n, offset, AT_END);
	json_log_document(j, p, n, offset);
	j->place = AT_END;
	return n;
}

static size_t
take_member(struct src_json *j, const char *p, size_t len, uint64_t offset)
{
	const char *end = p + len;
	struct member m;
	if (*p == '}') {
		j->place = AT_END;
		return 1;
	}
	enum found f = find_member(p, end, &m);
	if (f == FOUND_IT && !j->begun) {
		f = holds_rows(&m, j->kind, end);
		if (f == FOUND_IT) {
			j->begun = true;
			j->place = AT_ROW;
			return (size_t)(m.value + 1 - p);
		}
		f = f == FOUND_NOT ? FOUND_IT : f;
	}
	if (f == FOUND_NOT || (f == FOUND_IT && strchr(",]}:", *m.value))) {
		give_up(j, offset, "the rest is no JSON");
		return 0;
	}
	if (f == FOUND_MORE)
		return wait_or_skip(j, len, offset, AT_MEMBER);
	struct json_skim s = {0};
	const char *q = json_skim(&s, m.value, end);
	size_t n = q ? (size_t)(q - p) : len;
	if (!q || n > SOURCE_MAX_RECORD) {
		wait_or_skip(j, n, offset, AT_MEMBER);
		/* The key goes, so that what is passed over is the value. */
		return j->place == IN_LONG ? (size_t)(m.value - p) : 0;
	}
	json_log_begin(j, offset);
	json_log_path(j, m.key, m.nkey);
	json_log_whole(j, json_flat(m.value, (size_t)(q - m.value), &j->path, json_log_around, j));
	return n;
}

static size_t
take_row(struct src_json *j, const char *p, size_t len, uint64_t offset)
{
	if (*p == ']') {
		j->place = j->kind == KIND_ARRAY ? AT_END : AT_MEMBER;
		return 1;
	}
	if (*p == '}' || *p == ':') {
		give_up(j, offset, "the rest is no JSON");
		return 0;
	}
	struct json_skim s = {0};
	const char *q = json_skim(&s, p, p + len);
	size_t n = q ? (size_t)(q - p) : len;
	if (!q || n > SOURCE_MAX_RECORD)
		return wait_or_skip(j, n, offset, AT_ROW);
	if (*p == '{') {
		json_log_row(j, p, n, offset);
	} else if (j->tag && *p == '[' && json_log_export(j, p, n, offset)) {
		/* it was one */
	} else if (!j->strange) {
		json_log_begin(j, offset);
		table_remark(&j->t, REMARK_STRUCTURE, "left out: an element that is no object");
		j->strange = true;
	}
	return n;
}

static size_t
take_long(struct src_json *j, const char *p, size_t len)
{
	const char *q = json_skim(&j->skim, p, p + len);
	if (!q)
		return len;
	j->place = j->back;
	return (size_t)(q - p);
}

/* Another object makes JSON Lines of a document, but nobody can tell as long as its line has not
 * ended: whoever is asked too early says no, and is not asked again. */
static size_t
take_behind(struct src_json *j, const char *p, size_t len, uint64_t offset)
{
	struct json_skim s = {0};
	if (*p == '{' && j->kind == KIND_DOCUMENT) {
		const char *q = json_skim(&s, p, p + len);
		if (len <= SOURCE_MAX_RECORD && (!q || !memchr(q, '\n', (size_t)(p + len - q))))
			return 0;
		j->mistaken = true;
	}
	give_up(j, offset, "left out: what stands behind the end");
	return 0;
}

static size_t
take(struct src_json *j, const char *p, size_t len, uint64_t offset)
{
	if (j->place == AT_REST)
		return len;
	if (j->place == IN_LONG)
		return take_long(j, p, len);
	if (j->place == AT_START && offset == 0 && *p == '\xEF')
		return len < 3 ? 0 : 3;
	size_t n = (size_t)(blanks(p, p + len) - p);
	if (n)
		return n;
	switch (j->place) {
	case AT_START:
		return take_start(j, p, len, offset);
	case AT_MEMBER:
		return take_member(j, p, len, offset);
	case AT_ROW:
		return take_row(j, p, len, offset);
	default:
		return take_behind(j, p, len, offset);
	}
}

static size_t
json_feed(struct source *s, const char *buf, size_t len, uint64_t offset, bool at_end,
	  int64_t arrival_us)
{
	struct src_json *j = (struct src_json *)s;
	size_t at = 0;
	j->t.arrival_us = arrival_us;
	while (at < len) {
		enum place was = j->place;
		size_t n = take(j, buf + at, len - at, offset + at);
		if (!n && j->place == was)
			break;
		for (const char *p = buf + at, *end = p + n;
		     (p = memchr(p, '\n', (size_t)(end - p))); p++)
			j->line++;
		at += n;
	}
	if (at_end && at < len) {
		give_up(j, offset + at, "skipped: its end is missing");
		at = len;
	}
	return at;
}

/* -- the source -------------------------------------------------------------------------------- */

static struct source *
json_new(const struct source_env *env)
{
	struct src_json *j = xcalloc(1, sizeof *j);
	j->source.ops = &json_source;
	table_init(&j->t, env);
	j->line = 1;
	const char *tag = env->path ? run_export_tag(env->path, &j->ntag) : NULL;
	j->tag = tag ? xstrndup(tag, j->ntag) : NULL;
	return &j->source;
}

static void
json_free(struct source *s)
{
	struct src_json *j = (struct src_json *)s;
	struct key *k;
	for (size_t at = 0; (k = map_next(&j->keys, &at));) {
		field_release(&k->field);
		free(k);
	}
	map_release(&j->keys);
	for (size_t i = 0; i < j->nname; i++)
		free(j->name[i]);
	free(j->name);
	free(j->total);
	free(j->tag);
	str_release(&j->path);
	table_release(&j->t);
	free(j);
}

static enum source_end
json_ended(const struct source *s)
{
	const struct src_json *j = (const struct src_json *)s;
	if (j->mistaken)
		return SOURCE_MISTAKEN;
	return j->place == AT_END || j->place == AT_REST ? SOURCE_WHOLE : SOURCE_OPEN;
}

static void
json_save(const struct source *s, struct str *out)
{
	const struct src_json *j = (const struct src_json *)s;
	pack_u64(out, STATE_VERSION);
	pack_u64(out, j->line);
	pack_u64(out, j->kind);
	pack_u64(out, j->place);
	pack_u64(out, j->back);
	pack_u64(out, j->begun);
	pack_u64(out, j->strange);
	pack_u64(out, j->skim.depth);
	pack_u64(out, (uint64_t)(j->skim.begun | j->skim.string << 1 | j->skim.escape << 2 |
				 j->skim.scalar << 3));
	table_save(&j->t, out);
	pack_u64(out, j->nname);
	for (size_t i = 0; i < j->nname; i++)
		pack_text(out, j->name[i], strlen(j->name[i]));
	pack_u64(out, j->ntotal);
	for (size_t i = 0; i < j->ntotal; i++) {
		const struct field *f = &j->total[i]->field;
		pack_text(out, f->name, f->nname);
		pack_u64(out, f->same);
		pack_f64(out, f->last);
	}
	for (int i = 0; i < JSON_LOG_STEPS; i++) {
		const char *name = json_layouts[j->kind].step[i];
		const struct key *k = name ? map_get(&j->keys, name, strlen(name)) : NULL;
		pack_u64(out, k ? (uint64_t)(k->field.whole << 1 | k->field.never) : 0);
	}
}

static void
load_steps(struct src_json *j, struct unpack *u)
{
	for (int i = 0; i < JSON_LOG_STEPS; i++) {
		const char *name = json_layouts[j->kind].step[i];
		uint64_t seen = unpack_upto(u, 2 * FIELD_SURE + 1);
		struct key *k = name && seen ? json_log_key(j, name, strlen(name)) : NULL;
		u->bad = u->bad || (seen && !k);
		if (!k)
			continue;
		k->field.whole = (uint8_t)(seen >> 1);
		k->field.never = seen & 1;
	}
}

static void
load_names(struct src_json *j, struct unpack *u)
{
	for (uint64_t n = unpack_upto(u, JSON_LOG_MAX_NAMES); n && !u->bad; n--) {
		size_t nname;
		const char *name = unpack_text(u, &nname);
		if (u->bad)
			return;
		j->name = xreallocarray(j->name, j->nname + 1, sizeof *j->name);
		j->name[j->nname++] = xstrndup(name, nname);
	}
}

static bool
json_load(struct source *s, const void *state, size_t n)
{
	struct src_json *j = (struct src_json *)s;
	struct unpack u;
	unpack_init(&u, state, n);
	uint64_t version = unpack_u64(&u);
	if (version != STATE_VERSION && version != BEFORE)
		return false;
	j->line = unpack_u64(&u);
	j->kind = (enum kind)unpack_upto(&u, KIND_N - 1);
	j->place = (enum place)unpack_upto(&u, AT_N - 1);
	j->back = (enum place)unpack_upto(&u, AT_N - 1);
	j->begun = unpack_upto(&u, 1);
	j->strange = unpack_upto(&u, 1);
	j->skim.depth = (uint32_t)unpack_upto(&u, UINT32_MAX);
	uint64_t bits = unpack_upto(&u, 15);
	j->skim.begun = bits & 1;
	j->skim.string = bits >> 1 & 1;
	j->skim.escape = bits >> 2 & 1;
	j->skim.scalar = bits >> 3 & 1;
	table_load(&j->t, &u);
	load_names(j, &u);
	for (uint64_t totals = unpack_u64(&u); totals && !u.bad; totals--) {
		size_t nname;
		const char *name = unpack_text(&u, &nname);
		struct key *k = u.bad ? NULL : json_log_key(j, name, nname);
		if (!k)
			return false;
		k->field.same = (uint8_t)unpack_upto(&u, 2);
		k->field.last = unpack_f64(&u);
	}
	if (version != BEFORE)
		load_steps(j, &u);
	bool rows = j->place == AT_ROW || j->place == AT_MEMBER ||
		    (j->place == IN_LONG && j->back != AT_END);
	return unpack_whole(&u) && j->line && (!rows || json_layouts[j->kind].step[0]) &&
	       (j->place != AT_MEMBER || json_layouts[j->kind].rows);
}

const struct source_ops json_source = {
	.name = "json",
	.rank = 4,
	.probe = json_probe,
	.new = json_new,
	.feed = json_feed,
	.save = json_save,
	.load = json_load,
	.free = json_free,
	.ended = json_ended,
};
