/* A real terminal as far as the kernel is concerned: the screen runs on the far side of a pty, and
 * what it sends and how it leaves the terminal behind is looked at from the near side. */
#include "core/str.h"
#include "core/xalloc.h"
#include "tui/term.h"

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <poll.h>
#include <pty.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <utmp.h>
#include <unistd.h>

#include <cmocka.h>

enum { W = 40, H = 10, PATIENCE_MS = 20000 };

/* -- the far side ------------------------------------------------------------------------------ */

static struct term_opts options = {.colors = -1, .mouse = true};

static struct term *
open_term(void)
{
	struct term *t;
	struct err e;
	if (term_open(&options, &t, &e) < 0) {
		printf("cannot open: %s\n", e.text);
		exit(3);
	}
	return t;
}

static void
show_text(struct term *t, const char *text, int style)
{
	struct grid g;
	int w, h;
	term_size(t, &w, &h);
	grid_init(&g, w, h, !term_utf8(t));
	grid_text(&g, 0, 0, w, text, style);
	while (!term_show(t, &g))
		poll(NULL, 0, 5);
	grid_release(&g);
}

static int
wait_key(struct term *t)
{
	struct mouse m;
	for (;;) {
		int key = term_key(t, &m);
		if (key != K_NONE)
			return key;
		struct pollfd pfd = {.fd = term_fd(t), .events = POLLIN};
		poll(&pfd, 1, term_pending_ms(t));
	}
}

static void
show_and_wait(void)
{
	struct term *t = open_term();
	show_text(t, "hello", STYLE_CRIT);
	while (wait_key(t) != 'q')
		;
	term_close(t);
}

static void
show_and_die(void)
{
	struct term *t = open_term();
	show_text(t, "hello", STYLE_NORMAL);
	wait_key(t);
	die("enough");
}

static void
show_and_exit(void)
{
	struct term *t = open_term();
	show_text(t, "hello", STYLE_NORMAL);
	wait_key(t);
	exit(7);
}

/* Says each key by its number. */
static void
echo_keys(void)
{
	struct term *t = open_term();
	show_text(t, "hello", STYLE_NORMAL);
	for (;;) {
		char text[32];
		int key = wait_key(t);
		if (key == 'q' || key == K_EOF)
			break;
		snprintf(text, sizeof text, "key<%d>", key);
		show_text(t, text, STYLE_NORMAL);
	}
	term_close(t);
}

/* After as many frames as it says: until nothing is to be waited for but the terminal itself. */
static void
come_to_rest(int frames)
{
	struct term *t = open_term();
	int ms = 0, rounds = 0;
	for (int i = 0; i < frames; i++)
		show_text(t, i ? "again" : "hello", STYLE_NORMAL);
	for (; (ms = term_pending_ms(t)) >= 0 && rounds < 20; rounds++) {
		poll(NULL, 0, ms);
		term_key(t, &(struct mouse){0});
	}
	show_text(t, ms < 0 ? "at rest" : "restless", STYLE_NORMAL);
	while (wait_key(t) != 'q')
		;
	term_close(t);
}

static void
rest_after_one(void)
{
	come_to_rest(1);
}

static void
rest_after_two(void)
{
	come_to_rest(2);
}

/* Far more than a pty holds, without ever waiting for it. */
static void
show_noise(void)
{
	struct term *t = open_term();
	struct grid g;
	int w, h, shown = 0, refused = 0;
	term_size(t, &w, &h);
	grid_init(&g, w, h, false);
	for (unsigned i = 0; refused < 3; i++) {
		for (int y = 0; y < h; y++)
			for (int x = 0; x < w; x++)
				grid_put(&g, x, y, 0x2801 + (i * 7919 + (unsigned)(x * y)) % 255,
					 STYLE_RUN0 + (int)((unsigned)x + i) % STYLE_NRUNS);
		if (term_show(t, &g))
			shown++;
		else
			refused++;
		if (i > 10000)
			exit(4);
	}
	/* When it is read again the last picture comes through. */
	grid_clear(&g);
	grid_text(&g, 0, 0, w, "the end", STYLE_NORMAL);
	while (!term_show(t, &g)) {
		struct mouse m;
		poll(NULL, 0, 5);
		term_flush(t);
		term_key(t, &m);
	}
	while (wait_key(t) != 'q')
		;
	term_close(t);
	grid_release(&g);
	exit(shown > 0 ? 0 : 5);
}

