/* Each rule begins with what only its program prints. The names are those of the program; where it
 * says which part of the data a number is of in words, that stands in front. */
#include "core/num.h"
#include "core/text_dialect.h"
#include "core/text_dialect_own.h"
#include "core/text_number.h"
#include "core/text_pairs.h"
#include "core/text_word.h"

#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

/* Behind TEXT, which is in [P, END); NULL: it is not. */
static const char *
behind(const char *p, const char *end, const char *text)
{
	size_t n = strlen(text);
	const char *q = memmem(p, (size_t)(end - p), text, n);
	return q ? q + n : NULL;
}

static bool
begins(const struct text_line *l, const char *text)
{
	size_t n = strlen(text);
	return (size_t)(l->end - l->p) >= n && !memcmp(l->p, text, n);
}

static void
set_step(struct text_row *r, int64_t step)
{
	text_set_count(&r->step, step);
	r->step_rank = 0;
}

/* A line that says where the log is, and no number. */
static bool
heading(struct text_row *r)
{
	r->bare = r->step_told = true;
	return true;
}

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
	set_step(r, step);
	r->sure = true;
	return true;
}

/* "global_step/sec: 1.5", said before the step that it is of. */
static bool
tf_rate(struct text_row *r, const struct text_line *l)
{
	static const char name[] = "global_step/sec";
	double v;
	const char *p = begins(l, name) ? l->p + sizeof name - 1 : NULL;
	p = p ? text_match(p, l->end, ": ", NULL) : NULL;
	if (!p || num_parse(p, l->end, &v) != l->end)
		return false;
	text_row_add(r, name, sizeof name - 1, v);
	r->ahead = true;
	return true;
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
	set_step(r, step);
	r->sure = r->measured > 0;
	return true;
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
		set_step(r, *n);
		return heading(r);
	}
	bool test = begins(l, "Test net output #");
	if (!test && !begins(l, "Train net output #"))
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
		set_step(r, n[0]);
		r->sure = r->n > 1;
		return true;
	}
	p = text_match(l->p, l->end, "epoch=#/micro_step=#/global_step=#, ", n);
	if (!p)
		return false;
	text_pairs_scan(r, p, l->end, UINT_MAX);
	set_step(r, n[2]);
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
		set_step(r, tick);
		r->sure = true;
	} else if (begins(l, snapshot)) {
		p = text_word_end(l->p, l->end);
		r->sure = take_columns(r, p, l->end);
	} else if (begins(l, results)) {
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
	set_step(r, step);
	r->sure = r->n > 0;
	return r->sure;
}

/* -- evaluation of detectors ------------------------------------------------------------------- */

/* " Average Precision  (AP) @[ IoU=0.50:0.95 | area=   all | maxDets=100 ] = 0.238", of boxes
 * unless "Evaluate annotation type *segm*" stood above. */
static bool
coco(struct text_row *r, const struct text_line *l)
{
	double v;
	const char *p = begins(l, "Evaluate annotation type *") ? l->p + 26 : NULL;
	const char *star = p ? memchr(p, '*', (size_t)(l->end - p)) : NULL;
	if (star && star > p) {
		text_row_prefix(r, p, (size_t)(star - p));
		r->evaluating = r->partial = true;
		return true;
	}
	if (!begins(l, "Average Precision ") && !begins(l, "Average Recall "))
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
	set_step(r, n[1]);
	r->sure = r->measured > 0;
	return r->sure;
}

/* rl_games: "fps step: 49362 fps step and policy inference: 47262 fps total: 38120 epoch: 1/500
 * frames: 0". */
static bool
rl_games(struct text_row *r, const struct text_line *l)
{
	static const char *const names[] = {"fps step", "fps step and policy inference",
					    "fps total", "frames"};
	int64_t n[2] = {0};
	if (!begins(l, "fps step: "))
		return false;
	const char *epoch = behind(l->p, l->end, " epoch: ");
	if (!epoch || !text_match(epoch, l->end, "#/#", n))
		return false;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		const char *p = behind(l->p, l->end, names[i]);
		double v;
		if (p && (p = text_match(p, l->end, ": ", NULL)) && text_number(p, l->end, &v))
			text_row_add(r, names[i], strlen(names[i]), v);
	}
	r->epoch = (struct text_count){.is = true, .n = n[0], .total = n[1]};
	r->sure = r->n > 1;
	return r->sure;
}

/* Actors and critics: "Updates 10, num timesteps 7040, FPS 1512", " Last 10 training episodes:
 * mean/median reward 31.5/30.0, min/max reward 10.0/55.0"; "… updates 5/1000 episodes, total num
 * timesteps 19200/3200000, FPS 130."; PyMARL's "Recent Stats | t_env: 10052 | Episode: 180". */
