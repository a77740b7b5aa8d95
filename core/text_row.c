/* Names stand one behind the other in one string, prefix and all: a row costs no allocation once it
 * has grown to what its log needs. */
#include "core/text_row.h"

#include "core/fnv.h"
#include "core/role.h"
#include "core/source.h"
#include "core/text_word.h"
#include "core/xalloc.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

void
text_row_reset(struct text_row *r)
{
	struct text_row empty = {.names = r->names,
				 .prefix = r->prefix,
				 .pair = r->pair,
				 .cap = r->cap};
	*r = empty;
	str_reset(&r->names);
	str_reset(&r->prefix);
}

void
text_row_release(struct text_row *r)
{
	str_release(&r->names);
	str_release(&r->prefix);
	free(r->pair);
}

void
text_row_prefix(struct text_row *r, const char *p, size_t n)
{
	if (!n || n > SOURCE_MAX_NAME)
		return;
	str_reset(&r->prefix);
	str_add(&r->prefix, p, n);
	str_addc(&r->prefix, '/');
}

/* What names say is asked for each pair of each line, and they are few: the last answers are
 * kept. */
struct judged {
	char name[48];
	bool known, aimed;
};

/* "Average Score: 21.9", as those write who learn from rewards: known, though nobody knows whether
 * more of it is better. */
static bool
is_score(const char *p, size_t n)
{
	return n >= 5 && !strncasecmp(p + n - 5, "score", 5) &&
	       (n == 5 || !isalnum((unsigned char)p[n - 6]));
}

static const struct judged *
judge_name(const char *p, size_t n)
{
	enum { SLOTS = 512 };
	static struct judged kept[SLOTS + 1];
	uint64_t h = fnv_bytes(n, p, n);
	bool fits = n < sizeof kept->name;
	struct judged *j = kept + (fits ? (h ^ h >> 32) % SLOTS : SLOTS);
	if (fits && !memcmp(j->name, p, n) && !j->name[n])
		return j;
	struct metric_role role;
	char *name = xstrndup(p, n);
	metric_role(NULL, name, &role);
	j->known = metric_name_known(name) || is_score(name, n) || !strcasecmp(name, "cost") ||
		   text_word_foreign(name);
	j->aimed = role.goal != GOAL_NONE || text_word_foreign(name);
	if (fits)
		memcpy(j->name, name, n + 1);
	free(name);
	return j;
}

bool
text_name_known(const char *p, size_t n)
{
	return judge_name(p, n)->known;
}

bool
text_name_aimed(const char *p, size_t n)
{
	return judge_name(p, n)->aimed;
}

void
text_row_add(struct text_row *r, const char *name, size_t n, double v)
{
	size_t all = r->prefix.len + n, at = r->names.len;
	if (!n || all > SOURCE_MAX_NAME || r->n >= TEXT_MAX_PAIRS)
		return;
	str_add(&r->names, str_c(&r->prefix), r->prefix.len);
	str_add(&r->names, name, n);
	for (size_t i = 0; i < r->n; i++) {
		const struct text_pair *p = r->pair + i;
		if (p->n != all || memcmp(r->names.buf + p->at, r->names.buf + at, all))
			continue;
		r->names.len = at;
		return;
	}
	str_addc(&r->names, '\0');
	struct text_pair *p = vec_push(r->pair, r->n, r->cap);
	*p = (struct text_pair){.at = (uint32_t)at, .n = (uint32_t)all, .value = v};
	const struct judged *j = judge_name(r->names.buf + at, all);
	r->known += j->known;
	r->splits += text_is_split(name, n);
	r->aimed += j->aimed;
	r->measured += j->known && j->aimed;
}

bool
text_row_has(const struct text_row *r, const char *name, size_t n)
{
	for (size_t i = 0; i < r->n; i++)
		if (r->pair[i].n == r->prefix.len + n &&
		    !memcmp(text_row_name(r, r->pair + i), str_c(&r->prefix), r->prefix.len) &&
		    !memcmp(text_row_name(r, r->pair + i) + r->prefix.len, name, n))
			return true;
	return false;
}

