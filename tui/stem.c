/* Names of metrics follow no standard, but a few habits: a word for the split in front or behind,
 * words set apart by / _ . - or blanks, numbers for what there is many of. Only these are read
 * here. */
#include "tui/stem.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

static bool
is_gap(char c)
{
	return c == '/' || c == '_' || c == '.' || c == '-' || c == ' ' || c == ':';
}

static enum split
split_of(const char *word, size_t n)
{
	static const struct {
		const char *word;
		enum split split;
	} known[] = {
		{"train", SPLIT_TRAIN},    {"training", SPLIT_TRAIN}, {"val", SPLIT_VAL},
		{"valid", SPLIT_VAL},      {"validation", SPLIT_VAL}, {"eval", SPLIT_VAL},
		{"evaluation", SPLIT_VAL}, {"dev", SPLIT_VAL},        {"test", SPLIT_TEST},
		{"testing", SPLIT_TEST},
	};
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (strlen(known[i].word) == n && strncasecmp(word, known[i].word, n) == 0)
			return known[i].split;
	return SPLIT_NONE;
}

enum split
stem_split(const char *name, struct str *stem, struct str *word)
{
	str_reset(stem);
	size_t n = strlen(name);
	for (size_t i = 0; i < n;) {
		size_t end = i;
		while (end < n && !is_gap(name[end]))
			end++;
		enum split s = split_of(name + i, end - i);
		if (s != SPLIT_NONE && end - i < n) {
			if (word) {
				str_reset(word);
				str_add(word, name + i, end - i);
			}
			/* with the gap behind it; the last word goes with the gap before it */
			str_add(stem, name, end < n || i == 0 ? i : i - 1);
			if (end < n)
				str_add(stem, name + end + 1, n - end - 1);
			return s;
		}
		i = end + 1;
	}
	str_adds(stem, name);
	return SPLIT_NONE;
}

int
stem_pattern(const char *name, struct str *pattern)
{
	int n = 0;
	str_reset(pattern);
	while (*name) {
		if (!isdigit((unsigned char)*name)) {
			str_addc(pattern, *name++);
			continue;
		}
		name += strspn(name, "0123456789");
		str_addc(pattern, '#');
		n++;
	}
	return n;
}

void
stem_fold(const char *first, const char *last, struct str *out)
{
	str_reset(out);
	while (*first && *last) {
		size_t a = strspn(first, "0123456789"), b = strspn(last, "0123456789");
		if (!a || !b) {
			str_addc(out, *first++);
			last++;
			continue;
		}
		if (a == b && strncmp(first, last, a) == 0)
			str_add(out, first, a);
		else
			str_addf(out, "{%.*s..%.*s}", (int)a, first, (int)b, last);
		first += a;
		last += b;
	}
}

int
stem_group(const char *name)
{
	const char *slash = strrchr(name, '/');
	return slash ? (int)(slash - name) : 0;
}

int
stem_order(const char *a, const char *b)
{
	while (*a && *b) {
		if (isdigit((unsigned char)*a) && isdigit((unsigned char)*b)) {
			a += strspn(a, "0");
			b += strspn(b, "0");
			size_t n = strspn(a, "0123456789"), m = strspn(b, "0123456789");
			int c = n != m ? (n > m) - (n < m) : strncmp(a, b, n);
			if (c)
				return c;
			a += n;
			b += m;
			continue;
		}
		if (*a != *b)
			return (unsigned char)*a - (unsigned char)*b;
		a++;
		b++;
	}
	return (unsigned char)*a - (unsigned char)*b;
}

int
stem_depth(const char *name)
{
	int n = 0;
	for (; *name; name++)
		n += *name == '/' || *name == '.';
	return n;
}