static bool
actors(struct text_row *r, const struct text_line *l)
{
	static const char *const of[] = {"mean", "median", "min", "max"};
	int64_t n[4];
	double v[4];
	const char *p = text_match(l->p, l->end, "Updates #, num timesteps #, FPS #", n), *q;
	if (p) {
		text_row_add(r, "Updates", 7, (double)n[0]);
		text_row_add(r, "FPS", 3, (double)n[2]);
		set_step(r, n[1]);
	} else if ((q = behind(l->p, l->end, " updates ")) &&
		   text_match(q, l->end, "#/# episodes, total num timesteps #/#, FPS ", n)) {
		text_row_add(r, "updates", 7, (double)n[0]);
		q = behind(q, l->end, "FPS ");
		if (q && text_match(q, l->end, "#.", n))
			text_row_add(r, "FPS", 3, (double)n[0]);
		q = behind(l->p, l->end, "total num timesteps ");
		if (!q || !text_match(q, l->end, "#/#", n))
			return false;
		set_step(r, n[0]);
		r->step.total = n[1];
	} else if ((q = behind(l->p, l->end, "Recent Stats | ")) &&
		   text_match(q, l->end, "t_env: # | Episode: #", n)) {
		text_row_add(r, "Episode", 7, (double)n[1]);
		set_step(r, n[0]);
	} else if (text_match(l->p, l->end, "Last # training episodes: mean", n)) {
		p = behind(l->p, l->end, "mean/median reward ");
		for (int i = 0; i < 4; i++) {
			q = p ? num_parse(p, l->end, v + i) : NULL;
			if (!q)
				return false;
			p = i == 1 ? behind(q, l->end, "min/max reward ") : q + (q < l->end);
		}
		for (int i = 0; i < 4; i++) {
			char name[32];
			int len = snprintf(name, sizeof name, "%s reward", of[i]);
			text_row_add(r, name, (size_t)len, v[i]);
		}
	}
	r->sure = r->n > 0;
	return r->sure;
}

/* DrQ, SAC-AE, CURL: "| train | E: 1 | S: 1000 | R: 12.5 | D: 1.2 s | BR: 0.1 | T: 0:01:12". */
static bool
drq(struct text_row *r, const struct text_line *l)
{
	const char *p = text_match(l->p, l->end, "| ", NULL), *to, *bar;
	bool step = false;
	double v;
	if (!p)
		return false;
	to = text_word_end(p, l->end);
	bar = text_match(to, l->end, " | ", NULL);
	if (!text_is_split(p, (size_t)(to - p)) || !bar || l->end - bar < 3 || bar[1] != ':')
		return false;
	text_row_prefix(r, p, (size_t)(to - p));
	for (p = bar; p && p < l->end; p = bar ? bar + 1 : NULL) {
		const char *name = text_skip_blanks(p, l->end), *colon;
		bar = memchr(p, '|', (size_t)(l->end - p));
		colon = memchr(name, ':', (size_t)((bar ? bar : l->end) - name));
		if (!colon || !text_number(text_skip_blanks(colon + 1, l->end), l->end, &v))
			continue;
		if (colon - name == 1 && *name == 'S') {
			step = num_to_step(v, &r->step.n);
			r->step.is = step;
			r->step_rank = 0;
		} else {
			text_row_add(r, name, (size_t)(colon - name), v);
		}
	}
	r->sure = step && r->n > 1;
	if (!r->sure)
		text_row_reset(r);
	return r->sure;
}

/* Informer and its kin: "Epoch: 1, Steps: 266 | Train Loss: 0.4 Vali Loss: 0.7": how many steps an
 * epoch has. */
static bool
informer(struct text_row *r, const struct text_line *l)
{
	int64_t n[2];
	const char *p = text_match(l->p, l->end, "Epoch: #, Steps: # | ", n);
	if (!p)
		return false;
	text_pairs_scan(r, p, l->end, UINT_MAX);
	text_set_count(&r->epoch, n[0]);
	r->sure = r->measured > 0;
	return r->sure;
}

/* fast-reid: "eta: 1:12:34  epoch/iter: 1/399  total_loss: 8.5  …", iterations of all epochs. */
static bool
fastreid(struct text_row *r, const struct text_line *l)
{
	int64_t n[2];
	const char *p = begins(l, "eta: ") ? behind(l->p, l->end, " epoch/iter: ") : NULL;
	const char *rest = p ? text_match(p, l->end, "#/# ", n) : NULL;
	double eta;
	if (!rest)
		return false;
	eta = text_duration(l->p + 5, p, &eta) ? eta : 0;
	text_pairs_scan(r, rest, l->end, UINT_MAX);
	r->eta_s = eta;
	text_row_add(r, "epoch", 5, (double)n[0]);
	set_step(r, n[1]);
	r->sure = r->measured > 0;
	return r->sure;
}

