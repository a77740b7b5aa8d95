/* Text and console logs: what programs print for people, read so that no number is invented.
 *
 * The bytes are cut into states: what stands between line feeds, carriage returns and backspaces,
 * because a progress bar is one long line that is overwritten. A state is cleaned (text_line.h) and
 * shown to the rules, surest first: own patterns (pattern.h), tables (text_grid.h), printed dicts
 * (text_dict.c), lines that only trainers write (text_shape.h), and at last names and numbers in
 * general (text_pairs.h).
 *
 * Precision before recall. What only a trainer writes counts at once. Any other line has to count
 * steps or epochs, name something that is measured, leave few words over, and come again with
 * another step (text_kind.c).
 *
 * Of several processes that write into one log only the lowest rank's lines give points. */
#include "core/probe.h"
#include "core/stamp.h"
#include "core/text_console.h"
#include "core/text_dialect.h"
#include "core/text_object.h"
#include "core/text_shape.h"
#include "core/text_word.h"
#include "core/xalloc.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* -- lines ------------------------------------------------------------------------------------ */

struct own {
	struct console *c;
	struct text_held *now;
	int64_t step;
	bool has_step;
};

static void
see_own(void *ctx, const struct pattern_match *m)
{
	struct own *own = ctx;
	struct text_row *r = &own->c->row;
	if (m->has_step && (!own->has_step || own->step != m->step)) {
		if (r->n) {
			own->now->at = (struct text_place){STEP_STEP, own->step};
			text_give(own->c, r, own->now->at, own->now);
		}
		text_row_reset(r);
		own->step = m->step;
		own->has_step = true;
	}
	text_row_add(r, m->name, m->nname, m->value);
}

/* True: own patterns are for this line. */
static bool
see_own_patterns(struct console *c, struct text_held *now, const char *p, const char *end)
{
	struct own own = {.c = c, .now = now};
	unsigned given_up = 0;
	text_row_reset(&c->row);
	size_t n = patterns_match(c->patterns, p, end, see_own, &own, &given_up);
	if (given_up)
		table_remark(&c->t, REMARK_LIMIT, "a [pattern] that takes too long on this line");
	if (!n)
		return false;
	text_finish_bar(c);
	if (own.has_step)
		now->at = (struct text_place){STEP_STEP, own.step};
	else if (c->course.placed)
		now->at = c->course.now;
	else
		now->at = (struct text_place){STEP_ROW, c->course.rows++};
	if (own.has_step)
		text_course_move(&c->course, now->at, c->line);
	if (c->row.n)
		text_give_line(c, now);
	return true;
}

/* How many words may be left over for N pairs. */
static bool
is_told_plainly(const struct text_row *r)
{
	return r->leftover <= 2 || (r->leftover == 3 && r->measured == r->n) ||
	       (r->leftover <= TEXT_MAX_LEFTOVER && r->leftover <= 1 + r->n);
}

static void
see_heading(struct console *c)
{
	const struct text_row *r = &c->row;
	struct text_place at;
	text_finish_bar(c);
	if (!r->step.is && !r->batch.is)
		text_course_head(&c->course, r, c->line);
	else if (text_course_place(&c->course, r, &at))
		text_course_move(&c->course, at, c->line);
}

static void
settle_rank(struct console *c, int rank)
{
	if (rank >= 0 && (c->lowest < 0 || rank < c->lowest))
		c->lowest = rank;
}

/* Until a second step was reported it isn't known which ranks report: not always 0 (Megatron-LM's
 * last one does). Of the first step the lowest's row waits. True: the row in C->row is not given
 * now. */
