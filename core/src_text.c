/* Text and console logs: what programs print for people, read so that no number is invented.
 *
 * The bytes are cut into states: what stands between line feeds, carriage returns and backspaces,
 * because a progress bar is one long line that is overwritten. A state is cleaned (text_line.h) and
 * shown to the rules, surest first: own patterns (pattern.h), tables (text_grid.h), printed dicts,
 * lines that only trainers write (text_shape.h), and at last names and numbers in general
 * (text_pairs.h).
 *
 * Precision before recall. What only a trainer writes counts at once. Any other line has to count
 * steps or epochs, name something that is measured, leave few words over, and come again with
 * another step: the first of a kind is held until the second came. A line that counts nothing
 * belongs to the step before it, and must come again at the same distance behind another step; when
 * it was there before any step, it is what is printed before a step, and belongs to the next one.
 * Of a log that never counts, only lines that are nothing but pairs are taken, from the third on,
 * and numbered.
 *
 * Of several processes that write into one log only the lowest rank's lines give points. */
#include "core/map.h"
#include "core/pattern.h"
#include "core/probe.h"
#include "core/table.h"
#include "core/text_course.h"
#include "core/text_end.h"
#include "core/text_grid.h"
#include "core/text_pairs.h"
#include "core/text_shape.h"
#include "core/xalloc.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
	STATE_VERSION = 1,
	MAX_STATE = 64 << 10, /* bytes of one state that are read; a longer one has no metrics */
	MAX_FIELDS = 2 * SOURCE_MAX_COLUMNS,
	SHAPES = 32,      /* kinds of lines that are remembered */
	MAX_HELD = 512,   /* bytes of a line that is held */
	NEAR = 64,        /* lines behind a step that may belong to it */
	RANKED = 64,      /* lines of ranks without the lowest, 0, before it is taken for absent */
	MAX_LEFTOVER = 5, /* words that are part of nothing, in a line with many pairs */
};

/* A line that was read and waits. */
struct held {
	struct str text;
	bool placed;
	struct text_place at;
	int64_t wall_us;
	uint64_t offset, line;
};

/* A kind of line: the same names in the same order. */
struct shape {
	uint64_t key;
	bool sure;         /* it came again: it counts from now on */
	bool lead;         /* was there before any step */
	bool plain;        /* counts by itself, and hardly a word is left over */
	unsigned seen;     /* up to 3 */
	uint64_t distance; /* lines behind the step, of the last */
	struct held held[2];
};

struct console {
	struct source source;
	struct table t;
	struct map fields; /* name → struct field */
	struct patterns *patterns;
	struct text_grid grid;
	struct text_end end;
	struct text_course course;
	struct shape shape[SHAPES]; /* the last used first */
	size_t nshapes;
	bool begun; /* something was given to the sink */

	/* the bar that is being drawn */
	bool drawing;
	struct held bar;
	uint64_t bar_key;
	bool bar_done;

	int lowest;      /* rank whose lines count; -1: none was met */
	unsigned ranked; /* lines of other ranks, while 0 was not met */

	/* it said how it ended, and went on only to say what it had reached */
	bool ended, finished;
	struct text_place ended_at;
	unsigned rows_since;
	int64_t epochs, steps; /* totals that the sink knows */

	uint64_t line; /* of the next byte, from 1 */
	bool skipping; /* the rest of a state that is too long */

	struct str clean, what;
	struct text_row row, again;
};

/* -- giving ----------------------------------------------------------------------------------- */

static struct field *
field_of(struct console *c, const char *name, size_t n)
{
	struct field *f = map_get(&c->fields, name, n);
	if (f || c->fields.n >= MAX_FIELDS)
		return f;
	f = xcalloc(1, sizeof *f);
	field_init(f, STEPS_JSON, name, n);
	map_put(&c->fields, name, n, f);
	return f;
}

static void
give_total(struct console *c, const char *key, int64_t total, int64_t *known)
{
	if (total <= 0 || total == *known)
		return;
	*known = total;
	table_param_number(&c->t, key, strlen(key), (double)total);
}

/* "eta: 1:02:03 … time: 0.5": how many steps that makes. A guess, corrected when it is off by more
 * than a hundredth, or the training goes on beyond it. */
