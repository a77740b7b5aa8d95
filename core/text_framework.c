/* Each rule begins with what only its program prints. The names are those of the program; where it
 * says which part of the data a number is of in words, that stands in front. */
#include "core/num.h"
#include "core/text_dialect_own.h"
#include "core/text_number.h"
#include "core/text_pairs.h"
#include "core/text_word.h"

#include <ctype.h>
#include <limits.h>
#include <string.h>

static bool
is_name(char c)
{
	return isalnum((unsigned char)c) || strchr("_/.-@()", c);
}

/* "a = 1, b/c = 2" from P on: pairs that MARK parts, and ", " from each other. False when a piece
 * is none, unless it is a list or a word. */
static bool
take_list(struct text_row *r, const char *p, const char *end, const char *mark)
{
	size_t nmark = strlen(mark);
	while (p < end) {
		const char *name = text_skip_blanks(p, end);
		const char *m = memmem(name, (size_t)(end - name), mark, nmark), *q;
		double v;
		if (!m || m == name || m - name > 200)
			return false;
		for (q = name; q < m; q++)
			if (!is_name(*q) && *q != ' ')
				return false;
		q = text_number(m + nmark, end, &v);
		if (q && (q == end || *q == ','))
			text_row_add(r, name, (size_t)(m - name), v);
		int depth = 0;
		for (q = m + nmark; q < end && !(*q == ',' && !depth); q++)
			depth += *q == '[' || *q == '(' ? 1 : *q == ']' || *q == ')' ? -1 : 0;
		p = q < end ? q + 1 : end;
	}
	return r->n > 0;
}

/* -- TensorFlow, JAX --------------------------------------------------------------------------- */

/* "Saving dict for global step 200: accuracy = 0.5, global_step = 200, loss = 1.0": of what is
 * evaluated the names are its own, but for those that the training has as well. */
static bool
tf_evaluation(struct text_row *r, const struct text_line *l)
{
	static const char *const shared[] = {"loss", "learning_rate"};
	int64_t step;
	const char *p = text_match(l->p, l->end, "Saving dict for global step #: ", &step);
	while (p && p < l->end) {
		const char *name = text_skip_blanks(p, l->end);
		const char *m = memmem(name, (size_t)(l->end - name), " = ", 3), *q;
		double v;
		if (!m)
			break;
		q = text_number(m + 3, l->end, &v);
		bool both = TEXT_WORD_IN(name, m, shared);
		if (q && !(m - name == 11 && !memcmp(name, "global_step", 11))) {
			str_reset(&r->prefix);
			if (both)
				text_row_prefix(r, "eval", 4);
			text_row_add(r, name, (size_t)(m - name), v);
		}
		p = memmem(m, (size_t)(l->end - m), ", ", 2);
		p = p ? p + 2 : NULL;
	}
	if (!r->n)
		return false;
	str_reset(&r->prefix);
	text_set_step(r, step);
	r->sure = true;
	return true;
}

/* "global_step/sec: 1.5", "examples/sec: 48.5", said before the step that they are of. */
static bool
tf_rate(struct text_row *r, const struct text_line *l)
{
	static const char *const names[] = {"global_step/sec", "examples/sec"};
	double v;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		size_t n = strlen(names[i]);
		const char *p = text_line_begins(l, names[i]) ? l->p + n : NULL;
		p = p ? text_match(p, l->end, ": ", NULL) : NULL;
		if (!p || num_parse(p, l->end, &v) != l->end)
			continue;
		text_row_add(r, names[i], n, v);
		r->ahead = true;
		return true;
	}
	return false;
}

/* "model_loss 12.5 / kl 3.1": names before numbers, with slashes between. */
static bool
take_slashed(struct text_row *r, const char *p, const char *end)
{
	while (p < end) {
		const char *name = text_skip_blanks(p, end), *to = text_word_end(name, end), *q;
		double v;
		if (to == end || !(q = num_parse(text_skip_blanks(to, end), end, &v)))
			return false;
		text_row_add(r, name, (size_t)(to - name), v);
		p = text_skip_blanks(q, end);
		if (p < end && *p++ != '/')
			return false;
	}
	return r->n > 0;
}

