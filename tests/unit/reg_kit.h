/* reg_kit.h - a registry in a directory of its own, for tests. */
#ifndef TESTS_UNIT_REG_KIT_H
#define TESTS_UNIT_REG_KIT_H

#include "core/deploy.h"
#include "core/registry.h"

struct reg_kit {
	char top[200]; /* everything is below it */
	char dir[240]; /* the registry */
	struct registry *r;
};

/* In memory where there is such a file system: these tests sync a lot. */
void reg_kit_make(struct reg_kit *k);
void reg_kit_again(struct reg_kit *k); /* another process would see it so */
void reg_kit_remove(struct reg_kit *k);
/* For cmocka: the state is a kit. */
int reg_kit_setup(void **state);
int reg_kit_teardown(void **state);
/* TOP/NAME with TEXT, and the directories above it. Returns its path, until the next call. */
const char *reg_kit_file(struct reg_kit *k, const char *name, const char *text);
/* As cp -al in the shell: what is copied may be replaced, not written to. */
void reg_kit_link_tree(const char *from, const char *to);
/* Saves TOP/NAME as MODEL; its number. METRIC NAN: none, else it is "loss". */
int reg_kit_save(struct reg_kit *k, const char *model, const char *name, double metric,
		 int64_t step);
struct version reg_kit_find(struct reg_kit *k, const char *name);
/* All that a user can tell of the registry, but times and how often something was tried: versions
 * with their digests and marks, slots with what is read through their links, the newest entry of
 * each history. */
void reg_kit_state(struct registry *r, struct str *out);
/* What verify says, a line each. */
int reg_kit_verify(struct registry *r, struct str *out);
void reg_kit_assert_whole(struct reg_kit *k); /* it says nothing */

#endif
