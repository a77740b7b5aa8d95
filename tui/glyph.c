/* A terminal without UTF-8 must still tell a run that goes well from one that does not, so every
 * sign that mm draws by itself has a stand-in of the same width. What a log brings has none: it
 * becomes '?'. */
#include "tui/glyph.h"

#include <stddef.h>

static const struct stand_in {
	uint16_t ch;
	char ascii;
} stand_ins[] = {
	{0x00a0, ' '}, {0x00b0, 'o'}, {0x00b1, '~'}, {0x00b5, 'u'}, {0x00b7, '.'},  {0x00d7, 'x'},
	{0x0394, 'd'}, {0x03bc, 'u'}, {0x2013, '-'}, {0x2014, '-'}, {0x2018, '\''}, {0x2019, '\''},
	{0x201c, '"'}, {0x201d, '"'}, {0x2022, '*'}, {0x2026, '~'}, {0x2190, '<'},  {0x2191, '^'},
	{0x2192, '>'}, {0x2193, 'v'}, {0x2195, '|'}, {0x21b3, '>'}, {0x221e, '8'},  {0x2248, '~'},
	{0x2260, '#'}, {0x2264, '<'}, {0x2265, '>'}, {0x2581, '_'}, {0x2582, '.'},  {0x2583, '-'},
	{0x2584, '='}, {0x2585, '+'}, {0x2586, '*'}, {0x2587, '#'}, {0x2588, '#'},  {0x2589, '#'},
	{0x258a, '#'}, {0x258b, '='}, {0x258c, '>'}, {0x258d, '-'}, {0x258e, '-'},  {0x258f, '|'},
	{0x2591, '.'}, {0x2592, ':'}, {0x2593, '#'}, {0x25a0, '#'}, {0x25a1, 'o'},  {0x25aa, '*'},
	{0x25b2, '^'}, {0x25b3, '^'}, {0x25b6, '>'}, {0x25b8, '>'}, {0x25bc, 'v'},  {0x25bd, 'v'},
	{0x25be, 'v'}, {0x25c0, '<'}, {0x25c6, '*'}, {0x25c7, 'o'}, {0x25cb, 'o'},  {0x25cf, '*'},
	{0x25d0, 'o'}, {0x25d1, 'o'}, {0x25d4, 'o'}, {0x25d5, 'o'}, {0x2605, '*'},  {0x2606, '*'},
	{0x2713, 'v'}, {0x2714, 'v'}, {0x2716, 'x'}, {0x2717, 'x'}, {0x2718, 'x'},  {0x26a0, '!'},
};

uint32_t
glyph_box(unsigned arms, bool ascii)
{
	enum { VERTICAL = ARM_UP | ARM_DOWN, HORIZONTAL = ARM_LEFT | ARM_RIGHT };
	static const uint16_t piece[16] = {
		[ARM_UP] = 0x2502,
		[ARM_DOWN] = 0x2502,
		[VERTICAL] = 0x2502,
		[ARM_LEFT] = 0x2500,
		[ARM_RIGHT] = 0x2500,
		[HORIZONTAL] = 0x2500,
		[ARM_DOWN | ARM_RIGHT] = 0x250c,
		[ARM_DOWN | ARM_LEFT] = 0x2510,
		[ARM_UP | ARM_RIGHT] = 0x2514,
		[ARM_UP | ARM_LEFT] = 0x2518,
		[VERTICAL | ARM_RIGHT] = 0x251c,
		[VERTICAL | ARM_LEFT] = 0x2524,
		[HORIZONTAL | ARM_DOWN] = 0x252c,
		[HORIZONTAL | ARM_UP] = 0x2534,
		[HORIZONTAL | VERTICAL] = 0x253c,
	};
	arms &= 15;
	if (!arms)
		return ' ';
	return ascii ? glyph_ascii(piece[arms]) : piece[arms];
}

/* A cell of 2 × 4 dots: how high its ink stands. */
static char
braille_ascii(unsigned dots)
{
	static const struct {
		unsigned rows;
		char ascii;
	} height[] = {{0x09, '\''}, {0x12, '-'}, {0x24, '-'}, {0xc0, '.'}};
	char seen = ' ';
	for (size_t i = 0; i < sizeof height / sizeof *height; i++) {
		if (!(dots & height[i].rows))
			continue;
		seen = seen == ' ' || seen == height[i].ascii ? height[i].ascii : ':';
	}
	return seen;
}

uint32_t
glyph_ascii(uint32_t ch)
{
	if (ch < 0x7f)
		return ch;
	if (ch >= 0x2800 && ch <= 0x28ff)
		return (uint32_t)braille_ascii(ch - 0x2800);
	if (ch >= 0x2500 && ch <= 0x257f) {
		if (ch == 0x2500 || ch == 0x2501 || ch == 0x2504 || ch == 0x2508 || ch == 0x254c ||
		    ch == 0x2574 || ch == 0x2576)
			return '-';
		if (ch == 0x2502 || ch == 0x2503 || ch == 0x2506 || ch == 0x250a || ch == 0x254e ||
		    ch == 0x2575 || ch == 0x2577)
			return '|';
		return '+';
	}
	size_t lo = 0, hi = sizeof stand_ins / sizeof *stand_ins;
	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		if (stand_ins[mid].ch < ch)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo < sizeof stand_ins / sizeof *stand_ins && stand_ins[lo].ch == ch)
		return (uint32_t)stand_ins[lo].ascii;
	return '?';
}
