/* One pass from left to right. Words are collected until something says what they were: a number
 * makes them its name, a separator drops them. So a name is what stands between the last number or
 * separator and the number, and ':' or '=' in between only makes it surer. Words that were dropped
 * are counted: prose leaves many over, a log's line few or none. */
#include "core/text_pairs.h"

#include "core/num.h"
#include "core/text_number.h"
#include "core/text_scan.h"
#include "core/text_word.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

enum {
	MAX_WORDS = 6,       /* of a name before ':' or '=' */
	MAX_BLANK_WORDS = 3, /* of a name with nothing between it and the number */
};

/* -- names ------------------------------------------------------------------------------------ */

/* "Epoch 3 - Save Best Score: 0.8 Model" tells what a program does. */
static const char *const deeds[] = {"save",   "saving",   "saved", "loading", "loaded",
				    "resume", "resuming", "using", "found"};

static void
begin_name(struct text_scan *s, bool listed)
{
	s->from = s->to = s->last = s->before = NULL;
	s->words = 0;
	s->assign = 0;
	s->text = false;
	s->fresh = true;
	s->listed = listed;
}

/* The bytes of the collected name that say which data it is about, when what stands behind them
 * says no more: "Test", "Test set results", "Dev BLEU". */
static size_t
part_of_data(const struct text_scan *s)
{
	static const char *const more[] = {"set", "results", "result", "metrics", "scores"};
	const char *p = text_word_end(s->from, s->to);
	size_t n = (size_t)(p - s->from);
	while (p < s->to) {
		while (p < s->to && text_is_blank(*p))
			p++;
		const char *word = p;
		while (p < s->to && !text_is_blank(*p))
			p++;
		if (word < p && !TEXT_WORD_IN(word, p, more) &&
		    !text_name_known(word, (size_t)(p - word)))
			return (size_t)(s->to - s->from);
	}
	return n;
}

/* "Averaged stats: loss: 0.5" is not the loss of a step. */
static bool
is_summary(const struct text_scan *s)
{
	static const char *const first[] = {"averaged", "average", "avg",  "mean",
					    "overall",  "final",   "best", "summary"};
	static const char *const last[] = {"stats",  "statistics",  "results", "metrics",
					   "scores", "performance", "metric"};
	return s->words == 2 && TEXT_WORD_IN(s->from, text_word_end(s->from, s->to), first) &&
	       TEXT_WORD_IN(s->last, s->to, last);
}

/* The bytes of the collected name that are to stand before all names of the line; 0: none. */
static size_t
label(const struct text_scan *s)
{
	size_t n = s->words ? part_of_data(s) : 0;
	/* a later one is another part: "Train: loss 0.5 | Val: loss 0.6" */
	if (!n || (s->r->prefix.len && !s->r->n) || (!s->r->prefix.len && s->r->n))
		return 0;
	return text_is_part(s->from, n) ? n : is_summary(s) ? (size_t)(s->to - s->from) : 0;
}

static void
drop_name(struct text_scan *s)
{
	/* "Train | loss 0.5", "Validation Results - Epoch: 1  loss: 0.5": which data it is about;
	 * "Epoch 1 Training - Loss: 0.5" */
	static const char *const now[] = {"cur", "current"};
	static const char *const metric[] = {"metric", "metrics"};
	bool counted = s->r->epoch.is || s->r->step.is;
	size_t n = label(s);
	if (s->words == 3 && s->to - s->from == 15 &&
	    !strncasecmp(s->from, "end of training", 15)) {
		begin_name(s, true);
		return;
	}
	if (s->words == 2 && TEXT_WORD_IN(s->last, s->to, metric) && s->before &&
	    TEXT_WORD_IN(s->before, text_word_end(s->before, s->to), now)) {
		begin_name(s, true); /* "cur metric, hmean: 0.5" */
		return;
	}
	if (n && (s->words > 1 || counted || text_is_split(s->from, n)))
		text_row_prefix(s->r, s->from, n);
	else
		s->r->leftover += s->words - (s->words && s->text);
	begin_name(s, true);
}

static void
add_word(struct text_scan *s, const char *p, const char *end)
{
	if (s->assign) { /* "Train: loss 0.5" */
		size_t n = label(s);
		bool split = n > 0;
		if (split)
			text_row_prefix(s->r, s->from, n);
		else
			s->r->leftover++;
		begin_name(s, true);
		s->text = !split;
	}
	if (!s->words && s->r->n && TEXT_WORD_IN(p, end, deeds)) {
		s->over = true; /* "|| Loss: 14.1 || Saving state, iter: 20" */
		return;
	}
	if (!s->words)
		s->from = p;
	s->before = s->words ? s->last : NULL;
	s->last = p;
	s->to = end;
	s->words++;
}

