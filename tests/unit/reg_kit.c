#include "tests/unit/reg_kit.h"

#include "core/regfs.h"
#include "core/xalloc.h"
#include "tests/unit/scratch.h"

#include <ftw.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static void
must(int code, const struct err *e)
{
	if (code < 0)
		fail_msg("%d: %s", code, e->text);
}

void
reg_kit_make(struct reg_kit *k)
{
	const char *tmp = getenv("TMP");
	if (access("/dev/shm", W_OK) == 0)
		tmp = "/dev/shm";
	snprintf(k->top, sizeof k->top, "%s/mm-reg-XXXXXX", tmp ? tmp : "/tmp");
	assert_non_null(mkdtemp(k->top));
	snprintf(k->dir, sizeof k->dir, "%s/registry", k->top);
	k->r = NULL;
	reg_kit_again(k);
}

void
reg_kit_again(struct reg_kit *k)
{
	struct err e = {0};
	registry_close(k->r);
	must(registry_open(k->dir, &k->r, &e), &e);
}

void
reg_kit_remove(struct reg_kit *k)
{
	registry_close(k->r);
	scratch_remove(k->top);
}

int
reg_kit_setup(void **state)
{
	struct reg_kit *k = xcalloc(1, sizeof *k);
	reg_kit_make(k);
	*state = k;
	return 0;
}

int
reg_kit_teardown(void **state)
{
	regfs_hook(NULL, NULL);
	reg_kit_remove(*state);
	free(*state);
	return 0;
}

static void
make_above(const char *path)
{
	char part[1000];
	snprintf(part, sizeof part, "%s", path);
	for (char *p = part + 1; (p = strchr(p, '/')); *p++ = '/') {
		*p = '\0';
		mkdir(part, 0777);
	}
}

const char *
reg_kit_file(struct reg_kit *k, const char *name, const char *text)
{
	static char path[1000];
	snprintf(path, sizeof path, "%s/%s", k->top, name);
	make_above(path);
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
	return path;
}

/* -- trees ------------------------------------------------------------------------------------- */

static const char *copy_from, *copy_to;

static int
copy_one(const char *path, const struct stat *sb, int type, struct FTW *ftw)
{
	char to[1200], target[1000];
	(void)ftw;
	(void)sb;
	snprintf(to, sizeof to, "%s%s", copy_to, path + strlen(copy_from));
	if (type == FTW_D) {
		assert_int_equal(mkdir(to, 0700), 0);
	} else if (type == FTW_SL) {
		ssize_t n = readlink(path, target, sizeof target - 1);
		assert_true(n > 0);
		target[n] = '\0';
		assert_int_equal(symlink(target, to), 0);
	} else {
		assert_int_equal(link(path, to), 0);
	}
	return 0;
}

void
reg_kit_link_tree(const char *from, const char *to)
{
	copy_from = from;
	copy_to = to;
	assert_int_equal(nftw(from, copy_one, 32, FTW_PHYS), 0);
}

/* -- the registry ------------------------------------------------------------------------------ */

int
reg_kit_save(struct reg_kit *k, const char *model, const char *name, double metric, int64_t step)
{
	struct err e = {0};
	struct version v;
	bool fresh;
	struct version_metric m = {.name = (char *)"loss", .value = metric, .step = step};
	char *path = xasprintf("%s/%s", k->top, name);
	struct registry_save s = {.model = model,
				  .source = path,
				  .step = step,
				  .step_from = VERSION_STEP_GIVEN,
				  .metric = &m,
				  .nmetrics = !isnan(metric)};
	must(registry_save(k->r, &s, &v, &fresh, &e), &e);
	int number = v.number;
	version_release(&v);
	free(path);
	return number;
}

struct version
reg_kit_find(struct reg_kit *k, const char *name)
{
	struct err e = {0};
	struct version v;
	must(registry_find(k->r, name, &v, &e), &e);
	return v;
}

static void
state_of_version(struct registry *r, const struct version *v, struct str *out)
{
	str_addf(out, "%s@v%d %.8s%s%s", v->model, v->number, v->broken ? "BROKEN" : v->digest,
		 v->trashed ? " removed" : "", v->pinned ? " pinned" : "");
	for (size_t i = 0; i < v->naliases; i++)
		str_addf(out, " @%s", v->alias[i]);
	for (size_t i = 0; i < v->nslots; i++)
		str_addf(out, " in %s", v->slot[i]);
	for (size_t i = 0; i < v->ntags; i++)
		str_addf(out, " %s=%s", v->tag[i].key, v->tag[i].value);
	if (v->note)
		str_addf(out, " (%s)", v->note);
	str_addc(out, '\n');
	(void)r;
}

static void
state_of_link(const struct deploy_state *d, struct str *out)
{
	char path[1200], buf[100] = "";
	snprintf(path, sizeof path, "%s/weights.pt", d->path);
	FILE *f = d->path ? fopen(path, "r") : NULL;
	if (f && !fgets(buf, sizeof buf, f))
		buf[0] = '\0';
	if (f)
		fclose(f);
	str_addf(out, "%s: %s [%s]", d->slot, d->version ? d->version : "nothing", buf);
}

void
reg_kit_state(struct registry *r, struct str *out)
{
	struct version_list l;
	struct deploy_state *d;
	struct err e = {0};
	size_t n;
	must(registry_list(r, NULL, true, &l, &e), &e);
	for (size_t i = 0; i < l.n; i++)
		state_of_version(r, &l.at[i], out);
	version_list_release(&l);
	must(deploy_states(r, &d, &n, &e), &e);
	for (size_t i = 0; i < n; i++) {
		struct deploy_history h;
		if (!d[i].path) /* nothing ever happened in it */
			continue;
		state_of_link(&d[i], out);
		must(deploy_history(r, d[i].slot, &h, &e), &e);
		const struct deploy_entry *last = h.n ? &h.at[h.n - 1] : NULL;
		str_addf(out, " %s %s\n", last ? deploy_action_name[last->action] : "-",
			 last && last->version ? last->version : "-");
		deploy_history_release(&h);
	}
	deploy_states_free(d, n);
}

static void
add_wrong(void *ctx, const char *wrong)
{
	str_addf(ctx, "%s\n", wrong);
}

int
reg_kit_verify(struct registry *r, struct str *out)
{
	struct err e = {0};
	int n = registry_verify(r, NULL, true, add_wrong, NULL, out, &e);
	must(n, &e);
	return n;
}

void
reg_kit_assert_whole(struct reg_kit *k)
{
	struct str wrong = STR_INIT;
	if (reg_kit_verify(k->r, &wrong))
		fail_msg("%s", str_c(&wrong));
	str_release(&wrong);
}
