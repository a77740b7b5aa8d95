/* Two models side by side: totals, then what came, went and changed, then, when the weights were
 * asked for, how far each tensor moved. */
#include "core/xalloc.h"
#include "tui/fmt.h"
#include "tui/inspect.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BAR = 10, SHOWN_META = 30, VALUE = 24 };

static void
row(struct inspect_sheet *s, const char *key, const char *a, const char *b)
{
	bool same = strcmp(a, b) == 0;
	inspect_add(s, LOOK_FAINT, key);
	inspect_add(s, LOOK_PLAIN, a);
	inspect_add(s, same ? LOOK_FAINT : LOOK_WARN, same ? "same" : b);
}

static void
types(const struct model *m, struct str *z)
{
	for (size_t i = 0; i < m->ntypes && i < 4; i++)
		str_addf(z, "%s%s", i ? ", " : "", m->type[i].type);
}

static void
number(struct inspect_sheet *s, const char *key, uint64_t a, uint64_t b)
{
	char x[24], y[24];
	snprintf(x, sizeof x, "%" PRIu64, a);
	snprintf(y, sizeof y, "%" PRIu64, b);
	row(s, key, x, y);
}

static void
print_totals(const struct inspect *in, const struct model *a, const struct model *b)
{
	struct inspect_sheet s = {.columns = 3, .right = "lll"};
	struct str x = STR_INIT, y = STR_INIT;
	inspect_line(in, LOOK_STRONG, "A  %s", a->path);
	inspect_line(in, LOOK_STRONG, "B  %s", b->path);
	putchar('\n');
	inspect_add(&s, LOOK_PLAIN, "");
	inspect_add(&s, LOOK_STRONG, "A");
	inspect_add(&s, LOOK_STRONG, "B");
	row(&s, "format", a->format, b->format);
	row(&s, "model", a->title ? a->title : "", b->title ? b->title : "");
	row(&s, "badge", model_safety_name(a->safety), model_safety_name(b->safety));
	row(&s, "state", model_state_name(a->state), model_state_name(b->state));
	number(&s, "tensors", a->totals.tensors, b->totals.tensors);
	number(&s, "parameters", a->totals.params, b->totals.params);
	number(&s, "bytes", a->totals.bytes, b->totals.bytes);
	types(a, &x);
	types(b, &y);
	row(&s, "types", str_c(&x), str_c(&y));
	if (a->step != MODEL_NO_STEP && b->step != MODEL_NO_STEP)
		number(&s, "step", (uint64_t)a->step, (uint64_t)b->step);
	inspect_sheet_print(&s, in);
	str_release(&x);
	str_release(&y);
}

static void
describe(struct str *z, const struct model_tensor *t)
{
	str_reset(z);
	if (!t)
		return;
	inspect_shape(z, t);
	str_addf(z, " %s", t->type);
}

static void
print_structure(const struct inspect *in, const struct model_diff *d)
{
	static const enum inspect_look look[] = {
		[MODEL_SAME] = LOOK_PLAIN,    [MODEL_ADDED] = LOOK_GOOD,
		[MODEL_REMOVED] = LOOK_ALARM, [MODEL_RESHAPED] = LOOK_WARN,
		[MODEL_RETYPED] = LOOK_WARN,
	};
	struct inspect_sheet s = {.columns = 4, .right = "llll"};
	struct str x = STR_INIT, y = STR_INIT;
	static const char *const names[] = {"TENSOR", "CHANGE", "A", "B"};
	for (int i = 0; i < 4; i++)
		inspect_add(&s, LOOK_STRONG, names[i]);
	size_t rows = 0, state = 0;
	for (size_t i = 0; i < d->n; i++) {
		const struct model_pair *p = &d->pair[i];
		const struct model_tensor *t = p->b ? p->b : p->a;
		if (p->change == MODEL_SAME || !inspect_wants(in, t))
			continue;
		/* State of the training is as long as the model, and nobody's question. */
		if (t->role != MODEL_WEIGHT && !in->only) {
			state++;
			continue;
		}
		describe(&x, p->a);
		describe(&y, p->b);
		inspect_add(&s, LOOK_PLAIN, t->name);
		inspect_add(&s, look[p->change], model_change_name(p->change));
		inspect_add(&s, LOOK_PLAIN, str_c(&x));
		inspect_add(&s, LOOK_PLAIN, str_c(&y));
		rows++;
	}
	putchar('\n');
	if (rows)
		inspect_sheet_print(&s, in);
	else
		for (size_t i = 0; i < s.n; i++)
			free(s.cell[i].text);
	if (!rows)
		free(s.cell);
	if (state)
		inspect_line(in, LOOK_FAINT,
			     "%zu of optimizer state or constants differ; --json lists them.",
			     state);
	inspect_line(in, LOOK_FAINT, "%zu %s the same name, shape and type in both.",
		     d->count[MODEL_SAME],
		     d->count[MODEL_SAME] == 1 ? "tensor has" : "tensors have");
	str_release(&x);
	str_release(&y);
}

