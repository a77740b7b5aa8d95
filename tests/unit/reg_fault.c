/* A failure before every file-system call: the process ends there, the call fails once, every call
 * from there on fails, a write stores half. Whatever was being done, what is left is exactly the
 * state before or the state after, nothing is broken, and doing it again leads to the state
 * after. */
#include "tests/unit/reg_fault.h"

#include "core/regfs.h"
#include "core/xalloc.h"
#include "tests/unit/scratch.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { CRASHED = 77, FAILED = 1 };

/* -- faults ------------------------------------------------------------------------------------ */

enum fault { CRASH, EIO_ONCE, EIO_ON, FULL_ONCE, FULL_ON, SHORT, NFAULTS };
static const char *const fault_name[] = {
	"crash",      "EIO once", "EIO from then on", "ENOSPC once", "ENOSPC from then on",
	"short write"};

enum { CALLS_MAX = 2000 };

static int calls, fault_at;
static enum fault fault;
static uint8_t *op_of; /* of each call, shared with the process that makes them */

/* A full disk fails what needs room. */
static bool
needs_room(enum regfs_op op)
{
	return op == REGFS_WRITE || op == REGFS_CLONE || op == REGFS_SYNC || op == REGFS_MKDIR ||
	       op == REGFS_SYMLINK || op == REGFS_LINK || op == REGFS_OPEN || op == REGFS_RENAME;
}

static int
inject(void *ctx, enum regfs_op op)
{
	(void)ctx;
	calls++;
	if (calls < CALLS_MAX)
		op_of[calls] = (uint8_t)op;
	if (calls < fault_at)
		return 0;
	switch (fault) {
	case CRASH:
		_exit(CRASHED);
	case EIO_ONCE:
		return calls == fault_at ? EIO : 0;
	case EIO_ON:
		return EIO;
	case FULL_ONCE:
		return calls == fault_at ? ENOSPC : 0;
	case FULL_ON:
		return needs_room(op) ? ENOSPC : 0;
	default:
		return calls == fault_at ? REGFS_SHORT : 0;
	}
}

/* -- what there is --------------------------------------------------------------------------- */

int
reg_fault_deploy(struct registry *r, const char *name, const char *slot)
{
	struct err e = {0};
	struct version v;
	struct deploy_result res;
	struct deploy_slot s = {.name = slot};
	int code = registry_find(r, name, &v, &e);
	if (code < 0)
		return code;
	code = deploy_to(r, &s, &v, "because", NULL, NULL, &res, &e);
	if (code == 0)
		deploy_result_release(&res);
	version_release(&v);
	return code;
}

int
reg_fault_gc(struct registry *r, const char *top)
{
	struct err e = {0};
	struct registry_gc gc = {.grace_us = 0, .orphan_us = -1000000000000};
	(void)top;
	return registry_gc(r, &gc, &e);
}

void
reg_fault_furnish(struct reg_kit *k)
{
	struct err e = {0};
	for (int i = 1; i <= 5; i++) {
		char name[40], text[40];
		snprintf(name, sizeof name, "ckpt%d/weights.pt", i);
		snprintf(text, sizeof text, "weights %d", i);
		reg_kit_file(k, name, text);
		snprintf(name, sizeof name, "ckpt%d", i);
		assert_int_equal(reg_kit_save(k, "net", name, 1.0 / i, i * 100), i);
	}
	reg_kit_file(k, "new/weights.pt", "new weights");
	reg_kit_file(k, "new/sub/config.json", "{}");
	assert_int_equal(registry_alias(k->r, "net", 1, "prod", &e), 0);
	assert_int_equal(registry_tag(k->r, "net", 1, "stage", "one", &e), 0);
	assert_int_equal(reg_fault_deploy(k->r, "net@v1", "live"), 0);
	assert_int_equal(reg_fault_deploy(k->r, "net@v2", "live"), 0);
}

/* -- trials ------------------------------------------------------------------------------- */

struct trial {
	struct reg_kit base;
	char work[240];
	int (*run)(struct registry *, const char *top);
	struct str before, after;
	int ncalls;
};

static struct registry *
open_at(const char *dir)
{
	struct registry *r;
	struct err e = {0};
	if (registry_open(dir, &r, &e) < 0)
		fail_msg("%s", e.text);
	return r;
}

