/* Whether a line counts, by its kind: the same names in the same order.
 *
 * A line that is sure counts at once. Any other has to come again with another step: the first of a
 * kind waits for the second. What counts nothing belongs to the step before it, and must come again
 * at the same distance behind another one; when it was there before any step, it is what is printed
 * before a step, and belongs to the next. Of a log that never counts, lines that are nothing but
 * pairs are taken from the third on, and numbered. */
#include "core/text_console.h"
#include "core/text_word.h"

#include <ctype.h>
#include <string.h>

enum { NEAR = 64 /* lines behind a step that may belong to it */ };

/* -- bars ------------------------------------------------------------------------------------- */

void
text_finish_bar(struct console *c)
{
	if (!c->drawing)
		return;
	c->drawing = false;
	if (c->bar_done && c->bar.at.unit == STEP_EPOCH && c->bar.at.step == c->course.epoch)
		c->course.closed = true;
	text_give_held(c, &c->bar);
}

/* The state of a bar replaces the one before it when both are of one step. */
void
text_see_bar(struct console *c, struct text_held *now, const char *p, const char *end)
{
	const struct text_row *r = &c->row;
	struct text_place at;
	if (!r->n || !r->sure || end - p > TEXT_MAX_HELD || !text_course_place(&c->course, r, &at))
		return;
	if (c->drawing &&
	    (c->bar_key != r->bar_key || c->bar.at.unit != at.unit || c->bar.at.step != at.step))
		text_finish_bar(c);
	now->placed = true;
	now->at = at;
	text_hold(&c->bar, now, p, end);
	c->drawing = true;
	c->bar_key = r->bar_key;
	c->bar_done = r->bar_done;
	text_course_move(&c->course, at, c->line);
}

/* -- kinds of lines ---------------------------------------------------------------------------- */

static struct text_kind *
kind_of(struct console *c, uint64_t key)
{
	size_t i = 0;
	while (i < c->nkinds && c->kind[i].key != key)
		i++;
	if (i == c->nkinds) {
		if (c->nkinds < TEXT_KINDS)
			c->nkinds++;
		else
			i--;
		for (int h = 0; h < 2; h++)
			str_release(&c->kind[i].held[h].text);
		c->kind[i] = (struct text_kind){.key = key};
	}
	struct text_kind s = c->kind[i];
	memmove(c->kind + 1, c->kind, i * sizeof s);
	c->kind[0] = s;
	return c->kind;
}

/* The lines of a kind that has come to count, in their order. What is left behind the SEEN first is
 * of a count that was begun anew. */
static void
give_waiting(struct console *c, struct text_kind *s)
{
	s->sure = true;
	for (unsigned i = 0; i < 2 && i < s->seen; i++)
		if (s->held[i].text.len)
			text_give_held(c, s->held + i);
}

/* It is a log, as another kind of line has shown: what counts and leaves no words over needs no
 * second line. The oldest comes first. */
static void
give_first(struct console *c)
{
	if (c->begun)
		return;
	c->begun = true;
	for (size_t i = c->nkinds; i-- > 0;) {
		struct text_kind *s = c->kind + i;
		if (!s->plain || s->sure || !s->seen)
			continue;
		give_waiting(c, s);
	}
}

/* The third line of one place: "epoch 0, batch_id 0", "epoch 0, batch_id 500", … */
static bool
is_third(const struct text_kind *s, const struct text_row *r, const char *p, const char *end)
{
	const struct str *last = &s->held[1].text;
	return s->seen == 2 && r->measured && r->leftover <= 1 && last->len &&
	       (last->len != (size_t)(end - p) || memcmp(str_c(last), p, last->len) != 0);
}

/* Some name of the line is one that a trainer would use. */
static bool
is_known(const struct text_row *r)
{
	return r->known || r->aimed || r->splits == r->n;
}

/* What nobody knows by its name has to change to be a metric. */
static bool
says_the_same(struct console *c, const struct text_held *h)
{
	if (is_known(&c->row) || !h->text.len)
		return false;
	text_read_again(c, h);
	for (size_t i = 0; i < c->row.n && i < c->again.n; i++)
		if (c->row.pair[i].value != c->again.pair[i].value)
			return false;
	return true;
}

void
text_see_ahead(struct console *c, struct text_held *now, const char *p, const char *end)
{
	text_hold(c->ahead + (c->ahead[0].text.len > 0), now, p, end);
}

/* A step has come: what was said before it is of it. */
static void
give_ahead(struct console *c, struct text_place at)
{
	for (int i = 0; i < 2; i++) {
		if (!c->ahead[i].text.len)
			continue;
		if (!c->ahead[i].placed)
			c->ahead[i].at = at;
		c->ahead[i].placed = true;
		text_give_held(c, c->ahead + i);
	}
}

/* A step has come, and waits itself. */
static void
place_ahead(struct console *c, struct text_place at)
{
	for (int i = 0; i < 2; i++) {
		if (!c->ahead[i].text.len || c->ahead[i].placed)
			continue;
		c->ahead[i].at = at;
		c->ahead[i].placed = true;
	}
}

