/* Text files by lines: from any place, forth and back, searched, and by step or time. */
#include "core/log_file.h"

#include "core/clock.h"
#include "core/log_find.h"
#include "core/log_place.h"
#include "core/log_serve.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static char path[64];

static void
write_file(const void *p, size_t n)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, p, n), n);
	close(fd);
}

static void
open_file(struct log_file *f, uint64_t block)
{
	struct err e;
	assert_int_equal(log_file_open(f, path, &e), 0);
	f->block = block;
}

static uint32_t
next(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 8;
}

/* By the definition: does a line begin at AT? */
static bool
begins(const char *p, size_t at, size_t block)
{
	if (at == 0 || p[at - 1] == '\n')
		return true;
	return at % block == 0 && !memchr(p + at - block, '\n', block);
}

static void
lines_begin_and_end_where_the_definition_says(void **state)
{
	(void)state;
	uint32_t seed = 3;
	char buf[300];
	for (int round = 0; round < 300; round++) {
		size_t n = next(&seed) % sizeof buf, block = 1 + next(&seed) % 20;
		unsigned rare = 1 + next(&seed) % 40;
		for (size_t i = 0; i < n; i++)
			buf[i] = next(&seed) % rare == 0 ? '\n' : 'a';
		write_file(buf, n);
		struct log_file f;
		open_file(&f, block);
		size_t start = 0;
		for (size_t at = 0; at <= n; at++) {
			if (begins(buf, at, block))
				start = at;
			assert_int_equal(log_file_start(&f, at), start);
		}
		for (size_t at = 0; at < n; at++) {
			if (!begins(buf, at, block))
				continue;
			size_t end = at + 1;
			while (end < n && !begins(buf, end, block))
				end++;
			assert_int_equal(log_file_end(&f, at), end);
			assert_true(end - at < 2 * block);
		}
		log_file_close(&f);
	}
}

/* Several chunks, and a line over their border. */
static void
lines_over_the_borders_of_reading(void **state)
{
	(void)state;
	size_t n = 900000;
	char *buf = malloc(n);
	assert_non_null(buf);
	memset(buf, 'x', n);
	buf[100] = buf[200000] = buf[200001] = buf[899999] = '\n';
	write_file(buf, n);
	struct log_file f;
	open_file(&f, LOG_BLOCK);
	const char *p;
	assert_int_equal(log_file_start(&f, 150000), 101);
	assert_int_equal(log_file_end(&f, 101), 200001);
	assert_int_equal(log_file_line(&f, 101, 200001, &p), 199899);
	assert_int_equal(log_file_line(&f, 200001, 200002, &p), 0);
	assert_int_equal(log_file_start(&f, n), n);
	assert_int_equal(log_file_bytes(&f, n - 2, n + 10, &p), 2);
	assert_memory_equal(p, "x\n", 2);
	log_file_close(&f);
	free(buf);
}

static void
of_a_bar_its_last_states(void **state)
{
	(void)state;
	struct str s = STR_INIT;
	for (int i = 0; i < 20000; i++)
		str_addf(&s, "\r%5d/20000 [######]", i);
	str_adds(&s, "\r\n");
	write_file(s.buf, s.len);
	struct log_file f;
	const char *p;
	open_file(&f, LOG_BLOCK);
	size_t n = log_file_line(&f, 0, s.len, &p);
	assert_true(n < 70000 && n > 20);
	assert_memory_equal(p + n - 20, "19999/20000 [######]", 20);
	assert_int_equal(p[5], '/');
	log_file_close(&f);
	str_release(&s);
}

/* All that is found one after the other, "AT AT …". */
static void
find_all(struct log_file *f, const char *text, bool back, struct str *out)
{
	uint64_t at = back ? f->size : 0;
	for (;;) {
		switch (log_find(f, text, back, &at, 0)) {
		case LOG_NONE:
			return;
		case LOG_FOUND:
			str_addf(out, "%llu ", (unsigned long long)at);
			if (!back)
				at = log_file_end(f, at);
			break;
		case LOG_AGAIN:
			break;
		}
	}
}