static void
guess_steps(struct console *c, const struct text_row *r, struct text_place at)
{
	double time = 0, total;
	for (size_t i = 0; i < r->n; i++) {
		const struct text_pair *p = r->pair + i;
		const char *name = text_row_name(r, p);
		if (p->n == r->nprefix + 4 && !strcmp(name + r->nprefix, "time"))
			time = p->value;
	}
	if (c->course.steps || r->eta_s <= 0 || time <= 0 || at.unit != STEP_STEP)
		return;
	total = (double)at.step + ceil(r->eta_s / time);
	if (total < 1e15 && (c->steps <= at.step || fabs(total - (double)c->steps) > total / 100))
		give_total(c, "total_steps", (int64_t)total, &c->steps);
}

/* Behind its end a log may still say what was reached: at the same step, or in a few rows that have
 * none. Anything else is a training that goes on. */
static void
see_resumed(struct console *c, struct text_place at)
{
	enum { FEW = 3 };
	if (!c->ended || (at.unit == c->ended_at.unit && at.step == c->ended_at.step))
		return;
	if (c->finished && at.unit == STEP_ROW && ++c->rows_since <= FEW)
		return;
	c->t.sink->ops->said(c->t.sink, c->t.log, "resumed");
	c->ended = false;
}

static void
give(struct console *c, const struct text_row *r, struct text_place at, const struct held *h)
{
	table_begin(&c->t, h->offset, h->line);
	c->t.wall_us = h->wall_us;
	table_reserve(&c->t, r->n);
	for (size_t i = 0; i < r->n; i++) {
		const struct text_pair *p = r->pair + i;
		struct field *f = field_of(c, text_row_name(r, p), p->n);
		if (!f)
			c->t.dropped++;
		else if (f->kind == FIELD_TIME)
			table_add_special(&c->t, f, p->value);
		else
			table_add(&c->t, f, p->value);
	}
	see_resumed(c, at);
	c->begun = true;
	give_total(c, "epochs", c->course.epochs, &c->epochs);
	if (c->course.steps)
		give_total(c, "total_steps", c->course.steps, &c->steps);
	else
		guess_steps(c, r, at);
	table_row(&c->t, at.unit, at.step);
}

/* -- reading a line for its numbers ------------------------------------------------------------ */

/* Leaves R empty when there are none. */
static void
read_numbers(struct text_row *r, const struct text_line *l)
{
	text_row_reset(r);
	if (text_shape_read(r, l))
		return;
	if (text_is_split(l->logger, l->nlogger) ||
	    (l->nlogger == 11 && !memcmp(l->logger, "train_inner", 11))) /* fairseq */
		text_row_prefix(r, l->logger, l->nlogger);
	text_pairs_scan(r, l->p, l->end);
}

/* "3: step 10 loss 0.5" is rank 3's, "3: loss 0.5" the third. */
static void
read_behind_number(struct text_row *r, struct text_line *l)
{
	struct text_line bare = *l;
	bare.p = l->bare;
	read_numbers(r, &bare);
	if (r->step.is || r->epoch.is || r->sure) {
		l->rank = l->maybe_rank;
		l->p = l->bare;
	} else if (r->n) {
		r->step = (struct text_count){.is = true, .n = l->maybe_rank};
		r->step_rank = 20;
	}
}

/* A line that was held, as it was read then. */
static void
read_again(struct console *c, const struct held *h)
{
	struct text_line l;
	const char *text = str_c(&h->text);
	text_line_read(&l, text, text + h->text.len, c->t.tz_offset_s, 0);
	if (text_grid_read(&c->grid, &c->again, l.p, l.end) == GRID_ROW)
		return;
	if (l.maybe_rank >= 0)
		read_behind_number(&c->again, &l);
	else
		read_numbers(&c->again, &l);
}

static void
give_held(struct console *c, struct held *h)
{
	read_again(c, h);
	if (c->again.n && h->placed)
		give(c, &c->again, h->at, h);
	str_reset(&h->text);
}

static void
hold(struct held *h, const struct held *line, const char *p, const char *end)
{
	struct str text = h->text;
	*h = *line;
	h->text = text;
	str_reset(&h->text);
	str_add(&h->text, p, (size_t)(end - p));
}

/* -- bars ------------------------------------------------------------------------------------- */

static void
finish_bar(struct console *c)
{
	if (!c->drawing)
		return;
	c->drawing = false;
	if (c->bar_done && c->bar.at.unit == STEP_EPOCH && c->bar.at.step == c->course.epoch)
		c->course.closed = true;
	give_held(c, &c->bar);
}

