/* The run is found by name (core/checkpoint.h), the step in the name or by the clock; then every
 * series of the run is asked for its last point up to there. That is one column of a chart that
 * ends at the step, so it costs little however long the series is. */
#include "tui/version_origin.h"

#include "core/checkpoint.h"
#include "core/clock.h"
#include "core/model.h"
#include "core/xalloc.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct search {
	struct snap *sn;
	struct run_info run;
	struct origin *out;
	size_t metric_cap, param_cap;
	/* the step at or before which something holds */
	int64_t epoch, wall_us, found;
	bool any;
	enum step_unit unit; /* of a step that is given as such */
};

static bool
is_run(void *ctx, const char *path)
{
	struct run_info r;
	return snap_run_by_path(ctx, path, &r);
}

static int
note_param(void *ctx, const char *key, const char *value)
{
	struct search *s = ctx;
	*vec_push(s->out->param, s->out->nparams, s->param_cap) =
		(struct version_pair){xstrdup(key), xstrdup(value)};
	return 0;
}

/* -- the step ---------------------------------------------------------------------------------- */

static int
upto_wall(void *ctx, const struct point *p)
{
	struct search *s = ctx;
	if (p->wall_us <= s->wall_us && (!s->any || p->step > s->found)) {
		s->found = p->step;
		s->any = true;
	}
	return 0;
}

static int
upto_epoch(void *ctx, const struct point *p)
{
	struct search *s = ctx;
	if (p->value <= (double)s->epoch && (!s->any || p->step > s->found)) {
		s->found = p->step;
		s->any = true;
	}
	return 0;
}

static int
each_series(struct search *s, const char *only, int (*fn)(void *, const struct point *))
{
	struct series_info si;
	struct err ignored;
	const char *name = only ? only : s->run.loss.name;
	if (*name && snap_series_find(s->sn, s->run.id, name, &si) && si.now.unit != STEP_NONE)
		snap_points(s->sn, si.id, s->run.attempt, 0, fn, s, &ignored);
	return s->any;
}

/* The step that the run had reached when the file was written. */
static bool
step_by_time(struct search *s, int64_t mtime_us)
{
	s->wall_us = mtime_us;
	if (!mtime_us || !each_series(s, NULL, upto_wall))
		return false;
	s->out->step = s->found;
	s->out->step_from = VERSION_STEP_TIME;
	return true;
}

static bool
step_by_name(struct search *s, const char *path)
{
	int64_t step;
	enum step_unit unit;
	if (!checkpoint_step_of_name(path, &step, &unit))
		return false;
	s->out->step_from = VERSION_STEP_NAME;
	s->out->step = step;
	if (unit == STEP_STEP || s->run.unit == STEP_EPOCH)
		return true;
	/* Of an epoch the last step counts, if the run says where that was. */
	s->epoch = step;
	if (!s->out->run || !each_series(s, "epoch", upto_epoch))
		s->out->step_from = VERSION_STEP_NONE;
	s->out->step = s->found;
	return s->out->step_from != VERSION_STEP_NONE;
}

/* -- metrics ----------------------------------------------------------------------------------- */

/* The value of a series at the step, whose first and last x are X0 and X1. */
static void
add_metric(struct search *s, const struct series_info *si, double x0, double x1)
{
	struct err ignored;
	struct column c = {0};
	struct version_metric m = {.value = si->now.last, .step = INT64_MIN};
	if (si->now.unit != STEP_NONE) {
		/* Epochs and steps are no common axis: then the newest value that there is. */
		bool comparable = si->now.unit == s->unit && s->out->step_from;
		struct span sp = {.axis = AXIS_STEP, .columns = 1, .x0 = x0};
		sp.x1 = comparable ? (double)s->out->step : x1;
		if (sp.x1 < sp.x0 || snap_columns(s->sn, si->id, &sp, &c, &ignored) < 0)
			return;
		if (c.n == 0)
			return;
		m.value = c.last;
		m.step = c.last_x;
	}
	m.name = xstrdup(si->shown);
	*vec_push(s->out->metric, s->out->nmetrics, s->metric_cap) = m;
}

/* Can anything be said of it at a step? Where it begins and ends. */
static bool
has_values(struct snap *sn, const struct series_info *si, double *x0, double *x1)
{
	*x0 = *x1 = 0;
	return si->primary && si->now.points > 0 &&
	       (si->now.unit == STEP_NONE || snap_extent(sn, si->id, AXIS_STEP, 0, x0, x1));
}

