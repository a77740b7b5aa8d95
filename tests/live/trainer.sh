#!/bin/bash
# Hugging Face's Trainer: checkpoints that come and go, a resume that goes back, the output directory's own state.
. tests/live/beside.sh

# state FILE N [FORK]: a history of rows at 10, 20, … N; behind FORK the losses are others
state() {
	mkdir -p "$(dirname "$1")"
	awk -v n="$2" -v fork="${3:-100000}" 'BEGIN {
		printf "{\n  \"best_metric\": null,\n  \"epoch\": %g,\n  \"global_step\": %d,\n", n / 100, n
		printf "  \"log_history\": ["
		for (s = 10; s <= n; s += 10)
			printf("%s\n    {\n      \"epoch\": %g,\n      \"loss\": %.4f,\n      \"step\": %d\n    }",
				(s > 10 ? "," : ""), s / 100, (s > fork ? 2 : 1) / s, s)
		printf "\n  ],\n  \"max_steps\": 1000,\n  \"num_train_epochs\": 10\n}\n"
	}' >"$1"
}

run=$TMP/logs/out
mkdir -p "$run"
loss() { metric "$TMP/logs" out loss "$1"; }
watch "$TMP/logs"

state "$run/checkpoint-100/trainer_state.json" 100
settle "$TMP/logs"
is 'the first checkpoint' "$(loss points) $(loss last_step)" '10 100'
is 'its run is the directory above' "$("$MM" runs --json --as-is --root "$TMP/logs" | grep -c '"run": "out"')" 1
has 'a total' "$("$MM" runs --json --as-is --root "$TMP/logs")" '"total": 1000'

# written under another name, then renamed; the oldest goes
state "$run/tmp-checkpoint-200/trainer_state.json" 200
mv "$run/tmp-checkpoint-200" "$run/checkpoint-200"
settle "$TMP/logs"
rm -r "$run/checkpoint-100"
settle "$TMP/logs"
is 'the second goes on' "$(loss points) $(loss last_step) $(loss segments) $(loss attempts)" '20 200 1 1'
is 'still one run' "$("$MM" runs --json --as-is --root "$TMP/logs" | wc -l)" 1

state "$run/checkpoint-300/trainer_state.json" 300
settle "$TMP/logs"
is 'the third' "$(loss points) $(loss last)" '30 0.0033'

# the newest is deleted: what it said stays
rm -r "$run/checkpoint-300"
sleep 1.2
settle "$TMP/logs"
is 'nothing is lost' "$(loss points) $(loss last_step)" '30 300'
hasnt 'it is not gone' "$("$MM" sources --json --as-is --root "$TMP/logs")" '"gone": true'

# resumed from 200, which says the same as before, and goes another way
state "$run/checkpoint-200/trainer_state.json" 200
settle "$TMP/logs"
is 'a shorter history takes nothing away' "$(loss points)" 30
state "$run/checkpoint-250/trainer_state.json" 250 200
settle "$TMP/logs"
is 'what it replaced is superseded' "$(loss points) $(loss last_step) $(loss last) $(loss attempts)" '25 250 0.008 1'

# the end, in the output directory
state "$run/trainer_state.json" 1000 200
settle "$TMP/logs"
is 'all of it' "$(loss points) $(loss last_step)" '100 1000'
has 'finished' "$("$MM" runs --json --as-is --root "$TMP/logs")" '"state": "finished"'
kill $watcher
wait $watcher

# a restart reads what came meanwhile, and nothing twice
state "$run/checkpoint-400/trainer_state.json" 400 200
touch -d '1 hour ago' "$run/checkpoint-400/trainer_state.json"
"$MM" watch --once "$TMP/logs" >/dev/null
is 'an older state changes nothing' "$(loss points) $(loss last_step)" '100 1000'
exits 'the store is whole' 0 "$MM" check

# everything goes, and another training begins
rm -rf "$run"
"$MM" watch --once "$TMP/logs" >/dev/null
has 'gone' "$("$MM" sources --json --as-is --root "$TMP/logs")" '"gone": true'
state "$run/checkpoint-20/trainer_state.json" 20 0
"$MM" watch --once "$TMP/logs" >/dev/null
"$MM" watch --once "$TMP/logs" >/dev/null
is 'another attempt' "$("$MM" runs --json --as-is --root "$TMP/logs" | grep -o '"attempts": [0-9]*')" '"attempts": 2'
is 'of two rows' "$("$MM" runs --json --as-is --root "$TMP/logs" | grep -o '"last_step": [0-9]*')" '"last_step": 20'
done_testing