/* The metric writers of JAX programs: "[200] accuracy=0.25, loss=5.5", and Dreamer's "[200]
 * model_loss 12.5 / kl 3.1". */
static bool
metric_writer(struct text_row *r, const struct text_line *l)
{
	int64_t step;
	const char *p = text_match(l->p, l->end, "[#] ", &step);
	if (!p || p == l->end || !isalpha((unsigned char)*p))
		return false;
	if (memmem(p, (size_t)(l->end - p), " / ", 3) ? !take_slashed(r, p, l->end)
						      : !take_list(r, p, l->end, "=")) {
		text_row_reset(r);
		return false;
	}
	text_set_step(r, step);
	r->sure = r->measured > 0;
	return true;
}

/* DreamerV3's, below "──── Step 1000 ────": "episode/score 12.5 / train/loss/image 34.5". */
static bool
dreamer(struct text_row *r, const struct text_line *l)
{
	if (!isalpha((unsigned char)*l->p) || !memmem(l->p, (size_t)(l->end - l->p), " / ", 3))
		return false;
	r->sure = take_slashed(r, l->p, l->end) && r->n > 1 && (r->known || r->aimed);
	if (!r->sure)
		text_row_reset(r);
	return r->sure;
}

/* -- Caffe ------------------------------------------------------------------------------------- */

/* "Iteration 500, Testing net (#0)", and below it and behind "Iteration 500, loss = 0.1" "Test net
 * output #0: accuracy = 0.9", "Train net output #0: loss = 0.5 (* 1 = 0.5 loss)". */
static bool
caffe(struct text_row *r, const struct text_line *l)
{
	int64_t n[2];
	double v;
	const char *p = text_match(l->p, l->end, "Iteration #, Testing net (", n);
	if (p) {
		text_set_step(r, *n);
		return text_set_heading(r);
	}
	bool test = text_line_begins(l, "Test net output #");
	if (!test && !text_line_begins(l, "Train net output #"))
		return false;
	p = memchr(l->p, '#', (size_t)(l->end - l->p));
	p = text_match(p + 1, l->end, "#: ", n);
	const char *m = p ? memmem(p, (size_t)(l->end - p), " = ", 3) : NULL;
	if (!m || !text_number(m + 3, l->end, &v))
		return false;
	text_row_prefix(r, l->p, test ? 4 : 5);
	text_row_add(r, p, (size_t)(m - p), v);
	r->sure = true;
	return true;
}

/* -- DeepSpeed --------------------------------------------------------------------------------- */

/* "lr=[9.65e-06, 9.65e-06]" at P: of groups of parameters that have one rate that, else each. */
static void
take_rates(struct text_row *r, const char *p, const char *end)
{
	double v[16];
	size_t n = 0;
	bool same = true;
	for (const char *q = p; q && q < end && n < sizeof v / sizeof *v; n++) {
		q = num_parse(text_skip_blanks(q, end), end, v + n);
		if (!q)
			return;
		same = same && v[n] == v[0];
		if (q == end || *q != ',') {
			n++;
			break;
		}
		q++;
	}
	for (size_t i = 0; i < (same && n ? 1 : n); i++) {
		char name[] = {'l', 'r', '/', (char)('0' + i / 10), (char)('0' + i % 10)};
		if (same)
			text_row_add(r, "lr", 2, v[i]);
		else if (i < 10) {
			name[3] = name[4];
			text_row_add(r, name, 4, v[i]);
		} else {
			text_row_add(r, name, 5, v[i]);
		}
	}
}

/* "step=10, skipped=4, lr=[9.6e-06], mom=[(0.9, 0.95)]", "epoch=0/micro_step=10/global_step=10,
 * RunningAvgSamplesPerSec=60.1, MemAllocated=4.34GB". */