const char *
text_row_name(const struct text_row *r, const struct text_pair *p)
{
	return r->names.buf + p->at;
}

uint64_t
text_row_key(const struct text_row *r)
{
	uint64_t h = fnv_bytes(TEXT_BASIS, r->names.buf, r->names.len);
	h = fnv_unit(fnv_unit(h, r->step.is), r->epoch.is);
	return h ^ h >> 29;
}

bool
text_is_split(const char *p, size_t n)
{
	static const char *const words[] = {"train", "val",  "valid", "validation",
					    "eval",  "test", "dev",   "vali"};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strlen(words[i]) == n && !strncasecmp(p, words[i], n))
			return true;
	return false;
}

bool
text_is_part(const char *p, size_t n)
{
	static const char *const words[] = {"training", "testing", "evaluation", "validating",
					    "evaluating"};
	return text_is_split(p, n) || TEXT_WORD_IN(p, p + n, words);
}

bool
text_name_splits(const char *p, size_t n)
{
	const char *end = p + n;
	while (p < end) {
		const char *word = p;
		while (p < end && isalpha((unsigned char)*p))
			p++;
		if (text_is_split(word, (size_t)(p - word)) ||
		    (p - word == 8 && !strncasecmp(word, "training", 8)))
			return true;
		p += p < end;
	}
	return false;
}

/* "valid_loss_patience: 7" is nothing that was reached. */
bool
text_name_sets(const char *name)
{
	static const char *const words[] = {"patience", "threshold", "size",  "weight",
					    "limit",    "interval",  "target"};
	const char *end = name + strlen(name), *last = end;
	while (last > name && isalpha((unsigned char)last[-1]))
		last--;
	return TEXT_WORD_IN(last, end, words);
}

/* -- what kind of row it is -------------------------------------------------------------------- */

bool
text_row_is_of_evaluation(const struct text_row *r)
{
	const char *part = str_c(&r->prefix);
	size_t n = r->prefix.len;
	return !r->n && n > 1 && !r->epoch.is && (r->step.is || r->batch.is) && !r->leftover &&
	       text_is_split(part, n - 1) && strncasecmp(part, "train", 5) != 0;
}

/* "Step 20 | CORE metric: 0.025" beside "step 20 | loss: 3.5": no time that it took, and no number
 * of something. */
static bool
tells_metric(const struct text_row *r)
{
	bool fraction = false;
	for (size_t i = 0; i < r->n; i++) {
		if (strstr(text_row_name(r, r->pair + i), "time"))
			return false;
		fraction = fraction || r->pair[i].value != floor(r->pair[i].value);
	}
	return fraction;
}

bool
text_row_is_heading(const struct text_row *r, bool begun)
{
	/* "Step 100 per-step time 0.5s" */
	if (r->step.is && r->step_rank <= 4 && !r->leftover && !r->known && !r->bar && !r->sure &&
	    !(begun && tells_metric(r)))
		return true;
	/* "Episode 3:", but no "Steps: 98" below it */
	if (r->step.is && r->step_rank == TEXT_RANK_EPISODE && !r->leftover && !r->n)
		return true;
	return (!r->n || r->bare) && !r->bar &&
	       ((r->epoch.is && r->leftover <= 2) || (r->step.total && !r->leftover) ||
		(r->batch.total && !r->leftover) || (r->step_told && r->leftover <= 2));
}

bool
text_row_is_path(const struct text_row *r)
{
	const char *name = r->n == 1 ? text_row_name(r, r->pair) : "";
	return !r->leftover && memchr(name, '/', strlen(name)) && !r->prefix.len;
}

bool
text_row_is_of_episode(const struct text_row *r)
{
	return r->step.is && r->step_rank == TEXT_RANK_EPISODE && r->n > 1 && !r->leftover;
}
