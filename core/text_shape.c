/* A rule looks at its line's first bytes, or for a few that are telling, and gives up at once when
 * they are not there: most lines are none of these. */
#include "core/text_shape.h"

#include "core/json.h"
#include "core/num.h"
#include "core/source.h"
#include "core/table.h"
#include "core/text_dialect.h"
#include "core/text_dialect_own.h"
#include "core/text_number.h"
#include "core/text_pairs.h"
#include "core/text_word.h"

#include <ctype.h>
#include <limits.h>
#include <string.h>
#include <strings.h>

/* A whole number at P, at most 18 digits; or NULL. */
static const char *
take_int(const char *p, const char *end, int64_t *v)
{
	const char *q = p;
	*v = 0;
	for (; q < end && isdigit((unsigned char)*q) && q - p < 18; q++)
		*v = *v * 10 + (*q - '0');
	return q == p || (q < end && isdigit((unsigned char)*q)) ? NULL : q;
}

static const char *
take_text(const char *p, const char *end, const char *text)
{
	size_t n = strlen(text);
	return p && (size_t)(end - p) >= n && !memcmp(p, text, n) ? p + n : NULL;
}

/* -- JSON at the end of a line ----------------------------------------------------------------- */

/* Where each level's name ends in the path; lists are not looked into. */
struct json_path {
	struct str text;
	size_t level[SOURCE_MAX_DEPTH + 1];
};

static void
see_json(struct text_row *r, const char *name, size_t n, double v)
{
	static const char *const updates[] = {"num_updates", "train_num_updates",
					      "valid_num_updates"};
	if (n == 7 && !memcmp(name, "n_epoch", 7))
		name += 2, n -= 2; /* MUSE's, XLM's */
	enum step_unit unit;
	int64_t step;
	unsigned rank = step_rank(STEPS_JSON, name, n, &unit) + 4;
	for (size_t i = 0; i < sizeof updates / sizeof *updates; i++)
		if (strlen(updates[i]) == n && !memcmp(name, updates[i], n)) {
			rank = 0;
			unit = STEP_STEP;
		}
	if (rank < STEP_RANKS && num_to_step(v, &step) && step >= 0) {
		if (unit == STEP_EPOCH && !r->epoch.is) {
			r->epoch = (struct text_count){.is = true, .n = step};
			return;
		} else if (unit != STEP_EPOCH && (!r->step.is || rank < r->step_rank)) {
			r->step = (struct text_count){.is = true, .n = step};
			r->step_rank = rank;
			return;
		}
	}
	text_row_add(r, name, n, v);
}

static bool
read_json(struct text_row *r, const char *p, const char *end)
{
	struct json_path path = {.text = STR_INIT};
	struct json j;
	enum json_type type;
	double v;
	bool list[SOURCE_MAX_DEPTH + 1] = {false};
	json_init(&j, p, (size_t)(end - p));
	while ((type = json_next(&j)) != JSON_END && type != JSON_BAD && type != JSON_DEEP) {
		unsigned level = j.depth ? j.depth - 1 : 0;
		if (type == JSON_KEY) {
			path.text.len = path.level[level];
			if (path.text.len)
				str_addc(&path.text, '/');
			str_add(&path.text, j.text, j.ntext < 256 ? j.ntext : 256);
		} else if (type == JSON_OBJECT || type == JSON_ARRAY) {
			path.level[level] = path.text.len;
			list[level] = type == JSON_ARRAY || (level && list[level - 1]);
		} else if (list[level]) {
			continue;
		} else if (type == JSON_NUMBER) {
			see_json(r, str_c(&path.text), path.text.len, j.number);
		} else if (type == JSON_STRING && num_parse_all(j.text, j.text + j.ntext, &v)) {
			see_json(r, str_c(&path.text), path.text.len, v);
		}
	}
	str_release(&path.text);
	if (r->epoch.is && r->step.is) /* beside a step it is a metric */
		text_row_add(r, "epoch", 5, (double)r->epoch.n);
	return type == JSON_END;
}

