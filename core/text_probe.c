/* Is this text a training's log? The parser itself decides: it reads the head, and when a row comes
 * of it, it is one. So what the probe takes and what the parser finds cannot disagree, and a text
 * is left alone for the same reasons for which its lines give no numbers.
 *
 * Programs, documents and data are not even tried: a README shows what a log looks like. A long
 * preamble (versions, the configuration) may fill the head; of files that are called like logs more
 * is looked at (SOURCE_DEEP). */
#include "core/null_sink.h"
#include "core/probe.h"
#include "core/text_console.h"
#include "core/text_object.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* What the parser says, counted. */
struct tally {
	struct sink sink;
	uint32_t columns;
	unsigned rows;
	char name[64]; /* of the first column */
};

static uint32_t
op_column(struct sink *s, uint32_t log, const char *name, size_t len)
{
	struct tally *t = (struct tally *)s;
	(void)log;
	if (!t->columns)
		snprintf(t->name, sizeof t->name, "%.*s", (int)(len < 60 ? len : 60), name);
	return t->columns++;
}

static enum row_fate
op_row(struct sink *s, uint32_t log, const struct row *r)
{
	(void)log;
	(void)r;
	((struct tally *)s)->rows++;
	return ROW_STORED;
}

/* The bar of the first epoch may take hours to be a row. */
static void
see_drawing(struct tally *t, struct console *c)
{
	if (t->rows || !c->drawing)
		return;
	text_read_again(c, &c->bar);
	if (!c->again.n)
		return;
	snprintf(t->name, sizeof t->name, "%.60s", text_row_name(&c->again, c->again.pair));
	t->rows = 1;
}

static void
tally(struct tally *t, const struct probe *p)
{
	struct sink_ops ops = null_sink_ops;
	ops.column = op_column;
	ops.row = op_row;
	*t = (struct tally){.sink.ops = &ops};
	struct source_env env = {
		.sink = &t->sink,
		.path = p->path,
		.prefix = "",
		.patterns = p->patterns,
	};
	struct source *s = text_source.new(&env);
	text_source.feed(s, p->head, p->nhead, 0, false, 0);
	see_drawing(t, (struct console *)s);
	text_source.free(s);
	t->sink.ops = NULL;
}

/* -- names ------------------------------------------------------------------------------------ */

static const char other_suffixes[] =
	".csv .tsv .json .jsonl .ndjson .yaml .yml .toml .ini .cfg .conf .xml .html .htm .css .js "
	".mjs .ts .tsx .jsx .py .pyi .ipynb .c .h .cc .cpp .cxx .hpp .cu .cuh .go .rs .java .kt "
	".scala .rb .pl .pm .lua .r .jl .m .swift .sh .bash .zsh .fish .ps1 .bat .cmake .mk .tex "
	".bib .svg .patch .diff .sql .proto .lock .env .rtf .ics .vcf .po .pot .srt .vtt .bbl .sty "
	".cls .asm .s .f90 .gradle .sbt .tf .dockerfile .template .in .am .ac .m4 .d .map .desktop "
	".prom .service .rules .properties .editorconfig .gitignore";

static const char document_suffixes[] = ".md .markdown .rst .adoc .org .tex readme changelog "
					"changes authors contributing license copying news";

static const char log_suffixes[] = ".log .out .err .txt .stdout .stderr stdout stderr log "
				   "screenlog.0 typescript console";

/* A document that shows a log, by its marks. */
static bool
is_document(const struct probe *p)
{
	struct probe_lines l;
	probe_lines_init(&l, p);
	while (probe_lines_next(&l))
		if ((l.n > 2 && (!memcmp(l.line, "```", 3) || !memcmp(l.line, "~~~", 3) ||
				 !memcmp(l.line, "## ", 3) || !memcmp(l.line, "===", 3))) ||
		    (l.n > 1 && (!memcmp(l.line, "# ", 2) || !memcmp(l.line, "- ", 2) ||
				 !memcmp(l.line, "* ", 2) || !memcmp(l.line, "..", 2) ||
				 !memcmp(l.line, "> ", 2))))
			return true;
	return false;
}

enum probe_verdict
text_probe(struct probe *p)
{
	enum { ROWS_OF_DOCUMENT = 8 /* a few lines are an example */ };
	bool document = probe_named(p, document_suffixes);
	struct tally t;
	/* DLLogger calls its files .json, which they are not. */
	bool named = probe_named(p, other_suffixes) && !text_object_begins(p->head, p->nhead);
	if (!p->forced && (named || (document && is_document(p))))
		return PROBE_NO;
	tally(&t, p);
	if (t.rows >= (document ? ROWS_OF_DOCUMENT : 1))
		return probe_say(p, PROBE_YES, "its lines report %s", t.name);
	if (p->forced)
		return probe_say(p, PROBE_YES, "[source] include names it");
	if (p->nhead < SOURCE_HEAD)
		return PROBE_MORE;
	return p->nhead < SOURCE_DEEP && probe_named(p, log_suffixes) ? PROBE_MORE : PROBE_NO;
}
