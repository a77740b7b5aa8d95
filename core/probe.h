/* probe.h - the formats there are, and what their probes have in common. */
#ifndef CORE_PROBE_H
#define CORE_PROBE_H

#include "core/source.h"

#include <stdbool.h>
#include <stddef.h>

extern const struct source_ops csv_source, json_source, jsonl_source, mlflow_source, params_source,
	text_source, tfevents_source, wandb_source;

enum probe_verdict csv_probe(struct probe *p);
enum probe_verdict json_probe(struct probe *p);
enum probe_verdict jsonl_probe(struct probe *p);
enum probe_verdict mlflow_probe(struct probe *p);
enum probe_verdict params_probe(struct probe *p);
enum probe_verdict text_probe(struct probe *p);
enum probe_verdict tfevents_probe(struct probe *p);
enum probe_verdict wandb_probe(struct probe *p);

/* Lines of the head. All zero but P, END to begin. */
struct probe_lines {
	const char *p, *end; /* what is left */
	const char *line;
	size_t n; /* without its newline */
	bool cut; /* its newline is not there */
};

/* Behind a byte order mark. */
void probe_lines_init(struct probe_lines *l, const struct probe *p);
bool probe_lines_next(struct probe_lines *l);

/* The file's name ends in one of the blank-separated suffixes (".csv .tsv"), in any case. */
bool probe_named(const struct probe *p, const char *suffixes);
/* The file is called as logs are, and as little else. */
bool probe_named_log(const struct probe *p);
/* NAME, of a column or key, is of what a machine that trains is doing. */
bool probe_names_machine(const char *name);
/* It cannot be text. */
bool probe_is_binary(const struct probe *p);
/* Sets the reason and returns V. */
enum probe_verdict probe_say(struct probe *p, enum probe_verdict v, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#endif
