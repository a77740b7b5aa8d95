/* Numbers that count: under a word for steps, epochs or batches, or where only a count can stand.
 * What they count of ("/ 1000", "(12%)", "[100/1252]" behind an epoch) is taken with them. */
#include "core/text_scan.h"

#include "core/num.h"
#include "core/text_number.h"

#include <ctype.h>
#include <math.h>
#include <string.h>
#include <strings.h>

static const char *
end_of_last_word(const struct text_scan *s)
{
	const char *q = s->last;
	while (q < s->to && !text_is_blank(*q))
		q++;
	return q;
}

/* What the collected name counts, by its last word; or NULL. */
const struct text_step_word *
text_name_counts(const struct text_scan *s)
{
	if (!s->words)
		return NULL;
	static const char *const numbers[] = {"num", "number", "no",    "no.",
					      "idx", "index",  "loaded"};
	const struct text_step_word *w =
		text_step_word(s->last, end_of_last_word(s), s->assign != 0);
	if (!s->before)
		return w;
	if (!w && s->words == 2 && TEXT_WORD_IN(s->last, end_of_last_word(s), numbers))
		return text_step_word(s->from, text_word_end(s->from, s->to), s->assign != 0);
	/* "Average return per training episode: 21" */
	if (!w || memmem(s->from, (size_t)(s->to - s->from), " per ", 5))
		return NULL;
	/* "number of skipped iterations: 0" is another count. */
	if (w->assigned)
		return NULL;
	if (s->words == 3 && s->to - s->from > 7 && !strncasecmp(s->from, "end of ", 7))
		return w;
	const char *q = s->before;
	while (q < s->last && !text_is_blank(*q))
		q++;
	return text_word_disowns_step(s->before, q) ? NULL : w;
}

bool
text_is_count(double v, int64_t *out)
{
	return v >= 0 && num_to_step(v, out);
}

const char *
text_take_total(const char *p, const char *end, int64_t *total)
{
	const char *q = p;
	double v;
	while (q < end && text_is_blank(*q))
		q++;
	if (q < end && *q == '/')
		q++;
	else if (end - q > 3 && !memcmp(q, "of ", 3))
		q += 3;
	else
		return p;
	while (q < end && text_is_blank(*q))
		q++;
	if (q == end || !isdigit((unsigned char)*q))
		return p;
	q = text_number(q, end, &v);
	return q && text_is_count(v, total) ? q : p;
}

const char *
text_skip_percent(const char *p, const char *end)
{
	const char *q = p;
	while (q < end && text_is_blank(*q))
		q++;
	if (q == end || *q != '(')
		return p;
	const char *close = memchr(q, ')', (size_t)(end - q));
	return close && close - q < 12 && close[-1] == '%' ? close + 1 : p;
}

/* "[100/1252]" behind an epoch. */
const char *
text_take_batch(struct text_scan *s, const char *p)
{
	const char *q = p;
	double v;
	while (q < s->end && text_is_blank(*q))
		q++;
	if (q == s->end || (*q != '[' && *q != '('))
		return p;
	char close = *q == '[' ? ']' : ')';
	for (q++; q < s->end && text_is_blank(*q); q++)
		;
	if (q == s->end || !isdigit((unsigned char)*q) || !(q = text_number(q, s->end, &v)))
		return p;
	struct text_count c = {.is = true};
	if (!text_is_count(v, &c.n) || q[-1] == '%')
		return p;
	q = text_take_total(q, s->end, &c.total);
	q = text_skip_percent(q, s->end);
	while (q < s->end && text_is_blank(*q))
		q++;
	if (q == s->end || *q != close)
		return p;
	if (close == ')' && c.total && s->r->epoch.is &&
	    (c.n == s->r->epoch.n || c.n == s->r->epoch.n + 1) &&
	    (q + 1 == s->end || q[1] == ':')) { /* "Epoch 1 (1/200):" */
		s->r->epoch.total = c.total;
		return q + 1;
	}
	s->r->batch = c;
	return q + 1;
}

/* The number [FROM, P), "12K" or "1.5M", is *V; what one of its last digit is of that, or 0. */
static int64_t
round_count(const char *from, const char *p, double *v)
{
	int64_t unit = (p[-1] | 0x20) == 'k' ? 1000 : p[-1] == 'M' ? 1000000 : 0, last = unit;
	const char *dot = unit ? memchr(from, '.', (size_t)(p - from)) : NULL;
	for (const char *q = dot ? dot + 1 : p; q < p - 1; q++)
		last /= 10;
	if (unit)
		*v = round(*v * (double)unit);
	return last;
}

