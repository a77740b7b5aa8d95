/* rule_test.h - rules tried on series that somebody wrote down, with no data and no clock.
 *
 *     rule_files: [mm.conf]            # beside the test; without it: the configuration in use
 *     evaluation_interval: 1m          # of what is judged while no point comes
 *     tests:
 *       - interval: 1m                 # between the values below
 *         input_series:
 *           - series: 'train/loss{run="a"}'
 *             values: '2-0.1x5 NaN'    # notation.h
 *         alert_rule_test:
 *           - eval_time: 6m
 *             alertname: loss-nonfinite
 *             exp_alerts:              # what fires then, and nothing else does
 *               - exp_labels: {run: a, metric: train/loss}
 *
 * The words are promtool's. A series' name is a metric; its one label is the run. Steps are the
 * places of values, counted from 0. */
#ifndef CORE_RULE_TEST_H
#define CORE_RULE_TEST_H

#include "core/conf.h"
#include "core/rule.h"

#include <stddef.h>

struct rule_test;

/* NAME stands in messages. */
int rule_test_parse(const char *name, const char *text, size_t n, struct rule_test **out,
		    struct err *e);
void rule_test_free(struct rule_test *t);
/* The I-th rule file as it is written, or NULL. */
const char *rule_test_file(const struct rule_test *t, int i);

struct rule_test_events {
	void *ctx;
	/* A changed state, AT_US after the beginning of test NUMBER. */
	void (*changed)(void *ctx, int number, int64_t at_us, const struct alert *a);
	/* Something expected did not fire, or something fired that was not expected: the words. */
	void (*failed)(void *ctx, int number, int64_t at_us, const char *what);
};
/* How many expectations failed, or a negative code. CHECKED: how many there were. */
int rule_test_run(const struct rule_test *t, const struct conf *c,
		  const struct rule_test_events *ev, int *checked, struct err *e);

#endif
