#!/bin/bash
# mm digest: what it says of a run whose numbers are known, and that the numbers beside a sentence are those of the log.
. tests/cli/lib.sh
logs=$TMP/logs
mkdir -p "$logs/good" "$logs/bad"
# A loss that falls by 1 a step from 1000, accuracy best at step 70; then the step goes back once.
awk 'BEGIN { print "step,loss,val/acc"
	for (i = 0; i < 100; i++) printf "%d,%d,%.4f\n", i, 1000 - i, (i == 70 ? 0.9 : 0.5) }' >"$logs/good/metrics.csv"
awk 'BEGIN { print "step,loss"
	for (i = 0; i < 50; i++) printf "%d,%s\n", i, (i > 40 ? "nan" : 2)
	for (i = 20; i < 30; i++) printf "%d,2\n", i }' >"$logs/bad/metrics.csv"
"$MM" watch --once --quiet "$logs"

digest=$("$MM" digest good)
has 'where it is' "$digest" 'to step 99.'
has 'how the loss went' "$digest" 'loss began at 1000 and is 901; over the last fifth of its steps it fell by 2.1 %.'
has 'its best and where' "$digest" 'val/acc was best, 0.9000, at step 70.'
has 'that nothing is wrong' "$digest" 'No alert is open.'
hasnt 'it never went back' "$digest" 'went back'

json=$("$MM" digest --json good)
is 'a sentence is an object' "$(printf '%s\n' "$json" | grep -c '^{"run": "good", "about": "[a-z]*", "sentence": ".*", "numbers": {.*}}$')" \
	"$(printf '%s\n' "$json" | wc -l)"
has 'the best is the log'\''s' "$json" '"numbers": {"best": 0.9, "step": 70, "last_step": 99}'
has 'so are first and last' "$json" '"first": 1000, "last": 901, "points": 100, "nonfinite": 0'

digest=$("$MM" digest bad)
has 'values that are none' "$digest" '9 of its values are no numbers.'
has 'a step that went back' "$digest" 'Its step went back 1 time.'
has 'an alert that the log ended with' "$digest" '1 alert is open, loss-nonfinite of loss.'
exits 'an unknown run is none' 1 "$MM" digest nosuch
is 'without a name it is one run' "$("$MM" digest | grep -c ':$')" 1
done_testing
