/* pane_details.c - all that is known of one run, and why it is judged as it is. */
#include "tui/pane.h"

#include "core/utf8.h"
#include "core/xalloc.h"
#include "tui/fmt.h"
#include "tui/model.h"
#include "tui/page.h"
#include "tui/sign.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct details_pane {
	struct pane p;
	struct page page;
	char *path; /* of the run that PAGE shows */
};

static struct pane *
details_new(void)
{
	struct details_pane *dp = xcalloc(1, sizeof *dp);
	dp->p.ops = &pane_details;
	return &dp->p;
}

static void
details_pane_free(struct pane *p)
{
	struct details_pane *dp = (struct details_pane *)p;
	page_release(&dp->page);
	free(dp->path);
	free(dp);
}

static void
details_title(struct pane *p, struct model *m, char *buf, int size)
{
	const struct model_run *r = m->details ? model_run_by_path(m, m->details->path) : NULL;
	(void)p;
	snprintf(buf, (size_t)size, r ? "Run %s" : "Run", r ? r->name : "");
}

/* -- sections -------------------------------------------------------------------------------- */

static const char *
unit_name(uint8_t unit)
{
	return unit == STEP_EPOCH ? "epoch" : unit == STEP_ROW ? "row" : "step";
}

static void
add_state(struct page *p, const struct model *m, const struct model_run *r)
{
	struct str why = STR_INIT;
	char sign[5] = "";
	sign[utf8_put(sign_of_state(r->state, m->ascii), sign)] = '\0';
	model_why(m, r, &why);
	page_addf(p, "state", sign_state_style(r->state), "%s %s", sign, run_state_name(r->state));
	if (why.len)
		page_add(p, "because", STYLE_DIM, str_c(&why), STYLE_NORMAL);
	str_release(&why);
}

static void
add_marks(struct page *p, const struct marks *mk)
{
	struct str tags = STR_INIT;
	for (int i = 0; i < mk->ntags; i++)
		str_addf(&tags, "%s#%s", i ? " " : "", mk->tag[i]);
	if (mk->note)
		page_add(p, "note", STYLE_DIM, mk->note, STYLE_NORMAL);
	if (mk->ntags)
		page_add(p, "tags", STYLE_DIM, str_c(&tags), STYLE_NORMAL);
	if (mk->star || mk->hidden)
		page_add(p, "marked", STYLE_DIM,
			 mk->star && mk->hidden ? "star, hidden"
			 : mk->star             ? "star"
						: "hidden",
			 STYLE_NORMAL);
	str_release(&tags);
}

static void
add_times(struct page *p, const struct model *m, const struct run_info *in)
{
	char a[FMT_N], b[FMT_N];
	if (in->first_us > 0)
		page_addf(p, "started", STYLE_NORMAL, "%s", fmt_moment(a, in->first_us, m->now_us));
	if (in->last_us > 0 && in->last_us == in->first_us && in->points > in->metrics)
		page_addf(p, "last row", STYLE_NORMAL, "%s; no times in the log",
			  fmt_moment(a, in->last_us, m->now_us));
	else if (in->last_us > 0)
		page_addf(p, "last row", STYLE_NORMAL, "%s, after %s",
			  fmt_moment(a, in->last_us, m->now_us),
			  fmt_duration(b, (double)(in->last_us - in->first_us) / 1e6));
	if (in->last_arrival_us > 0)
		page_addf(p, "last seen", STYLE_NORMAL, "%s (%s)",
			  fmt_moment(a, in->last_arrival_us, m->now_us),
			  fmt_age(b, in->last_arrival_us, m->now_us));
}

static void
add_progress(struct page *p, const struct model_run *r, double rate)
{
	char a[FMT_N], b[FMT_N], c[FMT_N];
	const char *unit = unit_name(r->info.unit);
	if (r->info.unit == STEP_NONE)
		return;
	if (r->total > 0)
		page_addf(p, unit, STYLE_NORMAL, "%s of %s, %s", fmt_step(a, r->info.last_step),
			  fmt_step(b, r->total), fmt_percent(c, r->progress));
	else
		page_addf(p, unit, STYLE_NORMAL, "%s, total unknown: [run GLOB] total = N says it",
			  fmt_step(a, r->info.last_step));
	if (rate > 0)
		page_addf(p, "rate", STYLE_NORMAL, "%s %ss a second", fmt_axis(a, rate, 0), unit);
	if (r->eta_s >= 0)
		page_addf(p, "time left", STYLE_NORMAL, "%s", fmt_duration(a, r->eta_s));
}

