/* How fast bytes become records, into a sink that throws them away; each beside what the same bytes
 * cost when less is done with them: lines found by memchr, cells by libcsv, numbers by strtod, the
 * checksums of records alone.
 *
 *     b_parse [MB]           the size of each text, 32 unless given; the best of 5 rounds
 */
#include "core/crc32.h"
#include "core/crc32c.h"
#include "core/num.h"
#include "core/null_sink.h"
#include "core/source.h"
#include "core/tf_tensor.h"
#include "core/tfrecord.h"
#include "core/xalloc.h"
#include "tests/unit/tfwrite.h"
#include "tests/unit/wandb_write.h"

#include <csv.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { ROUNDS = 5, COLUMNS = 20, PIECE = 1 << 20 };

static double
now(void)
{
	struct timespec ts;
	/* Of the processor: whoever else is at work does not matter. */
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec + 1e-9 * (double)ts.tv_nsec;
}

static uint64_t rng = 88172645463325252u;

static double
uniform(void)
{
	rng ^= rng << 13;
	rng ^= rng >> 7;
	rng ^= rng << 17;
	return (double)(rng >> 11) / 9007199254740992.0;
}

/* -- a sink that counts ------------------------------------------------------------------------ */

struct counter {
	struct sink sink;
	char names[64][64];
	uint32_t ncolumns;
	uint64_t points;
};

static uint32_t
op_column(struct sink *s, uint32_t log, const char *name, size_t len)
{
	struct counter *c = (struct counter *)s;
	(void)log;
	for (uint32_t i = 0; i < c->ncolumns; i++)
		if (strlen(c->names[i]) == len && !memcmp(c->names[i], name, len))
			return i;
	if (c->ncolumns == 64 || len > 63)
		abort();
	memcpy(c->names[c->ncolumns], name, len);
	return c->ncolumns++;
}

static enum row_fate
op_row(struct sink *s, uint32_t log, const struct row *r)
{
	(void)log;
	((struct counter *)s)->points += r->n;
	return ROW_STORED;
}

static void
op_remark(struct sink *s, uint32_t log, enum remark_kind k, uint64_t offset, uint64_t line,
	  const char *text)
{
	(void)s;
	(void)log;
	(void)k;
	(void)offset;
	(void)line;
	fprintf(stderr, "remark: %s\n", text);
	abort();
}

static const struct sink_ops *
counter_ops(void)
{
	static struct sink_ops ops;
	ops = null_sink_ops;
	ops.column = op_column;
	ops.row = op_row;
	ops.remark = op_remark;
	return &ops;
}

/* -- texts ------------------------------------------------------------------------------------- */

struct text {
	const char *name, *format;
	char *p;
	size_t n;
};

/* The formats are this file's own. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"

static void
make_table(struct text *t, size_t room, const char *cell)
{
	size_t step = 0;
	t->p = xmalloc(room + 4096);
	t->n = (size_t)snprintf(t->p, 16, "step");
	for (int c = 1; c < COLUMNS; c++)
		t->n += (size_t)snprintf(t->p + t->n, room + 4096 - t->n, ",train/metric_%d", c);
	t->p[t->n++] = '\n';
	while (t->n < room) {
		t->n += (size_t)snprintf(t->p + t->n, room + 4096 - t->n, "%zu", step++);
		for (int c = 1; c < COLUMNS; c++)
			t->n += (size_t)snprintf(t->p + t->n, room + 4096 - t->n, cell,
						 uniform() * 10);
		t->p[t->n++] = '\n';
	}
}

static void
make_lines(struct text *t, size_t room, const char *number, bool nested)
{
	static const char *const keys[] = {
		"loss",       "lr",      "grad_norm", "acc", "tokens_per_second",
		"perplexity", "entropy", "reward"};
	char format[64];
	size_t step = 0;
	snprintf(format, sizeof format, ", \"train/%%s\": %s", number);
	t->p = xmalloc(room + 4096);
	while (t->n < room) {
		t->n += (size_t)snprintf(t->p + t->n, room + 4096 - t->n,
					 "{\"step\": %zu, \"epoch\": %zu", step, step / 100);
		if (nested)
			t->n += (size_t)snprintf(t->p + t->n, room + 4096 - t->n,
						 ", \"inner\": {\"x\": 1");
		for (int i = 0; i < 8; i++)
			t->n += (size_t)snprintf(t->p + t->n, room + 4096 - t->n, format, keys[i],
						 uniform());
		t->n += (size_t)snprintf(t->p + t->n, room + 4096 - t->n,
					 nested ? "}, \"phase\": \"train\"}\n" : "}\n");
		step++;
	}
}

/* LINE over and over, its "%zu" the number of the line. */
static void
make_console(struct text *t, size_t room, const char *line)
{
	size_t step = 0;
	t->p = xmalloc(room + 4096);
	while (t->n < room)
		t->n += (size_t)snprintf(t->p + t->n, room + 4096 - t->n, line, step++);
}

