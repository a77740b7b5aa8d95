/* The dashboard without a terminal: the same loop, model and panes, driven by a script, seen as
 * text. Every step ends with the screen drawn, because panes learn their size by drawing:
 * <PageDown> in a script goes as far as it would under a person's eyes. */
#include "tui/app_own.h"

#include "core/clock.h"
#include "core/xalloc.h"
#include "tui/command.h"
#include "tui/script.h"
#include "tui/versions.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WAIT_S = 30, RETRY_US = 100000, ANSWER_US = 10000000, SETTLE_ROUNDS = 3 };

static void
fail(struct app *a, int code, const char *text)
{
	fflush(stdout);
	fprintf(stderr, "mm: %s\n", text);
	a->status_code = code;
	a->leave = true;
}

/* Takes what has arrived by now, without waiting. */
static void
settle(struct app *a)
{
	int64_t until = clock_mono_us() + ANSWER_US;
	for (int i = 0; i < SETTLE_ROUNDS; i++)
		loop_once(a->loop, 0);
	app_draw(a);
	/* What a pane asks the ingester, or has another mm do, is part of the picture. */
	while (((a->model->asking && ctl_client_up(a->ctl)) || versions_busy(a->model->versions)) &&
	       clock_mono_us() < until) {
		loop_once(a->loop, RETRY_US);
		app_draw(a);
	}
}

/* Waits until all that is there was read; false: it was not, within SECONDS. */
static bool
wait_sync(struct app *a, double seconds)
{
	int64_t until = clock_mono_us() + (int64_t)(seconds * 1e6);
	app_ask_sync(a);
	while (a->sync != SYNC_DONE && !a->died) {
		int64_t left = until - clock_mono_us();
		if (left <= 0)
			return false;
		loop_once(a->loop, a->sync == SYNC_LOST && left > RETRY_US ? RETRY_US : left);
		if (a->sync == SYNC_LOST && ctl_client_up(a->ctl))
			app_ask_sync(a);
	}
	return a->sync == SYNC_DONE;
}

static void
wait_action(struct app *a, const char *arg)
{
	double seconds = arg ? strtod(arg, NULL) : WAIT_S;
	if (a->term) {
		model_say(a->model, false, "reading to the end…");
		app_ask_sync(a);
	} else if (a->o->as_is && !ctl_client_up(a->ctl)) {
		settle(a); /* nobody reads, and nobody was to */
	} else if (!wait_sync(a, seconds)) {
		char text[320];
		if (a->died)
			snprintf(text, sizeof text, "%s", a->model->message);
		else
			snprintf(text, sizeof text, "wait: not everything was read within %g s",
				 seconds);
		fail(a, 1, text);
	}
}

static void
print_screen(struct app *a, FILE *f)
{
	struct str text = STR_INIT;
	settle(a);
	grid_dump(&a->grid, &text);
	fwrite(str_c(&text), 1, text.len, f);
	str_release(&text);
}

static void
screen_action(struct app *a, const char *arg)
{
	if (!arg && a->term) {
		model_say(a->model, true, "screen FILE: here it needs a file to write to");
		return;
	}
	FILE *f = arg ? fopen(arg, "we") : stdout;
	if (!f) {
		model_say(a->model, true, "%.100s: %s", arg, strerror(errno));
		if (!a->term)
			fail(a, 1, a->model->message);
		return;
	}
	print_screen(a, f);
	if (arg && fclose(f) == 0 && a->term)
		model_say(a->model, false, "the screen is in %.200s", arg);
}

static void
resize_action(struct app *a, const char *arg)
{
	int w, h;
	if (a->term)
		model_say(a->model, true, "resize is for scripts: here the terminal decides");
	else if (arg && sscanf(arg, "%5dx%5d", &w, &h) == 2)
		app_resize(a, w, h);
}

static void
now_action(struct app *a, const char *arg)
{
	if (a->term) {
		model_say(a->model, true, "now is for scripts: here the clock goes on");
		return;
	}
	if (arg)
		clock_pin((int64_t)(strtod(arg, NULL) * 1e6));
	a->model->stale = true;
}

bool
app_script_action(struct app *a, enum action act, const char *arg)
{
	switch (act) {
	case ACTION_WAIT:
		wait_action(a, arg);
		return true;
	case ACTION_SCREEN:
		screen_action(a, arg);
		return true;
	case ACTION_RESIZE:
		resize_action(a, arg);
		return true;
	case ACTION_NOW:
		now_action(a, arg);
		return true;
	default:
		return false;
	}
}

static bool
is_screen(const char *command)
{
	enum action act;
	const char *arg;
	struct err e;
	return command_parse(command, &act, &arg, &e) == 0 && act == ACTION_SCREEN;
}

/* A picture is of what stands there, and so of the message that the last key brought. */
static void
run_command(struct app *a, const struct script *s, const struct script_step *step)
{
	if (is_screen(step->command)) {
		app_command(a, step->command);
		return;
	}
	a->model->message[0] = '\0';
	app_command(a, step->command);
	if (a->model->message[0] && a->model->message_bad && !a->leave) {
		char text[400];
		snprintf(text, sizeof text, "%.100s:%d: %s", s->name, step->line,
			 a->model->message);
		fail(a, 1, text);
	}
}

void
app_run_script(struct app *a)
{
	struct script s;
	struct err e = {0};
	if (script_read(a->o->script, &s, &e) < 0) {
		fail(a, 2, e.text);
		return;
	}
	settle(a);
	for (size_t i = 0; i < s.n && !a->leave; i++) {
		const struct script_step *step = &s.step[i];
		if (step->command)
			run_command(a, &s, step);
		else
			app_key(a, step->key);
		settle(a);
	}
	script_release(&s);
	if (fflush(stdout) != 0 && a->status_code == 0)
		a->status_code = 1;
}

void
app_run_plain(struct app *a)
{
	bool all = a->o->as_is || wait_sync(a, WAIT_S);
	print_screen(a, stdout);
	if (fflush(stdout) != 0)
		a->status_code = 1;
	if (!all) {
		fprintf(stderr, "mm: %s\n",
			a->died ? a->model->message
				: "not everything was read yet; mm watch --once reads to the end");
		a->status_code = 1;
	}
}