/* DeepSpeech: "Epoch 0 |   Training | Elapsed Time: 0:01:12 | Steps: 100 | Loss: 112.5", drawn over
 * and over; its steps are those of the epoch. */
static bool
deepspeech(struct text_row *r, const struct text_line *l)
{
	int64_t n[2];
	double v;
	const char *p = text_match(l->p, l->end, "Epoch # | ", n), *to, *q;
	if (!p)
		return false;
	to = text_word_end(p, l->end);
	if (!text_is_part(p, (size_t)(to - p)) ||
	    !text_match(to, l->end, " | Elapsed Time: ", NULL) ||
	    !(q = behind(to, l->end, "| Steps: ")) ||
	    !(q = text_match(q, l->end, "# | Loss: ", n + 1)) || !text_number(q, l->end, &v))
		return false;
	text_row_prefix(r, p, (size_t)(to - p));
	text_row_add(r, "Steps", 5, (double)n[1]);
	text_row_add(r, "Loss", 4, v);
	text_set_count(&r->epoch, n[0]);
	r->bar = r->sure = true;
	r->bar_key = 256 + (unsigned char)*p;
	return true;
}

/* Tacotron 2: "Train loss 100 0.52 Grad Norm 1.25 1.10s/it". */
static bool
tacotron(struct text_row *r, const struct text_line *l)
{
	int64_t step;
	double v[3];
	const char *p = text_match(l->p, l->end, "Train loss # ", &step);
	if (!p || !(p = num_parse(p, l->end, v)) ||
	    !(p = text_match(p, l->end, " Grad Norm ", NULL)) || !(p = num_parse(p, l->end, v + 1)))
		return false;
	text_row_add(r, "Train loss", 10, v[0]);
	text_row_add(r, "Grad Norm", 9, v[1]);
	p = num_parse(text_skip_blanks(p, l->end), l->end, v + 2);
	if (p && l->end - p == 4 && !memcmp(p, "s/it", 4))
		text_row_add(r, "s/it", 4, v[2]);
	set_step(r, step);
	r->sure = true;
	return true;
}

/* Sentence Transformers: "… Evaluating the model on sts-dev dataset after epoch 0:", and below
 * "Cosine-Similarity :	Pearson: 0.85	Spearman: 0.86". */
static bool
similarity(struct text_row *r, const struct text_line *l)
{
	int64_t n[2];
	double v;
	const char *p = behind(l->p, l->end, "valuating the model on "), *q;
	if (p && (q = behind(p, l->end, " after epoch ")) && text_match(q, l->end, "#:", n)) {
		text_set_count(&r->epoch, *n);
		return heading(r);
	}
	if (p && (q = behind(p, l->end, " in epoch ")) &&
	    text_match(q, l->end, "# after # steps:", n)) {
		set_step(r, n[1]);
		return heading(r);
	}
	q = behind(l->p, l->end, ":\tPearson: ");
	if (!q || !text_number(q, l->end, &v))
		return false;
	for (p = q - strlen(":\tPearson: "); p > l->p && text_is_blank(p[-1]); p--)
		;
	if (memchr(l->p, ' ', (size_t)(p - l->p)))
		return false;
	text_row_prefix(r, l->p, (size_t)(p - l->p));
	text_row_add(r, "Pearson", 7, v);
	p = behind(q, l->end, "\tSpearman: ");
	if (p && text_number(p, l->end, &v))
		text_row_add(r, "Spearman", 8, v);
	r->sure = true;
	return true;
}

/* Optuna: "[I 2021-01-01 10:01:00,123] Trial 0 finished with value: 0.5 and parameters: …". */
static bool
optuna(struct text_row *r, const struct text_line *l)
{
	int64_t n;
	double v;
	const char *p = behind(l->p, l->end, "Trial ");
	if (!p || !(p = text_match(p, l->end, "# finished with value: ", &n)) ||
	    !(p = num_parse(p, l->end, &v)) || !text_match(p, l->end, " and parameters: {", NULL))
		return false;
	text_row_add(r, "value", 5, v);
	set_step(r, n);
	r->sure = true;
	return true;
}

/* Coqui's trainer: "--> TIME: 2024-01-01 10:00:30 -- STEP: 25/405 -- GLOBAL_STEP: 25", below it
 * "| > loss: 0.5  (0.6)"; what stands below "> EVALUATION" is of that. */
