/* Whoever writes on this host pokes the ingester (the verb `orders` of the control socket). From
 * other hosts nothing comes but the file, so while there is anything to silence or acknowledge the
 * journal is looked at every few seconds; a quiet ingester looks at nothing. */
#include "tui/orders.h"

#include "core/clock.h"
#include "core/silence.h"
#include "core/xalloc.h"
#include "store/journal_files.h"

#include <stdlib.h>

enum { LOOK_US = 1000000, FOLLOW_US = 10000000 };

struct orders {
	struct journal_files *files;
	struct silences silences;
	struct ingest *in;
	struct loop_timer *timer;
	uint64_t version;  /* that SILENCES are from */
	int64_t looked_us; /* monotonic; 0: never */
};

/* True: something is new. */
static bool
refresh(struct orders *o)
{
	/* A journal that can't be read orders nothing. */
	struct err unread;
	journal_files_refresh(o->files, &unread);
	const struct journal *j = journal_files_state(o->files);
	bool first = !o->looked_us, news = first || journal_version(j) != o->version;
	o->looked_us = clock_mono_us();
	o->version = journal_version(j);
	if (news)
		silences_read(&o->silences, j, clock_wall_us());
	return news;
}

int64_t
orders_silenced(void *ctx, const struct alert *a, int64_t now_us)
{
	struct orders *o = ctx;
	if (!o->looked_us || clock_mono_us() - o->looked_us >= LOOK_US)
		refresh(o);
	return silences_until(&o->silences, a, now_us);
}

static bool
is_acked(void *ctx, const struct alert *a)
{
	const struct orders *o = ctx;
	return silence_acked(journal_files_state(o->files), a);
}

static bool
count_one(void *ctx, const struct alert *a)
{
	(void)a;
	++*(int *)ctx;
	return false;
}

static void
apply(struct orders *o)
{
	if (!o->in)
		return;
	ingest_ack_those(o->in, is_acked, o);
	ingest_silences(o->in);
}

static void
on_timer(void *ctx)
{
	struct orders *o = ctx;
	uint64_t before = o->version;
	refresh(o);
	/* What fires anew may have been acknowledged before: by somebody whose store is older. */
	if (o->version != before)
		apply(o);
	else if (o->in)
		ingest_ack_those(o->in, is_acked, o);
	orders_follow(o);
}

struct orders *
orders_new(struct loop *l)
{
	struct orders *o = xcalloc(1, sizeof *o);
	o->files = journal_files_new(NULL);
	o->timer = loop_timer_new(l, on_timer, o);
	return o;
}

void
orders_free(struct orders *o)
{
	if (!o)
		return;
	loop_timer_free(o->timer);
	silences_release(&o->silences);
	journal_files_free(o->files);
	free(o);
}

void
orders_give(struct orders *o, struct ingest *in)
{
	o->in = in;
	orders_look(o);
}

void
orders_look(struct orders *o)
{
	refresh(o);
	apply(o);
	orders_follow(o);
}

void
orders_follow(struct orders *o)
{
	int n = 0;
	if (!o->in || loop_timer_armed(o->timer))
		return;
	ingest_ack_those(o->in, count_one, &n);
	if (n)
		loop_timer_set(o->timer, FOLLOW_US);
}
