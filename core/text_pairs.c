/* One pass from left to right. A name is what stands between the last number or separator and the
 * number (text_name.c, text_value.c), and ':' or '=' in between only makes it surer. Words that
 * were dropped are counted: prose leaves many over, a log's line few or none. */
#include "core/text_pairs.h"

#include "core/num.h"
#include "core/text_number.h"
#include "core/text_scan.h"
#include "core/text_word.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

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
		text_begin_name(s, false);
		return q;
	}
	q = text_number(p, s->end, &v);
	if (!q && (q = text_take_epoch_and_batch(s, p)))
		return q;
	if (!q) { /* something that begins with a digit */
		for (q = p; q < s->end && !text_is_blank(*q) && !strchr(",;|)]", *q); q++)
			;
		s->r->leftover += 1 + (s->assign ? 0 : s->words);
		text_begin_name(s, false);
		return q > p ? q : p + 1;
	}
	if (!s->words) {
		q = text_take_orphan(s, v, q, first);
		text_begin_name(s, false);
		return q;
	}
	const char *counted = text_take_after(s, v, q);
	if (!counted)
		counted = text_take_index(s, v, q);
	if (counted)
		return counted;
	const struct text_step_word *word = text_name_counts(s);
	const char *value = word ? text_take_value_at(s, word, v, q) : NULL;
	if (value)
		return value;
	if (word) {
		const char *behind = text_take_count(s, word, v, p, q);
		if (behind) {
			text_begin_name(s, true);
			return behind;
		}
	}
	return text_take_value(s, v, q);
}

/* -- words ------------------------------------------------------------------------------------ */

