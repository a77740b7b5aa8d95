/* The registry among others: who saves or exports the same at the same time, whose link was there
 * before, what was kept on purpose, and files that harm who loads them. */
#include "tests/unit/reg_kit.h"

#include "core/reg_impl.h"
#include "core/xalloc.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char *
path_of(struct reg_kit *k, const char *name)
{
	return xasprintf("%s/%s", k->top, name);
}

/* -- at the same time -------------------------------------------------------------------------- */

/* What another process does just before call AT of kind OP. */
static struct {
	struct reg_kit *k;
	enum regfs_op op;
	int at;
	void (*act)(struct reg_kit *k);
} other;

static int
interrupt(void *ctx, enum regfs_op op)
{
	(void)ctx;
	if (op == other.op && --other.at == 0) {
		regfs_hook(NULL, NULL);
		other.act(other.k);
	}
	return 0;
}

static void
save_as_other(struct reg_kit *k)
{
	struct reg_kit mine = *k;
	struct err e;
	assert_int_equal(registry_open(k->dir, &mine.r, &e), 0);
	reg_kit_save(&mine, "other", "w", NAN, 0);
	registry_close(mine.r);
}

static void
a_part_that_becomes_an_object_before_it_is_locked_is_left_alone(void **state)
{
	struct reg_kit *k = *state;
	reg_kit_file(k, "first", "so that all directories are there");
	reg_kit_save(k, "other", "first", NAN, 0);
	reg_kit_file(k, "w", "the same weights");
	/* the second lock of a save is that of the part it has opened */
	other.k = k;
	other.op = REGFS_LOCK;
	other.at = 2;
	other.act = save_as_other;
	regfs_hook(interrupt, NULL);
	assert_int_equal(reg_kit_save(k, "net", "w", NAN, 0), 1);
	assert_int_equal(other.at, 0);
	struct version a = reg_kit_find(k, "net"), b = reg_kit_find(k, "other");
	assert_int_equal(b.number, 2);
	assert_string_equal(a.file[0].sha256, b.file[0].sha256);
	version_release(&a);
	version_release(&b);
	reg_kit_assert_whole(k);
}

static void
export_as_other(struct reg_kit *k)
{
	struct err e = {0};
	struct version v = reg_kit_find(k, "net");
	char *tar = path_of(k, "net.tar");
	if (registry_export(k->r, &v, tar, NULL, NULL, &e) < 0)
		fail_msg("%s", e.text);
	free(tar);
	version_release(&v);
}

static void
two_export_to_one_file_and_it_is_whole(void **state)
{
	struct reg_kit *k = *state;
	struct err e = {0};
	struct version v;
	bool fresh;
	reg_kit_file(k, "w", "weights");
	reg_kit_save(k, "net", "w", NAN, 0);
	char *mine = xstrdup(reg_kit_file(k, "net.tar.mm-part", "somebody's own"));
	other.k = k;
	other.op = REGFS_SYNC;
	other.at = 1;
	other.act = export_as_other;
	regfs_hook(interrupt, NULL);
	export_as_other(k);
	assert_int_equal(other.at, 0);
	struct stat st;
	assert_int_equal(stat(mine, &st), 0);
	assert_int_equal(st.st_size, strlen("somebody's own"));
	char *tar = path_of(k, "net.tar");
	assert_int_equal(registry_import(k->r, tar, NULL, NULL, &v, &fresh, &e), 0);
	assert_false(fresh);
	version_release(&v);
	/* what was being written is gone */
	char **name;
	size_t n;
	assert_int_equal(regfs_list(k->top, &name, &n), 0);
	for (size_t i = 0; i < n; i++)
		if (strstr(name[i], ".mm-part"))
			assert_string_equal(name[i], "net.tar.mm-part");
	regfs_names_free(name, n);
	free(mine);
	free(tar);
}

/* -- what was there before --------------------------------------------------------------------- */

static void
a_deployment_over_somebodys_link_that_fails_is_in_the_history(void **state)
{
	struct reg_kit *k = *state;
	struct err e = {0};
	struct deploy_result res;
	struct deploy_history h;
	char *elsewhere = path_of(k, "elsewhere"), *path = path_of(k, "live");
	reg_kit_file(k, "elsewhere/w", "somebody's");
	assert_int_equal(symlink(elsewhere, path), 0);
	reg_kit_file(k, "w", "mine");
	reg_kit_save(k, "net", "w", NAN, 0);
	struct version v = reg_kit_find(k, "net");
	struct deploy_slot s = {.name = "live", .path = path, .health = "false"};
	assert_int_equal(deploy_to(k->r, &s, &v, NULL, NULL, NULL, &res, &e), 0);
	assert_int_equal(res.outcome, DEPLOY_BACK);
	assert_null(res.version);
	assert_string_equal(res.tried, "net@v1");
	deploy_result_release(&res);
	char *now = regfs_readlink(path);
	assert_string_equal(now, elsewhere);
	assert_int_equal(deploy_history(k->r, "live", &h, &e), 0);
	assert_int_equal(h.n, 2);
	assert_int_equal(h.at[1].action, DEPLOY_ROLLBACK);
	assert_true(h.at[1].automatic);
	assert_null(h.at[1].version);
	assert_string_equal(h.at[1].target, elsewhere);
	assert_string_equal(h.at[1].from, "net@v1");
	assert_non_null(strstr(h.at[1].reason, "health"));
	deploy_history_release(&h);
	reg_kit_assert_whole(k);
	free(now);
	free(path);
	free(elsewhere);
	version_release(&v);
}

