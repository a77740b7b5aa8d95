/* alert_rows.h - which alerts a list shows, and in what order: one answer for the pane and for
 * whoever goes from one alert to the next. */
#ifndef TUI_ALERT_ROWS_H
#define TUI_ALERT_ROWS_H

#include "tui/model.h"

enum alert_sort { ALERTS_BY_WEIGHT, ALERTS_BY_TIME, ALERTS_BY_RUN, ALERTS_BY_RULE, ALERTS_NSORT };
extern const char *const alert_sort_names[ALERTS_NSORT]; /* "weight", "time", …: of :sort */

/* How it stands, in a word or two: "fires", "acked", "over", … */
const char *alert_standing(const struct model_alert *a);
/* What its run is called. */
const char *alert_run_name(const struct model *m, const struct model_alert *a);
/* Words of TEXT (NULL: all pass), each of which has to be in its rule, run, metric, message,
 * severity or standing; "run:x", "rule:x", "metric:x", "is:x" look in one of them; a word behind
 * '-' must not be there. */
bool alert_passes(const struct model *m, const struct model_alert *a, const char *text);
/* Indexes of the alerts that pass the model's filter, in its order, into ROW[m->nalerts]; returns
 * how many. Equals keep the model's own order. */
int alert_rows(const struct model *m, int *row);

#endif