/* Lines that can be passed by the chunk, and lines that have to be looked at one by one. */
static void
finds_forth_and_back_however_often_it_is_interrupted(void **state)
{
	enum { LINES = 15000, EVERY = 1371 };
	(void)state;
	for (int plain = 0; plain < 2; plain++) {
		struct str s = STR_INIT, want = STR_INIT, back = STR_INIT, got = STR_INIT;
		uint64_t at[LINES / EVERY + 1];
		int n = 0;
		for (int i = 0; i < LINES; i++) {
			if (i % EVERY == 3) {
				at[n++] = s.len;
				str_addf(&s,
					 plain ? "line %d has Needle in it\n"
					       : "line %d has \x1B[1mNee\x1B[0mdle in it\n",
					 i);
			} else {
				str_addf(&s, plain ? "line %d\n" : "line\t%d\n", i);
			}
		}
		for (int i = 0; i < n; i++) {
			str_addf(&want, "%llu ", (unsigned long long)at[i]);
			str_addf(&back, "%llu ", (unsigned long long)at[n - 1 - i]);
		}
		write_file(s.buf, s.len);
		struct log_file f;
		open_file(&f, LOG_BLOCK);
		find_all(&f, "needle", false, &got);
		assert_string_equal(str_c(&got), str_c(&want));
		str_reset(&got);
		find_all(&f, "Needle", true, &got);
		assert_string_equal(str_c(&got), str_c(&back));
		str_reset(&got);
		find_all(&f, "NEEDLE", false, &got);
		find_all(&f, "no such thing", true, &got);
		find_all(&f, "", true, &got);
		find_all(&f, NULL, true, &got);
		assert_int_equal(got.len, 0);
		/* one interrupted search is one that goes on */
		uint64_t from = 0;
		if (!plain) {
			assert_int_equal(log_find(&f, "no such thing", false, &from, 0), LOG_AGAIN);
			assert_true(from > 0 && from < f.size);
		}
		log_file_close(&f);
		str_release(&s);
		str_release(&want);
		str_release(&back);
		str_release(&got);
	}
}

/* What is passed at a glance is what would have been found line by line. */
static void
nothing_is_passed_over(void **state)
{
	static const char *const lines[] = {"step 1 | loss 0.5",
					    "ValueError: x",
					    "a\ttab",
					    "E0101 12:00:00.0 1 f.cc:1] x",
					    "Killed",
					    "",
					    "some longer line that says nothing of interest at all",
					    "\x1B[31mERROR\x1B[0m: y",
					    "NEEdle",
					    "r\rRuntimeError: z"};
	uint32_t seed = 99;
	struct str scratch = STR_INIT;
	(void)state;
	for (int round = 0; round < 5; round++) {
		struct str s = STR_INIT;
		struct str want[2] = {STR_INIT, STR_INIT}, got = STR_INIT;
		unsigned rare = 1 + next(&seed) % 4000;
		while (s.len < 200000) {
			const char *l = next(&seed) % rare ? lines[6] : lines[next(&seed) % 10];
			if (log_error_is(l, l + strlen(l), &scratch))
				str_addf(&want[0], "%zu ", s.len);
			if (strstr(l, "NEEdle"))
				str_addf(&want[1], "%zu ", s.len);
			str_addf(&s, "%s\n", l);
		}
		write_file(s.buf, s.len);
		struct log_file f;
		open_file(&f, LOG_BLOCK);
		for (int k = 0; k < 2; k++) {
			str_reset(&got);
			find_all(&f, k ? "needle" : NULL, false, &got);
			assert_string_equal(str_c(&got), str_c(&want[k]));
			/* and back: the same places, turned round */
			size_t forth = got.len;
			str_reset(&got);
			find_all(&f, k ? "needle" : NULL, true, &got);
			assert_int_equal(got.len, forth);
			str_release(&want[k]);
		}
		log_file_close(&f);
		str_release(&s);
		str_release(&got);
	}
	str_release(&scratch);
}