/* The state of a bar replaces the one before it when both are of one step. */
static void
see_bar(struct console *c, struct held *now, const char *p, const char *end)
{
	const struct text_row *r = &c->row;
	struct text_place at;
	if (!r->n || !r->sure || end - p > MAX_HELD * 4 || !text_course_place(&c->course, r, &at))
		return;
	if (c->drawing &&
	    (c->bar_key != r->bar_key || c->bar.at.unit != at.unit || c->bar.at.step != at.step))
		finish_bar(c);
	now->placed = true;
	now->at = at;
	hold(&c->bar, now, p, end);
	c->drawing = true;
	c->bar_key = r->bar_key;
	c->bar_done = r->bar_done;
	text_course_move(&c->course, at, c->line);
}

/* -- kinds of lines ---------------------------------------------------------------------------- */

static struct shape *
shape_of(struct console *c, uint64_t key)
{
	size_t i = 0;
	while (i < c->nshapes && c->shape[i].key != key)
		i++;
	if (i == c->nshapes) {
		if (c->nshapes < SHAPES)
			c->nshapes++;
		else
			i--;
		for (int h = 0; h < 2; h++)
			str_release(&c->shape[i].held[h].text);
		c->shape[i] = (struct shape){.key = key};
	}
	struct shape s = c->shape[i];
	memmove(c->shape + 1, c->shape, i * sizeof s);
	c->shape[0] = s;
	return c->shape;
}

static void
give_line(struct console *c, struct held *now)
{
	give(c, &c->row, now->at, now);
}

/* It is a log, as another kind of line has shown: what counts and leaves no words over needs no
 * second line. The oldest comes first. */
static void
give_first(struct console *c)
{
	if (c->begun)
		return;
	c->begun = true;
	for (size_t i = c->nshapes; i-- > 0;) {
		struct shape *s = c->shape + i;
		if (!s->plain || s->sure || !s->seen)
			continue;
		s->sure = true;
		give_held(c, s->held);
	}
}

/* A line that counts. */
static void
see_counted(struct console *c, struct held *now, const char *p, const char *end)
{
	const struct text_row *r = &c->row;
	now->placed = true;
	text_course_move(&c->course, now->at, c->line);
	if (r->sure) {
		give_first(c);
		give_line(c, now);
		return;
	}
	struct shape *s = shape_of(c, text_row_key(r));
	struct held *first = s->held;
	bool again = s->seen && (first->at.unit != now->at.unit || first->at.step != now->at.step);
	if (s->sure || again || (c->begun && r->leftover <= 1)) {
		s->sure = true;
		give_first(c);
		if (first->text.len)
			give_held(c, first);
		give_line(c, now);
	} else if (end - p <= MAX_HELD) {
		hold(first, now, p, end);
		s->seen = 1;
		s->plain = r->leftover <= 1;
	}
}

/* Nothing in the log counts: lines that are pairs and nothing else, from the third on. */
static void
see_numbered(struct console *c, struct shape *s, struct held *now, const char *p, const char *end)
{
	if (c->row.leftover || !c->row.measured) {
		if (!s->seen)
			s->key = 0;
		return;
	}
	now->placed = true;
	now->at = (struct text_place){STEP_ROW, c->course.rows++};
	if (s->seen < 2) {
		hold(s->held + s->seen++, now, p, end);
		return;
	}
	for (int i = 0; i < 2 && !s->sure; i++) {
		s->held[i].at = (struct text_place){STEP_ROW, c->course.rows - 3 + i};
		s->held[i].placed = true;
		give_held(c, s->held + i);
	}
	s->sure = true;
	give_line(c, now);
}

