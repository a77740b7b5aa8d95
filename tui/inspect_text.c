/* A model on a page: what it is, what of it is numbers of which kind, the tree of its modules,
 * and what else is in the file. */
#include "core/glob.h"
#include "core/model_tree.h"
#include "core/xalloc.h"
#include "tui/fmt.h"
#include "tui/inspect.h"

#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	SHOWN_META = 40,
	META_WIDTH = 200,
	SHOWN_EVIDENCE = 20,
	SHOWN_OPS = 12,
	HIST = 12,
	KEY = 12
};

/* -- the head ---------------------------------------------------------------------------------- */

static void
bits(char buf[FMT_N], uint64_t bytes, uint64_t count)
{
	double b = count ? 8 * (double)bytes / (double)count : 0;
	if (!count)
		buf[0] = '\0';
	else
		snprintf(buf, FMT_N, b == floor(b) ? "%.0f" : "%.2f", b);
}

/* 1,234,567 */
static char *
grouped(char buf[FMT_N], uint64_t v)
{
	char digits[24];
	int n = snprintf(digits, sizeof digits, "%" PRIu64, v), at = 0;
	for (int i = 0; i < n; i++) {
		if (i && (n - i) % 3 == 0)
			buf[at++] = ',';
		buf[at++] = digits[i];
	}
	buf[at] = '\0';
	return buf;
}

static void
fact(struct inspect_sheet *s, const char *key, enum inspect_look look, const char *value)
{
	inspect_add(s, LOOK_FAINT, key);
	inspect_add(s, look, value);
}

static void
add_numbers(struct inspect_sheet *s, const char *key, uint64_t tensors, uint64_t params,
	    uint64_t bytes, bool weights)
{
	char a[FMT_N], b[FMT_N], c[FMT_N], d[FMT_N];
	if (!tensors)
		return;
	bits(c, bytes, params);
	char *z = xasprintf("%s in %s %s, %s%s%s", grouped(a, params), grouped(d, tensors),
			    tensors == 1 ? "tensor" : "tensors", fmt_bytes(b, bytes),
			    weights && *c ? ", bits each: " : "", weights ? c : "");
	fact(s, key, LOOK_PLAIN, z);
	free(z);
}

static void
add_types(struct inspect_sheet *s, const struct model *m)
{
	struct str z = STR_INIT;
	for (size_t i = 0; i < m->ntypes && i < 8; i++) {
		double part =
			m->totals.bytes ? (double)m->type[i].bytes / (double)m->totals.bytes : 0;
		char p[FMT_N];
		str_addf(&z, "%s%s %s", i ? ", " : "", m->type[i].type, fmt_percent(p, part));
	}
	if (m->ntypes > 1)
		fact(s, "types", LOOK_PLAIN, str_c(&z));
	str_release(&z);
}

static void
add_state(struct inspect_sheet *s, const struct model *m)
{
	char b[FMT_N];
	struct str z = STR_INIT;
	str_adds(&z, model_state_name(m->state));
	if (m->missing)
		str_addf(&z, ": %s%s missing", m->missing_least ? "at least " : "",
			 fmt_bytes(b, m->missing));
	enum inspect_look look = m->state == MODEL_WHOLE    ? LOOK_GOOD
				 : m->state == MODEL_UNSURE ? LOOK_WARN
							    : LOOK_ALARM;
	fact(s, "state", look, str_c(&z));
	str_release(&z);
}