static void
wait_for_eof(void)
{
	signal(SIGHUP, SIG_IGN);
	struct term *t = open_term();
	show_text(t, "hello", STYLE_NORMAL);
	int key;
	while ((key = wait_key(t)) != K_EOF)
		;
	show_text(t, "to nobody", STYLE_NORMAL);
	term_close(t);
	exit(9);
}

/* -- the near side ----------------------------------------------------------------------------- */

struct session {
	int master;
	pid_t pid;
	struct str out;
	size_t answered; /* questions before this byte were */
	bool mute;       /* answers none */
	struct termios before;
};

/* One at a time; a test that failed leaves it to the next one. */
static struct session s;

static void
release(void)
{
	if (s.pid) {
		close(s.master);
		kill(s.pid, SIGKILL);
		waitpid(s.pid, NULL, 0);
	}
	str_release(&s.out);
}

static void
start(const char *term, void (*fn)(void))
{
	struct winsize ws = {.ws_col = W, .ws_row = H};
	release();
	memset(&s, 0, sizeof s);
	/* The modes that this terminal has before anybody touches it. */
	int slave;
	assert_int_equal(openpty(&s.master, &slave, NULL, NULL, &ws), 0);
	assert_int_equal(tcgetattr(s.master, &s.before), 0);
	fflush(stdout);
	s.pid = fork();
	if (s.pid == 0) {
		close(s.master);
		login_tty(slave);
		for (int signo = 1; signo < NSIG;
		     signo++) /* the test frame's handlers are not for here */
			signal(signo, SIG_DFL);
		setenv("TERM", term, 1);
		setlocale(LC_ALL, "C.UTF-8");
		fn();
		exit(0);
	}
	close(slave);
}

/* What has come so far; false: nothing within the time. */
static bool
take(int timeout_ms)
{
	char buf[4096];
	struct pollfd pfd = {.fd = s.master, .events = POLLIN};
	if (poll(&pfd, 1, timeout_ms) <= 0)
		return false;
	ssize_t n = read(s.master, buf, sizeof buf);
	if (n <= 0)
		return false;
	str_add(&s.out, buf, (size_t)n);
	const char *q;
	while (!s.mute && (q = strstr(str_c(&s.out) + s.answered, "\033[5n"))) {
		s.answered = (size_t)(q - str_c(&s.out)) + 4;
		if (write(s.master, "\033[0n", 4) != 4)
			return false;
	}
	return true;
}

static void
expect(const char *text)
{
	while (!strstr(str_c(&s.out), text))
		if (!take(PATIENCE_MS))
			fail_msg("no \"%s\" in: %s", text, str_c(&s.out));
}

static void
press(const char *keys)
{
	assert_int_equal(write(s.master, keys, strlen(keys)), strlen(keys));
}

/* Reads to the end; the status as waitpid() has it. */
static int
finish(void)
{
	int status = 0;
	while (take(PATIENCE_MS))
		;
	assert_int_equal(waitpid(s.pid, &status, 0), s.pid);
	return status;
}

static void
assert_restored(void)
{
	struct termios now;
	const char *out = str_c(&s.out);
	const char *end = out + s.out.len;
	assert_int_equal(tcgetattr(s.master, &now), 0);
	assert_int_equal(now.c_lflag, s.before.c_lflag);
	assert_int_equal(now.c_iflag, s.before.c_iflag);
	assert_int_equal(now.c_oflag, s.before.c_oflag);
	assert_int_equal(now.c_cc[VMIN], s.before.c_cc[VMIN]);
	/* After the last frame: paste, mouse, second screen off, the cursor on. */
	static const char *const undo[] = {"\033[?2004l", "\033[?1000l", "\033[?1006l",
					   "\033[?1049l", "\033[?12l\033[?25h"};
	const char *last = NULL;
	for (const char *p = out; (p = strstr(p, "\033[?2026l")); p++)
		last = p;
	assert_non_null(last);
	for (size_t i = 0; i < sizeof undo / sizeof *undo; i++)
		if (!memmem(last, (size_t)(end - last), undo[i], strlen(undo[i])))
			fail_msg("no %s in %s", undo[i] + 1, last + 1);
}

