/* mm version diff: what differs between two versions. */
#include "core/json_put.h"
#include "core/model.h"
#include "core/xalloc.h"
#include "tui/cmd_version.h"
#include "tui/fmt.h"
#include "tui/inspect.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct diff {
	struct verb_env *ve;
	const struct version *a, *b;
	struct cmd_sheet sheet;
};

/* One side of a row. */
struct side {
	const char *text; /* for a person; NULL: it is not there */
	/* for a program: a number; or a file's hash, and its bytes; else TEXT */
	const double *number;
	const struct version_file *file;
};

static void
put_side(struct str *s, const char *key, const struct side *x)
{
	if (x->text && x->number) {
		str_addf(s, ", \"%s\": ", key);
		json_put_num(s, *x->number);
		return;
	}
	version_put_text(s, key, x->text && x->file ? x->file->sha256 : x->text);
	if (x->text && x->file)
		str_addf(s, ", \"bytes_%s\": %llu", key, (unsigned long long)x->file->bytes);
}

/* One row: what, of what name, and its two values. DELTA may be NULL. */
static void
differ(struct diff *d, const char *what, const char *name, struct side x, struct side y,
       const char *delta)
{
	if (d->ve->env->json) {
		struct str s = STR_INIT;
		str_addf(&s, "{\"kind\": \"%s\", \"name\": ", what);
		json_put_str(&s, name);
		put_side(&s, "a", &x);
		put_side(&s, "b", &y);
		str_addc(&s, '}');
		puts(str_c(&s));
		str_release(&s);
		return;
	}
	cmd_sheet_add(&d->sheet, what);
	cmd_sheet_add(&d->sheet, name);
	sheet_cell(&d->sheet, "", x.text ? x.text : "–");
	sheet_cell(&d->sheet, "", y.text ? y.text : "–");
	sheet_cell(&d->sheet, "", delta);
}

static void
diff_params(struct diff *d, bool all)
{
	size_t i = 0, k = 0;
	while (i < d->a->nparams || k < d->b->nparams) {
		const struct version_pair *x = i < d->a->nparams ? &d->a->param[i] : NULL;
		const struct version_pair *y = k < d->b->nparams ? &d->b->param[k] : NULL;
		int order = !x ? 1 : !y ? -1 : strcmp(x->key, y->key);
		i += order <= 0;
		k += order >= 0;
		if (order == 0 && strcmp(x->value, y->value) == 0 && !all)
			continue;
		differ(d, "param", order <= 0 ? x->key : y->key,
		       (struct side){.text = order <= 0 ? x->value : NULL},
		       (struct side){.text = order >= 0 ? y->value : NULL}, NULL);
	}
}

static void
diff_metrics(struct diff *d, bool all)
{
	size_t i = 0, k = 0;
	while (i < d->a->nmetrics || k < d->b->nmetrics) {
		const struct version_metric *x = i < d->a->nmetrics ? &d->a->metric[i] : NULL;
		const struct version_metric *y = k < d->b->nmetrics ? &d->b->metric[k] : NULL;
		int order = !x ? 1 : !y ? -1 : strcmp(x->name, y->name);
		char ax[FMT_N], bx[FMT_N], delta[FMT_N];
		i += order <= 0;
		k += order >= 0;
		if (order == 0 && memcmp(&x->value, &y->value, sizeof x->value) == 0 && !all)
			continue;
		struct side a = {0}, b = {0};
		if (order <= 0)
			a = (struct side){.text = fmt_value(ax, x->value), .number = &x->value};
		if (order >= 0)
			b = (struct side){.text = fmt_value(bx, y->value), .number = &y->value};
		differ(d, "metric", order <= 0 ? x->name : y->name, a, b,
		       order == 0 ? fmt_delta(delta, y->value - x->value) : NULL);
	}
}

static void
diff_files(struct diff *d)
{
	size_t i = 0, k = 0;
	while (i < d->a->nfiles || k < d->b->nfiles) {
		const struct version_file *x = i < d->a->nfiles ? &d->a->file[i] : NULL;
		const struct version_file *y = k < d->b->nfiles ? &d->b->file[k] : NULL;
		int order = !x ? 1 : !y ? -1 : strcmp(x->path, y->path);
		char ax[FMT_N + 16], bx[FMT_N + 16], n[FMT_N];
		i += order <= 0;
		k += order >= 0;
		if (order == 0 && strcmp(x->sha256, y->sha256) == 0)
			continue;
		if (order <= 0)
			snprintf(ax, sizeof ax, "%s %.8s", fmt_bytes(n, x->bytes), x->sha256);
		if (order >= 0)
			snprintf(bx, sizeof bx, "%s %.8s", fmt_bytes(n, y->bytes), y->sha256);
		differ(d, "file", order <= 0 ? x->path : y->path,
		       (struct side){.text = order <= 0 ? ax : NULL, .file = x},
		       (struct side){.text = order >= 0 ? bx : NULL, .file = y}, NULL);
	}
}

/* Structure, and with --weights how far each tensor moved. */
static void
diff_models(struct verb_env *ve, const struct version *a, const struct version *b)
{
	struct model *x = version_open_model(ve, a), *y = version_open_model(ve, b);
	char *name_a = version_name(a), *name_b = version_name(b);
	struct inspect in = {.env = ve->env,
			     .colors = cmd_colors(ve->env) > 0,
			     .ascii = ve->env->ascii,
			     .width = ve->env->out_tty ? cmd_columns() : 0,
			     .weights = cmd_option(ve->env, "--weights") != NULL,
			     .depth = UINT_MAX};
	if (x && y) { /* whoever asked, asked for these */
		x->path = name_a;
		y->path = name_b;
	}
	if (x && y && ve->env->json)
		inspect_print_diff_json(&in, x, y);
	else if (x && y) {
		putchar('\n');
		inspect_print_diff(&in, x, y);
	}
	model_close(x);
	model_close(y);
	free(name_a);
	free(name_b);
}

int
version_diff(struct verb_env *ve)
{
	struct version a, b;
	int code = registry_find(ve->reg, ve->arg[0], &a, ve->e);
	if (code < 0)
		return code;
	code = registry_find(ve->reg, ve->arg[1], &b, ve->e);
	if (code == 0) {
		struct diff d = {.ve = ve, .a = &a, .b = &b, .sheet = {.columns = 5}};
		bool all = cmd_option(ve->env, "--all") != NULL;
		diff_params(&d, all);
		diff_metrics(&d, all);
		diff_files(&d);
		cmd_sheet_print(&d.sheet, ve->env);
		diff_models(ve, &a, &b);
		version_release(&b);
	}
	version_release(&a);
	return code;
}