static bool
deepspeed(struct text_row *r, const struct text_line *l)
{
	int64_t n[3];
	const char *p = text_match(l->p, l->end, "step=#, skipped=#, lr=[", n);
	if (p) {
		text_row_add(r, "skipped", 7, (double)n[1]);
		take_rates(r, p, l->end);
		text_set_step(r, n[0]);
		r->sure = r->n > 1;
		return true;
	}
	p = text_match(l->p, l->end, "epoch=#/micro_step=#/global_step=#, ", n);
	if (!p)
		return false;
	text_pairs_scan(r, p, l->end, UINT_MAX);
	text_set_step(r, n[2]);
	r->sure = r->n > 0;
	return true;
}

/* -- adversaries, scenes ----------------------------------------------------------------------- */

/* "tick 1  kimg 4.0  lod 4.00  time 4m 20s  sec/tick 110.0  gpumem 9.5": columns that two blanks or
 * more part, names before numbers. */
static bool
take_columns(struct text_row *r, const char *p, const char *end)
{
	while ((p = text_skip_blanks(p, end)) < end) {
		const char *name = p, *name_end = text_word_end(p, end);
		double v;
		p = text_skip_blanks(name_end, end);
		if (p == end)
			return false;
		const char *q = text_duration(p, end, &v);
		if (!q && (q = text_number(p, end, &v)))
			text_row_add(r, name, (size_t)(name_end - name), v);
		p = q ? q : text_word_end(p, end);
	}
	return r->n > 0;
}

static bool
stylegan(struct text_row *r, const struct text_line *l)
{
	static const char snapshot[] = "network-snapshot-", results[] = "{\"results\": {";
	int64_t tick;
	const char *p = text_match(l->p, l->end, "tick # kimg ", &tick);
	if (p) {
		p -= 5;
		while (*p != 'k')
			p--;
		if (!take_columns(r, p, l->end))
			return false;
		text_set_step(r, tick);
		r->sure = true;
	} else if (text_line_begins(l, snapshot)) {
		p = text_word_end(l->p, l->end);
		r->sure = take_columns(r, p, l->end);
	} else if (text_line_begins(l, results)) {
		text_row_prefix(r, "results", 7);
		for (p = l->p + sizeof results - 1; p < l->end && *p == '"';) {
			const char *q = memchr(p + 1, '"', (size_t)(l->end - p - 1)), *to;
			double v;
			if (!q || !(to = text_match(q, l->end, "\": ", NULL)) ||
			    !(to = num_parse(to, l->end, &v)))
				break;
			text_row_add(r, p + 1, (size_t)(q - p - 1), v);
			p = text_match(to, l->end, ", ", NULL);
			p = p ? p : l->end;
		}
		r->sure = r->n > 0;
	}
	return r->sure;
}

/* "[ITER 7000] Evaluating test: L1 0.04 PSNR 24.1 [01/01 10:05:12]". */
static bool
splatting(struct text_row *r, const struct text_line *l)
{
	int64_t step;
	const char *p = text_match(l->p, l->end, "[ITER #] Evaluating ", &step);
	const char *colon = p ? memchr(p, ':', (size_t)(l->end - p)) : NULL;
	if (!colon || colon == p)
		return false;
	text_row_prefix(r, p, (size_t)(colon - p));
	for (p = colon + 1; (p = text_skip_blanks(p, l->end)) < l->end;) {
		const char *name = p, *to = text_word_end(p, l->end), *q;
		double v;
		q = text_skip_blanks(to, l->end);
		if (!isalpha((unsigned char)*name) || q == l->end ||
		    !(p = text_number(q, l->end, &v)))
			break;
		text_row_add(r, name, (size_t)(to - name), v);
	}
	text_set_step(r, step);
	r->sure = r->n > 0;
	return r->sure;
}

/* -- evaluation of detectors ------------------------------------------------------------------- */

/* " Average Precision  (AP) @[ IoU=0.50:0.95 | area=   all | maxDets=100 ] = 0.238", of boxes
 * unless "Evaluate annotation type *segm*" or "IoU metric: segm" stood above. */
