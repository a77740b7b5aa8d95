/* What stands in front of a message is a few pieces in any order: who, when, how urgent. They are
 * taken off one by one as long as there is one; what is none of them ends it. A piece that could
 * as well be the message ("[train]", "12:30:01") only counts where a logging library would put it.
 */
#include "core/text_line.h"

#include "core/stamp.h"
#include "core/text_word.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

/* -- escapes ---------------------------------------------------------------------------------- */

/* The byte behind the escape sequence at P. One that the line's end cuts takes all of it. */
static const char *
skip_escape(const char *p, const char *end)
{
	if (++p == end)
		return p;
	unsigned char c = (unsigned char)*p++;
	if (c == '[') {
		while (p < end && (unsigned char)*p >= 0x20 && (unsigned char)*p < 0x40)
			p++;
		return p < end ? p + 1 : p;
	}
	if (c == ']' || c == 'P' || c == '_' || c == '^') { /* a string, to BEL or ESC \ */
		for (; p < end; p++) {
			if (*p == '\a')
				return p + 1;
			if (*p == '\x1B')
				return p + 1 < end && p[1] == '\\' ? p + 2 : p;
		}
		return p;
	}
	while (c >= 0x20 && c < 0x30 && p < end)
		c = (unsigned char)*p++;
	return p;
}

void
text_clean(struct str *out, const char *p, const char *end)
{
	while (p < end) {
		const char *from = p;
		while (p < end && ((unsigned char)*p >= 0x20 || *p == '\t') && *p != 0x7F)
			p++;
		str_add(out, from, (size_t)(p - from));
		if (p == end)
			break;
		if (*p == '\x1B') {
			p = skip_escape(p, end);
			continue;
		}
		if (*p == '\0')
			str_addc(out, ' ');
		p++;
	}
}

/* What stands for the wide mark at P, which is three bytes long; NULL: it is none. */
static const char *
narrow(const char *p, const char *end)
{
	static const struct {
		const char *wide, *narrow;
	} marks[] = {
		{"\xEF\xBC\x9A", ": "}, {"\xEF\xBC\x8C", ", "}, {"\xEF\xBC\x9B", "; "},
		{"\xEF\xBC\x9D", "="},  {"\xEF\xBD\x9C", "|"},  {"\xE3\x80\x90", "["},
		{"\xE3\x80\x91", "]"},  {"\xE3\x80\x80", " "},
	};
	for (size_t i = 0; end - p >= 3 && i < sizeof marks / sizeof *marks; i++)
		if (!memcmp(p, marks[i].wide, 3))
			return marks[i].narrow;
	return NULL;
}

void
text_narrow(struct str *s)
{
	if (!s->len)
		return;
	char *to = s->buf;
	const char *end = s->buf + s->len;
	for (const char *p = to; p < end;) {
		const char *mark = (unsigned char)*p >= 0x80 ? narrow(p, end) : NULL;
		if (!mark) {
			*to++ = *p++;
			continue;
		}
		for (p += 3; *mark; mark++)
			*to++ = *mark;
	}
	s->len = (size_t)(to - s->buf);
	*to = '\0';
}

/* -- stamps ----------------------------------------------------------------------------------- */

/* P matches SHAPE, where # is a digit and other characters are themselves; its end, or NULL. */
static const char *
shaped(const char *p, const char *end, const char *shape)
{
	for (; *shape; shape++, p++)
		if (p == end || (*shape == '#' ? !isdigit((unsigned char)*p) : *p != *shape))
			return NULL;
	return p;
}

static const char *
skip_fraction(const char *p, const char *end)
{
	if (end - p < 2 || (*p != '.' && *p != ',') || !isdigit((unsigned char)p[1]))
		return p;
	for (p++; p < end && isdigit((unsigned char)*p); p++)
		;
	return p;
}

static const char *
skip_zone(const char *p, const char *end)
{
	const char *q;
	if (p < end && *p == 'Z')
		return p + 1;
	const char *at = text_skip_blanks(p, end);
	if ((q = shaped(at, end, "UTC")) || (q = shaped(at, end, "+##:##")) ||
	    (q = shaped(at, end, "-##:##")) || (q = shaped(at, end, "+####")) ||
	    (q = shaped(at, end, "-####")))
		return q;
	return p;
}

