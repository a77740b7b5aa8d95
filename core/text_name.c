/* Words are collected until something says what they were: a number makes them its name, a
 * separator drops them. What is dropped may say of which part of the data the numbers behind it
 * are; anything else is left over. */
#include "core/text_scan.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

bool
text_tells_deed(const char *p, const char *end)
{
	static const char *const deeds[] = {"save",   "saving",   "saved",    "loading",
					    "loaded", "resume",   "resuming", "using",
					    "found",  "reducing", "adjusting"};
	return TEXT_WORD_IN(p, end, deeds);
}

bool
text_tells_end(const char *p, const char *end)
{
	static const char *const ends[] = {"finished", "done", "complete", "ended", "over"};
	return TEXT_WORD_IN(p, end, ends);
}

void
text_begin_name(struct text_scan *s, bool listed)
{
	s->from = s->to = s->last = s->before = NULL;
	s->words = 0;
	s->assign = 0;
	s->text = false;
	s->fresh = true;
	s->listed = listed;
}

bool
text_ends_over(const struct text_scan *s)
{
	static const char *const over[] = {"on", "over", "of", "the", "for", "in"};
	return s->words > 1 && TEXT_WORD_IN(s->last, s->to, over);
}

/* "Class 0 Accuracy: 80.5", "Class  1: IoU = 0.25": of what there are several the number V, which
 * ends at P, is part of the name. Behind it; or NULL. */
const char *
text_take_index(struct text_scan *s, double v, const char *p)
{
	static const char *const several[] = {"class",   "task",     "head",   "agent",
					      "layer",   "domain",   "label",  "group",
					      "expert",  "category", "output", "client",
					      "dataset", "top",      "player", "channel"};
	static const char *const ranked[] = {"precision", "recall", "hits",    "hit", "ndcg",
					     "map",       "mrr",    "top",     "p",   "r",
					     "f1",        "acc",    "accuracy"};
	int64_t n;
	if (s->words > 1 && !s->assign && s->to[-1] == '@' && p < s->end && *p == ':' &&
	    TEXT_WORD_IN(s->before, text_word_end(s->before, s->to), ranked)) {
		s->to = p; /* "Precision @ 1: 0.85" */
		return p;
	}
	bool joins = s->words == 1 && TEXT_WORD_IN(s->from, s->to, several);
	/* "Accuracy of the network on the 10000 test images: 55 %" */
	joins = joins || (text_ends_over(s) && text_scan_known(s->from, s->last - 1));
	if (!joins || s->assign || !text_is_count(v, &n))
		return NULL;
	const char *to = p, *next;
	if (p < s->end && *p == ':')
		p++;
	next = text_skip_blanks(p, s->end);
	if (next == p || next - p > 2 || next == s->end || !isalpha((unsigned char)*next) ||
	    text_step_word(next, text_word_end(next, s->end), true))
		return NULL;
	s->to = to;
	s->before = s->last = s->from;
	s->words = 1;
	return p;
}

/* The bytes of the collected name that say which data it is about, when what stands behind them
 * says no more: "Test", "Test set results", "Dev BLEU". */
static size_t
part_of_data(const struct text_scan *s)
{
	static const char *const more[] = {"set",    "results", "result", "metrics",
					   "scores", "avg",     "average"};
	const char *p = text_word_end(s->from, s->to);
	size_t n = (size_t)(p - s->from);
	while (p < s->to) {
		while (p < s->to && text_is_blank(*p))
			p++;
		const char *word = p;
		while (p < s->to && !text_is_blank(*p))
			p++;
		if (word < p && !TEXT_WORD_IN(word, p, more) &&
		    !text_name_known(word, (size_t)(p - word)))
			return (size_t)(s->to - s->from);
	}
	return n;
}

/* "Averaged stats: loss: 0.5" is not the loss of a step. */
static bool
is_summary(const struct text_scan *s)
{
	static const char *const first[] = {"averaged", "average", "avg",  "mean",
					    "overall",  "final",   "best", "summary"};
	static const char *const last[] = {"stats",  "statistics",  "results", "metrics",
					   "scores", "performance", "metric"};
	return s->words == 2 && TEXT_WORD_IN(s->from, text_word_end(s->from, s->to), first) &&
	       TEXT_WORD_IN(s->last, s->to, last);
}

/* The bytes of the collected name that are to stand before all names of the line; 0: none. */
static size_t
label(const struct text_scan *s)
{
	static const char *const subset[] = {"subset"}; /* "valid on 'valid' subset" */
	size_t n = s->words ? part_of_data(s) : 0;
	if (n && s->words == 4 && TEXT_WORD_IN(s->last, s->to, subset) && !s->r->n &&
	    text_is_split(s->from, (size_t)(text_word_end(s->from, s->to) - s->from)))
		return (size_t)(text_word_end(s->from, s->to) - s->from);
	/* a later one is another part: "Train: loss 0.5 | Val: loss 0.6" */
	if (!n || (s->r->prefix.len && !s->r->n) || (!s->r->prefix.len && s->r->n))
		return 0;
	return text_is_part(s->from, n) ? n : is_summary(s) ? (size_t)(s->to - s->from) : 0;
}

void
text_drop_name(struct text_scan *s)
{
	/* "Train | loss 0.5", "Validation Results - Epoch: 1  loss: 0.5": which data it is about;
	 * "Epoch 1 Training - Loss: 0.5" */
	static const char *const now[] = {"cur", "current"};
	static const char *const metric[] = {"metric", "metrics"};
	bool counted = s->r->epoch.is || s->r->step.is;
	size_t n = label(s);
	if (s->words == 3 && s->to - s->from == 15 &&
	    !strncasecmp(s->from, "end of training", 15)) {
		text_begin_name(s, true);
		return;
	}
	if (s->words == 2 && TEXT_WORD_IN(s->last, s->to, metric) && s->before &&
	    TEXT_WORD_IN(s->before, text_word_end(s->before, s->to), now)) {
		text_begin_name(s, true); /* "cur metric, hmean: 0.5" */
		return;
	}
	if (n && (s->words > 1 || counted || text_is_split(s->from, n)))
		text_row_prefix(s->r, s->from, n);
	else
		s->r->leftover += s->words - (s->words && s->text);
	text_begin_name(s, true);
}

void
text_add_word(struct text_scan *s, const char *p, const char *end)
{
	if (s->assign) { /* "Train: loss 0.5" */
		size_t n = label(s);
		bool split = n > 0;
		if (split)
			text_row_prefix(s->r, s->from, n);
		else
			s->r->leftover++;
		text_begin_name(s, true);
		s->text = !split;
	}
	if (!s->words && s->r->n && text_tells_deed(p, end)) {
		s->over = true; /* "|| Loss: 14.1 || Saving state, iter: 20" */
		return;
	}
	if (!s->words)
		s->from = p;
	s->before = s->words ? s->last : NULL;
	s->last = p;
	s->to = end;
	s->words++;
}
