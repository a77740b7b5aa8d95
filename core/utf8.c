/* A log may hold anything; a terminal obeys some of it. Whatever comes from outside is decoded
 * here, character by character, and what is not plain visible text becomes U+FFFD: control
 * characters, what turns the direction of writing, what cannot be seen, what has no meaning, and
 * bytes that are no UTF-8. Widths come from own tables: wcwidth() depends on the locale, and a grid
 * in memory has to come out the same in every test and under every LC_CTYPE.
 *
 * Beyond the basic plane only ideographs, kana, mathematical letters, emoji and symbols pass: the
 * historic scripts would need as many tables again for their marks, and no run is named in them. */
#include "core/utf8.h"

#include "core/utf8_ranges.h"

#include <stdbool.h>
#include <string.h>

#define LENGTH(a) (sizeof(a) / sizeof *(a))

static bool
in_ranges(const struct utf8_range *r, size_t n, uint32_t cp)
{
	size_t lo = 0, hi = n;
	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		if (cp > r[mid].last)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < n && cp >= r[lo].first;
}

const char *
utf8_next(const char *p, const char *end, uint32_t *cp)
{
	const unsigned char *s = (const unsigned char *)p;
	ptrdiff_t left = end - p;
	uint32_t c = *s, v, least;
	int more;
	if (c < 0x80) {
		*cp = c;
		return p + 1;
	}
	if (c >= 0xC2 && c < 0xE0)
		more = 1, v = c & 0x1F, least = 0x80;
	else if (c >= 0xE0 && c < 0xF0)
		more = 2, v = c & 0x0F, least = 0x800;
	else if (c >= 0xF0 && c < 0xF5)
		more = 3, v = c & 0x07, least = 0x10000;
	else
		more = 0, v = 0, least = UINT32_MAX;
	for (int i = 1; i <= more; i++) {
		if (i >= left || (s[i] & 0xC0) != 0x80) {
			least = UINT32_MAX;
			break;
		}
		v = v << 6 | (s[i] & 0x3F);
	}
	if (v < least || v > 0x10FFFF || (v >= 0xD800 && v < 0xE000)) {
		*cp = UTF8_BAD;
		return p + 1;
	}
	*cp = v;
	return p + 1 + more;
}

int
utf8_put(uint32_t cp, char *out)
{
	if (cp > 0x10FFFF || (cp >= 0xD800 && cp < 0xE000))
		cp = UTF8_BAD;
	if (cp < 0x80) {
		out[0] = (char)cp;
		return 1;
	}
	if (cp < 0x800) {
		out[0] = (char)(0xC0 | cp >> 6);
		out[1] = (char)(0x80 | (cp & 0x3F));
		return 2;
	}
	if (cp < 0x10000) {
		out[0] = (char)(0xE0 | cp >> 12);
		out[1] = (char)(0x80 | (cp >> 6 & 0x3F));
		out[2] = (char)(0x80 | (cp & 0x3F));
		return 3;
	}
	out[0] = (char)(0xF0 | cp >> 18);
	out[1] = (char)(0x80 | (cp >> 12 & 0x3F));
	out[2] = (char)(0x80 | (cp >> 6 & 0x3F));
	out[3] = (char)(0x80 | (cp & 0x3F));
	return 4;
}

/* What may not reach a screen, within the basic plane. */
static const struct utf8_range unsafe[] = {
	{0x0000, 0x001F}, /* C0 */
	{0x007F, 0x009F}, /* DEL, C1 */
	{0x00AD, 0x00AD}, /* soft hyphen */
	{0x034F, 0x034F}, /* grapheme joiner */
	{0x0600, 0x0605}, /* Arabic signs that span what follows */
	{0x061C, 0x061C}, /* Arabic letter mark: bidi */
	{0x06DD, 0x06DD}, {0x070F, 0x070F}, {0x0890, 0x0891},
	{0x08E2, 0x08E2}, {0x115F, 0x1160}, /* Hangul fillers */
	{0x17B4, 0x17B5},                   /* Khmer inherent vowels, unseen */
	{0x180B, 0x180F},                   /* Mongolian selectors and separator */
	{0x200B, 0x200F},                   /* zero width; bidi marks */
	{0x2028, 0x202E},                   /* line and paragraph separators; bidi embedding */
	{0x2060, 0x206F},                   /* invisible operators; bidi isolates */
	{0x3164, 0x3164},                   /* Hangul filler */
	{0xD800, 0xF8FF},                   /* surrogates, private use */
	{0xFDD0, 0xFDEF},                   /* no characters */
	{0xFEFF, 0xFEFF},                   /* byte order mark */
	{0xFFA0, 0xFFA0},                   /* Hangul filler, half width */
	{0xFFF0, 0xFFFC},                   /* annotation, object replacement */
	{0xFFFE, 0xFFFF},                   /* no characters */
};