/* PART of BAR columns, in eighths. */
static void
bar(struct str *z, double part, bool ascii)
{
	static const char *const piece[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
	int eighths = part >= 1 ? BAR * 8 : part > 0 ? (int)ceil(part * BAR * 8) : 0;
	for (int i = 0; i < eighths / 8; i++)
		str_adds(z, ascii ? "#" : "█");
	str_adds(z, ascii ? (eighths % 8 >= 4 ? "-" : "") : piece[eighths % 8]);
}

struct moved {
	const struct model_pair *pair;
	struct model_drift drift;
	bool known;
};

static void
add_moved(struct inspect_sheet *s, const struct moved *x, double most, bool ascii)
{
	char b[FMT_N];
	struct str z = STR_INIT;
	inspect_add(s, LOOK_PLAIN, x->pair->b->name);
	if (!x->known) {
		for (int i = 1; i < s->columns; i++)
			inspect_add(s, LOOK_FAINT, i + 1 == s->columns ? "not decoded" : "");
		return;
	}
	const struct model_drift *d = &x->drift;
	bool still = d->changed == 0;
	inspect_add(s, still ? LOOK_FAINT : LOOK_PLAIN,
		    still ? "equal" : fmt_value(b, d->relative));
	inspect_add(s, LOOK_PLAIN, still ? "" : fmt_value(b, d->max_abs));
	inspect_add(s, LOOK_PLAIN,
		    still ? "" : fmt_percent(b, d->n ? (double)d->changed / (double)d->n : 0));
	bar(&z, most > 0 && isfinite(d->relative) ? d->relative / most : d->relative > 0, ascii);
	inspect_add(s, LOOK_WARN, str_c(&z));
	str_release(&z);
}

static void
print_weights(const struct inspect *in, const struct model *a, const struct model *b,
	      const struct model_diff *d)
{
	static const char *const names[] = {"TENSOR", "RELATIVE", "LARGEST", "CHANGED", ""};
	struct inspect_sheet s = {.columns = 5, .right = "lrrrl"};
	struct inspect_progress p = {.what = "comparing weights", .on = in->env->out_tty};
	struct moved *moved = xcalloc(d->n, sizeof *moved);
	size_t n = 0;
	double most = 0;
	for (size_t i = 0; i < d->n; i++) {
		const struct model_pair *x = &d->pair[i];
		if (x->a && x->b && x->change != MODEL_RESHAPED && inspect_wants(in, x->b)) {
			moved[n++].pair = x;
			p.total += x->b->count;
		}
	}
	for (size_t i = 0; i < n; i++) {
		struct err e = {0};
		const struct model_pair *x = moved[i].pair;
		moved[i].known = model_drift(a, x->a, b, x->b, &moved[i].drift, inspect_advance, &p,
					     &e) == 0;
		p.done += x->b->count;
		double r = moved[i].known ? moved[i].drift.relative : 0;
		most = isfinite(r) && r > most ? r : most;
	}
	inspect_quiet(&p);
	for (int i = 0; i < s.columns; i++)
		inspect_add(&s, LOOK_STRONG, names[i]);
	for (size_t i = 0; i < n; i++)
		add_moved(&s, &moved[i], most, in->ascii);
	putchar('\n');
	inspect_sheet_print(&s, in);
	inspect_line(in, LOOK_FAINT, "%s",
		     in->ascii ? "relative: |B - A| / |A|, of vectors" : "relative: ‖B−A‖ / ‖A‖");
	free(moved);
}

static void
print_meta(const struct inspect *in, const struct model_diff *d)
{
	struct inspect_sheet s = {.columns = 3, .right = "lll"};
	if (!d->nmeta)
		return;
	inspect_add(&s, LOOK_STRONG, "METADATA");
	inspect_add(&s, LOOK_STRONG, "A");
	inspect_add(&s, LOOK_STRONG, "B");
	for (size_t i = 0; i < d->nmeta && i < SHOWN_META; i++) {
		const char *v[] = {d->meta[i].a, d->meta[i].b};
		inspect_add(&s, LOOK_PLAIN, d->meta[i].key);
		for (int k = 0; k < 2; k++) {
			size_t n = v[k] ? strcspn(v[k], "\n") : 0;
			bool cut = v[k] && (v[k][n] || n > VALUE);
			inspect_addf(&s, v[k] ? LOOK_PLAIN : LOOK_FAINT, "%.*s%s",
				     (int)(n < VALUE ? n : VALUE), v[k] ? v[k] : "",
				     cut ? (in->ascii ? "..." : "…") : "");
		}
	}
	putchar('\n');
	inspect_sheet_print(&s, in);
	if (d->nmeta > SHOWN_META)
		inspect_line(in, LOOK_FAINT, "%zu more; --json lists them", d->nmeta - SHOWN_META);
}

void
inspect_print_diff(const struct inspect *in, const struct model *a, const struct model *b)
{
	struct model_diff *d = model_diff_new(a, b);
	print_totals(in, a, b);
	print_structure(in, d);
	if (in->weights)
		print_weights(in, a, b, d);
	print_meta(in, d);
	model_diff_free(d);
}