static void
a_frame_is_one_piece_and_the_terminal_is_given_back(void **state)
{
	(void)state;
	start("xterm-256color", show_and_wait);
	expect("\033[?2026l");
	const char *begin = strstr(str_c(&s.out), "\033[?2026h"),
		   *text = strstr(str_c(&s.out), "hello");
	const char *end = strstr(str_c(&s.out), "\033[?2026l");
	assert_true(begin && text && begin < text && text < end);
	struct termios raw;
	assert_int_equal(tcgetattr(s.master, &raw), 0);
	assert_false(raw.c_lflag & (ICANON | ECHO | ISIG));
	press("q");
	assert_int_equal(finish(), 0);
	assert_restored();
}

static void
an_unchanged_screen_sends_nothing(void **state)
{
	(void)state;
	start("xterm-256color", echo_keys);
	expect("\033[?2026l");
	press("x");
	expect("key<120>");
	while (take(200))
		;
	size_t before = s.out.len;
	press("x"); /* the same text again */
	while (take(300))
		;
	assert_int_equal(s.out.len, before);
	press("q");
	assert_int_equal(finish(), 0);
}

static void
every_fatal_signal_gives_the_terminal_back_and_kills(void **state)
{
	(void)state;
	static const int signals[] = {SIGTERM, SIGHUP,  SIGINT, SIGQUIT, SIGSEGV,
				      SIGBUS,  SIGABRT, SIGILL, SIGFPE};
	for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
		start("xterm-256color", show_and_wait);
		expect("\033[?2026l");
		kill(s.pid, signals[i]);
		int status = finish();
		assert_restored();
		/* A sanitizer makes an exit of some of them. */
		assert_true(WIFSIGNALED(status) ? WTERMSIG(status) == signals[i]
						: WEXITSTATUS(status) == 99);
	}
}

static void
every_exit_gives_the_terminal_back(void **state)
{
	(void)state;
	static void (*const how[])(void) = {show_and_die, show_and_exit};
	static const int code[] = {2, 7};
	for (int i = 0; i < 2; i++) {
		start("xterm-256color", how[i]);
		expect("\033[?2026l");
		press("x");
		int status = finish();
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), code[i]);
		assert_restored();
	}
}

/* SGR parameters 30-39, 40-49, 90-107. */
static bool
has_colour(const char *out)
{
	for (const char *p = out; (p = strstr(p, "\033[")); p += 2) {
		const char *q = p + 2;
		size_t n = strspn(q, "0123456789;");
		if (q[n] != 'm')
			continue;
		while (n > 0) {
			long v = strtol(q, NULL, 10);
			if ((v >= 30 && v <= 49 && v != 39 && v != 49) || (v >= 90 && v <= 107))
				return true;
			size_t k = strcspn(q, ";m");
			if (q[k] == 'm')
				break;
			q += k + 1;
			n -= k + 1;
		}
	}
	return false;
}

static void
colours_only_where_they_are_wanted(void **state)
{
	(void)state;
	for (int colors = -1; colors <= 0; colors++) {
		options.colors = colors;
		start("xterm-256color", show_and_wait);
		options.colors = -1;
		expect("\033[?2026l");
		press("q");
		assert_int_equal(finish(), 0);
		assert_int_equal(has_colour(str_c(&s.out)), colors != 0);
	}
}