static bool
waits_for_rank(struct console *c, struct text_held *now, int rank, const char *p, const char *end)
{
	if (rank < 0)
		return false;
	if (c->lowest >= 0) {
		settle_rank(c, rank);
		return false;
	}
	if (end - p > TEXT_MAX_HELD) {
		settle_rank(c, rank);
		return false;
	}
	bool same = c->first.at.unit == now->at.unit && c->first.at.step == now->at.step;
	if (c->first_rank < 0 || (same && rank < c->first_rank)) {
		c->first_rank = rank;
		text_hold(&c->first, now, p, end);
		return true;
	}
	if (same)
		return true;
	settle_rank(c, c->first_rank);
	settle_rank(c, rank);
	struct text_row row = c->row;
	/* What is left out takes no number. */
	if (now->at.unit == STEP_ROW && rank >= 0 && now->at.step + 1 == c->course.rows &&
	    c->first_rank != rank) {
		c->course.rows--;
		if (rank == c->lowest)
			now->at.step--;
	}
	if (c->first_rank == c->lowest) {
		text_read_again(c, &c->first);
		c->row = c->again;
		c->again = row;
		text_see_counted(c, &c->first, str_c(&c->first.text),
				 str_c(&c->first.text) + c->first.text.len);
		struct text_held line = *now;
		line.text = (struct str)STR_INIT;
		text_hold(&line, now, p, end);
		text_read_again(c, &line);
		str_release(&line.text);
		row = c->row;
		c->row = c->again;
		c->again = row;
	}
	return rank != c->lowest;
}

/* True: the row in C->row was taken care of. */
static bool
see_row(struct console *c, struct text_held *now, int rank, const char *p, const char *end)
{
	struct text_row *r = &c->row;
	if (r->partial && r->bar)
		return true;
	if (r->bar) {
		settle_rank(c, rank);
		text_see_bar(c, now, p, end);
		return true;
	}
	if (r->evaluating) {
		str_reset(&c->part);
		if (r->prefix.len)
			str_add(&c->part, str_c(&r->prefix), r->prefix.len - 1);
	} else if (r->batch.is && !r->prefix.len) { /* training again */
		str_reset(&c->part);
	}
	if (r->ahead) {
		text_see_ahead(c, now, p, end);
		return true;
	}
	if (r->partial)
		return true;
	r->known += text_row_is_of_episode(r);
	if (text_row_is_of_evaluation(r))
		return true;
	if (text_row_is_heading(r, c->begun)) {
		see_heading(c);
		return true;
	}
	bool counts = r->counted || r->step.is || r->epoch.is || r->batch.is;
	if (!r->n || !(r->sure || (r->known && is_told_plainly(r)) ||
		       (c->course.placed && !counts && text_row_is_path(r)) ||
		       ((c->course.placed || counts) && !r->leftover) ||
		       ((r->aimed || r->splits == r->n) && counts && r->leftover <= 1)))
		return false;
	text_finish_bar(c);
	if (counts && text_course_place(&c->course, r, &now->at)) {
		now->placed = true;
		if (r->counted)
			text_give_line(c, now);
		else if (!waits_for_rank(c, now, rank, p, end))
			text_see_counted(c, now, p, end);
	} else if (!counts && r->sure) {
		if (c->course.placed) {
			now->at = c->course.now;
			text_give_line(c, now);
		}
	} else if (!counts && r->leftover <= 1) {
		text_see_follower(c, now, p, end);
		return r->known > 0; /* what nobody knows may be the last words */
	}
	return true;
}

/* When the line was written. Slurm says it in its own words. */
static int64_t
time_of_end(const struct console *c, const struct text_line *l)
{
	static const char mark[] = "CANCELLED AT ";
	const char *p = memmem(l->p, (size_t)(l->end - l->p), mark, sizeof mark - 1);
	int64_t us;
	if (!p)
		return c->seen_us;
	p += sizeof mark - 1;
	const char *blank = memchr(p, ' ', (size_t)(l->end - p));
	return stamp_parse(p, blank ? blank : l->end, c->t.tz_offset_s, &us) ? us : c->seen_us;
}

