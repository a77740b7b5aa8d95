/* Reading numbers is most of the cost of reading a text log: strtod takes 40-70 ns a field, four
 * times what everything else about that field takes. So, in order of how common they are:
 *
 *  1. at most 19 digits and a small power of ten: both are exact doubles, and one multiplication or
 *     division rounds once (Clinger, "How to read floating point numbers accurately", 1990);
 *  2. any other power: the product of the digits with a 128-bit approximation of 5^q tells how to
 *     round (Lemire, arXiv:2101.11408, section 5; that it always does: Mushtak and Lemire,
 *     arXiv:2212.06644);
 *  3. more than 19 digits, when the rest could matter: strtod, in the C locale, for which '.' is
 *     the point whatever the environment says.
 *
 * The table of powers is made with exact integers when it is first needed, in well under a
 * millisecond: shorter, and easier to believe, than 1302 constants in the source. */
#include "core/num.h"

#include "core/xalloc.h"

#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

__extension__ typedef unsigned __int128 wide;

enum {
	POW5_MIN = -342, /* below this, 19 digits × 10^q rounds to 0 */
	POW5_MAX = 308,  /* above, to infinity */
	LIMBS = 13,      /* 64-bit limbs of 5^342 */
	MAX_DIGITS = 19, /* decimal digits that always fit 64 bits */
};

struct pow5 {
	uint64_t hi, lo; /* the 128 leading bits of 5^q */
};

static struct pow5 pow5_table[POW5_MAX - POW5_MIN + 1];

/* -- the table -------------------------------------------------------------------------------- */

/* An integer of LIMBS + 1 limbs, the least first: one more than 5^342 needs, for shifting. */
struct big {
	uint64_t limb[LIMBS + 1];
};

static void
big_times(struct big *b, uint64_t by)
{
	wide carry = 0;
	for (int i = 0; i <= LIMBS; i++) {
		carry += (wide)b->limb[i] * by;
		b->limb[i] = (uint64_t)carry;
		carry >>= 64;
	}
}

static int
big_bits(const struct big *b)
{
	int i = LIMBS;
	while (i > 0 && !b->limb[i])
		i--;
	return b->limb[i] ? 64 * i + 64 - __builtin_clzll(b->limb[i]) : 0;
}

static void
big_double(struct big *b)
{
	for (int i = LIMBS; i > 0; i--)
		b->limb[i] = b->limb[i] << 1 | b->limb[i - 1] >> 63;
	b->limb[0] <<= 1;
}

/* a -= b when a >= b. */
static bool
big_subtract(struct big *a, const struct big *b)
{
	int i = LIMBS;
	while (i > 0 && a->limb[i] == b->limb[i])
		i--;
	if (a->limb[i] < b->limb[i])
		return false;
	uint64_t borrow = 0;
	for (i = 0; i <= LIMBS; i++) {
		wide d = (wide)a->limb[i] - b->limb[i] - borrow;
		a->limb[i] = (uint64_t)d;
		borrow = (uint64_t)(d >> 64) & 1;
	}
	return true;
}

/* 64 bits of B from bit AT down; what would lie below bit 0 is zero. */
static uint64_t
big_window(const struct big *b, int at)
{
	uint64_t w = 0;
	for (int i = at; i > at - 64; i--)
		w = w << 1 | (i >= 0 ? b->limb[i / 64] >> (i % 64) & 1 : 0);
	return w;
}

static struct pow5
pow5_positive(const struct big *power)
{
	int top = big_bits(power) - 1;
	return (struct pow5){big_window(power, top), big_window(power, top - 64)};
}

/* The leading bits of 1 / 5^k, by long division. */
static struct pow5
pow5_reciprocal(const struct big *power, int k)
{
	struct big rest = {{0}};
	wide q = 0;
	int bits = big_bits(power);
	/* 2^bits / 5^k lies between 1 and 2, so that the first bit of the quotient is a one. */
	rest.limb[bits / 64] = UINT64_C(1) << (bits % 64);
	for (int i = 0; i < 128; i++) {
		q = q << 1 | big_subtract(&rest, power);
		big_double(&rest);
	}
	/* The paper rounds those up whose products can be exact, so that they come out exact. */
	if (k <= 27)
		q++;
	return (struct pow5){(uint64_t)(q >> 64), (uint64_t)q};
}

static void
pow5_make(void)
{
	struct big power = {{1}};
	for (int k = 0; k <= -POW5_MIN; k++) {
		if (k <= POW5_MAX)
			pow5_table[k - POW5_MIN] = pow5_positive(&power);
		if (k > 0)
			pow5_table[-k - POW5_MIN] = pow5_reciprocal(&power, k);
		big_times(&power, 5);
	}
}

