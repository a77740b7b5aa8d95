#include "tui/alert_rows.h"

#include "core/xalloc.h"
#include "tui/filter.h"

#include <stdlib.h>
#include <string.h>

const char *const alert_sort_names[ALERTS_NSORT] = {"weight", "time", "run", "rule"};

const char *
alert_standing(const struct model_alert *m)
{
	const struct alert *a = &m->a;
	if (a->state == ALERT_RESOLVED)
		return "over";
	if (a->acked)
		return "acked";
	if (m->silent_us)
		return "silenced";
	if (a->historic)
		return "old log";
	return a->state == ALERT_RECOVERING ? "recovers" : "fires";
}

const char *
alert_run_name(const struct model *m, const struct model_alert *a)
{
	return a->run >= 0 && a->run < m->nruns ? m->run[a->run].name : a->a.run;
}

/* -- which ------------------------------------------------------------------------------------- */

static bool
word_is_in(const struct model *m, const struct model_alert *a, const char *word)
{
	const struct {
		const char *of, *text;
	} field[] = {
		{"rule:", a->a.rule},
		{"run:", alert_run_name(m, a)},
		{"run:", a->a.run},
		{"metric:", a->a.metric},
		{"is:", alert_standing(a)},
		{"is:", severity_names[a->a.severity]},
		{"", a->a.message ? a->a.message : ""},
	};
	size_t n = sizeof field / sizeof *field;
	for (size_t i = 0; i < n; i++) {
		size_t len = strlen(field[i].of);
		if (!len || strncmp(word, field[i].of, len) != 0)
			continue;
		bool any = false;
		for (size_t k = i; k < n && strcmp(field[k].of, field[i].of) == 0; k++)
			any = any || filter_match(word + len, field[k].text, NULL, NULL);
		return any;
	}
	/* A run's whole path has words that nobody sees; its name is what is looked for. */
	for (size_t i = 0; i < n; i++)
		if ((field[i].text != a->a.run || alert_run_name(m, a) == a->a.run) &&
		    filter_match(word, field[i].text, NULL, NULL))
			return true;
	return false;
}

bool
alert_passes(const struct model *m, const struct model_alert *a, const char *text)
{
	if (!text)
		return true;
	char *copy = xstrdup(text), *save = NULL;
	bool pass = true;
	for (char *w = strtok_r(copy, " ", &save); w && pass; w = strtok_r(NULL, " ", &save)) {
		bool not = w[0] == '-' && w[1];
		pass = word_is_in(m, a, w + not ) != not ;
	}
	free(copy);
	return pass;
}

/* -- in what order ----------------------------------------------------------------------------- */

struct keyed {
	const struct model *m;
	int at;
};

static int
in_order(const void *pa, const void *pb)
{
	const struct keyed *x = pa, *y = pb;
	const struct model *m = x->m;
	const struct model_alert *a = &m->alert[x->at], *b = &m->alert[y->at];
	int c = 0;
	switch ((enum alert_sort)m->alert_sort) {
	case ALERTS_BY_TIME:
		c = (a->a.fired_us < b->a.fired_us) - (a->a.fired_us > b->a.fired_us);
		break;
	case ALERTS_BY_RUN:
		c = strcmp(alert_run_name(m, a), alert_run_name(m, b));
		break;
	case ALERTS_BY_RULE:
		c = strcmp(a->a.rule, b->a.rule);
		break;
	default:
		break;
	}
	return c ? c : x->at - y->at;
}

int
alert_rows(const struct model *m, int *row)
{
	struct keyed *v = xcalloc((size_t)m->nalerts + 1, sizeof *v);
	int n = 0;
	for (int i = 0; i < m->nalerts; i++)
		if (alert_passes(m, &m->alert[i], m->alert_filter))
			v[n++] = (struct keyed){m, i};
	if (m->alert_sort != ALERTS_BY_WEIGHT)
		qsort(v, (size_t)n, sizeof *v, in_order);
	for (int i = 0; i < n; i++)
		row[i] = v[i].at;
	free(v);
	return n;
}
