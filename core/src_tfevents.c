/* TensorBoard event files: a row per Event, and every number in it a metric under its tag, at the
 * event's own step.
 *
 * A logger writes the same tags in the same order over and over, mostly one number an event. So
 * each tag remembers which one followed it: the next event's tag is compared with that one before
 * it is looked up. And it remembers how it was written: where the bytes around the number are the
 * same again, no fields are walked.
 *
 * A restart of the training writes a new file, or goes on in the old one with a step that goes
 * back: nothing is purged for that, the series gets a new segment. Of what events say of the
 * session the last CHECKPOINT is kept, as a parameter.
 *
 * A histogram becomes numbers, TAG@hist.count and so on, so that it can be charted and compared
 * like anything else; its buckets go to the sink beside them. */
#include "core/map.h"
#include "core/probe.h"
#include "core/source.h"
#include "core/table.h"
#include "core/tf_event.h"
#include "core/tf_hist.h"
#include "core/tf_params.h"
#include "core/tfrecord.h"
#include "core/xalloc.h"

#include <stdlib.h>
#include <string.h>

enum {
	STATE_VERSION = 1,
	MAX_TAGS = 2 * SOURCE_MAX_COLUMNS,
	MAX_CONFIG = 4 << 20, /* bytes of parameters in one file, over all of it */
	SESSION_US = 1000000, /* one that ends sooner, without a number in it, was no training */
};

/* What is kept of a histogram, in this order. */
static const char *const hist_parts[] = {"count", "min", "max", "mean", "l2"};
enum { HIST_PARTS = sizeof hist_parts / sizeof *hist_parts };

struct tag {
	struct field field;
	struct field *hist; /* HIST_PARTS of them, once it was a histogram */
	struct tf_shape shape;
	struct tag *next; /* the one that came behind it the last time */
	uint64_t row;     /* the last one that it has a cell in */
};

/* A histogram of the row at hand. */
struct drawn {
	struct tag *tag;
	struct tf_value value;
};

struct tfevents {
	struct source source;
	struct table t;
	struct tfrecord frame;
	struct map tags;
	struct tag *first, *last; /* the first in the file, the last one that was read */
	uint64_t row;             /* of the row at hand, from 1 */
	struct drawn *drawn;
	size_t ndrawn, cap_drawn;
	struct tf_hist hist;

	uint64_t config; /* bytes of parameters that were read */
	bool in_session;
	int64_t session_us;
	uint64_t session_rows; /* before it began */
};

/* -- tags -------------------------------------------------------------------------------------- */

static bool
tag_is(const struct tag *tag, const char *p, size_t n)
{
	return tag->field.nname == n && !memcmp(tag->field.name, p, n);
}

static struct field
new_field(const char *name, size_t n)
{
	struct field f = {.column = n ? FIELD_NEW : FIELD_DROPPED, .kind = FIELD_METRIC};
	f.name = xstrndup(name, n);
	f.nname = (uint32_t)n;
	return f;
}

/* NULL when there are too many, or it is too long, or none. */
static struct tag *
tag_find(struct tfevents *s, const char *p, size_t n)
{
	struct tag *tag = map_get(&s->tags, p, n);
	if (tag || !n || n > SOURCE_MAX_NAME || map_count(&s->tags) >= MAX_TAGS)
		return tag;
	tag = xcalloc(1, sizeof *tag);
	tag->field = new_field(p, n);
	map_put(&s->tags, p, n, tag);
	return tag;
}

/* The one that came next the last time, if it is called so. */
static struct tag *
tag_next(const struct tfevents *s, const char *p, size_t n)
{
	struct tag *next = s->last ? s->last->next : NULL;
	return next && tag_is(next, p, n) ? next : NULL;
}

static struct tag *
tag_of(struct tfevents *s, const char *p, size_t n)
{
	struct tag *next = tag_next(s, p, n);
	if (next) {
		s->last = next;
		return next;
	}
	/* A name is a C string to the rest of the program. */
	struct str clean = STR_INIT;
	if (n <= SOURCE_MAX_NAME && memchr(p, 0, n)) {
		str_add(&clean, p, n);
		for (char *zero; (zero = memchr(clean.buf, 0, n));)
			*zero = ' ';
		p = clean.buf;
	}
	struct tag *tag = tag_find(s, p, n);
	str_release(&clean);
	if (!tag)
		return NULL;
	if (s->last)
		s->last->next = tag;
	s->last = tag;
	return tag;
}

static struct field *
tag_hist(struct tag *tag)
{
	if (tag->hist)
		return tag->hist;
	tag->hist = xcalloc(HIST_PARTS, sizeof *tag->hist);
	for (int i = 0; i < HIST_PARTS; i++) {
		struct str name = STR_INIT;
		str_addf(&name, "%s@hist.%s", tag->field.name, hist_parts[i]);
		tag->hist[i] = new_field(str_c(&name), name.len);
		str_release(&name);
	}
	return tag->hist;
}