static void
what_was_overwritten_is_not_found(void **state)
{
	(void)state;
	static const char text[] = "10% first\r20% other\nthird, unended";
	write_file(text, sizeof text - 1);
	struct log_file f;
	uint64_t at = 0;
	open_file(&f, LOG_BLOCK);
	assert_int_equal(log_find(&f, "first", false, &at, INT64_MAX), LOG_NONE);
	at = 0;
	assert_int_equal(log_find(&f, "other", false, &at, INT64_MAX), LOG_FOUND);
	assert_int_equal(at, 0);
	at = f.size;
	assert_int_equal(log_find(&f, "unended", true, &at, INT64_MAX), LOG_FOUND);
	assert_int_equal(at, 20);
	log_file_close(&f);
}

static void
what_tells_of_an_error(void **state)
{
	static const char *const errors[] = {
		"Traceback (most recent call last):",
		"[rank3]: Traceback (most recent call last):",
		"ValueError: no more data",
		"[rank0]: torch.cuda.OutOfMemoryError: CUDA out of memory. Tried to allocate",
		"3: RuntimeError: NCCL error",
		"KeyboardInterrupt",
		"2024-01-01 12:00:00,000 - root - ERROR - cannot open shard",
		"2024-01-01 12:00:00 ERROR failed to load",
		"[2024-01-01 12:00:00,000][train][ERROR] - bad",
		"ERROR: unable to resolve",
		"\x1B[31mERROR\x1B[0m something broke",
		"E0101 12:00:00.000000 123 file.cc:12] Check failed",
		"FATAL: cannot go on",
		"CRITICAL:root:out of luck",
		"python: error: can't open file 'x.py'",
		"kernel.cu:10: error: expected a ';'",
		"fatal error: all goroutines are asleep",
		"error: pathspec did not match",
		"slurmstepd: error: *** JOB 4711 ON n1 CANCELLED AT 2024-01-01T00:00:00 ***",
		"bash: line 1: 4711 Killed  python train.py",
		"Killed",
		"RESOURCE_EXHAUSTED: Out of memory while trying to allocate 123 bytes",
		"OOM when allocating tensor with shape[64,512]",
		"=>> PBS: job killed: walltime 3601 exceeded limit 3600",
		"TERM_RUNLIMIT: job killed after reaching LSF run time limit.",
		"Segmentation fault (core dumped)",
		"terminate called after throwing an instance of 'c10::Error'",
		"train.sh: line 3: foo: command not found",
		"node1:123:456 [0] NCCL WARN Call to connect failed",
		"thread 'main' panicked at src/main.rs:3",
		"OSError: [Errno 28] No space left on device",
		"  0%|   | 0/10\rAssertionError",
	};
	static const char *const none[] = {
		"step 10 | loss 0.5 | error 0.25",
		"train/error: 0.25",
		"error: 0.25",
		"Error: nan",
		"epoch 3 error=0.1 ERROR=0.2",
		"ERROR 0.3",
		"validation error rate 0.1",
		"mean squared error is 0.5",
		"0 errors, 3 warnings",
		"no errors found",
		"the ERROR was small",
		"Training complete",
		"CriticalSection entered",
		"[ERRORS] 0",
		"loading terror dataset",
		"E = mc2",
		"Exception handling is on",
		"INFO: error_rate: 0.5",
		"killed time",
		"segmentation fault of the image begins",
		"",
		"  ",
	};
	struct str s = STR_INIT;
	(void)state;
	for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
		if (!log_error_is(errors[i], errors[i] + strlen(errors[i]), &s))
			fail_msg("no error: %s", errors[i]);
	for (size_t i = 0; i < sizeof none / sizeof *none; i++)
		if (log_error_is(none[i], none[i] + strlen(none[i]), &s))
			fail_msg("an error: %s", none[i]);
	str_release(&s);
}

/* -- places ----------------------------------------------------------------------------------- */

static int64_t
second(int i)
{
	return 1704110400 + i;
}

/* A log whose line I is of step 10 I and second I; noise between. Where each is in AT. */
static void
make_log(struct str *s, int n, bool stamped, uint64_t *at)
{
	for (int i = 0; i < n; i++) {
		for (int k = 0; k < (i % 50 == 0 ? 40 : 2); k++)
			str_addf(s, "something else is said here, at length, for the %d. time\n",
				 k);
		at[i] = s->len;
		if (stamped) {
			time_t t = (time_t)second(i);
			struct tm tm;
			char stamp[40];
			gmtime_r(&t, &tm);
			strftime(stamp, sizeof stamp, "%Y-%m-%d %H:%M:%S", &tm);
			str_addf(s, "%s,000 - root - INFO - ", stamp);
		}
		str_addf(s, "step %d/100000 | loss %.3f | lr 0.1\n", i * 10, 1.0 / (i + 1));
	}
}

