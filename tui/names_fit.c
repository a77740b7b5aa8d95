/* names_fit.c - names in a narrow column that can still be told apart.
 *
 * Cutting every name in its middle makes a sweep unreadable: seed3 and seed4 differ in one
 * letter, and it sits where the cut falls. So each name is asked where it parts from its nearest
 * neighbour (sorted, that is one of two), and the cut goes around that place. What is left alike
 * even so (very narrow, or names that differ in several places) is numbered. */
#include "tui/names.h"

#include "core/str.h"
#include "core/utf8.h"
#include "core/xalloc.h"
#include "tui/strset.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	WIDE = 12,  /* columns that hold more than one word */
	FEW = 2000, /* names whose ends may well all differ */
};

struct fit {
	const char *const *name;
	int n, w;
	bool bytes; /* each byte of the name at hand is a character of one column: nearly always */
	const char *mark; /* one column: something was left out here */
	/* bytes that all names share at either end, when leaving them out gains something */
	size_t lead, trail;
};

static bool
is_bytes(const char *p)
{
	while (*p >= ' ' && *p < 0x7f)
		p++;
	return !*p;
}

static int
columns(const struct fit *f, const char *p, const char *end)
{
	int w = 0;
	if (f->bytes)
		return p < end ? (int)(end - p) : 0;
	while (p < end) {
		uint32_t cp;
		p = utf8_next(p, end, &cp);
		w += utf8_width(utf8_safe(cp));
	}
	return w;
}

/* Where the first W columns of [p, end) end. */
static const char *
head_end(const struct fit *f, const char *p, const char *end, int w)
{
	if (f->bytes)
		return w <= 0 ? p : end - p < w ? end : p + w;
	while (p < end) {
		uint32_t cp;
		const char *next = utf8_next(p, end, &cp);
		w -= utf8_width(utf8_safe(cp));
		if (w < 0)
			break;
		p = next;
	}
	return p;
}

/* Where the last W columns of [p, end) begin. */
static const char *
tail_start(const struct fit *f, const char *p, const char *end, int w)
{
	int skip = columns(f, p, end) - w;
	if (f->bytes)
		return skip > 0 && p < end ? p + (skip < end - p ? skip : end - p) : p;
	while (p < end && skip > 0) {
		uint32_t cp;
		p = utf8_next(p, end, &cp);
		skip -= utf8_width(utf8_safe(cp));
	}
	return p;
}

static bool
separator(char c)
{
	return c == '/' || c == '_' || c == '-' || c == ' ' || c == ',' || c == '.' || c == '=';
}