static const char *
skip_junk(struct text_scan *s, const char *p, unsigned cost)
{
	while (p < s->end && !text_is_blank(*p))
		p++;
	s->r->leftover += cost + s->words;
	text_begin_name(s, false);
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

/* The word [P, Q) holds a number: "loss: tensor(0.5, device='cuda:0')", "loss0.546-". Behind it; or
 * NULL. */
static const char *
take_glued(struct text_scan *s, const char *p, const char *q)
{
	double v;
	const char *behind, *digits = p;
	if (s->words && (s->assign || text_scan_known(s->from, s->to)) &&
	    (behind = text_made_number(p, s->end, &v)))
		return text_take_value(s, v, behind);
	while (digits < q && (isalpha((unsigned char)*digits) || *digits == '_'))
		digits++;
	if (s->words || digits == p || digits == q || !isdigit((unsigned char)*digits) ||
	    !memchr(digits, '.', (size_t)(q - digits)) || num_parse(digits, q, &v) != q ||
	    (q < s->end && !strchr("-|,;)]", *q)) || !text_name_aimed(p, (size_t)(digits - p)))
		return NULL;
	text_add_word(s, p, digits);
	return text_take_value(s, v, q);
}

static const char *
take_word(struct text_scan *s, const char *p)
{
	const char *q = p;
	double v;
	if ((unsigned char)*p >= 0x80 && (q = text_take_ordinal(s, p)))
		return q;
	for (q = p; q < s->end && in_word(q, s->end); q++)
		;
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
	    (s->assign || s->to[-1] == ')' || text_scan_known(s->from, s->to)))
		return take_number(s, p); /* nan, inf */
	if (q + 1 < s->end && *q == '.' && q - p <= 8 && (text_is_blank(q[1]) || q[1] == ':') &&
	    !text_tells_end(p, q)) /* "Val. Acc", "acc.: 0.5" */
		q++;
	const char *made = take_glued(s, p, q);
	if (made)
		return made;
	if (s->assign == '=' && s->tight) { /* mode=train */
		text_begin_name(s, false);
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
		text_add_word(s, p, stem);
		return take_number(s, digits);
	}
	/* 'train_acc': 0.5 */
	bool quoted = q - p > 1 && q[-1] == '\'' && p > s->p && p[-1] == '\'';
	if (quoted && s->words && !s->assign && q < s->end && *q == ':')
		text_drop_name(s);
	text_add_word(s, p, quoted ? q - 1 : q);
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
	double nan;
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
		/* "Time(s) 1.5", "Speed (samples/sec) nan", "f1-score (micro avg)  0.5" */
		bool unit = memchr(p, '/', (size_t)(q - p)) || q - p == 3 ||
			    (q - p > 5 && !memcmp(q - 5, " avg)", 5));
		bool stuck = p > s->p && (text_is_word(p[-1]) || unit) && behind > q &&
			     behind < s->end &&
			     (isdigit((unsigned char)*behind) || num_parse(behind, s->end, &nan));
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

/* "Epoch 1 => loss: 0.5 -> acc: 0.9": an arrow between pairs parts them; one between numbers tells
 * of a change. */
static const char *
behind_arrow(struct text_scan *s, const char *p)
{
	if (s->end - p < 4 || p[1] != '>' || !text_is_blank(p[2]) || s->assign)
		return NULL;
	const char *next = text_skip_blanks(p + 2, s->end);
	if (next == s->end || !isalpha((unsigned char)*next))
		return NULL;
	text_drop_name(s);
	return p + 2;
}

static const char *
take_assign(struct text_scan *s, const char *p)
{
	const char *q;
	if (s->words && !s->assign && *p == ':' && s->end - p > 3 && p[1] == ':') {
		for (q = p; q < s->end && *q == ':'; q++)
			;
		if (q < s->end && text_is_blank(*q)) /* "EPOCH ::: 3" */
			p = q - 1;
	}
	if ((q = behind_arrow(s, p)))
		return q;
	if (p + 1 < s->end && strchr(":=>", p[1]))
		return skip_junk(s, p, 2);
	if (!s->words || s->assign)
		return p + 1;
	s->assign = *p;
	s->tight = p + 1 < s->end && !text_is_blank(p[1]);
	return p + 1;
}

static const char *
take_bracket(struct text_scan *s, const char *p)
{
	const char *q;
	/* "Epoch [1/10]", "loss: [0.5" */
	if (s->words && p + 1 < s->end && (isdigit((unsigned char)p[1]) || p[1] == ' ') &&
	    text_name_counts(s))
		return p + 1;
	if (s->assign && is_lone(p, s->end))
		return p + 1;
	if (s->assign && (q = behind_list(p, s->end))) {
		text_begin_name(s, true);
		return q;
	}
	text_drop_name(s);
	if (!s->r->n && !s->r->epoch.is && !s->r->step.is && !s->r->leftover &&
	    (q = text_take_pair_of_counts(s, p)))
		return q;
	return p + 1;
}

static const char *
take_dash(struct text_scan *s, const char *p)
{
	const char *q;
	if (p + 1 < s->end && p[1] == '-') {
		while (p < s->end && *p == '-')
			p++;
		if (p < s->end && text_is_word(*p)) /* an option of a command */
			s->r->leftover += 3;
		else
			text_drop_name(s);
		return p;
	}
	if ((q = behind_arrow(s, p)))
		return q;
	if (p + 2 == s->end && p[1] == '>') /* "… eta=01:02:11 |->" */
		text_drop_name(s);
	else if (p + 1 < s->end && p[1] == '>')
		return skip_junk(s, p, 2);
	text_drop_name(s);
	return p + 1;
}

/* "step 10, loss_train, 0.838": a name that a trainer would use, and all that there is up to the
 * next comma is a fraction. */
static bool
is_told_behind_comma(const struct text_scan *s, const char *p)
{
	double v;
	const char *number = text_skip_blanks(p + 1, s->end);
	const char *q = s->words == 1 && !s->assign ? num_parse(number, s->end, &v) : NULL;
	return q && memchr(number, '.', (size_t)(q - number)) && (q == s->end || *q == ',') &&
	       text_scan_known(s->from, s->to) &&
	       text_name_aimed(s->from, (size_t)(s->to - s->from));
}

/* "'lr': '0.001', "note": "step 5"": behind a number in quotes, or another text that is the whole
 * value; or NULL. */
static const char *
take_quoted(struct text_scan *s, const char *p)
{
	double v;
	if (!s->words || s->assign != ':' || p + 1 == s->end)
		return NULL;
	const char *q = num_parse(p + 1, s->end, &v);
	if (q && q < s->end && *q == *p)
		return text_take_value(s, v, q + 1);
	q = memchr(p + 1, *p, (size_t)(s->end - p - 1));
	if (!q || (q + 1 < s->end && !strchr(",}", q[1])))
		return NULL;
	text_begin_name(s, true);
	return q + 1;
}

static const char *
take_mark(struct text_scan *s, const char *p)
{
	const char *q;
	switch (*p) {
	case ':':
	case '=':
		return take_assign(s, p);
	case '(':
		if ((q = take_unit_of_name(s, p)))
			return q;
		if (!s->assign)
			text_drop_name(s);
		return p + 1;
	case '[':
		return take_bracket(s, p);
	case '-':
		return take_dash(s, p);
	case '/':
		if (!s->words && s->r->n && is_warning(p, s->end))
			return s->end;
		return skip_junk(s, p, 1);
	case '\\':
	case '~':
		return skip_junk(s, p, 1);
	case '!': /* "Yayy! New best Dice: 0.5" */
		s->r->leftover += !s->words;
		text_drop_name(s);
		return p + 1;
	case '?':
	case '`':
	case '$':
		s->r->leftover++;
		return p + 1;
	case '\'': /* "valid on 'valid' subset" */
		if ((q = take_quoted(s, p)))
			return q;
		if (!s->words || s->assign || s->end - p < 2 || !text_is_word(p[1]))
			text_drop_name(s);
		return p + 1;
	case ',':
		if (is_told_behind_comma(s, p)) {
			s->assign = '=';
			return p + 1;
		}
		text_drop_name(s);
		return p + 1;
	case '"': /* "loss": 0.5 */
		if ((q = take_quoted(s, p)))
			return q;
		if (!s->assign && (!s->words || s->end - p < 2 || p[1] != ':'))
			text_drop_name(s);
		return p + 1;
	default:
		text_drop_name(s);
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

/* Bytes of a character at P that parts as '-' and '|' do: a dash, a point, a bar; 0: there is
 * none. */
static size_t
separator(const char *p, const char *end)
{
	static const char *const marks[] = {"\xE2\x80\x93", "\xE2\x80\x94", "\xE2\x80\xA2",
					    "\xC2\xB7",     "\xE2\x94\x82", "\xE2\x94\x83"};
	for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
		size_t n = strlen(marks[i]);
		if ((size_t)(end - p) > n && text_is_blank(p[n]) && !memcmp(p, marks[i], n))
			return n;
	}
	return 0;
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
		text_drop_name(s);
	else if (tab || p - from > 1)
		s->listed = s->listed || !s->words;
	return p;
}

/* "===== Epoch 1 =====", "## Epoch 1", "*** Epoch 1 ***": what people draw around a heading, of one
 * character three times or more, or twice and a blank. */
static const char *
behind_drawing(const char *p, const char *end)
{
	const char *q = p;
	while (q < end && *q == *p)
		q++;
	if (p == end || !strchr("=-#*~_+<>.", *p) || q - p < 2)
		return p;
	return q - p > 2 || (q < end && text_is_blank(*q)) ? q : p;
}

static const char *
before_drawing(const char *p, const char *end)
{
	const char *q = end;
	while (q > p && q[-1] == end[-1])
		q--;
	return p < end && strchr("=-#*~_+<>", end[-1]) && end - q > 1 ? q : end;
}

void
text_pairs_scan(struct text_row *r, const char *p, const char *end, unsigned most)
{
	p = behind_drawing(p, end);
	end = before_drawing(p, end);
	struct text_scan s = {.r = r, .p = p, .end = end};
	text_begin_name(&s, true);
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
		size_t n = c >= 0x80 ? picture(p, end) : 0,
		       part = c >= 0x80 ? separator(p, end) : 0;
		if (part) {
			text_drop_name(&s);
			p += part;
		} else if (n)
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
	text_drop_name(&s);
	/* Beside a step an epoch is a metric. */
	r->bare = !r->n;
	if (r->step.is && s.epoch_at && !r->batch.is)
		text_row_add(r, s.epoch_at, s.epoch_n, (double)r->epoch.n);
}