static struct log_place
place(int64_t step, int64_t sec)
{
	return (struct log_place){
		.has_step = step >= 0,
		.unit = STEP_STEP,
		.step = step,
		.wall_us = sec * 1000000,
		.path = "/x/train.log",
		.now_us = INT64_C(1800000000000000),
	};
}

static void
a_step_is_found_and_a_time_is(void **state)
{
	enum { N = 4000 };
	static uint64_t at[N];
	uint32_t seed = 5;
	(void)state;
	for (int stamped = 0; stamped < 2; stamped++) {
		struct str s = STR_INIT;
		struct log_file f;
		make_log(&s, N, stamped, at);
		write_file(s.buf, s.len);
		open_file(&f, LOG_BLOCK);
		for (int round = 0; round < 25; round++) {
			int i = round < 2 ? round * (N - 1) : (int)(next(&seed) % N);
			uint64_t got = 0;
			struct log_place w = place(i * 10, 0);
			assert_true(log_place_find(&f, &w, &got));
			assert_int_equal(got, at[i]);
			w = place(i * 10 + 3, 0); /* between two */
			assert_true(log_place_find(&f, &w, &got));
			assert_int_equal(got, at[i]);
			w = place(-1, second(i));
			assert_int_equal(log_place_find(&f, &w, &got), stamped);
			if (stamped)
				assert_int_equal(got, at[i]);
		}
		log_file_close(&f);
		str_release(&s);
	}
}

/* Steps go back: the time says which of the two is meant. */
static void
after_a_restart_the_time_decides(void **state)
{
	enum { N = 3000 };
	static uint64_t at[N];
	struct str s = STR_INIT;
	struct log_file f;
	(void)state;
	for (int i = 0; i < N; i++) {
		time_t t = (time_t)second(i);
		struct tm tm;
		char stamp[40];
		gmtime_r(&t, &tm);
		strftime(stamp, sizeof stamp, "%Y-%m-%d %H:%M:%S", &tm);
		at[i] = s.len;
		str_addf(&s, "%s step %d/2000 | loss %d.5\n", stamp, i % 2000, i % 7);
	}
	write_file(s.buf, s.len);
	open_file(&f, LOG_BLOCK);
	uint64_t got = 0;
	struct log_place w = place(500, second(500));
	assert_true(log_place_find(&f, &w, &got));
	assert_int_equal(got, at[500]);
	w = place(500, second(2500));
	assert_true(log_place_find(&f, &w, &got));
	assert_int_equal(got, at[2500]);
	log_file_close(&f);
	str_release(&s);
}

static void
a_log_without_steps_and_times_has_no_places(void **state)
{
	static const char text[] = "hello\nworld, loss of 3\n";
	struct log_file f;
	uint64_t got;
	struct log_place w = place(5, second(5));
	(void)state;
	write_file(text, sizeof text - 1);
	open_file(&f, LOG_BLOCK);
	assert_false(log_place_find(&f, &w, &got));
	log_file_close(&f);
	write_file("", 0);
	open_file(&f, LOG_BLOCK);
	assert_false(log_place_find(&f, &w, &got));
	log_file_close(&f);
}

static void
the_last_words(void **state)
{
	static const char text[] = "step 1 loss 2\n"
				   "Traceback (most recent call last):\n"
				   "ValueError: early, and caught\n"
				   "step 2 loss 1\n"
				   "[rank1]: Traceback (most recent call last):\n"
				   "[rank1]: RuntimeError: it broke\n"
				   "srun: error: node1: task 1: Exited with exit code 1\n"
				   "slurmstepd: error: *** STEP 1.0 ON n1 CANCELLED AT "
				   "2024-01-01T00:00:00 ***\n";
	struct log_file f;
	uint64_t at;
	(void)state;
	write_file(text, sizeof text - 1);
	open_file(&f, LOG_BLOCK);
	assert_true(log_find_end(&f, "failed: RuntimeError: it broke", &at));
	assert_memory_equal(text + at, "[rank1]: RuntimeError", 21);
	assert_false(log_find_end(&f, "failed: nobody said so", &at));
	assert_true(log_find_end(&f, NULL, &at));
	assert_memory_equal(text + at, "slurmstepd", 10);
	log_file_close(&f);
	write_file("step 1 loss 2\n", 14);
	open_file(&f, LOG_BLOCK);
	assert_false(log_find_end(&f, NULL, &at));
	log_file_close(&f);
}

