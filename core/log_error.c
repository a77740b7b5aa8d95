/* What counts as an error: what runtimes print when something broke, and what logging libraries
 * call one. A word alone does not, because "error" is what many metrics are called: it counts where
 * it is said of a line (a level, "error: …") and no number follows. */
#include "core/log_find.h"

#include "core/text_end.h"
#include "core/text_line.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

static bool
begins(const char *p, const char *end, const char *text)
{
	size_t n = strlen(text);
	return (size_t)(end - p) >= n && !memcmp(p, text, n);
}

static bool
is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

static const char *
skip_blanks(const char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\t'))
		p++;
	return p;
}

/* "error: cannot open", "ERROR - …", "fatal error: …": at P, and no number behind it. */
static bool
is_said(const char *p, const char *end, size_t n)
{
	const char *q = p + n;
	if (q == end)
		return true;
	if (*q == ']' || *q == ')' || *q == '|')
		return true;
	q = skip_blanks(q, end);
	if (q == end)
		return true;
	if (*q != ':' && *q != '-' && *q != '!')
		return false;
	q = skip_blanks(q + 1, end);
	return q == end || !(isdigit((unsigned char)*q) || *q == '-' || *q == '.' || *q == '+' ||
			     !strncasecmp(q, "nan", 3) || !strncasecmp(q, "inf", 3) ||
			     !strncasecmp(q, "none", 4));
}

/* [Q, BEHIND) in a line that begins at P: "ERROR something", "12:00:01 ERROR something", "[ERROR]",
 * "- ERROR in …"; not "the ERROR was", "ERROR 0.3", "ERROR=1". */
static bool
is_level(const char *p, const char *q, const char *behind, const char *end)
{
	while (q > p && (q[-1] == ' ' || q[-1] == '\t'))
		q--;
	if (q > p && !isdigit((unsigned char)q[-1]) && !strchr("])[(-|:>,", q[-1]))
		return false;
	if (behind == end || *behind == ']' || *behind == '|')
		return true;
	const char *said = skip_blanks(behind, end);
	return said > behind &&
	       (said == end || isalpha((unsigned char)*said) || strchr("[({<\"'`|-*#/", *said));
}

/* A level: in capitals, a word, at its place in front of what is said. */
static bool
has_level(const char *p, const char *end)
{
	static const char *const levels[] = {"ERROR", "FATAL", "CRITICAL"};
	const char *to = end - p > 120 ? p + 120 : end;
	for (const char *q = p; q < to; q++) {
		if (*q != 'E' && *q != 'F' && *q != 'C')
			continue;
		if (q > p && (is_word(q[-1]) || q[-1] == '/' || q[-1] == '.'))
			continue;
		for (size_t i = 0; i < sizeof levels / sizeof *levels; i++) {
			size_t n = strlen(levels[i]);
			if (!begins(q, end, levels[i]) || (q + n < end && is_word(q[n])))
				continue;
			if (is_level(p, q, q + n, end) || is_said(q, end, n))
				return true;
		}
	}
	return false;
}

/* "E0929 14:13:53", "F…": glog and abseil. */
static bool
is_glog(const char *p, const char *end)
{
	if (end - p < 8 || (*p != 'E' && *p != 'F'))
		return false;
	for (int i = 1; i < 5; i++)
		if (!isdigit((unsigned char)p[i]))
			return false;
	return p[5] == ' ' && isdigit((unsigned char)p[6]) && isdigit((unsigned char)p[7]);
}

/* "ValueError: …", "torch.cuda.OutOfMemoryError: …", "RuntimeError" alone. */
static bool
is_exception(const char *p, const char *end)
{
	static const char *const suffixes[] = {"Error", "Exception", "Interrupt", "Failure"};
	const char *q = p;
	if (p == end || !(isupper((unsigned char)*p) || memchr(p, '.', (size_t)(end - p))))
		return false;
	while (q < end && (is_word(*q) || *q == '.'))
		q++;
	if (q < end && *q != ':')
		return false;
	for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
		size_t n = strlen(suffixes[i]);
		if ((size_t)(q - p) > n && !memcmp(q - n, suffixes[i], n))
			return is_said(p, end, (size_t)(q - p));
	}
	return false;
}

static const struct {
	const char *text; /* somewhere in the line */
	const char *also; /* and this too, or NULL */
} phrases[] = {
	{"Traceback (most recent call last)", NULL},
	{"CUDA error", NULL},
	{"CUDA out of memory", NULL},
	{"terminate called after throwing", NULL},
	{"Assertion", "failed"},
	{"Segmentation fault", NULL},
	{"core dumped", NULL},
	{"NCCL WARN", NULL},
	{"Watchdog caught collective operation timeout", NULL},
	{"oom_kill", NULL},
	{"oom-kill", NULL},
	{"slurmstepd: error", NULL},
	{"srun: error", NULL},
	{"command not found", NULL},
	{"No such file or directory", NULL},
	{"Permission denied", NULL},
	{"No space left on device", NULL},
	{"panicked at", NULL},
};

