/* Programs for one task that many people train with: agents, forecasts, retrieval, speech, words,
 * and searches for parameters. As in text_framework.c each rule begins with what only its program
 * prints, and the names are those of the program. */
#include "core/num.h"
#include "core/text_dialect_own.h"
#include "core/text_number.h"
#include "core/text_pairs.h"
#include "core/text_word.h"

#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

/* rl_games: "fps step: 49362 fps step and policy inference: 47262 fps total: 38120 epoch: 1/500
 * frames: 0". */
static bool
rl_games(struct text_row *r, const struct text_line *l)
{
	static const char *const names[] = {"fps step", "fps step and policy inference",
					    "fps total", "frames"};
	int64_t n[2] = {0};
	if (!text_line_begins(l, "fps step: "))
		return false;
	const char *epoch = text_behind(l->p, l->end, " epoch: ");
	if (!epoch || !text_match(epoch, l->end, "#/#", n))
		return false;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		const char *p = text_behind(l->p, l->end, names[i]);
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
		text_set_step(r, n[1]);
	} else if ((q = text_behind(l->p, l->end, " updates ")) &&
		   text_match(q, l->end, "#/# episodes, total num timesteps #/#, FPS ", n)) {
		text_row_add(r, "updates", 7, (double)n[0]);
		q = text_behind(q, l->end, "FPS ");
		if (q && text_match(q, l->end, "#.", n))
			text_row_add(r, "FPS", 3, (double)n[0]);
		q = text_behind(l->p, l->end, "total num timesteps ");
		if (!q || !text_match(q, l->end, "#/#", n))
			return false;
		text_set_step(r, n[0]);
		r->step.total = n[1];
	} else if ((q = text_behind(l->p, l->end, "Recent Stats | ")) &&
		   text_match(q, l->end, "t_env: # | Episode: #", n)) {
		text_row_add(r, "Episode", 7, (double)n[1]);
		text_set_step(r, n[0]);
	} else if (text_match(l->p, l->end, "Last # training episodes: mean", n)) {
		p = text_behind(l->p, l->end, "mean/median reward ");
		for (int i = 0; i < 4; i++) {
			q = p ? num_parse(p, l->end, v + i) : NULL;
			if (!q)
				return false;
			p = i == 1 ? text_behind(q, l->end, "min/max reward ") : q + (q < l->end);
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

/* DLLogger, where nobody told it how: "DLL 2020-03-27 15:20:50.1 - (0, 10) loss : 6.9 lr : 0.1", an
 * epoch and a step, "(0,) …", an epoch, "10 …", a step. */
static bool
dllogger(struct text_row *r, const struct text_line *l)
{
	int64_t n[2];
	const char *p;
	if (l->nlogger != 3 || memcmp(l->logger, "DLL", 3) != 0)
		return false;
	if ((p = text_match(l->p, l->end, "(#, #) ", n))) {
		text_set_count(&r->epoch, n[0]);
		text_set_step(r, n[1]);
	} else if ((p = text_match(l->p, l->end, "(#,) ", n))) {
		text_set_count(&r->epoch, n[0]);
	} else if ((p = text_match(l->p, l->end, "# ", n)) && p < l->end &&
		   isalpha((unsigned char)*p)) {
		text_set_step(r, n[0]);
	} else {
		return false;
	}
	text_pairs_scan(r, p, l->end, UINT_MAX);
	r->sure = r->n > 0;
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
	const char *p =
		text_line_begins(l, "eta: ") ? text_behind(l->p, l->end, " epoch/iter: ") : NULL;
	const char *rest = p ? text_match(p, l->end, "#/# ", n) : NULL;
	double eta;
	if (!rest)
		return false;
	eta = text_duration(l->p + 5, p, &eta) ? eta : 0;
	text_pairs_scan(r, rest, l->end, UINT_MAX);
	r->eta_s = eta;
	text_row_add(r, "epoch", 5, (double)n[0]);
	text_set_step(r, n[1]);
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
	    !(q = text_behind(to, l->end, "| Steps: ")) ||
	    !(q = text_match(q, l->end, "# | Loss: ", n + 1)) || !text_number(q, l->end, &v))
		return false;
	text_row_prefix(r, p, (size_t)(to - p));
	text_row_add(r, "Steps", 5, (double)n[1]);
	text_row_add(r, "Loss", 4, v);
	text_set_count(&r->epoch, n[0]);
	r->bar = r->bar_done = r->sure = true; /* when the line ends */
	r->bar_key = 256 + (unsigned char)*p;
	return true;
}

/* Tesseract: "At iteration 14615/695400/698614, mean rms=0.158%, delta=0.295%, BCER train=1.882%,
 * …": of the ways to count the first is of those that changed the model. */
static bool
tesseract(struct text_row *r, const struct text_line *l)
{
	int64_t n[3];
	const char *p = text_match(l->p, l->end, "At iteration #/#/#, ", n);
	if (!p)
		return false;
	text_pairs_scan(r, p, l->end, UINT_MAX);
	text_set_step(r, n[0]);
	r->leftover = 0;
	r->sure = r->n > 1;
	return r->sure;
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
	text_set_step(r, step);
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
	const char *p = text_behind(l->p, l->end, "valuating the model on "), *q;
	if (p && (q = text_behind(p, l->end, " after epoch ")) && text_match(q, l->end, "#:", n)) {
		text_set_count(&r->epoch, *n);
		return text_set_heading(r);
	}
	if (p && (q = text_behind(p, l->end, " in epoch ")) &&
	    text_match(q, l->end, "# after # steps:", n)) {
		text_set_step(r, n[1]);
		return text_set_heading(r);
	}
	q = text_behind(l->p, l->end, ":\tPearson: ");
	if (!q || !text_number(q, l->end, &v))
		return false;
	for (p = q - strlen(":\tPearson: "); p > l->p && text_is_blank(p[-1]); p--)
		;
	if (memchr(l->p, ' ', (size_t)(p - l->p)))
		return false;
	text_row_prefix(r, l->p, (size_t)(p - l->p));
	text_row_add(r, "Pearson", 7, v);
	p = text_behind(q, l->end, "\tSpearman: ");
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
	const char *p = text_behind(l->p, l->end, "Trial ");
	if (!p || !(p = text_match(p, l->end, "# finished with value: ", &n)) ||
	    !(p = num_parse(p, l->end, &v)) || !text_match(p, l->end, " and parameters: {", NULL))
		return false;
	text_row_add(r, "value", 5, v);
	text_set_step(r, n);
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
	if (text_line_begins(l, "--> ")) {
		p = text_behind(l->p, l->end, "-- GLOBAL_STEP: ");
		if (p && text_match(p, l->end, "#", &step)) {
			text_set_step(r, step);
			r->evaluating = true;
			return text_set_heading(r);
		}
		r->partial = text_line_begins(l, "--> STEP: ");
		return r->partial;
	}
	if (text_line_begins(l, "> EVALUATION")) {
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

/* -- recommendation, federations --------------------------------------------------------------- */

/* NGCF, KGAT and their offspring: "Epoch 10 [12.5s + 3.2s]: train==[0.5=0.4 + 0.1], recall=[0.25,
 * 0.5], ndcg=[0.25, 0.5]": of the loss the sum, of a list one after the other. */
static bool
ngcf(struct text_row *r, const struct text_line *l)
{
	int64_t epoch;
	double v;
	const char *p = text_match(l->p, l->end, "Epoch # [", &epoch), *q;
	if (!p || !(p = memchr(p, ']', (size_t)(l->end - p))) ||
	    !(p = text_match(p, l->end, "]: train==[", NULL)) || !(q = num_parse(p, l->end, &v)))
		return false;
	text_row_add(r, "train", 5, v);
	p = memchr(q, ']', (size_t)(l->end - q));
	while (p && (p = text_match(p, l->end, "], ", NULL))) {
		const char *mark = memmem(p, (size_t)(l->end - p), "=[", 2);
		size_t n = mark ? (size_t)(mark - p) : 0;
		char name[48];
		if (!n || n > sizeof name - 4)
			break;
		q = mark + 2;
		for (int i = 0; i < 10 && (q = num_parse(text_skip_blanks(q, l->end), l->end, &v));
		     i++) {
			int len = snprintf(name, sizeof name, "%.*s/%d", (int)n, p, i);
			text_row_add(r, name, (size_t)len, v);
			if (q == l->end || *q != ',')
				break;
			q++;
		}
		p = q && q < l->end && *q == ']' ? q : NULL;
	}
	text_set_count(&r->epoch, epoch);
	r->sure = true;
	return true;
}

/* Flower: "fit progress: (1, 2.25, {'accuracy': 0.5}, 3.41)": the round, the loss, what else was
 * measured, seconds. */
static bool
flower(struct text_row *r, const struct text_line *l)
{
	int64_t round;
	double v;
	const char *p = text_match(l->p, l->end, "fit progress: (#, ", &round), *open, *close;
	if (!p || !(p = num_parse(p, l->end, &v)))
		return false;
	text_row_add(r, "loss", 4, v);
	open = memchr(p, '{', (size_t)(l->end - p));
	close = open ? memchr(open, '}', (size_t)(l->end - open)) : NULL;
	if (close)
		text_pairs_scan(r, open + 1, close, UINT_MAX);
	r->epoch = r->batch = (struct text_count){0};
	text_set_step(r, round);
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
	if (p && (q = text_behind(p, l->end, ", epoch ")) && text_match(q, l->end, "#", n + 1)) {
		int64_t epoch = n[1];
		text_match(l->p, l->end, "Process #/#(", n);
		for (p = text_behind(p, l->end, ") "); p && p < q; p = text_behind(p, q, ", ")) {
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
		text_set_step(r, n[1]);
	r->sure = true;
	return true;
}

/* fastText: "Progress:  50.2% words/sec/thread:  101012 lr:  0.050 loss:  1.31 ETA:   0h 0m". */
static bool
fasttext(struct text_row *r, const struct text_line *l)
{
	double v;
	const char *p = text_line_begins(l, "Progress:") ? l->p + 9 : NULL;
	if (!p || !(p = text_number(text_skip_blanks(p, l->end), l->end, &v)) ||
	    !(p = text_match(p, l->end, " words/sec/thread:", NULL)))
		return false;
	text_pairs_scan(r, p - strlen("words/sec/thread:"), l->end, UINT_MAX);
	r->counted = r->sure = r->n > 1;
	return r->sure;
}

/* CenterNet, FairMOT and their kin: "mot/dla34| train: [1][20/100]|Tot: 0:00:10 |ETA: 0:10:00 |loss
 * 12.3 |hm_loss 3.2 |Data 0.1s(0.2s) |Net 0.5s". */
static bool
centernet(struct text_row *r, const struct text_line *l)
{
	int64_t n[3];
	double v;
	const char *p = memmem(l->p, (size_t)(l->end - l->p), ": [", 3), *part = p;
	const char *bar = p ? text_match(p, l->end, ": [#][#/#]|Tot: ", n) : NULL;
	if (!bar)
		return false;
	while (part > l->p && isalpha((unsigned char)part[-1]))
		part--;
	if (text_is_split(part, (size_t)(p - part)))
		text_row_prefix(r, part, (size_t)(p - part));
	while ((bar = memchr(bar, '|', (size_t)(l->end - bar)))) {
		const char *name = ++bar, *blank = memchr(name, ' ', (size_t)(l->end - name));
		if (blank && blank > name && blank[-1] != ':' && text_number(blank + 1, l->end, &v))
			text_row_add(r, name, (size_t)(blank - name), v);
	}
	text_set_count(&r->epoch, n[0]);
	r->batch = (struct text_count){.is = true, .n = n[1], .total = n[2]};
	r->sure = r->measured > 0;
	if (!r->sure)
		text_row_reset(r);
	return r->sure;
}

/* An epoch and its batches without a word: SupContrast's "Train: [1][10/391] BT 0.5 (0.6) loss 5.1
 * (5.2)" with tabs, PointNet's "[1: 10/391] train loss: 2.5 accuracy: 0.5". */
static bool
unnamed_epoch(struct text_row *r, const struct text_line *l)
{
	int64_t n[3];
	const char *p = text_line_begins(l, "Train: [") || text_line_begins(l, "train: [")
				? text_match(l->p + 5, l->end, ": [#][#/#]", n)
				: NULL;
	if (p)
		text_row_prefix(r, l->p, 5);
	else if (!(p = text_match(l->p, l->end, "[#: #/#] ", n)))
		return false;
	text_pairs_scan(r, p, l->end, UINT_MAX);
	r->sure = r->measured > 0 && !r->step.is && !r->epoch.is && n[2] > 0;
	if (!r->sure) {
		text_row_reset(r);
		return false;
	}
	text_set_count(&r->epoch, n[0]);
	r->batch = (struct text_count){.is = true, .n = n[1], .total = n[2]};
	return true;
}

/* Levanter, by tqdm-loggable: "Progress on:train 10it/100it rate:1.0it/s remaining:01:30
 * elapsed:00:10 postfix:loss=3.2". */
static bool
levanter(struct text_row *r, const struct text_line *l)
{
	int64_t n[2];
	const char *p = text_line_begins(l, "Progress on:") ? l->p : NULL, *postfix;
	p = p ? memchr(p + strlen("Progress on:"), ' ',
		       (size_t)(l->end - p) - strlen("Progress on:"))
	      : NULL;
	postfix = p ? text_behind(p, l->end, " postfix:") : NULL;
	if (!postfix || !text_match(p, l->end, " #it/#it ", n))
		return false;
	text_pairs_scan(r, postfix, l->end, UINT_MAX);
	text_set_step(r, n[0]);
	r->step.total = n[1];
	r->sure = r->n > 0;
	return true;
}

/* Each leaves R empty when it is not for the line. */
static bool (*const rules[])(struct text_row *r, const struct text_line *l) = {
	coqui,  optuna,   fastreid,  deepspeech, tesseract,     tacotron, similarity,
	actors, drq,      informer,  rl_games,   kaldi,         fasttext, ngcf,
	flower, dllogger, centernet, levanter,   unnamed_epoch,
};

bool
text_program_read(struct text_row *r, const struct text_line *l)
{
	for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
		if (rules[i](r, l))
			return true;
	return false;
}