static void
tag_free(struct tag *tag)
{
	field_release(&tag->field);
	for (int i = 0; tag->hist && i < HIST_PARTS; i++)
		field_release(&tag->hist[i]);
	free(tag->hist);
	tf_shape_release(&tag->shape);
	free(tag);
}

/* -- rows -------------------------------------------------------------------------------------- */

static void
give_buckets(struct tfevents *s, const struct drawn *d)
{
	const struct field *count = &d->tag->hist[0];
	if (count->column < FIELD_DROPPED && tf_hist_read(&s->hist, &d->value))
		s->t.sink->ops->hist(s->t.sink, s->t.log, count->column, &s->hist.buckets);
}

static void
end_row(struct tfevents *s, const struct tf_event *ev)
{
	if (s->t.n || s->t.dropped || s->t.saying) {
		s->t.rows += s->t.n > 0;
		int64_t step = s->t.n ? ev->step : s->t.last_step;
		enum row_fate fate = table_row(&s->t, STEP_STEP, step);
		for (size_t i = 0; i < s->ndrawn && fate == ROW_STORED; i++)
			give_buckets(s, &s->drawn[i]);
	}
	s->ndrawn = 0;
	s->row++;
	s->t.dropped = 0;
	s->t.saying = NULL;
}

/* The tag of a cell. One that comes twice in an event begins another row: none has a column
 * twice. */
static struct tag *
cell_tag(struct tfevents *s, const struct tf_event *ev, const struct tf_value *v)
{
	struct tag *tag = tag_of(s, v->tag, v->ntag);
	if (!tag) {
		s->t.dropped++;
		return NULL;
	}
	if (tag->row == s->row)
		end_row(s, ev);
	tag->row = s->row;
	return tag;
}

static void
add_number(struct tfevents *s, const struct tf_event *ev, const struct tf_value *v)
{
	struct tag *tag = cell_tag(s, ev, v);
	if (!tag)
		return;
	table_reserve(&s->t, 1);
	table_add(&s->t, &tag->field, v->number);
}

static void
add_hist(struct tfevents *s, const struct tf_event *ev, const struct tf_value *v)
{
	struct tf_hist *h = &s->hist;
	if (!tf_hist_read(h, v)) {
		if (v->named || v->kind == TF_HISTOGRAM)
			table_remark(&s->t, REMARK_BAD_RECORD,
				     "'%.*s' is no histogram that can be read",
				     v->ntag < 60 ? (int)v->ntag : 60, v->tag);
		return;
	}
	struct tag *tag = cell_tag(s, ev, v);
	if (!tag)
		return;
	struct field *f = tag_hist(tag);
	const double part[HIST_PARTS] = {h->count, h->min, h->max, h->mean, h->l2};
	table_reserve(&s->t, HIST_PARTS);
	/* Of nothing there is no least and no mean. */
	for (int i = 0; i < (h->count > 0 ? HIST_PARTS : 1); i++)
		table_add(&s->t, &f[i], part[i]);
	*vec_push(s->drawn, s->ndrawn, s->cap_drawn) = (struct drawn){tag, *v};
}

/* -- parameters -------------------------------------------------------------------------------- */

static void
session(struct tfevents *s, enum tf_session what)
{
	/* The parameters of a run are often written all at once with its end, before it begins. */
	bool real = !s->in_session || s->t.rows > s->session_rows ||
		    s->t.wall_us - s->session_us >= SESSION_US;
	switch (what) {
	case TF_SESSION_START:
		s->in_session = true;
		s->session_us = s->t.wall_us;
		s->session_rows = s->t.rows;
		break;
	case TF_SESSION_SUCCESS:
		if (real)
			s->t.saying = "finished";
		break;
	case TF_SESSION_FAILURE:
		s->t.saying = "failed";
		break;
	case TF_SESSION_NONE:
		break;
	}
}

static void
add_config(struct tfevents *s, const struct tf_value *v)
{
	enum tf_session what = TF_SESSION_NONE;
	if (s->config > MAX_CONFIG) {
		table_remark(&s->t, REMARK_LIMIT,
			     "left out: more than %d bytes of parameters in one file", MAX_CONFIG);
		return;
	}
	s->config += v->n;
	if (v->kind == TF_TEXT)
		tf_params_of_text(&s->t, v);
	else if (!tf_params_of_plugin(&s->t, v->p, v->n, &what))
		table_remark(&s->t, REMARK_BAD_RECORD, "hparams that can't be read");
	session(s, what);
}

/* -- events ------------------------------------------------------------------------------------ */

