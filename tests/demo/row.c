/* Both formats come from one list of cells, so that a metric has the same name in each:
 * "train/loss" is the column train/loss, and the key loss in the object train. */
#include "tests/demo/row.h"

#include <math.h>
#include <string.h>

#define CELLS 32

struct cell {
	const char *group, *name; /* group "": at top level */
	int decimals;             /* -1: six significant digits */
	double value;
	bool absent;
};

static int
row_cells(const struct row *r, struct cell *c)
{
	static const char *const layer[] = {"layer0", "layer1", "layer2"};
	int n = 0;

	_Static_assert(sizeof(layer) / sizeof(*layer) == NET_LAYERS, "a name for each layer");
	c[n++] = (struct cell){"", "step", 0, (double)r->step, false};
	c[n++] = (struct cell){"", "max_steps", 0, (double)r->max_steps, false};
	c[n++] = (struct cell){"", "epoch", 4, r->epoch, false};
	c[n++] = (struct cell){"", "time", 6, r->time, false};
	c[n++] = (struct cell){"", "lr", -1, r->lr, false};
	c[n++] = (struct cell){"train", "loss", -1, r->train.loss, false};
	if (r->classes)
		c[n++] = (struct cell){"train", "acc", -1, r->train.acc, false};
	c[n++] = (struct cell){"val", "loss", -1, r->val.loss, !r->has_val};
	if (r->classes)
		c[n++] = (struct cell){"val", "acc", -1, r->val.acc, !r->has_val};
	for (int i = 0; i < NET_LAYERS; i++)
		c[n++] = (struct cell){"grad_norm", layer[i], -1, r->grad_norm[i], false};
	c[n++] = (struct cell){"grad_norm", "total", -1, r->grad_norm_all, false};
	c[n++] = (struct cell){"", "grad_cos", -1, r->grad_cos, false};
	c[n++] = (struct cell){"", "update_ratio", -1, r->update_ratio, false};
	return n;
}

static void
put_number(FILE *f, enum format format, const struct cell *c)
{
	bool json = format == FORMAT_JSONL;

	if (isnan(c->value))
		fputs(json ? "NaN" : "nan", f);
	else if (isinf(c->value))
		fprintf(f, "%s%s", c->value < 0 ? "-" : "", json ? "Infinity" : "inf");
	else if (c->decimals < 0)
		fprintf(f, "%.6g", c->value);
	else
		fprintf(f, "%.*f", c->decimals, c->value);
}

void
row_heading(FILE *f, enum format format, const struct row *r)
{
	struct cell c[CELLS];
	int n = row_cells(r, c);

	for (int i = 0; format == FORMAT_CSV && i < n; i++)
		fprintf(f, "%s%s%s%s", i ? "," : "", c[i].group, *c[i].group ? "/" : "", c[i].name);
	if (format == FORMAT_CSV)
		fputc('\n', f);
}

static void
put_csv(FILE *f, const struct cell *c, int n)
{
	for (int i = 0; i < n; i++) {
		if (i)
			fputc(',', f);
		if (!c[i].absent)
			put_number(f, FORMAT_CSV, &c[i]);
	}
	fputc('\n', f);
}

/* Cells of a group are neighbours: an object opens and closes where the group changes. */
static void
put_json(FILE *f, const struct cell *c, int n)
{
	const char *group = "";
	const char *comma = "{";

	for (int i = 0; i < n; i++) {
		bool other = strcmp(c[i].group, group);

		if (c[i].absent)
			continue;
		if (other && *group)
			fputc('}', f);
		fputs(comma, f);
		if (other && *c[i].group)
			fprintf(f, "\"%s\": {", c[i].group);
		fprintf(f, "\"%s\": ", c[i].name);
		put_number(f, FORMAT_JSONL, &c[i]);
		group = c[i].group;
		comma = ", ";
	}
	fputs(*group ? "}}\n" : "}\n", f);
}

int
row_write(FILE *f, enum format format, const struct row *r)
{
	struct cell c[CELLS];
	int n = row_cells(r, c);

	if (format == FORMAT_CSV)
		put_csv(f, c, n);
	else
		put_json(f, c, n);
	return fflush(f) ? -1 : 0;
}
