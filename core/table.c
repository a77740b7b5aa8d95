/* A name is judged once, when it is first met, by a list of words; from then on a number costs a
 * comparison and two stores. What a limit cuts off is counted. */
#include "core/table.h"

#include "core/num.h"
#include "core/role.h"
#include "core/run.h"
#include "core/stamp.h"
#include "core/utf8.h"
#include "core/xalloc.h"

#include <assert.h>
#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* -- names ------------------------------------------------------------------------------------ */

static bool
name_is(const char *p, size_t n, const char *word)
{
	return strlen(word) == n && !strncasecmp(p, word, n);
}

/* DESIGN §4, in order. Anywhere in a path only words that are nothing but steps. */
static const struct {
	const char *word;
	bool path;
	enum step_unit unit;
} step_words[] = {
	{"step", false, STEP_STEP},      {"global_step", true, STEP_STEP},
	{"iteration", false, STEP_STEP}, {"iter", false, STEP_STEP},
	{"epoch", false, STEP_EPOCH},    {"total_timesteps", true, STEP_STEP},
	{"timesteps", true, STEP_STEP},
};

/* The keys that JSON Lines prefer: literally, at top level. */
static const struct {
	const char *word;
	enum step_unit unit;
} json_words[] = {
	{"iteration", STEP_STEP}, {"step", STEP_STEP},   {"global_step", STEP_STEP},
	{"iter", STEP_STEP},      {"epoch", STEP_EPOCH},
};

#define LENGTH(a) (sizeof(a) / sizeof *(a))

unsigned
step_rank(enum step_order order, const char *name, size_t n, enum step_unit *unit)
{
	unsigned rank = 0;
	if (order == STEPS_JSON) {
		for (size_t i = 0; i < LENGTH(json_words); i++) {
			if (strlen(json_words[i].word) == n &&
			    !memcmp(name, json_words[i].word, n)) {
				*unit = json_words[i].unit;
				return (unsigned)i;
			}
		}
		rank = LENGTH(json_words);
	}
	const char *last = name + n;
	while (last > name && last[-1] != '/')
		last--;
	size_t nlast = (size_t)(name + n - last);
	for (size_t i = 0; i < LENGTH(step_words); i++) {
		if (name_is(name, n, step_words[i].word) ||
		    (step_words[i].path && name_is(last, nlast, step_words[i].word))) {
			*unit = step_words[i].unit;
			return rank + (unsigned)i;
		}
	}
	return STEP_RANKS;
}

int
source_step_column(const char *const *names, const size_t *lens, int n, enum step_unit *unit)
{
	unsigned best = STEP_RANKS;
	int at = -1;
	for (int i = 0; i < n; i++) {
		enum step_unit u;
		unsigned rank = step_rank(STEPS_CSV, names[i], lens[i], &u);
		if (rank < best) {
			best = rank;
			at = i;
			*unit = u;
		}
	}
	return at;
}

void
field_init(struct field *f, enum step_order order, const char *name, size_t n)
{
	static const char *const says[] = {"status", "state", "event"};
	enum step_unit unit = STEP_STEP;
	*f = (struct field){.column = FIELD_NEW, .kind = FIELD_METRIC};
	f->name = xmalloc(n + 1);
	/* A name is a C string to the rest of the program. */
	for (size_t i = 0; i < n; i++)
		f->name[i] = name[i] ? name[i] : ' ';
	f->name[n] = '\0';
	f->nname = (uint32_t)n;
	f->rank = (uint8_t)step_rank(order, name, n, &unit);
	f->unit = (uint8_t)unit;
	if (!n)
		f->column = FIELD_DROPPED;
	if (f->rank < STEP_RANKS)
		f->kind = FIELD_STEP;
	else if (metric_is_time(f->name, &f->scale_us) || name_is(name, n, "date"))
		/* A date alone makes no log of a table, but in a log it is a time. */
		f->kind = FIELD_TIME;
	else if (run_total_param(f->name, &unit))
		f->kind = FIELD_TOTAL;
	for (size_t i = 0; i < LENGTH(says); i++)
		if (name_is(name, n, says[i]))
			f->kind = FIELD_SAYS;
}

void
field_release(struct field *f)
{
	free(f->name);
	f->name = NULL;
}

/* -- a table ---------------------------------------------------------------------------------- */

void
table_init(struct table *t, const struct source_env *env)
{
	*t = (struct table){
		.sink = env->sink,
		.log = env->log,
		.tz_offset_s = env->tz_offset_s,
		.last_step = INT64_MIN,
	};
	struct log_info known;
	if (env->path && env->sink->ops->log_find(env->sink, env->path, &known))
		t->before = known.columns;
	if (env->prefix)
		str_adds(&t->name, env->prefix);
	t->nprefix = t->name.len;
}

