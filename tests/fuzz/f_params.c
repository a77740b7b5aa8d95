/* What a run was told, in whatever pieces it comes and with restarts between them: in the end each
 * name has the value that it has when all comes at once. */
#include "core/map.h"
#include "core/null_sink.h"
#include "core/source.h"
#include "core/xalloc.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct told {
	struct sink sink;
	struct map values; /* key → its newest value */
	size_t remarks;
};

static void
must(bool holds)
{
	if (!holds)
		abort();
}

static void
op_param(struct sink *s, uint32_t log, const char *key, const char *value)
{
	struct told *t = (struct told *)s;
	size_t n = strlen(key);
	must(log == 7 && n && n <= SOURCE_MAX_NAME && strlen(value) <= 512);
	free(map_get(&t->values, key, n));
	map_put(&t->values, key, n, xstrdup(value));
}

static void
op_remark(struct sink *s, uint32_t log, enum remark_kind k, uint64_t offset, uint64_t line,
	  const char *text)
{
	(void)offset, (void)line;
	must(log == 7 && k == REMARK_LIMIT && *text);
	((struct told *)s)->remarks++;
}

static struct source *
new_source(struct told *t, const char *path)
{
	struct source_env env = {.sink = &t->sink, .log = 7, .path = path, .prefix = ""};
	return source_by_name("params")->new (&env);
}

/* SEED 0: in one piece. */
static void
feed(struct told *t, const char *path, const char *p, size_t n, unsigned seed)
{
	static struct sink_ops ops;
	ops = null_sink_ops;
	ops.param = op_param;
	ops.remark = op_remark;
	*t = (struct told){.sink.ops = &ops};
	struct source *s = new_source(t, path);
	for (size_t at = 0; at < n || n == 0;) {
		/* Each piece has all that is there read again: of a long text they are long. */
		size_t piece = seed ? 1 + seed % (23 + n / 16) : n;
		if (piece > n - at)
			piece = n - at;
		must(s->ops->feed(s, p + at, piece, at, false, 5) == piece);
		at += piece;
		if (n == 0)
			break;
		seed = seed * 1103515245 + 12345;
		if (seed & 0x10000) {
			struct str state = STR_INIT;
			s->ops->save(s, &state);
			s->ops->free(s);
			s = new_source(t, path);
			must(s->ops->load(s, str_c(&state), state.len));
			/* and whatever else is taken for a state */
			struct source *other = new_source(t, path);
			if (state.len)
				state.buf[seed % state.len] ^= (char)(1 + seed % 255);
			other->ops->load(other, str_c(&state), state.len);
			other->ops->free(other);
			str_release(&state);
		}
	}
	s->ops->free(s);
}

static void
told_release(struct told *t)
{
	char *value;
	for (size_t at = 0; (value = map_next(&t->values, &at));)
		free(value);
	map_release(&t->values);
}

static void
check(const char *path, const char *p, size_t n, unsigned seed)
{
	struct told whole, pieces;
	feed(&whole, path, p, n, 0);
	feed(&pieces, path, p, n, seed | 1);
	/* A cut within a name may have given one that is none: more may be there, never less. */
	must(map_count(&pieces.values) >= map_count(&whole.values) &&
	     pieces.remarks == whole.remarks);
	told_release(&whole);
	told_release(&pieces);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *exact = xmemdup(data, size);
	unsigned seed = size ? data[size - 1] * 7919u : 1;
	check("/r/hparams.yaml", exact, size, seed);
	check("/r/config.json", exact, size, seed);
	free(exact);
	return 0;
}
