/* Words for steps are few and differ in how sure they are: "iteration 10" counts, "steps 10" may be
 * how many there are to be, unless it is assigned. Of other languages there are those that were met
 * in logs, and that mean nothing else there. */
#include "core/text_word.h"

#include <string.h>
#include <strings.h>

static const struct text_step_word step_words[] = {
	{"num_updates", TEXT_COUNTS_STEPS, 0, false},
	{"global_step", TEXT_COUNTS_STEPS, 1, false},
	{"global_steps", TEXT_COUNTS_STEPS, 1, true},
	{"iteration", TEXT_COUNTS_STEPS, 2, false},
	{"step", TEXT_COUNTS_STEPS, 3, false},
	{"iter", TEXT_COUNTS_STEPS, 4, false},
	{"itr", TEXT_COUNTS_STEPS, 4, false},
	{"acc_iter", TEXT_COUNTS_STEPS, 4, true},
	{"cur_iter", TEXT_COUNTS_BATCHES, 0, true},
	{"it", TEXT_COUNTS_STEPS, 5, true},
	{"iters", TEXT_COUNTS_STEPS, 5, true},
	{"iterations", TEXT_COUNTS_STEPS, 5, true},
	{"total_timesteps", TEXT_COUNTS_STEPS, 6, true},
	{"timesteps", TEXT_COUNTS_STEPS, 6, true},
	{"policy_step", TEXT_COUNTS_STEPS, 6, true},
	{"timestep", TEXT_COUNTS_STEPS, 6, false},
	{"num_timesteps", TEXT_COUNTS_STEPS, 6, true},
	{"steps", TEXT_COUNTS_STEPS, 7, true},
	{"updates", TEXT_COUNTS_STEPS, 8, true},
	{"update", TEXT_COUNTS_STEPS, 8, false},
	{"episode", TEXT_COUNTS_STEPS, TEXT_RANK_EPISODE, false},
	{"round", TEXT_COUNTS_STEPS, TEXT_RANK_EPISODE, false},
	{"generation", TEXT_COUNTS_STEPS, TEXT_RANK_EPISODE, false},
	{"epoch", TEXT_COUNTS_EPOCHS, 0, false},
	{"ep", TEXT_COUNTS_EPOCHS, 1, false},
	{"batch", TEXT_COUNTS_BATCHES, 0, false},
	{"minibatch", TEXT_COUNTS_BATCHES, 0, false},
	{"mini-batch", TEXT_COUNTS_BATCHES, 0, false},
	{"batch_idx", TEXT_COUNTS_BATCHES, 0, true},
	{"batch_id", TEXT_COUNTS_BATCHES, 0, true},
	{"batch_num", TEXT_COUNTS_BATCHES, 0, true},
	{"mini_batch", TEXT_COUNTS_BATCHES, 0, true},
	{"i", TEXT_COUNTS_BATCHES, 0, true},
	/* other languages */
	{"epoche", TEXT_COUNTS_EPOCHS, 0, false},
	{"epoca", TEXT_COUNTS_EPOCHS, 0, false},
	{"época", TEXT_COUNTS_EPOCHS, 0, false},
	{"Época", TEXT_COUNTS_EPOCHS, 0, false},
	{"époque", TEXT_COUNTS_EPOCHS, 0, false},
	{"Époque", TEXT_COUNTS_EPOCHS, 0, false},
	{"эпоха", TEXT_COUNTS_EPOCHS, 0, false},
	{"Эпоха", TEXT_COUNTS_EPOCHS, 0, false},
	{"轮次", TEXT_COUNTS_EPOCHS, 0, false},
	{"轮", TEXT_COUNTS_EPOCHS, 0, false},
	{"训练轮次", TEXT_COUNTS_EPOCHS, 0, false},
	{"エポック", TEXT_COUNTS_EPOCHS, 0, false},
	{"에포크", TEXT_COUNTS_EPOCHS, 0, false},
	{"에폭", TEXT_COUNTS_EPOCHS, 0, false},
	{"iteración", TEXT_COUNTS_STEPS, 2, false},
	{"iterazione", TEXT_COUNTS_STEPS, 2, false},
	{"schritt", TEXT_COUNTS_STEPS, 3, false},
	{"步数", TEXT_COUNTS_STEPS, 3, false},
	{"训练次数", TEXT_COUNTS_STEPS, 7, true},
	{"迭代次数", TEXT_COUNTS_STEPS, 7, true},
	{"迭代", TEXT_COUNTS_STEPS, 3, false},
};

/* Behind these it is another thing: "max step", "time per epoch", "best epoch". */
static const char *const other_than_step[] = {"max",    "total",    "num",     "number", "best",
					      "per",    "every",    "from",    "last",   "of",
					      "warmup", "each",     "skip",    "next",   "min",
					      "until",  "to",       "seconds", "time",   "avg",
					      "early",  "patience", "fps"};

bool
text_word_in(const char *p, const char *end, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n && p < end; i++)
		if ((*p | 0x20) == *words[i] && strlen(words[i]) == (size_t)(end - p) &&
		    !strncasecmp(words[i], p, (size_t)(end - p)))
			return true;
	return false;
}

bool
text_word_foreign(const char *name)
{
	static const char *const words[] = {"损失",      "损失函数",  "准确率",      "精度",
					    "正确率",    "成功率",    "奖励",        "損失",
					    "精度",      "正解率",    "손실",        "정확도",
					    "Verlust",   "verlust",   "Genauigkeit", "pérdida",
					    "Pérdida",   "precisión", "Precisión",   "exactitud",
					    "Exactitud", "perda",     "Perda",       "acurácia",
					    "Acurácia",  "perte",     "Perte",       "потери",
					    "Потери",    "точность",  "Точность"};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strstr(name, words[i]))
			return true;
	return false;
}

const struct text_step_word *
text_step_word(const char *p, const char *end, bool assigned)
{
	for (size_t i = 0; i < sizeof step_words / sizeof *step_words; i++)
		if ((*p == *step_words[i].word || (*p | 0x20) == *step_words[i].word) &&
		    strlen(step_words[i].word) == (size_t)(end - p) &&
		    !strncasecmp(step_words[i].word, p, (size_t)(end - p)))
			return assigned || !step_words[i].assigned ? step_words + i : NULL;
	return NULL;
}

bool
text_word_disowns_step(const char *p, const char *end)
{
	return TEXT_WORD_IN(p, end, other_than_step);
}
