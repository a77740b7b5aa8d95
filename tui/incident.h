/* incident.h - one alert, looked at closely: how its rule reads, what was told of it and to whom,
 * what it went through before, and the curve around the moment that it fired.
 *
 * Copied within the model's refresh while it is open (model->incident). It outlives the alert,
 * which is dropped a while after it is over: whoever reads it then still sees what it was. */
#ifndef TUI_INCIDENT_H
#define TUI_INCIDENT_H

#include "core/outbox_read.h"
#include "tui/figure.h"
#include "tui/model.h"

#include <stdbool.h>

struct incident {
	struct model_alert seen; /* as it was seen last; strings owned */
	bool listed;             /* it is among the alerts now */
	/* Where it was in the list as it is shown while nobody had acknowledged it, or -1: who does
	 * goes on from there, not from where it is put then. */
	int unacked_at;
	unsigned serial; /* another one whenever the place in the log is another */
	struct outbox_read kept;
	uint64_t txn; /* of the snapshot that KEPT and the curve are from */

	char *metric; /* that is drawn: its own, or its run's loss; NULL: none */
	bool logy;
	struct figure fig;
	double x;                  /* the moment, on the axis of the figure */
	struct chart_event moment; /* the same, to be drawn */
	double zoom;               /* 1: some hundred points; 2: half as many */
	int want_columns;          /* set by the pane; 0: no chart is on the screen */
	bool rezoom;
	/* the newest point of its own metric */
	bool has_now;
	double now;
	int64_t now_step;
};

/* Opens alert I of the model (closing what lies over the panes), and closes it. */
void model_open_alert(struct model *m, int i);
void model_close_alert(struct model *m);
/* The next alert of the list as it is shown, or with BY -1 the one before. False: there is none. */
bool model_alert_beside(struct model *m, int by);
/* Looks whether it changed among the alerts. Its index there, or -1. */
int incident_sync(struct model *m);
/* Which of them it is in the list as it is shown (from 0), or -1; *N: how many these are. All of
 * them are filtered and ordered for that: once a frame. */
int incident_place(struct model *m, int *n);
void incident_zoom(struct incident *in, double by);
/* The snapshot is open. */
int incident_refresh(struct model *m, struct snap *sn, struct err *e);
/* The chart with the moment marked; borrows from IN. */
void incident_chart(struct incident *in, bool ascii, struct chart *out);

/* Where in its run's text an alert is: at its step, when that was, or at the run's last words. */
void alert_where(struct model *m, const struct alert *a, struct model_text *out);

#endif
