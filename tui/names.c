/* names.c - short names of runs from their paths.
 *
 * A path says too much (where the disk is, which framework wrote the log) and a name that says
 * too little is worse than a long one. So a name starts short and grows only where it must: every
 * path is at a level (0: without what all share and without generated parts; 1: with the
 * generated parts; 2: the whole path), and those that look alike go up by one until none do.
 * "Look alike" is judged on what a terminal shows, after cleaning, because two different byte
 * strings may well be the same on a screen. Paths that look alike to their last byte are
 * numbered. */
#include "tui/names.h"

#include "core/str.h"
#include "core/utf8.h"
#include "core/xalloc.h"
#include "tui/glyph.h"
#include "tui/model.h"
#include "tui/strset.h"

#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LEVEL_SHORT, LEVEL_WHOLE_BELOW, LEVEL_PATH, LEVEL_NUMBERED };

/* -- parts of a path ------------------------------------------------------------------------- */

bool
names_generated(const char *part, size_t len)
{
#define MADE(z) \
	{ \
		z, sizeof z - 1 \
	}
	static const struct {
		const char *z;
		size_t len;
	} made[] = {
		MADE("lightning_logs"),   MADE("logs"),        MADE("log"),    MADE("tb"),
		MADE("tb_logs"),          MADE("tensorboard"), MADE("csv"),    MADE("csv_logs"),
		MADE("tensorboard_logs"), MADE("wandb"),       MADE("mlruns"), MADE("files"),
	};
#undef MADE
	for (size_t i = 0; i < sizeof made / sizeof *made; i++)
		if (made[i].len == len && memcmp(made[i].z, part, len) == 0)
			return true;
	return false;
}

static bool
is_version(const char *part, size_t len)
{
	if (len < 9 || memcmp(part, "version_", 8) != 0)
		return false;
	for (size_t i = 8; i < len; i++)
		if (part[i] < '0' || part[i] > '9')
			return false;
	return true;
}

static size_t
part_end(const char *path, size_t at)
{
	return at + strcspn(path + at, "/");
}

/* Start of the part that ends at END (exclusive). */
static size_t
part_start(const char *path, size_t end)
{
	while (end && path[end - 1] != '/')
		end--;
	return end;
}

static size_t
dir_len(const char *path)
{
	size_t len = strlen(path);
	return part_start(path, len);
}

/* Is P an ancestor of Q? */
static bool
above(const char *p, const char *q)
{
	size_t len = strlen(p);
	return strncmp(p, q, len) == 0 && q[len] == '/';
}

/* -- what all share -------------------------------------------------------------------------- */

struct shared {
	size_t prefix; /* bytes, up to and with a '/' */
	size_t suffix; /* bytes from a '/' on */
	int top;       /* the run that all others lie below, or -1: it takes no part in this */
	bool lone;     /* there is one run only */
};

static size_t
common_prefix(const char *a, const char *b, size_t max)
{
	size_t n = 0, cut = 0;
	while (n < max && a[n] && a[n] == b[n])
		if (a[n++] == '/')
			cut = n;
	return cut;
}

static size_t
common_suffix(const char *a, const char *b, size_t max)
{
	size_t la = strlen(a), lb = strlen(b), n = 0, cut = 0;
	while (n < max && n < la && n < lb && a[la - 1 - n] == b[lb - 1 - n])
		if (a[la - 1 - n++] == '/')
			cut = n;
	return cut;
}

/* The one that all others lie below, or -1. */
static int
top_of(const struct named *of)
{
	const char *const *path = of->path;
	int n = of->n, top = 0;
	if (n < 2)
		return -1;
	if (of->ascending) /* what lies below one is together, behind it */
		return above(path[0], path[1]) && above(path[0], path[n - 1]) ? 0 : -1;
	size_t least = strlen(path[0]);
	for (int i = 1; i < n; i++) {
		size_t len = strlen(path[i]);
		if (len < least) {
			least = len;
			top = i;
		}
	}
	for (int i = 0; i < n; i++)
		if (i != top && !above(path[top], path[i]))
			return -1;
	return top;
}

/* What two share, all between them do. */
static size_t
shared_prefix(const struct named *of, int top, int first)
{
	const char *const *path = of->path;
	int i = of->ascending && of->n > first + 1 ? of->n - 1 : first + 1;
	size_t prefix = dir_len(path[first]);
	for (; i < of->n; i++)
		if (i != top) {
			size_t max = dir_len(path[i]);
			prefix = common_prefix(path[first], path[i], max < prefix ? max : prefix);
		}
	return prefix;
}