/* -- answers ---------------------------------------------------------------------------------- */

static void
asks(const char *words, const char *want)
{
	char copy[200], *args[8], *save = NULL;
	int n = 0;
	struct log_serve_env env = {.tz_offset_s = 0};
	struct str out = STR_INIT;
	struct err e = {0};
	snprintf(copy, sizeof copy, "%s", words);
	for (char *w = strtok_r(copy, " ", &save); w; w = strtok_r(NULL, " ", &save))
		args[n++] = w;
	int code = log_serve(path, &env, args, n, &out, &e);
	const char *got = str_c(&out);
	for (int i = 0; i < 4 && code == 0; i++) /* size, device, inode, head */
		got += strcspn(got, " ") + (got[strcspn(got, " ")] == ' ');
	assert_string_equal(code < 0 ? e.text : got, want);
	str_release(&out);
}

static void
questions_are_answered(void **state)
{
	static const char text[] = "one\n\x1B[31mtwo\x1B[0m\n\nfour words on it\nlast";
	(void)state;
	write_file(text, sizeof text - 1);
	asks("lines 0 2", "0 4 0 one 4 17 0 %1B[0;31mtwo%1B[0m");
	asks("lines 9 1", "4 17 0 %1B[0;31mtwo%1B[0m");
	asks("lines 17 1", "17 18 0 %");
	asks("lines end -2", "35 39 0 last 18 35 0 four%20words%20on%20it");
	asks("lines 18 -9", "17 18 0 % 4 17 0 %1B[0;31mtwo%1B[0m 0 4 0 one");
	asks("lines 0 -1", "");
	asks("lines end 1", "35 39 0 last");
	asks("lines 999999 5", "35 39 0 last");
	asks("find 0 forth WORDS", "none");
	asks("find 0 forth words", "found 18");
	asks("find end back o", "found 18");
	asks("find 18 back o", "found 4");
	asks("find 0 forth", "none");
	asks("place 0 5 -", "none");
	asks("last", "none");
	asks("lines", "lines FROM N");
	asks("lines x 1", "lines FROM N");
	asks("lines -1 1", "lines FROM N");
	asks("find 0 sideways x", "find FROM forth|back [TEXT]");
	asks("nonsense", "lines, find, place or last");
}

/* Whatever the content, an answer is a line of the control socket. */
static void
no_answer_is_too_long(void **state)
{
	char lines[] = "lines", zero[] = "0", many[] = "100000";
	char *args[] = {lines, zero, many};
	struct log_serve_env env = {.tz_offset_s = 0};
	static const char *const fill[] = {" ",    "x", "\xF0\x9F\x8E\x89", "\x1B[1;4;31mx\x1B[0my",
					   "\x01", "%"};
	(void)state;
	for (size_t i = 0; i < sizeof fill / sizeof *fill; i++)
		for (int newline = 0; newline < 2; newline++) {
			struct str s = STR_INIT, out = STR_INIT;
			struct err e;
			while (s.len < 1300000) {
				str_adds(&s, fill[i]);
				if (newline && s.len % 101 == 0)
					str_addc(&s, '\n');
			}
			str_addc(&s, 'x');
			write_file(s.buf, s.len);
			assert_int_equal(log_serve(path, &env, args, 3, &out, &e), 0);
			assert_in_range(out.len, 20, 63 << 10);
			str_release(&s);
			str_release(&out);
		}
}

static void
what_is_no_file_is_refused(void **state)
{
	struct log_file f;
	struct err e;
	(void)state;
	assert_int_equal(log_file_open(&f, "/nonexistent/x", &e), ERR_NOTFOUND);
	assert_int_equal(log_file_open(&f, "/dev/null", &e), ERR_FORMAT);
	assert_int_equal(log_file_open(&f, "/tmp", &e), ERR_FORMAT);
	unlink(path);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(log_file_open(&f, path, &e), ERR_FORMAT);
	unlink(path);
}