/* A date and a time; NULL: there is none. */
static const char *
take_stamp(const char *p, const char *end, int32_t tz, int64_t *us)
{
	const char *q = shaped(p, end, "####-##-##");
	if (!q)
		q = shaped(p, end, "####/##/##");
	if (!q || q == end || (*q != ' ' && *q != 'T' && *q != '_'))
		return NULL;
	const char *t = shaped(q + 1, end, "##:##:##");
	if (!t)
		return NULL;
	t = skip_fraction(t, end);
	const char *zone = skip_zone(t, end);
	if (stamp_parse(p, zone, tz, us))
		return zone;
	return stamp_parse(p, t, tz, us) ? t : NULL;
}

/* detectron2 and glog leave the year out: "09/29 14:13:53", "I0929 14:13:53.123456". */
static const char *
take_day_stamp(const char *p, const char *end, int32_t tz, int64_t now_us, int64_t *us)
{
	const char *day = shaped(p, end, "##/##"), *month = p;
	int skip = 3;
	if (!day && end - p > 1 && strchr("IWEF", *p)) {
		month = p + 1;
		day = shaped(month, end, "####");
		skip = 2;
	}
	const char *time =
		day && day < end && *day == ' ' ? shaped(day + 1, end, "##:##:##") : NULL;
	if (!time)
		return NULL;
	time_t now = (time_t)(now_us / 1000000);
	struct tm tm;
	if (now_us <= 0 || !gmtime_r(&now, &tm))
		return skip_fraction(time, end);
	for (int year = tm.tm_year + 1900; year >= tm.tm_year + 1896; year--) {
		char text[40];
		int n = snprintf(text, sizeof text, "%04d-%.2s-%.2s %.8s", year, month,
				 month + skip, day + 1);
		if (n > 0 && stamp_parse(text, text + n, tz, us) &&
		    *us <= now_us + INT64_C(86400000000))
			return skip_fraction(time, end);
	}
	*us = 0;
	return skip_fraction(time, end);
}

/* "01/31/2024 10:00:00", as the examples of Hugging Face say it, the month first. */
static const char *
take_us_stamp(const char *p, const char *end, int32_t tz, int64_t *us)
{
	const char *day = shaped(p, end, "##/##/####"), *time;
	char text[40];
	if (!day || day == end || *day != ' ' || !(time = shaped(day + 1, end, "##:##:##")))
		return NULL;
	int n = snprintf(text, sizeof text, "%.4s-%.2s-%.2s %.8s", p + 6, p, p + 3, day + 1);
	if (n < 0 || !stamp_parse(text, text + n, tz, us))
		*us = 0;
	return skip_fraction(time, end);
}

/* "Mon Jan  6 10:00:00 2020", as date(1) says it. */
static const char *
take_ctime(const char *p, const char *end, int32_t tz, int64_t *us)
{
	static const char *const days[] = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};
	static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
					     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	int month = 0;
	const char *time, *q;
	if (end - p < 24 || p[3] != ' ' || p[7] != ' ' || !TEXT_WORD_IN(p, p + 3, days))
		return NULL;
	while (month < 12 && memcmp(months[month], p + 4, 3) != 0)
		month++;
	if (month == 12 || (p[8] != ' ' && !isdigit((unsigned char)p[8])) ||
	    !(time = shaped(p + 9, end, "# ##:##:## ")) || !(q = shaped(time, end, "####")))
		return NULL;
	char text[40];
	int n = snprintf(text, sizeof text, "%.4s-%02d-%c%c %.8s", time, month + 1,
			 p[8] == ' ' ? '0' : p[8], p[9], p + 11);
	if (n < 0 || !stamp_parse(text, text + n, tz, us))
		*us = 0;
	return q;
}

static const char *
take_time(const char *p, const char *end)
{
	const char *q = shaped(p, end, "##:##:##");
	return q ? skip_fraction(q, end) : NULL;
}

/* -- pieces in front -------------------------------------------------------------------------- */

static bool
is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* "[I 210629 00:29:43 models:110]", as Tornado and logzero say it. At what is behind it; or
 * NULL. */
