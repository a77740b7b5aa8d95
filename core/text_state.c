/* What a restart needs of a console log that is half read. */
#include "core/text_console.h"

#include <string.h>

enum { STATE_VERSION = 7 };

static void
save_held(const struct text_held *h, struct str *out)
{
	pack_text(out, str_c(&h->text), h->text.len);
	pack_u64(out, h->placed);
	pack_u64(out, h->at.unit);
	pack_i64(out, h->at.step);
	pack_i64(out, h->wall_us);
	pack_u64(out, h->offset);
	pack_u64(out, h->line);
}

static void
load_held(struct text_held *h, struct unpack *u)
{
	size_t n;
	const char *text = unpack_text(u, &n);
	str_reset(&h->text);
	str_add(&h->text, text, n);
	h->placed = unpack_upto(u, 1);
	h->at.unit = (enum step_unit)unpack_upto(u, STEP_NONE);
	h->at.step = unpack_i64(u);
	h->wall_us = unpack_i64(u);
	h->offset = unpack_u64(u);
	h->line = unpack_u64(u);
	if (n > TEXT_MAX_STATE || memchr(text, 0, n) || memchr(text, '\n', n))
		u->bad = true;
}

void
text_save(const struct source *s, struct str *out)
{
	const struct console *c = (const struct console *)s;
	pack_u64(out, STATE_VERSION);
	pack_u64(out, c->line);
	pack_u64(out, c->skipping);
	pack_u64(out, c->unended);
	pack_i64(out, c->seen_us);
	pack_u64(out, c->begun);
	pack_u64(out, c->ended);
	pack_u64(out, c->finished);
	pack_u64(out, c->ended_at.unit);
	pack_i64(out, c->ended_at.step);
	pack_u64(out, c->rows_since);
	pack_u64(out, c->end.tracing);
	pack_u64(out, c->end.chained);
	pack_i64(out, c->lowest);
	pack_i64(out, c->first_rank);
	save_held(&c->first, out);
	pack_i64(out, c->epochs);
	pack_i64(out, c->steps);
	table_save(&c->t, out);
	text_course_save(&c->course, out);
	text_grid_save(&c->grid, out);
	text_block_save(&c->block, out);
	pack_u64(out, c->drawing);
	pack_u64(out, c->bar_key);
	pack_u64(out, c->bar_done);
	save_held(&c->bar, out);
	pack_text(out, str_c(&c->part), c->part.len);
	text_scope_save(&c->scope, out);
	for (int h = 0; h < 2; h++)
		save_held(c->ahead + h, out);
	pack_u64(out, c->nstepped);
	for (size_t i = 0; i < c->nstepped; i++)
		pack_u64(out, c->stepped[i]);
	pack_u64(out, c->nkinds);
	for (size_t i = 0; i < c->nkinds; i++) {
		const struct text_kind *k = c->kind + i;
		pack_u64(out, k->key);
		pack_u64(out, k->sure);
		pack_u64(out, k->lead);
		pack_u64(out, k->plain);
		pack_u64(out, k->seen);
		pack_u64(out, k->distance);
		for (unsigned h = 0; !k->sure && h < k->seen && h < 2; h++)
			save_held(k->held + h, out);
	}
}

bool
text_load(struct source *s, const void *state, size_t n)
{
	struct console *c = (struct console *)s;
	struct unpack u;
	unpack_init(&u, state, n);
	if (unpack_u64(&u) != STATE_VERSION)
		return false;
	c->line = unpack_u64(&u);
	c->skipping = unpack_upto(&u, 1);
	c->unended = unpack_upto(&u, 1);
	c->seen_us = unpack_i64(&u);
	c->begun = unpack_upto(&u, 1);
	c->ended = unpack_upto(&u, 1);
	c->finished = unpack_upto(&u, 1);
	c->ended_at.unit = (enum step_unit)unpack_upto(&u, STEP_NONE);
	c->ended_at.step = unpack_i64(&u);
	c->rows_since = (unsigned)unpack_upto(&u, 4);
	c->end.tracing = unpack_upto(&u, 1);
	c->end.chained = unpack_upto(&u, 1);
	c->lowest = (int)unpack_i64(&u);
	c->first_rank = (int)unpack_i64(&u);
	load_held(&c->first, &u);
	c->epochs = unpack_i64(&u);
	c->steps = unpack_i64(&u);
	table_load(&c->t, &u);
	text_course_load(&c->course, &u);
	text_grid_load(&c->grid, &u);
	text_block_load(&c->block, &u);
	c->drawing = unpack_upto(&u, 1);
	c->bar_key = unpack_u64(&u);
	c->bar_done = unpack_upto(&u, 1);
	load_held(&c->bar, &u);
	const char *part = unpack_text(&u, &n);
	str_reset(&c->part);
	str_add(&c->part, part, n < SOURCE_MAX_NAME ? n : 0);
	text_scope_load(&c->scope, &u);
	for (int h = 0; h < 2; h++)
		load_held(c->ahead + h, &u);
	c->nstepped = unpack_upto(&u, TEXT_MAX_STEPPED);
	for (size_t i = 0; i < c->nstepped; i++)
		c->stepped[i] = unpack_u64(&u);
	c->nkinds = unpack_upto(&u, TEXT_KINDS);
	for (size_t i = 0; i < c->nkinds && !u.bad; i++) {
		struct text_kind *k = c->kind + i;
		k->key = unpack_u64(&u);
		k->sure = unpack_upto(&u, 1);
		k->lead = unpack_upto(&u, 1);
		k->plain = unpack_upto(&u, 1);
		k->seen = (unsigned)unpack_upto(&u, 3);
		k->distance = unpack_u64(&u);
		for (unsigned h = 0; !k->sure && h < k->seen && h < 2; h++)
			load_held(k->held + h, &u);
	}
	return unpack_whole(&u) && c->line && c->lowest >= -1 && c->first_rank >= -1;
}