static void
see_end(struct console *c, const struct text_line *l, uint64_t offset)
{
	const char *p = l->maybe_rank >= 0 ? l->bare : l->p;
	bool chained = c->end.chained;
	if (!text_end_read(&c->end, p, l->end, &c->what))
		return;
	c->end.chained = false;
	/* The first in time is the reason; what follows are its consequences. */
	if ((c->ended && !chained) || !(c->begun || strncmp(str_c(&c->what), "finished", 8)))
		return;
	text_finish_bar(c);
	c->ended = true;
	c->finished = !strcmp(str_c(&c->what), "finished");
	c->ended_at = c->course.now;
	c->rows_since = 0;
	table_begin(&c->t, offset, c->line);
	c->t.wall_us = time_of_end(c, l);
	table_say(&c->t, str_c(&c->what));
}

/* The blanks before P, back to FROM: not what a logging library put in front of them. */
static size_t
indent_of(const char *from, const char *p)
{
	const char *q = p;
	while (q > from && text_is_blank(q[-1]))
		q--;
	return (size_t)(p - q);
}

/* A state with something in it, clean. */
static void
see_text(struct console *c, const char *p, const char *end, uint64_t offset, bool digits)
{
	struct text_line l;
	struct text_held now = {.offset = offset, .line = c->line};
	/* A progress bar that is not over yet has no newline: the crash goes on in its line. */
	const char *trace = text_end_trace(p, end), *bar = trace;
	for (const char *more = trace; more; more = text_end_trace(p, bar))
		bar = more; /* whoever says it twice */
	if (trace && bar > p) {
		see_text(c, p, bar, offset, digits);
		p = trace;
		digits = false;
	}
	const char *more = digits ? text_bar_behind(p, end) : NULL;
	if (more) {
		see_text(c, p, more, offset, digits);
		p = more;
	}
	text_line_read(&l, p, end, c->t.tz_offset_s, c->t.arrival_us);
	if (c->block.open) { /* "info:" is a name there */
		l.p = text_skip_blanks(p, end);
		l.maybe_rank = -1;
	}
	if (l.p == l.end)
		return;
	l.part = str_c(&c->part);
	l.npart = c->part.len;
	text_object_see(&l, &c->t);
	now.wall_us = l.wall_us;
	if (l.wall_us)
		c->seen_us = l.wall_us;
	if (c->patterns) {
		table_begin(&c->t, offset, c->line);
		if (see_own_patterns(c, &now, p, end))
			return;
	}
	if (l.maybe_rank >= 0)
		text_read_numbers(&c->row, &l); /* says whether it is a rank */
	if (l.rank < 0 || c->lowest < 0 || l.rank <= c->lowest) {
		/* A bar that ends a row is read under the names above it, not under the next. */
		if (c->drawing && c->bar_key == TEXT_BAR_COLUMNS && (*l.p < '0' || *l.p > '9'))
			text_finish_bar(c);
		enum grid_line grid =
			text_block_read(&c->block, &c->row, l.p, l.end, (size_t)(l.p - p));
		if (grid == GRID_NOT)
			grid = text_grid_read(&c->grid, &c->row, l.p, l.end, (size_t)(l.p - p));
		if (grid == GRID_PART)
			return;
		if (grid != GRID_NOT) {
			settle_rank(c, l.rank);
			see_row(c, &now, l.rank, p, end);
			if (grid == GRID_ROW)
				return;
		}
		if (text_scope_see(&c->scope, l.p, l.end, indent_of(p, l.p), c->line))
			return;
		if (digits && text_see_dicts(c, &now, l.p, l.end)) {
			settle_rank(c, l.rank);
			return;
		}
		if (digits || text_dialect_begins(l.p, l.end)) {
			text_read_numbers(&c->row, &l);
			struct text_line scoped = l;
			if (text_scope_apply(&c->scope, &c->row, c->course.placed, l.p, l.end,
					     &c->scoped)) {
				p = scoped.p = str_c(&c->scoped);
				end = scoped.end = scoped.p + c->scoped.len;
				text_read_numbers(&c->row, &scoped);
			}
			if (see_row(c, &now, l.rank, p, end))
				return;
		}
	}
	see_end(c, &l, offset);
}

/* -- states ----------------------------------------------------------------------------------- */