static void
print_head(const struct inspect *in, const struct model *m)
{
	struct inspect_sheet s = {.columns = 2, .right = "ll"};
	const struct model_totals *t = &m->totals;
	char b[FMT_N];
	inspect_line(in, LOOK_STRONG, "%s", m->path);
	char *format =
		xasprintf("%s%s%s%s, %s%s", m->format, m->version ? " (" : "",
			  m->version ? m->version : "", m->version ? ")" : "",
			  fmt_bytes(b, t->file_bytes), m->nparts > 1 ? " in several files" : "");
	fact(&s, "format", LOOK_PLAIN, format);
	free(format);
	if (m->title)
		fact(&s, "model", LOOK_PLAIN, m->title);
	fact(&s, "badge", inspect_safety_look(m->safety), model_safety_name(m->safety));
	add_state(&s, m);
	add_numbers(&s, "parameters", t->tensors, t->params, t->bytes, true);
	add_types(&s, m);
	add_numbers(&s, "constants", t->constants, t->constant_params, t->constant_bytes, false);
	add_numbers(&s, "optimizer", t->state_tensors, t->state_params, t->state_bytes, false);
	if (m->step != MODEL_NO_STEP || m->epoch != MODEL_NO_STEP) {
		struct str z = STR_INIT;
		if (m->step != MODEL_NO_STEP)
			str_addf(&z, "step %" PRId64, m->step);
		if (m->epoch != MODEL_NO_STEP)
			str_addf(&z, "%sepoch %" PRId64, z.len ? ", " : "", m->epoch);
		fact(&s, "trained to", LOOK_PLAIN, str_c(&z));
		str_release(&z);
	}
	for (size_t i = 0; i < m->nremarks; i++)
		fact(&s, i ? "" : "remarks", LOOK_WARN, m->remark[i]);
	inspect_sheet_print(&s, in);
}

/* -- tensors ----------------------------------------------------------------------------------- */

static void
add_counts(struct inspect_sheet *s, uint64_t params, uint64_t bytes, enum inspect_look look)
{
	char a[FMT_N], b[FMT_N], c[FMT_N];
	int64_t n = params < INT64_MAX ? (int64_t)params : INT64_MAX;
	bits(c, bytes, params);
	inspect_add(s, look, fmt_step(a, n));
	inspect_add(s, look, fmt_bytes(b, bytes));
	inspect_add(s, look, c);
}

static void
heading(struct inspect_sheet *s, const char *const *names)
{
	for (int i = 0; i < s->columns; i++)
		inspect_add(s, LOOK_STRONG, names[i]);
}

static const char *const columns[] = {"NAME", "SHAPE", "TYPE", "NUMBERS", "BYTES", "BITS"};

static void
add_tensor(struct inspect_sheet *s, const struct model_tensor *t, const char *name, uint64_t params,
	   uint64_t bytes)
{
	struct str shape = STR_INIT;
	inspect_shape(&shape, t);
	inspect_add(s, t->flags & MODEL_ABSENT ? LOOK_ALARM : LOOK_PLAIN, name);
	inspect_add(s, LOOK_PLAIN, str_c(&shape));
	inspect_add(s, LOOK_PLAIN, t->type);
	if (t->flags & MODEL_TIED) {
		inspect_add(s, LOOK_FAINT, "tied");
		inspect_add(s, LOOK_PLAIN, "");
		inspect_add(s, LOOK_PLAIN, "");
	} else {
		add_counts(s, params, bytes, LOOK_PLAIN);
	}
	str_release(&shape);
}

/* A module with one part only stands on one line with it: "model.norm.weight". */
static size_t
join(const struct model_tree *t, size_t at, char separator, struct str *name)
{
	str_adds(name, t->node[at].name);
	while (!t->node[at].tensor && at + 1 < t->node[at].end &&
	       t->node[at + 1].end == t->node[at].end) {
		at++;
		str_addc(name, separator);
		str_adds(name, t->node[at].name);
	}
	return at;
}

static bool
any_wanted(const struct inspect *in, const struct model_tree *t, size_t at)
{
	for (size_t i = at; i < t->node[at].end; i++)
		if (t->node[i].tensor && inspect_wants(in, t->node[i].tensor))
			return true;
	return false;
}

static void
print_tree(const struct inspect *in, const struct model *m)
{
	struct inspect_sheet s = {.columns = 6, .right = "lllrrr"};
	struct model_tree *t = model_tree_new(m, !in->unfold && !in->only);
	unsigned level[66] = {0};
	if (t->n)
		heading(&s, columns);
	for (size_t i = 0; i < t->n; i++) {
		const struct model_node *first = &t->node[i];
		struct str name = STR_INIT;
		unsigned depth = first->depth ? level[first->depth] : 0;
		if (in->only && !any_wanted(in, t, i)) {
			i = first->end - 1;
			continue;
		}
		for (unsigned k = 0; k < depth; k++)
			str_adds(&name, "  ");
		i = join(t, i, m->separator, &name);
		const struct model_node *n = &t->node[i];
		/* What hangs below is one level in, however many names are joined. */
		level[n->depth + 1] = depth + 1;
		if (n->tensor) {
			add_tensor(&s, n->tensor, str_c(&name), n->params, n->bytes);
		} else {
			char *count = xasprintf("%" PRIu64 " %s", n->tensors,
						n->tensors == 1 ? "tensor" : "tensors");
			inspect_add(&s, LOOK_STRONG, str_c(&name));
			inspect_add(&s, LOOK_FAINT, count);
			inspect_add(&s, LOOK_PLAIN, "");
			add_counts(&s, n->params, n->bytes, LOOK_FAINT);
			free(count);
			if (depth + 1 >= in->depth)
				i = n->end - 1;
		}
		str_release(&name);
	}
	putchar('\n');
	if (t->n)
		inspect_sheet_print(&s, in);
	model_tree_free(t);
	if (m->totals.constants)
		inspect_line(in, LOOK_FAINT, "Constants are left out; --tensors lists them.");
}