static bool
name_known(const char *p, const char *end)
{
	return text_name_known(p, (size_t)(end - p));
}

/* -- pairs ------------------------------------------------------------------------------------ */

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
	static const char *const units[] = {"s",   "sec", "secs", "second",  "seconds",
					    "ms",  "us",  "mins", "minutes", "hours",
					    "hrs", "mb",  "gb",   "kb",      "mib",
					    "gib", "kib", "db",   "it",      "iters"};
	static const char *const rates[] = {"/s",    "/sec",  "/second", "/it",
					    "/iter", "/step", "/batch",  "/epoch"};
	if (TEXT_WORD_IN(p, end, units))
		return true;
	for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
		size_t n = strlen(rates[i]);
		if ((size_t)(end - p) > n && !memcmp(end - n, rates[i], n))
			return true;
	}
	return false;
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
	if ((q < end && (text_is_word(*q) || *q == '.')) || !is_unit(p, q))
		return from;
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

/* A number under a name that counts nothing. */
static const char *
take_value(struct text_scan *s, double v, const char *p)
{
	static const char *const small[] = {"with", "and", "the", "a",  "of", "at",  "is",  "was",
					    "for",  "in",  "on",  "by", "to", "has", "than"};
	static const char *const counters[] = {"eta",  "rank",  "run",      "fold",
					       "seed", "trial", "required", "remaining"};
	const char *from = s->from, *to = s->to, *q;
	int64_t a, b = 0;
	bool ok;
	if (s->assign == ':' && !s->r->epoch.is && text_is_count(v, &a) &&
	    text_is_split(from, (size_t)(to - from)) && (q = text_take_batch(s, p)) != p) {
		/* timm: "Train: 3 [ 100/1251 (  8%)]  Loss: 6.94 (6.94)" */
		text_row_prefix(s->r, from, (size_t)(to - from));
		s->r->epoch = (struct text_count){.is = true, .n = a};
		begin_name(s, true);
		return q;
	}
	if (!s->assign && s->words == 1 && !s->r->step.is && !s->r->n && !s->r->prefix.len &&
	    p < s->end && (*p == ':' || *p == ',') && text_is_count(v, &a) &&
	    text_is_split(from, (size_t)(to - from))) { /* "Train 100: loss: 1.2" */
		text_row_prefix(s->r, from, (size_t)(to - from));
		s->r->step = (struct text_count){.is = true, .n = a};
		s->r->step_rank = TEXT_RANK_ORPHAN;
		begin_name(s, true);
		return p + 1;
	}
	double told;
	if (!s->assign && !s->r->step.is && s->end - p > 2 && p[0] == ':' && p[1] == ' ' &&
	    text_is_count(v, &a) &&
	    (q = text_number(text_skip_blanks(p + 1, s->end), s->end, &told)) &&
	    name_known(from, to)) { /* "Validation loss 1000: 0.5" */
		s->r->step = (struct text_count){.is = true, .n = a};
		s->r->step_rank = TEXT_RANK_ORPHAN;
		s->assign = ':';
		s->tight = false;
		v = told;
		p = q;
	}
	while (s->words > 1) {
		for (q = from; q < to && !text_is_blank(*q); q++)
			;
		if (!TEXT_WORD_IN(from, q, small))
			break;
		while (q < to && text_is_blank(*q))
			q++;
		from = q;
		s->words--;
		s->r->leftover++;
	}
	to = before_verb(s, to);
	double behind;
	/* "9812/10000": a share; "2470/10042=0.2460": one that is worked out */
	if (text_is_count(v, &a) && (q = text_take_total(p, s->end, &b)) != p && b) {
		if (q < s->end && *q == '=' && (q = text_number(q + 1, s->end, &behind)))
			v = behind;
		else if (b && name_known(from, to))
			v = (double)a / (double)b;
		else
			b = -1;
		p = q ? q : p;
	}
	p = skip_far_unit(skip_spread(p, s->end), s->end);
	p = skip_second(skip_aside(p, s->end), s->end);
	if (s->assign == ':' && s->tight)
		ok = s->words <= MAX_BLANK_WORDS &&
		     ((s->words == 1 && s->r->step.is) || name_known(from, to));
	else if (s->assign)
		ok = s->words <= MAX_WORDS;
	else
		ok = s->words <= MAX_BLANK_WORDS && s->fresh &&
		     (name_known(from, to) || (s->listed && ends_piece(p, s->end)));
	if (TEXT_WORD_IN(from, text_word_end(from, to), deeds)) {
		ok = false;
	} else if (*from == '#') { /* "#Images: 500" */
		ok = false;
		s->words = 0;
	} else if (TEXT_WORD_IN(from, to, counters)) {
		ok = false;
		s->words = 0;
	}
	if (b >= 0 && ok)
		add_pair(s, from, (size_t)(to - from), v);
	else
		s->r->leftover += s->words;
	s->after_epoch = false;
	bool listed = ends_piece(p, s->end);
	while (p < s->end && *p == ' ')
		p++;
	s->at_hand = s->at_hand && p < s->end && !strchr("|,;", *p);
	begin_name(s, listed);
	return p;
}