enum { HAS_DIGIT = 1, HAS_CONTROL = 2, HAS_ENDER = 4, HAS_WIDE = 8 };

static const unsigned char kinds[256] = {
	['0'] = HAS_DIGIT,      ['1'] = HAS_DIGIT,    ['2'] = HAS_DIGIT,  ['3'] = HAS_DIGIT,
	['4'] = HAS_DIGIT,      ['5'] = HAS_DIGIT,    ['6'] = HAS_DIGIT,  ['7'] = HAS_DIGIT,
	['8'] = HAS_DIGIT,      ['9'] = HAS_DIGIT,    [0] = HAS_CONTROL,  [1] = HAS_CONTROL,
	[2] = HAS_CONTROL,      [3] = HAS_CONTROL,    [4] = HAS_CONTROL,  [5] = HAS_CONTROL,
	[6] = HAS_CONTROL,      [7] = HAS_CONTROL,    ['\b'] = HAS_ENDER, ['\v'] = HAS_CONTROL,
	['\f'] = HAS_CONTROL,   ['\r'] = HAS_ENDER,   [14] = HAS_CONTROL, [15] = HAS_CONTROL,
	['\x1B'] = HAS_CONTROL, [0x7F] = HAS_CONTROL, [0xE3] = HAS_WIDE,  [0xEF] = HAS_WIDE,
};

static unsigned
kinds_in(const char *p, const char *end)
{
	unsigned kind = 0;
	for (; p < end; p++)
		kind |= kinds[(unsigned char)*p];
	return kind;
}

/* Can a line without digits matter that begins so? */
static bool
may_matter(const struct console *c, const char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\t'))
		p++;
	if (p == end)
		return false;
	return c->patterns || c->grid.in_box || c->scope.part.len || text_grid_begins(p, end) ||
	       text_scope_begins(p, end) || text_block_begins(&c->block, p, end) ||
	       text_dialect_begins(p, end) || text_end_begins(&c->end, p, end);
}

static void
see_state(struct console *c, const char *p, const char *end, uint64_t offset, unsigned kind)
{
	if (p == end)
		return;
	if (end - p > TEXT_MAX_STATE) {
		table_begin(&c->t, offset, c->line);
		table_remark(&c->t, REMARK_LIMIT, "skipped: a line of more than %d bytes",
			     TEXT_MAX_STATE);
		return;
	}
	if (!(kind & (HAS_DIGIT | HAS_CONTROL)) && !may_matter(c, p, end))
		return;
	if (kind & (HAS_CONTROL | HAS_WIDE)) {
		str_reset(&c->clean);
		text_clean(&c->clean, p, end);
		if (kind & HAS_WIDE)
			text_narrow(&c->clean);
		p = str_c(&c->clean);
		end = p + c->clean.len;
	}
	see_text(c, p, end, offset, kind & HAS_DIGIT);
}

/* What stands between the enders of [P, END). */
static void
see_states(struct console *c, const char *p, const char *end, uint64_t offset)
{
	const char *from = p;
	unsigned kind = kinds_in(p, end);
	for (const char *q = p; kind & HAS_ENDER && q < end; q++) {
		if (*q != '\r' && *q != '\b')
			continue;
		see_state(c, from, q, offset + (uint64_t)(from - p), kinds_in(from, q));
		from = q + 1;
	}
	if (from > p)
		kind = kinds_in(from, end);
	see_state(c, from, end, offset + (uint64_t)(from - p), kind);
}

static bool
is_empty(const char *p, const char *end)
{
	return p == end || (*p == '\r' && p + 1 == end);
}

/* The empty line that ends a block. */
static void
see_block_end(struct console *c, uint64_t offset)
{
	struct text_held now = {.offset = offset, .line = c->line, .wall_us = c->seen_us};
	if (text_block_end(&c->block, &c->row))
		see_row(c, &now, -1, "", "");
}

/* A full bar is not drawn any more when its line ends. */
static void
end_line(struct console *c)
{
	if (c->drawing && c->bar_done)
		text_finish_bar(c);
	c->line++;
}

