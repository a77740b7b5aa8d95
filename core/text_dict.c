/* Printed Python dicts, the Hugging Face Trainer's and people's own:
 *
 *     {'loss': 0.5, 'learning_rate': 5e-05, 'epoch': 0.25}
 *     Epoch 3 - train: {'loss': 0.5} - val: {'loss': 0.75}
 *
 * A dict is read as one, so what texts are in it doesn't matter; the words before it may say of
 * what step and of which part of the data it is. They are read when it is one to read: a line of
 * nothing but braces costs a look at each. */
#include "core/num.h"
#include "core/text_console.h"
#include "core/text_dialect_own.h"
#include "core/text_number.h"
#include "core/text_pairs.h"
#include "core/text_word.h"

#include <ctype.h>
#include <string.h>

/* What the words of the line counted so far. */
struct told {
	bool any;
	struct text_count step, epoch, batch;
	unsigned rank;
	int64_t rounded;
};

/* The value at P: a number, one in quotes or in a call like np.float64(0.5). *IS: it is one. NULL:
 * this is no dict to read. */
static const char *
take_dict_value(const char *p, const char *end, double *v, bool *is)
{
	const char *q;
	*is = false;
	if (p == end)
		return NULL;
	if (*p == '\'' || *p == '"') {
		q = memchr(p + 1, *p, (size_t)(end - p - 1));
		if (q)
			*is = num_parse_all(p + 1, q, v);
		return q ? q + 1 : NULL;
	}
	if ((q = text_made_number(p, end, v))) {
		*is = true;
		return q;
	}
	if ((q = num_parse(p, end, v))) {
		*is = q < end && strchr(",} ", *q);
		return q;
	}
	const char *open = NULL;
	unsigned depth = 0;
	for (q = p; q < end; q++) {
		if (*q == '{')
			return NULL;
		if (*q == '(' || *q == '[') {
			open = open ? open : q;
			depth++;
		} else if ((*q == ')' || *q == ']') && depth) {
			depth--;
		} else if (!depth && (*q == ',' || *q == '}')) {
			break;
		}
	}
	/* A list is no number, and a call is one only when nothing else is in it. */
	if (open && *open == '(' && open > p && (open = num_parse(open + 1, end, v)))
		*is = open < q && *open == ')';
	return q;
}

static bool
is_step_key(const char *key, size_t n)
{
	return (n == 4 && !memcmp(key, "step", 4)) || (n == 11 && !memcmp(key, "global_step", 11));
}

/* Adds the numbers of the dict at P to R. Behind it; or NULL: it is none that reports on a
 * training. TOLD: what stands before it said of which step it is. Rows that the Hugging Face
 * Trainer and its kin print are numbered (DESIGN §4), for they say no step. */
static const char *
read_dict(struct text_row *r, const char *p, const char *end, bool told)
{
	static const char *const telling[] = {"loss", "eval_loss", "train_loss", "train_runtime"};
	bool telling_key = false, step = false;
	for (p++;;) {
		p = text_skip_blanks(p, end);
		if (p == end || *p != '\'')
			return NULL;
		const char *key = p + 1, *q = memchr(key, '\'', (size_t)(end - key));
		if (!q || q + 1 == end || q[1] != ':')
			return NULL;
		p = q + 2;
		double v;
		bool is;
		p = take_dict_value(text_skip_blanks(p, end), end, &v, &is);
		if (!p)
			return NULL;
		size_t n = (size_t)(q - key);
		for (size_t i = 0; i < sizeof telling / sizeof *telling; i++)
			telling_key |= is && n == strlen(telling[i]) && !memcmp(key, telling[i], n);
		step = step || (n == 5 && !memcmp(key, "epoch", 5)) ||
		       (n == 4 && !memcmp(key, "step", 4));
		int64_t at;
		if (is && !r->step.is && is_step_key(key, n) && num_to_step(v, &at) && at >= 0)
			text_set_step(r, at);
		else if (is)
			text_row_add(r, key, n, v);
		p = text_skip_blanks(p, end);
		if (p < end && *p == '}')
			break;
		if (p == end || *p != ',')
			return NULL;
		p++;
	}
	r->counted = !r->step.is;
	r->sure = telling_key && r->n;
	return r->sure || ((step || told) && r->measured) ? p + 1 : NULL;
}

/* The Trainer's, in [P, END), say 'epoch': 0.25, and are of no part and no other epoch. */
static bool
is_trainers(const char *p, const char *end)
{
	static const char key[] = "'epoch': ";
	const char *q = memmem(p, (size_t)(end - p), key, sizeof key - 1);
	q = q ? q + sizeof key - 1 : end;
	if (q < end && *q == '\'')
		q++;
	while (q < end && isdigit((unsigned char)*q))
		q++;
	return q < end && *q == '.';
}

/* The words [P, END) before a dict; C->again has their part of the data. */
static void
read_words(struct console *c, const char *p, const char *end, bool trainers, struct told *t)
{
	struct text_row *words = &c->again;
	text_row_reset(words);
	if (p == end || isdigit((unsigned char)*p))
		return;
	text_pairs_scan(words, p, end, TEXT_MAX_LEFTOVER);
	if (words->step.is || (words->epoch.is && !trainers))
		*t = (struct told){true,         words->step,      words->epoch,
				   words->batch, words->step_rank, words->step_rounded};
}

/* The dict at OPEN into C->row, with the words from P on before it. Behind it; or NULL. */
static const char *
see_dict(struct console *c, const char *p, const char *open, const char *end, struct told *t)
{
	struct text_row *r = &c->row;
	text_row_reset(r);
	const char *behind = read_dict(r, open, end, true);
	if (!behind)
		return NULL;
	bool trainers = is_trainers(open, behind);
	read_words(c, p, open, trainers, t);
	const struct str *part = &c->again.prefix;
	text_row_reset(r);
	if (part->len && (!trainers || t->step.is))
		text_row_prefix(r, str_c(part), part->len - 1);
	else if (!trainers && c->course.placed)
		text_row_prefix(r, str_c(&c->scope.part), c->scope.part.len);
	return read_dict(r, open, end, t->any);
}

/* Where the dict in C->row is. The Trainer's has its place by its number, that of a part of the
 * data is of the step before. */
static bool
place_dict(struct console *c, const struct told *t, struct text_place *at)
{
	struct text_row *r = &c->row;
	if (!r->step.is && t->any) {
		r->step = t->step;
		r->step_rank = t->rank;
		r->step_rounded = t->rounded;
		r->epoch = t->epoch;
		r->batch = t->batch;
		r->counted = false;
	}
	if (r->counted && r->prefix.len && c->course.placed) {
		*at = c->course.now;
		return true;
	}
	if (!text_course_place(&c->course, r, at))
		return false;
	if (!r->counted)
		text_course_move(&c->course, *at, c->line);
	return true;
}

bool
text_see_dicts(struct console *c, struct text_held *now, const char *p, const char *end)
{
	struct told told = {0};
	const char *open = p, *behind;
	bool any = false;
	while ((open = memmem(open, (size_t)(end - open), "{'", 2))) {
		if (!(behind = see_dict(c, p, open, end, &told))) {
			open += 2;
			continue;
		}
		if (c->again.prefix.len)
			text_scope_leave(&c->scope);
		if (!any)
			text_finish_bar(c);
		any = true;
		if (place_dict(c, &told, &now->at))
			text_give_line(c, now);
		p = open = behind;
	}
	if (!any)
		text_row_reset(&c->row);
	return any;
}