static bool
continuation(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

static size_t
same_head(const char *a, const char *b)
{
	size_t n = 0;
	while (a[n] && a[n] == b[n])
		n++;
	return n;
}

/* What all share at both ends, cut back to a separator; nothing when it is so short that a mark
 * gains nothing. */
static void
find_shared(struct fit *f)
{
	f->lead = f->trail = 0;
	if (f->n < 2)
		return;
	const char *first = f->name[0];
	size_t len = strlen(first), lead = len, trail = len;
	for (int i = 1; i < f->n; i++) {
		const char *z = f->name[i];
		size_t l = strlen(z), most = l < len ? l : len, t = 0;
		size_t same = same_head(first, z);
		lead = same < lead ? same : lead;
		while (t < trail && t < most && first[len - 1 - t] == z[l - 1 - t])
			t++;
		trail = t;
	}
	while (lead && !separator(first[lead - 1]))
		lead--;
	while (trail && !separator(first[len - trail]))
		trail--;
	if (lead >= 4)
		f->lead = lead;
	if (trail >= 4 && lead + trail < len)
		f->trail = trail;
}

/* Would every name show its first parameter even with what all share in front? */
static bool
parameters_fit(const struct fit *f)
{
	const struct fit any = {.bytes = false};
	for (int i = 0; i < f->n; i++) {
		const char *blank = strchr(f->name[i], ' ');
		if (!blank)
			return false;
		const char *end = blank + 1 + strcspn(blank + 1, " ");
		if (columns(&any, f->name[i], end) >= f->w)
			return false;
	}
	return true;
}

static void
add(struct str *s, const char *from, const char *to)
{
	if (to > from)
		str_add(s, from, (size_t)(to - from));
}

/* P, or the beginning of the word that P is in when that is at most MAX bytes back. */
static const char *
word_start(const char *from, const char *p, int max)
{
	for (const char *q = p; q > from && p - q <= max; q--)
		if (separator(q[-1]) && q[-1] != '.' && q[-1] != '=')
			return q;
	return p;
}

/* NAME in f->w columns; DIFF: the byte at which it parts from its nearest neighbour. */
static char *
shorten(const struct fit *f, const char *name, size_t diff)
{
	struct str s = STR_INIT;
	size_t len = strlen(name);
	bool fits = f->lead + f->trail < len;
	const char *a = name + (fits ? f->lead : 0), *b = name + len - (fits ? f->trail : 0);
	const char *d = name + diff;
	while (d > name && continuation(*d))
		d--;
	int marks = (a > name) + (*b != '\0'), room = f->w - columns(f, a, b) - marks;
	if (room >= 0) {
		/* without what all share it fits: the beginning again, as far as there is room */
		const char *h = a > name ? head_end(f, name, a, room) : name;
		add(&s, name, h);
		if (a > h)
			str_adds(&s, f->mark);
		add(&s, a, b);
		if (*b)
			str_adds(&s, f->mark);
		return str_steal(&s);
	}
	/* What stands behind a blank adds to a name (lr=0.01 seed=3), the most telling first. */
	const char *cut = head_end(f, a, b, f->w - (a > name) - 1);
	if (f->w >= WIDE && memchr(a, ' ', (size_t)(b - a)) && d >= a && d < cut) {
		if (a > name)
			str_adds(&s, f->mark);
		while (cut > d && separator(cut[-1]))
			cut--;
		add(&s, a, cut);
		str_adds(&s, f->mark);
		return str_steal(&s);
	}
	room = f->w - marks - 1;
	const char *t = word_start(a, tail_start(f, a, b, room / 2), room / 4);
	const char *h = head_end(f, a, t, room - columns(f, t, b));
	if (room >= 4 && (d < h || d >= t)) {
		if (a > name)
			str_adds(&s, f->mark);
		add(&s, a, h);
		str_adds(&s, f->mark);
		add(&s, t, b);
		if (*b)
			str_adds(&s, f->mark);
		return str_steal(&s);
	}
	/* head…where it differs…tail, the head only where it isn't shared by all */
	room = f->w - 2;
	int mid = room * 2 / 5 > 3 ? room * 2 / 5 : room < 3 ? room : 3, rest = room - mid;
	const char *m = d;
	for (int back = mid / 2; back > 0 && m > a && !separator(m[-1]); back--)
		do
			m--;
		while (m > a && continuation(*m));
	h = head_end(f, a, m, rest / 2);
	const char *me = head_end(f, m, b, mid);
	t = tail_start(f, me, b, rest - rest / 2);
	add(&s, a, h);
	if (m > h || a > name)
		str_adds(&s, f->mark);
	add(&s, m, me);
	if (t > me)
		str_adds(&s, f->mark);
	add(&s, t, b);
	return str_steal(&s);
}

static int
by_name(const void *a, const void *b, void *ctx)
{
	const char *const *name = ctx;
	return strcmp(name[*(const int *)a], name[*(const int *)b]);
}

/* DIFF[i]: the first byte at which name i differs from both of its neighbours in order. */
static void
find_differences(const struct fit *f, size_t *diff)
{
	int *order = xreallocarray(NULL, (size_t)f->n, sizeof *order);
	bool sorted = true;
	for (int i = 0; i < f->n; i++) {
		order[i] = i;
		sorted = sorted && (!i || strcmp(f->name[i - 1], f->name[i]) <= 0);
	}
	if (!sorted)
		qsort_r(order, (size_t)f->n, sizeof *order, by_name, (void *)(uintptr_t)f->name);
	size_t before = 0;
	for (int i = 0; i < f->n; i++) {
		size_t after = 0;
		if (i + 1 < f->n)
			after = same_head(f->name[order[i]], f->name[order[i + 1]]);
		diff[order[i]] = before > after ? before : after;
		before = after;
	}
	free(order);
}

/* -- no two alike ---------------------------------------------------------------------------- */

static char *
numbered(const struct fit *f, const char *form, int k)
{
	char num[16];
	snprintf(num, sizeof num, "%s%d", f->mark, k);
	int cols = utf8_columns(num);
	struct fit any = {.bytes = false}; /* there are marks in FORM */
	struct str s = STR_INIT;
	add(&s, form, head_end(&any, form, form + strlen(form), f->w > cols ? f->w - cols : 0));
	str_adds(&s, num);
	return str_steal(&s);
}

/* The end of NAME in f->w columns, from the beginning of a word on where one is near. */
static char *
end_of(const struct fit *f, const char *name)
{
	const struct fit any = {.bytes = false};
	const char *end = name + strlen(name), *t = tail_start(&any, name, end, f->w - 1);
	struct str s = STR_INIT;
	for (const char *q = t; q < end && q - t <= f->w / 4; q++)
		if (q > name && (q[-1] == '/' || q[-1] == ' ')) {
			t = q;
			break;
		}
	str_adds(&s, f->mark);
	add(&s, t, end);
	return str_steal(&s);
}

/* Names that part in several places (lr=0.01/seed0, lr=0.1/seed1) and were cut in one of them: the
 * ends have it all more often than not. All names or none: those of a sweep look the same way. */
static void
part_by_ends(const struct fit *f, char **out)
{
	struct strset seen = STRSET_INIT;
	bool alike = false, better = true;
	char **end = xcalloc((size_t)f->n, sizeof *end);
	for (int i = 0; i < f->n; i++)
		alike |= strset_add(&seen, out[i] ? out[i] : f->name[i], i) >= 0;
	strset_release(&seen);
	for (int i = 0; i < f->n && alike; i++)
		if (out[i] && strchr(f->name[i], '/'))
			end[i] = end_of(f, f->name[i]);
	for (int i = 0; i < f->n && alike && better; i++)
		better = strset_add(&seen, end[i] ? end[i] : out[i] ? out[i] : f->name[i], i) < 0;
	strset_release(&seen);
	for (int i = 0; i < f->n; i++) {
		char **worse = alike && better && end[i] ? &out[i] : &end[i];
		free(*worse);
		if (worse == &out[i])
			out[i] = end[i];
	}
	free(end);
}

static void
number_alike(const struct fit *f, char **out)
{
	struct strset seen = STRSET_INIT;
	strset_room(&seen, f->n);
	for (int i = 0; i < f->n; i++)
		if (!out[i])
			strset_add(&seen, f->name[i], i);
	for (int i = 0, k = 2; i < f->n; i++) {
		if (!out[i] || strset_add(&seen, out[i], i) < 0)
			continue;
		char *z;
		while (strset_add(&seen, z = numbered(f, out[i], k++), i) >= 0)
			free(z);
		free(out[i]);
		out[i] = z;
	}
	strset_release(&seen);
}

/* Most are shorter in bytes already, and no byte takes two columns. */
static bool
too_wide(const char *name, int w)
{
	return strnlen(name, (size_t)w + 1) > (size_t)w &&
	       (is_bytes(name) || utf8_columns(name) > w);
}

void
names_fit(const char *const *name, int n, int w, bool ascii, char **out)
{
	struct fit f = {.name = name, .n = n, .w = w > 1 ? w : 1, .mark = ascii ? "~" : "…"};
	bool *wide = xcalloc((size_t)n + 1, sizeof *wide), any = false;
	for (int i = 0; i < n; i++) {
		out[i] = NULL;
		wide[i] = too_wide(name[i], f.w);
		any |= wide[i];
	}
	if (any) {
		find_shared(&f);
		if (parameters_fit(&f))
			f.lead = 0;
		size_t *diff = xreallocarray(NULL, (size_t)n, sizeof *diff);
		find_differences(&f, diff);
		for (int i = 0; i < n; i++)
			if (wide[i]) {
				f.bytes = is_bytes(name[i]);
				out[i] = shorten(&f, name[i], diff[i]);
			}
		if (f.w >= WIDE && n <= FEW)
			part_by_ends(&f, out);
		number_alike(&f, out);
		free(diff);
	}
	free(wide);
}