/* A number under a word that counts. */
const char *
text_take_count(struct text_scan *s, const struct text_step_word *word, double v, const char *from,
		const char *p)
{
	/* "Learning iteration 3/100": says no more than the count does */
	static const char *const running[] = {"learning", "training", "current",
					      "meta",     "global",   "starting",
					      "start",    "begin",    "beginning"};
	struct text_row *r = s->r;
	struct text_count c = {.is = true};
	const char *label = s->from;
	size_t nlabel = 0;
	int64_t rounded = word->counts == TEXT_COUNTS_STEPS ? round_count(from, p, &v) : 0;
	if (!text_is_count(v, &c.n))
		return NULL;
	p = text_skip_percent(text_take_total(p, s->end, &c.total), s->end);
	switch (word->counts) {
	case TEXT_COUNTS_EPOCHS:
		if (r->epoch.is)
			return NULL;
		r->epoch = c;
		s->epoch_at = s->last;
		s->epoch_n = (size_t)(end_of_last_word(s) - s->last);
		s->after_epoch = true;
		break;
	case TEXT_COUNTS_BATCHES:
		r->batch = c;
		r->batch_named = true;
		break;
	default:
		/* "Episode 100  Reward: 5  Steps: 200": how long it was */
		if (r->step.is && (r->step_rank <= word->rank ||
				   (r->step_rank == TEXT_RANK_EPISODE && word->assigned &&
				    word->rank + 2u >= TEXT_RANK_EPISODE)))
			return NULL;
		/* "Episode: 5  Timestep: 1600": of two counts the other is a metric */
		if (r->step.is && s->step_at)
			text_row_add(r, s->step_at, s->step_n, (double)r->step.n);
		s->step_at = s->last;
		s->step_n = (size_t)(end_of_last_word(s) - s->last);
		r->step = c;
		r->step_rank = word->rank;
		r->step_told = s->assign && !word->assigned;
		r->step_rounded = rounded;
	}
	if (s->words > 1) {
		nlabel = (size_t)(s->last - s->from);
		while (nlabel && text_is_blank(label[nlabel - 1]))
			nlabel--;
		const char *blank = memchr(label, ' ', nlabel);
		size_t first = blank ? (size_t)(blank - label) : nlabel;
		if (text_is_split(label, first) && !r->prefix.len && !r->n)
			text_row_prefix(r, label, first);
		else if (!TEXT_WORD_IN(label, label + first, running) || first < nlabel)
			r->leftover += s->words - 1;
	}
	if (p < s->end && *p == ']')
		p++;
	if (s->after_epoch)
		p = text_take_batch(s, p);
	return p;
}

/* "262144 tok/s", "50.0% bf16 MFU", "20 sec": a piece of a list whose name stands behind; or
 * NULL. */
static const char *
take_rate(struct text_scan *s, double v, const char *p, bool add)
{
	while (p < s->end && text_is_blank(*p))
		p++;
	if (p == s->end || !isalpha((unsigned char)*p))
		return NULL;
	const char *q = p;
	while (q < s->end && (text_is_word(*q) || *q == '/' || (*q == ' ' && q - p < 8)))
		q++;
	while (q > p && text_is_blank(q[-1]))
		q--;
	size_t n = (size_t)(q - p);
	const char *behind = q;
	while (behind < s->end && text_is_blank(*behind))
		behind++;
	if (behind < s->end && !strchr("|,;", *behind))
		return NULL;
	static const char *const durations[] = {"sec", "secs", "seconds", "min", "h", "hours"};
	if (TEXT_WORD_IN(p, q, durations))
		return q;
	if ((n > 2 && !memcmp(q - 2, "/s", 2)) || (n > 4 && !memcmp(q - 4, "/sec", 4)) ||
	    (n > 2 && !memcmp(q - 3, "MFU", 3)) || (n == 2 && !memcmp(p, "ms", 2))) {
		if (add)
			text_row_add(s->r, p, n, v);
		return q;
	}
	return NULL;
}

static void
set_counted(struct text_row *r, bool epochs, struct text_count c, unsigned rank)
{
	*(epochs ? &r->epoch : &r->step) = c;
	r->step_rank = rank;
}

/* "After 1000 training step(s), loss on test is 0.5", "After 3 rounds: …": the words behind the
 * number V, which ends at P, say what it counts. Behind them; or NULL. */
const char *
text_take_after(struct text_scan *s, double v, const char *p)
{
	enum { WORDS = 3 };
	struct text_count c = {.is = true};
	if (s->words != 1 || s->assign || s->to - s->from != 5 ||
	    strncasecmp(s->from, "after", 5) != 0 || s->r->n || s->r->step.is || s->r->epoch.is ||
	    !text_is_count(v, &c.n))
		return NULL;
	for (int i = 0; i < WORDS; i++) {
		const char *word = text_skip_blanks(p, s->end), *to = word;
		while (to < s->end && isalpha((unsigned char)*to))
			to++;
		if (to == word)
			return NULL;
		p = s->end - to >= 3 && !memcmp(to, "(s)", 3) ? to + 3 : to;
		const char *stem = to - (p == to && to - word > 2 && to[-1] == 's');
		const struct text_step_word *w = text_step_word(word, stem, false);
		if (!w || w->counts == TEXT_COUNTS_BATCHES)
			continue;
		set_counted(s->r, w->counts == TEXT_COUNTS_EPOCHS, c, w->rank);
		text_begin_name(s, true);
		return p;
	}
	return NULL;
}

