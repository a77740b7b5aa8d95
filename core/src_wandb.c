/* W&B's `.wandb` files: a message in each record of leveldb_log.h, of which a few kinds say
 * something (wandb/proto/wandb_internal.proto, 2021 to 2026): the history, samples of the machine,
 * the configuration and its later updates, the summary, the run's name, alerts that the program
 * raised, and how it ended, by its exit code and by what it printed last. */
#include "core/wandb_impl.h"

#include "core/probe.h"
#include "core/raised.h"
#include "core/xalloc.h"

#include <stdlib.h>
#include <string.h>

enum {
	STATE_VERSION = 2,
	HEADER = 7, /* bytes before the first record */
};

/* Fields of Record. */
enum {
	HISTORY = 2,
	SUMMARY = 3,
	CONFIG = 5,
	STATS = 7,
	ALERT = 10,
	METRIC = 12,
	RUN = 17,
	EXIT = 18,
	PREEMPTING = 23,
};

/* -- the end, and on the way ------------------------------------------------------------------- */

static void
read_exit(struct wandb *w, struct pb *m)
{
	enum { CODE = 1, NOT_COMPLETE = 3 };
	enum { CRASHED = 254, INTERRUPTED = 255 }; /* by what the Python client sends */
	struct pb_field f;
	int32_t code = 0;
	bool complete = true;
	while (pb_next(m, &f)) {
		if (f.number == CODE && f.type == PB_VARINT)
			code = (int32_t)(uint32_t)f.value;
		if (f.number == NOT_COMPLETE && f.type == PB_VARINT)
			complete = !f.value; /* one of several writers left */
	}
	w->bad |= m->state == PB_BAD;
	if (w->bad || !complete)
		return;
	struct str said = STR_INIT;
	/* The code says that it failed, what it printed why. */
	bool why = code && w->t.ended && w->words.len && !w->preempting;
	str_adds(&said, why                   ? str_c(&w->words)
			: !code               ? "finished"
			: w->preempting       ? "preempted"
			: code == CRASHED     ? "crashed"
			: code == INTERRUPTED ? "cancelled"
					      : "failed");
	str_addf(&said, " (exit code %d)", code);
	table_say(&w->t, str_c(&said));
	str_release(&said);
}

/* A NUL within it is a blank. */
static char *
text_of(const struct pb_field *f)
{
	enum { MOST = 500 };
	size_t n = f->n;
	if (n > MOST)
		for (n = MOST; n && ((unsigned char)f->bytes[n] & 0xC0) == 0x80;)
			n--;
	char *text = xmalloc(n + 1);
	for (size_t i = 0; i < n; i++)
		text[i] = f->bytes[i] ? (char)f->bytes[i] : ' ';
	text[n] = '\0';
	return text;
}

/* What the program itself raised with wandb.alert(). */
static void
read_alert(struct wandb *w, struct pb *m)
{
	enum { TITLE = 1, TEXT = 2, LEVEL = 3 };
	struct pb_field f;
	char *title = xstrdup(""), *text = xstrdup("");
	enum severity level = SEVERITY_INFO;
	while (pb_next(m, &f)) {
		if (f.type != PB_BYTES)
			continue;
		if (f.number == TITLE || f.number == TEXT) {
			char **part = f.number == TITLE ? &title : &text;
			free(*part);
			*part = text_of(&f);
		} else if (f.number == LEVEL) {
			level = f.n == 4 && !memcmp(f.bytes, "WARN", 4)    ? SEVERITY_WARN
				: f.n == 5 && !memcmp(f.bytes, "ERROR", 5) ? SEVERITY_CRIT
									   : SEVERITY_INFO;
		}
	}
	w->bad |= m->state == PB_BAD;
	struct raised r = {title, text, level, w->t.arrival_us, w->t.last_step};
	if (!w->bad && (*title || *text))
		w->t.sink->ops->raised(w->t.sink, w->t.log, &r);
	free(title);
	free(text);
}

/* -- records ----------------------------------------------------------------------------------- */

