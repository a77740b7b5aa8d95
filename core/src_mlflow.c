/* MLflow's file store: a directory a run, a file a thing.
 *
 *     RUN/meta.yaml          name, status                     the run's title, and how it ended
 *     RUN/metrics/NAME       TIME VALUE STEP, a line each     a series
 *     RUN/params/NAME        the value                        a parameter
 *     RUN/tags/NAME          the value                        likewise; mlflow.runName: the title
 *
 * A name may have slashes: it is the path below metrics. Which of these a file is its path says.
 * But for metrics, the files are small and are written as a whole, without an end that one could
 * wait for: what is there so far is what they say, and is said again when there is more. */
#include "core/name.h"
#include "core/num.h"
#include "core/probe.h"
#include "core/run.h"
#include "core/source.h"
#include "core/stamp.h"
#include "core/table.h"
#include "core/xalloc.h"
#include "core/yaml_flat.h"

#include <stdlib.h>
#include <string.h>

enum {
	STATE_VERSION = 2,
	MAX_TEXT = 16 << 10, /* of a value, of meta.yaml */
	MAX_VALUE = 500,     /* bytes of a value that are kept */
	MS_US = 1000,
};

struct mlflow {
	struct source source;
	struct table t;
	enum mlflow_part part;
	char *name;
	struct field field;
	struct str text; /* of a part that is no metric */
	uint64_t line;
	bool skipping;
};

/* -- metrics ----------------------------------------------------------------------------------- */

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* The next of the blank-separated fields of a line; false: there is none. */
static bool
next_field(const char **p, const char *end, const char **field, size_t *n)
{
	while (*p < end && is_blank(**p))
		++*p;
	*field = *p;
	while (*p < end && !is_blank(**p))
		++*p;
	*n = (size_t)(*p - *field);
	return *n > 0;
}

struct sample {
	double time, value;
	int64_t step;
};

/* Digits, with a sign or none: a step of any size, to the last digit. */
static bool
read_digits(const char *p, size_t n, int64_t *out)
{
	bool minus = n && *p == '-';
	int64_t v = 0;
	if (minus || (n && *p == '+'))
		p++, n--;
	for (size_t i = 0; i < n; i++) {
		int digit = p[i] - '0';
		if (digit < 0 || digit > 9 || __builtin_mul_overflow(v, 10, &v) ||
		    __builtin_add_overflow(v, minus ? -digit : digit, &v))
			return false;
	}
	*out = v;
	return n > 0;
}

/* TIME VALUE [STEP [more]]. False: it is none. */
static bool
read_point(const char *p, const char *end, struct sample *out)
{
	const char *field;
	size_t n;
	double step;
	*out = (struct sample){0};
	if (!next_field(&p, end, &field, &n) || !num_parse_all(field, field + n, &out->time))
		return false;
	if (!next_field(&p, end, &field, &n) || !num_parse_all(field, field + n, &out->value))
		return false;
	if (!next_field(&p, end, &field, &n) || read_digits(field, n, &out->step))
		return true;
	return num_parse_all(field, field + n, &step) && num_to_step(step, &out->step);
}

static void
read_line(struct mlflow *m, const char *p, const char *end, uint64_t offset)
{
	struct sample at;
	const char *rest = p, *field;
	size_t n;
	if (!next_field(&rest, end, &field, &n))
		return;
	table_begin(&m->t, offset, m->line);
	if (!read_point(p, end, &at)) {
		table_remark(&m->t, REMARK_BAD_RECORD, "skipped: no time, value and step");
		return;
	}
	if (!stamp_of_number(at.time, MS_US, &m->t.wall_us))
		m->t.wall_us = 0;
	table_reserve(&m->t, 1);
	table_add(&m->t, &m->field, at.value);
	table_row(&m->t, STEP_STEP, at.step);
}

