/* conf_section.h - a configuration as it is kept: sections of keys, all of them text. Private to
 * conf*.c. */
#ifndef CORE_CONF_SECTION_H
#define CORE_CONF_SECTION_H

#include "core/conf.h"

struct conf_entry {
	char *key, *value;
	int line;
};

struct conf_section {
	char *name; /* "metric" */
	char *arg;  /* GLOB or NAME; NULL for plain ones */
	int line;
	struct conf_entry *entry;
	size_t n, cap;
};

/* Sections that are asked for by number, of which there may be thousands. */
enum conf_kind { KIND_ALERT, KIND_NOTIFY, KIND_DEPLOY, KINDS };

struct conf_list {
	size_t *at; /* which sections of the configuration */
	size_t n, cap;
};

struct conf {
	char *path; /* NULL: the defaults */
	struct conf_section *section;
	size_t n, cap;
	struct conf_list list[KINDS];
	struct pattern_set *patterns; /* NULL: there are none */
};

/* The option's row, or NULL. */
const struct conf_option *conf_option_find(const char *section, const char *key);
/* The last section was added: it is numbered, if those of its kind are. */
void conf_number(struct conf *c);
/* [metric …], [run …], [alert …], [pattern …], [notify …] and [deploy …]. */
bool conf_section_takes_arg(const char *section);
/* Is VALUE one for O? Words without file and line. */
int conf_check_value(const struct conf_option *o, const char *value, struct err *e);

#endif