/* A line that counts. */
void
text_see_counted(struct console *c, struct text_held *now, const char *p, const char *end)
{
	const struct text_row *r = &c->row;
	now->placed = true;
	text_course_move(&c->course, now->at, c->line);
	if (r->sure) {
		give_first(c);
		text_give_line(c, now);
		give_ahead(c, now->at);
		return;
	}
	struct text_kind *s = kind_of(c, text_row_key(r));
	struct text_held *first = s->held;
	bool again = s->seen && (first->at.unit != now->at.unit || first->at.step != now->at.step);
	if (s->sure || (again && (c->begun || is_known(r)) && !says_the_same(c, first)) ||
	    (c->begun && r->leftover <= 1 && is_known(r)) || is_third(s, r, p, end)) {
		give_first(c);
		give_waiting(c, s);
		text_give_line(c, now);
		give_ahead(c, now->at);
	} else {
		text_hold(s->held + (s->seen > 0), now, p, end);
		s->seen = s->seen ? 2 : 1;
		s->plain = r->leftover <= 1 && is_known(r);
		place_ahead(c, now->at);
	}
}

/* Nothing in the log counts: lines that are pairs and nothing else, from the third on. */
static void
see_numbered(struct console *c, struct text_kind *s, struct text_held *now, const char *p,
	     const char *end)
{
	if (c->row.leftover || !c->row.measured) {
		if (!s->seen)
			s->key = 0;
		return;
	}
	/* A setting is printed again as it was, or after long; a single number among other lines
	 * is in a program. */
	struct text_held *last = s->held + (s->seen > 1);
	if (s->seen && !s->sure &&
	    (now->line - last->line > (c->row.n > 1 ? NEAR : 2) ||
	     (last->text.len == (size_t)(end - p) &&
	      !memcmp(str_c(&last->text), p, last->text.len))))
		s->seen = 0;
	now->placed = true;
	if (s->seen < 2) {
		text_hold(s->held + s->seen++, now, p, end);
		return;
	}
	if (!s->sure)
		c->course.rows += 2;
	now->at = (struct text_place){STEP_ROW, c->course.rows++};
	for (int i = 0; i < 2 && !s->sure; i++) {
		s->held[i].at = (struct text_place){STEP_ROW, c->course.rows - 3 + i};
		s->held[i].placed = true;
		text_give_held(c, s->held + i);
	}
	s->sure = true;
	text_give_line(c, now);
}

/* "Test accuracy: 0.91", "Accuracy of the network on the 10000 test images: 55 %": what a training
 * says once, behind all else. */
static bool
is_result(const struct text_row *r)
{
	static const char *const words[] = {"test", "testing", "final",      "best",
					    "val",  "valid",   "validation", "eval"};
	if (r->measured != r->n || r->leftover)
		return false;
	for (size_t i = 0; i < r->n; i++) {
		const char *name = text_row_name(r, r->pair + i), *word = name, *to;
		if (text_name_sets(name))
			return false;
		/* the first word, or one of a sentence */
		do {
			for (to = word; isalpha((unsigned char)*to); to++)
				;
			if (to > word && TEXT_WORD_IN(word, to, words))
				break;
			word = strpbrk(to, " ");
			word = word ? word + 1 : name + strlen(name);
		} while (*word);
		if (!*word)
			return false;
	}
	return r->n > 0;
}

/* A line that counts nothing. */
void
text_see_follower(struct console *c, struct text_held *now, const char *p, const char *end)
{
	struct text_course *k = &c->course;
	struct text_kind *s = kind_of(c, text_row_key(&c->row));
	uint64_t distance = c->line - k->line;
	if (!k->placed) {
		s->lead = true;
		see_numbered(c, s, now, p, end);
		return;
	}
	now->placed = true;
	now->at = s->lead ? text_course_next(k) : k->now;
	if (s->sure || (c->begun && !s->lead && is_result(&c->row))) {
		give_waiting(c, s);
		text_give_line(c, now);
		return;
	}
	if (distance > NEAR || (s->lead && !c->row.measured))
		return;
	if (!is_known(&c->row) && s->seen && says_the_same(c, s->held))
		return;
	if (!is_known(&c->row) && s->seen && !c->begun) {
		text_hold(s->held + 1, now, p, end);
		s->seen = 2;
		return;
	}
	struct text_held *first = s->held;
	if (s->lead && s->seen) {
		first->at = (struct text_place){k->now.unit, k->first};
		first->placed = true;
	} else if (!s->seen || first->at.step == now->at.step || first->at.unit != now->at.unit ||
		   distance > s->distance + NEAR / 8 || s->distance > distance + NEAR / 8) {
		text_hold(first, now, p, end);
		s->seen = 1;
		s->distance = distance;
		return;
	}
	give_waiting(c, s);
	text_give_line(c, now);
}
