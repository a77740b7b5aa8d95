/* Cells in a row and a place where the next character goes: as much of a terminal as a log needs.
 * The state that a line leaves (a colour that is never taken back) ends with it: a log is read from
 * any place, so no line may depend on those before it.
 *
 * Eight colours with a bright twin each, a cube and a ramp of greys become seven, because what they
 * are for is telling apart, and because each has to be readable on black and on white (the screen's
 * theme sees to that). A background stands in for the colour of the text: it is how banners shout.
 */
#include "core/ansi.h"

#include "core/utf8.h"
#include "core/xalloc.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { TAB = 8, PARAMS = 16, STRING_MAX = 4096 /* bytes of an OSC; a longer one is none */ };

void
ansi_release(struct ansi_line *l)
{
	free(l->cell);
	*l = (struct ansi_line){0};
}

/* -- cells ------------------------------------------------------------------------------------ */

static void
blank_to(struct ansi_line *l, size_t n)
{
	xgrow(&l->cell, &l->cap, n, sizeof *l->cell);
	while (l->n < n)
		l->cell[l->n++] = (struct ansi_cell){' ', ANSI_PLAIN};
}

/* What overwrites one half of a wide character leaves a blank for the other. */
static void
split(struct ansi_line *l, size_t at)
{
	if (at >= l->n)
		return;
	if (l->cell[at].ch == 0)
		l->cell[at].ch = l->cell[at - 1].ch = ' ';
	else if (at + 1 < l->n && l->cell[at + 1].ch == 0)
		l->cell[at + 1].ch = ' ';
}

static size_t
columns(const struct ansi_line *l)
{
	return l->limit ? l->limit : ANSI_COLUMNS;
}

static void
put(struct ansi_line *l, uint32_t ch)
{
	size_t w = (size_t)utf8_width(ch);
	if (w == 0)
		return;
	if (l->at + w > columns(l)) {
		l->beyond++;
		return;
	}
	blank_to(l, l->at + w);
	split(l, l->at);
	if (w == 2)
		split(l, l->at + 1);
	uint8_t attr = l->attr | (l->ground ? l->ground : l->color);
	l->cell[l->at] = (struct ansi_cell){ch, attr};
	if (w == 2)
		l->cell[l->at + 1] = (struct ansi_cell){0, attr};
	l->at += w;
}

static void
go_back(struct ansi_line *l)
{
	if (l->at > 0 && --l->at > 0 && l->at < l->n && l->cell[l->at].ch == 0)
		l->at--;
}

static void
tab(struct ansi_line *l)
{
	size_t to = (l->at / TAB + 1) * TAB;
	l->at = to < columns(l) ? to : columns(l);
	if (l->at > l->n)
		blank_to(l, l->at);
}

/* -- SGR -------------------------------------------------------------------------------------- */

/* The nearest of the seven; black and white are the terminal's own, whichever it has as which. */
static uint8_t
nearest(unsigned r, unsigned g, unsigned b)
{
	unsigned most = r > g ? r : g, least = r < g ? r : g;
	most = most > b ? most : b;
	least = least < b ? least : b;
	if (most - least < 40)
		return most < 70 || most > 200 ? ANSI_PLAIN : ANSI_GRAY;
	unsigned half = least + (most - least) / 2;
	unsigned bits = (r > half) | (unsigned)(g > half) << 1 | (unsigned)(b > half) << 2;
	return (uint8_t)bits; /* red 1, green 2, yellow 3, blue 4, magenta 5, cyan 6 */
}

static uint8_t
of_ansi(unsigned n)
{
	return n == 0 || n == 7 || n == 15 ? ANSI_PLAIN : n == 8 ? ANSI_GRAY : (uint8_t)(n & 7);
}

static uint8_t
of_256(unsigned n)
{
	static const unsigned level[] = {0, 95, 135, 175, 215, 255};
	if (n < 16)
		return of_ansi(n);
	if (n >= 232)
		return nearest(8 + 10 * (n - 232), 8 + 10 * (n - 232), 8 + 10 * (n - 232));
	n -= 16;
	return nearest(level[n / 36], level[n / 6 % 6], level[n % 6]);
}

/* 38;5;N and 38;2;R;G;B at P[I]: the index of its last parameter. */
static size_t
extended(struct ansi_line *l, const unsigned *p, size_t n, size_t i, bool background)
{
	uint8_t color = ANSI_PLAIN;
	size_t last = n;
	if (i + 2 < n && p[i + 1] == 5) {
		color = of_256(p[i + 2] & 255);
		last = i + 2;
	} else if (i + 4 < n && p[i + 1] == 2) {
		color = nearest(p[i + 2] & 255, p[i + 3] & 255, p[i + 4] & 255);
		last = i + 4;
	}
	if (last < n)
		*(background ? &l->ground : &l->color) = color;
	return last;
}

static void
sgr_one(struct ansi_line *l, unsigned v)
{
	switch (v) {
	case 0:
		l->attr = l->color = l->ground = ANSI_PLAIN;
		break;
	case 1:
		l->attr |= ANSI_BOLD;
		break;
	case 2:
		l->attr |= ANSI_DIM;
		break;
	case 4:
		l->attr |= ANSI_UNDERLINE;
		break;
	case 22:
		l->attr &= (uint8_t) ~(ANSI_BOLD | ANSI_DIM);
		break;
	case 24:
		l->attr &= (uint8_t)~ANSI_UNDERLINE;
		break;
	case 39:
		l->color = ANSI_PLAIN;
		break;
	case 49:
		l->ground = ANSI_PLAIN;
		break;
	default:
		if (v >= 30 && v <= 37)
			l->color = of_ansi(v - 30);
		else if (v >= 90 && v <= 97)
			l->color = of_ansi(v - 90 + 8);
		else if (v >= 40 && v <= 47)
			l->ground = of_ansi(v - 40);
		else if (v >= 100 && v <= 107)
			l->ground = of_ansi(v - 100 + 8);
	}
}