static bool
coco(struct text_row *r, const struct text_line *l)
{
	double v;
	const char *p = text_line_begins(l, "Evaluate annotation type *") ? l->p + 26 : NULL;
	const char *star = p ? memchr(p, '*', (size_t)(l->end - p)) : NULL;
	if (text_line_begins(l, "IoU metric: ")) { /* of torchvision's references */
		p = l->p + 12;
		star = l->end;
	}
	if (star && star > p) {
		text_row_prefix(r, p, (size_t)(star - p));
		r->evaluating = r->partial = true;
		return true;
	}
	if (!text_line_begins(l, "Average Precision ") && !text_line_begins(l, "Average Recall "))
		return false;
	const char *m = memmem(l->p, (size_t)(l->end - l->p), " ] = ", 5);
	if (!m || !memmem(l->p, (size_t)(m - l->p), "@[", 2) ||
	    num_parse(text_skip_blanks(m + 5, l->end), l->end, &v) != l->end)
		return false;
	if ((l->npart == 4 && !memcmp(l->part, "segm", 4)) ||
	    (l->npart == 9 && !memcmp(l->part, "keypoints", 9)))
		text_row_prefix(r, l->part, l->npart);
	text_row_add(r, l->p, (size_t)(m + 2 - l->p), v);
	r->sure = true;
	return true;
}

/* -- wrappers of PyTorch ----------------------------------------------------------------------- */

/* Catalyst: "1/10 * Epoch 1 (train): accuracy=0.5 | loss=0.5", since 2021 "train (1/5) loss: 0.5 |
 * lr: 0.001". */
static bool
catalyst(struct text_row *r, const struct text_line *l)
{
	int64_t n[3] = {0};
	const char *p = text_match(l->p, l->end, "#/# * Epoch # (", n), *close;
	if (p && (close = memchr(p, ')', (size_t)(l->end - p)))) {
		text_row_prefix(r, p, (size_t)(close - p));
		text_pairs_scan(r, close + 1, l->end, UINT_MAX);
		r->step = r->batch = (struct text_count){0};
		r->epoch = (struct text_count){.is = true, .n = n[2], .total = n[1]};
		r->sure = r->n > 0;
		return r->sure;
	}
	const char *word = text_word_end(l->p, l->end);
	if (!text_is_split(l->p, (size_t)(word - l->p)) ||
	    !(p = text_match(word, l->end, " (#/#) ", n)) || p == l->end ||
	    !isalpha((unsigned char)*p) || !memchr(p, '|', (size_t)(l->end - p)))
		return false;
	text_row_prefix(r, l->p, (size_t)(word - l->p));
	text_pairs_scan(r, p, l->end, UINT_MAX);
	r->step = r->batch = (struct text_count){0};
	r->epoch = (struct text_count){.is = true, .n = n[0], .total = n[1]};
	r->sure = r->n > 0;
	return r->sure;
}

/* "Epoch 1 | iter 8 step 1 (step) | loss train: 10.8, val: n/a | iter time: 47.2 ms": a step is
 * several iterations. */
static bool
litgpt(struct text_row *r, const struct text_line *l)
{
	int64_t n[3];
	const char *p = text_match(l->p, l->end, "Epoch # | iter # step #", n);
	const char *bar = p ? memchr(p, '|', (size_t)(l->end - p)) : NULL;
	if (!bar)
		return false;
	text_pairs_scan(r, bar + 1, l->end, UINT_MAX);
	text_row_add(r, "Epoch", 5, (double)n[0]);
	r->epoch = r->batch = (struct text_count){0};
	text_set_step(r, n[1]);
	r->sure = r->measured > 0;
	return r->sure;
}

/* Each leaves R empty when it is not for the line. */
static bool (*const rules[])(struct text_row *r, const struct text_line *l) = {
	tf_evaluation, tf_rate,   metric_writer, dreamer, caffe,    deepspeed,
	stylegan,      splatting, coco,          litgpt,  catalyst,
};

bool
text_framework_read(struct text_row *r, const struct text_line *l)
{
	for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
		if (rules[i](r, l))
			return true;
	return false;
}
