/* pane_runs.c - the list of runs: how each is doing, in a line (run_line.h).
 *
 * The model has the rows and the cursor; the pane scrolls, shortens names to the width that they
 * have, and turns keys into what the model can do. */
#include "tui/pane.h"

#include "core/utf8.h"
#include "core/xalloc.h"
#include "tui/filter.h"
#include "tui/fmt.h"
#include "tui/list.h"
#include "tui/model.h"
#include "tui/names.h"
#include "tui/note.h"
#include "tui/run_line.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct runs_pane {
	struct pane p;
	struct list list;
	int head; /* lines above the rows */
	struct run_sums sums;
	/* shortened names by index of run, as long as neither names nor width change; NULL: none
	 * has to be */
	char **fit;
	int nfit, fit_w;
	uint32_t fit_naming, fit_generation;
};

static struct pane *
runs_new(void)
{
	struct runs_pane *rp = xcalloc(1, sizeof *rp);
	rp->p.ops = &pane_runs;
	return &rp->p;
}

static void
forget_fit(struct runs_pane *rp)
{
	for (int i = 0; rp->fit && i < rp->nfit; i++)
		free(rp->fit[i]);
	free(rp->fit);
	rp->fit = NULL;
	rp->nfit = 0;
}

static void
runs_free(struct pane *p)
{
	forget_fit((struct runs_pane *)p);
	free(p);
}

static void
runs_title(struct pane *p, struct model *m, char *buf, int size)
{
	static const struct {
		enum run_state state;
		const char *word;
	} live[] = {{RUN_RUNNING, "live"}, {RUN_QUIET, "quiet"}, {RUN_STALLED, "stalled"}};
	struct run_sums *sums = &((struct runs_pane *)p)->sums;
	struct str s = STR_INIT;
	run_sums_take(sums, m);
	str_adds(&s, "Runs");
	if (m->filter)
		str_addf(&s, " %d of %d /%s", sums->listed, m->nruns, m->filter);
	else if (m->nruns)
		str_addf(&s, " %d", m->nruns);
	int room = p->rect.w ? p->rect.w - 2 - (m->sort != SORT_STATE ? 10 : 0) : size;
	for (int k = 0; k < 3 && !m->filter; k++) {
		char part[40];
		int n = sums->state[live[k].state];
		snprintf(part, sizeof part, m->ascii ? ", %d %s" : " · %d %s", n, live[k].word);
		if (n && utf8_columns(str_c(&s)) + utf8_columns(part) <= room)
			str_adds(&s, part);
	}
	if (m->sort != SORT_STATE)
		str_addf(&s, " by %s", run_sort_names[m->sort]);
	snprintf(buf, (size_t)size, "%s", str_c(&s));
	str_release(&s);
}

/* -- names in their column ------------------------------------------------------------------- */

/* All rows are asked, not only those in view: a name must not change because somebody scrolls. */
static void
fit_names(struct runs_pane *rp, const struct model *m, int w)
{
	if (rp->fit_w == w && rp->fit_naming == m->naming && rp->nfit == m->nruns &&
	    rp->fit_generation == m->generation)
		return;
	forget_fit(rp);
	rp->nfit = m->nruns;
	rp->fit_w = w;
	rp->fit_naming = m->naming;
	rp->fit_generation = m->generation;
	w -= 2 * rp->sums.deepest;
	if (rp->sums.longest <= w) /* no byte takes two columns */
		return;
	/* In the order of runs, which is nearly that of their names: they are compared in it. */
	size_t room = (size_t)m->nruns + 1;
	const char **label = xcalloc(room, sizeof *label), **name = xcalloc(room, sizeof *name);
	char **out = xcalloc(room, sizeof *out);
	int n = 0;
	for (int i = 0; i < m->nrows; i++)
		if (m->row[i].run >= 0)
			label[m->row[i].run] = run_line_label(m, &m->row[i]);
	for (int i = 0; i < m->nruns; i++)
		if (label[i])
			name[n++] = label[i];
	names_fit(name, n, w, m->ascii, out);
	rp->fit = xcalloc(room, sizeof *rp->fit);
	for (int i = 0, k = 0; i < m->nruns; i++)
		if (label[i])
			rp->fit[i] = out[k++];
	free(label);
	free(name);
	free(out);
}