uint32_t
utf8_safe(uint32_t cp)
{
	if (cp >= 0x20 && cp < 0x7F)
		return cp;
	if (cp < 0x10000)
		return in_ranges(unsafe, LENGTH(unsafe), cp) ? UTF8_BAD : cp;
	if ((cp & 0xFFFE) == 0xFFFE)
		return UTF8_BAD;
	if ((cp >= 0x16FE0 && cp < 0x1B300) || (cp >= 0x1D400 && cp < 0x1D800) ||
	    (cp >= 0x1F000 && cp < 0x1FB00) || (cp >= 0x20000 && cp < 0x40000))
		return cp;
	return UTF8_BAD;
}

int
utf8_width(uint32_t cp)
{
	if (cp < 0x300)
		return 1;
	if (cp < 0x10000 && in_ranges(utf8_zero, LENGTH(utf8_zero), cp))
		return 0;
	return in_ranges(utf8_wide, LENGTH(utf8_wide), cp) ? 2 : 1;
}

static size_t
plain_length(const char *s, size_t n)
{
	size_t i = 0;
	while (i < n && s[i] >= 0x20 && s[i] < 0x7F)
		i++;
	return i;
}

void
utf8_clean(struct str *out, const char *s, size_t n, int ascii)
{
	const char *p = s, *end = s + n;
	while (p < end) {
		size_t plain = plain_length(p, (size_t)(end - p));
		str_add(out, p, plain);
		p += plain;
		if (p == end)
			break;
		uint32_t cp;
		p = utf8_next(p, end, &cp);
		cp = utf8_safe(cp);
		if (ascii) {
			/* As many columns as it would take, so that what stands below stays in
			 * line. */
			for (int w = utf8_width(cp); w > 0; w--)
				str_addc(out, '?');
		} else {
			char buf[4];
			str_add(out, buf, (size_t)utf8_put(cp, buf));
		}
	}
}

int
utf8_columns(const char *s)
{
	const char *p = s, *end = s + strlen(s);
	int columns = 0;
	while (p < end) {
		uint32_t cp;
		p = utf8_next(p, end, &cp);
		columns += utf8_width(utf8_safe(cp));
	}
	return columns;
}

void
utf8_json(struct str *out, const char *s, size_t n)
{
	const char *p = s, *end = s + n;
	while (p < end) {
		size_t plain = 0, left = (size_t)(end - p);
		while (plain < left && p[plain] >= 0x20 && p[plain] < 0x7F && p[plain] != '"' &&
		       p[plain] != '\\')
			plain++;
		str_add(out, p, plain);
		p += plain;
		if (p == end)
			break;
		uint32_t cp;
		p = utf8_next(p, end, &cp);
		char buf[4];
		if (cp == '"' || cp == '\\')
			str_addf(out, "\\%c", (char)cp);
		else if (cp == '\n')
			str_adds(out, "\\n");
		else if (cp == '\t')
			str_adds(out, "\\t");
		else if (cp == UTF8_BAD || utf8_safe(cp) == cp)
			str_add(out, buf, (size_t)utf8_put(cp, buf));
		else if (cp < 0x10000)
			/* JSON is also read on terminals: what they would obey is escaped too. */
			str_addf(out, "\\u%04x", (unsigned)cp);
		else
			str_addf(out, "\\u%04x\\u%04x", (unsigned)(0xD800 + ((cp - 0x10000) >> 10)),
				 (unsigned)(0xDC00 + ((cp - 0x10000) & 0x3FF)));
	}
}