/* fairseq: "[…][train_inner][INFO] - {"epoch": 1, "loss": "6.1", "num_updates": "200"}". */
static bool
shape_json(struct text_row *r, const struct text_line *l)
{
	static const char *const stages[] = {"train_inner", "train", "valid", "test"};
	if (l->end[-1] != '}')
		return false;
	const char *open = memchr(l->p, '{', (size_t)(l->end - l->p));
	if (!open || l->end - open < 2 || (open[1] != '"' && open[1] != ' '))
		return false;
	for (size_t i = 0; i < sizeof stages / sizeof *stages; i++)
		if (strlen(stages[i]) == l->nlogger && !memcmp(stages[i], l->logger, l->nlogger))
			text_row_prefix(r, l->logger, l->nlogger);
	if (!read_json(r, open, l->end)) {
		text_row_reset(r);
		return false;
	}
	r->sure = r->measured && (r->step.is || r->epoch.is);
	if (!r->sure)
		text_row_reset(r);
	return r->sure || open == l->p; /* "Epoch 3: {"loss": 0.5}" says its step before */
}

/* -- lines that begin with a number ------------------------------------------------------------ */

/* Pairs "name:number" between tabs or blanks; names may have blanks when there are tabs. */
static unsigned
take_tight_pairs(struct text_row *r, const char *p, const char *end)
{
	unsigned n = 0;
	while (p < end) {
		p = text_skip_blanks(p, end);
		const char *colon = memchr(p, ':', (size_t)(end - p)), *to = colon, *q;
		double v;
		if (!colon || colon == p)
			return n;
		while (to > p && text_is_blank(to[-1]))
			to--;
		const char *from = p;
		if (memchr(from, '\t', (size_t)(to - from)) || to - from > 60)
			return 0;
		q = text_skip_blanks(colon + 1, end);
		const char *number = q;
		if (!(q = num_parse(q, end, &v)))
			return 0;
		/* 0.5+0.01: with its spread; (9), 1s: asides */
		bool plain = q == end || text_is_blank(*q) || *q == '+' || *q == ',';
		for (; q < end && *q != '\t' && !(text_is_blank(*q) && q + 1 < end && q[1] != '(');
		     q++)
			;
		if (plain && number < q) {
			text_row_add(r, from, (size_t)(to - from), v);
			n++;
		}
		p = q;
	}
	return n;
}

/* XGBoost and LightGBM: "[10]\ttrain-rmse:0.1\teval-rmse:0.2". */
static bool
shape_boosting(struct text_row *r, const struct text_line *l)
{
	const char *p = take_text(l->p, l->end, "[");
	int64_t n;
	if (!p || !(p = take_int(p, l->end, &n)) || !(p = take_text(p, l->end, "]")) ||
	    p == l->end || !text_is_blank(*p))
		return false;
	if (!take_tight_pairs(r, p, l->end)) {
		text_row_reset(r);
		return false;
	}
	r->step = (struct text_count){.is = true, .n = n};
	r->sure = r->measured || memchr(l->p, '\t', (size_t)(l->end - l->p));
	return true;
}

/* CatBoost: "10:\tlearn: 0.5\ttest: 0.6\tbest: 0.6 (9)\ttotal: 1s\tremaining: 2s". */
static bool
shape_catboost(struct text_row *r, const struct text_line *l)
{
	int64_t n;
	const char *p = take_int(l->p, l->end, &n);
	if (!p || !(p = take_text(p, l->end, ":\tlearn: ")))
		return false;
	p -= strlen("learn: ");
	if (!take_tight_pairs(r, p, l->end)) {
		text_row_reset(r);
		return false;
	}
	r->step = (struct text_count){.is = true, .n = n};
	r->sure = true;
	return true;
}

/* llm.c's main.log: "s:250 tel:3.21", "s:10 trl:3.4 lr:0.0001 norm:1.2". */
static bool
shape_llmc(struct text_row *r, const struct text_line *l)
{
	const char *p = take_text(l->p, l->end, "s:");
	int64_t n;
	if (!p || !(p = take_int(p, l->end, &n)) || p == l->end || *p != ' ')
		return false;
	while (p < l->end) {
		const char *name = p = text_skip_blanks(p, l->end), *q;
		double v;
		while (p < l->end && (isalnum((unsigned char)*p) || *p == '_'))
			p++;
		if (p == name || p == l->end || *p != ':' || !(q = num_parse(p + 1, l->end, &v)) ||
		    (q < l->end && !text_is_blank(*q)))
			return r->n > 0;
		text_row_add(r, name, (size_t)(p - name), v);
		p = q;
	}
	r->step = (struct text_count){.is = true, .n = n};
	r->sure = r->n > 0;
	return true;
}