/* -- what is kept on purpose ------------------------------------------------------------------- */

static int
trash(struct reg_kit *k, const char *name, unsigned even, struct err *e)
{
	struct version v = reg_kit_find(k, name);
	const struct version *one = &v;
	int batch, code = registry_trash(k->r, &one, 1, even, NULL, &batch, e);
	version_release(&v);
	return code;
}

static void
what_is_kept_on_purpose_goes_only_when_that_is_said(void **state)
{
	struct reg_kit *k = *state;
	struct err e = {0};
	struct deploy_result res;
	struct deploy_slot s = {.name = "live"};
	int n;
	for (int i = 1; i <= 4; i++) {
		char text[20];
		snprintf(text, sizeof text, "weights %d", i);
		reg_kit_file(k, "w", text);
		reg_kit_save(k, "net", "w", NAN, i);
	}
	struct version v = reg_kit_find(k, "net@v2");
	assert_int_equal(deploy_to(k->r, &s, &v, NULL, NULL, NULL, &res, &e), 0);
	deploy_result_release(&res);
	version_release(&v);
	assert_int_equal(registry_pin(k->r, "net", 1, true, &e), 0);
	assert_int_equal(registry_alias(k->r, "net", 3, "good", &e), 0);
	for (int i = 1; i <= 3; i++) {
		char name[20];
		snprintf(name, sizeof name, "net@v%d", i);
		assert_int_equal(trash(k, name, REGISTRY_EVEN_NEWEST, &e), ERR_USAGE);
	}
	assert_int_equal(trash(k, "net@v4", 0, &e), ERR_USAGE);
	assert_int_equal(trash(k, "net@v4", REGISTRY_EVEN_NEWEST, &e), 0);
	assert_int_equal(trash(k, "net@v3", REGISTRY_EVEN_NEWEST | REGISTRY_EVEN_KEPT, &e), 0);
	assert_int_equal(trash(k, "net@v2", REGISTRY_EVEN_KEPT | REGISTRY_EVEN_NEWEST, &e), 0);
	reg_kit_assert_whole(k); /* an alias of what can be taken back is no damage */
	assert_int_equal(registry_undo(k->r, 0, &n, &e), 0);
	v = reg_kit_find(k, "net@v2");
	assert_int_equal(v.nslots, 1);
	version_release(&v);
	/* gone for good: nothing means it any more, and its number is not given again */
	struct registry_gc gc = {.orphan_us = -1000000000000};
	assert_int_equal(registry_gc(k->r, &gc, &e), 0);
	assert_int_equal(gc.versions, 2);
	assert_int_equal(reg_alias_get(k->r, "net", "good", &e), 0);
	reg_kit_assert_whole(k);
	assert_int_equal(reg_kit_save(k, "net", "w", NAN, 9), 5);
}

/* -- what harms -------------------------------------------------------------------------------- */

static char *
judged_path(struct reg_kit *k, const char *leaf)
{
	return xasprintf("%s/models/net/safety/%s", k->dir, leaf);
}

static const char *
safety(struct reg_kit *k, const char *name)
{
	struct version v = reg_kit_find(k, name);
	const char *word = registry_safety(k->r, &v);
	version_release(&v);
	return word;
}

static void
what_harms_who_loads_it_is_known_and_remembered(void **state)
{
	struct reg_kit *k = *state;
	reg_kit_file(k, "t/config.json", "{}");
	reg_kit_file(k, "t/notes.dat", "cposix\nsystem\n(S'id'\ntR."); /* whatever it is called */
	reg_kit_save(k, "net", "t", NAN, 0);
	reg_kit_file(k, "words", "no model at all");
	reg_kit_save(k, "net", "words", NAN, 0);
	assert_string_equal(safety(k, "net@v1"), "DANGER");
	assert_null(safety(k, "net@v2"));
	/* remembered: even what can't be read any more */
	struct version v = reg_kit_find(k, "net@v1");
	for (size_t i = 0; i < v.nfiles; i++) {
		char *object = reg_object(k->r, v.file[i].sha256);
		assert_int_equal(unlink(object), 0);
		free(object);
	}
	version_release(&v);
	assert_string_equal(safety(k, "net@v1"), "DANGER");
	/* but not what is torn, or of something else */
	char *a = judged_path(k, "v1"), *b = judged_path(k, "v2");
	assert_int_equal(rename(b, a), 0);
	assert_null(safety(k, "net@v1"));
	free(a);
	free(b);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, reg_kit_setup, reg_kit_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_part_that_becomes_an_object_before_it_is_locked_is_left_alone),
		TEST(two_export_to_one_file_and_it_is_whole),
		TEST(a_deployment_over_somebodys_link_that_fails_is_in_the_history),
		TEST(what_is_kept_on_purpose_goes_only_when_that_is_said),
		TEST(what_harms_who_loads_it_is_known_and_remembered),
	};
	return cmocka_run_group_tests_name("reg_others", tests, NULL, NULL);
}
