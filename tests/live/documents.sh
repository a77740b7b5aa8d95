#!/bin/bash
# JSON documents: brought up to date, or the first line of a JSON Lines log after all.
. tests/live/beside.sh
logs=$TMP/logs
mkdir -p "$logs/a" "$logs/b"
watch "$logs"

printf '{\n  "eval_loss": 0.5\n}\n' >"$logs/a/all_results.json"
settle "$logs"
is 'a document' "$(metric "$logs" a eval_loss points) $(metric "$logs" a eval_loss last) $(metric "$logs" a eval_loss last_step)" \
	'1 0.5 null'
printf '{\n  "eval_loss": 0.25,\n  "train_loss": 2.0\n}\n' >"$logs/a/all_results.json"
settle "$logs"
is 'the newest counts' "$(metric "$logs" a eval_loss points) $(metric "$logs" a eval_loss last) $(metric "$logs" a train_loss last)" \
	'1 0.25 2'
is 'it is no other attempt' "$("$MM" runs --json --as-is --root "$logs" a | grep -o '"attempts": [0-9]*')" '"attempts": 1'

printf '{"iteration": 19, "total_loss": 3.0}\n' >"$logs/b/metrics.json"
settle "$logs"
is 'one object is a document' "$(metric "$logs" b total_loss points) $(metric "$logs" b total_loss last_step)" '1 null'
printf '{"iteration": 39, "total_loss": 2.0}\n' >>"$logs/b/metrics.json"
settle "$logs"
is 'two are lines' "$(metric "$logs" b total_loss points) $(metric "$logs" b total_loss first_step) $(metric "$logs" b total_loss last_step)" \
	'2 19 39'
has 'as which it is read' "$("$MM" sources --json --as-is --root "$logs" "$logs/b/metrics.json")" '"format": "jsonl"'
is 'of the same attempt' "$("$MM" runs --json --as-is --root "$logs" b | grep -o '"attempts": [0-9]*')" '"attempts": 1'
is 'the step is no metric any more' "$(metric "$logs" b iteration points)" ''
printf '{"iteration": 59, "total_loss": 1.0}\n' >>"$logs/b/metrics.json"
settle "$logs"
is 'it goes on' "$(metric "$logs" b total_loss points)" 3

# A line that arrives in pieces, as buffers are flushed, each read by another ingester.
mkdir "$logs/c"
printf '{"iteration": 19, "total_loss": 3.0}\n' >"$logs/c/metrics.json"
settle "$logs"
for piece in '{' '"iteration": 39, "total' '_loss": 2.0}' $'\n'; do
	printf %s "$piece" >>"$logs/c/metrics.json"
	settle "$logs"
	kill -9 $watcher
	wait $watcher 2>/dev/null
	watch "$logs"
done
is 'two are lines, however the second arrives' \
	"$(metric "$logs" c total_loss points) $(metric "$logs" c total_loss last_step)" '2 39'
exits 'the store is whole' 0 "$MM" check
is 'as many points as rows say' "$("$MM" runs --json --as-is --root "$logs" b | grep -o '"points": [0-9]*')" '"points": 3'
done_testing
