#include "tui/chart_events.h"

#include "core/xalloc.h"

int
chart_events(struct charts *cs, const struct model *m, const struct figure *f)
{
	int drawn[STYLE_NRUNS], nruns = model_drawn(m, drawn), n = 0;
	for (int i = 0; i < nruns; i++) {
		const struct model_run *r = &m->run[drawn[i]];
		for (int k = 0; k < r->marks.nstops; k++) {
			const struct mark_stop *s = &r->marks.stop[k];
			double x = (double)s->time_us;
			/* of an attempt before, or on an axis of something else */
			if (s->time_us < r->info.first_us ||
			    (f->axis == AXIS_STEP && (s->step < 0 || f->unit != r->info.unit)))
				continue;
			if (f->axis == AXIS_STEP)
				x = (double)s->step;
			else if (f->axis == AXIS_RELATIVE)
				x -= (double)r->info.first_us;
			*vec_push(cs->event, n, cs->event_cap) =
				(struct chart_event){x, CHART_STOP, STYLE_RUN0 + r->color};
		}
	}
	return n;
}