static const char *
take_tornado(const char *p, const char *end, int32_t tz, int64_t *us)
{
	enum { LONGEST = 80 };
	const char *q =
		end - p > 3 && strchr("DIWEC", p[1]) ? shaped(p + 2, end, " ###### ") : NULL;
	const char *time = q ? shaped(q, end, "##:##:##") : NULL;
	const char *close = time ? memchr(time, ']', (size_t)(end - time)) : NULL;
	char text[40];
	if (!close || close - time > LONGEST)
		return NULL;
	int n = snprintf(text, sizeof text, "20%.2s-%.2s-%.2s %.8s", p + 3, p + 5, p + 7, q);
	if (n < 0 || !stamp_parse(text, text + n, tz, us))
		*us = 0;
	return close + 1;
}

/* INFO, as a word. */
static const char *
take_level(const char *p, const char *end)
{
	static const char *const levels[] = {"INFO",     "DEBUG", "WARNING", "WARN",  "ERROR",
					     "CRITICAL", "FATAL", "NOTICE",  "TRACE", "Info",
					     "Warning",  "info",  "warning"};
	for (size_t i = 0; i < sizeof levels / sizeof *levels; i++) {
		size_t n;
		if (*levels[i] != *p)
			continue;
		n = strlen(levels[i]);
		if ((size_t)(end - p) >= n && !memcmp(p, levels[i], n) &&
		    ((size_t)(end - p) == n || !is_word(p[n])))
			return p + n;
	}
	return NULL;
}

static void
set_logger(struct text_line *l, const char *p, const char *end)
{
	while (p < end && !is_word(*p))
		p++;
	while (p < end && !is_word(end[-1]))
		end--;
	if (p == end)
		return;
	l->logger = p;
	l->nlogger = (size_t)(end - p);
}

/* "[rank3]:", "[default3]:" (torchrun), "[1,3]<stdout>:" (mpirun), "rank 3:". */
static const char *
take_rank(struct text_line *l, const char *p, const char *end)
{
	static const char *const words[] = {"[rank", "[Rank ", "[Rank", "[rank ",  "[default",
					    "rank ", "Rank ",  "rank",  "[rank: ", "[1,"};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		size_t n;
		if (*words[i] != *p)
			continue;
		n = strlen(words[i]);
		if ((size_t)(end - p) <= n || memcmp(p, words[i], n) ||
		    !isdigit((unsigned char)p[n]))
			continue;
		const char *q = p + n;
		int rank = 0;
		for (; q < end && isdigit((unsigned char)*q) && q - p < (ptrdiff_t)n + 6; q++)
			rank = rank * 10 + (*q - '0');
		if (*p == '[') {
			if (q == end || *q != ']')
				continue;
			q++;
			const char *stream = shaped(q, end, "<std");
			if (stream && (q = memchr(stream, '>', (size_t)(end - stream))))
				q++;
			else if (stream)
				continue;
			if (q < end && *q == ':')
				q++;
		} else if (q == end || *q != ':') {
			continue;
		} else {
			q++;
		}
		l->rank = rank;
		return q;
	}
	return NULL;
}

/* "(TaskRunner pid=1234)", "(WorkerDict pid=12, ip=10.0.0.1)", with which Ray says whose line it
 * prints. */
static const char *
take_ray(const char *p, const char *end)
{
	enum { LONGEST = 120 };
	const char *close = *p == '(' ? memchr(p, ')', (size_t)(end - p)) : NULL, *q = p + 1;
	while (close && q < close && *q != ' ')
		q++;
	q = close && q < close && q > p + 1 ? shaped(q, close, " pid=#") : NULL;
	return q && close - p < LONGEST ? close + 1 : NULL;
}

/* icefall: "INFO [train.py:876] (0/4) Epoch 1, batch 50, …". */
static const char *
take_share_rank(struct text_line *l, const char *p, const char *end)
{
	int rank = 0;
	const char *q = p + 1;
	for (; q < end && isdigit((unsigned char)*q) && q - p < 5; q++)
		rank = rank * 10 + (*q - '0');
	if (q == p + 1 || q == end || *q != '/')
		return NULL;
	const char *n = q + 1;
	for (q = n; q < end && isdigit((unsigned char)*q) && q - n < 5; q++)
		;
	if (q == n || end - q < 8 || memcmp(q, ") Epoch ", 8) != 0)
		return NULL;
	l->rank = rank;
	return q + 2;
}

