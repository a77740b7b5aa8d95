/* The number under a name that counts nothing. What sticks to it has no name of its own: a unit, a
 * spread, an average in brackets. Whether it is a metric is decided by how it is named: with ':' or
 * '=' between, or a name that a trainer would use. */
#include "core/text_number.h"
#include "core/text_scan.h"
#include "core/text_word.h"

#include <ctype.h>
#include <string.h>

enum {
	MAX_WORDS = 6,       /* of a name before ':' or '=' */
	MAX_BLANK_WORDS = 3, /* of a name with nothing between it and the number */
};

/* "6.9 (7.0)", "11.0 (+nanz)": an average or the like, which has no name. */
static const char *
skip_aside(const char *p, const char *end)
{
	const char *q = p;
	while (q < end && text_is_blank(*q))
		q++;
	if (q == end || *q != '(' || end - q < 3)
		return p;
	for (const char *c = q + 1; c < end && c - q < 40; c++) {
		if (*c == ')')
			return c + 1;
		if (*c == ':' || *c == '=' || *c == '(')
			return p;
	}
	return p;
}

/* "187.4 ± 20.1", "0.93 +/- 0.01": how far it spreads has no name. */
static const char *
skip_spread(const char *p, const char *end)
{
	static const char *const marks[] = {"\xC2\xB1", "+/-", "+-"};
	const char *q = text_skip_blanks(p, end);
	double v;
	for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
		size_t n = strlen(marks[i]);
		if ((size_t)(end - q) <= n || memcmp(q, marks[i], n) != 0)
			continue;
		const char *behind = text_number(text_skip_blanks(q + n, end), end, &v);
		return behind ? behind : p;
	}
	return p;
}

static bool
is_unit(const char *p, const char *end)
{
	static const char *const units[] = {"s",  "sec",   "secs",    "second", "seconds", "ms",
					    "us", "mins",  "minutes", "hours",  "hrs",     "mb",
					    "gb", "kb",    "mib",     "gib",    "kib",     "db",
					    "it", "iters", "ev",      "mev"};
	static const char *const rates[] = {"/s",    "/sec",   "/second", "/it", "/iter",
					    "/step", "/batch", "/epoch",  "/mol"};
	if (TEXT_WORD_IN(p, end, units))
		return true;
	for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
		size_t n = strlen(rates[i]);
		if ((size_t)(end - p) > n && !memcmp(end - n, rates[i], n))
			return true;
	}
	return false;
}

/* Behind "/ A", "/ A^3": what MACE has of energies, in units of a length; P: that is not there. */
static const char *
skip_length(const char *p, const char *end)
{
	const char *q = end - p > 3 && !memcmp(p, " / A", 4) ? p + 4 : p;
	if (end - q > 1 && *q == '^' && isdigit((unsigned char)q[1]))
		q += 2;
	return q == end || text_is_blank(*q) || *q == ',' ? q : p;
}

/* "0.2 sec", "42653 MB", "3.7 images/s": a unit that a blank parts from its number, unless it is
 * the name of the next: "min 0.1". */
static const char *
skip_far_unit(const char *p, const char *end)
{
	const char *from = p, *q;
	if (end - p < 2 || *p != ' ' || !isalpha((unsigned char)p[1]))
		return p;
	for (q = ++p; q < end && (isalpha((unsigned char)*q) || *q == '/'); q++)
		;
	bool stops = q < end && *q == '.' && (q + 1 == end || text_is_blank(q[1]));
	if ((q < end && !stops && (text_is_word(*q) || *q == '.')) || !is_unit(p, q))
		return from;
	if (stops) /* "22.1 s. Mean Reward: 1.5" */
		return q;
	q = skip_length(q, end);
	const char *next = text_skip_blanks(q, end);
	if (next < end && (isdigit((unsigned char)*next) || strchr(":=-+[", *next)))
		return from;
	return q;
}

/* "0.668 / 0.006": the first counts, the second has no name. */
static const char *
skip_second(const char *p, const char *end)
{
	double v;
	const char *q;
	if (end - p < 4 || memcmp(p, " / ", 3) || !isdigit((unsigned char)p[3]))
		return p;
	q = text_number(p + 3, end, &v);
	return q ? q : p;
}

static bool
ends_piece(const char *p, const char *end)
{
	const char *from = p;
	while (p < end && *p == ' ')
		p++;
	return p == end || p - from > 1 || strchr("|,;)]}-\t", *p);
}

/* "Train Loss: 0.5 Acc: 0.9 | Val Loss: 0.6 Acc: 0.8" says twice what data it is about, and means
 * it four times. */
