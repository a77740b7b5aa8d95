/* pane_help.c - every key and command, from the one table that binds them; what the signs mean,
 * from where they are drawn.
 *
 * The groups only order the rows of the table: an action that no group names is shown under
 * "More", so none can be forgotten. */
#include "tui/pane.h"

#include "core/utf8.h"
#include "core/xalloc.h"
#include "tui/keymap.h"
#include "tui/model.h"
#include "tui/page.h"
#include "tui/sign.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct help_pane {
	struct pane p;
	struct page page;
	const struct conf *conf; /* whose keys are in it */
};

enum { IN_GROUP = 24 };

/* Each group begins with its name and ends with ACTION_NONE. */
static const struct {
	const char *name;
	enum action action[IN_GROUP];
} groups[] = {
	{"Moving",
	 {ACTION_UP, ACTION_DOWN, ACTION_LEFT, ACTION_RIGHT, ACTION_PAGE_UP, ACTION_PAGE_DOWN,
	  ACTION_TOP, ACTION_BOTTOM, ACTION_PANE_NEXT, ACTION_PANE_PREV, ACTION_GOTO}},
	{"Looking",
	 {ACTION_OPEN, ACTION_BACK, ACTION_CHOOSE, ACTION_FILTER, ACTION_SORT, ACTION_COPY,
	  ACTION_UNDO}},
	{"Charts",
	 {ACTION_NEXT_CHART, ACTION_PREV_CHART, ACTION_YRANGE, ACTION_LOGY, ACTION_LOGX,
	  ACTION_XAXIS, ACTION_SMOOTH, ACTION_ZOOM_IN, ACTION_ZOOM_OUT, ACTION_CURSOR_LEFT,
	  ACTION_CURSOR_RIGHT}},
	{"Marks",
	 {ACTION_STAR, ACTION_HIDE_RUN, ACTION_NAME, ACTION_NOTE, ACTION_TAG, ACTION_HIDDEN}},
	{"Versions",
	 {ACTION_METRIC, ACTION_DIFF, ACTION_ORIGIN, ACTION_SAVE, ACTION_ADOPT, ACTION_DEPLOY,
	  ACTION_UNDEPLOY, ACTION_ROLLBACK, ACTION_RESTORE, ACTION_ALIAS, ACTION_PIN, ACTION_PRUNE,
	  ACTION_REMOVE, ACTION_GC, ACTION_EXPORT, ACTION_IMPORT, ACTION_VERIFY}},
	{"Alerts", {ACTION_ALERT, ACTION_ACK, ACTION_ACK_ALL, ACTION_SILENCE, ACTION_STOP}},
	{"Logs",
	 {ACTION_LOG, ACTION_NEXT_MATCH, ACTION_PREV_MATCH, ACTION_NEXT_ERROR, ACTION_PREV_ERROR,
	  ACTION_MERGE, ACTION_ATTACH}},
	{"Panes", {ACTION_ZOOM, ACTION_GROW, ACTION_SHRINK, ACTION_HIDE, ACTION_SHOW}},
	{"Program",
	 {ACTION_SCREEN_1, ACTION_SCREEN_3, ACTION_PROMPT, ACTION_HELP, ACTION_RELOAD,
	  ACTION_REDRAW, ACTION_SUSPEND, ACTION_QUIT}},
};
#define GROUPS (int)(sizeof groups / sizeof *groups)

static struct pane *
help_new(void)
{
	struct help_pane *hp = xcalloc(1, sizeof *hp);
	hp->p.ops = &pane_help;
	return &hp->p;
}

static void
help_free(struct pane *p)
{
	page_release(&((struct help_pane *)p)->page);
	free(p);
}

static void
help_title(struct pane *p, struct model *m, char *buf, int size)
{
	const struct page *page = &((struct help_pane *)p)->page;
	(void)m;
	if (page->filter)
		snprintf(buf, (size_t)size, "Help /%s", page->filter);
	else
		snprintf(buf, (size_t)size, "Help");
}

static void
add_action(struct page *p, enum action a)
{
	const struct action_row *row = &action_table[a];
	char *text =
		xasprintf(":%-13s %s%s%s", row->name, row->help, *row->arg ? "  " : "", row->arg);
	struct str keys = STR_INIT;
	/* Also those that are another action's elsewhere. */
	for (int other = ACTION_NONE + 1; other < ACTION_N; other++)
		if (other != (int)a && action_in_log((enum action)other) == a)
			str_addf(&keys, "%s ", keymap_words((enum action)other));
	str_adds(&keys, keymap_words(a));
	while (keys.len && keys.buf[keys.len - 1] == ' ')
		keys.buf[--keys.len] = '\0';
	page_add(p, str_c(&keys), STYLE_KEY, text, STYLE_NORMAL);
	str_release(&keys);
	free(text);
}

