#include "tests/unit/wandb_write.h"

#include "tests/unit/leveldb_write.h"
#include "tests/unit/pbwrite.h"

#include <string.h>

struct str
wandb_file(void)
{
	struct str file = STR_INIT;
	leveldb_write_header(&file);
	return file;
}

/* Between the fields that matter are some that don't, as in real files. */
void
wandb_write_record(struct str *file, uint32_t number, struct str *inner)
{
	enum { NUM = 1, CONTROL = 16, INFO = 200 };
	struct str record = STR_INIT, control = STR_INIT, info = STR_INIT;
	pbw_varint(&record, NUM, file->len);
	pbw_varint(&control, 5, 1);
	pbw_text(&info, 1, "g9dvvkua");
	pbw_message(&record, number, inner);
	pbw_message(&record, CONTROL, &control);
	pbw_message(&record, INFO, &info);
	leveldb_write(file, record.buf, record.len);
	str_release(&record);
}

static void
add_item(struct str *out, uint32_t number, const char *p, size_t n)
{
	enum { KEY = 1, NESTED = 2, VALUE = 16 };
	struct str item = STR_INIT;
	const char *is = memchr(p, '=', n);
	size_t nname = is ? (size_t)(is - p) : n;
	bool nested = memchr(p, '>', nname) != NULL;
	for (size_t at = 0; at < nname;) {
		const char *sep = memchr(p + at, '>', nname - at);
		size_t len = sep ? (size_t)(sep - p) - at : nname - at;
		if (len)
			pbw_bytes(&item, nested ? NESTED : KEY, p + at, len);
		at += len + (sep != NULL);
	}
	if (is)
		pbw_bytes(&item, VALUE, is + 1, n - nname - 1);
	pbw_message(out, number, &item);
}

static void
add_items(struct str *out, uint32_t number, const char *items)
{
	while (*items) {
		size_t n = strcspn(items, ";");
		add_item(out, number, items, n);
		items += n + (items[n] == ';');
	}
}

void
wandb_write_history(struct str *file, int64_t step, const char *items)
{
	struct str m = STR_INIT, s = STR_INIT;
	add_items(&m, 1, items);
	if (step && step != WANDB_NO_STEP)
		pbw_varint(&s, 1, (uint64_t)step); /* a step of 0 is a message of no bytes */
	if (step != WANDB_NO_STEP)
		pbw_message(&m, 2, &s);
	wandb_write_record(file, 2, &m);
}

void
wandb_write_stats(struct str *file, int64_t seconds, const char *items)
{
	struct str m = STR_INIT, t = STR_INIT;
	pbw_varint(&t, 1, (uint64_t)seconds);
	pbw_varint(&t, 2, 250000000);
	if (seconds)
		pbw_message(&m, 2, &t);
	add_items(&m, 3, items);
	str_release(&t);
	wandb_write_record(file, 7, &m);
}

void
wandb_write_config(struct str *file, const char *items)
{
	struct str m = STR_INIT;
	add_items(&m, 1, items);
	wandb_write_record(file, 5, &m);
}

void
wandb_write_summary(struct str *file, const char *items)
{
	struct str m = STR_INIT;
	add_items(&m, 1, items);
	wandb_write_record(file, 3, &m);
}

void
wandb_write_run(struct str *file, const char *display_name, const char *config)
{
	struct str m = STR_INIT, c = STR_INIT;
	pbw_text(&m, 1, "g9dvvkua");
	pbw_text(&m, 3, "project");
	add_items(&c, 1, config);
	pbw_message(&m, 4, &c);
	if (*display_name)
		pbw_text(&m, 8, display_name);
	wandb_write_record(file, 17, &m);
}

void
wandb_write_exit(struct str *file, int code)
{
	struct str m = STR_INIT;
	if (code)
		pbw_varint(&m, 1, (uint64_t)(int64_t)code);
	pbw_varint(&m, 2, 1563);
	wandb_write_record(file, 18, &m);
}

void
wandb_write_output(struct str *file, const char *line)
{
	struct str m = STR_INIT;
	pbw_varint(&m, 1, 1);
	pbw_text(&m, 3, line);
	wandb_write_record(file, 13, &m);
}

void
wandb_write_alert(struct str *file, const char *title, const char *text, const char *level)
{
	struct str m = STR_INIT;
	pbw_text(&m, 1, title);
	pbw_text(&m, 2, text);
	pbw_text(&m, 3, level);
	wandb_write_record(file, 10, &m);
}

void
wandb_write_metric(struct str *file, const char *name, int goal, bool min, bool max)
{
	enum { METRIC = 12, NAME = 1, GLOB = 2, STEP_METRIC = 4, SUMMARY = 7, GOAL = 8 };
	struct str m = STR_INIT, s = STR_INIT;
	pbw_text(&m, name[strlen(name) - 1] == '*' ? GLOB : NAME, name);
	pbw_text(&m, STEP_METRIC, "epoch");
	if (min)
		pbw_varint(&s, 1, 1);
	if (max)
		pbw_varint(&s, 2, 1);
	pbw_varint(&s, 3, 1); /* the mean too */
	pbw_message(&m, SUMMARY, &s);
	if (goal)
		pbw_varint(&m, GOAL, (uint64_t)goal);
	wandb_write_record(file, METRIC, &m);
}