/* "250 val 3.2763": the whole line is a step, a word and a number. */
static bool
shape_three(struct text_row *r, const struct text_line *l)
{
	static const char *const words[] = {"train", "val",   "valid",     "validation", "test",
					    "eval",  "hella", "hellaswag", "loss",       "acc"};
	int64_t n;
	double v;
	const char *p = take_int(l->p, l->end, &n);
	if (!p || p == l->end || *p != ' ')
		return false;
	const char *word = p = text_skip_blanks(p, l->end);
	while (p < l->end && isalpha((unsigned char)*p))
		p++;
	size_t nword = (size_t)(p - word);
	bool known = false;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		known = known || (strlen(words[i]) == nword && !memcmp(words[i], word, nword));
	if (!known || p == l->end || *p != ' ')
		return false;
	const char *number = text_skip_blanks(p, l->end);
	if (num_parse(number, l->end, &v) != l->end)
		return false;
	if (!memchr(number, '.', (size_t)(l->end - number)) && v - v == 0)
		return false;
	r->step = (struct text_count){.is = true, .n = n};
	text_row_add(r, word, nword, v);
	r->sure = true;
	return true;
}

/* "12 [D loss: 0.69, acc.: 45.3%] [G loss: 0.71]": a step, and lists of pairs. */
static bool
shape_bracketed(struct text_row *r, const struct text_line *l)
{
	int64_t n;
	const char *p = take_int(l->p, l->end, &n);
	if (!p || !(p = take_text(p, l->end, " [")) || p == l->end || !isalpha((unsigned char)*p))
		return false;
	text_pairs_scan(r, p, l->end, 2);
	if (!r->measured || r->step.is || r->epoch.is) {
		text_row_reset(r);
		return false;
	}
	r->step = (struct text_count){.is = true, .n = n};
	r->step_rank = TEXT_RANK_ORPHAN;
	return true;
}

/* -- mmengine ---------------------------------------------------------------------------------- */

static const char *
take_bracketed(const char *p, const char *end, struct text_count *c)
{
	p = take_text(p, end, "[");
	if (!p || !(p = take_int(text_skip_blanks(p, end), end, &c->n)))
		return NULL;
	c->is = true;
	if (p < end && *p == '/' && !(p = take_int(text_skip_blanks(p + 1, end), end, &c->total)))
		return NULL;
	return take_text(text_skip_blanks(p, end), end, "]");
}

/* "Epoch(train)   [1][ 100/1252]  lr: 1.0e-03  …  loss: 6.9", "Iter(val) [20/50]  …". What is
 * validated is one value an epoch. */
static bool
shape_mmengine(struct text_row *r, const struct text_line *l)
{
	struct text_count first = {0}, second = {0};
	const char *p = take_text(l->p, l->end, "Epoch("), *label;
	bool epoch = p != NULL;
	if (!p && !(p = take_text(l->p, l->end, "Iter(")))
		return false;
	label = p;
	const char *close = memchr(p, ')', (size_t)(l->end - p));
	if (!close || !text_is_split(label, (size_t)(close - label)))
		return false;
	bool val = close - label != 5;
	p = take_bracketed(text_skip_blanks(close + 1, l->end), l->end, &first);
	if (!p)
		return false;
	const char *q = take_bracketed(text_skip_blanks(p, l->end), l->end, &second);
	text_row_prefix(r, label, (size_t)(close - label));
	text_pairs_scan(r, q ? q : p, l->end, UINT_MAX);
	r->epoch = r->batch = r->step = (struct text_count){0};
	if (epoch && (q || !first.total)) {
		r->epoch = first;
		if (q && !val)
			r->batch = second;
	} else if (!epoch && !val) {
		r->step = first;
		r->step_rank = 0;
	}
	/* Iter(val) [20/50], Epoch(test) [20/50] count batches of the validation: it belongs to the
	 * last step. */
	r->sure = true;
	return true;
}

/* -- words that nobody else puts there --------------------------------------------------------- */

/* Lines whose pairs are settings, whatever they are called. */
static bool
shape_settings(struct text_row *r, const struct text_line *l)
{
	static const char *const telling[] = {"amespace(", "Config(", "Arguments(",      "rgs:",
					      "argv:",     "config:", "hyperparameters:"};
	const char *end = l->end - l->p > 4096 ? l->p + 4096 : l->end;
	(void)r;
	for (const char *q = l->p; q < end; q++) {
		if (*q != '(' && *q != ':')
			continue;
		for (size_t i = 0; i < sizeof telling / sizeof *telling; i++) {
			size_t n = strlen(telling[i]);
			if (telling[i][n - 1] == *q && (size_t)(q + 1 - l->p) >= n &&
			    !memcmp(q + 1 - n, telling[i], n))
				return true;
		}
	}
	return false;
}

