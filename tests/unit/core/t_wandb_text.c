/* What a `.wandb` file has of what was printed, as text. */
#include "core/wandb_text.h"

#include "tests/unit/pbwrite.h"
#include "tests/unit/wandb_write.h"

#include "core/xalloc.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

enum { RAW = 13, LINES = 4, AT = 1704110400 /* 2024-01-01 12:00:00 UTC */ };

static char *path;
static struct wandb_texts texts;
static struct str file;

static void
put(const void *p, size_t n, int flags)
{
	int fd = open(path, O_WRONLY | O_CREAT | flags, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, p, n), n);
	close(fd);
}

static int
setup(void **state)
{
	const char *tmp = getenv("TMP");
	(void)state;
	path = xasprintf("%s/t_wandb_text.XXXXXX", tmp ? tmp : "/tmp");
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	close(fd);
	file = wandb_file();
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	wandb_texts_release(&texts);
	str_release(&file);
	unlink(path);
	free(path);
	return 0;
}

/* TEXT went to STREAM (0: stderr, 1: stdout), S seconds after AT; negative: at no known time. */
static void
printed(uint32_t kind, unsigned stream, int s, const char *text)
{
	struct str m = STR_INIT, time = STR_INIT;
	pbw_varint(&m, 1, stream);
	if (s >= 0) {
		pbw_varint(&time, 1, (uint64_t)(AT + s));
		pbw_message(&m, 2, &time);
	}
	pbw_text(&m, 3, text);
	wandb_write_record(&file, kind, &m);
}

/* The whole text, shown as SEQ: escapes left out. Opened anew until there is no more. */
static void
expect(const char *want)
{
	struct log_file f;
	struct err e = {0};
	struct str got = STR_INIT;
	const char *p;
	do {
		assert_int_equal(wandb_texts_open(&texts, &f, path, 0, 0, &e), 0);
		str_reset(&got);
		size_t n = log_file_bytes(&f, 0, f.size, &p);
		str_add(&got, p, n);
		bool more = f.more;
		log_file_close(&f);
		if (!more)
			break;
	} while (true);
	assert_string_equal(str_c(&got), want);
	str_release(&got);
}

#define T(s) "\033[2m2024-01-01 12:00:0" s "\033[0m "

static void
lines_have_their_time_and_other_records_are_passed_over(void **state)
{
	(void)state;
	printed(RAW, 1, 0, "one\n");
	wandb_write_history(&file, 1, "loss=1");
	printed(RAW, 1, 1, "two ");
	printed(RAW, 1, 2, "parts\nand three\n");
	printed(RAW, 1, -1, "no time\n");
	wandb_write_exit(&file, 0);
	put(file.buf, file.len, O_TRUNC);
	expect(T("0") "one\n" T("1") "two parts\n" T("2") "and three\nno time\n");
	assert_true(wandb_text_has(path));
}

/* Older writers have whole lines, without line feeds. */
static void
whole_lines(void **state)
{
	(void)state;
	printed(LINES, 1, 0, "one");
	printed(LINES, 0, 1, "two\n");
	put(file.buf, file.len, O_TRUNC);
	expect(T("0") "one\n" T("1") "two\n");
}

static void
a_bar_overwrites_itself(void **state)
{
	(void)state;
	printed(RAW, 0, 0, "\r 10%\r 20%");
	printed(RAW, 0, 1, "\r 30%");
	printed(RAW, 0, 2, "\n");
	printed(RAW, 0, 3, " 1/2\r");
	printed(RAW, 0, 4, " 2/2\r\n");
	put(file.buf, file.len, O_TRUNC);
	expect(T("0") " 20%\r" T("1") " 30%\n" T("3") " 1/2\r" T("4") " 2/2\r\n");
}

static void
streams_do_not_share_a_line(void **state)
{
	(void)state;
	printed(RAW, 0, 0, " 10%");
	printed(RAW, 1, 1, "to stdout\n");
	printed(RAW, 0, 2, "\r 20%");
	put(file.buf, file.len, O_TRUNC);
	expect(T("0") " 10%\n" T("1") "to stdout\n" T("2") " 20%");
}

static void
cut_anywhere_it_is_the_same(void **state)
{
	(void)state;
	printed(RAW, 1, 0, "one\nt");
	printed(RAW, 1, 1, "wo\n");
	wandb_write_history(&file, 1, "loss=1");
	printed(RAW, 0, 2, "\r 1%");
	printed(RAW, 0, 3, "\r 2%");
	const char *want = T("0") "one\n" T("0") "two\n" T("2") " 1%\r" T("3") " 2%";
	for (size_t cut = 7; cut < file.len; cut++) {
		struct log_file f;
		struct err e = {0};
		unlink(path);
		put(file.buf, cut, O_TRUNC);
		assert_int_equal(wandb_texts_open(&texts, &f, path, 0, 0, &e), 0);
		log_file_close(&f);
		put(file.buf + cut, file.len - cut, O_APPEND);
		expect(want);
	}
}