/* A line that counts nothing. */
static void
see_follower(struct console *c, struct held *now, const char *p, const char *end)
{
	struct text_course *k = &c->course;
	struct shape *s = shape_of(c, text_row_key(&c->row));
	uint64_t distance = c->line - k->line;
	if (end - p > MAX_HELD)
		return;
	if (!k->placed) {
		s->lead = true;
		see_numbered(c, s, now, p, end);
		return;
	}
	now->placed = true;
	now->at = s->lead ? text_course_next(k) : k->now;
	if (s->sure) {
		if (distance <= NEAR || !s->lead)
			give_line(c, now);
		return;
	}
	if (distance > NEAR || (s->lead && !c->row.measured))
		return;
	struct held *first = s->held;
	if (s->lead && s->seen) {
		first->at = (struct text_place){k->now.unit, k->first};
		first->placed = true;
	} else if (!s->seen || first->at.step == now->at.step || first->at.unit != now->at.unit ||
		   distance > s->distance + NEAR / 8 || s->distance > distance + NEAR / 8) {
		hold(first, now, p, end);
		s->seen = 1;
		s->distance = distance;
		return;
	}
	s->sure = true;
	give_held(c, first);
	str_reset(&s->held[1].text);
	give_line(c, now);
}

/* -- lines ------------------------------------------------------------------------------------ */

struct own {
	struct console *c;
	struct held *now;
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
			give(own->c, r, own->now->at, own->now);
		}
		text_row_reset(r);
		own->step = m->step;
		own->has_step = true;
	}
	text_row_add(r, m->name, m->nname, m->value);
}

/* True: own patterns are for this line. */
static bool
see_own_patterns(struct console *c, struct held *now, const char *p, const char *end)
{
	struct own own = {.c = c, .now = now};
	unsigned given_up = 0;
	text_row_reset(&c->row);
	size_t n = patterns_match(c->patterns, p, end, see_own, &own, &given_up);
	if (given_up)
		table_remark(&c->t, REMARK_LIMIT, "a [pattern] that takes too long on this line");
	if (!n)
		return false;
	finish_bar(c);
	if (own.has_step)
		now->at = (struct text_place){STEP_STEP, own.step};
	else if (c->course.placed)
		now->at = c->course.now;
	else
		now->at = (struct text_place){STEP_ROW, c->course.rows++};
	if (own.has_step)
		text_course_move(&c->course, now->at, c->line);
	if (c->row.n)
		give_line(c, now);
	return true;
}

/* How many words may be left over for N pairs. */
static bool
is_told_plainly(const struct text_row *r)
{
	return r->leftover <= 2 || (r->leftover <= MAX_LEFTOVER && r->leftover <= 1 + r->n);
}

static bool
is_heading(const struct text_row *r)
{
	return r->epoch.is && !r->step.is && !r->batch.is && !r->n && !r->bar && r->leftover <= 2;
}

/* True: the row in C->row was taken care of. */
static bool
see_row(struct console *c, struct held *now, const char *p, const char *end)
{
	struct text_row *r = &c->row;
	if (r->bar) {
		see_bar(c, now, p, end);
		return true;
	}
	if (is_heading(r)) {
		finish_bar(c);
		text_course_head(&c->course, r, c->line);
		return true;
	}
	bool counts = r->counted || r->step.is || r->epoch.is || r->batch.is;
	if (!r->n || !(r->sure || (r->known && is_told_plainly(r)) ||
		       (r->aimed && counts && r->leftover <= 1)))
		return false;
	finish_bar(c);
	if (counts && text_course_place(&c->course, r, &now->at)) {
		if (r->counted) {
			give_line(c, now);
			return true;
		}
		see_counted(c, now, p, end);
	} else if (!counts && r->sure) {
		if (c->course.placed) {
			now->at = c->course.now;
			give_line(c, now);
		}
	} else if (!counts && r->leftover <= 1) {
		see_follower(c, now, p, end);
	}
	return true;
}

static bool
see_dicts(struct console *c, struct held *now, const char *p, const char *end)
{
	bool any = false;
	while (text_dict_next(&c->row, &p, end)) {
		if (!any)
			finish_bar(c);
		any = true;
		if (text_course_place(&c->course, &c->row, &now->at))
			give_line(c, now);
	}
	return any;
}

static bool
is_of_other_rank(struct console *c, int rank)
{
	if (rank < 0)
		return false;
	if (rank == 0 || (c->lowest > rank && c->ranked > RANKED))
		c->lowest = rank;
	else if (c->lowest != 0 && c->ranked <= RANKED && ++c->ranked > RANKED)
		c->lowest = c->lowest < 0 || rank < c->lowest ? rank : c->lowest;
	return rank != c->lowest;
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
	finish_bar(c);
	c->ended = true;
	c->finished = !strcmp(str_c(&c->what), "finished");
	c->ended_at = c->course.now;
	c->rows_since = 0;
	table_begin(&c->t, offset, c->line);
	c->t.sink->ops->said(c->t.sink, c->t.log, str_c(&c->what));
}