static struct shared
shared_of(const struct named *of)
{
	const char *const *path = of->path;
	int n = of->n, top = top_of(of), first = top == 0 ? 1 : 0;
	struct shared s = {shared_prefix(of, top, first), 0, top, n == 1};
	/* The suffix must leave every path a part to be known by. */
	if (n - (s.top >= 0) < 2)
		return s;
	s.suffix = strlen(path[first]) - s.prefix;
	for (int i = first; i < n && s.suffix; i++)
		if (i != s.top) {
			const char *below = path[i] + s.prefix;
			s.suffix = common_suffix(path[first] + s.prefix, below, s.suffix);
			size_t rest = strlen(below) - s.suffix;
			if (!rest || names_generated(below, rest))
				s.suffix = 0;
		}
	return s;
}

/* -- candidates ------------------------------------------------------------------------------ */

/* Versions of each directory among all paths: which are alone there. */
struct versions {
	struct strset at;
	char **dir;   /* "…/lightning_logs/" */
	char **first; /* the version that was met first */
	bool *several;
	int n;
	size_t dir_cap, first_cap, several_cap;
};

static void
versions_add(struct versions *v, const char *path, size_t at, size_t end)
{
	char *dir = xstrndup(path, at), *version = xstrndup(path + at, end - at);
	int known = strset_add(&v->at, dir, v->n);
	if (known < 0) {
		int n = v->n, k = v->n;
		*vec_push(v->dir, n, v->dir_cap) = dir;
		*vec_push(v->first, k, v->first_cap) = version;
		*vec_push(v->several, v->n, v->several_cap) = false;
		return;
	}
	if (strcmp(v->first[known], version) != 0)
		v->several[known] = true;
	free(dir);
	free(version);
}

static void
versions_init(struct versions *v, const char *const *path, int n)
{
	memset(v, 0, sizeof *v);
	for (int i = 0; i < n; i++)
		for (size_t at = strstr(path[i], "/version_") ? 0 : strlen(path[i]); path[i][at];) {
			size_t end = part_end(path[i], at);
			if (is_version(path[i] + at, end - at))
				versions_add(v, path[i], at, end);
			at = path[i][end] ? end + 1 : end;
		}
}

static bool
versions_alone(const struct versions *v, const char *path, size_t at)
{
	char *dir = xstrndup(path, at);
	int known = strset_get(&v->at, dir);
	free(dir);
	return known >= 0 && !v->several[known];
}

static void
versions_release(struct versions *v)
{
	for (int i = 0; i < v->n; i++) {
		free(v->dir[i]);
		free(v->first[i]);
	}
	free(v->dir);
	free(v->first);
	free(v->several);
	strset_release(&v->at);
}

static void
add_part(struct str *out, const char *part, size_t len)
{
	if (out->len)
		str_addc(out, '/');
	str_add(out, part, len);
}

/* PATH between FROM and TO without generated parts; when nothing is left, the last of them: what
 * stands before FROM others share. Of a LONE path it is the nearest part that says something. */
static void
short_form(struct str *out, const char *path, size_t from, size_t to, const struct versions *v,
	   bool lone)
{
	for (size_t at = from; at < to;) {
		size_t end = part_end(path, at);
		bool made = names_generated(path + at, end - at) ||
			    (is_version(path + at, end - at) && v && versions_alone(v, path, at));
		if (!made)
			add_part(out, path + at, end - at);
		at = end + 1;
	}
	if (!out->len && !lone && to > from) {
		size_t last = part_start(path, to);
		add_part(out, path + (last > from ? last : from), to - (last > from ? last : from));
	}
	for (size_t end = from; !out->len && end > 1;) {
		size_t start = part_start(path, end - 1);
		if (!names_generated(path + start, end - 1 - start) &&
		    !is_version(path + start, end - 1 - start))
			add_part(out, path + start, end - 1 - start);
		end = start;
	}
	if (!out->len && to > from)
		str_add(out, path + from, to - from);
	if (!out->len)
		str_adds(out, path);
}

/* It is shown as it is: nearly all are. */
static bool
is_plain(const char *z, size_t len)
{
	size_t n = 0;
	while (n < len && z[n] > ' ' && z[n] < 0x7f)
		n++;
	return n && n == len;
}

/* What a grid shows of RAW: safe characters, none without a column of its own, no blanks at the
 * end. */