/* "Training average loss at step 100: 0.5": behind it; or NULL. */
static const char *
take_value_at(struct text_scan *s, const struct text_step_word *word, double count, const char *p)
{
	struct text_count c = {.is = true};
	double v;
	if (s->words < 3 || s->assign || s->end - p < 3 || *p != ':' || !text_is_blank(p[1]) ||
	    text_word_end(s->before, s->to) - s->before != 2 || memcmp(s->before, "at", 2) != 0 ||
	    !text_is_count(count, &c.n) || word->counts == TEXT_COUNTS_BATCHES || s->r->step.is ||
	    s->r->epoch.is)
		return NULL;
	p = text_number(text_skip_blanks(p + 1, s->end), s->end, &v);
	const char *to = s->before;
	while (to > s->from && text_is_blank(to[-1]))
		to--;
	if (!p || !name_known(s->from, to))
		return NULL;
	*(word->counts == TEXT_COUNTS_STEPS ? &s->r->step : &s->r->epoch) = c;
	s->r->step_rank = word->rank;
	text_row_add(s->r, s->from, (size_t)(to - s->from), v);
	begin_name(s, false);
	return p;
}

static const char *
take_number(struct text_scan *s, const char *p)
{
	double v = 0;
	bool first = !s->r->n && !s->words;
	const char *q = text_duration(p, s->end, &v);
	if (q) {
		if (s->words && s->to - s->from == 3 && !strncasecmp(s->from, "eta", 3))
			s->r->eta_s = v > 0 ? v : -1;
		else
			s->r->leftover += s->assign || s->words <= 2 ? 0 : s->words;
		begin_name(s, false);
		return q;
	}
	q = text_number(p, s->end, &v);
	if (!q) { /* something that begins with a digit */
		for (q = p; q < s->end && !text_is_blank(*q) && !strchr(",;|)]", *q); q++)
			;
		s->r->leftover += 1 + (s->assign ? 0 : s->words);
		begin_name(s, false);
		return q > p ? q : p + 1;
	}
	if (!s->words) {
		q = text_take_orphan(s, v, q, first);
		begin_name(s, false);
		return q;
	}
	const struct text_step_word *word = text_name_counts(s);
	const char *value = word ? take_value_at(s, word, v, q) : NULL;
	if (value)
		return value;
	if (word) {
		const char *behind = text_take_count(s, word, v, q);
		if (behind) {
			begin_name(s, true);
			return behind;
		}
	}
	return take_value(s, v, q);
}

/* -- words ------------------------------------------------------------------------------------ */

static const char *
skip_junk(struct text_scan *s, const char *p, unsigned cost)
{
	while (p < s->end && !text_is_blank(*p))
		p++;
	s->r->leftover += cost + s->words;
	begin_name(s, false);
	return p;
}

static bool
in_word(const char *p, const char *end)
{
	if (text_is_word(*p) || *p == '@' || *p == '\'' || *p == '#')
		return true;
	/* these join: train/loss, train-rmse, mAP@.5 */
	return strchr("/.-+*%", *p) && p + 1 < end && (text_is_word(p[1]) || strchr(".@", p[1]));
}