/* A state with something in it, clean. */
static void
see_text(struct console *c, const char *p, const char *end, uint64_t offset, bool digits)
{
	struct text_line l;
	struct held now = {.offset = offset, .line = c->line};
	text_line_read(&l, p, end, c->t.tz_offset_s, c->t.arrival_us);
	if (l.p == l.end)
		return;
	now.wall_us = l.wall_us;
	if (c->patterns) {
		table_begin(&c->t, offset, c->line);
		if (see_own_patterns(c, &now, p, end))
			return;
	}
	if (l.maybe_rank >= 0) {
		read_behind_number(&c->row, &l);
		if (l.rank < 0 && see_row(c, &now, p, end))
			return;
	}
	bool other = is_of_other_rank(c, l.rank);
	if (!other) {
		enum grid_line grid = text_grid_read(&c->grid, &c->row, l.p, l.end);
		if (grid != GRID_NOT && grid != GRID_PART) {
			see_row(c, &now, p, end);
			if (grid == GRID_ROW)
				return;
		}
		if (grid == GRID_PART)
			return;
		if (digits && see_dicts(c, &now, l.p, l.end))
			return;
		if (digits) {
			read_numbers(&c->row, &l);
			if (see_row(c, &now, p, end))
				return;
		}
	}
	see_end(c, &l, offset);
}

/* -- states ----------------------------------------------------------------------------------- */

enum { HAS_DIGIT = 1, HAS_CONTROL = 2, HAS_ENDER = 4 };

static const unsigned char kinds[256] = {
	['0'] = HAS_DIGIT,      ['1'] = HAS_DIGIT,    ['2'] = HAS_DIGIT,  ['3'] = HAS_DIGIT,
	['4'] = HAS_DIGIT,      ['5'] = HAS_DIGIT,    ['6'] = HAS_DIGIT,  ['7'] = HAS_DIGIT,
	['8'] = HAS_DIGIT,      ['9'] = HAS_DIGIT,    [0] = HAS_CONTROL,  [1] = HAS_CONTROL,
	[2] = HAS_CONTROL,      [3] = HAS_CONTROL,    [4] = HAS_CONTROL,  [5] = HAS_CONTROL,
	[6] = HAS_CONTROL,      [7] = HAS_CONTROL,    ['\b'] = HAS_ENDER, ['\v'] = HAS_CONTROL,
	['\f'] = HAS_CONTROL,   ['\r'] = HAS_ENDER,   [14] = HAS_CONTROL, [15] = HAS_CONTROL,
	['\x1B'] = HAS_CONTROL, [0x7F] = HAS_CONTROL,
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
	return c->patterns || c->grid.in_box || text_grid_begins(p, end) ||
	       text_end_begins(&c->end, p, end);
}

static void
see_state(struct console *c, const char *p, const char *end, uint64_t offset, unsigned kind)
{
	if (p == end)
		return;
	if (end - p > MAX_STATE) {
		table_begin(&c->t, offset, c->line);
		table_remark(&c->t, REMARK_LIMIT, "skipped: a line of more than %d bytes",
			     MAX_STATE);
		return;
	}
	if (!(kind & (HAS_DIGIT | HAS_CONTROL)) && !may_matter(c, p, end))
		return;
	if (kind & HAS_CONTROL) {
		str_reset(&c->clean);
		text_clean(&c->clean, p, end);
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

/* A full bar is not drawn any more when its line ends. */
static void
end_line(struct console *c)
{
	if (c->drawing && c->bar_done)
		finish_bar(c);
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
	while (p < end) {
		const char *newline = memchr(p, '\n', (size_t)(end - p));
		const char *stop = newline ? newline : at_end ? end : last_ender(p, end);
		if (!stop && end - p <= MAX_STATE)
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
		} else {
			table_begin(&c->t, offset + (uint64_t)(p - buf), c->line);
			table_remark(&c->t, REMARK_LIMIT, "skipped: a line of more than %d bytes",
				     MAX_STATE);
			c->skipping = true;
		}
		if (newline)
			end_line(c);
		p = newline ? newline + 1 : stop ? stop : end;
	}
	return (size_t)(p - buf);
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
	c->lowest = -1;
	return &c->source;
}

static void
console_free(struct source *s)
{
	struct console *c = (struct console *)s;
	struct field *f;
	for (size_t at = 0; (f = map_next(&c->fields, &at));) {
		field_release(f);
		free(f);
	}
	map_release(&c->fields);
	for (size_t i = 0; i < SHAPES; i++)
		for (int h = 0; h < 2; h++)
			str_release(&c->shape[i].held[h].text);
	str_release(&c->bar.text);
	str_release(&c->clean);
	str_release(&c->what);
	text_row_release(&c->row);
	text_row_release(&c->again);
	text_grid_release(&c->grid);
	patterns_free(c->patterns);
	table_release(&c->t);
	free(c);
}

static void
save_held(const struct held *h, struct str *out)
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
load_held(struct held *h, struct unpack *u)
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
	if (n > MAX_STATE || memchr(text, 0, n) || memchr(text, '\n', n))
		u->bad = true;
}

