#include "store/lineage.h"

#include "core/xalloc.h"

#include <stdlib.h>
#include <string.h>

/* From the last segment back: what a segment may keep ends where any later one begins. */
static void
cut(struct lineage *l)
{
	for (size_t i = l->n; i-- > 0;) {
		struct stretch *p = &l->part[i];
		if (i + 1 == l->n) {
			p->whole = true;
			continue;
		}
		const struct stretch *next = &l->part[i + 1];
		p->before = next->step;
		if (!next->whole && next->before < p->before)
			p->before = next->before;
	}
}

void
lineage_init(struct lineage *l, const struct series_rec *r, uint32_t attempt)
{
	size_t cap = 0;

	memset(l, 0, sizeof *l);
	l->attempt = attempt;
	l->end = UINT64_MAX;
	for (uint32_t i = 0; i < r->nsegments; i++) {
		struct segment s = series_rec_segment(r, i);
		if (s.attempt == attempt) {
			*vec_push(l->part, l->n, cap) =
				(struct stretch){.index = s.index, .step = s.step};
		} else if (l->n) {
			l->end = s.index;
			break;
		}
	}
	if (l->n > SEGMENTS_MAX) {
		l->unordered = true;
		l->n = 1;
	}
	cut(l);
}

void
lineage_bound(struct lineage *l, int64_t before)
{
	for (size_t i = 0; i < l->n && !l->unordered; i++) {
		struct stretch *p = &l->part[i];
		if (p->whole || before < p->before)
			p->before = before;
		p->whole = false;
	}
}

int64_t
lineage_least(const struct lineage *l)
{
	int64_t least = INT64_MAX;

	for (size_t i = 1; i < l->n; i++)
		if (l->part[i].step < least)
			least = l->part[i].step;
	return least;
}

void
lineage_release(struct lineage *l)
{
	free(l->part);
	memset(l, 0, sizeof *l);
}

size_t
lineage_part(const struct lineage *l, uint64_t index, size_t *hint)
{
	while (*hint + 1 < l->n && l->part[*hint + 1].index <= index)
		++*hint;
	while (*hint && l->part[*hint].index > index)
		--*hint;
	return *hint;
}
