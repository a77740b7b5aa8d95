/* wandb_write.h - writes `.wandb` files, for the tests of what reads them. */
#ifndef TESTS_UNIT_WANDB_WRITE_H
#define TESTS_UNIT_WANDB_WRITE_H

#include "core/str.h"

#include <stdbool.h>
#include <stdint.h>

#define WANDB_NO_STEP INT64_MIN

/* An empty file, with its header. */
struct str wandb_file(void);

/* Each appends a record to FILE. ITEMS is "name=json;other=json", ";" between them; a name of
 * several keys has ">" between those. Older writers have one key an item, which may hold an
 * object; current ones always write a list of keys: those of names that begin with ">". */
void wandb_write_history(struct str *file, int64_t step, const char *items);
/* SECONDS since 1970, or 0: the record has no time. */
void wandb_write_stats(struct str *file, int64_t seconds, const char *items);
void wandb_write_config(struct str *file, const char *items);
void wandb_write_summary(struct str *file, const char *items);
void wandb_write_run(struct str *file, const char *display_name, const char *config);
void wandb_write_exit(struct str *file, int code);
void wandb_write_output(struct str *file, const char *line);
void wandb_write_alert(struct str *file, const char *title, const char *text, const char *level);
/* define_metric(): NAME (that of many ends in *), a goal (0, 1 min, 2 max), and whether the summary
 * keeps the minimum, the maximum. */
void wandb_write_metric(struct str *file, const char *name, int goal, bool min, bool max);
/* A record of one field, NUMBER, which holds INNER (released). */
void wandb_write_record(struct str *file, uint32_t number, struct str *inner);

#endif
