/* One line has room for little, so what it says is ranked: a message for the person, then alerts
 * that fire, then progress, then the rest; what finds no room is left out whole, never cut. */
#include "tui/status.h"

#include "core/utf8.h"
#include "tui/fmt.h"
#include "tui/keymap.h"
#include "tui/sign.h"

#include <stdio.h>
#include <string.h>

enum { BAR_MAX = 24, GAP = 2, WIDE = 72 /* from here on the other screens are named too */ };

void
status_progress(struct status *s, const struct model *m, int64_t now_us)
{
	const struct ingest_progress *p = &m->progress;
	if (p->bytes_done >= p->bytes_total) {
		s->since_us = 0;
		s->since_bytes = 0;
	} else if (!s->since_us || p->bytes_done < s->since_bytes) {
		s->since_us = now_us;
		s->since_bytes = p->bytes_done;
	}
}

/* "reading 1.2 GB of 4.1 GB", a bar, "210 MB/s 14s": as much of it as there is room for. */
static int
draw_progress(const struct status *s, const struct model *m, struct grid *g, int x, int y, int w,
	      int64_t now_us)
{
	const struct ingest_progress *p = &m->progress;
	char done[FMT_N], total[FMT_N], rate[FMT_N], left[FMT_N], head[80], tail[80] = "";
	if (p->bytes_done >= p->bytes_total)
		return 0;
	/* Numbers keep their places while they grow. */
	snprintf(head, sizeof head, "reading %7s of %s", fmt_bytes(done, p->bytes_done),
		 fmt_bytes(total, p->bytes_total));
	double seconds = (double)(now_us - s->since_us) / 1e6;
	if (s->since_us && seconds >= 0.5 && p->bytes_done > s->since_bytes) {
		double speed = (double)(p->bytes_done - s->since_bytes) / seconds;
		snprintf(tail, sizeof tail, "%7s/s %s", fmt_bytes(rate, (uint64_t)speed),
			 fmt_duration(left, (double)(p->bytes_total - p->bytes_done) / speed));
	}
	int nhead = utf8_columns(head), ntail = utf8_columns(tail);
	if (nhead > w)
		return 0;
	int used = grid_text(g, x, y, w, head, STYLE_INFO);
	int bar = w - used - 2 - (ntail ? ntail + 1 : 0);
	bar = bar > BAR_MAX ? BAR_MAX : bar;
	if (bar >= 6) {
		int full = (int)((double)bar * (double)p->bytes_done / (double)p->bytes_total);
		for (int i = 0; i < bar; i++)
			grid_put(g, x + used + 1 + i, y, i < full ? 0x2588 : 0x2591, STYLE_INFO);
		used += bar + 1;
	}
	if (ntail && used + 1 + ntail <= w)
		used += 1 + grid_text(g, x + used + 1, y, ntail, tail, STYLE_INFO);
	return used;
}

struct part {
	char text[64];
	int style;
	int rank; /* the largest is left out first */
};

static int
parts_columns(const struct part *part, int n)
{
	int w = 0;
	for (int i = 0; i < n; i++)
		w += utf8_columns(part[i].text) + (i ? 3 : 0);
	return w;
}

static int
drop_last_ranked(struct part *part, int n)
{
	int worst = 0;
	for (int i = 1; i < n; i++)
		if (part[i].rank > part[worst].rank)
			worst = i;
	memmove(&part[worst], &part[worst + 1], (size_t)(n - worst - 1) * sizeof *part);
	return n - 1;
}

/* Of what fires and wants attention. */
static enum severity
worst_severity(const struct model *m)
{
	enum severity worst = SEVERITY_INFO;
	for (int i = 0; i < m->nalerts; i++) {
		if (alert_is_news(&m->alert[i]) && m->alert[i].a.severity > worst)
			worst = m->alert[i].a.severity;
	}
	return worst;
}

static void
firing_part(const struct model *m, bool ascii, struct part *part)
{
	enum severity worst = worst_severity(m);
	char sign[5] = "";
	sign[utf8_put(sign_of_severity(worst, ascii), sign)] = '\0';
	*part = (struct part){.style = sign_severity_style(worst), .rank = 0};
	snprintf(part->text, sizeof part->text, "%s %d firing", sign, m->nfiring);
}

static int
collect(const struct status *s, const struct model *m, bool ascii, struct part *part)
{
	char clock[FMT_N];
	int n = 0;
	if (m->nfiring > 0)
		firing_part(m, ascii, &part[n++]);
	part[n] = (struct part){.style = STYLE_STATUS, .rank = 2};
	snprintf(part[n++].text, sizeof part->text, "%d run%s", m->nruns, m->nruns == 1 ? "" : "s");
	if (m->last_us > 0) {
		part[n] = (struct part){.style = STYLE_STATUS, .rank = 3};
		snprintf(part[n++].text, sizeof part->text, "last %s",
			 fmt_clock(clock, m->last_us, m->now_us));
	}
	/* Plain inotify is what everybody expects. */
	if (m->up && m->mode[0] && strcmp(m->mode, "inotify") != 0) {
		part[n] = (struct part){.style = STYLE_STATUS, .rank = 4};
		snprintf(part[n++].text, sizeof part->text, "%.40s", m->mode);
	} else if (!m->up) {
		part[n] =
			(struct part){.style = s->starting ? STYLE_STATUS : STYLE_WARN, .rank = 1};
		snprintf(part[n++].text, sizeof part->text,
			 s->starting ? "starting" : "not watching");
	}
	return n;
}

