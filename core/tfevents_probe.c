/* Is it an event file? Data sets come in the same frame (tf.Example in a TFRecord), so a good
 * checksum is not enough: the first record has to be an Event, or the name has to say so. Under
 * such a name a damaged beginning is no end: there may be records behind it. */
#include "core/name.h"
#include "core/probe.h"
#include "core/tf_event.h"
#include "core/tfrecord.h"

#include <string.h>

/* The file's name, not a directory's. */
static bool
named(const struct probe *p)
{
	return strstr(name_last(p->path), "tfevents") != NULL;
}

/* An Event says when it was written, or which version of the format follows. No other message that
 * is written in this frame begins with a double. */
static enum probe_verdict
is_event(const char *p, size_t have, size_t n, struct str *version)
{
	enum { EVENT_WALL = 1, EVENT_VERSION = 3 };
	struct pb m;
	struct pb_field f;
	bool wall = false, brain = false;
	pb_init(&m, p, have, n);
	while (pb_next(&m, &f)) {
		if (f.number == EVENT_WALL && f.type != PB_FIXED64)
			return PROBE_NO;
		wall |= f.number == EVENT_WALL && tf_wall_us(pb_double(f.value));
		if (pb_is(&f, EVENT_VERSION, PB_BYTES) && f.have == f.n && f.n > 12 && f.n < 40 &&
		    !memcmp(f.bytes, "brain.Event:", 12)) {
			brain = true;
			str_add(version, f.bytes, f.n);
		}
	}
	if (m.state == PB_BAD)
		return PROBE_NO;
	return wall || brain ? PROBE_YES : m.state == PB_CUT ? PROBE_MORE : PROBE_NO;
}

/* A record anywhere in the head. */
static bool
has_record(const struct probe *p)
{
	uint64_t length;
	for (size_t at = 0; at + TFRECORD_FRAME <= p->nhead; at++)
		if (tfrecord_begins(p->head + at, TFRECORD_FRAME, &length))
			return true;
	return false;
}

/* The record at the beginning of the head is whole or cut. */
static enum probe_verdict
judge_first(struct probe *p, size_t length, bool sure)
{
	struct str version = STR_INIT;
	const char *data = p->head + TFRECORD_FRAME;
	size_t have = p->nhead - TFRECORD_FRAME;
	enum probe_verdict v = is_event(data, have < length ? have : length, length, &version);
	if (v == PROBE_YES)
		probe_say(p, v, "event file%s%s", version.len ? ", " : "", str_c(&version));
	else if (sure)
		v = probe_say(p, PROBE_YES, "records, in a file that is named like an event file");
	else if (v == PROBE_MORE && p->nhead == SOURCE_HEAD)
		v = PROBE_NO;
	str_release(&version);
	return v;
}

enum probe_verdict
tfevents_probe(struct probe *p)
{
	uint64_t length;
	bool sure = named(p) || p->forced;
	if (tfrecord_begins(p->head, p->nhead, &length))
		return judge_first(p, (size_t)length, sure);
	if (!named(p))
		return PROBE_NO;
	if (has_record(p))
		return probe_say(p, PROBE_YES, "event file with a damaged beginning");
	if (p->nhead < SOURCE_HEAD)
		return PROBE_MORE;
	return probe_say(p, PROBE_LEAVE, "named like an event file, but it has no records");
}