#pragma GCC diagnostic pop

/* One number an event, as PyTorch writes it; or as a tensor with its metadata, as TensorFlow 2
 * does. */
static void
make_events(struct text *t, size_t room, bool tensors)
{
	static const char *const tags[] = {"train/loss", "train/accuracy", "lr-AdamW", "grad_norm",
					   "val/loss"};
	struct str file = STR_INIT;
	for (size_t i = 0; file.len < room; i++) {
		const char *tag = tags[i % 5];
		int64_t step = (int64_t)(i / 5);
		double wall = 1.7e9 + (double)i * 0.01, v = uniform();
		if (!tensors) {
			tfw_scalar(&file, wall, step, tag, (float)v);
			continue;
		}
		float f = (float)v;
		struct str s = STR_INIT, tensor = tfw_tensor(TF_FLOAT, NULL, 0);
		struct str plugin = tfw_plugin("scalars");
		pbw_bytes(&tensor, 4, &f, sizeof f);
		tfw_value_tensor(&s, tag, &tensor, &plugin);
		tfw_summary(&file, wall, step, &s);
	}
	t->n = file.len;
	t->p = str_steal(&file);
}

/* A record a step, its items in any order, as current clients write them; with SUMMARY also what
 * they write beside: the summary, and a line of the console. */
static void
make_history(struct text *t, size_t room, bool summary)
{
	enum { ITEMS = 20 };
	struct str file = wandb_file(), items = STR_INIT;
	for (int64_t step = 0; file.len < room; step++) {
		int order[ITEMS];
		for (int i = 0; i < ITEMS; i++) {
			int k = (int)(uniform() * (i + 1));
			order[i] = order[k];
			order[k] = i;
		}
		str_reset(&items);
		for (int i = 0; i < ITEMS; i++)
			str_addf(&items, "%s>train/metric_%d=%.17g", i ? ";" : "", order[i],
				 uniform());
		if (summary) {
			wandb_write_summary(&file, items.buf);
			wandb_write_output(&file, "step %zu/9999999 | loss=0.5 | lr=1e-4\n");
		}
		wandb_write_history(&file, step, items.buf);
	}
	str_release(&items);
	t->n = file.len;
	t->p = str_steal(&file);
}

/* -- what is measured -------------------------------------------------------------------------- */

static uint64_t points;
static volatile uint32_t crc; /* so that it is computed */

static void
run_source(const struct text *t)
{
	struct counter c = {.sink = {counter_ops()}};
	struct source_env env = {.sink = &c.sink, .path = "/x", .prefix = "", .tz_offset_s = 0};
	const struct source_ops *ops = source_by_name(t->format);
	struct source *s = ops->new (&env);
	/* In pieces, as the ingester reads. */
	for (size_t at = 0; at < t->n;) {
		size_t n = t->n - at < PIECE ? t->n - at : PIECE;
		at += ops->feed(s, t->p + at, n, at, at + n == t->n, 1);
	}
	ops->free(s);
	points = c.points;
}

static void
run_lines(const struct text *t)
{
	const char *p = t->p, *end = t->p + t->n;
	points = 0;
	while ((p = memchr(p, '\n', (size_t)(end - p)))) {
		points++;
		p++;
	}
}

static void
on_cell(void *p, size_t n, void *ctx)
{
	(void)p;
	(void)n;
	++*(uint64_t *)ctx;
}

static void
on_number(void *p, size_t n, void *ctx)
{
	char *end;
	(void)n;
	strtod(p, &end);
	*(uint64_t *)ctx += end != p;
}

static void
on_row(int c, void *ctx)
{
	(void)c;
	(void)ctx;
}

static void
run_libcsv(const struct text *t, void (*cell)(void *, size_t, void *))
{
	struct csv_parser lib;
	points = 0;
	csv_init(&lib, CSV_APPEND_NULL);
	csv_parse(&lib, t->p, t->n, cell, on_row, &points);
	csv_fini(&lib, cell, on_row, &points);
	csv_free(&lib);
}

static void
run_libcsv_bare(const struct text *t)
{
	run_libcsv(t, on_cell);
}

