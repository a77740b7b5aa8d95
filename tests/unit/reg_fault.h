/* reg_fault.h - what is done to a registry, done again and again with a failure before each of its
 * file-system calls. */
#ifndef TESTS_UNIT_REG_FAULT_H
#define TESTS_UNIT_REG_FAULT_H

#include "tests/unit/reg_kit.h"

typedef int (*reg_fault_fn)(struct registry *r, const char *top);

/* PREPARE makes the state before; RUN leads to the state after. */
void reg_fault_try(reg_fault_fn run, void (*prepare)(struct reg_kit *));

/* net@v1 to v5, one with an alias, a tag; v2 deployed in "live", where v1 was; TOP/new to save. */
void reg_fault_furnish(struct reg_kit *k);
int reg_fault_deploy(struct registry *r, const char *name, const char *slot);
/* Deletes all that may be deleted. */
int reg_fault_gc(struct registry *r, const char *top);

#define REG_FAULT_TRIAL(name, run, prepare) \
	static void name(void **state) \
	{ \
		(void)state; \
		reg_fault_try(run, prepare); \
	}

#endif
