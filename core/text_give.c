/* From a line of a console log to a row of the sink, now or when the line has waited long enough.
 * A line that waits is kept as its text, and read again by the same rules: so it is saved as it is,
 * and what comes of it cannot depend on when. */
#include "core/text_console.h"

#include "core/fnv.h"
#include "core/text_dialect.h"
#include "core/text_pairs.h"
#include "core/text_shape.h"
#include "core/text_word.h"
#include "core/xalloc.h"

#include <math.h>
#include <string.h>

enum { MAX_FIELDS = 2 * SOURCE_MAX_COLUMNS };

/* -- giving ----------------------------------------------------------------------------------- */

static uint64_t
hash_of(const char *p, size_t n)
{
	return fnv_bytes(TEXT_BASIS, p, n);
}

static struct text_field *
field_of(struct console *c, const char *name, size_t n)
{
	struct text_field *f = map_get(&c->fields, name, n);
	if (f || map_count(&c->fields) >= MAX_FIELDS)
		return f;
	f = xcalloc(1, sizeof *f);
	field_init(&f->field, STEPS_JSON, name, n);
	for (size_t i = 0; i < c->nstepped && !f->stepped; i++)
		f->stepped = c->stepped[i] == hash_of(name, n);
	map_put(&c->fields, name, n, f);
	return f;
}

/* The field of a number at a place of UNIT, which the line says itself: TOLD. What "epoch 1, batch
 * 50: loss 0.5" and "epoch 1: loss 0.4" tell are two series: a series keeps its unit, and the
 * second is `epoch/loss`. */
static struct text_field *
field_at(struct console *c, enum step_unit unit, bool told, const char *name, size_t n)
{
	struct text_field *f = field_of(c, name, n);
	if (!f || f->stepped == (unit != STEP_EPOCH))
		return f;
	if (unit == STEP_EPOCH) {
		if (!told)
			return f;
		struct str full = STR_INIT;
		str_adds(&full, "epoch/");
		str_add(&full, name, n);
		f = field_of(c, str_c(&full), full.len);
		str_release(&full);
	} else if (c->nstepped < TEXT_MAX_STEPPED) {
		c->stepped[c->nstepped++] = hash_of(name, n);
		f->stepped = true;
	}
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
 * than a hundredth, or the training goes on beyond it. "eta: 0:00:00" is none. */
static void
guess_steps(struct console *c, const struct text_row *r, struct text_place at)
{
	double time = 0, total;
	for (size_t i = 0; i < r->n; i++) {
		const struct text_pair *p = r->pair + i;
		const char *name = text_row_name(r, p);
		if (p->n >= 4 && !strcmp(name + p->n - 4, "time") &&
		    (p->n == 4 || (p->n == r->prefix.len + 4 && name[p->n - 5] == '/')))
			time = p->value;
	}
	if (c->course.steps || r->eta_s == 0 || time <= 0 || at.unit != STEP_STEP)
		return;
	total = (double)at.step + (r->eta_s > 0 ? ceil(r->eta_s / time) : 0);
	if (total < 1e15 &&
	    (c->steps <= at.step || r->eta_s < 0 || fabs(total - (double)c->steps) > total / 100))
		give_total(c, RUN_STEPS_GUESS, (int64_t)total, &c->steps);
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
	table_say(&c->t, "resumed");
	c->ended = false;
}

void
text_give(struct console *c, const struct text_row *r, struct text_place at,
	  const struct text_held *h)
{
	table_begin(&c->t, h->offset, h->line);
	c->t.wall_us = h->wall_us;
	table_reserve(&c->t, r->n);
	for (size_t i = 0; i < r->n; i++) {
		const struct text_pair *p = r->pair + i;
		struct text_field *f =
			field_at(c, at.unit, r->epoch.is && !r->bar, text_row_name(r, p), p->n);
		if (!f)
			c->t.dropped++;
		else if (f->field.kind == FIELD_TIME)
			table_add_special(&c->t, &f->field, p->value);
		else
			table_add(&c->t, &f->field, p->value);
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
	else if (*l->p == '*' && l->npart)
		text_row_prefix(r, l->part, l->npart);
	text_pairs_scan(r, l->p, l->end, TEXT_MAX_LEFTOVER);
}

/* "3: step 10 loss 0.5" is rank 3's, "3: loss 0.5" the third. */
void
text_read_numbers(struct text_row *r, struct text_line *l)
{
	if (l->maybe_rank < 0) {
		read_numbers(r, l);
		return;
	}
	text_row_reset(r);
	if (text_dialect_read(r, l)) /* darknet's "1631: 27.5, 28.7 avg, …" */
		return;
	struct text_line bare = *l;
	bare.p = l->bare;
	read_numbers(r, &bare);
	if (r->step.is || r->epoch.is || r->sure) {
		l->rank = l->maybe_rank;
		l->p = l->bare;
	} else if (r->n) {
		r->step = (struct text_count){.is = true, .n = l->maybe_rank};
		r->step_rank = TEXT_RANK_ORPHAN;
	}
}

/* A line that was held, as it was read then. */
void
text_read_again(struct console *c, const struct text_held *h)
{
	struct text_line l;
	const char *text = str_c(&h->text);
	text_line_read(&l, text, text + h->text.len, c->t.tz_offset_s, 0);
	l.part = str_c(&c->part);
	l.npart = c->part.len;
	if (h == &c->bar && c->bar_key == TEXT_BAR_COLUMNS) {
		text_grid_read(&c->grid, &c->again, l.p, l.end, (size_t)(l.p - text));
		return;
	}
	text_read_numbers(&c->again, &l);
}

void
text_give_held(struct console *c, struct text_held *h)
{
	text_read_again(c, h);
	if (c->again.n && h->placed)
		text_give(c, &c->again, h->at, h);
	str_reset(&h->text);
}

void
text_hold(struct text_held *h, const struct text_held *line, const char *p, const char *end)
{
	struct str text = h->text;
	*h = *line;
	h->text = text;
	str_reset(&h->text);
	if (end - p <= TEXT_MAX_HELD)
		str_add(&h->text, p, (size_t)(end - p));
}

void
text_give_line(struct console *c, const struct text_held *now)
{
	text_give(c, &c->row, now->at, now);
}