static int
worst_rank(const struct part *part, int n)
{
	int worst = 0;
	for (int i = 0; i < n; i++)
		worst = part[i].rank > worst ? part[i].rank : worst;
	return worst;
}

/* Those of KEYS that have room beside the parts, which give way from rank 2 on. */
static bool
fit_keys(const char *const *keys, int nkeys, struct part *part, int *n, int w, const char **out)
{
	for (;;) {
		for (int i = 0; i < nkeys; i++)
			if (parts_columns(part, *n) + GAP + 1 + utf8_columns(keys[i]) <= w) {
				*out = keys[i];
				return true;
			}
		if (worst_rank(part, *n) < 2)
			return false;
		*n = drop_last_ranked(part, *n);
	}
}

/* The keys that are named, as many as have room: who sees none of them is lost. While something
 * fires the one that shows it matters more than what is as usual. */
static int
choose_keys(const struct model *m, struct part *part, int *n, int w, char *keys, size_t size)
{
	char help[16], prompt[16], alert[16], text[4][80];
	struct part all[8];
	int nall = *n;
	const char *chosen = "";
	keymap_first(ACTION_ALERT, alert);
	keymap_first(ACTION_HELP, help);
	keymap_first(ACTION_PROMPT, prompt);
	snprintf(text[0], sizeof text[0], "%s alert  %s help  %s command", alert, help, prompt);
	snprintf(text[1], sizeof text[1], "%s alert  %s help", alert, help);
	snprintf(text[2], sizeof text[2], "%s help  %s command", help, prompt);
	snprintf(text[3], sizeof text[3], "%s help", help);
	const char *const choice[] = {text[0], text[1], text[2], text[3]};
	memcpy(all, part, sizeof *part * (size_t)nall);
	if (m->nfiring && fit_keys(choice, 2, part, n, w, &chosen))
		goto out;
	memcpy(part, all, sizeof *part * (size_t)nall);
	*n = nall;
	if (fit_keys(choice + 2, 2, part, n, w, &chosen))
		goto out;
	memcpy(part, all, sizeof *part * (size_t)nall);
	*n = nall;
out:
	snprintf(keys, size, "%s", chosen);
	return utf8_columns(keys);
}

/* Right-aligned in R. */
static void
draw_standing(const struct status *s, const struct model *m, struct grid *g, struct rect r)
{
	char keys[80];
	struct part part[8];
	int n = collect(s, m, g->ascii, part), w = r.w;
	int nkeys = choose_keys(m, part, &n, w, keys, sizeof keys);
	if (nkeys) {
		grid_text(g, r.x + r.w - nkeys, r.y, nkeys, keys, STYLE_STATUS);
		w -= nkeys + GAP + 1;
	}
	while (n > 0 && parts_columns(part, n) > w)
		n = drop_last_ranked(part, n);
	int x = r.x + w - parts_columns(part, n);
	for (int i = 0; i < n; i++) {
		if (i)
			x += grid_text(g, x, r.y, 3, " \xc2\xb7 ", STYLE_STATUS);
		x += grid_text(g, x, r.y, r.x + w - x, part[i].text, part[i].style);
	}
}

/* The screens there are, the one that is shown standing out; on a narrow one it alone. */
static int
draw_screens(const struct model *m, struct grid *g, struct rect r)
{
	static const struct {
		int screen;
		const char *name;
	} screens[] = {{1, " 1 Dashboard "}, {3, " 3 Versions "}};
	int x = 0;
	for (size_t i = 0; i < sizeof screens / sizeof *screens; i++) {
		bool here = m->screen == screens[i].screen;
		if (here || r.w >= WIDE)
			x += grid_text(g, r.x + x, r.y, r.w - x, screens[i].name,
				       here ? STYLE_NORMAL | STYLE_REVERSE : STYLE_STATUS);
	}
	return x;
}

/* The line is the question's alone; how to answer is never cut. */
static void
draw_question(const struct model *m, struct grid *g, struct rect r)
{
	static const char how[] = " [y/N] ";
	int room = r.w - 1 - (int)strlen(how), w = utf8_columns(m->question.text);
	if (room < 1)
		return;
	w = w < room ? w : room;
	grid_text_middle(g, r.x + 1, r.y, w, m->question.text, STYLE_PROMPT | STYLE_BOLD);
	grid_text(g, r.x + 1 + w, r.y, (int)strlen(how), how, STYLE_PROMPT | STYLE_BOLD);
}

void
status_draw(const struct status *s, const struct model *m, struct grid *g, struct rect r,
	    int64_t now_us)
{
	if (r.h < 1)
		return;
	grid_fill(g, r, ' ', STYLE_STATUS);
	if (m->question.text[0]) {
		draw_question(m, g, r);
		return;
	}
	int x = r.x + draw_screens(m, g, r) + GAP;
	int end = r.x + r.w - 1;
	if (x >= end)
		return;
	if (m->message[0]) {
		/* What fires is never covered. */
		if (m->nfiring) {
			struct part part;
			firing_part(m, g->ascii, &part);
			int w = utf8_columns(part.text);
			grid_text(g, end - w, r.y, w, part.text, part.style);
			end -= w + GAP;
		}
		grid_text(g, x, r.y, end - x, m->message,
			  m->message_bad ? STYLE_CRIT : STYLE_PROMPT);
		return;
	}
	/* Progress goes first, then what stands at the right may have the rest. */
	int used = draw_progress(s, m, g, x, r.y, end - x, now_us);
	if (used)
		x += used + GAP;
	if (x < end)
		draw_standing(s, m, g, (struct rect){x, r.y, end - x, 1});
}