/* A number behind a blank or a slash, or what only counts, is the message: "[Epoch 3/10]",
 * "[D loss: 0.5]", "[epoch:3]". That of a line in a program is not: "[train.py:42]". */
static bool
holds_numbers(const char *p, const char *end)
{
	for (const char *q = p + 1; q < end; q++)
		if (isdigit((unsigned char)*q) && strchr(" /-", q[-1]))
			return true;
	const char *colon = memchr(p, ':', (size_t)(end - p));
	return colon && colon + 1 < end && isdigit((unsigned char)colon[1]) &&
	       text_step_word(p, colon, true);
}

/* "[name]", "(name)": letters first, so that "[10]" stays. */
static const char *
take_bracket(struct text_line *l, const char *p, const char *end)
{
	enum { LONGEST = 48 };
	if (*p != '[' || p + 1 == end || !isalpha((unsigned char)p[1]))
		return NULL;
	const char *q = p + 1;
	while (q < end && q - p < LONGEST && (is_word(*q) || strchr(" .:/-", *q)))
		q++;
	if (q == end || *q != ']' || holds_numbers(p + 1, q))
		return NULL;
	const char *name = p + 1, *level;
	if (!(level = take_level(name, q)) || level != q)
		set_logger(l, name, q);
	return q + 1;
}

/* Behind a stamp: "mmengine - INFO - ", "d2.utils.events INFO: ". */
static const char *
take_name_and_level(struct text_line *l, const char *p, const char *end)
{
	enum { LONGEST = 80 };
	for (const char *q = p; q < end && q - p < LONGEST; q++) {
		const char *behind = q == p || !is_word(q[-1]) ? take_level(q, end) : NULL;
		if (behind) {
			set_logger(l, p, q);
			return behind;
		}
		if (!is_word(*q) && !strchr(" \t.:-|[]()<>/,", *q))
			return NULL;
	}
	return NULL;
}

/* "training.py:123, in record_metrics -- ", as InternLM has it. At what is behind it; or NULL. */
static const char *
take_function(const char *p, const char *end)
{
	const char *colon = memchr(p, ':', (size_t)(end - p)), *q = colon, *in;
	if (!colon || colon - p < 4 || colon - p > 64 || memcmp(colon - 3, ".py", 3) != 0)
		return NULL;
	for (q++; q < end && isdigit((unsigned char)*q); q++)
		;
	in = shaped(q, end, ", in ");
	for (q = in; q && q < end && is_word(*q); q++)
		;
	return q && q > in && q > colon ? shaped(q, end, " -- ") : NULL;
}

/* Behind a level: "| train_inner | ", "__main__:main:42 - ". */
static const char *
take_place(struct text_line *l, const char *p, const char *end)
{
	enum { LONGEST = 48 };
	const char *q = p, *behind;
	if (p == end || (!isalpha((unsigned char)*p) && *p != '_'))
		return NULL;
	if ((behind = take_function(p, end)))
		return behind;
	while (q < end && q - p < LONGEST && (is_word(*q) || strchr(".:<>", *q)))
		q++;
	if (end - q < 3 || *q != ' ' || (q[1] != '-' && q[1] != '|') || q[2] != ' ')
		return NULL;
	set_logger(l, p, q);
	return q + 2;
}

/* "INFO:root:message", "INFO: message". */
static const char *
skip_root(struct text_line *l, const char *p, const char *end)
{
	const char *q = p;
	if (q == end || *q != ':' || q + 1 == end || !isalpha((unsigned char)q[1]))
		return p;
	for (q++; q < end && (is_word(*q) || *q == '.'); q++)
		;
	if (q == end || *q != ':')
		return p;
	set_logger(l, p, q);
	return q;
}

/* " fastreid.utils.events]" behind a stamp: at the bracket that closes; or NULL. */
static const char *
behind_name(const char *p, const char *end)
{
	enum { LONGEST = 64 };
	const char *q = text_skip_blanks(p, end), *from = q;
	while (q < end && q - from < LONGEST && (is_word(*q) || *q == '.' || *q == '-'))
		q++;
	return q > from && q < end && *q == ']' && !isdigit((unsigned char)*from) ? q : NULL;
}

static const char *
skip_joints(const char *p, const char *end)
{
	while (p < end && (text_is_blank(*p) || *p == ':' || *p == '|' || *p == ']' || *p == '>' ||
			   (*p == '-' && (p + 1 == end || text_is_blank(p[1])))))
		p++;
	return p;
}

