/* mm version alias, tag, note, pin, unpin: what a person writes on a version. Each prints the
 * version as it is then. */
#include "core/xalloc.h"
#include "tui/cmd_version.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum what { ALIAS, TAG, NOTE, PIN, UNPIN };

static int
tag(struct verb_env *ve, const struct version *v)
{
	const char *word = ve->arg[1], *eq = strchr(word, '=');
	if (!eq)
		return err_set(ve->e, ERR_USAGE, "%s: a tag is KEY=VALUE; KEY= takes it back",
			       word);
	char *key = xstrndup(word, (size_t)(eq - word));
	int code = registry_tag(ve->reg, v->model, v->number, key, eq[1] ? eq + 1 : NULL, ve->e);
	free(key);
	return code;
}

static int
mark(struct verb_env *ve, enum what what)
{
	struct version v;
	int code = registry_find(ve->reg, ve->arg[0], &v, ve->e);
	if (code < 0)
		return code;
	switch (what) {
	case ALIAS:
		code = registry_alias(ve->reg, v.model, v.number, ve->arg[1], ve->e);
		break;
	case TAG:
		code = tag(ve, &v);
		break;
	case NOTE:
		code = registry_note(ve->reg, v.model, v.number, ve->arg[1], ve->e);
		break;
	case PIN:
	case UNPIN:
		code = registry_pin(ve->reg, v.model, v.number, what == PIN, ve->e);
		break;
	}
	if (code == 0 && ve->env->json) {
		char *name = version_name(&v);
		struct str s = STR_INIT;
		version_release(&v);
		code = registry_find(ve->reg, name, &v, ve->e);
		if (code == 0) {
			version_json(ve, &s, &v, false);
			puts(str_c(&s));
		}
		str_release(&s);
		free(name);
	}
	version_release(&v);
	return code;
}

int
version_alias(struct verb_env *ve)
{
	if (!cmd_option(ve->env, "--remove"))
		return mark(ve, ALIAS);
	char *model = xstrndup(ve->arg[0], strcspn(ve->arg[0], "@"));
	int code = registry_alias(ve->reg, model, 0, ve->arg[1], ve->e);
	free(model);
	return code;
}

int
version_tag(struct verb_env *ve)
{
	return mark(ve, TAG);
}

int
version_note(struct verb_env *ve)
{
	return mark(ve, NOTE);
}

int
version_pin(struct verb_env *ve)
{
	return mark(ve, PIN);
}

int
version_unpin(struct verb_env *ve)
{
	return mark(ve, UNPIN);
}