void
table_release(struct table *t)
{
	str_release(&t->name);
	free(t->taken);
	free(t->column);
	free(t->value);
}

void
table_begin(struct table *t, uint64_t offset, uint64_t line)
{
	t->offset = offset;
	t->line = line;
	t->n = 0;
	t->wall_us = 0;
	t->dropped = 0;
	t->saying = NULL;
}

void
table_reserve(struct table *t, size_t n)
{
	if (t->n + n <= t->room)
		return;
	t->room = (t->n + n) * 3 / 2;
	t->column = xreallocarray(t->column, t->room, sizeof *t->column);
	t->value = xreallocarray(t->value, t->room, sizeof *t->value);
}

static bool
take(struct table *t, uint32_t id)
{
	if (id >= t->ntaken) {
		size_t n = (size_t)id + id / 2 + 64;
		t->taken = xrealloc(t->taken, n);
		memset(t->taken + t->ntaken, 0, n - t->ntaken);
		t->ntaken = n;
	}
	bool free_yet = !t->taken[id];
	t->taken[id] = true;
	return free_yet;
}

bool
table_take(struct table *t, uint32_t id)
{
	if (id >= t->before || id >= SOURCE_MAX_COLUMNS)
		return false;
	if (id >= t->columns)
		t->columns = id + 1;
	return take(t, id);
}

void
table_untake(struct table *t)
{
	if (t->ntaken)
		memset(t->taken, 0, t->ntaken);
}

bool
table_column(struct table *t, struct field *f)
{
	if (f->column < FIELD_DROPPED)
		return true;
	if (f->column == FIELD_DROPPED) {
		t->dropped += f->nname > 0;
		return false;
	}
	uint32_t id = FIELD_DROPPED;
	/* Asking makes a column. Past the limit only names may be asked for that an earlier process
	 * could have made. */
	bool may = t->columns < SOURCE_MAX_COLUMNS || t->beyond++ < t->before;
	if (may && t->nprefix + f->nname <= SOURCE_MAX_NAME) {
		t->name.len = t->nprefix;
		str_add(&t->name, f->name, f->nname);
		id = t->sink->ops->column(t->sink, t->log, t->name.buf, t->name.len);
		if (id < SOURCE_MAX_COLUMNS && id >= t->columns)
			t->columns = id + 1;
		if (id >= SOURCE_MAX_COLUMNS || !take(t, id))
			id = FIELD_DROPPED;
	}
	f->column = id;
	t->dropped += id == FIELD_DROPPED;
	return id != FIELD_DROPPED;
}

/* A total is a number that stays: a column of that name that counts up is no total. One that is
 * given once may be either; the second of the same value decides. */
static void
total_seen(struct table *t, struct field *f, double v)
{
	if (f->same && f->last == v) {
		if (f->same == 1)
			table_param_number(t, f->name, f->nname, v);
		f->same = 2;
	} else {
		f->same = 1;
		f->last = v;
	}
}

void
table_add_special(struct table *t, struct field *f, double v)
{
	if (f->kind == FIELD_TIME && !t->wall_us && stamp_of_number(v, f->scale_us, &t->wall_us))
		return;
	if (f->kind == FIELD_TOTAL)
		total_seen(t, f, v);
	table_add(t, f, v);
}

bool
table_stamp(struct table *t, const char *p, size_t n)
{
	int64_t us;
	if (!stamp_parse(p, p + n, t->tz_offset_s, &us))
		return false;
	if (!t->wall_us)
		t->wall_us = us;
	return true;
}

void
table_says(struct table *t, const char *p, size_t n)
{
	static const struct {
		const char *word, *means;
	} words[] = {
		{"finished", "finished"},
		{"finish", "finished"},
		{"completed", "finished"},
		{"complete", "finished"},
		{"done", "finished"},
		{"success", "finished"},
		{"succeeded", "finished"},
		{"training_finished", "finished"},
		{"training_complete", "finished"},
		{"failed", "failed"},
		{"failure", "failed"},
		{"crashed", "failed"},
		{"cancelled", "cancelled"},
		{"canceled", "cancelled"},
		{"killed", "cancelled"},
		{"aborted", "cancelled"},
		{"interrupted", "cancelled"},
		{"preempted", "cancelled"},
		{"timeout", "cancelled"},
	};
	for (size_t i = 0; i < LENGTH(words); i++) {
		if (!name_is(p, n, words[i].word))
			continue;
		t->saying = words[i].means;
		return;
	}
}

