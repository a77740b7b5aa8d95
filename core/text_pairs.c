/* One pass from left to right. Words are collected until something says what they were: a number
 * makes them its name, a separator drops them. So a name is what stands between the last number or
 * separator and the number, and ':' or '=' in between only makes it surer. Words that were dropped
 * are counted: prose leaves many over, a log's line few or none. */
#include "core/text_pairs.h"

#include "core/num.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

enum {
	MAX_WORDS = 6,       /* of a name before ':' or '=' */
	MAX_BLANK_WORDS = 3, /* of a name with nothing between it and the number */
};

struct scan {
	struct text_row *r;
	const char *p, *end;
	/* the name that is being collected */
	const char *from, *to;
	const char *last;   /* its last word */
	const char *before; /* the word before that */
	unsigned words;
	bool fresh;  /* it began at a separator, the line's start or a number */
	bool listed; /* a separator stood in front */
	char assign; /* ':' or '=', or 0 */
	bool tight;  /* nothing stands behind ASSIGN */
	bool text;   /* it may be the value of a name: "device: cuda" */
	/* what was read last */
	bool after_epoch;     /* an epoch's number: a batch may follow */
	const char *epoch_at; /* the word that named the epoch */
	size_t epoch_n;
};

/* -- numbers ---------------------------------------------------------------------------------- */

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool
is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_' || (unsigned char)c >= 0x80;
}

static const char *
skip_unit(const char *p, const char *end)
{
	static const char *const units[] = {"%",   "ms",      "s",      "us",       "ns",
					    "sec", "min",     "h",      "k",        "K",
					    "M",   "G",       "T",      "B",        "KB",
					    "kB",  "MB",      "GB",     "KiB",      "MiB",
					    "GiB", "Mb",      "Gb",     "s/it",     "it/s",
					    "it",  "ms/step", "s/step", "ms/batch", "s/epoch",
					    "x",   "d",       "e",      "m",        "st",
					    "nd",  "rd",      "th"};
	const char *q = p;
	while (q < end && (isalpha((unsigned char)*q) || *q == '/' || *q == '%'))
		q++;
	if (q == p)
		return p;
	for (size_t i = 0; i < sizeof units / sizeof *units; i++)
		if (*units[i] == *p && strlen(units[i]) == (size_t)(q - p) &&
		    !memcmp(units[i], p, (size_t)(q - p)))
			return q;
	return NULL;
}

const char *
text_number(const char *p, const char *end, double *v)
{
	const char *q = num_parse(p, end, v);
	if (!q)
		return NULL;
	/* 1,234,567 */
	bool whole = true;
	for (const char *c = p; c < q; c++)
		whole = whole && isdigit((unsigned char)*c);
	while (whole && q - p <= 15 && end - q >= 4 && *q == ',' && isdigit((unsigned char)q[1]) &&
	       isdigit((unsigned char)q[2]) && isdigit((unsigned char)q[3]) &&
	       (end - q == 4 || (!is_word(q[4]) && q[4] != '.'))) {
		*v = *v * 1000 + (q[1] - '0') * 100 + (q[2] - '0') * 10 + (q[3] - '0');
		q += 4;
	}
	if (!isdigit((unsigned char)p[*p == '-' || *p == '+']) && *v - *v != 0)
		return q < end && is_word(*q) ? NULL : q; /* nan, inf: no part of a word */
	if (q < end && (isalpha((unsigned char)*q) || *q == '%'))
		q = skip_unit(q, end);
	if (!q || q == end)
		return q;
	if (is_word(*q) || *q == '\'')
		return NULL;
	/* The beginning of a version, a date, a time. */
	if (strchr(".-:+", *q) && end - q > 1 && isdigit((unsigned char)q[1]))
		return NULL;
	return q;
}