static void
read_value(struct tfevents *s, const struct tf_event *ev, const struct tf_value *v)
{
	switch (v->kind) {
	case TF_NUMBER:
		add_number(s, ev, v);
		break;
	case TF_HISTOGRAM:
	case TF_BUCKETS:
		add_hist(s, ev, v);
		break;
	case TF_TEXT:
	case TF_HPARAMS:
		add_config(s, v);
		break;
	case TF_NOTHING:
		break;
	}
}

/* False: not all of it can be read. */
static bool
read_summary(struct tfevents *s, const struct tf_event *ev, const char *p, size_t n)
{
	enum { SUMMARY_VALUE = 1 };
	struct pb m;
	struct pb_field f;
	struct tf_value v;
	pb_init(&m, p, n, n);
	while (pb_next(&m, &f)) {
		if (!pb_is(&f, SUMMARY_VALUE, PB_BYTES))
			continue;
		if (!tf_value_read(&v, f.bytes, f.n))
			return false;
		read_value(s, ev, &v);
		if (v.kind == TF_NUMBER && v.p && s->last && tag_is(s->last, v.tag, v.ntag))
			tf_shape_take(&s->last->shape, &v, f.bytes, f.n);
	}
	return m.state == PB_END;
}

/* What a session of TensorFlow 1 did: it began, again perhaps, or it saved itself. That it stopped
 * says nothing: it is stopped by an exception too. */
static bool
read_session_log(struct tfevents *s, const struct pb_field *log)
{
	enum { STATUS = 1, PATH = 2 };
	enum { START = 1, CHECKPOINT = 3 };
	struct pb m;
	struct pb_field f, path = {0};
	uint64_t status = 0;
	pb_init(&m, log->bytes, log->n, log->n);
	while (pb_next(&m, &f)) {
		if (pb_is(&f, STATUS, PB_VARINT))
			status = f.value;
		else if (pb_is(&f, PATH, PB_BYTES))
			path = f;
	}
	if (status == START && s->t.ended) {
		s->t.ended = false;
		table_say(&s->t, "resumed");
	}
	if (status == CHECKPOINT && path.n)
		table_param(&s->t, "checkpoint", 10, path.bytes, path.n);
	return m.state == PB_END;
}

static void
read_event(struct tfevents *s, const struct tfrecord_view *r)
{
	enum { EVENT_SUMMARY = 5, EVENT_SESSION_LOG = 7 };
	struct tf_event ev;
	struct pb m;
	struct pb_field f;
	bool good = tf_event_read(&ev, r->p, r->n);
	table_begin(&s->t, r->offset, 0);
	s->t.wall_us = ev.wall_us;
	pb_init(&m, r->p, r->n, r->n);
	while (good && (ev.has_summary || ev.has_session) && pb_next(&m, &f)) {
		if (pb_is(&f, EVENT_SUMMARY, PB_BYTES))
			good = read_summary(s, &ev, f.bytes, f.n);
		else if (pb_is(&f, EVENT_SESSION_LOG, PB_BYTES))
			good = read_session_log(s, &f);
	}
	if (!good)
		table_remark(&s->t, REMARK_BAD_RECORD, "skipped: no event from here on");
	end_row(s, &ev);
}

/* An event like those before it. False: it has to be read field by field. */
static bool
read_single(struct tfevents *s, const struct tfrecord_view *r)
{
	struct tf_single e;
	struct tf_value v = {0};
	if (!tf_single_read(&e, r->p, r->n))
		return false;
	if (!tf_single_number(&e, &v.number)) {
		const struct tag *tag = tag_next(s, e.tag, e.ntag);
		if (!tag)
			tag = map_get(&s->tags, e.tag, e.ntag);
		if (!tag || !tf_shape_fits(&tag->shape, e.value, e.nvalue, &v.number))
			return false;
	}
	struct tf_event ev = {.step = e.step};
	v.tag = e.tag;
	v.ntag = e.ntag;
	table_begin(&s->t, r->offset, 0);
	s->t.wall_us = tf_wall_us(e.wall_s);
	add_number(s, &ev, &v);
	end_row(s, &ev);
	return true;
}

/* -- the source -------------------------------------------------------------------------------- */

static void
remark_at(struct tfevents *s, uint64_t offset, enum remark_kind k, const char *text)
{
	table_begin(&s->t, offset, 0);
	table_remark(&s->t, k, "%s", text);
}

/* Is what one could judge a long record by a hole? */
static bool
unjudged(struct tfevents *s, const struct tfrecord_view *r)
{
	const char *head = r->p;
	uint64_t offset = r->offset + TFRECORD_FRAME;
	return r->n > SOURCE_MAX_RECORD && !tf_event_is_blob(r->p, r->have, r->n) &&
	       hole_holds(&s->source.hole, head, r->have, offset, 0, r->have);
}