static void
add_sign(struct page *p, uint32_t ch, int style, const char *text)
{
	char sign[5] = "";
	sign[utf8_put(ch, sign)] = '\0';
	page_add(p, sign, style, text, STYLE_NORMAL);
}

static void
add_signs(struct page *p, bool ascii)
{
	static const char *const state[RUN_NSTATES] = {
		[RUN_RUNNING] = "running",
		[RUN_QUIET] = "quiet: silent for longer than usual",
		[RUN_STALLED] = "stalled: silent for much longer than ever",
		[RUN_FINISHED] = "finished",
		[RUN_DIVERGED] = "diverged (its loss is NaN or infinite), or failed",
		[RUN_CANCELLED] = "cancelled",
		[RUN_LOST] =
			"lost: its process ended early, or silent for long, or its log is gone",
		[RUN_UNKNOWN] = "not known: no total, and silent since before anybody watched",
	};
	page_heading(p, "Signs");
	for (int s = 0; s < RUN_NSTATES; s++)
		if (state[s])
			add_sign(p, sign_of_state((enum run_state)s, ascii),
				 sign_state_style((enum run_state)s), state[s]);
	add_sign(p, '!', STYLE_CRIT,
		 "an alert of this run fires; beside a metric: it had values that are not finite");
	add_sign(p, ascii ? '#' : 0x25c6, STYLE_TITLE,
		 "pinned: a run that stays in the charts, a metric or chart that comes first");
	add_sign(p, ascii ? 'o' : 0x25c7, STYLE_DIM, "taken off the charts");
	add_sign(p, ascii ? '*' : 0x2605, STYLE_TITLE, "starred");
	static const struct {
		const char *sign, *ascii, *text;
	} chart[] = {
		{"─", "-", "a line; the faint one of two is training"},
		{"•", "*", "validation, and each point of a series of few"},
		{"▲ ▼", "^ v", "the line leaves the y range here"},
		{"▲3 ▼3", "^3 v3", "how often it does, at the top and at the bottom"},
		{"■┊", "#|", "a person stopped the run here"},
		{"✖┊ ▲┊", "X| !|", "in an alert's curve: the moment that it fired"},
		{"×╌╌×", "x--x", "values that are not finite: NaN below, infinite above"},
		{"+0.1", "+0.1", "on a y axis: so much more than at its lower end"},
		{"~0.9", "~0.9", "smoothed, by this weight; at a y axis: about"},
		{"×32", "x32", "so many metrics in one: least, median and greatest"},
		{"↑ ↓", "^ v", "behind a metric: more is better, less is better"},
		{"▾loss", "vloss", "the rows are in order of this column"},
	};
	for (size_t i = 0; i < sizeof chart / sizeof *chart; i++)
		page_add(p, ascii ? chart[i].ascii : chart[i].sign, STYLE_NORMAL, chart[i].text,
			 STYLE_NORMAL);
	for (int s = SEVERITY_CRIT; s >= SEVERITY_INFO; s--)
		add_sign(p, sign_of_severity((enum severity)s, ascii),
			 sign_severity_style((enum severity)s),
			 s == SEVERITY_CRIT   ? "alert: critical"
			 : s == SEVERITY_WARN ? "alert: warning"
					      : "alert: for your information");
}

static void
fill(struct page *p, bool ascii)
{
	bool told[ACTION_N] = {[ACTION_NONE] = true};
	page_clear(p);
	for (int i = 0; i < GROUPS; i++) {
		page_heading(p, groups[i].name);
		for (int k = 0; k < IN_GROUP && groups[i].action[k] != ACTION_NONE; k++) {
			add_action(p, groups[i].action[k]);
			told[groups[i].action[k]] = true;
		}
	}
	page_heading(p, "More");
	for (int a = 0; a < ACTION_N; a++)
		if (!told[a])
			add_action(p, (enum action)a);
	add_signs(p, ascii);
}

static void
help_draw(struct pane *p, struct model *m, struct grid *g, struct rect r, bool focus)
{
	struct help_pane *hp = (struct help_pane *)p;
	(void)focus;
	p->rect = r;
	if (!hp->page.n || hp->conf != m->conf)
		fill(&hp->page, g->ascii);
	hp->conf = m->conf;
	page_draw(&hp->page, g, r);
}

static bool
help_act(struct pane *p, struct model *m, enum action a, const char *arg)
{
	(void)m;
	return page_act(&((struct help_pane *)p)->page, a, arg);
}

static void
help_click(struct pane *p, struct model *m, struct rect r, const struct mouse *mo)
{
	(void)m;
	(void)r;
	if (mo->press && (mo->button == 4 || mo->button == 5))
		page_scroll(&((struct help_pane *)p)->page, mo->button == 4 ? -3 : 3);
}

const struct pane_ops pane_help = {
	.name = "help",
	.new = help_new,
	.free = help_free,
	.title = help_title,
	.draw = help_draw,
	.act = help_act,
	.click = help_click,
};