/* "a\nERROR: \xF6\U0001F600\nend\n" as UTF-16, either way about. */
static void
utf16_is_read_and_searched(void **state)
{
	static const uint16_t text[] = {0xFEFF, 'a',  '\n',   'E',    'R',  'R', 'O', 'R', ':',
					' ',    0xF6, 0xD83D, 0xDE00, '\n', 'e', 'n', 'd', '\n'};
	enum { N = sizeof text / sizeof *text };
	(void)state;
	for (int big = 0; big < 2; big++) {
		char buf[2 * N];
		for (int i = 0; i < N; i++) {
			buf[2 * i + !big] = (char)(text[i] >> 8);
			buf[2 * i + big] = (char)(text[i] & 0xFF);
		}
		write_file(buf, sizeof buf);
		struct log_file f;
		const char *p, *const want[] = {"a", "ERROR: \xC3\xB6\xF0\x9F\x98\x80", "end"};
		open_file(&f, LOG_BLOCK);
		uint64_t at = 0, error = 0;
		for (int i = 0; i < 3; i++) {
			uint64_t end = log_file_end(&f, at);
			size_t n = log_file_line(&f, at, end, &p);
			assert_int_equal(n, strlen(want[i]));
			assert_memory_equal(p, want[i], n);
			error = i == 1 ? at : error;
			at = end;
		}
		at = 0;
		assert_int_equal(log_find(&f, NULL, false, &at, INT64_MAX), LOG_FOUND);
		assert_int_equal(at, error);
		at = f.size;
		assert_int_equal(log_find(&f, "rror", true, &at, INT64_MAX), LOG_FOUND);
		assert_int_equal(at, error);
		log_file_close(&f);
	}
}

/* The fast way past most of a log looks at bytes, the verdict at what is shown of them. */
static void
an_error_in_colours_or_behind_a_bar_is_not_passed_over(void **state)
{
	static const char *const lines[] = {
		"\x1B[31mE0929 14:13:53.000 f.cc:1] x",
		"\x1B[1mValueErr\x1B[0mor: x",
		"10%\r20%\rE0929 14:13:53.000 f.cc:1] x",
		"  E0929 14:13:53.000 f.cc:1] x",
	};
	(void)state;
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		struct str s = STR_INIT, got = STR_INIT, scratch = STR_INIT;
		assert_true(log_error_is(lines[i], lines[i] + strlen(lines[i]), &scratch));
		str_addf(&s, "before\n%s\nbehind\n", lines[i]);
		write_file(s.buf, s.len);
		struct log_file f;
		open_file(&f, LOG_BLOCK);
		find_all(&f, NULL, false, &got);
		find_all(&f, NULL, true, &got);
		assert_string_equal(str_c(&got), "7 7 ");
		log_file_close(&f);
		str_release(&s);
		str_release(&got);
		str_release(&scratch);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_begin_and_end_where_the_definition_says),
		cmocka_unit_test(lines_over_the_borders_of_reading),
		cmocka_unit_test(of_a_bar_its_last_states),
		cmocka_unit_test(finds_forth_and_back_however_often_it_is_interrupted),
		cmocka_unit_test(nothing_is_passed_over),
		cmocka_unit_test(an_error_in_colours_or_behind_a_bar_is_not_passed_over),
		cmocka_unit_test(what_was_overwritten_is_not_found),
		cmocka_unit_test(what_tells_of_an_error),
		cmocka_unit_test(a_step_is_found_and_a_time_is),
		cmocka_unit_test(after_a_restart_the_time_decides),
		cmocka_unit_test(a_log_without_steps_and_times_has_no_places),
		cmocka_unit_test(the_last_words),
		cmocka_unit_test(questions_are_answered),
		cmocka_unit_test(no_answer_is_too_long),
		cmocka_unit_test(what_is_no_file_is_refused),
		cmocka_unit_test(utf16_is_read_and_searched),
	};
	snprintf(path, sizeof path, "/tmp/t_log_file.%ld", (long)getpid());
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(path);
	return failed;
}