static void
every_kind_of_terminal(void **state)
{
	(void)state;
	static const char *const kinds[] = {"xterm-256color", "xterm",
					    "screen",         "screen-256color",
					    "tmux",           "tmux-256color",
					    "linux",          "vt100",
					    "vt220",          "rxvt"};
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		bool plain = strcmp(kinds[i], "linux") == 0 || strncmp(kinds[i], "vt", 2) == 0;
		start(kinds[i], show_and_wait);
		expect("hello");
		press("q");
		assert_int_equal(finish(), 0);
		/* Private modes that an old one might print. */
		assert_int_equal(strstr(str_c(&s.out), "?2026") != NULL, !plain);
		assert_int_equal(strstr(str_c(&s.out), "\033[5n") != NULL, !plain);
		struct termios now;
		tcgetattr(s.master, &now);
		assert_int_equal(now.c_lflag, s.before.c_lflag);
	}
}

static void
unknown_terminals_are_refused_in_words(void **state)
{
	(void)state;
	static const char *const kinds[] = {"no-such-terminal", "dumb", ""};
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		start(kinds[i], show_and_wait);
		int status = finish();
		assert_int_equal(WEXITSTATUS(status), 3);
		assert_non_null(strstr(str_c(&s.out), "TERM"));
	}
}

static void
keys_come_through(void **state)
{
	(void)state;
	char want[32];
	start("xterm-256color", echo_keys);
	expect("hello");
	press("\033[A");
	snprintf(want, sizeof want, "%d", K_UP);
	expect(want);
	press("\033");
	expect("27");
	press("q");
	assert_int_equal(finish(), 0);
}

static void
a_terminal_that_never_answers_is_not_asked_for_ever(void **state)
{
	(void)state;
	char want[32];
	start("xterm-256color", echo_keys);
	s.mute = true;
	expect("hello");
	/* Two frames may be under way; the third waits for an answer, then gives up waiting. */
	press("a");
	expect("97");
	press("\033[A"); /* only what differs is sent: the digits */
	snprintf(want, sizeof want, "%d", K_UP);
	expect(want);
	press("b");
	expect("98>");
	press("q");
	assert_int_equal(finish(), 0);
	assert_restored();
}

static void
one_that_never_answers_keeps_nobody_awake(void **state)
{
	(void)state;
	static void (*const how[])(void) = {rest_after_one, rest_after_two};
	for (int i = 0; i < 2; i++) {
		start("xterm-256color", how[i]);
		s.mute = true;
		expect("rest");
		assert_null(strstr(str_c(&s.out), "restless"));
		press("q");
		assert_int_equal(finish(), 0);
	}
}

static void
a_terminal_that_is_not_read_blocks_nothing(void **state)
{
	(void)state;
	start("xterm-256color", show_noise);
	s.mute = false;
	expect("the end");
	press("q");
	int status = finish();
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	assert_restored();
}

static void
a_terminal_that_vanishes_ends_it(void **state)
{
	(void)state;
	static void (*const how[])(void) = {show_and_wait, wait_for_eof};
	for (int i = 0; i < 2; i++) {
		int status;
		start("xterm-256color", how[i]);
		expect("hello");
		close(s.master);
		assert_int_equal(waitpid(s.pid, &status, 0), s.pid);
		if (i == 0)
			assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGHUP);
		else
			assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 9);
		str_release(&s.out);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_frame_is_one_piece_and_the_terminal_is_given_back),
		cmocka_unit_test(an_unchanged_screen_sends_nothing),
		cmocka_unit_test(every_fatal_signal_gives_the_terminal_back_and_kills),
		cmocka_unit_test(every_exit_gives_the_terminal_back),
		cmocka_unit_test(colours_only_where_they_are_wanted),
		cmocka_unit_test(every_kind_of_terminal),
		cmocka_unit_test(unknown_terminals_are_refused_in_words),
		cmocka_unit_test(keys_come_through),
		cmocka_unit_test(a_terminal_that_never_answers_is_not_asked_for_ever),
		cmocka_unit_test(one_that_never_answers_keeps_nobody_awake),
		cmocka_unit_test(a_terminal_that_is_not_read_blocks_nothing),
		cmocka_unit_test(a_terminal_that_vanishes_ends_it),
	};
	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests_name("term", tests, NULL, NULL);
}