static const struct {
	uint32_t number;
	void (*read)(struct wandb *w, struct pb *m);
} kinds[] = {
	{HISTORY, wandb_history},
	{STATS, wandb_stats},
	{SUMMARY, wandb_summary},
	{CONFIG, wandb_config},
	{RUN, wandb_run},
	{EXIT, read_exit},
	{ALERT, read_alert},
	{METRIC, wandb_metric},
	{WANDB_OUTPUT, wandb_output},
	{WANDB_OUTPUT_RAW, wandb_output_raw},
};

static void
read_field(struct wandb *w, const struct pb_field *f)
{
	if (f->number != SUMMARY && w->nwaiting && f->number != HISTORY)
		wandb_end_waiting(w);
	w->preempting |= f->number == PREEMPTING;
	w->record++;
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		struct pb inner;
		if (kinds[i].number != f->number)
			continue;
		pb_init(&inner, f->bytes, f->n, f->n);
		kinds[i].read(w, &inner);
		break;
	}
	if (f->number == HISTORY && w->nwaiting)
		wandb_end_waiting(w);
}

static void
read_record(struct wandb *w, const char *p, size_t n, uint64_t offset)
{
	enum { NUMBER = 1, CONTROL = 16, UUID = 19, INFO = 200 };
	struct pb m;
	struct pb_field f;
	table_begin(&w->t, offset, 0);
	w->bad = false;
	w->broken_why = JSON_END;
	pb_init(&m, p, n, n);
	while (pb_next(&m, &f))
		if (f.type == PB_BYTES && f.number != CONTROL && f.number != UUID &&
		    f.number != INFO)
			read_field(w, &f);
	if (m.state == PB_BAD || w->bad)
		table_remark(&w->t, REMARK_BAD_RECORD, "skipped: not a record of W&B's");
	if (w->broken_why != JSON_END)
		table_remark(&w->t, w->broken_why == JSON_DEEP ? REMARK_LIMIT : REMARK_BAD_RECORD,
			     "the value of '%.60s' is %s", str_c(&w->broken),
			     w->broken_why == JSON_DEEP ? "nested too deep" : "no JSON");
}

/* -- the source -------------------------------------------------------------------------------- */

/* How many bytes of the file's own header BUF has whole; they were recognised once. */
static size_t
header_bytes(struct wandb *w, const char *buf, size_t len, bool at_end)
{
	static const char header[HEADER] = ":W&B\xE1\xBE";
	if (len < HEADER)
		return at_end ? len : 0;
	if (memcmp(buf, header, HEADER)) {
		if (hole_holds(&w->source.hole, buf, len, 0, 0, HEADER))
			return 0;
		table_begin(&w->t, 0, 0);
		table_remark(&w->t, REMARK_STRUCTURE, "the file does not begin as W&B's do");
	}
	return HEADER;
}

static size_t
wandb_feed(struct source *s, const char *buf, size_t len, uint64_t offset, bool at_end,
	   int64_t arrival_us)
{
	struct wandb *w = (struct wandb *)s;
	size_t at = 0;
	enum leveldb_what what;
	w->t.arrival_us = arrival_us;
	if (at_end)
		s->hole.settled = UINT64_MAX;
	if (offset == 0 && (at = header_bytes(w, buf, len, at_end)) == 0)
		return 0;
	w->log.hole = s->hole;
	do {
		what = leveldb_log_next(&w->log, buf + at, len - at, offset + at, at_end);
		at += w->log.took;
		if (what == LEVELDB_RECORD) {
			read_record(w, w->log.record, w->log.n, w->log.at);
		} else if (what != LEVELDB_MORE) {
			table_begin(&w->t, w->log.at, 0);
			if (what == LEVELDB_BAD)
				table_remark(&w->t, REMARK_BAD_RECORD, "skipped: %s", w->log.why);
			else
				table_remark(&w->t, REMARK_LIMIT,
					     "skipped: a record of more than %u bytes",
					     SOURCE_MAX_RECORD);
		}
	} while (what != LEVELDB_MORE);
	s->hole = w->log.hole;
	s->hole.lost = w->log.lost;
	if (at_end && w->nwaiting)
		wandb_end_waiting(w);
	return at;
}