static void
add_pair(struct text_scan *s, const char *name, size_t n, double v)
{
	size_t first = 0;
	while (first < n && !text_is_blank(name[first]))
		first++;
	if (first < n && text_is_part(name, first)) {
		s->split = name;
		s->nsplit = first;
		s->at_hand = true;
	} else if (text_name_splits(name, n)) {
		s->at_hand = false;
	} else if (s->split &&
		   ((s->at_hand && text_name_aimed(name, n)) || text_row_has(s->r, name, n))) {
		struct str full = STR_INIT;
		str_add(&full, s->split, s->nsplit);
		str_addc(&full, ' ');
		str_add(&full, name, n);
		text_row_add(s->r, str_c(&full), full.len, v);
		str_release(&full);
		return;
	}
	text_row_add(s->r, name, n, v);
}

/* "loss is 0.5": the end of the name without its verb. */
static const char *
before_verb(struct text_scan *s, const char *to)
{
	static const char *const verbs[] = {"is", "was", "are", "equals"};
	if (s->words < 2 || s->last >= to || !TEXT_WORD_IN(s->last, to, verbs))
		return to;
	s->words--;
	for (to = s->last; to > s->from && text_is_blank(to[-1]); to--)
		;
	return to;
}

/* -- names that are none ----------------------------------------------------------------------- */

/* timm: "Train: 3 [ 100/1251 (  8%)]  Loss: 6.94 (6.94)", OpenPCDet: "Train:  3/80 (  4%) [
 * 100/464 ( 22%)]  Loss: 0.9 (0.9)". Behind it; or NULL. */
static const char *
take_part_and_batch(struct text_scan *s, double v, const char *p)
{
	struct text_count epoch = {.is = true};
	const char *q;
	size_t len = (size_t)(s->to - s->from);
	if (s->assign != ':' || s->r->epoch.is || !text_is_count(v, &epoch.n) ||
	    !text_is_split(s->from, len))
		return NULL;
	p = text_skip_percent(text_take_total(p, s->end, &epoch.total), s->end);
	if ((q = text_take_batch(s, p)) == p)
		return NULL;
	text_row_prefix(s->r, s->from, len);
	s->r->epoch = epoch;
	text_begin_name(s, true);
	return q;
}

/* "Train 100: loss: 1.2". Behind it; or NULL. */
static const char *
take_part_and_step(struct text_scan *s, double v, const char *p)
{
	int64_t n;
	size_t len = (size_t)(s->to - s->from);
	if (s->assign || s->words != 1 || s->r->step.is || s->r->n || s->r->prefix.len ||
	    p == s->end || (*p != ':' && *p != ',') || !text_is_count(v, &n) ||
	    !text_is_split(s->from, len))
		return NULL;
	text_row_prefix(s->r, s->from, len);
	s->r->step = (struct text_count){.is = true, .n = n};
	s->r->step_rank = TEXT_RANK_ORPHAN;
	text_begin_name(s, true);
	return p + 1;
}

/* "Validation loss 1000: 0.5": *V is what it was at the step. */
static const char *
take_step_before_value(struct text_scan *s, double *v, const char *p)
{
	int64_t n;
	double told;
	const char *q;
	if (s->assign || text_ends_over(s) || s->r->step.is || s->end - p <= 2 || p[0] != ':' ||
	    p[1] != ' ' || !text_is_count(*v, &n) ||
	    !(q = text_number(text_skip_blanks(p + 1, s->end), s->end, &told)) ||
	    !text_scan_known(s->from, s->to))
		return p;
	s->r->step = (struct text_count){.is = true, .n = n};
	s->r->step_rank = TEXT_RANK_ORPHAN;
	s->assign = ':';
	s->tight = false;
	*v = told;
	return q;
}

/* -- values ------------------------------------------------------------------------------------ */

/* "with a loss of 0.5": the beginning of the name without its small words. */
static const char *
behind_small_words(struct text_scan *s)
{
	static const char *const small[] = {"with", "and", "the", "a",  "of", "at",  "is",  "was",
					    "for",  "in",  "on",  "by", "to", "has", "than"};
	const char *from = s->from;
	while (s->words > 1) {
		const char *q = from;
		while (q < s->to && !text_is_blank(*q))
			q++;
		if (!TEXT_WORD_IN(from, q, small))
			break;
		from = text_skip_blanks(q, s->to);
		s->words--;
		s->r->leftover++;
	}
	return from;
}

/* "9812/10000": a share; "2470/10042=0.2460": one that is worked out. Of a name that nobody knows
 * it is neither: *OK is false. */
static const char *
take_share(const char *from, const char *to, const struct text_scan *s, double *v, const char *p,
	   bool *ok)
{
	int64_t n, total = 0;
	double told;
	const char *q;
	*ok = true;
	if (!text_is_count(*v, &n) || (q = text_take_total(p, s->end, &total)) == p || !total)
		return p;
	if (q < s->end && *q == '=' && (q = text_number(q + 1, s->end, &told)))
		*v = told;
	else if (text_scan_known(from, to))
		*v = (double)n / (double)total;
	else
		*ok = false;
	return q ? q : p;
}