const char *
text_duration(const char *p, const char *end, double *s)
{
	double total = 0, v = 0;
	const char *q = p;
	unsigned fields = 0;
	const char *day = num_parse(p, end, &v);
	if (day && end - day > 4 && !memcmp(day, " day", 4)) {
		total = v * 86400;
		for (q = day + 4; q < end && (*q == 's' || *q == ',' || *q == ' '); q++)
			;
	}
	double hms = 0;
	for (;;) {
		const char *digits = q;
		v = 0;
		for (; q < end && isdigit((unsigned char)*q); q++)
			v = v * 10 + (*q - '0');
		if (q == digits || q - digits > 6)
			return NULL;
		hms = hms * 60 + v;
		fields++;
		if (q == end || *q != ':')
			break;
		q++;
	}
	if (fields < 2 || fields > 3)
		return NULL;
	if (q < end && (*q == '.' || *q == ',') && q + 1 < end && isdigit((unsigned char)q[1]))
		for (q++; q < end && isdigit((unsigned char)*q); q++)
			;
	if (q < end && is_word(*q))
		return NULL;
	*s = total + hms;
	return q;
}

/* -- words for steps -------------------------------------------------------------------------- */

enum { COUNTS_NOTHING, COUNTS_STEPS, COUNTS_EPOCHS, COUNTS_BATCHES };

static const struct {
	const char *word;
	uint8_t counts;
	uint8_t rank;
	bool assigned; /* only with ':' or '=' */
} step_words[] = {
	{"num_updates", COUNTS_STEPS, 0, false},
	{"global_step", COUNTS_STEPS, 1, false},
	{"global_steps", COUNTS_STEPS, 1, true},
	{"iteration", COUNTS_STEPS, 2, false},
	{"step", COUNTS_STEPS, 3, false},
	{"iter", COUNTS_STEPS, 4, false},
	{"iters", COUNTS_STEPS, 5, true},
	{"iterations", COUNTS_STEPS, 5, true},
	{"total_timesteps", COUNTS_STEPS, 6, true},
	{"timesteps", COUNTS_STEPS, 6, true},
	{"timestep", COUNTS_STEPS, 6, false},
	{"num_timesteps", COUNTS_STEPS, 6, true},
	{"steps", COUNTS_STEPS, 7, true},
	{"updates", COUNTS_STEPS, 8, true},
	{"update", COUNTS_STEPS, 8, false},
	{"episode", COUNTS_STEPS, 9, false},
	{"round", COUNTS_STEPS, 9, false},
	{"epoch", COUNTS_EPOCHS, 0, false},
	{"ep", COUNTS_EPOCHS, 1, false},
	{"batch", COUNTS_BATCHES, 0, false},
	{"minibatch", COUNTS_BATCHES, 0, false},
	{"mini-batch", COUNTS_BATCHES, 0, false},
	{"batch_idx", COUNTS_BATCHES, 0, true},
};

/* Behind these it is another thing: "max step", "time per epoch", "best epoch". */
static const char *const other_than_step[] = {"max",    "total",   "num",     "number", "best",
					      "per",    "every",   "from",    "last",   "of",
					      "warmup", "each",    "skip",    "next",   "min",
					      "until",  "to",      "seconds", "time",   "avg",
					      "early",  "patience"};

static bool
word_in(const char *p, const char *end, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if ((*p | 0x20) == *words[i] && strlen(words[i]) == (size_t)(end - p) &&
		    !strncasecmp(words[i], p, (size_t)(end - p)))
			return true;
	return false;
}
#define WORD_IN(p, end, words) word_in(p, end, words, sizeof(words) / sizeof *(words))

static int
find_step_word(const char *p, const char *end, bool assigned)
{
	for (size_t i = 0; i < sizeof step_words / sizeof *step_words; i++)
		if ((*p | 0x20) == *step_words[i].word &&
		    strlen(step_words[i].word) == (size_t)(end - p) &&
		    !strncasecmp(step_words[i].word, p, (size_t)(end - p)))
			return assigned || !step_words[i].assigned ? (int)i : -1;
	return -1;
}

static const char *
end_of_last_word(const struct scan *s)
{
	const char *q = s->last;
	while (q < s->to && !is_blank(*q))
		q++;
	return q;
}

