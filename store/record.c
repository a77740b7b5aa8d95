/* Plain values of core (sums, sparks) are kept as the compiler lays them out: they are read
 * thousands at a time, by the same program on the same machine. A size that differs gives zeros.
 */
#include "store/record.h"

#include "core/model.h"
#include "core/xalloc.h"
#include "store/field.h"

#include <math.h>
#include <string.h>

enum { VERSION = 2 };

static bool
open_record(struct take *u, const struct bytes *b)
{
	take_init(u, b->p, b->n);
	if (take_u8(u) != VERSION)
		u->bad = true;
	return !u->bad;
}

static void
put_writing(struct str *out, const struct writing *w)
{
	put_u64(out, (uint64_t)w->by.pid);
	put_u64(out, w->by.start);
	put_u64(out, w->by.boot);
	put_u64(out, (uint64_t)w->ended_us);
}

static void
take_writing(struct take *u, struct writing *w)
{
	w->by.pid = (int64_t)take_u64(u);
	w->by.start = take_u64(u);
	w->by.boot = take_u64(u);
	w->ended_us = (int64_t)take_u64(u);
}

void
log_rec_pack(struct str *out, const struct log_rec *r)
{
	const struct cursor *c = &r->cur;

	put_u8(out, VERSION);
	put_u32(out, r->id);
	put_u32(out, r->run);
	put_u32(out, (uint32_t)r->rank);
	put_text(out, r->path);
	put_text(out, r->format);
	put_text(out, r->prefix);
	put_text(out, r->reason);
	put_text(out, r->said.what);
	put_u64(out, c->dev);
	put_u64(out, c->ino);
	put_u64(out, c->offset);
	put_u64(out, c->size);
	put_u64(out, (uint64_t)c->mtime_us);
	put_u32(out, c->fp.head_len);
	put_u32(out, c->fp.head_crc);
	put_u32(out, c->fp.tail_len);
	put_u32(out, c->fp.tail_crc);
	put_u64(out, r->remarks);
	put_u64(out, r->points);
	put_u32(out, r->nstate);
	put_u64(out, r->sealed);
	put_u64(out, r->tail);
	put_u64(out, r->tail_first);
	put_u32(out, r->columns);
	put_u8(out, (uint8_t)(r->gone | r->anew << 1 | r->goals << 2));
	put_writing(out, &r->writing);
	put_u32(out, r->nattempts);
	str_add(out, r->attempts, r->nattempts * sizeof *r->attempts);
	put_text(out, r->title);
	put_u64(out, (uint64_t)r->said.wall_us);
	put_u64(out, (uint64_t)r->said.arrival_us);
	put_u64(out, r->judged);
}

bool
log_rec_unpack(struct log_rec *r, const struct bytes *b)
{
	struct take u;

	memset(r, 0, sizeof *r);
	if (!open_record(&u, b))
		return false;
	r->id = take_u32(&u);
	r->run = take_u32(&u);
	r->rank = (int32_t)take_u32(&u);
	r->path = take_text(&u);
	r->format = take_text(&u);
	r->prefix = take_text(&u);
	r->reason = take_text(&u);
	r->said.what = take_text(&u);
	struct cursor *c = &r->cur;
	c->dev = take_u64(&u);
	c->ino = take_u64(&u);
	c->offset = take_u64(&u);
	c->size = take_u64(&u);
	c->mtime_us = (int64_t)take_u64(&u);
	c->fp.head_len = take_u32(&u);
	c->fp.head_crc = take_u32(&u);
	c->fp.tail_len = take_u32(&u);
	c->fp.tail_crc = take_u32(&u);
	r->remarks = take_u64(&u);
	r->points = take_u64(&u);
	r->nstate = take_u32(&u);
	r->sealed = take_u64(&u);
	r->tail = take_u64(&u);
	r->tail_first = take_u64(&u);
	r->columns = take_u32(&u);
	uint8_t flags = take_u8(&u);
	r->gone = flags & 1;
	r->anew = flags & 2;
	r->goals = flags & 4;
	take_writing(&u, &r->writing);
	r->nattempts = take_u32(&u);
	r->attempts_raw = take_bytes(&u, (size_t)r->nattempts * sizeof *r->attempts);
	r->title = take_more(&u) ? take_text(&u) : NULL;
	if (take_more(&u)) {
		r->said.wall_us = (int64_t)take_u64(&u);
		r->said.arrival_us = (int64_t)take_u64(&u);
	}
	r->judged = take_more(&u) ? take_u64(&u) : UINT64_MAX;
	return !u.bad && r->path && r->format && r->prefix && r->reason;
}

