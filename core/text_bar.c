/* Progress bars. A bar is drawn over and over; each state of it is read here for itself, and
 * whoever reads the log keeps the last one of a step.
 *
 * tqdm: " 12%|█▏   | 120/1000 [00:10<01:20, 10.9it/s, loss=0.53]", the description before it.
 * Keras: " 32/1875 [>.....] - ETA: 5s - loss: 0.5000", with ━ for the bar since version 3, without
 * one when it prints a line an epoch. */
#include "core/text_shape.h"

#include "core/fnv.h"
#include "core/num.h"
#include "core/text_number.h"
#include "core/text_pairs.h"
#include "core/text_word.h"

#include <ctype.h>
#include <limits.h>
#include <string.h>

/* "120/1000", "45.0M/100M", "120it": how far the bar is; or NULL. */
static const char *
take_extent(const char *p, const char *end, struct text_count *c)
{
	double v, total;
	p = text_skip_blanks(p, end);
	if (p == end || !isdigit((unsigned char)*p) || !(p = text_number(p, end, &v)))
		return NULL;
	if (!num_to_step(v, &c->n))
		return NULL;
	c->is = true;
	if (p < end && *p == '/') {
		if (end - p > 7 && !memcmp(p, "/Unknown", 8))
			return p + 8;
		if (p + 1 == end || !isdigit((unsigned char)p[1]) ||
		    !(p = text_number(p + 1, end, &total)) || !num_to_step(total, &c->total))
			return NULL;
	}
	return p;
}

static uint64_t
key_of(const char *p, const char *end)
{
	uint64_t h = FNV_BASIS;
	for (; p < end; p++)
		if (isalpha((unsigned char)*p))
			h = fnv_unit(h, (unsigned char)*p);
	return h;
}

/* -- tqdm ------------------------------------------------------------------------------------- */

/* " [00:10<01:20, 10.9it/s, loss=0.53]": what stands behind the rate; or NULL. */
static const char *
take_meter(struct text_row *r, const char *p, const char *end, const char **close)
{
	double elapsed;
	p = text_skip_blanks(p, end);
	if (p == end || *p != '[')
		return NULL;
	const char *q = text_duration(p + 1, end, &elapsed);
	if (!q || q == end || (*q != '<' && *q != ','))
		return NULL;
	*close = memrchr(q, ']', (size_t)(end - q));
	if (!*close)
		return NULL;
	if (*q == '<') {
		if (!text_duration(q + 1, *close, &r->eta_s))
			r->eta_s = 0;
		q = memchr(q, ',', (size_t)(*close - q));
	}
	q = q ? memchr(q + 1, ',', (size_t)(*close - q - 1)) : NULL;
	return q ? q + 1 : *close;
}

static void
drop_name(struct text_row *r, const char *name)
{
	for (size_t i = 0; i < r->n; i++) {
		if (strcmp(text_row_name(r, r->pair + i), name))
			continue;
		memmove(r->pair + i, r->pair + i + 1, (r->n - i - 1) * sizeof *r->pair);
		r->n--;
		return;
	}
}

/* "steps:  22%|…": the bar is of the whole training, whatever epochs are said beside it. */
static bool
counts_steps(const char *p, const char *end)
{
	const char *word = end;
	while (word > p && isalpha((unsigned char)word[-1]))
		word--;
	const struct text_step_word *w = word < end ? text_step_word(word, end, true) : NULL;
	return w && w->counts == TEXT_COUNTS_STEPS && w->rank < TEXT_RANK_EPISODE;
}

static bool
read_tqdm(struct text_row *r, const char *p, const char *end)
{
	const char *percent = memchr(p, '%', (size_t)(end - p)), *desc = p, *q = NULL, *close;
	struct text_count extent = {0};
	percent = percent ? memmem(percent, (size_t)(end - percent), "%|", 2) : NULL;
	if (percent) {
		desc = percent;
		while (desc > p && isdigit((unsigned char)desc[-1]))
			desc--;
		/* YOLO's bars have a different one: "100% ━━━" */
		const char *bar = memchr(percent + 2, '|', (size_t)(end - percent - 2));
		q = bar ? take_extent(bar + 1, end, &extent) : NULL;
	} else {
		/* without a bar: "Train: 120/1000 [00:10<01:20, …]", "120it [00:10, 9.1it/s]" */
		const char *open = memmem(p, (size_t)(end - p), " [", 2);
		for (desc = open; desc && desc > p && !strchr(" \t:", desc[-1]); desc--)
			;
		q = open ? take_extent(desc, end, &extent) : NULL;
		if (q && q != open)
			q = NULL;
	}
	if (!q)
		return false;
	const char *postfix = take_meter(r, q, end, &close);
	if (!postfix) {
		r->eta_s = 0;
		return false;
	}
	while (desc > p && strchr(" \t:", desc[-1]))
		desc--;
	double eta = r->eta_s;
	text_row_reset(r);
	r->bar_key = key_of(p, desc);
	/* AllenNLP prints in a table what its bar came to. */
	r->partial = desc > p + 2 && desc[-1] == '|' && desc[-2] == '|';
	text_pairs_scan(r, p, desc, UINT_MAX);
	struct text_count batch = r->batch;
	r->leftover = 0;
	text_pairs_scan(r, postfix, close, UINT_MAX);
	drop_name(r, "v_num");
	r->eta_s = eta;
	r->batch = extent;
	if (!extent.total && batch.total)
		r->batch = batch;
	if (!r->step.is && !r->epoch.is && counts_steps(p, desc))
		r->step = extent;
	r->bar = true;
	r->bar_done = extent.total && extent.n >= extent.total;
	r->sure = r->measured > 0;
	return true;
}