static void
sgr(struct ansi_line *l, const unsigned *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i] == 38 || p[i] == 48)
			i = extended(l, p, n, i, p[i] == 48);
		else
			sgr_one(l, p[i]);
}

/* -- escapes ---------------------------------------------------------------------------------- */

static void
erase(struct ansi_line *l, unsigned what)
{
	size_t from = what == 0 ? l->at : 0, to = what == 1 ? l->at + 1 : l->n;
	split(l, from);
	if (to < l->n && l->cell[to].ch == 0)
		l->cell[to].ch = ' ';
	for (size_t i = from; i < to && i < l->n; i++)
		l->cell[i] = (struct ansi_cell){' ', ANSI_PLAIN};
	if (what != 1 && from < l->n)
		l->n = from;
}

/* Behind "ESC [" at P: what is behind the sequence, or NULL when it is none. */
static const char *
csi(struct ansi_line *l, const char *p, const char *end)
{
	unsigned param[PARAMS] = {0};
	size_t n = 0;
	bool plain = true;
	for (; p < end && (unsigned char)*p >= 0x30 && (unsigned char)*p < 0x40; p++) {
		if (*p >= '0' && *p <= '9') {
			unsigned *v = &param[n < PARAMS ? n : PARAMS - 1];
			*v = *v < 10000 ? *v * 10 + (unsigned)(*p - '0') : *v;
		} else if (*p == ';' || *p == ':') {
			n += n < PARAMS - 1;
		} else {
			plain = false; /* private: "?25l" */
		}
	}
	for (; p < end && (unsigned char)*p >= 0x20 && (unsigned char)*p < 0x30; p++)
		plain = false;
	if (p == end || (unsigned char)*p < 0x40 || (unsigned char)*p > 0x7E)
		return NULL;
	if (plain && *p == 'm')
		sgr(l, param, n + 1);
	else if (plain && *p == 'K' && param[0] <= 2)
		erase(l, param[0]);
	return p + 1;
}

/* Behind "ESC ]" and its kin: a string, to BEL or ESC \. */
static const char *
string(const char *p, const char *end)
{
	if (end - p > STRING_MAX)
		end = p + STRING_MAX;
	for (; p < end; p++) {
		if (*p == '\a')
			return p + 1;
		if (*p == '\x1B')
			return p + 1 < end && p[1] == '\\' ? p + 2 : NULL;
		if ((unsigned char)*p < 0x20)
			return NULL;
	}
	return NULL;
}

/* ESC at P: what is behind the sequence; NULL: it is none, and ESC a character like any other. */
static const char *
escape(struct ansi_line *l, const char *p, const char *end)
{
	if (++p == end)
		return NULL;
	unsigned char c = (unsigned char)*p++;
	if (c == '[')
		return csi(l, p, end);
	if (c == ']' || c == 'P' || c == '_' || c == '^' || c == 'X')
		return string(p, end);
	while (c >= 0x20 && c < 0x30 && p < end)
		c = (unsigned char)*p++;
	return c >= 0x30 && c < 0x7F ? p : NULL;
}

/* -- lines ------------------------------------------------------------------------------------ */

void
ansi_read(struct ansi_line *l, const char *p, const char *end)
{
	l->n = l->at = l->beyond = 0;
	l->attr = l->color = l->ground = ANSI_PLAIN;
	while (p < end) {
		const char *behind;
		uint32_t ch;
		switch (*p) {
		case '\r':
			l->at = 0;
			l->beyond = 0;
			p++;
			continue;
		case '\b':
			go_back(l);
			p++;
			continue;
		case '\t':
			tab(l);
			p++;
			continue;
		case '\x1B':
			behind = escape(l, p, end);
			if (behind) {
				p = behind;
				continue;
			}
			break;
		default:
			break;
		}
		p = utf8_next(p, end, &ch);
		put(l, utf8_safe(ch));
	}
	while (l->n && l->cell[l->n - 1].ch == ' ' && !(l->cell[l->n - 1].attr & ANSI_UNDERLINE))
		l->n--;
}

static void
add_char(struct str *out, uint32_t ch)
{
	char buf[4];
	if (ch)
		str_add(out, buf, (size_t)utf8_put(ch, buf));
}

void
ansi_text(const struct ansi_line *l, struct str *out)
{
	for (size_t i = 0; i < l->n; i++)
		add_char(out, l->cell[i].ch);
}

static void
add_attr(struct str *out, uint8_t attr)
{
	str_adds(out, "\x1B[0");
	if (attr & ANSI_BOLD)
		str_adds(out, ";1");
	if (attr & ANSI_DIM)
		str_adds(out, ";2");
	if (attr & ANSI_UNDERLINE)
		str_adds(out, ";4");
	if ((attr & ANSI_COLOR) == ANSI_GRAY)
		str_adds(out, ";90");
	else if (attr & ANSI_COLOR)
		str_addf(out, ";%d", 30 + (attr & ANSI_COLOR));
	str_addc(out, 'm');
}

void
ansi_write(const struct ansi_line *l, struct str *out)
{
	uint8_t attr = ANSI_PLAIN;
	for (size_t i = 0; i < l->n; i++) {
		if (l->cell[i].ch && l->cell[i].attr != attr) {
			attr = l->cell[i].attr;
			add_attr(out, attr);
		}
		add_char(out, l->cell[i].ch);
	}
	if (attr != ANSI_PLAIN)
		add_attr(out, ANSI_PLAIN);
}