static void
another_file_is_another_text(void **state)
{
	(void)state;
	printed(RAW, 1, 0, "before, and much of it, so that the other one is shorter\n");
	put(file.buf, file.len, O_TRUNC);
	expect(T("0") "before, and much of it, so that the other one is shorter\n");
	str_release(&file);
	file = wandb_file();
	printed(RAW, 1, 1, "behind\n");
	put(file.buf, file.len, O_TRUNC);
	expect(T("1") "behind\n");
	unlink(path);
	put("plain text\n", 11, 0);
	expect("plain text\n");
	assert_false(wandb_text_has(path));
}

static void
nothing_was_printed(void **state)
{
	(void)state;
	wandb_write_history(&file, 1, "loss=1");
	put(file.buf, file.len, O_TRUNC);
	expect("");
	assert_false(wandb_text_has(path));
	unlink(path);
	assert_false(wandb_text_has(path));
}

/* A damaged block costs what stands in it, no more. */
static void
damage_is_passed_over(void **state)
{
	(void)state;
	size_t from;
	printed(RAW, 1, 0, "one\n");
	from = file.len;
	for (int i = 0; i < 2000; i++)
		printed(RAW, 1, 1, "filling filling filling filling\n");
	printed(RAW, 1, 9, "last\n");
	memset(file.buf + from, 0xFF, 100);
	put(file.buf, file.len, O_TRUNC);
	struct log_file f;
	struct err e = {0};
	const char *p;
	do {
		assert_int_equal(wandb_texts_open(&texts, &f, path, 0, INT64_MAX, &e), 0);
		if (f.more)
			log_file_close(&f);
	} while (f.more);
	size_t n = log_file_line(&f, log_file_start(&f, f.size - 1), f.size, &p);
	assert_int_equal(n, strlen(T("9") "last"));
	assert_memory_equal(p, T("9") "last", n);
	n = log_file_line(&f, 0, log_file_end(&f, 0), &p);
	assert_memory_equal(p, T("0") "one", n);
	log_file_close(&f);
}

/* Over a network a page may come after those behind it: nothing of it is lost. Zeros that nobody
 * has filled for long are damage. */
static void
a_page_that_is_not_there_yet_is_waited_for(void **state)
{
	(void)state;
	enum { PAGE = 4096, LINES_EACH = 100 };
	struct str want = STR_INIT, part = STR_INIT;
	for (int i = 0; i < 3 * LINES_EACH; i++) {
		char line[64];
		snprintf(line, sizeof line, "line %d of some that fill pages\n", i);
		printed(RAW, 1, -1, line);
		str_adds(&want, line);
		if (file.len < PAGE)
			str_adds(&part, line);
	}
	char *whole = xmemdup(file.buf, file.len);
	memset(file.buf + PAGE, 0, PAGE);
	put(file.buf, file.len, O_TRUNC);
	expect(str_c(&part));
	put(whole, file.len, 0);
	expect(str_c(&want));

	struct timespec long_ago[2] = {{.tv_sec = AT}, {.tv_sec = AT}};
	const char *last = "line 299 of some that fill pages\n";
	put(file.buf, file.len, O_TRUNC);
	wandb_texts_release(&texts);
	assert_int_equal(utimensat(AT_FDCWD, path, long_ago, 0), 0);
	struct log_file f;
	struct err e = {0};
	const char *p;
	assert_int_equal(wandb_texts_open(&texts, &f, path, 0, INT64_MAX, &e), 0);
	assert_true(f.size > part.len && f.size < want.len);
	assert_int_equal(log_file_bytes(&f, f.size - strlen(last), f.size, &p), strlen(last));
	assert_memory_equal(p, last, strlen(last));
	log_file_close(&f);
	free(whole);
	str_release(&want);
	str_release(&part);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			lines_have_their_time_and_other_records_are_passed_over, setup, teardown),
		cmocka_unit_test_setup_teardown(whole_lines, setup, teardown),
		cmocka_unit_test_setup_teardown(a_bar_overwrites_itself, setup, teardown),
		cmocka_unit_test_setup_teardown(streams_do_not_share_a_line, setup, teardown),
		cmocka_unit_test_setup_teardown(cut_anywhere_it_is_the_same, setup, teardown),
		cmocka_unit_test_setup_teardown(another_file_is_another_text, setup, teardown),
		cmocka_unit_test_setup_teardown(nothing_was_printed, setup, teardown),
		cmocka_unit_test_setup_teardown(damage_is_passed_over, setup, teardown),
		cmocka_unit_test_setup_teardown(a_page_that_is_not_there_yet_is_waited_for, setup,
						teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