static void
add_metrics(struct page *p, const struct model *m, const struct model_run *r)
{
	const struct glance *gl[] = {&r->info.loss, &r->info.headline};
	char a[FMT_N], b[FMT_N];
	for (int i = 0; i < 2; i++) {
		if (!gl[i]->name[0] || (i && strcmp(gl[0]->name, gl[1]->name) == 0))
			continue;
		double scale = i ? r->headline_scale : r->loss_scale;
		if (isnan(gl[i]->best))
			page_addf(p, gl[i]->name, STYLE_NORMAL, "%s",
				  fmt_value(a, gl[i]->last * scale));
		else
			page_addf(p, gl[i]->name, isfinite(gl[i]->last) ? STYLE_NORMAL : STYLE_CRIT,
				  "%s, best %s", fmt_value(a, gl[i]->last * scale),
				  fmt_value(b, gl[i]->best * scale));
	}
	page_addf(p, "metrics", STYLE_NORMAL, "%u, %llu points", r->info.metrics,
		  (unsigned long long)r->info.points);
	uint64_t bad = 0;
	const char *first = NULL;
	int series = 0;
	for (int i = 0; i < r->nseries; i++)
		if (r->series[i].sum.nonfinite) {
			bad += r->series[i].sum.nonfinite;
			first = first ? first : r->series[i].shown;
			series++;
		}
	if (bad)
		page_addf(p, "not finite", STYLE_WARN, "%llu value%s in %d metric%s (%s%s)",
			  (unsigned long long)bad, bad == 1 ? "" : "s", series,
			  series == 1 ? "" : "s", first,
			  series == 1 ? ""
			  : m->ascii  ? ", ..."
				      : ", …");
}

static void
add_alerts(struct page *p, const struct model *m, const struct model_run *r)
{
	bool any = false;
	for (int i = 0; i < m->nalerts; i++) {
		const struct alert *a = &m->alert[i].a;
		char when[FMT_N];
		if (m->alert[i].run != (int)(r - m->run))
			continue;
		if (!any)
			page_heading(p, "Alerts");
		any = true;
		bool news = a->state != ALERT_RESOLVED && !a->acked && !a->historic;
		struct str s = STR_INIT;
		str_addf(&s, "%s %s", fmt_moment(when, a->fired_us, m->now_us),
			 a->message && *a->message ? a->message : a->metric);
		if (!news)
			str_addf(&s, " (%s)",
				 a->state == ALERT_RESOLVED ? "over"
				 : a->acked                 ? "acknowledged"
							    : "from the old log");
		page_add(p, a->rule, news ? sign_severity_style(a->severity) : STYLE_DIM, str_c(&s),
			 news ? STYLE_NORMAL : STYLE_DIM);
		str_release(&s);
	}
}

static void
add_stops(struct page *p, const struct model *m, const struct model_run *r)
{
	char when[FMT_N], step[FMT_N];
	if (r->marks.nstops)
		page_heading(p, "Stopped by hand");
	for (int i = r->marks.nstops; i-- > 0;) {
		const struct mark_stop *s = &r->marks.stop[i];
		const char *clock = fmt_moment(when, s->time_us, m->now_us);
		if (s->step >= 0)
			page_addf(p, clock, STYLE_NORMAL, "%s, at %s %s", s->what,
				  unit_name(r->info.unit), fmt_step(step, s->step));
		else
			page_add(p, clock, STYLE_DIM, s->what, STYLE_NORMAL);
	}
}

static void
add_attempts(struct page *p, const struct model *m, const struct model_run *r,
	     const struct model_details *d)
{
	char label[FMT_N], a[FMT_N], b[FMT_N];
	if (r->info.attempts < 2)
		return;
	page_heading(p, "Attempts");
	snprintf(label, sizeof label, "run#%u", r->info.attempt);
	page_addf(p, label, STYLE_NORMAL, "this one: %s, %llu points",
		  fmt_moment(a, r->info.first_us, m->now_us), (unsigned long long)r->info.points);
	for (int i = 0; i < d->nolder; i++) {
		const struct run_info *o = &d->older[i];
		snprintf(label, sizeof label, "run#%u", o->attempt);
		page_addf(p, label, STYLE_DIM, "%s, up to %s %s, %llu points",
			  fmt_moment(a, o->first_us, m->now_us), unit_name(o->unit),
			  fmt_step(b, o->last_step), (unsigned long long)o->points);
	}
}

