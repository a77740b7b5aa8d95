#include "tests/fuzz/digest.h"

#include "core/fnv.h"
#include "core/map.h"
#include "core/raised.h"
#include "core/source.h"
#include "core/xalloc.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct digest {
	struct sink sink;
	uint64_t value;
	struct map columns; /* name → its id + 1 */
	char **name;        /* of each column */
	uint32_t ncolumns;
	uint8_t *used; /* by the row at hand */
	size_t nused;
};

static void
must(bool holds)
{
	if (!holds)
		abort();
}

static void
mix(struct digest *d, const void *p, size_t n)
{
	d->value = fnv_unit(fnv_bytes(d->value, p, n), n);
}

static void
mix_number(struct digest *d, uint64_t v)
{
	mix(d, &v, sizeof v);
}

static bool
op_log_find(struct sink *s, const char *path, struct log_info *out)
{
	(void)path;
	*out = (struct log_info){.columns = ((struct digest *)s)->ncolumns};
	return true;
}

static uint32_t
op_column(struct sink *s, uint32_t log, const char *name, size_t len)
{
	struct digest *d = (struct digest *)s;
	must(log == 7 && len > 0 && len <= SOURCE_MAX_NAME && !memchr(name, 0, len));
	uintptr_t id = (uintptr_t)map_get(&d->columns, name, len);
	if (!id) {
		d->name = xreallocarray(d->name, d->ncolumns + 1, sizeof *d->name);
		d->name[d->ncolumns] = xstrndup(name, len);
		id = ++d->ncolumns;
		map_put(&d->columns, name, len, (void *)id);
		mix(d, name, len);
	}
	return (uint32_t)id - 1;
}

static enum row_fate
op_row(struct sink *s, uint32_t log, const struct row *r)
{
	struct digest *d = (struct digest *)s;
	must(log == 7 && r->n > 0 && r->unit <= STEP_NONE && r->arrival_us == 5);
	if (d->nused < d->ncolumns) {
		d->used = xrealloc(d->used, d->ncolumns);
		d->nused = d->ncolumns;
	}
	if (d->nused)
		memset(d->used, 0, d->nused);
	mix_number(d, r->unit);
	mix_number(d, (uint64_t)r->step);
	mix_number(d, (uint64_t)r->wall_us);
	for (unsigned i = 0; i < r->n; i++) {
		must(r->column[i] < d->ncolumns && !d->used[r->column[i]]);
		d->used[r->column[i]] = 1;
		mix_number(d, r->column[i]);
		mix(d, &r->value[i], sizeof r->value[i]);
	}
	return ROW_STORED;
}

static void
op_hist(struct sink *s, uint32_t log, uint32_t column, const struct hist *h)
{
	struct digest *d = (struct digest *)s;
	must(log == 7 && column < d->ncolumns && d->used[column]);
	mix_number(d, column);
	for (size_t i = 0; i < h->n; i++) {
		must(h->edge[i] <= h->edge[i + 1] && h->count[i] >= 0);
		mix(d, &h->edge[i], sizeof h->edge[i]);
		mix(d, &h->count[i], sizeof h->count[i]);
	}
	if (h->n)
		mix(d, &h->edge[h->n], sizeof h->edge[h->n]);
}

static void
op_param(struct sink *s, uint32_t log, const char *key, const char *value)
{
	must(log == 7 && *key);
	mix((struct digest *)s, key, strlen(key));
	mix((struct digest *)s, value, strlen(value));
}

static void
op_goal(struct sink *s, uint32_t log, uint32_t column, enum goal goal)
{
	must(log == 7 && column < ((struct digest *)s)->ncolumns && goal != GOAL_NONE);
	mix_number((struct digest *)s, column * 4 + goal);
}

static void
op_remark(struct sink *s, uint32_t log, enum remark_kind k, uint64_t offset, uint64_t line,
	  const char *text)
{
	must(log == 7 && k <= REMARK_NOTE);
	mix_number((struct digest *)s, offset);
	mix_number((struct digest *)s, line);
	mix((struct digest *)s, text, strlen(text));
}

static void
op_said(struct sink *s, uint32_t log, const struct last_words *w)
{
	must(log == 7 && w->what);
	mix((struct digest *)s, w->what, strlen(w->what));
	mix_number((struct digest *)s, (uint64_t)w->wall_us);
}

