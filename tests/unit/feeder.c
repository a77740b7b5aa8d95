/* Bytes are handed in from memory of exactly their size, so that a sanitizer sees the first read
 * beyond them. */
#include "tests/unit/feeder.h"

#include "core/xalloc.h"

#include <dirent.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static void
feed(struct feeder *f, bool at_end)
{
	char *exact = xmemdup(str_c(&f->pending), f->pending.len);
	f->source->hole = (struct hole){.settled = f->settled};
	size_t took = f->source->ops->feed(f->source, exact, f->pending.len, f->offset, at_end, 1);
	free(exact);
	assert_true(took <= f->pending.len);
	if (at_end)
		assert_int_equal(took, f->pending.len);
	struct str rest = STR_INIT;
	str_add(&rest, str_c(&f->pending) + took, f->pending.len - took);
	str_release(&f->pending);
	f->pending = rest;
	f->offset += took;
}

static void
open_source(struct feeder *f, const char *format, const char *path)
{
	struct log_desc d = {
		.path = path,
		.run = FEED_RUN,
		.prefix = f->env.prefix,
		.format = format,
		.reason = "",
	};
	const struct source_ops *ops = source_by_name(format);
	assert_non_null(ops);
	f->env.log = f->sink->ops->log_open(f->sink, &d);
	f->env.path = path;
	f->source = ops->new (&f->env);
}

void
feeder_init(struct feeder *f, const char *format, const char *prefix)
{
	*f = (struct feeder){.sink = recorder_new(), .pending = STR_INIT, .settled = UINT64_MAX};
	f->env = (struct source_env){.sink = f->sink, .prefix = prefix, .tz_offset_s = 0};
	open_source(f, format, FEED_PATH);
}

void
feeder_name(struct feeder *f, const char *path)
{
	const struct source_ops *ops = f->source->ops;
	ops->free(f->source);
	open_source(f, ops->name, path);
}

void
feeder_release(struct feeder *f)
{
	f->source->ops->free(f->source);
	recorder_free(f->sink);
	str_release(&f->pending);
}

void
feeder_bytes(struct feeder *f, const char *p, size_t n)
{
	str_add(&f->pending, p, n);
	feed(f, false);
}

void
feeder_text(struct feeder *f, const char *z)
{
	feeder_bytes(f, z, strlen(z));
}

void
feeder_end(struct feeder *f)
{
	feed(f, true);
}

void
feeder_restart(struct feeder *f)
{
	const struct source_ops *ops = f->source->ops;
	struct str state = STR_INIT;
	ops->save(f->source, &state);
	ops->free(f->source);
	f->source = ops->new (&f->env);
	char *exact = xmemdup(str_c(&state), state.len);
	assert_true(ops->load(f->source, exact, state.len));
	free(exact);
	struct str again = STR_INIT;
	ops->save(f->source, &again);
	assert_int_equal(again.len, state.len);
	assert_memory_equal(str_c(&again), str_c(&state), state.len);
	str_release(&again);
	str_release(&state);
}

char *
feed_rows(const char *format, const char *text, bool timed)
{
	struct feeder f;
	feeder_init(&f, format, "");
	feeder_text(&f, text);
	feeder_end(&f);
	char *rows = xstrdup(timed ? recorder_rows_timed(f.sink, FEED_PATH)
				   : recorder_rows(f.sink, FEED_PATH));
	feeder_release(&f);
	return rows;
}

char *
feed_remarks(const char *format, const char *text)
{
	struct feeder f;
	feeder_init(&f, format, "");
	feeder_text(&f, text);
	feeder_end(&f);
	char *remarks = xstrdup(recorder_remarks(f.sink, FEED_PATH));
	feeder_release(&f);
	return remarks;
}

void
check_feed_(const char *format, const char *text, const char *rows, const char *remarks,
	    const char *file, int line)
{
	char *got = feed_rows(format, text, false);
	if (rows)
		_assert_string_equal(got, rows, file, line);
	free(got);
	got = feed_remarks(format, text);
	if (remarks)
		_assert_string_equal(got, remarks, file, line);
	free(got);
}

/* In pieces of PIECE bytes, the first one of FIRST; RESTART after each. */
static char *
dump_in_pieces(const char *format, const char *p, size_t n, size_t first, size_t piece,
	       bool restart)
{
	struct feeder f;
	feeder_init(&f, format, "");
	for (size_t at = 0, len = first; at < n; at += len, len = piece) {
		if (len > n - at)
			len = n - at;
		feeder_bytes(&f, p + at, len);
		if (restart)
			feeder_restart(&f);
	}
	feeder_end(&f);
	char *dump = xstrdup(recorder_dump(f.sink));
	feeder_release(&f);
	return dump;
}

static void
check_pieces(const char *format, const char *p, size_t n, const char *want, size_t first,
	     size_t piece)
{
	for (int restart = 0; restart < 2; restart++) {
		char *got = dump_in_pieces(format, p, n, first, piece, restart);
		if (strcmp(got, want))
			fail_msg("cut at %zu, then each %zu bytes%s:\n%s\nin one piece:\n%s", first,
				 piece, restart ? ", restarted" : "", got, want);
		free(got);
	}
}

void
check_cuts(const char *format, const char *p, size_t n)
{
	char *want = dump_in_pieces(format, p, n, n, n, false);
	/* Long texts are cut at a sample of places: what matters is near. */
	size_t stride = 1 + n / 600;
	for (size_t at = 1; at < n; at += stride)
		check_pieces(format, p, n, want, at, n);
	for (size_t piece = 1; piece < 20; piece += 1 + piece / 3)
		check_pieces(format, p, n, want, piece, piece);
	free(want);
}

void
check_pieces_of(const char *format, const char *p, size_t n, size_t piece)
{
	char *want = dump_in_pieces(format, p, n, n, n, false);
	check_pieces(format, p, n, want, piece, piece);
	free(want);
}

void
check_cuts_of_corpus(const char *format, const char *dir)
{
	static char text[1 << 16];
	char path[512];
	int files = 0;
	DIR *d = opendir(dir);
	assert_non_null(d);
	for (struct dirent *e; (e = readdir(d));) {
		if (e->d_name[0] == '.')
			continue;
		snprintf(path, sizeof path, "%s/%s", dir, e->d_name);
		FILE *f = fopen(path, "rb");
		assert_non_null(f);
		size_t n = fread(text, 1, sizeof text, f);
		fclose(f);
		check_cuts(format, text, n);
		files++;
	}
	closedir(d);
	assert_true(files > 0);
}
