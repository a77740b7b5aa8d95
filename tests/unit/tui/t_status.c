/* What the ingester says, and what the last line makes of it. */
#include "tui/model_own.h"
#include "tui/news.h"
#include "tui/status.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void
notices_are_noted(void **state)
{
	(void)state;
	struct model m = {.txn = 5};
	assert_int_equal(news_take(&m, "txn 7"), NEWS_DATA);
	assert_int_equal(m.news, 7);
	assert_int_equal(news_take(&m, "txn 7"), 0);
	assert_int_equal(news_take(&m, "txn 5"), 0); /* already on the screen */
	assert_int_equal(news_take(&m, "txn 3"), 0);
	assert_int_equal(news_take(&m, "progress 10 30 2"), NEWS_STATUS);
	assert_true(m.progress.bytes_done == 10 && m.progress.bytes_total == 30 &&
		    !m.progress.idle);
	assert_int_equal(news_take(&m, "progress 30 30 2"), NEWS_STATUS);
	assert_true(m.progress.idle);
	assert_int_equal(news_take(&m, "mode inotify+poll 3"), NEWS_STATUS);
	assert_string_equal(m.mode, "inotify+poll 3");
	assert_int_equal(news_take(&m, "alert a b c"), NEWS_STATUS | NEWS_BELL);
	assert_int_equal(news_take(&m, "up"), NEWS_DATA);
	assert_true(m.up && m.stale);
	assert_int_equal(news_take(&m, "down"), NEWS_STATUS);
	assert_true(!m.up && m.progress.bytes_total == 0);
}

static void
what_is_not_understood_changes_nothing(void **state)
{
	(void)state;
	static const char *const lines[] = {
		"",    "txn",  "txn x", "progress", "progress 1", "progress 9 3 1", "progress -1 x",
		"tea", "mode", "upx",   "alert"};
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		struct model m = {.txn = 5}, before;
		memcpy(&before, &m, sizeof m);
		assert_int_equal(news_take(&m, lines[i]), 0);
		assert_memory_equal(&m, &before, sizeof m);
	}
}

static void
assert_line(const struct model *m, const struct status *s, int w, int64_t now_us, const char *want)
{
	struct grid g;
	struct str out = STR_INIT;
	grid_init(&g, w, 1, true);
	status_draw(s, m, &g, (struct rect){0, 0, w, 1}, now_us);
	grid_dump(&g, &out);
	out.buf[out.len - 1] = '\0';
	assert_string_equal(str_c(&out), want);
	str_release(&out);
	grid_release(&g);
}

static void
note_yes(void *ctx, struct model *m, const char *arg)
{
	(void)m;
	snprintf(ctx, 20, "yes %s", arg);
}

static void
a_question_has_the_line_until_it_is_answered(void **state)
{
	(void)state;
	char heard[20] = "";
	struct model m = {.up = true};
	struct status s = {0};
	model_say(&m, false, "something else");
	model_ask(&m, note_yes, heard, "net@v3", "remove %s, 1.2G?", "net@v3");
	assert_line(&m, &s, 40, 0, " remove net@v3, 1.2G? [y/N]");
	assert_line(&m, &s, 20, 0, " remove~1.2G? [y/N]");
	assert_true(model_answer(&m, false));
	assert_string_equal(heard, "");
	assert_string_equal(m.message, "left as it is");
	assert_false(model_answer(&m, true)); /* it is not open any more */
	assert_string_equal(heard, "");
	model_ask(&m, note_yes, heard, "net@v3", "remove?");
	model_ask(&m, note_yes, heard, "net@v4", "remove the other?"); /* in its place */
	assert_true(model_answer(&m, true));
	assert_string_equal(heard, "yes net@v4");
	assert_false(model_answer(&m, true));
}