static void
print_flat(const struct inspect *in, const struct model *m)
{
	struct inspect_sheet s = {.columns = 6, .right = "lllrrr"};
	heading(&s, columns);
	for (size_t i = 0; i < m->ntensors; i++) {
		const struct model_tensor *t = &m->tensor[i];
		if (inspect_wants(in, t))
			add_tensor(&s, t, t->name, t->count, t->nbytes);
	}
	putchar('\n');
	inspect_sheet_print(&s, in);
}

/* -- statistics -------------------------------------------------------------------------------- */

static void
add_stats(struct inspect_sheet *s, const struct model_tensor *t, const struct model_stats *x,
	  bool ascii)
{
	char b[FMT_N], spark[3 * HIST + 1];
	float h[HIST] = {0};
	const double v[] = {x->mean, x->std, x->min, x->max};
	inspect_add(s, LOOK_PLAIN, t->name);
	for (int i = 0; i < 4; i++)
		inspect_add(s, LOOK_PLAIN, isnan(v[i]) ? "" : fmt_value(b, v[i]));
	inspect_add(s, LOOK_PLAIN, fmt_percent(b, x->n ? (double)x->zeros / (double)x->n : 0));
	uint64_t broken = x->nan + x->inf;
	inspect_add(s, LOOK_ALARM, broken ? fmt_step(b, (int64_t)broken) : "");
	for (int i = 0; i < MODEL_BINS; i++)
		h[i * HIST / MODEL_BINS] += (float)x->bin[i];
	fmt_spark(spark, sizeof spark, h, HIST, HIST, ascii);
	inspect_add(s, LOOK_PLAIN, isnan(x->mean) ? "" : spark);
}

static void
print_stats(const struct inspect *in, const struct model *m)
{
	static const char *const names[] = {"TENSOR", "MEAN",  "STD",   "MIN",
					    "MAX",    "ZEROS", "NAN±∞", "HISTOGRAM"};
	struct inspect_sheet s = {.columns = 8, .right = "lrrrrrrl"};
	struct inspect_progress p = {.what = "reading weights", .on = in->env->out_tty};
	heading(&s, names);
	for (size_t i = 0; i < m->ntensors; i++)
		if (inspect_wants(in, &m->tensor[i]))
			p.total += m->tensor[i].count;
	for (size_t i = 0; i < m->ntensors; i++) {
		const struct model_tensor *t = &m->tensor[i];
		struct model_stats x;
		struct err e = {0};
		if (!inspect_wants(in, t))
			continue;
		if (model_stats(m, t, &x, inspect_advance, &p, &e) == 0) {
			add_stats(&s, t, &x, in->ascii);
		} else {
			inspect_add(&s, LOOK_PLAIN, t->name);
			for (int k = 1; k < s.columns; k++)
				inspect_add(&s, LOOK_FAINT,
					    k + 1 == s.columns ? "not decoded" : "");
		}
		p.done += t->count;
	}
	inspect_quiet(&p);
	putchar('\n');
	inspect_sheet_print(&s, in);
}

/* -- what else there is ------------------------------------------------------------------------ */