static const struct pow5 *
pow5_of(int q)
{
	if (__builtin_expect(!pow5_table[0].hi, 0))
		pow5_make();
	return &pow5_table[q - POW5_MIN];
}

/* -- rounding --------------------------------------------------------------------------------- */

static double
double_of_bits(uint64_t bits)
{
	double d;
	memcpy(&d, &bits, sizeof d);
	return d;
}

/* W × 10^Q, correctly rounded, W > 0. */
static double
round_decimal(uint64_t w, int64_t q)
{
	if (q < POW5_MIN)
		return 0;
	if (q > POW5_MAX)
		return INFINITY;
	const struct pow5 *p = pow5_of((int)q);
	int lz = __builtin_clzll(w);
	w <<= lz;
	wide product = (wide)w * p->hi;
	uint64_t hi = (uint64_t)(product >> 64), lo = (uint64_t)product;
	/* 55 bits decide. Only when those after them are all ones can the power's lower half, by a
	 * carry, still change them. */
	if ((hi & 0x1FF) == 0x1FF) {
		uint64_t more = (uint64_t)(((wide)w * p->lo) >> 64);
		lo += more;
		hi += lo < more;
	}
	int top = (int)(hi >> 63);
	int shift = top + 64 - 52 - 3;
	uint64_t m = hi >> shift; /* 53 bits and one to round by */
	/* floor(q × log2(10)), the power of two that goes with the window, and the bias. */
	int64_t exponent = ((217706 * q) >> 16) + 63 + top - lz + 1023;
	if (exponent <= 0) {
		if (exponent <= -63)
			return 0;
		m >>= 1 - exponent;
		m = (m + (m & 1)) >> 1;
		/* Rounded up to the least normal number, the bits carry into the exponent. */
		return double_of_bits(m);
	}
	/* Halfway between two doubles only when 5^|q| fits what is left of 64 bits: then to
	 * even. */
	if (lo <= 1 && q >= -4 && q <= 23 && (m & 3) == 1 && m << shift == hi)
		m--;
	m = (m + (m & 1)) >> 1;
	if (m >> 53) {
		m >>= 1;
		exponent++;
	}
	if (exponent >= 0x7FF)
		return INFINITY;
	return double_of_bits((m & ~(UINT64_C(1) << 52)) | (uint64_t)exponent << 52);
}

/* [P, END) is known to be a number, without its sign. */
static double
slow_decimal(const char *p, const char *end)
{
	static locale_t c_locale;
	if (!c_locale)
		c_locale = newlocale(LC_ALL_MASK, "C", NULL);
	char small[256], *z = small;
	size_t n = (size_t)(end - p);
	if (n >= sizeof small)
		z = xmalloc(n + 1);
	memcpy(z, p, n);
	z[n] = '\0';
	double v = c_locale ? strtod_l(z, NULL, c_locale) : strtod(z, NULL);
	if (z != small)
		free(z);
	return v;
}

/* -- reading ---------------------------------------------------------------------------------- */

/* A bit in the first byte of eight that is no digit, 0 when all are. What stands behind it may be
 * set wrongly: sums carry. */
static uint64_t
no_digit(uint64_t b)
{
	return ((b + 0x4646464646464646u) | (b - 0x3030303030303030u)) & 0x8080808080808080u;
}

/* Pairs, then fours, then eights: three multiplications instead of eight. */
static uint32_t
eight_value(uint64_t b)
{
	b -= 0x3030303030303030u;
	b = b * 10 + (b >> 8);
	b = ((b & 0x000000FF000000FFu) * 0x000F424000000064u +
	     ((b >> 16) & 0x000000FF000000FFu) * 0x0000271000000001u) >>
	    32;
	return (uint32_t)b;
}

static bool
is_digit(char c)
{
	return (unsigned char)(c - '0') < 10;
}

/* Adds the digits at P to *W, which may wrap around past 19 of them. */
static inline const char *
read_digits(const char *p, const char *end, uint64_t *w)
{
	uint64_t v = *w;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	static const uint32_t power[] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000};
	while (end - p >= 8) {
		uint64_t b;
		memcpy(&b, p, 8);
		uint64_t stop = no_digit(b);
		if (stop) {
			/* The digits go to the end of the word, zeros before them. */
			int n = __builtin_ctzll(stop) / 8;
			if (n) {
				b = b << (64 - 8 * n) | 0x3030303030303030u >> (8 * n);
				v = v * power[n] + eight_value(b);
			}
			*w = v;
			return p + n;
		}
		v = v * 100000000 + eight_value(b);
		p += 8;
	}
#endif
	while (p < end && is_digit(*p))
		v = v * 10 + (uint64_t)(*p++ - '0');
	*w = v;
	return p;
}