static bool
coqui(struct text_row *r, const struct text_line *l)
{
	int64_t step;
	const char *p;
	double v;
	if (begins(l, "--> ")) {
		p = behind(l->p, l->end, "-- GLOBAL_STEP: ");
		if (p && text_match(p, l->end, "#", &step)) {
			set_step(r, step);
			r->evaluating = true;
			return heading(r);
		}
		r->partial = begins(l, "--> STEP: ");
		return r->partial;
	}
	if (begins(l, "> EVALUATION")) {
		text_row_prefix(r, "eval", 4);
		r->evaluating = r->partial = true;
		return true;
	}
	const char *name = text_match(l->p, l->end, "| > ", NULL);
	const char *colon = name ? memchr(name, ':', (size_t)(l->end - name)) : NULL;
	if (!colon || !text_number(text_skip_blanks(colon + 1, l->end), l->end, &v))
		return false;
	if (l->npart)
		text_row_prefix(r, l->part, l->npart);
	text_row_add(r, name, (size_t)(colon - name), v);
	r->sure = true;
	return true;
}

/* -- speech, words ----------------------------------------------------------------------------- */

/* Kaldi: "LOG (nnet3-train:PrintMinibatchStats():nnet-training.cc:340) Average objective function
 * for 'output' for minibatches 10-19 is -3.5 over 5120 frames.", and its offspring in Python
 * "Process 100/3161(3.16%) global average objf: -0.6 over 5.0 frames, current batch average objf:
 * -0.4 over 6400 frames, epoch 0". */
static bool
kaldi(struct text_row *r, const struct text_line *l)
{
	static const char average[] = "verage objective function for '";
	int64_t n[2];
	double v;
	const char *p = text_match(l->p, l->end, "Process #/#(", n), *q;
	if (p && (q = behind(p, l->end, ", epoch ")) && text_match(q, l->end, "#", n + 1)) {
		int64_t epoch = n[1];
		text_match(l->p, l->end, "Process #/#(", n);
		for (p = behind(p, l->end, ") "); p && p < q; p = behind(p, q, ", ")) {
			const char *colon = memchr(p, ':', (size_t)(q - p));
			if (colon && text_number(text_skip_blanks(colon + 1, q), q, &v))
				text_row_add(r, p, (size_t)(colon - p), v);
		}
		text_set_count(&r->epoch, epoch);
		r->batch = (struct text_count){.is = true, .n = n[0], .total = n[1]};
		r->sure = r->n > 0;
		return r->sure;
	}
	p = memmem(l->p, (size_t)(l->end - l->p), average, sizeof average - 1);
	if (!p || p == l->p)
		return false;
	const char *name = p - 1;
	while (name > l->p && name[-1] != ')')
		name--;
	name = text_skip_blanks(name, p);
	q = memchr(p + sizeof average - 1, '\'', (size_t)(l->end - p - (sizeof average - 1)));
	if (!q)
		return false;
	p = text_match(q, l->end, "' for minibatches #-# is ", n);
	bool whole = !p && (p = text_match(q, l->end, "' is ", n)) != NULL;
	if (!p || !num_parse(p, l->end, &v))
		return false;
	text_row_add(r, name, (size_t)(q + 1 - name), v);
	if (!whole)
		set_step(r, n[1]);
	r->sure = true;
	return true;
}

/* fastText: "Progress:  50.2% words/sec/thread:  101012 lr:  0.050 loss:  1.31 ETA:   0h 0m". */
static bool
fasttext(struct text_row *r, const struct text_line *l)
{
	double v;
	const char *p = begins(l, "Progress:") ? l->p + 9 : NULL;
	if (!p || !(p = text_number(text_skip_blanks(p, l->end), l->end, &v)) ||
	    !(p = text_match(p, l->end, " words/sec/thread:", NULL)))
		return false;
	text_pairs_scan(r, p - strlen("words/sec/thread:"), l->end, UINT_MAX);
	r->counted = r->sure = r->n > 1;
	return r->sure;
}

bool
text_dialect_begins(const char *p, const char *end)
{
	static const char *const heads[] = {"Evaluate annotation type *", "> EVALUATION"};
	for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
		size_t n = strlen(heads[i]);
		if (*p == *heads[i] && (size_t)(end - p) >= n && !memcmp(p, heads[i], n))
			return true;
	}
	return false;
}

/* Each leaves R empty when it is not for the line. */
static bool (*const rules[])(struct text_row *r, const struct text_line *l) = {
	tf_evaluation, tf_rate,    metric_writer, caffe,      deepspeed, stylegan,
	splatting,     coco,       litgpt,        catalyst,   coqui,     optuna,
	fastreid,      deepspeech, tacotron,      similarity, actors,    drq,
	informer,      rl_games,   kaldi,         fasttext,
};

bool
text_framework_read(struct text_row *r, const struct text_line *l)
{
	for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
		if (rules[i](r, l))
			return true;
	return false;
}
