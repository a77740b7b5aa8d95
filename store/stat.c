/* One walk over everything, counted by the type of its key. Chunks are opened as far as their head,
 * which says by which codec they are packed. */
#include "store/store.h"

#include "core/xalloc.h"
#include "store/chunk.h"
#include "store/snap.h"

#include <stdlib.h>
#include <string.h>

static const struct {
	enum key_type type;
	const char *name;
} kinds[] = {
	{KEY_CHUNK, "chunks"},        {KEY_AXIS, "axes"},          {KEY_NODE, "pyramid"},
	{KEY_TAIL, "tail"},           {KEY_SERIES, "series"},      {KEY_NUMBER, "series"},
	{KEY_NAME, "series"},         {KEY_LOG, "logs"},           {KEY_LOG_PATH, "logs"},
	{KEY_STATE, "parser states"}, {KEY_RUN, "runs"},           {KEY_PAST, "runs"},
	{KEY_RUN_ID, "runs"},         {KEY_RUN_LOG, "runs"},       {KEY_PARAMS, "parameters"},
	{KEY_REMARK, "remarks"},      {KEY_SKIPPED, "left alone"}, {KEY_ALERT, "alerts"},
	{KEY_OUTBOX, "alerts"},       {KEY_ROOT, "roots"},         {KEY_META, "the store itself"},
	{KEY_HIST, "histograms"},     {KEY_GOAL, "series"},        {KEY_CHECKPOINT, "checkpoints"},
};
enum { KINDS = sizeof kinds / sizeof *kinds };

static const char *
kind_name(char type)
{
	for (int i = 0; i < KINDS; i++)
		if (kinds[i].type == (enum key_type)type)
			return kinds[i].name;
	return "other";
}

static struct store_kind *
kind_of(struct store_kind *v, int *n, int most, const char *name)
{
	for (int i = 0; i < *n; i++)
		if (strcmp(v[i].name, name) == 0)
			return &v[i];
	if (*n == most)
		return &v[most - 1];
	v[*n] = (struct store_kind){.name = name};
	return &v[(*n)++];
}

static void
count_chunk(struct store_stat *s, const struct bytes *key, const struct bytes *val)
{
	struct chunk c;
	if (!chunk_open(&c, val->p, val->n))
		return;
	int most = (int)(sizeof s->codec / sizeof *s->codec);
	struct store_kind *k = kind_of(s->codec, &s->ncodecs, most, chunk_codec_names[c.codec]);
	k->records++;
	k->bytes += key->n + val->n;
	k->points += c.n;
}

static void
count(struct store_stat *s, const struct bytes *key, const struct bytes *val)
{
	char type = *(const char *)key->p;
	struct store_kind *k = kind_of(s->kind, &s->nkinds, STORE_KINDS, kind_name(type));
	k->records++;
	k->bytes += key->n + val->n;
	if (type == KEY_CHUNK)
		count_chunk(s, key, val);
	s->runs += type == KEY_RUN;
	s->logs += type == KEY_LOG;
	s->series += type == KEY_SERIES;
}

static int
count_points(void *ctx, const struct log_info *li)
{
	((struct store_stat *)ctx)->points += li->points;
	return 0;
}

static int
larger(const void *pa, const void *pb)
{
	const struct store_kind *a = pa, *b = pb;
	return a->bytes < b->bytes ? 1 : a->bytes > b->bytes ? -1 : strcmp(a->name, b->name);
}

static int
count_all(struct store_stat *s, struct snap *sn, struct err *e)
{
	struct key all = {0};
	struct iter it;
	iter_init(&it, sn->t, &all);
	while (iter_next(&it) > 0)
		count(s, &it.key, &it.val);
	iter_release(&it);
	snap_logs(sn, count_points, s);
	qsort(s->kind, (size_t)s->nkinds, sizeof *s->kind, larger);
	qsort(s->codec, (size_t)s->ncodecs, sizeof *s->codec, larger);
	return snap_failed(sn, e);
}

static void
add_reader(void *ctx, const struct db_reader *r)
{
	struct store_stat *s = ctx;
	s->reader = xreallocarray(s->reader, (size_t)s->nreaders + 1, sizeof *s->reader);
	s->reader[s->nreaders++] = (struct store_reader){r->pid, r->txn};
}

int
store_stat(struct store *st, struct store_stat *out, struct err *e)
{
	struct snap *sn;
	struct db_stat ds;
	memset(out, 0, sizeof *out);
	int code = snap_begin(st, &sn, e);
	if (code)
		return code;
	code = count_all(out, sn, e);
	snap_end(sn);
	struct db *db = store_db(st);
	if (!code)
		code = db_stat(db, &ds, e);
	if (!code)
		code = db_readers(db, add_reader, out, e);
	if (code) {
		free(out->reader);
		out->reader = NULL;
		return code;
	}
	out->file = ds.file;
	out->used = db_file_used(db);
	out->map = ds.map;
	out->page = ds.page;
	out->pages = ds.pages;
	out->free_pages = ds.free_pages;
	return 0;
}