static int
note_metric(void *ctx, const struct series_info *si)
{
	struct search *s = ctx;
	double x0, x1;
	if (has_values(s->sn, si, &x0, &x1))
		add_metric(s, si, x0, x1);
	return 0;
}

/* Whose it is, and its step: as it says itself, else its name, else the clock. */
static bool
locate(struct search *s, const char *path, const char *run, int64_t inside, int64_t mtime_us)
{
	struct str where = STR_INIT;
	*s->out = (struct origin){0};
	bool known = s->sn && (run ? snap_run_by_path(s->sn, run, &s->run)
				   : checkpoint_run(path, is_run, s->sn, &where) &&
					       snap_run_by_path(s->sn, str_c(&where), &s->run));
	if (known)
		s->out->run = xstrdup(s->run.path);
	str_release(&where);
	s->unit = s->run.unit;
	if (inside != INT64_MIN) {
		s->out->step = inside;
		s->out->step_from = VERSION_STEP_FILE;
	} else if (!step_by_name(s, path) && known) {
		step_by_time(s, mtime_us);
	}
	return known;
}

/* -- of many ----------------------------------------------------------------------------------- */

struct origins {
	struct snap *sn;
	const struct conf *conf;
	/* The run that was asked about last, which is nearly always the next one's too, and its
	 * series by which a checkpoint would be chosen: to find those costs as much as to read
	 * hundreds of values. */
	char *run;
	struct telling {
		struct series_info info; /* its strings live as long as the snapshot */
		double x0, x1;
	} * series;
	size_t n, cap;
};

struct origins *
origins_new(struct snap *sn, const struct conf *c)
{
	struct origins *o = xcalloc(1, sizeof *o);
	o->sn = sn;
	o->conf = c;
	return o;
}

void
origins_free(struct origins *o)
{
	free(o->run);
	free(o->series);
	free(o);
}

static int
note_telling(void *ctx, const struct series_info *si)
{
	struct origins *o = ctx;
	struct metric_role role;
	double x0, x1;
	metric_role(o->conf, si->name, &role);
	if (role.role > ROLE_TRAIN_LOSS || role.goal == GOAL_NONE ||
	    !has_values(o->sn, si, &x0, &x1))
		return 0;
	struct telling *t = vec_push(o->series, o->n, o->cap);
	*t = (struct telling){.info = *si, .x0 = x0, .x1 = x1};
	return 0;
}

void
origins_find(struct origins *o, const char *path, int64_t inside, int64_t mtime_us,
	     struct origin *out)
{
	struct search s = {.sn = o->sn, .out = out, .found = INT64_MIN};
	if (!locate(&s, path, NULL, inside, mtime_us))
		return;
	if (!o->run || strcmp(o->run, s.run.path) != 0) {
		free(o->run);
		o->run = xstrdup(s.run.path);
		o->n = 0;
		snap_series(o->sn, s.run.id, note_telling, o);
	}
	for (size_t i = 0; i < o->n; i++)
		add_metric(&s, &o->series[i].info, o->series[i].x0, o->series[i].x1);
}

/* -- of one ------------------------------------------------------------------------------------ */

void
origin_find(struct snap *sn, const char *path, const char *run, int64_t step, struct origin *out)
{
	struct search s = {.sn = sn, .out = out, .found = INT64_MIN};
	struct model *m = NULL;
	struct err ignored;
	struct stat st;
	int64_t inside = INT64_MIN, mtime_us = 0;
	if (step == INT64_MIN && model_open(path, &m, &ignored) == 0) {
		inside = m->step == MODEL_NO_STEP ? INT64_MIN : m->step;
		mtime_us = m->mtime_us;
		model_close(m);
	} else if (stat(path, &st) == 0) {
		mtime_us = clock_of(st.st_mtim);
	}
	bool known = locate(&s, path, run, inside, mtime_us);
	if (step != INT64_MIN) {
		out->step = step;
		out->step_from = VERSION_STEP_GIVEN;
	}
	if (!known)
		return;
	snap_params(sn, s.run.id, note_param, &s);
	snap_series(sn, s.run.id, note_metric, &s);
}

void
origin_release(struct origin *o)
{
	for (size_t i = 0; i < o->nmetrics; i++)
		free(o->metric[i].name);
	for (size_t i = 0; i < o->nparams; i++) {
		free(o->param[i].key);
		free(o->param[i].value);
	}
	free(o->metric);
	free(o->param);
	free(o->run);
	*o = (struct origin){0};
}