/* The row of step_words[] that the collected name ends with, or -1. */
static int
name_counts(const struct scan *s)
{
	if (!s->words)
		return -1;
	int i = find_step_word(s->last, end_of_last_word(s), s->assign != 0);
	if (i < 0 || !s->before)
		return i;
	/* "number of skipped iterations: 0" is another count. */
	if (step_words[i].assigned)
		return -1;
	const char *q = s->before;
	while (q < s->last && !is_blank(*q))
		q++;
	if (WORD_IN(s->before, q, other_than_step))
		return -1;
	return i;
}

/* -- names ------------------------------------------------------------------------------------ */

static void
begin_name(struct scan *s, bool listed)
{
	s->from = s->to = s->last = s->before = NULL;
	s->words = 0;
	s->assign = 0;
	s->text = false;
	s->fresh = true;
	s->listed = listed;
}

static void
drop_name(struct scan *s)
{
	/* "Train | loss 0.5": which data it is about */
	if (s->words == 1 && !s->r->nprefix && text_is_split(s->from, (size_t)(s->to - s->from)))
		text_row_prefix(s->r, s->from, (size_t)(s->to - s->from));
	else
		s->r->leftover += s->words - (s->words && s->text);
	begin_name(s, true);
}

static void
add_word(struct scan *s, const char *p, const char *end)
{
	if (s->assign) { /* "Train: loss 0.5" */
		const char *set = s->before ? s->last : NULL;
		size_t n = (size_t)(s->to - s->from);
		if (set && s->words == 2 && s->to - set == 3 && !strncasecmp(set, "set", 3))
			n = (size_t)(set - 1 - s->from);
		bool split = !s->r->nprefix && text_is_split(s->from, n);
		if (split)
			text_row_prefix(s->r, s->from, n);
		else
			s->r->leftover++;
		begin_name(s, true);
		s->text = !split;
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

/* -- counts ----------------------------------------------------------------------------------- */

static bool
whole(double v, int64_t *out)
{
	return v >= 0 && num_to_step(v, out);
}

/* "/ 1000", " of 1000" behind a count. */
static const char *
take_total(const char *p, const char *end, int64_t *total)
{
	const char *q = p;
	double v;
	while (q < end && is_blank(*q))
		q++;
	if (q < end && *q == '/')
		q++;
	else if (end - q > 3 && !memcmp(q, "of ", 3))
		q += 3;
	else
		return p;
	while (q < end && is_blank(*q))
		q++;
	if (q == end || !isdigit((unsigned char)*q))
		return p;
	q = text_number(q, end, &v);
	return q && whole(v, total) ? q : p;
}

static const char *
skip_percent(const char *p, const char *end)
{
	const char *q = p;
	while (q < end && is_blank(*q))
		q++;
	if (q == end || *q != '(')
		return p;
	const char *close = memchr(q, ')', (size_t)(end - q));
	return close && close - q < 12 && close[-1] == '%' ? close + 1 : p;
}

/* "[100/1252]" behind an epoch. */
static const char *
take_batch(struct scan *s, const char *p)
{
	const char *q = p;
	double v;
	while (q < s->end && is_blank(*q))
		q++;
	if (q == s->end || (*q != '[' && *q != '('))
		return p;
	char close = *q == '[' ? ']' : ')';
	for (q++; q < s->end && is_blank(*q); q++)
		;
	if (q == s->end || !isdigit((unsigned char)*q) || !(q = text_number(q, s->end, &v)))
		return p;
	struct text_count c = {.is = true};
	if (!whole(v, &c.n))
		return p;
	q = take_total(q, s->end, &c.total);
	q = skip_percent(q, s->end);
	while (q < s->end && is_blank(*q))
		q++;
	if (q == s->end || *q != close)
		return p;
	s->r->batch = c;
	return q + 1;
}

/* A number under a word that counts. */
static const char *
take_count(struct scan *s, int word, double v, const char *p)
{
	struct text_row *r = s->r;
	struct text_count c = {.is = true};
	const char *label = s->from;
	size_t nlabel = 0;
	if (!whole(v, &c.n))
		return NULL;
	p = skip_percent(take_total(p, s->end, &c.total), s->end);
	switch (step_words[word].counts) {
	case COUNTS_EPOCHS:
		if (r->epoch.is)
			return NULL;
		r->epoch = c;
		s->epoch_at = s->last;
		s->epoch_n = (size_t)(end_of_last_word(s) - s->last);
		s->after_epoch = true;
		break;
	case COUNTS_BATCHES:
		r->batch = c;
		r->batch_named = true;
		break;
	default:
		if (r->step.is && r->step_rank <= step_words[word].rank)
			return NULL;
		r->step = c;
		r->step_rank = step_words[word].rank;
		r->step_told = s->assign && !step_words[word].assigned;
	}
	if (s->words > 1) {
		nlabel = (size_t)(s->last - s->from);
		while (nlabel && is_blank(label[nlabel - 1]))
			nlabel--;
		const char *blank = memchr(label, ' ', nlabel);
		size_t first = blank ? (size_t)(blank - label) : nlabel;
		if (text_is_split(label, first) && !r->nprefix && !r->n)
			text_row_prefix(r, label, first);
		else
			r->leftover += s->words - 1;
	}
	if (p < s->end && *p == ']')
		p++;
	if (s->after_epoch)
		p = take_batch(s, p);
	return p;
}

/* "262144 tok/s", "50.0% bf16 MFU", "20 sec": a piece of a list whose name stands behind; or
 * NULL. */
static const char *
take_rate(struct scan *s, double v, const char *p, bool add)
{
	while (p < s->end && is_blank(*p))
		p++;
	if (p == s->end || !isalpha((unsigned char)*p))
		return NULL;
	const char *q = p;
	while (q < s->end && (is_word(*q) || *q == '/' || (*q == ' ' && q - p < 8)))
		q++;
	while (q > p && is_blank(q[-1]))
		q--;
	size_t n = (size_t)(q - p);
	const char *behind = q;
	while (behind < s->end && is_blank(*behind))
		behind++;
	if (behind < s->end && !strchr("|,;", *behind))
		return NULL;
	static const char *const durations[] = {"sec", "secs", "seconds", "min", "h", "hours"};
	if (WORD_IN(p, q, durations))
		return q;
	if ((n > 2 && !memcmp(q - 2, "/s", 2)) || (n > 4 && !memcmp(q - 4, "/sec", 4)) ||
	    (n > 2 && !memcmp(q - 3, "MFU", 3)) || (n == 2 && !memcmp(p, "ms", 2))) {
		if (add)
			text_row_add(s->r, p, n, v);
		return q;
	}
	return NULL;
}

/* A number without a name: "[100/1000] loss 0.5", "epoch 001:   100 / 1000 loss=6.1". */
static const char *
take_orphan(struct scan *s, double v, const char *p, bool first)
{
	struct text_count c = {.is = true};
	const char *q = p, *rate;
	if (whole(v, &c.n))
		q = take_total(p, s->end, &c.total);
	if (c.total && s->after_epoch && !s->r->batch.is) {
		s->r->batch = c;
		p = q;
	} else if (c.total && first && s->r->nprefix && strncasecmp(s->r->names.buf, "train", 5)) {
		/* "Test: [10/97] loss 0.5" */
		s->r->partial = c.n + 1 < c.total;
		p = q;
	} else if (c.total && first && !s->r->step.is && !s->r->epoch.is) {
		s->r->step = c;
		s->r->step_rank = 20;
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

/* -- pairs ------------------------------------------------------------------------------------ */

/* "6.9 (7.0)", "11.0 (+nanz)": an average or the like, which has no name. */
static const char *
skip_aside(const char *p, const char *end)
{
	const char *q = p;
	while (q < end && is_blank(*q))
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

static bool
ends_piece(const char *p, const char *end)
{
	while (p < end && *p == ' ')
		p++;
	return p == end || strchr("|,;)]}-\t", *p);
}

/* A number under a name that counts nothing. */
static const char *
take_value(struct scan *s, double v, const char *p)
{
	static const char *const small[] = {"with", "and", "the", "a",  "of", "at",  "is",  "was",
					    "for",  "in",  "on",  "by", "to", "has", "than"};
	const char *from = s->from, *to = s->to, *q;
	int64_t a, b = 0;
	bool ok;
	if (s->assign == ':' && !s->r->epoch.is && whole(v, &a) &&
	    text_is_split(from, (size_t)(to - from)) && (q = take_batch(s, p)) != p) {
		/* timm: "Train: 3 [ 100/1251 (  8%)]  Loss: 6.94 (6.94)" */
		text_row_prefix(s->r, from, (size_t)(to - from));
		s->r->epoch = (struct text_count){.is = true, .n = a};
		begin_name(s, true);
		return q;
	}
	while (s->words > 1) {
		for (q = from; q < to && !is_blank(*q); q++)
			;
		if (!WORD_IN(from, q, small))
			break;
		while (q < to && is_blank(*q))
			q++;
		from = q;
		s->words--;
		s->r->leftover++;
	}
	double behind;
	/* "9812/10000": a share; "2470/10042=0.2460": one that is worked out */
	if (whole(v, &a) && (q = take_total(p, s->end, &b)) != p) {
		if (q < s->end && *q == '=' && (q = text_number(q + 1, s->end, &behind)))
			v = behind;
		else if (b && name_known(from, to))
			v = (double)a / (double)b;
		else
			b = -1;
		p = q ? q : p;
	}
	p = skip_aside(p, s->end);
	if (s->assign == ':' && s->tight)
		ok = s->words <= MAX_BLANK_WORDS &&
		     ((s->words == 1 && s->r->step.is) || name_known(from, to));
	else if (s->assign)
		ok = s->words <= MAX_WORDS;
	else
		ok = s->words <= MAX_BLANK_WORDS && s->fresh &&
		     (name_known(from, to) || (s->listed && ends_piece(p, s->end)));
	if (!strncasecmp(from, "eta", 3) && to - from == 3)
		ok = false;
	else if (b >= 0 && ok)
		text_row_add(s->r, from, (size_t)(to - from), v);
	else
		s->r->leftover += s->words;
	s->after_epoch = false;
	bool listed = ends_piece(p, s->end);
	begin_name(s, listed);
	return p;
}

static const char *
take_number(struct scan *s, const char *p)
{
	double v = 0;
	bool first = !s->r->n && !s->words;
	const char *q = text_duration(p, s->end, &v);
	if (q) {
		if (s->words && s->to - s->from == 3 && !strncasecmp(s->from, "eta", 3))
			s->r->eta_s = v;
		else
			s->r->leftover += s->assign || !s->words ? 0 : s->words;
		begin_name(s, false);
		return q;
	}
	q = text_number(p, s->end, &v);
	if (!q) { /* something that begins with a digit */
		for (q = p; q < s->end && !is_blank(*q) && !strchr(",;|)]", *q); q++)
			;
		s->r->leftover += 1 + (s->assign ? 0 : s->words);
		begin_name(s, false);
		return q > p ? q : p + 1;
	}
	if (!s->words) {
		q = take_orphan(s, v, q, first);
		begin_name(s, false);
		return q;
	}
	int word = name_counts(s);
	if (word >= 0) {
		const char *behind = take_count(s, word, v, q);
		if (behind) {
			begin_name(s, true);
			return behind;
		}
	}
	return take_value(s, v, q);
}

/* -- words ------------------------------------------------------------------------------------ */

static const char *
skip_junk(struct scan *s, const char *p, unsigned cost)
{
	while (p < s->end && !is_blank(*p))
		p++;
	s->r->leftover += cost + s->words;
	begin_name(s, false);
	return p;
}

static bool
in_word(const char *p, const char *end)
{
	if (is_word(*p) || *p == '@' || *p == '\'' || *p == '#')
		return true;
	/* these join: train/loss, train-rmse, mAP@.5 */
	return strchr("/.-+*%", *p) && p + 1 < end && (is_word(p[1]) || strchr(".@", p[1]));
}

static const char *
take_word(struct scan *s, const char *p)
{
	const char *q = p;
	double v;
	while (q < s->end && in_word(q, s->end))
		q++;
	if (q == p)
		return p + 1;
	if (q - p > 120)
		return skip_junk(s, q, 1);
	if (s->words && (q - p == 3 || q - p == 8) && num_parse(p, q, &v) == q)
		return take_number(s, p);                                /* nan, inf */
	if (q + 1 < s->end && *q == '.' && q - p <= 5 && is_blank(q[1])) /* "Val. Acc" */
		q++;
	if (s->assign == '=' && s->tight) { /* mode=train */
		begin_name(s, false);
		return q;
	}
	/* epoch3, batch17 */
	const char *digits = q;
	while (digits > p && isdigit((unsigned char)digits[-1]))
		digits--;
	if (digits > p && digits < q && find_step_word(p, digits, false) >= 0) {
		add_word(s, p, digits);
		return take_number(s, digits);
	}
	add_word(s, p, q);
	if (q < s->end && *q == '%') /* top1% */
		s->to = ++q;
	return q;
}

/* "(ms)" as part of a name: "elapsed time per iteration (ms): 12.3"; or NULL. */
static const char *
take_unit_of_name(struct scan *s, const char *p)
{
	if (!s->words || s->assign)
		return NULL;
	for (const char *q = p + 1; q < s->end && q - p < 24; q++) {
		if (*q == '(' || isdigit((unsigned char)*q))
			return NULL;
		if (*q != ')')
			continue;
		q++;
		const char *behind = q;
		while (behind < s->end && is_blank(*behind))
			behind++;
		if (behind == s->end || (*behind != ':' && *behind != '='))
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
take_mark(struct scan *s, const char *p)
{
	const char *q;
	switch (*p) {
	case ':':
	case '=':
		if (p + 1 < s->end && strchr(":=>", p[1]))
			return skip_junk(s, p, 2);
		if (!s->words || s->assign)
			return p + 1;
		s->assign = *p;
		s->tight = p + 1 < s->end && !is_blank(p[1]);
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
		    name_counts(s) >= 0)
			return p + 1;
		if (s->assign && is_lone(p, s->end))
			return p + 1;
		drop_name(s);
		return p + 1;
	case '-':
		if (p + 1 < s->end && p[1] == '-') { /* an option of a command */
			s->r->leftover += 3;
			while (p < s->end && *p == '-')
				p++;
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
	if (end - p >= 3 && u[0] == 0xE2 && u[1] >= 0x86 && u[1] <= 0xAF) /* U+2180 to U+2BFF */
		return 3;
	return end - p >= 3 && !memcmp(p, "\xEF\xB8\x8F", 3) ? 3 : 0; /* drawn as a picture */
}

/* Two blanks or a tab part columns, but also a name from a number that is set flush right. */
static const char *
take_blanks(struct scan *s, const char *p)
{
	const char *from = p;
	bool tab = false;
	for (; p < s->end && is_blank(*p); p++)
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
	struct scan s = {.r = r, .p = p, .end = end};
	begin_name(&s, true);
	while (p < end && r->leftover <= most) {
		unsigned char c = (unsigned char)*p;
		bool sign = (c == '-' || c == '+' || c == '.') && end - p > 1 &&
			    (isdigit((unsigned char)p[1]) ||
			     (p[1] == '.' && end - p > 2 && isdigit((unsigned char)p[2])) ||
			     (c != '.' && s.assign && (p[1] == 'n' || p[1] == 'i')));
		size_t n = c >= 0x80 ? picture(p, end) : 0;
		if (n)
			p += n;
		else if (is_blank(*p))
			p = take_blanks(&s, p);
		else if (isdigit(c) || sign)
			p = take_number(&s, p);
		else if (is_word(*p) || c == '#' || c == '@')
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
