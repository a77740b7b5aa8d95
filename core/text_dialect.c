/* Each rule knows its lines by how they begin; what stands behind that is read by it alone where
 * the general scan would misunderstand it: a number under no name, a name that stands behind, a
 * list in brackets that has a name. */
#include "core/text_dialect.h"

#include "core/num.h"
#include "core/source.h"
#include "core/text_dialect_own.h"
#include "core/text_number.h"
#include "core/text_object.h"
#include "core/text_pairs.h"
#include "core/text_word.h"

#include <ctype.h>
#include <limits.h>
#include <string.h>

const char *
text_match(const char *p, const char *end, const char *shape, int64_t *n)
{
	for (; p && *shape; shape++) {
		if (*shape == ' ') {
			p = text_skip_blanks(p, end);
		} else if (*shape == '#') {
			const char *digits = p;
			for (*n = 0; p < end && isdigit((unsigned char)*p) && p - digits < 18; p++)
				*n = *n * 10 + (*p - '0');
			if (p == digits || (p < end && isdigit((unsigned char)*p)))
				return NULL;
			n++;
		} else {
			p = p < end && *p == *shape ? p + 1 : NULL;
		}
	}
	return p;
}

void
text_set_count(struct text_count *c, int64_t n)
{
	*c = (struct text_count){.is = true, .n = n};
}

const char *
text_behind(const char *p, const char *end, const char *text)
{
	size_t n = strlen(text);
	const char *q = memmem(p, (size_t)(end - p), text, n);
	return q ? q + n : NULL;
}

bool
text_line_begins(const struct text_line *l, const char *text)
{
	size_t n = strlen(text);
	return (size_t)(l->end - l->p) >= n && !memcmp(l->p, text, n);
}

void
text_set_step(struct text_row *r, int64_t step)
{
	text_set_count(&r->step, step);
	r->step_rank = 0;
}

bool
text_set_heading(struct text_row *r)
{
	r->bare = r->step_told = true;
	return true;
}

static void
add_under(struct text_row *r, const char *group, size_t ngroup, const char *name, size_t n,
	  double v)
{
	struct str full = STR_INIT;
	str_add(&full, group, ngroup);
	str_addc(&full, '/');
	str_add(&full, name, n);
	text_row_add(r, str_c(&full), full.len, v);
	str_release(&full);
}

/* The number behind "NAME=" at P, and the name; NULL: that is none. */
static const char *
take_pair(const char *p, const char *end, size_t *n, double *v)
{
	const char *q = p;
	while (q < end && (isalnum((unsigned char)*q) || strchr("_-.@", *q)))
		q++;
	*n = (size_t)(q - p);
	if (!*n || q == end || *q != '=')
		return NULL;
	return text_number(q + 1, end, v);
}

/* The pairs of [P, END), which are parted by commas, under GROUP. */
static void
take_group(struct text_row *r, const char *group, size_t ngroup, const char *p, const char *end)
{
	while (p && p < end) {
		size_t n;
		double v;
		p = text_skip_blanks(p, end);
		if (take_pair(p, end, &n, &v))
			add_under(r, group, ngroup, p, n, v);
		p = memchr(p, ',', (size_t)(end - p));
		p = p ? p + 1 : NULL;
	}
}

/* -- ESPnet ------------------------------------------------------------------------------------ */

/* "2epoch:train:11-20batch: iter_time=4.2e-05, loss=44.3, acc=0.5". */
static bool
espnet_batches(struct text_row *r, const struct text_line *l)
{
	int64_t epoch, batch[2];
	const char *p = text_match(l->p, l->end, "#epoch:", &epoch), *colon;
	if (!p || !(colon = memchr(p, ':', (size_t)(l->end - p))) ||
	    !text_is_split(p, (size_t)(colon - p)))
		return false;
	const char *pairs = text_match(colon, l->end, ":#-#batch:", batch);
	if (!pairs)
		return false;
	text_row_prefix(r, p, (size_t)(colon - p));
	text_pairs_scan(r, pairs, l->end, UINT_MAX);
	r->step = (struct text_count){0};
	text_set_count(&r->epoch, epoch);
	text_set_count(&r->batch, batch[1]);
	r->sure = r->n > 0;
	return true;
}

/* "2epoch results: [train] loss=47.6, acc=0.4, time=4.2 seconds, [valid] loss=34.3". */
static bool
espnet_results(struct text_row *r, const struct text_line *l)
{
	int64_t epoch;
	const char *p = text_match(l->p, l->end, "#epoch results:", &epoch);
	while (p && p < l->end && (p = memchr(p, '[', (size_t)(l->end - p)))) {
		const char *close = memchr(p, ']', (size_t)(l->end - p));
		if (!close)
			break;
		const char *next = memchr(close, '[', (size_t)(l->end - close));
		take_group(r, p + 1, (size_t)(close - p - 1), close + 1, next ? next : l->end);
		p = next;
	}
	if (!r->n)
		return false;
	text_set_count(&r->epoch, epoch);
	r->sure = true;
	return true;
}

