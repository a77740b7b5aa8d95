/* Checkpoints: files and directories that a trainer writes beside its logs. They are no logs and
 * are never read along; each is looked at once it has settled: how large it is, and what its header
 * says. One that is still written to is known as such, and looked at again until it is quiet. */
#include "core/ingest_impl.h"

#include "core/checkpoint.h"
#include "core/clock.h"
#include "core/model.h"
#include "core/xalloc.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define SETTLE_US 1500000 /* quiet for so long, it is taken for done */

enum { DEPTH_MAX = 8, FILES_MAX = 20000 };

struct seen_checkpoint {
	char *path;
	struct checkpoint c;  /* as it was kept last, or looked at last */
	bool kept, seen, old; /* the sink has it; a scan or an event told of it;
			       * it was there before the watch began */
	bool unsettled;
	int64_t due_us; /* monotonic */
};

/* -- which there are --------------------------------------------------------------------------- */

static struct seen_checkpoint *
get(struct ingest *in, const char *path)
{
	struct seen_checkpoint *s = index_get(&in->checkpoints, path, strlen(path));
	if (s)
		return s;
	s = xcalloc(1, sizeof *s);
	s->path = xstrdup(path);
	index_put(&in->checkpoints, path, strlen(path), s);
	return s;
}

static void
look_later(struct ingest *in, struct seen_checkpoint *s, int64_t due_us)
{
	in->nunsettled += !s->unsettled;
	s->unsettled = true;
	s->due_us = due_us;
}

static void
settle(struct ingest *in, struct seen_checkpoint *s)
{
	in->nunsettled -= s->unsettled;
	s->unsettled = false;
}

static void
drop(struct ingest *in, struct seen_checkpoint *s)
{
	settle(in, s);
	index_remove(&in->checkpoints, s->path, strlen(s->path));
	free(s->path);
	free(s);
}

bool
ingest_checkpoint_file(struct ingest *in, const char *path)
{
	struct str where = STR_INIT;
	bool file = checkpoint_is_file(path);
	if (in->sink->ops->checkpoint && checkpoint_of_path(path, &where)) {
		struct seen_checkpoint *s = get(in, str_c(&where));
		s->seen = true;
		s->old = in->initial && !s->kept ? true : s->old;
		/* At the first scan most of them have been quiet for long. */
		look_later(in, s, clock_mono_us() + (in->initial ? 0 : SETTLE_US));
		ingest_wake(in);
	}
	str_release(&where);
	return file;
}

static int
restore_one(void *ctx, const char *path, const struct checkpoint *c)
{
	struct seen_checkpoint *s = get(ctx, path);
	s->c = *c;
	s->kept = s->old = true;
	return 0;
}

static bool
checkpoint_is(const void *item, const void *path, size_t n)
{
	const struct seen_checkpoint *s = item;
	return strlen(s->path) == n && memcmp(s->path, path, n) == 0;
}

void
ingest_restore_checkpoints(struct ingest *in)
{
	in->checkpoints.is = checkpoint_is;
	if (in->sink->ops->checkpoint_each)
		in->sink->ops->checkpoint_each(in->sink, restore_one, in);
}

void
ingest_forget_checkpoints(struct ingest *in)
{
	size_t at = 0;
	struct seen_checkpoint *s;
	while ((s = index_next(&in->checkpoints, &at))) {
		free(s->path);
		free(s);
	}
	index_release(&in->checkpoints);
	in->nunsettled = 0;
}

/* -- looking at one ---------------------------------------------------------------------------- */

struct sum {
	uint64_t bytes;
	int64_t mtime_us;
	int files;
};

static void
add(struct sum *sum, const struct stat *st)
{
	int64_t us = clock_of(st->st_mtim);
	sum->bytes += (uint64_t)st->st_size;
	sum->mtime_us = us > sum->mtime_us ? us : sum->mtime_us;
	sum->files++;
}

static void
add_dir(struct sum *sum, const char *path, int depth)
{
	DIR *d = depth < DEPTH_MAX ? opendir(path) : NULL;
	if (!d)
		return;
	for (struct dirent *de; sum->files < FILES_MAX && (de = readdir(d));) {
		struct stat st;
		if (de->d_name[0] == '.')
			continue;
		char *below = xasprintf("%s/%s", path, de->d_name);
		if (stat(below, &st) == 0 && S_ISDIR(st.st_mode))
			add_dir(sum, below, depth + 1);
		else if (S_ISREG(st.st_mode))
			add(sum, &st);
		free(below);
	}
	closedir(d);
}

