#!/bin/bash
# Thresholds, `for` and `keep` against Prometheus' own: rules and series from dice, and promtool has to agree with what
# mm says of every rule at every minute. Skipped where there is no promtool (Debian's package prometheus).
. tests/cli/lib.sh
command -v promtool >/dev/null || { echo "promtool is not installed"; exit 77; }
cd "$TMP" || exit 1
rules=40 minutes=60

awk -v rules=$rules -v minutes=$minutes 'BEGIN {
	srand(7)
	split("> >= < <=", op, " ")
	print "[alerts]\ndefaults = off" >"mm.conf"
	print "groups:\n- name: g\n  interval: 1m\n  rules:" >"rules.yml"
	print "rule_files: [mm.conf]\ntests:\n- input_series:" >"mm.yml"
	print "rule_files: [rules.yml]\nevaluation_interval: 1m\ntests:\n- interval: 1m\n  input_series:" >"head.yml"
	for (i = 1; i <= rules; i++) {
		o = op[1 + int(rand() * 4)]; limit = 1 + int(rand() * 3)
		hold = int(rand() * 4); keep = int(rand() * 5)
		printf "[alert r%d]\nmetric = m\nrun = r%d\nwhen = value %s %d\nfor = %dm\nkeep = %dm\n", \
			i, i, o, limit, hold, keep >"mm.conf"
		printf "  - alert: r%d\n    expr: m{run=\"r%d\"} %s %d\n    for: %dm\n    keep_firing_for: %dm\n", \
			i, i, o, limit, hold, keep >"rules.yml"
		v = 1; values = ""
		for (t = 0; t < minutes; t++) {
			# a few minutes alike, so that times can pass
			if (rand() < 0.4) v = int(rand() * 5)
			values = values (t ? " " : "") v
		}
		for (f = 0; f < 2; f++)
			printf "  - series: \"m{run=\x27r%d\x27}\"\n    values: \"%s\"\n", i, values >(f ? "mm.yml" : "head.yml")
	}
}'

exits 'the rules are fine' 0 "$MM" alert check mm.conf
exits 'and are judged' 0 "$MM" alert test --json mm.yml
printf '%s\n' "$out" >changes
has 'some rule fires' "$out" '"state": "firing"'
has 'and some recovers' "$out" '"state": "recovering"'

# What mm says, as what promtool is to expect: r I of FLIP at minute 30 the other way round.
expect() {
	cat head.yml
	echo '  alert_rule_test:'
	sed 's/.*"time": \([0-9]*\),.*"rule": "r\([0-9]*\)",.*"state": "\([a-z]*\)".*/\1 \2 \3/' changes |
		awk -v rules=$rules -v minutes=$minutes -v flip="${1-0}" '
		{ minute[NR] = $1 / 60; rule[NR] = $2; state[NR] = $3 }
		END {
			for (t = 0; t < minutes; t++) {
				while (at < NR && minute[at + 1] <= t) {
					at++
					fires[rule[at]] = state[at] == "firing" || state[at] == "recovering"
				}
				for (i = 1; i <= rules; i++) {
					f = fires[i] + 0
					if (i == flip && t == 30) f = !f
					printf "  - eval_time: %dm\n    alertname: r%d\n", t, i
					if (f) printf "    exp_alerts: [{exp_labels: {run: r%d}}]\n", i
				}
			}
		}'
}
expect >agree.yml
exits 'promtool agrees at every minute' 0 promtool test rules agree.yml
[ $failed = 0 ] || promtool test rules agree.yml 2>&1 | head -40
for i in 1 $rules; do
	expect $i >differ.yml
	exits "and would not, were rule $i the other way round once" 1 promtool test rules differ.yml
done
done_testing