int64_t
attempt_stepped_us(const struct log_attempt *a, int64_t mtime_us)
{
	if (!a->rows || a->unit > STEP_EPOCH)
		return 0;
	/* A stamp without its zone may be hours ahead; the file is not. */
	return mtime_us && mtime_us < a->last_us ? mtime_us : a->last_us;
}

void
attempt_row(struct log_attempt *a, bool first, enum step_unit unit, int64_t step, int64_t wall,
	    uint32_t ncell)
{
	if (first || unit < a->unit) {
		a->unit = (uint8_t)unit;
		a->first_step = step;
	}
	if (unit == a->unit)
		a->last_step = step;
	a->points += ncell;
	if (wall && (!a->first_us || wall < a->first_us))
		a->first_us = wall;
	if (wall > a->last_us)
		a->last_us = wall;
}

int
log_rec_state(const struct log_rec *r, struct txn *t, struct bytes *out)
{
	struct key k = key_id(KEY_STATE, r->id);

	*out = (struct bytes){0};
	if (!r->nstate)
		return 0;
	int rc = db_get(t, &k, out);
	if (rc < 0 || (rc && out->n == r->nstate))
		return rc;
	return txn_fail(t, ERR_CORRUPT, "the store is damaged: the parser's state of log %u",
			r->id);
}

struct log_attempt
log_rec_attempt(const struct log_rec *r, uint32_t i)
{
	struct log_attempt a;

	memcpy(&a, (const char *)r->attempts_raw + i * sizeof a, sizeof a);
	return a;
}

/* The sum over all attempts is only kept where it differs from that of the newest. */
void
series_rec_pack(struct str *out, const struct series_rec *r)
{
	put_u8(out, VERSION);
	put_text(out, r->name);
	put_u32(out, r->id);
	put_u32(out, r->log);
	put_u32(out, r->column);
	put_u32(out, r->chunks);
	put_u32(out, r->attempt);
	put_u32(out, r->attempts);
	put_raw(out, &r->now, sizeof r->now);
	if (r->attempts > 1)
		put_raw(out, &r->all, sizeof r->all);
	put_u32(out, r->nsegments);
	str_add(out, r->segments, r->nsegments * sizeof *r->segments);
}

bool
series_rec_unpack(struct series_rec *r, const struct bytes *b)
{
	struct take u;

	if (!open_record(&u, b))
		return false;
	r->name = take_text(&u);
	r->id = take_u32(&u);
	r->log = take_u32(&u);
	r->column = take_u32(&u);
	r->chunks = take_u32(&u);
	r->attempt = take_u32(&u);
	r->attempts = take_u32(&u);
	take_raw(&u, &r->now, sizeof r->now);
	if (r->attempts > 1)
		take_raw(&u, &r->all, sizeof r->all);
	else
		r->all = r->now;
	r->nsegments = take_u32(&u);
	r->segments = NULL;
	r->segments_raw = take_bytes(&u, (size_t)r->nsegments * sizeof *r->segments);
	return !u.bad && r->name;
}

struct segment
series_rec_segment(const struct series_rec *r, uint32_t i)
{
	struct segment s;

	memcpy(&s, (const char *)r->segments_raw + i * sizeof s, sizeof s);
	return s;
}

const char *
series_rec_name(const struct bytes *b)
{
	struct take u;

	return open_record(&u, b) ? take_text(&u) : NULL;
}

int
params_each(const struct bytes *b, int (*fn)(void *ctx, const char *key, const char *value),
	    void *ctx)
{
	struct take u;
	int rc = 0;

	take_init(&u, b->p, b->n);
	for (uint32_t n = take_u32(&u); n && !u.bad && !rc; n--) {
		const char *key = take_text(&u), *value = take_text(&u);
		if (!u.bad && key && value)
			rc = fn(ctx, key, value);
	}
	return rc;
}

void
remark_pack(struct str *out, enum remark_kind kind, uint64_t offset, uint64_t line,
	    const char *text)
{
	put_u8(out, VERSION);
	put_u8(out, (uint8_t)kind);
	put_u64(out, offset);
	put_u64(out, line);
	put_text(out, text);
}