/* "第 3 轮", "第3次迭代": the third epoch, the third iteration, at P. Behind it; or NULL. */
const char *
text_take_ordinal(struct text_scan *s, const char *p)
{
	static const char ordinal[] = "第";
	static const struct {
		const char *word;
		bool epochs;
	} units[] = {
		{"轮", true}, {"个epoch", true}, {"epoch", true}, {"次", false}, {"步", false}};
	struct text_count c = {.is = true};
	const char *q = p + sizeof ordinal - 1;
	double v;
	if (s->end - p < 5 || memcmp(p, ordinal, sizeof ordinal - 1) != 0 || s->words || s->r->n ||
	    s->r->epoch.is || s->r->step.is ||
	    !(q = num_parse(text_skip_blanks(q, s->end), s->end, &v)) || !text_is_count(v, &c.n))
		return NULL;
	q = text_skip_blanks(text_take_total(q, s->end, &c.total), s->end);
	for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
		size_t n = strlen(units[i].word);
		if ((size_t)(s->end - q) < n || memcmp(q, units[i].word, n) != 0)
			continue;
		set_counted(s->r, units[i].epochs, c, 3);
		text_begin_name(s, true);
		return q + n;
	}
	return NULL;
}

/* "epoch 1-599": batch 599 of it. Behind it; or NULL. */
const char *
text_take_epoch_and_batch(struct text_scan *s, const char *p)
{
	const struct text_step_word *w = text_name_counts(s);
	double v[2];
	const char *q = w && w->counts == TEXT_COUNTS_EPOCHS ? num_parse(p, s->end, v) : NULL;
	struct text_count epoch = {.is = true}, batch = {.is = true};
	if (!q || s->end - q < 2 || *q != '-' || !isdigit((unsigned char)q[1]) || s->r->epoch.is ||
	    !(q = num_parse(q + 1, s->end, v + 1)) || (q < s->end && !strchr(" ,:|]", *q)) ||
	    !text_is_count(v[0], &epoch.n) || !text_is_count(v[1], &batch.n))
		return NULL;
	s->r->epoch = epoch;
	s->r->batch = batch;
	text_begin_name(s, true);
	return q;
}

/* "[1,  2000] loss: 2.2", "[1/10, 200/500] loss: 2.2" at the bracket: an epoch and steps of it.
 * Behind them; or NULL. */
const char *
text_take_pair_of_counts(struct text_scan *s, const char *p)
{
	struct text_count c[2] = {{.is = true}, {.is = true}};
	double v;
	for (int i = 0; i < 2; i++) {
		p = text_skip_blanks(p + 1, s->end);
		if (p == s->end || !isdigit((unsigned char)*p) || !(p = num_parse(p, s->end, &v)) ||
		    !text_is_count(v, &c[i].n))
			return NULL;
		p = text_skip_blanks(text_take_total(p, s->end, &c[i].total), s->end);
		if (p == s->end || *p != (i ? ']' : ','))
			return NULL;
	}
	const char *next = text_skip_blanks(p + 1, s->end);
	if (next == s->end || !isalpha((unsigned char)*next))
		return NULL;
	s->r->epoch = c[0];
	s->r->step = c[1];
	s->r->step_rank = TEXT_RANK_ORPHAN;
	return p + 1;
}

/* A number without a name: "[100/1000] loss 0.5", "epoch 001:   100 / 1000 loss=6.1". */
const char *
text_take_orphan(struct text_scan *s, double v, const char *p, bool first)
{
	struct text_count c = {.is = true};
	const char *q = p, *rate;
	if (text_is_count(v, &c.n))
		q = text_take_total(p, s->end, &c.total);
	if (c.total && s->after_epoch && !s->r->batch.is) {
		s->r->batch = c;
		p = q;
	} else if (c.total && first && s->r->prefix.len &&
		   strncasecmp(s->r->prefix.buf, "train", 5)) {
		/* "Test: [10/97] loss 0.5" */
		s->r->partial = c.n + 1 < c.total;
		s->r->evaluating = true;
		p = q;
	} else if (c.total && first && !s->r->step.is && !s->r->epoch.is) {
		p = q;
		if (p < s->end && *p == ']' && (q = text_take_batch(s, p + 1)) != p + 1) {
			s->r->epoch = c; /* "[0/25][50/1583]" */
			return q;
		}
		s->r->step = c;
		s->r->step_rank = TEXT_RANK_ORPHAN;
	} else if (c.total && s->r->measured == s->r->n && s->r->n && !s->r->step.is &&
		   !s->r->batch.is && q < s->end && *q == ']' && q + 1 == s->end) {
		s->r->batch = c; /* "loss: 2.303494  [   64/60000]" */
		p = q;
	} else if (s->listed && (rate = take_rate(s, v, q, !c.total))) {
		return rate;
	} else {
		s->r->leftover++;
		p = q;
	}
	if (p < s->end && *p == ']')
		p++;
	return p;
}