static void
print_evidence(const struct inspect *in, const struct model *m)
{
	size_t most = m->nevidence < SHOWN_EVIDENCE ? m->nevidence : SHOWN_EVIDENCE;
	for (size_t i = 0; i < most; i++) {
		const struct model_evidence *v = &m->evidence[i];
		putchar('\n');
		inspect_line(in, inspect_safety_look(v->level), "%s  %s",
			     model_safety_name(v->level), v->what);
		if (*v->where)
			inspect_line(in, LOOK_PLAIN, "  at %s", v->where);
		/* What is called, and what to think of it, on a line each. */
		const char *why = strstr(v->how, "); ");
		int n = why ? (int)(why - v->how) + 1 : (int)strlen(v->how);
		inspect_line(in, LOOK_PLAIN, "  %.*s", n, v->how);
		if (why)
			inspect_line(in, LOOK_PLAIN, "  %s", why + 3);
	}
	if (most < m->nevidence)
		inspect_line(in, LOOK_FAINT, "\nand %zu more; --json lists them",
			     m->nevidence - most);
}

static void
print_ops(const struct inspect *in, const struct model *m)
{
	struct inspect_sheet s = {.columns = 2, .right = "lr"};
	char b[FMT_N];
	uint64_t all = 0;
	if (!m->nops)
		return;
	for (size_t i = 0; i < m->nops; i++)
		all += m->op[i].count;
	bool layers = strcmp(m->op[0].domain, "keras") == 0;
	inspect_add(&s, LOOK_STRONG, layers ? "LAYERS" : "OPERATIONS");
	inspect_add(&s, LOOK_STRONG, grouped(b, all));
	for (size_t i = 0; i < m->nops && (i < SHOWN_OPS || in->tensors); i++) {
		bool plain = layers || strcmp(m->op[i].domain, "ai.onnx") == 0;
		inspect_addf(&s, LOOK_PLAIN, "%s%s%s", plain ? "" : m->op[i].domain,
			     plain ? "" : ":", m->op[i].type);
		inspect_add(&s, LOOK_PLAIN, grouped(b, m->op[i].count));
	}
	if (m->nops > SHOWN_OPS && !in->tensors) {
		inspect_addf(&s, LOOK_FAINT, "%zu more kinds", m->nops - SHOWN_OPS);
		inspect_add(&s, LOOK_PLAIN, "");
	}
	putchar('\n');
	inspect_sheet_print(&s, in);
}

static void
print_ports(const struct inspect *in, const struct model *m)
{
	struct inspect_sheet s = {.columns = 3, .right = "lll"};
	for (int out = 0; out < 2; out++)
		for (size_t i = 0; i < m->nports; i++) {
			const struct model_port *p = &m->port[i];
			if (p->output != (out == 1))
				continue;
			inspect_addf(&s, LOOK_PLAIN, "%s %s", out ? "output" : "input", p->name);
			inspect_add(&s, LOOK_PLAIN, p->type);
			inspect_add(&s, LOOK_PLAIN, p->shape);
		}
	if (s.n)
		putchar('\n');
	inspect_sheet_print(&s, in);
}

static void
print_meta(const struct inspect *in, const struct model *m)
{
	struct inspect_sheet s = {.columns = 2, .right = "ll"};
	size_t shown = in->tensors || m->nmeta < SHOWN_META ? m->nmeta : SHOWN_META;
	int room = in->width ? in->width : META_WIDTH;
	if (!m->nmeta)
		return;
	inspect_add(&s, LOOK_STRONG, "METADATA");
	inspect_add(&s, LOOK_PLAIN, "");
	for (size_t i = 0; i < shown; i++) {
		const char *z = m->meta[i].value;
		int left = room - (int)strlen(m->meta[i].key) - 2;
		size_t n = strcspn(z, "\n"), most = left > KEY ? (size_t)left : KEY;
		bool cut = z[n] || n > most;
		inspect_add(&s, LOOK_FAINT, m->meta[i].key);
		inspect_addf(&s, LOOK_PLAIN, "%.*s%s", (int)(n < most ? n : most), z,
			     cut ? (in->ascii ? "..." : "…") : "");
	}
	putchar('\n');
	inspect_sheet_print(&s, in);
	if (shown < m->nmeta)
		inspect_line(in, LOOK_FAINT, "%zu more; --tensors and --json list them",
			     m->nmeta - shown);
}

void
inspect_print(const struct inspect *in, const struct model *m)
{
	print_head(in, m);
	print_evidence(in, m);
	if (in->stats)
		print_stats(in, m);
	else if (m->ntensors && in->tensors)
		print_flat(in, m);
	else if (m->ntensors)
		print_tree(in, m);
	print_ops(in, m);
	print_ports(in, m);
	print_meta(in, m);
}
