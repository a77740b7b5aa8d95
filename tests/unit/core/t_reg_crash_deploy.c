/* Whatever fails while a version is deployed or removed: the old or the new is left. */
#include "tests/unit/reg_fault.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static const struct deploy_slot live = {.name = "live"};

static int
do_deploy(struct registry *r, const char *top)
{
	(void)top;
	return reg_fault_deploy(r, "net@v3", "live");
}

static int
do_first_deploy(struct registry *r, const char *top)
{
	(void)top;
	return reg_fault_deploy(r, "net@v3", "fresh");
}

static int
do_rollback(struct registry *r, const char *top)
{
	struct err e = {0};
	struct deploy_result res;
	(void)top;
	int code = deploy_rollback(r, &live, "why not", false, &res, &e);
	if (code == 0)
		deploy_result_release(&res);
	return code;
}

static int
do_undeploy(struct registry *r, const char *top)
{
	struct err e = {0};
	struct deploy_result res;
	(void)top;
	int code = deploy_remove(r, &live, NULL, &res, &e);
	if (code == 0)
		deploy_result_release(&res);
	return code;
}

static int
do_trash(struct registry *r, const char *top)
{
	struct err e = {0};
	struct version a, b;
	int batch;
	(void)top;
	int code = registry_find(r, "net@v3", &a, &e);
	if (code < 0)
		return code;
	code = registry_find(r, "net@v4", &b, &e);
	if (code == 0) {
		const struct version *both[] = {&a, &b};
		code = registry_trash(r, both, 2, 0, NULL, &batch, &e);
		version_release(&b);
	}
	version_release(&a);
	return code;
}

static int
do_undo(struct registry *r, const char *top)
{
	struct err e = {0};
	int n;
	(void)top;
	return registry_undo(r, 0, &n, &e);
}

static void
furnish_and_trash(struct reg_kit *k)
{
	reg_fault_furnish(k);
	assert_int_equal(do_trash(k->r, k->top), 0);
}

REG_FAULT_TRIAL(deploying, do_deploy, reg_fault_furnish)
REG_FAULT_TRIAL(deploying_for_the_first_time, do_first_deploy, reg_fault_furnish)
REG_FAULT_TRIAL(rolling_back, do_rollback, reg_fault_furnish)
REG_FAULT_TRIAL(undeploying, do_undeploy, reg_fault_furnish)
REG_FAULT_TRIAL(removing_several, do_trash, reg_fault_furnish)
REG_FAULT_TRIAL(taking_that_back, do_undo, furnish_and_trash)
REG_FAULT_TRIAL(collecting_garbage, reg_fault_gc, furnish_and_trash)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(deploying),
		cmocka_unit_test(deploying_for_the_first_time),
		cmocka_unit_test(rolling_back),
		cmocka_unit_test(undeploying),
		cmocka_unit_test(removing_several),
		cmocka_unit_test(taking_that_back),
		cmocka_unit_test(collecting_garbage),
	};
	return cmocka_run_group_tests_name("reg_crash_deploy", tests, NULL, NULL);
}