static void
add_files(struct page *p, const struct model_details *d, size_t below)
{
	char a[FMT_N], b[FMT_N];
	if (d->nlogs)
		page_heading(p, "Files");
	for (int i = 0; i < d->nlogs; i++) {
		const struct model_log *l = &d->log[i];
		struct str s = STR_INIT;
		str_addf(&s, "%s", l->path + (strlen(l->path) > below ? below : 0));
		if (l->bytes < l->size)
			str_addf(&s, ", %s of %s read", fmt_bytes(a, l->bytes),
				 fmt_bytes(b, l->size));
		else
			str_addf(&s, ", %s read", fmt_bytes(a, l->bytes));
		str_addf(&s, ", %llu points", (unsigned long long)l->points);
		if (l->remarks)
			str_addf(&s, ", %llu remark%s", (unsigned long long)l->remarks,
				 l->remarks == 1 ? "" : "s");
		if (l->gone)
			str_adds(&s, ", deleted");
		page_add(p, l->format, STYLE_DIM, str_c(&s), l->gone ? STYLE_DIM : STYLE_NORMAL);
		str_release(&s);
		for (int k = 0; k < l->nremarks; k++)
			page_add(p, "", STYLE_DIM, l->remark[k], STYLE_WARN);
	}
}

static void
fill(struct details_pane *dp, struct model *m)
{
	struct page *p = &dp->page;
	const struct model_details *d = m->details;
	page_clear(p);
	if (!dp->path || strcmp(dp->path, d->path) != 0) {
		free(dp->path);
		dp->path = xstrdup(d->path);
		p->top = 0;
	}
	const struct model_run *r = model_run_by_path(m, d->path);
	if (!r) {
		page_add(p, "", STYLE_DIM, "This run is not there any more.", STYLE_DIM);
		page_add(p, "path", STYLE_DIM, d->path, STYLE_NORMAL);
		return;
	}
	page_add(p, "run", STYLE_DIM, r->name, STYLE_TITLE);
	page_add(p, "path", STYLE_DIM, r->info.path, STYLE_NORMAL);
	add_marks(p, &r->marks);
	add_state(p, m, r);
	add_times(p, m, &r->info);
	add_progress(p, r, m->details->rate);
	add_metrics(p, m, r);
	add_alerts(p, m, r);
	add_stops(p, m, r);
	if (d->nparams)
		page_heading(p, "Parameters");
	for (int i = 0; i < d->nparams; i++)
		page_add(p, d->key[i], STYLE_DIM, d->value[i], STYLE_NORMAL);
	add_attempts(p, m, r, d);
	/* File names stand below the run's directory; a log that is a run of its own keeps its
	 * last part. */
	size_t below = strlen(r->info.path) + 1;
	for (int i = 0; i < d->nlogs; i++)
		if (strncmp(d->log[i].path, r->info.path, below - 1) != 0 ||
		    d->log[i].path[below - 1] != '/')
			below = 0;
	add_files(p, d, below);
	if (d->nsentences)
		page_heading(p, "In words");
	for (int i = 0; i < d->nsentences; i++)
		page_add(p, "", STYLE_DIM, d->sentence[i], STYLE_NORMAL);
}

static void
details_draw(struct pane *p, struct model *m, struct grid *g, struct rect r, bool focus)
{
	struct details_pane *dp = (struct details_pane *)p;
	(void)focus;
	p->rect = r;
	if (!m->details)
		return;
	fill(dp, m);
	page_draw(&dp->page, g, r);
}

static bool
details_act(struct pane *p, struct model *m, enum action a, const char *arg)
{
	struct details_pane *dp = (struct details_pane *)p;
	if (!m->details)
		return false;
	if (page_act(&dp->page, a, arg))
		return true;
	switch (a) {
	case ACTION_BACK:
	case ACTION_OPEN:
	case ACTION_LEFT:
		model_close_details(m);
		return true;
	case ACTION_COPY:
		free(m->copy);
		m->copy = xstrdup(m->details->path);
		return true;
	default:
		return false;
	}
}

static void
details_click(struct pane *p, struct model *m, struct rect r, const struct mouse *mo)
{
	struct details_pane *dp = (struct details_pane *)p;
	(void)m;
	(void)r;
	if (mo->press && (mo->button == 4 || mo->button == 5))
		page_scroll(&dp->page, mo->button == 4 ? -3 : 3);
}

const struct pane_ops pane_details = {
	.name = "details",
	.new = details_new,
	.free = details_pane_free,
	.title = details_title,
	.draw = details_draw,
	.act = details_act,
	.click = details_click,
};