static char *
visible(const struct str *raw, bool ascii)
{
	if (is_plain(str_c(raw), raw->len))
		return xstrndup(raw->buf, raw->len);
	struct str clean = STR_INIT, out = STR_INIT;
	utf8_clean(&clean, str_c(raw), raw->len, 0);
	for (const char *p = str_c(&clean), *end = p + clean.len, *next; p < end; p = next) {
		uint32_t cp;
		next = utf8_next(p, end, &cp);
		if (utf8_width(cp) == 0)
			continue;
		if (ascii)
			str_addc(&out, (char)glyph_ascii(cp));
		else
			str_add(&out, p, (size_t)(next - p));
	}
	while (out.len > 1 && out.buf[out.len - 1] == ' ')
		out.buf[--out.len] = '\0';
	str_release(&clean);
	return out.len ? str_steal(&out) : xstrdup("?");
}

/* Is the short form of PATH just what lies between FROM and TO, as it is? */
static bool
is_verbatim(const char *path, size_t from, size_t to)
{
	if (from >= to || path[from] == '/' || path[to - 1] == '/' ||
	    !is_plain(path + from, to - from))
		return false;
	for (size_t at = from; at < to;) {
		const char *slash = memchr(path + at, '/', to - at);
		size_t end = slash ? (size_t)(slash - path) : to;
		if (names_generated(path + at, end - at) || is_version(path + at, end - at))
			return false;
		at = end + 1;
	}
	return true;
}

static char *
candidate(struct arena *a, const char *path, const char *given, int level, bool top,
	  const struct shared *s, const struct versions *v, bool ascii)
{
	struct str raw = STR_INIT;
	size_t len = strlen(path), from = top ? part_start(path, len) : s->prefix;
	size_t to = len - (top ? 0 : s->suffix);
	if (given && level < LEVEL_PATH)
		str_adds(&raw, given);
	if (given && level == LEVEL_WHOLE_BELOW)
		str_addf(&raw, " (%s)", path + from);
	if (given && level < LEVEL_PATH)
		;
	else if (level == LEVEL_SHORT)
		short_form(&raw, path, from, to, v, s->lone);
	else if (level == LEVEL_WHOLE_BELOW)
		str_adds(&raw, path + from);
	else
		str_adds(&raw, path);
	char *seen = visible(&raw, ascii), *name = arena_str(a, seen);
	free(seen);
	str_release(&raw);
	return name;
}

/* Raises the level of all that look alike; false: none did. */
static bool
raise_alike(char *const *name, int n, uint8_t *level)
{
	struct strset seen = STRSET_INIT;
	bool any = false, *alike = xcalloc((size_t)n, sizeof *alike);
	strset_room(&seen, n);
	for (int i = 0; i < n; i++) {
		int first = strset_add(&seen, name[i], i);
		if (first >= 0)
			alike[i] = alike[first] = true;
	}
	for (int i = 0; i < n; i++)
		if (alike[i] && level[i] < LEVEL_NUMBERED) {
			level[i]++;
			any = true;
		}
	free(alike);
	strset_release(&seen);
	return any;
}

/* Paths that a terminal cannot tell apart get a number that no name has. */
static void
number_alike(struct arena *a, char **name, int n, const uint8_t *level)
{
	struct strset seen = STRSET_INIT;
	bool any = false;
	for (int i = 0; i < n && !any; i++)
		any = level[i] == LEVEL_NUMBERED;
	if (!any)
		return;
	strset_room(&seen, n);
	for (int i = 0; i < n; i++)
		if (level[i] < LEVEL_NUMBERED)
			strset_add(&seen, name[i], i);
	for (int i = 0, k = 2; i < n; i++) {
		if (level[i] < LEVEL_NUMBERED || strset_add(&seen, name[i], i) < 0)
			continue;
		char *z;
		while (strset_add(&seen, z = arena_printf(a, "%s (%d)", name[i], k++), i) >= 0)
			continue;
		name[i] = z;
	}
	strset_release(&seen);
}

/* Then no two are the same. */
static bool
ascending(const char *const *path, int n)
{
	for (int i = 1; i < n; i++)
		if (strcmp(path[i - 1], path[i]) >= 0)
			return false;
	return true;
}

/* Most runs are called what all of their path is but for what it shares with every other: if all
 * are, the names differ as the paths do, and nobody has to look whether two are alike. */