/* A long record. False: it has to be held until all of it is there. */
static bool
pass_over(struct tfevents *s, const struct tfrecord_view *r, size_t *at)
{
	bool blob = tf_event_is_blob(r->p, r->have, r->n);
	if (!blob && r->n <= SOURCE_MAX_RECORD)
		return false;
	if (!blob) {
		table_begin(&s->t, r->offset, 0);
		table_remark(&s->t, REMARK_LIMIT, "skipped: a record of more than %u bytes",
			     SOURCE_MAX_RECORD);
	}
	tfrecord_pass(&s->frame, r, at);
	return true;
}

/* True: there may be another record behind it. */
static bool
read_record(struct tfevents *s, const char *buf, size_t len, uint64_t offset, size_t *at)
{
	struct hole *h = &s->source.hole;
	struct tfrecord_view r;
	enum tfrecord_is is = tfrecord_next(&s->frame, h, buf, len, offset, at, &r);
	if (is == TFRECORD_HEAD) {
		if (unjudged(s, &r))
			return false;
		if (pass_over(s, &r, at))
			return true;
		is = tfrecord_hold(&s->frame, h, buf, len, at, &r);
	}
	switch (is) {
	case TFRECORD_DATA:
		if (!read_single(s, &r))
			read_event(s, &r);
		return true;
	case TFRECORD_BAD:
		remark_at(s, r.offset, REMARK_BAD_RECORD, "skipped: its checksum is wrong");
		return true;
	case TFRECORD_LOST:
		remark_at(s, r.offset, REMARK_BAD_RECORD,
			  "no record begins here: its length's checksum is wrong; looking for one");
		return true;
	case TFRECORD_ZEROS:
		remark_at(s, r.offset, REMARK_BAD_RECORD,
			  "skipped: zeros where a record should begin");
		return true;
	default:
		return false;
	}
}

/* True: the file ends within the record at AT, in which another one may begin all the same. */
static bool
ends_within(struct tfevents *s, size_t len, uint64_t offset, size_t *at)
{
	bool passing = s->frame.passing;
	if (s->frame.lost || (*at == len && !passing))
		return false;
	remark_at(s, passing ? s->frame.begin : offset + *at, REMARK_BAD_RECORD,
		  "the file ends within this record");
	s->frame = (struct tfrecord){.lost = true};
	*at += !passing;
	return true;
}

static size_t
tfevents_feed(struct source *source, const char *buf, size_t len, uint64_t offset, bool at_end,
	      int64_t arrival_us)
{
	struct tfevents *s = (struct tfevents *)source;
	size_t at = 0;
	s->t.arrival_us = arrival_us;
	if (at_end)
		s->source.hole.settled = UINT64_MAX;
	while (read_record(s, buf, len, offset, &at) ||
	       (at_end && ends_within(s, len, offset, &at)))
		;
	s->source.hole.lost = s->frame.lost;
	if (!at_end)
		return at;
	s->frame = (struct tfrecord){0};
	return len;
}

static struct source *
tfevents_new(const struct source_env *env)
{
	struct tfevents *s = xcalloc(1, sizeof *s);
	s->source.ops = &tfevents_source;
	table_init(&s->t, env);
	s->row = 1;
	return &s->source;
}

static void
tfevents_free(struct source *source)
{
	struct tfevents *s = (struct tfevents *)source;
	struct tag *tag;
	for (size_t at = 0; (tag = map_next(&s->tags, &at));)
		tag_free(tag);
	map_release(&s->tags);
	free(s->drawn);
	tf_hist_release(&s->hist);
	table_release(&s->t);
	free(s);
}

static void
tfevents_save(const struct source *source, struct str *out)
{
	const struct tfevents *s = (const struct tfevents *)source;
	pack_u64(out, STATE_VERSION);
	tfrecord_save(&s->frame, out);
	table_save(&s->t, out);
	pack_u64(out, s->config);
	pack_u64(out, s->in_session);
	pack_i64(out, s->session_us);
	pack_u64(out, s->session_rows);
}

static bool
tfevents_load(struct source *source, const void *state, size_t n)
{
	struct tfevents *s = (struct tfevents *)source;
	struct unpack u;
	unpack_init(&u, state, n);
	if (unpack_u64(&u) != STATE_VERSION)
		return false;
	tfrecord_load(&s->frame, &u);
	table_load(&s->t, &u);
	s->config = unpack_u64(&u);
	s->in_session = unpack_upto(&u, 1);
	s->session_us = unpack_i64(&u);
	s->session_rows = unpack_u64(&u);
	return unpack_whole(&u);
}

const struct source_ops tfevents_source = {
	.name = "tfevents",
	.rank = 1,
	.binary = true,
	.continues = true,
	.probe = tfevents_probe,
	.new = tfevents_new,
	.feed = tfevents_feed,
	.save = tfevents_save,
	.load = tfevents_load,
	.free = tfevents_free,
};
