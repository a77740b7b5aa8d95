/* mm check: every checksum and count of the store, or what is wrong with it. */
#include "core/json_put.h"
#include "core/utf8.h"
#include "tui/cmd.h"

#include <stdio.h>
#include <string.h>

static void
say_wrong(void *ctx, const char *wrong)
{
	struct str clean = STR_INIT;
	(void)ctx;
	utf8_clean(&clean, wrong, strlen(wrong), 0);
	puts(str_c(&clean));
	str_release(&clean);
}

static void
add_wrong(void *ctx, const char *wrong)
{
	struct str *list = ctx;
	if (list->len)
		str_adds(list, ", ");
	json_put_str(list, wrong);
}

/* {"store": DIR, "wrong": [WORDS…]} */
static void
print_json(const char *dir, const struct str *wrong)
{
	struct str s = STR_INIT;
	str_adds(&s, "{\"store\": ");
	json_put_str(&s, dir);
	str_addf(&s, ", \"wrong\": [%s]}", str_c(wrong));
	cmd_line(&s);
}

int
cmd_check(struct cmd_env *env)
{
	struct err e = {0};
	struct str dir = STR_INIT, wrong = STR_INIT;
	struct store *st = NULL;
	if (env->narg) {
		err_set(&e, ERR_USAGE, "mm check takes no argument; --store DIR names the store");
		return cmd_fail(&e);
	}
	int rc = store_where(env->store_arg, env->store_arg != NULL, &dir, NULL, &e);
	if (rc == 0)
		rc = store_look(str_c(&dir), say_wrong, NULL, &e);
	if (rc == 0)
		rc = store_open(str_c(&dir), STORE_READ, &st, NULL, &e);
	if (rc == 0)
		rc = env->json ? store_check(st, add_wrong, &wrong, &e)
			       : store_check(st, say_wrong, NULL, &e);
	cmd_end(st, NULL);
	if (rc == ERR_NOTFOUND)
		err_set(&e, ERR_NOTFOUND, "%s: there is no store yet; mm watch makes one",
			str_c(&dir));
	int status = EXIT_DONE;
	if (rc >= 0 && env->json)
		print_json(str_c(&dir), &wrong);
	if (rc < 0) {
		status = cmd_fail(&e);
	} else if (rc > 0) {
		fprintf(stderr, "mm: %s: %d wrong\n", str_c(&dir), rc);
		status = EXIT_NOT;
	} else if (!env->json) {
		printf("%s: everything is in order\n", str_c(&dir));
	}
	str_release(&dir);
	str_release(&wrong);
	return cmd_finish(status);
}
