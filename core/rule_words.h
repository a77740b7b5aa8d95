/* rule_words.h - a rule as it is written, key by key: what mm.conf says, else what is built in. */
#ifndef CORE_RULE_WORDS_H
#define CORE_RULE_WORDS_H

#include "core/conf.h"

/* The text of KEY ("when", "for", …) of the rule NAME; NULL: it has none, or there is no such
 * rule. CONF may be NULL. */
const char *rule_word(const struct conf *c, const char *name, const char *key);

#endif