/* 1: SUM is what lies there; 0: nothing does; negative: it can't be told. */
static int
measure(const char *path, struct sum *sum)
{
	struct stat st;
	*sum = (struct sum){0};
	if (stat(path, &st) < 0)
		return errno == ENOENT || errno == ENOTDIR ? 0 : -1;
	if (S_ISDIR(st.st_mode))
		add_dir(sum, path, 0);
	else if (S_ISREG(st.st_mode))
		add(sum, &st);
	return sum->files > 0;
}

/* What its header says, which nothing of it is executed for. */
static void
read_header(const char *path, struct checkpoint *c)
{
	static const enum checkpoint_state state[] = {
		[MODEL_WHOLE] = CHECKPOINT_WHOLE,     [MODEL_TRUNCATED] = CHECKPOINT_CUT,
		[MODEL_GROWING] = CHECKPOINT_GROWING, [MODEL_DAMAGED] = CHECKPOINT_CUT,
		[MODEL_UNSURE] = CHECKPOINT_UNKNOWN,
	};
	struct model *m;
	struct err ignored;
	int code = model_open(path, &m, &ignored);
	if (code == ERR_FORMAT)
		c->safety = CHECKPOINT_NO_MODEL;
	if (code < 0)
		return;
	c->safety = 1 + (int)m->safety;
	c->state = state[m->state];
	if (m->step != MODEL_NO_STEP)
		c->step = m->step;
	model_close(m);
}

static void
keep(struct ingest *in, struct seen_checkpoint *s, const struct checkpoint *c)
{
	bool news = !s->old && c->state != CHECKPOINT_GROWING && c->state != CHECKPOINT_CUT;
	s->c = *c;
	s->kept = true;
	in->sink->ops->checkpoint(in->sink, s->path, c);
	ingest_touch(in, true);
	if (news && in->ev.checkpoint)
		in->ev.checkpoint(in->ev.ctx, s->path);
}

static void
look(struct ingest *in, struct seen_checkpoint *s, int64_t now_us)
{
	struct sum sum;
	int there = measure(s->path, &sum);
	if (there <= 0) {
		if (there == 0 && s->kept) {
			in->sink->ops->checkpoint(in->sink, s->path, NULL);
			ingest_touch(in, true);
		}
		drop(in, s);
		return;
	}
	struct checkpoint c = {.bytes = sum.bytes, .mtime_us = sum.mtime_us, .step = INT64_MIN};
	bool same = sum.bytes == s->c.bytes && sum.mtime_us == s->c.mtime_us;
	bool quiet = same || clock_wall_us() - sum.mtime_us >= SETTLE_US;
	bool known = s->c.state != CHECKPOINT_GROWING && s->c.safety != CHECKPOINT_UNJUDGED;
	if (quiet && s->kept && same && known) {
		settle(in, s);
		return;
	}
	/* A header whose sizes add up has no need of a pause to prove that it is done. */
	read_header(s->path, &c);
	if (!quiet && c.state != CHECKPOINT_WHOLE)
		c.state = CHECKPOINT_GROWING;
	if (c.state == CHECKPOINT_GROWING)
		look_later(in, s, now_us + SETTLE_US);
	else
		settle(in, s);
	if (!s->kept || !same || s->c.state != c.state || s->c.step != c.step ||
	    s->c.safety != c.safety)
		keep(in, s, &c);
}

int64_t
ingest_run_checkpoints(struct ingest *in, int64_t now_us, bool all)
{
	int64_t first = INT64_MAX;
	size_t at = 0;
	struct seen_checkpoint *s;
	while (in->nunsettled && (s = index_next(&in->checkpoints, &at))) {
		if (!s->unsettled)
			continue;
		if (all || s->due_us <= now_us)
			look(in, s, now_us);
		else if (s->due_us < first)
			first = s->due_us;
	}
	/* Those that were put off just now. */
	at = 0;
	while (in->nunsettled && (s = index_next(&in->checkpoints, &at)))
		if (s->unsettled && s->due_us < first)
			first = s->due_us;
	return first;
}

void
ingest_find_checkpoints(struct ingest *in)
{
	size_t at = 0;
	struct seen_checkpoint *s;
	while ((s = index_next(&in->checkpoints, &at)))
		if (!s->seen && ingest_root_there(in, s->path))
			look_later(in, s, clock_mono_us());
}