/* Behind the last ender of [P, END), or NULL. */
static const char *
last_ender(const char *p, const char *end)
{
	const char *r = memrchr(p, '\r', (size_t)(end - p));
	const char *from = r ? r : p;
	const char *b = memrchr(from, '\b', (size_t)(end - from));
	return b ? b + 1 : r ? r + 1 : NULL;
}

static size_t
console_feed(struct source *s, const char *buf, size_t len, uint64_t offset, bool at_end,
	     int64_t arrival_us)
{
	struct console *c = (struct console *)s;
	const char *p = buf, *end = buf + len;
	c->t.arrival_us = arrival_us;
	if (c->t.open) {
		p += table_close_line(&c->t, buf, len, '\n', at_end);
		if (c->t.open)
			return at_end ? len : 0;
		end_line(c);
		c->unended = false;
	}
	while (p < end) {
		const char *newline = memchr(p, '\n', (size_t)(end - p));
		const char *stop = newline ? newline : at_end ? end : last_ender(p, end);
		if (!stop && end - p <= TEXT_MAX_STATE)
			break;
		if (c->skipping) {
			const char *to = stop ? stop : end, *q = p;
			while (q < to && *q != '\r' && *q != '\b')
				q++;
			c->skipping = q == to && !newline;
			if (q < to)
				see_states(c, q + 1, to, offset + (uint64_t)(q + 1 - buf));
		} else if (stop) {
			see_states(c, p, stop, offset + (uint64_t)(p - buf));
			if (c->block.open && newline && is_empty(p, stop))
				see_block_end(c, offset + (uint64_t)(p - buf));
		} else {
			table_begin(&c->t, offset + (uint64_t)(p - buf), c->line);
			table_remark(&c->t, REMARK_LIMIT, "skipped: a line of more than %d bytes",
				     TEXT_MAX_STATE);
			c->skipping = true;
		}
		if (newline)
			end_line(c);
		c->unended = !newline;
		p = newline ? newline + 1 : stop ? stop : end;
	}
	if (at_end && c->unended) { /* a bar that is not full has its last state here */
		text_finish_bar(c);
		c->t.open = true;
	}
	return (size_t)(p - buf);
}

static enum source_end
console_ended(const struct source *s)
{
	return table_line_end(&((const struct console *)s)->t);
}

/* -- the source ------------------------------------------------------------------------------- */

static struct source *
console_new(const struct source_env *env)
{
	struct console *c = xcalloc(1, sizeof *c);
	c->source.ops = &text_source;
	table_init(&c->t, env);
	text_course_init(&c->course);
	c->patterns = patterns_new(env->patterns, env->path);
	c->line = 1;
	c->lowest = c->first_rank = -1;
	return &c->source;
}

static void
console_free(struct source *s)
{
	struct console *c = (struct console *)s;
	struct text_field *f;
	for (size_t at = 0; (f = map_next(&c->fields, &at));) {
		field_release(&f->field);
		free(f);
	}
	map_release(&c->fields);
	for (size_t i = 0; i < TEXT_KINDS; i++)
		for (int h = 0; h < 2; h++)
			str_release(&c->kind[i].held[h].text);
	for (int h = 0; h < 2; h++)
		str_release(&c->ahead[h].text);
	str_release(&c->bar.text);
	str_release(&c->first.text);
	str_release(&c->part);
	str_release(&c->clean);
	str_release(&c->what);
	str_release(&c->scoped);
	text_scope_release(&c->scope);
	text_row_release(&c->row);
	text_row_release(&c->again);
	text_grid_release(&c->grid);
	text_block_release(&c->block);
	patterns_free(c->patterns);
	table_release(&c->t);
	free(c);
}

const struct source_ops text_source = {
	.name = "text",
	.rank = 5,
	.probe = text_probe,
	.new = console_new,
	.feed = console_feed,
	.save = text_save,
	.load = text_load,
	.free = console_free,
	.ended = console_ended,
	.lines = true,
	.printed = true,
};
