#include "core/rule_words.h"

#include "core/rule_parse.h"

#include <string.h>

const char *
rule_word(const struct conf *c, const char *name, const char *key)
{
	for (int i = 0; c && i < conf_alerts(c); i++) {
		const char *text = strcmp(conf_alert_name(c, i, NULL), name) == 0
					   ? conf_alert_key(c, i, key, NULL)
					   : NULL;
		if (text)
			return text;
	}
	for (const struct rule_key *b = rule_builtin; b->rule; b++)
		if (strcmp(b->rule, name) == 0 && strcmp(b->key, key) == 0)
			return b->value;
	return NULL;
}
