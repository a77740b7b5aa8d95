/* A model as JSON: one object for it, one for each tensor when asked for. Keys are only ever
 * added. */
#include "tui/inspect.h"

#include "core/json_put.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static void
key_str(struct str *s, const char *key, const char *value)
{
	str_addf(s, ", \"%s\": ", key);
	json_put_str(s, value);
}

static void
key_uint(struct str *s, const char *key, uint64_t v)
{
	str_addf(s, ", \"%s\": %" PRIu64, key, v);
}

static void
key_num(struct str *s, const char *key, double v)
{
	str_addf(s, ", \"%s\": ", key);
	json_put_num(s, v);
}

static void
key_step(struct str *s, const char *key, int64_t v)
{
	if (v == MODEL_NO_STEP)
		str_addf(s, ", \"%s\": null", key);
	else
		str_addf(s, ", \"%s\": %" PRId64, key, v);
}

/* Of a tensor: what is said of it anywhere. */
static void
shape(struct str *s, const char *key, const struct model_tensor *t)
{
	str_addf(s, ", \"%s\": ", key);
	if (!t) {
		str_adds(s, "null");
		return;
	}
	str_addc(s, '[');
	for (unsigned i = 0; i < t->rank; i++)
		str_addf(s, "%s%" PRIu64, i ? ", " : "", t->dim[i]);
	str_addc(s, ']');
}

static void
json_evidence(struct str *s, const struct model *m)
{
	str_adds(s, ", \"evidence\": [");
	for (size_t i = 0; i < m->nevidence; i++) {
		const struct model_evidence *v = &m->evidence[i];
		str_addf(s, "%s{\"level\": \"%s\"", i ? ", " : "", model_safety_name(v->level));
		key_str(s, "what", v->what);
		key_str(s, "where", v->where);
		key_str(s, "how", v->how);
		key_uint(s, "times", v->times);
		str_addc(s, '}');
	}
	str_addc(s, ']');
}

static void
json_lists(struct str *s, const struct model *m)
{
	str_adds(s, ", \"types\": {");
	for (size_t i = 0; i < m->ntypes; i++) {
		const struct model_type *t = &m->type[i];
		str_adds(s, i ? ", " : "");
		json_put_str(s, t->type);
		str_addf(s,
			 ": {\"tensors\": %" PRIu64 ", \"parameters\": %" PRIu64
			 ", \"bytes\": %" PRIu64 "}",
			 t->tensors, t->params, t->bytes);
	}
	str_adds(s, "}, \"operations\": [");
	for (size_t i = 0; i < m->nops; i++) {
		str_addf(s, "%s{\"count\": %" PRIu64, i ? ", " : "", m->op[i].count);
		key_str(s, "domain", m->op[i].domain);
		key_str(s, "type", m->op[i].type);
		str_addc(s, '}');
	}
	str_adds(s, "], \"ports\": [");
	for (size_t i = 0; i < m->nports; i++) {
		str_addf(s, "%s{\"output\": %s", i ? ", " : "",
			 m->port[i].output ? "true" : "false");
		key_str(s, "name", m->port[i].name);
		key_str(s, "type", m->port[i].type);
		key_str(s, "shape", m->port[i].shape);
		str_addc(s, '}');
	}
	str_adds(s, "], \"files\": [");
	for (size_t i = 0; i < m->nparts; i++) {
		str_addf(s, "%s{\"bytes\": %" PRIu64 ", \"there\": %s", i ? ", " : "",
			 m->part[i].size, m->part[i].missing ? "false" : "true");
		key_str(s, "name", m->part[i].name);
		str_addc(s, '}');
	}
	str_adds(s, "], \"metadata\": {");
	for (size_t i = 0; i < m->nmeta; i++) {
		str_adds(s, i ? ", " : "");
		json_put_str(s, m->meta[i].key);
		str_adds(s, ": ");
		json_put_str(s, m->meta[i].value);
	}
	str_adds(s, "}, \"remarks\": [");
	for (size_t i = 0; i < m->nremarks; i++) {
		str_adds(s, i ? ", " : "");
		json_put_str(s, m->remark[i]);
	}
	str_addc(s, ']');
}

static void
json_model(const struct model *m)
{
	struct str s = STR_INIT;
	const struct model_totals *t = &m->totals;
	str_adds(&s, "{\"model\": ");
	json_put_str(&s, m->path);
	key_str(&s, "format", m->format);
	key_str(&s, "version", m->version);
	key_str(&s, "title", m->title);
	key_str(&s, "state", model_state_name(m->state));
	key_uint(&s, "missing", m->missing);
	str_addf(&s, ", \"missing_at_least\": %s", m->missing_least ? "true" : "false");
	key_uint(&s, "extra", m->extra);
	key_str(&s, "safety", model_safety_name(m->safety));
	key_step(&s, "step", m->step);
	key_step(&s, "epoch", m->epoch);
	key_uint(&s, "tensors", t->tensors);
	key_uint(&s, "parameters", t->params);
	key_uint(&s, "bytes", t->bytes);
	key_num(&s, "bits", t->params ? 8 * (double)t->bytes / (double)t->params : 0);
	key_uint(&s, "constant_tensors", t->constants);
	key_uint(&s, "constant_numbers", t->constant_params);
	key_uint(&s, "constant_bytes", t->constant_bytes);
	key_uint(&s, "optimizer_tensors", t->state_tensors);
	key_uint(&s, "optimizer_numbers", t->state_params);
	key_uint(&s, "optimizer_bytes", t->state_bytes);
	key_uint(&s, "file_bytes", t->file_bytes);
	json_evidence(&s, m);
	json_lists(&s, m);
	str_addc(&s, '}');
	cmd_line(&s);
}