static void
run_libcsv_strtod(const struct text *t)
{
	run_libcsv(t, on_number);
}

/* What no reader that looks at checksums can do without. */
static void
run_checksums(const struct text *t)
{
	points = 0;
	for (size_t at = 0; at < t->n;) {
		uint64_t n;
		if (!tfrecord_begins(t->p + at, t->n - at, &n) ||
		    tfrecord_masked(crc32c(0, t->p + at + TFRECORD_FRAME, n)) !=
			    le32(t->p + at + TFRECORD_FRAME + n))
			abort();
		at += TFRECORD_FRAME + 4 + n;
		points++;
	}
}

static void
run_crc32(const struct text *t)
{
	crc = crc32_ieee(0, t->p, t->n);
	points = 0;
}

static double
measure(const struct text *t, const char *what, void (*run)(const struct text *))
{
	double best = 1e9;
	for (int i = 0; i < ROUNDS; i++) {
		double start = now();
		run(t);
		double took = now() - start;
		if (took < best)
			best = took;
	}
	double rate = (double)t->n / best / 1e6;
	printf("%-22s %-24s %8.0f MB/s", t->name, what, rate);
	if (points > 0)
		printf(" %7.1f M/s %6.1f ns", (double)points / best / 1e6,
		       best * 1e9 / (double)points);
	putchar('\n');
	return rate;
}

int
main(int argc, char **argv)
{
	size_t room = (argc > 1 ? strtoul(argv[1], NULL, 10) : 32) << 20;
	static const struct {
		const char *name, *cell;
	} tables[] = {{"csv %.4f", ",%.4f"},
		      {"csv %.6g", ",%.6g"},
		      {"csv %.17g", ",%.17g"},
		      {"csv quoted", ",\"%.4f\""}};
	for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
		struct text t = {.name = tables[i].name, .format = "csv"};
		make_table(&t, room, tables[i].cell);
		measure(&t, "memchr lines", run_lines);
		double limit = measure(&t, "libcsv, no callbacks' work", run_libcsv_bare);
		measure(&t, "libcsv and strtod", run_libcsv_strtod);
		printf("%-22s %.2f of libcsv alone\n", "",
		       measure(&t, "source", run_source) / limit);
		free(t.p);
	}
	static const struct {
		const char *name, *number;
		bool nested;
	} lines[] = {{"jsonl %.4f", "%.4f", false},
		     {"jsonl %.17g", "%.17g", false},
		     {"jsonl %.6g nested", "%.6g", true}};
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		struct text t = {.name = lines[i].name, .format = "jsonl"};
		make_lines(&t, room, lines[i].number, lines[i].nested);
		measure(&t, "memchr lines", run_lines);
		measure(&t, "source", run_source);
		free(t.p);
	}
	static const struct {
		const char *name, *line;
	} consoles[] = {
		{"text, words", "the quick brown fox jumps over the lazy dog, and nothing else "
				"is here\n"},
		{"text, numbers", "2024-01-01 12:00:00 - web - INFO - request %zu took 12 ms, "
				  "all is fine\n"},
		{"text, metrics", "step %zu/9999999 | loss 3.2 | lr 1e-4 | grad norm 0.5 | 3400 "
				  "tok/s\n"},
		{"text, bar", "\r 50%%|##  | %zu/9999999 [00:05<00:05, 1.0it/s, loss=0.9]"},
	};
	for (size_t i = 0; i < sizeof consoles / sizeof *consoles; i++) {
		struct text t = {.name = consoles[i].name, .format = "text"};
		make_console(&t, room, consoles[i].line);
		measure(&t, "memchr lines", run_lines);
		measure(&t, "source", run_source);
		free(t.p);
	}
	for (int tensors = 0; tensors < 2; tensors++) {
		struct text t = {.name = tensors ? "tfevents, tensors" : "tfevents",
				 .format = "tfevents"};
		make_events(&t, room, tensors);
		double limit = measure(&t, "checksums", run_checksums);
		printf("%-22s %.2f of the checksums alone\n", "",
		       measure(&t, "source", run_source) / limit);
		free(t.p);
	}
	for (int summary = 0; summary < 2; summary++) {
		struct text t = {.name = summary ? "wandb, all of it" : "wandb, history",
				 .format = "wandb"};
		make_history(&t, room, summary);
		double limit = measure(&t, "checksum", run_crc32);
		printf("%-22s %.2f of the checksum alone\n", "",
		       measure(&t, "source", run_source) / limit);
		free(t.p);
	}
	return 0;
}