static void
console_save(const struct source *s, struct str *out)
{
	const struct console *c = (const struct console *)s;
	pack_u64(out, STATE_VERSION);
	pack_u64(out, c->line);
	pack_u64(out, c->skipping);
	pack_u64(out, c->begun);
	pack_u64(out, c->ended);
	pack_u64(out, c->finished);
	pack_u64(out, c->ended_at.unit);
	pack_i64(out, c->ended_at.step);
	pack_u64(out, c->rows_since);
	pack_u64(out, c->end.tracing);
	pack_u64(out, c->end.chained);
	pack_i64(out, c->lowest);
	pack_u64(out, c->ranked);
	pack_i64(out, c->epochs);
	pack_i64(out, c->steps);
	table_save(&c->t, out);
	text_course_save(&c->course, out);
	text_grid_save(&c->grid, out);
	pack_u64(out, c->drawing);
	pack_u64(out, c->bar_key);
	pack_u64(out, c->bar_done);
	save_held(&c->bar, out);
	pack_u64(out, c->nshapes);
	for (size_t i = 0; i < c->nshapes; i++) {
		const struct shape *k = c->shape + i;
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

static bool
console_load(struct source *s, const void *state, size_t n)
{
	struct console *c = (struct console *)s;
	struct unpack u;
	unpack_init(&u, state, n);
	if (unpack_u64(&u) != STATE_VERSION)
		return false;
	c->line = unpack_u64(&u);
	c->skipping = unpack_upto(&u, 1);
	c->begun = unpack_upto(&u, 1);
	c->ended = unpack_upto(&u, 1);
	c->finished = unpack_upto(&u, 1);
	c->ended_at.unit = (enum step_unit)unpack_upto(&u, STEP_NONE);
	c->ended_at.step = unpack_i64(&u);
	c->rows_since = (unsigned)unpack_upto(&u, 3);
	c->end.tracing = unpack_upto(&u, 1);
	c->end.chained = unpack_upto(&u, 1);
	c->lowest = (int)unpack_i64(&u);
	c->ranked = (unsigned)unpack_upto(&u, RANKED + 1);
	c->epochs = unpack_i64(&u);
	c->steps = unpack_i64(&u);
	table_load(&c->t, &u);
	text_course_load(&c->course, &u);
	text_grid_load(&c->grid, &u);
	c->drawing = unpack_upto(&u, 1);
	c->bar_key = unpack_u64(&u);
	c->bar_done = unpack_upto(&u, 1);
	load_held(&c->bar, &u);
	c->nshapes = unpack_upto(&u, SHAPES);
	for (size_t i = 0; i < c->nshapes && !u.bad; i++) {
		struct shape *k = c->shape + i;
		k->key = unpack_u64(&u);
		k->sure = unpack_upto(&u, 1);
		k->lead = unpack_upto(&u, 1);
		k->plain = unpack_upto(&u, 1);
		k->seen = (unsigned)unpack_upto(&u, 3);
		k->distance = unpack_u64(&u);
		for (unsigned h = 0; !k->sure && h < k->seen && h < 2; h++)
			load_held(k->held + h, &u);
	}
	return unpack_whole(&u) && c->line;
}

const struct source_ops text_source = {
	.name = "text",
	.rank = 5,
	.probe = text_probe,
	.new = console_new,
	.feed = console_feed,
	.save = console_save,
	.load = console_load,
	.free = console_free,
};