static void
json_stats(struct str *s, const struct model_stats *x)
{
	str_addf(s, ", \"stats\": {\"zeros\": %" PRIu64, x->zeros);
	key_uint(s, "nan", x->nan);
	key_uint(s, "inf", x->inf);
	key_num(s, "mean", x->mean);
	key_num(s, "std", x->std);
	key_num(s, "rms", x->rms);
	key_num(s, "min", x->min);
	key_num(s, "max", x->max);
	key_num(s, "median", x->median);
	str_adds(s, ", \"histogram\": {\"from\": ");
	json_put_num(s, x->lo);
	key_num(s, "to", x->hi);
	key_uint(s, "below", x->below);
	key_uint(s, "above", x->above);
	str_adds(s, ", \"bins\": [");
	for (int i = 0; i < MODEL_BINS; i++)
		str_addf(s, "%s%" PRIu64, i ? ", " : "", x->bin[i]);
	str_adds(s, "]}}");
}

static const char *
part_name(enum model_role r)
{
	return r == MODEL_WEIGHT ? "weight" : r == MODEL_CONSTANT ? "constant" : "optimizer";
}

static void
json_tensor(const struct inspect *in, const struct model *m, const struct model_tensor *t,
	    struct inspect_progress *p)
{
	struct str s = STR_INIT;
	struct model_stats x;
	struct err e = {0};
	str_adds(&s, "{\"tensor\": ");
	json_put_str(&s, t->name);
	key_str(&s, "type", t->type);
	shape(&s, "shape", t);
	key_uint(&s, "count", t->count);
	key_uint(&s, "bytes", t->nbytes);
	key_num(&s, "bits", model_tensor_bits(t));
	key_str(&s, "role", part_name(t->role));
	key_str(&s, "file", m->part[t->part].name);
	if (t->flags & MODEL_ABSENT || !t->offset)
		str_adds(&s, ", \"offset\": null");
	else
		key_uint(&s, "offset", t->offset);
	str_addf(&s, ", \"there\": %s", t->flags & MODEL_ABSENT ? "false" : "true");
	str_addf(&s, ", \"tied\": %s", t->flags & MODEL_TIED ? "true" : "false");
	if (in->stats) {
		if (model_stats(m, t, &x, inspect_advance, p, &e) == 0)
			json_stats(&s, &x);
		else
			str_adds(&s, ", \"stats\": null");
	}
	str_addc(&s, '}');
	cmd_line(&s);
}

void
inspect_print_json(const struct inspect *in, const struct model *m)
{
	struct inspect_progress p = {.what = "reading weights"};
	json_model(m);
	for (size_t i = 0; i < m->ntensors && (in->tensors || in->stats); i++)
		if (inspect_wants(in, &m->tensor[i]))
			json_tensor(in, m, &m->tensor[i], &p);
}

void
inspect_print_diff_json(const struct inspect *in, const struct model *a, const struct model *b)
{
	struct model_diff *d = model_diff_new(a, b);
	for (size_t i = 0; i < d->n; i++) {
		const struct model_pair *p = &d->pair[i];
		const struct model_tensor *t = p->b ? p->b : p->a;
		struct model_drift x;
		struct err e = {0};
		struct str s = STR_INIT;
		if (!inspect_wants(in, t) || (p->change == MODEL_SAME && !in->weights))
			continue;
		str_adds(&s, "{\"tensor\": ");
		json_put_str(&s, t->name);
		key_str(&s, "change", model_change_name(p->change));
		key_str(&s, "type_a", p->a ? p->a->type : NULL);
		key_str(&s, "type_b", p->b ? p->b->type : NULL);
		shape(&s, "shape_a", p->a);
		shape(&s, "shape_b", p->b);
		if (in->weights && p->a && p->b && p->change != MODEL_RESHAPED &&
		    model_drift(a, p->a, b, p->b, &x, NULL, NULL, &e) == 0) {
			key_num(&s, "relative", x.relative);
			key_num(&s, "max_abs", x.max_abs);
			key_num(&s, "norm_a", x.norm_a);
			key_num(&s, "norm_diff", x.norm_diff);
			key_num(&s, "cosine", x.cosine);
			key_uint(&s, "changed", x.changed);
			key_uint(&s, "broken", x.broken);
		} else if (in->weights) {
			str_adds(&s, ", \"relative\": null");
		}
		str_addc(&s, '}');
		cmd_line(&s);
	}
	for (size_t i = 0; i < d->nmeta; i++) {
		struct str s = STR_INIT;
		str_adds(&s, "{\"metadata\": ");
		json_put_str(&s, d->meta[i].key);
		key_str(&s, "a", d->meta[i].a);
		key_str(&s, "b", d->meta[i].b);
		str_addc(&s, '}');
		cmd_line(&s);
	}
	model_diff_free(d);
}