/* Is [FROM, TO) the name of a number that ends at P? */
static bool
names_value(struct text_scan *s, const char *from, const char *to, const char *p)
{
	static const char *const counters[] = {"eta",  "rank",  "run",      "fold",
					       "seed", "trial", "required", "remaining"};
	static const char *const verbs[] = {"took", "takes", "cost", "costs", "taking"};
	bool ok;
	if (s->assign == ':' && s->tight) {
		ok = s->words <= MAX_BLANK_WORDS &&
		     ((s->words == 1 && s->r->step.is) || text_scan_known(from, to));
	} else if (s->assign) {
		ok = s->words <= MAX_WORDS;
	} else {
		bool listed = s->listed && ends_piece(p, s->end);
		/* "| avg train mel loss 35.0 |"; of prose the last word is another */
		unsigned most =
			MAX_BLANK_WORDS + (listed && s->last < to && text_scan_known(s->last, to));
		ok = s->words <= MAX_BLANK_WORDS && listed;
		ok = s->words <= most && s->fresh && (ok || text_scan_known(from, to));
	}
	if (to < s->to && s->words <= MAX_WORDS) /* a verb stands in between */
		ok = ok || text_scan_known(from, to);
	if (text_tells_deed(from, text_word_end(from, to)))
		return false;
	if (!s->assign &&
	    (TEXT_WORD_IN(s->last, to, verbs) || text_ends_over(s))) /* "This epoch took 12.5 s" */
		return false;
	/* "#Images: 500", "train_utils.py: 271" */
	if (*from == '#' || TEXT_WORD_IN(from, to, counters) ||
	    (s->assign && to - from > 3 && !memcmp(to - 3, ".py", 3))) {
		s->words = 0;
		return false;
	}
	return ok;
}

const char *
text_take_value(struct text_scan *s, double v, const char *p)
{
	const char *from, *to, *q;
	bool told;
	if ((q = take_part_and_batch(s, v, p)) || (q = take_part_and_step(s, v, p)))
		return q;
	p = take_step_before_value(s, &v, p);
	from = behind_small_words(s);
	to = before_verb(s, s->to);
	p = take_share(from, to, s, &v, p, &told);
	p = skip_far_unit(skip_spread(p, s->end), s->end);
	p = skip_second(skip_aside(p, s->end), s->end);
	if (names_value(s, from, to, p) && told)
		add_pair(s, from, (size_t)(to - from), v);
	else
		s->r->leftover += s->words;
	s->after_epoch = false;
	bool listed = ends_piece(p, s->end);
	while (p < s->end && *p == ' ')
		p++;
	s->at_hand = s->at_hand && p < s->end && !strchr("|,;", *p);
	text_begin_name(s, listed);
	return p;
}

/* Behind ": ", "= ", "is " at P, *VERB: it was a word; or NULL. */
static const char *
behind_is(const char *p, const char *end, bool *verb)
{
	static const char *const verbs[] = {"is", "was"};
	const char *q = text_skip_blanks(p, end), *to = text_word_end(q, end);
	*verb = TEXT_WORD_IN(q, to, verbs);
	if (q < to && (*q == ':' || *q == '='))
		to = q + 1;
	else if (!*verb)
		return NULL;
	return to < end && text_is_blank(*to) ? text_skip_blanks(to, end) : NULL;
}

/* "Training loss for", not "Loss improvement for": the last word of [FROM, TO) is what is said. */
static bool
ends_known(const char *from, const char *to)
{
	const char *word = to;
	while (word > from && !text_is_blank(word[-1]))
		word--;
	return text_scan_known(word, to);
}

const char *
text_take_value_at(struct text_scan *s, const struct text_step_word *word, double count,
		   const char *p)
{
	static const char *const when[] = {"at", "after", "for", "in"};
	struct text_count c = {.is = true};
	double v;
	bool verb;
	if (s->words < 3 || s->assign || !(p = behind_is(p, s->end, &verb)) ||
	    !TEXT_WORD_IN(s->before, text_word_end(s->before, s->to), when) ||
	    !text_is_count(count, &c.n) || word->counts == TEXT_COUNTS_BATCHES || s->r->step.is ||
	    s->r->epoch.is)
		return NULL;
	p = text_number(p, s->end, &v);
	const char *to = s->before;
	while (to > s->from && text_is_blank(to[-1]))
		to--;
	if (!p || !text_scan_known(s->from, to) ||
	    (verb && (s->words > 5 || !ends_known(s->from, to))))
		return NULL;
	*(word->counts == TEXT_COUNTS_STEPS ? &s->r->step : &s->r->epoch) = c;
	s->r->step_rank = word->rank;
	text_row_add(s->r, s->from, (size_t)(to - s->from), v);
	text_begin_name(s, false);
	return p;
}