static const char *
take_word(struct text_scan *s, const char *p)
{
	const char *q = p;
	double v;
	while (q < s->end && in_word(q, s->end))
		q++;
	if (q == p)
		return p + 1;
	if (*p == '#' && q - p == 1 && q < s->end && text_is_blank(*q) && s->words &&
	    text_name_counts(s))
		return q; /* "epoch # 3" */
	if (*p == '#' && s->words && q - p > 1 && isdigit((unsigned char)p[1]))
		return take_number(s, p + 1); /* "Epoch #3" */
	if (q - p > 120)
		return skip_junk(s, q, 1);
	if (s->words && (q - p == 3 || q - p == 8) && num_parse(p, q, &v) == q &&
	    (s->assign || name_known(s->from, s->to)))
		return take_number(s, p); /* nan, inf */
	if (q + 1 < s->end && *q == '.' && q - p <= 8 &&
	    (text_is_blank(q[1]) || q[1] == ':')) /* "Val. Acc", "acc.: 0.5" */
		q++;
	if (s->assign == '=' && s->tight) { /* mode=train */
		begin_name(s, false);
		return q;
	}
	/* epoch3, batch17 */
	const char *digits = q;
	while (digits > p && isdigit((unsigned char)digits[-1]))
		digits--;
	const char *stem = digits; /* epoch-3, iter_20: */
	if (digits > p + 1 && strchr("-_#", digits[-1]) && (q == s->end || strchr(" :,]|\t", *q)))
		stem--;
	if (digits > p && digits < q && text_step_word(p, stem, false)) {
		add_word(s, p, stem);
		return take_number(s, digits);
	}
	/* 'train_acc': 0.5 */
	bool quoted = q - p > 1 && q[-1] == '\'' && p > s->p && p[-1] == '\'';
	add_word(s, p, quoted ? q - 1 : q);
	if (q < s->end && *q == '%') /* top1% */
		s->to = ++q;
	return q;
}

/* "(ms)" as part of a name: "elapsed time per iteration (ms): 12.3"; or NULL. */
static const char *
take_unit_of_name(struct text_scan *s, const char *p)
{
	if (!s->words || s->assign)
		return NULL;
	unsigned depth = 1;
	for (const char *q = p + 1; q < s->end && q - p < 24; q++) {
		if (*q == '(' && depth++ > 1)
			return NULL;
		if (isdigit((unsigned char)*q))
			return NULL;
		if (*q != ')' || --depth)
			continue;
		q++;
		const char *behind = q;
		while (behind < s->end && text_is_blank(*behind))
			behind++;
		/* "Time(s) 1.5" */
		bool stuck = p > s->p && text_is_word(p[-1]) && behind > q && behind < s->end &&
			     isdigit((unsigned char)*behind);
		if (behind == s->end || (!stuck && *behind != ':' && *behind != '='))
			return NULL;
		const char *inside = p + 1;
		/* Epoch(train) [1][100/1252] is one of text_shape.c */
		s->before = s->last;
		s->last = inside;
		s->to = q;
		s->words++;
		return q;
	}
	return NULL;
}

/* "[0.01]": a list of one, as learning rates often are. */
static bool
is_lone(const char *p, const char *end)
{
	double v;
	const char *q = num_parse(p + 1, end, &v);
	return q && q < end && *q == ']';
}

/* Behind "[2.5, 3.5, 4.5]", numbers that have no names; or NULL. */
static const char *
behind_list(const char *p, const char *end)
{
	double v;
	unsigned n = 0;
	do {
		p = num_parse(text_skip_blanks(p + 1, end), end, &v);
		n++;
	} while (p && p < end && *p == ',');
	return p && p < end && *p == ']' && n > 1 ? p + 1 : NULL;
}

/* "iter 20 || Loss: 7.9 || /usr/lib/x.py:238: UserWarning: …": what another stream wrote into the
 * line. */
static bool
is_warning(const char *p, const char *end)
{
	const char *py = memmem(p, (size_t)(end - p), ".py:", 4);
	if (!py || memchr(p, ' ', (size_t)(py - p)))
		return false;
	for (p = py + 4; p < end && isdigit((unsigned char)*p); p++)
		;
	return end - p > 2 && p > py + 4 && p[0] == ':' && p[1] == ' ';
}