static void
op_raised(struct sink *s, uint32_t log, const struct raised *r)
{
	must(log == 7);
	mix((struct digest *)s, r->title, strlen(r->title));
	mix((struct digest *)s, r->text, strlen(r->text));
}

static void
op_title(struct sink *s, uint32_t log, const char *text)
{
	must(log == 7);
	mix((struct digest *)s, text, strlen(text));
}

static const char *
op_column_name(struct sink *s, uint32_t log, uint32_t column)
{
	struct digest *d = (struct digest *)s;
	must(log == 7);
	return column < d->ncolumns ? d->name[column] : NULL;
}

/* A source calls no others. */
static const struct sink_ops digest_ops = {
	.log_find = op_log_find,
	.column = op_column,
	.row = op_row,
	.hist = op_hist,
	.param = op_param,
	.goal = op_goal,
	.remark = op_remark,
	.said = op_said,
	.raised = op_raised,
	.title = op_title,
	.column_name = op_column_name,
};

struct sink *
digest_new(void)
{
	struct digest *d = xcalloc(1, sizeof *d);
	d->sink.ops = &digest_ops;
	d->value = FNV_BASIS;
	return &d->sink;
}

void
digest_free(struct sink *s)
{
	struct digest *d = (struct digest *)s;
	map_release(&d->columns);
	for (uint32_t i = 0; i < d->ncolumns; i++)
		free(d->name[i]);
	free(d->name);
	free(d->used);
	free(d);
}

uint64_t
digest_value(struct sink *s)
{
	return ((struct digest *)s)->value;
}

static size_t
feed(struct source *s, const uint8_t *data, size_t n, size_t offset, bool at_end)
{
	/* Memory of exactly that size: a sanitizer sees what is read beyond it. */
	char *exact = xmemdup(data, n);
	s->hole = (struct hole){.settled = UINT64_MAX}; /* f_hole.c has others */
	size_t took = s->ops->feed(s, exact, n, offset, at_end, 5);
	must(took <= n && (!at_end || took == n));
	free(exact);
	return took;
}

static uint64_t
whole(const struct source_ops *ops, const uint8_t *data, size_t size)
{
	struct source_env env = {.sink = digest_new(), .log = 7, .path = "/x.csv", .prefix = ""};
	struct source *s = ops->new (&env);
	feed(s, data, size, 0, true);
	ops->free(s);
	uint64_t value = digest_value(env.sink);
	digest_free(env.sink);
	return value;
}

/* SEED chooses the pieces, and which byte of the last state is changed to what. */
static uint64_t
pieces(const struct source_ops *ops, const uint8_t *data, size_t size, uint64_t seed)
{
	struct source_env env = {.sink = digest_new(), .log = 7, .path = "/x.csv", .prefix = ""};
	struct source *s = ops->new (&env);
	struct str state = STR_INIT;
	size_t at = 0, end = 0;
	while (end < size) {
		seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
		end += 1 + (seed >> 33) % (size / 8 + 3);
		if (end > size)
			end = size;
		at += feed(s, data + at, end - at, at, false);
		/* Of what was left less is handed in than it was: a buffer was given back. */
		if (seed >> 61 & 1 && end - at > 1)
			at += feed(s, data + at, (end - at) / 2, at, false);
		if (seed >> 60 & 1) {
			str_reset(&state);
			ops->save(s, &state);
			ops->free(s);
			s = ops->new (&env);
			must(ops->load(s, str_c(&state), state.len));
		}
	}
	feed(s, data + at, size - at, at, true);
	ops->free(s);
	uint64_t value = digest_value(env.sink);
	if (state.len) {
		state.buf[seed % state.len] ^= (char)(seed >> 40);
		s = ops->new (&env);
		if (ops->load(s, state.buf, state.len))
			feed(s, data, size, at, true);
		ops->free(s);
	}
	str_release(&state);
	digest_free(env.sink);
	return value;
}

void
digest_check(const char *format, const uint8_t *data, size_t size, uint64_t seed)
{
	const struct source_ops *ops = source_by_name(format);
	const struct source_ops *found;
	struct probe p = {
		.path = "/x.csv",
		.head = (const char *)data,
		.nhead = size < SOURCE_HEAD ? size : SOURCE_HEAD,
		.whole = true,
		.reason = STR_INIT,
	};
	source_probe(&p, &found);
	str_release(&p.reason);
	uint64_t want = whole(ops, data, size);
	must(pieces(ops, data, size, seed) == want);
	must(pieces(ops, data, size, ~seed) == want);
}