/* Four letters of each thing above that makes a line an error, the rarest: a line without any of
 * them, or of those that bad ends begin with (text_end_bad()), is none. */
static const char grams[][5] = {"rror", "RROR", "fata", "Fata", "FATA", "RITI", "xcep", "rrup",
				"ilur", "oom_", "oom-", "CUDA", "tchd", "ermi", "egme", "aceb",
				"sser", "dump", "CCL ", "ot f", "such", "left", "anic"};

enum { GRAM_BITS = 16 };

static unsigned
gram_hash(const char *p)
{
	uint32_t v;
	memcpy(&v, p, sizeof v);
	return v * 2654435761u >> (32 - GRAM_BITS);
}

struct gram_table {
	uint64_t bits[(1 << GRAM_BITS) / 64]; /* one for the hash of each */
	bool made;
};

static void
add_gram(struct gram_table *t, const char *p)
{
	t->bits[gram_hash(p) / 64] |= UINT64_C(1) << gram_hash(p) % 64;
}

static const uint64_t *
gram_table(void)
{
	static struct gram_table t;
	const char *bad;
	if (t.made)
		return t.bits;
	for (size_t i = 0; i < sizeof grams / sizeof *grams; i++)
		add_gram(&t, grams[i]);
	for (size_t i = 0; (bad = text_end_bad(i)); i++)
		add_gram(&t, bad);
	t.made = true;
	return t.bits;
}

/* An escape may stand in the middle of a word, or before a letter that then is the line's first. */
size_t
log_error_skip(const char *p, size_t n)
{
	const uint64_t *table = gram_table();
	size_t i = 0;
	for (; i + 4 <= n; i++) {
		unsigned h = gram_hash(p + i);
		if (table[h / 64] >> h % 64 & 1 || p[i] == '\x1B')
			return i;
		/* glog's letter at the beginning of a line, blanks and overwritten states aside */
		if ((p[i] == 'E' || p[i] == 'F') && (i == 0 || strchr(" \t\r\n", p[i - 1])) &&
		    isdigit((unsigned char)p[i + 1]))
			return i;
	}
	const char *escape = memchr(p + i, '\x1B', n - i);
	return escape ? (size_t)(escape - p) : n;
}

static bool
ended_badly(const char *p, const char *end)
{
	struct text_end e = {0};
	struct str what = STR_INIT;
	bool bad = text_end_read(&e, p, end, &what) && strncmp(str_c(&what), "finished", 8) != 0;
	str_release(&what);
	return bad;
}

/* In what is said, where a sentence may begin with it. */
static bool
says_error(const char *p, const char *end)
{
	for (const char *q = p; q < end; q++) {
		if (*q != 'e' && *q != 'E' && *q != 'f' && *q != 'F')
			continue;
		size_t n = (size_t)(end - q) >= 5 && !strncasecmp(q, "error", 5)   ? 5
			   : (size_t)(end - q) >= 5 && !strncasecmp(q, "fatal", 5) ? 5
										   : 0;
		if (!n || (q + n < end && is_word(q[n])))
			continue;
		/* "python: error: …", "main.cu:10: error: …", "fatal error: …" */
		if ((q == p || (q - p > 1 && q[-1] == ' ' && (q[-2] == ':' || q[-2] == ']')) ||
		     (q - p > 5 && !memcmp(q - 6, "fatal ", 6))) &&
		    is_said(q, end, n))
			return true;
	}
	return false;
}

bool
log_error_is(const char *p, const char *end, struct str *scratch)
{
	struct text_line l;
	const char *state = memrchr(p, '\r', (size_t)(end - p));
	p = state ? state + 1 : p;
	if (memchr(p, '\x1B', (size_t)(end - p))) {
		str_reset(scratch);
		text_clean(scratch, p, end);
		p = str_c(scratch);
		end = p + scratch->len;
	}
	p = skip_blanks(p, end);
	if (log_error_skip(p, (size_t)(end - p)) == (size_t)(end - p))
		return false;
	if (is_glog(p, end) || has_level(p, end))
		return true;
	text_line_read(&l, p, end, 0, 0);
	p = l.maybe_rank >= 0 ? l.bare : l.p;
	if (p == l.end)
		return false;
	if (is_exception(p, l.end) || says_error(p, l.end) || ended_badly(p, l.end))
		return true;
	for (size_t i = 0; i < sizeof phrases / sizeof *phrases; i++) {
		size_t n = (size_t)(l.end - p);
		if (memmem(p, n, phrases[i].text, strlen(phrases[i].text)) &&
		    (!phrases[i].also || memmem(p, n, phrases[i].also, strlen(phrases[i].also))))
			return true;
	}
	return false;
}