static void
what_finds_no_room_is_left_out_whole(void **state)
{
	(void)state;
	struct model_alert alert[3] = {
		{.a = {.state = ALERT_FIRING, .severity = SEVERITY_WARN}},
		{.a = {.state = ALERT_FIRING, .severity = SEVERITY_CRIT}},
		{.a = {.state = ALERT_FIRING, .severity = SEVERITY_CRIT, .acked = true}},
	};
	struct model m = {
		.screen = 1, .up = true, .nruns = 3, .nfiring = 2, .nalerts = 3, .alert = alert};
	struct status s = {0};
	snprintf(m.mode, sizeof m.mode, "inotify");
	assert_line(
		&m, &s, 80, 0,
		" 1 Dashboard  3 Versions       X 2 firing . 3 runs   ! alert  ? help  : command");
	/* the sign is that of the worst that wants attention */
	alert[1].a.severity = SEVERITY_WARN;
	assert_line(
		&m, &s, 80, 0,
		" 1 Dashboard  3 Versions       ! 2 firing . 3 runs   ! alert  ? help  : command");
	alert[1].a.severity = SEVERITY_CRIT;
	m.nfiring = 0;
	/* the key for help stays when anything can */
	assert_line(&m, &s, 40, 0, " 1 Dashboard            3 runs   ? help");
	m.nfiring = 2;
	assert_line(&m, &s, 40, 0, " 1 Dashboard        X 2 firing   ? help");
	assert_line(&m, &s, 46, 0, " 1 Dashboard     X 2 firing   ! alert  ? help");
	assert_line(&m, &s, 30, 0, " 1 Dashboard       X 2 firing");
	snprintf(m.mode, sizeof m.mode, "inotify+poll 3");
	m.nruns = 1;
	m.nfiring = 0;
	assert_line(&m, &s, 46, 0, " 1 Dashboard        1 run   ? help  : command");
	m.up = false;
	assert_line(&m, &s, 46, 0, " 1 Dashboard    1 run . not watching   ? help");
	for (int w = 1; w < 30; w++) { /* never outside, whatever the size */
		struct grid g;
		grid_init(&g, w, 1, true);
		status_draw(&s, &m, &g, (struct rect){0, 0, w, 1}, 0);
		grid_release(&g);
	}
}

static void
a_message_has_the_line(void **state)
{
	(void)state;
	struct model m = {.screen = 1, .up = true, .nruns = 3, .message = "nothing to undo"};
	struct status s = {0};
	assert_line(&m, &s, 50, 0, " 1 Dashboard   nothing to undo");
}

static void
reading_is_shown_with_rate_and_time_left(void **state)
{
	(void)state;
	struct model m = {.screen = 1, .up = true, .nruns = 3};
	struct status s = {0};
	news_take(&m, "progress 0 400000000 7");
	status_progress(&s, &m, 1000000);
	news_take(&m, "progress 100000000 400000000 7");
	status_progress(&s, &m, 2000000);
	assert_line(
		&m, &s, 100, 2000000,
		" 1 Dashboard  3 Versions   reading  100 MB of 400 MB ######..................  "
		"100 MB/s 3s   3 runs");
	/* done: it goes */
	news_take(&m, "progress 400000000 400000000 7");
	status_progress(&s, &m, 5000000);
	assert_line(&m, &s, 40, 5000000, " 1 Dashboard            3 runs   ? help");
	/* a further backlog begins its own measure */
	news_take(&m, "progress 0 1000 1");
	status_progress(&s, &m, 9000000);
	assert_int_equal(s.since_us, 9000000);
}

/* What rings and what is shown by the terminal is the person's to say. */
static void
bells_are_for_what_is_bad_enough(void **state)
{
	(void)state;
	static const char text[] = "[screen]\nbell = warn\ndesktop = crit\n";
	struct conf *c;
	struct err e;
	struct model_own own = {.by_path = NULL};
	struct model m = {.txn = 5, .own = &own};
	assert_int_equal(conf_parse("t.conf", "", 0, &c, &e), 0);
	m.conf = c;
	assert_int_equal(news_take(&m, "alert a b c warn it%20is"), NEWS_STATUS);
	assert_int_equal(news_take(&m, "alert a b c crit it%20is"), NEWS_STATUS | NEWS_BELL);
	assert_int_equal(news_take(&m, "alert a b c shown it%20is"), NEWS_STATUS);
	assert_null(m.desktop);
	conf_free(c);
	assert_int_equal(conf_parse("t.conf", text, strlen(text), &c, &e), 0);
	m.conf = c;
	assert_int_equal(news_take(&m, "alert a b c info x"), NEWS_STATUS);
	assert_int_equal(news_take(&m, "alert a b c warn x"), NEWS_STATUS | NEWS_BELL);
	assert_null(m.desktop);
	assert_int_equal(news_take(&m, "alert a /r%0a c crit it%20is"), NEWS_STATUS | NEWS_BELL);
	assert_string_equal(m.desktop, "a: /r\n: it is");
	assert_int_equal(news_take(&m, "alert"), 0);
	assert_int_equal(news_take(&m, "alert a"), NEWS_STATUS | NEWS_BELL);
	free(m.desktop);
	conf_free(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(notices_are_noted),
		cmocka_unit_test(bells_are_for_what_is_bad_enough),
		cmocka_unit_test(what_is_not_understood_changes_nothing),
		cmocka_unit_test(a_question_has_the_line_until_it_is_answered),
		cmocka_unit_test(what_finds_no_room_is_left_out_whole),
		cmocka_unit_test(a_message_has_the_line),
		cmocka_unit_test(reading_is_shown_with_rate_and_time_left),
	};
	return cmocka_run_group_tests_name("status", tests, NULL, NULL);
}