/* -- nothing to show ------------------------------------------------------------------------- */

static void
draw_nothing(const struct model *m, struct grid *g, struct rect r)
{
	struct str s = STR_INIT;
	char a[FMT_N], b[FMT_N];
	const struct ingest_progress *pr = &m->progress;
	const char *dots = m->ascii ? "..." : "…";
	if (m->filter && m->nruns)
		str_addf(&s, "no run matches \"%s\"\nEsc shows all %d", m->filter, m->nruns);
	else if (m->up && !pr->idle && pr->bytes_total > pr->bytes_done)
		str_addf(&s, "reading %s of %s %s", fmt_bytes(a, pr->bytes_done),
			 fmt_bytes(b, pr->bytes_total), dots);
	else if (m->up && !pr->idle)
		str_addf(&s, "looking for training logs %s", dots);
	else if (!m->store)
		str_addf(&s, "nothing was read yet%s", m->up ? "" : ", and nobody is watching");
	else {
		str_adds(&s, "no training log found");
		for (int i = 0; i < m->nroots && i < 3; i++)
			str_addf(&s, "%s %s", i ? "," : " under", m->root[i]);
		str_adds(&s, "\n`mm sources --all` says what was skipped, and why");
	}
	note_draw(g, (struct rect){r.x + 1, r.y, r.w - 1, r.h}, str_c(&s), STYLE_DIM);
	str_release(&s);
}

static void
runs_draw(struct pane *p, struct model *m, struct grid *g, struct rect r, bool focus)
{
	struct runs_pane *rp = (struct runs_pane *)p;
	p->rect = r;
	if (m->nrows == 0) {
		list_fit(&rp->list, 0, r.h);
		draw_nothing(m, g, r);
		return;
	}
	struct run_cols rc;
	rp->head = r.h > m->nrows || r.h >= 10;
	rp->list.cursor = m->cursor;
	list_fit(&rp->list, m->nrows, r.h - rp->head);
	run_sums_take(&rp->sums, m);
	run_cols_place(&rc, m, &rp->sums, r.w - (rp->list.n > rp->list.h));
	fit_names(rp, m, run_line_name_w(&rc));
	if (rp->head)
		run_line_heads(&rc, g, r.x, r.y);
	for (int i = 0; i < rp->list.h; i++) {
		int at = list_at(&rp->list, i), y = r.y + rp->head + i;
		if (at < 0)
			break;
		const struct model_row *row = &m->row[at];
		bool cursor = at == m->cursor;
		const char *name = rp->fit && row->run >= 0 ? rp->fit[row->run] : NULL;
		run_line_draw(&rc, m, row, name, g, r.x, y, cursor);
		if (cursor)
			grid_put(g, r.x, y, g->ascii ? '>' : 0x258c,
				 focus ? STYLE_TITLE_FOCUS : STYLE_DIM);
	}
	list_mark(&rp->list, g, r.x + r.w - 1, r.y + rp->head);
}

/* -- actions --------------------------------------------------------------------------------- */

static void
move_to(struct model *m, int row)
{
	m->cursor = row;
	m->stale = true; /* another run is drawn on top */
}

static bool
fold(struct model *m)
{
	if (m->row[m->cursor].run < 0 && !m->row[m->cursor].dir->folded) {
		model_toggle_fold(m, m->cursor);
		return true;
	}
	for (int i = m->cursor - 1; i >= 0; i--)
		if (m->row[i].depth < m->row[m->cursor].depth) {
			move_to(m, i);
			return true;
		}
	return false;
}

static bool
unfold(struct model *m)
{
	if (m->row[m->cursor].run >= 0)
		return false;
	if (m->row[m->cursor].dir->folded)
		model_toggle_fold(m, m->cursor);
	else if (m->cursor + 1 < m->nrows)
		move_to(m, m->cursor + 1);
	return true;
}