/* Mostly one or two, before the point. */
static inline const char *
read_few_digits(const char *p, const char *end, uint64_t *w)
{
	uint64_t v = 0;
	for (int i = 0; i < 4; i++) {
		if (p == end || !is_digit(*p)) {
			*w = v;
			return p;
		}
		v = v * 10 + (uint64_t)(*p++ - '0');
	}
	*w = v;
	return read_digits(p, end, w);
}

static bool
word_at(const char *p, const char *end, const char *word, size_t n)
{
	if ((size_t)(end - p) < n)
		return false;
	for (size_t i = 0; i < n; i++)
		if ((p[i] | 0x20) != word[i])
			return false;
	return true;
}

static const char *
read_word(const char *p, const char *end, double *out)
{
	if (word_at(p, end, "nan", 3)) {
		*out = NAN;
		return p + 3;
	}
	if (word_at(p, end, "infinity", 8)) {
		*out = INFINITY;
		return p + 8;
	}
	if (word_at(p, end, "inf", 3)) {
		*out = INFINITY;
		return p + 3;
	}
	return NULL;
}

/* More than 19 digits at P, leading zeros among them, up to DIGITS_END; the number's END comes
 * behind its exponent. The first 19 that count and the same with one added enclose the number; when
 * both round to one double, the rest does not matter. */
static double
many_digits(const char *p, const char *digits_end, const char *end, int64_t exponent)
{
	uint64_t w = 0;
	int n = 0;
	bool point = false;
	const char *q = p;
	for (; q < digits_end && n < MAX_DIGITS; q++) {
		if (*q == '.') {
			point = true;
			continue;
		}
		if (n || *q != '0') {
			w = w * 10 + (uint64_t)(*q - '0');
			n++;
		}
		exponent -= point;
	}
	for (; q < digits_end && !point && *q != '.'; q++)
		exponent++;
	double low = n ? round_decimal(w, exponent) : 0;
	if (n < MAX_DIGITS || low == round_decimal(w + 1, exponent))
		return low;
	return slow_decimal(p, end);
}

/* The decimal exponent at P, behind 'e' or 'E'; P itself when there is none. */
static const char *
read_exponent(const char *p, const char *end, int64_t *exponent)
{
	const char *q = p + 1;
	bool negative = q < end && *q == '-';
	if (q < end && (*q == '-' || *q == '+'))
		q++;
	if (q == end || !is_digit(*q))
		return p;
	int64_t e = 0;
	for (; q < end && is_digit(*q); q++)
		if (e < 100000000)
			e = e * 10 + (*q - '0');
	*exponent += negative ? -e : e;
	return q;
}

const char *
num_parse(const char *p, const char *end, double *out)
{
	static const double power[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
				       1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
				       1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
	if (p == end)
		return NULL;
	bool negative = *p == '-';
	if (*p == '-' || *p == '+')
		p++;
	uint64_t w = 0;
	int64_t exponent = 0;
	const char *start = p;
	p = read_few_digits(p, end, &w);
	int64_t ndigits = p - start;
	if (p < end && *p == '.') {
		const char *fraction = p + 1;
		p = read_digits(fraction, end, &w);
		exponent = fraction - p;
		ndigits -= exponent;
	}
	if (__builtin_expect(!ndigits, 0)) {
		p = read_word(start, end, out);
		if (p && negative)
			*out = -*out;
		return p;
	}
	const char *digits_end = p;
	int64_t scale = 0; /* what is written behind e */
	if (p < end && (*p | 0x20) == 'e')
		p = read_exponent(p, end, &scale);
	exponent += scale;
	double v;
	if (__builtin_expect(ndigits <= MAX_DIGITS, 1)) {
		if (w <= UINT64_C(1) << 53 && exponent >= -22 && exponent <= 22)
			v = exponent < 0 ? (double)w / power[-exponent]
					 : (double)w * power[exponent];
		else
			v = w ? round_decimal(w, exponent) : 0;
	} else {
		v = many_digits(start, digits_end, p, scale);
	}
	*out = negative ? -v : v;
	return p;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

bool
num_parse_all(const char *p, const char *end, double *out)
{
	while (p < end && is_blank(*p))
		p++;
	while (p < end && is_blank(end[-1]))
		end--;
	const char *q = num_parse(p, end, out);
	return q && q == end;
}

bool
num_to_step(double v, int64_t *out)
{
	/* 2^63 itself does not fit; both bounds are exact doubles. NaN fails the comparison. */
	if (!(v >= -0x1p63 && v < 0x1p63) || v != trunc(v))
		return false;
	*out = (int64_t)v;
	return true;
}