/* "Epoch 0, global step 859: val_loss reached 0.29 (best 0.29), saving model to …": says again what
 * was said. */
static bool
shape_deed(struct text_row *r, const struct text_line *l)
{
	(void)r;
	return memmem(l->p, (size_t)(l->end - l->p), "saving model to", 15) != NULL;
}

/* Megatron-LM: " iteration      100/    1000 | consumed samples: 1600 | … | lm loss: 6.1E+00 |". */
static bool
shape_megatron(struct text_row *r, const struct text_line *l)
{
	const char *p = take_text(l->p, l->end, "iteration ");
	int64_t n, total;
	if (!p || !(p = take_int(text_skip_blanks(p, l->end), l->end, &n)) || p == l->end ||
	    *p != '/' || !(p = take_int(text_skip_blanks(p + 1, l->end), l->end, &total)))
		return false;
	p = take_text(text_skip_blanks(p, l->end), l->end, "|");
	if (!p)
		return false;
	while (p < l->end) {
		const char *bar = memchr(p, '|', (size_t)(l->end - p));
		const char *to = bar ? bar : l->end;
		const char *colon = memrchr(p, ':', (size_t)(to - p));
		double v;
		if (colon && num_parse_all(colon + 1, to, &v)) {
			const char *from = text_skip_blanks(p, colon);
			while (colon > from && text_is_blank(colon[-1]))
				colon--;
			text_row_add(r, from, (size_t)(colon - from), v);
		}
		p = bar ? bar + 1 : l->end;
	}
	r->step = (struct text_count){.is = true, .n = n, .total = total};
	r->sure = r->n > 1;
	if (!r->sure)
		text_row_reset(r);
	return r->sure;
}

/* detectron2: "eta: 18:30:56  iter: 19  total_loss: 2.262  …  max_mem: 1475M". */
static bool
shape_detectron(struct text_row *r, const struct text_line *l)
{
	const char *p = take_text(l->p, l->end, "eta: ");
	const char *iter = p ? memmem(p, (size_t)(l->end - p), " iter: ", 7) : NULL;
	if (!p && (iter = take_text(l->p, l->end, "iter: ")))
		iter = l->p;
	if (!iter)
		return false;
	double eta = 0;
	if (p && text_duration(p, iter, &eta) && eta <= 0)
		eta = -1;
	text_pairs_scan(r, iter, l->end, UINT_MAX);
	r->eta_s = eta;
	r->sure = r->step.is && r->n > 1 && r->measured;
	return true;
}

/* Lightning's results, in a box of Rich's: "│   test_acc   │    0.9012345671653748     │". */
static bool
shape_boxed_result(struct text_row *r, const struct text_line *l)
{
	static const char bar[] = "\xE2\x94\x82";
	const char *p = take_text(l->p, l->end, bar), *name, *to, *number;
	double v;
	if (!p)
		return false;
	name = text_skip_blanks(p, l->end);
	for (to = name; to < l->end && (isalnum((unsigned char)*to) || strchr("_/@.-", *to)); to++)
		;
	p = take_text(text_skip_blanks(to, l->end), l->end, bar);
	number = p ? text_skip_blanks(p, l->end) : NULL;
	p = number ? num_parse(number, l->end, &v) : NULL;
	p = p ? take_text(text_skip_blanks(p, l->end), l->end, bar) : NULL;
	if (p != l->end || !text_name_splits(name, (size_t)(to - name)) ||
	    !text_name_aimed(name, (size_t)(to - name)))
		return false;
	text_row_add(r, name, (size_t)(to - name), v);
	r->sure = true;
	return true;
}

/* Each leaves R empty when it is not for the line. */
static bool (*const shapes[])(struct text_row *r, const struct text_line *l) = {
	shape_settings, shape_deed,      shape_json,      shape_megatron,
	shape_mmengine, shape_detectron, shape_boosting,  shape_catboost,
	shape_llmc,     shape_three,     shape_bracketed, shape_boxed_result,
};

bool
text_shape_read(struct text_row *r, const struct text_line *l)
{
	if (l->p == l->end)
		return false;
	if (text_bar_read(r, l->p, l->end))
		return true;
	if (text_dialect_read(r, l))
		return true;
	for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
		if (shapes[i](r, l))
			return true;
	return false;
}