/* Behind a level: "flwr 2023-11-01 10:00:09,123 | server.py:125 | ". */
static const char *
take_name_and_stamp(struct text_line *l, const char *p, const char *end, int32_t tz)
{
	const char *word = p, *q, *place;
	while (p < end && is_word(*p))
		p++;
	if (p == word || p == end || *p != ' ' || !(q = take_stamp(p + 1, end, tz, &l->wall_us)))
		return NULL;
	set_logger(l, word, p);
	q = skip_joints(q, end);
	return (place = take_place(l, q, end)) ? skip_joints(place, end) : q;
}

static void
take_maybe_rank(struct text_line *l)
{
	const char *p = l->p;
	int rank = 0;
	while (p < l->end && isdigit((unsigned char)*p) && p - l->p < 5)
		rank = rank * 10 + (*p++ - '0');
	if (p == l->p || l->end - p < 2 || *p != ':' || p[1] != ' ')
		return;
	l->maybe_rank = rank;
	l->bare = text_skip_blanks(p + 1, l->end);
}

void
text_line_read(struct text_line *l, const char *p, const char *end, int32_t tz, int64_t now_us)
{
	bool stamped = false, leveled = false;
	*l = (struct text_line){.rank = -1, .maybe_rank = -1};
	p = text_skip_blanks(p, end);
	while (end > p && text_is_blank(end[-1]))
		end--;
	for (int pieces = 0; p < end && pieces < 8; pieces++) {
		const char *q, *close, *in = p + (*p == '[' || *p == '(');
		in += in > p && in < end && *in == ' '; /* "[ Mon Jan  6 10:00:00 2020 ]" */
		if (in < end && (q = take_ctime(in, end, tz, &l->wall_us))) {
			stamped = true;
			p = skip_joints(q, end);
		} else if (in < end && isdigit((unsigned char)*in) &&
			   ((q = take_stamp(in, end, tz, &l->wall_us)) ||
			    (q = take_us_stamp(in, end, tz, &l->wall_us)) ||
			    (q = take_day_stamp(in, end, tz, now_us, &l->wall_us)) ||
			    (q = take_time(in, end)))) {
			/* A time alone may begin the message: "12:30:01" of what? */
			stamped = true;
			if (q < end && !text_is_blank(*q) && !strchr("]),|:-", *q))
				break;
			if (*p == '[' && (close = behind_name(q, end))) {
				set_logger(l, q, close);
				q = close;
			}
			p = skip_joints(q + (q < end && *q == ')'), end);
		} else if ((q = shaped(p, end, "DLL ")) &&
			   (q = take_stamp(q, end, tz, &l->wall_us))) { /* NVIDIA's DLLogger */
			stamped = true;
			set_logger(l, p, p + 3);
			p = skip_joints(q, end);
		} else if ((q = take_rank(l, p, end)) || (q = take_ray(p, end))) {
			p = text_skip_blanks(q, end);
		} else if (strchr("IWEF", *p) &&
			   (q = take_day_stamp(p, end, tz, now_us, &l->wall_us))) {
			close = memchr(q, ']', (size_t)(end - q));
			p = skip_joints(close && close - q < 80 ? close + 1 : q, end);
		} else if ((q = take_level(p, end)) && !leveled) {
			leveled = true;
			p = skip_joints(skip_root(l, q, end), end);
			if ((q = take_place(l, p, end)))
				p = skip_joints(q, end);
		} else if (stamped && !leveled && (q = take_name_and_level(l, p, end))) {
			leveled = true;
			p = skip_joints(q, end);
			if ((q = take_place(l, p, end)))
				p = skip_joints(q, end);
		} else if (*p == '[' && (q = take_tornado(p, end, tz, &l->wall_us))) {
			p = skip_joints(q, end);
		} else if (leveled && !stamped && (q = take_name_and_stamp(l, p, end, tz))) {
			stamped = true;
			p = q;
		} else if ((q = take_bracket(l, p, end))) {
			p = skip_joints(q, end);
		} else if (*p == '(' && leveled && (q = take_share_rank(l, p, end))) {
			p = q;
		} else {
			break;
		}
	}
	l->p = p;
	l->end = end;
	take_maybe_rank(l);
}