static const char *
take_mark(struct text_scan *s, const char *p)
{
	const char *q;
	switch (*p) {
	case ':':
	case '=':
		if (s->words && !s->assign && *p == ':' && s->end - p > 3 && p[1] == ':') {
			for (q = p; q < s->end && *q == ':'; q++)
				;
			if (q < s->end && text_is_blank(*q)) /* "EPOCH ::: 3" */
				p = q - 1;
		}
		if (p + 1 < s->end && strchr(":=>", p[1]))
			return skip_junk(s, p, 2);
		if (!s->words || s->assign)
			return p + 1;
		s->assign = *p;
		s->tight = p + 1 < s->end && !text_is_blank(p[1]);
		return p + 1;
	case '(':
		if ((q = take_unit_of_name(s, p)))
			return q;
		if (!s->assign)
			drop_name(s);
		return p + 1;
	case '[':
		/* "Epoch [1/10]", "loss: [0.5" */
		if (s->words && p + 1 < s->end && (isdigit((unsigned char)p[1]) || p[1] == ' ') &&
		    text_name_counts(s))
			return p + 1;
		if (s->assign && is_lone(p, s->end))
			return p + 1;
		if (s->assign && (q = behind_list(p, s->end))) {
			begin_name(s, true);
			return q;
		}
		drop_name(s);
		return p + 1;
	case '-':
		if (p + 1 < s->end && p[1] == '-') {
			while (p < s->end && *p == '-')
				p++;
			if (p < s->end && text_is_word(*p)) /* an option of a command */
				s->r->leftover += 3;
			else
				drop_name(s);
			return p;
		}
		if (p + 1 < s->end && p[1] == '>')
			return skip_junk(s, p, 2);
		drop_name(s);
		return p + 1;
	case '/':
		if (!s->words && s->r->n && is_warning(p, s->end))
			return s->end;
		return skip_junk(s, p, 1);
	case '\\':
	case '~':
		return skip_junk(s, p, 1);
	case '?':
	case '!':
	case '`':
	case '$':
		s->r->leftover++;
		return p + 1;
	default:
		if (!s->assign || *p != '"')
			drop_name(s);
		return p + 1;
	}
}

/* Bytes of a picture or an arrow at P, which is no part of a name; 0: there is none. */
static size_t
picture(const char *p, const char *end)
{
	const unsigned char *u = (const unsigned char *)p;
	if (end - p >= 4 && u[0] == 0xF0 && u[1] == 0x9F)
		return 4;
	/* U+2180 to U+2BFF, but for APL's letters */
	if (end - p >= 3 && u[0] == 0xE2 && u[1] >= 0x86 && u[1] <= 0xAF && u[1] != 0x8D)
		return 3;
	return end - p >= 3 && !memcmp(p, "\xEF\xB8\x8F", 3) ? 3 : 0; /* drawn as a picture */
}

/* Two blanks or a tab part columns, but also a name from a number that is set flush right. */
static const char *
take_blanks(struct text_scan *s, const char *p)
{
	const char *from = p;
	bool tab = false;
	for (; p < s->end && text_is_blank(*p); p++)
		tab = tab || *p == '\t';
	if ((tab || p - from > 1) && s->words && !s->assign && p < s->end &&
	    !isdigit((unsigned char)*p) && !strchr("-+.:=[(", *p))
		drop_name(s);
	else if (tab || p - from > 1)
		s->listed = s->listed || !s->words;
	return p;
}

void
text_pairs_scan(struct text_row *r, const char *p, const char *end, unsigned most)
{
	struct text_scan s = {.r = r, .p = p, .end = end};
	begin_name(&s, true);
	/* "->> loss: 0.5", "==> epoch 3" */
	const char *arrow = p;
	while (arrow < end && strchr("-=>", *arrow))
		arrow++;
	if (arrow - p > 1 && arrow[-1] == '>')
		p = arrow;
	while (p < end && r->leftover <= most && !s.over) {
		unsigned char c = (unsigned char)*p;
		bool sign = (c == '-' || c == '+' || c == '.') && end - p > 1 &&
			    (isdigit((unsigned char)p[1]) ||
			     (p[1] == '.' && end - p > 2 && isdigit((unsigned char)p[2])) ||
			     (c != '.' && s.assign && (p[1] == 'n' || p[1] == 'i')));
		size_t n = c >= 0x80 ? picture(p, end) : 0;
		if (n)
			p += n;
		else if (text_is_blank(*p))
			p = take_blanks(&s, p);
		else if (isdigit(c) || sign)
			p = take_number(&s, p);
		else if (text_is_word(*p) || c == '#' || c == '@')
			p = take_word(&s, p);
		else
			p = take_mark(&s, p);
	}
	drop_name(&s);
	/* Beside a step an epoch is a metric. */
	r->bare = !r->n;
	if (r->step.is && s.epoch_at && !r->batch.is)
		text_row_add(r, s.epoch_at, s.epoch_n, (double)r->epoch.n);
}