void
table_param(struct table *t, const char *key, size_t nkey, const char *value, size_t nvalue)
{
	enum { MAX_VALUE = 512 };
	struct str k = STR_INIT, v = STR_INIT;
	if (nkey && nkey <= SOURCE_MAX_NAME && nvalue <= MAX_VALUE && !memchr(key, 0, nkey) &&
	    !memchr(value, 0, nvalue)) {
		str_add(&k, key, nkey);
		str_add(&v, value, nvalue);
		t->sink->ops->param(t->sink, t->log, str_c(&k), str_c(&v));
	}
	str_release(&k);
	str_release(&v);
}

size_t
table_config_prefix(const char *path, size_t n)
{
	static const char *const words[] = {"config/",     "params/",          "args/",
					    "hparams/",    "hyperparameters/", "hyper_parameters/",
					    "hyperparams/"};
	for (size_t i = 0; i < LENGTH(words); i++) {
		size_t len = strlen(words[i]);
		if (n > len && !memcmp(path, words[i], len))
			return len;
	}
	return 0;
}

void
table_param_number(struct table *t, const char *key, size_t nkey, double v)
{
	char buf[40];
	int n = 0;
	for (int digits = 15; digits <= 17; digits++) {
		double back;
		n = snprintf(buf, sizeof buf, "%.*g", digits, v);
		if (num_parse(buf, buf + n, &back) && back == v)
			break;
	}
	table_param(t, key, nkey, buf, (size_t)n);
}

void
table_remark(struct table *t, enum remark_kind k, const char *fmt, ...)
{
	char text[240];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	t->sink->ops->remark(t->sink, t->log, k, t->offset, t->line, text);
}

void
table_say(struct table *t, const char *what)
{
	struct last_words w = {what, t->wall_us, t->arrival_us};
	t->sink->ops->said(t->sink, t->log, &w);
}

/* A log that said it was done and then went on was resumed. */
static void
say(struct table *t, enum step_unit unit)
{
	bool resumed = t->ended && unit != STEP_ROW && t->last_step > t->ended_step;
	if (t->saying) {
		t->ended = true;
		t->ended_step = t->last_step;
		table_say(t, t->saying);
	} else if (resumed) {
		t->ended = false;
		table_say(t, "resumed");
	}
}

/* A log that is over a limit is so in each record: it is said of the first, and again when there
 * are ten times as many. */
static void
leave_out(struct table *t)
{
	uint64_t next = 1;
	while (next <= t->left_out)
		next *= 10;
	t->left_out += t->dropped;
	t->dropped = 0;
	if (t->left_out >= next)
		table_remark(t, REMARK_LIMIT,
			     "%" PRIu64 " numbers left out so far: a log has at most %d metrics, "
			     "with names of at most %d bytes",
			     t->left_out, SOURCE_MAX_COLUMNS, SOURCE_MAX_NAME);
}

enum row_fate
table_row(struct table *t, enum step_unit unit, int64_t step)
{
	leave_out(t);
	t->last_step = step;
	say(t, unit);
	if (!t->n)
		return ROW_KNOWN;
	struct row r = {
		.unit = unit,
		.step = step,
		.wall_us = t->wall_us,
		.arrival_us = t->arrival_us,
		.n = (unsigned)t->n,
		.column = t->column,
		.value = t->value,
	};
	t->n = 0;
	return t->sink->ops->row(t->sink, t->log, &r);
}

void
table_drop(struct table *t)
{
	t->n = 0;
	t->saying = NULL;
}

size_t
table_close_line(struct table *t, const char *p, size_t n, char newline, bool at_end)
{
	size_t blank = n && newline == '\n' && *p == '\r';
	if (n == blank && !at_end)
		return 0;
	if (n > blank && p[blank] != newline) {
		t->again = true;
		return 0;
	}
	t->open = false;
	return n > blank ? blank + 1 : n;
}

void
table_save(const struct table *t, struct str *out)
{
	pack_u64(out, t->rows);
	pack_u64(out, (uint64_t)t->ended | (uint64_t)t->open << 1 | t->left_out << 2);
	pack_i64(out, t->ended_step);
	pack_i64(out, t->last_step);
}

void
table_load(struct table *t, struct unpack *u)
{
	t->rows = unpack_u64(u);
	uint64_t bits = unpack_u64(u);
	t->ended = bits & 1;
	t->open = bits >> 1 & 1;
	t->left_out = bits >> 2;
	t->ended_step = unpack_i64(u);
	t->last_step = unpack_i64(u);
}