/* -- icefall ----------------------------------------------------------------------------------- */

/* "Epoch 1, batch 50, loss[loss=1.4, pruned_loss=1.2, over 55.0 frames. ], tot_loss[…]". */
static bool
icefall(struct text_row *r, const struct text_line *l)
{
	int64_t n[2];
	const char *p = text_match(l->p, l->end, "Epoch #, batch #, ", n), *rest = p;
	if (!p)
		return false;
	while ((p = memchr(p, '[', (size_t)(l->end - p)))) {
		const char *name = p, *close = memchr(p, ']', (size_t)(l->end - p));
		while (name > rest && (isalnum((unsigned char)name[-1]) || name[-1] == '_'))
			name--;
		if (!close || name == p)
			break;
		take_group(r, name, (size_t)(p - name), p + 1, close);
		p = rest = close + 1;
	}
	if (!r->n)
		return false;
	text_pairs_scan(r, rest, l->end, UINT_MAX);
	r->step = (struct text_count){0};
	text_set_count(&r->epoch, n[0]);
	text_set_count(&r->batch, n[1]);
	r->sure = true;
	return true;
}

/* -- WeNet ------------------------------------------------------------------------------------- */

/* "TRAIN Batch 0/100 loss 217.1 lr 0.0001 rank 0": batch 100 of epoch 0. What is validated is only
 * whole in "Epoch 0 CV info cv_loss 95.2". */
static bool
wenet(struct text_row *r, const struct text_line *l)
{
	int64_t n[2];
	const char *p, *info = text_match(l->p, l->end, "Epoch # ", n);
	if (info && ((p = text_match(info, l->end, "CV info ", n + 1)) ||
		     (p = text_match(info, l->end, "TRAIN info ", n + 1)))) {
		text_pairs_scan(r, p, l->end, UINT_MAX);
		text_set_count(&r->epoch, n[0]);
		r->sure = r->n > 0;
		return true;
	}
	/* Since version 3 "TRAIN" is what a logging library would say. */
	const char *from = l->nlogger == 5 || l->nlogger == 2 ? l->logger : l->p;
	bool cv = (p = text_match(from, l->end, "CV ", n)) != NULL;
	if (!p && !(p = text_match(from, l->end, "TRAIN ", n)))
		return false;
	const char *batch = memmem(p, (size_t)(l->end - p), "Batch ", 6);
	const char *rest = batch ? text_match(batch, l->end, "Batch #/# ", n) : NULL;
	if (!rest)
		return false;
	text_row_prefix(r, from, cv ? 2 : 5);
	text_pairs_scan(r, rest, l->end, UINT_MAX);
	r->step = (struct text_count){0};
	text_set_count(&r->epoch, n[0]);
	text_set_count(&r->batch, n[1]);
	r->partial = cv;
	r->sure = r->n > 0;
	return true;
}

/* -- Marian ------------------------------------------------------------------------------------ */

/* One of what stands between " : ": "Cost 6.01 * 414,436 after 414,436", "679.50 words/s". */
static void
marian_field(struct text_row *r, const char *p, const char *end)
{
	const char *q = p;
	double v;
	if (isdigit((unsigned char)*p)) {
		q = num_parse(p, end, &v);
		if (q && q < end && *q == ' ')
			text_row_add(r, q + 1, (size_t)(end - q - 1), v);
		return;
	}
	while (q < end && *q != ' ')
		q++;
	if (q < end && text_number(q + 1, end, &v))
		text_row_add(r, p, (size_t)(q - p), v);
}

/* "Ep. 1 : Up. 500 : Sen. 15,203 : Cost 6.0 : Time 609.9s : 679.5 words/s : L.r. 1.8e-05" and
 * "[valid] Ep. 1 : Up. 1000 : perplexity : 64.2 : new best". */
static bool
marian(struct text_row *r, const struct text_line *l)
{
	int64_t n[2];
	double v;
	const char *p = text_match(l->p, l->end, "Ep. # : Up. # : ", n), *sep;
	if (!p || p == l->end)
		return false;
	text_set_count(&r->step, n[1]);
	if (l->nlogger == 5 && !memcmp(l->logger, "valid", 5)) {
		sep = memmem(p, (size_t)(l->end - p), " : ", 3);
		text_row_prefix(r, l->logger, l->nlogger);
		if (sep && text_number(sep + 3, l->end, &v))
			text_row_add(r, p, (size_t)(sep - p), v);
	} else {
		text_row_add(r, l->p, 3, (double)n[0]);
		for (; p; p = sep ? sep + 3 : NULL) {
			sep = memmem(p, (size_t)(l->end - p), " : ", 3);
			const char *to = sep ? sep : l->end;
			if (p < to)
				marian_field(r, p, to);
		}
	}
	r->sure = r->n > 0;
	return true;
}

