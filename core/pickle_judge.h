/* pickle_judge.h - is a name in a pickle known to be harmless, known to be dangerous, or
 * neither? */
#ifndef CORE_PICKLE_JUDGE_H
#define CORE_PICKLE_JUDGE_H

#include "core/model.h"

/* MODEL_TENSORS_ONLY, MODEL_CODE or MODEL_DANGER. *WHY: a few words, for the latter two. */
enum model_safety pickle_judge(const char *module, const char *name, const char **why);

#endif
