/* How the ingester itself fares: who watches must not fail in silence. What cannot be kept while
 * the store is full cannot be told either; it is when there is room again. */
#include "core/ingest_impl.h"

#include "core/clock.h"

#define SECOND INT64_C(1000000)
#define LOST_US (600 * SECOND)
#define PAST_US (60 * SECOND)

enum { LOST = sizeof((struct ingest *)0)->lost_us / sizeof(int64_t) };

static double
lost_lately(struct ingest *in, uint32_t overflows, int64_t now_us)
{
	int n = 0;
	for (; in->lost != overflows; in->lost++)
		in->lost_us[in->lost % LOST] = now_us;
	for (int i = 0; i < LOST; i++)
		n += in->lost_us[i] && now_us - in->lost_us[i] < LOST_US;
	return n;
}

bool
ingest_look_at_self(struct ingest *in)
{
	int64_t now = clock_mono_us(), wall = clock_wall_us();
	int64_t oldest = in->herald ? herald_oldest_us(in->herald) : 0;
	struct watch_counts n;
	watch_counts(in->watch, &n);
	struct self_state s = {
		.store_s = in->kept_us && now - in->kept_us < PAST_US ? in->unkept_s : 0,
		.outbox_s = oldest && wall > oldest ? (double)(wall - oldest) / 1e6 : 0,
		.lost = lost_lately(in, n.overflows, now),
		.unwatched = n.limited,
	};
	judge_self(in->judge, &s, wall);
	return oldest != 0;
}

void
ingest_unkept(struct ingest *in)
{
	if (!in->unkept_us)
		in->unkept_us = clock_mono_us();
}

bool
ingest_kept_again(struct ingest *in)
{
	if (!in->unkept_us)
		return false;
	in->kept_us = clock_mono_us();
	in->unkept_s = (double)(in->kept_us - in->unkept_us) / 1e6;
	in->unkept_us = 0;
	return true;
}