static bool
make_verbatim(struct arena *a, const struct named *of, const struct shared *s, char **out)
{
	int made = 0;
	if (s->top >= 0 || !(of->ascending || ascending(of->path, of->n)))
		return false;
	for (; made < of->n && !(of->given && of->given[made]); made++) {
		const char *p = of->path[made];
		size_t to = strlen(p) - s->suffix;
		if (!is_verbatim(p, s->prefix, to))
			break;
		size_t n = to - s->prefix;
		out[made] = arena_alloc(a, n + 1);
		memcpy(out[made], p + s->prefix, n);
	}
	return made == of->n;
}

void
names_make(struct arena *a, const struct named *of, char **out)
{
	int n = of->n;
	if (n <= 0)
		return;
	struct shared s = shared_of(of);
	struct versions v;
	if (make_verbatim(a, of, &s, out))
		return;
	versions_init(&v, of->path, n);
	uint8_t *level = xcalloc((size_t)n, 1), *made = xmalloc((size_t)n);
	memset(made, 0xff, (size_t)n);
	do {
		for (int i = 0; i < n; i++) {
			if (made[i] == level[i] || level[i] == LEVEL_NUMBERED)
				continue;
			out[i] = candidate(a, of->path[i], of->given ? of->given[i] : NULL,
					   level[i], i == s.top, &s, &v, of->ascii);
			made[i] = level[i];
		}
	} while (raise_alike(out, n, level));
	number_alike(a, out, n, level);
	free(made);
	free(level);
	versions_release(&v);
}

void
model_short_names(const char *const *path, int n, char **out)
{
	struct arena a = {0};
	struct named of = {.path = path, .n = n};
	names_make(&a, &of, out);
	for (int i = 0; i < n; i++)
		out[i] = xstrdup(out[i]);
	arena_release(&a);
}

char *
names_of_dir(const char *dir, size_t len, size_t prefix, bool ascii)
{
	struct str raw = STR_INIT;
	char *path = xstrndup(dir, len);
	short_form(&raw, path, prefix < len ? prefix : 0, len, NULL, true);
	char *name = visible(&raw, ascii);
	free(path);
	str_release(&raw);
	return name;
}

/* -- order ------------------------------------------------------------------------------------- */

static const char *
digits_end(const char *z)
{
	while (*z >= '0' && *z <= '9')
		z++;
	return z;
}

/* The end of the number that begins at Z: digits, with decimals and an exponent when that is what
 * they are, and not parts of a version. */
static const char *
number_end(const char *z, bool after_point)
{
	const char *end = digits_end(z), *whole = end;
	if (after_point)
		return whole;
	if (*end == '.' && isdigit((unsigned char)end[1])) {
		end = digits_end(end + 1);
		if (*end == '.' && isdigit((unsigned char)end[1])) /* a version */
			return whole;
	}
	if (*end == 'e' || *end == 'E') {
		const char *p = end + 1 + (end[1] == '-' || end[1] == '+');
		size_t n = (size_t)(digits_end(p) - p);
		if (n && n < 4 && !isalnum((unsigned char)p[n]))
			end = p + n;
	}
	return end;
}

/* Digit by digit: longer than any number can hold they may be, as in a stamp of time. */
static int
whole_order(const char *a, const char *ea, const char *b, const char *eb)
{
	while (a < ea && *a == '0')
		a++;
	while (b < eb && *b == '0')
		b++;
	if (ea - a != eb - b)
		return ea - a < eb - b ? -1 : 1;
	return strncmp(a, b, (size_t)(ea - a));
}

static bool
all_digits(const char *z, const char *end)
{
	return digits_end(z) >= end;
}

static double
number_at(const char *z, const char *end)
{
	char word[64];
	snprintf(word, sizeof word, "%.*s", (int)(end - z), z);
	return strtod(word, NULL);
}

int
names_order(const char *a, const char *b)
{
	for (const char *begin = a;; a++, b++) {
		if (isdigit((unsigned char)*a) && isdigit((unsigned char)*b)) {
			bool after = a > begin && a[-1] == '.';
			const char *ea = number_end(a, after), *eb = number_end(b, after);
			if (all_digits(a, ea) && all_digits(b, eb)) {
				int c = whole_order(a, ea, b, eb);
				if (c)
					return c < 0 ? -1 : 1;
			} else {
				double x = number_at(a, ea), y = number_at(b, eb);
				if (x != y)
					return x < y ? -1 : 1;
			}
			if (ea - a != eb - b)
				return ea - a < eb - b ? -1 : 1;
			a = ea - 1;
			b = eb - 1;
			continue;
		}
		if (*a != *b)
			return (unsigned char)*a < (unsigned char)*b ? -1 : 1;
		if (!*a)
			return 0;
	}
}