static size_t
feed_metric(struct mlflow *m, const char *buf, size_t len, uint64_t offset, bool at_end)
{
	size_t at = 0;
	if (m->t.open) {
		at = table_close_line(&m->t, buf, len, '\n', at_end);
		if (m->t.open)
			return at_end ? len : 0;
		m->line++;
	}
	while (at < len) {
		const char *p = buf + at, *newline = memchr(p, '\n', len - at);
		size_t n = newline ? (size_t)(newline - p) : len - at;
		if (n > SOURCE_MAX_RECORD && !m->skipping) {
			table_begin(&m->t, offset + at, m->line);
			table_remark(&m->t, REMARK_LIMIT, "skipped: a line of more than %u bytes",
				     SOURCE_MAX_RECORD);
			m->skipping = true;
		}
		if (!newline && !at_end && !m->skipping)
			break;
		if (!m->skipping)
			read_line(m, p, p + n, offset + at);
		if (newline) {
			m->skipping = false;
			m->line++;
		}
		m->t.open = !newline && !m->skipping;
		at += n + (newline != NULL);
	}
	return at;
}

static enum source_end
mlflow_ended(const struct source *s)
{
	return table_line_end(&((const struct mlflow *)s)->t);
}

/* -- the others -------------------------------------------------------------------------------- */

/* What there is of it, without its end of line, cut where a character ends. */
static void
value_of(const struct mlflow *m, struct str *out)
{
	size_t n = m->text.len;
	while (n && (m->text.buf[n - 1] == '\n' || m->text.buf[n - 1] == '\r'))
		n--;
	if (n > MAX_VALUE)
		for (n = MAX_VALUE; n && ((unsigned char)m->text.buf[n] & 0xC0) == 0x80;)
			n--;
	str_reset(out);
	str_add(out, str_c(&m->text), n);
	for (size_t i = 0; i < out->len; i++)
		if (!out->buf[i])
			out->buf[i] = ' ';
}

static void
see_meta(void *ctx, const char *key, const char *value)
{
	static const struct {
		const char *status, *said;
	} ends[] = {{"3", "finished"},        {"4", "failed"},      {"5", "cancelled"},
		    {"FINISHED", "finished"}, {"FAILED", "failed"}, {"KILLED", "cancelled"}};
	struct mlflow *m = ctx;
	struct sink *s = m->t.sink;
	if (!strcmp(key, "run_name") && *value && strlen(value) <= MAX_VALUE)
		s->ops->title(s, m->t.log, value);
	if (strcmp(key, "status") != 0)
		return;
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
		if (!strcmp(value, ends[i].status)) {
			table_say(&m->t, ends[i].said);
			return;
		}
	table_say(&m->t, RUN_BEGUN);
}

static void
tell(struct mlflow *m)
{
	struct str value = STR_INIT, key = STR_INIT;
	struct sink *s = m->t.sink;
	value_of(m, &value);
	switch (m->part) {
	case MLFLOW_META:
		yaml_flat(str_c(&m->text), m->text.len, see_meta, m);
		break;
	case MLFLOW_PARAM:
		table_param(&m->t, m->name, strlen(m->name), str_c(&value), value.len);
		break;
	default:
		if (!strcmp(m->name, "mlflow.runName")) {
			s->ops->title(s, m->t.log, str_c(&value));
		} else if (strncmp(m->name, "mlflow.", 7) != 0) {
			str_adds(&key, "tags/");
			str_adds(&key, m->name);
			table_param(&m->t, str_c(&key), key.len, str_c(&value), value.len);
		}
		break;
	}
	str_release(&key);
	str_release(&value);
}

/* -- the source -------------------------------------------------------------------------------- */

static size_t
mlflow_feed(struct source *s, const char *buf, size_t len, uint64_t offset, bool at_end,
	    int64_t arrival_us)
{
	struct mlflow *m = (struct mlflow *)s;
	m->t.arrival_us = arrival_us;
	if (m->part == MLFLOW_METRIC)
		return feed_metric(m, buf, len, offset, at_end);
	size_t room = MAX_TEXT - m->text.len;
	str_add(&m->text, buf, len < room ? len : room);
	if (len > room && !m->skipping) {
		table_begin(&m->t, offset + room, 0);
		table_remark(&m->t, REMARK_LIMIT, "left out: what is longer than %d bytes",
			     MAX_TEXT);
		m->skipping = true;
	}
	if (len && room)
		tell(m);
	return len;
}