/* -- Keras ------------------------------------------------------------------------------------ */

static bool
begins_bar(const char *p, const char *end)
{
	p = text_skip_blanks(p, end);
	if (end - p < 3)
		return false;
	if (*p == '[')
		return strchr("=>.", p[1]) != NULL;
	if (!memcmp(p, "- ", 2))
		return true;
	return !memcmp(p, "\xE2\x94\x81", 3) || !memcmp(p, "\xE2\x94\x80", 3); /* ━ ─ */
}

static bool
read_keras(struct text_row *r, const char *p, const char *end)
{
	struct text_count extent = {0};
	const char *q = take_extent(p, end, &extent);
	if (!q || q == end || (*q != ' ' && *q != '\t') || !memchr(p, '/', (size_t)(q - p)) ||
	    !begins_bar(q, end))
		return false;
	text_row_reset(r);
	bool eta = false;
	for (p = q; p && p < end;) {
		const char *to = memmem(p, (size_t)(end - p), " - ", 3);
		const char *from = text_skip_blanks(p, end), *stop = to ? to : end;
		const char *colon = stop > from ? memchr(from, ':', (size_t)(stop - from)) : NULL;
		double v;
		if (colon && colon - from == 3 && !memcmp(from, "ETA", 3))
			eta = true;
		else if (colon && colon > from && colon - from < 80 &&
			 num_parse_all(colon + 1, stop, &v))
			text_row_add(r, from, (size_t)(colon - from), v);
		p = to ? to + 3 : NULL;
	}
	r->batch = extent;
	r->bar = true;
	r->bar_key = TEXT_BAR_KERAS;
	r->bar_done = extent.total && extent.n >= extent.total && !eta;
	r->sure = r->measured > 0;
	return true;
}

/* Of many programs that train on CIFAR: "[=====>...]  Step: 1s123ms | Tot: 0ms | Loss: 2.345 |
 * Acc: 10.156% (13/128) 1/391". */
static bool
read_cifar(struct text_row *r, const char *p, const char *end)
{
	static const char step[] = "]  Step: ";
	struct text_count extent = {0};
	const char *q = p + 1;
	while (q < end && strchr("=>.", *q))
		q++;
	if (q == p + 1 || (size_t)(end - q) < sizeof step || memcmp(q, step, sizeof step - 1) != 0)
		return false;
	const char *tot = memmem(q, (size_t)(end - q), "| Tot: ", 7);
	const char *from = tot ? memchr(tot + 1, '|', (size_t)(end - tot - 1)) : NULL;
	const char *to = end;
	while (to > q && (isdigit((unsigned char)to[-1]) || to[-1] == '/'))
		to--;
	if (!from || from > to || !take_extent(to, end, &extent) || !extent.total)
		return false;
	text_row_reset(r);
	text_pairs_scan(r, from + 1, to, UINT_MAX);
	r->step = r->epoch = (struct text_count){0};
	r->batch = extent;
	r->bar = true;
	r->bar_key = TEXT_BAR_KERAS;
	r->bar_done = extent.n >= extent.total;
	r->sure = r->measured > 0;
	return true;
}

bool
text_bar_read(struct text_row *r, const char *p, const char *end)
{
	if (p < end && *p == '[' && read_cifar(r, p, end))
		return true;
	if (p < end && isdigit((unsigned char)*p) && read_keras(r, p, end))
		return true;
	return memchr(p, '[', (size_t)(end - p)) && read_tqdm(r, p, end);
}

/* -- what stands behind a bar ------------------------------------------------------------------ */

/* Behind mmcv's bar, "[>>>>>] 12/12, 440.4 task/s, elapsed: 0s, ETA:     0s", which ends without a
 * newline; or NULL. */
static const char *
behind_mmcv_bar(const char *p, const char *end)
{
	static const char left[] = ", ETA:";
	const char *q = memmem(p, (size_t)(end - p), left, sizeof left - 1);
	if (!q)
		return NULL;
	q = text_skip_blanks(q + sizeof left - 1, end);
	while (q < end && isdigit((unsigned char)*q))
		q++;
	return q < end && *q == 's' && end - q > 20 && isdigit((unsigned char)q[1]) ? q + 1 : NULL;
}

/* Behind tqdm's: what was printed before the bar was drawn again. */
static const char *
behind_tqdm(const char *p, const char *end)
{
	const char *bar = memmem(p, (size_t)(end - p), "%|", 2);
	bar = bar ? memchr(bar + 2, '|', (size_t)(end - bar - 2)) : NULL;
	const char *q = bar ? memchr(bar, '[', (size_t)(end - bar)) : NULL;
	if (!q || q - bar > 40 || end - q < 4 || !isdigit((unsigned char)q[1]))
		return NULL;
	unsigned depth = 0;
	for (; q < end; q++) {
		if (*q == '[')
			depth++;
		else if (*q == ']' && !--depth)
			break;
	}
	q = q < end ? text_skip_blanks(q + 1, end) : end;
	return q < end ? q : NULL;
}

const char *
text_bar_behind(const char *p, const char *end)
{
	return end - p > 2 && *p == '[' && p[1] == '>' ? behind_mmcv_bar(p, end)
						       : behind_tqdm(p, end);
}
