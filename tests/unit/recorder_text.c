/* What a recorder has kept, as text: each thing a line, in an order that does not depend on when it
 * came, so that two recorders can be compared as strings. */
#include "tests/unit/recorder_own.h"

#include "core/rule.h"
#include "core/xalloc.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *
text_done(struct sink *s, struct str *out)
{
	return recorder_keep(recorder_of(s), str_steal(out));
}

void
recorder_add_number(struct str *out, double v)
{
	char buf[40];
	for (int digits = 6; digits <= 17; digits++) {
		snprintf(buf, sizeof buf, "%.*g", digits, v);
		if (strtod(buf, NULL) == v)
			break;
	}
	str_adds(out, isnan(v) ? "nan" : buf);
}

static void
add_row(struct str *out, const struct log *l, const struct kept_row *row, bool timed)
{
	static const char *const unit[] = {"step", "epoch", "row", "none"};
	str_adds(out, unit[row->unit]);
	if (row->unit != STEP_NONE)
		str_addf(out, "=%" PRId64, row->step);
	if (timed && row->wall_us)
		str_addf(out, " @%" PRId64 ".%06" PRId64, row->wall_us / 1000000,
			 row->wall_us % 1000000);
	else if (timed)
		str_adds(out, " @-");
	for (unsigned i = 0; i < row->n; i++) {
		str_addf(out, " %s=", ((const char **)l->columns.at)[row->cell[i].column]);
		recorder_add_number(out, row->cell[i].value);
	}
	str_addc(out, '\n');
}

static void
add_rows(struct str *out, const struct log *l, const struct attempt *a, bool timed)
{
	for (size_t i = 0; i < a->rows.n; i++)
		add_row(out, l, ((struct kept_row **)a->rows.at)[i], timed);
}

static const char *
rows_text(struct sink *s, const char *path, uint32_t attempt, bool timed)
{
	struct log *l = recorder_find_log(s, path);
	struct str out = STR_INIT;
	if (!l)
		return "(no log)\n";
	struct attempt *a = l->attempts.at;
	for (size_t i = 0; i < l->attempts.n; i++)
		if (attempt ? a[i].number == attempt : i + 1 == l->attempts.n)
			add_rows(&out, l, a + i, timed);
	return text_done(s, &out);
}

const char *
recorder_rows(struct sink *s, const char *path)
{
	return rows_text(s, path, 0, false);
}

const char *
recorder_rows_timed(struct sink *s, const char *path)
{
	return rows_text(s, path, 0, true);
}

const char *
recorder_rows_of(struct sink *s, const char *path, uint32_t attempt)
{
	return rows_text(s, path, attempt, false);
}

const char *
recorder_points(struct sink *s, const char *path, const char *column)
{
	struct log *l = recorder_find_log(s, path);
	struct str out = STR_INIT;
	if (!l)
		return "(no log)\n";
	struct attempt *a = log_newest(l);
	for (size_t i = 0; i < a->rows.n; i++) {
		struct kept_row *row = ((struct kept_row **)a->rows.at)[i];
		for (unsigned k = 0; k < row->n; k++) {
			const char *name = ((const char **)l->columns.at)[row->cell[k].column];
			if (strcmp(name, column))
				continue;
			str_addf(&out, "%s%" PRId64 ":", out.len ? " " : "", row->step);
			recorder_add_number(&out, row->cell[k].value);
		}
	}
	str_addc(&out, '\n');
	return text_done(s, &out);
}

const char *
recorder_columns(struct sink *s, const char *path)
{
	struct log *l = recorder_find_log(s, path);
	struct str out = STR_INIT;
	if (!l)
		return "(no log)\n";
	for (size_t i = 0; i < l->columns.n; i++)
		str_addf(&out, "%s%s", i ? " " : "", ((const char **)l->columns.at)[i]);
	str_addc(&out, '\n');
	return text_done(s, &out);
}

static void
add_remarks(struct str *out, const struct log *l)
{
	static const char *const kind[] = {"bad-record", "limit", "text-cell",
					   "structure",  "io",    "note"};
	const struct remark *m = l->remarks.at;
	for (size_t i = 0; i < l->remarks.n; i++)
		str_addf(out, "%s %" PRIu64 ":%" PRIu64 " %s\n", kind[m[i].kind], m[i].offset,
			 m[i].line, m[i].text);
}

const char *
recorder_remarks(struct sink *s, const char *path)
{
	struct log *l = recorder_find_log(s, path);
	struct str out = STR_INIT;
	if (!l)
		return "(no log)\n";
	add_remarks(&out, l);
	return text_done(s, &out);
}

static int
param_order(const void *pa, const void *pb)
{
	const struct param *a = pa, *b = pb;
	int c = strcmp(a->run, b->run);
	return c ? c : strcmp(a->key, b->key);
}

const char *
recorder_params(struct sink *s, const char *run)
{
	struct recorder *r = recorder_of(s);
	size_t n = r->now.params.n;
	struct param *p = n ? xmemdup(r->now.params.at, n * sizeof *p) : NULL;
	struct str out = STR_INIT;
	if (n)
		qsort(p, n, sizeof *p, param_order);
	for (size_t i = 0; i < n; i++)
		if (!strcmp(p[i].run, run))
			str_addf(&out, "%s=%s\n", p[i].key, p[i].value);
	free(p);
	return text_done(s, &out);
}