static struct source *
mlflow_new(const struct source_env *env)
{
	struct mlflow *m = xcalloc(1, sizeof *m);
	const char *name = NULL;
	m->source.ops = &mlflow_source;
	table_init(&m->t, env);
	m->line = 1;
	if (!run_mlflow_part(env->path, &m->part, &name)) {
		m->part = MLFLOW_METRIC;
		name = name_last(env->path);
	}
	m->name = xstrdup(name);
	field_init(&m->field, STEPS_CSV, name, strlen(name));
	m->field.kind = FIELD_METRIC; /* whatever it is called: the step is elsewhere */
	return &m->source;
}

static void
mlflow_free(struct source *s)
{
	struct mlflow *m = (struct mlflow *)s;
	field_release(&m->field);
	str_release(&m->text);
	table_release(&m->t);
	free(m->name);
	free(m);
}

static void
mlflow_save(const struct source *s, struct str *out)
{
	const struct mlflow *m = (const struct mlflow *)s;
	pack_u64(out, STATE_VERSION);
	pack_u64(out, m->part);
	pack_u64(out, m->line);
	pack_u64(out, m->skipping);
	pack_text(out, str_c(&m->text), m->text.len);
	table_save(&m->t, out);
}

static bool
mlflow_load(struct source *s, const void *state, size_t n)
{
	struct mlflow *m = (struct mlflow *)s;
	struct unpack u;
	size_t ntext;
	unpack_init(&u, state, n);
	if (unpack_u64(&u) != STATE_VERSION || unpack_upto(&u, MLFLOW_META) != m->part)
		return false;
	m->line = unpack_u64(&u);
	m->skipping = unpack_upto(&u, 1);
	const char *text = unpack_text(&u, &ntext);
	if (u.bad || ntext > MAX_TEXT)
		return false;
	str_reset(&m->text);
	str_add(&m->text, text, ntext);
	table_load(&m->t, &u);
	return unpack_whole(&u) && m->line;
}

/* -- recognising ------------------------------------------------------------------------------- */

static enum probe_verdict
probe_metric(struct probe *p)
{
	struct probe_lines l;
	struct sample at;
	probe_lines_init(&l, p);
	if (!probe_lines_next(&l))
		return PROBE_MORE;
	if (l.cut)
		return p->nhead >= SOURCE_HEAD ? PROBE_NO : PROBE_MORE;
	if (!read_point(l.line, l.line + l.n, &at))
		return PROBE_NO;
	return probe_say(p, PROBE_YES, "a metric of an MLflow run");
}

static enum probe_verdict
probe_meta(struct probe *p)
{
	static const char *const keys[] = {"run_id:", "run_uuid:", "lifecycle_stage:"};
	struct probe_lines l;
	probe_lines_init(&l, p);
	while (probe_lines_next(&l))
		for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
			if (l.n > strlen(keys[i]) && !memcmp(l.line, keys[i], strlen(keys[i])))
				return probe_say(p, PROBE_YES, "meta.yaml of an MLflow run");
	return p->nhead >= MAX_TEXT ? PROBE_NO : PROBE_MORE;
}

enum probe_verdict
mlflow_probe(struct probe *p)
{
	enum mlflow_part part;
	const char *name;
	if (!run_mlflow_part(p->path, &part, &name))
		return PROBE_NO;
	switch (part) {
	case MLFLOW_METRIC:
		return probe_metric(p);
	case MLFLOW_META:
		return probe_meta(p);
	case MLFLOW_PARAM:
		return probe_say(p, PROBE_YES, "a parameter of an MLflow run");
	default:
		if (!strncmp(name, "mlflow.", 7) && strcmp(name, "mlflow.runName") != 0)
			return PROBE_NO; /* where the code lay, not what the run is */
		return probe_say(p, PROBE_YES, "a tag of an MLflow run");
	}
}

const struct source_ops mlflow_source = {
	.name = "mlflow",
	.rank = 2,
	.probe = mlflow_probe,
	.new = mlflow_new,
	.feed = mlflow_feed,
	.save = mlflow_save,
	.load = mlflow_load,
	.free = mlflow_free,
	.ended = mlflow_ended,
	.lines = true,
};