static void
sort(struct model *m, const char *arg)
{
	if (!arg || !*arg) {
		model_set_sort(m, (enum run_sort)((m->sort + 1) % SORT_NSORT));
		model_say(m, false, "sorted by %s", run_sort_names[m->sort]);
		return;
	}
	for (int i = 0; i < SORT_NSORT; i++)
		if (strncmp(run_sort_names[i], arg, strlen(arg)) == 0) {
			model_set_sort(m, (enum run_sort)i);
			return;
		}
	model_say(m, true, "no such order: %s (state, name, start, loss, metric, step)", arg);
}

static void
go(struct model *m, const char *text)
{
	for (int i = 0; i < m->nrows; i++) {
		const char *z =
			m->row[i].run < 0 ? m->row[i].dir->label : m->run[m->row[i].run].name;
		if (filter_match(text, z, NULL, NULL)) {
			move_to(m, i);
			return;
		}
	}
	for (int i = 0; i < m->nruns; i++)
		if (filter_match(text, m->run[i].name, NULL, NULL) &&
		    model_goto_run(m, m->run[i].info.path))
			return;
	model_say(m, true, "no run with \"%s\"", text);
}

/* What fires of the run under the cursor; nothing: whatever the alerts pane has under its own. */
static bool
ack(struct model *m, int run)
{
	bool any = false;
	if (run < 0 || !m->run[run].firing)
		return false;
	for (int i = 0; i < m->nalerts; i++)
		if (m->alert[i].run == run && alert_fires(&m->alert[i].a) && !m->alert[i].a.acked) {
			model_ack(m, i);
			any = true;
		}
	return any;
}

static bool
runs_act(struct pane *p, struct model *m, enum action a, const char *arg)
{
	struct runs_pane *rp = (struct runs_pane *)p;
	switch (a) {
	case ACTION_FILTER:
		model_set_filter(m, arg);
		return true;
	case ACTION_BACK:
		if (!m->filter)
			return false;
		model_set_filter(m, NULL);
		return true;
	case ACTION_SORT:
		sort(m, arg);
		return true;
	default:
		break;
	}
	if (m->nrows == 0)
		return false;
	rp->list.cursor = m->cursor;
	rp->list.n = m->nrows;
	if (list_act(&rp->list, a)) {
		move_to(m, rp->list.cursor);
		return true;
	}
	const struct model_row *row = &m->row[m->cursor];
	switch (a) {
	case ACTION_LEFT:
		return fold(m);
	case ACTION_RIGHT:
		return unfold(m);
	case ACTION_CHOOSE:
		if (row->run < 0)
			model_toggle_fold(m, m->cursor);
		else
			model_toggle_pin(m, m->cursor);
		return true;
	case ACTION_OPEN:
		if (row->run < 0)
			model_toggle_fold(m, m->cursor);
		else
			model_open_details(m, m->run[row->run].info.path);
		return true;
	case ACTION_ACK:
		return ack(m, row->run);
	case ACTION_COPY:
		free(m->copy);
		m->copy = xstrdup(row->run < 0 ? row->dir->path : m->run[row->run].info.path);
		return true;
	case ACTION_GOTO:
		if (arg && *arg)
			go(m, arg);
		return true;
	default:
		return false;
	}
}

static void
runs_click(struct pane *p, struct model *m, struct rect r, const struct mouse *mo)
{
	struct runs_pane *rp = (struct runs_pane *)p;
	(void)r;
	if (!mo->press || m->nrows == 0)
		return;
	rp->list.cursor = m->cursor;
	rp->list.n = m->nrows;
	if (mo->button == 4 || mo->button == 5) {
		list_scroll(&rp->list, mo->button == 4 ? -3 : 3);
		move_to(m, rp->list.cursor);
		return;
	}
	int at = list_at(&rp->list, mo->y - rp->head);
	if (at < 0)
		return;
	bool again = at == m->cursor;
	move_to(m, at);
	if (again && m->row[at].run < 0)
		model_toggle_fold(m, at);
}

const struct pane_ops pane_runs = {
	.name = "runs",
	.new = runs_new,
	.free = runs_free,
	.title = runs_title,
	.draw = runs_draw,
	.act = runs_act,
	.click = runs_click,
};
