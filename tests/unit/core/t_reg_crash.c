/* Whatever fails while a version is kept or marked: the old or the new is left. */
#include "tests/unit/reg_fault.h"

#include "core/xalloc.h"
#include "tests/unit/scratch.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <cmocka.h>

/* Saves TOP/new as the next of MODEL. */
static int
save(struct registry *r, const char *top, const char *model, enum version_kind kind)
{
	struct err e = {0};
	struct version v;
	bool fresh;
	char *path = xasprintf("%s/new", top);
	struct registry_save s = {.model = model,
				  .source = path,
				  .kind = kind,
				  .note = "a new one"};
	int code = registry_save(r, &s, &v, &fresh, &e);
	if (code == 0)
		version_release(&v);
	free(path);
	return code;
}

static int
do_save(struct registry *r, const char *top)
{
	return save(r, top, "net", VERSION_SAVED);
}

static int
do_first_save(struct registry *r, const char *top)
{
	return save(r, top, "other", VERSION_SAVED);
}

static int
do_adopt(struct registry *r, const char *top)
{
	return save(r, top, "net", VERSION_ADOPTED);
}

static int
do_alias(struct registry *r, const char *top)
{
	struct err e = {0};
	(void)top;
	return registry_alias(r, "net", 3, "prod", &e);
}

static int
do_tag(struct registry *r, const char *top)
{
	struct err e = {0};
	(void)top;
	return registry_tag(r, "net", 1, "stage", "two", &e);
}

static int
do_import(struct registry *r, const char *top)
{
	struct err e = {0};
	struct version v;
	bool fresh;
	char *path = xasprintf("%s/one.tar", top);
	int code = registry_import(r, path, NULL, NULL, &v, &fresh, &e);
	if (code == 0)
		version_release(&v);
	free(path);
	return code;
}

static void
empty(struct reg_kit *k)
{
	reg_kit_file(k, "new/weights.pt", "new weights");
	assert_int_equal(mkdir(k->dir, 0700), 0);
}

static void
furnish_and_export(struct reg_kit *k)
{
	struct err e = {0};
	reg_fault_furnish(k);
	reg_kit_file(k, "far/weights.pt", "from afar");
	struct reg_kit other = *k;
	snprintf(other.dir, sizeof other.dir, "%s/other", k->top);
	assert_int_equal(registry_open(other.dir, &other.r, &e), 0);
	reg_kit_save(&other, "net", "far", NAN, 1);
	struct version v = reg_kit_find(&other, "net");
	char *path = xasprintf("%s/one.tar", k->top);
	assert_int_equal(registry_export(other.r, &v, path, NULL, NULL, &e), 0);
	free(path);
	version_release(&v);
	registry_close(other.r);
	scratch_remove(other.dir);
}

REG_FAULT_TRIAL(saving, do_save, reg_fault_furnish)
REG_FAULT_TRIAL(saving_the_first_of_a_model, do_first_save, reg_fault_furnish)
REG_FAULT_TRIAL(saving_the_first_of_all, do_first_save, empty)
REG_FAULT_TRIAL(adopting, do_adopt, reg_fault_furnish)
REG_FAULT_TRIAL(importing, do_import, furnish_and_export)
REG_FAULT_TRIAL(setting_an_alias, do_alias, reg_fault_furnish)
REG_FAULT_TRIAL(tagging, do_tag, reg_fault_furnish)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(saving),
		cmocka_unit_test(saving_the_first_of_a_model),
		cmocka_unit_test(saving_the_first_of_all),
		cmocka_unit_test(adopting),
		cmocka_unit_test(importing),
		cmocka_unit_test(setting_an_alias),
		cmocka_unit_test(tagging),
	};
	return cmocka_run_group_tests_name("reg_crash", tests, NULL, NULL);
}