/* -- others ------------------------------------------------------------------------------------ */

/* "1631: 27.5, 28.7 avg, 0.001 rate, 11.2 seconds, 208768 images". */
static bool
darknet(struct text_row *r, const struct text_line *l)
{
	static const char *const names[] = {"avg", "rate", "seconds", "images"};
	int64_t n;
	double v;
	const char *p = text_match(l->p, l->end, "#: ", &n);
	if (!p || !(p = num_parse(p, l->end, &v)) || p == l->end || *p != ',')
		return false;
	text_row_add(r, "loss", 4, v);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		p = text_skip_blanks(p + 1, l->end);
		p = num_parse(p, l->end, &v);
		const char *name = p ? text_skip_blanks(p, l->end) : NULL;
		size_t len = strlen(names[i]);
		if (!name || (size_t)(l->end - name) < len || memcmp(name, names[i], len) != 0) {
			text_row_reset(r);
			return false;
		}
		text_row_add(r, names[i], len, v);
		p = memchr(name, ',', (size_t)(l->end - name));
		if (!p)
			p = l->end - 1;
	}
	text_set_count(&r->step, n);
	r->sure = true;
	return true;
}

/* "(epoch: 1, iters: 100, time: 0.5, data: 0.2) G_GAN: 1.1 G_L1: 5.8 D_real: 0.6". */
static bool
pix2pix(struct text_row *r, const struct text_line *l)
{
	int64_t n[2];
	const char *p = text_match(l->p, l->end, "(epoch: #, iters: #, time: ", n);
	const char *close = p ? memchr(p, ')', (size_t)(l->end - p)) : NULL;
	if (!close)
		return false;
	text_pairs_scan(r, p - 6, close, UINT_MAX);
	text_pairs_scan(r, close + 1, l->end, UINT_MAX);
	text_set_count(&r->epoch, n[0]);
	text_set_count(&r->step, n[1]);
	r->sure = r->n > 0;
	return true;
}

/* "[  0]      10 || B: 5.0 | C: 14.1 | T: 53.1 || ETA: 10 days, 2:03:04 || timer: 0.8". */
static bool
yolact(struct text_row *r, const struct text_line *l)
{
	int64_t n[2];
	const char *p = text_match(l->p, l->end, "[ #] # || ", n);
	if (!p)
		return false;
	text_pairs_scan(r, p, l->end, UINT_MAX);
	text_set_count(&r->epoch, n[0]);
	text_set_count(&r->step, n[1]);
	r->sure = r->n > 1;
	return true;
}

/* "# psnr: 30.1	Best: 30.1 @ 10000 iter", below "Validation Set5". */
static bool
basicsr_validation(struct text_row *r, const struct text_line *l)
{
	double v;
	const char *p = *l->p == '#' ? text_skip_blanks(l->p + 1, l->end) : NULL, *q = p, *best;
	while (q && q < l->end && (isalnum((unsigned char)*q) || *q == '_'))
		q++;
	if (!q || q == p || q == l->end || *q != ':')
		return false;
	best = num_parse(text_skip_blanks(q + 1, l->end), l->end, &v);
	if (!best || !text_match(text_skip_blanks(best, l->end), l->end, "Best:", NULL))
		return false;
	text_row_add(r, p, (size_t)(q - p), v);
	r->sure = true;
	return true;
}

bool
text_dialect_begins(const char *p, const char *end)
{
	static const char *const heads[] = {"Evaluate annotation type *", "> EVALUATION",
					    "IoU metric: "};
	for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
		size_t n = strlen(heads[i]);
		if (*p == *heads[i] && (size_t)(end - p) >= n && !memcmp(p, heads[i], n))
			return true;
	}
	return false;
}

/* Each leaves R empty when it is not for the line. */
static bool (*const dialects[])(struct text_row *r, const struct text_line *l) = {
	espnet_batches, espnet_results,     icefall, wenet, marian, darknet, pix2pix,
	yolact,         basicsr_validation,
};

bool
text_dialect_read(struct text_row *r, const struct text_line *l)
{
	for (size_t i = 0; i < sizeof dialects / sizeof *dialects; i++)
		if (dialects[i](r, l))
			return true;
	return text_object_read(r, l) || text_framework_read(r, l) || text_program_read(r, l);
}