bool
remark_unpack(struct remark_info *r, const struct bytes *b)
{
	struct take u;

	if (!open_record(&u, b))
		return false;
	r->kind = (enum remark_kind)take_u8(&u);
	r->offset = take_u64(&u);
	r->line = take_u64(&u);
	r->text = take_text(&u);
	return !u.bad && r->text && r->kind <= REMARK_NOTE;
}

void
skipped_pack(struct str *out, const char *path, const char *reason)
{
	put_u8(out, VERSION);
	put_text(out, path);
	put_text(out, reason);
}

bool
skipped_unpack(const char **path, const char **reason, const struct bytes *b)
{
	struct take u;

	if (!open_record(&u, b))
		return false;
	*path = take_text(&u);
	*reason = take_text(&u);
	return !u.bad && *path && *reason;
}

void
checkpoint_pack(struct str *out, const char *path, const struct checkpoint *c)
{
	put_u8(out, VERSION);
	put_text(out, path);
	put_u64(out, c->bytes);
	put_u64(out, (uint64_t)c->mtime_us);
	put_u64(out, (uint64_t)c->step);
	put_u8(out, (uint8_t)c->state);
	put_u8(out, (uint8_t)c->safety);
	put_u8(out, MODEL_JUDGE);
}

bool
checkpoint_unpack(const char **path, struct checkpoint *c, const struct bytes *b)
{
	struct take u;

	if (!open_record(&u, b))
		return false;
	*path = take_text(&u);
	c->bytes = take_u64(&u);
	c->mtime_us = (int64_t)take_u64(&u);
	c->step = (int64_t)take_u64(&u);
	c->state = (enum checkpoint_state)take_u8(&u);
	c->safety = take_more(&u) ? take_u8(&u) : CHECKPOINT_UNJUDGED;
	if (take_more(&u) && take_u8(&u) != MODEL_JUDGE)
		c->safety = CHECKPOINT_UNJUDGED;
	return !u.bad && *path && c->state < CHECKPOINT_NSTATES;
}

void
alert_pack(struct str *out, const struct alert *a)
{
	put_u8(out, VERSION);
	put_text(out, a->rule);
	put_text(out, a->run);
	put_text(out, a->metric);
	put_text(out, a->message);
	put_u32(out, a->attempt);
	put_u8(out, (uint8_t)a->state);
	put_u8(out, (uint8_t)a->severity);
	put_u64(out, a->rule_hash);
	put_u64(out, a->episode);
	put_u64(out, (uint64_t)a->since_us);
	put_u64(out, (uint64_t)a->fired_us);
	put_u64(out, (uint64_t)a->updated_us);
	put_u64(out, (uint64_t)a->step);
	put_f64(out, a->value);
	put_u32(out, a->n);
	put_u8(out, (uint8_t)(a->latched | a->acked << 1 | a->historic << 2 | a->inhibited << 3 |
			      a->sent << 4 | a->event << 5));
}

bool
alert_unpack(struct alert *a, const struct bytes *b)
{
	struct take u;

	memset(a, 0, sizeof *a);
	if (!open_record(&u, b))
		return false;
	a->rule = take_text(&u);
	a->run = take_text(&u);
	a->metric = take_text(&u);
	a->message = take_text(&u);
	a->attempt = take_u32(&u);
	a->state = (enum alert_state)take_u8(&u);
	a->severity = (enum severity)take_u8(&u);
	a->rule_hash = take_u64(&u);
	a->episode = take_u64(&u);
	a->since_us = (int64_t)take_u64(&u);
	a->fired_us = (int64_t)take_u64(&u);
	a->updated_us = (int64_t)take_u64(&u);
	a->step = (int64_t)take_u64(&u);
	a->value = take_f64(&u);
	a->n = take_u32(&u);
	uint8_t flags = take_u8(&u);
	a->latched = flags & 1;
	a->acked = flags & 2;
	a->historic = flags & 4;
	a->inhibited = flags & 8;
	a->sent = flags & 16;
	a->event = flags & 32;
	return !u.bad && a->rule && a->run && a->metric && a->state <= ALERT_RESOLVED &&
	       a->severity <= SEVERITY_CRIT;
}