const char *
recorder_said(struct sink *s, const char *run)
{
	struct run *r = recorder_find_run(recorder_of(s), run);
	return r ? r->said : "";
}

const char *
recorder_title(struct sink *s, const char *run)
{
	struct run *r = recorder_find_run(recorder_of(s), run);
	return r ? r->title : "";
}

const char *
recorder_skipped(struct sink *s)
{
	struct recorder *r = recorder_of(s);
	const struct skip *k = r->now.skipped.at;
	struct str out = STR_INIT;
	for (size_t i = 0; i < r->now.skipped.n; i++)
		str_addf(&out, "%s\t%s\n", k[i].path, k[i].reason);
	return text_done(s, &out);
}

const char *
recorder_checkpoints(struct sink *s)
{
	struct recorder *r = recorder_of(s);
	const struct known_checkpoint *k = r->now.checkpoints.at;
	struct str out = STR_INIT;
	for (size_t i = 0; i < r->now.checkpoints.n; i++)
		str_addf(&out, "%s\t%" PRIu64 "\t%s\n", k[i].path, k[i].c.bytes,
			 checkpoint_state_name[k[i].c.state]);
	return text_done(s, &out);
}

const char *
recorder_alerts(struct sink *s)
{
	static const char *const state[] = {"ok", "pending", "firing", "recovering", "resolved"};
	struct recorder *r = recorder_of(s);
	const struct alert *a = r->now.alerts.at;
	struct str out = STR_INIT;
	for (size_t i = 0; i < r->now.alerts.n; i++) {
		str_addf(&out, "%s %s %s %s n=%u step=%" PRId64 " value=", a[i].rule, a[i].run,
			 a[i].metric, state[a[i].state], a[i].n, a[i].step);
		recorder_add_number(&out, a[i].value);
		str_addc(&out, '\n');
	}
	return text_done(s, &out);
}

const char *
recorder_hists(struct sink *s, const char *path)
{
	struct str out = STR_INIT;
	struct log *l = recorder_find_log(s, path);
	const struct buckets *b = l ? l->buckets.at : NULL;
	for (size_t i = 0; l && i < l->buckets.n; i++)
		str_addf(&out, "%u.%zu %s: %s\n", b[i].attempt, b[i].row,
			 ((const char **)l->columns.at)[b[i].column], b[i].text);
	return text_done(s, &out);
}

const char *
recorder_roots(struct sink *s)
{
	struct recorder *r = recorder_of(s);
	struct str out = STR_INIT;
	for (size_t i = 0; i < r->now.roots.n; i++)
		str_addf(&out, "%s\n", ((const char **)r->now.roots.at)[i]);
	return text_done(s, &out);
}

static void
add_log(struct str *out, const struct log *l)
{
	struct attempt *a = (struct attempt *)l->attempts.at + l->attempts.n - 1;
	str_addf(out, "%s run=%s format=%s attempt=%u rows=%zu", l->path, l->run, l->format,
		 a->number, a->rows.n);
}

const char *
recorder_logs(struct sink *s)
{
	struct recorder *r = recorder_of(s);
	struct log **sorted = recorder_sorted(r);
	struct str out = STR_INIT;
	for (size_t i = 0; i < r->now.logs.n; i++) {
		add_log(&out, sorted[i]);
		const struct writing *w = &sorted[i]->writing;
		str_addf(&out, " offset=%" PRIu64 "%s%s\n", sorted[i]->cur.offset,
			 sorted[i]->gone ? " gone" : "",
			 !w->by.pid    ? ""
			 : w->ended_us ? " ended"
				       : " written");
	}
	free(sorted);
	return text_done(s, &out);
}

const char *
recorder_dump(struct sink *s)
{
	struct recorder *r = recorder_of(s);
	struct log **sorted = recorder_sorted(r);
	struct str out = STR_INIT;
	for (size_t i = 0; i < r->now.logs.n; i++) {
		struct log *l = sorted[i];
		struct attempt *a = l->attempts.at;
		add_log(&out, l);
		str_addf(&out, "%s\ncolumns %s", l->gone ? " gone" : "",
			 recorder_columns(s, l->path));
		for (size_t k = 0; k < l->attempts.n; k++) {
			if (l->attempts.n > 1)
				str_addf(&out, "attempt %u\n", a[k].number);
			add_rows(&out, l, a + k, true);
		}
		str_adds(&out, recorder_hists(s, l->path));
		str_addf(&out, "remarks %" PRIu64 "\n", l->nremarks);
		add_remarks(&out, l);
	}
	free(sorted);
	const struct run *run = r->now.runs.at;
	for (size_t i = 0; i < r->now.runs.n; i++)
		str_addf(&out, "run %s attempt=%u said=%s title=%s\n%s", run[i].path,
			 run[i].attempt, run[i].said, run[i].title,
			 recorder_params(s, run[i].path));
	str_addf(&out, "%s%s%s", recorder_skipped(s), recorder_alerts(s), recorder_roots(s));
	return text_done(s, &out);
}