/* Runs it on a copy of the base in a process of its own; its exit status. */
static int
run_on_copy(struct trial *t, enum fault f, int at)
{
	scratch_remove(t->work);
	reg_kit_link_tree(t->base.dir, t->work);
	fflush(NULL);
	pid_t pid = fork();
	if (pid == 0) {
		struct registry *r;
		struct err e;
		if (registry_open(t->work, &r, &e) < 0)
			_exit(2);
		calls = 0;
		fault = f;
		fault_at = at;
		regfs_hook(inject, NULL);
		int code = t->run(r, t->base.top);
		_exit(code == 0 ? 0 : FAILED);
	}
	int status;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* Again, and nothing in the way: what was not done is done now. Then what was left behind goes, and
 * nothing that anybody needs. */
static void
go_on(struct trial *t, struct registry *r, enum fault f, int at, bool old)
{
	struct str now = STR_INIT, wrong = STR_INIT;
	int code = t->run(r, t->base.top);
	if (code < 0 && old)
		fail_msg("%s at call %d: it can't be done again", fault_name[f], at);
	reg_kit_state(r, &now);
	if (old && strcmp(str_c(&now), str_c(&t->after)) != 0)
		fail_msg("%s at call %d: doing it again leads to\n%s", fault_name[f], at,
			 str_c(&now));
	reg_fault_gc(r, NULL);
	if (reg_kit_verify(r, &wrong))
		fail_msg("%s at call %d: gc broke it: %s", fault_name[f], at, str_c(&wrong));
	char **name, *tmp = xasprintf("%s/tmp", t->work);
	size_t n;
	if (regfs_list(tmp, &name, &n) == 0) {
		if (n)
			fail_msg("%s at call %d: tmp/%s is left", fault_name[f], at, name[0]);
		regfs_names_free(name, n);
	}
	free(tmp);
	str_release(&now);
	str_release(&wrong);
}

static void
check(struct trial *t, enum fault f, int at, int status)
{
	struct registry *r = open_at(t->work);
	struct str now = STR_INIT, wrong = STR_INIT;
	reg_kit_state(r, &now);
	bool old = strcmp(str_c(&now), str_c(&t->before)) == 0;
	bool new = strcmp(str_c(&now), str_c(&t->after)) == 0;
	if (!old && !new)
		fail_msg("%s at call %d: neither old nor new:\n%s-- old\n%s-- new\n%s",
			 fault_name[f], at, str_c(&now), str_c(&t->before), str_c(&t->after));
	if (status == 0 && !new)
		fail_msg("%s at call %d: it said that it was done:\n%s", fault_name[f], at,
			 str_c(&now));
	if (reg_kit_verify(r, &wrong))
		fail_msg("%s at call %d: broken: %s", fault_name[f], at, str_c(&wrong));
	/* What goes on from here depends on what is left, and a crash leaves it all. */
	if (f == CRASH || at % 3 == 0)
		go_on(t, r, f, at, old);
	registry_close(r);
	str_release(&now);
	str_release(&wrong);
}

/* Would this fault at this call be like no fault, or the same at a later call? */
static bool
pointless(enum fault f, int at)
{
	enum regfs_op op = (enum regfs_op)op_of[at];
	/* What goes on failing is tried at some places: it ends like the first failure. */
	if ((f == EIO_ON || f == FULL_ON) && at % 3)
		return true;
	if (f == FULL_ONCE || f == FULL_ON)
		return !needs_room(op);
	return f == SHORT && op != REGFS_WRITE && op != REGFS_CLONE;
}

void
reg_fault_try(int (*run)(struct registry *, const char *), void (*prepare)(struct reg_kit *))
{
	struct trial t = {.run = run};
	op_of = mmap(NULL, CALLS_MAX, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(op_of != MAP_FAILED);
	reg_kit_make(&t.base);
	if (prepare)
		prepare(&t.base);
	snprintf(t.work, sizeof t.work, "%s/work", t.base.top);
	/* without a fault: what it leads to */
	memset(op_of, REGFS_NOPS, CALLS_MAX);
	assert_int_equal(run_on_copy(&t, CRASH, 1 << 30), 0);
	while (op_of[t.ncalls + 1] != REGFS_NOPS)
		t.ncalls++;
	assert_in_range(t.ncalls, 6, CALLS_MAX - 2);
	if (getenv("V"))
		printf("%d calls\n", t.ncalls);
	struct registry *r = open_at(t.work);
	reg_kit_state(t.base.r, &t.before);
	reg_kit_state(r, &t.after);
	registry_close(r);
	for (int f = 0; f < NFAULTS; f++)
		for (int at = 1; at <= t.ncalls; at++)
			if (!pointless((enum fault)f, at)) {
				int status = run_on_copy(&t, (enum fault)f, at);
				assert_true(f != CRASH || status == CRASHED);
				check(&t, (enum fault)f, at, status);
			}
	str_release(&t.before);
	str_release(&t.after);
	reg_kit_remove(&t.base);
	munmap(op_of, CALLS_MAX);
}
