/* What logs have said of what rules look for. The first line of an attempt counts, and first is
 * what was written first, whichever of its ranks wrote it: what the others said is its
 * consequence. */
#include "core/rule_own.h"

#include "core/xalloc.h"

#include <stdlib.h>
#include <string.h>

/* Rows that were under way when the line was written. */
#define UNDER_WAY_US (60 * RULE_SECOND)

const struct log_wanted *
rules_wanted(const struct rules *r)
{
	return r->wanted;
}

static struct said *
said_find(const struct subject *s, int wish)
{
	struct said *f = s->said;
	while (f && f->hit.wish != wish)
		f = f->next;
	return f;
}

const struct said *
subject_said(const struct subject *s, int wish)
{
	const struct said *f = said_find(s, wish);
	return f && f->attempt >= s->attempt ? f : NULL;
}

static void
said_free(struct said *f)
{
	free((char *)(uintptr_t)f->hit.line);
	free(f);
}

void
subject_release_said(struct subject *s)
{
	while (s->said) {
		struct said *f = s->said;
		s->said = f->next;
		said_free(f);
	}
}

static void
said_drop(struct subject *s, int wish)
{
	struct said **at = &s->said, *f;
	while (*at && (*at)->hit.wish != wish)
		at = &(*at)->next;
	if (!(f = *at))
		return;
	*at = f->next;
	said_free(f);
}

static void
said_set(struct subject *s, uint32_t attempt, const struct log_hit *h)
{
	struct said *f = xcalloc(1, sizeof *f);
	said_drop(s, h->wish);
	*f = (struct said){*h, attempt, s->said};
	f->hit.line = xstrdup(h->line);
	s->said = f;
}

/* As last_words_before(). */
static bool
is_before(const struct log_hit *a, const struct log_hit *b)
{
	bool timed = a->wall_us && b->wall_us;
	return timed ? a->wall_us < b->wall_us : a->arrival_us < b->arrival_us;
}

bool
rules_said(struct rules *r, const char *run, uint32_t attempt, const struct log_hit *h,
	   int64_t step, int64_t now_us, rules_emit_fn *fn, void *ctx)
{
	struct subject *s = rules_subject(r, run);
	struct listener l = {r, now_us, fn, ctx};
	if (attempt < s->attempt)
		return false;
	rules_attempt(&l, s, attempt);
	instances_sweep(&l);
	const struct said *f = subject_said(s, h->wish);
	if (f && !is_before(h, &f->hit))
		return false;
	struct log_hit mine = *h;
	/* It is told already, or never is. */
	if (f)
		mine.historic = f->hit.historic;
	said_set(s, attempt, &mine);
	run_judge_said(&l, s, h->wish, step);
	return true;
}

void
rules_said_before(struct rules *r, const char *run, uint32_t attempt, const struct log_hit *h)
{
	struct subject *s = rules_subject(r, run);
	if (attempt >= s->attempt)
		said_set(s, attempt, h);
}

bool
rules_went_on(struct rules *r, const char *run, int64_t us)
{
	struct subject *s = rules_subject(r, run);
	const struct said *f = r->fatal < 0 ? NULL : said_find(s, r->fatal);
	if (!f || us <= f->hit.arrival_us + UNDER_WAY_US)
		return false;
	said_drop(s, r->fatal);
	return true;
}
