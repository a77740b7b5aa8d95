/* Which format a file is in. Content decides; a name only where content leaves it open (a single
 * object in a .json may be a document, in a .jsonl it is the first of many). */
#include "core/source.h"

#include "core/name.h"
#include "core/own_output.h"
#include "core/probe.h"
#include "core/run.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* Binary formats first: they have checksums. MLflow's files and companions are told by their paths.
 * JSON Lines come before other texts: nothing that begins with a brace is a table, and of two
 * objects neither is a document. Text last: it takes what is left. */
const struct source_ops *const source_table[] = {
	&wandb_source, &tfevents_source, &mlflow_source, &params_source, &jsonl_source,
	&json_source,  &csv_source,      &text_source,   NULL,
};

const struct source_ops *
source_by_name(const char *name)
{
	for (int i = 0; source_table[i]; i++)
		if (!strcmp(source_table[i]->name, name))
			return source_table[i];
	return NULL;
}

bool
source_continues(const char *format, const char *a, const char *b)
{
	const struct source_ops *ops = source_by_name(format);
	const char *slash = strrchr(a, '/');
	size_t n = slash ? (size_t)(slash - a) + 1 : 0;
	return ops && ops->continues && !strncmp(a, b, n) && !strchr(b + n, '/');
}

bool
source_follows(const char *format, const char *a, const char *b)
{
	return strcmp(a, b) < 0 && source_continues(format, a, b);
}

void
probe_lines_init(struct probe_lines *l, const struct probe *p)
{
	*l = (struct probe_lines){.p = p->head, .end = p->head + p->nhead};
	if (p->nhead >= 3 && !memcmp(p->head, "\xEF\xBB\xBF", 3))
		l->p += 3;
}

bool
probe_lines_next(struct probe_lines *l)
{
	if (l->p == l->end)
		return false;
	const char *newline = memchr(l->p, '\n', (size_t)(l->end - l->p));
	l->line = l->p;
	l->cut = !newline;
	l->n = (size_t)((newline ? newline : l->end) - l->p);
	l->p = newline ? newline + 1 : l->end;
	return true;
}

bool
probe_named(const struct probe *p, const char *suffixes)
{
	size_t n = strlen(p->path);
	while (*suffixes) {
		size_t len = strcspn(suffixes, " ");
		if (len <= n && !strncasecmp(p->path + n - len, suffixes, len))
			return true;
		suffixes += len + (suffixes[len] == ' ');
	}
	return false;
}

bool
probe_named_log(const struct probe *p)
{
	/* "log.csv" is what anybody calls what was measured. */
	static const char *const stems[] = {"metrics", "training", "train", "scalars",
					    "loss",    "losses",   NULL};
	static const char *const parts[] = {"train_",   "train-", "training_", "training-",
					    "trainlog", "_loss",  "metrics_",  "_metrics",
					    "-metrics", NULL};
	const char *base = name_last(p->path);
	size_t n = strcspn(base, ".");
	for (int i = 0; stems[i]; i++)
		if (strlen(stems[i]) == n && !strncasecmp(base, stems[i], n))
			return true;
	for (int i = 0; parts[i]; i++)
		if (strcasestr(base, parts[i]))
			return true;
	return false;
}

bool
probe_names_machine(const char *name)
{
	static const char *const words[] = {"gpu", "cuda", "vram", "memory.", "power.draw"};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strcasestr(name, words[i]))
			return true;
	return false;
}

/* Text has hardly any control characters; files with none of the following begin with some. A run
 * of NULs counts once: a crash leaves those in any log. */
bool
probe_is_binary(const struct probe *p)
{
	static const char *const magic[] = {"\x1F\x8B",
					    "PK\3\4",
					    "\x89PNG",
					    "\xFF\xD8\xFF",
					    "\x89HDF",
					    "GIF8",
					    "%PDF-",
					    "BZh",
					    "\xFD"
					    "7zXZ",
					    "\x28\xB5\x2F\xFD",
					    "\x93NUMPY",
					    "GGUF",
					    "\x7F"
					    "ELF",
					    "SQLite format 3"};
	for (size_t i = 0; i < sizeof magic / sizeof *magic; i++)
		if (strlen(magic[i]) <= p->nhead && !memcmp(p->head, magic[i], strlen(magic[i])))
			return true;
	size_t n = p->nhead < 4096 ? p->nhead : 4096, controls = 0;
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)p->head[i];
		bool usual = c >= 0x20 || (c >= '\b' && c <= '\r') || c == '\x1B';
		controls += !usual && !(c == 0 && i && !p->head[i - 1]);
	}
	return controls * 64 > n;
}

enum probe_verdict
probe_say(struct probe *p, enum probe_verdict v, const char *fmt, ...)
{
	char text[200];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	str_reset(&p->reason);
	str_adds(&p->reason, text);
	return v;
}

static enum probe_verdict
ask_each(struct probe *p, const struct source_ops **ops)
{
	bool binary = probe_is_binary(p);
	enum probe_verdict best = PROBE_NO;
	for (int i = 0; source_table[i]; i++) {
		if (binary && !source_table[i]->binary)
			continue;
		enum probe_verdict v = source_table[i]->probe(p);
		if (v == PROBE_YES) {
			*ops = source_table[i];
			return v;
		}
		/* What may yet become a log is looked at again, even if another format gave it
		 * up; but a table will hardly become a text. */
		bool table = best == PROBE_LEAVE && source_table[i] == &text_source &&
			     !probe_named(p, ".log .out .err");
		if ((v == PROBE_MORE && !table) || (v == PROBE_LEAVE && best == PROBE_NO))
			best = v;
	}
	return best;
}

enum probe_verdict
source_probe(struct probe *p, const struct source_ops **ops)
{
	*ops = NULL;
	if (p->nhead == 0)
		return p->whole ? PROBE_MORE : PROBE_NO;
	if (!p->forced && own_output(p->path, p->head, p->nhead))
		return probe_say(p, PROBE_LEAVE, "mm itself wrote it");
	enum probe_verdict v = ask_each(p, ops);
	if (p->forced || !run_is_copy(p->path))
		return v;
	/* Thousands of pictures may lie there: what looked like a log is worth a word, no more. */
	*ops = NULL;
	return v == PROBE_YES || v == PROBE_LEAVE
		       ? probe_say(p, PROBE_LEAVE, "kept beside a log that says more")
		       : PROBE_NO;
}