/* Names of the history from before, so that the summary's are told from them. */
static void
know_columns(struct wandb *w)
{
	for (uint32_t id = 0; id < w->t.before; id++) {
		const char *name = w->t.sink->ops->column_name(w->t.sink, w->t.log, id);
		size_t n = name ? strlen(name) : 0;
		if (n <= w->t.nprefix || !table_take(&w->t, id))
			continue;
		struct wandb_key *k = wandb_key(w, name + w->t.nprefix, n - w->t.nprefix);
		if (!k)
			continue;
		k->field.column = id;
		k->logged = true;
	}
}

static struct source *
wandb_new(const struct source_env *env)
{
	struct wandb *w = xcalloc(1, sizeof *w);
	w->source.ops = &wandb_source;
	leveldb_log_init(&w->log, SOURCE_MAX_RECORD);
	table_init(&w->t, env);
	return &w->source;
}

static void
wandb_free(struct source *s)
{
	struct wandb *w = (struct wandb *)s;
	struct wandb_key *k;
	for (size_t at = 0; (k = map_next(&w->keys, &at));) {
		field_release(&k->field);
		free(k->waiting);
		free(k);
	}
	map_release(&w->keys);
	map_release(&w->history);
	map_release(&w->stats);
	free(w->text);
	free(w->waiting);
	wandb_goals_release(w);
	wandb_streams_release(w);
	map_release(&w->params);
	str_release(&w->path);
	str_release(&w->value);
	str_release(&w->broken);
	leveldb_log_release(&w->log);
	table_release(&w->t);
	free(w);
}

static void
wandb_save(const struct source *s, struct str *out)
{
	const struct wandb *w = (const struct wandb *)s;
	uint64_t texts = 0;
	pack_u64(out, STATE_VERSION);
	pack_u64(out, w->log.lost);
	pack_u64(out, w->samples);
	pack_u64(out, w->params_full);
	pack_u64(out, w->preempting);
	table_save(&w->t, out);
	wandb_goals_save(w, out);
	wandb_streams_save(w, out);
	for (size_t i = 0; i < w->ntext; i++)
		texts += w->text[i]->field.column >= FIELD_DROPPED;
	pack_u64(out, texts);
	for (size_t i = 0; i < w->ntext; i++)
		if (w->text[i]->field.column >= FIELD_DROPPED)
			pack_text(out, w->text[i]->field.name, w->text[i]->field.nname);
	pack_u64(out, w->nwaiting);
	for (size_t i = 0; i < w->nwaiting; i++) {
		const struct wandb_key *k = w->waiting[i];
		pack_text(out, k->field.name, k->field.nname);
		pack_text(out, k->waiting, k->nwaiting);
	}
}

static bool
wandb_load(struct source *s, const void *state, size_t n)
{
	struct wandb *w = (struct wandb *)s;
	struct unpack u;
	size_t len;
	unpack_init(&u, state, n);
	if (unpack_u64(&u) != STATE_VERSION)
		return false;
	w->log.lost = unpack_upto(&u, 1);
	w->samples = unpack_u64(&u);
	w->params_full = unpack_upto(&u, 1);
	w->preempting = unpack_upto(&u, 1);
	table_load(&w->t, &u);
	wandb_goals_load(w, &u);
	wandb_streams_load(w, &u);
	know_columns(w);
	for (uint64_t texts = unpack_upto(&u, WANDB_MAX_TEXTS); texts && !u.bad; texts--) {
		const char *name = unpack_text(&u, &len);
		wandb_see_text(w, u.bad ? NULL : wandb_key(w, name, len));
	}
	for (uint64_t waiting = unpack_upto(&u, WANDB_MAX_TEXTS); waiting && !u.bad; waiting--) {
		const char *name = unpack_text(&u, &len);
		struct wandb_key *k = u.bad ? NULL : wandb_key(w, name, len);
		const char *value = unpack_text(&u, &len);
		if (u.bad || !k)
			return false;
		str_reset(&w->value);
		str_add(&w->value, value, len);
		wandb_wait(w, k);
	}
	return unpack_whole(&u);
}

const struct source_ops wandb_source = {
	.name = "wandb",
	.rank = 0,
	.probe = wandb_probe,
	.new = wandb_new,
	.feed = wandb_feed,
	.save = wandb_save,
	.load = wandb_load,
	.free = wandb_free,
	.binary = true,
};
